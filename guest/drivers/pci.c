/*
 * pci.c - the PCI bus: enumeration, base address registers, capabilities
 */
#include "drivers/pci.h"

#include "drivers/pci_regs.h"
#include "kernel/console.h"
#include "lib/errno.h"
#include "ringside/hal.h"

#define PCI_SLOTS         32
#define PCI_FUNCTIONS     8
#define PCI_SLOT_SIZE     0x8000 /* of configuration space */
#define PCI_FUNCTION_SIZE 0x1000

/* The host bridge's window, and what of it is given away. */
struct pci_window {
    struct platform_pci host;
    uint64_t used;
};

uint8_t pci_read8(const struct pci_device *device, unsigned offset)
{
    return hal_mmio_read8(device->config + offset);
}

uint16_t pci_read16(const struct pci_device *device, unsigned offset)
{
    return hal_mmio_read16(device->config + offset);
}

uint32_t pci_read32(const struct pci_device *device, unsigned offset)
{
    return hal_mmio_read32(device->config + offset);
}

void pci_write16(const struct pci_device *device, unsigned offset, uint16_t value)
{
    hal_mmio_write16(device->config + offset, value);
}

static void pci_write32(const struct pci_device *device, unsigned offset, uint32_t value)
{
    hal_mmio_write32(device->config + offset, value);
}

void pci_enable(const struct pci_device *device)
{
    uint16_t command = pci_read16(device, PREG_COMMAND);
    pci_write16(device, PREG_COMMAND, command | PCOMMAND_MEMORY | PCOMMAND_MASTER);
}

unsigned pci_find_capability(const struct pci_device *device, uint8_t id, unsigned after)
{
    if ((pci_read16(device, PREG_STATUS) & PSTATUS_CAPABILITIES) == 0)
        return 0;
    /* "The bottom two bits are reserved [...] software must mask these bits", [PCI3.0] 6.7. */
    unsigned link = after == 0 ? PREG_CAPABILITIES : after + 1;
    for (unsigned i = 0; i < PCAPABILITY_COUNT; i++) {
        unsigned at = pci_read8(device, link) & ~3u;
        if (at < PCAPABILITY_FIRST_AT)
            return 0;
        if (pci_read8(device, at) == id)
            return at;
        link = at + 1;
    }
    return 0;
}

/* ---- base address registers ------------------------------------------------------------------ */

/* An address for so many bytes, aligned to them; 0: there is no room. */
static uint64_t pci_window_take(struct pci_window *window, uint64_t size)
{
    uint64_t start = window->host.window_bus + window->used;
    uint64_t aligned = (start + size - 1) & ~(size - 1);
    uint64_t skipped = aligned - start;
    uint64_t left = window->host.window_size - window->used;
    if (aligned < start || skipped > left || size > left - skipped)
        return 0;
    window->used += skipped + size;
    return aligned;
}

/* What the register says after all ones were written to it, 6.2.5.1. */
static uint32_t pci_size_register(const struct pci_device *device, unsigned reg)
{
    pci_write32(device, reg, UINT32_MAX);
    return pci_read32(device, reg);
}

/* Gives one BAR an address. The number of registers that it takes. */
static unsigned pci_assign_bar(struct pci_device *device, unsigned index, struct pci_window *window)
{
    unsigned reg = PREG_BAR0 + 4 * index;
    uint32_t before = pci_read32(device, reg);
    if ((before & PBAR_IO) != 0)
        return 1;
    bool is_64bit = (before & PBAR_TYPE_MASK) == PBAR_TYPE_64 && index + 1 < PCI_BARS_MAX;
    uint64_t mask = pci_size_register(device, reg) & PBAR_MEMORY_MASK;
    mask |= (uint64_t)(is_64bit ? pci_size_register(device, reg + 4) : UINT32_MAX) << 32;
    uint64_t size = mask & -mask; /* the lowest bit that can be written */
    bool is_there = (uint32_t)mask != 0 || (is_64bit && mask != 0);
    uint64_t address = is_there ? pci_window_take(window, size) : 0;
    pci_write32(device, reg, (uint32_t)address);
    if (is_64bit)
        pci_write32(device, reg + 4, (uint32_t)(address >> 32));
    if (is_there && address == 0)
        console_printf("pci: no room for BAR %u of slot %u\n", index, device->slot);
    if (address != 0) {
        uint64_t offset = address - window->host.window_bus;
        device->bars[index] = (struct pci_bar){
            .base = window->host.window + (uintptr_t)offset,
            .size = size,
        };
    }
    return is_64bit ? 2 : 1;
}

/* With the function switched off: it would answer wherever a BAR points to in between. */
static void pci_assign_bars(struct pci_device *device, struct pci_window *window)
{
    uint16_t command = pci_read16(device, PREG_COMMAND);
    uint16_t off = (uint16_t)(command & ~(PCOMMAND_MEMORY | PCOMMAND_MASTER));
    if (off != command)
        pci_write16(device, PREG_COMMAND, off);
    for (unsigned i = 0; i < PCI_BARS_MAX;)
        i += pci_assign_bar(device, i, window);
}

/* ---- functions ------------------------------------------------------------------------------- */

static struct pci_device pci_device_at(const struct platform_pci *host, unsigned slot,
                                       unsigned function)
{
    return (struct pci_device){
        .config =
            host->ecam + (uintptr_t)slot * PCI_SLOT_SIZE + (uintptr_t)function * PCI_FUNCTION_SIZE,
        .slot = slot,
        .function = function,
    };
}

static void pci_find_interrupt(const struct platform *platform, struct pci_device *device)
{
    uint8_t pin = pci_read8(device, PREG_INTERRUPT_PIN);
    device->has_interrupt =
        pin != 0 && platform_pci_interrupt(platform, device->slot, pin, &device->interrupt);
}

/* ---- scan ------------------------------------------------------------------------------------ */

/* True when the slot has more functions behind this one. */
static bool pci_try_function(const struct platform *platform, struct pci_device *device,
                             struct pci_window *window, pci_device_fn *fn, void *opaque)
{
    device->vendor = pci_read16(device, PREG_VENDOR);
    if (device->vendor == PVENDOR_NONE)
        return false;
    device->device = pci_read16(device, PREG_DEVICE);
    uint8_t header = pci_read8(device, PREG_HEADER_TYPE);
    if ((header & PHEADER_TYPE_MASK) == 0) {
        pci_assign_bars(device, window);
        pci_find_interrupt(platform, device);
        fn(device, opaque);
    }
    return (header & PHEADER_MULTIPLE) != 0;
}

/* One BAR as it stands. The number of registers that it takes. */
static unsigned pci_read_bar(struct pci_device *device, unsigned index,
                             const struct platform_pci *host)
{
    unsigned reg = PREG_BAR0 + 4 * index;
    uint32_t low = pci_read32(device, reg);
    if ((low & PBAR_IO) != 0)
        return 1;
    bool is_64bit = (low & PBAR_TYPE_MASK) == PBAR_TYPE_64 && index + 1 < PCI_BARS_MAX;
    uint32_t high = is_64bit ? pci_read32(device, reg + 4) : 0;
    uint64_t mask = pci_size_register(device, reg) & PBAR_MEMORY_MASK;
    mask |= (uint64_t)(is_64bit ? pci_size_register(device, reg + 4) : UINT32_MAX) << 32;
    pci_write32(device, reg, low);
    if (is_64bit)
        pci_write32(device, reg + 4, high);
    uint64_t address = (uint64_t)high << 32 | (low & PBAR_MEMORY_MASK);
    uint64_t offset = address - host->window_bus;
    if (address >= host->window_bus && offset < host->window_size && (mask & -mask) != 0)
        device->bars[index] = (struct pci_bar){
            .base = host->window + (uintptr_t)offset,
            .size = mask & -mask,
        };
    return is_64bit ? 2 : 1;
}

int pci_find(const struct platform *platform, unsigned slot, unsigned function,
             struct pci_device *device)
{
    struct platform_pci host;
    if (slot >= PCI_SLOTS || function >= PCI_FUNCTIONS || !platform_find_pci(platform, &host))
        return -KENODEV;
    *device = pci_device_at(&host, slot, function);
    device->vendor = pci_read16(device, PREG_VENDOR);
    if (device->vendor == PVENDOR_NONE ||
        (pci_read8(device, PREG_HEADER_TYPE) & PHEADER_TYPE_MASK) != 0)
        return -KENODEV;
    device->device = pci_read16(device, PREG_DEVICE);
    uint16_t command = pci_read16(device, PREG_COMMAND);
    pci_write16(device, PREG_COMMAND, (uint16_t)(command & ~(PCOMMAND_MEMORY | PCOMMAND_MASTER)));
    for (unsigned i = 0; i < PCI_BARS_MAX;)
        i += pci_read_bar(device, i, &host);
    pci_write16(device, PREG_COMMAND, command);
    pci_find_interrupt(platform, device);
    return 0;
}

int pci_scan(const struct platform *platform, pci_device_fn *fn, void *opaque)
{
    struct pci_window window = {.used = 0};
    if (!platform_find_pci(platform, &window.host))
        return -KENODEV;
    for (unsigned slot = 0; slot < PCI_SLOTS; slot++) {
        unsigned functions = 1;
        for (unsigned function = 0; function < functions; function++) {
            struct pci_device device = pci_device_at(&window.host, slot, function);
            if (pci_try_function(platform, &device, &window, fn, opaque) && function == 0)
                functions = PCI_FUNCTIONS;
        }
    }
    return 0;
}
