/*
 * dialogue.h - unit tests of the network stack as dialogues on the wire
 *
 *     dialogue_begin();
 *     dialogue_ping(GATEWAY);                  // the stack is asked to send
 *     dialogue_expect("arp who-has 10.0.2.2 tell 10.0.2.15");
 *     dialogue_arp_reply(GATEWAY);             // the other side answers
 *     dialogue_expect("echo-request 10.0.2.15 > 10.0.2.2 id 1 seq 1 size 16");
 *     dialogue_end();                          // silence, and every buffer is free again
 *
 * The stack runs on the real kernel, the kernel on a fake hal, in virtual time. A driver is played
 * here: it has a task, as real ones have, which polls the stack and sleeps until the deadline that
 * the stack names. Frames are described by code of its own, which checks checksums and paddings
 * itself.
 */
#ifndef NETSTACK_DIALOGUE_H
#define NETSTACK_DIALOGUE_H

#include "kernel/netif.h"
#include "kernel/syscall.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)
/* When a dialogue begins. */
#define T0 S

#define OUR_ADDRESS 0x0a00020f /* 10.0.2.15 */
#define GATEWAY     0x0a000202 /* 10.0.2.2 */
#define DNS         0x0a000203 /* 10.0.2.3 */
#define DEAD        0x0a000263 /* 10.0.2.99 */
#define FAR_AWAY    0xc6336401 /* 198.51.100.1 */
#define LOOPBACK    0x7f000001

/* A file of the configuration: pairs of path and text, ended by NULL. */
void dialogue_begin_with(const char *const *files, unsigned interfaces);
void dialogue_begin(void);
/* What programs there are from the next beginning on. Keeps the table. */
void dialogue_set_programs(const struct program_entry *entries, size_t count);
/* Asserts that nothing more was sent and that no buffer is in use. */
void dialogue_end(void);

struct netif *dialogue_netif(unsigned index);

/* Frames go here from now on, as to a driver; until the next beginning. */
typedef int dialogue_link_fn(struct netif *netif, struct nbuf *nbuf);
void dialogue_set_link(dialogue_link_fn *transmit);

/* The next frame that was sent must be this one, and was sent by the first interface. */
void dialogue_expect(const char *description);
void dialogue_expect_on(unsigned interface, const char *description);
void dialogue_expect_silence(void);
bool dialogue_is_silent(void);
/* Takes the next frame without looking at it; false: there is none. */
bool dialogue_take(uint8_t *frame, size_t *size);
/* Moves time on; the driver's task and sleeping tasks run when they are due. */
void dialogue_wait_until(uint64_t time_ns);

/* How often a packet was dropped for this reason: "arp no answer". */
unsigned dialogue_drops(const char *where_and_why);
unsigned dialogue_all_drops(void);
/* Messages on the console since the beginning. */
unsigned dialogue_console_lines(void);

/* Sends an echo request from an endpoint of the test: identifier 1. Returns what the stack says. */
int dialogue_ping(uint32_t destination);
/* Replies and errors that the endpoint has got since it was asked last. */
unsigned dialogue_replies(void);
int dialogue_error(void);

/* ---- what the other side sends --------------------------------------------------------------- */

/* The hardware address of a neighbour: 02:00 and its IPv4 address. */
void dialogue_mac(uint32_t address, uint8_t mac[6]);

struct dialogue_arp {
    uint16_t operation; /* 1 request, 2 reply */
    uint32_t sender, target;
    uint32_t sender_mac_of; /* 0: that of the sender */
};
void dialogue_send_arp(const struct dialogue_arp *arp);
void dialogue_arp_reply(uint32_t sender);

/*
 * A packet to build; whatever is 0 gets its usual value, and the checksums are right unless they
 * are given.
 */
struct dialogue_ip {
    uint32_t source, destination; /* 0: the gateway, and us */
    uint8_t version_length, ttl, protocol;
    uint16_t total_size, identification, fragment, checksum;
    unsigned options; /* 32-bit words */
    unsigned padding; /* bytes behind the packet */
};
#define DIALOGUE_FRAME_MAX 1600
/* Puts a frame together, returns its size. */
size_t dialogue_build(uint8_t frame[DIALOGUE_FRAME_MAX], const struct dialogue_ip *ip,
                      const void *payload, size_t size);
void dialogue_send_frame(const void *frame, size_t size);
void dialogue_send_ip(const struct dialogue_ip *ip, const void *payload, size_t size);
/* An ICMP message with a right checksum, of `size` bytes, header included. Returns its size. */
size_t dialogue_build_icmp(uint8_t *message, uint8_t type, uint8_t code, uint16_t identifier,
                           uint16_t sequence, size_t size);
void dialogue_send_icmp(uint32_t source, uint8_t type, uint16_t identifier, uint16_t sequence,
                        size_t size);

struct dialogue_udp {
    uint32_t source, destination; /* 0: the gateway, and us */
    uint16_t source_port, destination_port;
};
/* A datagram with a right checksum and `size` bytes of data. Returns its size, with the header. */
size_t dialogue_build_udp(uint8_t *datagram, const struct dialogue_udp *udp, const void *data,
                          size_t size);
void dialogue_send_udp(const struct dialogue_udp *udp, const void *data, size_t size);

#endif
