/*
 * parser_devices.c - the devices of the machine: network cards and shares
 *
 *     net    NAME [KEY=VALUE …]
 *     share  NAME FOLDER | memory { PATH = CONTENT … } [KEY=VALUE …]
 *
 * FOLDER is relative to the folder of the scenario. What both kinds have, a place in the machine
 * and rings, is read into the struct scenario_device that both begin with. Contents may go on over
 * several lines, and commas may stand between them.
 */
#include "emu/board/board.h"
#include "emu/virtio/pci_bus.h"
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <assert.h>
#include <string.h>

#define DEVICES_LATENCY_MAX_NS UINT64_C(10000000000)

static_assert(offsetof(struct scenario_net, device) == 0, "keys of both kinds write there");
static_assert(offsetof(struct scenario_share, device) == 0, "keys of both kinds write there");

/* ---- what both have -------------------------------------------------------------------------- */

static bool devices_parse_transport(struct parser *parser, void *target)
{
    static const char *const words[] = {"mmio", "pci", "mmio-legacy", NULL};
    static const enum scenario_transport values[] = {
        SCENARIO_TRANSPORT_MMIO, SCENARIO_TRANSPORT_PCI, SCENARIO_TRANSPORT_MMIO_LEGACY};
    struct scenario_device *device = target;
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    device->transport = values[index];
    return true;
}

static bool devices_parse_slot(struct parser *parser, void *target)
{
    struct scenario_device *device = target;
    const struct lexer_token *token = parser_peek(parser);
    uint64_t slot;
    if (!parser_take_number(parser, 1, PCI_SLOTS - 1, &slot)) {
        return false;
    }
    device->slot = (unsigned)slot;
    device->slot_at = parser_place(parser, token);
    return true;
}

static bool devices_parse_intid(struct parser *parser, void *target)
{
    struct scenario_device *device = target;
    const struct lexer_token *token = parser_peek(parser);
    uint64_t intid;
    if (!parser_take_number(parser, BOARD_INTID_SPI, BOARD_IRQ_COUNT - 1, &intid)) {
        return false;
    }
    device->intid = (unsigned)intid;
    device->intid_at = parser_place(parser, token);
    return true;
}

static bool devices_parse_msix(struct parser *parser, void *target)
{
    static const char *const words[] = {"yes", "one", "no", NULL};
    static const enum scenario_msix values[] = {SCENARIO_MSIX_ALL, SCENARIO_MSIX_ONE,
                                                SCENARIO_MSIX_NO};
    struct scenario_device *device = target;
    const struct lexer_token *token = parser_peek(parser);
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    device->msix = values[index];
    device->msix_at = parser_place(parser, token);
    return true;
}

static bool devices_parse_queue_size(struct parser *parser, void *target)
{
    struct scenario_device *device = target;
    const struct lexer_token *token = parser_peek(parser);
    uint64_t size;
    if (!parser_take_number(parser, 1, VIRTQUEUE_SIZE_MAX, &size)) {
        return false;
    }
    checker_queue_size(parser, token, size);
    device->queue_size = (unsigned)size;
    return true;
}

static bool devices_parse_latency(struct parser *parser, void *target)
{
    struct scenario_device *device = target;
    return parser_take_short_time(parser, 0, DEVICES_LATENCY_MAX_NS, &device->latency_ns);
}

static bool devices_parse_batch(struct parser *parser, void *target)
{
    struct scenario_device *device = target;
    uint64_t batch;
    if (!parser_take_number(parser, 1, VIRTQUEUE_SIZE_MAX, &batch)) {
        return false;
    }
    device->style.batch = (unsigned)batch;
    return true;
}

static bool devices_parse_completion(struct parser *parser, void *target)
{
    static const char *const words[] = {
        [VIRTQUEUE_IN_ORDER] = "in-order",
        [VIRTQUEUE_OUT_OF_ORDER] = "out-of-order",
        [VIRTQUEUE_REVERSE] = "reverse",
        NULL,
    };
    struct scenario_device *device = target;
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    device->style.order = (enum virtqueue_order)index;
    return true;
}

static bool devices_parse_suppress(struct parser *parser, void *target)
{
    struct scenario_device *device = target;
    const struct lexer_token *token;
    return parser_take_word(parser, "'yes' or 'no'", &token) &&
           parser_pass(parser, token, values_yes_no(token->text, &device->style.suppress));
}

static bool devices_parse_reset(struct parser *parser, void *target)
{
    struct scenario_device *device = target;
    return parser_take_short_time(parser, 0, DEVICES_LATENCY_MAX_NS, &device->reset_ns);
}

/* The keys that both have stand first in either table. */
#define DEVICES_KEYS                                                                               \
    {"transport", devices_parse_transport}, {"slot", devices_parse_slot},                          \
        {"intid", devices_parse_intid}, {"msix", devices_parse_msix},                              \
        {"queue-size", devices_parse_queue_size}, {"latency", devices_parse_latency},              \
        {"batch", devices_parse_batch}, {"completion", devices_parse_completion},                  \
        {"suppress", devices_parse_suppress},                                                      \
    {                                                                                              \
        "reset", devices_parse_reset                                                               \
    }

/* ---- net ------------------------------------------------------------------------------------- */

static bool devices_parse_mac(struct parser *parser, void *target)
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

static bool devices_parse_features(struct parser *parser, void *target)
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

static bool devices_parse_backend(struct parser *parser, void *target)
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

static bool devices_parse_ring_start(struct parser *parser, void *target)
{
    struct scenario_device *device = target;
    uint64_t start;
    if (!parser_take_number(parser, 0, UINT16_MAX, &start)) {
        return false;
    }
    device->style.first_index = (uint16_t)start;
    return true;
}

bool parser_parse_net(struct parser *parser, const struct lexer_token *word,
                      const struct scenario_time *at)
{
    static const struct parser_key keys[] = {
        DEVICES_KEYS,
        {"mac", devices_parse_mac},
        {"features", devices_parse_features},
        {"backend", devices_parse_backend},
        {"ring-start", devices_parse_ring_start},
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
    checker_bus(parser, &net->device);
    checker_rings(parser, token, &net->device, checker_asks_for(net, "in-order"));
    checker_legacy(parser, token, net);
    checker_address(parser, token, net);
    return true;
}

/* ---- share ----------------------------------------------------------------------------------- */

static bool devices_parse_msize(struct parser *parser, void *target)
{
    struct scenario_share *share = target;
    const struct lexer_token *token;
    uint64_t size;
    if (!parser_take_word(parser, "a size such as 64K", &token) ||
        !parser_pass(parser, token, values_size(token->text, &size))) {
        return false;
    }
    if (size < VIRTIO_9P_MSIZE_MIN || size > VIRTIO_9P_MSIZE_MAX) {
        parser_refuse(parser, token, NULL, "msize=%s is out of range: 4K to 1M", token->text);
    }
    share->msize = (uint32_t)size;
    return true;
}

static bool devices_parse_read_only(struct parser *parser, void *target)
{
    struct scenario_share *share = target;
    const struct lexer_token *token;
    return parser_take_word(parser, "'yes' or 'no'", &token) &&
           parser_pass(parser, token, values_yes_no(token->text, &share->read_only));
}

/* Behind `memory`. */
static bool devices_take_contents(struct parser *parser, struct scenario_share *share)
{
    if (!parser_take(parser, "{")) {
        return false;
    }
    while (!parser_accept(parser, "}")) {
        const struct lexer_token *path, *content;
        if (!parser_take_string(parser, "the path of a file in quotes, or '}'", &path) ||
            !parser_take(parser, "=") ||
            !parser_take_string(parser, "the file's content in quotes", &content)) {
            return false;
        }
        checker_share_file(parser, path, share);
        struct scenario_file *file = g_new0(struct scenario_file, 1);
        file->place = parser_place(parser, path);
        file->path = g_strdup(path->text);
        file->content = g_strdup(content->text);
        file->size = strlen(content->text);
        g_ptr_array_add(share->files, file);
        parser_accept(parser, ",");
    }
    return true;
}

static bool devices_take_tree(struct parser *parser, struct scenario_share *share)
{
    static const char *const words[] = {"memory", NULL};
    const struct lexer_token *token;
    if (parser_accept(parser, "memory")) {
        return devices_take_contents(parser, share);
    }
    if (parser_peek(parser)->kind != LEXER_STRING) {
        return parser_fail_expected(parser, "a folder in quotes, or 'memory'", words);
    }
    if (!parser_take_string(parser, "a folder in quotes", &token)) {
        return false;
    }
    if (token->text[0] == '\0') {
        return parser_fail(parser, token, NULL, "the path of the folder is empty");
    }
    share->folder_at = parser_place(parser, token);
    share->folder = parser_path(parser, token->text);
    return true;
}

bool parser_parse_share(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at)
{
    static const struct parser_key keys[] = {
        DEVICES_KEYS,
        {"msize", devices_parse_msize},
        {"read-only", devices_parse_read_only},
    };
    (void)word, (void)at;
    const struct lexer_token *token;
    if (!parser_take_name(parser, "the name of the share, such as hostshare", &token)) {
        return false;
    }
    struct scenario_share *share = scenario_share_new(parser_place(parser, token), token->text);
    checker_share_name(parser, token);
    g_ptr_array_add(parser->scenario->shares, share);
    if (!devices_take_tree(parser, share) ||
        !parser_take_keys(parser, keys, G_N_ELEMENTS(keys), share)) {
        return false;
    }
    checker_bus(parser, &share->device);
    checker_rings(parser, token, &share->device, false);
    return true;
}
