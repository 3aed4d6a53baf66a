/*
 * p9_server_test.c - sessions: version, attach, walk, clunk, flush, tags, and the rules of fids
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "tests/unit.h"

#include <errno.h>
#include <string.h>

/* A tree with bin/a.txt and d/e/f/g. */
static struct p9_tree *some_tree(void)
{
    const struct p9_tree_config config = {0};
    struct p9_tree *tree = p9_tree_new_memory(&config);
    CU_ASSERT_EQUAL_FATAL(p9_tree_add_file(tree, "bin/a.txt", "hello", 5), 0);
    CU_ASSERT_EQUAL_FATAL(p9_tree_add_file(tree, "d/e/f/g", "", 0), 0);
    return tree;
}

static uint32_t version(struct p9_rig *rig, uint32_t msize, const char *text)
{
    rig->tag = P9_NOTAG;
    return rig_call(rig, P9_TVERSION, "ds", msize, text);
}

static uint32_t attach(struct p9_rig *rig, uint32_t fid, uint32_t afid, const char *aname)
{
    return rig_call(rig, P9_TATTACH, "ddssd", fid, afid, "root", aname, P9_NONUNAME);
}

/* ---- version --------------------------------------------------------------------------------- */

static void test_msize_is_the_smaller_of_both(void)
{
    static const struct {
        uint32_t most, asked, agreed;
    } rows[] = {
        {0, 4096, 4096},          {0, 8192, 8192},       {0, 1 << 20, 1 << 20},
        {0, UINT32_MAX, 1 << 20}, {4096, 1 << 20, 4096}, {131072, 131073, 131072},
        {131072, 131071, 131071},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct p9_rig rig;
        const struct p9_server_config config = {.msize_max = rows[i].most};
        rig_init_bare(&rig, NULL, &config);
        CU_ASSERT_EQUAL(p9_server_msize(rig.server), 0);
        CU_ASSERT_EQUAL(version(&rig, rows[i].asked, P9_VERSION), 0);
        CU_ASSERT_EQUAL(rig_get(&rig, 4), rows[i].agreed);
        CU_ASSERT_STRING_EQUAL(rig_get_string(&rig), "9P2000.L");
        CU_ASSERT_TRUE(rig_is_read(&rig) && rig_broke(&rig, NULL));
        CU_ASSERT_EQUAL(p9_server_msize(rig.server), rows[i].agreed);
        rig_fini(&rig);
    }
}

static void test_an_msize_that_is_too_small_is_refused(void)
{
    struct p9_rig rig;
    rig_init(&rig, NULL);
    CU_ASSERT_EQUAL(version(&rig, 4095, P9_VERSION), EMSGSIZE);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_MSIZE_MIN) && rig.value == 4095);
    CU_ASSERT_EQUAL(p9_server_msize(rig.server), 0);
    rig_fini(&rig);
}

static void test_other_versions_are_unknown(void)
{
    static const char *const texts[] = {"9P2000",   "9P2000.u", "9P2000.", "9P2000.LL",
                                        "9p2000.l", "",         "unknown"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct p9_rig rig;
        rig_init(&rig, NULL);
        CU_ASSERT_EQUAL(version(&rig, 8192, texts[i]), 0);
        rig_get(&rig, 4);
        CU_ASSERT_STRING_EQUAL(rig_get_string(&rig), "unknown");
        CU_ASSERT_TRUE(rig_is_read(&rig) && rig_broke(&rig, NULL));
        /* And nothing goes on then. */
        rig.tag = 1;
        CU_ASSERT_EQUAL(attach(&rig, 1, P9_NOFID, ""), EPROTO);
        CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NO_VERSION));
        rig_fini(&rig);
    }
}

static void test_nothing_is_served_before_version(void)
{
    struct p9_rig rig;
    const struct p9_server_config config = {0};
    rig_init_bare(&rig, NULL, &config);
    rig.tag = 1;
    CU_ASSERT_EQUAL(attach(&rig, 1, P9_NOFID, ""), EPROTO);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NO_VERSION) && rig.value == P9_TATTACH);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 0);
    rig_fini(&rig);
}

static void test_version_ends_the_session_before(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "bin/a.txt", P9_O_RDWR), 0);
    CU_ASSERT_EQUAL(version(&rig, 4096, P9_VERSION), 0);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 0);
    rig.tag = 1;
    CU_ASSERT_EQUAL(rig_clunk(&rig, 2), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_UNKNOWN_FID));
    rig_fini(&rig);
}

static void test_reset_ends_the_session(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "bin/a.txt", P9_O_RDWR), 0);
    p9_server_reset(rig.server);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 0);
    CU_ASSERT_EQUAL(p9_server_msize(rig.server), 0);
    rig_begin(&rig, 4096);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

/* ---- tags ------------------------------------------------------------------------------------ */

static void test_tags_are_watched_and_answered_all_the_same(void)
{
    struct p9_rig rig;
    const struct p9_server_config config = {0};
    rig_init_bare(&rig, NULL, &config);
    rig.tag = 5;
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TVERSION, "ds", 8192u, P9_VERSION), 0);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_VERSION_TAG) && rig.value == 5);
    CU_ASSERT_EQUAL(attach(&rig, 1, P9_NOFID, ""), 0);
    rig.tag = P9_NOTAG;
    CU_ASSERT_EQUAL(rig_clunk(&rig, 1), 0);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NOTAG) && rig.value == P9_NOTAG);
    rig_fini(&rig);
}

static void test_a_tag_is_taken_once(void)
{
    struct p9_rig rig;
    rig_init(&rig, NULL);
    p9_server_reset(rig.server); /* none is on its way */
    static const uint16_t tags[] = {0, 1, 63, 64, 65, 0x1234, 0xfffe, 0xffff};
    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
        const struct p9_request request = {.type = P9_TCLUNK, .tag = tags[i]};
        CU_ASSERT_TRUE(p9_server_take_tag(rig.server, &request));
    }
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
        const struct p9_request request = {.type = P9_TCLUNK, .tag = tags[i]};
        CU_ASSERT_FALSE(p9_server_take_tag(rig.server, &request));
        CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_TAG_IN_USE) && rig.value == tags[i]);
        p9_server_release_tag(rig.server, tags[i]);
        p9_server_release_tag(rig.server, tags[i]);
        CU_ASSERT_TRUE(p9_server_take_tag(rig.server, &request));
    }
    p9_server_reset(rig.server);
    const struct p9_request request = {.type = P9_TCLUNK, .tag = 1};
    CU_ASSERT_TRUE(p9_server_take_tag(rig.server, &request));
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

static void test_flush_is_always_answered(void)
{
    struct p9_rig rig;
    rig_init(&rig, NULL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TFLUSH, "w", 0x77), 0);
    CU_ASSERT_TRUE(rig_is_read(&rig) && rig_broke(&rig, NULL));
    rig_fini(&rig);
}

/* ---- what is served -------------------------------------------------------------------------- */

static void test_types_that_are_not_served_are_an_error(void)
{
    struct p9_rig rig;
    rig_init(&rig, NULL);
    static const struct {
        unsigned type;
        const char *rule;
    } rows[] = {
        {P9_TAUTH, NULL},
        {P9_TOPEN, NULL},
        {P9_TCREATE, NULL},
        {P9_TSTAT, NULL},
        {P9_TWSTAT, NULL},
        {0, P9_RULE_UNKNOWN_TYPE},
        {6, P9_RULE_UNKNOWN_TYPE},
        {P9_RLERROR, P9_RULE_UNKNOWN_TYPE},
        {P9_REPLY(P9_TREAD), P9_RULE_UNKNOWN_TYPE},
        {255, P9_RULE_UNKNOWN_TYPE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CU_ASSERT_EQUAL(rig_call(&rig, rows[i].type, "d", 1u), EOPNOTSUPP);
        CU_ASSERT_TRUE(rig_broke(&rig, rows[i].rule));
    }
    rig_fini(&rig);
}

static void test_a_message_is_as_long_as_msize_and_no_longer(void)
{
    static const uint32_t sizes[] = {4096, 8192, 65536, 1 << 20};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct p9_rig rig;
        rig_init(&rig, NULL);
        rig_begin(&rig, sizes[i]);
        CU_ASSERT_EQUAL(rig_walk(&rig, 2, ""), 0);
        CU_ASSERT_EQUAL(rig_call(&rig, P9_TLCREATE, "dsddd", 2u, "f", P9_O_RDWR, 0644u, 0u), 0);
        g_autofree uint8_t *bytes = g_malloc0(sizes[i]);
        for (uint32_t count = sizes[i] - P9_IO_HEADER_SIZE; count <= sizes[i]; count++) {
            bool fits = count <= sizes[i] - P9_WRITE_HEADER_SIZE;
            uint32_t error =
                rig_call(&rig, P9_TWRITE, "dqdr", 2u, UINT64_C(0), count, bytes, (size_t)count);
            CU_ASSERT_EQUAL(error, fits ? 0 : EMSGSIZE);
            CU_ASSERT_TRUE(rig_broke(&rig, fits ? NULL : P9_RULE_MSIZE));
            if (fits) {
                CU_ASSERT_EQUAL(rig_get(&rig, 4), count);
            } else {
                CU_ASSERT_EQUAL(rig.value, count + P9_WRITE_HEADER_SIZE);
            }
        }
        rig_fini(&rig);
    }
}

static void test_a_request_without_room_for_its_answer_does_nothing(void)
{
    struct p9_rig rig;
    rig_init(&rig, NULL);
    rig.room = P9_RLERROR_SIZE + 8; /* one byte less than Rmkdir takes */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKDIR, "dsdd", RIG_ROOT, "d", 0755u, 0u), EMSGSIZE);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_ROOM) && rig.value == rig.room);
    rig.room++;
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKDIR, "dsdd", RIG_ROOT, "d", 0755u, 0u), 0);
    /* A walk takes 13 bytes for each name. */
    rig.room = P9_HEADER_SIZE + 2 + P9_QID_SIZE;
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, "d"), 0);
    CU_ASSERT_EQUAL(rig_walk(&rig, 3, "d/x"), EMSGSIZE);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_ROOM));
    rig_fini(&rig);
}

/* ---- attach ---------------------------------------------------------------------------------- */

static void test_attach_gives_the_root(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(attach(&rig, 2, P9_NOFID, "/"), 0);
    struct p9_qid qid = rig_get_qid(&rig);
    CU_ASSERT_TRUE(rig_is_read(&rig) && qid.type == P9_QTDIR && qid.path == 1);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 2);
    rig_fini(&rig);
}

static void test_attach_is_refused(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(attach(&rig, RIG_ROOT, P9_NOFID, ""), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_FID_IN_USE));
    CU_ASSERT_EQUAL(attach(&rig, P9_NOFID, P9_NOFID, ""), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NOFID));
    CU_ASSERT_EQUAL(attach(&rig, 2, RIG_ROOT, ""), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_AUTH) && rig.value == RIG_ROOT);
    static const char *const names[] = {"other", "bin", "..", "/..", "/etc", "//"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        CU_ASSERT_EQUAL(attach(&rig, 2, P9_NOFID, names[i]), ENOENT);
    }
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 1);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

/* ---- walk ------------------------------------------------------------------------------------ */

static void test_a_walk_gives_a_qid_for_each_name(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddwssss", RIG_ROOT, 2u, 4, "d", "e", "f", "g"), 0);
    CU_ASSERT_EQUAL(rig_get(&rig, 2), 4);
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(rig_get_qid(&rig).type, i < 3 ? P9_QTDIR : P9_QTFILE);
    }
    CU_ASSERT_TRUE(rig_is_read(&rig));
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 2);
    rig_fini(&rig);
}

static void test_a_walk_that_stops_makes_no_fid(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddwsss", RIG_ROOT, 2u, 3, "d", "e", "none"), 0);
    CU_ASSERT_EQUAL(rig_get(&rig, 2), 2);
    rig_get_qid(&rig);
    rig_get_qid(&rig);
    CU_ASSERT_TRUE(rig_is_read(&rig));
    CU_ASSERT_EQUAL(rig_clunk(&rig, 2), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_UNKNOWN_FID) && rig.value == 2);
    /* The first name decides about an error, and a file is no way. */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddwss", RIG_ROOT, 2u, 2, "none", "e"), ENOENT);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddwsss", RIG_ROOT, 2u, 3, "bin", "a.txt", "x"), 0);
    CU_ASSERT_EQUAL(rig_get(&rig, 2), 2);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 1);
    rig_fini(&rig);
}

static void test_a_walk_without_names_is_a_copy(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, "bin/a.txt"), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddw", 2u, 3u, 0), 0);
    CU_ASSERT_EQUAL(rig_get(&rig, 2), 0);
    CU_ASSERT_EQUAL(rig_clunk(&rig, 2), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", 3u, P9_O_RDONLY), 0);
    CU_ASSERT_EQUAL(rig_get_qid(&rig).type, P9_QTFILE);
    rig_fini(&rig);
}

static void test_a_walk_onto_itself_moves_the_fid(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, "d"), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddwss", 2u, 2u, 2, "e", "none"), 0); /* stays */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddwss", 2u, 2u, 2, "e", "f"), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddws", 2u, 3u, 1, "g"), 0);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 3);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

static void test_a_walk_takes_no_fid_that_is_in_use(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, "d"), 0);
    CU_ASSERT_EQUAL(rig_walk(&rig, 3, "bin"), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddws", RIG_ROOT, 2u, 1, "bin"), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_FID_IN_USE) && rig.value == 2);
    /* Nor would one that does not get there. */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddwss", RIG_ROOT, 2u, 2, "bin", "none"), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_FID_IN_USE) && rig.value == 2);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddws", 2u, 4u, 1, "e"), 0); /* it is what it was */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddw", RIG_ROOT, P9_NOFID, 0), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_NOFID));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddw", 77u, 5u, 0), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_UNKNOWN_FID) && rig.value == 77);
    rig_fini(&rig);
}

static void test_a_walk_from_an_open_fid_is_a_breach(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "d", P9_O_RDONLY), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddws", 2u, 3u, 1, "e"), 0);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_WALK_OPEN) && rig.value == 2);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddws", 2u, 2u, 1, "e"), EINVAL);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_WALK_OPEN));
    rig_fini(&rig);
}

static void test_no_walk_goes_up_or_nowhere(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddws", RIG_ROOT, 2u, 1, ".."), EINVAL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddws", RIG_ROOT, 2u, 1, "."), EINVAL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddwss", RIG_ROOT, 2u, 2, "d", ".."), 0);
    CU_ASSERT_EQUAL(rig_get(&rig, 2), 1);
    char name[P9_NAME_MAX + 2];
    memset(name, 'n', sizeof(name));
    name[P9_NAME_MAX + 1] = '\0';
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, name), ENAMETOOLONG);
    name[P9_NAME_MAX] = '\0';
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, name), ENOENT);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 1);
    rig_fini(&rig);
}

static void test_forty_levels_are_walked(void)
{
    struct p9_rig rig;
    rig_init(&rig, NULL);
    GString *path = g_string_new(NULL);
    for (unsigned level = 0; level < 40; level++) {
        const uint32_t fid = 2;
        CU_ASSERT_EQUAL_FATAL(rig_walk(&rig, fid, path->str), 0);
        CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKDIR, "dsdd", fid, "a-level", 0755u, 0u), 0);
        CU_ASSERT_EQUAL(rig_clunk(&rig, fid), 0);
        g_string_append(path, level == 0 ? "a-level" : "/a-level");
    }
    CU_ASSERT_EQUAL(rig_walk(&rig, 2, path->str), 0);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 2);
    g_string_free(path, TRUE);
    rig_fini(&rig);
}

/* ---- fids ------------------------------------------------------------------------------------ */

static void test_an_unknown_fid_is_an_error_of_every_request(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    const uint32_t answers[] = {
        rig_call(&rig, P9_TSTATFS, "d", 9u),
        rig_call(&rig, P9_TLOPEN, "dd", 9u, 0u),
        rig_call(&rig, P9_TLCREATE, "dsddd", 9u, "n", 0u, 0u, 0u),
        rig_call(&rig, P9_TSYMLINK, "dssd", 9u, "n", "t", 0u),
        rig_call(&rig, P9_TMKNOD, "dsdddd", 9u, "n", 0u, 0u, 0u, 0u),
        rig_call(&rig, P9_TRENAME, "dds", 9u, RIG_ROOT, "n"),
        rig_call(&rig, P9_TREADLINK, "d", 9u),
        rig_call(&rig, P9_TGETATTR, "dq", 9u, UINT64_C(0)),
        rig_call(&rig, P9_TSETATTR, "dddddqqqqq", 9u, 0u, 0u, 0u, 0u, UINT64_C(0), UINT64_C(0),
                 UINT64_C(0), UINT64_C(0), UINT64_C(0)),
        rig_call(&rig, P9_TXATTRWALK, "dds", 9u, 10u, ""),
        rig_call(&rig, P9_TXATTRCREATE, "dsqd", 9u, "n", UINT64_C(0), 0u),
        rig_call(&rig, P9_TREADDIR, "dqd", 9u, UINT64_C(0), 1u),
        rig_call(&rig, P9_TFSYNC, "dd", 9u, 0u),
        rig_call(&rig, P9_TLOCK, "dbdqqds", 9u, 0, 0u, UINT64_C(0), UINT64_C(0), 0u, ""),
        rig_call(&rig, P9_TGETLOCK, "dbqqds", 9u, 0, UINT64_C(0), UINT64_C(0), 0u, ""),
        rig_call(&rig, P9_TLINK, "dds", 9u, RIG_ROOT, "n"),
        rig_call(&rig, P9_TMKDIR, "dsdd", 9u, "n", 0u, 0u),
        rig_call(&rig, P9_TRENAMEAT, "dsds", 9u, "n", RIG_ROOT, "m"),
        rig_call(&rig, P9_TUNLINKAT, "dsd", 9u, "n", 0u),
        rig_call(&rig, P9_TWALK, "ddw", 9u, 10u, 0),
        rig_call(&rig, P9_TREAD, "dqd", 9u, UINT64_C(0), 1u),
        rig_call(&rig, P9_TWRITE, "dqd", 9u, UINT64_C(0), 0u),
        rig_call(&rig, P9_TCLUNK, "d", 9u),
        rig_call(&rig, P9_TREMOVE, "d", 9u),
        /* The second fid, where it is not a new one. */
        rig_call(&rig, P9_TRENAME, "dds", RIG_ROOT, 9u, "n"),
        rig_call(&rig, P9_TLINK, "dds", RIG_ROOT, 9u, "n"),
        rig_call(&rig, P9_TRENAMEAT, "dsds", RIG_ROOT, "bin", 9u, "m"),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        CU_ASSERT_EQUAL(answers[i], EBADF);
    }
    CU_ASSERT_EQUAL(rig.breaches, G_N_ELEMENTS(answers));
    CU_ASSERT_STRING_EQUAL(rig.rule, P9_RULE_UNKNOWN_FID);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 1);
    rig_fini(&rig);
}

static void test_a_clunked_fid_can_be_used_again(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    for (unsigned i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL(rig_open(&rig, 2, "bin/a.txt", P9_O_RDONLY), 0);
        CU_ASSERT_EQUAL(rig_clunk(&rig, 2), 0);
    }
    CU_ASSERT_EQUAL(rig_clunk(&rig, 2), EBADF);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_UNKNOWN_FID));
    rig_fini(&rig);
}

static void test_fids_are_limited(void)
{
    struct p9_rig rig;
    rig_init(&rig, some_tree());
    for (uint32_t i = 1; i < P9_FIDS_MAX; i++) {
        CU_ASSERT_EQUAL_FATAL(rig_call(&rig, P9_TWALK, "ddw", RIG_ROOT, RIG_ROOT + i, 0), 0);
    }
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), P9_FIDS_MAX);
    CU_ASSERT_EQUAL(rig_walk(&rig, P9_FIDS_MAX + 1, "bin"), EMFILE);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    CU_ASSERT_EQUAL(rig_clunk(&rig, 7), 0);
    CU_ASSERT_EQUAL(rig_walk(&rig, P9_FIDS_MAX + 1, "bin"), 0);
    rig_fini(&rig);
}

UNIT_SUITE("p9_server", UNIT_TEST(test_msize_is_the_smaller_of_both),
           UNIT_TEST(test_an_msize_that_is_too_small_is_refused),
           UNIT_TEST(test_other_versions_are_unknown),
           UNIT_TEST(test_nothing_is_served_before_version),
           UNIT_TEST(test_version_ends_the_session_before), UNIT_TEST(test_reset_ends_the_session),
           UNIT_TEST(test_tags_are_watched_and_answered_all_the_same),
           UNIT_TEST(test_a_tag_is_taken_once), UNIT_TEST(test_flush_is_always_answered),
           UNIT_TEST(test_types_that_are_not_served_are_an_error),
           UNIT_TEST(test_a_message_is_as_long_as_msize_and_no_longer),
           UNIT_TEST(test_a_request_without_room_for_its_answer_does_nothing),
           UNIT_TEST(test_attach_gives_the_root), UNIT_TEST(test_attach_is_refused),
           UNIT_TEST(test_a_walk_gives_a_qid_for_each_name),
           UNIT_TEST(test_a_walk_that_stops_makes_no_fid),
           UNIT_TEST(test_a_walk_without_names_is_a_copy),
           UNIT_TEST(test_a_walk_onto_itself_moves_the_fid),
           UNIT_TEST(test_a_walk_takes_no_fid_that_is_in_use),
           UNIT_TEST(test_a_walk_from_an_open_fid_is_a_breach),
           UNIT_TEST(test_no_walk_goes_up_or_nowhere), UNIT_TEST(test_forty_levels_are_walked),
           UNIT_TEST(test_an_unknown_fid_is_an_error_of_every_request),
           UNIT_TEST(test_a_clunked_fid_can_be_used_again), UNIT_TEST(test_fids_are_limited))
