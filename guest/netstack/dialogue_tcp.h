/*
 * dialogue_tcp.h - dialogues of TCP segments
 *
 *     dialogue_tcp_begin(49152, GATEWAY, 80);   // of whom the next lines speak
 *     dialogue_tcp_out("S seq 0 win 65535 mss 1460 sackok ts wscale 1");
 *     dialogue_tcp_in("S. seq 0 ack 1 win 5000 mss 1000");
 *     dialogue_tcp_out(". seq 1 ack 1 win 65535");
 *     dialogue_tcp_in("P. seq 1:101 ack 1 win 5000");
 *
 * As tcpdump writes them: the flags S, F, R, P, U and . for ACK; sequence numbers relative to the
 * first of each side, and with data the one behind them; windows as they stand in the header. A
 * segment with timestamps ends in "ts", or in "ts VALUE ECHO", relative to the first one of the
 * stack and to 0. The other side's numbers begin shortly before they wrap. Bytes of data follow a
 * pattern, each after its number, and those of the stack are compared with it.
 */
#ifndef NETSTACK_DIALOGUE_TCP_H
#define NETSTACK_DIALOGUE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIALOGUE_TCP_INITIAL UINT32_C(0xfffffc00) /* the other side's first number */

/* Our port, and the other side. Its numbers begin anew, and ours with the next SYN that is sent. */
void dialogue_tcp_begin(uint16_t port, uint32_t peer, uint16_t peer_port);
/* Another one that was begun before is spoken of again. */
void dialogue_tcp_switch(uint16_t port, uint16_t peer_port);

/* The next frame is this segment, of ours to the other side. */
void dialogue_tcp_out(const char *segment);
/* The other side sends a segment. */
void dialogue_tcp_in(const char *segment);
/* The same with a wrong checksum. */
void dialogue_tcp_in_broken(const char *segment);
/* A packet with this segment as we would have sent it, for errors to quote. Returns its size. */
size_t dialogue_tcp_quote(const char *segment, uint8_t *packet);

/* The byte at a place in a stream; the first one that is sent is at 1. */
uint8_t dialogue_tcp_byte(uint32_t place);

/* Sends an ICMP error that quotes a packet. `rest`: the second word of the header. */
void dialogue_icmp_error(uint32_t source, uint8_t type, uint8_t code, uint32_t rest,
                         const uint8_t *packet, size_t size);

/* ---- what a program does --------------------------------------------------------------------- */

struct tcp_connection;

struct dialogue_socket {
    struct tcp_connection *connection;
    unsigned told;          /* all that the hook has said since dialogue_told() */
    uint32_t written, read; /* the next places in the streams */
};

void dialogue_open(struct dialogue_socket *socket);
int dialogue_connect(struct dialogue_socket *socket, uint32_t address, uint16_t port);
int dialogue_listen(struct dialogue_socket *socket, uint32_t address, uint16_t port,
                    unsigned backlog);
/* False: there is nobody to accept. */
bool dialogue_accept(struct dialogue_socket *listener, struct dialogue_socket *socket);
/* Writes the pattern. */
long dialogue_write(struct dialogue_socket *socket, size_t size);
/* Reads, and checks that it is the pattern. */
long dialogue_read(struct dialogue_socket *socket, size_t size);
int dialogue_shutdown(struct dialogue_socket *socket, unsigned what);
void dialogue_close(struct dialogue_socket *socket);
void dialogue_abort(struct dialogue_socket *socket);
int dialogue_take_error(struct dialogue_socket *socket);
unsigned dialogue_ready(const struct dialogue_socket *socket);
unsigned dialogue_told(struct dialogue_socket *socket);

/*
 * A connection from 10.0.2.15:49152 to 10.0.2.2:80, established: the other side's SYN has these
 * words too ("win 5000 mss 1000"). Also the beginning of a dialogue, its ARP done.
 */
void dialogue_begin_connected(struct dialogue_socket *socket, const char *words);
/* The same, from 10.0.2.2:5000 to 10.0.2.15:80, accepted. */
void dialogue_begin_accepted(struct dialogue_socket *listener, struct dialogue_socket *socket,
                             const char *words);
/* Asserts that there is no connection, nothing in buffers and nothing due; then dialogue_end(). */
void dialogue_tcp_end(void);
/* Aborts the connection, whose reset must be this one, and ends. */
void dialogue_tcp_end_by_reset(struct dialogue_socket *socket, const char *reset);

/* For dialogue.c: describes a packet that holds a segment. */
void dialogue_tcp_describe(const uint8_t *ip, size_t size, char *text, size_t room);

#endif
