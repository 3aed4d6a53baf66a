/*
 * serve_http.c - a service that gives out the files of a folder: [RFC9110], [RFC9112]
 *
 * GET and HEAD over HTTP/1.1 and 1.0, one request after the other on a connection, any number of
 * them in a row without waiting for answers. A single byte range of a file, [RFC9110] 14, is
 * honoured. A folder is answered by its index.html; without its last slash by 301 to where it is.
 *
 * A path is taken apart into names, and each is opened in the folder before it, never through a
 * symbolic link; "." and ".." and names with a slash or a NUL in them are nowhere. So nothing outside
 * of the folder can be read. A file is read as it is sent, and never kept in memory.
 *
 * /bytes/N, where the folder has no such file, is N bytes that are made as they are sent: the 89
 * characters from '!' on, over and over. So a large transfer needs no large file.
 *
 * What it does not do: no directory listings, no content coding, no conditions, no request bodies
 * but to skip them, no dates. [RFC9110] 6.6.1: an origin server without a clock must not send Date.
 */
#include "emu/wire/serve_app.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HTTP_PATH_MAX  1024
#define HTTP_DEPTH_MAX 32
#define HTTP_BODY_MAX  UINT64_C(1000000000) /* of a request, to be skipped */
#define HTTP_MADE      "/bytes/"
#define HTTP_MADE_MAX  UINT64_C(1000000000)
#define HTTP_PERIOD    89 /* of the bytes that are made; no size of a segment */

struct serve_http {
    const char *folder;
    GString *head;    /* of a response, what has not been put into the pipe yet */
    int file;         /* -1: none, or the bytes are made */
    uint64_t at, end; /* of the file or the bytes, what is still to be sent */
    uint64_t skip;    /* bytes of the request's body */
    bool is_last;     /* the connection closes behind this response */
};

struct http_request {
    bool is_head, is_old; /* HEAD; HTTP/1.0 */
    bool keeps, closes;   /* what Connection says */
    char target[HTTP_PATH_MAX + 1];
    bool has_range;
    uint64_t first, last; /* of the range; UINT64_MAX: to the end, or the last `last` bytes */
    uint64_t body;
    unsigned status; /* why it cannot be answered, or 0 */
};

static const char *serve_http_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {414, "URI Too Long"},
        {416, "Range Not Satisfiable"},
        {431, "Request Header Fields Too Large"},
        {501, "Not Implemented"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].status == status) {
            return rows[i].reason;
        }
    }
    g_assert_not_reached();
}

static void *serve_http_begin(const struct serve_endpoint *endpoint)
{
    struct serve_http *http = g_new0(struct serve_http, 1);
    http->folder = endpoint->folder;
    http->head = g_string_new(NULL);
    http->file = -1;
    return http;
}

static void serve_http_close_file(struct serve_http *http)
{
    if (http->file >= 0) {
        close(http->file);
    }
    http->file = -1;
}

static void serve_http_end(void *state)
{
    struct serve_http *http = state;
    serve_http_close_file(http);
    g_string_free(http->head, TRUE);
    g_free(http);
}

/* ---- the request ----------------------------------------------------------------------------- */

/* Decimal digits and nothing else: [RFC9110] 8.6. */
static bool serve_http_read_number(const char *text, uint64_t *number)
{
    guint64 value;
    if (!g_ascii_string_to_unsigned(text, 10, 0, HTTP_BODY_MAX * 1000, &value, NULL)) {
        return false;
    }
    *number = value;
    return true;
}

/* "bytes=0-99", "bytes=100-", "bytes=-10"; [RFC9110] 14.2: what else it may be is ignored. */
static void serve_http_read_range(struct http_request *request, const char *value)
{
    if (!g_str_has_prefix(value, "bytes=")) {
        return;
    }
    g_auto(GStrv) ends = g_strsplit(value + strlen("bytes="), "-", 2);
    if (ends[0] == NULL || ends[1] == NULL) {
        return;
    }
    request->first = request->last = UINT64_MAX;
    bool first = ends[0][0] == '\0' || serve_http_read_number(ends[0], &request->first);
    bool last = ends[1][0] == '\0' || serve_http_read_number(ends[1], &request->last);
    bool any = request->first != UINT64_MAX || request->last != UINT64_MAX;
    request->has_range =
        first && last && any && (request->first == UINT64_MAX || request->last >= request->first);
}

static void serve_http_read_field(struct http_request *request, char *line)
{
    char *colon = strchr(line, ':');
    /* [RFC9112] 5.1: "No whitespace is allowed between the field name and colon." */
    if (colon == NULL || colon == line || strcspn(line, " \t") < (size_t)(colon - line)) {
        request->status = 400;
        return;
    }
    *colon = '\0';
    const char *value = g_strstrip(colon + 1);
    if (g_ascii_strcasecmp(line, "Connection") == 0) {
        request->closes = g_ascii_strcasecmp(value, "close") == 0;
        request->keeps = g_ascii_strcasecmp(value, "keep-alive") == 0;
    } else if (g_ascii_strcasecmp(line, "Range") == 0) {
        serve_http_read_range(request, value);
    } else if (g_ascii_strcasecmp(line, "Transfer-Encoding") == 0) {
        request->status = 501;
    } else if (g_ascii_strcasecmp(line, "Content-Length") == 0 &&
               (!serve_http_read_number(value, &request->body) || request->body > HTTP_BODY_MAX)) {
        request->status = 400;
    }
}

/* %41 is A: [RFC3986] 2.1. False when it is none, or NUL. */
static bool serve_http_decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        int value = (unsigned char)*from;
        if (*from == '%') {
            int high = g_ascii_xdigit_value(from[1]);
            int low = high < 0 ? -1 : g_ascii_xdigit_value(from[2]);
            if (low < 0 || (high == 0 && low == 0)) {
                return false;
            }
            value = high * 16 + low;
            from += 2;
        }
        *to++ = (char)value;
    }
    *to = '\0';
    return true;
}

/* "GET /a?b HTTP/1.1": [RFC9112] 3. */
static void serve_http_read_line(struct http_request *request, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 4);
    if (g_strv_length(words) != 3) {
        request->status = 400;
        return;
    }
    request->is_head = strcmp(words[0], "HEAD") == 0;
    request->is_old = strcmp(words[2], "HTTP/1.0") == 0;
    if (!request->is_old && strcmp(words[2], "HTTP/1.1") != 0) {
        request->status = g_str_has_prefix(words[2], "HTTP/") ? 505 : 400;
    } else if (!request->is_head && strcmp(words[0], "GET") != 0) {
        request->status = 405;
    } else if (strlen(words[1]) > HTTP_PATH_MAX) {
        request->status = 414;
    } else {
        /* [RFC9112] 3.2.2: the absolute form is for proxies, and has to be understood. */
        const char *path = words[1];
        if (g_str_has_prefix(path, "http://")) {
            path = strchr(path + strlen("http://"), '/');
        }
        g_strlcpy(request->target, path == NULL ? "/" : path, sizeof(request->target));
        request->target[strcspn(request->target, "?#")] = '\0';
        request->status =
            request->target[0] != '/' || !serve_http_decode(request->target) ? 400 : 0;
    }
}

/* A head without the empty line at its end. */
static struct http_request serve_http_read(const uint8_t *head, size_t size)
{
    struct http_request request = {.is_head = false};
    if (memchr(head, '\0', size) != NULL) {
        request.status = 400;
        return request;
    }
    g_autofree char *text = g_strndup((const char *)head, size);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    serve_http_read_line(&request, lines[0]);
    for (char **line = lines + 1; *line != NULL && request.status == 0; line++) {
        serve_http_read_field(&request, *line);
    }
    return request;
}

/* ---- the file -------------------------------------------------------------------------------- */

/*
 * Opens a name of a folder, which is then closed. -1: there is none, or it is a link, or neither a
 * file nor a folder.
 */
static int serve_http_open_in(int folder, const char *name)
{
    bool is_odd = name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    int fd = is_odd ? -1 : openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    close(folder);
    return fd;
}

/* Opens what a path names; -1: nothing. */
static int serve_http_open(const struct serve_http *http, const char *path)
{
    int fd = open(http->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_auto(GStrv) names = g_strsplit(path + 1, "/", -1);
    guint count = g_strv_length(names);
    if (count > HTTP_DEPTH_MAX && fd >= 0) {
        close(fd);
        return -1;
    }
    /* Behind the last slash is no name: the path is that of a folder. */
    bool is_folder = count == 0 || names[count - 1][0] == '\0';
    for (guint i = 0; i < count && fd >= 0; i++) {
        if (i + 1 < count || !is_folder) {
            fd = serve_http_open_in(fd, names[i]);
        }
    }
    return fd >= 0 && is_folder ? serve_http_open_in(fd, "index.html") : fd;
}

static const char *serve_http_type(const char *path)
{
    static const struct {
        const char *suffix, *type;
    } rows[] = {
        {"/", "text/html"},     {".html", "text/html"},
        {".txt", "text/plain"}, {".json", "application/json"},
        {".css", "text/css"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (g_str_has_suffix(path, rows[i].suffix)) {
            return rows[i].type;
        }
    }
    return "application/octet-stream";
}

/* ---- the response ---------------------------------------------------------------------------- */

static void serve_http_put_status(struct serve_http *http, unsigned status)
{
    g_string_append_printf(http->head, "HTTP/1.1 %u %s\r\nServer: ringside\r\n", status,
                           serve_http_reason(status));
}

static void serve_http_put_end(struct serve_http *http, const struct http_request *request)
{
    /* [RFC9112] 9.3: 1.1 keeps a connection, 1.0 does when it is asked to. */
    http->is_last = http->is_last || request->closes || (request->is_old && !request->keeps);
    g_string_append_printf(http->head, "Connection: %s\r\n\r\n",
                           http->is_last ? "close" : "keep-alive");
}

/* A response whose body says what its status line says. `fields` are further header lines. */
static void serve_http_answer_status(struct serve_http *http, const struct http_request *request,
                                     unsigned status, const char *fields)
{
    const char *reason = serve_http_reason(status);
    serve_http_put_status(http, status);
    g_string_append_printf(http->head, "Content-Type: text/plain\r\nContent-Length: %zu\r\n%s",
                           strlen(reason) + 1, fields);
    serve_http_put_end(http, request);
    if (!request->is_head) {
        g_string_append_printf(http->head, "%s\n", reason);
    }
}

/* False: the range is not in a file of this size; otherwise `at` and `end` are what it means. */
static bool serve_http_find_range(const struct http_request *request, uint64_t size, uint64_t *at,
                                  uint64_t *end)
{
    *at = 0;
    *end = size;
    if (!request->has_range) {
        return true;
    }
    if (request->first == UINT64_MAX) {
        *at = size - MIN(size, request->last);
    } else {
        *at = request->first;
        *end = request->last == UINT64_MAX ? size : MIN(size, request->last + 1);
    }
    return *at < *end;
}

/* Takes the file; -1: the bytes are made. */
static void serve_http_answer_file(struct serve_http *http, const struct http_request *request,
                                   int file, uint64_t size)
{
    uint64_t at, end;
    g_autofree char *range = NULL;
    http->file = file;
    if (!serve_http_find_range(request, size, &at, &end)) {
        serve_http_close_file(http);
        range = g_strdup_printf("Content-Range: bytes */%" PRIu64 "\r\n", size);
        serve_http_answer_status(http, request, 416, range);
        return;
    }
    serve_http_put_status(http, request->has_range ? 206 : 200);
    g_string_append_printf(
        http->head, "Content-Type: %s\r\nContent-Length: %" PRIu64 "\r\nAccept-Ranges: bytes\r\n",
        serve_http_type(request->target), end - at);
    if (request->has_range) {
        g_string_append_printf(http->head,
                               "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", at,
                               end - 1, size);
    }
    serve_http_put_end(http, request);
    if (request->is_head) {
        serve_http_close_file(http);
        return;
    }
    http->at = at;
    http->end = end;
}

/* Is it /bytes/N? */
static bool serve_http_find_made(const struct http_request *request, uint64_t *size)
{
    return g_str_has_prefix(request->target, HTTP_MADE) &&
           serve_http_read_number(request->target + strlen(HTTP_MADE), size) &&
           *size <= HTTP_MADE_MAX;
}

static void serve_http_answer(struct serve_http *http, const struct http_request *request)
{
    struct stat status;
    uint64_t made;
    if (request->status != 0) {
        /* Where the next request begins is not certain. */
        http->is_last = true;
        serve_http_answer_status(http, request, request->status,
                                 request->status == 405 ? "Allow: GET, HEAD\r\n" : "");
        return;
    }
    http->skip = request->body;
    int fd = serve_http_open(http, request->target);
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        serve_http_answer_file(http, request, fd, (uint64_t)status.st_size);
        return;
    }
    if (fd < 0 && serve_http_find_made(request, &made)) {
        serve_http_answer_file(http, request, -1, made);
        return;
    }
    bool is_folder = fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    if (fd >= 0) {
        close(fd);
    }
    if (is_folder && !g_str_has_suffix(request->target, "/")) {
        g_autofree char *escaped = g_uri_escape_string(request->target, "/", FALSE);
        g_autofree char *fields = g_strdup_printf("Location: %s/\r\n", escaped);
        serve_http_answer_status(http, request, 301, fields);
        return;
    }
    serve_http_answer_status(http, request, 404, "");
}

/* ---- the conversation ------------------------------------------------------------------------ */

/* Takes a request's head from the pipe. False: it is not there yet. */
static bool serve_http_take(struct serve_http *http, struct serve_pipe *pipe)
{
    size_t skip = (size_t)MIN(http->skip, pipe->in_len);
    serve_pipe_take_in(pipe, skip);
    http->skip -= skip;
    /* [RFC9112] 2.2: "SHOULD ignore at least one empty line (CRLF) received prior to the
     * request-line". */
    while (pipe->in_len >= 2 && memcmp(pipe->in, "\r\n", 2) == 0) {
        serve_pipe_take_in(pipe, 2);
    }
    const uint8_t *end =
        http->skip > 0 ? NULL : memmem(pipe->in, pipe->in_len, "\r\n\r\n", strlen("\r\n\r\n"));
    if (end == NULL && pipe->in_len == SERVE_IN_SIZE) {
        const struct http_request request = {.status = 431};
        serve_http_answer(http, &request);
        return true;
    }
    if (end == NULL) {
        return false;
    }
    size_t size = (size_t)(end - pipe->in);
    struct http_request request = serve_http_read(pipe->in, size);
    serve_pipe_take_in(pipe, size + strlen("\r\n\r\n"));
    serve_http_answer(http, &request);
    return true;
}

/* The next bytes of what is sent. False: the file has become shorter. */
static bool serve_http_put_piece(struct serve_http *http, struct serve_pipe *pipe)
{
    size_t size = (size_t)MIN(serve_pipe_room(pipe), http->end - http->at);
    uint8_t *to = pipe->out + pipe->out_len;
    if (http->file < 0) {
        for (size_t i = 0; i < size; i++) {
            to[i] = (uint8_t)('!' + (http->at + i) % HTTP_PERIOD);
        }
    } else {
        ssize_t got = pread(http->file, to, size, (off_t)http->at);
        if (got <= 0) {
            return false;
        }
        size = (size_t)got;
    }
    pipe->out_len += size;
    http->at += size;
    return true;
}

/* True when all of the response is in the pipe. */
static bool serve_http_put(struct serve_http *http, struct serve_pipe *pipe)
{
    g_string_erase(http->head, 0, (gssize)serve_pipe_put(pipe, http->head->str, http->head->len));
    if (http->head->len > 0) {
        return false;
    }
    while (http->at < http->end && serve_pipe_room(pipe) > 0) {
        if (!serve_http_put_piece(http, pipe)) {
            pipe->failure = "a file that is served has become shorter";
            pipe->reset = true;
            return false;
        }
    }
    if (http->at < http->end) {
        return false;
    }
    serve_http_close_file(http);
    return true;
}

static void serve_http_advance(void *state, struct serve_pipe *pipe)
{
    struct serve_http *http = state;
    while (!pipe->finished && serve_http_put(http, pipe)) {
        if (http->is_last) {
            pipe->finished = true;
        } else if (!serve_http_take(http, pipe)) {
            pipe->finished = pipe->in_ended;
            break;
        }
    }
    if (pipe->finished) {
        serve_pipe_take_in(pipe, pipe->in_len); /* whatever it is, nobody answers it */
    }
}

const struct serve_app_ops serve_http_ops = {
    .begin = serve_http_begin,
    .end = serve_http_end,
    .advance = serve_http_advance,
};
