/*
 * parser_setup.c - the statements before the timeline
 */
#include "emu/board/board.h"
#include "emu/gic-timer/gtimer.h"
#include "emu/virtio/pci_bus.h"
#include "emu/virtio/virtqueue.h"
#include "harness/language/parser.h"
#include "harness/language/reserved.h"
#include "harness/language/values.h"

#include <string.h>

#define SETUP_STEP_MAX_NS    1000000 /* longer steps than 1 ms would skip timer ticks */
#define SETUP_LATENCY_MAX_NS UINT64_C(10000000000)
#define SETUP_CPUS_MAX       8

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

static bool setup_parse_short_time(struct parser *parser, uint64_t min_ns, uint64_t max_ns,
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
    return setup_parse_short_time(parser, 1, SETUP_STEP_MAX_NS, &machine->step_ns);
}

static bool setup_parse_mmio(struct parser *parser, void *target)
{
    struct scenario_machine *machine = target;
    return setup_parse_short_time(parser, 0, SETUP_STEP_MAX_NS, &machine->mmio_ns);
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

/* ---- net ------------------------------------------------------------------------------------- */

static bool setup_parse_transport(struct parser *parser, void *target)
{
    static const char *const words[] = {"mmio", "pci", "mmio-legacy", NULL};
    static const enum scenario_transport values[] = {
        SCENARIO_TRANSPORT_MMIO, SCENARIO_TRANSPORT_PCI, SCENARIO_TRANSPORT_MMIO_LEGACY};
    struct scenario_net *net = target;
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    net->transport = values[index];
    return true;
}

static bool setup_parse_slot(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    const struct lexer_token *token = parser_peek(parser);
    uint64_t slot;
    if (!parser_take_number(parser, 1, PCI_SLOTS - 1, &slot)) {
        return false;
    }
    net->slot = (unsigned)slot;
    net->slot_at = parser_place(parser, token);
    return true;
}

static bool setup_parse_intid(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    const struct lexer_token *token = parser_peek(parser);
    uint64_t intid;
    if (!parser_take_number(parser, BOARD_INTID_SPI, BOARD_IRQ_COUNT - 1, &intid)) {
        return false;
    }
    net->intid = (unsigned)intid;
    net->intid_at = parser_place(parser, token);
    return true;
}

static bool setup_parse_msix(struct parser *parser, void *target)
{
    static const char *const words[] = {"yes", "one", "no", NULL};
    static const enum scenario_msix values[] = {SCENARIO_MSIX_ALL, SCENARIO_MSIX_ONE,
                                                SCENARIO_MSIX_NO};
    struct scenario_net *net = target;
    const struct lexer_token *token = parser_peek(parser);
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    net->msix = values[index];
    net->msix_at = parser_place(parser, token);
    return true;
}

static bool setup_parse_queue_size(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    const struct lexer_token *token = parser_peek(parser);
    uint64_t size;
    if (!parser_take_number(parser, 1, VIRTQUEUE_SIZE_MAX, &size)) {
        return false;
    }
    checker_queue_size(parser, token, size);
    net->queue_size = (unsigned)size;
    return true;
}

static bool setup_parse_mac(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    const struct lexer_token *token;
    if (!parser_take_word(parser, "a MAC address", &token) ||
        !parser_pass(parser, token, values_mac(token->text, net->mac))) {
        return false;
    }
    g_autofree char *text = g_ascii_strdown(token->text, -1);
    checker_declare(parser, CHECKER_MAC, token, text);
    return true;
}

static bool setup_parse_features(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    do {
        const struct lexer_token *token;
        if (!parser_take_word(parser, "a feature such as +mtu or -status", &token)) {
            return false;
        }
        if (token->text[0] != '+' && token->text[0] != '-') {
            return parser_fail(parser, token, NULL,
                               "a feature begins with '+' (offered) or '-' (not offered), not %s",
                               parser_shown(parser, token));
        }
        checker_feature(parser, token, net);
    } while (parser_accept(parser, ","));
    return true;
}

static bool setup_parse_backend(struct parser *parser, void *target)
{
    static const char *const words[] = {"none", "slirp", NULL};
    struct scenario_net *net = target;
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    net->backend = index == 0 ? SCENARIO_BACKEND_NONE : SCENARIO_BACKEND_SLIRP;
    return true;
}

static bool setup_parse_latency(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    return setup_parse_short_time(parser, 0, SETUP_LATENCY_MAX_NS, &net->latency_ns);
}

static bool setup_parse_batch(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    uint64_t batch;
    if (!parser_take_number(parser, 1, VIRTQUEUE_SIZE_MAX, &batch)) {
        return false;
    }
    net->style.batch = (unsigned)batch;
    return true;
}

static bool setup_parse_completion(struct parser *parser, void *target)
{
    static const char *const words[] = {
        [VIRTQUEUE_IN_ORDER] = "in-order",
        [VIRTQUEUE_OUT_OF_ORDER] = "out-of-order",
        [VIRTQUEUE_REVERSE] = "reverse",
        NULL,
    };
    struct scenario_net *net = target;
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    net->style.order = (enum virtqueue_order)index;
    return true;
}

static bool setup_parse_suppress(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    const struct lexer_token *token;
    return parser_take_word(parser, "'yes' or 'no'", &token) &&
           parser_pass(parser, token, values_yes_no(token->text, &net->style.suppress));
}

static bool setup_parse_ring_start(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    uint64_t start;
    if (!parser_take_number(parser, 0, UINT16_MAX, &start)) {
        return false;
    }
    net->style.first_index = (uint16_t)start;
    return true;
}

static bool setup_parse_reset(struct parser *parser, void *target)
{
    struct scenario_net *net = target;
    return setup_parse_short_time(parser, 0, SETUP_LATENCY_MAX_NS, &net->reset_ns);
}

bool parser_parse_net(struct parser *parser, const struct lexer_token *word,
                      const struct scenario_time *at)
{
    static const struct parser_key keys[] = {
        {"transport", setup_parse_transport},   {"slot", setup_parse_slot},
        {"intid", setup_parse_intid},           {"msix", setup_parse_msix},
        {"queue-size", setup_parse_queue_size}, {"mac", setup_parse_mac},
        {"features", setup_parse_features},     {"backend", setup_parse_backend},
        {"latency", setup_parse_latency},       {"batch", setup_parse_batch},
        {"completion", setup_parse_completion}, {"suppress", setup_parse_suppress},
        {"ring-start", setup_parse_ring_start}, {"reset", setup_parse_reset},
    };
    (void)word, (void)at;
    const struct lexer_token *token;
    if (!parser_take_name(parser, "the name of the network card, such as eth0", &token)) {
        return false;
    }
    struct scenario_net *net = scenario_net_new(parser_place(parser, token), token->text);
    checker_net_name(parser, token);
    g_ptr_array_add(parser->scenario->nets, net);
    if (!parser_take_keys(parser, keys, G_N_ELEMENTS(keys), net)) {
        return false;
    }
    checker_backend(parser, token, net);
    checker_bus(parser, net);
    checker_rings(parser, token, net);
    checker_legacy(parser, token, net);
    checker_address(parser, token, net);
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
