/*
 * serve_dns.c - the answers of a name server: [RFC1035], [RFC3596]
 *
 * A query has a header and one question; additional records, such as the OPT of [RFC6891], are not
 * looked at, and none is sent back: 6.1.1 there, a server without EDNS ignores it. A reply repeats
 * the question, and its records point to names by their place in the message ([RFC1035] 4.1.4)
 * where that is the question's, and write them out elsewhere.
 *
 * Answers are authoritative, and recursion is offered, as by the resolver of a small network. What
 * is no query is not answered; what is one and cannot be read gets FORMERR, an opcode other than
 * QUERY gets NOTIMP.
 *
 * Limits: aliases are followed for SERVE_DNS_CHAIN_MAX steps; records that do not fit set the bit
 * for truncation.
 */
#include "emu/wire/serve_dns.h"

#include "emu/wire/wire_bytes.h"

#include <glib.h>
#include <string.h>

#define DNS_HEADER          12
#define DNS_QR              0x8000
#define DNS_OPCODE          0x7800
#define DNS_AA              0x0400
#define DNS_TC              0x0200
#define DNS_RD              0x0100
#define DNS_RA              0x0080
#define DNS_TYPE_A          1
#define DNS_TYPE_CNAME      5
#define DNS_TYPE_AAAA       28
#define DNS_TYPE_ANY        255
#define DNS_CLASS_IN        1
#define DNS_POINTER         0xc0
#define DNS_LABEL_MAX       63
#define DNS_TTL_S           60
#define SERVE_DNS_CHAIN_MAX 8

enum dns_code {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
};

struct dns_lookup {
    const struct serve_dns_name *names;
    size_t count;
    struct serve_dns_reply *reply;
    size_t limit; /* of its length */
    unsigned answers;
    bool is_truncated;
};

bool serve_dns_is_name(const char *name)
{
    size_t label = 0, len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '.') {
            if (label == 0) {
                return false;
            }
            label = 0;
        } else if (!g_ascii_isgraph(name[i]) || ++label > DNS_LABEL_MAX) {
            return false;
        }
    }
    return label > 0 && len <= SERVE_DNS_NAME_MAX;
}

/*
 * Reads a name that is written out, as those in questions are. Returns how many bytes it takes; 0:
 * it is none, or one that a text cannot hold.
 */
static size_t dns_read_name(const uint8_t *bytes, size_t len, char name[SERVE_DNS_NAME_MAX + 1])
{
    size_t at = 0, to = 0;
    while (at < len && bytes[at] != 0) {
        size_t label = bytes[at++];
        if (label > DNS_LABEL_MAX || label > len - at || to + label + 1 > SERVE_DNS_NAME_MAX + 1) {
            return 0;
        }
        if (to > 0) {
            name[to - 1] = '.';
        }
        for (size_t i = 0; i < label; i++) {
            uint8_t byte = bytes[at + i];
            if (!g_ascii_isgraph(byte) || byte == '.') {
                return 0;
            }
            name[to++] = (char)byte;
        }
        at += label;
        to++; /* the dot, or the end */
    }
    if (at == len || to == 0) {
        return 0;
    }
    name[to - 1] = '\0';
    return at + 1;
}

/* Returns the bytes that a name takes; `to` has room for SERVE_DNS_NAME_MAX + 2. */
static size_t dns_write_name(uint8_t *to, const char *name)
{
    size_t at = 0;
    while (*name != '\0') {
        size_t label = strcspn(name, ".");
        to[at++] = (uint8_t)label;
        memcpy(to + at, name, label);
        at += label;
        name += label + (name[label] == '.' ? 1 : 0);
    }
    to[at++] = 0;
    return at;
}

/* One record behind those that are there: of `owner`, or where the question's name is, NULL. */
static void dns_add_record(struct dns_lookup *lookup, const char *owner, uint16_t type,
                           const uint8_t *data, size_t size)
{
    uint8_t record[2 * (SERVE_DNS_NAME_MAX + 2) + 10];
    size_t at;
    if (owner == NULL) {
        wire_put16(record, DNS_POINTER << 8 | DNS_HEADER);
        at = 2;
    } else {
        at = dns_write_name(record, owner);
    }
    wire_put16(record + at, type);
    wire_put16(record + at + 2, DNS_CLASS_IN);
    wire_put32(record + at + 4, DNS_TTL_S);
    wire_put16(record + at + 8, (unsigned)size);
    memcpy(record + at + 10, data, size);
    size_t len = at + 10 + size;
    struct serve_dns_reply *reply = lookup->reply;
    if (lookup->is_truncated || len > lookup->limit - reply->len) {
        lookup->is_truncated = true;
        return;
    }
    memcpy(reply->bytes + reply->len, record, len);
    reply->len += len;
    lookup->answers++;
}

static const struct serve_dns_name *dns_find(const struct dns_lookup *lookup, const char *name,
                                             enum serve_dns_kind kind)
{
    for (size_t i = 0; i < lookup->count; i++) {
        const struct serve_dns_name *row = &lookup->names[i];
        if (row->kind == kind && g_ascii_strcasecmp(row->name, name) == 0) {
            return row;
        }
    }
    return NULL;
}

static bool dns_exists(const struct dns_lookup *lookup, const char *name)
{
    return dns_find(lookup, name, SERVE_DNS_A) != NULL ||
           dns_find(lookup, name, SERVE_DNS_AAAA) != NULL ||
           dns_find(lookup, name, SERVE_DNS_CNAME) != NULL ||
           dns_find(lookup, name, SERVE_DNS_TRUNCATED) != NULL;
}

/* The records of a name that are of the type. */
static void dns_add_addresses(struct dns_lookup *lookup, const char *name, const char *owner,
                              uint16_t type)
{
    for (size_t i = 0; i < lookup->count; i++) {
        const struct serve_dns_name *row = &lookup->names[i];
        bool is_a = row->kind == SERVE_DNS_A, is_aaaa = row->kind == SERVE_DNS_AAAA;
        if (g_ascii_strcasecmp(row->name, name) != 0 || (!is_a && !is_aaaa)) {
            continue;
        }
        uint16_t has = is_a ? DNS_TYPE_A : DNS_TYPE_AAAA;
        if (has == type || type == DNS_TYPE_ANY) {
            dns_add_record(lookup, owner, has, row->address, is_a ? 4 : 16);
        }
    }
}

/* [RFC1034] 4.3.2: aliases are followed, and those that were are part of the answer. */
static enum dns_code dns_resolve(struct dns_lookup *lookup, const char *name, uint16_t type)
{
    const char *owner = NULL;
    const struct serve_dns_name *alias;
    for (unsigned i = 0; (alias = dns_find(lookup, name, SERVE_DNS_CNAME)) != NULL; i++) {
        if (i == SERVE_DNS_CHAIN_MAX) {
            return DNS_SERVFAIL;
        }
        uint8_t data[SERVE_DNS_NAME_MAX + 2];
        dns_add_record(lookup, owner, DNS_TYPE_CNAME, data, dns_write_name(data, alias->alias));
        if (type == DNS_TYPE_CNAME) {
            return DNS_NOERROR;
        }
        name = owner = alias->alias;
    }
    if (dns_find(lookup, name, SERVE_DNS_SERVFAIL) != NULL) {
        return DNS_SERVFAIL;
    }
    if (!dns_exists(lookup, name)) {
        return DNS_NXDOMAIN;
    }
    dns_add_addresses(lookup, name, owner, type);
    return DNS_NOERROR;
}

static const char *dns_describe(enum dns_code code, const struct dns_lookup *lookup)
{
    static const char *const names[] = {"", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP"};
    if (code != DNS_NOERROR) {
        return names[code];
    }
    return lookup->is_truncated ? "truncated" : lookup->answers > 0 ? "an answer" : "no data";
}

/* Reads the question, which is behind the header of `query`. The bytes it takes; 0: it is none. */
static size_t dns_read_question(const uint8_t *query, size_t len, struct serve_dns_reply *reply)
{
    size_t name = dns_read_name(query + DNS_HEADER, len - DNS_HEADER, reply->name);
    if (name == 0 || len - DNS_HEADER - name < 4 || wire_get16(query + 4) != 1 ||
        wire_get16(query + DNS_HEADER + name + 2) != DNS_CLASS_IN) {
        reply->name[0] = '\0';
        return 0;
    }
    reply->type = wire_get16(query + DNS_HEADER + name);
    return name + 4;
}

static enum dns_code dns_judge(struct dns_lookup *lookup, const uint8_t *query, size_t len)
{
    struct serve_dns_reply *reply = lookup->reply;
    reply->len = DNS_HEADER;
    if ((wire_get16(query + 2) & DNS_OPCODE) != 0) {
        return DNS_NOTIMP;
    }
    size_t question = dns_read_question(query, len, reply);
    if (question == 0) {
        return DNS_FORMERR;
    }
    memcpy(reply->bytes + DNS_HEADER, query + DNS_HEADER, question);
    reply->len += question;
    for (size_t i = 0; i < lookup->count; i++) {
        const struct serve_dns_name *row = &lookup->names[i];
        if (g_ascii_strcasecmp(row->name, reply->name) == 0) {
            reply->delay_ns = MAX(reply->delay_ns, row->delay_ns);
        }
    }
    lookup->is_truncated = lookup->limit == SERVE_DNS_UDP_REPLY_MAX &&
                           dns_find(lookup, reply->name, SERVE_DNS_TRUNCATED) != NULL;
    return lookup->is_truncated ? DNS_NOERROR : dns_resolve(lookup, reply->name, reply->type);
}

void serve_dns_answer(const struct serve_dns_name *names, size_t count, size_t limit,
                      const uint8_t *query, size_t len, struct serve_dns_reply *reply)
{
    struct dns_lookup lookup = {.names = names, .count = count, .reply = reply, .limit = limit};
    reply->len = 0;
    reply->delay_ns = 0;
    reply->name[0] = '\0';
    reply->type = 0;
    reply->what = "not a query";
    if (len < DNS_HEADER || (wire_get16(query + 2) & DNS_QR) != 0) {
        return;
    }
    enum dns_code code = dns_judge(&lookup, query, len);
    if (dns_find(&lookup, reply->name, SERVE_DNS_SILENT) != NULL) {
        reply->len = 0;
        reply->what = "nothing";
        return;
    }
    bool has_question = reply->name[0] != '\0';
    unsigned flags = DNS_QR | DNS_AA | DNS_RA | (unsigned)code |
                     (wire_get16(query + 2) & (DNS_OPCODE | DNS_RD)) |
                     (lookup.is_truncated ? DNS_TC : 0);
    memset(reply->bytes, 0, DNS_HEADER);
    memcpy(reply->bytes, query, 2);
    wire_put16(reply->bytes + 2, flags);
    wire_put16(reply->bytes + 4, has_question ? 1 : 0);
    wire_put16(reply->bytes + 6, lookup.answers);
    reply->what = dns_describe(code, &lookup);
}
