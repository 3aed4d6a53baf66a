/* frame_store_test.c - frames by sequence number */
#include "harness/run/frame_store.h"

#include "tests/unit.h"

#include <string.h>

static void test_get_gives_the_bytes_of_the_sequence(void)
{
    struct frame_store *store = frame_store_new();
    frame_store_add(store, 3, (const uint8_t *)"abc", 3);
    frame_store_add(store, 9, (const uint8_t *)"defg", 4);
    const uint8_t *frame;
    size_t len;
    CU_ASSERT_TRUE_FATAL(frame_store_get(store, 9, &frame, &len));
    CU_ASSERT_EQUAL(len, 4);
    CU_ASSERT_EQUAL(memcmp(frame, "defg", 4), 0);
    CU_ASSERT_TRUE_FATAL(frame_store_get(store, 3, &frame, &len));
    CU_ASSERT_EQUAL(len, 3);
    CU_ASSERT_EQUAL(memcmp(frame, "abc", 3), 0);
    frame_store_free(store);
}

static void test_unknown_sequences_have_no_frame(void)
{
    struct frame_store *store = frame_store_new();
    const uint8_t *frame;
    size_t len;
    CU_ASSERT_FALSE(frame_store_get(store, 1, &frame, &len));
    frame_store_add(store, 5, (const uint8_t *)"x", 1);
    CU_ASSERT_FALSE(frame_store_get(store, 4, &frame, &len));
    CU_ASSERT_FALSE(frame_store_get(store, 6, &frame, &len));
    frame_store_free(store);
}

static void test_discarding_keeps_what_is_not_older(void)
{
    struct frame_store *store = frame_store_new();
    for (uint64_t i = 1; i <= 100; i++) {
        uint8_t byte = (uint8_t)i;
        frame_store_add(store, i, &byte, 1);
    }
    frame_store_discard_before(store, 90);
    const uint8_t *frame;
    size_t len;
    CU_ASSERT_FALSE(frame_store_get(store, 1, &frame, &len));
    for (uint64_t i = 90; i <= 100; i++) {
        CU_ASSERT_TRUE_FATAL(frame_store_get(store, i, &frame, &len));
        CU_ASSERT_EQUAL(*frame, i);
    }
    frame_store_discard_before(store, UINT64_MAX);
    CU_ASSERT_FALSE(frame_store_get(store, 100, &frame, &len));
    frame_store_add(store, 101, (const uint8_t *)"y", 1);
    CU_ASSERT_TRUE(frame_store_get(store, 101, &frame, &len));
    frame_store_free(store);
}

UNIT_SUITE("frame_store", UNIT_TEST(test_get_gives_the_bytes_of_the_sequence),
           UNIT_TEST(test_unknown_sequences_have_no_frame),
           UNIT_TEST(test_discarding_keeps_what_is_not_older))
