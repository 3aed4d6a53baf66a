/*
 * checker_lines.c - INTIDs that devices are given: `net eth0 intid=230`
 *
 * The whole file has to be known: who else is in the machine, and how it describes itself. Devices
 * that are given the same INTID share a line; one that somebody has without being asked is taken.
 */
#include "harness/language/checker.h"

#include "emu/board/board.h"
#include "emu/virtio/pci_bus.h"
#include "harness/language/parser.h"

static bool checker_has_pci(const struct scenario *scenario)
{
    for (unsigned i = 0; i < scenario_device_count(scenario); i++) {
        if (scenario_device(scenario, i)->transport == SCENARIO_TRANSPORT_PCI) {
            return true;
        }
    }
    return false;
}

/* Of the virtio-mmio windows: the one that has this INTID by itself; NULL: none. */
static char *checker_window_owner(const struct scenario *scenario, unsigned intid)
{
    unsigned window = intid - BOARD_VIRTIO_MMIO_INTID; /* wraps for those below */
    const struct scenario_device *device =
        window < scenario_device_count(scenario) ? scenario_device(scenario, window) : NULL;
    if (window >= BOARD_VIRTIO_MMIO_SLOTS || (device != NULL && device->intid != 0)) {
        return NULL;
    }
    return device != NULL && device->transport != SCENARIO_TRANSPORT_PCI
               ? g_strdup_printf("the %s '%s'", window < scenario->nets->len ? "card" : "share",
                                 device->name)
               : g_strdup_printf("virtio-mmio window %u", window);
}

/* Who has the INTID by itself, as words; NULL: nobody. */
static char *checker_line_owner(const struct scenario *scenario, unsigned intid)
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
    return checker_window_owner(scenario, intid);
}

void checker_lines(struct parser *parser)
{
    const struct scenario *scenario = parser->scenario;
    for (unsigned i = 0; i < scenario_device_count(scenario); i++) {
        const struct scenario_device *device = scenario_device(scenario, i);
        if (device->intid == 0) {
            continue;
        }
        if (device->transport == SCENARIO_TRANSPORT_PCI) {
            checker_finding_at(parser, device->intid_at, "choose the slot instead",
                               "on PCI the slot decides over a device's INTID");
            continue;
        }
        if (scenario->machine.boot == SCENARIO_BOOT_ACPI) {
            checker_finding_at(parser, device->intid_at,
                               "boot by device tree, or leave 'intid' out",
                               "ACPI tables without a DSDT cannot tell the guest of it");
            continue;
        }
        g_autofree char *owner = checker_line_owner(scenario, device->intid);
        if (owner != NULL) {
            g_autofree char *message =
                g_strdup_printf("INTID %u is taken: %s has it", device->intid, owner);
            checker_finding_at(parser, device->intid_at, NULL, message);
        }
    }
}
