/*
 * icmp.c - the Internet Control Message Protocol
 */
#include "netstack/icmp.h"

#include "lib/checksum.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/drop.h"

enum icmp_type {
    ICMP_ECHO_REPLY = 0,
    ICMP_UNREACHABLE = 3,
    ICMP_ECHO_REQUEST = 8,
    ICMP_TIME_EXCEEDED = 11,
    ICMP_PARAMETER_PROBLEM = 12,
};

enum {
    ICMP_CODE_REASSEMBLY = 1, /* of ICMP_TIME_EXCEEDED */
    ICMP_CODE_PROTOCOL = 2,   /* of ICMP_UNREACHABLE */
    ICMP_CODE_PORT = 3,
    ICMP_CODE_TOO_BIG = 4, /* "fragmentation needed and DF set" */
};
#define ICMP_QUOTED 8 /* bytes behind the header of the packet that an error is about */

struct icmp_header {
    uint8_t type;
    uint8_t code;
    be16_t checksum;
    be16_t identifier; /* of echoes; otherwise unused */
    be16_t sequence;   /* ICMP_CODE_TOO_BIG: the MTU of the next hop [RFC1191] 4 */
};
kstatic_assert(sizeof(struct icmp_header) == ICMP_HEADER_SIZE, "as on the wire");
kstatic_assert(offsetof(struct icmp_header, sequence) == ICMP_SEQUENCE_AT, "as on the wire");

static struct list icmp_buckets[ICMP_BUCKETS];
static uint16_t icmp_last_identifier; /* that was chosen here */
static uint64_t icmp_errors_paid_ns;  /* until when the errors that were sent use up the interval */

/* ---- endpoints ------------------------------------------------------------------------------- */

void icmp_init(void)
{
    for (unsigned i = 0; i < ICMP_BUCKETS; i++)
        list_init(&icmp_buckets[i]);
    icmp_last_identifier = 0;
    icmp_errors_paid_ns = 0;
}

static struct list *icmp_bucket(uint16_t identifier)
{
    return &icmp_buckets[identifier & (ICMP_BUCKETS - 1)];
}

static struct icmp_endpoint *icmp_find(uint16_t identifier)
{
    struct list *bucket = icmp_bucket(identifier);
    struct list *link;
    list_foreach (link, bucket) {
        struct icmp_endpoint *endpoint = list_entry(link, struct icmp_endpoint, bucket);
        if (endpoint->identifier == identifier)
            return endpoint;
    }
    return NULL;
}

/* The next that is free, in turn, so that a late answer does not meet a new owner; 0: none is. */
static uint16_t icmp_choose_identifier(void)
{
    for (unsigned i = 0; i < UINT16_MAX; i++) {
        if (++icmp_last_identifier == 0)
            icmp_last_identifier = 1;
        if (icmp_find(icmp_last_identifier) == NULL)
            return icmp_last_identifier;
    }
    return 0;
}

int icmp_bind(struct icmp_endpoint *endpoint, uint16_t identifier)
{
    kassert(endpoint->identifier == 0);
    if (identifier == 0)
        identifier = icmp_choose_identifier();
    if (identifier == 0 || icmp_find(identifier) != NULL)
        return -KEADDRINUSE;
    endpoint->identifier = identifier;
    list_add_tail(icmp_bucket(identifier), &endpoint->bucket);
    return 0;
}

void icmp_unbind(struct icmp_endpoint *endpoint)
{
    if (endpoint->identifier == 0)
        return;
    list_remove(&endpoint->bucket);
    endpoint->identifier = 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void icmp_set_checksum(struct nbuf *nbuf)
{
    struct icmp_header *header = (struct icmp_header *)nbuf->data;
    header->checksum = be16_put(0);
    header->checksum = be16_put(checksum_of(nbuf->data, nbuf->len));
}

int icmp_check_request(const uint8_t *message, size_t size)
{
    const struct icmp_header *header = (const struct icmp_header *)message;
    if (size < ICMP_HEADER_SIZE || header->type != ICMP_ECHO_REQUEST || header->code != 0)
        return -KEINVAL;
    return 0;
}

int icmp_send_request(const struct icmp_endpoint *endpoint, struct nbuf *nbuf,
                      const struct ipv4_path *path, uint32_t destination, uint64_t now_ns)
{
    kassert(endpoint->identifier != 0 && nbuf->len >= ICMP_HEADER_SIZE);
    struct icmp_header *header = (struct icmp_header *)nbuf->data;
    header->type = ICMP_ECHO_REQUEST;
    header->code = 0;
    header->identifier = be16_put(endpoint->identifier);
    icmp_set_checksum(nbuf);
    return ipv4_output(nbuf, path, destination, IPV4_ICMP, now_ns);
}

/*
 * "An ICMP error message MUST NOT be sent as the result of receiving" an ICMP error message, what
 * was sent to a broadcast address or in a broadcast frame, or what does not come from a single host
 * [RFC1122] 3.2.2. The packets here begin with their first fragment, which is the fourth case.
 */
static bool icmp_may_answer_with_error(const uint8_t *packet, size_t size, size_t header_size,
                                       const struct ipv4_info *info)
{
    if (info->broadcast || info->group || !ipv4_is_unicast(info->source))
        return false;
    if (packet[IPV4_PROTOCOL_AT] != IPV4_ICMP)
        return true;
    return size > header_size &&
           (packet[header_size] == ICMP_ECHO_REQUEST || packet[header_size] == ICMP_ECHO_REPLY);
}

static bool icmp_errors_are_too_many(uint64_t now_ns)
{
    uint64_t paid_ns = icmp_errors_paid_ns > now_ns ? icmp_errors_paid_ns : now_ns;
    if (paid_ns - now_ns > (ICMP_ERRORS_AT_ONCE - 1) * ICMP_ERROR_INTERVAL_NS)
        return true;
    icmp_errors_paid_ns = paid_ns + ICMP_ERROR_INTERVAL_NS;
    return false;
}

void icmp_send_error(enum icmp_error error, const uint8_t *packet, size_t size,
                     const struct ipv4_info *info, uint64_t now_ns)
{
    size_t header_size = ipv4_header_size(packet);
    struct ipv4_path path;
    kassert(header_size >= IPV4_HEADER_SIZE && header_size <= size);
    if (!icmp_may_answer_with_error(packet, size, header_size, info) ||
        ipv4_find_path(info->source, &path) != 0)
        return;
    struct nbuf *nbuf = icmp_errors_are_too_many(now_ns) ? NULL : nbuf_alloc();
    if (nbuf == NULL) {
        net_drop(NULL, "icmp", "error that is not sent: too many");
        return;
    }
    static const struct icmp_header headers[] = {
        [ICMP_ERROR_PORT] = {.type = ICMP_UNREACHABLE, .code = ICMP_CODE_PORT},
        [ICMP_ERROR_PROTOCOL] = {.type = ICMP_UNREACHABLE, .code = ICMP_CODE_PROTOCOL},
        [ICMP_ERROR_REASSEMBLY] = {.type = ICMP_TIME_EXCEEDED, .code = ICMP_CODE_REASSEMBLY},
    };
    size_t quoted = size < header_size + ICMP_QUOTED ? size : header_size + ICMP_QUOTED;
    *(struct icmp_header *)nbuf_put(nbuf, ICMP_HEADER_SIZE) = headers[error];
    memcpy(nbuf_put(nbuf, quoted), packet, quoted);
    icmp_set_checksum(nbuf);
    path.source = info->destination;
    ipv4_output(nbuf, &path, info->source, IPV4_ICMP, now_ns);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/*
 * The request's buffer becomes the reply. A request to everybody is not answered: "MAY be silently
 * discarded" [RFC1122] 3.2.2.6.
 */
static void icmp_answer(struct nbuf *nbuf, const struct ipv4_info *info, uint64_t now_ns)
{
    struct ipv4_path path;
    if (info->broadcast) {
        net_drop(nbuf, "icmp", "echo request to a broadcast address");
        return;
    }
    if (ipv4_find_path(info->source, &path) != 0) {
        net_drop(nbuf, "icmp", "no way back to who asks");
        return;
    }
    struct icmp_header *header = (struct icmp_header *)nbuf->data;
    header->type = ICMP_ECHO_REPLY;
    icmp_set_checksum(nbuf);
    path.source = info->destination;
    ipv4_output(nbuf, &path, info->source, IPV4_ICMP, now_ns);
}

static void icmp_deliver_reply(struct nbuf *nbuf, const struct ipv4_info *info)
{
    const struct icmp_header *header = (const struct icmp_header *)nbuf->data;
    struct icmp_endpoint *endpoint = icmp_find(be16_get(header->identifier));
    if (endpoint == NULL) {
        net_drop(nbuf, "icmp", "echo reply that nobody waits for");
        return;
    }
    endpoint->deliver(endpoint, nbuf, info->source);
}

/*
 * What an error message means to the socket that sent the packet; 0: nothing. [RFC1122] 4.2.3.9,
 * and as Linux has it.
 */
static int icmp_error_of(const struct icmp_header *header)
{
    static const int unreachable[] = {
        KENETUNREACH,  KEHOSTUNREACH, KENOPROTOOPT,  KECONNREFUSED, KEMSGSIZE,     KEOPNOTSUPP,
        KENETUNREACH,  KEHOSTDOWN,    KENETUNREACH,  KENETUNREACH,  KEHOSTUNREACH, KENETUNREACH,
        KEHOSTUNREACH, KEHOSTUNREACH, KEHOSTUNREACH, KEHOSTUNREACH,
    };
    if (header->type == ICMP_TIME_EXCEEDED)
        return KEHOSTUNREACH;
    if (header->type == ICMP_PARAMETER_PROBLEM)
        return KEPROTO;
    if (header->code < sizeof(unreachable) / sizeof(unreachable[0]))
        return unreachable[header->code];
    return 0;
}

/* Behind the header stands the beginning of the packet that it is about. */
static void icmp_deliver_error(struct nbuf *nbuf, uint64_t now_ns)
{
    const struct icmp_header *header = (const struct icmp_header *)nbuf->data;
    int error = icmp_error_of(header);
    if (error == 0) {
        net_drop(nbuf, "icmp", "error of an unknown kind");
        return;
    }
    const uint8_t *packet = nbuf->data + ICMP_HEADER_SIZE;
    size_t size = nbuf->len - ICMP_HEADER_SIZE;
    if (header->type == ICMP_UNREACHABLE && header->code == ICMP_CODE_TOO_BIG)
        ipv4_report_too_big(packet, size, be16_get(header->sequence), now_ns);
    else
        ipv4_report_failure(packet, size, error);
    nbuf_free(nbuf);
}

void icmp_input(struct nbuf *nbuf, const struct ipv4_info *info, uint64_t now_ns)
{
    const struct icmp_header *header = (const struct icmp_header *)nbuf->data;
    if (nbuf->len < ICMP_HEADER_SIZE) {
        net_drop(nbuf, "icmp", "shorter than a header");
        return;
    }
    if (!checksum_is_right(nbuf->data, nbuf->len)) {
        net_drop(nbuf, "icmp", "bad checksum");
        return;
    }
    switch (header->type) {
    case ICMP_ECHO_REQUEST:
        icmp_answer(nbuf, info, now_ns);
        break;
    case ICMP_ECHO_REPLY:
        icmp_deliver_reply(nbuf, info);
        break;
    case ICMP_UNREACHABLE:
    case ICMP_TIME_EXCEEDED:
    case ICMP_PARAMETER_PROBLEM:
        icmp_deliver_error(nbuf, now_ns);
        break;
    default:
        net_drop(nbuf, "icmp", "unknown type");
    }
}

void icmp_report_failure(const uint8_t *message, size_t size, uint32_t destination, int error)
{
    const struct icmp_header *header = (const struct icmp_header *)message;
    if (size < ICMP_HEADER_SIZE || header->type != ICMP_ECHO_REQUEST)
        return;
    struct icmp_endpoint *endpoint = icmp_find(be16_get(header->identifier));
    if (endpoint != NULL)
        endpoint->fail(endpoint, destination, error);
}
