/* user_memory.c - whether what a program points to is memory */
#include "kernel/user_memory.h"

#include "lib/errno.h"
#include "lib/kassert.h"

#include <stdint.h>

/* The linker's: where the image begins, and where its code ends. */
#define USER_OF_IMAGE __attribute__((visibility("hidden")))
extern const char __ehdr_start[] USER_OF_IMAGE;
extern const char etext[] USER_OF_IMAGE;

static uintptr_t user_ram_base;
static size_t user_ram_size;

void user_memory_init(void *base, size_t size)
{
    kassert(base != NULL);
    user_ram_base = (uintptr_t)base;
    user_ram_size = size;
}

bool user_range_is_ram(const void *pointer, size_t size)
{
    uintptr_t offset = (uintptr_t)pointer - user_ram_base;
    return offset < user_ram_size && size <= user_ram_size - offset;
}

bool user_is_code(const void *pointer)
{
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)__ehdr_start;
    return offset < (uintptr_t)etext - (uintptr_t)__ehdr_start;
}

long user_copy_string(char *to, const char *from, size_t size)
{
    kassert(size > 0);
    for (size_t i = 0; i < size; i++) {
        /* Not yet a pointer that may be counted with: it can be NULL, or near the end of all. */
        const char *at = (const char *)((uintptr_t)from + i);
        if (!user_range_is_ram(at, 1))
            return -KEFAULT;
        to[i] = *at;
        if (to[i] == '\0')
            return (long)i;
    }
    to[size - 1] = '\0';
    return -KENAMETOOLONG;
}
