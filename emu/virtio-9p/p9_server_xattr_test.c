/*
 * p9_server_xattr_test.c - extended attributes: values that are written, read, listed, and refused
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "tests/unit.h"

#include <errno.h>
#include <string.h>

#define FILE_FID 2u

/* A file "f", and a fid on it. */
static void xattr_init(struct p9_rig *rig)
{
    rig_init(rig, NULL);
    rig_make_file(rig, "f", "hello", 5);
    CU_ASSERT_EQUAL_FATAL(rig_walk(rig, FILE_FID, "f"), 0);
}

static uint32_t set_xattr(struct p9_rig *rig, const char *name, const char *value, uint32_t flags)
{
    size_t size = strlen(value);
    CU_ASSERT_EQUAL_FATAL(rig_walk(rig, 5, "f"), 0);
    uint32_t error = rig_call(rig, P9_TXATTRCREATE, "dsqd", 5u, name, (uint64_t)size, flags);
    for (size_t at = 0; error == 0 && at < size; at++) { /* a byte at a time */
        CU_ASSERT_EQUAL_FATAL(
            rig_call(rig, P9_TWRITE, "dqdr", 5u, (uint64_t)at, 1u, value + at, (size_t)1), 0);
    }
    uint32_t finished = rig_clunk(rig, 5);
    return error != 0 ? error : finished;
}

/* A value, or "-" for an error. */
static void xattr_is(struct p9_rig *rig, const char *name, const char *wanted, size_t size)
{
    uint32_t error = rig_call(rig, P9_TXATTRWALK, "dds", FILE_FID, 5u, name);
    if (wanted == NULL) {
        CU_ASSERT_EQUAL(error, ENODATA);
        return;
    }
    CU_ASSERT_EQUAL_FATAL(error, 0);
    CU_ASSERT_EQUAL(rig_get(rig, 8), size);
    CU_ASSERT_TRUE(rig_is_read(rig));
    const uint8_t *bytes;
    size_t got;
    CU_ASSERT_EQUAL(rig_read(rig, 5, 0, 4096, &bytes, &got), 0);
    CU_ASSERT_TRUE(got == size && memcmp(bytes, wanted, size) == 0);
    CU_ASSERT_EQUAL(rig_read(rig, 5, size, 4096, &bytes, &got), 0);
    CU_ASSERT_EQUAL(got, 0);
    CU_ASSERT_EQUAL(rig_clunk(rig, 5), 0);
}

static void test_attributes_are_set_read_listed_and_removed(void)
{
    struct p9_rig rig;
    xattr_init(&rig);
    uint64_t held = p9_tree_usage(rig.tree).bytes;
    unsigned fids = p9_server_fid_count(rig.server);
    xattr_is(&rig, "", "", 0);
    xattr_is(&rig, "user.a", NULL, 0);
    CU_ASSERT_EQUAL(set_xattr(&rig, "user.b", "two", 0), 0);
    CU_ASSERT_EQUAL(set_xattr(&rig, "user.a", "one", P9_XATTR_CREATE), 0);
    CU_ASSERT_EQUAL(set_xattr(&rig, "user.a", "x", P9_XATTR_CREATE), EEXIST);
    CU_ASSERT_EQUAL(set_xattr(&rig, "user.c", "x", P9_XATTR_REPLACE), ENODATA);
    CU_ASSERT_EQUAL(set_xattr(&rig, "user.b", "three", P9_XATTR_REPLACE), 0);
    xattr_is(&rig, "user.a", "one", 3);
    xattr_is(&rig, "user.b", "three", 5);
    xattr_is(&rig, "", "user.a\0user.b", 14);
    CU_ASSERT_EQUAL(set_xattr(&rig, "user.a", "", 0), 0);
    CU_ASSERT_EQUAL(set_xattr(&rig, "user.a", "", 0), ENODATA);
    xattr_is(&rig, "", "user.b", 7);
    CU_ASSERT_EQUAL(set_xattr(&rig, "user.b", "", 0), 0);
    CU_ASSERT_EQUAL(p9_tree_usage(rig.tree).bytes, held);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), fids);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

static void test_attributes_are_refused(void)
{
    struct p9_rig rig;
    xattr_init(&rig);
    uint64_t held = p9_tree_usage(rig.tree).bytes;
    g_autofree char *name = g_strnfill(P9_NAME_MAX + 1, 'n');
    CU_ASSERT_EQUAL(set_xattr(&rig, name, "x", 0), ERANGE);
    CU_ASSERT_EQUAL(set_xattr(&rig, "", "x", 0), ERANGE);
    CU_ASSERT_EQUAL(set_xattr(&rig, "n", "x", 4), EINVAL);
    CU_ASSERT_EQUAL(
        rig_call(&rig, P9_TXATTRCREATE, "dsqd", FILE_FID, "n", (uint64_t)P9_XATTR_MAX + 1, 0u),
        E2BIG);
    /* Less than was announced, and more. */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TXATTRCREATE, "dsqd", FILE_FID, "n", UINT64_C(3), 0u), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWRITE, "dqdr", FILE_FID, UINT64_C(1), 1u, "x", (size_t)1),
                    EINVAL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWRITE, "dqdr", FILE_FID, UINT64_C(0), 4u, "xxxx", (size_t)4),
                    EINVAL);
    /* It names no file any more. */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TGETATTR, "dq", FILE_FID, UINT64_C(0)), EINVAL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddw", FILE_FID, 9u, 0), EINVAL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", FILE_FID, 0u), EINVAL);
    CU_ASSERT_EQUAL(rig_clunk(&rig, FILE_FID), EINVAL);
    CU_ASSERT_EQUAL(rig_clunk(&rig, FILE_FID), EBADF);
    CU_ASSERT_EQUAL(p9_tree_usage(rig.tree).bytes, held);
    rig_fini(&rig);
}

static void test_what_fids_of_attributes_hold_is_counted(void)
{
    struct p9_rig rig;
    const struct p9_tree_config config = {.bytes_max = 1 << 20};
    rig_init(&rig, p9_tree_new_memory(&config));
    unsigned made = 0;
    uint32_t error = 0;
    for (uint32_t fid = 2; fid < 100 && error == 0; fid++) {
        CU_ASSERT_EQUAL_FATAL(rig_walk(&rig, fid, ""), 0);
        error = rig_call(&rig, P9_TXATTRCREATE, "dsqd", fid, "n", (uint64_t)P9_XATTR_MAX, 0u);
        made += error == 0;
    }
    CU_ASSERT_TRUE(error == ENOSPC && made == 15);
    p9_server_reset(rig.server);
    CU_ASSERT_TRUE(p9_tree_usage(rig.tree).bytes < P9_XATTR_MAX);
    rig_fini(&rig);
}

UNIT_SUITE("p9_server_xattr", UNIT_TEST(test_attributes_are_set_read_listed_and_removed),
           UNIT_TEST(test_attributes_are_refused),
           UNIT_TEST(test_what_fids_of_attributes_hold_is_counted))
