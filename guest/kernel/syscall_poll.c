/*
 * syscall_poll.c - system calls that ask what files are ready for
 *
 * What the program gave is copied before anything else, since it waits meanwhile.
 */
#include "kernel/clock.h"
#include "kernel/epoll.h"
#include "kernel/eventfd.h"
#include "kernel/file.h"
#include "kernel/poll.h"
#include "kernel/syscall_priv.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#define SYSCALL_NS_PER_MS  1000000u
#define SYSCALL_SET_BITS   64 /* in a word of a set of descriptors */
#define SYSCALL_SET_WORDS  (DESCRIPTORS_MAX / SYSCALL_SET_BITS)
#define SYSCALL_EVENTS_MAX (INT32_MAX / (int)sizeof(struct epoll_event))

kstatic_assert(DESCRIPTORS_MAX % SYSCALL_SET_BITS == 0, "sets consist of whole words");
kstatic_assert(sizeof(struct epoll_event) == 16, "as on arm64");

/* ---- timeouts and masks of signals ----------------------------------------------------------- */

/* A timeout, whose rest is written back: NULL is for ever. */
struct syscall_timeout {
    struct kernel_timespec *place;
    uint64_t deadline_ns; /* 0: not at all */
};

static long syscall_fetch_timeout(long pointer, struct syscall_timeout *timeout)
{
    *timeout = (struct syscall_timeout){NULL, WAIT_FOREVER};
    if (pointer == 0)
        return 0;
    if (!syscall_is_ram(pointer, sizeof(struct kernel_timespec)))
        return -KEFAULT;
    timeout->place = syscall_pointer(pointer);
    struct kernel_timespec duration = *timeout->place;
    if (!syscall_is_duration(&duration))
        return -KEINVAL;
    timeout->deadline_ns = duration.tv_sec == 0 && duration.tv_nsec == 0
                               ? 0
                               : syscall_deadline_ns(clock_now_ns(), &duration);
    return 0;
}

static void syscall_store_timeout(const struct syscall_timeout *timeout)
{
    uint64_t now_ns = clock_now_ns();
    if (timeout->place != NULL && timeout->deadline_ns != 0)
        *timeout->place =
            syscall_timespec(timeout->deadline_ns > now_ns ? timeout->deadline_ns - now_ns : 0);
}

/* Other signals are blocked during the wait, when `pointer` is not NULL. */
static long syscall_begin_mask(long pointer, long size)
{
    if (pointer == 0)
        return 0;
    if (size != SIGSET_SIZE)
        return -KEINVAL;
    if (!syscall_is_ram(pointer, SIGSET_SIZE))
        return -KEFAULT;
    uint64_t mask;
    memcpy(&mask, syscall_pointer(pointer), sizeof mask);
    task_swap_signals(mask);
    return 0;
}

/* A signal that ended the wait is obeyed before the mask is what it was: by system_call(). */
static void syscall_end_mask(long result)
{
    if (result != -KEINTR)
        task_unswap_signals();
}

/* ---- ppoll ----------------------------------------------------------------------------------- */

struct syscall_polled {
    struct pollfd *files;
    unsigned count;
};

static long syscall_scan_polled(void *of, struct poll_table *table)
{
    const struct syscall_polled *polled = of;
    long ready = 0;
    for (unsigned i = 0; i < polled->count; i++) {
        struct pollfd *entry = &polled->files[i];
        struct file *file = syscall_file(entry->fd);
        unsigned wanted = (uint16_t)entry->events | POLLERR | POLLHUP;
        unsigned is = 0;
        if (file != NULL)
            is = poll_file(file, table) & wanted;
        else if (entry->fd >= 0)
            is = POLLNVAL;
        entry->revents = (int16_t)is;
        ready += is != 0;
    }
    return ready;
}

long syscall_ppoll(const long a[6])
{
    struct syscall_timeout timeout;
    size_t count = (size_t)a[1];
    if (count > DESCRIPTORS_MAX)
        return -KEINVAL;
    if (!syscall_is_buffer(a[0], count * sizeof(struct pollfd)))
        return -KEFAULT;
    long result = syscall_fetch_timeout(a[2], &timeout);
    if (result == 0)
        result = syscall_begin_mask(a[3], a[4]);
    if (result != 0)
        return result;
    struct syscall_polled polled = {syscall_pointer(a[0]), (unsigned)count};
    result = poll_wait(syscall_scan_polled, &polled, timeout.deadline_ns);
    syscall_store_timeout(&timeout);
    syscall_end_mask(result);
    return result;
}

/* ---- pselect6 -------------------------------------------------------------------------------- */

enum {
    SYSCALL_SET_READ,
    SYSCALL_SET_WRITE,
    SYSCALL_SET_EXCEPT,
    SYSCALL_SETS,
};

/* What makes a descriptor a member of each set. */
static const unsigned syscall_set_events[SYSCALL_SETS] = {
    [SYSCALL_SET_READ] = POLLIN | POLLRDNORM | POLLHUP | POLLERR,
    [SYSCALL_SET_WRITE] = POLLOUT | POLLWRNORM | POLLERR,
    [SYSCALL_SET_EXCEPT] = POLLPRI,
};

struct syscall_selected {
    int end; /* descriptors below */
    uint64_t asked[SYSCALL_SETS][SYSCALL_SET_WORDS];
    uint64_t ready[SYSCALL_SETS][SYSCALL_SET_WORDS];
};

static bool syscall_is_selected(const struct syscall_selected *selected, int descriptor)
{
    int word = descriptor / SYSCALL_SET_BITS;
    uint64_t any = 0;
    for (int set = 0; set < SYSCALL_SETS; set++)
        any |= selected->asked[set][word];
    return (any >> descriptor % SYSCALL_SET_BITS & 1) != 0;
}

static long syscall_scan_selected(void *of, struct poll_table *table)
{
    struct syscall_selected *selected = of;
    long ready = 0;
    memset(selected->ready, 0, sizeof selected->ready);
    for (int descriptor = 0; descriptor < selected->end; descriptor++) {
        if (!syscall_is_selected(selected, descriptor))
            continue;
        struct file *file = syscall_file(descriptor);
        unsigned is = file != NULL ? poll_file(file, table) : POLLNVAL;
        int word = descriptor / SYSCALL_SET_BITS;
        uint64_t bit = UINT64_C(1) << descriptor % SYSCALL_SET_BITS;
        if (file == NULL)
            return -KEBADF;
        for (int set = 0; set < SYSCALL_SETS; set++) {
            if ((selected->asked[set][word] & bit) != 0 && (is & syscall_set_events[set]) != 0) {
                selected->ready[set][word] |= bit;
                ready++;
            }
        }
    }
    return ready;
}

static size_t syscall_set_size(int end)
{
    return (size_t)(end + SYSCALL_SET_BITS - 1) / SYSCALL_SET_BITS * sizeof(uint64_t);
}

static long syscall_fetch_sets(const long a[6], struct syscall_selected *selected)
{
    memset(selected, 0, sizeof(*selected));
    selected->end = (int)a[0] < DESCRIPTORS_MAX ? (int)a[0] : DESCRIPTORS_MAX;
    size_t size = syscall_set_size(selected->end);
    for (int set = 0; set < SYSCALL_SETS; set++) {
        if (a[1 + set] == 0 || size == 0)
            continue;
        if (!syscall_is_ram(a[1 + set], size))
            return -KEFAULT;
        memcpy(selected->asked[set], syscall_pointer(a[1 + set]), size);
    }
    return 0;
}

/* The sixth argument: where the mask of signals is, and how large. */
static long syscall_begin_select_mask(long pointer)
{
    if (pointer == 0)
        return 0;
    if (!syscall_is_ram(pointer, 2 * sizeof(long)))
        return -KEFAULT;
    long mask[2];
    memcpy(mask, syscall_pointer(pointer), sizeof mask);
    return syscall_begin_mask(mask[0], mask[1]);
}

long syscall_pselect6(const long a[6])
{
    struct syscall_selected selected;
    struct syscall_timeout timeout;
    if ((int)a[0] < 0)
        return -KEINVAL;
    long result = syscall_fetch_sets(a, &selected);
    if (result == 0)
        result = syscall_fetch_timeout(a[4], &timeout);
    if (result == 0)
        result = syscall_begin_select_mask(a[5]);
    if (result != 0)
        return result;
    result = poll_wait(syscall_scan_selected, &selected, timeout.deadline_ns);
    for (int set = 0; set < SYSCALL_SETS && result >= 0; set++) {
        if (a[1 + set] != 0 && selected.end > 0)
            memcpy(syscall_pointer(a[1 + set]), selected.ready[set],
                   syscall_set_size(selected.end));
    }
    syscall_store_timeout(&timeout);
    syscall_end_mask(result);
    return result;
}

/* ---- epoll ----------------------------------------------------------------------------------- */

long syscall_epoll_create1(const long a[6])
{
    int error = 0;
    if (((int)a[0] & ~EPOLL_CLOEXEC) != 0)
        return -KEINVAL;
    struct file *file = epoll_make(&error);
    if (file != NULL)
        file->flags |= O_RDWR;
    return syscall_install(file, error, (a[0] & EPOLL_CLOEXEC) != 0);
}

long syscall_epoll_ctl(const long a[6])
{
    struct epoll_event event = {0, 0};
    struct file *epoll = syscall_file(a[0]), *file = syscall_file(a[2]);
    if (a[1] != EPOLL_CTL_DEL) {
        if (!syscall_is_ram(a[3], sizeof event))
            return -KEFAULT;
        event = *(const struct epoll_event *)syscall_pointer(a[3]);
    }
    if (epoll == NULL || file == NULL)
        return -KEBADF;
    return epoll_control(epoll, (int)a[1], (int)a[2], file, &event);
}

/* The timeout is in milliseconds; a negative one is for ever. */
long syscall_epoll_pwait(const long a[6])
{
    struct file *epoll = syscall_file(a[0]);
    int max = (int)a[2], timeout_ms = (int)a[3];
    if (max <= 0 || max > SYSCALL_EVENTS_MAX)
        return -KEINVAL;
    if (!syscall_is_ram(a[1], (size_t)max * sizeof(struct epoll_event)))
        return -KEFAULT;
    if (epoll == NULL)
        return -KEBADF;
    uint64_t deadline_ns = WAIT_FOREVER;
    if (timeout_ms >= 0)
        deadline_ns =
            timeout_ms == 0 ? 0 : clock_now_ns() + (uint64_t)timeout_ms * SYSCALL_NS_PER_MS;
    long result = syscall_begin_mask(a[4], a[5]);
    if (result != 0)
        return result;
    result = epoll_await(epoll, syscall_pointer(a[1]), max, deadline_ns);
    syscall_end_mask(result);
    return result;
}

/* ---- eventfd --------------------------------------------------------------------------------- */

long syscall_eventfd2(const long a[6])
{
    int error = 0;
    int flags = (int)a[1];
    if ((flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC)) != 0)
        return -KEINVAL;
    struct file *file = eventfd_make((uint32_t)a[0], (flags & EFD_SEMAPHORE) != 0, &error);
    if (file != NULL)
        file->flags |= O_RDWR | ((unsigned)flags & FILE_NONBLOCK);
    return syscall_install(file, error, (flags & EFD_CLOEXEC) != 0);
}
