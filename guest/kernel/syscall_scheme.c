/* syscall_scheme.c - system calls of schemes, and of programs that start programs */
#include "kernel/file.h"
#include "kernel/program.h"
#include "kernel/scheme.h"
#include "kernel/syscall_priv.h"
#include "kernel/user_memory.h"
#include "lib/errno.h"

static long syscall_scheme_create(const long a[6])
{
    char name[SCHEME_NAME_MAX];
    int error = 0;
    long length = user_copy_string(name, syscall_pointer(a[0]), sizeof name);
    if (length < 0)
        return length;
    if ((a[1] & ~(long)(FILE_NONBLOCK | O_CLOEXEC)) != 0)
        return -KEINVAL;
    struct file *file = scheme_create(name, &error);
    if (file != NULL)
        file->flags |= (unsigned)a[1] & FILE_NONBLOCK;
    return syscall_install(file, error, (a[1] & O_CLOEXEC) != 0);
}

static long syscall_scheme_namespace(const long a[6])
{
    const char *const *pointers = syscall_pointer(a[0]);
    const char *names[NAMESPACE_NAMES_MAX];
    char copies[NAMESPACE_NAMES_MAX][SCHEME_NAME_MAX];
    size_t count = (size_t)a[1];
    if (count > NAMESPACE_NAMES_MAX)
        return -KEINVAL;
    if (!syscall_is_buffer(a[0], count * sizeof pointers[0]))
        return -KEFAULT;
    for (size_t i = 0; i < count; i++) {
        long length = user_copy_string(copies[i], pointers[i], SCHEME_NAME_MAX);
        if (length < 0)
            return length;
        names[i] = copies[i];
    }
    return scheme_namespace_make(names, count);
}

static long syscall_dup_path(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    int error = -KEOPNOTSUPP;
    if (file == NULL)
        return -KEBADF;
    if (!syscall_is_buffer(a[1], (size_t)a[2]))
        return -KEFAULT;
    struct file *made = NULL;
    if (file->ops->dup != NULL)
        made = file->ops->dup(file, syscall_pointer(a[1]), (size_t)a[2], &error);
    if (made != NULL)
        made->flags |= file->flags & (O_ACCMODE | O_APPEND | FILE_NONBLOCK);
    return syscall_install(made, error, false);
}

static long syscall_spawn(const long a[6])
{
    char command_line[SPAWN_LENGTH_MAX];
    long length = user_copy_string(command_line, syscall_pointer(a[0]), sizeof command_line);
    if (length < 0)
        return length == -KENAMETOOLONG ? -KE2BIG : length;
    return program_spawn(command_line);
}

static long syscall_wait(const long a[6])
{
    int status = 0;
    if ((a[2] & ~(long)(WNOHANG | WREADY)) != 0)
        return -KEINVAL;
    if (a[1] != 0 && !syscall_is_ram(a[1], sizeof status))
        return -KEFAULT;
    long task = program_wait((uint32_t)a[0], (unsigned)a[2], &status);
    if (task > 0 && a[1] != 0)
        *(int *)syscall_pointer(a[1]) = status;
    return task;
}

static long syscall_ready(const long a[6])
{
    (void)a;
    return program_say_ready();
}

static long syscall_fpath(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    if (file->ops->path == NULL)
        return -KEOPNOTSUPP;
    if (!syscall_is_ram(a[1], (size_t)a[2]))
        return -KEFAULT;
    return file->ops->path(file, syscall_pointer(a[1]), (size_t)a[2]);
}

bool system_has_sockets(void)
{
    return socket_has_families();
}

#define SYSCALL_PRIVATE(number) [(number)-SYS_PRIVATE_FIRST]
const struct syscall_entry syscall_private_table[SYS_PRIVATE_END - SYS_PRIVATE_FIRST] = {
    SYSCALL_PRIVATE(SYS_SCHEME_CREATE) = {"scheme_create", syscall_scheme_create},
    SYSCALL_PRIVATE(SYS_SCHEME_NAMESPACE) = {"scheme_namespace", syscall_scheme_namespace},
    SYSCALL_PRIVATE(SYS_DUP_PATH) = {"dup_path", syscall_dup_path},
    SYSCALL_PRIVATE(SYS_SPAWN) = {"spawn", syscall_spawn},
    SYSCALL_PRIVATE(SYS_WAIT) = {"wait", syscall_wait},
    SYSCALL_PRIVATE(SYS_READY) = {"ready", syscall_ready},
    SYSCALL_PRIVATE(SYS_FPATH) = {"fpath", syscall_fpath},
};
