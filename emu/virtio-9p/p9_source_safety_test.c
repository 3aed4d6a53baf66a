/*
 * p9_source_safety_test.c - a folder of the host: nothing changed in it, nothing seen outside of it
 *
 * All goes through a server, as a guest would do it, while the test changes the folder under it.
 */
#include "emu/virtio-9p/p9_folder_rig.h"

#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- nothing on the host is changed ---------------------------------------------------------- */

static void describe(GString *text, const char *path)
{
    struct stat status;
    CU_ASSERT_EQUAL_FATAL(lstat(path, &status), 0);
    g_autofree char *bytes = NULL;
    if (S_ISREG(status.st_mode)) {
        CU_ASSERT_TRUE(g_file_get_contents(path, &bytes, NULL, NULL));
    }
    g_string_append_printf(text, "%s %o %lu %ld.%ld %s\n", path, status.st_mode,
                           (unsigned long)status.st_nlink, (long)status.st_mtim.tv_sec,
                           status.st_mtim.tv_nsec, bytes != NULL ? bytes : "");
}

static void test_whatever_a_guest_does_the_host_stays(void)
{
    struct folder folder;
    folder_init(&folder);
    folder_put(&folder, "share/a", "old");
    folder_put(&folder, "share/cut", "0123456789");
    folder_make(&folder, "share/d");
    folder_put(&folder, "share/d/x", "x");
    g_autofree char *secret = folder_path(&folder, "secret"),
                    *hard = folder_path(&folder, "share/hard");
    CU_ASSERT_EQUAL(link(secret, hard), 0);
    static const char *const names[] = {"share",  "share/a",    "share/cut", "share/d",
                                        "secret", "share/hard", "share/d/x"};
    g_autoptr(GString) before = g_string_new(NULL), after = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = folder_path(&folder, names[i]);
        describe(before, path);
    }
    folder_serve(&folder);
    struct p9_rig *rig = &folder.rig;
    CU_ASSERT_EQUAL(rig_open(rig, 2, "a", P9_O_RDWR | P9_O_TRUNC), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TWRITE, "dqdr", 2u, UINT64_C(0), 3u, "new", (size_t)3), 0);
    CU_ASSERT_EQUAL(rig_open(rig, 3, "hard", P9_O_WRONLY), 0); /* the file outside has this name */
    CU_ASSERT_EQUAL(rig_call(rig, P9_TWRITE, "dqdr", 3u, UINT64_C(1), 1u, "!", (size_t)1), 0);
    CU_ASSERT_EQUAL(rig_walk(rig, 4, "cut"), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TSETATTR, "dddddqqqqq", 4u, P9_SETATTR_SIZE | P9_SETATTR_MODE,
                             0u, 0u, 0u, UINT64_C(4), UINT64_C(0), UINT64_C(0), UINT64_C(0),
                             UINT64_C(0)),
                    0);
    CU_ASSERT_EQUAL(rig_walk(rig, 5, "d/x"), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TREMOVE, "d", 5u), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "d", P9_AT_REMOVEDIR), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TMKDIR, "dsdd", RIG_ROOT, "new", 0755u, 0u), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TRENAMEAT, "dsds", RIG_ROOT, "a", RIG_ROOT, "b"), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TSYMLINK, "dssd", RIG_ROOT, "s", "../secret", 0u), 0);
    folder_shows(&folder, " b cut hard new/ s@../secret");
    CU_ASSERT_EQUAL(folder_holds(&folder, "b", "new"), 0);
    CU_ASSERT_EQUAL(folder_holds(&folder, "cut", "0123"), 0);
    CU_ASSERT_EQUAL(folder_holds(&folder, "hard", "n!body may see this"), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = folder_path(&folder, names[i]);
        describe(after, path);
    }
    CU_ASSERT_STRING_EQUAL(before->str, after->str);
    folder_fini(&folder);
}

static void test_a_byte_written_into_a_large_file_is_one_block(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autofree char *path = folder_path(&folder, "share/large");
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(ftruncate(fileno(file), (off_t)5 << 30), 0); /* a hole, on the host */
    CU_ASSERT_TRUE(pwrite(fileno(file), "abcd", 4, ((off_t)4 << 30) + 10) == 4);
    fclose(file);
    folder_serve(&folder);
    CU_ASSERT_EQUAL(rig_open(&folder.rig, 2, "large", P9_O_RDWR), 0);
    uint64_t held = p9_tree_usage(folder.rig.tree).bytes;
    uint64_t at = (UINT64_C(4) << 30) + 12;
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWRITE, "dqdr", 2u, at, 1u, "X", (size_t)1), 0);
    CU_ASSERT_TRUE(p9_tree_usage(folder.rig.tree).bytes - held < 2 * P9_BLOCK_SIZE);
    const uint8_t *bytes;
    size_t got;
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, at - 4, 8, &bytes, &got), 0);
    CU_ASSERT_TRUE(got == 8 && memcmp(bytes, "\0\0abXd\0\0", 8) == 0);
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, (UINT64_C(5) << 30) - 2, 8, &bytes, &got), 0);
    CU_ASSERT_EQUAL(got, 2);
    folder_fini(&folder);
}

/* Blocks in memory and bytes of the host in turns: a read of all of them is one read. */
static void test_written_and_unwritten_bytes_are_one_file(void)
{
    struct folder folder;
    folder_init(&folder);
    enum {
        SIZE = 10 * P9_BLOCK_SIZE + 100
    };
    g_autofree char *wanted = g_strnfill(SIZE, 'h');
    folder_put(&folder, "share/f", wanted);
    folder_serve(&folder);
    rig_begin(&folder.rig, 1 << 20);
    CU_ASSERT_EQUAL(rig_open(&folder.rig, 2, "f", P9_O_RDWR), 0);
    for (size_t at = P9_BLOCK_SIZE / 2; at < SIZE - 2; at += 2 * P9_BLOCK_SIZE + 1) {
        memcpy(wanted + at, "gg", 2);
        CU_ASSERT_EQUAL(
            rig_call(&folder.rig, P9_TWRITE, "dqdr", 2u, (uint64_t)at, 2u, "gg", (size_t)2), 0);
    }
    for (size_t from = 0; from < SIZE; from += 1717) {
        const uint8_t *bytes;
        size_t got;
        CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, from, SIZE, &bytes, &got), 0);
        CU_ASSERT_TRUE(got == SIZE - from && memcmp(bytes, wanted + from, got) == 0);
    }
    folder_fini(&folder);
}

/* ---- nothing outside is seen ----------------------------------------------------------------- */

static void test_symbolic_links_are_not_followed(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autofree char *absolute = folder_path(&folder, "secret");
    folder_link(&folder, "share/up", "../secret");
    folder_link(&folder, "share/absolute", absolute);
    folder_link(&folder, "share/dir", "../outside");
    folder_link(&folder, "share/proc", "/proc/self/root");
    folder_serve(&folder);
    static const char *const links[] = {"up", "absolute", "dir", "proc"};
    for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
        CU_ASSERT_EQUAL(folder_holds(&folder, links[i], ""), ELOOP);
    }
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWALK, "ddwss", RIG_ROOT, 9u, 2, "dir", "secret"), 0);
    CU_ASSERT_EQUAL(rig_get(&folder.rig, 2), 1); /* the link, and no further */
    CU_ASSERT_EQUAL(rig_walk(&folder.rig, 9, "dir"), 0);
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWALK, "ddws", 9u, 10u, 1, "secret"), ENOTDIR);
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TREADLINK, "d", 9u), 0);
    CU_ASSERT_STRING_EQUAL(rig_get_string(&folder.rig), "../outside");
    folder_fini(&folder);
}

/* Between the moment in which a name is listed and that in which its bytes are read. */
static void test_what_takes_the_place_of_a_file_is_not_read(void)
{
    struct folder folder;
    folder_init(&folder);
    static const char *const names[] = {"link", "fifo", "dir", "other", "gone", "hard"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_build_filename("share", names[i], NULL);
        folder_put(&folder, name, FOLDER_SECRET);
    }
    folder_make(&folder, "share/sub");
    folder_put(&folder, "share/sub/secret", FOLDER_SECRET);
    folder_make(&folder, "share/late");
    folder_put(&folder, "share/late/secret", FOLDER_SECRET);
    folder_make(&folder, "share/swapped");
    folder_serve(&folder);
    CU_ASSERT_EQUAL(rig_walk(&folder.rig, 2, "sub/secret"), 0); /* both folders are listed */
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_build_filename("share", names[i], NULL);
        folder_take(&folder, name);
    }
    g_autofree char *fifo = folder_path(&folder, "share/fifo"),
                    *secret = folder_path(&folder, "secret");
    g_autofree char *hard = folder_path(&folder, "share/hard");
    folder_link(&folder, "share/link", "../secret");
    CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
    folder_make(&folder, "share/dir");
    folder_put(&folder, "share/other", "of another size");
    CU_ASSERT_EQUAL(link(secret, hard), 0); /* of the same size, and outside */
    folder_move(&folder, "share/sub", "sub");
    folder_move(&folder, "share/late", "late");
    folder_link(&folder, "share/sub", "../outside");
    folder_link(&folder, "share/late", "../outside");
    folder_move(&folder, "share/swapped", "swapped");
    folder_make(&folder, "share/swapped"); /* the same name, and another folder */
    folder_put(&folder, "share/swapped/secret", FOLDER_SECRET);
    CU_ASSERT_EQUAL(folder_holds(&folder, "link", ""), EIO);
    CU_ASSERT_EQUAL(folder_holds(&folder, "fifo", ""), EIO);
    CU_ASSERT_EQUAL(folder_holds(&folder, "dir", ""), EIO);
    CU_ASSERT_EQUAL(folder_holds(&folder, "other", ""), EIO);
    CU_ASSERT_EQUAL(folder_holds(&folder, "gone", ""), ENOENT);
    CU_ASSERT_EQUAL(folder_holds(&folder, "hard", ""), EIO);
    CU_ASSERT_EQUAL(folder_holds(&folder, "sub/secret", ""), ELOOP);
    /* It was not looked into before, and cannot be now. */
    CU_ASSERT_EQUAL(rig_walk(&folder.rig, 3, "late"), 0);
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWALK, "ddws", 3u, 4u, 1, "secret"), ENOTDIR);
    CU_ASSERT_EQUAL(rig_walk(&folder.rig, 5, "swapped"), 0);
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWALK, "ddws", 5u, 6u, 1, "secret"), EIO);
    folder_fini(&folder);
}

static void test_a_file_that_changes_while_it_is_open_gives_no_more_bytes(void)
{
    struct folder folder;
    folder_init(&folder);
    folder_put(&folder, "share/shrinks", "0123456789");
    folder_put(&folder, "share/grows", "0123456789");
    folder_put(&folder, "share/vanishes", "0123456789");
    folder_serve(&folder);
    static const char *const names[] = {"shrinks", "grows", "vanishes"};
    const uint8_t *bytes;
    size_t got;
    for (uint32_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(rig_open(&folder.rig, 2 + i, names[i], P9_O_RDONLY), 0);
        CU_ASSERT_EQUAL(rig_read(&folder.rig, 2 + i, 0, 5, &bytes, &got), 0);
    }
    g_autofree char *shrinks = folder_path(&folder, "share/shrinks"),
                    *grows = folder_path(&folder, "share/grows");
    CU_ASSERT_EQUAL(truncate(shrinks, 3), 0);
    struct stat before; /* its time is set back: the size alone tells */
    CU_ASSERT_EQUAL(stat(grows, &before), 0);
    CU_ASSERT_EQUAL(truncate(grows, 30), 0);
    const struct timespec times[] = {before.st_atim, before.st_mtim};
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, grows, times, 0), 0);
    folder_take(&folder, "share/vanishes");
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, 5, 5, &bytes, &got), EIO);
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, 0, 2, &bytes, &got), EIO); /* what is there as well */
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 3, 5, 5, &bytes, &got), EIO);
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 4, 5, 5, &bytes, &got), 0); /* it is still what it was */
    CU_ASSERT_TRUE(got == 5 && memcmp(bytes, "56789", 5) == 0);
    /* Names are there as they were listed; writing over all of a file does not ask the host. */
    folder_shows(&folder, " grows shrinks vanishes");
    CU_ASSERT_EQUAL(rig_open(&folder.rig, 5, "shrinks", P9_O_RDWR | P9_O_TRUNC), 0);
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 5, 0, 5, &bytes, &got), 0);
    CU_ASSERT_EQUAL(got, 0);
    CU_ASSERT_TRUE(rig_broke(&folder.rig, NULL));
    folder_fini(&folder);
}

/* Another process exchanges a folder with a symbolic link to one outside, as fast as it can. */
static void race(const struct folder *folder)
{
    g_autofree char *a = folder_path(folder, "share/sub"), *b = folder_path(folder, "share/out");
    for (;;) {
        renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
    }
}

static void test_no_race_of_renames_leads_outside(void)
{
    struct folder folder;
    folder_init(&folder);
    folder_make(&folder, "share/sub");
    folder_put(&folder, "share/sub/secret", "inside");
    folder_link(&folder, "share/out", "../outside");
    pid_t racer = fork();
    if (racer == 0) {
        race(&folder);
    }
    unsigned seen = 0;
    for (unsigned i = 0; i < 200; i++) {
        folder_serve(&folder);
        const uint8_t *bytes;
        size_t got;
        if (rig_walk(&folder.rig, 2, "sub") == 0 &&
            rig_call(&folder.rig, P9_TWALK, "ddws", 2u, 3u, 1, "secret") == 0 &&
            rig_call(&folder.rig, P9_TLOPEN, "dd", 3u, P9_O_RDONLY) == 0 &&
            rig_read(&folder.rig, 3, 0, 100, &bytes, &got) == 0) {
            CU_ASSERT_TRUE_FATAL(got == 6 && memcmp(bytes, "inside", 6) == 0);
            seen++;
        }
        rig_fini(&folder.rig);
    }
    kill(racer, SIGKILL);
    waitpid(racer, NULL, 0);
    CU_ASSERT_TRUE(seen > 0);
    folder_serve(&folder);
    folder_fini(&folder);
}

UNIT_SUITE("p9_source_safety", UNIT_TEST(test_whatever_a_guest_does_the_host_stays),
           UNIT_TEST(test_a_byte_written_into_a_large_file_is_one_block),
           UNIT_TEST(test_written_and_unwritten_bytes_are_one_file),
           UNIT_TEST(test_symbolic_links_are_not_followed),
           UNIT_TEST(test_what_takes_the_place_of_a_file_is_not_read),
           UNIT_TEST(test_a_file_that_changes_while_it_is_open_gives_no_more_bytes),
           UNIT_TEST(test_no_race_of_renames_leads_outside))
