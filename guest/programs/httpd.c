/*
 * httpd.c - httpd [-p PORT] [-n COUNT]
 *
 * Serves files of /tmp by HTTP/1.1, one connection after the other: GET and HEAD of /NAME, and of
 * /bytes/N, which are N bytes made on the spot: the 89 characters from '!' on, over and over. Each
 * connection is closed after its answer.
 *
 *   -p  the port (80)
 *   -n  ends after so many connections; without it, never
 *
 * Exit status: 0; 1 when it cannot listen.
 */
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define HTTPD_PORT         80
#define HTTPD_BACKLOG      128
#define HTTPD_BUFFER_SIZE  4096
#define HTTPD_REQUEST_MAX  2048
#define HTTPD_PERIOD       89 /* of the bytes that are made; no size of a buffer */
#define HTTPD_FOLDER       "/tmp"
#define HTTPD_MADE         "/bytes/"
#define HTTPD_TIMEOUT_S    30 /* for a request to come, or an answer to go */
#define HTTPD_EXIT_FAILED  1
#define HTTPD_STATUS_OK    200
#define HTTPD_STATUS_BAD   400
#define HTTPD_STATUS_NONE  404
#define HTTPD_STATUS_OTHER 501

struct httpd {
    uint32_t port, count;
    int socket;
    int file;      /* of the answer; negative: its bytes are made */
    uint64_t size; /* of the answer */
    bool head_only;
    char request[HTTPD_REQUEST_MAX];
    char buffer[HTTPD_BUFFER_SIZE];
};

/* ---- the request ----------------------------------------------------------------------------- */

/* Up to the empty line. False: it does not come. */
static bool httpd_receive(struct httpd *httpd)
{
    size_t used = 0;
    for (;;) {
        long size =
            user_recv(httpd->socket, httpd->request + used, sizeof httpd->request - 1 - used, 0);
        if (size <= 0)
            return false;
        used += (size_t)size;
        httpd->request[used] = '\0';
        if (used >= 4 && kmemeq(httpd->request + used - 4, "\r\n\r\n", 4))
            return true;
    }
}

static unsigned httpd_open(struct httpd *httpd, const char *path)
{
    char name[USER_PATH_MAX];
    httpd->file = -1;
    httpd->size = 0;
    if (kstr_has_prefix(path, HTTPD_MADE))
        return kparse_u64(path + sizeof HTTPD_MADE - 1, &httpd->size) ? HTTPD_STATUS_OK
                                                                      : HTTPD_STATUS_BAD;
    (void)ksnprintf(name, sizeof name, "%s%s", HTTPD_FOLDER, path);
    long file = user_open(name, O_RDONLY);
    if (file < 0)
        return HTTPD_STATUS_NONE;
    httpd->file = (int)file;
    httpd->size = (uint64_t)user_seek((int)file, 0, SEEK_END);
    (void)user_seek((int)file, 0, SEEK_SET);
    return HTTPD_STATUS_OK;
}

/* What is asked for: "GET /path HTTP/1.1". Returns the status of the answer. */
static unsigned httpd_parse(struct httpd *httpd)
{
    char *path = httpd->request;
    httpd->file = -1;
    httpd->size = 0;
    httpd->head_only = kstr_has_prefix(httpd->request, "HEAD ");
    if (!httpd->head_only && !kstr_has_prefix(httpd->request, "GET "))
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
    return httpd_open(httpd, path);
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

static bool httpd_send(const struct httpd *httpd, size_t size)
{
    for (size_t done = 0; done < size;) {
        long result = user_send(httpd->socket, httpd->buffer + done, size - done, MSG_NOSIGNAL);
        if (result <= 0)
            return false;
        done += (size_t)result;
    }
    return true;
}

/* The next piece of the body, from `offset` on. 0: there is none. */
static size_t httpd_fill(struct httpd *httpd, uint64_t offset)
{
    uint64_t left = httpd->size - offset;
    size_t size = left < sizeof httpd->buffer ? (size_t)left : sizeof httpd->buffer;
    if (httpd->file >= 0) {
        long result = user_read(httpd->file, httpd->buffer, size);
        return result > 0 ? (size_t)result : 0;
    }
    for (size_t i = 0; i < size; i++)
        httpd->buffer[i] = (char)('!' + (offset + i) % HTTPD_PERIOD);
    return size;
}

static void httpd_answer(struct httpd *httpd, unsigned status)
{
    size_t size = ksnprintf(httpd->buffer, sizeof httpd->buffer,
                            "HTTP/1.1 %u %s\r\nContent-Length: %lu\r\nConnection: close\r\n\r\n",
                            status, httpd_reason(status), (unsigned long)httpd->size);
    if (!httpd_send(httpd, size) || httpd->head_only)
        return;
    for (uint64_t offset = 0; offset < httpd->size; offset += size) {
        size = httpd_fill(httpd, offset);
        if (size == 0 || !httpd_send(httpd, size))
            return;
    }
}

static void httpd_serve(struct httpd *httpd)
{
    struct kernel_timeval timeout = {HTTPD_TIMEOUT_S, 0};
    (void)user_setsockopt(httpd->socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    (void)user_setsockopt(httpd->socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (!httpd_receive(httpd))
        return;
    unsigned status = httpd_parse(httpd);
    httpd_answer(httpd, status);
    if (httpd->file >= 0)
        (void)user_close(httpd->file);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static long httpd_listen(const struct httpd *httpd)
{
    int32_t on = 1;
    struct sockaddr_in name = user_endpoint(0, (uint16_t)httpd->port);
    long listener = user_socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0)
        return listener;
    (void)user_setsockopt((int)listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    long error = user_bind((int)listener, &name);
    if (error == 0)
        error = user_listen((int)listener, HTTPD_BACKLOG);
    return error == 0 ? listener : error;
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
    if (!httpd_parse_arguments(&httpd, argc, argv)) {
        user_error("httpd", "usage: httpd [-p PORT] [-n COUNT]");
        return USER_EXIT_USAGE;
    }
    long listener = httpd_listen(&httpd);
    if (listener < 0) {
        user_error("httpd", "port %u: %s", (unsigned)httpd.port, errno_text(listener));
        return HTTPD_EXIT_FAILED;
    }
    for (uint32_t served = 0; httpd.count == 0 || served < httpd.count; served++) {
        struct sockaddr_in from;
        long socket = user_accept((int)listener, &from, 0);
        if (socket < 0) {
            user_error("httpd", "accept: %s", errno_text(socket));
            return HTTPD_EXIT_FAILED;
        }
        httpd.socket = (int)socket;
        httpd_serve(&httpd);
        (void)user_close(httpd.socket);
    }
    return 0;
}
