/*
 * mock_driver.c - the other side of a virtio device, for tests
 */
#include "emu/virtio/mock_driver.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <string.h>

/* ---- machine --------------------------------------------------------------------------------- */

static void mock_machine_observe(void *opaque, const struct trace_event *event)
{
    struct mock_machine *machine = opaque;
    machine->counts[event->kind]++;
    /* What the driver opens and closes is its own doing. */
    machine->events += event->kind != TRACE_DMA_OPENED && event->kind != TRACE_DMA_CLOSED;
    machine->last[event->kind] = *event;
}

static void mock_machine_set_line(void *opaque, unsigned number, bool level)
{
    struct mock_machine *machine = opaque;
    g_assert(number == machine->line.number);
    machine->line_changes += level != machine->line_level;
    machine->line_level = level;
}

void mock_machine_init(struct mock_machine *machine)
{
    *machine = (struct mock_machine){.clock = vclock_new()};
    machine->trace = trace_new(machine->clock);
    trace_add_observer(machine->trace, mock_machine_observe, machine);
    g_autoptr(GError) error = NULL;
    const struct gmem_config config = {.size = GMEM_SIZE_MIN};
    machine->memory = gmem_new(machine->trace, &config, &error);
    g_assert_no_error(error);
    machine->bus = mmio_bus_new(machine->trace);
    machine->env = (struct virtio_env){
        .clock = machine->clock,
        .trace = machine->trace,
        .memory = machine->memory,
    };
    machine->line = (struct irqline){.set = mock_machine_set_line, .opaque = machine, .number = 7};
}

void mock_machine_fini(struct mock_machine *machine)
{
    mmio_bus_free(machine->bus);
    gmem_free(machine->memory);
    trace_free(machine->trace);
    vclock_free(machine->clock);
}

void mock_machine_forget(struct mock_machine *machine)
{
    memset(machine->counts, 0, sizeof(machine->counts));
    machine->events = 0;
    machine->line_changes = 0;
}

void mock_machine_run(struct mock_machine *machine, uint64_t ns)
{
    vclock_advance(machine->clock, vclock_now_ns(machine->clock) + ns);
}

bool mock_machine_saw_breach(const struct mock_machine *machine, const char *who,
                             const char *clause)
{
    const struct trace_event *breach = &machine->last[TRACE_VIRTIO_BREACH];
    return machine->counts[TRACE_VIRTIO_BREACH] == 1 &&
           strcmp(breach->fields[0].string, who) == 0 &&
           strcmp(breach->fields[1].string, clause) == 0;
}

gpa_t mock_machine_alloc(struct mock_machine *machine, size_t size, void *host)
{
    void *memory = gmem_alloc(machine->memory, size, 64);
    g_assert(memory != NULL);
    memset(memory, 0, size);
    gpa_t at = gpa(0);
    g_assert(gmem_address_of(machine->memory, memory, &at));
    if (host != NULL) {
        memcpy(host, &memory, sizeof(memory));
    }
    return at;
}

gpa_t mock_machine_closed_memory(struct mock_machine *machine)
{
    uint64_t base = 0;
    uint64_t size = 0;
    gmem_free_range(machine->memory, &base, &size);
    g_assert(size >= GMEM_PAGE);
    return gpa(base);
}

/* ---- registers ------------------------------------------------------------------------------- */

uint32_t mock_reg_read(struct mock_machine *machine, uint64_t offset)
{
    return (uint32_t)mmio_read(machine->bus, MOCK_MMIO_BASE + offset, 4);
}

void mock_reg_write(struct mock_machine *machine, uint64_t offset, uint32_t value)
{
    mmio_write(machine->bus, MOCK_MMIO_BASE + offset, 4, value);
}

void mock_driver_reset(struct mock_machine *machine)
{
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, 0);
}

uint32_t mock_driver_negotiate(struct mock_machine *machine, uint64_t features)
{
    features |= UINT64_C(1) << VIRTIO_F_VERSION_1;
    uint32_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE;
    mock_driver_reset(machine);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, status);
    status |= VIRTIO_CONFIG_S_DRIVER;
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, status);
    for (uint32_t select = 0; select < 2; select++) {
        mock_reg_write(machine, VIRTIO_MMIO_DRIVER_FEATURES_SEL, select);
        mock_reg_write(machine, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32 * select));
    }
    status |= VIRTIO_CONFIG_S_FEATURES_OK;
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, status);
    return mock_reg_read(machine, VIRTIO_MMIO_STATUS);
}

void mock_driver_ok(struct mock_machine *machine)
{
    uint32_t status = mock_reg_read(machine, VIRTIO_MMIO_STATUS);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, status | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* ---- rings ----------------------------------------------------------------------------------- */

void mock_ring_alloc(struct mock_ring *ring, struct mock_machine *machine, unsigned index,
                     unsigned size)
{
    *ring = (struct mock_ring){.machine = machine, .index = index, .size = size};
    ring->desc = mock_machine_alloc(machine, sizeof(struct vring_desc) * size, &ring->desc_host);
    ring->avail = mock_machine_alloc(machine, 6 + 2 * (size_t)size, &ring->avail_host);
    ring->used = mock_machine_alloc(machine, 6 + 8 * (size_t)size, &ring->used_host);
}

static void mock_ring_write_address(struct mock_ring *ring, uint64_t low, gpa_t address)
{
    mock_reg_write(ring->machine, low, (uint32_t)address.value);
    mock_reg_write(ring->machine, low + 4, (uint32_t)(address.value >> 32));
}

void mock_ring_enable(struct mock_ring *ring)
{
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_SEL, ring->index);
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_NUM, ring->size);
    mock_ring_write_address(ring, VIRTIO_MMIO_QUEUE_DESC_LOW, ring->desc);
    mock_ring_write_address(ring, VIRTIO_MMIO_QUEUE_AVAIL_LOW, ring->avail);
    mock_ring_write_address(ring, VIRTIO_MMIO_QUEUE_USED_LOW, ring->used);
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_READY, 1);
}

void mock_driver_start_legacy(struct mock_machine *machine, uint32_t features)
{
    mock_driver_reset(machine);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    mock_reg_write(machine, VIRTIO_MMIO_STATUS,
                   VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
    mock_reg_write(machine, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
    mock_reg_write(machine, VIRTIO_MMIO_DRIVER_FEATURES, features);
    mock_reg_write(machine, VIRTIO_MMIO_GUEST_PAGE_SIZE, MOCK_PAGE);
}

void mock_ring_alloc_legacy(struct mock_ring *ring, struct mock_machine *machine, unsigned index,
                            unsigned size, unsigned align)
{
    *ring = (struct mock_ring){.machine = machine, .index = index, .size = size};
    uint8_t *area;
    gpa_t at = mock_machine_alloc(machine, vring_size(size, align) + MOCK_PAGE, &area);
    uint64_t skipped = (MOCK_PAGE - at.value % MOCK_PAGE) % MOCK_PAGE;
    struct vring layout;
    vring_init(&layout, size, area + skipped, align);
    ring->desc_host = area + skipped;
    ring->avail_host = (uint8_t *)layout.avail;
    ring->used_host = (uint8_t *)layout.used;
    ring->desc = gpa(at.value + skipped);
    ring->avail = gpa(ring->desc.value + (uint64_t)(ring->avail_host - ring->desc_host));
    ring->used = gpa(ring->desc.value + (uint64_t)(ring->used_host - ring->desc_host));
}

void mock_ring_enable_legacy(struct mock_ring *ring, unsigned align)
{
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_SEL, ring->index);
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_NUM, ring->size);
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_ALIGN, align);
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_PFN, (uint32_t)(ring->desc.value / MOCK_PAGE));
}

void mock_ring_disable(struct mock_ring *ring)
{
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_SEL, ring->index);
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_READY, 0);
    (void)mock_reg_read(ring->machine, VIRTIO_MMIO_QUEUE_READY);
}

void mock_ring_init(struct mock_ring *ring, struct mock_machine *machine, unsigned index,
                    unsigned size)
{
    mock_ring_alloc(ring, machine, index, size);
    mock_ring_enable(ring);
}

void mock_ring_desc(struct mock_ring *ring, unsigned entry, gpa_t at, uint32_t len, unsigned flags,
                    unsigned next)
{
    const struct vring_desc desc = {
        .addr = at.value,
        .len = len,
        .flags = (uint16_t)flags,
        .next = (uint16_t)next,
    };
    g_assert(entry < ring->size);
    memcpy(ring->desc_host + entry * sizeof(desc), &desc, sizeof(desc));
}

void mock_ring_set_avail_index(struct mock_ring *ring, uint16_t index)
{
    ring->avail_index = index;
    memcpy(ring->avail_host + offsetof(struct vring_avail, idx), &index, sizeof(index));
}

void mock_ring_set_avail_flags(struct mock_ring *ring, uint16_t flags)
{
    memcpy(ring->avail_host + offsetof(struct vring_avail, flags), &flags, sizeof(flags));
}

void mock_ring_set_used_event(struct mock_ring *ring, uint16_t event)
{
    memcpy(ring->avail_host + offsetof(struct vring_avail, ring) + 2 * (size_t)ring->size, &event,
           sizeof(event));
}

uint16_t mock_ring_avail_event(const struct mock_ring *ring)
{
    uint16_t event;
    memcpy(&event, ring->used_host + offsetof(struct vring_used, ring) + 8 * (size_t)ring->size,
           sizeof(event));
    return event;
}

uint16_t mock_ring_used_flags(const struct mock_ring *ring)
{
    uint16_t flags;
    memcpy(&flags, ring->used_host + offsetof(struct vring_used, flags), sizeof(flags));
    return flags;
}

void mock_ring_offer(struct mock_ring *ring, uint16_t head)
{
    size_t slot = ring->avail_index % ring->size;
    memcpy(ring->avail_host + offsetof(struct vring_avail, ring) + slot * sizeof(head), &head,
           sizeof(head));
    mock_ring_set_avail_index(ring, (uint16_t)(ring->avail_index + 1));
}

void mock_ring_kick(struct mock_ring *ring)
{
    mock_reg_write(ring->machine, VIRTIO_MMIO_QUEUE_NOTIFY, ring->index);
}

uint16_t mock_ring_used_index(const struct mock_ring *ring)
{
    uint16_t index;
    memcpy(&index, ring->used_host + offsetof(struct vring_used, idx), sizeof(index));
    return index;
}

static struct vring_used_elem mock_ring_used(const struct mock_ring *ring, uint16_t index)
{
    struct vring_used_elem element;
    size_t slot = index % ring->size;
    memcpy(&element, ring->used_host + offsetof(struct vring_used, ring) + slot * sizeof(element),
           sizeof(element));
    return element;
}

uint32_t mock_ring_used_id(const struct mock_ring *ring, uint16_t index)
{
    return mock_ring_used(ring, index).id;
}

uint32_t mock_ring_used_len(const struct mock_ring *ring, uint16_t index)
{
    return mock_ring_used(ring, index).len;
}
