/*
 * virtqueue_breach_test.c - the split ring with a driver that makes every mistake
 *
 * Each mistake is one breach with its clause. Where the device cannot go on, the queue is broken,
 * the device asks for a reset, nothing more is written to guest memory, and a reset makes all of it
 * well.
 */
#include "emu/virtio/virtqueue.h"

#include "emu/virtio/mock_device.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <string.h>

static struct mock_setup setup;
static struct mock_machine *const machine = &setup.machine;
static struct virtqueue_chain *const chain = &setup.device.chain;

static struct virtqueue *start(struct mock_ring *ring, unsigned size)
{
    mock_setup_init(&setup);
    mock_setup_start(&setup, ring, size);
    struct virtqueue *queue = mock_setup_queue(&setup);
    virtqueue_set_latency(queue, 0);
    for (unsigned i = 0; i < size; i++) {
        mock_ring_desc(ring, i, mock_machine_alloc(machine, 64, NULL), 64, 0, 0);
    }
    return queue;
}

/* The queue has just been broken by this breach, once. Then a reset, and the queue works again. */
static void check_broken(struct mock_ring *ring, const char *clause, bool violates)
{
    struct virtqueue *queue = mock_setup_queue(&setup);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", clause));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_DMA_VIOLATION], violates ? 1 : 0);
    CU_ASSERT_EQUAL(setup.device.dev.status & VIRTIO_CONFIG_S_NEEDS_RESET,
                    VIRTIO_CONFIG_S_NEEDS_RESET);
    CU_ASSERT_FALSE(virtio_dev_is_running(&setup.device.dev));

    /* It keeps quiet from now on, whatever is tried. */
    mock_machine_forget(machine);
    unsigned kicks = setup.device.kicks[0];
    uint16_t used = mock_ring_used_index(ring);
    mock_ring_kick(ring);
    CU_ASSERT_FALSE(virtqueue_has_avail(queue));
    CU_ASSERT_FALSE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 0, 0);
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(mock_ring_used_index(ring), used);
    CU_ASSERT_EQUAL(setup.device.kicks[0], kicks);
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 0);
    CU_ASSERT_EQUAL(machine->events, 0);

    struct mock_ring fresh;
    mock_setup_start(&setup, &fresh, 4);
    mock_ring_desc(&fresh, 0, mock_machine_alloc(machine, 64, NULL), 64, 0, 0);
    mock_ring_offer(&fresh, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 0, 0);
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(mock_ring_used_index(&fresh), 1);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VIRTIO_BREACH], 0);
    mock_setup_fini(&setup);
}

/* As above, for a mistake that is found when the device pops. */
static void check_pop_breaks(struct mock_ring *ring, const char *clause, bool violates)
{
    CU_ASSERT_FALSE(virtqueue_pop(mock_setup_queue(&setup), chain));
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_POP], 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_ISR_SET], 1);
    CU_ASSERT_EQUAL(setup.device.dev.isr, VIRTIO_MMIO_INT_CONFIG);
    CU_ASSERT_TRUE(machine->line_level);
    check_broken(ring, clause, violates);
}

static void test_head_outside_the_table_breaks_the_queue(void)
{
    static const uint16_t heads[] = {4, 5, 0x7fff, UINT16_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        struct mock_ring ring;
        start(&ring, 4);
        mock_ring_offer(&ring, heads[i]);
        check_pop_breaks(&ring, "2.7.6", false);
    }
}

static void test_next_outside_the_table_breaks_the_queue(void)
{
    static const uint16_t nexts[] = {4, UINT16_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(nexts); i++) {
        struct mock_ring ring;
        start(&ring, 4);
        mock_ring_desc(&ring, 1, mock_machine_alloc(machine, 8, NULL), 8, VRING_DESC_F_NEXT,
                       nexts[i]);
        mock_ring_offer(&ring, 1);
        check_pop_breaks(&ring, "2.7.5", false);
    }
}

static void test_loop_breaks_the_queue(void)
{
    struct mock_ring ring;
    start(&ring, 4);
    mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 8, NULL), 8, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&ring, 1, mock_machine_alloc(machine, 8, NULL), 8, VRING_DESC_F_NEXT, 0);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_FALSE(virtqueue_peek(mock_setup_queue(&setup), chain));
    CU_ASSERT_EQUAL(chain->readable_count, 4); /* and no step further */
    check_broken(&ring, "2.7.5.3.1", false);
}

static void test_descriptor_that_names_itself_breaks_the_queue(void)
{
    struct mock_ring ring;
    start(&ring, 1);
    mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 8, NULL), 8, VRING_DESC_F_NEXT, 0);
    mock_ring_offer(&ring, 0);
    check_pop_breaks(&ring, "2.7.5.3.1", false);
}

static void test_readable_after_writable_breaks_the_queue(void)
{
    struct mock_ring ring;
    start(&ring, 4);
    mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 8, NULL), 8,
                   VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
    mock_ring_desc(&ring, 1, mock_machine_alloc(machine, 8, NULL), 8, 0, 0);
    mock_ring_offer(&ring, 0);
    check_pop_breaks(&ring, "2.7.4.2", false);
}

static void test_indirect_descriptor_breaks_the_queue(void)
{
    static const unsigned flags[] = {VRING_DESC_F_INDIRECT,
                                     VRING_DESC_F_INDIRECT | VRING_DESC_F_WRITE,
                                     VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT};
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        struct mock_ring ring;
        start(&ring, 4);
        mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 16, NULL), 16, flags[i], 1);
        mock_ring_offer(&ring, 0);
        check_pop_breaks(&ring, "2.7.5.3.1", false);
    }
}

static void test_chain_beyond_32_bits_of_length_breaks_the_queue(void)
{
    struct mock_ring ring;
    start(&ring, 16);
    /* No more memory than there is: the same megabytes again, from two sides of the limit. */
    gpa_t at = mock_machine_alloc(machine, 64, NULL);
    mock_ring_desc(&ring, 0, at, 64, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&ring, 1, at, UINT32_MAX - 63, 0, 0);
    mock_ring_offer(&ring, 0);
    check_pop_breaks(&ring, "2.7.5.2", false);
}

static void test_buffer_that_is_not_open_breaks_the_queue(void)
{
    static const unsigned flags[] = {0, VRING_DESC_F_WRITE};
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        struct mock_ring ring;
        start(&ring, 4);
        mock_ring_desc(&ring, 0, mock_machine_closed_memory(machine), 64, flags[i], 0);
        mock_ring_offer(&ring, 0);
        check_pop_breaks(&ring, "2.7.5", true);
    }
}

static void test_buffer_that_is_open_in_the_other_direction_breaks_the_queue(void)
{
    static const struct {
        enum gmem_access open;
        unsigned flags;
    } cases[] = {{GMEM_DEVICE_WRITES, 0}, {GMEM_DEVICE_READS, VRING_DESC_F_WRITE}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct mock_ring ring;
        start(&ring, 4);
        gpa_t at = mock_machine_closed_memory(machine);
        CU_ASSERT_TRUE(gmem_open(machine->memory, at, GMEM_PAGE, cases[i].open));
        mock_ring_desc(&ring, 0, at, 64, cases[i].flags, 0);
        mock_ring_offer(&ring, 0);
        check_pop_breaks(&ring, "2.7.5", true);
    }
}

static void test_buffer_outside_memory_breaks_the_queue(void)
{
    static const uint64_t addresses[] = {0, 0x1000, GMEM_BASE - 32, UINT64_MAX - 16, UINT64_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        struct mock_ring ring;
        start(&ring, 4);
        mock_ring_desc(&ring, 0, gpa(addresses[i]), 64, 0, 0);
        mock_ring_offer(&ring, 0);
        check_pop_breaks(&ring, "2.7.5", true);
    }
}

static void test_buffer_that_only_begins_in_open_memory_breaks_the_queue(void)
{
    struct mock_ring ring;
    start(&ring, 4);
    mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 64, NULL), 1u << 30, 0, 0);
    mock_ring_offer(&ring, 0);
    check_pop_breaks(&ring, "2.7.5", true);
}

static void test_buffer_of_no_bytes_is_a_breach_and_passed_over(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 4);
    mock_ring_desc(&ring, 0, gpa(0), 0, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&ring, 1, mock_machine_alloc(machine, 8, NULL), 8, 0, 0);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "2.7.13.1"));
    CU_ASSERT_EQUAL(chain->readable_count, 1);
    CU_ASSERT_EQUAL(chain->readable_size, 8);
    CU_ASSERT_EQUAL(machine->events, 2);
    virtqueue_push(queue, 0, 0);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 1);
    /* A chain of nothing else is empty, and comes back like any other. */
    mock_ring_desc(&ring, 2, gpa(0), 0, VRING_DESC_F_WRITE, 0);
    mock_ring_offer(&ring, 2);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(chain->readable_count + chain->writable_count, 0);
    CU_ASSERT_EQUAL(virtqueue_chain_write(queue, chain, 0, "x", 1), 0);
    virtqueue_push(queue, 2, 0);
    CU_ASSERT_EQUAL(mock_ring_used_index(&ring), 2);
    mock_setup_fini(&setup);
}

static void test_available_index_that_runs_ahead_breaks_the_queue(void)
{
    struct mock_ring ring;
    start(&ring, 4);
    mock_ring_set_avail_index(&ring, 5);
    check_pop_breaks(&ring, "2.7", false);
    start(&ring, 4);
    mock_ring_set_avail_index(&ring, 0x7fff);
    check_pop_breaks(&ring, "2.7", false);
}

static void test_available_index_that_steps_back_breaks_the_queue(void)
{
    static const uint16_t indices[] = {UINT16_MAX, UINT16_MAX - 3, 0x8000};
    struct mock_ring ring;
    for (size_t i = 0; i < G_N_ELEMENTS(indices); i++) {
        start(&ring, 4);
        mock_ring_set_avail_index(&ring, indices[i]);
        check_pop_breaks(&ring, "2.7.6.1", false);
    }
    /* Not behind what was popped, only behind what was shown. */
    struct virtqueue *queue = start(&ring, 4);
    mock_ring_offer(&ring, 0);
    mock_ring_offer(&ring, 1);
    CU_ASSERT_TRUE(virtqueue_has_avail(queue));
    mock_ring_set_avail_index(&ring, 1);
    check_pop_breaks(&ring, "2.7.6.1", false);
}

static void test_kick_with_a_nonsense_index_breaks_the_queue_and_stays_away_from_the_device(void)
{
    struct mock_ring ring;
    start(&ring, 4);
    mock_ring_set_avail_index(&ring, 100);
    mock_ring_kick(&ring);
    CU_ASSERT_EQUAL(setup.device.kicks[0], 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_KICK], 0);
    check_broken(&ring, "2.7", false);
}

static void test_head_that_is_in_flight_breaks_the_queue(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 4);
    mock_ring_offer(&ring, 2);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    mock_ring_offer(&ring, 2);
    mock_machine_forget(machine);
    check_pop_breaks(&ring, "2.7.13", false);
}

static void test_head_that_was_pushed_but_is_not_visible_yet_is_still_in_flight(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 4);
    virtqueue_set_latency(queue, 1000);
    mock_ring_offer(&ring, 2);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 2, 0);
    mock_ring_offer(&ring, 2);
    mock_machine_forget(machine);
    check_pop_breaks(&ring, "2.7.13", false);
}

/* Rings that the device refuses when they are enabled. */
static void check_bad_ring(void (*spoil)(struct mock_ring *ring), const char *clause, bool violates)
{
    struct mock_ring ring;
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_ring_alloc(&ring, machine, 0, 4);
    spoil(&ring);
    mock_machine_forget(machine);
    mock_ring_enable(&ring);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_READY], 1);
    CU_ASSERT_EQUAL(machine->line_changes, 0);
    mock_driver_ok(machine);
    CU_ASSERT_EQUAL(setup.device.started, 0);
    check_broken(&ring, clause, violates);
}

static void spoil_desc_alignment(struct mock_ring *ring)
{
    ring->desc.value += 8;
}

static void spoil_avail_alignment(struct mock_ring *ring)
{
    ring->avail.value += 1;
}

static void spoil_used_alignment(struct mock_ring *ring)
{
    ring->used.value += 2;
}

static void spoil_desc_memory(struct mock_ring *ring)
{
    ring->desc = mock_machine_closed_memory(ring->machine);
}

static void spoil_avail_memory(struct mock_ring *ring)
{
    ring->avail = gpa(UINT64_MAX - 1);
}

static void spoil_used_memory(struct mock_ring *ring)
{
    ring->used = gpa(0);
}

static void test_ring_that_is_not_aligned_breaks_the_queue(void)
{
    check_bad_ring(spoil_desc_alignment, "2.7.1", false);
    check_bad_ring(spoil_avail_alignment, "2.7.1", false);
    check_bad_ring(spoil_used_alignment, "2.7.1", false);
}

static void test_ring_outside_open_memory_breaks_the_queue(void)
{
    check_bad_ring(spoil_desc_memory, "2.7", true);
    check_bad_ring(spoil_avail_memory, "2.7", true);
    check_bad_ring(spoil_used_memory, "2.7", true);
}

/* A queue whose rings lie in a window, which the driver closes while the queue is in use. */
struct window {
    struct mock_ring ring;
    gpa_t at;
};

static void begin_window(struct window *window)
{
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_ring_alloc(&window->ring, machine, 0, 4);
}

static struct virtqueue *start_in_window(struct window *window, gpa_t *part, size_t size,
                                         uint8_t **host)
{
    begin_window(window);
    window->at = mock_machine_closed_memory(machine);
    CU_ASSERT_TRUE(gmem_open(machine->memory, window->at, GMEM_PAGE, GMEM_DEVICE_BOTH));
    *part = window->at;
    *host = gmem_host(machine->memory, window->at, size);
    memset(*host, 0, size);
    mock_ring_desc(&window->ring, 0, mock_machine_alloc(machine, 64, NULL), 64, 0, 0);
    mock_ring_enable(&window->ring);
    mock_driver_ok(machine);
    struct virtqueue *queue = mock_setup_queue(&setup);
    virtqueue_set_latency(queue, 0);
    mock_machine_forget(machine);
    return queue;
}

static void close_window(struct window *window)
{
    CU_ASSERT_TRUE(gmem_close(machine->memory, window->at, GMEM_PAGE));
}

static void test_available_ring_that_is_closed_meanwhile_breaks_the_queue(void)
{
    struct window window;
    struct virtqueue *queue =
        start_in_window(&window, &window.ring.avail, 14, &window.ring.avail_host);
    mock_ring_offer(&window.ring, 0);
    CU_ASSERT_TRUE(virtqueue_has_avail(queue));
    close_window(&window);
    check_pop_breaks(&window.ring, "2.7", true);
}

static void test_descriptor_table_that_is_closed_meanwhile_breaks_the_queue(void)
{
    struct window window;
    start_in_window(&window, &window.ring.desc, 64, &window.ring.desc_host);
    mock_ring_offer(&window.ring, 0);
    close_window(&window);
    check_pop_breaks(&window.ring, "2.7", true);
}

static void test_used_ring_that_is_closed_meanwhile_breaks_the_queue(void)
{
    for (uint64_t latency_ns = 0; latency_ns <= 50; latency_ns += 50) {
        struct window window;
        struct virtqueue *queue =
            start_in_window(&window, &window.ring.used, 38, &window.ring.used_host);
        virtqueue_set_latency(queue, latency_ns);
        mock_ring_offer(&window.ring, 0);
        CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
        virtqueue_push(queue, 0, 0);
        if (latency_ns == 0) {
            /* It was open, so it went well; the next one does not. */
            CU_ASSERT_EQUAL(mock_ring_used_index(&window.ring), 1);
            mock_ring_offer(&window.ring, 0);
            CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
        }
        mock_machine_forget(machine);
        close_window(&window);
        if (latency_ns == 0) {
            virtqueue_push(queue, 0, 0);
        }
        mock_machine_run(machine, latency_ns);
        CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_USED], 0);
        check_broken(&window.ring, "2.7", true);
    }
}

static void test_flags_that_close_with_the_ring_break_the_queue_after_the_index(void)
{
    struct window window;
    struct virtqueue *queue =
        start_in_window(&window, &window.ring.avail, 14, &window.ring.avail_host);
    mock_ring_offer(&window.ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    mock_machine_forget(machine);
    close_window(&window);
    virtqueue_push(queue, 0, 0);
    CU_ASSERT_EQUAL(mock_ring_used_index(&window.ring), 1);
    CU_ASSERT_EQUAL(setup.device.dev.isr, VIRTIO_MMIO_INT_CONFIG);
    check_broken(&window.ring, "2.7", true);
}

/*
 * A window of two pages, and a ring of which flags and index lie in the first, the entries in the
 * second.
 */
static struct virtqueue *start_across_pages(struct window *window, gpa_t *part, uint8_t **host)
{
    begin_window(window);
    window->at = mock_machine_closed_memory(machine);
    CU_ASSERT_TRUE(gmem_open(machine->memory, window->at, 2 * GMEM_PAGE, GMEM_DEVICE_BOTH));
    *part = gpa(window->at.value + GMEM_PAGE - 4);
    *host = gmem_host(machine->memory, *part, 64);
    memset(*host, 0, 64);
    mock_ring_desc(&window->ring, 0, mock_machine_alloc(machine, 64, NULL), 64, 0, 0);
    mock_ring_enable(&window->ring);
    mock_driver_ok(machine);
    virtqueue_set_latency(mock_setup_queue(&setup), 0);
    mock_ring_offer(&window->ring, 0);
    return mock_setup_queue(&setup);
}

/* Only the page at `offset` stays open. */
static void shrink_window(struct window *window, uint64_t offset)
{
    CU_ASSERT_TRUE(gmem_close(machine->memory, window->at, 2 * GMEM_PAGE));
    CU_ASSERT_TRUE(
        gmem_open(machine->memory, gpa(window->at.value + offset), GMEM_PAGE, GMEM_DEVICE_BOTH));
    mock_machine_forget(machine);
}

static void test_entries_of_the_available_ring_that_are_closed_break_the_queue(void)
{
    struct window window;
    start_across_pages(&window, &window.ring.avail, &window.ring.avail_host);
    shrink_window(&window, 0);
    check_pop_breaks(&window.ring, "2.7", true);
}

static void test_used_index_that_is_closed_breaks_the_queue(void)
{
    struct window window;
    struct virtqueue *queue =
        start_across_pages(&window, &window.ring.used, &window.ring.used_host);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    shrink_window(&window, GMEM_PAGE);
    virtqueue_push(queue, 0, 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_USED], 0);
    check_broken(&window.ring, "2.7", true);
}

static void test_copy_stops_at_a_buffer_that_is_closed_meanwhile(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 4);
    gpa_t at = mock_machine_closed_memory(machine);
    char got[16];
    CU_ASSERT_TRUE(gmem_open(machine->memory, at, GMEM_PAGE, GMEM_DEVICE_BOTH));
    mock_ring_desc(&ring, 0, mock_machine_alloc(machine, 8, NULL), 8, VRING_DESC_F_NEXT, 1);
    mock_ring_desc(&ring, 1, at, 8, 0, 0);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    CU_ASSERT_EQUAL(virtqueue_chain_read(queue, chain, 0, got, sizeof(got)), 16);
    CU_ASSERT_TRUE(gmem_close(machine->memory, at, GMEM_PAGE));
    CU_ASSERT_EQUAL(virtqueue_chain_read(queue, chain, 0, got, sizeof(got)), 8);
    CU_ASSERT_EQUAL(machine->counts[TRACE_DMA_VIOLATION], 1);
    mock_setup_fini(&setup);
}

static void test_report_counts_no_chains_of_an_index_that_makes_no_sense(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 4);
    mock_ring_set_avail_index(&ring, 4);
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 4);
    mock_ring_set_avail_index(&ring, 5);
    CU_ASSERT_EQUAL(virtqueue_avail_count(queue), 0);
    /* Looking breaks nothing. */
    CU_ASSERT_EQUAL(machine->events, 0);
    mock_setup_fini(&setup);
}

static void test_undefined_flags_of_the_available_ring_are_a_breach(void)
{
    struct mock_ring ring;
    struct virtqueue *queue = start(&ring, 4);
    mock_ring_set_avail_flags(&ring, 2);
    mock_ring_offer(&ring, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 0, 0);
    CU_ASSERT_TRUE(mock_machine_saw_breach(machine, "dev0.a", "2.7.7.1"));
    CU_ASSERT_TRUE(machine->line_level);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_BROKEN], 0);
    mock_setup_fini(&setup);
}

static void test_a_broken_queue_stops_the_other_queues_too(void)
{
    struct mock_ring ring;
    struct mock_ring other;
    mock_setup_init(&setup);
    mock_driver_negotiate(machine, 0);
    mock_ring_init(&ring, machine, 0, 4);
    mock_ring_init(&other, machine, 1, 4);
    mock_driver_ok(machine);
    struct virtqueue *queue = virtio_dev_queue(&setup.device.dev, 1);
    mock_ring_desc(&other, 0, mock_machine_alloc(machine, 8, NULL), 8, 0, 0);
    mock_ring_offer(&other, 0);
    CU_ASSERT_TRUE(virtqueue_pop(queue, chain));
    virtqueue_push(queue, 0, 0);
    mock_ring_offer(&ring, 9);
    mock_machine_forget(machine);
    CU_ASSERT_FALSE(virtqueue_pop(mock_setup_queue(&setup), chain));
    mock_machine_run(machine, 1000000);
    CU_ASSERT_EQUAL(mock_ring_used_index(&other), 0);
    CU_ASSERT_EQUAL(machine->counts[TRACE_VQ_USED], 0);
    check_broken(&ring, "2.7.6", false);
}

UNIT_SUITE(
    "virtqueue_breach", UNIT_TEST(test_head_outside_the_table_breaks_the_queue),
    UNIT_TEST(test_next_outside_the_table_breaks_the_queue), UNIT_TEST(test_loop_breaks_the_queue),
    UNIT_TEST(test_descriptor_that_names_itself_breaks_the_queue),
    UNIT_TEST(test_readable_after_writable_breaks_the_queue),
    UNIT_TEST(test_indirect_descriptor_breaks_the_queue),
    UNIT_TEST(test_chain_beyond_32_bits_of_length_breaks_the_queue),
    UNIT_TEST(test_buffer_that_is_not_open_breaks_the_queue),
    UNIT_TEST(test_buffer_that_is_open_in_the_other_direction_breaks_the_queue),
    UNIT_TEST(test_buffer_outside_memory_breaks_the_queue),
    UNIT_TEST(test_buffer_that_only_begins_in_open_memory_breaks_the_queue),
    UNIT_TEST(test_buffer_of_no_bytes_is_a_breach_and_passed_over),
    UNIT_TEST(test_available_index_that_runs_ahead_breaks_the_queue),
    UNIT_TEST(test_available_index_that_steps_back_breaks_the_queue),
    UNIT_TEST(test_kick_with_a_nonsense_index_breaks_the_queue_and_stays_away_from_the_device),
    UNIT_TEST(test_head_that_is_in_flight_breaks_the_queue),
    UNIT_TEST(test_head_that_was_pushed_but_is_not_visible_yet_is_still_in_flight),
    UNIT_TEST(test_ring_that_is_not_aligned_breaks_the_queue),
    UNIT_TEST(test_ring_outside_open_memory_breaks_the_queue),
    UNIT_TEST(test_available_ring_that_is_closed_meanwhile_breaks_the_queue),
    UNIT_TEST(test_descriptor_table_that_is_closed_meanwhile_breaks_the_queue),
    UNIT_TEST(test_used_ring_that_is_closed_meanwhile_breaks_the_queue),
    UNIT_TEST(test_flags_that_close_with_the_ring_break_the_queue_after_the_index),
    UNIT_TEST(test_entries_of_the_available_ring_that_are_closed_break_the_queue),
    UNIT_TEST(test_used_index_that_is_closed_breaks_the_queue),
    UNIT_TEST(test_copy_stops_at_a_buffer_that_is_closed_meanwhile),
    UNIT_TEST(test_report_counts_no_chains_of_an_index_that_makes_no_sense),
    UNIT_TEST(test_undefined_flags_of_the_available_ring_are_a_breach),
    UNIT_TEST(test_a_broken_queue_stops_the_other_queues_too))
