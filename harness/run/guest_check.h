/*
 * guest_check.h - does the scenario ask for what the guest offers?
 */
#ifndef HARNESS_RUN_GUEST_CHECK_H
#define HARNESS_RUN_GUEST_CHECK_H

#include "harness/language/scenario.h"
#include "ringside/hal.h"

/*
 * Compares a scenario's programs, signals and face with the guest's descriptor. False with a
 * GError, and the place of the statement that asks for too much.
 */
bool guest_check(const struct scenario *scenario, const struct ringside_guest *guest,
                 struct scenario_place *place, GError **error);

#endif
