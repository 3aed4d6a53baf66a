/*
 * format.c - a small printf
 *
 * One pass over the format; each conversion is parsed into a struct format_spec and written by
 * one function. What the format attribute of the prototypes cannot catch, an unknown conversion,
 * is printed as it stands.
 */
#include "lib/format.h"

#include "lib/string.h"

#include <stdbool.h>
#include <stdint.h>

struct format_out {
    char *buffer;
    size_t size;
    size_t length; /* of the whole text, cut or not */
};

struct format_spec {
    bool zero; /* flag 0 */
    bool left; /* flag - */
    size_t width;
    bool has_precision;
    size_t precision;
    unsigned longs; /* 0: int, 1: long, 2: long long; z counts as one */
    char conversion;
};

static void format_put(struct format_out *out, char character)
{
    if (out->length + 1 < out->size)
        out->buffer[out->length] = character;
    out->length++;
}

static void format_pad(struct format_out *out, char character, size_t count)
{
    for (size_t i = 0; i < count; i++)
        format_put(out, character);
}

static void format_text(struct format_out *out, const struct format_spec *spec, const char *text,
                        size_t length)
{
    size_t padding = spec->width > length ? spec->width - length : 0;
    if (!spec->left)
        format_pad(out, ' ', padding);
    for (size_t i = 0; i < length; i++)
        format_put(out, text[i]);
    if (spec->left)
        format_pad(out, ' ', padding);
}

static void format_string(struct format_out *out, const struct format_spec *spec, const char *text)
{
    if (text == NULL)
        text = "(null)";
    size_t length = spec->has_precision ? kstrnlen(text, spec->precision) : kstrlen(text);
    format_text(out, spec, text, length);
}

/* Sign, zeros, digits: the zeros come from the precision, or from the flag 0 and the width. */
static void format_number(struct format_out *out, const struct format_spec *spec, uint64_t number,
                          unsigned base, bool negative)
{
    char digits[20]; /* 2^64 in base 10 */
    size_t count = 0;
    const char *alphabet = spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    for (; number != 0 || count == 0; number /= base)
        digits[count++] = alphabet[number % base];
    size_t wanted = spec->has_precision ? spec->precision : 1;
    size_t sign = negative ? 1 : 0;
    if (spec->zero && !spec->left && !spec->has_precision && spec->width > sign)
        wanted = spec->width - sign;
    size_t zeros = wanted > count ? wanted - count : 0;
    size_t length = sign + zeros + count;
    size_t padding = spec->width > length ? spec->width - length : 0;
    if (!spec->left)
        format_pad(out, ' ', padding);
    if (negative)
        format_put(out, '-');
    format_pad(out, '0', zeros);
    while (count > 0)
        format_put(out, digits[--count]);
    if (spec->left)
        format_pad(out, ' ', padding);
}

/*
 * A number in the format, or the next argument for `*`. A negative argument means left, as in C,
 * for a width.
 */
static const char *format_parse_size(const char *format, va_list *args, size_t *size, bool *left)
{
    if (*format == '*') {
        int given = va_arg(*args, int);
        *left |= given < 0;
        *size = given < 0 ? (size_t) - (int64_t)given : (size_t)given;
        return format + 1;
    }
    *size = 0;
    for (; *format >= '0' && *format <= '9'; format++)
        *size = *size * 10 + (size_t)(*format - '0');
    return format;
}

/* Parses what follows a percent sign, up to and with the conversion. */
static const char *format_parse_spec(const char *format, va_list *args, struct format_spec *spec)
{
    *spec = (struct format_spec){0};
    for (;; format++) {
        if (*format == '0')
            spec->zero = true;
        else if (*format == '-')
            spec->left = true;
        else
            break;
    }
    format = format_parse_size(format, args, &spec->width, &spec->left);
    if (*format == '.') {
        bool negative = false;
        format = format_parse_size(format + 1, args, &spec->precision, &negative);
        spec->has_precision = !negative;
    }
    for (; *format == 'l' || *format == 'z'; format++)
        spec->longs++;
    spec->conversion = *format;
    return *format == '\0' ? format : format + 1;
}

static int64_t format_signed_argument(const struct format_spec *spec, va_list *args)
{
    if (spec->longs == 0)
        return va_arg(*args, int);
    return spec->longs == 1 ? va_arg(*args, long) : va_arg(*args, long long);
}

static uint64_t format_unsigned_argument(const struct format_spec *spec, va_list *args)
{
    if (spec->longs == 0)
        return va_arg(*args, unsigned);
    return spec->longs == 1 ? va_arg(*args, unsigned long) : va_arg(*args, unsigned long long);
}

static void format_convert(struct format_out *out, const struct format_spec *spec, va_list *args)
{
    switch (spec->conversion) {
    case 'd':
    case 'i': {
        int64_t value = format_signed_argument(spec, args);
        format_number(out, spec, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
        break;
    }
    case 'u':
        format_number(out, spec, format_unsigned_argument(spec, args), 10, false);
        break;
    case 'x':
    case 'X':
        format_number(out, spec, format_unsigned_argument(spec, args), 16, false);
        break;
    case 'c': {
        char character = (char)va_arg(*args, int);
        format_text(out, spec, &character, 1);
        break;
    }
    case 's':
        format_string(out, spec, va_arg(*args, const char *));
        break;
    case '%':
        format_put(out, '%');
        break;
    default:
        format_put(out, '%');
        if (spec->conversion != '\0')
            format_put(out, spec->conversion);
        break;
    }
}

size_t kvsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    struct format_out out = {.buffer = buffer, .size = size};
    va_list copy; /* a parameter of array type cannot be passed on by address */
    va_copy(copy, args);
    while (*format != '\0') {
        if (*format != '%') {
            format_put(&out, *format++);
            continue;
        }
        struct format_spec spec;
        format = format_parse_spec(format + 1, &copy, &spec);
        format_convert(&out, &spec, &copy);
    }
    va_end(copy);
    if (size > 0)
        buffer[out.length < size ? out.length : size - 1] = '\0';
    return out.length;
}

size_t ksnprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t length = kvsnprintf(buffer, size, format, args);
    va_end(args);
    return length;
}
