/*
 * eventfd.c - a counter as a file
 *
 * Nothing protects it but that a program has one task.
 */
#include "kernel/eventfd.h"

#include "kernel/file.h"
#include "kernel/poll.h"
#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/string.h"

#define EVENTFD_COUNT_MAX (UINT64_MAX - 1) /* "the largest value that may be stored" */

struct eventfd {
    uint64_t count;
    bool semaphore;
    struct wait_queue changed;
};

static struct eventfd eventfd_objects[EVENTFDS_MAX];
static struct pool eventfd_pool;

void eventfd_init(void)
{
    pool_init(&eventfd_pool, "eventfds", eventfd_objects, sizeof eventfd_objects[0], EVENTFDS_MAX);
}

static unsigned eventfd_ready(const struct eventfd *eventfd)
{
    return (eventfd->count > 0 ? POLLIN | POLLRDNORM : 0u) |
           (eventfd->count < EVENTFD_COUNT_MAX ? POLLOUT | POLLWRNORM : 0u);
}

static unsigned eventfd_poll(struct file *file, struct poll_table *table)
{
    struct eventfd *eventfd = file->object;
    poll_watch(table, &eventfd->changed);
    return eventfd_ready(eventfd);
}

/* Until reading is possible, or adding `amount`. 0, -KEAGAIN, -KERESTART. */
static int eventfd_wait(const struct file *file, bool reading, uint64_t amount)
{
    struct eventfd *eventfd = file->object;
    struct waiter waiter;
    int error = 0;
    for (;;) {
        wait_prepare(&eventfd->changed, &waiter, "eventfd");
        if (reading ? eventfd->count > 0 : amount <= EVENTFD_COUNT_MAX - eventfd->count)
            break;
        error = (file->flags & FILE_NONBLOCK) != 0 ? -KEAGAIN : wait_commit(&waiter, WAIT_FOREVER);
        if (error != 0)
            break;
    }
    wait_finish(&waiter);
    return error == -KEINTR ? -KERESTART : error;
}

static long eventfd_read(struct file *file, void *buffer, size_t size)
{
    struct eventfd *eventfd = file->object;
    if (size < sizeof(uint64_t))
        return -KEINVAL;
    int error = eventfd_wait(file, true, 0);
    if (error != 0)
        return error;
    uint64_t taken = eventfd->semaphore ? 1 : eventfd->count;
    eventfd->count -= taken;
    memcpy(buffer, &taken, sizeof taken);
    wait_wake_all(&eventfd->changed);
    return sizeof taken;
}

static long eventfd_write(struct file *file, const void *buffer, size_t size)
{
    struct eventfd *eventfd = file->object;
    uint64_t amount;
    if (size < sizeof amount)
        return -KEINVAL;
    memcpy(&amount, buffer, sizeof amount);
    if (amount == UINT64_MAX)
        return -KEINVAL;
    int error = eventfd_wait(file, false, amount);
    if (error != 0)
        return error;
    eventfd->count += amount;
    wait_wake_all(&eventfd->changed);
    return sizeof amount;
}

static void eventfd_close(struct file *file)
{
    pool_free(&eventfd_pool, file->object);
}

static const struct file_ops eventfd_ops = {
    .kind = "eventfd",
    .read = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .close = eventfd_close,
};

struct file *eventfd_make(uint32_t count, bool semaphore, int *error)
{
    struct eventfd *eventfd = pool_alloc(&eventfd_pool);
    struct file *file = eventfd != NULL ? file_alloc(&eventfd_ops, eventfd) : NULL;
    if (file == NULL) {
        if (eventfd != NULL)
            pool_free(&eventfd_pool, eventfd);
        *error = -KENFILE;
        return NULL;
    }
    *eventfd = (struct eventfd){.count = count, .semaphore = semaphore};
    wait_queue_init(&eventfd->changed);
    return file;
}
