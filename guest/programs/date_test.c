/* date_test.c - date and its formats */
#include "programs/fake_kernel.h"
#include "programs/programs.h"
#include "tests/unit.h"

#define S (1000 * FAKE_MS)

static void expect(uint64_t seconds, const char *line, const char *output)
{
    fake_reset();
    fake.realtime_ns = seconds * S + S - 1; /* fractions are cut */
    CU_ASSERT_EQUAL(fake_run_program(date_main, line), 0);
    CU_ASSERT_STRING_EQUAL(fake.output, output);
}

static void test_time_of_day_is_printed_in_utc(void)
{
    expect(1767000000, "date", "Mon Dec 29 09:20:00 UTC 2025\n");
    expect(1767000000, "date -u", "Mon Dec 29 09:20:00 UTC 2025\n");
    expect(0, "date", "Thu Jan 01 00:00:00 UTC 1970\n");
    expect(4294967295, "date", "Sun Feb 07 06:28:15 UTC 2106\n");
}

static void test_leap_years_have_a_day_more(void)
{
    expect(951782400, "date +%F", "2000-02-29\n");
    expect(951868800, "date +%F", "2000-03-01\n");
    expect(978220800, "date +%F", "2000-12-31\n");
    expect(4107542400, "date +%F", "2100-03-01\n");
    expect(4107456000, "date +%F", "2100-02-28\n");
}

static void test_formats(void)
{
    expect(1767000000, "date +%s", "1767000000\n");
    expect(1767000000, "date +%Y/%m/%d,%H.%M.%S", "2025/12/29,09.20.00\n");
    expect(1767000000, "date +%a-%b-%T%%", "Mon-Dec-09:20:00%\n");
    expect(1767000000, "date +", "\n");
}

static void test_nonsense_is_refused(void)
{
    static const char *const wrong[] = {"date 5", "date -x", "date + +", "date +%q", "date +%"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fake_reset();
        CU_ASSERT_EQUAL(fake_run_program(date_main, wrong[i]), 2);
        CU_ASSERT_EQUAL(fake.output[0], 'd'); /* "date: …", and nothing before it */
    }
}

UNIT_SUITE("date", UNIT_TEST(test_time_of_day_is_printed_in_utc),
           UNIT_TEST(test_leap_years_have_a_day_more), UNIT_TEST(test_formats),
           UNIT_TEST(test_nonsense_is_refused))
