/*
 * main.c - the ringside command
 *
 * Options, then the files, then the work; the exit status is the worst verdict. The environment is
 * looked at here and in options.c, and nowhere else.
 */
#include "emu/cpu-stub/image.h"
#include "harness/debugger.h"
#include "harness/options.h"
#include "harness/outputs.h"
#include "harness/report/report.h"
#include "harness/run/each.h"
#include "harness/run/final_capture.h"
#include "harness/run/final_share.h"
#include "harness/run/guest_check.h"
#include "harness/run/mutant.h"
#include "harness/run/pool.h"
#include "harness/run/select.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTEXT_EVENTS         12
#define CONTEXT_EVENTS_VERBOSE 40

/* One line of the report: a test, or a file that cannot be read as one. */
struct entry {
    const struct selected_file *file;
    const struct scenario *scenario; /* NULL: the file has errors */
};

static enum run_status main_usage_error(const char *message)
{
    fprintf(stderr, "ringside: %s\n", message);
    return RUN_ERROR;
}

static GArray *main_entries(const GPtrArray *files, const char *filter)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    for (guint i = 0; i < files->len; i++) {
        const struct selected_file *file = g_ptr_array_index(files, i);
        struct entry entry = {.file = file};
        if (file->tests == NULL) {
            g_array_append_val(entries, entry);
            continue;
        }
        for (guint j = 0; j < file->tests->len; j++) {
            entry.scenario = g_ptr_array_index(file->tests, j);
            if (filter == NULL || g_pattern_match_simple(filter, entry.scenario->name)) {
                g_array_append_val(entries, entry);
            }
        }
    }
    return entries;
}

/* ---- list and check -------------------------------------------------------------------------- */

static enum run_status main_list(const struct options *options, const GArray *entries)
{
    enum run_status status = RUN_PASSED;
    for (guint i = 0; i < entries->len; i++) {
        const struct entry *entry = &g_array_index(entries, struct entry, i);
        if (entry->scenario == NULL) {
            g_autoptr(GString) text = g_string_new(NULL);
            for (guint j = 0; j < entry->file->diagnostics->len; j++) {
                scenario_diagnostic_format(text, g_ptr_array_index(entry->file->diagnostics, j),
                                           options->color);
            }
            fputs(text->str, stderr);
            status = RUN_ERROR;
        } else if (options->command == COMMAND_LIST) {
            printf("%s", entry->scenario->name);
            if (options->verbose && entry->scenario->title != NULL) {
                printf("  %s", entry->scenario->title);
            }
            putchar('\n');
        }
    }
    return status;
}

/* The guest is loaded by a child: an image can be loaded once a process, at one address. */
static bool main_check_guest(const struct scenario *scenario)
{
    g_autoptr(GError) error = NULL;
    struct scenario_place where;
    g_autofree char *path = mutant_find_guest(scenario, &where, &error);
    int status = 0;
    if (path != NULL) {
        pid_t pid = fork();
        if (pid == 0) {
            struct scenario_place place = scenario->guest_place;
            struct guest_image *image = guest_image_load(path, &error);
            bool good = image != NULL &&
                        guest_check(scenario, guest_image_descriptor(image), &place, &error);
            if (!good) {
                fprintf(stderr, "%s:%u:%u: error: %s\n", scenario->file, place.line, place.column,
                        error->message);
            }
            _exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (pid > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) > EXIT_FAILURE)) {
            fprintf(stderr, "%s:%u:%u: error: the guest %s cannot be loaded: the loader crashed\n",
                    scenario->file, scenario->guest_place.line, scenario->guest_place.column, path);
        }
        return pid > 0 && status == 0;
    }
    fprintf(stderr, "%s:%u:%u: error: %s\n", scenario->file, where.line, where.column,
            error->message);
    return false;
}

/* Tests of one file have much in common: what is wrong with it is told once. */
static void main_tell_once(GHashTable *told, const struct scenario *scenario,
                           const struct scenario_place *place, const GError *error)
{
    g_autofree char *message = g_strdup_printf("%s:%u:%u: error: %s\n", scenario->file, place->line,
                                               place->column, error->message);
    if (!g_hash_table_contains(told, message)) {
        fputs(message, stderr);
        g_hash_table_add(told, g_steal_pointer(&message));
    }
}

/* With parameters each test may have golden captures of its own. */
static bool main_check_goldens(const struct scenario *scenario, GHashTable *told)
{
    bool good = true;
    for (guint i = 0; i < scenario->finals->len; i++) {
        const struct scenario_statement *statement = g_ptr_array_index(scenario->finals, i);
        g_autoptr(GError) error = NULL;
        if (statement->verb != SCENARIO_FINALLY_CAPTURE ||
            final_capture_check(scenario, statement, &error)) {
            continue;
        }
        good = false;
        main_tell_once(told, scenario, &statement->place, error);
    }
    return good;
}

static bool main_check_shares(const struct scenario *scenario, GHashTable *told)
{
    g_autoptr(GError) error = NULL;
    struct scenario_place place = scenario->guest_place;
    bool good = final_share_check(scenario, &place, &error);
    if (!good) {
        main_tell_once(told, scenario, &place, error);
    }
    return good;
}

static enum run_status main_check(const struct options *options, const GArray *entries)
{
    enum run_status status = main_list(options, entries);
    g_autoptr(GHashTable) goldens_told =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    unsigned tests = 0;
    const char *refused = NULL;
    for (guint i = 0; i < entries->len; i++) {
        const struct scenario *scenario = g_array_index(entries, struct entry, i).scenario;
        if (scenario == NULL) {
            continue;
        }
        tests++;
        /* One test of a file shows what is wrong with all of them. */
        bool told = refused != NULL && g_str_equal(refused, scenario->file);
        if (!told && !main_check_guest(scenario)) {
            refused = scenario->file;
            status = RUN_ERROR;
        }
        if (!main_check_goldens(scenario, goldens_told) ||
            !main_check_shares(scenario, goldens_told)) {
            status = RUN_ERROR;
        }
    }
    if (status == RUN_PASSED && !options->quiet) {
        printf("%u %s, no errors\n", tests, tests == 1 ? "test" : "tests");
    }
    return status;
}

/* ---- run ------------------------------------------------------------------------------------- */

/* The run's own state, for the callbacks of the pool. */
struct main_run {
    struct report *report;
    struct outputs *outputs;
    const GArray *entries;
    bool live;
};

static void main_done(void *opaque, size_t index, struct pool_job *job)
{
    const struct main_run *run = opaque;
    const struct entry *entry = &g_array_index(run->entries, struct entry, index);
    if (entry->scenario == NULL) {
        report_file_error(run->report, entry->file->name, entry->file->diagnostics);
    } else {
        job->result.live = run->live && job->result.status != RUN_SKIPPED;
        mutant_judge(entry->scenario, &job->result);
        report_test(run->report, entry->scenario->name, entry->scenario->file, &job->result);
    }
    const struct outputs_test test = {
        .name = entry->scenario != NULL ? entry->scenario->name : entry->file->name,
        .file = entry->file->path,
        .scenario = entry->scenario,
        .diagnostics = entry->file->diagnostics,
        .job = job,
    };
    outputs_add(run->outputs, run->report, &test);
}

static void main_progress(void *opaque, size_t finished, size_t total)
{
    const struct main_run *run = opaque;
    report_progress(run->report, finished, total);
}

/* Whether an option names a folder, in which each test has a file of its own. */
static bool main_is_folder(const char *target)
{
    return g_str_has_suffix(target, "/") || g_file_test(target, G_FILE_TEST_IS_DIR);
}

/*
 * Where a test's capture or event log goes: the file that was named, or NAME.SUFFIX below the
 * folder, whose subfolders are made. NULL with a GError.
 */
static char *main_output_path(const char *target, bool is_folder, const char *name,
                              const char *suffix, GError **error)
{
    if (!is_folder) {
        return g_strdup(target);
    }
    g_autofree char *base = g_strconcat(name, suffix, NULL);
    g_autofree char *path = g_build_filename(target, base, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    if (g_mkdir_with_parents(folder, 0777) != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot make %s: %s",
                    folder, g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&path);
}

static void main_job_error(struct pool_job *job, const struct scenario_place *place,
                           const GError *error)
{
    job->scenario = NULL;
    job->result.status = RUN_ERROR;
    if (place != NULL) {
        job->result.line = place->line;
        job->result.column = place->column;
    }
    g_free(job->result.what);
    job->result.what = g_strdup(error->message);
}

static void main_prepare_job(struct pool_job *job, const struct options *options,
                             const struct scenario *scenario)
{
    g_autoptr(GError) error = NULL;
    job->scenario = scenario;
    job->options = (struct session_options){
        .seed = options->seed,
        .context_events = options->verbose ? CONTEXT_EVENTS_VERBOSE : CONTEXT_EVENTS,
        .until_ns = options->until_ns,
        .live = options->live,
        .update = options->update,
    };
    if (scenario->requires_live && !options->live) {
        job->scenario = NULL;
        job->result.status = RUN_SKIPPED;
        g_free(job->result.what);
        job->result.what = g_strdup("it requires services of this host: run it with --live");
        return;
    }
    struct scenario_place place;
    job->options.guest_path = mutant_find_guest(scenario, &place, &error);
    if (job->options.guest_path == NULL) {
        main_job_error(job, &place, error);
        return;
    }
    if (options->pcap != NULL) {
        job->options.capture_path = main_output_path(options->pcap, main_is_folder(options->pcap),
                                                     scenario->name, ".pcap", &error);
    }
    if (error == NULL && options->events != NULL) {
        job->options.events_path = main_output_path(
            options->events, main_is_folder(options->events), scenario->name, ".events", &error);
    }
    if (error == NULL && options->wait_graph != NULL) {
        job->options.wait_graph_path =
            main_output_path(options->wait_graph, main_is_folder(options->wait_graph),
                             scenario->name, ".dot", &error);
    }
    if (error != NULL) {
        main_job_error(job, NULL, error);
    }
}

static void main_clear_job(struct pool_job *job)
{
    g_free((char *)job->options.guest_path);
    g_free((char *)job->options.capture_path);
    g_free((char *)job->options.events_path);
    g_free((char *)job->options.wait_graph_path);
    run_result_clear(&job->result);
}

/* How many of the entries are tests that can be run. */
static size_t main_count_tests(const GArray *entries)
{
    size_t count = 0;
    for (guint i = 0; i < entries->len; i++) {
        count += g_array_index(entries, struct entry, i).scenario != NULL ? 1 : 0;
    }
    return count;
}

static GPtrArray *main_scenarios(const GArray *entries)
{
    GPtrArray *scenarios = g_ptr_array_new();
    for (guint i = 0; i < entries->len; i++) {
        const struct entry *entry = &g_array_index(entries, struct entry, i);
        if (entry->scenario != NULL) {
            g_ptr_array_add(scenarios, (gpointer)entry->scenario);
        }
    }
    return scenarios;
}

/* A file can hold one output of one test only. */
static char *main_check_outputs(const struct options *options, size_t count)
{
    const char *const targets[] = {options->pcap, options->events, options->wait_graph};
    static const char *const names[] = {"--pcap", "--events", "--wait-graph"};
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        if (targets[i] != NULL && count > 1 && !main_is_folder(targets[i])) {
            return g_strdup_printf("%s %s would be written by %zu tests; name a folder (%s/), or "
                                   "select one test with --filter",
                                   names[i], targets[i], count, targets[i]);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        for (size_t j = 0; j < i; j++) {
            if (targets[i] == NULL || targets[j] == NULL || main_is_folder(targets[j])) {
                continue;
            }
            g_autofree char *one = g_canonicalize_filename(targets[j], NULL);
            g_autofree char *other = g_canonicalize_filename(targets[i], NULL);
            if (g_str_equal(one, other)) {
                return g_strdup_printf("%s and %s both name %s", names[j], names[i], targets[j]);
            }
        }
    }
    return NULL;
}

static enum report_format main_format(const struct options *options)
{
    if (options->tap) {
        return REPORT_TAP;
    }
    return options->json ? REPORT_JSON : REPORT_TEXT;
}

static enum run_status main_run(const struct options *options, const GArray *entries)
{
    size_t test_count = main_count_tests(entries);
    g_autofree char *refused = main_check_outputs(options, test_count);
    if (refused == NULL) {
        g_autoptr(GPtrArray) scenarios = main_scenarios(entries);
        refused = outputs_check(options, scenarios);
    }
    if (refused == NULL && (options->no_fork || options->gdb) && test_count > 1) {
        refused = g_strdup_printf("%s takes one test, and these are %zu; select one with --filter",
                                  options->gdb ? "--gdb" : "--no-fork", test_count);
    }
    if (refused == NULL && options->gdb && test_count == 1) {
        g_autoptr(GError) error = NULL;
        debugger_exec(options->argc, options->argv, &error);
        refused = g_strdup(error->message);
    }
    g_autoptr(GError) error = NULL;
    struct outputs *outputs = refused == NULL ? outputs_open(options, &error) : NULL;
    if (outputs == NULL) {
        return main_usage_error(refused != NULL ? refused : error->message);
    }
    const struct report_options report_options = {
        .format = main_format(options),
        .color = options->color,
        .verbose = options->verbose,
        .quiet = options->quiet,
        .progress = isatty(STDERR_FILENO) && !options->no_fork,
        .seed = options->seed,
        .bundle = options->bundle,
        .live = options->live,
    };
    struct main_run run = {
        .report = report_new(stdout, &report_options, entries->len),
        .outputs = outputs,
        .entries = entries,
        .live = options->live,
    };
    struct pool_job *jobs = g_new0(struct pool_job, entries->len);
    for (guint i = 0; i < entries->len; i++) {
        const struct scenario *scenario = g_array_index(entries, struct entry, i).scenario;
        run_result_init(&jobs[i].result);
        if (scenario != NULL) {
            main_prepare_job(&jobs[i], options, scenario);
        }
    }
    if (options->no_fork) {
        for (guint i = 0; i < entries->len; i++) {
            if (jobs[i].scenario != NULL) {
                pool_run_here(&jobs[i]);
            }
            main_done(&run, i, &jobs[i]);
        }
    } else {
        pool_run(jobs, entries->len, options->jobs, main_done, main_progress, &run);
    }
    bool written = outputs_close(outputs);
    for (guint i = 0; i < entries->len; i++) {
        main_clear_job(&jobs[i]);
    }
    g_free(jobs);
    enum run_status status = report_end(run.report);
    return written ? status : run_status_worse(status, RUN_ERROR);
}

static enum run_status main_dispatch(const struct options *options)
{
    g_autoptr(GPtrArray) files = select_files(options->paths, options->filter);
    if (options->command == COMMAND_RUN) {
        each_expand(files, options->seed, options->jobs);
    }
    g_autoptr(GArray) entries = main_entries(files, options->filter);
    if (entries->len == 0) {
        g_autofree char *message =
            g_strdup_printf("nothing selected: no test matches '%s'", options->filter);
        return main_usage_error(message);
    }
    switch (options->command) {
    case COMMAND_RUN:
        return main_run(options, entries);
    case COMMAND_CHECK:
        return main_check(options, entries);
    case COMMAND_LIST:
        return main_list(options, entries);
    case COMMAND_COUNT:
        break;
    }
    g_assert_not_reached();
}

int main(int argc, char **argv)
{
    /*
     * Messages are UTF-8 and English on every machine; libslirp and GLib must not hear of the
     * user's debugging.
     */
    setlocale(LC_CTYPE, "C.UTF-8");
    unsetenv("SLIRP_DEBUG");
    unsetenv("G_MESSAGES_DEBUG");
    struct options options;
    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return RUN_ERROR;
    case OPTIONS_GO:
        break;
    }
    enum run_status status = main_dispatch(&options);
    options_clear(&options);
    /* A full disk or a closed pipe under stdout must not look like success. */
    errno = 0;
    bool lost = fflush(stdout) != 0 || ferror(stdout) != 0;
    if (lost) {
        fprintf(stderr, "ringside: cannot write the report%s%s\n", errno != 0 ? ": " : "",
                errno != 0 ? g_strerror(errno) : "");
        status = run_status_worse(status, RUN_ERROR);
    }
    return (int)status;
}
