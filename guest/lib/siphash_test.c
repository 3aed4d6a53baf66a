/*
 * SipHash-2-4 against the vectors of its authors: key 00 to 0f, input 00, 01, 02 and so on.
 */
#include "lib/siphash.h"

#include "tests/unit.h"

static uint64_t hash_of_first(size_t size)
{
    uint8_t key[SIPHASH_KEY_SIZE], data[16];
    for (unsigned i = 0; i < 16; i++)
        key[i] = data[i] = (uint8_t)i;
    return siphash(key, data, size);
}

static void test_known_vectors(void)
{
    CU_ASSERT_EQUAL(hash_of_first(0), UINT64_C(0x726fdb47dd0e0e31));
    CU_ASSERT_EQUAL(hash_of_first(1), UINT64_C(0x74f839c593dc67fd));
    CU_ASSERT_EQUAL(hash_of_first(8), UINT64_C(0x93f5f5799a932462));
    CU_ASSERT_EQUAL(hash_of_first(15), UINT64_C(0xa129ca6149be45e5));
}

static void test_the_key_matters(void)
{
    uint8_t one[SIPHASH_KEY_SIZE] = {0}, other[SIPHASH_KEY_SIZE] = {[15] = 1};
    CU_ASSERT_NOT_EQUAL(siphash(one, "data", 4), siphash(other, "data", 4));
}

UNIT_SUITE("siphash", UNIT_TEST(test_known_vectors), UNIT_TEST(test_the_key_matters))
