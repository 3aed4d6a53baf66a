/*
 * final_share.h - golden folders of shares, for whoever looks at a scenario without running it
 */
#ifndef HARNESS_RUN_FINAL_SHARE_H
#define HARNESS_RUN_FINAL_SHARE_H

#include "harness/language/scenario.h"

/*
 * Whether the folders that the shares are made from, and those that they shall be like at the end,
 * are there. False with a GError that says why not, and the place in the scenario.
 */
bool final_share_check(const struct scenario *scenario, struct scenario_place *place,
                       GError **error);

#endif
