/*
 * command_line.h - from a command line to arguments
 *
 * Words are separated by spaces and tabs. Quotes, single or double, keep them together, also
 * within a word; in double quotes and outside a backslash takes the next character as it is. No
 * variables, no patterns.
 */
#ifndef KERNEL_COMMAND_LINE_H
#define KERNEL_COMMAND_LINE_H

#include <stddef.h>

#define ARGUMENTS_MAX    32
#define COMMAND_LINE_MAX 512

struct arguments {
    int count;
    char *values[ARGUMENTS_MAX + 1]; /* ends with NULL; point into `text` */
    char text[COMMAND_LINE_MAX];
};

/*
 * 0, -KE2BIG for too many words or too much text, -KEINVAL for a quote without its end or a
 * backslash at the end.
 */
int command_line_parse(struct arguments *arguments, const char *line);

#endif
