/*
 * tcp_buffer.c - the bytes of a connection that wait, in one direction
 */
#include "netstack/tcp_buffer.h"

#include "kernel/boot_memory.h"
#include "lib/checksum.h"
#include "lib/kassert.h"
#include "lib/string.h"

struct tcp_block {
    uint8_t bytes[TCP_BLOCK_SIZE];
} __attribute__((aligned(16)));

kstatic_assert(TCP_BLOCKS_MAX < UINT16_MAX, "a block has a number");
kstatic_assert((TCP_BLOCK_SLOTS & (TCP_BLOCK_SLOTS - 1)) == 0, "slots go on where numbers wrap");

static struct pool tcp_block_pool;
static struct tcp_block *tcp_blocks; /* its memory */

void tcp_blocks_init(void)
{
    boot_memory_init_pool(&tcp_block_pool, "tcp-blocks", sizeof(tcp_blocks[0]), TCP_BLOCKS_MAX);
    tcp_blocks = (struct tcp_block *)(void *)tcp_block_pool.memory;
}

unsigned tcp_blocks_used(void)
{
    return tcp_block_pool.used;
}

unsigned tcp_blocks_left(void)
{
    return tcp_block_pool.capacity - tcp_block_pool.used;
}

void tcp_buffer_init(struct tcp_buffer *buffer, uint32_t sequence)
{
    memset(buffer, 0, sizeof(*buffer));
    buffer->head = sequence;
    buffer->end = sequence;
}

static unsigned tcp_buffer_slot(uint32_t sequence)
{
    return sequence / TCP_BLOCK_SIZE % TCP_BLOCK_SLOTS;
}

/* How many of `size` bytes from here on lie in the same block. */
static size_t tcp_buffer_piece(uint32_t sequence, size_t size)
{
    size_t left = TCP_BLOCK_SIZE - sequence % TCP_BLOCK_SIZE;
    return size < left ? size : left;
}

static uint8_t *tcp_buffer_at(const struct tcp_buffer *buffer, uint32_t sequence)
{
    unsigned number = buffer->slots[tcp_buffer_slot(sequence)];
    kassert(number != 0);
    return &tcp_blocks[number - 1].bytes[sequence % TCP_BLOCK_SIZE];
}

static bool tcp_buffer_provide(struct tcp_buffer *buffer, uint32_t sequence)
{
    uint16_t *slot = &buffer->slots[tcp_buffer_slot(sequence)];
    if (*slot != 0)
        return true;
    struct tcp_block *block = pool_alloc(&tcp_block_pool);
    if (block == NULL)
        return false;
    *slot = (uint16_t)(block - tcp_blocks + 1);
    return true;
}

static void tcp_buffer_drop_block(struct tcp_buffer *buffer, uint32_t sequence)
{
    uint16_t *slot = &buffer->slots[tcp_buffer_slot(sequence)];
    if (*slot == 0)
        return;
    pool_free(&tcp_block_pool, &tcp_blocks[*slot - 1]);
    *slot = 0;
}

size_t tcp_buffer_write(struct tcp_buffer *buffer, uint32_t sequence, const void *data, size_t size)
{
    const uint8_t *from = data;
    size_t done = 0;
    kassert(sequence - buffer->head + size <= TCP_BUFFER_SPAN);
    while (done < size && tcp_buffer_provide(buffer, sequence)) {
        size_t piece = tcp_buffer_piece(sequence, size - done);
        memcpy(tcp_buffer_at(buffer, sequence), from + done, piece);
        sequence += (uint32_t)piece;
        done += piece;
    }
    if (done > 0 && sequence - buffer->head > buffer->end - buffer->head)
        buffer->end = sequence;
    return done;
}

void tcp_buffer_read(const struct tcp_buffer *buffer, uint32_t sequence, void *data, size_t size)
{
    uint8_t *to = data;
    kassert(sequence - buffer->head + size <= buffer->end - buffer->head);
    while (size > 0) {
        size_t piece = tcp_buffer_piece(sequence, size);
        memcpy(to, tcp_buffer_at(buffer, sequence), piece);
        sequence += (uint32_t)piece;
        to += piece;
        size -= piece;
    }
}

uint64_t tcp_buffer_read_sum(const struct tcp_buffer *buffer, uint32_t sequence, void *data,
                             size_t size, uint64_t sum)
{
    uint8_t *to = data;
    bool odd = false;
    kassert(sequence - buffer->head + size <= buffer->end - buffer->head);
    while (size > 0) {
        size_t piece = tcp_buffer_piece(sequence, size);
        uint64_t part = checksum_copy(0, to, tcp_buffer_at(buffer, sequence), piece);
        sum += odd ? checksum_shift(part) : part;
        odd = odd != (piece % 2 == 1);
        sequence += (uint32_t)piece;
        to += piece;
        size -= piece;
    }
    return sum;
}

void tcp_buffer_release(struct tcp_buffer *buffer, uint32_t sequence)
{
    kassert(sequence - buffer->head <= buffer->end - buffer->head);
    uint32_t count = sequence / TCP_BLOCK_SIZE - buffer->head / TCP_BLOCK_SIZE;
    count %= UINT32_MAX / TCP_BLOCK_SIZE + 1; /* where the sequence begins again */
    for (uint32_t i = 0; i < count; i++)
        tcp_buffer_drop_block(buffer, buffer->head + i * TCP_BLOCK_SIZE);
    buffer->head = sequence;
    if (buffer->head == buffer->end)
        tcp_buffer_drop_block(buffer, sequence);
}

void tcp_buffer_release_all(struct tcp_buffer *buffer)
{
    tcp_buffer_release(buffer, buffer->end);
}
