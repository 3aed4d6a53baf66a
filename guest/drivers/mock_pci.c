/*
 * mock_pci.c - a PCI bus with one virtio network device, for unit tests of drivers
 */
#include "drivers/mock_pci.h"

#include "drivers/fake_hal.h"

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <string.h>

#define MOCK_BAR1_SIZE 0x1000
#define MOCK_BAR4_SIZE 0x4000
#define MOCK_COMMON    0x0000
#define MOCK_ISR       0x1000
#define MOCK_CONFIG    0x2000
#define MOCK_NOTIFY    0x3000
#define MOCK_MSIX_AT   0x40
#define MOCK_FIRST_AT  0x50

struct mock_pci mock_pci;

static const uint8_t mock_pci_mac[6] = {0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc};

static void mock_store(unsigned at, unsigned size, uint32_t value)
{
    memcpy(mock_pci.config + at, &value, size);
}

static uint32_t mock_load(unsigned at, unsigned size)
{
    uint32_t value = 0;
    memcpy(&value, mock_pci.config + at, size);
    return value;
}

void mock_pci_build(void)
{
    static const struct {
        uint8_t type, size;
        uint32_t offset, length;
    } structures[MOCK_PCI_STRUCTURES] = {
        {VIRTIO_PCI_CAP_COMMON_CFG, 16, MOCK_COMMON, 56},
        {VIRTIO_PCI_CAP_ISR_CFG, 16, MOCK_ISR, 1},
        {VIRTIO_PCI_CAP_DEVICE_CFG, 16, MOCK_CONFIG, 6},
        {VIRTIO_PCI_CAP_NOTIFY_CFG, 20, MOCK_NOTIFY, 8},
    };
    mock_store(PCI_VENDOR_ID, 2, 0x1af4);
    mock_store(PCI_DEVICE_ID, 2, mock_pci.device_id);
    mock_store(PCI_REVISION_ID, 1, mock_pci.revision);
    mock_store(PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
    mock_store(PCI_BASE_ADDRESS_4, 4, PCI_BASE_ADDRESS_MEM_TYPE_64);
    mock_store(PCI_INTERRUPT_PIN, 1, 1);
    unsigned link = PCI_CAPABILITY_LIST;
    if (mock_pci.vectors > 0) {
        mock_store(link, 1, MOCK_MSIX_AT);
        mock_store(MOCK_MSIX_AT, 1, PCI_CAP_ID_MSIX);
        mock_store(MOCK_MSIX_AT + PCI_MSIX_FLAGS, 2, mock_pci.vectors - 1);
        mock_store(MOCK_MSIX_AT + PCI_MSIX_TABLE, 4, 1);
        link = MOCK_MSIX_AT + 1;
    }
    for (unsigned i = 0; i < MOCK_PCI_STRUCTURES; i++) {
        unsigned at = MOCK_FIRST_AT + 20 * i;
        if (mock_pci.without_isr && structures[i].type == VIRTIO_PCI_CAP_ISR_CFG)
            continue;
        mock_store(link, 1, at);
        mock_store(at, 1, PCI_CAP_ID_VNDR);
        mock_store(at + 2, 1, structures[i].size);
        mock_store(at + 3, 1, structures[i].type);
        mock_store(at + 4, 1, 4);
        mock_store(at + 8, 4, structures[i].offset);
        mock_store(at + 12, 4, structures[i].length);
        link = at + 1;
    }
    mock_store(MOCK_FIRST_AT + 20 * 3 + 16, 4, 4); /* the notify multiplier */
    if (mock_pci.structure_is_outside)
        mock_store(MOCK_FIRST_AT + 8, 4, MOCK_BAR4_SIZE - 4);
    if (mock_pci.list_is_a_circle)
        mock_store(link, 1, mock_load(PCI_CAPABILITY_LIST, 1));
}

/* ---- configuration space --------------------------------------------------------------------- */

static uint32_t mock_config_read(uint64_t offset, unsigned size)
{
    if (offset >> 12 != (uint64_t)MOCK_PCI_SLOT << 3 || (offset & 0xfff) >= 256)
        return UINT32_MAX;
    return mock_load(offset & 0xff, size);
}

static void mock_config_write(uint64_t offset, unsigned size, uint32_t value)
{
    unsigned at = offset & 0xff;
    if (offset >> 12 != (uint64_t)MOCK_PCI_SLOT << 3)
        return;
    if (at == PCI_BASE_ADDRESS_1)
        value &= ~(uint32_t)(MOCK_BAR1_SIZE - 1);
    else if (at == PCI_BASE_ADDRESS_4)
        value = (value & ~(uint32_t)(MOCK_BAR4_SIZE - 1)) | PCI_BASE_ADDRESS_MEM_TYPE_64;
    else if (at >= PCI_BASE_ADDRESS_0 && at < PCI_BASE_ADDRESS_5)
        value = 0;
    mock_store(at, size, value);
    mock_pci.bar1 = mock_load(PCI_BASE_ADDRESS_1, 4);
    mock_pci.bar4 = (uint64_t)mock_load(PCI_BASE_ADDRESS_5, 4) << 32 |
                    (mock_load(PCI_BASE_ADDRESS_4, 4) & ~UINT32_C(0xf));
    mock_pci.msix_enabled = mock_pci.vectors > 0 && (mock_load(MOCK_MSIX_AT + PCI_MSIX_FLAGS, 2) &
                                                     PCI_MSIX_FLAGS_ENABLE) != 0;
}

/* ---- structures ------------------------------------------------------------------------------ */

#define MOCK_FIELD(name) offsetof(struct virtio_pci_common_cfg, name)

static struct mock_pci_queue *mock_queue(void)
{
    static struct mock_pci_queue none;
    none = (struct mock_pci_queue){.vector = VIRTIO_MSI_NO_VECTOR};
    return mock_pci.select < MOCK_PCI_QUEUES ? &mock_pci.queues[mock_pci.select] : &none;
}

static uint32_t mock_common_read(uint64_t field)
{
    const uint64_t offered = UINT64_C(1) << VIRTIO_F_VERSION_1 | 1 << 5;
    switch (field) {
    case MOCK_FIELD(device_feature):
        return (uint32_t)(offered >> 32 * mock_pci.feature_select);
    case MOCK_FIELD(msix_config):
        return mock_pci.config_vector;
    case MOCK_FIELD(num_queues):
        return MOCK_PCI_QUEUES;
    case MOCK_FIELD(device_status):
        return mock_pci.status;
    case MOCK_FIELD(config_generation):
        return 0;
    case MOCK_FIELD(queue_size):
        return mock_queue()->size;
    case MOCK_FIELD(queue_msix_vector):
        return mock_queue()->vector;
    case MOCK_FIELD(queue_enable):
        return mock_queue()->enabled;
    case MOCK_FIELD(queue_notify_off):
        return mock_pci.select;
    default:
        mock_pci.strays++;
        return UINT32_MAX;
    }
}

static uint32_t mock_accept_vector(uint32_t value)
{
    bool refused = mock_pci.refuses_vectors || (mock_pci.accepts_only_first && value != 0);
    return refused || value >= mock_pci.vectors ? VIRTIO_MSI_NO_VECTOR : value;
}

static void mock_set_half(uint64_t *whole, uint32_t value, bool high)
{
    unsigned shift = high ? 32 : 0;
    *whole = (*whole & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static void mock_reset(void)
{
    mock_pci.config_vector = VIRTIO_MSI_NO_VECTOR;
    for (unsigned i = 0; i < MOCK_PCI_QUEUES; i++) {
        mock_pci.queues[i].vector = VIRTIO_MSI_NO_VECTOR;
        mock_pci.queues[i].enabled = 0;
    }
}

static void mock_common_write(uint64_t field, uint32_t value)
{
    switch (field) {
    case MOCK_FIELD(device_feature_select):
    case MOCK_FIELD(guest_feature_select):
        mock_pci.feature_select = value;
        break;
    case MOCK_FIELD(guest_feature):
        mock_set_half(&mock_pci.accepted, value, mock_pci.feature_select == 1);
        break;
    case MOCK_FIELD(msix_config):
        mock_pci.config_vector = mock_accept_vector(value);
        break;
    case MOCK_FIELD(device_status):
        mock_pci.status = value;
        if (value == 0)
            mock_reset();
        break;
    case MOCK_FIELD(queue_select):
        mock_pci.select = value;
        break;
    case MOCK_FIELD(queue_size):
        mock_queue()->size = value;
        break;
    case MOCK_FIELD(queue_msix_vector):
        mock_queue()->vector = mock_accept_vector(value);
        break;
    case MOCK_FIELD(queue_enable):
        mock_queue()->enabled = value;
        break;
    case MOCK_FIELD(queue_desc_lo):
    case MOCK_FIELD(queue_desc_hi):
        mock_set_half(&mock_queue()->desc, value, field == MOCK_FIELD(queue_desc_hi));
        break;
    case MOCK_FIELD(queue_avail_lo):
    case MOCK_FIELD(queue_avail_hi):
        mock_set_half(&mock_queue()->avail, value, field == MOCK_FIELD(queue_avail_hi));
        break;
    case MOCK_FIELD(queue_used_lo):
    case MOCK_FIELD(queue_used_hi):
        mock_set_half(&mock_queue()->used, value, field == MOCK_FIELD(queue_used_hi));
        break;
    default:
        mock_pci.strays++;
        break;
    }
}

static uint32_t mock_bar4_read(uint64_t offset, unsigned size)
{
    if (offset < MOCK_ISR)
        return mock_common_read(offset);
    if (offset == MOCK_ISR) {
        uint32_t isr = mock_pci.isr;
        mock_pci.isr = 0;
        mock_pci.isr_reads++;
        return isr;
    }
    if (offset >= MOCK_CONFIG && offset + size <= MOCK_CONFIG + sizeof(mock_pci_mac)) {
        uint32_t value = 0;
        memcpy(&value, mock_pci_mac + (offset - MOCK_CONFIG), size);
        return value;
    }
    mock_pci.strays++;
    return UINT32_MAX;
}

static void mock_bar4_write(uint64_t offset, unsigned size, uint32_t value)
{
    if (offset < MOCK_ISR)
        mock_common_write(offset, value);
    else if (offset == MOCK_NOTIFY + 4 * (uint64_t)value && size == 2 && value < MOCK_PCI_QUEUES)
        mock_pci.queues[value].kicks++;
    else
        mock_pci.strays++;
}

static bool mock_is_in(uint64_t pa, uint64_t base, uint64_t size)
{
    return base != 0 && pa >= base && pa - base < size;
}

static uint32_t mock_bus_read(uintptr_t pa, unsigned size)
{
    if (mock_is_in(pa, MOCK_ECAM, 1 << 20))
        return mock_config_read(pa - MOCK_ECAM, size);
    if (pa == MOCK_FRAME + 8)
        return 80 << 16 | mock_pci.frame_count;
    if (mock_is_in(pa, mock_pci.bar4, MOCK_BAR4_SIZE))
        return mock_bar4_read(pa - mock_pci.bar4, size);
    mock_pci.strays++;
    return UINT32_MAX;
}

static void mock_bus_write(uintptr_t pa, unsigned size, uint32_t value)
{
    if (mock_is_in(pa, MOCK_ECAM, 1 << 20))
        mock_config_write(pa - MOCK_ECAM, size, value);
    else if (mock_is_in(pa, mock_pci.bar1, sizeof(mock_pci.table)) && size == 4)
        memcpy((char *)mock_pci.table + (pa - mock_pci.bar1), &value, 4);
    else if (mock_is_in(pa, mock_pci.bar4, MOCK_BAR4_SIZE))
        mock_bar4_write(pa - mock_pci.bar4, size, value);
    else
        mock_pci.strays++;
}

void mock_pci_reset(void)
{
    mock_pci = (struct mock_pci){
        .vectors = 3,
        .frame_count = 64,
        .device_id = 0x1041,
        .revision = 1,
        .config_vector = VIRTIO_MSI_NO_VECTOR,
        .queues = {{.size = 16, .vector = VIRTIO_MSI_NO_VECTOR},
                   {.size = 16, .vector = VIRTIO_MSI_NO_VECTOR}},
    };
    fake_hal.bus_read = mock_bus_read;
    fake_hal.bus_write = mock_bus_write;
}
