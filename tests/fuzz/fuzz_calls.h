/*
 * fuzz_calls.h - system calls of a fuzzed program: arguments, and what the kernel may do with them
 *
 * A step reads its operands from the input, says which memory its call may read and write, and
 * makes the call; fuzz_call() looks whether it kept to that. fuzz_syscalls.c takes the steps.
 */
#ifndef TESTS_FUZZ_FUZZ_CALLS_H
#define TESTS_FUZZ_FUZZ_CALLS_H

#include "kernel/message.h"
#include "tests/fuzz/fuzz.h"

#define FUZZ_MEMORY       16384
#define FUZZ_BULK         65536 /* in front of it, for what is large, and to be mapped */
#define FUZZ_WRITABLE_MAX (MESSAGE_PARTS_MAX + 4)
#define FUZZ_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FUZZ_MIN(a, b)    ((a) < (b) ? (a) : (b))

/* What a byte of the input means, and who does it. New ones come last: the corpus has numbers. */
#define FUZZ_STEPS(X)                                                                              \
    X(store_bytes)                                                                                 \
    X(store_pointer)                                                                               \
    X(socket)                                                                                      \
    X(close)                                                                                       \
    X(bind)                                                                                        \
    X(connect)                                                                                     \
    X(sendto)                                                                                      \
    X(recvfrom)                                                                                    \
    X(setsockopt)                                                                                  \
    X(getsockopt)                                                                                  \
    X(ioctl)                                                                                       \
    X(fcntl)                                                                                       \
    X(read)                                                                                        \
    X(write)                                                                                       \
    X(open)                                                                                        \
    X(nanosleep)                                                                                   \
    X(gettime)                                                                                     \
    X(random)                                                                                      \
    X(any)                                                                                         \
    X(listen)                                                                                      \
    X(accept)                                                                                      \
    X(connection)                                                                                  \
    X(shutdown)                                                                                    \
    X(getname)                                                                                     \
    X(store_parts)                                                                                 \
    X(store_message)                                                                               \
    X(sendmsg)                                                                                     \
    X(recvmsg)                                                                                     \
    X(sendmmsg)                                                                                    \
    X(recvmmsg)                                                                                    \
    X(readv)                                                                                       \
    X(writev)                                                                                      \
    X(ppoll)                                                                                       \
    X(pselect)                                                                                     \
    X(epoll_create)                                                                                \
    X(epoll_ctl)                                                                                   \
    X(epoll_wait)                                                                                  \
    X(eventfd)                                                                                     \
    X(dup)                                                                                         \
    X(lseek)                                                                                       \
    X(store_path)                                                                                  \
    X(unlink)                                                                                      \
    X(kill)                                                                                        \
    X(sigaction)                                                                                   \
    X(sigprocmask)                                                                                 \
    X(itimer)                                                                                      \
    X(task)                                                                                        \
    X(store_name)                                                                                  \
    X(change_name)                                                                                 \
    X(stat)                                                                                        \
    X(set)                                                                                         \
    X(look)                                                                                        \
    X(sync)                                                                                        \
    X(map)                                                                                         \
    X(unmap)

#define FUZZ_STEP_DECLARE(name) void fuzz_##name(void);
FUZZ_STEPS(FUZZ_STEP_DECLARE)
#undef FUZZ_STEP_DECLARE

struct fuzz_calls {
    struct fuzz_input input;
    uint8_t *bulk, *memory; /* of the program, one behind the other */
    uint8_t before[FUZZ_MEMORY];
    uint32_t mapped; /* of the pages of the bulk, bit by bit: that it has asked for */
    /* Of the call that is being made. */
    struct {
        uintptr_t at;
        size_t size;
    } writable[FUZZ_WRITABLE_MAX];
    unsigned writable_count;
    bool must_fail;
};
extern struct fuzz_calls fuzz;

/* ---- operands -------------------------------------------------------------------------------- */

bool fuzz_is_ram(long pointer, size_t size);
/* The program's memory, its end, what is in front, or none at all. */
long fuzz_pointer(size_t alignment);
long fuzz_size(void);
/* Mostly one that is open. */
long fuzz_descriptor(void);
/* What stands there, for a size that the call reads and writes. */
uint32_t fuzz_load(long pointer);
/* Where a structure is stored, and storing it. */
long fuzz_place(void);
void fuzz_store(long at, const void *value, size_t size);
/* The call may read, or write, this much there; where it cannot, it fails. */
void fuzz_reads(long pointer, size_t size);
void fuzz_writes(long pointer, size_t size);

/* ---- calls ----------------------------------------------------------------------------------- */

/* The call, and whether it did what it may. */
long fuzz_call(long number, long a0, long a1, long a2, long a3, long a4, long a5);
void fuzz_check_count(long result, long asked);

#endif
