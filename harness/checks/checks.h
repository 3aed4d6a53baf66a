/*
 * checks.h - does the guest keep the rules?
 *
 * Checkers listen to the trace of a run. Each knows one rule and asks nothing of a scenario: what
 * they find holds for every guest, at every moment. A violation is recorded once for each who,
 * clause and rule, with the event that showed it and the events before; further ones are counted.
 * Whether it fails the test is its severity's matter, and the session's.
 *
 *     checks.c      records what the checkers find
 *     specs.c       what devices say themselves: breaches of specifications, accesses to nowhere
 *     dma.c         memory of devices: freed while they have it, never given, lost
 *     buffers.c     memory for frames that is never given back
 *     balance.c     interrupts that are not ended, timeouts that are overdue
 *     locks.c       the order of locks, in tasks and interrupts
 *
 * Everything a guest can make grow is bounded.
 */
#ifndef HARNESS_CHECKS_CHECKS_H
#define HARNESS_CHECKS_CHECKS_H

#include "emu/board/board.h"
#include "harness/checks/catalogue.h"

struct checks;

struct checks_config {
    enum check_severity severity[CHECK_COUNT];
    /* How late a timeout may fire, and how long an interrupt may be active. */
    uint64_t slack_ns;
    unsigned context_events; /* kept with a violation */
};

struct violation {
    enum check_id id;
    const char *who; /* queue, device, lock, task …; as are the next two, interned */
    const char *clause, *rule;
    uint64_t sequence; /* of the event that showed it; 0: none did */
    uint64_t time_ns;
    uint64_t count; /* of the same kind */
    char *detail;   /* one sentence or several lines; NULL: the event says it all */
    char **context; /* the events up to it, NULL-terminated */
};

/* Keeps the board. */
struct checks *checks_new(struct board *board, const struct checks_config *config);
void checks_free(struct checks *checks);
/* A queue whose memory is to be watched. Keeps it. */
void checks_add_queue(struct checks *checks, struct virtqueue *queue);

/* From here on they listen to the trace of the board. */
void checks_listen(struct checks *checks);
/* What the CPU tells of spinlocks. */
extern const struct cpu_spin_listener checks_spin_listener;

/*
 * The run has come to an end: what is open now, stays open. `is_still`: the CPU waits, and nothing
 * can happen any more, so that there is no slack for anybody. Can be repeated.
 */
void checks_look(struct checks *checks, bool is_still);

unsigned checks_count(const struct checks *checks);
const struct violation *checks_get(const struct checks *checks, unsigned index);
enum check_severity checks_severity(const struct checks *checks, enum check_id id);
/* The first one that is strict, or NULL. */
const struct violation *checks_first_strict(const struct checks *checks);

/*
 * What checkers count beside, under names of counters: dma.live, dma.bytes, timeouts.live. False
 * for other names.
 */
bool checks_counter(const struct checks *checks, const char *name, uint64_t *value);
/* The names, NULL-terminated. */
extern const char *const checks_counter_names[];

/* "[VIRTIO1.2] 2.7.13". Gives. */
char *violation_clause(const struct violation *violation);
/* "dma.freed: eth0.tx at …": one line for lists. Gives. */
char *violation_summary(const struct violation *violation);
/* Who, when, how often, and the detail: several lines. Gives. */
char *violation_describe(const struct violation *violation);

#endif
