/*
 * parser_matchers.c - frames, events and calls: what `expect` and `never` have in common
 */
#include "harness/language/diagnostic.h"
#include "harness/language/parser.h"
#include "harness/language/reserved.h"
#include "harness/language/values.h"

#include <string.h>

#define MATCHER_FIELDS_MAX TRACE_FIELDS_MAX

/* ---- frames: [in|out|dropped] [eth0] "filter" ------------------------------------------------ */

static void matcher_take_where(struct parser *parser, struct scenario_frames *frames)
{
    static const char *const words[] = {"in", "out", "dropped"};
    static const enum scenario_where wheres[] = {SCENARIO_WHERE_IN, SCENARIO_WHERE_OUT,
                                                 SCENARIO_WHERE_DROPPED};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (parser_accept(parser, words[i])) {
            frames->where = wheres[i];
            return;
        }
    }
}

/* A word before the filter is a network card, unless it rather looks like a direction. */
static bool matcher_take_net(struct parser *parser, struct scenario_frames *frames)
{
    static const char *const words[] = {"in", "out", "dropped", NULL};
    const struct lexer_token *token = parser_peek(parser);
    if (token->kind != LEXER_WORD) {
        return true;
    }
    if (parser_ahead(parser, 1)->kind != LEXER_STRING) {
        return parser_fail_expected(
            parser,
            frames->where == SCENARIO_WHERE_ANY
                ? "'in', 'out', 'dropped', a network card or a filter in quotes"
                : "a network card or a filter in quotes",
            frames->where == SCENARIO_WHERE_ANY ? words : NULL);
    }
    if (!parser_take_name(parser, "the name of a network card", &token)) {
        return false;
    }
    const char *direction = scenario_nearest_word(token->text, words);
    if (direction != NULL && !checker_knows(parser, CHECKER_NET, token->text) &&
        frames->where == SCENARIO_WHERE_ANY) {
        parser_refuse(parser, token, g_strdup_printf("did you mean '%s'?", direction),
                      "neither a direction nor a network card: %s", parser_shown(parser, token));
    } else {
        checker_card(parser, token);
    }
    frames->net = g_strdup(token->text);
    return true;
}

bool parser_parse_filter(struct parser *parser, struct scenario_frames *frames)
{
    const struct lexer_token *token;
    if (!parser_take_string(parser, "a filter in quotes", &token)) {
        return false;
    }
    frames->filter_text = g_strdup(token->text);
    checker_filter(parser, token, frames);
    return true;
}

bool parser_parse_frames(struct parser *parser, struct scenario_frames *frames)
{
    matcher_take_where(parser, frames);
    return matcher_take_net(parser, frames) && parser_parse_filter(parser, frames);
}

/* ---- events: irq.taken intid=27 -------------------------------------------------------------- */

bool parser_parse_event(struct parser *parser, struct scenario_event *event)
{
    const struct lexer_token *names[MATCHER_FIELDS_MAX], *values[MATCHER_FIELDS_MAX];
    const struct lexer_token *token;
    unsigned count = 0;
    if (!parser_take_word(parser, "the name of an event, such as irq.taken", &token)) {
        return false;
    }
    while (parser_peek(parser)->kind == LEXER_WORD && !parser_at(parser, "within") &&
           !parser_at(parser, "until")) {
        if (count == MATCHER_FIELDS_MAX) {
            return parser_fail(parser, parser_peek(parser), NULL,
                               "too many fields: no event has more than %d", MATCHER_FIELDS_MAX);
        }
        if (parser_ahead(parser, 1)->kind != LEXER_PUNCTUATION) {
            static const char *const words[] = {"within", "until", NULL};
            return parser_fail_expected(
                parser, "a field such as intid=27, 'within', 'until' or the end of the line",
                words);
        }
        names[count] = parser_next(parser);
        if (!parser_take(parser, "=") || !parser_take_text(parser, "a value", &values[count])) {
            return false;
        }
        count++;
    }
    event->kind = checker_event(parser, token);
    for (unsigned i = 0; i < count && event->kind != TRACE_KIND_COUNT; i++) {
        checker_event_field(parser, names[i], values[i], event);
    }
    return true;
}

/* ---- calls: ping recvfrom = EHOSTUNREACH ----------------------------------------------------- */

static bool matcher_take_result(struct parser *parser, int64_t *result)
{
    const struct lexer_token *token = parser_peek(parser);
    if (token->kind == LEXER_WORD && token->text[0] == 'E') {
        int number = values_errno(token->text);
        if (number == 0) {
            return parser_fail(parser, token,
                               diagnostic_hint_nearest(token->text, values_errno_names()),
                               "unknown error %s", parser_shown(parser, token));
        }
        *result = -number;
        parser_next(parser);
        return true;
    }
    if (token->kind != LEXER_WORD) {
        return parser_fail_expected(parser, "a number or an error such as EINPROGRESS", NULL);
    }
    return parser_take_signed(parser, result);
}

/* `revents=POLLOUT`: arguments by name. */
static bool matcher_take_arguments(struct parser *parser)
{
    while (parser_peek(parser)->kind == LEXER_WORD && !parser_at(parser, "within") &&
           !parser_at(parser, "until")) {
        static const char *const words[] = {"within", "until", NULL};
        const struct lexer_token *name = parser_peek(parser), *value;
        if (!parser_token_is(parser_ahead(parser, 1), "=")) {
            return parser_fail_expected(parser, "'within', 'until' or the end of the line", words);
        }
        parser_next(parser);
        if (!parser_take(parser, "=") || !parser_take_text(parser, "a value", &value)) {
            return false;
        }
        reserved_check(parser, name, "call arguments", name->text);
    }
    return true;
}

bool parser_parse_call(struct parser *parser, struct scenario_call *call)
{
    const struct lexer_token *program, *name;
    if (!parser_take_name(parser, "the name of a program", &program) ||
        !parser_take_name(parser, "the name of a system call", &name)) {
        return false;
    }
    checker_need(parser, CHECKER_PROGRAM, program, program->text);
    call->program = g_strdup(program->text);
    call->call = g_strdup(name->text);
    call->comparison = SCENARIO_GE; /* any result, unless one is asked for */
    call->result = INT64_MIN;
    if (parser_peek(parser)->kind == LEXER_PUNCTUATION &&
        (!parser_take_comparison(parser, true, &call->comparison) ||
         !matcher_take_result(parser, &call->result))) {
        return false;
    }
    return matcher_take_arguments(parser);
}
