/*
 * ledger_schemes_priv.h - what the files share that keep schemes
 *
 *     ledger_schemes.c  their life; schemes and requests
 *     ledger_events.c   event queues, and what they watch
 *     ledger_clocks.c   clocks and timeouts
 *     ledger_served.c   what providers tell of their sockets
 */
#ifndef HARNESS_DIAGNOSIS_LEDGER_SCHEMES_PRIV_H
#define HARNESS_DIAGNOSIS_LEDGER_SCHEMES_PRIV_H

#include "harness/diagnosis/ledger_schemes.h"

static inline bool ledger_has_room(GHashTable *table)
{
    return g_hash_table_size(table) < LEDGER_SCHEMES_KEPT;
}

/* ledger_events.c: the entry; NULL: there is none, or there are too many. */
struct ledger_source *ledger_find_source(const struct ledger_schemes *schemes, const char *kind,
                                         uint64_t number, uint64_t handle);
struct ledger_source *ledger_need_source(struct ledger_schemes *schemes, const char *kind,
                                         uint64_t number, uint64_t handle);
/* The source may be NULL, one that is not kept. */
void ledger_source_ready(struct ledger_source *source, unsigned events,
                         const struct trace_event *event);
void ledger_listen_to_events(struct ledger *ledger);

/* ledger_clocks.c: nobody watches the clock any more. */
void ledger_clock_unwatched(struct ledger_schemes *schemes, uint64_t number);
void ledger_listen_to_clocks(struct ledger *ledger);

/* ledger_served.c: to be listened to before the end of a request is. */
void ledger_listen_to_providers(struct ledger *ledger);

#endif
