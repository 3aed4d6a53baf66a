/*
 * dhcp.c - dhcp INTERFACE
 *
 * A DHCP client [RFC2131]: takes away the address that the interface has, asks for another one, and
 * sets it, its mask and the default route. The lease is printed and not renewed: the program ends.
 *
 *     DISCOVER ──► OFFER ──► REQUEST ──► ACK     each of ours up to DHCP_TRIES times, 4, 8, 16 s
 *        ▲                      │                apart, a second more or less each time; 32 s for
 *        └── NAK, or silence ◄──┘                the last answer; up to DHCP_ROUNDS rounds
 *
 * Replies are to be broadcast, since nothing else can be received without an address. The first
 * acceptable offer is taken; what is not acceptable is as if it had not come.
 *
 * DEVIATION: no random delay before the first message (4.4.1), which is for many hosts that are
 * switched on together, and no ARP probe of the address before it is used (4.4.1, a SHOULD).
 *
 * Exit status: 0; 1 when there is no lease, or the kernel refuses; 2 for a command line that makes
 * no sense.
 */
#include "kernel/sockios.h"
#include "lib/endian.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define DHCP_EXIT_FAILED 1

#define DHCP_CLIENT_PORT  68
#define DHCP_SERVER_PORT  67
#define DHCP_TRIES        4
#define DHCP_ROUNDS       3
#define DHCP_INTERVAL_NS  (4 * USER_NS_PER_S) /* before the second try */
#define DHCP_JITTER_US    1000000             /* more or less */
#define DHCP_INFINITE     UINT32_MAX          /* of leases, in seconds */
#define DHCP_MESSAGE_MAX  1472                /* that is received; what an Ethernet frame holds */
#define DHCP_MESSAGE_SIZE 300                 /* that is sent: as old BOOTP relays want it */

/* Where things are in a message. */
enum {
    DHCP_AT_OP = 0,
    DHCP_AT_HTYPE = 1,
    DHCP_AT_HLEN = 2,
    DHCP_AT_XID = 4,
    DHCP_AT_SECS = 8,
    DHCP_AT_FLAGS = 10,
    DHCP_AT_YIADDR = 16,
    DHCP_AT_CHADDR = 28,
    DHCP_AT_SNAME = 44,
    DHCP_AT_FILE = 108,
    DHCP_AT_COOKIE = 236,
    DHCP_AT_OPTIONS = 240,
};
#define DHCP_SNAME_SIZE     64
#define DHCP_FILE_SIZE      128
#define DHCP_BOOTREQUEST    1
#define DHCP_BOOTREPLY      2
#define DHCP_FLAG_BROADCAST 0x8000
#define DHCP_COOKIE         0x63825363
#define DHCP_MAC_SIZE       6

enum {
    DHCP_OPTION_PAD = 0,
    DHCP_OPTION_MASK = 1,
    DHCP_OPTION_ROUTER = 3,
    DHCP_OPTION_DNS = 6,
    DHCP_OPTION_REQUESTED = 50,
    DHCP_OPTION_LEASE = 51,
    DHCP_OPTION_OVERLOAD = 52,
    DHCP_OPTION_TYPE = 53,
    DHCP_OPTION_SERVER = 54,
    DHCP_OPTION_PARAMETERS = 55,
    DHCP_OPTION_END = 255,
};
#define DHCP_OVERLOAD_FILE  1
#define DHCP_OVERLOAD_SNAME 2

enum {
    DHCP_NONE = 0,
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_ACK = 5,
    DHCP_NAK = 6,
};

/* What a reply says; 0 is what it does not say. */
struct dhcp_reply {
    uint8_t type;
    uint8_t overload;
    uint32_t server;
    uint32_t address, mask, router, dns;
    uint32_t lease_s;
};

enum dhcp_result {
    DHCP_ANSWERED,
    DHCP_SILENCE,
    DHCP_FAILED, /* the kernel refuses; said already */
};

struct dhcp {
    struct user_output output;
    char interface[IFNAMSIZ];
    int socket;
    uint8_t mac[DHCP_MAC_SIZE];
    uint32_t xid; /* of this round */
    uint64_t began_ns;
    struct dhcp_reply offer; /* that was taken; server 0: none yet */
    uint8_t message[DHCP_MESSAGE_MAX];
};

static void dhcp_complain(const struct dhcp *dhcp, const char *what, long error)
{
    user_error("dhcp", "%s: %s: %s", dhcp->interface, what, errno_text(error));
}

/* ---- messages that are sent ------------------------------------------------------------------ */

static uint8_t *dhcp_put_option(uint8_t *at, uint8_t code, const void *data, uint8_t size)
{
    at[0] = code;
    at[1] = size;
    memcpy(at + 2, data, size);
    return at + 2 + size;
}

static uint8_t *dhcp_put_address(uint8_t *at, uint8_t code, uint32_t address)
{
    uint8_t bytes[4];
    store_be32(bytes, address);
    return dhcp_put_option(at, code, bytes, sizeof bytes);
}

/* A DISCOVER, or a REQUEST of what was offered: 4.3.2, "generated during SELECTING state". */
static void dhcp_build(struct dhcp *dhcp, uint8_t type)
{
    const uint8_t parameters[] = {DHCP_OPTION_MASK, DHCP_OPTION_ROUTER, DHCP_OPTION_DNS};
    uint64_t elapsed_s = (user_now_ns() - dhcp->began_ns) / USER_NS_PER_S;
    uint8_t *message = dhcp->message;
    memset(message, 0, DHCP_MESSAGE_SIZE);
    message[DHCP_AT_OP] = DHCP_BOOTREQUEST;
    message[DHCP_AT_HTYPE] = ARPHRD_ETHER;
    message[DHCP_AT_HLEN] = DHCP_MAC_SIZE;
    store_be32(message + DHCP_AT_XID, dhcp->xid);
    store_be16(message + DHCP_AT_SECS, (uint16_t)elapsed_s);
    store_be16(message + DHCP_AT_FLAGS, DHCP_FLAG_BROADCAST);
    memcpy(message + DHCP_AT_CHADDR, dhcp->mac, DHCP_MAC_SIZE);
    store_be32(message + DHCP_AT_COOKIE, DHCP_COOKIE);
    uint8_t *at = message + DHCP_AT_OPTIONS;
    at = dhcp_put_option(at, DHCP_OPTION_TYPE, &type, 1);
    if (type == DHCP_REQUEST) {
        at = dhcp_put_address(at, DHCP_OPTION_REQUESTED, dhcp->offer.address);
        at = dhcp_put_address(at, DHCP_OPTION_SERVER, dhcp->offer.server);
    }
    at = dhcp_put_option(at, DHCP_OPTION_PARAMETERS, parameters, sizeof parameters);
    *at = DHCP_OPTION_END;
}

/* Without room in the kernel the message is lost, as it may be on the way. */
static bool dhcp_send(struct dhcp *dhcp, uint8_t type)
{
    struct sockaddr_in to = user_address(UINT32_MAX);
    to.sin_port = host_to_net16(DHCP_SERVER_PORT);
    dhcp_build(dhcp, type);
    long result = user_sendto(dhcp->socket, dhcp->message, DHCP_MESSAGE_SIZE, &to);
    if (result >= 0 || result == -KENOBUFS || result == -KEAGAIN)
        return true;
    dhcp_complain(dhcp, "sendto", result);
    return false;
}

/* ---- messages that are received -------------------------------------------------------------- */

/* The first of several counts, here and elsewhere. */
static bool dhcp_take_u8(uint8_t *value, const uint8_t *data, uint8_t size)
{
    if (*value == 0 && size == 1)
        *value = data[0];
    return size == 1;
}

static bool dhcp_take_u32(uint32_t *value, const uint8_t *data, uint8_t size)
{
    if (*value == 0 && size == 4)
        *value = load_be32(data);
    return size == 4;
}

/* The first of a list of addresses. */
static bool dhcp_take_list(uint32_t *value, const uint8_t *data, uint8_t size)
{
    return size >= 4 && size % 4 == 0 && dhcp_take_u32(value, data, 4);
}

/* False: the option has not the size that it must have. */
static bool dhcp_take_option(struct dhcp_reply *reply, uint8_t code, const uint8_t *data,
                             uint8_t size)
{
    switch (code) {
    case DHCP_OPTION_TYPE:
        return dhcp_take_u8(&reply->type, data, size);
    case DHCP_OPTION_OVERLOAD:
        return dhcp_take_u8(&reply->overload, data, size);
    case DHCP_OPTION_SERVER:
        return dhcp_take_u32(&reply->server, data, size);
    case DHCP_OPTION_MASK:
        return dhcp_take_u32(&reply->mask, data, size);
    case DHCP_OPTION_LEASE:
        return dhcp_take_u32(&reply->lease_s, data, size);
    case DHCP_OPTION_ROUTER:
        return dhcp_take_list(&reply->router, data, size);
    case DHCP_OPTION_DNS:
        return dhcp_take_list(&reply->dns, data, size);
    default:
        return true;
    }
}

/* One field of options. False: one of them reaches beyond it, or makes no sense. */
static bool dhcp_take_options(struct dhcp_reply *reply, const uint8_t *data, size_t size)
{
    size_t at = 0;
    while (at < size && data[at] != DHCP_OPTION_END) {
        if (data[at] == DHCP_OPTION_PAD) {
            at++;
            continue;
        }
        if (size - at < 2 || data[at + 1] > size - at - 2)
            return false;
        if (!dhcp_take_option(reply, data[at], data + at + 2, data[at + 1]))
            return false;
        at += 2 + (size_t)data[at + 1];
    }
    return true;
}

static bool dhcp_is_for_us(const struct dhcp *dhcp, size_t size, const struct sockaddr_in *from)
{
    const uint8_t *message = dhcp->message;
    return size >= DHCP_AT_OPTIONS && net_to_host16(from->sin_port) == DHCP_SERVER_PORT &&
           message[DHCP_AT_OP] == DHCP_BOOTREPLY && message[DHCP_AT_HTYPE] == ARPHRD_ETHER &&
           message[DHCP_AT_HLEN] == DHCP_MAC_SIZE &&
           load_be32(message + DHCP_AT_XID) == dhcp->xid &&
           kmemeq(message + DHCP_AT_CHADDR, dhcp->mac, DHCP_MAC_SIZE) &&
           load_be32(message + DHCP_AT_COOKIE) == DHCP_COOKIE;
}

/* False: it is not for us, or cannot be understood. */
static bool dhcp_read(const struct dhcp *dhcp, size_t size, const struct sockaddr_in *from,
                      struct dhcp_reply *reply)
{
    const uint8_t *message = dhcp->message;
    if (!dhcp_is_for_us(dhcp, size, from))
        return false;
    *reply = (struct dhcp_reply){.address = load_be32(message + DHCP_AT_YIADDR)};
    if (!dhcp_take_options(reply, message + DHCP_AT_OPTIONS, size - DHCP_AT_OPTIONS))
        return false;
    uint8_t overload = reply->overload; /* said by the options proper only */
    if ((overload & DHCP_OVERLOAD_FILE) != 0 &&
        !dhcp_take_options(reply, message + DHCP_AT_FILE, DHCP_FILE_SIZE))
        return false;
    return (overload & DHCP_OVERLOAD_SNAME) == 0 ||
           dhcp_take_options(reply, message + DHCP_AT_SNAME, DHCP_SNAME_SIZE);
}

/* The mask that an address had before there were masks [RFC791] 3.2. */
static uint32_t dhcp_class_mask(uint32_t address)
{
    if (address >> 31 == 0)
        return 0xff000000;
    return address >> 30 == 2 ? 0xffff0000 : 0xffffff00;
}

/* Could a host live with it? */
static bool dhcp_is_acceptable(struct dhcp_reply *reply)
{
    unsigned length;
    if (reply->server == 0 || reply->lease_s == 0)
        return false;
    uint32_t top = reply->address >> 24;
    if (top == 0 || top == 127 || top >= 224)
        return false;
    if (reply->mask == 0)
        reply->mask = dhcp_class_mask(reply->address);
    if (!ipv4_mask_length(reply->mask, &length))
        return false;
    uint32_t host = reply->address & ~reply->mask;
    if (reply->mask < 0xfffffffe && (host == 0 || host == ~reply->mask))
        return false; /* the subnet, or everybody on it */
    return reply->router == 0 || (reply->router != reply->address &&
                                  ((reply->router ^ reply->address) & reply->mask) == 0);
}

/* Is it what a DISCOVER, or a REQUEST, waits for? */
static bool dhcp_is_wanted(const struct dhcp *dhcp, uint8_t asked, struct dhcp_reply *reply)
{
    if (asked == DHCP_DISCOVER)
        return reply->type == DHCP_OFFER && dhcp_is_acceptable(reply);
    if (reply->server != dhcp->offer.server)
        return false;
    return reply->type == DHCP_NAK ||
           (reply->type == DHCP_ACK && reply->address == dhcp->offer.address &&
            dhcp_is_acceptable(reply));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static long dhcp_set_timeout(const struct dhcp *dhcp, uint64_t timeout_ns)
{
    uint64_t us = (timeout_ns + USER_NS_PER_US - 1) / USER_NS_PER_US;
    struct kernel_timeval time = {
        .tv_sec = (int64_t)(us / 1000000),
        .tv_usec = (int64_t)(us % 1000000),
    };
    return user_setsockopt(dhcp->socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

/* Waits for an answer, whatever else may come, until this time. */
static enum dhcp_result dhcp_await(struct dhcp *dhcp, uint8_t asked, uint64_t until_ns,
                                   struct dhcp_reply *reply)
{
    uint64_t now_ns;
    while ((now_ns = user_now_ns()) < until_ns) {
        struct sockaddr_in from;
        long result = dhcp_set_timeout(dhcp, until_ns - now_ns);
        if (result == 0)
            result = user_recvfrom(dhcp->socket, dhcp->message, sizeof dhcp->message, &from);
        if (result < 0 && result != -KEAGAIN) {
            dhcp_complain(dhcp, "recvfrom", result);
            return DHCP_FAILED;
        }
        if (result >= 0 && dhcp_read(dhcp, (size_t)result, &from, reply) &&
            dhcp_is_wanted(dhcp, asked, reply))
            return DHCP_ANSWERED;
    }
    return DHCP_SILENCE;
}

/* 4.1: "randomized by the value of a uniform random number chosen from the range -1 to +1". */
static uint64_t dhcp_randomized(uint64_t interval_ns)
{
    uint32_t random = 0;
    (void)user_random(&random, sizeof random);
    uint64_t shift_us = random % (2 * DHCP_JITTER_US + 1);
    return interval_ns - DHCP_JITTER_US * USER_NS_PER_US + shift_us * USER_NS_PER_US;
}

static enum dhcp_result dhcp_ask(struct dhcp *dhcp, uint8_t type, struct dhcp_reply *reply)
{
    uint64_t interval_ns = DHCP_INTERVAL_NS;
    for (unsigned i = 0; i < DHCP_TRIES; i++) {
        if (!dhcp_send(dhcp, type))
            return DHCP_FAILED;
        uint64_t until_ns = user_now_ns() + dhcp_randomized(interval_ns);
        enum dhcp_result result = dhcp_await(dhcp, type, until_ns, reply);
        if (result != DHCP_SILENCE)
            return result;
        interval_ns *= 2;
    }
    return DHCP_SILENCE;
}

/* From DISCOVER to ACK; reply->type is NAK when it was refused. */
static enum dhcp_result dhcp_negotiate(struct dhcp *dhcp, struct dhcp_reply *reply)
{
    (void)user_random(&dhcp->xid, sizeof dhcp->xid);
    enum dhcp_result result = dhcp_ask(dhcp, DHCP_DISCOVER, reply);
    if (result != DHCP_ANSWERED) {
        if (result == DHCP_SILENCE)
            user_error("dhcp", "%s: no server answers", dhcp->interface);
        return DHCP_FAILED;
    }
    dhcp->offer = *reply;
    reply->type = DHCP_NONE;
    return dhcp_ask(dhcp, DHCP_REQUEST, reply);
}

/* ---- the interface --------------------------------------------------------------------------- */

static struct ifreq dhcp_ifreq(const struct dhcp *dhcp)
{
    struct ifreq request = {.ifr_flags = 0};
    kstrlcpy(request.ifr_name, dhcp->interface, sizeof request.ifr_name);
    return request;
}

static bool dhcp_ioctl(const struct dhcp *dhcp, unsigned long what, void *request, const char *name)
{
    long error = user_ioctl(dhcp->socket, what, request);
    if (error != 0)
        dhcp_complain(dhcp, name, error);
    return error == 0;
}

static bool dhcp_set_address(const struct dhcp *dhcp, unsigned long what, uint32_t address,
                             const char *name)
{
    struct ifreq request = dhcp_ifreq(dhcp);
    struct sockaddr_in value = user_address(address);
    memcpy(&request.ifr_addr, &value, sizeof value);
    return dhcp_ioctl(dhcp, what, &request, name);
}

static bool dhcp_learn_mac(struct dhcp *dhcp)
{
    struct ifreq request = dhcp_ifreq(dhcp);
    if (!dhcp_ioctl(dhcp, SIOCGIFHWADDR, &request, "SIOCGIFHWADDR"))
        return false;
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
        user_error("dhcp", "%s: not an Ethernet interface", dhcp->interface);
        return false;
    }
    memcpy(dhcp->mac, request.ifr_hwaddr.sa_data, DHCP_MAC_SIZE);
    return true;
}

/* Up, and without an address. */
static bool dhcp_prepare_interface(const struct dhcp *dhcp)
{
    struct ifreq request = dhcp_ifreq(dhcp);
    if (!dhcp_ioctl(dhcp, SIOCGIFFLAGS, &request, "SIOCGIFFLAGS"))
        return false;
    request.ifr_flags |= IFF_UP;
    return dhcp_ioctl(dhcp, SIOCSIFFLAGS, &request, "SIOCSIFFLAGS") &&
           dhcp_set_address(dhcp, SIOCSIFADDR, 0, "SIOCSIFADDR");
}

static bool dhcp_set_router(const struct dhcp *dhcp, uint32_t router)
{
    char name[IFNAMSIZ];
    struct sockaddr_in any = user_address(0), gateway = user_address(router);
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = name};
    kstrlcpy(name, dhcp->interface, sizeof name);
    memcpy(&route.rt_dst, &any, sizeof any);
    memcpy(&route.rt_genmask, &any, sizeof any);
    memcpy(&route.rt_gateway, &gateway, sizeof gateway);
    return dhcp_ioctl(dhcp, SIOCADDRT, &route, "SIOCADDRT");
}

static bool dhcp_apply(const struct dhcp *dhcp, const struct dhcp_reply *lease)
{
    return dhcp_set_address(dhcp, SIOCSIFADDR, lease->address, "SIOCSIFADDR") &&
           dhcp_set_address(dhcp, SIOCSIFNETMASK, lease->mask, "SIOCSIFNETMASK") &&
           (lease->router == 0 || dhcp_set_router(dhcp, lease->router));
}

static void dhcp_print_lease(struct dhcp *dhcp, const struct dhcp_reply *lease)
{
    char text[IPV4_TEXT_SIZE];
    unsigned length = 0;
    (void)ipv4_mask_length(lease->mask, &length); /* acceptable: it has one */
    struct user_output *output = &dhcp->output;
    user_print(output, "%s: %s/%u", dhcp->interface, ipv4_format(lease->address, text), length);
    if (lease->router != 0)
        user_print(output, " gateway %s", ipv4_format(lease->router, text));
    if (lease->dns != 0)
        user_print(output, " dns %s", ipv4_format(lease->dns, text));
    if (lease->lease_s == DHCP_INFINITE)
        user_print(output, " for ever\n");
    else
        user_print(output, " lease %u s\n", lease->lease_s);
}

/* ---- the program ----------------------------------------------------------------------------- */

/* A socket on the client's port that speaks to everybody on the interface. */
static bool dhcp_open(struct dhcp *dhcp)
{
    struct sockaddr_in any = user_address(0);
    int32_t on = 1;
    any.sin_port = host_to_net16(DHCP_CLIENT_PORT);
    long result = user_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    const char *what = "socket";
    if (result >= 0) {
        dhcp->socket = (int)result;
        what = "SO_BROADCAST";
        result = user_setsockopt(dhcp->socket, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    }
    if (result == 0) {
        what = "SO_BINDTODEVICE";
        result = user_setsockopt(dhcp->socket, SOL_SOCKET, SO_BINDTODEVICE, dhcp->interface,
                                 kstrlen(dhcp->interface));
    }
    if (result == 0) {
        what = "bind";
        result = user_bind(dhcp->socket, &any);
    }
    if (result != 0)
        dhcp_complain(dhcp, what, result);
    return result == 0;
}

static int dhcp_run(struct dhcp *dhcp)
{
    struct dhcp_reply reply;
    for (unsigned round = 0; round < DHCP_ROUNDS; round++) {
        enum dhcp_result result = dhcp_negotiate(dhcp, &reply);
        if (result == DHCP_FAILED)
            return DHCP_EXIT_FAILED;
        if (result == DHCP_ANSWERED && reply.type == DHCP_ACK) {
            if (!dhcp_apply(dhcp, &reply))
                return DHCP_EXIT_FAILED;
            dhcp_print_lease(dhcp, &reply);
            return 0;
        }
    }
    user_error("dhcp", "%s: offers, but no lease", dhcp->interface);
    return DHCP_EXIT_FAILED;
}

int dhcp_main(int argc, char **argv)
{
    struct dhcp dhcp = {.socket = -1};
    if (argc != 2 || argv[1][0] == '-' || argv[1][0] == '\0' ||
        kstrlcpy(dhcp.interface, argv[1], IFNAMSIZ) >= IFNAMSIZ) {
        user_error("dhcp", "usage: dhcp interface");
        return USER_EXIT_USAGE;
    }
    if (!dhcp_open(&dhcp) || !dhcp_learn_mac(&dhcp) || !dhcp_prepare_interface(&dhcp))
        return DHCP_EXIT_FAILED;
    dhcp.began_ns = user_now_ns();
    return dhcp_run(&dhcp);
}
