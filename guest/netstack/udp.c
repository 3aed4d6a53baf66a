/*
 * udp.c - the User Datagram Protocol
 */
#include "netstack/udp.h"

#include "lib/checksum.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "netstack/drop.h"
#include "netstack/icmp.h"

struct udp_header {
    be16_t source_port;
    be16_t destination_port;
    be16_t size; /* of header and data */
    be16_t checksum;
};
kstatic_assert(sizeof(struct udp_header) == UDP_HEADER_SIZE, "as on the wire");

/* The two ends of a datagram, seen from here. */
struct udp_flow {
    const struct interface *interface; /* NULL: not known */
    uint32_t address, peer;
    uint16_t port, peer_port;
};

static struct list udp_buckets[UDP_BUCKETS];
static uint16_t udp_last_port; /* that was chosen here */

/* ---- endpoints ------------------------------------------------------------------------------- */

void udp_init(void)
{
    for (unsigned i = 0; i < UDP_BUCKETS; i++)
        list_init(&udp_buckets[i]);
    udp_last_port = UDP_EPHEMERAL_FIRST - 1;
}

static struct list *udp_bucket(uint16_t port)
{
    return &udp_buckets[port & (UDP_BUCKETS - 1)];
}

/* How much of what the flow has the endpoint asks for; 0: it is not for this endpoint. */
static unsigned udp_match(const struct udp_endpoint *endpoint, const struct udp_flow *flow)
{
    unsigned score = 1;
    if (endpoint->port != flow->port)
        return 0;
    if (endpoint->interface != NULL && flow->interface != NULL) {
        if (endpoint->interface != flow->interface)
            return 0;
        score++;
    }
    if (endpoint->address != 0) {
        if (endpoint->address != flow->address)
            return 0;
        score++;
    }
    if (endpoint->peer != 0) {
        if (endpoint->peer != flow->peer || endpoint->peer_port != flow->peer_port)
            return 0;
        score += 3; /* more than all the rest */
    }
    return score;
}

static struct udp_endpoint *udp_find(const struct udp_flow *flow)
{
    struct udp_endpoint *best = NULL;
    unsigned best_score = 0;
    struct list *bucket = udp_bucket(flow->port);
    struct list *link;
    list_foreach (link, bucket) {
        struct udp_endpoint *endpoint = list_entry(link, struct udp_endpoint, bucket);
        unsigned score = udp_match(endpoint, flow);
        if (score > best_score) {
            best = endpoint;
            best_score = score;
        }
    }
    return best;
}

/* Is there an endpoint on this port that may get the same datagrams? */
static bool udp_is_taken(const struct udp_endpoint *wanted, uint16_t port)
{
    struct list *bucket = udp_bucket(port);
    struct list *link;
    list_foreach (link, bucket) {
        const struct udp_endpoint *other = list_entry(link, struct udp_endpoint, bucket);
        bool apart =
            (other->address != 0 && wanted->address != 0 && other->address != wanted->address) ||
            (other->interface != NULL && wanted->interface != NULL &&
             other->interface != wanted->interface);
        bool shared = other->reuse_address && wanted->reuse_address;
        if (other->port == port && !apart && !shared)
            return true;
    }
    return false;
}

/* The next that is free, in turn, so that a late answer does not meet a new owner; 0: none is. */
static uint16_t udp_choose_port(const struct udp_endpoint *endpoint)
{
    for (unsigned i = UDP_EPHEMERAL_FIRST; i <= UINT16_MAX; i++) {
        udp_last_port = udp_last_port == UINT16_MAX ? UDP_EPHEMERAL_FIRST : udp_last_port + 1;
        if (!udp_is_taken(endpoint, udp_last_port))
            return udp_last_port;
    }
    return 0;
}

int udp_bind(struct udp_endpoint *endpoint, uint16_t port)
{
    kassert(endpoint->port == 0);
    if (port == 0)
        port = udp_choose_port(endpoint);
    if (port == 0 || udp_is_taken(endpoint, port))
        return -KEADDRINUSE;
    endpoint->port = port;
    list_add_tail(udp_bucket(port), &endpoint->bucket);
    return 0;
}

void udp_unbind(struct udp_endpoint *endpoint)
{
    if (endpoint->port == 0)
        return;
    list_remove(&endpoint->bucket);
    endpoint->port = 0;
}

/* ---- the checksum ---------------------------------------------------------------------------- */

/* Over a pseudo-header of addresses, protocol and length, the header and the data. */
static uint16_t udp_checksum(const struct nbuf *nbuf, uint32_t source, uint32_t destination)
{
    uint64_t sum = checksum_add_u32(0, source);
    sum = checksum_add_u32(sum, destination);
    sum = checksum_add_u16(sum, IPV4_UDP);
    sum = checksum_add_u16(sum, (uint16_t)nbuf->len);
    return checksum_finish(checksum_add(sum, nbuf->data, nbuf->len));
}

/* ---- sending --------------------------------------------------------------------------------- */

int udp_send(const struct udp_endpoint *endpoint, struct nbuf *nbuf, const struct ipv4_path *path,
             uint32_t destination, uint16_t port, uint64_t now_ns)
{
    kassert(endpoint->port != 0 && nbuf->len <= UDP_PAYLOAD_MAX);
    struct udp_header *header = (struct udp_header *)nbuf_push(nbuf, UDP_HEADER_SIZE);
    *header = (struct udp_header){
        .source_port = be16_put(endpoint->port),
        .destination_port = be16_put(port),
        .size = be16_put((uint16_t)nbuf->len),
    };
    uint16_t checksum = udp_checksum(nbuf, path->source, destination);
    /* "If the computed checksum is zero, it is transmitted as all ones": zero means none. */
    header->checksum = be16_put(checksum != 0 ? checksum : UINT16_MAX);
    return ipv4_output(nbuf, path, destination, IPV4_UDP, now_ns);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* What is wrong with a datagram; NULL: nothing. What lies behind it is cut off. */
static const char *udp_malformed(struct nbuf *nbuf, const struct ipv4_info *info)
{
    const struct udp_header *header = (const struct udp_header *)nbuf->data;
    if (nbuf->len < UDP_HEADER_SIZE)
        return "shorter than a header";
    size_t size = be16_get(header->size);
    if (size < UDP_HEADER_SIZE)
        return "length shorter than the header";
    if (size > nbuf->len)
        return "length beyond the packet";
    nbuf->len = size;
    if (be16_get(header->checksum) != 0 && udp_checksum(nbuf, info->source, info->destination) != 0)
        return "bad checksum";
    return NULL;
}

void udp_input(struct nbuf *nbuf, const struct ipv4_info *info, uint64_t now_ns)
{
    const char *why = udp_malformed(nbuf, info);
    if (why != NULL) {
        net_drop(nbuf, "udp", why);
        return;
    }
    const struct udp_header *header = (const struct udp_header *)nbuf->data;
    uint16_t source_port = be16_get(header->source_port);
    struct udp_flow flow = {
        .interface = info->interface,
        .address = info->destination,
        .port = be16_get(header->destination_port),
        .peer = info->source,
        .peer_port = source_port,
    };
    struct udp_endpoint *endpoint = udp_find(&flow);
    if (endpoint == NULL) {
        icmp_send_error(ICMP_ERROR_PORT, info->header,
                        (size_t)(nbuf->data - info->header) + nbuf->len, info, now_ns);
        net_drop(nbuf, "udp", "nobody has the port");
        return;
    }
    nbuf_pull(nbuf, UDP_HEADER_SIZE);
    endpoint->deliver(endpoint, nbuf, info->source, source_port);
}

/*
 * Only a connected endpoint is told: one with many peers could not know which of them it was, and
 * this is what programs know from Linux.
 */
void udp_report_failure(const uint8_t *datagram, size_t size, uint32_t source, uint32_t destination,
                        int error)
{
    const struct udp_header *header = (const struct udp_header *)datagram;
    if (size < UDP_HEADER_SIZE)
        return;
    struct udp_flow flow = {
        .address = source,
        .port = be16_get(header->source_port),
        .peer = destination,
        .peer_port = be16_get(header->destination_port),
    };
    struct udp_endpoint *endpoint = udp_find(&flow);
    if (endpoint != NULL && endpoint->peer != 0)
        endpoint->fail(endpoint, error);
}
