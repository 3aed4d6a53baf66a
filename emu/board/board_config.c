/*
 * board_config.c - what a machine may be configured to
 *
 * Configuration comes from users: every limit that the parts of the machine assert is checked here
 * before, in words.
 */
#include "emu/board/board_priv.h"

#include <string.h>

#define BOARD_MIB (UINT64_C(1) << 20)

G_DEFINE_QUARK(board - error - quark, board_error)

void board_config_init(struct board_config *config)
{
    *config = (struct board_config){
        .cpus = 1,
        .ram_size = 64 * BOARD_MIB,
        .step_ns = 1,
        .mmio_ns = 100,
        .timer_hz = GTIMER_FREQUENCY_HZ,
        .command_line = "",
    };
}

G_GNUC_PRINTF(2, 3)
static bool board_config_refuse(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    GError *refusal = g_error_new_valist(BOARD_ERROR, BOARD_ERROR_CONFIG, format, arguments);
    va_end(arguments);
    g_propagate_error(error, refusal);
    return false;
}

static bool board_config_check_memory(const struct board_config *config, GError **error)
{
    if (config->ram_size < GMEM_SIZE_MIN || config->ram_size > GMEM_SIZE_MAX ||
        config->ram_size % BOARD_MIB != 0) {
        return board_config_refuse(
            error,
            "memory of %" G_GUINT64_FORMAT " bytes: it must be whole MiB, from %" G_GUINT64_FORMAT
            " to %" G_GUINT64_FORMAT,
            config->ram_size, GMEM_SIZE_MIN / BOARD_MIB, GMEM_SIZE_MAX / BOARD_MIB);
    }
    if (config->pa_offset % GMEM_PAGE != 0) {
        return board_config_refuse(error,
                                   "translation offset %#" G_GINT64_MODIFIER
                                   "x: it must be a multiple of %" G_GUINT64_FORMAT,
                                   config->pa_offset, GMEM_PAGE);
    }
    uint64_t offset_max = BOARD_RAM_END_MAX - GMEM_BASE - config->ram_size;
    if (config->pa_offset > offset_max) {
        return board_config_refuse(error,
                                   "translation offset %#" G_GINT64_MODIFIER
                                   "x: with this memory it may be at most %#" G_GINT64_MODIFIER "x",
                                   config->pa_offset, offset_max);
    }
    return true;
}

static const char *board_config_name(const struct board_config *config, unsigned index)
{
    return index < config->net_count ? config->nets[index].device.name
                                     : config->shares[index - config->net_count].device.name;
}

static bool board_config_check_slot(const struct board_config *config, unsigned index,
                                    GError **error)
{
    const struct board_seat *seat = board_config_seat(config, index);
    const char *name = board_config_name(config, index);
    if (seat->transport != BOARD_TRANSPORT_PCI) {
        return seat->slot == 0 ||
               board_config_refuse(error, "%s has a slot and is not on PCI", name);
    }
    if (seat->slot >= PCI_SLOTS) {
        return board_config_refuse(error, "%s: slot %u must be 1 to %d", name, seat->slot,
                                   PCI_SLOTS - 1);
    }
    for (unsigned other = 0; other < index && seat->slot != 0; other++) {
        if (board_config_seat(config, other)->slot == seat->slot) {
            return board_config_refuse(error, "%s and %s are both in slot %u",
                                       board_config_name(config, other), name, seat->slot);
        }
    }
    return true;
}

unsigned board_window_intid(const struct board_config *config, unsigned slot)
{
    unsigned given =
        slot < board_config_device_count(config) ? board_config_seat(config, slot)->intid : 0;
    return given != 0 ? given : BOARD_VIRTIO_MMIO_INTID + slot;
}

/* Who has this INTID, other than a virtio device; NULL: nobody. */
static const char *board_config_owner(const struct board_config *config, unsigned intid)
{
    if (intid == BOARD_RTC_INTID) {
        return "the real-time clock";
    }
    if (board_pci_is_used(config) && intid >= BOARD_PCI_INTID &&
        intid < BOARD_PCI_INTID + PCI_PINS) {
        return "a pin of PCI";
    }
    if (board_pci_has_frame(config) && intid >= BOARD_GICV2M_INTID &&
        intid < BOARD_GICV2M_INTID + BOARD_GICV2M_COUNT) {
        return "a message of PCI";
    }
    return NULL;
}

/*
 * The window whose own INTID this is, as its device was not given another; BOARD_VIRTIO_MMIO_SLOTS:
 * none. Those that were given the same one share it.
 */
static unsigned board_config_find_window(const struct board_config *config, unsigned intid)
{
    unsigned slot = intid - BOARD_VIRTIO_MMIO_INTID; /* wraps for those below */
    bool is_one = slot < BOARD_VIRTIO_MMIO_SLOTS;
    bool was_given = is_one && slot < board_config_device_count(config) &&
                     board_config_seat(config, slot)->intid != 0;
    return is_one && !was_given ? slot : BOARD_VIRTIO_MMIO_SLOTS;
}

static bool board_config_check_line(const struct board_config *config, unsigned index,
                                    GError **error)
{
    const struct board_seat *seat = board_config_seat(config, index);
    const char *name = board_config_name(config, index);
    if (seat->intid == 0) {
        return true;
    }
    if (seat->transport == BOARD_TRANSPORT_PCI) {
        return board_config_refuse(error, "%s is on PCI, where its slot decides over its INTID",
                                   name);
    }
    if (config->boot == BOARD_BOOT_ACPI) {
        return board_config_refuse(error,
                                   "%s: ACPI tables without a DSDT cannot tell the guest of INTID "
                                   "%u",
                                   name, seat->intid);
    }
    if (seat->intid < BOARD_INTID_SPI || seat->intid >= BOARD_IRQ_COUNT) {
        return board_config_refuse(error, "%s: INTID %u is not an SPI of this machine, %u to %u",
                                   name, seat->intid, BOARD_INTID_SPI, BOARD_IRQ_COUNT - 1);
    }
    const char *owner = board_config_owner(config, seat->intid);
    if (owner != NULL) {
        return board_config_refuse(error, "%s: INTID %u is that of %s", name, seat->intid, owner);
    }
    unsigned window = board_config_find_window(config, seat->intid);
    return window == BOARD_VIRTIO_MMIO_SLOTS ||
           board_config_refuse(error, "%s: INTID %u is that of virtio-mmio window %u", name,
                               seat->intid, window);
}

/* What both kinds of devices have: a name, rings, a place, a line. */
static bool board_config_check_device(const struct board_config *config, unsigned index,
                                      unsigned queue_size, unsigned batch, GError **error)
{
    const char *name = board_config_name(config, index);
    if (name == NULL || name[0] == '\0' || strchr(name, '.') != NULL) {
        return board_config_refuse(error, "device %u needs a name without a dot", index);
    }
    for (unsigned other = 0; other < index; other++) {
        if (strcmp(board_config_name(config, other), name) == 0) {
            return board_config_refuse(error, "two devices are called %s", name);
        }
    }
    if (queue_size == 0 || queue_size > VIRTQUEUE_SIZE_MAX ||
        (queue_size & (queue_size - 1)) != 0) {
        return board_config_refuse(error, "%s: queue size %u must be a power of two up to %u", name,
                                   queue_size, VIRTQUEUE_SIZE_MAX);
    }
    if (batch > queue_size) {
        return board_config_refuse(error, "%s: a batch of %u is more than the queue size %u", name,
                                   batch, queue_size);
    }
    return board_config_check_slot(config, index, error) &&
           board_config_check_line(config, index, error);
}

static bool board_config_check_backend(const struct board_config *config, unsigned index,
                                       GError **error)
{
    const char *name = config->nets[index].device.name;
    if (strcmp(name, BOARD_SLIRP_PORT) == 0) {
        return board_config_refuse(
            error, "a network device cannot be called %s: libslirp's port is called so", name);
    }
    for (unsigned other = 0; other < index; other++) {
        if (config->nets[index].backend == BOARD_BACKEND_SLIRP &&
            config->nets[other].backend == BOARD_BACKEND_SLIRP) {
            return board_config_refuse(error,
                                       "%s and %s both want backend slirp: all devices are on one "
                                       "wire, and libslirp is there once",
                                       config->nets[other].device.name, name);
        }
    }
    return true;
}

static bool board_config_check_net(const struct board_config *config, unsigned index,
                                   GError **error)
{
    const struct virtio_net_config *device = &config->nets[index].device;
    const char *name = device->name;
    if (!board_config_check_device(config, index, device->queue_size, device->style.batch, error) ||
        !board_config_check_backend(config, index, error)) {
        return false;
    }
    uint64_t unsupported = device->features_on & ~virtio_net_features_supported();
    if (unsupported != 0) {
        return board_config_refuse(error,
                                   "%s cannot offer features %#" G_GINT64_MODIFIER
                                   "x: the device has only %#" G_GINT64_MODIFIER "x",
                                   name, unsupported, virtio_net_features_supported());
    }
    if (config->nets[index].seat.transport == BOARD_TRANSPORT_MMIO_LEGACY &&
        device->features_on > UINT32_MAX) {
        return board_config_refuse(error,
                                   "%s cannot offer features %#" G_GINT64_MODIFIER
                                   "x: a legacy device has the bits 0 to 31 and no others",
                                   name, device->features_on);
    }
    return true;
}

static bool board_config_check_share(const struct board_config *config, unsigned index,
                                     GError **error)
{
    const struct virtio_9p_config *device = &config->shares[index].device;
    if (!board_config_check_device(config, config->net_count + index, device->queue_size,
                                   device->style.batch, error)) {
        return false;
    }
    if (strlen(device->name) > VIRTIO_9P_TAG_MAX) {
        return board_config_refuse(error, "%s: a mount tag has at most %d bytes", device->name,
                                   VIRTIO_9P_TAG_MAX);
    }
    if (device->msize_max < VIRTIO_9P_MSIZE_MIN || device->msize_max > VIRTIO_9P_MSIZE_MAX) {
        return board_config_refuse(error, "%s: msize %u must be %u to %u", device->name,
                                   device->msize_max, VIRTIO_9P_MSIZE_MIN, VIRTIO_9P_MSIZE_MAX);
    }
    return true;
}

static bool board_config_check_devices(const struct board_config *config, GError **error)
{
    if (config->net_count > BOARD_NETS_MAX) {
        return board_config_refuse(error, "%u network devices: there can be %u", config->net_count,
                                   BOARD_NETS_MAX);
    }
    if (config->share_count > BOARD_SHARES_MAX) {
        return board_config_refuse(error, "%u shares: there can be %u", config->share_count,
                                   BOARD_SHARES_MAX);
    }
    for (unsigned i = 0; i < config->net_count; i++) {
        if (!board_config_check_net(config, i, error)) {
            return false;
        }
    }
    for (unsigned i = 0; i < config->share_count; i++) {
        if (!board_config_check_share(config, i, error)) {
            return false;
        }
    }
    return true;
}

static bool board_config_check_file(const struct board_file *file, unsigned index, GError **error)
{
    if (file->path == NULL || file->path[0] != '/') {
        return board_config_refuse(error, "file %u, %s: it needs an absolute path", index,
                                   file->path == NULL ? "without a name" : file->path);
    }
    if (file->data == NULL && file->size != 0) {
        return board_config_refuse(error, "file %s has a size and no data", file->path);
    }
    return true;
}

bool board_config_check(const struct board_config *config, GError **error)
{
    if (!board_config_check_memory(config, error)) {
        return false;
    }
    if (config->cpus < 1 || config->cpus > CPU_CORES_MAX) {
        return board_config_refuse(error, "%u CPUs: there can be 1 to %u", config->cpus,
                                   CPU_CORES_MAX);
    }
    if (config->step_ns == 0) {
        return board_config_refuse(error, "a step must be at least 1 ns");
    }
    if (config->timer_hz < GTIMER_FREQUENCY_MIN_HZ || config->timer_hz > GTIMER_FREQUENCY_MAX_HZ) {
        return board_config_refuse(error,
                                   "a timer of %" G_GUINT64_FORMAT " Hz: it must have 1 MHz to 1 "
                                   "GHz",
                                   config->timer_hz);
    }
    if (config->timer_delay_ns > GTIMER_DELAY_MAX_NS) {
        return board_config_refuse(error,
                                   "a timer whose line follows after %" G_GUINT64_FORMAT
                                   " ns: it may take up to %" G_GUINT64_FORMAT,
                                   config->timer_delay_ns, GTIMER_DELAY_MAX_NS);
    }
    if (config->secure && config->gic != GIC_V2) {
        return board_config_refuse(error, "the secure view is that of a GICv2");
    }
    if (config->command_line == NULL) {
        return board_config_refuse(error, "there is no command line; it may be empty");
    }
    if (!board_config_check_devices(config, error)) {
        return false;
    }
    if (config->file_count > BOARD_FILES_MAX) {
        return board_config_refuse(error, "%u files: there can be %u", config->file_count,
                                   BOARD_FILES_MAX);
    }
    for (unsigned i = 0; i < config->file_count; i++) {
        if (!board_config_check_file(&config->files[i], i, error)) {
            return false;
        }
    }
    return true;
}
