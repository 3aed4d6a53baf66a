/* source_test.c - functions, lines and frames; of files that are damaged, nothing and no harm */
#include "harness/diagnosis/source.h"

#include "tests/unit.h"

#include <dlfcn.h>
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

/* What is known of source_sample(), in one of its images beside this program. */
struct sample {
    struct source *source;
    bool found;
    struct source_place place;
    int line; /* that is right */
};

static char *sample_path(const char *name)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(self);
    return g_strdup_printf("%s/source-%s.so", folder, name);
}

static struct sample sample_look_up(const char *name)
{
    g_autofree char *path = sample_path(name);
    struct sample sample = {.source = source_open(path)};
    void *image = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sample.source);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    Dl_info info;
    const char *function = dlsym(image, "source_sample");
    CU_ASSERT_FATAL(dladdr(function, &info) != 0);
    sample.line = *(const int *)dlsym(image, "source_sample_line");
    sample.found = source_find(sample.source, (uint64_t)(function - (const char *)info.dli_fbase),
                               &sample.place);
    dlclose(image);
    return sample;
}

static void sample_clear(struct sample *sample)
{
    g_free(sample->place.file);
    source_free(sample->source);
}

static void test_lines_are_read_whatever_the_format(void)
{
    static const char *const names[] = {"dwarf-4", "dwarf-5", "compressed", "split"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct sample sample = sample_look_up(names[i]);
        CU_ASSERT_TRUE_FATAL(sample.found);
        CU_ASSERT_STRING_EQUAL(sample.place.function, "source_sample");
        CU_ASSERT_PTR_NOT_NULL_FATAL(sample.place.file);
        CU_ASSERT(g_str_has_suffix(sample.place.file, "testdata/source_sample.c"));
        CU_ASSERT_EQUAL(sample.place.line, sample.line);
        sample_clear(&sample);
    }
}

static void test_without_lines_the_function_is_known_and_without_symbols_nothing(void)
{
    struct sample plain = sample_look_up("without-lines"), bare = sample_look_up("stripped");
    CU_ASSERT_TRUE_FATAL(plain.found);
    CU_ASSERT_STRING_EQUAL(plain.place.function, "source_sample");
    CU_ASSERT_PTR_NULL(plain.place.file);
    CU_ASSERT_FALSE(bare.found);
    CU_ASSERT_PTR_NULL(bare.place.file);
    sample_clear(&plain);
    sample_clear(&bare);
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

/* What is found does not matter: nothing may be read outside of the file. */
static void look_around(GBytes *bytes)
{
    struct source *source = source_open_bytes(bytes);
    if (source == NULL) {
        return;
    }
    for (uint64_t address = 0x1000; address < 0x1200; address += 8) {
        struct source_place place;
        if (source_find(source, address, &place)) {
            g_free(place.file);
        }
    }
    source_free(source);
}

static void damage_image(const char *name)
{
    g_autofree char *path = sample_path(name), *data = NULL;
    size_t size;
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &data, &size, NULL));
    for (size_t len = 0; len < size; len += 61) {
        g_autoptr(GBytes) cut = g_bytes_new(data, len);
        look_around(cut);
    }
    uint32_t random = 1;
    for (unsigned i = 0; i < 300; i++) {
        g_autofree char *copy = g_memdup2(data, size);
        for (unsigned j = 0; j < 1 + i / 3; j++) {
            random = random * 1664525 + 1013904223;
            size_t at = 64 + (random >> 8) % (size - 64);
            random = random * 1664525 + 1013904223;
            copy[at] = (char)(random >> 13);
        }
        g_autoptr(GBytes) bytes = g_bytes_new_take(g_steal_pointer(&copy), size);
        look_around(bytes);
    }
}

static void test_damaged_images_do_no_harm(void)
{
    damage_image("dwarf-4");
    damage_image("dwarf-5");
    damage_image("compressed");
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
           UNIT_TEST(test_lines_are_read_whatever_the_format),
           UNIT_TEST(test_without_lines_the_function_is_known_and_without_symbols_nothing),
           UNIT_TEST(test_what_is_no_image_is_refused), UNIT_TEST(test_damaged_images_do_no_harm),
           UNIT_TEST(test_frames_are_followed_while_they_rise_within_the_stack))
