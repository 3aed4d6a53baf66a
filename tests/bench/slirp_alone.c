/*
 * slirp_alone.c - libslirp by itself, as a measure for the rest
 *
 * Same requests (56 bytes of data), same library, same rhythm: time is synchronised, the frame goes
 * in, the library is pumped.
 */
#include "tests/bench/slirp_alone.h"

#include <arpa/inet.h>
#include <glib.h>
#include <libslirp.h>
#include <string.h>

#define ECHO_DATA 56

struct alone {
    uint64_t now_ns;
    uint64_t replies;
};

/* Replies are ARP or ICMP; only the latter count. */
static ssize_t alone_send_packet(const void *buf, size_t len, void *opaque)
{
    struct alone *alone = opaque;
    const uint8_t *frame = buf;
    if (len > 34 && frame[12] == 0x08 && frame[13] == 0x00 && frame[23] == IPPROTO_ICMP) {
        alone->replies++;
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

static void alone_poll_fd(int fd, void *opaque)
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
    (void)fd;
    (void)events;
    (void)opaque;
    return 0;
}

static int alone_get_revents(int index, void *opaque)
{
    (void)index;
    (void)opaque;
    return 0;
}

static const SlirpCb alone_callbacks = {
    .send_packet = alone_send_packet,
    .guest_error = alone_guest_error,
    .clock_get_ns = alone_clock,
    .timer_new = alone_timer_new,
    .timer_free = alone_timer_free,
    .timer_mod = alone_timer_mod,
    .register_poll_fd = alone_poll_fd,
    .unregister_poll_fd = alone_poll_fd,
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

uint64_t slirp_alone_ping(uint64_t requests)
{
    struct alone alone = {.now_ns = 1000000000};
    SlirpConfig config = {.version = 4, .in_enabled = true};
    inet_pton(AF_INET, "10.0.2.0", &config.vnetwork);
    inet_pton(AF_INET, "255.255.255.0", &config.vnetmask);
    inet_pton(AF_INET, "10.0.2.2", &config.vhost);
    inet_pton(AF_INET, "10.0.2.15", &config.vdhcp_start);
    inet_pton(AF_INET, "10.0.2.3", &config.vnameserver);
    Slirp *slirp = slirp_new(&config, &alone_callbacks, &alone);
    g_assert(slirp != NULL);
    uint8_t arp[64] = {0}, echo[128] = {0};
    slirp_input(slirp, arp, (int)alone_arp(arp));
    size_t echo_len = alone_echo(echo);
    for (uint64_t i = 0; i < requests; i++) {
        alone.now_ns += 10000;
        slirp_pollfds_poll(slirp, 1, alone_get_revents, &alone);
        slirp_input(slirp, echo, (int)echo_len);
        uint32_t timeout = UINT32_MAX;
        slirp_pollfds_fill(slirp, &timeout, alone_add_poll, &alone);
        slirp_pollfds_poll(slirp, 0, alone_get_revents, &alone);
    }
    slirp_cleanup(slirp);
    return alone.replies;
}
