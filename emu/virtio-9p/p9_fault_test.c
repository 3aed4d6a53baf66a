/*
 * p9_fault_test.c - faults of a share, through its ring
 */
#include "emu/virtio-9p/virtio_9p_setup.h"

static struct share_setup setup;

static void begin(enum p9_fault_kind kind, unsigned type, uint64_t amount, uint64_t count)
{
    share_setup_init(&setup);
    share_setup_start(&setup);
    share_open_file(&setup);
    const struct p9_fault_spec spec = {
        .kind = kind, .type = type, .amount = amount, .which = {.skip = 0, .count = count}};
    p9_fault_inject(virtio_9p_fault(setup.share), &spec);
    CU_ASSERT_EQUAL(setup.machine.counts[TRACE_FAULT_INJECTED], 1);
    CU_ASSERT_STRING_EQUAL(setup.machine.last[TRACE_FAULT_INJECTED].fields[0].string, "9p");
    CU_ASSERT_STRING_EQUAL(setup.machine.last[TRACE_FAULT_INJECTED].fields[1].string, "box");
}

static uint64_t applied(void)
{
    return setup.machine.counts[TRACE_FAULT_APPLIED];
}

/* Reads all of the file; the answer of this type. */
static const uint8_t *ask(uint8_t type)
{
    share_put_read(&setup, 7, 0, 12);
    return share_ask(&setup, 0, type);
}

static void test_error_is_for_its_type_and_so_many_requests(void)
{
    begin(P9_FAULT_ERROR, P9_TREAD, 13, 1);
    share_begin(&setup, 50, 3); /* Tfsync */
    share_put(&setup, 1, 4);
    share_put(&setup, 0, 4);
    share_ask(&setup, 0, 51);
    CU_ASSERT_EQUAL(applied(), 0);
    CU_ASSERT_EQUAL(share_get(ask(7), 7, 4), 13);
    CU_ASSERT_EQUAL(applied(), 1);
    CU_ASSERT_EQUAL(share_get(ask(117), 7, 4), 12);
    CU_ASSERT_EQUAL(applied(), 1);
    CU_ASSERT_EQUAL(p9_fault_room(virtio_9p_fault(setup.share)), P9_FAULTS_MAX);
    share_setup_fini(&setup);
}

static void test_what_is_answered_by_an_error_was_not_done(void)
{
    begin(P9_FAULT_ERROR, P9_TCLUNK, 5, 1);
    share_begin(&setup, 120, 3);
    share_put(&setup, 1, 4);
    share_ask(&setup, 0, 7);
    CU_ASSERT_EQUAL(virtio_9p_fid_count(setup.share), 2);
    share_ask(&setup, 0, 121);
    CU_ASSERT_EQUAL(virtio_9p_fid_count(setup.share), 1);
    share_setup_fini(&setup);
}

static void test_delay_lets_others_overtake(void)
{
    begin(P9_FAULT_DELAY, 0, 10000, 1);
    uint16_t used = mock_ring_used_index(&setup.ring);
    share_put_read(&setup, 7, 0, 12);
    share_send(&setup, 0);
    share_put_read(&setup, 8, 0, 12);
    share_ask(&setup, 1, 117);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.ring), (uint16_t)(used + 1));
    CU_ASSERT_EQUAL(setup.machine.last[TRACE_P9_REPLY].fields[6].number, 2); /* of chain 1 */
    mock_machine_run(&setup.machine, 10000 - 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.ring), (uint16_t)(used + 1));
    mock_machine_run(&setup.machine, 1);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.ring), (uint16_t)(used + 2));
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.ring, (uint16_t)(used + 1)), 23);
    CU_ASSERT_EQUAL(setup.machine.counts[TRACE_P9_REPLY], 2);
    CU_ASSERT_EQUAL(setup.machine.last[TRACE_P9_REPLY].fields[6].number, 0);
    share_setup_fini(&setup);
}

static void test_short_read_ends_sooner(void)
{
    begin(P9_FAULT_SHORT_READ, 0, 3, FAULT_ALL);
    const uint8_t *answer = ask(117);
    CU_ASSERT_EQUAL(share_get(answer, 7, 4), 3);
    CU_ASSERT_EQUAL(memcmp(answer + 11, "hel", 3), 0);
    p9_fault_restore(virtio_9p_fault(setup.share));
    CU_ASSERT_EQUAL(setup.machine.counts[TRACE_FAULT_RESTORED], 1);
    CU_ASSERT_EQUAL(share_get(ask(117), 7, 4), 12);
    share_setup_fini(&setup);
}

static void test_what_is_dropped_is_never_answered(void)
{
    begin(P9_FAULT_DROP, 0, 0, 1);
    uint16_t used = mock_ring_used_index(&setup.ring);
    share_put_read(&setup, 7, 0, 12);
    share_send(&setup, 0);
    mock_machine_run(&setup.machine, UINT64_C(1000000000));
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.ring), used);
    CU_ASSERT_EQUAL(virtqueue_in_flight(virtio_dev_queue(virtio_9p_dev(setup.share), 0)), 1);
    share_put_read(&setup, 8, 0, 12);
    share_ask(&setup, 1, 117); /* others are */
    share_setup_fini(&setup);
}

/* Neither what was dropped nor what is late is answered behind Rflush. */
static void check_flush(enum p9_fault_kind kind, uint64_t amount)
{
    begin(kind, 0, amount, 1);
    uint16_t used = mock_ring_used_index(&setup.ring);
    share_put_read(&setup, 7, 0, 12);
    share_send(&setup, 0);
    share_put_flush(&setup, 8, 7);
    share_send(&setup, 1);
    mock_machine_run(&setup.machine, UINT64_C(1000000000));
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.ring), (uint16_t)(used + 2));
    CU_ASSERT_EQUAL(mock_ring_used_id(&setup.ring, used), 0);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.ring, used), 0);
    CU_ASSERT_EQUAL(setup.answers[1][4], 109);
    CU_ASSERT_EQUAL(setup.machine.counts[TRACE_P9_BREACH], 0);
    share_put_read(&setup, 7, 0, 12);
    share_ask(&setup, 0, 117); /* and the tag is free again */
    CU_ASSERT_EQUAL(setup.machine.counts[TRACE_P9_BREACH], 0);
    share_setup_fini(&setup);
}

static void test_what_is_flushed_is_not_answered_any_more(void)
{
    check_flush(P9_FAULT_DROP, 0);
    check_flush(P9_FAULT_DELAY, 1000000);
}

static void test_foreign_tag_is_nobodys(void)
{
    begin(P9_FAULT_FOREIGN_TAG, 0, 0, 1);
    share_put_read(&setup, 7, 0, 12);
    share_send(&setup, 0);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    CU_ASSERT_EQUAL(setup.answers[0][4], 117);
    CU_ASSERT_EQUAL(share_get(setup.answers[0], 5, 2), 0x4007);
    CU_ASSERT_EQUAL(setup.machine.last[TRACE_P9_REPLY].fields[1].number, 0x4007);
    ask(117);
    share_setup_fini(&setup);
}

static void test_duplicate_takes_the_place_of_the_next_answer(void)
{
    begin(P9_FAULT_DUPLICATE, 0, 0, 1);
    share_put_read(&setup, 7, 0, 3);
    share_ask(&setup, 0, 117);
    share_put_read(&setup, 8, 0, 12);
    share_send(&setup, 1);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    CU_ASSERT_EQUAL(share_get(setup.answers[1], 5, 2), 7);
    CU_ASSERT_EQUAL(setup.machine.last[TRACE_P9_REPLY].fields[1].number, 7);
    CU_ASSERT_EQUAL(setup.machine.last[TRACE_P9_REPLY].fields[6].number, 2); /* in the other's */
    CU_ASSERT_EQUAL(share_get(setup.answers[1], 7, 4), 3);
    ask(117);
    share_setup_fini(&setup);
}

static void test_bad_size_is_stated_and_not_used(void)
{
    begin(P9_FAULT_BAD_SIZE, P9_TREAD, 70000, 1);
    uint16_t used = mock_ring_used_index(&setup.ring);
    share_put_read(&setup, 7, 0, 12);
    share_send(&setup, 0);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    CU_ASSERT_EQUAL(share_get(setup.answers[0], 0, 4), 70000);
    CU_ASSERT_EQUAL(mock_ring_used_len(&setup.ring, used), 23);
    share_setup_fini(&setup);
}

static void test_msize_is_what_the_server_agrees_to(void)
{
    begin(P9_FAULT_MSIZE, 0, 4096, 1);
    share_put_version(&setup, SHARE_MSIZE);
    CU_ASSERT_EQUAL(share_get(share_ask(&setup, 0, 101), 7, 4), 4096);
    share_ask(&setup, 0, 101);
    CU_ASSERT_EQUAL(share_get(setup.answers[0], 7, 4), SHARE_MSIZE);
    share_setup_fini(&setup);
}

static void test_reset_leaves_the_request_without_an_answer(void)
{
    begin(P9_FAULT_RESET, P9_TREAD, 0, 1);
    uint16_t used = mock_ring_used_index(&setup.ring);
    share_put_read(&setup, 7, 0, 12);
    share_send(&setup, 0);
    mock_machine_run(&setup.machine, SHARE_LATENCY);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.ring), used);
    CU_ASSERT_EQUAL(virtio_9p_dev(setup.share)->status & 0x40, 0x40); /* DEVICE_NEEDS_RESET */
    CU_ASSERT_EQUAL(setup.machine.counts[TRACE_P9_REPLY], 0);
    mock_driver_reset(&setup.machine);
    share_setup_start(&setup);
    share_open_file(&setup);
    ask(117);
    share_setup_fini(&setup);
}

static void test_what_was_held_back_does_not_outlive_a_reset(void)
{
    begin(P9_FAULT_DELAY, P9_TREAD, 10000, 1);
    share_put_read(&setup, 7, 0, 12);
    share_send(&setup, 0);
    mock_driver_reset(&setup.machine);
    share_setup_start(&setup);
    mock_machine_run(&setup.machine, UINT64_C(1000000));
    CU_ASSERT_EQUAL(setup.machine.counts[TRACE_P9_REPLY], 0);
    CU_ASSERT_EQUAL(mock_ring_used_index(&setup.ring), 0);
    share_setup_fini(&setup);
}

UNIT_SUITE("p9_fault", UNIT_TEST(test_error_is_for_its_type_and_so_many_requests),
           UNIT_TEST(test_what_is_answered_by_an_error_was_not_done),
           UNIT_TEST(test_delay_lets_others_overtake), UNIT_TEST(test_short_read_ends_sooner),
           UNIT_TEST(test_what_is_dropped_is_never_answered),
           UNIT_TEST(test_what_is_flushed_is_not_answered_any_more),
           UNIT_TEST(test_foreign_tag_is_nobodys),
           UNIT_TEST(test_duplicate_takes_the_place_of_the_next_answer),
           UNIT_TEST(test_bad_size_is_stated_and_not_used),
           UNIT_TEST(test_msize_is_what_the_server_agrees_to),
           UNIT_TEST(test_reset_leaves_the_request_without_an_answer),
           UNIT_TEST(test_what_was_held_back_does_not_outlive_a_reset))
