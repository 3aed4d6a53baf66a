/*
 * boot_memory.h - the memory that the boot information calls free
 *
 * Given once and for all, from its beginning: pools whose size is that of the machine, then whoever
 * takes all that is left. Nothing comes back.
 */
#ifndef KERNEL_BOOT_MEMORY_H
#define KERNEL_BOOT_MEMORY_H

#include "kernel/pool.h"

#define BOOT_MEMORY_ALIGNMENT 64
#define BOOT_MEMORY_SHARE     4 /* no pool takes more than this part of what is left */

void boot_memory_init(void); /* all is free again */
size_t boot_memory_left(void);
/* Aligned to BOOT_MEMORY_ALIGNMENT; not cleared. NULL: not so much is left. */
void *boot_memory_take(size_t size_bytes);
/* The same, cleared. */
void *boot_memory_take_clear(size_t size_bytes);
/*
 * pool_init() with memory from here: `capacity` objects, or fewer on a machine where they would be
 * more than a share of what is left.
 */
void boot_memory_init_pool(struct pool *pool, const char *name, size_t object_size,
                           unsigned capacity);

#endif
