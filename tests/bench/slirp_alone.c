/*
 * slirp_alone.c - libslirp by itself, as a measure for the rest
 *
 * Same requests (56 bytes of data), same library, same rhythm: time is synchronised, the frame goes
 * in, the library is pumped. Of TCP the same: segments that were prepared before, to a service that
 * takes all, and acknowledgements for every second segment of what one sends that never ends.
 * Services are reached as Ringside's are, by a socket of the Unix domain, but at their ease: they
 * take and give 64 KiB at a time.
 */
#include "tests/bench/slirp_alone.h"

#include <arpa/inet.h>
#include <glib.h>
#include <libslirp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ECHO_DATA    56
#define TCP_DATA     1460
#define TCP_HEADERS  54 /* Ethernet, IPv4, TCP */
#define TCP_OUR_PORT 49152
#define TCP_PORT     9
#define TCP_WINDOW   65535
#define TCP_SERVICE  "10.0.2.100"
#define TCP_BEGIN    1000  /* our first sequence number */
#define CHUNK        65536 /* bytes that a service takes or gives at once */
#define ACKS_MAX     64    /* for the segments of a window */
#define SERVED_MAX   1024  /* connections at once */
#define FLAG_SYN     2
#define FLAG_RST     4
#define FLAG_ACK     16

struct alone {
    uint64_t now_ns;
    uint64_t replies;
    uint64_t taken;       /* bytes, by the service */
    uint32_t sequence;    /* behind what it sent last */
    uint64_t handshakes;  /* answers to SYNs */
    int listener;         /* of the service */
    int ours[SERVED_MAX]; /* its connections, in the order in which they came */
    size_t served;
    bool is_read; /* libslirp has read from its own end */
    struct pollfd polled[SERVED_MAX];
    size_t polled_count;
    uint32_t acks[ACKS_MAX]; /* that are due */
    size_t ack_count, segments;
};

static uint32_t alone_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void alone_hear_segment(struct alone *alone, const uint8_t *ip)
{
    const uint8_t *tcp = ip + 20;
    uint32_t size = ((uint32_t)ip[2] << 8 | ip[3]) - 20 - (uint32_t)(tcp[12] >> 4) * 4;
    bool is_syn = (tcp[13] & FLAG_SYN) != 0;
    alone->handshakes += is_syn;
    alone->sequence = alone_get32(tcp + 4) + size + is_syn;
    alone->segments += size > 0;
    if (size > 0 && alone->segments % 2 == 0 && alone->ack_count < ACKS_MAX) {
        alone->acks[alone->ack_count++] = alone->sequence;
    }
}

/* Replies are ARP, ICMP or TCP. */
static ssize_t alone_send_packet(const void *buf, size_t len, void *opaque)
{
    struct alone *alone = opaque;
    const uint8_t *frame = buf;
    if (len > 34 && frame[12] == 0x08 && frame[13] == 0x00 && frame[23] == IPPROTO_ICMP) {
        alone->replies++;
    }
    if (len >= TCP_HEADERS && frame[12] == 0x08 && frame[13] == 0x00 && frame[23] == IPPROTO_TCP) {
        alone_hear_segment(alone, frame + 14);
    }
    return (ssize_t)len;
}

static void alone_guest_error(const char *message, void *opaque)
{
    (void)message;
    (void)opaque;
}

static int64_t alone_clock(void *opaque)
{
    return (int64_t)((struct alone *)opaque)->now_ns;
}

static void *alone_timer_new(SlirpTimerCb cb, void *cb_opaque, void *opaque)
{
    (void)cb;
    (void)cb_opaque;
    (void)opaque;
    g_assert_not_reached(); /* only IPv6 has timers, and it is off */
}

static void alone_timer_free(void *timer, void *opaque)
{
    (void)timer;
    (void)opaque;
}

static void alone_timer_mod(void *timer, int64_t expire, void *opaque)
{
    (void)timer;
    (void)expire;
    (void)opaque;
}

/* libslirp has connected to the service. */
static void alone_register_fd(int fd, void *opaque)
{
    struct alone *alone = opaque;
    (void)fd;
    g_assert(alone->served < SERVED_MAX);
    alone->ours[alone->served++] =
        accept4(alone->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static void alone_unregister_fd(int fd, void *opaque)
{
    (void)fd;
    (void)opaque;
}

static void alone_notify(void *opaque)
{
    (void)opaque;
}

static int alone_add_poll(int fd, int events, void *opaque)
{
    struct alone *alone = opaque;
    g_assert(alone->polled_count < SERVED_MAX);
    alone->polled[alone->polled_count] = (struct pollfd){
        .fd = fd,
        .events = (short)(((events & SLIRP_POLL_IN) != 0 ? POLLIN : 0) |
                          ((events & SLIRP_POLL_OUT) != 0 ? POLLOUT : 0)),
    };
    return (int)alone->polled_count++;
}

static int alone_get_revents(int index, void *opaque)
{
    struct alone *alone = opaque;
    int revents = alone->polled[index].revents;
    alone->is_read = alone->is_read || (revents & POLLIN) != 0;
    return ((revents & POLLIN) != 0 ? SLIRP_POLL_IN : 0) |
           ((revents & POLLOUT) != 0 ? SLIRP_POLL_OUT : 0);
}

static const SlirpCb alone_callbacks = {
    .send_packet = alone_send_packet,
    .guest_error = alone_guest_error,
    .clock_get_ns = alone_clock,
    .timer_new = alone_timer_new,
    .timer_free = alone_timer_free,
    .timer_mod = alone_timer_mod,
    .register_poll_fd = alone_register_fd,
    .unregister_poll_fd = alone_unregister_fd,
    .notify = alone_notify,
};

static uint16_t alone_checksum(const uint8_t *data, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i += 2) {
        sum += (uint32_t)data[i] << 8 | (i + 1 < len ? data[i + 1] : 0u);
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void alone_put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static const uint8_t guest_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static size_t alone_arp(uint8_t *frame)
{
    static const uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};
    memset(frame, 0xff, 6);
    memcpy(frame + 6, guest_mac, 6);
    alone_put16(frame + 12, 0x0806);
    memcpy(frame + 14, request, sizeof request);
    memcpy(frame + 22, guest_mac, 6);
    memcpy(frame + 28, (const uint8_t[]){10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2}, 14);
    return 42;
}

static size_t alone_echo(uint8_t *frame)
{
    uint8_t *ip = frame + 14, *icmp = ip + 20;
    memcpy(frame, (const uint8_t[]){0x52, 0x55, 10, 0, 2, 2}, 6);
    memcpy(frame + 6, guest_mac, 6);
    alone_put16(frame + 12, 0x0800);
    memcpy(ip, (const uint8_t[]){0x45, 0, 0, 28 + ECHO_DATA, 0, 1, 0, 0, 64, IPPROTO_ICMP}, 10);
    memcpy(ip + 12, (const uint8_t[]){10, 0, 2, 15, 10, 0, 2, 2}, 8);
    alone_put16(ip + 10, alone_checksum(ip, 20));
    icmp[0] = 8;
    alone_put16(icmp + 4, 1);
    for (unsigned i = 0; i < ECHO_DATA; i++) {
        icmp[8 + i] = (uint8_t)i;
    }
    alone_put16(icmp + 2, alone_checksum(icmp, 8 + ECHO_DATA));
    return 14 + 28 + ECHO_DATA;
}

static Slirp *alone_make(struct alone *alone)
{
    SlirpConfig config = {.version = 4, .in_enabled = true};
    inet_pton(AF_INET, "10.0.2.0", &config.vnetwork);
    inet_pton(AF_INET, "255.255.255.0", &config.vnetmask);
    inet_pton(AF_INET, "10.0.2.2", &config.vhost);
    inet_pton(AF_INET, "10.0.2.15", &config.vdhcp_start);
    inet_pton(AF_INET, "10.0.2.3", &config.vnameserver);
    Slirp *slirp = slirp_new(&config, &alone_callbacks, alone);
    g_assert(slirp != NULL);
    uint8_t arp[64] = {0};
    slirp_input(slirp, arp, (int)alone_arp(arp));
    return slirp;
}

/* A frame goes in, between two looks of the library at what else there is. */
static void alone_input(struct alone *alone, Slirp *slirp, const uint8_t *frame, size_t len)
{
    uint32_t timeout = UINT32_MAX;
    alone->now_ns += 10000;
    slirp_pollfds_poll(slirp, 1, alone_get_revents, alone);
    slirp_input(slirp, frame, (int)len);
    alone->polled_count = 0;
    slirp_pollfds_fill(slirp, &timeout, alone_add_poll, alone);
    if (alone->polled_count > 0) {
        poll(alone->polled, alone->polled_count, 0);
    }
    slirp_pollfds_poll(slirp, 0, alone_get_revents, alone);
}

uint64_t slirp_alone_ping(uint64_t requests)
{
    struct alone alone = {.now_ns = 1000000000, .listener = -1};
    Slirp *slirp = alone_make(&alone);
    uint8_t echo[128] = {0};
    size_t echo_len = alone_echo(echo);
    for (uint64_t i = 0; i < requests; i++) {
        alone_input(&alone, slirp, echo, echo_len);
    }
    slirp_cleanup(slirp);
    return alone.replies;
}

/* ---- TCP ------------------------------------------------------------------------------------- */

static Slirp *alone_make_service(struct alone *alone)
{
    Slirp *slirp = alone_make(alone);
    struct in_addr address;
    inet_pton(AF_INET, TCP_SERVICE, &address);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    g_autofree char *folder = g_dir_make_tmp("ringside-bench-XXXXXX", NULL);
    g_snprintf(name.sun_path, sizeof name.sun_path, "%s/s", folder);
    alone->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = bind(alone->listener, (const struct sockaddr *)&name, sizeof name);
    error = error != 0 ? error : listen(alone->listener, SOMAXCONN);
    error = error != 0 ? error : slirp_add_unix(slirp, name.sun_path, &address, TCP_PORT);
    g_assert(error == 0);
    return slirp;
}

static void alone_end_service(struct alone *alone, Slirp *slirp)
{
    struct sockaddr_un name;
    socklen_t len = sizeof name;
    slirp_cleanup(slirp);
    getsockname(alone->listener, (struct sockaddr *)&name, &len);
    unlink(name.sun_path);
    g_autofree char *folder = g_path_get_dirname(name.sun_path);
    rmdir(folder);
    close(alone->listener);
    for (size_t i = 0; i < alone->served; i++) {
        close(alone->ours[i]);
    }
}

static void alone_take(struct alone *alone)
{
    static uint8_t bytes[CHUNK];
    ssize_t got = recv(alone->ours[0], bytes, sizeof bytes, 0);
    alone->taken += got > 0 ? (size_t)got : 0;
}

static void alone_give(struct alone *alone)
{
    static const uint8_t bytes[CHUNK];
    send(alone->ours[0], bytes, sizeof bytes, MSG_NOSIGNAL);
}

static void alone_put32(uint8_t *at, uint32_t value)
{
    alone_put16(at, value >> 16);
    alone_put16(at + 2, value & 0xffff);
}

/* A segment with `size` zeros; `frame` has room for TCP_HEADERS before them. Returns its length. */
static size_t alone_segment(uint8_t *frame, unsigned port, unsigned flags, uint32_t sequence,
                            uint32_t acknowledged, size_t size)
{
    uint8_t *ip = frame + 14, *tcp = ip + 20;
    memset(frame, 0, TCP_HEADERS + size);
    memcpy(frame, (const uint8_t[]){0x52, 0x55, 10, 0, 2, 100}, 6);
    memcpy(frame + 6, guest_mac, 6);
    alone_put16(frame + 12, 0x0800);
    alone_put16(tcp, port);
    alone_put16(tcp + 2, TCP_PORT);
    alone_put32(tcp + 4, sequence);
    alone_put32(tcp + 8, acknowledged);
    tcp[12] = 0x50;
    tcp[13] = (uint8_t)flags;
    alone_put16(tcp + 14, TCP_WINDOW);
    /* The pseudo-header stands where the end of IPv4's header will be. */
    ip[9] = IPPROTO_TCP;
    alone_put16(ip + 10, (unsigned)(20 + size));
    memcpy(ip + 12, (const uint8_t[]){10, 0, 2, 15, 10, 0, 2, 100}, 8);
    alone_put16(tcp + 16, alone_checksum(ip + 8, 32 + size));
    memcpy(ip, (const uint8_t[]){0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, IPPROTO_TCP, 0, 0}, 12);
    alone_put16(ip + 2, (unsigned)(40 + size));
    alone_put16(ip + 10, alone_checksum(ip, 20));
    return TCP_HEADERS + size;
}

static void alone_connect(struct alone *alone, Slirp *slirp, unsigned port)
{
    uint8_t frame[TCP_HEADERS];
    alone_input(alone, slirp, frame, alone_segment(frame, port, FLAG_SYN, TCP_BEGIN, 0, 0));
    alone_input(alone, slirp, frame,
                alone_segment(frame, port, FLAG_ACK, TCP_BEGIN + 1, alone->sequence, 0));
}

uint64_t slirp_alone_discard(uint64_t segments, slirp_alone_begin_fn *begin)
{
    struct alone alone = {.now_ns = 1000000000, .listener = -1};
    Slirp *slirp = alone_make_service(&alone);
    size_t len = TCP_HEADERS + TCP_DATA;
    g_autofree uint8_t *frames = g_malloc(segments * len);
    alone_connect(&alone, slirp, TCP_OUR_PORT);
    for (uint64_t i = 0; i < segments; i++) {
        alone_segment(frames + i * len, TCP_OUR_PORT, FLAG_ACK,
                      TCP_BEGIN + 1 + (uint32_t)i * TCP_DATA, alone.sequence, TCP_DATA);
    }
    begin();
    for (uint64_t i = 0; i < segments; i++) {
        alone_input(&alone, slirp, frames + i * len, len);
        if (i % (CHUNK / TCP_DATA) == 0 || i == segments - 1) {
            alone_take(&alone);
        }
    }
    alone_end_service(&alone, slirp);
    return alone.taken;
}

/* As much as there is room for, and an acknowledgement for every second segment of it. */
uint64_t slirp_alone_chargen(uint64_t bytes, slirp_alone_begin_fn *begin)
{
    struct alone alone = {.now_ns = 1000000000, .listener = -1};
    Slirp *slirp = alone_make_service(&alone);
    alone_connect(&alone, slirp, TCP_OUR_PORT);
    uint32_t first = alone.sequence;
    begin();
    alone_give(&alone);
    while (alone.sequence - first < bytes) {
        uint8_t frame[TCP_HEADERS];
        uint32_t before = alone.sequence;
        uint32_t acks[ACKS_MAX];
        size_t count = alone.ack_count;
        memcpy(acks, alone.acks, count * sizeof acks[0]);
        alone.ack_count = 0;
        if (count == 0) {
            acks[count++] = alone.sequence; /* an odd one is left */
        }
        for (size_t i = 0; i < count; i++) {
            alone_input(&alone, slirp, frame,
                        alone_segment(frame, TCP_OUR_PORT, FLAG_ACK, TCP_BEGIN + 1, acks[i], 0));
        }
        if (alone.is_read) {
            alone.is_read = false;
            alone_give(&alone);
        } else if (count == 1 && alone.sequence == before) {
            break; /* nothing moves any more */
        }
    }
    uint64_t sent = alone.sequence - first;
    alone_end_service(&alone, slirp);
    return sent;
}

uint64_t slirp_alone_handshakes(uint64_t count, slirp_alone_begin_fn *begin,
                                slirp_alone_begin_fn *there)
{
    struct alone alone = {.now_ns = 1000000000, .listener = -1};
    Slirp *slirp = alone_make_service(&alone);
    uint8_t frame[TCP_HEADERS];
    begin();
    for (uint64_t i = 0; i < count; i++) {
        alone_connect(&alone, slirp, TCP_OUR_PORT + (unsigned)i);
    }
    there();
    for (uint64_t i = 0; i < count; i++) {
        alone_input(
            &alone, slirp, frame,
            alone_segment(frame, TCP_OUR_PORT + (unsigned)i, FLAG_RST, TCP_BEGIN + 1, 0, 0));
    }
    alone_end_service(&alone, slirp);
    return alone.handshakes;
}
