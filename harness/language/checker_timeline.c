/*
 * checker_timeline.c - names in the timeline: programs, filters, causes, events, queues, counters
 *
 * The checks are strict where a mistake could make a test pass for nothing. A `never` for an event
 * with a misspelt queue would hold for ever; so names of queues and devices in the fields of events
 * are checked as well.
 */
#include "harness/diagnosis/causes.h"
#include "harness/language/checker.h"
#include "harness/language/diagnostic.h"
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <string.h>

static const char *const checker_queue_suffixes[] = {"rx", "tx", NULL};
static const char *const checker_share_suffixes[] = {"requests", NULL};

/* Words that have a meaning behind `expect`. */
static const char *const checker_reserved_programs[] = {
    "frame", "frames", "exactly", "event",     "counter", "call",
    "hang",  "stall",  "cause",   "violation", NULL,
};

void checker_program_name(struct parser *parser, const struct lexer_token *token)
{
    if (g_strv_contains(checker_reserved_programs, token->text)) {
        parser_refuse(parser, token, NULL, "'%s' has another meaning behind 'expect'", token->text);
    }
    checker_declare(parser, CHECKER_PROGRAM, token, token->text);
}

/* --update writes there: it must be meant for that. */
void checker_golden(struct parser *parser, const struct lexer_token *token)
{
    if (g_path_is_absolute(token->text)) {
        parser_refuse(parser, token, NULL,
                      "the path of a golden capture is relative to the scenario's folder: not %s",
                      parser_shown(parser, token));
    } else if (!g_str_has_suffix(token->text, ".pcap") || g_str_has_suffix(token->text, "/.pcap") ||
               g_str_equal(token->text, ".pcap")) {
        parser_refuse(parser, token, NULL, "a golden capture is called NAME.pcap, not %s",
                      parser_shown(parser, token));
    } else if (strlen(token->text) > SCENARIO_PATH_MAX) {
        parser_refuse(parser, token, NULL, "the path is too long: %zu bytes, at most %d",
                      strlen(token->text), SCENARIO_PATH_MAX);
    }
}

void checker_filter(struct parser *parser, const struct lexer_token *token,
                    struct scenario_frames *frames)
{
    if (parser->syntax->len > 0) { /* nobody will see it, and compiling is what takes time */
        return;
    }
    g_autoptr(GError) error = NULL;
    frames->filter = capture_filter_new(token->text, &error);
    if (frames->filter == NULL) {
        parser_refuse(parser, token, g_strdup("filters are libpcap's: see pcap-filter(7)"),
                      "the filter is wrong: %s", error->message);
    }
}

void checker_cause(struct parser *parser, const struct lexer_token *token)
{
    if (causes_find(token->text) == NULL) {
        char *hint = diagnostic_hint_nearest(token->text, causes_ids());
        parser_refuse(parser, token, hint != NULL ? hint : g_strdup("'ringside causes' lists them"),
                      "no cause is called %s", parser_shown(parser, token));
    }
}

enum trace_kind checker_event(struct parser *parser, const struct lexer_token *token)
{
    enum trace_kind kind = trace_kind_by_name(token->text);
    if (kind == TRACE_KIND_COUNT) {
        const char *names[TRACE_KIND_COUNT + 1] = {NULL};
        for (unsigned i = 0; i < TRACE_KIND_COUNT; i++) {
            names[i] = trace_kind_info((enum trace_kind)i)->name;
        }
        parser_refuse(parser, token, diagnostic_hint_nearest(token->text, names),
                      "unknown event %s", parser_shown(parser, token));
    }
    return kind;
}

/* What the queues of a card or of a share are called behind its name; NULL: it is neither. */
static const char *const *checker_suffixes(const struct parser *parser, const char *device)
{
    return checker_knows(parser, CHECKER_NET, device)     ? checker_queue_suffixes
           : checker_knows(parser, CHECKER_SHARE, device) ? checker_share_suffixes
                                                          : NULL;
}

/* "eth0" and "eth0.rx": true for a device's queue, and with `or_device` for a device. */
static bool checker_is_queue(const struct parser *parser, const char *name, bool or_device)
{
    if (or_device && checker_suffixes(parser, name) != NULL) {
        return true;
    }
    const char *dot = strchr(name, '.');
    g_autofree char *device = dot == NULL ? NULL : g_strndup(name, (gsize)(dot - name));
    const char *const *suffixes = device == NULL ? NULL : checker_suffixes(parser, device);
    return suffixes != NULL && g_strv_contains(suffixes, dot + 1);
}

static char *checker_hint_queues(const struct parser *parser, const char *device)
{
    return checker_knows(parser, CHECKER_SHARE, device)
               ? g_strdup_printf("its queue is '%s.%s'", device, checker_share_suffixes[0])
               : g_strdup_printf("its queues are '%s.rx' and '%s.tx'", device, device);
}

static void checker_refuse_queue(struct parser *parser, const struct lexer_token *token,
                                 const char *noun, bool or_device)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < scenario_device_count(parser->scenario); i++) {
        const char *device = scenario_device(parser->scenario, i)->name;
        const char *const *suffixes = checker_suffixes(parser, device);
        for (guint j = 0; suffixes != NULL && suffixes[j] != NULL; j++) {
            g_ptr_array_add(names, g_strdup_printf("%s.%s", device, suffixes[j]));
        }
        if (or_device) {
            g_ptr_array_add(names, g_strdup(device));
        }
    }
    g_ptr_array_add(names, NULL);
    char *hint = checker_suffixes(parser, token->text) != NULL
                     ? checker_hint_queues(parser, token->text)
                     : diagnostic_hint_nearest(token->text, (const char *const *)names->pdata);
    parser_refuse(parser, token, hint, "no %s is called '%s'", noun, token->text);
}

void checker_card(struct parser *parser, const struct lexer_token *token)
{
    if (checker_is_queue(parser, token->text, false)) {
        parser_refuse(
            parser, token,
            g_strdup_printf("did you mean '%.*s'?", (int)strcspn(token->text, "."), token->text),
            "no network card is called '%s'", token->text);
        return;
    }
    checker_need(parser, CHECKER_NET, token, token->text);
}

void checker_queue(struct parser *parser, const struct lexer_token *token)
{
    if (!checker_is_queue(parser, token->text, false)) {
        checker_refuse_queue(parser, token, "queue", false);
    }
}

void checker_device(struct parser *parser, const struct lexer_token *token)
{
    if (!checker_is_queue(parser, token->text, true)) {
        checker_refuse_queue(parser, token, "queue, network card or share", true);
    }
}

/* Fields that hold names which the scenario has given. */
static void checker_event_name(struct parser *parser, const struct trace_field_info *info,
                               const struct lexer_token *value)
{
    if (strcmp(info->name, "queue") == 0) {
        checker_queue(parser, value);
    } else if (strcmp(info->name, "device") == 0 && !checker_is_queue(parser, value->text, true)) {
        checker_refuse_queue(parser, value, "device", true);
    }
}

static void checker_refuse_field(struct parser *parser, const struct trace_kind_info *info,
                                 const struct lexer_token *name)
{
    const char *names[TRACE_FIELDS_MAX + 1] = {NULL};
    for (unsigned i = 0; i < info->field_count; i++) {
        names[i] = info->fields[i].name;
    }
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    char *hint = diagnostic_hint_nearest(name->text, names);
    if (hint == NULL) {
        hint = info->field_count == 0 ? g_strdup("it has no fields")
                                      : g_strdup_printf("it has: %s", all);
    }
    parser_refuse(parser, name, hint, "the event '%s' has no field %s", info->name,
                  parser_shown(parser, name));
}

void checker_event_field(struct parser *parser, const struct lexer_token *name,
                         const struct lexer_token *value, struct scenario_event *event)
{
    const struct trace_kind_info *info = trace_kind_info(event->kind);
    int index = trace_field_by_name(event->kind, name->text);
    if (index < 0) {
        checker_refuse_field(parser, info, name);
        return;
    }
    for (guint i = 0; i < event->fields->len; i++) {
        if (g_array_index(event->fields, struct scenario_field, i).index == (unsigned)index) {
            parser_refuse(parser, name, NULL, "the field '%s' is given twice", name->text);
            return;
        }
    }
    struct scenario_field field = {.index = (unsigned)index};
    if (info->fields[index].type == TRACE_FIELD_STR) {
        checker_event_name(parser, &info->fields[index], value);
        field.string = g_strdup(value->text);
    } else {
        int64_t number = 0;
        bool negative = value->text[0] == '-';
        g_autofree char *message = negative
                                       ? values_signed(value->text, &number)
                                       : values_number(value->text, 0, UINT64_MAX, &field.number);
        if (message != NULL) {
            parser_refuse(parser, value, NULL, "the field '%s' is a number: %s", name->text,
                          message);
        }
        field.number = negative ? (uint64_t)number : field.number;
        if (message == NULL) {
            checker_event_number(parser, info->fields[index].name, value, field.number);
        }
    }
    g_array_append_val(event->fields, field);
}

/*
 * The cards' counters are known: CARD.rx and CARD.tx, of each frames, bytes and dropped; and those
 * of shares. Others come from the guest, and only it knows them; but what begins almost like a card
 * is taken for a slip.
 */
void checker_counter(struct parser *parser, const struct lexer_token *token)
{
    static const char *const properties[] = {"frames", "bytes", "dropped"};
    const char *dot = strchr(token->text, '.');
    g_autofree char *card = g_strndup(token->text, dot == NULL ? 0 : (gsize)(dot - token->text));
    if (checker_knows(parser, CHECKER_SHARE, card)) {
        checker_share_counter(parser, token, card);
        return;
    }
    g_autofree const char **cards = checker_names(parser, CHECKER_NET);
    const char *nearest_card = scenario_nearest_word(card, cards);
    if (nearest_card == NULL) {
        return;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < G_N_ELEMENTS(properties) * 2; i++) {
        g_ptr_array_add(names, g_strdup_printf("%s.%s.%s", nearest_card,
                                               checker_queue_suffixes[i % 2], properties[i / 2]));
    }
    g_ptr_array_add(names, NULL);
    const char *const *list = (const char *const *)names->pdata;
    if (g_strv_contains(list, token->text)) {
        return;
    }
    const char *nearest = scenario_nearest_word(token->text, list);
    parser_refuse(parser, token,
                  nearest != NULL
                      ? g_strdup_printf("did you mean '%s'?", nearest)
                      : g_strdup("a card has rx and tx, and of each frames, bytes and dropped"),
                  "no counter is called '%s'", token->text);
}
