/*
 * boot_directory.c - the directories that the paths of boot files and of mounts imply: "/", "/etc"
 *
 * Nobody has made them, and nothing can be changed in them. The paths are gone through in turn, and
 * a name is listed where it comes first; there are few.
 */
#include "kernel/boot_directory.h"

#include "kernel/dirent.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "lib/errno.h"
#include "lib/string.h"

#include "ringside/hal.h"

#define BOOT_DEVICE       2 /* st_dev */
#define BOOT_DOTS         2 /* "." and ".." stand in front of a list */
#define BOOT_LENGTH_SHIFT 16

/* What implies directories: boot files, then mounts. NULL beyond the last. */
static const char *boot_path(size_t index)
{
    const struct hal_boot *boot = hal_boot_info();
    if (index < boot->file_count)
        return boot->files[index].path;
    return path_point((unsigned)(index - boot->file_count));
}

/* Of a path that begins with a directory's, which is so long, without the slash behind it. */
static const char *boot_rest(const char *path, const char *directory, size_t length)
{
    bool is_below = kstrncmp(path, directory, length) == 0 && path[length] == '/';
    return is_below && path[length + 1] != '\0' ? path + length + 1 : NULL;
}

/* An open one is known by a path that it is the beginning of, and how much of that. */
struct boot_directory {
    const char *path;
    size_t length;
};

static struct boot_directory boot_directory(const struct file *file)
{
    uintptr_t object = (uintptr_t)file->object;
    return (struct boot_directory){
        .path = boot_path(object >> BOOT_LENGTH_SHIFT),
        .length = object & ((1u << BOOT_LENGTH_SHIFT) - 1),
    };
}

/* How long the first name of a path is. */
static size_t boot_name_length(const char *path)
{
    size_t length = 0;
    while (path[length] != '\0' && path[length] != '/')
        length++;
    return length;
}

/* The name that the path with this index puts into a directory, if none before it does. */
static const char *boot_name(struct boot_directory directory, size_t index)
{
    const char *name = boot_rest(boot_path(index), directory.path, directory.length);
    if (name == NULL)
        return NULL;
    size_t length = boot_name_length(name);
    for (size_t i = 0; i < index; i++) {
        const char *other = boot_rest(boot_path(i), directory.path, directory.length);
        if (other != NULL && boot_name_length(other) == length &&
            kstrncmp(other, name, length) == 0)
            return NULL;
    }
    return name;
}

/* ---- operations ------------------------------------------------------------------------------ */

static long boot_directory_read(struct file *file, void *buffer, size_t size)
{
    (void)file;
    (void)buffer;
    (void)size;
    return -KEISDIR;
}

static long boot_directory_size(struct file *file)
{
    (void)file;
    return 0;
}

static int boot_directory_stat(struct file *file, struct kernel_stat *stat)
{
    (void)file;
    stat->st_dev = BOOT_DEVICE;
    stat->st_mode = S_IFDIR | 0555;
    stat->st_nlink = 2;
    return 0;
}

static bool boot_directory_add(struct dirent_list *list, uint64_t offset, const char *name)
{
    char text[NAME_MAX + 1];
    size_t length = boot_name_length(name);
    if (length > NAME_MAX)
        return true; /* no program could ask for it */
    memcpy(text, name, length);
    text[length] = '\0';
    return dirent_add(list, offset + 1, offset + 1, name[length] == '/' ? DT_DIR : DT_UNKNOWN,
                      text);
}

static long boot_directory_list(struct file *file, void *buffer, size_t size)
{
    struct dirent_list list = {.buffer = buffer, .size = size};
    struct boot_directory directory = boot_directory(file);
    bool fits = true;
    while (fits && file->offset < BOOT_DOTS) {
        fits = dirent_add(&list, file->offset + 1, file->offset + 1, DT_DIR,
                          file->offset == 0 ? "." : "..");
        file->offset += fits;
    }
    while (fits && boot_path(file->offset - BOOT_DOTS) != NULL) {
        const char *name = boot_name(directory, file->offset - BOOT_DOTS);
        if (name != NULL)
            fits = boot_directory_add(&list, file->offset, name);
        file->offset += fits;
    }
    return dirent_result(&list, !fits);
}

static const struct file_ops boot_directory_ops = {
    .kind = "boot directory",
    .read = boot_directory_read,
    .size = boot_directory_size,
    .stat = boot_directory_stat,
    .list = boot_directory_list,
};

struct file *boot_directory_open(const char *path, int flags, int *error)
{
    size_t length = kstrlen(path);
    size_t index = 0;
    if (kstreq(path, "/"))
        length = 0;
    while (boot_path(index) != NULL && boot_rest(boot_path(index), path, length) == NULL)
        index++;
    *error = -KENOENT;
    if (boot_path(index) == NULL)
        return NULL;
    *error = -KEISDIR;
    if ((flags & O_PATH) == 0 && ((flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0))
        return NULL;
    *error = -KENFILE;
    return file_alloc(&boot_directory_ops,
                      (void *)(uintptr_t)(index << BOOT_LENGTH_SHIFT | length));
}
