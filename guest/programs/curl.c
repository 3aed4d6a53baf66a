/*
 * curl.c - curl [-vsIL] [-o FILE] [--connect-timeout S] [--max-time S] [--max-redirs N] URL
 *
 * Fetches one URL by HTTP/1.1, the way libcurl does: see programs/resolver.h and
 * programs/connect.h; then it sends, and reads when the poll says so. What goes wrong is told with
 * curl's numbers.
 *
 *   -o, --output FILE      the body goes there (/tmp/…) instead of to standard output
 *   -I, --head             HEAD instead of GET, and shows what comes
 *   -L, --location         follows redirections
 *   -v, --verbose          tells what it does
 *   -s, --silent           no messages
 *   --connect-timeout S    seconds for name and connection together (300)
 *   -m, --max-time S       seconds for everything
 *   --max-redirs N         redirections at most (50)
 *
 * Exit status: 0; 1 protocol not supported; 2 usage; 3 URL malformed; 6 host not resolved; 7 not
 * connected; 18 the end came too early; 23 not written; 28 time is over; 47 too many redirections;
 * 52 nothing came; 55 not sent; 56 not received.
 */
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/connect.h"
#include "programs/http.h"
#include "programs/programs.h"
#include "programs/resolver.h"
#include "programs/user.h"

#define CURL_CONNECT_TIMEOUT_NS (300 * USER_NS_PER_S)
#define CURL_REDIRECTIONS_MAX   50
#define CURL_BUFFER_SIZE        4096
#define CURL_REQUEST_MAX        (HTTP_PATH_MAX + HTTP_HOST_MAX + 128)

enum {
    CURL_PROTOCOL = 1,
    CURL_MALFORMED = 3,
    CURL_RESOLVE = 6,
    CURL_CONNECT = 7,
    CURL_PARTIAL = 18,
    CURL_WRITE = 23,
    CURL_TIMEOUT = 28,
    CURL_REDIRECTIONS = 47,
    CURL_NOTHING = 52,
    CURL_SEND = 55,
    CURL_RECEIVE = 56,
};

struct curl {
    struct user_output output;
    const char *url_text, *file_name;
    bool verbose, silent, head, follow;
    uint32_t redirections_max;
    uint64_t connect_timeout_ns, max_time_ns; /* UINT64_MAX: none */

    uint64_t begin_ns;    /* of this transfer */
    uint64_t deadline_ns; /* of everything */
    int file;             /* where the body goes */
    int socket;
    uint32_t address;
    struct http_url url;
    struct http_response response;
    char buffer[CURL_BUFFER_SIZE];
};

/* ---- messages -------------------------------------------------------------------------------- */

/* "curl: (7) …". Returns the number. */
__attribute__((format(printf, 3, 4))) static int curl_fail(const struct curl *curl, int number,
                                                           const char *format, ...)
{
    char text[USER_LINE_MAX - 16];
    va_list args;
    if (curl->silent)
        return number;
    va_start(args, format);
    (void)kvsnprintf(text, sizeof text, format, args);
    va_end(args);
    user_error("curl", "(%d) %s", number, text);
    return number;
}

__attribute__((format(printf, 2, 3))) static void curl_tell(struct curl *curl, const char *format,
                                                            ...)
{
    char text[USER_LINE_MAX - 16];
    va_list args;
    if (!curl->verbose)
        return;
    va_start(args, format);
    (void)kvsnprintf(text, sizeof text, format, args);
    va_end(args);
    user_print(&curl->output, "%s\n", text);
}

static unsigned long curl_elapsed_ms(const struct curl *curl)
{
    return (unsigned long)((user_now_ns() - curl->begin_ns) / USER_NS_PER_MS);
}

/* ---- the connection -------------------------------------------------------------------------- */

static uint64_t curl_after(uint64_t duration_ns)
{
    uint64_t now_ns = user_now_ns();
    return duration_ns >= UINT64_MAX - now_ns ? UINT64_MAX : now_ns + duration_ns;
}

static int curl_connect_to(struct curl *curl, const struct resolver_answer *answer,
                           uint64_t deadline_ns)
{
    char text[IPV4_TEXT_SIZE];
    long error = -KEHOSTUNREACH;
    for (unsigned i = 0; i < answer->address_count; i++) {
        curl->address = answer->addresses[i];
        ipv4_format(curl->address, text);
        curl_tell(curl, "*   Trying %s:%u...", text, curl->url.port);
        error = connect_tcp(curl->address, curl->url.port, deadline_ns, &curl->socket);
        if (error == 0) {
            curl_tell(curl, "* Connected to %s (%s) port %u", curl->url.host, text, curl->url.port);
            return 0;
        }
        curl_tell(curl, "* connect to %s port %u failed: %s", text, curl->url.port,
                  errno_text(error));
    }
    if (error == -KETIMEDOUT)
        return curl_fail(curl, CURL_TIMEOUT, "Connection timed out after %lu milliseconds",
                         curl_elapsed_ms(curl));
    return curl_fail(curl, CURL_CONNECT, "Failed to connect to %s port %u after %lu ms: %s",
                     curl->url.host, curl->url.port, curl_elapsed_ms(curl), errno_text(error));
}

static int curl_connect(struct curl *curl)
{
    struct resolver_answer answer;
    uint64_t deadline_ns = curl_after(curl->connect_timeout_ns);
    if (curl->deadline_ns < deadline_ns)
        deadline_ns = curl->deadline_ns;
    enum resolver_status status = resolver_look_up(curl->url.host, 0, deadline_ns, &answer);
    if (status == RESOLVER_TIME_IS_UP)
        return curl_fail(curl, CURL_TIMEOUT, "Resolving timed out after %lu milliseconds",
                         curl_elapsed_ms(curl));
    if (status != RESOLVER_FOUND || answer.address_count == 0)
        return curl_fail(curl, CURL_RESOLVE, "Could not resolve host: %s", curl->url.host);
    return curl_connect_to(curl, &answer, deadline_ns);
}

/* ---- the request ----------------------------------------------------------------------------- */

static int curl_send_request(struct curl *curl)
{
    char request[CURL_REQUEST_MAX], port[8] = "";
    if (curl->url.port != HTTP_PORT)
        (void)ksnprintf(port, sizeof port, ":%u", curl->url.port);
    size_t size = ksnprintf(request, sizeof request,
                            "%s %s HTTP/1.1\r\nHost: %s%s\r\nUser-Agent: curl\r\nAccept: */*\r\n"
                            "\r\n",
                            curl->head ? "HEAD" : "GET", curl->url.path, curl->url.host, port);
    curl_tell(curl, "> %s %s HTTP/1.1", curl->head ? "HEAD" : "GET", curl->url.path);
    curl_tell(curl, "> Host: %s%s", curl->url.host, port);
    curl_tell(curl, ">");
    long error = connect_send_all(curl->socket, request, size, curl->deadline_ns);
    if (error == -KETIMEDOUT)
        return curl_fail(curl, CURL_TIMEOUT,
                         "Operation timed out after %lu milliseconds with 0 "
                         "bytes received",
                         curl_elapsed_ms(curl));
    if (error != 0)
        return curl_fail(curl, CURL_SEND, "Send failure: %s", errno_text(error));
    return 0;
}

/* ---- the response ---------------------------------------------------------------------------- */

/* Its lines, which end with NUL by now. */
static void curl_show_head(struct curl *curl)
{
    const char *line = curl->response.head;
    const char *end = line + curl->response.head_size;
    const char *before = curl->verbose ? "< " : "";
    if (!curl->verbose && !curl->head)
        return;
    while (line < end) {
        if (*line == '\0' || *line == '\r' || *line == '\n') {
            line++;
            continue;
        }
        user_print(&curl->output, "%s%s\n", before, line);
        line += kstrlen(line);
    }
    user_print(&curl->output, "%s\n", curl->verbose ? "<" : "");
}

static bool curl_is_redirection(const struct curl *curl)
{
    return curl->follow && curl->response.status >= 300 && curl->response.status < 400 &&
           curl->response.location[0] != '\0';
}

/* All of a piece. False: what is the body's cannot be written. */
static bool curl_take(struct curl *curl, size_t size)
{
    for (size_t done = 0; done < size;) {
        const char *body;
        size_t body_size;
        enum http_state before = curl->response.state;
        if (before == HTTP_DONE || before == HTTP_BAD)
            break;
        done += http_take(&curl->response, curl->buffer + done, size - done, &body, &body_size);
        if (before == HTTP_HEAD && curl->response.state != HTTP_HEAD)
            curl_show_head(curl);
        if (body_size > 0 && !curl_is_redirection(curl) &&
            user_write_all(curl->file, body, body_size) != 0)
            return false;
    }
    return true;
}

/* The connection has ended before the response has. */
static int curl_judge_end(const struct curl *curl)
{
    const struct http_response *response = &curl->response;
    if (http_is_whole(response))
        return 0;
    if (response->state == HTTP_HEAD && response->head_size == 0)
        return curl_fail(curl, CURL_NOTHING, "Empty reply from server");
    if (response->state == HTTP_LENGTH && !response->chunked)
        return curl_fail(curl, CURL_PARTIAL, "transfer closed with %lu bytes remaining to read",
                         (unsigned long)response->left);
    if (response->state == HTTP_HEAD)
        return curl_fail(curl, CURL_RECEIVE, "Recv failure: the head of the response has no end");
    return curl_fail(curl, CURL_PARTIAL, "transfer closed with outstanding read data remaining");
}

static int curl_receive(struct curl *curl)
{
    http_begin(&curl->response, curl->head);
    while (curl->response.state != HTTP_DONE) {
        long size = user_recv(curl->socket, curl->buffer, sizeof curl->buffer, 0);
        if (size == -KEAGAIN) {
            long error = connect_wait(curl->socket, POLLIN, curl->deadline_ns);
            if (error == -KETIMEDOUT)
                return curl_fail(curl, CURL_TIMEOUT,
                                 "Operation timed out after %lu milliseconds with %lu bytes "
                                 "received",
                                 curl_elapsed_ms(curl), (unsigned long)curl->response.body_size);
            if (error == 0)
                continue;
            size = error;
        }
        if (size < 0)
            return curl_fail(curl, CURL_RECEIVE, "Recv failure: %s", errno_text(size));
        if (size == 0)
            return curl_judge_end(curl);
        if (!curl_take(curl, (size_t)size))
            return curl_fail(curl, CURL_WRITE, "Failure writing output to destination");
        if (curl->response.state == HTTP_BAD)
            return curl_fail(curl, CURL_PROTOCOL, "Received HTTP/0.9 when not allowed");
    }
    return 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int curl_transfer(struct curl *curl)
{
    curl->begin_ns = user_now_ns();
    int status = curl_connect(curl);
    if (status != 0)
        return status;
    status = curl_send_request(curl);
    if (status == 0)
        status = curl_receive(curl);
    curl_tell(curl, "* Closing connection");
    (void)user_close(curl->socket);
    return status;
}

/* Another URL, or another path on the same host. */
static int curl_redirect(struct curl *curl)
{
    const char *location = curl->response.location;
    if (location[0] == '/') {
        (void)kstrlcpy(curl->url.path, location, sizeof curl->url.path);
        return 0;
    }
    return http_parse_url(location, &curl->url) == HTTP_URL_GOOD
               ? 0
               : curl_fail(curl, CURL_MALFORMED, "URL using bad/illegal format: %s", location);
}

static int curl_fetch(struct curl *curl)
{
    for (uint32_t i = 0;; i++) {
        int status = curl_transfer(curl);
        if (status != 0 || !curl_is_redirection(curl))
            return status;
        if (i == curl->redirections_max)
            return curl_fail(curl, CURL_REDIRECTIONS, "Maximum (%u) redirects followed",
                             (unsigned)curl->redirections_max);
        status = curl_redirect(curl);
        if (status != 0)
            return status;
        curl_tell(curl, "* Issue another request to this URL: '%s'", curl->response.location);
    }
}

static bool curl_set_option(struct curl *curl, int option, const char *value)
{
    switch (option) {
    case 'o':
        curl->file_name = value;
        return true;
    case 'c':
        return kparse_decimal(value, 9, &curl->connect_timeout_ns);
    case 'm':
        return kparse_decimal(value, 9, &curl->max_time_ns);
    case 'r':
        return kparse_u32(value, UINT32_MAX, &curl->redirections_max);
    case 'v':
        curl->verbose = true;
        return true;
    case 's':
        curl->silent = true;
        return true;
    case 'I':
        curl->head = true;
        return true;
    default:
        curl->follow = true;
        return true;
    }
}

static int curl_parse(struct curl *curl, int argc, char **argv)
{
    static const struct user_long_option long_options[] = {
        {"output", 'o'},     {"connect-timeout", 'c'}, {"max-time", 'm'},
        {"max-redirs", 'r'}, {"verbose", 'v'},         {"silent", 's'},
        {"head", 'I'},       {"location", 'L'},        {NULL, 0},
    };
    struct user_options options = {
        .argc = argc, .argv = argv, .known = "o:c:m:r:vsIL", .long_known = long_options};
    int option;
    while ((option = user_next_option(&options)) != 0) {
        if (option == '?')
            return USER_EXIT_USAGE;
        if (!curl_set_option(curl, option, options.value)) {
            user_error("curl", "invalid argument: '%s'", options.value);
            return USER_EXIT_USAGE;
        }
    }
    if (options.operand_count != 1) {
        user_error("curl", "usage: curl [-vsIL] [-o FILE] [--connect-timeout S] [--max-time S] "
                           "[--max-redirs N] URL");
        return USER_EXIT_USAGE;
    }
    curl->url_text = options.operands[0];
    return 0;
}

static int curl_begin(struct curl *curl)
{
    switch (http_parse_url(curl->url_text, &curl->url)) {
    case HTTP_URL_GOOD:
        break;
    case HTTP_URL_PROTOCOL:
        return curl_fail(curl, CURL_PROTOCOL, "Protocol not supported: %s", curl->url_text);
    case HTTP_URL_MALFORMED:
        return curl_fail(curl, CURL_MALFORMED, "URL using bad/illegal format: %s", curl->url_text);
    }
    curl->deadline_ns = curl_after(curl->max_time_ns);
    curl->file = 1;
    if (curl->file_name == NULL)
        return 0;
    long file = user_open(curl->file_name, O_WRONLY | O_CREAT | O_TRUNC);
    if (file < 0)
        return curl_fail(curl, CURL_WRITE, "Failed to open the file %s: %s", curl->file_name,
                         errno_text(file));
    curl->file = (int)file;
    return 0;
}

int curl_main(int argc, char **argv)
{
    struct curl curl = {
        .connect_timeout_ns = CURL_CONNECT_TIMEOUT_NS,
        .max_time_ns = UINT64_MAX,
        .redirections_max = CURL_REDIRECTIONS_MAX,
    };
    int status = curl_parse(&curl, argc, argv);
    if (status == 0)
        status = curl_begin(&curl);
    if (status == 0)
        status = curl_fetch(&curl);
    return status;
}
