/*
 * bench.h - what the measurements share
 *
 * Whatever cannot be measured ends the program with 2 and a message.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Two things that are compared are measured next to each other, PAIRS times, in CPU time: a busy
 * machine changes from one second to the next by more than any bound allows, and neighbours have
 * the same one. Theirs is the ratio; the median of all counts.
 */
struct bench_pair {
    double one, other, ratio; /* medians: seconds, seconds, and of one / other */
};

typedef double bench_measure_fn(const void *opaque);
struct bench_pair bench_pairs(bench_measure_fn *one, const void *one_opaque,
                              bench_measure_fn *other, const void *other_opaque);

/* CPU seconds of a scenario, of the test of it that the pattern selects. */
double bench_cpu_filtered(const char *scenario, const char *pattern);

/* CPU seconds of this process since bench_begin(). */
void bench_begin(void);
double bench_since(void);

/* Of this process. */
double bench_resident_kib(void);

/*
 * Has the work done in a process of its own, in which nothing has been freed before, and whose peak
 * is not that of this one: what is spawned from here would inherit that. Its result, of that size,
 * comes back. False: the work says that it was not done.
 */
typedef bool bench_apart_fn(void *result);
bool bench_apart(bench_apart_fn *work, void *result, size_t size);

/* Prints a line; the sense is "<" or ">", in which the value keeps the bound. */
void bench_report(const char *what, double value, const char *unit, const char *sense, double bound,
                  const char *detail);

#endif
