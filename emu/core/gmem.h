/*
 * gmem.h - guest memory
 *
 * RAM is one range of guest physical addresses, mapped at the same host addresses (the guest is
 * native code, and its image lies inside the range: RAM is mapped around it). Devices may touch
 * only what is open to them: memory from gmem_alloc() and windows that the guest opened. Every
 * access of a device goes through gmem_read(), gmem_write() or gmem_span(), which check; a refused
 * access is a `dma.violation` of the guest and never a crash of ours.
 *
 * With a translation offset, physical addresses differ from pointers, so that a driver that forgets
 * to translate is caught.
 *
 * Layout of RAM, from its base:
 *     boot area (device tree, tables, files)        GMEM_BOOT_SIZE
 *     the guest's image, where it was linked to
 *     free memory, the guest's own
 *     pool: gmem_alloc(), gmem_stack_alloc()         the upper half of RAM
 */
#ifndef EMU_CORE_GMEM_H
#define EMU_CORE_GMEM_H

#include "emu/core/trace.h"

#define GMEM_BASE       UINT64_C(0x40000000)
#define GMEM_SIZE_MIN   (UINT64_C(16) << 20)
#define GMEM_SIZE_MAX   (UINT64_C(256) << 20)
#define GMEM_BOOT_SIZE  (UINT64_C(2) << 20)
#define GMEM_IMAGE_BASE (GMEM_BASE + GMEM_BOOT_SIZE) /* where guests are linked to */
#define GMEM_PAGE       UINT64_C(4096)

/* A guest physical address, never to be mixed up with a pointer or a length. */
typedef struct {
    uint64_t value;
} gpa_t;

static inline gpa_t gpa(uint64_t value)
{
    return (gpa_t){.value = value};
}

enum gmem_access {
    GMEM_DEVICE_READS = 1,
    GMEM_DEVICE_WRITES = 2,
    GMEM_DEVICE_BOTH = 3,
};

struct gmem;

struct gmem_config {
    uint64_t size;       /* whole MiB, GMEM_SIZE_MIN … GMEM_SIZE_MAX */
    uint64_t image_size; /* bytes of the guest's image at GMEM_IMAGE_BASE, mapped; 0: none */
    uint64_t pa_offset;  /* physical address = host address + offset; whole pages */
};

/*
 * Maps RAM. One at a time in a process. NULL with a GError (G_FILE_ERROR) when the addresses are
 * taken.
 */
struct gmem *gmem_new(struct trace *trace, const struct gmem_config *config, GError **error);
void gmem_free(struct gmem *memory);

uint64_t gmem_ram_base(const struct gmem *memory); /* physical */
uint64_t gmem_ram_size(const struct gmem *memory);
/* The boot area, for the board to fill; and what lies between image and pool. */
void *gmem_boot_area(struct gmem *memory);
void gmem_free_range(const struct gmem *memory, uint64_t *base, uint64_t *size);

/*
 * Device side. `device` names who asks, in the violation's event (interned or literal). An access
 * of no bytes touches nothing: it is never a violation, and its span any pointer but NULL.
 */
bool gmem_read(struct gmem *memory, const char *device, gpa_t from, void *to, size_t size);
bool gmem_write(struct gmem *memory, const char *device, gpa_t to, const void *from, size_t size);
/*
 * Direct access to a range that is open as a whole, for the moment: NULL, with the violation,
 * otherwise.
 */
void *gmem_span(struct gmem *memory, const char *device, gpa_t at, size_t size,
                enum gmem_access access);

/*
 * CPU side: translation without any check but that [at, at + size) lies in RAM. NULL / false
 * otherwise.
 */
void *gmem_host(const struct gmem *memory, gpa_t at, size_t size);
/* The same, where all of it is open to devices in some direction: for whoever looks at what they
 * would see. What is not open may be a guard page, which the bench cannot read either. */
const void *gmem_open_host(struct gmem *memory, gpa_t at, size_t size);
/* How often something was closed to devices: what was open is, until this changes. */
uint64_t gmem_closings(const struct gmem *memory);
bool gmem_address_of(const struct gmem *memory, const volatile void *pointer, gpa_t *at);

/*
 * The pool, for hal_dma_alloc and hal_stack_alloc: same contracts. A size or an alignment that
 * makes no sense gives NULL. Release returns false when it was not allocated so; NULL is fine.
 * Releasing a stack closes the windows in it.
 */
void *gmem_alloc(struct gmem *memory, size_t size, size_t align);
bool gmem_release(struct gmem *memory, void *va, size_t size);
void *gmem_stack_alloc(struct gmem *memory, size_t size);
bool gmem_stack_release(struct gmem *memory, void *stack, size_t size);

/*
 * Windows, for hal_dma_window: false when empty, when overlapping / not open exactly so, and when
 * it is not memory of the guest's that can be accessed so: RAM outside of the pool, the image as it
 * is mapped (its constants can only be read), and inside a stack.
 */
bool gmem_open(struct gmem *memory, gpa_t at, size_t size, enum gmem_access access);
bool gmem_close(struct gmem *memory, gpa_t at, size_t size);

/* Bytes now open to devices through gmem_alloc(): a leak check compares it. */
uint64_t gmem_allocated(const struct gmem *memory);

#endif
