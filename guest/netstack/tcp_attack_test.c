/*
 * Segments and errors that are not what they seem: resets and SYNs of strangers, old duplicates,
 * acknowledgements of what was never sent, damaged headers, ICMP errors true and forged.
 */
#include "netstack/dialogue.h"
#include "netstack/dialogue_tcp.h"
#include "netstack/tcp.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

#define UNREACHABLE 3

static struct dialogue_socket socket;

static void begin(const char *words)
{
    dialogue_begin_connected(&socket, words);
}

static void end(const char *reset)
{
    dialogue_tcp_end_by_reset(&socket, reset);
}

static void expect_drops(enum tcp_drop drop, uint64_t count)
{
    char line[80];
    CU_ASSERT_EQUAL(tcp_drop_count(drop), count);
    (void)snprintf(line, sizeof(line), "tcp %s", tcp_drop_name(drop));
    CU_ASSERT_EQUAL(dialogue_drops(line), count);
}

/* ---- resets and SYNs of strangers ------------------------------------------------------------ */

static void test_a_reset_in_the_window_is_asked_about(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("R seq 100 win 0");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    expect_drops(TCP_DROP_BAD_RESET, 1);
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_ESTABLISHED);
    dialogue_tcp_in("R seq 1 win 0"); /* so it was meant */
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KECONNRESET);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_a_reset_outside_of_the_window_is_silence(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("R seq 70000 win 0");
    dialogue_tcp_in("R seq 0 win 0");
    expect_drops(TCP_DROP_WINDOW, 2);
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_ESTABLISHED);
    end("R. seq 1 ack 1 win 0");
}

static void test_a_syn_in_a_connection_is_asked_about(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("S seq 100 win 5000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    dialogue_tcp_in("S. seq 0 ack 1 win 5000"); /* their old one */
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_ESTABLISHED);
    end("R. seq 1 ack 1 win 0");
}

static void test_ten_questions_in_five_seconds_are_enough(void)
{
    begin("win 5000 mss 1000");
    for (unsigned i = 0; i < 10; i++) {
        dialogue_tcp_in("R seq 100 win 0");
        dialogue_tcp_out(". seq 1 ack 1 win 65535");
    }
    dialogue_tcp_in("R seq 100 win 0");
    dialogue_wait_until(T0 + 5 * S - 1);
    dialogue_tcp_in("R seq 100 win 0");
    dialogue_expect_silence();
    dialogue_wait_until(T0 + 5 * S);
    dialogue_tcp_in("R seq 100 win 0");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    end("R. seq 1 ack 1 win 0");
}

/* ---- acknowledgements ------------------------------------------------------------------------ */

static void test_what_was_never_sent_cannot_be_acknowledged(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("P. seq 1:11 ack 2 win 5000");
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    expect_drops(TCP_DROP_BAD_ACK, 1);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 10), -KEAGAIN);
    end("R. seq 1 ack 1 win 0");
}

static void test_an_acknowledgement_from_long_ago_is_not_believed(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("P. seq 1:11 ack 4294962296 win 5000"); /* 5001 below */
    dialogue_tcp_out(". seq 1 ack 1 win 65535");
    expect_drops(TCP_DROP_BAD_ACK, 1);
    dialogue_tcp_in("P. seq 1:11 ack 4294962297 win 5000"); /* may just be late */
    CU_ASSERT_EQUAL(dialogue_read(&socket, 10), 10);
    end("R. seq 1 ack 11 win 0");
}

static void test_a_segment_without_ack_is_dropped(void)
{
    begin("win 5000 mss 1000");
    dialogue_tcp_in("P seq 1:11 win 5000");
    expect_drops(TCP_DROP_NO_ACK, 1);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 10), -KEAGAIN);
    end("R. seq 1 ack 1 win 0");
}

static void test_an_old_acknowledgement_does_not_close_the_window(void)
{
    struct tcp_information information;
    begin("win 5000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1000), 1000);
    dialogue_tcp_out("P. seq 1:1001 ack 1 win 65535");
    dialogue_tcp_in(". seq 1 ack 1001 win 5000");
    dialogue_tcp_in(". seq 1 ack 1 win 10");
    tcp_inform(socket.connection, &information);
    CU_ASSERT_EQUAL(information.send_window, 5000);
    end("R. seq 1001 ack 1 win 0");
}

/* ---- timestamps ------------------------------------------------------------------------------ */

static void test_an_old_timestamp_is_refused(void)
{
    begin("win 5000 mss 1000 ts 500 0");
    dialogue_tcp_in("P. seq 1:11 ack 1 win 5000 ts 600 0");
    dialogue_tcp_in("P. seq 11:21 ack 1 win 5000 ts 599 0");
    dialogue_tcp_out(". seq 1 ack 11 win 65525 ts 0 600");
    expect_drops(TCP_DROP_PAWS, 1);
    dialogue_tcp_in("P. seq 11:21 ack 1 win 5000 ts 600 0");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 100), 20);
    end("R. seq 1 ack 21 win 0 ts 0 600");
}

static void test_after_24_days_any_timestamp_will_do(void)
{
    begin("win 5000 mss 1000 ts 500 0");
    dialogue_wait_until(T0 + UINT64_C(25) * 86400 * S);
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_in("P. seq 1:11 ack 1 win 5000 ts 499 0");
    CU_ASSERT_EQUAL(dialogue_read(&socket, 100), 10);
    expect_drops(TCP_DROP_PAWS, 0);
    end("R. seq 1 ack 11 win 0 ts 2160000000 499");
}

static void test_once_agreed_upon_every_segment_has_one(void)
{
    begin("win 5000 mss 1000 ts 500 0");
    dialogue_tcp_in("P. seq 1:11 ack 1 win 5000");
    dialogue_expect_silence();
    expect_drops(TCP_DROP_PAWS, 1);
    dialogue_tcp_in("R seq 1 win 0"); /* but a reset */
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KECONNRESET);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_the_echo_is_that_of_the_segment_that_is_acknowledged(void)
{
    begin("win 5000 mss 1000 sackok ts 500 0");
    dialogue_tcp_in(". seq 1:989 ack 1 win 5000 ts 510 0");
    dialogue_tcp_in(". seq 989:1977 ack 1 win 5000 ts 520 0");
    dialogue_tcp_out(". seq 1 ack 1977 win 65535 ts 0 510"); /* the first of the two */
    dialogue_tcp_in(". seq 2965:3953 ack 1 win 5000 ts 540 0");
    dialogue_tcp_out(". seq 1 ack 1977 win 65535 ts 0 510 sack 2965:3953");
    dialogue_tcp_in(". seq 1977:2965 ack 1 win 5000 ts 550 0");
    dialogue_tcp_out(". seq 1 ack 3953 win 65535 ts 0 550"); /* the one that filled the gap */
    CU_ASSERT_EQUAL(dialogue_read(&socket, 9999), 3952);
    end("R. seq 1 ack 3953 win 0 ts 0 550");
}

/* ---- damaged --------------------------------------------------------------------------------- */

static void test_damaged_segments_are_dropped(void)
{
    uint8_t tcp[40] = {0};
    begin("win 5000 mss 1000");
    dialogue_tcp_in_broken("P. seq 1:11 ack 1 win 5000");
    expect_drops(TCP_DROP_CHECKSUM, 1);
    for (uint8_t words = 0; words < 16; words++) {
        tcp[12] = (uint8_t)(words << 4);
        dialogue_send_ip(&(struct dialogue_ip){.protocol = 6}, tcp, 30);
    }
    dialogue_send_ip(&(struct dialogue_ip){.protocol = 6}, tcp, 19);
    dialogue_send_ip(&(struct dialogue_ip){.protocol = 6}, NULL, 0);
    expect_drops(TCP_DROP_MALFORMED, 5 + 8 + 2);
    expect_drops(TCP_DROP_CHECKSUM, 1 + 3);
    dialogue_expect_silence();
    end("R. seq 1 ack 1 win 0");
}

static void test_segments_to_everybody_are_dropped(void)
{
    uint8_t tcp[20] = {[0] = 0x13, [1] = 0x88, [3] = 80, [12] = 0x50, [13] = 2};
    dialogue_begin();
    struct dialogue_socket listener;
    CU_ASSERT_EQUAL(dialogue_listen(&listener, 0, 80, 5), 0);
    unsigned sum = 0x0a00 + 0x0202 + 0x0a00 + 0x02ff + 6 + 20 + 0x1388 + 80 + 0x5002;
    tcp[16] = (uint8_t)(~sum >> 8);
    tcp[17] = (uint8_t)~sum;
    dialogue_send_ip(&(struct dialogue_ip){.protocol = 6, .destination = 0x0a0002ff}, tcp, 20);
    expect_drops(TCP_DROP_GROUP, 1);
    dialogue_expect_silence();
    dialogue_close(&listener);
    dialogue_tcp_end();
}

static void test_options_of_any_shape_are_survived(void)
{
    static const uint8_t shapes[][8] = {
        {2, 4, 0, 0, 0, 0, 0, 0},
        {2, 0, 0, 0, 0, 0, 0, 0},
        {2, 1, 5, 5, 5, 5, 5, 5},
        {1, 1, 1, 1, 1, 1, 1, 2},
        {5, 3, 1, 0, 0, 0, 0, 0},
        {3, 3, 255, 8, 2, 5, 0, 0},
        {255, 255, 255, 255, 255, 255, 255, 255},
        {8, 8, 0, 0, 0, 0, 0, 0},
        {1, 3, 3, 99, 4, 2, 2, 4},
    };
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    struct dialogue_socket listener;
    CU_ASSERT_EQUAL(dialogue_listen(&listener, 0, 80, 50), 0);
    for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        uint8_t tcp[28] = {[0] = 0x13, [3] = 80, [12] = 0x70, [13] = 2};
        uint8_t frame[DIALOGUE_FRAME_MAX];
        size_t size;
        tcp[1] = (uint8_t)(1 + i);
        memcpy(tcp + 20, shapes[i], 8);
        unsigned sum = 0x0a00 + 0x0202 + 0x0a00 + 0x020f + 6 + 28;
        for (unsigned at = 0; at < 28; at += 2)
            sum += (unsigned)tcp[at] << 8 | tcp[at + 1];
        sum = (sum & 0xffff) + (sum >> 16);
        tcp[16] = (uint8_t)(~sum >> 8);
        tcp[17] = (uint8_t)~sum;
        dialogue_send_ip(&(struct dialogue_ip){.protocol = 6}, tcp, 28);
        CU_ASSERT_TRUE(dialogue_take(frame, &size)); /* its SYN and ACK */
    }
    expect_drops(TCP_DROP_CHECKSUM, 0);
    dialogue_close(&listener); /* resets them all */
    for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        uint8_t frame[DIALOGUE_FRAME_MAX];
        size_t size;
        CU_ASSERT_TRUE(dialogue_take(frame, &size));
    }
    dialogue_tcp_end();
}

static void test_a_tiny_mss_is_not_taken_at_its_word(void)
{
    begin("win 5000 mss 1");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 100), 100);
    dialogue_tcp_out(". seq 1:65 ack 1 win 65535");
    end("R. seq 65 ack 1 win 0");
}

static void test_without_an_mss_536_is_assumed(void)
{
    begin("win 5000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1000), 1000);
    dialogue_tcp_out(". seq 1:537 ack 1 win 65535");
    end("R. seq 537 ack 1 win 0");
}

/* ---- ICMP ------------------------------------------------------------------------------------ */

static void send_error(uint8_t code, uint32_t rest, const char *quoted)
{
    uint8_t packet[1600];
    (void)dialogue_tcp_quote(quoted, packet);
    dialogue_icmp_error(GATEWAY, UNREACHABLE, code, rest, packet, 28);
}

static void begin_connecting(void)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_begin(49152, GATEWAY, 80);
    dialogue_open(&socket);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 80), 0);
    dialogue_tcp_out("S seq 0 win 65535 mss 1460 sackok ts wscale 1");
}

static void test_an_attempt_ends_with_what_is_unreachable(void)
{
    static const int errors[] = {KENETUNREACH, KEHOSTUNREACH, KENOPROTOOPT, KECONNREFUSED};
    for (uint8_t code = 0; code < 4; code++) {
        begin_connecting();
        send_error(code, 0, "S seq 0 win 65535");
        CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_CLOSED);
        CU_ASSERT_EQUAL(dialogue_take_error(&socket), errors[code]);
        dialogue_close(&socket);
        dialogue_tcp_end();
    }
}

static void test_an_attempt_ends_when_nobody_has_the_address(void)
{
    dialogue_begin();
    dialogue_tcp_begin(49152, DEAD, 80);
    dialogue_open(&socket);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, DEAD, 80), 0);
    dialogue_wait_until(T0 + 10 * S);
    for (unsigned i = 0; i < 3; i++)
        dialogue_expect("arp who-has 10.0.2.99 tell 10.0.2.15");
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KEHOSTUNREACH);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_an_error_ends_no_connection_that_is_established(void)
{
    begin("win 5000 mss 1000");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 10), 10);
    dialogue_tcp_out("P. seq 1:11 ack 1 win 65535");
    for (uint8_t code = 0; code < 4; code++)
        send_error(code, 0, "P. seq 1:11 ack 1 win 65535");
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_ESTABLISHED);
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), 0);
    send_error(1, 0, "P. seq 1:11 ack 1 win 65535");
    for (unsigned i = 0; i < 15; i++) { /* but is what is told in the end */
        while (dialogue_is_silent()) {
            dialogue_wait_until(clock_now_ns() + S);
            if (clock_now_ns() / S % 40 == 0)
                dialogue_arp_reply(GATEWAY);
            fake_log_clear();
        }
        dialogue_tcp_out("P. seq 1:11 ack 1 win 65535");
    }
    dialogue_wait_until(T0 + 663 * S);
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KEHOSTUNREACH);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_an_error_about_what_is_not_on_the_way_is_forged(void)
{
    begin_connecting();
    send_error(3, 0, "S seq 1 win 65535");
    send_error(3, 0, "S seq 4294967295 win 65535");
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_SYN_SENT);
    uint8_t packet[100];
    (void)dialogue_tcp_quote("S seq 0 win 0", packet);
    dialogue_icmp_error(GATEWAY, UNREACHABLE, 3, 0, packet, 27); /* no sequence number */
    CU_ASSERT_EQUAL(tcp_state(socket.connection), TCP_SYN_SENT);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_what_was_too_big_is_sent_in_smaller_segments(void)
{
    struct tcp_information information;
    begin("win 50000 mss 1460");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 2920), 2920);
    dialogue_tcp_out(". seq 1:1461 ack 1 win 65535");
    dialogue_tcp_out("P. seq 1461:2921 ack 1 win 65535");
    send_error(4, 1040, ". seq 1:1461 ack 1 win 65535");
    dialogue_tcp_out(". seq 1:1001 ack 1 win 65535");
    dialogue_tcp_out(". seq 1001:2001 ack 1 win 65535");
    dialogue_tcp_out("P. seq 2001:2921 ack 1 win 65535");
    send_error(4, 1200, ". seq 1461:2921 ack 1 win 65535"); /* larger again: not believed */
    dialogue_expect_silence();
    dialogue_tcp_in(". seq 1 ack 2921 win 50000");
    tcp_inform(socket.connection, &information);
    CU_ASSERT_EQUAL(information.mss, 1000);
    end("R. seq 2921 ack 1 win 0");
}

static void test_a_router_that_does_not_say_how_big_means_the_next_usual_size(void)
{
    begin("win 50000 mss 1460");
    CU_ASSERT_EQUAL(dialogue_write(&socket, 1460), 1460);
    dialogue_tcp_out("P. seq 1:1461 ack 1 win 65535");
    send_error(4, 0, "P. seq 1:1461 ack 1 win 65535");
    dialogue_tcp_out(". seq 1:1453 ack 1 win 65535"); /* 1492 - 40 */
    dialogue_tcp_out("P. seq 1453:1461 ack 1 win 65535");
    send_error(4, 10, "P. seq 1:1461 ack 1 win 65535"); /* less than is allowed */
    for (unsigned i = 0; i < 23; i++) {
        uint8_t frame[DIALOGUE_FRAME_MAX];
        size_t size;
        CU_ASSERT_TRUE(dialogue_take(frame, &size));
        CU_ASSERT_TRUE(size <= 14 + 40 + 64);
    }
    end("R. seq 1461 ack 1 win 0");
}

UNIT_SUITE("tcp_attack", UNIT_TEST(test_a_reset_in_the_window_is_asked_about),
           UNIT_TEST(test_a_reset_outside_of_the_window_is_silence),
           UNIT_TEST(test_a_syn_in_a_connection_is_asked_about),
           UNIT_TEST(test_ten_questions_in_five_seconds_are_enough),
           UNIT_TEST(test_what_was_never_sent_cannot_be_acknowledged),
           UNIT_TEST(test_an_acknowledgement_from_long_ago_is_not_believed),
           UNIT_TEST(test_a_segment_without_ack_is_dropped),
           UNIT_TEST(test_an_old_acknowledgement_does_not_close_the_window),
           UNIT_TEST(test_an_old_timestamp_is_refused),
           UNIT_TEST(test_after_24_days_any_timestamp_will_do),
           UNIT_TEST(test_once_agreed_upon_every_segment_has_one),
           UNIT_TEST(test_the_echo_is_that_of_the_segment_that_is_acknowledged),
           UNIT_TEST(test_damaged_segments_are_dropped),
           UNIT_TEST(test_segments_to_everybody_are_dropped),
           UNIT_TEST(test_options_of_any_shape_are_survived),
           UNIT_TEST(test_a_tiny_mss_is_not_taken_at_its_word),
           UNIT_TEST(test_without_an_mss_536_is_assumed),
           UNIT_TEST(test_an_attempt_ends_with_what_is_unreachable),
           UNIT_TEST(test_an_attempt_ends_when_nobody_has_the_address),
           UNIT_TEST(test_an_error_ends_no_connection_that_is_established),
           UNIT_TEST(test_an_error_about_what_is_not_on_the_way_is_forged),
           UNIT_TEST(test_what_was_too_big_is_sent_in_smaller_segments),
           UNIT_TEST(test_a_router_that_does_not_say_how_big_means_the_next_usual_size))
