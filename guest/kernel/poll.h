/*
 * poll.h - which files can be read, written, or have failed, and waiting until one can
 *
 * A file says what it is ready for (POLLIN and so on) and which wait queues are woken when that
 * changes. poll_wait() asks each of some files, and sleeps in all their queues at once until one of
 * them is woken; then it asks again. ppoll, pselect6 and epoll are this, with other arguments.
 */
#ifndef KERNEL_POLL_H
#define KERNEL_POLL_H

#include "kernel/wait.h"

#define POLL_MEMBERS_MAX 4096 /* queues in which tasks wait by this, in all */

struct file;

/* One round of asking. */
struct poll_table {
    struct waiter *sleeper; /* NULL: nobody is going to sleep */
    struct list members;    /* of the sleeper, one for each queue */
    uint32_t wake_count;    /* of all queues that were named; moves when one was woken */
    int error;
};

void poll_init(void);

/*
 * For `poll` of files: this queue is woken when the answer may have changed. To be named before the
 * look at the state, or under the lock under which it is woken.
 */
void poll_watch(struct poll_table *table, struct wait_queue *queue);

/*
 * What a file is ready for; one without the operation always for reading and writing. Of one that
 * only event queues can watch nothing is known, and waiting for it is -KEOPNOTSUPP.
 */
unsigned poll_file(struct file *file, struct poll_table *table);

/*
 * Asks by `scan`, which looks at all files by poll_file() and returns how many have something to
 * tell, until there are any or the deadline is over (0: one look). Their number, or 0; -KEINTR;
 * -KENOMEM: too many queues.
 */
typedef long poll_scan_fn(void *of, struct poll_table *table);
long poll_wait(poll_scan_fn *scan, void *of, uint64_t deadline_ns);

#endif
