/*
 * tcp_number.c - initial sequence numbers
 */
#include "lib/siphash.h"
#include "lib/string.h"
#include "netstack/tcp_priv.h"

#define TCP_NUMBER_TICK_NS 4000 /* "a timer that counts every 4 microseconds" */

kstatic_assert(TCP_SECRET_SIZE == SIPHASH_KEY_SIZE, "the secret is the key");

static uint8_t tcp_secret[TCP_SECRET_SIZE];

void tcp_number_init(const uint8_t secret[TCP_SECRET_SIZE])
{
    memcpy(tcp_secret, secret, sizeof(tcp_secret));
}

static uint64_t tcp_hash_ends(const struct tcp_end *local, const struct tcp_end *remote)
{
    uint8_t ends[12];
    store_be32(ends, local->address);
    store_be16(ends + 4, local->port);
    store_be32(ends + 6, remote->address);
    store_be16(ends + 10, remote->port);
    return siphash(tcp_secret, ends, sizeof(ends));
}

/* "ISN = M + F(localip, localport, remoteip, remoteport, secretkey)" [RFC6528] 3. */
uint32_t tcp_initial_sequence(const struct tcp_end *local, const struct tcp_end *remote,
                              uint64_t now_ns)
{
    return (uint32_t)(now_ns / TCP_NUMBER_TICK_NS) + (uint32_t)tcp_hash_ends(local, remote);
}

/*
 * The same for every connection between two ends, so that timestamps go on growing from one to the
 * next, which TIME_WAIT needs to know them apart [RFC6191] 2.
 */
uint32_t tcp_timestamp_shift(const struct tcp_end *local, const struct tcp_end *remote)
{
    return (uint32_t)(tcp_hash_ends(local, remote) >> 32);
}
