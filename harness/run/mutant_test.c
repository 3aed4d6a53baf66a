/*
 * mutant_test.c - which image a mutant's test gets, and what makes it pass
 */
#include "harness/run/mutant.h"

#include "tests/unit.h"

#include <glib/gstdio.h>
#include <string.h>

static struct scenario_guard guard_of(const char *bug, const char *cause, const char *task)
{
    return (struct scenario_guard){
        .place = {.file = "x.scn", .line = 4, .column = 1},
        .patch = g_strconcat(bug, ".patch", NULL),
        .bug = g_strdup(bug),
        .cause = g_strdup(cause),
        .task = g_strdup(task),
    };
}

static void guard_fini(struct scenario_guard *guard)
{
    g_free(guard->patch);
    g_free(guard->bug);
    g_free(guard->cause);
    g_free(guard->task);
}

/* ---- judging by a violation ------------------------------------------------------------------ */

static void test_a_mutant_is_caught_by_the_violation_that_the_guard_names(void)
{
    static const struct {
        const char *violations, *tolerated;
        bool caught;
    } rows[] = {
        {"dma.freed: eth0.tx at 1 s: …", "", true},
        {"lock.order: a\ndma.freed: eth0.tx", "", true},
        {"lock.order: a", "dma.freed: eth0.tx", false},
        {"dma.freed.not: a", "", false},
        {"", "", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct scenario_guard guard = guard_of("bug", "dma.freed", NULL);
        const struct scenario scenario = {.guard = &guard};
        struct run_result result;
        run_result_init(&result);
        result.status = RUN_FAILED;
        result.cause = g_strdup("irq.lost"); /* something else that came of it */
        result.grade = g_strdup("derived");
        result.task = g_strdup("ping");
        g_strfreev(result.violations);
        g_strfreev(result.tolerated);
        result.violations = g_strsplit(rows[i].violations, "\n", -1);
        result.tolerated = g_strsplit(rows[i].tolerated, "\n", -1);
        mutant_judge(&scenario, &result);
        CU_ASSERT_EQUAL(result.caught, rows[i].caught);
        CU_ASSERT_STRING_EQUAL(result.grade, rows[i].caught ? "violation" : "derived");
        CU_ASSERT_STRING_EQUAL(result.cause, rows[i].caught ? "dma.freed" : "irq.lost");
        run_result_clear(&result);
        guard_fini(&guard);
    }
}

/* ---- judging --------------------------------------------------------------------------------- */

struct judgement {
    enum run_status status;
    const char *cause, *grade, *task;           /* of the run; */
    const char *expected_cause, *expected_task; /* of the guard */
    bool caught;
    const char *got; /* what a failure says */
};

static void check_judgement(const struct judgement *row)
{
    struct scenario_guard guard = guard_of("bug", row->expected_cause, row->expected_task);
    const struct scenario scenario = {.guard = &guard};
    struct run_result result;
    run_result_init(&result);
    result.status = row->status;
    result.line = row->status == RUN_PASSED ? 0 : 9;
    g_free(result.what);
    result.what = g_strdup("it did not come");
    result.cause = g_strdup(row->cause);
    result.grade = g_strdup(row->grade);
    result.task = g_strdup(row->task);
    mutant_judge(&scenario, &result);
    CU_ASSERT_EQUAL(result.caught, row->caught);
    CU_ASSERT_EQUAL(result.status, row->caught ? RUN_PASSED : RUN_FAILED);
    CU_ASSERT_EQUAL(result.line, row->caught ? 9 : 4);
    if (row->caught) {
        CU_ASSERT_STRING_EQUAL(result.what, "it did not come");
    } else {
        CU_ASSERT_PTR_NOT_NULL(strstr(result.what, "bug.patch"));
        CU_ASSERT_STRING_EQUAL(result.got, row->got);
    }
    run_result_clear(&result);
    guard_fini(&guard);
}

static void test_a_mutant_passes_only_by_the_named_cause_and_task(void)
{
    static const struct judgement rows[] = {
        {RUN_FAILED, "irq.lost", "cause", "ping", "irq.lost", NULL, true, NULL},
        {RUN_STUCK, "irq.lost", "derived", "ping", "irq.lost", "ping", true, NULL},
        {RUN_CRASHED, "irq.lost", "derived", NULL, "irq.lost", NULL, true, NULL},
        {RUN_PASSED, NULL, NULL, NULL, "irq.lost", NULL, false, "passed"},
        {RUN_FAILED, "irq.lost", "suspect", "ping", "irq.lost", NULL, false,
         "suspect irq.lost, task ping\n(line 9: it did not come)"},
        {RUN_FAILED, "irq.masked", "cause", NULL, "irq.lost", NULL, false,
         "cause irq.masked\n(line 9: it did not come)"},
        {RUN_FAILED, "irq.lost", "cause", "ping", "irq.lost", "netd", false,
         "cause irq.lost, task ping\n(line 9: it did not come)"},
        {RUN_FAILED, "irq.lost", "cause", NULL, "irq.lost", "netd", false,
         "cause irq.lost\n(line 9: it did not come)"},
        {RUN_STUCK, NULL, NULL, NULL, "irq.lost", NULL, false,
         "no cause\n(line 9: it did not come)"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        check_judgement(&rows[i]);
    }
}

static void test_errors_and_other_tests_are_left_alone(void)
{
    struct scenario_guard guard = guard_of("bug", "irq.lost", NULL);
    const struct scenario mutant = {.guard = &guard}, clean = {.guard = NULL};
    static const enum run_status statuses[] = {RUN_ERROR, RUN_SKIPPED, RUN_FAULT};
    for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
        struct run_result result;
        run_result_init(&result);
        result.status = statuses[i];
        mutant_judge(&mutant, &result);
        CU_ASSERT_EQUAL(result.status, statuses[i]);
        CU_ASSERT_FALSE(result.caught);
        run_result_clear(&result);
    }
    struct run_result result;
    run_result_init(&result);
    result.status = RUN_STUCK;
    result.cause = g_strdup("irq.lost");
    mutant_judge(&clean, &result);
    CU_ASSERT_EQUAL(result.status, RUN_STUCK);
    CU_ASSERT_FALSE(result.caught);
    run_result_clear(&result);
    guard_fini(&guard);
}

static void test_a_run_that_was_stopped_before_its_verdict_is_not_judged(void)
{
    struct scenario_guard guard = guard_of("bug", "irq.lost", NULL);
    const struct scenario mutant = {.guard = &guard};
    struct run_result result;
    run_result_init(&result);
    result.status = RUN_FAILED;
    result.stopped = true;
    result.line = 9;
    mutant_judge(&mutant, &result);
    CU_ASSERT_EQUAL(result.status, RUN_FAILED);
    CU_ASSERT_EQUAL(result.line, 9);
    CU_ASSERT_PTR_NULL(result.got);
    run_result_clear(&result);
    guard_fini(&guard);
}

/* ---- finding --------------------------------------------------------------------------------- */

struct folder {
    char *path, *scenario;
    GPtrArray *files;
};

static void folder_init(struct folder *folder)
{
    folder->path = g_dir_make_tmp("mutant-XXXXXX", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder->path);
    folder->scenario = g_build_filename(folder->path, "x.scn", NULL);
    folder->files = g_ptr_array_new_with_free_func(g_free);
}

static void folder_add(struct folder *folder, const char *name, const char *content)
{
    char *path = g_build_filename(folder->path, name, NULL);
    CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, content, -1, NULL));
    g_ptr_array_add(folder->files, path);
}

static void folder_fini(struct folder *folder)
{
    for (guint i = 0; i < folder->files->len; i++) {
        g_unlink(folder->files->pdata[i]);
    }
    g_rmdir(folder->path);
    g_ptr_array_unref(folder->files);
    g_free(folder->scenario);
    g_free(folder->path);
}

/* What is found for the bug (NULL: none), or the message; gives. */
static char *find(const struct folder *folder, const char *bug, unsigned *line)
{
    struct scenario_guard guard = guard_of(bug != NULL ? bug : "", "irq.lost", NULL);
    const struct scenario scenario = {
        .file = folder->scenario,
        .guest = (char *)"./g.so",
        .guest_place = {.file = "x.scn", .line = 2, .column = 1},
        .guard = bug != NULL ? &guard : NULL,
    };
    g_autoptr(GError) error = NULL;
    struct scenario_place place;
    char *found = mutant_find_guest(&scenario, &place, &error);
    CU_ASSERT_EQUAL(found == NULL, error != NULL);
    *line = place.line;
    guard_fini(&guard);
    return found != NULL ? found : g_strdup(error->message);
}

static void check_find(const struct folder *folder, const char *bug, const char *expected,
                       unsigned expected_line)
{
    unsigned line;
    g_autofree char *got = find(folder, bug, &line);
    CU_ASSERT_PTR_NOT_NULL(strstr(got, expected));
    CU_ASSERT_EQUAL(line, expected_line);
}

static void test_the_image_is_the_guests_or_the_mutants(void)
{
    struct folder folder;
    folder_init(&folder);
    folder_add(&folder, "g.so", "");
    folder_add(&folder, "g!bug.so", "");
    check_find(&folder, NULL, "/g.so", 2);
    check_find(&folder, "bug", "/g!bug.so", 4);
    folder_fini(&folder);
}

static void test_a_mutant_that_is_not_built_is_refused_with_the_nearest(void)
{
    struct folder folder;
    folder_init(&folder);
    check_find(&folder, "bug", "there is no guest at", 2);
    folder_add(&folder, "g.so", "");
    check_find(&folder, "bug", "the mutant 'g!bug' is not built; ", 4);
    folder_add(&folder, "g!bog.so", "");
    check_find(&folder, "bug", "; did you mean 'bog'?", 4);
    folder_fini(&folder);
}

static void test_a_mutant_whose_patch_did_not_apply_is_refused_with_the_reason(void)
{
    struct folder folder;
    folder_init(&folder);
    folder_add(&folder, "g.so", "");
    folder_add(&folder, "g!bug.so", "");
    folder_add(&folder, "g!bug.failed", "bug.patch: does not apply: Hunk #1 FAILED\n");
    check_find(&folder, "bug", "bug.patch: does not apply: Hunk #1 FAILED", 4);
    check_find(&folder, NULL, "/g.so", 2);
    folder_fini(&folder);
}

UNIT_SUITE("mutant", UNIT_TEST(test_a_mutant_is_caught_by_the_violation_that_the_guard_names),
           UNIT_TEST(test_a_mutant_passes_only_by_the_named_cause_and_task),
           UNIT_TEST(test_errors_and_other_tests_are_left_alone),
           UNIT_TEST(test_a_run_that_was_stopped_before_its_verdict_is_not_judged),
           UNIT_TEST(test_the_image_is_the_guests_or_the_mutants),
           UNIT_TEST(test_a_mutant_that_is_not_built_is_refused_with_the_nearest),
           UNIT_TEST(test_a_mutant_whose_patch_did_not_apply_is_refused_with_the_reason))
