/*
 * fuzz_host.c - libFuzzer's entry, and the fence around a target
 *
 * What a target tests may neither talk to the host's network nor write its files. The few calls of
 * the C library that begin either are replaced here: while the target runs they end the program. A
 * shared library that opens a socket is caught as well, since the program's symbols come first.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool fuzz_is_running;

_Noreturn void fuzz_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken: %s\n", file, line, what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_is_running = true;
    fuzz_run(data, size);
    fuzz_is_running = false;
    return 0;
}

static void fuzz_forbid(const char *what)
{
    if (fuzz_is_running) {
        fuzz_fail(what, __FILE__, __LINE__);
    }
}

int socket(int domain, int type, int protocol)
{
    fuzz_forbid("no socket of the host is opened");
    return (int)syscall(SYS_socket, domain, type, protocol);
}

static int fuzz_open(int folder, const char *path, int flags, mode_t mode)
{
    if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0) {
        fuzz_forbid("no file of the host is opened for writing");
    }
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

/* The mode is an argument only when something is created. */
#define FUZZ_MODE(flags, mode)                                                                     \
    mode_t mode = 0;                                                                               \
    if (((flags) & (O_CREAT | __O_TMPFILE)) != 0) {                                                \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode = va_arg(arguments, mode_t);                                                          \
        va_end(arguments);                                                                         \
    }

int open(const char *path, int flags, ...)
{
    FUZZ_MODE(flags, mode)
    return fuzz_open(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    FUZZ_MODE(flags, mode)
    return fuzz_open(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    FUZZ_MODE(flags, mode)
    return fuzz_open(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    FUZZ_MODE(flags, mode)
    return fuzz_open(folder, path, flags, mode);
}

int unlink(const char *path)
{
    fuzz_forbid("no file of the host is deleted");
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode)
{
    fuzz_forbid("no folder of the host is made");
    return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
