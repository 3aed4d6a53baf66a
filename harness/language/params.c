/*
 * params.c - parameters: read, counted through, put in
 *
 * Several parameters give every combination of their values. Those of one `param` line belong
 * together: the line lists rows, and each row has a value of each. So combinations can be left out
 * that are no machine, and chosen where all would be too many. A row takes its place in the values
 * of all of them; the first parameter is counted through, and the others follow.
 */
#include "harness/language/params.h"
#include "harness/language/diagnostic.h"

#include <string.h>

static struct parser_param *params_at(const struct parser *parser, guint index)
{
    return &g_array_index(parser->params, struct parser_param, index);
}

static struct parser_param *params_find(GArray *params, const char *name, size_t size)
{
    for (guint i = 0; i < params->len; i++) {
        struct parser_param *param = &g_array_index(params, struct parser_param, i);
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

/* One value of one parameter. */
static bool params_parse_value(struct parser *parser, struct parser_param *param, GString *row)
{
    const struct lexer_token *value;
    if (!parser_take_text(parser, "a value", &value)) {
        return false;
    }
    if (strchr(value->text, '$') != NULL) {
        return parser_fail(parser, value, NULL, "the value of a parameter is plain, without '$'");
    }
    if (value->text[0] == '\0') {
        return parser_fail(parser, value, NULL, "the value of a parameter is not empty");
    }
    if (param->values->len >= PARAMS_TESTS_MAX) {
        return parser_fail(parser, value, NULL, "too many values: a file gives at most %d tests",
                           PARAMS_TESTS_MAX);
    }
    g_string_append_c(row, ',');
    params_append_value(row, value->text);
    g_array_append_val(param->values, *value);
    return true;
}

/* A value for each parameter of the line. */
static bool params_parse_row(struct parser *parser, GArray *params, GHashTable *names)
{
    const struct lexer_token *first = parser_peek(parser);
    g_autoptr(GString) row = g_string_new(NULL);
    for (guint i = 0; i < params->len; i++) {
        struct parser_param *param = &g_array_index(params, struct parser_param, i);
        const struct lexer_token *value = parser_peek(parser);
        bool is_short = i > 0 && (value->kind == LEXER_END || parser_token_is(value, ","));
        if (is_short) {
            return parser_fail(parser, value, NULL, "the row has no value of '%s'", param->name);
        }
        if (!params_parse_value(parser, param, row)) {
            return false;
        }
    }
    if (!g_hash_table_add(names, g_strdup(row->str))) {
        parser_refuse(parser, first, NULL, "%s gives a test of the same name twice",
                      params->len > 1 ? "this row" : parser_shown(parser, first));
    }
    return true;
}

static bool params_parse_rows(struct parser *parser, GArray *params)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    do {
        if (!params_parse_row(parser, params, names)) {
            return false;
        }
    } while (parser_accept(parser, ","));
    return parser_take_end(parser);
}

static bool params_parse_name(struct parser *parser, GArray *params)
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
    const struct parser_param *other = params_find(parser->params, name->text, strlen(name->text));
    bool is_here = params_find(params, name->text, strlen(name->text)) != NULL;
    if (other != NULL || is_here) {
        parser_refuse(parser, name, NULL, "the parameter %s is on line %u already",
                      parser_shown(parser, name),
                      is_here ? parser->line->source.number : other->line->source.number);
    } else if (strcmp(name->text, "share") == 0) {
        parser_refuse(parser, name, NULL, "'$share' is the path of a share");
    }
    struct parser_param param = {
        .name = name->text,
        .line = parser->line,
        .column = name->column,
        .values = g_array_new(FALSE, FALSE, sizeof(struct lexer_token)),
        .follows = params->len > 0,
    };
    g_array_append_val(params, param);
    return true;
}

/* Whether an 'in' is still to come: what stands before it is a name. */
static bool params_is_before_in(const struct parser *parser)
{
    guint at = 0;
    while (parser_ahead(parser, at)->kind != LEXER_END &&
           !parser_token_is(parser_ahead(parser, at), "in")) {
        at++;
    }
    return at > 0 && parser_ahead(parser, at)->kind != LEXER_END;
}

static bool params_parse_names(struct parser *parser, GArray *params)
{
    do {
        if (!params_parse_name(parser, params)) {
            return false;
        }
    } while (params_is_before_in(parser));
    return parser_take(parser, "in");
}

static void params_count_tests(struct parser *parser)
{
    size_t count = 1;
    for (guint i = 0; i < parser->params->len; i++) {
        const struct parser_param *param = params_at(parser, i);
        count *= param->follows ? 1 : param->values->len;
        if (count > PARAMS_TESTS_MAX) {
            parser_fail(parser, parser_peek(parser), NULL,
                        "the parameters together give more than %d tests", PARAMS_TESTS_MAX);
            return;
        }
    }
}

static void params_read_line(struct parser *parser)
{
    g_autoptr(GArray) params = g_array_new(FALSE, FALSE, sizeof(struct parser_param));
    if (params_parse_names(parser, params) && params_parse_rows(parser, params)) {
        g_array_append_vals(parser->params, params->data, params->len);
        params_count_tests(parser);
        return;
    }
    for (guint i = 0; i < params->len; i++) {
        g_array_free(g_array_index(params, struct parser_param, i).values, TRUE);
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
        params_read_line(parser);
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

/* `$syn.src`: known, but put in by others than us. */
static bool params_is_foreign(const struct parser *parser, const char *name, size_t size)
{
    g_autofree char *text = g_strndup(name, size);
    return name[size] == '.' && checker_knows(parser, CHECKER_LABEL, text);
}

/* `$share`: the only one, of which there is none, or several. */
static void params_refuse_share(struct parser *parser, const struct lexer_token *token)
{
    bool is_none = parser->scenario->shares->len == 0;
    parser_refuse(parser, token,
                  g_strdup(is_none ? "add 'share NAME …' to the set-up" : "write '$' and its name"),
                  "'$share' is the path of the share, and there %s",
                  is_none ? "is none" : "are several");
}

static void params_refuse_unknown(struct parser *parser, const struct lexer_token *token,
                                  const char *name, size_t size)
{
    g_autofree char *text = g_strndup(name, size);
    if (strcmp(text, "share") == 0) {
        params_refuse_share(parser, token);
        return;
    }
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
    struct parser_param *param = size == 0 ? NULL : params_find(parser->params, at + 1, size);
    if (param != NULL) {
        const struct lexer_token *value =
            &g_array_index(param->values, struct lexer_token, param->current);
        g_string_append(out, value->text);
        param->used = true;
        parser->substituted = true;
        return size + 1;
    }
    g_autofree char *name = g_strndup(at + 1, size);
    g_autofree char *path = size == 0 ? NULL : checker_share_path(parser, name);
    if (path != NULL) {
        g_string_append(out, path);
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
            ? params_find(parser->params, token->text + 1, size)
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

/* A parameter and those that follow it; `row` may be one too many, and is the first one then. */
static bool params_set_row(struct parser *parser, guint index, guint row)
{
    bool exists = row < params_at(parser, index)->values->len;
    do {
        params_at(parser, index)->current = exists ? row : 0;
        index++;
    } while (index < parser->params->len && params_at(parser, index)->follows);
    return exists;
}

bool params_advance(struct parser *parser)
{
    for (guint i = parser->params->len; i > 0; i--) {
        const struct parser_param *param = params_at(parser, i - 1);
        if (!param->follows && params_set_row(parser, i - 1, param->current + 1)) {
            return true;
        }
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
