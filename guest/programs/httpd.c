/*
 * httpd.c - httpd [-p PORT] [-n COUNT]
 *
 * Serves files of /tmp by HTTP/1.1, to many at once: GET and HEAD of /NAME, and of /bytes/N, which
 * are N bytes made on the spot: the 89 characters from '!' on, over and over. Each connection is
 * closed after its answer. One epoll set waits for all; a client that lets 30 s pass without a byte
 * in either direction is closed. More than HTTPD_CLIENTS_MAX wait in the backlog.
 *
 *   -p  the port (80)
 *   -n  ends after so many connections; without it, never
 *
 * It says so when it listens: whoever is to connect may do so from then on.
 *
 * Exit status: 0; 1 when it cannot listen.
 */
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user_file.h"

#define HTTPD_PORT         80
#define HTTPD_BACKLOG      128
#define HTTPD_CLIENTS_MAX  64
#define HTTPD_BUFFER_SIZE  2048
#define HTTPD_TEXT_MAX     160
#define HTTPD_EVENTS_MAX   16
#define HTTPD_LISTENER     HTTPD_CLIENTS_MAX /* what its events bring; others bring their place */
#define HTTPD_PERIOD       89                /* of the bytes that are made; no size of a buffer */
#define HTTPD_FOLDER       "/tmp"
#define HTTPD_MADE         "/bytes/"
#define HTTPD_PATIENCE_NS  (30 * USER_NS_PER_S)
#define HTTPD_EXIT_FAILED  1
#define HTTPD_STATUS_OK    200
#define HTTPD_STATUS_BAD   400
#define HTTPD_STATUS_NONE  404
#define HTTPD_STATUS_OTHER 501

/* Of a request only its first line matters; the rest is counted off up to the empty line. */
struct httpd_client {
    int socket;        /* negative: nobody */
    bool answers;      /* the request is there */
    uint64_t until_ns; /* without a byte until then it is closed */
    unsigned matched;  /* bytes of the empty line that came last */
    size_t text_size, text_done;
    char text[HTTPD_TEXT_MAX]; /* that line, and when it is read, the head of the answer */
    bool head_only;
    int file;              /* of the body; negative: its bytes are made */
    uint64_t size, offset; /* of the body, and what of it is sent */
};

struct httpd {
    uint32_t port, count; /* count 0: for ever */
    uint32_t accepted, served;
    int listener, set;
    bool is_full; /* nobody is accepted */
    struct httpd_client clients[HTTPD_CLIENTS_MAX];
    char buffer[HTTPD_BUFFER_SIZE];
};

/* ---- the request ----------------------------------------------------------------------------- */

/* Takes bytes. True: the empty line is among them. */
static bool httpd_take(struct httpd_client *client, const char *bytes, size_t size)
{
    static const char end[] = "\r\n\r\n";
    for (size_t i = 0; i < size; i++) {
        if (client->text_size < sizeof client->text - 1)
            client->text[client->text_size++] = bytes[i];
        if (bytes[i] == end[client->matched])
            client->matched++;
        else
            client->matched = bytes[i] == end[0] ? 1 : 0;
        if (client->matched == sizeof end - 1)
            return true;
    }
    return false;
}

/* A path that leads out of the folder is of nothing in it. */
static bool httpd_goes_up(const char *path)
{
    for (const char *at = path; *at != '\0'; at++) {
        if (kstr_has_prefix(at, "/..") && (at[3] == '/' || at[3] == '\0'))
            return true;
    }
    return false;
}

static unsigned httpd_open(struct httpd_client *client, const char *path)
{
    char name[USER_PATH_MAX];
    struct kernel_stat stat;
    if (kstr_has_prefix(path, HTTPD_MADE))
        return kparse_u64(path + sizeof HTTPD_MADE - 1, &client->size) ? HTTPD_STATUS_OK
                                                                       : HTTPD_STATUS_BAD;
    (void)ksnprintf(name, sizeof name, "%s%s", HTTPD_FOLDER, path);
    if (httpd_goes_up(path) || user_stat(name, true, &stat) != 0 ||
        (stat.st_mode & S_IFMT) != S_IFREG)
        return HTTPD_STATUS_NONE;
    long file = user_open(name, O_RDONLY);
    if (file < 0)
        return HTTPD_STATUS_NONE;
    client->file = (int)file;
    client->size = (uint64_t)user_seek((int)file, 0, SEEK_END);
    return HTTPD_STATUS_OK;
}

/* What is asked for: "GET /path HTTP/1.1". Returns the status of the answer. */
static unsigned httpd_parse(struct httpd_client *client)
{
    char *path = client->text;
    client->text[client->text_size] = '\0';
    client->head_only = kstr_has_prefix(client->text, "HEAD ");
    if (!client->head_only && !kstr_has_prefix(client->text, "GET "))
        return HTTPD_STATUS_OTHER;
    while (*path != ' ')
        path++;
    path++;
    char *end = path;
    while (*end != ' ' && *end != '\r' && *end != '\0')
        end++;
    if (*path != '/' || *end != ' ')
        return HTTPD_STATUS_BAD;
    *end = '\0';
    return httpd_open(client, path);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static const char *httpd_reason(unsigned status)
{
    switch (status) {
    case HTTPD_STATUS_OK:
        return "OK";
    case HTTPD_STATUS_BAD:
        return "Bad Request";
    case HTTPD_STATUS_NONE:
        return "Not Found";
    default:
        return "Not Implemented";
    }
}

static void httpd_begin_answer(struct httpd_client *client)
{
    unsigned status = httpd_parse(client);
    client->text_size =
        ksnprintf(client->text, sizeof client->text,
                  "HTTP/1.1 %u %s\r\nContent-Length: %lu\r\nConnection: close\r\n\r\n", status,
                  httpd_reason(status), (unsigned long)client->size);
    client->answers = true;
    if (client->head_only)
        client->size = 0;
}

/* The next piece of the body. 0: there is none. */
static size_t httpd_fill(const struct httpd_client *client, char *buffer)
{
    uint64_t left = client->size - client->offset;
    size_t size = left < HTTPD_BUFFER_SIZE ? (size_t)left : HTTPD_BUFFER_SIZE;
    if (client->file >= 0) {
        (void)user_seek(client->file, (int64_t)client->offset, SEEK_SET);
        long result = user_read(client->file, buffer, size);
        return result > 0 ? (size_t)result : 0;
    }
    for (size_t i = 0; i < size; i++)
        buffer[i] = (char)('!' + (client->offset + i) % HTTPD_PERIOD);
    return size;
}

/* As much as there is room for: what the last call said, or 0 when all is sent. */
static long httpd_send(struct httpd_client *client, char *buffer)
{
    for (;;) {
        bool body = client->text_done == client->text_size;
        const char *from = body ? buffer : client->text + client->text_done;
        size_t size = body ? httpd_fill(client, buffer) : client->text_size - client->text_done;
        if (size == 0)
            return 0;
        long result = user_send(client->socket, from, size, MSG_NOSIGNAL);
        if (result <= 0)
            return result;
        if (body)
            client->offset += (uint64_t)result;
        else
            client->text_done += (size_t)result;
    }
}

/* ---- clients --------------------------------------------------------------------------------- */

static void httpd_end(struct httpd *httpd, struct httpd_client *client)
{
    if (client->file >= 0)
        (void)user_close(client->file);
    (void)user_close(client->socket); /* and it is out of the set */
    client->socket = -1;
    httpd->served++;
}

/* What can be done for it without waiting. False: it is over. */
static bool httpd_advance(struct httpd *httpd, struct httpd_client *client)
{
    long result = 0;
    while (!client->answers) {
        result = user_recv(client->socket, httpd->buffer, sizeof httpd->buffer, 0);
        if (result <= 0)
            return result == -KEAGAIN;
        if (httpd_take(client, httpd->buffer, (size_t)result)) {
            httpd_begin_answer(client);
            (void)user_epoll_ctl(httpd->set, EPOLL_CTL_MOD, client->socket, POLLOUT,
                                 (uint64_t)(client - httpd->clients));
        }
    }
    return httpd_send(client, httpd->buffer) == -KEAGAIN;
}

static void httpd_serve(struct httpd *httpd, struct httpd_client *client)
{
    client->until_ns = user_now_ns() + HTTPD_PATIENCE_NS;
    if (!httpd_advance(httpd, client))
        httpd_end(httpd, client);
}

static struct httpd_client *httpd_find_place(struct httpd *httpd)
{
    for (unsigned i = 0; i < HTTPD_CLIENTS_MAX; i++) {
        if (httpd->clients[i].socket < 0)
            return &httpd->clients[i];
    }
    return NULL;
}

/* Whoever waits is accepted while there is a place, and a connection that counts. */
static void httpd_accept(struct httpd *httpd)
{
    for (;;) {
        struct httpd_client *client = httpd_find_place(httpd);
        httpd->is_full = client == NULL || (httpd->count != 0 && httpd->accepted == httpd->count);
        (void)user_epoll_ctl(httpd->set, EPOLL_CTL_MOD, httpd->listener,
                             httpd->is_full ? 0 : POLLIN, HTTPD_LISTENER);
        if (httpd->is_full)
            return;
        long socket = user_accept(httpd->listener, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0)
            return;
        *client = (struct httpd_client){.socket = (int)socket, .file = -1};
        httpd->accepted++;
        (void)user_epoll_ctl(httpd->set, EPOLL_CTL_ADD, client->socket, POLLIN,
                             (uint64_t)(client - httpd->clients));
        httpd_serve(httpd, client);
    }
}

/* Ends who has said and taken nothing for too long. Returns when to look again. */
static uint64_t httpd_expire(struct httpd *httpd)
{
    uint64_t now_ns = user_now_ns(), next_ns = UINT64_MAX;
    for (unsigned i = 0; i < HTTPD_CLIENTS_MAX; i++) {
        struct httpd_client *client = &httpd->clients[i];
        if (client->socket < 0)
            continue;
        if (client->until_ns <= now_ns)
            httpd_end(httpd, client);
        else if (client->until_ns < next_ns)
            next_ns = client->until_ns;
    }
    return next_ns;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* One wait. 0, or the error. */
static long httpd_wait(struct httpd *httpd)
{
    struct epoll_event events[HTTPD_EVENTS_MAX];
    uint64_t until_ns = httpd_expire(httpd);
    if (httpd->is_full)
        httpd_accept(httpd); /* there may be a place now */
    uint64_t left_ns = until_ns == UINT64_MAX ? 0 : until_ns - user_now_ns();
    int timeout_ms =
        until_ns == UINT64_MAX ? -1 : (int)((left_ns + USER_NS_PER_MS - 1) / USER_NS_PER_MS);
    long count = user_epoll_wait(httpd->set, events, HTTPD_EVENTS_MAX, timeout_ms);
    for (long i = 0; i < count; i++) {
        if (events[i].data == HTTPD_LISTENER)
            httpd_accept(httpd);
        else if (httpd->clients[events[i].data].socket >= 0)
            httpd_serve(httpd, &httpd->clients[events[i].data]);
    }
    return count < 0 && count != -KEINTR ? count : 0;
}

static long httpd_listen(struct httpd *httpd)
{
    int32_t on = 1;
    struct sockaddr_in name = user_endpoint(0, (uint16_t)httpd->port);
    long listener = user_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return listener;
    (void)user_setsockopt((int)listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    long error = user_bind((int)listener, &name);
    if (error == 0)
        error = user_listen((int)listener, HTTPD_BACKLOG);
    if (error != 0)
        return error;
    httpd->listener = (int)listener;
    long set = user_epoll_create();
    if (set < 0)
        return set;
    httpd->set = (int)set;
    return user_epoll_ctl(httpd->set, EPOLL_CTL_ADD, httpd->listener, POLLIN, HTTPD_LISTENER);
}

static bool httpd_parse_arguments(struct httpd *httpd, int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "p:n:"};
    int option;
    while ((option = user_next_option(&options)) != 0) {
        uint32_t *number = option == 'p' ? &httpd->port : &httpd->count;
        if (option == '?' ||
            !kparse_u32(options.value, option == 'p' ? UINT16_MAX : UINT32_MAX, number) ||
            *number == 0)
            return false;
    }
    return options.operand_count == 0;
}

int httpd_main(int argc, char **argv)
{
    struct httpd httpd = {.port = HTTPD_PORT};
    struct user_output output = {.used = 0};
    for (unsigned i = 0; i < HTTPD_CLIENTS_MAX; i++)
        httpd.clients[i].socket = -1;
    if (!httpd_parse_arguments(&httpd, argc, argv)) {
        user_error("httpd", "usage: httpd [-p PORT] [-n COUNT]");
        return USER_EXIT_USAGE;
    }
    long error = httpd_listen(&httpd);
    if (error != 0) {
        user_error("httpd", "port %u: %s", (unsigned)httpd.port, errno_text(error));
        return HTTPD_EXIT_FAILED;
    }
    user_print(&output, "httpd: serving port %u\n", (unsigned)httpd.port);
    while (error == 0 && (httpd.count == 0 || httpd.served < httpd.count))
        error = httpd_wait(&httpd);
    if (error != 0)
        user_error("httpd", "epoll_wait: %s", errno_text(error));
    return error == 0 ? 0 : HTTPD_EXIT_FAILED;
}
