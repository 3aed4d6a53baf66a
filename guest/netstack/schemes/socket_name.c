/*
 * socket_name.c - names of sockets and values of settings, as they stand in paths and files
 */
#include "lib/errno.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "netstack/interface.h"
#include "netstack/schemes/socket_scheme.h"

#define NAME_TEXT_SIZE 24 /* "255.255.255.255:65535" and NUL */
#define NAME_PORT_MAX  65535

bool net_name_parse(const char *text, size_t length, struct net_name *name)
{
    char copy[NAME_TEXT_SIZE];
    uint32_t port = 0;
    *name = (struct net_name){0};
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *colon = copy + length;
    while (colon > copy && *colon != ':')
        colon--;
    if (*colon == ':') {
        if (colon[1] != '\0' && !kparse_u32(colon + 1, NAME_PORT_MAX, &port))
            return false;
        *colon = '\0';
    }
    if (copy[0] != '\0' && !ipv4_parse(copy, &name->address))
        return false;
    name->port = (uint16_t)port;
    return true;
}

bool net_names_parse(const char *path, struct net_names *names)
{
    const char *slash = kstrchr(path, '/');
    size_t length = slash != NULL ? (size_t)(slash - path) : kstrlen(path);
    const char *local = slash != NULL ? slash + 1 : "";
    return net_name_parse(path, length, &names->remote) &&
           net_name_parse(local, kstrlen(local), &names->local);
}

long net_setting_put(void *value, size_t size, int32_t number)
{
    if (size < sizeof number)
        return -KEINVAL;
    memcpy(value, &number, sizeof number);
    return sizeof number;
}

long net_setting_get(const void *value, size_t size, int32_t *number)
{
    if (size != sizeof *number)
        return -KEINVAL;
    memcpy(number, value, sizeof *number);
    return sizeof *number;
}

long net_setting_put_device(void *value, size_t size, const struct interface *device)
{
    size_t length = device != NULL ? kstrlen(device->name) + 1 : 0;
    if (size < length)
        return -KEINVAL;
    if (length > 0)
        memcpy(value, device->name, length);
    return (long)length;
}
