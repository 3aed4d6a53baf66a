/*
 * list.h - intrusive doubly linked lists
 *
 * A list and each of its links are the same type: a ring of `struct list`, in which the list
 * itself stands for both ends. A link that is in no list points to itself (list_init,
 * list_remove), so that removing it twice is harmless and list_is_linked() can be asked.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

/* For statics: `static struct list queue = LIST_INIT(queue);` */
#define LIST_INIT(name)                                                                            \
    {                                                                                              \
        .next = &(name), .prev = &(name)                                                           \
    }

/* The structure of this type that holds the link as `member`. */
#define list_entry(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* The body must not remove `link`; list_foreach_safe allows just that. */
#define list_foreach(link, list)                                                                   \
    for ((link) = (list)->next; (link) != (list); (link) = (link)->next)
#define list_foreach_safe(link, following, list)                                                   \
    for ((link) = (list)->next, (following) = (link)->next; (link) != (list);                      \
         (link) = (following), (following) = (link)->next)

/* For lists before use, and for links. */
static inline void list_init(struct list *list)
{
    list->next = list;
    list->prev = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

static inline bool list_is_linked(const struct list *link)
{
    return link->next != link;
}

static inline void list_insert_before(struct list *position, struct list *link)
{
    link->next = position;
    link->prev = position->prev;
    position->prev->next = link;
    position->prev = link;
}

static inline void list_add_tail(struct list *list, struct list *link)
{
    list_insert_before(list, link);
}

static inline void list_add_head(struct list *list, struct list *link)
{
    list_insert_before(list->next, link);
}

static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

/* The first link, which stays; NULL when the list is empty. */
static inline struct list *list_first(const struct list *list)
{
    return list_is_empty(list) ? NULL : list->next;
}

/* Takes the first link out; NULL when the list is empty. */
static inline struct list *list_pop(struct list *list)
{
    struct list *link = list_first(list);
    if (link != NULL)
        list_remove(link);
    return link;
}

#endif
