/*
 * fuzz_calls_socket.c - steps of a fuzzed program: sockets and messages
 */
#include "kernel/sockios.h"
#include "kernel/syscall.h"
#include "tests/fuzz/fuzz_calls.h"

#include <string.h>

#define FUZZ_PORT 68

void fuzz_socket(void)
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

void fuzz_bind(void)
{
    fuzz_name(SYS_BIND);
}

void fuzz_connect(void)
{
    fuzz_name(SYS_CONNECT);
}

void fuzz_sendto(void)
{
    long file = fuzz_descriptor(), buffer = fuzz_pointer(1), size = fuzz_size();
    long flags = fuzz_u8(&fuzz.input), to = fuzz_pointer(8), to_size = fuzz_size();
    fuzz_reads(buffer, (size_t)size);
    fuzz_reads(to, to != 0 ? (size_t)(int)to_size : 0);
    fuzz_check_count(fuzz_call(SYS_SENDTO, file, buffer, size, flags, to, to_size), size);
}

void fuzz_recvfrom(void)
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

void fuzz_setsockopt(void)
{
    long level, name, file = fuzz_descriptor();
    fuzz_option(&level, &name);
    long value = fuzz_pointer(8), size = fuzz_size();
    fuzz_reads(value, (size_t)(int)size);
    fuzz_call(SYS_SETSOCKOPT, file, level, name, value, size, 0);
}

void fuzz_getsockopt(void)
{
    long level, name, file = fuzz_descriptor();
    fuzz_option(&level, &name);
    long value = fuzz_pointer(8), size = fuzz_pointer(8);
    fuzz_writes(value, fuzz_load(size));
    fuzz_writes(size, sizeof(uint32_t));
    fuzz_call(SYS_GETSOCKOPT, file, level, name, value, size, 0);
}

void fuzz_ioctl(void)
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

void fuzz_listen(void)
{
    long file = fuzz_descriptor();
    fuzz_call(SYS_LISTEN, file, fuzz_size(), 0, 0, 0, 0);
}

void fuzz_accept(void)
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
void fuzz_connection(void)
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

void fuzz_shutdown(void)
{
    long file = fuzz_descriptor();
    fuzz_call(SYS_SHUTDOWN, file, fuzz_u8(&fuzz.input) % 4, 0, 0, 0, 0);
}

void fuzz_getname(void)
{
    long file = fuzz_descriptor(), name = fuzz_pointer(8), size = fuzz_pointer(8);
    bool peer = fuzz_u8(&fuzz.input) % 2 == 1;
    fuzz_writes(name, fuzz_load(size));
    fuzz_writes(size, sizeof(uint32_t));
    fuzz_call(peer ? SYS_GETPEERNAME : SYS_GETSOCKNAME, file, name, size, 0, 0, 0);
}

void fuzz_store_parts(void)
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

void fuzz_store_message(void)
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

void fuzz_sendmsg(void)
{
    fuzz_message(false);
}

void fuzz_recvmsg(void)
{
    fuzz_message(true);
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

void fuzz_sendmmsg(void)
{
    fuzz_messages(false);
}

void fuzz_recvmmsg(void)
{
    fuzz_messages(true);
}

static void fuzz_vector(bool reads)
{
    long file = fuzz_descriptor(), at = fuzz_pointer(64), count = fuzz_u8(&fuzz.input);
    size_t total = fuzz_declare_parts(at, (size_t)count, reads);
    long result = fuzz_call(reads ? SYS_READV : SYS_WRITEV, file, at, count, 0, 0, 0);
    FUZZ_CHECK(result < 0 || (size_t)result <= total);
}

void fuzz_readv(void)
{
    fuzz_vector(true);
}

void fuzz_writev(void)
{
    fuzz_vector(false);
}
