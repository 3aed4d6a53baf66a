/*
 * parser_guards.c - `guards`: the bugs that a scenario must find
 *
 * A patch stands beside its scenario, as NAME.patch, and its mutant is called after it. Whether the
 * mutant was built is found out when it is to be run; whether there is a patch, and a cause of that
 * name, is found out here.
 */
#include "harness/checks/catalogue.h"
#include "harness/diagnosis/causes.h"
#include "harness/language/diagnostic.h"
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <string.h>

#define GUARDS_SUFFIX ".patch"

static int guards_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The patches in a folder, sorted, NULL-terminated. Gives. */
static char **guards_patches(const char *folder)
{
    GPtrArray *names = g_ptr_array_new();
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *entry;
    while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(entry, GUARDS_SUFFIX)) {
            g_ptr_array_add(names, g_strdup(entry));
        }
    }
    g_ptr_array_sort(names, guards_compare);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

/* The name of the mutant is part of the test's: it takes what a name may have. */
static bool guards_check_name(struct parser *parser, const struct lexer_token *patch)
{
    if (strchr(patch->text, '/') != NULL) {
        parser_refuse(parser, patch, NULL, "a patch stands beside its scenario: no '/' in %s",
                      parser_shown(parser, patch));
        return false;
    }
    g_autofree char *bug = g_strdup(patch->text);
    bool has_suffix = g_str_has_suffix(bug, GUARDS_SUFFIX);
    if (has_suffix) {
        bug[strlen(bug) - strlen(GUARDS_SUFFIX)] = '\0';
    }
    g_autofree char *message = values_name(bug);
    if (!has_suffix || message != NULL) {
        parser_refuse(parser, patch, NULL,
                      "a patch is called NAME" GUARDS_SUFFIX ", with a name of letters, digits, "
                      "'-', '_' and '.', not %s",
                      parser_shown(parser, patch));
        return false;
    }
    return true;
}

static void guards_check_patch(struct parser *parser, const struct lexer_token *patch)
{
    if (!guards_check_name(parser, patch)) {
        return;
    }
    g_autofree char *folder = g_path_get_dirname(parser->file->path);
    g_autofree char *path = g_build_filename(folder, patch->text, NULL);
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_auto(GStrv) patches = guards_patches(folder);
        parser_refuse(parser, patch,
                      diagnostic_hint_nearest(patch->text, (const char *const *)patches),
                      "no patch %s stands beside the scenario", parser_shown(parser, patch));
    }
}

/* A cause, or a check: then nobody pays, so that a task would be one too many. */
static void guards_check_cause(struct parser *parser, const struct lexer_token *cause,
                               const struct lexer_token *task)
{
    bool is_check = catalogue_find(cause->text) != CHECK_COUNT;
    if (is_check && causes_find(cause->text) == NULL && task != NULL) {
        parser_refuse(parser, task, NULL, "the check %s names no task that pays",
                      parser_shown(parser, cause));
    }
    if (!is_check && causes_find(cause->text) == NULL) {
        char *hint = diagnostic_hint_nearest(cause->text, causes_ids());
        parser_refuse(parser, cause,
                      hint != NULL ? hint : diagnostic_hint_nearest(cause->text, catalogue_names()),
                      "no cause is called %s", parser_shown(parser, cause));
    }
}

/* ---- when PARAM=VALUE ------------------------------------------------------------------------ */

static const struct parser_param *guards_find_param(const struct parser *parser, const char *name)
{
    for (guint i = 0; i < parser->params->len; i++) {
        const struct parser_param *param = &g_array_index(parser->params, struct parser_param, i);
        if (strcmp(param->name, name) == 0) {
            return param;
        }
    }
    return NULL;
}

static void guards_refuse_param(struct parser *parser, const struct lexer_token *name)
{
    g_autofree const char **names = g_new0(const char *, parser->params->len + 1);
    for (guint i = 0; i < parser->params->len; i++) {
        names[i] = g_array_index(parser->params, struct parser_param, i).name;
    }
    parser_refuse(parser, name, diagnostic_hint_nearest(name->text, names),
                  "no parameter is called %s", parser_shown(parser, name));
}

/* Whether the guard applies to the test that is being read. */
static bool guards_check_condition(struct parser *parser, const struct lexer_token *name,
                                   const struct lexer_token *value)
{
    const struct parser_param *param = guards_find_param(parser, name->text);
    if (param == NULL) {
        guards_refuse_param(parser, name);
        return false;
    }
    g_autofree const char **values = g_new0(const char *, param->values->len + 1);
    for (guint i = 0; i < param->values->len; i++) {
        values[i] = g_array_index(param->values, struct lexer_token, i).text;
    }
    if (!g_strv_contains(values, value->text)) {
        parser_refuse(parser, value, diagnostic_hint_nearest(value->text, values),
                      "the parameter '%s' has no value %s: the mutant would never run", param->name,
                      parser_shown(parser, value));
    }
    return strcmp(values[param->current], value->text) == 0;
}

static bool guards_parse_condition(struct parser *parser, bool *applies)
{
    const struct lexer_token *name, *value;
    if (!parser_take_name(parser, "the name of a parameter", &name) || !parser_take(parser, "=") ||
        !parser_take_text(parser, "a value of the parameter", &value)) {
        return false;
    }
    *applies = guards_check_condition(parser, name, value);
    return true;
}

/* ---- the statement --------------------------------------------------------------------------- */

static void guards_add(struct parser *parser, const struct lexer_token *word,
                       const struct lexer_token *patch, const struct lexer_token *cause,
                       const struct lexer_token *task)
{
    GPtrArray *guards = parser->scenario->guards;
    if (guards->len == SCENARIO_GUARDS_MAX) {
        parser_refuse(parser, word, NULL, "too many bugs for one test: at most %d",
                      SCENARIO_GUARDS_MAX);
        return;
    }
    checker_declare(parser, CHECKER_PATCH, patch, patch->text);
    struct scenario_guard *guard = g_new0(struct scenario_guard, 1);
    size_t size = strlen(patch->text);
    bool has_suffix = g_str_has_suffix(patch->text, GUARDS_SUFFIX);
    guard->place = parser_place(parser, word);
    guard->patch = g_strdup(patch->text);
    guard->bug = g_strndup(patch->text, has_suffix ? size - strlen(GUARDS_SUFFIX) : size);
    guard->cause = g_strdup(cause->text);
    guard->task = task == NULL ? NULL : g_strdup(task->text);
    g_ptr_array_add(guards, guard);
}

bool parser_parse_guards(struct parser *parser, const struct lexer_token *word,
                         const struct scenario_time *at)
{
    (void)at;
    const struct lexer_token *patch, *cause, *task = NULL;
    bool applies = true, conditional = false;
    if (!parser_take_text(parser, "the name of a patch", &patch) || !parser_take(parser, "cause") ||
        !parser_take_name(parser, "the name of a cause", &cause)) {
        return false;
    }
    while (parser_peek(parser)->kind != LEXER_END) {
        if (task == NULL && parser_accept(parser, "task")) {
            if (!parser_take_name(parser, "the name of a task", &task)) {
                return false;
            }
        } else if (!conditional && parser_accept(parser, "when")) {
            conditional = true;
            if (!guards_parse_condition(parser, &applies)) {
                return false;
            }
        } else {
            /* None may be given twice: one that was is no hint. */
            const char *const options[] = {
                task == NULL  ? "task"
                : conditional ? NULL
                              : "when",
                conditional ? NULL : "when",
                NULL,
            };
            return parser_fail_expected(parser, "'task', 'when' or the end of the line", options);
        }
    }
    guards_check_patch(parser, patch);
    guards_check_cause(parser, cause, task);
    if (applies) {
        guards_add(parser, word, patch, cause, task);
    }
    return true;
}
