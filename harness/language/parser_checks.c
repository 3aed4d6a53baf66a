/*
 * parser_checks.c - `check` and `expect violation`
 *
 * A violation that a scenario expects is no surprise: its check is lenient in this test, whatever
 * the set-up says.
 */
#include "harness/language/diagnostic.h"
#include "harness/language/parser.h"

#include <string.h>

enum check_id parser_check_name(struct parser *parser, const struct lexer_token *token)
{
    enum check_id id = catalogue_find(token->text);
    if (id == CHECK_COUNT) {
        char *hint = diagnostic_hint_nearest(token->text, catalogue_names());
        parser_refuse(parser, token, hint != NULL ? hint : g_strdup("docs/checks.md has them"),
                      "no check is called %s", parser_shown(parser, token));
    }
    return id;
}

bool parser_parse_check(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at)
{
    static const char *const words[] = {"strict", "lenient", "off", NULL};
    static const enum check_severity severities[] = {CHECK_STRICT, CHECK_LENIENT, CHECK_OFF};
    enum check_severity *checks = parser->scenario->checks;
    unsigned index;
    (void)word, (void)at;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    bool all = parser_peek(parser)->kind == LEXER_END;
    for (unsigned i = 0; all && i < CHECK_COUNT; i++) {
        checks[i] = severities[index];
    }
    while (parser_peek(parser)->kind != LEXER_END) {
        const struct lexer_token *name;
        if (!parser_take_name(parser, "the name of a check", &name)) {
            return false;
        }
        enum check_id id = parser_check_name(parser, name);
        if (id != CHECK_COUNT) {
            checks[id] = severities[index];
        }
    }
    return true;
}

bool parser_parse_expect_violation(struct parser *parser, const struct scenario_time *at)
{
    const struct lexer_token *name;
    parser_next(parser);
    struct scenario_statement *statement = parser_add_statement(parser, SCENARIO_EXPECT_EVENT, at);
    statement->event.kind = TRACE_CHECK_VIOLATION;
    if (!parser_take_name(parser, "the name of a check, such as dma.freed", &name)) {
        return false;
    }
    enum check_id id = parser_check_name(parser, name);
    if (id != CHECK_COUNT && parser->scenario->checks[id] == CHECK_OFF) {
        parser_refuse(parser, name, NULL, "the check %s is off: nobody would find it",
                      parser_shown(parser, name));
    } else if (id != CHECK_COUNT) {
        parser->scenario->checks[id] = CHECK_LENIENT;
    }
    struct scenario_field field = {
        .index = (unsigned)trace_field_by_name(TRACE_CHECK_VIOLATION, "name"),
        .string = g_strdup(name->text),
    };
    g_array_append_val(statement->event.fields, field);
    return parser_take_tail(parser, statement);
}
