/*
 * parser_setup.c - the statements before the timeline, but for the devices: parser_devices.c
 */
#include "emu/board/board.h"
#include "emu/gic-timer/gtimer.h"
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <string.h>

#define SETUP_STEP_MAX_NS 1000000 /* longer steps than 1 ms would skip timer ticks */
#define SETUP_CPUS_MAX    8

bool parser_parse_version(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at)
{
    (void)word, (void)at;
    const struct lexer_token *token = parser_peek(parser);
    uint64_t version;
    if (!parser_take_number(parser, 0, UINT32_MAX, &version)) {
        return false;
    }
    if (version != 1) {
        parser->stopped = true;
        return parser_fail(parser, token, NULL,
                           "unknown version %s of the language: there is only 1", token->text);
    }
    return parser_take_end(parser);
}

bool parser_parse_title(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at)
{
    (void)word, (void)at;
    const struct lexer_token *token;
    if (!parser_take_string(parser, "the title in quotes", &token)) {
        return false;
    }
    if (strchr(token->text, '\n') != NULL) {
        parser_refuse(parser, token, NULL, "a title is one line");
    }
    g_free(parser->scenario->title);
    parser->scenario->title = g_strdup(token->text);
    return parser_take_end(parser);
}

bool parser_parse_tags(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at)
{
    (void)word, (void)at;
    do {
        const struct lexer_token *token;
        if (!parser_take_name(parser, "a tag", &token)) {
            return false;
        }
        checker_declare(parser, CHECKER_TAG, token, token->text);
        char **tags = parser->scenario->tags;
        guint count = g_strv_length(tags);
        tags = g_renew(char *, tags, count + 2);
        tags[count] = g_strdup(token->text);
        tags[count + 1] = NULL;
        parser->scenario->tags = tags;
    } while (parser_peek(parser)->kind != LEXER_END);
    return true;
}

bool parser_parse_limit(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at)
{
    (void)word, (void)at;
    const struct lexer_token *token = parser_peek(parser);
    if (!parser_take_time(parser, &parser->scenario->limit_ns)) {
        return false;
    }
    if (parser->scenario->limit_ns == 0) {
        parser_refuse(parser, token, NULL, "a limit of nothing: no scenario ends in it");
    }
    return parser_take_end(parser);
}

/* ---- machine --------------------------------------------------------------------------------- */

static bool setup_parse_gic(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    uint64_t version;
    if (!parser_take_number(parser, 2, 3, &version)) {
        return false;
    }
    machine->gic = (unsigned)version;
    return true;
}

static bool setup_parse_boot(struct parser *parser, void *target)
{
    static const char *const words[] = {"fdt", "acpi", NULL};
    struct scenario_machine *machine = target;
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    machine->boot = index == 0 ? SCENARIO_BOOT_FDT : SCENARIO_BOOT_ACPI;
    return true;
}

static bool setup_parse_vhe(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    const struct lexer_token *token;
    return parser_take_word(parser, "'yes' or 'no'", &token) &&
           parser_pass(parser, token, values_yes_no(token->text, &machine->vhe));
}

static bool setup_parse_secure(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    const struct lexer_token *token;
    machine->secure_at = parser_place(parser, parser_peek(parser));
    return parser_take_word(parser, "'yes' or 'no'", &token) &&
           parser_pass(parser, token, values_yes_no(token->text, &machine->secure));
}

static bool setup_parse_ram(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    const struct lexer_token *token;
    if (!parser_take_word(parser, "a size such as 64M", &token) ||
        !parser_pass(parser, token, values_size(token->text, &machine->ram_size))) {
        return false;
    }
    checker_ram(parser, token, machine->ram_size);
    return true;
}

bool parser_take_short_time(struct parser *parser, uint64_t min_ns, uint64_t max_ns,
                            uint64_t *value_ns)
{
    const struct lexer_token *token = parser_peek(parser);
    if (!parser_take_time(parser, value_ns)) {
        return false;
    }
    if (*value_ns < min_ns || *value_ns > max_ns) {
        parser_refuse(parser, token, NULL,
                      "%s is out of range: %" G_GUINT64_FORMAT "ns to %" G_GUINT64_FORMAT "ms",
                      token->text, (guint64)min_ns, (guint64)(max_ns / 1000000));
    }
    return true;
}

static bool setup_parse_step(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    return parser_take_short_time(parser, 1, SETUP_STEP_MAX_NS, &machine->step_ns);
}

static bool setup_parse_mmio(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    return parser_take_short_time(parser, 0, SETUP_STEP_MAX_NS, &machine->mmio_ns);
}

static bool setup_parse_cpus(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    uint64_t cpus;
    if (!parser_take_number(parser, 1, SETUP_CPUS_MAX, &cpus)) {
        return false;
    }
    machine->cpus = (unsigned)cpus;
    return true;
}

static bool setup_parse_pa_offset(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    const struct lexer_token *token = parser_peek(parser);
    machine->pa_offset_at = parser_place(parser, token);
    if (!parser_take_number(parser, 0, UINT64_C(1) << 40, &machine->pa_offset)) {
        return false;
    }
    if (machine->pa_offset % GMEM_PAGE != 0) {
        parser_refuse(parser, token, NULL, "the offset %s is not a whole number of 4 KiB pages",
                      token->text);
    }
    return true;
}

static bool setup_parse_cntfrq(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    const struct lexer_token *token;
    if (!parser_take_word(parser, "a frequency such as 62.5MHz", &token) ||
        !parser_pass(parser, token, values_frequency(token->text, &machine->timer_hz))) {
        return false;
    }
    if (machine->timer_hz < GTIMER_FREQUENCY_MIN_HZ ||
        machine->timer_hz > GTIMER_FREQUENCY_MAX_HZ) {
        parser_refuse(parser, token, NULL, "%s is out of range: 1MHz to 1GHz", token->text);
    }
    return true;
}

static bool setup_parse_timer_delay(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    const struct lexer_token *token = parser_peek(parser);
    if (!parser_take_time(parser, &machine->timer_delay_ns)) {
        return false;
    }
    if (machine->timer_delay_ns > GTIMER_DELAY_MAX_NS) {
        parser_refuse(parser, token, NULL, "%s is out of range: 0ns to 100us", token->text);
    }
    return true;
}

static bool setup_parse_rtc(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    uint64_t seconds;
    if (!parser_take_number(parser, 0, UINT32_MAX, &seconds)) {
        return false;
    }
    machine->rtc_s = (uint32_t)seconds;
    return true;
}

static bool setup_parse_msi(struct parser *parser, void *target)
{
    static const char *const words[] = {"v2m", "none", NULL};
    struct scenario_machine *machine = target;
    unsigned index;
    machine->msi_at = parser_place(parser, parser_peek(parser));
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    machine->msi_none = index == 1;
    return true;
}

bool parser_parse_machine(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at)
{
    static const char *const machines[] = {"virt", NULL};
    static const struct parser_key keys[] = {
        {"gic", setup_parse_gic},
        {"boot", setup_parse_boot},
        {"vhe", setup_parse_vhe},
        {"ram", setup_parse_ram},
        {"step", setup_parse_step},
        {"mmio", setup_parse_mmio},
        {"cpus", setup_parse_cpus},
        {"pa-offset", setup_parse_pa_offset},
        {"secure", setup_parse_secure},
        {"msi", setup_parse_msi},
        {"rtc", setup_parse_rtc},
        {"cntfrq", setup_parse_cntfrq},
        {"timer-delay", setup_parse_timer_delay},
    };
    (void)word, (void)at;
    unsigned index;
    if (!parser_take_choice(parser, machines, &index) ||
        !parser_take_keys(parser, keys, G_N_ELEMENTS(keys), &parser->scenario->machine)) {
        return false;
    }
    checker_machine(parser);
    return true;
}

/* ---- guest ----------------------------------------------------------------------------------- */

/* They go into one command line, split at blanks. */
static bool setup_parse_guest_option(struct parser *parser, GString *options)
{
    const struct lexer_token *key, *value;
    if (!parser_take_word(parser, "an option such as tick=100", &key) ||
        !parser_take(parser, "=") || !parser_take_text(parser, "a value", &value)) {
        return false;
    }
    if (value->text[0] == '\0' || strpbrk(value->text, " \t\n\r") != NULL) {
        return parser_fail(parser, value, NULL, "the value of an option is one word");
    }
    checker_guest_option(parser, key, value);
    g_string_append_printf(options, "%s%s=%s", options->len > 0 ? " " : "", key->text, value->text);
    return true;
}

bool parser_parse_guest(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at)
{
    (void)word, (void)at;
    struct scenario *scenario = parser->scenario;
    const struct lexer_token *token;
    if (!parser_take_text(parser, "the name or the path of a guest", &token)) {
        return false;
    }
    if (token->text[0] == '\0') {
        return parser_fail(parser, token, NULL, "the name of the guest is empty");
    }
    scenario->guest_place = parser_place(parser, token);
    g_free(scenario->guest);
    scenario->guest = g_strdup(token->text);
    g_autoptr(GString) options = g_string_new(NULL);
    while (parser_peek(parser)->kind != LEXER_END) {
        if (!setup_parse_guest_option(parser, options)) {
            return false;
        }
    }
    g_free(scenario->guest_options);
    scenario->guest_options = g_strdup(options->str);
    return true;
}

/* ---- file ------------------------------------------------------------------------------------ */

bool parser_parse_file(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at)
{
    (void)word, (void)at;
    const struct lexer_token *path, *content;
    if (!parser_take_text(parser, "the path of the file in the guest", &path) ||
        !parser_take_string(parser, "the file's content in quotes", &content)) {
        return false;
    }
    checker_file_path(parser, path);
    struct scenario_file *file = g_new0(struct scenario_file, 1);
    file->place = parser_place(parser, path);
    file->path = g_strdup(path->text);
    file->content = g_strdup(content->text);
    file->size = strlen(content->text);
    g_ptr_array_add(parser->scenario->files, file);
    return parser_take_end(parser);
}
