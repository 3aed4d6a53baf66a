/*
 * checks_doc.c - prints docs/checks.md
 */
#include "harness/checks/catalogue.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    g_autoptr(GString) page = g_string_new(NULL);
    catalogue_write_page(page);
    if (fwrite(page->str, 1, page->len, stdout) != page->len || fflush(stdout) != 0) {
        perror("checks_doc");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
