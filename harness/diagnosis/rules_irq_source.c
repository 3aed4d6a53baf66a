/*
 * rules_irq_source.c - timers and cards, as far as they want interrupts
 */
#include "harness/diagnosis/rules_irq_source.h"

#include "emu/virtio/virtio_spec.h"

/* ---- timers ---------------------------------------------------------------------------------- */

const struct rules_timer rules_timers[RULES_TIMERS] = {
    {GTIMER_VIRTUAL, "CNTV", BOARD_TIMER_VIRT_INTID},
    {GTIMER_PHYSICAL, "CNTP", BOARD_TIMER_PHYS_INTID},
    {GTIMER_HYP_PHYSICAL, "CNTHP", BOARD_TIMER_HYP_INTID},
    {GTIMER_HYP_VIRTUAL, "CNTHV", BOARD_TIMER_HYPV_INTID},
};

uint64_t rules_timer_control(const struct rules_case *c, const struct rules_timer *timer)
{
    return gtimer_read(board_timer(c->board, c->cpu), timer->id, GTIMER_CTL);
}

/* Its condition is met, and nobody has cared about it since. */
bool rules_timer_waits(const struct rules_case *c, const struct rules_timer *timer)
{
    const uint64_t met = GTIMER_CTL_ENABLE | GTIMER_CTL_ISTATUS;
    if ((rules_timer_control(c, timer) & met) != met) {
        return false;
    }
    uint64_t since_ns = gtimer_deadline_ns(board_timer(c->board, c->cpu), timer->id);
    return c->question->hangs || c->now_ns - since_ns >= RULES_SETTLE_NS;
}

void rules_evidence_timer(struct rules_case *c, const struct rules_timer *timer, unsigned raised)
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

struct gic_irq_state rules_irq(const struct rules_case *c, unsigned intid)
{
    return gic_irq_state(board_gic(c->board), rules_cpu_of(c, intid), intid);
}

bool rules_is_asserted(const struct gic_irq_state *state)
{
    return state->level || state->pending;
}

/* ---- sources --------------------------------------------------------------------------------- */

unsigned rules_source_count(const struct rules_case *c)
{
    return RULES_TIMERS + c->ledger->device_count;
}

struct rules_source rules_source(const struct rules_case *c, unsigned index)
{
    if (index < RULES_TIMERS) {
        const struct rules_timer *timer = &rules_timers[index];
        return (struct rules_source){timer->name, timer->intid, timer, NULL};
    }
    const struct ledger_device *device = &c->ledger->devices[index - RULES_TIMERS];
    /* Not that of the ledger: a device on PCI may have changed from its line to messages. */
    unsigned intid = board_device_intid(c->board, device->name);
    return (struct rules_source){device->name, intid, NULL, device};
}

struct virtio_dev *rules_dev(const struct rules_case *c, const struct rules_source *source)
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
bool rules_source_waits(const struct rules_case *c, const struct rules_source *source)
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

void rules_evidence_source(struct rules_case *c, const struct rules_source *source)
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
