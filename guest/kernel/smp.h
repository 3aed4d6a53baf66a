/*
 * smp.h - several CPUs
 *
 * The drivers tell which CPUs there are; kernel_boot() starts all but the one it runs on, when
 * everything is set up and before interrupts are opened. Each begins in its own idle task. CPUs are
 * counted from 0 in the order in which they were told; the one that boots is 0.
 */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include <stdint.h>

#define CPUS_MAX 8

/* Forgets all but the CPU that boots. */
void smp_init(void);

/* A CPU of the machine, by its affinity; those beyond CPUS_MAX stay off. While booting. */
void smp_add_cpu(uint64_t mpidr);

/* Starts them, and returns when each of them is there. */
void smp_start(void);

/* The CPU that calls: with interrupts masked, or it may be another one a moment later. */
unsigned smp_this_cpu(void);

#endif
