/* path.c - who serves paths, and symbolic links, which may lead from one mount to another */
#include "kernel/path.h"

#include "kernel/file.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#define PATH_MOUNTS_MAX 16

struct path_mount {
    const char *point;
    const struct path_ops *ops;
    void *mount;
};

static struct path_mount path_mounts[PATH_MOUNTS_MAX];
static unsigned path_mount_count;

void path_init(void)
{
    path_mount_count = 0;
}

void path_mount(const char *point, const struct path_ops *ops, void *mount)
{
    kassert(path_mount_count < PATH_MOUNTS_MAX && point[0] == '/');
    path_mounts[path_mount_count++] = (struct path_mount){point, ops, mount};
}

const char *path_point(unsigned index)
{
    return index < path_mount_count ? path_mounts[index].point : NULL;
}

/* ---- text ------------------------------------------------------------------------------------ */

void path_clean(char *path)
{
    const char *from = path;
    char *to = path; /* no slash at the end: "" is the root */
    while (*from != '\0') {
        const char *name = from;
        while (*from != '\0' && *from != '/')
            from++;
        size_t length = (size_t)(from - name);
        while (*from == '/')
            from++;
        if (length == 0 || (length == 1 && name[0] == '.'))
            continue;
        if (length == 2 && name[0] == '.' && name[1] == '.') {
            while (to > path && *--to != '/')
                continue;
            continue;
        }
        *to++ = '/';
        memmove(to, name, length);
        to += length;
    }
    if (to == path)
        *to++ = '/';
    *to = '\0';
}

/* What stands behind a mount's point; NULL: the path is not below it. */
static const char *path_rest(const struct path_mount *mount, const char *path)
{
    if (!kstr_has_prefix(path, mount->point))
        return NULL;
    const char *rest = path + kstrlen(mount->point);
    if (rest[0] == '/')
        return rest + 1;
    return rest[0] == '\0' || mount->point[1] == '\0' ? rest : NULL;
}

/* Who serves a path, and what it is called there. NULL: nobody does. */
static const struct path_mount *path_find(const char *path, const char **rest)
{
    const struct path_mount *found = NULL;
    size_t longest = 0;
    for (unsigned i = 0; i < path_mount_count; i++) {
        const char *behind = path_rest(&path_mounts[i], path);
        size_t length = kstrlen(path_mounts[i].point);
        if (behind != NULL && length > longest) {
            longest = length;
            found = &path_mounts[i];
            *rest = behind;
        }
    }
    return found;
}

/* ---- symbolic links -------------------------------------------------------------------------- */

/* A path that an operation takes, for as long as it meets links on it. */
struct path_walk {
    const char *path;
    unsigned links; /* that were followed */
    char buffer[PATH_SIZE_MAX];
};

static struct file *path_open_once(const char *path, int flags, unsigned mode, int *error)
{
    const char *rest;
    const struct path_mount *mount = path_find(path, &rest);
    if (mount != NULL)
        return mount->ops->open(mount->mount, rest, flags, mode, error);
    *error = -KENOENT;
    return NULL;
}

/* How long it is what a link says; 0: it is none. Or why it cannot be read. */
static long path_read_link(const char *path, char *target, size_t size)
{
    int error;
    long length = -KEINVAL;
    struct file *file = path_open_once(path, O_PATH | O_NOFOLLOW, 0, &error);
    if (file == NULL)
        return 0;
    if (file->ops->readlink != NULL)
        length = file->ops->readlink(file, target, size);
    file_release(file);
    return length != -KEINVAL ? length : 0;
}

/* The name at [begin, end) of the path was a link: 1, or -KENAMETOOLONG for what it leads to. */
static int path_replace(struct path_walk *walk, const char *path, size_t begin, size_t end,
                        const char *target)
{
    size_t keep = target[0] == '/' ? 0 : begin;
    memcpy(walk->buffer, path, keep);
    walk->buffer[keep] = '\0';
    walk->path = walk->buffer;
    (void)kstrlcat(walk->buffer, target, sizeof walk->buffer);
    if (kstrlcat(walk->buffer, path + end, sizeof walk->buffer) >= sizeof walk->buffer)
        return -KENAMETOOLONG;
    path_clean(walk->buffer);
    return 1;
}

/* Replaces the first link of the path: 1; 0: there is none. An error ends the whole walk. */
static int path_follow(struct path_walk *walk, bool also_last)
{
    char path[PATH_SIZE_MAX], target[PATH_SIZE_MAX];
    const char *rest;
    if (path_find(walk->path, &rest) == NULL)
        return 0;
    (void)kstrlcpy(path, walk->path, sizeof path);
    for (size_t begin = (size_t)(rest - walk->path), end; path[begin] != '\0'; begin = end + 1) {
        for (end = begin; path[end] != '\0' && path[end] != '/'; end++)
            continue;
        bool is_last = path[end] == '\0';
        if (is_last && !also_last)
            break;
        path[end] = '\0';
        long length = path_read_link(path, target, sizeof target - 1);
        if (length < 0)
            return (int)length;
        target[length] = '\0';
        path[end] = is_last ? '\0' : '/';
        if (length > 0)
            return walk->links++ < PATH_LINKS_MAX ? path_replace(walk, path, begin, end, target)
                                                  : -KELOOP;
        if (is_last)
            break;
    }
    return 0;
}

/* ---- operations ------------------------------------------------------------------------------ */

struct file *path_open(const char *path, int flags, unsigned mode, int *error)
{
    struct path_walk walk = {.path = path};
    for (;;) {
        struct file *file = path_open_once(walk.path, flags, mode, error);
        if (file != NULL || *error != -KELOOP)
            return file;
        int followed = path_follow(&walk, (flags & O_NOFOLLOW) == 0);
        if (followed < 0)
            *error = followed;
        else if (followed == 0 && (flags & O_DIRECTORY) != 0)
            *error = -KENOTDIR; /* a link that is not followed is none */
        if (followed <= 0)
            return NULL;
    }
}

/* What changes names does, at the mount of them all. `to` is of two paths the second, or NULL. */
struct path_change {
    int (*make)(const struct path_mount *at, const char *path, const char *to,
                const struct path_change *change);
    bool directory;
    unsigned flags, mode;
    const char *target;
};

static int path_change_once(const char *from, const char *to, const struct path_change *change)
{
    const char *rest, *to_rest = NULL;
    const struct path_mount *at = path_find(from, &rest);
    const struct path_mount *to_at = to != NULL ? path_find(to, &to_rest) : at;
    if (at == NULL || to_at == NULL)
        return -KENOENT;
    return at == to_at ? change->make(at, rest, to_rest, change) : -KEXDEV;
}

static int path_make_change(const char *from, const char *to, const struct path_change *change)
{
    struct path_walk first = {.path = from}, second = {.path = to};
    for (;;) { /* a link may lead from another mount to this one */
        int result = path_change_once(first.path, second.path, change);
        if (result != -KELOOP && result != -KEXDEV)
            return result;
        int followed = path_follow(&first, false);
        if (followed == 0 && to != NULL)
            followed = path_follow(&second, false);
        if (followed <= 0)
            return followed < 0 ? followed : result;
    }
}

static int path_change_remove(const struct path_mount *at, const char *path, const char *to,
                              const struct path_change *change)
{
    (void)to;
    if (at->ops->remove == NULL)
        return -KEROFS;
    return path[0] != '\0' ? at->ops->remove(at->mount, path, change->directory) : -KEBUSY;
}

int path_remove(const char *path, bool directory)
{
    const struct path_change change = {.make = path_change_remove, .directory = directory};
    return path_make_change(path, NULL, &change);
}

static int path_change_mkdir(const struct path_mount *at, const char *path, const char *to,
                             const struct path_change *change)
{
    (void)to;
    if (path[0] == '\0')
        return -KEEXIST;
    return at->ops->mkdir != NULL ? at->ops->mkdir(at->mount, path, change->mode) : -KEROFS;
}

int path_mkdir(const char *path, unsigned mode)
{
    const struct path_change change = {.make = path_change_mkdir, .mode = mode};
    return path_make_change(path, NULL, &change);
}

static int path_change_rename(const struct path_mount *at, const char *path, const char *to,
                              const struct path_change *change)
{
    if (at->ops->rename == NULL)
        return -KEROFS;
    if (path[0] == '\0' || to[0] == '\0')
        return -KEBUSY;
    return at->ops->rename(at->mount, path, to, change->flags);
}

int path_rename(const char *from, const char *to, unsigned flags)
{
    const struct path_change change = {.make = path_change_rename, .flags = flags};
    return path_make_change(from, to, &change);
}

static int path_change_symlink(const struct path_mount *at, const char *path, const char *to,
                               const struct path_change *change)
{
    (void)to;
    if (at->ops->symlink == NULL)
        return -KEROFS;
    return path[0] != '\0' ? at->ops->symlink(at->mount, change->target, path) : -KEEXIST;
}

int path_symlink(const char *target, const char *path)
{
    const struct path_change change = {.make = path_change_symlink, .target = target};
    return path_make_change(path, NULL, &change);
}

static int path_change_link(const struct path_mount *at, const char *path, const char *to,
                            const struct path_change *change)
{
    (void)change;
    if (at->ops->link == NULL)
        return -KEROFS;
    if (path[0] == '\0')
        return -KEPERM; /* a directory */
    return to[0] != '\0' ? at->ops->link(at->mount, path, to) : -KEEXIST;
}

int path_link(const char *from, const char *to)
{
    const struct path_change change = {.make = path_change_link};
    return path_make_change(from, to, &change);
}
