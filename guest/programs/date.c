/*
 * date.c - date [-u] [+FORMAT]
 *
 * Prints the time of day, which is UTC. As in coreutils; of the conversions %F %T %Y %m %d %H %M %S
 * %a %b %s %%.
 */
#include "lib/format.h"
#include "programs/calendar.h"
#include "programs/programs.h"
#include "programs/user.h"

#define DATE_TEXT_MAX 80

static const char date_weekdays[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char date_months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* One conversion. False: there is none of that letter. */
static bool date_convert(char text[DATE_TEXT_MAX], char letter, const struct calendar_date *date)
{
    switch (letter) {
    case 'F':
        ksnprintf(text, DATE_TEXT_MAX, "%u-%02u-%02u", date->year, date->month, date->day);
        return true;
    case 'T':
        ksnprintf(text, DATE_TEXT_MAX, "%02u:%02u:%02u", date->hour, date->minute, date->second);
        return true;
    case 'Y':
        ksnprintf(text, DATE_TEXT_MAX, "%u", date->year);
        return true;
    case 'm':
        ksnprintf(text, DATE_TEXT_MAX, "%02u", date->month);
        return true;
    case 'd':
        ksnprintf(text, DATE_TEXT_MAX, "%02u", date->day);
        return true;
    case 'H':
        ksnprintf(text, DATE_TEXT_MAX, "%02u", date->hour);
        return true;
    case 'M':
        ksnprintf(text, DATE_TEXT_MAX, "%02u", date->minute);
        return true;
    case 'S':
        ksnprintf(text, DATE_TEXT_MAX, "%02u", date->second);
        return true;
    case 'a':
        ksnprintf(text, DATE_TEXT_MAX, "%s", date_weekdays[date->weekday]);
        return true;
    case 'b':
        ksnprintf(text, DATE_TEXT_MAX, "%s", date_months[date->month - 1]);
        return true;
    case 's':
        ksnprintf(text, DATE_TEXT_MAX, "%lu", (unsigned long)date->seconds);
        return true;
    case '%':
        ksnprintf(text, DATE_TEXT_MAX, "%%");
        return true;
    default:
        return false;
    }
}

static int date_print(const char *format, const struct calendar_date *date)
{
    struct user_output output = {.used = 0};
    for (const char *at = format; *at != '\0'; at++) {
        char text[DATE_TEXT_MAX] = {*at, '\0'};
        if (*at == '%' && !date_convert(text, *++at, date)) {
            user_error("date", "unknown conversion in '%s'", format);
            return USER_EXIT_USAGE;
        }
        user_print(&output, "%s", text);
    }
    user_print(&output, "\n");
    return 0;
}

int date_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "u"};
    const char *format = "%a %b %d %T UTC %Y";
    int option;
    while ((option = user_next_option(&options)) != 0) {
        if (option != 'u') /* which it is anyway */
            return USER_EXIT_USAGE;
    }
    if (options.operand_count > 1 ||
        (options.operand_count == 1 && options.operands[0][0] != '+')) {
        user_error("date", "usage: date [-u] [+FORMAT]");
        return USER_EXIT_USAGE;
    }
    if (options.operand_count == 1)
        format = options.operands[0] + 1;
    struct calendar_date date = calendar_from_seconds(user_realtime_ns() / USER_NS_PER_S);
    return date_print(format, &date);
}
