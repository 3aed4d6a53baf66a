/* frame_text_test.c - lines to the letter, and no byte without a field */
#include "harness/report/frame_text.h"

#include "tests/unit.h"

#include <string.h>

/* Hexadecimal digits and blanks; gives the bytes. */
static GByteArray *bytes_of(const char *hex)
{
    GByteArray *bytes = g_byte_array_new();
    for (; *hex != '\0'; hex++) {
        if (*hex == ' ') {
            continue;
        }
        uint8_t byte = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(bytes, &byte, 1);
        hex++;
    }
    return bytes;
}

#define TO_GATEWAY  "525500000002 525400123456 "
#define TO_ALL      "ffffffffffff 525400123456 "
#define IP_ECHO     "0800 4500001e 00014000 40012000 "
#define ARP_REQUEST TO_ALL "0806 0001080006040001 525400123456 0a00020f 000000000000 0a000202"
#define ARP_REPLY                                                                                  \
    "525400123456 525500000002 0806 0001080006040002 525500000002 0a000202 525400123456 0a00020f"  \
    " 000000000000000000000000000000000000"
#define ECHO_REQUEST                                                                               \
    TO_GATEWAY "0800 4500001e00014000400122ce 0a00020f 0a000202 0800f7fd00010000 0001"
#define UDP_GOOD                                                                                   \
    TO_GATEWAY "0800 4500001e00010000401162be 0a00020f 0a000202 0400 0007 000a 7359 7069"
#define TCP_SYN                                                                                    \
    TO_GATEWAY "0800 4500002c000140004006 22bb 0a00020f 0a000202 04000050 000003e8 00000000 6002"  \
               "faf0 7ced 0000 020405b4"
#define TCP_DATA                                                                                   \
    TO_GATEWAY "0800 4500002b000140004006 22bc 0a00020f 0a000202 04000050 000003e9 00000010 5018"  \
               "faf0 d01c 0000 616263"
#define UNREACHABLE                                                                                \
    "525400123456 525500000002 0800 45000038 0001 0000 4001 62b4 0a000202 0a00020f"                \
    " 0303 f8eb 00000000 4500001e 0001 0000 4011 62be 0a00020f 0a000202 0400 0007 000a 0000"
#define FRAGMENT TO_GATEWAY "0800 4500001c 0007 20b9 4001 4211 0a00020f 0a000202 0102030405060708"

static char *line_of(const char *hex)
{
    g_autoptr(GByteArray) bytes = bytes_of(hex);
    GString *line = g_string_new(NULL);
    frame_text_append_line(line, bytes->data, bytes->len);
    return g_string_free(line, FALSE);
}

static const struct line_row {
    const char *hex, *line;
} line_rows[] = {
    {ARP_REQUEST, "ARP, Request who-has 10.0.2.2 tell 10.0.2.15, length 28"},
    {ARP_REPLY, "ARP, Reply 10.0.2.2 is-at 52:55:00:00:00:02, length 46"},
    {ECHO_REQUEST, "IP 10.0.2.15 > 10.0.2.2: ICMP echo request, id 1, seq 0, length 10"},
    {UDP_GOOD, "IP 10.0.2.15.1024 > 10.0.2.2.7: UDP, length 2"},
    {TCP_SYN, "IP 10.0.2.15.1024 > 10.0.2.2.80: Flags [S], seq 1000, win 64240, options [mss "
              "1460], length 0"},
    {TCP_DATA, "IP 10.0.2.15.1024 > 10.0.2.2.80: Flags [P.], seq 1001:1004, ack 16, win 64240, "
               "length 3"},
    {UNREACHABLE, "IP 10.0.2.2 > 10.0.2.15: ICMP 10.0.2.2 udp port 7 unreachable, length 36"},
    {FRAGMENT, "IP 10.0.2.15 > 10.0.2.2: ip-proto-1, length 8 (frag offset 1480, flags [+])"},
    {"0102", "[|ether]"},
    {TO_ALL "0806 0001", "ARP, [|arp]"},
    {TO_ALL "88b5 0001", "52:54:00:12:34:56 > ff:ff:ff:ff:ff:ff, ethertype 0x88b5, length 16"},
    {TO_ALL "0002 0001", "52:54:00:12:34:56 > ff:ff:ff:ff:ff:ff, 802.3 length 2, length 16"},
    {TO_GATEWAY "0800 4500", "IP [|ip]"},
    {TO_GATEWAY "0800 6500001e 00014000 400122ce 0a00020f 0a000202",
     "IP bad header (version 6, hlen 20, length 30)"},
    {TO_GATEWAY "0800 4400001e 00014000 400122ce 0a00020f 0a000202",
     "IP bad header (version 4, hlen 16, length 30)"},
    {TO_GATEWAY "0800 45000005 00014000 400122ce 0a00020f 0a000202",
     "IP bad header (version 4, hlen 20, length 5)"},
    {TO_GATEWAY "0800 4500001e00014000400122ce 0a00020f 0a000202 0800f7fd 00010000",
     "IP truncated-ip - 2 bytes missing! 10.0.2.15 > 10.0.2.2: ICMP echo request, id 1, seq 0, "
     "length 8"},
};

static void test_lines_are_those_of_tcpdump(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(line_rows); i++) {
        g_autofree char *line = line_of(line_rows[i].hex);
        if (strcmp(line, line_rows[i].line) != 0) {
            g_printerr("expected: %s\ngot:      %s\n", line_rows[i].line, line);
        }
        CU_ASSERT_STRING_EQUAL(line, line_rows[i].line);
    }
}

static const struct line_row checksum_rows[] = {
    {TO_GATEWAY "0800 4500001e00014000400122ce 0a00020f 0a000202 0800f7fe00010000 0001",
     "IP 10.0.2.15 > 10.0.2.2: ICMP echo request, id 1, seq 0, length 10, bad icmp cksum 0xf7fe -> "
     "0xf7fd!"},
    {TO_GATEWAY "0800 4500001e00014000400122cf 0a00020f 0a000202 0800f7fd00010000 0001",
     "IP 10.0.2.15 > 10.0.2.2: ICMP echo request, id 1, seq 0, length 10, bad ip cksum 0x22cf -> "
     "0x22ce!"},
    {TO_GATEWAY "0800 4500001e00010000401162be 0a00020f 0a000202 0400 0007 000a 735a 7069",
     "IP 10.0.2.15.1024 > 10.0.2.2.7: UDP, length 2, bad udp cksum 0x735a -> 0x7359!"},
    {TO_GATEWAY "0800 4500001e00010000401162be 0a00020f 0a000202 0400 0007 000a 0000 7069",
     "IP 10.0.2.15.1024 > 10.0.2.2.7: UDP, length 2"},
    {TO_GATEWAY "0800 4500002b000140004006 22bc 0a00020f 0a000202 04000050 000003e9 00000010 5018"
                "faf0 0000 0000 616263",
     "IP 10.0.2.15.1024 > 10.0.2.2.80: Flags [P.], seq 1001:1004, ack 16, win 64240, length 3, bad "
     "tcp cksum 0x0000 -> 0xd01c!"},
};

static void test_wrong_checksums_are_marked_with_the_right_one(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(checksum_rows); i++) {
        g_autofree char *line = line_of(checksum_rows[i].hex);
        if (strcmp(line, checksum_rows[i].line) != 0) {
            g_printerr("expected: %s\ngot:      %s\n", checksum_rows[i].line, line);
        }
        CU_ASSERT_STRING_EQUAL(line, checksum_rows[i].line);
    }
}

/* A DHCP message in IPv4 and UDP, without a UDP checksum. */
static GByteArray *dhcp_message(uint8_t op, const char *options)
{
    g_autoptr(GByteArray) tail = bytes_of(options);
    GByteArray *bytes = bytes_of(TO_ALL "0800");
    uint8_t packet[28 + 236] = {0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17};
    size_t total = sizeof packet + tail->len;
    packet[2] = (uint8_t)(total >> 8);
    packet[3] = (uint8_t)total;
    memset(packet + 16, 0xff, 4);
    packet[21] = 68;
    packet[23] = 67;
    packet[24] = (uint8_t)((total - 20) >> 8);
    packet[25] = (uint8_t)(total - 20);
    packet[28] = op;
    packet[29] = 1;
    packet[30] = 6;
    memcpy(packet + 28 + 28, "\x52\x54\x00\x12\x34\x56", 6);
    uint32_t sum = 0;
    for (size_t i = 0; i < 20; i += 2) {
        sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    packet[10] = (uint8_t)(~sum >> 8);
    packet[11] = (uint8_t)~sum;
    g_byte_array_append(bytes, packet, sizeof packet);
    g_byte_array_append(bytes, tail->data, tail->len);
    return bytes;
}

/* The value of a field, or NULL. */
static const char *value_of(const GPtrArray *fields, const char *name)
{
    for (guint i = 0; i < fields->len; i++) {
        const struct frame_text_field *field = g_ptr_array_index(fields, i);
        if (strcmp(field->name, name) == 0) {
            return field->value;
        }
    }
    return NULL;
}

#define DHCP_OPTIONS                                                                               \
    "63825363 350102 0104ffffff00 3304 00015180 0608 0a000203 0a000204 0c03 616263 39020240 "      \
    "5203112233 00 ff 0000"

static void test_dhcp_has_its_options_by_name(void)
{
    g_autoptr(GByteArray) bytes = dhcp_message(1, DHCP_OPTIONS);
    g_autoptr(GPtrArray) fields = frame_text_fields(bytes->data, bytes->len);
    static const char *const expected[][2] = {
        {"dhcp.op", "1 (Request)"},
        {"dhcp.chaddr", "52:54:00:12:34:56"},
        {"dhcp.DHCP-Message", "Offer"},
        {"dhcp.Subnet-Mask", "255.255.255.0"},
        {"dhcp.Lease-Time", "86400"},
        {"dhcp.Domain-Name-Server", "10.0.2.3,10.0.2.4"},
        {"dhcp.Hostname", "3 bytes: 61 62 63"},
        {"dhcp.MSZ", "576"},
        {"dhcp.option-82", "3 bytes: 11 22 33"},
        {"dhcp.pad", "0"},
        {"dhcp.behind[0]", "00 00"},
        {"udp.cksum", "0x0000 (none)"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        const char *value = value_of(fields, expected[i][0]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(value);
        CU_ASSERT_STRING_EQUAL(value, expected[i][1]);
    }
    g_autoptr(GString) line = g_string_new(NULL);
    frame_text_append_line(line, bytes->data, bytes->len);
    CU_ASSERT_STRING_EQUAL(line->str, "IP 0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP, Request "
                                      "from 52:54:00:12:34:56 (Offer), length 283");
    g_autoptr(GByteArray) reply = dhcp_message(2, "63825363 350105 ff");
    g_string_truncate(line, 0);
    frame_text_append_line(line, reply->data, reply->len);
    CU_ASSERT_STRING_EQUAL(
        line->str, "IP 0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP, Reply (ACK), length 244");
}

static void test_dhcp_options_that_are_cut_off_are_bytes(void)
{
    static const char *const options[] = {"63825363 3504 02", "63825363 35", "63825364 350102"};
    static const char *const names[] = {"dhcp.cut[0]", "dhcp.cut[0]", "dhcp.vendor[0]"};
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autoptr(GByteArray) bytes = dhcp_message(1, options[i]);
        g_autoptr(GPtrArray) fields = frame_text_fields(bytes->data, bytes->len);
        CU_ASSERT_PTR_NOT_NULL(value_of(fields, names[i]));
    }
}

static bool fields_are_same(const GPtrArray *a, const GPtrArray *b)
{
    if (a->len != b->len) {
        return false;
    }
    for (guint i = 0; i < a->len; i++) {
        const struct frame_text_field *left = a->pdata[i], *right = b->pdata[i];
        if (strcmp(left->name, right->name) != 0 || strcmp(left->value, right->value) != 0) {
            return false;
        }
    }
    return true;
}

static void check_every_bit_shows(const uint8_t *frame, size_t len)
{
    g_autofree uint8_t *copy = g_memdup2(frame, len);
    g_autoptr(GPtrArray) fields = frame_text_fields(frame, len);
    for (size_t bit = 0; bit < len * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        g_autoptr(GPtrArray) others = frame_text_fields(copy, len);
        if (fields_are_same(fields, others)) {
            g_printerr("bit %zu of %zu bytes does not show\n", bit, len);
            CU_FAIL("a bit does not show");
        }
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_every_bit_of_a_frame_shows_in_a_field(void)
{
    /* The first ones have every protocol. */
    for (size_t i = 0; i < 8; i++) {
        g_autoptr(GByteArray) bytes = bytes_of(line_rows[i].hex);
        check_every_bit_shows(bytes->data, bytes->len);
    }
}

static void test_every_bit_of_dhcp_options_shows(void)
{
    g_autoptr(GByteArray) bytes = dhcp_message(1, "63825363 350102 0104ffffff00 ff00");
    g_autoptr(GPtrArray) fields = frame_text_fields(bytes->data, bytes->len);
    for (size_t bit = (14 + 28 + 236) * 8; bit < bytes->len * 8; bit++) {
        bytes->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        g_autoptr(GPtrArray) others = frame_text_fields(bytes->data, bytes->len);
        CU_ASSERT_FALSE(fields_are_same(fields, others));
        bytes->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* In an allocation of its own size, so that a sanitizer sees a byte too many. */
static void test_frames_cut_anywhere_are_never_read_beyond(void)
{
    g_autoptr(GByteArray) dhcp = dhcp_message(1, DHCP_OPTIONS);
    g_autoptr(GString) line = g_string_new(NULL);
    for (size_t i = 0; i <= G_N_ELEMENTS(line_rows); i++) {
        g_autoptr(GByteArray) bytes =
            i < G_N_ELEMENTS(line_rows) ? bytes_of(line_rows[i].hex) : g_byte_array_ref(dhcp);
        for (size_t len = 0; len < bytes->len; len++) {
            g_autofree uint8_t *cut = g_memdup2(bytes->data, len);
            g_string_truncate(line, 0);
            frame_text_append_line(line, cut, len);
            CU_ASSERT_TRUE(line->len > 0 && strchr(line->str, '\n') == NULL);
        }
    }
}

static void test_a_comparison_marks_what_differs(void)
{
    g_autoptr(GByteArray) a = bytes_of(ECHO_REQUEST);
    g_autoptr(GByteArray) b = bytes_of(ECHO_REQUEST);
    b->data[22] = 63; /* ttl */
    b->data[25] ^= 1; /* checksum of the header */
    const struct frame_text_side left = {a->data, a->len, true}, right = {b->data, b->len, true};
    g_autoptr(GString) left_text = g_string_new(NULL);
    g_autoptr(GString) right_text = g_string_new(NULL);
    frame_text_compare(left_text, &left, right_text, &right, true);
    CU_ASSERT_STRING_EQUAL(left_text->str, "  * ip.ttl           64\n"
                                           "  * ip.cksum         0x22ce (correct)\n");
    CU_ASSERT_STRING_EQUAL(right_text->str, "  * ip.ttl           63\n"
                                            "  * ip.cksum         0x22cf (bad -> 0x23ce!)\n");
    g_string_truncate(left_text, 0);
    g_string_truncate(right_text, 0);
    frame_text_compare(left_text, &left, right_text, &right, false);
    CU_ASSERT_PTR_NOT_NULL(strstr(left_text->str, "    ip.src           10.0.2.15\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(right_text->str, "  * ip.ttl           63\n"));
    CU_ASSERT_PTR_NULL(strstr(left_text->str, "data["));
}

static void test_a_comparison_shows_rows_of_bytes_only_where_they_differ(void)
{
    g_autoptr(GByteArray) a = bytes_of(TO_ALL "88b5");
    g_byte_array_set_size(a, 14 + 48);
    memset(a->data + 14, 0xaa, 48);
    g_autofree uint8_t *b = g_memdup2(a->data, a->len);
    b[14 + 17] = 0xbb;
    const struct frame_text_side left = {a->data, a->len, true}, right = {b, a->len, false};
    g_autoptr(GString) left_text = g_string_new(NULL);
    g_autoptr(GString) right_text = g_string_new(NULL);
    frame_text_compare(left_text, &left, right_text, &right, false);
    CU_ASSERT_STRING_EQUAL(
        left_text->str, "  * direction        out\n"
                        "    eth.dst          ff:ff:ff:ff:ff:ff\n"
                        "    eth.src          52:54:00:12:34:56\n"
                        "    eth.type         0x88b5\n"
                        "  * data[16]         aa aa aa aa aa aa aa aa aa aa aa aa aa aa aa aa\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(right_text->str, "  * direction        in\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(right_text->str, "  * data[16]         aa bb aa"));
}

static void test_a_comparison_of_other_protocols_marks_what_only_one_has(void)
{
    g_autoptr(GByteArray) a = bytes_of(ARP_REQUEST);
    g_autoptr(GByteArray) b = bytes_of(TO_ALL "88b5");
    const struct frame_text_side left = {a->data, a->len, true}, right = {b->data, b->len, true};
    g_autoptr(GString) left_text = g_string_new(NULL);
    g_autoptr(GString) right_text = g_string_new(NULL);
    frame_text_compare(left_text, &left, right_text, &right, true);
    CU_ASSERT_PTR_NOT_NULL(strstr(left_text->str, "  * arp.target-ip    10.0.2.2\n"));
    CU_ASSERT_STRING_EQUAL(right_text->str, "  * eth.type         0x88b5\n");
}

UNIT_SUITE("frame_text", UNIT_TEST(test_lines_are_those_of_tcpdump),
           UNIT_TEST(test_wrong_checksums_are_marked_with_the_right_one),
           UNIT_TEST(test_dhcp_has_its_options_by_name),
           UNIT_TEST(test_dhcp_options_that_are_cut_off_are_bytes),
           UNIT_TEST(test_every_bit_of_a_frame_shows_in_a_field),
           UNIT_TEST(test_every_bit_of_dhcp_options_shows),
           UNIT_TEST(test_frames_cut_anywhere_are_never_read_beyond),
           UNIT_TEST(test_a_comparison_marks_what_differs),
           UNIT_TEST(test_a_comparison_shows_rows_of_bytes_only_where_they_differ),
           UNIT_TEST(test_a_comparison_of_other_protocols_marks_what_only_one_has))
