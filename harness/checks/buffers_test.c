/*
 * buffers_test.c - memory for frames that comes back, and memory that does not
 *
 * A queue of eight entries is put together by hand; every frame is in descriptor 0.
 */
#include "emu/virtio/virtio_spec.h"
#include "harness/checks/checks_rig.h"

#define QUEUE   "eth0.tx"
#define ENTRIES 8
#define SIZE    256

struct sender {
    struct rig rig;
    struct virtqueue *queue;
    struct virtq_desc *desc;
    uint16_t flags;
};

static void take(const struct sender *sender, unsigned head)
{
    trace_emit(sender->rig.trace, TRACE_VQ_POP, TS(sender->queue->name), TN(head), TN(0));
}

static void give_back(const struct sender *sender, unsigned head)
{
    trace_emit(sender->rig.trace, TRACE_VQ_USED, TS(sender->queue->name), TN(head), TN(0), TN(1));
}

/* The device runs: it has taken a first chain, of memory that it had before. */
static void begin(struct sender *sender)
{
    *sender = (struct sender){.flags = 0};
    rig_open(&sender->rig);
    sender->queue = board_queue(sender->rig.board, QUEUE);
    sender->desc = gmem_alloc(sender->rig.memory, 512, 16);
    sender->queue->desc = gpa((uintptr_t)sender->desc);
    sender->queue->size = ENTRIES;
    take(sender, 0);
    give_back(sender, 0);
}

static void offer(const struct sender *sender, const void *buffer)
{
    sender->desc[0] =
        (struct virtq_desc){.addr = (uintptr_t)buffer + 10, .len = 64, .flags = sender->flags};
    take(sender, 0);
    give_back(sender, 0);
}

static void *send_new(const struct sender *sender)
{
    void *buffer = gmem_alloc(sender->rig.memory, SIZE, 16);
    offer(sender, buffer);
    return buffer;
}

static void test_allocations_that_pile_up_are_lost(void)
{
    struct sender sender;
    begin(&sender);
    for (unsigned i = 0; i < ENTRIES + 1; i++) {
        send_new(&sender);
        rig_pass(&sender.rig, RIG_MS);
    }
    CU_ASSERT_EQUAL(checks_count(sender.rig.checks), 0); /* a store of so many is nobody's fault */
    send_new(&sender);
    rig_expect(&sender.rig, "dma.leaked", QUEUE,
               "the device has returned the frames in 9 allocations, which are neither freed nor "
               "used again; the oldest, of 256 bytes at 0x");
}

static void test_what_is_freed_is_not_lost(void)
{
    struct sender sender;
    begin(&sender);
    for (unsigned i = 0; i < 4 * ENTRIES; i++) {
        gmem_release(sender.rig.memory, send_new(&sender), SIZE);
    }
    rig_expect_none(&sender.rig);
}

static void test_what_is_used_again_is_not_lost(void)
{
    struct sender sender;
    begin(&sender);
    void *buffers[ENTRIES];
    for (unsigned i = 0; i < ENTRIES; i++) {
        buffers[i] = send_new(&sender);
    }
    for (unsigned i = 0; i < 4 * ENTRIES; i++) {
        offer(&sender, buffers[i % ENTRIES]);
    }
    send_new(&sender);
    rig_expect_none(&sender.rig);
}

/* Before anything was sent, a driver may allocate what it wants. */
static void test_pool_of_single_buffers_is_not_lost(void)
{
    struct sender sender;
    void *pool[4 * ENTRIES];
    sender = (struct sender){.flags = 0};
    rig_open(&sender.rig);
    for (unsigned i = 0; i < G_N_ELEMENTS(pool); i++) {
        pool[i] = gmem_alloc(sender.rig.memory, SIZE, 16);
    }
    sender.queue = board_queue(sender.rig.board, QUEUE);
    sender.desc = gmem_alloc(sender.rig.memory, 512, 16);
    sender.queue->desc = gpa((uintptr_t)sender.desc);
    sender.queue->size = ENTRIES;
    for (unsigned i = 0; i < G_N_ELEMENTS(pool); i++) {
        offer(&sender, pool[i]);
    }
    rig_expect_none(&sender.rig);
}

static void test_frames_in_flight_are_not_lost(void)
{
    struct sender sender;
    begin(&sender);
    for (unsigned i = 0; i < 4 * ENTRIES; i++) {
        const void *buffer = gmem_alloc(sender.rig.memory, SIZE, 16);
        sender.desc[0] = (struct virtq_desc){.addr = (uintptr_t)buffer, .len = 64};
        take(&sender, 0);
    }
    rig_expect_none(&sender.rig);
}

static void test_received_frames_may_wait_for_their_reader(void)
{
    struct sender sender;
    begin(&sender);
    sender.flags = VIRTQ_DESC_F_WRITE;
    for (unsigned i = 0; i < 4 * ENTRIES; i++) {
        send_new(&sender);
    }
    rig_expect_none(&sender.rig);
}

/* The second descriptor of each chain lies in an allocation of its own. */
static void test_every_buffer_of_a_chain_counts(void)
{
    struct sender sender;
    begin(&sender);
    for (unsigned i = 0; i < ENTRIES + 2; i++) {
        const void *second = gmem_alloc(sender.rig.memory, SIZE, 16);
        sender.desc[0] = (struct virtq_desc){.addr = 16, .flags = VIRTQ_DESC_F_NEXT, .next = 5};
        sender.desc[5] = (struct virtq_desc){.addr = (uintptr_t)second, .len = 8};
        take(&sender, 0);
        give_back(&sender, 0);
    }
    rig_expect(&sender.rig, "dma.leaked", QUEUE, "in 9 allocations");
}

/* What a device says of heads, and what a driver links, may be anything. */
static void test_chains_that_make_no_sense_are_borne(void)
{
    struct sender sender;
    begin(&sender);
    send_new(&sender);
    sender.desc[0] = (struct virtq_desc){.flags = VIRTQ_DESC_F_NEXT, .next = 0};
    take(&sender, 0);
    sender.desc[0].next = ENTRIES;
    take(&sender, 0);
    give_back(&sender, ENTRIES);
    sender.queue->desc = gpa(16);
    take(&sender, 0);
    rig_expect_none(&sender.rig);
}

UNIT_SUITE("buffers", UNIT_TEST(test_allocations_that_pile_up_are_lost),
           UNIT_TEST(test_what_is_freed_is_not_lost),
           UNIT_TEST(test_what_is_used_again_is_not_lost),
           UNIT_TEST(test_pool_of_single_buffers_is_not_lost),
           UNIT_TEST(test_frames_in_flight_are_not_lost),
           UNIT_TEST(test_received_frames_may_wait_for_their_reader),
           UNIT_TEST(test_every_buffer_of_a_chain_counts),
           UNIT_TEST(test_chains_that_make_no_sense_are_borne))
