/*
 * ledger_priv.h - what the files of the ledger share
 *
 *     ledger.c           its life, and where everybody's entry is
 *     ledger_hardware.c  what the machine's events say of interrupts, timers, queues and cards
 *     ledger_guest.c     what the guest's probes say of tasks, calls, locks and programs
 *     ledger_sockets.c   and of sockets; with ledger_told.c
 *     ledger_schemes.c   and of schemes and requests; with ledger_events.c, ledger_clocks.c and
 *                        ledger_served.c
 *     ledger_files.c     and of files that programs read and write
 *     ledger_shares.c    what passed between the guest and its shares
 *     conversations.c    what passed over the wire, by ports
 */
#ifndef HARNESS_DIAGNOSIS_LEDGER_PRIV_H
#define HARNESS_DIAGNOSIS_LEDGER_PRIV_H

#include "harness/diagnosis/ledger.h"

static inline struct ledger_mark ledger_mark(const struct trace_event *event)
{
    return (struct ledger_mark){.sequence = event->sequence, .time_ns = event->time_ns};
}

/* Of the CPU on whose behalf the event is; one that is alone is not named. */
static inline unsigned ledger_cpu(const struct trace_event *event)
{
    return event->cpu == TRACE_NO_CPU ? 0 : (event->cpu - 1U) % CPU_CORES_MAX;
}

/* The entry, which is made where there is none; NULL: too many. */
struct ledger_task *ledger_need_task(struct ledger *ledger, uint64_t number);
/* NULL: there is none. */
struct ledger_task *ledger_task_slot(const struct ledger *ledger, uint64_t number);
struct ledger_program *ledger_program_slot(const struct ledger *ledger, uint64_t number);
struct ledger_program *ledger_program_of_task(const struct ledger *ledger, uint64_t task);
struct ledger_device *ledger_device(struct ledger *ledger, const char *name);
struct ledger_queue *ledger_queue(struct ledger *ledger, const char *name);

/* Something came of something; and a ring, a register or a frame moved. */
void ledger_progress(struct ledger *ledger);
void ledger_move(struct ledger *ledger, const struct trace_event *event);

/* ledger_hardware.c: somebody looks at what a device has done, in this queue or in all of sent. */
void ledger_look(struct ledger *ledger, const struct ledger_device *device,
                 struct ledger_queue *queue, uint32_t task, struct ledger_mark now);
void ledger_look_at_sent(struct ledger *ledger, uint32_t task, struct ledger_mark now);

/* conversations.c: an IPv4 packet, which may be shorter than its headers say. */
void ledger_converse(struct ledger *ledger, enum ledger_where where, const struct ledger_mark *at,
                     const char *why, const uint8_t *packet, size_t len);

/* ledger_sockets.c: a system call of a task, before and after; and its sleep in it. */
void ledger_call_entered(struct ledger *ledger, struct ledger_task *task,
                         const struct trace_event *event);
void ledger_call_returned(struct ledger *ledger, struct ledger_task *task,
                          const struct trace_event *event);
void ledger_listen_to_sockets(struct ledger *ledger);

/* ledger_files.c */
struct ledger_files *ledger_files_new(struct trace *trace);
void ledger_files_free(struct ledger_files *files);
/* After those who keep what a call was entered with. */
void ledger_listen_to_files(struct ledger *ledger);

void ledger_listen_to_hardware(struct ledger *ledger);
void ledger_listen_to_guest(struct ledger *ledger);

#endif
