/*
 * parser.c - statements, one a line, by a table of their first words
 *
 * A file with parameters is parsed once for each of their values. `$name` is replaced in tokens,
 * not in the text, so that places stay those of the file and a value cannot change how a line is
 * split: a token that is nothing but `$name` becomes the value's token, word or string; inside a
 * longer word or a string the value's text is put in.
 */
#include "harness/language/parser.h"
#include "harness/language/diagnostic.h"
#include "harness/language/params.h"
#include "harness/language/values.h"

#include <string.h>

static const struct parser_statement parser_statements[] = {
    {"version", PARSER_SETUP, true, parser_parse_version},
    {"title", PARSER_SETUP, true, parser_parse_title},
    {"tags", PARSER_SETUP, false, parser_parse_tags},
    {"requires", PARSER_SETUP, false, parser_parse_requires},
    {"machine", PARSER_SETUP, true, parser_parse_machine},
    {"limit", PARSER_SETUP, true, parser_parse_limit},
    {"guest", PARSER_SETUP, true, parser_parse_guest},
    {"net", PARSER_SETUP, false, parser_parse_net},
    {"share", PARSER_SETUP, false, parser_parse_share},
    {"host", PARSER_SETUP, false, parser_parse_host},
    {"serve", PARSER_SETUP, false, parser_parse_serve},
    {"file", PARSER_SETUP, false, parser_parse_file},
    {"param", PARSER_SETUP, false, params_skip},
    {"guards", PARSER_SETUP, false, parser_parse_guards},
    {"check", PARSER_SETUP, false, parser_parse_check},
    {"wait", PARSER_TIMELINE, false, parser_parse_wait},
    {"start", PARSER_TIMELINE, false, parser_parse_program},
    {"run", PARSER_TIMELINE, false, parser_parse_program},
    {"inject", PARSER_TIMELINE, false, parser_parse_inject},
    {"restore", PARSER_TIMELINE, false, parser_parse_restore},
    {"send", PARSER_TIMELINE, false, parser_parse_send},
    {"kill", PARSER_TIMELINE, false, parser_parse_kill},
    {"expect", PARSER_TIMELINE, false, parser_parse_expect},
    {"never", PARSER_TIMELINE, false, parser_parse_never},
    {"finally", PARSER_TIMELINE, false, parser_parse_finally},
    {"explore", PARSER_TIMELINE, false, parser_parse_reserved},
};

static const struct parser_statement *parser_find_statement(const struct lexer_token *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(parser_statements); i++) {
        if (parser_token_is(word, parser_statements[i].word)) {
            return &parser_statements[i];
        }
    }
    return NULL;
}

static bool parser_fail_statement(struct parser *parser)
{
    const char *words[G_N_ELEMENTS(parser_statements) + 1] = {NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(parser_statements); i++) {
        words[i] = parser_statements[i].word;
    }
    const struct lexer_token *token = parser_peek(parser);
    if (token->kind != LEXER_WORD) {
        return parser_fail(parser, token, NULL, "expected a statement, not %s",
                           parser_shown(parser, token));
    }
    return parser_fail(parser, token, diagnostic_hint_nearest(token->text, words),
                       "unknown word %s", parser_shown(parser, token));
}

/* `10ms` or `+70ms` before a statement of the timeline. */
static bool parser_take_leading_time(struct parser *parser, struct scenario_time *at)
{
    const struct lexer_token *token = parser_peek(parser);
    bool relative = token->text[0] == '+';
    if (token->kind != LEXER_WORD || !g_ascii_isdigit(token->text[relative ? 1 : 0])) {
        return true;
    }
    char *message = values_time(token->text + (relative ? 1 : 0), &at->ns);
    if (!parser_pass(parser, token, message)) {
        return false;
    }
    at->kind = relative ? SCENARIO_TIME_RELATIVE : SCENARIO_TIME_ABSOLUTE;
    parser_next(parser);
    return true;
}

static void parser_parse_line(struct parser *parser)
{
    struct scenario_time at = {.kind = SCENARIO_TIME_NONE};
    const struct lexer_token *first = parser_peek(parser);
    if (!parser_take_leading_time(parser, &at)) {
        return;
    }
    const struct lexer_token *word = parser_peek(parser);
    const struct parser_statement *statement = parser_find_statement(word);
    if (statement == NULL) {
        parser_fail_statement(parser);
        return;
    }
    if (at.kind != SCENARIO_TIME_NONE && statement->part == PARSER_SETUP) {
        parser_fail(parser, first, NULL, "'%s' belongs to the set-up and takes no time",
                    word->text);
        return;
    }
    parser_next(parser);
    checker_statement(parser, word, statement);
    checker_time(parser, first, &at);
    statement->parse(parser, word, &at);
}

struct scenario *parser_run(struct parser *parser)
{
    parser->scenario = g_new0(struct scenario, 1);
    struct scenario *scenario = parser->scenario;
    scenario_init(scenario);
    scenario->file = g_strdup(parser->file->path);
    scenario->guest_place.file = parser->file->path;
    checker_begin(parser);
    for (guint i = 0; i < parser->file->lines->len; i++) {
        if (parser->stopped || parser->syntax->len >= DIAGNOSTIC_COUNT_MAX) {
            break;
        }
        parser->line = &g_array_index(parser->file->lines, struct lexer_line, i);
        parser->next = 0;
        if (params_substitute(parser)) {
            parser_parse_line(parser);
        }
    }
    checker_finish(parser);
    checker_fini(parser);
    parser->scenario = NULL;
    return scenario;
}

void parser_init(struct parser *parser, const struct lexer_file *file)
{
    *parser = (struct parser){
        .file = file,
        .params = g_array_new(FALSE, FALSE, sizeof(struct parser_param)),
        .syntax = scenario_diagnostics_new(),
        .refusals = scenario_diagnostics_new(),
        .tokens = g_array_new(FALSE, FALSE, sizeof(struct lexer_token)),
        .texts = g_string_chunk_new(1024),
    };
    params_read(parser);
}

void parser_fini(struct parser *parser)
{
    for (guint i = 0; i < parser->params->len; i++) {
        g_array_free(g_array_index(parser->params, struct parser_param, i).values, TRUE);
    }
    g_array_free(parser->params, TRUE);
    g_ptr_array_free(parser->syntax, TRUE);
    g_ptr_array_free(parser->refusals, TRUE);
    g_array_free(parser->tokens, TRUE);
    g_string_chunk_free(parser->texts);
}
