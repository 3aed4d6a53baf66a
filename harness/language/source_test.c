/*
 * source_test.c - files that are no scenarios
 */
#include "harness/language/language_rig.h"
#include "harness/language/source.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char *path;
    char *file; /* "x.scn" in it */
};

static struct folder folder_new(void)
{
    GError *error = NULL;
    struct folder folder = {.path = g_dir_make_tmp("ringside-XXXXXX", &error)};
    CU_ASSERT_PTR_NULL_FATAL(error);
    folder.file = g_build_filename(folder.path, "x.scn", NULL);
    return folder;
}

static void folder_free(struct folder *folder)
{
    g_unlink(folder->file);
    g_rmdir(folder->path);
    g_free(folder->path);
    g_free(folder->file);
}

static char *complaint_of_file(const char *path)
{
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    GPtrArray *tests = scenario_load(path, "x", diagnostics);
    CU_ASSERT_EQUAL(tests == NULL, diagnostics->len > 0);
    if (tests != NULL) {
        g_ptr_array_unref(tests);
    }
    return rig_describe(diagnostics);
}

static void check_file(const char *path, const char *expected)
{
    g_autofree char *complaint = complaint_of_file(path);
    CU_ASSERT_STRING_EQUAL(complaint, expected);
}

static void check_content(const char *content, size_t size, const char *expected)
{
    struct folder folder = folder_new();
    CU_ASSERT_TRUE_FATAL(g_file_set_contents(folder.file, content, (gssize)size, NULL));
    check_file(folder.file, expected);
    folder_free(&folder);
}

static void test_a_file_is_read(void)
{
    static const char text[] = "version 1\nrun a: \"b\"\n";
    check_content(text, strlen(text), "");
    check_content("", 0, "0:0: the file has no statement [a scenario begins with: version 1]");
}

static void test_what_is_no_file_is_refused_without_waiting(void)
{
    struct folder folder = folder_new();
    check_file(folder.file, "0:0: cannot be opened: No such file or directory");
    check_file(folder.path, "0:0: this is a directory: a scenario is a file");
    CU_ASSERT_EQUAL_FATAL(mkfifo(folder.file, 0600), 0);
    check_file(folder.file, "0:0: this is a pipe: a scenario is a file");
    check_file("/dev/zero", "0:0: this is a device: a scenario is a file");
    check_file("", "0:0: cannot be opened: No such file or directory");
    folder_free(&folder);
}

static void test_a_loop_of_links_is_refused(void)
{
    struct folder folder = folder_new();
    CU_ASSERT_EQUAL_FATAL(symlink("x.scn", folder.file), 0);
    check_file(folder.file, "0:0: cannot be opened: Too many levels of symbolic links");
    folder_free(&folder);
}

static void test_a_file_that_cannot_be_read_is_refused(void)
{
    /* A regular file whose first page nobody may read. */
    check_file("/proc/self/mem", "0:0: cannot be read: Input/output error");
}

static void test_a_nul_byte_ends_it(void)
{
    static const char text[] = "version 1\nrun \0 a\n\0";
    check_content(text, sizeof(text), "2:5: NUL byte: this is not a text file");
    check_content("\0", 1, "1:1: NUL byte: this is not a text file");
    check_content("\n\n\0", 3, "3:1: NUL byte: this is not a text file");
}

static void test_bytes_that_are_not_utf8_are_shown(void)
{
    static const char text[] = "version 1\nrun a: \"\xff\"\nrun b: \"\xc3\"\n";
    check_content(text, strlen(text),
                  "2:9: byte 0xff is not UTF-8\n"
                  "3:9: byte 0xc3 is not UTF-8");
}

static void test_a_line_of_ten_megabytes_is_refused_at_once(void)
{
    size_t size = 10000000;
    g_autofree char *line = g_strnfill(size, 'x');
    check_content(line, size, "1:1: the line is too long: 10000000 bytes, at most 8192");
    memset(line, '\xff', size);
    check_content(line, size, "1:1: the line is too long: 10000000 bytes, at most 8192");
}

static void test_a_line_of_the_limit_is_read(void)
{
    g_autofree char *blanks = g_strnfill(SOURCE_LINE_MAX - strlen("run a: \"b\""), ' ');
    g_autofree char *right = g_strdup_printf("version 1\nrun a: \"b\"%s\n", blanks);
    g_autofree char *wrong = g_strdup_printf("version 1\nrun a: \"b\"%s \n", blanks);
    check_content(right, strlen(right), "");
    check_content(wrong, strlen(wrong), "2:1: the line is too long: 8193 bytes, at most 8192");
}

static void test_a_file_has_a_limit(void)
{
    size_t size = SOURCE_SIZE_MAX + 1;
    g_autofree char *text = g_strnfill(size, '\n');
    check_content(text, size, "0:0: the file is too large: a scenario has at most 16 MiB");
}

UNIT_SUITE("source", UNIT_TEST(test_a_file_is_read),
           UNIT_TEST(test_what_is_no_file_is_refused_without_waiting),
           UNIT_TEST(test_a_loop_of_links_is_refused),
           UNIT_TEST(test_a_file_that_cannot_be_read_is_refused),
           UNIT_TEST(test_a_nul_byte_ends_it), UNIT_TEST(test_bytes_that_are_not_utf8_are_shown),
           UNIT_TEST(test_a_line_of_ten_megabytes_is_refused_at_once),
           UNIT_TEST(test_a_line_of_the_limit_is_read), UNIT_TEST(test_a_file_has_a_limit))
