/*
 * board_boot_test.c - what firmware hands over
 */
#include "emu/board/board_priv.h"

#include "tests/unit.h"

#include <string.h>

#define MIB (UINT64_C(1) << 20)

struct boot_rig {
    struct vclock *clock;
    struct trace *trace;
    struct gmem *memory;
};

static void boot_rig_init(struct boot_rig *rig, uint64_t pa_offset)
{
    GError *error = NULL;
    struct gmem_config memory = {.size = GMEM_SIZE_MIN, .pa_offset = pa_offset};
    rig->clock = vclock_new();
    rig->trace = trace_new(rig->clock);
    rig->memory = gmem_new(rig->trace, &memory, &error);
    g_assert_no_error(error);
}

static void boot_rig_fini(struct boot_rig *rig)
{
    CU_ASSERT_EQUAL(trace_last(rig->trace), 0);
    gmem_free(rig->memory);
    trace_free(rig->trace);
    vclock_free(rig->clock);
}

/* Written without an error: a test that cannot go on without it ends here. */
static const struct hal_boot *write_boot(struct boot_rig *rig, const struct board_config *config)
{
    GError *error = NULL;
    const struct hal_boot *boot = board_boot_write(rig->memory, config, &error);
    g_assert_no_error(error);
    g_assert(boot != NULL);
    return boot;
}

static bool in_boot_area(struct boot_rig *rig, const void *pointer, size_t size)
{
    const char *area = gmem_boot_area(rig->memory);
    const char *at = pointer;
    return at >= area && at + size <= area + GMEM_BOOT_SIZE;
}

static void test_memory_is_described_in_physical_addresses(void)
{
    struct boot_rig rig;
    struct board_config config;
    board_config_init(&config);
    boot_rig_init(&rig, UINT64_C(0x100000000));
    const struct hal_boot *boot = write_boot(&rig, &config);
    uint64_t free_base, free_size;
    gmem_free_range(rig.memory, &free_base, &free_size);
    CU_ASSERT_EQUAL(boot->ram_base, UINT64_C(0x140000000));
    CU_ASSERT_EQUAL(boot->ram_size, GMEM_SIZE_MIN);
    CU_ASSERT_EQUAL(boot->free_base, free_base);
    CU_ASSERT_EQUAL(boot->free_size, free_size);
    CU_ASSERT_EQUAL(boot->acpi_rsdp, 0);
    CU_ASSERT_EQUAL(boot->file_count, 0);
    CU_ASSERT_STRING_EQUAL(boot->command_line, "");
    boot_rig_fini(&rig);
}

static void test_everything_is_copied_into_guest_ram(void)
{
    static const char contents[] = {'1', '\0', '3'};
    const struct board_file files[] = {
        {.path = "/etc/net/ip", .data = "10.0.2.15\n", .size = 10},
        {.path = "/etc/empty", .data = NULL, .size = 0},
        {.path = "/etc/odd", .data = contents, .size = sizeof(contents)},
    };
    struct boot_rig rig;
    struct board_config config;
    board_config_init(&config);
    boot_rig_init(&rig, 0);
    config.command_line = "face=posix tick=100";
    config.files = files;
    config.file_count = G_N_ELEMENTS(files);
    const struct hal_boot *boot = write_boot(&rig, &config);
    CU_ASSERT_TRUE(in_boot_area(&rig, boot, sizeof(*boot)));
    CU_ASSERT_TRUE(in_boot_area(&rig, boot->device_tree, boot->device_tree_size));
    CU_ASSERT_EQUAL((uintptr_t)boot->device_tree % 8, 0);
    CU_ASSERT_TRUE(in_boot_area(&rig, boot->command_line, 20));
    CU_ASSERT_STRING_EQUAL(boot->command_line, "face=posix tick=100");
    CU_ASSERT_EQUAL_FATAL(boot->file_count, G_N_ELEMENTS(files));
    CU_ASSERT_TRUE(in_boot_area(&rig, boot->files, sizeof(*boot->files) * boot->file_count));
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        const struct hal_boot_file *file = &boot->files[i];
        CU_ASSERT_TRUE(in_boot_area(&rig, file->path, strlen(files[i].path) + 1));
        CU_ASSERT_STRING_EQUAL(file->path, files[i].path);
        CU_ASSERT_TRUE(in_boot_area(&rig, file->data, file->size));
        CU_ASSERT_EQUAL_FATAL(file->size, files[i].size);
        CU_ASSERT_TRUE(file->size == 0 || memcmp(file->data, files[i].data, file->size) == 0);
    }
    boot_rig_fini(&rig);
}

static void test_acpi_machine_is_handed_tables_in_ram_and_no_tree(void)
{
    struct boot_rig rig;
    struct board_config config;
    board_config_init(&config);
    boot_rig_init(&rig, UINT64_C(0x100000000));
    config.boot = BOARD_BOOT_ACPI;
    config.command_line = "face=posix";
    const struct hal_boot *boot = write_boot(&rig, &config);
    CU_ASSERT_PTR_NULL(boot->device_tree);
    CU_ASSERT_EQUAL(boot->device_tree_size, 0);
    CU_ASSERT_EQUAL(boot->acpi_rsdp % 16, 0); /* [ACPI6.3] 5.2.5.1 */
    const char *tables = (const char *)(uintptr_t)(boot->acpi_rsdp - UINT64_C(0x100000000));
    CU_ASSERT_TRUE_FATAL(in_boot_area(&rig, tables, BOARD_ACPI_SIZE(1)));
    char expected[BOARD_ACPI_SIZE(1)];
    board_acpi_write(expected, boot->acpi_rsdp, &config);
    CU_ASSERT_EQUAL(memcmp(tables, expected, BOARD_ACPI_SIZE(1)), 0);
    CU_ASSERT_TRUE((const char *)boot >= tables + BOARD_ACPI_SIZE(1));
    CU_ASSERT_STRING_EQUAL(boot->command_line, "face=posix");
    boot_rig_fini(&rig);
}

/* The size of the largest file that still fits beside everything else. */
static size_t room_for_file(const struct hal_boot *boot)
{
    const struct hal_boot_file *file = &boot->files[boot->file_count - 1];
    return (size_t)((const char *)(uintptr_t)(GMEM_BASE + GMEM_BOOT_SIZE) -
                    (const char *)file->data);
}

static void test_files_fit_to_the_last_byte_and_not_beyond(void)
{
    g_autofree char *data = g_malloc0(GMEM_BOOT_SIZE);
    struct board_file file = {.path = "/big", .data = data, .size = 1};
    struct boot_rig rig;
    struct board_config config;
    board_config_init(&config);
    boot_rig_init(&rig, 0);
    config.files = &file;
    config.file_count = 1;
    const struct hal_boot *boot = write_boot(&rig, &config);
    size_t room = room_for_file(boot);
    memset(data, 'x', room);
    file.size = room;
    boot = write_boot(&rig, &config);
    CU_ASSERT_EQUAL(((const char *)boot->files[0].data)[room - 1], 'x');
    file.size = room + 1;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(board_boot_write(rig.memory, &config, &error));
    CU_ASSERT_TRUE_FATAL(g_error_matches(error, BOARD_ERROR, BOARD_ERROR_BOOT_SIZE));
    g_autofree char *words = g_strdup_printf("/big of %zu bytes does not fit into the boot area of "
                                             "2097152 bytes: %zu are left",
                                             room + 1, room);
    CU_ASSERT_STRING_EQUAL(error->message, words);
    boot_rig_fini(&rig);
}

/* A command line is there twice, in the tree and on its own: each can be what is too much. */
static void test_command_line_that_does_not_fit_is_refused(void)
{
    static const size_t lengths[] = {GMEM_BOOT_SIZE, GMEM_BOOT_SIZE / 2};
    static const char *const words[] = {"the device tree with its command line",
                                        "the command line of 1048577 bytes"};
    struct boot_rig rig;
    boot_rig_init(&rig, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *line = g_strnfill(lengths[i], 'a');
        g_autoptr(GError) error = NULL;
        struct board_config config;
        board_config_init(&config);
        config.command_line = line;
        CU_ASSERT_PTR_NULL(board_boot_write(rig.memory, &config, &error));
        CU_ASSERT_TRUE_FATAL(g_error_matches(error, BOARD_ERROR, BOARD_ERROR_BOOT_SIZE));
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, words[i]));
    }
    boot_rig_fini(&rig);
}

/*
 * Whatever comes last, the table or a path or the structure itself, one byte too few is an error
 * and never an overrun.
 */
static void test_every_cut_of_the_area_is_an_error(void)
{
    const struct board_file file = {.path = "/f", .data = "0123456789abcdef", .size = 16};
    struct boot_rig rig;
    boot_rig_init(&rig, 0);
    struct board_config config;
    board_config_init(&config);
    config.files = &file;
    config.file_count = 1;
    const struct hal_boot *boot = write_boot(&rig, &config);
    size_t room = room_for_file(boot);
    size_t tree_size = boot->device_tree_size;
    /*
     * A growing command line pushes the parts out of the area one after the other: last of all
     * hal_boot and the tree.
     */
    unsigned refused = 0;
    for (size_t step = 0; step < 40; step++) {
        size_t length = step < 20 ? room / 2 - 256 + step * 16
                                  : GMEM_BOOT_SIZE - tree_size - 256 + (step - 20) * 16;
        g_autofree char *line = g_strnfill(length, 'a');
        g_autoptr(GError) error = NULL;
        config.command_line = line;
        bool fits = board_boot_write(rig.memory, &config, &error) != NULL;
        CU_ASSERT_EQUAL(fits, error == NULL);
        refused += !fits;
    }
    CU_ASSERT(refused > 0);
    CU_ASSERT(refused < 40);
    boot_rig_fini(&rig);
}

UNIT_SUITE("board_boot", UNIT_TEST(test_memory_is_described_in_physical_addresses),
           UNIT_TEST(test_everything_is_copied_into_guest_ram),
           UNIT_TEST(test_acpi_machine_is_handed_tables_in_ram_and_no_tree),
           UNIT_TEST(test_files_fit_to_the_last_byte_and_not_beyond),
           UNIT_TEST(test_command_line_that_does_not_fit_is_refused),
           UNIT_TEST(test_every_cut_of_the_area_is_an_error))
