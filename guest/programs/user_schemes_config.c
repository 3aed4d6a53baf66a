/*
 * user_schemes_config.c - interfaces and routes by ioctl, made of the files of netcfg
 *
 * What a request of sockios.h asks or changes is a line of text in a file of /scheme/netcfg.
 */
#include "kernel/sockios.h"
#include "kernel/user_call.h"
#include "lib/endian.h"
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/user.h"
#include "programs/user_schemes.h"

#define CONFIG_ROOT       SCHEME_ROOT "netcfg/"
#define CONFIG_PATH_MAX   96
#define CONFIG_TEXT_MAX   256
#define CONFIG_MAC_SIZE   6
#define CONFIG_MAC_STRIDE 3 /* "02-" */
#define CONFIG_LOOPBACK   "lo"
#define CONFIG_PROC_NET   "/proc/net/"

/* ---- files ----------------------------------------------------------------------------------- */

/* What a small file says, without the end of its line. How much that is, or an error. */
static long config_read_file(const char *path, char text[CONFIG_TEXT_MAX])
{
    long file = user_open(path, O_RDONLY);
    if (file < 0)
        return file;
    long size = user_read((int)file, text, CONFIG_TEXT_MAX - 1);
    (void)user_close((int)file);
    if (size > 0 && text[size - 1] == '\n')
        size--;
    text[size > 0 ? size : 0] = '\0';
    return size;
}

/* Errors are told when it is synchronised. */
static long config_write_file(const char *path, const char *text)
{
    char copy[CONFIG_TEXT_MAX];
    size_t size = kstrlcpy(copy, text, sizeof copy);
    long file = user_open(path, O_WRONLY);
    if (file < 0)
        return file;
    long error = user_write((int)file, copy, size);
    if (error >= 0)
        error = sys_fsync((int)file);
    (void)user_close((int)file);
    return error;
}

static void config_interface_path(char path[CONFIG_PATH_MAX], const struct ifreq *request,
                                  const char *name)
{
    ksnprintf(path, CONFIG_PATH_MAX, CONFIG_ROOT "ifaces/%s/%s", request->ifr_name, name);
}

/* No such file: no such interface. */
static long config_read_interface(const struct ifreq *request, const char *name,
                                  char text[CONFIG_TEXT_MAX])
{
    char path[CONFIG_PATH_MAX];
    config_interface_path(path, request, name);
    long size = config_read_file(path, text);
    return size == -KENOENT ? -KENODEV : size;
}

static long config_write_interface(const struct ifreq *request, const char *name, const char *text)
{
    char path[CONFIG_PATH_MAX];
    config_interface_path(path, request, name);
    long error = config_write_file(path, text);
    return error == -KENOENT ? -KENODEV : error;
}

const char *user_scheme_path(const char *path, char *buffer)
{
    if (!kstr_has_prefix(path, CONFIG_PROC_NET))
        return path;
    ksnprintf(buffer, USER_PATH_MAX, CONFIG_ROOT "tables/%s", path + sizeof(CONFIG_PROC_NET) - 1);
    return buffer;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void config_put_address(struct sockaddr *to, uint32_t address)
{
    struct sockaddr_in name = user_address(address);
    memcpy(to, &name, sizeof name);
}

static uint32_t config_get_address(const struct sockaddr *from)
{
    struct sockaddr_in name;
    memcpy(&name, from, sizeof name);
    return net_to_host32(name.sin_addr);
}

/* 0 and 0 when there is none. */
static long config_read_prefix(const struct ifreq *request, uint32_t *address, unsigned *length)
{
    char text[CONFIG_TEXT_MAX];
    long size = config_read_interface(request, "addr/list", text);
    *address = 0;
    *length = 0;
    if (size < 0)
        return size;
    (void)ipv4_parse_prefix(text, address, length);
    return 0;
}

static long config_write_prefix(const struct ifreq *request, uint32_t address, unsigned length)
{
    char text[CONFIG_TEXT_MAX], number[IPV4_TEXT_SIZE];
    if (address == 0)
        return config_write_interface(request, "addr/set", "none\n");
    ksnprintf(text, sizeof text, "%s/%u\n", ipv4_format(address, number), length);
    return config_write_interface(request, "addr/set", text);
}

static long config_get_any_address(unsigned long what, struct ifreq *request)
{
    uint32_t address;
    unsigned length;
    long error = config_read_prefix(request, &address, &length);
    if (error != 0)
        return error;
    if (what == SIOCGIFADDR && address == 0)
        return -KEADDRNOTAVAIL;
    uint32_t mask = address != 0 ? ipv4_mask(length) : 0;
    bool has_broadcast = address != 0 && !kstreq(request->ifr_name, CONFIG_LOOPBACK);
    if (what == SIOCGIFADDR)
        config_put_address(&request->ifr_addr, address);
    else if (what == SIOCGIFNETMASK)
        config_put_address(&request->ifr_addr, mask);
    else
        config_put_address(&request->ifr_addr, has_broadcast ? address | ~mask : 0);
    return 0;
}

/* The prefix of the address's class [RFC791], as on Linux. */
static unsigned config_class_length(uint32_t address)
{
    return address >> 31 == 0 ? 8 : address >> 30 == 2 ? 16 : 24;
}

static long config_set_mask(const struct ifreq *request)
{
    uint32_t address;
    unsigned length, wanted;
    long error = config_read_prefix(request, &address, &length);
    if (error != 0)
        return error;
    if (address == 0)
        return -KEADDRNOTAVAIL;
    if (!ipv4_mask_length(config_get_address(&request->ifr_addr), &wanted))
        return -KEINVAL;
    return config_write_prefix(request, address, wanted);
}

/* ---- the rest of an interface ---------------------------------------------------------------- */

static long config_get_flags(struct ifreq *request)
{
    char text[CONFIG_TEXT_MAX];
    long size = config_read_interface(request, "state", text);
    int flags = kstreq(request->ifr_name, CONFIG_LOOPBACK) ? IFF_LOOPBACK : IFF_BROADCAST;
    if (size < 0)
        return size;
    if (kstr_has_prefix(text, "up"))
        flags |= IFF_UP;
    if (kstreq(text, "up"))
        flags |= IFF_RUNNING;
    request->ifr_flags = (int16_t)flags;
    return 0;
}

/* "02-00-0a-00-02-0f" */
static long config_get_mac(struct ifreq *request)
{
    char text[CONFIG_TEXT_MAX];
    bool loopback = kstreq(request->ifr_name, CONFIG_LOOPBACK);
    long size = config_read_interface(request, "mac", text);
    if (size < 0)
        return size;
    memset(&request->ifr_hwaddr, 0, sizeof request->ifr_hwaddr);
    request->ifr_hwaddr.sa_family = loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
    for (int i = 0; i < CONFIG_MAC_SIZE && size >= CONFIG_MAC_STRIDE * (i + 1) - 1; i++) {
        const char *at = text + CONFIG_MAC_STRIDE * i;
        char byte[] = {'0', 'x', at[0], at[1], '\0'};
        uint32_t number = 0;
        (void)kparse_u32(byte, UINT8_MAX, &number);
        request->ifr_hwaddr.sa_data[i] = (char)number;
    }
    return 0;
}

static long config_get_mtu(struct ifreq *request)
{
    char text[CONFIG_TEXT_MAX];
    uint32_t mtu = 0;
    long size = config_read_interface(request, "mtu", text);
    if (size < 0)
        return size;
    (void)kparse_u32(text, INT32_MAX, &mtu);
    request->ifr_mtu = (int32_t)mtu;
    return 0;
}

static long config_set_mtu(const struct ifreq *request)
{
    char text[CONFIG_TEXT_MAX];
    if (request->ifr_mtu < 0)
        return -KEINVAL;
    ksnprintf(text, sizeof text, "%d\n", (int)request->ifr_mtu);
    return config_write_interface(request, "mtu", text);
}

/* They are numbered as they stand in the directory, from 1 on. */
static long config_find_interface(struct ifreq *request, bool by_name)
{
    char text[CONFIG_TEXT_MAX];
    int32_t index = 1;
    long size = config_read_file(CONFIG_ROOT "ifaces", text);
    if (size < 0)
        return size;
    for (char *name = text; *name != '\0'; index++) {
        char *end = (char *)kstrchr(name, '\n');
        if (end != NULL)
            *end = '\0';
        if (by_name ? kstreq(name, request->ifr_name) : index == request->ifr_ifindex) {
            if (!by_name)
                kstrlcpy(request->ifr_name, name, sizeof request->ifr_name);
            request->ifr_ifindex = by_name ? index : request->ifr_ifindex;
            return 0;
        }
        name = end != NULL ? end + 1 : "";
    }
    return -KENODEV;
}

/* ---- routes ---------------------------------------------------------------------------------- */

static long config_change_route(const struct rtentry *entry, const char *path)
{
    char line[CONFIG_TEXT_MAX], destination[IPV4_TEXT_SIZE], gateway[IPV4_TEXT_SIZE];
    unsigned length = 32;
    if ((entry->rt_flags & RTF_HOST) == 0 &&
        !ipv4_mask_length(config_get_address(&entry->rt_genmask), &length))
        return -KEINVAL;
    size_t used = ksnprintf(line, sizeof line, "%s/%u",
                            ipv4_format(config_get_address(&entry->rt_dst), destination), length);
    if ((entry->rt_flags & RTF_GATEWAY) != 0)
        used += ksnprintf(line + used, sizeof line - used, " via %s",
                          ipv4_format(config_get_address(&entry->rt_gateway), gateway));
    if (entry->rt_dev != NULL)
        (void)ksnprintf(line + used, sizeof line - used, " dev %s", entry->rt_dev);
    return config_write_file(path, line);
}

/* ---- requests -------------------------------------------------------------------------------- */

static long config_serve(unsigned long what, struct ifreq *request)
{
    uint32_t address;
    switch (what) {
    case SIOCGIFNAME:
        return config_find_interface(request, false);
    case SIOCGIFINDEX:
        return config_find_interface(request, true);
    case SIOCGIFFLAGS:
        return config_get_flags(request);
    case SIOCSIFFLAGS:
        return config_write_interface(request, "state",
                                      (request->ifr_flags & IFF_UP) != 0 ? "up\n" : "down\n");
    case SIOCGIFADDR:
    case SIOCGIFNETMASK:
    case SIOCGIFBRDADDR:
        return config_get_any_address(what, request);
    case SIOCSIFADDR:
        address = config_get_address(&request->ifr_addr);
        return config_write_prefix(request, address, config_class_length(address));
    case SIOCSIFNETMASK:
        return config_set_mask(request);
    case SIOCGIFHWADDR:
        return config_get_mac(request);
    case SIOCGIFMTU:
        return config_get_mtu(request);
    case SIOCSIFMTU:
        return config_set_mtu(request);
    default:
        return -KENOTTY;
    }
}

long user_scheme_ioctl(int descriptor, unsigned long request, void *argument)
{
    if (user_scheme_of(descriptor) == USER_SCHEME_NONE)
        return -KENOTTY;
    if (request == SIOCADDRT)
        return config_change_route(argument, CONFIG_ROOT "route/add");
    if (request == SIOCDELRT)
        return config_change_route(argument, CONFIG_ROOT "route/rm");
    return config_serve(request, argument);
}
