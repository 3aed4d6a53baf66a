/* shares.h - the measurements of shared folders */
#ifndef TESTS_BENCH_SHARES_H
#define TESTS_BENCH_SHARES_H

/* Bytes and attributes through a share against the same calls on the host, memory of open files. */
void bench_shares(void);

#endif
