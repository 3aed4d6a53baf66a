/* json_test.c - the lines, to the letter */
#include "harness/report/json.h"

#include "tests/unit.h"

#include <string.h>

static void test_a_failure_has_all_keys(void)
{
    struct run_result result;
    run_result_init(&result);
    result.status = RUN_STUCK;
    result.line = 14;
    result.column = 1;
    g_free(result.what);
    result.what = g_strdup("hang: \"nothing\"");
    result.expected = g_strdup("a\nb");
    result.got = g_strdup("ü");
    result.cause = g_strdup("timer.irq-mismatch");
    result.grade = g_strdup("cause");
    result.task = g_strdup("ping");
    result.diagnosis = g_strdup("because");
    result.time_ns = 1000000001;
    result.event_count = 5;
    g_strfreev(result.violations);
    result.violations = g_strsplit("dma.freed: x", "\n", -1);
    g_strfreev(result.context);
    result.context = g_strsplit("one\ntwo", "\n", -1);
    g_free(result.output);
    result.output = g_strdup("ping: x\n");
    g_autofree char *line =
        json_test("icmp/a", "s/a.scn", &result, "ringside run s/a.scn --seed 1");
    CU_ASSERT_STRING_EQUAL(
        line,
        "{\"name\":\"icmp/a\",\"file\":\"s/a.scn\",\"status\":3,\"verdict\":\"stuck\","
        "\"line\":14,\"column\":1,\"time_ns\":1000000001,\"events\":5,"
        "\"what\":\"hang: \\\"nothing\\\"\",\"expected\":\"a\\nb\",\"got\":\"ü\","
        "\"caught\":false,\"live\":false,\"cause\":\"timer.irq-mismatch\",\"grade\":\"cause\","
        "\"task\":\"ping\",\"diagnosis\":\"because\","
        "\"violations\":[\"dma.freed: x\"],\"tolerated\":[],\"context\":[\"one\",\"two\"],"
        "\"output\":\"ping: x\\n\",\"repro\":\"ringside run s/a.scn --seed 1\"}");
    run_result_clear(&result);
}

static void test_what_there_is_not_is_null(void)
{
    struct run_result result;
    run_result_init(&result);
    g_autofree char *line = json_test("a/b", "b.scn", &result, "ringside run b.scn --seed 1");
    CU_ASSERT_STRING_EQUAL(
        line,
        "{\"name\":\"a/b\",\"file\":\"b.scn\",\"status\":0,\"verdict\":\"passed\","
        "\"line\":null,\"column\":null,\"time_ns\":0,\"events\":0,\"what\":\"\","
        "\"expected\":null,\"got\":null,\"caught\":false,\"live\":false,\"cause\":null,\"grade\":null,"
        "\"task\":null,\"diagnosis\":null,\"violations\":[],\"tolerated\":[],"
        "\"context\":[],\"output\":\"\","
        "\"repro\":\"ringside run b.scn --seed 1\"}");
    run_result_clear(&result);
}

static void test_names_that_are_no_utf8_are_shown(void)
{
    struct run_result result;
    run_result_init(&result);
    g_autofree char *line = json_test("a/\xff\001", "\xff.scn", &result, "");
    CU_ASSERT_TRUE(
        g_str_has_prefix(line, "{\"name\":\"a/\\\\xff\\\\x01\",\"file\":\"\\\\xff.scn\""));
    run_result_clear(&result);
}

static void test_a_file_with_errors_lists_them(void)
{
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    static const char text[] = "version 1\nexpct\nwait redy\n";
    CU_ASSERT_PTR_NULL(scenario_load_text(text, strlen(text), "s/a.scn", "s/a", diagnostics));
    CU_ASSERT_EQUAL_FATAL(diagnostics->len, 2);
    g_autofree char *line = json_file_error("s/a", diagnostics);
    CU_ASSERT_TRUE(g_str_has_prefix(
        line, "{\"name\":\"s/a\",\"file\":\"s/a.scn\",\"status\":2,\"verdict\":\"error\","
              "\"line\":2,\"column\":1,\"what\":\"unknown word 'expct'\",\"errors\":["
              "{\"line\":2,\"column\":1,\"message\":\"unknown word 'expct'\","
              "\"hint\":\"did you mean 'expect'?\"},{\"line\":3,\"column\":6,"));
}

static void test_the_summary_counts(void)
{
    const struct json_counts counts = {.passed = 3, .failed = 1, .skipped = 2};
    g_autofree char *line = json_summary(&counts, RUN_FAILED);
    CU_ASSERT_STRING_EQUAL(line, "{\"summary\":{\"tests\":6,\"passed\":3,\"failed\":1,"
                                 "\"skipped\":2,\"status\":1,\"verdict\":\"failed\"}}");
}

UNIT_SUITE("json", UNIT_TEST(test_a_failure_has_all_keys),
           UNIT_TEST(test_what_there_is_not_is_null),
           UNIT_TEST(test_names_that_are_no_utf8_are_shown),
           UNIT_TEST(test_a_file_with_errors_lists_them), UNIT_TEST(test_the_summary_counts))
