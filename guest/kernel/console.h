/*
 * console.h - the kernel's messages, and the console that programs have as descriptors 0, 1 and 2
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stdint.h>

#define CONSOLE_LINE_MAX 256

/* One message, a whole line, cut at CONSOLE_LINE_MAX. From tasks and interrupts. */
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct file;

/*
 * A file whose writes are the output of the program with this number; nothing can be read from
 * it. NULL: no file is left.
 */
struct file *console_file_make(uint32_t program);

#endif
