/*
 * gmem_map.c - mmap, and what the kernel says about it
 */
#include "emu/core/gmem_map.h"

#include "emu/core/gmem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define GMEM_MAPPINGS_FILE "/proc/self/maps"

static void *gmem_pointer(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

static bool gmem_map_piece(uint64_t start, uint64_t end, GError **error)
{
    size_t size = (size_t)(end - start);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    void *at = mmap(gmem_pointer(start), size, PROT_READ | PROT_WRITE, flags, -1, 0);
    int reason = errno;
    if (at != MAP_FAILED && at != gmem_pointer(start)) {
        /* Older kernels and Valgrind take the address for a hint. */
        munmap(at, size);
        at = MAP_FAILED;
        reason = EEXIST;
    }
    if (at == MAP_FAILED) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(reason),
                    "cannot map guest memory at 0x%" PRIx64 "-0x%" PRIx64 ": %s", start, end,
                    reason == EEXIST ? "the addresses are taken" : g_strerror(reason));
        return false;
    }
    /*
     * A huge page would make the first byte that a guest touches cost 2 MiB. Kernels without them
     * refuse: fine.
     */
    madvise(at, size, MADV_NOHUGEPAGE);
    return true;
}

static void gmem_unmap_piece(uint64_t start, uint64_t end)
{
    munmap(gmem_pointer(start), (size_t)(end - start));
}

bool gmem_map_ram(struct range ram, struct range image, GError **error)
{
    uint64_t image_end = image.start + image.size;
    g_assert(ram.start < image.start && image_end < ram.start + ram.size);
    if (!gmem_map_piece(ram.start, image.start, error)) {
        return false;
    }
    if (!gmem_map_piece(image_end, ram.start + ram.size, error)) {
        gmem_unmap_piece(ram.start, image.start);
        return false;
    }
    return true;
}

void gmem_unmap_ram(struct range ram, struct range image)
{
    gmem_unmap_piece(ram.start, image.start);
    gmem_unmap_piece(image.start + image.size, ram.start + ram.size);
}

bool gmem_list_mappings(struct range_set *set, struct range within, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(GMEM_MAPPINGS_FILE, &text, NULL, error)) {
        return false;
    }
    uint64_t within_end = within.start + within.size;
    for (const char *line = text; line != NULL && *line != '\0';) {
        uint64_t start = 0;
        uint64_t end = 0;
        char mode[5] = "";
        int found = sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &start, &end, mode);
        start = MAX(start, within.start);
        end = MIN(end, within_end);
        if (found == 3 && mode[0] == 'r' && start < end) {
            unsigned access = mode[1] == 'w' ? GMEM_DEVICE_BOTH : GMEM_DEVICE_READS;
            range_set_add(set, (struct range){.start = start, .size = end - start, .tag = access});
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return true;
}
