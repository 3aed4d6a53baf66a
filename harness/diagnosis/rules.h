/*
 * rules.h - what a rule is
 *
 * A rule looks at one link of the causal chain. It returns false, without a trace, when the link is
 * there; or fills in the diagnosis. The table in rules.c holds them in the order of the chain.
 */
#ifndef HARNESS_DIAGNOSIS_RULES_H
#define HARNESS_DIAGNOSIS_RULES_H

#include "harness/diagnosis/diagnosis.h"
#include "harness/diagnosis/waits.h"

/* Away from a hang, a link that is younger than this may still come: nothing takes so long. */
#define RULES_SETTLE_NS LEDGER_SETTLE_NS

struct rules_case {
    const struct ledger *ledger;
    struct board *board;
    unsigned cpu; /* whose timers, interrupts and mask the rules look at */
    const struct diagnosis_question *question;
    uint64_t now_ns;
    struct diagnosis *diagnosis;
};

/* Whether what should have followed `mark` is missing by now. */
bool rules_is_settled(const struct rules_case *c, const struct ledger_mark *mark);
void rules_evidence(struct rules_case *c, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Names the cause, with the sentence of the first missing link. Always true. */
bool rules_found(struct rules_case *c, const char *cause, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* "1.000140000 s": a time in a sentence; the buffer is the caller's. */
const char *rules_time(char buffer[static 32], uint64_t time_ns);

/* A task that waits for a queue's completion, or NULL. */
const struct ledger_task *rules_queue_waiter(const struct rules_case *c);
/* Whether some task waits for a time that has passed, or at a hang for any time. */
bool rules_time_is_overdue(const struct rules_case *c);
/* Frames in guest memory that the driver has not taken. */
bool rules_rx_unconsumed(const struct rules_case *c, const struct ledger_device *device);
bool rules_is_running(const struct rules_case *c, const struct ledger_device *device);
/* NULL: the device has no such queue. */
struct virtqueue *rules_queue(const struct rules_case *c, const struct ledger_queue *queue);
/*
 * The CPU that an INTID is for: the one that is looked at, or the first that an SPI is routed to.
 */
unsigned rules_cpu_of(const struct rules_case *c, unsigned intid);
void rules_evidence_irq(struct rules_case *c, unsigned intid);
void rules_evidence_queue(struct rules_case *c, const struct ledger_queue *queue);

/* Timers or their interrupts were made worse: then nobody in the guest is late. */
bool rules_timers_were_hit(const struct rules_case *c);
/*
 * A clock that the task had set anew each time that it fired, and not the last time; NULL: there is
 * none.
 */
const struct ledger_clock *rules_ended_chain(const struct rules_case *c,
                                             const struct ledger_task *task);
/* Whether the program is in trouble: it failed, or sleeps in a call. */
bool rules_program_suffers(const struct rules_case *c);
/* Whom it speaks to; NULL: nothing passed between it and the guest. */
const struct ledger_peer *rules_peer(const struct rules_case *c);
bool rules_was_sent_to(const struct ledger_peer *peer);
/* Fewer packets came back than were sent. */
bool rules_misses_packets(const struct rules_case *c, const struct ledger_peer *peer);
/* Whether the peer owes an answer: to a SYN, to data, or an acknowledgement. */
bool rules_is_owed(const struct ledger_conversation *wire);
struct rules_address {
    char text[16];
};
struct rules_address rules_address(uint32_t address);
/* Whether an IPv4 packet from the address is on the wire. */
bool rules_is_on_its_way(const struct rules_case *c, uint32_t address);

/*
 * rules_irq.c: who watches the file of an interrupt, was told of it, and has not read that, since
 * it sleeps for something else; NULL: nobody does.
 */
const struct ledger_task *rules_sleeps_elsewhere(const struct rules_case *c, unsigned intid);

/* rules_late.c: whether a packet that was discarded there had come to the driver, to be sent. */
bool rules_is_of_sending(const struct rules_case *c, const char *where);

/* rules_net.c: the peer was asked for its hardware address, and has not answered. */
bool rules_is_unanswered(const struct rules_case *c, const struct ledger_peer *peer);

/* rules_time.c: the program was told that it cannot reach anybody, or nothing was sent for it. */
bool rules_reaches_nobody(const struct rules_case *c);

/*
 * rules_scheme.c: the chain of the program that sleeps, or those of all tasks that do when no
 * program is asked about or it has failed; until one holds.
 */
typedef bool rules_chain_fn(struct rules_case *c, const struct waits_chain *chain);
bool rules_some_chain(struct rules_case *c, rules_chain_fn *look);
/*
 * rules_event.c: each thing that somebody watches who sleeps in the queue and matters, until one
 * holds.
 */
typedef bool rules_watch_fn(struct rules_case *c, const struct ledger_watch *watch,
                            const struct ledger_task *reader);
bool rules_some_watch(struct rules_case *c, rules_watch_fn *look);
/* Whether the program that is in trouble may wait for what this task does. */
bool rules_concerns(const struct rules_case *c, uint32_t task);

bool rule_irq_unhandled(struct rules_case *c);
bool rule_irq_storm(struct rules_case *c);
bool rule_timer_irq_mismatch(struct rules_case *c);
bool rule_irq_not_acknowledged(struct rules_case *c);
bool rule_irq_not_enabled(struct rules_case *c);
bool rule_irq_spurious_served(struct rules_case *c);
bool rule_irq_never_eoi(struct rules_case *c);
bool rule_irq_masked(struct rules_case *c);
bool rule_irq_lost(struct rules_case *c);
bool rule_irq_ended_late(struct rules_case *c);

bool rule_vq_kick_missed(struct rules_case *c);
bool rule_vq_not_completed(struct rules_case *c);
bool rule_vq_used_wrong(struct rules_case *c);
bool rule_vq_used_not_consumed(struct rules_case *c);
bool rule_vq_rx_starved(struct rules_case *c);

/*
 * rules_share.c: the answer to a message lies in the ring, and its task sleeps; to any message, or
 * to one that was sent for the program that is asked about.
 */
bool rules_answer_is_left(const struct rules_case *c, const struct ledger_device *device,
                          bool for_program);

bool rule_p9_fid_leak(struct rules_case *c);
bool rule_p9_breach(struct rules_case *c);
bool rule_p9_second_transaction(struct rules_case *c);
bool rule_p9_wait_unbounded(struct rules_case *c);
bool rule_p9_tag_mismatch(struct rules_case *c);
bool rule_p9_mode_lost(struct rules_case *c);
bool rule_p9_unanswered(struct rules_case *c);
bool rule_p9_error_changed(struct rules_case *c);
bool rule_p9_refused(struct rules_case *c);

bool rule_netdev_missing(struct rules_case *c);
bool rule_netdev_unclaimed(struct rules_case *c);
bool rule_guest_panic(struct rules_case *c);
bool rule_guest_exception(struct rules_case *c);
bool rule_vq_tx_exhausted(struct rules_case *c);

bool rule_rtc_not_read(struct rules_case *c);
bool rule_alloc_unchecked(struct rules_case *c);

bool rule_loop_asks(struct rules_case *c);
bool rule_wait_polled(struct rules_case *c);
bool rule_loop_wakes(struct rules_case *c);
bool rule_loop_spins(struct rules_case *c);

bool rule_call_missing(struct rules_case *c);
bool rule_call_wrong_result(struct rules_case *c);
bool rule_call_blocks(struct rules_case *c);
bool rule_timeout_ignored(struct rules_case *c);
bool rule_timeout_early(struct rules_case *c);
bool rule_poll_false_ready(struct rules_case *c);
bool rule_poll_unready(struct rules_case *c);
bool rule_socket_error_swallowed(struct rules_case *c);
bool rule_socket_data_dropped(struct rules_case *c);
bool rule_program_gave_up(struct rules_case *c);
bool rule_peer_refused(struct rules_case *c);

/* rules_socket.c: each socket that the program has, or had, until one holds. */
typedef bool rules_socket_fn(struct rules_case *c, const struct ledger_socket *socket);
bool rules_some_socket(struct rules_case *c, rules_socket_fn *look);
/* Whether it was said to be ready for writing, or else for reading, before anything came. */
bool rules_told_too_early(const struct rules_case *c, const struct ledger_socket *socket,
                          bool *writing);
/* What the program was told of it, and what passed. */
void rules_evidence_socket(struct rules_case *c, const struct ledger_socket *socket);

bool rule_event_not_delivered(struct rules_case *c);
bool rule_event_lost_before_subscribe(struct rules_case *c);
bool rule_wait_set_incomplete(struct rules_case *c);
bool rule_circle(struct rules_case *c);
bool rule_task_unkillable(struct rules_case *c);
bool rule_request_provider_dead(struct rules_case *c);
bool rule_request_undelivered(struct rules_case *c);
bool rule_request_overdue(struct rules_case *c);
bool rule_request_ended_early(struct rules_case *c);
bool rule_request_unready(struct rules_case *c);
bool rule_request_data_dropped(struct rules_case *c);
bool rule_request_false_ready(struct rules_case *c);
bool rule_request_uncancelled(struct rules_case *c);
bool rule_request_unanswered(struct rules_case *c);
bool rule_timeout_overdue(struct rules_case *c);
bool rule_time_chain_dead(struct rules_case *c);
bool rule_time_chain_ended(struct rules_case *c);
bool rule_time_chain_multiplied(struct rules_case *c);
bool rule_time_frozen(struct rules_case *c);
bool rule_config_unread(struct rules_case *c);
bool rule_config_guessed(struct rules_case *c);

bool rule_iface_missing(struct rules_case *c);
bool rule_iface_unaddressed(struct rules_case *c);
bool rule_packet_discarded(struct rules_case *c);

bool rule_route_tables_disagree(struct rules_case *c);
bool rule_route_missing(struct rules_case *c);
bool rule_link_down(struct rules_case *c);
bool rule_reply_late(struct rules_case *c);
bool rule_arp_unresolved(struct rules_case *c);
bool rule_wire_dropped(struct rules_case *c);
bool rule_peer_silent(struct rules_case *c);
bool rule_reply_discarded(struct rules_case *c);

#endif
