/*
 * netif.h - where drivers and network stack meet
 *
 * A driver registers an interface and a way to send frames; the stack registers what to do with
 * frames that arrive, and its upkeep. Neither knows the other. All calls here are made by tasks,
 * without spinlocks held.
 *
 * The driver runs in a task of its own (`netd`): it hands up what was received, calls
 * netif_poll(), and sleeps until its interrupt, the time that netif_poll() returned, or
 * netif_wake().
 */
#ifndef KERNEL_NETIF_H
#define KERNEL_NETIF_H

#include "kernel/nbuf.h"
#include "kernel/wait.h"

#define NETIFS_MAX     4
#define NETIF_NAME_MAX 8

struct netif_counters {
    uint64_t rx_frames, rx_bytes, rx_dropped;
    uint64_t tx_frames, tx_bytes, tx_dropped;
};

struct netif {
    char name[NETIF_NAME_MAX]; /* "eth0" */
    uint8_t mac[6];
    unsigned mtu; /* of IP packets */
    unsigned index;
    /*
     * Sends an Ethernet frame; takes the buffer whatever the result: 0, or -KEAGAIN when there is
     * no room for it.
     */
    int (*transmit)(struct netif *netif, struct nbuf *nbuf);
    /*
     * Switches the device on or off: off, nothing is in flight any more. May sleep; called without
     * the lock of the stack. 0, or a negative error, and it is off. May be NULL.
     */
    int (*set_up)(struct netif *netif, bool up);
    bool no_carrier; /* the driver knows that the link is down: frames are lost */
    void *driver;
    struct netif_counters counters;
    struct wait_queue *wake; /* the driver task's */
};

struct netif_stack {
    void (*attached)(struct netif *netif);
    void (*input)(struct netif *netif, struct nbuf *nbuf); /* takes the buffer */
    /* Timers that are due; returns the next deadline, or UINT64_MAX. */
    uint64_t (*poll)(uint64_t now_ns);
};

/* Forgets all interfaces and the stack. */
void netif_init(void);

/* Once. Interfaces that are there already are attached at once. */
void netif_set_stack(const struct netif_stack *stack);

/* Names and adds an interface ("eth0", "eth1", …). Keeps the pointer. 0, or -KENOSPC. */
int netif_register(struct netif *netif);
struct netif *netif_by_index(unsigned index); /* NULL beyond the last */
struct netif *netif_by_name(const char *name);

void netif_input(struct netif *netif, struct nbuf *nbuf);
uint64_t netif_poll(uint64_t now_ns);
/* The stack has a new, earlier deadline: the driver task must poll again. */
void netif_wake(struct netif *netif);

#endif
