/*
 * file_programs_test.c - ls, cp, mv, rm and the others of files, on the real kernel: what they
 * print, what they leave behind in /tmp, and what they say when something is wrong
 */
#include "kernel/fake_hal.h"
#include "kernel/fake_image.h"
#include "kernel/user_map.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

/* Of "\0\7\16\25\34", dd's block of five bytes, twice. */
#define PATTERN_OF_FIVE_TWICE "04d5318395b5cb73dbdfa0e3845a81aa83a690dba9444b635ed201c652cd80bd"

#define PROGRAM(name, main) {name, main},
static const struct program_entry programs[] = {
#include "programs/programs.def"
};
#undef PROGRAM

static uint32_t last_number;

static void boot(void)
{
    static const struct hal_boot_file file = {"/etc/words", "one two\n", 8};
    fake_files = &file;
    fake_file_count = 1;
    fake_boot_providers(programs, sizeof programs / sizeof programs[0]);
    last_number = 0;
}

/* Runs a program to its end: what it has printed. */
static const char *print(const char *command_line)
{
    size_t before = strlen(fake_output());
    fake_log_clear();
    fake_start(++last_number, command_line);
    fake_pass(1000000);
    return fake_output() + before;
}

/* The same: with this status, having printed this. */
static void expect(int status, const char *command_line, const char *wanted)
{
    const char *output = print(command_line);
    if (!fake_exited(last_number, status) || strcmp(output, wanted) != 0)
        printf("\n%s: %s\nprinted %s\nnot     %s\n", command_line, fake_log(), output, wanted);
    CU_ASSERT_TRUE(fake_exited(last_number, status));
    CU_ASSERT_STRING_EQUAL(output, wanted);
}

static void ok(const char *command_line)
{
    expect(0, command_line, "");
}

/* ---- names ----------------------------------------------------------------------------------- */

static void test_ls_lists_names_in_order(void)
{
    boot();
    expect(0, "ls /tmp", "");
    ok("touch /tmp/b /tmp/a /tmp/.hidden /tmp/B");
    ok("mkdir /tmp/dir");
    ok("ln -s a /tmp/link");
    expect(0, "ls /tmp", "B\na\nb\ndir\nlink\n");
    expect(0, "ls -a /tmp/", ".hidden\nB\na\nb\ndir\nlink\n");
    expect(0, "ls /tmp/a /tmp/dir", "/tmp/a\n/tmp/dir:\n");
    ok("touch /tmp/dir/x");
    expect(0, "ls -R /tmp", "/tmp:\nB\na\nb\ndir\nlink\n\n/tmp/dir:\nx\n");
    expect(1, "ls /tmp/none /tmp/dir", "ls: /tmp/none: No such file or directory\n/tmp/dir:\nx\n");
    expect(2, "ls -x", "ls: invalid option -- 'x'\n");
}

static void test_ls_tells_what_files_are(void)
{
    boot();
    ok("echo -n -o /tmp/a five5");
    ok("mkdir /tmp/d");
    ok("ln /tmp/a /tmp/d/b");
    ok("ln -s a /tmp/l");
    expect(0, "ls -l /tmp",
           "-rw-r--r-- 2 0 0 5 1970-01-01 00:00:01 a\n"
           "drwxr-xr-x 2 0 0 0 1970-01-01 00:00:01 d\n"
           "lrwxrwxrwx 1 0 0 1 1970-01-01 00:00:01 l -> a\n");
    expect(0, "ls -l /tmp/l", "lrwxrwxrwx 1 0 0 1 1970-01-01 00:00:01 /tmp/l -> a\n");
}

/* More than a window of names holds, whose places in the directory are in no order. */
static void test_large_directories_are_listed_whole(void)
{
    static char wanted[16384];
    char command[256];
    unsigned next = 0;
    boot();
    ok("mkdir /tmp/d");
    for (unsigned i = 0; i < 500; i += 10) {
        size_t used = (size_t)snprintf(command, sizeof command, "touch");
        for (unsigned j = 0; j < 10; j++, next = (next + 187) % 500)
            used +=
                (size_t)snprintf(command + used, sizeof command - used, " /tmp/d/file-%03u", next);
        ok(command);
    }
    for (unsigned i = 0; i < 500; i++)
        sprintf(wanted + strlen(wanted), "file-%03u\n", i);
    expect(0, "ls /tmp/d", wanted);
    ok("rm -r /tmp/d");
    expect(0, "ls /tmp", "");
}

static void test_mkdir_and_rmdir(void)
{
    boot();
    ok("mkdir /tmp/a /tmp/b");
    expect(1, "mkdir /tmp/a", "mkdir: /tmp/a: File exists\n");
    expect(1, "mkdir /tmp/c/d", "mkdir: /tmp/c/d: No such file or directory\n");
    ok("mkdir -p /tmp/c/d/e/ /tmp/a");
    ok("touch /tmp/file");
    expect(1, "mkdir -p /tmp/file/x", "mkdir: /tmp/file/x: File exists\n");
    expect(0, "ls -R /tmp/c", "/tmp/c:\nd\n\n/tmp/c/d:\ne\n\n/tmp/c/d/e:\n");
    expect(1, "rmdir /tmp/c /tmp/b", "rmdir: /tmp/c: Directory not empty\n");
    expect(0, "ls /tmp", "a\nc\nfile\n");
    expect(2, "mkdir", "mkdir: usage: mkdir [-p] PATH...\n");
    expect(2, "rmdir", "rmdir: usage: rmdir PATH...\n");
}

static void test_rm_takes_files_and_trees_away(void)
{
    boot();
    ok("mkdir -p /tmp/d/e/f");
    ok("touch /tmp/a /tmp/b /tmp/d/x /tmp/d/e/y /tmp/d/e/f/z");
    ok("ln -s /tmp/a /tmp/d/link");
    ok("rm /tmp/b");
    expect(1, "rm /tmp/b", "rm: /tmp/b: No such file or directory\n");
    ok("rm -f /tmp/b");
    expect(1, "rm /tmp/d", "rm: /tmp/d: Is a directory\n");
    ok("rm -rf /tmp/d /tmp/none");
    expect(0, "ls /tmp", "a\n"); /* to which the link led */
    expect(1, "rm -r /tmp/none", "rm: /tmp/none: No such file or directory\n");
    expect(2, "rm", "rm: usage: rm [-rf] PATH...\n");
    ok("rm -f");
    expect(1, "rm /etc/words", "rm: /etc/words: Read-only file system\n");
}

static void test_mv_moves(void)
{
    boot();
    ok("echo -o /tmp/a text");
    ok("mkdir /tmp/d");
    ok("mv /tmp/a /tmp/b");
    ok("mv /tmp/b /tmp/d");
    expect(0, "cat /tmp/d/b", "text\n");
    ok("mv /tmp/d /tmp/e");
    ok("touch /tmp/x /tmp/y");
    ok("mv /tmp/x /tmp/y /tmp/e/");
    expect(0, "ls /tmp/e", "b\nx\ny\n");
    expect(1, "mv /tmp/none /tmp/z", "mv: /tmp/none to /tmp/z: No such file or directory\n");
    expect(1, "mv /tmp/e /tmp/e/x/y", "mv: /tmp/e to /tmp/e/x/y: Not a directory\n");
    expect(1, "mv /tmp/e/x /tmp/e/y /tmp/e/b", "mv: /tmp/e/b: Not a directory\n");
    expect(2, "mv /tmp/e", "mv: usage: mv SOURCE... TARGET\n");
    /* What cannot be renamed is copied, and stays where it cannot be removed. */
    expect(1, "mv /etc/words /tmp", "mv: /etc/words: Read-only file system\n");
    expect(0, "cat /tmp/words", "one two\n");
}

static void test_ln_makes_names_and_links(void)
{
    boot();
    ok("echo -o /tmp/a one");
    ok("ln /tmp/a /tmp/b");
    ok("ln -s a /tmp/c");
    ok("echo -a /tmp/b two");
    expect(0, "cat /tmp/c", "one\ntwo\n");
    expect(1, "ln /tmp/a /tmp/b", "ln: /tmp/b: File exists\n");
    expect(1, "ln /tmp /tmp/x", "ln: /tmp/x: Operation not permitted\n");
    expect(2, "ln /tmp/a", "ln: usage: ln [-s] TARGET PATH\n");
    ok("ln -s /tmp/loop /tmp/loop");
    expect(1, "cat /tmp/loop", "cat: /tmp/loop: Too many levels of symbolic links\n");
}

/* ---- copies ---------------------------------------------------------------------------------- */

static void test_cp_copies_files(void)
{
    boot();
    ok("cp /etc/words /tmp/a");
    expect(0, "cat /tmp/a", "one two\n");
    ok("mkdir /tmp/d");
    ok("cp /tmp/a /etc/words /tmp/d");
    expect(0, "cat /tmp/d/a /tmp/d/words", "one two\none two\n");
    expect(1, "cp /tmp/a /tmp/none/b", "cp: /tmp/none/b: No such file or directory\n");
    expect(1, "cp /tmp/none /tmp/d", "cp: /tmp/none: No such file or directory\n");
    expect(1, "cp /tmp/d /tmp/e", "cp: /tmp/d: is a directory, and -r was not given\n");
    expect(1, "cp /tmp/a /tmp/a", "cp: /tmp/a and /tmp/a are the same file\n");
    expect(0, "cat /tmp/a", "one two\n");
    expect(1, "cp /tmp/a /etc/words /tmp/x", "cp: /tmp/x: Not a directory\n");
    expect(1, "cp /tmp/a /etc/a", "cp: /etc/a: No such file or directory\n");
    expect(2, "cp /tmp/a", "cp: usage: cp [-r] SOURCE... TARGET\n");
}

static void test_cp_copies_trees(void)
{
    boot();
    ok("mkdir -p /tmp/d/e /tmp/d/empty");
    ok("echo -o /tmp/d/a one");
    ok("echo -o /tmp/d/e/b two");
    ok("ln -s ../a /tmp/d/e/link");
    ok("cp -r /tmp/d /tmp/copy");
    expect(0, "ls -R /tmp/copy",
           "/tmp/copy:\na\ne\nempty\n\n/tmp/copy/e:\nb\nlink\n\n/tmp/copy/empty:\n");
    expect(0, "cat /tmp/copy/e/link /tmp/copy/e/b", "one\ntwo\n");
    ok("cp -r /tmp/d/ /tmp/copy"); /* into it, since it is there now */
    expect(0, "ls /tmp/copy", "a\nd\ne\nempty\n");
    expect(1, "cp -r /tmp/d /tmp/d/e", "cp: /tmp/d: a directory cannot be copied into itself\n");
    expect(1, "cp -r /tmp/d /tmp/none/x", "cp: /tmp/none/x: No such file or directory\n");
    /* What cannot be made is left out, with all that is in it; what comes behind it is not. */
    ok("mkdir -p /tmp/part/d");
    ok("touch /tmp/part/d/e");
    expect(1, "cp -r /tmp/d /tmp/part", "cp: /tmp/part/d/e: File exists\n");
    expect(0, "ls -R /tmp/part/d", "/tmp/part/d:\na\ne\nempty\n\n/tmp/part/d/empty:\n");
}

static void test_digests_of_trees_do_not_say_where_they_stand(void)
{
    boot();
    ok("mkdir -p /tmp/d/e");
    ok("echo -n -o /tmp/d/e/b abc");
    ok("touch /tmp/d/a");
    ok("ln -s a /tmp/d/link");
    expect(0, "sha256sum -r /tmp/d",
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  /tmp/d/a\n"
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  /tmp/d/e/b\n");
    /* As of: printf 'e3b0…  ./a\nba78…  ./e/b\n' | sha256sum */
    expect(0, "sha256sum -t /tmp/d",
           "094254681beaf91d73ebf5aee2e0379c1b3e7ba403d5ccc777e3369634da3759  /tmp/d\n");
    ok("cp -r /tmp/d /tmp/copy");
    CU_ASSERT_EQUAL(strncmp(print("sha256sum -t /tmp/copy"), "094254681beaf91d73eb", 20), 0);
    ok("mv /tmp/copy/a /tmp/copy/c");
    CU_ASSERT_NOT_EQUAL(strncmp(print("sha256sum -t /tmp/copy"), "094254681beaf91d73eb", 20), 0);
    expect(1, "sha256sum -r /tmp/none", "sha256sum: /tmp/none: No such file or directory\n");
    expect(2, "sha256sum", "sha256sum: usage: sha256sum [-rt] PATH...\n");
}

/* ---- what files are -------------------------------------------------------------------------- */

static void test_touch_truncate_and_sync(void)
{
    boot();
    ok("touch -c /tmp/a");
    expect(0, "ls /tmp", "");
    ok("truncate -s 3 /tmp/a");
    ok("echo -n -a /tmp/a xyz");
    ok("truncate -s 4 /tmp/a");
    expect(0, "sha256sum /tmp/a",
           "3c733359aa795e441a75414a7905e59fb4619ce55f39856dd88f7d8c283f168f  /tmp/a\n");
    fake_pass(UINT64_C(5000000000));
    ok("touch /tmp/a");
    expect(0, "ls -l /tmp", "-rw-r--r-- 1 0 0 4 1970-01-01 00:00:06 a\n");
    ok("sync");
    ok("sync /tmp/a /tmp");
    expect(1, "sync /tmp/b", "sync: /tmp/b: No such file or directory\n");
    expect(1, "touch /none/a", "touch: /none/a: No such file or directory\n");
    expect(1, "truncate -s 99999999999 /tmp/a", "truncate: /tmp/a: File too large\n");
    expect(2, "truncate -s x /tmp/a", "truncate: -s takes a number of bytes\n");
    expect(2, "truncate /tmp/a", "truncate: usage: truncate -s SIZE PATH...\n");
}

static void test_stat_says_all_that_is_known(void)
{
    boot();
    ok("echo -n -o /tmp/a text");
    ok("ln -s a /tmp/l");
    const char *output = print("stat /tmp/a");
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "/tmp/a: file\n  size 4 blocks 8 of 512, links 1\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "  mode 0644 uid 0 gid 0\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "  modified 1970-01-01 00:00:01."));
    output = print("stat /tmp/l");
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "/tmp/l: symbolic link\n  size 1 "));
    output = print("stat -L /tmp/l");
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "/tmp/l: file\n  size 4 "));
    output = print("stat -f /tmp");
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "/tmp: type 1021994, names to 255 bytes\n"));
    expect(1, "stat /tmp/none", "stat: /tmp/none: No such file or directory\n");
    expect(1, "stat -f /proc/pools", "stat: /proc/pools: Function not implemented\n");
    expect(2, "stat", "stat: usage: stat [-L] PATH..., or stat -f PATH...\n");
}

static void test_filetest_says_what_came_of_a_call(void)
{
    boot();
    expect(0, "filetest open create,exclusive,write /tmp/a", "open: opened\n");
    expect(1, "filetest open create,exclusive,write /tmp/a", "open: EEXIST\n");
    expect(1, "filetest open directory,read /tmp/a", "open: ENOTDIR\n");
    expect(0, "filetest write 16384 /tmp/a", "write: 16384 of 16384\n");
    expect(1, "filetest mmap /tmp/a", "mmap: ENODEV\n");
    expect(1, "filetest mmap /tmp/none", "open: ENOENT\n");
    ok("mkdir /tmp/d");
    ok("touch /tmp/d/1 /tmp/d/2 /tmp/d/3 /tmp/d/4 /tmp/d/5");
    expect(0, "filetest list 48 /tmp/d", "list: 7 names\n");
    expect(1, "filetest list 8 /tmp/d", "list: EINVAL\n");
    expect(0, "filetest create 3 /tmp/none/x", "create: 0 of 3\n");
    expect(1, "filetest create 3 /tmp/x", "create: 3 of 3\n");
    expect(0, "filetest stat 3 /tmp/a", "stat: 3 of 3\n");
    expect(1, "filetest stat 3 /tmp/none", "stat: ENOENT\n");
    const char *output = print("filetest open wrong /tmp/a");
    CU_ASSERT_PTR_NOT_NULL(strstr(output, "usage: filetest"));
    CU_ASSERT_TRUE(fake_exited(last_number, 2));
}

static void test_dd_copies_blocks_to_where_they_are_wanted(void)
{
    boot();
    expect(0, "dd of=/tmp/a bs=5 count=2", "10 bytes\n");
    expect(0, "sha256sum /tmp/a", PATTERN_OF_FIVE_TWICE "  /tmp/a\n");
    expect(0, "dd if=/tmp/a", "10 bytes\n");
    ok("echo -n -o /tmp/b 0123456789");
    expect(0, "dd if=/tmp/b of=/tmp/c bs=2 skip=1 count=2", "4 bytes\n");
    expect(0, "cat /tmp/c", "2345");
    expect(0, "dd if=/tmp/c of=/tmp/b bs=2 seek=3 conv=notrunc", "4 bytes\n");
    expect(0, "cat /tmp/b", "0123452345");
    expect(0, "dd if=/tmp/c of=/tmp/b bs=1 count=1 seek=2", "1 bytes\n");
    expect(0, "cat /tmp/b", "012");
    expect(0, "dd if=/tmp/c of=/tmp/b bs=3", "4 bytes\n");
    expect(0, "cat /tmp/b", "2345");
}

static void test_dd_says_why_it_does_not_copy(void)
{
    boot();
    expect(1, "dd if=/tmp/none", "dd: /tmp/none: No such file or directory\n");
    ok("touch /tmp/a");
    expect(1, "dd if=/tmp/a of=/tmp/none/b", "dd: /tmp/none/b: No such file or directory\n");
    static const char *const wrong[] = {"dd",
                                        "dd of=/tmp/a",
                                        "dd if=/tmp/a bs=0",
                                        "dd if=/tmp/a bs=2097153",
                                        "dd if=/tmp/a skip=-1",
                                        "dd if=/tmp/a seek=9223372036854775807",
                                        "dd /tmp/a"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(print(wrong[i]), "usage: dd"));
        CU_ASSERT_TRUE(fake_exited(last_number, 2));
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* How often the last program was given so many bytes by a read. */
static unsigned reads_of(unsigned size)
{
    char line[40];
    (void)snprintf(line, sizeof line, "return %u read %u\n", last_number, size);
    return fake_log_count(line);
}

static void test_files_move_in_large_pieces_where_there_is_memory(void)
{
    static const char *const programs_that_read[] = {"cp /tmp/a /tmp/b", "sha256sum /tmp/a",
                                                     "cat /tmp/a", "dd if=/tmp/a bs=262144"};
    boot();
    user_map_init(fake_ram(1u << 20), 1u << 20);
    expect(0, "dd of=/tmp/a bs=100000 count=1", "100000 bytes\n");
    for (size_t i = 0; i < sizeof programs_that_read / sizeof programs_that_read[0]; i++) {
        (void)print(programs_that_read[i]);
        CU_ASSERT_TRUE(fake_exited(last_number, 0));
        CU_ASSERT_EQUAL(reads_of(100000), 1);
        CU_ASSERT_EQUAL(fake_log_count("counter program-pages.live 0\n"), 1);
    }
}

static void test_files_move_where_there_is_little_memory_or_none(void)
{
    boot();
    expect(1, "dd of=/tmp/a bs=20000 count=1", "dd: no memory for blocks of 20000 bytes\n");
    expect(0, "dd of=/tmp/a bs=16384 count=2", "32768 bytes\n");
    ok("cp /tmp/a /tmp/b");
    CU_ASSERT_EQUAL(reads_of(4096), 8);
    user_map_init(fake_ram(20000), 20000);
    ok("cp /tmp/a /tmp/b");
    CU_ASSERT_EQUAL(reads_of(16384), 2);
}

UNIT_SUITE("file_programs", UNIT_TEST(test_ls_lists_names_in_order),
           UNIT_TEST(test_ls_tells_what_files_are),
           UNIT_TEST(test_large_directories_are_listed_whole), UNIT_TEST(test_mkdir_and_rmdir),
           UNIT_TEST(test_rm_takes_files_and_trees_away), UNIT_TEST(test_mv_moves),
           UNIT_TEST(test_ln_makes_names_and_links), UNIT_TEST(test_cp_copies_files),
           UNIT_TEST(test_cp_copies_trees),
           UNIT_TEST(test_digests_of_trees_do_not_say_where_they_stand),
           UNIT_TEST(test_touch_truncate_and_sync), UNIT_TEST(test_stat_says_all_that_is_known),
           UNIT_TEST(test_filetest_says_what_came_of_a_call),
           UNIT_TEST(test_dd_copies_blocks_to_where_they_are_wanted),
           UNIT_TEST(test_dd_says_why_it_does_not_copy),
           UNIT_TEST(test_files_move_in_large_pieces_where_there_is_memory),
           UNIT_TEST(test_files_move_where_there_is_little_memory_or_none))
