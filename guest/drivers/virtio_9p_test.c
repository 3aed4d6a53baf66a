/* virtio_9p_test.c - the channel of a shared folder, against a device that answers or does not */
#include "drivers/p9_rig.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define CLUNK "Tclunk 5"

/* One transaction, without a client: its result. */
static long transact(void)
{
    static const uint8_t clunk[] = {11, 0, 0, 0, 120, 3, 0, 5, 0, 0, 0};
    struct virtio_9p_request *request;
    int error = virtio_9p_acquire(&rig_channel, &request);
    if (error != 0)
        return error;
    request->tag = 3;
    memcpy(request->message, clunk, sizeof clunk);
    long result = virtio_9p_transact(&rig_channel, request, sizeof clunk);
    if (result >= 0)
        virtio_9p_release(&rig_channel, request);
    return result;
}

/* ---- bring-up -------------------------------------------------------------------------------- */

static void test_a_device_is_brought_up_by_its_tag(void)
{
    rig_reset();
    CU_ASSERT_EQUAL(rig_open(), 0);
    CU_ASSERT_EQUAL(mock_device.status, 15);
    CU_ASSERT_EQUAL(mock_device.accepted, mock_device.offered);
    CU_ASSERT_STRING_EQUAL(rig_channel.tag, "hostshare");
    CU_ASSERT_STRING_EQUAL(rig_channel.queue.name, "hostshare.requests");
    CU_ASSERT_EQUAL(rig_channel.request_count, V9P_REQUESTS_MAX);
    rig_check();
}

static void test_a_tag_that_could_be_no_name_is_refused(void)
{
    static const char *const tags[] = {"",    "a/b",   "..",
                                       "a b", "a\x7f", "123456789012345678901234567890123"};
    for (unsigned i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        rig_reset();
        mock_device.tag = tags[i];
        CU_ASSERT_TRUE(rig_open() < 0);
        CU_ASSERT_NOT_EQUAL(mock_device.status & VIRTIO_CONFIG_S_FAILED, 0);
        CU_ASSERT_EQUAL(fake_hal.dma_live, 1);
    }
}

static void test_without_its_features_the_driver_gives_up(void)
{
    rig_reset();
    mock_device.offered &= ~UINT64_C(1);
    CU_ASSERT_EQUAL(rig_open(), -KEOPNOTSUPP);
    rig_reset();
    mock_device.offered = 1;
    CU_ASSERT_EQUAL(rig_open(), -KEOPNOTSUPP);
    rig_reset();
    fake_kernel.attach_result = -KEBUSY;
    CU_ASSERT_EQUAL(rig_open(), -KEBUSY);
    CU_ASSERT_EQUAL(fake_hal.dma_live, 1);
}

static void test_with_little_memory_there_are_few_requests_and_without_any_none(void)
{
    for (int rings = 1; rings <= 4; rings++) {
        rig_reset();
        fake_hal.dma_fail_at = rings;
        if (rig_open() != 0)
            CU_ASSERT_EQUAL(fake_hal.dma_live, 1);
    }
    rig_reset();
    fake_hal.dma_fail_at = 6; /* the pool, the rings, two requests */
    CU_ASSERT_EQUAL(rig_open(), 0);
    CU_ASSERT_EQUAL(rig_channel.request_count, 2);
}

static void test_large_messages_are_few(void)
{
    rig_reset();
    rig_options.msize = 1 << 20;
    CU_ASSERT_EQUAL(rig_open(), 0);
    CU_ASSERT_EQUAL(rig_channel.request_count, 1);
    rig_reset();
    mock_device.queues[0].size_max = 4;
    CU_ASSERT_EQUAL(rig_open(), 0);
    CU_ASSERT_EQUAL(rig_channel.request_count, 2);
    rig_reset();
    mock_device.queues[0].size_max = 1;
    CU_ASSERT_EQUAL(rig_open(), -KENOSPC);
}

/* ---- transactions ---------------------------------------------------------------------------- */

static void test_every_transaction_is_heard_of_whatever_the_device_can(void)
{
    static const struct mock_p9_step script[] = {
        {CLUNK, "Rclunk"}, {CLUNK, "Rclunk"}, {CLUNK, "Rclunk"}, {NULL, NULL}};
    static const uint64_t features[] = {0, UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX,
                                        UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC};
    for (unsigned i = 0; i < 3; i++) {
        rig_reset();
        mock_device.offered |= features[i];
        CU_ASSERT_EQUAL(rig_open(), 0);
        mock_p9_script(script);
        for (unsigned k = 0; k < 3; k++) {
            CU_ASSERT_EQUAL(transact(), 7);
            if (i == 1)
                CU_ASSERT_EQUAL(mock_used_event(MOCK_SHARE), k + 1);
        }
        CU_ASSERT_EQUAL(rig_sleeps, 3);
        rig_check();
    }
}

static void test_requests_come_back_in_any_order(void)
{
    struct virtio_9p_request *first, *second;
    rig_reset();
    CU_ASSERT_EQUAL(rig_open(), 0);
    CU_ASSERT_EQUAL(virtio_9p_acquire(&rig_channel, &first), 0);
    CU_ASSERT_EQUAL(virtio_9p_acquire(&rig_channel, &second), 0);
    CU_ASSERT_PTR_NOT_EQUAL(first, second);
    virtio_9p_post(&rig_channel, first, 7);
    virtio_9p_post(&rig_channel, second, 7);
    uint16_t one = mock_take(MOCK_SHARE), two = mock_take(MOCK_SHARE);
    mock_complete(MOCK_SHARE, two, 7);
    mock_complete(MOCK_SHARE, one, 7);
    CU_ASSERT_EQUAL(virtio_9p_acquire(&rig_channel, &first), 0); /* who looks takes them back */
    virtio_9p_release(&rig_channel, first);
    rig_check();
}

static void test_who_finds_no_request_waits_until_one_is_free(void)
{
    struct virtio_9p_request *all[V9P_REQUESTS_MAX], *more;
    rig_reset();
    CU_ASSERT_EQUAL(rig_open(), 0);
    for (unsigned i = 0; i < V9P_REQUESTS_MAX; i++)
        CU_ASSERT_EQUAL(virtio_9p_acquire(&rig_channel, &all[i]), 0);
    CU_ASSERT_PTR_NULL(virtio_9p_acquire_now(&rig_channel));
    uint64_t before_ns = clock_now_ns();
    CU_ASSERT_EQUAL(virtio_9p_acquire(&rig_channel, &more), -KETIMEDOUT);
    CU_ASSERT_EQUAL(clock_now_ns(), before_ns + RIG_TIMEOUT);
    for (unsigned i = 0; i < V9P_REQUESTS_MAX; i++)
        virtio_9p_release(&rig_channel, all[i]);
    rig_check();
}

/* ---- when nothing comes ---------------------------------------------------------------------- */

static void test_a_request_without_a_reply_is_kept_for_the_device(void)
{
    static const struct mock_p9_step script[] = {{CLUNK, NULL}, {CLUNK, "Rclunk"}, {NULL, NULL}};
    static const enum virtio_9p_policy policies[] = {V9P_INTERRUPT, V9P_POLL, V9P_SPIN};
    for (unsigned i = 0; i < 3; i++) {
        rig_reset();
        rig_options.policy = policies[i];
        rig_options.timeout_ns = 50000000;
        CU_ASSERT_EQUAL(rig_open(), 0);
        mock_p9_script(script);
        uint64_t before_ns = clock_now_ns();
        CU_ASSERT_EQUAL(transact(), -KETIMEDOUT);
        CU_ASSERT_EQUAL(clock_now_ns(), before_ns + rig_options.timeout_ns);
        CU_ASSERT_EQUAL(fake_hal_counter("hostshare.timeouts"), 1);
        CU_ASSERT_TRUE(virtio_9p_has_tag(&rig_channel, 3));
        CU_ASSERT_EQUAL(rig_channel.queue.chains, 1);
        CU_ASSERT_EQUAL(transact(), 7); /* by another request */
        CU_ASSERT_EQUAL(rig_channel.queue.chains, 1);
        mock_p9_answer_late("Rclunk");
        struct virtio_9p_request *request;
        CU_ASSERT_EQUAL(virtio_9p_acquire(&rig_channel, &request), 0);
        virtio_9p_release(&rig_channel, request);
        CU_ASSERT_FALSE(virtio_9p_has_tag(&rig_channel, 3));
        rig_check();
    }
}

static void test_polling_finds_what_no_interrupt_told_of(void)
{
    static const struct mock_p9_step script[] = {
        {CLUNK, "Rclunk"}, {CLUNK, "Rclunk"}, {NULL, NULL}};
    rig_reset();
    rig_options.policy = V9P_POLL;
    rig_is_deaf = true;
    CU_ASSERT_EQUAL(rig_open(), 0);
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_SHARE), VRING_AVAIL_F_NO_INTERRUPT);
    mock_p9_script(script);
    uint64_t before_ns = clock_now_ns();
    CU_ASSERT_EQUAL(transact(), 7);
    CU_ASSERT_EQUAL(clock_now_ns(), before_ns + rig_options.period_ns);
    CU_ASSERT_EQUAL(transact(), 7);
    rig_check();
}

static void test_with_lost_interrupts_the_policy_interrupt_ends_at_its_deadline(void)
{
    static const struct mock_p9_step script[] = {{CLUNK, "Rclunk"}, {NULL, NULL}};
    rig_reset();
    rig_is_deaf = true;
    CU_ASSERT_EQUAL(rig_open(), 0);
    mock_p9_script(script);
    uint64_t before_ns = clock_now_ns();
    CU_ASSERT_EQUAL(transact(), 7); /* it is there, which is seen when the time is over */
    CU_ASSERT_EQUAL(clock_now_ns(), before_ns + RIG_TIMEOUT);
    CU_ASSERT_EQUAL(fake_hal_counter("hostshare.timeouts"), 0);
    rig_check();
}

/* ---- a device in trouble --------------------------------------------------------------------- */

static void ask_for_a_reset(void)
{
    mock_device.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
    mock_device.interrupts |= VIRQ_CONFIG_CHANGE;
    fake_kernel.handler(fake_kernel.handler_arg);
}

static void test_a_device_that_needs_a_reset_fails_what_is_under_way_and_is_begun_anew(void)
{
    static const struct mock_p9_step script[] = {{CLUNK, "Rclunk"}, {NULL, NULL}};
    rig_reset();
    CU_ASSERT_EQUAL(rig_open(), 0);
    fake_kernel.sleep = ask_for_a_reset;
    CU_ASSERT_EQUAL(transact(), -KEIO);
    CU_ASSERT_FALSE(virtio_9p_works(&rig_channel));
    CU_ASSERT_EQUAL(transact(), -KEIO);
    CU_ASSERT_EQUAL(fake_hal_counter("hostshare.requests.broken"), 1);
    CU_ASSERT_EQUAL(fake_hal_counter("hostshare.timeouts"), 0);
    fake_kernel.sleep = rig_sleep;
    CU_ASSERT_EQUAL(virtio_9p_restart(&rig_channel), 0);
    CU_ASSERT_TRUE(virtio_9p_works(&rig_channel));
    mock_p9_script(script);
    CU_ASSERT_EQUAL(transact(), 7);
    rig_check();
}

static void test_a_restart_waits_for_whoever_has_a_request(void)
{
    struct virtio_9p_request *request;
    rig_reset();
    CU_ASSERT_EQUAL(rig_open(), 0);
    CU_ASSERT_EQUAL(virtio_9p_restart(&rig_channel), 0); /* of one that works: nothing */
    CU_ASSERT_EQUAL(virtio_9p_acquire(&rig_channel, &request), 0);
    virtio_9p_break(&rig_channel, "a test says so");
    CU_ASSERT_EQUAL(virtio_9p_restart(&rig_channel), -KEBUSY);
    virtio_9p_release(&rig_channel, request);
    CU_ASSERT_EQUAL(virtio_9p_restart(&rig_channel), 0);
    rig_check();
}

static void test_a_device_that_stays_in_reset_costs_its_memory_and_nothing_else(void)
{
    rig_reset();
    CU_ASSERT_EQUAL(rig_open(), 0);
    virtio_9p_break(&rig_channel, "a test says so");
    mock_device.never_resets = true;
    CU_ASSERT_EQUAL(virtio_9p_restart(&rig_channel), -KEIO);
    CU_ASSERT_EQUAL(transact(), -KEIO);
    mock_device.never_resets = false;
    CU_ASSERT_EQUAL(virtio_9p_restart(&rig_channel), 0);
    rig_check();
}

static void test_a_ring_that_makes_no_sense_ends_every_wait(void)
{
    rig_reset();
    CU_ASSERT_EQUAL(rig_open(), 0);
    mock_move_used(MOCK_SHARE, 3);
    CU_ASSERT_EQUAL(transact(), -KEIO);
    CU_ASSERT_EQUAL(virtio_9p_restart(&rig_channel), 0);
    rig_check();
}

UNIT_SUITE("virtio_9p", UNIT_TEST(test_a_device_is_brought_up_by_its_tag),
           UNIT_TEST(test_a_tag_that_could_be_no_name_is_refused),
           UNIT_TEST(test_without_its_features_the_driver_gives_up),
           UNIT_TEST(test_with_little_memory_there_are_few_requests_and_without_any_none),
           UNIT_TEST(test_large_messages_are_few),
           UNIT_TEST(test_every_transaction_is_heard_of_whatever_the_device_can),
           UNIT_TEST(test_requests_come_back_in_any_order),
           UNIT_TEST(test_who_finds_no_request_waits_until_one_is_free),
           UNIT_TEST(test_a_request_without_a_reply_is_kept_for_the_device),
           UNIT_TEST(test_polling_finds_what_no_interrupt_told_of),
           UNIT_TEST(test_with_lost_interrupts_the_policy_interrupt_ends_at_its_deadline),
           UNIT_TEST(test_a_device_that_needs_a_reset_fails_what_is_under_way_and_is_begun_anew),
           UNIT_TEST(test_a_restart_waits_for_whoever_has_a_request),
           UNIT_TEST(test_a_device_that_stays_in_reset_costs_its_memory_and_nothing_else),
           UNIT_TEST(test_a_ring_that_makes_no_sense_ends_every_wait))
