/*
 * fake_hal.h - the machine that unit tests of the kernel run on
 *
 * Implements the parts of hal.h and probe.h that the kernel itself uses, on the host: contexts by
 * ucontext, an interrupt controller with 32 lines, a clock that stands still unless the test
 * moves it. The test is task 0: it creates tasks, lets them run, moves the clock, and reads in
 * the log what the bench would have been told.
 */
#ifndef KERNEL_FAKE_HAL_H
#define KERNEL_FAKE_HAL_H

#include "kernel/syscall.h"
#include "lib/fake_panics.h"

#include "ringside/hal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_RAM_SIZE  (28u << 20)
#define FAKE_FREE_SIZE (13u << 20) /* the part of it that the boot information calls free */
#define FAKE_TIMER_IRQ 27
#define FAKE_START_NS  UINT64_C(1000000000)

/* What the kernel finds at boot; set before fake_boot(). */
extern const char *fake_command_line;
extern const struct hal_boot_file *fake_files;
extern size_t fake_file_count;

/* A fresh machine and kernel with its clock and interrupt controller, interrupts open. No tasks. */
void fake_boot(void);
void fake_boot_with(const struct program_entry *programs, size_t count);

/*
 * The two halves of that: the machine without a kernel, and the drivers, which the kernel's boot
 * calls.
 */
void fake_power_on(void);
void fake_init_drivers(void);

extern uint64_t fake_now_ns;
/* What the clock was told last; UINT64_MAX: never. */
uint64_t fake_deadline_ns(void);
/* How often it was told. */
unsigned fake_deadline_count(void);

/* Lets tasks run until all of them wait. */
void fake_run(void);
/* The same, and moves the clock from deadline to deadline, up to this time. */
void fake_run_until(uint64_t end_ns);
/* Makes an interrupt pending. It is taken at once when that is allowed. */
void fake_raise(uint32_t intid);
/* What a driver does through irq_attach(), without a handler. */
void fake_enable_irq(uint32_t intid);
/* How often interrupts were ended. */
unsigned fake_irq_end_count(void);

/* Guest RAM; nothing is given back before the next fake_boot(). */
void *fake_ram(size_t size);
/* Makes hal_stack_alloc() and hal_dma_alloc() fail. */
extern bool fake_memory_is_exhausted;
unsigned fake_stacks_in_use(void);

/*
 * Probes and messages, a line each: "blocked 1 socket", "console no such program". Output of
 * programs is kept apart.
 */
const char *fake_log(void);
void fake_log_clear(void);
unsigned fake_log_count(const char *line_prefix);
const char *fake_output(void);

extern char fake_panic_reason[256]; /* of the last panic, see FAKE_PANICS() */

#endif
