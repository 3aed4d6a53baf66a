/*
 * clock.h - what time it is
 *
 * A clock driver (drivers/arm_timer.c) registers itself once. Times are nanoseconds of its counter.
 */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include <stdint.h>

struct clock_driver {
    const char *name;
    uint64_t (*now_ns)(void);
    /* Interrupt at this time; UINT64_MAX: never. A time in the past: at once. */
    void (*set_deadline)(uint64_t deadline_ns);
};

void clock_register(const struct clock_driver *driver);
uint64_t clock_now_ns(void);
/*
 * The time of day: since 1970, in UTC. A driver of a real-time clock says once what it is now;
 * where there is none, 1970 begins when the counter does.
 */
void clock_set_realtime(uint64_t realtime_ns);
uint64_t clock_realtime_ns(void);
/* What the counter shows at this time of day; 0: it had not begun. */
uint64_t clock_of_realtime_ns(uint64_t realtime_ns);
void clock_set_deadline(uint64_t deadline_ns);
/* Called by the driver from its interrupt. */
void clock_interrupt(void);

#endif
