/*
 * tcp_priv.h - what the files of TCP share
 *
 *     tcp.c             objects, their lives, what owners call
 *     tcp_data.c        sending and receiving by owners, readiness
 *     tcp_table.c       who has which addresses and ports
 *     tcp_listen.c      listeners
 *     tcp_input.c       segments that arrive, by state
 *     tcp_receive.c     the data and the end in them
 *     tcp_acknowledge.c acknowledgements that arrive
 *     tcp_output.c      which segments leave, and when
 *     tcp_segment.c     one segment that leaves
 *     tcp_options.c     options in headers
 *     tcp_congestion.c  how much may be on the way
 *     tcp_sack.c        recovery by selective acknowledgements
 *     tcp_timer.c       deadlines, and what happens at them
 *     tcp_error.c       what ICMP and the way say
 *     tcp_number.c      initial sequence numbers
 *     tcp_buffer.c, tcp_ranges.c
 *
 * Names follow [RFC9293] 3.3.1: send.una is SND.UNA, receive.next is RCV.NXT.
 */
#ifndef NETSTACK_TCP_PRIV_H
#define NETSTACK_TCP_PRIV_H

#include "lib/endian.h"
#include "lib/list.h"
#include "netstack/tcp.h"
#include "netstack/tcp_buffer.h"
#include "netstack/tcp_ranges.h"

#define TCP_HEADER_SIZE     20
#define TCP_HEADER_SIZE_MAX 60
#define TCP_SACK_BLOCKS_MAX 4
#define TCP_NEVER           UINT64_MAX
#define TCP_MEMORY_PAUSE_NS UINT64_C(10000000) /* until a sender without memory looks again */

#define TCP_MSS_DEFAULT 536 /* [RFC9293] 3.7.1: "MUST assume a default send MSS of 536" */
/* Less than this nobody means, and it would make a lot of headers: it is taken for this. */
#define TCP_MSS_MIN          64
#define TCP_TIMESTAMPS_SIZE  12 /* with padding */
#define TCP_WINDOW_SCALE_MAX 14 /* [RFC7323] 2.3 */
#define TCP_WINDOW_UNSCALED  65535

#define TCP_MS UINT64_C(1000000)
#define TCP_S  UINT64_C(1000000000)

/* [RFC6298] 2.1, 2.4, 2.5, and the granularity G of 2.2. */
#define TCP_RTO_INITIAL_NS TCP_S
#define TCP_RTO_MIN_NS     TCP_S
#define TCP_RTO_MAX_NS     (60 * TCP_S)
#define TCP_CLOCK_NS       TCP_MS
/* [RFC6298] 5.7: for data, after a SYN that was sent again. */
#define TCP_RTO_AFTER_SYN_NS (3 * TCP_S)
/*
 * Retransmissions before it is given up [RFC9293] 3.8.3. Of a SYN: 183 s, "at least 3 minutes". Of
 * data: R2, "at least 100 seconds"; as many as Linux makes. DEVIATION: of a SYN that answers one,
 * as Linux has it.
 */
#define TCP_RETRIES_SYN     7
#define TCP_RETRIES_SYN_ACK 5
#define TCP_RETRIES         15
/* "MUST be less than 0.5 seconds" [RFC9293] 3.8.6.3; other stacks retransmit after 200 ms. */
#define TCP_DELAYED_ACK_NS (40 * TCP_MS)
/* DEVIATION: a maximum segment lifetime of 30 s, as Linux has it, and not of two minutes. */
#define TCP_TIME_WAIT_NS  (60 * TCP_S)
#define TCP_FIN_WAIT_2_NS (60 * TCP_S)
/* [RFC7323] 5.5: "24 days" after which a timestamp says nothing any more. */
#define TCP_TIMESTAMP_LIFE_NS (24 * 86400 * TCP_S)
/* [RFC5961] 7: "no more than 10 challenge ACKs ... in any 5 second window"; of each connection. */
#define TCP_CHALLENGES_MAX       10
#define TCP_CHALLENGES_WINDOW_NS (5 * TCP_S)
#define TCP_DUPLICATES_MIN       3 /* [RFC5681] 3.2 */

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
};

struct tcp_header {
    be16_t source_port, destination_port;
    be32_t sequence, acknowledgement;
    uint8_t offset; /* of the data, in words of 32 bits, in the upper half */
    uint8_t flags;
    be16_t window, checksum, urgent;
};
kstatic_assert(sizeof(struct tcp_header) == TCP_HEADER_SIZE, "as on the wire");

/* What the options of a segment say. */
struct tcp_seen {
    unsigned mss; /* 0: nothing */
    bool has_scale, sack_permitted, has_timestamps;
    unsigned scale;
    uint32_t timestamp, timestamp_echo;
    unsigned block_count;
    struct tcp_range blocks[TCP_SACK_BLOCKS_MAX];
};

/* A segment that arrived. */
struct tcp_segment {
    uint32_t sequence, acknowledgement;
    uint32_t window; /* scaled, once that is agreed upon */
    unsigned flags;
    const uint8_t *data;
    size_t size; /* of data */
    struct tcp_end local, remote;
    const struct interface *interface; /* by which it came */
    struct tcp_seen seen;
};

/*
 * OPEN      Nothing is missing, as far as is known.
 * RECOVERY  Duplicates said that something is; until all is acknowledged that was sent before.
 * LOSS      The retransmission timer said so; all is sent again, but for what they say they have.
 */
enum tcp_congestion_state {
    TCP_CONGESTION_OPEN,
    TCP_CONGESTION_RECOVERY,
    TCP_CONGESTION_LOSS,
};

struct tcp_congestion {
    enum tcp_congestion_state state;
    size_t window, threshold; /* cwnd, ssthresh */
    size_t acknowledged;      /* since the window grew last, in congestion avoidance */
    unsigned duplicates;
    uint32_t recover;  /* [RFC6582]; RecoveryPoint of [RFC6675] */
    uint32_t high_rxt; /* [RFC6675]: HighRxt, behind it */
    bool rescued;      /* [RFC6675]: the rescue retransmission of this recovery was made */
};

struct tcp_sending {
    uint32_t initial, una;
    uint32_t next; /* what tcp_output() would send; behind `max` while it sends again */
    uint32_t max;  /* behind the last byte that was ever sent */
    uint32_t edge; /* of their window: SND.UNA + SND.WND when that was told */
    uint32_t window_sequence, window_acknowledgement; /* SND.WL1, SND.WL2 */
    uint32_t window_max;
    unsigned scale;
    unsigned mss;     /* theirs, and what the path allows; without options */
    unsigned mtu_mss; /* what the path allows */
    bool ended;       /* a FIN follows the buffer */
    bool starved;     /* there was no memory for more; looked at again by TCP_TIMER_MEMORY */
    struct tcp_buffer buffer;
    struct tcp_ranges sacked;
};

struct tcp_receiving {
    uint32_t initial, next;
    uint32_t edge;         /* of the window that we have told */
    uint32_t acknowledged; /* Last.ACK.sent of [RFC7323] */
    unsigned scale;
    unsigned mss; /* the largest segment that came: what "full-sized" means */
    bool ended;   /* their FIN is received, and all before it */
    bool has_fin; /* it was seen, behind a gap */
    uint32_t fin;
    uint32_t latest; /* in the range that came last: it is told first [RFC2018] 4 */
    bool owes_now;   /* an acknowledgement is due, without the delay of the timer */
    struct tcp_buffer buffer;
    struct tcp_ranges early; /* received out of order */
};

struct tcp_timing {
    uint64_t rto_ns, srtt_ns, rttvar_ns;
    bool measuring;
    uint32_t measured; /* the round trip ends when this is acknowledged */
    uint64_t measured_ns;
    unsigned retries; /* in a row */
    unsigned probes;  /* keepalive or window probes that nobody has answered */
    uint64_t persist_ns;
    uint64_t sent_ns; /* data, last */
    uint64_t heard_ns;
};

struct tcp_connection {
    struct list all;   /* in the order of making */
    struct list flow;  /* by addresses and ports; only with a remote end */
    struct list port;  /* by our port */
    struct list queue; /* of a listener, or of those in TIME_WAIT without an owner */
    enum tcp_state state;
    struct tcp_end local, remote;
    struct tcp_end bound;     /* what bind() gave it; port 0: nothing */
    struct interface *device; /* it speaks by this one only; NULL: by any */
    bool tried;               /* it was connected, or was to be and not taken back */
    bool shut;                /* the owner reads no more */
    bool hearing;             /* in tcp_input(): it must not go away, and sends at the end of it */
    int error, soft_error;
    tcp_changed_fn *changed; /* NULL: nobody asks */
    void *owner;
    bool owned;
    struct tcp_options options;
    size_t grown; /* the send buffer, where the options leave its size to us */

    struct tcp_connection *listener; /* until it is accepted */
    bool completed;                  /* in its listener's `done` */
    struct list half, done;          /* LISTEN: connections that are not finished, and are */
    unsigned half_count, done_count; /* LISTEN */
    unsigned backlog;

    struct tcp_sending send;
    struct tcp_receiving receive;
    struct tcp_congestion congestion;
    struct tcp_timing timing;

    bool scaling, sack, timestamps; /* offered in our SYN, later: agreed upon */
    uint32_t timestamp_shift;
    uint32_t timestamp_recent; /* TS.Recent */
    uint64_t timestamp_recent_ns;
    unsigned challenges;
    uint64_t challenges_since_ns;
    uint64_t retransmitted, dropped;

    uint64_t deadlines_ns[TCP_TIMER_COUNT];
    uint64_t deadline_ns; /* the first of them */
    unsigned heap_place;  /* from 1; 0: no deadline */
};

/* ---- tcp.c ----------------------------------------------------------------------------------- */

/* A connection without owner; where none is left, the oldest in TIME_WAIT goes. NULL: none. */
struct tcp_connection *tcp_make(void);
/* Frees it, in whatever state. */
void tcp_free(struct tcp_connection *connection);
/* Ready for a first SYN, with numbers of its own; the ends are known. */
void tcp_prepare(struct tcp_connection *connection, const struct ipv4_path *path, uint64_t now_ns);
/* Both SYNs are acknowledged. */
void tcp_establish(struct tcp_connection *connection, uint64_t now_ns);
/*
 * It is over: CLOSED, with this error (positive, or 0). Frees it when nobody has it; inside
 * tcp_input() the object stays until the end of that.
 */
void tcp_finish(struct tcp_connection *connection, int error);
void tcp_enter_time_wait(struct tcp_connection *connection, uint64_t now_ns);
/* Drops a segment: counts it, here and for the connection (NULL: nobody's). Borrows. */
void tcp_refuse(struct tcp_connection *connection, enum tcp_drop drop);
/* Counters that the bench is told. */
void tcp_count_retransmission(struct tcp_connection *connection);

/* ---- tcp_data.c ------------------------------------------------------------------------------ */

void tcp_tell(struct tcp_connection *connection, unsigned ready);
/* Bytes that can be read. */
static inline uint32_t tcp_unread(const struct tcp_connection *connection)
{
    uint32_t end = connection->receive.next - (connection->receive.ended ? 1 : 0);
    return end - connection->receive.buffer.head;
}
bool tcp_has_room(const struct tcp_connection *connection);
/* Sizes of the buffers. */
size_t tcp_send_size(const struct tcp_connection *connection);
size_t tcp_receive_size(const struct tcp_connection *connection);
/* More may be on the way than when it was looked at last. */
void tcp_grow_send_buffer(struct tcp_connection *connection);

/* ---- tcp_table.c ----------------------------------------------------------------------------- */

void tcp_table_init(void);
struct tcp_connection *tcp_find_flow(const struct tcp_end *local, const struct tcp_end *remote);
/* The one that is nearest to the end and to the interface by which a segment came. */
struct tcp_connection *tcp_find_listener(const struct tcp_end *local,
                                         const struct interface *interface);
/* A port that nobody uses with this address; 0: none. */
uint16_t tcp_choose_port(uint32_t address);
/* Does nobody listen there already? */
bool tcp_may_listen(const struct tcp_connection *connection);
/* By its local port; among the flows, by both ends; among the listeners instead. */
void tcp_enter_port(struct tcp_connection *connection);
void tcp_enter_flow(struct tcp_connection *connection);
void tcp_enter_listeners(struct tcp_connection *connection);
void tcp_leave_flow(struct tcp_connection *connection); /* or the listeners */
void tcp_leave_port(struct tcp_connection *connection);

/* ---- tcp_listen.c ---------------------------------------------------------------------------- */

void tcp_listen_input(struct tcp_connection *listener, const struct tcp_segment *segment,
                      uint64_t now_ns);
/* A connection of a listener is established: it can be accepted. */
void tcp_listen_finished(struct tcp_connection *connection);
/* Out of its listener's queues. */
void tcp_listen_leave(struct tcp_connection *connection);
/* Resets all that were not accepted. */
void tcp_listen_flush(struct tcp_connection *listener, uint64_t now_ns);

/* ---- tcp_input.c, tcp_receive.c, tcp_acknowledge.c ------------------------------------------- */

/* The window field means this many bytes. */
void tcp_update_send_window(struct tcp_connection *connection, const struct tcp_segment *segment);
/*
 * Data and FIN, which the checks have let through. Returns false when the connection is over.
 */
bool tcp_receive_text(struct tcp_connection *connection, const struct tcp_segment *segment,
                      uint64_t now_ns);
/* What SND.UNA moves, in ESTABLISHED and later. */
void tcp_acknowledge(struct tcp_connection *connection, const struct tcp_segment *segment,
                     uint64_t now_ns);
/* A sample of the round trip time [RFC6298] 2. */
void tcp_measure(struct tcp_connection *connection, uint64_t rtt_ns);
/* Is our FIN acknowledged? */
static inline bool tcp_fin_is_acknowledged(const struct tcp_connection *connection)
{
    return connection->send.ended && connection->send.una == connection->send.buffer.end + 1;
}

/* ---- tcp_output.c, tcp_segment.c ------------------------------------------------------------- */

/* Sends what may be sent, and the acknowledgement that is owed. */
void tcp_output(struct tcp_connection *connection, uint64_t now_ns);
/*
 * Sends one segment of what was sent before, from here on, short of what they have. Returns what
 * follows it; `sequence`, where it could not be sent.
 */
uint32_t tcp_send_again(struct tcp_connection *connection, uint32_t sequence, uint64_t now_ns);
/*
 * What tcp_output() would send from send.next on, if that may be sent now: bytes, and the FIN.
 * Returns false: nothing.
 */
bool tcp_may_send(const struct tcp_connection *connection, uint32_t edge, size_t *size, bool *fin);
/* Is there something that was not sent, data or FIN? */
bool tcp_has_more(const struct tcp_connection *connection);
/* One segment of the buffer, with the FIN behind it. Returns whether it left. */
bool tcp_send_data(struct tcp_connection *connection, uint32_t sequence, size_t size, bool fin,
                   uint64_t now_ns);
/* SYN, or SYN and ACK, after the state. */
void tcp_send_syn(struct tcp_connection *connection, uint64_t now_ns);
void tcp_send_ack(struct tcp_connection *connection, uint64_t now_ns);
/* An acknowledgement without data of something that was acknowledged before: keeps a peer awake. */
void tcp_send_probe(struct tcp_connection *connection, uint64_t now_ns);
/* As above, but not more often than [RFC5961] 7 allows. */
void tcp_send_challenge(struct tcp_connection *connection, uint64_t now_ns);
void tcp_send_reset(struct tcp_connection *connection, uint64_t now_ns);
/* For segments that belong to no connection, or must be refuted [RFC9293] 3.5.2. */
void tcp_reply_reset(const struct tcp_segment *segment, uint64_t now_ns);
/* The most data in a segment with timestamps, if we have them: SMSS of [RFC5681] 2. */
size_t tcp_smss(const struct tcp_connection *connection);
/* How many bytes of data fit into a segment now, with the options that it would have. */
size_t tcp_segment_room(const struct tcp_connection *connection);
/* How much the window that we offer could grow, if an acknowledgement left now. */
uint32_t tcp_window_gain(const struct tcp_connection *connection);
/* Our MSS by the way that packets take. */
unsigned tcp_path_mss(const struct ipv4_path *path);

/* ---- tcp_options.c --------------------------------------------------------------------------- */

void tcp_parse_options(const uint8_t *options, size_t size, struct tcp_seen *seen);
/* Options of a segment that leaves, padded; returns their size, at most 40. */
size_t tcp_write_options(const struct tcp_connection *connection, unsigned flags, uint8_t *to,
                         uint64_t now_ns);
size_t tcp_options_size(const struct tcp_connection *connection);
/* What the two SYNs agree upon: `seen` is of theirs. */
void tcp_agree(struct tcp_connection *connection, const struct tcp_segment *segment,
               uint64_t now_ns);
uint32_t tcp_timestamp(const struct tcp_connection *connection, uint64_t now_ns);

/* ---- tcp_congestion.c, tcp_sack.c ------------------------------------------------------------ */

void tcp_congestion_init(struct tcp_connection *connection, bool syn_was_lost);
/* New data were acknowledged: so many bytes, up to send.una. */
void tcp_congestion_acknowledged(struct tcp_connection *connection, uint32_t size, uint64_t now_ns);
void tcp_congestion_duplicate(struct tcp_connection *connection, uint64_t now_ns);
void tcp_congestion_timeout(struct tcp_connection *connection);
/* Nothing was sent for a while [RFC5681] 4.1. */
void tcp_congestion_idle(struct tcp_connection *connection);
/* Up to where new data may be sent, as far as congestion is concerned. */
uint32_t tcp_congestion_edge(const struct tcp_connection *connection);
static inline uint32_t tcp_in_flight(const struct tcp_connection *connection)
{
    return connection->send.max - connection->send.una;
}

/* Notes the blocks of a segment. Returns whether they say anything new. */
bool tcp_sack_note(struct tcp_connection *connection, const struct tcp_segment *segment);
/* Is the first byte that is not acknowledged lost, by what is known beyond it? */
bool tcp_sack_first_is_lost(const struct tcp_connection *connection);
/* Sends what [RFC6675] 5 lets be sent in recovery. */
void tcp_sack_output(struct tcp_connection *connection, uint64_t now_ns);

/* ---- tcp_timer.c ----------------------------------------------------------------------------- */

void tcp_timers_init(void);
void tcp_timer_set(struct tcp_connection *connection, enum tcp_timer timer, uint64_t deadline_ns);
static inline bool tcp_timer_is_armed(const struct tcp_connection *connection, enum tcp_timer timer)
{
    return connection->deadlines_ns[timer] != TCP_NEVER;
}
void tcp_timers_stop(struct tcp_connection *connection);
/* Something came from the other side: keepalive begins anew. */
void tcp_timer_heard(struct tcp_connection *connection, uint64_t now_ns);

/* ---- tcp_error.c: see ipv4_report_failure() -------------------------------------------------- */

void tcp_set_mtu(struct tcp_connection *connection, unsigned mtu, uint64_t now_ns);

/* ---- tcp_number.c ---------------------------------------------------------------------------- */

void tcp_number_init(const uint8_t secret[TCP_SECRET_SIZE]);
/* [RFC6528] 3, and where the clock of its timestamps begins [RFC7323] 5.4. */
uint32_t tcp_initial_sequence(const struct tcp_end *local, const struct tcp_end *remote,
                              uint64_t now_ns);
uint32_t tcp_timestamp_shift(const struct tcp_end *local, const struct tcp_end *remote);

#endif
