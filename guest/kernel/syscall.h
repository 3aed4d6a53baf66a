/*
 * syscall.h - the system calls, all that programs see of the kernel
 *
 * Numbers, structures and errors of arm64 Linux. Results below 0 are negated errno values.
 * Programs call the wrappers of programs/user.h.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include "lib/errno.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SYS_FCNTL = 25,
    SYS_IOCTL = 29,
    SYS_OPENAT = 56,
    SYS_CLOSE = 57,
    SYS_READ = 63,
    SYS_WRITE = 64,
    SYS_EXIT = 93,
    SYS_NANOSLEEP = 101,
    SYS_CLOCK_GETTIME = 113,
    SYS_SCHED_YIELD = 124,
    SYS_GETPID = 172,
    SYS_SOCKET = 198,
    SYS_BIND = 200,
    SYS_CONNECT = 203,
    SYS_SENDTO = 206,
    SYS_RECVFROM = 207,
    SYS_SETSOCKOPT = 208,
    SYS_GETSOCKOPT = 209,
    SYS_GETRANDOM = 278,
    SYSCALLS_MAX,
};

/* A program, as the kernel starts it. */
struct program_entry {
    const char *name;
    int (*main)(int argc, char **argv); /* returns the exit status */
};

/* From a program: the trap into the kernel. */
long system_call(long number, long a0, long a1, long a2, long a3, long a4, long a5);

/*
 * Linux calls them timespec and timeval; here they keep out of the way of a host's C library,
 * which unit tests use.
 */
struct kernel_timespec {
    int64_t tv_sec, tv_nsec;
};
struct kernel_timeval { /* of SO_RCVTIMEO and SO_SNDTIMEO; 0: for ever */
    int64_t tv_sec, tv_usec;
};

#define AF_UNSPEC       0
#define AF_INET         2
#define AF_INET6        10
#define SOCK_STREAM     1
#define SOCK_DGRAM      2
#define SOCK_NONBLOCK   04000
#define SOCK_CLOEXEC    02000000
#define IPPROTO_IP      0
#define IPPROTO_ICMP    1
#define IPPROTO_UDP     17
#define SOL_SOCKET      1
#define SO_RCVTIMEO     20
#define SO_SNDTIMEO     21
#define SO_ERROR        4
#define SO_BROADCAST    6
#define SO_BINDTODEVICE 25 /* a name; before bind() */
#define MSG_DONTWAIT    0x40
#define CLOCK_REALTIME  0
#define CLOCK_MONOTONIC 1
#define AT_FDCWD        (-100)
#define O_RDONLY        0
#define O_WRONLY        1
#define O_RDWR          2
#define O_ACCMODE       3
#define F_GETFL         3
#define F_SETFL         4

struct sockaddr {
    uint16_t sa_family;
    char sa_data[14];
};

struct sockaddr_in {
    uint16_t sin_family;
    uint16_t sin_port; /* network order */
    uint32_t sin_addr; /* network order */
    uint8_t sin_zero[8];
};

#endif
