/*
 * tasks.h - the guest's tasks, as its probes tell of them
 *
 * Kept by the CPU so that somebody who looks at a stopped machine, a debugger with a process or a
 * core file, finds each task by its number, what it waits for, and the context with its stack. It
 * is plain memory for that reason: an array, no pointers but to strings of the trace. Nothing in
 * the bench acts on it, and what the guest says is not checked.
 *
 * Limits. No more than CPU_TASKS_MAX at a time; others are counted. A guest that never announces
 * its tasks has none here.
 */
#ifndef EMU_CPU_STUB_TASKS_H
#define EMU_CPU_STUB_TASKS_H

#include "emu/core/trace.h"

#define CPU_TASKS_MAX 256

struct cpu_task {
    uint32_t number; /* as the guest counts */
    const char *name;
    uint64_t context;       /* where its struct hal_context lies; 0: it did not say */
    const char *blocked_on; /* a kind of thing; NULL: it does not wait */
    uint64_t object;        /* which one */
    uint64_t deadline_ns;   /* guest time; UINT64_MAX: it waits for ever */
    uint64_t since_ns;      /* when that became so: virtual time */
    const char *call;       /* the system call that it is in; NULL: none */
};

struct cpu_tasks {
    unsigned count;
    struct cpu_task entries[CPU_TASKS_MAX]; /* by age; those that exited are gone */
    uint64_t left_out;                      /* created when there was no room */
};

/* Takes in what a probe says. Strings are those of the trace; other kinds than tasks' are fine. */
void cpu_tasks_note(struct cpu_tasks *tasks, enum trace_kind kind,
                    const struct trace_argument *arguments, uint64_t now_ns);

#endif
