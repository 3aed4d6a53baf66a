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
 *     fragments, else 1000. The egress filter (wire_egress.h) lets neither come about, so it has
 *     none, and is never woken: an idle hour costs nothing. Packets that wait for ARP are the only
 *     thing with an age, and they are looked at before a frame goes in.
 *   - For the same reason there are no host sockets. Both are asserted, where libslirp would tell
 *     us otherwise.
 *   - IPv6, TFTP, boot files and emulation are off; its log messages are dropped: they are about
 *     the guest's doing, and would go to standard error with the host's time.
 */
#include "emu/wire/wire_slirp.h"

#include "emu/wire/wire_egress.h"

#include <libslirp.h>

#define SLIRP_CONFIG_VERSION 4
/* ms: the longest sleep that it asks for when it has timers to run. */
#define SLIRP_SLEEP_TIMERS 499
#define SLIRP_LOG_DOMAIN   "Slirp"

struct wire_slirp {
    Slirp *slirp;
    struct vclock *clock;
    struct wire_port *port;
    uint64_t synced_ns; /* libslirp's idea of the time */
    guint log_handler;
};

/* libslirp has globals: its time, its DNS cache. */
static bool wire_slirp_exists;

static ssize_t wire_slirp_send_packet(const void *frame, size_t len, void *opaque)
{
    struct wire_slirp *self = opaque;
    wire_port_send(self->port, frame, len);
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

/* A socket of the host: the egress filter let something through that it should not have. */
static void wire_slirp_register_poll_fd(int fd, void *opaque)
{
    (void)fd;
    (void)opaque;
    g_assert_not_reached();
}

static int wire_slirp_add_poll(int fd, int events, void *opaque)
{
    (void)fd;
    (void)events;
    (void)opaque;
    g_assert_not_reached();
}

static int wire_slirp_get_revents(int index, void *opaque)
{
    (void)index;
    (void)opaque;
    g_assert_not_reached();
}

/* libslirp calls these three without need. */
static void wire_slirp_unregister_poll_fd(int fd, void *opaque)
{
    (void)fd;
    (void)opaque;
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

static void wire_slirp_pump(struct wire_slirp *self)
{
    uint32_t sleep_ms = UINT32_MAX;
    slirp_pollfds_fill(self->slirp, &sleep_ms, wire_slirp_add_poll, self);
    slirp_pollfds_poll(self->slirp, 0, wire_slirp_get_revents, self);
    g_assert(sleep_ms > SLIRP_SLEEP_TIMERS);
}

static void wire_slirp_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct wire_slirp *self = opaque;
    struct wire_egress_judgement judgement;
    switch (wire_egress_judge(frame, len, &judgement)) {
    case WIRE_EGRESS_PASS:
        wire_slirp_sync(self);
        slirp_input(self->slirp, frame, (int)len);
        wire_slirp_pump(self);
        break;
    case WIRE_EGRESS_ANSWER:
        wire_port_send(self->port, judgement.answer, judgement.answer_len);
        break;
    case WIRE_EGRESS_DROP:
        wire_port_drop(self->port, WIRE_IN, judgement.why, frame, len);
        break;
    }
}

static struct in_addr wire_slirp_address(uint32_t address)
{
    return (struct in_addr){.s_addr = GUINT32_TO_BE(address)};
}

struct wire_slirp *wire_slirp_new(struct wire *wire, struct vclock *clock, const char *name,
                                  GError **error)
{
    g_assert(!wire_slirp_exists);
    struct wire_slirp *self = g_new0(struct wire_slirp, 1);
    self->clock = clock;
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
        .disable_host_loopback = true,
    };
    self->slirp = slirp_new(&config, &wire_slirp_callbacks, self);
    if (self->slirp == NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
                    "libslirp %s refuses its configuration: 4.7 or later is needed",
                    slirp_version_string());
        g_log_remove_handler(SLIRP_LOG_DOMAIN, self->log_handler);
        g_free(self);
        return NULL;
    }
    wire_slirp_exists = true;
    self->port = wire_add_port(wire, name, false, wire_slirp_receive, self);
    wire_slirp_sync(self);
    return self;
}

void wire_slirp_free(struct wire_slirp *self)
{
    if (self == NULL) {
        return;
    }
    slirp_cleanup(self->slirp);
    g_log_remove_handler(SLIRP_LOG_DOMAIN, self->log_handler);
    g_free(self);
    wire_slirp_exists = false;
}
