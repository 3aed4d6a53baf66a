/*
 * rules_rig_wire.h - for the tests of this folder: segments and datagrams between port 49152 of the
 * guest and ports 80 and 53 of the peer
 */
#ifndef HARNESS_DIAGNOSIS_RULES_RIG_WIRE_H
#define HARNESS_DIAGNOSIS_RULES_RIG_WIRE_H

#include "harness/diagnosis/rules_rig.h"

#define RIG_PORT 49152
#define RIG_FIN  0x01
#define RIG_SYN  0x02
#define RIG_RST  0x04
#define RIG_ACK  0x10
#define RIG_ISS  1000 /* the guest's initial sequence number, */
#define RIG_IRS  5000 /* and the peer's */

/* A packet of the conversation, with `size` bytes behind the header of its protocol. */
static inline void rig_packet(struct rig *rig, enum ledger_where where, unsigned protocol,
                              const uint8_t *header, size_t header_size, size_t size)
{
    bool out = where == LEDGER_OUT || where == LEDGER_OUT_DROPPED;
    uint8_t frame[1514] = {[12] = 0x08};
    uint8_t *at = frame + 14;
    size_t total = 20 + header_size + size;
    uint32_t source = out ? RIG_SELF : RIG_PEER, target = out ? RIG_PEER : RIG_SELF;
    at[0] = 0x45;
    at[2] = (uint8_t)(total >> 8);
    at[3] = (uint8_t)total;
    at[9] = (uint8_t)protocol;
    for (unsigned i = 0; i < 4; i++) {
        at[12 + i] = (uint8_t)(source >> (24 - 8 * i));
        at[16 + i] = (uint8_t)(target >> (24 - 8 * i));
    }
    memcpy(at + 20, header, header_size);
    rig_tell(rig, where, "told to", frame, 14 + total);
}

static inline void rig_ports(uint8_t *header, bool out, unsigned peer_port)
{
    unsigned from = out ? RIG_PORT : peer_port, to = out ? peer_port : RIG_PORT;
    header[0] = (uint8_t)(from >> 8);
    header[1] = (uint8_t)from;
    header[2] = (uint8_t)(to >> 8);
    header[3] = (uint8_t)to;
}

static inline void rig_segment(struct rig *rig, enum ledger_where where, unsigned flags,
                               uint32_t sequence, uint32_t acknowledged, size_t size)
{
    uint8_t header[20] = {[12] = 0x50, [13] = (uint8_t)flags};
    rig_ports(header, where == LEDGER_OUT || where == LEDGER_OUT_DROPPED, 80);
    for (unsigned i = 0; i < 4; i++) {
        header[4 + i] = (uint8_t)(sequence >> (24 - 8 * i));
        header[8 + i] = (uint8_t)(acknowledged >> (24 - 8 * i));
    }
    rig_packet(rig, where, 6, header, sizeof header, size);
}

static inline void rig_datagram(struct rig *rig, enum ledger_where where)
{
    uint8_t header[8] = {0};
    rig_ports(header, where == LEDGER_OUT || where == LEDGER_OUT_DROPPED, 53);
    rig_packet(rig, where, 17, header, sizeof header, 4);
}

static inline void rig_syn(struct rig *rig)
{
    rig_segment(rig, LEDGER_OUT, RIG_SYN, RIG_ISS, 0, 0);
}
static inline void rig_syn_ack(struct rig *rig)
{
    rig_segment(rig, LEDGER_IN, RIG_SYN | RIG_ACK, RIG_IRS, RIG_ISS + 1, 0);
}
static inline void rig_refuse(struct rig *rig)
{
    rig_segment(rig, LEDGER_IN, RIG_RST | RIG_ACK, 0, RIG_ISS + 1, 0);
}
static inline void rig_data_in(struct rig *rig, size_t size)
{
    rig_segment(rig, LEDGER_IN, RIG_ACK, RIG_IRS + 1, RIG_ISS + 1, size);
}

#endif
