/*
 * gmem.c - what of guest memory is whose, and what devices may touch
 *
 * Three sets of ranges, by host address. `owned` is where the guest may open windows: boot area,
 * image, free memory, and each stack that it has; the tag says how a device could access it without
 * a fault of the host. `open` is what devices may touch: allocations and windows. The pool has the
 * extents that are neither allocated nor a stack. So neither a guard page nor the image's constants
 * can ever be reached by a device, whatever a guest opens.
 */
#include "emu/core/gmem.h"

#include "emu/core/gmem_copy.h"
#include "emu/core/gmem_map.h"
#include "emu/core/gmem_pool.h"

#include <sys/mman.h>

#define GMEM_MIB        (UINT64_C(1) << 20)
#define GMEM_FREED_BYTE 0xdb

/* Tags of open ranges: an enum gmem_access, and where the range comes from. */
#define GMEM_TAG_POOL 4u
/* What the trace calls the two kinds. */
#define GMEM_ALLOCATION "allocation"
#define GMEM_WINDOW     "window"
/* Tag of owned ranges: a stack. */
#define GMEM_TAG_STACK 8u

struct gmem {
    struct trace *trace;
    struct range ram;   /* host addresses */
    struct range image; /* in whole pages; at GMEM_IMAGE_BASE even when there is none */
    uint64_t pa_offset;
    uint64_t allocated_bytes;
    uint64_t closings;
    struct range_set owned;
    struct range_set open;
    struct gmem_pool pool;
    uint64_t fresh; /* host address: from here on the pool gave nothing out, and is still zero */
};

static void *gmem_pointer(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

static uint64_t gmem_page_up(uint64_t size)
{
    return (size + GMEM_PAGE - 1) & ~(GMEM_PAGE - 1);
}

static uint64_t gmem_pool_start(const struct gmem *memory)
{
    return memory->ram.start + memory->ram.size / 2;
}

/* [image end, pool), host addresses. */
static struct range gmem_free_extent(const struct gmem *memory)
{
    uint64_t start = memory->image.start + memory->image.size;
    return (struct range){.start = start, .size = gmem_pool_start(memory) - start};
}

/* Host address of [pa, pa + size), or 0 when it is not all in RAM. */
static uint64_t gmem_translate(const struct gmem *memory, uint64_t pa, uint64_t size)
{
    uint64_t offset = pa - gmem_ram_base(memory);
    if (offset >= memory->ram.size || size > memory->ram.size - offset) {
        return 0;
    }
    return memory->ram.start + offset;
}

/* Tells the trace what devices may touch from now on, or may not touch any more. */
static void gmem_tell(struct gmem *memory, enum trace_kind kind, uint64_t host, uint64_t size,
                      const char *how)
{
    memory->closings += kind == TRACE_DMA_CLOSED ? 1 : 0;
    trace_emit(memory->trace, kind, TN(host + memory->pa_offset), TN(size), TS(how));
}

static bool gmem_set_up(struct gmem *memory, GError **error)
{
    if (!gmem_map_ram(memory->ram, memory->image, error)) {
        return false;
    }
    struct range boot = {.start = GMEM_BASE, .size = GMEM_BOOT_SIZE, .tag = GMEM_DEVICE_BOTH};
    range_set_add(&memory->owned, boot);
    struct range rest = gmem_free_extent(memory);
    rest.tag = GMEM_DEVICE_BOTH;
    if (rest.size != 0) {
        range_set_add(&memory->owned, rest);
    }
    if (memory->image.size != 0 && !gmem_list_mappings(&memory->owned, memory->image, error)) {
        gmem_unmap_ram(memory->ram, memory->image);
        return false;
    }
    return true;
}

static void gmem_dispose(struct gmem *memory)
{
    range_set_fini(&memory->owned);
    range_set_fini(&memory->open);
    gmem_pool_fini(&memory->pool);
    g_free(memory);
}

struct gmem *gmem_new(struct trace *trace, const struct gmem_config *config, GError **error)
{
    g_assert(trace != NULL);
    g_assert(config->size >= GMEM_SIZE_MIN && config->size <= GMEM_SIZE_MAX);
    g_assert(config->size % GMEM_MIB == 0);
    g_assert(config->pa_offset % GMEM_PAGE == 0);
    g_assert(GMEM_BASE + config->pa_offset <= UINT64_MAX - config->size);
    uint64_t room = config->size / 2 - GMEM_BOOT_SIZE;
    if (config->image_size > room) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC,
                    "the guest's image has %" G_GUINT64_FORMAT
                    " bytes; memory of %" G_GUINT64_FORMAT " MiB has room for %" G_GUINT64_FORMAT,
                    config->image_size, config->size / GMEM_MIB, room);
        return NULL;
    }
    struct gmem *memory = g_new0(struct gmem, 1);
    memory->trace = trace;
    memory->ram = (struct range){.start = GMEM_BASE, .size = config->size};
    memory->image =
        (struct range){.start = GMEM_IMAGE_BASE, .size = gmem_page_up(config->image_size)};
    memory->pa_offset = config->pa_offset;
    range_set_init(&memory->owned);
    range_set_init(&memory->open);
    gmem_pool_init(&memory->pool, gmem_pool_start(memory), config->size / 2);
    memory->fresh = gmem_pool_start(memory);
    if (!gmem_set_up(memory, error)) {
        gmem_dispose(memory);
        return NULL;
    }
    return memory;
}

void gmem_free(struct gmem *memory)
{
    if (memory == NULL) {
        return;
    }
    gmem_unmap_ram(memory->ram, memory->image);
    gmem_dispose(memory);
}

uint64_t gmem_ram_base(const struct gmem *memory)
{
    return memory->ram.start + memory->pa_offset;
}

uint64_t gmem_ram_size(const struct gmem *memory)
{
    return memory->ram.size;
}

void *gmem_boot_area(struct gmem *memory)
{
    return gmem_pointer(memory->ram.start);
}

void gmem_free_range(const struct gmem *memory, uint64_t *base, uint64_t *size)
{
    struct range extent = gmem_free_extent(memory);
    *base = extent.start + memory->pa_offset;
    *size = extent.size;
}

/* Why [host, host + size) may not be accessed so, or NULL. */
static const char *gmem_find_fault(struct gmem *memory, uint64_t host, uint64_t size,
                                   enum gmem_access access)
{
    if (host == 0) {
        return "not in RAM";
    }
    const struct range *range = range_set_find(&memory->open, host);
    if (range == NULL) {
        return "not open to devices";
    }
    if (size > range->size - (host - range->start)) {
        return "runs past the end of the open range";
    }
    if ((~range->tag & access & GMEM_DEVICE_WRITES) != 0) {
        return "open for reading only";
    }
    if ((~range->tag & access & GMEM_DEVICE_READS) != 0) {
        return "open for writing only";
    }
    return NULL;
}

void *gmem_span(struct gmem *memory, const char *device, gpa_t at, size_t size,
                enum gmem_access access)
{
    g_assert(access >= GMEM_DEVICE_READS && access <= GMEM_DEVICE_BOTH);
    if (size == 0) {
        return gmem_boot_area(memory);
    }
    uint64_t host = gmem_translate(memory, at.value, size);
    const char *fault = gmem_find_fault(memory, host, size, access);
    if (fault != NULL) {
        trace_emit(memory->trace, TRACE_DMA_VIOLATION, TS(device), TN(at.value), TN(size),
                   TS((access & GMEM_DEVICE_WRITES) != 0 ? "write" : "read"), TS(fault));
        return NULL;
    }
    return gmem_pointer(host);
}

bool gmem_read(struct gmem *memory, const char *device, gpa_t from, void *to, size_t size)
{
    const void *span = gmem_span(memory, device, from, size, GMEM_DEVICE_READS);
    if (span == NULL) {
        return false;
    }
    if (size != 0) {
        gmem_copy_in(to, span, size);
    }
    return true;
}

bool gmem_write(struct gmem *memory, const char *device, gpa_t to, const void *from, size_t size)
{
    void *span = gmem_span(memory, device, to, size, GMEM_DEVICE_WRITES);
    if (span == NULL) {
        return false;
    }
    if (size != 0) {
        gmem_copy_out(span, from, size);
    }
    return true;
}

void *gmem_host(const struct gmem *memory, gpa_t at, size_t size)
{
    uint64_t host = gmem_translate(memory, at.value, size);
    return host == 0 ? NULL : gmem_pointer(host);
}

const void *gmem_open_host(struct gmem *memory, gpa_t at, size_t size)
{
    uint64_t host = gmem_translate(memory, at.value, size);
    const struct range *range = host == 0 ? NULL : range_set_find(&memory->open, host);
    return range == NULL || size > range->size - (host - range->start) ? NULL : gmem_pointer(host);
}

uint64_t gmem_closings(const struct gmem *memory)
{
    return memory->closings;
}

bool gmem_address_of(const struct gmem *memory, const volatile void *pointer, gpa_t *at)
{
    uint64_t host = (uintptr_t)pointer;
    if (!range_contains(&memory->ram, host)) {
        return false;
    }
    *at = gpa(host + memory->pa_offset);
    return true;
}

/* Zeroes what was taken from the pool where it may not be zero; the rest stays untouched. */
static void gmem_clear(struct gmem *memory, uint64_t host, uint64_t size)
{
    if (host < memory->fresh) {
        gmem_fill(gmem_pointer(host), 0, MIN(size, memory->fresh - host));
    }
    memory->fresh = MAX(memory->fresh, host + size);
}

void *gmem_alloc(struct gmem *memory, size_t size, size_t align)
{
    if (align == 0 || (align & (align - 1)) != 0) {
        return NULL;
    }
    uint64_t host = gmem_pool_take(&memory->pool, size, align);
    if (host == 0) {
        return NULL;
    }
    struct range range = {.start = host, .size = size, .tag = GMEM_DEVICE_BOTH | GMEM_TAG_POOL};
    bool is_free = range_set_add(&memory->open, range);
    g_assert(is_free);
    memory->allocated_bytes += size;
    gmem_clear(memory, host, size);
    gmem_tell(memory, TRACE_DMA_OPENED, host, size, GMEM_ALLOCATION);
    return gmem_pointer(host);
}

bool gmem_release(struct gmem *memory, void *va, size_t size)
{
    if (va == NULL) {
        return true;
    }
    struct range range = {
        .start = (uintptr_t)va, .size = size, .tag = GMEM_DEVICE_BOTH | GMEM_TAG_POOL};
    if (!range_set_remove_exact(&memory->open, range)) {
        return false;
    }
    memory->allocated_bytes -= size;
    gmem_fill(va, GMEM_FREED_BYTE, size);
    gmem_pool_give(&memory->pool, range.start, size);
    gmem_tell(memory, TRACE_DMA_CLOSED, range.start, size, GMEM_ALLOCATION);
    return true;
}

void *gmem_stack_alloc(struct gmem *memory, size_t size)
{
    if (size == 0 || size > memory->ram.size) {
        return NULL;
    }
    uint64_t usable = gmem_page_up(size);
    uint64_t guard = gmem_pool_take(&memory->pool, GMEM_PAGE + usable, GMEM_PAGE);
    if (guard == 0) {
        return NULL;
    }
    if (mprotect(gmem_pointer(guard), GMEM_PAGE, PROT_NONE) != 0) {
        /*
         * The process has as many mappings as the host allows: for the guest, memory is exhausted.
         */
        gmem_pool_give(&memory->pool, guard, GMEM_PAGE + usable);
        return NULL;
    }
    memory->fresh = MAX(memory->fresh, guard + GMEM_PAGE + usable);
    struct range stack = {
        .start = guard + GMEM_PAGE, .size = usable, .tag = GMEM_DEVICE_BOTH | GMEM_TAG_STACK};
    bool is_free = range_set_add(&memory->owned, stack);
    g_assert(is_free);
    return gmem_pointer(stack.start);
}

/* A device that still believes in a window of a stack that is gone commits a violation. */
static void gmem_close_within(struct gmem *memory, struct range range)
{
    guint index = range_set_find_after(&memory->open, range.start - 1);
    while (index < range_set_count(&memory->open) &&
           range_contains(&range, range_set_get(&memory->open, index)->start)) {
        struct range window = *range_set_get(&memory->open, index);
        range_set_remove(&memory->open, index);
        gmem_tell(memory, TRACE_DMA_CLOSED, window.start, window.size, GMEM_WINDOW);
    }
}

bool gmem_stack_release(struct gmem *memory, void *stack, size_t size)
{
    if (stack == NULL) {
        return true;
    }
    if (size == 0 || size > memory->ram.size) {
        return false;
    }
    struct range range = {.start = (uintptr_t)stack,
                          .size = gmem_page_up(size),
                          .tag = GMEM_DEVICE_BOTH | GMEM_TAG_STACK};
    if (!range_set_remove_exact(&memory->owned, range)) {
        return false;
    }
    gmem_close_within(memory, range);
    gmem_fill(stack, GMEM_FREED_BYTE, range.size);
    uint64_t guard = range.start - GMEM_PAGE;
    int failed = mprotect(gmem_pointer(guard), GMEM_PAGE, PROT_READ | PROT_WRITE);
    g_assert(failed == 0);
    gmem_pool_give(&memory->pool, guard, GMEM_PAGE + range.size);
    return true;
}

/* True when the guest has all of [host, host + size) and a device could access it so. */
static bool gmem_may_open(struct gmem *memory, uint64_t host, uint64_t size,
                          enum gmem_access access)
{
    uint64_t end = host + size;
    while (host < end) {
        const struct range *range = range_set_find(&memory->owned, host);
        if (range == NULL || (~range->tag & access) != 0) {
            return false;
        }
        host = range->start + range->size;
    }
    return true;
}

bool gmem_open(struct gmem *memory, gpa_t at, size_t size, enum gmem_access access)
{
    uint64_t host = gmem_translate(memory, at.value, size);
    if (host == 0 || size == 0 || access < GMEM_DEVICE_READS || access > GMEM_DEVICE_BOTH) {
        return false;
    }
    if (!gmem_may_open(memory, host, size, access)) {
        return false;
    }
    if (!range_set_add(&memory->open, (struct range){.start = host, .size = size, .tag = access})) {
        return false;
    }
    gmem_tell(memory, TRACE_DMA_OPENED, host, size, GMEM_WINDOW);
    return true;
}

bool gmem_close(struct gmem *memory, gpa_t at, size_t size)
{
    uint64_t host = gmem_translate(memory, at.value, size);
    if (host == 0) {
        return false;
    }
    const struct range *range = range_set_find(&memory->open, host);
    if (range == NULL || (range->tag & GMEM_TAG_POOL) != 0) {
        return false;
    }
    if (!range_set_remove_exact(&memory->open,
                                (struct range){.start = host, .size = size, .tag = range->tag})) {
        return false;
    }
    gmem_tell(memory, TRACE_DMA_CLOSED, host, size, GMEM_WINDOW);
    return true;
}

uint64_t gmem_allocated(const struct gmem *memory)
{
    return memory->allocated_bytes;
}
