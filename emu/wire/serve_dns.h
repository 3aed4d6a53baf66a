/*
 * serve_dns.h - the answers of a name server: [RFC1035], [RFC3596]
 *
 * Names have records, written down by whoever made the wire. A query is answered with those of its
 * type, following aliases; a name that has none of them, but others, has no data; a name that is
 * not there at all does not exist. Names compare without regard to case, as [RFC4343] has it.
 */
#ifndef EMU_WIRE_SERVE_DNS_H
#define EMU_WIRE_SERVE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVE_DNS_NAME_MAX      253  /* characters, without a dot at the end */
#define SERVE_DNS_UDP_REPLY_MAX 512  /* [RFC1035] 4.2.1 */
#define SERVE_DNS_TCP_REPLY_MAX 8192 /* more than all names of a scenario */

enum serve_dns_kind {
    SERVE_DNS_A,
    SERVE_DNS_AAAA,
    SERVE_DNS_CNAME,
    SERVE_DNS_NXDOMAIN,  /* the name does not exist: as one that is not there */
    SERVE_DNS_SERVFAIL,  /* the server cannot say */
    SERVE_DNS_TRUNCATED, /* by UDP the answer does not fit: nothing but the bit that says so */
    SERVE_DNS_SILENT,    /* no answer */
};

/* A record. A name may have several. */
struct serve_dns_name {
    const char *name;
    enum serve_dns_kind kind;
    uint8_t address[16]; /* of A the first four, in the order of the network */
    const char *alias;   /* of CNAME: the canonical name */
    uint64_t delay_ns;   /* the answer comes that much later */
};

struct serve_dns_reply {
    uint8_t bytes[SERVE_DNS_TCP_REPLY_MAX];
    size_t len; /* 0: no answer */
    uint64_t delay_ns;
    char name[SERVE_DNS_NAME_MAX + 1]; /* what was asked for; "" when that could not be read */
    uint16_t type;
    const char *what; /* the answer in a word, static */
};

/* Is it a name of labels of 1 to 63 characters, not too long? */
bool serve_dns_is_name(const char *name);

/* Any bytes. `limit`: of the reply, one of the two above; what does not fit sets the bit. */
void serve_dns_answer(const struct serve_dns_name *names, size_t count, size_t limit,
                      const uint8_t *query, size_t len, struct serve_dns_reply *reply);

#endif
