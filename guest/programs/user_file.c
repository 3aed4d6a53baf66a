/* user_file.c - what programs do with files besides their bytes */
#include "programs/user_file.h"

#include "lib/format.h"
#include "lib/string.h"
#include "programs/calendar.h"

/* Copies a path to the program's stack; true: it fits. */
static bool user_copy_path(char copy[USER_PATH_MAX], const char *path)
{
    return kstrlcpy(copy, path, USER_PATH_MAX) < USER_PATH_MAX;
}

long user_create(const char *path, int flags, unsigned mode)
{
    char copy[USER_PATH_MAX];
    if (!user_copy_path(copy, path))
        return -KENAMETOOLONG;
    return system_call(SYS_OPENAT, AT_FDCWD, (long)copy, flags | O_CREAT, mode, 0, 0);
}

long user_stat(const char *path, bool follow, struct kernel_stat *stat)
{
    char copy[USER_PATH_MAX];
    if (!user_copy_path(copy, path))
        return -KENAMETOOLONG;
    return system_call(SYS_NEWFSTATAT, AT_FDCWD, (long)copy, (long)stat,
                       follow ? 0 : AT_SYMLINK_NOFOLLOW, 0, 0);
}

bool user_is_directory(const char *path)
{
    struct kernel_stat stat;
    return user_stat(path, true, &stat) == 0 && (stat.st_mode & S_IFMT) == S_IFDIR;
}

long user_statfs(const char *path, struct kernel_statfs *statfs)
{
    char copy[USER_PATH_MAX];
    if (!user_copy_path(copy, path))
        return -KENAMETOOLONG;
    return system_call(SYS_STATFS, (long)copy, (long)statfs, 0, 0, 0, 0);
}

long user_getdents(int descriptor, void *buffer, size_t size)
{
    return system_call(SYS_GETDENTS64, descriptor, (long)buffer, (long)size, 0, 0, 0);
}

long user_mkdir(const char *path, unsigned mode)
{
    char copy[USER_PATH_MAX];
    if (!user_copy_path(copy, path))
        return -KENAMETOOLONG;
    return system_call(SYS_MKDIRAT, AT_FDCWD, (long)copy, mode, 0, 0, 0);
}

long user_remove(const char *path, bool directory)
{
    char copy[USER_PATH_MAX];
    if (!user_copy_path(copy, path))
        return -KENAMETOOLONG;
    return system_call(SYS_UNLINKAT, AT_FDCWD, (long)copy, directory ? AT_REMOVEDIR : 0, 0, 0, 0);
}

long user_rename(const char *from, const char *to)
{
    char copy[USER_PATH_MAX], to_copy[USER_PATH_MAX];
    if (!user_copy_path(copy, from) || !user_copy_path(to_copy, to))
        return -KENAMETOOLONG;
    return system_call(SYS_RENAMEAT, AT_FDCWD, (long)copy, AT_FDCWD, (long)to_copy, 0, 0);
}

long user_symlink(const char *target, const char *path)
{
    char copy[USER_PATH_MAX], path_copy[USER_PATH_MAX];
    if (!user_copy_path(copy, target) || !user_copy_path(path_copy, path))
        return -KENAMETOOLONG;
    return system_call(SYS_SYMLINKAT, (long)copy, AT_FDCWD, (long)path_copy, 0, 0, 0);
}

long user_link(const char *from, const char *to)
{
    char copy[USER_PATH_MAX], to_copy[USER_PATH_MAX];
    if (!user_copy_path(copy, from) || !user_copy_path(to_copy, to))
        return -KENAMETOOLONG;
    return system_call(SYS_LINKAT, AT_FDCWD, (long)copy, AT_FDCWD, (long)to_copy, 0, 0);
}

long user_readlink(const char *path, char *target, size_t size)
{
    char copy[USER_PATH_MAX];
    if (!user_copy_path(copy, path))
        return -KENAMETOOLONG;
    long length =
        system_call(SYS_READLINKAT, AT_FDCWD, (long)copy, (long)target, (long)size - 1, 0, 0);
    target[length > 0 ? length : 0] = '\0';
    return length;
}

long user_truncate(const char *path, int64_t size)
{
    char copy[USER_PATH_MAX];
    if (!user_copy_path(copy, path))
        return -KENAMETOOLONG;
    return system_call(SYS_TRUNCATE, (long)copy, size, 0, 0, 0, 0);
}

long user_chmod(const char *path, unsigned mode)
{
    char copy[USER_PATH_MAX];
    if (!user_copy_path(copy, path))
        return -KENAMETOOLONG;
    return system_call(SYS_FCHMODAT, AT_FDCWD, (long)copy, mode, 0, 0, 0);
}

long user_touch(const char *path)
{
    char copy[USER_PATH_MAX];
    if (!user_copy_path(copy, path))
        return -KENAMETOOLONG;
    return system_call(SYS_UTIMENSAT, AT_FDCWD, (long)copy, 0, 0, 0, 0);
}

long user_fsync(int descriptor)
{
    return system_call(SYS_FSYNC, descriptor, 0, 0, 0, 0, 0);
}

long user_sync(void)
{
    return system_call(SYS_SYNC, 0, 0, 0, 0, 0, 0);
}

/* ---- paths and texts ------------------------------------------------------------------------- */

const char *user_last_name(const char *path)
{
    const char *name = path;
    for (const char *at = path; *at != '\0'; at++) {
        if (at[0] == '/' && at[1] != '/' && at[1] != '\0')
            name = at + 1;
    }
    return name;
}

bool user_join(char path[USER_PATH_MAX], const char *directory, const char *name)
{
    size_t length = kstrlcpy(path, directory, USER_PATH_MAX);
    while (length > 0 && length < USER_PATH_MAX && path[length - 1] == '/')
        path[--length] = '\0';
    length = kstrlcat(path, "/", USER_PATH_MAX);
    length = length < USER_PATH_MAX ? kstrlcat(path, name, USER_PATH_MAX) : length;
    if (length >= USER_PATH_MAX)
        return false;
    while (length > 1 && path[length - 1] == '/')
        path[--length] = '\0';
    return true;
}

bool user_destination(char path[USER_PATH_MAX], const char *from, const char *to)
{
    if (user_is_directory(to))
        return user_join(path, to, user_last_name(from));
    return user_copy_path(path, to);
}

void user_format_time(char text[USER_TIME_MAX], const struct kernel_timespec *time)
{
    struct calendar_date date = calendar_from_seconds((uint64_t)time->tv_sec);
    ksnprintf(text, USER_TIME_MAX, "%u-%02u-%02u %02u:%02u:%02u", date.year, date.month, date.day,
              date.hour, date.minute, date.second);
}
