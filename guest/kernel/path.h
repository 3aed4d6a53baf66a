/*
 * path.h - who serves paths: mounts
 *
 * A mount serves all paths at and below its point; the longest point wins. It is told what stands
 * behind the point and its slash: "a/b", or "" for the point itself. Paths of system calls are made
 * plain before (path_clean()): no "." and "..", no empty names, no slash at the end. But what
 * stands below "/scheme/" is the providers' business, and reaches them as it is.
 *
 * A mount never follows a symbolic link. An operation that meets one, in the middle of a path or,
 * opening without O_NOFOLLOW, at its end, gives -KELOOP. Then links are looked for from the left,
 * the first is replaced by what it says, and the operation begins anew, perhaps at another mount;
 * up to PATH_LINKS_MAX times. A path without links costs nothing.
 *
 * There is one user, root, and no umask: nothing is forbidden, modes are as they are given.
 * DEVIATION: ".." is the name before it taken back, also where that is a symbolic link, and a slash
 * at the end is of no account.
 */
#ifndef KERNEL_PATH_H
#define KERNEL_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_SIZE_MAX  1128 /* with the NUL; one of a scheme is as long as schemes allow */
#define PATH_LINKS_MAX 40   /* ELOOP */

struct file;

/* NULL: what cannot be done here; changes give -KEROFS then. Results are 0 or an error. */
struct path_ops {
    /*
     * With O_PATH neither reading nor writing is wanted, nothing is created or cut off, and the
     * file serves stat, statfs, setattr, and, of a link itself (with O_NOFOLLOW), readlink only.
     * `mode` is that of what O_CREAT makes. The caller sets the file's flags.
     */
    struct file *(*open)(void *mount, const char *path, int flags, unsigned mode, int *error);
    /* unlink(2), or, with `directory`, rmdir(2). */
    int (*remove)(void *mount, const char *path, bool directory);
    int (*mkdir)(void *mount, const char *path, unsigned mode);
    /* `flags`: 0 or RENAME_NOREPLACE. */
    int (*rename)(void *mount, const char *from, const char *to, unsigned flags);
    int (*symlink)(void *mount, const char *target, const char *path);
    int (*link)(void *mount, const char *from, const char *to);
};

/* Forgets all mounts. */
void path_init(void);
/* Keeps all three; `point` is "/" or "/NAME…", without a slash at the end. */
void path_mount(const char *point, const struct path_ops *ops, void *mount);
/* The points, in the order of their mounting; NULL beyond the last. */
const char *path_point(unsigned index);

/* Makes an absolute path plain, where it stands. */
void path_clean(char *path);

/* These take plain paths. -KEXDEV where both should be of one mount. */
struct file *path_open(const char *path, int flags, unsigned mode, int *error);
int path_remove(const char *path, bool directory);
int path_mkdir(const char *path, unsigned mode);
int path_rename(const char *from, const char *to, unsigned flags);
int path_symlink(const char *target, const char *path);
int path_link(const char *from, const char *to);

#endif
