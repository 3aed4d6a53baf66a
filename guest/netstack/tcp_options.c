/*
 * tcp_options.c - options in headers [RFC9293] 3.2 [RFC7323] [RFC2018]
 */
#include "lib/string.h"
#include "netstack/tcp_priv.h"

enum tcp_option {
    TCP_OPTION_END = 0,
    TCP_OPTION_NOTHING = 1,
    TCP_OPTION_MSS = 2,
    TCP_OPTION_SCALE = 3,
    TCP_OPTION_SACK_PERMITTED = 4,
    TCP_OPTION_SACK = 5,
    TCP_OPTION_TIMESTAMPS = 8,
};

/* ---- reading --------------------------------------------------------------------------------- */

static void tcp_parse_blocks(const uint8_t *data, size_t size, struct tcp_seen *seen)
{
    for (; size >= 8 && seen->block_count < TCP_SACK_BLOCKS_MAX; data += 8, size -= 8)
        seen->blocks[seen->block_count++] =
            (struct tcp_range){load_be32(data), load_be32(data + 4)};
}

/* One with a length; what does not have the length of its kind says nothing. */
static void tcp_parse_option(uint8_t kind, const uint8_t *data, size_t size, struct tcp_seen *seen)
{
    if (kind == TCP_OPTION_MSS && size == 2) {
        seen->mss = load_be16(data);
    } else if (kind == TCP_OPTION_SCALE && size == 1) {
        seen->has_scale = true;
        seen->scale = data[0] < TCP_WINDOW_SCALE_MAX ? data[0] : TCP_WINDOW_SCALE_MAX;
    } else if (kind == TCP_OPTION_SACK_PERMITTED && size == 0) {
        seen->sack_permitted = true;
    } else if (kind == TCP_OPTION_SACK) {
        tcp_parse_blocks(data, size, seen);
    } else if (kind == TCP_OPTION_TIMESTAMPS && size == 8) {
        seen->has_timestamps = true;
        seen->timestamp = load_be32(data);
        seen->timestamp_echo = load_be32(data + 4);
    }
}

/*
 * "MUST ignore without error any TCP Option it does not implement"; "MUST be prepared to handle an
 * illegal option length" [RFC9293] 3.2: where the options stop to make sense, they end.
 */
void tcp_parse_options(const uint8_t *options, size_t size, struct tcp_seen *seen)
{
    memset(seen, 0, sizeof(*seen));
    for (size_t at = 0; at < size && options[at] != TCP_OPTION_END;) {
        if (options[at] == TCP_OPTION_NOTHING) {
            at++;
            continue;
        }
        size_t length = at + 1 < size ? options[at + 1] : 0;
        if (length < 2 || length > size - at)
            return;
        tcp_parse_option(options[at], options + at + 2, length - 2, seen);
        at += length;
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

uint32_t tcp_timestamp(const struct tcp_connection *connection, uint64_t now_ns)
{
    return (uint32_t)(now_ns / TCP_CLOCK_NS) + connection->timestamp_shift;
}

static size_t tcp_write_timestamps(const struct tcp_connection *connection, unsigned flags,
                                   uint8_t *to, uint64_t now_ns)
{
    to[0] = TCP_OPTION_NOTHING;
    to[1] = TCP_OPTION_NOTHING;
    to[2] = TCP_OPTION_TIMESTAMPS;
    to[3] = 10;
    store_be32(to + 4, tcp_timestamp(connection, now_ns));
    store_be32(to + 8, (flags & TCP_ACK) != 0 ? connection->timestamp_recent : 0);
    return TCP_TIMESTAMPS_SIZE;
}

static size_t tcp_write_syn_options(const struct tcp_connection *connection, unsigned flags,
                                    uint8_t *to, uint64_t now_ns)
{
    size_t size = 4;
    to[0] = TCP_OPTION_MSS;
    to[1] = 4;
    store_be16(to + 2, (uint16_t)connection->send.mtu_mss);
    if (connection->sack) {
        to[size] = TCP_OPTION_NOTHING;
        to[size + 1] = TCP_OPTION_NOTHING;
        to[size + 2] = TCP_OPTION_SACK_PERMITTED;
        to[size + 3] = 2;
        size += 4;
    }
    if (connection->timestamps)
        size += tcp_write_timestamps(connection, flags, to + size, now_ns);
    if (connection->scaling) {
        to[size] = TCP_OPTION_NOTHING;
        to[size + 1] = TCP_OPTION_SCALE;
        to[size + 2] = 3;
        to[size + 3] = (uint8_t)connection->receive.scale;
        size += 4;
    }
    return size;
}

static unsigned tcp_block_count(const struct tcp_connection *connection)
{
    unsigned room = connection->timestamps ? 3 : TCP_SACK_BLOCKS_MAX;
    unsigned count = connection->sack ? connection->receive.early.count : 0;
    return count < room ? count : room;
}

static void tcp_write_block(uint8_t *to, const struct tcp_range *range)
{
    store_be32(to, range->begin);
    store_be32(to + 4, range->end);
}

/*
 * "The first SACK block MUST specify the contiguous block of data containing the segment which
 * triggered this ACK" [RFC2018] 4; then the others, from the first gap on.
 */
static size_t tcp_write_blocks(const struct tcp_connection *connection, uint8_t *to)
{
    const struct tcp_ranges *early = &connection->receive.early;
    unsigned count = tcp_block_count(connection);
    if (count == 0)
        return 0;
    const struct tcp_range *first = tcp_ranges_find(early, connection->receive.latest);
    if (first == NULL)
        first = &early->ranges[0];
    size_t size = 4 + 8 * (size_t)count;
    to[0] = TCP_OPTION_NOTHING;
    to[1] = TCP_OPTION_NOTHING;
    to[2] = TCP_OPTION_SACK;
    to[3] = (uint8_t)(size - 2);
    tcp_write_block(to + 4, first);
    unsigned written = 1;
    for (unsigned i = 0; written < count; i++) {
        if (&early->ranges[i] != first)
            tcp_write_block(to + 4 + 8 * (size_t)written++, &early->ranges[i]);
    }
    return size;
}

size_t tcp_options_size(const struct tcp_connection *connection)
{
    unsigned blocks = tcp_block_count(connection);
    return (connection->timestamps ? TCP_TIMESTAMPS_SIZE : 0) +
           (blocks > 0 ? 4 + 8 * (size_t)blocks : 0);
}

size_t tcp_write_options(const struct tcp_connection *connection, unsigned flags, uint8_t *to,
                         uint64_t now_ns)
{
    if ((flags & TCP_SYN) != 0)
        return tcp_write_syn_options(connection, flags, to, now_ns);
    size_t size = connection->timestamps ? tcp_write_timestamps(connection, flags, to, now_ns) : 0;
    if ((flags & TCP_RST) != 0)
        return size;
    return size + tcp_write_blocks(connection, to + size);
}

/* ---- agreeing -------------------------------------------------------------------------------- */

/*
 * What both SYNs offer is in force [RFC7323] 2.2, 3.2 [RFC2018] 2. "Eff.snd.MSS = min(SendMSS+20,
 * MMS_S) - TCPhdrsize - IPoptionsize" [RFC9293] 3.7.1.
 */
void tcp_agree(struct tcp_connection *connection, const struct tcp_segment *segment,
               uint64_t now_ns)
{
    const struct tcp_seen *seen = &segment->seen;
    struct tcp_sending *send = &connection->send;
    struct tcp_receiving *receive = &connection->receive;
    unsigned mss = seen->mss != 0 ? seen->mss : TCP_MSS_DEFAULT;
    if (mss < TCP_MSS_MIN)
        mss = TCP_MSS_MIN;
    send->mss = mss < send->mtu_mss ? mss : send->mtu_mss;
    connection->scaling = connection->scaling && seen->has_scale;
    connection->sack = connection->sack && seen->sack_permitted;
    connection->timestamps = connection->timestamps && seen->has_timestamps;
    send->scale = connection->scaling ? seen->scale : 0;
    receive->scale = connection->scaling ? receive->scale : 0;
    connection->timestamp_recent = seen->timestamp;
    connection->timestamp_recent_ns = now_ns;
    receive->initial = segment->sequence;
    receive->next = segment->sequence + 1;
    receive->acknowledged = receive->next;
    size_t window = tcp_receive_size(connection);
    receive->edge =
        receive->next + (uint32_t)(window < TCP_WINDOW_UNSCALED ? window : TCP_WINDOW_UNSCALED);
    receive->mss = TCP_MSS_DEFAULT;
    tcp_buffer_init(&receive->buffer, receive->next);
    tcp_ranges_init(&receive->early);
}
