/* p9_options_test.c - what the boot parameters say about shared folders */
#include "drivers/fake_kernel.h"
#include "drivers/p9_options.h"
#include "tests/unit.h"

#include <string.h>

/* With these parameters and no others: the one that is wrong, or NULL. */
static const char *take(struct p9_options *options, const char *name, const char *value)
{
    memset(fake_kernel.parameters, 0, sizeof fake_kernel.parameters);
    fake_kernel.parameters[0][0] = name;
    fake_kernel.parameters[0][1] = value;
    return p9_options_take(options);
}

static void test_without_parameters_all_is_as_the_header_says(void)
{
    struct p9_options options;
    CU_ASSERT_PTR_NULL(take(&options, NULL, NULL));
    CU_ASSERT_EQUAL(options.channel.policy, V9P_INTERRUPT);
    CU_ASSERT_EQUAL(options.channel.period_ns, 1000000);
    CU_ASSERT_EQUAL(options.channel.timeout_ns, UINT64_C(30000000000));
    CU_ASSERT_EQUAL(options.channel.msize, 131072);
    CU_ASSERT_EQUAL(options.first_tag, 0);
    CU_ASSERT_FALSE(options.profile.lax_directory);
}

static void test_each_parameter_is_taken(void)
{
    struct p9_options options;
    CU_ASSERT_PTR_NULL(take(&options, "9p", "poll"));
    CU_ASSERT_EQUAL(options.channel.policy, V9P_POLL);
    CU_ASSERT_PTR_NULL(take(&options, "9p", "spin"));
    CU_ASSERT_EQUAL(options.channel.policy, V9P_SPIN);
    CU_ASSERT_PTR_NULL(take(&options, "9p-poll", "10000"));
    CU_ASSERT_EQUAL(options.channel.period_ns, 100000);
    CU_ASSERT_PTR_NULL(take(&options, "9p-timeout", "1"));
    CU_ASSERT_EQUAL(options.channel.timeout_ns, 1000000);
    CU_ASSERT_PTR_NULL(take(&options, "9p-msize", "1048576"));
    CU_ASSERT_EQUAL(options.channel.msize, P9_MSIZE_MAX);
    CU_ASSERT_PTR_NULL(take(&options, "9p-tag", "65535"));
    CU_ASSERT_EQUAL(options.first_tag, 65535);
    CU_ASSERT_PTR_NULL(take(&options, "9p-odirectory", "lax"));
    CU_ASSERT_TRUE(options.profile.lax_directory);
    CU_ASSERT_PTR_NULL(take(&options, "9p-odirectory", "strict"));
    CU_ASSERT_FALSE(options.profile.lax_directory);
}

static void test_what_makes_no_sense_is_named(void)
{
    static const char *const wrong[][2] = {
        {"9p", "sleep"},         {"9p-poll", "0"},       {"9p-poll", "10001"},
        {"9p-timeout", "0"},     {"9p-timeout", "long"}, {"9p-msize", "4095"},
        {"9p-msize", "1048577"}, {"9p-tag", "65536"},    {"9p-odirectory", "maybe"},
    };
    struct p9_options options;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_STRING_EQUAL(take(&options, wrong[i][0], wrong[i][1]), wrong[i][0]);
}

UNIT_SUITE("p9_options", UNIT_TEST(test_without_parameters_all_is_as_the_header_says),
           UNIT_TEST(test_each_parameter_is_taken), UNIT_TEST(test_what_makes_no_sense_is_named))
