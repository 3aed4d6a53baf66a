/* tmpfs_test.c - /tmp through system calls: bytes, names, directories, links, and what they are */
#include "kernel/tmpfs.h"

#include "kernel/dirent.h"
#include "kernel/fake_program.h"
#include "kernel/file.h"
#include "kernel/path.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND 8192 /* where in `ram` the second of two paths stands, and structures */

static long path_call(long number, const char *path, long a2, long a3)
{
    strcpy(ram, path);
    return call(number, AT_FDCWD, (long)ram, a2, a3, 0, 0);
}

static long open_file(const char *path, long flags)
{
    return path_call(SYS_OPENAT, path, flags, 0644);
}

static long remove_file(const char *path)
{
    return path_call(SYS_UNLINKAT, path, 0, 0);
}

static long make_directory(const char *path)
{
    return path_call(SYS_MKDIRAT, path, 0755, 0);
}

static long remove_directory(const char *path)
{
    return path_call(SYS_UNLINKAT, path, AT_REMOVEDIR, 0);
}

static long two_paths(long number, const char *from, const char *to, long flags)
{
    strcpy(ram, from);
    strcpy(ram + SECOND, to);
    return call(number, AT_FDCWD, (long)ram, AT_FDCWD, (long)ram + SECOND, flags, 0);
}

static long move(const char *from, const char *to)
{
    return two_paths(SYS_RENAMEAT, from, to, 0);
}

static long make_link(const char *target, const char *path)
{
    strcpy(ram, target);
    strcpy(ram + SECOND, path);
    return call(SYS_SYMLINKAT, (long)ram, AT_FDCWD, (long)ram + SECOND, 0, 0, 0);
}

static struct kernel_stat stat_of(const char *path, long flags)
{
    struct kernel_stat stat = {.st_ino = 0};
    long error = path_call(SYS_NEWFSTATAT, path, (long)ram + SECOND, flags);
    CU_ASSERT_EQUAL(error, 0);
    if (error == 0)
        memcpy(&stat, ram + SECOND, sizeof stat);
    return stat;
}

static long stat_error(const char *path)
{
    return path_call(SYS_NEWFSTATAT, path, (long)ram + SECOND, 0);
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

static void make_file(const char *path, const char *text)
{
    long fd = open_file(path, O_CREAT | O_WRONLY | O_TRUNC);
    CU_ASSERT_TRUE(fd >= 0);
    CU_ASSERT_EQUAL(put(fd, text), (long)strlen(text));
    CU_ASSERT_EQUAL(close_file(fd), 0);
}

static void expect_file(const char *path, const char *text)
{
    long fd = open_file(path, O_RDONLY);
    CU_ASSERT_EQUAL(take(fd, 60), (long)strlen(text));
    CU_ASSERT_STRING_EQUAL(ram, text);
    CU_ASSERT_EQUAL(close_file(fd), 0);
}

static struct kernel_statfs room(void)
{
    struct kernel_statfs room;
    strcpy(ram, "/tmp");
    CU_ASSERT_EQUAL(call(SYS_STATFS, (long)ram, (long)ram + SECOND, 0, 0, 0, 0), 0);
    memcpy(&room, ram + SECOND, sizeof room);
    return room;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

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

/* A far byte takes its own block and one of pointers; what is cut off comes back as zeros. */
static void cut_and_grow(void)
{
    uint64_t before = room().f_bfree;
    long fd = open_file("/tmp/a", O_CREAT | O_RDWR);
    before = room().f_bfree < before ? room().f_bfree : before; /* memory is taken now */
    CU_ASSERT_EQUAL(seek(fd, 10000000, SEEK_SET), 10000000);
    CU_ASSERT_EQUAL(put(fd, "far"), 3);
    CU_ASSERT_EQUAL(room().f_bfree, before - 2);
    CU_ASSERT_EQUAL(stat_of("/tmp/a", 0).st_blocks, 2 * TMPFS_BLOCK_SIZE / 512);
    CU_ASSERT_EQUAL(stat_of("/tmp/a", 0).st_size, 10000003);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, fd, 10000001, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, fd, 10000003, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_PREAD64, fd, (long)ram, 10, 10000000, 0, 0), 3);
    CU_ASSERT_EQUAL(memcmp(ram, "f\0\0", 3), 0);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, fd, 1, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(room().f_bfree, before);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, fd, -1, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, fd, (long)TMPFS_FILE_SIZE_MAX, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, fd, (long)TMPFS_FILE_SIZE_MAX + 1, 0, 0, 0, 0), -KEFBIG);
    strcpy(ram, "/tmp/a");
    CU_ASSERT_EQUAL(call(SYS_TRUNCATE, (long)ram, 3, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(stat_of("/tmp/a", 0).st_size, 3);
    CU_ASSERT_EQUAL(close_file(fd), 0);
    fd = open_file("/tmp/a", O_RDONLY);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, fd, 0, 0, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
}

static void test_files_are_cut_and_grow(void)
{
    run(cut_and_grow);
}

static void transfer_elsewhere(void)
{
    long fd = open_file("/tmp/a", O_CREAT | O_RDWR);
    CU_ASSERT_EQUAL(put(fd, "0123456789"), 10);
    memcpy(ram, "ab", 2);
    CU_ASSERT_EQUAL(call(SYS_PWRITE64, fd, (long)ram, 2, 4, 0, 0), 2);
    CU_ASSERT_EQUAL(call(SYS_PREAD64, fd, (long)ram, 4, 3, 0, 0), 4);
    CU_ASSERT_EQUAL(memcmp(ram, "3ab6", 4), 0);
    CU_ASSERT_EQUAL(seek(fd, 0, SEEK_CUR), 10); /* where it was */
    CU_ASSERT_EQUAL(call(SYS_PREAD64, fd, (long)ram, 4, 10, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_PREAD64, fd, (long)ram, 4, -1, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_PREAD64, 1, (long)ram, 4, 0, 0, 0), -KESPIPE);
    CU_ASSERT_EQUAL(call(SYS_PWRITE64, 99, (long)ram, 4, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_PREAD64, fd, BAD, 4, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
}

static void test_transfers_elsewhere_leave_the_offset(void)
{
    run(transfer_elsewhere);
}

static void fill_up(void)
{
    long fd = open_file("/tmp/a", O_CREAT | O_RDWR);
    long done = 0, result, blocks = (long)room().f_bfree;
    CU_ASSERT_TRUE(blocks > 1000 && blocks < TMPFS_FILE_BLOCKS);
    while ((result = call(SYS_WRITE, fd, (long)ram, BODY_RAM_SIZE, 0, 0, 0)) > 0)
        done += result;
    CU_ASSERT_EQUAL(result, -KENOSPC);
    CU_ASSERT_EQUAL(room().f_bfree, 0);
    long full_blocks = done / TMPFS_BLOCK_SIZE;
    long indexes = (full_blocks - TMPFS_DIRECT + TMPFS_PER_INDEX - 1) / TMPFS_PER_INDEX;
    CU_ASSERT_EQUAL(full_blocks + indexes, blocks);
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
    long other = open_file("/tmp/b", O_CREAT | O_RDWR);
    CU_ASSERT_EQUAL(put(other, "x"), -KENOSPC); /* what is open still has its blocks */
    CU_ASSERT_EQUAL(make_link("somewhere", "/tmp/c"), -KENOSPC);
    CU_ASSERT_EQUAL(close_file(fd), 0);
    CU_ASSERT_EQUAL(room().f_bfree, blocks);
    CU_ASSERT_EQUAL(put(other, "x"), 1);
    CU_ASSERT_EQUAL(seek(other, TMPFS_FILE_SIZE_MAX, SEEK_SET), TMPFS_FILE_SIZE_MAX);
    CU_ASSERT_EQUAL(put(other, "x"), -KEFBIG);
    CU_ASSERT_EQUAL(remove_file("/tmp/b"), 0);
}

static void test_memory_has_an_end_and_comes_back(void)
{
    run(fill_up);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void open_badly(void)
{
    char name[NAME_MAX + 16] = "/tmp/";
    CU_ASSERT_EQUAL(open_file("/tmp/a", O_RDWR), -KENOENT);
    CU_ASSERT_EQUAL(open_file("/tmp/", O_CREAT), -KEISDIR);
    CU_ASSERT_EQUAL(open_file("/tmp/a/b", O_CREAT), -KENOENT);
    memset(name + 5, 'x', NAME_MAX + 1);
    CU_ASSERT_EQUAL(open_file(name, O_CREAT), -KENAMETOOLONG);
    strcat(name, "/y");
    CU_ASSERT_EQUAL(open_file(name, O_CREAT), -KENAMETOOLONG);
    name[5 + NAME_MAX] = '\0';
    CU_ASSERT_EQUAL(open_file(name, O_CREAT), 3);
    CU_ASSERT_EQUAL(remove_file(name), 0);
    CU_ASSERT_EQUAL(open_file("/tmp/a", O_CREAT | O_EXCL), 4);
    CU_ASSERT_EQUAL(open_file("/tmp/a", O_CREAT | O_EXCL), -KEEXIST);
    CU_ASSERT_EQUAL(open_file("/tmp/a/b", O_CREAT), -KENOTDIR);
    CU_ASSERT_EQUAL(open_file("/tmp/a", O_DIRECTORY), -KENOTDIR);
    CU_ASSERT_EQUAL(open_file("/tmp/b", O_CREAT | O_DIRECTORY), -KEINVAL);
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

/* "/tmp/NUMBER". For loops: the log is not that long. */
static const char *numbered(int number)
{
    static char path[24];
    sprintf(path, "/tmp/%d", number);
    fake_log_clear();
    return path;
}

/* Names and nodes take blocks, and give them back. */
static void make_many(void)
{
    uint64_t before = room().f_bfree, after_some = 0;
    int count = 0;
    for (; count < 1000; count++) {
        CU_ASSERT_EQUAL(open_file(numbered(count), O_CREAT), 3);
        CU_ASSERT_EQUAL(close_file(3), 0);
        if (count == 499)
            after_some = room().f_bfree;
    }
    CU_ASSERT_TRUE(after_some < before && room().f_bfree < after_some);
    CU_ASSERT_TRUE(before - room().f_bfree < 200);
    for (int i = 0; i < count; i += 2) /* here and there */
        CU_ASSERT_EQUAL(remove_file(numbered(i)), 0);
    for (int i = 1; i < count; i += 2)
        CU_ASSERT_EQUAL(remove_file(numbered(i)), 0);
    CU_ASSERT_TRUE(before - room().f_bfree <= 1); /* the first was not aligned */
    CU_ASSERT_EQUAL(make_directory("/tmp/d"), 0);
    CU_ASSERT_EQUAL(remove_directory("/tmp/d"), 0);
}

static void test_names_and_nodes_take_blocks(void)
{
    run(make_many);
}

/* Until there is no block left for one. */
static void make_too_many(void)
{
    long fd = open_file("/tmp/full", O_CREAT | O_RDWR);
    int count = 0;
    while (call(SYS_WRITE, fd, (long)ram, BODY_RAM_SIZE, 0, 0, 0) > 0)
        continue;
    while (count < 100 && make_directory(numbered(count)) == 0)
        count++;
    CU_ASSERT_TRUE(count > 0 && count < 100);
    CU_ASSERT_EQUAL(make_directory(numbered(count)), -KENOSPC);
    CU_ASSERT_EQUAL(open_file(numbered(count), O_CREAT), -KENOSPC);
    CU_ASSERT_EQUAL(make_link("a", numbered(count)), -KENOSPC);
    CU_ASSERT_EQUAL(stat_error(numbered(count)), -KENOENT);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, fd, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(make_directory(numbered(count)), 0);
    for (int i = 0; i <= count; i++)
        CU_ASSERT_EQUAL(remove_directory(numbered(i)), 0);
    CU_ASSERT_EQUAL(remove_file("/tmp/full"), 0);
}

static void test_there_are_as_many_as_there_is_room_for(void)
{
    run(make_too_many);
}

static void make_directories(void)
{
    CU_ASSERT_EQUAL(make_directory("/tmp/d"), 0);
    CU_ASSERT_EQUAL(make_directory("/tmp/d"), -KEEXIST);
    CU_ASSERT_EQUAL(make_directory("/tmp"), -KEEXIST);
    CU_ASSERT_EQUAL(make_directory("/tmp/none/d"), -KENOENT);
    CU_ASSERT_EQUAL(make_directory("/tmp/d/e/"), 0);
    make_file("/tmp/d/e/a", "in e");
    make_file("/tmp/d/a", "in d");
    expect_file("/tmp/d/e/a", "in e");
    expect_file("/tmp/./d//e/../a", "in d");
    CU_ASSERT_EQUAL(stat_of("/tmp/d", 0).st_nlink, 3);
    CU_ASSERT_EQUAL(stat_of("/tmp/d", 0).st_mode, S_IFDIR | 0755);
    CU_ASSERT_EQUAL(remove_directory("/tmp/d"), -KENOTEMPTY);
    CU_ASSERT_EQUAL(remove_directory("/tmp/d/a"), -KENOTDIR);
    CU_ASSERT_EQUAL(remove_file("/tmp/d"), -KEISDIR);
    CU_ASSERT_EQUAL(remove_directory("/tmp"), -KEBUSY);
    CU_ASSERT_EQUAL(open_file("/tmp/d", O_WRONLY), -KEISDIR);
    long fd = open_file("/tmp/d", O_RDONLY | O_DIRECTORY);
    CU_ASSERT_EQUAL(take(fd, 10), -KEISDIR);
    CU_ASSERT_EQUAL(put(fd, "x"), -KEINVAL);
    CU_ASSERT_EQUAL(remove_file("/tmp/d/e/a"), 0);
    CU_ASSERT_EQUAL(remove_directory("/tmp/d/e"), 0);
    CU_ASSERT_EQUAL(stat_of("/tmp/d", 0).st_nlink, 2);
    CU_ASSERT_EQUAL(remove_file("/tmp/d/a"), 0);
    CU_ASSERT_EQUAL(remove_directory("/tmp/d"), 0);
    CU_ASSERT_EQUAL(call(SYS_GETDENTS64, fd, (long)ram, 1000, 0, 0, 0), 0); /* it is gone */
    CU_ASSERT_EQUAL(close_file(fd), 0);
}

static void test_directories_hold_names(void)
{
    run(make_directories);
}

static void rename_files(void)
{
    make_file("/tmp/a", "a");
    make_file("/tmp/b", "b");
    CU_ASSERT_EQUAL(make_directory("/tmp/d"), 0);
    CU_ASSERT_EQUAL(make_directory("/tmp/d/e"), 0);
    CU_ASSERT_EQUAL(move("/tmp/none", "/tmp/c"), -KENOENT);
    CU_ASSERT_EQUAL(move("/tmp/a", "/tmp/a"), 0);
    CU_ASSERT_EQUAL(move("/tmp/a", "/tmp/d/e/a"), 0);
    CU_ASSERT_EQUAL(stat_error("/tmp/a"), -KENOENT);
    long fd = open_file("/tmp/d/e/a", O_RDONLY);
    CU_ASSERT_EQUAL(two_paths(SYS_RENAMEAT2, "/tmp/b", "/tmp/d/e/a", RENAME_NOREPLACE), -KEEXIST);
    CU_ASSERT_EQUAL(two_paths(SYS_RENAMEAT2, "/tmp/b", "/tmp/d/e/a", 4), -KEINVAL);
    CU_ASSERT_EQUAL(two_paths(SYS_RENAMEAT2, "/tmp/b", "/tmp/d/e/a", 0), 0);
    expect_file("/tmp/d/e/a", "b");
    CU_ASSERT_EQUAL(take(fd, 10), 1); /* what was replaced lives until it is closed */
    CU_ASSERT_STRING_EQUAL(ram, "a");
    CU_ASSERT_EQUAL(close_file(fd), 0);
    CU_ASSERT_EQUAL(move("/tmp/d", "/tmp/d/e/f"), -KEINVAL);
    CU_ASSERT_EQUAL(move("/tmp/d", "/tmp/d/f"), -KEINVAL);
    CU_ASSERT_EQUAL(move("/tmp/d/e/a", "/tmp/d"), -KEISDIR);
    CU_ASSERT_EQUAL(move("/tmp/d/e", "/tmp/d/e/a"), -KEINVAL);
    CU_ASSERT_EQUAL(make_directory("/tmp/g"), 0);
    CU_ASSERT_EQUAL(move("/tmp/g", "/tmp/d/e/a"), -KENOTDIR);
    CU_ASSERT_EQUAL(move("/tmp/g", "/tmp/d"), -KENOTEMPTY);
    CU_ASSERT_EQUAL(move("/tmp/d/e", "/tmp/g"), 0); /* which was empty */
    CU_ASSERT_EQUAL(stat_of("/tmp/d", 0).st_nlink, 2);
    expect_file("/tmp/g/a", "b");
    CU_ASSERT_EQUAL(move("/tmp/g/a", "/etc/a"), -KEXDEV);
    CU_ASSERT_EQUAL(move("/tmp/g/a", "/tmp"), -KEBUSY);
    CU_ASSERT_EQUAL(remove_file("/tmp/g/a"), 0);
    CU_ASSERT_EQUAL(remove_directory("/tmp/g"), 0);
    CU_ASSERT_EQUAL(remove_directory("/tmp/d"), 0);
}

static void test_names_move(void)
{
    run(rename_files);
}

static void link_files(void)
{
    make_file("/tmp/a", "one");
    CU_ASSERT_EQUAL(make_directory("/tmp/d"), 0);
    CU_ASSERT_EQUAL(two_paths(SYS_LINKAT, "/tmp/a", "/tmp/d/b", 0), 0);
    CU_ASSERT_EQUAL(two_paths(SYS_LINKAT, "/tmp/a", "/tmp/d/b", 0), -KEEXIST);
    CU_ASSERT_EQUAL(two_paths(SYS_LINKAT, "/tmp/d", "/tmp/c", 0), -KEPERM);
    CU_ASSERT_EQUAL(two_paths(SYS_LINKAT, "/tmp/a", "/tmp/c", AT_SYMLINK_FOLLOW), -KEINVAL);
    CU_ASSERT_EQUAL(stat_of("/tmp/a", 0).st_nlink, 2);
    CU_ASSERT_EQUAL(stat_of("/tmp/a", 0).st_ino, stat_of("/tmp/d/b", 0).st_ino);
    CU_ASSERT_EQUAL(move("/tmp/a", "/tmp/d/b"), 0); /* as rename(2) has it: both stay */
    make_file("/tmp/d/b", "two");
    expect_file("/tmp/a", "two");
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
    expect_file("/tmp/d/b", "two");
    CU_ASSERT_EQUAL(remove_file("/tmp/d/b"), 0);
    CU_ASSERT_EQUAL(remove_directory("/tmp/d"), 0);
}

static void test_a_file_may_have_several_names(void)
{
    run(link_files);
}

static void follow_links(void)
{
    make_file("/tmp/a", "text");
    CU_ASSERT_EQUAL(make_directory("/tmp/d"), 0);
    CU_ASSERT_EQUAL(make_link("../a", "/tmp/d/l"), 0);
    CU_ASSERT_EQUAL(make_link("../a", "/tmp/d/l"), -KEEXIST);
    CU_ASSERT_EQUAL(make_link("/tmp/d", "/tmp/to-d"), 0);
    CU_ASSERT_EQUAL(make_link("", "/tmp/none"), -KENOENT);
    expect_file("/tmp/to-d/l", "text");
    CU_ASSERT_EQUAL(stat_of("/tmp/to-d/l", 0).st_mode, S_IFREG | 0644);
    CU_ASSERT_EQUAL(stat_of("/tmp/to-d/l", AT_SYMLINK_NOFOLLOW).st_mode, S_IFLNK | 0777);
    CU_ASSERT_EQUAL(stat_of("/tmp/to-d/l", AT_SYMLINK_NOFOLLOW).st_size, 4);
    CU_ASSERT_EQUAL(path_call(SYS_READLINKAT, "/tmp/d/l", (long)ram + SECOND, 100), 4);
    CU_ASSERT_EQUAL(memcmp(ram + SECOND, "../a", 4), 0);
    CU_ASSERT_EQUAL(path_call(SYS_READLINKAT, "/tmp/d/l", (long)ram + SECOND, 2), 2);
    CU_ASSERT_EQUAL(path_call(SYS_READLINKAT, "/tmp/a", (long)ram + SECOND, 2), -KEINVAL);
    CU_ASSERT_EQUAL(open_file("/tmp/d/l", O_RDONLY | O_NOFOLLOW), -KELOOP);
    CU_ASSERT_EQUAL(make_link("new", "/tmp/dangling"), 0);
    CU_ASSERT_EQUAL(stat_error("/tmp/dangling"), -KENOENT);
    CU_ASSERT_EQUAL(open_file("/tmp/dangling", O_CREAT | O_EXCL | O_WRONLY), -KEEXIST);
    make_file("/tmp/dangling", "made");
    expect_file("/tmp/new", "made");
    CU_ASSERT_EQUAL(remove_file("/tmp/dangling"), 0); /* the link, not the file */
    CU_ASSERT_EQUAL(remove_file("/tmp/to-d/l"), 0);
    CU_ASSERT_EQUAL(remove_file("/tmp/to-d"), 0);
    CU_ASSERT_EQUAL(remove_file("/tmp/new"), 0);
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
    CU_ASSERT_EQUAL(remove_directory("/tmp/d"), 0);
}

static void test_links_are_followed(void)
{
    run(follow_links);
}

/* ---- lists ----------------------------------------------------------------------------------- */

#define LISTED_MAX 200

/* How often each of "0", "1", … stands in a directory, read with buffers of this size. */
static void count_names(const char *path, size_t size, unsigned counts[LISTED_MAX])
{
    long fd = open_file(path, O_RDONLY | O_DIRECTORY), got;
    memset(counts, 0, LISTED_MAX * sizeof counts[0]);
    while ((got = call(SYS_GETDENTS64, fd, (long)ram, (long)size, 0, 0, 0)) > 0) {
        struct kernel_dirent64 record;
        size_t at = 0;
        const char *name;
        while ((name = dirent_next(ram, (size_t)got, &at, &record)) != NULL) {
            if (name[0] != '.')
                counts[atoi(name)]++;
            CU_ASSERT_EQUAL(record.d_type, name[0] == '.' ? DT_DIR : DT_REG);
        }
        CU_ASSERT_EQUAL(at, (size_t)got);
    }
    CU_ASSERT_EQUAL(got, 0);
    CU_ASSERT_EQUAL(close_file(fd), 0);
}

static void list_directory(void)
{
    unsigned counts[LISTED_MAX];
    char name[24];
    CU_ASSERT_EQUAL(make_directory("/tmp/d"), 0);
    for (unsigned i = 0; i < LISTED_MAX; i++) {
        sprintf(name, "/tmp/d/%u", i);
        make_file(name, "");
    }
    for (size_t size = 24; size <= 4096; size = size * 3 / 2) {
        count_names("/tmp/d", size, counts);
        for (unsigned i = 0; i < LISTED_MAX; i++)
            CU_ASSERT_EQUAL(counts[i], 1);
        fake_log_clear();
    }
    long fd = open_file("/tmp/d", O_RDONLY);
    CU_ASSERT_EQUAL(call(SYS_GETDENTS64, fd, (long)ram, 23, 0, 0, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_GETDENTS64, fd, BAD, 100, 0, 0, 0), -KEFAULT);
    CU_ASSERT_EQUAL(call(SYS_GETDENTS64, 1, (long)ram, 100, 0, 0, 0), -KENOTDIR);
    CU_ASSERT_EQUAL(call(SYS_GETDENTS64, 99, (long)ram, 100, 0, 0, 0), -KEBADF);
    long first = call(SYS_GETDENTS64, fd, (long)ram, 1000, 0, 0, 0);
    CU_ASSERT_EQUAL(seek(fd, 0, SEEK_SET), 0); /* as rewinddir() does */
    CU_ASSERT_EQUAL(call(SYS_GETDENTS64, fd, (long)ram, 1000, 0, 0, 0), first);
    for (unsigned i = 0; i < LISTED_MAX; i++) {
        sprintf(name, "/tmp/d/%u", i);
        CU_ASSERT_EQUAL(remove_file(name), 0);
    }
    CU_ASSERT_EQUAL(call(SYS_GETDENTS64, fd, (long)ram, 1000, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(close_file(fd), 0);
    CU_ASSERT_EQUAL(remove_directory("/tmp/d"), 0);
}

static void test_lists_have_each_name_once(void)
{
    run(list_directory);
}

/* ---- what files are -------------------------------------------------------------------------- */

static void change_attributes(void)
{
    struct kernel_timespec times[2] = {{100, 5}, {200, 6}};
    make_file("/tmp/a", "12345");
    struct kernel_stat stat = stat_of("/tmp/a", 0);
    CU_ASSERT_EQUAL(stat.st_mode, S_IFREG | 0644);
    CU_ASSERT_EQUAL(stat.st_size, 5);
    CU_ASSERT_EQUAL(stat.st_blocks, 8);
    CU_ASSERT_EQUAL(path_call(SYS_FCHMODAT, "/tmp/a", 0600, 0), 0);
    memcpy(ram + SECOND, times, sizeof times);
    CU_ASSERT_EQUAL(path_call(SYS_UTIMENSAT, "/tmp/a", (long)ram + SECOND, 0), 0);
    stat = stat_of("/tmp/a", 0);
    CU_ASSERT_EQUAL(stat.st_mode, S_IFREG | 0600);
    CU_ASSERT_EQUAL(stat.st_atim.tv_sec, 100);
    CU_ASSERT_EQUAL(stat.st_mtim.tv_nsec, 6);
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_nsec = UTIME_NOW;
    memcpy(ram + SECOND, times, sizeof times);
    CU_ASSERT_EQUAL(path_call(SYS_UTIMENSAT, "/tmp/a", (long)ram + SECOND, 0), 0);
    stat = stat_of("/tmp/a", 0);
    CU_ASSERT_EQUAL(stat.st_atim.tv_sec, 100);
    CU_ASSERT_EQUAL(stat.st_mtim.tv_nsec, stat.st_ctim.tv_nsec);
    times[1].tv_nsec = 1000000000;
    memcpy(ram + SECOND, times, sizeof times);
    CU_ASSERT_EQUAL(path_call(SYS_UTIMENSAT, "/tmp/a", (long)ram + SECOND, 0), -KEINVAL);
    CU_ASSERT_EQUAL(path_call(SYS_UTIMENSAT, "/tmp/a", BAD, 0), -KEFAULT);
    long fd = open_file("/tmp/a", O_RDONLY);
    CU_ASSERT_EQUAL(call(SYS_FCHMOD, fd, 0640, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_UTIMENSAT, fd, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FSTAT, fd, (long)ram, 0, 0, 0, 0), 0);
    memcpy(&stat, ram, sizeof stat);
    CU_ASSERT_EQUAL(stat.st_mode, S_IFREG | 0640);
    CU_ASSERT_NOT_EQUAL(stat.st_atim.tv_sec, 100);
    CU_ASSERT_EQUAL(call(SYS_FSTAT, fd, BAD, 0, 0, 0, 0), -KEFAULT);
    ram[0] = '\0';
    CU_ASSERT_EQUAL(call(SYS_NEWFSTATAT, fd, (long)ram, (long)ram + SECOND, AT_EMPTY_PATH, 0, 0),
                    0);
    CU_ASSERT_EQUAL(call(SYS_NEWFSTATAT, fd, (long)ram, (long)ram + SECOND, 0, 0, 0), -KENOENT);
    CU_ASSERT_EQUAL(path_call(SYS_FACCESSAT, "/tmp/a", 6, 0), 0);
    CU_ASSERT_EQUAL(path_call(SYS_FACCESSAT, "/tmp/a", 1, 0), -KEACCES);
    CU_ASSERT_EQUAL(path_call(SYS_FACCESSAT, "/tmp/b", 0, 0), -KENOENT);
    CU_ASSERT_EQUAL(path_call(SYS_FACCESSAT, "/tmp/a", 8, 0), -KEINVAL);
    CU_ASSERT_EQUAL(call(SYS_FSYNC, fd, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_SYNC, 0, 0, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_MMAP, 0, 4096, 1, 1, fd, 0), -KENODEV);
    CU_ASSERT_EQUAL(call(SYS_MMAP, 0, 4096, 1, 1, 99, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_MMAP, 0, 4096, 1, 0x22, -1, 0), -KENOMEM);
    CU_ASSERT_EQUAL(call(SYS_MMAP, 0, 0, 1, 1, fd, 0), -KEINVAL);
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
}

static void test_attributes_change(void)
{
    run(change_attributes);
}

/* What is opened with O_PATH is looked at, and nothing else. */
static void open_only_the_path(void)
{
    make_file("/tmp/a", "abc");
    long fd = open_file("/tmp/a", O_PATH | O_RDWR | O_TRUNC);
    CU_ASSERT_EQUAL(fd, 3);
    CU_ASSERT_EQUAL(take(fd, 10), -KEBADF);
    CU_ASSERT_EQUAL(put(fd, "x"), -KEBADF);
    CU_ASSERT_EQUAL(seek(fd, 0, SEEK_SET), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, fd, 0, 0, 0, 0, 0), -KEBADF);
    CU_ASSERT_EQUAL(call(SYS_FSTAT, fd, (long)ram, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_FSTATFS, fd, (long)ram, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(call(SYS_DUP, fd, 0, 0, 0, 0, 0), 4);
    CU_ASSERT_EQUAL(take(4, 10), -KEBADF);
    CU_ASSERT_TRUE((call(SYS_FCNTL, fd, F_GETFL, 0, 0, 0, 0) & O_PATH) != 0);
    CU_ASSERT_EQUAL(open_file("/tmp/b", O_PATH | O_CREAT), -KENOENT);
    expect_file("/tmp/a", "abc");
    CU_ASSERT_EQUAL(remove_file("/tmp/a"), 0);
}

static void test_path_files_are_only_looked_at(void)
{
    run(open_only_the_path);
}

/* Of those who say nothing themselves. */
static void stat_others(void)
{
    CU_ASSERT_EQUAL(stat_of("/proc/pools", 0).st_mode, S_IFREG | 0444);
    CU_ASSERT_EQUAL(stat_of("/scheme", 0).st_mode, S_IFDIR | 0555);
    CU_ASSERT_EQUAL(call(SYS_FSTAT, 1, (long)ram, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(((struct kernel_stat *)(void *)ram)->st_mode, S_IFCHR | 0600);
    CU_ASSERT_EQUAL(path_call(SYS_FCHMODAT, "/proc/pools", 0600, 0), -KEROFS);
    strcpy(ram, "/proc/pools");
    CU_ASSERT_EQUAL(call(SYS_STATFS, (long)ram, (long)ram + SECOND, 0, 0, 0, 0), -KENOSYS);
    CU_ASSERT_EQUAL(call(SYS_TRUNCATE, (long)ram, 0, 0, 0, 0, 0), -KEROFS);
    CU_ASSERT_EQUAL(call(SYS_FTRUNCATE, 1, 0, 0, 0, 0, 0), -KEINVAL);
}

static void test_other_files_are_something_too(void)
{
    run(stat_others);
}

UNIT_SUITE("tmpfs", UNIT_TEST(test_what_was_written_is_read), UNIT_TEST(test_gaps_are_zeros),
           UNIT_TEST(test_files_are_cut_and_grow),
           UNIT_TEST(test_transfers_elsewhere_leave_the_offset),
           UNIT_TEST(test_memory_has_an_end_and_comes_back), UNIT_TEST(test_names_are_checked),
           UNIT_TEST(test_names_and_nodes_take_blocks),
           UNIT_TEST(test_there_are_as_many_as_there_is_room_for),
           UNIT_TEST(test_directories_hold_names), UNIT_TEST(test_names_move),
           UNIT_TEST(test_a_file_may_have_several_names), UNIT_TEST(test_links_are_followed),
           UNIT_TEST(test_lists_have_each_name_once), UNIT_TEST(test_attributes_change),
           UNIT_TEST(test_path_files_are_only_looked_at),
           UNIT_TEST(test_other_files_are_something_too))
