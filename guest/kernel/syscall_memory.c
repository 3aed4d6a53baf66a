/*
 * syscall_memory.c - system calls about a program's memory
 *
 * Memory is not translated, and nothing keeps a program from any of it. So a mapping is memory that
 * was nobody's before (user_map.h), in a place of the kernel's choice, to be read and written. The
 * errors of what cannot be had are those of Linux on a machine without an MMU. Private and shared
 * are the same, since no program has a copy of another one's memory.
 */
#include "kernel/file.h"
#include "kernel/syscall_priv.h"
#include "kernel/task.h"
#include "kernel/user_map.h"
#include "lib/errno.h"

static long syscall_map_anonymous(const long a[6])
{
    /* DEVIATION: none can be executed, for code is the image's. The error is that of a policy. */
    if ((a[2] & PROT_EXEC) != 0)
        return -KEACCES;
    void *memory = user_map_take(task_number(task_current()), (size_t)a[1]);
    return memory != NULL ? (long)memory : -KENOMEM;
}

long syscall_mmap(const long a[6])
{
    const bool is_anonymous = (a[3] & MAP_ANONYMOUS) != 0;
    const long sharing = a[3] & MAP_TYPE;
    if ((size_t)a[5] % USER_PAGE_SIZE != 0)
        return -KEINVAL;
    if (!is_anonymous && syscall_file(a[4]) == NULL)
        return -KEBADF;
    if (a[1] == 0 || (a[3] & MAP_FIXED) != 0 || (sharing != MAP_PRIVATE && sharing != MAP_SHARED))
        return -KEINVAL;
    return is_anonymous ? syscall_map_anonymous(a) : -KENODEV;
}

long syscall_munmap(const long a[6])
{
    return user_map_give_back(task_number(task_current()), (uintptr_t)a[0], (size_t)a[1]);
}
