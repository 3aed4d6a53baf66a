/*
 * mutant.c - finding the mutant of a guest, and judging what came of it
 */
#include "harness/run/mutant.h"

#include "harness/run/guests.h"

#include <string.h>

#define MUTANT_GRADE_VIOLATION "violation"

#define MUTANT_SUFFIX        ".so"
#define MUTANT_FAILED_SUFFIX ".failed"

/* ---- finding --------------------------------------------------------------------------------- */

static int mutant_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A guest's image, given by its path, need not be called *.so. */
static char *mutant_stem(const char *guest)
{
    bool has_suffix = g_str_has_suffix(guest, MUTANT_SUFFIX);
    return g_strndup(guest, strlen(guest) - (has_suffix ? strlen(MUTANT_SUFFIX) : 0));
}

/* The bugs of a guest that are built: what stands in the names of its mutants. Gives. */
static char **mutant_bugs(const char *guest_path)
{
    GPtrArray *bugs = g_ptr_array_new();
    g_autofree char *folder = g_path_get_dirname(guest_path);
    g_autofree char *base = g_path_get_basename(guest_path);
    g_autofree char *stem = mutant_stem(base);
    g_autofree char *prefix = g_strconcat(stem, "!", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *entry;
    while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_prefix(entry, prefix) && g_str_has_suffix(entry, MUTANT_SUFFIX)) {
            const char *bug = entry + strlen(prefix);
            g_ptr_array_add(bugs, g_strndup(bug, strlen(bug) - strlen(MUTANT_SUFFIX)));
        }
    }
    g_ptr_array_sort(bugs, mutant_compare);
    g_ptr_array_add(bugs, NULL);
    return (char **)g_ptr_array_free(bugs, FALSE);
}

static void mutant_refuse_missing(const char *guest_path, const struct scenario_guard *guard,
                                  GError **error)
{
    g_auto(GStrv) bugs = mutant_bugs(guest_path);
    g_autofree char *base = g_path_get_basename(guest_path);
    g_autofree char *stem = mutant_stem(base);
    const char *near = scenario_nearest_word(guard->bug, (const char *const *)bugs);
    g_set_error(
        error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
        "the mutant '%s!%s' is not built; ringside_add_bug(GUEST … PATCH %s) is what builds "
        "it%s%s%s",
        stem, guard->bug, guard->patch, near != NULL ? "; did you mean '" : "",
        near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* The name of a file beside the guest's: its suffix replaced. */
static char *mutant_path(const char *guest_path, const char *bug, const char *suffix)
{
    g_autofree char *stem = mutant_stem(guest_path);
    return g_strconcat(stem, "!", bug, suffix, NULL);
}

char *mutant_find_guest(const struct scenario *scenario, struct scenario_place *place,
                        GError **error)
{
    *place = scenario->guest_place;
    g_autofree char *guest_path = guests_find(scenario->guest, scenario->file, error);
    if (guest_path == NULL || scenario->guard == NULL) {
        return g_steal_pointer(&guest_path);
    }
    *place = scenario->guard->place;
    const char *bug = scenario->guard->bug;
    g_autofree char *failed = mutant_path(guest_path, bug, MUTANT_FAILED_SUFFIX);
    g_autofree char *why = NULL;
    if (g_file_get_contents(failed, &why, NULL, NULL)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s", g_strchomp(why));
        return NULL;
    }
    g_autofree char *path = mutant_path(guest_path, bug, MUTANT_SUFFIX);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        mutant_refuse_missing(guest_path, scenario->guard, error);
        return NULL;
    }
    return g_steal_pointer(&path);
}

/* ---- judging --------------------------------------------------------------------------------- */

static char *mutant_describe(const char *grade, const char *cause, const char *task)
{
    return g_strdup_printf("%s%s%s%s%s", grade != NULL ? grade : "", grade != NULL ? " " : "",
                           cause, task != NULL ? ", task " : "", task != NULL ? task : "");
}

/* The guard asks for a check, and a strict violation of that name was found. */
static bool mutant_is_violation(const struct scenario_guard *guard, const struct run_result *result)
{
    g_autofree char *prefix = g_strconcat(guard->cause, ": ", NULL);
    for (char **line = result->violations; *line != NULL; line++) {
        if (g_str_has_prefix(*line, prefix)) {
            return true;
        }
    }
    return false;
}

/* A suspicion proves nothing: the guard asks for what is proved or follows from the evidence. */
static bool mutant_is_caught(const struct scenario_guard *guard, const struct run_result *result)
{
    static const char *const accepted[] = {"cause", "derived", NULL};
    return g_strcmp0(result->cause, guard->cause) == 0 && result->grade != NULL &&
           g_strv_contains(accepted, result->grade) &&
           (guard->task == NULL || g_strcmp0(result->task, guard->task) == 0);
}

static void mutant_set(char **text, char *value)
{
    g_free(*text);
    *text = value;
}

static void mutant_fail(const struct scenario_guard *guard, struct run_result *result, char *what,
                        char *got)
{
    result->status = RUN_FAILED;
    result->line = guard->place.line;
    result->column = guard->place.column;
    mutant_set(&result->what, what);
    mutant_set(&result->expected, mutant_describe(NULL, guard->cause, guard->task));
    mutant_set(&result->got, got);
}

static void mutant_judge_failure(const struct scenario_guard *guard, struct run_result *result)
{
    bool is_violation = mutant_is_violation(guard, result);
    if (is_violation) {
        mutant_set(&result->cause, g_strdup(guard->cause));
        mutant_set(&result->grade, g_strdup(MUTANT_GRADE_VIOLATION));
        mutant_set(&result->task, NULL);
    }
    if (is_violation || mutant_is_caught(guard, result)) {
        result->status = RUN_PASSED;
        result->caught = true;
        return;
    }
    g_autofree char *why = result->line != 0
                               ? g_strdup_printf("line %u: %s", result->line, result->what)
                               : g_strdup(result->what);
    g_autofree char *named = result->cause != NULL
                                 ? mutant_describe(result->grade, result->cause, result->task)
                                 : g_strdup("no cause");
    mutant_fail(
        guard, result,
        g_strdup_printf("the bug of %s was noticed, but its cause was not named", guard->patch),
        g_strdup_printf("%s\n(%s)", named, why));
}

void mutant_judge(const struct scenario *scenario, struct run_result *result)
{
    const struct scenario_guard *guard = scenario->guard;
    if (guard == NULL || result->stopped) {
        return;
    }
    switch (result->status) {
    case RUN_PASSED:
        mutant_fail(
            guard, result,
            g_strdup_printf("the test passes with the bug of %s: it does not guard against it",
                            guard->patch),
            g_strdup("passed"));
        break;
    case RUN_FAILED:
    case RUN_STUCK:
    case RUN_CRASHED:
        mutant_judge_failure(guard, result);
        break;
    case RUN_ERROR:
    case RUN_SKIPPED:
    case RUN_FAULT:
        break;
    }
}
