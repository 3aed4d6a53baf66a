/* console.c - messages of the kernel, and the output of programs */
#include "kernel/console.h"

#include "kernel/file.h"
#include "lib/format.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

#include <stdarg.h>

void console_printf(const char *format, ...)
{
    char line[CONSOLE_LINE_MAX];
    va_list args;
    va_start(args, format);
    size_t length = kvsnprintf(line, sizeof line, format, args);
    va_end(args);
    hal_console_write(line, length < sizeof line ? length : sizeof line - 1);
}

/* End of file: nobody types. */
static long console_file_read(struct file *file, void *buffer, size_t size)
{
    (void)file;
    (void)buffer;
    (void)size;
    return 0;
}

static long console_file_write(struct file *file, const void *buffer, size_t size)
{
    uint32_t program = (uint32_t)(uintptr_t)file->object;
    if (size > 0 && program != 0)
        probe_program_output(program, buffer, size);
    else if (size > 0)
        hal_console_write(buffer, size);
    return (long)size;
}

static const struct file_ops console_file_ops = {
    .kind = "console",
    .read = console_file_read,
    .write = console_file_write,
};

struct file *console_file_make(uint32_t program)
{
    return file_alloc(&console_file_ops, (void *)(uintptr_t)program);
}
