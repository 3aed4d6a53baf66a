/* report_test.c - what is printed, to the letter */
#include "harness/report/report.h"

#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

struct printed {
    char *text;
    size_t size;
    FILE *stream;
};

static void printed_open(struct printed *printed)
{
    printed->stream = open_memstream(&printed->text, &printed->size);
}

static void printed_close(struct printed *printed)
{
    fclose(printed->stream);
}

static struct run_result passed(void)
{
    struct run_result result;
    run_result_init(&result);
    result.time_ns = 2000000000;
    result.event_count = 5;
    return result;
}

static struct run_result failed(void)
{
    struct run_result result = passed();
    result.status = RUN_FAILED;
    result.line = 14;
    result.column = 1;
    g_free(result.what);
    result.what = g_strdup("not met: its time is over");
    result.expected = g_strdup("expect 3 frames \"arp\" within 5s");
    result.got = g_strdup("1 of 3 frames");
    g_strfreev(result.context);
    result.context = g_strsplit("1.000000001 #1 guest.ready", "\n", -1);
    return result;
}

static struct report *start(struct printed *printed, enum report_format format, bool verbose,
                            bool quiet, size_t count)
{
    printed_open(printed);
    const struct report_options options = {
        .format = format,
        .verbose = verbose,
        .quiet = quiet,
        .seed = 7,
    };
    return report_new(printed->stream, &options, count);
}

static void test_text_of_a_failure_is_one_block_with_repro(void)
{
    struct printed printed;
    struct report *report = start(&printed, REPORT_TEXT, false, false, 2);
    struct run_result good = passed(), bad = failed();
    report_test(report, "arp/a", "s/arp/a.scn", &good);
    report_test(report, "arp/b[n=2]", "s/arp/b c.scn", &bad);
    CU_ASSERT_EQUAL(report_end(report), RUN_FAILED);
    printed_close(&printed);
    CU_ASSERT_STRING_EQUAL(
        printed.text, "PASS arp/a\n"
                      "FAIL arp/b[n=2] (failed)\n"
                      "s/arp/b c.scn:14:1: error: not met: its time is over\n"
                      "  expected: expect 3 frames \"arp\" within 5s\n"
                      "  got:      1 of 3 frames\n"
                      "  at:       2.000000000 s\n"
                      "  last events:\n"
                      "    1.000000001 #1 guest.ready\n"
                      "  repro:    ringside run 's/arp/b c.scn' --filter 'arp/b[n=2]' --seed 7\n"
                      "1 passed, 1 failed\n");
    free(printed.text);
    run_result_clear(&good);
    run_result_clear(&bad);
}

static void test_quiet_says_nothing_about_success(void)
{
    struct printed printed;
    struct report *report = start(&printed, REPORT_TEXT, false, true, 1);
    struct run_result good = passed();
    report_test(report, "arp/a", "s/arp/a.scn", &good);
    CU_ASSERT_EQUAL(report_end(report), RUN_PASSED);
    printed_close(&printed);
    CU_ASSERT_STRING_EQUAL(printed.text, "");
    free(printed.text);
    run_result_clear(&good);
}

static void test_verbose_shows_what_programs_printed(void)
{
    struct printed printed;
    struct report *report = start(&printed, REPORT_TEXT, true, false, 1);
    struct run_result good = passed();
    g_free(good.output);
    good.output = g_strdup("ping: one\nping: two\n");
    report_test(report, "arp/a", "s/arp/a.scn", &good);
    report_end(report);
    printed_close(&printed);
    CU_ASSERT_STRING_EQUAL(printed.text, "PASS arp/a\n"
                                         "  output:   ping: one\n"
                                         "            ping: two\n"
                                         "  ended at: 2.000000000 s after 5 events\n"
                                         "1 passed, 0 failed\n");
    free(printed.text);
    run_result_clear(&good);
}

static void test_tap_has_a_plan_and_escapes_names(void)
{
    struct printed printed;
    struct report *report = start(&printed, REPORT_TAP, false, false, 2);
    struct run_result good = passed(), skipped = passed();
    skipped.status = RUN_SKIPPED;
    g_free(skipped.what);
    skipped.what = g_strdup("the host has no TCP");
    report_test(report, "arp/a#1", "s/arp/a.scn", &good);
    report_test(report, "arp/b", "s/arp/b.scn", &skipped);
    CU_ASSERT_EQUAL(report_end(report), RUN_PASSED);
    printed_close(&printed);
    CU_ASSERT_STRING_EQUAL(printed.text, "TAP version 14\n1..2\n"
                                         "ok 1 - arp/a\\#1\n"
                                         "ok 2 - arp/b # SKIP the host has no TCP\n"
                                         "# 1 passed, 0 failed, 1 skipped\n");
    free(printed.text);
    run_result_clear(&good);
    run_result_clear(&skipped);
}

static void test_all_skipped_is_status_77(void)
{
    struct printed printed;
    struct report *report = start(&printed, REPORT_TEXT, false, false, 1);
    struct run_result skipped = passed();
    skipped.status = RUN_SKIPPED;
    report_test(report, "arp/b", "s/arp/b.scn", &skipped);
    CU_ASSERT_EQUAL(report_end(report), RUN_SKIPPED);
    printed_close(&printed);
    free(printed.text);
    run_result_clear(&skipped);
}

static void test_a_file_with_errors_is_a_failed_test(void)
{
    struct printed printed;
    struct report *report = start(&printed, REPORT_TEXT, false, false, 1);
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    g_autoptr(GPtrArray) tests = scenario_load("/nonexistent/x.scn", "a/x", diagnostics);
    CU_ASSERT_PTR_NULL_FATAL(tests);
    report_file_error(report, "a/x", diagnostics);
    CU_ASSERT_EQUAL(report_end(report), RUN_ERROR);
    printed_close(&printed);
    CU_ASSERT_TRUE(g_str_has_prefix(printed.text, "FAIL a/x (error)\n/nonexistent/x.scn: error: "));
    free(printed.text);
}

UNIT_SUITE("report", UNIT_TEST(test_text_of_a_failure_is_one_block_with_repro),
           UNIT_TEST(test_quiet_says_nothing_about_success),
           UNIT_TEST(test_verbose_shows_what_programs_printed),
           UNIT_TEST(test_tap_has_a_plan_and_escapes_names),
           UNIT_TEST(test_all_skipped_is_status_77),
           UNIT_TEST(test_a_file_with_errors_is_a_failed_test))
