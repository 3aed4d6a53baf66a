/*
 * dhcp_test.c - programs/dhcp.c as a dialogue on the wire: the program, on the real kernel and
 * stack, against a server that is played here
 */
#include "kernel/fake_hal.h"
#include "kernel/program.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "netstack/ipv4.h"
#include "netstack/route.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define OTHER_SERVER 0x0a000204
#define ONE_DAY      86400u

enum {
    DISCOVER = 1,
    OFFER = 2,
    REQUEST = 3,
    ACK = 5,
    NAK = 6
};

static const struct program_entry entries[] = {{"dhcp", dhcp_main}};

/* The message of the client that was seen last. */
static uint8_t seen[300];
/* What the server says. */
static uint8_t message[600];
static size_t message_size;

static void begin(void)
{
    static const char *const files[] = {"/etc/net/ip", "", NULL};
    dialogue_set_programs(entries, 1);
    dialogue_begin_with(files, 1);
    CU_ASSERT_EQUAL(program_start(1, "dhcp eth0"), 0);
    fake_run();
}

static bool exited(int status)
{
    char line[64];
    snprintf(line, sizeof(line), "program 1 exited %d\n", status);
    return fake_log_count(line) == 1;
}

static bool is_running(void)
{
    return fake_log_count("program 1 exited") == 0;
}

/* ---- the client's messages ------------------------------------------------------------------- */

static const uint8_t *option(uint8_t code, uint8_t size)
{
    for (size_t at = 240; at < sizeof(seen) && seen[at] != 255; at += 2 + (size_t)seen[at + 1]) {
        if (seen[at] == code) {
            CU_ASSERT_EQUAL(seen[at + 1], size);
            return seen + at + 2;
        }
    }
    return NULL;
}

/* The next frame is a message of this type, from nowhere to everybody. */
static void expect(uint8_t type)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    CU_ASSERT_EQUAL_FATAL(size, 14 + 20 + 8 + 300);
    CU_ASSERT_EQUAL(memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6), 0);
    CU_ASSERT_EQUAL(memcmp(frame + 26, "\0\0\0\0\xff\xff\xff\xff\0\x44\0\x43", 12), 0);
    memcpy(seen, frame + 42, sizeof(seen));
    CU_ASSERT_EQUAL(memcmp(seen, "\x01\x01\x06\x00", 4), 0);
    CU_ASSERT_EQUAL(memcmp(seen + 10, "\x80\x00", 2), 0); /* replies by broadcast */
    CU_ASSERT_EQUAL(memcmp(seen + 28, dialogue_netif(0)->mac, 6), 0);
    CU_ASSERT_EQUAL(memcmp(seen + 236, "\x63\x82\x53\x63", 4), 0);
    const uint8_t *value = option(53, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    CU_ASSERT_EQUAL(*value, type);
}

/* ---- the server's ---------------------------------------------------------------------------- */

static void put(uint8_t code, const void *data, uint8_t size)
{
    message[message_size] = code;
    message[message_size + 1] = size;
    memcpy(message + message_size + 2, data, size);
    message_size += 2 + (size_t)size;
}

static void put_u32(uint8_t code, uint32_t value)
{
    uint8_t bytes[4];
    store_be32(bytes, value);
    put(code, bytes, 4);
}

/* An answer to what was seen, without options but the type and the server. */
static void build(uint8_t type, uint32_t server, uint32_t address)
{
    memset(message, 0, sizeof(message));
    memcpy(message, seen, 44);
    message[0] = 2;
    store_be32(message + 16, address);
    memcpy(message + 236, "\x63\x82\x53\x63", 4);
    message_size = 240;
    put(53, &type, 1);
    put_u32(54, server);
}

static void build_lease(uint8_t type)
{
    build(type, GATEWAY, OUR_ADDRESS);
    put_u32(1, 0xffffff00);
    put_u32(3, GATEWAY);
    put_u32(6, DNS);
    put_u32(51, ONE_DAY);
}

static void send_from_port(uint16_t port)
{
    message[message_size] = 255;
    dialogue_send_udp(&(struct dialogue_udp){.destination = UINT32_MAX,
                                             .source_port = port,
                                             .destination_port = 68},
                      message, message_size + 1);
}

static void send(void)
{
    send_from_port(67);
}

static void offer(void)
{
    build_lease(OFFER);
    send();
}

/* ---- the normal course ----------------------------------------------------------------------- */

static void test_four_messages_make_a_lease(void)
{
    begin();
    expect(DISCOVER);
    CU_ASSERT_EQUAL(load_be16(seen + 8), 0);
    CU_ASSERT_PTR_NULL(option(50, 4));
    const uint8_t *wanted = option(55, 3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(wanted);
    CU_ASSERT_EQUAL(memcmp(wanted, "\1\3\6", 3), 0);
    uint32_t xid = load_be32(seen + 4);
    offer();
    expect(REQUEST);
    CU_ASSERT_EQUAL(load_be32(seen + 4), xid);
    CU_ASSERT_EQUAL(load_be32(option(50, 4)), OUR_ADDRESS);
    CU_ASSERT_EQUAL(load_be32(option(54, 4)), GATEWAY);
    CU_ASSERT_EQUAL(load_be32(seen + 12), 0); /* ciaddr */
    CU_ASSERT_EQUAL(interface_by_name("eth0")->address, 0);
    build_lease(ACK);
    send();
    CU_ASSERT_TRUE(exited(0));
    CU_ASSERT_STRING_EQUAL(fake_output(),
                           "eth0: 10.0.2.15/24 gateway 10.0.2.2 dns 10.0.2.3 lease 86400 s\n");
    CU_ASSERT_EQUAL(interface_by_name("eth0")->address, OUR_ADDRESS);
    CU_ASSERT_EQUAL(interface_by_name("eth0")->mask, 0xffffff00);
    CU_ASSERT_EQUAL(route_count(), 2);
    CU_ASSERT_EQUAL(route_lookup(FAR_AWAY)->gateway, GATEWAY);
    CU_ASSERT_EQUAL(dialogue_all_drops(), 0);
    dialogue_end();
}

static void test_lease_without_extras_is_a_lease(void)
{
    begin();
    expect(DISCOVER);
    build(OFFER, GATEWAY, 0xc0a80105);
    put_u32(51, UINT32_MAX);
    send();
    expect(REQUEST);
    build(ACK, GATEWAY, 0xc0a80105);
    put_u32(51, UINT32_MAX);
    send();
    CU_ASSERT_TRUE(exited(0));
    CU_ASSERT_STRING_EQUAL(fake_output(), "eth0: 192.168.1.5/24 for ever\n");
    CU_ASSERT_EQUAL(route_count(), 1);
    dialogue_end();
}

static void test_address_that_was_there_is_taken_away_first(void)
{
    dialogue_set_programs(entries, 1);
    dialogue_begin();
    CU_ASSERT_EQUAL(interface_set_up(interface_by_name("eth0"), false), 0);
    CU_ASSERT_EQUAL(program_start(1, "dhcp eth0"), 0);
    fake_run();
    expect(DISCOVER); /* from 0.0.0.0 */
    CU_ASSERT_TRUE(interface_by_name("eth0")->up);
    CU_ASSERT_EQUAL(route_count(), 0);
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    dialogue_end();
}

/* Options in the fields that boot files have elsewhere [RFC2131] 4.1. */
static void test_options_may_continue_in_file_and_sname(void)
{
    begin();
    expect(DISCOVER);
    offer();
    expect(REQUEST);
    build(ACK, GATEWAY, OUR_ADDRESS);
    put(52, "\3", 1);
    memcpy(message + 108, "\0\x33\x04\0\0\0\x3c\xff", 8); /* a lease of 60 s */
    memcpy(message + 44, "\1\4\xff\xff\xff\0\3\4\x0a\0\2\2\xff", 13);
    send();
    CU_ASSERT_TRUE(exited(0));
    CU_ASSERT_STRING_EQUAL(fake_output(), "eth0: 10.0.2.15/24 gateway 10.0.2.2 lease 60 s\n");
    dialogue_end();
}

/* ---- silence --------------------------------------------------------------------------------- */

/* Moves time on until something is sent, but not beyond this time. Returns when that was. */
static uint64_t wait_for_frame(uint64_t end_ns)
{
    while (dialogue_is_silent() && fake_now_ns < end_ns)
        dialogue_wait_until(fake_deadline_ns() < end_ns ? fake_deadline_ns() : end_ns);
    return fake_now_ns;
}

/* 4, 8 and 16 s apart, each a second more or less. */
static void expect_retries(uint8_t type, uint64_t began_ns)
{
    uint64_t sent_ns = began_ns;
    for (uint64_t interval = 4 * S; interval <= 16 * S; interval *= 2) {
        dialogue_wait_until(sent_ns + interval - S - 1);
        dialogue_expect_silence();
        uint8_t before[300];
        memcpy(before, seen, sizeof(before));
        uint64_t at_ns = wait_for_frame(sent_ns + interval + S);
        expect(type);
        CU_ASSERT_EQUAL(load_be32(seen + 4), load_be32(before + 4));
        CU_ASSERT_EQUAL(load_be16(seen + 8), (at_ns - T0) / S);
        sent_ns = at_ns;
    }
}

static void test_without_a_server_it_asks_four_times_and_gives_up(void)
{
    begin();
    expect(DISCOVER);
    expect_retries(DISCOVER, T0);
    CU_ASSERT_TRUE(is_running());
    dialogue_wait_until(T0 + 65 * S);
    CU_ASSERT_TRUE(exited(1));
    CU_ASSERT_STRING_EQUAL(fake_output(), "dhcp: eth0: no server answers\n");
    CU_ASSERT_EQUAL(interface_by_name("eth0")->address, 0);
    dialogue_end();
}

static void test_request_that_nobody_answers_begins_anew_with_another_number(void)
{
    begin();
    expect(DISCOVER);
    uint32_t xid = load_be32(seen + 4);
    offer();
    expect(REQUEST);
    expect_retries(REQUEST, T0);
    wait_for_frame(T0 + 65 * S);
    CU_ASSERT_TRUE(is_running());
    expect(DISCOVER);
    CU_ASSERT_NOT_EQUAL(load_be32(seen + 4), xid);
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    dialogue_end();
}

static void test_late_offer_is_taken(void)
{
    begin();
    expect(DISCOVER);
    dialogue_wait_until(T0 + 2 * S);
    offer();
    expect(REQUEST);
    CU_ASSERT_EQUAL(load_be16(seen + 8), 2);
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    dialogue_end();
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void test_refused_three_times_it_gives_up(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(is_running());
        expect(DISCOVER);
        offer();
        expect(REQUEST);
        build(NAK, OTHER_SERVER, 0); /* of a server that was not asked */
        send();
        dialogue_expect_silence();
        build(NAK, GATEWAY, 0);
        send();
    }
    CU_ASSERT_TRUE(exited(1));
    CU_ASSERT_STRING_EQUAL(fake_output(), "dhcp: eth0: offers, but no lease\n");
    CU_ASSERT_EQUAL(interface_by_name("eth0")->address, 0);
    dialogue_end();
}

/* Each of these is as if it had not come: the client goes on waiting, and takes a good one. */
static void test_replies_that_are_not_for_us_are_ignored(void)
{
    static const struct {
        size_t at;
        uint8_t flip;
    } cases[] = {
        {0, 3},    /* a request */
        {1, 7},    /* not Ethernet */
        {2, 1},    /* another size of address */
        {4, 1},    /* another number */
        {7, 0x80}, /* the same */
        {33, 1},   /* another client */
        {239, 1},  /* another cookie: BOOTP */
    };
    begin();
    expect(DISCOVER);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        build_lease(OFFER);
        message[cases[i].at] ^= cases[i].flip;
        send();
        dialogue_expect_silence();
    }
    build_lease(OFFER);
    send_from_port(1067);
    build_lease(ACK); /* which nobody asked for */
    send();
    build(NAK, GATEWAY, 0);
    send();
    dialogue_expect_silence();
    CU_ASSERT_TRUE(is_running());
    offer();
    expect(REQUEST);
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    dialogue_end();
}

static void test_message_cut_off_anywhere_is_ignored(void)
{
    begin();
    expect(DISCOVER);
    build_lease(OFFER);
    struct dialogue_udp udp = {
        .destination = UINT32_MAX, .source_port = 67, .destination_port = 68};
    for (size_t size = 0; size < message_size; size++) {
        dialogue_send_udp(&udp, message, size);
        dialogue_expect_silence();
        CU_ASSERT_TRUE(is_running());
        fake_log_clear(); /* it has a limit */
    }
    dialogue_send_udp(&udp, message, message_size); /* the end mark may be missing */
    expect(REQUEST);
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    dialogue_end();
}

static void test_offers_that_no_host_could_live_with_are_ignored(void)
{
    static const struct {
        uint32_t server, address, mask, router, lease_s;
    } cases[] = {
        {0, OUR_ADDRESS, 0xffffff00, GATEWAY, 60},           /* no server */
        {GATEWAY, OUR_ADDRESS, 0xffffff00, GATEWAY, 0},      /* no lease */
        {GATEWAY, 0, 0xffffff00, GATEWAY, 60},               /* no address */
        {GATEWAY, LOOPBACK, 0xff000000, 0, 60},              /* lo's */
        {GATEWAY, 0xe0000005, 0xf0000000, 0, 60},            /* a group */
        {GATEWAY, UINT32_MAX, 0xffffff00, 0, 60},            /* everybody */
        {GATEWAY, 0x0a0002ff, 0xffffff00, 0, 60},            /* everybody on the subnet */
        {GATEWAY, 0x0a000200, 0xffffff00, 0, 60},            /* the subnet */
        {GATEWAY, OUR_ADDRESS, 0xff00ff00, 0, 60},           /* a mask with holes */
        {GATEWAY, OUR_ADDRESS, 0xffffff00, 0x0a000302, 60},  /* a router elsewhere */
        {GATEWAY, OUR_ADDRESS, 0xffffff00, OUR_ADDRESS, 60}, /* ourselves as the router */
    };
    begin();
    expect(DISCOVER);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        build(OFFER, cases[i].server, cases[i].address);
        put_u32(1, cases[i].mask);
        put_u32(3, cases[i].router);
        put_u32(51, cases[i].lease_s);
        send();
        dialogue_expect_silence();
    }
    CU_ASSERT_TRUE(is_running());
    offer();
    expect(REQUEST);
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    dialogue_end();
}

static void test_options_of_wrong_sizes_are_ignored(void)
{
    static const struct {
        uint8_t code, size;
    } cases[] = {{1, 3}, {3, 0}, {3, 5}, {6, 2}, {51, 8}, {52, 2}, {53, 2}, {54, 5}};
    static const uint8_t zeros[8];
    begin();
    expect(DISCOVER);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        build_lease(OFFER);
        put(cases[i].code, zeros, cases[i].size);
        send();
        dialogue_expect_silence();
    }
    build_lease(OFFER);
    put(52, "\1", 1); /* the file field holds options, of which one reaches beyond it */
    memset(message + 108, 0, 128);
    memcpy(message + 108 + 126, "\x0c\x01", 2);
    send();
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    dialogue_end();
}

static void test_acknowledgement_of_something_else_is_ignored(void)
{
    begin();
    expect(DISCOVER);
    offer();
    expect(REQUEST);
    build_lease(ACK);
    store_be32(message + 16, 0x0a000210); /* another address */
    send();
    build(ACK, OTHER_SERVER, OUR_ADDRESS);
    put_u32(51, 60);
    send();
    offer(); /* again */
    dialogue_expect_silence();
    CU_ASSERT_TRUE(is_running());
    build_lease(ACK);
    send();
    CU_ASSERT_TRUE(exited(0));
    dialogue_end();
}

static void test_flood_of_nonsense_does_not_prolong_the_wait(void)
{
    begin();
    expect(DISCOVER);
    for (uint64_t at_ns = T0; at_ns <= T0 + 5 * S; at_ns += S / 4) {
        dialogue_wait_until(at_ns);
        build(OFFER, GATEWAY, 0);
        send();
    }
    expect(DISCOVER);
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    dialogue_end();
}

/* ---- the kernel and the user ----------------------------------------------------------------- */

static void expect_message(const char *command, int status, const char *text)
{
    dialogue_set_programs(entries, 1);
    dialogue_begin();
    CU_ASSERT_EQUAL(program_start(1, command), 0);
    fake_run();
    CU_ASSERT_TRUE(exited(status));
    CU_ASSERT_STRING_EQUAL(fake_output(), text);
    CU_ASSERT_EQUAL(interface_by_name("eth0")->address, OUR_ADDRESS);
    dialogue_end();
}

static void test_bad_command_lines_and_interfaces(void)
{
    expect_message("dhcp", 2, "dhcp: usage: dhcp interface\n");
    expect_message("dhcp -x", 2, "dhcp: usage: dhcp interface\n");
    expect_message("dhcp eth0 eth1", 2, "dhcp: usage: dhcp interface\n");
    expect_message("dhcp interface-that-is-long", 2, "dhcp: usage: dhcp interface\n");
    expect_message("dhcp eth7", 1, "dhcp: eth7: SO_BINDTODEVICE: No such device\n");
    expect_message("dhcp lo", 1, "dhcp: lo: not an Ethernet interface\n");
}

static void test_second_client_on_the_interface_is_refused(void)
{
    begin();
    expect(DISCOVER);
    CU_ASSERT_EQUAL(program_start(2, "dhcp eth0"), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("program 2 exited 1\n"), 1);
    CU_ASSERT_STRING_EQUAL(fake_output(), "dhcp: eth0: bind: Address already in use\n");
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    dialogue_end();
}

static void test_interface_that_goes_down_ends_it(void)
{
    begin();
    expect(DISCOVER);
    CU_ASSERT_EQUAL(interface_set_up(interface_by_name("eth0"), false), 0);
    dialogue_wait_until(T0 + 5 * S);
    CU_ASSERT_TRUE(exited(1));
    CU_ASSERT_STRING_EQUAL(fake_output(), "dhcp: eth0: sendto: Network is unreachable\n");
    dialogue_end();
}

UNIT_SUITE("dhcp", UNIT_TEST(test_four_messages_make_a_lease),
           UNIT_TEST(test_lease_without_extras_is_a_lease),
           UNIT_TEST(test_address_that_was_there_is_taken_away_first),
           UNIT_TEST(test_options_may_continue_in_file_and_sname),
           UNIT_TEST(test_without_a_server_it_asks_four_times_and_gives_up),
           UNIT_TEST(test_request_that_nobody_answers_begins_anew_with_another_number),
           UNIT_TEST(test_late_offer_is_taken), UNIT_TEST(test_refused_three_times_it_gives_up),
           UNIT_TEST(test_replies_that_are_not_for_us_are_ignored),
           UNIT_TEST(test_message_cut_off_anywhere_is_ignored),
           UNIT_TEST(test_offers_that_no_host_could_live_with_are_ignored),
           UNIT_TEST(test_options_of_wrong_sizes_are_ignored),
           UNIT_TEST(test_acknowledgement_of_something_else_is_ignored),
           UNIT_TEST(test_flood_of_nonsense_does_not_prolong_the_wait),
           UNIT_TEST(test_bad_command_lines_and_interfaces),
           UNIT_TEST(test_second_client_on_the_interface_is_refused),
           UNIT_TEST(test_interface_that_goes_down_ends_it))
