/*
 * timeout.c - the timeout registry
 *
 * Without a tick the clock is told the first deadline whenever that changes. With a tick it is told
 * the next multiple of the period, and what expires in between waits for that. With several CPUs,
 * whoever arms the first timeout has its own timer fire for it; with a tick, each has its own.
 */
#include "kernel/timeout.h"

#include "kernel/clock.h"
#include "kernel/smp.h"
#include "kernel/spinlock.h"
#include "lib/kassert.h"

#include "ringside/probe.h"

#define TIMEOUT_NEVER UINT64_MAX

static struct {
    struct spinlock lock;
    struct priority armed; /* struct timeout.place */
    uint64_t last_order;
    uint64_t programmed_ns[CPUS_MAX]; /* what the timer of each CPU was told last */
    unsigned cpu_end;                 /* none from here on was told anything */
    uint64_t tick_period_ns;          /* 0: tickless */
} timeouts;

static bool timeout_is_before(const struct priority_link *one, const struct priority_link *other)
{
    const struct timeout *a = priority_entry(one, struct timeout, place);
    const struct timeout *b = priority_entry(other, struct timeout, place);
    return a->deadline_ns != b->deadline_ns ? a->deadline_ns < b->deadline_ns : a->order < b->order;
}

void timeout_registry_init(void)
{
    timeouts.lock = (struct spinlock)SPINLOCK_INIT("timeouts");
    priority_init(&timeouts.armed, timeout_is_before);
    timeouts.last_order = 0;
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
        timeouts.programmed_ns[cpu] = TIMEOUT_NEVER;
    timeouts.cpu_end = 0;
    timeouts.tick_period_ns = 0;
}

void timeout_init(struct timeout *timeout, timeout_fn *fn, void *arg)
{
    list_init(&timeout->link);
    timeout->deadline_ns = TIMEOUT_NEVER;
    timeout->fn = fn;
    timeout->arg = arg;
    timeout->armed = false;
}

/* ---- with the registry's lock ---------------------------------------------------------------- */

static struct timeout *timeout_first(void)
{
    struct priority_link *first = priority_first(&timeouts.armed);
    return first != NULL ? priority_entry(first, struct timeout, place) : NULL;
}

/* Of one that is armed: from the heap, or from those that have expired. */
static void timeout_take(struct timeout *timeout)
{
    if (list_is_linked(&timeout->link))
        list_remove(&timeout->link);
    else
        priority_remove(&timeouts.armed, &timeout->place);
}

static void timeout_program(unsigned here, uint64_t deadline_ns)
{
    timeouts.programmed_ns[here] = deadline_ns;
    if (timeouts.cpu_end <= here)
        timeouts.cpu_end = here + 1;
    clock_set_deadline(deadline_ns);
}

/*
 * When this CPU's timer has to fire: at the first deadline, unless that of another CPU does so by
 * then.
 */
static uint64_t timeout_wanted(unsigned here)
{
    const struct timeout *first = timeout_first();
    if (first == NULL)
        return TIMEOUT_NEVER;
    for (unsigned cpu = 0; cpu < timeouts.cpu_end; cpu++) {
        if (cpu != here && timeouts.programmed_ns[cpu] <= first->deadline_ns)
            return TIMEOUT_NEVER;
    }
    return first->deadline_ns;
}

/* After a change of the heap. */
static void timeout_follow_first(void)
{
    if (timeouts.tick_period_ns != 0)
        return;
    unsigned here = smp_this_cpu();
    uint64_t deadline_ns = timeout_wanted(here);
    if (deadline_ns != timeouts.programmed_ns[here])
        timeout_program(here, deadline_ns);
}

/* ---- arming and cancelling ------------------------------------------------------------------- */

void timeout_arm(struct timeout *timeout, uint64_t deadline_ns)
{
    kassert(timeout->fn != NULL);
    uint64_t daif = spin_lock(&timeouts.lock);
    if (timeout->armed)
        timeout_take(timeout);
    timeout->deadline_ns = deadline_ns;
    timeout->order = ++timeouts.last_order;
    timeout->armed = true;
    priority_insert(&timeouts.armed, &timeout->place);
    probe_timeout_registered((uintptr_t)timeout, deadline_ns);
    timeout_follow_first();
    spin_unlock(&timeouts.lock, daif);
}

void timeout_cancel(struct timeout *timeout)
{
    /* Mostly it has fired or was never armed; nobody but the owner, who calls, arms it. */
    if (!__atomic_load_n(&timeout->armed, __ATOMIC_RELAXED))
        return;
    uint64_t daif = spin_lock(&timeouts.lock);
    if (timeout->armed) {
        timeout_take(timeout);
        timeout->armed = false;
        probe_timeout_cancelled((uintptr_t)timeout);
        timeout_follow_first();
    }
    spin_unlock(&timeouts.lock, daif);
}

/* ---- expiry ---------------------------------------------------------------------------------- */

static void timeout_take_expired(uint64_t now_ns, struct list *expired)
{
    struct timeout *first;
    while ((first = timeout_first()) != NULL && first->deadline_ns <= now_ns) {
        priority_remove(&timeouts.armed, &first->place);
        list_add_tail(expired, &first->link);
    }
}

/*
 * Takes the next one off; NULL at the end. One that a callback before it has cancelled or moved
 * is not there any more.
 */
static struct timeout *timeout_next_expired(struct list *expired)
{
    struct timeout *timeout = NULL;
    uint64_t daif = spin_lock(&timeouts.lock);
    struct list *first = list_pop(expired);
    if (first != NULL) {
        timeout = list_entry(first, struct timeout, link);
        timeout->armed = false;
    }
    spin_unlock(&timeouts.lock, daif);
    return timeout;
}

static uint64_t timeout_next_tick(uint64_t now_ns)
{
    return (now_ns / timeouts.tick_period_ns + 1) * timeouts.tick_period_ns;
}

/* The clock's condition holds until it is given another deadline, so it is always given one. */
static void timeout_reprogram(uint64_t now_ns)
{
    uint64_t daif = spin_lock(&timeouts.lock);
    unsigned here = smp_this_cpu();
    timeout_program(here, timeouts.tick_period_ns != 0 ? timeout_next_tick(now_ns)
                                                       : timeout_wanted(here));
    spin_unlock(&timeouts.lock, daif);
}

void timeout_run(uint64_t now_ns)
{
    struct list expired;
    list_init(&expired);
    uint64_t daif = spin_lock(&timeouts.lock);
    timeout_take_expired(now_ns, &expired);
    spin_unlock(&timeouts.lock, daif);
    struct timeout *timeout;
    while ((timeout = timeout_next_expired(&expired)) != NULL) {
        probe_timeout_fired((uintptr_t)timeout);
        timeout->fn(timeout->arg);
    }
    timeout_reprogram(now_ns);
}

void timeout_set_tick(uint64_t period_ns)
{
    timeouts.tick_period_ns = period_ns;
    timeout_reprogram(clock_now_ns());
}

void timeout_init_cpu(void)
{
    if (timeouts.tick_period_ns != 0)
        timeout_reprogram(clock_now_ns());
}
