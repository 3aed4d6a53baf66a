/*
 * format.h - text from a format, without a C library
 *
 * %s %c %d %i %u %x %X %%, with the flags `0` and `-`, a width (a number or *), a precision for
 * %s and for numbers, and the length modifiers l, ll and z. No floating point, and no %p:
 * addresses are no output.
 */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Writes at most size - 1 characters and NUL (nothing when size is 0). Returns the length of the
 * whole text, which has been cut when that is >= size. A NULL string prints as "(null)".
 */
size_t ksnprintf(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t kvsnprintf(char *buffer, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
