/*
 * config.h - the static configuration of the first interface
 */
#ifndef NETSTACK_CONFIG_H
#define NETSTACK_CONFIG_H

#define CONFIG_ADDRESS_PATH "/etc/net/ip"
#define CONFIG_MASK_PATH    "/etc/net/ip_subnet"
#define CONFIG_ROUTER_PATH  "/etc/net/ip_router"

struct interface;

/*
 * Reads the files and configures the interface. A file that is missing stands for its default:
 * 10.0.2.15, 255.255.255.0, and 10.0.2.2 where that is on the subnet. An empty ip means that there
 * is no address yet, as for `dhcp`; nothing else is read then. An empty ip_router means that there
 * is none. What cannot be understood is said on the console, and no default takes its place:
 * without a good address and mask the interface has no address, without a good router there is no
 * default route.
 */
void config_apply(struct interface *interface);

#endif
