/*
 * specs_test.c - what devices tell becomes violations: recorded once, counted, with what came
 * before
 */
#include "harness/checks/checks_rig.h"

static void breach(const struct rig *rig, const char *clause, uint64_t value)
{
    trace_emit(rig->trace, TRACE_VIRTIO_BREACH, TS("eth0.tx"), TS(clause), TS("a rule"), TN(value));
}

static void test_breach_is_a_violation_with_its_clause(void)
{
    struct rig rig;
    rig_open(&rig);
    breach(&rig, "2.7.4.2", 0x12);
    g_autofree char *summary = violation_summary(checks_get(rig.checks, 0));
    CU_ASSERT_STRING_EQUAL(summary,
                           "virtio.breach: eth0.tx at 1.000000000 s: [VIRTIO1.2] 2.7.4.2: a rule");
    rig_expect(&rig, "virtio.breach", "eth0.tx", "the value in question: 0x12");
}

static void test_breach_of_the_protocol_of_shares_names_message_and_rule(void)
{
    struct rig rig;
    rig_open(&rig);
    trace_emit(rig.trace, TRACE_P9_BREACH, TS("box"), TN(3), TS("Tread"), TS("a rule"), TN(9000));
    g_autofree char *summary = violation_summary(checks_get(rig.checks, 0));
    CU_ASSERT_STRING_EQUAL(summary, "p9.breach: box at 1.000000000 s: [9P2000.L]: a rule");
    rig_expect(&rig, "p9.breach", "box", "Tread, tag 3: 9000");
}

static void test_what_belongs_to_the_device_has_a_name_of_its_own(void)
{
    static const char *const clauses[] = {"2.7.13", "3.3.1"};
    for (size_t i = 0; i < G_N_ELEMENTS(clauses); i++) {
        struct rig rig;
        rig_open(&rig);
        breach(&rig, clauses[i], 1);
        rig_expect(&rig, "vq.ownership", "eth0.tx", "0x1");
    }
    struct rig rig;
    rig_open(&rig);
    breach(&rig, "2.7.13.1", 1);
    rig_expect(&rig, "virtio.breach", "eth0.tx", "0x1");
}

static void test_what_no_barrier_orders_has_a_name_of_its_own(void)
{
    static const char *const clauses[] = {"2.7.13.3.1", "2.7.13.4.1"};
    for (size_t i = 0; i < G_N_ELEMENTS(clauses); i++) {
        struct rig rig;
        rig_open(&rig);
        breach(&rig, clauses[i], 1);
        rig_expect(&rig, "vq.barrier", "eth0.tx", "0x1");
    }
}

static void test_misuse_of_the_controller_names_the_intid(void)
{
    struct rig rig;
    rig_open(&rig);
    trace_emit(rig.trace, TRACE_IRQ_BREACH, TS("4.4.5"), TS("end it once"), TN(48));
    g_autofree char *clause = violation_clause(checks_get(rig.checks, 0));
    CU_ASSERT_STRING_EQUAL(clause, "[GICv2] 4.4.5");
    rig_expect(&rig, "irq.breach", "GIC", "INTID 48");
}

static void test_accesses_to_nowhere_name_the_address(void)
{
    struct rig rig;
    rig_open(&rig);
    trace_emit(rig.trace, TRACE_MMIO_UNMAPPED, TN(0x1000), TN(4), TS("read"));
    rig_expect(&rig, "mmio.unmapped", "0x1000", "a read of 4 bytes");
    rig_open(&rig);
    trace_emit(rig.trace, TRACE_MMIO_REFUSED, TN(0x1002), TN(2), TS("write"));
    rig_expect(&rig, "mmio.refused", "0x1002", "a write of 2 bytes");
}

static void test_misuse_of_the_hal_names_the_function(void)
{
    struct rig rig;
    rig_open(&rig);
    trace_emit(rig.trace, TRACE_GUEST_VIOLATION, TS("hal_dma_free"), TS("once"), TN(0x20));
    rig_expect(&rig, "guest.violation", "hal_dma_free", "it was given 0x20");
}

static void test_the_same_again_is_counted(void)
{
    struct rig rig;
    rig_open(&rig);
    breach(&rig, "2.7.4.2", 1);
    rig_pass(&rig, RIG_MS);
    breach(&rig, "2.7.4.2", 2);
    breach(&rig, "2.7.4.2", 3);
    const struct violation *violation = checks_get(rig.checks, 0);
    CU_ASSERT_EQUAL(violation->count, 3);
    CU_ASSERT_EQUAL(violation->time_ns, VCLOCK_POWER_ON_NS); /* of the first */
    rig_expect(&rig, "virtio.breach", "eth0.tx", "(3 times)");
}

static void test_another_clause_is_another_violation(void)
{
    struct rig rig;
    rig_open(&rig);
    breach(&rig, "2.7.4.2", 1);
    breach(&rig, "2.7.5", 1);
    CU_ASSERT_EQUAL(checks_count(rig.checks), 2);
    rig_close(&rig);
}

static void test_violation_keeps_the_events_before_it(void)
{
    struct rig rig;
    rig_open(&rig);
    for (unsigned i = 0; i < 5; i++) {
        trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    }
    breach(&rig, "2.7.4.2", 1);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    const struct violation *violation = checks_get(rig.checks, 0);
    CU_ASSERT_EQUAL(violation->sequence, trace_last(rig.trace) - 1);
    CU_ASSERT_EQUAL_FATAL(g_strv_length(violation->context), 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(violation->context[1], "cpu.wfi"));
    CU_ASSERT_PTR_NOT_NULL(strstr(violation->context[2], "virtio.breach"));
    rig_close(&rig);
}

static void test_severity_decides(void)
{
    struct rig rig;
    struct checks_config config = {.slack_ns = RIG_SLACK_NS};
    config.severity[CHECK_VIRTIO_BREACH] = CHECK_LENIENT;
    config.severity[CHECK_IRQ_BREACH] = CHECK_OFF;
    rig_open_with(&rig, &config);
    breach(&rig, "2.7.4.2", 1);
    trace_emit(rig.trace, TRACE_IRQ_BREACH, TS("4.4.5"), TS("end it once"), TN(48));
    CU_ASSERT_EQUAL(checks_count(rig.checks), 1);
    CU_ASSERT_PTR_NULL(checks_first_strict(rig.checks));
    trace_emit(rig.trace, TRACE_MMIO_REFUSED, TN(0x1002), TN(2), TS("write"));
    CU_ASSERT_PTR_EQUAL(checks_first_strict(rig.checks), checks_get(rig.checks, 1));
    rig_close(&rig);
}

static void test_a_guest_cannot_make_them_grow(void)
{
    struct rig rig;
    rig_open(&rig);
    for (unsigned i = 0; i < 1000; i++) {
        trace_emit(rig.trace, TRACE_MMIO_UNMAPPED, TN(0x1000 + i), TN(1), TS("read"));
    }
    CU_ASSERT_EQUAL(checks_count(rig.checks), 64);
    rig_close(&rig);
}

UNIT_SUITE("specs", UNIT_TEST(test_breach_is_a_violation_with_its_clause),
           UNIT_TEST(test_breach_of_the_protocol_of_shares_names_message_and_rule),
           UNIT_TEST(test_what_belongs_to_the_device_has_a_name_of_its_own),
           UNIT_TEST(test_what_no_barrier_orders_has_a_name_of_its_own),
           UNIT_TEST(test_misuse_of_the_controller_names_the_intid),
           UNIT_TEST(test_accesses_to_nowhere_name_the_address),
           UNIT_TEST(test_misuse_of_the_hal_names_the_function),
           UNIT_TEST(test_the_same_again_is_counted),
           UNIT_TEST(test_another_clause_is_another_violation),
           UNIT_TEST(test_violation_keeps_the_events_before_it), UNIT_TEST(test_severity_decides),
           UNIT_TEST(test_a_guest_cannot_make_them_grow))
