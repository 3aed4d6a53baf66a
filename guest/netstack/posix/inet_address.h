/*
 * inet_address.h - struct sockaddr_in and our numbers
 */
#ifndef NETSTACK_POSIX_INET_ADDRESS_H
#define NETSTACK_POSIX_INET_ADDRESS_H

#include "kernel/syscall.h"
#include "lib/endian.h"
#include "lib/string.h"

/* Writes an address without a port. */
static inline void inet_address_put(struct sockaddr_in *to, uint32_t address)
{
    memset(to, 0, sizeof(*to));
    to->sin_family = AF_INET;
    to->sin_addr = host_to_net32(address);
}

/* For getname(): cut to the room that there is; *size is that of the whole. */
static inline void inet_address_copy(const struct sockaddr_in *address, struct sockaddr *name,
                                     uint32_t *size)
{
    if (*size > 0)
        memcpy(name, address, *size < sizeof(*address) ? *size : sizeof(*address));
    *size = sizeof(*address);
}

/* 0; -KEINVAL: too short; -KEAFNOSUPPORT. */
static inline int inet_address_get(const struct sockaddr_in *from, size_t size, uint32_t *address)
{
    if (from == NULL || size < sizeof(*from))
        return -KEINVAL;
    if (from->sin_family != AF_INET)
        return -KEAFNOSUPPORT;
    *address = net_to_host32(from->sin_addr);
    return 0;
}

#endif
