/*
 * frame_ports.c - frames as text: UDP and TCP
 *
 * [RFC768], [RFC9293] 3.1 and 3.2. Sequence numbers are shown as they are, and not counted from the
 * connection's first: a report shows single frames.
 */
#include "harness/report/frame_text_priv.h"

#define UDP_HEADER_SIZE 8
#define TCP_HEADER_SIZE 20
#define PORT_DHCP_A     67
#define PORT_DHCP_B     68

/* `10.0.2.15.1024 > 10.0.2.2.7: `, and the fields of the ports. */
static void frame_add_ports(struct frame_decoder *decoder, const struct frame_packet *packet,
                            const char *layer, const uint8_t *bytes)
{
    g_autofree char *source = frame_ipv4_text(packet->source);
    g_autofree char *destination = frame_ipv4_text(packet->destination);
    g_autofree char *source_name = g_strdup_printf("%s.sport", layer);
    g_autofree char *destination_name = g_strdup_printf("%s.dport", layer);
    unsigned source_port = frame_get16(bytes), destination_port = frame_get16(bytes + 2);
    g_string_append_printf(decoder->line, "%s.%u > %s.%u: ", source, source_port, destination,
                           destination_port);
    frame_add_field(decoder, source_name, "%u", source_port);
    frame_add_field(decoder, destination_name, "%u", destination_port);
}

static void frame_add_cut_segment(struct frame_decoder *decoder, const struct frame_packet *packet,
                                  const char *layer, const uint8_t *bytes, size_t len)
{
    g_autofree char *source = frame_ipv4_text(packet->source);
    g_autofree char *destination = frame_ipv4_text(packet->destination);
    g_string_append_printf(decoder->line, "%s > %s: ", source, destination);
    frame_add_cut(decoder, layer, bytes, len);
}

/* ---- UDP ------------------------------------------------------------------------------------- */

static bool frame_is_dhcp(const uint8_t *bytes)
{
    unsigned source = frame_get16(bytes), destination = frame_get16(bytes + 2);
    return source == PORT_DHCP_A || source == PORT_DHCP_B || destination == PORT_DHCP_A ||
           destination == PORT_DHCP_B;
}

void frame_decode_udp(struct frame_decoder *decoder, const struct frame_packet *packet,
                      const uint8_t *bytes, size_t len)
{
    if (len < UDP_HEADER_SIZE) {
        frame_add_cut_segment(decoder, packet, "udp", bytes, len);
        return;
    }
    size_t stated = frame_get16(bytes + 4);
    uint16_t checksum = frame_get16(bytes + 6);
    frame_add_ports(decoder, packet, "udp", bytes);
    frame_add_field(decoder, "udp.length", "%zu", stated);
    bool is_sound = stated >= UDP_HEADER_SIZE && stated <= len;
    size_t end = is_sound ? stated : len;
    GString *line = decoder->line;
    g_autoptr(GString) remark = g_string_new(NULL);
    decoder->line = remark;
    if (checksum == 0) {
        frame_add_field(decoder, "udp.cksum", "0x0000 (none)");
    } else if (packet->is_whole && is_sound) {
        uint32_t sum = frame_sum_around(frame_pseudo_sum(packet, end), bytes, end, 6);
        frame_add_checksum(decoder, "udp", checksum, sum);
    } else {
        frame_add_field(decoder, "udp.cksum", "0x%04x", checksum);
    }
    decoder->line = line;
    const uint8_t *data = bytes + UDP_HEADER_SIZE;
    if (packet->is_whole && !is_sound) {
        g_string_append_printf(line, "UDP, bad length %zu > %zu", stated, len);
        frame_add_rows(decoder, "data", data, len - UDP_HEADER_SIZE);
    } else if (packet->is_whole && frame_is_dhcp(bytes)) {
        frame_decode_dhcp(decoder, data, end - UDP_HEADER_SIZE);
    } else {
        g_string_append_printf(line, "UDP, length %zu", stated - MIN(stated, UDP_HEADER_SIZE));
        frame_add_rows(decoder, "data", data, end - UDP_HEADER_SIZE);
    }
    g_string_append(line, remark->str);
    frame_add_rows(decoder, "udp.behind", bytes + end, len - end);
}

/* ---- TCP ------------------------------------------------------------------------------------- */

static char *frame_tcp_flags(unsigned flags)
{
    /* In the order of tcpdump: F, S, R, P, '.', U, E, W. */
    static const char letters[] = "FSRP.UEW";
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; letters[i] != '\0'; i++) {
        if ((flags & 1U << i) != 0) {
            g_string_append_c(text, letters[i]);
        }
    }
    if (text->len == 0) {
        g_string_append(text, "none");
    }
    return g_string_free(text, FALSE);
}

/* One option; gives its size, which is never 0 and never more than `len`. */
static size_t frame_append_tcp_option(GString *out, const uint8_t *bytes, size_t len)
{
    if (bytes[0] <= 1) {
        g_string_append(out, bytes[0] == 0 ? "eol" : "nop");
        return 1;
    }
    size_t size = len >= 2 ? bytes[1] : 0;
    if (size < 2 || size > len) {
        g_string_append_printf(out, "bad opt-%u:", bytes[0]);
        size = len;
    } else if (bytes[0] == 2 && size == 4) {
        g_string_append_printf(out, "mss %u", frame_get16(bytes + 2));
        return size;
    } else if (bytes[0] == 3 && size == 3) {
        g_string_append_printf(out, "wscale %u", bytes[2]);
        return size;
    } else if (bytes[0] == 4 && size == 2) {
        g_string_append(out, "sackOK");
        return size;
    } else if (bytes[0] == 8 && size == 10) {
        g_string_append_printf(out, "TS val %u ecr %u", frame_get32(bytes + 2),
                               frame_get32(bytes + 6));
        return size;
    } else {
        g_string_append_printf(out, "opt-%u:", bytes[0]);
    }
    for (size_t i = 1; i < size; i++) {
        g_string_append_printf(out, "%02x", bytes[i]);
    }
    return size;
}

static char *frame_tcp_options(const uint8_t *bytes, size_t len)
{
    GString *text = g_string_new("[");
    for (size_t at = 0; at < len;) {
        g_string_append(text, at == 0 ? "" : ",");
        at += frame_append_tcp_option(text, bytes + at, len - at);
    }
    g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

static void frame_add_tcp_fields(struct frame_decoder *decoder, const struct frame_packet *packet,
                                 const uint8_t *bytes, size_t header_size, size_t len)
{
    g_autofree char *flags = frame_tcp_flags(bytes[13]);
    g_autofree char *options =
        frame_tcp_options(bytes + TCP_HEADER_SIZE, header_size - TCP_HEADER_SIZE);
    frame_add_field(decoder, "tcp.seq", "%u", frame_get32(bytes + 4));
    frame_add_field(decoder, "tcp.ack", "%u", frame_get32(bytes + 8));
    frame_add_field(decoder, "tcp.hlen", "%zu", header_size);
    frame_add_field(decoder, "tcp.reserved", "%u", bytes[12] & 0x0fU);
    frame_add_field(decoder, "tcp.flags", "[%s]", flags);
    frame_add_field(decoder, "tcp.win", "%u", frame_get16(bytes + 14));
    if (packet->is_whole) {
        uint32_t sum = frame_sum_around(frame_pseudo_sum(packet, len), bytes, len, 16);
        frame_add_checksum(decoder, "tcp", frame_get16(bytes + 16), sum);
    } else {
        frame_add_field(decoder, "tcp.cksum", "0x%04x", frame_get16(bytes + 16));
    }
    frame_add_field(decoder, "tcp.urg", "%u", frame_get16(bytes + 18));
    frame_add_field(decoder, "tcp.options", "%s", options);
}

void frame_decode_tcp(struct frame_decoder *decoder, const struct frame_packet *packet,
                      const uint8_t *bytes, size_t len)
{
    size_t header_size = len >= TCP_HEADER_SIZE ? (size_t)(bytes[12] >> 4) * 4 : 0;
    if (header_size < TCP_HEADER_SIZE || header_size > len) {
        frame_add_cut_segment(decoder, packet, "tcp", bytes, len);
        return;
    }
    frame_add_ports(decoder, packet, "tcp", bytes);
    GString *line = decoder->line;
    g_autoptr(GString) remark = g_string_new(NULL);
    decoder->line = remark;
    frame_add_tcp_fields(decoder, packet, bytes, header_size, len);
    decoder->line = line;
    g_autofree char *flags = frame_tcp_flags(bytes[13]);
    uint32_t seq = frame_get32(bytes + 4), ack = frame_get32(bytes + 8);
    size_t data_len = len - header_size;
    g_string_append_printf(line, "Flags [%s], seq %u", flags, seq);
    if (data_len > 0) {
        g_string_append_printf(line, ":%u", seq + (uint32_t)data_len);
    }
    if ((bytes[13] & 0x10) != 0) {
        g_string_append_printf(line, ", ack %u", ack);
    }
    g_string_append_printf(line, ", win %u", frame_get16(bytes + 14));
    if (header_size > TCP_HEADER_SIZE) {
        g_autofree char *options =
            frame_tcp_options(bytes + TCP_HEADER_SIZE, header_size - TCP_HEADER_SIZE);
        g_string_append_printf(line, ", options %s", options);
    }
    g_string_append_printf(line, ", length %zu%s", data_len, remark->str);
    frame_add_rows(decoder, "data", bytes + header_size, data_len);
}
