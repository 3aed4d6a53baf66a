/*
 * fuzz_guest_tcp.c - any segments at connections of the reference guest, in every state
 *
 * A prologue teaches the guest its gateway and has it listen; the input then is a list of what its
 * owner does with four connections, two of which it opens itself, of virtual time, and of segments
 * of the gateway's, whose fields are distances from what the guest said last: small ones are what
 * a peer would send, others are not. Every checksum is right. A byte of data is a function of its
 * place in the sequence, so that repeated and overlapping segments agree. Whatever comes:
 *   - the guest does not panic, and what it sends are frames with valid checksums, few a step;
 *   - what is read is what was sent for that place;
 *   - when the owner has let go of all, every connection ends, and every buffer and block is free;
 *   - all goes the same whatever bytes stand behind the segments in their buffers.
 */
#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "kernel/netif.h"
#include "lib/errno.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/tcp_priv.h"

#include "emu/wire/wire_packets.h"
#include "tests/fuzz/fuzz_packet.h"

#include <string.h>

#define FUZZ_STEPS_MAX  96
#define FUZZ_MTU        1500
#define FUZZ_DATA_MAX   1400
#define FUZZ_HEADERS    54   /* Ethernet, IPv4, TCP without options */
#define FUZZ_SENT_MAX   2048 /* a whole send buffer in the smallest segments, and then some */
#define FUZZ_FLOWS      4
#define FUZZ_ACTIVE     2    /* of them, the guest's own */
#define FUZZ_PORT       8000 /* of the gateway, and those behind it */
#define FUZZ_LISTENS_AT 80
#define FUZZ_BACKLOG    1
#define FUZZ_GUEST      UINT32_C(0x0a00020f)
#define FUZZ_GATEWAY    UINT32_C(0x0a000202)
#define FUZZ_POLLS_MAX  4096 /* until a connection without an owner is gone */

enum fuzz_op {
    FUZZ_SEGMENT,
    FUZZ_OPEN, /* or accept */
    FUZZ_SEND,
    FUZZ_RECEIVE,
    FUZZ_SHUT,
    FUZZ_CLOSE,
    FUZZ_ABORT,
    FUZZ_PAUSE,
    FUZZ_OPTIONS,
    FUZZ_OPS,
};

/* What the gateway knows of a conversation. */
struct fuzz_flow {
    uint16_t port;     /* the guest's */
    uint32_t next;     /* of ours: what the guest wants */
    uint32_t received; /* of the guest's: behind what it sent */
};

static struct {
    struct netif netif;
    struct wait_queue wake;
    struct tcp_connection *listener, *sockets[FUZZ_FLOWS];
    struct fuzz_flow flows[FUZZ_FLOWS];
    const uint8_t *behind; /* eight bytes that stand behind each frame, again and again */
    bool asked;            /* who has the gateway's address */
    unsigned sent;
    uint64_t transcript;
} fuzz;

static const uint8_t fuzz_guest_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t fuzz_gateway_mac[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};

/* FNV-1a. */
static void fuzz_record(const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i++) {
        fuzz.transcript = (fuzz.transcript ^ from[i]) * UINT64_C(0x100000001b3);
    }
}

static uint8_t fuzz_byte_at(uint32_t sequence)
{
    return (uint8_t)(sequence ^ sequence >> 8);
}

/* ---- the wire -------------------------------------------------------------------------------- */

static void fuzz_hear(const uint8_t *frame)
{
    uint32_t port = packet_get(frame, 36, 2), flags = frame[47];
    uint32_t end = packet_get(frame, 38, 4) + packet_get(frame, 16, 2) - 20 -
                   (uint32_t)(frame[46] >> 4) * 4 + (flags >> 1 & 1) + (flags & 1);
    if (port < FUZZ_PORT || port >= FUZZ_PORT + FUZZ_FLOWS) {
        return;
    }
    struct fuzz_flow *flow = &fuzz.flows[port - FUZZ_PORT];
    flow->port = (uint16_t)packet_get(frame, 34, 2);
    if ((flags & TCP_SYN) != 0 || (int32_t)(end - flow->received) > 0) {
        flow->received = end;
    }
    if ((flags & TCP_ACK) != 0) {
        flow->next = packet_get(frame, 42, 4);
    }
}

static int fuzz_transmit(struct netif *netif, struct nbuf *nbuf)
{
    (void)netif;
    FUZZ_CHECK(nbuf->len <= 14 + FUZZ_MTU);
    fuzz_packet_check_frame(nbuf->data, nbuf->len, false);
    if (packet_get(nbuf->data, 12, 2) == 0x0806) {
        fuzz.asked = true;
    } else {
        fuzz_record(nbuf->data + 34, nbuf->len - 34);
        if (nbuf->data[23] == 6) {
            fuzz_hear(nbuf->data);
        }
    }
    fuzz.sent++;
    nbuf_free(nbuf);
    return 0;
}

static void fuzz_deliver(const uint8_t *frame, size_t len)
{
    struct nbuf *nbuf = nbuf_alloc();
    FUZZ_CHECK(nbuf != NULL);
    for (size_t i = 0; i < nbuf_tailroom(nbuf); i++) {
        nbuf->data[i] = fuzz.behind[i % 8];
    }
    memcpy(nbuf_put(nbuf, len), frame, len);
    netif_input(&fuzz.netif, nbuf);
}

/* The gateway's request or reply, either of which says where it is. */
static void fuzz_arp(uint32_t operation)
{
    uint8_t frame[42];
    memcpy(frame, fuzz_guest_mac, 6);
    memcpy(frame + 6, fuzz_gateway_mac, 6);
    packet_put(frame, 12, 4, 0x08060001);
    packet_put(frame, 16, 4, 0x08000604);
    packet_put(frame, 20, 2, operation);
    memcpy(frame + 22, fuzz_gateway_mac, 6);
    packet_put(frame, 28, 4, FUZZ_GATEWAY);
    memcpy(frame + 32, fuzz_guest_mac, 6);
    packet_put(frame, 38, 4, FUZZ_GUEST);
    fuzz_deliver(frame, sizeof(frame));
}

/*
 * Conversation, flags, distances of sequence and acknowledgement, window; a byte of which the lower
 * half is the words of options that follow, and the upper one makes the size of data.
 */
static void fuzz_segment(struct fuzz_input *input)
{
    uint8_t frame[FUZZ_HEADERS + 60 + FUZZ_DATA_MAX] = {0};
    unsigned index = fuzz_u8(input) % FUZZ_FLOWS;
    const struct fuzz_flow *flow = &fuzz.flows[index];
    uint8_t flags = fuzz_u8(input);
    uint32_t sequence = flow->next + (uint32_t)(int8_t)fuzz_u8(input) * 5;
    uint32_t acknowledged = flow->received + (uint32_t)(int8_t)fuzz_u8(input) * 5;
    uint32_t window = fuzz_u16(input), sizes = fuzz_u8(input);
    size_t got, options = (sizes & 15) % 11 * 4, size = (sizes >> 4) * (sizes >> 4) * 6;
    const uint8_t *bytes = fuzz_take(input, options, &got);
    memcpy(frame, fuzz_guest_mac, 6);
    memcpy(frame + 6, fuzz_gateway_mac, 6);
    packet_put(frame, 12, 4, 0x08004500);
    packet_put(frame, 16, 2, (uint32_t)(40 + options + size));
    packet_put(frame, 22, 2, 0x4006);
    packet_put(frame, 26, 4, FUZZ_GATEWAY);
    packet_put(frame, 30, 4, FUZZ_GUEST);
    packet_put(frame, 34, 2, FUZZ_PORT + index);
    packet_put(frame, 36, 2, index < FUZZ_ACTIVE ? flow->port : FUZZ_LISTENS_AT);
    packet_put(frame, 38, 4, sequence);
    packet_put(frame, 42, 4, acknowledged);
    packet_put(frame, 46, 2, (uint32_t)(5 + options / 4) << 12 | flags);
    packet_put(frame, 48, 2, window);
    memcpy(frame + FUZZ_HEADERS, bytes, got);
    for (size_t i = 0; i < size; i++) {
        frame[FUZZ_HEADERS + options + i] =
            fuzz_byte_at(sequence + ((flags & TCP_SYN) != 0) + (uint32_t)i);
    }
    packet_fix(frame, FUZZ_HEADERS + options + size);
    fuzz_deliver(frame, FUZZ_HEADERS + options + size);
}

/* ---- the owner, with the lock ---------------------------------------------------------------- */

static void fuzz_changed(void *owner, unsigned ready)
{
    fuzz_record(&ready, sizeof(ready));
    if (*(struct tcp_connection **)owner != NULL) {
        (void)tcp_readiness(*(struct tcp_connection **)owner);
    }
}

static void fuzz_open(unsigned index)
{
    struct tcp_connection **socket = &fuzz.sockets[index];
    if (index >= FUZZ_ACTIVE && *socket == NULL) {
        *socket = tcp_accept(fuzz.listener, fuzz_changed, socket);
    } else if (index < FUZZ_ACTIVE) {
        *socket = *socket != NULL ? *socket : tcp_open(fuzz_changed, socket);
        FUZZ_CHECK(*socket != NULL);
        (void)tcp_connect(*socket, FUZZ_GATEWAY, (uint16_t)(FUZZ_PORT + index), clock_now_ns());
    }
}

static void fuzz_send(struct tcp_connection *socket, size_t size)
{
    static const uint8_t data[65536];
    long result = tcp_send(socket, data, size % sizeof(data), clock_now_ns());
    FUZZ_CHECK(result <= (long)size);
    fuzz_record(&result, sizeof(result));
}

static void fuzz_receive(struct tcp_connection *socket, size_t size)
{
    static uint8_t data[65536];
    uint32_t head = socket->receive.buffer.head;
    long result = tcp_receive(socket, data, size % sizeof(data), size % 3 == 0, clock_now_ns());
    FUZZ_CHECK(result <= (long)(size % sizeof(data)));
    for (long i = 0; i < result; i++) {
        FUZZ_CHECK(data[i] == fuzz_byte_at(head + (uint32_t)i));
    }
    fuzz_record(&result, sizeof(result));
}

static void fuzz_options(struct tcp_connection *socket, uint8_t what)
{
    struct tcp_options options = *tcp_get_options(socket);
    options.no_delay = (what & 1) != 0;
    options.keepalive = (what & 2) != 0;
    options.receive_buffer = (size_t)(what >> 2) * 2048;
    options.send_buffer = (size_t)(what >> 2) * 1024;
    tcp_set_options(socket, &options, clock_now_ns());
}

static void fuzz_let_go(unsigned index, bool abort)
{
    struct tcp_connection *socket = fuzz.sockets[index];
    fuzz.sockets[index] = NULL;
    if (socket != NULL && abort) {
        tcp_abort(socket, clock_now_ns());
    } else if (socket != NULL) {
        tcp_close(socket, clock_now_ns());
    }
}

static void fuzz_own(enum fuzz_op op, struct fuzz_input *input)
{
    unsigned index = fuzz_u8(input) % FUZZ_FLOWS;
    uint16_t value = op == FUZZ_OPEN || op == FUZZ_CLOSE || op == FUZZ_ABORT ? 0 : fuzz_u16(input);
    struct tcp_connection *socket = fuzz.sockets[index];
    netstack_lock();
    if (op == FUZZ_OPEN) {
        fuzz_open(index);
    } else if (op == FUZZ_CLOSE || op == FUZZ_ABORT) {
        fuzz_let_go(index, op == FUZZ_ABORT);
    } else if (socket != NULL && op == FUZZ_SEND) {
        fuzz_send(socket, value);
    } else if (socket != NULL && op == FUZZ_RECEIVE) {
        fuzz_receive(socket, value);
    } else if (socket != NULL && op == FUZZ_SHUT) {
        (void)tcp_shutdown(socket, value % 4, clock_now_ns());
    } else if (socket != NULL && op == FUZZ_OPTIONS) {
        fuzz_options(socket, (uint8_t)value);
    }
    netstack_unlock();
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void fuzz_step(struct fuzz_input *input)
{
    enum fuzz_op op = fuzz_u8(input) % FUZZ_OPS;
    fuzz.sent = 0;
    if (op == FUZZ_SEGMENT) {
        fuzz_segment(input);
    } else if (op == FUZZ_PAUSE) {
        fake_now_ns += (uint64_t)fuzz_u16(input) * 2000000;
        FUZZ_CHECK(netif_poll(clock_now_ns()) > clock_now_ns());
    } else {
        fuzz_own(op, input);
    }
    if (fuzz.asked) {
        fuzz.asked = false;
        fuzz_arp(2);
    }
    fake_run();
    FUZZ_CHECK(fuzz.sent <= FUZZ_SENT_MAX);
    fake_log_clear();
}

static void fuzz_boot(const uint8_t behind[8])
{
    fake_boot();
    netstack_init();
    memset(&fuzz, 0, sizeof(fuzz));
    memcpy(fuzz.netif.mac, fuzz_guest_mac, sizeof(fuzz_guest_mac));
    fuzz.netif.mtu = FUZZ_MTU;
    fuzz.netif.transmit = fuzz_transmit;
    fuzz.netif.wake = &fuzz.wake;
    fuzz.behind = behind;
    wait_queue_init(&fuzz.wake);
    FUZZ_CHECK(netif_register(&fuzz.netif) == 0);
    netstack_lock();
    fuzz.listener = tcp_open(fuzz_changed, &fuzz.listener);
    FUZZ_CHECK(tcp_bind(fuzz.listener, 0, FUZZ_LISTENS_AT) == 0);
    FUZZ_CHECK(tcp_listen(fuzz.listener, FUZZ_BACKLOG) == 0);
    netstack_unlock();
    fuzz_arp(1);
    for (unsigned i = 0; i < FUZZ_FLOWS; i++) {
        fuzz.flows[i].next = 0xfffff000 + i; /* it begins again soon */
    }
}

static void fuzz_shut_down(void)
{
    netstack_lock();
    for (unsigned i = 0; i < FUZZ_FLOWS; i++) {
        fuzz_let_go(i, i % 2 == 0);
    }
    tcp_close(fuzz.listener, clock_now_ns());
    fuzz.listener = NULL;
    netstack_unlock();
    for (unsigned i = 0; i < FUZZ_POLLS_MAX && tcp_next(NULL) != NULL; i++) {
        uint64_t deadline_ns = netif_poll(clock_now_ns());
        FUZZ_CHECK(deadline_ns != UINT64_MAX || tcp_next(NULL) == NULL);
        fake_now_ns = deadline_ns != UINT64_MAX ? deadline_ns : fake_now_ns;
    }
    FUZZ_CHECK(tcp_next(NULL) == NULL && tcp_blocks_used() == 0);
    netstack_lock();
    FUZZ_CHECK(interface_set_up(interface_of(&fuzz.netif), false) == 0);
    netstack_unlock();
    FUZZ_CHECK(nbuf_free_count() == NBUF_COUNT);
    fake_log_clear();
}

static uint64_t fuzz_play(const uint8_t *data, size_t size, const uint8_t behind[8])
{
    struct fuzz_input input = {.data = data, .size = size};
    fuzz_boot(behind);
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&input); i++) {
        fuzz_step(&input);
    }
    fuzz_shut_down();
    return fuzz.transcript;
}

/* Behind a segment stands nothing, or what would be options if it were looked at. */
void fuzz_run(const uint8_t *data, size_t size)
{
    static const uint8_t nothing[8] = {0};
    static const uint8_t options[8] = {2, 4, 0, 100, 3, 3, 9, 4};
    uint64_t transcript = fuzz_play(data, size, nothing);
    FUZZ_CHECK(fuzz_play(data, size, options) == transcript);
}
