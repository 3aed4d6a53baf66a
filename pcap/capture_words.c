/*
 * capture_words.c - which words of a filter expression are names
 *
 * A scanner for the words of pcap-filter(7): a letter or digit, then letters, digits, '.', '-' and
 * '_', as long as it goes, not ending in '-' or '_'. A word is a number, an address, or one of the
 * language's own; any other is a name to libpcap. (So is `len-20`, written without blanks: it is
 * one word.) What follows a backslash names a protocol, where one is asked for; the table below has
 * those that libpcap knows by itself.
 *
 * Words that mean something on other link types only (wlan types, pf, SS7, ATM, the frame types of
 * llc) are not in the tables.
 */
#include "pcap/capture_words.h"

#include <arpa/inet.h>
#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Each table is sorted, for bsearch(). */
static const char *const capture_keywords[] = {
    "aarp", "ah",      "and",    "arp",     "atalk",      "broadcast", "byte",   "carp",
    "clnp", "csnp",    "decnet", "dst",     "es-is",      "esis",      "esp",    "ether",
    "fddi", "gateway", "geneve", "greater", "host",       "icmp",      "icmp6",  "ifindex",
    "igmp", "igrp",    "iih",    "inbound", "ip",         "ip6",       "ipx",    "is-is",
    "isis", "iso",     "l1",     "l2",      "lat",        "len",       "length", "less",
    "link", "llc",     "lsp",    "mask",    "mopdl",      "moprc",     "mpls",   "multicast",
    "net",  "netbeui", "not",    "or",      "outbound",   "pim",       "port",   "portrange",
    "ppp",  "pppoed",  "pppoes", "proto",   "protochain", "psnp",      "rarp",   "sca",
    "sctp", "slip",    "snp",    "src",     "stp",        "tcp",       "tr",     "udp",
    "vlan", "vrrp",    "wlan",
};

static const char *const capture_constants[] = {
    "icmp-echo",
    "icmp-echoreply",
    "icmp-ireq",
    "icmp-ireqreply",
    "icmp-maskreply",
    "icmp-maskreq",
    "icmp-paramprob",
    "icmp-redirect",
    "icmp-routeradvert",
    "icmp-routersolicit",
    "icmp-sourcequench",
    "icmp-timxceed",
    "icmp-tstamp",
    "icmp-tstampreply",
    "icmp-unreach",
    "icmp6-certpathadvert",
    "icmp6-certpathsolicit",
    "icmp6-destinationunreach",
    "icmp6-echo",
    "icmp6-echoreply",
    "icmp6-homeagentdiscoveryreply",
    "icmp6-homeagentdiscoveryrequest",
    "icmp6-ineighbordiscoveryadvert",
    "icmp6-ineighbordiscoverysolicit",
    "icmp6-mobileprefixadvert",
    "icmp6-mobileprefixsolicit",
    "icmp6-multicastlistenerdone",
    "icmp6-multicastlistenerquery",
    "icmp6-multicastlistenerreportv1",
    "icmp6-multicastlistenerreportv2",
    "icmp6-multicastrouteradvert",
    "icmp6-multicastroutersolicit",
    "icmp6-multicastrouterterm",
    "icmp6-neighboradvert",
    "icmp6-neighborsolicit",
    "icmp6-nodeinformationquery",
    "icmp6-nodeinformationresponse",
    "icmp6-packettoobig",
    "icmp6-parameterproblem",
    "icmp6-redirect",
    "icmp6-routeradvert",
    "icmp6-routerrenum",
    "icmp6-routersolicit",
    "icmp6-timeexceeded",
    "icmp6code",
    "icmp6type",
    "icmpcode",
    "icmptype",
    "tcp-ack",
    "tcp-cwr",
    "tcp-ece",
    "tcp-fin",
    "tcp-push",
    "tcp-rst",
    "tcp-syn",
    "tcp-urg",
    "tcpflags",
};

/*
 * After `ether proto`, where libpcap has a table of its own. Other names of protocols come from the
 * host's /etc/protocols.
 */
static const char *const capture_protocols[] = {
    "aarp", "arp",      "atalk", "decnet", "ip",      "ip6",  "ipx", "iso",
    "lat",  "loopback", "mopdl", "moprc",  "netbeui", "rarp", "sca", "stp",
};

/* Longer than any keyword and any address. */
#define WORD_SIZE 64

static int capture_words_compare(const void *word, const void *entry)
{
    return strcmp(word, *(const char *const *)entry);
}

static bool capture_words_has(const char *const *table, size_t count, const char *word)
{
    return bsearch(word, table, count, sizeof(*table), capture_words_compare) != NULL;
}

/* Skips a number: decimal, or hexadecimal after 0x. NULL when there is none. */
static const char *capture_words_skip_number(const char *at)
{
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && g_ascii_isxdigit(at[2])) {
        at += 2;
        while (g_ascii_isxdigit(*at)) {
            at++;
        }
        return at;
    }
    if (!g_ascii_isdigit(*at)) {
        return NULL;
    }
    while (g_ascii_isdigit(*at)) {
        at++;
    }
    return at;
}

/* Up to four numbers with a separator between them, and nothing else. */
static bool capture_words_is_numbers(const char *word, char separator, unsigned most)
{
    for (unsigned i = 0; i < most; i++) {
        word = capture_words_skip_number(word);
        if (word == NULL) {
            return false;
        }
        if (*word == '\0') {
            return true;
        }
        if (*word != separator) {
            return false;
        }
        word++;
    }
    return false;
}

/*
 * `groups` groups of `least` to `most` hexadecimal digits, the same separator between them (0:
 * none).
 */
static bool capture_words_is_groups(const char *word, unsigned groups, size_t least, size_t most,
                                    char separator)
{
    for (unsigned i = 0; i < groups; i++) {
        size_t digits = 0;
        while (digits < most && g_ascii_isxdigit(word[digits])) {
            digits++;
        }
        if (digits < least) {
            return false;
        }
        word += digits;
        if (i + 1 < groups && separator != '\0') {
            if (*word != separator) {
                return false;
            }
            word++;
        }
    }
    return *word == '\0';
}

/* The forms of a MAC address that are one word; the one with colons is not. */
static bool capture_words_is_mac(const char *word)
{
    return capture_words_is_groups(word, 6, 1, 2, '-') ||
           capture_words_is_groups(word, 6, 1, 2, '.') ||
           capture_words_is_groups(word, 3, 4, 4, '.') ||
           capture_words_is_groups(word, 6, 2, 2, '\0');
}

/* Length of the address with colons that begins here: IPv6 or MAC; 0 when there is none. */
static size_t capture_words_colon_address(const char *at)
{
    size_t len = strspn(at, "0123456789abcdefABCDEF:.");
    char text[INET6_ADDRSTRLEN];
    if (len >= sizeof(text) || memchr(at, ':', len) == NULL) {
        return 0;
    }
    memcpy(text, at, len);
    text[len] = '\0';
    struct in6_addr address;
    bool is_address =
        inet_pton(AF_INET6, text, &address) == 1 || capture_words_is_groups(text, 6, 1, 2, ':');
    return is_address ? len : 0;
}

static size_t capture_words_len(const char *at)
{
    size_t len = 0;
    while (g_ascii_isalnum(at[len]) || (at[len] != '\0' && strchr("._-", at[len]) != NULL)) {
        len++;
    }
    while (len > 0 && (at[len - 1] == '-' || at[len - 1] == '_')) {
        len--;
    }
    return len;
}

/* What the words so far make of an identifier. */
struct capture_words_state {
    bool after_link; /* the last word was `ether`, or a synonym of it */
    bool wants_protocol;
    bool wants_ports;
};

static bool capture_words_is_known(const char *word, struct capture_words_state *state)
{
    static const char *const links[] = {"ether", "fddi", "link", "ppp", "slip", "tr", "wlan"};
    static const char *const qualifiers[] = {"gateway", "host", "net", "port", "protochain"};
    bool after_link = state->after_link;
    state->after_link = capture_words_has(links, G_N_ELEMENTS(links), word);
    if (strcmp(word, "proto") == 0 || strcmp(word, "portrange") == 0 ||
        capture_words_has(qualifiers, G_N_ELEMENTS(qualifiers), word)) {
        state->wants_protocol = after_link && strcmp(word, "proto") == 0;
        state->wants_ports = strcmp(word, "portrange") == 0;
        return true;
    }
    return capture_words_has(capture_keywords, G_N_ELEMENTS(capture_keywords), word) ||
           capture_words_has(capture_constants, G_N_ELEMENTS(capture_constants), word) ||
           capture_words_is_numbers(word, '.', 4) || capture_words_is_mac(word) ||
           (state->wants_ports && capture_words_is_numbers(word, '-', 2));
}

const char *capture_words_find_name(const char *expression, size_t *len)
{
    struct capture_words_state state = {.after_link = false};
    const char *at = expression;
    while (*at != '\0') {
        bool is_escaped = *at == '\\';
        size_t address = capture_words_colon_address(at);
        if (address > 0) {
            at += address;
            continue;
        }
        if (*at == '$') { /* an ARCnet address, which Ethernet does not have: libpcap says so */
            at += 1 + MIN(strspn(at + 1, "0123456789abcdefABCDEF"), 2);
            continue;
        }
        if (!is_escaped && !g_ascii_isalnum(*at)) {
            at++;
            continue;
        }
        size_t size = is_escaped ? 1 + strcspn(at + 1, " !()\n\t") : capture_words_len(at);
        char word[WORD_SIZE] = "";
        bool is_known = size < sizeof(word);
        if (is_known) {
            memcpy(word, at, size);
            is_known = is_escaped ? state.wants_protocol &&
                                        capture_words_has(capture_protocols,
                                                          G_N_ELEMENTS(capture_protocols), word + 1)
                                  : capture_words_is_known(word, &state);
        }
        if (!is_known) {
            *len = size;
            return at;
        }
        at += size;
    }
    return NULL;
}
