/*
 * features_test.c - names of features, against the network device's own
 */
#include "emu/virtio-net/virtio_net.h"
#include "harness/language/features.h"
#include "tests/unit.h"

/* Bits that every virtio device has: the network device does not name them. */
static bool is_common(int bit)
{
    return bit >= 32 && bit < 50;
}

static void test_bits_are_those_of_the_device(void)
{
    unsigned compared = 0;
    for (const char *const *name = features_names(); *name != NULL; name++) {
        bool offered;
        int bit = features_bit(*name, &offered);
        int device_bit = virtio_net_feature_by_name(*name);
        CU_ASSERT(bit >= 0 && bit < 64);
        if (device_bit >= 0) {
            CU_ASSERT_EQUAL(bit, device_bit);
            compared++;
        }
    }
    CU_ASSERT(compared >= 20);
}

static void test_offered_means_that_the_device_serves_it(void)
{
    for (const char *const *name = features_names(); *name != NULL; name++) {
        bool offered;
        int bit = features_bit(*name, &offered);
        bool served = (virtio_net_features_supported() >> bit & 1) != 0;
        if (!is_common(bit)) {
            CU_ASSERT_EQUAL(offered, served);
        }
    }
}

static void test_unknown_names_have_no_bit(void)
{
    bool offered = false;
    CU_ASSERT_EQUAL(features_bit("mtuu", &offered), -1);
    CU_ASSERT_EQUAL(features_bit("", &offered), -1);
    CU_ASSERT_EQUAL(features_bit("MTU", &offered), -1);
}

UNIT_SUITE("features", UNIT_TEST(test_bits_are_those_of_the_device),
           UNIT_TEST(test_offered_means_that_the_device_serves_it),
           UNIT_TEST(test_unknown_names_have_no_bit))
