/*
 * net_programs_schemes_test.c - programs that talk by TCP and UDP with each other, on the real
 * kernel, through a network daemon: what they call sockets are files of its schemes
 *
 * What they say and how they end is what net_programs_test.c has for a stack in the kernel.
 */
#include "kernel/fake_hal.h"
#include "kernel/pool.h"
#include "kernel/program.h"
#include "kernel/scheme.h"
#include "kernel/user_memory.h"
#include "netstack/schemes/smolnetd.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define MS UINT64_C(1000000)

#define PROGRAM(name, main) {name, main},
static const struct program_entry programs[] = {
#include "programs/programs.def"
    PROGRAM("smolnetd", smolnetd_main)};
#undef PROGRAM

static uint32_t last_program;
static unsigned objects_before;

/*
 * Files, requests, sockets, and all else that programs and the daemon have between them; but tasks,
 * the last of which is given back when another one runs.
 */
static unsigned objects_in_use(void)
{
    unsigned used = 0;
    for (unsigned i = 0; pool_by_index(i) != NULL; i++) {
        if (strcmp(pool_by_index(i)->name, "tasks") != 0)
            used += pool_by_index(i)->used;
    }
    return used;
}

static uint32_t start(const char *command_line)
{
    CU_ASSERT_EQUAL_FATAL(program_start(++last_program, command_line), 0);
    fake_run();
    return last_program;
}

static void begin(void)
{
    fake_files = NULL;
    fake_file_count = 0;
    fake_boot_with(programs, sizeof programs / sizeof programs[0]);
    scheme_reserve_memory();
    /* In a guest the image is RAM, and so are the texts that a program gives to the kernel. */
    user_memory_init((void *)1, SIZE_MAX - 1);
    last_program = 0;
    start("smolnetd");
    objects_before = objects_in_use();
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

/* Connections in TIME_WAIT end by themselves; then nothing is left of anybody. */
static void end(void)
{
    pass(300000);
    CU_ASSERT_EQUAL(objects_in_use(), objects_before);
}

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

static void test_socktest_finds_what_is_promised(void)
{
    static const char *const lines[] = {"socktest inet6",
                                        "socktest flags",
                                        "socktest eventfd",
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

static void test_nothing_works_without_the_daemon(void)
{
    begin();
    start("kill -9 1");
    CU_ASSERT_TRUE(exited(1, 137));
    uint32_t client = start("nc -z 127.0.0.1 7");
    CU_ASSERT_TRUE(exited(client, 1));
    CU_ASSERT_TRUE(says("nc: "));
}

UNIT_SUITE("net_programs_schemes", UNIT_TEST(test_nc_talks_to_nc), UNIT_TEST(test_nc_is_refused),
           UNIT_TEST(test_nc_gives_up_waiting), UNIT_TEST(test_nc_speaks_udp),
           UNIT_TEST(test_socktest_finds_what_is_promised), UNIT_TEST(test_curl_fetches_from_httpd),
           UNIT_TEST(test_curl_tells_what_went_wrong),
           UNIT_TEST(test_nothing_works_without_the_daemon))
