/* netcfg_scheme_test.c - tests for schemes/netcfg_scheme.c, netcfg_tree.c and router.c */
#include "netstack/schemes/netcfg_scheme.h"

#include "kernel/clock.h"
#include "kernel/syscall.h"
#include "netstack/dialogue.h"
#include "netstack/interface.h"
#include "netstack/ipv4.h"
#include "netstack/netstack.h"
#include "netstack/schemes/router.h"
#include "tests/unit.h"

#include <string.h>

static struct netcfg_scheme scheme;
static uint64_t last_tag, answered_tag;
static int64_t last_result;

static void take_answer(struct provider_port *port, uint64_t tag, int64_t result)
{
    (void)port;
    CU_ASSERT_NOT_EQUAL(answered_tag, tag);
    answered_tag = tag;
    last_result = result;
}

static struct provider_port port = {.answer = take_answer};

static int64_t ask(uint32_t operation, uint64_t handle, void *data, size_t size)
{
    struct scheme_request request = {
        .tag = ++last_tag,
        .operation = operation,
        .handle = handle,
        .size = (uint32_t)size,
        .data = data,
    };
    netstack_lock();
    netcfg_scheme_request(&scheme, &request);
    netstack_unlock();
    CU_ASSERT_EQUAL(answered_tag, last_tag);
    return last_result;
}

static int64_t open_file(const char *path)
{
    char copy[64];
    strcpy(copy, path);
    return ask(SCHEME_OPEN, 0, copy, strlen(copy));
}

/* The text of a file, read in two pieces. */
static const char *text_of(const char *path)
{
    static char text[NETCFG_TEXT_MAX];
    int64_t file = open_file(path);
    CU_ASSERT_TRUE_FATAL(file > 0);
    int64_t first = ask(SCHEME_READ, (uint64_t)file, text, 3);
    int64_t rest = ask(SCHEME_READ, (uint64_t)file, text + first, sizeof text - 4);
    text[first + rest] = '\0';
    CU_ASSERT_EQUAL(ask(SCHEME_READ, (uint64_t)file, text + first + rest, 1), 0);
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, (uint64_t)file, NULL, 0), 0);
    return text;
}

/* What synchronising says. */
static int64_t write_text(const char *path, const char *line)
{
    char copy[128];
    strcpy(copy, line);
    int64_t file = open_file(path);
    CU_ASSERT_TRUE_FATAL(file > 0);
    CU_ASSERT_EQUAL(ask(SCHEME_WRITE, (uint64_t)file, copy, strlen(copy)), (int64_t)strlen(copy));
    int64_t result = ask(SCHEME_SYNC, (uint64_t)file, NULL, 0);
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, (uint64_t)file, NULL, 0), 0);
    return result;
}

static void begin(void)
{
    dialogue_begin();
    netcfg_scheme_init(&scheme, &port);
    netstack_lock();
    router_adopt(interface_by_name("eth0"));
    netstack_unlock();
}

/* Both tables hold the same routes. */
static void end(void)
{
    CU_ASSERT_EQUAL(route_count(), router_count());
    for (unsigned i = 0; i < route_count(); i++) {
        const struct route *route = route_at(i);
        const struct router_rule *rule = router_at(router_count() - 1 - i);
        CU_ASSERT_EQUAL(route->destination, rule->destination);
        CU_ASSERT_EQUAL(route->length, rule->length);
        CU_ASSERT_EQUAL(route->gateway, rule->gateway);
        CU_ASSERT_PTR_EQUAL(route->interface, rule->interface);
        CU_ASSERT_EQUAL(rule->source, rule->interface->address);
    }
    dialogue_end();
}

static void test_directories_are_lists_of_names(void)
{
    begin();
    CU_ASSERT_STRING_EQUAL(text_of(""), "ifaces\nresolv\nroute\ntables\n");
    CU_ASSERT_STRING_EQUAL(text_of("ifaces"), "lo\neth0\n");
    CU_ASSERT_STRING_EQUAL(text_of("ifaces/eth0/"), "addr\nmac\nmtu\nstate\n");
    CU_ASSERT_STRING_EQUAL(text_of("route"), "add\nlist\nrm\n");
    end();
}

static void test_the_interface_is_as_it_was_configured(void)
{
    begin();
    CU_ASSERT_STRING_EQUAL(text_of("ifaces/eth0/mac"), "52-54-00-12-34-56\n");
    CU_ASSERT_STRING_EQUAL(text_of("ifaces/eth0/addr/list"), "10.0.2.15/24\n");
    CU_ASSERT_STRING_EQUAL(text_of("ifaces/lo/addr/list"), "127.0.0.1/8\n");
    CU_ASSERT_STRING_EQUAL(text_of("resolv/nameserver"), "10.0.2.3\n");
    CU_ASSERT_STRING_EQUAL(text_of("route/list"), "10.0.2.0/24 dev eth0 src 10.0.2.15\n"
                                                  "default via 10.0.2.2 dev eth0 src 10.0.2.15\n");
    end();
}

static void test_an_address_takes_the_routes_of_the_old_one_with_it(void)
{
    begin();
    CU_ASSERT_EQUAL(write_text("ifaces/eth0/addr/set", "192.0.2.7/28\n"), 0);
    CU_ASSERT_STRING_EQUAL(text_of("ifaces/eth0/addr/list"), "192.0.2.7/28\n");
    CU_ASSERT_STRING_EQUAL(text_of("route/list"), "192.0.2.0/28 dev eth0 src 192.0.2.7\n");
    CU_ASSERT_EQUAL(write_text("ifaces/eth0/addr/set", "192.0.2.7/28\n"), 0);
    CU_ASSERT_STRING_EQUAL(text_of("route/list"), "192.0.2.0/28 dev eth0 src 192.0.2.7\n");
    CU_ASSERT_EQUAL(write_text("ifaces/eth0/addr/set", "none\n"), 0);
    CU_ASSERT_STRING_EQUAL(text_of("ifaces/eth0/addr/list"), "Not configured\n");
    CU_ASSERT_STRING_EQUAL(text_of("route/list"), "");
    end();
}

static void test_a_route_is_there_once(void)
{
    begin();
    CU_ASSERT_EQUAL(write_text("route/add", "default via 10.0.2.2\n"), -KEEXIST);
    CU_ASSERT_EQUAL(write_text("route/add", "198.51.100.0/24 via 10.0.2.3 dev eth0"), 0);
    CU_ASSERT_EQUAL(write_text("route/add", "198.51.100.0/24 via 10.0.2.3"), -KEEXIST);
    CU_ASSERT_STRING_EQUAL(text_of("route/list"),
                           "10.0.2.0/24 dev eth0 src 10.0.2.15\n"
                           "198.51.100.0/24 via 10.0.2.3 dev eth0 src 10.0.2.15\n"
                           "default via 10.0.2.2 dev eth0 src 10.0.2.15\n");
    CU_ASSERT_EQUAL(write_text("route/rm", "198.51.100.0/24"), 0);
    CU_ASSERT_EQUAL(write_text("route/rm", "198.51.100.0/24"), -KESRCH);
    end();
}

static void test_the_rule_says_where_a_packet_goes(void)
{
    begin();
    CU_ASSERT_EQUAL(write_text("route/add", "198.51.100.0/24 via 10.0.2.3"), 0);
    CU_ASSERT_EQUAL(dialogue_ping(FAR_AWAY), 0);
    dialogue_expect("arp who-has 10.0.2.3 tell 10.0.2.15");
    dialogue_arp_reply(DNS);
    dialogue_expect("echo-request 10.0.2.15 > 198.51.100.1 id 1 seq 1 size 16");
    CU_ASSERT_EQUAL(write_text("route/rm", "198.51.100.0/24"), 0);
    CU_ASSERT_EQUAL(write_text("route/rm", "default"), 0);
    CU_ASSERT_EQUAL(dialogue_ping(FAR_AWAY), -KENETUNREACH);
    end();
}

static void test_a_route_without_a_rule_is_no_way(void)
{
    begin();
    struct route route = {.destination = 0xc6336400,
                          .length = 24,
                          .gateway = GATEWAY,
                          .interface = interface_by_name("eth0")};
    CU_ASSERT_EQUAL(write_text("route/rm", "default"), 0);
    CU_ASSERT_EQUAL(route_add(&route), 0); /* in the stack's table only */
    CU_ASSERT_EQUAL(dialogue_ping(FAR_AWAY), -KENETUNREACH);
    CU_ASSERT_EQUAL(dialogue_drops("router no rule leads there"), 1);
    CU_ASSERT_EQUAL(route_delete(&route), 0);
    end();
}

static void test_what_makes_no_sense_changes_nothing(void)
{
    static const char *const lines[] = {"10.0.2.15", "10.0.2.15/33", "10.0.2.0/24", "10.0.2.15/x",
                                        "0.0.0.0/8", "127.0.0.2/8",  " \n",         "/24"};
    begin();
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        CU_ASSERT_EQUAL(write_text("ifaces/eth0/addr/set", lines[i]), -KEINVAL);
    CU_ASSERT_EQUAL(write_text("route/add", "10.1.0.0/16"), -KENETUNREACH);
    CU_ASSERT_EQUAL(write_text("route/add", "10.1.0.1/16 via 10.0.2.2"), -KEINVAL);
    CU_ASSERT_EQUAL(write_text("route/add", "10.1.0.0/16 via"), -KEINVAL);
    CU_ASSERT_EQUAL(write_text("route/add", "10.1.0.0/16 dev eth7"), -KENODEV);
    CU_ASSERT_EQUAL(write_text("resolv/nameserver", "ten"), -KEINVAL);
    CU_ASSERT_EQUAL(write_text("ifaces/eth0/mtu", "67"), -KEINVAL);
    CU_ASSERT_STRING_EQUAL(text_of("ifaces/eth0/addr/list"), "10.0.2.15/24\n");
    CU_ASSERT_STRING_EQUAL(text_of("ifaces/eth0/mtu"), "1500\n");
    end();
}

static void test_what_is_written_counts_at_the_end(void)
{
    char line[] = "10.0.2.99\n";
    begin();
    int64_t file = open_file("resolv/nameserver");
    CU_ASSERT_EQUAL(ask(SCHEME_WRITE, (uint64_t)file, line, 6), 6);
    CU_ASSERT_EQUAL(ask(SCHEME_WRITE, (uint64_t)file, line + 6, 4), 4);
    CU_ASSERT_STRING_EQUAL(text_of("resolv/nameserver"), "10.0.2.3\n");
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, (uint64_t)file, NULL, 0), 0);
    CU_ASSERT_STRING_EQUAL(text_of("resolv/nameserver"), "10.0.2.99\n");
    end();
}

static void test_every_request_has_an_answer(void)
{
    char data[8] = "x";
    begin();
    CU_ASSERT_EQUAL(open_file("nowhere"), -KENOENT);
    CU_ASSERT_EQUAL(open_file("ifaces/eth9/mac"), -KENOENT);
    CU_ASSERT_EQUAL(ask(SCHEME_READ, 99, data, sizeof data), -KEBADF);
    int64_t route = open_file("route");
    CU_ASSERT_EQUAL(ask(SCHEME_WRITE, (uint64_t)route, data, 1), -KEISDIR);
    CU_ASSERT_EQUAL(ask(SCHEME_DUP, (uint64_t)route, data, 1), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(ask(200, (uint64_t)route, data, 1), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, (uint64_t)route, NULL, 0), 0);
    int64_t list = open_file("route/list");
    CU_ASSERT_EQUAL(ask(SCHEME_WRITE, (uint64_t)list, data, 1), -KEACCES);
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, (uint64_t)list, NULL, 0), 0);
    int64_t add = open_file("route/add");
    CU_ASSERT_EQUAL(ask(SCHEME_READ, (uint64_t)add, data, 1), -KEACCES);
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, (uint64_t)add, NULL, 0), 0);
    for (unsigned i = 0; i < NETCFG_FILES_MAX; i++)
        CU_ASSERT_TRUE(open_file("") > 0);
    CU_ASSERT_EQUAL(open_file(""), -KENFILE);
    end();
}

UNIT_SUITE("netcfg_scheme", UNIT_TEST(test_directories_are_lists_of_names),
           UNIT_TEST(test_the_interface_is_as_it_was_configured),
           UNIT_TEST(test_an_address_takes_the_routes_of_the_old_one_with_it),
           UNIT_TEST(test_a_route_is_there_once), UNIT_TEST(test_the_rule_says_where_a_packet_goes),
           UNIT_TEST(test_a_route_without_a_rule_is_no_way),
           UNIT_TEST(test_what_makes_no_sense_changes_nothing),
           UNIT_TEST(test_what_is_written_counts_at_the_end),
           UNIT_TEST(test_every_request_has_an_answer))
