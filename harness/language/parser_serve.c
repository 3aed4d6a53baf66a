/*
 * parser_serve.c - services on the wire
 *
 *     serve  tcp ADDRESS:PORT http FOLDER | script FILE | echo | discard | chargen | close | reset
 *            | silent | refused
 *     serve  udp ADDRESS:PORT script FILE | echo | discard | silent | refused
 *     serve  dns NAME = ANSWER[, ANSWER …] [delay TIME] [at ADDRESS]
 *
 * ANSWER is an IPv4 or IPv6 address, or `alias NAME`, `nxdomain`, `servfail`, `truncated`,
 * `silent`. Paths are relative to the folder of the scenario. A script is a file of its own, split
 * into words like a scenario, a step a line:
 *
 *     expect TEXT | expect hex TEXT       these bytes
 *     expect until TEXT                   anything up to these bytes and with them
 *     expect N bytes                      any N bytes
 *     send TEXT | send hex TEXT
 *     wait TIME
 *     close | reset
 */
#include "harness/language/diagnostic.h"
#include "harness/language/parser.h"
#include "harness/language/source.h"
#include "harness/language/values.h"

#include <arpa/inet.h>
#include <string.h>

#define SERVE_SKIP_MAX    (UINT64_C(1) << 40)
#define SERVE_PATTERN_MAX 4096 /* bytes that one `expect` waits for: they lie in one buffer */
#define SERVE_DNS_PORT    53

static const char *const serve_tcp_kinds[] = {"http",  "echo",   "discard", "chargen", "close",
                                              "reset", "silent", "refused", "script",  NULL};
static const char *const serve_udp_kinds[] = {"echo",    "discard", "silent",
                                              "refused", "script",  NULL};

static enum serve_kind serve_find_kind(const char *word)
{
    unsigned kind = 0;
    while (strcmp(serve_kind_name((enum serve_kind)kind), word) != 0) {
        kind++;
    }
    return (enum serve_kind)kind;
}

char *parser_path(const struct parser *parser, const char *path)
{
    g_ptr_array_add(parser->scenario->inputs, g_strdup(path));
    const char *file = parser->scenario->file;
    g_autofree char *folder = g_path_get_dirname(file);
    return g_path_is_absolute(path) || g_str_equal(folder, ".")
               ? g_strdup(path)
               : g_build_filename(folder, path, NULL);
}

/* ---- scripts --------------------------------------------------------------------------------- */

/* TEXT, or hex TEXT. */
static bool serve_take_bytes(struct parser *script, GBytes **bytes)
{
    const struct lexer_token *token;
    if (parser_at(script, "hex")) {
        parser_next(script);
        if (!parser_take_string(script, "bytes in quotes", &token)) {
            return false;
        }
        GByteArray *array = g_byte_array_new();
        bool fine = parser_pass(script, token, values_hex(token->text, array));
        *bytes = g_byte_array_free_to_bytes(array);
        return fine;
    }
    if (!parser_take_string(script, "a text in quotes, or 'hex' and bytes", &token)) {
        return false;
    }
    *bytes = g_bytes_new(token->text, strlen(token->text));
    return true;
}

static bool serve_take_expect(struct parser *script, struct serve_step *step)
{
    const struct lexer_token *token = parser_peek(script);
    if (token->kind == LEXER_WORD && g_ascii_isdigit(token->text[0])) {
        step->kind = SERVE_STEP_SKIP;
        return parser_take_number(script, 1, SERVE_SKIP_MAX, &step->number) &&
               parser_take(script, "bytes");
    }
    step->kind = parser_accept(script, "until") ? SERVE_STEP_UNTIL : SERVE_STEP_EXPECT;
    token = parser_peek(script);
    if (!serve_take_bytes(script, &step->bytes)) {
        return false;
    }
    gsize size = g_bytes_get_size(step->bytes);
    if (size > SERVE_PATTERN_MAX || (size == 0 && step->kind == SERVE_STEP_UNTIL)) {
        parser_refuse(script, token, NULL, "1 to %d bytes can be waited for, not %zu",
                      SERVE_PATTERN_MAX, size);
    }
    return true;
}

static bool serve_take_step(struct parser *script, struct serve_step *step)
{
    static const char *const words[] = {"expect", "send", "wait", "close", "reset", NULL};
    unsigned index;
    if (!parser_take_choice(script, words, &index)) {
        return false;
    }
    if (index == 0) {
        return serve_take_expect(script, step);
    }
    static const enum serve_step_kind kinds[] = {
        SERVE_STEP_EXPECT, SERVE_STEP_SEND, SERVE_STEP_WAIT, SERVE_STEP_CLOSE, SERVE_STEP_RESET};
    step->kind = kinds[index];
    return step->kind == SERVE_STEP_SEND   ? serve_take_bytes(script, &step->bytes)
           : step->kind == SERVE_STEP_WAIT ? parser_take_time(script, &step->number)
                                           : true;
}

/* Reads the lines of a script; findings are the scenario's. */
static void serve_read_lines(struct parser *parser, const struct lexer_file *file, GArray *steps)
{
    struct parser script = *parser;
    script.file = file;
    script.substituted = false;
    script.tokens = g_array_new(FALSE, FALSE, sizeof(struct lexer_token));
    for (guint i = 0; i < file->lines->len; i++) {
        struct serve_step step = {.number = 0};
        script.line = &g_array_index(file->lines, struct lexer_line, i);
        script.next = 0;
        g_array_set_size(script.tokens, 0);
        g_array_append_vals(script.tokens, script.line->tokens, script.line->count);
        if (serve_take_step(&script, &step)) {
            parser_take_end(&script);
        }
        g_array_append_val(steps, step);
    }
    g_array_free(script.tokens, TRUE);
}

static bool serve_read_script(struct parser *parser, const struct lexer_token *token,
                              struct scenario_service *service)
{
    size_t size;
    g_autofree char *path = parser_path(parser, token->text);
    g_autoptr(GPtrArray) found = scenario_diagnostics_new();
    g_autofree char *text = source_read(path, &size, found);
    if (text == NULL) {
        const struct scenario_diagnostic *why = found->pdata[0];
        parser_refuse(parser, token, NULL, "%s: %s", path, why->message);
        return true;
    }
    struct lexer_file *file = lexer_file_new(text, size, path, found);
    while (found->len > 0) {
        g_ptr_array_add(parser->syntax, g_ptr_array_steal_index(found, 0));
    }
    serve_read_lines(parser, file, service->steps);
    if (file->lines->len == 0) {
        parser_refuse(parser, token, NULL, "%s has no step", path);
    }
    lexer_file_free(file);
    service->endpoint.steps = (const struct serve_step *)(void *)service->steps->data;
    service->endpoint.step_count = service->steps->len;
    return true;
}

/* ---- tcp, udp -------------------------------------------------------------------------------- */

static bool serve_take_folder(struct parser *parser, struct scenario_service *service)
{
    const struct lexer_token *token;
    if (!parser_take_text(parser, "a folder", &token)) {
        return false;
    }
    service->folder = parser_path(parser, token->text);
    service->endpoint.folder = service->folder;
    if (!g_file_test(service->folder, G_FILE_TEST_IS_DIR)) {
        parser_refuse(parser, token, NULL, "there is no folder %s", service->folder);
    }
    return true;
}

static bool serve_take_kind(struct parser *parser, struct scenario_service *service)
{
    const char *const *words = service->endpoint.udp ? serve_udp_kinds : serve_tcp_kinds;
    const struct lexer_token *token;
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    service->endpoint.kind = serve_find_kind(words[index]);
    if (service->endpoint.kind == SERVE_HTTP) {
        return serve_take_folder(parser, service);
    }
    if (service->endpoint.kind != SERVE_SCRIPT) {
        return true;
    }
    return parser_take_text(parser, "the file of the script", &token) &&
           serve_read_script(parser, token, service);
}

static bool serve_take_service(struct parser *parser, bool udp)
{
    const struct lexer_token *token;
    struct scenario_service *service = scenario_service_new();
    service->endpoint.udp = udp;
    g_ptr_array_add(parser->scenario->services, service);
    if (!parser_take_word(parser, "an address and a port such as 10.0.2.100:80", &token) ||
        !parser_pass(
            parser, token,
            values_endpoint(token->text, &service->endpoint.address, &service->endpoint.port))) {
        return false;
    }
    service->place = parser_place(parser, token);
    if (!serve_take_kind(parser, service) || !parser_take_end(parser)) {
        return false;
    }
    checker_service(parser, token, service);
    return true;
}

/* ---- dns ------------------------------------------------------------------------------------- */

static bool serve_take_name(struct parser *parser, char **name)
{
    const struct lexer_token *token;
    if (!parser_take_text(parser, "a name such as www.example.test", &token)) {
        return false;
    }
    if (!serve_dns_is_name(token->text)) {
        return parser_fail(parser, token, NULL,
                           "%s is no name: it has labels of 1 to 63 characters, with dots between",
                           parser_shown(parser, token));
    }
    *name = g_strdup(token->text);
    return true;
}

/* Appends a record: what a word means that is an answer. */
static bool serve_take_answer(struct parser *parser, const char *name)
{
    static const struct {
        const char *word;
        enum serve_dns_kind kind;
    } rows[] = {
        {"alias", SERVE_DNS_CNAME},       {"nxdomain", SERVE_DNS_NXDOMAIN},
        {"servfail", SERVE_DNS_SERVFAIL}, {"truncated", SERVE_DNS_TRUNCATED},
        {"silent", SERVE_DNS_SILENT},
    };
    static const char *const words[] = {"alias",     "nxdomain", "servfail",
                                        "truncated", "silent",   NULL};
    static const char wanted[] = "an address, alias, nxdomain, servfail, truncated or silent";
    struct scenario_record *record = g_new0(struct scenario_record, 1);
    const struct lexer_token *token = parser_peek(parser);
    g_ptr_array_add(parser->scenario->records, record);
    record->name = g_strdup(name);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (parser_accept(parser, rows[i].word)) {
            record->row.kind = rows[i].kind;
            return rows[i].kind != SERVE_DNS_CNAME || serve_take_name(parser, &record->alias);
        }
    }
    if (token->kind != LEXER_WORD && token->kind != LEXER_STRING) {
        return parser_fail_expected(parser, wanted, words);
    }
    bool is_v6 = strchr(token->text, ':') != NULL;
    record->row.kind = is_v6 ? SERVE_DNS_AAAA : SERVE_DNS_A;
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, token->text, record->row.address) != 1) {
        return parser_fail_expected(parser, wanted, words);
    }
    parser_next(parser);
    return true;
}

/* [delay TIME] [at ADDRESS], for the records from `first` on. */
static bool serve_take_dns_options(struct parser *parser, guint first)
{
    static const char *const words[] = {"delay", "at", NULL};
    uint32_t at = 0;
    uint64_t delay_ns = 0;
    const struct lexer_token *token = parser_peek(parser), *where = token;
    while (parser_peek(parser)->kind != LEXER_END) {
        token = parser_peek(parser);
        if (delay_ns == 0 && parser_accept(parser, "delay")) {
            if (!parser_take_time(parser, &delay_ns)) {
                return false;
            }
        } else if (at == 0 && parser_accept(parser, "at")) {
            if (!parser_take_word(parser, "an IPv4 address", &where) ||
                !parser_pass(parser, where, values_ipv4(where->text, &at, NULL))) {
                return false;
            }
        } else {
            return parser_fail_expected(parser, "',', 'delay', 'at' or the end of the line", words);
        }
    }
    for (guint i = first; i < parser->scenario->records->len; i++) {
        struct scenario_record *record = parser->scenario->records->pdata[i];
        record->row.delay_ns = delay_ns;
    }
    checker_dns(parser, where, at);
    return true;
}

static bool serve_take_dns(struct parser *parser)
{
    g_autofree char *name = NULL;
    guint first = parser->scenario->records->len;
    if (!serve_take_name(parser, &name) || !parser_take(parser, "=")) {
        return false;
    }
    do {
        if (!serve_take_answer(parser, name)) {
            return false;
        }
    } while (parser_accept(parser, ","));
    return serve_take_dns_options(parser, first);
}

bool parser_parse_serve(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at)
{
    static const char *const words[] = {"tcp", "udp", "dns", NULL};
    (void)word, (void)at;
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    return index == 2 ? serve_take_dns(parser) : serve_take_service(parser, index == 1);
}

/* ---- requires -------------------------------------------------------------------------------- */

bool parser_parse_requires(struct parser *parser, const struct lexer_token *word,
                           const struct scenario_time *at)
{
    static const char *const words[] = {"live", NULL};
    (void)word, (void)at;
    unsigned index;
    parser->scenario->requires_live = true;
    return parser_take_choice(parser, words, &index) && parser_take_end(parser);
}
