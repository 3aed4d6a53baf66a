/*
 * ledger_told.c - what system calls find in a program's memory, and what they leave there
 *
 * Told by the guest within a call: which events were asked for and which were told, timeouts,
 * peers, senders, errors.
 */
#include "harness/diagnosis/ledger_priv.h"
#include "harness/diagnosis/ledger_sockets_priv.h"

#include <string.h>

/* poll(2) and epoll(7), as arm64 Linux numbers them. */
#define TOLD_IN        0x001
#define TOLD_OUT       0x004
#define TOLD_ERR       0x008
#define TOLD_ONESHOT   (1U << 30)
#define TOLD_FAILED    0x018 /* POLLERR, POLLHUP */
#define TOLD_ERRNO_MAX 133

static void sockets_observe_asked(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_task *task = ledger_need_task(ledger, event->fields[0].number);
    const char *what = event->fields[2].string;
    uint64_t value = event->fields[3].number;
    if (task == NULL) {
        return;
    }
    if (strcmp(what, "timeout") == 0) {
        task->timeout_ns = value;
        return;
    }
    if (strcmp(what, "system-file") == 0) {
        task->is_for_system_file = true;
        return;
    }
    struct ledger_socket *socket =
        sockets_find(ledger, task->number, (int64_t)event->fields[1].number);
    if (socket == NULL) {
        return;
    }
    if (strcmp(what, "ready") == 0) {
        socket->asked = (unsigned)value;
        socket->asked_at = ledger_mark(event);
        socket->told = 0;
    } else if (strcmp(what, "watch") == 0) {
        socket->watched = (unsigned)value;
        socket->watched_at = ledger_mark(event);
    } else if (strcmp(what, "receive-timeout") == 0) {
        socket->receive_timeout_ns = value;
    } else if (strcmp(what, "send-timeout") == 0) {
        socket->send_timeout_ns = value;
    } else if (strcmp(what, "peer") == 0 && value == 0) {
        socket->connect_call = NULL;
        socket->peer = 0;
    }
}

/* Nothing was sent for it, and nothing can have come: it was never connected, or it listens. */
static bool sockets_is_untouched(const struct ledger_socket *socket)
{
    return socket->is_stream && socket->connect_call == NULL && socket->connected.sequence == 0 &&
           socket->failed.sequence == 0;
}

static void sockets_told_ready(struct ledger *ledger, struct ledger_socket *socket,
                               const struct ledger_task *task, unsigned events,
                               const struct trace_event *event)
{
    socket->told = events;
    socket->told_at = ledger_mark(event);
    if ((socket->watched & TOLD_ONESHOT) != 0) {
        socket->watched = 0;
    }
    if ((events & TOLD_ERR) != 0 && sockets_is_untouched(socket)) {
        sockets_breach(ledger, task, LEDGER_BREACH_NO_FAILURE, events, event);
    }
    if ((events & TOLD_FAILED) != 0) {
        return;
    }
    if ((events & TOLD_OUT) != 0 && socket->told_out.sequence == 0) {
        socket->told_out = ledger_mark(event);
        socket->told_call = task->call;
    }
    if ((events & TOLD_IN) != 0 && socket->told_in.sequence == 0) {
        socket->told_in = ledger_mark(event);
        socket->told_call = socket->told_call != NULL ? socket->told_call : task->call;
    }
}

/* What the last event said, when it was of this one. */
static void sockets_name(const struct ledger *ledger, struct ledger_socket *socket)
{
    if (socket->object == ledger->named.object) {
        socket->protocol = ledger->named.protocol;
        socket->address = ledger->named.address;
        socket->port = ledger->named.port;
        socket->peer = ledger->named.peer;
        socket->peer_port = ledger->named.peer_port;
    }
}

static void sockets_observe_told(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_task *task = ledger_need_task(ledger, event->fields[0].number);
    int64_t descriptor = (int64_t)event->fields[1].number;
    const char *what = event->fields[2].string;
    uint64_t value = event->fields[3].number;
    if (task == NULL) {
        return;
    }
    if (strcmp(what, "socket") == 0) {
        struct ledger_socket *made = sockets_find(ledger, task->number, descriptor);
        made = made != NULL ? made : sockets_make(ledger, task->number, descriptor);
        made->object = value;
        made->opened = ledger_mark(event);
        sockets_name(ledger, made);
        return;
    }
    struct ledger_socket *socket = sockets_find(ledger, task->number, descriptor);
    if (socket == NULL) {
        return;
    }
    if (strcmp(what, "ready") == 0) {
        sockets_told_ready(ledger, socket, task, (unsigned)value, event);
    } else if (strcmp(what, "error") == 0 && value > TOLD_ERRNO_MAX) {
        sockets_breach(ledger, task, LEDGER_BREACH_ERROR, (int64_t)value, event);
    } else if (strcmp(what, "error") == 0 && value != 0) {
        sockets_failed(socket, -(int64_t)value, event);
    } else if (strcmp(what, "error") == 0) {
        sockets_all_well(socket, task, event);
    } else if (strcmp(what, "source") == 0 && value == 0 && !socket->is_stream) {
        sockets_breach(ledger, task, LEDGER_BREACH_SOURCE, 0, event);
    } else if (strcmp(what, "control") == 0 && value == UINT64_MAX) {
        sockets_breach(ledger, task, LEDGER_BREACH_CONTROL, 0, event);
    } else if (strcmp(what, "control") == 0 && value == 0 && socket->wants_ttl) {
        sockets_breach(ledger, task, LEDGER_BREACH_NO_TTL, 0, event);
    }
}

/* The call of the task that runs is what named it; accept() names what it will give. */
static void sockets_observe_named(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_task *task = ledger_task_slot(ledger, ledger->running[ledger_cpu(event)]);
    struct ledger_socket *socket = task != NULL ? task->socket : NULL;
    ledger->named.object = event->fields[0].number;
    ledger->named.protocol = (uint8_t)event->fields[1].number;
    ledger->named.address = (uint32_t)event->fields[2].number;
    ledger->named.port = (uint16_t)event->fields[3].number;
    ledger->named.peer = (uint32_t)event->fields[4].number;
    ledger->named.peer_port = (uint16_t)event->fields[5].number;
    if (socket == NULL || socket->object != ledger->named.object) {
        return;
    }
    sockets_name(ledger, socket);
    if (socket->is_stream) {
        socket->connected = ledger_mark(event);
        socket->told_out = socket->told_in = (struct ledger_mark){0};
        socket->failed = socket->all_well = (struct ledger_mark){0};
        socket->accepted = socket->given = 0;
    }
}

static const struct trace_listener sockets_listeners[] = {
    {TRACE_CALL_ASKED, sockets_observe_asked},
    {TRACE_CALL_TOLD, sockets_observe_told},
    {TRACE_SOCKET_NAMED, sockets_observe_named},
};

void ledger_listen_to_sockets(struct ledger *ledger)
{
    trace_listen(ledger->trace, sockets_listeners, G_N_ELEMENTS(sockets_listeners), ledger);
}
