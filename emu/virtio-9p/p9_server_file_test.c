/*
 * p9_server_file_test.c - operations on what is open, one by one, with sizes around every edge
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "tests/unit.h"

#include <errno.h>
#include <string.h>

/* Files "f", with "hello", "d/g", empty, and a symbolic link "l". */
static void file_init(struct p9_rig *rig)
{
    rig_init(rig, NULL);
    rig_make_file(rig, "f", "hello", 5);
    CU_ASSERT_EQUAL_FATAL(p9_tree_add_file(rig->tree, "d/g", "", 0), 0);
    CU_ASSERT_EQUAL_FATAL(rig_call(rig, P9_TSYMLINK, "dssd", RIG_ROOT, "l", "f", 0u), 0);
}

static uint32_t write_at(struct p9_rig *rig, uint32_t fid, uint64_t offset, const void *bytes,
                         size_t size)
{
    uint32_t error = rig_call(rig, P9_TWRITE, "dqdr", fid, offset, (uint32_t)size, bytes, size);
    if (error == 0) {
        CU_ASSERT_EQUAL(rig_get(rig, 4), size);
        CU_ASSERT_TRUE(rig_is_read(rig));
    }
    return error;
}

static bool reads(struct p9_rig *rig, uint32_t fid, uint64_t offset, const void *wanted,
                  size_t size)
{
    const uint8_t *bytes = NULL;
    size_t got = 0;
    uint32_t error = rig_read(rig, fid, offset, (uint32_t)size + 10, &bytes, &got);
    return error == 0 && got == size && memcmp(bytes, wanted, size) == 0;
}

static uint32_t create(struct p9_rig *rig, uint32_t fid, const char *name, uint32_t flags,
                       uint32_t mode)
{
    return rig_call(rig, P9_TLCREATE, "dsddd", fid, name, flags, mode, 42u);
}

/* ---- lopen ----------------------------------------------------------------------------------- */

static void test_lopen_gives_qid_and_iounit(void)
{
    static const uint32_t sizes[] = {4096, 8192, 131072, 1 << 20};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct p9_rig rig;
        file_init(&rig);
        rig_begin(&rig, sizes[i]);
        CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDONLY), 0);
        CU_ASSERT_EQUAL(rig_get_qid(&rig).type, P9_QTFILE);
        CU_ASSERT_EQUAL(rig_get(&rig, 4), sizes[i] - P9_IO_HEADER_SIZE);
        CU_ASSERT_TRUE(rig_is_read(&rig));
        rig_fini(&rig);
    }
}

static void test_lopen_is_as_open(void)
{
    static const struct {
        const char *path;
        uint32_t flags, error;
    } rows[] = {
        {"f", P9_O_RDONLY, 0},
        {"f", P9_O_WRONLY, 0},
        {"f", P9_O_RDWR, 0},
        {"f", P9_O_ACCMODE, EINVAL},
        {"f", P9_O_RDONLY | P9_O_DIRECTORY, ENOTDIR},
        {"f", P9_O_RDONLY | P9_O_NOFOLLOW, 0},
        {"f", P9_O_RDWR | P9_O_APPEND | 0100000, 0}, /* O_LARGEFILE is nothing special */
        {"d", P9_O_RDONLY, 0},
        {"d", P9_O_RDONLY | P9_O_DIRECTORY, 0},
        {"d", P9_O_WRONLY, EISDIR},
        {"d", P9_O_RDWR, EISDIR},
        {"d", P9_O_RDONLY | P9_O_TRUNC, EISDIR},
        {"l", P9_O_RDONLY, ELOOP},
        {"l", P9_O_RDONLY | P9_O_DIRECTORY, ELOOP},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct p9_rig rig;
        file_init(&rig);
        CU_ASSERT_EQUAL(rig_open(&rig, 2, rows[i].path, rows[i].flags), rows[i].error);
        CU_ASSERT_TRUE(rig_broke(&rig, NULL));
        /* What failed is as if it had not been. */
        if (rows[i].error != 0 && strcmp(rows[i].path, "l") != 0) {
            CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", 2u, P9_O_RDONLY), 0);
        }
        rig_fini(&rig);
    }
}

static void test_lopen_does_not_create(void)
{
    struct p9_rig rig;
    file_init(&rig);
    static const uint32_t flags[] = {P9_O_CREAT, P9_O_EXCL, P9_O_CREAT | P9_O_EXCL | P9_O_RDWR};
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, "f"), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", 2u, flags[i]), EINVAL);
        CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_CREATE_FLAGS) && rig.value == flags[i]);
    }
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", 2u, P9_O_RDWR), 0);
    rig_fini(&rig);
}

static void test_a_fid_is_opened_once(void)
{
    struct p9_rig rig;
    file_init(&rig);
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDONLY), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", 2u, P9_O_RDWR), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_OPEN_TWICE) && rig.value == 2);
    CU_ASSERT_EQUAL(create(&rig, 2, "n", P9_O_RDWR, 0644), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_OPEN_TWICE));
    CU_ASSERT_EQUAL(write_at(&rig, 2, 0, "x", 1), EBADF); /* it is what it was */
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    /* What Tlcreate has opened is open as well. */
    CU_ASSERT_EQUAL(rig_walk(&rig, 3, ""), 0);
    CU_ASSERT_EQUAL(create(&rig, 3, "n", P9_O_RDWR, 0644), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", 3u, P9_O_RDWR), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_OPEN_TWICE) && rig.value == 3);
    rig_fini(&rig);
}

static void test_truncation_empties(void)
{
    struct p9_rig rig;
    file_init(&rig);
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDWR | P9_O_TRUNC), 0);
    CU_ASSERT_TRUE(reads(&rig, 2, 0, "", 0));
    CU_ASSERT_EQUAL(write_at(&rig, 2, 0, "ab", 2), 0);
    CU_ASSERT_EQUAL(rig_open(&rig, 3, "f", P9_O_RDONLY), 0);
    CU_ASSERT_TRUE(reads(&rig, 3, 0, "ab", 2));
    rig_fini(&rig);
}

/* ---- lcreate --------------------------------------------------------------------------------- */

static void test_lcreate_makes_and_opens(void)
{
    struct p9_rig rig;
    file_init(&rig);
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, "d"), 0);
    CU_ASSERT_EQUAL(create(&rig, 2, "n", P9_O_RDWR | P9_O_CREAT | P9_O_EXCL, 0100640), 0);
    struct p9_qid qid = rig_get_qid(&rig);
    CU_ASSERT_EQUAL(rig_get(&rig, 4), RIG_MSIZE - P9_IO_HEADER_SIZE);
    CU_ASSERT_TRUE(rig_is_read(&rig) && qid.type == P9_QTFILE);
    CU_ASSERT_EQUAL(write_at(&rig, 2, 0, "new", 3), 0);
    CU_ASSERT_TRUE(reads(&rig, 2, 0, "new", 3));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TGETATTR, "dq", 2u, UINT64_C(0)), 0);
    rig_get(&rig, 8);
    CU_ASSERT_EQUAL(rig_get_qid(&rig).path, qid.path);
    CU_ASSERT_EQUAL(rig_get(&rig, 4), P9_S_IFREG | 0640);
    CU_ASSERT_EQUAL(rig_get(&rig, 4), 0);
    CU_ASSERT_EQUAL(rig_get(&rig, 4), 42);
    CU_ASSERT_EQUAL(rig_open(&rig, 3, "d/n", P9_O_RDONLY), 0);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

static void test_created_files_are_of_who_attached(void)
{
    struct p9_rig rig;
    rig_init(&rig, NULL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TATTACH, "ddssd", 2u, P9_NOFID, "u", "", 1000u), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddw", 2u, 3u, 0), 0);
    CU_ASSERT_EQUAL(create(&rig, 3, "n", P9_O_RDWR, 0644), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TGETATTR, "dq", 3u, UINT64_C(0)), 0);
    rig_get(&rig, 8);
    rig_get_qid(&rig);
    rig_get(&rig, 4);
    CU_ASSERT_EQUAL(rig_get(&rig, 4), 1000);
    rig_fini(&rig);
}

static void test_lcreate_of_what_is_there_is_as_open(void)
{
    static const struct {
        const char *name;
        uint32_t flags, error;
    } rows[] = {
        {"f", P9_O_RDWR, 0},
        {"f", P9_O_RDWR | P9_O_TRUNC, 0},
        {"f", P9_O_RDWR | P9_O_EXCL, EEXIST},
        {"d", P9_O_RDWR, EISDIR},
        {"d", P9_O_RDWR | P9_O_EXCL, EEXIST},
        {"l", P9_O_RDWR, ELOOP},
        {"n", P9_O_RDWR | P9_O_DIRECTORY, ENOTDIR},
        {"n", P9_O_ACCMODE, EINVAL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct p9_rig rig;
        file_init(&rig);
        CU_ASSERT_EQUAL(rig_walk(&rig, 2, ""), 0);
        CU_ASSERT_EQUAL(create(&rig, 2, rows[i].name, rows[i].flags, 0644), rows[i].error);
        if (rows[i].error == 0) {
            bool empties = (rows[i].flags & P9_O_TRUNC) != 0;
            CU_ASSERT_TRUE(reads(&rig, 2, 0, "hello", empties ? 0 : 5));
        } else {
            /* The fid is still the directory, and nothing was made. */
            CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddws", 2u, 3u, 1, "f"), 0);
            CU_ASSERT_EQUAL(p9_tree_usage(rig.tree).entries, 5);
        }
        CU_ASSERT_TRUE(rig_broke(&rig, NULL));
        rig_fini(&rig);
    }
}

static void test_lcreate_in_what_is_no_directory(void)
{
    struct p9_rig rig;
    file_init(&rig);
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, "f"), 0);
    CU_ASSERT_EQUAL(create(&rig, 2, "n", P9_O_RDWR, 0644), ENOTDIR);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", 2u, P9_O_RDONLY), 0);
    rig_fini(&rig);
}

/* ---- reading and writing --------------------------------------------------------------------- */

static void test_reads_and_writes_want_an_open_fid(void)
{
    struct p9_rig rig;
    file_init(&rig);
    const uint8_t *bytes;
    size_t got;
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, "f"), 0);
    CU_ASSERT_EQUAL(rig_read(&rig, 2, 0, 1, &bytes, &got), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NOT_OPEN) && rig.value == 2);
    CU_ASSERT_EQUAL(write_at(&rig, 2, 0, "x", 1), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NOT_OPEN));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADDIR, "dqd", RIG_ROOT, UINT64_C(0), 1000u), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NOT_OPEN) && rig.value == RIG_ROOT);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TFSYNC, "dd", 2u, 0u), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NOT_OPEN));
    /* Open, but not for this: the program's mistake, which the client passes on. */
    CU_ASSERT_EQUAL(rig_open(&rig, 3, "f", P9_O_WRONLY), 0);
    CU_ASSERT_EQUAL(rig_read(&rig, 3, 0, 1, &bytes, &got), EBADF);
    CU_ASSERT_EQUAL(rig_open(&rig, 4, "f", P9_O_RDONLY), 0);
    CU_ASSERT_EQUAL(write_at(&rig, 4, 0, "x", 1), EBADF);
    CU_ASSERT_EQUAL(rig_open(&rig, 5, "d", P9_O_RDONLY), 0);
    CU_ASSERT_EQUAL(rig_read(&rig, 5, 0, 1, &bytes, &got), EISDIR);
    CU_ASSERT_EQUAL(write_at(&rig, 5, 0, "x", 1), EBADF);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADDIR, "dqd", 4u, UINT64_C(0), 1000u), ENOTDIR);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

static void test_a_read_ends_where_the_file_does(void)
{
    struct p9_rig rig;
    file_init(&rig);
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDONLY), 0);
    CU_ASSERT_TRUE(reads(&rig, 2, 0, "hello", 5));
    CU_ASSERT_TRUE(reads(&rig, 2, 4, "o", 1));
    CU_ASSERT_TRUE(reads(&rig, 2, 5, "", 0));
    CU_ASSERT_TRUE(reads(&rig, 2, UINT64_MAX, "", 0));
    const uint8_t *bytes;
    size_t got;
    CU_ASSERT_EQUAL(rig_read(&rig, 2, 1, 3, &bytes, &got), 0);
    CU_ASSERT_TRUE(got == 3 && memcmp(bytes, "ell", 3) == 0);
    CU_ASSERT_EQUAL(rig_read(&rig, 2, 0, 0, &bytes, &got), 0);
    CU_ASSERT_EQUAL(got, 0);
    rig_fini(&rig);
}

static void test_counts_around_msize(void)
{
    static const uint32_t sizes[] = {4096, 4097, 8192, 65536, 131072, 1 << 20};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct p9_rig rig;
        const struct p9_tree_config config = {0};
        struct p9_tree *tree = p9_tree_new_memory(&config);
        g_autofree uint8_t *pattern = g_malloc(sizes[i] + 1);
        for (uint32_t j = 0; j <= sizes[i]; j++) {
            pattern[j] = (uint8_t)(j * 7 + j / 251);
        }
        CU_ASSERT_EQUAL(p9_tree_add_file(tree, "big", pattern, sizes[i] + 1), 0);
        rig_init(&rig, tree);
        rig_begin(&rig, sizes[i]);
        CU_ASSERT_EQUAL(rig_open(&rig, 2, "big", P9_O_RDONLY), 0);
        for (uint32_t count = sizes[i] - P9_IO_HEADER_SIZE; count <= sizes[i] + 1; count++) {
            bool fits = count <= sizes[i] - P9_READ_HEADER_SIZE;
            const uint8_t *bytes;
            size_t got;
            CU_ASSERT_EQUAL(rig_read(&rig, 2, 1, count, &bytes, &got), fits ? 0 : EMSGSIZE);
            CU_ASSERT_TRUE(rig_broke(&rig, fits ? NULL : P9_RULE_COUNT));
            if (fits) {
                CU_ASSERT_TRUE(got == count && memcmp(bytes, pattern + 1, count) == 0);
            } else {
                CU_ASSERT_EQUAL(rig.value, count);
            }
        }
        CU_ASSERT_EQUAL(rig_call(&rig, P9_TREAD, "dqd", 2u, UINT64_C(0), UINT32_MAX), EMSGSIZE);
        CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_COUNT));
        rig_fini(&rig);
    }
}

static void test_a_read_that_the_buffer_is_too_small_for(void)
{
    struct p9_rig rig;
    file_init(&rig);
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDONLY), 0);
    rig.room = P9_READ_HEADER_SIZE + 5;
    CU_ASSERT_TRUE(reads(&rig, 2, 0, "hello", 5)); /* what is there fits, if the count does not */
    rig.room--;
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREAD, "dqd", 2u, UINT64_C(0), 5u), EMSGSIZE);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_ROOM) && rig.value == rig.room);
    rig_fini(&rig);
}

static void test_offsets_beyond_four_gigabytes(void)
{
    static const uint64_t offsets[] = {UINT64_C(0xffffffff), UINT64_C(1) << 32,
                                       (UINT64_C(1) << 32) + 1, UINT64_C(1) << 45};
    struct p9_rig rig;
    file_init(&rig);
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDWR), 0);
    uint64_t held = p9_tree_usage(rig.tree).bytes;
    for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
        CU_ASSERT_EQUAL(write_at(&rig, 2, offsets[i], "far", 3), 0);
        CU_ASSERT_TRUE(reads(&rig, 2, offsets[i], "far", 3));
        CU_ASSERT_TRUE(reads(&rig, 2, offsets[i] + 3, "", 0));
    }
    CU_ASSERT_TRUE(p9_tree_usage(rig.tree).bytes - held < 4 * 2 * P9_BLOCK_SIZE);
    CU_ASSERT_EQUAL(write_at(&rig, 2, P9_OFFSET_MAX - 2, "end", 3), EFBIG);
    CU_ASSERT_EQUAL(write_at(&rig, 2, P9_OFFSET_MAX - 3, "end", 3), 0);
    CU_ASSERT_EQUAL(write_at(&rig, 2, UINT64_MAX, "x", 1), EFBIG);
    const uint8_t *bytes;
    size_t got;
    CU_ASSERT_EQUAL(rig_read(&rig, 2, 0, 8, &bytes, &got), 0);
    CU_ASSERT_EQUAL(memcmp(bytes, "hello\0\0\0", 8), 0);
    rig_fini(&rig);
}

static void test_appending_goes_to_the_end(void)
{
    struct p9_rig rig;
    file_init(&rig);
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDWR | P9_O_APPEND), 0);
    CU_ASSERT_EQUAL(write_at(&rig, 2, 0, "!", 1), 0);
    CU_ASSERT_EQUAL(write_at(&rig, 2, 77, "?", 1), 0);
    CU_ASSERT_TRUE(reads(&rig, 2, 0, "hello!?", 7));
    rig_fini(&rig);
}

static void test_a_full_tree_writes_less_and_then_nothing(void)
{
    struct p9_rig rig;
    const struct p9_tree_config config = {.bytes_max = 100000};
    rig_init(&rig, p9_tree_new_memory(&config));
    rig_begin(&rig, 1 << 20);
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, ""), 0);
    CU_ASSERT_EQUAL(create(&rig, 2, "n", P9_O_RDWR, 0644), 0);
    g_autofree uint8_t *bytes = g_malloc0(200000);
    CU_ASSERT_EQUAL(
        rig_call(&rig, P9_TWRITE, "dqdr", 2u, UINT64_C(0), 200000u, bytes, (size_t)200000), 0);
    uint64_t written = rig_get(&rig, 4);
    CU_ASSERT_TRUE(written > 50000 && written < 100000);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWRITE, "dqdr", 2u, written, 1u, bytes, (size_t)1), ENOSPC);
    rig_fini(&rig);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void test_fsync_of_what_is_open(void)
{
    struct p9_rig rig;
    file_init(&rig);
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "f", P9_O_RDWR), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TFSYNC, "dd", 2u, 0u), 0);
    CU_ASSERT_TRUE(rig_is_read(&rig));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TFSYNC, "dd", 2u, 1u), 0);
    rig_fini(&rig);
}

/* Ten thousand fids, each open. */
static void test_open_fids_take_little_memory(void)
{
    struct p9_rig rig;
    file_init(&rig);
    uint64_t held = p9_tree_usage(rig.tree).bytes;
    for (uint32_t fid = 2; fid < 10002; fid++) {
        CU_ASSERT_EQUAL_FATAL(rig_open(&rig, fid, "f", P9_O_RDONLY), 0);
    }
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 10001);
    CU_ASSERT_EQUAL(p9_tree_usage(rig.tree).bytes, held);
    CU_ASSERT_TRUE(reads(&rig, 10001, 0, "hello", 5));
    rig_fini(&rig);
}

UNIT_SUITE("p9_server_file", UNIT_TEST(test_lopen_gives_qid_and_iounit),
           UNIT_TEST(test_lopen_is_as_open), UNIT_TEST(test_lopen_does_not_create),
           UNIT_TEST(test_a_fid_is_opened_once), UNIT_TEST(test_truncation_empties),
           UNIT_TEST(test_lcreate_makes_and_opens),
           UNIT_TEST(test_created_files_are_of_who_attached),
           UNIT_TEST(test_lcreate_of_what_is_there_is_as_open),
           UNIT_TEST(test_lcreate_in_what_is_no_directory),
           UNIT_TEST(test_reads_and_writes_want_an_open_fid),
           UNIT_TEST(test_a_read_ends_where_the_file_does), UNIT_TEST(test_counts_around_msize),
           UNIT_TEST(test_a_read_that_the_buffer_is_too_small_for),
           UNIT_TEST(test_offsets_beyond_four_gigabytes), UNIT_TEST(test_appending_goes_to_the_end),
           UNIT_TEST(test_a_full_tree_writes_less_and_then_nothing),
           UNIT_TEST(test_fsync_of_what_is_open), UNIT_TEST(test_open_fids_take_little_memory))
