/* junit_test.c - the file, to the letter */
#include "harness/report/junit.h"

#include "tests/unit.h"

#include <glib/gstdio.h>
#include <string.h>

static struct run_result result_of(enum run_status status, const char *what, unsigned line,
                                   uint64_t time_ns)
{
    struct run_result result;
    run_result_init(&result);
    result.status = status;
    g_free(result.what);
    result.what = g_strdup(what);
    result.line = line;
    result.time_ns = time_ns;
    return result;
}

static void add(struct junit *junit, const char *name, enum run_status status, const char *what,
                uint64_t time_ns, const char *text)
{
    struct run_result result = result_of(status, what, status == RUN_FAILED ? 14 : 0, time_ns);
    junit_add(junit, name, "s/x.scn", &result, text);
    run_result_clear(&result);
}

struct file {
    char *folder, *path;
};

static void file_setup(struct file *file)
{
    file->folder = g_dir_make_tmp("junit-XXXXXX", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file->folder);
    file->path = g_build_filename(file->folder, "junit.xml", NULL);
}

/* Gives the content. */
static char *file_teardown(struct file *file)
{
    char *content = NULL;
    CU_ASSERT_TRUE(g_file_get_contents(file->path, &content, NULL, NULL));
    g_unlink(file->path);
    CU_ASSERT_EQUAL(g_rmdir(file->folder), 0);
    g_free(file->path);
    g_free(file->folder);
    return content;
}

static void test_suites_are_folders_and_count_their_cases(void)
{
    struct file file;
    file_setup(&file);
    struct junit *junit = junit_open(file.path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(junit);
    add(junit, "arp/a", RUN_PASSED, "", 1000000500, "unused");
    add(junit, "icmp/b[n=2]", RUN_FAILED, "not met", 3000000000, "block\n  got: 1\n");
    add(junit, "icmp/c", RUN_SKIPPED, "no TCP", 0, "unused");
    add(junit, "icmp/d", RUN_ERROR, "wrong", 0, "d.scn: error");
    add(junit, "arp/e", RUN_STUCK, "hang", 1000000000, "e");
    CU_ASSERT_TRUE(junit_close(junit, NULL));
    g_autofree char *text = file_teardown(&file);
    CU_ASSERT_STRING_EQUAL(
        text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<testsuites name=\"ringside\" tests=\"5\" failures=\"2\" errors=\"1\" skipped=\"1\" "
              "time=\"2.000000500\">\n"
              "  <testsuite name=\"arp\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" "
              "time=\"0.000000500\">\n"
              "    <testcase name=\"a\" classname=\"arp\" file=\"s/x.scn\" time=\"0.000000500\"/>\n"
              "    <testcase name=\"e\" classname=\"arp\" file=\"s/x.scn\" time=\"0.000000000\">\n"
              "      <failure message=\"hang\" type=\"stuck\">e</failure>\n"
              "    </testcase>\n"
              "  </testsuite>\n"
              "  <testsuite name=\"icmp\" tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"1\" "
              "time=\"2.000000000\">\n"
              "    <testcase name=\"b[n=2]\" classname=\"icmp\" file=\"s/x.scn\" line=\"14\" "
              "time=\"2.000000000\">\n"
              "      <failure message=\"not met\" type=\"failed\">block\n  got: 1\n</failure>\n"
              "    </testcase>\n"
              "    <testcase name=\"c\" classname=\"icmp\" file=\"s/x.scn\" time=\"0.000000000\">\n"
              "      <skipped message=\"no TCP\"/>\n"
              "    </testcase>\n"
              "    <testcase name=\"d\" classname=\"icmp\" file=\"s/x.scn\" time=\"0.000000000\">\n"
              "      <error message=\"wrong\" type=\"error\">d.scn: error</error>\n"
              "    </testcase>\n"
              "  </testsuite>\n"
              "</testsuites>\n");
}

static void test_texts_are_escaped_and_hold_no_character_that_xml_has_not(void)
{
    struct file file;
    file_setup(&file);
    struct junit *junit = junit_open(file.path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(junit);
    add(junit, "a<b/\"q\"", RUN_FAULT, "x < y && \"z\"\n\tü \001\033 \xff \xef\xbf\xbf", 0,
        "]]> <\001> \"\n\t\xc3\r");
    CU_ASSERT_TRUE(junit_close(junit, NULL));
    g_autofree char *text = file_teardown(&file);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<testcase name=\"&quot;q&quot;\" classname=\"a&lt;b\""));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "<error message=\"x &lt; y &amp;&amp; &quot;z&quot;&#10;&#9;ü \\x01\\x1b "
                     "\\xff \\xef\\xbf\\xbf\" type=\"ringside's own fault\">"
                     "]]&gt; &lt;\\x01&gt; &quot;\n\t\\xc3\\x0d</error>"));
}

static void test_a_file_that_cannot_be_written_is_told(void)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(junit_open("/nonexistent/junit.xml", &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_STRING_EQUAL(error->message,
                           "cannot write /nonexistent/junit.xml: No such file or directory");
}

static void test_a_full_disk_is_told(void)
{
    g_autoptr(GError) error = NULL;
    struct junit *junit = junit_open("/dev/full", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(junit);
    CU_ASSERT_FALSE(junit_close(junit, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_STRING_EQUAL(error->message, "cannot write /dev/full: No space left on device");
}

UNIT_SUITE("junit", UNIT_TEST(test_suites_are_folders_and_count_their_cases),
           UNIT_TEST(test_texts_are_escaped_and_hold_no_character_that_xml_has_not),
           UNIT_TEST(test_a_file_that_cannot_be_written_is_told),
           UNIT_TEST(test_a_full_disk_is_told))
