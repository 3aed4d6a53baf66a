/*
 * board_pci.c - the PCI bus of the machine, and who takes messages
 *
 *     pin of slot s ──(s + pin - 1) % 4──[irq 35..38]─► GIC
 *     queue ─[irq eth0.tx]─ MSI-X table ── frame ──[irq 80..143]─► GIC
 *
 * Addresses and interrupt numbers are those of QEMU's "virt" board: ECAM in high memory, one bus of
 * it, BARs below 1 GiB, the four pins on SPIs 3 to 6, and a frame of GICv2m for messages. QEMU has
 * the frame with a GICv2; here it serves a GICv3 as well, which has neither LPIs nor an ITS. There
 * is a bus when a device is on it: a machine of virtio-mmio windows stays as it is. Slot 0 has a
 * host bridge, which has no registers but its identity. A device without a place of its own gets
 * the first free slot behind it.
 */
#include "emu/board/board_priv.h"

#include <assert.h>

#define BOARD_PCI_BRIDGE_VENDOR 0x1b36 /* QEMU's generic host bridge */
#define BOARD_PCI_BRIDGE_DEVICE 0x0008
#define BOARD_PCI_BRIDGE_CLASS  0x060000

static_assert(BOARD_PCI_INTID + PCI_PINS <= BOARD_VIRTIO_MMIO_INTID, "pins below the windows");
static_assert(BOARD_VIRTIO_MMIO_INTID + BOARD_VIRTIO_MMIO_SLOTS <= BOARD_GICV2M_INTID,
              "messages above the windows");
static_assert(BOARD_GICV2M_INTID + BOARD_GICV2M_COUNT <= BOARD_IRQ_COUNT, "messages have INTIDs");
static_assert(BOARD_GICV2M_COUNT <= GICV2M_INTIDS_MAX, "a frame has so many");
static_assert(BOARD_GICC_BASE + GICV2_CPU_SIZE <= BOARD_GICV2M_BASE, "the frames are disjoint");
static_assert(BOARD_VIRTIO_MMIO_BASE + BOARD_VIRTIO_MMIO_SLOTS * 0x200 <= BOARD_PCI_WINDOW_BASE,
              "the window is behind those of virtio-mmio");
static_assert(BOARD_PCI_WINDOW_BASE + BOARD_PCI_WINDOW_SIZE <= GMEM_BASE, "and in front of RAM");
static_assert(BOARD_PCI_ECAM_BASE >= BOARD_RAM_END_MAX, "configuration space is behind RAM");

bool board_pci_is_used(const struct board_config *config)
{
    for (unsigned i = 0; i < board_config_device_count(config); i++) {
        if (board_config_seat(config, i)->transport == BOARD_TRANSPORT_PCI) {
            return true;
        }
    }
    return false;
}

bool board_pci_has_frame(const struct board_config *config)
{
    return board_pci_is_used(config) && config->msi == BOARD_MSI_V2M;
}

static bool board_pci_slot_is_wanted(const struct board_config *config, unsigned slot)
{
    for (unsigned i = 0; i < board_config_device_count(config); i++) {
        const struct board_seat *seat = board_config_seat(config, i);
        if (seat->transport == BOARD_TRANSPORT_PCI && seat->slot == slot) {
            return true;
        }
    }
    return false;
}

unsigned board_device_slot(const struct board_config *config, unsigned index)
{
    const struct board_seat *seat = board_config_seat(config, index);
    g_assert(seat->transport == BOARD_TRANSPORT_PCI);
    if (seat->slot != 0) {
        return seat->slot;
    }
    unsigned before = 0; /* devices in front of it that are given a slot as well */
    for (unsigned i = 0; i < index; i++) {
        const struct board_seat *other = board_config_seat(config, i);
        before += other->transport == BOARD_TRANSPORT_PCI && other->slot == 0;
    }
    unsigned slot = 1;
    while (board_pci_slot_is_wanted(config, slot) || before-- > 0) {
        slot++;
    }
    g_assert(slot < PCI_SLOTS);
    return slot;
}

static bool board_pci_message(void *opaque, uint64_t address, uint32_t data)
{
    struct board *board = opaque;
    struct gicv2m *frame = board_pci(board)->frame;
    return frame != NULL && gicv2m_message(frame, address, data);
}

static struct irqline board_pci_frame_line(void *opaque, unsigned intid)
{
    return board_device_line(opaque, intid);
}

void board_pci_build(struct board *board, struct mmio_bus *bus, const struct board_config *config)
{
    struct board_pci *pci = board_pci(board);
    struct trace *trace = board_trace(board);
    if (!board_pci_is_used(config)) {
        return;
    }
    if (board_pci_has_frame(config)) {
        const struct gicv2m_config frame = {
            .base = BOARD_GICV2M_BASE,
            .first_intid = BOARD_GICV2M_INTID,
            .count = BOARD_GICV2M_COUNT,
            .line = board_pci_frame_line,
            .opaque = board,
        };
        pci->frame = gicv2m_new(trace, bus, &frame);
    }
    struct pci_bus_config host = {
        .ecam_base = BOARD_PCI_ECAM_BASE,
        .window_base = BOARD_PCI_WINDOW_BASE,
        .window_size = BOARD_PCI_WINDOW_SIZE,
        .message = board_pci_message,
        .message_opaque = board,
    };
    for (unsigned i = 0; i < PCI_PINS; i++) {
        host.pins[i] = board_device_line(board, BOARD_PCI_INTID + i);
    }
    pci->bus = pci_bus_new(trace, bus, &host);
    const struct pci_identity bridge = {
        .vendor = BOARD_PCI_BRIDGE_VENDOR,
        .device = BOARD_PCI_BRIDGE_DEVICE,
        .class_code = BOARD_PCI_BRIDGE_CLASS,
    };
    pci_bus_add(pci->bus, 0, "pci-host", &bridge, NULL, NULL);
}

void board_pci_attach(struct board *board, const struct board_config *config, unsigned index,
                      struct virtio_dev *dev)
{
    struct board_pci *pci = board_pci(board);
    unsigned slot = board_device_slot(config, index);
    unsigned vectors = 0;
    switch (board_config_seat(config, index)->msix) {
    case BOARD_MSIX_ALL:
        vectors = dev->ops->queue_count + 1;
        break;
    case BOARD_MSIX_ONE:
        vectors = 1;
        break;
    case BOARD_MSIX_NO:
        break;
    }
    g_assert(pci->count < BOARD_DEVICES_MAX);
    pci->devices[pci->count].index = index;
    pci->devices[pci->count].intid = BOARD_PCI_INTID + slot % PCI_PINS; /* of INTA# */
    pci->devices[pci->count++].transport = virtio_pci_new(pci->bus, slot, dev, vectors);
}

void board_pci_fini(struct board_pci *pci)
{
    while (pci->count > 0) {
        virtio_pci_free(pci->devices[--pci->count].transport);
    }
    pci_bus_free(pci->bus);
    gicv2m_free(pci->frame);
}

bool board_pci_intid(struct board *board, unsigned index, unsigned *intid)
{
    const struct board_pci *pci = board_pci(board);
    for (unsigned i = 0; i < pci->count; i++) {
        if (pci->devices[i].index != index) {
            continue;
        }
        uint32_t data;
        bool is_message = virtio_pci_message_data(pci->devices[i].transport, 0, &data);
        is_message = is_message && data >= BOARD_INTID_MIN && data < BOARD_IRQ_COUNT;
        *intid = is_message ? data : pci->devices[i].intid;
        return true;
    }
    return false;
}

bool board_pci_sends_messages(struct board *board, unsigned index)
{
    const struct board_pci *pci = board_pci(board);
    for (unsigned i = 0; i < pci->count; i++) {
        if (pci->devices[i].index == index) {
            return virtio_pci_uses_messages(pci->devices[i].transport);
        }
    }
    return false;
}
