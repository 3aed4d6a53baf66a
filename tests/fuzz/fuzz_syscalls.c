/*
 * fuzz_syscalls.c - any system calls of a program at the reference guest's kernel and stack
 *
 * The input is a list of calls on sockets and files with their arguments, of bytes that the program
 * stores in its memory in between, and of pointers there. Its memory is the end of RAM. Arguments
 * point into it, across its end, or where no memory is; sizes are anything. Structures are aligned
 * as a compiler aligns them. Whatever the program does:
 *   - the guest does not panic, and an error is an errno value;
 *   - the kernel writes only where the call says that it does, looked at byte by byte;
 *   - a call whose argument is not in RAM fails, and no call transfers more than it was asked for;
 *   - it can be ended, and every buffer is free again then.
 * A call may wait: after some virtual time a signal ends the program.
 */
#include "kernel/fake_hal.h"
#include "kernel/netif.h"
#include "kernel/program.h"
#include "kernel/sockios.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/posix/posix.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define FUZZ_STEPS_MAX    64
#define FUZZ_MEMORY       16384
#define FUZZ_PROGRAM      7
#define FUZZ_PATIENCE_NS  UINT64_C(100000000000)
#define FUZZ_WRITABLE_MAX 3
#define FUZZ_ERRNO_MAX    4095
#define FUZZ_COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
    FUZZ_OPS,
};

static struct {
    struct fuzz_input input;
    struct netif netif;
    struct wait_queue wake;
    uint8_t *memory;
    uint8_t before[FUZZ_MEMORY];
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
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)fuzz.memory;
    return offset < FUZZ_MEMORY && size <= FUZZ_MEMORY - offset;
}

/* The program's memory, its end, or none at all. */
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
    }
    return (long)(address & ~(alignment - 1));
}

static long fuzz_size(void)
{
    static const long extremes[] = {-1,        INT32_MIN, INT32_MAX,   UINT32_MAX,   INT64_MIN,
                                    INT64_MAX, 65536,     FUZZ_MEMORY, SOCK_NONBLOCK};
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
        size_t offset = fuzz.writable[i].at - (uintptr_t)fuzz.memory, size = fuzz.writable[i].size;
        if (offset < FUZZ_MEMORY) {
            size = size < FUZZ_MEMORY - offset ? size : FUZZ_MEMORY - offset;
            memcpy(fuzz.before + offset, fuzz.memory + offset, size);
        }
    }
    FUZZ_CHECK(memcmp(fuzz.memory, fuzz.before, FUZZ_MEMORY) == 0);
}

static long fuzz_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    memcpy(fuzz.before, fuzz.memory, FUZZ_MEMORY);
    long result = system_call(number, a0, a1, a2, a3, a4, a5);
    FUZZ_CHECK(result >= -FUZZ_ERRNO_MAX);
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
    long type = what < 0xe0 ? SOCK_DGRAM : what;
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
    static const int names[] = {SO_RCVTIMEO, SO_SNDTIMEO, SO_ERROR, SO_BROADCAST, SO_BINDTODEVICE};
    uint8_t what = fuzz_u8(&fuzz.input);
    *level = what < 0xf0 ? SOL_SOCKET : what;
    *name = what < 0xe0 ? names[what % FUZZ_COUNT(names)] : what;
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
        SIOCADDRT,   SIOCDELRT,      SIOCGIFFLAGS,   SIOCSIFFLAGS,   SIOCGIFADDR,
        SIOCSIFADDR, SIOCGIFBRDADDR, SIOCSIFBRDADDR, SIOCGIFNETMASK, SIOCSIFMTU,
        SIOCGIFMTU,  SIOCSIFNETMASK, SIOCGIFHWADDR,  SIOCGIFINDEX,   SIOCGIFNAME,
    };
    long file = fuzz_descriptor();
    uint8_t what = fuzz_u8(&fuzz.input);
    long request = what < 0xe0 ? requests[what % FUZZ_COUNT(requests)] : fuzz_u16(&fuzz.input);
    long argument = fuzz_pointer(8);
    if (request == SIOCADDRT || request == SIOCDELRT) {
        fuzz_reads(argument, sizeof(struct rtentry));
    } else if (request >> 8 == SIOCGIFADDR >> 8) {
        fuzz_writes(argument, sizeof(struct ifreq));
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

static void fuzz_step(void)
{
    fuzz.writable_count = 0;
    fuzz.must_fail = false;
    switch ((enum fuzz_op)(fuzz_u8(&fuzz.input) % FUZZ_OPS)) {
    case FUZZ_BYTES:
        fuzz_store_bytes();
        break;
    case FUZZ_POINTER:
        fuzz_store_pointer();
        break;
    case FUZZ_SOCKET:
        fuzz_socket();
        break;
    case FUZZ_CLOSE:
        fuzz_call(SYS_CLOSE, fuzz_descriptor(), 0, 0, 0, 0, 0);
        break;
    case FUZZ_BIND:
        fuzz_name(SYS_BIND);
        break;
    case FUZZ_CONNECT:
        fuzz_name(SYS_CONNECT);
        break;
    case FUZZ_SENDTO:
        fuzz_sendto();
        break;
    case FUZZ_RECVFROM:
        fuzz_recvfrom();
        break;
    case FUZZ_SETSOCKOPT:
        fuzz_setsockopt();
        break;
    case FUZZ_GETSOCKOPT:
        fuzz_getsockopt();
        break;
    case FUZZ_IOCTL:
        fuzz_ioctl();
        break;
    case FUZZ_FCNTL:
        fuzz_call(SYS_FCNTL, fuzz_descriptor(), fuzz_u8(&fuzz.input), fuzz_size(), 0, 0, 0);
        break;
    case FUZZ_READ:
        fuzz_read_or_write(true);
        break;
    case FUZZ_WRITE:
        fuzz_read_or_write(false);
        break;
    case FUZZ_OPEN:
        fuzz_call(SYS_OPENAT, AT_FDCWD, fuzz_pointer(1), fuzz_size(), 0, 0, 0);
        break;
    case FUZZ_NANOSLEEP:
        fuzz_time(true);
        break;
    case FUZZ_GETTIME:
        fuzz_time(false);
        break;
    case FUZZ_RANDOM:
        fuzz_random();
        break;
    case FUZZ_ANY:
        fuzz_any();
        break;
    case FUZZ_OPS:
        break;
    }
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
    const struct hal_boot *boot = hal_boot_info();
    fuzz.memory = hal_phys_to_virt(boot->ram_base + boot->ram_size - FUZZ_MEMORY);
    memset(fuzz.memory, 0, FUZZ_MEMORY);
}

/* A signal ends what still waits. Nothing that belongs to the stack may be left. */
static void fuzz_shut_down(void)
{
    fake_run_until(fake_now_ns + FUZZ_PATIENCE_NS);
    fake_log_clear();
    if (program_kill(FUZZ_PROGRAM, 0) == 0) {
        FUZZ_CHECK(program_kill(FUZZ_PROGRAM, 2) == 0);
        fake_run();
        FUZZ_CHECK(program_kill(FUZZ_PROGRAM, 0) < 0);
    }
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
