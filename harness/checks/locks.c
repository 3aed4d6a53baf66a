/*
 * locks.c - who holds which lock, and what may not be done with it
 *
 * A holder is a task, or what an interrupt runs on top of it; what an interrupt takes says nothing
 * about the locks of the task below. An interrupt is being handled from its acknowledgement to its
 * end, or until the CPU runs another task.
 *
 *     lock.order   see lock_order.h
 *     lock.irq     likewise
 *     lock.self    whoever has it wants it again
 *     lock.sleep   a lock for which one sleeps is taken in an interrupt or with a spinlock held;
 *                  or a task went to sleep with a spinlock that nobody has given back when the CPU
 *                  goes on with something else (a scheduler's own lock is given back by then)
 *
 * Limits: LOCK_HELD_MAX locks held at once.
 */
#include "harness/checks/lock_order.h"

#include "emu/core/spread.h"

#include <string.h>

#define LOCK_HELD_MAX    64
#define LOCK_KNOWN_LOG2  8 /* spinlocks, by address */
#define LOCK_KNOWN_MAX   (1U << LOCK_KNOWN_LOG2)
#define LOCK_KNOWN_TRIES 4 /* places for one */
#define LOCK_NOBODY      UINT32_MAX

struct lock_held {
    uint64_t lock;
    unsigned class;
    struct lock_witness by;
    bool spins;
};

/* A spinlock that was told by name. */
struct lock_known {
    bool is_used;
    uint64_t lock, name;
    unsigned class;
};

struct lock_cpu {
    uint32_t task;    /* that runs, as the guest says */
    unsigned nesting; /* interrupts being handled */
    uint32_t sleeper; /* went to sleep with spinlocks held; LOCK_NOBODY: none did */
};

struct lock_check {
    struct lock_classes classes;
    struct lock_held held[LOCK_HELD_MAX]; /* in the order of taking */
    unsigned held_count;
    struct lock_known known[LOCK_KNOWN_MAX]; /* a cache */
    struct lock_cpu cpus[CHECKS_CPUS_MAX];
};

struct lock_check *lock_check_new(void)
{
    struct lock_check *locks = g_new0(struct lock_check, 1);
    for (unsigned i = 0; i < CHECKS_CPUS_MAX; i++) {
        locks->cpus[i].sleeper = LOCK_NOBODY;
    }
    return locks;
}

void lock_check_free(struct lock_check *locks)
{
    lock_classes_fini(&locks->classes);
    g_free(locks);
}

/* What no CPU does, an injection or a device, counts for the first. */
static unsigned lock_cpu_of(const struct trace_event *event)
{
    return event->cpu == 0 ? 0 : (event->cpu - 1U) % CHECKS_CPUS_MAX;
}

/* ---- holding --------------------------------------------------------------------------------- */

/* The same task, if not the same holder: one of them may be an interrupt on top of it. */
static bool lock_is_task(const struct lock_held *held, const struct lock_witness *witness)
{
    /* Each CPU has its own code outside of tasks. */
    return held->by.task == witness->task && (witness->task != 0 || held->by.cpu == witness->cpu);
}

static bool lock_is_holder(const struct lock_held *held, const struct lock_witness *witness)
{
    return lock_is_task(held, witness) && held->by.in_irq == witness->in_irq;
}

static void lock_accuse_self(struct checks *checks, const struct lock_held *held,
                             const struct lock_witness *witness)
{
    GString *detail = g_string_new("held ");
    lock_append_witness(checks, detail, &held->by);
    g_string_append(detail, "\nwanted ");
    lock_append_witness(checks, detail, witness);
    lock_report(checks, CHECK_LOCK_SELF, witness->time_ns,
                checks->locks->classes.all[held->class].name,
                "whoever holds a lock does not take it again", detail);
}

/* The first spinlock that this holder has, NULL: none. */
static const struct lock_held *lock_spin_held(const struct lock_check *locks,
                                              const struct lock_witness *witness)
{
    for (unsigned i = 0; i < locks->held_count; i++) {
        if (locks->held[i].spins && lock_is_holder(&locks->held[i], witness)) {
            return &locks->held[i];
        }
    }
    return NULL;
}

static void lock_check_sleep(struct checks *checks, unsigned index,
                             const struct lock_witness *witness)
{
    const struct lock_held *spin = lock_spin_held(checks->locks, witness);
    if (spin == NULL && !witness->in_irq) {
        return;
    }
    const char *name = checks->locks->classes.all[index].name;
    GString *detail = g_string_new(NULL);
    g_string_append_printf(detail, "'%s', for which one sleeps, was taken %s%s%s", name,
                           spin != NULL ? "with spinlock '" : "",
                           spin != NULL ? checks->locks->classes.all[spin->class].name : "",
                           spin != NULL ? "' held " : "");
    lock_append_witness(checks, detail, witness);
    lock_report(checks, CHECK_LOCK_SLEEP, witness->time_ns, name,
                "nobody sleeps in an interrupt or with a spinlock held", detail);
}

static void lock_judge(struct checks *checks, const struct lock_held *taken)
{
    const struct lock_check *locks = checks->locks;
    for (unsigned i = 0; i < locks->held_count; i++) {
        const struct lock_held *held = &locks->held[i];
        if (!lock_is_holder(held, &taken->by)) {
            continue;
        }
        if (held->lock == taken->lock) {
            lock_accuse_self(checks, held, &taken->by);
        }
        lock_add_edge(checks, &checks->locks->classes, held->class, taken->class, &taken->by);
    }
}

static void lock_hold(struct lock_check *locks, const struct lock_held *taken)
{
    if (locks->held_count < LOCK_HELD_MAX) {
        locks->held[locks->held_count++] = *taken;
    }
}

static void lock_give(struct lock_check *locks, uint64_t lock)
{
    if (locks->held_count > 0 && locks->held[locks->held_count - 1].lock == lock) {
        locks->held_count--;
        return;
    }
    for (unsigned i = locks->held_count; i > 0; i--) {
        if (locks->held[i - 1].lock == lock) {
            memmove(&locks->held[i - 1], &locks->held[i],
                    (locks->held_count - i) * sizeof locks->held[0]);
            locks->held_count--;
            return;
        }
    }
}

/* ---- spinlocks, as the CPU tells of them ----------------------------------------------------- */

static struct lock_known *lock_known_place(struct lock_check *locks, const struct cpu_spin *spin,
                                           unsigned try)
{
    return &locks->known[(spread(spin->lock, LOCK_KNOWN_LOG2) + try) % LOCK_KNOWN_MAX];
}

static bool lock_is_known(const struct lock_known *known, const struct cpu_spin *spin)
{
    return known->is_used && known->lock == spin->lock && known->name == spin->name;
}

/* Where it is, or else where it may be put. */
static struct lock_known *lock_known_find(struct lock_check *locks, const struct cpu_spin *spin)
{
    for (unsigned try = 0; try < LOCK_KNOWN_TRIES; try++) {
        struct lock_known *known = lock_known_place(locks, spin, try);
        if (!known->is_used || lock_is_known(known, spin)) {
            return known;
        }
    }
    return lock_known_place(locks, spin, 0);
}

/* Whether taking a lock like this teaches nothing: so it is nearly always. */
static bool lock_is_no_news(const struct lock_check *locks, unsigned class,
                            const struct cpu_spin *spin, const struct lock_witness *by)
{
    if (!lock_irqs_are_noted(&locks->classes.all[class], by->in_irq, spin->masked)) {
        return false;
    }
    for (unsigned i = 0; i < locks->held_count; i++) {
        const struct lock_held *held = &locks->held[i];
        bool has_edge =
            held->class == class || (locks->classes.all[held->class].after >> class & 1);
        if ((!has_edge || held->lock == spin->lock) && lock_is_holder(held, by)) {
            return false;
        }
    }
    return true;
}

static bool lock_spin_taken(void *opaque, const struct cpu_spin *spin)
{
    struct checks *checks = opaque;
    struct lock_check *locks = checks->locks;
    const struct lock_known *known = lock_known_find(locks, spin);
    if (!lock_is_known(known, spin)) {
        return false;
    }
    unsigned class = known->class;
    if (class == LOCK_CLASSES_MAX) {
        return true;
    }
    const struct lock_cpu *cpu = &locks->cpus[spin->cpu % CHECKS_CPUS_MAX];
    const struct lock_witness by = {spin->time_ns, cpu->task, cpu->nesting > 0, spin->cpu};
    bool is_news = !lock_is_no_news(locks, class, spin, &by);
    if (!is_news && spin->released) {
        return true;
    }
    const struct lock_held taken = {spin->lock, class, by, true};
    if (is_news) {
        lock_note_irqs(checks, &locks->classes, class, &by, spin->masked);
        lock_judge(checks, &taken);
    }
    if (!spin->released) {
        lock_hold(locks, &taken);
    }
    return true;
}

static void lock_spin_named(void *opaque, const struct cpu_spin *spin, const char *text)
{
    struct checks *checks = opaque;
    *lock_known_find(checks->locks, spin) = (struct lock_known){
        .is_used = true,
        .lock = spin->lock,
        .name = spin->name,
        .class = lock_class_of(&checks->locks->classes, text),
    };
}

static void lock_spin_released(void *opaque, uint64_t lock)
{
    const struct checks *checks = opaque;
    lock_give(checks->locks, lock);
}

const struct cpu_spin_listener checks_spin_listener = {
    .taken = lock_spin_taken,
    .named = lock_spin_named,
    .released = lock_spin_released,
};

/* ---- the trace ------------------------------------------------------------------------------- */

static void lock_sleeper_found(struct checks *checks, struct lock_cpu *cpu)
{
    const struct lock_witness asleep = {.task = cpu->sleeper};
    const struct lock_held *spin = lock_spin_held(checks->locks, &asleep);
    if (spin != NULL) {
        GString *detail = g_string_new(NULL);
        g_string_append_printf(detail, "task %u sleeps; it took the lock ", cpu->sleeper);
        lock_append_witness(checks, detail, &spin->by);
        lock_report(checks, CHECK_LOCK_SLEEP, 0, checks->locks->classes.all[spin->class].name,
                    "nobody sleeps in an interrupt or with a spinlock held", detail);
    }
    cpu->sleeper = LOCK_NOBODY;
}

/* The CPU of the event, which goes on with something else. */
static struct lock_cpu *lock_goes_on(struct checks *checks, const struct trace_event *event)
{
    struct lock_cpu *cpu = &checks->locks->cpus[lock_cpu_of(event)];
    if (cpu->sleeper != LOCK_NOBODY) {
        lock_sleeper_found(checks, cpu);
    }
    return cpu;
}

static void lock_blocked(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    struct lock_cpu *cpu = lock_goes_on(checks, event);
    const struct lock_check *locks = checks->locks;
    const struct lock_witness witness = {event->time_ns, (uint32_t)event->fields[0].number,
                                         cpu->nesting > 0, lock_cpu_of(event)};
    bool on_lock = strcmp(event->fields[1].string, "lock") == 0, spins = false;
    for (unsigned i = 0; on_lock && i < locks->held_count; i++) {
        const struct lock_held *held = &locks->held[i];
        if (held->lock != event->fields[2].number) {
            continue;
        }
        spins = held->spins;
        /* A task below an interrupt cannot go on to release it either. */
        if (lock_is_task(held, &witness)) {
            lock_accuse_self(checks, held, &witness);
        }
    }
    if (!spins && lock_spin_held(locks, &witness) != NULL) {
        cpu->sleeper = witness.task;
    }
}

static void lock_mutex_taken(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    const struct lock_cpu *cpu = lock_goes_on(checks, event);
    const struct lock_held taken = {
        .lock = event->fields[1].number,
        .class = lock_class_of(&checks->locks->classes, event->fields[2].string),
        .by = {event->time_ns, (uint32_t)event->fields[0].number, cpu->nesting > 0,
               lock_cpu_of(event)},
    };
    if (taken.class != LOCK_CLASSES_MAX) {
        lock_check_sleep(checks, taken.class, &taken.by);
        lock_judge(checks, &taken);
        lock_hold(checks->locks, &taken);
    }
}

static void lock_mutex_released(void *opaque, const struct trace_event *event)
{
    const struct checks *checks = opaque;
    lock_give(checks->locks, event->fields[1].number);
}

static void lock_task_runs(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    struct lock_cpu *cpu = &checks->locks->cpus[lock_cpu_of(event)];
    cpu->task = (uint32_t)event->fields[0].number;
    cpu->nesting = 0;
    /* What it takes from now on it does not sleep with, though its last CPU, which may be this one,
     * has not gone on to anything else yet. */
    for (unsigned i = 0; i < CHECKS_CPUS_MAX; i++) {
        struct lock_cpu *last = &checks->locks->cpus[i];
        if (last->sleeper == cpu->task) {
            lock_sleeper_found(checks, last);
        }
    }
}

static void lock_call_entered(void *opaque, const struct trace_event *event)
{
    lock_goes_on(opaque, event);
}

static void lock_cpu_waits(void *opaque, const struct trace_event *event)
{
    lock_goes_on(opaque, event)->nesting = 0;
}

static void lock_irq_taken(void *opaque, const struct trace_event *event)
{
    lock_goes_on(opaque, event)->nesting++;
}

static void lock_irq_ended(void *opaque, const struct trace_event *event)
{
    const struct checks *checks = opaque;
    struct lock_cpu *cpu = &checks->locks->cpus[lock_cpu_of(event)];
    cpu->nesting -= cpu->nesting > 0;
}

void lock_listen(struct checks *checks)
{
    static const struct trace_listener table[] = {
        {TRACE_LOCK_TAKEN, lock_mutex_taken},    {TRACE_LOCK_RELEASED, lock_mutex_released},
        {TRACE_TASK_RUNNING, lock_task_runs},    {TRACE_TASK_BLOCKED, lock_blocked},
        {TRACE_CALL_ENTERED, lock_call_entered}, {TRACE_CPU_WFI, lock_cpu_waits},
        {TRACE_IRQ_TAKEN, lock_irq_taken},       {TRACE_IRQ_EOI, lock_irq_ended},
    };
    trace_listen(checks->trace, table, G_N_ELEMENTS(table), checks);
}
