/*
 * nc.c - nc [-Nuvz] [-w SECONDS] HOST PORT [TEXT…]      nc -l [-Nuv] [-w SECONDS] PORT [TEXT…]
 *
 * Standard input is empty here, so what is to be sent stands behind the port: words, with spaces
 * between them and a line's end. What comes is printed until the other side ends its half. With -u:
 * one datagram, and whatever comes.
 *
 *   -N  ends our half behind the text
 *   -l  waits for one connection (or datagram) and does the same with that
 *   -u  UDP
 *   -w  seconds in which something must happen; without it, for ever
 *   -z  only connects
 *   -v  tells
 *
 * Exit status: 0; 1 not connected, or what came ended with an error, or, with -u, nothing came.
 */
#include "lib/endian.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/connect.h"
#include "programs/programs.h"
#include "programs/resolver.h"
#include "programs/user.h"

#define NC_BUFFER_SIZE 2048
#define NC_TEXT_MAX    1024
#define NC_EXIT_FAILED 1

struct nc {
    struct user_output output;
    bool listen, udp, verbose, only_connect, end_half;
    uint64_t timeout_ns;
    const char *host;
    uint32_t address;
    uint16_t port;
    int socket;
    size_t text_size;
    char text[NC_TEXT_MAX];
    char buffer[NC_BUFFER_SIZE];
};

static uint64_t nc_deadline_ns(const struct nc *nc)
{
    return nc->timeout_ns == UINT64_MAX ? UINT64_MAX : user_now_ns() + nc->timeout_ns;
}

static int nc_fail(const struct nc *nc, const char *what, long error)
{
    char address[IPV4_TEXT_SIZE];
    user_error("nc", "%s %s port %u: %s", what, ipv4_format(nc->address, address), nc->port,
               errno_text(error));
    return NC_EXIT_FAILED;
}

/* ---- data ------------------------------------------------------------------------------------ */

/* Prints until the end: 0. */
static int nc_print_all(struct nc *nc)
{
    for (;;) {
        long size = connect_wait(nc->socket, POLLIN, nc_deadline_ns(nc));
        if (size == 0)
            size = user_recv(nc->socket, nc->buffer, sizeof nc->buffer, 0);
        if (size == -KEAGAIN)
            continue;
        if (size == -KETIMEDOUT)
            return 0; /* as with others: -w only ends it */
        if (size < 0)
            return nc_fail(nc, "read from", size);
        if (size == 0)
            return 0;
        (void)user_write_all(1, nc->buffer, (size_t)size);
    }
}

static int nc_talk(struct nc *nc)
{
    if (nc->text_size > 0) {
        long error = connect_send_all(nc->socket, nc->text, nc->text_size, nc_deadline_ns(nc));
        if (error != 0)
            return nc_fail(nc, "write to", error);
    }
    if (nc->end_half)
        (void)user_shutdown(nc->socket, SHUT_WR);
    return nc_print_all(nc);
}

/* ---- TCP ------------------------------------------------------------------------------------- */

static int nc_connect(struct nc *nc)
{
    char address[IPV4_TEXT_SIZE];
    long error = connect_tcp(nc->address, nc->port, nc_deadline_ns(nc), &nc->socket);
    if (error != 0)
        return nc_fail(nc, "connect to", error);
    if (nc->verbose || nc->only_connect)
        user_print(&nc->output, "Connection to %s %u port [tcp] succeeded!\n",
                   ipv4_format(nc->address, address), nc->port);
    return nc->only_connect ? 0 : nc_talk(nc);
}

static int nc_accept(struct nc *nc, int listener)
{
    struct sockaddr_in from = {0};
    char address[IPV4_TEXT_SIZE];
    long error = connect_wait(listener, POLLIN, nc_deadline_ns(nc));
    if (error == 0)
        error = user_accept(listener, &from, SOCK_NONBLOCK);
    if (error < 0)
        return nc_fail(nc, "accept on", error);
    nc->socket = (int)error;
    nc->address = net_to_host32(from.sin_addr);
    if (nc->verbose)
        user_print(&nc->output, "Connection received on %s %u\n", ipv4_format(nc->address, address),
                   net_to_host16(from.sin_port));
    return nc_talk(nc);
}

static int nc_serve_tcp(struct nc *nc)
{
    int32_t on = 1;
    struct sockaddr_in name = user_endpoint(0, nc->port);
    long listener = user_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    long error = listener;
    if (listener >= 0) {
        (void)user_setsockopt((int)listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        error = user_bind((int)listener, &name);
    }
    if (error >= 0)
        error = user_listen((int)listener, 1);
    if (error < 0)
        return nc_fail(nc, "listen on", error);
    if (nc->verbose)
        user_print(&nc->output, "Listening on 0.0.0.0 %u\n", nc->port);
    return nc_accept(nc, (int)listener);
}

/* ---- UDP ------------------------------------------------------------------------------------- */

/* Prints what comes until nothing does for a while: 1 when nothing came at all. */
static int nc_print_datagrams(struct nc *nc)
{
    for (bool any = false;; any = true) {
        long size = connect_wait(nc->socket, POLLIN, nc_deadline_ns(nc));
        if (size == 0)
            size = user_recv(nc->socket, nc->buffer, sizeof nc->buffer, 0);
        if (size == -KETIMEDOUT || size == -KEAGAIN)
            return any ? 0 : NC_EXIT_FAILED;
        if (size < 0)
            return nc_fail(nc, "read from", size);
        (void)user_write_all(1, nc->buffer, (size_t)size);
    }
}

static int nc_send_udp(struct nc *nc)
{
    struct sockaddr_in peer = user_endpoint(nc->address, nc->port);
    long error = user_connect(nc->socket, &peer);
    if (error == 0 && nc->text_size > 0)
        error = user_send(nc->socket, nc->text, nc->text_size, 0);
    if (error < 0)
        return nc_fail(nc, "send to", error);
    return nc->only_connect ? 0 : nc_print_datagrams(nc);
}

/* The first who speaks is the one to talk to. */
static int nc_serve_udp(struct nc *nc)
{
    struct sockaddr_in name = user_endpoint(0, nc->port), from = {0};
    long error = user_bind(nc->socket, &name);
    if (error == 0)
        error = connect_wait(nc->socket, POLLIN, nc_deadline_ns(nc));
    if (error == 0)
        error = user_recvfrom(nc->socket, nc->buffer, sizeof nc->buffer, &from);
    if (error < 0)
        return nc_fail(nc, "receive on", error);
    (void)user_write_all(1, nc->buffer, (size_t)error);
    nc->address = net_to_host32(from.sin_addr);
    nc->port = net_to_host16(from.sin_port);
    if (nc->text_size == 0)
        return 0;
    error = user_sendto(nc->socket, nc->text, nc->text_size, &from);
    return error < 0 ? nc_fail(nc, "send to", error) : 0;
}

static int nc_run_udp(struct nc *nc)
{
    long socket = user_socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (socket < 0)
        return nc_fail(nc, "socket for", socket);
    nc->socket = (int)socket;
    return nc->listen ? nc_serve_udp(nc) : nc_send_udp(nc);
}

/* ---- the command line ------------------------------------------------------------------------ */

static int nc_usage(void)
{
    user_error("nc", "usage: nc [-Nuvz] [-w SECONDS] HOST PORT [TEXT...], or nc -l [-Nuv] "
                     "[-w SECONDS] PORT [TEXT...]");
    return USER_EXIT_USAGE;
}

static bool nc_set_option(struct nc *nc, int option, const char *value)
{
    nc->end_half |= option == 'N';
    nc->listen |= option == 'l';
    nc->udp |= option == 'u';
    nc->verbose |= option == 'v';
    nc->only_connect |= option == 'z';
    return option != 'w' || kparse_decimal(value, 9, &nc->timeout_ns);
}

static bool nc_take_text(struct nc *nc, char **words, int count)
{
    for (int i = 0; i < count; i++) {
        size_t length = kstrlen(words[i]);
        if (nc->text_size + length + 1 > sizeof nc->text)
            return false;
        memcpy(nc->text + nc->text_size, words[i], length);
        nc->text_size += length;
        nc->text[nc->text_size++] = i + 1 < count ? ' ' : '\n';
    }
    return true;
}

static int nc_parse(struct nc *nc, int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "Nluvzw:"};
    uint32_t port;
    int option;
    while ((option = user_next_option(&options)) != 0) {
        if (option == '?')
            return nc_usage();
        if (!nc_set_option(nc, option, options.value)) {
            user_error("nc", "invalid timeout: '%s'", options.value);
            return USER_EXIT_USAGE;
        }
    }
    int named = nc->listen ? 1 : 2;
    if (options.operand_count < named)
        return nc_usage();
    if (!kparse_u32(options.operands[named - 1], UINT16_MAX, &port) || port == 0) {
        user_error("nc", "port number invalid: '%s'", options.operands[named - 1]);
        return USER_EXIT_USAGE;
    }
    nc->host = options.operands[0];
    nc->port = (uint16_t)port;
    return nc_take_text(nc, options.operands + named, options.operand_count - named) ? 0
                                                                                     : nc_usage();
}

static bool nc_resolve(struct nc *nc)
{
    struct resolver_answer answer;
    if (resolver_look_up(nc->host, 0, nc_deadline_ns(nc), &answer) != RESOLVER_FOUND ||
        answer.address_count == 0) {
        user_error("nc", "getaddrinfo for host \"%s\" port %u: Name or service not known", nc->host,
                   nc->port);
        return false;
    }
    nc->address = answer.addresses[0];
    return true;
}

int nc_main(int argc, char **argv)
{
    struct nc nc = {.timeout_ns = UINT64_MAX};
    int status = nc_parse(&nc, argc, argv);
    if (status != 0)
        return status;
    if (!nc.listen && !nc_resolve(&nc))
        return NC_EXIT_FAILED;
    if (nc.udp)
        return nc_run_udp(&nc);
    return nc.listen ? nc_serve_tcp(&nc) : nc_connect(&nc);
}
