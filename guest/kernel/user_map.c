/*
 * user_map.c - memory that programs ask for: pages, which they give back
 *
 * One table says of each page whose it is, and that is all there is: a mapping has no record of its
 * own, so there is none to split, to join or to run out of. The first run that is long enough is
 * taken, which keeps the large ones, at the end, whole. The price is a walk over the table, of
 * USER_MAP_PAGES_MAX steps at the most, for those who take, and for programs that end with pages.
 *
 * The memory is set aside at boot, since /tmp takes all that is left when it is first used. It is a
 * small part: files need memory more than buffers do. A machine with little RAM has no pages here,
 * and its programs do with their stacks.
 */
#include "kernel/user_map.h"

#include "kernel/boot_memory.h"
#include "kernel/pool.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/probe.h"

#include <stdbool.h>

#define USER_MAP_SHARE   32 /* no more than this part of what is left */
#define USER_MAP_NOBODY  0  /* the idle task, which is no program */
#define USER_MAP_NOWHERE USER_MAP_PAGES_MAX

static uint32_t user_map_owners[USER_MAP_PAGES_MAX];
/* Its memory is that of the pages, and its lock the table's. Nobody takes single pages from it. */
static struct pool user_map_pool;

void user_map_init(void *memory, size_t size_bytes)
{
    uintptr_t skipped = -(uintptr_t)memory % USER_PAGE_SIZE;
    size_t count = size_bytes > skipped ? (size_bytes - skipped) / USER_PAGE_SIZE : 0;
    pool_init(&user_map_pool, "program-pages", (void *)((uintptr_t)memory + skipped),
              USER_PAGE_SIZE, (unsigned)(count < USER_MAP_PAGES_MAX ? count : USER_MAP_PAGES_MAX));
    memset(user_map_owners, 0, sizeof user_map_owners);
}

void user_map_reserve_memory(void)
{
    /* One more, for the beginning of the first one. */
    size_t wanted = (USER_MAP_PAGES_MAX + 1) * (size_t)USER_PAGE_SIZE;
    size_t share = boot_memory_left() / USER_MAP_SHARE / USER_PAGE_SIZE * USER_PAGE_SIZE;
    size_t size = wanted < share ? wanted : share;
    user_map_init(boot_memory_take(size), size);
}

/* ---- with the lock --------------------------------------------------------------------------- */

static unsigned user_map_find_run(unsigned wanted)
{
    unsigned run = 0;
    for (unsigned page = 0; page < user_map_pool.capacity; page++) {
        run = user_map_owners[page] == USER_MAP_NOBODY ? run + 1 : 0;
        if (run == wanted)
            return page + 1 - wanted;
    }
    return USER_MAP_NOWHERE;
}

static void user_map_set_owner(unsigned first, unsigned count, uint32_t owner)
{
    for (unsigned page = first; page < first + count; page++)
        user_map_owners[page] = owner;
}

static void user_map_tell(void)
{
    probe_counter("program-pages.live", user_map_pool.used);
}

/* Those of the owner's from `first` on, up to `count` pages further; the others stay. */
static void user_map_release(unsigned first, unsigned count, uint32_t owner)
{
    unsigned released = 0;
    for (unsigned page = first; page < first + count; page++) {
        if (user_map_owners[page] == owner) {
            user_map_owners[page] = USER_MAP_NOBODY;
            released++;
        }
    }
    pool_count_given(&user_map_pool, released);
    if (released > 0)
        user_map_tell();
}

static bool user_map_is_all_of(unsigned first, unsigned count, uint32_t owner)
{
    for (unsigned page = first; page < first + count; page++) {
        if (user_map_owners[page] != owner)
            return false;
    }
    return true;
}

/* ---- mappings -------------------------------------------------------------------------------- */

void *user_map_take(uint32_t owner, size_t size_bytes)
{
    const size_t all_bytes = user_map_pool.capacity * (size_t)USER_PAGE_SIZE;
    unsigned first = USER_MAP_NOWHERE, count = 0;
    kassert(owner != USER_MAP_NOBODY && size_bytes > 0);
    uint64_t daif = spin_lock(&user_map_pool.lock);
    if (size_bytes <= all_bytes) {
        count = (unsigned)((size_bytes + USER_PAGE_SIZE - 1) / USER_PAGE_SIZE);
        first = user_map_find_run(count);
    }
    if (first != USER_MAP_NOWHERE) {
        user_map_set_owner(first, count, owner);
        pool_count_taken(&user_map_pool, count);
        user_map_tell();
    } else {
        pool_count_refused(&user_map_pool);
    }
    spin_unlock(&user_map_pool.lock, daif);
    if (first == USER_MAP_NOWHERE)
        return NULL;
    char *memory = user_map_pool.memory + (size_t)first * USER_PAGE_SIZE;
    return memset(memory, 0, (size_t)count * USER_PAGE_SIZE); /* it was somebody else's before */
}

int user_map_give_back(uint32_t owner, uintptr_t at, size_t size_bytes)
{
    const size_t all_bytes = user_map_pool.capacity * (size_t)USER_PAGE_SIZE;
    const uintptr_t offset = at - (uintptr_t)user_map_pool.memory;
    if (offset % USER_PAGE_SIZE != 0 || size_bytes == 0 || offset >= all_bytes ||
        size_bytes > all_bytes - offset)
        return -KEINVAL;
    const unsigned first = (unsigned)(offset / USER_PAGE_SIZE);
    const unsigned count = (unsigned)((size_bytes + USER_PAGE_SIZE - 1) / USER_PAGE_SIZE);
    uint64_t daif = spin_lock(&user_map_pool.lock);
    bool is_owners = user_map_is_all_of(first, count, owner);
    if (is_owners)
        user_map_release(first, count, owner);
    spin_unlock(&user_map_pool.lock, daif);
    return is_owners ? 0 : -KEINVAL;
}

void user_map_give_back_all(uint32_t owner)
{
    uint64_t daif = spin_lock(&user_map_pool.lock);
    if (user_map_pool.used > 0)
        user_map_release(0, user_map_pool.capacity, owner);
    spin_unlock(&user_map_pool.lock, daif);
}
