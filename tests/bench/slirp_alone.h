/*
 * slirp_alone.h - libslirp by itself, as a measure for the rest
 *
 * One echo request to the gateway after the other, or segments to a service, prepared beforehand,
 * through the calls that every embedder of libslirp makes; the replies are counted and thrown away.
 */
#ifndef TESTS_BENCH_SLIRP_ALONE_H
#define TESTS_BENCH_SLIRP_ALONE_H

#include <stdbool.h>
#include <stdint.h>

/* Sends that many requests and returns how many replies came. */
uint64_t slirp_alone_ping(uint64_t requests);

/* Called when all is prepared: what comes then is what is measured. */
typedef void slirp_alone_begin_fn(void);
/* Sends that many segments of 1460 bytes on one connection; returns how many bytes were taken. */
uint64_t slirp_alone_discard(uint64_t segments, slirp_alone_begin_fn *begin);
/* Has at least so many bytes sent to it on one connection; returns how many came. */
uint64_t slirp_alone_chargen(uint64_t bytes, slirp_alone_begin_fn *begin);
/*
 * Opens that many connections, 1000 at the most, one after the other, and resets them once all are
 * `there`; returns how many were answered.
 */
uint64_t slirp_alone_handshakes(uint64_t count, slirp_alone_begin_fn *begin,
                                slirp_alone_begin_fn *there);

#endif
