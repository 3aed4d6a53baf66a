/* p9_files_test.c - what open(2) and its like become on the wire */
#include "drivers/p9_files.h"
#include "drivers/p9_rig.h"
#include "kernel/dirent.h"

static const struct p9_profile strict = {.lax_directory = false};

/* Opens with this script before it: the result. The file is closed where it was opened. */
static int open_with(const struct mock_p9_step *script, const char *path, int flags, unsigned mode)
{
    struct p9_file file;
    mock_p9_script(script);
    int error = p9_file_open(&rig_client, &strict, path, flags, mode, &file);
    if (error == 0)
        p9_file_close(&file);
    mock_p9_check();
    return error;
}

/* An open file, fid 1. */
static struct p9_file open_file(int flags, const char *wire, const char *reply)
{
    char lopen[32];
    const struct mock_p9_step script[] = {
        {"Twalk 0 1 f", reply}, {lopen, "Rlopen Qf d0"}, {NULL, NULL}};
    struct p9_file file;
    snprintf(lopen, sizeof lopen, "Tlopen 1 %s", wire);
    mock_p9_script(script);
    CU_ASSERT_EQUAL_FATAL(p9_file_open(&rig_client, &strict, "f", flags, 0, &file), 0);
    mock_p9_script(NULL);
    return file;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void test_a_file_that_is_there_is_walked_to_and_opened(void)
{
    static const struct mock_p9_step script[] = {{"Twalk 0 1 a/b", "Rwalk h2 Qd Qf"},
                                                 {"Tlopen 1 0", "Rlopen Qf d0"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {NULL, NULL}};
    static const struct mock_p9_step root[] = {{"Twalk 0 1", "Rwalk h0"},
                                               {"Tlopen 1 0", "Rlopen Qd d0"},
                                               {"Tclunk 1", "Rclunk"},
                                               {NULL, NULL}};
    rig_connect(8192);
    CU_ASSERT_EQUAL(open_with(script, "a/b", O_RDONLY, 0), 0);
    CU_ASSERT_EQUAL(open_with(root, "", O_RDONLY | O_DIRECTORY, 0), 0);
    rig_check();
}

static void test_flags_that_are_about_making_are_not_said_to_what_is_there(void)
{
    static const struct mock_p9_step script[] = {{"Twalk 0 1 f", "Rwalk h1 Qf"},
                                                 {"Tlopen 1 1538", "Rlopen Qf d0"}, /* 03002 */
                                                 {"Tclunk 1", "Rclunk"},
                                                 {NULL, NULL}};
    rig_connect(8192);
    int flags = O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;
    CU_ASSERT_EQUAL(open_with(script, "f", flags, 0644), 0);
    rig_check();
}

static void test_what_is_not_there_is_made_and_not_opened_again(void)
{
    static const struct mock_p9_step script[] = {
        {"Twalk 0 1 d/f", "Rwalk h1 Qd"},                /* no fid */
        {"Twalk 0 1 d", "Rwalk h1 Qd"},                  /* the directory, and then */
        {"Tlcreate 1 'f' 65 33188 0", "Rlcreate Qf d0"}, /* the file, 0101 and 0100644 */
        {"Tclunk 1", "Rclunk"},
        {NULL, NULL}};
    static const struct mock_p9_step excl[] = {
        {"Twalk 0 1 f", "Rlerror d2"},
        {"Twalk 0 1", "Rwalk h0"},
        {"Tlcreate 1 'f' 705 33152 0", "Rlcreate Qf d0"}, /* 01301 and 0100600 */
        {"Tclunk 1", "Rclunk"},
        {NULL, NULL}};
    rig_connect(8192);
    CU_ASSERT_EQUAL(open_with(script, "d/f", O_WRONLY | O_CREAT, 0644), 0);
    CU_ASSERT_EQUAL(open_with(excl, "f", O_WRONLY | O_CREAT | O_EXCL | O_TRUNC, 0600), 0);
    rig_check();
}

static void test_what_cannot_be_opened_leaves_no_fid(void)
{
    static const struct mock_p9_step lopen[] = {{"Twalk 0 1 f", "Rwalk h1 Qf"},
                                                {"Tlopen 1 1", "Rlerror d13"},
                                                {"Tclunk 1", "Rclunk"},
                                                {NULL, NULL}};
    static const struct mock_p9_step lcreate[] = {{"Twalk 0 1 f", "Rlerror d2"},
                                                  {"Twalk 0 1", "Rwalk h0"},
                                                  {"Tlcreate 1 'f' 65 33188 0", "Rlerror d30"},
                                                  {"Tclunk 1", "Rclunk"},
                                                  {NULL, NULL}};
    static const struct mock_p9_step exclusive[] = {
        {"Twalk 0 1 f", "Rwalk h1 Qf"}, {"Tclunk 1", "Rclunk"}, {NULL, NULL}};
    static const struct mock_p9_step directory[] = {
        {"Twalk 0 1 f", "Rwalk h1 Qd"}, {"Tclunk 1", "Rclunk"}, {NULL, NULL}};
    static const struct mock_p9_step denied[] = {{"Twalk 0 1 f", "Rlerror d13"}, {NULL, NULL}};
    rig_connect(8192);
    CU_ASSERT_EQUAL(open_with(lopen, "f", O_WRONLY, 0), -KEACCES);
    CU_ASSERT_EQUAL(open_with(lcreate, "f", O_WRONLY | O_CREAT, 0644), -KEROFS);
    CU_ASSERT_EQUAL(open_with(exclusive, "f", O_WRONLY | O_CREAT | O_EXCL, 0644), -KEEXIST);
    CU_ASSERT_EQUAL(open_with(exclusive, "f", O_RDONLY | O_DIRECTORY, 0), -KENOTDIR);
    CU_ASSERT_EQUAL(open_with(directory, "f", O_RDONLY | O_CREAT, 0644), -KEISDIR);
    CU_ASSERT_EQUAL(open_with(denied, "f", O_WRONLY | O_CREAT, 0644), -KEACCES);
    rig_check();
}

static void test_how_far_a_walk_came_says_why_it_stopped(void)
{
    static const struct mock_p9_step missing[] = {{"Twalk 0 1 a/b", "Rwalk h1 Qd"}, {NULL, NULL}};
    static const struct mock_p9_step file[] = {{"Twalk 0 1 a/b", "Rwalk h1 Qf"}, {NULL, NULL}};
    static const struct mock_p9_step link[] = {{"Twalk 0 1 a/b", "Rwalk h1 Ql"}, {NULL, NULL}};
    rig_connect(8192);
    CU_ASSERT_EQUAL(open_with(missing, "a/b", O_RDONLY, 0), -KENOENT);
    CU_ASSERT_EQUAL(open_with(file, "a/b", O_RDONLY | O_CREAT, 0), -KENOTDIR);
    CU_ASSERT_EQUAL(open_with(link, "a/b", O_RDONLY | O_CREAT, 0), -KELOOP);
    rig_check();
}

static void test_a_link_at_the_end_is_opened_as_itself_only(void)
{
    static const struct mock_p9_step followed[] = {
        {"Twalk 0 1 l", "Rwalk h1 Ql"}, {"Tclunk 1", "Rclunk"}, {NULL, NULL}};
    static const struct mock_p9_step script[] = {
        {"Twalk 0 1 l", "Rwalk h1 Ql"}, {"Treadlink 1", "Rreadlink s:there"}, {NULL, NULL}};
    struct p9_file file;
    char target[16];
    rig_connect(8192);
    CU_ASSERT_EQUAL(open_with(followed, "l", O_RDONLY, 0), -KELOOP);
    CU_ASSERT_EQUAL(open_with(followed, "l", O_RDONLY | O_NOFOLLOW, 0), -KELOOP);
    CU_ASSERT_EQUAL(open_with(followed, "l", O_PATH, 0), -KELOOP);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_file_open(&rig_client, &strict, "l", O_PATH | O_NOFOLLOW, 0, &file), 0);
    CU_ASSERT_EQUAL(p9_file_readlink(&file, target, sizeof target), 5);
    mock_p9_check();
}

static void test_a_file_of_o_path_is_not_opened_and_made_in_no_case(void)
{
    static const struct mock_p9_step script[] = {{"Twalk 0 1 f", "Rwalk h1 Qf"}, {NULL, NULL}};
    static const struct mock_p9_step missing[] = {{"Twalk 0 1 f", "Rlerror d2"}, {NULL, NULL}};
    struct p9_file file;
    uint64_t offset = 0;
    char bytes[4];
    rig_connect(8192);
    CU_ASSERT_EQUAL(open_with(missing, "f", O_PATH | O_CREAT, 0644), -KENOENT);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_file_open(&rig_client, &strict, "f", O_PATH | O_TRUNC, 0, &file), 0);
    CU_ASSERT_EQUAL(p9_file_read(&file, 0, bytes, 4), -KEBADF);
    CU_ASSERT_EQUAL(p9_file_write(&file, &offset, bytes, 4), -KEBADF);
    CU_ASSERT_EQUAL(p9_file_sync(&file), -KEBADF);
    CU_ASSERT_EQUAL(p9_file_list(&file, &offset, bytes, 4), -KEBADF);
    mock_p9_check();
}

static void test_a_lax_profile_opens_files_as_directories(void)
{
    static const struct p9_profile lax = {.lax_directory = true};
    static const struct mock_p9_step script[] = {
        {"Twalk 0 1 f", "Rwalk h1 Qf"}, {"Tlopen 1 0", "Rlopen Qf d0"}, {NULL, NULL}};
    struct p9_file file;
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_file_open(&rig_client, &lax, "f", O_RDONLY | O_DIRECTORY, 0, &file), 0);
    mock_p9_check();
}

/* ---- long paths ------------------------------------------------------------------------------ */

#define SIXTEEN "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"
#define QIDS    "Rwalk h16 Qd Qd Qd Qd Qd Qd Qd Qd Qd Qd Qd Qd Qd Qd Qd Q"

static void test_a_long_path_is_walked_in_pieces_each_of_which_is_clunked(void)
{
    static const struct mock_p9_step script[] = {
        {"Twalk 0 1 " SIXTEEN, QIDS "d"}, {"Twalk 1 2 " SIXTEEN, QIDS "d"},
        {"Tclunk 1", "Rclunk"},           {"Twalk 2 1 b", "Rwalk h1 Qf"},
        {"Tclunk 2", "Rclunk"},           {"Tlopen 1 0", "Rlopen Qf d0"},
        {"Tclunk 1", "Rclunk"},           {NULL, NULL}};
    static const struct mock_p9_step missing[] = {{"Twalk 0 1 " SIXTEEN, QIDS "d"},
                                                  {"Twalk 1 2 b", "Rlerror d2"},
                                                  {"Tclunk 1", "Rclunk"},
                                                  {NULL, NULL}};
    static const struct mock_p9_step exact[] = {{"Twalk 0 1 " SIXTEEN, QIDS "f"},
                                                {"Tlopen 1 0", "Rlopen Qf d0"},
                                                {"Tclunk 1", "Rclunk"},
                                                {NULL, NULL}};
    rig_connect(8192);
    CU_ASSERT_EQUAL(open_with(script, SIXTEEN "/" SIXTEEN "/b", O_RDONLY, 0), 0);
    CU_ASSERT_EQUAL(open_with(missing, SIXTEEN "/b", O_RDONLY, 0), -KENOENT);
    CU_ASSERT_EQUAL(open_with(exact, SIXTEEN, O_RDONLY, 0), 0);
    rig_check();
}

static void test_what_stands_between_two_pieces_is_looked_at(void)
{
    static const struct mock_p9_step link[] = {
        {"Twalk 0 1 " SIXTEEN, QIDS "l"}, {"Tclunk 1", "Rclunk"}, {NULL, NULL}};
    static const struct mock_p9_step file[] = {
        {"Twalk 0 1 " SIXTEEN, QIDS "f"}, {"Tclunk 1", "Rclunk"}, {NULL, NULL}};
    rig_connect(8192);
    CU_ASSERT_EQUAL(open_with(link, SIXTEEN "/b", O_RDONLY, 0), -KELOOP);
    CU_ASSERT_EQUAL(open_with(file, SIXTEEN "/b", O_RDONLY, 0), -KENOTDIR);
    rig_check();
}

static void test_a_name_that_is_too_long_is_not_sent(void)
{
    static const struct mock_p9_step none[] = {{NULL, NULL}};
    static const struct mock_p9_step first[] = {
        {"Twalk 0 1 " SIXTEEN, QIDS "d"}, {"Tclunk 1", "Rclunk"}, {NULL, NULL}};
    char path[400];
    rig_connect(8192);
    snprintf(path, sizeof path, "%0256d", 0);
    CU_ASSERT_EQUAL(open_with(none, path, O_RDONLY | O_CREAT, 0), -KENAMETOOLONG);
    snprintf(path, sizeof path, SIXTEEN "/%0256d", 0);
    CU_ASSERT_EQUAL(open_with(first, path, O_RDONLY, 0), -KENAMETOOLONG);
    rig_check();
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static void test_a_read_asks_until_it_has_all_or_a_reply_is_short(void)
{
    static const struct mock_p9_step script[] = {
        {"Tread 1 100 4", "Rread x:abcd"}, {"Tread 1 104 4", "Rread x:ef"}, {NULL, NULL}};
    static const struct mock_p9_step exact[] = {
        {"Tread 1 0 4", "Rread x:abcd"}, {"Tread 1 4 2", "Rread x:ef"}, {NULL, NULL}};
    static const struct mock_p9_step broken[] = {
        {"Tread 1 0 4", "Rread x:abcd"}, {"Tread 1 4 4", "Rlerror d5"}, {NULL, NULL}};
    char bytes[16];
    rig_connect(8192);
    struct p9_file file = open_file(O_RDONLY, "0", "Rwalk h1 Qf");
    file.io_max = 4;
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_file_read(&file, 100, bytes, sizeof bytes), 6);
    CU_ASSERT_EQUAL(memcmp(bytes, "abcdef", 6), 0);
    mock_p9_script(exact);
    CU_ASSERT_EQUAL(p9_file_read(&file, 0, bytes, 6), 6);
    mock_p9_script(broken);
    CU_ASSERT_EQUAL(p9_file_read(&file, 0, bytes, sizeof bytes), 4); /* what there was before */
    CU_ASSERT_EQUAL(p9_file_write(&file, &(uint64_t){0}, bytes, 1), -KEBADF);
    mock_p9_check();
}

static void test_a_write_goes_on_until_all_is_taken(void)
{
    static const struct mock_p9_step script[] = {
        {"Twrite 1 7 'abcd'", "Rwrite d3"}, {"Twrite 1 10 'def'", "Rwrite d3"}, {NULL, NULL}};
    static const struct mock_p9_step full[] = {
        {"Twrite 1 0 'abcd'", "Rwrite d4"}, {"Twrite 1 4 'ef'", "Rlerror d28"}, {NULL, NULL}};
    static const struct mock_p9_step none[] = {{"Twrite 1 4 'a'", "Rwrite d0"}, {NULL, NULL}};
    char bytes[4];
    uint64_t offset = 7;
    rig_connect(8192);
    struct p9_file file = open_file(O_WRONLY, "1", "Rwalk h1 Qf");
    file.io_max = 4;
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_file_write(&file, &offset, "abcdef", 6), 6);
    CU_ASSERT_EQUAL(offset, 13);
    offset = 0;
    mock_p9_script(full);
    CU_ASSERT_EQUAL(p9_file_write(&file, &offset, "abcdef", 6), 4);
    CU_ASSERT_EQUAL(offset, 4);
    mock_p9_script(none);
    CU_ASSERT_EQUAL(p9_file_write(&file, &offset, "a", 1), -KEIO);
    CU_ASSERT_EQUAL(p9_file_read(&file, 0, bytes, 1), -KEBADF);
    mock_p9_check();
}

static void test_what_is_appended_goes_behind_the_end_that_the_server_knows(void)
{
    static const struct mock_p9_step script[] = {
        {"Tgetattr 1 2047", "Rgetattr q2047 Qf d33188 d0 d0 q1 q0 q1000 q4096 q8 q0 q0 q0 q0 "
                            "q0 q0 q0 q0 q0 q0"},
        {"Twrite 1 1000 'abc'", "Rwrite d3"},
        {NULL, NULL}};
    uint64_t offset = 3;
    rig_connect(8192);
    struct p9_file file = open_file(O_WRONLY | O_APPEND, "1025", "Rwalk h1 Qf");
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_file_write(&file, &offset, "abc", 3), 3);
    CU_ASSERT_EQUAL(offset, 1003);
    mock_p9_check();
}

/* ---- directories ----------------------------------------------------------------------------- */

/* The names of the records, each with a space behind it. */
static void names_of(const void *buffer, long size, char *text)
{
    struct kernel_dirent64 record;
    const char *name;
    size_t at = 0;
    *text = '\0';
    while (at < (size_t)size && (name = dirent_next(buffer, (size_t)size, &at, &record)) != NULL)
        strcat(strcat(text, name), " ");
}

#define ENTRY(offset, name) "Qf q" #offset " b8 s:" name

static void test_a_directory_that_does_not_fit_goes_on_where_it_stopped(void)
{
    static const struct mock_p9_step script[] = {
        {"Treaddir 1 0 279", "Rreaddir d75 " ENTRY(1, "a") " " ENTRY(2, "b") " " ENTRY(3, "c")},
        {"Treaddir 1 2 279", "Rreaddir d25 " ENTRY(3, "c")},
        {"Treaddir 1 3 279", "Rreaddir d0"},
        {NULL, NULL}};
    char buffer[48], text[64]; /* room for two */
    uint64_t offset = 0;
    rig_connect(8192);
    struct p9_file file = open_file(O_RDONLY | O_DIRECTORY, "0", "Rwalk h1 Qd");
    mock_p9_script(script);
    long size = p9_file_list(&file, &offset, buffer, sizeof buffer);
    names_of(buffer, size, text);
    CU_ASSERT_STRING_EQUAL(text, "a b ");
    CU_ASSERT_EQUAL(offset, 2);
    size = p9_file_list(&file, &offset, buffer, sizeof buffer);
    names_of(buffer, size, text);
    CU_ASSERT_STRING_EQUAL(text, "c ");
    CU_ASSERT_EQUAL(p9_file_list(&file, &offset, buffer, sizeof buffer), 0);
    mock_p9_check();
}

static void test_an_entry_that_fits_nowhere_is_an_error_and_not_the_end(void)
{
    static const struct mock_p9_step script[] = {
        {"Treaddir 1 0 279", "Rreaddir d25 " ENTRY(1, "a")}, {NULL, NULL}};
    char buffer[23];
    uint64_t offset = 0;
    rig_connect(8192);
    struct p9_file file = open_file(O_RDONLY, "0", "Rwalk h1 Qd");
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_file_list(&file, &offset, buffer, sizeof buffer), -KEINVAL);
    CU_ASSERT_EQUAL(offset, 0);
    mock_p9_check();
}

static void test_names_that_could_be_none_are_passed_over(void)
{
    static const struct mock_p9_step script[] = {
        {"Treaddir 1 0 1024", "Rreaddir d51 " ENTRY(1, "a/b") " " ENTRY(2, "")},
        {"Treaddir 1 2 1024", "Rreaddir d25 " ENTRY(3, "c")},
        {"Treaddir 1 3 1024", "Rreaddir d30 " ENTRY(4, "d")}, /* more than there is */
        {NULL, NULL}};
    char buffer[1024], text[64];
    uint64_t offset = 0;
    rig_connect(8192);
    struct p9_file file = open_file(O_RDONLY, "0", "Rwalk h1 Qd");
    mock_p9_script(script);
    long size = p9_file_list(&file, &offset, buffer, sizeof buffer);
    names_of(buffer, size, text);
    CU_ASSERT_STRING_EQUAL(text, "c ");
    CU_ASSERT_EQUAL(p9_file_list(&file, &offset, buffer, sizeof buffer), -KEIO);
    CU_ASSERT_EQUAL(offset, 3);
    mock_p9_check();
}

static void test_a_directory_with_nothing_but_such_names_has_an_end(void)
{
    static const struct mock_p9_step same = {"Treaddir 1 1 1024", "Rreaddir d27 " ENTRY(1, "a/b")};
    struct mock_p9_step script[P9_NAMELESS_MAX + 1] = {
        {"Treaddir 1 0 1024", "Rreaddir d27 " ENTRY(1, "a/b")}};
    char buffer[1024];
    uint64_t offset = 0;
    for (unsigned i = 1; i < P9_NAMELESS_MAX; i++)
        script[i] = same;
    rig_connect(8192);
    struct p9_file file = open_file(O_RDONLY, "0", "Rwalk h1 Qd");
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_file_list(&file, &offset, buffer, sizeof buffer), -KEIO);
    CU_ASSERT_EQUAL(offset, 0);
    mock_p9_script(NULL);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void test_names_are_changed_in_their_directory_which_is_clunked(void)
{
    static const struct mock_p9_step script[] = {{"Twalk 0 1 d", "Rwalk h1 Qd"},
                                                 {"Tunlinkat 1 'f' 0", "Rlerror d2"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {"Twalk 0 1", "Rwalk h0"},
                                                 {"Tunlinkat 1 'd' 512", "Runlinkat"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {"Twalk 0 1", "Rwalk h0"},
                                                 {"Tmkdir 1 'd' 16877 0", "Rmkdir Qd"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {"Twalk 0 1 d", "Rwalk h1 Qd"},
                                                 {"Tsymlink 1 'l' '../x' 0", "Rsymlink Ql"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {NULL, NULL}};
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_path_remove(&rig_client, "d/f", false), -KENOENT);
    CU_ASSERT_EQUAL(p9_path_remove(&rig_client, "d", true), 0);
    CU_ASSERT_EQUAL(p9_path_mkdir(&rig_client, "d", 0755), 0);
    CU_ASSERT_EQUAL(p9_path_symlink(&rig_client, "../x", "d/l"), 0);
    rig_check();
}

static void test_a_rename_clunks_both_directories_whatever_comes_of_it(void)
{
    static const struct mock_p9_step script[] = {{"Twalk 0 1 d", "Rwalk h1 Qd"},
                                                 {"Twalk 0 2 e", "Rwalk h1 Qd"},
                                                 {"Trenameat 1 'a' 2 'b'", "Rlerror d39"},
                                                 {"Tclunk 2", "Rclunk"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {"Twalk 0 1 d", "Rwalk h1 Qd"},
                                                 {"Twalk 0 2 e", "Rlerror d2"},
                                                 {"Tclunk 1", "Rclunk"},
                                                 {NULL, NULL}};
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_path_rename(&rig_client, "d/a", "e/b", 0), -KENOTEMPTY);
    CU_ASSERT_EQUAL(p9_path_rename(&rig_client, "d/a", "e/b", 0), -KENOENT);
    CU_ASSERT_EQUAL(p9_path_rename(&rig_client, "d/a", "e/b", RENAME_NOREPLACE), -KEINVAL);
    rig_check();
}

static void test_a_link_names_what_was_walked_to(void)
{
    static const struct mock_p9_step script[] = {
        {"Twalk 0 1 f", "Rwalk h1 Qf"}, {"Twalk 0 2 d", "Rwalk h1 Qd"},
        {"Tlink 2 1 'g'", "Rlink"},     {"Tclunk 2", "Rclunk"},
        {"Tclunk 1", "Rclunk"},         {"Twalk 0 1 f", "Rwalk h1 Qf"},
        {"Twalk 0 2 f", "Rwalk h1 Qf"}, {"Tclunk 2", "Rclunk"},
        {"Tclunk 1", "Rclunk"},         {NULL, NULL}};
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_path_link(&rig_client, "f", "d/g"), 0);
    CU_ASSERT_EQUAL(p9_path_link(&rig_client, "f", "f/g"), -KENOTDIR);
    rig_check();
}

UNIT_SUITE("p9_files", UNIT_TEST(test_a_file_that_is_there_is_walked_to_and_opened),
           UNIT_TEST(test_flags_that_are_about_making_are_not_said_to_what_is_there),
           UNIT_TEST(test_what_is_not_there_is_made_and_not_opened_again),
           UNIT_TEST(test_what_cannot_be_opened_leaves_no_fid),
           UNIT_TEST(test_how_far_a_walk_came_says_why_it_stopped),
           UNIT_TEST(test_a_link_at_the_end_is_opened_as_itself_only),
           UNIT_TEST(test_a_file_of_o_path_is_not_opened_and_made_in_no_case),
           UNIT_TEST(test_a_lax_profile_opens_files_as_directories),
           UNIT_TEST(test_a_long_path_is_walked_in_pieces_each_of_which_is_clunked),
           UNIT_TEST(test_what_stands_between_two_pieces_is_looked_at),
           UNIT_TEST(test_a_name_that_is_too_long_is_not_sent),
           UNIT_TEST(test_a_read_asks_until_it_has_all_or_a_reply_is_short),
           UNIT_TEST(test_a_write_goes_on_until_all_is_taken),
           UNIT_TEST(test_what_is_appended_goes_behind_the_end_that_the_server_knows),
           UNIT_TEST(test_a_directory_that_does_not_fit_goes_on_where_it_stopped),
           UNIT_TEST(test_an_entry_that_fits_nowhere_is_an_error_and_not_the_end),
           UNIT_TEST(test_names_that_could_be_none_are_passed_over),
           UNIT_TEST(test_a_directory_with_nothing_but_such_names_has_an_end),
           UNIT_TEST(test_names_are_changed_in_their_directory_which_is_clunked),
           UNIT_TEST(test_a_rename_clunks_both_directories_whatever_comes_of_it),
           UNIT_TEST(test_a_link_names_what_was_walked_to))
