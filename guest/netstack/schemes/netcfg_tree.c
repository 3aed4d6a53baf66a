/*
 * netcfg_tree.c - what stands in the files of the scheme netcfg
 */
#include "netstack/schemes/netcfg_tree.h"

#include "kernel/file.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "netstack/ethernet.h"
#include "netstack/interface.h"
#include "netstack/net_table.h"
#include "netstack/schemes/router.h"
#include "netstack/schemes/udp_scheme.h"

#define NETCFG_INTERFACES     "ifaces/"
#define NETCFG_DNS_DEFAULT    0x0a000203 /* 10.0.2.3 */
#define NETCFG_DNS_TEXT_SIZE  64
#define NETCFG_PREFIX_SIZE    20 /* "255.255.255.255/32" and NUL */
#define NETCFG_MTU_MIN        68 /* [RFC791]: every module must forward as much */
#define NETCFG_NOT_CONFIGURED "Not configured\n"

static uint32_t netcfg_nameserver;

/* ---- words ----------------------------------------------------------------------------------- */

/* The next word of the line, cut off there; NULL: there is none. */
static char *netcfg_word(char **rest)
{
    char *word = *rest;
    while (*word == ' ' || *word == '\t' || *word == '\r')
        word++;
    char *end = word;
    while (*end != '\0' && *end != ' ' && *end != '\t' && *end != '\r')
        end++;
    *rest = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return *word != '\0' ? word : NULL;
}

static size_t netcfg_bounded(size_t length, size_t size)
{
    return length < size ? length : size - 1;
}

/* ---- the name server ------------------------------------------------------------------------- */

void netcfg_read_nameserver(const char *path)
{
    char text[NETCFG_DNS_TEXT_SIZE], *rest = text;
    long length = config_read(path, text, sizeof text);
    netcfg_nameserver = NETCFG_DNS_DEFAULT;
    if (length < 0)
        return;
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\n')
            *c = ' ';
    }
    const char *word = netcfg_word(&rest);
    if (word == NULL || !ipv4_parse(word, &netcfg_nameserver))
        netcfg_nameserver = 0;
}

static size_t netcfg_show_nameserver(const struct interface *interface, char *text, size_t size)
{
    char address[IPV4_TEXT_SIZE];
    (void)interface;
    if (netcfg_nameserver == 0)
        return netcfg_bounded(ksnprintf(text, size, NETCFG_NOT_CONFIGURED), size);
    return netcfg_bounded(ksnprintf(text, size, "%s\n", ipv4_format(netcfg_nameserver, address)),
                          size);
}

static int netcfg_set_nameserver(struct interface *interface, char *line)
{
    uint32_t address;
    const char *word = netcfg_word(&line);
    (void)interface;
    if (word == NULL || !ipv4_parse(word, &address))
        return -KEINVAL;
    netcfg_nameserver = address;
    return 0;
}

/* ---- routes ---------------------------------------------------------------------------------- */

static const char *netcfg_prefix_text(const struct router_rule *rule, char text[NETCFG_PREFIX_SIZE])
{
    char address[IPV4_TEXT_SIZE];
    if (rule->length == 0)
        return "default";
    ksnprintf(text, NETCFG_PREFIX_SIZE, "%s/%u", ipv4_format(rule->destination, address),
              rule->length);
    return text;
}

static size_t netcfg_show_rule(const struct router_rule *rule, char *text, size_t size)
{
    char prefix[NETCFG_PREFIX_SIZE], gateway[IPV4_TEXT_SIZE], source[IPV4_TEXT_SIZE];
    bool via = rule->gateway != 0;
    size_t length =
        ksnprintf(text, size, "%s%s%s dev %s src %s\n", netcfg_prefix_text(rule, prefix),
                  via ? " via " : "", via ? ipv4_format(rule->gateway, gateway) : "",
                  rule->interface->name, ipv4_format(rule->source, source));
    return netcfg_bounded(length, size);
}

static size_t netcfg_show_routes(const struct interface *interface, char *text, size_t size)
{
    size_t length = 0;
    (void)interface;
    for (unsigned i = router_count(); i > 0; i--)
        length += netcfg_show_rule(router_at(i - 1), text + length, size - length);
    return length;
}

static int netcfg_parse_route(char *line, struct route *route)
{
    char *word = netcfg_word(&line);
    *route = (struct route){0};
    if (word == NULL ||
        (!kstreq(word, "default") && !ipv4_parse_prefix(word, &route->destination, &route->length)))
        return -KEINVAL;
    while ((word = netcfg_word(&line)) != NULL) {
        const char *value = netcfg_word(&line);
        if (value == NULL)
            return -KEINVAL;
        if (kstreq(word, "dev"))
            route->interface = interface_by_name(value);
        if (kstreq(word, "dev") && route->interface == NULL)
            return -KENODEV;
        if (kstreq(word, "via") && (!ipv4_parse(value, &route->gateway) || route->gateway == 0))
            return -KEINVAL;
        if (!kstreq(word, "dev") && !kstreq(word, "via"))
            return -KEINVAL;
    }
    return 0;
}

static int netcfg_add_route(struct interface *interface, char *line)
{
    struct route route;
    int error = netcfg_parse_route(line, &route);
    (void)interface;
    return error == 0 ? router_add(&route) : error;
}

static int netcfg_remove_route(struct interface *interface, char *line)
{
    struct route route;
    int error = netcfg_parse_route(line, &route);
    (void)interface;
    return error == 0 ? router_remove(&route) : error;
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static size_t netcfg_show_mac(const struct interface *interface, char *text, size_t size)
{
    static const uint8_t none[ETHERNET_MAC_SIZE];
    const uint8_t *mac = interface->netif != NULL ? interface->netif->mac : none;
    return netcfg_bounded(ksnprintf(text, size, "%02x-%02x-%02x-%02x-%02x-%02x\n", mac[0], mac[1],
                                    mac[2], mac[3], mac[4], mac[5]),
                          size);
}

static size_t netcfg_show_address(const struct interface *interface, char *text, size_t size)
{
    char address[IPV4_TEXT_SIZE];
    unsigned length = 0;
    if (interface->address == 0 || !ipv4_mask_length(interface->mask, &length))
        return netcfg_bounded(ksnprintf(text, size, NETCFG_NOT_CONFIGURED), size);
    return netcfg_bounded(
        ksnprintf(text, size, "%s/%u\n", ipv4_format(interface->address, address), length), size);
}

/* Twice is the same as once. */
static int netcfg_set_address(struct interface *interface, char *line)
{
    uint32_t address = 0;
    unsigned length = 0;
    char *word = netcfg_word(&line);
    if (word == NULL)
        return -KEINVAL;
    if (kstreq(word, "none"))
        return router_set_address(interface, 0, 0);
    char *slash = (char *)kstrchr(word, '/');
    uint32_t number = 0;
    if (slash == NULL || !kparse_u32(slash + 1, 32, &number))
        return -KEINVAL;
    *slash = '\0';
    length = number;
    if (!ipv4_parse(word, &address) || address == 0)
        return -KEINVAL;
    return router_set_address(interface, address, ipv4_mask(length));
}

static size_t netcfg_show_mtu(const struct interface *interface, char *text, size_t size)
{
    return netcfg_bounded(ksnprintf(text, size, "%u\n", interface->mtu), size);
}

static int netcfg_set_mtu(struct interface *interface, char *line)
{
    uint32_t mtu, max = interface->netif != NULL ? interface->netif->mtu : INTERFACE_LO_MTU;
    const char *word = netcfg_word(&line);
    if (word == NULL || !kparse_u32(word, max, &mtu) || mtu < NETCFG_MTU_MIN)
        return -KEINVAL;
    interface->mtu = mtu;
    return 0;
}

static size_t netcfg_show_state(const struct interface *interface, char *text, size_t size)
{
    bool carrier = interface->netif == NULL || !interface->netif->no_carrier;
    const char *state = !interface->up ? "down" : carrier ? "up" : "up without carrier";
    return netcfg_bounded(ksnprintf(text, size, "%s\n", state), size);
}

static int netcfg_set_state(struct interface *interface, char *line)
{
    const char *word = netcfg_word(&line);
    if (word == NULL || (!kstreq(word, "up") && !kstreq(word, "down")))
        return -KEINVAL;
    return router_set_up(interface, kstreq(word, "up"));
}

/* ---- tables ---------------------------------------------------------------------------------- */

static size_t netcfg_show_route_table(const struct interface *interface, char *text, size_t size)
{
    (void)interface;
    return net_table_routes(text, size);
}

static size_t netcfg_show_tcp(const struct interface *interface, char *text, size_t size)
{
    unsigned cursor = 0;
    (void)interface;
    return net_table_tcp(&cursor, text, size);
}

static size_t netcfg_show_udp(const struct interface *interface, char *text, size_t size)
{
    struct net_table_udp socket;
    size_t length = net_table_udp_heading(text, size);
    (void)interface;
    for (unsigned i = 0; i < UDP_SCHEME_SOCKETS_MAX && size - length > NET_TABLE_ROW_MAX; i++) {
        if (udp_scheme_inform(i, &socket))
            length += net_table_udp_row(i, &socket, text + length, size - length);
    }
    return length;
}

static size_t netcfg_show_tcp6(const struct interface *interface, char *text, size_t size)
{
    (void)interface;
    return netcfg_bounded(kstrlcpy(text, NET_TABLE_TCP6, size), size);
}

static size_t netcfg_show_udp6(const struct interface *interface, char *text, size_t size)
{
    (void)interface;
    return netcfg_bounded(kstrlcpy(text, NET_TABLE_UDP6, size), size);
}

static size_t netcfg_show_drops(const struct interface *interface, char *text, size_t size)
{
    (void)interface;
    return net_table_drops(text, size);
}

/* ---- the tree -------------------------------------------------------------------------------- */

static const struct netcfg_node netcfg_nodes[] = {
    {.path = ""},
    {.path = "ifaces"},
    {.path = "ifaces/*"},
    {.path = "ifaces/*/addr"},
    {"ifaces/*/addr/list", netcfg_show_address, NULL},
    {"ifaces/*/addr/set", NULL, netcfg_set_address},
    {"ifaces/*/mac", netcfg_show_mac, NULL},
    {"ifaces/*/mtu", netcfg_show_mtu, netcfg_set_mtu},
    {"ifaces/*/state", netcfg_show_state, netcfg_set_state},
    {.path = "resolv"},
    {"resolv/nameserver", netcfg_show_nameserver, netcfg_set_nameserver},
    {.path = "route"},
    {"route/add", NULL, netcfg_add_route},
    {"route/list", netcfg_show_routes, NULL},
    {"route/rm", NULL, netcfg_remove_route},
    {.path = "tables"},
    {"tables/drops", netcfg_show_drops, NULL},
    {"tables/route", netcfg_show_route_table, NULL},
    {"tables/tcp", netcfg_show_tcp, NULL},
    {"tables/tcp6", netcfg_show_tcp6, NULL},
    {"tables/udp", netcfg_show_udp, NULL},
    {"tables/udp6", netcfg_show_udp6, NULL},
};
#define NETCFG_NODES (sizeof netcfg_nodes / sizeof netcfg_nodes[0])

/* Whether the path is this one, and the interface that stands for the star. */
static bool netcfg_matches(const char *pattern, const char *path, struct interface **interface)
{
    char name[NETIF_NAME_MAX];
    size_t length = 0;
    *interface = NULL;
    const char *star = kstrchr(pattern, '*');
    if (star == NULL)
        return kstreq(pattern, path);
    if (!kstr_has_prefix(path, NETCFG_INTERFACES))
        return false;
    path += sizeof(NETCFG_INTERFACES) - 1;
    while (path[length] != '\0' && path[length] != '/' && length < sizeof name - 1)
        length++;
    memcpy(name, path, length);
    name[length] = '\0';
    *interface = interface_by_name(name);
    return *interface != NULL && kstreq(star + 1, path + length);
}

const struct netcfg_node *netcfg_find(const char *path, struct interface **interface)
{
    for (unsigned i = 0; i < NETCFG_NODES; i++) {
        if (netcfg_matches(netcfg_nodes[i].path, path, interface))
            return &netcfg_nodes[i];
    }
    return NULL;
}

bool netcfg_is_directory(const struct netcfg_node *node)
{
    return node->show == NULL && node->apply == NULL;
}

static size_t netcfg_list_interfaces(char *text, size_t size)
{
    size_t length = 0;
    for (unsigned i = 1; i <= INTERFACES_MAX; i++) {
        const struct interface *interface = interface_at(i);
        if (interface != NULL)
            length += netcfg_bounded(
                ksnprintf(text + length, size - length, "%s\n", interface->name), size - length);
    }
    return length;
}

size_t netcfg_list(const struct netcfg_node *directory, char *text, size_t size)
{
    size_t length = 0, prefix = kstrlen(directory->path);
    for (unsigned i = 0; i < NETCFG_NODES; i++) {
        const char *path = netcfg_nodes[i].path;
        if (kstrncmp(path, directory->path, prefix) != 0 || path[prefix] == '\0')
            continue;
        const char *name = path + prefix;
        if (prefix > 0 && *name++ != '/')
            continue;
        if (kstrchr(name, '/') != NULL)
            continue; /* of a directory in there */
        length += kstreq(name, "*")
                      ? netcfg_list_interfaces(text + length, size - length)
                      : netcfg_bounded(ksnprintf(text + length, size - length, "%s\n", name),
                                       size - length);
    }
    return length;
}
