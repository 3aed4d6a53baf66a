/*
 * p9_ring_rig.c - the client of the tests of the server, as a driver of its device
 *
 * A message is a chain of two descriptors, one for it and one for the answer, in memory that is
 * used again for the next one. The answer is waited for before that. What the server finds wrong
 * the device tells as events.
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "emu/virtio-9p/virtio_9p.h"
#include "emu/virtio/mock_driver.h"
#include "tests/unit.h"

#include <linux/virtio_ring.h>
#include <string.h>

#define RIG_RING        8
#define RIG_LATENCY_NS  2000
#define RIG_MOUNT_TAG   1 /* VIRTIO_9P_MOUNT_TAG */
#define RIG_MESSAGE_MAX (2 * P9_MSIZE_MAX)

struct p9_rig_ring {
    struct mock_machine machine;
    struct virtio_9p *share;
    struct virtio_mmio *mmio;
    struct mock_ring ring;
    gpa_t message, room;
    uint8_t *message_bytes, *room_bytes;
};

static void rig_breach(void *opaque, const struct trace_event *event)
{
    struct p9_rig *rig = opaque;
    rig->breaches++;
    rig->rule = event->fields[3].string;
    rig->value = event->fields[4].number;
}

void rig_carrier_init(struct p9_rig *rig, const struct p9_server_config *config)
{
    static const struct trace_listener listeners[] = {{TRACE_P9_BREACH, rig_breach}};
    struct p9_rig_ring *ring = g_new0(struct p9_rig_ring, 1);
    struct mock_machine *machine = &ring->machine;
    mock_machine_init(machine);
    const struct virtio_9p_config share = {
        .name = "box",
        .tree = rig->tree,
        .queue_size = RIG_RING,
        .latency_ns = RIG_LATENCY_NS,
        .msize_max = config->msize_max,
        .read_only = config->read_only,
    };
    ring->share = virtio_9p_new(&machine->env, &share, machine->line);
    ring->mmio = virtio_mmio_new(machine->bus, "slot0", MOCK_MMIO_BASE, virtio_9p_dev(ring->share));
    mock_driver_negotiate(machine, RIG_MOUNT_TAG);
    mock_ring_init(&ring->ring, machine, 0, RIG_RING);
    mock_driver_ok(machine);
    ring->message = mock_machine_alloc(machine, RIG_MESSAGE_MAX, &ring->message_bytes);
    ring->room = mock_machine_alloc(machine, P9_MSIZE_MAX, &ring->room_bytes);
    trace_listen(machine->trace, listeners, G_N_ELEMENTS(listeners), rig);
    rig->ring = ring;
    rig->server = virtio_9p_server(ring->share);
}

void rig_carrier_fini(struct p9_rig *rig)
{
    struct p9_rig_ring *ring = rig->ring;
    CU_ASSERT_EQUAL(ring->machine.counts[TRACE_VIRTIO_BREACH], 0);
    virtio_9p_free(ring->share);
    mock_machine_fini(&ring->machine);
    virtio_mmio_free(ring->mmio);
    g_free(ring);
}

void rig_carry(struct p9_rig *rig)
{
    struct p9_rig_ring *ring = rig->ring;
    uint16_t before = mock_ring_used_index(&ring->ring);
    CU_ASSERT_TRUE_FATAL(rig->message->len <= RIG_MESSAGE_MAX && rig->room <= P9_MSIZE_MAX);
    memcpy(ring->message_bytes, rig->message->data, rig->message->len);
    mock_ring_desc(&ring->ring, 0, ring->message, rig->message->len, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&ring->ring, 1, ring->room, (uint32_t)rig->room, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&ring->ring, 0);
    mock_ring_kick(&ring->ring);
    mock_machine_run(&ring->machine, RIG_LATENCY_NS);
    CU_ASSERT_EQUAL_FATAL(mock_ring_used_index(&ring->ring), (uint16_t)(before + 1));
    CU_ASSERT_EQUAL(mock_ring_used_id(&ring->ring, before), 0);
    rig->reply_size = mock_ring_used_len(&ring->ring, before);
    CU_ASSERT_TRUE_FATAL(rig->reply_size <= rig->room);
    memcpy(rig->reply, ring->room_bytes, rig->reply_size);
}
