/*
 * errnos.c - errors of system calls by name
 *
 * The numbers of arm64 Linux (include/uapi/asm-generic/errno-base.h and errno.h), whatever the
 * host's are.
 */
#include "harness/language/values.h"

#include <glib.h>
#include <string.h>

#define ERRNOS(X)                                                                                  \
    X(EPERM, 1)                                                                                    \
    X(ENOENT, 2)                                                                                   \
    X(ESRCH, 3)                                                                                    \
    X(EINTR, 4)                                                                                    \
    X(EIO, 5)                                                                                      \
    X(ENXIO, 6)                                                                                    \
    X(E2BIG, 7)                                                                                    \
    X(ENOEXEC, 8)                                                                                  \
    X(EBADF, 9)                                                                                    \
    X(ECHILD, 10)                                                                                  \
    X(EAGAIN, 11)                                                                                  \
    X(EWOULDBLOCK, 11)                                                                             \
    X(ENOMEM, 12)                                                                                  \
    X(EACCES, 13)                                                                                  \
    X(EFAULT, 14)                                                                                  \
    X(EBUSY, 16)                                                                                   \
    X(EEXIST, 17)                                                                                  \
    X(EXDEV, 18)                                                                                   \
    X(ENODEV, 19)                                                                                  \
    X(ENOTDIR, 20)                                                                                 \
    X(EISDIR, 21)                                                                                  \
    X(EINVAL, 22)                                                                                  \
    X(ENFILE, 23)                                                                                  \
    X(EMFILE, 24)                                                                                  \
    X(ENOTTY, 25)                                                                                  \
    X(EFBIG, 27)                                                                                   \
    X(ENOSPC, 28)                                                                                  \
    X(ESPIPE, 29)                                                                                  \
    X(EROFS, 30)                                                                                   \
    X(EPIPE, 32)                                                                                   \
    X(EDOM, 33)                                                                                    \
    X(ERANGE, 34)                                                                                  \
    X(EDEADLK, 35)                                                                                 \
    X(ENAMETOOLONG, 36)                                                                            \
    X(ENOSYS, 38)                                                                                  \
    X(ENOTEMPTY, 39)                                                                               \
    X(EPROTO, 71)                                                                                  \
    X(EBADMSG, 74)                                                                                 \
    X(EOVERFLOW, 75)                                                                               \
    X(ENOTSOCK, 88)                                                                                \
    X(EDESTADDRREQ, 89)                                                                            \
    X(EMSGSIZE, 90)                                                                                \
    X(EPROTOTYPE, 91)                                                                              \
    X(ENOPROTOOPT, 92)                                                                             \
    X(EPROTONOSUPPORT, 93)                                                                         \
    X(ESOCKTNOSUPPORT, 94)                                                                         \
    X(EOPNOTSUPP, 95)                                                                              \
    X(EPFNOSUPPORT, 96)                                                                            \
    X(EAFNOSUPPORT, 97)                                                                            \
    X(EADDRINUSE, 98)                                                                              \
    X(EADDRNOTAVAIL, 99)                                                                           \
    X(ENETDOWN, 100)                                                                               \
    X(ENETUNREACH, 101)                                                                            \
    X(ENETRESET, 102)                                                                              \
    X(ECONNABORTED, 103)                                                                           \
    X(ECONNRESET, 104)                                                                             \
    X(ENOBUFS, 105)                                                                                \
    X(EISCONN, 106)                                                                                \
    X(ENOTCONN, 107)                                                                               \
    X(ESHUTDOWN, 108)                                                                              \
    X(ETIMEDOUT, 110)                                                                              \
    X(ECONNREFUSED, 111)                                                                           \
    X(EHOSTDOWN, 112)                                                                              \
    X(EHOSTUNREACH, 113)                                                                           \
    X(EALREADY, 114)                                                                               \
    X(EINPROGRESS, 115)                                                                            \
    X(ESTALE, 116)                                                                                 \
    X(ECANCELED, 125)

#define ERRNOS_NAME(name, number) #name,
static const char *const errnos_names[] = {ERRNOS(ERRNOS_NAME) NULL};

#define ERRNOS_NUMBER(name, number) number,
static const int errnos_numbers[] = {ERRNOS(ERRNOS_NUMBER)};

int values_errno(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(errnos_numbers); i++) {
        if (strcmp(errnos_names[i], name) == 0) {
            return errnos_numbers[i];
        }
    }
    return 0;
}

const char *const *values_errno_names(void)
{
    return errnos_names;
}
