/*
 * loopback.h - packets to ourselves
 *
 * They go through a queue, which is emptied when the lock of the stack is released and whenever the
 * stack is polled: a packet that answers a packet is a second round, not a deeper call.
 */
#ifndef NETSTACK_LOOPBACK_H
#define NETSTACK_LOOPBACK_H

#include "kernel/nbuf.h"

#include <stdbool.h>
#include <stdint.h>

#define LOOPBACK_QUEUE_MAX 128

void loopback_init(void);
/* Queues an IPv4 packet. Takes the buffer. 0, or -KENOBUFS: the queue is full. */
int loopback_output(struct nbuf *nbuf);
bool loopback_has_packets(void);
/* Receives what is queued, at most LOOPBACK_QUEUE_MAX packets. */
void loopback_run(uint64_t now_ns);

#endif
