/*
 * serve.c - the simple services, and the way to all of them
 */
#include "emu/wire/serve.h"

#include "emu/wire/serve_app.h"

#include <string.h>

/* [RFC864]: lines of 72 of the 95 printable characters, each beginning one further. */
#define CHARGEN_FIRST  ' '
#define CHARGEN_COUNT  95
#define CHARGEN_WIDTH  72
#define CHARGEN_LINE   (CHARGEN_WIDTH + 2)
#define CHARGEN_PERIOD ((size_t)CHARGEN_LINE * CHARGEN_COUNT)

struct serve_app {
    const struct serve_app_ops *ops;
    void *state;
};

const char *serve_kind_name(enum serve_kind kind)
{
    static const char *const names[SERVE_KIND_COUNT] = {
        [SERVE_HTTP] = "http",       [SERVE_ECHO] = "echo",       [SERVE_DISCARD] = "discard",
        [SERVE_CHARGEN] = "chargen", [SERVE_CLOSE] = "close",     [SERVE_RESET] = "reset",
        [SERVE_SILENT] = "silent",   [SERVE_REFUSED] = "refused", [SERVE_SCRIPT] = "script",
        [SERVE_NAMES] = "names",
    };
    g_assert((unsigned)kind < SERVE_KIND_COUNT);
    return names[kind];
}

void serve_endpoint_describe(const struct serve_endpoint *endpoint, char text[SERVE_TEXT])
{
    uint32_t address = endpoint->address;
    g_snprintf(text, SERVE_TEXT, "%s %u.%u.%u.%u:%u", endpoint->udp ? "udp" : "tcp", address >> 24,
               address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff, endpoint->port);
}

/* ---- pipes ----------------------------------------------------------------------------------- */

void serve_pipe_init(struct serve_pipe *pipe)
{
    pipe->now_ns = 0;
    pipe->in_len = pipe->out_len = 0;
    pipe->in_ended = pipe->deaf = pipe->finished = pipe->reset = false;
    pipe->wake_ns = SERVE_NEVER;
    pipe->failure = NULL;
}

void serve_pipe_take_in(struct serve_pipe *pipe, size_t len)
{
    g_assert(len <= pipe->in_len);
    pipe->in_len -= len;
    memmove(pipe->in, pipe->in + len, pipe->in_len);
}

void serve_pipe_take_out(struct serve_pipe *pipe, size_t len)
{
    g_assert(len <= pipe->out_len);
    pipe->out_len -= len;
    memmove(pipe->out, pipe->out + len, pipe->out_len);
}

size_t serve_pipe_room(const struct serve_pipe *pipe)
{
    return SERVE_OUT_SIZE - pipe->out_len;
}

size_t serve_pipe_put(struct serve_pipe *pipe, const void *bytes, size_t len)
{
    size_t put = MIN(len, serve_pipe_room(pipe));
    if (put > 0) {
        memcpy(pipe->out + pipe->out_len, bytes, put);
        pipe->out_len += put;
    }
    return put;
}

/* ---- the simple ones ------------------------------------------------------------------------- */

static void serve_echo_advance(void *state, struct serve_pipe *pipe)
{
    (void)state;
    serve_pipe_take_in(pipe, serve_pipe_put(pipe, pipe->in, pipe->in_len));
    pipe->finished = pipe->in_ended && pipe->in_len == 0;
}

static void serve_discard_advance(void *state, struct serve_pipe *pipe)
{
    (void)state;
    serve_pipe_take_in(pipe, pipe->in_len);
    pipe->finished = pipe->in_ended;
}

struct chargen {
    size_t at; /* in the lines, which are said over and over */
    uint8_t lines[CHARGEN_PERIOD];
};

static uint8_t chargen_byte(size_t at)
{
    size_t column = at % CHARGEN_LINE;
    if (column >= CHARGEN_WIDTH) {
        return column == CHARGEN_WIDTH ? '\r' : '\n';
    }
    return (uint8_t)(CHARGEN_FIRST + (at / CHARGEN_LINE + column) % CHARGEN_COUNT);
}

static void *serve_chargen_begin(const struct serve_endpoint *endpoint)
{
    (void)endpoint;
    struct chargen *chargen = g_new0(struct chargen, 1);
    for (size_t i = 0; i < CHARGEN_PERIOD; i++) {
        chargen->lines[i] = chargen_byte(i);
    }
    return chargen;
}

static void serve_chargen_advance(void *state, struct serve_pipe *pipe)
{
    struct chargen *chargen = state;
    serve_pipe_take_in(pipe, pipe->in_len);
    if (pipe->in_ended) {
        pipe->finished = true;
        return;
    }
    while (serve_pipe_room(pipe) > 0) {
        chargen->at +=
            serve_pipe_put(pipe, chargen->lines + chargen->at, CHARGEN_PERIOD - chargen->at);
        chargen->at %= CHARGEN_PERIOD;
    }
}

static void serve_close_advance(void *state, struct serve_pipe *pipe)
{
    (void)state;
    serve_pipe_take_in(pipe, pipe->in_len);
    pipe->finished = true;
}

static void serve_reset_advance(void *state, struct serve_pipe *pipe)
{
    (void)state;
    pipe->reset = true;
}

static void serve_silent_advance(void *state, struct serve_pipe *pipe)
{
    (void)state;
    pipe->deaf = true;
}

static const struct serve_app_ops serve_echo_ops = {.advance = serve_echo_advance};
static const struct serve_app_ops serve_discard_ops = {.advance = serve_discard_advance};
static const struct serve_app_ops serve_chargen_ops = {
    .begin = serve_chargen_begin,
    .end = g_free,
    .advance = serve_chargen_advance,
};
static const struct serve_app_ops serve_close_ops = {.advance = serve_close_advance};
static const struct serve_app_ops serve_reset_ops = {.advance = serve_reset_advance};
static const struct serve_app_ops serve_silent_ops = {.advance = serve_silent_advance};

/* ---- all of them ----------------------------------------------------------------------------- */

struct serve_app *serve_app_new(const struct serve_endpoint *endpoint)
{
    static const struct serve_app_ops *const kinds[SERVE_KIND_COUNT] = {
        [SERVE_HTTP] = &serve_http_ops,       [SERVE_ECHO] = &serve_echo_ops,
        [SERVE_DISCARD] = &serve_discard_ops, [SERVE_CHARGEN] = &serve_chargen_ops,
        [SERVE_CLOSE] = &serve_close_ops,     [SERVE_RESET] = &serve_reset_ops,
        [SERVE_SILENT] = &serve_silent_ops,   [SERVE_SCRIPT] = &serve_script_ops,
        [SERVE_NAMES] = &serve_names_ops,
    };
    const struct serve_app_ops *ops = kinds[endpoint->kind];
    if (ops == NULL) {
        return NULL;
    }
    struct serve_app *app = g_new0(struct serve_app, 1);
    app->ops = ops;
    app->state = ops->begin == NULL ? NULL : ops->begin(endpoint);
    return app;
}

void serve_app_free(struct serve_app *app)
{
    if (app == NULL) {
        return;
    }
    if (app->ops->end != NULL) {
        app->ops->end(app->state);
    }
    g_free(app);
}

void serve_app_advance(struct serve_app *app, struct serve_pipe *pipe)
{
    pipe->wake_ns = SERVE_NEVER;
    app->ops->advance(app->state, pipe);
}
