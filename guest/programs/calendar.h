/*
 * calendar.h - the date of a time, in UTC
 */
#ifndef PROGRAMS_CALENDAR_H
#define PROGRAMS_CALENDAR_H

#include <stdint.h>

struct calendar_date {
    uint64_t seconds; /* since 1970 */
    unsigned year, month, day, weekday, hour, minute, second;
};

/* Any time that a clock of 64 bits of nanoseconds shows; all later ones are its last. */
struct calendar_date calendar_from_seconds(uint64_t seconds);

#endif
