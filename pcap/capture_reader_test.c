/*
 * capture_reader_test.c - captures read back, of every kind, and every damage
 */
#include "pcap/capture.h"

#include "pcap/capture_scratch.h"
#include "tests/unit.h"

#include <errno.h>
#include <string.h>

#define MAGIC_MICRO 0xa1b2c3d4
#define MAGIC_NANO  0xa1b23c4d
#define ETHERNET    1

/* A pcap file in memory, built by hand. */
struct file {
    GByteArray *bytes;
    bool swapped; /* the other byte order */
};

static void file_add32(struct file *file, uint32_t value)
{
    uint32_t stored = file->swapped ? GUINT32_SWAP_LE_BE(value) : value;
    g_byte_array_append(file->bytes, (const guint8 *)&stored, sizeof(stored));
}

static void file_add16(struct file *file, uint16_t value)
{
    uint16_t stored = value;
    if (file->swapped) {
        stored = (uint16_t)(value << 8 | value >> 8);
    }
    g_byte_array_append(file->bytes, (const guint8 *)&stored, sizeof(stored));
}

static void file_begin(struct file *file, uint32_t magic, uint32_t link_type)
{
    file->bytes = g_byte_array_new();
    file_add32(file, magic);
    file_add16(file, 2);
    file_add16(file, 4);
    file_add32(file, 0);
    file_add32(file, 0);
    file_add32(file, 65535);
    file_add32(file, link_type);
}

static void file_add_frame(struct file *file, uint32_t seconds, uint32_t fraction, uint32_t len,
                           uint32_t original_len)
{
    file_add32(file, seconds);
    file_add32(file, fraction);
    file_add32(file, len);
    file_add32(file, original_len);
    for (uint32_t i = 0; i < len; i++) {
        const guint8 byte = (guint8)i;
        g_byte_array_append(file->bytes, &byte, 1);
    }
}

static struct capture_reader *file_open(struct file *file, struct scratch *scratch, size_t size)
{
    scratch_put(scratch, file->bytes->data, size);
    GError *error = NULL;
    struct capture_reader *reader = capture_reader_open(scratch->path, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
    return reader;
}

static void file_end(struct file *file)
{
    g_byte_array_free(file->bytes, TRUE);
}

static void expect_frame(struct capture_reader *reader, uint64_t time_ns, size_t len)
{
    GError *error = NULL;
    struct capture_frame frame;
    CU_ASSERT_EQUAL_FATAL(capture_reader_next(reader, &frame, &error), 1);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_EQUAL(frame.time_ns, time_ns);
    CU_ASSERT_EQUAL(frame.len, len);
}

static void expect_end(struct capture_reader *reader)
{
    GError *error = NULL;
    struct capture_frame frame;
    CU_ASSERT_EQUAL(capture_reader_next(reader, &frame, &error), 0);
    CU_ASSERT_EQUAL(capture_reader_next(reader, &frame, &error), 0);
    CU_ASSERT_PTR_NULL(error);
}

static void expect_damage(struct capture_reader *reader, const char *why)
{
    GError *error = NULL;
    struct capture_frame frame;
    CU_ASSERT_EQUAL(capture_reader_next(reader, &frame, &error), -1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_TRUE(g_error_matches(error, CAPTURE_ERROR, CAPTURE_ERROR_FORMAT));
    if (strstr(error->message, why) == NULL) {
        fprintf(stderr, "%s\n", error->message);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, why));
    g_error_free(error);
}

static void test_what_the_writer_wrote_comes_back_to_the_nanosecond(void)
{
    static const uint64_t times_ns[] = {
        0, 1, 999999999, 1000000000, UINT64_C(1000140003), UINT64_C(2147483647999999999)};
    struct scratch scratch;
    scratch_setup(&scratch);
    GError *error = NULL;
    struct capture_writer *writer = capture_writer_open(scratch.path, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    for (size_t i = 0; i < G_N_ELEMENTS(times_ns); i++) {
        uint8_t frame[100] = {(uint8_t)i};
        capture_writer_add(writer, times_ns[i], frame, 60 + i);
    }
    CU_ASSERT_TRUE(capture_writer_close(writer, &error));
    struct capture_reader *reader = capture_reader_open(scratch.path, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
    for (size_t i = 0; i < G_N_ELEMENTS(times_ns); i++) {
        struct capture_frame frame;
        CU_ASSERT_EQUAL_FATAL(capture_reader_next(reader, &frame, &error), 1);
        CU_ASSERT_EQUAL(frame.time_ns, times_ns[i]);
        CU_ASSERT_EQUAL(frame.len, 60 + i);
        CU_ASSERT_EQUAL(frame.original_len, 60 + i);
        CU_ASSERT_EQUAL(frame.data[0], i);
    }
    expect_end(reader);
    capture_reader_free(reader);
    scratch_teardown(&scratch);
}

static void test_microseconds_and_other_byte_orders_are_read(void)
{
    static const struct {
        uint32_t magic;
        bool swapped;
        uint64_t time_ns;
    } rows[] = {
        {MAGIC_MICRO, false, UINT64_C(5000123000)},
        {MAGIC_NANO, false, UINT64_C(5000000123)},
        {MAGIC_MICRO, true, UINT64_C(5000123000)},
        {MAGIC_NANO, true, UINT64_C(5000000123)},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct scratch scratch;
        scratch_setup(&scratch);
        struct file file = {.swapped = rows[i].swapped};
        file_begin(&file, rows[i].magic, ETHERNET);
        file_add_frame(&file, 5, 123, 60, 1514);
        struct capture_reader *reader = file_open(&file, &scratch, file.bytes->len);
        struct capture_frame frame;
        GError *error = NULL;
        CU_ASSERT_EQUAL_FATAL(capture_reader_next(reader, &frame, &error), 1);
        CU_ASSERT_EQUAL(frame.time_ns, rows[i].time_ns);
        CU_ASSERT_EQUAL(frame.len, 60);
        CU_ASSERT_EQUAL(frame.original_len, 1514);
        CU_ASSERT_EQUAL(frame.data[59], 59);
        expect_end(reader);
        capture_reader_free(reader);
        file_end(&file);
        scratch_teardown(&scratch);
    }
}

static void test_pcapng_is_read(void)
{
    static const uint32_t blocks[] = {
        0x0a0d0d0a, 28, 0x1a2b3c4d, 1,     0xffffffff, 0xffffffff, 28, /* section header */
        1,          32, 1,          65535, 0x00010009, 9,          0,
        32, /* interface: ns (option 9 = 9) */
        6,          36, 0,          0,     77,         4,          4,
        0x04030201, 36, /* packet: 77 ns, 4 bytes */
    };
    struct scratch scratch;
    scratch_setup(&scratch);
    struct file file = {.bytes = g_byte_array_new()};
    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
        file_add32(&file, blocks[i]);
    }
    struct capture_reader *reader = file_open(&file, &scratch, file.bytes->len);
    expect_frame(reader, 77, 4);
    expect_end(reader);
    capture_reader_free(reader);
    file_end(&file);
    scratch_teardown(&scratch);
}

static void test_truncation_is_found_wherever_it_is(void)
{
    struct scratch scratch;
    scratch_setup(&scratch);
    struct file file = {.swapped = false};
    file_begin(&file, MAGIC_NANO, ETHERNET);
    file_add_frame(&file, 1, 2, 20, 20);
    file_add_frame(&file, 1, 3, 20, 20);
    for (size_t size = 24; size <= file.bytes->len; size++) {
        struct capture_reader *reader = file_open(&file, &scratch, size);
        size_t whole = (size - 24) / 36;
        for (size_t i = 0; i < whole; i++) {
            expect_frame(reader, UINT64_C(1000000002) + i, 20);
        }
        if ((size - 24) % 36 == 0) {
            expect_end(reader);
        } else {
            expect_damage(reader, whole == 0 ? "damaged at frame 1: truncated dump file"
                                             : "damaged at frame 2: truncated dump file");
        }
        capture_reader_free(reader);
    }
    file_end(&file);
    scratch_teardown(&scratch);
}

static void refuse(const char *path, enum capture_error code, const char *why)
{
    GError *error = NULL;
    CU_ASSERT_PTR_NULL(capture_reader_open(path, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_TRUE(g_error_matches(error, CAPTURE_ERROR, (int)code));
    CU_ASSERT_TRUE(g_str_has_prefix(error->message, path));
    if (strstr(error->message, why) == NULL) {
        fprintf(stderr, "%s\n", error->message);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, why));
    g_error_free(error);
}

static void test_what_is_no_capture_is_refused(void)
{
    struct scratch scratch;
    scratch_setup(&scratch);
    refuse(scratch.path, CAPTURE_ERROR_OPEN, g_strerror(ENOENT));
    refuse(scratch.folder, CAPTURE_ERROR_OPEN, g_strerror(EISDIR));
    scratch_put(&scratch, "", 0);
    refuse(scratch.path, CAPTURE_ERROR_FORMAT, "not a capture: truncated dump file");
    scratch_put(&scratch, "version 1\ntitle \"not a capture\"\n", 32);
    refuse(scratch.path, CAPTURE_ERROR_FORMAT, "not a capture: unknown file format");
    struct file file = {.swapped = false};
    file_begin(&file, MAGIC_NANO, ETHERNET);
    for (size_t size = 1; size < 24; size++) {
        scratch_put(&scratch, file.bytes->data, size);
        refuse(scratch.path, CAPTURE_ERROR_FORMAT, "not a capture: truncated dump file");
    }
    file_end(&file);
    scratch_teardown(&scratch);
}

static void test_other_link_types_are_refused(void)
{
    static const struct {
        uint32_t link_type;
        const char *why;
    } rows[] = {
        {101, "its link type is 12 (RAW)"}, /* numbered otherwise in files */
        {105, "its link type is 105 (IEEE802_11)"},
        {40000, "its link type is 40000 (unknown)"},
    };
    struct scratch scratch;
    scratch_setup(&scratch);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct file file = {.swapped = false};
        file_begin(&file, MAGIC_NANO, rows[i].link_type);
        scratch_put(&scratch, file.bytes->data, file.bytes->len);
        refuse(scratch.path, CAPTURE_ERROR_FORMAT, rows[i].why);
        file_end(&file);
    }
    scratch_teardown(&scratch);
}

static void test_damage_that_libpcap_accepts_is_found(void)
{
    static const struct {
        uint32_t seconds, fraction, len, original_len;
        const char *why;
    } rows[] = {
        {0x80000000, 0, 60, 60, "impossible timestamp"},
        {1, 1000000000, 60, 60, "impossible timestamp"},
        {1, 0xffffffff, 60, 60, "impossible timestamp"},
        {1, 0, 60, 59, "more bytes than the frame had"},
    };
    struct scratch scratch;
    scratch_setup(&scratch);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct file file = {.swapped = false};
        file_begin(&file, MAGIC_NANO, ETHERNET);
        file_add_frame(&file, rows[i].seconds, rows[i].fraction, rows[i].len, rows[i].original_len);
        struct capture_reader *reader = file_open(&file, &scratch, file.bytes->len);
        expect_damage(reader, rows[i].why);
        capture_reader_free(reader);
        file_end(&file);
    }
    scratch_teardown(&scratch);
}

static void test_impossible_length_is_damage(void)
{
    struct scratch scratch;
    scratch_setup(&scratch);
    struct file file = {.swapped = false};
    file_begin(&file, MAGIC_NANO, ETHERNET);
    file_add32(&file, 1);
    file_add32(&file, 0);
    file_add32(&file, 0x7fffffff);
    file_add32(&file, 0x7fffffff);
    struct capture_reader *reader = file_open(&file, &scratch, file.bytes->len);
    expect_damage(reader, "damaged at frame 1: invalid packet capture length");
    capture_reader_free(reader);
    file_end(&file);
    scratch_teardown(&scratch);
    capture_reader_free(NULL);
}

UNIT_SUITE("capture_reader", UNIT_TEST(test_what_the_writer_wrote_comes_back_to_the_nanosecond),
           UNIT_TEST(test_microseconds_and_other_byte_orders_are_read),
           UNIT_TEST(test_pcapng_is_read), UNIT_TEST(test_truncation_is_found_wherever_it_is),
           UNIT_TEST(test_what_is_no_capture_is_refused),
           UNIT_TEST(test_other_link_types_are_refused),
           UNIT_TEST(test_damage_that_libpcap_accepts_is_found),
           UNIT_TEST(test_impossible_length_is_damage))
