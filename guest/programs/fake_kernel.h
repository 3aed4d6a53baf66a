/*
 * fake_kernel.h - the kernel that unit tests of the programs run on
 *
 * One function, system_call(), with a clock that only sleeping and waiting move, one file,
 * interfaces, and one ping socket, to which a scripted peer replies.
 */
#ifndef PROGRAMS_FAKE_KERNEL_H
#define PROGRAMS_FAKE_KERNEL_H

#include "kernel/sockios.h"
#include "kernel/syscall.h"
#include "lib/fake_command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_MS           UINT64_C(1000000)
#define FAKE_REPLIES_MAX  64
#define FAKE_REQUESTS_MAX 16

/* What the peer does with the requests; index is the sequence number modulo the table. */
struct fake_peer {
    uint64_t rtt_ns;
    uint64_t lost;       /* bit n: the request with sequence number n is not answered */
    uint64_t duplicated; /* bit n: answered twice, the second time 1 ms later */
};

struct fake_ioctl {
    unsigned long request;
    struct ifreq interface; /* as it came in */
    struct rtentry route;
    char device[IFNAMSIZ];
};

struct fake_kernel {
    uint64_t now_ns;
    uint64_t realtime_ns; /* the time of day */
    struct fake_peer peer;
    long socket_error; /* negated, as the errors below; 0: none */
    long send_error;   /* from request number send_error_from on, which counts from 1 */
    unsigned send_error_from;
    long receive_error; /* once, at this time */
    uint64_t receive_error_at_ns;
    const char *file_path, *file_text;
    long ioctl_error;

    /* what happened */
    char output[8192];
    unsigned writes, sends, timeouts_set, sleeps;
    struct fake_ioctl ioctls[FAKE_REQUESTS_MAX];
    unsigned ioctl_count;
    uint8_t last_request[5000];
    size_t last_request_size;
    uint32_t last_destination;
};

extern struct fake_kernel fake;

/* At 1 s, a peer that replies after 100 us with a TTL of 255. */
void fake_reset(void);

#endif
