/*
 * event.h - event queues, and what they watch
 *
 * A source is something that can become ready: a file of a scheme, an interrupt, a time file, a
 * queue. A registration joins it to a queue. event_trigger() puts one event into the queue of each
 * registration that wants it, each time, without merging them: what a reader does not know yet is
 * never more than it was told. A queue is a source itself, so that queues may be watched by queues.
 * A subscription looks at the source's readiness after it is registered: what became true in
 * between is told twice rather than never.
 */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H

#include "kernel/scheme_abi.h"
#include "lib/list.h"

#include <stdint.h>

#define EVENT_QUEUES_MAX        64
#define EVENT_REGISTRATIONS_MAX 4096
#define EVENTS_MAX              8192 /* that wait to be read, in all queues */
#define EVENTS_PER_QUEUE_MAX    2048 /* more are dropped, and counted: events.dropped */

struct event_source {
    struct list registrations;
    const char *kind; /* what the bench is told (probe.h): "scheme", "irq", "time", "queue" … */
    uint64_t number;  /* its number among those of its kind */
    uint64_t handle;  /* of a file of a scheme: what its provider calls it */
};

void event_init(void); /* after scheme_init(), with "/scheme/event" */

/* Keeps `kind`, a literal. */
void event_source_init(struct event_source *source, const char *kind, uint64_t number);
/* Takes it out of all queues; events that wait there remain. */
void event_source_fini(struct event_source *source);
/* From tasks and interrupts. */
void event_trigger(struct event_source *source, unsigned events);

#endif
