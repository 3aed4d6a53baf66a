/*
 * capture_words_test.c - what is a name in a filter, and what is not
 */
#include "pcap/capture_words.h"

#include "tests/unit.h"

#include <glib.h>
#include <pcap/pcap.h>
#include <string.h>

static const char *const plain[] = {
    "",
    "  \t\n",
    "arp",
    "arp and arp[7] = 1",
    "icmp[icmptype] = icmp-echo",
    "icmp[icmptype]==icmp-echoreply or icmp6[icmp6type]=icmp6-neighborsolicit",
    "tcp[tcpflags] & (tcp-syn|tcp-ack) = (tcp-syn|tcp-ack)",
    "tcp[tcpflags:1]&tcp-fin!=0",
    "ip[2:2] - 4*(ip[0] & 0xf) > 0X1F",
    "host 10.0.2.2 and not port 80",
    "src net 10.0.2.0/24 or dst net 10.0 or net 10",
    "net 10.0.2.0 mask 255.255.255.0",
    "tcp portrange 1-1024",
    "ether host 52:55:0a:00:02:02",
    "ether src 2:0:0:0:0:9 or ether dst 02-00-00-00-00-09",
    "ether host 0200.0000.0009 or ether host 020000000009 or ether host 2.0.0.0.0.9",
    "ip6 host fec0::2 or host ::1 or net fe80::/10",
    "host ::ffff:10.0.2.2 or host 1:2:3:4:5:6:7:8",
    "ether proto \\arp or ether proto (\\ip or \\ip6)",
    "ether proto 0x88b5 and len <= 60",
    "broadcast or multicast or ether[0] & 1 != 0",
    "less 60 or greater 1500",
    "vlan 5 and mpls",
    "(arp)||(icmp)&&!udp",
};

static void test_words_of_the_language_and_addresses_are_no_names(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
        size_t len;
        const char *name = capture_words_find_name(plain[i], &len);
        if (name != NULL) {
            fprintf(stderr, "%s: %.*s\n", plain[i], (int)len, name);
        }
        CU_ASSERT_PTR_NULL(name);
    }
}

/* The witness is libpcap: what we call free of names, it must be able to compile. */
static void test_expressions_without_names_compile(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
        pcap_t *handle = pcap_open_dead(DLT_EN10MB, 65535);
        struct bpf_program program;
        int result = pcap_compile(handle, &program, plain[i], 1, PCAP_NETMASK_UNKNOWN);
        if (result != 0) {
            fprintf(stderr, "%s: %s\n", plain[i], pcap_geterr(handle));
        } else {
            pcap_freecode(&program);
        }
        CU_ASSERT_EQUAL(result, 0);
        pcap_close(handle);
    }
}

static void test_names_are_found(void)
{
    static const struct {
        const char *expression, *name;
    } rows[] = {
        {"host www.example.test", "www.example.test"},
        {"host 10.0.2.2 or localhost", "localhost"},
        {"host localhost", "localhost"},
        {"net loopback", "loopback"},
        {"tcp port http", "http"},
        {"port 80 or domain", "domain"},
        {"portrange ftp-data-http", "ftp-data-http"},
        {"tcp portrange 1-2-3", "1-2-3"},
        {"port 1-1024", "1-1024"},
        {"tpc port 80", "tpc"},
        {"ARP", "ARP"},
        {"len-20 > 4", "len-20"},
        {"host 1.2.3.4.5", "1.2.3.4.5"},
        {"host 1.2.3.", "1.2.3."},
        {"host 10.0.2.2.example", "10.0.2.2.example"},
        {"host dead.beef::1", "dead.beef"},
        {"host fe80::1x", "x"},
        {"host 0x", "0x"},
        {"host a_b-", "a_b"},
        {"ip proto \\tcp", "\\tcp"},
        {"proto \\arp", "\\arp"},
        {"ether proto \\arp and ip proto \\ip", "\\ip"},
        {"host \\arp", "\\arp"},
        {"ether proto \\arp and host \\ip", "\\ip"},
        {"ether proto \\", "\\"},
        {"ip protochain \\ip", "\\ip"},
        {"host $a1b", "b"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t len = 0;
        const char *name = capture_words_find_name(rows[i].expression, &len);
        char *found = g_strndup(name != NULL ? name : "", len);
        CU_ASSERT_STRING_EQUAL(found, rows[i].name);
        g_free(found);
    }
}

static void test_words_of_any_length_are_taken(void)
{
    char *expression = g_strnfill(100000, 'a');
    size_t len;
    CU_ASSERT_PTR_EQUAL(capture_words_find_name(expression, &len), expression);
    CU_ASSERT_EQUAL(len, 100000);
    memset(expression, '1', 63);
    expression[63] = '\0';
    CU_ASSERT_PTR_NULL(capture_words_find_name(expression, &len));
    memset(expression, ':', 60);
    CU_ASSERT_PTR_NULL(capture_words_find_name(expression, &len));
    g_free(expression);
}

UNIT_SUITE("capture_words", UNIT_TEST(test_words_of_the_language_and_addresses_are_no_names),
           UNIT_TEST(test_expressions_without_names_compile), UNIT_TEST(test_names_are_found),
           UNIT_TEST(test_words_of_any_length_are_taken))
