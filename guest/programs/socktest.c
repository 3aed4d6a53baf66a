/*
 * socktest.c - socktest CHECK [ADDRESS PORT]
 *
 * Checks one promise of the socket calls, as somebody who writes a kernel does it before the
 * programs come. Without a difference it prints "socktest: CHECK: ok"; otherwise it says which call
 * was to do what, and what it did instead:
 *
 *     socktest: refused-error: getsockopt(SO_ERROR): expected 111, got 0
 *
 * Exit status: 0; 1 there is a difference; 2 the command line is wrong. docs/scenarios.md has the
 * checks and the peer that each needs.
 */
#include "programs/socktest.h"

#include "lib/errno.h"
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/programs.h"

#define SOCKTEST_EXIT_DIFFERENT 1
#define SOCKTEST_VALUE_MAX      32
#define SOCKTEST_TOLERANCE_MS   1

static const struct socktest_entry {
    const char *name;
    bool needs_peer;
    socktest_check_fn *run;
} socktest_checks[] = {
    {"inet6", false, socktest_inet6},
    {"flags", false, socktest_flags},
    {"eventfd", false, socktest_eventfd},
    {"options", false, socktest_options},
    {"listener", false, socktest_listener},
    {"poll-timeout", false, socktest_poll_timeout},
    {"proc-net", false, socktest_proc_net},
    {"backlog", false, socktest_backlog},
    {"msg-name", true, socktest_msg_name},
    {"msg-control", true, socktest_msg_control},
    {"ttl", true, socktest_ttl},
    {"read-write", true, socktest_read_write},
    {"two-at-once", true, socktest_two_at_once},
    {"longest", true, socktest_longest},
    {"ping-bind", true, socktest_ping_bind},
    {"ping-ident", true, socktest_ping_ident},
    {"connect-twice", true, socktest_connect_twice},
    {"read-early", true, socktest_read_early},
    {"send-early", true, socktest_send_early},
    {"epoll", true, socktest_epoll},
    {"epoll-edge", true, socktest_epoll_edge},
    {"refused-poll", true, socktest_refused_poll},
    {"refused-error", true, socktest_refused_error},
    {"refused-wait", true, socktest_refused_wait},
    {"reset-error", true, socktest_reset_error},
    {"receive-timeout", true, socktest_receive_timeout},
    {"patience", true, socktest_patience},
    {"end", true, socktest_end},
    {"end-poll", true, socktest_end_poll},
    {"peek", true, socktest_peek},
    {"datagram-peek", true, socktest_datagram_peek},
    {"wait-all", true, socktest_wait_all},
    {"parts", true, socktest_parts},
    {"datagram-parts", true, socktest_datagram_parts},
    {"linger", true, socktest_linger},
    {"device", true, socktest_device},
    {"full", true, socktest_full},
    {"full-small", true, socktest_full_small},
    {"full-poll", true, socktest_full_poll},
};

/* ---- what the checks share ------------------------------------------------------------------- */

static void socktest_format(long value, char *text, size_t size)
{
    if (value < 0 && value >= -KERRNO_MAX)
        (void)ksnprintf(text, size, "%s", errno_name(value));
    else
        (void)ksnprintf(text, size, "%ld", value);
}

bool socktest_result(const struct socktest *test, const char *call, long wanted, long got)
{
    char expected[SOCKTEST_VALUE_MAX], is[SOCKTEST_VALUE_MAX];
    if (got == wanted)
        return true;
    socktest_format(wanted, expected, sizeof expected);
    socktest_format(got, is, sizeof is);
    user_error("socktest", "%s: %s: expected %s, got %s", test->check, call, expected, is);
    return false;
}

bool socktest_holds(const struct socktest *test, const char *call, const char *what, bool holds)
{
    if (!holds)
        user_error("socktest", "%s: %s: expected that %s, which is not so", test->check, call,
                   what);
    return holds;
}

bool socktest_took(const struct socktest *test, const char *call, uint64_t wanted_ms,
                   uint64_t since_ns)
{
    uint64_t took_ms = (user_now_ns() - since_ns) / USER_NS_PER_MS;
    if (took_ms + SOCKTEST_TOLERANCE_MS >= wanted_ms &&
        took_ms <= wanted_ms + SOCKTEST_TOLERANCE_MS)
        return true;
    user_error("socktest", "%s: %s: expected to return after %lu ms, got %lu ms", test->check, call,
               (unsigned long)wanted_ms, (unsigned long)took_ms);
    return false;
}

int socktest_socket(const struct socktest *test, int type, int protocol)
{
    long descriptor = user_socket(AF_INET, type | SOCK_CLOEXEC, protocol);
    if (descriptor < 0)
        (void)socktest_result(test, "socket", 0, descriptor);
    return (int)descriptor;
}

int socktest_connected(const struct socktest *test, int type)
{
    int descriptor = socktest_socket(test, type, 0);
    if (descriptor < 0)
        return descriptor;
    long error = user_connect(descriptor, &test->peer);
    return socktest_result(test, "connect", 0, error) ? descriptor : (int)error;
}

long socktest_poll(int descriptor, int events, uint64_t timeout_ms)
{
    struct pollfd entry = {descriptor, (int16_t)events, 0};
    long ready = user_poll(&entry, 1, timeout_ms * USER_NS_PER_MS);
    return ready > 0 ? entry.revents : ready;
}

long socktest_option(int descriptor, int level, int name)
{
    int32_t value = 0;
    uint32_t size = sizeof value;
    long error = user_getsockopt(descriptor, level, name, &value, &size);
    return error != 0 ? error : value;
}

/* ---- the command ----------------------------------------------------------------------------- */

static const struct socktest_entry *socktest_find(const char *name)
{
    for (size_t i = 0; i < sizeof socktest_checks / sizeof socktest_checks[0]; i++) {
        if (kstreq(socktest_checks[i].name, name))
            return &socktest_checks[i];
    }
    return NULL;
}

static int socktest_usage(void)
{
    struct user_output output = {.used = 0};
    user_error("socktest", "usage: socktest CHECK [ADDRESS PORT]");
    for (size_t i = 0; i < sizeof socktest_checks / sizeof socktest_checks[0]; i++)
        user_print(&output, "  %s%s\n", socktest_checks[i].name,
                   socktest_checks[i].needs_peer ? " ADDRESS PORT" : "");
    return USER_EXIT_USAGE;
}

int socktest_main(int argc, char **argv)
{
    struct user_output output = {.used = 0};
    uint32_t address, port;
    const struct socktest_entry *entry = argc > 1 ? socktest_find(argv[1]) : NULL;
    if (entry == NULL || argc != (entry->needs_peer ? 4 : 2))
        return socktest_usage();
    struct socktest test = {.check = entry->name};
    if (entry->needs_peer) {
        if (!ipv4_parse(argv[2], &address) || !kparse_u32(argv[3], UINT16_MAX, &port))
            return socktest_usage();
        test.peer = user_endpoint(address, (uint16_t)port);
    }
    if (!entry->run(&test))
        return SOCKTEST_EXIT_DIFFERENT;
    user_print(&output, "socktest: %s: ok\n", test.check);
    return 0;
}
