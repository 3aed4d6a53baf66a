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

static void test_violations_stand_in_the_block_and_tolerated_ones_with_verbose(void)
{
    for (unsigned verbose = 0; verbose < 2; verbose++) {
        struct printed printed;
        struct report *report = start(&printed, REPORT_TEXT, verbose != 0, false, 2);
        struct run_result good = passed(), bad = failed();
        g_strfreev(good.tolerated);
        good.tolerated = g_strsplit("irq.breach: GIC", "\n", -1);
        g_strfreev(bad.violations);
        bad.violations = g_strsplit("dma.freed: eth0.tx\nlock.order: a", "\n", -1);
        report_test(report, "arp/a", "s/arp/a.scn", &good);
        report_test(report, "arp/b", "s/arp/b.scn", &bad);
        report_end(report);
        printed_close(&printed);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(printed.text, "  violation: dma.freed: eth0.tx\n  violation: lock.order: a\n"));
        bool is_shown = strstr(printed.text, "  tolerated: irq.breach: GIC\n") != NULL;
        CU_ASSERT_EQUAL(is_shown, verbose != 0);
        free(printed.text);
        run_result_clear(&good);
        run_result_clear(&bad);
    }
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

static void test_a_file_that_was_written_is_named_even_when_quiet(void)
{
    struct printed printed;
    struct report *report = start(&printed, REPORT_TEXT, false, true, 1);
    struct run_result good = passed();
    g_free(good.what);
    good.what = g_strdup("wrote golden/a.pcap");
    report_test(report, "arp/a", "s/arp/a.scn", &good);
    CU_ASSERT_EQUAL(report_end(report), RUN_PASSED);
    printed_close(&printed);
    CU_ASSERT_STRING_EQUAL(printed.text, "PASS arp/a: wrote golden/a.pcap\n");
    free(printed.text);
    run_result_clear(&good);
}

static void test_json_is_an_object_a_line(void)
{
    struct printed printed;
    struct report *report = start(&printed, REPORT_JSON, false, true, 2);
    struct run_result bad = failed();
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    g_autoptr(GPtrArray) tests = scenario_load("/nonexistent/x.scn", "a/x", diagnostics);
    CU_ASSERT_PTR_NULL_FATAL(tests);
    report_test(report, "arp/b", "s/arp/b.scn", &bad);
    report_file_error(report, "a/x", diagnostics);
    CU_ASSERT_EQUAL(report_end(report), RUN_ERROR);
    printed_close(&printed);
    g_auto(GStrv) lines = g_strsplit(printed.text, "\n", -1);
    CU_ASSERT_EQUAL_FATAL(g_strv_length(lines), 4);
    CU_ASSERT_TRUE(g_str_has_prefix(lines[0], "{\"name\":\"arp/b\",\"file\":\"s/arp/b.scn\","));
    CU_ASSERT_TRUE(g_str_has_suffix(lines[0], ",\"repro\":\"ringside run s/arp/b.scn --seed 7\"}"));
    CU_ASSERT_TRUE(g_str_has_prefix(lines[1], "{\"name\":\"a/x\","));
    CU_ASSERT_STRING_EQUAL(lines[2], "{\"summary\":{\"tests\":2,\"passed\":0,\"failed\":2,"
                                     "\"skipped\":0,\"status\":2,\"verdict\":\"error\"}}");
    CU_ASSERT_STRING_EQUAL(lines[3], "");
    free(printed.text);
    run_result_clear(&bad);
}

static void test_the_block_names_the_bundle_and_has_no_colours_elsewhere(void)
{
    struct printed printed;
    printed_open(&printed);
    const struct report_options options = {.color = true, .bundle = "out", .seed = 7};
    struct report *report = report_new(printed.stream, &options, 1);
    struct run_result bad = failed();
    g_autofree char *text = report_test_text(report, "arp/b", "s/arp/b.scn", &bad);
    CU_ASSERT_PTR_NULL(strchr(text, '\033'));
    CU_ASSERT_TRUE(g_str_has_suffix(text, "  repro:    ringside run s/arp/b.scn --seed 7\n"
                                          "  bundle:   out/arp/b\n"));
    report_test(report, "arp/b", "s/arp/b.scn", &bad);
    CU_ASSERT_EQUAL(report_end(report), RUN_FAILED);
    printed_close(&printed);
    CU_ASSERT_PTR_NOT_NULL(strchr(printed.text, '\033'));
    free(printed.text);
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

static struct run_result caught(void)
{
    struct run_result result = failed();
    result.status = RUN_PASSED;
    result.caught = true;
    result.cause = g_strdup("irq.lost");
    result.grade = g_strdup("derived");
    result.task = g_strdup("netd");
    return result;
}

static void check_caught(enum report_format format, bool verbose, const char *expected)
{
    struct printed printed;
    struct report *report = start(&printed, format, verbose, false, 1);
    struct run_result mutant = caught();
    report_test(report, "arp/a!bug", "s/arp/a.scn", &mutant);
    CU_ASSERT_EQUAL(report_end(report), RUN_PASSED);
    printed_close(&printed);
    CU_ASSERT_STRING_EQUAL(printed.text, expected);
    free(printed.text);
    run_result_clear(&mutant);
}

static void test_a_caught_mutant_says_by_what(void)
{
    check_caught(REPORT_TEXT, false,
                 "PASS arp/a!bug: caught by derived irq.lost, task netd\n"
                 "1 passed, 0 failed\n");
    check_caught(REPORT_TAP, false,
                 "TAP version 14\n1..1\n"
                 "ok 1 - arp/a!bug\n"
                 "# caught by derived irq.lost, task netd\n"
                 "# 1 passed, 0 failed\n");
}

static void test_verbose_shows_how_a_mutant_failed(void)
{
    check_caught(REPORT_TEXT, true,
                 "PASS arp/a!bug: caught by derived irq.lost, task netd\n"
                 "s/arp/a.scn:14:1: error: not met: its time is over\n"
                 "  expected: expect 3 frames \"arp\" within 5s\n"
                 "  got:      1 of 3 frames\n"
                 "  at:       2.000000000 s\n"
                 "  last events:\n"
                 "    1.000000001 #1 guest.ready\n"
                 "  repro:    ringside run s/arp/a.scn --filter 'arp/a!bug' --seed 7\n"
                 "1 passed, 0 failed\n");
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

UNIT_SUITE("report", UNIT_TEST(test_violations_stand_in_the_block_and_tolerated_ones_with_verbose),
           UNIT_TEST(test_text_of_a_failure_is_one_block_with_repro),
           UNIT_TEST(test_a_file_that_was_written_is_named_even_when_quiet),
           UNIT_TEST(test_json_is_an_object_a_line),
           UNIT_TEST(test_the_block_names_the_bundle_and_has_no_colours_elsewhere),
           UNIT_TEST(test_quiet_says_nothing_about_success),
           UNIT_TEST(test_verbose_shows_what_programs_printed),
           UNIT_TEST(test_a_caught_mutant_says_by_what),
           UNIT_TEST(test_verbose_shows_how_a_mutant_failed),
           UNIT_TEST(test_tap_has_a_plan_and_escapes_names),
           UNIT_TEST(test_all_skipped_is_status_77),
           UNIT_TEST(test_a_file_with_errors_is_a_failed_test))
