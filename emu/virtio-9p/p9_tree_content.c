/*
 * p9_tree_content.c - the bytes of files: blocks in memory in front of what the host has
 *
 * A block comes into being when something is written into it, and takes over what was there before
 * unless all of it is written. So a byte written into a large file of the host costs one block, and
 * a file of four gigabytes with a byte at its end costs one as well. The blocks are in a balanced
 * tree in the order of their places: a read finds the first by a search and the others as their
 * neighbours, and copies each byte once.
 *
 * Behind the end of a file all bytes of its last block are zero, and no block is behind that one:
 * growing is a number.
 */
#include "emu/virtio-9p/p9_tree_priv.h"

#include <errno.h>
#include <string.h>

/* With the node of the balanced tree. */
#define P9_BLOCK_COST (sizeof(struct p9_block) + 64)

static gint p9_block_compare(gconstpointer left, gconstpointer right, gpointer unused)
{
    (void)unused;
    const struct p9_block *a = left, *b = right;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* The first block at this index or behind it. */
static GSequenceIter *p9_content_search(const struct p9_content *content, uint64_t index)
{
    if (index == 0) {
        return g_sequence_get_begin_iter(content->blocks);
    }
    /* GLib searches for the place behind those that are equal. */
    struct p9_block before;
    before.index = index - 1;
    return g_sequence_search(content->blocks, &before, p9_block_compare, NULL);
}

static struct p9_block *p9_block_at(GSequenceIter *place)
{
    return g_sequence_iter_is_end(place) ? NULL : g_sequence_get(place);
}

/* Removes the blocks from this place on. */
static void p9_content_cut(struct p9_node *node, GSequenceIter *place)
{
    GSequenceIter *end = g_sequence_get_end_iter(node->content.blocks);
    uint64_t count =
        (uint64_t)(g_sequence_iter_get_position(end) - g_sequence_iter_get_position(place));
    p9_tree_discharge(node->tree, count * P9_BLOCK_COST);
    g_sequence_remove_range(place, end);
}

void p9_content_fini(struct p9_node *node)
{
    if (node->content.blocks != NULL) {
        p9_content_cut(node, g_sequence_get_begin_iter(node->content.blocks));
        g_sequence_free(node->content.blocks);
    }
}

int p9_content_resize(struct p9_node *node, uint64_t size)
{
    struct p9_content *content = &node->content;
    if (size > P9_OFFSET_MAX) {
        return EFBIG;
    }
    if (size < content->size && content->blocks != NULL) {
        GSequenceIter *place = p9_content_search(content, size / P9_BLOCK_SIZE);
        struct p9_block *block = p9_block_at(place);
        size_t kept = size % P9_BLOCK_SIZE;
        if (kept > 0 && block != NULL && block->index == size / P9_BLOCK_SIZE) {
            memset(block->bytes + kept, 0, P9_BLOCK_SIZE - kept);
            place = g_sequence_iter_next(place);
        }
        p9_content_cut(node, place);
    }
    content->size = size;
    content->source_end = MIN(content->source_end, size);
    p9_node_modified(node);
    return 0;
}

/* Bytes of a range that has no blocks. */
static int p9_content_fill(const struct p9_node *node, uint64_t offset, uint8_t *bytes,
                           size_t count)
{
    const struct p9_content *content = &node->content;
    size_t from_source = 0;
    if (offset < content->source_end) {
        from_source = (size_t)MIN(count, content->source_end - offset);
        int error = node->tree->source_ops->read(node->tree->source, node->source_path,
                                                 &node->stamp, offset, bytes, from_source);
        if (error != 0) {
            return error;
        }
    }
    memset(bytes + from_source, 0, count - from_source);
    return 0;
}

size_t p9_node_readable(const struct p9_node *node, uint64_t offset, size_t count)
{
    g_assert(node->kind == P9_KIND_FILE);
    uint64_t size = node->content.size;
    return offset < size ? (size_t)MIN(count, size - offset) : 0;
}

int p9_node_read(struct p9_node *node, uint64_t offset, uint8_t *bytes, size_t count)
{
    g_assert(p9_node_readable(node, offset, count) == count);
    struct p9_content *content = &node->content;
    if (content->blocks == NULL) {
        return p9_content_fill(node, offset, bytes, count);
    }
    GSequenceIter *place = p9_content_search(content, offset / P9_BLOCK_SIZE);
    while (count > 0) {
        const struct p9_block *block = p9_block_at(place);
        size_t run = count;
        if (block != NULL && block->index == offset / P9_BLOCK_SIZE) {
            size_t at = offset % P9_BLOCK_SIZE;
            run = MIN(count, P9_BLOCK_SIZE - at);
            memcpy(bytes, block->bytes + at, run);
            place = g_sequence_iter_next(place);
        } else {
            if (block != NULL) {
                run = (size_t)MIN(count, block->index * P9_BLOCK_SIZE - offset);
            }
            int error = p9_content_fill(node, offset, bytes, run);
            if (error != 0) {
                return error;
            }
        }
        offset += run;
        bytes += run;
        count -= run;
    }
    return 0;
}

/* A new block in front of a place, with what the file has there unless all of it is written. */
static int p9_content_add_block(struct p9_node *node, uint64_t index, bool is_whole,
                                GSequenceIter **place)
{
    int error = p9_tree_charge(node->tree, P9_BLOCK_COST);
    if (error != 0) {
        return error;
    }
    struct p9_block *block = g_new(struct p9_block, 1);
    block->index = index;
    if (!is_whole) {
        error = p9_content_fill(node, index * P9_BLOCK_SIZE, block->bytes, P9_BLOCK_SIZE);
        if (error != 0) {
            g_free(block);
            p9_tree_discharge(node->tree, P9_BLOCK_COST);
            return error;
        }
    }
    *place = g_sequence_insert_before(*place, block);
    return 0;
}

static int p9_content_put(struct p9_node *node, uint64_t offset, const uint8_t *bytes, size_t count,
                          size_t *written)
{
    struct p9_content *content = &node->content;
    if (content->blocks == NULL) {
        content->blocks = g_sequence_new(g_free);
    }
    GSequenceIter *place = p9_content_search(content, offset / P9_BLOCK_SIZE);
    while (*written < count) {
        uint64_t index = offset / P9_BLOCK_SIZE;
        size_t at = offset % P9_BLOCK_SIZE;
        size_t run = MIN(count - *written, P9_BLOCK_SIZE - at);
        const struct p9_block *found = p9_block_at(place);
        if (found == NULL || found->index != index) {
            int error = p9_content_add_block(node, index, run == P9_BLOCK_SIZE, &place);
            if (error != 0) {
                return error;
            }
        }
        struct p9_block *block = g_sequence_get(place);
        memcpy(block->bytes + at, bytes + *written, run);
        place = g_sequence_iter_next(place);
        offset += run;
        *written += run;
    }
    return 0;
}

int p9_node_write(struct p9_node *node, uint64_t offset, const uint8_t *bytes, size_t count,
                  size_t *written)
{
    g_assert(node->kind == P9_KIND_FILE);
    *written = 0;
    if (offset > P9_OFFSET_MAX || count > P9_OFFSET_MAX - offset) {
        return EFBIG;
    }
    int error = p9_content_put(node, offset, bytes, count, written);
    if (*written == 0) {
        return error;
    }
    node->content.size = MAX(node->content.size, offset + *written);
    p9_node_modified(node);
    return 0;
}
