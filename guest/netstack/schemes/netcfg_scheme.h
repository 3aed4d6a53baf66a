/*
 * netcfg_scheme.h - the scheme netcfg: the configuration as a tree of small text files
 *
 *     resolv/nameserver        the address of the name server
 *     route/list               a route on each line: PREFIX [via GATEWAY] dev INTERFACE src ADDRESS
 *     route/add, route/rm      written: PREFIX [via GATEWAY] [dev INTERFACE]; "default" is a prefix
 *     tables/NAME              route, tcp, udp, drops: the tables of net_table.h
 *     ifaces/IF/mac            02-00-0a-00-02-0f
 *     ifaces/IF/addr/list      ADDRESS/LENGTH, or "Not configured"
 *     ifaces/IF/addr/set       written: the same; "none" takes it away
 *     ifaces/IF/mtu            bytes of an IPv4 packet; can be written
 *     ifaces/IF/state          up or down; can be written
 *
 * A directory is read as the names in it, a line each. A file is what it was when it was opened.
 * What is written counts when the file is synchronised, which tells of errors, or closed.
 */
#ifndef NETSTACK_SCHEMES_NETCFG_SCHEME_H
#define NETSTACK_SCHEMES_NETCFG_SCHEME_H

#include "netstack/schemes/provider.h"

#include <stddef.h>

#define NETCFG_FILES_MAX 16
#define NETCFG_TEXT_MAX  8192 /* bytes of a file; what would be longer is cut between rows */
#define NETCFG_LINES_MAX 1024 /* bytes that are written before they count */
#define NETCFG_DNS_PATH  "/etc/net/dns"

struct netcfg_scheme {
    struct provider_port *port;
};

/* Closes all files, and reads the address of the name server. Keeps the port. */
void netcfg_scheme_init(struct netcfg_scheme *scheme, struct provider_port *port);
/* Every request is answered at once. Under the lock of the stack. */
void netcfg_scheme_request(struct netcfg_scheme *scheme, const struct scheme_request *request);

#endif
