/*
 * each.h - `inject alloc fail each`: one test for every allocation
 *
 * How many there are is known when the scenario has been run with none of them failing. So such a
 * run comes first, and the tests are made from its count.
 */
#ifndef HARNESS_RUN_EACH_H
#define HARNESS_RUN_EACH_H

#include <glib.h>
#include <stdint.h>

#define EACH_TESTS_MAX 1000

/*
 * Puts the tests NAME[alloc=1], NAME[alloc=2], … behind each test of these files (struct
 * selected_file) that asks for them. Where the run that counts does not pass there are none: the
 * test itself will say why. At most `parallel` children at once.
 */
void each_expand(GPtrArray *files, uint64_t seed, unsigned parallel);

#endif
