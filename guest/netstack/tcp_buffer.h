/*
 * tcp_buffer.h - the bytes of a connection that wait, in one direction
 *
 * A window onto the sequence: each byte lies where its sequence number says, in blocks that are
 * taken from a pool when something is written to them and go back when what was in them is
 * released. Bytes may be written ahead of others that are still missing; who writes knows which
 * ones are there. An empty buffer has no blocks.
 *
 * The table has one slot for each block that the window may touch, found by a division: nothing is
 * ever searched for or moved. Two slots are shared by nothing but the ends of a window, so that at
 * most TCP_BUFFER_SPAN bytes may lie between head and end.
 */
#ifndef NETSTACK_TCP_BUFFER_H
#define NETSTACK_TCP_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#define TCP_BLOCK_SIZE  2048
#define TCP_BLOCKS_MAX  4096
#define TCP_BLOCK_SLOTS 64 /* a power of two */
#define TCP_BUFFER_SPAN ((TCP_BLOCK_SLOTS - 1) * TCP_BLOCK_SIZE)

struct tcp_buffer {
    uint32_t head;                   /* the first byte that is held */
    uint32_t end;                    /* behind the last one that was written */
    uint16_t slots[TCP_BLOCK_SLOTS]; /* number of the block, from 1; 0: none */
};

/* The pool, with all blocks free. */
void tcp_blocks_init(void);
unsigned tcp_blocks_used(void);
unsigned tcp_blocks_left(void);

/* An empty buffer, whose first byte will be this one. */
void tcp_buffer_init(struct tcp_buffer *buffer, uint32_t sequence);

/*
 * Stores bytes, which lie from head to head + TCP_BUFFER_SPAN. Returns how many of the first ones
 * there was memory for.
 */
size_t tcp_buffer_write(struct tcp_buffer *buffer, uint32_t sequence, const void *data,
                        size_t size);
/* Copies bytes that were written. */
void tcp_buffer_read(const struct tcp_buffer *buffer, uint32_t sequence, void *data, size_t size);
/* The same; adds them to a checksum, at an even place of what that is over. */
uint64_t tcp_buffer_read_sum(const struct tcp_buffer *buffer, uint32_t sequence, void *data,
                             size_t size, uint64_t sum);
/* The bytes in front of this one are not needed any more. */
void tcp_buffer_release(struct tcp_buffer *buffer, uint32_t sequence);
void tcp_buffer_release_all(struct tcp_buffer *buffer);

#endif
