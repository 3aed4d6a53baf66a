/*
 * log.c - text from a format, to the console
 */
#include "runtime/priv.h"

#define LOG_DIGITS_MAX 20 /* of 2^64 in decimal */

struct log_out {
    char *buffer;
    size_t size, length;
};

struct log_spec {
    bool zero;
    unsigned width;
    unsigned longs;
    char conversion;
};

static void log_put(struct log_out *out, char c)
{
    if (out->length + 1 < out->size)
        out->buffer[out->length++] = c;
}

static void log_put_text(struct log_out *out, const char *text, size_t length, unsigned width,
                         char pad)
{
    for (size_t i = length; i < width; i++)
        log_put(out, pad);
    for (size_t i = 0; i < length; i++)
        log_put(out, text[i]);
}

static void log_put_number(struct log_out *out, uint64_t value, bool negative,
                           const struct log_spec *spec)
{
    char digits[LOG_DIGITS_MAX + 1];
    unsigned base = spec->conversion == 'x' ? 16 : 10;
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    unsigned width = spec->width;
    if (negative && spec->zero) {
        log_put(out, '-');
        width = width > 0 ? width - 1 : 0;
    } else if (negative) {
        digits[--at] = '-';
    }
    log_put_text(out, digits + at, sizeof(digits) - at, width, spec->zero ? '0' : ' ');
}

static const char *log_parse(const char *format, struct log_spec *spec)
{
    *spec = (struct log_spec){.zero = *format == '0'};
    for (; *format >= '0' && *format <= '9'; format++)
        spec->width = spec->width * 10 + (unsigned)(*format - '0');
    for (; *format == 'l' || *format == 'z'; format++)
        spec->longs++;
    spec->conversion = *format;
    return *format != '\0' ? format + 1 : format;
}

size_t runtime_format(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct log_out out = {.buffer = buffer, .size = size};
    while (*format != '\0') {
        char c = *format++;
        if (c != '%') {
            log_put(&out, c);
            continue;
        }
        struct log_spec spec;
        format = log_parse(format, &spec);
        if (spec.conversion == 's') {
            const char *text = va_arg(arguments, const char *);
            size_t length = 0;
            text = text != NULL ? text : "(null)";
            while (text[length] != '\0')
                length++;
            log_put_text(&out, text, length, spec.width, ' ');
        } else if (spec.conversion == 'c') {
            log_put(&out, (char)va_arg(arguments, int));
        } else if (spec.conversion == 'd') {
            int64_t value = spec.longs > 0 ? va_arg(arguments, long) : va_arg(arguments, int);
            uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
            log_put_number(&out, magnitude, value < 0, &spec);
        } else if (spec.conversion == 'u' || spec.conversion == 'x') {
            uint64_t value =
                spec.longs > 0 ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned);
            log_put_number(&out, value, false, &spec);
        } else {
            log_put(&out, spec.conversion != '\0' ? spec.conversion : '%');
        }
    }
    buffer[out.length] = '\0';
    return out.length;
}

void runtime_log(const char *format, ...)
{
    char text[RUNTIME_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    size_t length = runtime_format(text, sizeof(text), format, arguments);
    va_end(arguments);
    text[length] = '\n'; /* in place of the NUL */
    hal_console_write(text, length + 1);
}
