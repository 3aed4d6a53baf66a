/*
 * string.h - memory and strings, without a C library
 *
 * The four memory functions are those that compilers call by themselves; guest/runtime has them.
 * Strings are NUL-terminated bytes. Numbers are parsed as a whole: text that goes on after the
 * number is no number.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

static inline bool kmemeq(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

size_t kstrlen(const char *text);
/* As kstrlen(), but never looks further than `max` bytes, and returns that then. */
size_t kstrnlen(const char *text, size_t max);
int kstrcmp(const char *a, const char *b);
int kstrncmp(const char *a, const char *b, size_t max);
bool kstreq(const char *a, const char *b);
bool kstr_has_prefix(const char *text, const char *prefix);
/* The first one, or NULL. NUL is found at the end. */
const char *kstrchr(const char *text, char wanted);
/*
 * Copies at most size - 1 characters and always ends with NUL (unless size is 0). Returns the
 * length of `from`: it fitted when that is < size.
 */
size_t kstrlcpy(char *to, const char *from, size_t size);
size_t kstrlcat(char *to, const char *from, size_t size);

/*
 * Decimal, or hexadecimal after "0x". False, and *value untouched, for anything else and for what
 * does not fit.
 */
bool kparse_u64(const char *text, uint64_t *value);
/* The same with an upper bound. */
bool kparse_u32(const char *text, uint32_t max, uint32_t *value);
/*
 * A decimal fraction ("0.2", "3", ".5") times 10^digits: kparse_decimal("0.2", 9, &ns) gives
 * 200000000. What is finer than that is cut off. digits <= 18.
 */
bool kparse_decimal(const char *text, unsigned digits, uint64_t *value);

#endif
