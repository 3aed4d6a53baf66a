/*
 * user_map.h - memory that programs ask for: pages, which they give back
 *
 * What mmap(2) gives for MAP_ANONYMOUS. Memory is not translated, so that a mapping is a run of
 * pages of RAM, and stands where there is one: as in Linux on a machine without an MMU. Each page
 * belongs to a program, by the number of its task. Pages of mappings that stand side by side are
 * all alike: a part of one can be given back, and several can be at once.
 *
 * From tasks. /proc/pools shows the pages as "program-pages", and so does the counter
 * program-pages.live.
 */
#ifndef KERNEL_USER_MAP_H
#define KERNEL_USER_MAP_H

#include <stddef.h>
#include <stdint.h>

#define USER_PAGE_SIZE     4096
#define USER_MAP_PAGES_MAX 512 /* 2 MiB */

/* Keeps the memory, of which all whole pages up to the maximum are free. Nobody has anything. */
void user_map_init(void *memory, size_t size_bytes);
/*
 * The same with what the machine can spare: a small part of what is left at boot, when those who
 * cannot do without have theirs.
 */
void user_map_reserve_memory(void);

/* Pages for that many bytes, all zero. NULL: there are not so many side by side. */
void *user_map_take(uint32_t owner, size_t size_bytes);
/*
 * The pages that have a byte of the range, which begins with one. 0; -KEINVAL: one of them is not
 * the owner's, and all stay as they are.
 */
int user_map_give_back(uint32_t owner, uintptr_t at, size_t size_bytes);
/* The owner has come to its end. */
void user_map_give_back_all(uint32_t owner);

#endif
