/* ledger_files_test.c - which bytes of files are progress, and which were had before */
#include "harness/diagnosis/rules_rig.h"

#define FD        3
#define BLOCK     UINT64_C(4096)
#define TMP_FILE  UINT64_C(0x40500000)
#define OTHER     UINT64_C(0x40500100)
#define APPENDS   02000
#define TRUNCATES 01000

static const char *word(const struct rig *rig, const char *text)
{
    return trace_intern(rig->trace, text);
}

/* Whether the ledger took it for progress. */
static bool call_with(const struct rig *rig, uint32_t task, const char *name, uint64_t a0,
                      uint64_t a1, uint64_t a3, int64_t result)
{
    uint64_t before = rig->ledger->progress;
    trace_emit(rig->trace, TRACE_CALL_ENTERED, TN(task), TS(word(rig, name)), TN(a0), TN(a1),
               TN(BLOCK), TN(a3));
    trace_emit(rig->trace, TRACE_CALL_RETURNED, TN(task), TS(word(rig, name)), TN(result));
    return rig->ledger->progress != before;
}

static bool call(const struct rig *rig, const char *name, int64_t result)
{
    return call_with(rig, RIG_PING, name, FD, 0, 0, result);
}

static void open_as(const struct rig *rig, uint32_t task, uint64_t descriptor, uint64_t object,
                    unsigned flags)
{
    trace_emit(rig->trace, TRACE_CALL_ENTERED, TN(task), TS(word(rig, "openat")), TN(0), TN(0),
               TN(flags), TN(0));
    trace_emit(rig->trace, TRACE_CALL_TOLD, TN(task), TN(descriptor), TS(word(rig, "file")),
               TN(object));
    trace_emit(rig->trace, TRACE_CALL_RETURNED, TN(task), TS(word(rig, "openat")), TN(descriptor));
}

static void begin(struct rig *rig)
{
    rig_open(rig, "sha256sum /tmp/file");
    open_as(rig, RIG_PING, FD, TMP_FILE, 0);
}

static void pass(const struct rig *rig, const char *name, unsigned blocks, bool is_progress)
{
    for (unsigned i = 0; i < blocks; i++) {
        CU_ASSERT_EQUAL(call(rig, name, BLOCK), is_progress);
    }
}

static void test_each_byte_of_a_file_is_progress_once(void)
{
    struct rig rig;
    begin(&rig);
    pass(&rig, "read", 100, true);
    CU_ASSERT_FALSE(call(&rig, "read", 0)); /* the end */
    CU_ASSERT_FALSE(call(&rig, "lseek", 0));
    pass(&rig, "read", 100, false);
    CU_ASSERT_TRUE(call(&rig, "readv", BLOCK)); /* it has grown */
    rig_close(&rig);
}

static void test_the_same_file_opened_again_is_the_same(void)
{
    struct rig rig;
    begin(&rig);
    pass(&rig, "read", 2, true);
    open_as(&rig, RIG_PING, FD + 1, TMP_FILE, 0);
    CU_ASSERT_FALSE(call_with(&rig, RIG_PING, "read", FD + 1, 0, 0, BLOCK));
    open_as(&rig, RIG_PING, FD + 1, OTHER, 0);
    CU_ASSERT_TRUE(call_with(&rig, RIG_PING, "read", FD + 1, 0, 0, BLOCK));
    open_as(&rig, RIG_NETD, FD, TMP_FILE, 0);
    CU_ASSERT_TRUE(call_with(&rig, RIG_NETD, "read", FD, 0, 0, BLOCK));
    rig_close(&rig);
}

static void test_what_else_gets_somewhere_lets_files_be_read_again(void)
{
    struct rig rig;
    begin(&rig);
    pass(&rig, "read", 2, true);
    (void)call(&rig, "lseek", 0);
    CU_ASSERT_FALSE(call(&rig, "read", BLOCK));
    trace_emit(rig.trace, TRACE_PROGRAM_OUTPUT, TN(1), TS("digest"));
    (void)call(&rig, "lseek", 0);
    pass(&rig, "read", 2, true);
    rig_close(&rig);
}

static void test_places_may_come_in_any_order(void)
{
    struct rig rig;
    begin(&rig);
    for (uint64_t at = 100; at > 0; at--) {
        CU_ASSERT_TRUE(call_with(&rig, RIG_PING, "pread64", FD, 0, (at - 1) * BLOCK, BLOCK));
    }
    CU_ASSERT_FALSE(call_with(&rig, RIG_PING, "pread64", FD, 0, 0, BLOCK));
    rig_close(&rig);
}

/* A program that waits for a file to change, and never lets anybody change it. */
static void test_the_same_place_again_is_nothing(void)
{
    struct rig rig;
    begin(&rig);
    CU_ASSERT_TRUE(call_with(&rig, RIG_PING, "pread64", FD, 0, 0, 8));
    CU_ASSERT_FALSE(call_with(&rig, RIG_PING, "pread64", FD, 0, 0, 8));
    CU_ASSERT_TRUE(call_with(&rig, RIG_PING, "pwrite64", FD, 0, 0, 8));
    CU_ASSERT_FALSE(call_with(&rig, RIG_PING, "pwrite64", FD, 0, 0, 8));
    rig_close(&rig);
}

/* A kernel that does not move the file's place gives its first block for ever. */
static void test_a_file_that_does_not_fit_into_memory_stands_still(void)
{
    struct rig rig;
    begin(&rig);
    ledger_set_memory(rig.ledger, 100 * BLOCK);
    pass(&rig, "read", 100, true);
    pass(&rig, "read", 100, false);
    rig_close(&rig);
}

static void test_writing_counts_for_itself(void)
{
    struct rig rig;
    begin(&rig);
    pass(&rig, "read", 10, true);
    (void)call(&rig, "lseek", 0);
    pass(&rig, "write", 10, true);
    (void)call(&rig, "lseek", 0);
    pass(&rig, "writev", 10, false);
    pass(&rig, "getdents64", 10, true); /* behind what was written */
    rig_close(&rig);
}

static void test_what_is_appended_makes_the_file_longer(void)
{
    struct rig rig;
    begin(&rig);
    for (unsigned i = 0; i < 10; i++) {
        open_as(&rig, RIG_PING, FD, TMP_FILE, APPENDS);
        CU_ASSERT_TRUE(call(&rig, "write", 8));
        (void)call(&rig, "close", 0);
    }
    for (unsigned i = 0; i < 10; i++) {
        open_as(&rig, RIG_PING, FD, TMP_FILE, APPENDS | TRUNCATES);
        CU_ASSERT_FALSE(call(&rig, "write", 8));
        CU_ASSERT_FALSE(call_with(&rig, RIG_PING, "ftruncate", FD, 0, 0, 0));
        CU_ASSERT_FALSE(call(&rig, "write", 8));
    }
    rig_close(&rig);
}

static void test_only_what_the_guest_tells_of_is_followed(void)
{
    struct rig rig;
    rig_open(&rig, "curl http://10.0.2.2/");
    pass(&rig, "read", 3, false);
    open_as(&rig, RIG_PING, FD, TMP_FILE, 0);
    CU_ASSERT_FALSE(call_with(&rig, RIG_PING, "read", FD + 1, 0, 0, BLOCK));
    CU_ASSERT_FALSE(call(&rig, "read", -11));
    (void)call(&rig, "close", 0);
    pass(&rig, "read", 3, false);
    rig_close(&rig);
}

static void test_more_files_than_are_kept_are_forgotten_and_not_mixed_up(void)
{
    struct rig rig;
    rig_open(&rig, "sha256sum -r /tmp");
    for (uint64_t i = 0; i < 5000; i++) {
        open_as(&rig, RIG_PING, FD + i, TMP_FILE + i, 0);
        CU_ASSERT_TRUE(call_with(&rig, RIG_PING, "read", FD + i, 0, 0, BLOCK));
        CU_ASSERT_FALSE(call_with(&rig, RIG_PING, "pread64", FD + i, 0, 0, BLOCK));
    }
    rig_close(&rig);
}

UNIT_SUITE("ledger_files", UNIT_TEST(test_each_byte_of_a_file_is_progress_once),
           UNIT_TEST(test_the_same_file_opened_again_is_the_same),
           UNIT_TEST(test_what_else_gets_somewhere_lets_files_be_read_again),
           UNIT_TEST(test_places_may_come_in_any_order),
           UNIT_TEST(test_the_same_place_again_is_nothing),
           UNIT_TEST(test_a_file_that_does_not_fit_into_memory_stands_still),
           UNIT_TEST(test_writing_counts_for_itself),
           UNIT_TEST(test_what_is_appended_makes_the_file_longer),
           UNIT_TEST(test_only_what_the_guest_tells_of_is_followed),
           UNIT_TEST(test_more_files_than_are_kept_are_forgotten_and_not_mixed_up))
