/* rules_rings_test.c - the rules of rules_rings.c, and what must not be given their names */
#include "harness/diagnosis/rules_rig.h"

#include "emu/virtio/virtio_spec.h"

#define PING "ping -c 1 10.0.2.2"

static const char *rings_tx(struct rig *rig)
{
    return board_queue(rig->board, "eth0.tx")->name; /* as traces have it */
}

/* A driver that is up, as far as rules look at it. */
static void rings_run(struct rig *rig)
{
    struct virtio_dev *dev = virtio_net_dev(board_net(rig->board, "eth0"));
    dev->status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK |
                  VIRTIO_STATUS_DRIVER_OK;
}

static void rings_use(struct rig *rig, unsigned count)
{
    for (unsigned i = 1; i <= count; i++) {
        trace_emit(rig->trace, TRACE_VQ_USED, TS(rings_tx(rig)), TN(i), TN(0), TN(i));
    }
}

static void test_a_panic_is_the_cause_whatever_else_is_wrong(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rig_arp_request(&rig, LEDGER_OUT, RIG_PEER);
    trace_emit(rig.trace, TRACE_TASK_WOKEN, TN(RIG_NETD));
    trace_emit(rig.trace, TRACE_TASK_RUNNING, TN(RIG_NETD));
    trace_emit(rig.trace, TRACE_GUEST_PANIC, TS("no descriptor"));
    rig_expect(&rig, false, "guest.panic", "netd");
}

static void test_a_panic_outside_of_tasks_has_somebody_who_pays(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    trace_emit(rig.trace, TRACE_GUEST_PANIC, TS("in the handler"));
    rig_expect(&rig, false, "guest.panic", "ping");
}

static void test_descriptors_that_are_not_taken_back_run_out(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rings_run(&rig);
    rings_use(&rig, 4);
    trace_emit(rig.trace, TRACE_GUEST_DROP, TS(rings_tx(&rig)), TS("ring full"));
    rig_expect(&rig, false, "vq.tx-exhausted", "ping");
}

static void test_a_drop_for_another_reason_is_no_exhaustion(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rings_run(&rig);
    rings_use(&rig, 4);
    trace_emit(rig.trace, TRACE_GUEST_DROP, TS(rings_tx(&rig)), TS("no carrier"));
    rig_expect(&rig, false, "", NULL);
}

static void test_a_full_ring_that_the_device_emptied_since_is_no_exhaustion(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rings_run(&rig);
    rings_use(&rig, 3);
    trace_emit(rig.trace, TRACE_GUEST_DROP, TS(rings_tx(&rig)), TS("ring full"));
    rings_use(&rig, 4);
    rig_expect(&rig, false, "", NULL);
}

static void test_a_ring_that_is_full_of_what_the_device_keeps_is_no_exhaustion(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rings_run(&rig);
    rings_use(&rig, 3);
    board_queue(rig.board, "eth0.tx")->in_flight_count = 4;
    trace_emit(rig.trace, TRACE_GUEST_DROP, TS(rings_tx(&rig)), TS("ring full"));
    rig_expect(&rig, false, "", NULL);
}

static void test_a_driver_that_is_down_has_no_descriptors_to_lose(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rings_use(&rig, 3);
    trace_emit(rig.trace, TRACE_GUEST_DROP, TS(rings_tx(&rig)), TS("ring full"));
    rig_expect(&rig, false, "", NULL);
}

/* The driver was interrupted and has counted `taken` frames; `used` buffers came back. */
static void rings_receive(struct rig *rig, unsigned used, unsigned merged, unsigned taken)
{
    const char *rx = board_queue(rig->board, "eth0.rx")->name;
    const char *eth0 = virtio_net_dev(board_net(rig->board, "eth0"))->name;
    if (merged > 1) {
        trace_emit(rig->trace, TRACE_NET_MERGED, TS(eth0), TN(merged));
    }
    for (unsigned i = 1; i <= used; i++) {
        trace_emit(rig->trace, TRACE_VQ_USED, TS(rx), TN(i), TN(100), TN(i));
    }
    trace_emit(rig->trace, TRACE_ISR_ACK, TS(eth0), TN(1));
    trace_emit(rig->trace, TRACE_COUNTER,
               TS(trace_intern(rig->trace, rig->ledger->devices[0].counter_frames)), TN(taken));
}

static void test_a_frame_in_several_buffers_is_taken_once(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rings_run(&rig);
    rings_receive(&rig, 5, 5, 1);
    rig_expect(&rig, true, "", NULL);
    rig_open(&rig, PING);
    rings_run(&rig);
    rings_receive(&rig, 6, 5, 1);
    rig_expect(&rig, true, "vq.used-not-consumed", "ping");
}

static void test_counters_of_a_driver_that_was_started_again_go_on(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rings_run(&rig);
    rings_receive(&rig, 3, 0, 3);
    trace_emit(rig.trace, TRACE_VIRTIO_RESET,
               TS(virtio_net_dev(board_net(rig.board, "eth0"))->name));
    rings_receive(&rig, 2, 0, 4);
    rig_expect(&rig, true, "vq.used-not-consumed", "ping");
}

/* The device returns `id` in a queue of four entries. */
static void rings_return(struct rig *rig, uint64_t id)
{
    rings_run(rig);
    board_queue(rig->board, "eth0.tx")->size = 4;
    trace_emit(rig->trace, TRACE_VQ_USED, TS(rings_tx(rig)), TN(id), TN(0), TN(1));
}

static void test_an_identifier_that_the_queue_does_not_have_is_the_devices(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rings_return(&rig, 4);
    rig_expect(&rig, true, "vq.used-wrong", "ping");
    rig_open(&rig, PING);
    rings_return(&rig, 3);
    rig_expect(&rig, true, "", NULL);
}

static void test_what_the_device_said_before_a_reset_is_past(void)
{
    struct rig rig;
    rig_open(&rig, PING);
    rings_return(&rig, 4);
    trace_emit(rig.trace, TRACE_VIRTIO_RESET,
               TS(virtio_net_dev(board_net(rig.board, "eth0"))->name));
    rig_expect(&rig, true, "", NULL);
}

UNIT_SUITE("rules_rings", UNIT_TEST(test_an_identifier_that_the_queue_does_not_have_is_the_devices),
           UNIT_TEST(test_what_the_device_said_before_a_reset_is_past),
           UNIT_TEST(test_a_frame_in_several_buffers_is_taken_once),
           UNIT_TEST(test_counters_of_a_driver_that_was_started_again_go_on),
           UNIT_TEST(test_a_panic_is_the_cause_whatever_else_is_wrong),
           UNIT_TEST(test_a_panic_outside_of_tasks_has_somebody_who_pays),
           UNIT_TEST(test_descriptors_that_are_not_taken_back_run_out),
           UNIT_TEST(test_a_drop_for_another_reason_is_no_exhaustion),
           UNIT_TEST(test_a_full_ring_that_the_device_emptied_since_is_no_exhaustion),
           UNIT_TEST(test_a_ring_that_is_full_of_what_the_device_keeps_is_no_exhaustion),
           UNIT_TEST(test_a_driver_that_is_down_has_no_descriptors_to_lose))
