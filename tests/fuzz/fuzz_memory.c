/*
 * fuzz_memory.c - a witness of what devices do to guest memory
 *
 * RAM is fresh anonymous memory: a page that nobody wrote is not there, and mincore() says so. So
 * the check looks only at the few pages that are.
 */
#include "tests/fuzz/fuzz_memory.h"

#include <sys/mman.h>

#define FUZZ_PAGES_MAX (GMEM_SIZE_MIN / GMEM_PAGE)

void fuzz_memory_init(struct fuzz_memory *self, struct gmem *memory)
{
    uint64_t base = 0, size = 0;
    FUZZ_CHECK(gmem_ram_size(memory) == GMEM_SIZE_MIN);
    gmem_free_range(memory, &base, &size);
    *self = (struct fuzz_memory){.memory = memory, .closed = gpa(base + size / 2)};
}

static uint8_t fuzz_memory_pattern(size_t offset)
{
    return (uint8_t)(offset * 7 + 1);
}

/* At the beginning of the free range, a page behind what was opened there before. */
static uint8_t *fuzz_memory_open_window(struct fuzz_memory *self, size_t size)
{
    uint64_t base = 0, room = 0;
    gmem_free_range(self->memory, &base, &room);
    base += self->region_count * 16 * GMEM_PAGE;
    FUZZ_CHECK(size < 15 * GMEM_PAGE);
    uint8_t *host = gmem_host(self->memory, gpa(base), size);
    for (size_t i = 0; i < size; i++) {
        host[i] = fuzz_memory_pattern(i);
    }
    FUZZ_CHECK(gmem_open(self->memory, gpa(base), size, GMEM_DEVICE_READS));
    return host;
}

const struct fuzz_region *fuzz_memory_open(struct fuzz_memory *self, size_t size,
                                           enum gmem_access access)
{
    FUZZ_CHECK(self->region_count < FUZZ_REGIONS_MAX && size % GMEM_PAGE != 0);
    FUZZ_CHECK(access == GMEM_DEVICE_READS || access == GMEM_DEVICE_BOTH);
    struct fuzz_region *region = &self->regions[self->region_count];
    region->size = size;
    region->device_writes = access == GMEM_DEVICE_BOTH;
    region->host = region->device_writes ? gmem_alloc(self->memory, size, GMEM_PAGE)
                                         : fuzz_memory_open_window(self, size);
    FUZZ_CHECK(region->host != NULL);
    FUZZ_CHECK(gmem_address_of(self->memory, region->host, &region->at));
    self->region_count++;
    return region;
}

gpa_t fuzz_memory_address(const struct fuzz_memory *self, struct fuzz_input *input)
{
    unsigned kind = fuzz_u8(input) % (self->region_count + 2);
    if (kind < self->region_count) {
        return gpa(self->regions[kind].at.value + fuzz_u16(input));
    }
    return kind == self->region_count ? gpa(self->closed.value + fuzz_u16(input))
                                      : gpa(fuzz_number(input, 8));
}

/* The region that holds this byte of RAM; NULL: none. */
static const struct fuzz_region *fuzz_memory_find(const struct fuzz_memory *self,
                                                  const uint8_t *host)
{
    for (unsigned i = 0; i < self->region_count; i++) {
        const struct fuzz_region *region = &self->regions[i];
        if (host >= region->host && host < region->host + region->size) {
            return region;
        }
    }
    return NULL;
}

static void fuzz_memory_check_page(const struct fuzz_memory *self, const uint8_t *page)
{
    for (const uint8_t *at = page; at < page + GMEM_PAGE; at++) {
        const struct fuzz_region *region = fuzz_memory_find(self, at);
        if (region == NULL) {
            FUZZ_CHECK(*at == 0);
        } else if (region->device_writes) {
            size_t left = (size_t)(region->host + region->size - at);
            at += (left < GMEM_PAGE ? left : GMEM_PAGE) - 1;
        } else {
            FUZZ_CHECK(*at == fuzz_memory_pattern((size_t)(at - region->host)));
        }
    }
}

void fuzz_memory_check(const struct fuzz_memory *self)
{
    static unsigned char present[FUZZ_PAGES_MAX];
    uint8_t *ram = gmem_host(self->memory, gpa(gmem_ram_base(self->memory)), GMEM_SIZE_MIN);
    FUZZ_CHECK(mincore(ram, GMEM_SIZE_MIN, present) == 0);
    for (size_t i = 0; i < FUZZ_PAGES_MAX; i++) {
        if ((present[i] & 1) != 0) {
            fuzz_memory_check_page(self, ram + i * GMEM_PAGE);
        }
    }
}
