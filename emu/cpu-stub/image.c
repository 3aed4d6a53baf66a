/*
 * image.c - see image.h
 *
 * The ELF header is read first: the dynamic linker's own words for a text file or a foreign
 * architecture help nobody. What the header cannot tell is asked of the loaded object.
 */
#include "emu/cpu-stub/image.h"

#include "emu/core/gmem.h"

#include <assert.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define GUEST_IMAGE_MACHINE      EM_X86_64
#define GUEST_IMAGE_MACHINE_NAME "x86-64"
#elif defined(__aarch64__)
#define GUEST_IMAGE_MACHINE      EM_AARCH64
#define GUEST_IMAGE_MACHINE_NAME "aarch64"
#endif

/* Both machines are little-endian, and so are the device registers that hal.h describes. */
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guests are little-endian");

struct guest_image {
    void *handle;
    const struct ringside_guest *descriptor;
    uint64_t base, size;
};

G_DEFINE_QUARK(guest - image - error - quark, guest_image_error)

/* ---- the file -------------------------------------------------------------------------------- */

/*
 * Reads the ELF header. *size is less than that of a header when the file is; *file_size is the
 * file's.
 */
static bool guest_image_read_header(const char *path, Elf64_Ehdr *header, size_t *size,
                                    uint64_t *file_size, GError **error)
{
    struct stat status;
    /* Not to block on a FIFO, which is refused below. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_UNREADABLE,
                    "cannot open guest %s: %s", path, g_strerror(errno));
        return false;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_UNREADABLE,
                    "cannot load guest %s: it is %s, not a file", path,
                    S_ISDIR(status.st_mode) ? "a directory" : "something special");
        close(fd);
        return false;
    }
    ssize_t got = read(fd, header, sizeof(*header));
    int reason = errno;
    close(fd);
    if (got < 0) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_UNREADABLE,
                    "cannot read guest %s: %s", path, g_strerror(reason));
        return false;
    }
    *size = (size_t)got;
    *file_size = (uint64_t)status.st_size;
    return true;
}

static bool guest_image_check_header(const char *path, GError **error)
{
    Elf64_Ehdr header;
    size_t size;
    uint64_t file_size;
    if (!guest_image_read_header(path, &header, &size, &file_size, error)) {
        return false;
    }
    if (size < sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_NOT_ELF,
                    "not a guest: %s is no 64-bit ELF file", path);
        return false;
    }
    if (header.e_machine != GUEST_IMAGE_MACHINE) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_MACHINE,
                    "guest %s is built for another machine (ELF machine %u), this ringside "
                    "runs " GUEST_IMAGE_MACHINE_NAME " guests; rebuild it",
                    path, header.e_machine);
        return false;
    }
    if (header.e_type != ET_DYN) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_NOT_ELF,
                    "not a guest: %s is no shared object; build it with ringside_add_guest()",
                    path);
        return false;
    }
    /*
     * The section headers are the last thing in the file. The dynamic linker would map what is not
     * there.
     */
    uint64_t sections_size = (uint64_t)header.e_shnum * header.e_shentsize;
    if (header.e_shoff > file_size || sections_size > file_size - header.e_shoff) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_NOT_ELF,
                    "guest %s is cut off: its section headers end beyond the end of the file; "
                    "build it again",
                    path);
        return false;
    }
    return true;
}

/* ---- the loaded object ----------------------------------------------------------------------- */

struct guest_image_extent {
    uintptr_t inside; /* an address in the object that is looked for */
    uintptr_t low, high;
};

static int guest_image_measure(struct dl_phdr_info *info, size_t size, void *opaque)
{
    struct guest_image_extent *extent = opaque;
    uintptr_t low = UINTPTR_MAX;
    uintptr_t high = 0;
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD) {
            uintptr_t start = info->dlpi_addr + segment->p_vaddr;
            low = MIN(low, start);
            high = MAX(high, start + segment->p_memsz);
        }
    }
    if (extent->inside < low || extent->inside >= high) {
        return 0;
    }
    extent->low = low & ~(uintptr_t)(GMEM_PAGE - 1);
    extent->high = (high + GMEM_PAGE - 1) & ~(uintptr_t)(GMEM_PAGE - 1);
    return 1;
}

static bool guest_image_check_descriptor(const char *path, const struct ringside_guest *guest,
                                         GError **error)
{
    if (guest->abi_version != RINGSIDE_ABI_VERSION) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_ABI,
                    "guest %s is built for ABI version %u, this ringside speaks %d; rebuild it",
                    path, guest->abi_version, RINGSIDE_ABI_VERSION);
        return false;
    }
    if (guest->name == NULL || guest->name[0] == '\0' || guest->boot == NULL) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_MALFORMED,
                    "guest %s has no %s in its ringside_guest", path,
                    guest->boot == NULL ? "boot entry" : "name");
        return false;
    }
    return true;
}

static bool guest_image_check_extent(const char *path, struct guest_image *image, GError **error)
{
    struct guest_image_extent extent = {.inside = (uintptr_t)image->descriptor};
    dl_iterate_phdr(guest_image_measure, &extent);
    if (extent.low != GMEM_IMAGE_BASE) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_BASE,
                    "guest %s is at %#" G_GINT64_MODIFIER "x and must be at %#" G_GINT64_MODIFIER
                    "x: link it with -Wl,-Ttext-segment=%#" G_GINT64_MODIFIER
                    "x, as ringside_add_guest() does; it also moves when another guest or RAM is "
                    "there already",
                    path, (guint64)extent.low, (guint64)GMEM_IMAGE_BASE, (guint64)GMEM_IMAGE_BASE);
        return false;
    }
    image->base = extent.low;
    image->size = extent.high - extent.low;
    return true;
}

static struct guest_image *guest_image_check(const char *path, void *handle, GError **error)
{
    struct guest_image image = {.handle = handle};
    image.descriptor = dlsym(handle, "ringside_guest");
    if (image.descriptor == NULL) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_NOT_A_GUEST,
                    "not a guest: %s exports no symbol ringside_guest", path);
        return NULL;
    }
    if (!guest_image_check_descriptor(path, image.descriptor, error) ||
        !guest_image_check_extent(path, &image, error)) {
        return NULL;
    }
    return g_memdup2(&image, sizeof(image));
}

struct guest_image *guest_image_load(const char *path, GError **error)
{
    if (!guest_image_check_header(path, error)) {
        return NULL;
    }
    /* A name without a slash would be searched for along the library path. */
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    void *handle = dlopen(absolute, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        g_set_error(error, GUEST_IMAGE_ERROR, GUEST_IMAGE_ERROR_LOAD,
                    "cannot load guest %s: %s (a guest may use nothing but hal.h and probe.h)",
                    path, dlerror());
        return NULL;
    }
    struct guest_image *image = guest_image_check(path, handle, error);
    if (image == NULL) {
        dlclose(handle);
    }
    return image;
}

void guest_image_free(struct guest_image *image)
{
    if (image == NULL) {
        return;
    }
    dlclose(image->handle);
    g_free(image);
}

/* ---- accessors ------------------------------------------------------------------------------- */

const struct ringside_guest *guest_image_descriptor(const struct guest_image *image)
{
    return image->descriptor;
}

uint64_t guest_image_base(const struct guest_image *image)
{
    return image->base;
}

uint64_t guest_image_size(const struct guest_image *image)
{
    return image->size;
}

bool guest_image_contains(const struct guest_image *image, uintptr_t pc)
{
    return pc >= image->base && pc - image->base < image->size;
}
