/*
 * mutant.h - tests on a guest that carries a bug: the other verdict
 *
 * A mutant lies beside its guest, as GUEST!BUG.so. Where its patch did not apply, GUEST!BUG.failed
 * lies there too and says why; the image is then of no use.
 */
#ifndef HARNESS_RUN_MUTANT_H
#define HARNESS_RUN_MUTANT_H

#include "harness/language/scenario.h"
#include "harness/run/result.h"

/*
 * The image for a test: the guest's or the mutant's. Gives the path, or NULL with a GError and the
 * place of what is wrong.
 */
char *mutant_find_guest(const struct scenario *scenario, struct scenario_place *place,
                        GError **error);

/*
 * Turns the result of a mutant around: it passes when the test failed by the cause, and made the
 * task pay, that the guard names. Results of other tests, and errors, stay as they are.
 */
void mutant_judge(const struct scenario *scenario, struct run_result *result);

#endif
