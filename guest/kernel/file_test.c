/* file_test.c - files, descriptors, socket families */
#include "kernel/file.h"

#include "kernel/fake_hal.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

static unsigned closed;

static void count_close(struct file *file)
{
    (void)file;
    closed++;
}

static const struct file_ops ops = {.kind = "test", .close = count_close};
static struct file_table table;

static void setup(void)
{
    fake_boot();
    closed = 0;
    memset(&table, 0, sizeof table);
}

static void test_lowest_descriptor_first(void)
{
    setup();
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(file_table_add(&table, file_alloc(&ops, NULL)), i);
    CU_ASSERT_EQUAL(file_table_close(&table, 1), 0);
    CU_ASSERT_EQUAL(file_table_add(&table, file_alloc(&ops, NULL)), 1);
    file_table_close_all(&table);
    CU_ASSERT_EQUAL(closed, 4);
}

static void test_bad_descriptors(void)
{
    setup();
    CU_ASSERT_PTR_NULL(file_table_get(&table, 0));
    CU_ASSERT_PTR_NULL(file_table_get(&table, -1));
    CU_ASSERT_PTR_NULL(file_table_get(&table, DESCRIPTORS_MAX));
    CU_ASSERT_EQUAL(file_table_close(&table, 0), -KEBADF);
    CU_ASSERT_EQUAL(file_table_close(&table, -1), -KEBADF);
    CU_ASSERT_EQUAL(file_table_close(&table, DESCRIPTORS_MAX), -KEBADF);
}

static void test_full_table(void)
{
    setup();
    for (int i = 0; i < DESCRIPTORS_MAX; i++)
        CU_ASSERT_EQUAL(file_table_add(&table, file_alloc(&ops, NULL)), i);
    struct file *file = file_alloc(&ops, NULL);
    CU_ASSERT_EQUAL(file_table_add(&table, file), -KEMFILE);
    file_release(file);
    CU_ASSERT_EQUAL(closed, 1);
}

static void test_last_reference_closes(void)
{
    setup();
    struct file *file = file_alloc(&ops, NULL);
    file->references++;
    CU_ASSERT_EQUAL(file_table_add(&table, file), 0);
    CU_ASSERT_EQUAL(file_table_add(&table, file), 1);
    CU_ASSERT_EQUAL(file_table_close(&table, 0), 0);
    CU_ASSERT_EQUAL(closed, 0);
    CU_ASSERT_EQUAL(file_table_close(&table, 1), 0);
    CU_ASSERT_EQUAL(closed, 1);
}

static void test_empty_pool_gives_null(void)
{
    setup();
    for (int i = 0; i < FILES_MAX; i++)
        CU_ASSERT_PTR_NOT_NULL(file_alloc(&ops, NULL));
    CU_ASSERT_PTR_NULL(file_alloc(&ops, NULL));
}

static int seen_type, seen_protocol;

static struct file *make_socket(int type, int protocol, int *error)
{
    seen_type = type;
    seen_protocol = protocol;
    if (type == 9) {
        *error = -KESOCKTNOSUPPORT;
        return NULL;
    }
    return file_alloc(&ops, NULL);
}

static void test_socket_families(void)
{
    int error = 0;
    setup();
    socket_family_register(2, make_socket);
    struct file *file = socket_open(2, 1, 6, &error);
    CU_ASSERT_PTR_NOT_NULL(file);
    CU_ASSERT_EQUAL(seen_type, 1);
    CU_ASSERT_EQUAL(seen_protocol, 6);
    file_release(file);
    CU_ASSERT_PTR_NULL(socket_open(2, 9, 6, &error));
    CU_ASSERT_EQUAL(error, -KESOCKTNOSUPPORT);
    CU_ASSERT_PTR_NULL(socket_open(10, 1, 6, &error));
    CU_ASSERT_EQUAL(error, -KEAFNOSUPPORT);
}

static void test_text_files_are_read_in_pieces(void)
{
    char buffer[8] = "";
    int error = 0;
    setup();
    char text[] = "hello";
    struct file *file = file_from_text(text, 5, &error);
    text[0] = 'J'; /* it was copied */
    CU_ASSERT_EQUAL(file->ops->read(file, buffer, 2), 2);
    CU_ASSERT_EQUAL(memcmp(buffer, "he", 2), 0);
    CU_ASSERT_EQUAL(file->ops->read(file, buffer, sizeof buffer), 3);
    CU_ASSERT_EQUAL(memcmp(buffer, "llo", 3), 0);
    CU_ASSERT_EQUAL(file->ops->read(file, buffer, sizeof buffer), 0);
    file_release(file);
}

static void test_text_files_are_limited(void)
{
    int error = 0;
    unsigned count = 0;
    struct file *files[FILES_MAX];
    setup();
    while (count < FILES_MAX && (files[count] = file_from_text("x", 1, &error)) != NULL)
        count++;
    CU_ASSERT_TRUE(count > 0);
    CU_ASSERT_TRUE(count < FILES_MAX);
    CU_ASSERT_EQUAL(error, -KENFILE);
    file_release(files[0]);
    CU_ASSERT_PTR_NOT_NULL(file_from_text("x", 1, &error));
}

UNIT_SUITE("file", UNIT_TEST(test_lowest_descriptor_first), UNIT_TEST(test_bad_descriptors),
           UNIT_TEST(test_full_table), UNIT_TEST(test_last_reference_closes),
           UNIT_TEST(test_empty_pool_gives_null), UNIT_TEST(test_socket_families),
           UNIT_TEST(test_text_files_are_read_in_pieces), UNIT_TEST(test_text_files_are_limited))
