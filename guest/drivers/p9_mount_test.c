/*
 * A shared folder in the kernel's tree: from the device to paths, against a server that follows a
 * script. The mount is included, not linked: its table remembers devices.
 */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "drivers/p9_mount.c"

#include "drivers/p9_rig.h"
#include "kernel/dirent.h"

#define POINT "/mnt/hostshare"

static struct virtio_mmio mount_mmio;

/* A machine with one device that was given to its driver. */
static int mount_probe(void)
{
    rig_reset();
    memset(p9_mounts, 0, sizeof p9_mounts);
    p9_mount_count = 0;
    fake_hal_give_memory();
    path_init();
    mount_mmio = (struct virtio_mmio){.base = MOCK_BASE, .intid = 48};
    CU_ASSERT_EQUAL_FATAL(virtio_mmio_identify(&mount_mmio), 0);
    return p9_mount_probe(&mount_mmio.device);
}

/* The same with a session. */
static void mount_connect(void)
{
    static const struct mock_p9_step script[] = {
        {"Tversion 131072 '9P2000.L'", "Rversion d8192 s:9P2000.L"},
        {RIG_ATTACH, "Rattach Qd"},
        {"Twalk 0 1 none", "Rlerror d2"},
        {NULL, NULL}};
    int error = 0;
    CU_ASSERT_EQUAL_FATAL(mount_probe(), 0);
    mock_p9_script(script);
    CU_ASSERT_PTR_NULL(path_open(POINT "/none", O_RDONLY, 0, &error));
    CU_ASSERT_EQUAL_FATAL(error, -KENOENT);
    mock_p9_script(NULL);
}

static void test_a_device_is_mounted_by_its_tag_without_a_word_to_the_server(void)
{
    CU_ASSERT_EQUAL(mount_probe(), 0);
    CU_ASSERT_STRING_EQUAL(path_point(0), POINT);
    CU_ASSERT_EQUAL(mock_device.status, 15);
    CU_ASSERT_EQUAL(mock_avail_count(MOCK_SHARE), 0);
}

static void test_a_device_that_cannot_be_mounted_is_given_up(void)
{
    CU_ASSERT_EQUAL(mount_probe(), 0);
    CU_ASSERT_EQUAL(p9_mount_probe(&mount_mmio.device), -KEEXIST); /* the same tag once more */
    CU_ASSERT_PTR_NULL(path_point(1));
    p9_mount_count = V9P_DEVICES_MAX;
    CU_ASSERT_EQUAL(p9_mount_probe(&mount_mmio.device), -KENOSPC);
}

static void test_an_open_file_moves_its_offset_and_is_clunked_at_its_end(void)
{
    static const struct mock_p9_step script[] = {{"Twalk 0 1 a.txt", "Rwalk h1 Qf"},
                                                 {"Tlopen 1 2", "Rlopen Qf d0"},
                                                 {"Tread 1 0 3", "Rread x:hel"},
                                                 {"Tread 1 3 3", "Rread x:lo"},
                                                 {"Twrite 1 5 'abc'", "Rwrite d3"},
                                                 {"Tread 1 8 3", "Rread x:"},
                                                 {"Tfsync 1 0", "Rfsync"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {NULL, NULL}};
    char bytes[3];
    int error;
    mount_connect();
    mock_p9_script(script);
    struct file *file = path_open(POINT "/a.txt", O_RDWR, 0, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(file->ops->read(file, bytes, 3), 3);
    CU_ASSERT_EQUAL(file->ops->read(file, bytes, 3), 2);
    CU_ASSERT_EQUAL(file->ops->write(file, "abc", 3), 3);
    CU_ASSERT_EQUAL(file->offset, 8);
    CU_ASSERT_EQUAL(file->ops->read(file, bytes, 3), 0);
    CU_ASSERT_EQUAL(file->ops->sync(file), 0);
    file_release(file);
    mock_p9_script(NULL);
    CU_ASSERT_EQUAL(p9_opened_pool.used, 0);
}

static void test_a_directory_goes_on_where_its_offset_is(void)
{
    static const struct mock_p9_step script[] = {
        {"Twalk 0 1", "Rwalk h0"},
        {"Tlopen 1 0", "Rlopen Qd d0"},
        {"Treaddir 1 0 279", "Rreaddir d50 Qf q5 b8 s:a Qf q9 b8 s:b"},
        {"Treaddir 1 5 279", "Rreaddir d25 Qf q9 b8 s:b"},
        {"Treaddir 1 9 279", "Rreaddir d0"},
        {"Tclunk 1", "Rclunk"},
        {NULL, NULL}};
    char buffer[24];
    int error;
    mount_connect();
    mock_p9_script(script);
    struct file *file = path_open(POINT, O_RDONLY | O_DIRECTORY, 0, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(file->ops->list(file, buffer, sizeof buffer), 24);
    CU_ASSERT_EQUAL(file->offset, 5);
    CU_ASSERT_EQUAL(file->ops->list(file, buffer, sizeof buffer), 24);
    CU_ASSERT_EQUAL(file->ops->list(file, buffer, sizeof buffer), 0);
    file_release(file);
    mock_p9_script(NULL);
}

static void test_an_open_that_fails_leaves_nothing(void)
{
    static const struct mock_p9_step script[] = {{"Twalk 0 1 a.txt", "Rwalk h1 Qf"},
                                                 {"Tlopen 1 0", "Rlerror d13"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {NULL, NULL}};
    int error = 0;
    mount_connect();
    mock_p9_script(script);
    CU_ASSERT_PTR_NULL(path_open(POINT "/a.txt", O_RDONLY, 0, &error));
    CU_ASSERT_EQUAL(error, -KEACCES);
    mock_p9_script(NULL);
    CU_ASSERT_EQUAL(p9_opened_pool.used, 0);
}

static void test_what_was_open_when_the_device_failed_is_stale(void)
{
    static const struct mock_p9_step before[] = {
        {"Twalk 0 1 a.txt", "Rwalk h1 Qf"}, {"Tlopen 1 0", "Rlopen Qf d0"}, {NULL, NULL}};
    static const struct mock_p9_step anew[] = {
        {"Tversion 131072 '9P2000.L'", "Rversion d8192 s:9P2000.L"},
        {"Tattach 4096 4294967295 '' '' 0", "Rattach Qd"},
        {"Twalk 4096 4097", "Rwalk h0"},
        {"Tmkdir 4097 'd' 16877 0", "Rmkdir Qd"},
        {"Tclunk 4097", "Rclunk"},
        {NULL, NULL}};
    char bytes[3];
    int error;
    mount_connect();
    mock_p9_script(before);
    struct file *file = path_open(POINT "/a.txt", O_RDONLY, 0, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    virtio_9p_break(&p9_mounts[0]->channel, "a test says so");
    CU_ASSERT_EQUAL(file->ops->read(file, bytes, 3), -KEIO);
    mock_p9_script(anew);
    CU_ASSERT_EQUAL(path_mkdir(POINT "/d", 0755), 0);
    CU_ASSERT_EQUAL(file->ops->read(file, bytes, 3), -KESTALE);
    file_release(file);
    mock_p9_script(NULL);
    CU_ASSERT_EQUAL(p9_opened_pool.used, 0);
}

UNIT_SUITE("p9_mount", UNIT_TEST(test_a_device_is_mounted_by_its_tag_without_a_word_to_the_server),
           UNIT_TEST(test_a_device_that_cannot_be_mounted_is_given_up),
           UNIT_TEST(test_an_open_file_moves_its_offset_and_is_clunked_at_its_end),
           UNIT_TEST(test_a_directory_goes_on_where_its_offset_is),
           UNIT_TEST(test_an_open_that_fails_leaves_nothing),
           UNIT_TEST(test_what_was_open_when_the_device_failed_is_stale))
