/*
 * abi_test.c - what programs see of the kernel is arm64 Linux: numbers and layouts against the
 * host's own headers
 */
#include "kernel/abi_witness.h"
#include "kernel/sockios.h"
#include "kernel/stat.h"
#include "kernel/syscall.h"
#include "tests/unit.h"

#include <string.h>

#define ABI_NUMBER(name)                     {#name, (long)(name)},
#define ABI_CALL(ours, theirs)               {#ours, (long)(ours)},
#define ABI_SIZE(ours, theirs)               {#theirs, (long)sizeof(ours)},
#define ABI_OFFSET(type, member)             {#type "." #member, (long)offsetof(type, member)},
#define ABI_MEMBER(ours, theirs, our, their) {#theirs "." #their, (long)offsetof(ours, our)},

/* clang-format off */
static const struct abi_number ours[] = {
#include "kernel/abi_names.h"
#include "kernel/abi_calls.h"
};
/* clang-format on */

static void test_numbers_and_layouts_are_linux(void)
{
    CU_ASSERT_EQUAL_FATAL(sizeof ours / sizeof ours[0], abi_number_count);
    for (size_t i = 0; i < abi_number_count; i++) {
        CU_ASSERT_STRING_EQUAL(ours[i].name, abi_numbers[i].name);
        if (ours[i].value != abi_numbers[i].value)
            printf("%s: %ld here, %ld there\n", ours[i].name, ours[i].value, abi_numbers[i].value);
        CU_ASSERT_EQUAL(ours[i].value, abi_numbers[i].value);
    }
}

UNIT_SUITE("abi", UNIT_TEST(test_numbers_and_layouts_are_linux))
