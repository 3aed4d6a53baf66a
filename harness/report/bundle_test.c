/* bundle_test.c - what lies in the folder of a failed test */
#include "harness/report/bundle.h"

#include "tests/unit.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rig {
    char *folder, *file, *bundles;
    GPtrArray *tests;
};

static void rig_put(const struct rig *rig, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(rig->folder, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    CU_ASSERT_EQUAL(g_mkdir_with_parents(parent, 0777), 0);
    FILE *file = g_fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, strlen(text), file), strlen(text));
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static void rig_setup(struct rig *rig, const char *text)
{
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    rig->folder = g_dir_make_tmp("bundle-XXXXXX", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig->folder);
    rig->file = g_build_filename(rig->folder, "icmp/a.scn", NULL);
    rig->bundles = g_build_filename(rig->folder, "bundles", NULL);
    rig_put(rig, "icmp/a.scn", text);
    rig->tests = scenario_load(rig->file, "icmp/a", diagnostics);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig->tests);
}

static void rig_remove(const char *path)
{
    bool is_link = g_file_test(path, G_FILE_TEST_IS_SYMLINK);
    g_autoptr(GDir) dir = is_link ? NULL : g_dir_open(path, 0, NULL);
    const char *entry;
    while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
        g_autofree char *below = g_build_filename(path, entry, NULL);
        rig_remove(below);
    }
    g_remove(path);
}

static void rig_teardown(struct rig *rig)
{
    rig_remove(rig->folder);
    g_ptr_array_unref(rig->tests);
    g_free(rig->folder);
    g_free(rig->file);
    g_free(rig->bundles);
}

/* A file of the bundle of icmp/a, or NULL. */
static char *rig_get(const struct rig *rig, const char *name)
{
    g_autofree char *path = g_build_filename(rig->bundles, "icmp/a[n=2]", name, NULL);
    char *content = NULL;
    g_file_get_contents(path, &content, NULL, NULL);
    return content;
}

static bool rig_write(const struct rig *rig, const struct scenario *scenario, GError **error)
{
    g_autofree char *folder = bundle_make_folder(rig->bundles, "icmp/a[n=2]", error);
    const struct bundle_source source = {
        .name = "icmp/a[n=2]",
        .file = rig->file,
        .scenario = scenario,
        .seed = 7,
        .status = RUN_FAILED,
        .report = "the block\n",
    };
    return folder != NULL && bundle_write(folder, &source, error);
}

#define SCENARIO                                                                                   \
    "version 1\nguest ./guests/g.so\nnet eth0\nwait ready\n"                                       \
    "finally capture matches \"golden/a.pcap\"\nfinally capture matches \"../b.pcap\"\n"

static void test_a_bundle_holds_what_the_scenario_names(void)
{
    struct rig rig;
    rig_setup(&rig, SCENARIO);
    rig_put(&rig, "icmp/guests/g.so", "image");
    rig_put(&rig, "icmp/golden/a.pcap", "golden");
    rig_put(&rig, "b.pcap", "elsewhere");
    g_autoptr(GError) error = NULL;
    CU_ASSERT_TRUE(rig_write(&rig, rig.tests->pdata[0], &error));
    CU_ASSERT_PTR_NULL(error);
    g_autofree char *scenario = rig_get(&rig, "icmp/a.scn");
    g_autofree char *golden = rig_get(&rig, "icmp/golden/a.pcap");
    g_autofree char *guest = rig_get(&rig, "icmp/guests/g.so");
    g_autofree char *script = rig_get(&rig, "repro.sh");
    g_autofree char *report = rig_get(&rig, "report.txt");
    g_autofree char *about = rig_get(&rig, "run.txt");
    CU_ASSERT_STRING_EQUAL(scenario, SCENARIO);
    CU_ASSERT_STRING_EQUAL(golden, "golden");
    CU_ASSERT_STRING_EQUAL(guest, "image");
    CU_ASSERT_STRING_EQUAL(report, "the block\n");
    CU_ASSERT_STRING_EQUAL(script, "#!/bin/sh\ncd \"$(dirname \"$0\")\" || exit 99\n"
                                   "exec \"${RINGSIDE:-ringside}\" run icmp/a.scn --filter "
                                   "'icmp/a[n=2]' --seed 7 \"$@\"\n");
    g_autofree char *expected =
        g_strdup_printf("test: icmp/a[n=2]\nverdict: failed\nseed: 7\nringside: %s\nguest: -\n"
                        "guest-sha256: -\nnot here: %s/icmp/../b.pcap\n",
                        RINGSIDE_VERSION, rig.folder);
    CU_ASSERT_STRING_EQUAL(about, expected);
    rig_teardown(&rig);
}

#define SHARES                                                                                     \
    "version 1\nguest reference\nshare box \"data/\"\nshare far \"../far\"\nwait ready\n"          \
    "finally share box matches \"golden/\"\n"

static char *rig_path(const struct rig *rig, const char *name)
{
    return g_build_filename(rig->bundles, "icmp/a[n=2]/icmp", name, NULL);
}

static bool rig_has(const struct rig *rig, const char *name, mode_t kind)
{
    g_autofree char *path = rig_path(rig, name);
    struct stat now;
    return lstat(path, &now) == 0 && (now.st_mode & S_IFMT) == kind;
}

static void rig_put_link(const struct rig *rig, const char *name, const char *target)
{
    g_autofree char *path = g_build_filename(rig->folder, name, NULL);
    CU_ASSERT_EQUAL(symlink(target, path), 0);
}

static void rig_make(const struct rig *rig, const char *name, mode_t mode)
{
    g_autofree char *path = g_build_filename(rig->folder, name, NULL);
    CU_ASSERT_EQUAL(S_ISFIFO(mode) ? mkfifo(path, 0600) : g_mkdir_with_parents(path, 0777), 0);
}

static void test_folders_come_along_as_a_share_shows_them(void)
{
    struct rig rig;
    rig_setup(&rig, SHARES);
    rig_put(&rig, "icmp/data/d/e/file", "content");
    rig_put(&rig, "icmp/data/program", "runs");
    rig_put(&rig, "icmp/golden/file", "content");
    rig_put(&rig, "far/secret", "of somebody else");
    rig_make(&rig, "icmp/data/d/empty", S_IFDIR);
    rig_make(&rig, "icmp/data/fifo", S_IFIFO);
    rig_put_link(&rig, "icmp/data/link", "d/e/file");
    rig_put_link(&rig, "icmp/data/out", "../../far");
    g_autofree char *program = g_build_filename(rig.folder, "icmp/data/program", NULL);
    CU_ASSERT_EQUAL(g_chmod(program, 0755), 0);
    CU_ASSERT_TRUE(rig_write(&rig, rig.tests->pdata[0], NULL));
    g_autofree char *file = rig_get(&rig, "icmp/data/d/e/file");
    g_autofree char *golden = rig_get(&rig, "icmp/golden/file");
    g_autofree char *copy = rig_path(&rig, "data/program"), *link = rig_path(&rig, "data/out");
    g_autofree char *target = g_file_read_link(link, NULL);
    g_autofree char *about = rig_get(&rig, "run.txt");
    CU_ASSERT_STRING_EQUAL(file, "content");
    CU_ASSERT_STRING_EQUAL(golden, "content");
    CU_ASSERT_EQUAL(access(copy, X_OK), 0);
    CU_ASSERT_TRUE(rig_has(&rig, "data/d/empty", S_IFDIR));
    CU_ASSERT_TRUE(rig_has(&rig, "data/link", S_IFLNK));
    CU_ASSERT_STRING_EQUAL(target, "../../far");
    CU_ASSERT_FALSE(rig_has(&rig, "data/fifo", S_IFIFO));
    CU_ASSERT_FALSE(rig_has(&rig, "../far", S_IFDIR));
    CU_ASSERT_PTR_NOT_NULL(strstr(about, "/icmp/../far\n"));
    CU_ASSERT_PTR_NULL(strstr(about, "/data"));
    rig_teardown(&rig);
}

static void test_a_folder_that_is_too_large_is_left_out_and_told(void)
{
    struct rig rig;
    rig_setup(&rig, SHARES);
    rig_put(&rig, "icmp/data/a", "first");
    rig_put(&rig, "icmp/data/large", "");
    rig_put(&rig, "icmp/golden/file", "content");
    g_autofree char *large = g_build_filename(rig.folder, "icmp/data/large", NULL);
    CU_ASSERT_EQUAL(truncate(large, (off_t)BUNDLE_FOLDER_BYTES_MAX - 4), 0);
    CU_ASSERT_TRUE(rig_write(&rig, rig.tests->pdata[0], NULL));
    g_autofree char *about = rig_get(&rig, "run.txt");
    CU_ASSERT_PTR_NOT_NULL(strstr(about, "/icmp/data/: its files have more than 64 MiB\n"));
    CU_ASSERT_FALSE(rig_has(&rig, "data", S_IFDIR));
    CU_ASSERT_TRUE(rig_has(&rig, "golden", S_IFDIR));
    CU_ASSERT_EQUAL(truncate(large, (off_t)BUNDLE_FOLDER_BYTES_MAX - 5), 0);
    CU_ASSERT_TRUE(rig_write(&rig, rig.tests->pdata[0], NULL));
    CU_ASSERT_TRUE(rig_has(&rig, "data/large", S_IFREG));
    rig_teardown(&rig);
}

static void test_a_file_with_errors_has_a_bundle_too(void)
{
    struct rig rig;
    rig_setup(&rig, "version 1\nwait ready\n");
    CU_ASSERT_TRUE(rig_write(&rig, NULL, NULL));
    g_autofree char *scenario = rig_get(&rig, "icmp/a.scn");
    CU_ASSERT_STRING_EQUAL(scenario, "version 1\nwait ready\n");
    rig_teardown(&rig);
}

static void test_a_folder_that_cannot_be_made_is_told(void)
{
    struct rig rig;
    rig_setup(&rig, "version 1\nwait ready\n");
    rig_put(&rig, "bundles", "a file");
    g_autoptr(GError) prepare = NULL, write = NULL;
    CU_ASSERT_FALSE(bundle_prepare(rig.bundles, &prepare));
    CU_ASSERT_PTR_NOT_NULL_FATAL(prepare);
    CU_ASSERT_PTR_NOT_NULL(strstr(prepare->message, "cannot write bundles into "));
    CU_ASSERT_FALSE(rig_write(&rig, rig.tests->pdata[0], &write));
    CU_ASSERT_PTR_NOT_NULL(write);
    rig_teardown(&rig);
}

UNIT_SUITE("bundle", UNIT_TEST(test_a_bundle_holds_what_the_scenario_names),
           UNIT_TEST(test_folders_come_along_as_a_share_shows_them),
           UNIT_TEST(test_a_folder_that_is_too_large_is_left_out_and_told),
           UNIT_TEST(test_a_file_with_errors_has_a_bundle_too),
           UNIT_TEST(test_a_folder_that_cannot_be_made_is_told))
