/*
 * capture_writer_test.c - captures to the byte, and every way in which writing may fail
 */
#include "pcap/capture.h"

#include "pcap/capture_scratch.h"
#include "tests/unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void write_some(const char *path, size_t count)
{
    GError *error = NULL;
    struct capture_writer *writer = capture_writer_open(path, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    CU_ASSERT_PTR_NULL(error);
    for (size_t i = 0; i < count; i++) {
        uint8_t frame[60] = {0xff, (uint8_t)i};
        capture_writer_add(writer, UINT64_C(1000001001) + i, frame, sizeof(frame));
    }
    CU_ASSERT_TRUE(capture_writer_close(writer, &error));
    CU_ASSERT_PTR_NULL(error);
}

static void test_file_is_nanosecond_pcap_of_ethernet(void)
{
    struct scratch scratch;
    scratch_setup(&scratch);
    GError *error = NULL;
    struct capture_writer *writer = capture_writer_open(scratch.path, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    capture_writer_add(writer, UINT64_C(3000000007), (const uint8_t *)"\x01\x02\x03", 3);
    CU_ASSERT_TRUE(capture_writer_close(writer, &error));
    const uint32_t head[] = {
        0xa1b23c4d, 0x00040002, 0, 0, 262144, 1, /* magic, 2.4, zone, accuracy, snap length, link */
        3,          7,          3, 3, /* seconds, nanoseconds, bytes here, bytes in all */
    };
    char *bytes = NULL;
    gsize size = 0;
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(scratch.path, &bytes, &size, NULL));
    CU_ASSERT_EQUAL_FATAL(size, sizeof(head) + 3);
    CU_ASSERT_EQUAL(memcmp(bytes, head, 4), 0);
    CU_ASSERT_EQUAL(memcmp(bytes + 8, head + 2, sizeof(head) - 8), 0);
    CU_ASSERT_EQUAL(memcmp(bytes + sizeof(head), "\x01\x02\x03", 3), 0);
    g_free(bytes);
    scratch_teardown(&scratch);
}

static void test_same_frames_are_the_same_bytes(void)
{
    struct scratch first, second;
    scratch_setup(&first);
    scratch_setup(&second);
    write_some(first.path, 500);
    write_some(second.path, 500);
    char *a = NULL, *b = NULL;
    gsize a_size = 0, b_size = 0;
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(first.path, &a, &a_size, NULL));
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(second.path, &b, &b_size, NULL));
    CU_ASSERT_EQUAL(a_size, 24 + 500 * (16 + 60));
    CU_ASSERT_EQUAL_FATAL(a_size, b_size);
    CU_ASSERT_EQUAL(memcmp(a, b, a_size), 0);
    g_free(a);
    g_free(b);
    scratch_teardown(&first);
    scratch_teardown(&second);
}

static void test_older_file_is_replaced(void)
{
    struct scratch scratch;
    scratch_setup(&scratch);
    write_some(scratch.path, 100);
    write_some(scratch.path, 0);
    GStatBuf status;
    CU_ASSERT_EQUAL_FATAL(g_stat(scratch.path, &status), 0);
    CU_ASSERT_EQUAL(status.st_size, 24);
    scratch_teardown(&scratch);
}

static void refuse_to_open(const char *path, int code)
{
    GError *error = NULL;
    CU_ASSERT_PTR_NULL(capture_writer_open(path, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_TRUE(g_error_matches(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN));
    CU_ASSERT_TRUE(g_str_has_prefix(error->message, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, g_strerror(code)));
    g_error_free(error);
}

static void test_what_cannot_be_created_is_named(void)
{
    struct scratch scratch;
    scratch_setup(&scratch);
    refuse_to_open(scratch.folder, EISDIR);
    char *missing = g_build_filename(scratch.folder, "missing", "file.pcap", NULL);
    refuse_to_open(missing, ENOENT);
    g_free(missing);
    refuse_to_open("", ENOENT);
    scratch_teardown(&scratch);
}

/* Root may write anywhere, so it is somebody else for the moment. */
static void test_unwritable_file_is_named(void)
{
    struct scratch scratch;
    scratch_setup(&scratch);
    scratch_put(&scratch, "mine", 4);
    CU_ASSERT_EQUAL_FATAL(g_chmod(scratch.path, 0444), 0);
    bool is_root = geteuid() == 0;
    CU_ASSERT_TRUE_FATAL(!is_root || seteuid(65534) == 0);
    refuse_to_open(scratch.path, EACCES);
    CU_ASSERT_TRUE_FATAL(!is_root || seteuid(0) == 0);
    scratch_teardown(&scratch);
}

static void expect_full_disk(struct capture_writer *writer)
{
    GError *error = NULL;
    CU_ASSERT_FALSE(capture_writer_close(writer, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_TRUE(g_error_matches(error, CAPTURE_ERROR, CAPTURE_ERROR_WRITE));
    CU_ASSERT_STRING_EQUAL(error->message,
                           "/dev/full: the capture is incomplete: No space left on device");
    g_error_free(error);
}

static void test_full_disk_is_told_at_the_end(void)
{
    GError *error = NULL;
    struct capture_writer *writer = capture_writer_open("/dev/full", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    expect_full_disk(writer); /* the header alone does not fit */
    writer = capture_writer_open("/dev/full", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    uint8_t frame[1514] = {0};
    for (unsigned i = 0; i < 1000; i++) {
        capture_writer_add(writer, i, frame, sizeof(frame));
    }
    errno = 0; /* what matters is what it was then */
    expect_full_disk(writer);
}

static void test_empty_and_largest_frames_are_written(void)
{
    struct scratch scratch;
    scratch_setup(&scratch);
    GError *error = NULL;
    struct capture_writer *writer = capture_writer_open(scratch.path, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    uint8_t *frame = g_malloc0(65550);
    capture_writer_add(writer, 1, frame, 0);
    capture_writer_add(writer, 2, frame, 65550);
    g_free(frame);
    CU_ASSERT_TRUE(capture_writer_close(writer, &error));
    GStatBuf status;
    CU_ASSERT_EQUAL_FATAL(g_stat(scratch.path, &status), 0);
    CU_ASSERT_EQUAL(status.st_size, 24 + 16 + 16 + 65550);
    scratch_teardown(&scratch);
}

UNIT_SUITE("capture_writer", UNIT_TEST(test_file_is_nanosecond_pcap_of_ethernet),
           UNIT_TEST(test_same_frames_are_the_same_bytes), UNIT_TEST(test_older_file_is_replaced),
           UNIT_TEST(test_what_cannot_be_created_is_named),
           UNIT_TEST(test_unwritable_file_is_named), UNIT_TEST(test_full_disk_is_told_at_the_end),
           UNIT_TEST(test_empty_and_largest_frames_are_written))
