/*
 * send.c - frames in tcpdump's words, as bytes
 *
 * [RFC826] for Ethernet and IPv4, [RFC791] without options, [RFC792] echo and echo reply, whose
 * data counts up from 0 as that of ping does. Checksums are worked out here, a byte pair at a time:
 * not by the code of the wire or of a guest, which has to agree with them.
 */
#include "harness/run/faults.h"

#include <assert.h>
#include <string.h>

#define SEND_ETHERTYPE_ARP  0x0806
#define SEND_ETHERTYPE_IPV4 0x0800
#define SEND_IPV4_HEADER    20
#define SEND_IPV4_TTL       64
#define SEND_IPV4_ICMP      1
#define SEND_IPV4_TCP       6
#define SEND_IPV4_UDP       17
#define SEND_ICMP_HEADER    8
#define SEND_ECHO_REQUEST   8
#define SEND_ECHO_REPLY     0

static_assert(SCENARIO_HOSTS_MAX <= BOARD_HOSTS_MAX, "every host of a scenario has a port");

static const uint8_t send_broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void send_put(GByteArray *frame, uint32_t value, unsigned size)
{
    for (unsigned i = size; i-- > 0;) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        g_byte_array_append(frame, &byte, 1);
    }
}

/* The Internet checksum over bytes from `at` on, stored `into` bytes behind it. */
static void send_put_checksum(GByteArray *frame, guint at, guint size, guint into)
{
    uint32_t sum = 0;
    for (guint i = 0; i < size; i++) {
        sum += i % 2 == 0 ? (uint32_t)frame->data[at + i] << 8 : frame->data[at + i];
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    frame->data[at + into] = (uint8_t)(~sum >> 8);
    frame->data[at + into + 1] = (uint8_t)~sum;
}

/* ---- who ------------------------------------------------------------------------------------- */

static const struct scenario_host *send_host_by_address(const struct scenario *scenario,
                                                        uint32_t address)
{
    const uint8_t ip[4] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16),
                           (uint8_t)(address >> 8), (uint8_t)address};
    for (guint i = 0; i < scenario->hosts->len; i++) {
        const struct scenario_host *host = g_ptr_array_index(scenario->hosts, i);
        if (memcmp(host->ip, ip, sizeof(ip)) == 0) {
            return host;
        }
    }
    return NULL;
}

/* The host that the frame comes from; NULL: it is sent to a card, from nowhere. */
static const struct scenario_host *send_sender(const struct scenario *scenario,
                                               const struct scenario_send *send)
{
    for (guint i = 0; i < scenario->hosts->len; i++) {
        const struct scenario_host *host = g_ptr_array_index(scenario->hosts, i);
        if (g_str_equal(host->name, send->from)) {
            return host;
        }
    }
    return NULL;
}

static void send_source_mac(const struct scenario *scenario, const struct scenario_send *send,
                            uint8_t mac[6])
{
    const struct scenario_host *host = send_sender(scenario, send);
    if (host == NULL) {
        host = send_host_by_address(scenario, send->source);
    }
    const uint8_t made[6] = {0x52,
                             0x55,
                             (uint8_t)(send->source >> 24),
                             (uint8_t)(send->source >> 16),
                             (uint8_t)(send->source >> 8),
                             (uint8_t)send->source};
    memcpy(mac, host != NULL ? host->mac : made, sizeof(made));
}

/* The card that the frame is for: the one it is sent to, or the first one. */
static const struct scenario_net *send_card(const struct scenario *scenario,
                                            const struct scenario_send *send)
{
    const struct scenario_net *card = NULL;
    for (guint i = 0; i < scenario->nets->len; i++) {
        const struct scenario_net *net = g_ptr_array_index(scenario->nets, i);
        card = card == NULL || g_str_equal(net->device.name, send->from) ? net : card;
    }
    return card;
}

static const uint8_t *send_target_mac(const struct scenario *scenario,
                                      const struct scenario_send *send)
{
    const struct scenario_host *host = send_host_by_address(scenario, send->target);
    const struct scenario_net *card = send_card(scenario, send);
    if (host != NULL) {
        return host->mac;
    }
    return card != NULL ? card->mac : send_broadcast;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void send_put_ethernet(GByteArray *frame, const uint8_t *to, const uint8_t *from,
                              uint32_t type)
{
    g_byte_array_append(frame, to, 6);
    g_byte_array_append(frame, from, 6);
    send_put(frame, type, 2);
}

static void send_put_arp(GByteArray *frame, const struct scenario *scenario,
                         const struct scenario_send *send, const uint8_t *from)
{
    static const uint8_t unknown[6];
    bool reply = send->kind == SCENARIO_SEND_ARP_REPLY;
    const struct scenario_net *card = send_card(scenario, send);
    bool to_card = reply && card != NULL && send_sender(scenario, send) == NULL;
    send_put_ethernet(frame, to_card ? card->mac : send_broadcast, from, SEND_ETHERTYPE_ARP);
    send_put(frame, 1, 2); /* Ethernet */
    send_put(frame, SEND_ETHERTYPE_IPV4, 2);
    send_put(frame, 6, 1);
    send_put(frame, 4, 1);
    send_put(frame, reply ? 2 : 1, 2);
    g_byte_array_append(frame, reply ? send->mac : from, 6);
    send_put(frame, send->source, 4);
    g_byte_array_append(frame, to_card ? card->mac : unknown, 6);
    /* A reply tells nobody in particular: as a gratuitous one, its own address, [RFC5227] 3. */
    send_put(frame, reply ? send->source : send->target, 4);
}

/* A header for a payload of `len` bytes; returns where it begins. */
static guint send_put_ipv4(GByteArray *frame, const struct scenario_send *send, unsigned protocol,
                           guint len)
{
    guint ip = frame->len;
    send_put(frame, 0x4500, 2);
    send_put(frame, SEND_IPV4_HEADER + len, 2);
    send_put(frame, 0, 4); /* identification and fragment */
    send_put(frame, SEND_IPV4_TTL, 1);
    send_put(frame, protocol, 1);
    send_put(frame, 0, 2);
    send_put(frame, send->source, 4);
    send_put(frame, send->target, 4);
    send_put_checksum(frame, ip, SEND_IPV4_HEADER, 10);
    return ip;
}

static void send_put_echo(GByteArray *frame, const struct scenario *scenario,
                          const struct scenario_send *send, const uint8_t *from)
{
    send_put_ethernet(frame, send_target_mac(scenario, send), from, SEND_ETHERTYPE_IPV4);
    send_put_ipv4(frame, send, SEND_IPV4_ICMP, send->len);
    guint icmp = frame->len;
    bool request = send->kind == SCENARIO_SEND_ECHO_REQUEST;
    send_put(frame, request ? SEND_ECHO_REQUEST : SEND_ECHO_REPLY, 1);
    send_put(frame, 0, 3);
    send_put(frame, send->id, 2);
    send_put(frame, send->sequence, 2);
    for (unsigned i = SEND_ICMP_HEADER; i < send->len; i++) {
        send_put(frame, i - SEND_ICMP_HEADER, 1);
    }
    send_put_checksum(frame, icmp, send->len, 2);
}

/* What TCP and UDP sum up beside themselves: [RFC9293] 3.1, [RFC768]. */
static void send_put_transport_checksum(GByteArray *frame, guint ip, guint at, guint into)
{
    guint size = frame->len - at;
    GByteArray *summed = g_byte_array_new();
    g_byte_array_append(summed, frame->data + ip + 12, 8);
    send_put(summed, frame->data[ip + 9], 2);
    send_put(summed, size, 2);
    g_byte_array_append(summed, frame->data + at, size);
    send_put_checksum(summed, 0, summed->len, 12 + into);
    memcpy(frame->data + at + into, summed->data + 12 + into, 2);
    if (frame->data[ip + 9] == SEND_IPV4_UDP && memcmp(frame->data + at + into, "\0\0", 2) == 0) {
        memset(frame->data + at + into, 0xff, 2); /* 0 would say that there is none */
    }
    g_byte_array_free(summed, TRUE);
}

static void send_put_tcp(GByteArray *frame, const struct scenario_segment *segment)
{
    send_put(frame, (uint32_t)segment->seq.number, 4);
    send_put(frame, (uint32_t)segment->ack.number, 4);
    send_put(frame, segment->mss != 0 ? 6 << 4 : 5 << 4, 1);
    send_put(frame, segment->flags, 1);
    send_put(frame, (uint32_t)segment->win.number & 0xffff, 2);
    send_put(frame, 0, 4); /* checksum, urgent pointer */
    if (segment->mss != 0) {
        send_put(frame, 2, 1); /* [RFC9293] 3.2: kind, length, value */
        send_put(frame, 4, 1);
        send_put(frame, segment->mss, 2);
    }
}

static void send_put_segment(GByteArray *frame, const struct scenario *scenario,
                             const struct scenario_send *send, const uint8_t *from)
{
    const struct scenario_segment *segment = &send->segment;
    bool tcp = send->kind == SCENARIO_SEND_TCP;
    gsize size = 0;
    const void *data = segment->data == NULL ? NULL : g_bytes_get_data(segment->data, &size);
    guint header = tcp ? (segment->mss != 0 ? 24 : 20) : 8;
    guint len = header + (guint)size;
    g_assert(segment->from.label == NULL && segment->to.label == NULL);
    send_put_ethernet(frame, send_target_mac(scenario, send), from, SEND_ETHERTYPE_IPV4);
    guint ip = send_put_ipv4(frame, send, tcp ? SEND_IPV4_TCP : SEND_IPV4_UDP, len);
    guint at = frame->len;
    send_put(frame, segment->from.port, 2);
    send_put(frame, segment->to.port, 2);
    if (tcp) {
        send_put_tcp(frame, segment);
    } else {
        send_put(frame, len, 2);
        send_put(frame, 0, 2);
    }
    if (size > 0) {
        g_byte_array_append(frame, data, (guint)size);
    }
    send_put_transport_checksum(frame, ip, at, tcp ? 16 : 6);
}

GByteArray *faults_build_frame(const struct scenario *scenario, const struct scenario_send *send)
{
    GByteArray *frame = g_byte_array_new();
    uint8_t from[6];
    send_source_mac(scenario, send, from);
    switch (send->kind) {
    case SCENARIO_SEND_ARP_REQUEST:
    case SCENARIO_SEND_ARP_REPLY:
        send_put_arp(frame, scenario, send, from);
        break;
    case SCENARIO_SEND_ECHO_REQUEST:
    case SCENARIO_SEND_ECHO_REPLY:
        send_put_echo(frame, scenario, send, from);
        break;
    case SCENARIO_SEND_TCP:
    case SCENARIO_SEND_UDP:
        send_put_segment(frame, scenario, send, from);
        break;
    case SCENARIO_SEND_BYTES: {
        gsize size;
        const void *data = g_bytes_get_data(send->bytes, &size);
        g_byte_array_append(frame, data, (guint)size);
        break;
    }
    }
    return frame;
}
