/*
 * options.c - subcommands and their options, through GOptionContext
 */
#include "harness/options.h"

#include "harness/about_causes.h"
#include "harness/language/scenario.h"
#include "harness/language/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOBS_MAX 1024

static const struct command_info {
    const char *name, *summary;
} commands[COMMAND_COUNT] = {
    [COMMAND_RUN] = {"run", "run the tests of scenario files and folders"},
    [COMMAND_CHECK] = {"check", "find errors in scenario files without running them"},
    [COMMAND_LIST] = {"list", "print the names of the tests"},
};

/* Words of the design that this version does not have: better a clear answer than "unknown". */
static const char *const later_commands[] = {
    "format", "explore", "replay", "shrink", "diff", NULL,
};

static void options_print_usage(FILE *out)
{
    fputs(
        "usage: ringside COMMAND [OPTION…] PATH…\n\n"
        "Runs guest kernels against simulated hardware, as scenario files say. A PATH is a scenario\n"
        "file (*.scn) or a folder of them.\n\nCommands:\n",
        out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
    }
    about_causes_print_usage(out);
    fputs(
        "\n'ringside COMMAND --help' lists the options of a command.\n\n"
        "Exit status: 0 all passed; 1 an expectation failed; 2 usage or scenario error; 3 hang, or\n"
        "the limit reached; 4 the guest crashed; 77 all skipped; 99 ringside's own fault.\n",
        out);
}

static enum options_outcome options_unknown_command(const char *word)
{
    if (g_strv_contains(later_commands, word)) {
        fprintf(stderr, "ringside: '%s' is not available in this version\n", word);
        return OPTIONS_WRONG;
    }
    const char *names[COMMAND_COUNT + ABOUT_CAUSES_COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].name;
    }
    about_causes_names(&names[COMMAND_COUNT]);
    const char *near = scenario_nearest_word(word, names);
    if (near != NULL) {
        fprintf(stderr, "ringside: unknown command '%s': did you mean '%s'?\n", word, near);
    } else {
        fprintf(stderr, "ringside: unknown %s '%s'; 'ringside --help' lists them\n",
                *word == '-' ? "option" : "command", word);
    }
    return OPTIONS_WRONG;
}

static bool options_decide_color(const char *when, bool *color, GError **error)
{
    if (when == NULL || g_str_equal(when, "auto")) {
        const char *no_color = g_getenv("NO_COLOR"); /* no-color.org: empty is as good as absent */
        *color = isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
    } else if (g_str_equal(when, "always")) {
        *color = true;
    } else if (g_str_equal(when, "never")) {
        *color = false;
    } else {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--color is auto, always or never, not '%s'", when);
        return false;
    }
    return true;
}

/* Without a text (NULL) the value stays. */
static bool options_set_number(const char *option, const char *text, uint64_t min, uint64_t max,
                               uint64_t *value, GError **error)
{
    if (text == NULL || g_ascii_string_to_unsigned(text, 10, min, max, value, NULL)) {
        return true;
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "%s takes a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ", not '%s'",
                option, min, max, text);
    return false;
}

static bool options_set_until(const char *text, uint64_t *value_ns, GError **error)
{
    g_autofree char *wrong = text != NULL ? values_time(text, value_ns) : NULL;
    if (wrong == NULL && text != NULL && *value_ns == 0) {
        wrong = g_strdup("the machine stands at its power-on then");
    }
    if (wrong != NULL) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--until %s: %s", text, wrong);
    }
    return wrong == NULL;
}

/* What GOption does not check by itself. */
static bool options_finish(struct options *options, const char *jobs, const char *seed,
                           const char *when, GError **error)
{
    uint64_t job_count = g_get_num_processors();
    options->seed = 1;
    if (!options_decide_color(when, &options->color, error) ||
        !options_set_number("-j", jobs, 1, JOBS_MAX, &job_count, error) ||
        !options_set_number("--seed", seed, 0, UINT64_MAX, &options->seed, error)) {
        return false;
    }
    options->jobs = (unsigned)job_count;
    if (options->filter != NULL && !g_utf8_validate(options->filter, -1, NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--filter is not UTF-8 text");
        return false;
    }
    if (options->paths == NULL || *options->paths == NULL) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    "which scenarios? give a file or a folder: ringside %s scenarios",
                    commands[options->command].name);
        return false;
    }
    if (g_strv_contains((const char *const *)options->paths, "")) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "the name of a file is empty");
        return false;
    }
    if (options->live && options->update) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    "--live and --update exclude each other: a live run is not repeatable");
        return false;
    }
    if (options->verbose && options->quiet) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "-v and -q exclude each other");
        return false;
    }
    return true;
}

/* GOption says no more than "Unknown option --sed". */
static void options_explain_unknown(GError *error, enum command command, const GOptionEntry *common,
                                    const GOptionEntry *more)
{
    const char *option = strrchr(error->message, ' ');
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (; common->long_name != NULL; common++) {
        g_ptr_array_add(names, (gpointer)common->long_name);
    }
    for (; more != NULL && more->long_name != NULL; more++) {
        g_ptr_array_add(names, (gpointer)more->long_name);
    }
    g_ptr_array_add(names, NULL);
    g_assert(option != NULL);
    option++;
    const char *near =
        g_str_has_prefix(option, "--")
            ? scenario_nearest_word(option + strlen("--"), (const char *const *)names->pdata)
            : NULL;
    char *message = near != NULL
                        ? g_strdup_printf("unknown option '%s': did you mean '--%s'?", option, near)
                        : g_strdup_printf("unknown option '%s'; 'ringside %s --help' lists them",
                                          option, commands[command].name);
    g_free(error->message);
    error->message = message;
}

static bool options_parse_command(struct options *options, int *argc, char ***argv, GError **error)
{
    gboolean list = FALSE, tap = FALSE, verbose = FALSE, quiet = FALSE, no_fork = FALSE;
    gboolean gdb = FALSE, json = FALSE, update = FALSE, live = FALSE;
    g_autofree char *jobs = NULL, *seed = NULL, *when = NULL, *until = NULL;
    const GOptionEntry common[] = {
        {"filter", 0, 0, G_OPTION_ARG_FILENAME, &options->filter,
         "only tests whose name matches (* and ? are wild)", "GLOB"},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "say more", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "say only what failed", NULL},
        {"color", 0, 0, G_OPTION_ARG_STRING, &when, "auto, always or never", "WHEN"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->paths, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    const GOptionEntry run[] = {
        {"list", 0, 0, G_OPTION_ARG_NONE, &list, "print the names of the tests, run none", NULL},
        {"jobs", 'j', 0, G_OPTION_ARG_STRING, &jobs, "tests at once (the number of processors)",
         "N"},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &seed, "seed of all that is random in a run (1)", "N"},
        {"pcap", 0, 0, G_OPTION_ARG_FILENAME, &options->pcap,
         "write a capture: to a file, or one a test into a folder", "FILE|DIR"},
        {"events", 0, 0, G_OPTION_ARG_FILENAME, &options->events,
         "write every event of the trace as text, likewise", "FILE|DIR"},
        {"wait-graph", 0, 0, G_OPTION_ARG_FILENAME, &options->wait_graph,
         "write who waits for whom at the verdict, as a graph for graphviz, likewise", "FILE|DIR"},
        {"tap", 0, 0, G_OPTION_ARG_NONE, &tap, "print TAP (Test Anything Protocol)", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "print JSON, a line for each test", NULL},
        {"junit", 0, 0, G_OPTION_ARG_FILENAME, &options->junit, "write JUnit XML as well", "FILE"},
        {"bundle", 0, 0, G_OPTION_ARG_FILENAME, &options->bundle,
         "put all that is known of each failed test into a folder of its own", "DIR"},
        {"update", 0, 0, G_OPTION_ARG_NONE, &update,
         "write golden captures and folders where the run differs from them", NULL},
        {"live", 0, 0, G_OPTION_ARG_NONE, &live,
         "let guests reach services on the loopback of this host, at 10.0.2.2; such a run is not "
         "repeatable",
         NULL},
        {"no-fork", 0, 0, G_OPTION_ARG_NONE, &no_fork,
         "run the one test that is selected in this process, for a debugger", NULL},
        {"gdb", 0, 0, G_OPTION_ARG_NONE, &gdb,
         "run the one test that is selected under gdb, up to its verdict", NULL},
        {"until", 0, 0, G_OPTION_ARG_STRING, &until,
         "stop at a virtual time after power-on, such as 20ms", "TIME"},
        G_OPTION_ENTRY_NULL,
    };
    g_autofree char *program = g_strdup_printf("ringside %s", commands[options->command].name);
    g_set_prgname(program); /* for --help, which GOption prints */
    g_autoptr(GOptionContext) context = g_option_context_new("PATH…");
    g_option_context_set_summary(context, commands[options->command].summary);
    g_option_context_add_main_entries(context, common, NULL);
    if (options->command == COMMAND_RUN) {
        g_option_context_add_main_entries(context, run, NULL);
    }
    GError *wrong = NULL;
    if (!g_option_context_parse(context, argc, argv, &wrong)) {
        if (g_error_matches(wrong, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION)) {
            options_explain_unknown(wrong, options->command, common,
                                    options->command == COMMAND_RUN ? run : NULL);
        }
        g_propagate_error(error, wrong);
        return false;
    }
    options->tap = tap, options->json = json;
    options->verbose = verbose, options->quiet = quiet;
    options->no_fork = no_fork, options->gdb = gdb;
    options->update = update, options->live = live;
    if (!options_set_until(until, &options->until_ns, error)) {
        return false;
    }
    if (list) {
        options->command = COMMAND_LIST;
    }
    return options_finish(options, jobs, seed, when, error);
}

/*
 * The command line without the subcommand, for GOption, which wants "-j 4" where everybody also
 * writes "-j4".
 */
static char **options_split_words(int argc, char **argv)
{
    GPtrArray *words = g_ptr_array_new();
    bool options_over = false;
    g_ptr_array_add(words, g_strdup(argv[0]));
    for (int i = 2; i < argc; i++) {
        const char *word = argv[i];
        options_over = options_over || g_str_equal(word, "--");
        if (!options_over && g_str_has_prefix(word, "-j") && word[2] != '\0') {
            g_ptr_array_add(words, g_strdup("-j"));
            word += strlen("-j");
        }
        g_ptr_array_add(words, g_strdup(word));
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

enum options_outcome options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){.argc = argc, .argv = argv};
    if (argc < 2) {
        options_print_usage(stderr);
        return OPTIONS_WRONG;
    }
    const char *word = argv[1];
    if (g_str_equal(word, "--help") || g_str_equal(word, "-h") || g_str_equal(word, "help")) {
        options_print_usage(stdout);
        return OPTIONS_DONE;
    }
    if (g_str_equal(word, "--version")) {
        puts("ringside " RINGSIDE_VERSION);
        return OPTIONS_DONE;
    }
    enum options_outcome outcome;
    if (about_causes_run(argc, argv, &outcome)) {
        return outcome;
    }
    unsigned command = 0;
    while (command < COMMAND_COUNT && !g_str_equal(word, commands[command].name)) {
        command++;
    }
    if (command == COMMAND_COUNT) {
        return options_unknown_command(word);
    }
    options->command = (enum command)command;
    g_auto(GStrv) words = options_split_words(argc, argv);
    int count = (int)g_strv_length(words);
    g_autofree char **rest = g_memdup2(words, ((size_t)count + 1) * sizeof *words);
    g_autoptr(GError) error = NULL;
    if (!options_parse_command(options, &count, &rest, &error)) {
        fprintf(stderr, "ringside: %s\n", error->message);
        options_clear(options);
        return OPTIONS_WRONG;
    }
    return OPTIONS_GO;
}

void options_clear(struct options *options)
{
    g_strfreev(options->paths);
    g_free(options->filter);
    g_free(options->pcap);
    g_free(options->events);
    g_free(options->wait_graph);
    g_free(options->junit);
    g_free(options->bundle);
    *options = (struct options){0};
}
