/*
 * user_call.h - the system calls of schemes, events and children, as functions
 *
 * Thin: results as the kernel gives them, errors negated. For all code that runs as a program:
 * daemons of the drivers and of the network stack, and programs, whose other calls are in
 * programs/user.h.
 */
#ifndef KERNEL_USER_CALL_H
#define KERNEL_USER_CALL_H

#include "kernel/scheme_abi.h"
#include "kernel/syscall.h"

/* ---- files ----------------------------------------------------------------------------------- */

static inline long sys_open(const char *path, int flags)
{
    return system_call(SYS_OPENAT, AT_FDCWD, (long)path, flags, 0644, 0, 0);
}

static inline long sys_close(int descriptor)
{
    return system_call(SYS_CLOSE, descriptor, 0, 0, 0, 0, 0);
}

static inline long sys_read(int descriptor, void *buffer, size_t size)
{
    return system_call(SYS_READ, descriptor, (long)buffer, (long)size, 0, 0, 0);
}

static inline long sys_write(int descriptor, const void *buffer, size_t size)
{
    return system_call(SYS_WRITE, descriptor, (long)buffer, (long)size, 0, 0, 0);
}

static inline long sys_seek(int descriptor, int64_t offset, int from)
{
    return system_call(SYS_LSEEK, descriptor, offset, from, 0, 0, 0);
}

static inline long sys_fsync(int descriptor)
{
    return system_call(SYS_FSYNC, descriptor, 0, 0, 0, 0, 0);
}

/* ---- schemes --------------------------------------------------------------------------------- */

static inline long sys_scheme_create(const char *name, int flags)
{
    return system_call(SYS_SCHEME_CREATE, (long)name, flags, 0, 0, 0, 0);
}

static inline long sys_scheme_namespace(const char *const *names, size_t count)
{
    return system_call(SYS_SCHEME_NAMESPACE, (long)names, (long)count, 0, 0, 0, 0);
}

/* "/scheme/udp", and how long that is; -KEOPNOTSUPP: the file is of no scheme of a program. */
static inline long sys_fpath(int descriptor, char *text, size_t size)
{
    return system_call(SYS_FPATH, descriptor, (long)text, (long)size, 0, 0, 0);
}

static inline long sys_dup_path(int descriptor, const void *bytes, size_t size)
{
    return system_call(SYS_DUP_PATH, descriptor, (long)bytes, (long)size, 0, 0, 0);
}

/* One answer, by a provider. 0, or the error. */
static inline long sys_answer(int root, uint64_t tag, int64_t result)
{
    const struct scheme_answer answer = {.tag = tag, .result = result};
    long written = sys_write(root, &answer, sizeof answer);
    return written < 0 ? written : 0;
}

/* Events that have become true for a handle, by a provider. 0, or the error. */
static inline long sys_post_events(int root, uint64_t handle, unsigned events)
{
    const struct scheme_answer answer = {.handle = handle, .result = events};
    long written = sys_write(root, &answer, sizeof answer);
    return written < 0 ? written : 0;
}

/* In an event queue: what is wanted of a descriptor, with a word of one's own. 0, or the error. */
static inline long sys_watch(int queue, int descriptor, uint32_t events, uint64_t data)
{
    const struct event_entry entry = {.descriptor = descriptor, .events = events, .data = data};
    long written = sys_write(queue, &entry, sizeof entry);
    return written < 0 ? written : 0;
}

/* ---- programs -------------------------------------------------------------------------------- */

static inline long sys_spawn(const char *command_line)
{
    return system_call(SYS_SPAWN, (long)command_line, 0, 0, 0, 0, 0);
}

/* `task` 0: any child. */
static inline long sys_wait(uint32_t task, int *status, int flags)
{
    return system_call(SYS_WAIT, task, (long)status, flags, 0, 0, 0);
}

static inline long sys_ready(void)
{
    return system_call(SYS_READY, 0, 0, 0, 0, 0, 0);
}

static inline long sys_getpid(void)
{
    return system_call(SYS_GETPID, 0, 0, 0, 0, 0, 0);
}

/* The time of a clock; 0, or the error. */
static inline long sys_clock_gettime(int clock, struct kernel_timespec *time)
{
    return system_call(SYS_CLOCK_GETTIME, clock, (long)time, 0, 0, 0, 0);
}

#endif
