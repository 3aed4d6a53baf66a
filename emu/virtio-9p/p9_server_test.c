/*
 * p9_server_test.c - sessions: version, attach, walk, clunk, flush, tags, and the rules of fids
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "tests/unit.h"

#include <errno.h>
#include <string.h>

static void test_a_session_walks_opens_and_reads(void)
{
    struct p9_rig rig;
    const struct p9_tree_config config = {0};
    struct p9_tree *tree = p9_tree_new_memory(&config);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "bin/a.txt", "hello", 5), 0);
    rig_init(&rig, tree);
    const uint8_t *bytes;
    size_t got = 0;
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "bin/a.txt", P9_O_RDONLY), 0);
    CU_ASSERT_EQUAL(rig_read(&rig, 2, 0, 100, &bytes, &got), 0);
    CU_ASSERT_TRUE(got == 5 && memcmp(bytes, "hello", 5) == 0);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 2);
    CU_ASSERT_EQUAL(rig_clunk(&rig, 2), 0);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 1);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

UNIT_SUITE("p9_server", UNIT_TEST(test_a_session_walks_opens_and_reads))
