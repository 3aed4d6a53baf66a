/*
 * ledger_sockets_priv.h - what the files share that keep sockets
 *
 *     ledger_sockets.c  system calls, and what they returned
 *     ledger_told.c     what was in the program's memory before and after
 */
#ifndef HARNESS_DIAGNOSIS_LEDGER_SOCKETS_PRIV_H
#define HARNESS_DIAGNOSIS_LEDGER_SOCKETS_PRIV_H

#include "harness/diagnosis/ledger.h"

/* An open socket; NULL: the descriptor is none. */
struct ledger_socket *sockets_find(struct ledger *ledger, uint32_t task, int64_t descriptor);
/* In the place of the oldest, where there is no free one. */
struct ledger_socket *sockets_make(struct ledger *ledger, uint32_t task, int64_t descriptor);

/* The first of a program is noted. */
void sockets_breach(struct ledger *ledger, const struct ledger_task *task,
                    enum ledger_breach_kind kind, int64_t value, const struct trace_event *event);
/* The program was told of an error; and that there is none. */
void sockets_failed(struct ledger_socket *socket, int64_t error, const struct trace_event *event);
void sockets_all_well(struct ledger_socket *socket, const struct ledger_task *task,
                      const struct trace_event *event);

#endif
