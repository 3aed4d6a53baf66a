/*
 * checker_shares.c - what is wrong with shares before they run
 *
 * A share's name is the mount tag, the first part of its queue's name, and with '$' in front a word
 * of the language: so it has letters, digits and '_' only.
 */
#include "harness/language/checker.h"

#include "emu/virtio-9p/virtio_9p.h"
#include "harness/language/diagnostic.h"
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <string.h>

/* The device's own, and those of the reference guest's driver. */
static const char *const checker_share_counters[] = {"requests", "replies",  "errors", "breaches",
                                                     "timeouts", "rejected", NULL};

void checker_share_name(struct parser *parser, const struct lexer_token *token)
{
    const char *name = token->text;
    if (strspn(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_") != strlen(name)) {
        parser_refuse(parser, token, NULL,
                      "the name of a share has letters, digits and '_': '$%s' stands for its path",
                      name);
    } else if (strlen(name) > VIRTIO_9P_TAG_MAX) {
        parser_refuse(parser, token, NULL, "the name of a share has at most %d characters",
                      VIRTIO_9P_TAG_MAX);
    }
    if (strcmp(name, "share") == 0 || g_strv_contains(parser_p9_faults(), name)) {
        parser_refuse(parser, token, NULL, "'%s' has another meaning where a share is named", name);
    }
    if (checker_knows(parser, CHECKER_NET, name)) {
        parser_refuse(parser, token, NULL, "a network card is called '%s' already", name);
    }
    if (parser->scenario->shares->len == SCENARIO_SHARES_MAX) {
        parser_refuse(parser, token, NULL, "too many shares: at most %d", SCENARIO_SHARES_MAX);
    }
    checker_declare(parser, CHECKER_SHARE, token, name);
}

void checker_share_file(struct parser *parser, const struct lexer_token *token,
                        const struct scenario_share *share)
{
    const char *path = token->text;
    if (!checker_is_plain_path(path)) {
        parser_refuse(parser, token, NULL,
                      "the path of a file in a share is relative, without '.', '..' and '//': not "
                      "%s",
                      parser_shown(parser, token));
        return;
    }
    if (strlen(path) > SCENARIO_PATH_MAX) {
        parser_refuse(parser, token, NULL, "the path is too long: %zu bytes, at most %d",
                      strlen(path), SCENARIO_PATH_MAX);
    }
    if (share->files->len == SCENARIO_SHARE_FILES_MAX) {
        parser_refuse(parser, token, NULL, "too many files in a share: at most %d",
                      SCENARIO_SHARE_FILES_MAX);
    }
    for (guint i = 0; i < share->files->len; i++) {
        const struct scenario_file *other = share->files->pdata[i];
        size_t size = strlen(other->path), mine = strlen(path);
        size_t common = MIN(size, mine);
        bool is_same = strncmp(other->path, path, common) == 0;
        bool is_inside = is_same && (size > mine ? other->path[mine] : path[size]) == '/';
        if (is_same && size == mine) {
            parser_refuse(parser, token, NULL, "'%s' is in this share already", path);
        } else if (is_inside) {
            parser_refuse(parser, token, NULL, "'%s' cannot be a file and a folder",
                          size < mine ? other->path : path);
        }
    }
}

void checker_share_counter(struct parser *parser, const struct lexer_token *token,
                           const char *share)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; checker_share_counters[i] != NULL; i++) {
        g_ptr_array_add(names, g_strdup_printf("%s.%s", share, checker_share_counters[i]));
    }
    g_ptr_array_add(names, NULL);
    const char *const *list = (const char *const *)names->pdata;
    if (!g_strv_contains(list, token->text)) {
        char *hint = diagnostic_hint_nearest(token->text, list);
        g_autofree char *all = g_strjoinv(", ", (char **)checker_share_counters);
        parser_refuse(parser, token, hint != NULL ? hint : g_strdup_printf("a share has %s", all),
                      "no counter is called '%s'", token->text);
    }
}

static bool checker_share_number(struct parser *parser, const struct lexer_token *key,
                                 const struct lexer_token *value)
{
    static const struct {
        const char *key;
        uint64_t min, max;
    } rows[] = {
        {"9p-msize", 4096, 1 << 20},
        {"9p-poll", 1, 10000},
        {"9p-tag", 0, UINT16_MAX},
        {"9p-timeout", 1, 600000},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].key, key->text) == 0) {
            uint64_t number;
            g_autofree char *message =
                values_number(value->text, rows[i].min, rows[i].max, &number);
            if (message != NULL) {
                parser_refuse(parser, value, NULL, "%s: %s", key->text, message);
            }
            return true;
        }
    }
    return false;
}

bool checker_share_option(struct parser *parser, const struct lexer_token *key,
                          const struct lexer_token *value)
{
    static const struct {
        const char *key, *what, *expected;
        const char *const words[4];
    } rows[] = {
        {"9p",
         "way to wait for a reply",
         "'interrupt', 'poll' or 'spin'",
         {"interrupt", "poll", "spin", NULL}},
        {"9p-odirectory", "rule for O_DIRECTORY", "'strict' or 'lax'", {"strict", "lax", NULL}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].key, key->text) != 0) {
            continue;
        }
        if (!g_strv_contains(rows[i].words, value->text)) {
            parser_refuse(parser, value, diagnostic_hint_nearest(value->text, rows[i].words),
                          "unknown %s %s: %s", rows[i].what, parser_shown(parser, value),
                          rows[i].expected);
        }
        return true;
    }
    return checker_share_number(parser, key, value);
}

void checker_shares(struct parser *parser)
{
    const GPtrArray *shares = parser->scenario->shares;
    for (guint i = 0; i < shares->len; i++) {
        const struct scenario_share *share = shares->pdata[i];
        for (guint j = 0; j < parser->params->len; j++) {
            const struct parser_param *param =
                &g_array_index(parser->params, struct parser_param, j);
            if (strcmp(param->name, share->device.name) == 0) {
                g_autofree char *message = g_strdup_printf(
                    "the parameter on line %u is called '%s' too: '$%s' would be either",
                    param->line->source.number, param->name, param->name);
                checker_finding_at(parser, share->device.place, NULL, message);
            }
        }
    }
}

char *checker_share_path(const struct parser *parser, const char *name)
{
    const struct scenario *scenario = parser->scenario;
    bool is_only = strcmp(name, "share") == 0 && scenario->shares->len == 1;
    if (is_only) {
        const struct scenario_share *share = scenario->shares->pdata[0];
        name = share->device.name;
    } else if (!checker_knows(parser, CHECKER_SHARE, name)) {
        return NULL;
    }
    g_auto(GStrv) options = g_strsplit(scenario->guest_options, " ", -1);
    bool schemes = g_strv_contains((const char *const *)options, "face=schemes");
    return g_strconcat(schemes ? "/scheme/9p." : "/mnt/", name, NULL);
}

/* A folder's path, as it is without the slash that may end it. Gives. */
static char *checker_folder_path(const char *path)
{
    return g_strndup(path, strlen(path) - (g_str_has_suffix(path, "/") ? 1 : 0));
}

void checker_share_golden(struct parser *parser, const struct lexer_token *token)
{
    g_autofree char *path = checker_folder_path(token->text);
    if (!checker_is_plain_path(path)) {
        parser_refuse(parser, token, NULL,
                      "the path of a golden folder is relative to the scenario's folder and below "
                      "it: not %s",
                      parser_shown(parser, token));
        return;
    }
    for (guint i = 0; i < parser->scenario->inputs->len; i++) {
        g_autofree char *other = checker_folder_path(parser->scenario->inputs->pdata[i]);
        if (strcmp(other, path) == 0) {
            parser_refuse(parser, token, NULL,
                          "%s is read by this scenario: --update would change what it begins with",
                          parser_shown(parser, token));
        }
    }
}
