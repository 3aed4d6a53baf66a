/*
 * parser_send.c - scripted hosts, and frames in tcpdump's words
 *
 *     host  NAME ip=ADDRESS [mac=MAC]
 *     send  CARD|HOST arp who-has ADDRESS tell ADDRESS
 *     send  CARD|HOST arp reply ADDRESS is-at MAC
 *     send  CARD|HOST icmp ADDRESS > ADDRESS echo request|reply [id N] [seq N] [len N]
 *     send  CARD|HOST hex "BYTES"
 *     send  CARD|HOST tcp|udp|pcap …           parser_segment.c
 */
#include "emu/wire/wire.h"
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <string.h>

#define SEND_ETHERNET_HEADER 14
#define SEND_ICMP_HEADER     8
#define SEND_ICMP_LEN        64   /* as ping sends it: 56 bytes behind the header */
#define SEND_ICMP_LEN_MAX    1480 /* fits into a frame of Ethernet */

/* ---- host ------------------------------------------------------------------------------------ */

static bool send_parse_ip(struct parser *parser, void *target)
{
    struct scenario_host *host = target;
    const struct lexer_token *token;
    uint32_t address;
    if (!parser_take_word(parser, "an IPv4 address", &token) ||
        !parser_pass(parser, token, values_ipv4(token->text, &address, NULL))) {
        return false;
    }
    for (unsigned i = 0; i < sizeof(host->ip); i++) {
        host->ip[i] = (uint8_t)(address >> 8 * (3 - i));
    }
    return true;
}

static bool send_parse_mac(struct parser *parser, void *target)
{
    struct scenario_host *host = target;
    const struct lexer_token *token;
    if (!parser_take_word(parser, "a MAC address", &token) ||
        !parser_pass(parser, token, values_mac(token->text, host->mac))) {
        return false;
    }
    g_autofree char *text = g_ascii_strdown(token->text, -1);
    checker_declare(parser, CHECKER_MAC, token, text);
    return true;
}

bool parser_parse_host(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at)
{
    static const struct parser_key keys[] = {{"ip", send_parse_ip}, {"mac", send_parse_mac}};
    static const uint8_t unset[6];
    (void)word, (void)at;
    const struct lexer_token *name;
    if (!parser_take_name(parser, "the name of the host", &name)) {
        return false;
    }
    struct scenario_host *host = g_new0(struct scenario_host, 1);
    host->place = parser_place(parser, name);
    host->name = g_strdup(name->text);
    g_ptr_array_add(parser->scenario->hosts, host);
    if (!parser_take_keys(parser, keys, G_N_ELEMENTS(keys), host)) {
        return false;
    }
    if (memcmp(host->ip, unset, sizeof(host->ip)) == 0) {
        return parser_fail(parser, parser_peek(parser),
                           g_strdup_printf("such as: host %s ip=10.0.2.9", name->text),
                           "a host needs an address other than 0.0.0.0");
    }
    if (memcmp(host->mac, unset, sizeof(host->mac)) == 0) {
        const uint8_t mac[6] = {0x52, 0x55, host->ip[0], host->ip[1], host->ip[2], host->ip[3]};
        memcpy(host->mac, mac, sizeof(mac));
    }
    checker_declare(parser, CHECKER_HOST, name, name->text);
    checker_host(parser, name, host);
    return true;
}

/* ---- send ------------------------------------------------------------------------------------ */

static bool send_take_address(struct parser *parser, uint32_t *address)
{
    const struct lexer_token *token;
    return parser_take_word(parser, "an IPv4 address", &token) &&
           parser_pass(parser, token, values_ipv4(token->text, address, NULL));
}

static bool send_take_arp(struct parser *parser, struct scenario_send *send)
{
    static const char *const words[] = {"who-has", "reply", NULL};
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    if (index == 0) {
        send->kind = SCENARIO_SEND_ARP_REQUEST;
        return send_take_address(parser, &send->target) && parser_take(parser, "tell") &&
               send_take_address(parser, &send->source);
    }
    send->kind = SCENARIO_SEND_ARP_REPLY;
    const struct lexer_token *mac;
    return send_take_address(parser, &send->source) && parser_take(parser, "is-at") &&
           parser_take_word(parser, "a MAC address", &mac) &&
           parser_pass(parser, mac, values_mac(mac->text, send->mac));
}

static bool send_take_echo_options(struct parser *parser, struct scenario_send *send)
{
    static const char *const words[] = {"id", "seq", "len", NULL};
    bool given[3] = {false};
    send->len = SEND_ICMP_LEN;
    while (parser_peek(parser)->kind != LEXER_END) {
        const struct lexer_token *token = parser_peek(parser);
        unsigned index;
        uint64_t value;
        if (!parser_take_choice(parser, words, &index)) {
            return false;
        }
        if (given[index]) {
            return parser_fail(parser, token, NULL, "'%s' is given twice", words[index]);
        }
        given[index] = true;
        if (!parser_take_number(parser, index == 2 ? SEND_ICMP_HEADER : 0,
                                index == 2 ? SEND_ICMP_LEN_MAX : UINT16_MAX, &value)) {
            return false;
        }
        if (index == 0) {
            send->id = (uint16_t)value;
        } else if (index == 1) {
            send->sequence = (uint16_t)value;
        } else {
            send->len = (unsigned)value;
        }
    }
    return true;
}

static bool send_take_icmp(struct parser *parser, struct scenario_send *send)
{
    static const char *const words[] = {"request", "reply", NULL};
    unsigned index;
    if (!send_take_address(parser, &send->source) || !parser_take(parser, ">") ||
        !send_take_address(parser, &send->target) || !parser_take(parser, "echo") ||
        !parser_take_choice(parser, words, &index)) {
        return false;
    }
    send->kind = index == 0 ? SCENARIO_SEND_ECHO_REQUEST : SCENARIO_SEND_ECHO_REPLY;
    return send_take_echo_options(parser, send);
}

/* Pairs of digits, with blanks between them where one likes. */
static bool send_take_hex(struct parser *parser, struct scenario_send *send)
{
    const struct lexer_token *token;
    if (!parser_take_string(parser, "the frame's bytes in quotes", &token)) {
        return false;
    }
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    if (!parser_pass(parser, token, values_hex(token->text, bytes))) {
        return false;
    }
    if (bytes->len < SEND_ETHERNET_HEADER || bytes->len > WIRE_FRAME_MAX) {
        parser_refuse(parser, token, NULL, "a frame has %d to %d bytes, not %u",
                      SEND_ETHERNET_HEADER, WIRE_FRAME_MAX, bytes->len);
    }
    send->kind = SCENARIO_SEND_BYTES;
    send->bytes = g_bytes_new(bytes->data, bytes->len);
    return true;
}

bool parser_parse_send(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at)
{
    static const char *const words[] = {"arp", "icmp", "hex", "tcp", "udp", "pcap", NULL};
    (void)word;
    struct scenario_statement *statement = parser_add_statement(parser, SCENARIO_SEND, at);
    struct scenario_send *send = &statement->send;
    const struct lexer_token *from;
    unsigned index;
    if (!parser_take_name(parser, "a network card or a host", &from)) {
        return false;
    }
    checker_station(parser, from);
    send->from = g_strdup(from->text);
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    bool taken = index == 0   ? send_take_arp(parser, send)
                 : index == 1 ? send_take_icmp(parser, send)
                 : index == 2 ? send_take_hex(parser, send)
                 : index == 5 ? parser_take_captured(parser, send)
                              : parser_take_segment(parser, index == 3, send);
    return taken && parser_take_end(parser);
}
