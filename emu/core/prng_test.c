/*
 * prng_test.c - reference output, independent streams, unbiased bounds
 */
#include "emu/core/prng.h"

#include "emu/core/death_test.h"
#include "tests/unit.h"

#include <string.h>

static void test_generator_gives_the_reference_output(void)
{
    /* xoshiro256** from the state 1, 2, 3, 4. */
    static const uint64_t expected[] = {11520,
                                        0,
                                        UINT64_C(1509978240),
                                        UINT64_C(1215971899390074240),
                                        UINT64_C(1216172134540287360),
                                        UINT64_C(607988272756665600),
                                        UINT64_C(16172922978634559625),
                                        UINT64_C(8476171486693032832)};
    struct prng prng = {.state = {1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        CU_ASSERT_EQUAL(prng_next(&prng), expected[i]);
    }
}

static void test_streams_are_what_they_always_were(void)
{
    /* Changing any of these changes every recorded run. */
    struct prng prng;
    prng_init(&prng, 1, "wire");
    CU_ASSERT_EQUAL(prng_next(&prng), UINT64_C(11004169603486300289));
    CU_ASSERT_EQUAL(prng_next(&prng), UINT64_C(1826053639166254160));
    prng_init(&prng, 2, "wire");
    CU_ASSERT_EQUAL(prng_next(&prng), UINT64_C(517494104440696289));
    prng_init(&prng, 1, "net");
    CU_ASSERT_EQUAL(prng_next(&prng), UINT64_C(13681307816056183260));
}

static void test_same_seed_and_name_give_the_same_stream(void)
{
    struct prng a;
    struct prng b;
    prng_init(&a, 42, "wire");
    prng_init(&b, 42, "wire");
    for (unsigned i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL(prng_next(&a), prng_next(&b));
    }
}

static void test_numbers_stay_below_the_bound_and_reach_it(void)
{
    struct prng prng;
    unsigned seen[6] = {0};
    prng_init(&prng, 1, "test");
    for (unsigned i = 0; i < 6000; i++) {
        uint64_t n = prng_below(&prng, 6);
        CU_ASSERT_FATAL(n < 6);
        seen[n]++;
    }
    for (unsigned n = 0; n < 6; n++) {
        CU_ASSERT_TRUE(seen[n] > 850 && seen[n] < 1150);
    }
    CU_ASSERT_EQUAL(prng_below(&prng, 1), 0);
}

static void test_large_bound_has_no_bias(void)
{
    /* Of 2^63 + 2^62, a remainder would hit the lower third twice as often as the others. */
    const uint64_t bound = UINT64_C(3) << 62;
    struct prng prng;
    unsigned thirds[3] = {0};
    prng_init(&prng, 3, "test");
    for (unsigned i = 0; i < 6000; i++) {
        uint64_t n = prng_below(&prng, bound);
        CU_ASSERT_FATAL(n < bound);
        thirds[n >> 62]++;
    }
    for (unsigned third = 0; third < 3; third++) {
        CU_ASSERT_TRUE(thirds[third] > 1800 && thirds[third] < 2200);
    }
}

static void test_fill_writes_words_little_endian(void)
{
    uint8_t bytes[13];
    struct prng a;
    struct prng b;
    prng_init(&a, 9, "test");
    b = a;
    memset(bytes, 0xee, sizeof(bytes));
    prng_fill(&a, bytes, 12);
    uint64_t first = prng_next(&b);
    uint64_t second = prng_next(&b);
    for (unsigned i = 0; i < 12; i++) {
        uint64_t word = i < 8 ? first : second;
        CU_ASSERT_EQUAL(bytes[i], (uint8_t)(word >> (8 * (i % 8))));
    }
    CU_ASSERT_EQUAL(bytes[12], 0xee);
    CU_ASSERT_EQUAL(prng_next(&a), prng_next(&b));
}

static void test_filling_nothing_draws_nothing(void)
{
    struct prng a;
    struct prng b;
    prng_init(&a, 9, "test");
    b = a;
    prng_fill(&a, NULL, 0);
    CU_ASSERT_EQUAL(prng_next(&a), prng_next(&b));
}

static void draw_below_nothing(void *opaque)
{
    prng_below(opaque, 0);
}

static void test_bound_of_zero_is_asserted(void)
{
    struct prng prng;
    prng_init(&prng, 1, "test");
    CU_ASSERT_TRUE(death_aborts(draw_below_nothing, &prng));
}

UNIT_SUITE("prng", UNIT_TEST(test_generator_gives_the_reference_output),
           UNIT_TEST(test_streams_are_what_they_always_were),
           UNIT_TEST(test_same_seed_and_name_give_the_same_stream),
           UNIT_TEST(test_numbers_stay_below_the_bound_and_reach_it),
           UNIT_TEST(test_large_bound_has_no_bias), UNIT_TEST(test_fill_writes_words_little_endian),
           UNIT_TEST(test_filling_nothing_draws_nothing), UNIT_TEST(test_bound_of_zero_is_asserted))
