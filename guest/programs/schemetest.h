/*
 * schemetest.h - what the parts of schemetest share: its provider, its load, and the checks
 */
#ifndef PROGRAMS_SCHEMETEST_H
#define PROGRAMS_SCHEMETEST_H

#include <stdbool.h>

/*
 * Serves a scheme until its root file fails, and behaves as this says: "well", "wrong-tag",
 * "twice", "too-long", "never", "dies", "deaf". Exit status: 0, or 1 where the kernel took what it
 * has to refuse.
 */
int schemetest_provide(const char *name, const char *behaviour);

/*
 * Many of something at once (schemetest_load.c). Exit status: 0; 1 a call failed; 2 the command
 * line is wrong.
 */
int schemetest_load(const char *what, const char *count, const char *rounds);

/* Waits until a scheme is there, or not. */
void schemetest_await_name(const char *name, bool wanted);

#endif
