/*
 * msix.c - the MSI-X capability of a function: table, pending bits, masks
 *
 * A QWORD is two DWORDs, the lower one first: a driver that writes address and data so gets what it
 * means.
 */
#include "emu/virtio/msix.h"

#include "emu/virtio/pci_spec.h"

#include <assert.h>
#include <string.h>

#define MSIX_PBA_OFFSET 0x800
#define MSIX_PBA_SIZE   8

static_assert(MSIX_VECTORS_MAX * PCI_MSIX_ENTRY_SIZE <= MSIX_PBA_OFFSET, "the table fits below");
static_assert(MSIX_VECTORS_MAX <= 64, "pending bits are one QWORD");

/* Offsets of DWORDs in an entry. */
enum {
    MSIX_AT_ADDRESS_LOW = 0,
    MSIX_AT_ADDRESS_HIGH = 4,
    MSIX_AT_DATA = 8,
    MSIX_AT_CONTROL = 12,
};

void msix_init(struct msix *msix, struct pci_function *function, unsigned bar, unsigned count)
{
    g_assert(count > 0 && count <= MSIX_VECTORS_MAX);
    *msix = (struct msix){.function = function, .count = count};
    for (unsigned i = 0; i < count; i++) {
        msix->table[i].control = PCI_MSIX_ENTRY_MASKED; /* 6.8.2: the state after reset */
    }
    pci_function_add_bar(function, bar, MSIX_BAR_SIZE, false);
    msix->capability = pci_function_add_capability(function, PCI_CAPABILITY_MSIX, PCI_MSIX_SIZE);
    uint8_t *config = pci_function_config(function) + msix->capability;
    const uint16_t control = (uint16_t)(count - 1);
    const uint32_t table = bar, pba = MSIX_PBA_OFFSET | bar;
    memcpy(config + PCI_MSIX_AT_CONTROL, &control, sizeof(control));
    memcpy(config + PCI_MSIX_AT_TABLE, &table, sizeof(table));
    memcpy(config + PCI_MSIX_AT_PBA, &pba, sizeof(pba));
    pci_function_set_writable(function, msix->capability + PCI_MSIX_AT_CONTROL, 2,
                              PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
}

static unsigned msix_control(const struct msix *msix)
{
    uint16_t control = 0;
    if (msix->count > 0) {
        memcpy(&control,
               pci_function_config(msix->function) + msix->capability + PCI_MSIX_AT_CONTROL,
               sizeof(control));
    }
    return control;
}

bool msix_is_enabled(const struct msix *msix)
{
    return (msix_control(msix) & PCI_MSIX_ENABLE) != 0;
}

const struct msix_entry *msix_entry(const struct msix *msix, unsigned vector)
{
    g_assert(vector < msix->count);
    return &msix->table[vector];
}

static bool msix_is_open(const struct msix *msix, unsigned vector)
{
    return (msix_control(msix) & (PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL)) == PCI_MSIX_ENABLE &&
           (msix->table[vector].control & PCI_MSIX_ENTRY_MASKED) == 0;
}

static void msix_send(struct msix *msix, unsigned vector)
{
    const struct msix_entry *entry = &msix->table[vector];
    msix->pending &= ~(UINT64_C(1) << vector);
    pci_function_send(msix->function, vector, entry->address, entry->data);
}

void msix_fire(struct msix *msix, unsigned vector)
{
    g_assert(vector < msix->count);
    if (msix_is_open(msix, vector)) {
        msix_send(msix, vector);
    } else if (msix_is_enabled(msix)) {
        msix->pending |= UINT64_C(1) << vector;
    }
}

void msix_config_written(struct msix *msix)
{
    for (unsigned i = 0; msix->pending != 0 && i < msix->count; i++) {
        if ((msix->pending >> i & 1) != 0 && msix_is_open(msix, i)) {
            msix_send(msix, i);
        }
    }
}

/* ---- the BAR --------------------------------------------------------------------------------- */

static bool msix_check_width(struct msix *msix, uint64_t offset, unsigned size)
{
    if (size >= 4) {
        return true;
    }
    pci_function_breach(msix->function, "[PCI3.0] 6.8.2",
                        "For all accesses to MSI-X Table and MSI-X PBA fields, software must use "
                        "aligned full DWORD or aligned full QWORD transactions",
                        offset);
    return false;
}

static uint32_t msix_read_dword(const struct msix *msix, uint64_t offset)
{
    if (offset >= MSIX_PBA_OFFSET && offset < MSIX_PBA_OFFSET + MSIX_PBA_SIZE) {
        return (uint32_t)(msix->pending >> 8 * (offset - MSIX_PBA_OFFSET));
    }
    uint64_t vector = offset / PCI_MSIX_ENTRY_SIZE;
    if (vector >= msix->count) {
        return 0;
    }
    const struct msix_entry *entry = &msix->table[vector];
    switch (offset % PCI_MSIX_ENTRY_SIZE) {
    case MSIX_AT_ADDRESS_LOW:
        return (uint32_t)entry->address;
    case MSIX_AT_ADDRESS_HIGH:
        return (uint32_t)(entry->address >> 32);
    case MSIX_AT_DATA:
        return entry->data;
    default:
        return entry->control;
    }
}

uint64_t msix_read(struct msix *msix, uint64_t offset, unsigned size)
{
    if (!msix_check_width(msix, offset, size)) {
        return 0;
    }
    uint64_t value = msix_read_dword(msix, offset);
    return size == 8 ? value | (uint64_t)msix_read_dword(msix, offset + 4) << 32 : value;
}

static void msix_write_entry(struct msix *msix, unsigned vector, uint64_t field, uint32_t value)
{
    struct msix_entry *entry = &msix->table[vector];
    if (field != MSIX_AT_CONTROL && msix_is_open(msix, vector)) {
        pci_function_breach(msix->function, "[PCI3.0] 6.8.3",
                            "If software changes the Address or Data value of an entry while the "
                            "entry is unmasked, the result is undefined.",
                            vector);
    }
    switch (field) {
    case MSIX_AT_ADDRESS_LOW:
        entry->address = (entry->address & ~(uint64_t)UINT32_MAX) | value;
        break;
    case MSIX_AT_ADDRESS_HIGH:
        entry->address = (entry->address & UINT32_MAX) | (uint64_t)value << 32;
        break;
    case MSIX_AT_DATA:
        entry->data = value;
        break;
    default:
        entry->control = value & PCI_MSIX_ENTRY_MASKED;
        if ((msix->pending >> vector & 1) != 0 && msix_is_open(msix, vector)) {
            msix_send(msix, vector);
        }
        break;
    }
}

static void msix_write_dword(struct msix *msix, uint64_t offset, uint32_t value)
{
    uint64_t vector = offset / PCI_MSIX_ENTRY_SIZE;
    if (offset >= MSIX_PBA_OFFSET && offset < MSIX_PBA_OFFSET + MSIX_PBA_SIZE) {
        pci_function_breach(msix->function, "[PCI3.0] 6.8.2",
                            "Software should never write, and should only read Pending Bits.",
                            offset);
    } else if (vector < msix->count) {
        msix_write_entry(msix, (unsigned)vector, offset % PCI_MSIX_ENTRY_SIZE, value);
    }
}

void msix_write(struct msix *msix, uint64_t offset, unsigned size, uint64_t value)
{
    if (!msix_check_width(msix, offset, size)) {
        return;
    }
    msix_write_dword(msix, offset, (uint32_t)value);
    if (size == 8) {
        msix_write_dword(msix, offset + 4, (uint32_t)(value >> 32));
    }
}
