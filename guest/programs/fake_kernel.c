/* fake_kernel.c - the kernel that unit tests of the programs run on */
#include "programs/fake_kernel.h"

#include "lib/endian.h"
#include "lib/errno.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_FILE       5
#define FAKE_SOCKET     3
#define FAKE_FOREVER_NS UINT64_C(3600000000000)

struct fake_reply {
    uint64_t arrives_ns;
    uint8_t packet[5000];
    size_t size;
};

struct fake_kernel fake;
static struct fake_reply fake_replies[FAKE_REPLIES_MAX];
static unsigned fake_reply_count;
static uint64_t fake_timeout_ns;
static size_t fake_file_offset;

void fake_reset(void)
{
    fake = (struct fake_kernel){
        .now_ns = 1000 * FAKE_MS,
        .peer = {.rtt_ns = FAKE_MS / 10},
    };
    fake_reply_count = 0;
    fake_timeout_ns = FAKE_FOREVER_NS;
    fake_file_offset = 0;
}

/* ---- output and files ------------------------------------------------------------------------ */

static long fake_write(long descriptor, const char *text, size_t size)
{
    size_t used = strlen(fake.output);
    if ((descriptor != 1 && descriptor != 2) || size >= sizeof fake.output - used)
        abort();
    memcpy(fake.output + used, text, size);
    fake.output[used + size] = '\0';
    fake.writes++;
    return (long)size;
}

static long fake_read(long descriptor, char *buffer, size_t size)
{
    if (descriptor != FAKE_FILE)
        return -KEBADF;
    size_t left = strlen(fake.file_text) - fake_file_offset;
    size_t count = size < left ? size : left;
    count = count < 100 ? count : 100; /* a file need not come in one piece */
    memcpy(buffer, fake.file_text + fake_file_offset, count);
    fake_file_offset += count;
    return (long)count;
}

static long fake_open(const char *path)
{
    return fake.file_path != NULL && strcmp(path, fake.file_path) == 0 ? FAKE_FILE : -KENOENT;
}

/* ---- the ping socket ------------------------------------------------------------------------- */

static void fake_reply_at(uint64_t arrives_ns)
{
    if (fake_reply_count == FAKE_REPLIES_MAX)
        abort();
    struct fake_reply *reply = &fake_replies[fake_reply_count++];
    reply->arrives_ns = arrives_ns;
    reply->size = fake.last_request_size;
    memcpy(reply->packet, fake.last_request, reply->size);
    reply->packet[0] = 0;
}

static long fake_sendto(const uint8_t *packet, size_t size, const struct sockaddr_in *to)
{
    fake.sends++;
    if (fake.send_error != 0 && fake.sends >= fake.send_error_from)
        return fake.send_error;
    memcpy(fake.last_request, packet, size);
    fake.last_request_size = size;
    fake.last_destination = net_to_host32(to->sin_addr);
    uint64_t bit = UINT64_C(1) << load_be16(packet + 6) % 64;
    if ((fake.peer.lost & bit) == 0)
        fake_reply_at(fake.now_ns + fake.peer.rtt_ns);
    if ((fake.peer.duplicated & bit) != 0)
        fake_reply_at(fake.now_ns + fake.peer.rtt_ns + FAKE_MS);
    return (long)size;
}

static struct fake_reply *fake_first_reply(void)
{
    struct fake_reply *first = NULL;
    for (unsigned i = 0; i < fake_reply_count; i++) {
        if (first == NULL || fake_replies[i].arrives_ns < first->arrives_ns)
            first = &fake_replies[i];
    }
    return first;
}

static long fake_take_reply(struct fake_reply *reply, void *buffer, size_t size,
                            struct sockaddr_in *from)
{
    size_t count = reply->size < size ? reply->size : size;
    if (reply->arrives_ns > fake.now_ns)
        fake.now_ns = reply->arrives_ns;
    memcpy(buffer, reply->packet, count);
    *from = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_addr = host_to_net32(fake.last_destination),
    };
    *reply = fake_replies[--fake_reply_count];
    return (long)count;
}

static long fake_recvfrom(void *buffer, size_t size, struct sockaddr_in *from)
{
    uint64_t until_ns = fake.now_ns + fake_timeout_ns;
    struct fake_reply *reply = fake_first_reply();
    if (fake.receive_error != 0 && fake.receive_error_at_ns <= until_ns) {
        long error = fake.receive_error;
        if (fake.receive_error_at_ns > fake.now_ns)
            fake.now_ns = fake.receive_error_at_ns;
        fake.receive_error = 0;
        return error;
    }
    if (reply != NULL && reply->arrives_ns <= until_ns)
        return fake_take_reply(reply, buffer, size, from);
    fake.now_ns = until_ns;
    return -KEAGAIN;
}

static long fake_setsockopt(long level, long name, const struct kernel_timeval *value)
{
    if (level != SOL_SOCKET || name != SO_RCVTIMEO)
        return -KENOPROTOOPT;
    fake.timeouts_set++;
    fake_timeout_ns = (uint64_t)value->tv_sec * 1000 * FAKE_MS + (uint64_t)value->tv_usec * 1000;
    if (fake_timeout_ns == 0)
        fake_timeout_ns = FAKE_FOREVER_NS;
    return 0;
}

/* ---- interfaces and routes ------------------------------------------------------------------- */

/*
 * lo and eth0, as they are after `ifconfig eth0 10.0.2.15 netmask 255.255.255.0`; eth1 without an
 * address.
 */
static const struct {
    const char *name;
    uint32_t address, mask;
    int16_t flags;
} fake_interfaces[] = {
    {"lo", 0x7f000001, 0xff000000, IFF_UP | IFF_LOOPBACK | IFF_RUNNING},
    {"eth0", 0x0a00020f, 0xffffff00, IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST},
    {"eth1", 0, 0, IFF_BROADCAST},
};
#define FAKE_INTERFACES (sizeof fake_interfaces / sizeof fake_interfaces[0])

static void fake_put_address(struct ifreq *request, uint32_t address)
{
    struct sockaddr_in value = {.sin_family = AF_INET, .sin_addr = host_to_net32(address)};
    memcpy(&request->ifr_addr, &value, sizeof value);
}

static long fake_get_interface(size_t i, unsigned long what, struct ifreq *request)
{
    switch (what) {
    case SIOCGIFFLAGS:
        request->ifr_flags = fake_interfaces[i].flags;
        return 0;
    case SIOCGIFADDR:
        fake_put_address(request, fake_interfaces[i].address);
        return fake_interfaces[i].address != 0 ? 0 : -KEADDRNOTAVAIL;
    case SIOCGIFNETMASK:
        fake_put_address(request, fake_interfaces[i].mask);
        return 0;
    case SIOCGIFBRDADDR:
        fake_put_address(request, fake_interfaces[i].address | ~fake_interfaces[i].mask);
        return 0;
    case SIOCGIFMTU:
        request->ifr_mtu = 1500;
        return 0;
    case SIOCGIFHWADDR:
        request->ifr_hwaddr.sa_family = i == 0 ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
        memcpy(request->ifr_hwaddr.sa_data, "\x52\x54\x00\x12\x34\x56", 6);
        return 0;
    default:
        return 0;
    }
}

static bool fake_is_change(unsigned long request)
{
    return request == SIOCADDRT || request == SIOCDELRT || request == SIOCSIFADDR ||
           request == SIOCSIFNETMASK || request == SIOCSIFMTU || request == SIOCSIFFLAGS;
}

static void fake_note_ioctl(unsigned long request, const void *argument)
{
    if (fake.ioctl_count == FAKE_REQUESTS_MAX)
        abort();
    struct fake_ioctl *note = &fake.ioctls[fake.ioctl_count++];
    note->request = request;
    if (request != SIOCADDRT && request != SIOCDELRT) {
        note->interface = *(const struct ifreq *)argument;
        return;
    }
    note->route = *(const struct rtentry *)argument;
    if (note->route.rt_dev != NULL)
        snprintf(note->device, sizeof note->device, "%s", note->route.rt_dev);
}

static long fake_ioctl(unsigned long request, void *argument)
{
    struct ifreq *interface = argument;
    if (fake_is_change(request)) {
        fake_note_ioctl(request, argument);
        return fake.ioctl_error;
    }
    if (request == SIOCGIFNAME) {
        size_t index = (size_t)interface->ifr_ifindex - 1;
        if (index >= FAKE_INTERFACES)
            return -KENODEV;
        strcpy(interface->ifr_name, fake_interfaces[index].name);
        return 0;
    }
    for (size_t i = 0; i < FAKE_INTERFACES; i++) {
        if (strcmp(interface->ifr_name, fake_interfaces[i].name) == 0)
            return fake_get_interface(i, request, interface);
    }
    return -KENODEV;
}

/* ---- the call -------------------------------------------------------------------------------- */

static long fake_nanosleep(const struct kernel_timespec *duration)
{
    fake.sleeps++;
    fake.now_ns += (uint64_t)duration->tv_sec * 1000 * FAKE_MS + (uint64_t)duration->tv_nsec;
    return 0;
}

static long fake_clock_gettime(long clock, struct kernel_timespec *now)
{
    uint64_t ns = clock == CLOCK_REALTIME ? fake.realtime_ns : fake.now_ns;
    now->tv_sec = (int64_t)(ns / (1000 * FAKE_MS));
    now->tv_nsec = (int64_t)(ns % (1000 * FAKE_MS));
    return 0;
}

bool system_has_sockets(void)
{
    return true;
}

long system_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    (void)a5;
    switch (number) {
    case SYS_WRITE:
        return fake_write(a0, (const char *)a1, (size_t)a2);
    case SYS_READ:
        return fake_read(a0, (char *)a1, (size_t)a2);
    case SYS_OPENAT:
        return fake_open((const char *)a1);
    case SYS_CLOSE:
        return 0;
    case SYS_SOCKET:
        return fake.socket_error != 0 ? fake.socket_error : FAKE_SOCKET;
    case SYS_SENDTO:
        return fake_sendto((const uint8_t *)a1, (size_t)a2, (const struct sockaddr_in *)a4);
    case SYS_RECVFROM:
        return fake_recvfrom((void *)a1, (size_t)a2, (struct sockaddr_in *)a4);
    case SYS_SETSOCKOPT:
        return fake_setsockopt(a1, a2, (const struct kernel_timeval *)a3);
    case SYS_IOCTL:
        return fake_ioctl((unsigned long)a1, (void *)a2);
    case SYS_NANOSLEEP:
        return fake_nanosleep((const struct kernel_timespec *)a0);
    case SYS_CLOCK_GETTIME:
        return fake_clock_gettime(a0, (struct kernel_timespec *)a1);
    default:
        abort();
    }
}
