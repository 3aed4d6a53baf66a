/*
 * fault.h - what all injected faults have in common: a name, and for which occurrences they are
 *
 * A fault stands somewhere between two parts of the machine and looks at one kind of thing that
 * passes: assertions of a line, frames, returned chains. Each is an occurrence, counted from 1
 * since the fault was armed. The fault is for those behind `skip`, and for `count` of them; then it
 * is used up. Whoever holds it emits fault.injected when it is armed; that it strikes is
 * fault.applied.
 */
#ifndef EMU_CORE_FAULT_H
#define EMU_CORE_FAULT_H

#include "emu/core/trace.h"

#define FAULT_ALL UINT64_MAX

struct fault_which {
    uint64_t skip;
    uint64_t count; /* FAULT_ALL: for ever */
};

/* Where a fault stands, in the words of a scenario: "irq", "eth0.tx". Interned or static. */
struct fault_place {
    struct trace *trace;
    const char *object, *target;
};

struct fault {
    const char *name; /* "lose"; static */
    struct fault_which which;
    uint64_t seen; /* occurrences so far */
};

/* A fault is armed: emits fault.injected. */
struct fault fault_arm(const struct fault_place *place, const char *name, struct fault_which which);

/* One more occurrence. True when the fault is for it, which emits fault.applied. */
bool fault_strikes(struct fault *fault, const struct fault_place *place);

/* True when it is for no later occurrence. */
static inline bool fault_is_used_up(const struct fault *fault)
{
    return fault->which.count != FAULT_ALL && fault->seen >= fault->which.skip &&
           fault->seen - fault->which.skip >= fault->which.count;
}

/* All faults of a place end: emits fault.restored. */
void fault_restore(const struct fault_place *place);

#endif
