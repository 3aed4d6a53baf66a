/* tmpfs.c - /tmp as it is mounted: opening, changes of names, and what open files do */
#include "kernel/tmpfs_priv.h"

#include "kernel/clock.h"
#include "kernel/dirent.h"
#include "kernel/file.h"
#include "kernel/lock.h"
#include "kernel/path.h"
#include "kernel/syscall_priv.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#define TMPFS_DEVICE 1 /* st_dev */

static struct mutex tmpfs_lock;

/* ---- open files ------------------------------------------------------------------------------ */

static long tmpfs_read(struct file *opened, void *buffer, size_t size)
{
    if ((opened->flags & O_ACCMODE) == O_WRONLY)
        return -KEBADF;
    mutex_lock(&tmpfs_lock);
    size_t done = tmpfs_read_at(opened->object, opened->offset, buffer, size);
    opened->offset += done;
    mutex_unlock(&tmpfs_lock);
    return (long)done;
}

static long tmpfs_write(struct file *opened, const void *buffer, size_t size)
{
    struct tmpfs_node *node = opened->object;
    if ((opened->flags & O_ACCMODE) == O_RDONLY)
        return -KEBADF;
    mutex_lock(&tmpfs_lock);
    if ((opened->flags & O_APPEND) != 0)
        opened->offset = node->bytes.size;
    size_t done = tmpfs_write_at(node, opened->offset, buffer, size);
    opened->offset += done;
    bool is_full = done == 0 && size > 0;
    long error = opened->offset >= TMPFS_FILE_SIZE_MAX ? -KEFBIG : -KENOSPC;
    mutex_unlock(&tmpfs_lock);
    return is_full ? error : (long)done;
}

static long tmpfs_size(struct file *opened)
{
    const struct tmpfs_node *node = opened->object;
    mutex_lock(&tmpfs_lock);
    long size = tmpfs_is(node, S_IFDIR) ? 0 : (long)node->bytes.size;
    mutex_unlock(&tmpfs_lock);
    return size;
}

static int tmpfs_stat(struct file *opened, struct kernel_stat *stat)
{
    const struct tmpfs_node *node = opened->object;
    mutex_lock(&tmpfs_lock);
    bool is_directory = tmpfs_is(node, S_IFDIR);
    stat->st_dev = TMPFS_DEVICE;
    stat->st_ino = node->number;
    stat->st_mode = node->mode;
    stat->st_uid = node->uid;
    stat->st_gid = node->gid;
    stat->st_nlink =
        is_directory && node->names > 0 ? 2 + node->directory.directories : node->names;
    stat->st_size = is_directory ? 0 : (int64_t)node->bytes.size;
    stat->st_blksize = TMPFS_BLOCK_SIZE;
    stat->st_blocks = (int64_t)tmpfs_count_blocks(node) * (TMPFS_BLOCK_SIZE / 512);
    stat->st_atim = syscall_timespec(node->atime_ns);
    stat->st_mtim = syscall_timespec(node->mtime_ns);
    stat->st_ctim = syscall_timespec(node->ctime_ns);
    mutex_unlock(&tmpfs_lock);
    return 0;
}

static int tmpfs_setattr_locked(struct tmpfs_node *node, const struct file_change *change)
{
    uint32_t valid = change->valid;
    if ((valid & CHANGE_SIZE) != 0) {
        if (!tmpfs_is(node, S_IFREG))
            return tmpfs_is(node, S_IFDIR) ? -KEISDIR : -KEINVAL;
        int error = tmpfs_resize(node, change->size);
        if (error != 0)
            return error;
    }
    node->ctime_ns = clock_realtime_ns();
    if ((valid & CHANGE_MODE) != 0)
        node->mode = (node->mode & S_IFMT) | (change->mode & MODE_BITS);
    if ((valid & CHANGE_UID) != 0)
        node->uid = change->uid;
    if ((valid & CHANGE_GID) != 0)
        node->gid = change->gid;
    if ((valid & CHANGE_ATIME) != 0)
        node->atime_ns = (valid & CHANGE_ATIME_SET) != 0 ? syscall_deadline_ns(0, &change->atime)
                                                         : node->ctime_ns;
    if ((valid & CHANGE_MTIME) != 0)
        node->mtime_ns = (valid & CHANGE_MTIME_SET) != 0 ? syscall_deadline_ns(0, &change->mtime)
                                                         : node->ctime_ns;
    return 0;
}

static int tmpfs_setattr(struct file *opened, const struct file_change *change)
{
    mutex_lock(&tmpfs_lock);
    int error = tmpfs_setattr_locked(opened->object, change);
    mutex_unlock(&tmpfs_lock);
    return error;
}

static int tmpfs_statfs(struct file *opened, struct kernel_statfs *statfs)
{
    (void)opened;
    mutex_lock(&tmpfs_lock);
    tmpfs_count_all(statfs);
    mutex_unlock(&tmpfs_lock);
    return 0;
}

static void tmpfs_close(struct file *opened)
{
    struct tmpfs_node *node = opened->object;
    mutex_lock(&tmpfs_lock);
    kassert(node->openings > 0);
    node->openings--;
    tmpfs_node_free_if_unused(node);
    mutex_unlock(&tmpfs_lock);
}

static const struct file_ops tmpfs_file_ops = {
    .kind = "tmpfs",
    .read = tmpfs_read,
    .write = tmpfs_write,
    .size = tmpfs_size,
    .close = tmpfs_close,
    .stat = tmpfs_stat,
    .setattr = tmpfs_setattr,
    .statfs = tmpfs_statfs,
};

/* ---- open directories, and links that are looked at ------------------------------------------ */

static long tmpfs_read_directory(struct file *opened, void *buffer, size_t size)
{
    (void)opened;
    (void)buffer;
    (void)size;
    return -KEISDIR;
}

static uint8_t tmpfs_type(const struct tmpfs_node *node)
{
    if (tmpfs_is(node, S_IFDIR))
        return DT_DIR;
    return tmpfs_is(node, S_IFLNK) ? DT_LNK : DT_REG;
}

/* The one at the file's offset; false: it does not fit. `name` is NULL for the two dots. */
static bool tmpfs_list_one(struct file *opened, struct dirent_list *list,
                           const struct tmpfs_name *name)
{
    const struct tmpfs_node *directory = opened->object;
    bool fits;
    if (name != NULL)
        fits = dirent_add(list, name->node->number, name->cookie + 1, tmpfs_type(name->node),
                          name->text);
    else if (opened->offset == 0)
        fits = dirent_add(list, directory->number, 1, DT_DIR, ".");
    else
        fits = dirent_add(list, directory->directory.parent->number, 2, DT_DIR, "..");
    if (fits)
        opened->offset = name != NULL ? name->cookie + 1 : opened->offset + 1;
    return fits;
}

static long tmpfs_list(struct file *opened, void *buffer, size_t size)
{
    struct dirent_list list = {.buffer = buffer, .size = size};
    struct tmpfs_node *directory = opened->object;
    const struct tmpfs_name *name = NULL;
    bool fits = true;
    mutex_lock(&tmpfs_lock);
    while (fits && directory->names > 0) {
        if (opened->offset >= TMPFS_FIRST_COOKIE &&
            (name = tmpfs_name_from(directory, opened->offset)) == NULL)
            break;
        fits = tmpfs_list_one(opened, &list, name);
    }
    mutex_unlock(&tmpfs_lock);
    return dirent_result(&list, !fits);
}

static const struct file_ops tmpfs_directory_ops = {
    .kind = "tmpfs directory",
    .read = tmpfs_read_directory,
    .size = tmpfs_size,
    .close = tmpfs_close,
    .stat = tmpfs_stat,
    .setattr = tmpfs_setattr,
    .statfs = tmpfs_statfs,
    .list = tmpfs_list,
};

static long tmpfs_readlink(struct file *opened, char *target, size_t size)
{
    mutex_lock(&tmpfs_lock);
    size_t length = tmpfs_read_at(opened->object, 0, target, size);
    mutex_unlock(&tmpfs_lock);
    return (long)length;
}

static const struct file_ops tmpfs_link_ops = {
    .kind = "tmpfs link",
    .close = tmpfs_close,
    .stat = tmpfs_stat,
    .setattr = tmpfs_setattr,
    .statfs = tmpfs_statfs,
    .readlink = tmpfs_readlink,
};

/* ---- opening: with the lock ------------------------------------------------------------------ */

/* A new node with a name: 0, or -KENOSPC. */
static int tmpfs_make(struct tmpfs_node *directory, const char *text, uint32_t mode,
                      struct tmpfs_node **made)
{
    struct tmpfs_node *node = tmpfs_node_make(mode);
    if (node == NULL)
        return -KENOSPC;
    int error = tmpfs_name_add(directory, text, node);
    if (error != 0)
        tmpfs_node_free_if_unused(node);
    *made = node;
    return error;
}

/* What may be opened of what is there: 0, or an error. */
static int tmpfs_check_open(const struct tmpfs_node *node, int flags)
{
    bool only_path = (flags & O_PATH) != 0;
    if (!only_path && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
        return -KEEXIST;
    if (tmpfs_is(node, S_IFLNK) && !(only_path && (flags & O_NOFOLLOW) != 0))
        return -KELOOP;
    if ((flags & O_DIRECTORY) != 0 && !tmpfs_is(node, S_IFDIR))
        return -KENOTDIR;
    bool wants_bytes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
    return !only_path && wants_bytes && tmpfs_is(node, S_IFDIR) ? -KEISDIR : 0;
}

static int tmpfs_find(const char *path, int flags, unsigned mode, struct tmpfs_node **node)
{
    struct tmpfs_node *directory;
    const char *last;
    int error = tmpfs_look_up(path, node);
    if (error == 0)
        return tmpfs_check_open(*node, flags);
    if (error != -KENOENT || (flags & O_CREAT) == 0 || (flags & O_PATH) != 0)
        return error;
    error = tmpfs_walk(path, &directory, &last);
    if (error != 0)
        return error;
    if ((flags & O_DIRECTORY) != 0)
        return -KEINVAL;
    return tmpfs_make(directory, last, S_IFREG | mode, node);
}

static struct file *tmpfs_open_locked(const char *path, int flags, unsigned mode, int *error)
{
    struct tmpfs_node *node;
    *error = tmpfs_find(path, flags, mode, &node);
    if (*error != 0)
        return NULL;
    struct file *opened = file_alloc(tmpfs_is(node, S_IFDIR)   ? &tmpfs_directory_ops
                                     : tmpfs_is(node, S_IFLNK) ? &tmpfs_link_ops
                                                               : &tmpfs_file_ops,
                                     node);
    if (opened == NULL) {
        *error = -KENFILE;
        return NULL;
    }
    bool is_cut = (flags & O_TRUNC) != 0 && (flags & O_ACCMODE) != O_RDONLY;
    if (is_cut && (flags & O_PATH) == 0)
        (void)tmpfs_resize(node, 0);
    node->openings++;
    return opened;
}

static struct file *tmpfs_open(void *mount, const char *path, int flags, unsigned mode, int *error)
{
    (void)mount;
    mutex_lock(&tmpfs_lock);
    struct file *opened = tmpfs_open_locked(path, flags, mode, error);
    mutex_unlock(&tmpfs_lock);
    return opened;
}

/* ---- changes of names: with the lock --------------------------------------------------------- */

/* The name that a path ends in: 0, or an error. */
static int tmpfs_find_name(const char *path, struct tmpfs_name **name)
{
    struct tmpfs_node *directory;
    const char *last;
    int error = tmpfs_walk(path, &directory, &last);
    if (error != 0)
        return error;
    *name = tmpfs_name_find(directory, last);
    return *name != NULL ? 0 : -KENOENT;
}

/* Where a new name is to be: 0; -KEEXIST: there is one. */
static int tmpfs_find_room(const char *path, struct tmpfs_node **directory, const char **last)
{
    int error = tmpfs_walk(path, directory, last);
    if (error != 0)
        return error;
    return tmpfs_name_find(*directory, *last) == NULL ? 0 : -KEEXIST;
}

/* Whether a name may go as a directory does, or as all else. */
static int tmpfs_check_remove(const struct tmpfs_node *node, bool directory)
{
    if (tmpfs_is(node, S_IFDIR) != directory)
        return directory ? -KENOTDIR : -KEISDIR;
    return directory && !list_is_empty(&node->directory.names) ? -KENOTEMPTY : 0;
}

static int tmpfs_remove_locked(const char *path, bool directory)
{
    struct tmpfs_name *name;
    int error = tmpfs_find_name(path, &name);
    if (error == 0)
        error = tmpfs_check_remove(name->node, directory);
    if (error != 0)
        return error;
    name->node->ctime_ns = clock_realtime_ns();
    tmpfs_name_remove(name);
    return 0;
}

static int tmpfs_remove(void *mount, const char *path, bool directory)
{
    (void)mount;
    mutex_lock(&tmpfs_lock);
    int error = tmpfs_remove_locked(path, directory);
    mutex_unlock(&tmpfs_lock);
    return error;
}

static int tmpfs_mkdir(void *mount, const char *path, unsigned mode)
{
    struct tmpfs_node *directory, *made;
    const char *last;
    (void)mount;
    mutex_lock(&tmpfs_lock);
    int error = tmpfs_find_room(path, &directory, &last);
    if (error == 0)
        error = tmpfs_make(directory, last, S_IFDIR | mode, &made);
    mutex_unlock(&tmpfs_lock);
    return error;
}

static int tmpfs_symlink_locked(const char *target, const char *path)
{
    struct tmpfs_node *directory, *made;
    const char *last;
    int error = tmpfs_find_room(path, &directory, &last);
    if (error == 0)
        error = tmpfs_make(directory, last, S_IFLNK | 0777, &made);
    if (error != 0)
        return error;
    size_t length = kstrlen(target);
    if (tmpfs_write_at(made, 0, target, length) == length)
        return 0;
    tmpfs_name_remove(tmpfs_name_find(directory, last));
    return -KENOSPC;
}

static int tmpfs_symlink(void *mount, const char *target, const char *path)
{
    (void)mount;
    mutex_lock(&tmpfs_lock);
    int error = tmpfs_symlink_locked(target, path);
    mutex_unlock(&tmpfs_lock);
    return error;
}

static int tmpfs_link_locked(const char *from, const char *to)
{
    struct tmpfs_node *directory;
    struct tmpfs_name *name;
    const char *last;
    int error = tmpfs_find_name(from, &name);
    if (error != 0)
        return error;
    if (tmpfs_is(name->node, S_IFDIR))
        return -KEPERM;
    error = tmpfs_find_room(to, &directory, &last);
    if (error == 0)
        error = tmpfs_name_add(directory, last, name->node);
    if (error == 0)
        name->node->ctime_ns = clock_realtime_ns();
    return error;
}

static int tmpfs_link(void *mount, const char *from, const char *to)
{
    (void)mount;
    mutex_lock(&tmpfs_lock);
    int error = tmpfs_link_locked(from, to);
    mutex_unlock(&tmpfs_lock);
    return error;
}

static bool tmpfs_is_below(const struct tmpfs_node *directory, const struct tmpfs_node *above)
{
    while (directory != above && directory != tmpfs_root())
        directory = directory->directory.parent;
    return directory == above;
}

/* Takes away what has the name that another is to have: 0, or why it has to stay. */
static int tmpfs_replace(struct tmpfs_name *old, const struct tmpfs_node *by, unsigned flags)
{
    if ((flags & RENAME_NOREPLACE) != 0)
        return -KEEXIST;
    int error = tmpfs_check_remove(old->node, tmpfs_is(by, S_IFDIR));
    if (error == 0)
        tmpfs_name_remove(old);
    return error;
}

static int tmpfs_rename_locked(const char *from, const char *to, unsigned flags)
{
    struct tmpfs_node *directory;
    struct tmpfs_name *name;
    const char *last;
    int error = tmpfs_find_name(from, &name);
    if (error == 0)
        error = tmpfs_walk(to, &directory, &last);
    if (error != 0)
        return error;
    if (tmpfs_is(name->node, S_IFDIR) && tmpfs_is_below(directory, name->node))
        return -KEINVAL;
    struct tmpfs_name *old = tmpfs_name_find(directory, last);
    if (old != NULL && old->node == name->node && flags == 0)
        return 0; /* two names of one file, or the same one: both stay */
    error = old != NULL ? tmpfs_replace(old, name->node, flags) : 0;
    if (error != 0)
        return error;
    tmpfs_name_move(name, directory, last);
    name->node->ctime_ns = clock_realtime_ns();
    return 0;
}

static int tmpfs_rename(void *mount, const char *from, const char *to, unsigned flags)
{
    (void)mount;
    mutex_lock(&tmpfs_lock);
    int error = tmpfs_rename_locked(from, to, flags);
    mutex_unlock(&tmpfs_lock);
    return error;
}

static const struct path_ops tmpfs_paths = {
    .open = tmpfs_open,
    .remove = tmpfs_remove,
    .mkdir = tmpfs_mkdir,
    .rename = tmpfs_rename,
    .symlink = tmpfs_symlink,
    .link = tmpfs_link,
};

void tmpfs_init(void)
{
    mutex_init(&tmpfs_lock, "tmpfs");
    tmpfs_memory_init();
    tmpfs_name_init();
    tmpfs_node_init();
    path_mount(TMPFS_POINT, &tmpfs_paths, NULL);
}
