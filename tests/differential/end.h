/*
 * end.h - one end of the wire: a stack, and the sockets of a program on it
 *
 * Addresses are the same for every end: it is 10.0.2.15 and knows the other one as 10.0.2.2. Calls
 * are those of POSIX, they never wait, and their results are as the system calls have them: numbers
 * of Linux, errors negated. A handle is what open() and accept() give.
 */
#ifndef DIFFERENTIAL_END_H
#define DIFFERENTIAL_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define END_ADDRESS   0x0a00020f /* 10.0.2.15 */
#define END_NEIGHBOUR 0x0a000202 /* 10.0.2.2 */
#define END_MTU       1500

enum end_kind {
    END_STREAM,
    END_DATAGRAM,
    END_PING, /* what is sent and received are ICMP messages, from their header on */
};

struct end;

struct end_ops {
    const char *name; /* "core" */

    /* The side of the wire. A packet begins with its IPv4 header. */
    void (*give)(struct end *end, const uint8_t *packet, size_t size);
    /* Room for END_MTU bytes. False: it has sent nothing more. */
    bool (*take)(struct end *end, uint8_t *packet, size_t *size);
    /* Its timers, at this time of CLOCK_MONOTONIC. */
    void (*run)(struct end *end, uint64_t now_ns);

    /* The side of the program. Ports are in host order; 0: one that is free. */
    int (*open)(struct end *end, enum end_kind kind);
    int (*bind)(struct end *end, int handle, uint16_t port);
    int (*connect)(struct end *end, int handle, uint16_t port); /* to the neighbour */
    int (*listen)(struct end *end, int handle, int backlog);
    int (*accept)(struct end *end, int handle);
    long (*send)(struct end *end, int handle, const void *data, size_t size);
    long (*receive)(struct end *end, int handle, void *data, size_t size);
    int (*shutdown)(struct end *end, int handle, int how);
    int (*set)(struct end *end, int handle, int level, int name, const void *value, size_t size);
    int (*error)(struct end *end, int handle);      /* SO_ERROR, positive */
    unsigned (*ready)(struct end *end, int handle); /* POLLIN and so on */
    int (*state)(struct end *end, int handle);      /* of TCP, in Linux's numbers */
    void (*close)(struct end *end, int handle);
};

struct end {
    const struct end_ops *ops;
    int fd;  /* readable when take() has something; -1: there is none to wait for */
    int own; /* for the stack: its namespace, or which of two this is */
};

/* This machine's Linux, in a network namespace of its own. False, with the reason: not here. */
bool end_linux_open(struct end *end, char *reason, size_t room);

/*
 * The reference guest's stack. There is one in a process, so two ends may share it: `which` of them
 * (0 or 1) this is.
 */
void end_core_open(struct end *end, unsigned which);

#endif
