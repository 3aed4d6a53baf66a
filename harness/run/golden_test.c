/* golden_test.c - what is the same, what differs and how it is shown */
#include "harness/run/golden.h"

#include "tests/unit.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const uint8_t own_mac[GOLDEN_MAC_SIZE] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

#define FRAME_SIZE 60

/* A frame of an experimental type that holds a number. */
static void add_frame(struct golden *golden, bool is_out, uint8_t number)
{
    uint8_t frame[FRAME_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52,  0x55,
                                 0,    0,    0,    2,    0x88, 0xb5, number};
    if (is_out) {
        memcpy(frame + GOLDEN_MAC_SIZE, own_mac, GOLDEN_MAC_SIZE);
    }
    golden_add(golden, is_out, 1000000000 + golden_count(golden), frame, sizeof frame);
}

/* A frame a letter: capital ones go out. */
static struct golden *golden_of(const char *letters)
{
    struct golden *golden = golden_new(own_mac, 1);
    for (; *letters != '\0'; letters++) {
        add_frame(golden, g_ascii_isupper(*letters), (uint8_t)g_ascii_toupper(*letters));
    }
    return golden;
}

static const struct compare_row {
    const char *wanted, *run;
    unsigned different, missing, extra;
} compare_rows[] = {
    {"", "", 0, 0, 0},           {"AbCd", "AbCd", 0, 0, 0},     {"AbCd", "AbC", 0, 1, 0},
    {"AbC", "AbCd", 0, 0, 1},    {"", "Ab", 0, 0, 2},           {"Ab", "", 0, 2, 0},
    {"AbCd", "AxCd", 1, 0, 0},   {"AbCd", "ACd", 0, 1, 0},      {"ACd", "AbCd", 0, 0, 1},
    {"AbCdE", "AxCyE", 2, 0, 0}, {"AbCdEf", "bCdEfG", 0, 1, 1}, {"Ab", "AB", 0, 1, 1},
    {"AbC", "AXC", 0, 1, 1},     {"abAB", "aABb", 0, 1, 1},
};

static void test_frames_are_compared_in_order_with_direction(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(compare_rows); i++) {
        const struct compare_row *row = &compare_rows[i];
        struct golden *wanted = golden_of(row->wanted), *run = golden_of(row->run);
        struct golden_difference difference;
        bool is_same = golden_compare(wanted, run, &difference);
        unsigned count = row->different + row->missing + row->extra;
        if (difference.different != row->different || difference.missing != row->missing ||
            difference.extra != row->extra) {
            g_printerr("%s against %s: %u %u %u\n", row->wanted, row->run, difference.different,
                       difference.missing, difference.extra);
        }
        CU_ASSERT_EQUAL(is_same, count == 0);
        CU_ASSERT_EQUAL(difference.different, row->different);
        CU_ASSERT_EQUAL(difference.missing, row->missing);
        CU_ASSERT_EQUAL(difference.extra, row->extra);
        CU_ASSERT_EQUAL(difference.expected == NULL, count == 0);
        golden_difference_clear(&difference);
        golden_free(wanted);
        golden_free(run);
    }
}

static void test_the_same_bytes_in_the_other_direction_differ(void)
{
    static const uint8_t frame[FRAME_SIZE] = {0};
    struct golden *wanted = golden_new(own_mac, 1), *run = golden_new(own_mac, 1);
    golden_add(wanted, true, 1, frame, sizeof frame);
    golden_add(run, false, 1, frame, sizeof frame);
    struct golden_difference difference;
    CU_ASSERT_FALSE(golden_compare(wanted, run, &difference));
    CU_ASSERT_EQUAL(difference.different, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(difference.expected, "  * direction        out\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(difference.got, "  * direction        in\n"));
    golden_difference_clear(&difference);
    golden_free(wanted);
    golden_free(run);
}

#define LINE "52:55:00:00:00:02 > ff:ff:ff:ff:ff:ff, ethertype 0x88b5, length 60\n"

static void test_a_difference_is_shown_field_by_field(void)
{
    struct golden *wanted = golden_of("Abc"), *run = golden_of("Axcd");
    struct golden_difference difference;
    CU_ASSERT_FALSE(golden_compare(wanted, run, &difference));
    CU_ASSERT_STRING_EQUAL(difference.expected,
                           "frame 2 in: " LINE "    direction        in\n"
                           "    eth.dst          ff:ff:ff:ff:ff:ff\n"
                           "    eth.src          52:55:00:00:00:02\n"
                           "    eth.type         0x88b5\n"
                           "  * data[0]          42 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
                           "no such frame");
    CU_ASSERT_PTR_NOT_NULL(strstr(difference.got, "  * data[0]          58 00"));
    CU_ASSERT_TRUE(g_str_has_suffix(
        difference.got, "\nframe 4 in: 52:55:00:00:00:02 > ff:ff:ff:ff:ff:ff, ethertype 0x88b5, "
                        "length 60"));
    golden_difference_clear(&difference);
    golden_free(wanted);
    golden_free(run);
}

static void test_only_the_first_differences_are_shown(void)
{
    struct golden *wanted = golden_of("abcdefgh"), *run = golden_of("");
    struct golden_difference difference;
    CU_ASSERT_FALSE(golden_compare(wanted, run, &difference));
    CU_ASSERT_EQUAL(difference.missing, 8);
    CU_ASSERT_TRUE(g_str_has_suffix(difference.expected, "\nand 4 more differences"));
    CU_ASSERT_STRING_EQUAL(difference.got,
                           "no such frame\nno such frame\nno such frame\nno such frame");
    golden_difference_clear(&difference);
    golden_free(wanted);
    golden_free(run);
}

static void test_long_captures_without_a_match_are_paired_in_order(void)
{
    struct golden *wanted = golden_new(own_mac, 1), *run = golden_new(own_mac, 1);
    for (unsigned i = 0; i < 1100; i++) {
        add_frame(wanted, false, 1);
        add_frame(run, false, 2);
    }
    struct golden_difference difference;
    CU_ASSERT_FALSE(golden_compare(wanted, run, &difference));
    CU_ASSERT_EQUAL(difference.different, 1100);
    golden_difference_clear(&difference);
    golden_free(wanted);
    golden_free(run);
}

/* ---- files ----------------------------------------------------------------------------------- */

struct files {
    char *folder, *path;
};

static void files_setup(struct files *files)
{
    files->folder = g_dir_make_tmp("golden-XXXXXX", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(files->folder);
    files->path = g_build_filename(files->folder, "below", "a.pcap", NULL);
}

static void files_teardown(struct files *files)
{
    g_autofree char *below = g_path_get_dirname(files->path);
    g_unlink(files->path);
    g_rmdir(below);
    CU_ASSERT_EQUAL(g_rmdir(files->folder), 0); /* so nothing else was left */
    g_free(files->path);
    g_free(files->folder);
}

static void test_a_capture_comes_back_from_its_file_with_directions(void)
{
    struct files files;
    files_setup(&files);
    struct golden *written = golden_of("AbCd"), *read = golden_new(own_mac, 1);
    struct golden_difference difference;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_TRUE(golden_save(written, files.path, &error));
    CU_ASSERT_TRUE(golden_load(read, files.path, &error));
    CU_ASSERT_TRUE(golden_compare(written, read, &difference));
    CU_ASSERT_EQUAL(golden_count(read), 4);
    golden_free(written);
    golden_free(read);
    files_teardown(&files);
}

static void test_a_direction_that_a_file_cannot_hold_is_refused(void)
{
    struct files files;
    files_setup(&files);
    static const uint8_t reflected[FRAME_SIZE] = {0,    0,    0, 0,    0,    0,
                                                  0x52, 0x54, 0, 0x12, 0x34, 0x56};
    static const uint8_t forged[FRAME_SIZE] = {0};
    const struct {
        bool is_out;
        const uint8_t *frame;
        const char *why;
    } rows[] = {
        {false, reflected, "frame 2 came in with the card's own source address"},
        {true, forged, "frame 2 left the card with another's source address"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        struct golden *golden = golden_of("A");
        golden_add(golden, rows[i].is_out, 2000000000, rows[i].frame, FRAME_SIZE);
        CU_ASSERT_FALSE(golden_save(golden, files.path, &error));
        CU_ASSERT_TRUE(g_error_matches(error, GOLDEN_ERROR, GOLDEN_ERROR_DIRECTION));
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, rows[i].why));
        CU_ASSERT_FALSE(g_file_test(files.path, G_FILE_TEST_EXISTS));
        golden_free(golden);
    }
    files_teardown(&files);
}

static void test_with_two_cards_the_direction_is_that_of_the_source(void)
{
    static const uint8_t macs[2 * GOLDEN_MAC_SIZE] = {0x52, 0x54, 0, 0x12, 0x34, 0x56,
                                                      0x52, 0x54, 0, 0x12, 0x34, 0x57};
    struct files files;
    files_setup(&files);
    uint8_t frame[FRAME_SIZE] = {0};
    memcpy(frame + GOLDEN_MAC_SIZE, own_mac, GOLDEN_MAC_SIZE);
    struct golden *run = golden_new(macs, 2), *read = golden_new(macs, 2);
    golden_add(run, true, 1, frame, sizeof frame);
    golden_add(run, false, 2, frame, sizeof frame); /* at the other card */
    struct golden_difference difference;
    CU_ASSERT_TRUE(golden_save(run, files.path, NULL));
    CU_ASSERT_TRUE(golden_load(read, files.path, NULL));
    CU_ASSERT_TRUE(golden_compare(read, run, &difference));
    golden_free(run);
    golden_free(read);
    files_teardown(&files);
}

static void test_a_run_that_is_too_long_is_never_the_same(void)
{
    struct golden *wanted = golden_new(own_mac, 1), *run = golden_new(own_mac, 1);
    static const uint8_t frame[14] = {0};
    for (unsigned i = 0; i < GOLDEN_FRAMES_MAX; i++) {
        golden_add(wanted, false, i, frame, sizeof frame);
        golden_add(run, false, i, frame, sizeof frame);
    }
    struct golden_difference difference;
    CU_ASSERT_TRUE(golden_compare(wanted, run, &difference));
    golden_add(run, false, GOLDEN_FRAMES_MAX, frame, sizeof frame);
    CU_ASSERT_FALSE(golden_compare(wanted, run, &difference));
    CU_ASSERT_STRING_EQUAL(difference.got, "more than 65536 frames");
    golden_difference_clear(&difference);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(golden_save(run, "/nonexistent/x.pcap", &error));
    CU_ASSERT_TRUE(g_error_matches(error, GOLDEN_ERROR, GOLDEN_ERROR_TOO_LONG));
    golden_free(wanted);
    golden_free(run);
}

static void test_what_is_no_capture_is_refused(void)
{
    struct golden *golden = golden_new(own_mac, 1);
    g_autoptr(GError) missing = NULL, wrong = NULL;
    CU_ASSERT_FALSE(golden_load(golden, "/nonexistent/x.pcap", &missing));
    CU_ASSERT_PTR_NOT_NULL_FATAL(missing);
    CU_ASSERT_PTR_NOT_NULL(strstr(missing->message, "/nonexistent/x.pcap"));
    CU_ASSERT_FALSE(golden_load(golden, "/dev/null", &wrong));
    CU_ASSERT_PTR_NOT_NULL(wrong);
    golden_free(golden);
}

static void test_a_full_disk_leaves_the_old_file(void)
{
    struct files files;
    files_setup(&files);
    struct golden *golden = golden_of("A");
    g_autofree char *beside = g_strconcat(files.path, ".new", NULL);
    CU_ASSERT_TRUE(golden_save(golden, files.path, NULL));
    g_autofree char *before = NULL, *after = NULL;
    size_t before_size, after_size;
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(files.path, &before, &before_size, NULL));
    CU_ASSERT_EQUAL(symlink("/dev/full", beside), 0);
    add_frame(golden, false, 7);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(golden_save(golden, files.path, &error));
    CU_ASSERT_PTR_NOT_NULL(error);
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(files.path, &after, &after_size, NULL));
    CU_ASSERT_EQUAL(before_size, after_size);
    CU_ASSERT_FALSE(g_file_test(beside, G_FILE_TEST_IS_SYMLINK));
    golden_free(golden);
    files_teardown(&files);
}

UNIT_SUITE("golden", UNIT_TEST(test_frames_are_compared_in_order_with_direction),
           UNIT_TEST(test_the_same_bytes_in_the_other_direction_differ),
           UNIT_TEST(test_a_difference_is_shown_field_by_field),
           UNIT_TEST(test_only_the_first_differences_are_shown),
           UNIT_TEST(test_long_captures_without_a_match_are_paired_in_order),
           UNIT_TEST(test_a_capture_comes_back_from_its_file_with_directions),
           UNIT_TEST(test_a_direction_that_a_file_cannot_hold_is_refused),
           UNIT_TEST(test_with_two_cards_the_direction_is_that_of_the_source),
           UNIT_TEST(test_a_run_that_is_too_long_is_never_the_same),
           UNIT_TEST(test_what_is_no_capture_is_refused),
           UNIT_TEST(test_a_full_disk_leaves_the_old_file))
