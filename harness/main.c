/*
 * main.c - the ringside command
 *
 * Options, then the files, then the work; the exit status is the worst verdict. The environment is
 * looked at here and in options.c, and nowhere else.
 */
#include "emu/cpu-stub/image.h"
#include "harness/options.h"
#include "harness/report/report.h"
#include "harness/run/guests.h"
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

static GArray *main_entries(const GPtrArray *files)
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
            g_array_append_val(entries, entry);
        }
    }
    return entries;
}

/*
 * ---- list and check ---------------------------------------------------------------------------
 */

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
    g_autofree char *path = guests_find(scenario->guest, scenario->file, &error);
    int status = 0;
    if (path != NULL) {
        pid_t pid = fork();
        if (pid == 0) {
            struct guest_image *image = guest_image_load(path, &error);
            if (image == NULL) {
                fprintf(stderr, "%s:%u:%u: error: %s\n", scenario->file, scenario->guest_place.line,
                        scenario->guest_place.column, error->message);
            }
            _exit(image == NULL ? EXIT_FAILURE : EXIT_SUCCESS);
        }
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        return pid > 0 && status == 0;
    }
    fprintf(stderr, "%s:%u:%u: error: %s\n", scenario->file, scenario->guest_place.line,
            scenario->guest_place.column, error->message);
    return false;
}

static enum run_status main_check(const struct options *options, const GArray *entries)
{
    enum run_status status = main_list(options, entries);
    unsigned tests = 0;
    for (guint i = 0; i < entries->len; i++) {
        const struct scenario *scenario = g_array_index(entries, struct entry, i).scenario;
        if (scenario == NULL) {
            continue;
        }
        tests++;
        const struct scenario *before =
            i > 0 ? g_array_index(entries, struct entry, i - 1).scenario : NULL;
        bool same = before != NULL && g_str_equal(before->file, scenario->file) &&
                    g_str_equal(before->guest, scenario->guest);
        if (!same && !main_check_guest(scenario)) {
            status = RUN_ERROR;
        }
    }
    if (status == RUN_PASSED && !options->quiet) {
        printf("%u tests, no errors\n", tests);
    }
    return status;
}

/*
 * ---- run --------------------------------------------------------------------------------------
 */

/* The run's own state, for the callbacks of the pool. */
struct main_run {
    struct report *report;
    const GArray *entries;
};

static void main_done(void *opaque, size_t index, struct pool_job *job)
{
    const struct main_run *run = opaque;
    const struct entry *entry = &g_array_index(run->entries, struct entry, index);
    if (entry->scenario == NULL) {
        report_file_error(run->report, entry->file->name, entry->file->diagnostics);
    } else {
        report_test(run->report, entry->scenario->name, entry->scenario->file, &job->result);
    }
}

static void main_progress(void *opaque, size_t finished, size_t total)
{
    const struct main_run *run = opaque;
    report_progress(run->report, finished, total);
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
    };
    job->options.guest_path = guests_find(scenario->guest, scenario->file, &error);
    if (job->options.guest_path == NULL) {
        main_job_error(job, &scenario->guest_place, error);
        return;
    }
    if (options->pcap != NULL) {
        bool is_folder =
            g_str_has_suffix(options->pcap, "/") || g_file_test(options->pcap, G_FILE_TEST_IS_DIR);
        job->options.capture_path =
            main_output_path(options->pcap, is_folder, scenario->name, ".pcap", &error);
    }
    if (error == NULL && options->events != NULL) {
        bool is_folder = g_str_has_suffix(options->events, "/") ||
                         g_file_test(options->events, G_FILE_TEST_IS_DIR);
        job->options.events_path =
            main_output_path(options->events, is_folder, scenario->name, ".events", &error);
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
    run_result_clear(&job->result);
}

/* A file can hold one test's output only. */
static char *main_check_outputs(const struct options *options, size_t count)
{
    const char *const targets[] = {options->pcap, options->events};
    static const char *const names[] = {"--pcap", "--events"};
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        if (targets[i] != NULL && count > 1 && !g_str_has_suffix(targets[i], "/") &&
            !g_file_test(targets[i], G_FILE_TEST_IS_DIR)) {
            return g_strdup_printf("%s %s would be written by %zu tests; name a folder (%s/), or "
                                   "select one test with --filter",
                                   names[i], targets[i], count, targets[i]);
        }
    }
    return NULL;
}

static enum run_status main_run(const struct options *options, const GArray *entries)
{
    g_autofree char *refused = main_check_outputs(options, entries->len);
    if (refused != NULL) {
        return main_usage_error(refused);
    }
    if (options->no_fork && entries->len != 1) {
        return main_usage_error("--no-fork takes exactly one test; select it with --filter");
    }
    const struct report_options report_options = {
        .format = options->tap ? REPORT_TAP : REPORT_TEXT,
        .color = options->color,
        .verbose = options->verbose,
        .quiet = options->quiet,
        .progress = isatty(STDERR_FILENO) && !options->no_fork,
        .seed = options->seed,
    };
    struct main_run run = {
        .report = report_new(stdout, &report_options, entries->len),
        .entries = entries,
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
        if (jobs[0].scenario != NULL) {
            pool_run_here(&jobs[0]);
        }
        main_done(&run, 0, &jobs[0]);
    } else {
        pool_run(jobs, entries->len, options->jobs, main_done, main_progress, &run);
    }
    for (guint i = 0; i < entries->len; i++) {
        main_clear_job(&jobs[i]);
    }
    g_free(jobs);
    return report_end(run.report);
}

static enum run_status main_dispatch(const struct options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) files = select_files(options->paths, options->filter, &error);
    if (files == NULL) {
        return main_usage_error(error->message);
    }
    g_autoptr(GArray) entries = main_entries(files);
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
    if (fflush(stdout) != 0 && status == RUN_PASSED) {
        fprintf(stderr, "ringside: cannot write the report: %s\n", g_strerror(errno));
        status = RUN_ERROR;
    }
    return (int)status;
}
