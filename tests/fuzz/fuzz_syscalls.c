/*
 * fuzz_syscalls.c - any system calls of a program at the reference guest's kernel and stack
 *
 * The input is a list of calls on sockets and files with their arguments, of bytes that the program
 * stores in its memory in between, and of pointers and structures there. Its memory is the end of
 * RAM, with a large buffer in front. Arguments point into it, across its end, or where no memory is;
 * sizes are anything. Structures are aligned as a compiler aligns them. One step makes a connection
 * with itself, so that the rest finds sockets in all states. Whatever the program does:
 *   - the guest does not panic, and an error is an errno value that has a name;
 *   - the kernel writes only where the call says that it does, looked at byte by byte;
 *   - a call whose argument is not in RAM fails, and no call transfers more than it was asked for;
 *   - a handler of signals is code;
 *   - it can be ended, and in an hour every connection is over and every buffer is free again.
 * A call may wait: after some virtual time a signal ends the program.
 */
#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "kernel/message.h"
#include "kernel/netif.h"
#include "kernel/program.h"
#include "kernel/sockios.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/posix/posix.h"
#include "netstack/tcp.h"
#include "netstack/tcp_buffer.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define FUZZ_STEPS_MAX    64
#define FUZZ_MEMORY       16384
#define FUZZ_BULK         65536 /* in front of it, for what is large; nobody looks at its bytes */
#define FUZZ_PROGRAM      7
#define FUZZ_PATIENCE_NS  UINT64_C(100000000000)
#define FUZZ_DYING_NS     UINT64_C(3600000000000) /* until the last connection has given up */
#define FUZZ_WRITABLE_MAX (MESSAGE_PARTS_MAX + 4)
#define FUZZ_PORT         68
#define FUZZ_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b)         ((a) < (b) ? (a) : (b))

enum fuzz_op {
    FUZZ_BYTES,
    FUZZ_POINTER, /* stores one */
    FUZZ_SOCKET,
    FUZZ_CLOSE,
    FUZZ_BIND,
    FUZZ_CONNECT,
    FUZZ_SENDTO,
    FUZZ_RECVFROM,
    FUZZ_SETSOCKOPT,
    FUZZ_GETSOCKOPT,
    FUZZ_IOCTL,
    FUZZ_FCNTL,
    FUZZ_READ,
    FUZZ_WRITE,
    FUZZ_OPEN,
    FUZZ_NANOSLEEP,
    FUZZ_GETTIME,
    FUZZ_RANDOM,
    FUZZ_ANY, /* any call, with small numbers for arguments */
    FUZZ_LISTEN,
    FUZZ_ACCEPT,
    FUZZ_CONNECTION, /* with itself: three descriptors */
    FUZZ_SHUTDOWN,
    FUZZ_GETNAME,
    FUZZ_PARTS,   /* stores pieces of a message */
    FUZZ_MESSAGE, /* stores a message */
    FUZZ_SENDMSG,
    FUZZ_RECVMSG,
    FUZZ_SENDMMSG,
    FUZZ_RECVMMSG,
    FUZZ_READV,
    FUZZ_WRITEV,
    FUZZ_PPOLL,
    FUZZ_PSELECT,
    FUZZ_EPOLL_CREATE,
    FUZZ_EPOLL_CTL,
    FUZZ_EPOLL_WAIT,
    FUZZ_EVENTFD,
    FUZZ_DUP,
    FUZZ_LSEEK,
    FUZZ_PATH, /* stores one */
    FUZZ_UNLINK,
    FUZZ_KILL,
    FUZZ_SIGACTION,
    FUZZ_SIGPROCMASK,
    FUZZ_ITIMER,
    FUZZ_TASK, /* calls without arguments to speak of */
    FUZZ_OPS,
};

static struct {
    struct fuzz_input input;
    struct netif netif;
    struct wait_queue wake;
    uint8_t *bulk, *memory;
    uint8_t before[FUZZ_MEMORY];
    unsigned handled; /* signals */
    /* Of the call that is being made. */
    struct {
        uintptr_t at;
        size_t size;
    } writable[FUZZ_WRITABLE_MAX];
    unsigned writable_count;
    bool must_fail;
} fuzz;

/* ---- arguments ------------------------------------------------------------------------------- */

static bool fuzz_is_ram(long pointer, size_t size)
{
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)fuzz.bulk;
    return offset < FUZZ_BULK + FUZZ_MEMORY && size <= FUZZ_BULK + FUZZ_MEMORY - offset;
}

/* The program's memory, its end, what is in front, or none at all. */
static long fuzz_pointer(size_t alignment)
{
    uint16_t how = fuzz_u16(&fuzz.input);
    uintptr_t base = (uintptr_t)fuzz.memory, end = base + FUZZ_MEMORY;
    const uintptr_t wild[] = {0, 8, end, end + 8, UINTPTR_MAX - 7, (uintptr_t)1 << 63};
    uintptr_t address = base + how % FUZZ_MEMORY;
    if (how >= 0xf000) {
        address = wild[how % FUZZ_COUNT(wild)];
    } else if (how >= 0xe000) {
        address = end - 1 - how % 256;
    } else if (how >= 0xd800) {
        address = (uintptr_t)fuzz.bulk + how % 64;
    }
    return (long)(address & ~(alignment - 1));
}

static long fuzz_size(void)
{
    static const long extremes[] = {-1,        INT32_MIN, INT32_MAX,   UINT32_MAX,    INT64_MIN,
                                    INT64_MAX, 65536,     FUZZ_MEMORY, SOCK_NONBLOCK, 65507,
                                    65508,     65535,     1 << 17};
    uint16_t size = fuzz_u16(&fuzz.input);
    return size < 0xff00 ? size % 4096 : extremes[size % FUZZ_COUNT(extremes)];
}

/* Mostly one that is open. */
static long fuzz_descriptor(void)
{
    uint8_t number = fuzz_u8(&fuzz.input);
    return number < 240 ? number % 6 : (long)(int8_t)number;
}

/* The call may read this much there; where it cannot, it fails. */
static void fuzz_reads(long pointer, size_t size)
{
    fuzz.must_fail = fuzz.must_fail || !(size == 0 || fuzz_is_ram(pointer, size));
}

static void fuzz_writes(long pointer, size_t size)
{
    fuzz_reads(pointer, size);
    FUZZ_CHECK(fuzz.writable_count < FUZZ_WRITABLE_MAX);
    fuzz.writable[fuzz.writable_count].at = (uintptr_t)pointer;
    fuzz.writable[fuzz.writable_count++].size = size;
}

/* What stands there, for a size that the call reads and writes. */
static uint32_t fuzz_load(long pointer)
{
    uint32_t value = 0;
    if (fuzz_is_ram(pointer, sizeof(value))) {
        memcpy(&value, (const void *)pointer, sizeof(value));
    }
    return value;
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* What the call may have written is as it is now; all else must be as it was. */
static void fuzz_check_memory(void)
{
    for (unsigned i = 0; i < fuzz.writable_count; i++) {
        size_t offset = fuzz.writable[i].at - (uintptr_t)fuzz.bulk, size = fuzz.writable[i].size;
        if (offset >= FUZZ_BULK + FUZZ_MEMORY) {
            continue;
        }
        size = MIN(size, FUZZ_BULK + FUZZ_MEMORY - offset);
        size_t skipped = MIN(offset < FUZZ_BULK ? FUZZ_BULK - offset : 0, size);
        if (size > skipped) {
            size_t at = offset + skipped - FUZZ_BULK;
            memcpy(fuzz.before + at, fuzz.memory + at, size - skipped);
        }
    }
    FUZZ_CHECK(memcmp(fuzz.memory, fuzz.before, FUZZ_MEMORY) == 0);
}

static long fuzz_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    memcpy(fuzz.before, fuzz.memory, FUZZ_MEMORY);
    long result = system_call(number, a0, a1, a2, a3, a4, a5);
    FUZZ_CHECK(result >= 0 || strcmp(errno_name(result), "E?") != 0);
    FUZZ_CHECK(!fuzz.must_fail || result < 0);
    fuzz_check_memory();
    return result;
}

static void fuzz_check_count(long result, long asked)
{
    FUZZ_CHECK(asked < 0 || result <= asked);
}

static void fuzz_store_bytes(void)
{
    size_t got, at = fuzz_u16(&fuzz.input) % FUZZ_MEMORY;
    const uint8_t *bytes = fuzz_take(&fuzz.input, fuzz_u8(&fuzz.input), &got);
    memcpy(fuzz.memory + at, bytes, got < FUZZ_MEMORY - at ? got : FUZZ_MEMORY - at);
}

static void fuzz_store_pointer(void)
{
    size_t at = fuzz_u16(&fuzz.input) % (FUZZ_MEMORY / sizeof(long)) * sizeof(long);
    long pointer = fuzz_pointer(1);
    memcpy(fuzz.memory + at, &pointer, sizeof(pointer));
}

static void fuzz_socket(void)
{
    static const int protocols[] = {IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_IP, -1};
    uint8_t what = fuzz_u8(&fuzz.input);
    long domain = what < 0xf0 ? AF_INET : what;
    long type = what < 0xc0 ? SOCK_DGRAM : what < 0xe0 ? SOCK_STREAM : what;
    fuzz_call(SYS_SOCKET, domain, type | (what % 8 == 7 ? SOCK_NONBLOCK : 0),
              protocols[what % FUZZ_COUNT(protocols)], 0, 0, 0);
}

static void fuzz_name(long number)
{
    long file = fuzz_descriptor(), name = fuzz_pointer(8), size = fuzz_size();
    fuzz_reads(name, (size_t)(int)size);
    fuzz_call(number, file, name, size, 0, 0, 0);
}

static void fuzz_sendto(void)
{
    long file = fuzz_descriptor(), buffer = fuzz_pointer(1), size = fuzz_size();
    long flags = fuzz_u8(&fuzz.input), to = fuzz_pointer(8), to_size = fuzz_size();
    fuzz_reads(buffer, (size_t)size);
    fuzz_reads(to, to != 0 ? (size_t)(int)to_size : 0);
    fuzz_check_count(fuzz_call(SYS_SENDTO, file, buffer, size, flags, to, to_size), size);
}

static void fuzz_recvfrom(void)
{
    long file = fuzz_descriptor(), buffer = fuzz_pointer(1), size = fuzz_size();
    long flags = fuzz_u8(&fuzz.input), from = fuzz_pointer(8), from_size = fuzz_pointer(8);
    fuzz_writes(buffer, (size_t)size);
    if (from != 0) {
        fuzz_writes(from, fuzz_load(from_size));
        fuzz_writes(from_size, sizeof(uint32_t));
    }
    long result = fuzz_call(SYS_RECVFROM, file, buffer, size, flags, from, from_size);
    /* Who asks for it is told how long a datagram was that did not fit. */
    fuzz_check_count(result, (flags & MSG_TRUNC) != 0 ? UINT16_MAX : size);
}

/* Level and name of an option: mostly one that there is. */
static void fuzz_option(long *level, long *name)
{
    static const struct {
        uint8_t level, name;
    } known[] = {
        {SOL_SOCKET, SO_RCVTIMEO},   {SOL_SOCKET, SO_SNDTIMEO},     {SOL_SOCKET, SO_ERROR},
        {SOL_SOCKET, SO_BROADCAST},  {SOL_SOCKET, SO_BINDTODEVICE}, {SOL_SOCKET, SO_REUSEADDR},
        {SOL_SOCKET, SO_TYPE},       {SOL_SOCKET, SO_SNDBUF},       {SOL_SOCKET, SO_RCVBUF},
        {SOL_SOCKET, SO_KEEPALIVE},  {SOL_SOCKET, SO_LINGER},       {SOL_SOCKET, SO_ACCEPTCONN},
        {SOL_SOCKET, SO_PROTOCOL},   {SOL_SOCKET, SO_DOMAIN},       {IPPROTO_IP, IP_TTL},
        {IPPROTO_IP, IP_RECVTTL},    {IPPROTO_TCP, TCP_NODELAY},    {IPPROTO_TCP, TCP_MAXSEG},
        {IPPROTO_TCP, TCP_KEEPIDLE}, {IPPROTO_TCP, TCP_KEEPINTVL},  {IPPROTO_TCP, TCP_KEEPCNT},
    };
    uint8_t what = fuzz_u8(&fuzz.input);
    bool is_known = what < 0xe0;
    *level = is_known ? known[what % FUZZ_COUNT(known)].level : fuzz_u8(&fuzz.input) % 8;
    *name = is_known ? known[what % FUZZ_COUNT(known)].name : what;
}

static void fuzz_setsockopt(void)
{
    long level, name, file = fuzz_descriptor();
    fuzz_option(&level, &name);
    long value = fuzz_pointer(8), size = fuzz_size();
    fuzz_reads(value, (size_t)(int)size);
    fuzz_call(SYS_SETSOCKOPT, file, level, name, value, size, 0);
}

static void fuzz_getsockopt(void)
{
    long level, name, file = fuzz_descriptor();
    fuzz_option(&level, &name);
    long value = fuzz_pointer(8), size = fuzz_pointer(8);
    fuzz_writes(value, fuzz_load(size));
    fuzz_writes(size, sizeof(uint32_t));
    fuzz_call(SYS_GETSOCKOPT, file, level, name, value, size, 0);
}

static void fuzz_ioctl(void)
{
    static const uint16_t requests[] = {
        SIOCADDRT,      SIOCDELRT,      SIOCGIFFLAGS,   SIOCSIFFLAGS, SIOCGIFADDR, SIOCSIFADDR,
        SIOCGIFBRDADDR, SIOCSIFBRDADDR, SIOCGIFNETMASK, SIOCSIFMTU,   SIOCGIFMTU,  SIOCSIFNETMASK,
        SIOCGIFHWADDR,  SIOCGIFINDEX,   SIOCGIFNAME,    FIONBIO,
    };
    long file = fuzz_descriptor();
    uint8_t what = fuzz_u8(&fuzz.input);
    long request = what < 0xe0 ? requests[what % FUZZ_COUNT(requests)] : fuzz_u16(&fuzz.input);
    long argument = fuzz_pointer(8);
    if (request == SIOCADDRT || request == SIOCDELRT) {
        fuzz_reads(argument, sizeof(struct rtentry));
    } else if (request >> 8 == SIOCGIFADDR >> 8) {
        fuzz_writes(argument, sizeof(struct ifreq));
    } else {
        fuzz_reads(argument, sizeof(int));
    }
    fuzz_call(SYS_IOCTL, file, request, argument, 0, 0, 0);
}

static void fuzz_read_or_write(bool is_read)
{
    long file = fuzz_descriptor(), buffer = fuzz_pointer(1), size = fuzz_size();
    if (is_read) {
        fuzz_writes(buffer, (size_t)size);
    } else {
        fuzz_reads(buffer, (size_t)size);
    }
    fuzz_check_count(fuzz_call(is_read ? SYS_READ : SYS_WRITE, file, buffer, size, 0, 0, 0), size);
}

static void fuzz_time(bool sleeps)
{
    long first = fuzz_pointer(8), second = fuzz_pointer(8);
    if (!sleeps) {
        fuzz_writes(first, sizeof(struct kernel_timespec));
        fuzz_call(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, first, 0, 0, 0, 0);
        return;
    }
    fuzz_reads(first, sizeof(struct kernel_timespec));
    fuzz_writes(second, second != 0 ? sizeof(struct kernel_timespec) : 0);
    fuzz_call(SYS_NANOSLEEP, first, second, 0, 0, 0, 0);
}

/* The kernel gives 256 bytes at a time, and needs room for no more. */
static void fuzz_random(void)
{
    long buffer = fuzz_pointer(1), size = fuzz_size();
    fuzz_writes(buffer, (size_t)size < 256 ? (size_t)size : 256);
    fuzz_check_count(fuzz_call(SYS_GETRANDOM, buffer, size, 0, 0, 0, 0), size);
}

static void fuzz_any(void)
{
    long number = (int16_t)fuzz_u16(&fuzz.input), a[6];
    for (unsigned i = 0; i < FUZZ_COUNT(a); i++) {
        a[i] = fuzz_u8(&fuzz.input);
    }
    fuzz_call(number % 512, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- connections ----------------------------------------------------------------------------- */

static void fuzz_accept(void)
{
    long file = fuzz_descriptor(), name = fuzz_pointer(8), size = fuzz_pointer(8);
    uint8_t flags = fuzz_u8(&fuzz.input);
    if (name != 0) {
        fuzz_writes(name, fuzz_load(size));
        fuzz_writes(size, sizeof(uint32_t));
    }
    if (flags == UINT8_MAX) {
        fuzz_call(SYS_ACCEPT, file, name, size, 0, 0, 0);
    } else {
        fuzz_call(SYS_ACCEPT4, file, name, size, flags % 2 == 1 ? SOCK_NONBLOCK : flags, 0, 0);
    }
}

/* A listener, and a connection with it that was accepted; in the middle, it may fail. */
static void fuzz_connection(void)
{
    const struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = FUZZ_PORT << 8, .sin_addr = 0x0100007f};
    uint8_t *at = fuzz.memory + FUZZ_MEMORY - sizeof(name);
    uint8_t flags = fuzz_u8(&fuzz.input);
    long type = SOCK_STREAM | (flags % 2 == 1 ? SOCK_NONBLOCK : 0);
    memcpy(at, &name, sizeof(name));
    long listener = fuzz_call(SYS_SOCKET, AF_INET, type, 0, 0, 0, 0);
    fuzz_call(SYS_BIND, listener, (long)at, sizeof(name), 0, 0, 0);
    fuzz_call(SYS_LISTEN, listener, flags % 4, 0, 0, 0, 0);
    long client = fuzz_call(SYS_SOCKET, AF_INET, type, 0, 0, 0, 0);
    fuzz_call(SYS_CONNECT, client, (long)at, sizeof(name), 0, 0, 0);
    fuzz_call(SYS_ACCEPT4, listener, 0, 0, type & SOCK_NONBLOCK, 0, 0);
}

static void fuzz_getname(void)
{
    long file = fuzz_descriptor(), name = fuzz_pointer(8), size = fuzz_pointer(8);
    bool peer = fuzz_u8(&fuzz.input) % 2 == 1;
    fuzz_writes(name, fuzz_load(size));
    fuzz_writes(size, sizeof(uint32_t));
    fuzz_call(peer ? SYS_GETPEERNAME : SYS_GETSOCKNAME, file, name, size, 0, 0, 0);
}

/* ---- messages -------------------------------------------------------------------------------- */

static long fuzz_place(void)
{
    return (long)(fuzz.memory + fuzz_u16(&fuzz.input) % (FUZZ_MEMORY / 64) * 64);
}

static void fuzz_store(long at, const void *value, size_t size)
{
    size_t room = (size_t)((uintptr_t)fuzz.memory + FUZZ_MEMORY - (uintptr_t)at);
    memcpy((void *)at, value, MIN(size, room));
}

static void fuzz_store_parts(void)
{
    struct iovec parts[8];
    long at = fuzz_place();
    unsigned count = fuzz_u8(&fuzz.input) % (FUZZ_COUNT(parts) + 1);
    for (unsigned i = 0; i < count; i++) {
        parts[i].iov_base = (void *)fuzz_pointer(1);
        parts[i].iov_len = (size_t)fuzz_size();
    }
    fuzz_store(at, parts, count * sizeof(parts[0]));
}

static void fuzz_store_message(void)
{
    long at = fuzz_place();
    struct msghdr message = {.msg_name = (void *)fuzz_pointer(8)};
    message.msg_namelen = (uint32_t)fuzz_size();
    message.msg_iov = (struct iovec *)fuzz_pointer(64);
    message.msg_iovlen = (size_t)fuzz_size() % 128 - 2;
    message.msg_control = (void *)fuzz_pointer(8);
    message.msg_controllen = (size_t)fuzz_size();
    fuzz_store(at, &message, sizeof(message));
}

/* Pieces that are asked for: how much they are, at most SIZE_MAX. */
static size_t fuzz_declare_parts(long at, size_t count, bool written)
{
    size_t total = 0;
    if (count > MESSAGE_PARTS_MAX ||
        (count > 0 && !fuzz_is_ram(at, count * sizeof(struct iovec)))) {
        fuzz.must_fail = true;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct iovec part;
        memcpy(&part, (const uint8_t *)at + i * sizeof(part), sizeof(part));
        if (written) {
            fuzz_writes((long)part.iov_base, part.iov_len);
        } else {
            fuzz_reads((long)part.iov_base, part.iov_len);
        }
        if (__builtin_add_overflow(total, part.iov_len, &total)) {
            total = SIZE_MAX;
        }
    }
    return total;
}

/* Returns how much its pieces are. */
static size_t fuzz_declare_message(long at, bool written)
{
    struct msghdr message;
    if (!fuzz_is_ram(at, sizeof(message))) {
        fuzz.must_fail = true;
        return 0;
    }
    memcpy(&message, (const void *)at, sizeof(message));
    size_t total = fuzz_declare_parts((long)message.msg_iov, message.msg_iovlen, written);
    long name = (long)message.msg_name, control = (long)message.msg_control;
    if (written) {
        fuzz_writes(at, sizeof(message));
        fuzz_writes(name, name != 0 ? message.msg_namelen : 0);
        fuzz_writes(control, control != 0 ? message.msg_controllen : 0);
    } else {
        fuzz_reads(name, name != 0 ? message.msg_namelen : 0);
        fuzz_reads(control, control != 0 ? message.msg_controllen : 0);
    }
    return total;
}

static void fuzz_message(bool receives)
{
    long file = fuzz_descriptor(), at = fuzz_pointer(64), flags = fuzz_u8(&fuzz.input);
    size_t total = fuzz_declare_message(at, receives);
    long result = fuzz_call(receives ? SYS_RECVMSG : SYS_SENDMSG, file, at, flags, 0, 0, 0);
    bool whole = receives && (flags & MSG_TRUNC) != 0;
    FUZZ_CHECK(result < 0 || (size_t)result <= (whole ? UINT16_MAX : total));
}

/* What one message brings may be the next one's header: so anything may be written. */
static void fuzz_messages(bool receives)
{
    long file = fuzz_descriptor(), at = fuzz_pointer(64), count = fuzz_size();
    long flags = fuzz_u16(&fuzz.input), timeout = fuzz_pointer(8);
    if ((unsigned)count > 0) {
        fuzz_reads(at, sizeof(struct mmsghdr));
    }
    fuzz_writes((long)fuzz.memory, FUZZ_MEMORY);
    long result = fuzz_call(receives ? SYS_RECVMMSG : SYS_SENDMMSG, file, at, count,
                            flags | MSG_DONTWAIT, timeout, 0);
    FUZZ_CHECK(result <= (long)(unsigned)count);
}

static void fuzz_vector(bool reads)
{
    long file = fuzz_descriptor(), at = fuzz_pointer(64), count = fuzz_u8(&fuzz.input);
    size_t total = fuzz_declare_parts(at, (size_t)count, reads);
    long result = fuzz_call(reads ? SYS_READV : SYS_WRITEV, file, at, count, 0, 0, 0);
    FUZZ_CHECK(result < 0 || (size_t)result <= total);
}

/* ---- readiness ------------------------------------------------------------------------------- */

static void fuzz_ppoll(void)
{
    long files = fuzz_pointer(8), count = fuzz_u16(&fuzz.input), timeout = fuzz_pointer(8);
    long mask = fuzz_pointer(8), mask_size = fuzz_u8(&fuzz.input) % 16;
    count = count < 0xff00 ? count % 1030 : fuzz_size();
    fuzz_writes(files, count <= 1024 ? (size_t)count * sizeof(struct pollfd) : 0);
    fuzz_writes(timeout, timeout != 0 ? sizeof(struct kernel_timespec) : 0);
    fuzz_reads(mask, mask != 0 ? SIGSET_SIZE : 0);
    fuzz_check_count(fuzz_call(SYS_PPOLL, files, count, timeout, mask, mask_size, 0), count);
}

static void fuzz_pselect(void)
{
    long sets[3], end = fuzz_u16(&fuzz.input);
    end = end < 0xff00 ? end % 1100 : fuzz_size();
    size_t size = (int)end > 0 ? (MIN((size_t)(int)end, 1024) + 63) / 64 * 8 : 0;
    for (unsigned i = 0; i < FUZZ_COUNT(sets); i++) {
        sets[i] = fuzz_pointer(8);
        fuzz_writes(sets[i], sets[i] != 0 ? size : 0);
    }
    long timeout = fuzz_pointer(8), mask = fuzz_pointer(8);
    fuzz_writes(timeout, timeout != 0 ? sizeof(struct kernel_timespec) : 0);
    fuzz_reads(mask, mask != 0 ? 2 * sizeof(long) : 0);
    long result = fuzz_call(SYS_PSELECT6, end, sets[0], sets[1], sets[2], timeout, mask);
    FUZZ_CHECK(result < 0 || result <= 3 * (long)(int)end);
}

static void fuzz_epoll_ctl(void)
{
    long epoll = fuzz_descriptor(), operation = fuzz_u8(&fuzz.input) % 5, file = fuzz_descriptor();
    long event = fuzz_pointer(8);
    uint32_t events = fuzz_u32(&fuzz.input);
    if (fuzz_is_ram(event, sizeof(struct epoll_event)) && events != 0) {
        memcpy((void *)event, &events, sizeof(events));
    }
    fuzz_reads(event, operation != EPOLL_CTL_DEL ? sizeof(struct epoll_event) : 0);
    fuzz_call(SYS_EPOLL_CTL, epoll, operation, file, event, 0, 0);
}

static void fuzz_epoll_wait(void)
{
    long epoll = fuzz_descriptor(), events = fuzz_pointer(8), max = fuzz_size();
    long timeout = (int8_t)fuzz_u8(&fuzz.input), mask = fuzz_pointer(8);
    size_t size = (int)max > 0 ? (size_t)(int)max * sizeof(struct epoll_event) : 0;
    fuzz_writes(events, size);
    fuzz_reads(mask, mask != 0 ? SIGSET_SIZE : 0);
    long result = fuzz_call(SYS_EPOLL_PWAIT, epoll, events, max, timeout, mask, SIGSET_SIZE);
    FUZZ_CHECK(result < 0 || result <= (long)(int)max);
}

/* ---- files, signals, tasks ------------------------------------------------------------------- */

static void fuzz_store_path(void)
{
    static const char *const paths[] = {
        "/tmp/a",        "/tmp/b",         "/tmp/",
        "/proc/net/tcp", "/proc/net/udp",  "/proc/net/route",
        "/proc/net/dev", "/proc/net/tcp6", "/proc/net/nothing",
        "/proc/pools",   "/etc/net/dns",   "/",
    };
    long at = fuzz_place();
    const char *path = paths[fuzz_u8(&fuzz.input) % FUZZ_COUNT(paths)];
    fuzz_store(at, path, strlen(path) + 1);
}

static void fuzz_dup(void)
{
    long from = fuzz_descriptor(), to = fuzz_descriptor(), flags = fuzz_u8(&fuzz.input);
    if (flags == 0) {
        fuzz_call(SYS_DUP, from, 0, 0, 0, 0, 0);
    } else {
        fuzz_call(SYS_DUP3, from, to, flags % 2 == 1 ? 0 : O_CLOEXEC, 0, 0, 0);
    }
}

/* It calls the kernel itself, as handlers do. */
static void fuzz_handle_signal(int number)
{
    FUZZ_CHECK(number > 0 && number <= 64);
    fuzz.handled++;
    FUZZ_CHECK(system_call(SYS_GETPID, 0, 0, 0, 0, 0, 0) > 0);
}

static void fuzz_sigaction(void)
{
    const uintptr_t handlers[] = {
        0, 1, (uintptr_t)fuzz_handle_signal, (uintptr_t)fuzz.memory, 2, UINTPTR_MAX};
    static const uint64_t flags[] = {0, SA_RESTART, SA_NODEFER | SA_RESTORER, SA_RESETHAND,
                                     4, UINT64_MAX};
    uint8_t how = fuzz_u8(&fuzz.input);
    long number = (int8_t)fuzz_u8(&fuzz.input), action = fuzz_pointer(8), before = fuzz_pointer(8);
    unsigned handler = how % FUZZ_COUNT(handlers);
    struct kernel_sigaction value = {
        .sa_handler = (signal_handler_fn *)handlers[handler],
        .sa_flags = flags[how / FUZZ_COUNT(handlers) % FUZZ_COUNT(flags)],
        .sa_mask = fuzz_u16(&fuzz.input),
    };
    if (fuzz_is_ram(action, sizeof(value))) {
        memcpy((void *)action, &value, sizeof(value));
        fuzz.must_fail = handler >= 3; /* no code */
    }
    fuzz_reads(action, action != 0 ? sizeof(value) : 0);
    fuzz_writes(before, before != 0 ? sizeof(value) : 0);
    fuzz_call(SYS_RT_SIGACTION, number, action, before, SIGSET_SIZE, 0, 0);
}

static void fuzz_sigprocmask(void)
{
    long how = fuzz_u8(&fuzz.input) % 4, set = fuzz_pointer(8), before = fuzz_pointer(8);
    fuzz_reads(set, set != 0 ? SIGSET_SIZE : 0);
    fuzz_writes(before, before != 0 ? SIGSET_SIZE : 0);
    fuzz_call(SYS_RT_SIGPROCMASK, how, set, before, SIGSET_SIZE, 0, 0);
}

/* One that rang each microsecond would take all of the time there is. */
static void fuzz_itimer(void)
{
    static const struct kernel_timeval times[] = {{0, 0},  {0, 200000}, {3, 0},        {0, 1000000},
                                                  {-1, 0}, {0, -1},     {INT64_MAX, 0}};
    uint8_t what = fuzz_u8(&fuzz.input);
    long value = fuzz_pointer(8), before = fuzz_pointer(8);
    struct kernel_itimerval timer = {
        .it_value = times[what % FUZZ_COUNT(times)],
        .it_interval = times[what / FUZZ_COUNT(times) % FUZZ_COUNT(times)],
    };
    if (what >= 0xf0) {
        fuzz_writes(value, sizeof(timer));
        fuzz_call(SYS_GETITIMER, ITIMER_REAL, value, 0, 0, 0, 0);
        return;
    }
    if (fuzz_is_ram(value, sizeof(timer))) {
        memcpy((void *)value, &timer, sizeof(timer));
    }
    fuzz_reads(value, value != 0 ? sizeof(timer) : 0);
    fuzz_writes(before, before != 0 ? sizeof(timer) : 0);
    fuzz_call(SYS_SETITIMER, ITIMER_REAL, value, before, 0, 0, 0);
}

/* Mostly itself. */
static void fuzz_kill(void)
{
    uint8_t who = fuzz_u8(&fuzz.input);
    long self = system_call(SYS_GETPID, 0, 0, 0, 0, 0, 0);
    fuzz_call(SYS_KILL, who < 0xe0 ? self : (long)(int8_t)who, (int8_t)fuzz_u8(&fuzz.input), 0, 0,
              0, 0);
}

static void fuzz_task(void)
{
    static const long calls[] = {SYS_GETPID, SYS_SCHED_YIELD, SYS_CLOCK_GETTIME};
    long call = calls[fuzz_u8(&fuzz.input) % FUZZ_COUNT(calls)], at = fuzz_pointer(8);
    if (call == SYS_CLOCK_GETTIME) {
        fuzz_writes(at, sizeof(struct kernel_timespec));
    }
    fuzz_call(call, CLOCK_REALTIME, at, 0, 0, 0, 0);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void fuzz_close(void)
{
    fuzz_call(SYS_CLOSE, fuzz_descriptor(), 0, 0, 0, 0, 0);
}

static void fuzz_bind(void)
{
    fuzz_name(SYS_BIND);
}

static void fuzz_connect(void)
{
    fuzz_name(SYS_CONNECT);
}

static void fuzz_fcntl(void)
{
    long file = fuzz_descriptor(), command = fuzz_u8(&fuzz.input);
    command = command < 0xf0 ? command % 6 : F_DUPFD_CLOEXEC;
    fuzz_call(SYS_FCNTL, file, command, fuzz_size(), 0, 0, 0);
}

static void fuzz_open(void)
{
    long path = fuzz_pointer(1), flags = fuzz_size();
    fuzz_call(SYS_OPENAT, AT_FDCWD, path, flags, 0, 0, 0);
}

static void fuzz_listen(void)
{
    long file = fuzz_descriptor();
    fuzz_call(SYS_LISTEN, file, fuzz_size(), 0, 0, 0, 0);
}

static void fuzz_shutdown(void)
{
    long file = fuzz_descriptor();
    fuzz_call(SYS_SHUTDOWN, file, fuzz_u8(&fuzz.input) % 4, 0, 0, 0, 0);
}

static void fuzz_lseek(void)
{
    long file = fuzz_descriptor(), offset = fuzz_size();
    fuzz_call(SYS_LSEEK, file, offset, fuzz_u8(&fuzz.input) % 4, 0, 0, 0);
}

static void fuzz_unlink(void)
{
    long path = fuzz_pointer(1);
    fuzz_call(SYS_UNLINKAT, AT_FDCWD, path, fuzz_u8(&fuzz.input) % 2, 0, 0, 0);
}

static void fuzz_read(void)
{
    fuzz_read_or_write(true);
}

static void fuzz_write(void)
{
    fuzz_read_or_write(false);
}

static void fuzz_nanosleep(void)
{
    fuzz_time(true);
}

static void fuzz_gettime(void)
{
    fuzz_time(false);
}

static void fuzz_sendmsg(void)
{
    fuzz_message(false);
}

static void fuzz_recvmsg(void)
{
    fuzz_message(true);
}

static void fuzz_sendmmsg(void)
{
    fuzz_messages(false);
}

static void fuzz_recvmmsg(void)
{
    fuzz_messages(true);
}

static void fuzz_readv(void)
{
    fuzz_vector(true);
}

static void fuzz_writev(void)
{
    fuzz_vector(false);
}

static void fuzz_epoll_create(void)
{
    fuzz_call(SYS_EPOLL_CREATE1, fuzz_u8(&fuzz.input) % 2, 0, 0, 0, 0, 0);
}

static void fuzz_eventfd(void)
{
    long count = fuzz_size();
    long flags = fuzz_u8(&fuzz.input) % 2 == 1 ? EFD_NONBLOCK : EFD_SEMAPHORE;
    fuzz_call(SYS_EVENTFD2, count, flags, 0, 0, 0, 0);
}

static void (*const fuzz_steps[FUZZ_OPS])(void) = {
    [FUZZ_BYTES] = fuzz_store_bytes,
    [FUZZ_POINTER] = fuzz_store_pointer,
    [FUZZ_SOCKET] = fuzz_socket,
    [FUZZ_CLOSE] = fuzz_close,
    [FUZZ_BIND] = fuzz_bind,
    [FUZZ_CONNECT] = fuzz_connect,
    [FUZZ_SENDTO] = fuzz_sendto,
    [FUZZ_RECVFROM] = fuzz_recvfrom,
    [FUZZ_SETSOCKOPT] = fuzz_setsockopt,
    [FUZZ_GETSOCKOPT] = fuzz_getsockopt,
    [FUZZ_IOCTL] = fuzz_ioctl,
    [FUZZ_FCNTL] = fuzz_fcntl,
    [FUZZ_READ] = fuzz_read,
    [FUZZ_WRITE] = fuzz_write,
    [FUZZ_OPEN] = fuzz_open,
    [FUZZ_NANOSLEEP] = fuzz_nanosleep,
    [FUZZ_GETTIME] = fuzz_gettime,
    [FUZZ_RANDOM] = fuzz_random,
    [FUZZ_ANY] = fuzz_any,
    [FUZZ_LISTEN] = fuzz_listen,
    [FUZZ_ACCEPT] = fuzz_accept,
    [FUZZ_CONNECTION] = fuzz_connection,
    [FUZZ_SHUTDOWN] = fuzz_shutdown,
    [FUZZ_GETNAME] = fuzz_getname,
    [FUZZ_PARTS] = fuzz_store_parts,
    [FUZZ_MESSAGE] = fuzz_store_message,
    [FUZZ_SENDMSG] = fuzz_sendmsg,
    [FUZZ_RECVMSG] = fuzz_recvmsg,
    [FUZZ_SENDMMSG] = fuzz_sendmmsg,
    [FUZZ_RECVMMSG] = fuzz_recvmmsg,
    [FUZZ_READV] = fuzz_readv,
    [FUZZ_WRITEV] = fuzz_writev,
    [FUZZ_PPOLL] = fuzz_ppoll,
    [FUZZ_PSELECT] = fuzz_pselect,
    [FUZZ_EPOLL_CREATE] = fuzz_epoll_create,
    [FUZZ_EPOLL_CTL] = fuzz_epoll_ctl,
    [FUZZ_EPOLL_WAIT] = fuzz_epoll_wait,
    [FUZZ_EVENTFD] = fuzz_eventfd,
    [FUZZ_DUP] = fuzz_dup,
    [FUZZ_LSEEK] = fuzz_lseek,
    [FUZZ_PATH] = fuzz_store_path,
    [FUZZ_UNLINK] = fuzz_unlink,
    [FUZZ_KILL] = fuzz_kill,
    [FUZZ_SIGACTION] = fuzz_sigaction,
    [FUZZ_SIGPROCMASK] = fuzz_sigprocmask,
    [FUZZ_ITIMER] = fuzz_itimer,
    [FUZZ_TASK] = fuzz_task,
};

static void fuzz_step(void)
{
    fuzz.writable_count = 0;
    fuzz.must_fail = false;
    fuzz_steps[fuzz_u8(&fuzz.input) % FUZZ_OPS]();
}

/* The console is closed: what a program writes there is kept by the fake machine. */
static int fuzz_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        FUZZ_CHECK(system_call(SYS_CLOSE, descriptor, 0, 0, 0, 0, 0) == 0);
    }
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&fuzz.input); i++) {
        fuzz_step();
        fake_log_clear();
    }
    return 0;
}

/* ---- a run ----------------------------------------------------------------------------------- */

static int fuzz_transmit(struct netif *netif, struct nbuf *nbuf)
{
    (void)netif;
    nbuf_free(nbuf);
    return 0;
}

/* Polls the stack, as a driver's task does. */
static void fuzz_netd(void *arg)
{
    struct waiter waiter;
    (void)arg;
    for (;;) {
        wait_prepare(&fuzz.wake, &waiter, "irq");
        uint64_t deadline_ns = netif_poll(clock_now_ns());
        (void)wait_commit_uninterruptible(&waiter, deadline_ns);
    }
}

static void fuzz_boot(void)
{
    static const struct program_entry entry = {"fuzz", fuzz_main};
    fake_boot_with(&entry, 1);
    netstack_init();
    posix_init();
    fuzz.netif = (struct netif){
        .mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
        .mtu = 1500,
        .transmit = fuzz_transmit,
        .wake = &fuzz.wake,
    };
    wait_queue_init(&fuzz.wake);
    FUZZ_CHECK(netif_register(&fuzz.netif) == 0);
    FUZZ_CHECK(task_create("netd", fuzz_netd, NULL) != NULL);
    const struct hal_boot *boot = hal_boot_info();
    fuzz.memory = hal_phys_to_virt(boot->ram_base + boot->ram_size - FUZZ_MEMORY);
    fuzz.bulk = fuzz.memory - FUZZ_BULK;
    memset(fuzz.bulk, 0, FUZZ_BULK + FUZZ_MEMORY);
}

/* In steps, since what happens is written down and room for that is limited. */
static void fuzz_pass_time(uint64_t time_ns, uint64_t step_ns)
{
    uint64_t end_ns = fake_now_ns + time_ns;
    while (fake_now_ns < end_ns) {
        fake_run_until(MIN(fake_now_ns + step_ns, end_ns));
        fake_log_clear();
    }
}

/* A signal ends what still waits. Nothing that belongs to the stack may be left. */
static void fuzz_shut_down(void)
{
    fuzz_pass_time(FUZZ_PATIENCE_NS, FUZZ_PATIENCE_NS / 64);
    if (program_kill(FUZZ_PROGRAM, 0) == 0) {
        FUZZ_CHECK(program_kill(FUZZ_PROGRAM, SIGKILL) == 0);
        fake_run();
        FUZZ_CHECK(program_kill(FUZZ_PROGRAM, 0) < 0);
    }
    fuzz_pass_time(FUZZ_DYING_NS, FUZZ_PATIENCE_NS);
    FUZZ_CHECK(tcp_next(NULL) == NULL);
    FUZZ_CHECK(tcp_blocks_used() == 0);
    netstack_lock();
    interface_set_up(interface_of(&fuzz.netif), false);
    netstack_unlock();
    FUZZ_CHECK(nbuf_free_count() == NBUF_COUNT);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    fuzz.input = (struct fuzz_input){.data = data, .size = size};
    fuzz_boot();
    FUZZ_CHECK(program_start(FUZZ_PROGRAM, "fuzz") == 0);
    fuzz_shut_down();
}
