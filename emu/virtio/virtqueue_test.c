/*
 * virtqueue_test.c - the split ring with a driver that keeps to the rules
 */
#include "emu/virtio/virtqueue.h"

#include "emu/virtio/mock_device.h"
#include "tests/unit.h"

#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <string.h>

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtqueue_chain *const chain = &setup.device.chain;

/* A running device with ring 0 of `size` entries and no latency. */
static struct virtqueue *start(struct mock_ring *ring, unsigned size)
{
    mock_setup_init(&setup);
    mock_setup_start(&setup, ring, size);
    virtqueue_set_latency(mock_setup_queue(&setup), 0);
    return mock_setup_queue(&setup);
}

/* Each entry of the table a device-writable buffer of 64 bytes. */
static void fill(struct mock_ring *ring)
{
    for (unsigned i = 0; i < ring->size; i++) {
        mock_ring_desc(ring, i, mock_machine_alloc(machine, 64, NULL), 64, VRING_DESC_F_WRITE, 0);
    }
}

/* The same device with a table that is ready to be offered. */
static struct virtqueue *start_filled(struct mock_ring *ring, unsigned size)
{
    struct virtqueue *queue = start(ring, size);
    fill(ring);
    return queue;
}

static void finish(void)
{
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_DMA_VIOLATION], 0);
    mock_setup_fini(&setup);
}

static void test_empty_ring_gives_nothing_and_says_nothing(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 8);
    CU_ASSERT_FALSE(virtqueue_has_avail(queue));
    CU_ASSERT_FALSE(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 0);
    CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    finish();
}

/* What is closed to devices may be a guard page, which nobody can read. */
static void test_ring_that_was_given_back_is_not_counted(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 8);
    mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 100, NULL), 100, 0, 0);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 1);
    queue->avail = mock_machine_closed_memory(machine);
    memcpy(gmem_host(machine->memory, queue->avail, 4), "\0\0\1\0", 4);
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 0);
    finish();
}

static void test_chain_has_readable_then_writable_buffers_in_order(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 8);
    gpa_t at[4];
    for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
        at[i] = mock_machine_alloc(machine, 100, NULL);
    }
    mock_ring_desc(&ring, 5, at[0], 10, VRING_DESC_F_NEXT, 2);
    mock_ring_desc(&ring, 2, at[1], 20, VRING_DESC_F_NEXT, 7);
    mock_ring_desc(&ring, 7, at[2], 30, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 0);
    mock_ring_desc(&ring, 0, at[3], 40, VRING_DESC_F_WRITE, 99);
    mock_ring_offer(&ring, 5);
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 1);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(chain->head, 5);
    CU_ASSERT_EQUAL(chain->readable_count, 2);
    CU_ASSERT_EQUAL(chain->readable_size, 30);
    CU_ASSERT_EQUAL(chain->writable_count, 2);
    CU_ASSERT_EQUAL(chain->writable_size, 70);
    for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
        CU_ASSERT_EQUAL(chain->segments[i].at.value, at[i].value);
        CU_ASSERT_EQUAL(chain->segments[i].size, 10 * (i + 1));
    }
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 0);
    CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 1);
    CU_ASSERT_FALSE(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_POP], 1);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_POP].fields[1].number, 5);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_POP].fields[2].number, 0);
    CU_ASSERT_EQUAL(machine->events, 1);
    finish();
}

static void test_chain_may_be_as_long_as_the_queue(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 16);
    for (unsigned i = 0; i < 16; i++) {
        mock_ring_desc(&ring, i, mock_machine_alloc(machine, 8, NULL), 8,
                       i < 15 ? VRING_DESC_F_NEXT : 0, i + 1);
    }
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(chain->readable_count, 16);
    CU_ASSERT_EQUAL(chain->readable_size, 128);
    finish();
}

static void test_peek_leaves_the_chain_available_until_it_is_taken(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    mock_ring_offer(&ring, 3);
    CU_ASSERT_TRUE(virtqueue_peek(queue, chain));
    CU_ASSERT_TRUE(virtqueue_peek(queue, chain));
    CU_ASSERT_EQUAL(chain->head, 3);
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 1);
    CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    virtqueue_take(queue, chain);
    CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 1);
    CU_ASSERT_FALSE(virtqueue_peek(queue, chain));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_POP], 1);
    CU_ASSERT_EQUAL(machine->events, 1);
    finish();
}

static void test_copies_gather_and_scatter_across_buffers_at_any_offset(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 8);
    uint8_t *readable[2];
    uint8_t *writable[2];
    mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 3, &readable[0]), 3, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&ring, 1, mock_machine_alloc(machine, 5, &readable[1]), 5, VRING_DESC_F_NEXT, 2);
    mock_ring_desc(&ring, 2, mock_machine_alloc(machine, 4, &writable[0]), 4,
                   VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 3);
    mock_ring_desc(&ring, 3, mock_machine_alloc(machine, 4, &writable[1]), 4, VRING_DESC_F_WRITE,
                   0);
    memcpy(readable[0], "abc", 3);
    memcpy(readable[1], "defgh", 5);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));

    for (size_t offset = 0; offset <= 9; offset++) {
        for (size_t size = 0; size <= 9; size++) {
            char got[10] = "..........";
            size_t expected = offset >= 8 ? 0 : MIN(size, 8 - offset);
            CU_ASSERT_EQUAL(virtqueue_chain_read(queue, chain, offset, got, size), expected);
            CU_ASSERT_EQUAL(memcmp(got, &"abcdefgh"[MIN(offset, 8)], expected), 0);
            CU_ASSERT_EQUAL(got[expected], '.');

            memset(writable[0], '.', 4);
            memset(writable[1], '.', 4);
            CU_ASSERT_EQUAL(virtqueue_chain_write(queue, chain, offset, "123456789", size),
                            expected);
            char all[8];
            memcpy(all, writable[0], 4);
            memcpy(all + 4, writable[1], 4);
            for (size_t i = 0; i < 8; i++) {
                bool inside = i >= offset && i < offset + expected;
                CU_ASSERT_EQUAL(all[i], inside ? "123456789"[i - offset] : '.');
            }
        }
    }
    CU_ASSERT_EQUAL(memcmp(readable[0], "abc", 3), 0);
    finish();
}

static void test_push_without_latency_is_visible_at_once_and_interrupts(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    mock_ring_offer(&ring, 2);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, chain->head, 17);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 1);
    CU_ASSERT_EQUAL(mock_ring_used_id(&ring, 0), 2);
    CU_ASSERT_EQUAL(mock_ring_used_len(&ring, 0), 17);
    CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 0);
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_EQUAL(setup.device.dev.isr, VIRTIO_MMIO_INT_VRING);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_USED].fields[1].number, 2);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_USED].fields[2].number, 17);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_USED].fields[3].number, 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_USED], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    CU_ASSERT_EQUAL(machine->events, 3);
    CU_ASSERT_EQUAL(vclock_next_ns(machine->clock), VCLOCK_NEVER);
    finish();
}

static void test_chains_come_back_in_the_order_of_their_pushes(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    for (uint16_t head = 0; head < 4; head++) {
        mock_ring_offer(&ring, head);
        CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    }
    static const uint16_t order[] = {2, 0, 3, 1};
    for (uint16_t i = 0; i < 4; i++) {
        virtqueue_push(queue, order[i], i);
    }
    for (uint16_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(mock_ring_used_id(&ring, i), order[i]);
        CU_ASSERT_EQUAL(mock_ring_used_len(&ring, i), i);
    }
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 4);
    /* The interrupt status was set already. */
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    CU_ASSERT_EQUAL(machine->line_changes, 1);
    finish();
}

static void test_latency_is_the_time_between_push_and_used_index(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    virtqueue_set_latency(queue, 2000);
    mock_ring_offer(&ring, 1);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    uint64_t before_ns = vclock_now_ns(machine->clock);
    virtqueue_push(queue, chain->head, 9);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 1);
    CU_ASSERT_FALSE(machine->line_level);
    CU_ASSERT_EQUAL(vclock_next_ns(machine->clock), before_ns + 2000);
    CU_ASSERT_FALSE(vclock_is_quiescent(machine->clock));
    mock_machine_run(machine, 1999);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 1);
    CU_ASSERT_EQUAL(mock_ring_used_len(&ring, 0), 9);
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_EQUAL(vclock_next_ns(machine->clock), VCLOCK_NEVER);
    CU_ASSERT_EQUAL(machine->events, 3);
    finish();
}

static void test_each_chain_has_its_own_latency(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    virtqueue_set_latency(queue, 1000);
    for (uint16_t head = 0; head < 3; head++) {
        mock_ring_offer(&ring, head);
        CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
        virtqueue_push(queue, chain->head, 0);
        mock_machine_run(machine, head == 0 ? 0 : 300);
    }
    /* Pushed at 0, 0 and 300; now is 600. */
    mock_machine_run(machine, 399);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 2);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_USED], 2);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    virtio_dev_isr_ack(&setup.device.dev, VIRTIO_MMIO_INT_VRING);
    mock_machine_run(machine, 299);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 2);
    CU_ASSERT_FALSE(machine->line_level);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 3);
    CU_ASSERT_TRUE(machine->line_level);
    finish();
}

static void test_shorter_latency_does_not_overtake(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    static const uint64_t latencies_ns[] = {1000, 10, 0};
    for (uint16_t head = 0; head < 3; head++) {
        mock_ring_offer(&ring, head);
        CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
        virtqueue_set_latency(queue, latencies_ns[head]);
        virtqueue_push(queue, chain->head, 0);
    }
    mock_machine_run(machine, 999);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    mock_machine_run(machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 3);
    for (uint16_t head = 0; head < 3; head++) {
        CU_ASSERT_EQUAL(mock_ring_used_id(&ring, head), head);
    }
    finish();
}

/* As start(), with a past: 65536 - `before` chains have gone through the queue already. */
static struct virtqueue *start_before_wrap(struct mock_ring *ring, unsigned size, unsigned before)
{
    struct virtqueue *queue = start(ring, size);
    fill(ring);
    uint16_t index = (uint16_t)(65536 - before);
    mock_ring_set_avail_index(ring, index);
    queue->seen_avail = index;
    queue->last_avail = index;
    queue->used_index = index;
    return queue;
}

static void test_indices_wrap_past_65535(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_before_wrap(&ring, 4, 10);
    for (uint32_t i = 65526; i < 65546; i++) {
        uint16_t head = (uint16_t)(i % 3);
        mock_ring_offer(&ring, head);
        CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
        CU_ASSERT_EQUAL(chain->head, head);
        CU_ASSERT_EQUAL(machine->last[TRACE_VQ_POP].fields[2].number, (uint16_t)i);
        virtqueue_push(queue, head, i);
        CU_ASSERT_EQUAL(mock_ring_used_index(&ring), (uint16_t)(i + 1));
        CU_ASSERT_EQUAL(machine->last[TRACE_VQ_USED].fields[3].number, (uint16_t)(i + 1));
        CU_ASSERT_EQUAL(mock_ring_used_id(&ring, (uint16_t)i), head);
        CU_ASSERT_EQUAL(mock_ring_used_len(&ring, (uint16_t)i), i);
    }
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 10);
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 0);
    finish();
}

static void test_full_ring_is_not_empty_at_any_index(void)
{
    struct mock_ring ring;
    for (unsigned before = 0; before <= 5; before++) {
        struct virtqueue *queue = start_before_wrap(&ring, 4, before);
        for (unsigned round = 0; round < 3; round++) {
            for (uint16_t head = 0; head < 4; head++) {
                mock_ring_offer(&ring, head);
            }
            CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 4);
            for (uint16_t head = 0; head < 4; head++) {
                CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
                CU_ASSERT_EQUAL(chain->head, head);
            }
            CU_ASSERT_FALSE(virtqueue_pop(queue, chain));
            for (uint16_t head = 0; head < 4; head++) {
                virtqueue_push(queue, head, 0);
            }
        }
        CU_ASSERT_EQUAL(mock_ring_used_index(&ring), (uint16_t)(12 - before));
        finish();
    }
}

static void test_largest_queue_completes_all_of_its_chains_at_once(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, MOCK_DEVICE_QUEUE_SIZE);
    virtqueue_set_latency(queue, 5);
    for (unsigned round = 0; round < 3; round++) {
        for (uint16_t head = 0; head < MOCK_DEVICE_QUEUE_SIZE; head++) {
            mock_ring_offer(&ring, head);
            CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
            virtqueue_push(queue, chain->head, 0);
        }
        CU_ASSERT_EQUAL(virtqueue_in_flight(queue), MOCK_DEVICE_QUEUE_SIZE);
        mock_machine_run(machine, 5);
        CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 0);
        CU_ASSERT_EQUAL(mock_ring_used_index(&ring), (round + 1) * MOCK_DEVICE_QUEUE_SIZE);
    }
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    finish();
}

static void test_queue_of_one_entry_works(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 1);
    for (uint16_t i = 0; i < 5; i++) {
        mock_ring_offer(&ring, 0);
        CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
        CU_ASSERT_FALSE(virtqueue_pop(queue, chain));
        virtqueue_push(queue, 0, i);
        CU_ASSERT_EQUAL(mock_ring_used_len(&ring, i), i);
    }
    finish();
}

static void test_driver_that_wants_no_interrupt_gets_none(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    mock_ring_set_avail_flags(&ring, VRING_AVAIL_F_NO_INTERRUPT);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 0, 0);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 1);
    CU_ASSERT_EQUAL(setup.device.dev.isr, 0);
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_QUIET], 1);
    CU_ASSERT_EQUAL(machine->events, 3);
    /* What counts is the flag when the chain becomes visible, not when it was pushed. */
    virtqueue_set_latency(queue, 100);
    mock_ring_offer(&ring, 1);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 1, 0);
    mock_ring_set_avail_flags(&ring, 0);
    mock_machine_run(machine, 100);
    CU_ASSERT_TRUE(machine->line_level);
    finish();
}

static void test_line_rises_once_for_both_kinds_of_interrupt(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    virtio_dev_config_changed(&setup.device.dev);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 0, 0);
    CU_ASSERT_EQUAL(setup.device.dev.isr, VIRTIO_MMIO_INT_VRING | VIRTIO_MMIO_INT_CONFIG);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 2);
    CU_ASSERT_EQUAL(machine->line_changes, 1);
    virtio_dev_isr_ack(&setup.device.dev, VIRTIO_MMIO_INT_VRING);
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_EQUAL(machine->line_changes, 1);
    finish();
}

static void test_reset_forgets_chains_in_flight_and_writes_nothing_afterwards(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    virtqueue_set_latency(queue, 1000);
    mock_ring_offer(&ring, 0);
    mock_ring_offer(&ring, 1);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 0, 64);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    mock_machine_run(machine, 500);
    mock_driver_reset(machine);
    CU_ASSERT_EQUAL(virtqueue_in_flight(queue), 0);
    CU_ASSERT_EQUAL(vclock_next_ns(machine->clock), VCLOCK_NEVER);
    mock_machine_forget(machine);
    virtqueue_push(queue, 1, 64);
    mock_machine_run(machine, 10000);
    static const uint8_t untouched[6 + 8 * 4];
    CU_ASSERT_EQUAL(memcmp(ring.used_host, untouched, sizeof(untouched)), 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    CU_ASSERT_FALSE(virtqueue_has_avail(queue));
    /* Nor does a chain of the time before come back to a driver that has started again. */
    mock_setup_start(&setup, &ring, 4);
    virtqueue_push(queue, 1, 64);
    mock_machine_run(machine, 10000);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    finish();
}

static void test_queue_starts_from_zero_after_a_reset(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    mock_setup_start(&setup, &ring, 2);
    fill(&ring);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 0, 3);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 1);
    CU_ASSERT_EQUAL(mock_ring_used_len(&ring, 0), 3);
    finish();
}

static void test_disabled_queue_is_left_alone(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_filled(&ring, 4);
    virtqueue_set_latency(queue, 1000);
    mock_ring_offer(&ring, 0);
    mock_ring_offer(&ring, 1);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 0, 64);
    mock_ring_disable(&ring);
    mock_machine_forget(machine);
    CU_ASSERT_FALSE(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 0);
    mock_machine_run(machine, 10000);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 0);
    CU_ASSERT_EQUAL(machine->events, 0);
    finish();
}

static void test_nothing_is_popped_before_driver_ok(void)
{
    struct mock_ring ring;
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_ring_init(&ring, machine, 0, 4);
    fill(&ring);
    mock_ring_offer(&ring, 0);
    struct virtqueue *queue = mock_setup_queue(&setup);
    mock_machine_forget(machine);
    CU_ASSERT_FALSE(virtqueue_has_avail(queue));
    CU_ASSERT_FALSE(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 1);
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_driver_ok(machine);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    finish();
}

static void test_kick_shows_the_available_index(void)
{
    struct mock_ring ring;
    start_filled(&ring, 4);
    mock_ring_offer(&ring, 0);
    mock_ring_offer(&ring, 1);
    mock_ring_kick(&ring);
    CU_ASSERT_EQUAL(setup.device.kicks[0], 1);
    CU_ASSERT_EQUAL(machine->last[TRACE_VQ_KICK].fields[1].number, 2);
    /* [VIRTIO1.2] 2.7.10.2: "The device MUST handle spurious notifications from the driver." */
    mock_ring_kick(&ring);
    CU_ASSERT_EQUAL(setup.device.kicks[0], 2);
    CU_ASSERT_EQUAL(machine->events, 2);
    finish();
}

UNIT_SUITE("virtqueue", UNIT_TEST(test_empty_ring_gives_nothing_and_says_nothing),
           UNIT_TEST(test_ring_that_was_given_back_is_not_counted),
           UNIT_TEST(test_chain_has_readable_then_writable_buffers_in_order),
           UNIT_TEST(test_chain_may_be_as_long_as_the_queue),
           UNIT_TEST(test_peek_leaves_the_chain_available_until_it_is_taken),
           UNIT_TEST(test_copies_gather_and_scatter_across_buffers_at_any_offset),
           UNIT_TEST(test_push_without_latency_is_visible_at_once_and_interrupts),
           UNIT_TEST(test_chains_come_back_in_the_order_of_their_pushes),
           UNIT_TEST(test_latency_is_the_time_between_push_and_used_index),
           UNIT_TEST(test_each_chain_has_its_own_latency),
           UNIT_TEST(test_shorter_latency_does_not_overtake),
           UNIT_TEST(test_indices_wrap_past_65535),
           UNIT_TEST(test_full_ring_is_not_empty_at_any_index),
           UNIT_TEST(test_largest_queue_completes_all_of_its_chains_at_once),
           UNIT_TEST(test_queue_of_one_entry_works),
           UNIT_TEST(test_driver_that_wants_no_interrupt_gets_none),
           UNIT_TEST(test_line_rises_once_for_both_kinds_of_interrupt),
           UNIT_TEST(test_reset_forgets_chains_in_flight_and_writes_nothing_afterwards),
           UNIT_TEST(test_queue_starts_from_zero_after_a_reset),
           UNIT_TEST(test_disabled_queue_is_left_alone),
           UNIT_TEST(test_nothing_is_popped_before_driver_ok),
           UNIT_TEST(test_kick_shows_the_available_index))
