/*
 * tmpfs.h - /tmp: files, directories and symbolic links in memory
 *
 * They lie in the RAM that the boot information calls free, all of which is taken when something is
 * made first: by then everybody else has theirs. How many there are is limited by that alone; what
 * does not fit is -KENOSPC. A file that was removed, or replaced, lives until it is closed. Blocks
 * that were never written read as zeros and take no room. That something is read changes no time
 * of it.
 */
#ifndef KERNEL_TMPFS_H
#define KERNEL_TMPFS_H

#define TMPFS_POINT         "/tmp"
#define TMPFS_BLOCK_SIZE    4096
#define TMPFS_BLOCKS_MAX    16384 /* 64 MiB in all */
#define TMPFS_DIRECT        8     /* blocks that a node knows by itself */
#define TMPFS_INDEXES       8     /* blocks of pointers to more of them */
#define TMPFS_PER_INDEX     (TMPFS_BLOCK_SIZE / 8)
#define TMPFS_FILE_BLOCKS   (TMPFS_DIRECT + TMPFS_INDEXES * TMPFS_PER_INDEX)
#define TMPFS_FILE_SIZE_MAX ((uint64_t)TMPFS_FILE_BLOCKS * TMPFS_BLOCK_SIZE) /* 16 MiB; -KEFBIG */

/* Mounts it. Once, after user_memory_init(). */
void tmpfs_init(void);

#endif
