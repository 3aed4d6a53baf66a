/*
 * program_priv.h - what a program is; for program*.c
 */
#ifndef KERNEL_PROGRAM_PRIV_H
#define KERNEL_PROGRAM_PRIV_H

#include "kernel/command_line.h"
#include "kernel/event.h"
#include "kernel/file.h"
#include "kernel/program.h"
#include "kernel/spinlock.h"
#include "kernel/task.h"
#include "kernel/timeout.h"
#include "kernel/wait.h"

struct program_child;

struct program {
    struct list link; /* of programs.running */
    uint32_t number;  /* the bench's; 0: it does not know it */
    uint32_t console; /* the number of the program whose output its own is; 0: the machine's */
    const struct program_entry *entry;
    struct task *task;
    struct file_table files;
    struct arguments arguments;
    unsigned namespace;
    struct kernel_sigaction actions[SIGNALS_MAX]; /* that for signal n is [n - 1] */
    struct program_alarm alarm;
    struct timeout alarm_timeout;
    struct program_child *as_child; /* NULL: nobody waits for its end */
    struct list children;           /* struct program_child.link, the oldest first */
    struct wait_queue child_ended;
    struct event_source child_source;
};

extern struct program_registry {
    const struct program_entry *entries;
    size_t entry_count;
    struct spinlock lock; /* of the list, of actions, alarms, and children */
    struct list running;
    struct program *first; /* until it has said that all is up */
} programs;

/* With the lock. What is ignored ends no wait. 0 only asks whether the program is there. */
void program_signal(struct program *program, int number);

/* All but that it runs, in the first namespace. NULL: why not. */
struct program *program_make(uint32_t number, uint32_t console, const char *command_line,
                             int *error);
void program_run(struct program *program);

/* ---- program_child.c ------------------------------------------------------------------------- */

void program_child_reset(void);
/* With the lock: a program ends, as a parent and as a child. */
void program_child_end(struct program *program, int status);
/* To its parent. -KEPERM: it has none. */
int program_child_say_ready(struct program *program);

#endif
