/*
 * reserved.c - what is in the language, but not in this version
 *
 * The list of reasons is the only place that knows what is to come: whoever makes something
 * available deletes its row, and for a statement its forms as well. Until then the grammar of such
 * a statement is checked here, so that a scenario that is written ahead has its syntax errors
 * found, and is then refused with the reason.
 *
 * A form is a sequence of elements. In small letters or punctuation: itself, `a|b` one of several.
 * In capitals: a kind of value. A '?' at the end makes an element optional. Options, in any order,
 * follow the form; `name:KIND` is written `name value`, `name=:KIND` is written `name=value`, and a
 * '!' makes it obligatory.
 */
#include "harness/language/reserved.h"
#include "harness/language/diagnostic.h"
#include "harness/language/values.h"

#include <string.h>

struct reserved_row {
    const char *what;
    const char *reason;
};

static const struct reserved_row reserved_rows[] = {
    {"net feature", "the network device cannot offer it yet"},
    {"call arguments", "conditions on the arguments of a call are still to come"},
    {"explore", "exploration of timings is still to come"},
};

const char *reserved_reason(const char *what)
{
    for (size_t i = 0; i < G_N_ELEMENTS(reserved_rows); i++) {
        if (strcmp(reserved_rows[i].what, what) == 0) {
            return reserved_rows[i].reason;
        }
    }
    return NULL;
}

const char *const *reserved_list(void)
{
    static const char *list[G_N_ELEMENTS(reserved_rows) + 1];
    for (size_t i = 0; i < G_N_ELEMENTS(reserved_rows); i++) {
        list[i] = reserved_rows[i].what;
    }
    return list;
}

void reserved_check(struct parser *parser, const struct lexer_token *token, const char *what,
                    const char *shown)
{
    const char *reason = reserved_reason(what);
    if (reason != NULL) {
        parser_refuse(parser, token, NULL, "'%s' is not available in this version: %s", shown,
                      reason);
    }
}

/* ---- forms ----------------------------------------------------------------------------------- */

struct reserved_form {
    const char *statement; /* its first word, */
    const char *what;      /* and the row that it belongs to */
    const char *form;
    const char *options;
};

static const struct reserved_form reserved_forms[] = {
    {"explore", "explore", "irq|preempt NAME?", "runs=:NUMBER seed=:NUMBER"},
};

/* ---- values ---------------------------------------------------------------------------------- */

/* What may stand somewhere, as it is collected for "expected …". */
struct reserved_expected {
    guint at;            /* the token that is the furthest we got, */
    GPtrArray *literals; /* the words that could stand there (borrowed or in the parser's texts), */
    GPtrArray *kinds;    /* the kinds of values, */
    char *message;       /* or why the value that stands there is none */
};

static char *reserved_read_number(const char *text)
{
    uint64_t number;
    return values_number(text, 0, UINT32_MAX, &number);
}

struct reserved_value {
    const char *kind;
    const char *description;
    char *(*read)(const char *text);
};

static const struct reserved_value reserved_values[] = {
    {"NAME", "a name", values_name},
    {"NUMBER", "a number", reserved_read_number},
};

static const struct reserved_value *reserved_find_value(const char *kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(reserved_values); i++) {
        if (strcmp(reserved_values[i].kind, kind) == 0) {
            return &reserved_values[i];
        }
    }
    g_assert_not_reached();
}

/* ---- matching -------------------------------------------------------------------------------- */

/* Whatever could stand at the current token counts only when no other form got further. */
static bool reserved_is_furthest(struct parser *parser, struct reserved_expected *expected)
{
    if (parser->next < expected->at) {
        return false;
    }
    if (parser->next > expected->at) {
        expected->at = parser->next;
        g_ptr_array_set_size(expected->literals, 0);
        g_ptr_array_set_size(expected->kinds, 0);
        g_clear_pointer(&expected->message, g_free);
    }
    return true;
}

static void reserved_expect(struct parser *parser, struct reserved_expected *expected,
                            const char *text, bool literal)
{
    if (!reserved_is_furthest(parser, expected)) {
        return;
    }
    GPtrArray *list = literal ? expected->literals : expected->kinds;
    for (guint i = 0; i < list->len; i++) {
        if (strcmp(list->pdata[i], text) == 0) {
            return;
        }
    }
    g_ptr_array_add(list, g_string_chunk_insert(parser->texts, text));
}

static bool reserved_match_value(struct parser *parser, const char *kind,
                                 struct reserved_expected *expected)
{
    const struct reserved_value *value = reserved_find_value(kind);
    const struct lexer_token *token = parser_peek(parser);
    if (token->kind != LEXER_WORD) {
        reserved_expect(parser, expected, value->description, false);
        return false;
    }
    char *message = value->read(token->text);
    if (message != NULL) {
        reserved_expect(parser, expected, value->description, false);
        if (expected->message == NULL && expected->at == parser->next) {
            expected->message = message;
        } else {
            g_free(message);
        }
        return false;
    }
    parser_next(parser);
    return true;
}

static bool reserved_match_literal(struct parser *parser, const char *words,
                                   struct reserved_expected *expected)
{
    g_auto(GStrv) choice = g_strsplit(words, "|", -1);
    for (char **word = choice; *word != NULL; word++) {
        if (parser_accept(parser, *word)) {
            return true;
        }
    }
    for (char **word = choice; *word != NULL; word++) {
        reserved_expect(parser, expected, *word, true);
    }
    return false;
}

static bool reserved_match_element(struct parser *parser, const char *element,
                                   struct reserved_expected *expected)
{
    return g_ascii_isupper(element[0]) ? reserved_match_value(parser, element, expected)
                                       : reserved_match_literal(parser, element, expected);
}

static bool reserved_match_sequence(struct parser *parser, const char *form,
                                    struct reserved_expected *expected)
{
    g_auto(GStrv) elements = g_strsplit(form, " ", -1);
    for (char **element = elements; *element != NULL; element++) {
        size_t size = strlen(*element);
        bool optional = (*element)[size - 1] == '?';
        if (optional) {
            (*element)[size - 1] = '\0';
        }
        guint before = parser->next;
        if (!reserved_match_element(parser, *element, expected) &&
            (!optional || parser->next != before)) {
            return false;
        }
    }
    return true;
}

/*
 * One option `name:KIND` at the current token. False with `*tried`: it is the one, and it is wrong.
 */
static bool reserved_match_option(struct parser *parser, const char *option, bool *tried,
                                  struct reserved_expected *expected)
{
    const char *colon = strchr(option, ':');
    bool equals = colon[-1] == '=';
    g_autofree char *name = g_strndup(option, (gsize)(colon - option) - (equals ? 1 : 0));
    g_autofree char *kind = g_strdup(colon + 1);
    g_strdelimit(kind, "!", '\0');
    if (!reserved_match_literal(parser, name, expected)) {
        return false;
    }
    *tried = true;
    if (equals && !reserved_match_literal(parser, "=", expected)) {
        return false;
    }
    return reserved_match_element(parser, kind, expected);
}

static bool reserved_match_options(struct parser *parser, const char *options,
                                   struct reserved_expected *expected)
{
    g_auto(GStrv) list = g_strsplit(options, " ", -1);
    guint count = g_strv_length(list);
    while (parser_peek(parser)->kind != LEXER_END) {
        bool tried = false, matched = false;
        for (guint i = 0; i < count && !matched && !tried; i++) {
            /* An option that was given is emptied: none may be given twice. */
            matched =
                list[i][0] != '\0' && reserved_match_option(parser, list[i], &tried, expected);
            if (matched) {
                list[i][0] = '\0';
            }
        }
        if (!matched) {
            if (!tried) {
                reserved_expect(parser, expected, "the end of the line", false);
            }
            return false;
        }
    }
    for (guint i = 0; i < count; i++) {
        if (list[i][0] != '\0' && g_str_has_suffix(list[i], "!")) {
            list[i][strcspn(list[i], "=:")] = '\0';
            reserved_expect(parser, expected, list[i], true);
            return false;
        }
    }
    return true;
}

/* ---- the statement --------------------------------------------------------------------------- */

static bool reserved_fail(struct parser *parser, struct reserved_expected *expected)
{
    parser->next = expected->at;
    guint literals = expected->literals->len, count = literals + expected->kinds->len;
    if (expected->message != NULL && count == 1) {
        return parser_fail(parser, parser_peek(parser), NULL, "%s", expected->message);
    }
    g_autoptr(GString) what = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        g_string_append(what, i == 0 ? "" : i + 1 == count ? " or " : ", ");
        if (i < literals) {
            g_string_append_printf(what, "'%s'", (const char *)expected->literals->pdata[i]);
        } else {
            g_string_append(what, expected->kinds->pdata[i - literals]);
        }
    }
    g_ptr_array_add(expected->literals, NULL);
    return parser_fail_expected(parser, what->str, (const char *const *)expected->literals->pdata);
}

bool parser_parse_reserved(struct parser *parser, const struct lexer_token *word,
                           const struct scenario_time *at)
{
    (void)at;
    struct reserved_expected expected = {
        .literals = g_ptr_array_new(),
        .kinds = g_ptr_array_new(),
    };
    guint from = parser->next;
    const char *what = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(reserved_forms) && what == NULL; i++) {
        const struct reserved_form *form = &reserved_forms[i];
        if (!parser_token_is(word, form->statement)) {
            continue;
        }
        parser->next = from;
        if (reserved_match_sequence(parser, form->form, &expected) &&
            reserved_match_options(parser, form->options, &expected)) {
            what = form->what;
        }
    }
    if (what != NULL) {
        g_assert(reserved_reason(what) != NULL);
        reserved_check(parser, word, what, what);
    } else {
        reserved_fail(parser, &expected);
    }
    g_ptr_array_free(expected.literals, TRUE);
    g_ptr_array_free(expected.kinds, TRUE);
    g_free(expected.message);
    return what != NULL;
}
