/* tmpfs_test.c - files in memory */
#include "kernel/tmpfs.h"

#include "kernel/boot_memory.h"
#include "kernel/fake_program.h"
#include "kernel/file.h"

static long open_file(const char *path, long flags)
{
    strcpy(ram, path);
    return call(SYS_OPENAT, AT_FDCWD, (long)ram, flags, 0644, 0, 0);
}

static long remove_file(const char *path)
{
    strcpy(ram, path);
    return call(SYS_UNLINKAT, AT_FDCWD, (long)ram, 0, 0, 0, 0);
}

static long put(long descriptor, const char *text)
{
    strcpy(ram, text);
    return call(SYS_WRITE, descriptor, (long)ram, (long)strlen(text), 0, 0, 0);
}

static long take(long descriptor, long size)
{
    memset(ram, 0, 64);
    return call(SYS_READ, descriptor, (long)ram, size, 0, 0, 0);
}

static long seek(long descriptor, long offset, long from)
{
    return call(SYS_LSEEK, descriptor, offset, from, 0, 0, 0);
}

static long close_file(long descriptor)
{
    return call(SYS_CLOSE, descriptor, 0, 0, 0, 0, 0);
}

static void write_and_read(void)
{
    long fd = open_file("/tmp/a", O_CREAT | O_RDWR);
    CU_ASSERT_EQUAL(fd, 3);
    CU_ASSERT_EQUAL(put(fd, "hello"), 5);
    CU_ASSERT_EQUAL(take(fd, 10), 0); /* at the end */
    CU_ASSERT_EQUAL(seek(fd, 0, SEEK_END), 5);
    CU_ASSERT_EQUAL(seek(fd, -4, SEEK_CUR), 1);
    CU_ASSERT_EQUAL(take(fd, 10), 4);
    CU_ASSERT_STRING_EQUAL(ram, "ello");
    CU_ASSERT_EQUAL(close_file(fd), 0);
    fd = open_file("/tmp/a", O_RDONLY);
    CU_ASSERT_EQUAL(take(fd, 2), 2);
    CU_ASSERT_STRING_EQUAL(ram, "he");
    CU_ASSERT_EQUAL(put(fd, "x"), -KEBADF);
    CU_ASSERT_EQUAL(close_file(fd), 0);
    fd = open_file("/tmp/a", O_WRONLY | O_APPEND);
    CU_ASSERT_EQUAL(put(fd, "!"), 1);
    CU_ASSERT_EQUAL(take(fd, 2), -KEBADF);
    CU_ASSERT_EQUAL(seek(fd, 0, SEEK_END), 6);
    CU_ASSERT_EQUAL(close_file(fd), 0);
    fd = open_file("/tmp/a", O_WRONLY | O_TRUNC);
    CU_ASSERT_EQUAL(seek(fd, 0, SEEK_END), 0);
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
}

static void test_what_was_written_is_read(void)
{
    run(write_and_read);
}

static void write_with_gap(void)
{
    long fd = open_file("/tmp/a", O_CREAT | O_RDWR);
    CU_ASSERT_EQUAL(seek(fd, TMPFS_BLOCK_SIZE - 2, SEEK_SET), TMPFS_BLOCK_SIZE - 2);
    CU_ASSERT_EQUAL(put(fd, "abcd"), 4); /* over the edge of a block */
    CU_ASSERT_EQUAL(seek(fd, -6, SEEK_END), TMPFS_BLOCK_SIZE - 4);
    CU_ASSERT_EQUAL(take(fd, 10), 6);
    CU_ASSERT_EQUAL(memcmp(ram, "\0\0abcd", 6), 0);
    CU_ASSERT_EQUAL(seek(fd, -1, SEEK_SET), -KEINVAL);
    CU_ASSERT_EQUAL(seek(fd, INT64_MAX, SEEK_END), -KEINVAL);
    CU_ASSERT_EQUAL(seek(fd, 0, 3), -KEINVAL);
    CU_ASSERT_EQUAL(seek(1, 0, SEEK_SET), -KESPIPE);
    CU_ASSERT_EQUAL(seek(77, 0, SEEK_SET), -KEBADF);
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
}

static void test_gaps_are_zeros(void)
{
    run(write_with_gap);
}

static void fill_up(void)
{
    long fd = open_file("/tmp/a", O_CREAT | O_RDWR);
    long blocks = (long)(boot_memory_left() / TMPFS_BLOCK_SIZE), done = 0, result;
    CU_ASSERT_TRUE(blocks > 100);
    while ((result = call(SYS_WRITE, fd, (long)ram, BODY_RAM_SIZE, 0, 0, 0)) > 0)
        done += result;
    CU_ASSERT_EQUAL(result, -KENOSPC);
    CU_ASSERT_EQUAL(done, blocks * TMPFS_BLOCK_SIZE);
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
    long other = open_file("/tmp/b", O_CREAT | O_RDWR);
    CU_ASSERT_EQUAL(put(other, "x"), -KENOSPC); /* what is open still has its blocks */
    CU_ASSERT_EQUAL(close_file(fd), 0);
    CU_ASSERT_EQUAL(put(other, "x"), 1);
    CU_ASSERT_EQUAL(seek(other, (long)TMPFS_BLOCK_SIZE * TMPFS_FILE_BLOCKS_MAX, SEEK_SET),
                    (long)TMPFS_BLOCK_SIZE * TMPFS_FILE_BLOCKS_MAX);
    CU_ASSERT_EQUAL(put(other, "x"), -KENOSPC);
    CU_ASSERT_EQUAL(remove_file("/tmp/b"), 0);
}

static void test_memory_has_an_end_and_comes_back(void)
{
    run(fill_up);
}

static void open_badly(void)
{
    char name[TMPFS_NAME_MAX + 16] = "/tmp/";
    CU_ASSERT_EQUAL(open_file("/tmp/a", O_RDWR), -KENOENT);
    CU_ASSERT_EQUAL(open_file("/tmp/", O_CREAT), -KENOENT);
    CU_ASSERT_EQUAL(open_file("/tmp/a/b", O_CREAT), -KENOENT);
    memset(name + 5, 'x', TMPFS_NAME_MAX);
    CU_ASSERT_EQUAL(open_file(name, O_CREAT), -KENAMETOOLONG);
    CU_ASSERT_EQUAL(open_file("/tmp/a", O_CREAT | O_EXCL), 3);
    CU_ASSERT_EQUAL(open_file("/tmp/a", O_CREAT | O_EXCL), -KEEXIST);
    CU_ASSERT_EQUAL(remove_file("/tmp/b"), -KENOENT);
    CU_ASSERT_EQUAL(remove_file("/proc/pools"), -KEROFS);
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
    CU_ASSERT_EQUAL(open_file("/tmp/a", O_RDWR), -KENOENT);
    CU_ASSERT_EQUAL(call(SYS_UNLINKAT, AT_FDCWD, BAD, 0, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_UNLINKAT, AT_FDCWD, (long)ram, 1, 0, 0, 0), -KEINVAL);
}

static void test_names_are_checked(void)
{
    run(open_badly);
}

static void open_too_many(void)
{
    char name[16];
    for (int i = 0; i < TMPFS_FILES_MAX; i++) {
        sprintf(name, "/tmp/%d", i);
        CU_ASSERT_EQUAL(open_file(name, O_CREAT), 3);
        CU_ASSERT_EQUAL(close_file(3), 0);
    }
    CU_ASSERT_EQUAL(open_file("/tmp/x", O_CREAT), -KENOSPC);
    for (int i = 0; i < TMPFS_FILES_MAX; i++) {
        sprintf(name, "/tmp/%d", i);
        CU_ASSERT_EQUAL(remove_file(name), 0);
    }
}

static void test_there_are_only_so_many_files(void)
{
    run(open_too_many);
}

UNIT_SUITE("tmpfs", UNIT_TEST(test_what_was_written_is_read), UNIT_TEST(test_gaps_are_zeros),
           UNIT_TEST(test_memory_has_an_end_and_comes_back), UNIT_TEST(test_names_are_checked),
           UNIT_TEST(test_there_are_only_so_many_files))
