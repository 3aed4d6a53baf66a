/*
 * rules_irq.c - the links between a source of interrupts and the CPU
 *
 * Device or timer → line → pending → enabled → not held back → acknowledged → ended. [GICv2] 3.2,
 * [ARM] D11.2.4.
 */
#include "emu/virtio/virtio_spec.h"
#include "harness/diagnosis/rules.h"

#include <string.h>

/* PPIs, where all timers are. */
#define RULES_PPI_FIRST 16
#define RULES_PPI_END   32

/* ---- timers ---------------------------------------------------------------------------------- */

static const struct rules_timer {
    enum gtimer_id id;
    const char *name;
    unsigned intid;
} rules_timers[] = {
    {GTIMER_VIRTUAL, "CNTV", BOARD_TIMER_VIRT_INTID},
    {GTIMER_PHYSICAL, "CNTP", BOARD_TIMER_PHYS_INTID},
    {GTIMER_HYP_PHYSICAL, "CNTHP", BOARD_TIMER_HYP_INTID},
    {GTIMER_HYP_VIRTUAL, "CNTHV", BOARD_TIMER_HYPV_INTID},
};

static uint64_t rules_timer_control(const struct rules_case *c, const struct rules_timer *timer)
{
    return gtimer_read(board_timer(c->board, c->cpu), timer->id, GTIMER_CTL);
}

/* Its condition is met, and nobody has cared about it since. */
static bool rules_timer_waits(const struct rules_case *c, const struct rules_timer *timer)
{
    const uint64_t met = GTIMER_CTL_ENABLE | GTIMER_CTL_ISTATUS;
    if ((rules_timer_control(c, timer) & met) != met) {
        return false;
    }
    uint64_t since_ns = gtimer_deadline_ns(board_timer(c->board, c->cpu), timer->id);
    return c->question->hangs || c->now_ns - since_ns >= RULES_SETTLE_NS;
}

static void rules_evidence_timer(struct rules_case *c, const struct rules_timer *timer,
                                 unsigned raised)
{
    uint64_t control = rules_timer_control(c, timer);
    uint64_t met_ns = gtimer_deadline_ns(board_timer(c->board, c->cpu), timer->id);
    char at[32];
    rules_evidence(
        c, "%s_CTL = %u%s%s%s; its condition is met from %s on; it raises INTID %u", timer->name,
        (unsigned)control, (control & GTIMER_CTL_ENABLE) != 0 ? " ENABLE" : "",
        (control & GTIMER_CTL_IMASK) != 0 ? " IMASK" : "",
        (control & GTIMER_CTL_ISTATUS) != 0 ? " ISTATUS" : "", rules_time(at, met_ns), raised);
}

static struct gic_irq_state rules_irq(const struct rules_case *c, unsigned intid)
{
    return gic_irq_state(board_gic(c->board), rules_cpu_of(c, intid), intid);
}

static bool rules_is_asserted(const struct gic_irq_state *state)
{
    return state->level || state->pending;
}

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
    for (size_t i = 0; i < G_N_ELEMENTS(rules_timers); i++) {
        bool masked = (rules_timer_control(c, &rules_timers[i]) & GTIMER_CTL_IMASK) != 0;
        if (!masked && rules_timer_waits(c, &rules_timers[i]) &&
            rules_mismatch(c, &rules_timers[i])) {
            return true;
        }
    }
    return false;
}

/* ---- sources --------------------------------------------------------------------------------- */

/* What may want an interrupt: the timers, then the devices. */
struct rules_source {
    const char *name;
    unsigned intid;
    const struct rules_timer *timer;
    const struct ledger_device *device;
};

static unsigned rules_source_count(const struct rules_case *c)
{
    return (unsigned)G_N_ELEMENTS(rules_timers) + c->ledger->device_count;
}

static struct rules_source rules_source(const struct rules_case *c, unsigned index)
{
    if (index < G_N_ELEMENTS(rules_timers)) {
        const struct rules_timer *timer = &rules_timers[index];
        return (struct rules_source){timer->name, timer->intid, timer, NULL};
    }
    const struct ledger_device *device = &c->ledger->devices[index - G_N_ELEMENTS(rules_timers)];
    /* Not that of the ledger: a device on PCI may have changed from its line to messages. */
    unsigned intid = board_device_intid(c->board, device->name);
    return (struct rules_source){device->name, intid, NULL, device};
}

static struct virtio_dev *rules_dev(const struct rules_case *c, const struct rules_source *source)
{
    return board_device(c->board, source->device->name);
}

/*
 * A message leaves nothing behind in the device: it waits in the interrupt controller, or nowhere.
 */
static bool rules_message_waits(const struct rules_case *c, const struct rules_source *source)
{
    struct gic_irq_state state = rules_irq(c, source->intid);
    return rules_is_asserted(&state) && rules_is_settled(c, &source->device->rx.used);
}

/* Whether it wants an interrupt that the guest has had the time to take. */
static bool rules_source_waits(const struct rules_case *c, const struct rules_source *source)
{
    if (source->timer != NULL) {
        bool masked = (rules_timer_control(c, source->timer) & GTIMER_CTL_IMASK) != 0;
        return !masked && rules_timer_waits(c, source->timer);
    }
    if (rules_is_running(c, source->device) &&
        board_device_sends_messages(c->board, source->device->name)) {
        return rules_message_waits(c, source);
    }
    return rules_is_running(c, source->device) && rules_dev(c, source)->isr != 0 &&
           rules_is_settled(c, &source->device->isr_set);
}

static void rules_evidence_source(struct rules_case *c, const struct rules_source *source)
{
    if (source->timer != NULL) {
        rules_evidence_timer(c, source->timer, source->intid);
    } else if (board_device_sends_messages(c->board, source->device->name)) {
        rules_evidence(c, "%s: sends messages (MSI-X); that of its receive queue raises INTID %u",
                       source->name, source->intid);
        rules_evidence_queue(c, &source->device->rx);
        rules_evidence_queue(c, &source->device->tx);
    } else {
        char at[32];
        unsigned isr = rules_dev(c, source)->isr;
        const struct ledger_mark *mark =
            isr != 0 ? &source->device->isr_set : &source->device->isr_ack;
        rules_evidence(c, "%s: InterruptStatus = 0x%x%s%s%s; it raises INTID %u", source->name, isr,
                       mark->sequence != 0 ? isr != 0 ? " since " : ", acknowledged at " : "",
                       mark->sequence != 0 ? rules_time(at, mark->time_ns) : "",
                       isr != 0 ? ", not acknowledged" : "", source->intid);
        rules_evidence_queue(c, &source->device->rx);
        rules_evidence_queue(c, &source->device->tx);
    }
    rules_evidence_irq(c, source->intid);
}

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
            rules_waits_for_write(c, &source)) {
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
        if (!rules_source_waits(c, &source) || !rules_is_asserted(&state) || state.enabled) {
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

/* ---- acknowledged ---------------------------------------------------------------------------- */

/* A vector that understands the answer leaves at the first one. */
#define RULES_SPURIOUS_MANY 16
#define RULES_ANSWERS       1020 /* from here on IAR answers something else, [GICv2] 3.2.5 */

/* ", and ends 511": what it wrote to EOIR since, when that was no INTID that it had been given. */
static const char *rules_ended_instead(const struct rules_case *c, char text[static 32])
{
    const struct ledger *ledger = c->ledger;
    text[0] = '\0';
    if (ledger->breach.sequence != 0 && ledger->breach_intid < RULES_ANSWERS) {
        g_snprintf(text, 32, ", and ends %u", (unsigned)ledger->breach_intid);
    }
    return text;
}

bool rule_irq_spurious_served(struct rules_case *c)
{
    const struct ledger *ledger = c->ledger;
    if (ledger->spurious_count < RULES_SPURIOUS_MANY) {
        return false;
    }
    char at[32], ended[32];
    rules_evidence(c,
                   "irq.spurious: %" G_GUINT64_FORMAT " times since the last cpu.irq, last at %s",
                   ledger->spurious_count, rules_time(at, ledger->spurious.time_ns));
    rules_evidence(c, "DAIF = 0x%x", (unsigned)cpu_view(board_cpu(c->board), c->cpu).daif);
    return rules_found(c, "irq.spurious-served",
                       "IAR answered that there is no interrupt, and the guest did not leave its "
                       "vector: it takes the answer for an INTID%s. Compare all ten bits: 1020 to "
                       "1023 end the vector, without a handler and without a write to EOIR",
                       rules_ended_instead(c, ended));
}

/* ---- ended ----------------------------------------------------------------------------------- */

/* Whose an INTID is: a timer's or a card's; NULL: neither. */
static const char *rules_owner(const struct rules_case *c, unsigned intid)
{
    for (unsigned i = 0; i < rules_source_count(c); i++) {
        struct rules_source source = rules_source(c, i);
        if (source.intid == intid) {
            return source.name;
        }
    }
    return NULL;
}

/* The INTID that was taken and not ended, and has been so for long; 0: none. */
static unsigned rules_find_active(const struct rules_case *c)
{
    for (unsigned intid = RULES_PPI_FIRST; intid < G_N_ELEMENTS(c->ledger->irqs); intid++) {
        if (c->ledger->irqs[intid].taken_count > 0 && rules_irq(c, intid).active &&
            rules_is_settled(c, &c->ledger->irqs[intid].taken)) {
            return intid;
        }
    }
    return 0;
}

bool rule_irq_never_eoi(struct rules_case *c)
{
    unsigned active = rules_find_active(c);
    if (active == 0 || (active == c->ledger->hold.intid && !c->question->hangs)) {
        return false; /* or it is ended late, as it was before */
    }
    /* It is the missing link only when it keeps something back. */
    for (unsigned i = 0; i < rules_source_count(c); i++) {
        struct rules_source source = rules_source(c, i);
        struct gic_irq_state state = rules_irq(c, source.intid);
        bool kept_back = rules_source_waits(c, &source) && rules_is_asserted(&state) &&
                         state.enabled &&
                         state.priority >= gic_running_priority(board_gic(c->board),
                                                                rules_cpu_of(c, source.intid));
        if (!kept_back && !(source.intid == active && rules_source_waits(c, &source))) {
            continue;
        }
        c->diagnosis->repair = DIAGNOSIS_REPAIR_END;
        c->diagnosis->intid = active;
        char at[32];
        const char *owner = rules_owner(c, active);
        rules_evidence_source(c, &source);
        if (active != source.intid) {
            rules_evidence_irq(c, active);
        }
        return rules_found(c, "irq.never-eoi",
                           "the guest took INTID %u (%s) at %s and never ended it, which keeps "
                           "%s's INTID %u from the CPU",
                           active, owner != NULL ? owner : "nobody's",
                           rules_time(at, c->ledger->irqs[active].taken.time_ns), source.name,
                           source.intid);
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
    for (size_t i = 0; i < G_N_ELEMENTS(rules_timers); i++) {
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
        return rules_answer_is_left(c, source->device);
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
    const struct ledger_fault *last =
        c->ledger->fault_count > 0
            ? &c->ledger->faults[(c->ledger->fault_count - 1) % LEDGER_FAULTS_MAX]
            : NULL;
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

bool rule_irq_lost(struct rules_case *c)
{
    for (unsigned i = 0; i < rules_source_count(c); i++) {
        struct rules_source source = rules_source(c, i);
        if (!rules_lost(c, &source)) {
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

/* ---- ended late ------------------------------------------------------------------------------ */

/* Longer than any other interrupt may be kept waiting by one whose handler has done its work. */
#define RULES_HELD_NS UINT64_C(1000000)

/* Whether the program lived while it was so. */
static bool rules_held_during(const struct rules_case *c, const struct ledger_hold *hold)
{
    const struct ledger_program *program = c->question->program;
    return program == NULL || !program->exited || program->exited_at.sequence > hold->from.sequence;
}

bool rule_irq_ended_late(struct rules_case *c)
{
    const struct ledger_hold *hold = &c->ledger->hold;
    uint64_t waited_ns = hold->kept != 0 ? hold->to.time_ns - hold->kept_since.time_ns : 0;
    if (waited_ns < RULES_HELD_NS || !rules_held_during(c, hold)) {
        return false;
    }
    const struct ledger_task *task = ledger_task(c->ledger, hold->task);
    char from[32], to[32], since[32];
    rules_evidence(c, "INTID %u: active from %s to %s; before its end the CPU ran task %s",
                   hold->intid, rules_time(from, hold->from.time_ns),
                   rules_time(to, hold->to.time_ns),
                   task != NULL && task->name != NULL ? task->name : "?");
    rules_evidence(c, "INTID %u: pending from %s on, taken only behind that end", hold->kept,
                   rules_time(since, hold->kept_since.time_ns));
    rules_evidence_irq(c, hold->kept);
    c->diagnosis->intid = hold->intid;
    return rules_found(c, "irq.ended-late",
                       "the guest took INTID %u at %s, left its vector and ended it only at %s; "
                       "until then its priority kept INTID %u from the CPU, which had to wait "
                       "for %" G_GUINT64_FORMAT " us",
                       hold->intid, rules_time(from, hold->from.time_ns),
                       rules_time(to, hold->to.time_ns), hold->kept, waited_ns / 1000);
}
