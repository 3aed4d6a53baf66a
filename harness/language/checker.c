/*
 * checker.c - names, order, times, and the set-up: what a scenario means before it runs
 */
#include "harness/language/checker.h"
#include "emu/core/gmem.h"
#include "harness/language/diagnostic.h"
#include "harness/language/features.h"
#include "harness/language/parser.h"
#include "harness/language/reserved.h"
#include "harness/language/values.h"

#include <string.h>

#define CHECKER_TICK_MAX    10000 /* Hz */
#define CHECKER_LEGACY_BITS 32    /* feature bits before version 1 of virtio */

struct checker_name {
    enum checker_kind kind;
    char *name;
    unsigned line;
};

/* Words that have a meaning where a name may stand. */
static const char *const checker_reserved_nets[] = {"in", "out", "dropped", "wire", "slirp", NULL};

/* ---- names ----------------------------------------------------------------------------------- */

static const char *checker_kind_noun(enum checker_kind kind)
{
    switch (kind) {
    case CHECKER_STATEMENT:
        return "statement";
    case CHECKER_NET:
        return "network card";
    case CHECKER_PROGRAM:
        return "program";
    case CHECKER_LABEL:
        return "frame";
    case CHECKER_FILE:
        return "file";
    case CHECKER_SHARE:
        return "share";
    case CHECKER_HOST:
        return "host";
    case CHECKER_MAC:
        return "MAC address";
    case CHECKER_TAG:
        return "tag";
    case CHECKER_OPTION:
        return "option";
    case CHECKER_PATCH:
        return "patch";
    }
    g_assert_not_reached();
}

static const struct checker_name *checker_find(const struct parser *parser, enum checker_kind kind,
                                               const char *name)
{
    const GArray *names = parser->checker.names;
    for (guint i = 0; i < names->len; i++) {
        const struct checker_name *entry = &g_array_index(names, struct checker_name, i);
        if (entry->kind == kind && strcmp(entry->name, name) == 0) {
            return entry;
        }
    }
    return NULL;
}

bool checker_knows(const struct parser *parser, enum checker_kind kind, const char *name)
{
    return checker_find(parser, kind, name) != NULL;
}

void checker_declare(struct parser *parser, enum checker_kind kind, const struct lexer_token *token,
                     const char *name)
{
    const struct checker_name *other = checker_find(parser, kind, name);
    if (other != NULL) {
        parser_refuse(parser, token, NULL, "the %s '%s' is on line %u already",
                      checker_kind_noun(kind), name, other->line);
        return;
    }
    struct checker_name entry = {
        .kind = kind,
        .name = g_strdup(name),
        .line = parser->line->source.number,
    };
    g_array_append_val(parser->checker.names, entry);
}

const char **checker_names(const struct parser *parser, enum checker_kind kind)
{
    const GArray *names = parser->checker.names;
    const char **list = g_new0(const char *, names->len + 1);
    guint count = 0;
    for (guint i = 0; i < names->len; i++) {
        const struct checker_name *entry = &g_array_index(names, struct checker_name, i);
        if (entry->kind == kind) {
            list[count++] = entry->name;
        }
    }
    return list;
}

static void checker_clear_name(gpointer data)
{
    struct checker_name *entry = data;
    g_free(entry->name);
}

void checker_need(struct parser *parser, enum checker_kind kind, const struct lexer_token *token,
                  const char *name)
{
    if (checker_knows(parser, kind, name)) {
        return;
    }
    g_autofree const char **names = checker_names(parser, kind);
    const char *verb = kind == CHECKER_PROGRAM ? "has been started under the name" : "is called";
    parser_refuse(parser, token, diagnostic_hint_nearest(name, names), "no %s %s '%s'",
                  checker_kind_noun(kind), verb, name);
}

/* ---- the file as a whole --------------------------------------------------------------------- */

void checker_begin(struct parser *parser)
{
    parser->checker = (struct checker){
        .names = g_array_new(FALSE, FALSE, sizeof(struct checker_name)),
    };
    g_array_set_clear_func(parser->checker.names, checker_clear_name);
}

void checker_fini(struct parser *parser)
{
    g_clear_pointer(&parser->checker.names, g_array_unref);
}

/*
 * Cards without an address of their own get 52:54:00:12:34:56 and those behind it, by their place
 * among the cards.
 */
static void checker_number_cards(struct scenario *scenario)
{
    static const uint8_t unset[6];
    for (guint i = 0; i < scenario->nets->len; i++) {
        struct scenario_net *net = scenario->nets->pdata[i];
        if (memcmp(net->mac, unset, sizeof(unset)) == 0) {
            const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, (uint8_t)(0x56 + i)};
            memcpy(net->mac, mac, sizeof(mac));
        }
    }
}

void checker_finding_at(struct parser *parser, struct scenario_place place, const char *hint,
                        const char *message)
{
    diagnostic_add(parser->refusals, place, NULL, 0, g_strdup(hint), "%s", message);
}

static void checker_compare_macs(struct parser *parser)
{
    const GPtrArray *nets = parser->scenario->nets;
    for (guint i = 0; i < nets->len; i++) {
        for (guint j = 0; j < i; j++) {
            const struct scenario_net *net = nets->pdata[i], *other = nets->pdata[j];
            if (memcmp(net->mac, other->mac, sizeof(net->mac)) != 0) {
                continue;
            }
            g_autofree char *message = g_strdup_printf("'%s' and '%s' have the same MAC address",
                                                       other->device.name, net->device.name);
            checker_finding_at(parser, net->device.place,
                               "a card without mac= has 52:54:00:12:34:56 plus its number",
                               message);
        }
    }
}

static void checker_unused_params(struct parser *parser)
{
    for (guint i = 0; i < parser->params->len; i++) {
        const struct parser_param *param = &g_array_index(parser->params, struct parser_param, i);
        struct scenario_place place = {
            .file = parser->file->path,
            .line = param->line->source.number,
            .column = param->column,
        };
        if (!param->used && parser->refusals->len == 0) {
            g_autofree char *message = g_strdup_printf(
                "the parameter '%s' is not used: all tests would be the same", param->name);
            checker_finding_at(parser, place, NULL, message);
        }
    }
}

void checker_finish(struct parser *parser)
{
    struct scenario_place whole = {.file = parser->file->path};
    checker_number_cards(parser->scenario);
    checker_ring_starts(parser);
    checker_lines(parser);
    checker_board(parser);
    checker_services(parser);
    checker_shares(parser);
    /* Two addresses that are both written out have been compared already. */
    if (parser->refusals->len == 0) {
        checker_compare_macs(parser);
    }
    if (!parser->checker.asserts && parser->refusals->len == 0) {
        checker_finding_at(parser, whole, "add 'run', 'expect', 'never' or 'finally'",
                           "the scenario asserts nothing");
    }
    checker_unused_params(parser);
}

/* ---- order and times ------------------------------------------------------------------------- */

void checker_statement(struct parser *parser, const struct lexer_token *word,
                       const struct parser_statement *statement)
{
    struct checker *checker = &parser->checker;
    bool is_version = strcmp(statement->word, "version") == 0;
    bool is_first = parser->line == &g_array_index(parser->file->lines, struct lexer_line, 0);
    if (is_version != is_first) {
        parser_refuse(parser, word, is_first ? g_strdup("begin with: version 1") : NULL,
                      is_first ? "the first statement of a scenario is its version"
                               : "'version' is the first statement of a scenario");
    }
    if (statement->once) {
        checker_declare(parser, CHECKER_STATEMENT, word, statement->word);
    }
    if (statement->part == PARSER_TIMELINE && checker->timeline_line == 0) {
        checker->timeline_line = parser->line->source.number;
    }
    if (statement->part == PARSER_SETUP && checker->timeline_line != 0) {
        parser_refuse(parser, word, NULL,
                      "'%s' belongs to the set-up, but the timeline began on line %u",
                      statement->word, checker->timeline_line);
    }
}

void checker_time(struct parser *parser, const struct lexer_token *token,
                  const struct scenario_time *time)
{
    struct checker *checker = &parser->checker;
    if (time->kind == SCENARIO_TIME_NONE) {
        return;
    }
    if (time->ns >= parser->scenario->limit_ns) {
        parser_refuse(parser, token, NULL, "%s is not before the scenario's limit", token->text);
    }
    if (time->kind != SCENARIO_TIME_ABSOLUTE) {
        return;
    }
    if (checker->last.kind == SCENARIO_TIME_ABSOLUTE && time->ns < checker->last.ns) {
        parser_refuse(parser, token, NULL, "%s is before the time of line %u", token->text,
                      checker->last_line);
        return;
    }
    checker->last = *time;
    checker->last_line = parser->line->source.number;
}

void checker_until(struct parser *parser, const struct lexer_token *token,
                   const struct scenario_time *until)
{
    const struct checker *checker = &parser->checker;
    if (until->ns == 0) {
        parser_refuse(parser, token, NULL, "%s: the watch would end before it begins", token->text);
    }
    if (until->ns > parser->scenario->limit_ns) {
        parser_refuse(parser, token, NULL, "%s is behind the scenario's limit", token->text);
    }
    if (until->kind == SCENARIO_TIME_ABSOLUTE && until->ns != 0 &&
        checker->last.kind == SCENARIO_TIME_ABSOLUTE && until->ns <= checker->last.ns) {
        parser_refuse(parser, token, NULL, "%s is not behind the time of line %u", token->text,
                      checker->last_line);
    }
}

void checker_within(struct parser *parser, const struct lexer_token *token, uint64_t within_ns)
{
    if (within_ns == 0) {
        parser_refuse(parser, token, NULL, "within %s: nothing can happen in no time", token->text);
    }
    if (within_ns > parser->scenario->limit_ns) {
        parser_refuse(parser, token, g_strdup("raise it with 'limit' in the set-up"),
                      "within %s is longer than the scenario's limit", token->text);
    }
}

void checker_ready(struct parser *parser, const struct lexer_token *token)
{
    if (parser->checker.ready) {
        parser_refuse(parser, token, NULL, "the guest becomes ready only once");
    }
    parser->checker.ready = true;
    parser->checker.asserts = true;
}

void checker_asserts(struct parser *parser)
{
    parser->checker.asserts = true;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

void checker_ram(struct parser *parser, const struct lexer_token *token, uint64_t size)
{
    if (size < GMEM_SIZE_MIN || size > GMEM_SIZE_MAX) {
        parser_refuse(parser, token, NULL, "ram=%s is out of range: %dM to %dM", token->text,
                      (int)(GMEM_SIZE_MIN >> 20), (int)(GMEM_SIZE_MAX >> 20));
    } else if (size % (UINT64_C(1) << 20) != 0) {
        parser_refuse(parser, token, NULL, "ram=%s is not a whole number of MiB", token->text);
    }
}

/* The options of the reference guest are known; another guest's are its own business. */
void checker_guest_option(struct parser *parser, const struct lexer_token *key,
                          const struct lexer_token *value)
{
    static const char *const options[] = {
        "face",          "tick",     "ring-start", "rx-buffer", "tx",         "poll", "9p",
        "9p-odirectory", "9p-msize", "9p-poll",    "9p-tag",    "9p-timeout", NULL};
    static const char *const faces[] = {"posix", "schemes", NULL};
    checker_declare(parser, CHECKER_OPTION, key, key->text);
    if (strcmp(parser->scenario->guest, "reference") != 0) {
        return;
    }
    if (!g_strv_contains(options, key->text)) {
        parser_refuse(parser, key, diagnostic_hint_nearest(key->text, options),
                      "the reference guest has no option %s", parser_shown(parser, key));
    } else if (checker_ring_option(parser, key, value) ||
               checker_share_option(parser, key, value)) {
        return;
    } else if (strcmp(key->text, "tick") == 0) {
        uint64_t number;
        g_autofree char *message = values_number(value->text, 1, CHECKER_TICK_MAX, &number);
        if (message != NULL) {
            parser_refuse(parser, value, NULL, "tick (in Hz): %s", message);
        }
    } else if (!g_strv_contains(faces, value->text)) {
        parser_refuse(parser, value, diagnostic_hint_nearest(value->text, faces),
                      "unknown face %s: 'posix' or 'schemes'", parser_shown(parser, value));
    }
}

void checker_net_name(struct parser *parser, const struct lexer_token *token)
{
    if (g_strv_contains(checker_reserved_nets, token->text)) {
        parser_refuse(parser, token, NULL, "'%s' has another meaning where a card is named",
                      token->text);
    }
    if (strchr(token->text, '.') != NULL) {
        parser_refuse(parser, token, NULL,
                      "the name of a card has no '.': its queues are called CARD.rx and CARD.tx");
    }
    if (checker_knows(parser, CHECKER_HOST, token->text)) {
        parser_refuse(parser, token, NULL, "a host is called '%s' already", token->text);
    }
    if (parser->scenario->nets->len == SCENARIO_NETS_MAX) {
        parser_refuse(parser, token, NULL, "too many network cards: at most %d", SCENARIO_NETS_MAX);
    }
    if (checker_knows(parser, CHECKER_SHARE, token->text)) {
        parser_refuse(parser, token, NULL, "a share is called '%s' already", token->text);
    }
    checker_declare(parser, CHECKER_NET, token, token->text);
}

void checker_queue_size(struct parser *parser, const struct lexer_token *token, uint64_t size)
{
    if ((size & (size - 1)) != 0) {
        parser_refuse(parser, token, NULL, "queue-size=%s is not a power of two", token->text);
    }
}

static bool checker_has_bit(const GArray *bits, int bit)
{
    for (guint i = 0; i < bits->len; i++) {
        if (g_array_index(bits, int, i) == bit) {
            return true;
        }
    }
    return false;
}

void checker_feature(struct parser *parser, const struct lexer_token *token,
                     struct scenario_net *net)
{
    bool offered;
    int bit = features_bit(token->text + 1, &offered);
    bool on = token->text[0] == '+';
    if (bit < 0) {
        const char *nearest = scenario_nearest_word(token->text + 1, features_names());
        parser_refuse(parser, token,
                      nearest == NULL
                          ? NULL
                          : g_strdup_printf("did you mean '%c%s'?", token->text[0], nearest),
                      "unknown feature %s", parser_shown(parser, token));
        return;
    }
    if (checker_has_bit(net->features_on, bit) || checker_has_bit(net->features_off, bit)) {
        parser_refuse(parser, token, NULL, "the feature '%s' is given twice", token->text + 1);
        return;
    }
    if (on && !offered) {
        reserved_check(parser, token, "net feature", token->text);
    }
    if (!on && strcmp(token->text + 1, "version-1") == 0) {
        parser_refuse(parser, token, g_strdup("write transport=mmio-legacy"),
                      "a device without the feature 'version-1' is a legacy one");
        return;
    }
    g_array_append_val(on ? net->features_on : net->features_off, bit);
}

void checker_legacy(struct parser *parser, const struct lexer_token *token,
                    const struct scenario_net *net)
{
    if (net->device.transport != SCENARIO_TRANSPORT_MMIO_LEGACY) {
        return;
    }
    for (guint i = 0; i < net->features_on->len; i++) {
        int bit = g_array_index(net->features_on, int, i);
        if (bit >= CHECKER_LEGACY_BITS) {
            parser_refuse(
                parser, token, g_strdup("leave it out, or write transport=mmio or pci"),
                "'%s' is a legacy card and cannot offer feature bit %d: it has the bits 0 "
                "to %d and no others",
                net->device.name, bit, CHECKER_LEGACY_BITS - 1);
            return;
        }
    }
}

void checker_backend(struct parser *parser, const struct lexer_token *token,
                     const struct scenario_net *net)
{
    const GPtrArray *nets = parser->scenario->nets;
    for (guint i = 0; i < nets->len && net->backend == SCENARIO_BACKEND_SLIRP; i++) {
        const struct scenario_net *other = nets->pdata[i];
        if (other != net && other->backend == SCENARIO_BACKEND_SLIRP) {
            parser_refuse(parser, token, g_strdup("write backend=none for the other cards"),
                          "two cards with backend=slirp, '%s' and '%s': there is one network",
                          other->device.name, net->device.name);
            return;
        }
    }
}

void checker_bus(struct parser *parser, const struct scenario_device *device)
{
    const struct scenario *scenario = parser->scenario;
    const char *hint = "write transport=pci for it";
    if (device->transport != SCENARIO_TRANSPORT_PCI && device->slot != 0) {
        checker_finding_at(parser, device->slot_at, hint, "a slot is a place on PCI");
    }
    if (device->transport != SCENARIO_TRANSPORT_PCI && device->msix != SCENARIO_MSIX_UNSAID &&
        device->msix != SCENARIO_MSIX_NO) {
        checker_finding_at(parser, device->msix_at, hint, "MSI-X is a capability of PCI");
    }
    for (unsigned i = 0; i < scenario_device_count(scenario) && device->slot != 0; i++) {
        const struct scenario_device *other = scenario_device(scenario, i);
        if (other != device && other->slot == device->slot) {
            g_autofree char *message =
                g_strdup_printf("slot %u is taken: '%s' is in it", device->slot, other->name);
            checker_finding_at(parser, device->slot_at, NULL, message);
            return;
        }
    }
}

bool checker_is_plain_path(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    bool plain = parts[0] != NULL;
    for (guint i = 0; plain && parts[i] != NULL; i++) {
        plain = parts[i][0] != '\0' && strcmp(parts[i], ".") != 0 && strcmp(parts[i], "..") != 0;
    }
    return plain;
}

void checker_file_path(struct parser *parser, const struct lexer_token *token)
{
    const char *path = token->text;
    size_t size = strlen(path);
    if (path[0] != '/' || !checker_is_plain_path(path + 1)) {
        parser_refuse(parser, token, NULL,
                      "the path of a file is absolute, without '.', '..' and '//': not %s",
                      parser_shown(parser, token));
        return;
    }
    if (size > SCENARIO_PATH_MAX) {
        parser_refuse(parser, token, NULL, "the path is too long: %zu bytes, at most %d", size,
                      SCENARIO_PATH_MAX);
    }
    if (parser->scenario->files->len == SCENARIO_FILES_MAX) {
        parser_refuse(parser, token, NULL, "too many files: at most %d", SCENARIO_FILES_MAX);
    }
    checker_declare(parser, CHECKER_FILE, token, path);
}
