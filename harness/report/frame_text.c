/*
 * frame_text.c - frames as text: Ethernet, ARP, IPv4, ICMP, and the comparison
 *
 * A layer appends to the line and adds its fields, and hands what it contains to the next one. No
 * length that a frame states is believed beyond what is there. Every byte ends up in a field.
 *
 * [RFC826], [RFC791] 3.1, [RFC792], [RFC1071].
 */
#include "harness/report/frame_text_priv.h"

#include <string.h>

#define ETHERNET_SIZE     14
#define ETHERNET_TYPE_MIN 0x0600 /* smaller: a length, as in IEEE 802.3 */
#define TYPE_IPV4         0x0800
#define TYPE_ARP          0x0806
#define ARP_HEADER_SIZE   8
#define ARP_IPV4_SIZE     28
#define IPV4_HEADER_SIZE  20
#define ICMP_HEADER_SIZE  8
#define PROTOCOL_ICMP     1
#define PROTOCOL_TCP      6
#define PROTOCOL_UDP      17
#define ROW_SIZE          16
#define NAME_WIDTH        16

/* ---- what all layers use --------------------------------------------------------------------- */

uint16_t frame_get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

uint32_t frame_get32(const uint8_t *bytes)
{
    return (uint32_t)frame_get16(bytes) << 16 | frame_get16(bytes + 2);
}

char *frame_ipv4_text(const uint8_t *bytes)
{
    return g_strdup_printf("%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

char *frame_mac_text(const uint8_t *bytes)
{
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                           bytes[4], bytes[5]);
}

static void frame_add(struct frame_decoder *decoder, char *name, char *value)
{
    struct frame_text_field *field = g_new(struct frame_text_field, 1);
    *field = (struct frame_text_field){.name = name, .value = value};
    g_ptr_array_add(decoder->fields, field);
}

void frame_add_field(struct frame_decoder *decoder, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    frame_add(decoder, g_strdup(name), g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void frame_add_rows(struct frame_decoder *decoder, const char *name, const uint8_t *bytes,
                    size_t len)
{
    for (size_t row = 0; row < len; row += ROW_SIZE) {
        GString *text = g_string_new(NULL);
        for (size_t i = row; i < len && i < row + ROW_SIZE; i++) {
            g_string_append_printf(text, "%s%02x", i == row ? "" : " ", bytes[i]);
        }
        frame_add(decoder, g_strdup_printf("%s[%zu]", name, row), g_string_free(text, FALSE));
    }
}

void frame_add_cut(struct frame_decoder *decoder, const char *layer, const uint8_t *bytes,
                   size_t len)
{
    g_string_append_printf(decoder->line, "[|%s]", layer);
    frame_add_rows(decoder, layer, bytes, len);
}

uint32_t frame_sum(uint32_t sum, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum += (i & 1) == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

void frame_add_checksum(struct frame_decoder *decoder, const char *layer, uint16_t checksum,
                        uint32_t rest)
{
    g_autofree char *name = g_strdup_printf("%s.cksum", layer);
    uint32_t sum = rest + checksum;
    if ((sum & 0xffff) + (sum >> 16) == 0xffff) {
        frame_add_field(decoder, name, "0x%04x (correct)", checksum);
        return;
    }
    uint16_t right = (uint16_t)~rest;
    frame_add_field(decoder, name, "0x%04x (bad -> 0x%04x!)", checksum, right);
    g_string_append_printf(decoder->line, ", bad %s cksum 0x%04x -> 0x%04x!", layer, checksum,
                           right);
}

uint32_t frame_sum_around(uint32_t sum, const uint8_t *bytes, size_t len, size_t field)
{
    g_assert(field % 2 == 0 && field + 2 <= len);
    sum = frame_sum(sum, bytes, field);
    return frame_sum(sum, bytes + field + 2, len - field - 2);
}

uint32_t frame_pseudo_sum(const struct frame_packet *packet, size_t len)
{
    const uint8_t rest[] = {0, packet->protocol, (uint8_t)(len >> 8), (uint8_t)len};
    uint32_t sum = frame_sum(0, packet->source, 4);
    sum = frame_sum(sum, packet->destination, 4);
    return frame_sum(sum, rest, sizeof rest);
}

/* ---- ARP ------------------------------------------------------------------------------------- */

static void frame_decode_arp(struct frame_decoder *decoder, const uint8_t *bytes, size_t len)
{
    g_string_append(decoder->line, "ARP, ");
    if (len < ARP_HEADER_SIZE) {
        frame_add_cut(decoder, "arp", bytes, len);
        return;
    }
    unsigned operation = frame_get16(bytes + 6);
    const char *name = operation == 1 ? " (Request)" : operation == 2 ? " (Reply)" : "";
    frame_add_field(decoder, "arp.hardware", "%u", frame_get16(bytes));
    frame_add_field(decoder, "arp.protocol", "0x%04x", frame_get16(bytes + 2));
    frame_add_field(decoder, "arp.hlen", "%u", bytes[4]);
    frame_add_field(decoder, "arp.plen", "%u", bytes[5]);
    frame_add_field(decoder, "arp.op", "%u%s", operation, name);
    bool is_ipv4 = frame_get16(bytes) == 1 && frame_get16(bytes + 2) == TYPE_IPV4 &&
                   bytes[4] == 6 && bytes[5] == 4;
    if (!is_ipv4 || len < ARP_IPV4_SIZE) {
        g_string_append_printf(decoder->line, "op %u, ", operation);
        frame_add_cut(decoder, "arp", bytes + ARP_HEADER_SIZE, len - ARP_HEADER_SIZE);
        return;
    }
    g_autofree char *sender_mac = frame_mac_text(bytes + 8);
    g_autofree char *sender = frame_ipv4_text(bytes + 14);
    g_autofree char *target_mac = frame_mac_text(bytes + 18);
    g_autofree char *target = frame_ipv4_text(bytes + 24);
    frame_add_field(decoder, "arp.sender-mac", "%s", sender_mac);
    frame_add_field(decoder, "arp.sender-ip", "%s", sender);
    frame_add_field(decoder, "arp.target-mac", "%s", target_mac);
    frame_add_field(decoder, "arp.target-ip", "%s", target);
    frame_add_rows(decoder, "padding", bytes + ARP_IPV4_SIZE, len - ARP_IPV4_SIZE);
    if (operation == 1) {
        g_string_append_printf(decoder->line, "Request who-has %s tell %s", target, sender);
    } else if (operation == 2) {
        g_string_append_printf(decoder->line, "Reply %s is-at %s", sender, sender_mac);
    } else {
        g_string_append_printf(decoder->line, "op %u %s > %s", operation, sender, target);
    }
    g_string_append_printf(decoder->line, ", length %zu", len);
}

/* ---- ICMP ------------------------------------------------------------------------------------ */

/*
 * What an error is about is the packet that it quotes: its destination, and for a closed port the
 * port and whose it is.
 */
static void frame_append_unreachable(GString *line, const uint8_t *bytes, size_t len)
{
    static const char *const what[] = {"net", "host", "protocol", "port"};
    unsigned code = bytes[1];
    const uint8_t *quoted = bytes + ICMP_HEADER_SIZE;
    size_t quoted_len = len - ICMP_HEADER_SIZE;
    if (quoted_len < IPV4_HEADER_SIZE) {
        g_string_append_printf(line, "unreachable (code %u)", code);
        return;
    }
    g_autofree char *address = frame_ipv4_text(quoted + 16);
    size_t header = (quoted[0] & 0x0fU) * 4;
    bool has_port = (quoted[9] == PROTOCOL_UDP || quoted[9] == PROTOCOL_TCP) &&
                    quoted_len >= MAX(header, IPV4_HEADER_SIZE) + 4;
    if (code == 3 && has_port) {
        g_string_append_printf(line, "%s %s port %u unreachable", address,
                               quoted[9] == PROTOCOL_UDP ? "udp" : "tcp",
                               frame_get16(quoted + header + 2));
    } else if (code == 2) {
        g_string_append_printf(line, "%s protocol %u unreachable", address, quoted[9]);
    } else if (code < G_N_ELEMENTS(what)) {
        g_string_append_printf(line, "%s %s unreachable", what[code], address);
    } else {
        g_string_append_printf(line, "%s unreachable (code %u)", address, code);
    }
}

static void frame_decode_icmp(struct frame_decoder *decoder, const struct frame_packet *packet,
                              const uint8_t *bytes, size_t len)
{
    g_string_append(decoder->line, "ICMP ");
    if (len < ICMP_HEADER_SIZE) {
        frame_add_cut(decoder, "icmp", bytes, len);
        return;
    }
    unsigned type = bytes[0];
    bool is_echo = type == 0 || type == 8;
    const char *name = "";
    if (is_echo) {
        name = type == 8 ? " (echo request)" : " (echo reply)";
        g_string_append_printf(decoder->line, "echo %s, id %u, seq %u",
                               type == 8 ? "request" : "reply", frame_get16(bytes + 4),
                               frame_get16(bytes + 6));
    } else if (type == 3) {
        name = " (unreachable)";
        frame_append_unreachable(decoder->line, bytes, len);
    } else if (type == 11) {
        name = " (time exceeded)";
        g_string_append_printf(decoder->line, "%s",
                               bytes[1] == 0 ? "time exceeded in-transit"
                                             : "ip reassembly time exceeded");
    } else {
        g_string_append_printf(decoder->line, "type %u code %u", type, bytes[1]);
    }
    g_string_append_printf(decoder->line, ", length %zu", len);
    frame_add_field(decoder, "icmp.type", "%u%s", type, name);
    frame_add_field(decoder, "icmp.code", "%u", bytes[1]);
    if (packet->is_whole) {
        frame_add_checksum(decoder, "icmp", frame_get16(bytes + 2),
                           frame_sum_around(0, bytes, len, 2));
    } else {
        frame_add_field(decoder, "icmp.cksum", "0x%04x", frame_get16(bytes + 2));
    }
    if (is_echo) {
        frame_add_field(decoder, "icmp.id", "%u", frame_get16(bytes + 4));
        frame_add_field(decoder, "icmp.seq", "%u", frame_get16(bytes + 6));
    } else {
        frame_add_field(decoder, "icmp.rest", "0x%08x", frame_get32(bytes + 4));
    }
    frame_add_rows(decoder, "data", bytes + ICMP_HEADER_SIZE, len - ICMP_HEADER_SIZE);
}

/* ---- IPv4 ------------------------------------------------------------------------------------ */

static void frame_decode_transport(struct frame_decoder *decoder, const struct frame_packet *packet,
                                   const uint8_t *bytes, size_t len)
{
    g_autofree char *source = frame_ipv4_text(packet->source);
    g_autofree char *destination = frame_ipv4_text(packet->destination);
    if (packet->protocol == PROTOCOL_UDP) {
        frame_decode_udp(decoder, packet, bytes, len);
        return;
    }
    if (packet->protocol == PROTOCOL_TCP) {
        frame_decode_tcp(decoder, packet, bytes, len);
        return;
    }
    g_string_append_printf(decoder->line, "%s > %s: ", source, destination);
    if (packet->protocol == PROTOCOL_ICMP) {
        frame_decode_icmp(decoder, packet, bytes, len);
        return;
    }
    g_string_append_printf(decoder->line, "ip-proto-%u, length %zu", packet->protocol, len);
    frame_add_rows(decoder, "data", bytes, len);
}

static void frame_add_ipv4_fields(struct frame_decoder *decoder, const uint8_t *bytes,
                                  size_t header_size)
{
    unsigned fragment = frame_get16(bytes + 6);
    g_autofree char *source = frame_ipv4_text(bytes + 12);
    g_autofree char *destination = frame_ipv4_text(bytes + 16);
    frame_add_field(decoder, "ip.hlen", "%zu", header_size);
    frame_add_field(decoder, "ip.tos", "0x%02x", bytes[1]);
    frame_add_field(decoder, "ip.length", "%u", frame_get16(bytes + 2));
    frame_add_field(decoder, "ip.id", "%u", frame_get16(bytes + 4));
    frame_add_field(decoder, "ip.flags", "[%s%s%s%s]", (fragment & 0xe000) == 0 ? "none" : "",
                    (fragment & 0x8000) != 0 ? "evil" : "", (fragment & 0x4000) != 0 ? "DF" : "",
                    (fragment & 0x2000) != 0 ? "+" : "");
    frame_add_field(decoder, "ip.offset", "%u", (fragment & 0x1fff) * 8);
    frame_add_field(decoder, "ip.ttl", "%u", bytes[8]);
    frame_add_field(decoder, "ip.proto", "%u", bytes[9]);
    frame_add_checksum(decoder, "ip", frame_get16(bytes + 10),
                       frame_sum_around(0, bytes, header_size, 10));
    frame_add_field(decoder, "ip.src", "%s", source);
    frame_add_field(decoder, "ip.dst", "%s", destination);
    frame_add_rows(decoder, "ip.options", bytes + IPV4_HEADER_SIZE, header_size - IPV4_HEADER_SIZE);
}

static void frame_decode_ipv4(struct frame_decoder *decoder, const uint8_t *bytes, size_t len)
{
    g_string_append(decoder->line, "IP ");
    if (len < IPV4_HEADER_SIZE) {
        frame_add_cut(decoder, "ip", bytes, len);
        return;
    }
    size_t header_size = (bytes[0] & 0x0fU) * 4, total = frame_get16(bytes + 2);
    unsigned fragment = frame_get16(bytes + 6);
    if (bytes[0] >> 4 != 4 || header_size < IPV4_HEADER_SIZE || header_size > len ||
        total < header_size) {
        g_string_append_printf(decoder->line, "bad header (version %u, hlen %zu, length %zu)",
                               bytes[0] >> 4, header_size, total);
        frame_add_rows(decoder, "ip", bytes, len);
        return;
    }
    if (total > len) {
        g_string_append_printf(decoder->line, "truncated-ip - %zu bytes missing! ", total - len);
    }
    size_t end = MIN(total, len);
    const struct frame_packet packet = {
        .source = bytes + 12,
        .destination = bytes + 16,
        .protocol = bytes[9],
        .is_whole = total <= len && (fragment & 0x3fff) == 0,
    };
    /* The remark about the header's checksum comes behind what the packet is. */
    GString *line = decoder->line;
    g_autoptr(GString) remark = g_string_new(NULL);
    decoder->line = remark;
    frame_add_ipv4_fields(decoder, bytes, header_size);
    decoder->line = line;
    if ((fragment & 0x1fff) != 0) {
        g_autofree char *source = frame_ipv4_text(packet.source);
        g_autofree char *destination = frame_ipv4_text(packet.destination);
        g_string_append_printf(line, "%s > %s: ip-proto-%u, length %zu", source, destination,
                               packet.protocol, end - header_size);
        frame_add_rows(decoder, "data", bytes + header_size, end - header_size);
    } else {
        frame_decode_transport(decoder, &packet, bytes + header_size, end - header_size);
    }
    if ((fragment & 0x3fff) != 0) {
        g_string_append_printf(line, " (frag offset %u%s)", (fragment & 0x1fff) * 8,
                               (fragment & 0x2000) != 0 ? ", flags [+]" : "");
    }
    g_string_append(line, remark->str);
    frame_add_rows(decoder, "padding", bytes + end, len - end);
}

/* ---- Ethernet -------------------------------------------------------------------------------- */

static void frame_decode(struct frame_decoder *decoder, const uint8_t *bytes, size_t len)
{
    if (len < ETHERNET_SIZE) {
        frame_add_cut(decoder, "ether", bytes, len);
        return;
    }
    unsigned type = frame_get16(bytes + 12);
    g_autofree char *destination = frame_mac_text(bytes);
    g_autofree char *source = frame_mac_text(bytes + 6);
    frame_add_field(decoder, "eth.dst", "%s", destination);
    frame_add_field(decoder, "eth.src", "%s", source);
    frame_add_field(decoder, "eth.type", "0x%04x", type);
    const uint8_t *rest = bytes + ETHERNET_SIZE;
    size_t rest_len = len - ETHERNET_SIZE;
    switch (type) {
    case TYPE_ARP:
        frame_decode_arp(decoder, rest, rest_len);
        break;
    case TYPE_IPV4:
        frame_decode_ipv4(decoder, rest, rest_len);
        break;
    default:
        g_string_append_printf(decoder->line, "%s > %s, ", source, destination);
        g_string_append_printf(
            decoder->line, type < ETHERNET_TYPE_MIN ? "802.3 length %u" : "ethertype 0x%04x", type);
        g_string_append_printf(decoder->line, ", length %zu", len);
        frame_add_rows(decoder, "data", rest, rest_len);
        break;
    }
}

static void frame_free_field(void *opaque)
{
    struct frame_text_field *field = opaque;
    g_free(field->name);
    g_free(field->value);
    g_free(field);
}

void frame_text_append_line(GString *out, const uint8_t *frame, size_t len)
{
    struct frame_decoder decoder = {
        .line = out,
        .fields = g_ptr_array_new_with_free_func(frame_free_field),
    };
    frame_decode(&decoder, frame, len);
    g_ptr_array_unref(decoder.fields);
}

GPtrArray *frame_text_fields(const uint8_t *frame, size_t len)
{
    struct frame_decoder decoder = {
        .line = g_string_new(NULL),
        .fields = g_ptr_array_new_with_free_func(frame_free_field),
    };
    frame_decode(&decoder, frame, len);
    g_string_free(decoder.line, TRUE);
    return decoder.fields;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void frame_append_field(GString *out, bool differs, const struct frame_text_field *field)
{
    g_string_append_printf(out, "  %c %-*s %s\n", differs ? '*' : ' ', NAME_WIDTH, field->name,
                           field->value);
}

/* Whether a field of this name stands at `from` or behind it. */
static bool frame_has_field(const GPtrArray *fields, guint from, const char *name)
{
    for (guint i = from; i < fields->len; i++) {
        const struct frame_text_field *field = g_ptr_array_index(fields, i);
        if (g_str_equal(field->name, name)) {
            return true;
        }
    }
    return false;
}

static GPtrArray *frame_side_fields(const struct frame_text_side *side)
{
    GPtrArray *fields = frame_text_fields(side->frame, side->len);
    struct frame_text_field *direction = g_new(struct frame_text_field, 1);
    direction->name = g_strdup("direction");
    direction->value = g_strdup(side->is_out ? "out" : "in");
    g_ptr_array_insert(fields, 0, direction);
    return fields;
}

void frame_text_compare(GString *left_out, const struct frame_text_side *left, GString *right_out,
                        const struct frame_text_side *right, bool only_different)
{
    g_autoptr(GPtrArray) lefts = frame_side_fields(left);
    g_autoptr(GPtrArray) rights = frame_side_fields(right);
    guint i = 0, j = 0;
    while (i < lefts->len || j < rights->len) {
        const struct frame_text_field *a = i < lefts->len ? lefts->pdata[i] : NULL;
        const struct frame_text_field *b = j < rights->len ? rights->pdata[j] : NULL;
        if (a != NULL && b != NULL && g_str_equal(a->name, b->name)) {
            bool differs = !g_str_equal(a->value, b->value);
            bool is_row = strchr(a->name, '[') != NULL;
            if (differs || !(only_different || is_row)) {
                frame_append_field(left_out, differs, a);
                frame_append_field(right_out, differs, b);
            }
            i++;
            j++;
        } else if (a != NULL && (b == NULL || !frame_has_field(rights, j, a->name))) {
            frame_append_field(left_out, true, a);
            i++;
        } else {
            frame_append_field(right_out, true, b);
            j++;
        }
    }
}
