/*
 * netstack.h - the network stack: IPv4 and what it needs, over any number of interfaces
 *
 * One mutex protects all of it. Its inner parts never ask what time it is: they are told. This file
 * is the edge, where frames, time and callers come in. How programs reach the stack is not its
 * business: a face registers that with the kernel.
 */
#ifndef NETSTACK_NETSTACK_H
#define NETSTACK_NETSTACK_H

/*
 * Once, after the drivers or before them. The first interface gets the static configuration when it
 * appears.
 */
void netstack_init(void);

/*
 * For faces. Releasing the lock delivers what the stack has sent to itself meanwhile. From tasks.
 */
void netstack_lock(void);
void netstack_unlock(void);

#endif
