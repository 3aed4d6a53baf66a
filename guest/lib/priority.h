/*
 * priority.h - intrusive priority queues: pairing heaps
 *
 * The least of its members is at the root of a tree in which nobody is less than its parent.
 * Putting one in and looking at the least cost a comparison or none; taking one out costs the
 * logarithm of their number, over many calls. No memory but the links, no limit, no recursion.
 *
 * [PAIRING] Fredman, Sedgewick, Sleator, Tarjan: The pairing heap, Algorithmica 1 (1986).
 */
#ifndef LIB_PRIORITY_H
#define LIB_PRIORITY_H

#include <stdbool.h>
#include <stddef.h>

struct priority_link {
    struct priority_link *child;    /* the first; the others are its siblings */
    struct priority_link *sibling;  /* the next child of the same parent */
    struct priority_link *previous; /* the sibling before, or the parent; NULL: the root */
};

/* Whether one comes before another. No two are equal. */
typedef bool priority_less_fn(const struct priority_link *a, const struct priority_link *b);

struct priority {
    struct priority_link *root; /* the least; NULL: empty */
    priority_less_fn *less;
};

/* The structure of this type that holds the link as `member`. */
#define priority_entry(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void priority_init(struct priority *queue, priority_less_fn *less)
{
    queue->root = NULL;
    queue->less = less;
}

/* The least, which stays; NULL: it is empty. */
static inline struct priority_link *priority_first(const struct priority *queue)
{
    return queue->root;
}

void priority_insert(struct priority *queue, struct priority_link *link);
/* One that is in it. */
void priority_remove(struct priority *queue, struct priority_link *link);

#endif
