/*
 * about_causes.h - `ringside causes` and `ringside explain`: the table of causes, for readers
 */
#ifndef HARNESS_ABOUT_CAUSES_H
#define HARNESS_ABOUT_CAUSES_H

#include "harness/options.h"

#include <stdio.h>

#define ABOUT_CAUSES_COMMANDS 2

/* Stores their names. */
void about_causes_names(const char *names[static ABOUT_CAUSES_COMMANDS]);
void about_causes_print_usage(FILE *out);
/* False when the command line is for somebody else. Prints. */
bool about_causes_run(int argc, char **argv, enum options_outcome *outcome);

#endif
