/*
 * proc_net.c - /proc/net/route
 *
 * The table in Linux's format: tabs, addresses as hexadecimal numbers whose bytes in memory are in
 * network order. Not padded to 128 characters, which no reader needs.
 */
#include "netstack/posix/proc_net.h"

#include "kernel/file.h"
#include "kernel/sockios.h"
#include "lib/endian.h"
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/route.h"

#define PROC_ROUTE_LINE_MAX 56
#define PROC_ROUTE_HEADER                                                                          \
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"

kstatic_assert(sizeof(PROC_ROUTE_HEADER) + ROUTES_MAX * PROC_ROUTE_LINE_MAX <= FILE_TEXT_MAX,
               "all routes fit into the file");

static unsigned proc_route_flags(const struct route *route)
{
    return (unsigned)RTF_UP | (route->gateway != 0 ? RTF_GATEWAY : 0) |
           (route->length == 32 ? RTF_HOST : 0);
}

static size_t proc_route_line(const struct route *route, char *text, size_t size)
{
    return ksnprintf(text, size, "%s\t%08X\t%08X\t%04X\t0\t0\t0\t%08X\t0\t0\t0\n",
                     route->interface->name, host_to_net32(route->destination),
                     host_to_net32(route->gateway), proc_route_flags(route),
                     host_to_net32(ipv4_mask(route->length)));
}

static struct file *proc_route_open(int *error)
{
    char text[FILE_TEXT_MAX];
    size_t length = kstrlcpy(text, PROC_ROUTE_HEADER, sizeof(text));
    netstack_lock();
    for (unsigned i = 0; i < route_count(); i++)
        length += proc_route_line(route_at(i), text + length, sizeof(text) - length);
    netstack_unlock();
    return file_from_text(text, length, error);
}

struct file *proc_net_open(const char *path, int flags, int *error)
{
    (void)flags; /* the file is read-only, whatever is asked for */
    if (kstreq(path, PROC_NET_PREFIX "route"))
        return proc_route_open(error);
    *error = -KENOENT;
    return NULL;
}
