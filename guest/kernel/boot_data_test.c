/* boot_data_test.c - boot parameters and configuration files */
#include "kernel/boot_data.h"

#include "kernel/dirent.h"
#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/syscall.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static const struct hal_boot_file files[] = {
    {"/etc/net/ip", "10.0.2.15\n", 10},
    {"/etc/empty", "", 0},
};

static void setup(const char *command_line)
{
    fake_command_line = command_line;
    fake_files = files;
    fake_file_count = 2;
    fake_boot();
}

static void test_parameters_have_values(void)
{
    setup("face=posix tick=100");
    CU_ASSERT_STRING_EQUAL(boot_parameter("face"), "posix");
    CU_ASSERT_STRING_EQUAL(boot_parameter("tick"), "100");
    CU_ASSERT_PTR_NULL(boot_parameter("fac"));
    CU_ASSERT_PTR_NULL(boot_parameter("faces"));
}

static void test_parameters_are_forgiving_about_blanks(void)
{
    setup("  quiet  a=   b=c=d ");
    CU_ASSERT_STRING_EQUAL(boot_parameter("quiet"), "");
    CU_ASSERT_STRING_EQUAL(boot_parameter("a"), "");
    CU_ASSERT_STRING_EQUAL(boot_parameter("b"), "c=d");
    CU_ASSERT_PTR_NULL(boot_parameter(""));
}

static void test_no_parameters(void)
{
    setup("");
    CU_ASSERT_PTR_NULL(boot_parameter("face"));
}

static void test_too_long_a_line_is_a_panic(void)
{
    static char line[2000];
    memset(line, 'x', sizeof line - 1);
    fake_command_line = line;
    CU_ASSERT_TRUE(FAKE_PANICS(fake_boot()));
    CU_ASSERT_PTR_NOT_NULL(strstr(fake_panic_reason, "the boot command line is too long"));
}

static void test_too_many_parameters_are_a_panic(void)
{
    fake_command_line = "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a";
    CU_ASSERT_TRUE(FAKE_PANICS(fake_boot()));
    CU_ASSERT_PTR_NOT_NULL(strstr(fake_panic_reason, "too many boot parameters"));
}

static void test_config_is_copied_with_its_end(void)
{
    char buffer[11];
    setup("");
    CU_ASSERT_EQUAL(config_read("/etc/net/ip", buffer, sizeof buffer), 10);
    CU_ASSERT_STRING_EQUAL(buffer, "10.0.2.15\n");
    CU_ASSERT_EQUAL(config_read("/etc/empty", buffer, sizeof buffer), 0);
    CU_ASSERT_STRING_EQUAL(buffer, "");
}

static void test_config_that_is_not_there_or_too_large(void)
{
    char buffer[10] = "same";
    setup("");
    CU_ASSERT_EQUAL(config_read("/etc/net", buffer, sizeof buffer), -KENOENT);
    CU_ASSERT_EQUAL(config_read("/etc/net/ip", buffer, sizeof buffer), -KE2BIG);
    CU_ASSERT_STRING_EQUAL(buffer, "same");
}

static void test_boot_files_can_be_opened_and_read(void)
{
    char buffer[16] = "";
    int error = 0;
    setup("");
    struct file *file = path_open("/etc/net/ip", O_RDONLY, 0, &error);
    CU_ASSERT_EQUAL(file->ops->read(file, buffer, 4), 4);
    CU_ASSERT_EQUAL(file->ops->read(file, buffer + 4, sizeof buffer - 4), 6);
    CU_ASSERT_STRING_EQUAL(buffer, "10.0.2.15\n");
    CU_ASSERT_EQUAL(file->ops->read(file, buffer, sizeof buffer), 0);
    CU_ASSERT_PTR_NULL(file->ops->write);
    file_release(file);
}

static void test_boot_files_are_read_only(void)
{
    int error = 0;
    setup("");
    CU_ASSERT_PTR_NULL(path_open("/etc/net/ip", O_RDWR, 0, &error));
    CU_ASSERT_EQUAL(error, -KEROFS);
    CU_ASSERT_PTR_NULL(path_open("/etc/net/ip", O_WRONLY, 0, &error));
    CU_ASSERT_EQUAL(error, -KEROFS);
    CU_ASSERT_PTR_NULL(path_open("/etc/net/mac", O_RDONLY, 0, &error));
    CU_ASSERT_EQUAL(error, -KENOENT);
}

static void test_pools_are_shown(void)
{
    char text[FILE_TEXT_MAX + 1] = "";
    int error = 0;
    setup("");
    struct file *file = path_open("/proc/pools", O_RDONLY, 0, &error);
    CU_ASSERT_TRUE(file->ops->read(file, text, FILE_TEXT_MAX) > 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "\nframe-buffers           0        0      512        0\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\ntasks "));
    file_release(file);
    CU_ASSERT_PTR_NULL(path_open("/proc/pools2", O_RDONLY, 0, &error));
    CU_ASSERT_EQUAL(error, -KENOENT);
}

/* The names in a directory, with a space behind each; the error as text if it is none. */
static const char *names_in(const char *path)
{
    static char text[256];
    char buffer[32]; /* one at a time */
    int error = 0;
    struct file *file = path_open(path, O_RDONLY | O_DIRECTORY, 0, &error);
    (void)snprintf(text, sizeof text, "error %d", error);
    if (file == NULL)
        return text;
    text[0] = '\0';
    for (long size; (size = file->ops->list(file, buffer, sizeof buffer)) > 0;) {
        struct kernel_dirent64 record;
        size_t at = 0;
        for (const char *name; (name = dirent_next(buffer, (size_t)size, &at, &record)) != NULL;) {
            strcat(text, name);
            strcat(text, " ");
        }
    }
    file_release(file);
    return text;
}

static void test_directories_are_those_that_paths_imply(void)
{
    int error = 0;
    setup("");
    CU_ASSERT_STRING_EQUAL(names_in("/"), ". .. etc tmp scheme proc ");
    CU_ASSERT_STRING_EQUAL(names_in("/etc"), ". .. net empty ");
    CU_ASSERT_STRING_EQUAL(names_in("/proc"), ". .. pools ");
    CU_ASSERT_STRING_EQUAL(names_in("/et"), "error -2");
    CU_ASSERT_STRING_EQUAL(names_in("/etc/net/ip/x"), "error -2");
    struct file *file = path_open("/etc/net", O_PATH, 0, &error);
    struct kernel_stat stat = {.st_mode = 0};
    CU_ASSERT_EQUAL(file->ops->stat(file, &stat), 0);
    CU_ASSERT_EQUAL(stat.st_mode, S_IFDIR | 0555);
    file_release(file);
    CU_ASSERT_PTR_NULL(path_open("/etc", O_WRONLY, 0, &error));
    CU_ASSERT_EQUAL(error, -KEISDIR);
    file = path_open("/etc/net/ip", O_PATH, 0, &error);
    CU_ASSERT_EQUAL(file->ops->stat(file, &stat), 0);
    CU_ASSERT_EQUAL(stat.st_mode, S_IFREG | 0444);
    file_release(file);
}

UNIT_SUITE("boot_data", UNIT_TEST(test_parameters_have_values),
           UNIT_TEST(test_parameters_are_forgiving_about_blanks), UNIT_TEST(test_no_parameters),
           UNIT_TEST(test_too_long_a_line_is_a_panic),
           UNIT_TEST(test_too_many_parameters_are_a_panic),
           UNIT_TEST(test_config_is_copied_with_its_end),
           UNIT_TEST(test_config_that_is_not_there_or_too_large),
           UNIT_TEST(test_boot_files_can_be_opened_and_read),
           UNIT_TEST(test_boot_files_are_read_only), UNIT_TEST(test_pools_are_shown),
           UNIT_TEST(test_directories_are_those_that_paths_imply))
