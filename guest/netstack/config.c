/*
 * config.c - the static configuration of the first interface
 */
#include "netstack/config.h"

#include "kernel/console.h"
#include "kernel/file.h"
#include "lib/errno.h"
#include "lib/ipv4_text.h"
#include "netstack/interface.h"
#include "netstack/route.h"

#include "ringside/probe.h"

#define CONFIG_TEXT_SIZE 64

#define CONFIG_DEFAULT_ADDRESS 0x0a00020f
#define CONFIG_DEFAULT_MASK    0xffffff00
#define CONFIG_DEFAULT_ROUTER  0x0a000202

enum config_result {
    CONFIG_MISSING,
    CONFIG_EMPTY,
    CONFIG_GOOD,
    CONFIG_BAD,
};

static bool config_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text without the white space around it. `text` ends with NUL; it is cut there. */
static char *config_trim(char *text, size_t length)
{
    while (length > 0 && config_is_space(text[length - 1]))
        text[--length] = '\0';
    while (config_is_space(*text))
        text++;
    return text;
}

static enum config_result config_read_address(const char *path, uint32_t *address)
{
    char buffer[CONFIG_TEXT_SIZE];
    long length = config_read(path, buffer, sizeof(buffer));
    if (length == -KENOENT)
        return CONFIG_MISSING;
    if (length >= 0 && (size_t)length < sizeof(buffer)) {
        const char *text = config_trim(buffer, (size_t)length);
        if (*text == '\0')
            return CONFIG_EMPTY;
        if (ipv4_parse(text, address))
            return CONFIG_GOOD;
    }
    console_printf("net: %s: not an IPv4 address in dotted decimal\n", path);
    probe_config_rejected(path);
    return CONFIG_BAD;
}

/* False: there was something else, and the console knows. */
static bool config_good_or_default(const char *path, enum config_result result, uint32_t *address,
                                   uint32_t fallback)
{
    switch (result) {
    case CONFIG_GOOD:
        return true;
    case CONFIG_MISSING:
        *address = fallback;
        return true;
    case CONFIG_EMPTY:
        console_printf("net: %s: empty\n", path);
        return false;
    case CONFIG_BAD:
        return false;
    }
    return false;
}

static bool config_is_on_link(const struct interface *interface, uint32_t address)
{
    return ((address ^ interface->address) & interface->mask) == 0;
}

static void config_add_router(struct interface *interface)
{
    uint32_t router;
    switch (config_read_address(CONFIG_ROUTER_PATH, &router)) {
    case CONFIG_MISSING:
        router = CONFIG_DEFAULT_ROUTER;
        if (!config_is_on_link(interface, router))
            return;
        break;
    case CONFIG_GOOD:
        break;
    case CONFIG_EMPTY:
    case CONFIG_BAD:
        return;
    }
    if (!config_is_on_link(interface, router) || router == interface->address) {
        console_printf("net: %s: no other host on the subnet of %s\n", CONFIG_ROUTER_PATH,
                       interface->name);
        return;
    }
    struct route route = {.gateway = router, .interface = interface};
    if (route_add(&route) != 0)
        console_printf("net: no room for the default route\n");
}

void config_apply(struct interface *interface)
{
    uint32_t address, mask;
    enum config_result result = config_read_address(CONFIG_ADDRESS_PATH, &address);
    if (result == CONFIG_EMPTY)
        return;
    bool good =
        config_good_or_default(CONFIG_ADDRESS_PATH, result, &address, CONFIG_DEFAULT_ADDRESS);
    /* Both are read in any case, so that the console tells of everything that is wrong. */
    result = config_read_address(CONFIG_MASK_PATH, &mask);
    good = config_good_or_default(CONFIG_MASK_PATH, result, &mask, CONFIG_DEFAULT_MASK) && good;
    if (!good)
        return;
    if (address == 0 || interface_set_address(interface, address, mask) != 0) {
        char texts[2][IPV4_TEXT_SIZE];
        console_printf("net: %s: no host can have address %s with mask %s\n", interface->name,
                       ipv4_format(address, texts[0]), ipv4_format(mask, texts[1]));
        return;
    }
    probe_config_applied(interface->name, address, mask);
    config_add_router(interface);
}
