/*
 * tcp.h - the Transmission Control Protocol [RFC9293]
 *
 * Connections for whoever wants to offer them to programs; nothing here waits, and nothing knows
 * what a socket, a descriptor or an errno of a program is. A function does what can be done now and
 * says how much that was. The owner of a connection learns by a hook that something changed, and
 * asks tcp_readiness() what that means; readiness is a function of the state and of nothing else.
 *
 * What is there: window scaling and timestamps with PAWS [RFC7323], selective acknowledgements both
 * ways [RFC2018] and recovery by them [RFC6675], NewReno without them [RFC6582], congestion control
 * [RFC5681], limited transmit [RFC3042], the retransmission timer [RFC6298], delayed
 * acknowledgements, Nagle's algorithm, silly window avoidance, zero window probes, keepalive,
 * TIME_WAIT and its reuse [RFC6191], checks against blind attacks with challenge acknowledgements
 * [RFC5961], initial sequence numbers [RFC6528], path MTU discovery [RFC1191]. What is not:
 * urgent data are data like any other, and no option is sent in a SYN that carries data, since no
 * SYN does.
 *
 * Memory. A connection is an object of the pool "tcp-connections"; what it has to send and what it
 * has received lies in blocks of the pool "tcp-blocks", which are taken when bytes come and go back
 * when they are gone. So an idle connection costs its object, about a kilobyte, and buffers may be
 * promised that could not all be filled at once: when no block is left, what arrives is dropped, as
 * if it had been lost on the way, and tcp_send() says -KEAGAIN as if the buffer were full.
 *
 * All under the lock of the stack. Times are parameters; what is due is done by tcp_poll().
 */
#ifndef NETSTACK_TCP_H
#define NETSTACK_TCP_H

#include "kernel/syscall.h"
#include "netstack/ipv4.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 1,000 connections of this host with itself have 2,000 ends. Small machines have fewer. */
#define TCP_CONNECTIONS_MAX     2048
#define TCP_BACKLOG_MAX         1024
#define TCP_BUFFER_MIN          2048
#define TCP_BUFFER_MAX          126976 /* what the table of a buffer can hold */
#define TCP_SEND_BUFFER_SIZE    16384  /* unless the owner wants another size; it grows, up to */
#define TCP_SEND_BUFFER_GROWN   TCP_BUFFER_MAX
#define TCP_RECEIVE_BUFFER_SIZE 87380
#define TCP_KEEPALIVE_IDLE_NS   (7200 * UINT64_C(1000000000)) /* [RFC9293] 3.8.4: two hours */
#define TCP_KEEPALIVE_PAUSE_NS  (75 * UINT64_C(1000000000))
#define TCP_KEEPALIVE_PROBES    9
#define TCP_SECRET_SIZE         16

/*
 * [RFC9293] 3.3.2, in Linux's numbers, as /proc/net/tcp shows them.
 *
 * CLOSED        No connection: not yet, or no more. Only here may it be bound and connected.
 * LISTEN        Makes connections from SYNs. Never sends.
 * SYN_SENT      Our SYN is out.
 * SYN_RECEIVED  The SYNs have met, ours is not acknowledged. One from a listener belongs to that
 *               until it is accepted.
 * ESTABLISHED   Data may go both ways.
 * FIN_WAIT_1    We have ended our half, which is not acknowledged. The other one may go on.
 * FIN_WAIT_2    It is acknowledged.
 * CLOSE_WAIT    They have ended their half; ours may go on.
 * CLOSING       Both have ended theirs at once; ours is not acknowledged.
 * LAST_ACK      They were first, ours is not acknowledged.
 * TIME_WAIT     All is said; what is still on the way may die out.
 */
enum tcp_state {
    TCP_ESTABLISHED = 1,
    TCP_SYN_SENT,
    TCP_SYN_RECEIVED,
    TCP_FIN_WAIT_1,
    TCP_FIN_WAIT_2,
    TCP_TIME_WAIT,
    TCP_CLOSED,
    TCP_CLOSE_WAIT,
    TCP_LAST_ACK,
    TCP_LISTEN,
    TCP_CLOSING,
};
#define TCP_STATES_END (TCP_CLOSING + 1)
const char *tcp_state_name(enum tcp_state state); /* "SYN_SENT" */

struct tcp_connection;

/*
 * What an owner may do without waiting, as bits:
 *
 *                                   IN                        OUT         RDHUP  ERR  HUP
 *   CLOSED, never connected         -                         yes         -      -    yes
 *   LISTEN                          a connection is there     -           -      -    -
 *   SYN_SENT, SYN_RECEIVED          -                         -           -      -    -
 *   ESTABLISHED                     bytes are there           has room    -      -    -
 *   they have ended their half      yes (bytes, or the end)   has room    yes    -    -
 *   we have ended ours              bytes are there           yes (1)     -      -    -
 *   both                            yes                       yes         yes    -    yes
 *   refused, reset, timed out       yes                       yes         yes    (2)  yes
 *
 * (1) the attempt fails at once; (2) until the error has been told.
 * There is room when a third of the send buffer is free, and memory for more.
 */
enum tcp_ready { /* as poll() has them, so that no face has to translate */
    TCP_READY_IN = POLLIN | POLLRDNORM,
    TCP_READY_OUT = POLLOUT | POLLWRNORM,
    TCP_READY_RDHUP = POLLRDHUP,
    TCP_READY_ERR = POLLERR,
    TCP_READY_HUP = POLLHUP,
};
unsigned tcp_readiness(const struct tcp_connection *connection);

/*
 * Something happened that can have made these bits true, though they may have been true before:
 * more bytes are IN once more. None: our end is acknowledged. Called with the lock held, from
 * whatever let it happen, also from the owner's own call; it must not call anything here but
 * tcp_readiness() and what only looks.
 */
typedef void tcp_changed_fn(void *owner, unsigned ready);

/* `secret`: random bytes, for initial sequence numbers. */
void tcp_init(const uint8_t secret[TCP_SECRET_SIZE]);

/* ---- the life of a connection ---------------------------------------------------------------- */

/* Gives a connection, CLOSED. NULL: there are too many. */
struct tcp_connection *tcp_open(tcp_changed_fn *changed, void *owner);

/*
 * Takes it, owner and all. What was sent before is still delivered, then our half ends, and it
 * lives on without an owner until the other side knows. Where bytes were received that nobody has
 * read, and where no connection is established, it ends at once; [RFC1122] 4.2.2.13: with a reset
 * in the first case. A listener's connections that were not accepted are reset.
 */
void tcp_close(struct tcp_connection *connection, uint64_t now_ns);
/* Takes it. Resets it, where there is something to reset. */
void tcp_abort(struct tcp_connection *connection, uint64_t now_ns);

/*
 * Our address (0: any) and port (0: one that is free). 0; -KEINVAL: it has a port, or is not
 * CLOSED; -KEADDRNOTAVAIL: that is no address of ours; -KEADDRINUSE: another has it, and not both
 * allow that (see reuse_address) or the other one listens; or no port is free.
 */
int tcp_bind(struct tcp_connection *connection, uint32_t address, uint16_t port);

/*
 * From now on it speaks by this interface only (NULL: by any), and so do the connections of a
 * listener. 0; -KEINVAL: it has a port already.
 */
int tcp_bind_device(struct tcp_connection *connection, struct interface *device);
struct interface *tcp_device(const struct tcp_connection *connection);

/*
 * Begins to listen, or changes the backlog: so many connections more than one, at most
 * TCP_BACKLOG_MAX, may wait for tcp_accept(), finished or not; SYNs beyond that are dropped. One
 * that is not bound gets a port. 0; -KEINVAL: neither CLOSED nor LISTEN; errors of tcp_bind().
 */
int tcp_listen(struct tcp_connection *connection, unsigned backlog);

/*
 * Gives the oldest finished connection; with the readiness that it has, the hook is not called for
 * that. NULL: there is none, or this is no listener.
 */
struct tcp_connection *tcp_accept(struct tcp_connection *listener, tcp_changed_fn *changed,
                                  void *owner);

/*
 * Begins to connect; one that is not bound gets an address and a port. 0: the SYN is on its way;
 * OUT without ERR will say that it worked. -KEALREADY: one is; -KEISCONN: it is connected, was and
 * is not closed, or listens; -KENETUNREACH: no way there, or no host's address; -KEADDRNOTAVAIL: no
 * port is free, or theirs is 0; -KEADDRINUSE: there is this very connection. After one that failed
 * it may be called again.
 */
int tcp_connect(struct tcp_connection *connection, uint32_t address, uint16_t port,
                uint64_t now_ns);

/*
 * Queues bytes. Returns how many, more than 0 unless size is 0. Or the pending error; -KEAGAIN: the
 * buffer is full, or there is no memory, or the connection is not established yet; -KEPIPE: there
 * is none, or our half is ended.
 */
long tcp_send(struct tcp_connection *connection, const void *data, size_t size, uint64_t now_ns);

/*
 * Takes bytes, or with `peek` only copies them. Returns how many; 0: they have ended their half, or
 * it is shut. Bytes that arrived before an error come first. Or the pending error; -KEAGAIN: there
 * is nothing yet; -KENOTCONN: there is no connection and was none.
 */
long tcp_receive(struct tcp_connection *connection, void *data, size_t size, bool peek,
                 uint64_t now_ns);

/*
 * Ends our half after what is queued (write), or has tcp_receive() say that theirs is ended (read).
 * A listener becomes CLOSED (read), and so does what has sent its SYN and no more (either), with
 * KECONNRESET. 0; -KENOTCONN: nothing is established.
 */
enum tcp_shut {
    TCP_SHUT_READ = 1,
    TCP_SHUT_WRITE = 2,
};
int tcp_shutdown(struct tcp_connection *connection, unsigned what, uint64_t now_ns);

/*
 * The pending error, positive; 0: none. It is told once, here, by tcp_send() or by tcp_receive().
 * KECONNREFUSED, KECONNRESET, KEPIPE (reset after they had ended their half), KETIMEDOUT, or what
 * an ICMP error means.
 */
int tcp_take_error(struct tcp_connection *connection);

/* ---- looking --------------------------------------------------------------------------------- */

struct tcp_end {
    uint32_t address; /* 0: none, or any */
    uint16_t port;    /* 0: none */
};

enum tcp_timer {
    TCP_TIMER_RETRANSMIT,  /* what was sent is not acknowledged */
    TCP_TIMER_PERSIST,     /* their window is closed */
    TCP_TIMER_ACKNOWLEDGE, /* an acknowledgement is owed */
    TCP_TIMER_KEEPALIVE,
    TCP_TIMER_MEMORY, /* there was none for bytes to send */
    TCP_TIMER_END,    /* of TIME_WAIT, and of FIN_WAIT_2 without an owner */
    TCP_TIMER_COUNT,
};

struct tcp_information {
    enum tcp_state state;
    struct tcp_end local, remote;
    bool owned;           /* else nobody can ask for it any more */
    size_t send_queue;    /* bytes that are not acknowledged, sent or not */
    size_t receive_queue; /* bytes that can be read; LISTEN: connections that wait */
    unsigned backlog;     /* LISTEN */
    uint64_t deadlines_ns[TCP_TIMER_COUNT]; /* UINT64_MAX: not armed */
    unsigned retries;                       /* since the last progress */
    unsigned mss;                           /* the most data in a segment to them */
    uint64_t rto_ns, srtt_ns;               /* srtt_ns 0: nothing was measured */
    size_t congestion_window, slow_start_threshold, in_flight;
    size_t send_window;
    size_t send_buffer, receive_buffer; /* their sizes at the moment */
    uint64_t retransmitted;             /* segments */
    uint64_t dropped; /* segments for it that were not accepted; tcp_drop_name() says why */
};
void tcp_inform(const struct tcp_connection *connection, struct tcp_information *information);
enum tcp_state tcp_state(const struct tcp_connection *connection);
/* Has it sent its SYN, and is neither connected nor refused? */
bool tcp_is_connecting(const struct tcp_connection *connection);
/* Is there somebody at the other end, or was until it ended? */
bool tcp_has_peer(const struct tcp_information *information);

/*
 * All connections, in the order of their making: NULL gives the first, the last one NULL. Those of
 * a listener that are not accepted yet are among them.
 */
const struct tcp_connection *tcp_next(const struct tcp_connection *connection);

/* ---- options --------------------------------------------------------------------------------- */

struct tcp_options {
    bool reuse_address; /* bind() to what old connections still use, and several to one port */
    bool no_delay;      /* small segments do not wait for acknowledgements */
    bool keepalive;
    uint64_t keepalive_idle_ns, keepalive_pause_ns;
    unsigned keepalive_probes;
    /*
     * Bytes, TCP_BUFFER_MIN to TCP_BUFFER_MAX; others are taken for the nearer of the two. The
     * scale of the window follows the receive buffer at the time of the SYN. 0: the usual size; for
     * sending, twice of what may be on the way, from TCP_SEND_BUFFER_SIZE to TCP_SEND_BUFFER_GROWN.
     */
    size_t send_buffer, receive_buffer;
};
/* Those of a listener are inherited by its connections. */
const struct tcp_options *tcp_get_options(const struct tcp_connection *connection);
/* What programs are told of a size: as on Linux, twice what they have set, or what it is. */
static inline size_t tcp_told_size(size_t set, size_t size)
{
    return set != 0 ? 2 * set : size;
}
void tcp_set_options(struct tcp_connection *connection, const struct tcp_options *options,
                     uint64_t now_ns);

/* ---- what is dropped ------------------------------------------------------------------------- */

enum tcp_drop {
    TCP_DROP_MALFORMED, /* short, bad offset */
    TCP_DROP_CHECKSUM,
    TCP_DROP_GROUP,     /* not to a single host */
    TCP_DROP_NOBODY,    /* no such connection: reset */
    TCP_DROP_NO_PATH,   /* no way back to who asks */
    TCP_DROP_BACKLOG,   /* the listener has enough of them */
    TCP_DROP_EXHAUSTED, /* no connection object is left */
    TCP_DROP_WINDOW,    /* outside of the window */
    TCP_DROP_PAWS,      /* an old timestamp, or none where one is due */
    TCP_DROP_BAD_ACK,   /* acknowledges what was not sent, or long ago */
    TCP_DROP_BAD_RESET, /* a reset or SYN in the window, but not at its edge */
    TCP_DROP_NO_SYN,    /* without SYN where only that can be */
    TCP_DROP_NO_ACK,    /* without ACK where it must be */
    TCP_DROP_NO_MEMORY, /* no block for the data */
    TCP_DROP_DISORDER,  /* too many holes */
    TCP_DROP_LATE_DATA, /* nobody is left to read them: reset */
    TCP_DROP_COUNT,
};
const char *tcp_drop_name(enum tcp_drop drop);
uint64_t tcp_drop_count(enum tcp_drop drop); /* since tcp_init(), of all */

/* ---- for the stack --------------------------------------------------------------------------- */

/* A segment that arrived. Takes the buffer. */
void tcp_input(struct nbuf *nbuf, const struct ipv4_info *info, uint64_t now_ns);
/* What is due. Returns when it has to be called again, or UINT64_MAX. */
uint64_t tcp_poll(uint64_t now_ns);
/* When tcp_poll() has to be called; UINT64_MAX: never. */
uint64_t tcp_deadline_ns(void);

/* As ipv4_report_failure(), for the part behind the IPv4 header. */
void tcp_report_failure(const uint8_t *segment, size_t size, uint32_t source, uint32_t destination,
                        int error);
/* The same: it was too big for a link on the way, through which so much may pass. */
void tcp_report_mtu(const uint8_t *segment, size_t size, uint32_t source, uint32_t destination,
                    unsigned mtu, uint64_t now_ns);

#endif
