/*
 * time_chain.h - the timeouts of a daemon that has one time file
 *
 * A timeout that was set in a time file stays until it is over: it can be neither moved nor taken
 * back. So they are remembered here, the latest first, and another one is set only where it would
 * be earlier than all of them. However often somebody asks, there are never two for the same time,
 * and each that is over is replaced by at most one.
 */
#ifndef NETSTACK_SCHEMES_TIME_CHAIN_H
#define NETSTACK_SCHEMES_TIME_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_CHAIN_MAX 32 /* that are remembered; one that is not is set, and forgotten */

struct time_chain {
    unsigned count;
    uint64_t pending_ns[TIME_CHAIN_MAX]; /* falling */
};

void time_chain_init(struct time_chain *chain);
/* Those that are over are no longer pending. */
void time_chain_expire(struct time_chain *chain, uint64_t now_ns);
/*
 * Whether a timeout has to be set, so that there is one at or before this time; then it is pending.
 */
bool time_chain_needs(struct time_chain *chain, uint64_t deadline_ns);

#endif
