/*
 * fake_calls.h - the system calls that daemons make, for their unit tests
 *
 * One provider's root file with requests that the test has put there and the answers that came;
 * interrupts, clocks and event queues as files. A read of the event queue gives what the test's
 * hook has made happen; when the hook is at its end the queue is, which ends a daemon.
 */
#ifndef DRIVERS_FAKE_CALLS_H
#define DRIVERS_FAKE_CALLS_H

#include "kernel/scheme_abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_REQUESTS_MAX 128
#define FAKE_WATCHES_MAX  16
#define FAKE_SPAWNS_MAX   16
#define FAKE_TEXT_MAX     4096
#define FAKE_IRQS_MAX     8

/* Descriptors: the console's, then these. */
enum {
    FAKE_ROOT = 3,
    FAKE_QUEUE,
    FAKE_TIMER,
    FAKE_CONFIG,
    FAKE_IRQ, /* and those that follow, in the order of opening */
};

struct fake_irq {
    char path[64];
    uint64_t count, acknowledged;
    unsigned writes;
    bool again; /* it comes once more between the next read and its acknowledgement */
};

struct fake_calls {
    char scheme[SCHEME_NAME_MAX]; /* as it was created */
    long scheme_error;            /* negated; 0: none */
    struct scheme_request requests[FAKE_REQUESTS_MAX];
    unsigned request_count, taken;
    struct scheme_answer answers[FAKE_REQUESTS_MAX]; /* and events */
    unsigned answer_count;

    struct event_entry watches[FAKE_WATCHES_MAX];
    unsigned watch_count;
    struct event_entry events[FAKE_WATCHES_MAX]; /* that the queue gives next */
    unsigned event_count;
    bool (*wait)(void); /* the daemon waits: false ends it. NULL: that is the case at once */

    struct fake_irq irqs[FAKE_IRQS_MAX];
    unsigned irq_count;
    unsigned timeouts; /* written to the clock */
    uint64_t last_timeout_ns;

    const char *config; /* of /etc/pcid.conf; NULL: there is none */
    char spawned[FAKE_SPAWNS_MAX][128];
    unsigned spawn_count;
    unsigned waited_for, ready_count; /* children until they are ready; and that it is */
    long spawn_error;
    char output[FAKE_TEXT_MAX]; /* of descriptors 1 and 2 */
    size_t output_size;
};
extern struct fake_calls fake_calls;

void fake_calls_reset(void);

/* Puts a request there; its tag counts up from 1. Borrows the bytes until the answer. */
uint64_t fake_request(enum scheme_operation operation, uint64_t handle, uint32_t flags, void *data,
                      uint32_t size);
/* What a tag was answered with; FAKE_UNANSWERED: not yet. Fails the test when it was twice. */
#define FAKE_UNANSWERED INT64_MIN
int64_t fake_answer(uint64_t tag);
/* How many events a handle was told of, since the last reset. */
unsigned fake_events(uint64_t handle, unsigned events);
/* Interrupt number `index` in order of opening comes. */
void fake_raise_irq(unsigned index);
/* The queue tells of what is watched by this word. */
void fake_event(uint64_t data);

#endif
