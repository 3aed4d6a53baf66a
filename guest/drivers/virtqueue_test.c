/*
 * The driver side of the split ring, from inside: descriptors, order, wrap.
 */
#include "drivers/virtqueue.h"

#include "drivers/fake_hal.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <linux/virtio_ring.h>

#define SIZE 4

static struct virtqueue queue;
static int tokens[SIZE];

static void ring_up(void)
{
    fake_hal_reset();
    CU_ASSERT_EQUAL_FATAL(virtqueue_init(&queue, SIZE), 0);
    virtqueue_set_name(&queue, "eth0", "rx");
}

/* The rings are freed with the queue. */
static void ring_down(void)
{
    virtqueue_fini(&queue);
    CU_ASSERT_EQUAL(fake_hal.dma_live, 0);
}

static int ring_add(unsigned count, unsigned token)
{
    static const struct virtqueue_segment segments[SIZE + 1] = {
        {.physical = 0x1000, .size = 12},
        {.physical = 0x2000, .size = 1514},
        {.physical = 0x3000, .size = 64, .device_writes = true},
        {.physical = 0x4000, .size = 64, .device_writes = true},
    };
    return virtqueue_add(&queue, segments, count, &tokens[token]);
}

static void ring_complete(uint32_t id, uint32_t len)
{
    queue.used->ring[queue.used->index % SIZE].id = id;
    queue.used->ring[queue.used->index % SIZE].len = len;
    queue.used->index++;
}

static void test_a_legacy_ring_is_one_area_as_linux_lays_it_out(void)
{
    for (uint16_t size = 1; size <= VIRTQUEUE_SIZE_MAX; size = (uint16_t)(size * 2)) {
        struct vring ring;
        fake_hal_reset();
        CU_ASSERT_EQUAL_FATAL(virtqueue_init_legacy(&queue, size, 4096), 0);
        CU_ASSERT_EQUAL(fake_hal.dma_live, 1);
        vring_init(&ring, size, (void *)(uintptr_t)queue.desc, 4096);
        CU_ASSERT_PTR_EQUAL(queue.avail, ring.avail);
        CU_ASSERT_PTR_EQUAL(queue.used, ring.used);
        CU_ASSERT_TRUE(queue.area_size >= vring_size(size, 4096));
        CU_ASSERT_EQUAL(queue.desc_physical % 4096, 0);
        CU_ASSERT_EQUAL(queue.avail_physical - queue.desc_physical,
                        (uintptr_t)ring.avail - (uintptr_t)ring.desc);
        CU_ASSERT_EQUAL(queue.used_physical - queue.desc_physical,
                        (uintptr_t)ring.used - (uintptr_t)ring.desc);
        ring_down();
    }
    fake_hal_reset();
    fake_hal.dma_fail_at = 0;
    CU_ASSERT_EQUAL(virtqueue_init_legacy(&queue, SIZE, 4096), -KENOMEM);
    ring_down();
}

static void test_index_moves_only_when_published(void)
{
    ring_up();
    CU_ASSERT_EQUAL(ring_add(1, 0), 0);
    CU_ASSERT_EQUAL(ring_add(1, 1), 0);
    CU_ASSERT_EQUAL(queue.avail->index, 0);
    virtqueue_publish(&queue);
    CU_ASSERT_EQUAL(queue.avail->index, 2);
    CU_ASSERT_EQUAL(queue.free_count, SIZE - 2);
    ring_down();
}

static void test_chain_is_linked_by_next_and_ends(void)
{
    ring_up();
    CU_ASSERT_EQUAL(ring_add(3, 0), 0);
    uint16_t head = queue.avail->ring[0];
    const volatile struct vdesc *first = &queue.desc[head];
    const volatile struct vdesc *second = &queue.desc[first->next];
    const volatile struct vdesc *third = &queue.desc[second->next];
    CU_ASSERT_EQUAL(first->address, 0x1000);
    CU_ASSERT_EQUAL(first->size, 12);
    CU_ASSERT_EQUAL(first->flags, VDESC_NEXT);
    CU_ASSERT_EQUAL(second->address, 0x2000);
    CU_ASSERT_EQUAL(second->flags, VDESC_NEXT);
    CU_ASSERT_EQUAL(third->address, 0x3000);
    CU_ASSERT_EQUAL(third->flags, VDESC_DEVICE_WRITES);
    ring_down();
}

static void test_chain_longer_than_what_is_free_is_refused_whole(void)
{
    ring_up();
    CU_ASSERT_EQUAL(ring_add(3, 0), 0);
    CU_ASSERT_EQUAL(ring_add(2, 1), -KENOSPC);
    CU_ASSERT_EQUAL(queue.free_count, 1);
    CU_ASSERT_EQUAL(ring_add(1, 1), 0);
    CU_ASSERT_EQUAL(ring_add(1, 2), -KENOSPC);
    CU_ASSERT_EQUAL(queue.chains, 2);
    ring_down();
}

static void test_all_descriptors_of_a_chain_come_back(void)
{
    uint32_t written;
    ring_up();
    for (unsigned round = 0; round < 10; round++) {
        CU_ASSERT_EQUAL(ring_add(3, 0), 0);
        CU_ASSERT_EQUAL(ring_add(1, 1), 0);
        uint16_t first = queue.avail->ring[(2 * round) % SIZE];
        uint16_t second = queue.avail->ring[(2 * round + 1) % SIZE];
        virtqueue_publish(&queue);
        ring_complete(second, 7);
        ring_complete(first, 9);
        CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[1]);
        CU_ASSERT_EQUAL(written, 7);
        CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[0]);
        CU_ASSERT_EQUAL(written, 9);
        CU_ASSERT_EQUAL(queue.free_count, SIZE);
        CU_ASSERT_EQUAL(queue.chains, 0);
    }
    ring_down();
}

static void test_indices_wrap_from_65535_to_0(void)
{
    uint32_t written;
    ring_up();
    queue.avail_index = queue.used_index = 65534;
    queue.avail->index = queue.used->index = 65534;
    for (unsigned i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL(ring_add(1, i % SIZE), 0);
        virtqueue_publish(&queue);
        CU_ASSERT_EQUAL(queue.avail->index, (uint16_t)(65535 + i));
        ring_complete(queue.avail->ring[(65534 + i) % SIZE], i);
        CU_ASSERT_TRUE(virtqueue_has_used(&queue));
        CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[i % SIZE]);
        CU_ASSERT_FALSE(virtqueue_has_used(&queue));
    }
    CU_ASSERT_EQUAL(queue.used_index, 4);
    CU_ASSERT_PTR_NULL(queue.broken);
    ring_down();
}

static void test_a_whole_ring_may_be_completed_at_once_over_the_wrap(void)
{
    uint32_t written;
    ring_up();
    queue.avail_index = queue.used_index = 65533;
    queue.avail->index = queue.used->index = 65533;
    for (unsigned i = 0; i < SIZE; i++)
        CU_ASSERT_EQUAL(ring_add(1, i), 0);
    virtqueue_publish(&queue);
    for (uint16_t i = 0; i < SIZE; i++)
        ring_complete(queue.avail->ring[(65533 + i) % SIZE], 0);
    for (unsigned i = 0; i < SIZE; i++)
        CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[i]);
    CU_ASSERT_PTR_NULL(virtqueue_take_used(&queue, &written));
    CU_ASSERT_PTR_NULL(queue.broken);
    ring_down();
}

static void test_a_device_that_scribbles_over_descriptors_does_not_reach_the_free_list(void)
{
    uint32_t written;
    ring_up();
    CU_ASSERT_EQUAL(ring_add(3, 0), 0);
    for (unsigned i = 0; i < SIZE; i++)
        queue.desc[i].next = 0xffff;
    ring_complete(queue.avail->ring[0], 0);
    CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[0]);
    CU_ASSERT_EQUAL(ring_add(4, 1), 0);
    CU_ASSERT_EQUAL(queue.free_count, 0);
    ring_down();
}

static void test_middle_of_a_chain_is_no_id(void)
{
    uint32_t written;
    ring_up();
    CU_ASSERT_EQUAL(ring_add(2, 0), 0);
    ring_complete(queue.desc[queue.avail->ring[0]].next, 0);
    CU_ASSERT_PTR_NULL(virtqueue_take_used(&queue, &written));
    CU_ASSERT_PTR_NOT_NULL(queue.broken);
    ring_down();
}

static void test_more_completions_than_chains_break_the_queue(void)
{
    uint32_t written;
    ring_up();
    CU_ASSERT_EQUAL(ring_add(1, 0), 0);
    ring_complete(queue.avail->ring[0], 0);
    queue.used->index++; /* not more than the ring has, but than there are chains */
    CU_ASSERT_PTR_NULL(virtqueue_take_used(&queue, &written));
    CU_ASSERT_PTR_NOT_NULL(queue.broken);
    CU_ASSERT_EQUAL(queue.chains, 1);
    ring_down();
}

static void test_broken_queue_neither_takes_nor_gives(void)
{
    uint32_t written;
    ring_up();
    CU_ASSERT_EQUAL(ring_add(1, 0), 0);
    virtqueue_break(&queue, "test");
    virtqueue_break(&queue, "once more");
    CU_ASSERT_EQUAL(fake_hal.drops, 1);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.broken"), 1);
    ring_complete(0, 0);
    CU_ASSERT_FALSE(virtqueue_has_used(&queue));
    CU_ASSERT_PTR_NULL(virtqueue_take_used(&queue, &written));
    CU_ASSERT_EQUAL(ring_add(1, 1), -KEIO);
    CU_ASSERT_FALSE(virtqueue_wants_kick(&queue));
    ring_down();
}

static void test_failed_allocation_leaves_nothing(void)
{
    for (int k = 0; k < 3; k++) {
        fake_hal_reset();
        fake_hal.dma_fail_at = k;
        CU_ASSERT_EQUAL(virtqueue_init(&queue, SIZE), -KENOMEM);
        CU_ASSERT_EQUAL(fake_hal.dma_live, 0);
    }
}

/* ---- features ------------------------------------------------------------------------------- */

static void ring_up_with(uint64_t features, uint16_t start)
{
    ring_up();
    CU_ASSERT_EQUAL_FATAL(virtqueue_configure(&queue, features, start), 0);
}

static void ring_set_avail_event(uint16_t event)
{
    *(volatile uint16_t *)&queue.used->ring[SIZE] = event;
}

static void test_device_is_kicked_when_the_index_passes_its_event(void)
{
    ring_up_with(VFEATURE(VFEATURE_EVENT_INDEX), 0);
    CU_ASSERT_EQUAL(ring_add(1, 0), 0);
    virtqueue_publish(&queue);
    CU_ASSERT_TRUE(virtqueue_wants_kick(&queue));
    CU_ASSERT_FALSE(virtqueue_wants_kick(&queue)); /* nothing new */
    ring_set_avail_event(2);
    CU_ASSERT_EQUAL(ring_add(1, 1), 0);
    virtqueue_publish(&queue);
    CU_ASSERT_FALSE(virtqueue_wants_kick(&queue));
    CU_ASSERT_EQUAL(ring_add(1, 2), 0);
    virtqueue_publish(&queue);
    queue.used->flags = VUSED_NO_KICK; /* which means nothing here */
    CU_ASSERT_TRUE(virtqueue_wants_kick(&queue));
    ring_down();
}

static void test_event_is_passed_over_the_wrap_of_the_index(void)
{
    ring_up_with(VFEATURE(VFEATURE_EVENT_INDEX), 65534);
    CU_ASSERT_EQUAL(queue.avail->index, 65534);
    CU_ASSERT_EQUAL(queue.avail->ring[SIZE], 65534);
    ring_set_avail_event(0);
    CU_ASSERT_EQUAL(ring_add(1, 0), 0);
    CU_ASSERT_EQUAL(ring_add(1, 1), 0);
    virtqueue_publish(&queue);
    CU_ASSERT_FALSE(virtqueue_wants_kick(&queue));
    CU_ASSERT_EQUAL(ring_add(1, 2), 0);
    virtqueue_publish(&queue);
    CU_ASSERT_EQUAL(queue.avail->index, 1);
    CU_ASSERT_TRUE(virtqueue_wants_kick(&queue));
    ring_down();
}

static void test_interrupt_is_asked_for_at_the_next_element_and_looked_for_again(void)
{
    uint32_t written;
    ring_up_with(VFEATURE(VFEATURE_EVENT_INDEX), 0);
    CU_ASSERT_EQUAL(ring_add(1, 0), 0);
    CU_ASSERT_FALSE(virtqueue_enable_interrupts(&queue));
    CU_ASSERT_EQUAL(queue.avail->ring[SIZE], 0);
    ring_complete(queue.avail->ring[0], 0);
    CU_ASSERT_PTR_NOT_NULL(virtqueue_take_used(&queue, &written));
    CU_ASSERT_EQUAL(queue.avail->ring[SIZE], 0); /* the hint has no price, and no effect */
    virtqueue_disable_interrupts(&queue);
    CU_ASSERT_EQUAL(queue.avail->flags, 0);
    CU_ASSERT_EQUAL(ring_add(1, 0), 0);
    ring_complete(queue.avail->ring[1], 0); /* before it is asked for */
    CU_ASSERT_TRUE(virtqueue_enable_interrupts(&queue));
    CU_ASSERT_EQUAL(queue.avail->ring[SIZE], 1);
    ring_down();
}

static void test_interrupts_are_switched_by_the_flag_without_event_indices(void)
{
    ring_up();
    virtqueue_disable_interrupts(&queue);
    CU_ASSERT_EQUAL(queue.avail->flags, VAVAIL_NO_INTERRUPT);
    CU_ASSERT_EQUAL(ring_add(1, 0), 0);
    ring_complete(queue.avail->ring[0], 0);
    CU_ASSERT_TRUE(virtqueue_enable_interrupts(&queue));
    CU_ASSERT_EQUAL(queue.avail->flags, 0);
    CU_ASSERT_TRUE(virtqueue_enable_interrupts(&queue));
    virtqueue_break(&queue, "test");
    CU_ASSERT_FALSE(virtqueue_enable_interrupts(&queue));
    virtqueue_disable_interrupts(&queue);
    CU_ASSERT_EQUAL(queue.avail->flags, 0);
    ring_down();
}

static void test_chain_in_a_table_takes_one_descriptor(void)
{
    uint32_t written;
    ring_up_with(VFEATURE(VFEATURE_INDIRECT), 0);
    for (unsigned i = 0; i < SIZE; i++)
        CU_ASSERT_EQUAL(ring_add(3, i), 0);
    CU_ASSERT_EQUAL(queue.free_count, 0);
    CU_ASSERT_EQUAL(ring_add(3, 0), -KENOSPC);
    for (unsigned i = 0; i < SIZE; i++) {
        uint16_t head = queue.avail->ring[i];
        CU_ASSERT_EQUAL(queue.desc[head].flags, VDESC_INDIRECT);
        CU_ASSERT_EQUAL(queue.desc[head].size, 3 * sizeof(struct vdesc));
        const volatile struct vdesc *table = &queue.tables[head * VIRTQUEUE_INDIRECT];
        CU_ASSERT_EQUAL(queue.desc[head].address, (uintptr_t)table + fake_hal_offset);
        CU_ASSERT_EQUAL(table[0].address, 0x1000);
        CU_ASSERT_EQUAL(table[0].flags, VDESC_NEXT);
        CU_ASSERT_EQUAL(table[0].next, 1);
        CU_ASSERT_EQUAL(table[1].flags, VDESC_NEXT);
        CU_ASSERT_EQUAL(table[2].address, 0x3000);
        CU_ASSERT_EQUAL(table[2].flags, VDESC_DEVICE_WRITES);
    }
    for (unsigned i = 0; i < SIZE; i++) {
        ring_complete(queue.avail->ring[i], 0);
        CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[i]);
    }
    CU_ASSERT_EQUAL(queue.free_count, SIZE);
    CU_ASSERT_EQUAL(ring_add(1, 0), 0); /* one buffer needs no table */
    CU_ASSERT_EQUAL(queue.desc[queue.avail->ring[0]].flags, 0);
    ring_down();
}

static void test_chain_longer_than_the_queue_is_refused_in_a_table_as_well(void)
{
    static const struct virtqueue_segment segments[3] = {{.size = 1}, {.size = 1}, {.size = 1}};
    fake_hal_reset();
    CU_ASSERT_EQUAL_FATAL(virtqueue_init(&queue, 2), 0);
    CU_ASSERT_EQUAL_FATAL(virtqueue_configure(&queue, VFEATURE(VFEATURE_INDIRECT), 0), 0);
    CU_ASSERT_EQUAL(virtqueue_add(&queue, segments, 3, tokens), -KENOSPC);
    CU_ASSERT_EQUAL(virtqueue_add(&queue, segments, 2, tokens), 0);
    ring_down();
}

static void test_failed_allocation_of_tables_leaves_a_queue_that_can_be_freed(void)
{
    ring_up();
    fake_hal.dma_fail_at = 3;
    CU_ASSERT_EQUAL(virtqueue_configure(&queue, VFEATURE(VFEATURE_INDIRECT), 0), -KENOMEM);
    ring_down();
}

static void test_one_element_stands_for_all_before_it_in_order(void)
{
    uint32_t written;
    ring_up_with(VFEATURE(VFEATURE_IN_ORDER), 0);
    for (unsigned i = 0; i < SIZE; i++)
        CU_ASSERT_EQUAL(ring_add(1, i), 0);
    queue.used->ring[0].id = queue.avail->ring[2]; /* three chains, one element */
    queue.used->ring[0].len = 7;
    queue.used->index = 3;
    static const uint32_t lengths[] = {UINT32_MAX, UINT32_MAX, 7};
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[i]);
        CU_ASSERT_EQUAL(written, lengths[i]);
    }
    CU_ASSERT_PTR_NULL(virtqueue_take_used(&queue, &written));
    ring_complete(queue.avail->ring[3], 9);
    CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[3]);
    CU_ASSERT_EQUAL(written, 9);
    CU_ASSERT_EQUAL(queue.free_count, SIZE);
    ring_down();
}

static void test_descriptors_are_used_in_the_order_of_the_table(void)
{
    uint32_t written;
    unsigned next = 0;
    ring_up_with(VFEATURE(VFEATURE_IN_ORDER), 0);
    for (unsigned round = 0; round < 8; round++) {
        static const unsigned counts[] = {1, 2, 1}; /* all of them, and some chains wrap */
        for (unsigned i = 0; i < 2 + round % 2; i++) {
            CU_ASSERT_EQUAL(ring_add(counts[i], i), 0);
            uint16_t head = queue.avail->ring[(queue.avail_index - 1) % SIZE];
            CU_ASSERT_EQUAL(head, next);
            if (counts[i] == 2)
                CU_ASSERT_EQUAL(queue.desc[head].next, (head + 1) % SIZE);
            next = (next + counts[i]) % SIZE;
        }
        for (unsigned i = 0; i < 2 + round % 2; i++) {
            ring_complete(queue.order[queue.used_index % SIZE], 0);
            CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[i]);
        }
        CU_ASSERT_EQUAL(queue.free_count, SIZE);
    }
    ring_down();
}

static void test_id_that_makes_no_sense_breaks_a_queue_in_order(void)
{
    uint32_t written;
    ring_up_with(VFEATURE(VFEATURE_IN_ORDER), 0);
    CU_ASSERT_EQUAL(ring_add(1, 0), 0);
    ring_complete(SIZE, 0);
    CU_ASSERT_PTR_NULL(virtqueue_take_used(&queue, &written));
    CU_ASSERT_PTR_NOT_NULL(queue.broken);
    ring_down();
}

/* ---- who waits ------------------------------------------------------------------------------ */

static void test_whoever_takes_a_chain_tells_the_one_that_waits(void)
{
    static const struct virtqueue_segment segment = {.physical = 0x1000, .size = 12};
    struct virtqueue_pending first = {.done = true}, second = {.done = true};
    uint32_t written;
    ring_up();
    CU_ASSERT_EQUAL(virtqueue_add_pending(&queue, &segment, 1, &tokens[0], &first), 0);
    CU_ASSERT_EQUAL(virtqueue_add_pending(&queue, &segment, 1, &tokens[1], &second), 0);
    CU_ASSERT_FALSE(first.done || second.done);
    ring_complete(queue.avail->ring[1], 0);
    CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[1]);
    CU_ASSERT_TRUE(second.done);
    CU_ASSERT_FALSE(first.done);
    virtqueue_forget(&queue, &first);
    ring_complete(queue.avail->ring[0], 0);
    CU_ASSERT_PTR_EQUAL(virtqueue_take_used(&queue, &written), &tokens[0]);
    CU_ASSERT_FALSE(first.done); /* nobody writes to what is forgotten */
    ring_down();
}

static void test_detaching_gives_every_chain_back_once(void)
{
    static const struct virtqueue_segment segment = {.physical = 0x1000, .size = 12};
    struct virtqueue_pending pending;
    ring_up();
    CU_ASSERT_EQUAL(ring_add(3, 0), 0);
    CU_ASSERT_EQUAL(virtqueue_add_pending(&queue, &segment, 1, &tokens[1], &pending), 0);
    CU_ASSERT_PTR_EQUAL(virtqueue_detach(&queue), &tokens[0]);
    CU_ASSERT_PTR_EQUAL(virtqueue_detach(&queue), &tokens[1]);
    CU_ASSERT_TRUE(pending.done);
    CU_ASSERT_PTR_NULL(virtqueue_detach(&queue));
    CU_ASSERT_EQUAL(queue.free_count, SIZE);
    ring_down();
    CU_ASSERT_PTR_NULL(virtqueue_detach(&queue));
}

UNIT_SUITE("virtqueue", UNIT_TEST(test_a_legacy_ring_is_one_area_as_linux_lays_it_out),
           UNIT_TEST(test_device_is_kicked_when_the_index_passes_its_event),
           UNIT_TEST(test_event_is_passed_over_the_wrap_of_the_index),
           UNIT_TEST(test_interrupt_is_asked_for_at_the_next_element_and_looked_for_again),
           UNIT_TEST(test_interrupts_are_switched_by_the_flag_without_event_indices),
           UNIT_TEST(test_chain_in_a_table_takes_one_descriptor),
           UNIT_TEST(test_chain_longer_than_the_queue_is_refused_in_a_table_as_well),
           UNIT_TEST(test_failed_allocation_of_tables_leaves_a_queue_that_can_be_freed),
           UNIT_TEST(test_one_element_stands_for_all_before_it_in_order),
           UNIT_TEST(test_descriptors_are_used_in_the_order_of_the_table),
           UNIT_TEST(test_id_that_makes_no_sense_breaks_a_queue_in_order),
           UNIT_TEST(test_whoever_takes_a_chain_tells_the_one_that_waits),
           UNIT_TEST(test_detaching_gives_every_chain_back_once),
           UNIT_TEST(test_index_moves_only_when_published),
           UNIT_TEST(test_chain_is_linked_by_next_and_ends),
           UNIT_TEST(test_chain_longer_than_what_is_free_is_refused_whole),
           UNIT_TEST(test_all_descriptors_of_a_chain_come_back),
           UNIT_TEST(test_indices_wrap_from_65535_to_0),
           UNIT_TEST(test_a_whole_ring_may_be_completed_at_once_over_the_wrap),
           UNIT_TEST(test_a_device_that_scribbles_over_descriptors_does_not_reach_the_free_list),
           UNIT_TEST(test_middle_of_a_chain_is_no_id),
           UNIT_TEST(test_more_completions_than_chains_break_the_queue),
           UNIT_TEST(test_broken_queue_neither_takes_nor_gives),
           UNIT_TEST(test_failed_allocation_leaves_nothing))
