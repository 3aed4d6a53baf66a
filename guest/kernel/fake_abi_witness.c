/*
 * fake_abi_witness.c - the numbers and layouts of the host's headers; system calls are those of
 * arm64, the generic ones
 */
#include "kernel/abi_witness.h"

/* What arm64 has of the generic headers; the machine of the tests has a struct stat of its own. */
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define stat generic_stat
#include <asm-generic/stat.h>
#undef stat

#include <arpa/inet.h>
#include <asm-generic/unistd.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Names of members of generic_stat, which the C library has as macros. */
#undef st_atime
#undef st_mtime
#undef st_ctime

#define ABI_NUMBER(name)                     {#name, (long)(name)},
#define ABI_CALL(ours, theirs)               {#ours, (long)(theirs)},
#define ABI_SIZE(ours, theirs)               {#theirs, (long)sizeof(theirs)},
#define ABI_OFFSET(type, member)             {#type "." #member, (long)offsetof(type, member)},
#define ABI_MEMBER(ours, theirs, our, their) {#theirs "." #their, (long)offsetof(theirs, their)},

/* clang-format off */
const struct abi_number abi_numbers[] = {
#include "kernel/abi_names.h"
#include "kernel/abi_calls.h"
};
/* clang-format on */
const size_t abi_number_count = sizeof abi_numbers / sizeof abi_numbers[0];
