/*
 * p9_source_folder_test.c - what a guest sees of a folder of the host, and how much of it
 */
#include "emu/virtio-9p/p9_source_folder.h"

#include "emu/virtio-9p/p9_folder_rig.h"
#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- what is shown --------------------------------------------------------------------------- */

static void test_files_folders_and_links_are_shown_by_name(void)
{
    struct folder folder;
    folder_init(&folder);
    folder_put(&folder, "share/z", "last");
    folder_put(&folder, "share/B", "upper");
    folder_make(&folder, "share/dir");
    folder_put(&folder, "share/dir/run", "#!");
    g_autofree char *run = folder_path(&folder, "share/dir/run");
    CU_ASSERT_EQUAL(chmod(run, 0711), 0);
    folder_link(&folder, "share/link", "dir/run");
    folder_serve(&folder);
    folder_shows(&folder, " B dir/ dir/run* link@dir/run z");
    CU_ASSERT_EQUAL(folder_holds(&folder, "B", "upper"), 0);
    CU_ASSERT_EQUAL(folder_holds(&folder, "dir/run", "#!"), 0);
    folder_fini(&folder);
}

static void test_the_same_names_and_bytes_are_the_same_to_a_guest(void)
{
    GByteArray *answers[2];
    for (unsigned i = 0; i < 2; i++) {
        struct folder folder;
        folder_init(&folder);
        /* Made in another order, with other times, modes and links. */
        folder_put(&folder, i == 0 ? "share/a" : "share/b", "1");
        folder_put(&folder, i == 0 ? "share/b" : "share/a", "1");
        g_autofree char *a = folder_path(&folder, "share/a"), *c = folder_path(&folder, "secret2");
        CU_ASSERT_EQUAL(chmod(a, i == 0 ? 0600 : 0664), 0);
        CU_ASSERT_TRUE(i == 0 || link(a, c) == 0);
        folder_serve(&folder);
        answers[i] = g_byte_array_new();
        CU_ASSERT_EQUAL(rig_open(&folder.rig, 2, "", P9_O_RDONLY), 0);
        CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TREADDIR, "dqd", 2u, UINT64_C(0), 4000u), 0);
        g_byte_array_append(answers[i], folder.rig.reply, (guint)folder.rig.reply_size);
        static const char *const names[] = {"a", "b", ""};
        for (uint32_t j = 0; j < G_N_ELEMENTS(names); j++) {
            CU_ASSERT_EQUAL(rig_walk(&folder.rig, 3 + j, names[j]), 0);
            CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TGETATTR, "dq", 3 + j, UINT64_C(0x7ff)), 0);
            g_byte_array_append(answers[i], folder.rig.reply, (guint)folder.rig.reply_size);
        }
        folder_fini(&folder);
    }
    CU_ASSERT_EQUAL(answers[0]->len, answers[1]->len);
    CU_ASSERT_EQUAL(memcmp(answers[0]->data, answers[1]->data, answers[0]->len), 0);
    g_byte_array_unref(answers[0]);
    g_byte_array_unref(answers[1]);
}

/* Each name is behind the one before; "." and ".." come first of all. */
static bool listed_in_order(void *opaque, const struct p9_listed *listed)
{
    GString *last = opaque;
    CU_ASSERT_TRUE(listed->position <= 2 || strcmp(last->str, listed->name) < 0);
    g_string_assign(last, listed->position <= 2 ? "" : listed->name);
    return true;
}

static void test_a_folder_is_listed_in_the_order_of_bytes(void)
{
    struct folder folder;
    folder_init(&folder);
    for (unsigned i = 0; i < 64; i++) {
        g_autofree char *name = g_strdup_printf("share/%c%u", "aZ_\xc3"[i % 4], i * 7919 % 1000);
        folder_put(&folder, name, "");
    }
    folder_serve(&folder);
    g_autoptr(GString) last = g_string_new(NULL);
    CU_ASSERT_EQUAL(p9_tree_list(p9_tree_root(folder.rig.tree), 0, listed_in_order, last), 0);
    CU_ASSERT_EQUAL(p9_tree_usage(folder.rig.tree).entries, 65);
    folder_fini(&folder);
}

static uint64_t later(void *opaque)
{
    uint64_t *now_ns = opaque;
    return *now_ns += 1000000000;
}

static void test_what_the_host_has_is_as_old_as_the_tree(void)
{
    struct folder folder;
    folder_init(&folder);
    folder_make(&folder, "share/d");
    folder_put(&folder, "share/d/f", "1");
    uint64_t now_ns = 0;
    const struct p9_tree_config config = {.now_ns = later, .opaque = &now_ns};
    struct p9_tree *tree = p9_tree_new_folder(&config, folder.share, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    rig_init(&folder.rig, tree);
    now_ns = 50000000000;
    struct p9_entry *entry = p9_tree_root(tree);
    CU_ASSERT_EQUAL(p9_tree_lookup(entry, "d", &entry), 0);
    CU_ASSERT_EQUAL(p9_tree_lookup(entry, "f", &entry), 0);
    struct p9_attributes attributes;
    p9_node_get_attributes(p9_entry_node(entry), &attributes);
    CU_ASSERT_TRUE(attributes.atime.sec == 1 && attributes.mtime.sec == 1);
    CU_ASSERT_EQUAL(attributes.ctime.sec, 1);
    folder_fini(&folder);
}

static void test_what_is_no_file_is_not_shown(void)
{
    struct folder folder;
    folder_init(&folder);
    folder_put(&folder, "share/a", "1");
    g_autofree char *fifo = folder_path(&folder, "share/fifo"),
                    *device = folder_path(&folder, "share/null");
    CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
    (void)mknod(device, S_IFCHR | 0600, 0x103); /* where one may */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder.share);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    folder_serve(&folder);
    folder_shows(&folder, " a");
    CU_ASSERT_EQUAL(folder_holds(&folder, "fifo", ""), ENOENT);
    CU_ASSERT_EQUAL(folder_holds(&folder, "s", ""), ENOENT);
    close(fd);
    folder_fini(&folder);
}

static void test_a_folder_that_is_none_is_an_error(void)
{
    const struct p9_tree_config config = {0};
    struct folder folder;
    folder_init(&folder);
    g_autofree char *none = folder_path(&folder, "none"), *file = folder_path(&folder, "secret");
    const char *const paths[] = {none, file, ""};
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(p9_tree_new_folder(&config, paths[i], &error));
        CU_ASSERT_PTR_NOT_NULL_FATAL(error);
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "the folder cannot be opened"));
    }
    folder_serve(&folder);
    folder_fini(&folder);
}

/* ---- how much -------------------------------------------------------------------------------- */

static void test_forty_levels_and_ten_thousand_names(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autoptr(GString) path = g_string_new("share");
    for (unsigned level = 0; level < 40; level++) {
        g_string_append(path, "/a-folder-with-a-name");
        folder_make(&folder, path->str);
    }
    g_autofree char *deep = g_strconcat(path->str, "/f", NULL);
    folder_put(&folder, deep, "deep");
    for (unsigned i = 0; i < 10000; i++) {
        g_autofree char *name = g_strdup_printf("%s/share/n%u", folder.top, i);
        int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        CU_ASSERT_TRUE_FATAL(fd >= 0);
        close(fd);
    }
    folder_serve(&folder);
    CU_ASSERT_EQUAL(folder_holds(&folder, deep + strlen("share/"), "deep"), 0);
    CU_ASSERT_EQUAL(folder_holds(&folder, "n9999", ""), 0);
    CU_ASSERT_EQUAL(p9_tree_usage(folder.rig.tree).entries, 1 + 10000 + 41);
    folder_fini(&folder);
}

static void test_folders_that_are_too_deep_are_not_looked_into(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autoptr(GString) path = g_string_new("share");
    for (unsigned level = 0; level < P9_TREE_DEPTH_MAX + 2; level++) {
        g_string_append(path, "/d");
        folder_make(&folder, path->str);
    }
    folder_serve(&folder);
    struct p9_entry *at = p9_tree_root(folder.rig.tree), *below;
    for (unsigned depth = 0; depth < P9_TREE_DEPTH_MAX; depth++) {
        CU_ASSERT_EQUAL_FATAL(p9_tree_lookup(at, "d", &at), 0);
    }
    CU_ASSERT_EQUAL(p9_tree_lookup(at, "d", &below), ENAMETOOLONG);
    g_autoptr(GString) seen = g_string_new(NULL);
    CU_ASSERT_EQUAL(p9_tree_visit(folder.rig.tree, folder_append_path, seen), ENAMETOOLONG);
    /* Renamed to the top it can be. */
    CU_ASSERT_EQUAL(p9_tree_rename(at, p9_tree_root(folder.rig.tree), "top"), 0);
    CU_ASSERT_EQUAL(p9_tree_lookup(at, "d", &below), 0);
    folder_fini(&folder);
}

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    while (g_dir_read_name(dir) != NULL) {
        count++;
    }
    return count;
}

static void test_descriptors_of_the_host_are_few_and_given_back(void)
{
    struct folder folder;
    folder_init(&folder);
    for (unsigned i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("share/%u", i);
        g_autofree char *text = g_strdup_printf("file %u", i);
        folder_put(&folder, name, text);
    }
    unsigned before = count_descriptors();
    folder_serve(&folder);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 100; i++) {
            g_autofree char *name = g_strdup_printf("%u", i);
            g_autofree char *text = g_strdup_printf("file %u", i);
            CU_ASSERT_EQUAL(folder_holds(&folder, name, text), 0);
        }
    }
    CU_ASSERT_TRUE(count_descriptors() <= before + 1 + P9_FOLDER_FILES_MAX);
    rig_fini(&folder.rig);
    CU_ASSERT_EQUAL(count_descriptors(), before);
    folder_serve(&folder);
    folder_fini(&folder);
}

/* A listing that does not fit is an error, and leaves nothing behind. */
static void test_a_folder_with_too_many_names_is_not_listed(void)
{
    struct folder folder;
    folder_init(&folder);
    folder_make(&folder, "share/many");
    for (unsigned i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("share/many/%u", i);
        folder_put(&folder, name, "");
    }
    const struct p9_tree_config config = {.entries_max = 12};
    rig_init(&folder.rig, p9_tree_new_folder(&config, folder.share, NULL));
    CU_ASSERT_EQUAL(rig_walk(&folder.rig, 2, "many"), 0);
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWALK, "ddws", 2u, 3u, 1, "3"), ENOSPC);
    CU_ASSERT_EQUAL(p9_tree_usage(folder.rig.tree).entries, 2);
    folder_fini(&folder);
}

UNIT_SUITE("p9_source_folder", UNIT_TEST(test_files_folders_and_links_are_shown_by_name),
           UNIT_TEST(test_the_same_names_and_bytes_are_the_same_to_a_guest),
           UNIT_TEST(test_a_folder_is_listed_in_the_order_of_bytes),
           UNIT_TEST(test_what_the_host_has_is_as_old_as_the_tree),
           UNIT_TEST(test_what_is_no_file_is_not_shown),
           UNIT_TEST(test_a_folder_that_is_none_is_an_error),
           UNIT_TEST(test_forty_levels_and_ten_thousand_names),
           UNIT_TEST(test_folders_that_are_too_deep_are_not_looked_into),
           UNIT_TEST(test_descriptors_of_the_host_are_few_and_given_back),
           UNIT_TEST(test_a_folder_with_too_many_names_is_not_listed))
