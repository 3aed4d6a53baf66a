/*
 * ledger.h - what the trace has told so far, kept in the form in which a diagnosis asks for it
 *
 * Fed with the events that it listens to and with the frames of the wire; the trace itself may
 * forget. Everything a guest says is bounded: tasks beyond LEDGER_TASKS_MAX, locks beyond
 * LEDGER_LOCKS_MAX and peers beyond LEDGER_PEERS_MAX are not kept; of requests and of the times at
 * which frames were taken the newest are.
 */
#ifndef HARNESS_DIAGNOSIS_LEDGER_H
#define HARNESS_DIAGNOSIS_LEDGER_H

#include "emu/board/board.h"

#include <glib.h>

#define LEDGER_TASKS_MAX  4096
#define LEDGER_LOCKS_MAX  256
#define LEDGER_PEERS_MAX  64
#define LEDGER_FAULTS_MAX 16
#define LEDGER_REQUESTS   64 /* the newest that are known */
#define LEDGER_TAKEN      64 /* the newest frames of which it is known when they were taken */
#define LEDGER_FINDS      8  /* the newest */
#define LEDGER_NO_TIME    UINT64_MAX
/* Conversations and sockets: so many ways of so many sets, where the oldest makes room. */
#define LEDGER_WAYS       4
#define LEDGER_SETS       64
#define LEDGER_CALL_NAMES 64
/* Nothing between an interrupt and the task that it wakes takes so long. */
#define LEDGER_SETTLE_NS UINT64_C(1000000)
/* A task that was woken so often for nothing, in so much time, gets nowhere. */
#define LEDGER_LOOP_WAKES 100
#define LEDGER_LOOP_NS    UINT64_C(2000000000)
/* A guest that asked so often for a hardware address, without an answer, asks for ever. */
#define LEDGER_LOOP_ASKS 10

/* When something happened last; sequence 0: never. */
struct ledger_mark {
    uint64_t sequence, time_ns;
};

enum ledger_task_state {
    LEDGER_TASK_READY,
    LEDGER_TASK_RUNNING,
    LEDGER_TASK_BLOCKED,
    LEDGER_TASK_EXITED,
};

/*
 * What passed between one port of the guest and one of a peer, TCP or UDP: marks are of frames
 * at the guest's card (in) and at the other end (out). What comes out of order does not count, nor
 * does a reset that nobody would accept, so that what is here has arrived.
 */
struct ledger_conversation {
    uint8_t protocol; /* 0: the slot is free */
    uint16_t port, peer_port;
    uint32_t peer;
    struct ledger_mark first, out, in; /* the first of all, and the last each way */
    struct ledger_mark syn_out, synack_in, rst_in, rst_out, fin_in, fin_out;
    struct ledger_mark data_in_first;     /* what was new, the first time, */
    struct ledger_mark data_in, data_out; /* and the last */
    struct ledger_mark error_in;          /* an ICMP error that quotes it, of this type and code */
    uint8_t error_type, error_code;
    struct ledger_mark lost; /* the last that was dropped on the wire */
    const char *lost_why;
    uint32_t first_out, next_out, acked_out; /* sequence numbers: the SYN's, the next, */
    uint32_t first_in, next_in;              /* and what the peer has acknowledged */
    uint64_t datagrams_out, datagrams_in;    /* UDP */
    struct ledger_mark nameless_out; /* left with 0.0.0.0 as its source, and was not for DHCP */
};

/* A descriptor that is a socket, of a task: what the program asked of it, and what it was told. */
struct ledger_socket {
    uint32_t task; /* 0: the slot is free */
    int32_t descriptor;
    uint64_t object;
    bool is_stream, is_icmp, listens, nonblock, is_closed, wants_ttl, is_shut;
    uint8_t protocol; /* 0: it has no name yet */
    uint32_t address, peer;
    uint16_t port, peer_port;
    struct ledger_mark opened;
    struct ledger_mark connected; /* connect() was called, for what is not finished */
    const char *connect_call;     /* that has returned; NULL: none */
    int64_t connect_result;
    uint64_t receive_timeout_ns, send_timeout_ns; /* 0: for ever */
    unsigned asked, told;                         /* events of the last wait */
    struct ledger_mark asked_at, told_at;         /* told_at before asked_at: nothing was told */
    unsigned watched; /* events of an epoll set that it is in, EPOLLET among them; 0: in none */
    struct ledger_mark watched_at;
    struct ledger_mark told_out,
        told_in;               /* the first OUT and IN without ERR and HUP, of the last */
    const char *told_call;     /* connection */
    struct ledger_mark failed; /* an error of the connection was told: */
    int64_t error;
    struct ledger_mark all_well; /* the last time that a call said so, */
    const char *all_well_call;   /* and which */
    uint64_t accepted, given;    /* bytes of a stream, or datagrams */
    struct ledger_mark accepted_first, accepted_last, given_last;
    struct ledger_mark starved; /* the last receiving call that had nothing to give */
    const char *slept_call;     /* a call that waited, though it should not */
    struct ledger_mark slept_from;
    uint64_t slept_ns;
};

/* What a call did that no program expects. */
enum ledger_breach_kind {
    LEDGER_BREACH_NONE,
    LEDGER_BREACH_MISSING,       /* a call, a kind of socket, an option: refused */
    LEDGER_BREACH_FAMILY,        /* IPv6 was refused, and not with EAFNOSUPPORT */
    LEDGER_BREACH_ZERO,          /* nothing was written, and no error told */
    LEDGER_BREACH_BADF,          /* an open socket is no descriptor */
    LEDGER_BREACH_CONNECT,       /* a second connect() did not say how the first one stands */
    LEDGER_BREACH_EARLY_CONNECT, /* connect() was done before the handshake */
    LEDGER_BREACH_SOURCE,        /* who sent was not told */
    LEDGER_BREACH_CONTROL,       /* control messages that are none */
    LEDGER_BREACH_NO_TTL,        /* IP_RECVTTL was accepted, and no TTL came */
    LEDGER_BREACH_ERROR,         /* SO_ERROR is no error */
    LEDGER_BREACH_UNBOUND,       /* a datagram was refused for want of a name */
    LEDGER_BREACH_NO_FAILURE,    /* POLLERR of a socket to which nothing can have happened */
};

struct ledger_breach {
    enum ledger_breach_kind kind;
    const char *call;
    int64_t descriptor, value; /* value: what was returned or told */
    struct ledger_mark at;
};

/* A call that took longer than its timeout, or ended before. */
struct ledger_overtime {
    const char *call; /* NULL: none */
    int64_t descriptor;
    uint64_t timeout_ns, took_ns; /* timeout: LEDGER_NO_TIME: none */
    int64_t result;
    struct ledger_mark at;
};

struct ledger_task {
    uint32_t number;
    const char *name; /* interned in the trace */
    uint64_t context; /* address of its hal_context; 0: not told */
    enum ledger_task_state state;
    const char *on;       /* what it waits on, while blocked, */
    bool for_queue;       /* which is what a queue returns */
    uint64_t object;      /* which */
    uint64_t deadline_ns; /* LEDGER_NO_TIME: none */
    struct ledger_mark since;
    uint64_t waits_left; /* how often it was woken */
    /* How often in a row it was woken, in one call, while no ring moved and no frame passed. */
    uint64_t idle_wakes, idle_moves;
    struct ledger_mark idle_since;
    struct ledger_mark woken;  /* the last time */
    struct ledger_mark killed; /* by a signal that nobody survives; sequence 0: no */
    struct ledger_mark failed; /* the last call that returned an error other than EAGAIN, */
    const char *failed_call;   /* which was this one */
    int64_t failed_result;
    const char *call;      /* the system call that it is in, or NULL */
    unsigned call_kind;    /* of ledger_sockets.c */
    uint64_t arguments[4]; /* its first ones */
    struct ledger_mark entered;
    uint64_t timeout_ns;               /* that its arguments point to; LEDGER_NO_TIME: none */
    struct ledger_socket *socket;      /* that it is about, or NULL */
    bool is_for_system_file;           /* it opens what every kernel has */
    struct ledger_mark waited;         /* the end of the last ppoll() and the like, */
    struct ledger_mark waited_in_vain; /* and of the last that had nothing to tell */
    uint64_t slept_ns;                 /* for no lock */
    const char *returned;              /* the last call that returned, or NULL */
    int64_t result;                    /* of that */
};

/* A program that the scenario started. */
struct ledger_program {
    uint32_t number;
    const char *name, *command; /* of the scenario, which lives longer */
    uint32_t peer;              /* the first IPv4 address in its command; 0: none */
    uint32_t task;              /* 0: not running yet */
    struct ledger_mark started_at, exited_at;
    bool exited;
    int64_t status;
    bool no_device;   /* one of its calls returned ENODEV */
    bool unreachable; /* one of its calls returned ENETUNREACH or EHOSTUNREACH */
    const char *unreachable_call;
    int64_t unreachable_result;
    struct ledger_mark unreachable_at;
    struct ledger_breach breach;          /* the first */
    struct ledger_overtime late, hurried; /* likewise */
};

struct ledger_lock {
    uint64_t lock;
    const char *name;
    uint32_t task;
    uint64_t since_ns;
};

struct ledger_queue {
    const char *name; /* interned */
    struct ledger_mark kick, pop, used;
    struct ledger_mark waits; /* the first used entry that nobody has looked at yet, */
    struct ledger_mark told;  /* and the first interrupt of the card that was taken since: */
    struct ledger_mark told_pended;
    unsigned told_by; /* this INTID */
    uint64_t kicks, pops, used_count;
    uint16_t kick_avail, used_index, used_head;
    /* The greatest identifier that the device returned since it was reset. */
    uint64_t top_id;
    struct ledger_mark top;
    /* The driver discarded a packet here: a guest.drop of this name. */
    struct ledger_mark dropped;
    uint64_t drops;
    const char *dropped_why;
};

/* A card, or a share: then `tx` is its queue, and what is about frames and `rx` is of nobody. */
struct ledger_device {
    const char *name; /* interned */
    bool is_share;
    unsigned intid;
    bool is_claimed; /* some driver said that it knows how to drive it, [VIRTIO1.2] 2.1, */
    uint32_t driver; /* and this task ran then; 0: the kernel */
    struct ledger_queue rx, tx;
    struct ledger_mark isr_set, isr_ack, reset;
    struct ledger_mark message;     /* the last that it sent, */
    uint64_t message_data;          /* which is an INTID */
    bool messages[BOARD_IRQ_COUNT]; /* the INTIDs of all that it ever sent */
    struct ledger_mark frame_in, frame_out;
    uint64_t frames_in, frames_out;
    /* What the driver says that it took: eth0.rx.frames and eth0.rx.dropped. */
    const char *counter_frames, *counter_dropped, *counter_sent_dropped;
    bool counts;
    uint64_t taken_frames, taken_dropped;
    struct ledger_mark taken[LEDGER_TAKEN]; /* when it took the frame with this number, modulo */
    uint64_t sent_dropped;                  /* what it says that it could not send */
    uint64_t dropped_by_device;
    bool link_down;
    struct ledger_mark link_changed;
    struct ledger_mark sent_drop;
    struct ledger_mark unsent_last; /* a packet that the driver did not send: the link was down */
    uint64_t taken_before;          /* both, at the last reset */
    uint64_t merged;                /* receive buffers beyond the first of a frame */
};

struct ledger_irq {
    struct ledger_mark level_up, level_down, pended, taken, ended, enabled, disabled;
    uint64_t taken_count, ended_count;
    uint64_t taken_while_up;     /* since the line rose last */
    uint64_t unhandled_while_up; /* of these the guest says that they were for no handler */
};

/*
 * An interrupt that was active when its CPU had gone on to a task already, and kept another from
 * that CPU.
 */
struct ledger_hold {
    unsigned intid, kept; /* kept 0: it kept none */
    uint32_t task;        /* that ran before the end; 0: none did */
    struct ledger_mark from, to;
    struct ledger_mark kept_since; /* the other became pending, and was taken after `to` */
};

/* Frames between the guest and one address. */
struct ledger_peer {
    uint32_t address;
    uint64_t arp_requests, arp_requests_dropped, arp_replies, arp_replies_dropped;
    struct ledger_mark arp_first, arp_last, arp_answered, arp_drop;
    uint64_t arp_row; /* requests since the last reply, or the first of all */
    struct ledger_mark arp_row_first;
    uint64_t sent, sent_dropped, received, received_dropped; /* IPv4 packets; sent: arrived */
    /* Of these segments of TCP, which are not answered one by one. */
    uint64_t segments_sent, segments_received, segments_sent_dropped;
    struct ledger_mark sent_last, received_last, dropped_last;
    const char *dropped_why;
    struct ledger_mark link_lost; /* the last IPv4 packet lost because a link was down */
    struct ledger_mark arp_link_lost;
};

/* What a frame asks or answers: an echo request by its numbers, ARP, or a UDP port. */
enum ledger_kind {
    LEDGER_KIND_NONE,
    LEDGER_KIND_ARP,
    LEDGER_KIND_ECHO,
    LEDGER_KIND_UDP,
};

struct ledger_key {
    uint32_t peer; /* who is asked, or who answers */
    enum ledger_kind kind;
    uint32_t numbers; /* echo: identifier and sequence number; UDP: the two ports */
};

/* A request that arrived at the other end, and its answer, when there was one. */
struct ledger_request {
    struct ledger_key key;
    struct ledger_mark sent;
    struct ledger_mark answered;        /* the answer was at the guest's card */
    const struct ledger_device *device; /* which card that was, */
    uint64_t frame;                     /* and which of its frames, from 1 */
};

/*
 * Work that lay in a used ring for longer than LEDGER_SETTLE_NS until somebody found it: its
 * interrupt was not taken, or woke nobody. One that only came late found its work itself.
 */
struct ledger_find {
    const char *queue; /* interned */
    struct ledger_mark since, at;
    uint32_t task;           /* who found it; 0: none that is known */
    unsigned own;            /* the INTID that should have told of it, */
    struct ledger_mark told; /* when it did, and woke nobody; sequence 0: it did not */
    unsigned by;             /* the last INTID that was taken before; 0: none that fits */
    struct ledger_mark by_at;
};

/* An injected fault that did something: a `fault.applied`. */
struct ledger_fault {
    const char *object, *target, *fault; /* "irq", "eth0.tx", "lose" */
    struct ledger_mark at;
};

struct ledger {
    struct trace *trace;
    GPtrArray *tasks;                           /* struct ledger_task, at its number; NULL: none */
    GPtrArray *programs;                        /* struct ledger_program, at its number minus 1 */
    struct ledger_lock locks[LEDGER_LOCKS_MAX]; /* held now */
    unsigned lock_count;
    struct ledger_device devices[BOARD_DEVICES_MAX]; /* cards first */
    unsigned card_count, device_count;
    struct ledger_irq irqs[BOARD_IRQ_COUNT];
    struct ledger_hold hold, last_hold[CPU_CORES_MAX]; /* the longest, and that of each CPU */
    unsigned last_taken[CPU_CORES_MAX];                /* INTID; 0: none */
    uint32_t running[CPU_CORES_MAX];                   /* the task that got this CPU last, */
    struct ledger_mark switched[CPU_CORES_MAX];        /* and when it did */
    const char *counter_unhandled;                     /* interned: "irq.unhandled" */
    uint64_t spurious_count; /* IAR gave nothing, since the CPU entered the vector */
    struct ledger_mark spurious;
    struct ledger_mark breach; /* the last misuse of the controller, */
    uint64_t breach_intid;     /* and which INTID it was about */
    struct ledger_peer peers[LEDGER_PEERS_MAX];
    unsigned peer_count;
    struct ledger_mark timer_fired[GTIMER_COUNT];
    uint64_t timer_period_ns;           /* between the last two; 0: not known */
    struct ledger_mark tables_disagree; /* one knows a route, another one does not, */
    uint32_t tables_disagree_about;     /* to this address */
    struct ledger_mark no_route;        /* a packet was discarded for want of a route */
    const char *no_route_where, *no_route_why;
    struct ledger_mark received; /* the last IPv4 packet that came in, and from whom */
    uint32_t received_from;
    struct {
        struct ledger_mark at, received;
        uint32_t from, task; /* whoever ran */
        const char *where, *why;
    } discarded; /* the last packet that the guest threw away, and what had come in before */
    struct ledger_request requests[LEDGER_REQUESTS]; /* the newest, a ring */
    unsigned request_count;                          /* ever */
    const struct ledger_device *received_by;         /* where the last frame came in */
    struct ledger_find finds[LEDGER_FINDS];          /* the newest, a ring */
    unsigned find_count;                             /* ever */
    struct ledger_conversation conversations[LEDGER_SETS][LEDGER_WAYS];
    struct ledger_socket sockets[LEDGER_SETS][LEDGER_WAYS];
    struct {
        const char *name;            /* interned */
        unsigned kind;               /* of ledger_sockets.c; 0: none of a socket */
    } call_names[LEDGER_CALL_NAMES]; /* by the address of the name, which no result depends on */
    /* The last socket that got a name: one that accept() is about to give. */
    struct {
        uint64_t object;
        uint8_t protocol;
        uint32_t address, peer;
        uint16_t port, peer_port;
    } named;
    unsigned taken_intid; /* the last interrupt that was taken */
    struct ledger_mark taken;
    unsigned queue_sleepers;                       /* tasks that wait for a completion */
    struct ledger_fault faults[LEDGER_FAULTS_MAX]; /* the newest, a ring */
    unsigned fault_count;                          /* ever */
    struct ledger_mark woken;                      /* any task */
    struct ledger_mark panicked;
    const char *panic_why;
    struct ledger_mark rtc_read, realtime_asked; /* by the kernel, and by a program */

    struct ledger_schemes *schemes; /* ledger_schemes.h */
    struct ledger_shares *shares;   /* ledger_shares.h; NULL: the machine has no share */
    struct ledger_files *files;     /* ledger_files.c */
    uint64_t memory_size;           /* of the guest, in bytes; UINT64_MAX: not known */

    /* For verdicts: these only ever grow. */
    uint64_t progress; /* anything but interrupts, switches, waiting, and calls that move nothing */
    uint64_t moves;    /* a ring index or a register of a device moved, or a frame passed */
    struct ledger_mark moved;
    uint64_t rested; /* the event of the last progress or wait of the CPU */
};

/* Keeps the trace. */
struct ledger *ledger_new(struct trace *trace);
void ledger_free(struct ledger *ledger);
/* So much memory the guest has. */
void ledger_set_memory(struct ledger *ledger, uint64_t size);
/* All cards before the first share. */
void ledger_add_device(struct ledger *ledger, const char *name, unsigned intid);
/* The first one has it listen to what passes there. */
void ledger_add_share(struct ledger *ledger, const char *name, unsigned intid);
/* A program is about to be started; keeps the strings. Numbers count from 1. */
void ledger_add_program(struct ledger *ledger, const char *name, const char *command);

/* From here on it listens to the trace. */
void ledger_listen(struct ledger *ledger);
/* Events since the last progress or wait of the CPU. */
uint64_t ledger_restless(const struct ledger *ledger);

enum ledger_where {
    LEDGER_OUT, /* arrived at the other end */
    LEDGER_IN,  /* arrived at the guest's card */
    LEDGER_OUT_DROPPED,
    LEDGER_IN_DROPPED,
};
/* A frame passed or was dropped (`why`, interned; else NULL). Borrows it. */
void ledger_frame(struct ledger *ledger, enum ledger_where where, const struct ledger_mark *at,
                  const char *why, const uint8_t *frame, size_t len);

/*
 * What a frame on its way asks (`out`) or answers. False: nothing that is kept. An answer fits a
 * request with the same key, or to everybody.
 */
bool ledger_frame_key(bool out, const uint8_t *frame, size_t len, struct ledger_key *key);
bool ledger_key_answers(const struct ledger_key *answer, const struct ledger_key *request);
/* Whether it is an IPv4 packet from this address. */
bool ledger_comes_from(const uint8_t *frame, size_t len, uint32_t address);
/* When the driver took a frame of the card; sequence 0: not yet, or not known any more. */
struct ledger_mark ledger_taken(const struct ledger_device *device, uint64_t frame);
/* Whether a task is woken again and again, and comes to nothing. */
bool ledger_task_loops(const struct ledger *ledger, const struct ledger_task *task,
                       uint64_t now_ns);
/*
 * The address that the guest asks for again and again while the program sleeps in one call, which
 * needs it: its peer's, or another one's as long as nothing was sent to its peer. NULL: none.
 */
const struct ledger_peer *ledger_asked_for_ever(const struct ledger *ledger,
                                                const struct ledger_program *program);

/* Whether the time that the program gave its call has passed for long. */
bool ledger_call_is_overdue(const struct ledger_task *task, uint64_t now_ns, uint64_t *timeout_ns);
/* Of a socket that has a peer, NULL: nothing has passed yet. */
const struct ledger_conversation *ledger_conversation(const struct ledger *ledger,
                                                      const struct ledger_socket *socket);

/* NULL when there is none. */
const struct ledger_task *ledger_task(const struct ledger *ledger, uint32_t number);
const struct ledger_program *ledger_program(const struct ledger *ledger, uint32_t number);
const struct ledger_lock *ledger_lock(const struct ledger *ledger, uint64_t lock);
/* An injected fault that took effect: the newest is 0. NULL beyond those that are kept. */
const struct ledger_fault *ledger_fault(const struct ledger *ledger, unsigned age);
const struct ledger_peer *ledger_peer(const struct ledger *ledger, uint32_t address);
/* The first IPv4 address in a text, in host order; 0: none. */
uint32_t ledger_find_address(const char *text);

#endif
