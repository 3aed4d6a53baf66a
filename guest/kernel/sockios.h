/*
 * sockios.h - ioctls on a datagram socket that show and change interfaces and routes
 *
 * Numbers and layouts of 64-bit Linux. Programs see this header too.
 */
#ifndef KERNEL_SOCKIOS_H
#define KERNEL_SOCKIOS_H

#include "kernel/syscall.h"
#include "lib/kassert.h"

#include <stdint.h>

enum {
    SIOCADDRT = 0x890b,    /* struct rtentry: adds a route */
    SIOCDELRT = 0x890c,    /* struct rtentry: removes one */
    SIOCGIFFLAGS = 0x8913, /* ifr_flags */
    SIOCSIFFLAGS = 0x8914,
    SIOCGIFADDR = 0x8915, /* ifr_addr; -KEADDRNOTAVAIL when there is none */
    /* Sets the netmask of the address's class as well, as Linux does; 0.0.0.0 takes it away. */
    SIOCSIFADDR = 0x8916,
    SIOCGIFBRDADDR = 0x8919,
    SIOCSIFBRDADDR = 0x891a,
    SIOCGIFNETMASK = 0x891b,
    SIOCSIFNETMASK = 0x891c,
    SIOCGIFMTU = 0x8921, /* ifr_mtu */
    SIOCSIFMTU = 0x8922,
    SIOCGIFHWADDR = 0x8927, /* ifr_hwaddr: sa_family ARPHRD_*, then the MAC */
    SIOCGIFINDEX = 0x8933,  /* ifr_ifindex, by name */
    SIOCGIFNAME = 0x8910,   /* ifr_name, by ifr_ifindex; -KENODEV when there is no such interface */
};

#define IFNAMSIZ        16
#define ARPHRD_ETHER    1
#define ARPHRD_LOOPBACK 772

/* ifr_flags */
#define IFF_UP        0x1
#define IFF_BROADCAST 0x2
#define IFF_LOOPBACK  0x8
#define IFF_RUNNING   0x40
#define IFF_MULTICAST 0x1000

/* rt_flags */
#define RTF_UP      0x1
#define RTF_GATEWAY 0x2
#define RTF_HOST    0x4

struct ifreq {
    char ifr_name[IFNAMSIZ];
    union {
        struct sockaddr ifr_addr; /* also broadcast address and netmask */
        struct sockaddr ifr_hwaddr;
        int16_t ifr_flags;
        int32_t ifr_ifindex;
        int32_t ifr_mtu;
        uint8_t ifr_pad[24];
    };
};
kstatic_assert(sizeof(struct ifreq) == 40, "struct ifreq as on 64-bit Linux");

struct rtentry {
    uint64_t rt_pad1;
    struct sockaddr rt_dst;     /* of AF_INET, as the two below */
    struct sockaddr rt_gateway; /* with RTF_GATEWAY */
    struct sockaddr rt_genmask;
    uint16_t rt_flags;
    int16_t rt_pad2;
    uint64_t rt_pad3;
    void *rt_pad4;
    int16_t rt_metric; /* + 1 */
    /* A NUL-terminated name, or NULL: the interface through which the gateway is reached. */
    char *rt_dev;
    uint64_t rt_mtu, rt_window;
    uint16_t rt_irtt;
};
kstatic_assert(sizeof(struct rtentry) == 120, "struct rtentry as on 64-bit Linux");

#endif
