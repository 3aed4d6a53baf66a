/*
 * wire_egress_test.c - the egress filter: every branch, every truncation, and frames changed at
 * random
 */
#include "emu/wire/wire_egress.h"

#include "emu/core/prng.h"
#include "emu/wire/wire_packets.h"
#include "tests/unit.h"

#define FRAME_MAX 512

static const struct wire_egress_rules no_rules;

#define BASE(packet) (packet), sizeof(packet)

/* A base frame, changed in a few places; checksums are made right again unless `raw`. */
struct row {
    const char *name;
    const uint8_t *base;
    size_t len;
    struct {
        size_t at, size;
        uint32_t value;
    } changes[4];
    bool raw;
    enum wire_egress_verdict verdict;
    const char *why; /* of a drop */
};

#define PASS      WIRE_EGRESS_PASS, NULL
#define ANSWER    WIRE_EGRESS_ANSWER, NULL
#define DROP(why) WIRE_EGRESS_DROP, why

static const uint8_t packet_bootp[] = {
    /* IP 0.0.0.0.68 > 255.255.255.255.67: UDP, length 4 */
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x00, 0x45, 0x00,
    0x00, 0x20, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0x7a, 0xcd, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
    0xff, 0xff, 0x00, 0x44, 0x00, 0x43, 0x00, 0x0c, 0x00, 0x00, 0x61, 0x62, 0x63, 0x64,
};

static const struct row link_rows[] = {
    {"ARP request", BASE(packet_arp), {{0}}, false, PASS},
    {"ARP reply", BASE(packet_arp), {{20, 2, 2}}, false, PASS},
    {"ARP, unicast to the DNS address",
     BASE(packet_arp),
     {{0, 2, 0x5255}, {2, 4, 0x0a000203}},
     false,
     PASS},
    {"ARP probe", BASE(packet_arp), {{28, 4, 0}}, false, PASS},
    {"ARP, hardware not Ethernet",
     BASE(packet_arp),
     {{14, 2, 6}},
     false,
     DROP("ARP for something other than IPv4 on Ethernet")},
    {"ARP, protocol not IPv4",
     BASE(packet_arp),
     {{16, 2, 0x86dd}},
     false,
     DROP("ARP for something other than IPv4 on Ethernet")},
    {"ARP, hardware length",
     BASE(packet_arp),
     {{18, 1, 8}},
     false,
     DROP("ARP for something other than IPv4 on Ethernet")},
    {"ARP, protocol length",
     BASE(packet_arp),
     {{19, 1, 16}},
     false,
     DROP("ARP for something other than IPv4 on Ethernet")},
    {"ARP, operation 0", BASE(packet_arp), {{20, 2, 0}}, false, DROP("ARP operation 0")},
    {"RARP operation", BASE(packet_arp), {{20, 2, 3}}, false, DROP("ARP operation 3")},
    {"another station",
     BASE(packet_echo),
     {{0, 2, 0x0200}},
     false,
     DROP("for another station: 02:00:0a:00:02:02")},
    {"the MAC that .4 would have",
     BASE(packet_echo),
     {{5, 1, 4}},
     false,
     DROP("for another station: 52:55:0a:00:02:04")},
    {"IPv6", BASE(packet_echo), {{12, 2, 0x86dd}}, false, DROP("IPv6")},
    {"IPv6 to a group", BASE(packet_echo), {{0, 2, 0x3333}, {12, 2, 0x86dd}}, false, DROP("IPv6")},
    {"VLAN tag", BASE(packet_echo), {{12, 2, 0x8100}}, false, DROP("VLAN tag")},
    {"NC-SI", BASE(packet_echo), {{12, 2, 0x88f8}}, false, DROP("EtherType 0x88f8")},
    {"802.3",
     BASE(packet_echo),
     {{12, 2, 0x05ff}},
     false,
     DROP("IEEE 802.3 length instead of an EtherType")},
    {"lowest EtherType", BASE(packet_echo), {{12, 2, 0x0600}}, false, DROP("EtherType 0x0600")},
};

static const struct row ipv4_rows[] = {
    {"version", BASE(packet_echo), {{14, 1, 0x65}}, false, DROP("IPv4 header of version 6")},
    {"header too short",
     BASE(packet_echo),
     {{14, 1, 0x44}},
     false,
     DROP("wrong IPv4 header length: 16")},
    {"header beyond the frame",
     BASE(packet_echo),
     {{14, 1, 0x4f}},
     false,
     DROP("wrong IPv4 header length: 60")},
    {"total length below the header",
     BASE(packet_echo),
     {{16, 2, 19}},
     false,
     DROP("wrong IPv4 total length: 19")},
    {"total length beyond the frame",
     BASE(packet_echo),
     {{16, 2, 37}},
     false,
     DROP("wrong IPv4 total length: 37")},
    {"header checksum",
     BASE(packet_echo),
     {{24, 2, 0x1234}},
     true,
     DROP("wrong IPv4 header checksum")},
    {"outside",
     BASE(packet_echo),
     {{30, 4, 0xc6336401}},
     false,
     DROP("not allowed to leave: 198.51.100.1")},
    {"TCP outside",
     BASE(packet_syn),
     {{30, 4, 0xc6336401}},
     false,
     DROP("not allowed to leave: 198.51.100.1")},
    {"loopback",
     BASE(packet_syn),
     {{30, 4, 0x7f000001}},
     false,
     DROP("not allowed to leave: 127.0.0.1")},
    {"a neighbour that does not exist",
     BASE(packet_udp),
     {{30, 4, 0x0a000204}},
     false,
     DROP("not allowed to leave: 10.0.2.4")},
    {"multicast",
     BASE(packet_udp),
     {{0, 4, 0x01005e00}, {4, 2, 0x00fb}, {30, 4, 0xe00000fb}},
     false,
     DROP("not allowed to leave: 224.0.0.251")},
    {"ping to all",
     BASE(packet_echo),
     {{0, 4, 0xffffffff}, {4, 2, 0xffff}, {30, 4, 0xffffffff}},
     false,
     DROP("not allowed to leave: 255.255.255.255")},
    {"ping to the subnet",
     BASE(packet_echo),
     {{30, 4, 0x0a0002ff}},
     false,
     DROP("not allowed to leave: 10.0.2.255")},
    {"no source",
     BASE(packet_echo),
     {{26, 4, 0}},
     false,
     DROP("not an address of a host: 0.0.0.0")},
    {"source 0.0.0.1",
     BASE(packet_echo),
     {{26, 4, 1}},
     false,
     DROP("not an address of a host: 0.0.0.1")},
    {"source loopback",
     BASE(packet_echo),
     {{26, 4, 0x7f000001}},
     false,
     DROP("not an address of a host: 127.0.0.1")},
    {"source multicast",
     BASE(packet_syn),
     {{26, 4, 0xe0000001}},
     false,
     DROP("not an address of a host: 224.0.0.1")},
    {"source broadcast",
     BASE(packet_udp),
     {{26, 4, 0xffffffff}},
     false,
     DROP("not an address of a host: 255.255.255.255")},
    {"source of the subnet's broadcast",
     BASE(packet_syn),
     {{26, 4, 0x0a0002ff}},
     false,
     DROP("not an address of a host: 10.0.2.255")},
    {"source of the subnet itself",
     BASE(packet_syn),
     {{26, 4, 0x0a000200}},
     false,
     DROP("not an address of a host: 10.0.2.0")},
    {"source is the gateway",
     BASE(packet_syn),
     {{26, 4, 0x0a000202}},
     false,
     DROP("not an address of a host: 10.0.2.2")},
    {"source on another network", BASE(packet_echo), {{26, 4, 0xc0a80101}}, false, PASS},
    {"unicast in a broadcast frame",
     BASE(packet_echo),
     {{0, 4, 0xffffffff}, {4, 2, 0xffff}},
     false,
     DROP("unicast IPv4 in a broadcast frame")},
    {"SCTP", BASE(packet_echo), {{23, 1, 132}}, false, DROP("IPv4 protocol 132")},
    {"IGMP", BASE(packet_echo), {{23, 1, 2}}, false, DROP("IPv4 protocol 2")},
};

static const struct row icmp_rows[] = {
    {"echo to the gateway", BASE(packet_echo), {{0}}, true, PASS},
    {"echo to the DNS address", BASE(packet_echo), {{5, 1, 3}, {33, 1, 3}}, false, PASS},
    {"echo with DF", BASE(packet_echo), {{20, 2, 0x4000}}, false, PASS},
    {"echo with TTL 0", BASE(packet_echo), {{22, 1, 0}}, false, PASS},
    {"echo with options",
     BASE(packet_echo),
     {{14, 1, 0x46}, {34, 4, 0x01010100}, {38, 2, 0x0800}},
     false,
     PASS},
    {"echo reply",
     BASE(packet_echo),
     {{34, 1, 0}},
     false,
     DROP("ICMP type 0, not an echo request")},
    {"timestamp",
     BASE(packet_echo),
     {{34, 1, 13}},
     false,
     DROP("ICMP type 13, not an echo request")},
    {"checksum", BASE(packet_echo), {{36, 2, 0x1234}}, true, DROP("wrong ICMP checksum")},
    {"header cut", BASE(packet_echo), {{16, 2, 27}}, false, DROP("truncated ICMP header")},
    {"nothing", BASE(packet_echo), {{16, 2, 20}}, false, DROP("truncated ICMP header")},
    {"first fragment", BASE(packet_echo), {{20, 2, 0x2000}}, false, DROP("IPv4 fragment")},
    {"middle fragment", BASE(packet_echo), {{20, 2, 0x2002}}, false, DROP("IPv4 fragment")},
    {"last fragment", BASE(packet_echo), {{20, 2, 0x0002}}, false, DROP("IPv4 fragment")},
    {"highest offset", BASE(packet_echo), {{20, 2, 0x1fff}}, false, DROP("IPv4 fragment")},
    {"fragment to the outside",
     BASE(packet_echo),
     {{20, 2, 0x2000}, {30, 4, 0x08080808}},
     false,
     DROP("not allowed to leave: 8.8.8.8")},
};

static const struct row udp_rows[] = {
    {"closed port", BASE(packet_udp), {{0}}, true, ANSWER},
    {"closed port of the gateway", BASE(packet_udp), {{5, 1, 2}, {33, 1, 2}}, false, ANSWER},
    {"without a checksum", BASE(packet_udp), {{40, 2, 0}}, true, ANSWER},
    {"TFTP", BASE(packet_udp), {{5, 1, 2}, {33, 1, 2}, {36, 2, 69}}, false, ANSWER},
    {"checksum", BASE(packet_udp), {{40, 2, 0x1234}}, true, DROP("wrong UDP checksum")},
    {"length below the header", BASE(packet_udp), {{38, 2, 7}}, false, DROP("wrong UDP length: 7")},
    {"length beyond the datagram",
     BASE(packet_udp),
     {{38, 2, 13}},
     false,
     DROP("wrong UDP length: 13")},
    {"header cut", BASE(packet_udp), {{16, 2, 27}}, false, DROP("truncated UDP header")},
    {"first fragment", BASE(packet_udp), {{20, 2, 0x2000}}, false, DROP("IPv4 fragment")},
    {"last fragment", BASE(packet_udp), {{20, 2, 0x0001}}, false, DROP("IPv4 fragment")},
    {"DHCP", BASE(packet_bootp), {{0}}, true, PASS},
    {"DHCP from an address", BASE(packet_bootp), {{26, 4, 0x0a00020f}}, false, PASS},
    {"DHCP to the gateway",
     BASE(packet_udp),
     {{5, 1, 2}, {33, 1, 2}, {34, 2, 68}, {36, 2, 67}},
     false,
     PASS},
    {"DHCP to the DNS address", BASE(packet_udp), {{34, 2, 68}, {36, 2, 67}}, false, ANSWER},
    {"DHCP from another port",
     BASE(packet_udp),
     {{5, 1, 2}, {33, 1, 2}, {36, 2, 67}},
     false,
     DROP("DHCP from port 5000")},
    {"DHCP from another port to all",
     BASE(packet_bootp),
     {{26, 4, 0x0a00020f}, {34, 2, 5000}},
     false,
     DROP("DHCP from port 5000")},
    {"DHCP from another port and nowhere",
     BASE(packet_bootp),
     {{34, 2, 5000}},
     false,
     DROP("not an address of a host: 0.0.0.0")},
    {"DHCP with a wrong checksum",
     BASE(packet_bootp),
     {{40, 2, 1}},
     true,
     DROP("wrong UDP checksum")},
    {"DHCP fragment",
     BASE(packet_bootp),
     {{20, 2, 0x2000}, {26, 4, 0x0a00020f}},
     false,
     DROP("IPv4 fragment")},
    {"DHCP from a group",
     BASE(packet_bootp),
     {{26, 4, 0xe0000001}},
     false,
     DROP("not an address of a host: 224.0.0.1")},
    {"another port of all",
     BASE(packet_bootp),
     {{26, 4, 0x0a00020f}, {36, 2, 69}},
     false,
     DROP("not allowed to leave: 255.255.255.255")},
};

static const struct row tcp_rows[] = {
    {"SYN", BASE(packet_syn), {{0}}, true, ANSWER},
    {"ACK", BASE(packet_syn), {{47, 1, 0x10}}, false, ANSWER},
    {"no flags", BASE(packet_syn), {{47, 1, 0}}, false, ANSWER},
    {"RST", BASE(packet_syn), {{47, 1, 0x04}}, false, DROP("TCP reset to a closed port")},
    {"RST and ACK", BASE(packet_syn), {{47, 1, 0x14}}, false, DROP("TCP reset to a closed port")},
    {"RST and SYN", BASE(packet_syn), {{47, 1, 0x06}}, false, DROP("TCP reset to a closed port")},
    {"URG", BASE(packet_syn), {{47, 1, 0x22}, {52, 2, 2000}}, false, DROP("urgent TCP data")},
    {"urgent pointer without URG", BASE(packet_syn), {{52, 2, 2000}}, false, ANSWER},
    {"checksum", BASE(packet_syn), {{50, 2, 0x1234}}, true, DROP("wrong TCP checksum")},
    {"data offset too small",
     BASE(packet_syn),
     {{46, 1, 0x40}},
     false,
     DROP("wrong TCP data offset: 16")},
    {"data offset beyond the segment",
     BASE(packet_syn),
     {{46, 1, 0x70}},
     false,
     DROP("wrong TCP data offset: 28")},
    {"header cut", BASE(packet_syn), {{16, 2, 39}}, false, DROP("truncated TCP header")},
    {"first fragment", BASE(packet_syn), {{20, 2, 0x2000}}, false, DROP("IPv4 fragment")},
    {"last fragment", BASE(packet_syn), {{20, 2, 0x00b9}}, false, DROP("IPv4 fragment")},
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        uint8_t *frame = g_memdup2(row->base, row->len);
        for (size_t c = 0; c < G_N_ELEMENTS(row->changes); c++) {
            packet_put(frame, row->changes[c].at, row->changes[c].size, row->changes[c].value);
        }
        if (!row->raw) {
            packet_fix(frame, row->len);
        }
        struct wire_egress_judgement judgement = {.why = ""};
        enum wire_egress_verdict verdict =
            wire_egress_judge(&no_rules, frame, row->len, &judgement);
        const char *why = verdict == WIRE_EGRESS_DROP ? judgement.why : "";
        const char *expected = row->why != NULL ? row->why : "";
        if (verdict != row->verdict || strcmp(why, expected) != 0) {
            fprintf(stderr, "%s: verdict %d \"%s\"\n", row->name, (int)verdict, why);
        }
        CU_ASSERT_EQUAL(verdict, row->verdict);
        CU_ASSERT_STRING_EQUAL(why, expected);
        g_free(frame);
    }
}

static void test_link_layer(void)
{
    check_rows(link_rows, G_N_ELEMENTS(link_rows));
}

static void test_ipv4(void)
{
    check_rows(ipv4_rows, G_N_ELEMENTS(ipv4_rows));
}

static void test_icmp(void)
{
    check_rows(icmp_rows, G_N_ELEMENTS(icmp_rows));
}

static void test_udp(void)
{
    check_rows(udp_rows, G_N_ELEMENTS(udp_rows));
}

static void test_tcp(void)
{
    check_rows(tcp_rows, G_N_ELEMENTS(tcp_rows));
}

static const struct {
    const uint8_t *frame;
    size_t len;
} bases[] = {
    {BASE(packet_arp)}, {BASE(packet_echo)},  {BASE(packet_syn)},
    {BASE(packet_udp)}, {BASE(packet_bootp)},
};

static void test_no_truncation_is_let_through(void)
{
    for (size_t b = 0; b < G_N_ELEMENTS(bases); b++) {
        for (size_t len = 0; len < bases[b].len; len++) {
            uint8_t *frame = g_memdup2(bases[b].frame, len);
            struct wire_egress_judgement judgement;
            CU_ASSERT_EQUAL(wire_egress_judge(&no_rules, frame, len, &judgement), WIRE_EGRESS_DROP);
            CU_ASSERT_NOT_EQUAL(judgement.why[0], '\0');
            g_free(frame);
        }
    }
}

static void test_ethernet_padding_changes_nothing(void)
{
    for (size_t b = 0; b < G_N_ELEMENTS(bases); b++) {
        uint8_t padded[FRAME_MAX];
        memset(padded, 0xa5, sizeof(padded));
        memcpy(padded, bases[b].frame, bases[b].len);
        struct wire_egress_judgement with = {.why = ""}, without = {.why = ""};
        CU_ASSERT_EQUAL(wire_egress_judge(&no_rules, padded, bases[b].len + 18, &with),
                        wire_egress_judge(&no_rules, bases[b].frame, bases[b].len, &without));
        CU_ASSERT_EQUAL(with.answer_len, without.answer_len);
        CU_ASSERT_EQUAL(memcmp(with.answer, without.answer, with.answer_len), 0);
    }
}

/*
 * Judges a SYN that was changed, with `data` bytes of payload after its header; the answer must be
 * a sound RST.
 */
static struct wire_egress_judgement judge_segment(uint8_t flags, uint32_t seq, uint32_t ack,
                                                  size_t data)
{
    uint8_t frame[FRAME_MAX] = {0};
    size_t len = sizeof(packet_syn) + data;
    memcpy(frame, packet_syn, sizeof(packet_syn));
    packet_put(frame, 16, 2, (uint32_t)(len - 14));
    packet_put(frame, 38, 4, seq);
    packet_put(frame, 42, 4, ack);
    frame[47] = flags;
    packet_fix(frame, len);
    struct wire_egress_judgement judgement;
    CU_ASSERT_EQUAL_FATAL(wire_egress_judge(&no_rules, frame, len, &judgement), WIRE_EGRESS_ANSWER);
    CU_ASSERT_EQUAL_FATAL(judgement.answer_len, 54);
    CU_ASSERT_EQUAL(packet_sum(0, judgement.answer + 14, 20), 0xffff);
    CU_ASSERT_EQUAL(packet_transport_sum(judgement.answer), 0xffff);
    return judgement;
}

static void test_reset_to_a_syn_byte_for_byte(void)
{
    /* IP 10.0.2.2.80 > 10.0.2.15.49152: Flags [R.], seq 0, ack 1001, win 0, length 0 */
    static const uint8_t expected[] = {
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, 0x08, 0x00,
        0x45, 0x00, 0x00, 0x28, 0x00, 0x00, 0x40, 0x00, 0x40, 0x06, 0x22, 0xc0, 0x0a, 0x00,
        0x02, 0x02, 0x0a, 0x00, 0x02, 0x0f, 0x00, 0x50, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x03, 0xe9, 0x50, 0x14, 0x00, 0x00, 0xd3, 0x86, 0x00, 0x00,
    };
    struct wire_egress_judgement judgement;
    CU_ASSERT_EQUAL(wire_egress_judge(&no_rules, packet_syn, sizeof(packet_syn), &judgement),
                    WIRE_EGRESS_ANSWER);
    CU_ASSERT_EQUAL_FATAL(judgement.answer_len, sizeof(expected));
    CU_ASSERT_EQUAL(memcmp(judgement.answer, expected, sizeof(expected)), 0);
}

static void test_reset_without_ack_acknowledges_what_came(void)
{
    static const struct {
        uint8_t flags;
        uint32_t seq;
        size_t data;
        uint32_t ack;
    } rows[] = {
        {0x02, 1000, 0, 1001},    /* SYN */
        {0x02, 1000, 10, 1011},   /* SYN with data */
        {0x01, 1000, 0, 1001},    /* FIN */
        {0x03, 1000, 5, 1007},    /* both */
        {0x08, 1000, 5, 1005},    /* data alone */
        {0x00, 1000, 0, 1000},    /* nothing */
        {0x02, 0xffffffff, 0, 0}, /* sequence numbers wrap */
        {0x03, 0xfffffffe, 3, 3},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct wire_egress_judgement judgement =
            judge_segment(rows[i].flags, rows[i].seq, 77, rows[i].data);
        CU_ASSERT_EQUAL(judgement.answer[47], 0x14);
        CU_ASSERT_EQUAL(packet_get(judgement.answer, 38, 4), 0);
        CU_ASSERT_EQUAL(packet_get(judgement.answer, 42, 4), rows[i].ack);
    }
}

static void test_reset_with_ack_stands_where_the_sender_expects_it(void)
{
    static const uint8_t flags[] = {0x10, 0x12, 0x11, 0x18};
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        struct wire_egress_judgement judgement = judge_segment(flags[i], 1000, 0xfffffff0, 20);
        CU_ASSERT_EQUAL(judgement.answer[47], 0x04);
        CU_ASSERT_EQUAL(packet_get(judgement.answer, 38, 4), 0xfffffff0);
        CU_ASSERT_EQUAL(packet_get(judgement.answer, 42, 4), 0);
    }
}

static void test_port_unreachable_byte_for_byte(void)
{
    /* IP 10.0.2.3 > 10.0.2.15: ICMP 10.0.2.3 udp port 53 unreachable, length 36 */
    static const uint8_t expected[] = {
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, 0x08, 0x00,
        0x45, 0x00, 0x00, 0x38, 0x00, 0x00, 0x40, 0x00, 0x40, 0x01, 0x22, 0xb4, 0x0a, 0x00,
        0x02, 0x03, 0x0a, 0x00, 0x02, 0x0f, 0x03, 0x03, 0xd9, 0xf2, 0x00, 0x00, 0x00, 0x00,
        0x45, 0x00, 0x00, 0x20, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0x62, 0xbb, 0x0a, 0x00,
        0x02, 0x0f, 0x0a, 0x00, 0x02, 0x03, 0x13, 0x88, 0x00, 0x35, 0x00, 0x0c, 0x0f, 0x41,
    };
    struct wire_egress_judgement judgement;
    CU_ASSERT_EQUAL(wire_egress_judge(&no_rules, packet_udp, sizeof(packet_udp), &judgement),
                    WIRE_EGRESS_ANSWER);
    CU_ASSERT_EQUAL_FATAL(judgement.answer_len, sizeof(expected));
    CU_ASSERT_EQUAL(memcmp(judgement.answer, expected, sizeof(expected)), 0);
}

static void test_port_unreachable_quotes_options_and_eight_bytes(void)
{
    uint8_t frame[14 + 60 + 12] = {0};
    memcpy(frame, packet_udp, 34);
    memset(frame + 34, 1, 40); /* no-operation */
    memcpy(frame + 74, packet_udp + 34, 12);
    frame[14] = 0x4f;
    packet_put(frame, 16, 2, sizeof(frame) - 14);
    packet_fix(frame, sizeof(frame));
    struct wire_egress_judgement judgement;
    CU_ASSERT_EQUAL(wire_egress_judge(&no_rules, frame, sizeof(frame), &judgement),
                    WIRE_EGRESS_ANSWER);
    CU_ASSERT_EQUAL_FATAL(judgement.answer_len, WIRE_EGRESS_ANSWER_MAX);
    CU_ASSERT_EQUAL(memcmp(judgement.answer + 42, frame + 14, 68), 0);
    CU_ASSERT_EQUAL(packet_transport_sum(judgement.answer), 0xffff);
}

/* What must be true of a frame that passes, from its bytes alone. */
static bool may_pass(const uint8_t *frame, size_t len)
{
    if (len >= 42 && packet_get(frame, 12, 2) == 0x0806) {
        return true;
    }
    if (len < 34 || packet_get(frame, 12, 2) != 0x0800 || frame[14] >> 4 != 4) {
        return false;
    }
    uint32_t to = packet_get(frame, 30, 4);
    size_t header = (size_t)(frame[14] & 0xf) * 4;
    bool is_ours = to == WIRE_EGRESS_GATEWAY || to == WIRE_EGRESS_DNS;
    bool is_dhcp = frame[23] == 17 && (to == WIRE_EGRESS_GATEWAY || to == 0xffffffff) &&
                   packet_get(frame, 14 + header, 4) == 0x00440043;
    return (frame[23] == 1 && is_ours) || is_dhcp;
}

static void check_judgement(const uint8_t *frame, size_t len)
{
    struct wire_egress_judgement judgement = {.why = ""};
    switch (wire_egress_judge(&no_rules, frame, len, &judgement)) {
    case WIRE_EGRESS_PASS:
        CU_ASSERT_TRUE(may_pass(frame, len));
        break;
    case WIRE_EGRESS_ANSWER:
        CU_ASSERT_TRUE_FATAL(judgement.answer_len >= 54 &&
                             judgement.answer_len <= WIRE_EGRESS_ANSWER_MAX);
        CU_ASSERT_EQUAL(memcmp(judgement.answer, frame + 6, 6), 0);
        CU_ASSERT_EQUAL(packet_sum(0, judgement.answer + 14, 20), 0xffff);
        CU_ASSERT_EQUAL(packet_transport_sum(judgement.answer), 0xffff);
        CU_ASSERT_EQUAL(memcmp(judgement.answer + 26, frame + 30, 4), 0);
        CU_ASSERT_EQUAL(memcmp(judgement.answer + 30, frame + 26, 4), 0);
        break;
    case WIRE_EGRESS_UDP:
    case WIRE_EGRESS_ECHO:
        CU_FAIL("nothing is declared");
        break;
    case WIRE_EGRESS_DROP:
        CU_ASSERT_NOT_EQUAL(judgement.why[0], '\0');
        break;
    }
}

static void test_random_changes_are_judged_soundly(void)
{
    struct prng prng;
    prng_init(&prng, 42, "mutations");
    for (unsigned round = 0; round < 10000; round++) {
        size_t b = (size_t)prng_below(&prng, G_N_ELEMENTS(bases));
        size_t len = bases[b].len;
        uint8_t changed[FRAME_MAX];
        memcpy(changed, bases[b].frame, len);
        for (uint64_t n = prng_below(&prng, 5); n > 0; n--) {
            changed[prng_below(&prng, len)] = (uint8_t)prng_next(&prng);
        }
        if (prng_below(&prng, 4) != 0) {
            packet_fix(changed, len);
        }
        if (prng_below(&prng, 4) == 0) {
            len = (size_t)prng_below(&prng, len + 1);
        }
        uint8_t *frame = g_memdup2(changed, len); /* exactly so long, for the sanitizer */
        check_judgement(frame, len);
        g_free(frame);
    }
}

static void test_rules_decide_about_services(void)
{
    static const struct serve_endpoint echo = {
        .address = 0x0a000264, .port = 80, .kind = SERVE_ECHO};
    static const struct serve_endpoint *const list[] = {&echo};
    struct wire_egress_rules rules = {.endpoints = list, .count = 1};
    struct wire_egress_judgement judgement;
    uint8_t frame[sizeof(packet_syn)];
    memcpy(frame, packet_syn, sizeof(frame));
    packet_put(frame, 30, 4, 0x0a000264);
    packet_fix(frame, sizeof(frame));
    CU_ASSERT_EQUAL(wire_egress_judge(&rules, frame, sizeof(frame), &judgement), WIRE_EGRESS_PASS);
    CU_ASSERT_TRUE(judgement.is_tcp);
    CU_ASSERT_EQUAL(judgement.tcp_flags, 2);
    CU_ASSERT_PTR_EQUAL(judgement.datagram.endpoint, &echo);
    CU_ASSERT_EQUAL(judgement.datagram.source_port, 49152);
    rules.is_full = true;
    CU_ASSERT_EQUAL(wire_egress_judge(&rules, frame, sizeof(frame), &judgement), WIRE_EGRESS_DROP);
    CU_ASSERT_STRING_EQUAL(judgement.why, "too many conversations");
    frame[47] = 0x10; /* what has begun goes on */
    packet_fix(frame, sizeof(frame));
    CU_ASSERT_EQUAL(wire_egress_judge(&rules, frame, sizeof(frame), &judgement), WIRE_EGRESS_PASS);
    frame[47] = 0x30;
    packet_fix(frame, sizeof(frame));
    CU_ASSERT_EQUAL(wire_egress_judge(&rules, frame, sizeof(frame), &judgement), WIRE_EGRESS_DROP);
    CU_ASSERT_STRING_EQUAL(judgement.why, "urgent TCP data");
    rules = (struct wire_egress_rules){.live = true};
    CU_ASSERT_EQUAL(wire_egress_judge(&rules, packet_syn, sizeof(packet_syn), &judgement),
                    WIRE_EGRESS_PASS);
    CU_ASSERT_EQUAL(wire_egress_judge(&rules, packet_udp, sizeof(packet_udp), &judgement),
                    WIRE_EGRESS_ANSWER); /* the DNS address is not the gateway */
}

UNIT_SUITE("wire_egress", UNIT_TEST(test_rules_decide_about_services), UNIT_TEST(test_link_layer),
           UNIT_TEST(test_ipv4), UNIT_TEST(test_icmp), UNIT_TEST(test_udp), UNIT_TEST(test_tcp),
           UNIT_TEST(test_no_truncation_is_let_through),
           UNIT_TEST(test_ethernet_padding_changes_nothing),
           UNIT_TEST(test_reset_to_a_syn_byte_for_byte),
           UNIT_TEST(test_reset_without_ack_acknowledges_what_came),
           UNIT_TEST(test_reset_with_ack_stands_where_the_sender_expects_it),
           UNIT_TEST(test_port_unreachable_byte_for_byte),
           UNIT_TEST(test_port_unreachable_quotes_options_and_eight_bytes),
           UNIT_TEST(test_random_changes_are_judged_soundly))
