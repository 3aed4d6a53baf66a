/*
 * lock_order.h - the order of locks
 *
 * Locks are told apart by their names, each name is a class. That B was taken while A was held is
 * an edge from A to B. Whoever adds an edge that closes a circle could deadlock with those who
 * added the others, whether or not they ever meet: so it is found without a deadlock.
 *
 *     lock.order   a circle of edges
 *     lock.irq     taken in an interrupt, and elsewhere with interrupts on: it may come in between
 *
 * Limits: LOCK_CLASSES_MAX names. Two locks of one name have no order among each other.
 */
#ifndef HARNESS_CHECKS_LOCK_ORDER_H
#define HARNESS_CHECKS_LOCK_ORDER_H

#include "harness/checks/checks_priv.h"

#define LOCK_CLASSES_MAX 64

struct lock_witness {
    uint64_t time_ns; /* 0: never */
    uint32_t task;
    bool in_irq;
    unsigned cpu;
};

struct lock_class {
    const char *name;           /* interned */
    uint64_t after;             /* a bit a class: taken while this one was held */
    struct lock_witness *edges; /* of each of these; NULL: none yet */
    struct lock_witness in_irq, with_irqs_on;
};

struct lock_classes {
    struct lock_class all[LOCK_CLASSES_MAX];
    unsigned count;
};

void lock_classes_fini(struct lock_classes *classes);
/* LOCK_CLASSES_MAX when there are too many. */
unsigned lock_class_of(struct lock_classes *classes, const char *name);

/* `then` is taken with `first` held: adds the edge, and looks whether there is a way back. */
void lock_add_edge(struct checks *checks, struct lock_classes *classes, unsigned first,
                   unsigned then, const struct lock_witness *witness);
void lock_note_irqs(struct checks *checks, struct lock_classes *classes, unsigned index,
                    const struct lock_witness *witness, bool masked);
/* Nothing new follows from taking a lock of the class like this, as far as interrupts matter. */
bool lock_irqs_are_noted(const struct lock_class *class, bool in_irq, bool masked);

void lock_append_witness(const struct checks *checks, GString *out,
                         const struct lock_witness *witness);
/* Takes `detail`. */
void lock_report(struct checks *checks, enum check_id id, uint64_t time_ns, const char *who,
                 const char *rule, GString *detail);

#endif
