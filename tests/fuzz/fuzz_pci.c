/*
 * fuzz_pci.c - any sequence of accesses to configuration space and BARs of a PCI bus
 *
 * A bus with two virtio network devices, one of them with MSI-X, behind a GIC with a frame for
 * messages. No memory is open to devices. The input is a list of accesses, with virtual time in
 * between; they go to configuration space of the two, to the window, to where a BAR is at the time,
 * or anywhere. Whatever comes:
 *   - each step comes to an end, and says a bounded number of things;
 *   - a read gives no more than its size, and RAM is never touched;
 *   - what identifies a function stays as it was;
 *   - the line of a pin is up exactly when a function on it asserts it: its interrupt status is
 *     not zero, its MSI-X is off, and its pin is not disabled.
 */
#include "emu/gic-timer/gic.h"
#include "emu/gic-timer/gicv2m.h"
#include "emu/virtio-net/virtio_net.h"
#include "emu/virtio/mock_driver.h"
#include "emu/virtio/virtio_pci.h"
#include "tests/fuzz/fuzz_memory.h"

#include <linux/pci_regs.h>
#include <string.h>

#define FUZZ_ECAM        UINT64_C(0x4010000000)
#define FUZZ_WINDOW      UINT64_C(0x10000000)
#define FUZZ_WINDOW_SIZE UINT64_C(0x20000)
#define FUZZ_FRAME       UINT64_C(0x08020000)
#define FUZZ_FIRST       64
#define FUZZ_IRQ_COUNT   96
#define FUZZ_INTID_PIN   35
#define FUZZ_STEPS_MAX   512
#define FUZZ_EVENTS_MAX  256
#define FUZZ_DEVICES     2

enum fuzz_op {
    FUZZ_CONFIG_WRITE,
    FUZZ_CONFIG_READ,
    FUZZ_BAR_WRITE,
    FUZZ_BAR_READ,
    FUZZ_ANY_WRITE,
    FUZZ_ANY_READ,
    FUZZ_LINK,
    FUZZ_PAUSE,
    FUZZ_OPS,
};

struct fuzz_pci {
    struct mock_machine machine;
    struct fuzz_memory memory;
    struct wire *wire;
    struct gic *gic;
    struct gicv2m *frame;
    struct pci_bus *bus;
    struct virtio_net *nets[FUZZ_DEVICES];
    struct virtio_pci *transports[FUZZ_DEVICES];
};

static struct irqline fuzz_line(void *opaque, unsigned intid)
{
    struct fuzz_pci *self = opaque;
    return gic_input(self->gic, 0, intid);
}

static bool fuzz_message(void *opaque, uint64_t address, uint32_t data)
{
    struct fuzz_pci *self = opaque;
    return gicv2m_message(self->frame, address, data);
}

static void fuzz_setup(struct fuzz_pci *self)
{
    static const char *const names[FUZZ_DEVICES] = {"eth0", "eth1"};
    memset(self, 0, sizeof(*self));
    mock_machine_init(&self->machine);
    fuzz_memory_init(&self->memory, self->machine.memory);
    struct trace *trace = self->machine.trace;
    static const struct irqline nirq = {.set = NULL};
    static const unsigned accessing_cpu;
    const struct gic_config gic = {.version = GIC_V2,
                                   .cpu_count = 1,
                                   .irq_count = FUZZ_IRQ_COUNT,
                                   .nirq = &nirq,
                                   .accessing_cpu = &accessing_cpu};
    self->gic = gic_new(trace, &gic);
    const struct gicv2m_config frame = {.base = FUZZ_FRAME,
                                        .first_intid = FUZZ_FIRST,
                                        .count = 32,
                                        .line = fuzz_line,
                                        .opaque = self};
    self->frame = gicv2m_new(trace, self->machine.bus, &frame);
    struct pci_bus_config config = {
        .ecam_base = FUZZ_ECAM,
        .window_base = FUZZ_WINDOW,
        .window_size = FUZZ_WINDOW_SIZE,
        .message = fuzz_message,
        .message_opaque = self,
    };
    for (unsigned i = 0; i < PCI_PINS; i++) {
        config.pins[i] = gic_input(self->gic, 0, FUZZ_INTID_PIN + i);
    }
    self->bus = pci_bus_new(trace, self->machine.bus, &config);
    self->wire = wire_new(self->machine.clock, trace);
    for (unsigned i = 0; i < FUZZ_DEVICES; i++) {
        const struct virtio_net_config net = {
            .name = names[i], .queue_size = 16, .latency_ns = VIRTQUEUE_LATENCY_NS};
        self->nets[i] =
            virtio_net_new(&self->machine.env, &net, self->wire, (struct irqline){.set = NULL});
        /* In slots that share a line. */
        self->transports[i] =
            virtio_pci_new(self->bus, 1 + 4 * i, virtio_net_dev(self->nets[i]), i == 0 ? 3 : 0);
    }
}

static void fuzz_teardown(struct fuzz_pci *self)
{
    for (unsigned i = 0; i < FUZZ_DEVICES; i++) {
        virtio_pci_free(self->transports[i]);
        virtio_net_free(self->nets[i]);
    }
    wire_free(self->wire);
    mock_machine_fini(&self->machine);
    pci_bus_free(self->bus);
    gicv2m_free(self->frame);
    gic_free(self->gic);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static uint64_t fuzz_config_at(unsigned device, unsigned offset)
{
    return FUZZ_ECAM + ((uint64_t)(1 + 4 * device) << 15) + offset;
}

static uint32_t fuzz_config(struct fuzz_pci *self, unsigned device, unsigned offset, unsigned size)
{
    return (uint32_t)mmio_read(self->machine.bus, fuzz_config_at(device, offset), size);
}

/* Somewhere in a BAR, where it is now. */
static uint64_t fuzz_bar_address(struct fuzz_pci *self, struct fuzz_input *input)
{
    uint8_t which = fuzz_u8(input);
    uint16_t offset = fuzz_u16(input);
    unsigned bar = (which & 2) != 0 ? PCI_BASE_ADDRESS_1 : PCI_BASE_ADDRESS_4;
    uint64_t base = fuzz_config(self, which & 1u, bar, 4) & ~UINT32_C(0xf);
    return base + offset % ((which & 2) != 0 ? 0x1000u : 0x4000u);
}

static uint64_t fuzz_address(struct fuzz_pci *self, struct fuzz_input *input, enum fuzz_op op)
{
    switch (op) {
    case FUZZ_CONFIG_WRITE:
    case FUZZ_CONFIG_READ: {
        uint8_t device = fuzz_u8(input);
        return fuzz_config_at(device & 1, (device & 0x80) != 0 ? fuzz_u16(input) : fuzz_u8(input));
    }
    case FUZZ_BAR_WRITE:
    case FUZZ_BAR_READ:
        return fuzz_bar_address(self, input);
    default:
        break;
    }
    uint32_t offset = (uint32_t)fuzz_number(input, 4);
    switch (offset % 3) {
    case 0:
        return FUZZ_ECAM + offset % PCI_ECAM_SIZE;
    case 1:
        return FUZZ_WINDOW + offset % FUZZ_WINDOW_SIZE;
    default:
        return FUZZ_FRAME + offset % GICV2M_SIZE;
    }
}

static void fuzz_read(struct fuzz_pci *self, struct fuzz_input *input, enum fuzz_op op)
{
    unsigned size = 1u << fuzz_u8(input) % 4;
    uint64_t value = mmio_read(self->machine.bus, fuzz_address(self, input, op), size);
    FUZZ_CHECK(size == 8 || value >> 8 * size == 0);
}

static void fuzz_write(struct fuzz_pci *self, struct fuzz_input *input, enum fuzz_op op)
{
    unsigned size = 1u << fuzz_u8(input) % 4;
    uint64_t address = fuzz_address(self, input, op);
    mmio_write(self->machine.bus, address, size, fuzz_number(input, size));
}

static void fuzz_step(struct fuzz_pci *self, struct fuzz_input *input)
{
    enum fuzz_op op = (enum fuzz_op)(fuzz_u8(input) % FUZZ_OPS);
    uint8_t link;
    switch (op) {
    case FUZZ_CONFIG_WRITE:
    case FUZZ_BAR_WRITE:
    case FUZZ_ANY_WRITE:
        fuzz_write(self, input, op);
        break;
    case FUZZ_CONFIG_READ:
    case FUZZ_BAR_READ:
    case FUZZ_ANY_READ:
        fuzz_read(self, input, op);
        break;
    case FUZZ_LINK: /* a configuration interrupt, when the device runs */
        link = fuzz_u8(input);
        virtio_net_set_link(self->nets[link & 1], (link & 2) != 0);
        break;
    case FUZZ_PAUSE:
        mock_machine_run(&self->machine, fuzz_number(input, 3));
        break;
    case FUZZ_OPS:
        break;
    }
}

static void fuzz_check(struct fuzz_pci *self)
{
    FUZZ_CHECK(self->machine.events <= FUZZ_EVENTS_MAX);
    bool asserted = false;
    for (unsigned i = 0; i < FUZZ_DEVICES; i++) {
        FUZZ_CHECK(fuzz_config(self, i, PCI_VENDOR_ID, 4) == 0x10411af4);
        bool off = (fuzz_config(self, i, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE) != 0;
        bool wants = virtio_net_dev(self->nets[i])->isr != 0 &&
                     !virtio_pci_uses_messages(self->transports[i]);
        asserted |= wants && !off;
        bool status = (fuzz_config(self, i, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT) != 0;
        FUZZ_CHECK(status == wants);
    }
    FUZZ_CHECK(gic_irq_state(self->gic, 0, FUZZ_INTID_PIN + 1).level == asserted);
    mock_machine_forget(&self->machine);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    static struct fuzz_pci self;
    struct fuzz_input input = {.data = data, .size = size};
    fuzz_setup(&self);
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&input); i++) {
        fuzz_step(&self, &input);
        fuzz_check(&self);
    }
    fuzz_memory_check(&self.memory);
    fuzz_teardown(&self);
}
