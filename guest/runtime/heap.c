/*
 * heap.c - a heap: first fit, with neighbours joined when they are freed
 *
 * Each block begins with a header that says how large it is. Free blocks are in a list by address.
 * An aligned block is cut out of the middle of a free one, which leaves a free block before it.
 */
#include "runtime/priv.h"

#define HEAP_UNIT 16 /* sizes and addresses are multiples of it */

struct heap_block {
    size_t size;             /* of the block with this header */
    struct heap_block *next; /* of the free ones; NULL in a block that is in use */
};
_Static_assert(sizeof(struct heap_block) == HEAP_UNIT, "what follows a header is aligned");

static struct heap_block *heap_free;

static uintptr_t heap_round_up(uintptr_t value, uintptr_t align)
{
    return (value + align - 1) & ~(align - 1);
}

void runtime_heap_init(void *memory, size_t size)
{
    uintptr_t begin = heap_round_up((uintptr_t)memory, HEAP_UNIT);
    uintptr_t end = ((uintptr_t)memory + size) & ~(uintptr_t)(HEAP_UNIT - 1);
    heap_free = (struct heap_block *)begin;
    *heap_free = (struct heap_block){.size = end - begin};
}

/* Cuts a block in two; the second part is free and stands behind the first in the list. */
static void heap_split(struct heap_block *block, size_t size)
{
    if (block->size == size)
        return;
    struct heap_block *rest = (struct heap_block *)((uintptr_t)block + size);
    *rest = (struct heap_block){.size = block->size - size, .next = block->next};
    block->size = size;
    block->next = rest;
}

void *runtime_memalign(size_t align, size_t size)
{
    if (size == 0 || size > SIZE_MAX / 2 || align == 0 || (align & (align - 1)) != 0 ||
        align > SIZE_MAX / 4)
        return NULL;
    size_t need = heap_round_up(size, HEAP_UNIT) + sizeof(struct heap_block);
    if (align < HEAP_UNIT)
        align = HEAP_UNIT;
    for (struct heap_block **link = &heap_free; *link != NULL; link = &(*link)->next) {
        struct heap_block *block = *link;
        uintptr_t memory = heap_round_up((uintptr_t)(block + 1), align);
        size_t skipped = memory - (uintptr_t)(block + 1);
        if (block->size < skipped || block->size - skipped < need)
            continue;
        if (skipped > 0) {
            heap_split(block, skipped);
            link = &block->next;
            block = *link;
        }
        heap_split(block, need);
        *link = block->next;
        block->next = NULL;
        return block + 1;
    }
    return NULL;
}

void *runtime_malloc(size_t size)
{
    return runtime_memalign(HEAP_UNIT, size);
}

static void heap_join(struct heap_block *block)
{
    struct heap_block *next = block->next;
    if (next != NULL && (uintptr_t)block + block->size == (uintptr_t)next) {
        block->size += next->size;
        block->next = next->next;
    }
}

void runtime_free(void *memory)
{
    if (memory == NULL)
        return;
    struct heap_block *block = (struct heap_block *)memory - 1;
    struct heap_block *before = NULL;
    struct heap_block *after = heap_free;
    while (after != NULL && after < block) {
        before = after;
        after = after->next;
    }
    block->next = after;
    heap_join(block);
    if (before == NULL) {
        heap_free = block;
        return;
    }
    before->next = block;
    heap_join(before);
}
