/*
 * syscall_priv.h - what the files of system calls share: arguments, and who is in the table
 */
#ifndef KERNEL_SYSCALL_PRIV_H
#define KERNEL_SYSCALL_PRIV_H

#include "kernel/message.h"
#include "kernel/syscall.h"

#include <stdbool.h>

#define SYSCALL_NS_PER_S   UINT64_C(1000000000)
#define SYSCALL_COUNT_MAX  0x7ffff000L /* of bytes in one read or write, as Linux has it */
#define SYSCALL_OPTION_MAX 256         /* of bytes in a socket option */

/* The arguments, as registers hold them. */
typedef long syscall_fn(const long a[6]);

struct syscall_entry {
    const char *name;
    syscall_fn *fn;
};

/* ---- arguments ------------------------------------------------------------------------------- */

void *syscall_pointer(long argument);
bool syscall_is_ram(long argument, size_t size);
/* The same for a buffer, which may be NULL when it is empty. */
bool syscall_is_buffer(long argument, size_t size);
size_t syscall_clamp_count(long count);
struct file *syscall_file(long descriptor); /* NULL: -KEBADF */
/* The same, and also one that was opened with O_PATH. */
struct file *syscall_any_file(long descriptor);

/* A new file becomes a descriptor. NULL: the error. */
long syscall_install(struct file *file, int error, bool close_on_exec);

/*
 * The pieces of a message: copied to `parts`, which has MESSAGE_PARTS_MAX, and checked. 0;
 * -KEFAULT; -KEINVAL: too many pieces, or bytes.
 */
long syscall_fetch_parts(long pointer, size_t count, struct iovec *parts, struct message *message);

bool syscall_is_duration(const struct kernel_timespec *duration);
/* When a wait of this length ends; beyond the end of time it is for ever. */
uint64_t syscall_deadline_ns(uint64_t now_ns, const struct kernel_timespec *duration);
struct kernel_timespec syscall_timespec(uint64_t ns);

/* ---- what the bench is told (syscall_probe.c) ------------------------------------------------ */

void syscall_tell_asked(long number, const long a[6]);
void syscall_tell_told(long number, const long a[6], long result);

/* ---- files (syscall.c, syscall_file.c, syscall_path.c) --------------------------------------- */

struct kernel_stat;
struct kernel_statfs;
long syscall_stat_file(struct file *file, struct kernel_stat *stat);
long syscall_statfs_file(struct file *file, struct kernel_statfs *statfs);

syscall_fn syscall_read, syscall_write;
syscall_fn syscall_lseek, syscall_pread64, syscall_pwrite64, syscall_fstat, syscall_fstatfs,
    syscall_ftruncate, syscall_fchmod, syscall_getdents64, syscall_fsync, syscall_sync;
syscall_fn syscall_openat, syscall_mkdirat, syscall_unlinkat, syscall_symlinkat, syscall_linkat,
    syscall_renameat, syscall_renameat2, syscall_newfstatat, syscall_statfs, syscall_faccessat,
    syscall_readlinkat, syscall_truncate, syscall_fchmodat, syscall_utimensat;

/* ---- memory (syscall_memory.c) --------------------------------------------------------------- */

syscall_fn syscall_mmap, syscall_munmap;

/* ---- sockets (syscall_socket.c) -------------------------------------------------------------- */

syscall_fn syscall_make_socket, syscall_bind, syscall_listen, syscall_accept, syscall_accept4,
    syscall_connect, syscall_getsockname, syscall_getpeername, syscall_sendto, syscall_recvfrom,
    syscall_setsockopt, syscall_getsockopt, syscall_shutdown, syscall_sendmsg, syscall_recvmsg,
    syscall_sendmmsg, syscall_recvmmsg;

/* ---- readiness (syscall_poll.c) -------------------------------------------------------------- */

syscall_fn syscall_eventfd2, syscall_epoll_create1, syscall_epoll_ctl, syscall_epoll_pwait,
    syscall_ppoll, syscall_pselect6;

/* ---- signals (syscall_signal.c) -------------------------------------------------------------- */

syscall_fn syscall_kill, syscall_rt_sigaction, syscall_rt_sigprocmask, syscall_getitimer,
    syscall_setitimer;

/* ---- schemes and children (syscall_scheme.c) ------------------------------------------------- */

extern const struct syscall_entry syscall_private_table[SYS_PRIVATE_END - SYS_PRIVATE_FIRST];

#endif
