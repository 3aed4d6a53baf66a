/*
 * trace_test.c - sequence numbers, history, observers and strings
 */
#include "emu/core/trace.h"

#include "emu/core/death_test.h"
#include "tests/unit.h"

#define MANY_EVENTS UINT64_C(5000)

struct fixture {
    struct vclock *clock;
    struct trace *trace;
};

static void set_up(struct fixture *f)
{
    f->clock = vclock_new();
    f->trace = trace_new(f->clock);
}

static void tear_down(struct fixture *f)
{
    trace_free(f->trace);
    vclock_free(f->clock);
}

static void emit_many(struct trace *trace, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        trace_emit(trace, TRACE_TASK_EXITED, TN(trace_last(trace) * 3));
    }
}

static void test_new_trace_is_empty(void)
{
    struct fixture f;
    set_up(&f);
    CU_ASSERT_EQUAL(trace_last(f.trace), 0);
    CU_ASSERT_EQUAL(trace_first(f.trace), 1);
    trace_discard_before(f.trace, 100);
    CU_ASSERT_EQUAL(trace_first(f.trace), 1);
    trace_free(NULL);
    tear_down(&f);
}

static void test_event_keeps_time_kind_and_fields(void)
{
    struct fixture f;
    set_up(&f);
    vclock_pass(f.clock, VCLOCK_POWER_ON_NS + 7);
    uint64_t sequence = trace_emit(f.trace, TRACE_VQ_USED, TS("eth0.rx"), TN(3), TN(60), TN(4));
    CU_ASSERT_EQUAL(sequence, 1);
    const struct trace_event *event = trace_get(f.trace, 1);
    CU_ASSERT_EQUAL(event->sequence, 1);
    CU_ASSERT_EQUAL(event->time_ns, VCLOCK_POWER_ON_NS + 7);
    CU_ASSERT_EQUAL(event->kind, TRACE_VQ_USED);
    CU_ASSERT_STRING_EQUAL(event->fields[0].string, "eth0.rx");
    CU_ASSERT_EQUAL(event->fields[1].number, 3);
    CU_ASSERT_EQUAL(event->fields[2].number, 60);
    CU_ASSERT_EQUAL(event->fields[3].number, 4);
    CU_ASSERT_EQUAL(event->fields[4].number, 0);
    CU_ASSERT_EQUAL(event->fields[5].number, 0);
    tear_down(&f);
}

static void test_plain_event_has_empty_fields(void)
{
    struct fixture f;
    set_up(&f);
    CU_ASSERT_EQUAL(trace_emit_plain(f.trace, TRACE_GUEST_READY), 1);
    CU_ASSERT_EQUAL(trace_emit_plain(f.trace, TRACE_CPU_WFI), 2);
    CU_ASSERT_EQUAL(trace_get(f.trace, 1)->kind, TRACE_GUEST_READY);
    CU_ASSERT_EQUAL(trace_get(f.trace, 2)->kind, TRACE_CPU_WFI);
    CU_ASSERT_EQUAL(trace_get(f.trace, 1)->fields[0].number, 0);
    tear_down(&f);
}

static void test_history_has_every_event(void)
{
    struct fixture f;
    set_up(&f);
    emit_many(f.trace, MANY_EVENTS);
    CU_ASSERT_EQUAL(trace_last(f.trace), MANY_EVENTS);
    for (uint64_t sequence = 1; sequence <= MANY_EVENTS; sequence++) {
        const struct trace_event *event = trace_get(f.trace, sequence);
        CU_ASSERT_EQUAL(event->sequence, sequence);
        CU_ASSERT_EQUAL(event->fields[0].number, (sequence - 1) * 3);
    }
    tear_down(&f);
}

static void test_discard_lets_go_of_older_events_only(void)
{
    struct fixture f;
    set_up(&f);
    emit_many(f.trace, MANY_EVENTS);
    trace_discard_before(f.trace, 1);
    CU_ASSERT_EQUAL(trace_first(f.trace), 1);
    trace_discard_before(f.trace, 2000);
    uint64_t first = trace_first(f.trace);
    CU_ASSERT_TRUE(first > 1 && first <= 2000);
    trace_discard_before(f.trace, 100);
    CU_ASSERT_EQUAL(trace_first(f.trace), first);
    emit_many(f.trace, MANY_EVENTS);
    CU_ASSERT_EQUAL(trace_last(f.trace), 2 * MANY_EVENTS);
    for (uint64_t sequence = first; sequence <= 2 * MANY_EVENTS; sequence++) {
        CU_ASSERT_EQUAL(trace_get(f.trace, sequence)->fields[0].number, (sequence - 1) * 3);
    }
    tear_down(&f);
}

static void test_discarding_everything_keeps_the_newest(void)
{
    struct fixture f;
    set_up(&f);
    /* Whatever the size of a block, one of these counts fills the last one. */
    for (unsigned i = 0; i < MANY_EVENTS; i++) {
        emit_many(f.trace, 1);
        trace_discard_before(f.trace, UINT64_MAX);
        uint64_t last = trace_last(f.trace);
        CU_ASSERT_TRUE(trace_first(f.trace) <= last);
        CU_ASSERT_EQUAL(trace_get(f.trace, last)->fields[0].number, (last - 1) * 3);
    }
    CU_ASSERT_TRUE(trace_first(f.trace) > 1);
    tear_down(&f);
}

struct observer {
    GString *log;
    char letter;
};

static void observe(void *opaque, const struct trace_event *event)
{
    struct observer *observer = opaque;
    g_string_append_printf(observer->log, "%c%u:%s ", observer->letter, (unsigned)event->sequence,
                           trace_kind_info(event->kind)->name);
}

static void test_observers_are_called_in_the_order_of_adding(void)
{
    struct fixture f;
    set_up(&f);
    g_autoptr(GString) log = g_string_new(NULL);
    struct observer b = {.log = log, .letter = 'b'};
    struct observer a = {.log = log, .letter = 'a'};
    trace_emit_plain(f.trace, TRACE_CPU_WFI);
    trace_add_observer(f.trace, observe, &b);
    trace_emit_plain(f.trace, TRACE_CPU_IRQ);
    trace_add_observer(f.trace, observe, &a);
    trace_emit_plain(f.trace, TRACE_CPU_WFI);
    CU_ASSERT_STRING_EQUAL(log->str, "b2:cpu.irq b3:cpu.wfi a3:cpu.wfi ");
    tear_down(&f);
}

static void test_listeners_hear_their_kinds_before_observers_do(void)
{
    static const struct trace_listener waits[] = {{TRACE_CPU_WFI, observe}};
    static const struct trace_listener both[] = {{TRACE_CPU_WFI, observe},
                                                 {TRACE_CPU_IRQ, observe}};
    struct fixture f;
    set_up(&f);
    g_autoptr(GString) log = g_string_new(NULL);
    struct observer a = {.log = log, .letter = 'a'};
    struct observer b = {.log = log, .letter = 'b'};
    struct observer c = {.log = log, .letter = 'c'};
    trace_add_observer(f.trace, observe, &a);
    trace_listen(f.trace, waits, G_N_ELEMENTS(waits), &b);
    trace_listen(f.trace, both, G_N_ELEMENTS(both), &c);
    trace_emit_plain(f.trace, TRACE_CPU_WFI);
    trace_emit_plain(f.trace, TRACE_CPU_IRQ);
    trace_emit_plain(f.trace, TRACE_GUEST_READY);
    CU_ASSERT_STRING_EQUAL(
        log->str, "b1:cpu.wfi c1:cpu.wfi a1:cpu.wfi c2:cpu.irq a2:cpu.irq a3:guest.ready ");
    tear_down(&f);
}

static void test_after_silence_nobody_hears_anything(void)
{
    static const struct trace_listener waits[] = {{TRACE_CPU_WFI, observe}};
    struct fixture f;
    set_up(&f);
    g_autoptr(GString) log = g_string_new(NULL);
    struct observer a = {.log = log, .letter = 'a'};
    trace_add_observer(f.trace, observe, &a);
    trace_listen(f.trace, waits, G_N_ELEMENTS(waits), &a);
    trace_silence(f.trace);
    trace_emit_plain(f.trace, TRACE_CPU_WFI);
    CU_ASSERT_STRING_EQUAL(log->str, "");
    trace_add_observer(f.trace, observe, &a);
    trace_emit_plain(f.trace, TRACE_CPU_WFI);
    CU_ASSERT_STRING_EQUAL(log->str, "a2:cpu.wfi ");
    tear_down(&f);
}

static void note_telling(void *opaque, const struct trace_event *event)
{
    CU_ASSERT_EQUAL(trace_telling(opaque), event->sequence);
}

static void test_one_can_ask_which_event_is_being_told(void)
{
    struct fixture f;
    set_up(&f);
    trace_add_observer(f.trace, note_telling, f.trace);
    CU_ASSERT_EQUAL(trace_telling(f.trace), 0);
    emit_many(f.trace, 3);
    CU_ASSERT_EQUAL(trace_telling(f.trace), 0);
    tear_down(&f);
}

static void test_interned_text_has_one_copy(void)
{
    struct fixture f;
    set_up(&f);
    char text[] = "netd";
    const char *first = trace_intern(f.trace, text);
    text[0] = 'N';
    CU_ASSERT_STRING_EQUAL(first, "netd");
    CU_ASSERT_PTR_EQUAL(trace_intern(f.trace, "netd"), first);
    CU_ASSERT_PTR_NOT_EQUAL(trace_intern(f.trace, text), first);
    tear_down(&f);
}

static void test_copied_text_ends_where_it_was_cut(void)
{
    struct fixture f;
    set_up(&f);
    CU_ASSERT_STRING_EQUAL(trace_copy(f.trace, "console output", 7), "console");
    CU_ASSERT_STRING_EQUAL(trace_copy(f.trace, NULL, 0), "");
    const char *first = trace_copy(f.trace, "same", 4);
    CU_ASSERT_PTR_NOT_EQUAL(trace_copy(f.trace, "same", 4), first);
    CU_ASSERT_STRING_EQUAL(first, "same");
    tear_down(&f);
}

static void test_copied_text_shows_its_nul_bytes(void)
{
    struct fixture f;
    set_up(&f);
    CU_ASSERT_STRING_EQUAL(trace_copy(f.trace, "a\0b\0", 4), "a\u2400b\u2400");
    tear_down(&f);
}

static void emit_too_few(void *opaque)
{
    trace_emit(opaque, TRACE_IRQ_LINE, TN(1));
}

static void emit_text_for_a_number(void *opaque)
{
    trace_emit(opaque, TRACE_TASK_EXITED, TS("48"));
}

static void emit_number_for_a_text(void *opaque)
{
    trace_emit(opaque, TRACE_GUEST_PANIC, TN(1));
}

static void emit_no_text(void *opaque)
{
    trace_emit(opaque, TRACE_GUEST_PANIC, TS(NULL));
}

static void emit_plain_with_fields(void *opaque)
{
    trace_emit_plain(opaque, TRACE_TASK_EXITED);
}

static void emit_from_observer(void *opaque, const struct trace_event *event)
{
    CU_ASSERT_PTR_NOT_NULL(event);
    trace_emit_plain(opaque, TRACE_CPU_WFI);
}

static void emit_observed(void *opaque)
{
    trace_add_observer(opaque, emit_from_observer, opaque);
    trace_emit_plain(opaque, TRACE_CPU_WFI);
}

static void get_number_zero(void *opaque)
{
    trace_get(opaque, 0);
}

static void get_one_too_far(void *opaque)
{
    trace_get(opaque, trace_last(opaque) + 1);
}

static void silence_from_observer(void *opaque, const struct trace_event *event)
{
    (void)event;
    trace_silence(opaque);
}

static void silence_while_telling(void *opaque)
{
    trace_add_observer(opaque, silence_from_observer, opaque);
    trace_emit_plain(opaque, TRACE_CPU_WFI);
}

static void test_misuse_is_asserted(void)
{
    struct fixture f;
    set_up(&f);
    emit_many(f.trace, 3);
    CU_ASSERT_TRUE(death_aborts(emit_too_few, f.trace));
    CU_ASSERT_TRUE(death_aborts(emit_text_for_a_number, f.trace));
    CU_ASSERT_TRUE(death_aborts(emit_number_for_a_text, f.trace));
    CU_ASSERT_TRUE(death_aborts(emit_no_text, f.trace));
    CU_ASSERT_TRUE(death_aborts(emit_plain_with_fields, f.trace));
    CU_ASSERT_TRUE(death_aborts(emit_observed, f.trace));
    CU_ASSERT_TRUE(death_aborts(get_number_zero, f.trace));
    CU_ASSERT_TRUE(death_aborts(get_one_too_far, f.trace));
    CU_ASSERT_TRUE(death_aborts(silence_while_telling, f.trace));
    CU_ASSERT_EQUAL(trace_last(f.trace), 3);
    tear_down(&f);
}

UNIT_SUITE("trace", UNIT_TEST(test_new_trace_is_empty),
           UNIT_TEST(test_event_keeps_time_kind_and_fields),
           UNIT_TEST(test_plain_event_has_empty_fields), UNIT_TEST(test_history_has_every_event),
           UNIT_TEST(test_discard_lets_go_of_older_events_only),
           UNIT_TEST(test_discarding_everything_keeps_the_newest),
           UNIT_TEST(test_observers_are_called_in_the_order_of_adding),
           UNIT_TEST(test_listeners_hear_their_kinds_before_observers_do),
           UNIT_TEST(test_after_silence_nobody_hears_anything),
           UNIT_TEST(test_one_can_ask_which_event_is_being_told),
           UNIT_TEST(test_interned_text_has_one_copy),
           UNIT_TEST(test_copied_text_ends_where_it_was_cut),
           UNIT_TEST(test_copied_text_shows_its_nul_bytes), UNIT_TEST(test_misuse_is_asserted))
