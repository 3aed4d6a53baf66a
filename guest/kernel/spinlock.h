/*
 * spinlock.h - spinlocks, and which of them protects what
 *
 * A ticket lock: who comes first is served first. It is taken with interrupts masked, so that an
 * interrupt of the holder's CPU cannot want it, and held for a few instructions: nobody sleeps.
 *
 *     lock        protects
 *     programs    the list of running programs, and of their children (program*.c)
 *     schemes     schemes, namespaces, requests, handles (scheme*.c)
 *     irq files   who waits for interrupts, and who has acknowledged them (irq_file.c)
 *     time files  timeouts of files (time_file.c)
 *     events      event queues and what they watch (event.c)
 *     sched       run queue, states of tasks, wait queues, owners of mutexes, and what a CPU runs
 *     irq         the table of handlers, and the controller's registers that are read, then written
 *     virtio tx   the transmit queue of a card
 *     9p client   tags and fids of a session (drivers/p9_*.c)
 *     virtio 9p   the queue of a share, and its requests
 *     timeouts    the list of timeouts, and what each CPU's timer was told
 *     a pool      its list of free objects; that of programs' pages, whose they are (user_map.c)
 *
 * A task that holds a mutex may take any of them; no mutex is taken under one. Among them the order
 * is that of the list: who holds one takes only those that stand further down. The scheduler's lock
 * is held across a switch: the task that goes on releases what the one before it has taken, so that
 * no other CPU takes up a task whose registers are not saved yet.
 *
 * What one task alone touches needs no lock: its program, files and descriptors. What is written
 * while only one CPU runs, at boot, needs none either: drivers, interfaces, families, paths.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct spinlock {
    const char *name;
    uint32_t next;    /* the ticket that the next one draws */
    uint32_t serving; /* the holder's; equal to `next`: free */
};

#define SPINLOCK_INIT(text)                                                                        \
    {                                                                                              \
        .name = (text)                                                                             \
    }

/* Masks interrupts and takes the lock; returns the DAIF for the unlock. */
uint64_t spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock, uint64_t daif);

/* The same for a caller that has masked interrupts already, and keeps them so. */
void spin_acquire(struct spinlock *lock);
void spin_release(struct spinlock *lock);

bool spin_is_held(const struct spinlock *lock);

#endif
