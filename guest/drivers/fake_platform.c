/*
 * fake_platform.c - a machine of a few windows and a PCI bus, for unit tests of drivers
 */
#include "drivers/fake_platform.h"

#include "drivers/mock_pci.h"
#include "lib/kassert.h"

struct fake_platform fake_platform;

static void fake_platform_each_window(const struct platform *platform, platform_window_fn *fn,
                                      void *opaque)
{
    (void)platform;
    for (unsigned i = 0; i < fake_platform.window_count; i++)
        if (!fn(&fake_platform.windows[i], opaque))
            return;
}

static bool fake_platform_find_messages(const struct platform *platform,
                                        struct platform_messages *messages)
{
    (void)platform;
    *messages = (struct platform_messages){.base = MOCK_FRAME};
    return fake_platform.has_messages;
}

static bool fake_platform_find_pci(const struct platform *platform, struct platform_pci *pci)
{
    (void)platform;
    *pci = (struct platform_pci){
        .ecam = MOCK_ECAM,
        .window = FAKE_PCI_WINDOW,
        .window_bus = FAKE_PCI_WINDOW,
        .window_size = fake_platform.pci_window_size,
    };
    return fake_platform.has_pci;
}

static bool fake_platform_pci_interrupt(const struct platform *platform, unsigned slot,
                                        unsigned pin, struct platform_interrupt *interrupt)
{
    (void)platform;
    *interrupt = (struct platform_interrupt){.intid = 35 + (slot + pin - 1) % 4};
    return fake_platform.has_pins;
}

static const struct platform_ops fake_platform_ops = {
    .each_window = fake_platform_each_window,
    .find_messages = fake_platform_find_messages,
    .find_pci = fake_platform_find_pci,
    .pci_interrupt = fake_platform_pci_interrupt,
};

void fake_platform_reset(void)
{
    fake_platform = (struct fake_platform){.platform = {.ops = &fake_platform_ops}};
    platform_set_current(&fake_platform.platform);
}

void fake_platform_add_window(uintptr_t base, uint32_t intid, bool edge_triggered)
{
    kassert(fake_platform.window_count < FAKE_PLATFORM_WINDOWS);
    fake_platform.windows[fake_platform.window_count++] = (struct platform_window){
        .base = base,
        .interrupt = {.intid = intid, .edge_triggered = edge_triggered},
    };
}

void fake_platform_add_pci(void)
{
    fake_platform.has_pci = fake_platform.has_pins = fake_platform.has_messages = true;
    fake_platform.pci_window_size = 0x100000;
}
