/* tmpfs_node.c - nodes of /tmp, and which blocks hold their bytes */
#include "kernel/tmpfs_priv.h"

#include "kernel/clock.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#define TMPFS_MAGIC 0x01021994 /* what statfs(2) calls a tmpfs */

struct tmpfs_pieces tmpfs_node_pieces = {.size = sizeof(struct tmpfs_node)};

static struct tmpfs_node tmpfs_root_node;
static uint64_t tmpfs_last_number;

kstatic_assert(TMPFS_PER_INDEX * sizeof(uint8_t *) == TMPFS_BLOCK_SIZE, "pointers fill a block");

/* ---- nodes ----------------------------------------------------------------------------------- */

static void tmpfs_node_begin(struct tmpfs_node *node, uint32_t mode)
{
    uint64_t now_ns = clock_realtime_ns();
    *node = (struct tmpfs_node){
        .number = ++tmpfs_last_number,
        .mode = mode,
        .atime_ns = now_ns,
        .mtime_ns = now_ns,
        .ctime_ns = now_ns,
    };
    if (tmpfs_is(node, S_IFDIR)) {
        list_init(&node->directory.names);
        node->directory.next_cookie = TMPFS_FIRST_COOKIE;
    }
}

void tmpfs_node_init(void)
{
    tmpfs_last_number = 0;
    tmpfs_node_begin(&tmpfs_root_node, S_IFDIR | 01777);
    tmpfs_root_node.names = 1;
    tmpfs_root_node.directory.parent = &tmpfs_root_node;
}

struct tmpfs_node *tmpfs_root(void)
{
    return &tmpfs_root_node;
}

struct tmpfs_node *tmpfs_node_make(uint32_t mode)
{
    struct tmpfs_node *node = tmpfs_piece_make(&tmpfs_node_pieces);
    if (node != NULL)
        tmpfs_node_begin(node, mode);
    return node;
}

void tmpfs_node_free_if_unused(struct tmpfs_node *node)
{
    if (node->openings > 0 || node->names > 0)
        return;
    if (!tmpfs_is(node, S_IFDIR))
        (void)tmpfs_resize(node, 0);
    tmpfs_piece_free(&tmpfs_node_pieces, node);
}

void tmpfs_node_touch(struct tmpfs_node *node)
{
    node->mtime_ns = clock_realtime_ns();
    node->ctime_ns = node->mtime_ns;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* Where the pointer to a block stands; NULL: nowhere yet, or, with `make`, there is no room. */
static uint8_t **tmpfs_slot(struct tmpfs_node *node, size_t block, bool make)
{
    if (block < TMPFS_DIRECT)
        return &node->bytes.direct[block];
    uint8_t ***index = &node->bytes.indexes[(block - TMPFS_DIRECT) / TMPFS_PER_INDEX];
    if (*index == NULL && make)
        *index = tmpfs_block_make();
    return *index != NULL ? &(*index)[(block - TMPFS_DIRECT) % TMPFS_PER_INDEX] : NULL;
}

static uint8_t *tmpfs_block(struct tmpfs_node *node, size_t block, bool make)
{
    uint8_t **slot = tmpfs_slot(node, block, make);
    if (slot == NULL)
        return NULL;
    if (*slot == NULL && make)
        *slot = tmpfs_block_make();
    return *slot;
}

/* How many of these bytes are in the same block as the first. */
static size_t tmpfs_in_block(uint64_t offset, uint64_t size)
{
    uint64_t room = TMPFS_BLOCK_SIZE - offset % TMPFS_BLOCK_SIZE;
    return (size_t)(size < room ? size : room);
}

size_t tmpfs_read_at(const struct tmpfs_node *node, uint64_t offset, void *buffer, size_t size)
{
    uint64_t left = offset < node->bytes.size ? node->bytes.size - offset : 0;
    size_t wanted = size < left ? size : (size_t)left;
    for (size_t done = 0, count; done < wanted; done += count, offset += count) {
        count = tmpfs_in_block(offset, wanted - done);
        const uint8_t *block =
            tmpfs_block((struct tmpfs_node *)(uintptr_t)node, offset / TMPFS_BLOCK_SIZE, false);
        if (block != NULL)
            memcpy((uint8_t *)buffer + done, block + offset % TMPFS_BLOCK_SIZE, count);
        else
            memset((uint8_t *)buffer + done, 0, count);
    }
    return wanted;
}

size_t tmpfs_write_at(struct tmpfs_node *node, uint64_t offset, const void *buffer, size_t size)
{
    size_t done = 0;
    while (done < size && offset < TMPFS_FILE_SIZE_MAX) {
        size_t count = tmpfs_in_block(offset, size - done);
        uint8_t *block = tmpfs_block(node, offset / TMPFS_BLOCK_SIZE, true);
        if (block == NULL)
            break;
        memcpy(block + offset % TMPFS_BLOCK_SIZE, (const uint8_t *)buffer + done, count);
        done += count;
        offset += count;
    }
    if (done > 0 && offset > node->bytes.size)
        node->bytes.size = offset;
    if (done > 0)
        tmpfs_node_touch(node);
    return done;
}

static void tmpfs_drop_block(uint8_t **slot)
{
    if (slot == NULL || *slot == NULL)
        return;
    tmpfs_block_free(*slot);
    *slot = NULL;
}

/* All blocks from this one on, and the blocks of pointers that have none left. */
static void tmpfs_drop_from(struct tmpfs_node *node, size_t first)
{
    for (size_t block = first; block < TMPFS_DIRECT; block++)
        tmpfs_drop_block(&node->bytes.direct[block]);
    for (size_t i = 0; i < TMPFS_INDEXES; i++) {
        size_t begin = TMPFS_DIRECT + i * TMPFS_PER_INDEX, end = begin + TMPFS_PER_INDEX;
        if (node->bytes.indexes[i] == NULL || first >= end)
            continue;
        for (size_t block = first > begin ? first : begin; block < end; block++)
            tmpfs_drop_block(&node->bytes.indexes[i][block - begin]);
        if (first <= begin) {
            tmpfs_block_free(node->bytes.indexes[i]);
            node->bytes.indexes[i] = NULL;
        }
    }
}

int tmpfs_resize(struct tmpfs_node *node, uint64_t size)
{
    if (size > TMPFS_FILE_SIZE_MAX)
        return -KEFBIG;
    if (size < node->bytes.size) {
        size_t in_block = size % TMPFS_BLOCK_SIZE;
        uint8_t *last = tmpfs_block(node, size / TMPFS_BLOCK_SIZE, false);
        if (in_block > 0 && last != NULL) /* it may grow again, and then these are zeros */
            memset(last + in_block, 0, TMPFS_BLOCK_SIZE - in_block);
        tmpfs_drop_from(node, (size_t)((size + TMPFS_BLOCK_SIZE - 1) / TMPFS_BLOCK_SIZE));
    }
    node->bytes.size = size;
    tmpfs_node_touch(node);
    return 0;
}

unsigned tmpfs_count_blocks(const struct tmpfs_node *node)
{
    unsigned count = 0;
    if (tmpfs_is(node, S_IFDIR))
        return 0;
    for (size_t i = 0; i < TMPFS_DIRECT; i++)
        count += node->bytes.direct[i] != NULL;
    for (size_t i = 0; i < TMPFS_INDEXES; i++) {
        if (node->bytes.indexes[i] == NULL)
            continue;
        count++;
        for (size_t j = 0; j < TMPFS_PER_INDEX; j++)
            count += node->bytes.indexes[i][j] != NULL;
    }
    return count;
}

void tmpfs_count_all(struct kernel_statfs *statfs)
{
    statfs->f_type = TMPFS_MAGIC;
    statfs->f_bsize = TMPFS_BLOCK_SIZE;
    statfs->f_frsize = TMPFS_BLOCK_SIZE;
    statfs->f_namelen = NAME_MAX;
    statfs->f_blocks = tmpfs_count_blocks_in_all();
    statfs->f_bfree = tmpfs_count_free_blocks();
    statfs->f_bavail = statfs->f_bfree;
}
