/* raw.c - endpoints that see whole IPv4 packets of one protocol */
#include "netstack/raw.h"

#include "lib/checksum.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/datagram_channel.h"
#include "netstack/drop.h"
#include "netstack/interface.h"

static struct list raw_endpoints; /* in the order in which they were bound */

void raw_init(void)
{
    list_init(&raw_endpoints);
}

void raw_bind(struct raw_endpoint *endpoint, uint8_t protocol)
{
    endpoint->protocol = protocol;
    list_add_tail(&raw_endpoints, &endpoint->link);
}

void raw_unbind(struct raw_endpoint *endpoint)
{
    list_remove(&endpoint->link);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* What was put together says so: that it is whole, and how long. */
static void raw_finish_header(uint8_t *packet, size_t size)
{
    store_be16(packet + IPV4_TOTAL_SIZE_AT, (uint16_t)size);
    store_be16(packet + IPV4_FRAGMENT_AT, 0);
    store_be16(packet + IPV4_CHECKSUM_AT, 0);
    store_be16(packet + IPV4_CHECKSUM_AT, checksum_of(packet, ipv4_header_size(packet)));
}

/* NULL: there is no memory. */
static struct nbuf *raw_copy(const struct nbuf *nbuf, const uint8_t *packet)
{
    size_t size = (size_t)(nbuf->data - packet) + nbuf->len;
    struct nbuf *copy = nbuf_alloc();
    if (copy == NULL || (size > nbuf_tailroom(copy) && !nbuf_enlarge(copy))) {
        nbuf_free(copy);
        return NULL;
    }
    copy->ttl = nbuf->ttl;
    uint8_t *data = nbuf_put(copy, size);
    memcpy(data, packet, size);
    if (load_be16(data + IPV4_TOTAL_SIZE_AT) != size)
        raw_finish_header(data, size);
    return copy;
}

bool raw_input(const struct nbuf *nbuf, uint8_t protocol, const struct ipv4_info *info)
{
    bool is_known = false;
    struct list *link;
    list_foreach (link, &raw_endpoints) {
        struct raw_endpoint *endpoint = list_entry(link, struct raw_endpoint, link);
        if (endpoint->protocol != protocol)
            continue;
        is_known = true;
        struct nbuf *copy = raw_copy(nbuf, info->header);
        if (copy != NULL)
            endpoint->deliver(endpoint, copy, info->source);
        else
            net_drop(NULL, "raw", "no memory for a copy");
    }
    return is_known;
}

/* ---- sending --------------------------------------------------------------------------------- */

static bool raw_is_packet(const uint8_t *packet, size_t size, uint8_t protocol)
{
    if (size < IPV4_HEADER_SIZE || packet[0] >> 4 != IPV4_VERSION)
        return false;
    size_t header_size = ipv4_header_size(packet);
    return header_size >= IPV4_HEADER_SIZE && header_size <= size &&
           packet[IPV4_PROTOCOL_AT] == protocol;
}

static int raw_find_path(const uint8_t *packet, uint32_t destination, struct ipv4_path *path)
{
    uint32_t source = load_be32(packet + IPV4_SOURCE_AT);
    int error = ipv4_find_path(destination, path);
    if (error != 0)
        return error;
    if (interface_is_broadcast(path->interface, destination))
        return -KEACCES;
    if (source != 0)
        path->source = source;
    path->ttl = packet[IPV4_TTL_AT];
    return 0;
}

int raw_send(const struct raw_endpoint *endpoint, const uint8_t *packet, size_t size,
             uint64_t now_ns)
{
    struct datagram_draft draft;
    if (!raw_is_packet(packet, size, endpoint->protocol))
        return -KEINVAL;
    size_t skipped = ipv4_header_size(packet), data_size = size - skipped;
    if (data_size > IPV4_PACKET_MAX - IPV4_HEADER_SIZE)
        return -KEMSGSIZE;
    uint32_t destination = load_be32(packet + IPV4_DESTINATION_AT);
    int error = raw_find_path(packet, destination, &draft.path);
    if (error == 0)
        error = datagram_draft_alloc(&draft, data_size);
    if (error != 0)
        return error;
    memcpy(draft.nbuf->data, packet + skipped, data_size);
    return ipv4_output(draft.nbuf, &draft.path, destination, (enum ipv4_protocol)endpoint->protocol,
                       now_ns);
}
