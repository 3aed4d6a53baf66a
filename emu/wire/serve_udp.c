/*
 * serve_udp.c - UDP services, the name server, and echo replies, in front of libslirp
 *
 *     echo      the datagram comes back: [RFC862]
 *     discard   nothing; `silent` is the same
 *     script    the list of steps, begun by each peer for itself; see below
 *     names     serve_dns.c
 *
 * In a script for datagrams `expect` is for a whole one; `until` and `skip` are for one that ends
 * with these bytes, or has as many. `send` sends one. Datagrams that come while the script waits
 * for its time are kept for it; behind the last step they are ignored, as those are that come when
 * nothing is expected. Another datagram than the expected one ends the script: serve.failed.
 */
#include "emu/wire/serve_udp.h"

#include "emu/wire/checksum.h"
#include "emu/wire/wire_bytes.h"
#include "emu/wire/wire_fragments.h"

#include <string.h>

#define UDP_ETHERNET   14
#define UDP_IPV4       20
#define UDP_HEADER     8
#define UDP_FRAME_HEAD (UDP_ETHERNET + UDP_IPV4)
#define UDP_PROTOCOL   17
#define ICMP_PROTOCOL  1
#define UDP_TTL        64
#define UDP_DONT       0x4000
#define UDP_KEPT_MAX   64 /* datagrams that wait for a script */

/* An answer that waits for its time. */
struct serve_later {
    uint64_t due_ns;
    GBytes *frame;
};

/* Who talks to a script. */
struct serve_peer {
    struct serve_udp *udp;
    const struct serve_endpoint *endpoint;
    uint8_t mac[6];
    uint32_t address;
    uint16_t port;
    size_t index;      /* the step that is being taken */
    uint64_t until_ns; /* the end of a wait; SERVE_NEVER: none has begun */
    struct vevent wake;
    GQueue *kept; /* GBytes: datagrams that the script has not come to */
};

struct serve_udp {
    struct vclock *clock;
    struct trace *trace;
    struct wire_port *port;
    struct wire_fragments *fragments; /* of what is sent */
    const struct serve_dns_name *names;
    size_t name_count;
    GPtrArray *peers; /* struct serve_peer */
    GQueue *later;    /* struct serve_later, by their times */
    struct vevent due;
};

static void serve_udp_send_piece(void *opaque, const uint8_t *frame, size_t len)
{
    struct serve_udp *udp = opaque;
    wire_port_send(udp->port, frame, len);
}

/* Whatever its length. */
static void serve_udp_emit(struct serve_udp *udp, const uint8_t *frame, size_t len)
{
    wire_fragments_cut(udp->fragments, frame, len, serve_udp_send_piece, udp);
}

/* Ethernet and IPv4 in front of `len` bytes that are there already. */
static void serve_udp_head(uint8_t *frame, const uint8_t mac[6], uint32_t from, uint32_t to,
                           uint8_t protocol, size_t len)
{
    memcpy(frame, mac, 6);
    wire_put16(frame + 6, 0x5255);
    wire_put32(frame + 8, from);
    wire_put16(frame + 12, 0x0800);
    uint8_t *ip = frame + UDP_ETHERNET;
    memset(ip, 0, UDP_IPV4);
    ip[0] = 0x45;
    wire_put16(ip + 2, (unsigned)(UDP_IPV4 + len));
    wire_put16(ip + 6, UDP_DONT); /* an atomic datagram: [RFC6864] 4.1 */
    ip[8] = UDP_TTL;
    ip[9] = protocol;
    wire_put32(ip + 12, from);
    wire_put32(ip + 16, to);
    wire_put16(ip + 10, checksum_finish(checksum_add(0, ip, UDP_IPV4)));
}

static void serve_later_free(void *opaque)
{
    struct serve_later *later = opaque;
    g_bytes_unref(later->frame);
    g_free(later);
}

static void serve_udp_arm(struct serve_udp *udp)
{
    const struct serve_later *first = g_queue_peek_head(udp->later);
    vclock_arm(udp->clock, &udp->due, first == NULL ? VCLOCK_NEVER : first->due_ns);
}

static void serve_udp_send_due(void *opaque)
{
    struct serve_udp *udp = opaque;
    struct serve_later *first;
    while ((first = g_queue_peek_head(udp->later)) != NULL &&
           first->due_ns <= vclock_now_ns(udp->clock)) {
        gsize size;
        const uint8_t *frame = g_bytes_get_data(first->frame, &size);
        serve_udp_emit(udp, frame, size);
        serve_later_free(g_queue_pop_head(udp->later));
    }
    serve_udp_arm(udp);
}

/* Behind all that are due at the same time. */
static void serve_udp_send_later(struct serve_udp *udp, const uint8_t *frame, size_t len,
                                 uint64_t delay_ns)
{
    if (g_queue_get_length(udp->later) == SERVE_LATER_MAX) {
        return;
    }
    struct serve_later *later = g_new(struct serve_later, 1);
    later->due_ns = vclock_now_ns(udp->clock) + delay_ns;
    later->frame = g_bytes_new(frame, len);
    GList *before = udp->later->tail;
    while (before != NULL && ((struct serve_later *)before->data)->due_ns > later->due_ns) {
        before = before->prev;
    }
    if (before == NULL) {
        g_queue_push_head(udp->later, later);
    } else {
        g_queue_insert_after(udp->later, before, later);
    }
    serve_udp_arm(udp);
}

/* A datagram back to where one came from. */
static void serve_udp_send(struct serve_udp *udp, const struct wire_egress_datagram *to,
                           const uint8_t *payload, size_t len, uint64_t delay_ns)
{
    g_autofree uint8_t *frame = g_malloc(UDP_FRAME_HEAD + UDP_HEADER + len);
    uint8_t *header = frame + UDP_FRAME_HEAD;
    size_t size = UDP_HEADER + len;
    wire_put16(header, to->port);
    wire_put16(header + 2, to->source_port);
    wire_put16(header + 4, (unsigned)size);
    wire_put16(header + 6, 0);
    if (len > 0) {
        memcpy(header + UDP_HEADER, payload, len);
    }
    uint64_t sum =
        checksum_add_pseudo_header(0, to->destination, to->source, UDP_PROTOCOL, (uint16_t)size);
    uint16_t checksum = checksum_finish(checksum_add(sum, header, size));
    /* [RFC768]: "If the computed checksum is zero, it is transmitted as all ones". */
    wire_put16(header + 6, checksum == 0 ? 0xffff : checksum);
    serve_udp_head(frame, to->sender_mac, to->destination, to->source, UDP_PROTOCOL, size);
    if (delay_ns > 0) {
        serve_udp_send_later(udp, frame, UDP_FRAME_HEAD + size, delay_ns);
    } else {
        serve_udp_emit(udp, frame, UDP_FRAME_HEAD + size);
    }
}

void serve_udp_take_echo(struct serve_udp *udp, const struct wire_egress_datagram *datagram)
{
    g_autofree uint8_t *frame = g_malloc(UDP_FRAME_HEAD + datagram->len);
    uint8_t *icmp = frame + UDP_FRAME_HEAD;
    memcpy(icmp, datagram->payload, datagram->len);
    icmp[0] = 0; /* echo reply: [RFC792] */
    wire_put16(icmp + 2, 0);
    wire_put16(icmp + 2, checksum_finish(checksum_add(0, icmp, datagram->len)));
    serve_udp_head(frame, datagram->sender_mac, datagram->destination, datagram->source,
                   ICMP_PROTOCOL, datagram->len);
    serve_udp_emit(udp, frame, UDP_FRAME_HEAD + datagram->len);
}

/* ---- names ----------------------------------------------------------------------------------- */

static const char *serve_udp_type(struct serve_udp *udp, uint16_t type)
{
    char number[sizeof("65535")];
    g_snprintf(number, sizeof(number), "%u", type);
    return type == 1 ? "A" : type == 28 ? "AAAA" : trace_intern(udp->trace, number);
}

static void serve_udp_take_query(struct serve_udp *udp, const struct wire_egress_datagram *datagram)
{
    struct serve_dns_reply reply;
    serve_dns_answer(udp->names, udp->name_count, SERVE_DNS_UDP_REPLY_MAX, datagram->payload,
                     datagram->len, &reply);
    trace_emit(udp->trace, TRACE_DNS_ASKED, TS(trace_intern(udp->trace, reply.name)),
               TS(serve_udp_type(udp, reply.type)), TS(reply.what));
    if (reply.len > 0) {
        serve_udp_send(udp, datagram, reply.bytes, reply.len, reply.delay_ns);
    }
}

/* ---- scripts --------------------------------------------------------------------------------- */

static void serve_peer_fail(struct serve_peer *peer, const char *why)
{
    char service[SERVE_TEXT], text[sizeof("255.255.255.255:65535")];
    uint32_t address = peer->address;
    serve_endpoint_describe(peer->endpoint, service);
    g_snprintf(text, sizeof(text), "%u.%u.%u.%u:%u", address >> 24, address >> 16 & 0xff,
               address >> 8 & 0xff, address & 0xff, peer->port);
    trace_emit(peer->udp->trace, TRACE_SERVE_FAILED, TS(trace_intern(peer->udp->trace, service)),
               TS(trace_intern(peer->udp->trace, text)), TS(why));
    peer->index = peer->endpoint->step_count;
}

static bool serve_peer_matches(const struct serve_step *step, const uint8_t *payload, size_t len)
{
    gsize size = 0;
    const uint8_t *bytes = step->bytes == NULL ? NULL : g_bytes_get_data(step->bytes, &size);
    if (step->kind == SERVE_STEP_SKIP) {
        return len == step->number;
    }
    bool fits = step->kind == SERVE_STEP_EXPECT ? len == size : len >= size;
    return fits && (size == 0 || memcmp(payload + len - size, bytes, size) == 0);
}

static bool serve_peer_receive(struct serve_peer *peer, const struct serve_step *step)
{
    g_autoptr(GBytes) datagram = g_queue_pop_head(peer->kept);
    if (datagram == NULL) {
        return false;
    }
    gsize len;
    const uint8_t *payload = g_bytes_get_data(datagram, &len);
    if (!serve_peer_matches(step, payload, len)) {
        serve_peer_fail(peer, "another datagram came than was expected");
        return false;
    }
    return true;
}

static bool serve_peer_wait(struct serve_peer *peer, uint64_t ns)
{
    uint64_t now_ns = vclock_now_ns(peer->udp->clock);
    if (peer->until_ns == SERVE_NEVER) {
        peer->until_ns = now_ns + ns;
    }
    if (now_ns < peer->until_ns) {
        vclock_arm(peer->udp->clock, &peer->wake, peer->until_ns);
        return false;
    }
    peer->until_ns = SERVE_NEVER;
    return true;
}

/* True when the step is done. */
static bool serve_peer_step(struct serve_peer *peer)
{
    const struct serve_step *step = &peer->endpoint->steps[peer->index];
    const struct wire_egress_datagram to = {
        .sender_mac = peer->mac,
        .source = peer->address,
        .destination = peer->endpoint->address,
        .source_port = peer->port,
        .port = peer->endpoint->port,
    };
    gsize size;
    const uint8_t *bytes;
    switch (step->kind) {
    case SERVE_STEP_EXPECT:
    case SERVE_STEP_UNTIL:
    case SERVE_STEP_SKIP:
        return serve_peer_receive(peer, step);
    case SERVE_STEP_SEND:
        bytes = g_bytes_get_data(step->bytes, &size);
        serve_udp_send(peer->udp, &to, bytes, size, 0);
        return true;
    case SERVE_STEP_WAIT:
        return serve_peer_wait(peer, step->number);
    case SERVE_STEP_CLOSE:
    case SERVE_STEP_RESET:
        peer->index = peer->endpoint->step_count; /* datagrams have no connection to end */
        return false;
    }
    g_assert_not_reached();
}

static void serve_peer_advance(void *opaque)
{
    struct serve_peer *peer = opaque;
    while (peer->index < peer->endpoint->step_count && serve_peer_step(peer)) {
        peer->index++;
    }
}

static void serve_peer_free(void *opaque)
{
    struct serve_peer *peer = opaque;
    vclock_disarm(peer->udp->clock, &peer->wake);
    g_queue_free_full(peer->kept, (GDestroyNotify)g_bytes_unref);
    g_free(peer);
}

/* NULL: there are too many. */
static struct serve_peer *serve_udp_find_peer(struct serve_udp *udp,
                                              const struct wire_egress_datagram *datagram)
{
    for (guint i = 0; i < udp->peers->len; i++) {
        struct serve_peer *peer = g_ptr_array_index(udp->peers, i);
        if (peer->endpoint == datagram->endpoint && peer->address == datagram->source &&
            peer->port == datagram->source_port) {
            return peer;
        }
    }
    if (udp->peers->len == SERVE_PEERS_MAX) {
        return NULL;
    }
    struct serve_peer *peer = g_new0(struct serve_peer, 1);
    peer->udp = udp;
    peer->endpoint = datagram->endpoint;
    memcpy(peer->mac, datagram->sender_mac, sizeof(peer->mac));
    peer->address = datagram->source;
    peer->port = datagram->source_port;
    peer->until_ns = SERVE_NEVER;
    peer->kept = g_queue_new();
    vevent_init(&peer->wake, VEVENT_MACHINE, "service", serve_peer_advance, peer);
    g_ptr_array_add(udp->peers, peer);
    return peer;
}

static void serve_udp_take_script(struct serve_udp *udp,
                                  const struct wire_egress_datagram *datagram)
{
    struct serve_peer *peer = serve_udp_find_peer(udp, datagram);
    if (peer == NULL || peer->index == peer->endpoint->step_count ||
        g_queue_get_length(peer->kept) == UDP_KEPT_MAX) {
        return;
    }
    g_queue_push_tail(peer->kept, g_bytes_new(datagram->payload, datagram->len));
    serve_peer_advance(peer);
}

/* ---- all of them ----------------------------------------------------------------------------- */

void serve_udp_take(struct serve_udp *udp, const struct wire_egress_datagram *datagram)
{
    if (datagram->endpoint == NULL) {
        serve_udp_take_query(udp, datagram);
    } else if (datagram->endpoint->kind == SERVE_ECHO) {
        serve_udp_send(udp, datagram, datagram->payload, datagram->len, 0);
    } else if (datagram->endpoint->kind == SERVE_SCRIPT) {
        serve_udp_take_script(udp, datagram);
    }
}

struct serve_udp *serve_udp_new(struct vclock *clock, struct trace *trace, struct wire_port *port,
                                const struct serve_dns_name *names, size_t name_count)
{
    struct serve_udp *udp = g_new0(struct serve_udp, 1);
    udp->clock = clock;
    udp->trace = trace;
    udp->port = port;
    udp->fragments = wire_fragments_new();
    udp->names = names;
    udp->name_count = name_count;
    udp->peers = g_ptr_array_new_with_free_func(serve_peer_free);
    udp->later = g_queue_new();
    vevent_init(&udp->due, VEVENT_MACHINE, "service", serve_udp_send_due, udp);
    return udp;
}

void serve_udp_free(struct serve_udp *udp)
{
    if (udp == NULL) {
        return;
    }
    vclock_disarm(udp->clock, &udp->due);
    g_ptr_array_free(udp->peers, TRUE);
    g_queue_free_full(udp->later, serve_later_free);
    wire_fragments_free(udp->fragments);
    g_free(udp);
}
