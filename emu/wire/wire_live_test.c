/*
 * wire_live_test.c - a live run reaches the host's loopback, and no other run does
 *
 * The service is another process of the host, which answers after some of its own time.
 */
#include "emu/wire/wire_client.h"
#include "emu/wire/wire_slirp.h"
#include "tests/unit.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

struct net {
    struct bench bench;
    struct client client;
    struct wire_slirp *slirp;
    struct wire_services services;
    int listener;
    uint16_t port;
    pid_t host;
};

static struct net net;

/* Accepts one connection, waits, and sends back what comes. */
static void host_serve(int listener)
{
    char buffer[256];
    int fd = accept(listener, NULL, NULL);
    ssize_t got;
    while (fd >= 0 && (got = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
        usleep(20000);
        send(fd, buffer, (size_t)got, MSG_NOSIGNAL);
    }
    _exit(0);
}

static void net_setup(bool live)
{
    memset(&net, 0, sizeof(net));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    net.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_EQUAL_FATAL(bind(net.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    CU_ASSERT_EQUAL_FATAL(listen(net.listener, 1), 0);
    getsockname(net.listener, (struct sockaddr *)&address, &size);
    net.port = ntohs(address.sin_port);
    net.host = fork();
    if (net.host == 0) {
        host_serve(net.listener);
    }
    bench_setup(&net.bench);
    net.services.rules.live = live;
    client_setup(&net.client, &net.bench);
    net.slirp = wire_slirp_new(net.bench.wire, net.bench.clock, net.bench.trace, "slirp",
                               &net.services, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(net.slirp);
}

static void net_teardown(void)
{
    wire_slirp_free(net.slirp);
    client_teardown(&net.client);
    bench_teardown(&net.bench);
    kill(net.host, SIGKILL);
    waitpid(net.host, NULL, 0);
    close(net.listener);
}

static void test_live_run_talks_to_the_host_and_the_clock_stands_meanwhile(void)
{
    net_setup(true);
    struct client_connection *a = client_begin(&net.client, WIRE_EGRESS_GATEWAY, net.port);
    client_run(&net.client, 1 * MS);
    CU_ASSERT_TRUE(a->is_open);
    uint64_t begun_ns = vclock_now_ns(net.bench.clock);
    client_send_segment(&net.client, a, CLIENT_ACK, "hello", 5);
    client_run(&net.client, 2 * MS);
    CU_ASSERT_STRING_EQUAL(client_text(a), "hello");
    CU_ASSERT_TRUE(a->got_ns - begun_ns < 2 * MS); /* of which the host took 20 ms */
    client_send_segment(&net.client, a, CLIENT_ACK | CLIENT_FIN, NULL, 0);
    client_run(&net.client, 2 * MS);
    CU_ASSERT_TRUE(a->has_ended);
    CU_ASSERT_FALSE(wire_slirp_separate(net.slirp));
    net_teardown();
}

static void test_closed_port_of_the_host_refuses(void)
{
    net_setup(true);
    kill(net.host, SIGKILL);
    waitpid(net.host, NULL, 0);
    close(net.listener);
    net.listener = -1;
    struct client_connection *a = client_connect(&net.client, WIRE_EGRESS_GATEWAY, net.port);
    CU_ASSERT_TRUE(a->is_refused);
    net_teardown();
}

static void test_no_other_run_reaches_the_host(void)
{
    net_setup(false);
    struct client_connection *a = client_connect(&net.client, WIRE_EGRESS_GATEWAY, net.port);
    CU_ASSERT_TRUE(a->is_refused);
    CU_ASSERT_TRUE(vclock_is_quiescent(net.bench.clock));
    net_teardown();
}

UNIT_SUITE("wire_live", UNIT_TEST(test_live_run_talks_to_the_host_and_the_clock_stands_meanwhile),
           UNIT_TEST(test_closed_port_of_the_host_refuses),
           UNIT_TEST(test_no_other_run_reaches_the_host))
