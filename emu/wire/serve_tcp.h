/*
 * serve_tcp.h - TCP services behind libslirp
 *
 * libslirp speaks TCP with the guest and hands the bytes of each conversation to a socket that it
 * connects to a path. Here is the other end of these sockets: a listening socket for each service,
 * a socket and an application (serve.h) for each conversation, all in the thread of the machine.
 * What one writes the other can read at once, so a conversation is a function of its input; no byte
 * leaves the process.
 *
 * What the guest has acknowledged is told by whoever sees the segments. As long as something is
 * not, libslirp will send it again, so that the machine is not at rest.
 */
#ifndef EMU_WIRE_SERVE_TCP_H
#define EMU_WIRE_SERVE_TCP_H

#include "emu/core/trace.h"
#include "emu/wire/serve.h"

#define SERVE_CONVERSATIONS_MAX 4096

/* The ends of a conversation, in host order. */
struct serve_flow {
    uint32_t guest, service;
    uint16_t guest_port, port;
};

struct serve_tcp;

/* `woken` is called when an application wanted to go on at a time: serve_tcp_run() is due. */
struct serve_tcp *serve_tcp_new(struct vclock *clock, struct trace *trace, vevent_fn *woken,
                                void *opaque);
void serve_tcp_free(struct serve_tcp *tcp);

/*
 * The path at which libslirp finds a service, which must outlive all this. Gives; NULL with a
 * GError when the host refuses a socket.
 */
char *serve_tcp_listen(struct serve_tcp *tcp, const struct serve_endpoint *endpoint,
                       GError **error);

/* libslirp connected a socket of its own to a service: the conversation begins. */
void serve_tcp_open(struct serve_tcp *tcp, const struct serve_flow *flow, int socket);
/* libslirp is about to close a socket, which may be none of ours. */
void serve_tcp_close(struct serve_tcp *tcp, int socket);
/* No more conversations can begin. */
bool serve_tcp_is_full(const struct serve_tcp *tcp);
size_t serve_tcp_count(const struct serve_tcp *tcp);

/* Moves bytes between sockets and applications. False: there was nothing to move. */
bool serve_tcp_run(struct serve_tcp *tcp);

/*
 * libslirp is about to be told this of a socket, which may be none of ours: it will read from it,
 * or write to it what it had to keep.
 */
void serve_tcp_note_ready(struct serve_tcp *tcp, int socket, bool readable, bool writable);

/* Segments of conversations: what libslirp sends, and what the guest does, with `len` bytes. */
void serve_tcp_note_sent(struct serve_tcp *tcp, const struct serve_flow *flow, uint8_t flags,
                         uint32_t sequence);
void serve_tcp_note_received(struct serve_tcp *tcp, const struct serve_flow *flow, uint8_t flags,
                             uint32_t acknowledged, size_t len);
/* True while the guest has not acknowledged everything, so that libslirp may send it again. */
bool serve_tcp_is_owing(const struct serve_tcp *tcp);

/*
 * In a copy of the process: gives it sockets of its own, with the same bytes in them, so that
 * nothing that it does is seen by the process that it is a copy of.
 */
void serve_tcp_separate(struct serve_tcp *tcp);

#endif
