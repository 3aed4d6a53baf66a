/*
 * p9_server_lock_test.c - Tlock and Tgetlock: what a client may lock, what it is told, what ends it
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "emu/virtio-9p/p9_lock.h"
#include "tests/unit.h"

#include <errno.h>
#include <string.h>

#define ME  1u /* processes */
#define YOU 2u

/* A file "f"; fids 2 and 3 are open on it for reading and writing. */
static void lock_init(struct p9_rig *rig)
{
    rig_init(rig, NULL);
    rig_make_file(rig, "f", "hello", 5);
    CU_ASSERT_EQUAL_FATAL(rig_open(rig, 2, "f", P9_O_RDWR), 0);
    CU_ASSERT_EQUAL_FATAL(rig_open(rig, 3, "f", P9_O_RDWR), 0);
}

static uint32_t lock_with(struct p9_rig *rig, uint32_t fid, uint8_t type, uint32_t flags,
                          uint64_t first, uint64_t length, uint32_t process)
{
    return rig_call(rig, P9_TLOCK, "dbdqqds", fid, (int)type, flags, first, length, process,
                    "guest");
}

/* The status of Rlock; an error fails the test. */
static unsigned lock(struct p9_rig *rig, uint32_t fid, uint8_t type, uint64_t first,
                     uint64_t length, uint32_t process)
{
    CU_ASSERT_EQUAL_FATAL(lock_with(rig, fid, type, 0, first, length, process), 0);
    unsigned status = (unsigned)rig_get(rig, 1);
    CU_ASSERT_TRUE(rig_is_read(rig));
    return status;
}

static uint32_t ask(struct p9_rig *rig, uint32_t fid, uint8_t type, uint64_t first, uint64_t length,
                    uint32_t process)
{
    return rig_call(rig, P9_TGETLOCK, "dbqqds", fid, (int)type, first, length, process, "guest");
}

static bool tells(struct p9_rig *rig, uint8_t type, uint64_t first, uint64_t length,
                  uint32_t process)
{
    bool as_expected = rig_get(rig, 1) == type && rig_get(rig, 8) == first &&
                       rig_get(rig, 8) == length && rig_get(rig, 4) == process;
    return as_expected && strcmp(rig_get_string(rig), "guest") == 0 && rig_is_read(rig);
}

static void test_a_lock_is_granted_remembered_and_taken_back(void)
{
    struct p9_rig rig;
    lock_init(&rig);
    CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_WRLCK, 10, 5, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(lock(&rig, 3, P9_LOCK_TYPE_RDLCK, 14, 1, YOU), P9_LOCK_BLOCKED);
    CU_ASSERT_EQUAL(lock(&rig, 3, P9_LOCK_TYPE_RDLCK, 15, 0, YOU), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(lock(&rig, 3, P9_LOCK_TYPE_WRLCK, 10, 5, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_UNLCK, 0, 0, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(lock(&rig, 3, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), P9_LOCK_SUCCESS);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

/* Nobody waits in the server: whoever wants to asks again, as Linux's client does. */
static void test_who_wants_to_wait_is_told_to_ask_again(void)
{
    static const uint32_t flags[] = {0, P9_LOCK_FLAGS_BLOCK, P9_LOCK_FLAGS_RECLAIM,
                                     P9_LOCK_FLAGS_BLOCK | P9_LOCK_FLAGS_RECLAIM};
    struct p9_rig rig;
    lock_init(&rig);
    CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_WRLCK, 0, 0, ME), P9_LOCK_SUCCESS);
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        CU_ASSERT_EQUAL(lock_with(&rig, 3, P9_LOCK_TYPE_WRLCK, flags[i], 0, 1, YOU), 0);
        CU_ASSERT_EQUAL(rig_get(&rig, 1), P9_LOCK_BLOCKED);
        CU_ASSERT_TRUE(rig_is_read(&rig));
    }
    CU_ASSERT_EQUAL(rig_clunk(&rig, 2), 0);
    CU_ASSERT_EQUAL(lock_with(&rig, 3, P9_LOCK_TYPE_WRLCK, P9_LOCK_FLAGS_BLOCK, 0, 1, YOU), 0);
    CU_ASSERT_EQUAL(rig_get(&rig, 1), P9_LOCK_SUCCESS);
    rig_fini(&rig);
}

static void test_getlock_tells_what_is_in_the_way(void)
{
    struct p9_rig rig;
    lock_init(&rig);
    CU_ASSERT_EQUAL(ask(&rig, 2, P9_LOCK_TYPE_WRLCK, 3, 4, ME), 0);
    CU_ASSERT_TRUE(tells(&rig, P9_LOCK_TYPE_UNLCK, 3, 4, ME)); /* nothing: the question */
    CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_RDLCK, 10, 5, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_WRLCK, 20, 0, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(ask(&rig, 3, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), 0);
    CU_ASSERT_TRUE(tells(&rig, P9_LOCK_TYPE_RDLCK, 10, 5, ME));
    CU_ASSERT_EQUAL(ask(&rig, 3, P9_LOCK_TYPE_RDLCK, 0, 0, YOU), 0);
    CU_ASSERT_TRUE(tells(&rig, P9_LOCK_TYPE_WRLCK, 20, 0, ME));
    CU_ASSERT_EQUAL(ask(&rig, 3, P9_LOCK_TYPE_RDLCK, 0, 20, YOU), 0);
    CU_ASSERT_TRUE(tells(&rig, P9_LOCK_TYPE_UNLCK, 0, 20, YOU));
    CU_ASSERT_EQUAL(ask(&rig, 3, P9_LOCK_TYPE_WRLCK, 0, 0, ME), 0);
    CU_ASSERT_TRUE(tells(&rig, P9_LOCK_TYPE_UNLCK, 0, 0, ME)); /* its own is not in the way */
    /* To ask is not to have. */
    CU_ASSERT_EQUAL(lock(&rig, 3, P9_LOCK_TYPE_WRLCK, 0, 10, YOU), P9_LOCK_SUCCESS);
    rig_fini(&rig);
}

static void test_a_lock_goes_with_its_fid(void)
{
    struct p9_rig rig;
    lock_init(&rig);
    CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_WRLCK, 0, 10, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(lock(&rig, 3, P9_LOCK_TYPE_WRLCK, 20, 10, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(rig_clunk(&rig, 2), 0);
    CU_ASSERT_EQUAL(ask(&rig, 3, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), 0);
    CU_ASSERT_TRUE(tells(&rig, P9_LOCK_TYPE_WRLCK, 20, 10, ME));
    /* Tremove is the end of its fid as well, also when the tree refuses it. */
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDWR), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREMOVE, "d", 3u), 0);
    CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), P9_LOCK_SUCCESS);
    rig_fini(&rig);
}

/* A name more, or none any more, and it is the same file. */
static void test_a_lock_is_on_the_file_and_not_on_its_name(void)
{
    struct p9_rig rig;
    lock_init(&rig);
    CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_WRLCK, 0, 0, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLINK, "dds", RIG_ROOT, 2u, "other"), 0);
    CU_ASSERT_EQUAL(rig_open(&rig, 4, "other", P9_O_RDWR), 0);
    CU_ASSERT_EQUAL(lock(&rig, 4, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), P9_LOCK_BLOCKED);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "f", 0u), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAME, "dds", 4u, RIG_ROOT, "f"), 0);
    CU_ASSERT_EQUAL(lock(&rig, 4, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), P9_LOCK_BLOCKED);
    rig_make_file(&rig, "g", "", 0);
    CU_ASSERT_EQUAL(rig_open(&rig, 5, "g", P9_O_RDWR), 0);
    CU_ASSERT_EQUAL(lock(&rig, 5, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), P9_LOCK_SUCCESS);
    rig_fini(&rig);
}

static void test_locks_go_with_the_session(void)
{
    for (unsigned by_reset = 0; by_reset < 2; by_reset++) {
        struct p9_rig rig;
        lock_init(&rig);
        CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_WRLCK, 0, 0, ME), P9_LOCK_SUCCESS);
        if (by_reset != 0) {
            p9_server_reset(rig.server);
        }
        rig_begin(&rig, RIG_MSIZE); /* Tversion ends the one before, too */
        CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDWR), 0);
        CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), P9_LOCK_SUCCESS);
        rig_fini(&rig);
    }
}

/* As fcntl(2): a lock is for what the file was opened for; to ask, any open file will do. */
static void test_a_lock_wants_a_file_that_is_open_for_it(void)
{
    struct p9_rig rig;
    lock_init(&rig);
    CU_ASSERT_EQUAL(rig_walk(&rig, 4, "f"), 0);
    CU_ASSERT_EQUAL(lock_with(&rig, 4, P9_LOCK_TYPE_RDLCK, 0, 0, 0, ME), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NOT_OPEN) && rig.value == 4);
    CU_ASSERT_EQUAL(ask(&rig, 4, P9_LOCK_TYPE_RDLCK, 0, 0, ME), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NOT_OPEN) && rig.value == 4);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", 4u, P9_O_RDONLY), 0);
    CU_ASSERT_EQUAL(lock_with(&rig, 4, P9_LOCK_TYPE_WRLCK, 0, 0, 0, ME), EBADF);
    CU_ASSERT_EQUAL(lock(&rig, 4, P9_LOCK_TYPE_RDLCK, 0, 0, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(rig_open(&rig, 5, "f", P9_O_WRONLY), 0);
    CU_ASSERT_EQUAL(lock_with(&rig, 5, P9_LOCK_TYPE_RDLCK, 0, 0, 0, ME), EBADF);
    CU_ASSERT_EQUAL(lock(&rig, 5, P9_LOCK_TYPE_UNLCK, 0, 0, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(lock(&rig, 5, P9_LOCK_TYPE_WRLCK, 0, 0, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(ask(&rig, 5, P9_LOCK_TYPE_RDLCK, 0, 0, ME), 0);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

static void test_types_flags_and_ranges_that_are_none_are_refused(void)
{
    struct p9_rig rig;
    lock_init(&rig);
    CU_ASSERT_EQUAL(lock_with(&rig, 2, 3, 0, 0, 10, ME), EINVAL);
    CU_ASSERT_EQUAL(lock_with(&rig, 2, P9_LOCK_TYPE_RDLCK, 4, 0, 10, ME), EINVAL);
    CU_ASSERT_EQUAL(lock_with(&rig, 2, P9_LOCK_TYPE_RDLCK, 0, P9_OFFSET_MAX + 1, 1, ME), EINVAL);
    CU_ASSERT_EQUAL(lock_with(&rig, 2, P9_LOCK_TYPE_RDLCK, 0, 1, UINT64_MAX, ME), EOVERFLOW);
    CU_ASSERT_EQUAL(ask(&rig, 2, P9_LOCK_TYPE_UNLCK, 0, 10, ME), EINVAL);
    CU_ASSERT_EQUAL(ask(&rig, 2, 3, 0, 10, ME), EINVAL);
    CU_ASSERT_EQUAL(ask(&rig, 2, P9_LOCK_TYPE_RDLCK, P9_OFFSET_MAX, 2, ME), EOVERFLOW);
    g_autofree char *name = g_strnfill(P9_LOCK_CLIENT_MAX + 1, 'n');
    CU_ASSERT_EQUAL(
        rig_call(&rig, P9_TLOCK, "dbdqqds", 2u, 0, 0u, UINT64_C(0), UINT64_C(0), ME, name),
        ENAMETOOLONG);
    CU_ASSERT_EQUAL(ask(&rig, 3, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), 0);
    CU_ASSERT_TRUE(tells(&rig, P9_LOCK_TYPE_UNLCK, 0, 0, YOU)); /* nothing was locked */
    rig_fini(&rig);
}

static void test_one_lock_too_many_is_refused(void)
{
    struct p9_rig rig;
    lock_init(&rig);
    for (uint64_t i = 0; i < P9_LOCKS_MAX; i++) {
        CU_ASSERT_EQUAL_FATAL(lock(&rig, 2, P9_LOCK_TYPE_RDLCK, 2 * i, 1, ME), P9_LOCK_SUCCESS);
    }
    CU_ASSERT_EQUAL(lock_with(&rig, 3, P9_LOCK_TYPE_RDLCK, 0, 0, 1, YOU), ENOLCK);
    CU_ASSERT_EQUAL(lock(&rig, 2, P9_LOCK_TYPE_UNLCK, 2, 1, ME), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(lock(&rig, 3, P9_LOCK_TYPE_RDLCK, 0, 1, YOU), P9_LOCK_SUCCESS);
    CU_ASSERT_EQUAL(rig_clunk(&rig, 2), 0);
    CU_ASSERT_EQUAL(lock(&rig, 3, P9_LOCK_TYPE_WRLCK, 0, 0, YOU), P9_LOCK_SUCCESS);
    rig_fini(&rig);
}

UNIT_SUITE("p9_server_lock", UNIT_TEST(test_a_lock_is_granted_remembered_and_taken_back),
           UNIT_TEST(test_who_wants_to_wait_is_told_to_ask_again),
           UNIT_TEST(test_getlock_tells_what_is_in_the_way),
           UNIT_TEST(test_a_lock_goes_with_its_fid),
           UNIT_TEST(test_a_lock_is_on_the_file_and_not_on_its_name),
           UNIT_TEST(test_locks_go_with_the_session),
           UNIT_TEST(test_a_lock_wants_a_file_that_is_open_for_it),
           UNIT_TEST(test_types_flags_and_ranges_that_are_none_are_refused),
           UNIT_TEST(test_one_lock_too_many_is_refused))
