/*
 * syscall_path.c - system calls that take paths
 *
 * Calls about a file, not its name, open it with O_PATH, do to it what fstat() and its like do, and
 * close it again. So whoever serves files needs no second way to find one.
 */
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/scheme_abi.h"
#include "kernel/stat.h"
#include "kernel/syscall_priv.h"
#include "kernel/task.h"
#include "kernel/user_memory.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/probe.h"

#define SYSCALL_PATH_MAX 1024 /* of paths that are none of a scheme */
#define SYSCALL_TOLD_MAX 256  /* of those that the bench is told */
#define SYSCALL_MODE_X   1
#define SYSCALL_MODE_ALL 7

kstatic_assert(1 + sizeof SCHEME_ROOT + SCHEME_NAME_MAX + SCHEME_PATH_MAX + 1 <= PATH_SIZE_MAX,
               "what schemes allow, with a slash in front");

/* ---- arguments ------------------------------------------------------------------------------- */

/*
 * The path that an argument names, absolute and plain: 0, or why there is none. One of a scheme is
 * left as it is, as long as schemes allow, and they say which part of it is too long.
 */
static long syscall_fetch_path(long directory, long pointer, char path[PATH_SIZE_MAX])
{
    path[0] = '/'; /* the working directory of all */
    long length = user_copy_string(path + 1, syscall_pointer(pointer), PATH_SIZE_MAX - 1);
    if (length < 0)
        return length;
    if (length == 0)
        return -KENOENT;
    if (length >= SYSCALL_PATH_MAX - 1 && !kstr_has_prefix(path + 1, SCHEME_ROOT))
        return -KENAMETOOLONG;
    if (path[1] == '/')
        memmove(path, path + 1, (size_t)length + 1);
    else if ((int)directory != AT_FDCWD)
        return syscall_any_file(directory) != NULL ? -KENOTDIR : -KEBADF;
    if (!kstr_has_prefix(path, SCHEME_ROOT))
        path_clean(path);
    return 0;
}

/* The paths of calls that take two, each with its directory in front. */
static long syscall_fetch_both(const long a[6], char from[PATH_SIZE_MAX], char to[PATH_SIZE_MAX])
{
    long refused = syscall_fetch_path(a[0], a[1], from);
    return refused == 0 ? syscall_fetch_path(a[2], a[3], to) : refused;
}

/* Whether an argument is "", which stands for the descriptor beside it. */
static bool syscall_is_empty_path(long pointer, long flags)
{
    return (flags & AT_EMPTY_PATH) != 0 && syscall_is_ram(pointer, 1) &&
           *(const char *)syscall_pointer(pointer) == '\0';
}

/*
 * The file that a call is about, to be released behind it. With AT_EMPTY_PATH that of a descriptor.
 */
static struct file *syscall_find(long directory, long pointer, long flags, long *error)
{
    char path[PATH_SIZE_MAX];
    int why = 0;
    if (syscall_is_empty_path(pointer, flags)) {
        struct file *file = syscall_any_file(directory);
        if (file != NULL)
            file->references++;
        *error = -KEBADF;
        return file;
    }
    *error = syscall_fetch_path(directory, pointer, path);
    if (*error != 0)
        return NULL;
    bool is_link_itself = (flags & AT_SYMLINK_NOFOLLOW) != 0;
    struct file *file = path_open(path, O_PATH | (is_link_itself ? O_NOFOLLOW : 0), 0, &why);
    *error = why;
    return file;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Takes the file. */
static struct file *syscall_expect_directory(struct file *file, int *error)
{
    if (file->ops->list != NULL)
        return file;
    file_release(file);
    *error = -KENOTDIR;
    return NULL;
}

long syscall_openat(const long a[6])
{
    char path[PATH_SIZE_MAX];
    int error = 0;
    int flags = (int)a[2];
    long refused = syscall_fetch_path(a[0], a[1], path);
    if (refused != 0)
        return refused;
    unsigned mode = (flags & O_CREAT) != 0 ? (unsigned)a[3] & MODE_BITS : 0;
    struct file *file = path_open(path, flags, mode, &error);
    if (file != NULL && (flags & O_DIRECTORY) != 0)
        file = syscall_expect_directory(file, &error);
    if (kstrlen(path) < SYSCALL_TOLD_MAX)
        probe_file_opened(task_number(task_current()), path, file != NULL ? 0 : error);
    if (file != NULL)
        file->flags |= (unsigned)flags & (O_ACCMODE | O_APPEND | FILE_NONBLOCK | O_PATH);
    return syscall_install(file, error, (flags & O_CLOEXEC) != 0);
}

/* ---- names ----------------------------------------------------------------------------------- */

long syscall_mkdirat(const long a[6])
{
    char path[PATH_SIZE_MAX];
    long refused = syscall_fetch_path(a[0], a[1], path);
    return refused != 0 ? refused : path_mkdir(path, (unsigned)a[2] & MODE_BITS);
}

long syscall_unlinkat(const long a[6])
{
    char path[PATH_SIZE_MAX];
    long refused = syscall_fetch_path(a[0], a[1], path);
    if (refused != 0)
        return refused;
    return (a[2] & ~(long)AT_REMOVEDIR) == 0 ? path_remove(path, a[2] != 0) : -KEINVAL;
}

long syscall_symlinkat(const long a[6])
{
    char target[PATH_SIZE_MAX], path[PATH_SIZE_MAX];
    long length = user_copy_string(target, syscall_pointer(a[0]), sizeof target);
    if (length <= 0)
        return length < 0 ? length : -KENOENT;
    long refused = syscall_fetch_path(a[1], a[2], path);
    return refused != 0 ? refused : path_symlink(target, path);
}

/* What a link stands for is not asked for, with AT_SYMLINK_FOLLOW neither: that is -KEINVAL. */
long syscall_linkat(const long a[6])
{
    char from[PATH_SIZE_MAX], to[PATH_SIZE_MAX];
    long refused = syscall_fetch_both(a, from, to);
    if (refused != 0)
        return refused;
    return a[4] == 0 ? path_link(from, to) : -KEINVAL;
}

static long syscall_rename(const long a[6], long flags)
{
    char from[PATH_SIZE_MAX], to[PATH_SIZE_MAX];
    long refused = syscall_fetch_both(a, from, to);
    if (refused != 0)
        return refused;
    if ((flags & ~(long)RENAME_NOREPLACE) != 0)
        return -KEINVAL;
    return path_rename(from, to, (unsigned)flags);
}

long syscall_renameat(const long a[6])
{
    return syscall_rename(a, 0);
}

long syscall_renameat2(const long a[6])
{
    return syscall_rename(a, a[4]);
}

/* ---- files by their paths -------------------------------------------------------------------- */

long syscall_newfstatat(const long a[6])
{
    long error;
    if (!syscall_is_ram(a[2], sizeof(struct kernel_stat)))
        return -KEFAULT;
    struct file *file = syscall_find(a[0], a[1], a[3], &error);
    if (file == NULL)
        return error;
    error = syscall_stat_file(file, syscall_pointer(a[2]));
    file_release(file);
    return error;
}

long syscall_statfs(const long a[6])
{
    long error;
    if (!syscall_is_ram(a[1], sizeof(struct kernel_statfs)))
        return -KEFAULT;
    struct file *file = syscall_find(AT_FDCWD, a[0], 0, &error);
    if (file == NULL)
        return error;
    error = syscall_statfs_file(file, syscall_pointer(a[1]));
    file_release(file);
    return error;
}

/* Root may do everything, but execute what nobody may. */
long syscall_faccessat(const long a[6])
{
    struct kernel_stat stat;
    long error;
    if ((a[2] & ~(long)SYSCALL_MODE_ALL) != 0)
        return -KEINVAL;
    struct file *file = syscall_find(a[0], a[1], 0, &error);
    if (file == NULL)
        return error;
    error = syscall_stat_file(file, &stat);
    file_release(file);
    if (error == 0 && (a[2] & SYSCALL_MODE_X) != 0 && (stat.st_mode & 0111) == 0)
        return -KEACCES;
    return error;
}

long syscall_readlinkat(const long a[6])
{
    long error;
    size_t size = syscall_clamp_count(a[3]);
    if ((int)a[3] <= 0)
        return -KEINVAL;
    if (!syscall_is_ram(a[2], size))
        return -KEFAULT;
    struct file *file = syscall_find(a[0], a[1], AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &error);
    if (file == NULL)
        return error;
    long length = -KEINVAL;
    if (file->ops->readlink != NULL)
        length = file->ops->readlink(file, syscall_pointer(a[2]), size);
    file_release(file);
    return length;
}

static long syscall_change(long directory, long pointer, long flags,
                           const struct file_change *change)
{
    long error;
    struct file *file = syscall_find(directory, pointer, flags, &error);
    if (file == NULL)
        return error;
    error = file->ops->setattr != NULL ? file->ops->setattr(file, change) : -KEROFS;
    file_release(file);
    return error;
}

long syscall_truncate(const long a[6])
{
    const struct file_change change = {.valid = CHANGE_SIZE, .size = (uint64_t)a[1]};
    return a[1] >= 0 ? syscall_change(AT_FDCWD, a[0], 0, &change) : -KEINVAL;
}

long syscall_fchmodat(const long a[6])
{
    const struct file_change change = {.valid = CHANGE_MODE, .mode = (uint32_t)a[2] & MODE_BITS};
    return syscall_change(a[0], a[1], 0, &change);
}

/* One of the two times: what is to be done about it, in *bits. False: it is none. */
static bool syscall_fetch_time(struct kernel_timespec *time, uint32_t now, uint32_t set,
                               uint32_t *bits)
{
    if (time->tv_nsec == UTIME_OMIT)
        return true;
    *bits |= now;
    if (time->tv_nsec == UTIME_NOW) {
        *time = (struct kernel_timespec){0, 0};
        return true;
    }
    *bits |= set;
    return syscall_is_duration(time);
}

/* Without a path it is the descriptor that is meant. */
long syscall_utimensat(const long a[6])
{
    struct kernel_timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    struct file_change change = {.valid = 0};
    if (a[2] != 0 && !syscall_is_ram(a[2], sizeof times))
        return -KEFAULT;
    if (a[2] != 0)
        memcpy(times, syscall_pointer(a[2]), sizeof times);
    if ((a[3] & ~(long)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0 ||
        !syscall_fetch_time(&times[0], CHANGE_ATIME, CHANGE_ATIME_SET, &change.valid) ||
        !syscall_fetch_time(&times[1], CHANGE_MTIME, CHANGE_MTIME_SET, &change.valid))
        return -KEINVAL;
    change.atime = times[0];
    change.mtime = times[1];
    if (a[1] != 0)
        return syscall_change(a[0], a[1], a[3], &change);
    struct file *file = syscall_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    return file->ops->setattr != NULL ? file->ops->setattr(file, &change) : -KEROFS;
}
