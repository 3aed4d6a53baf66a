/* source_test.c - functions, lines and frames; of files that are damaged, nothing and no harm */
#include "harness/diagnosis/source.h"

#include "tests/unit.h"

#include <string.h>

extern const char __executable_start[];

/* What is looked for: this very function, in the program that runs. */
static __attribute__((noinline)) uintptr_t here(void)
{
    return (uintptr_t)__builtin_return_address(0);
}

static struct source *open_self(void)
{
    return source_open("/proc/self/exe");
}

static void test_an_address_has_function_file_and_line(void)
{
    struct source *source = open_self();
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    unsigned line = __LINE__ + 1;
    uintptr_t address = here() - (uintptr_t)__executable_start - 1;
    struct source_place place;
    CU_ASSERT_TRUE_FATAL(source_find(source, address, &place));
    CU_ASSERT_STRING_EQUAL(place.function, __func__);
    CU_ASSERT(place.start < address);
    if (place.file != NULL) { /* a release build has no line table */
        CU_ASSERT(g_str_has_suffix(place.file, "harness/diagnosis/source_test.c"));
        CU_ASSERT_EQUAL(place.line, line);
    }
    g_free(place.file);
    CU_ASSERT_FALSE(source_find(source, 1, &place));
    CU_ASSERT_FALSE(source_find(source, UINT64_MAX, &place));
    source_free(source);
}

static void test_what_is_no_image_is_refused(void)
{
    g_autoptr(GBytes) text =
        g_bytes_new_static("this is no ELF file, but it is long enough for the "
                           "header of one, which has 64 bytes",
                           84);
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    CU_ASSERT_PTR_NULL(source_open_bytes(text));
    CU_ASSERT_PTR_NULL(source_open_bytes(nothing));
    CU_ASSERT_PTR_NULL(source_open("/nonexistent"));
    source_free(NULL);
}

/* The addresses that are looked up do not matter: nothing may be read outside of the file. */
static void look_around(GBytes *bytes)
{
    struct source *source = source_open_bytes(bytes);
    if (source == NULL) {
        return;
    }
    struct source_place place;
    if (source_find(source, here() - (uintptr_t)__executable_start, &place)) {
        g_free(place.file);
    }
    source_free(source);
}

static void test_damaged_images_do_no_harm(void)
{
    g_autofree char *data = NULL;
    size_t size;
    CU_ASSERT_TRUE_FATAL(g_file_get_contents("/proc/self/exe", &data, &size, NULL));
    for (unsigned i = 1; i < 12; i++) {
        g_autoptr(GBytes) cut = g_bytes_new(data, size / 12 * i + i);
        look_around(cut);
    }
    uint32_t random = 1;
    for (unsigned i = 0; i < 12; i++) {
        g_autofree char *copy = g_memdup2(data, size);
        for (unsigned j = 0; j < 2000; j++) {
            random = random * 1664525 + 1013904223;
            /* The end of the file holds section headers and symbols. */
            size_t at = j % 2 == 0 ? random % size : size - 1 - random % (size / 8);
            copy[at] = (char)(random >> 13);
        }
        memcpy(copy, data, 64);
        g_autoptr(GBytes) bytes = g_bytes_new_take(g_steal_pointer(&copy), size);
        look_around(bytes);
    }
}

static void test_frames_are_followed_while_they_rise_within_the_stack(void)
{
    uintptr_t stack[8] = {0}, addresses[4];
    uintptr_t low = (uintptr_t)stack, high = (uintptr_t)(stack + G_N_ELEMENTS(stack));
    stack[0] = (uintptr_t)&stack[2];
    stack[1] = 11;
    stack[2] = (uintptr_t)&stack[6];
    stack[3] = 22;
    stack[6] = 0;
    stack[7] = 33;
    CU_ASSERT_EQUAL(source_unwind(low, low, high, addresses, 4), 3);
    CU_ASSERT(addresses[0] == 11 && addresses[1] == 22 && addresses[2] == 33);
    CU_ASSERT_EQUAL(source_unwind(low, low, high, addresses, 2), 2);
    stack[2] = low; /* a circle */
    CU_ASSERT_EQUAL(source_unwind(low, low, high, addresses, 4), 2);
    stack[2] = high; /* out of the stack */
    CU_ASSERT_EQUAL(source_unwind(low, low, high, addresses, 4), 2);
    stack[2] = (uintptr_t)&stack[7]; /* only half a frame */
    CU_ASSERT_EQUAL(source_unwind(low, low, high, addresses, 4), 2);
    CU_ASSERT_EQUAL(source_unwind(low + 1, low, high, addresses, 4), 0);
    CU_ASSERT_EQUAL(source_unwind(0, low, high, addresses, 4), 0);
}

UNIT_SUITE("source", UNIT_TEST(test_an_address_has_function_file_and_line),
           UNIT_TEST(test_what_is_no_image_is_refused), UNIT_TEST(test_damaged_images_do_no_harm),
           UNIT_TEST(test_frames_are_followed_while_they_rise_within_the_stack))
