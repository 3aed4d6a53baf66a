/*
 * serve.h - services on the wire: what they are, and what one conversation is
 *
 * A service is an address, a port and a kind. A TCP service has one application for each
 * conversation, which sees bytes and time and nothing else: neither sockets nor segments. It is
 * asked to go on whenever something has changed, takes bytes from the front of what came, puts
 * bytes behind what is to be sent, and says how it ends. Whoever moves the bytes is in serve_tcp.c,
 * and in the unit tests a test.
 *
 *     http      files of a folder of the host, serve_http.c
 *     echo      sends what comes; ends when the peer has ended: [RFC862]
 *     discard   reads: [RFC863]
 *     chargen   sends lines of printable characters for ever: [RFC864]
 *     close     ends its direction at once and reads what comes
 *     reset     resets the connection at once
 *     silent    accepts, and takes nothing and says nothing: the peer's window closes
 *     script    what a list of steps says, serve_script.c
 *     names     what a name server says, for questions that come by TCP, serve_names.c
 *     refused   no application: the segment that opens the connection is answered by a reset
 *
 * An application is bounded by its two buffers. It has no thread and no clock of its own; equal
 * bytes at equal times make it do the same.
 */
#ifndef EMU_WIRE_SERVE_H
#define EMU_WIRE_SERVE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVE_IN_SIZE  8192
#define SERVE_OUT_SIZE 16384
#define SERVE_MAX      64         /* services on a wire */
#define SERVE_NEVER    UINT64_MAX /* as a time */
#define SERVE_TEXT     sizeof("udp 255.255.255.255:65535")

enum serve_kind {
    SERVE_HTTP,
    SERVE_ECHO,
    SERVE_DISCARD,
    SERVE_CHARGEN,
    SERVE_CLOSE,
    SERVE_RESET,
    SERVE_SILENT,
    SERVE_REFUSED,
    SERVE_SCRIPT,
    SERVE_NAMES,
    SERVE_KIND_COUNT,
};
const char *serve_kind_name(enum serve_kind kind); /* "http" */

/* A step of a script. */
enum serve_step_kind {
    SERVE_STEP_EXPECT, /* these bytes come next; of a datagram: these are all of it */
    SERVE_STEP_UNTIL,  /* bytes come, and these are the last of them */
    SERVE_STEP_SKIP,   /* `number` bytes come, whatever they are */
    SERVE_STEP_SEND,
    SERVE_STEP_WAIT,  /* `number` nanoseconds */
    SERVE_STEP_CLOSE, /* ends our direction; what comes is read until the peer ends its own */
    SERVE_STEP_RESET,
};
struct serve_step {
    enum serve_step_kind kind;
    uint64_t number;
    GBytes *bytes; /* NULL: this kind has none */
};

struct serve_dns_name;

/* A service. Whoever made it keeps what it points to until the wire is gone. */
struct serve_endpoint {
    bool udp;
    uint32_t address; /* in host order */
    uint16_t port;
    enum serve_kind kind;
    const char *folder;             /* of SERVE_HTTP */
    const struct serve_step *steps; /* of SERVE_SCRIPT */
    size_t step_count;
    const struct serve_dns_name *names; /* of SERVE_NAMES */
    size_t name_count;
};
/* "tcp 10.0.2.100:80" */
void serve_endpoint_describe(const struct serve_endpoint *endpoint, char text[SERVE_TEXT]);

/* What an application sees of its conversation. */
struct serve_pipe {
    uint64_t now_ns;
    uint8_t in[SERVE_IN_SIZE];
    size_t in_len;
    bool in_ended; /* nothing comes behind what is in `in` */
    uint8_t out[SERVE_OUT_SIZE];
    size_t out_len;
    /* Set by the application. */
    bool deaf;           /* takes nothing: what comes stays where it is */
    bool finished;       /* nothing is sent behind what is in `out` */
    bool reset;          /* behind what is in `out`, the connection is reset */
    uint64_t wake_ns;    /* wants to go on at this time; SERVE_NEVER: not because of the time */
    const char *failure; /* why it gave up, static; NULL: it did not */
};
void serve_pipe_init(struct serve_pipe *pipe);
/* Removes bytes from the front of `in` or `out`. */
void serve_pipe_take_in(struct serve_pipe *pipe, size_t len);
void serve_pipe_take_out(struct serve_pipe *pipe, size_t len);
size_t serve_pipe_room(const struct serve_pipe *pipe);
/* Appends as much as there is room for, and returns how much that was. */
size_t serve_pipe_put(struct serve_pipe *pipe, const void *bytes, size_t len);

struct serve_app;

/* NULL: the kind has no application. */
struct serve_app *serve_app_new(const struct serve_endpoint *endpoint);
void serve_app_free(struct serve_app *app);
/*
 * Goes as far as it can. Called again when bytes came, when `out` has room again, when the peer
 * ended, and at wake_ns.
 */
void serve_app_advance(struct serve_app *app, struct serve_pipe *pipe);

#endif
