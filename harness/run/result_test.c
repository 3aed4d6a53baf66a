/* result_test.c - results survive their pipe, and nothing else passes for one */
#include "harness/run/result.h"

#include "tests/unit.h"

#include <string.h>

static void fill(struct run_result *result)
{
    run_result_init(result);
    result->status = RUN_STUCK;
    result->line = 12;
    result->column = 3;
    g_free(result->what);
    result->what = g_strdup("hang: nothing can happen any more");
    result->expected = g_strdup("ping exits 0");
    result->cause = g_strdup("irq.lost");
    result->grade = g_strdup("derived");
    result->diagnosis = g_strdup("irq.lost (derived)\n- \033");
    result->time_ns = 1000000001;
    result->event_count = 77;
    result->stopped = true;
    g_strfreev(result->violations);
    result->violations = g_strsplit("dma.freed: a\nlock.order: b\x1b", "\n", -1);
    g_strfreev(result->tolerated);
    result->tolerated = g_strsplit("irq.breach: c", "\n", -1);
    g_strfreev(result->context);
    result->context = g_strsplit("one\ntwo", "\n", -1);
    g_free(result->output);
    result->output = g_strdup("ping: 64 bytes\n");
}

static void test_a_result_survives_the_pipe(void)
{
    struct run_result sent, received;
    fill(&sent);
    run_result_init(&received);
    g_autoptr(GBytes) bytes = run_result_encode(&sent);
    CU_ASSERT_TRUE_FATAL(run_result_decode(&received, bytes));
    CU_ASSERT_EQUAL(received.status, RUN_STUCK);
    CU_ASSERT_EQUAL(received.line, 12);
    CU_ASSERT_EQUAL(received.column, 3);
    CU_ASSERT_STRING_EQUAL(received.what, sent.what);
    CU_ASSERT_STRING_EQUAL(received.expected, "ping exits 0");
    CU_ASSERT_PTR_NULL(received.got);
    CU_ASSERT_STRING_EQUAL(received.cause, "irq.lost");
    CU_ASSERT_STRING_EQUAL(received.grade, "derived");
    CU_ASSERT_PTR_NULL(received.task);
    CU_ASSERT_STRING_EQUAL(received.diagnosis, "irq.lost (derived)\n- \\x1b");
    CU_ASSERT_EQUAL(received.time_ns, 1000000001);
    CU_ASSERT_EQUAL(received.event_count, 77);
    CU_ASSERT_TRUE(received.stopped);
    CU_ASSERT_EQUAL_FATAL(g_strv_length(received.violations), 2);
    CU_ASSERT_STRING_EQUAL(received.violations[1], "lock.order: b\\x1b");
    CU_ASSERT_EQUAL_FATAL(g_strv_length(received.tolerated), 1);
    CU_ASSERT_STRING_EQUAL(received.tolerated[0], "irq.breach: c");
    CU_ASSERT_EQUAL(g_strv_length(received.context), 2);
    CU_ASSERT_STRING_EQUAL(received.context[1], "two");
    CU_ASSERT_STRING_EQUAL(received.output, sent.output);
    run_result_clear(&sent);
    run_result_clear(&received);
}

static void test_bytes_that_are_no_text_are_made_printable(void)
{
    struct run_result sent, received;
    fill(&sent);
    run_result_init(&received);
    g_free(sent.output);
    sent.output = g_strdup("a\xff\xfe z\n\t\033[31m\177\302\205 \303\244\303");
    g_autoptr(GBytes) bytes = run_result_encode(&sent);
    CU_ASSERT_TRUE_FATAL(run_result_decode(&received, bytes));
    CU_ASSERT_STRING_EQUAL(received.output,
                           "a\\xff\\xfe z\n\t\\x1b[31m\\x7f\\xc2\\x85 \303\244\\xc3");
    run_result_clear(&sent);
    run_result_clear(&received);
}

static void test_a_cut_or_damaged_result_is_refused(void)
{
    struct run_result sent, received;
    fill(&sent);
    run_result_init(&received);
    g_autoptr(GBytes) bytes = run_result_encode(&sent);
    size_t size = g_bytes_get_size(bytes);
    for (size_t cut = 0; cut < size; cut++) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(bytes, 0, cut);
        CU_ASSERT_FALSE(run_result_decode(&received, part));
    }
    g_autofree uint8_t *copy = g_memdup2(g_bytes_get_data(bytes, NULL), size);
    copy[0] = 200; /* a status that does not exist */
    g_autoptr(GBytes) damaged = g_bytes_new(copy, size);
    CU_ASSERT_FALSE(run_result_decode(&received, damaged));
    CU_ASSERT_EQUAL(received.status, RUN_PASSED);
    run_result_clear(&sent);
    run_result_clear(&received);
}

static void test_the_worse_status_wins(void)
{
    static const enum run_status order[] = {RUN_FAULT,  RUN_ERROR,   RUN_CRASHED, RUN_STUCK,
                                            RUN_FAILED, RUN_SKIPPED, RUN_PASSED};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        for (size_t j = i; j < G_N_ELEMENTS(order); j++) {
            CU_ASSERT_EQUAL(run_status_worse(order[i], order[j]), order[i]);
            CU_ASSERT_EQUAL(run_status_worse(order[j], order[i]), order[i]);
        }
    }
}

UNIT_SUITE("result", UNIT_TEST(test_a_result_survives_the_pipe),
           UNIT_TEST(test_bytes_that_are_no_text_are_made_printable),
           UNIT_TEST(test_a_cut_or_damaged_result_is_refused),
           UNIT_TEST(test_the_worse_status_wins))
