/*
 * services.h - a scenario's services, in the words of the wire
 */
#ifndef HARNESS_RUN_SERVICES_H
#define HARNESS_RUN_SERVICES_H

#include "emu/board/board.h"
#include "harness/language/scenario.h"

struct services;

/* Borrows the scenario for its whole life. `live`: the host's loopback is behind the gateway. */
struct services *services_new(const struct scenario *scenario, bool live);
void services_free(struct services *services);

/* For the board, which keeps it. */
const struct wire_services *services_of_wire(const struct services *services);
/* Ports of scripted hosts that are refused. The hosts are on the board already. */
void services_refuse(struct board *board, const struct scenario *scenario);

#endif
