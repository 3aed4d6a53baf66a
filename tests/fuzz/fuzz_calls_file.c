/*
 * fuzz_calls_file.c - steps of a fuzzed program: files, readiness, signals, time, its memory
 */
#include "kernel/syscall.h"
#include "tests/fuzz/fuzz_calls.h"

#include <string.h>

void fuzz_store_bytes(void)
{
    size_t got, at = fuzz_u16(&fuzz.input) % FUZZ_MEMORY;
    const uint8_t *bytes = fuzz_take(&fuzz.input, fuzz_u8(&fuzz.input), &got);
    memcpy(fuzz.memory + at, bytes, got < FUZZ_MEMORY - at ? got : FUZZ_MEMORY - at);
}

void fuzz_store_pointer(void)
{
    size_t at = fuzz_u16(&fuzz.input) % (FUZZ_MEMORY / sizeof(long)) * sizeof(long);
    long pointer = fuzz_pointer(1);
    memcpy(fuzz.memory + at, &pointer, sizeof(pointer));
}

static void fuzz_read_or_write(bool is_read)
{
    long file = fuzz_descriptor(), buffer = fuzz_pointer(1), size = fuzz_size();
    if (is_read) {
        fuzz_writes(buffer, (size_t)size);
    } else {
        fuzz_reads(buffer, (size_t)size);
    }
    fuzz_check_count(fuzz_call(is_read ? SYS_READ : SYS_WRITE, file, buffer, size, 0, 0, 0), size);
}

static void fuzz_time(bool sleeps)
{
    long first = fuzz_pointer(8), second = fuzz_pointer(8);
    if (!sleeps) {
        fuzz_writes(first, sizeof(struct kernel_timespec));
        fuzz_call(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, first, 0, 0, 0, 0);
        return;
    }
    fuzz_reads(first, sizeof(struct kernel_timespec));
    fuzz_writes(second, second != 0 ? sizeof(struct kernel_timespec) : 0);
    fuzz_call(SYS_NANOSLEEP, first, second, 0, 0, 0, 0);
}

/* The kernel gives 256 bytes at a time, and needs room for no more. */
void fuzz_random(void)
{
    long buffer = fuzz_pointer(1), size = fuzz_size();
    fuzz_writes(buffer, (size_t)size < 256 ? (size_t)size : 256);
    fuzz_check_count(fuzz_call(SYS_GETRANDOM, buffer, size, 0, 0, 0, 0), size);
}

/* Of memory that is mapped account is kept elsewhere. */
void fuzz_any(void)
{
    long number = (int16_t)fuzz_u16(&fuzz.input), a[6];
    if (number % 512 == SYS_MMAP) {
        fuzz_map();
        return;
    }
    for (unsigned i = 0; i < FUZZ_COUNT(a); i++) {
        a[i] = fuzz_u8(&fuzz.input);
    }
    fuzz_call(number % 512, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void fuzz_ppoll(void)
{
    long files = fuzz_pointer(8), count = fuzz_u16(&fuzz.input), timeout = fuzz_pointer(8);
    long mask = fuzz_pointer(8), mask_size = fuzz_u8(&fuzz.input) % 16;
    count = count < 0xff00 ? count % 1030 : fuzz_size();
    fuzz_writes(files, count <= 1024 ? (size_t)count * sizeof(struct pollfd) : 0);
    fuzz_writes(timeout, timeout != 0 ? sizeof(struct kernel_timespec) : 0);
    fuzz_reads(mask, mask != 0 ? SIGSET_SIZE : 0);
    fuzz_check_count(fuzz_call(SYS_PPOLL, files, count, timeout, mask, mask_size, 0), count);
}

void fuzz_pselect(void)
{
    long sets[3], end = fuzz_u16(&fuzz.input);
    end = end < 0xff00 ? end % 1100 : fuzz_size();
    size_t size = (int)end > 0 ? (FUZZ_MIN((size_t)(int)end, 1024) + 63) / 64 * 8 : 0;
    for (unsigned i = 0; i < FUZZ_COUNT(sets); i++) {
        sets[i] = fuzz_pointer(8);
        fuzz_writes(sets[i], sets[i] != 0 ? size : 0);
    }
    long timeout = fuzz_pointer(8), mask = fuzz_pointer(8);
    fuzz_writes(timeout, timeout != 0 ? sizeof(struct kernel_timespec) : 0);
    fuzz_reads(mask, mask != 0 ? 2 * sizeof(long) : 0);
    long result = fuzz_call(SYS_PSELECT6, end, sets[0], sets[1], sets[2], timeout, mask);
    FUZZ_CHECK(result < 0 || result <= 3 * (long)(int)end);
}

void fuzz_epoll_ctl(void)
{
    long epoll = fuzz_descriptor(), operation = fuzz_u8(&fuzz.input) % 5, file = fuzz_descriptor();
    long event = fuzz_pointer(8);
    uint32_t events = fuzz_u32(&fuzz.input);
    if (fuzz_is_ram(event, sizeof(struct epoll_event)) && events != 0) {
        memcpy((void *)event, &events, sizeof(events));
    }
    fuzz_reads(event, operation != EPOLL_CTL_DEL ? sizeof(struct epoll_event) : 0);
    fuzz_call(SYS_EPOLL_CTL, epoll, operation, file, event, 0, 0);
}

void fuzz_epoll_wait(void)
{
    long epoll = fuzz_descriptor(), events = fuzz_pointer(8), max = fuzz_size();
    long timeout = (int8_t)fuzz_u8(&fuzz.input), mask = fuzz_pointer(8);
    size_t size = (int)max > 0 ? (size_t)(int)max * sizeof(struct epoll_event) : 0;
    fuzz_writes(events, size);
    fuzz_reads(mask, mask != 0 ? SIGSET_SIZE : 0);
    long result = fuzz_call(SYS_EPOLL_PWAIT, epoll, events, max, timeout, mask, SIGSET_SIZE);
    FUZZ_CHECK(result < 0 || result <= (long)(int)max);
}

void fuzz_store_path(void)
{
    static const char *const paths[] = {
        "/tmp/a",        "/tmp/b",         "/tmp/",
        "/proc/net/tcp", "/proc/net/udp",  "/proc/net/route",
        "/proc/net/dev", "/proc/net/tcp6", "/proc/net/nothing",
        "/proc/pools",   "/etc/net/dns",   "/",
    };
    long at = fuzz_place();
    const char *path = paths[fuzz_u8(&fuzz.input) % FUZZ_COUNT(paths)];
    fuzz_store(at, path, strlen(path) + 1);
}

void fuzz_dup(void)
{
    long from = fuzz_descriptor(), to = fuzz_descriptor(), flags = fuzz_u8(&fuzz.input);
    if (flags == 0) {
        fuzz_call(SYS_DUP, from, 0, 0, 0, 0, 0);
    } else {
        fuzz_call(SYS_DUP3, from, to, flags % 2 == 1 ? 0 : O_CLOEXEC, 0, 0, 0);
    }
}

/* It calls the kernel itself, as handlers do. */
static void fuzz_handle_signal(int number)
{
    FUZZ_CHECK(number > 0 && number <= 64);
    FUZZ_CHECK(system_call(SYS_GETPID, 0, 0, 0, 0, 0, 0) > 0);
}

void fuzz_sigaction(void)
{
    const uintptr_t handlers[] = {
        0, 1, (uintptr_t)fuzz_handle_signal, (uintptr_t)fuzz.memory, 2, UINTPTR_MAX};
    static const uint64_t flags[] = {0, SA_RESTART, SA_NODEFER | SA_RESTORER, SA_RESETHAND,
                                     4, UINT64_MAX};
    uint8_t how = fuzz_u8(&fuzz.input);
    long number = (int8_t)fuzz_u8(&fuzz.input), action = fuzz_pointer(8), before = fuzz_pointer(8);
    unsigned handler = how % FUZZ_COUNT(handlers);
    struct kernel_sigaction value = {
        .sa_handler = (signal_handler_fn *)handlers[handler],
        .sa_flags = flags[how / FUZZ_COUNT(handlers) % FUZZ_COUNT(flags)],
        .sa_mask = fuzz_u16(&fuzz.input),
    };
    if (fuzz_is_ram(action, sizeof(value))) {
        memcpy((void *)action, &value, sizeof(value));
        fuzz.must_fail = handler >= 3; /* no code */
    }
    fuzz_reads(action, action != 0 ? sizeof(value) : 0);
    fuzz_writes(before, before != 0 ? sizeof(value) : 0);
    fuzz_call(SYS_RT_SIGACTION, number, action, before, SIGSET_SIZE, 0, 0);
}

void fuzz_sigprocmask(void)
{
    long how = fuzz_u8(&fuzz.input) % 4, set = fuzz_pointer(8), before = fuzz_pointer(8);
    fuzz_reads(set, set != 0 ? SIGSET_SIZE : 0);
    fuzz_writes(before, before != 0 ? SIGSET_SIZE : 0);
    fuzz_call(SYS_RT_SIGPROCMASK, how, set, before, SIGSET_SIZE, 0, 0);
}

/* One that rang each microsecond would take all of the time there is. */
void fuzz_itimer(void)
{
    static const struct kernel_timeval times[] = {{0, 0},  {0, 200000}, {3, 0},        {0, 1000000},
                                                  {-1, 0}, {0, -1},     {INT64_MAX, 0}};
    uint8_t what = fuzz_u8(&fuzz.input);
    long value = fuzz_pointer(8), before = fuzz_pointer(8);
    struct kernel_itimerval timer = {
        .it_value = times[what % FUZZ_COUNT(times)],
        .it_interval = times[what / FUZZ_COUNT(times) % FUZZ_COUNT(times)],
    };
    if (what >= 0xf0) {
        fuzz_writes(value, sizeof(timer));
        fuzz_call(SYS_GETITIMER, ITIMER_REAL, value, 0, 0, 0, 0);
        return;
    }
    if (fuzz_is_ram(value, sizeof(timer))) {
        memcpy((void *)value, &timer, sizeof(timer));
    }
    fuzz_reads(value, value != 0 ? sizeof(timer) : 0);
    fuzz_writes(before, before != 0 ? sizeof(timer) : 0);
    fuzz_call(SYS_SETITIMER, ITIMER_REAL, value, before, 0, 0, 0);
}

/* Mostly itself. */
void fuzz_kill(void)
{
    uint8_t who = fuzz_u8(&fuzz.input);
    long self = system_call(SYS_GETPID, 0, 0, 0, 0, 0, 0);
    fuzz_call(SYS_KILL, who < 0xe0 ? self : (long)(int8_t)who, (int8_t)fuzz_u8(&fuzz.input), 0, 0,
              0, 0);
}

void fuzz_task(void)
{
    static const long calls[] = {SYS_GETPID, SYS_SCHED_YIELD, SYS_CLOCK_GETTIME};
    long call = calls[fuzz_u8(&fuzz.input) % FUZZ_COUNT(calls)], at = fuzz_pointer(8);
    if (call == SYS_CLOCK_GETTIME) {
        fuzz_writes(at, sizeof(struct kernel_timespec));
    }
    fuzz_call(call, CLOCK_REALTIME, at, 0, 0, 0, 0);
}

void fuzz_close(void)
{
    fuzz_call(SYS_CLOSE, fuzz_descriptor(), 0, 0, 0, 0, 0);
}

void fuzz_fcntl(void)
{
    long file = fuzz_descriptor(), command = fuzz_u8(&fuzz.input);
    command = command < 0xf0 ? command % 6 : F_DUPFD_CLOEXEC;
    fuzz_call(SYS_FCNTL, file, command, fuzz_size(), 0, 0, 0);
}

void fuzz_open(void)
{
    long path = fuzz_pointer(1), flags = fuzz_size();
    fuzz_call(SYS_OPENAT, AT_FDCWD, path, flags, 0, 0, 0);
}

void fuzz_lseek(void)
{
    long file = fuzz_descriptor(), offset = fuzz_size();
    fuzz_call(SYS_LSEEK, file, offset, fuzz_u8(&fuzz.input) % 4, 0, 0, 0);
}

void fuzz_unlink(void)
{
    long path = fuzz_pointer(1);
    fuzz_call(SYS_UNLINKAT, AT_FDCWD, path, fuzz_u8(&fuzz.input) % 2, 0, 0, 0);
}

void fuzz_read(void)
{
    fuzz_read_or_write(true);
}

void fuzz_write(void)
{
    fuzz_read_or_write(false);
}

void fuzz_nanosleep(void)
{
    fuzz_time(true);
}

void fuzz_gettime(void)
{
    fuzz_time(false);
}

void fuzz_epoll_create(void)
{
    fuzz_call(SYS_EPOLL_CREATE1, fuzz_u8(&fuzz.input) % 2, 0, 0, 0, 0, 0);
}

void fuzz_eventfd(void)
{
    long count = fuzz_size();
    long flags = fuzz_u8(&fuzz.input) % 2 == 1 ? EFD_NONBLOCK : EFD_SEMAPHORE;
    fuzz_call(SYS_EVENTFD2, count, flags, 0, 0, 0, 0);
}
