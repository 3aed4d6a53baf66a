/*
 * serve_names.c - a name server, for questions that come by TCP
 *
 * Each message has its length in two bytes in front: [RFC1035] 4.2.2. Questions are answered in
 * their order, each when its delay is over; one that gets no answer (serve_dns.c says which) holds
 * up nothing. The server ends the connection when its peer has, and all that came is answered:
 * [RFC7766] 6.2.3.
 *
 * Limit: a message longer than SERVE_IN_SIZE resets the connection. No question is so long.
 */
#include "emu/wire/serve_app.h"
#include "emu/wire/serve_dns.h"
#include "emu/wire/wire_bytes.h"

#define NAMES_LENGTH_SIZE 2

struct serve_names {
    const struct serve_dns_name *names;
    size_t count;
    uint64_t until_ns; /* the answer to the first message may leave; SERVE_NEVER: not judged yet */
    struct serve_dns_reply reply;
};

static void *serve_names_begin(const struct serve_endpoint *endpoint)
{
    struct serve_names *self = g_new0(struct serve_names, 1);
    self->names = endpoint->names;
    self->count = endpoint->name_count;
    self->until_ns = SERVE_NEVER;
    return self;
}

/* The whole first message, without its length; 0: it is not there yet. */
static size_t serve_names_first(const struct serve_pipe *pipe)
{
    size_t len = pipe->in_len < NAMES_LENGTH_SIZE ? 0 : wire_get16(pipe->in);
    return pipe->in_len - MIN(pipe->in_len, NAMES_LENGTH_SIZE) < len ? 0 : len;
}

/* True when the first message has got its answer, which may be none. */
static bool serve_names_answer(struct serve_names *self, struct serve_pipe *pipe, size_t len)
{
    struct serve_dns_reply *reply = &self->reply;
    if (self->until_ns == SERVE_NEVER) {
        serve_dns_answer(self->names, self->count, SERVE_DNS_TCP_REPLY_MAX,
                         pipe->in + NAMES_LENGTH_SIZE, len, reply);
        self->until_ns = pipe->now_ns + reply->delay_ns;
    }
    if (reply->len > 0 && pipe->now_ns < self->until_ns) {
        pipe->wake_ns = self->until_ns;
        return false;
    }
    if (serve_pipe_room(pipe) < NAMES_LENGTH_SIZE + reply->len) {
        return false;
    }
    if (reply->len > 0) {
        uint8_t length[NAMES_LENGTH_SIZE];
        wire_put16(length, (unsigned)reply->len);
        serve_pipe_put(pipe, length, sizeof(length));
        serve_pipe_put(pipe, reply->bytes, reply->len);
    }
    serve_pipe_take_in(pipe, NAMES_LENGTH_SIZE + len);
    self->until_ns = SERVE_NEVER;
    return true;
}

static void serve_names_advance(void *state, struct serve_pipe *pipe)
{
    struct serve_names *self = state;
    size_t len;
    while ((len = serve_names_first(pipe)) > 0) {
        if (!serve_names_answer(self, pipe, len)) {
            return;
        }
    }
    if (pipe->in_len >= NAMES_LENGTH_SIZE &&
        (wire_get16(pipe->in) == 0 || wire_get16(pipe->in) > SERVE_IN_SIZE - NAMES_LENGTH_SIZE)) {
        pipe->failure = "a question of a length that no question has";
        pipe->reset = true;
    }
    pipe->finished = pipe->in_ended;
}

const struct serve_app_ops serve_names_ops = {
    .begin = serve_names_begin,
    .end = g_free,
    .advance = serve_names_advance,
};
