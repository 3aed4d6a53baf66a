/*
 * gtimer.h - the Arm generic timer of one CPU: CNTP and CNTV
 *
 * As in the Arm Architecture Reference Manual, D11 (the Generic Timer): a system counter and two
 * comparators with CVAL, TVAL and CTL (ENABLE, IMASK, ISTATUS). The output of a timer is ENABLE &&
 * condition && !IMASK, a level. CNTVOFF_EL2 is 0. The count is the virtual clock's time / 16 ns, so
 * that a guest that derives its time from the counter has the bench's time: 1 s at power-on.
 */
#ifndef EMU_GIC_TIMER_GTIMER_H
#define EMU_GIC_TIMER_GTIMER_H

#include "emu/core/irqline.h"
#include "emu/core/trace.h"

#define GTIMER_FREQUENCY_HZ UINT64_C(62500000) /* QEMU's: a count is 16 ns */

enum gtimer_id {
    GTIMER_PHYSICAL, /* CNTP */
    GTIMER_VIRTUAL,  /* CNTV */
    GTIMER_COUNT,
};

enum gtimer_register {
    GTIMER_CTL,
    GTIMER_CVAL,
    GTIMER_TVAL,
};

#define GTIMER_CTL_ENABLE  UINT64_C(1)
#define GTIMER_CTL_IMASK   UINT64_C(2)
#define GTIMER_CTL_ISTATUS UINT64_C(4)

struct gtimer;

/* `outputs`, by gtimer_id, are copied. */
struct gtimer *gtimer_new(struct vclock *clock, struct trace *trace,
                          const struct irqline outputs[GTIMER_COUNT]);
void gtimer_free(struct gtimer *timer);

uint64_t gtimer_count(const struct gtimer *timer);
uint64_t gtimer_read(const struct gtimer *timer, enum gtimer_id id, enum gtimer_register reg);
void gtimer_write(struct gtimer *timer, enum gtimer_id id, enum gtimer_register reg,
                  uint64_t value);

/* When a timer's condition will be met, or was: virtual ns; VCLOCK_NEVER when it is disabled. */
uint64_t gtimer_deadline_ns(const struct gtimer *timer, enum gtimer_id id);

#endif
