/* errno_test.c - error numbers, names and texts are those of Linux */
#include "lib/errno.h"
#include "tests/unit.h"

#include <errno.h>
#include <string.h>

static void test_numbers_are_linux(void)
{
    CU_ASSERT_EQUAL(KEAGAIN, EAGAIN);
    CU_ASSERT_EQUAL(KEINTR, EINTR);
    CU_ASSERT_EQUAL(KEBADF, EBADF);
    CU_ASSERT_EQUAL(KEFAULT, EFAULT);
    CU_ASSERT_EQUAL(KENOTSOCK, ENOTSOCK);
    CU_ASSERT_EQUAL(KENETUNREACH, ENETUNREACH);
    CU_ASSERT_EQUAL(KEHOSTUNREACH, EHOSTUNREACH);
    CU_ASSERT_EQUAL(KETIMEDOUT, ETIMEDOUT);
    CU_ASSERT_EQUAL(KEINPROGRESS, EINPROGRESS);
    CU_ASSERT_EQUAL(KECANCELED, ECANCELED);
}

/* Every number that has a name here has it there too, so that no line of the table can be wrong. */
static void test_all_names_and_texts_are_linux(void)
{
    unsigned named = 0;
    for (int number = 1; number <= 133; number++) {
        const char *name = errno_name(number);
        if (strcmp(name, "E?") == 0)
            continue;
        named++;
        CU_ASSERT_STRING_EQUAL(name, strerrorname_np(number));
        CU_ASSERT_STRING_EQUAL(errno_text(number), strerrordesc_np(number));
    }
    CU_ASSERT_EQUAL(named, 67);
}

static void test_sign_does_not_matter(void)
{
    CU_ASSERT_STRING_EQUAL(errno_name(-KENETUNREACH), "ENETUNREACH");
    CU_ASSERT_STRING_EQUAL(errno_text(-KENETUNREACH), "Network is unreachable");
}

static void test_unknown_numbers(void)
{
    CU_ASSERT_STRING_EQUAL(errno_name(0), "E?");
    CU_ASSERT_STRING_EQUAL(errno_name(-4000), "E?");
    CU_ASSERT_STRING_EQUAL(errno_text(4000), "Unknown error");
}

UNIT_SUITE("errno", UNIT_TEST(test_numbers_are_linux),
           UNIT_TEST(test_all_names_and_texts_are_linux), UNIT_TEST(test_sign_does_not_matter),
           UNIT_TEST(test_unknown_numbers))
