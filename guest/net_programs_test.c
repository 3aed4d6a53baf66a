/*
 * net_programs_test.c - programs that talk by TCP and UDP with each other, on the real kernel and
 * stack, over the loopback
 */
#include "kernel/fake_hal.h"
#include "kernel/fake_image.h"
#include "kernel/file.h"
#include "kernel/pool.h"
#include "kernel/program.h"
#include "lib/endian.h"
#include "net_programs_cases.h"
#include "netstack/dialogue.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define PROGRAM(name, main) {name, main},
static const struct program_entry programs[] = {
#include "programs/programs.def"
};
#undef PROGRAM

void net_begin(void)
{
    dialogue_set_programs(programs, sizeof programs / sizeof programs[0]);
    dialogue_begin();
    net_number_programs();
}

/* Connections in TIME_WAIT end by themselves. */
void net_end(void)
{
    net_pass(300000);
    for (unsigned i = 0; pool_by_index(i) != NULL; i++) {
        const struct pool *pool = pool_by_index(i);
        if (strncmp(pool->name, "tcp", 3) == 0 || strcmp(pool->name, "files") == 0)
            CU_ASSERT_EQUAL(pool->used, 0);
    }
    dialogue_end();
}

/* ---- nc -------------------------------------------------------------------------------------- */

static void test_nc_refuses_bad_arguments(void)
{
    static const char *const lines[] = {
        "nc", "nc host", "nc host 0", "nc -l", "nc host 65536", "nc -w x host 7", "nc -q a 7"};
    net_begin();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        uint32_t program = net_start(lines[i]);
        CU_ASSERT_TRUE(fake_exited(program, 2));
    }
    net_end();
}

/* ---- socktest -------------------------------------------------------------------------------- */

static void test_socktest_finds_what_is_promised_of_options(void)
{
    net_begin();
    uint32_t program = net_start("socktest options");
    net_pass(200);
    CU_ASSERT_TRUE(fake_exited(program, 0));
    net_end();
}

static void test_socktest_says_what_is_different(void)
{
    net_begin();
    uint32_t program = net_start("socktest connect-twice 127.0.0.1 9");
    net_pass(10);
    CU_ASSERT_TRUE(fake_exited(program, 1));
    CU_ASSERT_TRUE(
        fake_says("socktest: connect-twice: connect(on its way): expected EALREADY, got "));
    uint32_t other = net_start("socktest patience 127.0.0.1 9");
    net_pass(10);
    CU_ASSERT_TRUE(fake_exited(other, 1));
    CU_ASSERT_TRUE(fake_says("socktest: patience: connect: expected 0, got ECONNREFUSED\n"));
    net_end();
}

static void test_socktest_refuses_bad_arguments(void)
{
    static const char *const lines[] = {
        "socktest",     "socktest none",        "socktest inet6 1.2.3.4 5",
        "socktest ttl", "socktest ttl 1.2.3 5", "socktest ttl 1.2.3.4 65536"};
    net_begin();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        uint32_t program = net_start(lines[i]);
        CU_ASSERT_TRUE(fake_exited(program, 2));
    }
    net_end();
}

/* ---- curl, wget, httpd ----------------------------------------------------------------------- */

/* What went through the whole stack twice is what it was. */
static void test_what_was_fetched_is_what_is_served(void)
{
    net_begin();
    net_start("httpd -p 8080 -n 2");
    uint32_t first = net_start("curl -s -o /tmp/a http://127.0.0.1:8080/bytes/300000");
    net_pass(60000);
    CU_ASSERT_TRUE(fake_exited(first, 0));
    uint32_t second = net_start("wget -q -O /tmp/b http://127.0.0.1:8080/a");
    net_pass(60000);
    CU_ASSERT_TRUE(fake_exited(second, 0));
    uint32_t sums = net_start("sha256sum /tmp/a /tmp/b");
    net_pass(1000);
    CU_ASSERT_TRUE(fake_exited(sums, 0));
    CU_ASSERT_TRUE(
        fake_says("29417376566a66e87445d32cb9997b3c827a6889977a15074e74044ba430886a  /tmp/a\n"));
    const char *a = strstr(fake_output(), "  /tmp/a\n"), *b = strstr(fake_output(), "  /tmp/b\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    CU_ASSERT_EQUAL(memcmp(a - 64, b - 64, 64), 0);
    net_end();
}

static void test_curl_gets_an_empty_reply(void)
{
    net_begin();
    net_start("nc -l 80");
    uint32_t client = net_start("curl http://127.0.0.1/");
    net_pass(1000);
    CU_ASSERT_TRUE(fake_is_running(client));
    CU_ASSERT_EQUAL(program_kill(1, 15), 0);
    net_pass(1000);
    CU_ASSERT_TRUE(fake_exited(client, 52));
    CU_ASSERT_TRUE(fake_says("curl: (52) Empty reply from server\n"));
    net_end();
}

static void test_curl_gives_up_in_time(void)
{
    net_begin();
    net_start("nc -l -w 5 80");
    uint32_t client = net_start("curl --max-time 1.5 http://127.0.0.1/");
    net_pass(1499);
    CU_ASSERT_TRUE(fake_is_running(client));
    net_pass(2);
    CU_ASSERT_TRUE(fake_exited(client, 28));
    CU_ASSERT_TRUE(
        fake_says("curl: (28) Operation timed out after 1500 milliseconds with 0 bytes"));
    net_end();
}

static void test_wget_gives_up_by_its_alarm(void)
{
    net_begin();
    net_start("nc -l -w 5 80");
    uint32_t client = net_start("wget -T 2 http://127.0.0.1/");
    net_pass(1999);
    CU_ASSERT_TRUE(fake_is_running(client));
    net_pass(2);
    CU_ASSERT_TRUE(fake_exited(client, 1));
    CU_ASSERT_TRUE(fake_says("wget: download timed out\n"));
    CU_ASSERT_TRUE(fake_exited(net_start("wget http://127.0.0.1:9/"), 1));
    CU_ASSERT_TRUE(
        fake_says("wget: can't connect to remote host (127.0.0.1): Connection refused\n"));
    net_end();
}

/* ---- iperf, netstat, kill -------------------------------------------------------------------- */

static void test_iperf_moves_bytes_both_ways(void)
{
    net_begin();
    uint32_t server = net_start("iperf -s");
    uint32_t client = net_start("iperf -c 127.0.0.1 -n 1m");
    net_pass(60000);
    CU_ASSERT_TRUE(fake_exited(server, 0) && fake_exited(client, 0));
    CU_ASSERT_TRUE(fake_says("1048576 bytes in "));
    CU_ASSERT_TRUE(fake_says("Mbits/sec, sent\n"));
    CU_ASSERT_TRUE(fake_says("Mbits/sec, received\n"));
    server = net_start("iperf -s -R -p 5002");
    client = net_start("iperf -c 127.0.0.1 -p 5002 -R -n 100k");
    net_pass(60000);
    CU_ASSERT_TRUE(fake_exited(server, 0) && fake_exited(client, 0));
    CU_ASSERT_TRUE(fake_says("102400 bytes in "));
    net_end();
}

static void test_netstat_shows_sockets(void)
{
    net_begin();
    net_start("nc -l 7");
    net_start("nc -l -u 9");
    CU_ASSERT_TRUE(fake_exited(net_start("netstat -a"), 0));
    CU_ASSERT_TRUE(fake_says("Proto Recv-Q Send-Q Local Address           Foreign Address         "
                             "State\n"));
    CU_ASSERT_TRUE(fake_says("tcp        0      0 0.0.0.0:7               0.0.0.0:*               "
                             "LISTEN\n"));
    CU_ASSERT_TRUE(
        fake_says("udp        0      0 0.0.0.0:9               0.0.0.0:*               \n"));
    CU_ASSERT_TRUE(fake_exited(net_start("netstat -s"), 0));
    CU_ASSERT_TRUE(fake_says("tcp\t0\t"));
    CU_ASSERT_EQUAL(program_kill(1, 15), 0);
    CU_ASSERT_EQUAL(program_kill(2, 15), 0);
    net_pass(1);
    net_end();
}

static void test_kill_ends_what_blocks(void)
{
    static const char *const blocked[] = {"nc -l 7", "httpd", "nc -lu 7", "sleep 100", "iperf -s"};
    net_begin();
    for (size_t i = 0; i < sizeof blocked / sizeof blocked[0]; i++) {
        char line[32];
        uint32_t program = net_start(blocked[i]);
        CU_ASSERT_TRUE(fake_is_running(program));
        /* The program's task: the driver of the test has the first number. */
        snprintf(line, sizeof line, "kill -INT %u", program + 1);
        CU_ASSERT_TRUE(fake_exited(net_start(line), 0));
        net_pass(1);
        CU_ASSERT_TRUE(fake_exited(program, 130));
    }
    CU_ASSERT_TRUE(fake_exited(net_start("kill 99"), 1));
    CU_ASSERT_TRUE(fake_says("kill: (99): No such process\n"));
    CU_ASSERT_TRUE(fake_exited(net_start("kill -FOO 1"), 2));
    CU_ASSERT_TRUE(fake_exited(net_start("kill"), 2));
    CU_ASSERT_TRUE(fake_exited(net_start("kill x"), 1));
    net_end();
}

/* ---- the resolver ---------------------------------------------------------------------------- */

static uint8_t questions[2][512];
static size_t question_sizes[2];

/* The two questions that came for the server, and from which port. */
static uint16_t take_questions(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size;
    uint16_t port = 0;
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
        CU_ASSERT_EQUAL_FATAL(frame[23], 17);
        CU_ASSERT_EQUAL(load_be16(frame + 36), 53);
        port = load_be16(frame + 34);
        question_sizes[i] = load_be16(frame + 38) - 8u;
        memcpy(questions[i], frame + 42, question_sizes[i]);
    }
    dialogue_expect_silence();
    return port;
}

/* An answer to a question, with one record that points to the question's name. */
static void answer(unsigned index, uint16_t port, uint16_t flags, uint16_t type, const void *data,
                   size_t size)
{
    uint8_t message[512];
    size_t used = question_sizes[index];
    memcpy(message, questions[index], used);
    store_be16(message + 2, 0x8180 | flags);
    store_be16(message + 6, size > 0 ? 1 : 0);
    if (size > 0) {
        memcpy(message + used, "\xc0\x0c", 2);
        store_be16(message + used + 2, type);
        memcpy(message + used + 4, "\0\1\0\0\0\x3c", 6);
        store_be16(message + used + 10, (uint16_t)size);
        memcpy(message + used + 12, data, size);
        used += 12 + size;
    }
    dialogue_send_udp(
        &(struct dialogue_udp){.source = DNS, .source_port = 53, .destination_port = port}, message,
        used);
}

static uint32_t ask(const char *command_line)
{
    uint32_t program = net_start(command_line);
    dialogue_expect("arp who-has 10.0.2.3 tell 10.0.2.15");
    dialogue_arp_reply(DNS);
    fake_run();
    return program;
}

static void test_nslookup_asks_for_both_kinds_at_once(void)
{
    net_begin();
    uint32_t program = ask("nslookup www.example.org");
    uint16_t port = take_questions();
    CU_ASSERT_EQUAL(memcmp(questions[0] + 12, "\3www\7example\3org\0\0\1\0\1", 21), 0);
    CU_ASSERT_EQUAL(memcmp(questions[1] + 12, "\3www\7example\3org\0\0\34\0\1", 21), 0);
    CU_ASSERT_NOT_EQUAL(load_be16(questions[0]), load_be16(questions[1]));
    answer(1, port, 0, 28, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    CU_ASSERT_TRUE(fake_is_running(program));
    answer(0, port, 0, 1, "\xc0\0\2\1", 4);
    CU_ASSERT_TRUE(fake_exited(program, 0));
    CU_ASSERT_STRING_EQUAL(fake_output(), "Server:\t\t10.0.2.3\nAddress:\t10.0.2.3#53\n\n"
                                          "Name:\twww.example.org\nAddress: 192.0.2.1\n"
                                          "Address: 2001:db8::1\n");
    net_end();
}

static void test_names_that_are_not_there(void)
{
    net_begin();
    uint32_t program = ask("curl http://nowhere/");
    uint16_t port = take_questions();
    answer(0, port, 3, 0, NULL, 0);
    answer(1, port, 3, 0, NULL, 0);
    CU_ASSERT_TRUE(fake_exited(program, 6));
    CU_ASSERT_TRUE(fake_says("curl: (6) Could not resolve host: nowhere\n"));
    net_end();
}

/* Three times, 2 s apart; and nothing that is not the answer counts. */
static void test_resolver_asks_again_and_gives_up(void)
{
    net_begin();
    uint64_t begin_ns = fake_now_ns;
    uint32_t program = ask("nslookup nowhere");
    uint16_t port = take_questions();
    questions[0][0] ^= 1; /* another identifier */
    answer(0, port, 0, 1, "\xc0\0\2\1", 4);
    questions[1][14] ^= 1; /* another question */
    answer(1, port, 0, 1, "\xc0\0\2\1", 4);
    for (unsigned i = 1; i < 3; i++) {
        dialogue_wait_until(begin_ns + i * 2 * S);
        (void)take_questions();
    }
    CU_ASSERT_TRUE(fake_is_running(program));
    dialogue_wait_until(begin_ns + 6 * S);
    CU_ASSERT_TRUE(fake_exited(program, 1));
    CU_ASSERT_TRUE(fake_says(";; connection timed out; no servers could be reached\n"));
    net_end();
}

/* Answers that are cut, that point to themselves, or that promise more than they have. */
static void test_bad_answers_do_no_harm(void)
{
    uint8_t message[64];
    net_begin();
    uint32_t program = ask("nslookup x");
    uint16_t port = take_questions();
    struct dialogue_udp from = {.source = DNS, .source_port = 53, .destination_port = port};
    for (size_t size = 0; size < question_sizes[0]; size++)
        dialogue_send_udp(&from, questions[0], size);
    CU_ASSERT_TRUE(fake_is_running(program));
    size_t used = question_sizes[0];
    memcpy(message, questions[0], used);
    store_be16(message + 2, 0x8180);
    store_be16(message + 6, 9);
    store_be16(message + used, (uint16_t)(0xc000 | used)); /* to itself */
    dialogue_send_udp(&from, message, used + 2);
    answer(1, port, 0, 28, "\0", 1); /* no address has one byte */
    CU_ASSERT_TRUE(fake_exited(program, 1));
    CU_ASSERT_TRUE(fake_says("*** Can't find x: No answer\n"));
    net_end();
}

UNIT_SUITE("net_programs", UNIT_TEST(test_nc_talks_to_nc), UNIT_TEST(test_nc_is_refused),
           UNIT_TEST(test_nc_gives_up_waiting), UNIT_TEST(test_nc_speaks_udp),
           UNIT_TEST(test_nc_refuses_bad_arguments),
           UNIT_TEST(test_socktest_finds_what_is_promised),
           UNIT_TEST(test_socktest_finds_what_is_promised_of_options),
           UNIT_TEST(test_socktest_says_what_is_different),
           UNIT_TEST(test_socktest_refuses_bad_arguments), UNIT_TEST(test_curl_fetches_from_httpd),
           UNIT_TEST(test_what_was_fetched_is_what_is_served),
           UNIT_TEST(test_curl_tells_what_went_wrong), UNIT_TEST(test_curl_gets_an_empty_reply),
           UNIT_TEST(test_curl_gives_up_in_time), UNIT_TEST(test_wget_gives_up_by_its_alarm),
           UNIT_TEST(test_iperf_moves_bytes_both_ways), UNIT_TEST(test_netstat_shows_sockets),
           UNIT_TEST(test_kill_ends_what_blocks),
           UNIT_TEST(test_nslookup_asks_for_both_kinds_at_once),
           UNIT_TEST(test_names_that_are_not_there),
           UNIT_TEST(test_resolver_asks_again_and_gives_up), UNIT_TEST(test_bad_answers_do_no_harm))
