/*
 * shares.h - the trees behind a scenario's shares
 */
#ifndef HARNESS_RUN_SHARES_H
#define HARNESS_RUN_SHARES_H

#include "emu/board/board.h"
#include "emu/virtio-9p/p9_tree.h"
#include "harness/language/scenario.h"

struct shares;

/*
 * Borrows the scenario for its whole life. NULL with a GError and the place in the scenario: a
 * folder cannot be shared.
 */
struct shares *shares_new(const struct scenario *scenario, struct scenario_place *place,
                          GError **error);
/* Whoever serves them is gone. NULL is fine. */
void shares_free(struct shares *shares);

/* From now on this clock stamps what the guest changes; until then it is power-on. */
void shares_set_clock(struct shares *shares, const struct vclock *clock);

/* By the place of the share in the scenario, and by name (one that is there). */
struct p9_tree *shares_tree(const struct shares *shares, unsigned index);
struct p9_tree *shares_tree_by_name(const struct shares *shares, const char *name);

#endif
