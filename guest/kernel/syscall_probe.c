/*
 * syscall_probe.c - what system calls find and leave in the program's memory, for the bench
 *
 * Around each call, not within it: so the bench is told what the program sees, whatever the call
 * takes it for. Readiness is told of ppoll() and pselect6(); what epoll tells stands beside data
 * of the program, which need not be a descriptor. Nothing is looked at that does not lie in RAM.
 */
#include "kernel/file.h"
#include "kernel/syscall_priv.h"
#include "kernel/task.h"
#include "lib/endian.h"
#include "lib/errno.h"
#include "lib/string.h"

#include "ringside/probe.h"

#define SYSCALL_NS_PER_MS  1000000
#define SYSCALL_NS_PER_US  1000
#define SYSCALL_SET_BITS   64
#define SYSCALL_NO_CONTROL UINT64_MAX

static void syscall_asked(long descriptor, const char *what, uint64_t value)
{
    probe_call_asked(task_number(task_current()), (int)descriptor, what, value);
}

static void syscall_told(long descriptor, const char *what, uint64_t value)
{
    probe_call_told(task_number(task_current()), (int)descriptor, what, value);
}

/* ---- readiness ------------------------------------------------------------------------------- */

static void syscall_tell_polled(const long a[6], bool told)
{
    size_t count = (size_t)a[1];
    if (count > DESCRIPTORS_MAX || !syscall_is_buffer(a[0], count * sizeof(struct pollfd)))
        return;
    const struct pollfd *files = syscall_pointer(a[0]);
    for (size_t i = 0; i < count; i++) {
        if (!told && files[i].fd >= 0)
            syscall_asked(files[i].fd, "ready", (uint16_t)files[i].events);
        else if (told && files[i].revents != 0)
            syscall_told(files[i].fd, "ready", (uint16_t)files[i].revents);
    }
}

static unsigned syscall_set_member(long set, int descriptor, unsigned events)
{
    /* A number, since what the program gave may be near the end of all. */
    uintptr_t word = (uintptr_t)set + (unsigned)descriptor / SYSCALL_SET_BITS * sizeof(uint64_t);
    bool is = set != 0 && syscall_is_ram((long)word, sizeof(uint64_t)) &&
              (*(const uint64_t *)word >> (unsigned)descriptor % SYSCALL_SET_BITS & 1) != 0;
    return is ? events : 0;
}

static void syscall_tell_selected(const long a[6], bool told)
{
    int end = (int)a[0] < DESCRIPTORS_MAX ? (int)a[0] : DESCRIPTORS_MAX;
    for (int descriptor = 0; descriptor < end; descriptor++) {
        unsigned events = syscall_set_member(a[1], descriptor, POLLIN) |
                          syscall_set_member(a[2], descriptor, POLLOUT);
        if (events != 0 && told)
            syscall_told(descriptor, "ready", events);
        else if (events != 0)
            syscall_asked(descriptor, "ready", events);
    }
}

/* That it worked is known now, and the structure is still where it was. */
static void syscall_tell_watched(const long a[6])
{
    struct epoll_event event = {0, 0};
    if (a[1] != EPOLL_CTL_DEL) {
        if (!syscall_is_ram(a[3], sizeof event))
            return;
        memcpy(&event, syscall_pointer(a[3]), sizeof event);
    }
    syscall_asked(a[2], "watch", event.events);
}

static void syscall_tell_timeout(long pointer)
{
    if (pointer == 0 || !syscall_is_ram(pointer, sizeof(struct kernel_timespec)))
        return;
    const struct kernel_timespec *duration = syscall_pointer(pointer);
    if (syscall_is_duration(duration))
        syscall_asked(-1, "timeout", syscall_deadline_ns(0, duration));
}

/* ---- addresses and options ------------------------------------------------------------------- */

/* 0: there is none. */
static uint64_t syscall_name_value(long pointer, size_t size)
{
    struct sockaddr_in name;
    if (size < sizeof name || !syscall_is_ram(pointer, sizeof name))
        return 0;
    memcpy(&name, syscall_pointer(pointer), sizeof name);
    if (name.sin_family != AF_INET)
        return 0;
    return (uint64_t)net_to_host32(name.sin_addr) << 16 | net_to_host16(name.sin_port);
}

static void syscall_tell_option(const long a[6])
{
    bool receive = a[2] == SO_RCVTIMEO;
    if (a[1] != SOL_SOCKET || (!receive && a[2] != SO_SNDTIMEO) ||
        a[4] < (long)sizeof(struct kernel_timeval) ||
        !syscall_is_ram(a[3], sizeof(struct kernel_timeval)))
        return;
    const struct kernel_timeval *time = syscall_pointer(a[3]);
    if (time->tv_sec < 0 || time->tv_usec < 0 || time->tv_sec > INT32_MAX)
        return;
    syscall_asked(a[0], receive ? "receive-timeout" : "send-timeout",
                  (uint64_t)time->tv_sec * SYSCALL_NS_PER_S +
                      (uint64_t)time->tv_usec * SYSCALL_NS_PER_US);
}

static void syscall_tell_error(const long a[6])
{
    if (a[1] == SOL_SOCKET && a[2] == SO_ERROR && syscall_is_ram(a[3], sizeof(int32_t)))
        syscall_told(a[0], "error", *(const uint32_t *)syscall_pointer(a[3]));
}

/* ---- messages -------------------------------------------------------------------------------- */

/* How many bytes of control messages there are; SYSCALL_NO_CONTROL: they are none. */
static uint64_t syscall_control_value(const struct msghdr *header)
{
    if (header->msg_controllen == 0)
        return 0;
    struct cmsghdr first;
    if (header->msg_controllen < sizeof first ||
        !syscall_is_ram((long)header->msg_control, sizeof first))
        return SYSCALL_NO_CONTROL;
    memcpy(&first, header->msg_control, sizeof first);
    bool is = first.cmsg_len >= sizeof first && first.cmsg_len <= header->msg_controllen &&
              (first.cmsg_level == SOL_SOCKET || first.cmsg_level == IPPROTO_IP);
    return is ? header->msg_controllen : SYSCALL_NO_CONTROL;
}

static void syscall_tell_message(const long a[6])
{
    if (!syscall_is_ram(a[1], sizeof(struct msghdr)))
        return;
    const struct msghdr *header = syscall_pointer(a[1]);
    if (header->msg_name != NULL)
        syscall_told(a[0], "source",
                     syscall_name_value((long)header->msg_name, header->msg_namelen));
    if (header->msg_control != NULL)
        syscall_told(a[0], "control", syscall_control_value(header));
}

static void syscall_tell_source(const long a[6])
{
    if (a[4] != 0 && syscall_is_ram(a[5], sizeof(uint32_t)))
        syscall_told(a[0], "source",
                     syscall_name_value(a[4], *(const uint32_t *)syscall_pointer(a[5])));
}

static void syscall_tell_socket(long descriptor)
{
    const struct file *file = syscall_file(descriptor);
    if (file != NULL)
        syscall_told(descriptor, "socket", (uintptr_t)file->object);
}

/* Of a file whose bytes have places: which one it is, however it was opened. */
static void syscall_tell_file(long descriptor)
{
    const struct file *file = syscall_file(descriptor);
    if (file != NULL && file->ops->size != NULL)
        syscall_told(descriptor, "file", (uintptr_t)file->object);
}

/* The tables of sockets, which tools of every kernel read. */
static void syscall_tell_path(const long a[6])
{
    static const char prefix[] = "/proc/net/";
    if (syscall_is_ram(a[1], sizeof prefix - 1) && kstr_has_prefix(syscall_pointer(a[1]), prefix))
        syscall_asked(-1, "system-file", 1);
}

/* ---- around each call ------------------------------------------------------------------------ */

void syscall_tell_asked(long number, const long a[6])
{
    switch (number) {
    case SYS_PPOLL:
        syscall_tell_timeout(a[2]);
        syscall_tell_polled(a, false);
        break;
    case SYS_PSELECT6:
        syscall_tell_timeout(a[4]);
        syscall_tell_selected(a, false);
        break;
    case SYS_EPOLL_PWAIT:
        if ((int)a[3] >= 0)
            syscall_asked(-1, "timeout", (uint64_t)(int)a[3] * SYSCALL_NS_PER_MS);
        break;
    case SYS_CONNECT:
        syscall_asked(a[0], "peer", syscall_name_value(a[1], (size_t)(uint32_t)a[2]));
        break;
    case SYS_SETSOCKOPT:
        syscall_tell_option(a);
        break;
    case SYS_OPENAT:
        syscall_tell_path(a);
        break;
    default:
        break;
    }
}

void syscall_tell_told(long number, const long a[6], long result)
{
    if (result < 0)
        return;
    switch (number) {
    case SYS_PPOLL:
        syscall_tell_polled(a, true);
        break;
    case SYS_PSELECT6:
        syscall_tell_selected(a, true);
        break;
    case SYS_EPOLL_CTL:
        syscall_tell_watched(a);
        break;
    case SYS_SOCKET:
    case SYS_ACCEPT:
    case SYS_ACCEPT4:
        syscall_tell_socket(result);
        break;
    case SYS_OPENAT:
        syscall_tell_file(result);
        break;
    case SYS_GETSOCKOPT:
        syscall_tell_error(a);
        break;
    case SYS_RECVMSG:
        syscall_tell_message(a);
        break;
    case SYS_RECVFROM:
        syscall_tell_source(a);
        break;
    default:
        break;
    }
}
