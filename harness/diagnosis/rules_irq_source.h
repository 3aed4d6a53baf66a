/*
 * rules_irq_source.h - what may want an interrupt, and whether it does: timers and cards
 */
#ifndef HARNESS_DIAGNOSIS_RULES_IRQ_SOURCE_H
#define HARNESS_DIAGNOSIS_RULES_IRQ_SOURCE_H

#include "harness/diagnosis/rules.h"

#define RULES_TIMERS 4U

struct rules_timer {
    enum gtimer_id id;
    const char *name;
    unsigned intid;
};
extern const struct rules_timer rules_timers[RULES_TIMERS];

uint64_t rules_timer_control(const struct rules_case *c, const struct rules_timer *timer);
/* Its condition is met, and nobody has cared about it since. */
bool rules_timer_waits(const struct rules_case *c, const struct rules_timer *timer);
void rules_evidence_timer(struct rules_case *c, const struct rules_timer *timer, unsigned raised);

struct gic_irq_state rules_irq(const struct rules_case *c, unsigned intid);
bool rules_is_asserted(const struct gic_irq_state *state);

/* A timer, or a device. */
struct rules_source {
    const char *name;
    unsigned intid;
    const struct rules_timer *timer;
    const struct ledger_device *device;
};

/* The timers, then the devices. */
unsigned rules_source_count(const struct rules_case *c);
struct rules_source rules_source(const struct rules_case *c, unsigned index);
struct virtio_dev *rules_dev(const struct rules_case *c, const struct rules_source *source);
/* Whether it wants an interrupt that the guest has had the time to take. */
bool rules_source_waits(const struct rules_case *c, const struct rules_source *source);
void rules_evidence_source(struct rules_case *c, const struct rules_source *source);

#endif
