/*
 * causes_doc.c - prints docs/causes.md
 */
#include "harness/diagnosis/causes.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    g_autoptr(GString) page = g_string_new(NULL);
    causes_write_page(page);
    if (fwrite(page->str, 1, page->len, stdout) != page->len || fflush(stdout) != 0) {
        perror("causes_doc");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
