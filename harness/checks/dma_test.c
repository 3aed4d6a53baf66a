/*
 * dma_test.c - memory of devices: freed too early, never given, never freed
 *
 * The queue is put together by hand, as the transport would leave it.
 */
#include "emu/virtio/virtio_spec.h"
#include "harness/checks/checks_rig.h"

#define RING_SIZE 512
#define QUEUE     "eth0.rx"

/* The rings in one allocation; a descriptor of 64 bytes at `buffer` is available as head 3. */
static struct virtqueue *enable(const struct rig *rig, void *ring, void *buffer)
{
    struct virtqueue *queue = board_queue(rig->board, QUEUE);
    uint64_t at = (uintptr_t)ring;
    queue->desc = gpa(at);
    queue->avail = gpa(at + 128);
    queue->used = gpa(at + 256);
    queue->size = 8;
    queue->ready = true;
    if (buffer != NULL) {
        struct virtq_desc *desc = ring;
        desc[3] = (struct virtq_desc){.addr = (uintptr_t)buffer, .len = 64};
        uint16_t *avail = (uint16_t *)(void *)((uint8_t *)ring + 128);
        avail[2] = 3;
        avail[1] = 1;
    }
    trace_emit(rig->trace, TRACE_VQ_READY, TS(queue->name), TN(queue->size));
    return queue;
}

static void disable(const struct rig *rig, struct virtqueue *queue)
{
    queue->ready = false;
    trace_emit(rig->trace, TRACE_VQ_READY, TS(queue->name), TN(0));
}

static void test_buffer_that_is_available_is_not_freed(void)
{
    struct rig rig;
    rig_open(&rig);
    void *ring = gmem_alloc(rig.memory, RING_SIZE, 16);
    rig_pass(&rig, RIG_MS);
    void *buffer = gmem_alloc(rig.memory, 64, 16);
    enable(&rig, ring, buffer);
    gmem_release(rig.memory, buffer, 64);
    rig_expect(&rig, "dma.freed", QUEUE,
               "opened at 1.001000000 s, was freed: in it lies a buffer that was made "
               "available, head 3");
}

static void test_window_over_a_buffer_is_not_dropped(void)
{
    struct rig rig;
    rig_open(&rig);
    void *ring = gmem_alloc(rig.memory, RING_SIZE, 16);
    uint64_t base, size;
    gmem_free_range(rig.memory, &base, &size);
    CU_ASSERT_TRUE(gmem_open(rig.memory, gpa(base), 64, GMEM_DEVICE_BOTH));
    enable(&rig, ring, (void *)(uintptr_t)base);
    CU_ASSERT_TRUE(gmem_close(rig.memory, gpa(base), 64));
    rig_expect(&rig, "dma.freed", QUEUE,
               "was dropped: in it lies a buffer that was made available");
}

static void test_ring_is_freed_when_the_queue_is_disabled(void)
{
    struct rig rig;
    rig_open(&rig);
    void *ring = gmem_alloc(rig.memory, RING_SIZE, 16);
    void *buffer = gmem_alloc(rig.memory, 64, 16), *other = gmem_alloc(rig.memory, 64, 16);
    struct virtqueue *queue = enable(&rig, ring, buffer);
    gmem_release(rig.memory, other, 64); /* nobody has it */
    disable(&rig, queue);
    gmem_release(rig.memory, buffer, 64);
    gmem_release(rig.memory, ring, RING_SIZE);
    rig_expect_none(&rig);
}

static void test_ring_of_an_enabled_queue_is_not_freed(void)
{
    struct rig rig;
    rig_open(&rig);
    void *ring = gmem_alloc(rig.memory, RING_SIZE, 16);
    enable(&rig, ring, NULL);
    gmem_release(rig.memory, ring, RING_SIZE);
    rig_expect(&rig, "dma.freed", QUEUE, "was freed: in it lies the descriptor table");
}

/* ---- accesses -------------------------------------------------------------------------------- */

static void test_access_to_freed_memory_names_what_it_was(void)
{
    struct rig rig;
    uint8_t byte;
    rig_open(&rig);
    void *first = gmem_alloc(rig.memory, 256, 16);
    rig_pass(&rig, RIG_MS);
    gmem_release(rig.memory, first, 256);
    rig_pass(&rig, RIG_MS);
    CU_ASSERT_FALSE(gmem_read(rig.memory, "eth0.tx", gpa((uintptr_t)first + 9), &byte, 1));
    rig_expect(&rig, "dma.freed", "eth0.tx", "opened at 1.000000000 s and freed at 1.001000000 s");
}

static void test_access_to_what_was_never_open_is_unregistered(void)
{
    struct rig rig;
    uint8_t byte;
    rig_open(&rig);
    void *first = gmem_alloc(rig.memory, 256, 16);
    gmem_release(rig.memory, first, 256);
    CU_ASSERT_FALSE(gmem_read(rig.memory, "eth0.tx", gpa((uintptr_t)first + 256), &byte, 1));
    rig_expect(&rig, "dma.unregistered", "eth0.tx", "a read of 1 bytes");
}

static void test_access_in_the_other_direction_is_unregistered(void)
{
    struct rig rig;
    uint8_t byte = 0;
    uint64_t base, size;
    rig_open(&rig);
    gmem_free_range(rig.memory, &base, &size);
    gmem_open(rig.memory, gpa(base), 64, GMEM_DEVICE_READS);
    CU_ASSERT_FALSE(gmem_write(rig.memory, "eth0.rx", gpa(base), &byte, 1));
    rig_expect(&rig, "dma.unregistered", "eth0.rx", "open for reading only");
}

static void test_device_that_says_so_too_makes_no_second_violation(void)
{
    struct rig rig;
    rig_open(&rig);
    gmem_span(rig.memory, "eth0.tx", gpa(16), 1, GMEM_DEVICE_READS);
    trace_emit(rig.trace, TRACE_VIRTIO_BREACH, TS("eth0.tx"), TS("2.7.5"), TS("rule"), TN(16));
    rig_expect(&rig, "dma.unregistered", "eth0.tx", "not in RAM");
}

static void test_breach_that_comes_later_is_another_one(void)
{
    struct rig rig;
    rig_open(&rig);
    gmem_span(rig.memory, "eth0.tx", gpa(16), 1, GMEM_DEVICE_READS);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    trace_emit(rig.trace, TRACE_VIRTIO_BREACH, TS("eth0.tx"), TS("2.7.5"), TS("rule"), TN(16));
    CU_ASSERT_EQUAL(checks_count(rig.checks), 2);
    rig_close(&rig);
}

/* ---- counting and losing --------------------------------------------------------------------- */

static void test_open_memory_is_counted(void)
{
    struct rig rig;
    uint64_t count, bytes, base, size;
    rig_open(&rig);
    void *first = gmem_alloc(rig.memory, 100, 16);
    gmem_free_range(rig.memory, &base, &size);
    gmem_open(rig.memory, gpa(base), 64, GMEM_DEVICE_BOTH);
    CU_ASSERT_TRUE(checks_counter(rig.checks, "dma.live", &count));
    CU_ASSERT_TRUE(checks_counter(rig.checks, "dma.bytes", &bytes));
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_EQUAL(bytes, 164);
    gmem_release(rig.memory, first, 100);
    checks_counter(rig.checks, "dma.live", &count);
    checks_counter(rig.checks, "dma.bytes", &bytes);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(bytes, 64);
    rig_close(&rig);
}

static void test_ring_that_was_replaced_and_stays_is_lost(void)
{
    struct rig rig;
    rig_open(&rig);
    void *first = gmem_alloc(rig.memory, RING_SIZE, 16), *second;
    disable(&rig, enable(&rig, first, NULL));
    second = gmem_alloc(rig.memory, RING_SIZE, 16);
    rig_pass(&rig, RIG_MS);
    enable(&rig, second, NULL);
    CU_ASSERT_EQUAL(checks_count(rig.checks), 0); /* it may still be freed */
    rig_expect(&rig, "dma.leaked", QUEUE, "was replaced at 1.001000000 s and is still allocated");
}

static void test_ring_that_is_freed_or_used_again_is_not_lost(void)
{
    struct rig rig;
    rig_open(&rig);
    void *first = gmem_alloc(rig.memory, RING_SIZE, 16);
    void *second = gmem_alloc(rig.memory, RING_SIZE, 16);
    disable(&rig, enable(&rig, first, NULL));
    disable(&rig, enable(&rig, first, NULL)); /* the same again */
    disable(&rig, enable(&rig, second, NULL));
    disable(&rig, enable(&rig, first, NULL)); /* back to it */
    gmem_release(rig.memory, second, RING_SIZE);
    rig_expect_none(&rig);
}

UNIT_SUITE("dma", UNIT_TEST(test_buffer_that_is_available_is_not_freed),
           UNIT_TEST(test_window_over_a_buffer_is_not_dropped),
           UNIT_TEST(test_ring_is_freed_when_the_queue_is_disabled),
           UNIT_TEST(test_ring_of_an_enabled_queue_is_not_freed),
           UNIT_TEST(test_access_to_freed_memory_names_what_it_was),
           UNIT_TEST(test_access_to_what_was_never_open_is_unregistered),
           UNIT_TEST(test_access_in_the_other_direction_is_unregistered),
           UNIT_TEST(test_device_that_says_so_too_makes_no_second_violation),
           UNIT_TEST(test_breach_that_comes_later_is_another_one),
           UNIT_TEST(test_open_memory_is_counted),
           UNIT_TEST(test_ring_that_was_replaced_and_stays_is_lost),
           UNIT_TEST(test_ring_that_is_freed_or_used_again_is_not_lost))
