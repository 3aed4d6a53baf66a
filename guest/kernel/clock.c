/* clock.c - the one clock of the machine; it stands still at 0 until a driver registers */
#include "kernel/clock.h"

#include "kernel/timeout.h"
#include "lib/kassert.h"

#include <stddef.h>

static const struct clock_driver *clock_driver;
static uint64_t clock_realtime_offset_ns; /* time of day minus the counter's, modulo 2^64 */

void clock_register(const struct clock_driver *driver)
{
    kassert(driver->now_ns != NULL);
    kassert(driver->set_deadline != NULL);
    clock_driver = driver;
}

uint64_t clock_now_ns(void)
{
    return clock_driver != NULL ? clock_driver->now_ns() : 0;
}

void clock_set_realtime(uint64_t realtime_ns)
{
    clock_realtime_offset_ns = realtime_ns - clock_now_ns();
}

uint64_t clock_realtime_ns(void)
{
    return clock_now_ns() + clock_realtime_offset_ns;
}

uint64_t clock_of_realtime_ns(uint64_t realtime_ns)
{
    if (clock_realtime_offset_ns > INT64_MAX) /* the time of day is behind the counter */
        return realtime_ns - clock_realtime_offset_ns;
    return realtime_ns > clock_realtime_offset_ns ? realtime_ns - clock_realtime_offset_ns : 0;
}

void clock_set_deadline(uint64_t deadline_ns)
{
    if (clock_driver != NULL)
        clock_driver->set_deadline(deadline_ns);
}

void clock_interrupt(void)
{
    timeout_run(clock_now_ns());
}
