/* http.c - URLs and responses of HTTP/1.1 */
#include "programs/http.h"

#include "lib/string.h"

#define HTTP_SCHEME      "http://"
#define HTTP_CHUNKED     "chunked"
#define HTTP_DIGITS_MAX  15
#define HTTP_STATUS_SIZE 12 /* "HTTP/1.1 200" */

/* ---- URLs ------------------------------------------------------------------------------------ */

/* Up to one of the characters, or the end; false: it does not fit or is empty. */
static bool http_copy_until(char *to, size_t size, const char **from, const char *ends)
{
    size_t length = 0;
    while ((*from)[length] != '\0' && kstrchr(ends, (*from)[length]) == NULL)
        length++;
    if (length == 0 || length >= size)
        return false;
    (void)kstrlcpy(to, *from, length + 1);
    *from += length;
    return true;
}

static bool http_parse_port(const char **rest, uint16_t *port)
{
    char digits[6];
    uint32_t number;
    (*rest)++;
    if (!http_copy_until(digits, sizeof digits, rest, "/?#") ||
        !kparse_u32(digits, UINT16_MAX, &number) || number == 0)
        return false;
    *port = (uint16_t)number;
    return true;
}

enum http_url_error http_parse_url(const char *text, struct http_url *url)
{
    const char *rest = text;
    url->port = HTTP_PORT;
    (void)kstrlcpy(url->path, "/", sizeof url->path);
    if (kstr_has_prefix(rest, HTTP_SCHEME))
        rest += sizeof HTTP_SCHEME - 1;
    for (const char *at = rest; *at != '\0' && *at != '/'; at++) {
        if (at[0] == ':' && at[1] == '/' && at[2] == '/')
            return HTTP_URL_PROTOCOL;
    }
    if (!http_copy_until(url->host, sizeof url->host, &rest, ":/?#"))
        return HTTP_URL_MALFORMED;
    if (*rest == ':' && !http_parse_port(&rest, &url->port))
        return HTTP_URL_MALFORMED;
    if (*rest == '/' && !http_copy_until(url->path, sizeof url->path, &rest, "#"))
        return HTTP_URL_MALFORMED;
    return *rest == '\0' || *rest == '#' ? HTTP_URL_GOOD : HTTP_URL_MALFORMED;
}

/* ---- the head -------------------------------------------------------------------------------- */

static char http_lower(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

/* The value of a field when the line is that field; NULL: another one. Names have no case. */
static const char *http_field(const char *line, const char *name)
{
    while (*name != '\0' && http_lower(*line) == *name) {
        line++;
        name++;
    }
    if (*name != '\0' || *line != ':')
        return NULL;
    line++;
    while (*line == ' ' || *line == '\t')
        line++;
    return line;
}

/* A line's end becomes NUL; the next line, or NULL. */
static char *http_end_line(char *line)
{
    while (*line != '\0' && *line != '\n')
        line++;
    if (*line == '\0')
        return NULL;
    *line = '\0';
    if (line[-1] == '\r')
        line[-1] = '\0';
    return line + 1;
}

static bool http_parse_status(struct http_response *response, const char *line)
{
    char digits[4];
    uint32_t status;
    if (!kstr_has_prefix(line, "HTTP/1.") || kstrlen(line) < HTTP_STATUS_SIZE || line[8] != ' ')
        return false;
    (void)kstrlcpy(digits, line + 9, sizeof digits);
    if (!kparse_u32(digits, 999, &status))
        return false;
    response->status = status;
    return true;
}

static bool http_has_body(const struct http_response *response)
{
    return !response->head_only && response->status >= 200 && response->status != 204 &&
           response->status != 304;
}

/* The fields that matter. False: one of them makes no sense. */
static bool http_parse_fields(struct http_response *response, char *line, bool *counted)
{
    *counted = false;
    while (line != NULL && *line != '\0') {
        char *next = http_end_line(line);
        const char *value = http_field(line, "content-length");
        if (value != NULL && !kparse_u64(value, &response->left))
            return false;
        *counted |= value != NULL;
        value = http_field(line, "transfer-encoding");
        response->chunked |= value != NULL && kstreq(value, HTTP_CHUNKED);
        value = http_field(line, "location");
        if (value != NULL)
            (void)kstrlcpy(response->location, value, sizeof response->location);
        line = next;
    }
    return true;
}

static enum http_state http_judge_head(struct http_response *response)
{
    bool counted;
    char *fields = http_end_line(response->head);
    if (!http_parse_status(response, response->head) ||
        !http_parse_fields(response, fields, &counted))
        return HTTP_BAD;
    if (response->status < 200) { /* "100 Continue": the real one follows */
        http_begin(response, response->head_only);
        return HTTP_HEAD;
    }
    if (!http_has_body(response))
        return HTTP_DONE;
    if (response->chunked)
        return HTTP_CHUNK;
    if (!counted)
        return HTTP_CLOSE;
    return response->left > 0 ? HTTP_LENGTH : HTTP_DONE;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

void http_begin(struct http_response *response, bool head_only)
{
    response->state = HTTP_HEAD;
    response->head_only = head_only;
    response->chunked = false;
    response->status = 0;
    response->left = 0;
    response->body_size = 0;
    response->head_size = 0;
    response->head[0] = '\0';
    response->line_size = 0;
    response->location[0] = '\0';
}

/* Adds a character to the head; false: it is too long. */
static bool http_gather(struct http_response *response, char character)
{
    if (response->head_size + 1 >= sizeof response->head)
        return false;
    response->head[response->head_size++] = character;
    response->head[response->head_size] = '\0';
    return true;
}

/* A line that ends: true. What does not fit of it is not looked at. */
static bool http_gather_line(struct http_response *response, char character, bool *empty)
{
    if (response->line_size + 1 < sizeof response->line) {
        response->line[response->line_size++] = character;
        response->line[response->line_size] = '\0';
    }
    if (character != '\n')
        return false;
    *empty = response->line_size == 1 || (response->line_size == 2 && response->line[0] == '\r');
    response->line_size = 0;
    return true;
}

static bool http_ends_with(const struct http_response *response, const char *end)
{
    size_t length = kstrlen(end);
    return response->head_size >= length &&
           kmemeq(response->head + response->head_size - length, end, length);
}

static enum http_state http_take_head(struct http_response *response, char character)
{
    static const char begin[] = "HTTP/1.";
    if (!http_gather(response, character))
        return HTTP_BAD;
    if (response->head_size < sizeof begin && !kmemeq(response->head, begin, response->head_size))
        return HTTP_BAD;
    if (http_ends_with(response, "\r\n\r\n") || http_ends_with(response, "\n\n"))
        return http_judge_head(response);
    return HTTP_HEAD;
}

/* Hexadecimal digits; what follows a semicolon is ignored. */
static bool http_parse_chunk(const char *line, uint64_t *size)
{
    unsigned digits = 0;
    *size = 0;
    for (; digits <= HTTP_DIGITS_MAX; line++, digits++) {
        char lower = http_lower(*line);
        if (lower >= '0' && lower <= '9')
            *size = *size << 4 | (uint64_t)(lower - '0');
        else if (lower >= 'a' && lower <= 'f')
            *size = *size << 4 | (uint64_t)(lower - 'a' + 10);
        else
            break;
    }
    return digits > 0 && digits <= HTTP_DIGITS_MAX &&
           (*line == '\r' || *line == '\n' || *line == ';' || *line == ' ');
}

/* The line in front of a chunk, or the empty one behind the chunk before it. */
static enum http_state http_take_chunk(struct http_response *response, char character)
{
    bool empty;
    if (!http_gather_line(response, character, &empty) || empty)
        return HTTP_CHUNK;
    if (!http_parse_chunk(response->line, &response->left))
        return HTTP_BAD;
    return response->left > 0 ? HTTP_LENGTH : HTTP_TRAIL;
}

static enum http_state http_take_trail(struct http_response *response, char character)
{
    bool empty;
    return http_gather_line(response, character, &empty) && empty ? HTTP_DONE : HTTP_TRAIL;
}

static size_t http_take_body(struct http_response *response, size_t size)
{
    if (response->state == HTTP_CLOSE)
        return size;
    size_t count = size < response->left ? size : (size_t)response->left;
    response->left -= count;
    if (response->left == 0)
        response->state = response->chunked ? HTTP_CHUNK : HTTP_DONE;
    return count;
}

size_t http_take(struct http_response *response, const char *data, size_t size, const char **body,
                 size_t *body_size)
{
    *body = data;
    *body_size = 0;
    switch (response->state) {
    case HTTP_HEAD:
        response->state = http_take_head(response, data[0]);
        return 1;
    case HTTP_CHUNK:
        response->state = http_take_chunk(response, data[0]);
        return 1;
    case HTTP_TRAIL:
        response->state = http_take_trail(response, data[0]);
        return 1;
    case HTTP_LENGTH:
    case HTTP_CLOSE:
        *body_size = http_take_body(response, size);
        response->body_size += *body_size;
        return *body_size;
    case HTTP_DONE:
    case HTTP_BAD:
        break;
    }
    return size;
}

bool http_is_whole(const struct http_response *response)
{
    return response->state == HTTP_DONE || response->state == HTTP_CLOSE;
}
