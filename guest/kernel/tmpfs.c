/* tmpfs.c - files in memory */
#include "kernel/tmpfs.h"

#include "kernel/boot_memory.h"
#include "kernel/file.h"
#include "kernel/lock.h"
#include "kernel/path.h"
#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

struct tmpfs_file {
    struct list link; /* of the directory; unlinked: it was removed */
    char name[TMPFS_NAME_MAX];
    unsigned openings;
    uint64_t size;
    unsigned block_count;
    uint16_t blocks[TMPFS_FILE_BLOCKS_MAX];
};

static struct {
    struct mutex lock; /* of all that follows */
    struct list files;
    uint8_t *memory; /* NULL: nothing was written yet */
    unsigned block_count;
    unsigned fresh; /* no block from here on was ever used */
    unsigned free_count;
    uint16_t free[TMPFS_BLOCKS_MAX]; /* a stack of those that came back */
} tmpfs;

static struct tmpfs_file tmpfs_files[TMPFS_FILES_MAX];
static struct pool tmpfs_pool;

/* ---- files: with the lock -------------------------------------------------------------------- */

static struct tmpfs_file *tmpfs_find(const char *name)
{
    struct list *link;
    list_foreach (link, &tmpfs.files) {
        struct tmpfs_file *file = list_entry(link, struct tmpfs_file, link);
        if (kstreq(file->name, name))
            return file;
    }
    return NULL;
}

static struct tmpfs_file *tmpfs_create(const char *name)
{
    struct tmpfs_file *file = pool_alloc(&tmpfs_pool);
    if (file == NULL)
        return NULL;
    list_init(&file->link);
    list_add_tail(&tmpfs.files, &file->link);
    (void)kstrlcpy(file->name, name, sizeof file->name);
    file->openings = 0;
    file->size = 0;
    file->block_count = 0;
    return file;
}

static void tmpfs_truncate(struct tmpfs_file *file)
{
    while (file->block_count > 0)
        tmpfs.free[tmpfs.free_count++] = file->blocks[--file->block_count];
    file->size = 0;
}

static void tmpfs_free_if_unused(struct tmpfs_file *file)
{
    if (file->openings > 0 || list_is_linked(&file->link))
        return;
    tmpfs_truncate(file);
    pool_free(&tmpfs_pool, file);
}

/* All that is left, taken when something is written first: by then everybody else has theirs. */
static void tmpfs_take_memory(void)
{
    size_t count = boot_memory_left() / TMPFS_BLOCK_SIZE;
    tmpfs.block_count = count < TMPFS_BLOCKS_MAX ? (unsigned)count : TMPFS_BLOCKS_MAX;
    tmpfs.memory = boot_memory_take((size_t)tmpfs.block_count * TMPFS_BLOCK_SIZE);
}

static bool tmpfs_grow(struct tmpfs_file *file)
{
    uint16_t block;
    if (file->block_count == TMPFS_FILE_BLOCKS_MAX)
        return false;
    if (tmpfs.memory == NULL)
        tmpfs_take_memory();
    if (tmpfs.free_count > 0)
        block = tmpfs.free[--tmpfs.free_count];
    else if (tmpfs.fresh < tmpfs.block_count)
        block = (uint16_t)tmpfs.fresh++;
    else
        return false;
    memset(tmpfs.memory + (size_t)block * TMPFS_BLOCK_SIZE, 0, TMPFS_BLOCK_SIZE);
    file->blocks[file->block_count++] = block;
    return true;
}

/* The bytes from an offset to the end of its block, or fewer: where they are, and how many. */
static uint8_t *tmpfs_at(const struct tmpfs_file *file, uint64_t offset, size_t *count)
{
    size_t in_block = offset % TMPFS_BLOCK_SIZE;
    if (*count > TMPFS_BLOCK_SIZE - in_block)
        *count = TMPFS_BLOCK_SIZE - in_block;
    size_t block = file->blocks[offset / TMPFS_BLOCK_SIZE];
    return tmpfs.memory + block * TMPFS_BLOCK_SIZE + in_block;
}

/* ---- operations ------------------------------------------------------------------------------ */

static long tmpfs_read(struct file *opened, void *buffer, size_t size)
{
    const struct tmpfs_file *file = opened->object;
    size_t done = 0;
    if ((opened->flags & O_ACCMODE) == O_WRONLY)
        return -KEBADF;
    mutex_lock(&tmpfs.lock);
    while (done < size && opened->offset < file->size) {
        size_t count = size - done;
        if (count > file->size - opened->offset)
            count = (size_t)(file->size - opened->offset);
        const uint8_t *from = tmpfs_at(file, opened->offset, &count);
        memcpy((uint8_t *)buffer + done, from, count);
        done += count;
        opened->offset += count;
    }
    mutex_unlock(&tmpfs.lock);
    return (long)done;
}

/* Blocks up to the end of what is written next; a gap before it is zeros. */
static bool tmpfs_reach(struct tmpfs_file *file, uint64_t offset)
{
    while (file->block_count <= offset / TMPFS_BLOCK_SIZE) {
        if (!tmpfs_grow(file))
            return false;
    }
    return true;
}

static long tmpfs_write(struct file *opened, const void *buffer, size_t size)
{
    struct tmpfs_file *file = opened->object;
    size_t done = 0;
    if ((opened->flags & O_ACCMODE) == O_RDONLY)
        return -KEBADF;
    mutex_lock(&tmpfs.lock);
    if ((opened->flags & O_APPEND) != 0)
        opened->offset = file->size;
    while (done < size && tmpfs_reach(file, opened->offset)) {
        size_t count = size - done;
        uint8_t *to = tmpfs_at(file, opened->offset, &count);
        memcpy(to, (const uint8_t *)buffer + done, count);
        done += count;
        opened->offset += count;
        if (opened->offset > file->size)
            file->size = opened->offset;
    }
    mutex_unlock(&tmpfs.lock);
    return done > 0 || size == 0 ? (long)done : -KENOSPC;
}

static long tmpfs_size(struct file *opened)
{
    const struct tmpfs_file *file = opened->object;
    mutex_lock(&tmpfs.lock);
    long size = (long)file->size;
    mutex_unlock(&tmpfs.lock);
    return size;
}

static void tmpfs_close(struct file *opened)
{
    struct tmpfs_file *file = opened->object;
    mutex_lock(&tmpfs.lock);
    kassert(file->openings > 0);
    file->openings--;
    tmpfs_free_if_unused(file);
    mutex_unlock(&tmpfs.lock);
}

static const struct file_ops tmpfs_ops = {
    .kind = "tmpfs",
    .read = tmpfs_read,
    .write = tmpfs_write,
    .size = tmpfs_size,
    .close = tmpfs_close,
};

/* ---- names ----------------------------------------------------------------------------------- */

/* What is behind the prefix; there are no directories below. */
static int tmpfs_check_name(const char *name)
{
    if (name[0] == '\0' || kstrchr(name, '/') != NULL)
        return -KENOENT;
    return kstrlen(name) < TMPFS_NAME_MAX ? 0 : -KENAMETOOLONG;
}

static struct tmpfs_file *tmpfs_look_up(const char *name, int flags, int *error)
{
    struct tmpfs_file *file = tmpfs_find(name);
    if (file != NULL && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) {
        *error = -KEEXIST;
        return NULL;
    }
    if (file != NULL)
        return file;
    *error = -KENOENT;
    if ((flags & O_CREAT) == 0)
        return NULL;
    *error = -KENOSPC;
    return tmpfs_create(name);
}

static struct file *tmpfs_open_locked(const char *name, int flags, int *error)
{
    struct tmpfs_file *file = tmpfs_look_up(name, flags, error);
    if (file == NULL)
        return NULL;
    struct file *opened = file_alloc(&tmpfs_ops, file);
    if (opened == NULL) {
        *error = -KENFILE;
        return NULL;
    }
    if ((flags & O_TRUNC) != 0 && (flags & O_ACCMODE) != O_RDONLY)
        tmpfs_truncate(file);
    file->openings++;
    return opened;
}

static struct file *tmpfs_open(void *mount, const char *name, int flags, unsigned mode, int *error)
{
    (void)mount;
    (void)mode;
    *error = tmpfs_check_name(name);
    if (*error != 0)
        return NULL;
    mutex_lock(&tmpfs.lock);
    struct file *opened = tmpfs_open_locked(name, flags, error);
    mutex_unlock(&tmpfs.lock);
    return opened;
}

static int tmpfs_remove(void *mount, const char *name, bool directory)
{
    (void)mount;
    if (directory)
        return -KENOTDIR;
    mutex_lock(&tmpfs.lock);
    struct tmpfs_file *file = tmpfs_find(name);
    if (file != NULL) {
        list_remove(&file->link);
        tmpfs_free_if_unused(file);
    }
    mutex_unlock(&tmpfs.lock);
    return file != NULL ? 0 : -KENOENT;
}

static const struct path_ops tmpfs_paths = {.open = tmpfs_open, .remove = tmpfs_remove};

void tmpfs_init(void)
{
    mutex_init(&tmpfs.lock, "tmpfs");
    list_init(&tmpfs.files);
    tmpfs.memory = NULL;
    tmpfs.block_count = 0;
    tmpfs.fresh = 0;
    tmpfs.free_count = 0;
    pool_init(&tmpfs_pool, "tmpfs-files", tmpfs_files, sizeof tmpfs_files[0], TMPFS_FILES_MAX);
    path_mount(TMPFS_POINT, &tmpfs_paths, NULL);
}
