/*
 * checker_rings.c - what is wrong with the rings of a card before they run
 *
 * Each setting is checked where it is read; here is what contradicts another one: in the same
 * statement, or in that of the guest.
 */
#include "harness/language/checker.h"
#include "harness/language/diagnostic.h"
#include "harness/language/features.h"
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <stdlib.h>
#include <string.h>

/* The headers of device and Ethernet, and what a frame needs: [VIRTIO1.2] 5.1.6.3.1. */
#define CHECKER_RX_BUFFER_MIN 26
#define CHECKER_RX_BUFFER_MAX 1526
#define CHECKER_POLL_MAX      10000

bool checker_asks_for(const struct scenario_net *net, const char *feature)
{
    bool offered;
    int bit = features_bit(feature, &offered);
    for (guint i = 0; i < net->features_on->len; i++) {
        if (g_array_index(net->features_on, int, i) == bit) {
            return true;
        }
    }
    return false;
}

void checker_rings(struct parser *parser, const struct lexer_token *token,
                   const struct scenario_device *device, bool in_order)
{
    const struct virtqueue_style *style = &device->style;
    if (style->order != VIRTQUEUE_IN_ORDER && in_order) {
        parser_refuse(parser, token, g_strdup("leave out completion=, or +in-order"),
                      "'%s' offers in-order, which promises the order, and has another completion",
                      device->name);
    } else if (style->order != VIRTQUEUE_IN_ORDER && style->batch < 2) {
        parser_refuse(parser, token, g_strdup("add batch=2, or more"),
                      "the order of '%s' is that of a batch, and a batch has one chain",
                      device->name);
    }
    if (style->batch > device->queue_size) {
        parser_refuse(parser, token, g_strdup("make it no more than queue-size"),
                      "batch=%u of '%s' can never be complete: its queues have %u entries",
                      style->batch, device->name, device->queue_size);
    }
}

/* Where the reference guest begins, with its option: 0 without. */
static unsigned checker_guest_start(const struct scenario *scenario)
{
    static const char key[] = "ring-start=";
    const char *found = strstr(scenario->guest_options, key);
    return found != NULL ? (unsigned)strtoul(found + strlen(key), NULL, 0) : 0;
}

void checker_ring_starts(struct parser *parser)
{
    const struct scenario *scenario = parser->scenario;
    if (strcmp(scenario->guest, "reference") != 0) {
        return;
    }
    unsigned start = checker_guest_start(scenario);
    for (guint i = 0; i < scenario->nets->len; i++) {
        const struct scenario_net *net = scenario->nets->pdata[i];
        if (net->device.style.first_index != start) {
            g_autofree char *message =
                g_strdup_printf("the rings of a card begin at %u, and the guest's at %u",
                                net->device.style.first_index, start);
            checker_finding_at(parser, net->device.place,
                               "both sides have to agree: give 'guest' and 'net' the same number",
                               message);
            return;
        }
    }
}

/* Always true. */
static bool checker_option_number(struct parser *parser, const struct lexer_token *key,
                                  const struct lexer_token *value, uint64_t min, uint64_t max)
{
    uint64_t number;
    g_autofree char *message = values_number(value->text, min, max, &number);
    if (message != NULL) {
        parser_refuse(parser, value, NULL, "%s: %s", key->text, message);
    }
    return true;
}

bool checker_ring_option(struct parser *parser, const struct lexer_token *key,
                         const struct lexer_token *value)
{
    static const char *const policies[] = {"forget", "block", "spin", NULL};
    if (strcmp(key->text, "ring-start") == 0) {
        return checker_option_number(parser, key, value, 0, UINT16_MAX);
    }
    if (strcmp(key->text, "rx-buffer") == 0) {
        return checker_option_number(parser, key, value, CHECKER_RX_BUFFER_MIN,
                                     CHECKER_RX_BUFFER_MAX);
    }
    if (strcmp(key->text, "poll") == 0) {
        return checker_option_number(parser, key, value, 1, CHECKER_POLL_MAX);
    }
    if (strcmp(key->text, "tx") != 0) {
        return false;
    }
    if (!g_strv_contains(policies, value->text)) {
        parser_refuse(parser, value, diagnostic_hint_nearest(value->text, policies),
                      "unknown way to wait for a transmission %s: 'forget', 'block' or 'spin'",
                      parser_shown(parser, value));
    }
    return true;
}
