/*
 * program.h - programs: tasks with arguments and descriptors, started and ended by name
 *
 * A program is a function of the guest image that gets what main() gets. It has the console as
 * descriptors 0, 1 and 2, and sees of the kernel only kernel/syscall.h. Its number is the
 * bench's, by which the bench is told of its output and end; one that another program has started
 * has none: 0. It outlives its parent.
 */
#ifndef KERNEL_PROGRAM_H
#define KERNEL_PROGRAM_H

#include "kernel/syscall.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRAMS_MAX      64  /* at the same time */
#define PROGRAMS_MORE_MAX 224 /* the same, where there is memory for them */

/* Keeps the table. */
void program_init(const struct program_entry *entries, size_t count);

/*
 * Takes memory for PROGRAMS_MORE_MAX programs from what the machine has; where that is little,
 * there are as many as before. At boot, before the first of them, where daemons are programs.
 */
void program_reserve_memory(void);

/* What struct ringside_guest has as start and kill: called like interrupt handlers. */
int program_start(uint32_t number, const char *command_line);
int program_kill(uint32_t number, int signal_number);

/*
 * A program with which the machine begins, and the bench knows nothing of. When it ends before it
 * was ready, the machine ends.
 */
int program_start_first(const char *command_line);
/* The running program is that, and says so: 0. -KEPERM: it is another one, or says it again. */
int program_say_ready(void);

/*
 * Starts a program as a child of the running one: its task, or as program_start(). Its console is
 * its parent's.
 */
long program_spawn(const char *command_line);
/*
 * A child, or any (0), that has ended: its task, and its status. -KECHILD: there is none. 0: with
 * WNOHANG, none has ended; with WREADY, it is ready. -KEINTR.
 */
long program_wait(uint32_t task, unsigned flags, int *status);
/* Registers "/scheme/child". */
void program_child_init(void);

/* The namespace of the running program; of all else, the first. */
unsigned program_namespace(void);
/* Takes one's place in it (scheme.h). */
void program_enter_namespace(unsigned number);

/* Ends the running program: closes its descriptors, tells the bench. */
_Noreturn void program_exit(int status);

/*
 * What the running program does about the signals that are pending for it: it ends with status
 * 128 + number, or its handlers are called, here and on its stack. A handler is code of the program
 * and is called as it is. In other tasks it does nothing. Returns whether a call that was ended by
 * them is to be made anew: no handler was called, or the first of them says SA_RESTART.
 */
bool program_obey_signal(void);

/* kill(2): the program whose task has this number. 0, -KESRCH, -KEINVAL. */
int program_kill_task(uint32_t task, int signal_number);
/* A signal for the running program. */
void program_raise(int signal_number);
/*
 * What the running program does about a signal. NULL: as before; `before` may be NULL too.
 * 0; -KEINVAL: no such signal, or one about which nothing can be done.
 */
int program_set_action(int signal_number, const struct kernel_sigaction *action,
                       struct kernel_sigaction *before);

/*
 * The running program gets SIGALRM at `deadline_ns` and then each `interval_ns` (0: no more).
 * WAIT_FOREVER: no alarm. From one call to the next the last one counts.
 */
struct program_alarm {
    uint64_t deadline_ns, interval_ns;
};
struct program_alarm program_get_alarm(void);
void program_set_alarm(const struct program_alarm *alarm);

#endif
