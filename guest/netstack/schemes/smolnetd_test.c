/*
 * smolnetd_test.c - the network daemon and its cards, on the real kernel: daemons that come first,
 * second or never, and cards that come late, have no room, go away, or come again
 *
 * A card is a provider that is played here; a client sends an echo request, whose question for the
 * gateway is the frame that the card sees.
 */
#include "netstack/schemes/smolnetd.h"

#include "kernel/fake_hal.h"
#include "kernel/fake_image.h"
#include "kernel/nbuf.h"
#include "kernel/netif.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define MS       UINT64_C(1000000)
#define MAC_FILE 1
#define CARD     2
#define FRAME    60

static struct card {
    int root;
    unsigned frames_in;   /* that it still gives */
    unsigned frames_out;  /* that it took */
    long write_result;    /* 0: it takes them */
    long mac_size;        /* of what it gives for its address */
    bool ends_with_write; /* instead of an answer */
    bool tells;           /* with each write that it has frames */
} card;

/* ---- the card -------------------------------------------------------------------------------- */

static int64_t card_open(const struct scheme_request *request)
{
    if (request->size == 0)
        return CARD;
    return request->size == 3 && memcmp(request->data, "mac", 3) == 0 ? MAC_FILE : -KENOENT;
}

static int64_t card_read(const struct scheme_request *request)
{
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 7};
    if (request->handle == MAC_FILE) {
        memcpy(request->data, mac, (size_t)card.mac_size);
        return card.mac_size;
    }
    if (card.frames_in == 0)
        return -KEAGAIN;
    card.frames_in--;
    memset(request->data, 0xff, FRAME); /* for everybody, of no protocol that is known */
    return FRAME;
}

static int64_t card_write(const struct scheme_request *request)
{
    if (card.ends_with_write)
        (void)system_call(SYS_EXIT, 0, 0, 0, 0, 0, 0);
    if (card.write_result != 0)
        return card.write_result;
    if (card.tells)
        CU_ASSERT_EQUAL(sys_post_events(card.root, CARD, EVENT_READ), 0);
    card.frames_out++;
    return request->size;
}

static int64_t card_result(const struct scheme_request *request)
{
    switch (request->operation) {
    case SCHEME_OPEN:
        return card_open(request);
    case SCHEME_READ:
        return card_read(request);
    case SCHEME_WRITE:
        return card_write(request);
    default:
        return 0;
    }
}

static int card_main(int argc, char **argv)
{
    struct scheme_request request;
    CU_ASSERT_EQUAL_FATAL(argc, 2);
    card.root = (int)sys_scheme_create(argv[1], 0);
    CU_ASSERT_TRUE_FATAL(card.root >= 0);
    while (sys_read(card.root, &request, sizeof request) == sizeof request)
        (void)sys_answer(card.root, request.tag, card_result(&request));
    return 0;
}

/* Asks for an echo. */
static int client_main(int argc, char **argv)
{
    char request[8] = {0, 1};
    long file = sys_open("/scheme/icmp/echo/10.0.2.2", O_RDWR);
    (void)argc;
    (void)argv;
    return file >= 0 && sys_write((int)file, request, sizeof request) == sizeof request ? 0 : 1;
}

/* Sends a frame, by itself. */
static int talker_main(int argc, char **argv)
{
    char frame[FRAME] = {0};
    long file = sys_open("/scheme/network.test", O_RDWR);
    (void)argc;
    (void)argv;
    return file >= 0 && sys_write((int)file, frame, sizeof frame) == sizeof frame ? 0 : 1;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static const struct program_entry programs[] = {
    {"smolnetd", smolnetd_main},
    {"card", card_main},
    {"client", client_main},
    {"talker", talker_main},
};

static void boot(void)
{
    fake_files = NULL;
    fake_file_count = 0;
    fake_boot_providers(programs, sizeof programs / sizeof programs[0]);
    card = (struct card){.mac_size = 6};
}

static void start(uint32_t number, const char *command_line)
{
    fake_start(number, command_line);
    fake_pass(MS);
}

static const struct netif *eth0(void)
{
    const struct netif *netif = netif_by_name("eth0");
    CU_ASSERT_PTR_NOT_NULL_FATAL(netif);
    return netif;
}

/* ---- the daemon ------------------------------------------------------------------------------ */

static void test_a_second_daemon_ends_and_leaves_the_first_alone(void)
{
    boot();
    start(1, "smolnetd");
    start(2, "card network.test");
    start(3, "smolnetd");
    CU_ASSERT_TRUE(fake_exited(3, 1));
    CU_ASSERT_STRING_EQUAL(fake_output(), "smolnetd: there is one already\n");
    CU_ASSERT_TRUE(fake_is_running(1));
    start(4, "client");
    CU_ASSERT_TRUE(fake_exited(4, 0));
    CU_ASSERT_EQUAL(card.frames_out, 1);
}

static void test_unknown_options_are_refused(void)
{
    boot();
    start(1, "smolnetd -x");
    start(2, "smolnetd -r -r");
    CU_ASSERT_TRUE(fake_exited(1, 2));
    CU_ASSERT_TRUE(fake_exited(2, 2));
    CU_ASSERT_STRING_EQUAL(fake_output(), "smolnetd: usage: smolnetd [-r]\n"
                                          "smolnetd: usage: smolnetd [-r]\n");
}

static void test_no_timeout_is_set_when_nothing_is_due(void)
{
    boot();
    start(1, "smolnetd");
    start(2, "card network.test");
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
    start(3, "client"); /* the question will have to be asked again */
    CU_ASSERT_NOT_EQUAL(fake_deadline_ns(), UINT64_MAX);
}

/* ---- cards ----------------------------------------------------------------------------------- */

static void test_a_card_may_be_there_before_or_come_later(void)
{
    for (int late = 0; late < 2; late++) {
        boot();
        start(1, late ? "smolnetd" : "card network.test");
        start(2, late ? "card network.test" : "smolnetd");
        CU_ASSERT_EQUAL(eth0()->mac[5], 7);
        CU_ASSERT_EQUAL(eth0()->mtu, 1500);
        CU_ASSERT_FALSE(eth0()->no_carrier);
        start(3, "client");
        CU_ASSERT_EQUAL(card.frames_out, 1);
        CU_ASSERT_EQUAL(eth0()->counters.tx_frames, 1);
    }
}

static void test_what_is_no_card_becomes_no_interface(void)
{
    boot();
    start(1, "smolnetd");
    start(2, "card disk.network.test");
    card.mac_size = 5;
    start(3, "card network.test");
    CU_ASSERT_PTR_NULL(netif_by_name("eth0"));
    CU_ASSERT_TRUE(fake_is_running(1));
}

static void test_a_frame_without_room_is_lost_and_counted(void)
{
    boot();
    start(1, "smolnetd");
    start(2, "card network.test");
    card.write_result = -KEAGAIN;
    start(3, "client");
    CU_ASSERT_EQUAL(eth0()->counters.tx_frames, 0);
    CU_ASSERT_EQUAL(eth0()->counters.tx_dropped, 1);
    card.write_result = 0;
    fake_run_until(fake_now_ns + 1500 * MS); /* a second later it is asked again */
    CU_ASSERT_EQUAL(card.frames_out, 1);
}

static void test_all_frames_of_a_card_are_taken_when_it_tells_of_any(void)
{
    boot();
    start(1, "smolnetd");
    start(2, "card network.test");
    card.frames_in = 5;
    start(3, "client"); /* it is no reason to ask a card */
    CU_ASSERT_EQUAL(card.frames_out, 1);
    CU_ASSERT_EQUAL(card.frames_in, 5);
    card.tells = true;
    start(4, "talker");
    CU_ASSERT_EQUAL(card.frames_in, 0);
    CU_ASSERT_EQUAL(eth0()->counters.rx_frames, 5);
    CU_ASSERT_EQUAL(eth0()->counters.rx_bytes, 5 * FRAME);
}

static void test_frames_for_which_there_was_no_buffer_are_taken_later(void)
{
    static struct nbuf *held[NBUF_COUNT + 1];
    unsigned count = 0;
    boot();
    start(1, "smolnetd");
    start(2, "card network.test");
    card.frames_in = 5;
    card.tells = true;
    while ((held[count] = nbuf_alloc()) != NULL)
        count++;
    start(3, "talker");
    CU_ASSERT_EQUAL(card.frames_in, 5);
    while (count > 0)
        nbuf_free(held[--count]);
    card.tells = false;
    start(4, "client");
    CU_ASSERT_EQUAL(card.frames_in, 0);
    CU_ASSERT_EQUAL(eth0()->counters.rx_frames, 5);
}

static void test_without_its_driver_an_interface_stays_for_the_next_one(void)
{
    boot();
    start(1, "smolnetd");
    start(2, "card network.test");
    card.ends_with_write = true;
    start(3, "client");
    fake_run_until(fake_now_ns + 10 * MS);
    CU_ASSERT_TRUE(fake_exited(2, 0));
    CU_ASSERT_TRUE(fake_is_running(1));
    CU_ASSERT_TRUE(eth0()->no_carrier);
    CU_ASSERT_EQUAL(eth0()->counters.tx_dropped, 1);
    card.ends_with_write = false;
    start(4, "card network.test");
    CU_ASSERT_FALSE(eth0()->no_carrier);
    CU_ASSERT_PTR_NULL(netif_by_name("eth1"));
    fake_run_until(fake_now_ns + 1500 * MS);
    CU_ASSERT_EQUAL(card.frames_out, 1);
}

static void test_two_cards_are_two_interfaces(void)
{
    boot();
    start(1, "smolnetd");
    start(2, "card network.one");
    start(3, "card network.two");
    CU_ASSERT_PTR_NOT_NULL(netif_by_name("eth0"));
    CU_ASSERT_PTR_NOT_NULL(netif_by_name("eth1"));
}

static void test_a_restricted_daemon_takes_one_card_and_goes_on_with_it(void)
{
    boot();
    start(1, "smolnetd -r");
    start(2, "card network.one");
    start(3, "card network.two");
    CU_ASSERT_PTR_NULL(netif_by_name("eth1"));
    start(4, "client");
    CU_ASSERT_TRUE(fake_exited(4, 0));
    CU_ASSERT_EQUAL(eth0()->counters.tx_frames, 1);
}

UNIT_SUITE("smolnetd", UNIT_TEST(test_a_second_daemon_ends_and_leaves_the_first_alone),
           UNIT_TEST(test_unknown_options_are_refused),
           UNIT_TEST(test_no_timeout_is_set_when_nothing_is_due),
           UNIT_TEST(test_a_card_may_be_there_before_or_come_later),
           UNIT_TEST(test_what_is_no_card_becomes_no_interface),
           UNIT_TEST(test_a_frame_without_room_is_lost_and_counted),
           UNIT_TEST(test_all_frames_of_a_card_are_taken_when_it_tells_of_any),
           UNIT_TEST(test_frames_for_which_there_was_no_buffer_are_taken_later),
           UNIT_TEST(test_without_its_driver_an_interface_stays_for_the_next_one),
           UNIT_TEST(test_two_cards_are_two_interfaces),
           UNIT_TEST(test_a_restricted_daemon_takes_one_card_and_goes_on_with_it))
