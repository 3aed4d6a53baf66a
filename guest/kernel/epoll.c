/* epoll.c - sets of files to poll */
#include "kernel/epoll.h"

#include "kernel/file.h"
#include "kernel/poll.h"
#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/errno.h"

#include "lib/kassert.h"
#include "ringside/probe.h"

/* What can be asked for; the two that are told anyway may be named. */
#define EPOLL_EVENTS                                                                               \
    (POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM | POLLRDHUP)

struct epoll {
    struct list items; /* struct epoll_item.link; the one that was told longest ago first */
};

struct epoll_item {
    struct list link;
    struct list of_file; /* file->epoll_items */
    struct epoll *epoll;
    struct file *file;
    int descriptor;
    struct epoll_event event; /* events 0: told by EPOLLONESHOT, silent until changed */
    bool fresh;               /* no edge is needed: it is new or was changed */
    uint32_t told_wake_count; /* of the file's queues when it was told last */
};

/* A wait: where the events go. */
struct epoll_harvest {
    struct epoll *epoll;
    struct epoll_event *events;
    int max;
};

static struct epoll epoll_objects[EPOLLS_MAX];
static struct pool epoll_pool;
static struct epoll_item epoll_items[EPOLL_ITEMS_MAX];
static struct pool epoll_item_pool;

void epoll_init(void)
{
    pool_init(&epoll_pool, "epolls", epoll_objects, sizeof epoll_objects[0], EPOLLS_MAX);
    pool_init(&epoll_item_pool, "epoll-items", epoll_items, sizeof epoll_items[0], EPOLL_ITEMS_MAX);
}

/* ---- the set --------------------------------------------------------------------------------- */

static void epoll_remove(struct epoll_item *item)
{
    list_remove(&item->link);
    list_remove(&item->of_file);
    pool_free(&epoll_item_pool, item);
}

void epoll_forget_file(struct file *file)
{
    while (!list_is_empty(&file->epoll_items))
        epoll_remove(list_entry(list_first(&file->epoll_items), struct epoll_item, of_file));
}

static struct epoll_item *epoll_find(const struct epoll *epoll, int descriptor,
                                     const struct file *file)
{
    struct list *link;
    list_foreach (link, &file->epoll_items) {
        struct epoll_item *item = list_entry(link, struct epoll_item, of_file);
        if (item->descriptor == descriptor && item->epoll == epoll)
            return item;
    }
    return NULL;
}

static void epoll_set(struct epoll_item *item, const struct epoll_event *event)
{
    item->event = *event;
    item->event.events |= POLLERR | POLLHUP;
    item->fresh = true;
}

static int epoll_add(struct epoll *epoll, int descriptor, struct file *file,
                     const struct epoll_event *event)
{
    struct epoll_item *item = pool_alloc(&epoll_item_pool);
    if (item == NULL)
        return -KENOSPC;
    *item = (struct epoll_item){.epoll = epoll, .file = file, .descriptor = descriptor};
    list_init(&item->link);
    list_init(&item->of_file);
    list_add_tail(&epoll->items, &item->link);
    list_add_tail(&file->epoll_items, &item->of_file);
    epoll_set(item, event);
    return 0;
}

static void epoll_close(struct file *file)
{
    struct epoll *epoll = file->object;
    while (!list_is_empty(&epoll->items))
        epoll_remove(list_entry(list_first(&epoll->items), struct epoll_item, link));
    pool_free(&epoll_pool, epoll);
}

/* ---- looking at it --------------------------------------------------------------------------- */

/* What is to be told of an item; 0: nothing. */
static uint32_t epoll_look(const struct epoll_item *item, uint32_t *wake_count,
                           struct poll_table *table)
{
    uint32_t before = table->wake_count;
    uint32_t ready = poll_file(item->file, table) & item->event.events;
    *wake_count = table->wake_count - before;
    if ((item->event.events & EPOLLET) != 0 && !item->fresh && *wake_count == item->told_wake_count)
        return 0;
    return ready & EPOLL_EVENTS;
}

static long epoll_scan(void *of, struct poll_table *table)
{
    struct epoll_harvest *harvest = of;
    struct list told, *link, *following;
    int count = 0;
    list_init(&told);
    list_foreach_safe (link, following, &harvest->epoll->items) {
        struct epoll_item *item = list_entry(link, struct epoll_item, link);
        uint32_t wake_count;
        uint32_t ready = epoll_look(item, &wake_count, table);
        if (ready == 0)
            continue;
        harvest->events[count++] = (struct epoll_event){ready, item->event.data};
        probe_call_told(task_number(task_current()), item->descriptor, "ready", ready);
        item->fresh = false;
        item->told_wake_count = wake_count;
        if ((item->event.events & EPOLLONESHOT) != 0)
            item->event.events = 0;
        list_remove(&item->link);
        list_add_tail(&told, &item->link);
        if (count == harvest->max)
            break;
    }
    while ((link = list_pop(&told)) != NULL)
        list_add_tail(&harvest->epoll->items, link);
    return count;
}

/* The set itself is readable while a wait would not sleep. */
static unsigned epoll_poll(struct file *file, struct poll_table *table)
{
    const struct epoll *epoll = file->object;
    struct list *link;
    unsigned ready = 0;
    list_foreach (link, &epoll->items) {
        uint32_t wake_count;
        if (epoll_look(list_entry(link, struct epoll_item, link), &wake_count, table) != 0)
            ready = POLLIN | POLLRDNORM;
    }
    return ready;
}

static const struct file_ops epoll_ops = {
    .kind = "epoll",
    .poll = epoll_poll,
    .close = epoll_close,
};

/* ---- calls ----------------------------------------------------------------------------------- */

struct file *epoll_make(int *error)
{
    struct epoll *epoll = pool_alloc(&epoll_pool);
    struct file *file = epoll != NULL ? file_alloc(&epoll_ops, epoll) : NULL;
    if (file == NULL) {
        if (epoll != NULL)
            pool_free(&epoll_pool, epoll);
        *error = -KENFILE;
        return NULL;
    }
    list_init(&epoll->items);
    return file;
}

int epoll_control(struct file *epoll_file, int operation, int descriptor, struct file *file,
                  const struct epoll_event *event)
{
    if (epoll_file->ops != &epoll_ops || file->ops == &epoll_ops)
        return -KEINVAL;
    if (file->ops->poll == NULL)
        return -KEPERM; /* as for regular files: it is always ready */
    struct epoll_item *item = epoll_find(epoll_file->object, descriptor, file);
    if (operation != EPOLL_CTL_DEL && (event->events & ~(EPOLL_EVENTS | EPOLLONESHOT | EPOLLET)))
        return -KEINVAL;
    switch (operation) {
    case EPOLL_CTL_ADD:
        return item == NULL ? epoll_add(epoll_file->object, descriptor, file, event) : -KEEXIST;
    case EPOLL_CTL_MOD:
        if (item == NULL)
            return -KENOENT;
        epoll_set(item, event);
        return 0;
    case EPOLL_CTL_DEL:
        if (item == NULL)
            return -KENOENT;
        epoll_remove(item);
        return 0;
    default:
        return -KEINVAL;
    }
}

long epoll_await(struct file *epoll_file, struct epoll_event *events, int max, uint64_t deadline_ns)
{
    if (epoll_file->ops != &epoll_ops)
        return -KEINVAL;
    struct epoll_harvest harvest = {epoll_file->object, events, max};
    return poll_wait(epoll_scan, &harvest, deadline_ns);
}
