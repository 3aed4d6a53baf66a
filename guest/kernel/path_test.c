/* path_test.c - paths made plain, mounts, and symbolic links between them */
#include "kernel/path.h"

#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static char seen[4 * PATH_SIZE_MAX]; /* what mounts were asked, in turn */

static void see(const char *format, const char *mount, const char *path, const char *more)
{
    size_t used = strlen(seen);
    snprintf(seen + used, sizeof seen - used, format, mount, path, more);
}

/* ---- a mount that knows links only: "l1" to "/b/x", "d/up" to "../e", "loop" to itself ------- */

static const struct {
    const char *path, *target;
} links[] = {{"l1", "/b/x"},        {"d/up", "../e"}, {"loop", "loop"},
             {"far", "/nowhere/x"}, {"b", "/b"},      {"bad", "unreadable"}};

static long link_read(struct file *file, char *target, size_t size)
{
    const char *text = file->object;
    if (strcmp(text, "unreadable") == 0)
        return -KEIO;
    size_t length = strlen(text) < size ? strlen(text) : size;
    memcpy(target, text, length);
    return (long)length;
}

static const struct file_ops plain_ops = {.kind = "plain"};
static const struct file_ops link_ops = {.kind = "link", .readlink = link_read};

/* The link that a path is, or leads through. */
static const char *link_of(const char *path, bool *is_last)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        size_t length = strlen(links[i].path);
        if (strncmp(path, links[i].path, length) != 0)
            continue;
        *is_last = path[length] == '\0';
        if (*is_last || path[length] == '/')
            return links[i].target;
    }
    return NULL;
}

static struct file *mount_open(void *mount, const char *path, int flags, unsigned mode, int *error)
{
    bool is_last = false;
    const char *target = mount != NULL ? link_of(path, &is_last) : NULL;
    (void)mode;
    if (target != NULL && is_last && (flags & O_PATH) != 0 && (flags & O_NOFOLLOW) != 0)
        return file_alloc(&link_ops, (void *)(uintptr_t)target);
    if ((flags & O_PATH) == 0)
        see("%s:%s%s ", mount != NULL ? mount : "none", path, "");
    *error = -KELOOP;
    return target == NULL ? file_alloc(&plain_ops, NULL) : NULL;
}

static int mount_mkdir(void *mount, const char *path, unsigned mode)
{
    bool is_last = false;
    (void)mode;
    if (link_of(path, &is_last) != NULL)
        return is_last ? -KEEXIST : -KELOOP;
    see("%s:%s%s ", mount, path, "/");
    return 0;
}

static int mount_rename(void *mount, const char *from, const char *to, unsigned flags)
{
    bool is_last = false;
    (void)flags;
    if ((link_of(from, &is_last) != NULL && !is_last) || (link_of(to, &is_last) && !is_last))
        return -KELOOP;
    see("%s:%s>%s ", mount, from, to);
    return 0;
}

static const struct path_ops ops = {
    .open = mount_open,
    .mkdir = mount_mkdir,
    .rename = mount_rename,
};
static const struct path_ops read_only = {.open = mount_open};

static void setup(void)
{
    fake_boot();
    path_init();
    path_mount("/a", &ops, "a");
    path_mount("/b", &ops, "b");
    path_mount("/a/deep", &ops, "deep");
    path_mount("/ro", &read_only, NULL);
    seen[0] = '\0';
}

/* What opening gives: 0, or the error. */
static int opened(const char *path, int flags)
{
    int error = 0;
    struct file *file = path_open(path, flags, 0, &error);
    if (file == NULL)
        return error;
    file_release(file);
    return 0;
}

static void expect_clean(const char *text, const char *wanted)
{
    char path[64];
    strcpy(path, text);
    path_clean(path);
    CU_ASSERT_STRING_EQUAL(path, wanted);
}

static void test_paths_are_made_plain(void)
{
    expect_clean("/", "/");
    expect_clean("//", "/");
    expect_clean("/a", "/a");
    expect_clean("//a///b//", "/a/b");
    expect_clean("/./a/./b/.", "/a/b");
    expect_clean("/a/../b", "/b");
    expect_clean("/a/b/../../c", "/c");
    expect_clean("/..", "/");
    expect_clean("/../../a/..", "/");
    expect_clean("/a/b/..", "/a");
    expect_clean("/...", "/...");
    expect_clean("/.a/..b", "/.a/..b");
}

static void test_longest_point_serves(void)
{
    setup();
    CU_ASSERT_EQUAL(opened("/a/x", 0), 0);
    CU_ASSERT_EQUAL(opened("/a/deep/x", 0), 0);
    CU_ASSERT_EQUAL(opened("/a/deep", 0), 0);
    CU_ASSERT_EQUAL(opened("/a/deeper", 0), 0);
    CU_ASSERT_EQUAL(opened("/ab", 0), -KENOENT);
    CU_ASSERT_STRING_EQUAL(seen, "a:x deep:x deep: a:deeper ");
    path_init();
    CU_ASSERT_EQUAL(opened("/a/x", 0), -KENOENT);
}

static void test_links_are_followed_to_other_mounts(void)
{
    setup();
    CU_ASSERT_EQUAL(opened("/a/l1", 0), 0);
    CU_ASSERT_EQUAL(opened("/a/l1/y", 0), 0);
    CU_ASSERT_EQUAL(opened("/a/d/up/y", 0), 0);
    CU_ASSERT_STRING_EQUAL(seen, "a:l1 b:x a:l1/y b:x/y a:d/up/y a:e/y ");
    CU_ASSERT_EQUAL(opened("/a/far", 0), -KENOENT);
}

static void test_last_link_is_not_followed_when_asked(void)
{
    setup();
    CU_ASSERT_EQUAL(opened("/a/l1", O_NOFOLLOW), -KELOOP);
    CU_ASSERT_EQUAL(opened("/a/l1", O_NOFOLLOW | O_DIRECTORY), -KENOTDIR);
    CU_ASSERT_EQUAL(opened("/a/l1", O_NOFOLLOW | O_PATH), 0);
    CU_ASSERT_EQUAL(opened("/a/b/y", O_NOFOLLOW), 0);
    CU_ASSERT_STRING_EQUAL(seen, "a:l1 a:l1 a:b/y b:y ");
}

static void test_link_to_itself_ends(void)
{
    setup();
    CU_ASSERT_EQUAL(opened("/a/loop", 0), -KELOOP);
    CU_ASSERT_EQUAL(path_mkdir("/a/loop/x", 0), -KELOOP);
    CU_ASSERT_EQUAL(path_rename("/a/loop/x", "/a/l1/x", 0), -KELOOP);
    CU_ASSERT_EQUAL(path_rename("/a/l1/x", "/a/loop/x", 0), -KELOOP);
    CU_ASSERT_EQUAL(path_rename("/a/loop/x", "/a/loop/y", 0), -KELOOP);
}

/* Why it cannot be read is the reason, and not that it is a link. */
static void test_link_that_cannot_be_read_ends(void)
{
    setup();
    CU_ASSERT_EQUAL(opened("/a/bad", 0), -KEIO);
    CU_ASSERT_EQUAL(opened("/a/bad/x", 0), -KEIO);
    CU_ASSERT_EQUAL(opened("/a/bad", O_NOFOLLOW), -KELOOP);
    CU_ASSERT_EQUAL(path_mkdir("/a/bad/x", 0), -KEIO);
    CU_ASSERT_EQUAL(path_rename("/a/x", "/a/bad/x", 0), -KEIO);
}

static void test_path_that_a_link_makes_too_long_ends(void)
{
    char path[PATH_SIZE_MAX] = "/a/d/up/";
    setup();
    memset(path + 8, 'x', sizeof path - 11); /* two bytes are left, which this link needs */
    CU_ASSERT_EQUAL(opened(path, 0), 0);
    seen[0] = '\0';
    memcpy(path, "/a/far/x", 8); /* that one is four longer */
    CU_ASSERT_EQUAL(opened(path, 0), -KENAMETOOLONG);
    seen[0] = '\0';
    CU_ASSERT_EQUAL(path_rename(path, "/a/l1/y", 0), -KENAMETOOLONG);
    CU_ASSERT_EQUAL(path_rename("/a/l1/y", path, 0), -KENAMETOOLONG);
    CU_ASSERT_STRING_EQUAL(seen, ""); /* nothing was made of what fits */
}

static void test_changes_follow_all_but_the_last(void)
{
    setup();
    CU_ASSERT_EQUAL(path_mkdir("/a/b/y", 0), 0);
    CU_ASSERT_EQUAL(path_mkdir("/a/l1", 0), -KEEXIST);
    CU_ASSERT_EQUAL(path_rename("/a/b/y", "/b/z", 0), 0);
    CU_ASSERT_EQUAL(path_rename("/b/z", "/a/l1/z", 0), 0);
    CU_ASSERT_EQUAL(path_rename("/a/l1", "/a/d/up", 0), 0);
    CU_ASSERT_STRING_EQUAL(seen, "b:y/ b:y>z b:z>x/z a:l1>d/up ");
}

static void test_changes_need_one_mount_that_knows_them(void)
{
    setup();
    CU_ASSERT_EQUAL(path_rename("/a/x", "/b/x", 0), -KEXDEV);
    CU_ASSERT_EQUAL(path_rename("/a/x", "/c/x", 0), -KENOENT);
    CU_ASSERT_EQUAL(path_rename("/a/x", "/a", 0), -KEBUSY);
    CU_ASSERT_EQUAL(path_mkdir("/a", 0), -KEEXIST);
    CU_ASSERT_EQUAL(path_remove("/a/x", false), -KEROFS);
    CU_ASSERT_EQUAL(path_mkdir("/ro/x", 0), -KEROFS);
    CU_ASSERT_EQUAL(path_link("/ro/x", "/ro/y"), -KEROFS);
    CU_ASSERT_EQUAL(path_symlink("x", "/ro/y"), -KEROFS);
    CU_ASSERT_EQUAL(path_mkdir("/c/x", 0), -KENOENT);
    CU_ASSERT_STRING_EQUAL(seen, "");
}

UNIT_SUITE("path", UNIT_TEST(test_paths_are_made_plain), UNIT_TEST(test_longest_point_serves),
           UNIT_TEST(test_links_are_followed_to_other_mounts),
           UNIT_TEST(test_last_link_is_not_followed_when_asked),
           UNIT_TEST(test_link_to_itself_ends), UNIT_TEST(test_link_that_cannot_be_read_ends),
           UNIT_TEST(test_path_that_a_link_makes_too_long_ends),
           UNIT_TEST(test_changes_follow_all_but_the_last),
           UNIT_TEST(test_changes_need_one_mount_that_knows_them))
