/*
 * diagnostic.c - diagnostics: made, sorted, formatted
 *
 * What a diagnostic shows of a file is made harmless for a terminal: a control character or a byte
 * that is not UTF-8 becomes '?', a tab one blank. A long line is cut to a screen's width around the
 * caret, and only that part of it is looked at, so that a line of many megabytes costs nothing.
 */
#include "harness/language/diagnostic.h"

#include <string.h>

#define DIAGNOSTIC_ELLIPSIS "\xe2\x80\xa6"

static void diagnostic_free(gpointer data)
{
    struct scenario_diagnostic *diagnostic = data;
    g_free(diagnostic->message);
    g_free(diagnostic->hint);
    g_free(diagnostic->source);
    g_free(diagnostic);
}

GPtrArray *scenario_diagnostics_new(void)
{
    return g_ptr_array_new_with_free_func(diagnostic_free);
}

static unsigned diagnostic_char_width(gunichar c)
{
    return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

/* Decodes one character as it is shown; returns its bytes. */
static size_t diagnostic_decode(const char *text, size_t size, gunichar *shown)
{
    gunichar c = g_utf8_get_char_validated(text, (gssize)size);
    if (c == (gunichar)-1 || c == (gunichar)-2) {
        *shown = '?';
        return 1;
    }
    size_t bytes = (size_t)g_unichar_to_utf8(c, NULL);
    *shown = c == '\t' ? ' ' : g_unichar_isprint(c) ? c : '?';
    return bytes;
}

static void diagnostic_append_clean(GString *out, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        gunichar c;
        at += diagnostic_decode(text + at, size - at, &c);
        g_string_append_unichar(out, c);
    }
}

/* The first byte of a character at or before `at`, as far as that can be told. */
static size_t diagnostic_char_start(const char *line, size_t at)
{
    for (unsigned back = 0; back < 3 && at > 0 && ((unsigned char)line[at] & 0xc0) == 0x80;
         back++) {
        at--;
    }
    return at;
}

/*
 * The excerpt starts so that the caret has a third of the width before it where the line is too
 * long, and the whole line is shown where it is not.
 */
static void diagnostic_excerpt(struct scenario_diagnostic *diagnostic, const char *line,
                               size_t size)
{
    size_t caret = MIN((size_t)diagnostic->place.column - 1, size);
    size_t from = 0;
    if (caret >= DIAGNOSTIC_WIDTH || (size > DIAGNOSTIC_WIDTH && caret > DIAGNOSTIC_WIDTH / 2)) {
        from = diagnostic_char_start(line, caret - MIN(caret, (size_t)DIAGNOSTIC_WIDTH / 3));
    }
    GString *shown = g_string_new(from > 0 ? DIAGNOSTIC_ELLIPSIS : NULL);
    unsigned width = from > 0 ? 1 : 0;
    diagnostic->caret = 0;
    size_t at = from;
    while (at < size && width < DIAGNOSTIC_WIDTH - 1) {
        gunichar c;
        size_t bytes = diagnostic_decode(line + at, size - at, &c);
        if (diagnostic->caret == 0 && caret < at + bytes) {
            diagnostic->caret = width + 1;
        }
        width += diagnostic_char_width(c);
        at += bytes;
        g_string_append_unichar(shown, c);
    }
    if (diagnostic->caret == 0) {
        diagnostic->caret = width + 1;
    }
    if (at < size) {
        g_string_append(shown, DIAGNOSTIC_ELLIPSIS);
    }
    diagnostic->source = g_string_free(shown, FALSE);
}

void diagnostic_add_list(GPtrArray *diagnostics, struct scenario_place place, const char *line,
                         size_t size, char *hint, const char *format, va_list list)
{
    struct scenario_diagnostic *diagnostic = g_new0(struct scenario_diagnostic, 1);
    diagnostic->place = place;
    diagnostic->message = g_strdup_vprintf(format, list);
    diagnostic->hint = hint;
    if (line != NULL) {
        g_assert(place.line > 0 && place.column > 0);
        diagnostic_excerpt(diagnostic, line, size);
    }
    g_ptr_array_add(diagnostics, diagnostic);
}

void diagnostic_add(GPtrArray *diagnostics, struct scenario_place place, const char *line,
                    size_t size, char *hint, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    diagnostic_add_list(diagnostics, place, line, size, hint, format, list);
    va_end(list);
}

char *diagnostic_hint_nearest(const char *word, const char *const *words)
{
    const char *nearest = scenario_nearest_word(word, words);
    return nearest == NULL ? NULL : g_strdup_printf("did you mean '%s'?", nearest);
}

static bool diagnostic_is_before(const struct scenario_place *a, const struct scenario_place *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* An insertion sort: there are few, they are nearly sorted, and it keeps the order of equals. */
void diagnostic_sort(GPtrArray *diagnostics)
{
    for (guint i = 1; i < diagnostics->len; i++) {
        struct scenario_diagnostic *moving = diagnostics->pdata[i];
        guint at = i;
        for (; at > 0; at--) {
            const struct scenario_diagnostic *other = diagnostics->pdata[at - 1];
            if (!diagnostic_is_before(&moving->place, &other->place)) {
                break;
            }
            diagnostics->pdata[at] = diagnostics->pdata[at - 1];
        }
        diagnostics->pdata[at] = moving;
    }
}

void scenario_diagnostic_format(GString *out, const struct scenario_diagnostic *diagnostic,
                                bool color)
{
    const char *bold = color ? "\033[1m" : "", *red = color ? "\033[1;31m" : "";
    const char *green = color ? "\033[1;32m" : "", *plain = color ? "\033[0m" : "";
    g_string_append(out, bold);
    diagnostic_append_clean(out, diagnostic->place.file, strlen(diagnostic->place.file));
    if (diagnostic->place.line > 0) {
        g_string_append_printf(out, ":%u:%u", diagnostic->place.line, diagnostic->place.column);
    }
    g_string_append_printf(out, ":%s %serror:%s ", plain, red, plain);
    diagnostic_append_clean(out, diagnostic->message, strlen(diagnostic->message));
    g_string_append_c(out, '\n');
    if (diagnostic->source != NULL) {
        g_string_append_printf(out, "  %s\n  %*s%s^%s\n", diagnostic->source,
                               (int)diagnostic->caret - 1, "", green, plain);
    }
    if (diagnostic->hint != NULL) {
        g_string_append(out, "  hint: ");
        diagnostic_append_clean(out, diagnostic->hint, strlen(diagnostic->hint));
        g_string_append_c(out, '\n');
    }
}
