/*
 * serve_tcp.c - TCP services behind libslirp
 *
 * Sockets are of the Unix domain. libslirp connects to a path; ours is /proc/self/fd/N, where N is
 * a descriptor of the listening socket's file, which is gone from its folder before anybody
 * connects: nothing remains when a run ends in whatever way. A conversation is accepted inside the
 * callback by which libslirp tells of its new socket, so that both ends are known together and no
 * backlog fills.
 *
 * How many bytes lie in the kernel must not depend on how a host accounts for its memory. So never
 * more than SERVE_WINDOW bytes are on their way to libslirp, counted by asking for what it has not
 * read; and its own buffers have a fixed size. A service that takes nothing (`silent`) gets its
 * socket filled up, so that all that the guest sends stays in libslirp, whose window closes.
 *
 * The kernel is asked no more than there is to know: a conversation looks for bytes when libslirp
 * may have written some, which is when a segment with bytes came or libslirp was told that it can,
 * and for room when libslirp was told that it can read. A read that comes back short has emptied
 * the socket; only behind the guest's end (FIN, RST) can there be an end behind it.
 *
 * To reset a connection the socket is closed while it holds a byte that was not read: libslirp is
 * told ECONNRESET. That byte is put there from libslirp's end.
 */
#include "emu/wire/serve_tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SERVE_WINDOW        65536
#define SERVE_SOCKET_BUFFER 131072 /* what the host is asked for, more than the window */
#define SERVE_DESCRIPTORS   256    /* for everybody else in the process */
/* libslirp's TCP, which is that of 4.4BSD, gives up connecting after 75 s. */
#define SERVE_OPENING_NS  (UINT64_C(80) * 1000000000)
#define SERVE_OPENING_MAX 1024
#define TCP_FIN           0x01
#define TCP_SYN           0x02
#define TCP_RST           0x04
#define TCP_ACK           0x10

struct serve_listener {
    const struct serve_endpoint *endpoint;
    int socket, file;
};

/* libslirp has answered a SYN, and the guest has not answered that yet. */
struct serve_opening {
    struct serve_flow flow;
    uint32_t first; /* libslirp's initial sequence number */
    uint64_t since_ns;
};

struct serve_conversation {
    struct serve_tcp *tcp;
    struct serve_flow flow;
    const struct serve_endpoint *endpoint;
    struct serve_app *app;
    struct serve_pipe pipe;
    int ours, theirs; /* -1: ours is closed */
    const char *peer; /* interned */
    struct vevent wake;
    bool is_active;                               /* in the list of those that may go on */
    bool is_owing;                                /* counted as one */
    bool may_read, may_write;                     /* there may be bytes, or room for some */
    bool is_ending;                               /* the guest has said that it ends */
    bool is_deaf, is_ended, is_reset, has_failed; /* what has been done about the pipe's wishes */
    uint64_t received, sent;
    uint32_t first, acknowledged; /* sequence numbers of libslirp's direction */
};

struct serve_tcp {
    struct vclock *clock;
    struct trace *trace;
    vevent_fn *woken;
    void *opaque;
    GArray *listeners;        /* struct serve_listener */
    GArray *openings;         /* struct serve_opening */
    GPtrArray *conversations; /* struct serve_conversation, in the order in which they began */
    GHashTable *by_flow;      /* for look-ups only, */
    GHashTable *by_socket;    /* libslirp's, and so is this */
    GPtrArray *active;        /* those that may go on, in the order in which that was found out */
    size_t owing, max;
};

static guint serve_flow_hash(gconstpointer key)
{
    const struct serve_flow *flow = key;
    uint32_t ports = (uint32_t)flow->guest_port << 16 | flow->port;
    return (flow->guest * 31 + flow->service) * 31 + ports;
}

static gboolean serve_flow_equal(gconstpointer a, gconstpointer b)
{
    const struct serve_flow *one = a, *other = b;
    return one->guest == other->guest && one->service == other->service &&
           one->guest_port == other->guest_port && one->port == other->port;
}

static const char *serve_tcp_service(const struct serve_tcp *tcp,
                                     const struct serve_endpoint *endpoint)
{
    char text[SERVE_TEXT];
    serve_endpoint_describe(endpoint, text);
    return trace_intern(tcp->trace, text);
}

/* ---- sockets --------------------------------------------------------------------------------- */

/* Two descriptors a conversation, and each limit is the process's own. */
static size_t serve_tcp_raise_limit(void)
{
    struct rlimit limit;
    size_t wanted = 2 * (size_t)SERVE_CONVERSATIONS_MAX + SERVE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1;
    }
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = MIN((rlim_t)wanted, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    size_t there = (size_t)MIN(limit.rlim_cur, (rlim_t)wanted);
    return there > SERVE_DESCRIPTORS + 2 ? (there - SERVE_DESCRIPTORS) / 2 : 1;
}

/*
 * Binds to a file in a folder of its own and leaves only a descriptor of it. -1 with errno. Where
 * the folder is made does not depend on the environment.
 */
static int serve_tcp_bind(int socket)
{
    static const char *const places[] = {"/tmp/ringside-XXXXXX", "/dev/shm/ringside-XXXXXX",
                                         "/var/tmp/ringside-XXXXXX"};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int file = -1;
    for (size_t i = 0; i < G_N_ELEMENTS(places) && file < 0; i++) {
        g_autofree char *folder = g_strdup(places[i]);
        if (g_mkdtemp(folder) == NULL) {
            continue;
        }
        g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
        if (bind(socket, (const struct sockaddr *)&address, sizeof(address)) == 0) {
            file = open(address.sun_path, O_PATH | O_CLOEXEC);
            unlink(address.sun_path);
        }
        rmdir(folder);
    }
    return file;
}

char *serve_tcp_listen(struct serve_tcp *tcp, const struct serve_endpoint *endpoint, GError **error)
{
    struct serve_listener listener = {.endpoint = endpoint, .file = -1};
    listener.socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    listener.file = listener.socket < 0 ? -1 : serve_tcp_bind(listener.socket);
    if (listener.file < 0 || listen(listener.socket, SOMAXCONN) != 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "no socket for %s: %s", serve_tcp_service(tcp, endpoint), g_strerror(errno));
        if (listener.socket >= 0) {
            close(listener.socket);
        }
        return NULL;
    }
    g_array_append_val(tcp->listeners, listener);
    return g_strdup_printf("/proc/self/fd/%d", listener.file);
}

static const struct serve_listener *serve_tcp_listener(const struct serve_tcp *tcp,
                                                       const struct serve_flow *flow)
{
    for (guint i = 0; i < tcp->listeners->len; i++) {
        const struct serve_listener *listener =
            &g_array_index(tcp->listeners, struct serve_listener, i);
        if (listener->endpoint->address == flow->service &&
            listener->endpoint->port == flow->port) {
            return listener;
        }
    }
    g_assert_not_reached();
}

static void serve_socket_set_buffer(int socket, int size)
{
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* How many bytes can be read from a socket. */
static size_t serve_socket_unread(int socket)
{
    int count = 0;
    return ioctl(socket, FIONREAD, &count) == 0 && count > 0 ? (size_t)count : 0;
}

/* ---- conversations --------------------------------------------------------------------------- */

static void serve_conversation_activate(struct serve_conversation *self)
{
    if (!self->is_active) {
        self->is_active = true;
        g_ptr_array_add(self->tcp->active, self);
    }
}

static void serve_conversation_wake(void *opaque)
{
    struct serve_conversation *self = opaque;
    serve_conversation_activate(self);
    self->tcp->woken(self->tcp->opaque);
}

/* Something that it sent, or its end, or an acknowledgement may have changed. */
static void serve_conversation_count(struct serve_conversation *self)
{
    uint32_t end = self->first + 1 + (uint32_t)self->sent + (self->is_ended ? 1 : 0);
    bool is_owing = !self->is_reset && (int32_t)(end - self->acknowledged) > 0;
    if (is_owing != self->is_owing) {
        self->is_owing = is_owing;
        self->tcp->owing += is_owing ? 1 : SIZE_MAX;
    }
}

static void serve_conversation_close(struct serve_conversation *self)
{
    if (self->ours >= 0) {
        close(self->ours);
    }
    self->ours = -1;
}

static void serve_conversation_free(void *opaque)
{
    struct serve_conversation *self = opaque;
    self->is_reset = true;
    serve_conversation_count(self);
    vclock_disarm(self->tcp->clock, &self->wake);
    if (self->is_active) {
        g_ptr_array_remove(self->tcp->active, self);
    }
    serve_conversation_close(self);
    serve_app_free(self->app);
    g_free(self);
}

static bool serve_conversation_read(struct serve_conversation *self)
{
    struct serve_pipe *pipe = &self->pipe;
    bool moved = false;
    while (!pipe->in_ended && !pipe->deaf && pipe->in_len < SERVE_IN_SIZE) {
        ssize_t got = recv(self->ours, pipe->in + pipe->in_len, SERVE_IN_SIZE - pipe->in_len, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        moved = true;
        if (got <= 0) {
            pipe->in_ended = true;
            break;
        }
        bool is_short = (size_t)got < SERVE_IN_SIZE - pipe->in_len;
        pipe->in_len += (size_t)got;
        self->received += (uint64_t)got;
        if (is_short && !self->is_ending) {
            break;
        }
    }
    self->may_read = !pipe->in_ended && pipe->in_len == SERVE_IN_SIZE;
    return moved;
}

static bool serve_conversation_write(struct serve_conversation *self)
{
    struct serve_pipe *pipe = &self->pipe;
    if (pipe->out_len == 0 || !self->may_write) {
        return false;
    }
    size_t unread = serve_socket_unread(self->theirs);
    size_t room = SERVE_WINDOW - MIN(unread, SERVE_WINDOW);
    ssize_t put =
        room == 0 ? 0 : send(self->ours, pipe->out, MIN(room, pipe->out_len), MSG_NOSIGNAL);
    if (put < 0 && errno == EPIPE) {
        serve_pipe_take_out(pipe, pipe->out_len); /* libslirp has closed its end */
        return true;
    }
    self->may_write = put > 0 && (size_t)put < room;
    if (put <= 0) {
        return false;
    }
    serve_pipe_take_out(pipe, (size_t)put);
    self->sent += (uint64_t)put;
    return true;
}

/* Nothing gets through from libslirp any more. */
static void serve_conversation_stuff(struct serve_conversation *self)
{
    static const uint8_t nothing[256];
    self->is_deaf = true;
    serve_socket_set_buffer(self->theirs, 1);
    while (send(self->theirs, nothing, sizeof(nothing), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
    }
    while (send(self->theirs, nothing, 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
    }
}

/* Does what the application wants beside bytes. */
static bool serve_conversation_obey(struct serve_conversation *self)
{
    const struct serve_pipe *pipe = &self->pipe;
    if (pipe->deaf && !self->is_deaf) {
        serve_conversation_stuff(self);
        return true;
    }
    if (pipe->out_len > 0) {
        return false;
    }
    if (pipe->reset) {
        static const uint8_t byte;
        send(self->theirs, &byte, sizeof(byte), MSG_NOSIGNAL | MSG_DONTWAIT);
        serve_conversation_close(self);
        self->is_reset = true;
        return true;
    }
    if (pipe->finished && !self->is_ended) {
        self->is_ended = true;
        shutdown(self->ours, SHUT_WR);
        return true;
    }
    return false;
}

static bool serve_conversation_run(struct serve_conversation *self)
{
    struct serve_tcp *tcp = self->tcp;
    struct serve_pipe *pipe = &self->pipe;
    if (self->ours < 0) {
        return false;
    }
    bool moved = self->may_read && serve_conversation_read(self);
    size_t in_len = pipe->in_len, out_len = pipe->out_len;
    pipe->now_ns = vclock_now_ns(tcp->clock);
    serve_app_advance(self->app, pipe);
    moved = moved || pipe->in_len != in_len || pipe->out_len != out_len;
    if (pipe->failure != NULL && !self->has_failed) {
        self->has_failed = true;
        trace_emit(tcp->trace, TRACE_SERVE_FAILED, TS(serve_tcp_service(tcp, self->endpoint)),
                   TS(self->peer), TS(pipe->failure));
    }
    moved = serve_conversation_write(self) || moved;
    moved = serve_conversation_obey(self) || moved;
    serve_conversation_count(self);
    vclock_arm(tcp->clock, &self->wake, self->ours < 0 ? VCLOCK_NEVER : pipe->wake_ns);
    return moved;
}

bool serve_tcp_run(struct serve_tcp *tcp)
{
    bool moved = false;
    for (guint i = 0; i < tcp->active->len;) {
        struct serve_conversation *self = g_ptr_array_index(tcp->active, i);
        bool goes_on = serve_conversation_run(self);
        moved = moved || goes_on;
        if (goes_on) {
            i++;
        } else {
            self->is_active = false;
            g_ptr_array_remove_index(tcp->active, i);
        }
    }
    return moved;
}

void serve_tcp_open(struct serve_tcp *tcp, const struct serve_flow *flow, int socket)
{
    const struct serve_listener *listener = serve_tcp_listener(tcp, flow);
    struct serve_conversation *self = g_new0(struct serve_conversation, 1);
    self->tcp = tcp;
    self->flow = *flow;
    vevent_init(&self->wake, VEVENT_MACHINE, "service", serve_conversation_wake, self);
    self->endpoint = listener->endpoint;
    self->theirs = socket;
    self->may_read = self->may_write = true;
    self->ours = accept4(listener->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    serve_socket_set_buffer(self->ours, SERVE_SOCKET_BUFFER);
    serve_socket_set_buffer(self->theirs, SERVE_SOCKET_BUFFER);
    self->app = serve_app_new(self->endpoint);
    serve_pipe_init(&self->pipe);
    for (guint i = 0; i < tcp->openings->len; i++) {
        const struct serve_opening *opening =
            &g_array_index(tcp->openings, struct serve_opening, i);
        if (serve_flow_equal(&opening->flow, flow)) {
            self->first = opening->first;
            self->acknowledged = opening->first + 1;
            g_array_remove_index(tcp->openings, i);
            break;
        }
    }
    char text[sizeof("255.255.255.255:65535")];
    g_snprintf(text, sizeof(text), "%u.%u.%u.%u:%u", flow->guest >> 24, flow->guest >> 16 & 0xff,
               flow->guest >> 8 & 0xff, flow->guest & 0xff, flow->guest_port);
    self->peer = trace_intern(tcp->trace, text);
    g_ptr_array_add(tcp->conversations, self);
    g_hash_table_replace(tcp->by_flow, &self->flow, self);
    g_hash_table_insert(tcp->by_socket, GINT_TO_POINTER(socket), self);
    trace_emit(tcp->trace, TRACE_SERVE_OPENED, TS(serve_tcp_service(tcp, self->endpoint)),
               TS(self->peer));
    /* A service that takes nothing takes nothing from the beginning. */
    serve_conversation_activate(self);
    serve_conversation_run(self);
}

static struct serve_conversation *serve_tcp_by_socket(const struct serve_tcp *tcp, int socket)
{
    return g_hash_table_lookup(tcp->by_socket, GINT_TO_POINTER(socket));
}

void serve_tcp_note_ready(struct serve_tcp *tcp, int socket, bool readable, bool writable)
{
    struct serve_conversation *self = serve_tcp_by_socket(tcp, socket);
    if (self != NULL) {
        self->may_read = self->may_read || writable;
        self->may_write = self->may_write || readable;
        serve_conversation_activate(self);
    }
}

void serve_tcp_close(struct serve_tcp *tcp, int socket)
{
    struct serve_conversation *self = serve_tcp_by_socket(tcp, socket);
    if (self == NULL) {
        return;
    }
    trace_emit(tcp->trace, TRACE_SERVE_ENDED, TS(serve_tcp_service(tcp, self->endpoint)),
               TS(self->peer), TN(self->received), TN(self->sent));
    if (g_hash_table_lookup(tcp->by_flow, &self->flow) == self) {
        g_hash_table_remove(tcp->by_flow, &self->flow);
    }
    g_hash_table_remove(tcp->by_socket, GINT_TO_POINTER(socket));
    g_ptr_array_remove(tcp->conversations, self);
}

bool serve_tcp_is_full(const struct serve_tcp *tcp)
{
    return tcp->conversations->len + tcp->openings->len >= tcp->max;
}

size_t serve_tcp_count(const struct serve_tcp *tcp)
{
    return tcp->conversations->len;
}

/* ---- segments -------------------------------------------------------------------------------- */

static void serve_tcp_forget_opening(struct serve_tcp *tcp, const struct serve_flow *flow)
{
    for (guint i = 0; i < tcp->openings->len; i++) {
        if (serve_flow_equal(&g_array_index(tcp->openings, struct serve_opening, i).flow, flow)) {
            g_array_remove_index(tcp->openings, i);
            return;
        }
    }
}

void serve_tcp_note_sent(struct serve_tcp *tcp, const struct serve_flow *flow, uint8_t flags,
                         uint32_t sequence)
{
    if ((flags & (TCP_SYN | TCP_RST)) == 0) {
        return;
    }
    serve_tcp_forget_opening(tcp, flow);
    if ((flags & TCP_SYN) != 0 && g_hash_table_lookup(tcp->by_flow, flow) == NULL) {
        if (tcp->openings->len == SERVE_OPENING_MAX) {
            g_array_remove_index(tcp->openings, 0);
        }
        const struct serve_opening opening = {*flow, sequence, vclock_now_ns(tcp->clock)};
        g_array_append_val(tcp->openings, opening);
    }
}

void serve_tcp_note_received(struct serve_tcp *tcp, const struct serve_flow *flow, uint8_t flags,
                             uint32_t acknowledged, size_t len)
{
    struct serve_conversation *self = g_hash_table_lookup(tcp->by_flow, flow);
    if ((flags & TCP_RST) != 0) {
        serve_tcp_forget_opening(tcp, flow);
    } else if (self != NULL && (flags & TCP_ACK) != 0 &&
               (int32_t)(acknowledged - self->acknowledged) > 0) {
        self->acknowledged = acknowledged;
        serve_conversation_count(self);
    }
    if (self != NULL) {
        self->is_ending = self->is_ending || (flags & (TCP_FIN | TCP_RST)) != 0;
        self->may_read = self->may_read || self->is_ending || len > 0;
        serve_conversation_activate(self);
    }
}

bool serve_tcp_is_owing(const struct serve_tcp *tcp)
{
    for (guint i = 0; i < tcp->openings->len; i++) {
        const struct serve_opening *opening =
            &g_array_index(tcp->openings, struct serve_opening, i);
        if (vclock_now_ns(tcp->clock) - opening->since_ns < SERVE_OPENING_NS) {
            return true;
        }
    }
    return tcp->owing > 0;
}

/* ---- a copy of the process ------------------------------------------------------------------- */

/* Sends what can be read from `from`, without reading it, to whoever is behind `to`. */
static void serve_socket_copy(int from, int to)
{
    size_t size = serve_socket_unread(from);
    g_autofree uint8_t *bytes = g_malloc(size + 1);
    ssize_t got = size == 0 ? 0 : recv(from, bytes, size, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) {
        send(to, bytes, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

static void serve_conversation_separate(struct serve_conversation *self)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        g_error("no sockets for a copy of a conversation: %s", g_strerror(errno));
    }
    serve_socket_set_buffer(pair[0], SERVE_SOCKET_BUFFER);
    serve_socket_set_buffer(pair[1], SERVE_SOCKET_BUFFER);
    serve_socket_copy(self->theirs, pair[0]);
    if (self->ours >= 0) {
        serve_socket_copy(self->ours, pair[1]);
        if (self->is_ended) {
            shutdown(pair[0], SHUT_WR);
        }
        if (self->pipe.in_ended) {
            shutdown(pair[1], SHUT_WR);
        }
        dup3(pair[0], self->ours, O_CLOEXEC);
    } else if (self->is_reset) {
        static const uint8_t byte;
        send(pair[1], &byte, sizeof(byte), MSG_NOSIGNAL);
    }
    close(pair[0]);
    dup3(pair[1], self->theirs, O_CLOEXEC);
    close(pair[1]);
    if (self->is_deaf) {
        serve_conversation_stuff(self);
    }
}

void serve_tcp_separate(struct serve_tcp *tcp)
{
    for (guint i = 0; i < tcp->conversations->len; i++) {
        serve_conversation_separate(g_ptr_array_index(tcp->conversations, i));
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

struct serve_tcp *serve_tcp_new(struct vclock *clock, struct trace *trace, vevent_fn *woken,
                                void *opaque)
{
    struct serve_tcp *tcp = g_new0(struct serve_tcp, 1);
    tcp->clock = clock;
    tcp->trace = trace;
    tcp->listeners = g_array_new(FALSE, FALSE, sizeof(struct serve_listener));
    tcp->openings = g_array_new(FALSE, FALSE, sizeof(struct serve_opening));
    tcp->conversations = g_ptr_array_new_with_free_func(serve_conversation_free);
    tcp->by_flow = g_hash_table_new(serve_flow_hash, serve_flow_equal);
    tcp->by_socket = g_hash_table_new(NULL, NULL);
    tcp->max = MIN(serve_tcp_raise_limit(), (size_t)SERVE_CONVERSATIONS_MAX);
    tcp->active = g_ptr_array_new();
    tcp->woken = woken;
    tcp->opaque = opaque;
    /* libslirp writes to sockets without asking not to be told so when nobody reads. */
    signal(SIGPIPE, SIG_IGN);
    return tcp;
}

void serve_tcp_free(struct serve_tcp *tcp)
{
    if (tcp == NULL) {
        return;
    }
    g_hash_table_destroy(tcp->by_flow);
    g_hash_table_destroy(tcp->by_socket);
    g_ptr_array_free(tcp->conversations, TRUE);
    g_ptr_array_free(tcp->active, TRUE);
    g_array_free(tcp->openings, TRUE);
    for (guint i = 0; i < tcp->listeners->len; i++) {
        const struct serve_listener *listener =
            &g_array_index(tcp->listeners, struct serve_listener, i);
        close(listener->socket);
        close(listener->file);
    }
    g_array_free(tcp->listeners, TRUE);
    g_free(tcp);
}
