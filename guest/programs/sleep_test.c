/* sleep_test.c - sleep and its units */
#include "programs/fake_kernel.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <string.h>

/* How long it sleeps, in ms; UINT64_MAX: it refuses. */
static uint64_t slept_ms(const char *line)
{
    fake_reset();
    uint64_t begin_ns = fake.now_ns;
    int status = fake_run_program(sleep_main, line);
    if (status != 0) {
        CU_ASSERT_EQUAL(status, 2);
        CU_ASSERT_EQUAL(fake.sleeps, 0);
        CU_ASSERT_TRUE(strncmp(fake.output, "sleep: ", 7) == 0);
        return UINT64_MAX;
    }
    CU_ASSERT_EQUAL(fake.sleeps, 1);
    CU_ASSERT_STRING_EQUAL(fake.output, "");
    return (fake.now_ns - begin_ns) / FAKE_MS;
}

static void test_seconds(void)
{
    CU_ASSERT_EQUAL(slept_ms("sleep 1"), 1000);
    CU_ASSERT_EQUAL(slept_ms("sleep 0.25"), 250);
    CU_ASSERT_EQUAL(slept_ms("sleep .5"), 500);
    CU_ASSERT_EQUAL(slept_ms("sleep 0"), 0);
}

static void test_units(void)
{
    CU_ASSERT_EQUAL(slept_ms("sleep 2s"), 2000);
    CU_ASSERT_EQUAL(slept_ms("sleep 1.5m"), 90000);
    CU_ASSERT_EQUAL(slept_ms("sleep 2h"), 7200000);
    CU_ASSERT_EQUAL(slept_ms("sleep 1d"), 86400000);
    CU_ASSERT_EQUAL(slept_ms("sleep 20ms"), 20);
    CU_ASSERT_EQUAL(slept_ms("sleep 5000us"), 5);
}

static void test_operands_are_added(void)
{
    CU_ASSERT_EQUAL(slept_ms("sleep 1 500ms"), 1500);
}

static void test_nonsense_is_refused(void)
{
    static const char *const wrong[] = {"sleep",           "sleep s",   "sleep 1x",
                                        "sleep -1",        "sleep 1 x", "sleep ms",
                                        "sleep 1.2.3",     "sleep 1 s", "sleep 99999999999999999",
                                        "sleep 999999999d"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(slept_ms(wrong[i]), UINT64_MAX);
}

UNIT_SUITE("sleep", UNIT_TEST(test_seconds), UNIT_TEST(test_units),
           UNIT_TEST(test_operands_are_added), UNIT_TEST(test_nonsense_is_refused))
