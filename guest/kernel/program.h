/*
 * program.h - programs: tasks with arguments and descriptors, started and ended by name
 *
 * A program is a function of the guest image that gets what main() gets. It has the console as
 * descriptors 0, 1 and 2, and sees of the kernel only kernel/syscall.h. Its number is the
 * bench's, by which the bench is told of its output and end.
 */
#ifndef KERNEL_PROGRAM_H
#define KERNEL_PROGRAM_H

#include "kernel/syscall.h"

#include <stddef.h>
#include <stdint.h>

#define PROGRAMS_MAX 16 /* at the same time */

/* Keeps the table. */
void program_init(const struct program_entry *entries, size_t count);

/* What struct ringside_guest has as start and kill: called like interrupt handlers. */
int program_start(uint32_t number, const char *command_line);
int program_kill(uint32_t number, int signal_number);

/* Ends the running program: closes its descriptors, tells the bench. */
_Noreturn void program_exit(int status);
/* Ends the running program when a signal is pending for it; in other tasks it does nothing. */
void program_obey_signal(void);

#endif
