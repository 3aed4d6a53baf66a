/*
 * net_programs_cases.c - what programs do with sockets, whoever provides those
 */
#include "net_programs_cases.h"

#include "kernel/fake_hal.h"
#include "kernel/fake_image.h"
#include "tests/unit.h"

#include <string.h>

#define NET_NS_PER_MS UINT64_C(1000000)

static uint32_t net_last_program;

void net_number_programs(void)
{
    net_last_program = 0;
}

uint32_t net_start(const char *command_line)
{
    fake_start(++net_last_program, command_line);
    return net_last_program;
}

void net_pass(uint64_t ms)
{
    fake_pass(ms * NET_NS_PER_MS);
}

/* How often programs have printed that. */
static unsigned net_count_said(const char *text)
{
    unsigned count = 0;
    for (const char *at = fake_output(); (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

void test_nc_talks_to_nc(void)
{
    net_begin();
    uint32_t server = net_start("nc -lvN 7 welcome");
    uint32_t client = net_start("nc -vN 127.0.0.1 7 hello there");
    net_pass(1000);
    CU_ASSERT_TRUE(fake_exited(server, 0) && fake_exited(client, 0));
    CU_ASSERT_TRUE(fake_says("Listening on 0.0.0.0 7\n"));
    CU_ASSERT_TRUE(fake_says("Connection received on 127.0.0.1 "));
    CU_ASSERT_TRUE(fake_says("Connection to 127.0.0.1 7 port [tcp] succeeded!\n"));
    CU_ASSERT_TRUE(fake_says("hello there\n"));
    CU_ASSERT_TRUE(fake_says("welcome\n"));
    net_end();
}

void test_nc_is_refused(void)
{
    net_begin();
    uint32_t client = net_start("nc -z 127.0.0.1 7");
    net_pass(10);
    CU_ASSERT_TRUE(fake_exited(client, 1));
    CU_ASSERT_TRUE(fake_says("nc: connect to 127.0.0.1 port 7: Connection refused\n"));
    net_end();
}

void test_nc_gives_up_waiting(void)
{
    net_begin();
    uint32_t server = net_start("nc -l -w 2 7");
    net_pass(1999);
    CU_ASSERT_TRUE(fake_is_running(server));
    net_pass(1);
    CU_ASSERT_TRUE(fake_exited(server, 1));
    CU_ASSERT_TRUE(fake_says("Connection timed out"));
    net_end();
}

void test_nc_speaks_udp(void)
{
    net_begin();
    uint32_t server = net_start("nc -lu 7 pong");
    uint32_t client = net_start("nc -u -w 1 127.0.0.1 7 ping");
    net_pass(1100);
    CU_ASSERT_TRUE(fake_exited(server, 0) && fake_exited(client, 0));
    CU_ASSERT_STRING_EQUAL(fake_output(), "ping\npong\n");
    uint32_t lonely = net_start("nc -u -w 1 127.0.0.1 9 ping");
    net_pass(1100);
    CU_ASSERT_TRUE(fake_exited(lonely, 1));
    CU_ASSERT_TRUE(fake_says("Connection refused"));
    net_end();
}

void test_socktest_finds_what_is_promised(void)
{
    static const char *const lines[] = {"socktest inet6",
                                        "socktest flags",
                                        "socktest eventfd",
                                        "socktest listener",
                                        "socktest poll-timeout",
                                        "socktest proc-net",
                                        "socktest refused-error 127.0.0.1 9",
                                        "socktest refused-wait 127.0.0.1 9"};
    net_begin();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        uint32_t program = net_start(lines[i]);
        net_pass(200);
        CU_ASSERT_TRUE(fake_exited(program, 0));
    }
    CU_ASSERT_TRUE(fake_says("socktest: inet6: ok\n"));
    net_end();
}

void test_curl_fetches_from_httpd(void)
{
    net_begin();
    uint32_t server = net_start("httpd -p 8080 -n 4");
    uint32_t client = net_start("curl -v http://127.0.0.1:8080/bytes/5");
    net_pass(1000);
    CU_ASSERT_TRUE(fake_exited(client, 0));
    CU_ASSERT_TRUE(fake_says("*   Trying 127.0.0.1:8080...\n"));
    CU_ASSERT_TRUE(fake_says("* Connected to 127.0.0.1 (127.0.0.1) port 8080\n"));
    CU_ASSERT_TRUE(fake_says("> GET /bytes/5 HTTP/1.1\n> Host: 127.0.0.1:8080\n>\n"));
    CU_ASSERT_TRUE(fake_says("< HTTP/1.1 200 OK\n< Content-Length: 5\n< Connection: close\n"));
    client = net_start("curl -I 127.0.0.1:8080/nothing");
    net_pass(1000);
    CU_ASSERT_TRUE(fake_exited(client, 0));
    CU_ASSERT_TRUE(fake_says("HTTP/1.1 404 Not Found\n"));
    /* Neither out of its folder, nor the folder itself. */
    net_start("curl -v 127.0.0.1:8080/../proc/pools");
    net_pass(1000);
    net_start("curl -v 127.0.0.1:8080/");
    net_pass(1000);
    CU_ASSERT_PTR_NOT_NULL(strstr(fake_output(), "> GET /../proc/pools HTTP/1.1\n"));
    CU_ASSERT_EQUAL(net_count_said("< HTTP/1.1 404 Not Found\n"), 2);
    CU_ASSERT_TRUE(fake_exited(server, 0));
    net_end();
}

void test_curl_tells_what_went_wrong(void)
{
    net_begin();
    CU_ASSERT_TRUE(fake_exited(net_start("curl http://127.0.0.1:9/"), 7));
    CU_ASSERT_TRUE(fake_says("curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: "
                             "Connection refused\n"));
    CU_ASSERT_TRUE(fake_exited(net_start("curl ftp://127.0.0.1/"), 1));
    CU_ASSERT_TRUE(fake_exited(net_start("curl http://:80/"), 3));
    CU_ASSERT_TRUE(fake_exited(net_start("curl -o /etc/x http://127.0.0.1/"), 23));
    CU_ASSERT_TRUE(fake_exited(net_start("curl"), 2));
    CU_ASSERT_TRUE(fake_exited(net_start("curl --nonsense x"), 2));
    CU_ASSERT_TRUE(fake_exited(net_start("curl -s http://a..b/"), 6));
    net_end();
}
