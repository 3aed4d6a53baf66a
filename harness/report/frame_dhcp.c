/*
 * frame_dhcp.c - frames as text: BOOTP and DHCP
 *
 * [RFC2131] 2, [RFC2132]. Options have tcpdump's names; those without one here are shown by number
 * and bytes.
 */
#include "harness/report/frame_text_priv.h"

#define BOOTP_SIZE  236
#define COOKIE_SIZE 4
#define COOKIE      0x63825363U
#define OPTION_PAD  0
#define OPTION_TYPE 53
#define OPTION_END  255

enum dhcp_format {
    DHCP_ADDRESSES,
    DHCP_SECONDS,
    DHCP_NUMBER16,
    DHCP_BYTES,
};

static const struct dhcp_option_info {
    uint8_t code;
    enum dhcp_format format;
    const char *name;
} dhcp_options[] = {
    {1, DHCP_ADDRESSES, "dhcp.Subnet-Mask"},
    {3, DHCP_ADDRESSES, "dhcp.Default-Gateway"},
    {6, DHCP_ADDRESSES, "dhcp.Domain-Name-Server"},
    {12, DHCP_BYTES, "dhcp.Hostname"},
    {15, DHCP_BYTES, "dhcp.Domain-Name"},
    {28, DHCP_ADDRESSES, "dhcp.BR"},
    {50, DHCP_ADDRESSES, "dhcp.Requested-IP"},
    {51, DHCP_SECONDS, "dhcp.Lease-Time"},
    {54, DHCP_ADDRESSES, "dhcp.Server-ID"},
    {55, DHCP_BYTES, "dhcp.Parameter-Request"},
    {57, DHCP_NUMBER16, "dhcp.MSZ"},
    {58, DHCP_SECONDS, "dhcp.RN"},
    {59, DHCP_SECONDS, "dhcp.RB"},
    {61, DHCP_BYTES, "dhcp.Client-ID"},
};

static const char *const dhcp_types[] = {
    NULL, "Discover", "Offer", "Request", "Decline", "ACK", "NACK", "Release", "Inform",
};

static const struct dhcp_option_info *dhcp_find_option(uint8_t code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(dhcp_options); i++) {
        if (dhcp_options[i].code == code) {
            return &dhcp_options[i];
        }
    }
    return NULL;
}

static char *dhcp_bytes_text(const uint8_t *value, size_t len)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < len; i++) {
        g_string_append_printf(text, "%s%02x", i == 0 ? "" : " ", value[i]);
    }
    return g_string_free(text, FALSE);
}

static char *dhcp_addresses_text(const uint8_t *value, size_t len)
{
    GString *text = g_string_new(NULL);
    for (size_t at = 0; at < len; at += 4) {
        g_autofree char *address = frame_ipv4_text(value + at);
        g_string_append_printf(text, "%s%s", at == 0 ? "" : ",", address);
    }
    return g_string_free(text, FALSE);
}

static void dhcp_add_option(struct frame_decoder *decoder, uint8_t code, const uint8_t *value,
                            size_t len)
{
    const struct dhcp_option_info *info = dhcp_find_option(code);
    g_autofree char *name =
        info != NULL ? g_strdup(info->name) : g_strdup_printf("dhcp.option-%u", code);
    g_autofree char *bytes = dhcp_bytes_text(value, len);
    if (code == OPTION_TYPE && len == 1 && value[0] > 0 && value[0] < G_N_ELEMENTS(dhcp_types)) {
        frame_add_field(decoder, "dhcp.DHCP-Message", "%s", dhcp_types[value[0]]);
    } else if (info != NULL && info->format == DHCP_ADDRESSES && len > 0 && len % 4 == 0) {
        g_autofree char *addresses = dhcp_addresses_text(value, len);
        frame_add_field(decoder, name, "%s", addresses);
    } else if (info != NULL && info->format == DHCP_SECONDS && len == 4) {
        frame_add_field(decoder, name, "%u", frame_get32(value));
    } else if (info != NULL && info->format == DHCP_NUMBER16 && len == 2) {
        frame_add_field(decoder, name, "%u", frame_get16(value));
    } else {
        frame_add_field(decoder, name, "%zu bytes: %s", len, bytes);
    }
}

/* The options; gives the message type, or NULL. */
static const char *dhcp_decode_options(struct frame_decoder *decoder, const uint8_t *bytes,
                                       size_t len)
{
    const char *type = NULL;
    size_t at = 0;
    while (at < len && bytes[at] != OPTION_END) {
        if (bytes[at] == OPTION_PAD) {
            frame_add_field(decoder, "dhcp.pad", "0");
            at++;
            continue;
        }
        if (len - at < 2 || bytes[at + 1] > len - at - 2) {
            frame_add_rows(decoder, "dhcp.cut", bytes + at, len - at);
            return type;
        }
        const uint8_t *value = bytes + at + 2;
        size_t size = bytes[at + 1];
        if (bytes[at] == OPTION_TYPE && size == 1 && value[0] < G_N_ELEMENTS(dhcp_types)) {
            type = dhcp_types[value[0]];
        }
        dhcp_add_option(decoder, bytes[at], value, size);
        at += 2 + size;
    }
    if (at < len) {
        frame_add_field(decoder, "dhcp.end", "%zu", at);
        frame_add_rows(decoder, "dhcp.behind", bytes + at + 1, len - at - 1);
    }
    return type;
}

void frame_decode_dhcp(struct frame_decoder *decoder, const uint8_t *bytes, size_t len)
{
    g_string_append(decoder->line, "BOOTP/DHCP, ");
    if (len < BOOTP_SIZE) {
        frame_add_cut(decoder, "bootp", bytes, len);
        return;
    }
    static const char *const address_names[] = {"dhcp.ciaddr", "dhcp.yiaddr", "dhcp.siaddr",
                                                "dhcp.giaddr"};
    g_autofree char *client = frame_mac_text(bytes + 28);
    frame_add_field(decoder, "dhcp.op", "%u%s", bytes[0],
                    bytes[0] == 1   ? " (Request)"
                    : bytes[0] == 2 ? " (Reply)"
                                    : "");
    frame_add_field(decoder, "dhcp.htype", "%u", bytes[1]);
    frame_add_field(decoder, "dhcp.hlen", "%u", bytes[2]);
    frame_add_field(decoder, "dhcp.hops", "%u", bytes[3]);
    frame_add_field(decoder, "dhcp.xid", "0x%08x", frame_get32(bytes + 4));
    frame_add_field(decoder, "dhcp.secs", "%u", frame_get16(bytes + 8));
    frame_add_field(decoder, "dhcp.flags", "0x%04x", frame_get16(bytes + 10));
    for (size_t i = 0; i < G_N_ELEMENTS(address_names); i++) {
        g_autofree char *address = frame_ipv4_text(bytes + 12 + 4 * i);
        frame_add_field(decoder, address_names[i], "%s", address);
    }
    frame_add_field(decoder, "dhcp.chaddr", "%s", client);
    frame_add_rows(decoder, "dhcp.chaddr-rest", bytes + 34, 10);
    frame_add_rows(decoder, "dhcp.sname", bytes + 44, 64);
    frame_add_rows(decoder, "dhcp.file", bytes + 108, 128);
    const char *type = NULL;
    const uint8_t *options = bytes + BOOTP_SIZE;
    size_t options_len = len - BOOTP_SIZE;
    if (options_len >= COOKIE_SIZE && frame_get32(options) == COOKIE) {
        type = dhcp_decode_options(decoder, options + COOKIE_SIZE, options_len - COOKIE_SIZE);
    } else {
        frame_add_rows(decoder, "dhcp.vendor", options, options_len);
    }
    if (bytes[0] == 1) {
        g_string_append_printf(decoder->line, "Request from %s", client);
    } else {
        g_string_append(decoder->line, bytes[0] == 2 ? "Reply" : "unknown operation");
    }
    if (type != NULL) {
        g_string_append_printf(decoder->line, " (%s)", type);
    }
    g_string_append_printf(decoder->line, ", length %zu", len);
}
