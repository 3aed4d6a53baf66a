/*
 * virtqueue_indirect_test.c - chains in tables of their own, [VIRTIO1.2] 2.7.5.3
 */
#include "emu/virtio/virtqueue.h"

#include "emu/virtio/mock_device.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define SIZE 4

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtqueue_chain *const chain = &setup.device.chain;
static struct mock_ring ring;
static struct vring_desc *table; /* twice as many entries as the queue has */
static gpa_t table_at;

static struct virtqueue *start(uint64_t features)
{
    mock_setup_init(&setup);
    mock_setup_start_with(&setup, &ring, SIZE, features);
    virtqueue_set_latency(mock_setup_queue(&setup), 0);
    table_at = mock_machine_alloc(machine, 2 * SIZE * sizeof(*table), &table);
    return mock_setup_queue(&setup);
}

/* An entry of the indirect table: a buffer of 64 bytes. */
static void entry(unsigned index, unsigned flags, unsigned next)
{
    const struct vring_desc desc = {
        .addr = mock_machine_alloc(machine, 64, NULL).value,
        .len = 64,
        .flags = (uint16_t)flags,
        .next = (uint16_t)next,
    };
    memcpy(&table[index], &desc, sizeof(desc));
}

/* `count` entries, one after the other. */
static void entries(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        entry(i, i + 1 < count ? VRING_DESC_F_NEXT : 0, i + 1);
    }
}

static void offer(uint16_t head, gpa_t at, size_t len, unsigned flags)
{
    mock_ring_desc(&ring, head, at, (uint32_t)len, VRING_DESC_F_INDIRECT | flags, 1);
    mock_ring_offer(&ring, head);
}

static void finish(void)
{
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    mock_setup_fini(&setup);
}

static void check_refused(const char *clause, const char *why)
{
    CU_ASSERT_FALSE(virtqueue_pop(mock_setup_queue(&setup), chain));
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", clause));
    CU_ASSERT_EQUAL_FATAL(machine->counts[TRACE_VQ_BROKEN], 1);
    CU_ASSERT_STRING_EQUAL(machine->last[TRACE_VQ_BROKEN].fields[1].string, why);
    CU_ASSERT_EQUAL(setup.device.dev.status & VIRTIO_CONFIG_S_NEEDS_RESET,
                    VIRTIO_CONFIG_S_NEEDS_RESET);
    mock_setup_fini(&setup);
}

static void test_table_is_a_chain(void)
{
    struct virtqueue *queue = start(MOCK_INDIRECT_DESC);
    entry(0, VRING_DESC_F_NEXT, 2);
    entry(2, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
    entry(1, VRING_DESC_F_WRITE, 0);
    offer(3, table_at, 3 * sizeof(*table), 0);
    CU_ASSERT_TRUE_FATAL(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(chain->head, 3);
    CU_ASSERT_EQUAL(chain->readable_count, 1);
    CU_ASSERT_EQUAL(chain->writable_count, 2);
    CU_ASSERT_EQUAL(chain->segments[1].at.value, table[2].addr);
    CU_ASSERT_EQUAL(chain->segments[2].at.value, table[1].addr);
    virtqueue_push(queue, 3, 128);
    CU_ASSERT_EQUAL(mock_ring_used_id(&ring, 0), 3);
    finish();
}

static void test_table_that_is_not_in_sequence_is_a_breach_in_order(void)
{
    struct virtqueue *queue = start(MOCK_INDIRECT_DESC | MOCK_IN_ORDER);
    entry(0, VRING_DESC_F_NEXT, 2);
    entry(2, 0, 0);
    offer(0, table_at, 3 * sizeof(*table), 0);
    CU_ASSERT_TRUE_FATAL(virtqueue_pop(queue, chain)); /* it is served */
    CU_ASSERT_EQUAL(chain->readable_count, 2);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 1);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "2.7.5.3.1"));
    CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, 2);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 0);
    mock_setup_fini(&setup);
}

static void test_table_in_sequence_keeps_the_order(void)
{
    struct virtqueue *queue = start(MOCK_INDIRECT_DESC | MOCK_IN_ORDER);
    entries(SIZE);
    for (uint16_t head = 0; head < SIZE; head++) {
        offer(head, table_at, SIZE * sizeof(*table), 0);
        CU_ASSERT_TRUE_FATAL(virtqueue_pop(queue, chain));
    }
    finish();
}

static void test_table_may_stand_at_the_end_of_a_chain(void)
{
    struct virtqueue *queue = start(MOCK_INDIRECT_DESC);
    entries(2);
    mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 32, NULL), 32, VRING_DESC_F_NEXT, 2);
    mock_ring_desc(&ring, 2, table_at, 2 * sizeof(*table), VRING_DESC_F_INDIRECT, 0);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE_FATAL(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(chain->readable_count, 3);
    CU_ASSERT_EQUAL(chain->readable_size, 32 + 2 * 64);
    finish();
}

static void test_write_flag_of_the_reference_is_ignored(void)
{
    struct virtqueue *queue = start(MOCK_INDIRECT_DESC);
    entries(1);
    offer(0, table_at, sizeof(*table), VRING_DESC_F_WRITE);
    CU_ASSERT_TRUE_FATAL(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(chain->readable_count, 1);
    CU_ASSERT_EQUAL(chain->writable_count, 0);
    finish();
}

static void test_table_holds_as_many_buffers_as_the_queue_has_entries(void)
{
    struct virtqueue *queue = start(MOCK_INDIRECT_DESC);
    entries(SIZE);
    offer(0, table_at, SIZE * sizeof(*table), 0);
    CU_ASSERT_TRUE_FATAL(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(chain->readable_count, SIZE);
    finish();
}

static void test_longer_table_is_longer_than_a_chain_may_be(void)
{
    start(MOCK_INDIRECT_DESC);
    entries(SIZE + 1);
    offer(0, table_at, (SIZE + 1) * sizeof(*table), 0);
    check_refused("2.7.5.3.1", "a chain is longer than the queue, or a loop");
}

static void test_table_that_is_a_loop_ends(void)
{
    start(MOCK_INDIRECT_DESC);
    entry(0, VRING_DESC_F_NEXT, 0);
    offer(0, table_at, sizeof(*table), 0);
    check_refused("2.7.5.3.1", "a chain is longer than the queue, or a loop");
}

static void test_table_without_the_feature_is_refused(void)
{
    start(MOCK_EVENT_IDX);
    entries(1);
    offer(0, table_at, sizeof(*table), 0);
    check_refused("2.7.5.3.1", "an indirect descriptor without the feature");
}

static void test_table_in_a_table_is_refused(void)
{
    start(MOCK_INDIRECT_DESC);
    entry(0, VRING_DESC_F_INDIRECT, 0);
    offer(0, table_at, sizeof(*table), 0);
    check_refused("2.7.5.3.1", "an indirect table refers to another one");
}

static void test_chain_behind_a_table_is_refused(void)
{
    start(MOCK_INDIRECT_DESC);
    entries(1);
    offer(0, table_at, sizeof(*table), VRING_DESC_F_NEXT);
    check_refused("2.7.5.3.1", "a chain goes on behind an indirect table");
}

static void test_table_is_whole_descriptors(void)
{
    static const uint32_t sizes[] = {0, 1, 15, 17, 40};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        start(MOCK_INDIRECT_DESC);
        entries(2);
        offer(0, table_at, sizes[i], 0);
        check_refused("2.7.5.3", "an indirect table is not a whole number of descriptors");
    }
}

static void test_table_has_to_be_open_to_devices(void)
{
    start(MOCK_INDIRECT_DESC);
    offer(0, mock_machine_closed_memory(machine), sizeof(*table), 0);
    check_refused("2.7.5.3", "an indirect table is not in memory that is open to devices");
}

static void test_next_stays_in_the_table(void)
{
    start(MOCK_INDIRECT_DESC);
    entry(0, VRING_DESC_F_NEXT, 2); /* an entry of the queue's table, and not of this one */
    offer(0, table_at, 2 * sizeof(*table), 0);
    check_refused("2.7.5", "a chain goes on outside the descriptor table");
}

UNIT_SUITE("virtqueue indirect", UNIT_TEST(test_table_is_a_chain),
           UNIT_TEST(test_table_that_is_not_in_sequence_is_a_breach_in_order),
           UNIT_TEST(test_table_in_sequence_keeps_the_order),
           UNIT_TEST(test_table_may_stand_at_the_end_of_a_chain),
           UNIT_TEST(test_write_flag_of_the_reference_is_ignored),
           UNIT_TEST(test_table_holds_as_many_buffers_as_the_queue_has_entries),
           UNIT_TEST(test_longer_table_is_longer_than_a_chain_may_be),
           UNIT_TEST(test_table_that_is_a_loop_ends),
           UNIT_TEST(test_table_without_the_feature_is_refused),
           UNIT_TEST(test_table_in_a_table_is_refused),
           UNIT_TEST(test_chain_behind_a_table_is_refused),
           UNIT_TEST(test_table_is_whole_descriptors),
           UNIT_TEST(test_table_has_to_be_open_to_devices), UNIT_TEST(test_next_stays_in_the_table))
