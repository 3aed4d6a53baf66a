/*
 * checker_machine.c - machines that cannot be
 *
 * Each setting is checked where it is read. Here is what contradicts another one: of the machine,
 * of a card, of a host on the wire or of the guest's command line. What is merely slow, or of no
 * use to this guest, is a machine like any other.
 */
#include "emu/board/board.h"
#include "harness/language/checker.h"
#include "harness/language/features.h"
#include "harness/language/parser.h"

#include <stdlib.h>
#include <string.h>

#define CHECKER_NS_PER_S    UINT64_C(1000000000)
#define CHECKER_IRQ_SPECIAL 1020 /* to 1023: what IAR answers when there is none */
#define CHECKER_IRQ_LAST    1023
#define CHECKER_IRQ_READS   2 /* an interrupt of a GICv2: IAR and EOIR, at least */

static void checker_secure(struct parser *parser, const struct scenario_machine *machine)
{
    if (machine->gic != 2) {
        checker_finding_at(parser, machine->secure_at, "write gic=2, or leave out secure=yes",
                           "secure=yes is for gic=2: a GICv3 has one security state here");
    }
    /* [ARM] D1.2: EL2 is in the non-secure world, until FEAT_SEL2, which these CPUs do not have. */
    if (machine->vhe) {
        checker_finding_at(parser, machine->secure_at, "leave out vhe=yes, or secure=yes",
                           "a guest in the secure world is at EL1, and with vhe=yes it is at EL2");
    }
}

void checker_machine(struct parser *parser)
{
    const struct scenario_machine *machine = &parser->scenario->machine;
    if (machine->secure) {
        checker_secure(parser, machine);
    }
    uint64_t most = BOARD_RAM_END_MAX - GMEM_BASE - machine->ram_size;
    if (machine->pa_offset > most) {
        g_autofree char *message = g_strdup_printf(
            "RAM would end at 0x%" G_GINT64_MODIFIER "x, where PCI's configuration space is near: "
            "it has to end at 0x%" G_GINT64_MODIFIER "x",
            GMEM_BASE + machine->ram_size + machine->pa_offset, BOARD_RAM_END_MAX);
        g_autofree char *hint =
            g_strdup_printf("with this size of RAM pa-offset is at most 0x%" G_GINT64_MODIFIER "x",
                            most / GMEM_PAGE * GMEM_PAGE);
        checker_finding_at(parser, machine->pa_offset_at, hint, message);
    }
}

void checker_address(struct parser *parser, const struct lexer_token *token,
                     const struct scenario_net *net)
{
    static const uint8_t unset[sizeof(net->mac)];
    bool offered, is_off = false;
    int bit = features_bit("mac", &offered);
    for (guint i = 0; i < net->features_off->len; i++) {
        is_off = is_off || g_array_index(net->features_off, int, i) == bit;
    }
    /* [VIRTIO1.2] 5.1.4: the field is there with VIRTIO_NET_F_MAC only. */
    if (is_off && memcmp(net->mac, unset, sizeof(unset)) != 0) {
        parser_refuse(parser, token, g_strdup("leave out mac=, or -mac"),
                      "'%s' has an address and does not offer 'mac': its driver never learns it",
                      net->device.name);
    }
}

/* ---- with cards, hosts and the guest --------------------------------------------------------- */

static void checker_messages(struct parser *parser)
{
    const struct scenario *scenario = parser->scenario;
    bool has_pci = false;
    for (unsigned i = 0; i < scenario_device_count(scenario); i++) {
        has_pci = has_pci || scenario_device(scenario, i)->transport == SCENARIO_TRANSPORT_PCI;
    }
    if (scenario->machine.msi_at.line != 0 && !has_pci) {
        checker_finding_at(parser, scenario->machine.msi_at,
                           "write transport=pci for a card, or leave out msi=",
                           "msi= says who takes messages of devices on PCI, and there is none");
    }
}

static void checker_host_macs(struct parser *parser)
{
    const struct scenario *scenario = parser->scenario;
    for (guint i = 0; i < scenario->hosts->len; i++) {
        const struct scenario_host *host = scenario->hosts->pdata[i];
        for (guint j = 0; j < scenario->nets->len; j++) {
            const struct scenario_net *net = scenario->nets->pdata[j];
            if (memcmp(host->mac, net->mac, sizeof(host->mac)) == 0) {
                g_autofree char *message = g_strdup_printf(
                    "the host '%s' has the MAC address of '%s'", host->name, net->device.name);
                checker_finding_at(parser, host->place,
                                   "a card without mac= has 52:54:00:12:34:56 plus its number",
                                   message);
            }
        }
    }
}

/* The reference guest's periodic tick in Hz; 0: none. */
static uint64_t checker_tick_hz(const struct scenario *scenario)
{
    g_auto(GStrv) options = g_strsplit(scenario->guest_options, " ", -1);
    for (char **option = options; *option != NULL; option++) {
        if (g_str_has_prefix(*option, "tick=")) {
            return strtoul(*option + strlen("tick="), NULL, 0);
        }
    }
    return 0;
}

static void checker_tick(struct parser *parser)
{
    const struct scenario *scenario = parser->scenario;
    const struct scenario_machine *machine = &scenario->machine;
    uint64_t hz = strcmp(scenario->guest, "reference") == 0 ? checker_tick_hz(scenario) : 0;
    if (hz == 0 || hz > CHECKER_NS_PER_S) {
        return;
    }
    uint64_t period_ns = CHECKER_NS_PER_S / hz;
    if (machine->timer_delay_ns >= period_ns) {
        checker_finding_at(parser, scenario->guest_place, "make tick or timer-delay smaller",
                           "the timer's line would never fall: it follows no sooner than the next "
                           "tick comes");
    }
    if (machine->gic == 2 && CHECKER_IRQ_READS * machine->mmio_ns >= period_ns) {
        checker_finding_at(parser, scenario->guest_place, "make tick or mmio smaller",
                           "an interrupt would take longer than a tick: it is read from the "
                           "controller and ended there");
    }
}

void checker_board(struct parser *parser)
{
    checker_messages(parser);
    checker_host_macs(parser);
    checker_tick(parser);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* What never comes makes a `never` hold for nothing. */
void checker_event_number(struct parser *parser, const char *field, const struct lexer_token *value,
                          uint64_t number)
{
    unsigned cpus = parser->scenario->machine.cpus;
    bool is_special = number >= CHECKER_IRQ_SPECIAL && number <= CHECKER_IRQ_LAST;
    if (strcmp(field, "intid") == 0 && number >= BOARD_IRQ_COUNT && !is_special) {
        parser_refuse(parser, value, NULL, "no INTID is %s: there are 0 to %d, and 1020 to 1023",
                      value->text, BOARD_IRQ_COUNT - 1);
    }
    if (strcmp(field, "cpu") == 0 && number >= cpus) {
        parser_refuse(parser, value, g_strdup_printf("machine virt cpus=%u has more", cpus + 1),
                      "there is no CPU %s: this machine has %u, counted from 0", value->text, cpus);
    }
}
