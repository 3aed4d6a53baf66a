/* guests.c - finding a guest by name or path */
#include "harness/run/guests.h"

#include "harness/language/scenario.h"

#include <string.h>

#define GUEST_SUFFIX ".so"

/*
 * The folder with the guests of this build: the program lies in PRESET/bin, they lie in
 * PRESET/guests.
 */
static char *guests_folder(GError **error)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", error);
    if (program == NULL) {
        return NULL;
    }
    g_autofree char *bin = g_path_get_dirname(program);
    g_autofree char *root = g_path_get_dirname(bin);
    return g_build_filename(root, "guests", NULL);
}

static int guests_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the guests in the folder, but not of their mutants; sorted, NULL-terminated. */
static char **guests_names(const char *folder)
{
    GPtrArray *names = g_ptr_array_new();
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *entry;
    while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(entry, GUEST_SUFFIX) && strchr(entry, '!') == NULL) {
            g_ptr_array_add(names, g_strndup(entry, strlen(entry) - strlen(GUEST_SUFFIX)));
        }
    }
    g_ptr_array_sort(names, guests_compare);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

static char *guests_find_by_name(const char *guest, GError **error)
{
    g_autofree char *folder = guests_folder(error);
    if (folder == NULL) {
        return NULL;
    }
    g_autofree char *base = g_strconcat(guest, GUEST_SUFFIX, NULL);
    g_autofree char *path = g_build_filename(folder, base, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        return g_steal_pointer(&path);
    }
    g_auto(GStrv) names = guests_names(folder);
    const char *near = scenario_nearest_word(guest, (const char *const *)names);
    g_autofree char *known = g_strjoinv(", ", names);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "unknown guest '%s'%s%s%s (%s%s)", guest,
                near != NULL ? ": did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?" : "", *known != '\0' ? "built here: " : "none is built in ",
                *known != '\0' ? known : folder);
    return NULL;
}

char *guests_find(const char *guest, const char *scenario_file, GError **error)
{
    if (strchr(guest, '/') == NULL) {
        return guests_find_by_name(guest, error);
    }
    g_autofree char *folder = g_path_get_dirname(scenario_file);
    const char *below = g_str_has_prefix(guest, "./") ? guest + strlen("./") : guest;
    g_autofree char *path =
        g_path_is_absolute(guest) ? g_strdup(guest) : g_build_filename(folder, below, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "there is no guest at '%s'", path);
        return NULL;
    }
    return g_steal_pointer(&path);
}
