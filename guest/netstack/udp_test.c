/*
 * UDP: who gets a datagram, what is refused, what closed ports say, and what becomes of errors.
 */
#include "netstack/udp.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/icmp.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "tests/unit.h"

#include <string.h>

/* What an endpoint got last. */
static struct {
    struct udp_endpoint *endpoint;
    unsigned count;
    size_t size;
    uint32_t source;
    uint16_t port;
    uint8_t data[UDP_PAYLOAD_MAX];
    int error;
} got;

static void deliver(struct udp_endpoint *endpoint, struct nbuf *nbuf, uint32_t source,
                    uint16_t port)
{
    got.endpoint = endpoint;
    got.count++;
    got.size = nbuf->len;
    got.source = source;
    got.port = port;
    memcpy(got.data, nbuf->data, nbuf->len);
    nbuf_free(nbuf);
}

static void fail(struct udp_endpoint *endpoint, int error)
{
    got.endpoint = endpoint;
    got.error = error;
}

static struct udp_endpoint endpoint_of(uint32_t address)
{
    return (struct udp_endpoint){.address = address, .deliver = deliver, .fail = fail};
}

static struct udp_endpoint server; /* on port 7, any address */

static void begin(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    memset(&got, 0, sizeof(got));
    server = endpoint_of(0);
    CU_ASSERT_EQUAL(udp_bind(&server, 7), 0);
}

static void end(void)
{
    udp_unbind(&server);
    dialogue_end();
}

/* A datagram with these bytes, from port 5000 of the gateway, as they are. */
static void send_raw(const uint8_t *datagram, size_t size)
{
    dialogue_send_ip(&(struct dialogue_ip){.protocol = 17}, datagram, size);
}

static void send_to_port(uint16_t port)
{
    dialogue_send_udp(&(struct dialogue_udp){.source_port = 5000, .destination_port = port},
                      "hello", 5);
}

static int send_from(struct udp_endpoint *endpoint, uint32_t destination, uint16_t port,
                     const void *data, size_t size)
{
    struct ipv4_path path;
    netstack_lock();
    int result = ipv4_find_path(destination, &path);
    CU_ASSERT_EQUAL_FATAL(result, 0);
    struct nbuf *nbuf = nbuf_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(nbuf);
    if (size > nbuf_tailroom(nbuf))
        CU_ASSERT_TRUE_FATAL(nbuf_enlarge(nbuf));
    memcpy(nbuf_put(nbuf, size), data, size);
    result = udp_send(endpoint, nbuf, &path, destination, port, clock_now_ns());
    netstack_unlock();
    fake_run();
    return result;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void test_datagram_arrives_with_its_data_and_source(void)
{
    begin();
    send_to_port(7);
    CU_ASSERT_PTR_EQUAL(got.endpoint, &server);
    CU_ASSERT_EQUAL(got.size, 5);
    CU_ASSERT_EQUAL(memcmp(got.data, "hello", 5), 0);
    CU_ASSERT_EQUAL(got.source, GATEWAY);
    CU_ASSERT_EQUAL(got.port, 5000);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    end();
}

static void test_datagram_may_be_empty_or_fill_a_frame(void)
{
    static uint8_t data[1472];
    struct dialogue_udp udp = {.source_port = 5000, .destination_port = 7};
    begin();
    dialogue_send_udp(&udp, data, 0);
    CU_ASSERT_EQUAL(got.count, 1);
    CU_ASSERT_EQUAL(got.size, 0);
    dialogue_send_udp(&udp, data, sizeof(data));
    CU_ASSERT_EQUAL(got.count, 2);
    CU_ASSERT_EQUAL(got.size, sizeof(data));
    end();
}

static void test_checksum_of_zero_means_none_and_a_wrong_one_is_refused(void)
{
    uint8_t datagram[16];
    struct dialogue_udp udp = {.source_port = 5000, .destination_port = 7};
    begin();
    size_t size = dialogue_build_udp(datagram, &udp, "hello!!!", 8);
    for (size_t at = 0; at < size; at++) {
        bool length = at == 4 || at == 5;
        datagram[at] ^= 0x10;
        if (!length)
            send_raw(datagram, size);
        datagram[at] ^= 0x10;
    }
    CU_ASSERT_EQUAL(got.count, 0);
    CU_ASSERT_EQUAL(dialogue_drops("udp bad checksum"), size - 2);
    datagram[6] = datagram[7] = 0;
    datagram[8] ^= 0x10;
    send_raw(datagram, size);
    CU_ASSERT_EQUAL(got.count, 1);
    end();
}

/* The pseudo-header protects against a datagram that went to the wrong host. */
static void test_checksum_covers_the_addresses(void)
{
    uint8_t datagram[16];
    struct dialogue_udp udp = {.source = DNS, .source_port = 5000, .destination_port = 7};
    begin();
    send_raw(datagram, dialogue_build_udp(datagram, &udp, "hello", 5)); /* from the gateway */
    CU_ASSERT_EQUAL(dialogue_drops("udp bad checksum"), 1);
    CU_ASSERT_EQUAL(got.count, 0);
    end();
}

static void test_lengths_that_do_not_fit_are_refused(void)
{
    uint8_t datagram[16];
    struct dialogue_udp udp = {.source_port = 5000, .destination_port = 7};
    begin();
    dialogue_build_udp(datagram, &udp, "hello!!!", 8);
    for (size_t cut = 0; cut < 8; cut++)
        send_raw(datagram, cut);
    CU_ASSERT_EQUAL(dialogue_drops("udp shorter than a header"), 8);
    for (size_t cut = 8; cut < 16; cut++)
        send_raw(datagram, cut);
    CU_ASSERT_EQUAL(dialogue_drops("udp length beyond the packet"), 8);
    datagram[5] = 7;
    send_raw(datagram, 16);
    CU_ASSERT_EQUAL(dialogue_drops("udp length shorter than the header"), 1);
    CU_ASSERT_EQUAL(got.count, 0);
    end();
}

static void test_what_lies_behind_the_datagram_is_cut_off(void)
{
    uint8_t datagram[16] = {0};
    struct dialogue_udp udp = {.source_port = 5000, .destination_port = 7};
    begin();
    dialogue_build_udp(datagram, &udp, "hey", 3);
    send_raw(datagram, 16);
    CU_ASSERT_EQUAL(got.count, 1);
    CU_ASSERT_EQUAL(got.size, 3);
    end();
}

/* ---- who gets it ----------------------------------------------------------------------------- */

static void test_endpoint_that_asks_for_more_gets_it(void)
{
    begin();
    struct udp_endpoint any = endpoint_of(0), ours = endpoint_of(OUR_ADDRESS);
    struct udp_endpoint connected = endpoint_of(OUR_ADDRESS);
    CU_ASSERT_EQUAL(udp_bind(&any, 23), 0); /* in the same bucket as 7 */
    CU_ASSERT_EQUAL(udp_bind(&ours, 23), -KEADDRINUSE);
    udp_unbind(&any);
    CU_ASSERT_EQUAL(udp_bind(&ours, 23), 0);
    send_to_port(23);
    CU_ASSERT_PTR_EQUAL(got.endpoint, &ours);
    ours.peer = GATEWAY;
    ours.peer_port = 5001;
    got.endpoint = NULL;
    send_to_port(23); /* from 5000 */
    CU_ASSERT_PTR_NULL(got.endpoint);
    dialogue_expect("unreachable 3 10.0.2.15 > 10.0.2.2 quotes 28");
    ours.peer_port = 5000;
    send_to_port(23);
    CU_ASSERT_PTR_EQUAL(got.endpoint, &ours);
    udp_unbind(&ours);
    udp_unbind(&connected); /* was never bound */
    end();
}

static void test_endpoints_on_different_addresses_share_a_port(void)
{
    struct dialogue_udp udp = {
        .destination = 0xc0a80105, .source_port = 5000, .destination_port = 23};
    dialogue_begin_with(NULL, 2);
    dialogue_arp_reply(GATEWAY);
    CU_ASSERT_EQUAL(interface_set_address(interface_by_name("eth1"), 0xc0a80105, 0xffffff00), 0);
    struct udp_endpoint first = endpoint_of(OUR_ADDRESS), second = endpoint_of(0xc0a80105);
    CU_ASSERT_EQUAL(udp_bind(&first, 23), 0);
    CU_ASSERT_EQUAL(udp_bind(&second, 23), 0);
    send_to_port(23);
    CU_ASSERT_PTR_EQUAL(got.endpoint, &first);
    dialogue_send_udp(&udp, "x", 1);
    CU_ASSERT_PTR_EQUAL(got.endpoint, &second);
    udp_unbind(&first);
    udp_unbind(&second);
    dialogue_end();
}

static void test_endpoints_on_different_interfaces_share_a_port(void)
{
    dialogue_begin_with(NULL, 2);
    dialogue_arp_reply(GATEWAY);
    memset(&got, 0, sizeof(got));
    struct udp_endpoint first = endpoint_of(0), second = endpoint_of(0);
    first.interface = interface_by_name("eth1");
    second.interface = interface_by_name("eth0");
    CU_ASSERT_EQUAL(udp_bind(&first, 68), 0);
    send_to_port(68); /* by eth0 */
    CU_ASSERT_EQUAL(got.count, 0);
    dialogue_expect("unreachable 3 10.0.2.15 > 10.0.2.2 quotes 28");
    CU_ASSERT_EQUAL(udp_bind(&second, 68), 0);
    send_to_port(68);
    CU_ASSERT_PTR_EQUAL(got.endpoint, &second);
    udp_unbind(&first);
    udp_unbind(&second);
    dialogue_end();
}

static void test_ephemeral_ports_are_chosen_in_turn_and_wrap(void)
{
    begin();
    struct udp_endpoint a = endpoint_of(0), b = endpoint_of(0);
    CU_ASSERT_EQUAL(udp_bind(&a, 0), 0);
    CU_ASSERT_EQUAL(a.port, 49152);
    for (unsigned i = 0; i < 65536 - 49152 - 1; i++) {
        CU_ASSERT_EQUAL(udp_bind(&b, 0), 0);
        udp_unbind(&b);
    }
    CU_ASSERT_EQUAL(udp_bind(&b, 0), 0);
    CU_ASSERT_EQUAL(b.port, 49153); /* 49152 is taken */
    udp_unbind(&a);
    udp_unbind(&b);
    end();
}

/* ---- closed ports ---------------------------------------------------------------------------- */

static void test_closed_port_is_answered_with_the_beginning_of_the_datagram(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    begin();
    send_to_port(9);
    CU_ASSERT_EQUAL(dialogue_drops("udp nobody has the port"), 1);
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(size, 14 + 20 + 8 + 20 + 8);
    const uint8_t *icmp = frame + 34;
    CU_ASSERT_EQUAL(icmp[0], 3);
    CU_ASSERT_EQUAL(icmp[1], 3);
    CU_ASSERT_EQUAL(memcmp(icmp + 4, "\0\0\0\0", 4), 0);
    CU_ASSERT_EQUAL(icmp[8], 0x45);
    CU_ASSERT_EQUAL(icmp[8 + 9], 17);
    CU_ASSERT_EQUAL(memcmp(icmp + 28, "\x13\x88\x00\x09\x00\x0d", 6), 0);
    end();
}

static void test_quotation_has_the_options_of_the_header(void)
{
    uint8_t datagram[8];
    struct dialogue_udp udp = {.source_port = 5000, .destination_port = 9};
    begin();
    dialogue_build_udp(datagram, &udp, NULL, 0);
    dialogue_send_ip(&(struct dialogue_ip){.protocol = 17, .options = 10}, datagram, 8);
    dialogue_expect("unreachable 3 10.0.2.15 > 10.0.2.2 quotes 68");
    end();
}

/* [RFC1122] 3.2.2: no error about what was sent to many, or comes from no single host. */
static void test_closed_port_keeps_silent_about_broadcasts_and_nobodies(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX], datagram[16];
    struct dialogue_udp udp = {.source_port = 5000, .destination_port = 9};
    begin();
    udp.destination = UINT32_MAX;
    dialogue_send_udp(&udp, "hello", 5);
    udp.destination = 0x0a0002ff;
    dialogue_send_udp(&udp, "hello", 5);
    udp.destination = 0;
    size_t size = dialogue_build_udp(datagram, &udp, "hello", 5);
    size = dialogue_build(frame, &(struct dialogue_ip){.protocol = 17}, datagram, size);
    memset(frame, 0xff, 6); /* in a broadcast frame */
    dialogue_send_frame(frame, size);
    datagram[6] = datagram[7] = 0;
    size = dialogue_build(frame, &(struct dialogue_ip){.protocol = 17}, datagram, 13);
    memset(frame + 26, 0, 4); /* from 0.0.0.0, as a host that looks for an address */
    frame[24] = frame[25] = 0;
    unsigned sum = 0;
    for (unsigned i = 14; i < 34; i += 2)
        sum += (unsigned)frame[i] << 8 | frame[i + 1];
    sum = ~((sum & 0xffff) + (sum >> 16));
    frame[24] = (uint8_t)(sum >> 8);
    frame[25] = (uint8_t)sum;
    dialogue_send_frame(frame, size);
    CU_ASSERT_EQUAL(dialogue_drops("udp nobody has the port"), 4);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 4);
    end();
}

static void test_errors_are_limited_and_come_back_with_time(void)
{
    begin();
    for (unsigned i = 0; i < ICMP_ERRORS_AT_ONCE + 3; i++)
        send_to_port(9);
    for (unsigned i = 0; i < ICMP_ERRORS_AT_ONCE; i++)
        dialogue_expect("unreachable 3 10.0.2.15 > 10.0.2.2 quotes 28");
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(dialogue_drops("icmp error that is not sent: too many"), 3);
    dialogue_wait_until(T0 + ICMP_ERROR_INTERVAL_NS);
    send_to_port(9);
    send_to_port(9);
    dialogue_expect("unreachable 3 10.0.2.15 > 10.0.2.2 quotes 28");
    end();
}

/* ---- sending --------------------------------------------------------------------------------- */

static void test_datagram_that_is_sent_is_complete(void)
{
    begin();
    CU_ASSERT_EQUAL(send_from(&server, GATEWAY, 53, "hello", 5), 0);
    dialogue_expect("udp 10.0.2.15:7 > 10.0.2.2:53 size 5");
    CU_ASSERT_EQUAL(send_from(&server, FAR_AWAY, 53, "", 0), 0);
    dialogue_expect("udp 10.0.2.15:7 > 198.51.100.1:53 size 0");
    end();
}

/* Data that make the sum zero: the checksum is sent as 0xffff, never as 0. */
static void test_checksum_is_never_sent_as_zero(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    begin();
    CU_ASSERT_EQUAL(send_from(&server, GATEWAY, 53, "\0\0", 2), 0);
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(send_from(&server, GATEWAY, 53, frame + 40, 2), 0); /* the checksum itself */
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL(frame[40], 0xff);
    CU_ASSERT_EQUAL(frame[41], 0xff);
    end();
}

static void test_datagram_beyond_the_mtu_leaves_in_fragments_and_arrives_whole(void)
{
    static uint8_t data[UDP_PAYLOAD_MAX];
    begin();
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7);
    CU_ASSERT_EQUAL(send_from(&server, GATEWAY, 53, data, 1472), 0);
    dialogue_expect("udp 10.0.2.15:7 > 10.0.2.2:53 size 1472");
    CU_ASSERT_EQUAL(send_from(&server, GATEWAY, 53, data, 1473), 0);
    dialogue_expect("fragment 10.0.2.15 > 10.0.2.2 protocol 17 at 0 size 1480 more");
    dialogue_expect("fragment 10.0.2.15 > 10.0.2.2 protocol 17 at 1480 size 1");
    CU_ASSERT_EQUAL(send_from(&server, LOOPBACK, 7, data, sizeof(data)), 0);
    CU_ASSERT_EQUAL(got.count, 1);
    CU_ASSERT_EQUAL(got.size, sizeof(data));
    CU_ASSERT_EQUAL(memcmp(got.data, data, sizeof(data)), 0);
    end();
}

static void test_without_buffers_for_fragments_sending_fails(void)
{
    static struct nbuf *taken[NBUF_COUNT];
    static uint8_t data[1473];
    begin();
    for (unsigned i = 0; i + 2 < NBUF_COUNT; i++)
        taken[i] = nbuf_alloc();
    CU_ASSERT_EQUAL(send_from(&server, LOOPBACK, 7, data, sizeof(data)), -KENOBUFS);
    CU_ASSERT_EQUAL(dialogue_drops("ipv4 no buffer for a fragment"), 1);
    for (unsigned i = 0; i + 2 < NBUF_COUNT; i++)
        nbuf_free(taken[i]);
    CU_ASSERT_EQUAL(got.count, 0);
    dialogue_wait_until(T0 + 31 * S); /* the first fragment waited for the second */
    CU_ASSERT_EQUAL(dialogue_drops("reassembly time is over"), 1);
    end();
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void report_closed(uint32_t peer, uint16_t peer_port)
{
    uint8_t packet[28] = {0x45, [9] = 17, [21] = 7, [25] = 8};
    packet[12] = 10, packet[14] = 2, packet[15] = 15;
    for (unsigned i = 0; i < 4; i++)
        packet[16 + i] = (uint8_t)(peer >> (24 - 8 * i));
    packet[22] = (uint8_t)(peer_port >> 8);
    packet[23] = (uint8_t)peer_port;
    ipv4_report_failure(packet, sizeof(packet), KECONNREFUSED);
}

static void test_only_a_connected_endpoint_learns_of_errors_and_only_of_its_own(void)
{
    begin();
    report_closed(GATEWAY, 53);
    CU_ASSERT_EQUAL(got.error, 0);
    server.peer = GATEWAY;
    server.peer_port = 53;
    report_closed(GATEWAY, 54);
    report_closed(DNS, 53);
    CU_ASSERT_EQUAL(got.error, 0);
    report_closed(GATEWAY, 53);
    CU_ASSERT_EQUAL(got.error, KECONNREFUSED);
    end();
}

static void test_quotation_cut_off_or_of_a_later_fragment_is_borne(void)
{
    uint8_t packet[28] = {0x45, [9] = 17, [12] = 10, 0, 2, 15, 10, 0, 2, 2, 0, 7, 0, 53, 0, 8};
    begin();
    server.peer = GATEWAY;
    server.peer_port = 53;
    for (size_t cut = 0; cut < sizeof(packet); cut++) {
        uint8_t *part = malloc(cut > 0 ? cut : 1); /* the sanitizer watches its end */
        memcpy(part, packet, cut);
        ipv4_report_failure(part, cut, KEHOSTUNREACH);
        free(part);
    }
    packet[7] = 1;
    ipv4_report_failure(packet, sizeof(packet), KEHOSTUNREACH);
    CU_ASSERT_EQUAL(got.error, 0);
    packet[7] = 0;
    ipv4_report_failure(packet, sizeof(packet), KEHOSTUNREACH);
    CU_ASSERT_EQUAL(got.error, KEHOSTUNREACH);
    end();
}

UNIT_SUITE("udp", UNIT_TEST(test_datagram_arrives_with_its_data_and_source),
           UNIT_TEST(test_datagram_may_be_empty_or_fill_a_frame),
           UNIT_TEST(test_checksum_of_zero_means_none_and_a_wrong_one_is_refused),
           UNIT_TEST(test_checksum_covers_the_addresses),
           UNIT_TEST(test_lengths_that_do_not_fit_are_refused),
           UNIT_TEST(test_what_lies_behind_the_datagram_is_cut_off),
           UNIT_TEST(test_endpoint_that_asks_for_more_gets_it),
           UNIT_TEST(test_endpoints_on_different_addresses_share_a_port),
           UNIT_TEST(test_endpoints_on_different_interfaces_share_a_port),
           UNIT_TEST(test_ephemeral_ports_are_chosen_in_turn_and_wrap),
           UNIT_TEST(test_closed_port_is_answered_with_the_beginning_of_the_datagram),
           UNIT_TEST(test_quotation_has_the_options_of_the_header),
           UNIT_TEST(test_closed_port_keeps_silent_about_broadcasts_and_nobodies),
           UNIT_TEST(test_errors_are_limited_and_come_back_with_time),
           UNIT_TEST(test_datagram_that_is_sent_is_complete),
           UNIT_TEST(test_checksum_is_never_sent_as_zero),
           UNIT_TEST(test_datagram_beyond_the_mtu_leaves_in_fragments_and_arrives_whole),
           UNIT_TEST(test_without_buffers_for_fragments_sending_fails),
           UNIT_TEST(test_only_a_connected_endpoint_learns_of_errors_and_only_of_its_own),
           UNIT_TEST(test_quotation_cut_off_or_of_a_later_fragment_is_borne))
