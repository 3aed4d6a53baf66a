/*
 * serve_script.c - a service that follows a list of steps
 *
 * One step after the other, each as far as it can: a step that waits for bytes ends when they came,
 * a step that sends when all of it is in the pipe, a step that waits when its time is over. The
 * time of a wait begins when the step is reached. What comes while a step waits stays in the pipe.
 * Behind the last step the service closes, as by `close`.
 *
 * When other bytes come than are expected, or none any more, the service says so and resets the
 * connection: its peer would wait for ever, and the reason would be hard to see.
 */
#include "emu/wire/serve_app.h"

#include <string.h>

struct serve_script {
    const struct serve_step *steps;
    size_t count, index; /* the step that is being taken */
    size_t done;         /* bytes of it so far */
    uint64_t until_ns;   /* the end of a wait; SERVE_NEVER: it has not begun */
};

static void *serve_script_begin(const struct serve_endpoint *endpoint)
{
    struct serve_script *script = g_new0(struct serve_script, 1);
    script->steps = endpoint->steps;
    script->count = endpoint->step_count;
    script->until_ns = SERVE_NEVER;
    return script;
}

static bool serve_script_fail(struct serve_pipe *pipe, const char *why)
{
    pipe->failure = why;
    pipe->reset = true;
    return false;
}

/* Bytes are still to come: false, and the end of the peer is a failure. */
static bool serve_script_wait_for_bytes(struct serve_pipe *pipe)
{
    return pipe->in_ended ? serve_script_fail(pipe, "the peer ended before the expected bytes came")
                          : false;
}

static bool serve_script_expect(struct serve_script *script, struct serve_pipe *pipe,
                                const uint8_t *bytes, size_t size)
{
    size_t len = MIN(pipe->in_len, size - script->done);
    if (len > 0 && memcmp(pipe->in, bytes + script->done, len) != 0) {
        return serve_script_fail(pipe, "other bytes came than were expected");
    }
    serve_pipe_take_in(pipe, len);
    script->done += len;
    return script->done == size || serve_script_wait_for_bytes(pipe);
}

static bool serve_script_until(struct serve_pipe *pipe, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + size <= pipe->in_len; at++) {
        if (memcmp(pipe->in + at, bytes, size) == 0) {
            serve_pipe_take_in(pipe, at + size);
            return true;
        }
    }
    /* What can still be the beginning of them stays. */
    if (pipe->in_len >= size) {
        serve_pipe_take_in(pipe, pipe->in_len - (size - 1));
    }
    return serve_script_wait_for_bytes(pipe);
}

static bool serve_script_skip(struct serve_script *script, struct serve_pipe *pipe, uint64_t number)
{
    size_t len = (size_t)MIN(pipe->in_len, number - script->done);
    serve_pipe_take_in(pipe, len);
    script->done += len;
    return script->done == number || serve_script_wait_for_bytes(pipe);
}

static bool serve_script_send(struct serve_script *script, struct serve_pipe *pipe,
                              const uint8_t *bytes, size_t size)
{
    if (script->done < size) {
        script->done += serve_pipe_put(pipe, bytes + script->done, size - script->done);
    }
    return script->done == size;
}

static bool serve_script_wait(struct serve_script *script, struct serve_pipe *pipe, uint64_t ns)
{
    if (script->until_ns == SERVE_NEVER) {
        script->until_ns = pipe->now_ns + ns;
    }
    if (pipe->now_ns < script->until_ns) {
        pipe->wake_ns = script->until_ns;
        return false;
    }
    script->until_ns = SERVE_NEVER;
    return true;
}

static bool serve_script_close(struct serve_pipe *pipe)
{
    pipe->finished = true;
    serve_pipe_take_in(pipe, pipe->in_len);
    return false;
}

/* True when the step is done and the next one follows. */
static bool serve_script_step(struct serve_script *script, struct serve_pipe *pipe)
{
    if (script->index == script->count) {
        return serve_script_close(pipe);
    }
    const struct serve_step *step = &script->steps[script->index];
    gsize size = 0;
    const uint8_t *bytes = step->bytes == NULL ? NULL : g_bytes_get_data(step->bytes, &size);
    switch (step->kind) {
    case SERVE_STEP_EXPECT:
        return serve_script_expect(script, pipe, bytes, size);
    case SERVE_STEP_UNTIL:
        return serve_script_until(pipe, bytes, size);
    case SERVE_STEP_SKIP:
        return serve_script_skip(script, pipe, step->number);
    case SERVE_STEP_SEND:
        return serve_script_send(script, pipe, bytes, size);
    case SERVE_STEP_WAIT:
        return serve_script_wait(script, pipe, step->number);
    case SERVE_STEP_CLOSE:
        return serve_script_close(pipe);
    case SERVE_STEP_RESET:
        pipe->reset = true;
        return false;
    }
    g_assert_not_reached();
}

static void serve_script_advance(void *state, struct serve_pipe *pipe)
{
    struct serve_script *script = state;
    while (!pipe->reset && serve_script_step(script, pipe)) {
        script->index++;
        script->done = 0;
    }
}

const struct serve_app_ops serve_script_ops = {
    .begin = serve_script_begin,
    .end = g_free,
    .advance = serve_script_advance,
};
