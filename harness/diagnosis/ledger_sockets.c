/*
 * ledger_sockets.c - what the guest's probes say of sockets: calls, and what they returned
 *
 * Calls are known by the names that Linux gives them; a guest whose calls have other names tells
 * nothing here. A socket is a descriptor of a task; dup() makes no second one. What no kernel may
 * do, whatever is on the wire, is noted when it happens, the first time for each program.
 */
#include "harness/diagnosis/ledger_priv.h"
#include "harness/diagnosis/ledger_sockets_priv.h"

#include <string.h>

enum sockets_call {
    SOCKETS_NO_CALL,
    SOCKETS_SOCKET,
    SOCKETS_CONNECT,
    SOCKETS_ACCEPT,
    SOCKETS_LISTEN,
    SOCKETS_CLOSE,
    SOCKETS_FCNTL,
    SOCKETS_WRITE,
    SOCKETS_SEND,
    SOCKETS_READ,
    SOCKETS_RECEIVE,
    SOCKETS_WAIT,
    SOCKETS_OPTION,
    SOCKETS_SHUTDOWN,
};

static const struct {
    const char *name;
    enum sockets_call call;
    short flags; /* the argument with MSG_DONTWAIT, -1: none */
} sockets_calls[] = {
    {"socket", SOCKETS_SOCKET, -1},     {"connect", SOCKETS_CONNECT, -1},
    {"accept", SOCKETS_ACCEPT, -1},     {"accept4", SOCKETS_ACCEPT, -1},
    {"listen", SOCKETS_LISTEN, -1},     {"close", SOCKETS_CLOSE, -1},
    {"fcntl", SOCKETS_FCNTL, -1},       {"write", SOCKETS_WRITE, -1},
    {"writev", SOCKETS_WRITE, -1},      {"sendto", SOCKETS_SEND, 3},
    {"sendmsg", SOCKETS_SEND, 2},       {"read", SOCKETS_READ, -1},
    {"readv", SOCKETS_READ, -1},        {"recvfrom", SOCKETS_RECEIVE, 3},
    {"recvmsg", SOCKETS_RECEIVE, 2},    {"ppoll", SOCKETS_WAIT, -1},
    {"pselect6", SOCKETS_WAIT, -1},     {"epoll_pwait", SOCKETS_WAIT, -1},
    {"setsockopt", SOCKETS_OPTION, -1}, {"getsockopt", SOCKETS_OPTION, -1},
    {"shutdown", SOCKETS_SHUTDOWN, -1},
};

/* Numbers of arm64 Linux. */
#define SOCKETS_AF_INET    2
#define SOCKETS_AF_INET6   10
#define SOCKETS_STREAM     1
#define SOCKETS_DGRAM      2
#define SOCKETS_TYPE       15
#define SOCKETS_NONBLOCK   04000
#define SOCKETS_ICMP       1
#define SOCKETS_TCP        6
#define SOCKETS_UDP        17
#define SOCKETS_F_SETFL    4
#define SOCKETS_SHUT_WR    1
#define SOCKETS_DONTWAIT   0x40
#define SOCKETS_PEEK       0x2
#define SOCKETS_SOL_SOCKET 1
#define SOCKETS_SOL_IP     0
#define SOCKETS_RECVTTL    12
enum {
    SOCKETS_ENOENT = -2,
    SOCKETS_EBADF = -9,
    SOCKETS_EAGAIN = -11,
    SOCKETS_EINVAL = -22,
    SOCKETS_EPIPE = -32,
    SOCKETS_ENOSYS = -38,
    SOCKETS_ENOPROTOOPT = -92,
    SOCKETS_EPROTONOSUPPORT = -93,
    SOCKETS_EAFNOSUPPORT = -97,
    SOCKETS_ENOBUFS = -105,
    SOCKETS_ECONNABORTED = -103,
    SOCKETS_ECONNRESET = -104,
    SOCKETS_ETIMEDOUT = -110,
    SOCKETS_ECONNREFUSED = -111,
    SOCKETS_EHOSTUNREACH = -113,
    SOCKETS_EINPROGRESS = -115,
};
/* A machine may be as late as this, for want of a finer tick; and as early, by rounding. */
#define SOCKETS_LATE_NS  UINT64_C(50000000)
#define SOCKETS_EARLY_NS UINT64_C(1000000)
/* A connect() may give up after so long, [RFC9293] 3.8.3 has three minutes. */
#define SOCKETS_CONNECT_NS UINT64_C(20000000000)

/* ---- finding --------------------------------------------------------------------------------- */

struct ledger_socket *sockets_find(struct ledger *ledger, uint32_t task, int64_t descriptor)
{
    struct ledger_socket *set = ledger->sockets[((uint64_t)descriptor ^ task * 7U) % LEDGER_SETS];
    for (unsigned i = 0; i < LEDGER_WAYS; i++) {
        if (set[i].task == task && set[i].descriptor == descriptor && !set[i].is_closed) {
            return &set[i];
        }
    }
    return NULL;
}

struct ledger_socket *sockets_make(struct ledger *ledger, uint32_t task, int64_t descriptor)
{
    struct ledger_socket *set = ledger->sockets[((uint64_t)descriptor ^ task * 7U) % LEDGER_SETS];
    struct ledger_socket *oldest = &set[0];
    for (unsigned i = 0; i < LEDGER_WAYS; i++) {
        if (set[i].task == 0) {
            oldest = &set[i];
            break;
        }
        if (set[i].opened.sequence < oldest->opened.sequence) {
            oldest = &set[i];
        }
    }
    *oldest = (struct ledger_socket){.task = task, .descriptor = (int32_t)descriptor};
    return oldest;
}

void sockets_breach(struct ledger *ledger, const struct ledger_task *task,
                    enum ledger_breach_kind kind, int64_t value, const struct trace_event *event)
{
    struct ledger_program *program = ledger_program_of_task(ledger, task->number);
    if (program != NULL && program->breach.kind == LEDGER_BREACH_NONE) {
        program->breach = (struct ledger_breach){
            .kind = kind,
            .call = task->call != NULL ? task->call : "?",
            .descriptor = task->socket != NULL ? task->socket->descriptor : -1,
            .value = value,
            .at = ledger_mark(event),
        };
    }
}

/* ---- entering -------------------------------------------------------------------------------- */

/* Names are interned: which one it was is remembered by where it stands. */
static unsigned sockets_kind(struct ledger *ledger, const char *name)
{
    unsigned slot = (unsigned)((uintptr_t)name / sizeof(void *)) % LEDGER_CALL_NAMES;
    if (ledger->call_names[slot].name == name) {
        return ledger->call_names[slot].kind;
    }
    unsigned kind = 0;
    for (unsigned i = 0; kind == 0 && i < G_N_ELEMENTS(sockets_calls); i++) {
        kind = strcmp(sockets_calls[i].name, name) == 0 ? i + 1 : 0;
    }
    ledger->call_names[slot].name = name;
    ledger->call_names[slot].kind = kind;
    return kind;
}

static enum sockets_call sockets_call(const struct ledger_task *task)
{
    return task->call_kind > 0 ? sockets_calls[task->call_kind - 1].call : SOCKETS_NO_CALL;
}

void ledger_call_entered(struct ledger *ledger, struct ledger_task *task,
                         const struct trace_event *event)
{
    task->call_kind = sockets_kind(ledger, task->call);
    for (unsigned i = 0; i < G_N_ELEMENTS(task->arguments); i++) {
        task->arguments[i] = event->fields[2 + i].number;
    }
    task->entered = ledger_mark(event);
    task->timeout_ns = LEDGER_NO_TIME;
    task->slept_ns = 0;
    task->is_for_system_file = false;
    enum sockets_call call = sockets_call(task);
    bool has_socket = call != SOCKETS_NO_CALL && call != SOCKETS_SOCKET && call != SOCKETS_WAIT;
    task->socket =
        has_socket ? sockets_find(ledger, task->number, (int32_t)task->arguments[0]) : NULL;
    if (task->socket != NULL && call == SOCKETS_CLOSE) {
        task->socket->is_closed = true;
    }
}

/* Whether the program wants the call to come back at once. */
static bool sockets_may_wait(const struct ledger_task *task)
{
    int at = task->call_kind > 0 ? sockets_calls[task->call_kind - 1].flags : -1;
    return !task->socket->nonblock && (at < 0 || (task->arguments[at] & SOCKETS_DONTWAIT) == 0);
}

/* ---- returning ------------------------------------------------------------------------------- */

static bool sockets_is_failure(int64_t result)
{
    return result == SOCKETS_EPIPE || result == SOCKETS_ECONNABORTED ||
           result == SOCKETS_ECONNRESET || result == SOCKETS_ETIMEDOUT ||
           result == SOCKETS_ECONNREFUSED || result == SOCKETS_EHOSTUNREACH || result == -101;
}

void sockets_failed(struct ledger_socket *socket, int64_t error, const struct trace_event *event)
{
    socket->failed = ledger_mark(event);
    socket->error = error;
    socket->connect_call = NULL;
}

void sockets_all_well(struct ledger_socket *socket, const struct ledger_task *task,
                      const struct trace_event *event)
{
    socket->all_well = ledger_mark(event);
    socket->all_well_call = task->call;
}

static void sockets_opened(struct ledger *ledger, struct ledger_task *task, int64_t result,
                           const struct trace_event *event)
{
    uint64_t family = task->arguments[0], type = task->arguments[1] & SOCKETS_TYPE,
             protocol = task->arguments[2];
    bool is_known = family == SOCKETS_AF_INET &&
                    ((type == SOCKETS_STREAM && (protocol == 0 || protocol == SOCKETS_TCP)) ||
                     (type == SOCKETS_DGRAM &&
                      (protocol == 0 || protocol == SOCKETS_UDP || protocol == SOCKETS_ICMP)));
    bool refused = result == SOCKETS_EPROTONOSUPPORT || result == SOCKETS_EAFNOSUPPORT ||
                   result == SOCKETS_EINVAL || result == -1;
    if (family == SOCKETS_AF_INET6 && result < 0 && result != SOCKETS_EAFNOSUPPORT) {
        sockets_breach(ledger, task, LEDGER_BREACH_FAMILY, result, event);
    } else if (is_known && refused) {
        sockets_breach(ledger, task, LEDGER_BREACH_MISSING, result, event);
    }
    struct ledger_socket *socket = result >= 0 ? sockets_find(ledger, task->number, result) : NULL;
    if (socket != NULL) {
        socket->is_stream = type == SOCKETS_STREAM;
        socket->is_icmp = type == SOCKETS_DGRAM && protocol == SOCKETS_ICMP;
        socket->nonblock = (task->arguments[1] & SOCKETS_NONBLOCK) != 0;
    }
}

static void sockets_connected(struct ledger *ledger, struct ledger_task *task, int64_t result,
                              const struct trace_event *event)
{
    struct ledger_socket *socket = task->socket;
    const struct ledger_conversation *wire = ledger_conversation(ledger, socket);
    bool again = socket->connect_call != NULL;
    bool is_pending = again && socket->connect_result == SOCKETS_EINPROGRESS;
    bool is_done = again && socket->connect_result == 0;
    if (!socket->is_stream) {
        return;
    }
    if ((is_pending && result == SOCKETS_EINPROGRESS && !sockets_may_wait(task)) ||
        (is_done && (result == 0 || result == SOCKETS_EINPROGRESS))) {
        sockets_breach(ledger, task, LEDGER_BREACH_CONNECT, result, event);
    } else if (result == 0 && wire != NULL && wire->synack_in.sequence == 0 &&
               wire->rst_in.sequence == 0 && wire->first_in == 0) {
        sockets_breach(ledger, task, LEDGER_BREACH_EARLY_CONNECT, result, event);
    }
    if (result == 0 || result == SOCKETS_EINPROGRESS) {
        socket->connect_call = task->call;
        socket->connect_result = result;
    }
    if (result == 0) {
        sockets_all_well(socket, task, event);
    }
}

static void sockets_wrote(struct ledger *ledger, struct ledger_task *task, int64_t result,
                          const struct trace_event *event)
{
    struct ledger_socket *socket = task->socket;
    bool counts = sockets_calls[task->call_kind - 1].name[0] == 'w' ||
                  sockets_calls[task->call_kind - 1].flags == 3;
    if (result == 0 && socket->is_stream && counts && task->arguments[2] > 0) {
        sockets_breach(ledger, task, LEDGER_BREACH_ZERO, result, event);
    }
    if ((result == SOCKETS_EINVAL || result == SOCKETS_ENOBUFS) && socket->is_icmp &&
        socket->accepted == 0) {
        sockets_breach(ledger, task, LEDGER_BREACH_UNBOUND, result, event);
    }
    if (result < 0) {
        return;
    }
    if (socket->accepted == 0) {
        socket->accepted_first = ledger_mark(event);
    }
    socket->accepted_last = ledger_mark(event);
    socket->accepted += socket->is_stream ? (uint64_t)result : 1;
    sockets_all_well(socket, task, event);
}

static void sockets_read(struct ledger_task *task, int64_t result, const struct trace_event *event)
{
    struct ledger_socket *socket = task->socket;
    int at = sockets_calls[task->call_kind - 1].flags;
    bool peeks = at >= 0 && (task->arguments[at] & SOCKETS_PEEK) != 0;
    if (result == SOCKETS_EAGAIN) {
        socket->starved = ledger_mark(event);
    } else if (result >= 0 && !peeks) {
        socket->given += socket->is_stream ? (uint64_t)result : 1;
        socket->given_last = ledger_mark(event);
    }
    if (result == 0 && socket->is_stream && task->arguments[2] > 0) {
        sockets_all_well(socket, task, event);
    }
}

/* Whether the call may say that its time is over, after so long. */
static bool sockets_is_early(const struct ledger *ledger, const struct ledger_task *task,
                             int64_t result, uint64_t timeout_ns, uint64_t took_ns)
{
    enum sockets_call call = sockets_call(task);
    bool has_time = timeout_ns == LEDGER_NO_TIME || took_ns + SOCKETS_EARLY_NS < timeout_ns;
    if (call == SOCKETS_WAIT) {
        return has_time && result == 0 && timeout_ns != 0;
    }
    if (task->socket == NULL || !sockets_may_wait(task) || !has_time) {
        return false;
    }
    const struct ledger_conversation *wire = ledger_conversation(ledger, task->socket);
    bool is_tcps = wire != NULL && wire->acked_out != wire->next_out;
    switch (call) {
    case SOCKETS_CONNECT:
        return result == SOCKETS_ETIMEDOUT && took_ns < SOCKETS_CONNECT_NS;
    case SOCKETS_WRITE:
    case SOCKETS_SEND:
    case SOCKETS_READ:
    case SOCKETS_RECEIVE:
    case SOCKETS_ACCEPT:
        return task->slept_ns > 0 &&
               (result == SOCKETS_EAGAIN || (result == SOCKETS_ETIMEDOUT && !is_tcps));
    default:
        return false;
    }
}

/* The time that the program gives the call that the task is in. */
static uint64_t sockets_timeout_ns(const struct ledger_task *task)
{
    uint64_t own_ns = 0;
    switch (sockets_call(task)) {
    case SOCKETS_WAIT:
        return task->timeout_ns;
    case SOCKETS_READ:
    case SOCKETS_RECEIVE:
    case SOCKETS_ACCEPT:
        own_ns = task->socket != NULL ? task->socket->receive_timeout_ns : 0;
        break;
    case SOCKETS_WRITE:
    case SOCKETS_SEND:
    case SOCKETS_CONNECT:
        own_ns = task->socket != NULL ? task->socket->send_timeout_ns : 0;
        break;
    default:
        break;
    }
    return own_ns != 0 ? own_ns : LEDGER_NO_TIME;
}

bool ledger_call_is_overdue(const struct ledger_task *task, uint64_t now_ns, uint64_t *timeout_ns)
{
    *timeout_ns = task->call != NULL ? sockets_timeout_ns(task) : LEDGER_NO_TIME;
    return *timeout_ns != LEDGER_NO_TIME && now_ns > task->entered.time_ns &&
           now_ns - task->entered.time_ns > *timeout_ns &&
           now_ns - task->entered.time_ns - *timeout_ns > SOCKETS_LATE_NS;
}

static void sockets_time(struct ledger *ledger, struct ledger_task *task, int64_t result,
                         const struct trace_event *event)
{
    uint64_t took_ns = event->time_ns - task->entered.time_ns, timeout_ns;
    bool is_late = ledger_call_is_overdue(task, event->time_ns, &timeout_ns);
    bool is_early = !is_late && sockets_is_early(ledger, task, result, timeout_ns, took_ns);
    struct ledger_program *program =
        is_late || is_early ? ledger_program_of_task(ledger, task->number) : NULL;
    struct ledger_overtime *noted = program == NULL ? NULL
                                    : is_late       ? &program->late
                                                    : &program->hurried;
    if (noted != NULL && noted->call == NULL) {
        *noted = (struct ledger_overtime){
            .call = task->call,
            .descriptor = task->socket != NULL ? task->socket->descriptor : -1,
            .timeout_ns = timeout_ns,
            .took_ns = took_ns,
            .result = result,
            .at = ledger_mark(event),
        };
    }
}

static void sockets_option(struct ledger *ledger, struct ledger_task *task, int64_t result,
                           const struct trace_event *event)
{
    uint64_t level = task->arguments[1], name = task->arguments[2];
    /* SO_TYPE, SO_ERROR, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE, SO_RCVTIMEO, SO_SNDTIMEO */
    static const unsigned char common[] = {3, 4, 7, 8, 9, 20, 21};
    for (size_t i = 0; i < G_N_ELEMENTS(common); i++) {
        if (level == SOCKETS_SOL_SOCKET && name == common[i] && result == SOCKETS_ENOPROTOOPT) {
            sockets_breach(ledger, task, LEDGER_BREACH_MISSING, result, event);
        }
    }
    if (level == SOCKETS_SOL_IP && name == SOCKETS_RECVTTL && result == 0 &&
        strcmp(task->call, "setsockopt") == 0) {
        task->socket->wants_ttl = true;
    }
}

static void sockets_accepted(struct ledger *ledger, const struct ledger_task *task, int64_t result)
{
    struct ledger_socket *socket = result >= 0 ? sockets_find(ledger, task->number, result) : NULL;
    if (socket != NULL) {
        socket->is_stream = true;
        socket->nonblock =
            strcmp(task->call, "accept4") == 0 && (task->arguments[3] & SOCKETS_NONBLOCK) != 0;
    }
}

static void sockets_returned(struct ledger *ledger, struct ledger_task *task, int64_t result,
                             const struct trace_event *event)
{
    struct ledger_socket *socket = task->socket;
    enum sockets_call call = sockets_call(task);
    if (result == SOCKETS_EBADF && call != SOCKETS_CLOSE) {
        sockets_breach(ledger, task, LEDGER_BREACH_BADF, result, event);
    }
    if (sockets_is_failure(result)) {
        sockets_failed(socket, result, event);
    }
    if (task->slept_ns >= LEDGER_SETTLE_NS && !sockets_may_wait(task) &&
        socket->slept_call == NULL) {
        socket->slept_call = task->call;
        socket->slept_from = task->entered;
        socket->slept_ns = task->slept_ns;
    }
    switch (call) {
    case SOCKETS_CONNECT:
        sockets_connected(ledger, task, result, event);
        break;
    case SOCKETS_LISTEN:
        socket->listens |= result == 0;
        break;
    case SOCKETS_FCNTL:
        if (task->arguments[1] == SOCKETS_F_SETFL && result >= 0) {
            socket->nonblock = (task->arguments[2] & SOCKETS_NONBLOCK) != 0;
        }
        break;
    case SOCKETS_WRITE:
    case SOCKETS_SEND:
        sockets_wrote(ledger, task, result, event);
        break;
    case SOCKETS_READ:
    case SOCKETS_RECEIVE:
        sockets_read(task, result, event);
        break;
    case SOCKETS_SHUTDOWN:
        socket->is_shut |= result == 0 && task->arguments[1] != SOCKETS_SHUT_WR;
        break;
    case SOCKETS_ACCEPT:
        sockets_accepted(ledger, task, result);
        break;
    case SOCKETS_OPTION:
        sockets_option(ledger, task, result, event);
        break;
    default:
        break;
    }
}

void ledger_call_returned(struct ledger *ledger, struct ledger_task *task,
                          const struct trace_event *event)
{
    int64_t result = (int64_t)event->fields[2].number;
    if (task->call == NULL) {
        return;
    }
    if (result == SOCKETS_ENOSYS || (result == SOCKETS_ENOENT && task->is_for_system_file)) {
        sockets_breach(ledger, task, LEDGER_BREACH_MISSING, result, event);
    }
    if (sockets_call(task) == SOCKETS_SOCKET) {
        sockets_opened(ledger, task, result, event);
    } else if (task->socket != NULL) {
        sockets_returned(ledger, task, result, event);
    }
    sockets_time(ledger, task, result, event);
    if (sockets_call(task) == SOCKETS_WAIT) {
        task->waited = ledger_mark(event);
        task->waited_in_vain = result == 0 ? task->waited : task->waited_in_vain;
    }
    task->call_kind = 0;
    task->socket = NULL;
}
