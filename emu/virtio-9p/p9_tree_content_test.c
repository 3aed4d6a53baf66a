/*
 * p9_tree_content_test.c - the bytes of files: against a plain array, sparse, at every edge
 */
#include "emu/core/prng.h"
#include "emu/virtio-9p/p9_tree.h"

#include "tests/unit.h"

#include <errno.h>
#include <string.h>

#define PLAIN_SIZE 70000

struct fixture {
    struct p9_tree *tree;
    struct p9_node *file;
    uint64_t bytes; /* that an empty file has */
};

static void fixture_init(struct fixture *fixture)
{
    const struct p9_tree_config config = {0};
    const struct p9_creation how = {.kind = P9_KIND_FILE, .mode = 0644};
    struct p9_entry *entry = NULL;
    fixture->tree = p9_tree_new_memory(&config);
    CU_ASSERT_EQUAL_FATAL(p9_tree_create(p9_tree_root(fixture->tree), "f", &how, &entry), 0);
    fixture->file = p9_entry_node(entry);
    fixture->bytes = p9_tree_usage(fixture->tree).bytes;
}

static uint64_t size_of(const struct fixture *fixture)
{
    struct p9_attributes attributes;
    p9_node_get_attributes(fixture->file, &attributes);
    return attributes.size;
}

static void resize(const struct fixture *fixture, uint64_t size)
{
    const struct p9_attributes attributes = {.size = size};
    CU_ASSERT_EQUAL_FATAL(p9_node_set_attributes(fixture->file, P9_SETATTR_SIZE, &attributes), 0);
    CU_ASSERT_EQUAL(size_of(fixture), size);
}

static void put(const struct fixture *fixture, uint64_t offset, const void *bytes, size_t count)
{
    size_t written = 0;
    CU_ASSERT_EQUAL_FATAL(p9_node_write(fixture->file, offset, bytes, count, &written), 0);
    CU_ASSERT_EQUAL_FATAL(written, count);
}

/* Exactly these bytes, from memory that is no larger. */
static bool holds(const struct fixture *fixture, uint64_t offset, const uint8_t *wanted,
                  size_t count)
{
    g_autofree uint8_t *bytes = g_malloc(count + 1);
    memset(bytes, 0xee, count + 1);
    return p9_node_readable(fixture->file, offset, count) == count &&
           p9_node_read(fixture->file, offset, bytes, count) == 0 &&
           memcmp(bytes, wanted, count) == 0 && bytes[count] == 0xee;
}

static void test_any_writes_and_sizes_are_those_of_an_array(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fixture fixture;
        fixture_init(&fixture);
        static uint8_t plain[PLAIN_SIZE];
        uint8_t noise[9000];
        memset(plain, 0, sizeof(plain));
        size_t size = 0;
        struct prng prng;
        prng_init(&prng, seed, "content");
        for (unsigned i = 0; i < 60; i++) {
            size_t offset = prng_below(&prng, PLAIN_SIZE - sizeof(noise));
            size_t count = prng_below(&prng, sizeof(noise));
            if (prng_below(&prng, 4) == 0) {
                memset(plain + MIN(size, offset), 0, PLAIN_SIZE - MIN(size, offset));
                size = offset;
                resize(&fixture, offset);
            } else {
                memset(noise, (int)(i + 1), sizeof(noise));
                memcpy(plain + offset, noise, count);
                size = count > 0 ? MAX(size, offset + count) : size;
                put(&fixture, offset, noise, count);
            }
            CU_ASSERT_EQUAL_FATAL(size_of(&fixture), size);
            CU_ASSERT_TRUE_FATAL(holds(&fixture, 0, plain, size));
        }
        p9_tree_free(fixture.tree);
    }
}

static void test_each_edge_of_a_block(void)
{
    for (size_t count = P9_BLOCK_SIZE - 2; count <= P9_BLOCK_SIZE + 2; count++) {
        for (uint64_t offset = P9_BLOCK_SIZE - 2; offset <= P9_BLOCK_SIZE + 2; offset++) {
            struct fixture fixture;
            fixture_init(&fixture);
            uint8_t bytes[P9_BLOCK_SIZE + 2], wanted[2 * P9_BLOCK_SIZE + 4] = {0};
            memset(bytes, 0xaa, sizeof(bytes));
            memset(wanted + offset, 0xaa, count);
            put(&fixture, offset, bytes, count);
            CU_ASSERT_EQUAL(size_of(&fixture), offset + count);
            CU_ASSERT_TRUE(holds(&fixture, 0, wanted, offset + count));
            CU_ASSERT_EQUAL(p9_node_readable(fixture.file, offset + count, 1), 0);
            CU_ASSERT_EQUAL(p9_node_readable(fixture.file, offset, SIZE_MAX), count);
            p9_tree_free(fixture.tree);
        }
    }
}

static void test_gaps_take_no_memory_and_read_as_zero(void)
{
    static const uint64_t offsets[] = {UINT64_C(0xffffffff), UINT64_C(0x180000000),
                                       UINT64_C(5) << 40, P9_OFFSET_MAX - 3};
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
        put(&fixture, offsets[i], "abc", 3);
        CU_ASSERT_EQUAL(size_of(&fixture), offsets[i] + 3);
        uint64_t held = p9_tree_usage(fixture.tree).bytes - fixture.bytes;
        CU_ASSERT_TRUE(held <= (i + 2) * (P9_BLOCK_SIZE + 128)); /* the first is in two blocks */
        CU_ASSERT_TRUE(holds(&fixture, offsets[i] - 2, (const uint8_t *)"\0\0abc", 5));
    }
    resize(&fixture, offsets[1] + 1);
    CU_ASSERT_TRUE(holds(&fixture, offsets[0], (const uint8_t *)"abc", 3));
    resize(&fixture, P9_OFFSET_MAX);
    CU_ASSERT_TRUE(holds(&fixture, offsets[1], (const uint8_t *)"a\0\0", 3));
    CU_ASSERT_TRUE(holds(&fixture, offsets[2], (const uint8_t *)"\0\0\0", 3));
    p9_tree_free(fixture.tree);
}

static void test_what_was_cut_off_does_not_come_back(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    uint8_t bytes[3 * P9_BLOCK_SIZE];
    memset(bytes, 0x55, sizeof(bytes));
    for (size_t size = 0; size <= sizeof(bytes); size += 512) {
        put(&fixture, 0, bytes, sizeof(bytes));
        resize(&fixture, size);
        resize(&fixture, sizeof(bytes));
        uint8_t wanted[3 * P9_BLOCK_SIZE] = {0};
        memset(wanted, 0x55, size);
        CU_ASSERT_TRUE(holds(&fixture, 0, wanted, sizeof(wanted)));
    }
    resize(&fixture, 0);
    CU_ASSERT_EQUAL(p9_tree_usage(fixture.tree).bytes, fixture.bytes);
    p9_tree_free(fixture.tree);
}

static void test_offsets_that_no_file_has_are_refused(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    size_t written;
    const uint8_t byte = 1;
    CU_ASSERT_EQUAL(p9_node_write(fixture.file, P9_OFFSET_MAX, &byte, 1, &written), EFBIG);
    CU_ASSERT_EQUAL(p9_node_write(fixture.file, UINT64_MAX, &byte, 1, &written), EFBIG);
    CU_ASSERT_EQUAL(p9_node_write(fixture.file, 1, &byte, SIZE_MAX, &written), EFBIG);
    const struct p9_attributes attributes = {.size = P9_OFFSET_MAX + 1};
    CU_ASSERT_EQUAL(p9_node_set_attributes(fixture.file, P9_SETATTR_SIZE, &attributes), EFBIG);
    CU_ASSERT_EQUAL(size_of(&fixture), 0);
    CU_ASSERT_EQUAL(p9_tree_usage(fixture.tree).bytes, fixture.bytes);
    put(&fixture, 5, &byte, 0); /* nothing written is nothing changed */
    CU_ASSERT_EQUAL(size_of(&fixture), 0);
    p9_tree_free(fixture.tree);
}

UNIT_SUITE("p9_tree_content", UNIT_TEST(test_any_writes_and_sizes_are_those_of_an_array),
           UNIT_TEST(test_each_edge_of_a_block),
           UNIT_TEST(test_gaps_take_no_memory_and_read_as_zero),
           UNIT_TEST(test_what_was_cut_off_does_not_come_back),
           UNIT_TEST(test_offsets_that_no_file_has_are_refused))
