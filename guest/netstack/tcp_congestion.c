/*
 * tcp_congestion.c - how much may be on the way [RFC5681] [RFC6582]
 *
 * Windows are counted in bytes. With selective acknowledgements the recovery itself is that of
 * tcp_sack.c; here are its beginning and its end.
 */
#include "netstack/tcp_priv.h"

static size_t tcp_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t tcp_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* [RFC5681] 3.1: "IW = 4 * SMSS", 3 or 2 where it is larger than 1095 or 2190 bytes. */
static size_t tcp_initial_window(size_t smss)
{
    return smss > 2190 ? 2 * smss : smss > 1095 ? 3 * smss : 4 * smss;
}

void tcp_congestion_init(struct tcp_connection *connection, bool syn_was_lost)
{
    size_t smss = tcp_smss(connection);
    connection->congestion = (struct tcp_congestion){
        .state = TCP_CONGESTION_OPEN,
        /* "If the SYN or SYN/ACK is lost, the initial window ... MUST be set to one segment". */
        .window = syn_was_lost ? smss : tcp_initial_window(smss),
        .threshold = TCP_BUFFER_MAX, /* "arbitrarily high" */
        .recover = connection->send.initial,
    };
}

/*
 * [RFC5681] 3.1: slow start by what was acknowledged, at most a segment each time; congestion
 * avoidance by a segment for each window that was.
 */
static void tcp_congestion_grow(struct tcp_connection *connection, size_t size)
{
    struct tcp_congestion *congestion = &connection->congestion;
    size_t smss = tcp_smss(connection);
    if (congestion->window < congestion->threshold) {
        congestion->window += tcp_min(size, smss);
    } else {
        congestion->acknowledged += size;
        if (congestion->acknowledged >= congestion->window) {
            congestion->acknowledged -= congestion->window;
            congestion->window += smss;
        }
    }
    congestion->window = tcp_min(congestion->window, TCP_BUFFER_MAX);
}

/* [RFC6582] 3.2 (3), "full acknowledgments", with its first choice; [RFC6675] 5. */
static void tcp_congestion_recovered(struct tcp_connection *connection)
{
    struct tcp_congestion *congestion = &connection->congestion;
    size_t smss = tcp_smss(connection);
    congestion->state = TCP_CONGESTION_OPEN;
    congestion->duplicates = 0;
    congestion->acknowledged = 0;
    congestion->window = congestion->threshold;
    if (!connection->sack)
        congestion->window =
            tcp_min(congestion->threshold, tcp_max(tcp_in_flight(connection), smss) + smss);
}

/*
 * [RFC6582] 3.2 (3), "partial acknowledgments": the next segment is lost too. The timer begins anew
 * with each of them, the "Slow-but-Steady variant" of 4.
 */
static void tcp_congestion_partial(struct tcp_connection *connection, size_t size, uint64_t now_ns)
{
    struct tcp_congestion *congestion = &connection->congestion;
    size_t smss = tcp_smss(connection);
    if (connection->sack)
        return;
    (void)tcp_send_again(connection, connection->send.una, now_ns);
    congestion->window -= tcp_min(size, congestion->window - smss);
    if (size >= smss)
        congestion->window += smss;
}

void tcp_congestion_acknowledged(struct tcp_connection *connection, uint32_t size, uint64_t now_ns)
{
    struct tcp_congestion *congestion = &connection->congestion;
    bool all = !tcp_before(connection->send.una, congestion->recover);
    switch (congestion->state) {
    case TCP_CONGESTION_RECOVERY:
        if (all)
            tcp_congestion_recovered(connection);
        else
            tcp_congestion_partial(connection, size, now_ns);
        return;
    case TCP_CONGESTION_LOSS:
        if (all)
            congestion->state = TCP_CONGESTION_OPEN;
        break;
    case TCP_CONGESTION_OPEN:
        break;
    }
    congestion->duplicates = 0;
    tcp_congestion_grow(connection, size);
}

/* "ssthresh = max (FlightSize / 2, 2*SMSS)" [RFC5681] (4). */
static void tcp_congestion_halve(struct tcp_connection *connection)
{
    connection->congestion.threshold =
        tcp_max(tcp_in_flight(connection) / 2, 2 * tcp_smss(connection));
}

/* [RFC5681] 3.2, [RFC6582] 3.2 (2), [RFC6675] 5 (4). */
static void tcp_congestion_recover(struct tcp_connection *connection, uint64_t now_ns)
{
    struct tcp_congestion *congestion = &connection->congestion;
    tcp_congestion_halve(connection);
    congestion->state = TCP_CONGESTION_RECOVERY;
    congestion->recover = connection->send.max;
    congestion->rescued = false;
    congestion->window = congestion->threshold;
    if (!connection->sack)
        congestion->window += TCP_DUPLICATES_MIN * tcp_smss(connection);
    congestion->high_rxt = tcp_send_again(connection, connection->send.una, now_ns);
}

/*
 * Without selective acknowledgements duplicates may be those of segments that were sent twice:
 * "if the Cumulative Acknowledgment field covers more than recover" [RFC6582] 3.2 (2).
 */
void tcp_congestion_duplicate(struct tcp_connection *connection, uint64_t now_ns)
{
    struct tcp_congestion *congestion = &connection->congestion;
    congestion->duplicates++;
    switch (congestion->state) {
    case TCP_CONGESTION_RECOVERY:
        if (!connection->sack)
            congestion->window = tcp_min(congestion->window + tcp_smss(connection), TCP_BUFFER_MAX);
        break;
    case TCP_CONGESTION_LOSS:
        break;
    case TCP_CONGESTION_OPEN:
        if (congestion->duplicates < TCP_DUPLICATES_MIN && !tcp_sack_first_is_lost(connection))
            break;
        if (connection->sack || tcp_after(connection->send.una, congestion->recover))
            tcp_congestion_recover(connection, now_ns);
        break;
    }
}

/*
 * [RFC5681] 3.1 (4), once for each segment that is lost; then a window of one segment.
 * [RFC2018] 5.1: "turn off all of the SACKed bits", as they may have thrown away what they had.
 */
void tcp_congestion_timeout(struct tcp_connection *connection)
{
    struct tcp_congestion *congestion = &connection->congestion;
    if (connection->timing.retries == 0)
        tcp_congestion_halve(connection);
    congestion->state = TCP_CONGESTION_LOSS;
    congestion->window = tcp_smss(connection);
    congestion->acknowledged = 0;
    congestion->duplicates = 0;
    congestion->recover = connection->send.max;
    tcp_ranges_init(&connection->send.sacked);
}

/* "RW = min(IW,cwnd)" [RFC5681] 4.1. */
void tcp_congestion_idle(struct tcp_connection *connection)
{
    connection->congestion.window =
        tcp_min(connection->congestion.window, tcp_initial_window(tcp_smss(connection)));
}

/*
 * In front of a recovery the first two duplicates let a new segment each go [RFC3042]; after a
 * timeout what they have does not count as on the way.
 */
uint32_t tcp_congestion_edge(const struct tcp_connection *connection)
{
    const struct tcp_congestion *congestion = &connection->congestion;
    const struct tcp_ranges *sacked = &connection->send.sacked;
    size_t window = congestion->window;
    if (congestion->state == TCP_CONGESTION_OPEN && congestion->duplicates < TCP_DUPLICATES_MIN)
        window += congestion->duplicates * tcp_smss(connection);
    for (unsigned i = 0; congestion->state == TCP_CONGESTION_LOSS && i < sacked->count; i++) {
        if (tcp_before(sacked->ranges[i].begin, connection->send.next))
            window += sacked->ranges[i].end - sacked->ranges[i].begin;
    }
    return connection->send.una + (uint32_t)window;
}
