/*
 * tcp_error.c - what ICMP and the way to the other side say of a connection
 *
 * Nothing here is trusted: an error counts when it quotes a sequence number that is on the way
 * [RFC5927] 4.1.
 */
#include "lib/errno.h"
#include "netstack/tcp_priv.h"

#define TCP_QUOTE_SIZE 8 /* ports and sequence number */

/* NULL: nobody's, or nothing that is on the way. */
static struct tcp_connection *tcp_find_quoted(const uint8_t *segment, size_t size, uint32_t source,
                                              uint32_t destination)
{
    if (size < TCP_QUOTE_SIZE)
        return NULL;
    const struct tcp_header *header = (const struct tcp_header *)segment;
    struct tcp_end local = {source, be16_get(header->source_port)};
    struct tcp_end remote = {destination, be16_get(header->destination_port)};
    struct tcp_connection *connection = tcp_find_flow(&local, &remote);
    if (connection == NULL)
        return NULL;
    uint32_t sequence = be32_get(header->sequence);
    bool on_the_way =
        !tcp_before(sequence, connection->send.una) && tcp_before(sequence, connection->send.max);
    return on_the_way ? connection : NULL;
}

/*
 * "Soft" errors must not end a connection, "hard" ones should [RFC1122] 4.2.3.9. Once established,
 * all are taken for soft, as any host on the way could forge them [RFC5927] 5.2: it is retried, and
 * the error is what a program gets in the end. DEVIATION: while it is not, all are taken for hard,
 * as Linux has it, so that a program learns in time that there is no host [RFC5461] 4.1.
 */
void tcp_report_failure(const uint8_t *segment, size_t size, uint32_t source, uint32_t destination,
                        int error)
{
    struct tcp_connection *connection = tcp_find_quoted(segment, size, source, destination);
    if (connection == NULL || error == KEMSGSIZE)
        return;
    if (connection->state == TCP_SYN_SENT || connection->state == TCP_SYN_RECEIVED)
        tcp_finish(connection, error);
    else
        connection->soft_error = error;
}

/* Segments become smaller, and what is on the way is sent again in such [RFC1191] 6.5. */
void tcp_set_mtu(struct tcp_connection *connection, unsigned mtu, uint64_t now_ns)
{
    struct tcp_sending *send = &connection->send;
    unsigned mss = mtu < TCP_MSS_MIN + IPV4_HEADER_SIZE + TCP_HEADER_SIZE
                       ? TCP_MSS_MIN
                       : mtu - IPV4_HEADER_SIZE - TCP_HEADER_SIZE;
    if (mss >= send->mtu_mss)
        return;
    send->mtu_mss = mss;
    if (send->mss <= mss)
        return;
    send->mss = mss;
    if (connection->congestion.window < tcp_smss(connection))
        connection->congestion.window = tcp_smss(connection);
    if (connection->state == TCP_SYN_SENT || connection->state == TCP_SYN_RECEIVED)
        return;
    send->next = send->una;
    tcp_output(connection, now_ns);
}

void tcp_report_mtu(const uint8_t *segment, size_t size, uint32_t source, uint32_t destination,
                    unsigned mtu, uint64_t now_ns)
{
    struct tcp_connection *connection = tcp_find_quoted(segment, size, source, destination);
    if (connection != NULL)
        tcp_set_mtu(connection, mtu, now_ns);
}
