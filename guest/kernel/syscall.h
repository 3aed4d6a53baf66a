/*
 * syscall.h - the system calls, all that programs see of the kernel
 *
 * Numbers, structures and errors of arm64 Linux. Results below 0 are negated errno values.
 * Programs call the wrappers of programs/user.h.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include "lib/errno.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SYS_EVENTFD2 = 19,
    SYS_EPOLL_CREATE1 = 20,
    SYS_EPOLL_CTL = 21,
    SYS_EPOLL_PWAIT = 22,
    SYS_DUP = 23,
    SYS_DUP3 = 24,
    SYS_FCNTL = 25,
    SYS_IOCTL = 29,
    SYS_MKDIRAT = 34,
    SYS_UNLINKAT = 35,
    SYS_SYMLINKAT = 36,
    SYS_LINKAT = 37,
    SYS_RENAMEAT = 38,
    SYS_STATFS = 43,
    SYS_FSTATFS = 44,
    SYS_TRUNCATE = 45,
    SYS_FTRUNCATE = 46,
    SYS_FACCESSAT = 48,
    SYS_FCHMOD = 52,
    SYS_FCHMODAT = 53,
    SYS_OPENAT = 56,
    SYS_CLOSE = 57,
    SYS_GETDENTS64 = 61,
    SYS_LSEEK = 62,
    SYS_READ = 63,
    SYS_WRITE = 64,
    SYS_READV = 65,
    SYS_WRITEV = 66,
    SYS_PREAD64 = 67,
    SYS_PWRITE64 = 68,
    SYS_PSELECT6 = 72,
    SYS_PPOLL = 73,
    SYS_READLINKAT = 78,
    SYS_NEWFSTATAT = 79,
    SYS_FSTAT = 80,
    SYS_SYNC = 81,
    SYS_FSYNC = 82,
    SYS_FDATASYNC = 83,
    SYS_UTIMENSAT = 88,
    SYS_EXIT = 93,
    SYS_NANOSLEEP = 101,
    SYS_GETITIMER = 102,
    SYS_SETITIMER = 103,
    SYS_CLOCK_GETTIME = 113,
    SYS_SCHED_YIELD = 124,
    SYS_KILL = 129,
    SYS_RT_SIGACTION = 134,
    SYS_RT_SIGPROCMASK = 135,
    SYS_GETPID = 172,
    SYS_SOCKET = 198,
    SYS_BIND = 200,
    SYS_LISTEN = 201,
    SYS_ACCEPT = 202,
    SYS_CONNECT = 203,
    SYS_GETSOCKNAME = 204,
    SYS_GETPEERNAME = 205,
    SYS_SENDTO = 206,
    SYS_RECVFROM = 207,
    SYS_SETSOCKOPT = 208,
    SYS_GETSOCKOPT = 209,
    SYS_SHUTDOWN = 210,
    SYS_SENDMSG = 211,
    SYS_RECVMSG = 212,
    SYS_MUNMAP = 215,
    SYS_MMAP = 222,
    SYS_ACCEPT4 = 242,
    SYS_RECVMMSG = 243,
    SYS_SENDMMSG = 269,
    SYS_RENAMEAT2 = 276,
    SYS_GETRANDOM = 278,
    SYSCALLS_MAX,
};

/*
 * Linux has none of these. Strings end with NUL.
 *
 * SCHEME_CREATE(name, O_NONBLOCK | O_CLOEXEC): the root file of a scheme of this name
 *     (scheme_abi.h). -KEEXIST: somebody provides it.
 * SCHEME_NAMESPACE(names, count): the program, and what it spawns from now on, sees only these
 *     names of those that it saw, and the kernel's. What is open stays so. Its number; -KENOENT: it
 *     does not see one of them.
 * DUP_PATH(descriptor, bytes, size): another file, made by whoever serves this one. -KEOPNOTSUPP.
 * SPAWN(command line): starts a program, with the console and the namespace of this one: its task.
 * WAIT(task or 0, int *status, WNOHANG): until this child, or any, has ended: its task, and its
 *     exit status, or 128 + the signal. -KECHILD: there is none. With WNOHANG 0: none has ended.
 *     With WREADY also until it has said READY: 0.
 * FPATH(descriptor, text, size): which scheme a file is of: "/scheme/udp", and how long that is.
 *     -KEOPNOTSUPP: of none, or of the kernel's.
 * READY(): a program says that it does what it was started for; the first one, that the machine is
 *     up. -KEPERM: nobody started it, or he is gone; or the machine was up.
 */
enum {
    SYS_PRIVATE_FIRST = 1000,
    SYS_SCHEME_CREATE = SYS_PRIVATE_FIRST,
    SYS_SCHEME_NAMESPACE,
    SYS_DUP_PATH,
    SYS_SPAWN,
    SYS_WAIT,
    SYS_READY,
    SYS_FPATH,
    SYS_PRIVATE_END,
};
#define WNOHANG             1
#define WREADY              2
#define NAMESPACE_NAMES_MAX 64 /* of one SCHEME_NAMESPACE */
#define SPAWN_LENGTH_MAX    512

/* What "/scheme/child" gives, one for each child that has ended: as WAIT for any. */
struct child_end {
    uint32_t task;
    int32_t status;
};

/* A program, as the kernel starts it. */
struct program_entry {
    const char *name;
    int (*main)(int argc, char **argv); /* returns the exit status */
};

/*
 * From a program: whether the kernel has sockets at all. Elsewhere a program is told such things
 * with its arguments.
 */
bool system_has_sockets(void);

/* From a program: the trap into the kernel. */
long system_call(long number, long a0, long a1, long a2, long a3, long a4, long a5);

/*
 * Linux calls them timespec and timeval; here they keep out of the way of a host's C library,
 * which unit tests use.
 */
struct kernel_timespec {
    int64_t tv_sec, tv_nsec;
};
struct kernel_timeval { /* of SO_RCVTIMEO and SO_SNDTIMEO; 0: for ever */
    int64_t tv_sec, tv_usec;
};
struct kernel_itimerval {
    struct kernel_timeval it_interval, it_value;
};

#define AF_UNSPEC           0
#define AF_INET             2
#define AF_INET6            10
#define SOCK_STREAM         1
#define SOCK_DGRAM          2
#define SOCK_NONBLOCK       04000
#define SOCK_CLOEXEC        02000000
#define IPPROTO_IP          0
#define IPPROTO_ICMP        1
#define IPPROTO_TCP         6
#define IPPROTO_UDP         17
#define SHUT_RD             0
#define SHUT_WR             1
#define SHUT_RDWR           2
#define SOL_SOCKET          1
#define SO_REUSEADDR        2
#define SO_TYPE             3
#define SO_ERROR            4
#define SO_BROADCAST        6
#define SO_SNDBUF           7
#define SO_RCVBUF           8
#define SO_KEEPALIVE        9
#define SO_LINGER           13
#define SO_RCVTIMEO         20
#define SO_SNDTIMEO         21
#define SO_BINDTODEVICE     25 /* a name; before bind() */
#define SO_ACCEPTCONN       30
#define SO_PROTOCOL         38
#define SO_DOMAIN           39
#define IP_TTL              2
#define IP_RECVTTL          12 /* a control message of type IP_TTL, an int, with each datagram */
#define TCP_NODELAY         1
#define TCP_MAXSEG          2
#define TCP_KEEPIDLE        4
#define TCP_KEEPINTVL       5
#define TCP_KEEPCNT         6
#define MSG_PEEK            0x2
#define MSG_CTRUNC          0x8
#define MSG_TRUNC           0x20
#define MSG_DONTWAIT        0x40
#define MSG_WAITALL         0x100
#define MSG_NOSIGNAL        0x4000
#define MSG_WAITFORONE      0x10000
#define CLOCK_REALTIME      0
#define CLOCK_MONOTONIC     1
#define AT_FDCWD            (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR        0x200
#define AT_SYMLINK_FOLLOW   0x400
#define AT_EMPTY_PATH       0x1000
#define RENAME_NOREPLACE    1
#define UTIME_NOW           0x3fffffff
#define UTIME_OMIT          0x3ffffffe
#define O_RDONLY            0
#define O_WRONLY            1
#define O_RDWR              2
#define O_ACCMODE           3
#define O_CREAT             0100
#define O_EXCL              0200
#define O_TRUNC             01000
#define O_APPEND            02000
#define O_NONBLOCK          04000
#define O_DIRECTORY         040000  /* this one and the next have numbers of arm64's own, which */
#define O_NOFOLLOW          0100000 /* the headers of other machines do not know */
#define O_CLOEXEC           02000000
#define O_PATH              010000000
#define SEEK_SET            0
#define SEEK_CUR            1
#define SEEK_END            2
#define F_DUPFD             0
#define F_GETFD             1
#define F_SETFD             2
#define F_GETFL             3
#define F_SETFL             4
#define F_DUPFD_CLOEXEC     1030
#define FD_CLOEXEC          1
#define FIONBIO             0x5421
#define PROT_READ           0x1
#define PROT_WRITE          0x2
#define PROT_EXEC           0x4
#define MAP_SHARED          0x01
#define MAP_PRIVATE         0x02
#define MAP_TYPE            0x0f
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define EFD_SEMAPHORE       1
#define EFD_NONBLOCK        04000
#define EFD_CLOEXEC         02000000

#define POLLIN     0x001
#define POLLPRI    0x002
#define POLLOUT    0x004
#define POLLERR    0x008 /* these three are told without being asked for */
#define POLLHUP    0x010
#define POLLNVAL   0x020
#define POLLRDNORM 0x040
#define POLLWRNORM 0x100
#define POLLRDHUP  0x2000

/* Those of epoll have the numbers of those of poll. */
#define EPOLL_CLOEXEC 02000000
#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3
#define EPOLLRDHUP    0x2000
#define EPOLLONESHOT  (1u << 30)
#define EPOLLET       (1u << 31)

#define SIGHUP       1
#define SIGINT       2
#define SIGKILL      9
#define SIGUSR1      10
#define SIGPIPE      13
#define SIGALRM      14
#define SIGTERM      15
#define SIGCHLD      17
#define SIGCONT      18
#define SIGSTOP      19
#define SIGURG       23
#define SIGWINCH     28
#define SIG_BLOCK    0
#define SIG_UNBLOCK  1
#define SIG_SETMASK  2
#define SA_RESTORER  0x04000000
#define SA_RESTART   0x10000000
#define SA_NODEFER   0x40000000
#define SA_RESETHAND 0x80000000
#define ITIMER_REAL  0
#define SIGSET_SIZE  8 /* what calls with a set of signals are told as its size */

/*
 * The kernel's own, of rt_sigaction. With SA_RESTART a call that the signal ended is made anew
 * behind the handler, where signal(7) says so: not those that wait for readiness or for a time, and
 * not those of a socket with a timeout. A handler is code of the image; other things are -KEFAULT.
 */
typedef void signal_handler_fn(int number);
#define SIGNAL_DEFAULT ((signal_handler_fn *)0)
#define SIGNAL_IGNORE  ((signal_handler_fn *)1)
struct kernel_sigaction {
    signal_handler_fn *sa_handler;
    uint64_t sa_flags;
    void *sa_restorer; /* unused */
    uint64_t sa_mask;
};

struct pollfd {
    int32_t fd;
    int16_t events, revents;
};

struct epoll_event {
    uint32_t events;
    uint64_t data; /* arm64 leaves four bytes in front of it */
};

struct iovec {
    void *iov_base;
    size_t iov_len;
};

struct msghdr {
    void *msg_name;
    uint32_t msg_namelen;
    struct iovec *msg_iov;
    size_t msg_iovlen;
    void *msg_control;
    size_t msg_controllen;
    uint32_t msg_flags;
};

struct mmsghdr {
    struct msghdr msg_hdr;
    uint32_t msg_len;
};

struct cmsghdr {
    size_t cmsg_len; /* with this header, without padding */
    int32_t cmsg_level, cmsg_type;
};
#define CMSG_ALIGN(size) (((size) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))

struct sockaddr {
    uint16_t sa_family;
    char sa_data[14];
};

struct sockaddr_in {
    uint16_t sin_family;
    uint16_t sin_port; /* network order */
    uint32_t sin_addr; /* network order */
    uint8_t sin_zero[8];
};

#endif
