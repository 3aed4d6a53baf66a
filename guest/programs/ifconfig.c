/*
 * ifconfig.c - ifconfig [interface [address] [netmask mask] [mtu bytes] [up|down]]
 *
 * Without anything but names it shows, as net-tools does. An address may be written with its
 * prefix length, 10.0.2.15/24.
 *
 * Exit status: 0; 1 when the kernel refuses; 2 for a command line that makes no sense.
 */
#include "kernel/sockios.h"
#include "lib/endian.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define IFCONFIG_EXIT_REFUSED   1
#define IFCONFIG_INTERFACES_MAX 64 /* indices that are asked for */

struct ifconfig {
    struct user_output output;
    int socket;
    struct ifreq request;
};

static int ifconfig_usage(void)
{
    user_error("ifconfig",
               "usage: ifconfig [interface [address] [netmask mask] [mtu bytes] [up|down]]");
    return USER_EXIT_USAGE;
}

static long ifconfig_ask(struct ifconfig *ifconfig, unsigned long request)
{
    return user_ioctl(ifconfig->socket, request, &ifconfig->request);
}

/* ---- addresses in requests ------------------------------------------------------------------- */

static uint32_t ifconfig_get_address(const struct ifconfig *ifconfig)
{
    struct sockaddr_in address;
    memcpy(&address, &ifconfig->request.ifr_addr, sizeof address);
    return net_to_host32(address.sin_addr);
}

static void ifconfig_put_address(struct ifconfig *ifconfig, uint32_t address)
{
    struct sockaddr_in value = user_address(address);
    memcpy(&ifconfig->request.ifr_addr, &value, sizeof value);
}

/* ---- showing --------------------------------------------------------------------------------- */

static void ifconfig_print_flags(struct ifconfig *ifconfig, unsigned flags)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {
        {IFF_UP, "UP"},           {IFF_BROADCAST, "BROADCAST"}, {IFF_LOOPBACK, "LOOPBACK"},
        {IFF_RUNNING, "RUNNING"}, {IFF_MULTICAST, "MULTICAST"},
    };
    const char *comma = "";
    user_print(&ifconfig->output, "flags=%u<", flags);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((flags & names[i].flag) != 0) {
            user_print(&ifconfig->output, "%s%s", comma, names[i].name);
            comma = ",";
        }
    }
    user_print(&ifconfig->output, ">");
}

static void ifconfig_show_inet(struct ifconfig *ifconfig, unsigned flags)
{
    char text[IPV4_TEXT_SIZE];
    struct user_output *output = &ifconfig->output;
    if (ifconfig_ask(ifconfig, SIOCGIFADDR) != 0 || ifconfig_get_address(ifconfig) == 0)
        return;
    user_print(output, "        inet %s", ipv4_format(ifconfig_get_address(ifconfig), text));
    if (ifconfig_ask(ifconfig, SIOCGIFNETMASK) == 0)
        user_print(output, "  netmask %s", ipv4_format(ifconfig_get_address(ifconfig), text));
    if ((flags & IFF_BROADCAST) != 0 && ifconfig_ask(ifconfig, SIOCGIFBRDADDR) == 0)
        user_print(output, "  broadcast %s", ipv4_format(ifconfig_get_address(ifconfig), text));
    user_print(output, "\n");
}

static void ifconfig_show_hardware(struct ifconfig *ifconfig)
{
    if (ifconfig_ask(ifconfig, SIOCGIFHWADDR) != 0)
        return;
    const struct sockaddr *hardware = &ifconfig->request.ifr_hwaddr;
    if (hardware->sa_family != ARPHRD_ETHER) {
        user_print(&ifconfig->output, "        loop\n");
        return;
    }
    for (unsigned i = 0; i < 6; i++)
        user_print(&ifconfig->output, "%s%02x", i == 0 ? "        ether " : ":",
                   (uint8_t)hardware->sa_data[i]);
    user_print(&ifconfig->output, "\n");
}

/* Shows the interface that the request names. */
static long ifconfig_show(struct ifconfig *ifconfig)
{
    long error = ifconfig_ask(ifconfig, SIOCGIFFLAGS);
    if (error != 0)
        return error;
    unsigned flags = (uint16_t)ifconfig->request.ifr_flags;
    user_print(&ifconfig->output, "%s: ", ifconfig->request.ifr_name);
    ifconfig_print_flags(ifconfig, flags);
    if (ifconfig_ask(ifconfig, SIOCGIFMTU) == 0)
        user_print(&ifconfig->output, "  mtu %d", ifconfig->request.ifr_mtu);
    user_print(&ifconfig->output, "\n");
    ifconfig_show_inet(ifconfig, flags);
    ifconfig_show_hardware(ifconfig);
    return 0;
}

static void ifconfig_show_all(struct ifconfig *ifconfig)
{
    for (int index = 1; index <= IFCONFIG_INTERFACES_MAX; index++) {
        ifconfig->request = (struct ifreq){.ifr_ifindex = index};
        if (ifconfig_ask(ifconfig, SIOCGIFNAME) == 0)
            (void)ifconfig_show(ifconfig); /* one that has gone in between is not shown */
    }
}

/* ---- changing -------------------------------------------------------------------------------- */

static int ifconfig_change(struct ifconfig *ifconfig, unsigned long request, const char *what)
{
    long error = ifconfig_ask(ifconfig, request);
    if (error == 0)
        return 0;
    user_error("ifconfig", "%s: %s: %s", ifconfig->request.ifr_name, what, errno_text(error));
    return IFCONFIG_EXIT_REFUSED;
}

static int ifconfig_set_netmask(struct ifconfig *ifconfig, uint32_t mask)
{
    ifconfig_put_address(ifconfig, mask);
    return ifconfig_change(ifconfig, SIOCSIFNETMASK, "SIOCSIFNETMASK");
}

static int ifconfig_set_address(struct ifconfig *ifconfig, const char *text)
{
    uint32_t address;
    unsigned length;
    if (!ipv4_parse_prefix(text, &address, &length))
        return ifconfig_usage();
    ifconfig_put_address(ifconfig, address);
    int status = ifconfig_change(ifconfig, SIOCSIFADDR, "SIOCSIFADDR");
    if (status == 0 && kstrchr(text, '/') != NULL)
        status = ifconfig_set_netmask(ifconfig, ipv4_mask(length));
    return status;
}

static int ifconfig_set_flag(struct ifconfig *ifconfig, bool up)
{
    int status = ifconfig_change(ifconfig, SIOCGIFFLAGS, "SIOCGIFFLAGS");
    if (status != 0)
        return status;
    unsigned flags = (uint16_t)ifconfig->request.ifr_flags;
    flags = up ? flags | IFF_UP : flags & ~(unsigned)IFF_UP;
    ifconfig->request.ifr_flags = (int16_t)flags;
    return ifconfig_change(ifconfig, SIOCSIFFLAGS, "SIOCSIFFLAGS");
}

static int ifconfig_set_mtu(struct ifconfig *ifconfig, const char *text)
{
    uint32_t mtu;
    if (!kparse_u32(text, INT32_MAX, &mtu))
        return ifconfig_usage();
    ifconfig->request.ifr_mtu = (int32_t)mtu;
    return ifconfig_change(ifconfig, SIOCSIFMTU, "SIOCSIFMTU");
}

/* A word and what follows it; *used says how many words that was. */
static int ifconfig_apply(struct ifconfig *ifconfig, char **words, int count, int *used)
{
    uint32_t mask;
    *used = 1;
    if (kstreq(words[0], "up") || kstreq(words[0], "down"))
        return ifconfig_set_flag(ifconfig, words[0][0] == 'u');
    if (!kstreq(words[0], "netmask") && !kstreq(words[0], "mtu"))
        return ifconfig_set_address(ifconfig, words[0]);
    if (count < 2)
        return ifconfig_usage();
    *used = 2;
    if (kstreq(words[0], "mtu"))
        return ifconfig_set_mtu(ifconfig, words[1]);
    if (!ipv4_parse(words[1], &mask))
        return ifconfig_usage();
    return ifconfig_set_netmask(ifconfig, mask);
}

static int ifconfig_run(struct ifconfig *ifconfig, int argc, char **argv)
{
    if (argc == 1) {
        ifconfig_show_all(ifconfig);
        return 0;
    }
    if (kstrlcpy(ifconfig->request.ifr_name, argv[1], IFNAMSIZ) >= IFNAMSIZ || argv[1][0] == '-')
        return ifconfig_usage();
    if (argc == 2) {
        long error = ifconfig_show(ifconfig);
        if (error != 0)
            user_error("ifconfig", "%s: %s", argv[1], errno_text(error));
        return error != 0 ? IFCONFIG_EXIT_REFUSED : 0;
    }
    int used;
    for (int i = 2; i < argc; i += used) {
        int status = ifconfig_apply(ifconfig, argv + i, argc - i, &used);
        if (status != 0)
            return status;
    }
    return 0;
}

int ifconfig_main(int argc, char **argv)
{
    struct ifconfig ifconfig = {.output = {.used = 0}};
    long socket = user_socket(AF_INET, SOCK_DGRAM, 0);
    if (socket < 0) {
        user_error("ifconfig", "socket: %s", errno_text(socket));
        return IFCONFIG_EXIT_REFUSED;
    }
    ifconfig.socket = (int)socket;
    return ifconfig_run(&ifconfig, argc, argv);
}
