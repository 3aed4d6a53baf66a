/*
 * resolver.h - names to addresses, by DNS [RFC1035]
 *
 * A stub resolver that works as c-ares does: a connected UDP socket that does not block, both
 * questions (A and AAAA) at once, an eventfd beside it in the poll, answers by recvmsg() with an
 * address and a control buffer, which are believed only when they make sense. The server is the
 * first address in /etc/net/dns, 10.0.2.3 without that file. A question is asked three times, 2 s
 * apart. Where the answer was cut short, it is asked once more by TCP [RFC7766] 5.
 */
#ifndef PROGRAMS_RESOLVER_H
#define PROGRAMS_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#define RESOLVER_ADDRESSES_MAX 8
#define RESOLVER_NAME_MAX      256

enum resolver_status {
    RESOLVER_FOUND,
    RESOLVER_NO_NAME,    /* NXDOMAIN, or text that is no name */
    RESOLVER_NO_ADDRESS, /* the name is there, without any */
    RESOLVER_REFUSED,    /* the server cannot or will not say */
    RESOLVER_TIMEOUT,    /* nobody has answered */
    RESOLVER_TIME_IS_UP, /* the caller's deadline */
    RESOLVER_ERROR,      /* a call failed: `error` */
};

struct resolver_answer {
    uint32_t server;
    long error;                        /* negated */
    char canonical[RESOLVER_NAME_MAX]; /* where CNAME records lead; empty: nowhere */
    uint32_t addresses[RESOLVER_ADDRESSES_MAX];
    unsigned address_count;
    uint8_t addresses6[RESOLVER_ADDRESSES_MAX][16];
    unsigned address6_count;
};

/*
 * An address as text is its own answer, without asking. `server` 0: the configured one.
 * `deadline_ns` (user_now_ns) UINT64_MAX: none.
 */
enum resolver_status resolver_look_up(const char *name, uint32_t server, uint64_t deadline_ns,
                                      struct resolver_answer *answer);

#endif
