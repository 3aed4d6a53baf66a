/*
 * syscall.c - the system calls: one table; bytes of files, time and tasks
 *
 * What is wrong with the arguments is found here and in the other files of system calls.
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
#include "kernel/syscall_priv.h"
#include "kernel/task.h"
#include "kernel/user_memory.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

#define SYSCALL_RANDOM_MAX 256 /* of bytes in one getrandom, which may give less */

kstatic_assert(SOCK_NONBLOCK == FILE_NONBLOCK && EFD_NONBLOCK == FILE_NONBLOCK,
               "one flag for open, fcntl and all that makes files");

/* ---- arguments ------------------------------------------------------------------------------- */

void *syscall_pointer(long argument)
{
    return (void *)argument;
}

bool syscall_is_ram(long argument, size_t size)
{
    return user_range_is_ram(syscall_pointer(argument), size);
}

bool syscall_is_buffer(long argument, size_t size)
{
    return size == 0 || syscall_is_ram(argument, size);
}

size_t syscall_clamp_count(long count)
{
    return (size_t)(count < 0 || count > SYSCALL_COUNT_MAX ? SYSCALL_COUNT_MAX : count);
}

struct file *syscall_any_file(long descriptor)
{
    return file_table_get(task_files(), (int)descriptor);
}

struct file *syscall_file(long descriptor)
{
    struct file *file = syscall_any_file(descriptor);
    return file != NULL && (file->flags & O_PATH) == 0 ? file : NULL;
}

/* ---- files ----------------------------------------------------------------------------------- */

long syscall_install(struct file *file, int error, bool close_on_exec)
{
    if (file == NULL)
        return error;
    int descriptor = file_table_add(task_files(), file);
    if (descriptor < 0)
        file_release(file);
    else
        task_files()->close_on_exec[descriptor] = close_on_exec;
    return descriptor;
}

static long syscall_close(const long a[6])
{
    return file_table_close(task_files(), (int)a[0]);
}

long syscall_read(const long a[6])
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

long syscall_write(const long a[6])
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

/*
 * Pieces in turn, for files that do not have them as one. What was done before an error counts.
 */
static long syscall_each_part(struct file *file, const struct message *message, bool writing)
{
    long done = 0;
    for (unsigned i = 0; i < message->part_count; i++) {
        const struct iovec *part = &message->parts[i];
        long result = writing ? file->ops->write(file, part->iov_base, part->iov_len)
                              : file->ops->read(file, part->iov_base, part->iov_len);
        if (result < 0)
            return done > 0 ? done : result;
        done += result;
        if ((size_t)result < part->iov_len)
            break;
    }
    return done;
}

static long syscall_readv(const long a[6])
{
    struct iovec parts[MESSAGE_PARTS_MAX];
    struct message message = {.parts = parts};
    struct file *file = syscall_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    long error = syscall_fetch_parts(a[1], (size_t)a[2], parts, &message);
    if (error != 0)
        return error;
    if (file->ops->recvmsg != NULL)
        return file->ops->recvmsg(file, &message);
    if (file->ops->readv != NULL)
        return file->ops->readv(file, &message);
    return file->ops->read != NULL ? syscall_each_part(file, &message, false) : -KEINVAL;
}

static long syscall_writev(const long a[6])
{
    struct iovec parts[MESSAGE_PARTS_MAX];
    struct message message = {.parts = parts};
    struct file *file = syscall_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    long error = syscall_fetch_parts(a[1], (size_t)a[2], parts, &message);
    if (error != 0)
        return error;
    if (file->ops->sendmsg != NULL)
        return file->ops->sendmsg(file, &message);
    if (file->ops->writev != NULL)
        return file->ops->writev(file, &message);
    return file->ops->write != NULL ? syscall_each_part(file, &message, true) : -KEINVAL;
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

static void syscall_set_nonblocking(struct file *file, bool nonblocking)
{
    file->flags = (file->flags & ~(unsigned)FILE_NONBLOCK) | (nonblocking ? FILE_NONBLOCK : 0);
}

static long syscall_ioctl(const long a[6])
{
    struct file *file = syscall_file(a[0]);
    unsigned long request = (unsigned long)a[1] & UINT32_MAX;
    if (file == NULL)
        return -KEBADF;
    if (file->ops->ioctl == NULL && request != FIONBIO)
        return -KENOTTY;
    if (!syscall_is_ram(a[2], syscall_ioctl_size(request)))
        return -KEFAULT;
    if (request == FIONBIO) {
        syscall_set_nonblocking(file, *(const int *)syscall_pointer(a[2]) != 0);
        return 0;
    }
    return file->ops->ioctl(file, request, syscall_pointer(a[2]));
}

/* Another descriptor for what an old one has, from `first` on. */
static long syscall_duplicate(struct file *file, long first, bool close_on_exec)
{
    if ((int)first < 0 || (int)first >= DESCRIPTORS_MAX)
        return -KEINVAL;
    int descriptor = file_table_add_from(task_files(), file, (int)first);
    if (descriptor < 0)
        return descriptor;
    file->references++;
    task_files()->close_on_exec[descriptor] = close_on_exec;
    return descriptor;
}

static long syscall_dup(const long a[6])
{
    struct file *file = syscall_any_file(a[0]);
    return file != NULL ? syscall_duplicate(file, 0, false) : -KEBADF;
}

static long syscall_dup3(const long a[6])
{
    struct file *file = syscall_any_file(a[0]);
    int descriptor = (int)a[1];
    if (((int)a[2] & ~O_CLOEXEC) != 0 || (int)a[0] == descriptor)
        return -KEINVAL;
    if (file == NULL || descriptor < 0 || descriptor >= DESCRIPTORS_MAX)
        return -KEBADF;
    file->references++;
    file_table_set(task_files(), descriptor, file);
    task_files()->close_on_exec[descriptor] = ((int)a[2] & O_CLOEXEC) != 0;
    return descriptor;
}

static long syscall_fcntl(const long a[6])
{
    struct file *file = syscall_any_file(a[0]);
    if (file == NULL)
        return -KEBADF;
    switch (a[1]) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return syscall_duplicate(file, a[2], a[1] == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return task_files()->close_on_exec[(int)a[0]] ? FD_CLOEXEC : 0;
    case F_SETFD:
        task_files()->close_on_exec[(int)a[0]] = (a[2] & FD_CLOEXEC) != 0;
        return 0;
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        syscall_set_nonblocking(file, (a[2] & FILE_NONBLOCK) != 0);
        return 0;
    default:
        return -KEINVAL;
    }
}

/* ---- time and tasks -------------------------------------------------------------------------- */

bool syscall_is_duration(const struct kernel_timespec *duration)
{
    return duration->tv_sec >= 0 && duration->tv_nsec >= 0 &&
           duration->tv_nsec < (int64_t)SYSCALL_NS_PER_S;
}

uint64_t syscall_deadline_ns(uint64_t now_ns, const struct kernel_timespec *duration)
{
    uint64_t ns;
    if (__builtin_mul_overflow((uint64_t)duration->tv_sec, SYSCALL_NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, (uint64_t)duration->tv_nsec, &ns) ||
        __builtin_add_overflow(ns, now_ns, &ns))
        return WAIT_FOREVER;
    return ns;
}

struct kernel_timespec syscall_timespec(uint64_t ns)
{
    return (struct kernel_timespec){
        .tv_sec = (int64_t)(ns / SYSCALL_NS_PER_S),
        .tv_nsec = (int64_t)(ns % SYSCALL_NS_PER_S),
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
    if (!syscall_is_duration(&duration))
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

static const struct syscall_entry syscall_table[SYSCALLS_MAX] = {
    [SYS_EVENTFD2] = {"eventfd2", syscall_eventfd2},
    [SYS_EPOLL_CREATE1] = {"epoll_create1", syscall_epoll_create1},
    [SYS_EPOLL_CTL] = {"epoll_ctl", syscall_epoll_ctl},
    [SYS_EPOLL_PWAIT] = {"epoll_pwait", syscall_epoll_pwait},
    [SYS_DUP] = {"dup", syscall_dup},
    [SYS_DUP3] = {"dup3", syscall_dup3},
    [SYS_FCNTL] = {"fcntl", syscall_fcntl},
    [SYS_IOCTL] = {"ioctl", syscall_ioctl},
    [SYS_MKDIRAT] = {"mkdirat", syscall_mkdirat},
    [SYS_UNLINKAT] = {"unlinkat", syscall_unlinkat},
    [SYS_SYMLINKAT] = {"symlinkat", syscall_symlinkat},
    [SYS_LINKAT] = {"linkat", syscall_linkat},
    [SYS_RENAMEAT] = {"renameat", syscall_renameat},
    [SYS_STATFS] = {"statfs", syscall_statfs},
    [SYS_FSTATFS] = {"fstatfs", syscall_fstatfs},
    [SYS_TRUNCATE] = {"truncate", syscall_truncate},
    [SYS_FTRUNCATE] = {"ftruncate", syscall_ftruncate},
    [SYS_FACCESSAT] = {"faccessat", syscall_faccessat},
    [SYS_FCHMOD] = {"fchmod", syscall_fchmod},
    [SYS_FCHMODAT] = {"fchmodat", syscall_fchmodat},
    [SYS_OPENAT] = {"openat", syscall_openat},
    [SYS_CLOSE] = {"close", syscall_close},
    [SYS_GETDENTS64] = {"getdents64", syscall_getdents64},
    [SYS_LSEEK] = {"lseek", syscall_lseek},
    [SYS_READ] = {"read", syscall_read},
    [SYS_WRITE] = {"write", syscall_write},
    [SYS_READV] = {"readv", syscall_readv},
    [SYS_WRITEV] = {"writev", syscall_writev},
    [SYS_PREAD64] = {"pread64", syscall_pread64},
    [SYS_PWRITE64] = {"pwrite64", syscall_pwrite64},
    [SYS_PSELECT6] = {"pselect6", syscall_pselect6},
    [SYS_PPOLL] = {"ppoll", syscall_ppoll},
    [SYS_READLINKAT] = {"readlinkat", syscall_readlinkat},
    [SYS_NEWFSTATAT] = {"newfstatat", syscall_newfstatat},
    [SYS_FSTAT] = {"fstat", syscall_fstat},
    [SYS_SYNC] = {"sync", syscall_sync},
    [SYS_FSYNC] = {"fsync", syscall_fsync},
    [SYS_FDATASYNC] = {"fdatasync", syscall_fsync},
    [SYS_UTIMENSAT] = {"utimensat", syscall_utimensat},
    [SYS_EXIT] = {"exit", syscall_exit},
    [SYS_NANOSLEEP] = {"nanosleep", syscall_nanosleep},
    [SYS_GETITIMER] = {"getitimer", syscall_getitimer},
    [SYS_SETITIMER] = {"setitimer", syscall_setitimer},
    [SYS_CLOCK_GETTIME] = {"clock_gettime", syscall_clock_gettime},
    [SYS_SCHED_YIELD] = {"sched_yield", syscall_sched_yield},
    [SYS_KILL] = {"kill", syscall_kill},
    [SYS_RT_SIGACTION] = {"rt_sigaction", syscall_rt_sigaction},
    [SYS_RT_SIGPROCMASK] = {"rt_sigprocmask", syscall_rt_sigprocmask},
    [SYS_GETPID] = {"getpid", syscall_getpid},
    [SYS_SOCKET] = {"socket", syscall_make_socket},
    [SYS_BIND] = {"bind", syscall_bind},
    [SYS_LISTEN] = {"listen", syscall_listen},
    [SYS_ACCEPT] = {"accept", syscall_accept},
    [SYS_CONNECT] = {"connect", syscall_connect},
    [SYS_GETSOCKNAME] = {"getsockname", syscall_getsockname},
    [SYS_GETPEERNAME] = {"getpeername", syscall_getpeername},
    [SYS_SENDTO] = {"sendto", syscall_sendto},
    [SYS_RECVFROM] = {"recvfrom", syscall_recvfrom},
    [SYS_SETSOCKOPT] = {"setsockopt", syscall_setsockopt},
    [SYS_GETSOCKOPT] = {"getsockopt", syscall_getsockopt},
    [SYS_SHUTDOWN] = {"shutdown", syscall_shutdown},
    [SYS_SENDMSG] = {"sendmsg", syscall_sendmsg},
    [SYS_RECVMSG] = {"recvmsg", syscall_recvmsg},
    [SYS_MUNMAP] = {"munmap", syscall_munmap},
    [SYS_MMAP] = {"mmap", syscall_mmap},
    [SYS_ACCEPT4] = {"accept4", syscall_accept4},
    [SYS_RECVMMSG] = {"recvmmsg", syscall_recvmmsg},
    [SYS_SENDMMSG] = {"sendmmsg", syscall_sendmmsg},
    [SYS_RENAMEAT2] = {"renameat2", syscall_renameat2},
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
    if (number >= SYS_PRIVATE_FIRST && number < SYS_PRIVATE_END)
        return &syscall_private_table[number - SYS_PRIVATE_FIRST];
    if (number < 0 || number >= SYSCALLS_MAX || syscall_table[number].fn == NULL)
        return &syscall_unknown;
    return &syscall_table[number];
}

/* The bench is told of each time that a call is made, and of -KEINTR when a signal ended it. */
static long syscall_make(long number, const long a[6], bool *may_restart)
{
    const struct syscall_entry *entry = syscall_find(number);
    uint32_t task = task_number(task_current());
    probe_call_entered(task, entry->name, (uint64_t)a[0], (uint64_t)a[1], (uint64_t)a[2],
                       (uint64_t)a[3]);
    syscall_tell_asked(number, a);
    long result = entry->fn(a);
    *may_restart = result == -KERESTART;
    if (*may_restart)
        result = -KEINTR;
    syscall_tell_told(number, a, result);
    probe_call_returned(task, entry->name, result);
    return result;
}

long system_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    const long arguments[6] = {a0, a1, a2, a3, a4, a5};
    bool may_restart;
    long result;
    kassert(task_files() != NULL); /* programs only */
    (void)program_obey_signal();
    do {
        result = syscall_make(number, arguments, &may_restart);
    } while (program_obey_signal() && may_restart);
    return result;
}
