/* rules_queue_test.c - each rule of the rings, and what must not be given its name */
#include "harness/diagnosis/rules_rig_driver.h"

#define PING "ping -c 1 10.0.2.2"

/* A driver with receive buffers that has taken nothing yet, and says so. */
static void begin(struct rig_driver *driver, unsigned buffers)
{
    rig_driver_open(driver, PING);
    rig_driver_start(driver, buffers);
    rig_driver_count(driver, "eth0.rx.frames", 0);
}

/* The driver was told of what is in its rings, so that no interrupt is missing. */
static void hear(struct rig_driver *driver)
{
    rig_driver_acknowledge(driver);
}

static void hold(struct rig_driver *driver, const char *queue)
{
    virtqueue_fault_hold(board_queue_fault(driver->rig.board, queue));
}

/* ---- vq.kick-missed -------------------------------------------------------------------------- */

static void test_a_frame_that_was_not_announced_is_a_missed_kick(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_send(&driver);
    rig_driver_expect(&driver, true, "vq.kick-missed", "ping");
    begin(&driver, 4);
    rig_driver_send(&driver);
    mock_ring_kick(&driver.tx);
    hear(&driver);
    rig_driver_send(&driver);
    rig_driver_expect(&driver, true, "vq.kick-missed", "ping");
}

static void test_a_frame_that_was_announced_is_none(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_send(&driver);
    mock_ring_kick(&driver.tx);
    hear(&driver);
    rig_driver_expect(&driver, true, "", NULL);
}

static void test_a_kick_that_the_device_did_not_hear_is_missed(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    virtqueue_fault_no_kick(board_queue_fault(driver.rig.board, "eth0.tx"),
                            (struct fault_which){0, 1});
    rig_driver_send(&driver);
    mock_ring_kick(&driver.tx);
    rig_driver_expect(&driver, true, "vq.kick-missed", "ping");
}

static void test_buffers_that_were_not_announced_matter_when_frames_wait_for_them(void)
{
    struct rig_driver driver;
    begin(&driver, 0);
    rig_driver_receive(&driver, 1);
    rig_driver_give(&driver, 2);
    rig_driver_expect(&driver, true, "vq.kick-missed", "ping");
    begin(&driver, 0);
    rig_driver_give(&driver, 2);
    rig_driver_expect(&driver, true, "", NULL);
}

static void test_a_driver_that_runs_may_be_about_to_kick(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_send(&driver);
    trace_emit(driver.rig.trace, TRACE_TASK_WOKEN, TN(RIG_NETD));
    rig_driver_expect(&driver, false, "", NULL);
    begin(&driver, 4);
    rig_driver_send(&driver);
    trace_emit(driver.rig.trace, TRACE_TASK_WOKEN, TN(RIG_NETD));
    rig_pass(&driver.rig, RIG_SETTLE);
    rig_driver_expect(&driver, false, "vq.kick-missed", "ping");
}

static void test_a_device_that_was_not_started_owes_and_misses_nothing(void)
{
    struct rig_driver driver;
    rig_driver_open(&driver, PING);
    rig_driver_send(&driver);
    rig_driver_receive(&driver, 3);
    rig_driver_sleeps(&driver);
    rig_driver_expect(&driver, true, "", NULL);
}

/* ---- vq.not-completed ------------------------------------------------------------------------ */

static void test_a_received_frame_that_the_device_keeps_is_not_completed(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    hold(&driver, "eth0.rx");
    rig_driver_receive(&driver, 1);
    rig_driver_expect(&driver, true, "vq.not-completed", "ping");
}

static void test_a_buffer_that_was_taken_just_now_may_still_return(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    hold(&driver, "eth0.rx");
    rig_driver_receive(&driver, 1);
    rig_driver_expect(&driver, false, "", NULL);
    begin(&driver, 4);
    hold(&driver, "eth0.rx");
    rig_driver_receive(&driver, 1);
    rig_pass(&driver.rig, RIG_SETTLE);
    rig_driver_expect(&driver, false, "vq.not-completed", "ping");
}

static void test_what_never_came_to_the_card_is_not_owed_by_the_queue(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    hold(&driver, "eth0.rx");
    rig_driver_receive(&driver, 1);
    rig_send(&driver.rig, LEDGER_OUT, RIG_PEER);
    rig_driver_expect(&driver, true, "peer.silent", "ping");
}

static void test_a_program_that_has_its_answer_is_owed_nothing(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    hold(&driver, "eth0.rx");
    rig_driver_receive(&driver, 1);
    rig_exit(&driver.rig, 0);
    rig_driver_expect(&driver, true, "", NULL);
}

static void test_a_driver_that_sleeps_for_a_completion_is_owed_it(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    hold(&driver, "eth0.tx");
    rig_driver_send(&driver);
    mock_ring_kick(&driver.tx);
    rig_driver_sleeps(&driver);
    rig_driver_expect(&driver, true, "vq.not-completed", "netd");
}

static void test_kept_frames_matter_when_no_entry_is_left_to_send_with(void)
{
    struct rig_driver driver;
    for (unsigned sent = RIG_RING - 1; sent <= RIG_RING; sent++) {
        begin(&driver, 4);
        hold(&driver, "eth0.tx");
        for (unsigned i = 0; i < sent; i++) {
            rig_driver_send(&driver);
        }
        mock_ring_kick(&driver.tx);
        bool full = sent == RIG_RING;
        rig_driver_expect(&driver, true, full ? "vq.not-completed" : "", full ? "ping" : NULL);
    }
}

static void test_kept_frames_matter_when_the_driver_says_that_it_cannot_send(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    hold(&driver, "eth0.tx");
    rig_driver_send(&driver);
    mock_ring_kick(&driver.tx);
    rig_driver_count(&driver, "eth0.tx.dropped", 1);
    rig_driver_expect(&driver, true, "vq.not-completed", "ping");
}

/* ---- vq.used-not-consumed -------------------------------------------------------------------- */

static void test_a_completion_that_is_there_was_not_consumed(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_send(&driver);
    mock_ring_kick(&driver.tx);
    hear(&driver);
    rig_driver_sleeps(&driver);
    rig_driver_expect(&driver, true, "vq.used-not-consumed", "netd");
}

static void test_without_a_completion_there_is_nothing_to_consume(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_sleeps(&driver);
    rig_driver_expect(&driver, true, "", NULL);
    begin(&driver, 4);
    rig_driver_send(&driver); /* and it is not even announced */
    rig_driver_sleeps(&driver);
    rig_driver_expect(&driver, true, "vq.kick-missed", "ping");
}

static void test_a_driver_that_has_just_fallen_asleep_may_be_woken(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_send(&driver);
    mock_ring_kick(&driver.tx);
    hear(&driver);
    rig_driver_sleeps(&driver);
    rig_driver_expect(&driver, false, "", NULL);
}

static void test_frames_of_which_the_driver_was_told_and_took_fewer_were_not_consumed(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_receive(&driver, 2);
    hear(&driver);
    rig_driver_count(&driver, "eth0.rx.frames", 1);
    rig_driver_expect(&driver, true, "vq.used-not-consumed", "ping");
}

static void test_a_driver_that_took_none_says_so_with_its_first_counter(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_receive(&driver, 1);
    hear(&driver);
    rig_driver_expect(&driver, true, "vq.used-not-consumed", "ping");
    /* One that counts nothing may have taken it: it has heard of it. */
    rig_driver_open(&driver, PING);
    rig_driver_start(&driver, 4);
    rig_driver_receive(&driver, 1);
    hear(&driver);
    rig_driver_expect(&driver, true, "", NULL);
}

static void test_frames_that_were_taken_or_dropped_are_consumed(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_receive(&driver, 3);
    hear(&driver);
    rig_driver_count(&driver, "eth0.rx.frames", 2);
    rig_driver_count(&driver, "eth0.rx.dropped", 1);
    rig_driver_expect(&driver, true, "", NULL);
}

static void test_a_frame_of_this_moment_is_not_missed_yet(void)
{
    struct rig_driver driver;
    begin(&driver, 4);
    rig_driver_receive(&driver, 1);
    hear(&driver);
    rig_driver_expect(&driver, false, "", NULL);
}

/* ---- vq.rx-starved --------------------------------------------------------------------------- */

static void test_frames_without_a_buffer_starve(void)
{
    struct rig_driver driver;
    begin(&driver, 2);
    rig_driver_receive(&driver, 3);
    hear(&driver);
    rig_driver_count(&driver, "eth0.rx.frames", 2);
    rig_driver_expect(&driver, true, "vq.rx-starved", "ping");
}

static void test_frames_that_just_fit_do_not_starve(void)
{
    struct rig_driver driver;
    begin(&driver, 3);
    rig_driver_receive(&driver, 3);
    hear(&driver);
    rig_driver_count(&driver, "eth0.rx.frames", 3);
    rig_driver_expect(&driver, true, "", NULL);
}

static void test_an_empty_ring_that_no_frame_has_met_does_not_starve(void)
{
    struct rig_driver driver;
    begin(&driver, 0);
    rig_driver_expect(&driver, true, "", NULL);
}

static void test_a_frame_that_came_just_now_does_not_starve_yet(void)
{
    struct rig_driver driver;
    begin(&driver, 0);
    rig_driver_receive(&driver, 1);
    rig_driver_expect(&driver, false, "", NULL);
    begin(&driver, 0);
    rig_driver_receive(&driver, 1);
    rig_pass(&driver.rig, RIG_SETTLE);
    rig_driver_expect(&driver, false, "vq.rx-starved", "ping");
}

static void test_with_all_buffers_kept_by_the_device_nothing_starves(void)
{
    struct rig_driver driver;
    begin(&driver, 2);
    hold(&driver, "eth0.rx");
    rig_driver_receive(&driver, 3);
    rig_driver_expect(&driver, true, "vq.not-completed", "ping");
}

UNIT_SUITE("rules_queue", UNIT_TEST(test_a_frame_that_was_not_announced_is_a_missed_kick),
           UNIT_TEST(test_a_frame_that_was_announced_is_none),
           UNIT_TEST(test_a_kick_that_the_device_did_not_hear_is_missed),
           UNIT_TEST(test_buffers_that_were_not_announced_matter_when_frames_wait_for_them),
           UNIT_TEST(test_a_driver_that_runs_may_be_about_to_kick),
           UNIT_TEST(test_a_device_that_was_not_started_owes_and_misses_nothing),
           UNIT_TEST(test_a_received_frame_that_the_device_keeps_is_not_completed),
           UNIT_TEST(test_a_buffer_that_was_taken_just_now_may_still_return),
           UNIT_TEST(test_what_never_came_to_the_card_is_not_owed_by_the_queue),
           UNIT_TEST(test_a_program_that_has_its_answer_is_owed_nothing),
           UNIT_TEST(test_a_driver_that_sleeps_for_a_completion_is_owed_it),
           UNIT_TEST(test_kept_frames_matter_when_no_entry_is_left_to_send_with),
           UNIT_TEST(test_kept_frames_matter_when_the_driver_says_that_it_cannot_send),
           UNIT_TEST(test_a_completion_that_is_there_was_not_consumed),
           UNIT_TEST(test_without_a_completion_there_is_nothing_to_consume),
           UNIT_TEST(test_a_driver_that_has_just_fallen_asleep_may_be_woken),
           UNIT_TEST(test_frames_of_which_the_driver_was_told_and_took_fewer_were_not_consumed),
           UNIT_TEST(test_a_driver_that_took_none_says_so_with_its_first_counter),
           UNIT_TEST(test_frames_that_were_taken_or_dropped_are_consumed),
           UNIT_TEST(test_a_frame_of_this_moment_is_not_missed_yet),
           UNIT_TEST(test_frames_without_a_buffer_starve),
           UNIT_TEST(test_frames_that_just_fit_do_not_starve),
           UNIT_TEST(test_an_empty_ring_that_no_frame_has_met_does_not_starve),
           UNIT_TEST(test_a_frame_that_came_just_now_does_not_starve_yet),
           UNIT_TEST(test_with_all_buffers_kept_by_the_device_nothing_starves))
