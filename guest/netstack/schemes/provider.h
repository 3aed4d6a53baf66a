/*
 * provider.h - what serves a scheme, and who it answers to
 *
 * A provider is told of requests, under the lock of the stack, and answers each of them once, now
 * or later; what becomes true of a handle it posts. Its port carries both: to the kernel in the
 * daemon, to a record in unit tests.
 */
#ifndef NETSTACK_SCHEMES_PROVIDER_H
#define NETSTACK_SCHEMES_PROVIDER_H

#include "kernel/scheme_abi.h"

#include <stdint.h>

struct provider_port {
    void (*answer)(struct provider_port *port, uint64_t tag, int64_t result);
    void (*post)(struct provider_port *port, uint64_t handle, unsigned events);
};

#endif
