/*
 * proof.c - the run repeated with one link repaired
 *
 * A run is a function of its inputs, so a copy of the process is a repetition up to this moment.
 * The copy goes on with the link repaired, again and again where it is used, and ends with 0 when
 * the task that pays leaves its wait. Its files are the parent's: it writes to none of them.
 *
 * Bounds: PROOF_TIME_NS of virtual time, PROOF_TICKS of guest code; and PROOF_CPU_S of CPU time for
 * a guest that has no ticks.
 */
#include "harness/run/explain.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROOF_TIME_NS   UINT64_C(3000000000)
#define PROOF_TICKS     20000000
#define PROOF_PERIOD_NS UINT64_C(5000000)
#define PROOF_DELAY_NS  UINT64_C(5000) /* after what happened: a handler has ended by then */
#define PROOF_CPU_S     5

static struct {
    struct session *session;
    enum diagnosis_repair repair;
    unsigned intid, other_intid;
    const char *queue;
    uint32_t task;
    struct vevent repairs, bounds;
    unsigned cpu;
    uint64_t end_ns, end_ticks;
} proof;

G_NORETURN void proof_fail(void)
{
    _exit(EXIT_FAILURE);
}

static void proof_pend(unsigned intid)
{
    struct irqline line = gic_pend_input(board_gic(proof.session->board), proof.cpu, intid);
    irqline_set(&line, true);
}

static void proof_kick(void)
{
    struct virtqueue *queue = board_queue(proof.session->board, proof.queue);
    for (unsigned i = 0; i < queue->dev->ops->queue_count; i++) {
        if (&queue->dev->queues[i] == queue) {
            virtio_dev_kick(queue->dev, i);
        }
    }
}

static void proof_repair(void *opaque)
{
    (void)opaque;
    struct gic *gic = board_gic(proof.session->board);
    switch (proof.repair) {
    case DIAGNOSIS_REPAIR_NONE:
        break;
    case DIAGNOSIS_REPAIR_ROUTE:
        proof_pend(proof.other_intid);
        break;
    case DIAGNOSIS_REPAIR_ENABLE:
        gic_repair_enable(gic, proof.cpu, proof.intid);
        break;
    case DIAGNOSIS_REPAIR_RAISE:
        proof_pend(proof.intid);
        break;
    case DIAGNOSIS_REPAIR_END:
        if (gic_irq_state(gic, proof.cpu, proof.intid).active) {
            gic_repair_end(gic, proof.cpu, proof.intid);
        }
        break;
    case DIAGNOSIS_REPAIR_KICK:
        proof_kick();
        break;
    }
}

static void proof_check_bounds(void *opaque)
{
    (void)opaque;
    struct session *session = proof.session;
    uint64_t now_ns = session_now_ns(session);
    if (now_ns >= proof.end_ns || cpu_ticks(board_cpu(session->board)) >= proof.end_ticks) {
        proof_fail();
    }
    vclock_arm(session->clock, &proof.bounds, now_ns + PROOF_PERIOD_NS);
}

/* Whether the link is used again with this event. */
static bool proof_concerns(const struct trace_event *event)
{
    switch (proof.repair) {
    case DIAGNOSIS_REPAIR_NONE:
    case DIAGNOSIS_REPAIR_ENABLE:
        return false;
    case DIAGNOSIS_REPAIR_ROUTE:
        return event->kind == TRACE_TIMER_FIRED;
    case DIAGNOSIS_REPAIR_RAISE:
        return event->kind == TRACE_VQ_USED || event->kind == TRACE_TIMER_FIRED;
    case DIAGNOSIS_REPAIR_END:
        return event->kind == TRACE_IRQ_TAKEN && event->fields[0].number == proof.intid;
    case DIAGNOSIS_REPAIR_KICK:
        return event->kind == TRACE_TASK_RUNNING || event->kind == TRACE_FRAME_IN;
    }
    g_assert_not_reached();
}

static void proof_observe(void *opaque, const struct trace_event *event)
{
    const struct session *session = opaque;
    if (event->kind == TRACE_TASK_WOKEN && event->fields[0].number == proof.task) {
        _exit(EXIT_SUCCESS);
    }
    if (proof_concerns(event) && !vevent_is_armed(&proof.repairs)) {
        vclock_arm(session->clock, &proof.repairs, event->time_ns + PROOF_DELAY_NS);
    }
}

/* In the copy. */
static void proof_begin(struct session *session, const struct diagnosis *diagnosis)
{
    const struct itimerval cpu = {.it_value.tv_sec = PROOF_CPU_S};
    signal(SIGPROF, SIG_DFL);
    setitimer(ITIMER_PROF, &cpu, NULL);
    session->proving = true;
    session->finished = true; /* the timeline and its verdicts are the parent's */
    session->capture = NULL;
    session->events = NULL;
    trace_silence(session->trace);
    trace_add_observer(session->trace, proof_observe, session);
    vclock_disarm(session->clock, &session->limit);
    vclock_disarm(session->clock, &session->deadline);
    proof.session = session;
    proof.repair = diagnosis->repair;
    proof.cpu = diagnosis->cpu;
    proof.intid = diagnosis->intid;
    proof.other_intid = diagnosis->other_intid;
    proof.queue = diagnosis->queue;
    proof.task = diagnosis->task->number;
    proof.end_ns = session_now_ns(session) + PROOF_TIME_NS;
    proof.end_ticks = cpu_ticks(board_cpu(session->board)) + PROOF_TICKS;
    vevent_init(&proof.repairs, VEVENT_SCRIPT, "repair", proof_repair, NULL);
    vevent_init(&proof.bounds, VEVENT_HOUSEKEEPING, "bounds of a proof", proof_check_bounds, NULL);
    vclock_arm(session->clock, &proof.repairs, session_now_ns(session));
    vclock_arm(session->clock, &proof.bounds, session_now_ns(session) + PROOF_PERIOD_NS);
}

bool proof_succeeds(struct session *session, const struct diagnosis *diagnosis)
{
    pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        if (!board_separate(session->board)) {
            proof_fail();
        }
        proof_begin(session, diagnosis);
        return false; /* back into the run, whose verdict is over for this process */
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}
