/*
 * parser_send_test.c - hosts and frames: what they mean, and what is refused
 */
#include "harness/language/language_rig.h"

#include <unistd.h>

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
    {"send eth0",
     "4:10: expected 'arp', 'icmp', 'hex', 'tcp', 'udp' or 'pcap', not the end of the line"},
    {"send eth0 art",
     "4:11: expected 'arp', 'icmp', 'hex', 'tcp', 'udp' or 'pcap', not 'art' [did you mean 'arp'?]"},
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

static void test_segments_are_read(void)
{
    const struct scenario_send *send =
        load("send box tcp 10.0.2.9:80 > 10.0.2.15:49152 flags S. seq 1000 ack 5 win 100 mss 1460");
    CU_ASSERT_EQUAL(send->kind, SCENARIO_SEND_TCP);
    CU_ASSERT_EQUAL(send->segment.from.address, 0x0a000209);
    CU_ASSERT_EQUAL(send->segment.to.port, 49152);
    CU_ASSERT_EQUAL(send->segment.flags, 0x12);
    CU_ASSERT_EQUAL(send->segment.seq.number, 1000);
    CU_ASSERT_EQUAL(send->segment.win.number, 100);
    CU_ASSERT_EQUAL(send->segment.mss, 1460);
    CU_ASSERT_PTR_NULL(send->segment.data);
    send = load("send eth0 udp 10.0.2.9:53 > 10.0.2.15:49152 data \"abc\"");
    CU_ASSERT_EQUAL(send->kind, SCENARIO_SEND_UDP);
    CU_ASSERT_EQUAL(g_bytes_get_size(send->segment.data), 3);
    send = load("send eth0 tcp 10.0.2.9:53 > 10.0.2.15:49152 len 5 flags P.");
    CU_ASSERT_EQUAL(send->segment.win.number, 65535);
    CU_ASSERT_EQUAL(g_bytes_get_size(send->segment.data), 5);
    g_clear_pointer(&loaded_tests, g_ptr_array_unref);
    GPtrArray *loaded = rig_load(SETUP "expect frame \"tcp\" as q\n"
                                       "send box tcp $q.dst > $q.src flags . seq $q.ack "
                                       "ack $q.next+2 win $q.win-1\n");
    const struct scenario *scenario = loaded->pdata[0];
    send = &((const struct scenario_statement *)scenario->statements->pdata[1])->send;
    CU_ASSERT_STRING_EQUAL(send->segment.from.label, "q");
    CU_ASSERT_TRUE(send->segment.from.is_dst);
    CU_ASSERT_FALSE(send->segment.to.is_dst);
    CU_ASSERT_EQUAL(send->segment.ack.field, SCENARIO_FIELD_NEXT);
    CU_ASSERT_EQUAL(send->segment.ack.number, 2);
    CU_ASSERT_EQUAL(send->segment.win.number, -1);
    g_ptr_array_unref(loaded);
}

static const struct rig_row segment_rows[] = {
    {"send box tcp 10.0.2.9",
     "5:14: expected an address and a port such as 10.0.2.100:80, not '10.0.2.9'"},
    {"send box tcp 10.0.2.9:80", "5:25: expected '>', not the end of the line"},
    {"send box tcp 10.0.2.9:80 > 10.0.2.15:1000",
     "5:42: expected 'flags', not the end of the line"},
    {"send box tcp 10.0.2.9:80 > 10.0.2.15:1000 flags",
     "5:48: expected flags such as S. or P., not the end of the line"},
    {"send box tcp 10.0.2.9:80 > 10.0.2.15:1000 flags SX",
     "5:49: flags are letters of FSRP.UEW, each once, such as S. or P., not 'SX'"},
    {"send box tcp 10.0.2.9:80 > 10.0.2.15:1000 flags SS",
     "5:49: flags are letters of FSRP.UEW, each once, such as S. or P., not 'SS'"},
    {"send box tcp 10.0.2.9:80 > 10.0.2.15:1000 flags S sek 5",
     "5:51: expected 'flags', 'seq', 'ack', 'win', 'mss', 'data' or 'len', not 'sek' [did you mean 'seq'?]"},
    {"send box tcp 10.0.2.9:80 > 10.0.2.15:1000 flags S flags S",
     "5:51: 'flags' is given twice, or with the other"},
    {"send box tcp 10.0.2.9:80 > 10.0.2.15:1000 flags S len 1 data \"x\"",
     "5:57: 'data' is given twice, or with the other"},
    {"send box tcp 10.0.2.9:80 > $q.scr flags S",
     "5:28: a frame has no field 'scr' that could stand here [did you mean 'src'?]"},
    {"send box tcp 10.0.2.9:80 > $q.src flags S seq $q.sek",
     "5:47: a frame has no field 'sek' that could stand here [did you mean 'seq'?]"},
    {"send box tcp 10.0.2.9:80 > $q.src+1 flags S", "5:28: nothing is added to an address"},
    {"send box tcp 10.0.2.9:80 > $q.src flags S seq $q.seq+x", "5:47: expected a number, not 'x'"},
    {"send box udp 10.0.2.9:80 > 10.0.2.15:1000 flags S",
     "5:43: expected 'data' or 'len', not 'flags'"},
    {"send box udp 10.0.2.9:80 > 10.0.2.15:1000 len 1461", "5:47: 1461 is out of range: 0 to 1460"},
    {"send eth0 pcap", "5:15: expected the path of a capture, not the end of the line"},
    {"send eth0 pcap a x", "5:18: expected a number, not 'x'"},
};

static void test_wrong_segments_are_refused(void)
{
    rig_check_rows(segment_rows, G_N_ELEMENTS(segment_rows), SETUP "expect frame \"tcp\" as q\n",
                   "\nwait ready\n");
}

static void test_frame_that_was_not_named_is_refused(void)
{
    g_autofree char *complaint =
        rig_complaint(SETUP "send box tcp $q.dst > 10.0.2.15:9 flags S\nwait ready\n",
                      strlen(SETUP "send box tcp $q.dst > 10.0.2.15:9 flags S\nwait ready\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(complaint, "no frame was named 'q' before"));
}

static void test_frames_of_captures_are_read(void)
{
    static const uint8_t frames[2][20] = {{1}, {2}};
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("send-XXXXXX.pcap", &path, NULL);
    g_assert(fd >= 0 && close(fd) == 0);
    struct capture_writer *writer = capture_writer_open(path, NULL);
    capture_writer_add(writer, 1, frames[0], 20);
    capture_writer_add(writer, 2, frames[1], 20);
    g_assert(capture_writer_close(writer, NULL));
    g_autofree char *line = g_strdup_printf("send eth0 pcap \"%s\" 2", path);
    const struct scenario_send *send = load(line);
    CU_ASSERT_EQUAL(send->kind, SCENARIO_SEND_BYTES);
    CU_ASSERT_EQUAL(((const uint8_t *)g_bytes_get_data(send->bytes, NULL))[0], 2);
    g_autofree char *text = g_strdup_printf(SETUP "send eth0 pcap \"%s\" 3\nwait ready\n", path);
    g_autofree char *complaint = rig_complaint(text, strlen(text));
    g_autofree char *expected = g_strdup_printf("4:16: %s has 2 frames", path);
    CU_ASSERT_STRING_EQUAL(complaint, expected);
    unlink(path);
    g_clear_pointer(&loaded_tests, g_ptr_array_unref);
}

UNIT_SUITE("parser_send", UNIT_TEST(test_segments_are_read),
           UNIT_TEST(test_wrong_segments_are_refused),
           UNIT_TEST(test_frame_that_was_not_named_is_refused),
           UNIT_TEST(test_frames_of_captures_are_read),
           UNIT_TEST(test_host_has_an_address_and_a_mac_address),
           UNIT_TEST(test_each_frame_is_read), UNIT_TEST(test_mistakes_are_refused_with_the_reason))
