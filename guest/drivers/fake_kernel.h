/*
 * fake_kernel.h - what drivers need of the kernel, for their unit tests
 *
 * Buffers and the table of interfaces are the kernel's own; scheduler, interrupts and clock are
 * played here.
 */
#ifndef DRIVERS_FAKE_KERNEL_H
#define DRIVERS_FAKE_KERNEL_H

#include "kernel/clock.h"
#include "kernel/irq.h"
#include "kernel/netif.h"
#include "kernel/task.h"

#define FAKE_RECEIVED_MAX 512
#define FAKE_CPUS         8

struct fake_kernel {
    const struct irq_chip *chip;
    uint32_t intid; /* attached last */
    bool edge_triggered;
    irq_handler_fn *handler;
    void *handler_arg;
    int attach_result; /* what irq_attach() is to say */

    const struct clock_driver *clock;
    unsigned clock_interrupts;

    task_fn *task;
    void *task_arg;
    char task_name[TASK_NAME_MAX];
    bool task_fails;

    uint64_t affinities[FAKE_CPUS]; /* of all CPUs; the one that runs is 0 */

    unsigned wakes; /* waiters woken */
    /* wait_commit(): returns from run_task() when it is called for the `rounds`-th time. */
    unsigned rounds;
    /* What happens while somebody sleeps, instead of that; NULL: rounds are counted. */
    void (*sleep)(void);
    uint64_t now_ns;              /* since a second after power-on, */
    uint64_t now_step_ns;         /* and how much later it is whenever somebody asks */
    const char *parameters[4][2]; /* of the boot: name and value */
    uint64_t slept_until_ns;

    struct nbuf *received[FAKE_RECEIVED_MAX]; /* handed up, in order; the test frees them */
    unsigned received_count;
    unsigned polls;
    uint64_t poll_result;
};
extern struct fake_kernel fake_kernel;

/* Everything new, with a pool of buffers. */
void fake_kernel_reset(void);
/* Replaces the stack, and shows it the interface. */
void fake_kernel_set_stack(const struct netif_stack *stack, struct netif *netif);
/* Runs the created task until it has gone to sleep `rounds` times. */
void fake_kernel_run_task(unsigned rounds);
void fake_kernel_free_received(void);

#endif
