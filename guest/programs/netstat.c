/*
 * netstat.c - netstat [-altu] [-s]
 *
 * The sockets of /proc/net/tcp and /proc/net/udp, with numbers for addresses.
 *
 *   -t  TCP only
 *   -u  UDP only
 *   -l  those that listen; -a these and the others; else the others only
 *   -s  what TCP has dropped, and why
 */
#include "lib/endian.h"
#include "lib/format.h"
#include "lib/ipv4_text.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define NETSTAT_LINE_MAX   256
#define NETSTAT_FIELDS     5 /* number, local, remote, state, queues: the rest is not looked at */
#define NETSTAT_TCP_LISTEN 10
#define NETSTAT_NAME_SIZE  24

struct netstat {
    struct user_output output;
    bool tcp, udp, all, listening, drops;
};

/* A file that is read line by line. */
struct netstat_lines {
    int file;
    size_t used, taken;
    char buffer[512];
    char line[NETSTAT_LINE_MAX]; /* without its end, cut to what fits */
};

static bool netstat_next_line(struct netstat_lines *lines)
{
    size_t length = 0;
    for (;;) {
        if (lines->taken == lines->used) {
            long size = user_read(lines->file, lines->buffer, sizeof lines->buffer);
            if (size <= 0)
                return false;
            lines->used = (size_t)size;
            lines->taken = 0;
        }
        char character = lines->buffer[lines->taken++];
        if (character == '\n')
            break;
        if (length + 1 < sizeof lines->line)
            lines->line[length++] = character;
    }
    lines->line[length] = '\0';
    return true;
}

/* Words of a line, in place. False: there are fewer. */
static bool netstat_split(char *line, char *fields[NETSTAT_FIELDS])
{
    for (unsigned i = 0; i < NETSTAT_FIELDS; i++) {
        while (*line == ' ')
            line++;
        if (*line == '\0')
            return false;
        fields[i] = line;
        while (*line != ' ' && *line != '\0')
            line++;
        if (*line == ' ')
            *line++ = '\0';
    }
    return true;
}

/* Up to eight hexadecimal digits; what follows them. */
static const char *netstat_hex(const char *text, uint32_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < 8; i++, text++) {
        if (*text >= '0' && *text <= '9')
            *value = *value << 4 | (uint32_t)(*text - '0');
        else if (*text >= 'A' && *text <= 'F')
            *value = *value << 4 | (uint32_t)(*text - 'A' + 10);
        else
            break;
    }
    return text;
}

/* "0F02000A:C000" as "10.0.2.15:49152"; a port of 0 as "*". */
static void netstat_name(const char *field, char name[NETSTAT_NAME_SIZE])
{
    uint32_t address, port;
    char text[IPV4_TEXT_SIZE];
    const char *rest = netstat_hex(field, &address);
    (void)netstat_hex(*rest == ':' ? rest + 1 : rest, &port);
    ipv4_format(net_to_host32(address), text);
    if (port != 0)
        (void)ksnprintf(name, NETSTAT_NAME_SIZE, "%s:%u", text, (unsigned)port);
    else
        (void)ksnprintf(name, NETSTAT_NAME_SIZE, "%s:*", text);
}

static const char *netstat_state(bool tcp, uint32_t state)
{
    static const char *const names[] = {
        "",          "ESTABLISHED", "SYN_SENT",   "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
        "TIME_WAIT", "CLOSE",       "CLOSE_WAIT", "LAST_ACK", "LISTEN",    "CLOSING",
    };
    if (!tcp)
        return state == 1 ? names[1] : "";
    return state < sizeof names / sizeof names[0] ? names[state] : "?";
}

static void netstat_print_row(struct netstat *netstat, bool tcp, char *line)
{
    char *fields[NETSTAT_FIELDS];
    char local[NETSTAT_NAME_SIZE], remote[NETSTAT_NAME_SIZE];
    uint32_t state, send_queue, receive_queue;
    if (!netstat_split(line, fields))
        return;
    (void)netstat_hex(fields[3], &state);
    bool listens = tcp ? state == NETSTAT_TCP_LISTEN : state != 1;
    if (!netstat->all && listens != netstat->listening)
        return;
    const char *rest = netstat_hex(fields[4], &send_queue);
    (void)netstat_hex(*rest == ':' ? rest + 1 : rest, &receive_queue);
    netstat_name(fields[1], local);
    netstat_name(fields[2], remote);
    user_print(&netstat->output, "%-5s %6u %6u %-23s %-23s %s\n", tcp ? "tcp" : "udp",
               (unsigned)receive_queue, (unsigned)send_queue, local, remote,
               netstat_state(tcp, state));
}

static bool netstat_open(struct netstat_lines *lines, const char *path)
{
    long file = user_open(path, O_RDONLY);
    if (file < 0)
        user_error("netstat", "%s: %s", path, errno_text(file));
    lines->file = (int)file;
    lines->used = 0;
    lines->taken = 0;
    return file >= 0;
}

static bool netstat_print_table(struct netstat *netstat, bool tcp)
{
    struct netstat_lines lines;
    if (!netstat_open(&lines, tcp ? "/proc/net/tcp" : "/proc/net/udp"))
        return false;
    (void)netstat_next_line(&lines); /* the header */
    while (netstat_next_line(&lines))
        netstat_print_row(netstat, tcp, lines.line);
    (void)user_close(lines.file);
    return true;
}

static bool netstat_print_drops(struct netstat *netstat)
{
    struct netstat_lines lines;
    if (!netstat_open(&lines, "/proc/net/drops"))
        return false;
    while (netstat_next_line(&lines))
        user_print(&netstat->output, "%s\n", lines.line);
    (void)user_close(lines.file);
    return true;
}

static bool netstat_parse(struct netstat *netstat, int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "altusn"};
    int option;
    while ((option = user_next_option(&options)) != 0) {
        netstat->all |= option == 'a';
        netstat->listening |= option == 'l';
        netstat->tcp |= option == 't';
        netstat->udp |= option == 'u';
        netstat->drops |= option == 's';
        if (option == '?')
            return false;
    }
    if (!netstat->tcp && !netstat->udp)
        netstat->tcp = netstat->udp = true;
    return options.operand_count == 0;
}

int netstat_main(int argc, char **argv)
{
    struct netstat netstat = {.tcp = false};
    if (!netstat_parse(&netstat, argc, argv)) {
        user_error("netstat", "usage: netstat [-altu] [-s]");
        return USER_EXIT_USAGE;
    }
    if (netstat.drops)
        return netstat_print_drops(&netstat) ? 0 : 1;
    user_print(&netstat.output, "%-5s %6s %6s %-23s %-23s %s\n", "Proto", "Recv-Q", "Send-Q",
               "Local Address", "Foreign Address", "State");
    if (netstat.tcp && !netstat_print_table(&netstat, true))
        return 1;
    if (netstat.udp && !netstat_print_table(&netstat, false))
        return 1;
    return 0;
}
