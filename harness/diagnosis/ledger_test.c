/* ledger_test.c - what the ledger keeps of the trace, and what it does not believe */
#include "harness/diagnosis/rules_rig.h"

static void test_addresses_are_found_in_commands(void)
{
    static const struct {
        const char *text;
        uint32_t address;
    } rows[] = {
        {"ping -c 1 10.0.2.2", 0x0a000202},
        {"10.0.2.2", 0x0a000202},
        {"curl http://10.0.2.100:80/", 0x0a000264},
        {"ping 255.255.255.255 10.0.2.2", 0xffffffff},
        {"ping 256.1.1.1", 0},
        {"ping 1.2.3", 0},
        {"ping 1.2.3.4.5", 0},
        {"ping a1.2.3.4", 0},
        {"ping 1.2.3.4x", 0},
        {"", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CU_ASSERT_EQUAL(ledger_find_address(rows[i].text), rows[i].address);
    }
}

static void test_a_task_is_followed_through_its_life(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    const struct ledger_task *ping = ledger_task(rig.ledger, RIG_PING);
    CU_ASSERT_STRING_EQUAL(ping->name, "ping");
    CU_ASSERT_EQUAL(ping->state, LEDGER_TASK_BLOCKED);
    CU_ASSERT_STRING_EQUAL(ping->on, "socket");
    CU_ASSERT_EQUAL(ping->deadline_ns, LEDGER_NO_TIME);
    trace_emit(rig.trace, TRACE_TASK_WOKEN, TN(RIG_PING));
    CU_ASSERT_EQUAL(ping->waits_left, 1);
    CU_ASSERT_EQUAL(ping->state, LEDGER_TASK_READY);
    trace_emit(rig.trace, TRACE_CALL_ENTERED, TN(RIG_PING), TS("recvfrom"), TN(0), TN(0), TN(0),
               TN(0));
    CU_ASSERT_STRING_EQUAL(ping->call, "recvfrom");
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS("recvfrom"), TN(-11));
    CU_ASSERT_PTR_NULL(ping->call);
    CU_ASSERT_EQUAL(ping->result, -11);
    trace_emit(rig.trace, TRACE_TASK_EXITED, TN(RIG_PING));
    CU_ASSERT_EQUAL(ping->state, LEDGER_TASK_EXITED);
    rig_close(&rig);
}

static void test_what_a_guest_makes_up_is_bounded(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    trace_emit(rig.trace, TRACE_TASK_WOKEN, TN(LEDGER_TASKS_MAX));
    CU_ASSERT_PTR_NULL(ledger_task(rig.ledger, LEDGER_TASKS_MAX));
    trace_emit(rig.trace, TRACE_TASK_BLOCKED, TN(77), TS("x"), TN(0), TN(0));
    CU_ASSERT_STRING_EQUAL(ledger_task(rig.ledger, 77)->name, "?");
    trace_emit(rig.trace, TRACE_PROGRAM_EXITED, TN(9), TN(0));
    trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(1019), TN(0));
    for (unsigned i = 0; i < LEDGER_LOCKS_MAX + 5; i++) {
        trace_emit(rig.trace, TRACE_LOCK_TAKEN, TN(1), TN(i + 1), TS("l"));
    }
    CU_ASSERT_EQUAL(rig.ledger->locks->len, LEDGER_LOCKS_MAX);
    trace_emit(rig.trace, TRACE_LOCK_RELEASED, TN(1), TN(3));
    CU_ASSERT_PTR_NULL(ledger_lock(rig.ledger, 3));
    CU_ASSERT_EQUAL(ledger_lock(rig.ledger, 4)->task, 1);
    for (uint32_t i = 0; i < LEDGER_PEERS_MAX + 5; i++) {
        rig_send(&rig, LEDGER_OUT, i + 1);
    }
    CU_ASSERT_EQUAL(rig.ledger->peer_count, LEDGER_PEERS_MAX);
    rig_close(&rig);
}

static void test_short_frames_belong_to_nobody(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    static const uint8_t frame[60] = {[12] = 0x08, [13] = 0x06};
    const struct ledger_mark at = {.sequence = 1, .time_ns = 1};
    for (size_t len = 0; len < 42; len++) {
        ledger_frame(rig.ledger, LEDGER_OUT, &at, NULL, frame, len);
    }
    CU_ASSERT_EQUAL(rig.ledger->peer_count, 0);
    rig_close(&rig);
}

static void test_progress_is_what_comes_of_something(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    uint64_t progress = rig.ledger->progress;
    trace_emit(rig.trace, TRACE_IRQ_TAKEN, TN(48), TN(0));
    trace_emit(rig.trace, TRACE_TASK_RUNNING, TN(RIG_NETD));
    trace_emit(rig.trace, TRACE_IRQ_EOI, TN(48), TN(0));
    CU_ASSERT_EQUAL(rig.ledger->progress, progress);
    CU_ASSERT_EQUAL(rig.ledger->restless, 3);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    CU_ASSERT_EQUAL(rig.ledger->restless, 0);
    trace_emit(rig.trace, TRACE_VQ_KICK, TS(rig.ledger->devices[0].tx.name), TN(1));
    CU_ASSERT_EQUAL(rig.ledger->progress, progress + 1);
    CU_ASSERT_EQUAL(rig.ledger->devices[0].tx.kicks, 1);
    CU_ASSERT_EQUAL(rig.ledger->irqs[48].taken_count, 1);
    rig_close(&rig);
}

UNIT_SUITE("ledger", UNIT_TEST(test_addresses_are_found_in_commands),
           UNIT_TEST(test_a_task_is_followed_through_its_life),
           UNIT_TEST(test_what_a_guest_makes_up_is_bounded),
           UNIT_TEST(test_short_frames_belong_to_nobody),
           UNIT_TEST(test_progress_is_what_comes_of_something))
