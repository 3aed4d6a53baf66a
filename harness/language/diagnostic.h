/*
 * diagnostic.h - how the language's parts report what is wrong with a file
 */
#ifndef HARNESS_LANGUAGE_DIAGNOSTIC_H
#define HARNESS_LANGUAGE_DIAGNOSTIC_H

#include "harness/language/scenario.h"

#define DIAGNOSTIC_WIDTH     76 /* columns of the offending line that are shown */
#define DIAGNOSTIC_COUNT_MAX 20 /* in a file; more of them help nobody */

/*
 * Appends a diagnostic. `line` (borrowed, `size` bytes of anything) is the offending line, or NULL;
 * place.column its byte that the caret shall stand under. `hint` is taken and may be NULL.
 */
void diagnostic_add(GPtrArray *diagnostics, struct scenario_place place, const char *line,
                    size_t size, char *hint, const char *format, ...) G_GNUC_PRINTF(6, 7);
void diagnostic_add_list(GPtrArray *diagnostics, struct scenario_place place, const char *line,
                         size_t size, char *hint, const char *format, va_list list)
    G_GNUC_PRINTF(6, 0);

/* "did you mean 'expect'?" for the nearest of the words (NULL-terminated), or NULL. Given. */
char *diagnostic_hint_nearest(const char *word, const char *const *words);

/* Sorts by place, keeping the order in which those of one place were added. */
void diagnostic_sort(GPtrArray *diagnostics);

#endif
