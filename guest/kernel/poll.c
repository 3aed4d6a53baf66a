/* poll.c - asking files what they are ready for, and waiting until one is */
#include "kernel/poll.h"

#include "kernel/file.h"
#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"

struct poll_member {
    struct waiter waiter;
    struct list link; /* of the table */
};

static struct poll_member poll_members[POLL_MEMBERS_MAX];
static struct pool poll_pool;

void poll_init(void)
{
    pool_init(&poll_pool, "poll-members", poll_members, sizeof poll_members[0], POLL_MEMBERS_MAX);
}

void poll_watch(struct poll_table *table, struct wait_queue *queue)
{
    table->wake_count += queue->wake_count;
    if (table->sleeper == NULL)
        return;
    struct poll_member *member = pool_alloc(&poll_pool);
    if (member == NULL) {
        table->error = -KENOMEM;
        return;
    }
    list_init(&member->link);
    list_add_tail(&table->members, &member->link);
    wait_join(queue, &member->waiter, table->sleeper);
}

unsigned poll_file(struct file *file, struct poll_table *table)
{
    if (file->ops->poll == NULL && file->ops->source != NULL) {
        table->error = -KEOPNOTSUPP; /* nobody here knows: event queues are for that */
        return 0;
    }
    if (file->ops->poll == NULL)
        return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
    return file->ops->poll(file, table);
}

static void poll_leave(struct poll_table *table)
{
    struct list *link;
    while ((link = list_pop(&table->members)) != NULL) {
        struct poll_member *member = list_entry(link, struct poll_member, link);
        wait_leave(&member->waiter);
        pool_free(&poll_pool, member);
    }
}

/* One look. When nobody has anything to tell, `table` stands in all queues. */
static long poll_look(poll_scan_fn *scan, void *of, struct poll_table *table,
                      struct waiter *sleeper)
{
    *table = (struct poll_table){.sleeper = sleeper};
    list_init(&table->members);
    long count = scan(of, table);
    if (count == 0)
        count = table->error;
    if (count != 0)
        poll_leave(table);
    return count;
}

long poll_wait(poll_scan_fn *scan, void *of, uint64_t deadline_ns)
{
    struct wait_queue nobody; /* wakes the sleeper, other than through its members */
    struct waiter sleeper;
    struct poll_table table;
    long count = poll_look(scan, of, &table, NULL);
    int error = deadline_ns == 0 ? -KETIMEDOUT : 0;
    wait_queue_init(&nobody);
    while (count == 0 && error == 0) {
        wait_prepare(&nobody, &sleeper, "poll");
        count = poll_look(scan, of, &table, &sleeper);
        if (count == 0) {
            error = wait_commit(&sleeper, deadline_ns);
            poll_leave(&table);
        }
        wait_finish(&sleeper);
    }
    /* What came in the same moment counts. */
    if (count == 0 && error != 0 && deadline_ns != 0)
        count = poll_look(scan, of, &table, NULL);
    if (count != 0 || error == -KETIMEDOUT)
        return count;
    return error;
}
