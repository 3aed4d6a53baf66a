/*
 * watch.h - what the segments on the wire say of those who sent them
 *
 * How a stream is cut into segments and when acknowledgements are sent is a stack's own business,
 * so no two runs need to agree in that. What is compared is what TCP's rules prescribe: the SYNs
 * and their options, how far each stream went and was acknowledged, FINs and resets with their
 * numbers. Facts that depend on the course of things are told where a conversation is about them.
 * Breaches of rules are always told; a reference has none.
 *
 * Numbers are relative to the first of each side.
 */
#ifndef DIFFERENTIAL_WATCH_H
#define DIFFERENTIAL_WATCH_H

#include "tests/differential/segment.h"

#include <stdio.h>

/* What an end did at least once. */
enum watch_fact {
    WATCH_AGAIN = 1 << 0,  /* sent data, SYN or FIN again */
    WATCH_SACK = 1 << 1,   /* acknowledged what lies behind a gap */
    WATCH_CLOSED = 1 << 2, /* told a window of 0 */
    WATCH_OPENED = 1 << 3, /* told more after that */
    WATCH_PROBE = 1 << 4,  /* probed a closed window */
    WATCH_KEEP = 1 << 5,   /* asked whether the other one is alive */

    /* Breaches. */
    WATCH_BAD_SUM = 1 << 8,
    WATCH_BAD_MSS = 1 << 9,
    WATCH_BAD_WINDOW = 1 << 10,   /* data beyond it */
    WATCH_BAD_ACK = 1 << 11,      /* of what was not sent */
    WATCH_NO_ACK = 1 << 12,       /* neither that nor SYN nor RST */
    WATCH_NO_TIMESTAMP = 1 << 13, /* though agreed upon [RFC7323] 3.2 */
    WATCH_OLD_TIMESTAMP = 1 << 14,
    WATCH_BAD_RESET_ACK = 1 << 15,
};

void watch_segment(unsigned from, const struct segment *segment);
/* One that is no segment of TCP: errors of ICMP are described, with what they quote. */
void watch_packet(unsigned from, const uint8_t *packet, size_t size);

/*
 * These facts about an end belong to the transcript as well. They are told of that end only of
 * which they are certain: on a busy machine anybody may send something again.
 */
void watch_tell(unsigned from, unsigned facts);
/* Has an end done one of these, in any connection? */
bool watch_has(unsigned from, unsigned facts);
/* The number behind the last one that an end has sent in the latest connection, as on the wire. */
uint32_t watch_next(unsigned from);
/* In the latest connection numbers up to here count as sent by this end: somebody forged them. */
void watch_take_as_sent(unsigned from, uint32_t end);
/* From now on each segment is written here, in order; NULL: no more. Keeps. */
void watch_record(FILE *to);
/* Appends what there is to tell. */
void watch_describe(FILE *to);

#endif
