/*
 * parser_tokens.c - reading the tokens of a statement
 */
#include "harness/language/diagnostic.h"
#include "harness/language/params.h"
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <string.h>

#define PARSER_SHOWN_MAX 40 /* bytes of a token in a message */

static const char *const parser_comparisons[] = {"==", "!=", "<", "<=", ">", ">="};

/* ---- findings -------------------------------------------------------------------------------- */

struct scenario_place parser_place(const struct parser *parser, const struct lexer_token *token)
{
    return lexer_place(parser->file, token);
}

G_GNUC_PRINTF(5, 0)
static void parser_report(struct parser *parser, GPtrArray *list, const struct lexer_token *token,
                          char *hint, const char *format, va_list arguments)
{
    if (list->len >= DIAGNOSTIC_COUNT_MAX) {
        g_free(hint);
        return;
    }
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    g_autofree char *values = parser->substituted ? params_describe(parser) : NULL;
    diagnostic_add(list, parser_place(parser, token), token->source.text, token->source.size, hint,
                   "%s%s%s%s", message, values == NULL ? "" : " (with ",
                   values == NULL ? "" : values, values == NULL ? "" : ")");
}

bool parser_fail(struct parser *parser, const struct lexer_token *token, char *hint,
                 const char *format, ...)
{
    va_list list;
    va_start(list, format);
    parser_report(parser, parser->syntax, token, hint, format, list);
    va_end(list);
    return false;
}

void parser_refuse(struct parser *parser, const struct lexer_token *token, char *hint,
                   const char *format, ...)
{
    va_list list;
    va_start(list, format);
    parser_report(parser, parser->refusals, token, hint, format, list);
    va_end(list);
}

bool parser_pass(struct parser *parser, const struct lexer_token *token, char *message)
{
    if (message == NULL) {
        return true;
    }
    parser_fail(parser, token, NULL, "%s", message);
    g_free(message);
    return false;
}

const char *parser_shown(struct parser *parser, const struct lexer_token *token)
{
    if (token->kind == LEXER_END) {
        return "the end of the line";
    }
    const char *quote = token->kind == LEXER_STRING ? "\"" : "'";
    size_t size = strlen(token->text);
    const char *cut = "";
    if (size > PARSER_SHOWN_MAX) {
        size = (size_t)(g_utf8_find_prev_char(token->text, token->text + PARSER_SHOWN_MAX) -
                        token->text);
        cut = "\xe2\x80\xa6";
    }
    g_autofree char *shown =
        g_strdup_printf("%s%.*s%s%s", quote, (int)size, token->text, cut, quote);
    return g_string_chunk_insert(parser->texts, shown);
}

bool parser_fail_expected(struct parser *parser, const char *what, const char *const *words)
{
    const struct lexer_token *token = parser_peek(parser);
    char *hint = words != NULL && token->kind == LEXER_WORD
                     ? diagnostic_hint_nearest(token->text, words)
                     : NULL;
    return parser_fail(parser, token, hint, "expected %s, not %s", what,
                       parser_shown(parser, token));
}

/* ---- looking --------------------------------------------------------------------------------- */

const struct lexer_token *parser_ahead(const struct parser *parser, guint count)
{
    guint at = MIN(parser->next + count, parser->tokens->len - 1);
    return &g_array_index(parser->tokens, struct lexer_token, at);
}

const struct lexer_token *parser_peek(const struct parser *parser)
{
    return parser_ahead(parser, 0);
}

const struct lexer_token *parser_next(struct parser *parser)
{
    const struct lexer_token *token = parser_peek(parser);
    if (token->kind != LEXER_END) {
        parser->next++;
    }
    return token;
}

bool parser_token_is(const struct lexer_token *token, const char *word)
{
    return (token->kind == LEXER_WORD || token->kind == LEXER_PUNCTUATION) &&
           strcmp(token->text, word) == 0;
}

bool parser_at(const struct parser *parser, const char *word)
{
    return parser_token_is(parser_peek(parser), word);
}

bool parser_accept(struct parser *parser, const char *word)
{
    if (!parser_at(parser, word)) {
        return false;
    }
    parser_next(parser);
    return true;
}

/* ---- taking ---------------------------------------------------------------------------------- */

bool parser_take(struct parser *parser, const char *word)
{
    if (parser_accept(parser, word)) {
        return true;
    }
    const char *const words[] = {word, NULL};
    g_autofree char *what = g_strdup_printf("'%s'", word);
    return parser_fail_expected(parser, what, words);
}

bool parser_take_end(struct parser *parser)
{
    const struct lexer_token *token = parser_peek(parser);
    if (token->kind == LEXER_END) {
        return true;
    }
    return parser_fail(parser, token, NULL, "unexpected %s: the statement is complete before it",
                       parser_shown(parser, token));
}

bool parser_take_word(struct parser *parser, const char *what, const struct lexer_token **token)
{
    if (parser_peek(parser)->kind != LEXER_WORD) {
        return parser_fail_expected(parser, what, NULL);
    }
    *token = parser_next(parser);
    return true;
}

bool parser_take_string(struct parser *parser, const char *what, const struct lexer_token **token)
{
    const struct lexer_token *next = parser_peek(parser);
    if (next->kind != LEXER_STRING) {
        char *hint = next->kind == LEXER_WORD ? g_strdup("a text stands in double quotes") : NULL;
        return parser_fail(parser, next, hint, "expected %s, not %s", what,
                           parser_shown(parser, next));
    }
    *token = parser_next(parser);
    return true;
}

bool parser_take_text(struct parser *parser, const char *what, const struct lexer_token **token)
{
    enum lexer_kind kind = parser_peek(parser)->kind;
    if (kind != LEXER_WORD && kind != LEXER_STRING) {
        return parser_fail_expected(parser, what, NULL);
    }
    *token = parser_next(parser);
    return true;
}

bool parser_take_name(struct parser *parser, const char *what, const struct lexer_token **token)
{
    return parser_take_word(parser, what, token) &&
           parser_pass(parser, *token, values_name((*token)->text));
}

bool parser_take_number(struct parser *parser, uint64_t min, uint64_t max, uint64_t *value)
{
    const struct lexer_token *token;
    return parser_take_word(parser, "a number", &token) &&
           parser_pass(parser, token, values_number(token->text, min, max, value));
}

bool parser_take_signed(struct parser *parser, int64_t *value)
{
    const struct lexer_token *token;
    return parser_take_word(parser, "a number", &token) &&
           parser_pass(parser, token, values_signed(token->text, value));
}

bool parser_take_time(struct parser *parser, uint64_t *value_ns)
{
    const struct lexer_token *token;
    return parser_take_word(parser, "a time such as 10ms", &token) &&
           parser_pass(parser, token, values_time(token->text, value_ns));
}

bool parser_take_comparison(struct parser *parser, bool or_equals,
                            enum scenario_comparison *comparison)
{
    for (unsigned i = 0; i < SCENARIO_COMPARISON_COUNT; i++) {
        if (parser_accept(parser, scenario_comparison_text((enum scenario_comparison)i))) {
            *comparison = (enum scenario_comparison)i;
            return true;
        }
    }
    const struct lexer_token *token = parser_peek(parser);
    if (or_equals && parser_accept(parser, "=")) {
        *comparison = SCENARIO_EQ;
        return true;
    }
    char *hint = parser_token_is(token, "=") ? g_strdup("did you mean '=='?") : NULL;
    return parser_fail(parser, token, hint, "expected a comparison (== != < <= > >=), not %s",
                       parser_shown(parser, token));
}

bool parser_take_choice(struct parser *parser, const char *const *words, unsigned *index)
{
    g_autoptr(GString) what = g_string_new(NULL);
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (parser_accept(parser, words[i])) {
            *index = i;
            return true;
        }
        g_string_append_printf(what, "%s'%s'",
                               i == 0                 ? ""
                               : words[i + 1] == NULL ? " or "
                                                      : ", ",
                               words[i]);
    }
    return parser_fail_expected(parser, what->str, words);
}

bool parser_take_keys(struct parser *parser, const struct parser_key *keys, size_t count,
                      void *target)
{
    g_assert(count < PARSER_KEYS_MAX);
    bool given[PARSER_KEYS_MAX] = {false};
    while (parser_peek(parser)->kind != LEXER_END) {
        size_t i = 0;
        while (i < count && !parser_at(parser, keys[i].name)) {
            i++;
        }
        const struct lexer_token *token = parser_peek(parser);
        if (i == count) {
            const char *names[PARSER_KEYS_MAX] = {NULL};
            for (size_t j = 0; j < count; j++) {
                names[j] = keys[j].name;
            }
            char *hint =
                token->kind == LEXER_WORD ? diagnostic_hint_nearest(token->text, names) : NULL;
            return parser_fail(parser, token, hint, "unknown word %s", parser_shown(parser, token));
        }
        if (given[i]) {
            return parser_fail(parser, token, NULL, "'%s' is given twice", keys[i].name);
        }
        given[i] = true;
        parser_next(parser);
        if (!parser_take(parser, "=") || !keys[i].parse(parser, target)) {
            return false;
        }
    }
    return true;
}

/* ---- comparisons ----------------------------------------------------------------------------- */

const char *scenario_comparison_text(enum scenario_comparison comparison)
{
    g_assert((unsigned)comparison < G_N_ELEMENTS(parser_comparisons));
    return parser_comparisons[comparison];
}
