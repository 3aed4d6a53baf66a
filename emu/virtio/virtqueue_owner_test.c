/*
 * virtqueue_owner_test.c - the device notices a driver that touches what is not its own
 */
#include "emu/virtio/mock_device.h"
#include "emu/virtio/virtqueue.h"
#include "tests/unit.h"

#include <linux/virtio_ring.h>

#define BUFFER_SIZE 64

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtqueue_chain *const chain = &setup.device.chain;
static gpa_t buffers[8];

/* A ring of eight, each descriptor with a buffer of its own; 0 and 1 are a chain. */
static struct virtqueue *start_with(struct mock_ring *ring, uint64_t features)
{
    mock_setup_init(&setup);
    mock_setup_start_with(&setup, ring, 8, features);
    struct virtqueue *queue = mock_setup_queue(&setup);
    virtqueue_set_latency(queue, 0);
    for (unsigned i = 0; i < 8; i++) {
        buffers[i] = mock_machine_alloc(machine, BUFFER_SIZE, NULL);
        mock_ring_desc(ring, i, buffers[i], BUFFER_SIZE, i == 0 ? VRING_DESC_F_NEXT : 0, 1);
    }
    mock_machine_forget(machine);
    return queue;
}

static struct virtqueue *start(struct mock_ring *ring)
{
    return start_with(ring, 0);
}

static void check_no_breach(void)
{
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 0);
    mock_setup_fini(&setup);
}

static void check_breach(const char *clause)
{
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", clause));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 0); /* and the device goes on */
    mock_setup_fini(&setup);
}

static void take(struct virtqueue *queue, struct mock_ring *ring, uint16_t head)
{
    mock_ring_offer(ring, head);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
}

static void test_descriptors_that_were_returned_may_be_used_again(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring);
    for (unsigned round = 0; round < 20; round++) {
        take(queue, &ring, 0);
        virtqueue_push(queue, 0, 0);
        mock_ring_desc(&ring, 1, buffers[2], BUFFER_SIZE, 0, 0); /* it is the driver's again */
        take(queue, &ring, 1);
        virtqueue_push(queue, 1, 0);
        mock_ring_desc(&ring, 1, buffers[1], BUFFER_SIZE, 0, 0);
    }
    check_no_breach();
}

static void test_chains_may_be_returned_in_another_order(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring);
    take(queue, &ring, 0);
    take(queue, &ring, 2);
    virtqueue_push(queue, 2, 0);
    take(queue, &ring, 2);
    virtqueue_push(queue, 0, 0);
    virtqueue_push(queue, 2, 0);
    take(queue, &ring, 0);
    check_no_breach();
}

static void test_free_descriptors_may_change_while_others_are_in_flight(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring);
    take(queue, &ring, 0);
    mock_ring_desc(&ring, 2, buffers[3], 7, VRING_DESC_F_WRITE, 0);
    virtqueue_push(queue, 0, 0);
    check_no_breach();
}

static void test_descriptor_of_a_chain_in_flight_is_not_free(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring);
    take(queue, &ring, 0);
    take(queue, &ring, 1); /* the tail of the first */
    CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, 1);
    virtqueue_push(queue, 1, 0);
    virtqueue_push(queue, 0, 0);
    take(queue, &ring, 0); /* and all is well again */
    virtqueue_push(queue, 0, 0);
    check_breach("2.7.13");
}

static void test_chain_that_ends_in_another_one_gives_back_its_own(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring);
    mock_ring_desc(&ring, 3, buffers[3], BUFFER_SIZE, VRING_DESC_F_NEXT, 1);
    take(queue, &ring, 0);
    take(queue, &ring, 3);
    virtqueue_push(queue, 3, 0);
    virtqueue_push(queue, 0, 0);
    take(queue, &ring, 3);
    virtqueue_push(queue, 3, 0);
    check_breach("2.7.13");
}

static void test_descriptor_that_changes_in_flight_is_a_breach(void)
{
    static const unsigned entries[] = {0, 1};
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
        struct mock_ring ring;
        struct virtqueue *queue = start(&ring);
        take(queue, &ring, 0);
        mock_ring_desc(&ring, entries[i], buffers[5], BUFFER_SIZE,
                       entries[i] == 0 ? VRING_DESC_F_NEXT : 0, 1);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
        virtqueue_push(queue, 0, 0);
        check_breach("3.3.1");
    }
}

static void test_what_was_in_flight_at_a_reset_is_forgotten(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring);
    take(queue, &ring, 0);
    mock_setup_start(&setup, &ring, 8);
    mock_ring_desc(&ring, 0, buffers[5], BUFFER_SIZE, 0, 0);
    take(queue, &ring, 0);
    virtqueue_push(queue, 0, 0);
    check_no_breach();
}

static void test_used_ring_begins_with_flags_of_zero(void)
{
    struct mock_ring ring;
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_ring_alloc(&ring, machine, 0, 8);
    ring.used_host[0] = 1;
    mock_machine_forget(machine);
    mock_ring_enable(&ring);
    check_breach("2.7.10.1");
}

/* ---- in order -------------------------------------------------------------------------------- */

/* A chain of `count` descriptors from `head`, each linked to the one behind it. */
static void take_chain(struct virtqueue *queue, struct mock_ring *ring, unsigned head,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned at = (head + i) % 8;
        mock_ring_desc(ring, at, buffers[at], BUFFER_SIZE, i + 1 < count ? VRING_DESC_F_NEXT : 0,
                       (at + 1) % 8);
    }
    take(queue, ring, (uint16_t)head);
    CU_ASSERT_EQUAL(chain->readable_count, count); /* served, whatever is said about it */
    virtqueue_push(queue, (uint16_t)head, 0);
}

static void test_chains_in_the_order_of_the_table_keep_the_promise(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_with(&ring, MOCK_IN_ORDER);
    unsigned head = 0;
    for (unsigned i = 0; i < 40; i++) {
        unsigned count = 1 + i % 3; /* which wraps inside of chains and between them */
        take_chain(queue, &ring, head, count);
        head = (head + count) % 8;
    }
    check_no_breach();
}

static void test_chain_that_begins_elsewhere_is_a_breach_in_order(void)
{
    static const unsigned heads[] = {0, 2, 7}; /* again, one too far, before the beginning */
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        struct mock_ring ring;
        struct virtqueue *queue = start_with(&ring, MOCK_IN_ORDER);
        take_chain(queue, &ring, 0, 1);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
        take_chain(queue, &ring, heads[i], 2);
        CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, heads[i]);
        take_chain(queue, &ring, (heads[i] + 2) % 8, 1);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 1);
        check_breach("2.7.5");
    }
}

static void test_first_chain_begins_at_the_first_descriptor_in_order(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_with(&ring, MOCK_IN_ORDER);
    take_chain(queue, &ring, 1, 1);
    check_breach("2.7.5");
}

static void test_link_that_skips_a_descriptor_is_a_breach_in_order(void)
{
    static const unsigned nexts[] = {1, 7}; /* of descriptor 5 */
    for (size_t i = 0; i < G_N_ELEMENTS(nexts); i++) {
        struct mock_ring ring;
        struct virtqueue *queue = start_with(&ring, MOCK_IN_ORDER);
        take_chain(queue, &ring, 0, 5);
        mock_ring_desc(&ring, 5, buffers[5], BUFFER_SIZE, VRING_DESC_F_NEXT, nexts[i]);
        mock_ring_desc(&ring, nexts[i], buffers[2], BUFFER_SIZE, 0, 0);
        take(queue, &ring, 5);
        CU_ASSERT_EQUAL(chain->readable_count, 2);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 1);
        CU_ASSERT_EQUAL(machine->last[TRACE_VIRTIO_BREACH].fields[3].number, nexts[i]);
        take_chain(queue, &ring, (nexts[i] + 1) % 8, 1);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 1);
        check_breach("2.7.5.2");
    }
}

static void test_order_begins_anew_after_a_reset(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start_with(&ring, MOCK_IN_ORDER);
    take_chain(queue, &ring, 0, 3);
    mock_setup_start_with(&setup, &ring, 8, MOCK_IN_ORDER);
    take_chain(queue, &ring, 0, 3);
    take_chain(queue, &ring, 3, 1);
    check_no_breach();
}

/* ---- looking from outside -------------------------------------------------------------------- */

static void check_found(const struct virtqueue *queue, gpa_t at, uint64_t size, const char *what,
                        unsigned head)
{
    uint16_t found = UINT16_MAX;
    uint64_t events = machine->events;
    const char *got = virtqueue_find_in(queue, at, size, &found);
    CU_ASSERT_EQUAL(g_strcmp0(got, what), 0);
    CU_ASSERT_TRUE(got == NULL || found == head);
    CU_ASSERT_EQUAL(machine->events, events); /* looking is no access */
}

static void test_memory_of_the_device_is_found_until_it_is_returned(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring);
    check_found(queue, buffers[1], BUFFER_SIZE, NULL, 0);
    mock_ring_offer(&ring, 2);
    mock_ring_offer(&ring, 0);
    check_found(queue, buffers[1], BUFFER_SIZE, "a buffer that was made available", 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    const char *in_flight = "a buffer of a chain that the device has";
    check_found(queue, buffers[1], BUFFER_SIZE, in_flight, 0);
    check_found(queue, gpa(buffers[2].value + BUFFER_SIZE - 1), 1, in_flight, 2);
    check_found(queue, gpa(buffers[2].value + BUFFER_SIZE), 1, NULL, 0);
    check_found(queue, gpa(buffers[2].value - 1), 1, in_flight, 0);
    virtqueue_push(queue, 0, 0);
    check_found(queue, buffers[1], BUFFER_SIZE, NULL, 0);
    check_found(queue, buffers[2], BUFFER_SIZE, in_flight, 2);
    check_no_breach();
}

static void test_rings_are_the_devices_while_the_queue_is_enabled(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring);
    check_found(queue, gpa(ring.desc.value + 127), 1, "the descriptor table", 0);
    check_found(queue, ring.avail, 1, "the available ring", 0);
    check_found(queue, ring.used, 4096, "the used ring", 0);
    mock_ring_disable(&ring);
    check_found(queue, ring.used, 4096, NULL, 0);
    mock_setup_fini(&setup);
}

static void test_a_loop_among_the_available_is_looked_at_once(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring);
    mock_ring_desc(&ring, 0, buffers[0], BUFFER_SIZE, VRING_DESC_F_NEXT, 0);
    mock_ring_offer(&ring, 0);
    mock_ring_offer(&ring, UINT16_MAX);
    check_found(queue, buffers[1], BUFFER_SIZE, NULL, 0);
    mock_setup_fini(&setup);
}

UNIT_SUITE("virtqueue_owner", UNIT_TEST(test_descriptors_that_were_returned_may_be_used_again),
           UNIT_TEST(test_chains_may_be_returned_in_another_order),
           UNIT_TEST(test_free_descriptors_may_change_while_others_are_in_flight),
           UNIT_TEST(test_descriptor_of_a_chain_in_flight_is_not_free),
           UNIT_TEST(test_chain_that_ends_in_another_one_gives_back_its_own),
           UNIT_TEST(test_descriptor_that_changes_in_flight_is_a_breach),
           UNIT_TEST(test_what_was_in_flight_at_a_reset_is_forgotten),
           UNIT_TEST(test_used_ring_begins_with_flags_of_zero),
           UNIT_TEST(test_chains_in_the_order_of_the_table_keep_the_promise),
           UNIT_TEST(test_chain_that_begins_elsewhere_is_a_breach_in_order),
           UNIT_TEST(test_first_chain_begins_at_the_first_descriptor_in_order),
           UNIT_TEST(test_link_that_skips_a_descriptor_is_a_breach_in_order),
           UNIT_TEST(test_order_begins_anew_after_a_reset),
           UNIT_TEST(test_memory_of_the_device_is_found_until_it_is_returned),
           UNIT_TEST(test_rings_are_the_devices_while_the_queue_is_enabled),
           UNIT_TEST(test_a_loop_among_the_available_is_looked_at_once))
