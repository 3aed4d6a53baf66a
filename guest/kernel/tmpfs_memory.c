/*
 * tmpfs_memory.c - the memory of /tmp: blocks, and pieces of them
 *
 * Bytes of files lie in blocks. Nodes and names are pieces: a block is cut into pieces of one kind
 * when one is wanted, begins with what is known of them, and is a block again when none is in use.
 * So a small machine has room for a few of each, and nothing is set aside for either.
 */
#include "kernel/tmpfs_priv.h"

#include "kernel/boot_memory.h"
#include "lib/kassert.h"
#include "lib/string.h"

/* What a block of pieces begins with. A free piece holds the next one's address. */
struct tmpfs_slab {
    struct list link; /* of the kind, while there is a free piece */
    unsigned used;
    void *free;
};

kstatic_assert(sizeof(struct tmpfs_slab) % sizeof(void *) == 0, "pieces stand behind it");

static struct pool tmpfs_blocks; /* of capacity 0 before something is made */

void tmpfs_memory_init(void)
{
    tmpfs_blocks.capacity = 0;
    list_init(&tmpfs_node_pieces.slabs);
    list_init(&tmpfs_name_pieces.slabs);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* By now everybody else has the memory that they need. */
static void tmpfs_take_memory(void)
{
    size_t left = boot_memory_left();
    uintptr_t memory = (uintptr_t)boot_memory_take(left);
    size_t skipped = -memory % TMPFS_BLOCK_SIZE;
    size_t count = left > skipped ? (left - skipped) / TMPFS_BLOCK_SIZE : 0;
    pool_init(&tmpfs_blocks, "tmpfs-blocks", (void *)(memory + skipped), TMPFS_BLOCK_SIZE,
              (unsigned)(count < TMPFS_BLOCKS_MAX ? count : TMPFS_BLOCKS_MAX));
}

void *tmpfs_block_make(void)
{
    if (tmpfs_blocks.capacity == 0)
        tmpfs_take_memory();
    void *block = pool_alloc(&tmpfs_blocks);
    if (block != NULL)
        memset(block, 0, TMPFS_BLOCK_SIZE);
    return block;
}

void tmpfs_block_free(void *block)
{
    pool_free(&tmpfs_blocks, block);
}

size_t tmpfs_count_blocks_in_all(void)
{
    bool is_taken = tmpfs_blocks.capacity > 0;
    return is_taken ? tmpfs_blocks.capacity : boot_memory_left() / TMPFS_BLOCK_SIZE;
}

size_t tmpfs_count_free_blocks(void)
{
    return tmpfs_count_blocks_in_all() - (tmpfs_blocks.capacity > 0 ? tmpfs_blocks.used : 0);
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static struct tmpfs_slab *tmpfs_slab_make(struct tmpfs_pieces *pieces)
{
    struct tmpfs_slab *slab = tmpfs_block_make();
    if (slab == NULL)
        return NULL;
    for (size_t at = sizeof *slab; at + pieces->size <= TMPFS_BLOCK_SIZE; at += pieces->size) {
        void **piece = (void **)(void *)((char *)slab + at);
        *piece = slab->free;
        slab->free = piece;
    }
    list_init(&slab->link);
    list_add_head(&pieces->slabs, &slab->link);
    return slab;
}

void *tmpfs_piece_make(struct tmpfs_pieces *pieces)
{
    struct list *first = list_first(&pieces->slabs);
    struct tmpfs_slab *slab =
        first != NULL ? list_entry(first, struct tmpfs_slab, link) : tmpfs_slab_make(pieces);
    if (slab == NULL)
        return NULL;
    void **piece = slab->free;
    slab->free = *piece;
    slab->used++;
    if (slab->free == NULL)
        list_remove(&slab->link);
    return piece;
}

void tmpfs_piece_free(struct tmpfs_pieces *pieces, void *piece)
{
    struct tmpfs_slab *slab =
        (struct tmpfs_slab *)(void *)((char *)piece - (uintptr_t)piece % TMPFS_BLOCK_SIZE);
    kassert(slab->used > 0);
    if (slab->free == NULL)
        list_add_head(&pieces->slabs, &slab->link);
    *(void **)piece = slab->free;
    slab->free = piece;
    if (--slab->used > 0)
        return;
    list_remove(&slab->link);
    tmpfs_block_free(slab);
}
