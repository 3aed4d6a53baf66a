/* watch.c - what the segments on the wire say of those who sent them */
#include "tests/differential/watch.h"

#include <glib.h>

#define WATCH_FLOWS_MAX  8
#define WATCH_ALWAYS     (~0u << 8)
#define ICMP_UNREACHABLE 3
#define ICMP_EXCEEDED    11
#define ICMP_ERROR_MIN   (8 + 20 + 8) /* header, and what [RFC792] has it quote at least */

struct watch_side {
    bool begun; /* its SYN was seen */
    uint32_t initial, next;
    bool has_acked;
    uint32_t acked, edge; /* what it has acknowledged, and the right edge of its window */
    bool may_scale, may_timestamp;
    unsigned scale, mss;
    uint32_t timestamp;
    unsigned facts;
    GPtrArray *lines; /* each once */
};

struct watch_flow {
    unsigned port_a, port_b;
    struct watch_side sides[2];
};

static struct watch_flow watch_flows[WATCH_FLOWS_MAX];
static unsigned watch_flow_count;
static unsigned watch_told[2];
static FILE *watch_recording;
static GPtrArray *watch_others[2]; /* lines about packets that are no segments */

static bool watch_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static void watch_say_once(GPtrArray **lines, char *line)
{
    if (*lines == NULL)
        *lines = g_ptr_array_new_with_free_func(g_free);
    if (g_ptr_array_find_with_equal_func(*lines, line, g_str_equal, NULL))
        g_free(line);
    else
        g_ptr_array_add(*lines, line);
}

static struct watch_flow *watch_find(unsigned from, const struct segment *segment)
{
    unsigned port_a = from == 0 ? segment->source_port : segment->destination_port;
    unsigned port_b = from == 0 ? segment->destination_port : segment->source_port;
    bool opens = (segment->flags & (SEGMENT_SYN | SEGMENT_ACK)) == SEGMENT_SYN;
    for (unsigned i = watch_flow_count; i > 0; i--) {
        struct watch_flow *flow = &watch_flows[i - 1];
        const struct watch_side *own = &flow->sides[from];
        if (flow->port_a != port_a || flow->port_b != port_b)
            continue;
        /* Another SYN begins another connection. */
        if (opens && own->begun && own->initial != segment->sequence)
            break;
        return flow;
    }
    g_assert(watch_flow_count < WATCH_FLOWS_MAX);
    watch_flows[watch_flow_count] = (struct watch_flow){.port_a = port_a, .port_b = port_b};
    return &watch_flows[watch_flow_count++];
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void watch_name_flags(GString *line, unsigned flags)
{
    g_string_append(line, (flags & SEGMENT_SYN) != 0 ? " SYN" : "");
    g_string_append(line, (flags & SEGMENT_FIN) != 0 ? " FIN" : "");
    g_string_append(line, (flags & SEGMENT_RST) != 0 ? " RST" : "");
    g_string_append(line, (flags & SEGMENT_ACK) != 0 ? " ACK" : "");
}

/* Scales and windows are of a stack's own choice, that there is a scale is not. */
static char *watch_describe_syn(const struct segment *segment)
{
    GString *line = g_string_new(NULL);
    const uint8_t *mss = segment_option(segment, SEGMENT_OPTION_MSS);
    watch_name_flags(line, segment->flags);
    if (mss != NULL)
        g_string_append_printf(line, " mss %u", packet_be16(mss + 2));
    if (segment_option(segment, SEGMENT_OPTION_SACK_MAY) != NULL)
        g_string_append(line, " sack");
    if (segment_option(segment, SEGMENT_OPTION_TIMESTAMPS) != NULL)
        g_string_append(line, " timestamps");
    if (segment_option(segment, SEGMENT_OPTION_SCALE) != NULL)
        g_string_append(line, " scale");
    return g_string_free(line, FALSE);
}

/* What is not there has no number: a reset without ACK is not known by that of its header. */
static char *watch_describe_numbers(const struct segment *segment, const struct watch_side *own,
                                    const struct watch_side *other)
{
    GString *line = g_string_new(NULL);
    uint32_t sequence = segment->sequence - (own->begun ? own->initial : 0);
    watch_name_flags(line, segment->flags);
    g_string_append_printf(line, " at %u", sequence);
    if (segment->size > 0)
        g_string_append_printf(line, " to %u", sequence + (uint32_t)segment->size);
    if ((segment->flags & SEGMENT_ACK) != 0)
        g_string_append_printf(line, " acknowledges %u",
                               segment->acknowledgement - (other->begun ? other->initial : 0));
    return g_string_free(line, FALSE);
}

/*
 * In a connection that both know, a reset counts by its sequence number, and whether it
 * acknowledges as well is left open; the number must be right then.
 */
static void watch_describe_reset(const struct segment *segment, struct watch_side *own,
                                 const struct watch_side *other)
{
    struct segment bare = *segment;
    bool known = own->begun && other->begun;
    if (known && (segment->flags & SEGMENT_ACK) != 0) {
        if (watch_after(own->acked, segment->acknowledgement) ||
            watch_after(segment->acknowledgement, other->next))
            own->facts |= WATCH_BAD_RESET_ACK;
        bare.flags &= ~(unsigned)SEGMENT_ACK;
    }
    watch_say_once(&own->lines, watch_describe_numbers(&bare, own, other));
}

/* A FIN may come with data or without, and acknowledges what it happens to know. */
static void watch_describe_segment(const struct segment *segment, struct watch_side *own,
                                   const struct watch_side *other)
{
    if ((segment->flags & SEGMENT_SYN) != 0)
        watch_say_once(&own->lines, watch_describe_syn(segment));
    else if ((segment->flags & SEGMENT_RST) != 0)
        watch_describe_reset(segment, own, other);
    else if ((segment->flags & SEGMENT_FIN) != 0)
        watch_say_once(&own->lines,
                       g_strdup_printf(" FIN at %u",
                                       segment->sequence + (uint32_t)segment->size - own->initial));
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void watch_begin(const struct segment *segment, struct watch_side *own)
{
    const uint8_t *mss = segment_option(segment, SEGMENT_OPTION_MSS);
    const uint8_t *scale = segment_option(segment, SEGMENT_OPTION_SCALE);
    own->begun = true;
    own->initial = own->next = segment->sequence;
    own->mss = mss != NULL ? packet_be16(mss + 2) : 536;
    own->may_scale = scale != NULL;
    own->scale = scale != NULL ? scale[2] : 0;
    own->may_timestamp = segment_option(segment, SEGMENT_OPTION_TIMESTAMPS) != NULL;
}

static unsigned watch_check_timestamp(const struct segment *segment, struct watch_side *own,
                                      const struct watch_side *other)
{
    const uint8_t *option = segment_option(segment, SEGMENT_OPTION_TIMESTAMPS);
    bool agreed = own->may_timestamp && other->may_timestamp;
    unsigned facts = 0;
    if (option == NULL)
        return agreed && (segment->flags & SEGMENT_RST) == 0 ? (unsigned)WATCH_NO_TIMESTAMP : 0;
    uint32_t timestamp = packet_be32(option + 2);
    if ((segment->flags & SEGMENT_SYN) == 0 && watch_after(own->timestamp, timestamp))
        facts = WATCH_OLD_TIMESTAMP;
    own->timestamp = timestamp;
    return facts;
}

/* Old data once more, or nothing, to be answered; [RFC9293] 3.8.4, 3.8.6.1 leave the choice. */
static unsigned watch_check_probe(const struct segment *segment, const struct watch_side *other)
{
    bool closed = other->edge == other->acked;
    bool old = segment->sequence == other->acked - 1 && segment->size <= 1;
    bool beyond = segment->sequence == other->acked && segment->size > 0;
    if (!other->has_acked || (segment->flags & (SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST)) != 0)
        return 0;
    if (!closed)
        return old ? (unsigned)WATCH_KEEP : 0;
    if (!old && !beyond)
        return 0;
    return WATCH_PROBE | (segment->size > 1 ? (unsigned)WATCH_BAD_WINDOW : 0);
}

static unsigned watch_check_sending(const struct segment *segment, const struct watch_side *own,
                                    const struct watch_side *other)
{
    uint32_t end = segment->sequence + (uint32_t)segment->size;
    bool counts = segment->size > 0 || (segment->flags & (SEGMENT_SYN | SEGMENT_FIN)) != 0;
    unsigned facts = watch_check_probe(segment, other);
    if ((facts & (WATCH_PROBE | WATCH_KEEP)) != 0)
        return facts;
    if (counts && watch_after(own->next, segment->sequence))
        facts |= WATCH_AGAIN;
    if (segment->size > 0 && other->has_acked && watch_after(end, other->edge))
        facts |= WATCH_BAD_WINDOW;
    if (other->begun && segment->size + segment->header_size - 20 > other->mss)
        facts |= WATCH_BAD_MSS;
    return facts;
}

/* A first SACK block in front of the ACK tells of duplicates [RFC2883]: that is no gap. */
static unsigned watch_check_acknowledging(const struct segment *segment, struct watch_side *own,
                                          const struct watch_side *other)
{
    const uint8_t *sack = segment_option(segment, SEGMENT_OPTION_SACK);
    bool scaled = own->may_scale && other->may_scale && (segment->flags & SEGMENT_SYN) == 0;
    uint32_t window = (uint32_t)segment->window << (scaled ? own->scale : 0);
    uint32_t edge = segment->acknowledgement + window;
    unsigned facts = 0;
    if (other->begun && watch_after(segment->acknowledgement, other->next))
        facts |= WATCH_BAD_ACK;
    if (sack != NULL && watch_after(packet_be32(sack + 2), segment->acknowledgement))
        facts |= WATCH_SACK;
    if (window == 0)
        facts |= WATCH_CLOSED;
    else if ((own->facts & WATCH_CLOSED) != 0)
        facts |= WATCH_OPENED;
    if (!own->has_acked || watch_after(segment->acknowledgement, own->acked))
        own->acked = segment->acknowledgement;
    if (!own->has_acked || watch_after(edge, own->edge))
        own->edge = edge;
    own->has_acked = true;
    return facts;
}

void watch_segment(unsigned from, const struct segment *segment)
{
    struct watch_flow *flow = watch_find(from, segment);
    struct watch_side *own = &flow->sides[from], *other = &flow->sides[1 - from];
    bool reset = (segment->flags & SEGMENT_RST) != 0;
    uint32_t end = segment->sequence + (uint32_t)segment->size +
                   ((segment->flags & (SEGMENT_SYN | SEGMENT_FIN)) != 0 ? 1 : 0);
    if ((segment->flags & SEGMENT_SYN) != 0 && !own->begun)
        watch_begin(segment, own);
    watch_describe_segment(segment, own, other);
    if (watch_recording != NULL) {
        char *line = watch_describe_numbers(segment, own, other);
        fprintf(watch_recording, "  wire %c:%s\n", 'a' + (char)from, line);
        g_free(line);
    }
    if (!segment->right)
        own->facts |= WATCH_BAD_SUM;
    if ((segment->flags & (SEGMENT_SYN | SEGMENT_RST | SEGMENT_ACK)) == 0)
        own->facts |= WATCH_NO_ACK;
    if (reset || !own->begun)
        return;
    own->facts |= watch_check_timestamp(segment, own, other);
    own->facts |= watch_check_sending(segment, own, other);
    if ((segment->flags & SEGMENT_ACK) != 0)
        own->facts |= watch_check_acknowledging(segment, own, other);
    if (watch_after(end, own->next))
        own->next = end;
}

/* ---- errors of ICMP -------------------------------------------------------------------------- */

/*
 * How much is quoted is a choice above the least, so it is only said whether that is there; the
 * packet that is quoted has to be one of the other side's.
 */
void watch_packet(unsigned from, const uint8_t *packet, size_t size)
{
    size_t header_size = packet_header_size(packet);
    const uint8_t *icmp = packet + header_size;
    if (packet[9] != 1 || size < header_size + 8 || (packet_be16(packet + 6) & 0x3fff) != 0 ||
        (icmp[0] != ICMP_UNREACHABLE && icmp[0] != ICMP_EXCEEDED))
        return;
    size_t icmp_size = size - header_size;
    if (packet_sum(icmp, icmp_size, 0) != 0xffff)
        watch_say_once(&watch_others[from], g_strdup(" an ICMP error with a wrong checksum"));
    else if (icmp_size < ICMP_ERROR_MIN)
        watch_say_once(&watch_others[from], g_strdup(" an ICMP error that quotes too little"));
    else
        watch_say_once(&watch_others[from],
                       g_strdup_printf(" ICMP error %u/%u quotes protocol %u, port %u to %u",
                                       icmp[0], icmp[1], icmp[8 + 9], packet_be16(icmp + 28),
                                       packet_be16(icmp + 30)));
}

/* ---- telling --------------------------------------------------------------------------------- */

void watch_tell(unsigned from, unsigned facts)
{
    watch_told[from] = facts;
}

bool watch_has(unsigned from, unsigned facts)
{
    for (unsigned i = 0; i < watch_flow_count; i++) {
        if ((watch_flows[i].sides[from].facts & facts) != 0)
            return true;
    }
    return false;
}

uint32_t watch_next(unsigned from)
{
    g_assert(watch_flow_count > 0);
    return watch_flows[watch_flow_count - 1].sides[from].next;
}

void watch_take_as_sent(unsigned from, uint32_t end)
{
    g_assert(watch_flow_count > 0);
    watch_flows[watch_flow_count - 1].sides[from].next = end;
}

void watch_record(FILE *to)
{
    watch_recording = to;
}

static void watch_describe_facts(FILE *to, unsigned facts)
{
    static const struct {
        unsigned fact;
        const char *text;
    } texts[] = {
        {WATCH_AGAIN, "sent something again"},
        {WATCH_SACK, "acknowledged selectively"},
        {WATCH_CLOSED, "closed its window"},
        {WATCH_OPENED, "opened its window"},
        {WATCH_PROBE, "probed a closed window"},
        {WATCH_KEEP, "asked whether the other end is alive"},
        {WATCH_BAD_SUM, "BREACH: a wrong checksum"},
        {WATCH_BAD_MSS, "BREACH: more than the MSS"},
        {WATCH_BAD_WINDOW, "BREACH: data beyond the window"},
        {WATCH_BAD_ACK, "BREACH: acknowledged what was not sent"},
        {WATCH_NO_ACK, "BREACH: no ACK"},
        {WATCH_NO_TIMESTAMP, "BREACH: no timestamp"},
        {WATCH_OLD_TIMESTAMP, "BREACH: an older timestamp"},
        {WATCH_BAD_RESET_ACK, "BREACH: a reset with a wrong acknowledgement"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        if ((facts & texts[i].fact) != 0)
            fprintf(to, ", %s", texts[i].text);
    }
}

static void watch_describe_lines(FILE *to, char who, const GPtrArray *lines)
{
    for (unsigned i = 0; lines != NULL && i < lines->len; i++)
        fprintf(to, "  wire %c:%s\n", who, (const char *)lines->pdata[i]);
}

void watch_describe(FILE *to)
{
    for (unsigned i = 0; i < watch_flow_count; i++) {
        const struct watch_flow *flow = &watch_flows[i];
        fprintf(to, "connection %u to %u\n", flow->port_a, flow->port_b);
        for (unsigned from = 0; from < 2; from++) {
            const struct watch_side *own = &flow->sides[from], *other = &flow->sides[1 - from];
            char who = 'a' + (char)from;
            watch_describe_lines(to, who, own->lines);
            if (!own->begun)
                continue;
            fprintf(to, "  wire %c: sent up to %u, of which %u are acknowledged", who,
                    own->next - own->initial, other->has_acked ? other->acked - own->initial : 0);
            watch_describe_facts(to, own->facts & (watch_told[from] | WATCH_ALWAYS));
            fputc('\n', to);
        }
    }
    for (unsigned from = 0; from < 2; from++)
        watch_describe_lines(to, 'a' + (char)from, watch_others[from]);
}
