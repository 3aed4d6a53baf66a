/*
 * checker_faults.c - what is wrong with faults, hosts and frames before they run
 *
 * That a queue, a card or an INTID is there is checked where it is read; here is what needs the
 * whole statement, or those before it.
 */
#include "harness/language/checker.h"

#include "emu/board/board.h"
#include "emu/virtio/pci_bus.h"
#include "harness/language/diagnostic.h"
#include "harness/language/parser.h"

#include <string.h>

/* The port of libslirp on the wire. */
#define CHECKER_SLIRP "slirp"

static bool checker_same_place(const struct scenario_fault *a, const struct scenario_fault *b)
{
    return a->object == b->object && strcmp(a->target, b->target) == 0;
}

static bool checker_is_card_or_intid(const struct scenario_fault *fault)
{
    return strchr(fault->target, '.') == NULL;
}

/* A device that may send messages: then it has no line that a fault could stand on. */
static bool checker_may_send_messages(const struct parser *parser, const char *name)
{
    const struct scenario *scenario = parser->scenario;
    for (unsigned i = 0; i < scenario_device_count(scenario) && !scenario->machine.msi_none; i++) {
        const struct scenario_device *device = scenario_device(scenario, i);
        if (device->transport == SCENARIO_TRANSPORT_PCI && device->msix != SCENARIO_MSIX_NO &&
            strcmp(device->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A device that breaks the order that it has promised is no device that a driver could know. */
static void checker_promised_order(struct parser *parser, const struct lexer_token *word,
                                   const struct scenario_fault *fault)
{
    g_autofree char *card = g_strndup(fault->target, strcspn(fault->target, "."));
    for (guint i = 0; i < parser->scenario->nets->len; i++) {
        const struct scenario_net *net = parser->scenario->nets->pdata[i];
        if (strcmp(net->device.name, card) == 0 && checker_asks_for(net, "in-order")) {
            parser_refuse(parser, word, NULL,
                          "'%s' offers in-order, which promises that no chain is out of order",
                          card);
        }
    }
}

/* Of a device on PCI it depends on its slot, unless messages have others; 0: not known. */
static uint64_t checker_device_intid(const struct scenario_device *device, unsigned index)
{
    if (device->transport != SCENARIO_TRANSPORT_PCI) {
        return device->intid != 0 ? device->intid : BOARD_VIRTIO_MMIO_INTID + index;
    }
    bool is_pin = device->msix == SCENARIO_MSIX_NO && device->slot != 0;
    return is_pin ? BOARD_PCI_INTID + device->slot % PCI_PINS : 0;
}

/* The INTID that a device's interrupt has, or a queue's share of it; 0: not known. */
static uint64_t checker_intid(const struct parser *parser, const char *target)
{
    if (g_ascii_isdigit(target[0])) {
        return g_ascii_strtoull(target, NULL, 10);
    }
    size_t size = strcspn(target, ".");
    for (unsigned i = 0; i < scenario_device_count(parser->scenario); i++) {
        const struct scenario_device *device = scenario_device(parser->scenario, i);
        if (strlen(device->name) == size && strncmp(device->name, target, size) == 0) {
            return checker_device_intid(device, i);
        }
    }
    return 0;
}

static void checker_inject_irq(struct parser *parser, const struct lexer_token *word,
                               const struct scenario_fault *fault)
{
    bool spurious = fault->kind == SCENARIO_IRQ_SPURIOUS;
    if (checker_may_send_messages(parser, fault->target)) {
        parser_refuse(parser, word,
                      g_strdup("name a queue (CARD.rx), an INTID of the frame (80 to 143), or "
                               "give it msix=no"),
                      "'%s' may send messages (MSI-X), and has no line then", fault->target);
    }
    if ((spurious || fault->kind == SCENARIO_IRQ_EDGE) && !checker_is_card_or_intid(fault)) {
        g_autofree char *card = g_strndup(fault->target, strcspn(fault->target, "."));
        parser_refuse(parser, word,
                      g_strdup_printf("did you mean 'inject irq %s %s'?", card,
                                      spurious ? "spurious" : "edge"),
                      "a queue has no interrupt of its own that could be %s",
                      spurious ? "spurious" : "an edge");
    }
    if (fault->kind == SCENARIO_IRQ_ROUTE &&
        checker_intid(parser, fault->target) == fault->number) {
        parser_refuse(parser, word, NULL, "'%s' has INTID %u already: that is no fault",
                      fault->target, (unsigned)fault->number);
    }
}

/* `fail each` makes tests of its own: twice, or with mutants, nobody could say what one shows. */
static void checker_inject_each(struct parser *parser, const struct lexer_token *word)
{
    struct scenario *scenario = parser->scenario;
    if (scenario->alloc_each) {
        parser_refuse(parser, word, NULL, "'alloc fail each' stands in this scenario already");
    }
    if (scenario->guards->len > 0) {
        parser_refuse(parser, word, g_strdup("name one allocation: inject alloc fail 3"),
                      "a scenario with guards cannot have 'alloc fail each'");
    }
    scenario->alloc_each = true;
}

static unsigned checker_timer_intid(const struct scenario_fault *fault)
{
    return strcmp(fault->target, "virtual") == 0 ? BOARD_TIMER_VIRT_INTID : BOARD_TIMER_PHYS_INTID;
}

void checker_inject(struct parser *parser, const struct lexer_token *word,
                    const struct scenario_fault *fault)
{
    unsigned count = 0;
    for (guint i = 0; i < parser->scenario->statements->len; i++) {
        const struct scenario_statement *other = parser->scenario->statements->pdata[i];
        count += other->verb == SCENARIO_INJECT && other->fault.object == fault->object ? 1 : 0;
    }
    if (count == SCENARIO_FAULTS_MAX + 1) {
        parser_refuse(parser, word, NULL, "too many faults of this kind: at most %d",
                      SCENARIO_FAULTS_MAX);
    }
    if (fault->object == SCENARIO_FAULT_IRQ) {
        checker_inject_irq(parser, word, fault);
    } else if (fault->kind == SCENARIO_TIMER_INTID && fault->number == checker_timer_intid(fault)) {
        parser_refuse(parser, word, NULL, "the %s timer has INTID %u already: that is no fault",
                      fault->target, (unsigned)fault->number);
    } else if (fault->object == SCENARIO_FAULT_ALLOC && fault->number == 0) {
        checker_inject_each(parser, word);
    } else if (fault->kind == SCENARIO_VQ_OUT_OF_ORDER) {
        checker_promised_order(parser, word, fault);
    }
}

/* "injected were: irq eth0.tx, link eth0", or NULL. Given. */
static char *checker_hint_injected(GPtrArray *places)
{
    if (places->len == 0) {
        return NULL;
    }
    g_ptr_array_add(places, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **)places->pdata);
    return g_strdup_printf("injected were: %s", list);
}

void checker_restore(struct parser *parser, const struct lexer_token *token,
                     const struct scenario_fault *fault)
{
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < parser->scenario->statements->len; i++) {
        const struct scenario_statement *other = parser->scenario->statements->pdata[i];
        if (other->verb != SCENARIO_INJECT || other->fault.target == NULL) {
            continue;
        }
        if (checker_same_place(&other->fault, fault)) {
            return;
        }
        g_autofree char *place = g_strdup_printf(
            "%s %s", parser_fault_object_name(other->fault.object), other->fault.target);
        if (!g_ptr_array_find_with_equal_func(places, place, g_str_equal, NULL)) {
            g_ptr_array_add(places, g_steal_pointer(&place));
        }
    }
    parser_refuse(parser, token, checker_hint_injected(places),
                  "no fault of '%s' was injected before: nothing to restore", token->text);
}

void checker_station(struct parser *parser, const struct lexer_token *token)
{
    if (checker_knows(parser, CHECKER_NET, token->text) ||
        checker_knows(parser, CHECKER_HOST, token->text)) {
        return;
    }
    g_autofree const char **cards = checker_names(parser, CHECKER_NET);
    g_autofree const char **hosts = checker_names(parser, CHECKER_HOST);
    char *hint = diagnostic_hint_nearest(token->text, cards);
    parser_refuse(parser, token, hint != NULL ? hint : diagnostic_hint_nearest(token->text, hosts),
                  "no network card or host is called '%s'", token->text);
}

void checker_host(struct parser *parser, const struct lexer_token *name,
                  const struct scenario_host *host)
{
    const GPtrArray *hosts = parser->scenario->hosts;
    if (checker_knows(parser, CHECKER_NET, name->text)) {
        parser_refuse(parser, name, NULL, "a network card is called '%s' already", name->text);
    }
    if (strcmp(name->text, CHECKER_SLIRP) == 0) {
        parser_refuse(parser, name, NULL, "'%s' is the name of libslirp's own port", CHECKER_SLIRP);
    }
    if (hosts->len > SCENARIO_HOSTS_MAX) {
        parser_refuse(parser, name, NULL, "too many hosts: at most %d", SCENARIO_HOSTS_MAX);
    }
    for (guint i = 0; i < hosts->len; i++) {
        const struct scenario_host *other = hosts->pdata[i];
        if (other == host) {
            continue;
        }
        if (memcmp(other->ip, host->ip, sizeof(host->ip)) == 0) {
            parser_refuse(parser, name, NULL, "'%s' and '%s' have the same address", other->name,
                          host->name);
        } else if (memcmp(other->mac, host->mac, sizeof(host->mac)) == 0) {
            parser_refuse(parser, name, NULL, "'%s' and '%s' have the same MAC address",
                          other->name, host->name);
        }
    }
}
