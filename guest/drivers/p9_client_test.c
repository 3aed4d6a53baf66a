/* p9_client_test.c - the client's half of a session, against a server that follows a script */
#include "drivers/p9_rig.h"

#define VERSION "Tversion 8192 '9P2000.L'"

static const struct p9_name a_txt = {"a.txt", 5};

/* ---- sessions -------------------------------------------------------------------------------- */

static void test_a_session_takes_the_smaller_message_size(void)
{
    rig_connect(4096);
    CU_ASSERT_EQUAL(p9_root(&rig_client), 0);
    CU_ASSERT_EQUAL(p9_io_max(&rig_client), 4096 - 24);
    CU_ASSERT_EQUAL(p9_connect(&rig_client), 0); /* without a word */
    rig_check();
}

static void expect_no_session(const char *version, const char *attached, int error)
{
    const struct mock_p9_step script[] = {
        {VERSION, version}, {attached != NULL ? RIG_ATTACH : NULL, attached}, {NULL, NULL}};
    rig_reset();
    CU_ASSERT_EQUAL(rig_open(), 0);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_connect(&rig_client), error);
    rig_check();
}

static void test_a_server_that_offers_no_session_is_told_apart(void)
{
    expect_no_session("Rversion d8192 s:unknown", NULL, -KEPROTONOSUPPORT);
    expect_no_session("Rversion d8192 s:9P2000", NULL, -KEPROTONOSUPPORT);
    expect_no_session("Rversion d8193 s:9P2000.L", NULL, -KEIO);
    expect_no_session("Rversion d4095 s:9P2000.L", NULL, -KEIO);
    expect_no_session("Rlerror d95", NULL, -KEOPNOTSUPP);
    expect_no_session("Rversion d8192 s:9P2000.L", "Rlerror d13", -KEACCES);
    expect_no_session("Rversion d8192 s:9P2000.L", "Rattach Qf", -KENOTDIR);
}

static void test_a_session_that_was_not_had_is_asked_for_again(void)
{
    static const struct mock_p9_step script[] = {{VERSION, "Rversion d8192 s:9P2000.L"},
                                                 {RIG_ATTACH, "Rlerror d11"},
                                                 {VERSION, "Rversion d8192 s:9P2000.L"},
                                                 {"Tattach 4096 4294967295 '' '' 0", "Rattach Qd"},
                                                 {NULL, NULL}};
    rig_reset();
    CU_ASSERT_EQUAL(rig_open(), 0);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_connect(&rig_client), -KEAGAIN);
    CU_ASSERT_EQUAL(p9_connect(&rig_client), 0);
    rig_check();
}

static void test_fids_of_a_session_that_is_over_are_not_said_to_the_next_one(void)
{
    static const struct mock_p9_step walk[] = {{"Twalk 0 1 a.txt", "Rwalk h1 Qf"}, {NULL, NULL}};
    static const struct mock_p9_step anew[] = {{VERSION, "Rversion d8192 s:9P2000.L"},
                                               {"Tattach 4096 4294967295 '' '' 0", "Rattach Qd"},
                                               {NULL, NULL}};
    struct p9_qid qid;
    unsigned walked;
    uint32_t fid, io_max;
    rig_connect(8192);
    mock_p9_script(walk);
    CU_ASSERT_EQUAL(p9_walk(&rig_client, 0, &a_txt, 1, &qid, &walked, &fid), 0);
    virtio_9p_break(&rig_channel, "a test says so");
    CU_ASSERT_EQUAL(p9_lopen(&rig_client, fid, 0, &io_max), -KEIO);
    mock_p9_script(anew);
    CU_ASSERT_EQUAL(p9_connect(&rig_client), 0);
    CU_ASSERT_EQUAL(p9_lopen(&rig_client, fid, 0, &io_max), -KESTALE);
    CU_ASSERT_EQUAL(p9_clunk(&rig_client, fid), -KESTALE);
    rig_check();
}

/* ---- tags ------------------------------------------------------------------------------------ */

static void test_tags_count_up_and_none_is_notag(void)
{
    static const struct mock_p9_step script[] = {
        {"Tclunk 0", "Rclunk"}, {"Tfsync 0 0", "Rfsync"}, {"Tfsync 0 0", "Rfsync"}, {NULL, NULL}};
    rig_connect(8192);
    rig_client.next_tag = 0xfffe;
    mock_p9_script(script);
    (void)p9_clunk(&rig_client, 0);
    CU_ASSERT_EQUAL(mock_p9.tag, 0xfffe);
    CU_ASSERT_EQUAL(p9_fsync(&rig_client, 0), 0);
    CU_ASSERT_EQUAL(mock_p9.tag, 0);
    CU_ASSERT_EQUAL(p9_fsync(&rig_client, 0), 0);
    CU_ASSERT_EQUAL(mock_p9.tag, 1);
    rig_check();
}

static void test_a_message_without_an_answer_is_flushed_and_its_tag_not_used(void)
{
    static const struct mock_p9_step script[] = {
        {"Tfsync 0 0", NULL}, {"Tflush 1", "Rflush"}, {"Tfsync 0 0", "Rfsync"}, {NULL, NULL}};
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_fsync(&rig_client, 0), -KETIMEDOUT);
    CU_ASSERT_EQUAL(rig_channel.queue.chains, 2);
    rig_client.next_tag = 1;
    CU_ASSERT_EQUAL(p9_fsync(&rig_client, 0), 0);
    CU_ASSERT_EQUAL(mock_p9.tag, 3); /* 1 is on its way, and 2 was the flush's */
    CU_ASSERT_EQUAL(rig_channel.queue.chains, 1);
    mock_p9_answer_late("Rfsync");
    struct virtio_9p_request *request;
    CU_ASSERT_EQUAL(virtio_9p_acquire(&rig_channel, &request), 0);
    virtio_9p_release(&rig_channel, request);
    rig_check();
}

/* ---- replies that are none ------------------------------------------------------------------- */

static void expect_of_fsync(const char *reply, int result, uint64_t rejected)
{
    const struct mock_p9_step script[] = {{"Tfsync 0 0", reply}, {NULL, NULL}};
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_fsync(&rig_client, 0), result);
    CU_ASSERT_EQUAL(fake_hal_counter("hostshare.rejected"), rejected);
    rig_check();
}

static void test_a_reply_counts_when_it_answers_the_message(void)
{
    expect_of_fsync("Rfsync", 0, 0);
    expect_of_fsync("!Rfsync", -KEIO, 1);
    expect_of_fsync("~Rfsync", -KEIO, 1);
    expect_of_fsync("^Rfsync", -KEIO, 1);
    expect_of_fsync("Rclunk", -KEIO, 1);
    expect_of_fsync("Rfsync d1", -KEIO, 1);
}

static void test_an_error_is_the_servers_own(void)
{
    expect_of_fsync("Rlerror d21", -KEISDIR, 0);
    expect_of_fsync("Rlerror d1", -KEPERM, 0);
    expect_of_fsync("Rlerror d4095", -4095, 0);
    expect_of_fsync("Rlerror d0", -KEIO, 1);
    expect_of_fsync("Rlerror d4096", -KEIO, 1);
    expect_of_fsync("Rlerror d4294967274", -KEIO, 1);
    expect_of_fsync("!Rlerror d13", -KEIO, 1);
    expect_of_fsync("Rlerror d13 b0", -KEIO, 1);
}

/* ---- walks ----------------------------------------------------------------------------------- */

static int walk(const char *reply, unsigned *walked, uint32_t *fid)
{
    static const struct p9_name names[] = {{"a", 1}, {"b", 1}};
    const struct mock_p9_step script[] = {{"Twalk 0 1 a/b", reply}, {NULL, NULL}};
    struct p9_qid qids[2];
    mock_p9_script(script);
    int error = p9_walk(&rig_client, 0, names, 2, qids, walked, fid);
    mock_p9_script(NULL);
    return error;
}

static void test_a_walk_that_stops_leaves_no_fid(void)
{
    unsigned walked;
    uint32_t fid;
    rig_connect(8192);
    CU_ASSERT_EQUAL(walk("Rlerror d2", &walked, &fid), -KENOENT);
    CU_ASSERT_EQUAL(walk("Rwalk h1 Qd", &walked, &fid), 0);
    CU_ASSERT_EQUAL(walked, 1);
    CU_ASSERT_EQUAL(walk("Rwalk h2 Qd Qf", &walked, &fid), 0); /* the number is free again */
    CU_ASSERT_EQUAL(walked, 2);
    CU_ASSERT_EQUAL(fid, 1);
    rig_check();
}

static void test_a_walk_goes_no_further_than_it_was_asked_to(void)
{
    unsigned walked;
    uint32_t fid;
    rig_connect(8192);
    CU_ASSERT_EQUAL(walk("Rwalk h3 Qd Qd Qf", &walked, &fid), -KEIO);
    rig_check();
}

static void expect_that_nobody_knows(const char *reply)
{
    static const struct mock_p9_step again[] = {{"Twalk 0 2", "Rwalk h0"}, {NULL, NULL}};
    unsigned walked;
    uint32_t fid;
    rig_connect(8192);
    CU_ASSERT_EQUAL(walk(reply, &walked, &fid), -KEIO);
    mock_p9_script(again);
    CU_ASSERT_EQUAL(p9_walk(&rig_client, 0, NULL, 0, NULL, &walked, &fid), 0);
    CU_ASSERT_EQUAL(fid, 2);
    rig_check();
}

static void test_a_fid_of_which_nobody_knows_is_not_used_again(void)
{
    expect_that_nobody_knows("!Rwalk h2 Qd Qf");
    expect_that_nobody_knows("Rwalk h2 Qd");
    expect_that_nobody_knows("Rwalk h2 Qd Qf b0");
    expect_that_nobody_knows("Rlerror d0");
}

static void test_fids_run_out_and_come_back(void)
{
    static char messages[P9_FIDS_MAX][24];
    static struct mock_p9_step script[P9_FIDS_MAX];
    unsigned walked;
    uint32_t fid;
    rig_connect(8192);
    for (unsigned i = 1; i < P9_FIDS_MAX; i++) {
        snprintf(messages[i], sizeof messages[i], "Twalk 0 %u", i);
        script[i - 1] = (struct mock_p9_step){messages[i], "Rwalk h0"};
    }
    mock_p9_script(script);
    for (unsigned i = 1; i < P9_FIDS_MAX; i++)
        CU_ASSERT_EQUAL(p9_walk(&rig_client, 0, NULL, 0, NULL, &walked, &fid), 0);
    CU_ASSERT_EQUAL(p9_walk(&rig_client, 0, NULL, 0, NULL, &walked, &fid), -KEMFILE);
    static const struct mock_p9_step one[] = {
        {"Tclunk 77", "Rclunk"}, {"Twalk 0 77", "Rwalk h0"}, {NULL, NULL}};
    mock_p9_script(one);
    CU_ASSERT_EQUAL(p9_clunk(&rig_client, 77), 0);
    CU_ASSERT_EQUAL(p9_walk(&rig_client, 0, NULL, 0, NULL, &walked, &fid), 0);
    rig_check();
}

static void test_a_fid_whose_clunk_was_not_sent_is_not_used_again(void)
{
    static const struct mock_p9_step before[] = {{"Twalk 0 1", "Rwalk h0"}, {NULL, NULL}};
    static const struct mock_p9_step again[] = {{"Twalk 0 2", "Rwalk h0"}, {NULL, NULL}};
    struct virtio_9p_request *requests[V9P_REQUESTS_MAX];
    unsigned walked;
    uint32_t fid;
    rig_connect(8192);
    mock_p9_script(before);
    CU_ASSERT_EQUAL(p9_walk(&rig_client, 0, NULL, 0, NULL, &walked, &fid), 0);
    for (unsigned i = 0; i < rig_channel.request_count; i++)
        CU_ASSERT_EQUAL_FATAL(virtio_9p_acquire(&rig_channel, &requests[i]), 0);
    CU_ASSERT_EQUAL(p9_clunk(&rig_client, fid), -KETIMEDOUT);
    for (unsigned i = 0; i < rig_channel.request_count; i++)
        virtio_9p_release(&rig_channel, requests[i]);
    mock_p9_script(again);
    CU_ASSERT_EQUAL(p9_walk(&rig_client, 0, NULL, 0, NULL, &walked, &fid), 0);
    rig_check();
}

static void test_a_clunk_that_fails_ends_the_fid_all_the_same(void)
{
    static const struct mock_p9_step script[] = {{"Twalk 0 1", "Rwalk h0"},
                                                 {"Tclunk 1", "Rlerror d5"},
                                                 {"Twalk 0 1", "Rwalk h0"},
                                                 {NULL, NULL}};
    unsigned walked;
    uint32_t fid;
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_walk(&rig_client, 0, NULL, 0, NULL, &walked, &fid), 0);
    CU_ASSERT_EQUAL(p9_clunk(&rig_client, fid), -KEIO);
    CU_ASSERT_EQUAL(p9_walk(&rig_client, 0, NULL, 0, NULL, &walked, &fid), 0);
    rig_check();
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static void test_reads_and_writes_are_cut_to_the_message_size(void)
{
    static const unsigned sizes[] = {4096, 4097, 8191, 8192};
    static uint8_t bytes[2 * RIG_MSIZE];
    for (unsigned i = 0; i < 4; i++) {
        char read[64], written[64];
        unsigned most = sizes[i] - 24;
        const struct mock_p9_step script[] = {{read, "Rread x:hello"}, {NULL, NULL}};
        const struct mock_p9_step writes[] = {{"Twrite 0 0 ''", "Rwrite d0"}, {NULL, NULL}};
        rig_connect(sizes[i]);
        snprintf(read, sizeof read, "Tread 0 5000000000 %u", most);
        snprintf(written, sizeof written, "Rwrite d%u", most);
        mock_p9_script(script);
        CU_ASSERT_EQUAL(p9_read(&rig_client, 0, 5000000000, bytes, sizeof bytes), 5);
        CU_ASSERT_EQUAL(memcmp(bytes, "hello", 5), 0);
        mock_p9_script(writes);
        memset(bytes, 0, sizeof bytes); /* which a script sees as nothing */
        (void)p9_write(&rig_client, 0, 0, bytes, sizeof bytes);
        CU_ASSERT_EQUAL(mock_p9.size, sizes[i] - 24 + 23);
        rig_check();
    }
}

static void test_more_bytes_than_were_asked_for_are_refused(void)
{
    static const struct mock_p9_step script[] = {{"Tread 0 0 4", "Rread x:hello"},
                                                 {"Twrite 0 0 'hi'", "Rwrite d3"},
                                                 {"Tread 0 0 4", "Rread d4 +abc"},
                                                 {NULL, NULL}};
    char bytes[8] = "";
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_read(&rig_client, 0, 0, bytes, 4), -KEIO);
    CU_ASSERT_STRING_EQUAL(bytes, "");
    CU_ASSERT_EQUAL(p9_write(&rig_client, 0, 0, "hi", 2), -KEIO);
    CU_ASSERT_EQUAL(p9_read(&rig_client, 0, 0, bytes, 4), -KEIO);
    rig_check();
}

static void test_what_is_best_for_a_file_is_the_servers_to_say_up_to_the_message(void)
{
    static const struct mock_p9_step script[] = {{"Tlopen 0 0", "Rlopen Qf d0"},
                                                 {"Tlopen 0 0", "Rlopen Qf d512"},
                                                 {"Tlopen 0 0", "Rlopen Qf d8192"},
                                                 {NULL, NULL}};
    uint32_t io_max;
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_lopen(&rig_client, 0, 0, &io_max), 0);
    CU_ASSERT_EQUAL(io_max, 8168);
    CU_ASSERT_EQUAL(p9_lopen(&rig_client, 0, 0, &io_max), 0);
    CU_ASSERT_EQUAL(io_max, 512);
    CU_ASSERT_EQUAL(p9_lopen(&rig_client, 0, 0, &io_max), 0);
    CU_ASSERT_EQUAL(io_max, 8168);
    rig_check();
}

/* ---- the other messages ---------------------------------------------------------------------- */

static void test_names_are_made_and_removed_as_they_are_given(void)
{
    static const struct mock_p9_step script[] = {{"Tmkdir 0 'a.txt' 493 0", "Rmkdir Qd"},
                                                 {"Tsymlink 0 'a.txt' 'a.txt' 0", "Rsymlink Ql"},
                                                 {"Tlink 0 0 'a.txt'", "Rlink"},
                                                 {"Trenameat 0 'a.txt' 0 'a.txt'", "Rrenameat"},
                                                 {"Tunlinkat 0 'a.txt' 512", "Runlinkat"},
                                                 {"Treadlink 0", "Rreadlink s:there"},
                                                 {NULL, NULL}};
    char target[3];
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_mkdir(&rig_client, 0, a_txt, 0755), 0);
    CU_ASSERT_EQUAL(p9_symlink(&rig_client, 0, a_txt, a_txt), 0);
    CU_ASSERT_EQUAL(p9_link(&rig_client, 0, 0, a_txt), 0);
    CU_ASSERT_EQUAL(p9_renameat(&rig_client, 0, a_txt, 0, a_txt), 0);
    CU_ASSERT_EQUAL(p9_unlinkat(&rig_client, 0, a_txt, P9_REMOVE_DIR), 0);
    CU_ASSERT_EQUAL(p9_readlink(&rig_client, 0, target, sizeof target), 3);
    CU_ASSERT_EQUAL(memcmp(target, "the", 3), 0);
    rig_check();
}

static void test_a_message_that_is_too_long_is_not_sent(void)
{
    static char text[RIG_MSIZE];
    const struct p9_name target = {text, sizeof text};
    rig_connect(8192);
    mock_p9_script(NULL);
    CU_ASSERT_EQUAL(p9_symlink(&rig_client, 0, a_txt, target), -KENAMETOOLONG);
    rig_check();
}

static void test_attributes_are_read_and_changed(void)
{
    static const struct mock_p9_step script[] = {
        {"Tgetattr 0 2047", "Rgetattr q2047 Qf d33188 d1 d2 q3 q0 q4 q4096 q8 q10 q11 q20 q21 "
                            "q30 q31 q0 q0 q0 q0"},
        {"Tsetattr 0 9 420 1 2 3 40 41 50 51", "Rsetattr"},
        {"Tstatfs 0", "Rstatfs d16914839 d4096 q1 q2 q3 q4 q5 q6 d255"},
        {NULL, NULL}};
    const struct p9_changes changes = {.valid = P9_SET_MODE | P9_SET_SIZE,
                                       .mode = 0644,
                                       .uid = 1,
                                       .gid = 2,
                                       .size = 3,
                                       .accessed = {40, 41},
                                       .modified = {50, 51}};
    struct p9_attributes got;
    struct p9_filesystem filesystem;
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(p9_getattr(&rig_client, 0, &got), 0);
    CU_ASSERT_TRUE(got.mode == 0100644 && got.uid == 1 && got.gid == 2 && got.links == 3);
    CU_ASSERT_TRUE(got.size == 4 && got.block_size == 4096 && got.blocks == 8);
    CU_ASSERT_TRUE(got.accessed.sec == 10 && got.modified.nsec == 21 && got.changed.sec == 30);
    CU_ASSERT_EQUAL(p9_setattr(&rig_client, 0, &changes), 0);
    CU_ASSERT_EQUAL(p9_statfs(&rig_client, 0, &filesystem), 0);
    CU_ASSERT_TRUE(filesystem.blocks == 1 && filesystem.files_free == 5);
    CU_ASSERT_EQUAL(filesystem.name_max, 255);
    rig_check();
}

UNIT_SUITE("p9_client", UNIT_TEST(test_a_session_takes_the_smaller_message_size),
           UNIT_TEST(test_a_server_that_offers_no_session_is_told_apart),
           UNIT_TEST(test_a_session_that_was_not_had_is_asked_for_again),
           UNIT_TEST(test_fids_of_a_session_that_is_over_are_not_said_to_the_next_one),
           UNIT_TEST(test_tags_count_up_and_none_is_notag),
           UNIT_TEST(test_a_message_without_an_answer_is_flushed_and_its_tag_not_used),
           UNIT_TEST(test_a_reply_counts_when_it_answers_the_message),
           UNIT_TEST(test_an_error_is_the_servers_own),
           UNIT_TEST(test_a_walk_that_stops_leaves_no_fid),
           UNIT_TEST(test_a_walk_goes_no_further_than_it_was_asked_to),
           UNIT_TEST(test_a_fid_of_which_nobody_knows_is_not_used_again),
           UNIT_TEST(test_fids_run_out_and_come_back),
           UNIT_TEST(test_a_fid_whose_clunk_was_not_sent_is_not_used_again),
           UNIT_TEST(test_a_clunk_that_fails_ends_the_fid_all_the_same),
           UNIT_TEST(test_reads_and_writes_are_cut_to_the_message_size),
           UNIT_TEST(test_more_bytes_than_were_asked_for_are_refused),
           UNIT_TEST(test_what_is_best_for_a_file_is_the_servers_to_say_up_to_the_message),
           UNIT_TEST(test_names_are_made_and_removed_as_they_are_given),
           UNIT_TEST(test_a_message_that_is_too_long_is_not_sent),
           UNIT_TEST(test_attributes_are_read_and_changed))
