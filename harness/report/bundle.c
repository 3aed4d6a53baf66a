/*
 * bundle.c - the folder of a failed test
 *
 * The scenario lies in a folder of its own subject again, so that its test has the same name there.
 * What it refers to by a path below its own folder comes along under the same path; what lies
 * elsewhere is named in run.txt. A folder comes along as a share shows it: files, folders and
 * symbolic links, and nothing outside that a link may lead to.
 */
#include "harness/report/bundle.h"

#include "harness/report/repro.h"
#include "harness/run/folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

bool bundle_prepare(const char *folder, GError **error)
{
    if (g_mkdir_with_parents(folder, 0777) == 0 && access(folder, W_OK | X_OK) == 0) {
        return true;
    }
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                "cannot write bundles into %s: %s", folder, g_strerror(errno));
    return false;
}

static bool bundle_make(const char *folder, GError **error)
{
    if (g_mkdir_with_parents(folder, 0777) == 0) {
        return true;
    }
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot make %s: %s",
                folder, g_strerror(errno));
    return false;
}

char *bundle_make_folder(const char *folder, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return bundle_make(path, error) ? g_steal_pointer(&path) : NULL;
}

static bool bundle_put(const char *folder, const char *name, const char *content, size_t size,
                       GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    return bundle_make(parent, error) &&
           g_file_set_contents_full(path, content, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0666,
                                    error);
}

/* Whether a path stays in the folder that it is relative to. */
static bool bundle_is_below(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    return !g_path_is_absolute(path) && !g_strv_contains((const char *const *)parts, "..");
}

/* As a whole, or not at all: with a part of it the test would be another one. */
static bool bundle_copy_folder(const char *from, const char *to, GString *notes, GError **error)
{
    g_autoptr(GError) why = NULL;
    struct p9_tree *tree = folder_read(from, BUNDLE_FOLDER_BYTES_MAX, &why);
    if (tree == NULL) {
        g_string_append_printf(notes, "not here: %s: %s\n", from, why->message);
        return true;
    }
    bool copied = folder_write_all(tree, to, error);
    p9_tree_free(tree);
    return copied;
}

/*
 * Copies a file or folder that the scenario names into `into`, or notes that it is not there. One
 * that cannot be read may be what the test failed for.
 */
static bool bundle_copy(const struct bundle_source *source, const char *into, const char *path,
                        GString *notes, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(source->file);
    g_autofree char *from =
        g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(folder, path, NULL);
    if (bundle_is_below(path) && g_file_test(from, G_FILE_TEST_IS_DIR)) {
        g_autofree char *to = g_build_filename(into, path, NULL);
        return bundle_copy_folder(from, to, notes, error);
    }
    g_autofree char *content = NULL;
    size_t size;
    if (!bundle_is_below(path) || !g_file_get_contents(from, &content, &size, NULL)) {
        g_string_append_printf(notes, "not here: %s\n", from);
        return true;
    }
    return bundle_put(into, path, content, size, error);
}

static bool bundle_copy_scenario(const struct bundle_source *source, const char *into,
                                 GString *notes, GError **error)
{
    g_autofree char *base = g_path_get_basename(source->file);
    const struct scenario *scenario = source->scenario;
    if (!bundle_copy(source, into, base, notes, error) || scenario == NULL) {
        return scenario == NULL && *error == NULL;
    }
    if (strchr(scenario->guest, '/') != NULL &&
        !bundle_copy(source, into, scenario->guest, notes, error)) {
        return false;
    }
    for (guint i = 0; i < scenario->finals->len; i++) {
        const struct scenario_statement *statement = g_ptr_array_index(scenario->finals, i);
        if (statement->golden != NULL &&
            !bundle_copy(source, into, statement->golden, notes, error)) {
            return false;
        }
    }
    for (guint i = 0; i < scenario->inputs->len; i++) {
        if (!bundle_copy(source, into, g_ptr_array_index(scenario->inputs, i), notes, error)) {
            return false;
        }
    }
    for (guint i = 0; i < scenario->guards->len; i++) {
        const struct scenario_guard *guard = g_ptr_array_index(scenario->guards, i);
        if (!bundle_copy(source, into, guard->patch, notes, error)) {
            return false;
        }
    }
    return true;
}

static char *bundle_checksum(const char *path)
{
    g_autofree char *content = NULL;
    size_t size;
    if (path == NULL || !g_file_get_contents(path, &content, &size, NULL)) {
        return g_strdup("-");
    }
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)content, size);
}

static bool bundle_write_script(const char *test_folder, const struct bundle_source *source,
                                const char *subject, GError **error)
{
    g_autofree char *base = g_path_get_basename(source->file);
    g_autofree char *file = g_build_filename(subject, base, NULL);
    g_autofree char *arguments = repro_arguments(source->name, file, source->seed, source->live);
    g_autofree char *script = g_strdup_printf("#!/bin/sh\n"
                                              "cd \"$(dirname \"$0\")\" || exit 99\n"
                                              "exec \"${RINGSIDE:-ringside}\" %s \"$@\"\n",
                                              arguments);
    g_autofree char *path = g_build_filename(test_folder, "repro.sh", NULL);
    if (!bundle_put(test_folder, "repro.sh", script, strlen(script), error)) {
        return false;
    }
    if (g_chmod(path, 0777) != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return false;
    }
    return true;
}

bool bundle_write(const char *test_folder, const struct bundle_source *source, GError **error)
{
    GError *wrong = NULL;
    const char *slash = strchr(source->name, '/');
    g_autofree char *subject = g_strndup(
        source->name, slash != NULL ? (size_t)(slash - source->name) : strlen(source->name));
    g_autofree char *into = g_build_filename(test_folder, subject, NULL);
    g_autofree char *checksum = bundle_checksum(source->guest_path);
    g_autoptr(GString) about = g_string_new(NULL);
    g_string_printf(about,
                    "test: %s\nverdict: %s\nseed: %" G_GUINT64_FORMAT
                    "\nringside: %s\nguest: %s\nguest-sha256: %s\n",
                    source->name, run_status_name(source->status), source->seed, RINGSIDE_VERSION,
                    source->guest_path != NULL ? source->guest_path : "-", checksum);
    if (bundle_copy_scenario(source, into, about, &wrong) &&
        bundle_write_script(test_folder, source, subject, &wrong) &&
        bundle_put(test_folder, "run.txt", about->str, about->len, &wrong) &&
        bundle_put(test_folder, "report.txt", source->report, strlen(source->report), &wrong)) {
        return true;
    }
    g_propagate_error(error, wrong);
    return false;
}
