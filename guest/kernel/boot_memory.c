/* boot_memory.c - the memory that the boot information calls free */
#include "kernel/boot_memory.h"

#include "lib/string.h"
#include "ringside/hal.h"

static struct {
    char *next;
    size_t left_bytes;
} boot_memory;

void boot_memory_init(void)
{
    const struct hal_boot *boot = hal_boot_info();
    size_t unaligned = (size_t)(-boot->free_base % BOOT_MEMORY_ALIGNMENT);
    size_t skipped = unaligned < boot->free_size ? unaligned : boot->free_size;
    boot_memory.next = (char *)hal_phys_to_virt(boot->free_base) + skipped;
    boot_memory.left_bytes = boot->free_size - skipped;
}

size_t boot_memory_left(void)
{
    return boot_memory.left_bytes / BOOT_MEMORY_ALIGNMENT * BOOT_MEMORY_ALIGNMENT;
}

void *boot_memory_take(size_t size_bytes)
{
    if (boot_memory.next == NULL || size_bytes > boot_memory_left())
        return NULL;
    size_t taken = (size_bytes + BOOT_MEMORY_ALIGNMENT - 1) & ~(size_t)(BOOT_MEMORY_ALIGNMENT - 1);
    void *memory = boot_memory.next;
    boot_memory.next += taken;
    boot_memory.left_bytes -= taken;
    return memory;
}

void *boot_memory_take_clear(size_t size_bytes)
{
    void *memory = boot_memory_take(size_bytes);
    if (memory != NULL)
        memset(memory, 0, size_bytes);
    return memory;
}

void boot_memory_init_pool(struct pool *pool, const char *name, size_t object_size,
                           unsigned capacity)
{
    size_t share = boot_memory_left() / BOOT_MEMORY_SHARE / object_size;
    unsigned count = capacity < share ? capacity : (unsigned)share;
    pool_init(pool, name, boot_memory_take(count * object_size), object_size, count);
}
