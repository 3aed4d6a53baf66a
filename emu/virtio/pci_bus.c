/*
 * pci_bus.c - one PCI bus: configuration space, base address registers, interrupt pins
 *
 * Configuration space is bytes and a mask of the bits that can be written, [PCI3.0] 6.1: writes to
 * all others are completed and discarded. A BAR whose low bits cannot be written answers a sizing
 * by itself. What a write changes beyond the bytes (which BARs are decoded, who may drive pins) is
 * worked out again from the bytes after each write to the command register or a BAR.
 *
 * A pin of the bridge is the OR of what the slots on it assert, and is asserted once for each
 * assertion below it.
 *
 * Where two BARs overlap, that of the lower slot answers. A BAR of 0, or outside of the window, is
 * not decoded by anybody: the bridge does not forward such an address.
 */
#include "emu/virtio/pci_bus.h"

#include "emu/virtio/pci_spec.h"

#include <string.h>

#define PCI_ECAM_SLOT_SHIFT     15
#define PCI_ECAM_FUNCTION_SHIFT 12
#define PCI_ECAM_REGISTER_MASK  0xfff
#define PCI_BAR_TYPE_MASK       UINT64_C(0xf)

struct pci_bar {
    uint32_t size; /* 0: none */
    bool is_64bit;
    uint64_t base; /* what the register says */
    bool decoded;
};

struct pci_function {
    struct pci_bus *bus;
    const char *name;
    unsigned slot;
    const struct pci_function_ops *ops;
    void *opaque;
    uint8_t config[PCI_CONFIG_SIZE];
    uint8_t writable[PCI_CONFIG_SIZE];
    struct pci_bar bars[PCI_BARS];
    unsigned capabilities_end;
    unsigned last_capability; /* 0: none */
    bool intx;                /* what the device wants */
    uint64_t breaches;
};

struct pci_bus {
    struct trace *trace;
    struct pci_bus_config config;
    struct pci_function *functions[PCI_SLOTS];
    uint32_t asserted[PCI_PINS]; /* a bit a slot */
};

static uint32_t pci_load(const struct pci_function *function, unsigned offset, unsigned size)
{
    uint32_t value = 0;
    g_assert(offset + size <= PCI_CONFIG_SIZE && size <= sizeof(value));
    memcpy(&value, function->config + offset, size);
    return value;
}

static void pci_store(struct pci_function *function, unsigned offset, unsigned size, uint32_t value)
{
    g_assert(offset + size <= PCI_CONFIG_SIZE && size <= sizeof(value));
    memcpy(function->config + offset, &value, size);
}

static uint32_t pci_command(const struct pci_function *function)
{
    return pci_load(function, PCI_AT_COMMAND, 2);
}

void pci_function_breach(struct pci_function *function, const char *clause, const char *rule,
                         uint64_t value)
{
    function->breaches++;
    trace_emit(function->bus->trace, TRACE_PCI_BREACH, TS(function->name), TS(clause), TS(rule),
               TN(value));
}

uint64_t pci_function_breaches(const struct pci_function *function)
{
    return function->breaches;
}

/* ---- pins ------------------------------------------------------------------------------------ */

/* Lets the bridge see what the function asserts. */
static void pci_function_drive(struct pci_function *function, bool assertion)
{
    struct pci_bus *bus = function->bus;
    uint8_t pin = function->config[PCI_AT_INTERRUPT_PIN];
    if (pin == 0) {
        return;
    }
    unsigned index = (function->slot + pin - 1) % PCI_PINS;
    uint32_t bit = UINT32_C(1) << function->slot, before = bus->asserted[index];
    bool level = function->intx && (pci_command(function) & PCI_CMD_INTX_OFF) == 0;
    bus->asserted[index] = level ? before | bit : before & ~bit;
    if (level && (assertion || (before & bit) == 0)) {
        irqline_set(&bus->config.pins[index], true);
    } else if (!level && before != 0 && bus->asserted[index] == 0) {
        irqline_set(&bus->config.pins[index], false);
    }
}

void pci_function_set_intx(struct pci_function *function, bool level)
{
    function->intx = level;
    uint32_t status = pci_load(function, PCI_AT_STATUS, 2) & ~(uint32_t)PCI_STAT_INTX;
    pci_store(function, PCI_AT_STATUS, 2, status | (level ? PCI_STAT_INTX : 0));
    pci_function_drive(function, level);
}

/* ---- messages -------------------------------------------------------------------------------- */

bool pci_function_is_master(const struct pci_function *function)
{
    return (pci_command(function) & PCI_CMD_MASTER) != 0;
}

void pci_function_send(struct pci_function *function, unsigned vector, uint64_t address,
                       uint32_t data)
{
    const struct pci_bus_config *config = &function->bus->config;
    if (!pci_function_is_master(function)) {
        pci_function_breach(function, "[PCI3.0] 6.2.2",
                            "Bus master: a value of 0 disables the device from generating PCI "
                            "accesses.",
                            vector);
        return;
    }
    trace_emit(function->bus->trace, TRACE_PCI_MESSAGE, TS(function->name), TN(vector), TN(address),
               TN(data));
    if (config->message == NULL || !config->message(config->message_opaque, address, data)) {
        pci_function_breach(function, "[PCI3.0] 6.8.2",
                            "System-specified message lower address: nothing takes messages there.",
                            address);
    }
}

/* ---- base address registers ------------------------------------------------------------------ */

static bool pci_bar_covers(const struct pci_bar *bar, uint64_t address)
{
    return bar->size != 0 && address >= bar->base && address - bar->base < bar->size;
}

static bool pci_bar_is_in_window(const struct pci_bus *bus, const struct pci_bar *bar)
{
    const struct pci_bus_config *config = &bus->config;
    return bar->base >= config->window_base &&
           bar->base - config->window_base <= config->window_size &&
           bar->size <= config->window_size - (bar->base - config->window_base);
}

/* A BAR that is decoded and overlaps this one, of another register or function. */
static bool pci_bar_overlaps(const struct pci_bus *bus, const struct pci_bar *bar)
{
    for (unsigned slot = 0; slot < PCI_SLOTS; slot++) {
        for (unsigned i = 0; bus->functions[slot] != NULL && i < PCI_BARS; i++) {
            const struct pci_bar *other = &bus->functions[slot]->bars[i];
            if (other != bar && other->decoded && other->base < bar->base + bar->size &&
                bar->base < other->base + other->size) {
                return true;
            }
        }
    }
    return false;
}

/* Works out again where the function answers. */
static void pci_function_decode(struct pci_function *function)
{
    bool enabled = (pci_command(function) & PCI_CMD_MEMORY) != 0;
    for (unsigned i = 0; i < PCI_BARS; i++) {
        struct pci_bar *bar = &function->bars[i];
        if (bar->size == 0) {
            continue;
        }
        bool before = bar->decoded;
        unsigned at = PCI_AT_BAR + 4 * i;
        bar->base = pci_load(function, at, 4) & ~PCI_BAR_TYPE_MASK;
        if (bar->is_64bit) {
            bar->base |= (uint64_t)pci_load(function, at + 4, 4) << 32;
        }
        bar->decoded = enabled && pci_bar_is_in_window(function->bus, bar);
        if (bar->decoded && !before && pci_bar_overlaps(function->bus, bar)) {
            pci_function_breach(function, "[PCI3.0] 6.2.5.1",
                                "device independent software must be able to [...] build a "
                                "consistent address map: two base address registers overlap",
                                bar->base);
        }
    }
}

bool pci_function_bar_read(struct pci_function *function, unsigned bar, uint64_t offset,
                           unsigned size, uint64_t *value)
{
    if (bar >= PCI_BARS || function->bars[bar].size < size ||
        offset > function->bars[bar].size - size) {
        return false;
    }
    *value = function->ops->bar_read(function->opaque, bar, offset, size);
    return true;
}

bool pci_function_bar_write(struct pci_function *function, unsigned bar, uint64_t offset,
                            unsigned size, uint64_t value)
{
    if (bar >= PCI_BARS || function->bars[bar].size < size ||
        offset > function->bars[bar].size - size) {
        return false;
    }
    function->ops->bar_write(function->opaque, bar, offset, size, value);
    return true;
}

/* Who answers at an address of the window; NULL, and the event: nobody. */
static struct pci_function *pci_bus_find(struct pci_bus *bus, uint64_t address, unsigned size,
                                         const char *access, unsigned *bar)
{
    struct pci_function *silent = NULL;
    for (unsigned slot = 0; slot < PCI_SLOTS; slot++) {
        struct pci_function *function = bus->functions[slot];
        for (unsigned i = 0; function != NULL && i < PCI_BARS; i++) {
            if (!pci_bar_covers(&function->bars[i], address)) {
                continue;
            }
            if (function->bars[i].decoded) {
                *bar = i;
                return function;
            }
            silent = function;
        }
    }
    if (silent != NULL) {
        pci_function_breach(silent, "[PCI3.0] 6.2.2",
                            "Memory space: a value of 0 disables the device response.", address);
    }
    trace_emit(bus->trace, TRACE_MMIO_UNMAPPED, TN(address), TN(size), TS(access));
    return NULL;
}

static uint64_t pci_window_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pci_bus *bus = opaque;
    uint64_t address = bus->config.window_base + offset, value = UINT64_MAX;
    unsigned bar = 0;
    struct pci_function *function = pci_bus_find(bus, address, size, "read", &bar);
    if (function != NULL) {
        pci_function_bar_read(function, bar, address - function->bars[bar].base, size, &value);
    }
    return value;
}

static void pci_window_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct pci_bus *bus = opaque;
    uint64_t address = bus->config.window_base + offset;
    unsigned bar = 0;
    struct pci_function *function = pci_bus_find(bus, address, size, "write", &bar);
    if (function != NULL) {
        pci_function_bar_write(function, bar, address - function->bars[bar].base, size, value);
    }
}

static const struct mmio_ops pci_window_ops = {
    .read = pci_window_read,
    .write = pci_window_write,
    .sizes = 1 | 2 | 4 | 8,
};

/* ---- configuration space --------------------------------------------------------------------- */

static struct pci_function *pci_ecam_function(struct pci_bus *bus, uint64_t offset)
{
    unsigned slot = (unsigned)(offset >> PCI_ECAM_SLOT_SHIFT) % PCI_SLOTS;
    unsigned number = (unsigned)(offset >> PCI_ECAM_FUNCTION_SHIFT) % 8;
    return number == 0 ? bus->functions[slot] : NULL;
}

static uint64_t pci_ecam_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pci_function *function = pci_ecam_function(opaque, offset);
    unsigned at = offset & PCI_ECAM_REGISTER_MASK;
    if (function == NULL) {
        return UINT64_MAX; /* [PCI3.0] 6.1: "a value of all-1's on read accesses" */
    }
    if (at >= PCI_CONFIG_SIZE) {
        return 0; /* no extended capabilities */
    }
    if (function->ops != NULL && function->ops->config_read != NULL) {
        function->ops->config_read(function->opaque, at, size);
    }
    return pci_load(function, at, size);
}

static bool pci_touches(unsigned at, unsigned size, unsigned first, unsigned end)
{
    return at < end && first < at + size;
}

static void pci_config_changed(struct pci_function *function, unsigned at, unsigned size,
                               uint32_t command_before, bool changed)
{
    uint32_t command = pci_command(function);
    if (command != command_before) {
        trace_emit(function->bus->trace, TRACE_PCI_COMMAND, TS(function->name), TN(command));
    }
    if (changed && pci_touches(at, size, PCI_AT_BAR, PCI_AT_BAR_END) &&
        (command & PCI_CMD_MEMORY) != 0) {
        pci_function_breach(function, "[PCI3.0] 6.2.5.1",
                            "Decode (I/O or memory) of a register is disabled via the command "
                            "register before sizing a Base Address register.",
                            at);
    }
    if (pci_touches(at, size, PCI_AT_COMMAND, PCI_AT_STATUS) ||
        pci_touches(at, size, PCI_AT_BAR, PCI_AT_BAR_END)) {
        pci_function_decode(function);
        pci_function_drive(function, false);
    }
    if (function->ops != NULL && function->ops->config_written != NULL) {
        function->ops->config_written(function->opaque, at, size);
    }
}

static void pci_ecam_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct pci_function *function = pci_ecam_function(opaque, offset);
    unsigned at = offset & PCI_ECAM_REGISTER_MASK;
    if (function == NULL || at >= PCI_CONFIG_SIZE) {
        return; /* 6.1: "the write [...] completed normally and the data discarded" */
    }
    uint32_t command = pci_command(function), before = pci_load(function, at, size);
    for (unsigned i = 0; i < size; i++) {
        uint8_t mask = function->writable[at + i], byte = (uint8_t)(value >> 8 * i);
        function->config[at + i] =
            (uint8_t)((function->config[at + i] & (uint8_t)~mask) | (byte & mask));
    }
    pci_config_changed(function, at, size, command, pci_load(function, at, size) != before);
}

static const struct mmio_ops pci_ecam_ops = {
    .read = pci_ecam_read,
    .write = pci_ecam_write,
    .sizes = 1 | 2 | 4,
};

/* ---- functions ------------------------------------------------------------------------------- */

uint8_t *pci_function_config(struct pci_function *function)
{
    return function->config;
}

void pci_function_set_writable(struct pci_function *function, unsigned offset, unsigned size,
                               uint32_t mask)
{
    g_assert(offset + size <= PCI_CONFIG_SIZE && size <= sizeof(mask));
    memcpy(function->writable + offset, &mask, size);
}

bool pci_bus_is_free(const struct pci_bus *bus, unsigned slot)
{
    return slot < PCI_SLOTS && bus->functions[slot] == NULL;
}

struct pci_function *pci_bus_add(struct pci_bus *bus, unsigned slot, const char *name,
                                 const struct pci_identity *identity,
                                 const struct pci_function_ops *ops, void *opaque)
{
    g_assert(pci_bus_is_free(bus, slot));
    g_assert(identity->pin <= PCI_PINS);
    struct pci_function *function = g_new0(struct pci_function, 1);
    *function = (struct pci_function){
        .bus = bus,
        .name = trace_intern(bus->trace, name),
        .slot = slot,
        .ops = ops,
        .opaque = opaque,
        .capabilities_end = PCI_AT_FIRST_CAPABILITY,
    };
    pci_store(function, PCI_AT_VENDOR, 2, identity->vendor);
    pci_store(function, PCI_AT_DEVICE, 2, identity->device);
    pci_store(function, PCI_AT_REVISION, 1, identity->revision);
    pci_store(function, PCI_AT_CLASS, 3, identity->class_code);
    pci_store(function, PCI_AT_SUBSYSTEM_VENDOR, 2, identity->subsystem_vendor);
    pci_store(function, PCI_AT_SUBSYSTEM, 2, identity->subsystem);
    pci_store(function, PCI_AT_INTERRUPT_PIN, 1, identity->pin);
    pci_function_set_writable(function, PCI_AT_INTERRUPT_LINE, 1, UINT8_MAX);
    pci_function_set_writable(function, PCI_AT_COMMAND, 2,
                              PCI_CMD_MEMORY | PCI_CMD_MASTER | PCI_CMD_INTX_OFF);
    bus->functions[slot] = function;
    return function;
}

void pci_function_add_bar(struct pci_function *function, unsigned bar, uint32_t size, bool is_64bit)
{
    g_assert(bar < PCI_BARS && function->bars[bar].size == 0);
    g_assert(!is_64bit || (bar + 1 < PCI_BARS && function->bars[bar + 1].size == 0));
    g_assert(size >= 16 && (size & (size - 1)) == 0);
    g_assert(function->ops != NULL);
    function->bars[bar] = (struct pci_bar){.size = size, .is_64bit = is_64bit};
    unsigned at = PCI_AT_BAR + 4 * bar;
    pci_store(function, at, 4, is_64bit ? PCI_BAR_TYPE_64 | PCI_BAR_TYPE_PREFETCH : 0);
    pci_function_set_writable(function, at, 4, ~(size - 1));
    if (is_64bit) {
        pci_function_set_writable(function, at + 4, 4, UINT32_MAX);
    }
}

unsigned pci_function_add_capability(struct pci_function *function, uint8_t id, unsigned size)
{
    unsigned at = function->capabilities_end;
    g_assert(size >= 2 && at + size <= PCI_CONFIG_SIZE);
    unsigned link =
        function->last_capability == 0 ? PCI_AT_CAPABILITIES : function->last_capability + 1;
    pci_store(function, link, 1, at);
    pci_store(function, at, 1, id);
    pci_store(function, PCI_AT_STATUS, 2,
              pci_load(function, PCI_AT_STATUS, 2) | PCI_STAT_CAPABILITIES);
    function->last_capability = at;
    function->capabilities_end = (at + size + 3) & ~3u; /* [PCI3.0] 6.7: aligned to a DWORD */
    return at;
}

/* ---- life ------------------------------------------------------------------------------------ */

struct pci_bus *pci_bus_new(struct trace *trace, struct mmio_bus *bus,
                            const struct pci_bus_config *config)
{
    struct pci_bus *self = g_new0(struct pci_bus, 1);
    self->trace = trace;
    self->config = *config;
    mmio_map(bus, "pci-ecam", config->ecam_base, PCI_ECAM_SIZE, &pci_ecam_ops, self);
    mmio_map(bus, "pci-window", config->window_base, config->window_size, &pci_window_ops, self);
    return self;
}

void pci_bus_free(struct pci_bus *bus)
{
    if (bus == NULL) {
        return;
    }
    for (unsigned slot = 0; slot < PCI_SLOTS; slot++) {
        g_free(bus->functions[slot]);
    }
    g_free(bus);
}
