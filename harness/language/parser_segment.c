/*
 * parser_segment.c - sending segments, datagrams, and frames of captures
 *
 *     send  CARD|HOST tcp PEER > PEER flags FLAGS [seq VALUE] [ack VALUE] [win VALUE] [mss N]
 *           [data TEXT | len N]
 *     send  CARD|HOST udp PEER > PEER [data TEXT | len N]
 *     send  CARD|HOST pcap FILE [N]
 *
 * PEER is an address and a port, or that of a frame: $syn.src, $syn.dst. VALUE is a number, or one
 * of a frame, with something added or not: $syn.seq, $syn.seq+1. What a frame's fields are is found
 * out when the scenario runs; that it has been expected by then follows from the order of lines.
 */
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <string.h>

#define SEGMENT_DATA_MAX   1460 /* what a frame of Ethernet holds behind two headers */
#define SEGMENT_MSS_MAX    65535
#define SEGMENT_FRAMES_MAX 1000000
#define SEGMENT_WINDOW     65535

/* "$syn.seq+1": false when it is none of a frame, with the message in *message when it should be. */
static bool segment_read_reference(struct parser *parser, const char *text, char **label,
                                   char **field, int64_t *offset, char **message)
{
    if (text[0] != '$') {
        return false;
    }
    const char *dot = strchr(text, '.');
    *label = dot == NULL ? g_strdup(text + 1) : g_strndup(text + 1, (gsize)(dot - text) - 1);
    if (dot == NULL || !checker_knows(parser, CHECKER_LABEL, *label)) {
        *message =
            g_strdup_printf("no frame was named '%s' before: expect frame … as %s", *label, *label);
        return true;
    }
    size_t size = strcspn(dot + 1, "+-");
    const char *sign = dot + 1 + size;
    *field = g_strndup(dot + 1, size);
    if (*sign != '\0') {
        uint64_t number = 0;
        *message = values_number(sign + 1, 0, UINT32_MAX, &number);
        *offset = *sign == '-' ? -(int64_t)number : (int64_t)number;
    }
    return true;
}

static bool segment_find_field(struct parser *parser, const struct lexer_token *token,
                               const char *field, const char *const *fields, unsigned *index)
{
    for (*index = 0; fields[*index] != NULL; (*index)++) {
        if (strcmp(fields[*index], field) == 0) {
            return true;
        }
    }
    const char *near = scenario_nearest_word(field, fields);
    g_autofree char *list = g_strjoinv(", ", (char **)fields);
    return parser_fail(parser, token,
                       near == NULL ? g_strdup_printf("there are: %s", list)
                                    : g_strdup_printf("did you mean '%s'?", near),
                       "a frame has no field '%s' that could stand here", field);
}

/* Number, or field of a frame. */
static bool segment_take_value(struct parser *parser, struct scenario_value *value)
{
    static const char *const fields[] = {
        [SCENARIO_FIELD_SEQ] = "seq",     [SCENARIO_FIELD_ACK] = "ack",
        [SCENARIO_FIELD_NEXT] = "next",   [SCENARIO_FIELD_LEN] = "len",
        [SCENARIO_FIELD_WIN] = "win",     [SCENARIO_FIELD_SPORT] = "sport",
        [SCENARIO_FIELD_DPORT] = "dport", NULL,
    };
    const struct lexer_token *token = parser_peek(parser);
    g_autofree char *field = NULL, *message = NULL;
    unsigned index;
    uint64_t number;
    if (token->kind != LEXER_WORD || !segment_read_reference(parser, token->text, &value->label,
                                                             &field, &value->number, &message)) {
        bool taken = parser_take_number(parser, 0, UINT32_MAX, &number);
        value->number = taken ? (int64_t)number : 0;
        return taken;
    }
    parser_next(parser);
    if (!parser_pass(parser, token, g_steal_pointer(&message)) ||
        !segment_find_field(parser, token, field, fields, &index)) {
        return false;
    }
    value->field = (enum scenario_frame_field)index;
    return true;
}

static bool segment_take_peer(struct parser *parser, struct scenario_peer *peer)
{
    static const char *const fields[] = {"src", "dst", NULL};
    const struct lexer_token *token;
    g_autofree char *field = NULL, *message = NULL;
    int64_t offset = 0;
    unsigned index;
    if (!parser_take_word(parser, "an address and a port such as 10.0.2.9:80", &token)) {
        return false;
    }
    if (!segment_read_reference(parser, token->text, &peer->label, &field, &offset, &message)) {
        return parser_pass(parser, token,
                           values_endpoint(token->text, &peer->address, &peer->port));
    }
    if (!parser_pass(parser, token, g_steal_pointer(&message)) ||
        !segment_find_field(parser, token, field, fields, &index)) {
        return false;
    }
    peer->is_dst = index == 1;
    return offset == 0 || parser_fail(parser, token, NULL, "nothing is added to an address");
}

/* As tcpdump writes them: S, S., R., F., P., and a dot alone. */
static bool segment_take_flags(struct parser *parser, uint8_t *flags)
{
    static const char letters[] = "FSRP.UEW"; /* from bit 0 on */
    const struct lexer_token *token;
    if (!parser_take_word(parser, "flags such as S. or P.", &token)) {
        return false;
    }
    for (const char *letter = token->text; *letter != '\0'; letter++) {
        const char *found = strchr(letters, *letter);
        if (found == NULL || (*flags & 1u << (found - letters)) != 0) {
            return parser_fail(parser, token, NULL,
                               "flags are letters of FSRP.UEW, each once, such as S. or P., not %s",
                               parser_shown(parser, token));
        }
        *flags |= (uint8_t)(1u << (found - letters));
    }
    return true;
}

/* data TEXT, or len N: bytes that count up. */
static bool segment_take_data(struct parser *parser, bool is_len, GBytes **data)
{
    const struct lexer_token *token = parser_peek(parser);
    if (is_len) {
        uint64_t len;
        if (!parser_take_number(parser, 0, SEGMENT_DATA_MAX, &len)) {
            return false;
        }
        GByteArray *bytes = g_byte_array_new();
        for (unsigned i = 0; i < len; i++) {
            uint8_t byte = (uint8_t)i;
            g_byte_array_append(bytes, &byte, 1);
        }
        *data = g_byte_array_free_to_bytes(bytes);
        return true;
    }
    if (!parser_take_string(parser, "the data in quotes", &token)) {
        return false;
    }
    if (strlen(token->text) > SEGMENT_DATA_MAX) {
        parser_refuse(parser, token, NULL, "a frame holds %d bytes of data", SEGMENT_DATA_MAX);
    }
    *data = g_bytes_new(token->text, strlen(token->text));
    return true;
}

enum segment_option {
    SEGMENT_FLAGS,
    SEGMENT_SEQ,
    SEGMENT_ACK,
    SEGMENT_WIN,
    SEGMENT_MSS,
    SEGMENT_DATA,
    SEGMENT_LEN,
    SEGMENT_OPTIONS,
};

static bool segment_take_option(struct parser *parser, enum segment_option option,
                                struct scenario_segment *segment)
{
    uint64_t mss;
    switch (option) {
    case SEGMENT_FLAGS:
        return segment_take_flags(parser, &segment->flags);
    case SEGMENT_SEQ:
        return segment_take_value(parser, &segment->seq);
    case SEGMENT_ACK:
        return segment_take_value(parser, &segment->ack);
    case SEGMENT_WIN:
        return segment_take_value(parser, &segment->win);
    case SEGMENT_MSS:
        if (!parser_take_number(parser, 1, SEGMENT_MSS_MAX, &mss)) {
            return false;
        }
        segment->mss = (uint16_t)mss;
        return true;
    case SEGMENT_DATA:
    case SEGMENT_LEN:
        return segment_take_data(parser, option == SEGMENT_LEN, &segment->data);
    case SEGMENT_OPTIONS:
        break;
    }
    g_assert_not_reached();
}

/* Options in any order, each once; `first`: those before it are not for this protocol. */
static bool segment_take_options(struct parser *parser, enum segment_option first,
                                 struct scenario_segment *segment)
{
    static const char *const words[] = {"flags", "seq", "ack", "win", "mss", "data", "len", NULL};
    bool given[SEGMENT_OPTIONS] = {false};
    while (parser_peek(parser)->kind != LEXER_END) {
        const struct lexer_token *token = parser_peek(parser);
        unsigned index;
        if (!parser_take_choice(parser, words + first, &index)) {
            return false;
        }
        index += first;
        if (given[index] || (given[SEGMENT_DATA] && index == SEGMENT_LEN) ||
            (given[SEGMENT_LEN] && index == SEGMENT_DATA)) {
            return parser_fail(parser, token, NULL, "'%s' is given twice, or with the other",
                               words[index]);
        }
        given[index] = true;
        if (!segment_take_option(parser, (enum segment_option)index, segment)) {
            return false;
        }
    }
    if (first == SEGMENT_FLAGS && !given[SEGMENT_FLAGS]) {
        return parser_fail_expected(parser, "'flags'", NULL);
    }
    return true;
}

bool parser_take_segment(struct parser *parser, bool tcp, struct scenario_send *send)
{
    struct scenario_segment *segment = &send->segment;
    send->kind = tcp ? SCENARIO_SEND_TCP : SCENARIO_SEND_UDP;
    segment->win.number = SEGMENT_WINDOW;
    return segment_take_peer(parser, &segment->from) && parser_take(parser, ">") &&
           segment_take_peer(parser, &segment->to) &&
           segment_take_options(parser, tcp ? SEGMENT_FLAGS : SEGMENT_DATA, segment);
}

/* Frame number `number`, from 1, of a capture. NULL with a message. */
static GBytes *segment_read_capture(const char *path, uint64_t number, char **message)
{
    g_autoptr(GError) error = NULL;
    struct capture_reader *reader = capture_reader_open(path, &error);
    struct capture_frame frame;
    GBytes *bytes = NULL;
    uint64_t count = 0;
    int got = reader == NULL ? -1 : 1;
    while (got > 0 && count < number) {
        got = capture_reader_next(reader, &frame, &error);
        count += got > 0 ? 1 : 0;
    }
    if (got < 0) {
        *message = g_strdup(error->message);
    } else if (got == 0) {
        *message = g_strdup_printf("%s has %u frames", path, (unsigned)count);
    } else if (frame.len < frame.original_len) {
        *message = g_strdup_printf("of frame %u of %s only %zu bytes were captured",
                                   (unsigned)number, path, frame.len);
    } else {
        bytes = g_bytes_new(frame.data, frame.len);
    }
    if (reader != NULL) {
        capture_reader_free(reader);
    }
    return bytes;
}

bool parser_take_captured(struct parser *parser, struct scenario_send *send)
{
    const struct lexer_token *token;
    uint64_t number = 1;
    if (!parser_take_text(parser, "the path of a capture", &token) ||
        (parser_peek(parser)->kind != LEXER_END &&
         !parser_take_number(parser, 1, SEGMENT_FRAMES_MAX, &number))) {
        return false;
    }
    g_autofree char *path = parser_path(parser, token->text), *message = NULL;
    send->kind = SCENARIO_SEND_BYTES;
    send->bytes = segment_read_capture(path, number, &message);
    if (send->bytes == NULL) {
        parser_refuse(parser, token, NULL, "%s", message);
    }
    return true;
}
