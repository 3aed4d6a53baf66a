/*
 * outputs.c - JUnit XML and bundles
 *
 * A bundle's capture, events and wait-for graph come from a second run of the failed test: to write
 * them for each test, in case it fails, would cost every run. As a run is a function of guest,
 * scenario and seed, the second one is the first one again; if its verdict is another, that is
 * said.
 */
#include "harness/outputs.h"

#include "harness/report/bundle.h"
#include "harness/report/junit.h"
#include "harness/run/mutant.h"

#include <stdio.h>

/* A failed test, and its second run. */
struct outputs_failure {
    struct outputs_test test;
    char *text, *folder;
};

struct outputs {
    const struct options *options;
    struct junit *junit;   /* NULL: not asked for */
    GPtrArray *failures;   /* struct outputs_failure; stays empty when there are no bundles */
    struct pool_job *jobs; /* their second runs */
    bool failed;
};

/* ---- checking -------------------------------------------------------------------------------- */

/*
 * Each golden capture, or folder, is written by one test, or it would depend on which of them is
 * the last.
 */
static char *outputs_check_goldens(const GPtrArray *scenarios)
{
    g_autoptr(GHashTable) writers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < scenarios->len; i++) {
        const struct scenario *scenario = g_ptr_array_index(scenarios, i);
        for (guint j = 0; scenario->guard == NULL && j < scenario->finals->len; j++) {
            const struct scenario_statement *statement = g_ptr_array_index(scenario->finals, j);
            if (statement->golden == NULL) {
                continue;
            }
            g_autofree char *path = scenario_golden_path(scenario, statement);
            char *absolute = g_canonicalize_filename(path, NULL);
            const char *other = g_hash_table_lookup(writers, absolute);
            if (other != NULL && other != scenario->name) {
                g_free(absolute);
                return g_strdup_printf("--update would have %s written by both %s and %s; select "
                                       "one of them with --filter",
                                       path, other, scenario->name);
            }
            g_hash_table_insert(writers, absolute, scenario->name);
        }
    }
    return NULL;
}

char *outputs_check(const struct options *options, const GPtrArray *scenarios)
{
    if (options->tap && options->json) {
        return g_strdup("--tap and --json exclude each other");
    }
    if (options->bundle != NULL && options->no_fork) {
        return g_strdup("--bundle runs a failed test twice, and --no-fork runs one test once");
    }
    const char *const others[] = {options->pcap, options->events, options->wait_graph};
    static const char *const names[] = {"--pcap", "--events", "--wait-graph"};
    for (size_t i = 0; options->junit != NULL && i < G_N_ELEMENTS(others); i++) {
        g_autofree char *mine = g_canonicalize_filename(options->junit, NULL);
        g_autofree char *other =
            others[i] != NULL ? g_canonicalize_filename(others[i], NULL) : NULL;
        if (other != NULL && g_str_equal(mine, other)) {
            return g_strdup_printf("%s and --junit both name %s", names[i], options->junit);
        }
    }
    return options->update ? outputs_check_goldens(scenarios) : NULL;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void outputs_free_failure(void *opaque)
{
    struct outputs_failure *failure = opaque;
    g_free(failure->text);
    g_free(failure->folder);
    g_free(failure);
}

struct outputs *outputs_open(const struct options *options, GError **error)
{
    if (options->bundle != NULL && !bundle_prepare(options->bundle, error)) {
        return NULL;
    }
    struct junit *junit = options->junit != NULL ? junit_open(options->junit, error) : NULL;
    if (options->junit != NULL && junit == NULL) {
        return NULL;
    }
    struct outputs *outputs = g_new0(struct outputs, 1);
    outputs->options = options;
    outputs->junit = junit;
    outputs->failures = g_ptr_array_new_with_free_func(outputs_free_failure);
    return outputs;
}

static void outputs_complain(struct outputs *outputs, GError *error)
{
    fprintf(stderr, "ringside: %s\n", error->message);
    g_error_free(error);
    outputs->failed = true;
}

void outputs_add(struct outputs *outputs, const struct report *report,
                 const struct outputs_test *test)
{
    struct run_result wrong;
    const struct run_result *result = &test->job->result;
    g_autofree char *text = NULL;
    run_result_init(&wrong);
    if (test->scenario == NULL) {
        const struct scenario_diagnostic *first = g_ptr_array_index(test->diagnostics, 0);
        wrong.status = RUN_ERROR;
        wrong.line = first->place.line;
        g_free(wrong.what);
        wrong.what = g_strdup(first->message);
        result = &wrong;
        text = report_file_error_text(test->diagnostics);
    } else {
        text = report_test_text(report, test->name, test->file, result);
    }
    if (outputs->junit != NULL) {
        junit_add(outputs->junit, test->name, test->file, result, text);
    }
    bool good = result->status == RUN_PASSED || result->status == RUN_SKIPPED;
    if (!good && outputs->options->bundle != NULL) {
        struct outputs_failure *failure = g_new0(struct outputs_failure, 1);
        failure->test = *test;
        failure->text = g_steal_pointer(&text);
        g_ptr_array_add(outputs->failures, failure);
    }
    run_result_clear(&wrong);
}

/* ---- bundles --------------------------------------------------------------------------------- */

/* Makes the folder, and prepares the second run, unless there was no first one. */
static void outputs_prepare_failure(struct outputs *outputs, struct outputs_failure *failure,
                                    struct pool_job *job)
{
    GError *error = NULL;
    run_result_init(&job->result);
    failure->folder = bundle_make_folder(outputs->options->bundle, failure->test.name, &error);
    if (failure->folder == NULL) {
        outputs_complain(outputs, error);
        return;
    }
    if (failure->test.scenario != NULL && failure->test.job->scenario != NULL) {
        job->scenario = failure->test.scenario;
        job->options = failure->test.job->options;
        job->options.capture_path = g_build_filename(failure->folder, BUNDLE_CAPTURE, NULL);
        job->options.events_path = g_build_filename(failure->folder, BUNDLE_EVENTS, NULL);
        job->options.wait_graph_path = g_build_filename(failure->folder, BUNDLE_WAITS, NULL);
    }
}

static void outputs_bundle(void *opaque, size_t index, struct pool_job *job)
{
    struct outputs *outputs = opaque;
    const struct outputs_failure *failure = g_ptr_array_index(outputs->failures, index);
    const struct outputs_test *test = &failure->test;
    GError *error = NULL;
    enum run_status status = test->scenario == NULL ? RUN_ERROR : test->job->result.status;
    if (job->scenario != NULL) {
        mutant_judge(job->scenario, &job->result);
        if (job->result.status != status) {
            fprintf(stderr,
                    "ringside: %s: the second run, for the bundle, came to another verdict: "
                    "%s%s%s\n",
                    test->name, run_status_name(job->result.status),
                    *job->result.what != '\0' ? ": " : "", job->result.what);
            outputs->failed = true;
        }
    }
    const struct bundle_source source = {
        .name = test->name,
        .file = test->file,
        .scenario = test->scenario,
        .guest_path = test->scenario != NULL ? test->job->options.guest_path : NULL,
        .seed = outputs->options->seed,
        .live = outputs->options->live,
        .status = status,
        .report = failure->text,
    };
    if (failure->folder != NULL && !bundle_write(failure->folder, &source, &error)) {
        outputs_complain(outputs, error);
    }
    g_free((char *)job->options.capture_path);
    g_free((char *)job->options.events_path);
    g_free((char *)job->options.wait_graph_path);
    run_result_clear(&job->result);
}

static void outputs_progress(void *opaque, size_t finished, size_t total)
{
    (void)opaque;
    (void)finished;
    (void)total;
}

bool outputs_close(struct outputs *outputs)
{
    guint count = outputs->failures->len;
    outputs->jobs = g_new0(struct pool_job, count);
    for (guint i = 0; i < count; i++) {
        outputs_prepare_failure(outputs, g_ptr_array_index(outputs->failures, i),
                                &outputs->jobs[i]);
    }
    pool_run(outputs->jobs, count, outputs->options->jobs, outputs_bundle, outputs_progress,
             outputs);
    GError *error = NULL;
    if (outputs->junit != NULL && !junit_close(outputs->junit, &error)) {
        outputs_complain(outputs, error);
    }
    bool good = !outputs->failed;
    g_free(outputs->jobs);
    g_ptr_array_unref(outputs->failures);
    g_free(outputs);
    return good;
}
