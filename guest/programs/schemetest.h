/*
 * schemetest.h - what the two halves of schemetest share: its provider, and the checks
 */
#ifndef PROGRAMS_SCHEMETEST_H
#define PROGRAMS_SCHEMETEST_H

/*
 * Serves a scheme until its root file fails, and behaves as this says: "well", "wrong-tag", "twice",
 * "too-long", "never", "dies", "deaf". Exit status: 0, or 1 where the kernel took what it has to
 * refuse.
 */
int schemetest_provide(const char *name, const char *behaviour);

#endif
