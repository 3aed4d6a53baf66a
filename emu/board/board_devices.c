/*
 * board_devices.c - the virtio devices of the machine, and the windows of virtio-mmio
 *
 * The devices are numbered: network devices, then shares, each as in the configuration. Device i is
 * in virtio-mmio window i, with INTID 48 + i unless it was given another. (QEMU fills its windows
 * from the last one down; guests find devices by scanning, so the order is ours to choose.) All
 * other windows are empty. A device on PCI leaves its window empty: board_pci.c.
 */
#include "emu/board/board_priv.h"
#include "emu/virtio/pci_spec.h"

#include <assert.h>
#include <string.h>

static_assert(BOARD_DEVICES_MAX <= BOARD_VIRTIO_MMIO_SLOTS, "each device has a window");
static_assert(BOARD_VIRTIO_MMIO_INTID + BOARD_VIRTIO_MMIO_SLOTS <= BOARD_IRQ_COUNT,
              "each window has an INTID");

static void board_devices_add_window(struct board *board, const struct board_config *config)
{
    struct board_devices *devices = board_devices(board);
    unsigned slot = devices->window_count++;
    g_autofree char *built = g_strdup_printf("virtio-mmio.%u", slot);
    const char *name = trace_intern(board_trace(board), built);
    uint64_t base = BOARD_VIRTIO_MMIO_BASE + slot * (uint64_t)VIRTIO_MMIO_WINDOW;
    bool is_taken = slot < devices->count && !devices->at[slot].is_on_pci;
    struct virtio_dev *dev = is_taken ? devices->at[slot].dev : NULL;
    if (is_taken && board_config_seat(config, slot)->transport == BOARD_TRANSPORT_MMIO_LEGACY) {
        devices->legacy_windows[slot] = virtio_mmio_legacy_new(board_bus(board), name, base, dev);
    } else {
        devices->windows[slot] = virtio_mmio_new(board_bus(board), name, base, dev);
    }
}

/* The device itself; the line is that of its window, and not connected on PCI. */
static struct virtio_dev *board_devices_new(struct board *board, const struct board_config *config,
                                            unsigned index, struct irqline line)
{
    struct board_devices *devices = board_devices(board);
    const struct virtio_env env = {
        .clock = board_clock(board), .trace = board_trace(board), .memory = board_memory(board)};
    if (index < config->net_count) {
        struct virtio_net *net =
            virtio_net_new(&env, &config->nets[index].device, board_wire(board), line);
        devices->nets[devices->net_count++] = net;
        return virtio_net_dev(net);
    }
    struct virtio_9p *share =
        virtio_9p_new(&env, &config->shares[index - config->net_count].device, line);
    devices->shares[devices->share_count++] = share;
    return virtio_9p_dev(share);
}

void board_devices_build(struct board *board, const struct board_config *config)
{
    struct board_devices *devices = board_devices(board);
    for (unsigned i = 0; i < board_config_device_count(config); i++) {
        struct board_device *device = &devices->at[devices->count++];
        struct irqline line = {.set = NULL};
        device->is_on_pci = board_config_seat(config, i)->transport == BOARD_TRANSPORT_PCI;
        device->intid = board_window_intid(config, i);
        if (!device->is_on_pci) {
            line = board_window_line(board, i, device->intid);
        }
        device->dev = board_devices_new(board, config, i, line);
        virtio_dev_watch_barriers(device->dev);
        if (device->is_on_pci) {
            device->slot = board_device_slot(config, i);
            board_pci_attach(board, config, i, device->dev);
        }
        board_add_line(board, device->dev);
    }
    while (devices->window_count < BOARD_VIRTIO_MMIO_SLOTS) {
        board_devices_add_window(board, config);
    }
}

void board_devices_fini(struct board_devices *devices)
{
    while (devices->window_count > 0) {
        devices->window_count--;
        virtio_mmio_free(devices->windows[devices->window_count]);
        virtio_mmio_legacy_free(devices->legacy_windows[devices->window_count]);
    }
    while (devices->share_count > 0) {
        virtio_9p_free(devices->shares[--devices->share_count]);
    }
    while (devices->net_count > 0) {
        virtio_net_free(devices->nets[--devices->net_count]);
    }
}

/* ---- barriers -------------------------------------------------------------------------------- */

bool board_devices_barrier(const struct board_devices *devices)
{
    bool found = false;
    for (unsigned i = 0; i < devices->count; i++) {
        found = virtio_dev_barrier(devices->at[i].dev) || found;
    }
    return found;
}

void board_devices_tell(const struct board_devices *devices)
{
    for (unsigned i = 0; i < devices->count; i++) {
        virtio_dev_tell(devices->at[i].dev);
    }
}

/* ---- by name --------------------------------------------------------------------------------- */

struct virtio_net *board_net(struct board *board, const char *name)
{
    const struct board_devices *devices = board_devices(board);
    for (unsigned i = 0; i < devices->net_count; i++) {
        if (strcmp(virtio_net_dev(devices->nets[i])->name, name) == 0) {
            return devices->nets[i];
        }
    }
    return NULL;
}

struct virtio_9p *board_share(struct board *board, const char *name)
{
    const struct board_devices *devices = board_devices(board);
    for (unsigned i = 0; i < devices->share_count; i++) {
        if (strcmp(virtio_9p_dev(devices->shares[i])->name, name) == 0) {
            return devices->shares[i];
        }
    }
    return NULL;
}

/* The index of a device; their count: there is none of this name. */
static unsigned board_devices_find(const struct board_devices *devices, const char *name)
{
    unsigned i = 0;
    while (i < devices->count && strcmp(devices->at[i].dev->name, name) != 0) {
        i++;
    }
    return i;
}

struct virtio_dev *board_device(struct board *board, const char *name)
{
    const struct board_devices *devices = board_devices(board);
    unsigned i = board_devices_find(devices, name);
    return i < devices->count ? devices->at[i].dev : NULL;
}

unsigned board_device_count(struct board *board)
{
    return board_devices(board)->count;
}

struct virtio_dev *board_device_at(struct board *board, unsigned index)
{
    g_assert(index < board_devices(board)->count);
    return board_devices(board)->at[index].dev;
}

unsigned board_device_intid(struct board *board, const char *name)
{
    const struct board_devices *devices = board_devices(board);
    unsigned i = board_devices_find(devices, name);
    g_assert(i < devices->count);
    unsigned intid = devices->at[i].intid;
    board_pci_intid(board, i, &intid);
    return intid;
}

bool board_device_sends_messages(struct board *board, const char *name)
{
    const struct board_devices *devices = board_devices(board);
    unsigned i = board_devices_find(devices, name);
    return i < devices->count && board_pci_sends_messages(board, i);
}

char *board_device_place(struct board *board, const char *name)
{
    const struct board_devices *devices = board_devices(board);
    unsigned i = board_devices_find(devices, name);
    g_assert(i < devices->count);
    const struct board_device *device = &devices->at[i];
    if (device->is_on_pci) {
        return g_strdup_printf("PCI function 00:%02x.0, %04x:%04x", device->slot, VIRTIO_PCI_VENDOR,
                               VIRTIO_PCI_DEVICE + device->dev->ops->device_id);
    }
    return g_strdup_printf("virtio-mmio window %u at 0x%08x", i,
                           (unsigned)(BOARD_VIRTIO_MMIO_BASE + i * (uint64_t)VIRTIO_MMIO_WINDOW));
}

struct virtqueue *board_queue(struct board *board, const char *name)
{
    const struct board_devices *devices = board_devices(board);
    for (unsigned i = 0; i < devices->count; i++) {
        struct virtio_dev *dev = devices->at[i].dev;
        for (unsigned queue = 0; queue < dev->ops->queue_count; queue++) {
            if (strcmp(dev->queues[queue].name, name) == 0) {
                return &dev->queues[queue];
            }
        }
    }
    return NULL;
}
