/*
 * folder_test.c - golden folders: compared with trees, and made like them
 */
#include "harness/run/folder.h"

#include "tests/unit.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct p9_tree_config plain = {.now_ns = NULL};
static char *scratch, *golden; /* golden is in scratch */
static struct p9_tree *tree;

static void begin(void)
{
    scratch = g_dir_make_tmp("folder-XXXXXX", NULL);
    g_assert(scratch != NULL);
    golden = g_build_filename(scratch, "golden", NULL);
    tree = p9_tree_new_memory(&plain);
}

static void finish(void)
{
    const char *words[] = {"rm", "-r", scratch, NULL};
    g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                 NULL);
    g_free(scratch);
    g_free(golden);
    p9_tree_free(tree);
}

static void add(const char *path, const char *text)
{
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, path, text, strlen(text)), 0);
}

static void put(const char *path, const char *text)
{
    g_autofree char *at = g_build_filename(golden, path, NULL);
    g_autofree char *parent = g_path_get_dirname(at);
    CU_ASSERT_EQUAL(g_mkdir_with_parents(parent, 0777), 0);
    CU_ASSERT_TRUE(g_file_set_contents(at, text, -1, NULL));
}

static bool exists(const char *path)
{
    g_autofree char *at = g_build_filename(golden, path, NULL);
    struct stat now;
    return lstat(at, &now) == 0;
}

static void expect_difference(const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    int count = folder_compare(tree, golden, out, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_STRING_EQUAL(out->str, expected);
    CU_ASSERT_EQUAL(count == 0, expected[0] == '\0');
}

/* Made like the tree, it does not differ. */
static void update(void)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_TRUE(folder_write(tree, golden, &error));
    CU_ASSERT_PTR_NULL(error);
    expect_difference("");
}

static void test_each_kind_of_difference_is_told(void)
{
    begin();
    add("bytes", "abc");
    add("more", "");
    add("size", "12345");
    put("bytes", "abX");
    put("d/missing", "");
    put("size", "123");
    expect_difference("bytes: byte 2 is 0x63, not 0x58\n"
                      "more: is in the share only\n"
                      "size: has 5 bytes, not 3\n"
                      "d/missing: is in the golden folder only");
    finish();
}

static void test_links_and_programs_are_told_from_files(void)
{
    begin();
    add("link", "here");
    add("run", "x");
    put("run", "x");
    g_autofree char *link = g_build_filename(golden, "link", NULL);
    g_autofree char *run = g_build_filename(golden, "run", NULL);
    CU_ASSERT_EQUAL(symlink("here", link), 0);
    CU_ASSERT_EQUAL(chmod(run, 0755), 0);
    expect_difference("link: is a file, not a symbolic link\nrun: cannot be executed");
    update();
    finish();
}

static void test_long_lists_are_cut(void)
{
    begin();
    g_mkdir_with_parents(golden, 0777);
    for (unsigned i = 0; i < FOLDER_TOLD_MAX + 2; i++) {
        char name[16];
        g_snprintf(name, sizeof(name), "f%u", i);
        add(name, "");
    }
    g_autoptr(GString) out = g_string_new(NULL);
    CU_ASSERT_EQUAL(folder_compare(tree, golden, out, NULL), FOLDER_TOLD_MAX + 2);
    CU_ASSERT_TRUE(g_str_has_suffix(out->str, "\n…"));
    finish();
}

static void test_empty_folders_do_not_count(void)
{
    begin();
    add("a", "1");
    put("a", "1");
    put("d/e/gone", "");
    g_autofree char *gone = g_build_filename(golden, "d/e/gone", NULL);
    CU_ASSERT_EQUAL(unlink(gone), 0);
    expect_difference("");
    finish();
}

static void test_update_makes_what_is_missing_and_removes_the_rest(void)
{
    begin();
    add("a", "1");
    add("d/b", "2");
    add("was-folder", "3");
    add("was-file/c", "4");
    put("a", "0");
    put("old/er/x", "");
    put("was-folder/y", "");
    put("was-file", "");
    update();
    CU_ASSERT_FALSE(exists("old"));
    finish();
}

static void test_update_leaves_alone_what_is_the_same(void)
{
    begin();
    add("a", "1");
    add("b", "2");
    put("a", "1");
    struct stat before, after;
    g_autofree char *at = g_build_filename(golden, "a", NULL);
    CU_ASSERT_EQUAL(stat(at, &before), 0);
    update();
    CU_ASSERT_EQUAL(stat(at, &after), 0);
    CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
    finish();
}

/* What a link points to is outside of the golden folder, and stays as it is. */
static void test_update_follows_no_link(void)
{
    begin();
    g_autofree char *outside = g_build_filename(scratch, "outside", NULL);
    g_autofree char *victim = g_build_filename(outside, "victim", NULL);
    g_autofree char *folder = g_build_filename(golden, "folder", NULL);
    g_autofree char *file = g_build_filename(golden, "file", NULL);
    g_mkdir_with_parents(outside, 0777);
    g_mkdir_with_parents(golden, 0777);
    CU_ASSERT_TRUE(g_file_set_contents(victim, "safe", -1, NULL));
    CU_ASSERT_EQUAL(symlink(outside, folder), 0);
    CU_ASSERT_EQUAL(symlink(victim, file), 0);
    add("folder/victim", "changed");
    add("file", "changed");
    update();
    g_autofree char *text = NULL;
    CU_ASSERT_TRUE(g_file_get_contents(victim, &text, NULL, NULL));
    CU_ASSERT_STRING_EQUAL(text, "safe");
    finish();
}

static void test_a_folder_that_is_not_there_is_an_error_and_can_be_made(void)
{
    begin();
    add("a", "1");
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_EQUAL(folder_compare(tree, golden, out, &error), -1);
    CU_ASSERT_PTR_NOT_NULL(error);
    update();
    finish();
}

UNIT_SUITE("folder", UNIT_TEST(test_each_kind_of_difference_is_told),
           UNIT_TEST(test_links_and_programs_are_told_from_files),
           UNIT_TEST(test_long_lists_are_cut), UNIT_TEST(test_empty_folders_do_not_count),
           UNIT_TEST(test_update_makes_what_is_missing_and_removes_the_rest),
           UNIT_TEST(test_update_leaves_alone_what_is_the_same),
           UNIT_TEST(test_update_follows_no_link),
           UNIT_TEST(test_a_folder_that_is_not_there_is_an_error_and_can_be_made))
