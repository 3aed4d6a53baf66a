/*
 * boot.h - from power-on to the idle task
 *
 * Order: boot data, memory of the kernel, tasks, timeouts, interrupt dispatch; then drivers
 * (interrupt controller, clock, devices) and the network stack, with interrupts masked; then the
 * other CPUs are started; then
 * interrupts are opened, all tasks run until they wait, and the guest is ready; where there is a
 * first program, when that says so.
 */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include "kernel/program.h"

/* What stands above the kernel. */
struct kernel_parts {
    void (*init_drivers)(void);
    void (*init_netstack)(void);
    /* The command line of the program with which the machine begins (program.h). NULL: none. */
    const char *(*first_program)(void);
    const struct program_entry *programs;
    size_t program_count;
};

/*
 * On the boot stack, with interrupts masked. It becomes the idle task. Borrows the parts for the
 * boot, keeps the table of programs.
 */
_Noreturn void kernel_boot(const struct kernel_parts *parts);

/* For the first program: what it had to start is up. */
void boot_say_ready(void);

/* All that the kernel itself sets up, without drivers and stack; once more for a fresh start. */
void kernel_init(const struct program_entry *programs, size_t program_count);

#endif
