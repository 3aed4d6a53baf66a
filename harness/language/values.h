/*
 * values.h - numbers, times, sizes and addresses, as they are written in a scenario
 *
 * Each function reads a whole word. It returns NULL and stores the value, or gives a message that
 * says what is wrong with the word.
 */
#ifndef HARNESS_LANGUAGE_VALUES_H
#define HARNESS_LANGUAGE_VALUES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define VALUES_TIME_MAX_NS (UINT64_C(10000) * 3600 * 1000000000) /* 10000h */

/* Decimal, or hexadecimal with 0x. */
char *values_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);
char *values_signed(const char *text, int64_t *value);
/* `10ms`, `0.5s`: ns us ms s min h. Never a fraction of a nanosecond. */
char *values_time(const char *text, uint64_t *value_ns);
/* `64M`: bytes, or K M G of them. */
char *values_size(const char *text, uint64_t *value);
/* `62.5MHz`: Hz kHz MHz GHz, whole Hz. */
char *values_frequency(const char *text, uint64_t *value_hz);
/* `100ppm`, `-50ppm`: millionths, not 0 and at most `max` either way. */
char *values_ppm(const char *text, int max, int *value);
/* `10Mbit/s`: bit/s kbit/s Mbit/s Gbit/s, whole bits. */
char *values_bit_rate(const char *text, uint64_t *bits_per_s);
/* `5%`, `0.5%`: in millionths, more than none and at most all. */
char *values_chance(const char *text, uint32_t *ppm);
/* A unicast address, as `52:54:00:12:34:56`. */
char *values_mac(const char *text, uint8_t mac[6]);
/*
 * `10.0.2.15`, and with `prefix` (may be NULL) `10.0.2.15/24`; *prefix is 32 when it is not
 * written.
 */
char *values_ipv4(const char *text, uint32_t *address, unsigned *prefix);
/* Pairs of hexadecimal digits, with blanks between them where one likes: appended. */
char *values_hex(const char *text, GByteArray *bytes);
/* `10.0.2.15:80`. */
char *values_endpoint(const char *text, uint32_t *address, uint16_t *port);
/* `yes` or `no`. */
char *values_yes_no(const char *text, bool *value);

/*
 * A name as people give them: a letter, then letters, digits, '-', '_' and '.'; at most 32 of them.
 */
char *values_name(const char *text);

/* errno values of arm64 Linux by name: EINPROGRESS is 115. 0: there is none of that name. */
int values_errno(const char *name);
const char *const *values_errno_names(void);

#endif
