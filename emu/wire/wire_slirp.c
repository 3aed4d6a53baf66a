/*
 * wire_slirp.c - libslirp on a port of the wire
 *
 * The only file that includes libslirp.h. libslirp 4.7 or later is a user-mode network with
 * callbacks for time and frames, and becomes a function of its input when it is held right:
 *
 *   - Time is ours: clock_get_ns is the virtual clock. libslirp keeps a copy in a global that it
 *     refreshes only in slirp_pollfds_poll(); so that is called, with select_error = 1 to leave
 *     sockets alone, after slirp_new() and whenever time has passed before a frame goes in. A clock
 *     that starts at 0 would mean "never" to it; ours starts at 1 s.
 *   - After each frame it is pumped: fill, poll. Replies come inside slirp_input(), through
 *     send_packet.
 *   - It says how long it may sleep: up to 499 ms while it has timers to run, for sockets or
 *     fragments, else 1000. Its TCP counts ticks, not time, so it is woken then, and not later: a
 *     wake-up that is armed is never postponed. Without conversations it has no timers and is never
 *     woken: an idle hour costs nothing.
 *   - Waking it is upkeep, unless the guest owes it an acknowledgement: then it may send again, and
 *     the machine is not at rest. Packets that wait for ARP are looked at before a frame goes in.
 *   - Its sockets are those of our services (serve_tcp.h), both ends of which are in this thread.
 *   So
 *     it is pumped until neither end has anything to do. That it has no others is asserted, except
 *     for a live run: those are of the host, and the clock stands while the host answers.
 *   - IPv6, TFTP, boot files and emulation are off; its log messages are dropped: they are about
 *     the guest's doing, and would go to standard error with the host's time.
 */
#include "emu/wire/wire_slirp.h"

#include "emu/wire/serve_tcp.h"
#include "emu/wire/serve_udp.h"
#include "emu/wire/wire_alias.h"
#include "emu/wire/wire_bytes.h"
#include "emu/wire/wire_fragments.h"

#include <libslirp.h>
#include <poll.h>

#define SLIRP_CONFIG_VERSION 4
/* ms: the longest sleep that it asks for when it has timers to run. */
#define SLIRP_SLEEP_TIMERS 499
#define SLIRP_NS_PER_MS    UINT64_C(1000000)
#define SLIRP_LOG_DOMAIN   "Slirp"
/*
 * Of a live run: when the wire has been still for so long, the host is given so much of its own
 * time to say something.
 */
#define SLIRP_STILL_NS UINT64_C(100000)
#define SLIRP_HOST_MS  300
/* Frames of libslirp: where TCP begins, which has no IPv4 options in front of it. */
#define SLIRP_TCP_AT       34
#define SLIRP_PROTOCOL_AT  23
#define SLIRP_PROTOCOL_TCP 6
/* libslirp finds the name server here by TCP, since it serves nothing at its own address. */
#define SLIRP_DNS_ALIAS 0x0a000201

struct wire_slirp {
    Slirp *slirp;
    struct vclock *clock;
    struct wire_port *port;
    uint64_t synced_ns; /* libslirp's idea of the time */
    guint log_handler;
    struct wire_services services;
    struct serve_tcp *tcp;
    struct serve_udp *udp;
    struct wire_fragments *fragments;
    GPtrArray *paths;              /* char *: of services, which libslirp keeps */
    const struct serve_flow *flow; /* of the segment that libslirp is looking at, or NULL */
    GArray *polled;                /* struct pollfd, of one fill */
    struct vevent upkeep, again;   /* wake libslirp: for itself, or because the guest may notice */
    struct vevent still;           /* of a live run */
    bool is_ready;                 /* a socket was, at the last look */
};

/* libslirp has globals: its time, its DNS cache. */
static bool wire_slirp_exists;

static ssize_t wire_slirp_send_packet(const void *frame, size_t len, void *opaque)
{
    struct wire_slirp *self = opaque;
    g_autofree uint8_t *bytes = g_memdup2(frame, len);
    wire_alias_put(bytes, len, WIRE_ALIAS_SOURCE, SLIRP_DNS_ALIAS, WIRE_EGRESS_DNS);
    if (self->tcp != NULL && len >= SLIRP_TCP_AT + 20 && wire_get16(bytes + 12) == 0x0800 &&
        bytes[23] == 6) {
        const struct serve_flow flow = {
            .guest = wire_get32(bytes + 30),
            .service = wire_get32(bytes + 26),
            .guest_port = wire_get16(bytes + SLIRP_TCP_AT + 2),
            .port = wire_get16(bytes + SLIRP_TCP_AT),
        };
        serve_tcp_note_sent(self->tcp, &flow, bytes[SLIRP_TCP_AT + 13],
                            wire_get32(bytes + SLIRP_TCP_AT + 4));
    }
    wire_port_send(self->port, bytes, len);
    return (ssize_t)len;
}

static int64_t wire_slirp_clock_get_ns(void *opaque)
{
    struct wire_slirp *self = opaque;
    return (int64_t)vclock_now_ns(self->clock);
}

/* Only the router advertisements of IPv6 have a timer. */
static void *wire_slirp_timer_new(SlirpTimerId id, void *cb_opaque, void *opaque)
{
    (void)id;
    (void)cb_opaque;
    (void)opaque;
    g_assert_not_reached();
}

static void wire_slirp_timer_free(void *timer, void *opaque)
{
    (void)timer;
    (void)opaque;
    g_assert_not_reached();
}

static void wire_slirp_timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
    (void)timer;
    (void)expire_ms;
    (void)opaque;
    g_assert_not_reached();
}

/*
 * libslirp has a socket: one that it connected to a service, or, live, one of the host. Otherwise
 * the egress filter let something through that it should not have.
 */
static void wire_slirp_register_poll_fd(int fd, void *opaque)
{
    struct wire_slirp *self = opaque;
    g_assert(self->tcp != NULL || self->services.rules.live);
    if (self->flow != NULL) {
        serve_tcp_open(self->tcp, self->flow, fd);
        self->flow = NULL;
    } else {
        g_assert(self->services.rules.live);
    }
}

/* Also called with -1. */
static void wire_slirp_unregister_poll_fd(int fd, void *opaque)
{
    struct wire_slirp *self = opaque;
    if (self->tcp != NULL && fd >= 0) {
        serve_tcp_close(self->tcp, fd);
    }
}

static int wire_slirp_add_poll(int fd, int events, void *opaque)
{
    struct wire_slirp *self = opaque;
    const struct {
        int theirs;
        short ours;
    } rows[] = {{SLIRP_POLL_IN, POLLIN}, {SLIRP_POLL_OUT, POLLOUT}, {SLIRP_POLL_PRI, POLLPRI}};
    struct pollfd polled = {.fd = fd};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if ((events & rows[i].theirs) != 0) {
            polled.events = (short)(polled.events | rows[i].ours);
        }
    }
    g_array_append_val(self->polled, polled);
    return (int)self->polled->len - 1;
}

static int wire_slirp_get_revents(int index, void *opaque)
{
    struct wire_slirp *self = opaque;
    int revents = g_array_index(self->polled, struct pollfd, (guint)index).revents;
    return ((revents & POLLIN) != 0 ? SLIRP_POLL_IN : 0) |
           ((revents & POLLOUT) != 0 ? SLIRP_POLL_OUT : 0) |
           ((revents & POLLPRI) != 0 ? SLIRP_POLL_PRI : 0) |
           ((revents & POLLERR) != 0 ? SLIRP_POLL_ERR : 0) |
           ((revents & POLLHUP) != 0 ? SLIRP_POLL_HUP : 0);
}

static void wire_slirp_notify(void *opaque)
{
    (void)opaque;
}

static void wire_slirp_guest_error(const char *message, void *opaque)
{
    (void)message;
    (void)opaque;
}

static void wire_slirp_drop_log(const gchar *domain, GLogLevelFlags level, const gchar *message,
                                gpointer opaque)
{
    (void)domain;
    (void)level;
    (void)message;
    (void)opaque;
}

/* Later versions mark callbacks and calls that have successors; those here work in all of them. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* libslirp keeps the pointer. */
static const SlirpCb wire_slirp_callbacks = {
    .send_packet = wire_slirp_send_packet,
    .guest_error = wire_slirp_guest_error,
    .clock_get_ns = wire_slirp_clock_get_ns,
    .timer_free = wire_slirp_timer_free,
    .timer_mod = wire_slirp_timer_mod,
    .register_poll_fd = wire_slirp_register_poll_fd,
    .unregister_poll_fd = wire_slirp_unregister_poll_fd,
    .notify = wire_slirp_notify,
    .timer_new_opaque = wire_slirp_timer_new,
};

/* Tells libslirp the time and runs its timers. */
static void wire_slirp_sync(struct wire_slirp *self)
{
    uint64_t now_ns = vclock_now_ns(self->clock);
    if (self->synced_ns != now_ns) {
        slirp_pollfds_poll(self->slirp, 1, wire_slirp_get_revents, self);
        self->synced_ns = now_ns;
    }
}

static void wire_slirp_note_ready(struct wire_slirp *self)
{
    for (guint i = 0; self->tcp != NULL && i < self->polled->len; i++) {
        const struct pollfd *polled = &g_array_index(self->polled, struct pollfd, i);
        if (polled->revents != 0) {
            bool writable = (polled->revents & POLLOUT) != 0;
            serve_tcp_note_ready(self->tcp, polled->fd, (polled->revents & ~POLLOUT) != 0,
                                 writable);
        }
    }
}

/*
 * Asks for the sockets' state, waiting up to `wait_ms` of the host's time, and has libslirp act on
 * it. self->is_ready: it had something to do.
 */
static uint32_t wire_slirp_look(struct wire_slirp *self, int wait_ms)
{
    uint32_t sleep_ms = UINT32_MAX;
    g_array_set_size(self->polled, 0);
    slirp_pollfds_fill(self->slirp, &sleep_ms, wire_slirp_add_poll, self);
    int ready = 0;
    if (self->polled->len > 0) {
        ready = poll((struct pollfd *)(void *)self->polled->data, self->polled->len, wait_ms);
    }
    self->is_ready = ready > 0;
    if (self->is_ready) {
        wire_slirp_note_ready(self);
    }
    slirp_pollfds_poll(self->slirp, ready < 0 ? 1 : 0, wire_slirp_get_revents, self);
    return sleep_ms;
}

static bool wire_slirp_has_sockets(const struct wire_slirp *self)
{
    return self->polled->len > 0;
}

/* When libslirp wants to be woken. */
static void wire_slirp_arm(struct wire_slirp *self, uint32_t sleep_ms)
{
    bool owing = (self->tcp != NULL && serve_tcp_is_owing(self->tcp)) ||
                 (self->services.rules.live && wire_slirp_has_sockets(self));
    uint64_t now_ns = vclock_now_ns(self->clock), wake_ns = VCLOCK_NEVER;
    wake_ns = vevent_is_armed(&self->upkeep) ? self->upkeep.when_ns : wake_ns;
    wake_ns = vevent_is_armed(&self->again) ? MIN(wake_ns, self->again.when_ns) : wake_ns;
    if (sleep_ms <= SLIRP_SLEEP_TIMERS) {
        wake_ns = MIN(wake_ns, now_ns + sleep_ms * SLIRP_NS_PER_MS);
    } else {
        wake_ns = VCLOCK_NEVER;
    }
    struct vevent *armed = owing ? &self->again : &self->upkeep;
    struct vevent *other = owing ? &self->upkeep : &self->again;
    vclock_disarm(self->clock, other);
    if (wake_ns == VCLOCK_NEVER || !vevent_is_armed(armed) || armed->when_ns != wake_ns) {
        vclock_arm(self->clock, armed, wake_ns);
    }
    if (self->services.rules.live && wire_slirp_has_sockets(self)) {
        vclock_arm(self->clock, &self->still, now_ns + SLIRP_STILL_NS);
    }
}

static bool wire_slirp_run_services(struct wire_slirp *self)
{
    return self->tcp != NULL && serve_tcp_run(self->tcp);
}

/*
 * Until neither libslirp nor a service has anything to do: a service that has moved may go on, also
 * where libslirp has noticed nothing.
 */
static void wire_slirp_pump(struct wire_slirp *self)
{
    uint32_t sleep_ms;
    bool moves = wire_slirp_run_services(self);
    do {
        sleep_ms = wire_slirp_look(self, 0);
        moves = (moves || self->is_ready) && wire_slirp_run_services(self);
    } while (moves);
    g_assert(self->tcp != NULL || self->services.rules.live || sleep_ms > SLIRP_SLEEP_TIMERS);
    self->services.rules.is_full = self->tcp != NULL && serve_tcp_is_full(self->tcp);
    wire_slirp_arm(self, sleep_ms);
}

static void wire_slirp_wake(void *opaque)
{
    struct wire_slirp *self = opaque;
    wire_slirp_sync(self);
    wire_slirp_pump(self);
}

/* The wire is still: whatever comes next has to come from the host, whose time is not ours. */
static void wire_slirp_ask_host(void *opaque)
{
    struct wire_slirp *self = opaque;
    wire_slirp_sync(self);
    wire_slirp_look(self, SLIRP_HOST_MS);
    bool is_answered = self->is_ready;
    wire_slirp_pump(self);
    if (!is_answered) {
        vclock_disarm(self->clock, &self->still);
    }
}

static void wire_slirp_input(struct wire_slirp *self, const uint8_t *frame, size_t len,
                             const struct wire_egress_judgement *judgement)
{
    const struct wire_egress_datagram *datagram = &judgement->datagram;
    struct serve_flow flow;
    wire_slirp_sync(self);
    if (judgement->is_tcp && datagram->endpoint != NULL) {
        flow = (struct serve_flow){
            .guest = datagram->source,
            .service = datagram->destination,
            .guest_port = datagram->source_port,
            .port = datagram->port,
        };
        self->flow = &flow;
    }
    g_autofree uint8_t *bytes = g_memdup2(frame, len);
    wire_alias_put(bytes, len, WIRE_ALIAS_DESTINATION, WIRE_EGRESS_DNS, SLIRP_DNS_ALIAS);
    slirp_input(self->slirp, bytes, (int)len);
    self->flow = NULL;
    if (judgement->is_tcp && datagram->endpoint != NULL) {
        serve_tcp_note_received(self->tcp, &flow, judgement->tcp_flags, judgement->tcp_ack,
                                datagram->len);
    }
    wire_slirp_pump(self);
}

static void wire_slirp_take(struct wire_slirp *self, const uint8_t *frame, size_t len)
{
    struct wire_egress_judgement judgement;
    switch (wire_egress_judge(&self->services.rules, frame, len, &judgement)) {
    case WIRE_EGRESS_PASS:
        wire_slirp_input(self, frame, len, &judgement);
        break;
    case WIRE_EGRESS_UDP:
        serve_udp_take(self->udp, &judgement.datagram);
        break;
    case WIRE_EGRESS_ECHO:
        serve_udp_take_echo(self->udp, &judgement.datagram);
        break;
    case WIRE_EGRESS_ANSWER:
        wire_port_send(self->port, judgement.answer, judgement.answer_len);
        break;
    case WIRE_EGRESS_DROP:
        wire_port_drop(self->port, WIRE_IN, judgement.why, frame, len);
        break;
    }
}

/* libslirp gets no fragments, and nothing that was put together of them. */
static void wire_slirp_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct wire_slirp *self = opaque;
    uint32_t destination;
    if (!wire_fragments_is(frame, len, &destination) ||
        !wire_egress_answers_at(&self->services.rules, destination)) {
        wire_slirp_take(self, frame, len);
        return;
    }
    g_autoptr(GBytes) whole =
        wire_fragments_take(self->fragments, frame, len, vclock_now_ns(self->clock));
    if (whole == NULL) {
        return;
    }
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(whole, &size);
    if (bytes[SLIRP_PROTOCOL_AT] == SLIRP_PROTOCOL_TCP) {
        wire_port_drop(self->port, WIRE_IN, "IPv4 fragment", frame, len);
    } else {
        wire_slirp_take(self, bytes, size);
    }
}

static struct in_addr wire_slirp_address(uint32_t address)
{
    return (struct in_addr){.s_addr = GUINT32_TO_BE(address)};
}

/* What there is of it. */
static void wire_slirp_dismantle(struct wire_slirp *self)
{
    vclock_disarm(self->clock, &self->upkeep);
    vclock_disarm(self->clock, &self->again);
    vclock_disarm(self->clock, &self->still);
    if (self->slirp != NULL) {
        slirp_cleanup(self->slirp);
    }
    serve_tcp_free(self->tcp);
    serve_udp_free(self->udp);
    wire_fragments_free(self->fragments);
    g_log_remove_handler(SLIRP_LOG_DOMAIN, self->log_handler);
    g_ptr_array_free(self->paths, TRUE);
    g_array_free(self->polled, TRUE);
    g_free(self);
}

/* Sockets for the services that libslirp hands bytes to. */
static bool wire_slirp_serve(struct wire_slirp *self, struct trace *trace, GError **error)
{
    const struct wire_egress_rules *rules = &self->services.rules;
    for (unsigned i = 0; i < rules->count; i++) {
        const struct serve_endpoint *endpoint = rules->endpoints[i];
        if (endpoint->udp || endpoint->kind == SERVE_REFUSED) {
            continue;
        }
        if (self->tcp == NULL) {
            self->tcp = serve_tcp_new(self->clock, trace, wire_slirp_wake, self);
        }
        char *path = serve_tcp_listen(self->tcp, endpoint, error);
        if (path == NULL) {
            return false;
        }
        g_ptr_array_add(self->paths, path);
        bool is_alias = endpoint->address == WIRE_EGRESS_DNS;
        struct in_addr address = wire_slirp_address(is_alias ? SLIRP_DNS_ALIAS : endpoint->address);
        if (slirp_add_unix(self->slirp, path, &address, endpoint->port) != 0) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "libslirp refuses a service at this address and port");
            return false;
        }
    }
    return true;
}

struct wire_slirp *wire_slirp_new(struct wire *wire, struct vclock *clock, struct trace *trace,
                                  const char *name, const struct wire_services *services,
                                  GError **error)
{
    g_assert(!wire_slirp_exists);
    struct wire_slirp *self = g_new0(struct wire_slirp, 1);
    self->clock = clock;
    self->services = services == NULL ? (struct wire_services){.names = NULL} : *services;
    self->fragments = wire_fragments_new();
    self->paths = g_ptr_array_new_with_free_func(g_free);
    self->polled = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
    vevent_init(&self->upkeep, VEVENT_HOUSEKEEPING, "libslirp", wire_slirp_wake, self);
    vevent_init(&self->again, VEVENT_MACHINE, "libslirp", wire_slirp_wake, self);
    vevent_init(&self->still, VEVENT_MACHINE, "host", wire_slirp_ask_host, self);
    self->log_handler = g_log_set_handler(
        SLIRP_LOG_DOMAIN, G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION,
        wire_slirp_drop_log, NULL);
    const SlirpConfig config = {
        .version = SLIRP_CONFIG_VERSION,
        .restricted = 0, /* 1 would take the router and the DNS server out of DHCP replies */
        .in_enabled = true,
        .vnetwork = wire_slirp_address(WIRE_EGRESS_NETWORK),
        .vnetmask = wire_slirp_address(WIRE_EGRESS_MASK),
        .vhost = wire_slirp_address(WIRE_EGRESS_GATEWAY),
        .vdhcp_start = wire_slirp_address(WIRE_EGRESS_LEASE),
        .vnameserver = wire_slirp_address(WIRE_EGRESS_DNS),
        .disable_host_loopback = !self->services.rules.live,
    };
    self->slirp = slirp_new(&config, &wire_slirp_callbacks, self);
    if (self->slirp == NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
                    "libslirp %s refuses its configuration: 4.7 or later is needed",
                    slirp_version_string());
    }
    if (self->slirp == NULL || !wire_slirp_serve(self, trace, error)) {
        wire_slirp_dismantle(self);
        return NULL;
    }
    wire_slirp_exists = true;
    self->port = wire_add_port(wire, name, false, wire_slirp_receive, self);
    self->udp =
        serve_udp_new(clock, trace, self->port, self->services.names, self->services.name_count);
    wire_slirp_sync(self);
    return self;
}

void wire_slirp_free(struct wire_slirp *self)
{
    if (self == NULL) {
        return;
    }
    wire_slirp_dismantle(self);
    wire_slirp_exists = false;
}

size_t wire_slirp_conversations(const struct wire_slirp *self)
{
    return self->tcp == NULL ? 0 : serve_tcp_count(self->tcp);
}

bool wire_slirp_separate(struct wire_slirp *self)
{
    if (self->tcp != NULL) {
        serve_tcp_separate(self->tcp);
    }
    return !self->services.rules.live;
}
