/*
 * values.c - words to numbers, times, sizes and addresses
 */
#include "harness/language/values.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

#define VALUES_NAME_MAX 64

struct values_unit {
    const char *name;
    uint64_t factor;
};

static const struct values_unit values_time_units[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", 1000000},
    {"s", 1000000000},
    {"min", UINT64_C(60) * 1000000000},
    {"h", UINT64_C(3600) * 1000000000},
};

static const struct values_unit values_frequency_units[] = {
    {"Hz", 1},
    {"kHz", 1000},
    {"MHz", 1000000},
    {"GHz", 1000000000},
};

static const struct values_unit values_bit_rate_units[] = {
    {"bit/s", 1},
    {"kbit/s", 1000},
    {"Mbit/s", 1000000},
    {"Gbit/s", 1000000000},
};

static const struct values_unit values_size_units[] = {
    {"", 1},
    {"K", 1024},
    {"M", UINT64_C(1) << 20},
    {"G", UINT64_C(1) << 30},
};

/* Reads digits of a base; returns what follows them, or NULL when there are none or too many. */
static const char *values_digits(const char *text, unsigned base, uint64_t *value)
{
    const char *at = text;
    *value = 0;
    while (g_ascii_isxdigit(*at) && (unsigned)g_ascii_xdigit_value(*at) < base) {
        uint64_t digit = (uint64_t)g_ascii_xdigit_value(*at);
        if (*value > (UINT64_MAX - digit) / base) {
            return NULL;
        }
        *value = *value * base + digit;
        at++;
    }
    return at == text ? NULL : at;
}

/* Gives a message, or stores the number; *fits is false when it is too large for that. */
static char *values_whole_number(const char *text, const char *shown, uint64_t *value, bool *fits)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = text + (hex ? 2 : 0);
    const char *all = hex ? G_CSET_DIGITS "abcdefABCDEF" : G_CSET_DIGITS;
    if (digits[0] == '\0' || digits[strspn(digits, all)] != '\0') {
        return g_strdup_printf("expected a number, not '%s'", shown);
    }
    *fits = values_digits(digits, hex ? 16 : 10, value) != NULL;
    return NULL;
}

char *values_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    uint64_t number = 0;
    bool fits = false;
    char *message = values_whole_number(text, text, &number, &fits);
    if (message == NULL && (!fits || number < min || number > max)) {
        message = g_strdup_printf("%s is out of range: %" PRIu64 " to %" PRIu64, text, min, max);
    }
    if (message == NULL) {
        *value = number;
    }
    return message;
}

char *values_signed(const char *text, int64_t *value)
{
    bool negative = text[0] == '-', fits = false;
    uint64_t number = 0;
    char *message = values_whole_number(text + (negative ? 1 : 0), text, &number, &fits);
    if (message == NULL && (!fits || number > (uint64_t)INT64_MAX)) {
        message = g_strdup_printf("%s is out of range", text);
    }
    if (message == NULL) {
        *value = negative ? -(int64_t)number : (int64_t)number;
    }
    return message;
}

static const struct values_unit *values_unit_find(const struct values_unit *units, size_t count,
                                                  const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(units[i].name, name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

/* The digits after the point, as a share of the factor; false when that is not a whole number. */
static bool values_fraction(const char *digits, uint64_t factor, uint64_t *value)
{
    size_t count = strspn(digits, "0123456789");
    while (count > 0 && digits[count - 1] == '0') {
        count--;
    }
    if (count > 13) { /* 1h has 3.6e12 ns: more digits than these never come out even */
        return false;
    }
    uint64_t numerator = 0, denominator = 1;
    for (size_t i = 0; i < count; i++) {
        numerator = numerator * 10 + (uint64_t)(digits[i] - '0');
        denominator *= 10;
    }
    unsigned __int128 product = (unsigned __int128)numerator * factor;
    *value = (uint64_t)(product / denominator);
    return product % denominator == 0;
}

char *values_time(const char *text, uint64_t *value_ns)
{
    uint64_t whole;
    const char *at = values_digits(text, 10, &whole);
    if (at == NULL) {
        return g_ascii_isdigit(text[0])
                   ? g_strdup_printf("%s is too long: at most 10000h", text)
                   : g_strdup_printf("expected a time such as 10ms, not '%s'", text);
    }
    const char *fraction = *at == '.' ? at + 1 : NULL;
    const char *name = at;
    if (fraction != NULL) {
        name = fraction + strspn(fraction, "0123456789");
        if (name == fraction) {
            return g_strdup_printf("expected digits after the point of '%s'", text);
        }
    }
    if (*name == '\0') {
        return g_strdup_printf("'%s' needs a unit: ns, us, ms, s, min or h", text);
    }
    const struct values_unit *unit =
        values_unit_find(values_time_units, G_N_ELEMENTS(values_time_units), name);
    if (unit == NULL) {
        return g_strdup_printf("unknown unit '%s' of time: ns, us, ms, s, min or h", name);
    }
    uint64_t part = 0;
    if (fraction != NULL && !values_fraction(fraction, unit->factor, &part)) {
        return g_strdup_printf("%s is not a whole number of nanoseconds", text);
    }
    if (whole > VALUES_TIME_MAX_NS / unit->factor ||
        whole * unit->factor + part > VALUES_TIME_MAX_NS) {
        return g_strdup_printf("%s is too long: at most 10000h", text);
    }
    *value_ns = whole * unit->factor + part;
    return NULL;
}

char *values_size(const char *text, uint64_t *value)
{
    uint64_t number;
    const char *at = values_digits(text, 10, &number);
    const struct values_unit *unit =
        at == NULL ? NULL
                   : values_unit_find(values_size_units, G_N_ELEMENTS(values_size_units), at);
    if (unit == NULL || number > UINT64_MAX / unit->factor) {
        return g_strdup_printf("expected a size such as 64M, not '%s'", text);
    }
    *value = number * unit->factor;
    return NULL;
}

char *values_frequency(const char *text, uint64_t *value_hz)
{
    uint64_t whole;
    const char *name = values_digits(text, 10, &whole);
    const char *fraction = name != NULL && *name == '.' ? name + 1 : NULL;
    if (fraction != NULL) {
        name = fraction + strspn(fraction, "0123456789");
    }
    const struct values_unit *unit =
        name == NULL || name == fraction
            ? NULL
            : values_unit_find(values_frequency_units, G_N_ELEMENTS(values_frequency_units), name);
    if (unit == NULL) {
        return g_strdup_printf("expected a frequency such as 62.5MHz, not '%s'", text);
    }
    uint64_t part = 0;
    if ((fraction != NULL && !values_fraction(fraction, unit->factor, &part)) ||
        whole > UINT32_MAX) {
        return g_strdup_printf("%s is not a whole number of Hz that a counter could have", text);
    }
    *value_hz = whole * unit->factor + part;
    return NULL;
}

/* A number with at most so many digits behind the point, and what follows it; NULL: it is none. */
static const char *values_decimal(const char *text, uint64_t factor, uint64_t *value)
{
    uint64_t whole, part = 0;
    const char *rest = values_digits(text, 10, &whole);
    if (rest != NULL && *rest == '.') {
        const char *digits = rest + 1;
        rest = digits + strspn(digits, "0123456789");
        if (rest == digits || !values_fraction(digits, factor, &part)) {
            return NULL;
        }
    }
    if (rest == NULL || whole > UINT32_MAX) {
        return NULL;
    }
    *value = whole * factor + part;
    return rest;
}

char *values_bit_rate(const char *text, uint64_t *bits_per_s)
{
    const char *unit = text + strspn(text, "0123456789.");
    for (size_t i = 0; i < G_N_ELEMENTS(values_bit_rate_units); i++) {
        const struct values_unit *row = &values_bit_rate_units[i];
        if (strcmp(unit, row->name) == 0 && values_decimal(text, row->factor, bits_per_s) == unit &&
            *bits_per_s > 0) {
            return NULL;
        }
    }
    return g_strdup_printf("expected a rate such as 10Mbit/s, not '%s'", text);
}

char *values_chance(const char *text, uint32_t *ppm)
{
    uint64_t value;
    const char *unit = values_decimal(text, 10000, &value);
    if (unit == NULL || strcmp(unit, "%") != 0) {
        return g_strdup_printf("expected a chance such as 5%% or 0.5%%, not '%s'", text);
    }
    if (value == 0 || value > 1000000) {
        return g_strdup_printf("%s is out of range: more than 0%%, at most 100%%", text);
    }
    *ppm = (uint32_t)value;
    return NULL;
}

char *values_ppm(const char *text, int max, int *value)
{
    const char *digits = text + (text[0] == '-' ? 1 : 0);
    uint64_t number;
    const char *unit = values_digits(digits, 10, &number);
    if (unit == NULL || strcmp(unit, "ppm") != 0) {
        return g_strdup_printf("expected a rate such as 100ppm or -100ppm, not '%s'", text);
    }
    if (number == 0 || number > (uint64_t)max) {
        return g_strdup_printf("%s is out of range: 1ppm to %dppm, either way", text, max);
    }
    *value = text[0] == '-' ? -(int)number : (int)number;
    return NULL;
}

char *values_mac(const char *text, uint8_t mac[6])
{
    uint8_t bytes[6];
    bool right = strlen(text) == 17;
    for (unsigned i = 0; right && i < 6; i++) {
        const char *at = text + (size_t)i * 3;
        right = g_ascii_isxdigit(at[0]) && g_ascii_isxdigit(at[1]) && at[2] == (i < 5 ? ':' : '\0');
        if (right) {
            bytes[i] = (uint8_t)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));
        }
    }
    if (!right) {
        return g_strdup_printf("expected a MAC address such as 52:54:00:12:34:56, not '%s'", text);
    }
    if ((bytes[0] & 1) != 0) {
        return g_strdup_printf("%s is a multicast address: the first byte of a host's is even",
                               text);
    }
    static const uint8_t zero[6];
    if (memcmp(bytes, zero, sizeof(zero)) == 0) {
        return g_strdup_printf("%s is nobody's address", text);
    }
    memcpy(mac, bytes, sizeof(bytes));
    return NULL;
}

/* Returns what follows the address, or NULL. */
static const char *values_address(const char *text, uint32_t *address)
{
    *address = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t number;
        const char *end = values_digits(text, 10, &number);
        if (end == NULL || end - text > 3 || number > 255) {
            return NULL;
        }
        if (i < 3 && *end != '.') {
            return NULL;
        }
        *address = *address << 8 | (uint32_t)number;
        text = i < 3 ? end + 1 : end;
    }
    return text;
}

char *values_ipv4(const char *text, uint32_t *address, unsigned *prefix)
{
    uint32_t number;
    uint64_t bits = 32;
    const char *end = values_address(text, &number);
    if (end != NULL && *end == '/' && prefix != NULL) {
        end = values_digits(end + 1, 10, &bits);
    }
    if (end == NULL || *end != '\0' || bits > 32) {
        return g_strdup_printf("expected an IPv4 address such as 10.0.2.15, not '%s'", text);
    }
    *address = number;
    if (prefix != NULL) {
        *prefix = (unsigned)bits;
    }
    return NULL;
}

char *values_hex(const char *text, GByteArray *bytes)
{
    for (const char *at = text; *at != '\0';) {
        if (*at == ' ') {
            at++;
            continue;
        }
        if (!g_ascii_isxdigit(at[0]) || !g_ascii_isxdigit(at[1])) {
            return g_strdup_printf("expected pairs of hexadecimal digits, not '%.2s'", at);
        }
        uint8_t byte = (uint8_t)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));
        g_byte_array_append(bytes, &byte, 1);
        at += 2;
    }
    return NULL;
}

char *values_endpoint(const char *text, uint32_t *address, uint16_t *port)
{
    uint32_t number;
    uint64_t service = 0;
    const char *end = values_address(text, &number);
    end = end != NULL && *end == ':' ? values_digits(end + 1, 10, &service) : NULL;
    if (end == NULL || *end != '\0' || service < 1 || service > 65535) {
        return g_strdup_printf("expected an address and a port such as 10.0.2.100:80, not '%s'",
                               text);
    }
    *address = number;
    *port = (uint16_t)service;
    return NULL;
}

char *values_yes_no(const char *text, bool *value)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0) {
        return g_strdup_printf("expected 'yes' or 'no', not '%s'", text);
    }
    *value = text[0] == 'y';
    return NULL;
}

char *values_name(const char *text)
{
    size_t size = strlen(text);
    if (!g_ascii_isalpha(text[0])) {
        return g_strdup_printf("expected a name, which begins with a letter, not '%s'", text);
    }
    for (size_t i = 0; i < size; i++) {
        if (!g_ascii_isalnum(text[i]) && strchr("-_.", text[i]) == NULL) {
            return g_strdup_printf(
                "a name has letters, digits, '-', '_' and '.', not '%c' as '%s' has", text[i],
                text);
        }
    }
    if (size > VALUES_NAME_MAX) {
        return g_strdup_printf("the name '%s' is too long: at most %d characters", text,
                               VALUES_NAME_MAX);
    }
    return NULL;
}
