/*
 * progress.c - does the guest get anywhere?
 *
 * A hang is seen by the CPU: nothing is left to wait for. Two kinds of standing still go on for
 * ever, and are bounded here, in ticks and in virtual time.
 *
 * Livelock: the guest executes, and nothing comes of it: no task sleeps or wakes, no ring index
 * moves, no frame passes, nothing is printed, no program gets further in a file. Bounded by
 * PROGRESS_TICKS of code, or by as many events without a wait of the CPU (an interrupt that is
 * never acknowledged). While something is still due in hardware, which the guest may be waiting
 * for, more is allowed; and a guest that polls the clock knows that time passes, so it is given
 * PROGRESS_POLL_NS. It is a livelock as well when a task of a program is woken again and again with
 * nothing to do, or sleeps while the same question is asked again and again on its behalf:
 * ledger_task_loops(), ledger_asked_for_ever().
 *
 * Stall: timers run, and nothing else is due; for max(PROGRESS_QUIET_NS, the latest deadline of the
 * waiting program's chain + 2 ticks) no task of the chain left its wait and nothing moved. The
 * chain is the program's task and the owners of the locks that it waits for. Where it waits for
 * another program, timers must have fired in vain as well.
 */
#include "harness/diagnosis/ledger.h"
#include "harness/run/explain.h"
#include "harness/run/session_priv.h"

#define PROGRESS_TICKS         UINT64_C(8000000)
#define PROGRESS_TICKS_DUE     UINT64_C(24000000)
#define PROGRESS_ACCESSES      100
#define PROGRESS_EVENTS        UINT64_C(100000)
#define PROGRESS_CHECKS        4
#define PROGRESS_PERIOD_MAX_NS UINT64_C(250000000)
#define PROGRESS_POLL_NS       UINT64_C(2000000000)
#define PROGRESS_POLL_TICKS    100000
#define PROGRESS_POLL_RATE     256 /* ticks: who looks at the clock this often polls it */
#define PROGRESS_QUIET_NS      UINT64_C(2000000000)
#define PROGRESS_TICK_NS       UINT64_C(10000000) /* of a guest whose tick is not known yet */
#define PROGRESS_STALL_NS      UINT64_C(250000000)
#define PROGRESS_CHAIN_MAX     16

static struct {
    struct vevent spin, stall;
    bool watching;                                   /* `spin` is armed */
    bool waits;                                      /* the last event was that the CPU waits */
    uint64_t progress, ticks, clock_reads, since_ns; /* when it got somewhere last */
} progress;

/* ---- livelock -------------------------------------------------------------------------------- */

static void progress_rebase(const struct session *session)
{
    progress.progress = session->ledger->progress;
    progress.ticks = cpu_ticks(board_cpu(session->board));
    progress.clock_reads = cpu_clock_reads(board_cpu(session->board));
    progress.since_ns = session_now_ns(session);
}

static bool progress_is_livelock(const struct session *session)
{
    struct cpu *cpu = board_cpu(session->board);
    if (vclock_count(session->clock, VEVENT_SCRIPT) > 0) {
        return false; /* the scenario is still to do something about it */
    }
    uint64_t ticks = cpu_ticks(cpu) - progress.ticks;
    uint64_t reads = cpu_clock_reads(cpu) - progress.clock_reads;
    uint64_t elapsed_ns = session_now_ns(session) - progress.since_ns;
    bool is_due = !vclock_is_quiescent(session->clock);
    /* Where registers are slow, another CPU may be at one for as long as many of these steps. */
    uint64_t access_ticks = session->scenario->machine.mmio_ns / session->scenario->machine.step_ns;
    uint64_t patience = MAX(PROGRESS_TICKS, PROGRESS_ACCESSES * access_ticks);
    bool is_long = ticks >= (is_due ? MAX(PROGRESS_TICKS_DUE, patience) : patience) ||
                   ledger_restless(session->ledger) >= PROGRESS_EVENTS;
    bool polls = reads >= ticks / PROGRESS_POLL_RATE && reads > 0;
    return polls ? ticks >= PROGRESS_POLL_TICKS && elapsed_ns >= PROGRESS_POLL_NS : is_long;
}

static void progress_accuse(struct session *session)
{
    /* What a line that stays up does with a guest is nothing that its code does. */
    session->spins = ledger_restless(session->ledger) < PROGRESS_EVENTS;
    g_free(session->spins_in);
    session->spins_in = explain_running(session);
    session->spin_steps = cpu_ticks(board_cpu(session->board)) - progress.ticks;
    const char *place = session->spins_in;
    char *why = g_strdup_printf(
        "the guest executed %" G_GUINT64_FORMAT " steps and got nowhere%s%s", session->spin_steps,
        place != NULL ? "; it is in " : "", place != NULL ? place : "");
    timeline_livelocked(session, why);
}

static void progress_arm_spin(struct session *session)
{
    uint64_t period_ns = PROGRESS_TICKS / PROGRESS_CHECKS * session->scenario->machine.step_ns;
    progress.watching = true;
    vclock_arm(session->clock, &progress.spin,
               session_now_ns(session) + MIN(period_ns, PROGRESS_PERIOD_MAX_NS));
}

static void progress_check_spin(void *opaque)
{
    struct session *session = opaque;
    progress.watching = false;
    if (session->finished) {
        return;
    }
    if (progress.waits || session->ledger->progress != progress.progress) {
        progress_rebase(session);
    } else if (progress_is_livelock(session)) {
        progress_accuse(session);
        return;
    }
    if (!progress.waits) {
        progress_arm_spin(session);
    }
}

void progress_expect(struct session *session)
{
    progress.waits = false;
    if (!progress.watching) {
        progress_rebase(session);
        progress_arm_spin(session);
    }
}

void progress_observe(struct session *session, const struct trace_event *event)
{
    if (event->kind == TRACE_CHECK_VIOLATION) {
        return; /* it tells of another event */
    }
    progress.waits = event->kind == TRACE_CPU_WFI;
    if (!progress.watching && !progress.waits) {
        progress_expect(session);
    }
}

/* ---- stall ----------------------------------------------------------------------------------- */

/*
 * Whether timers, and storms of interrupts that a fault makes, are all that is due: what else is
 * due may move something.
 */
static bool progress_only_timers_run(const struct session *session)
{
    const uint64_t off = GTIMER_CTL_IMASK | GTIMER_CTL_ISTATUS;
    unsigned running = 0;
    for (unsigned i = 0; i < board_cpus(session->board) * GTIMER_COUNT; i++) {
        const struct gtimer *timer = board_timer(session->board, i / GTIMER_COUNT);
        enum gtimer_id id = i % GTIMER_COUNT;
        bool enabled = gtimer_deadline_ns(timer, id) != VCLOCK_NEVER;
        running += enabled && (gtimer_read(timer, id, GTIMER_CTL) & off) == 0 ? 1 : 0;
    }
    running += board_storm_count(session->board);
    return running > 0 && vclock_count(session->clock, VEVENT_MACHINE) == running &&
           vclock_count(session->clock, VEVENT_SCRIPT) == 0;
}

/* Who is woken for nothing on behalf of this task: it, or the owner of the lock that it needs. */
static const struct ledger_task *progress_find_woken(const struct session *session, uint32_t number)
{
    const struct ledger *ledger = session->ledger;
    for (unsigned i = 0; i < PROGRESS_CHAIN_MAX && number != 0; i++) {
        const struct ledger_task *task = ledger_task(ledger, number);
        if (task == NULL || ledger_task_loops(ledger, task, session_now_ns(session))) {
            return task;
        }
        const struct ledger_lock *lock =
            task->state == LEDGER_TASK_BLOCKED ? ledger_lock(ledger, task->object) : NULL;
        number = lock != NULL && g_str_equal(task->on, "lock") ? lock->task : 0;
    }
    return NULL;
}

/* What goes on for ever while this program waits; NULL: nothing. Gives the text. */
static char *progress_describe_loop(const struct session *session, uint32_t number)
{
    const struct ledger_program *program = ledger_program(session->ledger, number);
    const struct ledger_task *own = ledger_task(session->ledger, program->task);
    const struct ledger_peer *peer = ledger_asked_for_ever(session->ledger, program);
    /* A program with a deadline gives up, and goes on. */
    if (peer != NULL && own->deadline_ns == LEDGER_NO_TIME) {
        return g_strdup_printf("the same ARP request was sent %" G_GUINT64_FORMAT
                               " times, and task %s still waits",
                               peer->arp_row, own->name);
    }
    const struct ledger_task *task = progress_find_woken(session, program->task);
    return task == NULL || !progress_only_timers_run(session)
               ? NULL
               : g_strdup_printf("task %s was woken %" G_GUINT64_FORMAT
                                 " times and found nothing to do",
                                 task->name, task->idle_wakes);
}

static char *progress_find_loop(const struct session *session)
{
    char *why = NULL;
    bool acts = vclock_count(session->clock, VEVENT_SCRIPT) > 0; /* it may still help */
    for (guint i = 0; i < session->programs->len && why == NULL && !acts; i++) {
        const struct session_program *program = g_ptr_array_index(session->programs, i);
        why = program->exited ? NULL : progress_describe_loop(session, i + 1);
    }
    return why;
}

/*
 * Whether the task waits for a program or for events: then a timeout that will end the wait belongs
 * to somebody else, and nobody has told of it. It may be the next one, until two have fired in
 * vain: one may be left from what is over.
 */
static bool progress_may_be_timed(const struct ledger *ledger, const struct ledger_task *task,
                                  uint64_t quiet_ns)
{
    uint64_t fired_ns = 0;
    for (unsigned i = 0; i < GTIMER_COUNT; i++) {
        fired_ns = MAX(fired_ns, ledger->timer_fired[i].time_ns);
    }
    uint64_t period_ns = ledger->timer_period_ns;
    return (period_ns == 0 || fired_ns <= quiet_ns + period_ns) &&
           (g_str_equal(task->on, "scheme") || g_str_equal(task->on, "event"));
}

/* When this program counts as stalled, VCLOCK_NEVER while some task of its chain does not sleep. */
static uint64_t progress_stall_ns(const struct session *session, uint32_t number)
{
    const struct ledger *ledger = session->ledger;
    uint64_t quiet_ns = ledger->moved.time_ns, deadline_ns = 0;
    for (unsigned i = 0; i < PROGRESS_CHAIN_MAX; i++) {
        const struct ledger_task *task = ledger_task(ledger, number);
        if (number == 0 || task == NULL || task->state != LEDGER_TASK_BLOCKED) {
            return VCLOCK_NEVER;
        }
        quiet_ns = MAX(quiet_ns, task->since.time_ns);
        if (task->deadline_ns != LEDGER_NO_TIME) {
            deadline_ns = MAX(deadline_ns, task->deadline_ns);
        }
        if (progress_may_be_timed(ledger, task, quiet_ns)) {
            return VCLOCK_NEVER;
        }
        const struct ledger_lock *lock = ledger_lock(ledger, task->object);
        if (lock == NULL || !g_str_equal(task->on, "lock")) {
            break;
        }
        number = lock->task;
    }
    uint64_t tick_ns = ledger->timer_period_ns != 0 ? ledger->timer_period_ns : PROGRESS_TICK_NS;
    return MAX(quiet_ns + PROGRESS_QUIET_NS, deadline_ns + 2 * tick_ns);
}

static bool progress_is_stall(const struct session *session)
{
    bool waits = false;
    for (guint i = 0; i < session->programs->len; i++) {
        const struct session_program *program = g_ptr_array_index(session->programs, i);
        if (program->exited) {
            continue;
        }
        waits = true;
        if (session_now_ns(session) < progress_stall_ns(session, program->task)) {
            return false;
        }
    }
    return waits && progress_only_timers_run(session);
}

static void progress_check_stall(void *opaque)
{
    struct session *session = opaque;
    if (session->finished) {
        return;
    }
    vclock_arm(session->clock, &progress.stall, session_now_ns(session) + PROGRESS_STALL_NS);
    char *loop = progress_find_loop(session);
    if (loop != NULL) {
        timeline_livelocked(session, loop);
    } else if (progress_is_stall(session)) {
        timeline_stalled(session);
    }
}

void progress_start(struct session *session)
{
    vevent_init(&progress.spin, VEVENT_HOUSEKEEPING, "livelock", progress_check_spin, session);
    vevent_init(&progress.stall, VEVENT_HOUSEKEEPING, "stall", progress_check_stall, session);
    progress_rebase(session);
    progress_arm_spin(session);
    vclock_arm(session->clock, &progress.stall, session_now_ns(session) + PROGRESS_STALL_NS);
}
