/*
 * paragraph.h - prose for a terminal, as `ringside explain` prints it
 */
#ifndef HARNESS_TEXT_PARAGRAPH_H
#define HARNESS_TEXT_PARAGRAPH_H

#include <glib.h>

#define PARAGRAPH_COLUMNS 78

/*
 * Appends an empty line, the label on a line of its own, and the text (UTF-8), indented by two and
 * broken between words. Only a word that is longer than a line goes beyond PARAGRAPH_COLUMNS.
 */
void paragraph_append(GString *out, const char *label, const char *text);

#endif
