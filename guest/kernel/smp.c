/* smp.c - starting the other CPUs */
#include "kernel/smp.h"

#include "kernel/console.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/task_priv.h"
#include "kernel/timeout.h"
#include "lib/kassert.h"

#include "ringside/hal.h"

/* The affinity fields of MPIDR_EL1, [ARM] D19.2.99: Aff3 in bits 39:32, the others in 23:0. */
#define SMP_AFFINITY UINT64_C(0xff00ffffff)

static struct {
    uint64_t affinities[CPUS_MAX]; /* of CPU 0: that of the one that boots */
    unsigned count;                /* told, without that one */
    bool started[CPUS_MAX];
    struct task idle[CPUS_MAX];
} smp;

void smp_init(void)
{
    smp.count = 0;
}

void smp_add_cpu(uint64_t mpidr)
{
    if (mpidr == (hal_sysreg_read(HAL_MPIDR_EL1) & SMP_AFFINITY))
        smp.affinities[0] = mpidr;
    else if (smp.count + 1 < CPUS_MAX)
        smp.affinities[++smp.count] = mpidr;
}

uint64_t smp_affinity(unsigned cpu)
{
    kassert(cpu <= smp.count);
    return smp.affinities[cpu];
}

unsigned smp_this_cpu(void)
{
    return sched_current()->cpu->index;
}

/* The first function of another CPU, on the stack of its idle task, with interrupts masked. */
static void smp_enter(uint64_t argument)
{
    struct task *idle = (struct task *)(uintptr_t)argument;
    sched_enter_cpu(idle);
    irq_init_cpu();
    timeout_init_cpu();
    sched_set_online();
    irq_send_ipi(0); /* which may be waiting for that */
    hal_irq_restore(hal_irq_flags() & ~HAL_DAIF_I);
    sched_idle();
}

static void smp_prepare(unsigned index)
{
    struct task *idle = &smp.idle[index];
    *idle = (struct task){.name = "idle", .stack = hal_stack_alloc(TASK_STACK_SIZE)};
    if (idle->stack == NULL)
        kpanic("no memory for the stack of a CPU");
    sched_add_cpu(index, idle);
}

static void smp_start_one(unsigned index, uint64_t affinity)
{
    struct task *idle = &smp.idle[index];
    int status =
        hal_cpu_start(affinity, smp_enter, idle->stack, TASK_STACK_SIZE, (uint64_t)(uintptr_t)idle);
    smp.started[index] = status == HAL_CPU_SUCCESS;
    if (!smp.started[index])
        console_printf("cpu %u does not start: %d\n", index, status);
}

void smp_start(void)
{
    if (smp.count == 0)
        return;
    sched_attach_ipi();
    for (unsigned index = 1; index <= smp.count; index++)
        smp_prepare(index);
    for (unsigned index = 1; index <= smp.count; index++)
        smp_start_one(index, smp.affinities[index]);
}

void smp_wait(void)
{
    for (unsigned index = 1; index <= smp.count; index++) {
        while (smp.started[index] && !sched_is_online(index)) {
            uint64_t daif = hal_irq_save();
            if (!sched_is_online(index)) /* its interrupt ends the sleep */
                hal_wfi();
            hal_irq_restore(daif);
            task_yield();
        }
    }
}
