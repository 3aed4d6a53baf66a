/* calendar.c - the date of a time, in UTC: years as long as they are, from 1970 on */
#include "programs/calendar.h"

#include <stdbool.h>

#define CALENDAR_DAY_S        86400
#define CALENDAR_1970_WEEKDAY 4                                   /* a Thursday */
#define CALENDAR_SECONDS_MAX  (UINT64_MAX / UINT64_C(1000000000)) /* in 2554 */

static bool calendar_is_leap_year(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned calendar_month_days(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && calendar_is_leap_year(year) ? 29 : days[month - 1];
}

struct calendar_date calendar_from_seconds(uint64_t seconds)
{
    seconds = seconds < CALENDAR_SECONDS_MAX ? seconds : CALENDAR_SECONDS_MAX;
    uint64_t days = seconds / CALENDAR_DAY_S;
    unsigned rest = (unsigned)(seconds % CALENDAR_DAY_S);
    struct calendar_date date = {
        .seconds = seconds,
        .year = 1970,
        .month = 1,
        .weekday = (unsigned)((days + CALENDAR_1970_WEEKDAY) % 7),
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
    };
    unsigned year_days;
    while (days >= (year_days = calendar_is_leap_year(date.year) ? 366 : 365)) {
        days -= year_days;
        date.year++;
    }
    unsigned month_days;
    while (days >= (month_days = calendar_month_days(date.year, date.month))) {
        days -= month_days;
        date.month++;
    }
    date.day = (unsigned)days + 1;
    return date;
}
