/*
 * capture_filter_test.c - filters: what matches, what is refused, and that nothing is looked up
 */
#include "pcap/capture.h"

#include "tests/unit.h"

#include <string.h>

/* ARP, Request who-has 10.0.2.2 tell 10.0.2.15, length 28 */
static const uint8_t arp_frame[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x06,
    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
    0x0a, 0x00, 0x02, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x02, 0x02,
};

/* IP 10.0.2.15 > 10.0.2.2: ICMP echo request, id 7, seq 1, length 8 */
static const uint8_t echo_frame[] = {
    0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x00,
    0x45, 0x00, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x00, 0x40, 0x01, 0x62, 0xd0, 0x0a, 0x00,
    0x02, 0x0f, 0x0a, 0x00, 0x02, 0x02, 0x08, 0x00, 0xf7, 0xf7, 0x00, 0x07, 0x00, 0x01,
};

static bool filter_matches(const char *expression, const uint8_t *frame, size_t len)
{
    GError *error = NULL;
    struct capture_filter *filter = capture_filter_new(expression, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(filter);
    uint8_t *copy = g_memdup2(frame, len); /* exactly so long, for the sanitizer */
    bool matches = capture_filter_matches(filter, copy, len);
    g_free(copy);
    capture_filter_free(filter);
    return matches;
}

static void test_filters_match_what_they_say(void)
{
    static const struct {
        const char *expression;
        bool arp, echo;
    } rows[] = {
        {"", true, true},
        {"arp", true, false},
        {"arp and arp[7] = 1", true, false},
        {"arp and arp[7] = 2", false, false},
        {"icmp[icmptype] = icmp-echo", false, true},
        {"icmp[icmptype] = icmp-echoreply", false, false},
        {"host 10.0.2.2", true, true},
        {"dst host 10.0.2.15", false, false},
        {"ether broadcast", true, false},
        {"ether proto \\arp", true, false},
        {"ip proto 1", false, true},
        {"len = 42", true, true},
        {"greater 43", false, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CU_ASSERT_EQUAL(filter_matches(rows[i].expression, arp_frame, sizeof(arp_frame)),
                        rows[i].arp);
        CU_ASSERT_EQUAL(filter_matches(rows[i].expression, echo_frame, sizeof(echo_frame)),
                        rows[i].echo);
    }
}

static void test_truncated_frames_do_not_match_beyond_their_end(void)
{
    for (size_t len = 0; len < sizeof(echo_frame); len++) {
        bool has_type = len > 34;
        CU_ASSERT_EQUAL(filter_matches("icmp[0] = 8", echo_frame, len), has_type);
    }
}

static void refuse(const char *expression, const char *why)
{
    GError *error = NULL;
    CU_ASSERT_PTR_NULL(capture_filter_new(expression, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_TRUE(g_error_matches(error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER));
    if (strstr(error->message, why) == NULL) {
        fprintf(stderr, "%s: %s\n", expression, error->message);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, why));
    g_error_free(error);
}

static void test_mistakes_are_told_in_libpcaps_words(void)
{
    refuse("arp and", "syntax error");
    refuse("host and port 80", "syntax error");
    refuse("(arp", "syntax error");
    refuse("port 65536", "illegal port number 65536");
    refuse("net 10.0.2.1/24", "non-network bits set");
    refuse("arp @", "syntax error");
    refuse("ether proto \\ip and arp", "rejects all packets");
}

static void test_names_are_refused_without_looking_them_up(void)
{
    refuse("host www.example.test", "`www.example.test` is neither a word of pcap-filter(7)");
    refuse("tcp port http", "`http` is neither");
    refuse("tpc port 80", "`tpc` is neither");
}

static void test_length_has_a_limit(void)
{
    char *longest = g_strnfill(4096, ' ');
    CU_ASSERT_TRUE(filter_matches(longest, arp_frame, sizeof(arp_frame)));
    g_free(longest);
    char *longer = g_strnfill(4097, '(');
    refuse(longer, "4097 bytes, more than 4096");
    g_free(longer);
}

static void test_deep_nesting_does_not_exhaust_the_stack(void)
{
    char *open = g_strnfill(2040, '('), *close = g_strnfill(2040, ')');
    char *nested = g_strconcat(open, "arp", close, NULL);
    CU_ASSERT_TRUE(filter_matches(nested, arp_frame, sizeof(arp_frame)));
    g_free(nested);
    g_free(open);
    g_free(close);
    GString *chain = g_string_new("arp");
    while (chain->len + 7 < 4096) {
        g_string_append(chain, " or udp");
    }
    CU_ASSERT_TRUE(filter_matches(chain->str, arp_frame, sizeof(arp_frame)));
    g_string_free(chain, TRUE);
}

UNIT_SUITE("capture_filter", UNIT_TEST(test_filters_match_what_they_say),
           UNIT_TEST(test_truncated_frames_do_not_match_beyond_their_end),
           UNIT_TEST(test_mistakes_are_told_in_libpcaps_words),
           UNIT_TEST(test_names_are_refused_without_looking_them_up),
           UNIT_TEST(test_length_has_a_limit),
           UNIT_TEST(test_deep_nesting_does_not_exhaust_the_stack))
