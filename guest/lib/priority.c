/*
 * priority.c - intrusive priority queues: pairing heaps
 *
 * What is taken out leaves its children behind, each the root of a heap. They are melded in two
 * passes: neighbours in pairs from the first to the last, then the pairs from the last to the
 * first.
 */
#include "lib/priority.h"

/* Two roots become one. */
static struct priority_link *priority_meld(const struct priority *queue, struct priority_link *a,
                                           struct priority_link *b)
{
    struct priority_link *least = queue->less(a, b) ? a : b;
    struct priority_link *other = least == a ? b : a;
    other->previous = least;
    other->sibling = least->child;
    if (other->sibling != NULL)
        other->sibling->previous = other;
    least->child = other;
    least->sibling = NULL;
    least->previous = NULL;
    return least;
}

/* The pairs, as a list by `sibling`, the last one first. */
static struct priority_link *priority_pair(const struct priority *queue,
                                           struct priority_link *children)
{
    struct priority_link *pairs = NULL;
    while (children != NULL) {
        struct priority_link *a = children, *b = children->sibling;
        children = b != NULL ? b->sibling : NULL;
        if (b != NULL)
            a = priority_meld(queue, a, b);
        a->sibling = pairs;
        pairs = a;
    }
    return pairs;
}

/* One heap of the children of what is taken out; NULL: there are none. */
static struct priority_link *priority_gather(const struct priority *queue,
                                             struct priority_link *children)
{
    struct priority_link *pairs = priority_pair(queue, children);
    struct priority_link *root = pairs;
    if (root == NULL)
        return NULL;
    pairs = root->sibling;
    root->sibling = NULL;
    root->previous = NULL;
    while (pairs != NULL) {
        struct priority_link *following = pairs->sibling;
        root = priority_meld(queue, root, pairs);
        pairs = following;
    }
    return root;
}

void priority_insert(struct priority *queue, struct priority_link *link)
{
    *link = (struct priority_link){.child = NULL};
    queue->root = queue->root != NULL ? priority_meld(queue, queue->root, link) : link;
}

void priority_remove(struct priority *queue, struct priority_link *link)
{
    struct priority_link *heap = priority_gather(queue, link->child);
    if (link == queue->root) {
        queue->root = heap;
        return;
    }
    if (link->previous->child == link)
        link->previous->child = link->sibling;
    else
        link->previous->sibling = link->sibling;
    if (link->sibling != NULL)
        link->sibling->previous = link->previous;
    if (heap != NULL)
        queue->root = priority_meld(queue, queue->root, heap);
}
