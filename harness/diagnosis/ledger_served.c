/*
 * ledger_served.c - what providers tell of the sockets that they have, and of their configuration
 *
 * Where the stack is a program no system call is about a socket: there are requests about files,
 * and which socket is behind one only the provider knows. It says so of each request before the
 * answer, and tells names and timeouts as a kernel does. So what a read was answered with can be
 * held against the wire, and how long it waits against what was set.
 *
 * Sockets are known by their numbers, which are used again: a new one begins with its timeouts.
 */
#include "harness/diagnosis/ledger_priv.h"
#include "harness/diagnosis/ledger_schemes_priv.h"

#include <string.h>

#define SERVED_TCP 6
/* Numbers of Linux. */
#define SERVED_IN     0x001
#define SERVED_OUT    0x004
#define SERVED_FAILED 0x018 /* POLLERR, POLLHUP */

const struct ledger_served *ledger_served(const struct ledger *ledger, uint64_t socket)
{
    return g_hash_table_lookup(ledger->schemes->served, &socket);
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void served_observe_timeouts(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    uint64_t object = event->fields[0].number;
    struct ledger_served *served = g_hash_table_lookup(schemes->served, &object);
    if (served == NULL && ledger_has_room(schemes->served)) {
        served = g_new0(struct ledger_served, 1);
        served->socket.object = object;
        g_hash_table_insert(schemes->served, &served->socket.object, served);
    }
    if (served != NULL) {
        served->socket.receive_timeout_ns = event->fields[1].number;
        served->socket.send_timeout_ns = event->fields[2].number;
    }
}

static void served_observe_named(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    struct ledger_served *served = g_hash_table_lookup(schemes->served, &event->fields[0].number);
    if (served == NULL) {
        return;
    }
    served->socket.protocol = (uint8_t)event->fields[1].number;
    served->socket.is_stream = served->socket.protocol == SERVED_TCP;
    served->socket.address = (uint32_t)event->fields[2].number;
    served->socket.port = (uint16_t)event->fields[3].number;
    served->socket.peer = (uint32_t)event->fields[4].number;
    served->socket.peer_port = (uint16_t)event->fields[5].number;
    served->socket.connected = ledger_mark(event);
    served->socket.accepted = 0;
    served->socket.told_out = served->socket.told_in = (struct ledger_mark){0};
    served->ended = (struct ledger_mark){0};
}

/* As of what poll() says: of a failure nothing follows for the rest. */
static void served_observe_ready(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    struct ledger_served *served = g_hash_table_lookup(schemes->served, &event->fields[0].number);
    uint64_t events = event->fields[2].number;
    if (served == NULL || (events & SERVED_FAILED) != 0) {
        return;
    }
    if ((events & SERVED_OUT) != 0 && served->socket.told_out.sequence == 0) {
        served->socket.told_out = ledger_mark(event);
        served->told_for = (uint32_t)event->fields[1].number;
    }
    if ((events & SERVED_IN) != 0 && served->socket.told_in.sequence == 0) {
        served->socket.told_in = ledger_mark(event);
        served->told_for = (uint32_t)event->fields[1].number;
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static void served_observe_about(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    struct ledger_ask *ask = g_hash_table_lookup(schemes->asks, &event->fields[0].number);
    if (ask == NULL) {
        return;
    }
    ask->socket = event->fields[1].number;
    struct ledger_served *served = g_hash_table_lookup(schemes->served, &ask->socket);
    if (served != NULL) {
        served->user = ask->task;
    }
    struct ledger_source *file =
        ledger_find_source(schemes, schemes->kind_file, ask->scheme->number, ask->handle);
    if (file != NULL) {
        file->socket = ask->socket;
    }
}

/* What the provider took of a stream, by its own word. */
static void served_accepts(struct ledger_served *served, uint64_t size,
                           const struct trace_event *event)
{
    struct ledger_socket *socket = &served->socket;
    if (socket->accepted == 0) {
        socket->accepted_first = ledger_mark(event);
    }
    socket->accepted += size;
    socket->accepted_last = ledger_mark(event);
}

static void served_observe_answered(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    const struct ledger_ask *ask = g_hash_table_lookup(schemes->asks, &event->fields[0].number);
    struct ledger_served *served =
        ask != NULL ? g_hash_table_lookup(schemes->served, &ask->socket) : NULL;
    int64_t result = (int64_t)event->fields[1].number;
    if (served == NULL) {
        return;
    }
    if (served->socket.is_stream && result > 0 && strcmp(ask->operation, "write") == 0) {
        served_accepts(served, (uint64_t)result, event);
    }
    if (served->ended.sequence == 0 && result == 0 && ask->size != 0 &&
        strcmp(ask->operation, "read") == 0) {
        served->ended = ledger_mark(event);
        served->ended_for = ask->task;
    }
}

/* ---- configuration --------------------------------------------------------------------------- */

static void served_observe_rejected(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    schemes->rejected = event->fields[0].string;
    schemes->rejected_at = ledger_mark(event);
}

/* What was rejected long before belongs to another reading of the files. */
static void served_observe_applied(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    schemes->addressed = ledger_mark(event);
    if (schemes->rejected == NULL || schemes->guessed != NULL ||
        event->time_ns - schemes->rejected_at.time_ns >= LEDGER_SETTLE_NS) {
        return;
    }
    schemes->guessed = schemes->rejected;
    schemes->guessed_interface = event->fields[0].string;
    schemes->guessed_mask = (uint32_t)event->fields[2].number;
    schemes->guessed_at = ledger_mark(event);
}

static const struct trace_listener served_listeners[] = {
    {TRACE_SOCKET_TIMEOUTS, served_observe_timeouts},
    {TRACE_SOCKET_NAMED, served_observe_named},
    {TRACE_SOCKET_READY, served_observe_ready},
    {TRACE_REQUEST_ABOUT, served_observe_about},
    {TRACE_REQUEST_ANSWERED, served_observe_answered},
    {TRACE_CONFIG_REJECTED, served_observe_rejected},
    {TRACE_CONFIG_APPLIED, served_observe_applied},
};

void ledger_listen_to_providers(struct ledger *ledger)
{
    trace_listen(ledger->trace, served_listeners, G_N_ELEMENTS(served_listeners), ledger);
}
