/*
 * http.h - HTTP/1.1, as far as the programs need it [RFC9112]
 *
 * URLs, and responses as they come in pieces: the head is gathered, the body is handed on, counted
 * by Content-Length, in chunks, or up to the end of the connection.
 */
#ifndef PROGRAMS_HTTP_H
#define PROGRAMS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HOST_MAX 128
#define HTTP_PATH_MAX 512
#define HTTP_HEAD_MAX 4096
#define HTTP_LINE_MAX 64
#define HTTP_PORT     80

struct http_url {
    char host[HTTP_HOST_MAX];
    char path[HTTP_PATH_MAX]; /* with the query, without the fragment */
    uint16_t port;
};

enum http_url_error {
    HTTP_URL_GOOD,
    HTTP_URL_PROTOCOL, /* not http:// */
    HTTP_URL_MALFORMED,
};
/* "http://host:port/path"; without "http://" that is meant. */
enum http_url_error http_parse_url(const char *text, struct http_url *url);

/*
 * Where a response is.
 *
 * HEAD     status line and fields, up to an empty line
 * LENGTH   so many bytes of the body are still to come
 * CHUNK    the line in front of a chunk; then LENGTH with `chunked`; then TRAIL
 * TRAIL    behind the last chunk: fields, up to an empty line
 * CLOSE    the body ends with the connection
 * DONE     all is there
 * BAD      this is no HTTP/1
 */
enum http_state {
    HTTP_HEAD,
    HTTP_LENGTH,
    HTTP_CHUNK,
    HTTP_TRAIL,
    HTTP_CLOSE,
    HTTP_DONE,
    HTTP_BAD,
};

struct http_response {
    enum http_state state;
    bool head_only; /* the answer to HEAD: set by the caller */
    bool chunked;
    unsigned status;
    uint64_t left;      /* bytes, in LENGTH */
    uint64_t body_size; /* of what came so far */
    size_t head_size;
    char head[HTTP_HEAD_MAX]; /* ends with NUL */
    size_t line_size;
    char line[HTTP_LINE_MAX];     /* in front of a chunk, or behind the last: its beginning */
    char location[HTTP_PATH_MAX]; /* of a redirection; empty: none */
};

void http_begin(struct http_response *response, bool head_only);
/*
 * Takes bytes from the beginning of `data`, and returns how many. *body and *body_size are those
 * among them that belong to the body. To be called again while there are bytes and the state is
 * neither DONE nor BAD.
 */
size_t http_take(struct http_response *response, const char *data, size_t size, const char **body,
                 size_t *body_size);
/* The connection has ended: is the response whole? */
bool http_is_whole(const struct http_response *response);

#endif
