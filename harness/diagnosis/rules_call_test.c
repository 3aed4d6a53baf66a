/* rules_call_test.c - what calls did without a look at the wire: each rule, and what is in order */
#include "harness/diagnosis/rules_rig_socket.h"

static void test_a_call_that_is_not_there_is_missing(void)
{
    struct rig rig;
    rig_open(&rig, RIG_CURL);
    rig_enter(&rig, "eventfd2", 0, 0, 0, 0);
    rig_return(&rig, "eventfd2", -38);
    rig_expect(&rig, false, "call.missing", "ping");
}

static void test_a_kind_of_socket_that_is_not_there_is_missing(void)
{
    static const struct {
        int64_t family, type, protocol, result;
        const char *cause;
    } cases[] = {
        {2, 2, 1, -93, "call.missing"},
        {2, 1, 0, -97, "call.missing"},
        {10, 1, 0, -1, "call.missing"},
        {10, 1, 0, -97, ""},
        {2, 3, 1, -93, ""},
        {2, 1, 0, -24, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        rig_open(&rig, RIG_CURL);
        rig_enter(&rig, "socket", (uint64_t)cases[i].family, (uint64_t)cases[i].type,
                  (uint64_t)cases[i].protocol, 0);
        rig_return(&rig, "socket", cases[i].result);
        rig_expect(&rig, false, cases[i].cause, "ping");
    }
}

static void test_a_table_of_sockets_that_is_not_there_is_missing(void)
{
    struct rig rig;
    for (unsigned system_file = 0; system_file < 2; system_file++) {
        rig_open(&rig, "netstat");
        rig_enter(&rig, "openat", UINT64_MAX - 99, 0x1000, 0, 0);
        if (system_file != 0) {
            rig_asked(&rig, -1, "system-file", 1);
        }
        rig_return(&rig, "openat", -2);
        rig_expect(&rig, false, system_file != 0 ? "call.missing" : "", "ping");
    }
}

static void test_an_untouched_socket_has_not_failed(void)
{
    struct rig rig;
    rig_open(&rig, RIG_CURL);
    rig_socket(&rig, 1, 6);
    rig_poll(&rig, RIG_POLLIN, RIG_POLLERR);
    rig_expect(&rig, false, "call.wrong-result", "ping");
    rig_open(&rig, RIG_CURL);
    rig_socket(&rig, 1, 6);
    rig_poll(&rig, RIG_POLLIN, RIG_POLLOUT | RIG_POLLHUP);
    rig_expect(&rig, false, "", NULL);
}

/* A datagram of the guest without an address as its source. */
static void nameless_datagram(struct rig *rig, unsigned from, unsigned to)
{
    uint8_t frame[14 + 20 + 8 + 4] = {[12] = 0x08, [14] = 0x45, [17] = 32, [23] = 17, [39] = 12};
    for (unsigned i = 0; i < 4; i++) {
        frame[30 + i] = (uint8_t)(RIG_PEER >> (24 - 8 * i));
    }
    frame[34] = (uint8_t)(from >> 8);
    frame[35] = (uint8_t)from;
    frame[36] = (uint8_t)(to >> 8);
    frame[37] = (uint8_t)to;
    rig_tell(rig, LEDGER_OUT, "told to", frame, sizeof frame);
}

static void test_only_dhcp_sends_without_an_address(void)
{
    static const struct {
        unsigned from, to;
        const char *cause;
    } cases[] = {
        {RIG_PORT, 7, "call.wrong-result"}, /* [RFC1122] 3.2.1.3 */
        {RIG_PORT, 67, "call.wrong-result"},
        {68, 67, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        rig_open(&rig, "nc -u 10.0.2.2 7 hello");
        rig_socket(&rig, 2, 17);
        rig_enter(&rig, "connect", RIG_FD, 0, 16, 0);
        trace_emit(rig.trace, TRACE_SOCKET_NAMED, TN(RIG_OBJECT), TN(17), TN(0), TN(cases[i].from),
                   TN(RIG_PEER), TN(cases[i].to));
        rig_return(&rig, "connect", 0);
        rig_do(&rig, "sendto", 0, 4, 4);
        nameless_datagram(&rig, cases[i].from, cases[i].to);
        rig_exit(&rig, *cases[i].cause != '\0' ? 1 : 0);
        rig_expect(&rig, false, cases[i].cause, "ping");
    }
}

static void test_an_option_of_every_kernel_is_missing(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_do(&rig, "getsockopt", 1, 8, -92);
    rig_expect(&rig, false, "call.missing", "ping");
    rig_begin(&rig);
    rig_do(&rig, "getsockopt", 1, 99, -92);
    rig_do(&rig, "setsockopt", 0, 12, -92);
    rig_expect(&rig, false, "", NULL);
}

static void test_results_that_no_call_has_are_wrong(void)
{
    struct rig rig;
    rig_establish(&rig);
    rig_do(&rig, "write", 0, 100, 0);
    rig_expect(&rig, false, "call.wrong-result", "ping");
    rig_establish(&rig);
    rig_do(&rig, "write", 0, 0, 0);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
    rig_ask_udp(&rig);
    rig_do(&rig, "write", 0, 4, -9);
    rig_expect(&rig, false, "call.wrong-result", "ping");
    rig_ask_udp(&rig);
    rig_do(&rig, "close", 0, 0, 0);
    rig_do(&rig, "write", 0, 4, -9);
    rig_expect(&rig, false, "", NULL);
    rig_open(&rig, "ping -c 1 10.0.2.2");
    rig_socket(&rig, 2, 1);
    rig_do(&rig, "sendto", 0, 8, -22);
    rig_expect(&rig, false, "call.wrong-result", "ping");
}

static void test_a_second_connect_says_how_the_first_one_stands(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig_do(&rig, "connect", 0, 16, -115);
    rig_expect(&rig, false, "call.wrong-result", "ping");
    rig_begin(&rig);
    rig_do(&rig, "connect", 0, 16, -114);
    rig_syn_ack(&rig);
    rig_do(&rig, "connect", 0, 16, 0); /* Linux says so once, in the place of EISCONN */
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
    rig_connect(&rig, 0);
    rig_syn_ack(&rig);
    rig_return(&rig, "connect", 0);
    rig_do(&rig, "connect", 0, 16, 0);
    rig_expect(&rig, false, "call.wrong-result", "ping");
}

static void test_a_connect_that_is_done_before_the_handshake_is_wrong(void)
{
    struct rig rig;
    rig_connect(&rig, 0);
    rig_return(&rig, "connect", 0);
    rig_expect(&rig, false, "call.wrong-result", "ping");
}

static void test_what_a_call_should_write_and_does_not_is_wrong(void)
{
    static const struct {
        const char *what;
        uint64_t value;
        const char *cause;
    } cases[] = {
        {"source", 0, "call.wrong-result"},
        {"source", UINT64_C(0x0a0002020035), ""},
        {"control", UINT64_MAX, "call.wrong-result"},
        {"control", 0, ""},
        {"control", 24, ""},
        {"error", 0xcccccccc, "call.wrong-result"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rig rig;
        rig_ask_udp(&rig);
        rig_enter(&rig, "recvmsg", RIG_FD, 0, 0, 0);
        rig_told(&rig, cases[i].what, cases[i].value);
        rig_return(&rig, "recvmsg", 4);
        rig_exit(&rig, 0);
        rig_expect(&rig, false, cases[i].cause, "ping");
    }
}

static void test_an_option_without_effect_is_wrong(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_do(&rig, "setsockopt", 0, 12, 0);
    rig_enter(&rig, "recvmsg", RIG_FD, 0, 0, 0);
    rig_told(&rig, "control", 0);
    rig_return(&rig, "recvmsg", 4);
    rig_expect(&rig, false, "call.wrong-result", "ping");
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void test_a_call_that_must_not_wait_and_sleeps_blocks(void)
{
    struct rig rig;
    rig_connect(&rig, RIG_NONBLOCK);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "call.blocks", "ping");
    rig_connect(&rig, RIG_NONBLOCK);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_pass(&rig, 70 * RIG_MS);
    rig_syn_ack(&rig);
    rig_wake(&rig);
    rig_return(&rig, "connect", 0);
    rig_expect(&rig, false, "call.blocks", "ping");
}

static void test_a_lock_is_waited_for_by_whoever_needs_it(void)
{
    struct rig rig;
    rig_connect(&rig, RIG_NONBLOCK);
    rig_sleep(&rig, "lock", UINT64_MAX);
    rig_pass(&rig, 2 * RIG_MS);
    rig_wake(&rig);
    rig_return(&rig, "connect", -115);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

static void test_o_nonblock_may_come_by_fcntl_and_go_again(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_do(&rig, "fcntl", 4, RIG_NONBLOCK, 0);
    rig_enter(&rig, "recvfrom", RIG_FD, 0, 100, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "call.blocks", "ping");
    rig_ask_udp(&rig);
    rig_do(&rig, "fcntl", 4, RIG_NONBLOCK, 0);
    rig_do(&rig, "fcntl", 4, 0, 0);
    rig_enter(&rig, "recvfrom", RIG_FD, 0, 100, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_pass(&rig, 2 * RIG_MS);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_timeout_that_has_passed_for_long_is_ignored(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_enter(&rig, "setsockopt", RIG_FD, 1, 20, 0);
    rig_asked(&rig, RIG_FD, "receive-timeout", 100 * RIG_MS);
    rig_return(&rig, "setsockopt", 0);
    rig_enter(&rig, "recvfrom", RIG_FD, 0, 100, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_pass(&rig, 300 * RIG_MS);
    rig_expect(&rig, false, "timeout.ignored", "ping");
    rig_ask_udp(&rig);
    rig_enter(&rig, "ppoll", 0x1000, 1, 0, 0);
    rig_asked(&rig, -1, "timeout", 100 * RIG_MS);
    rig_sleep(&rig, "poll", UINT64_MAX);
    rig_pass(&rig, 300 * RIG_MS);
    rig_wake(&rig);
    rig_return(&rig, "ppoll", 0);
    rig_expect(&rig, false, "timeout.ignored", "ping");
}

static void test_a_wait_for_ever_at_a_hang_ignores_its_timeout(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_enter(&rig, "ppoll", 0x1000, 1, 0, 0);
    rig_asked(&rig, -1, "timeout", 100 * RIG_MS);
    rig_sleep(&rig, "poll", UINT64_MAX);
    rig_expect(&rig, true, "timeout.ignored", "ping");
}

static void test_a_timeout_that_a_fault_made_late_is_not_the_guests(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS("timer"), TS("virtual"), TS("delay"), TN(1));
    rig_enter(&rig, "ppoll", 0x1000, 1, 0, 0);
    rig_asked(&rig, -1, "timeout", 100 * RIG_MS);
    rig_sleep(&rig, "poll", UINT64_MAX);
    rig_pass(&rig, 300 * RIG_MS);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_call_that_ends_before_its_time_is_early(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_enter(&rig, "recvfrom", RIG_FD, 0, 100, 0);
    rig_sleep(&rig, "socket", UINT64_MAX);
    rig_pass(&rig, 30000 * RIG_MS);
    rig_wake(&rig);
    rig_return(&rig, "recvfrom", -110);
    rig_expect(&rig, false, "timeout.early", "ping");
    rig_ask_udp(&rig);
    rig_enter(&rig, "ppoll", 0x1000, 1, 0, 0);
    rig_asked(&rig, -1, "timeout", 100 * RIG_MS);
    rig_pass(&rig, 50 * RIG_MS);
    rig_return(&rig, "ppoll", 0);
    rig_expect(&rig, false, "timeout.early", "ping");
}

static void test_a_call_that_ends_in_time_is_neither(void)
{
    struct rig rig;
    rig_ask_udp(&rig);
    rig_enter(&rig, "ppoll", 0x1000, 1, 0, 0);
    rig_asked(&rig, -1, "timeout", 100 * RIG_MS);
    rig_pass(&rig, 100 * RIG_MS);
    rig_return(&rig, "ppoll", 0);
    rig_enter(&rig, "ppoll", 0x1000, 1, 0, 0);
    rig_asked(&rig, -1, "timeout", 0);
    rig_return(&rig, "ppoll", 0);
    rig_do(&rig, "fcntl", 4, RIG_NONBLOCK, 0);
    rig_do(&rig, "recvfrom", 0, 100, -11);
    rig_exit(&rig, 0);
    rig_expect(&rig, false, "", NULL);
}

UNIT_SUITE("rules_call", UNIT_TEST(test_a_call_that_is_not_there_is_missing),
           UNIT_TEST(test_a_kind_of_socket_that_is_not_there_is_missing),
           UNIT_TEST(test_a_table_of_sockets_that_is_not_there_is_missing),
           UNIT_TEST(test_an_untouched_socket_has_not_failed),
           UNIT_TEST(test_only_dhcp_sends_without_an_address),
           UNIT_TEST(test_an_option_of_every_kernel_is_missing),
           UNIT_TEST(test_results_that_no_call_has_are_wrong),
           UNIT_TEST(test_a_second_connect_says_how_the_first_one_stands),
           UNIT_TEST(test_a_connect_that_is_done_before_the_handshake_is_wrong),
           UNIT_TEST(test_what_a_call_should_write_and_does_not_is_wrong),
           UNIT_TEST(test_an_option_without_effect_is_wrong),
           UNIT_TEST(test_a_call_that_must_not_wait_and_sleeps_blocks),
           UNIT_TEST(test_a_lock_is_waited_for_by_whoever_needs_it),
           UNIT_TEST(test_o_nonblock_may_come_by_fcntl_and_go_again),
           UNIT_TEST(test_a_timeout_that_has_passed_for_long_is_ignored),
           UNIT_TEST(test_a_wait_for_ever_at_a_hang_ignores_its_timeout),
           UNIT_TEST(test_a_timeout_that_a_fault_made_late_is_not_the_guests),
           UNIT_TEST(test_a_call_that_ends_before_its_time_is_early),
           UNIT_TEST(test_a_call_that_ends_in_time_is_neither))
