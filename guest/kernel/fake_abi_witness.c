/*
 * fake_abi_witness.c - the numbers and layouts of the host's headers; system calls are those of
 * arm64, the generic ones
 */
#include "kernel/abi_witness.h"

#include <arpa/inet.h>
#include <asm-generic/unistd.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define ABI_NUMBER(name)         {#name, (long)(name)},
#define ABI_CALL(name)           {#name, (long)(__NR##name)},
#define ABI_SIZE(type)           {#type, (long)sizeof(type)},
#define ABI_OFFSET(type, member) {#type "." #member, (long)offsetof(type, member)},

const struct abi_number abi_numbers[] = {
#include "kernel/abi_names.h"
    ABI_CALL(_fcntl) ABI_CALL(_ioctl) ABI_CALL(_openat) ABI_CALL(_close) ABI_CALL(_read) ABI_CALL(
        _write) ABI_CALL(_exit) ABI_CALL(_nanosleep) ABI_CALL(_clock_gettime) ABI_CALL(_sched_yield)
        ABI_CALL(_getpid) ABI_CALL(_socket) ABI_CALL(_bind) ABI_CALL(_connect) ABI_CALL(_sendto)
            ABI_CALL(_recvfrom) ABI_CALL(_setsockopt) ABI_CALL(_getsockopt) ABI_CALL(_getrandom)
                ABI_SIZE(struct timespec) ABI_SIZE(struct timeval) ABI_SIZE(struct sockaddr)
                    ABI_SIZE(struct sockaddr_in) ABI_SIZE(struct ifreq) ABI_SIZE(struct rtentry)
                        ABI_OFFSET(struct sockaddr_in, sin_port) ABI_OFFSET(
                            struct sockaddr_in, sin_addr) ABI_OFFSET(struct ifreq, ifr_addr)
                            ABI_OFFSET(struct ifreq, ifr_flags) ABI_OFFSET(struct rtentry, rt_dst)
                                ABI_OFFSET(struct rtentry, rt_gateway)
                                    ABI_OFFSET(struct rtentry, rt_genmask)
                                        ABI_OFFSET(struct rtentry, rt_flags)
                                            ABI_OFFSET(struct rtentry, rt_metric)
                                                ABI_OFFSET(struct rtentry, rt_dev)};
const size_t abi_number_count = sizeof abi_numbers / sizeof abi_numbers[0];
