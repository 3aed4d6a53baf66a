/*
 * syscall.c - the system calls: one table; what is wrong with the arguments is found here
 *
 * Each call is told to the bench with its name, arguments and result. Operations on files find
 * pointers that lie in RAM and sizes that fit; what a size means to them (an address of 3 bytes)
 * is their own business.
 */
#include "kernel/syscall.h"

#include "kernel/clock.h"
#include "kernel/file.h"
#include "kernel/program.h"
#include "kernel/sockios.h"
#include "kernel/task.h"
#include "kernel/user_memory.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

#define NS_PER_S             INT64_C(1000000000)
#define SYSCALL_PATH_MAX     256
#define SYSCALL_COUNT_MAX    0x7ffff000L /* of bytes in one read or write, as Linux has it */
#define SYSCALL_OPTION_MAX   256         /* of bytes in a socket option */
#define SYSCALL_RANDOM_MAX   256         /* of bytes in one getrandom, which may give less */
#define SYSCALL_SOCKET_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

kstatic_assert(SOCK_NONBLOCK == FILE_NONBLOCK, "one flag for open, fcntl and socket");

/* The arguments, as registers hold them. */
typedef long syscall_fn(const long a[6]);

/* ---- arguments ------------------------------------------------------------------------------- */

static void *syscall_pointer(long argument)
{
    return (void *)argument;
}

static bool syscall_is_ram(long argument, size_t size)
{
    return user_range_is_ram(syscall_pointer(argument), size);
}

/* A buffer may be NULL when it is empty. */
static bool syscall_is_buffer(long argument, size_t size)
{
    return size == 0 || syscall_is_ram(argument, size);
}

static size_t syscall_clamp_count(long count)
{
    return (size_t)(count < 0 || count > SYSCALL_COUNT_MAX ? SYSCALL_COUNT_MAX : count);
}

static struct file *syscall_file(long descriptor)
{
    return file_table_get(task_files(), (int)descriptor);
}

static bool syscall_is_socket(const struct file *file)
{
    return file->ops->sendto != NULL || file->ops->recvfrom != NULL || file->ops->bind != NULL;
}

/*
 * The file of a socket call, or why there is none. What a socket cannot do is -KEOPNOTSUPP, at
 * the call.
 */
static struct file *syscall_socket_file(long descriptor, long *error)
{
    struct file *file = syscall_file(descriptor);
    *error = file == NULL ? -KEBADF : -KENOTSOCK;
    return file != NULL && syscall_is_socket(file) ? file : NULL;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A new file becomes a descriptor. */
static long syscall_install(struct file *file, int error)
{
    if (file == NULL)
        return error;
    int descriptor = file_table_add(task_files(), file);
    if (descriptor < 0)
        file_release(file);
    return descriptor;
}

static long syscall_openat(const long a[6])
{
    char path[SYSCALL_PATH_MAX];
    path[0] = '/'; /* the working directory of all */
    long length = user_copy_string(path + 1, syscall_pointer(a[1]), sizeof path - 1);
    if (length < 0)
        return length;
    if (length == 0)
        return -KENOENT;
    bool absolute = path[1] == '/';
    if (!absolute && (int)a[0] != AT_FDCWD)
        return syscall_file(a[0]) != NULL ? -KENOTDIR : -KEBADF;
    int error = 0;
    int flags = (int)a[2];
    struct file *file = path_open(absolute ? path + 1 : path, flags, &error);
    if (file != NULL)
        file->flags |= (unsigned)flags & (O_ACCMODE | FILE_NONBLOCK);
    return syscall_install(file, error);
}

static long syscall_close(const long a[6])
{
    return file_table_close(task_files(), (int)a[0]);
}

static long syscall_read(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    size_t count = syscall_clamp_count(a[2]);
    if (file == NULL)
        return -KEBADF;
    if (!syscall_is_buffer(a[1], count))
        return -KEFAULT;
    if (file->ops->read == NULL)
        return -KEINVAL;
    return file->ops->read(file, syscall_pointer(a[1]), count);
}

static long syscall_write(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    size_t count = syscall_clamp_count(a[2]);
    if (file == NULL)
        return -KEBADF;
    if (!syscall_is_buffer(a[1], count))
        return -KEFAULT;
    if (file->ops->write == NULL)
        return -KEINVAL;
    return file->ops->write(file, syscall_pointer(a[1]), count);
}

/* How much memory a request's argument is. Numbers this old do not say it themselves. */
static size_t syscall_ioctl_size(unsigned long request)
{
    if (request == SIOCADDRT || request == SIOCDELRT)
        return sizeof(struct rtentry);
    if ((request & ~0xffUL) == (SIOCGIFADDR & ~0xffUL))
        return sizeof(struct ifreq);
    return sizeof(int);
}

static long syscall_ioctl(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    unsigned long request = (unsigned long)a[1] & UINT32_MAX;
    if (file == NULL)
        return -KEBADF;
    if (file->ops->ioctl == NULL)
        return -KENOTTY;
    if (!syscall_is_ram(a[2], syscall_ioctl_size(request)))
        return -KEFAULT;
    return file->ops->ioctl(file, request, syscall_pointer(a[2]));
}

static long syscall_fcntl(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    switch (a[1]) {
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        file->flags = (file->flags & ~(unsigned)FILE_NONBLOCK) | ((unsigned)a[2] & FILE_NONBLOCK);
        return 0;
    default:
        return -KEINVAL;
    }
}

/* ---- sockets --------------------------------------------------------------------------------- */

static long syscall_make_socket(const long a[6])
{
    int error = 0;
    int type = (int)a[1] & ~SYSCALL_SOCKET_FLAGS;
    struct file *file = socket_open((int)a[0], type, (int)a[2], &error);
    if (file != NULL)
        file->flags |= O_RDWR | ((unsigned)a[1] & SOCK_NONBLOCK);
    return syscall_install(file, error);
}

/* The socket a[0], when a[2] bytes at a[1] can hold an address; NULL with an error. */
static struct file *syscall_addressed_socket(const long a[6], long *error)
{
    struct file *file = syscall_socket_file(a[0], error);
    if (file == NULL)
        return NULL;
    if ((int)a[2] < 0)
        *error = -KEINVAL;
    else if (!syscall_is_ram(a[1], (size_t)(int)a[2]))
        *error = -KEFAULT;
    else
        return file;
    return NULL;
}

static long syscall_bind(const long a[6])
{
    long error;
    struct file *file = syscall_addressed_socket(a, &error);
    if (file == NULL)
        return error;
    if (file->ops->bind == NULL)
        return -KEOPNOTSUPP;
    return file->ops->bind(file, syscall_pointer(a[1]), (size_t)(int)a[2]);
}

static long syscall_connect(const long a[6])
{
    long error;
    struct file *file = syscall_addressed_socket(a, &error);
    if (file == NULL)
        return error;
    if (file->ops->connect == NULL)
        return -KEOPNOTSUPP;
    return file->ops->connect(file, syscall_pointer(a[1]), (size_t)(int)a[2]);
}

static long syscall_sendto(const long a[6])
{
    long error;
    struct file *file = syscall_socket_file(a[0], &error);
    size_t count = syscall_clamp_count(a[2]);
    if (file == NULL)
        return error;
    if (a[4] != 0 && (int)a[5] < 0)
        return -KEINVAL;
    size_t to_size = a[4] != 0 ? (size_t)(int)a[5] : 0;
    if (!syscall_is_buffer(a[1], count) || !syscall_is_buffer(a[4], to_size))
        return -KEFAULT;
    if (file->ops->sendto == NULL)
        return -KEOPNOTSUPP;
    return file->ops->sendto(file, syscall_pointer(a[1]), count, (int)a[3], syscall_pointer(a[4]),
                             to_size);
}

/*
 * A size that the call reads and writes back is fetched once. It may lie in the buffer of the same
 * call, whose new bytes would be a size that nobody has checked.
 */
static long syscall_fetch_size(long pointer, uint32_t limit, uint32_t *size)
{
    if (!syscall_is_ram(pointer, sizeof(*size)))
        return -KEFAULT;
    *size = *(const uint32_t *)syscall_pointer(pointer);
    return *size <= limit ? 0 : -KEINVAL;
}

static void syscall_store_size(long pointer, uint32_t size)
{
    *(uint32_t *)syscall_pointer(pointer) = size;
}

/* Where recvfrom() stores the peer's address: both pointers, or none. */
static long syscall_fetch_from(long from, long from_size, uint32_t *size)
{
    if (from == 0)
        return 0;
    long error = syscall_fetch_size(from_size, INT32_MAX, size);
    if (error != 0)
        return error;
    return syscall_is_buffer(from, *size) ? 0 : -KEFAULT;
}

static long syscall_recvfrom(const long a[6])
{
    long error;
    uint32_t size = 0;
    struct file *file = syscall_socket_file(a[0], &error);
    size_t count = syscall_clamp_count(a[2]);
    if (file == NULL)
        return error;
    if (!syscall_is_buffer(a[1], count))
        return -KEFAULT;
    error = syscall_fetch_from(a[4], a[5], &size);
    if (error != 0)
        return error;
    if (file->ops->recvfrom == NULL)
        return -KEOPNOTSUPP;
    long result = file->ops->recvfrom(file, syscall_pointer(a[1]), count, (int)a[3],
                                      syscall_pointer(a[4]), a[4] != 0 ? &size : NULL);
    if (result >= 0 && a[4] != 0)
        syscall_store_size(a[5], size);
    return result;
}

static long syscall_setsockopt(const long a[6])
{
    long error;
    struct file *file = syscall_socket_file(a[0], &error);
    if (file == NULL)
        return error;
    if ((int)a[4] < 0 || (int)a[4] > SYSCALL_OPTION_MAX)
        return -KEINVAL;
    if (!syscall_is_buffer(a[3], (size_t)(int)a[4]))
        return -KEFAULT;
    if (file->ops->setsockopt == NULL)
        return -KEOPNOTSUPP;
    return file->ops->setsockopt(file, (int)a[1], (int)a[2], syscall_pointer(a[3]),
                                 (size_t)(int)a[4]);
}

static long syscall_getsockopt(const long a[6])
{
    long error;
    struct file *file = syscall_socket_file(a[0], &error);
    if (file == NULL)
        return error;
    uint32_t size;
    error = syscall_fetch_size(a[4], SYSCALL_OPTION_MAX, &size);
    if (error != 0)
        return error;
    if (!syscall_is_ram(a[3], size))
        return -KEFAULT;
    if (file->ops->getsockopt == NULL)
        return -KEOPNOTSUPP;
    long result = file->ops->getsockopt(file, (int)a[1], (int)a[2], syscall_pointer(a[3]), &size);
    if (result >= 0)
        syscall_store_size(a[4], size);
    return result;
}

/* ---- time and tasks -------------------------------------------------------------------------- */

/* When a sleep of this length ends; beyond the end of time it is for ever. */
static uint64_t syscall_deadline_ns(uint64_t now_ns, const struct kernel_timespec *duration)
{
    uint64_t ns;
    if (__builtin_mul_overflow((uint64_t)duration->tv_sec, (uint64_t)NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, (uint64_t)duration->tv_nsec, &ns) ||
        __builtin_add_overflow(ns, now_ns, &ns))
        return WAIT_FOREVER;
    return ns;
}

static struct kernel_timespec syscall_timespec(uint64_t ns)
{
    return (struct kernel_timespec){
        .tv_sec = (int64_t)(ns / (uint64_t)NS_PER_S),
        .tv_nsec = (int64_t)(ns % (uint64_t)NS_PER_S),
    };
}

/* Nobody wakes this queue: the sleep ends at its deadline, or with a signal. */
static long syscall_sleep_until(uint64_t deadline_ns)
{
    struct wait_queue queue;
    struct waiter waiter;
    wait_queue_init(&queue);
    wait_prepare(&queue, &waiter, "timeout");
    int error = wait_commit(&waiter, deadline_ns);
    wait_finish(&waiter);
    return error == -KETIMEDOUT ? 0 : error;
}

static long syscall_nanosleep(const long a[6])
{
    if (!syscall_is_ram(a[0], sizeof(struct kernel_timespec)) ||
        (a[1] != 0 && !syscall_is_ram(a[1], sizeof(struct kernel_timespec))))
        return -KEFAULT;
    struct kernel_timespec duration = *(const struct kernel_timespec *)syscall_pointer(a[0]);
    if (duration.tv_sec < 0 || duration.tv_nsec < 0 || duration.tv_nsec >= NS_PER_S)
        return -KEINVAL;
    uint64_t deadline_ns = syscall_deadline_ns(clock_now_ns(), &duration);
    long error = syscall_sleep_until(deadline_ns);
    if (error == -KEINTR && a[1] != 0) {
        uint64_t now_ns = clock_now_ns();
        uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        *(struct kernel_timespec *)syscall_pointer(a[1]) = syscall_timespec(left_ns);
    }
    return error;
}

static long syscall_clock_gettime(const long a[6])
{
    int clock = (int)a[0];
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)
        return -KEINVAL;
    if (!syscall_is_ram(a[1], sizeof(struct kernel_timespec)))
        return -KEFAULT;
    uint64_t now_ns = clock == CLOCK_REALTIME ? clock_realtime_ns() : clock_now_ns();
    *(struct kernel_timespec *)syscall_pointer(a[1]) = syscall_timespec(now_ns);
    return 0;
}

static long syscall_sched_yield(const long a[6])
{
    (void)a;
    task_yield();
    return 0;
}

static long syscall_getpid(const long a[6])
{
    (void)a;
    return (long)task_number(task_current());
}

static long syscall_exit(const long a[6])
{
    program_exit((int)a[0]);
}

/* It never waits: the flags, which say what to do where it would, mean nothing. */
static long syscall_getrandom(const long a[6])
{
    size_t count = syscall_clamp_count(a[1]);
    count = count < SYSCALL_RANDOM_MAX ? count : SYSCALL_RANDOM_MAX;
    if (!syscall_is_buffer(a[0], count))
        return -KEFAULT;
    if (count > 0)
        hal_random(syscall_pointer(a[0]), count);
    return (long)count;
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct syscall_entry {
    const char *name;
    syscall_fn *fn;
} syscall_table[SYSCALLS_MAX] = {
    [SYS_FCNTL] = {"fcntl", syscall_fcntl},
    [SYS_IOCTL] = {"ioctl", syscall_ioctl},
    [SYS_OPENAT] = {"openat", syscall_openat},
    [SYS_CLOSE] = {"close", syscall_close},
    [SYS_READ] = {"read", syscall_read},
    [SYS_WRITE] = {"write", syscall_write},
    [SYS_EXIT] = {"exit", syscall_exit},
    [SYS_NANOSLEEP] = {"nanosleep", syscall_nanosleep},
    [SYS_CLOCK_GETTIME] = {"clock_gettime", syscall_clock_gettime},
    [SYS_SCHED_YIELD] = {"sched_yield", syscall_sched_yield},
    [SYS_GETPID] = {"getpid", syscall_getpid},
    [SYS_SOCKET] = {"socket", syscall_make_socket},
    [SYS_BIND] = {"bind", syscall_bind},
    [SYS_CONNECT] = {"connect", syscall_connect},
    [SYS_SENDTO] = {"sendto", syscall_sendto},
    [SYS_RECVFROM] = {"recvfrom", syscall_recvfrom},
    [SYS_SETSOCKOPT] = {"setsockopt", syscall_setsockopt},
    [SYS_GETSOCKOPT] = {"getsockopt", syscall_getsockopt},
    [SYS_GETRANDOM] = {"getrandom", syscall_getrandom},
};

static long syscall_none(const long a[6])
{
    (void)a;
    return -KENOSYS;
}

static const struct syscall_entry syscall_unknown = {"unknown", syscall_none};

static const struct syscall_entry *syscall_find(long number)
{
    if (number < 0 || number >= SYSCALLS_MAX || syscall_table[number].fn == NULL)
        return &syscall_unknown;
    return &syscall_table[number];
}

long system_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    const struct syscall_entry *entry = syscall_find(number);
    const long arguments[6] = {a0, a1, a2, a3, a4, a5};
    uint32_t task = task_number(task_current());
    kassert(task_files() != NULL); /* programs only */
    program_obey_signal();
    probe_call_entered(task, entry->name, (uint64_t)a0, (uint64_t)a1, (uint64_t)a2, (uint64_t)a3);
    long result = entry->fn(arguments);
    probe_call_returned(task, entry->name, result);
    program_obey_signal();
    return result;
}
