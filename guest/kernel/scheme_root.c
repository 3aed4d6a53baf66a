/*
 * scheme_root.c - root files: where a provider reads requests and writes answers
 *
 * A provider is a program like any other, and what it writes is judged like any program's: a wrong
 * answer is its error, and nobody else's. Its end is the end of its root file, however it came.
 */
#include "kernel/scheme_priv.h"

#include "kernel/file.h"
#include "lib/errno.h"
#include "lib/string.h"

static bool root_has_requests(const struct scheme *scheme)
{
    uint64_t daif = scheme_lock();
    bool has = !list_is_empty(&scheme->to_deliver);
    scheme_unlock(daif);
    return has;
}

static int root_wait(const struct file *file)
{
    struct scheme *scheme = file->object;
    struct waiter waiter;
    int error = 0;
    for (;;) {
        wait_prepare(&scheme->reads, &waiter, "requests");
        if (root_has_requests(scheme))
            break;
        error = (file->flags & FILE_NONBLOCK) != 0 ? -KEAGAIN : wait_commit(&waiter, WAIT_FOREVER);
        if (error != 0)
            break;
    }
    wait_finish(&waiter);
    return error;
}

/*
 * As many as there are and fit. What was there after the wait may have been taken back since: then
 * it waits again.
 */
static long root_read(struct file *file, void *buffer, size_t size)
{
    struct scheme_request request;
    size_t done = 0;
    if (size < sizeof request)
        return -KEINVAL;
    while (done == 0) {
        int error = root_wait(file);
        if (error != 0)
            return error;
        uint64_t daif = scheme_lock();
        for (; size - done >= sizeof request && scheme_request_deliver(file->object, &request);
             done += sizeof request)
            memcpy((char *)buffer + done, &request, sizeof request);
        scheme_unlock(daif);
    }
    return (long)done;
}

/* Events of a handle that nobody has open, any more perhaps, are for nobody. */
static int root_answer(struct scheme *scheme, const struct scheme_answer *answer)
{
    if (answer->tag != 0)
        return scheme_request_answer(scheme, answer);
    if ((answer->result & ~(int64_t)(EVENT_READ | EVENT_WRITE)) != 0)
        return -KEINVAL;
    uint64_t daif = scheme_lock();
    scheme_handle_trigger(scheme, answer->handle, (unsigned)answer->result);
    scheme_unlock(daif);
    return 0;
}

/* In turn, up to the first that is wrong. */
static long root_write(struct file *file, const void *buffer, size_t size)
{
    struct scheme_answer answer;
    size_t done = 0;
    if (size == 0 || size % sizeof answer != 0)
        return -KEINVAL;
    for (; done < size; done += sizeof answer) {
        memcpy(&answer, (const char *)buffer + done, sizeof answer);
        int error = root_answer(file->object, &answer);
        if (error != 0)
            return done > 0 ? (long)done : error;
    }
    return (long)done;
}

static struct event_source *root_source(struct file *file)
{
    return &((struct scheme *)file->object)->source;
}

static long root_watch(struct file *file, unsigned events)
{
    (void)events;
    return root_has_requests(file->object) ? EVENT_READ : 0;
}

static void root_close(struct file *file)
{
    struct scheme *scheme = file->object;
    const struct list *link;
    if (scheme == NULL) /* the name was not free */
        return;
    event_source_fini(&scheme->source);
    uint64_t daif = scheme_lock();
    scheme_remove(scheme);
    scheme_request_end_all(scheme);
    list_foreach (link, &scheme->handles)
        event_trigger(&list_entry(link, struct scheme_handle, of_scheme)->source,
                      EVENT_READ | EVENT_WRITE);
    scheme_release(scheme);
    scheme_unlock(daif);
}

static const struct file_ops root_ops = {
    .kind = "scheme root",
    .read = root_read,
    .write = root_write,
    .close = root_close,
    .source = root_source,
    .watch = root_watch,
};

struct file *scheme_root_make(struct scheme *scheme)
{
    return file_alloc(&root_ops, scheme);
}
