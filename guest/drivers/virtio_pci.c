/*
 * virtio_pci.c - the virtio PCI transport, driver side
 *
 * Which interrupts a device uses is found out when its features are settled: messages need an
 * MSI-X capability, somebody who takes them, and a device that accepts the vectors. What cannot be
 * had is given back, and the next best is tried. Vectors stay masked until their handlers are
 * attached.
 *
 * Messages say what they are for; the pin does not, and may be another device's: the interrupt
 * status, which a read clears, decides.
 */
#include "drivers/virtio_pci.h"

#include "drivers/pci_regs.h"
#include "drivers/virtio_regs.h"
#include "kernel/console.h"
#include "kernel/irq.h"
#include "lib/errno.h"
#include "ringside/hal.h"

static struct virtio_pci virtio_pci_devices[VIRTIO_PCI_DEVICES_MAX];
static unsigned virtio_pci_count;

static struct virtio_pci *virtio_pci_of(struct virtio_device *device)
{
    return (struct virtio_pci *)((char *)device - offsetof(struct virtio_pci, device));
}

/* ---- common configuration -------------------------------------------------------------------- */

static uint16_t virtio_pci_read16(const struct virtio_pci *pci, uint32_t field)
{
    return hal_mmio_read16(pci->common + field);
}

static void virtio_pci_write16(const struct virtio_pci *pci, uint32_t field, uint16_t value)
{
    hal_mmio_write16(pci->common + field, value);
}

static void virtio_pci_write32(const struct virtio_pci *pci, uint32_t field, uint32_t value)
{
    hal_mmio_write32(pci->common + field, value);
}

static uint32_t virtio_pci_read_status(struct virtio_device *device)
{
    return hal_mmio_read8(virtio_pci_of(device)->common + VPCI_STATUS);
}

static void virtio_pci_write_status(struct virtio_device *device, uint32_t status)
{
    hal_mmio_write8(virtio_pci_of(device)->common + VPCI_STATUS, (uint8_t)status);
}

static uint64_t virtio_pci_offered(struct virtio_device *device)
{
    const struct virtio_pci *pci = virtio_pci_of(device);
    virtio_pci_write32(pci, VPCI_DEVICE_FEATURE_SELECT, 1);
    uint64_t high = hal_mmio_read32(pci->common + VPCI_DEVICE_FEATURE);
    virtio_pci_write32(pci, VPCI_DEVICE_FEATURE_SELECT, 0);
    return high << 32 | hal_mmio_read32(pci->common + VPCI_DEVICE_FEATURE);
}

static void virtio_pci_accept(struct virtio_device *device, uint64_t features)
{
    const struct virtio_pci *pci = virtio_pci_of(device);
    virtio_pci_write32(pci, VPCI_DRIVER_FEATURE_SELECT, 1);
    virtio_pci_write32(pci, VPCI_DRIVER_FEATURE, (uint32_t)(features >> 32));
    virtio_pci_write32(pci, VPCI_DRIVER_FEATURE_SELECT, 0);
    virtio_pci_write32(pci, VPCI_DRIVER_FEATURE, (uint32_t)features);
}

static bool virtio_pci_queue_is_enabled(struct virtio_device *device, uint32_t index)
{
    const struct virtio_pci *pci = virtio_pci_of(device);
    virtio_pci_write16(pci, VPCI_QUEUE_SELECT, (uint16_t)index);
    return virtio_pci_read16(pci, VPCI_QUEUE_ENABLE) != 0;
}

/* A queue that could not be notified is none. */
static uint32_t virtio_pci_queue_size_max(struct virtio_device *device, uint32_t index)
{
    const struct virtio_pci *pci = virtio_pci_of(device);
    virtio_pci_write16(pci, VPCI_QUEUE_SELECT, (uint16_t)index);
    uint64_t offset = (uint64_t)virtio_pci_read16(pci, VPCI_QUEUE_NOTIFY_OFF) * pci->multiplier;
    if (index >= VIRTIO_PCI_VECTORS_MAX || offset + sizeof(uint16_t) > pci->notify_size)
        return 0;
    return virtio_pci_read16(pci, VPCI_QUEUE_SIZE);
}

static void virtio_pci_write_address(const struct virtio_pci *pci, uint32_t field,
                                     uint64_t physical)
{
    virtio_pci_write32(pci, field, (uint32_t)physical);
    virtio_pci_write32(pci, field + 4, (uint32_t)(physical >> 32));
}

static int virtio_pci_enable_queue(struct virtio_device *device, uint32_t index,
                                   const struct virtqueue *queue)
{
    struct virtio_pci *pci = virtio_pci_of(device);
    virtio_pci_write16(pci, VPCI_QUEUE_SELECT, (uint16_t)index);
    virtio_pci_write16(pci, VPCI_QUEUE_SIZE, queue->size);
    virtio_pci_write_address(pci, VPCI_QUEUE_DESC, queue->desc_physical);
    virtio_pci_write_address(pci, VPCI_QUEUE_DRIVER, queue->avail_physical);
    virtio_pci_write_address(pci, VPCI_QUEUE_DEVICE, queue->used_physical);
    uintptr_t offset = virtio_pci_read16(pci, VPCI_QUEUE_NOTIFY_OFF);
    pci->kicks[index] = pci->notify + offset * pci->multiplier;
    virtio_pci_write16(pci, VPCI_QUEUE_ENABLE, 1);
    return 0;
}

static uint32_t virtio_pci_config_generation(struct virtio_device *device)
{
    return hal_mmio_read8(virtio_pci_of(device)->common + VPCI_CONFIG_GENERATION);
}

static uint8_t virtio_pci_config_byte(struct virtio_device *device, size_t offset)
{
    const struct virtio_pci *pci = virtio_pci_of(device);
    return offset < pci->config_size ? hal_mmio_read8(pci->config + offset) : 0;
}

static uint16_t virtio_pci_config_field16(struct virtio_device *device, size_t offset)
{
    const struct virtio_pci *pci = virtio_pci_of(device);
    return offset + 2 <= pci->config_size ? hal_mmio_read16(pci->config + offset) : 0;
}

static void virtio_pci_kick(struct virtio_device *device, uint32_t queue)
{
    hal_mmio_write16(virtio_pci_of(device)->kicks[queue], (uint16_t)queue);
}

/* ---- vectors --------------------------------------------------------------------------------- */

static void virtio_pci_write_entry(const struct virtio_pci *pci, unsigned vector, uint32_t field,
                                   uint32_t value)
{
    hal_mmio_write32(pci->table + vector * PMSIX_ENTRY_SIZE + field, value);
}

static void virtio_pci_fill_entry(const struct virtio_pci *pci, unsigned vector,
                                  const struct gicv2m_message *message)
{
    virtio_pci_write_entry(pci, vector, PMSIX_ENTRY_CONTROL, PMSIX_ENTRY_MASKED);
    virtio_pci_write_entry(pci, vector, PMSIX_ENTRY_ADDRESS_LOW, (uint32_t)message->address);
    virtio_pci_write_entry(pci, vector, PMSIX_ENTRY_ADDRESS_HIGH,
                           (uint32_t)(message->address >> 32));
    virtio_pci_write_entry(pci, vector, PMSIX_ENTRY_DATA, message->data);
}

static void virtio_pci_switch_msix(const struct virtio_pci *pci, bool on)
{
    uint16_t control = pci_read16(&pci->function, pci->msix + PMSIX_CONTROL);
    control = (uint16_t)(on ? control | PMSIX_ENABLE : control & ~PMSIX_ENABLE);
    pci_write16(&pci->function, pci->msix + PMSIX_CONTROL, control);
}

/* "The driver MUST [...] verify success by reading the Vector field value", 4.1.5.1.2.2. */
static bool virtio_pci_set_vector(const struct virtio_pci *pci, uint32_t field, uint16_t vector)
{
    virtio_pci_write16(pci, field, vector);
    return virtio_pci_read16(pci, field) == vector;
}

/* The configuration has vector 0; the queues those behind it, or the same. */
static bool virtio_pci_map_vectors(const struct virtio_pci *pci, unsigned queues, unsigned count)
{
    bool mapped = virtio_pci_set_vector(pci, VPCI_CONFIG_VECTOR, 0);
    for (unsigned queue = 0; queue < queues && mapped; queue++) {
        virtio_pci_write16(pci, VPCI_QUEUE_SELECT, (uint16_t)queue);
        mapped =
            virtio_pci_set_vector(pci, VPCI_QUEUE_VECTOR, (uint16_t)(count == 1 ? 0 : queue + 1));
    }
    return mapped;
}

static void virtio_pci_unmap_vectors(const struct virtio_pci *pci, unsigned queues)
{
    virtio_pci_write16(pci, VPCI_CONFIG_VECTOR, VPCI_NO_VECTOR);
    for (unsigned queue = 0; queue < queues; queue++) {
        virtio_pci_write16(pci, VPCI_QUEUE_SELECT, (uint16_t)queue);
        virtio_pci_write16(pci, VPCI_QUEUE_VECTOR, VPCI_NO_VECTOR);
    }
}

/* Tries to have `count` vectors. */
static bool virtio_pci_try_vectors(struct virtio_pci *pci, unsigned queues, unsigned count)
{
    struct gicv2m_message messages[VIRTIO_PCI_VECTORS_MAX];
    if (count > pci->msix_count || count > VIRTIO_PCI_VECTORS_MAX ||
        gicv2m_allocate(count, messages) != 0)
        return false;
    virtio_pci_switch_msix(pci, true);
    if (!virtio_pci_map_vectors(pci, queues, count)) {
        virtio_pci_unmap_vectors(pci, queues);
        virtio_pci_switch_msix(pci, false);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        virtio_pci_fill_entry(pci, i, &messages[i]);
        pci->vectors[i] = (struct virtio_pci_vector){
            .pci = pci,
            .reasons = i == 0 ? VIRQ_CONFIG_CHANGE : VIRQ_USED_BUFFER,
            .message = messages[i],
        };
    }
    if (count == 1)
        pci->vectors[0].reasons = VIRQ_CONFIG_CHANGE | VIRQ_USED_BUFFER;
    pci->vector_count = count;
    return true;
}

/*
 * A reset unmaps the vectors (4.1.5.1.2.1), but what was given to the device stays its own: one
 * that is started again has to take the same ones.
 */
static int virtio_pci_prepare(struct virtio_device *device)
{
    struct virtio_pci *pci = virtio_pci_of(device);
    unsigned queues = virtio_pci_read16(pci, VPCI_NUM_QUEUES);
    if (pci->is_prepared) {
        bool same =
            pci->vector_count == 0 || virtio_pci_map_vectors(pci, queues, pci->vector_count);
        return same ? 0 : -KEIO;
    }
    if (pci->msix_count > 0 && !virtio_pci_try_vectors(pci, queues, queues + 1))
        virtio_pci_try_vectors(pci, queues, 1);
    pci->is_prepared = true;
    return 0;
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static bool virtio_pci_message(void *arg)
{
    const struct virtio_pci_vector *vector = arg;
    struct virtio_device *device = &vector->pci->device;
    device->interrupt(device->interrupt_arg, vector->reasons);
    return true;
}

static bool virtio_pci_pin(void *arg)
{
    struct virtio_pci *pci = arg;
    uint32_t status = hal_mmio_read8(pci->isr); /* which clears it, and takes the line down */
    if (status == 0)
        return false;
    pci->device.interrupt(pci->device.interrupt_arg, status);
    return true;
}

static int virtio_pci_attach(struct virtio_device *device, const char *name)
{
    struct virtio_pci *pci = virtio_pci_of(device);
    if (pci->vector_count == 0) {
        const struct platform_interrupt *pin = &pci->function.interrupt;
        if (!pci->function.has_interrupt)
            return -KENODEV;
        return irq_attach(pin->intid, pin->edge_triggered, virtio_pci_pin, pci, name);
    }
    for (unsigned i = 0; i < pci->vector_count; i++) {
        struct virtio_pci_vector *vector = &pci->vectors[i];
        int error = irq_attach(vector->message.intid, true, virtio_pci_message, vector, name);
        if (error != 0)
            return error;
        virtio_pci_write_entry(pci, i, PMSIX_ENTRY_CONTROL, 0);
    }
    return 0;
}

static void virtio_pci_detach(struct virtio_device *device)
{
    struct virtio_pci *pci = virtio_pci_of(device);
    if (pci->vector_count == 0)
        irq_detach(pci->function.interrupt.intid, virtio_pci_pin, pci);
    for (unsigned i = 0; i < pci->vector_count; i++) {
        virtio_pci_write_entry(pci, i, PMSIX_ENTRY_CONTROL, PMSIX_ENTRY_MASKED);
        irq_detach(pci->vectors[i].message.intid, virtio_pci_message, &pci->vectors[i]);
    }
}

static unsigned virtio_pci_interrupts(struct virtio_device *device, struct virtio_interrupt *list)
{
    const struct virtio_pci *pci = virtio_pci_of(device);
    const struct platform_interrupt *pin = &pci->function.interrupt;
    if (pci->vector_count == 0) {
        list[0] = (struct virtio_interrupt){pin->intid, pin->edge_triggered};
        return pci->function.has_interrupt ? 1 : 0;
    }
    for (unsigned i = 0; i < pci->vector_count; i++)
        list[i] = (struct virtio_interrupt){pci->vectors[i].message.intid, true};
    return pci->vector_count;
}

static uint32_t virtio_pci_take_reasons(struct virtio_device *device, unsigned index)
{
    const struct virtio_pci *pci = virtio_pci_of(device);
    return pci->vector_count == 0 ? hal_mmio_read8(pci->isr) : pci->vectors[index].reasons;
}

static void virtio_pci_unmask(struct virtio_device *device)
{
    const struct virtio_pci *pci = virtio_pci_of(device);
    for (unsigned i = 0; i < pci->vector_count; i++)
        virtio_pci_write_entry(pci, i, PMSIX_ENTRY_CONTROL, 0);
}

static const struct virtio_transport virtio_pci_transport = {
    .name = "virtio-pci",
    .read_status = virtio_pci_read_status,
    .write_status = virtio_pci_write_status,
    .offered = virtio_pci_offered,
    .accept = virtio_pci_accept,
    .prepare = virtio_pci_prepare,
    .queue_size_max = virtio_pci_queue_size_max,
    .queue_is_enabled = virtio_pci_queue_is_enabled,
    .enable_queue = virtio_pci_enable_queue,
    .config_generation = virtio_pci_config_generation,
    .config_byte = virtio_pci_config_byte,
    .config_field16 = virtio_pci_config_field16,
    .kick = virtio_pci_kick,
    .attach = virtio_pci_attach,
    .detach = virtio_pci_detach,
    .interrupts = virtio_pci_interrupts,
    .take_reasons = virtio_pci_take_reasons,
    .unmask = virtio_pci_unmask,
};

/* ---- identification -------------------------------------------------------------------------- */

/* Where a structure of at least `size` bytes is; 0: not in a BAR that has an address. */
static uintptr_t virtio_pci_structure(const struct virtio_pci *pci, unsigned capability,
                                      uint32_t size, size_t *length)
{
    const struct pci_device *function = &pci->function;
    unsigned bar = pci_read8(function, capability + VPCI_CAP_BAR);
    uint64_t offset = pci_read32(function, capability + VPCI_CAP_OFFSET);
    *length = pci_read32(function, capability + VPCI_CAP_LENGTH);
    if (bar >= PCI_BARS_MAX || function->bars[bar].base == 0 || *length < size ||
        offset + *length > function->bars[bar].size)
        return 0;
    return function->bars[bar].base + (uintptr_t)offset;
}

/*
 * The first capability of each kind counts: "the driver SHOULD use the first instance of each
 * virtio structure type they can support", 4.1.4.1.
 */
static void virtio_pci_take_structure(struct virtio_pci *pci, unsigned capability)
{
    size_t length;
    switch (pci_read8(&pci->function, capability + VPCI_CAP_TYPE)) {
    case VPCI_STRUCTURE_COMMON:
        if (pci->common == 0)
            pci->common = virtio_pci_structure(pci, capability, VPCI_COMMON_SIZE, &length);
        break;
    case VPCI_STRUCTURE_NOTIFY:
        if (pci->notify == 0) {
            pci->notify = virtio_pci_structure(pci, capability, 2, &pci->notify_size);
            pci->multiplier = pci_read32(&pci->function, capability + VPCI_CAP_MULTIPLIER);
        }
        break;
    case VPCI_STRUCTURE_ISR:
        if (pci->isr == 0)
            pci->isr = virtio_pci_structure(pci, capability, 1, &length);
        break;
    case VPCI_STRUCTURE_DEVICE:
        if (pci->config == 0)
            pci->config = virtio_pci_structure(pci, capability, 1, &pci->config_size);
        break;
    default:
        break; /* "The driver MUST ignore any vendor-specific capability structure which has a
                  reserved cfg_type value", 4.1.4.1 */
    }
}

static void virtio_pci_find_table(struct virtio_pci *pci)
{
    const struct pci_device *function = &pci->function;
    pci->msix = pci_find_capability(function, PCAP_MSIX, 0);
    if (pci->msix == 0)
        return;
    unsigned count =
        1 + (pci_read16(function, pci->msix + PMSIX_CONTROL) & (unsigned)PMSIX_SIZE_MASK);
    uint32_t place = pci_read32(function, pci->msix + PMSIX_TABLE);
    unsigned bar = place & PMSIX_BAR_MASK;
    uint64_t offset = place & ~(uint32_t)PMSIX_BAR_MASK;
    if (bar >= PCI_BARS_MAX || function->bars[bar].base == 0 ||
        offset + (uint64_t)count * PMSIX_ENTRY_SIZE > function->bars[bar].size)
        return;
    pci->table = function->bars[bar].base + (uintptr_t)offset;
    pci->msix_count = count;
}

int virtio_pci_identify(struct virtio_pci *pci, const struct pci_device *function)
{
    if (function->vendor != VPCI_VENDOR || function->device < VPCI_DEVICE_FIRST ||
        function->device > VPCI_DEVICE_LAST)
        return -KENODEV;
    *pci = (struct virtio_pci){
        .device = {.transport = &virtio_pci_transport,
                   .device_id = function->device - (uint32_t)VPCI_DEVICE_FIRST},
        .function = *function,
    };
    unsigned capability = 0;
    for (unsigned i = 0; i < PCAPABILITY_COUNT; i++) {
        capability = pci_find_capability(function, PCAP_VENDOR, capability);
        if (capability == 0)
            break;
        virtio_pci_take_structure(pci, capability);
    }
    if (pci->common == 0 || pci->notify == 0 || pci->isr == 0) {
        console_printf("virtio-pci: slot %u lacks a structure\n", function->slot);
        return -KENODEV;
    }
    virtio_pci_find_table(pci);
    pci_enable(function);
    return 0;
}

/* ---- scan ------------------------------------------------------------------------------------ */

static void virtio_pci_take_function(const struct pci_device *function, void *opaque)
{
    if (virtio_pci_count == VIRTIO_PCI_DEVICES_MAX)
        return;
    struct virtio_pci *pci = &virtio_pci_devices[virtio_pci_count];
    if (virtio_pci_identify(pci, function) == 0 && virtio_probe(opaque, &pci->device) == 0)
        virtio_pci_count++;
}

void virtio_pci_scan(const struct platform *platform, const struct virtio_drivers *drivers)
{
    struct virtio_drivers borrowed = *drivers;
    pci_scan(platform, virtio_pci_take_function, &borrowed);
}
