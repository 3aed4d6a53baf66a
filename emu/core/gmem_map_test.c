/*
 * gmem_map_test.c - RAM around an image, and what is said of the image
 */
#include "emu/core/gmem_map.h"

#include "emu/core/gmem.h"
#include "tests/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE GMEM_PAGE

static const struct range ram = {.start = GMEM_BASE, .size = GMEM_SIZE_MIN};
static const struct range image = {.start = GMEM_IMAGE_BASE, .size = 4 * PAGE};
static const struct range no_image = {.start = GMEM_IMAGE_BASE, .size = 0};

static void *at(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

static bool map(uint64_t address, uint64_t size, int protection)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    return mmap(at(address), size, protection, flags, -1, 0) == at(address);
}

/* True when nothing is mapped at a page. */
static bool is_unmapped(uint64_t address)
{
    return map(address, PAGE, PROT_NONE) && munmap(at(address), PAGE) == 0;
}

static void test_ram_is_zeroed_and_gone_afterwards(void)
{
    CU_ASSERT_TRUE_FATAL(gmem_map_ram(ram, no_image, NULL));
    volatile uint8_t *first = at(GMEM_BASE);
    volatile uint8_t *last = at(GMEM_BASE + GMEM_SIZE_MIN - 1);
    CU_ASSERT_EQUAL(*first, 0);
    CU_ASSERT_EQUAL(*last, 0);
    *first = 1;
    *last = 2;
    gmem_unmap_ram(ram, no_image);
    CU_ASSERT_TRUE(is_unmapped(GMEM_BASE));
    CU_ASSERT_TRUE(is_unmapped(GMEM_BASE + GMEM_SIZE_MIN - PAGE));
    CU_ASSERT_TRUE_FATAL(gmem_map_ram(ram, no_image, NULL));
    CU_ASSERT_EQUAL(*first, 0);
    gmem_unmap_ram(ram, no_image);
}

static void test_ram_lies_around_the_image(void)
{
    CU_ASSERT_TRUE_FATAL(map(image.start, image.size, PROT_READ | PROT_WRITE));
    memset(at(image.start), 0x77, image.size);
    CU_ASSERT_TRUE_FATAL(gmem_map_ram(ram, image, NULL));
    const uint8_t *bytes = at(image.start);
    CU_ASSERT_EQUAL(bytes[-1], 0);
    CU_ASSERT_EQUAL(bytes[0], 0x77);
    CU_ASSERT_EQUAL(bytes[image.size - 1], 0x77);
    CU_ASSERT_EQUAL(bytes[image.size], 0);
    gmem_unmap_ram(ram, image);
    CU_ASSERT_EQUAL(bytes[0], 0x77);
    CU_ASSERT_TRUE(is_unmapped(image.start - PAGE));
    CU_ASSERT_TRUE(is_unmapped(image.start + image.size));
    munmap(at(image.start), image.size);
}

static void check_taken(uint64_t address)
{
    GError *error = NULL;
    CU_ASSERT_TRUE_FATAL(map(address, PAGE, PROT_READ));
    CU_ASSERT_FALSE(gmem_map_ram(ram, no_image, &error));
    CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_EXIST));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "the addresses are taken"));
    g_clear_error(&error);
    munmap(at(address), PAGE);
    CU_ASSERT_TRUE(is_unmapped(GMEM_BASE));
    CU_ASSERT_TRUE(is_unmapped(GMEM_IMAGE_BASE));
}

static void test_taken_addresses_are_an_error_that_maps_nothing(void)
{
    check_taken(GMEM_BASE);
    check_taken(GMEM_IMAGE_BASE - PAGE);
    check_taken(GMEM_IMAGE_BASE + PAGE);
    check_taken(GMEM_BASE + GMEM_SIZE_MIN - PAGE);
}

static void test_mappings_are_listed_with_what_they_allow(void)
{
    struct range_set set;
    range_set_init(&set);
    /* Constants, a hole, and data: cut off at both ends of what is asked for. */
    CU_ASSERT_TRUE_FATAL(map(image.start, PAGE, PROT_READ));
    CU_ASSERT_TRUE_FATAL(map(image.start + PAGE, PAGE, PROT_NONE));
    CU_ASSERT_TRUE_FATAL(map(image.start + 2 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE));
    struct range within = {.start = image.start + 16, .size = 3 * PAGE};
    CU_ASSERT_TRUE_FATAL(gmem_list_mappings(&set, within, NULL));
    CU_ASSERT_EQUAL_FATAL(range_set_count(&set), 2);
    const struct range *constants = range_set_get(&set, 0);
    CU_ASSERT_EQUAL(constants->start, image.start + 16);
    CU_ASSERT_EQUAL(constants->size, PAGE - 16);
    CU_ASSERT_EQUAL(constants->tag, GMEM_DEVICE_READS);
    const struct range *data = range_set_get(&set, 1);
    CU_ASSERT_EQUAL(data->start, image.start + 2 * PAGE);
    CU_ASSERT_EQUAL(data->size, PAGE + 16);
    CU_ASSERT_EQUAL(data->tag, GMEM_DEVICE_BOTH);
    munmap(at(image.start), image.size);
    range_set_fini(&set);
}

/* What the function returns in a child. */
static bool holds_in_child(bool (*function)(void))
{
    pid_t child = fork();
    if (child == 0) {
        _exit(function() ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_SUCCESS;
}

static bool ram_is_refused_for_want_of_memory(void)
{
    /* Room for what lies before the image, and not for what lies behind it. */
    g_autofree char *pages = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents("/proc/self/statm", &pages, NULL, NULL)) {
        return false;
    }
    rlim_t used = (rlim_t)g_ascii_strtoull(pages, NULL, 10) * PAGE;
    struct rlimit limit = {used + 2 * GMEM_BOOT_SIZE, used + 2 * GMEM_BOOT_SIZE};
    setrlimit(RLIMIT_AS, &limit);
    return !gmem_map_ram(ram, no_image, &error) &&
           g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM) &&
           strstr(error->message, "taken") == NULL && is_unmapped(GMEM_BASE);
}

static bool mappings_are_refused_for_want_of_files(void)
{
    struct range_set set;
    struct rlimit nothing = {0, 0};
    g_autoptr(GError) error = NULL;
    range_set_init(&set);
    setrlimit(RLIMIT_NOFILE, &nothing);
    bool is_refused = !gmem_list_mappings(&set, image, &error) && range_set_count(&set) == 0 &&
                      g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_MFILE);
    range_set_fini(&set);
    return is_refused;
}

static void test_want_of_resources_is_an_error(void)
{
    CU_ASSERT_TRUE(holds_in_child(ram_is_refused_for_want_of_memory));
    CU_ASSERT_TRUE(holds_in_child(mappings_are_refused_for_want_of_files));
}

UNIT_SUITE("gmem_map", UNIT_TEST(test_ram_is_zeroed_and_gone_afterwards),
           UNIT_TEST(test_ram_lies_around_the_image),
           UNIT_TEST(test_taken_addresses_are_an_error_that_maps_nothing),
           UNIT_TEST(test_mappings_are_listed_with_what_they_allow),
           UNIT_TEST(test_want_of_resources_is_an_error))
