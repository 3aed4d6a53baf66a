/*
 * scheme_file_test.c - files of schemes: where they are, what they are, what they list, and what is
 * done with their names, as the provider is asked for it
 */
#include "kernel/dirent.h"
#include "kernel/fake_programs.h"

#define TEXT      "0123456789"
#define TEXT_SIZE 10

/*
 * The provider serves "file" with TEXT in it, "stream", which is a stream, "link" to "file", "dir"
 * with "file" and "link" in it, and some that answer wrongly. It notes what it was asked.
 */
enum {
    HANDLE_FILE = 1,
    HANDLE_STREAM,
    HANDLE_LINK,
    HANDLE_DIR,
    HANDLE_BAD
};

static char asked[1024];

static void ask(const char *format, const char *text, uint64_t number)
{
    size_t used = strlen(asked);
    (void)snprintf(asked + used, sizeof asked - used, format, text, (unsigned long)number);
}

static void expect_asked(const char *text)
{
    CU_ASSERT_STRING_EQUAL(asked, text);
    asked[0] = '\0';
}

static int64_t serve_open(const struct scheme_request *request, const char *path)
{
    static const char *const names[] = {"file", "stream", "link", "dir", "bad"};
    bool itself = (request->flags & O_PATH) != 0 && (request->flags & O_NOFOLLOW) != 0;
    if (request->mode != 0)
        ask("%s=%lo ", path, request->mode);
    if (strncmp(path, "link", 4) == 0 && !(itself && path[4] == '\0'))
        return -KELOOP;
    for (int i = 0; i < 5; i++) {
        if (strcmp(path, names[i]) == 0)
            return HANDLE_FILE + i;
    }
    return -KENOENT;
}

static int64_t serve_stat(const struct scheme_request *request)
{
    struct kernel_stat stat = {.st_mode = S_IFREG | 0640, .st_size = TEXT_SIZE, .st_ino = 77};
    memcpy(request->data, &stat, sizeof stat);
    return request->handle != HANDLE_BAD ? (int64_t)sizeof stat : 8;
}

static int64_t serve_list(const struct scheme_request *request)
{
    struct dirent_list list = {.buffer = request->data, .size = request->size};
    ask("%slist@%lu ", "", request->offset);
    if (request->handle == HANDLE_BAD) {
        (void)dirent_add(&list, 1, 1, DT_REG, "x");
        ((struct kernel_dirent64 *)request->data)->d_reclen = 400; /* more than there is */
        return (int64_t)list.used;
    }
    if (request->offset < 5)
        (void)dirent_add(&list, 1, 5, DT_REG, "file");
    if (request->offset < 900)
        (void)dirent_add(&list, 2, 900, DT_LNK, "link");
    return (int64_t)list.used;
}

static int64_t serve_change(const struct scheme_request *request)
{
    struct file_change change;
    memcpy(&change, request->data, sizeof change);
    CU_ASSERT_EQUAL(request->size, sizeof change);
    if (change.valid == CHANGE_SIZE)
        ask("%ssize=%lu ", "", change.size);
    else if (change.valid == CHANGE_MODE)
        ask("%smode=%lo ", "", change.mode);
    else
        ask("%stimes=%lx ", "", change.valid);
    return 0;
}

static int64_t serve_bytes(const struct scheme_request *request)
{
    uint64_t at = request->offset;
    size_t left = at < TEXT_SIZE ? (size_t)(TEXT_SIZE - at) : 0;
    if (request->handle == HANDLE_STREAM)
        left = 1;
    size_t count = request->size < left ? request->size : left;
    ask(request->operation == SCHEME_READ ? "%sread@%lu " : "%swrite@%lu ", "", at);
    if (request->operation == SCHEME_WRITE)
        return request->size;
    memcpy(request->data, TEXT + at % TEXT_SIZE, count);
    return (int64_t)count;
}

static int64_t serve_names(const struct scheme_request *request, const char *path)
{
    static const char *const words[] = {"remove", "mkdir", "rename", "symlink", "link"};
    size_t length = strlen(path);
    const char *second = length < request->size ? path + length + 1 : "";
    ask("%s ", words[request->operation - SCHEME_REMOVE], 0);
    ask("%s,", path, 0);
    ask("%s,%lo ", second, request->operation == SCHEME_MKDIR ? request->mode : request->flags);
    return strncmp(path, "link/", 5) == 0 ? -KELOOP : 0;
}

static int64_t serve(const struct scheme_request *request)
{
    char path[2200] = "";
    if (request->data != NULL && request->size < sizeof path)
        memcpy(path, request->data, request->size);
    switch (request->operation) {
    case SCHEME_OPEN:
        return serve_open(request, path);
    case SCHEME_READ:
    case SCHEME_WRITE:
        return serve_bytes(request);
    case SCHEME_STAT:
        return request->handle != HANDLE_STREAM ? serve_stat(request) : -KEOPNOTSUPP;
    case SCHEME_SETATTR:
        return serve_change(request);
    case SCHEME_STATFS:
        memset(request->data, 1, sizeof(struct kernel_statfs));
        return request->handle == HANDLE_FILE ? (int64_t)sizeof(struct kernel_statfs)
                                              : -KEOPNOTSUPP;
    case SCHEME_READLINK:
        memcpy(request->data, "file", 4);
        return request->handle == HANDLE_LINK ? 4 : -KEINVAL;
    case SCHEME_LIST:
        return request->handle == HANDLE_DIR || request->handle == HANDLE_BAD ? serve_list(request)
                                                                              : -KEOPNOTSUPP;
    case SCHEME_REMOVE:
    case SCHEME_MKDIR:
    case SCHEME_RENAME:
    case SCHEME_SYMLINK:
    case SCHEME_LINK:
        return serve_names(request, path);
    default:
        return 0;
    }
}

static void provider(void)
{
    struct scheme_request request;
    int root = create("fs");
    while (sys_read(root, &request, sizeof request) == sizeof request) {
        (void)sys_answer(root, request.tag, serve(&request));
        if (request.operation == SCHEME_SYNC)
            return; /* by which the tests end */
    }
}

static void stop_provider(void)
{
    CU_ASSERT_EQUAL(sys_fsync((int)open_path("/scheme/fs/file", O_RDONLY)), 0);
}

static long path_call(long number, const char *path, long a2, long a3, long a4)
{
    char copy[BODY_TEXT];
    (void)snprintf(copy, sizeof copy, "%s", path);
    return system_call(number, AT_FDCWD, (long)copy, a2, a3, a4, 0);
}

static long two_paths(long number, const char *from, const char *to)
{
    char copy[1200], second[1200];
    (void)snprintf(copy, sizeof copy, "%s", from);
    (void)snprintf(second, sizeof second, "%s", to);
    return system_call(number, AT_FDCWD, (long)copy, AT_FDCWD, (long)second, 0, 0);
}

static void run_with(void (*body)(void))
{
    boot();
    asked[0] = '\0';
    add(provider);
    add(body);
    finish();
}

/* ---- where files are ------------------------------------------------------------------------- */

static void move_in_file(void)
{
    char buffer[16];
    int file = (int)open_path("/scheme/fs/file", O_RDWR);
    CU_ASSERT_EQUAL(sys_read(file, buffer, 4), 4);
    CU_ASSERT_EQUAL(sys_read(file, buffer, 4), 4);
    CU_ASSERT_EQUAL(memcmp(buffer, "4567", 4), 0);
    CU_ASSERT_EQUAL(sys_write(file, buffer, 3), 3);
    expect_asked("read@0 read@4 write@8 ");
    CU_ASSERT_EQUAL(sys_seek(file, 0, SEEK_CUR), 11);
    CU_ASSERT_EQUAL(sys_seek(file, -2, SEEK_END), 8);
    CU_ASSERT_EQUAL(sys_read(file, buffer, 4), 2);
    CU_ASSERT_EQUAL(system_call(SYS_PREAD64, file, (long)buffer, 4, 2, 0, 0), 4);
    CU_ASSERT_EQUAL(memcmp(buffer, "2345", 4), 0);
    CU_ASSERT_EQUAL(system_call(SYS_PWRITE64, file, (long)buffer, 4, 100, 0, 0), 4);
    CU_ASSERT_EQUAL(sys_read(file, buffer, 4), 0);
    expect_asked("read@8 read@2 write@100 read@10 ");
    stop_provider();
}

static void test_the_kernel_counts_where_a_file_is(void)
{
    run_with(move_in_file);
}

static void move_in_stream(void)
{
    char buffer[4];
    int stream = (int)open_path("/scheme/fs/stream", O_RDWR);
    CU_ASSERT_EQUAL(sys_read(stream, buffer, 4), 1);
    CU_ASSERT_EQUAL(sys_seek(stream, 0, SEEK_SET), -KESPIPE);
    CU_ASSERT_EQUAL(system_call(SYS_PREAD64, stream, (long)buffer, 4, 0, 0, 0), -KESPIPE);
    CU_ASSERT_EQUAL(system_call(SYS_PWRITE64, stream, (long)buffer, 4, 0, 0, 0), -KESPIPE);
    expect_asked("read@0 ");
    stop_provider();
}

static void test_streams_have_no_place_to_go_to(void)
{
    run_with(move_in_stream);
}

/* ---- what they are --------------------------------------------------------------------------- */

static void ask_what_it_is(void)
{
    struct kernel_stat stat;
    struct kernel_statfs statfs;
    int file = (int)open_path("/scheme/fs/file", O_RDWR);
    CU_ASSERT_EQUAL(system_call(SYS_FSTAT, file, (long)&stat, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(stat.st_ino, 77);
    CU_ASSERT_EQUAL(system_call(SYS_FSTATFS, file, (long)&statfs, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(statfs.f_bsize, 0x0101010101010101);
    CU_ASSERT_EQUAL(system_call(SYS_FTRUNCATE, file, 5, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(system_call(SYS_FCHMOD, file, 0600, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(path_call(SYS_UTIMENSAT, "/scheme/fs/file", 0, 0, 0), 0);
    expect_asked("size=5 mode=600 times=30 ");
    CU_ASSERT_EQUAL(path_call(SYS_NEWFSTATAT, "/scheme/fs/file", (long)&stat, 0, 0), 0);
    CU_ASSERT_EQUAL(path_call(SYS_NEWFSTATAT, "/scheme/fs/none", (long)&stat, 0, 0), -KENOENT);
    CU_ASSERT_EQUAL(path_call(SYS_NEWFSTATAT, "/scheme/fs/bad", (long)&stat, 0, 0), -KEIO);
    CU_ASSERT_EQUAL(path_call(SYS_NEWFSTATAT, "/scheme/fs/stream", (long)&stat, 0, 0), 0);
    CU_ASSERT_EQUAL(stat.st_mode, S_IFCHR | 0600);
    int stream = (int)open_path("/scheme/fs/stream", O_RDWR);
    CU_ASSERT_EQUAL(system_call(SYS_FSTATFS, stream, (long)&statfs, 0, 0, 0, 0), -KENOSYS);
    stop_provider();
}

static void test_attributes_are_the_providers(void)
{
    run_with(ask_what_it_is);
}

static void follow_links(void)
{
    char buffer[16];
    struct kernel_stat stat;
    int file = (int)open_path("/scheme/fs/link", O_RDONLY);
    CU_ASSERT_EQUAL(sys_read(file, buffer, 4), 4);
    CU_ASSERT_EQUAL(open_path("/scheme/fs/link", O_RDONLY | O_NOFOLLOW), -KELOOP);
    CU_ASSERT_EQUAL(
        path_call(SYS_NEWFSTATAT, "/scheme/fs/link", (long)&stat, AT_SYMLINK_NOFOLLOW, 0), 0);
    CU_ASSERT_EQUAL(path_call(SYS_READLINKAT, "/scheme/fs/link", (long)buffer, sizeof buffer, 0),
                    4);
    CU_ASSERT_EQUAL(memcmp(buffer, "file", 4), 0);
    CU_ASSERT_EQUAL(path_call(SYS_READLINKAT, "/scheme/fs/file", (long)buffer, 9, 0), -KEINVAL);
    expect_asked("read@0 ");
    CU_ASSERT_EQUAL(path_call(SYS_MKDIRAT, "/scheme/fs/link/new", 0700, 0, 0), 0);
    expect_asked("mkdir link/new,,700 mkdir file/new,,700 ");
    stop_provider();
}

static void test_links_of_a_provider_are_followed(void)
{
    run_with(follow_links);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void list_directory(void)
{
    char buffer[256];
    int directory = (int)open_path("/scheme/fs/dir", O_RDONLY | O_DIRECTORY);
    CU_ASSERT_EQUAL(system_call(SYS_GETDENTS64, directory, (long)buffer, 30, 0, 0, 0), 24);
    CU_ASSERT_STRING_EQUAL(buffer + DIRENT_NAME_AT, "file");
    CU_ASSERT_EQUAL(system_call(SYS_GETDENTS64, directory, (long)buffer, 256, 0, 0, 0), 24);
    CU_ASSERT_STRING_EQUAL(buffer + DIRENT_NAME_AT, "link");
    CU_ASSERT_EQUAL(system_call(SYS_GETDENTS64, directory, (long)buffer, 256, 0, 0, 0), 0);
    expect_asked("list@0 list@5 list@900 ");
    int file = (int)open_path("/scheme/fs/file", O_RDONLY);
    CU_ASSERT_EQUAL(system_call(SYS_GETDENTS64, file, (long)buffer, 256, 0, 0, 0), -KENOTDIR);
    int bad = (int)open_path("/scheme/fs/bad", O_RDONLY);
    CU_ASSERT_EQUAL(system_call(SYS_GETDENTS64, bad, (long)buffer, 256, 0, 0, 0), -KEIO);
    expect_asked("list@0 ");
    stop_provider();
}

static void test_lists_go_on_where_the_last_record_says(void)
{
    run_with(list_directory);
}

static void list_schemes(void)
{
    char buffer[512], first[16];
    struct kernel_dirent64 record;
    size_t at = 0;
    int directory = (int)open_path("/scheme", O_RDONLY | O_DIRECTORY);
    long size = system_call(SYS_GETDENTS64, directory, (long)buffer, sizeof buffer, 0, 0, 0);
    unsigned count = 0, found = 0;
    CU_ASSERT_TRUE(size > 0);
    (void)snprintf(first, sizeof first, "%s", buffer + DIRENT_NAME_AT);
    for (const char *name; (name = dirent_next(buffer, (size_t)size, &at, &record)) != NULL;
         count++)
        found += strcmp(name, "fs") == 0;
    CU_ASSERT_EQUAL(found, 1);
    CU_ASSERT_EQUAL(system_call(SYS_GETDENTS64, directory, (long)buffer, 512, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(sys_seek(directory, 0, SEEK_SET), 0);
    while (system_call(SYS_GETDENTS64, directory, (long)buffer, 32, 0, 0, 0) > 0)
        count--; /* one at a time */
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(system_call(SYS_GETDENTS64, directory, (long)buffer, 8, 0, 0, 0), 0);
    stop_provider();
}

static void test_names_of_schemes_are_listed(void)
{
    run_with(list_schemes);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void change_names(void)
{
    CU_ASSERT_EQUAL(open_path("/scheme/fs/new", O_CREAT | O_WRONLY), -KENOENT);
    expect_asked("new=644 ");
    CU_ASSERT_EQUAL(path_call(SYS_UNLINKAT, "/scheme/fs/a", 0, 0, 0), 0);
    CU_ASSERT_EQUAL(path_call(SYS_UNLINKAT, "/scheme/fs/a/b", AT_REMOVEDIR, 0, 0), 0);
    CU_ASSERT_EQUAL(two_paths(SYS_RENAMEAT, "/scheme/fs/a", "/scheme/fs/b/c"), 0);
    CU_ASSERT_EQUAL(two_paths(SYS_LINKAT, "/scheme/fs/a", "/scheme/fs/b"), 0);
    expect_asked("remove a,,0 remove a/b,,1000 rename a,b/c,0 link a,b,0 ");
    char target[8] = "../x", path[32] = "/scheme/fs/l";
    CU_ASSERT_EQUAL(system_call(SYS_SYMLINKAT, (long)target, AT_FDCWD, (long)path, 0, 0, 0), 0);
    expect_asked("symlink ../x,l,0 ");
    CU_ASSERT_EQUAL(two_paths(SYS_RENAMEAT, "/scheme/fs/a", "/scheme/time/1"), -KEXDEV);
    CU_ASSERT_EQUAL(two_paths(SYS_RENAMEAT, "/scheme/fs/a", "/tmp/a"), -KEXDEV);
    CU_ASSERT_EQUAL(path_call(SYS_UNLINKAT, "/scheme/time/1", 0, 0, 0), -KEROFS);
    CU_ASSERT_EQUAL(path_call(SYS_UNLINKAT, "/scheme/none/x", 0, 0, 0), -KENOENT);
    CU_ASSERT_EQUAL(path_call(SYS_UNLINKAT, "/scheme", AT_REMOVEDIR, 0, 0), -KEBUSY);
    expect_asked("");
    stop_provider();
}

static void test_changes_of_names_reach_the_provider(void)
{
    run_with(change_names);
}

static void change_longest_names(void)
{
    char from[BODY_TEXT / 3], to[BODY_TEXT / 3];
    memset(from, 'x', sizeof from);
    memcpy(from, "/scheme/fs/", 11);
    from[11 + SCHEME_PATH_MAX] = '\0';
    memcpy(to, from, sizeof to);
    CU_ASSERT_EQUAL(two_paths(SYS_RENAMEAT, from, to), 0);
    CU_ASSERT_EQUAL(strncmp(asked, "rename xxx", 10), 0);
    asked[0] = '\0';
    to[11 + SCHEME_PATH_MAX] = 'x';
    to[11 + SCHEME_PATH_MAX + 1] = '\0';
    CU_ASSERT_EQUAL(two_paths(SYS_RENAMEAT, from, to), -KENAMETOOLONG);
    expect_asked("");
    stop_provider();
}

static void test_two_paths_may_be_as_long_as_one(void)
{
    run_with(change_longest_names);
}

UNIT_SUITE("scheme_file", UNIT_TEST(test_the_kernel_counts_where_a_file_is),
           UNIT_TEST(test_streams_have_no_place_to_go_to),
           UNIT_TEST(test_attributes_are_the_providers),
           UNIT_TEST(test_links_of_a_provider_are_followed),
           UNIT_TEST(test_lists_go_on_where_the_last_record_says),
           UNIT_TEST(test_names_of_schemes_are_listed),
           UNIT_TEST(test_changes_of_names_reach_the_provider),
           UNIT_TEST(test_two_paths_may_be_as_long_as_one))
