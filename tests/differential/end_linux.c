/*
 * end_linux.c - the machine's own stack, behind a TUN device in a network namespace of its own
 *
 * Everything is made by system calls, so that a bare system is enough: no ip(8), no /proc. Entering
 * a namespace changes where the next socket is made and nothing else, so the process hops between
 * the namespaces of its ends; the machine's own network is never touched, and what was made goes
 * with the process. As another user than root it takes a user namespace as well, where the system
 * gives one.
 *
 * A TUN device and not a TAP one: there is no ARP to wait for. Without IFF_VNET_HDR the device has
 * no offloads: packets come with checksums, and none is longer than the MTU.
 */
#include "tests/differential/end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINUX_DEVICE "wire0"

static int linux_result(long result)
{
    return result < 0 ? -errno : (int)result;
}

static struct sockaddr_in linux_address(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(address)}};
}

/* ---- the wire -------------------------------------------------------------------------------- */

static void linux_give(struct end *end, const uint8_t *packet, size_t size)
{
    /* A device whose queue is full loses packets, as devices do. */
    ssize_t written = write(end->fd, packet, size);
    (void)written;
}

static bool linux_take(struct end *end, uint8_t *packet, size_t *size)
{
    ssize_t length = read(end->fd, packet, END_MTU);
    *size = length > 0 ? (size_t)length : 0;
    return length > 0;
}

static void linux_run(struct end *end, uint64_t now_ns)
{
    (void)end;
    (void)now_ns;
}

/* ---- the program ----------------------------------------------------------------------------- */

/*
 * [RFC6093] has urgent data stay in the stream, and so do the programs here. A ping socket takes a
 * setting that lies in /proc; a raw one does the same for who may have it.
 */
static int linux_open(struct end *end, enum end_kind kind)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW};
    static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};
    const int on = 1;
    if (setns(end->own, CLONE_NEWNET) != 0)
        return -errno;
    int handle = linux_result(socket(AF_INET, types[kind] | SOCK_NONBLOCK, protocols[kind]));
    if (handle >= 0 && kind == END_STREAM)
        (void)setsockopt(handle, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
    return handle;
}

static int linux_bind(struct end *end, int handle, uint16_t port)
{
    struct sockaddr_in address = linux_address(INADDR_ANY, port);
    (void)end;
    return linux_result(bind(handle, (struct sockaddr *)&address, sizeof(address)));
}

static int linux_connect(struct end *end, int handle, uint16_t port)
{
    struct sockaddr_in address = linux_address(END_NEIGHBOUR, port);
    (void)end;
    return linux_result(connect(handle, (struct sockaddr *)&address, sizeof(address)));
}

static int linux_listen(struct end *end, int handle, int backlog)
{
    (void)end;
    return linux_result(listen(handle, backlog));
}

static int linux_accept(struct end *end, int handle)
{
    (void)end;
    return linux_result(accept4(handle, NULL, NULL, SOCK_NONBLOCK));
}

static long linux_send(struct end *end, int handle, const void *data, size_t size)
{
    (void)end;
    return linux_result(send(handle, data, size, MSG_NOSIGNAL));
}

static bool linux_is_raw(int handle)
{
    int type = 0;
    socklen_t size = sizeof(type);
    (void)getsockopt(handle, SOL_SOCKET, SO_TYPE, &type, &size);
    return type == SOCK_RAW;
}

/*
 * A raw socket gets the IPv4 header too, and the requests of the other side, which are not for it.
 */
static long linux_receive(struct end *end, int handle, void *data, size_t size)
{
    uint8_t packet[END_MTU];
    (void)end;
    if (!linux_is_raw(handle))
        return linux_result(recv(handle, data, size, 0));
    for (;;) {
        ssize_t length = recv(handle, packet, sizeof(packet), 0);
        if (length < 0)
            return -errno;
        size_t header_size = (size_t)(packet[0] & 15) * 4;
        size_t left = (size_t)length - header_size;
        if (packet[header_size] != 0)
            continue;
        memcpy(data, packet + header_size, left < size ? left : size);
        return (long)(left < size ? left : size);
    }
}

static int linux_shutdown(struct end *end, int handle, int how)
{
    (void)end;
    return linux_result(shutdown(handle, how));
}

static int linux_set(struct end *end, int handle, int level, int name, const void *value,
                     size_t size)
{
    (void)end;
    return linux_result(setsockopt(handle, level, name, value, (socklen_t)size));
}

static int linux_error(struct end *end, int handle)
{
    int error = 0;
    socklen_t size = sizeof(error);
    (void)end;
    return getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static unsigned linux_ready(struct end *end, int handle)
{
    struct pollfd fd = {.fd = handle, .events = POLLIN | POLLOUT | POLLRDHUP};
    (void)end;
    (void)poll(&fd, 1, 0);
    return (unsigned)fd.revents;
}

static int linux_state(struct end *end, int handle)
{
    struct tcp_info information = {0};
    socklen_t size = sizeof(information);
    (void)end;
    (void)getsockopt(handle, IPPROTO_TCP, TCP_INFO, &information, &size);
    return information.tcpi_state;
}

static void linux_close(struct end *end, int handle)
{
    (void)end;
    (void)close(handle);
}

static const struct end_ops linux_ops = {
    .name = "linux",
    .give = linux_give,
    .take = linux_take,
    .run = linux_run,
    .open = linux_open,
    .bind = linux_bind,
    .connect = linux_connect,
    .listen = linux_listen,
    .accept = linux_accept,
    .send = linux_send,
    .receive = linux_receive,
    .shutdown = linux_shutdown,
    .set = linux_set,
    .error = linux_error,
    .ready = linux_ready,
    .state = linux_state,
    .close = linux_close,
};

/* ---- making it ------------------------------------------------------------------------------- */

/* Says what could not be done; errno says why. */
static bool linux_cannot(const char *what, char *reason, size_t room)
{
    snprintf(reason, room, "%s: %s", what, strerror(errno));
    return false;
}

static bool linux_set_address(int fd, unsigned long request, uint32_t address)
{
    struct ifreq device = {.ifr_name = LINUX_DEVICE};
    struct sockaddr_in name = linux_address(address, 0);
    memcpy(&device.ifr_addr, &name, sizeof(name));
    return ioctl(fd, request, &device) == 0;
}

static bool linux_configure(int fd)
{
    struct ifreq device = {.ifr_name = LINUX_DEVICE, .ifr_flags = IFF_UP | IFF_RUNNING};
    return linux_set_address(fd, SIOCSIFADDR, END_ADDRESS) &&
           linux_set_address(fd, SIOCSIFNETMASK, 0xffffff00) &&
           ioctl(fd, SIOCSIFFLAGS, &device) == 0;
}

/* In one user namespace for all ends: who enters the next one has no say in the one before. */
static bool linux_enter_namespaces(void)
{
    static bool privileged;
    int spaces = CLONE_NEWNET | (geteuid() == 0 || privileged ? 0 : CLONE_NEWUSER);
    privileged = true;
    return unshare(spaces) == 0;
}

bool end_linux_open(struct end *end, char *reason, size_t room)
{
    struct ifreq device = {.ifr_name = LINUX_DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI};
    end->ops = &linux_ops;
    if (!linux_enter_namespaces())
        return linux_cannot("a network namespace", reason, room);
    end->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (end->fd < 0)
        return linux_cannot("/dev/net/tun", reason, room);
    if (ioctl(end->fd, TUNSETIFF, &device) != 0)
        return linux_cannot("a TUN device", reason, room);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !linux_configure(fd))
        return linux_cannot("an address for a TUN device", reason, room);
    /* A descriptor of the namespace that needs no /proc. */
    end->own = ioctl(fd, SIOCGSKNS);
    if (end->own < 0)
        return linux_cannot("a descriptor of the network namespace", reason, room);
    (void)close(fd);
    return true;
}
