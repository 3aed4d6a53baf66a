/*
 * timeout.h - the timeout registry
 *
 * Timeouts by deadline, in a heap: how many are armed hardly matters. The clock driver is told the
 * first one (tickless), or ticks periodically when the boot parameter `tick` says so. Expired
 * timeouts are taken out first and called afterwards, without the registry's lock, in order of
 * their deadlines, and of arming when these are equal.
 */
#ifndef KERNEL_TIMEOUT_H
#define KERNEL_TIMEOUT_H

#include "lib/list.h"
#include "lib/priority.h"

#include <stdbool.h>
#include <stdint.h>

typedef void timeout_fn(void *arg);

struct timeout {
    struct priority_link place; /* of the heap */
    struct list link;           /* of those that have expired and were not called yet */
    uint64_t deadline_ns;
    uint64_t order; /* of arming */
    timeout_fn *fn; /* runs in the timer interrupt */
    void *arg;
    bool armed;
};

/* Empties the registry. */
void timeout_registry_init(void);
/* From tickless to a periodic tick; 0: back. */
void timeout_set_tick(uint64_t period_ns);
/* On a CPU that comes up: its tick, if there is one. */
void timeout_init_cpu(void);

void timeout_init(struct timeout *timeout, timeout_fn *fn, void *arg);
/* Registers a timeout, or moves it. */
void timeout_arm(struct timeout *timeout, uint64_t deadline_ns);
void timeout_cancel(struct timeout *timeout);

/* For the clock: runs what has expired and programs the next deadline. */
void timeout_run(uint64_t now_ns);

#endif
