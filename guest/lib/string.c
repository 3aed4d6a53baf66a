/* string.c - strings and numbers without a C library */
#include "lib/string.h"

size_t kstrlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

size_t kstrnlen(const char *text, size_t max)
{
    size_t length = 0;
    while (length < max && text[length] != '\0')
        length++;
    return length;
}

int kstrncmp(const char *a, const char *b, size_t max)
{
    for (size_t i = 0; i < max; i++) {
        if (a[i] != b[i])
            return (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
        if (a[i] == '\0')
            break;
    }
    return 0;
}

int kstrcmp(const char *a, const char *b)
{
    return kstrncmp(a, b, SIZE_MAX);
}

bool kstreq(const char *a, const char *b)
{
    return kstrcmp(a, b) == 0;
}

bool kstr_has_prefix(const char *text, const char *prefix)
{
    return kstrncmp(text, prefix, kstrlen(prefix)) == 0;
}

const char *kstrchr(const char *text, char wanted)
{
    for (;; text++) {
        if (*text == wanted)
            return text;
        if (*text == '\0')
            return NULL;
    }
}

size_t kstrlcpy(char *to, const char *from, size_t size)
{
    size_t length = kstrlen(from);
    if (size > 0) {
        size_t copied = length < size ? length : size - 1;
        memcpy(to, from, copied);
        to[copied] = '\0';
    }
    return length;
}

size_t kstrlcat(char *to, const char *from, size_t size)
{
    size_t used = kstrnlen(to, size);
    return used + kstrlcpy(to + used, from, size - used);
}

/* The value of a digit in any base up to 16; 16 when it is none. */
static unsigned string_digit(char character)
{
    if (character >= '0' && character <= '9')
        return (unsigned)(character - '0');
    if (character >= 'a' && character <= 'f')
        return (unsigned)(character - 'a') + 10;
    if (character >= 'A' && character <= 'F')
        return (unsigned)(character - 'A') + 10;
    return 16;
}

/* Appends a digit to a number; false when it would not fit. */
static bool string_append_digit(uint64_t *number, unsigned base, unsigned digit)
{
    if (__builtin_mul_overflow(*number, (uint64_t)base, number))
        return false;
    return !__builtin_add_overflow(*number, (uint64_t)digit, number);
}

bool kparse_u64(const char *text, uint64_t *value)
{
    unsigned base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (*text == '\0')
        return false;
    uint64_t number = 0;
    for (; *text != '\0'; text++) {
        unsigned digit = string_digit(*text);
        if (digit >= base || !string_append_digit(&number, base, digit))
            return false;
    }
    *value = number;
    return true;
}

bool kparse_u32(const char *text, uint32_t max, uint32_t *value)
{
    uint64_t number;
    if (!kparse_u64(text, &number) || number > max)
        return false;
    *value = (uint32_t)number;
    return true;
}

bool kparse_decimal(const char *text, unsigned digits, uint64_t *value)
{
    uint64_t number = 0;
    bool any = false;
    for (; string_digit(*text) < 10; text++, any = true) {
        if (!string_append_digit(&number, 10, string_digit(*text)))
            return false;
    }
    if (*text == '.')
        text++;
    for (; string_digit(*text) < 10; text++, any = true) {
        if (digits == 0)
            continue;
        if (!string_append_digit(&number, 10, string_digit(*text)))
            return false;
        digits--;
    }
    if (*text != '\0' || !any)
        return false;
    for (; digits > 0; digits--) {
        if (!string_append_digit(&number, 10, 0))
            return false;
    }
    *value = number;
    return true;
}
