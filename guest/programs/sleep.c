/*
 * sleep.c - sleep NUMBER[UNIT]…
 *
 * Sleeps for the sum of its operands. Units: us, ms, s (the default), m, h, d. As in coreutils,
 * numbers may have a fraction.
 */
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define SLEEP_NUMBER_MAX 32

static const struct sleep_unit {
    const char *name;
    unsigned digits; /* of the fraction that make one nanosecond */
    uint64_t times;
} sleep_units[] = {
    {"us", 3, 1},   {"ms", 6, 1},    {"s", 9, 1}, {"m", 9, 60},
    {"h", 9, 3600}, {"d", 9, 86400}, {"", 9, 1},
};

static const struct sleep_unit *sleep_find_unit(const char *name)
{
    for (size_t i = 0; i < sizeof sleep_units / sizeof sleep_units[0]; i++) {
        if (kstreq(sleep_units[i].name, name))
            return &sleep_units[i];
    }
    return NULL;
}

static bool sleep_parse(const char *text, uint64_t *duration_ns)
{
    char number[SLEEP_NUMBER_MAX];
    size_t length = 0;
    while ((text[length] >= '0' && text[length] <= '9') || text[length] == '.')
        length++;
    const struct sleep_unit *unit = sleep_find_unit(text + length);
    if (unit == NULL || length >= sizeof number)
        return false;
    kstrlcpy(number, text, length + 1);
    uint64_t parts;
    return kparse_decimal(number, unit->digits, &parts) &&
           !__builtin_mul_overflow(parts, unit->times, duration_ns);
}

int sleep_main(int argc, char **argv)
{
    uint64_t total_ns = 0;
    if (argc < 2) {
        user_error("sleep", "usage: sleep NUMBER[us|ms|s|m|h|d]...");
        return USER_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++) {
        uint64_t duration_ns;
        if (!sleep_parse(argv[i], &duration_ns) ||
            __builtin_add_overflow(total_ns, duration_ns, &total_ns)) {
            user_error("sleep", "invalid time interval '%s'", argv[i]);
            return USER_EXIT_USAGE;
        }
    }
    return user_sleep_ns(total_ns) == 0 ? 0 : 1;
}
