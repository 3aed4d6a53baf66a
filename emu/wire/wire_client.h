/*
 * wire_client.h - for the tests of this folder: a guest that speaks just enough TCP
 *
 * Connections of a station on the wire: a segment goes out for each call, what comes is taken in
 * its order and acknowledged at once (or when the test says so), and nothing is ever sent again. So
 * what a test sees is the peer's doing.
 */
#ifndef EMU_WIRE_WIRE_CLIENT_H
#define EMU_WIRE_WIRE_CLIENT_H

#include "emu/wire/wire_bench.h"
#include "emu/wire/wire_packets.h"

#define CLIENT_ADDRESS     UINT32_C(0x0a00020f)
#define CLIENT_CONNECTIONS 1100
#define CLIENT_MSS         1460
#define CLIENT_FIN         0x01
#define CLIENT_SYN         0x02
#define CLIENT_RST         0x04
#define CLIENT_PSH         0x08
#define CLIENT_ACK         0x10

struct client_connection {
    uint16_t port;
    uint32_t service;
    uint16_t service_port;
    uint32_t next, expected; /* sequence numbers */
    bool is_open, has_ended, was_reset, is_refused;
    bool keeps_quiet; /* acknowledges nothing */
    uint16_t window;  /* what it says it can take */
    uint64_t got_ns;  /* when the last byte came */
    unsigned segments;
    GByteArray *got;
};

struct client {
    struct bench *bench;
    struct wire_port *port;
    unsigned count;
    struct client_connection connections[CLIENT_CONNECTIONS];
    GPtrArray *others; /* GBytes: frames that are for no connection */
};

static inline void client_send_segment(struct client *client, struct client_connection *connection,
                                       uint8_t flags, const void *data, size_t len)
{
    static const uint8_t mss[] = {2, 4, CLIENT_MSS >> 8, CLIENT_MSS & 0xff};
    uint8_t frame[1600] = {0x52, 0x55};
    size_t options = (flags & CLIENT_SYN) != 0 ? sizeof(mss) : 0;
    size_t header = 20 + options;
    g_assert(54 + options + len <= sizeof(frame));
    packet_put(frame, 2, 4, connection->service);
    memcpy(frame + 6, packet_echo + 6, 6);
    packet_put(frame, 12, 4, 0x08004500);
    packet_put(frame, 16, 2, (uint32_t)(20 + header + len));
    packet_put(frame, 22, 2, 0x4006);
    packet_put(frame, 26, 4, CLIENT_ADDRESS);
    packet_put(frame, 30, 4, connection->service);
    packet_put(frame, 34, 2, connection->port);
    packet_put(frame, 36, 2, connection->service_port);
    packet_put(frame, 38, 4, connection->next);
    packet_put(frame, 42, 4, (flags & CLIENT_ACK) != 0 ? connection->expected : 0);
    packet_put(frame, 46, 2, (uint32_t)(header / 4 << 12) | flags);
    packet_put(frame, 48, 2, connection->window);
    memcpy(frame + 54, mss, options);
    if (len > 0) {
        memcpy(frame + 54 + options, data, len);
    }
    connection->next += (uint32_t)len + ((flags & (CLIENT_SYN | CLIENT_FIN)) != 0 ? 1 : 0);
    packet_fix(frame, 34 + header + len);
    wire_port_send(client->port, frame, 34 + header + len);
}

static inline void client_take(struct client *client, struct client_connection *connection,
                               const uint8_t *frame)
{
    uint8_t flags = frame[47];
    size_t header = (size_t)(frame[46] >> 4) * 4;
    size_t len = packet_get(frame, 16, 2) - 20 - header;
    uint32_t sequence = packet_get(frame, 38, 4);
    connection->segments++;
    if ((flags & CLIENT_RST) != 0) {
        connection->was_reset = true;
        connection->is_refused = !connection->is_open;
        connection->is_open = false;
        return;
    }
    if ((flags & CLIENT_SYN) != 0) {
        connection->expected = sequence + 1;
        connection->is_open = true;
    } else if (sequence == connection->expected) {
        g_byte_array_append(connection->got, frame + 34 + header, (guint)len);
        connection->expected += (uint32_t)len + ((flags & CLIENT_FIN) != 0 ? 1 : 0);
        connection->has_ended = connection->has_ended || (flags & CLIENT_FIN) != 0;
        connection->got_ns = len > 0 ? vclock_now_ns(client->bench->clock) : connection->got_ns;
    }
    if (!connection->keeps_quiet && (len > 0 || (flags & (CLIENT_SYN | CLIENT_FIN)) != 0)) {
        client_send_segment(client, connection, CLIENT_ACK, NULL, 0);
    }
}

static inline void client_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct client *client = opaque;
    if (packet_get(frame, 12, 2) == 0x0806 && packet_get(frame, 20, 2) == 1 &&
        packet_get(frame, 38, 4) == CLIENT_ADDRESS) {
        uint8_t reply[42];
        memcpy(reply, frame + 6, 6);
        memcpy(reply + 6, packet_echo + 6, 6);
        memcpy(reply + 12, frame + 12, 8);
        packet_put(reply, 20, 2, 2);
        memcpy(reply + 22, packet_echo + 6, 6);
        packet_put(reply, 28, 4, CLIENT_ADDRESS);
        memcpy(reply + 32, frame + 22, 10);
        wire_port_send(client->port, reply, sizeof(reply));
        return;
    }
    if (packet_get(frame, 12, 2) == 0x0800 && frame[23] == 6) {
        g_assert(packet_transport_sum(frame) == 0xffff);
        for (unsigned i = 0; i < client->count; i++) {
            struct client_connection *connection = &client->connections[i];
            if (connection->port == packet_get(frame, 36, 2) &&
                connection->service == packet_get(frame, 26, 4) &&
                connection->service_port == packet_get(frame, 34, 2)) {
                client_take(client, connection, frame);
                return;
            }
        }
    }
    g_ptr_array_add(client->others, g_bytes_new(frame, len));
}

static inline void client_setup(struct client *client, struct bench *bench)
{
    memset(client, 0, sizeof(*client));
    client->bench = bench;
    client->others = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    client->port = wire_add_port(bench->wire, "eth0", true, client_receive, client);
}

static inline void client_teardown(struct client *client)
{
    for (unsigned i = 0; i < client->count; i++) {
        g_byte_array_free(client->connections[i].got, TRUE);
    }
    g_ptr_array_free(client->others, TRUE);
}

/* A connection whose SYN is on its way. */
static inline struct client_connection *client_begin(struct client *client, uint32_t service,
                                                     uint16_t service_port)
{
    g_assert(client->count < CLIENT_CONNECTIONS);
    struct client_connection *connection = &client->connections[client->count];
    *connection = (struct client_connection){
        .port = (uint16_t)(49152 + client->count),
        .service = service,
        .service_port = service_port,
        .next = 1000,
        .window = 65535,
        .got = g_byte_array_new(),
    };
    client->count++;
    client_send_segment(client, connection, CLIENT_SYN, NULL, 0);
    return connection;
}

/* Until nothing can happen any more, or this time has come. */
static inline void client_run(struct client *client, uint64_t for_ns)
{
    struct vclock *clock = client->bench->clock;
    uint64_t end_ns = vclock_now_ns(clock) + for_ns;
    while (!vclock_is_quiescent(clock) && vclock_next_ns(clock) <= end_ns) {
        vclock_run_next(clock);
    }
}

static inline struct client_connection *client_connect(struct client *client, uint32_t service,
                                                       uint16_t service_port)
{
    struct client_connection *connection = client_begin(client, service, service_port);
    client_run(client, UINT64_C(1000000000));
    return connection;
}

static inline void client_send(struct client *client, struct client_connection *connection,
                               const void *data, size_t len)
{
    for (size_t at = 0; at < len; at += CLIENT_MSS) {
        client_send_segment(client, connection, CLIENT_ACK | CLIENT_PSH, (const uint8_t *)data + at,
                            MIN(len - at, CLIENT_MSS));
    }
    client_run(client, UINT64_C(1000000000));
}

static inline void client_end(struct client *client, struct client_connection *connection)
{
    client_send_segment(client, connection, CLIENT_ACK | CLIENT_FIN, NULL, 0);
    client_run(client, UINT64_C(1000000000));
}

/* What came, as a text. */
static inline const char *client_text(struct client_connection *connection)
{
    g_byte_array_append(connection->got, (const uint8_t *)"", 1);
    g_byte_array_set_size(connection->got, connection->got->len - 1);
    return (const char *)connection->got->data;
}

#endif
