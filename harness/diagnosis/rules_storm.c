/*
 * rules_storm.c - an interrupt that comes again and again, because nobody quiets its source
 *
 * A level-sensitive interrupt is pending while its line is up [GICv2] 1.4.2: ended without its
 * source being quieted, it is taken again at once, and nothing else runs any more. The source is
 * quiet when the driver has acknowledged the device's status [VIRTIO1.2] 4.2.2, 4.1.4.5, or has
 * moved or masked the timer [ARM] D11.2.4. A line that a fault holds up has no such source, and is
 * none of this rule's.
 */
#include "harness/diagnosis/rules.h"

/* Taken so often while its line was up all the time. A handler that works needs one, or two. */
#define RULES_STORM_TAKEN 16

static bool rules_storms(const struct rules_case *c, unsigned intid)
{
    struct gic_irq_state state = gic_irq_state(board_gic(c->board), rules_cpu_of(c, intid), intid);
    return c->ledger->irqs[intid].taken_while_up >= RULES_STORM_TAKEN && state.level;
}

/* ---- no handler ------------------------------------------------------------------------------ */

static bool rules_is_asking(const struct rules_case *c, const struct ledger_device *device)
{
    const struct virtio_dev *dev = board_device(c->board, device->name);
    return dev != NULL && dev->isr != 0;
}

/* A device that the guest works with, and whose interrupts this INTID announces. */
static bool rules_has_user(const struct rules_case *c, unsigned intid)
{
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (device->intid == intid && rules_is_running(c, device)) {
            return true;
        }
    }
    return false;
}

/* The guest let go of the device, and its INTID is still enabled. */
static bool rules_left_enabled(struct rules_case *c, const struct ledger_device *device)
{
    struct gic_irq_state state =
        gic_irq_state(board_gic(c->board), rules_cpu_of(c, device->intid), device->intid);
    const struct ledger_irq *irq = &c->ledger->irqs[device->intid];
    if (device->reset.sequence == 0 || rules_has_user(c, device->intid) || !state.enabled ||
        irq->enabled.sequence > device->reset.sequence) {
        return false;
    }
    char reset[32], enabled[32];
    rules_evidence(c,
                   "%s: reset by its driver at %s, and not started again; INTID %u enabled at "
                   "%s, and not disabled since",
                   device->name, rules_time(reset, device->reset.time_ns), device->intid,
                   rules_time(enabled, irq->enabled.time_ns));
    rules_evidence_irq(c, device->intid);
    return rules_found(c, "irq.unhandled",
                       "the guest let go of %s and left its INTID %u enabled: it was taken "
                       "%" G_GUINT64_FORMAT " times since, and nobody is there to handle it; who "
                       "takes the last handler out has to disable the INTID (GICD_ICENABLER)",
                       device->name, device->intid, irq->taken_while_up);
}

/* By its own count, the guest calls nobody who would know what to do. */
static bool rules_calls_nobody(struct rules_case *c, const struct ledger_device *device)
{
    const struct ledger_irq *irq = &c->ledger->irqs[device->intid];
    if (!rules_is_asking(c, device) || irq->unhandled_while_up < RULES_STORM_TAKEN) {
        return false;
    }
    char set[32];
    rules_evidence(c, "%s: interrupt status not 0 since %s", device->name,
                   rules_time(set, device->isr_set.time_ns));
    rules_evidence(c, "counter irq.unhandled: %" G_GUINT64_FORMAT " times for INTID %u since",
                   irq->unhandled_while_up, device->intid);
    rules_evidence_irq(c, device->intid);
    return rules_found(c, "irq.unhandled",
                       "%s raises INTID %u, the guest took it %" G_GUINT64_FORMAT
                       " times, and each time found no handler whose it was: look at how it gets "
                       "from the number that IAR gave to the handler that was registered",
                       device->name, device->intid, irq->taken_while_up);
}

bool rule_irq_unhandled(struct rules_case *c)
{
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (rules_storms(c, device->intid) &&
            (rules_left_enabled(c, device) || rules_calls_nobody(c, device))) {
            return true;
        }
    }
    return false;
}

/* ---- nobody quiets it ------------------------------------------------------------------------ */

static bool rules_found_storm(struct rules_case *c, unsigned intid, const char *name,
                              const char *owed)
{
    const struct ledger_irq *irq = &c->ledger->irqs[intid];
    char up[32];
    c->diagnosis->intid = intid;
    rules_evidence_irq(c, intid);
    return rules_found(c, "irq.storm",
                       "the line of INTID %u is up since %s and was taken %" G_GUINT64_FORMAT
                       " times since: the guest ends the interrupt and does not quiet %s, %s",
                       intid, rules_time(up, irq->level_up.time_ns), irq->taken_while_up, name,
                       owed);
}

static bool rules_device_storms(struct rules_case *c, const struct ledger_device *device)
{
    const struct virtio_dev *dev = board_device(c->board, device->name);
    unsigned isr = dev != NULL ? dev->isr : 0;
    if (isr == 0 || !rules_storms(c, device->intid)) {
        return false;
    }
    char set[32], acknowledged[32];
    bool ever = device->isr_ack.sequence != 0;
    rules_evidence(c, "%s: interrupt status 0x%x, set at %s, %s%s", device->name, isr,
                   rules_time(set, device->isr_set.time_ns),
                   ever ? "last acknowledged at " : "never acknowledged",
                   ever ? rules_time(acknowledged, device->isr_ack.time_ns) : "");
    return rules_found_storm(c, device->intid, device->name,
                             "whose interrupt status it has to acknowledge");
}

static bool rules_timer_storms(struct rules_case *c, enum gtimer_id id, const char *name,
                               unsigned intid)
{
    const uint64_t bits = GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK | GTIMER_CTL_ISTATUS;
    uint64_t control = gtimer_read(board_timer(c->board, c->cpu), id, GTIMER_CTL);
    bool asks = (control & bits) == (GTIMER_CTL_ENABLE | GTIMER_CTL_ISTATUS);
    if (!asks || !rules_storms(c, intid)) {
        return false;
    }
    rules_evidence(c, "%s_CTL = %u ENABLE ISTATUS", name, (unsigned)control);
    return rules_found_storm(c, intid, name,
                             "whose comparator or control register it has to write");
}

bool rule_irq_storm(struct rules_case *c)
{
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        if (rules_device_storms(c, &c->ledger->devices[i])) {
            return true;
        }
    }
    return rules_timer_storms(c, GTIMER_VIRTUAL, "CNTV", BOARD_TIMER_VIRT_INTID) ||
           rules_timer_storms(c, GTIMER_PHYSICAL, "CNTP", BOARD_TIMER_PHYS_INTID) ||
           rules_timer_storms(c, GTIMER_HYP_PHYSICAL, "CNTHP", BOARD_TIMER_HYP_INTID) ||
           rules_timer_storms(c, GTIMER_HYP_VIRTUAL, "CNTHV", BOARD_TIMER_HYPV_INTID);
}
