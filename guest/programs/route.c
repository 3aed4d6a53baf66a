/*
 * route.c - route [-n]
 *           route add|del [-net|-host] TARGET [netmask MASK] [gw GATEWAY] [metric N]
 *                         [[dev] INTERFACE]
 *
 * TARGET is an address, an address with its prefix length, or "default". Without arguments it
 * shows the table, as net-tools does.
 *
 * Exit status: 0; 1 when the kernel refuses; 2 for a command line that makes no sense.
 */
#include "kernel/sockios.h"
#include "lib/endian.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define ROUTE_EXIT_REFUSED 1
#define ROUTE_TABLE_PATH   "/proc/net/route"
#define ROUTE_TABLE_MAX    2048
#define ROUTE_FIELDS       8 /* Iface Destination Gateway Flags RefCnt Use Metric Mask */
#define ROUTE_FLAGS_MAX    8

static int route_usage(void)
{
    user_error("route", "usage: route [-n] | route add|del [-net|-host] TARGET [netmask MASK] "
                        "[gw GATEWAY] [metric N] [[dev] INTERFACE]");
    return USER_EXIT_USAGE;
}

/* ---- showing --------------------------------------------------------------------------------- */

/*
 * Eight hexadecimal digits: the address as a number of the machine that has it in memory in
 * network order.
 */
static bool route_parse_hex(const char *text, uint32_t *value)
{
    char prefixed[11] = "0x";
    return kstrlcpy(prefixed + 2, text, sizeof prefixed - 2) < sizeof prefixed - 2 &&
           kparse_u32(prefixed, UINT32_MAX, value);
}

static bool route_parse_address(const char *text, uint32_t *address)
{
    uint32_t stored;
    if (!route_parse_hex(text, &stored))
        return false;
    *address = net_to_host32(stored);
    return true;
}

/*
 * Cuts a line into words, in place. Returns how many there are; no more than ROUTE_FIELDS are
 * kept.
 */
static unsigned route_split(char *line, char *fields[ROUTE_FIELDS])
{
    unsigned count = 0;
    bool inside = false;
    for (; *line != '\0'; line++) {
        bool space = *line == '\t' || *line == ' ';
        if (space) {
            *line = '\0';
        } else if (!inside) {
            if (count < ROUTE_FIELDS)
                fields[count] = line;
            count++;
        }
        inside = !space;
    }
    return count;
}

static void route_flags_text(uint32_t flags, char text[ROUTE_FLAGS_MAX])
{
    size_t used = 0;
    if ((flags & RTF_UP) != 0)
        text[used++] = 'U';
    if ((flags & RTF_GATEWAY) != 0)
        text[used++] = 'G';
    if ((flags & RTF_HOST) != 0)
        text[used++] = 'H';
    text[used] = '\0';
}

static void route_print_line(struct user_output *output, char *line)
{
    char *fields[ROUTE_FIELDS];
    uint32_t destination, gateway, mask, flags;
    char texts[3][IPV4_TEXT_SIZE], flags_text[ROUTE_FLAGS_MAX];
    if (route_split(line, fields) < ROUTE_FIELDS)
        return;
    if (!route_parse_address(fields[1], &destination) ||
        !route_parse_address(fields[2], &gateway) || !route_parse_hex(fields[3], &flags) ||
        !route_parse_address(fields[7], &mask))
        return; /* the heading */
    route_flags_text(flags, flags_text);
    user_print(output, "%-15s %-15s %-15s %-5s %-6s %s\n", ipv4_format(destination, texts[0]),
               ipv4_format(gateway, texts[1]), ipv4_format(mask, texts[2]), flags_text, fields[6],
               fields[0]);
}

static void route_print_table(struct user_output *output, char *text)
{
    user_print(output, "Kernel IP routing table\n");
    user_print(output, "%-15s %-15s %-15s %-5s %-6s %s\n", "Destination", "Gateway", "Genmask",
               "Flags", "Metric", "Iface");
    for (char *line = text; *line != '\0';) {
        char *end = line + (kstrchr(line, '\n') != NULL ? (size_t)(kstrchr(line, '\n') - line)
                                                        : kstrlen(line));
        char *next = *end == '\0' ? end : end + 1;
        *end = '\0';
        route_print_line(output, line);
        line = next;
    }
}

/* Reads a whole file: its length, or an error. */
static long route_read_file(const char *path, char *text, size_t size)
{
    long descriptor = user_open(path, O_RDONLY);
    if (descriptor < 0)
        return descriptor;
    size_t used = 0;
    long count;
    while (used < size - 1 &&
           (count = user_read((int)descriptor, text + used, size - 1 - used)) != 0) {
        if (count < 0) {
            (void)user_close((int)descriptor);
            return count;
        }
        used += (size_t)count;
    }
    text[used] = '\0';
    (void)user_close((int)descriptor);
    return (long)used;
}

static int route_show(void)
{
    struct user_output output = {.used = 0};
    char text[ROUTE_TABLE_MAX];
    long length = route_read_file(ROUTE_TABLE_PATH, text, sizeof text);
    if (length < 0) {
        user_error("route", "%s: %s", ROUTE_TABLE_PATH, errno_text(length));
        return ROUTE_EXIT_REFUSED;
    }
    route_print_table(&output, text);
    return 0;
}

/* ---- changing -------------------------------------------------------------------------------- */

struct route_change {
    struct rtentry entry;
    uint32_t destination, mask, gateway;
};

static void route_put_address(struct sockaddr *to, uint32_t address)
{
    struct sockaddr_in value = user_address(address);
    memcpy(to, &value, sizeof value);
}

static bool route_parse_target(struct route_change *change, const char *text)
{
    unsigned length = 0;
    if (kstreq(text, "default"))
        return true;
    if (!ipv4_parse_prefix(text, &change->destination, &length))
        return false;
    change->mask = ipv4_mask(length);
    return true;
}

static bool route_parse_metric(struct rtentry *entry, const char *text)
{
    uint32_t metric;
    if (!kparse_u32(text, INT16_MAX - 1, &metric))
        return false;
    entry->rt_metric = (int16_t)(metric + 1);
    return true;
}

static bool route_is_attribute(const char *word)
{
    return kstreq(word, "gw") || kstreq(word, "netmask") || kstreq(word, "metric") ||
           kstreq(word, "dev");
}

static bool route_parse_attribute(struct route_change *change, const char *word, char *value)
{
    switch (word[0]) {
    case 'g':
        change->entry.rt_flags |= RTF_GATEWAY;
        return ipv4_parse(value, &change->gateway);
    case 'n':
        return ipv4_parse(value, &change->mask);
    case 'm':
        return route_parse_metric(&change->entry, value);
    default:
        change->entry.rt_dev = value;
        return true;
    }
}

/* What follows the target: attributes with a value each, and perhaps an interface at the end. */
static bool route_parse_attributes(struct route_change *change, char **words, int count)
{
    int i = 0;
    for (; i + 1 < count && route_is_attribute(words[i]); i += 2) {
        if (!route_parse_attribute(change, words[i], words[i + 1]))
            return false;
    }
    if (i == count)
        return true;
    if (i + 1 < count || route_is_attribute(words[i]) || change->entry.rt_dev != NULL)
        return false;
    change->entry.rt_dev = words[i];
    return true;
}

static bool route_parse_change(struct route_change *change, char **words, int count)
{
    if (count > 0 && (kstreq(words[0], "-net") || kstreq(words[0], "-host"))) {
        words++;
        count--;
    }
    if (count == 0 || !route_parse_target(change, words[0]))
        return false;
    return route_parse_attributes(change, words + 1, count - 1);
}

static int route_apply(struct route_change *change, unsigned long request, const char *name)
{
    struct rtentry *entry = &change->entry;
    entry->rt_flags |= RTF_UP;
    if (change->mask == UINT32_MAX)
        entry->rt_flags |= RTF_HOST;
    route_put_address(&entry->rt_dst, change->destination);
    route_put_address(&entry->rt_genmask, change->mask);
    route_put_address(&entry->rt_gateway, change->gateway);
    long socket = user_socket(AF_INET, SOCK_DGRAM, 0);
    long error = socket < 0 ? socket : user_ioctl((int)socket, request, entry);
    if (error == 0)
        return 0;
    user_error("route", "%s: %s", name, errno_text(error));
    return ROUTE_EXIT_REFUSED;
}

int route_main(int argc, char **argv)
{
    struct route_change change = {.destination = 0};
    if (argc == 1 || (argc == 2 && kstreq(argv[1], "-n")))
        return route_show();
    bool add = kstreq(argv[1], "add");
    bool del = kstreq(argv[1], "del") || kstreq(argv[1], "delete");
    if ((!add && !del) || !route_parse_change(&change, argv + 2, argc - 2))
        return route_usage();
    return add ? route_apply(&change, SIOCADDRT, "SIOCADDRT")
               : route_apply(&change, SIOCDELRT, "SIOCDELRT");
}
