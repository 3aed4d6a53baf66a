/*
 * The daemon of a network device: from its command line to frames, on a mock device and the system
 * calls that it makes. Whenever it waits, the test's script takes its next step.
 *
 * The daemon is included, not linked: its table remembers devices, and most tests begin without.
 */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "drivers/virtio_netd.c"

#include "drivers/fake_calls.h"
#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/fake_platform.h"
#include "drivers/mock_device.h"
#include "lib/fake_command.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <string.h>

#define QUEUE_SIZE 4
#define DEVICE     "mmio-0a000000"

/* What happens each time that the daemon waits. */
typedef void step_fn(void);
static step_fn *const *script;

static struct virtio_netd *served(void)
{
    return (struct virtio_netd *)virtio_netds[0];
}

static bool next_step(void)
{
    if (*script == NULL)
        return false;
    (*script++)();
    if (fake_calls.event_count == 0)
        fake_event(VIRTIO_NETD_REQUESTS);
    return true;
}

static void reset(void)
{
    fake_hal_reset();
    fake_kernel_reset();
    fake_calls_reset();
    mock_device_reset(QUEUE_SIZE);
    memset(virtio_netds, 0, sizeof virtio_netds);
    fake_hal_give_memory();
    fake_platform_reset();
    fake_platform_add_window(MOCK_BASE + 0x1000, 49, false);
    fake_platform_add_window(MOCK_BASE, 48, false);
}

static int run(const char *command_line, step_fn *const *steps)
{
    script = steps;
    fake_calls.wait = next_step;
    return fake_run_program(virtio_netd_main, command_line);
}

static uint64_t tags[4];
static char buffers[4][1600];

static void open_handle(void)
{
    fake_request(SCHEME_OPEN, 0, 0, "", 0);
}

static void receive(void)
{
    uint8_t frame[60] = {0x11};
    mock_receive(frame, sizeof frame);
    mock_device.interrupts = 1;
    fake_raise_irq(0);
}

static void read_one(void)
{
    tags[0] = fake_request(SCHEME_READ, 1, 0, buffers[0], 1514);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void test_a_device_is_served_by_the_name_that_it_has(void)
{
    static step_fn *const steps[] = {NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_STRING_EQUAL(fake_calls.scheme, "network." DEVICE "_virtio_net");
    CU_ASSERT_EQUAL(mock_device.status, 15);
    CU_ASSERT_EQUAL(mock_device.rx_posted_at_driver_ok, QUEUE_SIZE);
    CU_ASSERT_STRING_EQUAL(fake_calls.irqs[0].path, "/scheme/irq/48");
    CU_ASSERT_TRUE(fake_hal_has_counter("eth0.rx.frames"));
    CU_ASSERT_PTR_NULL(fake_kernel.handler);
    CU_ASSERT_PTR_NULL(fake_kernel.task);
    CU_ASSERT_EQUAL(fake_calls.ready_count, 1);
}

static void test_arguments_are_obeyed_and_others_refused(void)
{
    static step_fn *const steps[] = {NULL};
    static const char *const wrong[] = {
        "virtio-netd",
        "virtio-netd " DEVICE,
        "virtio-netd " DEVICE " x",
        "virtio-netd " DEVICE " 48x",
        "virtio-netd " DEVICE " 1234",
        "virtio-netd eth0 48",
        "virtio-netd -t never " DEVICE " 48",
        "virtio-netd -n much-too-long " DEVICE " 48",
        "virtio-netd -p 10001 " DEVICE " 48",
        "virtio-netd -b 10 " DEVICE " 48",
        "virtio-netd -x 1 " DEVICE " 48",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        reset();
        CU_ASSERT_EQUAL(run(wrong[i], steps), 2);
        CU_ASSERT_TRUE(fake_calls.output_size > 0);
        CU_ASSERT_EQUAL(mock_device.writes, 0);
    }
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd -n eth7 " DEVICE " 48e", steps), 1);
    CU_ASSERT_STRING_EQUAL(fake_calls.irqs[0].path, "/scheme/irq/48/edge");
    CU_ASSERT_TRUE(fake_hal_has_counter("eth7.rx.frames"));
}

static void test_a_second_daemon_leaves_the_device_alone(void)
{
    static step_fn *const steps[] = {NULL};
    reset();
    fake_calls.scheme_error = -KEEXIST;
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(mock_device.writes, 0);
    CU_ASSERT_STRING_EQUAL(fake_calls.output,
                           "virtio-netd: " DEVICE ": there is a daemon for it\n");
}

static void test_without_a_device_it_says_so(void)
{
    static step_fn *const steps[] = {NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd mmio-0b000000 48", steps), 1);
    CU_ASSERT_STRING_EQUAL(fake_calls.output,
                           "virtio-netd: mmio-0b000000: there is no such device\n");
    CU_ASSERT_EQUAL(run("virtio-netd pci-00-00-03.0 38", steps), 1);
    mock_device.device_id = 2;
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(mock_device.writes, 0);
    mock_device.device_id = 1; /* and none of them has taken a place */
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(mock_device.status, 15);
    CU_ASSERT_PTR_EQUAL(served()->daemon.device, &served()->daemon.mmio.device);
}

static void test_it_gives_up_where_it_cannot_be_interrupted_or_has_no_memory(void)
{
    static step_fn *const steps[] = {NULL};
    reset();
    fake_calls.irq_count = FAKE_IRQS_MAX; /* no further one can be opened */
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_calls.ready_count, 0);
    CU_ASSERT_NOT_EQUAL(mock_device.status & VIRTIO_CONFIG_S_FAILED, 0);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
    CU_ASSERT_EQUAL(fake_hal.dma_live, 1); /* the pool of buffers */
    for (int k = 1; k <= 6; k++) {
        reset();
        fake_hal.dma_fail_at = k;
        CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
        CU_ASSERT_NOT_EQUAL(mock_device.status & VIRTIO_CONFIG_S_FAILED, 0);
        CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
    }
}

static void test_what_a_killed_daemon_has_left_is_taken_back(void)
{
    static step_fn *const steps[] = {open_handle, receive, NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    unsigned live = fake_hal.dma_live;
    for (unsigned i = 0; i < 3; i++) {
        fake_calls_reset();
        CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
        CU_ASSERT_EQUAL(mock_device.status, 15);
        CU_ASSERT_EQUAL(fake_hal.dma_live, live);
        CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - QUEUE_SIZE);
    }
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void test_a_reader_gets_the_frame_that_an_interrupt_announces(void)
{
    static step_fn *const steps[] = {open_handle, read_one, receive, NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 60);
    CU_ASSERT_EQUAL(buffers[0][0], 0x11);
    CU_ASSERT_EQUAL(mock_device.interrupts, 0);
    CU_ASSERT_EQUAL(fake_calls.irqs[0].acknowledged, 1);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - QUEUE_SIZE);
}

static void receive_while_another_comes(void)
{
    receive();
    fake_calls.irqs[0].again = true;
}

static void test_a_stale_acknowledgement_is_repeated(void)
{
    static step_fn *const steps[] = {receive_while_another_comes, NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_calls.irqs[0].writes, 2);
    CU_ASSERT_EQUAL(fake_calls.irqs[0].acknowledged, 2);
}

static void raise_for_another_device(void)
{
    fake_raise_irq(0);
}

static void test_an_interrupt_of_another_device_is_acknowledged_all_the_same(void)
{
    static step_fn *const steps[] = {raise_for_another_device, NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_calls.irqs[0].acknowledged, 1);
}

static unsigned waits;

static void count_wait(void)
{
    waits++;
}

static void test_frames_that_nobody_reads_stay_and_let_it_sleep(void)
{
    static step_fn *const steps[] = {open_handle, receive, count_wait, count_wait, NULL};
    reset();
    waits = 0;
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(waits, 2);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_RX), QUEUE_SIZE - 1);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.frames"), 0);
}

static void read_two(void)
{
    tags[0] = fake_request(SCHEME_READ, 1, 0, buffers[0], 59);
    tags[1] = fake_request(SCHEME_READ, 1, O_NONBLOCK, buffers[1], 1514);
}

static void test_a_frame_that_does_not_fit_is_dropped_and_counted(void)
{
    static step_fn *const steps[] = {open_handle, receive, read_two, NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), FAKE_UNANSWERED);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), -KEAGAIN);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.rx.dropped"), 1);
    CU_ASSERT_STRING_EQUAL(fake_hal.last_drop_why, "longer than the reader's memory");
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - QUEUE_SIZE);
}

static void receive_unheard(void)
{
    uint8_t frame[60] = {0x22};
    mock_receive(frame, sizeof frame);
    fake_event(VIRTIO_NETD_TIMER);
}

static void receive_silently(void)
{
    uint8_t frame[60] = {0x33};
    mock_receive(frame, sizeof frame);
}

static void read_another(void)
{
    tags[1] = fake_request(SCHEME_READ, 1, 0, buffers[1], 1514);
}

static void watch_frames(void)
{
    tags[2] = fake_request(SCHEME_EVENTS, 1, EVENT_READ, NULL, 0);
}

static void test_a_request_is_no_reason_to_look_for_frames(void)
{
    static step_fn *const steps[] = {open_handle,  receive_silently, read_one,
                                     watch_frames, read_another,     NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), FAKE_UNANSWERED);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), FAKE_UNANSWERED);
    CU_ASSERT_EQUAL(fake_answer(tags[2]), 0);
}

static void test_an_interrupt_stands_for_all_frames_that_are_there(void)
{
    static step_fn *const steps[] = {open_handle, receive_silently, receive,
                                     read_one,    read_another,     NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 60);
    CU_ASSERT_EQUAL(buffers[0][0], 0x33);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), 60);
    CU_ASSERT_EQUAL(buffers[1][0], 0x11);
}

static void test_frames_from_before_the_first_interrupt_are_found(void)
{
    static step_fn *const steps[] = {open_handle, read_one, NULL};
    reset();
    mock_device.receives_at_once = true;
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 60);
    CU_ASSERT_EQUAL(buffers[0][0], 0x44);
}

static void test_where_it_polls_it_finds_frames_that_no_interrupt_told_of(void)
{
    static step_fn *const steps[] = {open_handle, read_one, receive_unheard, NULL};
    static step_fn *const none[] = {NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd -p 100 " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 60);
    CU_ASSERT_EQUAL(buffers[0][0], 0x22);
    CU_ASSERT_EQUAL(fake_calls.timeouts, 2);
    CU_ASSERT_EQUAL(fake_calls.last_timeout_ns, clock_now_ns() + 10000000);
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", none), 1);
    CU_ASSERT_EQUAL(fake_calls.watch_count, 2); /* requests and the interrupt */
}

/* ---- sending --------------------------------------------------------------------------------- */

static void write_frames(void)
{
    static char frame[1515] = {0x33};
    tags[0] = fake_request(SCHEME_WRITE, 1, 0, frame, 42);
    tags[1] = fake_request(SCHEME_WRITE, 1, 0, frame, 13);
    tags[2] = fake_request(SCHEME_WRITE, 1, 0, frame, 1515);
}

static void test_a_frame_that_is_written_goes_out_if_it_can_be_one(void)
{
    static step_fn *const steps[] = {open_handle, write_frames, NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 42);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), -KEMSGSIZE);
    CU_ASSERT_EQUAL(fake_answer(tags[2]), -KEMSGSIZE);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_TX), 1);
    uint16_t head = mock_take(MOCK_TX);
    CU_ASSERT_EQUAL(mock_buffer_size(MOCK_TX, head), 12 + 42);
    CU_ASSERT_EQUAL(mock_buffer(MOCK_TX, head)[12], 0x33);
}

static void write_one_too_many(void)
{
    static char frame[60];
    for (unsigned i = 0; i < QUEUE_SIZE + 1; i++)
        tags[0] = fake_request(SCHEME_WRITE, 1, 0, frame, sizeof frame);
}

static void check_that_it_waits(void)
{
    CU_ASSERT_EQUAL(fake_answer(tags[0]), FAKE_UNANSWERED);
    CU_ASSERT_EQUAL(mock_avail_flags(MOCK_TX), 0);
}

static void complete(void)
{
    mock_complete(MOCK_TX, mock_take(MOCK_TX), 0);
    mock_device.interrupts = 1;
    fake_raise_irq(0);
}

static void test_a_writer_waits_for_room_and_hears_of_it(void)
{
    static step_fn *const steps[] = {open_handle, write_one_too_many, check_that_it_waits, complete,
                                     NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 60);
    CU_ASSERT_EQUAL(fake_hal_counter("eth0.tx.dropped"), 0);
}

static void write_one(void)
{
    static char frame[60];
    tags[0] = fake_request(SCHEME_WRITE, 1, 0, frame, sizeof frame);
}

static void read_the_address(void)
{
    fake_request(SCHEME_OPEN, 0, 0, "mac", 3);
    tags[1] = fake_request(SCHEME_READ, 2, 0, buffers[1], 6);
}

static void check_that_others_are_served(void)
{
    CU_ASSERT_EQUAL(fake_answer(tags[0]), FAKE_UNANSWERED);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), 6);
}

static void test_with_the_policy_block_the_writer_waits_and_not_the_daemon(void)
{
    static step_fn *const steps[] = {
        open_handle, write_one, read_the_address, check_that_others_are_served, complete, NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd -t block " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 60);
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - QUEUE_SIZE);
}

static void write_one_without_waiting(void)
{
    static char frame[60];
    tags[0] = fake_request(SCHEME_WRITE, 1, O_NONBLOCK, frame, sizeof frame);
}

static void check_that_both_are_served(void)
{
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 60);
    CU_ASSERT_EQUAL(fake_answer(tags[1]), 6);
}

static void test_with_the_policy_block_nobody_waits_for_a_writer_that_does_not(void)
{
    static step_fn *const steps[] = {open_handle, write_one_without_waiting, read_the_address,
                                     check_that_both_are_served, NULL};
    reset();
    CU_ASSERT_EQUAL(run("virtio-netd -t block " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(served()->net.options.counters->tx_frames, 1);
}

static void test_a_broken_queue_is_told_to_writers(void)
{
    static step_fn *const steps[] = {open_handle, write_one, NULL};
    reset();
    mock_device.queues[MOCK_TX].size_max = 1;
    CU_ASSERT_EQUAL(run("virtio-netd " DEVICE " 48", steps), 1);
    CU_ASSERT_EQUAL(fake_answer(tags[0]), 60);
    mock_move_used(MOCK_TX, 9);
    virtio_net_reclaim(&served()->net);
    struct network_operation operation = {.request = {.size = 60, .data = buffers[0]}};
    CU_ASSERT_EQUAL(virtio_netd_ops.write(served(), &operation), -KENETDOWN);
}

UNIT_SUITE("virtio_netd", UNIT_TEST(test_a_device_is_served_by_the_name_that_it_has),
           UNIT_TEST(test_arguments_are_obeyed_and_others_refused),
           UNIT_TEST(test_a_second_daemon_leaves_the_device_alone),
           UNIT_TEST(test_without_a_device_it_says_so),
           UNIT_TEST(test_it_gives_up_where_it_cannot_be_interrupted_or_has_no_memory),
           UNIT_TEST(test_what_a_killed_daemon_has_left_is_taken_back),
           UNIT_TEST(test_a_reader_gets_the_frame_that_an_interrupt_announces),
           UNIT_TEST(test_a_stale_acknowledgement_is_repeated),
           UNIT_TEST(test_an_interrupt_of_another_device_is_acknowledged_all_the_same),
           UNIT_TEST(test_frames_that_nobody_reads_stay_and_let_it_sleep),
           UNIT_TEST(test_a_frame_that_does_not_fit_is_dropped_and_counted),
           UNIT_TEST(test_a_request_is_no_reason_to_look_for_frames),
           UNIT_TEST(test_an_interrupt_stands_for_all_frames_that_are_there),
           UNIT_TEST(test_frames_from_before_the_first_interrupt_are_found),
           UNIT_TEST(test_where_it_polls_it_finds_frames_that_no_interrupt_told_of),
           UNIT_TEST(test_a_frame_that_is_written_goes_out_if_it_can_be_one),
           UNIT_TEST(test_a_writer_waits_for_room_and_hears_of_it),
           UNIT_TEST(test_with_the_policy_block_the_writer_waits_and_not_the_daemon),
           UNIT_TEST(test_with_the_policy_block_nobody_waits_for_a_writer_that_does_not),
           UNIT_TEST(test_a_broken_queue_is_told_to_writers))
