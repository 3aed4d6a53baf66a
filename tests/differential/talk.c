/* talk.c - what conversations are made of */
#include "tests/differential/talk.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define TALKERS_MAX   16
#define TALK_DATA_MAX (128u << 10)
#define TALK_PIECE    16384
#define TALK_STEP_MS  5
/* More than the longest delay of an acknowledgement on either side, which is Linux's 200 ms. */
#define TALK_QUIET_MS   250
#define TALK_GIVE_UP_MS 15000

struct talker {
    struct end *end;
    int handle; /* -1: closed */
    const char *name;
    uint32_t written;           /* the next place in its stream */
    size_t to_send, to_receive; /* for talk_pump() */
    GChecksum *received;        /* of what came in talk_pump() */
};

static struct end *talk_ends[2];
static FILE *talk_transcript;
static struct talker talkers[TALKERS_MAX];
static unsigned talker_count;

void talk_begin(struct end *a, struct end *b, FILE *transcript)
{
    talk_ends[A] = a;
    talk_ends[B] = b;
    talk_transcript = transcript;
    wire_open(a, b);
}

/* ---- lines ----------------------------------------------------------------------------------- */

void talk_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(talk_transcript, format, args);
    va_end(args);
    fputc('\n', talk_transcript);
}

static const char *talk_error_name(int error)
{
    const char *name = error == 0 ? "nothing" : strerrorname_np(error);
    return name != NULL ? name : "no such error";
}

static void talk_say_result(const struct talker *talker, const char *what, long result)
{
    if (result < 0)
        talk_say("%s %s: %s", talker->name, what, talk_error_name((int)-result));
    else
        talk_say("%s %s: %ld", talker->name, what, result);
}

/* Only when it did not work. */
static void talk_need(const struct talker *talker, const char *what, long result)
{
    if (result < 0)
        talk_say_result(talker, what, result);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Bytes that tell their place, so that none can stand for another. */
static void talk_fill(uint8_t *to, uint32_t place, size_t size)
{
    for (size_t i = 0; i < size; i++, place++)
        to[i] = (uint8_t)((place * 2654435761u) >> 24 ^ place);
}

static const char *talk_hash(const void *data, size_t size)
{
    static char text[17];
    g_autofree char *whole = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, size);
    g_strlcpy(text, whole, sizeof(text));
    return text;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static struct talker *talk_add(struct end *end, int handle, const char *name)
{
    g_assert(talker_count < TALKERS_MAX);
    struct talker *talker = &talkers[talker_count++];
    *talker = (struct talker){.end = end, .handle = handle, .name = name};
    return talker;
}

struct talker *talk_open(unsigned end, const char *name, enum end_kind kind)
{
    int handle = talk_ends[end]->ops->open(talk_ends[end], kind);
    struct talker *talker = talk_add(talk_ends[end], handle, name);
    talk_need(talker, "open", handle);
    if (handle < 0)
        exit(EXIT_FAILURE);
    return talker;
}

void talk_bind(struct talker *talker, uint16_t port)
{
    talk_say_result(talker, "bind", talker->end->ops->bind(talker->end, talker->handle, port));
}

void talk_connect(struct talker *talker, uint16_t port)
{
    talk_say_result(talker, "connect",
                    talker->end->ops->connect(talker->end, talker->handle, port));
}

void talk_listen(struct talker *talker, int backlog)
{
    talk_say_result(talker, "listen",
                    talker->end->ops->listen(talker->end, talker->handle, backlog));
}

struct talker *talk_accept(struct talker *listener, const char *name)
{
    int handle = listener->end->ops->accept(listener->end, listener->handle);
    talk_say_result(listener, "accept", handle < 0 ? handle : 0);
    return handle < 0 ? NULL : talk_add(listener->end, handle, name);
}

void talk_send_bytes(struct talker *talker, const void *bytes, size_t size)
{
    g_autofree char *what = g_strdup_printf("send %zu", size);
    talk_say_result(talker, what, talker->end->ops->send(talker->end, talker->handle, bytes, size));
}

void talk_send(struct talker *talker, size_t size)
{
    static uint8_t data[TALK_DATA_MAX];
    g_assert(size <= sizeof(data));
    talk_fill(data, talker->written, size);
    talker->written += (uint32_t)size;
    talk_send_bytes(talker, data, size);
}

long talk_take(struct talker *talker, void *data, size_t size)
{
    return talker->end->ops->receive(talker->end, talker->handle, data, size);
}

void talk_receive(struct talker *talker, size_t size)
{
    static uint8_t data[TALK_DATA_MAX];
    g_assert(size <= sizeof(data));
    long result = talk_take(talker, data, size);
    if (result > 0)
        talk_say("%s receive %zu: %ld bytes %s", talker->name, size, result,
                 talk_hash(data, (size_t)result));
    else
        talk_say("%s receive %zu: %s", talker->name, size,
                 result == 0 ? "nothing, the end" : talk_error_name((int)-result));
}

void talk_shutdown(struct talker *talker, int how)
{
    static const char *const halves[] = {
        [SHUT_RD] = "shutdown read", [SHUT_WR] = "shutdown write", [SHUT_RDWR] = "shutdown both"};
    talk_say_result(talker, halves[how],
                    talker->end->ops->shutdown(talker->end, talker->handle, how));
}

void talk_set_int(struct talker *talker, int level, int name, int value)
{
    talk_need(
        talker, "set an option",
        talker->end->ops->set(talker->end, talker->handle, level, name, &value, sizeof(value)));
}

void talk_close(struct talker *talker)
{
    talker->end->ops->close(talker->end, talker->handle);
    talker->handle = -1;
}

void talk_abort(struct talker *talker)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    talk_need(talker, "linger",
              talker->end->ops->set(talker->end, talker->handle, SOL_SOCKET, SO_LINGER, &now,
                                    sizeof(now)));
    talk_close(talker);
}

void talk_error(struct talker *talker)
{
    int error = talker->end->ops->error(talker->end, talker->handle);
    talk_say("%s error: %s", talker->name, talk_error_name(error));
}

void talk_ready(struct talker *talker)
{
    unsigned ready = talker->end->ops->ready(talker->end, talker->handle);
    talk_say("%s ready:%s%s%s%s%s", talker->name, (ready & POLLIN) != 0 ? " in" : "",
             (ready & POLLOUT) != 0 ? " out" : "", (ready & POLLRDHUP) != 0 ? " rdhup" : "",
             (ready & POLLERR) != 0 ? " err" : "", (ready & POLLHUP) != 0 ? " hup" : "");
}

/*
 * On Linux a connection in TIME_WAIT leaves its socket, which is closed then; whether the
 * connection is there still shows by how it answers.
 */
void talk_state(struct talker *talker)
{
    static const char *const names[] = {
        [TCP_ESTABLISHED] = "ESTABLISHED",   [TCP_SYN_SENT] = "SYN_SENT",
        [TCP_SYN_RECV] = "SYN_RECEIVED",     [TCP_FIN_WAIT1] = "FIN_WAIT_1",
        [TCP_FIN_WAIT2] = "FIN_WAIT_2",      [TCP_TIME_WAIT] = "CLOSED or TIME_WAIT",
        [TCP_CLOSE] = "CLOSED or TIME_WAIT", [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
        [TCP_LAST_ACK] = "LAST_ACK",         [TCP_LISTEN] = "LISTEN",
        [TCP_CLOSING] = "CLOSING",
    };
    int state = talker->end->ops->state(talker->end, talker->handle);
    g_assert(state > 0 && state < (int)G_N_ELEMENTS(names));
    talk_say("%s state: %s", talker->name, names[state]);
}

/* ---- time ------------------------------------------------------------------------------------ */

static unsigned talk_is_ready(const struct talker *talker)
{
    return talker->end->ops->ready(talker->end, talker->handle);
}

void talk_await(struct talker *talker, unsigned events)
{
    uint64_t deadline_ns = wire_now_ns() + TALK_GIVE_UP_MS * WIRE_MS;
    while ((talk_is_ready(talker) & events) != events) {
        if (wire_now_ns() > deadline_ns) {
            talk_say("%s does not become ready", talker->name);
            talk_ready(talker);
            return;
        }
        (void)wire_step(TALK_STEP_MS);
    }
}

/* Counted in steps and not in time: on a busy machine time goes by in which nobody looked. */
void talk_quiet(void)
{
    uint64_t deadline_ns = wire_now_ns() + TALK_GIVE_UP_MS * WIRE_MS;
    for (unsigned steps = 0; steps * TALK_STEP_MS < TALK_QUIET_MS; steps++) {
        if (wire_step(TALK_STEP_MS))
            steps = 0;
        if (wire_now_ns() > deadline_ns) {
            talk_say("there is no end of packets");
            return;
        }
    }
}

void talk_pause(unsigned time_ms)
{
    uint64_t deadline_ns = wire_now_ns() + time_ms * WIRE_MS;
    while (wire_now_ns() < deadline_ns)
        (void)wire_step(TALK_STEP_MS);
}

/* ---- the most usual -------------------------------------------------------------------------- */

void talk_connect_pair(struct talker **a, struct talker **b)
{
    talk_connect_pair_with(a, b, 0);
}

void talk_connect_pair_with(struct talker **a, struct talker **b, int size)
{
    struct talker *listener = talk_open(B, "listener", END_STREAM);
    const struct end_ops *ops_a = talk_ends[A]->ops, *ops_b = talk_ends[B]->ops;
    *a = talk_open(A, "a", END_STREAM);
    if (size > 0)
        talk_set_int(listener, SOL_SOCKET, SO_RCVBUF, size);
    talk_need(listener, "bind", ops_b->bind(talk_ends[B], listener->handle, TALK_PORT_B));
    talk_need(listener, "listen", ops_b->listen(talk_ends[B], listener->handle, 5));
    talk_need(*a, "bind", ops_a->bind(talk_ends[A], (*a)->handle, TALK_PORT_A));
    int result = ops_a->connect(talk_ends[A], (*a)->handle, TALK_PORT_B);
    if (result != -EINPROGRESS)
        talk_say_result(*a, "connect", result);
    talk_await(*a, POLLOUT);
    talk_await(listener, POLLIN);
    int handle = ops_b->accept(talk_ends[B], listener->handle);
    talk_need(listener, "accept", handle);
    if (handle < 0)
        exit(EXIT_FAILURE);
    *b = talk_add(talk_ends[B], handle, "b");
    talk_close(listener);
}

void talk_will_send(struct talker *talker, size_t size)
{
    talker->to_send = size;
}

void talk_will_receive(struct talker *talker, size_t size)
{
    talker->to_receive = size;
    talker->received = g_checksum_new(G_CHECKSUM_SHA256);
}

/* One piece. False: the call failed. */
static bool talk_pump_out(struct talker *talker)
{
    uint8_t data[TALK_PIECE];
    size_t size = talker->to_send < sizeof(data) ? talker->to_send : sizeof(data);
    if (size == 0)
        return true;
    talk_fill(data, talker->written, size);
    long result = talker->end->ops->send(talker->end, talker->handle, data, size);
    if (result > 0) {
        talker->to_send -= (size_t)result;
        talker->written += (uint32_t)result;
    } else if (result != -EAGAIN) {
        talk_say_result(talker, "send", result);
        return false;
    }
    return true;
}

static bool talk_pump_in(struct talker *talker)
{
    uint8_t data[TALK_PIECE];
    size_t size = talker->to_receive < sizeof(data) ? talker->to_receive : sizeof(data);
    if (size == 0)
        return true;
    long result = talk_take(talker, data, size);
    if (result > 0) {
        talker->to_receive -= (size_t)result;
        g_checksum_update(talker->received, data, result);
    } else if (result != -EAGAIN) {
        talk_say_result(talker, "receive", result);
        return false;
    }
    return true;
}

static void talk_say_pumped(struct talker *talker)
{
    if (talker->received == NULL)
        return;
    if (talker->to_receive > 0)
        talk_say("%s received too little", talker->name);
    else
        talk_say("%s received all: %.16s", talker->name, g_checksum_get_string(talker->received));
    g_checksum_free(talker->received);
    talker->received = NULL;
}

void talk_pump(void)
{
    uint64_t deadline_ns = wire_now_ns() + TALK_GIVE_UP_MS * WIRE_MS;
    bool goes_on = true, works = true;
    while (goes_on && works && wire_now_ns() < deadline_ns) {
        goes_on = false;
        (void)wire_step(1);
        for (unsigned i = 0; i < talker_count && works; i++) {
            works = talk_pump_out(&talkers[i]) && talk_pump_in(&talkers[i]);
            goes_on = goes_on || talkers[i].to_send > 0 || talkers[i].to_receive > 0;
        }
    }
    for (unsigned i = 0; i < talker_count; i++)
        talk_say_pumped(&talkers[i]);
}

/* With `pump` all talkers go on writing meanwhile. */
static void talk_step_until(unsigned end, unsigned facts, bool pump)
{
    uint64_t deadline_ns = wire_now_ns() + TALK_GIVE_UP_MS * WIRE_MS;
    while (!watch_has(end, facts)) {
        if (wire_now_ns() > deadline_ns) {
            talk_say("%c does not do what is waited for", 'a' + (char)end);
            return;
        }
        (void)wire_step(TALK_STEP_MS);
        for (unsigned i = 0; pump && i < talker_count; i++)
            (void)talk_pump_out(&talkers[i]);
    }
}

void talk_await_fact(unsigned end, unsigned facts)
{
    talk_step_until(end, facts, false);
}

void talk_pump_unread(unsigned end, unsigned facts)
{
    talk_step_until(end, facts, true);
}

void talk_record(bool on)
{
    watch_record(on ? talk_transcript : NULL);
}

void talk_forge(unsigned to, unsigned flags, uint32_t sequence, uint32_t acknowledgement,
                size_t size)
{
    uint8_t packet[END_MTU], data[END_MTU] = {0};
    const struct segment words = {
        .source_port = to == A ? TALK_PORT_B : TALK_PORT_A,
        .destination_port = to == A ? TALK_PORT_A : TALK_PORT_B,
        .sequence = sequence,
        .acknowledgement = acknowledgement,
        .flags = flags,
        .window = 1000,
    };
    wire_forge(to, packet, segment_build(packet, &words, data, size));
}
