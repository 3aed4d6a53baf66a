/* syscall_file.c - system calls about an open file: where it is, what it is, what it lists */
#include "kernel/file.h"
#include "kernel/stat.h"
#include "kernel/syscall_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

#define SYSCALL_BLOCK_SIZE 4096 /* what st_blksize says where nobody else does */

/* ---- where it is ----------------------------------------------------------------------------- */

/* Whether the file has a place to go to: 0, or an error. */
static long syscall_check_offset(struct file *file)
{
    if (file == NULL)
        return -KEBADF;
    if (file->has_offset)
        return 0;
    long size = file->ops->size != NULL ? file->ops->size(file) : -KESPIPE;
    file->has_offset = size >= 0;
    return size < 0 ? size : 0;
}

long syscall_lseek(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    int64_t from = 0, offset;
    long refused = syscall_check_offset(file);
    if (refused != 0)
        return refused;
    if (a[2] == SEEK_CUR)
        from = (int64_t)file->offset;
    else if (a[2] == SEEK_END)
        from = file->ops->size(file);
    else if (a[2] != SEEK_SET)
        return -KEINVAL;
    if (from < 0)
        return from;
    if (__builtin_add_overflow(from, (int64_t)a[1], &offset) || offset < 0)
        return -KEINVAL;
    file->offset = (uint64_t)offset;
    return offset;
}

/*
 * A call at a place of its own. It borrows the file's, which no other call can see meanwhile: a
 * file is of one program, and that makes one call at a time.
 */
static long syscall_elsewhere(const long a[6], syscall_fn *transfer)
{
    struct file *file = syscall_file(a[0]);
    if (a[3] < 0)
        return -KEINVAL;
    long refused = syscall_check_offset(file);
    if (refused != 0)
        return refused;
    uint64_t offset = file->offset;
    file->offset = (uint64_t)a[3];
    long result = transfer(a);
    file->offset = offset;
    return result;
}

long syscall_pread64(const long a[6])
{
    return syscall_elsewhere(a, syscall_read);
}

long syscall_pwrite64(const long a[6])
{
    return syscall_elsewhere(a, syscall_write);
}

/* ---- what it is ------------------------------------------------------------------------------ */

/* Of a file that says nothing about itself. */
static void syscall_make_up_stat(struct file *file, struct kernel_stat *stat)
{
    long size = file->ops->size != NULL ? file->ops->size(file) : 0;
    stat->st_mode = file->ops->bind != NULL    ? S_IFSOCK | 0777
                    : file->ops->list != NULL  ? S_IFDIR | 0555
                    : file->ops->write == NULL ? S_IFREG | 0444
                                               : S_IFCHR | 0600;
    stat->st_nlink = 1;
    stat->st_size = size > 0 ? size : 0;
    stat->st_blksize = SYSCALL_BLOCK_SIZE;
}

long syscall_stat_file(struct file *file, struct kernel_stat *stat)
{
    memset(stat, 0, sizeof *stat);
    if (file->ops->stat != NULL)
        return file->ops->stat(file, stat);
    syscall_make_up_stat(file, stat);
    return 0;
}

long syscall_fstat(const long a[6])
{
    struct file *file = syscall_any_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    if (!syscall_is_ram(a[1], sizeof(struct kernel_stat)))
        return -KEFAULT;
    return syscall_stat_file(file, syscall_pointer(a[1]));
}

long syscall_statfs_file(struct file *file, struct kernel_statfs *statfs)
{
    memset(statfs, 0, sizeof *statfs);
    return file->ops->statfs != NULL ? file->ops->statfs(file, statfs) : -KENOSYS;
}

long syscall_fstatfs(const long a[6])
{
    struct file *file = syscall_any_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    if (!syscall_is_ram(a[1], sizeof(struct kernel_statfs)))
        return -KEFAULT;
    return syscall_statfs_file(file, syscall_pointer(a[1]));
}

long syscall_ftruncate(const long a[6])
{
    const struct file_change change = {.valid = CHANGE_SIZE, .size = (uint64_t)a[1]};
    struct file *file = syscall_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    if (a[1] < 0 || (file->flags & O_ACCMODE) == O_RDONLY || file->ops->setattr == NULL)
        return -KEINVAL;
    return file->ops->setattr(file, &change);
}

long syscall_fchmod(const long a[6])
{
    const struct file_change change = {.valid = CHANGE_MODE, .mode = (uint32_t)a[1] & MODE_BITS};
    struct file *file = syscall_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    return file->ops->setattr != NULL ? file->ops->setattr(file, &change) : -KEROFS;
}

/* ---- what it lists --------------------------------------------------------------------------- */

long syscall_getdents64(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    size_t size = syscall_clamp_count(a[2]);
    if (file == NULL)
        return -KEBADF;
    if (!syscall_is_buffer(a[1], size))
        return -KEFAULT;
    return file->ops->list != NULL ? file->ops->list(file, syscall_pointer(a[1]), size) : -KENOTDIR;
}

/* ---- where it is kept ------------------------------------------------------------------------ */

long syscall_fsync(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    return file->ops->sync != NULL ? file->ops->sync(file) : 0;
}

/* Nothing is kept back: who serves a file has had all that was written. */
long syscall_sync(const long a[6])
{
    (void)a;
    return 0;
}
