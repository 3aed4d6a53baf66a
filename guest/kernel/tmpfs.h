/*
 * tmpfs.h - /tmp: files in memory
 *
 * One directory. Its files lie in the RAM that the boot information calls free, in blocks; what
 * does not fit is -KENOSPC. A file that was removed, or replaced, lives until it is closed.
 */
#ifndef KERNEL_TMPFS_H
#define KERNEL_TMPFS_H

#define TMPFS_POINT           "/tmp"
#define TMPFS_NAME_MAX        64
#define TMPFS_FILES_MAX       32
#define TMPFS_BLOCK_SIZE      16384
#define TMPFS_BLOCKS_MAX      2048 /* 32 MiB in all */
#define TMPFS_FILE_BLOCKS_MAX 1024 /* 16 MiB in one file */

/* Mounts it. Once, after user_memory_init(). */
void tmpfs_init(void);

#endif
