/*
 * source.h - the bytes of a scenario file
 */
#ifndef HARNESS_LANGUAGE_SOURCE_H
#define HARNESS_LANGUAGE_SOURCE_H

#include "harness/language/scenario.h"

#define SOURCE_SIZE_MAX (16 << 20) /* of a file */
#define SOURCE_LINE_MAX 8192       /* of a line */

/*
 * Reads a regular file as a whole (gives). Never waits: pipes and devices are refused. NULL with a
 * diagnostic.
 */
char *source_read(const char *path, size_t *size, GPtrArray *diagnostics);

/*
 * Looks at what spoils a file as a whole: a NUL byte, a byte order mark. False with a diagnostic.
 */
bool source_check_text(const char *text, size_t size, const char *path, GPtrArray *diagnostics);

/* Looks at one line: its length, UTF-8, characters that do not show. False with a diagnostic. */
bool source_check_line(const char *line, size_t size, struct scenario_place place,
                       GPtrArray *diagnostics);

#endif
