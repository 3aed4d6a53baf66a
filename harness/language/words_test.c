/*
 * words_test.c - nearest words
 */
#include "harness/language/scenario.h"
#include "tests/unit.h"

#include <string.h>

static const char *const words[] = {"expect", "exactly", "frame", "frames", "in",  "out",
                                    "net",    "never",   "9p",    "a",      "arp", NULL};

static void check(const char *word, const char *nearest)
{
    const char *got = scenario_nearest_word(word, words);
    if (nearest == NULL) {
        CU_ASSERT_PTR_NULL(got);
    } else {
        CU_ASSERT_PTR_NOT_NULL_FATAL(got);
        CU_ASSERT_STRING_EQUAL(got, nearest);
    }
}

static void test_one_slip_is_near(void)
{
    check("expct", "expect");   /* left out */
    check("exppect", "expect"); /* doubled */
    check("expact", "expect");  /* replaced */
    check("epxect", "expect");  /* exchanged */
    check("EXPECT", "expect");
    check("ou", "out");
    check("frmae", "frame");
}

static void test_many_slips_are_not_near(void)
{
    check("expiration", NULL);
    check("xyz", NULL);
    check("zz", NULL);
    check("fr", NULL);
    check("a_very_long_word_that_nobody_could_have_meant_to_be_any", NULL);
}

static void test_the_nearest_wins_and_then_the_first(void)
{
    check("frames", "frames");
    check("frame", "frame");
    check("nett", "net");
    check("ip", "in"); /* one away; 9p is a number for all we know */
}

static void test_a_single_letter_has_no_neighbours(void)
{
    check("b", NULL);
    check("", NULL);
    check("A", "a"); /* but a case */
}

static void test_numbers_are_no_misspelt_names(void)
{
    check("5p", "9p");
    check("1n", NULL);
}

static void test_no_words_no_neighbour(void)
{
    static const char *const none[] = {NULL};
    static const char *const empty[] = {"", NULL};
    CU_ASSERT_PTR_NULL(scenario_nearest_word("x", none));
    CU_ASSERT_PTR_NULL(scenario_nearest_word("ab", empty));
}

UNIT_SUITE("words", UNIT_TEST(test_one_slip_is_near), UNIT_TEST(test_many_slips_are_not_near),
           UNIT_TEST(test_the_nearest_wins_and_then_the_first),
           UNIT_TEST(test_a_single_letter_has_no_neighbours),
           UNIT_TEST(test_numbers_are_no_misspelt_names), UNIT_TEST(test_no_words_no_neighbour))
