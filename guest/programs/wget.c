/*
 * wget.c - wget [-q] [-O FILE] [-T SECONDS] URL
 *
 * Fetches one URL by HTTP/1.1 with calls that block, each under an alarm: when nothing moves for so
 * many seconds (-T, 900), the program says "download timed out" and ends. The body goes to FILE, or
 * to standard output for "-", which is the default. Exit status: 0; 1 for whatever went wrong.
 */
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/http.h"
#include "programs/programs.h"
#include "programs/resolver.h"
#include "programs/user.h"
#include "programs/user_buffer.h"

#define WGET_TIMEOUT_NS  (900 * USER_NS_PER_S)
#define WGET_CHUNK_SIZE  4096 /* where there is no memory for more */
#define WGET_REQUEST_MAX (HTTP_PATH_MAX + HTTP_HOST_MAX + 128)
#define WGET_EXIT_FAILED 1

struct wget {
    const char *url_text, *file_name;
    bool quiet;
    uint64_t timeout_ns;
    int file, socket;
    struct http_url url;
    struct http_response response;
    struct user_buffer buffer;
};

/* The alarm rang: whatever blocks is over, and so is everything. */
static void wget_time_out(int number)
{
    (void)number;
    user_error("wget", "download timed out");
    user_exit(WGET_EXIT_FAILED);
}

static bool wget_connect(struct wget *wget)
{
    struct resolver_answer answer;
    char text[IPV4_TEXT_SIZE];
    if (resolver_look_up(wget->url.host, 0, UINT64_MAX, &answer) != RESOLVER_FOUND ||
        answer.address_count == 0) {
        user_error("wget", "bad address '%s'", wget->url.host);
        return false;
    }
    ipv4_format(answer.addresses[0], text);
    if (!wget->quiet)
        user_error("wget", "connecting to %s (%s:%u)", wget->url.host, text, wget->url.port);
    struct sockaddr_in peer = user_endpoint(answer.addresses[0], wget->url.port);
    long socket = user_socket(AF_INET, SOCK_STREAM, 0);
    long error = socket;
    if (socket >= 0) {
        wget->socket = (int)socket;
        (void)user_alarm(wget->timeout_ns);
        error = user_connect(wget->socket, &peer);
    }
    if (error < 0)
        user_error("wget", "can't connect to remote host (%s): %s", text, errno_text(error));
    return error >= 0;
}

static bool wget_send_request(struct wget *wget)
{
    char request[WGET_REQUEST_MAX];
    size_t size = ksnprintf(request, sizeof request,
                            "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: Wget\r\n"
                            "Connection: close\r\n\r\n",
                            wget->url.path, wget->url.host, wget->url.port);
    (void)user_alarm(wget->timeout_ns);
    long error = user_write_all(wget->socket, request, size);
    if (error != 0)
        user_error("wget", "error writing to the server: %s", errno_text(error));
    return error == 0;
}

/* All of a piece; false after a message. */
static bool wget_take(struct wget *wget, size_t size)
{
    for (size_t done = 0; done < size;) {
        const char *body;
        size_t body_size;
        enum http_state before = wget->response.state;
        done +=
            http_take(&wget->response, wget->buffer.bytes + done, size - done, &body, &body_size);
        if (before == HTTP_HEAD && wget->response.state != HTTP_HEAD &&
            wget->response.state != HTTP_BAD && wget->response.status != 200) {
            user_error("wget", "server returned error: HTTP %u", wget->response.status);
            return false;
        }
        long error = body_size > 0 ? user_write_all(wget->file, body, body_size) : 0;
        if (error != 0) {
            user_error("wget", "write error: %s", errno_text(error));
            return false;
        }
    }
    return true;
}

static bool wget_receive(struct wget *wget)
{
    http_begin(&wget->response, false);
    while (wget->response.state != HTTP_DONE && wget->response.state != HTTP_BAD) {
        (void)user_alarm(wget->timeout_ns);
        long size = user_read(wget->socket, wget->buffer.bytes, wget->buffer.size);
        if (size < 0) {
            user_error("wget", "read error: %s", errno_text(size));
            return false;
        }
        if (size == 0)
            break;
        if (!wget_take(wget, (size_t)size))
            return false;
    }
    if (!http_is_whole(&wget->response))
        user_error("wget", wget->response.state == HTTP_HEAD ? "error getting response"
                                                             : "connection closed prematurely");
    return http_is_whole(&wget->response);
}

static bool wget_set_option(struct wget *wget, int option, const char *value)
{
    if (option == 'T')
        return kparse_decimal(value, 9, &wget->timeout_ns);
    if (option == 'O')
        wget->file_name = value;
    else
        wget->quiet = true;
    return true;
}

static bool wget_parse(struct wget *wget, int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "O:T:q"};
    int option;
    while ((option = user_next_option(&options)) != 0) {
        if (option == '?')
            return false;
        if (!wget_set_option(wget, option, options.value)) {
            user_error("wget", "invalid argument: '%s'", options.value);
            return false;
        }
    }
    if (options.operand_count != 1) {
        user_error("wget", "usage: wget [-q] [-O FILE] [-T SECONDS] URL");
        return false;
    }
    wget->url_text = options.operands[0];
    return true;
}

static bool wget_open(struct wget *wget)
{
    wget->file = 1;
    if (http_parse_url(wget->url_text, &wget->url) != HTTP_URL_GOOD) {
        user_error("wget", "not an http url: %s", wget->url_text);
        return false;
    }
    if (wget->file_name == NULL || kstreq(wget->file_name, "-"))
        return true;
    long file = user_open(wget->file_name, O_WRONLY | O_CREAT | O_TRUNC);
    if (file < 0)
        user_error("wget", "can't open '%s': %s", wget->file_name, errno_text(file));
    wget->file = (int)file;
    return file >= 0;
}

int wget_main(int argc, char **argv)
{
    struct wget wget = {.timeout_ns = WGET_TIMEOUT_NS};
    char chunk[WGET_CHUNK_SIZE];
    if (!wget_parse(&wget, argc, argv))
        return USER_EXIT_USAGE;
    (void)user_on_signal(SIGALRM, wget_time_out);
    user_buffer_take(&wget.buffer, USER_BUFFER_SIZE, chunk, sizeof chunk);
    bool good =
        wget_open(&wget) && wget_connect(&wget) && wget_send_request(&wget) && wget_receive(&wget);
    (void)user_alarm(0);
    user_buffer_give_back(&wget.buffer);
    return good ? 0 : WGET_EXIT_FAILED;
}
