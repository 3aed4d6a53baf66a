/*
 * p9_source_folder.c - a folder of the host, of which nothing is changed and nothing is left
 *
 * Each path is opened by openat2(2) below a descriptor of the folder: RESOLVE_BENEATH does not let
 * it out, RESOLVE_NO_SYMLINKS lets none of its parts be a symbolic link, whoever puts one there at
 * whatever moment. So no name and no race leads outside. What is opened is first looked at through
 * O_PATH, which opens no device and wakes no writer of a FIFO, and only when it is the regular file
 * that was listed it is opened for reading, through that descriptor: it is the same file by
 * construction.
 *
 * A file that is not any more what its stamp says has an error instead of bytes: EIO, or ENOENT
 * when there is nothing. Descriptors for reading are kept, a few, since a file is read bit by bit.
 *
 * Limits: a path has less than PATH_MAX bytes, as the host's kernel has it. A file that the bench
 * may not read is shown, and reading it is EACCES. Hard links of the host are files of their own.
 */
#include "emu/virtio-9p/p9_source_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct p9_folder_file {
    struct p9_stamp stamp;
    int fd;            /* -1: this place is free */
    uint64_t last_use; /* the larger the later */
};

struct p9_folder {
    int root;
    uint64_t uses;
    struct p9_folder_file files[P9_FOLDER_FILES_MAX];
};

/* ---- opening --------------------------------------------------------------------------------- */

/* A descriptor, or -1 and errno. */
static int p9_folder_open(int root, const char *path, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static struct p9_stamp p9_folder_stamp(const struct stat *status)
{
    return (struct p9_stamp){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = (uint64_t)status->st_size,
        .mtime_sec = status->st_mtim.tv_sec,
        .mtime_nsec = status->st_mtim.tv_nsec,
    };
}

static bool p9_stamp_is_same_file(const struct p9_stamp *a, const struct p9_stamp *b)
{
    return a->device == b->device && a->inode == b->inode;
}

/* Is it still what it was? */
static bool p9_folder_is_unchanged(int fd, const struct p9_stamp *stamp)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return false;
    }
    struct p9_stamp now = p9_folder_stamp(&status);
    return p9_stamp_is_same_file(&now, stamp) && now.size == stamp->size &&
           now.mtime_sec == stamp->mtime_sec && now.mtime_nsec == stamp->mtime_nsec;
}

/* Opens the file behind a descriptor of O_PATH: the kernel's link leads to it and nowhere else. */
static int p9_folder_reopen(int fd)
{
    char path[sizeof("/proc/self/fd/-2147483648")];
    g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* A descriptor for reading, or -1 and errno. */
static int p9_folder_open_file(int root, const char *path, const struct p9_stamp *stamp)
{
    int fd = p9_folder_open(root, path, O_PATH);
    if (fd < 0) {
        return -1;
    }
    int opened = -1, error = EIO;
    if (p9_folder_is_unchanged(fd, stamp)) {
        opened = p9_folder_reopen(fd);
        error = errno;
    }
    close(fd);
    errno = error;
    return opened;
}

void *p9_source_folder_new(const char *path, struct p9_stamp *root, GError **error)
{
    const char *why = NULL;
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int probe = fd >= 0 ? p9_folder_open(fd, ".", O_PATH | O_DIRECTORY) : -1;
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        why = "the folder cannot be opened";
    } else if (probe < 0) {
        why = "this host cannot keep paths below a folder (openat2, Linux 5.6)";
    } else if (access("/proc/self/fd", X_OK) != 0) {
        why = "files of a folder are opened through /proc, which is not there";
    }
    if (why != NULL) {
        int saved = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(saved), "%s: %s: %s", path,
                    why, g_strerror(saved));
    }
    if (probe >= 0) {
        close(probe);
    }
    if (why != NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    struct p9_folder *folder = g_new0(struct p9_folder, 1);
    folder->root = fd;
    for (size_t i = 0; i < P9_FOLDER_FILES_MAX; i++) {
        folder->files[i].fd = -1;
    }
    *root = p9_folder_stamp(&status);
    return folder;
}

static void p9_folder_free(void *opaque)
{
    struct p9_folder *folder = opaque;
    for (size_t i = 0; i < P9_FOLDER_FILES_MAX; i++) {
        if (folder->files[i].fd >= 0) {
            close(folder->files[i].fd);
        }
    }
    close(folder->root);
    g_free(folder);
}

/* ---- directories ----------------------------------------------------------------------------- */

/* An entry as it was listed, with memory of its own. */
struct p9_folder_entry {
    struct p9_source_entry entry;
    char *name, *target;
};

static void p9_folder_entry_free(gpointer opaque)
{
    struct p9_folder_entry *listed = opaque;
    g_free(listed->name);
    g_free(listed->target);
    g_free(listed);
}

static gint p9_folder_entry_compare(gconstpointer left, gconstpointer right)
{
    const struct p9_folder_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

/* NULL: it is none any more. Gives. */
static char *p9_folder_read_link(int directory, const char *name)
{
    char target[PATH_MAX];
    ssize_t size = readlinkat(directory, name, target, sizeof(target));
    return size > 0 && size < (ssize_t)sizeof(target) ? g_strndup(target, (gsize)size) : NULL;
}

/* NULL: it is nothing that a guest can see, or has just gone. */
static struct p9_folder_entry *p9_folder_look_at(int directory, const char *name)
{
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return NULL;
    }
    enum p9_kind kind = P9_KIND_FILE;
    char *target = NULL;
    if (S_ISDIR(status.st_mode)) {
        kind = P9_KIND_DIRECTORY;
    } else if (S_ISLNK(status.st_mode)) {
        kind = P9_KIND_SYMLINK;
        target = p9_folder_read_link(directory, name);
        if (target == NULL) {
            return NULL;
        }
    } else if (!S_ISREG(status.st_mode)) {
        return NULL;
    }
    struct p9_folder_entry *listed = g_new0(struct p9_folder_entry, 1);
    listed->name = g_strdup(name);
    listed->target = target;
    listed->entry = (struct p9_source_entry){
        .name = listed->name,
        .kind = kind,
        .is_executable = (status.st_mode & S_IXUSR) != 0,
        .target = target,
        .stamp = p9_folder_stamp(&status),
    };
    return listed;
}

/* The descriptor goes with the stream. */
static int p9_folder_list_stream(DIR *stream, GPtrArray *entries)
{
    for (;;) {
        errno = 0;
        const struct dirent *found = readdir(stream);
        if (found == NULL) {
            return errno;
        }
        if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0) {
            continue;
        }
        struct p9_folder_entry *listed = p9_folder_look_at(dirfd(stream), found->d_name);
        if (listed != NULL) {
            g_ptr_array_add(entries, listed);
        }
    }
}

static int p9_folder_list(void *opaque, const char *path, const struct p9_stamp *stamp,
                          p9_source_found_fn *found, void *found_opaque)
{
    const struct p9_folder *folder = opaque;
    int fd = p9_folder_open(folder->root, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        return errno;
    }
    struct stat status;
    struct p9_stamp now = {0};
    if (fstat(fd, &status) == 0) {
        now = p9_folder_stamp(&status);
    }
    DIR *stream = p9_stamp_is_same_file(&now, stamp) ? fdopendir(fd) : NULL;
    if (stream == NULL) {
        close(fd);
        return EIO;
    }
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(p9_folder_entry_free);
    int error = p9_folder_list_stream(stream, entries);
    closedir(stream);
    g_ptr_array_sort(entries, p9_folder_entry_compare);
    for (guint i = 0; i < entries->len && error == 0; i++) {
        const struct p9_folder_entry *listed = g_ptr_array_index(entries, i);
        error = found(found_opaque, &listed->entry);
    }
    return error;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A file that is open, or is opened in the place of the one that was not used for longest. */
static struct p9_folder_file *p9_folder_find(struct p9_folder *folder, const char *path,
                                             const struct p9_stamp *stamp, int *error)
{
    struct p9_folder_file *oldest = &folder->files[0];
    for (size_t i = 0; i < P9_FOLDER_FILES_MAX; i++) {
        struct p9_folder_file *file = &folder->files[i];
        if (file->fd >= 0 && p9_stamp_is_same_file(&file->stamp, stamp)) {
            return file;
        }
        if (file->last_use < oldest->last_use) {
            oldest = file;
        }
    }
    int fd = p9_folder_open_file(folder->root, path, stamp);
    if (fd < 0) {
        *error = errno;
        return NULL;
    }
    if (oldest->fd >= 0) {
        close(oldest->fd);
    }
    *oldest = (struct p9_folder_file){.stamp = *stamp, .fd = fd};
    return oldest;
}

static int p9_folder_read(void *opaque, const char *path, const struct p9_stamp *stamp,
                          uint64_t offset, uint8_t *bytes, size_t count)
{
    struct p9_folder *folder = opaque;
    int error = EIO;
    struct p9_folder_file *file = p9_folder_find(folder, path, stamp, &error);
    if (file == NULL) {
        return error;
    }
    file->last_use = ++folder->uses;
    for (size_t done = 0; done < count;) {
        ssize_t got = pread(file->fd, bytes + done, count - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? errno : EIO;
        }
        done += (size_t)got;
    }
    /* Behind the bytes, so that what came while they were read is seen. */
    return p9_folder_is_unchanged(file->fd, stamp) ? 0 : EIO;
}

const struct p9_source_ops p9_source_folder_ops = {
    .list = p9_folder_list,
    .read = p9_folder_read,
    .free = p9_folder_free,
};
