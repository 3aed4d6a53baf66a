/* errno.c - names and texts of error numbers, in one table */
#include "lib/errno.h"

#include <stddef.h>

static const struct errno_entry {
    int number;
    const char *name;
    const char *text;
} errno_table[] = {
    {KEPERM, "EPERM", "Operation not permitted"},
    {KENOENT, "ENOENT", "No such file or directory"},
    {KESRCH, "ESRCH", "No such process"},
    {KEINTR, "EINTR", "Interrupted system call"},
    {KEIO, "EIO", "Input/output error"},
    {KENXIO, "ENXIO", "No such device or address"},
    {KE2BIG, "E2BIG", "Argument list too long"},
    {KENOEXEC, "ENOEXEC", "Exec format error"},
    {KEBADF, "EBADF", "Bad file descriptor"},
    {KECHILD, "ECHILD", "No child processes"},
    {KEAGAIN, "EAGAIN", "Resource temporarily unavailable"},
    {KENOMEM, "ENOMEM", "Cannot allocate memory"},
    {KEACCES, "EACCES", "Permission denied"},
    {KEFAULT, "EFAULT", "Bad address"},
    {KEBUSY, "EBUSY", "Device or resource busy"},
    {KEEXIST, "EEXIST", "File exists"},
    {KEXDEV, "EXDEV", "Invalid cross-device link"},
    {KENODEV, "ENODEV", "No such device"},
    {KENOTDIR, "ENOTDIR", "Not a directory"},
    {KEISDIR, "EISDIR", "Is a directory"},
    {KEINVAL, "EINVAL", "Invalid argument"},
    {KENFILE, "ENFILE", "Too many open files in system"},
    {KEMFILE, "EMFILE", "Too many open files"},
    {KENOTTY, "ENOTTY", "Inappropriate ioctl for device"},
    {KEFBIG, "EFBIG", "File too large"},
    {KENOSPC, "ENOSPC", "No space left on device"},
    {KESPIPE, "ESPIPE", "Illegal seek"},
    {KEROFS, "EROFS", "Read-only file system"},
    {KEPIPE, "EPIPE", "Broken pipe"},
    {KEDOM, "EDOM", "Numerical argument out of domain"},
    {KERANGE, "ERANGE", "Numerical result out of range"},
    {KEDEADLK, "EDEADLK", "Resource deadlock avoided"},
    {KENAMETOOLONG, "ENAMETOOLONG", "File name too long"},
    {KENOSYS, "ENOSYS", "Function not implemented"},
    {KENOTEMPTY, "ENOTEMPTY", "Directory not empty"},
    {KELOOP, "ELOOP", "Too many levels of symbolic links"},
    {KENODATA, "ENODATA", "No data available"},
    {KEPROTO, "EPROTO", "Protocol error"},
    {KEOVERFLOW, "EOVERFLOW", "Value too large for defined data type"},
    {KENOTSOCK, "ENOTSOCK", "Socket operation on non-socket"},
    {KEDESTADDRREQ, "EDESTADDRREQ", "Destination address required"},
    {KEMSGSIZE, "EMSGSIZE", "Message too long"},
    {KEPROTOTYPE, "EPROTOTYPE", "Protocol wrong type for socket"},
    {KENOPROTOOPT, "ENOPROTOOPT", "Protocol not available"},
    {KEPROTONOSUPPORT, "EPROTONOSUPPORT", "Protocol not supported"},
    {KESOCKTNOSUPPORT, "ESOCKTNOSUPPORT", "Socket type not supported"},
    {KEOPNOTSUPP, "EOPNOTSUPP", "Operation not supported"},
    {KEPFNOSUPPORT, "EPFNOSUPPORT", "Protocol family not supported"},
    {KEAFNOSUPPORT, "EAFNOSUPPORT", "Address family not supported by protocol"},
    {KEADDRINUSE, "EADDRINUSE", "Address already in use"},
    {KEADDRNOTAVAIL, "EADDRNOTAVAIL", "Cannot assign requested address"},
    {KENETDOWN, "ENETDOWN", "Network is down"},
    {KENETUNREACH, "ENETUNREACH", "Network is unreachable"},
    {KENETRESET, "ENETRESET", "Network dropped connection on reset"},
    {KECONNABORTED, "ECONNABORTED", "Software caused connection abort"},
    {KECONNRESET, "ECONNRESET", "Connection reset by peer"},
    {KENOBUFS, "ENOBUFS", "No buffer space available"},
    {KEISCONN, "EISCONN", "Transport endpoint is already connected"},
    {KENOTCONN, "ENOTCONN", "Transport endpoint is not connected"},
    {KETIMEDOUT, "ETIMEDOUT", "Connection timed out"},
    {KECONNREFUSED, "ECONNREFUSED", "Connection refused"},
    {KEHOSTDOWN, "EHOSTDOWN", "Host is down"},
    {KEHOSTUNREACH, "EHOSTUNREACH", "No route to host"},
    {KEALREADY, "EALREADY", "Operation already in progress"},
    {KEINPROGRESS, "EINPROGRESS", "Operation now in progress"},
    {KESTALE, "ESTALE", "Stale file handle"},
    {KECANCELED, "ECANCELED", "Operation canceled"},
};

static const struct errno_entry *errno_find(long error)
{
    for (size_t i = 0; i < sizeof errno_table / sizeof errno_table[0]; i++) {
        if (errno_table[i].number == error || errno_table[i].number == -error)
            return &errno_table[i];
    }
    return NULL;
}

const char *errno_name(long error)
{
    const struct errno_entry *entry = errno_find(error);
    return entry != NULL ? entry->name : "E?";
}

const char *errno_text(long error)
{
    const struct errno_entry *entry = errno_find(error);
    return entry != NULL ? entry->text : "Unknown error";
}
