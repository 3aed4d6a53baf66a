/*
 * tcp.c - connections: their lives, and what their owners make of them
 */
#include "netstack/tcp.h"

#include "kernel/boot_memory.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/tcp_priv.h"

#include "ringside/probe.h"

static struct pool tcp_pool;
static struct list tcp_all;
static struct list tcp_expiring; /* in TIME_WAIT, without owners; the oldest first */
static uint64_t tcp_drops[TCP_DROP_COUNT];
static uint64_t tcp_retransmitted;

void tcp_init(const uint8_t secret[TCP_SECRET_SIZE])
{
    boot_memory_init_pool(&tcp_pool, "tcp-connections", sizeof(struct tcp_connection),
                          TCP_CONNECTIONS_MAX);
    list_init(&tcp_all);
    list_init(&tcp_expiring);
    memset(tcp_drops, 0, sizeof(tcp_drops));
    tcp_retransmitted = 0;
    tcp_blocks_init();
    tcp_table_init();
    tcp_timers_init();
    tcp_number_init(secret);
}

/* ---- names and counters ---------------------------------------------------------------------- */

const char *tcp_state_name(enum tcp_state state)
{
    switch (state) {
    case TCP_ESTABLISHED:
        return "ESTABLISHED";
    case TCP_SYN_SENT:
        return "SYN_SENT";
    case TCP_SYN_RECEIVED:
        return "SYN_RECEIVED";
    case TCP_FIN_WAIT_1:
        return "FIN_WAIT_1";
    case TCP_FIN_WAIT_2:
        return "FIN_WAIT_2";
    case TCP_TIME_WAIT:
        return "TIME_WAIT";
    case TCP_CLOSED:
        return "CLOSED";
    case TCP_CLOSE_WAIT:
        return "CLOSE_WAIT";
    case TCP_LAST_ACK:
        return "LAST_ACK";
    case TCP_LISTEN:
        return "LISTEN";
    case TCP_CLOSING:
        return "CLOSING";
    }
    return "?";
}

const char *tcp_drop_name(enum tcp_drop drop)
{
    static const char *const names[TCP_DROP_COUNT] = {
        [TCP_DROP_MALFORMED] = "malformed header",
        [TCP_DROP_CHECKSUM] = "bad checksum",
        [TCP_DROP_GROUP] = "not between two hosts",
        [TCP_DROP_NOBODY] = "nobody has the port",
        [TCP_DROP_NO_PATH] = "no way back to who asks",
        [TCP_DROP_BACKLOG] = "backlog full",
        [TCP_DROP_EXHAUSTED] = "too many connections",
        [TCP_DROP_WINDOW] = "outside of the window",
        [TCP_DROP_PAWS] = "old timestamp",
        [TCP_DROP_BAD_ACK] = "acknowledges what was not sent",
        [TCP_DROP_BAD_RESET] = "reset or SYN at the wrong place",
        [TCP_DROP_NO_SYN] = "no SYN where one is due",
        [TCP_DROP_NO_ACK] = "no ACK where one is due",
        [TCP_DROP_NO_MEMORY] = "no memory for data",
        [TCP_DROP_DISORDER] = "too many gaps",
        [TCP_DROP_LATE_DATA] = "data for nobody",
    };
    return names[drop];
}

uint64_t tcp_drop_count(enum tcp_drop drop)
{
    return tcp_drops[drop];
}

void tcp_refuse(struct tcp_connection *connection, enum tcp_drop drop)
{
    tcp_drops[drop]++;
    if (connection != NULL)
        connection->dropped++;
    net_drop(NULL, "tcp", tcp_drop_name(drop));
}

void tcp_count_retransmission(struct tcp_connection *connection)
{
    connection->retransmitted++;
    probe_counter("tcp.retransmitted", ++tcp_retransmitted);
}

/* ---- objects --------------------------------------------------------------------------------- */

struct tcp_connection *tcp_make(void)
{
    struct list *oldest = list_first(&tcp_expiring);
    if (tcp_pool.used == tcp_pool.capacity && oldest != NULL)
        tcp_free(list_entry(oldest, struct tcp_connection, queue));
    struct tcp_connection *connection = pool_alloc(&tcp_pool);
    if (connection == NULL)
        return NULL;
    memset(connection, 0, sizeof(*connection));
    connection->state = TCP_CLOSED;
    list_init(&connection->flow);
    list_init(&connection->port);
    list_init(&connection->queue);
    list_init(&connection->half);
    list_init(&connection->done);
    list_init(&connection->all);
    list_add_tail(&tcp_all, &connection->all);
    connection->deadline_ns = TCP_NEVER;
    for (unsigned i = 0; i < TCP_TIMER_COUNT; i++)
        connection->deadlines_ns[i] = TCP_NEVER;
    connection->options = (struct tcp_options){
        .keepalive_idle_ns = TCP_KEEPALIVE_IDLE_NS,
        .keepalive_pause_ns = TCP_KEEPALIVE_PAUSE_NS,
        .keepalive_probes = TCP_KEEPALIVE_PROBES,
    };
    connection->grown = TCP_SEND_BUFFER_SIZE;
    return connection;
}

void tcp_free(struct tcp_connection *connection)
{
    kassert(!connection->hearing && connection->half_count + connection->done_count == 0);
    tcp_timers_stop(connection);
    if (connection->listener != NULL)
        tcp_listen_leave(connection);
    list_remove(&connection->queue);
    tcp_leave_flow(connection);
    tcp_leave_port(connection);
    tcp_buffer_release_all(&connection->send.buffer);
    tcp_buffer_release_all(&connection->receive.buffer);
    list_remove(&connection->all);
    pool_free(&tcp_pool, connection);
}

struct tcp_connection *tcp_open(tcp_changed_fn *changed, void *owner)
{
    struct tcp_connection *connection = tcp_make();
    if (connection == NULL)
        return NULL;
    connection->changed = changed;
    connection->owner = owner;
    connection->owned = true;
    return connection;
}

/* ---- states ---------------------------------------------------------------------------------- */

/* The smallest scale that can tell the whole buffer [RFC7323] 2.3. */
static unsigned tcp_scale_of(size_t size)
{
    unsigned scale = 0;
    while (size >> scale > TCP_WINDOW_UNSCALED)
        scale++;
    return scale;
}

void tcp_prepare(struct tcp_connection *connection, const struct ipv4_path *path, uint64_t now_ns)
{
    uint32_t initial = tcp_initial_sequence(&connection->local, &connection->remote, now_ns);
    memset(&connection->send, 0, sizeof(connection->send));
    memset(&connection->receive, 0, sizeof(connection->receive));
    connection->send.initial = initial;
    connection->send.una = initial;
    connection->send.next = initial;
    connection->send.max = initial;
    connection->send.mtu_mss = tcp_path_mss(path);
    connection->send.mss = connection->send.mtu_mss;
    tcp_buffer_init(&connection->send.buffer, initial + 1);
    connection->receive.scale = tcp_scale_of(tcp_receive_size(connection));
    connection->timing = (struct tcp_timing){.rto_ns = TCP_RTO_INITIAL_NS, .heard_ns = now_ns};
    connection->scaling = connection->sack = connection->timestamps = true;
    connection->timestamp_shift = tcp_timestamp_shift(&connection->local, &connection->remote);
    connection->tried = true;
    connection->shut = false;
    connection->error = connection->soft_error = 0;
    connection->challenges = 0;
}

/* The handshake is a round trip that can be measured, unless its SYN was sent twice. */
void tcp_establish(struct tcp_connection *connection, uint64_t now_ns)
{
    struct tcp_timing *timing = &connection->timing;
    bool syn_was_lost = timing->retries > 0;
    connection->state = TCP_ESTABLISHED;
    tcp_timer_set(connection, TCP_TIMER_RETRANSMIT, TCP_NEVER);
    if (timing->measuring)
        tcp_measure(connection, now_ns - timing->measured_ns);
    else
        timing->rto_ns = TCP_RTO_AFTER_SYN_NS;
    timing->measuring = false;
    timing->retries = 0;
    timing->sent_ns = now_ns;
    connection->soft_error = 0;
    tcp_congestion_init(connection, syn_was_lost);
    tcp_grow_send_buffer(connection);
    tcp_timer_heard(connection, now_ns);
    if (connection->options.keepalive)
        tcp_timer_set(connection, TCP_TIMER_KEEPALIVE,
                      now_ns + connection->options.keepalive_idle_ns);
    tcp_tell(connection, TCP_READY_OUT);
}

/* In its listener's queue somebody may still ask how it ended; unfinished, nobody knows of it. */
static bool tcp_is_somebodys(const struct tcp_connection *connection)
{
    return connection->owned || connection->completed;
}

void tcp_finish(struct tcp_connection *connection, int error)
{
    tcp_timers_stop(connection);
    tcp_leave_flow(connection);
    connection->state = TCP_CLOSED;
    if (!tcp_is_somebodys(connection)) {
        if (!connection->hearing)
            tcp_free(connection);
        return;
    }
    if (connection->bound.port == 0)
        tcp_leave_port(connection);
    tcp_buffer_release_all(&connection->send.buffer);
    connection->error = error;
    tcp_tell(connection, TCP_READY_IN | TCP_READY_OUT | TCP_READY_RDHUP | TCP_READY_HUP |
                             (error != 0 ? (unsigned)TCP_READY_ERR : 0));
}

void tcp_enter_time_wait(struct tcp_connection *connection, uint64_t now_ns)
{
    connection->state = TCP_TIME_WAIT;
    tcp_timers_stop(connection);
    tcp_timer_set(connection, TCP_TIMER_END, now_ns + TCP_TIME_WAIT_NS);
    if (connection->owned)
        return;
    list_remove(&connection->queue);
    list_add_tail(&tcp_expiring, &connection->queue);
}

/* ---- connecting ------------------------------------------------------------------------------ */

/* Our end: what bind() gave, and what it left open by the way. 0, or a negative error. */
static int tcp_choose_local(struct tcp_connection *connection, struct ipv4_path *path,
                            const struct tcp_end *remote)
{
    struct tcp_end local = connection->bound;
    if (local.address != 0)
        path->source = local.address;
    local.address = path->source;
    if (local.port == 0)
        local.port = tcp_choose_port(local.address);
    if (local.port == 0)
        return -KEADDRNOTAVAIL;
    if (tcp_find_flow(&local, remote) != NULL)
        return -KEADDRINUSE;
    connection->local = local;
    return 0;
}

static int tcp_check_connect(const struct tcp_connection *connection, uint16_t port)
{
    if (connection->state == TCP_SYN_SENT || connection->state == TCP_SYN_RECEIVED)
        return -KEALREADY;
    if (connection->state != TCP_CLOSED)
        return -KEISCONN;
    return port != 0 ? 0 : -KEADDRNOTAVAIL;
}

int tcp_connect(struct tcp_connection *connection, uint32_t address, uint16_t port, uint64_t now_ns)
{
    struct tcp_end remote = {address, port};
    struct ipv4_path path;
    int error = tcp_check_connect(connection, port);
    if (error == 0 && !ipv4_is_unicast(address))
        error = -KENETUNREACH;
    if (error == 0)
        error = ipv4_find_path(address, &path);
    if (error == 0 && ipv4_is_loopback(connection->bound.address) && !ipv4_is_loopback(address))
        error = -KENETUNREACH; /* "MUST NOT appear outside a host" [RFC1122] 3.2.1.3 */
    if (error == 0 && connection->device != NULL && connection->device != path.interface)
        error = -KENETUNREACH;
    if (error == 0)
        error = tcp_choose_local(connection, &path, &remote);
    if (error != 0)
        return error;
    connection->remote = remote;
    tcp_buffer_release_all(&connection->receive.buffer);
    tcp_prepare(connection, &path, now_ns);
    connection->state = TCP_SYN_SENT;
    tcp_enter_port(connection);
    tcp_enter_flow(connection);
    tcp_send_syn(connection, now_ns);
    return 0;
}

int tcp_listen(struct tcp_connection *connection, unsigned backlog)
{
    if (connection->state != TCP_CLOSED && connection->state != TCP_LISTEN)
        return -KEINVAL;
    int error = connection->bound.port == 0 ? tcp_bind(connection, 0, 0) : 0;
    if (error != 0)
        return error;
    if (connection->state == TCP_CLOSED) {
        connection->local = connection->bound;
        if (!tcp_may_listen(connection))
            return -KEADDRINUSE;
        connection->remote = (struct tcp_end){0, 0};
        connection->state = TCP_LISTEN;
        tcp_enter_listeners(connection);
    }
    connection->backlog = backlog < TCP_BACKLOG_MAX ? backlog : TCP_BACKLOG_MAX;
    return 0;
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* "ABORT call" [RFC9293] 3.10.5: where the other side believes in a connection it is told. */
static void tcp_reset_other_side(struct tcp_connection *connection, uint64_t now_ns)
{
    switch (connection->state) {
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
        tcp_send_reset(connection, now_ns);
        break;
    case TCP_SYN_SENT:
    case TCP_TIME_WAIT:
    case TCP_CLOSED:
    case TCP_LISTEN:
        break;
    }
}

void tcp_abort(struct tcp_connection *connection, uint64_t now_ns)
{
    tcp_reset_other_side(connection, now_ns);
    tcp_listen_flush(connection, now_ns);
    tcp_free(connection);
}

/* "CLOSE call" [RFC9293] 3.10.4: a FIN behind all that is queued. */
static void tcp_end_our_half(struct tcp_connection *connection, uint64_t now_ns)
{
    connection->send.ended = true;
    connection->state = connection->state == TCP_ESTABLISHED ? TCP_FIN_WAIT_1 : TCP_LAST_ACK;
    tcp_output(connection, now_ns);
}

int tcp_shutdown(struct tcp_connection *connection, unsigned what, uint64_t now_ns)
{
    if (connection->state == TCP_LISTEN && (what & TCP_SHUT_READ) != 0) {
        tcp_listen_flush(connection, now_ns);
        tcp_leave_flow(connection);
        connection->state = TCP_CLOSED;
        tcp_tell(connection, TCP_READY_HUP);
        return 0;
    }
    /* "error: closing", and the attempt is forgotten [RFC9293] 3.10.4. */
    if (connection->state == TCP_SYN_SENT) {
        connection->tried = false;
        tcp_finish(connection, KECONNRESET);
        return 0;
    }
    if (connection->state == TCP_CLOSED || connection->state == TCP_LISTEN ||
        connection->state == TCP_SYN_RECEIVED)
        return -KENOTCONN;
    if ((what & TCP_SHUT_READ) != 0)
        connection->shut = true;
    if ((what & TCP_SHUT_WRITE) != 0 && !connection->send.ended)
        tcp_end_our_half(connection, now_ns);
    tcp_tell(connection, tcp_readiness(connection));
    return 0;
}

void tcp_close(struct tcp_connection *connection, uint64_t now_ns)
{
    bool half_open = connection->state == TCP_ESTABLISHED || connection->state == TCP_CLOSE_WAIT;
    if (connection->state == TCP_CLOSED || connection->state == TCP_LISTEN ||
        connection->state == TCP_SYN_SENT || connection->state == TCP_SYN_RECEIVED ||
        tcp_unread(connection) > 0) {
        tcp_abort(connection, now_ns);
        return;
    }
    connection->owned = false;
    connection->changed = NULL;
    if (half_open)
        tcp_end_our_half(connection, now_ns);
    else if (connection->state == TCP_FIN_WAIT_2)
        tcp_timer_set(connection, TCP_TIMER_END, now_ns + TCP_FIN_WAIT_2_NS);
    else if (connection->state == TCP_TIME_WAIT)
        list_add_tail(&tcp_expiring, &connection->queue);
}

/* ---- looking --------------------------------------------------------------------------------- */

enum tcp_state tcp_state(const struct tcp_connection *connection)
{
    return connection->state;
}

bool tcp_is_connecting(const struct tcp_connection *connection)
{
    return connection->state == TCP_SYN_SENT || connection->state == TCP_SYN_RECEIVED;
}

bool tcp_has_peer(const struct tcp_information *information)
{
    return information->remote.port != 0 && information->state != TCP_CLOSED &&
           information->state != TCP_LISTEN && information->state != TCP_SYN_SENT;
}

const struct tcp_connection *tcp_next(const struct tcp_connection *connection)
{
    const struct list *link = connection == NULL ? tcp_all.next : connection->all.next;
    return link == &tcp_all ? NULL : list_entry(link, struct tcp_connection, all);
}
