/*
 * event.c - event queues: "/scheme/event"
 *
 *     source ──registrations──> registration <──registrations── queue ──events──> event …
 *
 * A registration is the pair of a queue and a descriptor, as in epoll: what was registered by one
 * descriptor stays while another one keeps the file open. A trigger walks those of one source, a
 * reader takes events from the front of one queue: neither depends on how many others there are.
 *
 * Queues may watch queues, but not in a circle (-KELOOP), so that telling comes to an end. It goes
 * from queue to queue by a list, not by calls: each event that comes into a queue is one for those
 * that watch it.
 *
 * What waits to be read outlives its registration and its source: it is a number and two words.
 * What is the program's own of them is looked up when it is read, so that who changes a
 * registration need not reckon with events from before.
 */
#include "kernel/event.h"

#include "kernel/file.h"
#include "kernel/pool.h"
#include "kernel/scheme.h"
#include "kernel/spinlock.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/probe.h"

#define EVENT_ALL (EVENT_READ | EVENT_WRITE)

struct event_queue {
    uint32_t number;
    struct list registrations; /* struct event_registration.of_queue */
    struct list events;        /* struct event.link, the oldest first */
    unsigned event_count;
    struct wait_queue readers;
    struct event_source source; /* what other queues watch it by */
    bool visited;               /* by event_reaches() */
    struct list to_tell;        /* of a trigger: its watchers have not heard of … */
    unsigned untold;            /* … so many events */
};

struct event_registration {
    struct list of_source, of_queue;
    struct event_source *source;
    struct event_queue *queue;
    struct event_entry wanted;
};

struct event {
    struct list link;
    struct event_entry entry;
};

static struct {
    struct spinlock lock; /* of all that stands above */
    uint32_t last_queue;
    uint64_t dropped;
} events;

static struct event_queue event_queue_objects[EVENT_QUEUES_MAX];
static struct pool event_queue_pool;
static struct event_registration event_registration_objects[EVENT_REGISTRATIONS_MAX];
static struct pool event_registration_pool;
static struct event event_objects[EVENTS_MAX];
static struct pool event_pool;

static const char event_kind_queue[] = "queue";

/* ---- sources --------------------------------------------------------------------------------- */

void event_source_init(struct event_source *source, const char *kind, uint64_t number)
{
    list_init(&source->registrations);
    source->kind = kind;
    source->number = number;
    source->handle = 0;
}

/* With the lock, as all until the calls below. */
static void event_remove(struct event_registration *registration)
{
    const struct event_source *source = registration->source;
    probe_event_watched(registration->queue->number, source->kind, source->number, source->handle,
                        0);
    list_remove(&registration->of_source);
    list_remove(&registration->of_queue);
    pool_free(&event_registration_pool, registration);
}

void event_source_fini(struct event_source *source)
{
    struct list *first;
    uint64_t daif = spin_lock(&events.lock);
    while ((first = list_first(&source->registrations)) != NULL)
        event_remove(list_entry(first, struct event_registration, of_source));
    spin_unlock(&events.lock, daif);
}

/* ---- telling --------------------------------------------------------------------------------- */

static void event_drop(void)
{
    events.dropped++;
    probe_counter("events.dropped", events.dropped);
}

/* One event for one registration; its queue stands in `to_tell` then. */
static void event_post(const struct event_registration *registration, unsigned ready,
                       struct list *to_tell)
{
    struct event_queue *queue = registration->queue;
    const struct event_source *source = registration->source;
    struct event *event =
        queue->event_count < EVENTS_PER_QUEUE_MAX ? pool_alloc(&event_pool) : NULL;
    if (event == NULL) {
        event_drop();
        return;
    }
    event->entry = registration->wanted;
    event->entry.events = ready;
    list_init(&event->link);
    list_add_tail(&queue->events, &event->link);
    queue->event_count++;
    probe_event_posted(queue->number, source->kind, source->number, source->handle, ready);
    queue->untold++;
    if (!list_is_linked(&queue->to_tell))
        list_add_tail(to_tell, &queue->to_tell);
}

static void event_post_all(const struct event_source *source, unsigned ready, struct list *to_tell)
{
    const struct list *link;
    list_foreach (link, &source->registrations) {
        const struct event_registration *registration =
            list_entry(link, struct event_registration, of_source);
        if ((registration->wanted.events & ready) != 0)
            event_post(registration, registration->wanted.events & ready, to_tell);
    }
}

/*
 * Wakes who reads these queues, and tells the queues that watch them. It ends, since no queue comes
 * back here by a circle, and since what is dropped is not told.
 */
static void event_spread(struct list *to_tell)
{
    struct list *link;
    while ((link = list_pop(to_tell)) != NULL) {
        struct event_queue *queue = list_entry(link, struct event_queue, to_tell);
        wait_wake_one(&queue->readers);
        for (; queue->untold > 0; queue->untold--)
            event_post_all(&queue->source, EVENT_READ, to_tell);
    }
}

void event_trigger(struct event_source *source, unsigned ready)
{
    struct list to_tell = LIST_INIT(to_tell);
    uint64_t daif = spin_lock(&events.lock);
    event_post_all(source, ready, &to_tell);
    event_spread(&to_tell);
    spin_unlock(&events.lock, daif);
}

/* ---- registering ----------------------------------------------------------------------------- */

static struct event_registration *event_find(const struct event_queue *queue,
                                             const struct event_source *source, int descriptor)
{
    const struct list *link;
    list_foreach (link, &source->registrations) {
        struct event_registration *registration =
            list_entry(link, struct event_registration, of_source);
        if (registration->queue == queue && registration->wanted.descriptor == descriptor)
            return registration;
    }
    return NULL;
}

/* What all that watch a source want of it. */
static unsigned event_wanted(const struct event_source *source)
{
    const struct list *link;
    unsigned wanted = 0;
    list_foreach (link, &source->registrations)
        wanted |= list_entry(link, struct event_registration, of_source)->wanted.events;
    return wanted & EVENT_ALL;
}

static struct event_queue *event_queue_of(struct event_source *source)
{
    return list_entry(source, struct event_queue, source);
}

/* Puts the queues that this one watches, and that were not seen yet, on a list. */
static void event_visit(struct event_queue *queue, struct list *to_visit)
{
    const struct list *link;
    list_foreach (link, &queue->registrations) {
        struct event_source *source = list_entry(link, struct event_registration, of_queue)->source;
        if (source->kind == event_kind_queue && !event_queue_of(source)->visited) {
            event_queue_of(source)->visited = true;
            list_add_tail(to_visit, &event_queue_of(source)->to_tell);
        }
    }
}

/* Whether a queue watches another one, perhaps through others; or is it. */
static bool event_reaches(struct event_queue *from, const struct event_queue *to)
{
    struct list to_visit = LIST_INIT(to_visit);
    struct list *link;
    for (unsigned i = 0; i < EVENT_QUEUES_MAX; i++)
        event_queue_objects[i].visited = false;
    from->visited = true;
    list_add_tail(&to_visit, &from->to_tell);
    while ((link = list_pop(&to_visit)) != NULL)
        event_visit(list_entry(link, struct event_queue, to_tell), &to_visit);
    return to->visited;
}

/* A new registration, or another wish for an old one: what is wanted of the source now. */
static long event_register(struct event_queue *queue, struct event_source *source,
                           const struct event_entry *entry)
{
    struct event_registration *registration = event_find(queue, source, entry->descriptor);
    if (registration == NULL && source->kind == event_kind_queue &&
        event_reaches(event_queue_of(source), queue))
        return -KELOOP;
    if (registration == NULL) {
        registration = pool_alloc(&event_registration_pool);
        if (registration == NULL)
            return -KENOSPC;
        registration->source = source;
        registration->queue = queue;
        list_init(&registration->of_source);
        list_init(&registration->of_queue);
        list_add_tail(&source->registrations, &registration->of_source);
        list_add_tail(&queue->registrations, &registration->of_queue);
    }
    registration->wanted = *entry;
    probe_event_watched(queue->number, source->kind, source->number, source->handle,
                        entry->events & EVENT_ALL);
    return event_wanted(source);
}

static long event_unregister(const struct event_queue *queue, const struct event_source *source,
                             int descriptor)
{
    struct event_registration *registration = event_find(queue, source, descriptor);
    if (registration == NULL)
        return -KENOENT;
    event_remove(registration);
    return event_wanted(source);
}

/* ---- calls: without the lock ----------------------------------------------------------------- */

/* What is true already, after it was registered: an event, for this registration alone. */
static void event_post_ready(const struct event_queue *queue, const struct event_source *source,
                             const struct event_entry *entry, unsigned ready)
{
    struct list to_tell = LIST_INIT(to_tell);
    uint64_t daif = spin_lock(&events.lock);
    const struct event_registration *registration = event_find(queue, source, entry->descriptor);
    if (registration != NULL && (registration->wanted.events & ready) != 0)
        event_post(registration, registration->wanted.events & ready, &to_tell);
    event_spread(&to_tell);
    spin_unlock(&events.lock, daif);
}

/* What one entry that was written asks for. */
static long event_control(struct event_queue *queue, const struct event_entry *entry)
{
    struct file *file = file_table_get(task_files(), entry->descriptor);
    if (file == NULL)
        return -KEBADF;
    if (file->ops->source == NULL)
        return -KEPERM;
    bool watches = (entry->events & EVENT_ALL) != 0;
    if ((entry->events & ~(EVENT_ALL | EVENT_OWN)) != 0)
        return -KEINVAL;
    struct event_source *source = file->ops->source(file);
    uint64_t daif = spin_lock(&events.lock);
    long wanted = watches ? event_register(queue, source, entry)
                          : event_unregister(queue, source, entry->descriptor);
    spin_unlock(&events.lock, daif);
    if (wanted < 0)
        return wanted;
    long ready = file->ops->watch(file, (unsigned)wanted);
    if (ready > 0)
        event_post_ready(queue, source, entry, (unsigned)ready);
    if (ready < 0 && watches) {
        daif = spin_lock(&events.lock);
        (void)event_unregister(queue, source, entry->descriptor);
        spin_unlock(&events.lock, daif);
        return ready;
    }
    return 0;
}

static long event_queue_write(struct file *file, const void *buffer, size_t size)
{
    size_t done = 0;
    if (size < sizeof(struct event_entry))
        return -KEINVAL;
    for (; size - done >= sizeof(struct event_entry); done += sizeof(struct event_entry)) {
        struct event_entry entry;
        memcpy(&entry, (const char *)buffer + done, sizeof entry);
        long error = event_control(file->object, &entry);
        if (error != 0)
            return done > 0 ? (long)done : error;
    }
    return (long)done;
}

static bool event_queue_has_events(const struct event_queue *queue)
{
    uint64_t daif = spin_lock(&events.lock);
    bool has = queue->event_count > 0;
    spin_unlock(&events.lock, daif);
    return has;
}

static int event_queue_wait(const struct file *file)
{
    struct event_queue *queue = file->object;
    struct waiter waiter;
    int error = 0;
    for (;;) {
        wait_prepare(&queue->readers, &waiter, "event");
        if (event_queue_has_events(queue))
            break;
        error = (file->flags & FILE_NONBLOCK) != 0 ? -KEAGAIN : wait_commit(&waiter, WAIT_FOREVER);
        if (error != 0)
            break;
    }
    wait_finish(&waiter);
    return error;
}

/* An event with what is the program's own as it is now, by the descriptor. */
static struct event_entry event_entry_now(const struct event_queue *queue,
                                          const struct event *event)
{
    struct event_entry entry = event->entry;
    struct file *file = file_table_get(task_files(), entry.descriptor);
    const struct event_registration *registration = NULL;
    if (file != NULL && file->ops->source != NULL)
        registration = event_find(queue, file->ops->source(file), entry.descriptor);
    if (registration != NULL) {
        entry.events |= registration->wanted.events & EVENT_OWN;
        entry.data = registration->wanted.data;
    }
    return entry;
}

/* Nobody else reads it: what was there after the wait is there still. */
static long event_queue_read(struct file *file, void *buffer, size_t size)
{
    struct event_queue *queue = file->object;
    size_t done = 0;
    struct list *link;
    if (size < sizeof(struct event_entry))
        return -KEINVAL;
    int error = event_queue_wait(file);
    if (error != 0)
        return error;
    uint64_t daif = spin_lock(&events.lock);
    while (size - done >= sizeof(struct event_entry) && (link = list_pop(&queue->events)) != NULL) {
        struct event *event = list_entry(link, struct event, link);
        const struct event_entry entry = event_entry_now(queue, event);
        memcpy((char *)buffer + done, &entry, sizeof entry);
        done += sizeof entry;
        queue->event_count--;
        pool_free(&event_pool, event);
    }
    probe_event_read(task_number(task_current()), queue->number,
                     (uint32_t)(done / sizeof(struct event_entry)), queue->event_count);
    spin_unlock(&events.lock, daif);
    return (long)done;
}

static struct event_source *event_queue_source(struct file *file)
{
    return &((struct event_queue *)file->object)->source;
}

static long event_queue_watch(struct file *file, unsigned wanted)
{
    (void)wanted;
    return event_queue_has_events(file->object) ? EVENT_READ : 0;
}

static void event_queue_close(struct file *file)
{
    struct event_queue *queue = file->object;
    struct list *link;
    event_source_fini(&queue->source);
    uint64_t daif = spin_lock(&events.lock);
    while ((link = list_first(&queue->registrations)) != NULL)
        event_remove(list_entry(link, struct event_registration, of_queue));
    while ((link = list_pop(&queue->events)) != NULL)
        pool_free(&event_pool, list_entry(link, struct event, link));
    spin_unlock(&events.lock, daif);
    pool_free(&event_queue_pool, queue);
}

static const struct file_ops event_queue_ops = {
    .kind = "event queue",
    .read = event_queue_read,
    .write = event_queue_write,
    .close = event_queue_close,
    .source = event_queue_source,
    .watch = event_queue_watch,
};

static struct file *event_open(const char *path, int flags, int *error)
{
    (void)flags;
    *error = path[0] == '\0' ? -KENFILE : -KENOENT;
    struct event_queue *queue = path[0] == '\0' ? pool_alloc(&event_queue_pool) : NULL;
    struct file *file = queue != NULL ? file_alloc(&event_queue_ops, queue) : NULL;
    if (file == NULL) {
        if (queue != NULL)
            pool_free(&event_queue_pool, queue);
        return NULL;
    }
    *queue =
        (struct event_queue){.number = __atomic_add_fetch(&events.last_queue, 1, __ATOMIC_RELAXED)};
    list_init(&queue->registrations);
    list_init(&queue->events);
    list_init(&queue->to_tell);
    wait_queue_init(&queue->readers);
    event_source_init(&queue->source, event_kind_queue, queue->number);
    return file;
}

void event_init(void)
{
    events.lock = (struct spinlock)SPINLOCK_INIT("events");
    events.last_queue = 0;
    events.dropped = 0;
    pool_init(&event_queue_pool, "event-queues", event_queue_objects, sizeof event_queue_objects[0],
              EVENT_QUEUES_MAX);
    pool_init(&event_registration_pool, "watched-files", event_registration_objects,
              sizeof event_registration_objects[0], EVENT_REGISTRATIONS_MAX);
    pool_init(&event_pool, "events", event_objects, sizeof event_objects[0], EVENTS_MAX);
    scheme_register_kernel("event", event_open);
}
