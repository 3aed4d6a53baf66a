/*
 * params.c - parameters: read, counted through, put in
 *
 * Several parameters give every combination of their values.
 */
#include "harness/language/params.h"
#include "harness/language/diagnostic.h"

#include <string.h>

static struct parser_param *params_at(const struct parser *parser, guint index)
{
    return &g_array_index(parser->params, struct parser_param, index);
}

static struct parser_param *params_find(const struct parser *parser, const char *name, size_t size)
{
    for (guint i = 0; i < parser->params->len; i++) {
        struct parser_param *param = params_at(parser, i);
        if (strlen(param->name) == size && memcmp(param->name, name, size) == 0) {
            return param;
        }
    }
    return NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What a test is called after: letters that make trouble in file names and patterns become '_'. */
static void params_append_value(GString *out, const char *text)
{
    for (; *text != '\0'; text++) {
        bool plain = g_ascii_isalnum(*text) || strchr("._+:@%~-", *text) != NULL;
        g_string_append_c(out, plain ? *text : '_');
    }
}

/* False when a value before this one gives a test of the same name. */
static bool params_add_name(GHashTable *names, const char *text)
{
    GString *name = g_string_new(NULL);
    params_append_value(name, text);
    return g_hash_table_add(names, g_string_free(name, FALSE));
}

static bool params_parse_values(struct parser *parser, struct parser_param *param)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    do {
        const struct lexer_token *value;
        if (!parser_take_text(parser, "a value", &value)) {
            return false;
        }
        if (strchr(value->text, '$') != NULL) {
            return parser_fail(parser, value, NULL,
                               "the value of a parameter is plain, without '$'");
        }
        if (value->text[0] == '\0') {
            return parser_fail(parser, value, NULL, "the value of a parameter is not empty");
        }
        if (!params_add_name(names, value->text)) {
            parser_refuse(parser, value, NULL, "%s gives a test of the same name twice",
                          parser_shown(parser, value));
        }
        if (param->values->len >= PARAMS_TESTS_MAX) {
            return parser_fail(parser, value, NULL,
                               "too many values: a file gives at most %d tests", PARAMS_TESTS_MAX);
        }
        g_array_append_val(param->values, *value);
    } while (parser_accept(parser, ","));
    return parser_take_end(parser);
}

static bool params_parse_name(struct parser *parser, struct parser_param *param)
{
    const struct lexer_token *name;
    if (!parser_take_word(parser, "the name of the parameter", &name)) {
        return false;
    }
    if (strspn(name->text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_") != strlen(name->text) ||
        g_ascii_isdigit(name->text[0])) {
        return parser_fail(parser, name, NULL,
                           "the name of a parameter has letters, digits and '_', not %s",
                           parser_shown(parser, name));
    }
    param->name = name->text;
    param->column = name->column;
    const struct parser_param *other = params_find(parser, name->text, strlen(name->text));
    if (other != NULL) {
        parser_refuse(parser, name, NULL, "the parameter %s is on line %u already",
                      parser_shown(parser, name), other->line->number);
    } else if (strcmp(name->text, "share") == 0) {
        parser_refuse(parser, name, NULL, "'$share' is the path of a share");
    }
    return parser_take(parser, "in");
}

static void params_count_tests(struct parser *parser)
{
    size_t count = 1;
    for (guint i = 0; i < parser->params->len; i++) {
        count *= params_at(parser, i)->values->len;
        if (count > PARAMS_TESTS_MAX) {
            parser_fail(parser, parser_peek(parser), NULL,
                        "the parameters together give more than %d tests", PARAMS_TESTS_MAX);
            return;
        }
    }
}

void params_read(struct parser *parser)
{
    for (guint i = 0; i < parser->file->lines->len; i++) {
        parser->line = &g_array_index(parser->file->lines, struct lexer_line, i);
        if (!parser_token_is(&parser->line->tokens[0], "param") ||
            parser->syntax->len >= DIAGNOSTIC_COUNT_MAX) {
            continue;
        }
        g_array_set_size(parser->tokens, 0);
        g_array_append_vals(parser->tokens, parser->line->tokens, parser->line->count);
        parser->next = 1;
        struct parser_param param = {
            .line = parser->line,
            .values = g_array_new(FALSE, FALSE, sizeof(struct lexer_token)),
        };
        if (params_parse_name(parser, &param) && params_parse_values(parser, &param)) {
            g_array_append_val(parser->params, param);
            params_count_tests(parser);
        } else {
            g_array_free(param.values, TRUE);
        }
    }
}

bool params_skip(struct parser *parser, const struct lexer_token *word,
                 const struct scenario_time *at)
{
    (void)parser, (void)word, (void)at;
    return true;
}

/* ---- putting in ------------------------------------------------------------------------------ */

/* The size of the name behind a '$'. */
static size_t params_name_size(const char *text)
{
    return g_ascii_isdigit(text[0]) ? 0 : strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_");
}

/* `$share`, `$hostshare`, `$syn.src`: known, but put in by others than us. */
static bool params_is_foreign(const struct parser *parser, const char *name, size_t size)
{
    g_autofree char *text = g_strndup(name, size);
    return strcmp(text, "share") == 0 || checker_knows(parser, CHECKER_SHARE, text) ||
           (name[size] == '.' && checker_knows(parser, CHECKER_LABEL, text));
}

static void params_refuse_unknown(struct parser *parser, const struct lexer_token *token,
                                  const char *name, size_t size)
{
    g_autofree char *text = g_strndup(name, size);
    g_autofree const char **names = g_new0(const char *, parser->params->len + 1);
    for (guint i = 0; i < parser->params->len; i++) {
        names[i] = params_at(parser, i)->name;
    }
    const char *nearest = scenario_nearest_word(text, names);
    parser_refuse(parser, token,
                  nearest == NULL ? token->kind == LEXER_STRING
                                        ? g_strdup("a '$' itself is written '$$'")
                                        : NULL
                                  : g_strdup_printf("did you mean '$%s'?", nearest),
                  "unknown parameter '$%s'", text);
}

/* Appends one `$…`; returns the bytes that it takes. */
static size_t params_append(struct parser *parser, const struct lexer_token *token, const char *at,
                            GString *out)
{
    if (at[1] == '$') {
        g_string_append_c(out, '$');
        return 2;
    }
    size_t size = params_name_size(at + 1);
    struct parser_param *param = size == 0 ? NULL : params_find(parser, at + 1, size);
    if (param != NULL) {
        const struct lexer_token *value =
            &g_array_index(param->values, struct lexer_token, param->current);
        g_string_append(out, value->text);
        param->used = true;
        parser->substituted = true;
        return size + 1;
    }
    if (size > 0 && !params_is_foreign(parser, at + 1, size)) {
        params_refuse_unknown(parser, token, at + 1, size);
    }
    g_string_append_len(out, at, (gssize)size + 1);
    return size + 1;
}

static bool params_substitute_token(struct parser *parser, struct lexer_token *token)
{
    size_t size = token->text[0] == '$' ? params_name_size(token->text + 1) : 0;
    struct parser_param *whole =
        token->kind == LEXER_WORD && size > 0 && token->text[size + 1] == '\0'
            ? params_find(parser, token->text + 1, size)
            : NULL;
    if (whole != NULL) {
        const struct lexer_token *value =
            &g_array_index(whole->values, struct lexer_token, whole->current);
        token->kind = value->kind;
        token->text = value->text;
        whole->used = true;
        parser->substituted = true;
        return true;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    for (const char *at = token->text; *at != '\0';) {
        if (*at == '$') {
            at += params_append(parser, token, at, text);
        } else {
            g_string_append_c(text, *at++);
        }
    }
    if (token->kind == LEXER_WORD && text->len > LEXER_WORD_MAX) {
        return parser_fail(parser, token, NULL,
                           "with its parameters a word of %zu bytes: at most %d", (size_t)text->len,
                           LEXER_WORD_MAX);
    }
    token->text = g_string_chunk_insert_len(parser->texts, text->str, (gssize)text->len);
    return true;
}

bool params_substitute(struct parser *parser)
{
    parser->substituted = false;
    g_array_set_size(parser->tokens, 0);
    g_array_append_vals(parser->tokens, parser->line->tokens, parser->line->count);
    if (parser_token_is(&parser->line->tokens[0], "param")) {
        return true;
    }
    for (guint i = 0; i < parser->tokens->len; i++) {
        struct lexer_token *token = &g_array_index(parser->tokens, struct lexer_token, i);
        if (strchr(token->text, '$') != NULL && !params_substitute_token(parser, token)) {
            return false;
        }
    }
    return true;
}

bool params_advance(struct parser *parser)
{
    for (guint i = parser->params->len; i > 0; i--) {
        struct parser_param *param = params_at(parser, i - 1);
        if (++param->current < param->values->len) {
            return true;
        }
        param->current = 0;
    }
    return false;
}

char *params_describe(const struct parser *parser)
{
    if (parser->params->len == 0) {
        return NULL;
    }
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < parser->params->len; i++) {
        const struct parser_param *param = params_at(parser, i);
        g_string_append_printf(out, "%s%s=", i > 0 ? "," : "", param->name);
        params_append_value(out,
                            g_array_index(param->values, struct lexer_token, param->current).text);
    }
    return g_string_free(out, FALSE);
}

char *params_test_name(const struct parser *parser, const char *name)
{
    g_autofree char *values = params_describe(parser);
    return values == NULL ? g_strdup(name) : g_strdup_printf("%s[%s]", name, values);
}
