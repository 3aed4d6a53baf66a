/*
 * Listeners, and who may have which port.
 */
#include "netstack/dialogue.h"
#include "netstack/dialogue_tcp.h"
#include "netstack/netstack.h"
#include "netstack/tcp.h"
#include "netstack/tcp_buffer.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "tests/unit.h"

#define SYN_ACK "S. seq 0 ack 1 win 65535 mss 1460"

static struct dialogue_socket listener, socket;

static void begin(unsigned backlog)
{
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    CU_ASSERT_EQUAL(dialogue_listen(&listener, 0, 80, backlog), 0);
    dialogue_tcp_begin(80, GATEWAY, 5000);
}

static void end(void)
{
    dialogue_close(&listener);
    dialogue_tcp_end();
}

/* Another client: half of the handshake, or all of it. */
static void come(uint16_t port, bool finish)
{
    dialogue_tcp_begin(80, GATEWAY, port);
    dialogue_tcp_in("S seq 0 win 5000 mss 1000");
    dialogue_tcp_out(SYN_ACK);
    if (finish)
        dialogue_tcp_in(". seq 1 ack 1 win 5000");
}

static void leave(struct dialogue_socket *left)
{
    dialogue_abort(left);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
}

/* ---- accepting ------------------------------------------------------------------------------- */

static void test_a_listener_is_ready_when_a_connection_is_finished(void)
{
    begin(5);
    CU_ASSERT_EQUAL(dialogue_ready(&listener), 0);
    dialogue_tcp_in("S seq 0 win 5000 mss 1000 wscale 3 sackok ts 5 0");
    dialogue_tcp_out("S. seq 0 ack 1 win 65535 mss 1460 sackok ts wscale 1");
    CU_ASSERT_EQUAL(dialogue_ready(&listener), 0);
    CU_ASSERT_FALSE(dialogue_accept(&listener, &socket));
    dialogue_tcp_in(". seq 1 ack 1 win 5000 ts 5 0");
    CU_ASSERT_EQUAL(dialogue_ready(&listener), TCP_READY_IN);
    CU_ASSERT_EQUAL(dialogue_told(&listener), TCP_READY_IN);
    CU_ASSERT_EQUAL(dialogue_take_error(&listener), 0);
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    CU_ASSERT_EQUAL(dialogue_ready(&listener), 0);
    CU_ASSERT_EQUAL(dialogue_read(&listener, 1), -KENOTCONN);
    CU_ASSERT_EQUAL(dialogue_write(&listener, 1), -KEPIPE);
    CU_ASSERT_EQUAL(dialogue_connect(&listener, GATEWAY, 80), -KEISCONN);
    dialogue_abort(&socket);
    dialogue_tcp_out("R. seq 1 ack 1 win 0 ts 0 5");
    end();
}

static void test_only_what_they_offer_is_agreed_upon(void)
{
    begin(5);
    dialogue_tcp_in("S seq 0 win 5000 mss 1000 ts 5 0");
    dialogue_tcp_out("S. seq 0 ack 1 win 65535 mss 1460 ts");
    dialogue_tcp_in("R seq 1 win 0");
    dialogue_tcp_begin(80, GATEWAY, 5001);
    dialogue_tcp_in("S seq 0 win 5000 mss 1000 sackok");
    dialogue_tcp_out("S. seq 0 ack 1 win 65535 mss 1460 sackok");
    dialogue_tcp_in("R seq 1 win 0");
    CU_ASSERT_PTR_NULL(tcp_next(listener.connection)); /* a reset takes them back */
    end();
}

static void test_data_that_come_before_accept_wait(void)
{
    begin(5);
    come(5000, false);
    dialogue_tcp_in("P. seq 1:101 ack 1 win 5000");
    dialogue_tcp_in("F. seq 101 ack 1 win 5000");
    dialogue_tcp_out(". seq 1 ack 102 win 65434");
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    CU_ASSERT_EQUAL(dialogue_ready(&socket), TCP_READY_IN | TCP_READY_OUT | TCP_READY_RDHUP);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 999), 100);
    CU_ASSERT_EQUAL(dialogue_read(&socket, 999), 0);
    dialogue_abort(&socket);
    dialogue_tcp_out("R. seq 1 ack 102 win 0");
    end();
}

static void test_a_connection_that_is_reset_before_accept_says_so(void)
{
    begin(5);
    come(5000, true);
    dialogue_tcp_in("R seq 1 win 0");
    CU_ASSERT_EQUAL(dialogue_ready(&listener), TCP_READY_IN);
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    CU_ASSERT_EQUAL(dialogue_take_error(&socket), KECONNRESET);
    dialogue_close(&socket);
    end();
}

static void test_the_backlog_bounds_them_all(void)
{
    begin(1);
    come(5000, true);
    come(5001, false);
    dialogue_tcp_begin(80, GATEWAY, 5002);
    dialogue_tcp_in("S seq 0 win 5000 mss 1000");
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_BACKLOG), 1);
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    dialogue_tcp_in("S seq 0 win 5000 mss 1000"); /* once more, as they do */
    dialogue_tcp_out(SYN_ACK);
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_BACKLOG), 1);
    dialogue_tcp_switch(80, 5000);
    leave(&socket);
    dialogue_close(&listener); /* who was not accepted is reset */
    dialogue_tcp_switch(80, 5001);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
    dialogue_tcp_switch(80, 5002);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
    dialogue_tcp_end();
}

static void test_connections_are_accepted_in_the_order_of_their_finishing(void)
{
    struct tcp_information information;
    begin(5);
    come(5000, false);
    come(5001, true);
    dialogue_tcp_switch(80, 5000);
    dialogue_tcp_in(". seq 1 ack 1 win 5000");
    tcp_inform(listener.connection, &information);
    CU_ASSERT_EQUAL(information.receive_queue, 2);
    CU_ASSERT_EQUAL(information.backlog, 5);
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    tcp_inform(socket.connection, &information);
    CU_ASSERT_EQUAL(information.remote.port, 5001);
    dialogue_tcp_switch(80, 5001);
    leave(&socket);
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    dialogue_tcp_switch(80, 5000);
    leave(&socket);
    end();
}

static void test_a_handshake_that_is_not_finished_ends_after_a_minute(void)
{
    static const uint64_t seconds[] = {1, 3, 7, 15, 31};
    begin(5);
    come(5000, false);
    for (unsigned i = 0; i < 5; i++) {
        dialogue_wait_until(T0 + seconds[i] * S - 1);
        dialogue_expect_silence();
        dialogue_wait_until(T0 + seconds[i] * S);
        dialogue_tcp_out(SYN_ACK);
    }
    dialogue_wait_until(T0 + 63 * S - 1);
    CU_ASSERT_PTR_NOT_NULL(tcp_next(listener.connection));
    dialogue_wait_until(T0 + 63 * S);
    CU_ASSERT_PTR_NULL(tcp_next(listener.connection));
    end();
}

static void test_a_repeated_syn_is_answered_again(void)
{
    begin(5);
    come(5000, false);
    dialogue_tcp_in("S seq 0 win 5000 mss 1000");
    dialogue_tcp_out(SYN_ACK);
    dialogue_tcp_in(". seq 1 ack 1 win 5000");
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    leave(&socket);
    end();
}

static void test_a_listener_answers_only_syns(void)
{
    begin(5);
    dialogue_tcp_in(". seq 5 ack 77 win 5000");
    dialogue_expect("10.0.2.15:80 > 10.0.2.2:5000 R seq 77 win 0");
    dialogue_tcp_in("R seq 5 win 0");
    dialogue_tcp_in("F seq 5 win 5000");
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_BAD_ACK), 1);
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_BAD_RESET), 1);
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_NO_SYN), 1);
    end();
}

static void test_a_wrong_acknowledgement_of_our_syn_is_reset(void)
{
    begin(5);
    come(5000, false);
    dialogue_tcp_in(". seq 1 ack 2 win 5000");
    dialogue_tcp_out("R seq 2 win 0");
    dialogue_tcp_in(". seq 1 ack 1 win 5000");
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    leave(&socket);
    end();
}

static void test_shut_for_reading_a_listener_is_none_any_more(void)
{
    begin(5);
    come(5000, true);
    CU_ASSERT_EQUAL(dialogue_shutdown(&listener, TCP_SHUT_WRITE), -KENOTCONN);
    CU_ASSERT_EQUAL(dialogue_shutdown(&listener, TCP_SHUT_READ), 0);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
    CU_ASSERT_EQUAL(tcp_state(listener.connection), TCP_CLOSED);
    end();
}

static void test_options_of_a_listener_are_inherited(void)
{
    begin(5);
    struct tcp_options options = *tcp_get_options(listener.connection);
    options.no_delay = true;
    options.receive_buffer = 3000;
    options.send_buffer = 1; /* too small: the least is meant */
    tcp_set_options(listener.connection, &options, clock_now_ns());
    dialogue_tcp_in("S seq 0 win 5000 mss 1000");
    dialogue_tcp_out("S. seq 0 ack 1 win 3000 mss 1460");
    dialogue_tcp_in(". seq 1 ack 1 win 5000");
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    CU_ASSERT_TRUE(tcp_get_options(socket.connection)->no_delay);
    CU_ASSERT_EQUAL(tcp_get_options(socket.connection)->receive_buffer, 3000);
    CU_ASSERT_EQUAL(tcp_get_options(socket.connection)->send_buffer, TCP_BUFFER_MIN);
    leave(&socket);
    end();
}

/* ---- TIME_WAIT ------------------------------------------------------------------------------- */

/* A connection whose our end closed first. */
static void begin_time_wait(const char *words, const char *after)
{
    char line[80];
    begin(5);
    (void)snprintf(line, sizeof(line), "S seq 0 win 5000 mss 1000%s", words);
    dialogue_tcp_in(line);
    (void)snprintf(line, sizeof(line), SYN_ACK "%s", words[0] != '\0' ? " ts" : "");
    dialogue_tcp_out(line);
    (void)snprintf(line, sizeof(line), ". seq 1 ack 1 win 5000%s", after);
    dialogue_tcp_in(line);
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    dialogue_close(&socket);
    (void)snprintf(line, sizeof(line), "F. seq 1 ack 1 win 65535%s",
                   words[0] != '\0' ? " ts 0 100" : "");
    dialogue_tcp_out(line);
    (void)snprintf(line, sizeof(line), "F. seq 1 ack 2 win 5000%s", after);
    dialogue_tcp_in(line);
    (void)snprintf(line, sizeof(line), ". seq 2 ack 2 win 65534%s",
                   words[0] != '\0' ? " ts 0 100" : "");
    dialogue_tcp_out(line);
}

static void test_a_later_number_begins_anew_after_time_wait(void)
{
    begin_time_wait("", "");
    dialogue_tcp_in("S seq 1 win 5000 mss 1000"); /* an old one: asked about */
    dialogue_tcp_out(". seq 2 ack 2 win 65534");
    dialogue_tcp_begin(80, GATEWAY, 5000);
    dialogue_tcp_in("S seq 1000 win 5000 mss 1000");
    dialogue_tcp_out("S. seq 0 ack 1001 win 65535 mss 1460");
    dialogue_tcp_in("R seq 1001 win 0");
    end();
}

static void test_a_later_timestamp_does_so_too(void)
{
    begin_time_wait(" ts 100 0", " ts 100 0");
    dialogue_tcp_in("S seq 1 win 5000 mss 1000 ts 100 0");
    dialogue_tcp_out(". seq 2 ack 2 win 65534 ts 0 100");
    dialogue_tcp_begin(80, GATEWAY, 5000);
    dialogue_tcp_in("S seq 1 win 5000 mss 1000 ts 101 0");
    dialogue_tcp_out("S. seq 0 ack 2 win 65535 mss 1460 ts");
    dialogue_tcp_in("R seq 2 win 0");
    end();
}

/* ---- ports ----------------------------------------------------------------------------------- */

static int bind_to(struct dialogue_socket *to, uint32_t address, uint16_t port, bool reuse)
{
    dialogue_open(to);
    struct tcp_options options = *tcp_get_options(to->connection);
    options.reuse_address = reuse;
    tcp_set_options(to->connection, &options, clock_now_ns());
    return tcp_bind(to->connection, address, port);
}

static void test_a_port_is_given_once(void)
{
    struct dialogue_socket others[4];
    begin(5);
    CU_ASSERT_EQUAL(bind_to(&others[0], 0, 80, false), -KEADDRINUSE);
    CU_ASSERT_EQUAL(bind_to(&others[1], OUR_ADDRESS, 80, true), -KEADDRINUSE);
    CU_ASSERT_EQUAL(bind_to(&others[2], OUR_ADDRESS, 81, false), 0);
    CU_ASSERT_EQUAL(tcp_bind(others[2].connection, OUR_ADDRESS, 82), -KEINVAL);
    CU_ASSERT_EQUAL(bind_to(&others[3], LOOPBACK, 81, false), 0); /* another address */
    for (unsigned i = 0; i < 4; i++)
        dialogue_close(&others[i]);
    end();
}

static void test_an_address_must_be_ours(void)
{
    dialogue_begin();
    CU_ASSERT_EQUAL(bind_to(&socket, GATEWAY, 80, false), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(tcp_bind(socket.connection, OUR_ADDRESS, 0), 0);
    struct tcp_information information;
    tcp_inform(socket.connection, &information);
    CU_ASSERT_EQUAL(information.local.port, 49152);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_two_share_a_port_when_both_allow_it_and_one_listens_alone(void)
{
    struct dialogue_socket other;
    dialogue_begin();
    CU_ASSERT_EQUAL(bind_to(&socket, 0, 80, true), 0);
    CU_ASSERT_EQUAL(bind_to(&other, 0, 80, true), 0);
    CU_ASSERT_EQUAL(tcp_listen(socket.connection, 1), 0);
    CU_ASSERT_EQUAL(tcp_listen(other.connection, 1), -KEADDRINUSE);
    CU_ASSERT_EQUAL(tcp_listen(socket.connection, 9), 0); /* only another backlog */
    dialogue_close(&socket);
    CU_ASSERT_EQUAL(tcp_listen(other.connection, 1), 0);
    dialogue_close(&other);
    dialogue_tcp_end();
}

static void test_time_wait_keeps_a_port_unless_reuse_is_allowed(void)
{
    struct dialogue_socket other;
    begin(5);
    struct tcp_options options = *tcp_get_options(listener.connection);
    options.reuse_address = true;
    tcp_set_options(listener.connection, &options, clock_now_ns());
    come(5000, true);
    CU_ASSERT_TRUE(dialogue_accept(&listener, &socket));
    dialogue_close(&socket);
    dialogue_tcp_out("F. seq 1 ack 1 win 65535");
    dialogue_tcp_in("F. seq 1 ack 2 win 5000");
    dialogue_tcp_out(". seq 2 ack 2 win 65534");
    dialogue_close(&listener);
    CU_ASSERT_EQUAL(bind_to(&socket, 0, 80, false), -KEADDRINUSE);
    CU_ASSERT_EQUAL(bind_to(&other, 0, 80, true), 0);
    CU_ASSERT_EQUAL(tcp_listen(other.connection, 1), 0);
    dialogue_close(&socket);
    dialogue_close(&other);
    dialogue_wait_until(T0 + 61 * S);
    dialogue_tcp_end();
}

static void test_the_more_exact_listener_is_meant(void)
{
    struct dialogue_socket exact;
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    CU_ASSERT_EQUAL(bind_to(&exact, OUR_ADDRESS, 80, false), 0);
    CU_ASSERT_EQUAL(tcp_listen(exact.connection, 1), 0);
    CU_ASSERT_EQUAL(bind_to(&socket, LOOPBACK, 80, false), 0);
    CU_ASSERT_EQUAL(tcp_listen(socket.connection, 1), 0);
    come(5000, true);
    CU_ASSERT_EQUAL(dialogue_ready(&exact), TCP_READY_IN);
    CU_ASSERT_EQUAL(dialogue_ready(&socket), 0);
    dialogue_close(&exact);
    dialogue_tcp_out("R. seq 1 ack 1 win 0");
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_what_cannot_be_connected_is_said(void)
{
    dialogue_begin();
    dialogue_open(&socket);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 0), -KEADDRNOTAVAIL);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, UINT32_MAX, 80), -KENETUNREACH);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, 0, 80), -KENETUNREACH);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, 0xe0000001, 80), -KENETUNREACH);
    CU_ASSERT_EQUAL(dialogue_ready(&socket), TCP_READY_OUT | TCP_READY_HUP);
    CU_ASSERT_EQUAL(tcp_bind(socket.connection, LOOPBACK, 0), 0);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 80), -KENETUNREACH);
    dialogue_close(&socket);
    dialogue_tcp_end();
}

static void test_one_end_has_one_connection_to_another(void)
{
    struct dialogue_socket other;
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    CU_ASSERT_EQUAL(bind_to(&socket, 0, 5000, true), 0);
    CU_ASSERT_EQUAL(bind_to(&other, 0, 5000, true), 0);
    dialogue_tcp_begin(5000, GATEWAY, 80);
    CU_ASSERT_EQUAL(dialogue_connect(&socket, GATEWAY, 80), 0);
    dialogue_tcp_out("S seq 0 win 65535 mss 1460 sackok ts wscale 1");
    CU_ASSERT_EQUAL(dialogue_connect(&other, GATEWAY, 80), -KEADDRINUSE);
    dialogue_close(&socket);
    dialogue_close(&other);
    dialogue_tcp_end();
}

/* ---- many ------------------------------------------------------------------------------------ */

static struct dialogue_socket many[TCP_CONNECTIONS_MAX];

static void test_a_thousand_connections_with_ourselves_at_once(void)
{
    dialogue_begin();
    CU_ASSERT_EQUAL(dialogue_listen(&listener, 0, 80, 10), 0);
    for (unsigned i = 0; i < 1000; i++) {
        fake_log_clear();
        dialogue_open(&many[i]);
        CU_ASSERT_EQUAL_FATAL(dialogue_connect(&many[i], LOOPBACK, 80), 0);
        CU_ASSERT_TRUE_FATAL(dialogue_accept(&listener, &many[1000 + i]));
    }
    CU_ASSERT_EQUAL(tcp_blocks_used(), 0);
    for (unsigned i = 0; i < 1000; i++) {
        fake_log_clear();
        CU_ASSERT_EQUAL(dialogue_write(&many[i], 10), 10);
        CU_ASSERT_TRUE(tcp_blocks_used() >= 2); /* sent, not acknowledged; received, not read */
        CU_ASSERT_EQUAL(dialogue_read(&many[1000 + i], 20), 10);
    }
    dialogue_wait_until(T0 + 100 * MS);
    CU_ASSERT_EQUAL(tcp_blocks_used(), 0); /* idle, they have none */
    for (unsigned i = 0; i < 1000; i++) {
        fake_log_clear();
        dialogue_close(&many[i]);
        dialogue_close(&many[1000 + i]);
    }
    fake_log_clear();
    dialogue_close(&listener);
    dialogue_wait_until(T0 + 100 * S);
    dialogue_tcp_end();
}

static void test_the_oldest_in_time_wait_makes_room(void)
{
    unsigned count = 0;
    dialogue_begin();
    CU_ASSERT_EQUAL(dialogue_listen(&listener, 0, 80, 10), 0);
    for (unsigned i = 0; i < TCP_CONNECTIONS_MAX + 100; i++) {
        fake_log_clear();
        dialogue_open(&many[0]);
        CU_ASSERT_EQUAL_FATAL(dialogue_connect(&many[0], LOOPBACK, 80), 0);
        CU_ASSERT_TRUE_FATAL(dialogue_accept(&listener, &many[1]));
        dialogue_close(&many[0]);
        dialogue_close(&many[1]);
    }
    for (const struct tcp_connection *each = tcp_next(NULL); each != NULL; each = tcp_next(each))
        count++;
    CU_ASSERT_TRUE(count >= TCP_CONNECTIONS_MAX - 2);
    fake_log_clear();
    dialogue_close(&listener);
    dialogue_wait_until(T0 + 100 * S);
    dialogue_tcp_end();
}

static void test_when_all_objects_are_used_that_is_said(void)
{
    begin(5);
    for (unsigned i = 0; i < TCP_CONNECTIONS_MAX - 1; i++) {
        fake_log_clear();
        dialogue_open(&many[i]);
    }
    CU_ASSERT_PTR_NULL(tcp_open(NULL, NULL));
    dialogue_tcp_in("S seq 0 win 5000 mss 1000");
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(tcp_drop_count(TCP_DROP_EXHAUSTED), 1);
    for (unsigned i = 0; i < TCP_CONNECTIONS_MAX - 1; i++) {
        fake_log_clear();
        dialogue_close(&many[i]);
    }
    end();
}

UNIT_SUITE("tcp_listen", UNIT_TEST(test_a_listener_is_ready_when_a_connection_is_finished),
           UNIT_TEST(test_only_what_they_offer_is_agreed_upon),
           UNIT_TEST(test_data_that_come_before_accept_wait),
           UNIT_TEST(test_a_connection_that_is_reset_before_accept_says_so),
           UNIT_TEST(test_the_backlog_bounds_them_all),
           UNIT_TEST(test_connections_are_accepted_in_the_order_of_their_finishing),
           UNIT_TEST(test_a_handshake_that_is_not_finished_ends_after_a_minute),
           UNIT_TEST(test_a_repeated_syn_is_answered_again),
           UNIT_TEST(test_a_listener_answers_only_syns),
           UNIT_TEST(test_a_wrong_acknowledgement_of_our_syn_is_reset),
           UNIT_TEST(test_shut_for_reading_a_listener_is_none_any_more),
           UNIT_TEST(test_options_of_a_listener_are_inherited),
           UNIT_TEST(test_a_later_number_begins_anew_after_time_wait),
           UNIT_TEST(test_a_later_timestamp_does_so_too), UNIT_TEST(test_a_port_is_given_once),
           UNIT_TEST(test_an_address_must_be_ours),
           UNIT_TEST(test_two_share_a_port_when_both_allow_it_and_one_listens_alone),
           UNIT_TEST(test_time_wait_keeps_a_port_unless_reuse_is_allowed),
           UNIT_TEST(test_the_more_exact_listener_is_meant),
           UNIT_TEST(test_what_cannot_be_connected_is_said),
           UNIT_TEST(test_one_end_has_one_connection_to_another),
           UNIT_TEST(test_a_thousand_connections_with_ourselves_at_once),
           UNIT_TEST(test_the_oldest_in_time_wait_makes_room),
           UNIT_TEST(test_when_all_objects_are_used_that_is_said))
