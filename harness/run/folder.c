/*
 * folder.c - golden folders, and copies of folders
 *
 * The folder is read as a share of it would be, so that both sides are trees and nothing leaves it
 * by a symbolic link. Writing never follows one either: what has the name of a file and is no file
 * goes before the file is made, and a folder is made before what is in it.
 */
#include "harness/run/folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_PIECE    65536 /* bytes that are compared at a time */
#define FOLDER_EXECUTES 0111

struct folder_file {
    char *path;
    struct p9_node *node;
};

/* The files of a tree and, by their paths, their places in the list. Without empty folders. */
struct folder_list {
    GArray *files; /* struct folder_file */
    GHashTable *by_path;
};

static void folder_clear_file(gpointer data)
{
    struct folder_file *file = data;
    g_free(file->path);
}

static struct folder_list *folder_list_new(void)
{
    struct folder_list *list = g_new0(struct folder_list, 1);
    list->files = g_array_new(FALSE, FALSE, sizeof(struct folder_file));
    g_array_set_clear_func(list->files, folder_clear_file);
    list->by_path = g_hash_table_new(g_str_hash, g_str_equal);
    return list;
}

static void folder_list_free(struct folder_list *list)
{
    if (list != NULL) {
        g_hash_table_unref(list->by_path);
        g_array_free(list->files, TRUE);
        g_free(list);
    }
}

static int folder_visit(void *opaque, const char *path, struct p9_node *node)
{
    struct folder_list *list = opaque;
    if (p9_node_kind(node) != P9_KIND_DIRECTORY) {
        struct folder_file file = {.path = g_strdup(path), .node = node};
        g_array_append_val(list->files, file);
        g_hash_table_insert(list->by_path, file.path, node);
    }
    return 0;
}

static struct folder_list *folder_list_tree(struct p9_tree *tree, const char *what, GError **error)
{
    struct folder_list *list = folder_list_new();
    int failed = p9_tree_visit(tree, folder_visit, list);
    if (failed != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(failed), "cannot read %s: %s",
                    what, g_strerror(failed));
        g_clear_pointer(&list, folder_list_free);
    }
    return list;
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* How the first bytes of two files differ; *how stays NULL if they do not. False: an error. */
static bool folder_compare_bytes(struct p9_node *a, struct p9_node *b, uint64_t size, char **how,
                                 GError **error)
{
    g_autofree uint8_t *left = g_malloc(FOLDER_PIECE), *right = g_malloc(FOLDER_PIECE);
    for (uint64_t at = 0; at < size;) {
        size_t piece = (size_t)MIN(size - at, FOLDER_PIECE);
        int failed = p9_node_read(a, at, left, piece);
        failed = failed != 0 ? failed : p9_node_read(b, at, right, piece);
        if (failed != 0) {
            g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(failed),
                        "cannot compare files: %s", g_strerror(failed));
            return false;
        }
        for (size_t i = 0; i < piece; i++, at++) {
            if (left[i] != right[i]) {
                *how = g_strdup_printf("byte %" G_GUINT64_FORMAT " is 0x%02x, not 0x%02x", at,
                                       left[i], right[i]);
                return true;
            }
        }
    }
    return true;
}

static const char *folder_kind(const struct p9_node *node)
{
    return p9_node_kind(node) == P9_KIND_SYMLINK ? "a symbolic link" : "a file";
}

/* How a file differs from the golden one; *how stays NULL when it does not. False: an error. */
static bool folder_compare_nodes(struct p9_node *node, struct p9_node *golden, char **how,
                                 GError **error)
{
    struct p9_attributes has, wants;
    p9_node_get_attributes(node, &has);
    p9_node_get_attributes(golden, &wants);
    if (p9_node_kind(node) != p9_node_kind(golden)) {
        *how = g_strdup_printf("is %s, not %s", folder_kind(node), folder_kind(golden));
        return true;
    }
    if (p9_node_kind(node) == P9_KIND_SYMLINK) {
        const char *target = p9_node_target(node), *other = p9_node_target(golden);
        *how = strcmp(target, other) == 0
                   ? NULL
                   : g_strdup_printf("points to %s, not to %s", target, other);
        return true;
    }
    if (!folder_compare_bytes(node, golden, MIN(has.size, wants.size), how, error)) {
        return false;
    }
    if (*how != NULL) {
        return true;
    }
    if (has.size != wants.size) {
        *how = g_strdup_printf("has %" G_GUINT64_FORMAT " bytes, not %" G_GUINT64_FORMAT, has.size,
                               wants.size);
    } else if (((has.mode ^ wants.mode) & FOLDER_EXECUTES) != 0) {
        *how =
            g_strdup((has.mode & FOLDER_EXECUTES) != 0 ? "can be executed" : "cannot be executed");
    }
    return true;
}

static void folder_tell(GString *out, int *count, const char *path, const char *how)
{
    ++*count;
    if (*count <= FOLDER_TOLD_MAX) {
        g_string_append_printf(out, "%s%s: %s", *count > 1 ? "\n" : "", path, how);
    } else if (*count == FOLDER_TOLD_MAX + 1) {
        g_string_append(out, "\n…");
    }
}

static int folder_compare_lists(const struct folder_list *list, const struct folder_list *golden,
                                GString *out, GError **error)
{
    int count = 0;
    for (guint i = 0; i < list->files->len; i++) {
        const struct folder_file *file = &g_array_index(list->files, struct folder_file, i);
        struct p9_node *other = g_hash_table_lookup(golden->by_path, file->path);
        g_autofree char *how = other == NULL ? g_strdup("is in the share only") : NULL;
        if (other != NULL && !folder_compare_nodes(file->node, other, &how, error)) {
            return -1;
        }
        if (how != NULL) {
            folder_tell(out, &count, file->path, how);
        }
    }
    for (guint i = 0; i < golden->files->len; i++) {
        const struct folder_file *file = &g_array_index(golden->files, struct folder_file, i);
        if (!g_hash_table_contains(list->by_path, file->path)) {
            folder_tell(out, &count, file->path, "is in the golden folder only");
        }
    }
    return count;
}

int folder_compare(struct p9_tree *tree, const char *path, GString *out, GError **error)
{
    static const struct p9_tree_config config = {.now_ns = NULL};
    struct p9_tree *golden = p9_tree_new_folder(&config, path, error);
    if (golden == NULL) {
        return -1;
    }
    int count = -1;
    struct folder_list *has = folder_list_tree(tree, "the share", error);
    struct folder_list *wants = has != NULL ? folder_list_tree(golden, path, error) : NULL;
    if (wants != NULL) {
        count = folder_compare_lists(has, wants, out, error);
    }
    folder_list_free(has);
    folder_list_free(wants);
    p9_tree_free(golden);
    return count;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool folder_fail(GError **error, const char *what, const char *path)
{
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot %s %s: %s", what,
                path, g_strerror(errno));
    return false;
}

/* Makes the folders in which `relative` is, below `path`; links and files in their place go. */
static bool folder_make_parents(const char *path, const char *relative, GError **error)
{
    g_auto(GStrv) names = g_strsplit(relative, "/", -1);
    g_autoptr(GString) at = g_string_new(path);
    for (guint i = 0; names[i + 1] != NULL; i++) {
        struct stat now;
        g_string_append_printf(at, "/%s", names[i]);
        bool is_there = lstat(at->str, &now) == 0;
        if (is_there && !S_ISDIR(now.st_mode) && unlink(at->str) != 0) {
            return folder_fail(error, "remove", at->str);
        }
        if ((!is_there || !S_ISDIR(now.st_mode)) && mkdir(at->str, 0777) != 0) {
            return folder_fail(error, "make", at->str);
        }
    }
    return true;
}

/* Folders of `relative` in which nothing is left, from the innermost. */
static void folder_remove_parents(const char *path, const char *relative)
{
    g_autofree char *at = g_strdup(relative);
    for (char *slash; (slash = strrchr(at, '/')) != NULL;) {
        *slash = '\0';
        g_autofree char *folder = g_build_filename(path, at, NULL);
        if (rmdir(folder) != 0) {
            return;
        }
    }
}

static bool folder_write_bytes(struct p9_node *node, uint64_t size, const char *path, int mode,
                               GError **error)
{
    g_autofree uint8_t *bytes = g_try_malloc(size + 1);
    if (bytes == NULL) {
        errno = EFBIG;
        return folder_fail(error, "write", path);
    }
    errno = p9_node_read(node, 0, bytes, (size_t)size);
    if (errno != 0) {
        return folder_fail(error, "read the share's", path);
    }
    return g_file_set_contents_full(path, (const char *)bytes, (gssize)size,
                                    G_FILE_SET_CONTENTS_NONE, mode, error);
}

static bool folder_write_node(struct p9_node *node, const char *path, GError **error)
{
    struct p9_attributes has;
    struct stat now;
    p9_node_get_attributes(node, &has);
    bool is_link = p9_node_kind(node) == P9_KIND_SYMLINK;
    /* What has the name is no file of the golden folder any more, or another one. */
    if (lstat(path, &now) == 0 && (S_ISDIR(now.st_mode) ? rmdir(path) : unlink(path)) != 0) {
        return folder_fail(error, "replace", path);
    }
    if (is_link) {
        return symlink(p9_node_target(node), path) == 0 || folder_fail(error, "make", path);
    }
    return folder_write_bytes(node, has.size, path, (has.mode & FOLDER_EXECUTES) != 0 ? 0755 : 0644,
                              error);
}

/* Files that the share does not have go, with the folders that they leave empty. */
static bool folder_remove_rest(const struct folder_list *has, const struct folder_list *golden,
                               const char *path, GError **error)
{
    for (guint i = 0; i < golden->files->len; i++) {
        const struct folder_file *file = &g_array_index(golden->files, struct folder_file, i);
        g_autofree char *at = g_build_filename(path, file->path, NULL);
        if (g_hash_table_contains(has->by_path, file->path)) {
            continue;
        }
        if (unlink(at) != 0) {
            return folder_fail(error, "remove", at);
        }
        folder_remove_parents(path, file->path);
    }
    return true;
}

static bool folder_write_lists(const struct folder_list *has, const struct folder_list *golden,
                               const char *path, GError **error)
{
    if (!folder_remove_rest(has, golden, path, error)) {
        return false;
    }
    for (guint i = 0; i < has->files->len; i++) {
        const struct folder_file *file = &g_array_index(has->files, struct folder_file, i);
        struct p9_node *other = g_hash_table_lookup(golden->by_path, file->path);
        g_autofree char *how = other == NULL ? g_strdup("new") : NULL;
        g_autofree char *at = g_build_filename(path, file->path, NULL);
        if (other != NULL && !folder_compare_nodes(file->node, other, &how, error)) {
            return false;
        }
        if (how != NULL && (!folder_make_parents(path, file->path, error) ||
                            !folder_write_node(file->node, at, error))) {
            return false;
        }
    }
    return true;
}

bool folder_write(struct p9_tree *tree, const char *path, GError **error)
{
    static const struct p9_tree_config config = {.now_ns = NULL};
    if (g_mkdir_with_parents(path, 0777) != 0) {
        return folder_fail(error, "make", path);
    }
    struct p9_tree *golden = p9_tree_new_folder(&config, path, error);
    struct folder_list *has = golden != NULL ? folder_list_tree(tree, "the share", error) : NULL;
    struct folder_list *wants = has != NULL ? folder_list_tree(golden, path, error) : NULL;
    bool written = wants != NULL && folder_write_lists(has, wants, path, error);
    folder_list_free(has);
    folder_list_free(wants);
    p9_tree_free(golden);
    return written;
}

/* ---- copies ---------------------------------------------------------------------------------- */

struct folder_measure {
    uint64_t bytes, bytes_max;
    char *unread; /* the file that cannot be read; NULL: none */
};

static int folder_measure_node(void *opaque, const char *path, struct p9_node *node)
{
    struct folder_measure *measure = opaque;
    struct p9_attributes has;
    uint8_t first;
    p9_node_get_attributes(node, &has);
    if (p9_node_kind(node) != P9_KIND_FILE || has.size == 0) {
        return 0;
    }
    if (has.size > measure->bytes_max - measure->bytes) {
        return EFBIG;
    }
    measure->bytes += has.size;
    int failed = p9_node_read(node, 0, &first, sizeof(first));
    measure->unread = failed != 0 ? g_strdup(path) : NULL;
    return failed;
}

struct p9_tree *folder_read(const char *path, uint64_t bytes_max, GError **error)
{
    static const struct p9_tree_config config = {.now_ns = NULL};
    struct p9_tree *tree = p9_tree_new_folder(&config, path, error);
    struct folder_measure measure = {.bytes_max = bytes_max};
    int failed = tree != NULL ? p9_tree_visit(tree, folder_measure_node, &measure) : 0;
    g_autofree char *unread = measure.unread;
    if (failed == 0) {
        return tree;
    }
    if (failed == EFBIG) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "its files have more than %" G_GUINT64_FORMAT " MiB", bytes_max >> 20);
    } else if (failed == ENOSPC) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "it has more than %" G_GUINT64_FORMAT " entries", P9_TREE_ENTRIES_MAX);
    } else {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(failed), "cannot read %s: %s",
                    unread != NULL ? unread : "a folder of it", g_strerror(failed));
    }
    p9_tree_free(tree);
    return NULL;
}

struct folder_target {
    const char *path;
    GError **error;
};

static int folder_make_folder(void *opaque, const char *path, struct p9_node *node)
{
    const struct folder_target *target = opaque;
    if (p9_node_kind(node) != P9_KIND_DIRECTORY) {
        return 0;
    }
    g_autofree char *at = g_build_filename(target->path, path, NULL);
    if (g_mkdir_with_parents(at, 0777) == 0) {
        return 0;
    }
    int failed = errno;
    folder_fail(target->error, "make", at);
    return failed;
}

bool folder_write_all(struct p9_tree *tree, const char *path, GError **error)
{
    struct folder_target target = {.path = path, .error = error};
    return folder_write(tree, path, error) && p9_tree_visit(tree, folder_make_folder, &target) == 0;
}
