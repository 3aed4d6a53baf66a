/*
 * gtimer.h - the Arm generic timer of one CPU: CNTP and CNTV
 *
 * As in the Arm Architecture Reference Manual, D11 (the Generic Timer): a system counter and two
 * comparators with CVAL, TVAL and CTL (ENABLE, IMASK, ISTATUS). The output of a timer is ENABLE &&
 * condition && !IMASK, a level. CNTVOFF_EL2 is 0. The count is the virtual clock's time in periods
 * of the frequency, so that a guest that derives its time from the counter has the bench's time:
 * 1 s at power-on.
 */
#ifndef EMU_GIC_TIMER_GTIMER_H
#define EMU_GIC_TIMER_GTIMER_H

#include "emu/core/irqline.h"
#include "emu/core/trace.h"

#define GTIMER_FREQUENCY_HZ     UINT64_C(62500000) /* QEMU's: a count is 16 ns */
#define GTIMER_FREQUENCY_MIN_HZ UINT64_C(1000000)
#define GTIMER_FREQUENCY_MAX_HZ UINT64_C(1000000000)
#define GTIMER_DELAY_MAX_NS     UINT64_C(100000)
#define GTIMER_DRIFT_MAX_PPM    900000 /* either way */

enum gtimer_id {
    GTIMER_PHYSICAL,     /* CNTP */
    GTIMER_VIRTUAL,      /* CNTV */
    GTIMER_HYP_PHYSICAL, /* CNTHP, of EL2 */
    GTIMER_HYP_VIRTUAL,  /* CNTHV, of EL2 with VHE */
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

struct gtimer_config {
    struct irqline outputs[GTIMER_COUNT];
    uint64_t frequency_hz; /* of both counts */
    /*
     * From a change of ENABLE && condition && !IMASK to the line: what is shorter than that never
     * gets there. ISTATUS is not late.
     */
    uint64_t delay_ns;
};

/* Copies `config`. */
struct gtimer *gtimer_new(struct vclock *clock, struct trace *trace,
                          const struct gtimer_config *config);
void gtimer_free(struct gtimer *timer);

/* CNTPCT or CNTVCT. */
uint64_t gtimer_count(const struct gtimer *timer, enum gtimer_id id);
/*
 * From now on this count is faster by so many millionths, or slower, than its frequency says. What
 * was gained or lost until then remains: a count never jumps.
 */
void gtimer_set_drift(struct gtimer *timer, enum gtimer_id id, int ppm);
uint64_t gtimer_read(const struct gtimer *timer, enum gtimer_id id, enum gtimer_register reg);
void gtimer_write(struct gtimer *timer, enum gtimer_id id, enum gtimer_register reg,
                  uint64_t value);

int gtimer_drift(const struct gtimer *timer, enum gtimer_id id);

/* When a timer's condition will be met, or was: virtual ns; VCLOCK_NEVER when it is disabled. */
uint64_t gtimer_deadline_ns(const struct gtimer *timer, enum gtimer_id id);

#endif
