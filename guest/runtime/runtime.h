/*
 * runtime.h - what a guest without a kernel of its own needs beside hal.h
 *
 * For a driver that is to be tested alone: interrupts, time, memory, text, the list of devices, and
 * programs that a scenario starts. It knows the board: a GICv2, not a GICv3, and the virtual timer
 * at the addresses of QEMU's "virt". ringside_add_guest(… RUNTIME) links it in.
 *
 *     static int ping(const char *arguments) { …; return 0; }
 *     static const struct runtime_program programs[] = {{"ping", ping}, {NULL, NULL}};
 *     static void boot(void) { runtime_init(); …; runtime_run(programs); }
 *
 * One CPU, one thread of execution, and interrupt handlers. Handlers run with PSTATE.I set; they
 * must not call what waits (delay, idle), nor the heap.
 */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include "ringside/hal.h"

/* First of all, in boot: interrupt controller, vector, heap. Opens PSTATE.I. */
void runtime_init(void);

/* ---- interrupts ------------------------------------------------------------------------------ */

#define RUNTIME_IRQS 288 /* INTIDs of the board */

typedef void runtime_handler(void *arg);

/*
 * The handler of an INTID, enabled from now on. Level-sensitive: it has to quiet its device. 0;
 * -1: there is no such INTID, or it is the timer's or taken. A NULL handler detaches and disables.
 */
int runtime_irq_attach(uint32_t intid, runtime_handler *handler, void *arg);
void runtime_irq_enable(uint32_t intid);
void runtime_irq_disable(uint32_t intid);

/* ---- time ------------------------------------------------------------------------------------ */

/* Since power-on, by the virtual counter. */
uint64_t runtime_now_ns(void);
/* Spins. */
void runtime_delay_ns(uint64_t ns);
/*
 * Sleeps until an interrupt was handled or the moment has come, whichever is first; with UINT64_MAX
 * until an interrupt. May return early: look again at what you wait for.
 */
void runtime_idle_until_ns(uint64_t deadline_ns);

/* ---- memory ---------------------------------------------------------------------------------- */

/*
 * From the RAM that the machine leaves to the guest; not open to devices, see hal_dma_window().
 * `align` is a power of two. NULL when there is none, and for a size of 0. NULL may be freed.
 */
void *runtime_malloc(size_t size);
void *runtime_memalign(size_t align, size_t size);
void runtime_free(void *memory);

/* ---- text ------------------------------------------------------------------------------------ */

/*
 * %s %c %d %u %x and %%, with 0 and a width, and the length modifiers l, ll and z. A text is cut
 * after RUNTIME_TEXT_MAX - 1 characters. The log goes to the console, each call a line; what is
 * printed is output of the program that runs, without a line end of its own.
 */
#define RUNTIME_TEXT_MAX 256
void runtime_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
void runtime_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- devices --------------------------------------------------------------------------------- */

struct runtime_virtio {
    uintptr_t base;
    uint32_t intid;
    uint32_t version; /* 2, or 1: legacy */
    uint32_t device_id;
};

/* The nth (from 0) virtio-mmio device of a type, such as 1 for a network card. False: none. */
bool runtime_find_virtio(uint32_t device_id, unsigned nth, struct runtime_virtio *found);

/* ---- programs -------------------------------------------------------------------------------- */

/* `arguments` is what stands behind the name. Returns the exit status. */
struct runtime_program {
    const char *name;
    int (*main)(const char *arguments);
};

/*
 * Tells the bench that the guest is ready, then runs programs as scenarios start them, one after
 * the other; sleeps in between. The table ends with a NULL name.
 */
_Noreturn void runtime_run(const struct runtime_program *programs);

/* For .start of the guest's descriptor: queues a program, at most RUNTIME_QUEUE of them. */
#define RUNTIME_QUEUE    8
#define RUNTIME_LINE_MAX 256
int runtime_start(uint32_t program, const char *command_line);

#endif
