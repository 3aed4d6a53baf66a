/*
 * rules_socket.h - sockets and what passed over the wire for them
 */
#ifndef HARNESS_DIAGNOSIS_RULES_SOCKET_H
#define HARNESS_DIAGNOSIS_RULES_SOCKET_H

#include "harness/diagnosis/rules.h"

/* The guest threw the packet of this mark away. */
bool rules_was_discarded(const struct rules_case *c, const struct ledger_mark *mark);

/* NULL: it is no stream, or nothing of it is known. */
const struct ledger_conversation *rules_stream(const struct rules_case *c,
                                               const struct ledger_socket *socket);
/* What has come in order and what has left, without the SYN and the FIN. */
uint64_t rules_bytes_in(const struct ledger_conversation *wire);
uint64_t rules_bytes_out(const struct ledger_conversation *wire);

/* Of all whom the port speaks to, since the socket is there. */
struct rules_datagrams {
    uint64_t out, in;
    struct ledger_mark last_in;
};
struct rules_datagrams rules_datagrams(const struct rules_case *c,
                                       const struct ledger_socket *socket);

#endif
