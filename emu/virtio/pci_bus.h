/*
 * pci_bus.h - one PCI bus: configuration space, base address registers, interrupt pins
 *
 * Bus 0 behind a host bridge, as software sees it: configuration space through ECAM ([PCIE5]
 * 7.2.2), functions with 256 bytes of it ([PCI3.0] 6), memory BARs in one window, INTx pins that
 * slots share. A function belongs to a device model, which fills its configuration space before
 * the guest runs and is told of accesses to its BARs.
 *
 * Not here: bridges and further buses, functions other than 0 of a slot, I/O space, expansion ROMs,
 * PCI Express capabilities, power management.
 */
#ifndef EMU_VIRTIO_PCI_BUS_H
#define EMU_VIRTIO_PCI_BUS_H

#include "emu/core/irqline.h"
#include "emu/core/mmio.h"

#define PCI_SLOTS     32
#define PCI_BARS      6
#define PCI_PINS      4
#define PCI_ECAM_SIZE (UINT64_C(1) << 20) /* of one bus */

struct pci_bus;
struct pci_function;

/* A write of a device to an address that may be an interrupt controller's. False: nobody is there.
 */
typedef bool pci_message_fn(void *opaque, uint64_t address, uint32_t data);

struct pci_bus_config {
    uint64_t ecam_base;
    uint64_t window_base, window_size;
    struct irqline pins[PCI_PINS]; /* of the bridge; slot and pin are led to (slot + pin - 1) % 4 */
    pci_message_fn *message;       /* NULL: no controller takes messages */
    void *message_opaque;
};

/* Maps configuration space and window. Copies the configuration. */
struct pci_bus *pci_bus_new(struct trace *trace, struct mmio_bus *bus,
                            const struct pci_bus_config *config);
/* Frees its functions too. */
void pci_bus_free(struct pci_bus *bus);

struct pci_function_ops {
    /* An access inside a BAR: `size` is 1, 2, 4 or 8, the offset is aligned to it. */
    uint64_t (*bar_read)(void *opaque, unsigned bar, uint64_t offset, unsigned size);
    void (*bar_write)(void *opaque, unsigned bar, uint64_t offset, unsigned size, uint64_t value);
    /* Before bytes of the configuration space are read, and after they were written. */
    void (*config_read)(void *opaque, unsigned offset, unsigned size);
    void (*config_written)(void *opaque, unsigned offset, unsigned size);
};

struct pci_identity {
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint32_t class_code; /* class, subclass, programming interface */
    uint8_t revision;
    uint8_t pin; /* 1: INTA#; 0: none */
};

/*
 * Puts a function into a free slot. `ops` (kept) may be NULL for one that has nothing but its
 * identity. `name` is interned.
 */
struct pci_function *pci_bus_add(struct pci_bus *bus, unsigned slot, const char *name,
                                 const struct pci_identity *identity,
                                 const struct pci_function_ops *ops, void *opaque);
bool pci_bus_is_free(const struct pci_bus *bus, unsigned slot);

/* A memory BAR of `size` bytes, a power of two; one with 64 bits takes the next register too. */
void pci_function_add_bar(struct pci_function *function, unsigned bar, uint32_t size,
                          bool is_64bit);
/* Appends a capability of `size` bytes in all, and returns where it begins. */
unsigned pci_function_add_capability(struct pci_function *function, uint8_t id, unsigned size);

/* The bytes of configuration space, and the mask of those bits that the guest may write. */
uint8_t *pci_function_config(struct pci_function *function);
void pci_function_set_writable(struct pci_function *function, unsigned offset, unsigned size,
                               uint32_t mask);

/* Accesses of a BAR as the guest's, wherever it is mapped, if anywhere. False: not inside. */
bool pci_function_bar_read(struct pci_function *function, unsigned bar, uint64_t offset,
                           unsigned size, uint64_t *value);
bool pci_function_bar_write(struct pci_function *function, unsigned bar, uint64_t offset,
                            unsigned size, uint64_t value);

bool pci_function_is_master(const struct pci_function *function);
/* The function's pin. Each call with true is an assertion, even while it is high. */
void pci_function_set_intx(struct pci_function *function, bool level);
/* Sends an interrupt message, if the function is allowed to and anybody takes it. */
void pci_function_send(struct pci_function *function, unsigned vector, uint64_t address,
                       uint32_t data);

/* The guest broke a rule. `clause` and `rule` are literals. */
void pci_function_breach(struct pci_function *function, const char *clause, const char *rule,
                         uint64_t value);
uint64_t pci_function_breaches(const struct pci_function *function);

#endif
