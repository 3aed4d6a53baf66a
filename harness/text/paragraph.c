/* paragraph.c - breaks lines */
#include "harness/text/paragraph.h"

#define PARAGRAPH_INDENT "  "

void paragraph_append(GString *out, const char *label, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_string_append_printf(out, "\n%s\n" PARAGRAPH_INDENT, label);
    glong indent = sizeof(PARAGRAPH_INDENT) - 1, column = indent;
    for (char **word = words; *word != NULL; word++) {
        glong length = g_utf8_strlen(*word, -1);
        if (column > indent && column + 1 + length > PARAGRAPH_COLUMNS) {
            g_string_append(out, "\n" PARAGRAPH_INDENT);
            column = indent;
        } else if (column > indent) {
            g_string_append_c(out, ' ');
            column++;
        }
        g_string_append(out, *word);
        column += length;
    }
    g_string_append_c(out, '\n');
}
