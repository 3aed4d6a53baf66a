/*
 * unit.h - one CUnit suite a file
 *
 *     UNIT_SUITE("vclock", UNIT_TEST(ties_run_in_arming_order), UNIT_TEST(…))
 *
 * defines main(): it runs the suite, prints what failed, and exits with 1 when something did or
 * when nothing ran.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <CUnit/Basic.h>
#include <stdlib.h>

/* CUnit leaves a test by longjmp, which the analyzer of clang-tidy does not see. */
#ifdef __clang_analyzer__
#undef CU_ASSERT_PTR_NOT_NULL_FATAL
#undef CU_ASSERT_TRUE_FATAL
#undef CU_ASSERT_EQUAL_FATAL
#undef CU_ASSERT_FATAL
#define CU_ASSERT_PTR_NOT_NULL_FATAL(value) ((value) != NULL ? (void)0 : abort())
#define CU_ASSERT_TRUE_FATAL(value)         ((value) ? (void)0 : abort())
#define CU_ASSERT_EQUAL_FATAL(value, right) ((value) == (right) ? (void)0 : abort())
#define CU_ASSERT_FATAL(value)              ((value) ? (void)0 : abort())
#endif

/* clang-format off */
#define UNIT_TEST(function) {#function, (function)}
/* clang-format on */

#define UNIT_SUITE(name, ...)                                                                      \
    int main(void)                                                                                 \
    {                                                                                              \
        static CU_TestInfo tests[] = {__VA_ARGS__, CU_TEST_INFO_NULL};                             \
        static CU_SuiteInfo suites[] = {                                                           \
            {.pName = (name), .pTests = tests},                                                    \
            CU_SUITE_INFO_NULL,                                                                    \
        };                                                                                         \
        return unit_run(suites);                                                                   \
    }

static inline int unit_run(CU_SuiteInfo *suites)
{
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
        fprintf(stderr, "CUnit: %s\n", CU_get_error_msg());
        return EXIT_FAILURE;
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_ErrorCode error = CU_basic_run_tests();
    unsigned run = CU_get_number_of_tests_run();
    unsigned failed = CU_get_number_of_failure_records();
    CU_cleanup_registry();
    return error == CUE_SUCCESS && run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
