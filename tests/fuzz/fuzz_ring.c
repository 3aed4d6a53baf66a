/*
 * fuzz_ring.c - a hostile driver on a virtio network device
 *
 * The input is a program for the driver: register accesses, bytes and descriptors in guest memory,
 * available entries, kicks, barriers, in between virtual time, frames from the wire and changes of
 * the link. Whatever it does:
 *   - each step comes to an end, and says a bounded number of things (2.7.5.3.1 bounds a chain,
 *     2.7 the chains);
 *   - no byte of RAM outside of what devices may write changes;
 *   - the interrupt line is up exactly while the interrupt status is not zero;
 *   - no queue has more chains in flight than entries, and what reaches the wire is a frame.
 * All features of the rings may be negotiated; indirect tables and event indices are bytes like any
 * others.
 */
#include "emu/virtio-net/virtio_net.h"
#include "emu/virtio/mock_driver.h"
#include "tests/fuzz/fuzz_memory.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define FUZZ_QUEUE_SIZE_MAX 16
#define FUZZ_QUEUE_SPACE    0x1000 /* of the first region, for each of the two queues */
#define FUZZ_AVAIL_AT       0x800
#define FUZZ_USED_AT        0xc00
#define FUZZ_STEPS_MAX      512
#define FUZZ_PAUSE_NS       100
#define FUZZ_MRG_RXBUF      15 /* [VIRTIO1.2] 5.1.3; its own header has a clash of names */

/*
 * One step lets the device look at each chain that can be available and, where frames wait, at one
 * chain for each frame. A chain has at most as many descriptors as the queue, and a descriptor is
 * worth at most four events (no length, out of order, not free, out of order there); a chain some
 * more.
 */
#define FUZZ_EVENTS_MAX                                                                            \
    ((VIRTIO_NET_FRAMES_HELD + 2 * FUZZ_QUEUE_SIZE_MAX) * (4 * FUZZ_QUEUE_SIZE_MAX + 8))

enum fuzz_op {
    FUZZ_START, /* negotiate, enable both queues, DRIVER_OK */
    FUZZ_DESCRIPTOR,
    FUZZ_OFFER, /* the next available entry, and the index after it */
    FUZZ_KICK,
    FUZZ_PAUSE, /* every second one with a barrier of the CPU */
    FUZZ_BYTES, /* into a region */
    FUZZ_REGISTER_WRITE,
    FUZZ_REGISTER_READ,
    FUZZ_RING_ADDRESS, /* one of the three of a queue */
    FUZZ_AVAIL_INDEX,
    FUZZ_AVAIL_FLAGS,
    FUZZ_FRAME, /* from the wire */
    FUZZ_LINK,
    FUZZ_OPS,
};

struct fuzz_ring {
    struct mock_machine machine;
    struct fuzz_memory memory;
    const struct fuzz_region *rings;
    struct wire *wire;
    struct virtio_net *net;
    struct virtio_mmio *mmio;
    struct wire_port *host;
};

static void fuzz_host_receive(void *opaque, const uint8_t *frame, size_t len)
{
    (void)opaque;
    FUZZ_CHECK(frame != NULL && len >= 14 && len <= WIRE_FRAME_MAX);
}

static void fuzz_setup(struct fuzz_ring *ring, struct fuzz_input *input)
{
    uint8_t kind = fuzz_u8(input);
    mock_machine_init(&ring->machine);
    fuzz_memory_init(&ring->memory, ring->machine.memory);
    ring->rings = fuzz_memory_open(&ring->memory, 0x10000 - 100, GMEM_DEVICE_BOTH);
    fuzz_memory_open(&ring->memory, 0x2000 - 10, GMEM_DEVICE_BOTH);
    fuzz_memory_open(&ring->memory, 0x1000 - 50, GMEM_DEVICE_READS);
    ring->wire = wire_new(ring->machine.clock, ring->machine.trace);
    const struct virtio_net_config config = {
        .name = "eth0",
        .mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
        .features_on = (kind & 1) != 0 ? virtio_net_features_supported() : 0,
        .features_off = (kind & 2) != 0 ? virtio_net_features_supported() : 0,
        .queue_size = (kind & 4) != 0 ? FUZZ_QUEUE_SIZE_MAX : 4,
        .latency_ns = (kind & 8) != 0 ? 0 : VIRTQUEUE_LATENCY_NS,
        .style =
            {
                .batch = (kind & 0x10) != 0 ? 3 : 1,
                .order = (kind & 0x20) != 0 ? VIRTQUEUE_REVERSE : VIRTQUEUE_IN_ORDER,
                .suppress = (kind & 0x40) != 0,
                .first_index = (kind & 0x40) != 0 ? 65533 : 0,
            },
        .reset_ns = (kind & 0x80) != 0 ? 1000 : 0,
    };
    ring->net = virtio_net_new(&ring->machine.env, &config, ring->wire, ring->machine.line);
    virtio_dev_watch_barriers(virtio_net_dev(ring->net));
    ring->mmio =
        virtio_mmio_new(ring->machine.bus, "slot0", MOCK_MMIO_BASE, virtio_net_dev(ring->net));
    ring->host = wire_add_port(ring->wire, "host", false, fuzz_host_receive, ring);
}

static void fuzz_teardown(struct fuzz_ring *ring)
{
    virtio_net_free(ring->net);
    wire_free(ring->wire);
    mock_machine_fini(&ring->machine);
    virtio_mmio_free(ring->mmio);
}

/*
 * ---- the driver -------------------------------------------------------------------------------
 */

/* A part of a queue's own space. The guest may write there whatever and whenever it wants. */
static uint8_t *fuzz_space(struct fuzz_ring *ring, unsigned queue, size_t offset)
{
    return ring->rings->host + queue * FUZZ_QUEUE_SPACE + offset;
}

static void fuzz_write_address(struct fuzz_ring *ring, uint64_t low_register, uint64_t address)
{
    mock_reg_write(&ring->machine, low_register, (uint32_t)address);
    mock_reg_write(&ring->machine, low_register + 4, (uint32_t)(address >> 32));
}

static void fuzz_start(struct fuzz_ring *ring, struct fuzz_input *input)
{
    static const unsigned bits[] = {VIRTIO_RING_F_INDIRECT_DESC, VIRTIO_RING_F_EVENT_IDX,
                                    VIRTIO_F_IN_ORDER, FUZZ_MRG_RXBUF};
    uint8_t choice = fuzz_u8(input);
    uint8_t size = (uint8_t)(2u << choice % 4);
    uint64_t features = fuzz_number(input, 2);
    for (unsigned i = 0; i < G_N_ELEMENTS(bits); i++) {
        features |= (choice & 0x10u << i) != 0 ? UINT64_C(1) << bits[i] : 0;
    }
    mock_driver_negotiate(&ring->machine, features);
    for (unsigned queue = 0; queue < 2; queue++) {
        uint64_t space = ring->rings->at.value + queue * FUZZ_QUEUE_SPACE;
        uint16_t first = virtio_net_dev(ring->net)->queues[queue].style.first_index;
        memset(fuzz_space(ring, queue, 0), 0, FUZZ_QUEUE_SPACE);
        memcpy(fuzz_space(ring, queue, FUZZ_AVAIL_AT + 2), &first, sizeof(first));
        mock_reg_write(&ring->machine, VIRTIO_MMIO_QUEUE_SEL, queue);
        mock_reg_write(&ring->machine, VIRTIO_MMIO_QUEUE_NUM, size);
        fuzz_write_address(ring, VIRTIO_MMIO_QUEUE_DESC_LOW, space);
        fuzz_write_address(ring, VIRTIO_MMIO_QUEUE_AVAIL_LOW, space + FUZZ_AVAIL_AT);
        fuzz_write_address(ring, VIRTIO_MMIO_QUEUE_USED_LOW, space + FUZZ_USED_AT);
        mock_reg_write(&ring->machine, VIRTIO_MMIO_QUEUE_READY, 1);
    }
    mock_driver_ok(&ring->machine);
}

static void fuzz_descriptor(struct fuzz_ring *ring, struct fuzz_input *input)
{
    uint8_t which = fuzz_u8(input);
    const struct vring_desc desc = {
        .addr = fuzz_memory_address(&ring->memory, input).value,
        .len = (which & 0x80) != 0 ? fuzz_u32(input) : fuzz_u16(input) % 4096,
        .flags = fuzz_u8(input),
        .next = fuzz_u8(input),
    };
    size_t at = which / 2 % FUZZ_QUEUE_SIZE_MAX * sizeof(desc);
    memcpy(fuzz_space(ring, which % 2, at), &desc, sizeof(desc));
}

static uint16_t fuzz_avail_index(struct fuzz_ring *ring, unsigned queue)
{
    uint16_t index;
    memcpy(&index, fuzz_space(ring, queue, FUZZ_AVAIL_AT + 2), sizeof(index));
    return index;
}

static void fuzz_set_avail(struct fuzz_ring *ring, unsigned queue, size_t field, uint16_t value)
{
    memcpy(fuzz_space(ring, queue, FUZZ_AVAIL_AT + field), &value, sizeof(value));
}

static void fuzz_offer(struct fuzz_ring *ring, struct fuzz_input *input)
{
    unsigned queue = fuzz_u8(input) % 2;
    uint16_t head = fuzz_u8(input);
    uint16_t index = fuzz_avail_index(ring, queue);
    unsigned size = virtio_net_dev(ring->net)->queues[queue].size;
    unsigned entries = size > 0 && size <= FUZZ_QUEUE_SIZE_MAX ? size : FUZZ_QUEUE_SIZE_MAX;
    fuzz_set_avail(ring, queue, 4 + 2 * (size_t)(index % entries), head);
    fuzz_set_avail(ring, queue, 2, (uint16_t)(index + 1));
}

static void fuzz_bytes(struct fuzz_ring *ring, struct fuzz_input *input)
{
    const struct fuzz_region *region = &ring->memory.regions[fuzz_u8(input) % 2];
    size_t offset = fuzz_u16(input) % region->size, got;
    size_t wanted = fuzz_u8(input); /* MIN() would take it from the input twice */
    wanted = MIN(wanted, region->size - offset);
    const uint8_t *bytes = fuzz_take(input, wanted, &got);
    memcpy(region->host + offset, bytes, got);
}

static void fuzz_register(struct fuzz_ring *ring, struct fuzz_input *input, bool writes)
{
    unsigned size = 1u << fuzz_u8(input) % 4;
    uint64_t address = MOCK_MMIO_BASE + fuzz_u16(input) % (VIRTIO_MMIO_WINDOW + 8);
    if (writes) {
        mmio_write(ring->machine.bus, address, size, fuzz_number(input, 4));
    } else {
        mmio_read(ring->machine.bus, address, size);
    }
}

static void fuzz_ring_address(struct fuzz_ring *ring, struct fuzz_input *input)
{
    static const uint64_t registers[] = {VIRTIO_MMIO_QUEUE_DESC_LOW, VIRTIO_MMIO_QUEUE_AVAIL_LOW,
                                         VIRTIO_MMIO_QUEUE_USED_LOW};
    uint8_t which = fuzz_u8(input);
    mock_reg_write(&ring->machine, VIRTIO_MMIO_QUEUE_SEL, which & 1);
    if ((which & 2) != 0) {
        mock_reg_write(&ring->machine, VIRTIO_MMIO_QUEUE_READY, 0);
    }
    fuzz_write_address(ring, registers[which / 4 % 3],
                       fuzz_memory_address(&ring->memory, input).value);
    if ((which & 0x80) != 0) {
        mock_reg_write(&ring->machine, VIRTIO_MMIO_QUEUE_READY, 1);
    }
}

static void fuzz_frame(struct fuzz_ring *ring, struct fuzz_input *input)
{
    static uint8_t frame[4096];
    size_t len = fuzz_u16(input) % sizeof(frame), got;
    const uint8_t *bytes = fuzz_take(input, 14, &got);
    memset(frame, 0xff, sizeof(frame));
    memcpy(frame, bytes, got);
    wire_port_send(ring->host, frame, len);
}

/*
 * ---- steps ------------------------------------------------------------------------------------
 */

static void fuzz_pause(struct fuzz_ring *ring, uint8_t length)
{
    if (length % 2 != 0 && virtio_dev_barrier(virtio_net_dev(ring->net))) {
        virtio_dev_tell(virtio_net_dev(ring->net));
    }
    mock_machine_run(&ring->machine, (uint64_t)length * FUZZ_PAUSE_NS);
}

static void fuzz_step(struct fuzz_ring *ring, struct fuzz_input *input)
{
    unsigned queue;
    switch ((enum fuzz_op)(fuzz_u8(input) % FUZZ_OPS)) {
    case FUZZ_START:
        fuzz_start(ring, input);
        break;
    case FUZZ_DESCRIPTOR:
        fuzz_descriptor(ring, input);
        break;
    case FUZZ_OFFER:
        fuzz_offer(ring, input);
        break;
    case FUZZ_KICK:
        mock_reg_write(&ring->machine, VIRTIO_MMIO_QUEUE_NOTIFY, fuzz_u8(input));
        break;
    case FUZZ_PAUSE:
        fuzz_pause(ring, fuzz_u8(input));
        break;
    case FUZZ_BYTES:
        fuzz_bytes(ring, input);
        break;
    case FUZZ_REGISTER_WRITE:
        fuzz_register(ring, input, true);
        break;
    case FUZZ_REGISTER_READ:
        fuzz_register(ring, input, false);
        break;
    case FUZZ_RING_ADDRESS:
        fuzz_ring_address(ring, input);
        break;
    case FUZZ_AVAIL_INDEX:
        queue = fuzz_u8(input) % 2;
        fuzz_set_avail(ring, queue, 2, fuzz_u16(input));
        break;
    case FUZZ_AVAIL_FLAGS:
        queue = fuzz_u8(input) % 2;
        fuzz_set_avail(ring, queue, 0, fuzz_u16(input));
        break;
    case FUZZ_FRAME:
        fuzz_frame(ring, input);
        break;
    case FUZZ_LINK:
        virtio_net_set_link(ring->net, fuzz_u8(input) % 2 == 0);
        break;
    case FUZZ_OPS:
        break;
    }
}

static void fuzz_check(struct fuzz_ring *ring)
{
    struct virtio_dev *dev = virtio_net_dev(ring->net);
    FUZZ_CHECK(ring->machine.line_level == (dev->isr != 0));
    for (unsigned i = 0; i < 2; i++) {
        struct virtqueue *queue = virtio_dev_queue(dev, i);
        FUZZ_CHECK(virtqueue_in_flight(queue) <= queue->size_max);
        FUZZ_CHECK(virtqueue_avail_count(queue) <= queue->size_max);
    }
    FUZZ_CHECK(ring->machine.events <= FUZZ_EVENTS_MAX);
    mock_machine_forget(&ring->machine);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    static struct fuzz_ring ring;
    struct fuzz_input input = {.data = data, .size = size};
    fuzz_setup(&ring, &input);
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&input); i++) {
        fuzz_step(&ring, &input);
        fuzz_check(&ring);
    }
    mock_machine_run(&ring.machine, 1000000);
    fuzz_check(&ring);
    FUZZ_CHECK(vclock_is_quiescent(ring.machine.clock));
    fuzz_memory_check(&ring.memory);
    fuzz_teardown(&ring);
}
