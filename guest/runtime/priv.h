/*
 * priv.h - what the files of the runtime share
 */
#ifndef RUNTIME_PRIV_H
#define RUNTIME_PRIV_H

#include "runtime/runtime.h"

#include <stdarg.h>

#define RUNTIME_TIMER_INTID 27 /* CNTV */

/* The heap's memory; called once. */
void runtime_heap_init(void *memory, size_t size);
/* The timer's interrupt: nothing but its end, for idle looks at the clock itself. */
void runtime_timer_handler(void);
/* Writes at most size - 1 characters and NUL. Returns the number of characters. */
size_t runtime_format(char *buffer, size_t size, const char *format, va_list arguments);

#endif
