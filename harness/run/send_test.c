/*
 * send_test.c - frames in tcpdump's words: their bytes
 *
 * What a frame should be comes from libpcap's filters, which know the protocols themselves, and
 * from sums that are worked out here.
 */
#include "harness/run/faults.h"
#include "harness/run/frame_names.h"
#include "pcap/capture.h"
#include "tests/unit.h"

#include <string.h>

static GPtrArray *loaded;

/* The frame of a `send` line. Gives. */
static GByteArray *frame_of(const char *line)
{
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    g_autofree char *text =
        g_strdup_printf("version 1\nnet eth0\nnet eth1 backend=none\nhost box ip=10.0.2.9 "
                        "mac=02:00:00:00:00:09\n%s\nwait ready\n",
                        line);
    g_clear_pointer(&loaded, g_ptr_array_unref);
    loaded = scenario_load_text(text, strlen(text), "x.scn", "x", diagnostics);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    const struct scenario *scenario = loaded->pdata[0];
    const struct scenario_statement *statement = scenario->statements->pdata[0];
    struct scenario_send send;
    struct frame_names *names = frame_names_new();
    char *why = frame_names_resolve(names, &statement->send, &send);
    CU_ASSERT_PTR_NULL(why);
    frame_names_free(names);
    return faults_build_frame(scenario, &send);
}

static void check(const char *line, guint len, const char *filter)
{
    g_autoptr(GByteArray) frame = frame_of(line);
    GError *error = NULL;
    struct capture_filter *compiled = capture_filter_new(filter, &error);
    g_assert_no_error(error);
    CU_ASSERT_EQUAL(frame->len, len);
    CU_ASSERT_TRUE(capture_filter_matches(compiled, frame->data, frame->len));
    if (!capture_filter_matches(compiled, frame->data, frame->len)) {
        printf("\n%s: not %s\n", line, filter);
    }
    capture_filter_free(compiled);
    g_clear_pointer(&loaded, g_ptr_array_unref);
}

static uint32_t sum(const uint8_t *data, size_t len)
{
    uint32_t value = 0;
    for (size_t i = 0; i < len; i++) {
        value += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
    }
    return (value & 0xffff) + (value >> 16);
}

static void test_arp_request_is_broadcast_from_whom_it_names(void)
{
    check("send eth0 arp who-has 10.0.2.15 tell 10.0.2.9", 42,
          "arp and ether dst ff:ff:ff:ff:ff:ff and ether src 02:00:00:00:00:09 and arp[6:2] = 1 "
          "and arp[8:4] = 0x02000000 and arp[12:2] = 9 and arp[14:4] = 0x0a000209 "
          "and arp[18:4] = 0 and arp[22:2] = 0 and arp[24:4] = 0x0a00020f");
    check("send eth0 arp who-has 10.0.2.15 tell 10.0.2.8", 42,
          "arp and ether src 52:55:0a:00:02:08 and arp[8:4] = 0x52550a00");
    check("send box arp who-has 10.0.2.15 tell 10.0.2.8", 42,
          "arp and ether src 02:00:00:00:00:09 and arp[14:4] = 0x0a000208");
}

static void test_arp_reply_goes_to_the_card_or_from_a_host_to_all(void)
{
    check("send eth1 arp reply 10.0.2.9 is-at 02:00:00:00:00:07", 42,
          "arp and ether dst 52:54:00:12:34:57 and ether src 02:00:00:00:00:09 and arp[6:2] = 2 "
          "and arp[8:4] = 0x02000000 and arp[12:2] = 7 and arp[14:4] = 0x0a000209 "
          "and arp[18:4] = 0x52540012 and arp[24:4] = 0x0a000209");
    check("send box arp reply 10.0.2.9 is-at 02:00:00:00:00:07", 42,
          "arp and ether broadcast and arp[6:2] = 2 and arp[12:2] = 7 and arp[18:4] = 0");
}

static void test_echo_has_addresses_and_numbers_as_they_were_written(void)
{
    check("send eth1 icmp 10.0.2.9 > 10.0.2.15 echo request id 7 seq 3", 98,
          "icmp[icmptype] = icmp-echo and ether src 02:00:00:00:00:09 and ether dst "
          "52:54:00:12:34:57 and src host 10.0.2.9 and dst host 10.0.2.15 and icmp[4:2] = 7 and "
          "icmp[6:2] = 3 and ip[8] = 64 and icmp[8:4] = 0x00010203");
    check("send box icmp 10.0.2.9 > 10.0.2.15 echo reply len 9", 43,
          "icmp[icmptype] = icmp-echoreply and ether dst 52:54:00:12:34:56 and ip[2:2] = 29");
    check("send eth0 icmp 10.0.2.2 > 10.0.2.9 echo reply len 8", 42,
          "icmp and ether src 52:55:0a:00:02:02 and ether dst 02:00:00:00:00:09");
}

static void test_checksums_are_right(void)
{
    static const char *const lines[] = {
        "send eth0 icmp 10.0.2.2 > 10.0.2.15 echo request id 65535 seq 65535 len 1480",
        "send eth0 icmp 255.255.255.254 > 10.0.2.15 echo reply len 9",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GByteArray) frame = frame_of(lines[i]);
        CU_ASSERT_EQUAL(sum(frame->data + 14, 20), 0xffff);
        CU_ASSERT_EQUAL(sum(frame->data + 34, frame->len - 34), 0xffff);
    }
    g_clear_pointer(&loaded, g_ptr_array_unref);
}

static void test_bytes_are_sent_as_they_were_written(void)
{
    g_autoptr(GByteArray) frame = frame_of("send eth0 hex \"ffffffffffff 020000000009 88b5 2a\"");
    CU_ASSERT_EQUAL(frame->len, 15);
    CU_ASSERT_EQUAL(frame->data[14], 0x2a);
    g_clear_pointer(&loaded, g_ptr_array_unref);
}

static void test_segments_have_right_checksums(void)
{
    check("send box tcp 10.0.2.9:80 > 10.0.2.15:49152 flags S. seq 1000 ack 5 win 100 mss 1460", 58,
          "tcp src port 80 and dst port 49152 and tcp[4:4] = 1000 and tcp[8:4] = 5 and "
          "tcp[12] = 0x60 and tcp[13] = 0x12 and tcp[14:2] = 100 and tcp[20:4] = 0x020405b4 and "
          "ether src 02:00:00:00:00:09 and src host 10.0.2.9");
    check("send box udp 10.0.2.9:53 > 10.0.2.15:9 data \"abc\"", 45,
          "udp src port 53 and udp[4:2] = 11 and udp[8:2] = 0x6162");
    static const char *const lines[] = {
        "send box tcp 10.0.2.9:80 > 10.0.2.15:49152 flags P. data \"odd\"",
        "send box udp 10.0.2.9:53 > 10.0.2.15:9 len 8",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GByteArray) frame = frame_of(lines[i]);
        uint32_t sum = frame->data[23] + frame->len - 34;
        for (guint at = 26; at < frame->len; at++) {
            sum += at % 2 == 0 ? (uint32_t)frame->data[at] << 8 : frame->data[at];
        }
        CU_ASSERT_EQUAL((sum & 0xffff) + (sum >> 16), 0xffff);
    }
}

UNIT_SUITE("send", UNIT_TEST(test_segments_have_right_checksums),
           UNIT_TEST(test_arp_request_is_broadcast_from_whom_it_names),
           UNIT_TEST(test_arp_reply_goes_to_the_card_or_from_a_host_to_all),
           UNIT_TEST(test_echo_has_addresses_and_numbers_as_they_were_written),
           UNIT_TEST(test_checksums_are_right), UNIT_TEST(test_bytes_are_sent_as_they_were_written))
