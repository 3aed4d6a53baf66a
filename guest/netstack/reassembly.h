/*
 * reassembly.h - datagrams that came in fragments [RFC791] 3.2 [RFC1122] 3.3.2
 *
 * At most REASSEMBLY_MAX datagrams at a time, each of up to REASSEMBLY_SIZE_MAX bytes of data, in
 * one buffer that is enlarged when it has to be.
 * Where there is no room the oldest makes it. What is not complete REASSEMBLY_TIMEOUT_NS after its
 * first fragment is dropped, and its sender is told if the beginning is there. The parts that are
 * there are known as bits, one for eight bytes, as [RFC815] says for the host that is short of
 * space. A repeated fragment is ignored; one that overlaps another in part is nothing that a
 * correct sender sends, and takes its datagram with it. Under the lock of the stack.
 */
#ifndef NETSTACK_REASSEMBLY_H
#define NETSTACK_REASSEMBLY_H

#include "netstack/ipv4.h"

#define REASSEMBLY_MAX      8
#define REASSEMBLY_SIZE_MAX (IPV4_PACKET_MAX - IPV4_HEADER_SIZE)
/* DEVIATION: as Linux has it; [RFC1122] 3.3.2 recommends 60 to 120 s. */
#define REASSEMBLY_TIMEOUT_NS UINT64_C(30000000000)

struct reassembly_fragment {
    uint8_t protocol;
    uint16_t identification;
    size_t offset; /* of its data, in bytes */
    bool last;     /* no more fragments */
};

void reassembly_init(void);

/*
 * A fragment: the data in the buffer, the header at info->header in front of them. Takes the
 * buffer. Returns the whole datagram when it is complete, with info->header set to the header of
 * its first fragment; NULL otherwise.
 */
struct nbuf *reassembly_input(struct nbuf *nbuf, const struct reassembly_fragment *fragment,
                              struct ipv4_info *info, uint64_t now_ns);

/* Drops what has waited too long. Returns when it has to be called again, or UINT64_MAX. */
uint64_t reassembly_poll(uint64_t now_ns);
/* Drops everything that came by an interface. */
void reassembly_flush(const struct interface *interface);

#endif
