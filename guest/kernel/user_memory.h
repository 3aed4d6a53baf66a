/*
 * user_memory.h - whether what a program points to is memory
 *
 * Programs share the address space, so their pointers are used as they are. But a pointer outside
 * of guest RAM is the program's mistake and gives -KEFAULT.
 */
#ifndef KERNEL_USER_MEMORY_H
#define KERNEL_USER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* The RAM that programs may point to. */
void user_memory_init(void *base, size_t size);

/* [pointer, pointer + size) lies in RAM. NULL does not, not even with size 0. */
bool user_range_is_ram(const void *pointer, size_t size);
/* Copies a NUL-terminated string: its length, -KEFAULT, or -KENAMETOOLONG when it does not fit. */
long user_copy_string(char *to, const char *from, size_t size);
/* Where code of the image can be, and so that of programs: nothing else may be called for them. */
bool user_is_code(const void *pointer);

#endif
