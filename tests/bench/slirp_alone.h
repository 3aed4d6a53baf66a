/*
 * slirp_alone.h - libslirp by itself, as a measure for the rest
 *
 * One echo request to the gateway after the other, prepared beforehand, through the calls that
 * every embedder of libslirp makes; the replies are counted and thrown away.
 */
#ifndef TESTS_BENCH_SLIRP_ALONE_H
#define TESTS_BENCH_SLIRP_ALONE_H

#include <stdbool.h>
#include <stdint.h>

/* Sends that many requests and returns how many replies came. */
uint64_t slirp_alone_ping(uint64_t requests);

#endif
