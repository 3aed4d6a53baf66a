/*
 * smp.h - several CPUs
 *
 * The drivers tell which CPUs there are; kernel_boot() starts all but the one it runs on, when
 * everything is set up. Each begins in its own idle task. CPUs are counted from 0 in the order in
 * which they were told; the one that boots is 0.
 */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include <stdint.h>

#define CPUS_MAX 8

/* Forgets all but the CPU that boots. */
void smp_init(void);

/*
 * A CPU of the machine, by its affinity: the fields of MPIDR_EL1 in their places. Those beyond
 * CPUS_MAX stay off. While booting.
 */
void smp_add_cpu(uint64_t mpidr);

/* Of a CPU that was told. */
uint64_t smp_affinity(unsigned cpu);

/* Starts them, at the end of the boot, while interrupts are masked. */
void smp_start(void);
/* With interrupts open: returns when each of them is there. */
void smp_wait(void);

/* The CPU that calls: with interrupts masked, or it may be another one a moment later. */
unsigned smp_this_cpu(void);

#endif
