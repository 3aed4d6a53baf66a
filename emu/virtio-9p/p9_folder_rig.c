/*
 * p9_folder_rig.c - a folder of the host, and a server on it, for the tests of folders
 */
#include "emu/virtio-9p/p9_folder_rig.h"

#include "tests/unit.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

char *folder_path(const struct folder *folder, const char *name)
{
    return g_build_filename(folder->top, name, NULL);
}

void folder_put(const struct folder *folder, const char *name, const char *text)
{
    g_autofree char *path = folder_path(folder, name);
    CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, text, -1, NULL));
}

void folder_make(const struct folder *folder, const char *name)
{
    g_autofree char *path = folder_path(folder, name);
    CU_ASSERT_EQUAL_FATAL(g_mkdir(path, 0700), 0);
}

void folder_link(const struct folder *folder, const char *name, const char *target)
{
    g_autofree char *path = folder_path(folder, name);
    CU_ASSERT_EQUAL_FATAL(symlink(target, path), 0);
}

void folder_take(const struct folder *folder, const char *name)
{
    g_autofree char *path = folder_path(folder, name);
    CU_ASSERT_EQUAL_FATAL(g_remove(path), 0);
}

void folder_move(const struct folder *folder, const char *from, const char *to)
{
    g_autofree char *a = folder_path(folder, from), *b = folder_path(folder, to);
    CU_ASSERT_EQUAL_FATAL(g_rename(a, b), 0);
}

void folder_init(struct folder *folder)
{
    folder->top = g_dir_make_tmp("share-XXXXXX", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder->top);
    folder->share = folder_path(folder, "share");
    folder_make(folder, "share");
    folder_make(folder, "outside");
    folder_put(folder, "outside/secret", FOLDER_SECRET);
    folder_put(folder, "secret", FOLDER_SECRET);
}

void folder_serve(struct folder *folder)
{
    const struct p9_tree_config config = {0};
    g_autoptr(GError) error = NULL;
    struct p9_tree *tree = p9_tree_new_folder(&config, folder->share, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    rig_init(&folder->rig, tree);
}

static void folder_remove(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name = dir != NULL ? g_dir_read_name(dir) : NULL; name != NULL;
         name = g_dir_read_name(dir)) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        if (g_file_test(below, G_FILE_TEST_IS_DIR) && !g_file_test(below, G_FILE_TEST_IS_SYMLINK)) {
            folder_remove(below);
        } else {
            g_unlink(below);
        }
    }
    g_rmdir(path);
}

void folder_fini(struct folder *folder)
{
    rig_fini(&folder->rig);
    folder_remove(folder->top);
    g_free(folder->share);
    g_free(folder->top);
}

uint32_t folder_holds(struct folder *folder, const char *path, const char *wanted)
{
    const uint32_t fid = 100;
    const uint8_t *bytes = NULL;
    size_t got = 0;
    uint32_t error = rig_walk(&folder->rig, fid, path);
    if (error != 0) {
        return error;
    }
    error = rig_call(&folder->rig, P9_TLOPEN, "dd", fid, P9_O_RDONLY);
    if (error == 0) {
        error = rig_read(&folder->rig, fid, 0, 4000, &bytes, &got);
    }
    if (error == 0) {
        CU_ASSERT_TRUE(got == strlen(wanted) && memcmp(bytes, wanted, got) == 0);
    }
    CU_ASSERT_EQUAL(rig_clunk(&folder->rig, fid), 0);
    return error;
}

int folder_append_path(void *opaque, const char *path, struct p9_node *node)
{
    struct p9_attributes attributes;
    p9_node_get_attributes(node, &attributes);
    const char *target = p9_node_target(node);
    g_string_append_printf(opaque, " %s%s%s%s", path,
                           p9_node_kind(node) == P9_KIND_DIRECTORY ? "/" : "",
                           target != NULL ? "@" : "", target != NULL ? target : "");
    if (p9_node_kind(node) == P9_KIND_FILE && (attributes.mode & 0111) != 0) {
        g_string_append_c(opaque, '*');
    }
    return 0;
}

void folder_shows(struct folder *folder, const char *wanted)
{
    GString *paths = g_string_new(NULL);
    CU_ASSERT_EQUAL(p9_tree_visit(folder->rig.tree, folder_append_path, paths), 0);
    CU_ASSERT_STRING_EQUAL(paths->str, wanted);
    g_string_free(paths, TRUE);
}
