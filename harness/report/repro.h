/*
 * repro.h - the command that runs a test again
 */
#ifndef HARNESS_REPORT_REPRO_H
#define HARNESS_REPORT_REPRO_H

#include <stdbool.h>
#include <stdint.h>

/* A word for a shell. Gives. */
char *repro_shell_word(const char *word);
/* The arguments of ringside, from `run` on, for a shell. Gives. */
char *repro_arguments(const char *name, const char *file, uint64_t seed, bool live);

#endif
