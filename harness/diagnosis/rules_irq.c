/*
 * rules_irq.c - the links between a source of interrupts and the CPU
 *
 * Device or timer → line → pending → enabled → not held back. [GICv2] 3.2, [ARM] D11.2.4. What
 * follows, acknowledged → ended, is rules_irq_end.c's.
 */
#include "harness/diagnosis/rules_irq_source.h"

#include <string.h>

/* PPIs, where all timers are. */
#define RULES_PPI_FIRST 16
#define RULES_PPI_END   32

/* ---- timers ---------------------------------------------------------------------------------- */

/* The PPI that the guest listens on although it is not this one; 0: none. */
static unsigned rules_other_enabled(const struct rules_case *c, unsigned intid)
{
    for (unsigned other = RULES_PPI_FIRST; other < RULES_PPI_END; other++) {
        if (other != intid && rules_irq(c, other).enabled) {
            return other;
        }
    }
    return 0;
}

static bool rules_is_a_devices(const struct rules_case *c, unsigned intid)
{
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        if (c->ledger->devices[i].intid == intid) {
            return true;
        }
    }
    return false;
}

/*
 * An INTID whose line went up when the timer's condition was met, while nobody enabled it; 0: none.
 * It can be any: machines are free to lead a timer to an SPI.
 */
static unsigned rules_other_asserted(const struct rules_case *c, const struct rules_timer *timer)
{
    uint64_t met_ns = gtimer_deadline_ns(board_timer(c->board, c->cpu), timer->id);
    for (unsigned other = RULES_PPI_FIRST; other < G_N_ELEMENTS(c->ledger->irqs); other++) {
        struct gic_irq_state state = rules_irq(c, other);
        bool rose = state.level && c->ledger->irqs[other].level_up.time_ns >= met_ns;
        if (other != timer->intid && rose && !state.enabled && !rules_is_a_devices(c, other)) {
            return other;
        }
    }
    return 0;
}

static bool rules_mismatch(struct rules_case *c, const struct rules_timer *timer)
{
    struct gic_irq_state own = rules_irq(c, timer->intid);
    unsigned raised = 0, enabled = 0;
    if (rules_is_asserted(&own) && !own.enabled) {
        raised = timer->intid;
        enabled = rules_other_enabled(c, timer->intid);
    } else if (own.enabled && !rules_is_asserted(&own) && !own.active) {
        raised = rules_other_asserted(c, timer);
        enabled = timer->intid;
    }
    if (raised == 0 || enabled == 0) {
        return false;
    }
    c->diagnosis->repair = DIAGNOSIS_REPAIR_ROUTE;
    c->diagnosis->intid = raised;
    c->diagnosis->other_intid = enabled;
    rules_evidence_timer(c, timer, raised);
    rules_evidence_irq(c, raised);
    rules_evidence_irq(c, enabled);
    return rules_found(c, "timer.irq-mismatch",
                       "the timer %s raises INTID %u, which the guest has not enabled; it has "
                       "enabled INTID %u instead, which nothing raises: program and listen to the "
                       "same timer",
                       timer->name, raised, enabled);
}

bool rule_timer_irq_mismatch(struct rules_case *c)
{
    for (size_t i = 0; i < RULES_TIMERS; i++) {
        bool masked = (rules_timer_control(c, &rules_timers[i]) & GTIMER_CTL_IMASK) != 0;
        if (!masked && rules_timer_waits(c, &rules_timers[i]) &&
            rules_mismatch(c, &rules_timers[i])) {
            return true;
        }
    }
    return false;
}

/* ---- enabled --------------------------------------------------------------------------------- */

/* An INTID that the guest has enabled and nobody ever raised, nor could; 0: none. */
static unsigned rules_enabled_in_vain(const struct rules_case *c)
{
    for (unsigned intid = 1; intid < G_N_ELEMENTS(c->ledger->irqs); intid++) {
        const struct ledger_irq *irq = &c->ledger->irqs[intid];
        bool is_used = irq->taken_count > 0 || irq->level_up.sequence != 0;
        for (unsigned i = 0; i < rules_source_count(c); i++) {
            is_used |= rules_source(c, i).intid == intid;
        }
        if (irq->enabled.sequence > irq->disabled.sequence && !is_used) {
            return intid;
        }
    }
    return 0;
}

/* Where the guest ought to have the number from. */
static void rules_evidence_wiring(struct rules_case *c, const struct rules_source *source)
{
    if (source->device == NULL) {
        return;
    }
    g_autofree char *place = board_device_place(c->board, source->device->name);
    bool is_pin = g_str_has_prefix(place, "PCI") && source->intid >= BOARD_PCI_INTID &&
                  source->intid < BOARD_PCI_INTID + PCI_PINS;
    rules_evidence(c, "%s: %s, wired to INTID %u%s", source->device->name, place, source->intid,
                   is_pin ? ", which is 35 + slot mod 4 for pin A" : "");
}

/* The task that has the file of an interrupt, by its queue or by what it wrote; NULL: none. */
static const struct ledger_task *rules_irq_holder(const struct rules_case *c, unsigned intid)
{
    const struct ledger_source *file = ledger_source(c->ledger, "irq", intid, 0);
    uint32_t task = c->ledger->schemes->acknowledged_by[intid];
    for (guint i = 0; file != NULL && i < file->watches->len; i++) {
        task = ((const struct ledger_watch *)g_ptr_array_index(file->watches, i))->queue->task;
    }
    return task != 0 ? ledger_task(c->ledger, task) : NULL;
}

/* That it does not go on is the missing link, and not what it would do afterwards. */
const struct ledger_task *rules_sleeps_elsewhere(const struct rules_case *c, unsigned intid)
{
    const struct ledger_source *file = ledger_source(c->ledger, "irq", intid, 0);
    for (guint i = 0; file != NULL && i < file->watches->len; i++) {
        const struct ledger_watch *watch = g_ptr_array_index(file->watches, i);
        const struct ledger_event_queue *queue = watch->queue;
        const struct ledger_task *task = ledger_task(c->ledger, queue->task);
        bool was_told = watch->posted.sequence > c->ledger->irqs[intid].taken.sequence &&
                        watch->posted.sequence > queue->read.sequence;
        if (was_told && task != NULL && task->state == LEDGER_TASK_BLOCKED &&
            ledger_queue_of(c->ledger, task) != queue && rules_is_settled(c, &task->since)) {
            return task;
        }
    }
    return NULL;
}

/* A kernel that gives interrupts to programs masks each line until its program has written. */
static bool rules_waits_for_write(const struct rules_case *c, const struct rules_source *source)
{
    const struct ledger_irq *irq = &c->ledger->irqs[source->intid];
    bool was_masked = irq->taken.sequence != 0 && irq->disabled.sequence > irq->taken.sequence;
    return source->device != NULL && was_masked && ledger_irq_is_owed(c->ledger, source->intid) &&
           rules_is_settled(c, &irq->taken);
}

bool rule_irq_not_acknowledged(struct rules_case *c)
{
    for (unsigned i = 0; i < rules_source_count(c); i++) {
        struct rules_source source = rules_source(c, i);
        struct gic_irq_state state = rules_irq(c, source.intid);
        const struct ledger_task *holder = NULL;
        if (rules_source_waits(c, &source) && rules_is_asserted(&state) && !state.enabled &&
            rules_waits_for_write(c, &source) && rules_sleeps_elsewhere(c, source.intid) == NULL) {
            holder = rules_irq_holder(c, source.intid);
        }
        if (holder == NULL) {
            continue;
        }
        char taken[32];
        c->diagnosis->repair = DIAGNOSIS_REPAIR_ENABLE;
        c->diagnosis->intid = source.intid;
        c->diagnosis->driver = holder;
        rules_evidence_source(c, &source);
        return rules_found(c, "irq.not-acknowledged",
                           "INTID %u of %s is masked since it was taken at %s, and %s, which has "
                           "its file, has not written to it",
                           source.intid, source.name,
                           rules_time(taken, c->ledger->irqs[source.intid].taken.time_ns),
                           waits_name(holder).text);
    }
    return false;
}

bool rule_irq_not_enabled(struct rules_case *c)
{
    for (unsigned i = 0; i < rules_source_count(c); i++) {
        struct rules_source source = rules_source(c, i);
        struct gic_irq_state state = rules_irq(c, source.intid);
        if (!rules_source_waits(c, &source) || !rules_is_asserted(&state) || state.enabled ||
            rules_sleeps_elsewhere(c, source.intid) != NULL) {
            continue;
        }
        c->diagnosis->repair = DIAGNOSIS_REPAIR_ENABLE;
        c->diagnosis->intid = source.intid;
        rules_evidence_source(c, &source);
        rules_evidence_wiring(c, &source);
        bool was = c->ledger->irqs[source.intid].enabled.sequence != 0;
        c->diagnosis->other_intid = rules_enabled_in_vain(c);
        if (c->diagnosis->other_intid != 0) {
            rules_evidence(c, "INTID %u: enabled by the guest, and no device or timer raises it",
                           c->diagnosis->other_intid);
        }
        return rules_found(c, "irq.not-enabled",
                           "%s raises INTID %u, which the guest %s (GICD_ISENABLER): look where "
                           "its driver gets the number from",
                           source.name, source.intid, was ? "has disabled" : "never enabled");
    }
    return false;
}

/* ---- held back ------------------------------------------------------------------------------- */

/* What keeps an enabled, pending interrupt back, other than an active one; NULL: nothing. */
static const char *rules_obstacle(const struct rules_case *c, unsigned cpu, unsigned intid)
{
    const struct gic *gic = board_gic(c->board);
    bool v3 = gic_version(gic) == GIC_V3;
    switch (gic_obstacle(gic, cpu, intid)) {
    case GIC_OBSTACLE_OFF:
        return v3 ? "the controller is switched off (GICD_CTLR, ICC_IGRPEN1)"
                  : "the controller is switched off (GICD_CTLR, GICC_CTLR)";
    case GIC_OBSTACLE_ASLEEP:
        return "the redistributor sleeps (GICR_WAKER)";
    case GIC_OBSTACLE_TARGET:
        return v3 ? "it is routed to no CPU (GICD_IROUTER)"
                  : "it is routed to no CPU (GICD_ITARGETSR)";
    case GIC_OBSTACLE_GROUP:
        return v3 ? "it is in Group 0, which is not signalled as IRQ (IGROUPR, ICC_IGRPEN1)"
                  : "its group is not signalled as IRQ (GICD_IGROUPR, GICD_CTLR, GICC_CTLR)";
    case GIC_OBSTACLE_REFUSED:
        return "it is in Group 1, and IAR answers 1022 for it (GICD_IGROUPR, GICC_CTLR.AckCtl)";
    case GIC_OBSTACLE_PRIORITY:
        return v3 ? "its priority does not pass the mask (ICC_PMR)"
                  : "its priority does not pass the mask (GICC_PMR)";
    case GIC_OBSTACLE_NONE:
        break;
    }
    return (cpu_view(board_cpu(c->board), cpu).daif & HAL_DAIF_I) != 0
               ? "the CPU runs with PSTATE.I set"
               : NULL;
}

static bool rules_timer_masked(struct rules_case *c)
{
    for (size_t i = 0; i < RULES_TIMERS; i++) {
        const struct rules_timer *timer = &rules_timers[i];
        const uint64_t off = GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK;
        bool masked = (rules_timer_control(c, timer) & off) == off;
        /* At a hang it does not matter that the time is still to come: nobody will hear of it. */
        if (masked && (c->question->hangs || rules_timer_waits(c, timer)) &&
            rules_time_is_overdue(c)) {
            rules_evidence_timer(c, timer, timer->intid);
            return rules_found(c, "irq.masked",
                               "the guest waits for the timer %s and keeps its interrupt off with "
                               "IMASK",
                               timer->name);
        }
    }
    return false;
}

bool rule_irq_masked(struct rules_case *c)
{
    for (unsigned i = 0; i < rules_source_count(c); i++) {
        struct rules_source source = rules_source(c, i);
        struct gic_irq_state state = rules_irq(c, source.intid);
        if (!rules_source_waits(c, &source) || !state.pending || !state.enabled || state.active) {
            continue;
        }
        unsigned cpu = rules_cpu_of(c, source.intid);
        const char *obstacle = rules_obstacle(c, cpu, source.intid);
        if (obstacle != NULL) {
            rules_evidence_source(c, &source);
            rules_evidence(c, "DAIF = 0x%x", (unsigned)cpu_view(board_cpu(c->board), cpu).daif);
            return rules_found(c, "irq.masked",
                               "%s's INTID %u is pending and enabled, and is not delivered: %s",
                               source.name, source.intid, obstacle);
        }
    }
    return rules_timer_masked(c);
}

/* ---- lost ------------------------------------------------------------------------------------ */

/* Whether a driver of the device sleeps for what is there, and could not know of it. */
static bool rules_device_matters(const struct rules_case *c, const struct rules_source *source)
{
    if (source->device->is_share) {
        return rules_answer_is_left(c, source->device, false);
    }
    return rules_rx_unconsumed(c, source->device) && rules_queue_waiter(c) == NULL;
}

/*
 * The device returned a buffer and did not even set its status: the driver asked for that in the
 * available ring's flags, or the device forgot. [VIRTIO1.2] 2.7.7. A status that was set already is
 * not set again, and tells of this buffer as well: then it was acknowledged afterwards.
 */
static bool rules_status_missing(const struct rules_case *c, const struct rules_source *source)
{
    const struct ledger_device *device = source->device;
    const struct ledger_fault *last = ledger_fault(c->ledger, 0);
    return rules_is_running(c, device) && rules_dev(c, source)->isr == 0 &&
           device->rx.used.sequence > device->isr_set.sequence &&
           device->rx.used.sequence > device->isr_ack.sequence && last != NULL &&
           strcmp(last->object, "link") != 0;
}

/* No message was sent for what came last, or nobody has taken the INTID of one since. */
static bool rules_message_lost(const struct rules_case *c, const struct ledger_device *device)
{
    const struct ledger_mark *message = &device->message;
    if (message->sequence < device->rx.used.sequence) {
        return true;
    }
    return device->message_data < G_N_ELEMENTS(c->ledger->irqs) &&
           c->ledger->irqs[device->message_data].taken.sequence < message->sequence;
}

static bool rules_lost(const struct rules_case *c, const struct rules_source *source)
{
    struct gic_irq_state state = rules_irq(c, source->intid);
    if (rules_is_asserted(&state) || state.active) {
        return false;
    }
    if (source->timer != NULL) {
        return rules_source_waits(c, source) && rules_time_is_overdue(c);
    }
    if (!rules_device_matters(c, source)) {
        return false;
    }
    if (board_device_sends_messages(c->board, source->device->name)) {
        return rules_message_lost(c, source->device);
    }
    return rules_source_waits(c, source) || rules_status_missing(c, source);
}

/* What a driver that sleeps for the interrupt would do without it. */
static void rules_evidence_sleeper(struct rules_case *c)
{
    char since[32], until[32];
    for (guint i = 1; i < c->ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(c->ledger->tasks, i);
        if (task == NULL || task->state != LEDGER_TASK_BLOCKED || strcmp(task->on, "irq") != 0) {
            continue;
        }
        bool has_end = task->deadline_ns != LEDGER_NO_TIME;
        rules_evidence(
            c,
            "task %s sleeps on irq since %s, %s%s; meanwhile only an interrupt makes it look at its rings",
            task->name, rules_time(since, task->since.time_ns),
            has_end ? "until " : "without an end",
            has_end ? rules_time(until, task->deadline_ns) : "");
    }
}

/* Where interrupts of several devices are lost, the program may sleep for that of one. */
static bool rules_is_slept_for(const struct rules_case *c, const struct rules_source *source)
{
    return c->question->program != NULL && source->device != NULL && source->device->is_share &&
           rules_answer_is_left(c, source->device, true);
}

static bool rules_some_lost(struct rules_case *c, bool for_program)
{
    for (unsigned i = 0; i < rules_source_count(c); i++) {
        struct rules_source source = rules_source(c, i);
        if (!rules_lost(c, &source) || (for_program && !rules_is_slept_for(c, &source))) {
            continue;
        }
        c->diagnosis->repair = DIAGNOSIS_REPAIR_RAISE;
        c->diagnosis->intid = source.intid;
        rules_evidence_source(c, &source);
        if (source.device != NULL) {
            c->diagnosis->device = source.device->name;
            rules_evidence_sleeper(c);
        }
        return rules_found(c, "irq.lost",
                           "%s wants an interrupt, and INTID %u never became pending", source.name,
                           source.intid);
    }
    return false;
}

bool rule_irq_lost(struct rules_case *c)
{
    return rules_some_lost(c, true) || rules_some_lost(c, false);
}
