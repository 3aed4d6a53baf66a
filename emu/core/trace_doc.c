/*
 * trace_doc.c - prints the table of events, from which docs/events.md is made
 */
#include "emu/core/trace_doc.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    g_autoptr(GString) page = g_string_new(NULL);
    trace_write_table(page);
    if (fwrite(page->str, 1, page->len, stdout) != page->len || fflush(stdout) != 0) {
        perror("trace_doc");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
