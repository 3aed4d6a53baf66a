/*
 * abi_test.c - what programs see of the kernel is arm64 Linux: numbers and layouts against the
 * host's own headers
 */
#include "kernel/abi_witness.h"
#include "kernel/sockios.h"
#include "kernel/syscall.h"
#include "tests/unit.h"

#include <string.h>

#define ABI_NUMBER(name)         {#name, (long)(name)},
#define ABI_CALL(ours, name)     {#name, (long)(ours)},
#define ABI_SIZE(ours, type)     {#type, (long)sizeof(ours)},
#define ABI_OFFSET(type, member) {#type "." #member, (long)offsetof(type, member)},

static const struct abi_number ours[] = {
#include "kernel/abi_names.h"
    ABI_CALL(SYS_FCNTL, _fcntl) ABI_CALL(SYS_IOCTL, _ioctl) ABI_CALL(SYS_OPENAT, _openat) ABI_CALL(
        SYS_CLOSE, _close) ABI_CALL(SYS_READ, _read) ABI_CALL(SYS_WRITE, _write)
        ABI_CALL(SYS_EXIT, _exit) ABI_CALL(SYS_NANOSLEEP, _nanosleep) ABI_CALL(
            SYS_CLOCK_GETTIME, _clock_gettime) ABI_CALL(SYS_SCHED_YIELD, _sched_yield)
            ABI_CALL(SYS_GETPID, _getpid) ABI_CALL(SYS_SOCKET, _socket) ABI_CALL(SYS_BIND, _bind)
                ABI_CALL(SYS_CONNECT, _connect) ABI_CALL(SYS_SENDTO, _sendto) ABI_CALL(
                    SYS_RECVFROM, _recvfrom) ABI_CALL(SYS_SETSOCKOPT, _setsockopt)
                    ABI_CALL(SYS_GETSOCKOPT, _getsockopt) ABI_CALL(SYS_GETRANDOM, _getrandom)
                        ABI_SIZE(struct kernel_timespec, struct timespec) ABI_SIZE(
                            struct kernel_timeval, struct timeval) ABI_SIZE(struct sockaddr,
                                                                            struct sockaddr)
                            ABI_SIZE(struct sockaddr_in, struct sockaddr_in) ABI_SIZE(
                                struct ifreq, struct ifreq) ABI_SIZE(struct rtentry, struct rtentry)
                                ABI_OFFSET(struct sockaddr_in, sin_port) ABI_OFFSET(
                                    struct sockaddr_in, sin_addr) ABI_OFFSET(struct ifreq, ifr_addr)
                                    ABI_OFFSET(struct ifreq, ifr_flags)
                                        ABI_OFFSET(struct rtentry, rt_dst)
                                            ABI_OFFSET(struct rtentry, rt_gateway)
                                                ABI_OFFSET(struct rtentry, rt_genmask)
                                                    ABI_OFFSET(struct rtentry, rt_flags)
                                                        ABI_OFFSET(struct rtentry, rt_metric)
                                                            ABI_OFFSET(struct rtentry, rt_dev)};

static void test_numbers_and_layouts_are_linux(void)
{
    CU_ASSERT_EQUAL_FATAL(sizeof ours / sizeof ours[0], abi_number_count);
    for (size_t i = 0; i < abi_number_count; i++) {
        CU_ASSERT_STRING_EQUAL(ours[i].name, abi_numbers[i].name);
        if (ours[i].value != abi_numbers[i].value)
            printf("%s: %ld here, %ld there\n", ours[i].name, ours[i].value, abi_numbers[i].value);
        CU_ASSERT_EQUAL(ours[i].value, abi_numbers[i].value);
    }
}

UNIT_SUITE("abi", UNIT_TEST(test_numbers_and_layouts_are_linux))
