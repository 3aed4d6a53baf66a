/* time_chain.c - the timeouts of a daemon that has one time file */
#include "netstack/schemes/time_chain.h"

void time_chain_init(struct time_chain *chain)
{
    chain->count = 0;
}

void time_chain_expire(struct time_chain *chain, uint64_t now_ns)
{
    while (chain->count > 0 && chain->pending_ns[chain->count - 1] <= now_ns)
        chain->count--;
}

bool time_chain_needs(struct time_chain *chain, uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX)
        return false;
    if (chain->count > 0 && chain->pending_ns[chain->count - 1] <= deadline_ns)
        return false;
    if (chain->count < TIME_CHAIN_MAX)
        chain->pending_ns[chain->count++] = deadline_ns;
    return true;
}
