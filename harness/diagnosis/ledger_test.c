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
    CU_ASSERT_EQUAL(rig.ledger->lock_count, LEDGER_LOCKS_MAX);
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

/* An IPv4 frame with a header of `words`, and what stands at the offset behind it. */
static size_t ipv4_frame(uint8_t frame[RIG_FRAME], unsigned words, uint8_t protocol,
                         unsigned fragment)
{
    memset(frame, 0, RIG_FRAME);
    frame[12] = 0x08;
    frame[14] = (uint8_t)(0x40 | words);
    frame[14 + 6] = (uint8_t)(fragment >> 8);
    frame[14 + 7] = (uint8_t)fragment;
    frame[14 + 9] = protocol;
    frame[14 + 15] = 1; /* source 0.0.0.1 */
    frame[14 + 19] = 2; /* destination 0.0.0.2 */
    return 14 + (size_t)words * 4;
}

static void test_requests_and_answers_have_the_same_key(void)
{
    uint8_t frame[RIG_FRAME];
    struct ledger_key out, in;
    for (unsigned words = 5; words <= 6; words++) {
        size_t body = ipv4_frame(frame, words, 1, 0);
        frame[body] = 8;
        frame[body + 5] = 7;
        frame[body + 7] = 9;
        CU_ASSERT_TRUE(ledger_frame_key(true, frame, body + 8, &out));
        CU_ASSERT_EQUAL(out.peer, 2);
        CU_ASSERT_EQUAL(out.numbers, 7 << 16 | 9);
        CU_ASSERT_FALSE(ledger_frame_key(false, frame, body + 8, &in));
        frame[body] = 0;
        CU_ASSERT_TRUE(ledger_frame_key(false, frame, body + 8, &in));
        CU_ASSERT_EQUAL(in.peer, 1);
        CU_ASSERT_FALSE(ledger_key_answers(&in, &out));
        out.peer = 1;
        CU_ASSERT_TRUE(ledger_key_answers(&in, &out));
        in.numbers++;
        CU_ASSERT_FALSE(ledger_key_answers(&in, &out));
    }
    size_t body = ipv4_frame(frame, 5, 17, 0);
    frame[body + 1] = 68;
    frame[body + 3] = 67;
    CU_ASSERT_TRUE(ledger_frame_key(true, frame, body + 8, &out));
    out.peer = UINT32_MAX;
    frame[body + 1] = 67;
    frame[body + 3] = 68;
    CU_ASSERT_TRUE(ledger_frame_key(false, frame, body + 8, &in));
    CU_ASSERT_TRUE(ledger_key_answers(&in, &out));
    out.kind = LEDGER_KIND_ECHO;
    CU_ASSERT_FALSE(ledger_key_answers(&in, &out));
}

static void test_fragments_and_what_is_cut_short_have_no_key(void)
{
    uint8_t frame[RIG_FRAME];
    struct ledger_key key;
    size_t body = ipv4_frame(frame, 5, 17, 0);
    for (size_t len = 0; len < body + 8; len++) {
        CU_ASSERT_FALSE(ledger_frame_key(true, frame, len, &key));
    }
    CU_ASSERT_TRUE(ledger_frame_key(true, frame, body + 8, &key));
    ipv4_frame(frame, 5, 17, 1);
    CU_ASSERT_FALSE(ledger_frame_key(true, frame, sizeof frame, &key));
    ipv4_frame(frame, 5, 17, 0x2000); /* the first of several */
    CU_ASSERT_TRUE(ledger_frame_key(true, frame, sizeof frame, &key));
    ipv4_frame(frame, 4, 17, 0);
    CU_ASSERT_FALSE(ledger_frame_key(true, frame, sizeof frame, &key));
    ipv4_frame(frame, 15, 17, 0); /* a header that is longer than the frame */
    CU_ASSERT_FALSE(ledger_frame_key(true, frame, sizeof frame, &key));
    ipv4_frame(frame, 5, 6, 0);
    CU_ASSERT_FALSE(ledger_frame_key(true, frame, sizeof frame, &key));
    CU_ASSERT_TRUE(ledger_comes_from(frame, sizeof frame, 1));
    CU_ASSERT_FALSE(ledger_comes_from(frame, sizeof frame, 2));
    CU_ASSERT_FALSE(ledger_comes_from(frame, 33, 1));
}

static void test_it_is_known_when_a_frame_was_taken(void)
{
    struct rig rig;
    rig_open(&rig, "ping 10.0.2.2");
    const struct ledger_device *device = &rig.ledger->devices[0];
    const char *frames = trace_intern(rig.trace, "eth0.rx.frames");
    const char *dropped = trace_intern(rig.trace, "eth0.rx.dropped");
    CU_ASSERT_EQUAL(ledger_taken(device, 1).sequence, 0);
    trace_emit(rig.trace, TRACE_COUNTER, TS(frames), TN(1));
    rig_pass(&rig, 10);
    trace_emit(rig.trace, TRACE_COUNTER, TS(dropped), TN(1));
    rig_pass(&rig, 10);
    trace_emit(rig.trace, TRACE_COUNTER, TS(frames), TN(3)); /* two at once */
    static const uint64_t after_ns[] = {0, 10, 20, 20};
    for (unsigned i = 0; i < G_N_ELEMENTS(after_ns); i++) {
        CU_ASSERT_EQUAL(ledger_taken(device, i + 1).time_ns, VCLOCK_POWER_ON_NS + after_ns[i]);
    }
    CU_ASSERT_EQUAL(ledger_taken(device, 5).sequence, 0);
    trace_emit(rig.trace, TRACE_COUNTER, TS(frames), TN(2)); /* whatever it means by that */
    trace_emit(rig.trace, TRACE_COUNTER, TS(frames), TN(UINT64_MAX));
    trace_emit(rig.trace, TRACE_COUNTER, TS(frames), TN(4 + LEDGER_TAKEN));
    CU_ASSERT_EQUAL(ledger_taken(device, 4).sequence, 0); /* too long ago */
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
    CU_ASSERT_EQUAL(ledger_restless(rig.ledger), 3);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    CU_ASSERT_EQUAL(ledger_restless(rig.ledger), 0);
    trace_emit(rig.trace, TRACE_VQ_KICK, TS(rig.ledger->devices[0].tx.name), TN(1));
    CU_ASSERT_EQUAL(rig.ledger->progress, progress + 1);
    trace_emit(rig.trace, TRACE_VQ_KICK, TS(rig.ledger->devices[0].tx.name), TN(1)); /* again */
    CU_ASSERT_EQUAL(rig.ledger->progress, progress + 1);
    CU_ASSERT_EQUAL(rig.ledger->devices[0].tx.kicks, 2);
    trace_emit(rig.trace, TRACE_VQ_KICK, TS(rig.ledger->devices[0].tx.name), TN(2));
    CU_ASSERT_EQUAL(rig.ledger->progress, progress + 2);
    CU_ASSERT_EQUAL(rig.ledger->irqs[48].taken_count, 1);
    rig_close(&rig);
}

UNIT_SUITE("ledger", UNIT_TEST(test_addresses_are_found_in_commands),
           UNIT_TEST(test_a_task_is_followed_through_its_life),
           UNIT_TEST(test_what_a_guest_makes_up_is_bounded),
           UNIT_TEST(test_short_frames_belong_to_nobody),
           UNIT_TEST(test_requests_and_answers_have_the_same_key),
           UNIT_TEST(test_fragments_and_what_is_cut_short_have_no_key),
           UNIT_TEST(test_it_is_known_when_a_frame_was_taken),
           UNIT_TEST(test_progress_is_what_comes_of_something))
