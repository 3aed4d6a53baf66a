/*
 * frame_names.c - frames that a scenario gave a name, and their fields
 *
 * A field is one of TCP or UDP over IPv4 that is all there. `len` is that of the data, `next` the
 * sequence number behind a segment, SYN and FIN counted ([RFC9293] 3.4).
 */
#include "harness/run/frame_names.h"

#include <string.h>

#define NAMES_ETHERNET 14
#define NAMES_IPV4     20
#define NAMES_UDP      8
#define NAMES_TCP      20

struct frame_names {
    GHashTable *frames; /* name -> GBytes, for look-ups only */
};

/* A frame taken apart. */
struct names_frame {
    bool is_tcp;
    uint32_t src, dst, fields[SCENARIO_FIELD_COUNT];
};

struct frame_names *frame_names_new(void)
{
    struct frame_names *names = g_new0(struct frame_names, 1);
    names->frames =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);
    return names;
}

void frame_names_free(struct frame_names *names)
{
    g_hash_table_destroy(names->frames);
    g_free(names);
}

void frame_names_set(struct frame_names *names, const char *name, const uint8_t *frame, size_t len)
{
    g_hash_table_replace(names->frames, (gpointer)name, g_bytes_new(frame, len));
}

static uint32_t names_get(const uint8_t *at, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

static bool names_take_apart(const uint8_t *frame, size_t len, struct names_frame *out)
{
    const uint8_t *ip = frame + NAMES_ETHERNET;
    if (len < NAMES_ETHERNET + NAMES_IPV4 || names_get(frame + 12, 2) != 0x0800 ||
        ip[0] >> 4 != 4) {
        return false;
    }
    size_t header = (size_t)(ip[0] & 0xf) * 4, total = names_get(ip + 2, 2);
    bool is_tcp = ip[9] == 6;
    size_t least = is_tcp ? NAMES_TCP : NAMES_UDP;
    if ((!is_tcp && ip[9] != 17) || header < NAMES_IPV4 || total < header + least ||
        total > len - NAMES_ETHERNET) {
        return false;
    }
    const uint8_t *segment = ip + header;
    size_t own = is_tcp ? (size_t)(segment[12] >> 4) * 4 : NAMES_UDP;
    if (own < least || own > total - header) {
        return false;
    }
    memset(out, 0, sizeof(*out));
    out->is_tcp = is_tcp;
    out->src = names_get(ip + 12, 4);
    out->dst = names_get(ip + 16, 4);
    out->fields[SCENARIO_FIELD_SPORT] = names_get(segment, 2);
    out->fields[SCENARIO_FIELD_DPORT] = names_get(segment + 2, 2);
    out->fields[SCENARIO_FIELD_LEN] = (uint32_t)(total - header - own);
    if (is_tcp) {
        uint32_t flags = segment[13] & 3u;
        out->fields[SCENARIO_FIELD_SEQ] = names_get(segment + 4, 4);
        out->fields[SCENARIO_FIELD_ACK] = names_get(segment + 8, 4);
        out->fields[SCENARIO_FIELD_WIN] = names_get(segment + 14, 2);
        out->fields[SCENARIO_FIELD_NEXT] = out->fields[SCENARIO_FIELD_SEQ] +
                                           out->fields[SCENARIO_FIELD_LEN] + (flags & 1) +
                                           (flags >> 1);
    }
    return true;
}

static char *names_find(const struct frame_names *names, const char *label, struct names_frame *out)
{
    GBytes *bytes = g_hash_table_lookup(names->frames, label);
    gsize len;
    if (bytes == NULL) {
        return g_strdup_printf("no frame was named '%s' yet", label);
    }
    const uint8_t *frame = g_bytes_get_data(bytes, &len);
    return names_take_apart(frame, len, out)
               ? NULL
               : g_strdup_printf("the frame '%s' is neither TCP nor UDP over IPv4", label);
}

static char *names_resolve_value(const struct frame_names *names, struct scenario_value *value)
{
    struct names_frame frame;
    if (value->label == NULL) {
        return NULL;
    }
    char *why = names_find(names, value->label, &frame);
    bool is_of_tcp = value->field != SCENARIO_FIELD_LEN && value->field != SCENARIO_FIELD_SPORT &&
                     value->field != SCENARIO_FIELD_DPORT;
    if (why == NULL && is_of_tcp && !frame.is_tcp) {
        why = g_strdup_printf("the frame '%s' is UDP and has no sequence numbers", value->label);
    }
    if (why == NULL) {
        value->number = (int64_t)(uint32_t)(frame.fields[value->field] + (uint32_t)value->number);
        value->label = NULL;
    }
    return why;
}

static char *names_resolve_peer(const struct frame_names *names, struct scenario_peer *peer)
{
    struct names_frame frame;
    if (peer->label == NULL) {
        return NULL;
    }
    char *why = names_find(names, peer->label, &frame);
    if (why == NULL) {
        peer->address = peer->is_dst ? frame.dst : frame.src;
        peer->port =
            (uint16_t)frame.fields[peer->is_dst ? SCENARIO_FIELD_DPORT : SCENARIO_FIELD_SPORT];
        peer->label = NULL;
    }
    return why;
}

char *frame_names_resolve(const struct frame_names *names, const struct scenario_send *send,
                          struct scenario_send *resolved)
{
    *resolved = *send;
    struct scenario_segment *segment = &resolved->segment;
    struct scenario_peer *const peers[] = {&segment->from, &segment->to};
    struct scenario_value *const values[] = {&segment->seq, &segment->ack, &segment->win};
    char *why = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(peers) && why == NULL; i++) {
        why = names_resolve_peer(names, peers[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(values) && why == NULL; i++) {
        why = names_resolve_value(names, values[i]);
    }
    if (send->kind == SCENARIO_SEND_TCP || send->kind == SCENARIO_SEND_UDP) {
        resolved->source = segment->from.address;
        resolved->target = segment->to.address;
    }
    return why;
}
