/*
 * net_programs_test.c - programs that talk by TCP and UDP with each other, on the real kernel and
 * stack, over the loopback
 */
#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/pool.h"
#include "kernel/program.h"
#include "lib/endian.h"
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

static uint32_t last_program;

static void begin(void)
{
    dialogue_set_programs(programs, sizeof programs / sizeof programs[0]);
    dialogue_begin();
    last_program = 0;
}

/* A program more; its number. */
static uint32_t start(const char *command_line)
{
    CU_ASSERT_EQUAL_FATAL(program_start(++last_program, command_line), 0);
    fake_run();
    return last_program;
}

static bool exited(uint32_t program, int status)
{
    char line[64];
    snprintf(line, sizeof line, "program %u exited %d\n", program, status);
    return fake_log_count(line) == 1;
}

static bool is_running(uint32_t program)
{
    char line[64];
    snprintf(line, sizeof line, "program %u exited", program);
    return fake_log_count(line) == 0;
}

static bool says(const char *text)
{
    return strstr(fake_output(), text) != NULL;
}

static void pass(uint64_t ms)
{
    fake_run_until(fake_now_ns + ms * MS);
}

/* Connections in TIME_WAIT end by themselves. */
static void end(void)
{
    pass(300000);
    for (unsigned i = 0; pool_by_index(i) != NULL; i++) {
        const struct pool *pool = pool_by_index(i);
        if (strncmp(pool->name, "tcp", 3) == 0 || strcmp(pool->name, "files") == 0)
            CU_ASSERT_EQUAL(pool->used, 0);
    }
    dialogue_end();
}

/* ---- nc -------------------------------------------------------------------------------------- */

static void test_nc_talks_to_nc(void)
{
    begin();
    uint32_t server = start("nc -lvN 7 welcome");
    uint32_t client = start("nc -vN 127.0.0.1 7 hello there");
    pass(1000);
    CU_ASSERT_TRUE(exited(server, 0) && exited(client, 0));
    CU_ASSERT_TRUE(says("Listening on 0.0.0.0 7\n"));
    CU_ASSERT_TRUE(says("Connection received on 127.0.0.1 "));
    CU_ASSERT_TRUE(says("Connection to 127.0.0.1 7 port [tcp] succeeded!\n"));
    CU_ASSERT_TRUE(says("hello there\n"));
    CU_ASSERT_TRUE(says("welcome\n"));
    end();
}

static void test_nc_is_refused(void)
{
    begin();
    uint32_t client = start("nc -z 127.0.0.1 7");
    pass(10);
    CU_ASSERT_TRUE(exited(client, 1));
    CU_ASSERT_TRUE(says("nc: connect to 127.0.0.1 port 7: Connection refused\n"));
    end();
}

static void test_nc_gives_up_waiting(void)
{
    begin();
    uint32_t server = start("nc -l -w 2 7");
    pass(1999);
    CU_ASSERT_TRUE(is_running(server));
    pass(1);
    CU_ASSERT_TRUE(exited(server, 1));
    CU_ASSERT_TRUE(says("Connection timed out"));
    end();
}

static void test_nc_speaks_udp(void)
{
    begin();
    uint32_t server = start("nc -lu 7 pong");
    uint32_t client = start("nc -u -w 1 127.0.0.1 7 ping");
    pass(1100);
    CU_ASSERT_TRUE(exited(server, 0) && exited(client, 0));
    CU_ASSERT_STRING_EQUAL(fake_output(), "ping\npong\n");
    uint32_t lonely = start("nc -u -w 1 127.0.0.1 9 ping");
    pass(1100);
    CU_ASSERT_TRUE(exited(lonely, 1));
    CU_ASSERT_TRUE(says("Connection refused"));
    end();
}

static void test_nc_refuses_bad_arguments(void)
{
    static const char *const lines[] = {
        "nc", "nc host", "nc host 0", "nc -l", "nc host 65536", "nc -w x host 7", "nc -q a 7"};
    begin();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        uint32_t program = start(lines[i]);
        CU_ASSERT_TRUE(exited(program, 2));
    }
    end();
}

/* ---- socktest -------------------------------------------------------------------------------- */

static void test_socktest_finds_what_is_promised(void)
{
    static const char *const lines[] = {"socktest inet6",
                                        "socktest flags",
                                        "socktest eventfd",
                                        "socktest options",
                                        "socktest listener",
                                        "socktest poll-timeout",
                                        "socktest proc-net",
                                        "socktest refused-error 127.0.0.1 9",
                                        "socktest refused-wait 127.0.0.1 9"};
    begin();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        uint32_t program = start(lines[i]);
        pass(200);
        CU_ASSERT_TRUE(exited(program, 0));
    }
    CU_ASSERT_TRUE(says("socktest: inet6: ok\n"));
    end();
}

static void test_socktest_says_what_is_different(void)
{
    begin();
    uint32_t program = start("socktest connect-twice 127.0.0.1 9");
    pass(10);
    CU_ASSERT_TRUE(exited(program, 1));
    CU_ASSERT_TRUE(says("socktest: connect-twice: connect(on its way): expected EALREADY, got "));
    uint32_t other = start("socktest patience 127.0.0.1 9");
    pass(10);
    CU_ASSERT_TRUE(exited(other, 1));
    CU_ASSERT_TRUE(says("socktest: patience: connect: expected 0, got ECONNREFUSED\n"));
    end();
}

static void test_socktest_refuses_bad_arguments(void)
{
    static const char *const lines[] = {
        "socktest",     "socktest none",        "socktest inet6 1.2.3.4 5",
        "socktest ttl", "socktest ttl 1.2.3 5", "socktest ttl 1.2.3.4 65536"};
    begin();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        uint32_t program = start(lines[i]);
        CU_ASSERT_TRUE(exited(program, 2));
    }
    end();
}

/* ---- curl, wget, httpd ----------------------------------------------------------------------- */

static void test_curl_fetches_from_httpd(void)
{
    begin();
    uint32_t server = start("httpd -p 8080 -n 2");
    uint32_t client = start("curl -v http://127.0.0.1:8080/bytes/5");
    pass(1000);
    CU_ASSERT_TRUE(exited(client, 0));
    CU_ASSERT_TRUE(says("*   Trying 127.0.0.1:8080...\n"));
    CU_ASSERT_TRUE(says("* Connected to 127.0.0.1 (127.0.0.1) port 8080\n"));
    CU_ASSERT_TRUE(says("> GET /bytes/5 HTTP/1.1\n> Host: 127.0.0.1:8080\n>\n"));
    CU_ASSERT_TRUE(says("< HTTP/1.1 200 OK\n< Content-Length: 5\n< Connection: close\n"));
    client = start("curl -I 127.0.0.1:8080/nothing");
    pass(1000);
    CU_ASSERT_TRUE(exited(client, 0));
    CU_ASSERT_TRUE(says("HTTP/1.1 404 Not Found\n"));
    CU_ASSERT_TRUE(exited(server, 0));
    end();
}

/* What went through the whole stack twice is what it was. */
static void test_what_was_fetched_is_what_is_served(void)
{
    begin();
    start("httpd -p 8080 -n 2");
    uint32_t first = start("curl -s -o /tmp/a http://127.0.0.1:8080/bytes/300000");
    pass(60000);
    CU_ASSERT_TRUE(exited(first, 0));
    uint32_t second = start("wget -q -O /tmp/b http://127.0.0.1:8080/a");
    pass(60000);
    CU_ASSERT_TRUE(exited(second, 0));
    uint32_t sums = start("sha256sum /tmp/a /tmp/b");
    pass(1000);
    CU_ASSERT_TRUE(exited(sums, 0));
    CU_ASSERT_TRUE(
        says("29417376566a66e87445d32cb9997b3c827a6889977a15074e74044ba430886a  /tmp/a\n"));
    const char *a = strstr(fake_output(), "  /tmp/a\n"), *b = strstr(fake_output(), "  /tmp/b\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    CU_ASSERT_EQUAL(memcmp(a - 64, b - 64, 64), 0);
    end();
}

static void test_curl_tells_what_went_wrong(void)
{
    begin();
    CU_ASSERT_TRUE(exited(start("curl http://127.0.0.1:9/"), 7));
    CU_ASSERT_TRUE(says("curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: "
                        "Connection refused\n"));
    CU_ASSERT_TRUE(exited(start("curl ftp://127.0.0.1/"), 1));
    CU_ASSERT_TRUE(exited(start("curl http://:80/"), 3));
    CU_ASSERT_TRUE(exited(start("curl -o /etc/x http://127.0.0.1/"), 23));
    CU_ASSERT_TRUE(exited(start("curl"), 2));
    CU_ASSERT_TRUE(exited(start("curl --nonsense x"), 2));
    CU_ASSERT_TRUE(exited(start("curl -s http://a..b/"), 6));
    end();
}

static void test_curl_gets_an_empty_reply(void)
{
    begin();
    start("nc -l 80");
    uint32_t client = start("curl http://127.0.0.1/");
    pass(1000);
    CU_ASSERT_TRUE(is_running(client));
    CU_ASSERT_EQUAL(program_kill(1, 15), 0);
    pass(1000);
    CU_ASSERT_TRUE(exited(client, 52));
    CU_ASSERT_TRUE(says("curl: (52) Empty reply from server\n"));
    end();
}

static void test_curl_gives_up_in_time(void)
{
    begin();
    start("nc -l -w 5 80");
    uint32_t client = start("curl --max-time 1.5 http://127.0.0.1/");
    pass(1499);
    CU_ASSERT_TRUE(is_running(client));
    pass(2);
    CU_ASSERT_TRUE(exited(client, 28));
    CU_ASSERT_TRUE(says("curl: (28) Operation timed out after 1500 milliseconds with 0 bytes"));
    end();
}

static void test_wget_gives_up_by_its_alarm(void)
{
    begin();
    start("nc -l -w 5 80");
    uint32_t client = start("wget -T 2 http://127.0.0.1/");
    pass(1999);
    CU_ASSERT_TRUE(is_running(client));
    pass(2);
    CU_ASSERT_TRUE(exited(client, 1));
    CU_ASSERT_TRUE(says("wget: download timed out\n"));
    CU_ASSERT_TRUE(exited(start("wget http://127.0.0.1:9/"), 1));
    CU_ASSERT_TRUE(says("wget: can't connect to remote host (127.0.0.1): Connection refused\n"));
    end();
}

/* ---- iperf, netstat, kill -------------------------------------------------------------------- */

static void test_iperf_moves_bytes_both_ways(void)
{
    begin();
    uint32_t server = start("iperf -s");
    uint32_t client = start("iperf -c 127.0.0.1 -n 1m");
    pass(60000);
    CU_ASSERT_TRUE(exited(server, 0) && exited(client, 0));
    CU_ASSERT_TRUE(says("1048576 bytes in "));
    CU_ASSERT_TRUE(says("Mbits/sec, sent\n"));
    CU_ASSERT_TRUE(says("Mbits/sec, received\n"));
    server = start("iperf -s -R -p 5002");
    client = start("iperf -c 127.0.0.1 -p 5002 -R -n 100k");
    pass(60000);
    CU_ASSERT_TRUE(exited(server, 0) && exited(client, 0));
    CU_ASSERT_TRUE(says("102400 bytes in "));
    end();
}

static void test_netstat_shows_sockets(void)
{
    begin();
    start("nc -l 7");
    start("nc -l -u 9");
    CU_ASSERT_TRUE(exited(start("netstat -a"), 0));
    CU_ASSERT_TRUE(says("Proto Recv-Q Send-Q Local Address           Foreign Address         "
                        "State\n"));
    CU_ASSERT_TRUE(says("tcp        0      0 0.0.0.0:7               0.0.0.0:*               "
                        "LISTEN\n"));
    CU_ASSERT_TRUE(says("udp        0      0 0.0.0.0:9               0.0.0.0:*               \n"));
    CU_ASSERT_TRUE(exited(start("netstat -s"), 0));
    CU_ASSERT_TRUE(says("tcp\t0\t"));
    CU_ASSERT_EQUAL(program_kill(1, 15), 0);
    CU_ASSERT_EQUAL(program_kill(2, 15), 0);
    pass(1);
    end();
}

static void test_kill_ends_what_blocks(void)
{
    static const char *const blocked[] = {"nc -l 7", "httpd", "nc -lu 7", "sleep 100", "iperf -s"};
    begin();
    for (size_t i = 0; i < sizeof blocked / sizeof blocked[0]; i++) {
        char line[32];
        uint32_t program = start(blocked[i]);
        CU_ASSERT_TRUE(is_running(program));
        /* The program's task: the driver of the test has the first number. */
        snprintf(line, sizeof line, "kill -INT %u", program + 1);
        CU_ASSERT_TRUE(exited(start(line), 0));
        pass(1);
        CU_ASSERT_TRUE(exited(program, 130));
    }
    CU_ASSERT_TRUE(exited(start("kill 99"), 1));
    CU_ASSERT_TRUE(says("kill: (99): No such process\n"));
    CU_ASSERT_TRUE(exited(start("kill -FOO 1"), 2));
    CU_ASSERT_TRUE(exited(start("kill"), 2));
    CU_ASSERT_TRUE(exited(start("kill x"), 1));
    end();
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
    uint32_t program = start(command_line);
    dialogue_expect("arp who-has 10.0.2.3 tell 10.0.2.15");
    dialogue_arp_reply(DNS);
    fake_run();
    return program;
}

static void test_nslookup_asks_for_both_kinds_at_once(void)
{
    begin();
    uint32_t program = ask("nslookup www.example.org");
    uint16_t port = take_questions();
    CU_ASSERT_EQUAL(memcmp(questions[0] + 12, "\3www\7example\3org\0\0\1\0\1", 21), 0);
    CU_ASSERT_EQUAL(memcmp(questions[1] + 12, "\3www\7example\3org\0\0\34\0\1", 21), 0);
    CU_ASSERT_NOT_EQUAL(load_be16(questions[0]), load_be16(questions[1]));
    answer(1, port, 0, 28, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    CU_ASSERT_TRUE(is_running(program));
    answer(0, port, 0, 1, "\xc0\0\2\1", 4);
    CU_ASSERT_TRUE(exited(program, 0));
    CU_ASSERT_STRING_EQUAL(fake_output(), "Server:\t\t10.0.2.3\nAddress:\t10.0.2.3#53\n\n"
                                          "Name:\twww.example.org\nAddress: 192.0.2.1\n"
                                          "Address: 2001:db8::1\n");
    end();
}

static void test_names_that_are_not_there(void)
{
    begin();
    uint32_t program = ask("curl http://nowhere/");
    uint16_t port = take_questions();
    answer(0, port, 3, 0, NULL, 0);
    answer(1, port, 3, 0, NULL, 0);
    CU_ASSERT_TRUE(exited(program, 6));
    CU_ASSERT_TRUE(says("curl: (6) Could not resolve host: nowhere\n"));
    end();
}

/* Three times, 2 s apart; and nothing that is not the answer counts. */
static void test_resolver_asks_again_and_gives_up(void)
{
    begin();
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
    CU_ASSERT_TRUE(is_running(program));
    dialogue_wait_until(begin_ns + 6 * S);
    CU_ASSERT_TRUE(exited(program, 1));
    CU_ASSERT_TRUE(says(";; connection timed out; no servers could be reached\n"));
    end();
}

/* Answers that are cut, that point to themselves, or that promise more than they have. */
static void test_bad_answers_do_no_harm(void)
{
    uint8_t message[64];
    begin();
    uint32_t program = ask("nslookup x");
    uint16_t port = take_questions();
    struct dialogue_udp from = {.source = DNS, .source_port = 53, .destination_port = port};
    for (size_t size = 0; size < question_sizes[0]; size++)
        dialogue_send_udp(&from, questions[0], size);
    CU_ASSERT_TRUE(is_running(program));
    size_t used = question_sizes[0];
    memcpy(message, questions[0], used);
    store_be16(message + 2, 0x8180);
    store_be16(message + 6, 9);
    store_be16(message + used, (uint16_t)(0xc000 | used)); /* to itself */
    dialogue_send_udp(&from, message, used + 2);
    answer(1, port, 0, 28, "\0", 1); /* no address has one byte */
    CU_ASSERT_TRUE(exited(program, 1));
    CU_ASSERT_TRUE(says("*** Can't find x: No answer\n"));
    end();
}

UNIT_SUITE("net_programs", UNIT_TEST(test_nc_talks_to_nc), UNIT_TEST(test_nc_is_refused),
           UNIT_TEST(test_nc_gives_up_waiting), UNIT_TEST(test_nc_speaks_udp),
           UNIT_TEST(test_nc_refuses_bad_arguments),
           UNIT_TEST(test_socktest_finds_what_is_promised),
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
