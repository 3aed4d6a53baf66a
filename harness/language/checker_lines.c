/*
 * checker_lines.c - INTIDs that cards are given: `net eth0 intid=230`
 *
 * The whole file has to be known: who else is in the machine, and how it describes itself.
 */
#include "harness/language/checker.h"

#include "emu/board/board.h"
#include "emu/virtio/pci_bus.h"
#include "harness/language/parser.h"

static bool checker_is_on_pci(const struct scenario_net *net)
{
    return net->transport == SCENARIO_TRANSPORT_PCI;
}

static bool checker_has_pci(const struct scenario *scenario)
{
    for (guint i = 0; i < scenario->nets->len; i++) {
        if (checker_is_on_pci(scenario->nets->pdata[i])) {
            return true;
        }
    }
    return false;
}

/* Of the virtio-mmio windows other than that of the card with this index; NULL: none has it. */
static char *checker_window_owner(const struct scenario *scenario, unsigned index, unsigned intid)
{
    for (unsigned slot = 0; slot < BOARD_VIRTIO_MMIO_SLOTS; slot++) {
        const struct scenario_net *net =
            slot < scenario->nets->len ? scenario->nets->pdata[slot] : NULL;
        bool was_given = net != NULL && net->intid != 0;
        unsigned has = was_given ? net->intid : BOARD_VIRTIO_MMIO_INTID + slot;
        if (slot != index && has == intid) {
            return net != NULL && !checker_is_on_pci(net)
                       ? g_strdup_printf("the card '%s'", net->name)
                       : g_strdup_printf("virtio-mmio window %u", slot);
        }
    }
    return NULL;
}

/* Who has the INTID besides the card with this index, as words; NULL: nobody. */
static char *checker_line_owner(const struct scenario *scenario, unsigned index, unsigned intid)
{
    bool has_pci = checker_has_pci(scenario);
    if (intid == BOARD_RTC_INTID) {
        return g_strdup("the real-time clock");
    }
    if (has_pci && intid >= BOARD_PCI_INTID && intid < BOARD_PCI_INTID + PCI_PINS) {
        return g_strdup("a pin of PCI");
    }
    if (has_pci && !scenario->machine.msi_none && intid >= BOARD_GICV2M_INTID &&
        intid < BOARD_GICV2M_INTID + BOARD_GICV2M_COUNT) {
        return g_strdup("a message of PCI");
    }
    return checker_window_owner(scenario, index, intid);
}

void checker_lines(struct parser *parser)
{
    const struct scenario *scenario = parser->scenario;
    for (guint i = 0; i < scenario->nets->len; i++) {
        const struct scenario_net *net = scenario->nets->pdata[i];
        if (net->intid == 0) {
            continue;
        }
        if (net->transport == SCENARIO_TRANSPORT_PCI) {
            checker_finding_at(parser, net->intid_at, "choose the slot instead",
                               "on PCI the slot decides over a card's INTID");
            continue;
        }
        if (scenario->machine.boot == SCENARIO_BOOT_ACPI) {
            checker_finding_at(parser, net->intid_at, "boot by device tree, or leave 'intid' out",
                               "ACPI tables without a DSDT cannot tell the guest of it");
            continue;
        }
        g_autofree char *owner = checker_line_owner(scenario, i, net->intid);
        if (owner != NULL) {
            g_autofree char *message =
                g_strdup_printf("INTID %u is taken: %s has it", net->intid, owner);
            checker_finding_at(parser, net->intid_at, NULL, message);
        }
    }
}
