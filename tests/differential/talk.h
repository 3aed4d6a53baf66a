/*
 * talk.h - conversations, written once and held by any two stacks
 *
 *     struct talker *a, *b;
 *     talk_connect_pair(&a, &b);
 *     talk_send(a, 100);
 *     talk_await(b, POLLIN);
 *     talk_receive(b, 1000);                 // "b receive 1000: 100 bytes 5891b5b522d5df08"
 *
 * What a program would see goes into the transcript: each call with its result, errors by name, and
 * bytes that were received by their hash. Functions without a result of their own are written
 * down when they fail. A conversation leaves out of its lines what depends on time. There is one in
 * a process, which begins with talk_begin(); its sockets are closed with it.
 */
#ifndef DIFFERENTIAL_TALK_H
#define DIFFERENTIAL_TALK_H

#include "tests/differential/end.h"
#include "tests/differential/talk_ports.h"
#include "tests/differential/watch.h"
#include "tests/differential/wire.h"

#include <glib.h>
#include <poll.h>

/* Long enough for what is sent at once, too short for any timer that sends again. */
#define TALK_SOON_MS 20

enum {
    A,
    B,
};

/* A socket of a program. */
struct talker;

struct talk {
    const char *name;  /* "half close", as in the report */
    void (*run)(void); /* converse_half_close() */
};
/* All conversations; the last one has no name. */
extern const struct talk talks_opening[], talks_data[], talks_loss[], talks_closing[],
    talks_forged[], talks_datagram[];

/* Keeps both ends, and the transcript. */
void talk_begin(struct end *a, struct end *b, FILE *transcript);
/* A line of the conversation's own. */
void talk_say(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* ---- calls: a line each ---------------------------------------------------------------------- */

/* `name` is kept, and is what lines begin with. */
struct talker *talk_open(unsigned end, const char *name, enum end_kind kind);
void talk_bind(struct talker *talker, uint16_t port);
void talk_connect(struct talker *talker, uint16_t port);
void talk_listen(struct talker *talker, int backlog);
/* NULL: none was there. */
struct talker *talk_accept(struct talker *listener, const char *name);
/* One call, with the next bytes of its stream. */
void talk_send(struct talker *talker, size_t size);
void talk_receive(struct talker *talker, size_t size);
void talk_send_bytes(struct talker *talker, const void *bytes, size_t size);
/* Without a line: the result of the call. */
long talk_take(struct talker *talker, void *data, size_t size);
void talk_shutdown(struct talker *talker, int how);
void talk_set_int(struct talker *talker, int level, int name, int value);
void talk_close(struct talker *talker);
void talk_abort(struct talker *talker); /* close() with a linger time of 0 */

/* SO_ERROR, what poll() says, and the state: a line each. */
void talk_error(struct talker *talker);
void talk_ready(struct talker *talker);
void talk_state(struct talker *talker);

/* ---- time ------------------------------------------------------------------------------------ */

/* Until poll() says all of `events`; it is a line when that does not come. */
void talk_await(struct talker *talker, unsigned events);
/* Until an end has done one of these (watch.h); the same. */
void talk_await_fact(unsigned end, unsigned facts);
/* Until nothing has moved for a while that is longer than any delayed acknowledgement. */
void talk_quiet(void);
void talk_pause(unsigned time_ms);

/* ---- the most usual -------------------------------------------------------------------------- */

/*
 * A socket of a's at TALK_PORT_A, connected to one of b's, which was accepted at TALK_PORT_B; what
 * that listener is set to, `size` bytes of receive buffer, unless that is 0. Says nothing when all
 * goes well.
 */
void talk_connect_pair(struct talker **a, struct talker **b);
void talk_connect_pair_with(struct talker **a, struct talker **b, int size);

/*
 * What these are to do in talk_pump(), which moves bytes in both directions as far as they go until
 * all is done: a line for each that receives.
 */
void talk_will_send(struct talker *talker, size_t size);
void talk_will_receive(struct talker *talker, size_t size);
void talk_pump(void);
/* The same, but nobody reads, until an end has done one of these. */
void talk_pump_unread(unsigned end, unsigned facts);

/* From now on, or no more: a line for each segment on the wire. */
void talk_record(bool on);

/* A forged segment to this end from the other one: `sequence` from there, and what it carries. */
void talk_forge(unsigned to, unsigned flags, uint32_t sequence, uint32_t acknowledgement,
                size_t size);

#endif
