/*
 * p9_client_errors_test.c - each message of the client, and each way in which its answer goes wrong
 *
 * The server refuses, says nothing, or answers with what is none: of whatever operation it is, the
 * caller has an error, the next one is served as if nothing had been, and no request is left.
 */
#include "drivers/p9_rig.h"

#define TEXT_MAX 256

static const struct p9_name a_txt = {"a.txt", 5};
static const uint32_t root = 0;

static long do_lopen(void)
{
    uint32_t io_max;
    return p9_lopen(&rig_client, root, 0, &io_max);
}

static long do_lcreate(void)
{
    uint32_t io_max;
    return p9_lcreate(&rig_client, root, a_txt, 1, 0644, &io_max);
}

static long do_read(void)
{
    char bytes[4];
    return p9_read(&rig_client, root, 0, bytes, sizeof bytes);
}

static long do_write(void)
{
    return p9_write(&rig_client, root, 0, "abcd", 4);
}

static long do_fsync(void)
{
    return p9_fsync(&rig_client, root);
}

static bool take_none(void *of, const struct p9_entry *entry)
{
    (void)of;
    (void)entry;
    return false;
}

static long do_readdir(void)
{
    return p9_readdir(&rig_client, root, 0, 100, take_none, NULL);
}

static long do_getattr(void)
{
    struct p9_attributes attributes;
    return p9_getattr(&rig_client, root, &attributes);
}

static long do_setattr(void)
{
    const struct p9_changes changes = {.valid = P9_SET_MODE, .mode = 0600};
    return p9_setattr(&rig_client, root, &changes);
}

static long do_statfs(void)
{
    struct p9_filesystem filesystem;
    return p9_statfs(&rig_client, root, &filesystem);
}

static long do_mkdir(void)
{
    return p9_mkdir(&rig_client, root, a_txt, 0755);
}

static long do_unlinkat(void)
{
    return p9_unlinkat(&rig_client, root, a_txt, 0);
}

static long do_renameat(void)
{
    return p9_renameat(&rig_client, root, a_txt, root, a_txt);
}

static long do_symlink(void)
{
    return p9_symlink(&rig_client, root, a_txt, a_txt);
}

static long do_link(void)
{
    return p9_link(&rig_client, root, root, a_txt);
}

static long do_readlink(void)
{
    char target[8];
    return p9_readlink(&rig_client, root, target, sizeof target);
}

static long do_walk(void)
{
    struct p9_qid qid;
    unsigned walked;
    uint32_t newfid;
    return p9_walk(&rig_client, root, &a_txt, 1, &qid, &walked, &newfid);
}

static long do_clunk(void)
{
    return p9_clunk(&rig_client, root);
}

#define RGETATTR "Rgetattr q2047 Qf d1 d1 d2 q3 q0 q4 q4096 q8 q1 q1 q2 q2 q3 q3 q0 q0 q0 q0"

static const struct operation {
    long (*call)(void);
    const char *message, *reply;
    long result; /* of that */
} operations[] = {
    {do_lopen, "Tlopen 0 0", "Rlopen Qf d0", 0},
    {do_lcreate, "Tlcreate 0 'a.txt' 1 420 0", "Rlcreate Qf d0", 0},
    {do_read, "Tread 0 0 4", "Rread x:abcd", 4},
    {do_write, "Twrite 0 0 'abcd'", "Rwrite d4", 4},
    {do_fsync, "Tfsync 0 0", "Rfsync", 0},
    {do_readdir, "Treaddir 0 0 100", "Rreaddir d0", 0},
    {do_getattr, "Tgetattr 0 2047", RGETATTR, 0},
    {do_setattr, "Tsetattr 0 1 384 0 0 0 0 0 0 0", "Rsetattr", 0},
    {do_statfs, "Tstatfs 0", "Rstatfs d1 d4096 q1 q2 q3 q4 q5 q6 d255", 0},
    {do_mkdir, "Tmkdir 0 'a.txt' 493 0", "Rmkdir Qd", 0},
    {do_unlinkat, "Tunlinkat 0 'a.txt' 0", "Runlinkat", 0},
    {do_renameat, "Trenameat 0 'a.txt' 0 'a.txt'", "Rrenameat", 0},
    {do_symlink, "Tsymlink 0 'a.txt' 'a.txt' 0", "Rsymlink Ql", 0},
    {do_link, "Tlink 0 0 'a.txt'", "Rlink", 0},
    {do_readlink, "Treadlink 0", "Rreadlink s:there", 5},
    {do_walk, "Twalk 0 1 a.txt", "Rwalk h1 Qf", 0},
    {do_clunk, "Tclunk 0", "Rclunk", 0},
};

#define OPERATIONS (sizeof operations / sizeof operations[0])

/* One that is answered as it should be, after whatever was before: nothing is left of that. */
static void expect_another(void)
{
    static const struct mock_p9_step script[] = {{"Treadlink 0", "Rreadlink s:there"},
                                                 {NULL, NULL}};
    mock_p9_script(script);
    CU_ASSERT_EQUAL(do_readlink(), 5);
    mock_p9_script(NULL);
}

static void expect(const struct operation *operation, const char *reply, long result,
                   unsigned rejected)
{
    const struct mock_p9_step script[] = {{operation->message, reply}, {NULL, NULL}};
    rig_connect(8192);
    mock_p9_script(script);
    CU_ASSERT_EQUAL(operation->call(), result);
    CU_ASSERT_EQUAL(fake_hal_counter("hostshare.rejected"), rejected);
    CU_ASSERT_EQUAL(fake_hal_counter("hostshare.timeouts"), 0);
    expect_another();
    rig_check();
}

static void test_each_message_has_its_answer(void)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        expect(&operations[i], operations[i].reply, operations[i].result, 0);
}

static void test_each_can_be_refused_for_any_reason_of_the_servers(void)
{
    static const struct {
        const char *reply;
        long error;
    } rows[] = {{"Rlerror d13", -KEACCES},
                {"Rlerror d5", -KEIO},
                {"Rlerror d1", -KEPERM},
                {"Rlerror d95", -KEOPNOTSUPP},
                {"Rlerror d4095", -4095}};
    for (size_t i = 0; i < OPERATIONS; i++) {
        for (size_t j = 0; j < sizeof rows / sizeof rows[0]; j++)
            expect(&operations[i], rows[j].reply, rows[j].error, 0);
    }
}

static void test_each_refuses_an_answer_that_is_none(void)
{
    static const char *const wrong[] = {"Rlerror d0",
                                        "Rlerror d4096",
                                        "Rlerror",
                                        "Rlerror d13 b0",
                                        "!Rlerror d13",
                                        "Rflush",
                                        "Rversion d8192 s:9P2000.L"};
    for (size_t i = 0; i < OPERATIONS; i++) {
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++)
            expect(&operations[i], wrong[j], -KEIO, 1);
    }
}

/* A foreign tag; a size that is too large; a byte less than it says; and a byte behind the end. */
static void test_each_refuses_its_own_answer_when_it_is_damaged(void)
{
    static const struct {
        const char *before, *behind;
    } damages[] = {{"!", ""}, {"~", ""}, {"^", ""}, {"", " b0"}};
    for (size_t i = 0; i < OPERATIONS; i++) {
        for (size_t j = 0; j < sizeof damages / sizeof damages[0]; j++) {
            char reply[TEXT_MAX];
            snprintf(reply, sizeof reply, "%s%s%s", damages[j].before, operations[i].reply,
                     damages[j].behind);
            expect(&operations[i], reply, -KEIO, 1);
        }
    }
}

static void test_each_ends_without_an_answer_and_is_flushed(void)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        const struct mock_p9_step script[] = {
            {operations[i].message, NULL}, {"Tflush 1", "Rflush"}, {NULL, NULL}};
        rig_connect(8192);
        mock_p9_script(script);
        CU_ASSERT_EQUAL(operations[i].call(), -KETIMEDOUT);
        CU_ASSERT_EQUAL(fake_hal_counter("hostshare.timeouts"), 1);
        mock_p9_serve();
        mock_p9_answer_late(operations[i].reply);
        expect_another();
        rig_check();
    }
}

static void test_each_fails_at_once_on_a_device_that_does_not_work(void)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        rig_connect(8192);
        mock_p9_script(NULL);
        virtio_9p_break(&rig_channel, "by the test");
        CU_ASSERT_EQUAL(operations[i].call(), -KEIO);
        CU_ASSERT_EQUAL(rig_sleeps, 2); /* for the session */
        rig_check();
    }
}

UNIT_SUITE("p9_client_errors", UNIT_TEST(test_each_message_has_its_answer),
           UNIT_TEST(test_each_can_be_refused_for_any_reason_of_the_servers),
           UNIT_TEST(test_each_refuses_an_answer_that_is_none),
           UNIT_TEST(test_each_refuses_its_own_answer_when_it_is_damaged),
           UNIT_TEST(test_each_ends_without_an_answer_and_is_flushed),
           UNIT_TEST(test_each_fails_at_once_on_a_device_that_does_not_work))
