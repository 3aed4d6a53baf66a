/* select.c - from paths on the command line to tests */
#include "harness/run/select.h"

#include "harness/language/diagnostic.h"

#include <glib.h>
#include <string.h>

#define SCENARIO_SUFFIX  ".scn"
#define FOLDER_DEPTH_MAX 32

static int select_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * Adds the scenario files below a folder, and the folder itself when it cannot be read: loading it
 * gives the message. Hidden entries and links to folders are passed over.
 */
static void select_walk(const char *folder, unsigned depth, GPtrArray *found)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *entry;
    if (dir == NULL) {
        g_ptr_array_add(found, g_strdup(folder));
        return;
    }
    while ((entry = g_dir_read_name(dir)) != NULL) {
        if (*entry == '.') {
            continue;
        }
        char *path = g_build_filename(folder, entry, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            if (depth < FOLDER_DEPTH_MAX && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
                select_walk(path, depth + 1, found);
            }
            g_free(path);
        } else if (g_str_has_suffix(entry, SCENARIO_SUFFIX)) {
            g_ptr_array_add(found, path);
        } else {
            g_free(path);
        }
    }
}

/* icmp/gateway for …/icmp/gateway.scn. */
static char *select_name(const char *path)
{
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    g_autofree char *folder = g_path_get_dirname(absolute);
    g_autofree char *subject = g_path_get_basename(folder);
    g_autofree char *base = g_path_get_basename(absolute);
    if (g_str_has_suffix(base, SCENARIO_SUFFIX)) {
        base[strlen(base) - strlen(SCENARIO_SUFFIX)] = '\0';
    }
    return g_strconcat(subject, "/", base, NULL);
}

static void select_free_file(void *opaque)
{
    struct selected_file *file = opaque;
    g_free(file->path);
    g_free(file->name);
    g_clear_pointer(&file->tests, g_ptr_array_unref);
    g_ptr_array_unref(file->diagnostics);
    g_free(file);
}

static struct selected_file *select_new_file(const char *path)
{
    struct selected_file *file = g_new0(struct selected_file, 1);
    file->path = g_strdup(path);
    file->name = select_name(path);
    file->diagnostics = scenario_diagnostics_new();
    return file;
}

static struct selected_file *select_error(const char *path, const char *what)
{
    struct selected_file *file = select_new_file(path);
    const struct scenario_place whole = {.file = g_intern_string(path)};
    diagnostic_add(file->diagnostics, whole, NULL, 0, NULL, "%s", what);
    return file;
}

static struct selected_file *select_load(const char *path, const char *filter)
{
    struct selected_file *file = select_new_file(path);
    file->tests = scenario_load(path, file->name, file->diagnostics);
    for (guint i = file->tests != NULL ? file->tests->len : 0; filter != NULL && i > 0; i--) {
        const struct scenario *scenario = g_ptr_array_index(file->tests, i - 1);
        if (!scenario->alloc_each && !g_pattern_match_simple(filter, scenario->name)) {
            g_ptr_array_remove_index(file->tests, i - 1);
        }
    }
    return file;
}

GPtrArray *select_files(char **paths, const char *filter)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(select_free_file);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (char **path = paths; *path != NULL; path++) {
        g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
        if (!g_file_test(*path, G_FILE_TEST_EXISTS)) {
            g_ptr_array_add(files, select_error(*path, "there is no such file or folder"));
        } else if (!g_file_test(*path, G_FILE_TEST_IS_DIR)) {
            g_ptr_array_add(found, g_strdup(*path));
        } else {
            select_walk(*path, 0, found);
            g_ptr_array_sort(found, select_compare);
            if (found->len == 0) {
                g_ptr_array_add(files, select_error(*path, "no scenario (*" SCENARIO_SUFFIX
                                                           ") is in this folder"));
            }
        }
        for (guint i = 0; i < found->len; i++) {
            const char *one = g_ptr_array_index(found, i);
            if (g_hash_table_add(seen, g_canonicalize_filename(one, NULL))) {
                g_ptr_array_add(files, select_load(one, filter));
            }
        }
    }
    return files;
}
