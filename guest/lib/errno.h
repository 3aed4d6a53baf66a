/*
 * errno.h - error numbers, as Linux counts them
 *
 * Functions return 0 or a negated number. The prefix keeps them apart from a host's <errno.h>.
 */
#ifndef LIB_ERRNO_H
#define LIB_ERRNO_H

enum {
    KEPERM = 1,
    KENOENT = 2,
    KESRCH = 3,
    KEINTR = 4,
    KEIO = 5,
    KENXIO = 6,
    KE2BIG = 7,
    KENOEXEC = 8,
    KEBADF = 9,
    KECHILD = 10,
    KEAGAIN = 11,
    KENOMEM = 12,
    KEACCES = 13,
    KEFAULT = 14,
    KEBUSY = 16,
    KEEXIST = 17,
    KEXDEV = 18,
    KENODEV = 19,
    KENOTDIR = 20,
    KEISDIR = 21,
    KEINVAL = 22,
    KENFILE = 23,
    KEMFILE = 24,
    KENOTTY = 25,
    KEFBIG = 27,
    KENOSPC = 28,
    KESPIPE = 29,
    KEROFS = 30,
    KEPIPE = 32,
    KEDOM = 33,
    KERANGE = 34,
    KEDEADLK = 35,
    KENAMETOOLONG = 36,
    KENOSYS = 38,
    KENOTEMPTY = 39,
    KELOOP = 40,
    KENODATA = 61,
    KEPROTO = 71,
    KEOVERFLOW = 75,
    KENOTSOCK = 88,
    KEDESTADDRREQ = 89,
    KEMSGSIZE = 90,
    KEPROTOTYPE = 91,
    KENOPROTOOPT = 92,
    KEPROTONOSUPPORT = 93,
    KESOCKTNOSUPPORT = 94,
    KEOPNOTSUPP = 95,
    KEPFNOSUPPORT = 96,
    KEAFNOSUPPORT = 97,
    KEADDRINUSE = 98,
    KEADDRNOTAVAIL = 99,
    KENETDOWN = 100,
    KENETUNREACH = 101,
    KENETRESET = 102,
    KECONNABORTED = 103,
    KECONNRESET = 104,
    KENOBUFS = 105,
    KEISCONN = 106,
    KENOTCONN = 107,
    KETIMEDOUT = 110,
    KECONNREFUSED = 111,
    KEHOSTDOWN = 112,
    KEHOSTUNREACH = 113,
    KEALREADY = 114,
    KEINPROGRESS = 115,
    KESTALE = 116,
    KECANCELED = 125,

    /* Inside the kernel: a signal has ended a call that may be made anew. Programs see EINTR. */
    KERESTART = 512,

    KERRNO_MAX = 4095, /* results in [-KERRNO_MAX, -1] are errors */
};

/* "ENETUNREACH", for a number of either sign; "E?" for one that has no name here. */
const char *errno_name(long error);
/* "Network is unreachable", as the C library of Linux says it; "Unknown error" otherwise. */
const char *errno_text(long error);

#endif
