/*
 * parser_send_test.c - hosts and frames: what they mean, and what is refused
 */
#include "harness/language/language_rig.h"

#define SETUP "version 1\nnet eth0\nhost box ip=10.0.2.9\n"

static GPtrArray *loaded_tests;

static const struct scenario_send *load(const char *line)
{
    g_clear_pointer(&loaded_tests, g_ptr_array_unref);
    g_autofree char *text = g_strdup_printf(SETUP "%s\nwait ready\n", line);
    loaded_tests = rig_load(text);
    const struct scenario *scenario = loaded_tests->pdata[0];
    const struct scenario_statement *statement = scenario->statements->pdata[0];
    CU_ASSERT_EQUAL(statement->verb, SCENARIO_SEND);
    return &statement->send;
}

static void test_host_has_an_address_and_a_mac_address(void)
{
    GPtrArray *loaded = rig_load("version 1\nhost a ip=10.0.2.9\n"
                                 "host b mac=02:00:00:00:00:09 ip=10.0.2.8\nwait ready\n");
    const struct scenario *scenario = loaded->pdata[0];
    static const uint8_t made[6] = {0x52, 0x55, 10, 0, 2, 9}, given[6] = {2, 0, 0, 0, 0, 9};
    const struct scenario_host *a = scenario->hosts->pdata[0], *b = scenario->hosts->pdata[1];
    CU_ASSERT_EQUAL(scenario->hosts->len, 2);
    CU_ASSERT_STRING_EQUAL(a->name, "a");
    CU_ASSERT_EQUAL(a->ip[3], 9);
    CU_ASSERT_EQUAL(memcmp(a->mac, made, sizeof(made)), 0);
    CU_ASSERT_EQUAL(memcmp(b->mac, given, sizeof(given)), 0);
    g_ptr_array_unref(loaded);
}

static void test_each_frame_is_read(void)
{
    const struct scenario_send *send = load("send eth0 arp who-has 10.0.2.15 tell 10.0.2.9");
    CU_ASSERT_STRING_EQUAL(send->from, "eth0");
    CU_ASSERT_EQUAL(send->kind, SCENARIO_SEND_ARP_REQUEST);
    CU_ASSERT_EQUAL(send->target, 0x0a00020f);
    CU_ASSERT_EQUAL(send->source, 0x0a000209);
    send = load("send box arp reply 10.0.2.9 is-at 02:00:00:00:00:07");
    CU_ASSERT_STRING_EQUAL(send->from, "box");
    CU_ASSERT_EQUAL(send->kind, SCENARIO_SEND_ARP_REPLY);
    CU_ASSERT_EQUAL(send->mac[5], 7);
    send = load("send box icmp 10.0.2.9 > 10.0.2.15 echo request");
    CU_ASSERT_EQUAL(send->kind, SCENARIO_SEND_ECHO_REQUEST);
    CU_ASSERT_EQUAL(send->len, 64);
    CU_ASSERT_EQUAL(send->id, 0);
    send = load("send eth0 icmp 10.0.2.9 > 10.0.2.15 echo reply len 8 seq 3 id 0xffff");
    CU_ASSERT_EQUAL(send->kind, SCENARIO_SEND_ECHO_REPLY);
    CU_ASSERT_EQUAL(send->source, 0x0a000209);
    CU_ASSERT_EQUAL(send->len, 8);
    CU_ASSERT_EQUAL(send->sequence, 3);
    CU_ASSERT_EQUAL(send->id, 0xffff);
    send = load("send eth0 hex \"ffffffffffff 020000000009 88B5 01\"");
    CU_ASSERT_EQUAL(send->kind, SCENARIO_SEND_BYTES);
    CU_ASSERT_EQUAL(g_bytes_get_size(send->bytes), 15);
    CU_ASSERT_EQUAL(((const uint8_t *)g_bytes_get_data(send->bytes, NULL))[12], 0x88);
    g_clear_pointer(&loaded_tests, g_ptr_array_unref);
}

static const struct rig_row host_rows[] = {
    {"host", "3:5: expected the name of the host, not the end of the line"},
    {"host box", "3:9: a host needs an address other than 0.0.0.0 [such as: host box ip=10.0.2.9]"},
    {"host box mac=02:00:00:00:00:09",
     "3:31: a host needs an address other than 0.0.0.0 [such as: host box ip=10.0.2.9]"},
    {"host box ip", "3:12: expected '=', not the end of the line"},
    {"host box ip=", "3:13: expected an IPv4 address, not the end of the line"},
    {"host box ip=10.0.2", "3:13: expected an IPv4 address such as 10.0.2.15, not '10.0.2'"},
    {"host box ip=10.0.2.9/24",
     "3:13: expected an IPv4 address such as 10.0.2.15, not '10.0.2.9/24'"},
    {"host box ip=0.0.0.0",
     "3:20: a host needs an address other than 0.0.0.0 [such as: host box ip=10.0.2.9]"},
    {"host box ip=10.0.2.9 ip=10.0.2.9", "3:22: 'ip' is given twice"},
    {"host box ip=10.0.2.9 mac=x",
     "3:26: expected a MAC address such as 52:54:00:12:34:56, not 'x'"},
    {"host box ip=10.0.2.9 mack=02:00:00:00:00:09",
     "3:22: unknown word 'mack' [did you mean 'mac'?]"},
    {"host eth0 ip=10.0.2.9", "3:6: a network card is called 'eth0' already"},
    {"host slirp ip=10.0.2.9", "3:6: 'slirp' is the name of libslirp's own port"},
    {"host eth1 ip=10.0.2.9\nnet eth1 backend=none", "4:5: a host is called 'eth1' already"},
    {"host a ip=10.0.2.9\nhost a ip=10.0.2.8", "4:6: the host 'a' is on line 3 already"},
    {"host a ip=10.0.2.9\nhost b ip=10.0.2.9", "4:6: 'a' and 'b' have the same address"},
    {"host a ip=10.0.2.9 mac=02:00:00:00:00:09\nhost b ip=10.0.2.8 mac=02:00:00:00:00:09",
     "4:6: 'a' and 'b' have the same MAC address\n4:24: the MAC address '02:00:00:00:00:09' is on line 3 already"},
};

static const struct rig_row send_rows[] = {
    {"send", "4:5: expected a network card or a host, not the end of the line"},
    {"send eth1 hex \"00\"",
     "4:6: no network card or host is called 'eth1' [did you mean 'eth0'?]\n4:15: a frame has 14 to 65550 bytes, not 1"},
    {"send bxo hex \"00\"",
     "4:6: no network card or host is called 'bxo' [did you mean 'box'?]\n4:14: a frame has 14 to 65550 bytes, not 1"},
    {"send eth0", "4:10: expected 'arp', 'icmp' or 'hex', not the end of the line"},
    {"send eth0 art", "4:11: expected 'arp', 'icmp' or 'hex', not 'art' [did you mean 'arp'?]"},
    {"send eth0 arp", "4:14: expected 'who-has' or 'reply', not the end of the line"},
    {"send eth0 arp who-has", "4:22: expected an IPv4 address, not the end of the line"},
    {"send eth0 arp who-has 10.0.2",
     "4:23: expected an IPv4 address such as 10.0.2.15, not '10.0.2'"},
    {"send eth0 arp who-has 10.0.2.15 tel 10.0.2.9",
     "4:33: expected 'tell', not 'tel' [did you mean 'tell'?]"},
    {"send eth0 arp reply 10.0.2.9 is-at x",
     "4:36: expected a MAC address such as 52:54:00:12:34:56, not 'x'"},
    {"send eth0 icmp 10.0.2.9 10.0.2.15", "4:25: expected '>', not '10.0.2.15'"},
    {"send eth0 icmp 10.0.2.9 > 10.0.2.15 echo",
     "4:41: expected 'request' or 'reply', not the end of the line"},
    {"send eth0 icmp 10.0.2.9 > 10.0.2.15 echo reply len 7", "4:52: 7 is out of range: 8 to 1480"},
    {"send eth0 icmp 10.0.2.9 > 10.0.2.15 echo reply len 1481",
     "4:52: 1481 is out of range: 8 to 1480"},
    {"send eth0 icmp 10.0.2.9 > 10.0.2.15 echo reply id 65536",
     "4:51: 65536 is out of range: 0 to 65535"},
    {"send eth0 icmp 10.0.2.9 > 10.0.2.15 echo reply id 1 id 2", "4:53: 'id' is given twice"},
    {"send eth0 icmp 10.0.2.9 > 10.0.2.15 echo reply sec 1",
     "4:48: expected 'id', 'seq' or 'len', not 'sec' [did you mean 'seq'?]"},
    {"send eth0 hex 0011",
     "4:15: expected the frame's bytes in quotes, not '0011' [a text stands in double quotes]"},
    {"send eth0 hex \"0011\"", "4:15: a frame has 14 to 65550 bytes, not 2"},
    {"send eth0 hex \"001\"", "4:15: expected pairs of hexadecimal digits, not '1'"},
    {"send eth0 hex \"0x11\"", "4:15: expected pairs of hexadecimal digits, not '0x'"},
};

static void test_mistakes_are_refused_with_the_reason(void)
{
    rig_check_rows(host_rows, G_N_ELEMENTS(host_rows), "version 1\nnet eth0\n", "\nwait ready\n");
    rig_check_rows(send_rows, G_N_ELEMENTS(send_rows), SETUP, "\nwait ready\n");
}

UNIT_SUITE("parser_send", UNIT_TEST(test_host_has_an_address_and_a_mac_address),
           UNIT_TEST(test_each_frame_is_read), UNIT_TEST(test_mistakes_are_refused_with_the_reason))
