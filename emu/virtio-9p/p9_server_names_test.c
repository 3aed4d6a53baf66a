/*
 * p9_server_names_test.c - operations on names and attributes, one by one, with what they refuse
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "tests/unit.h"

#include <errno.h>
#include <string.h>

#define FILE_FID 2u
#define DIR_FID  3u

/* Files "f", with "hello", and "d/g", and a symbolic link "l"; fids on "f" and "d". */
static void names_init(struct p9_rig *rig)
{
    rig_init(rig, NULL);
    rig_make_file(rig, "f", "hello", 5);
    CU_ASSERT_EQUAL_FATAL(rig_call(rig, P9_TMKDIR, "dsdd", RIG_ROOT, "d", 0750u, 7u), 0);
    CU_ASSERT_EQUAL_FATAL(p9_tree_add_file(rig->tree, "d/g", "", 0), 0);
    CU_ASSERT_EQUAL_FATAL(rig_call(rig, P9_TSYMLINK, "dssd", RIG_ROOT, "l", "f", 7u), 0);
    CU_ASSERT_EQUAL_FATAL(rig_walk(rig, FILE_FID, "f"), 0);
    CU_ASSERT_EQUAL_FATAL(rig_walk(rig, DIR_FID, "d"), 0);
}

static bool is_there(struct p9_rig *rig, const char *path)
{
    GStrv names = g_strsplit(path, "/", -1);
    struct p9_entry *at = p9_tree_root(rig->tree);
    int error = 0;
    for (guint i = 0; names[i] != NULL && error == 0; i++) {
        error = p9_tree_lookup(at, names[i], &at);
    }
    g_strfreev(names);
    return error == 0;
}

struct attributes {
    uint64_t valid, nlink, rdev, size, blksize, blocks;
    struct p9_qid qid;
    uint32_t mode, uid, gid;
    uint64_t times[10]; /* atime, mtime, ctime, btime, gen, data_version */
};

static struct attributes get_attributes(struct p9_rig *rig, uint32_t fid)
{
    struct attributes got;
    CU_ASSERT_EQUAL_FATAL(rig_call(rig, P9_TGETATTR, "dq", fid, UINT64_C(0x3fff)), 0);
    got.valid = rig_get(rig, 8);
    got.qid = rig_get_qid(rig);
    got.mode = (uint32_t)rig_get(rig, 4);
    got.uid = (uint32_t)rig_get(rig, 4);
    got.gid = (uint32_t)rig_get(rig, 4);
    got.nlink = rig_get(rig, 8);
    got.rdev = rig_get(rig, 8);
    got.size = rig_get(rig, 8);
    got.blksize = rig_get(rig, 8);
    got.blocks = rig_get(rig, 8);
    for (size_t i = 0; i < G_N_ELEMENTS(got.times); i++) {
        got.times[i] = rig_get(rig, 8);
    }
    CU_ASSERT_TRUE(rig_is_read(rig) && rig->reply_size == P9_RGETATTR_SIZE);
    return got;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static void test_getattr_tells_what_stat_wants(void)
{
    struct p9_rig rig;
    names_init(&rig);
    struct attributes file = get_attributes(&rig, FILE_FID);
    CU_ASSERT_TRUE(file.valid == P9_GETATTR_BASIC && file.mode == (P9_S_IFREG | 0644));
    CU_ASSERT_TRUE(file.size == 5 && file.blocks == 1 && file.blksize == 4096 && file.nlink == 1);
    CU_ASSERT_TRUE(file.qid.type == P9_QTFILE && file.rdev == 0);
    CU_ASSERT_TRUE(file.times[2] == 1 && file.times[3] == 500000000); /* mtime 1.5 s */
    struct attributes directory = get_attributes(&rig, DIR_FID);
    CU_ASSERT_TRUE(directory.mode == (P9_S_IFDIR | 0750) && directory.gid == 7);
    CU_ASSERT_TRUE(directory.qid.type == P9_QTDIR && directory.size == 4096);
    CU_ASSERT_NOT_EQUAL(directory.qid.path, file.qid.path);
    CU_ASSERT_EQUAL(rig_walk(&rig, 4, "l"), 0);
    struct attributes link = get_attributes(&rig, 4);
    CU_ASSERT_TRUE(link.mode == (P9_S_IFLNK | 0777) && link.size == 1);
    CU_ASSERT_EQUAL(link.qid.type, P9_QTSYMLINK);
    rig_fini(&rig);
}

static uint32_t set_attributes(struct p9_rig *rig, uint32_t fid, uint32_t valid, uint32_t mode,
                               uint32_t owner, uint64_t size, uint64_t time)
{
    return rig_call(rig, P9_TSETATTR, "dddddqqqqq", fid, valid, mode, owner, owner + 1, size, time,
                    time + 1, time + 2, time + 3);
}

static void test_setattr_sets_what_is_valid_and_nothing_else(void)
{
    struct p9_rig rig;
    names_init(&rig);
    rig.now_ns = 9000000000;
    for (unsigned bit = 0; bit < 9; bit++) {
        struct attributes before = get_attributes(&rig, FILE_FID);
        CU_ASSERT_EQUAL(set_attributes(&rig, FILE_FID, 1u << bit, 0170444 + bit, 100 + bit,
                                       20 + bit, 1000 * (bit + 1)),
                        0);
        CU_ASSERT_TRUE(rig_is_read(&rig));
        struct attributes after = get_attributes(&rig, FILE_FID);
        CU_ASSERT_EQUAL(after.mode, bit == 0 ? (P9_S_IFREG | 0444) : before.mode);
        CU_ASSERT_EQUAL(after.uid, bit == 1 ? 101 : before.uid);
        CU_ASSERT_EQUAL(after.gid, bit == 2 ? 103 : before.gid);
        CU_ASSERT_EQUAL(after.size, bit == 3 ? 23 : before.size);
        CU_ASSERT_EQUAL(after.times[0], bit == 4 ? 9 : before.times[0]);
        CU_ASSERT_EQUAL(after.times[2], bit == 3 || bit == 5 ? 9 : before.times[2]);
        CU_ASSERT_EQUAL(after.times[4], 9);
    }
    uint32_t both =
        P9_SETATTR_ATIME | P9_SETATTR_ATIME_SET | P9_SETATTR_MTIME | P9_SETATTR_MTIME_SET;
    CU_ASSERT_EQUAL(set_attributes(&rig, FILE_FID, both, 0, 0, 0, 5000), 0);
    struct attributes after = get_attributes(&rig, FILE_FID);
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(after.times[i], 5000 + i);
    }
    rig_fini(&rig);
}

static void test_setattr_is_refused_as_a_whole(void)
{
    struct p9_rig rig;
    names_init(&rig);
    struct attributes before = get_attributes(&rig, FILE_FID);
    uint32_t everything = P9_SETATTR_ALL;
    CU_ASSERT_EQUAL(set_attributes(&rig, FILE_FID, 0x200, 0, 0, 0, 0), EINVAL);
    CU_ASSERT_EQUAL(set_attributes(&rig, FILE_FID, everything, 0, 0, UINT64_MAX, 0), EFBIG);
    CU_ASSERT_EQUAL(set_attributes(&rig, FILE_FID, everything, 0, 0, 0, 999999999), EINVAL);
    CU_ASSERT_EQUAL(set_attributes(&rig, DIR_FID, everything, 0, 0, 0, 0), EISDIR);
    struct attributes after = get_attributes(&rig, FILE_FID);
    CU_ASSERT_TRUE(after.mode == before.mode && after.size == before.size);
    CU_ASSERT_EQUAL(rig_walk(&rig, 4, "l"), 0);
    CU_ASSERT_EQUAL(set_attributes(&rig, 4, P9_SETATTR_SIZE, 0, 0, 0, 0), EINVAL);
    CU_ASSERT_EQUAL(set_attributes(&rig, 4, P9_SETATTR_MODE, 0, 0, 0, 0), EOPNOTSUPP);
    CU_ASSERT_EQUAL(set_attributes(&rig, 4, P9_SETATTR_UID, 0, 5, 0, 0), 0);
    rig_fini(&rig);
}

static void test_statfs_tells_the_limits(void)
{
    struct p9_rig rig;
    names_init(&rig);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TSTATFS, "d", RIG_ROOT), 0);
    CU_ASSERT_EQUAL(rig_get(&rig, 4), P9_STATFS_MAGIC);
    CU_ASSERT_EQUAL(rig_get(&rig, 4), P9_BLOCK_SIZE);
    uint64_t blocks = rig_get(&rig, 8), left = rig_get(&rig, 8);
    CU_ASSERT_TRUE(blocks == P9_TREE_BYTES_MAX / P9_BLOCK_SIZE && left < blocks);
    CU_ASSERT_EQUAL(rig_get(&rig, 8), left);
    CU_ASSERT_EQUAL(rig_get(&rig, 8), P9_TREE_ENTRIES_MAX);
    CU_ASSERT_EQUAL(rig_get(&rig, 8), P9_TREE_ENTRIES_MAX - 5);
    CU_ASSERT_EQUAL(rig_get(&rig, 8), 0);
    CU_ASSERT_EQUAL(rig_get(&rig, 4), P9_NAME_MAX);
    CU_ASSERT_TRUE(rig_is_read(&rig));
    rig_fini(&rig);
}

/* ---- names come ------------------------------------------------------------------------------ */

static void test_mkdir_makes_a_directory(void)
{
    struct p9_rig rig;
    names_init(&rig);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKDIR, "dsdd", DIR_FID, "new", 0701u, 9u), 0);
    struct p9_qid qid = rig_get_qid(&rig);
    CU_ASSERT_TRUE(rig_is_read(&rig) && qid.type == P9_QTDIR);
    CU_ASSERT_EQUAL(rig_walk(&rig, 4, "d/new"), 0);
    struct attributes got = get_attributes(&rig, 4);
    CU_ASSERT_TRUE(got.qid.path == qid.path && got.mode == (P9_S_IFDIR | 0701) && got.gid == 9);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKDIR, "dsdd", DIR_FID, "new", 0u, 0u), EEXIST);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKDIR, "dsdd", DIR_FID, "g", 0u, 0u), EEXIST);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKDIR, "dsdd", FILE_FID, "new", 0u, 0u), ENOTDIR);
    rig_fini(&rig);
}

static void test_symlink_and_readlink(void)
{
    struct p9_rig rig;
    names_init(&rig);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TSYMLINK, "dssd", DIR_FID, "s", "../../etc/passwd", 0u), 0);
    CU_ASSERT_EQUAL(rig_get_qid(&rig).type, P9_QTSYMLINK);
    CU_ASSERT_EQUAL(rig_walk(&rig, 4, "d/s"), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADLINK, "d", 4u), 0);
    CU_ASSERT_STRING_EQUAL(rig_get_string(&rig), "../../etc/passwd");
    CU_ASSERT_TRUE(rig_is_read(&rig));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADLINK, "d", FILE_FID), EINVAL);
    /* It is a name, and no way to anywhere. */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWALK, "ddws", 4u, 5u, 1, "passwd"), ENOTDIR);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", 4u, P9_O_RDONLY), ELOOP);
    g_autofree char *target = g_strnfill(P9_TARGET_MAX + 1, 't');
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TSYMLINK, "dssd", RIG_ROOT, "t", target, 0u), ENAMETOOLONG);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TSYMLINK, "dssd", RIG_ROOT, "t", "", 0u), ENOENT);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TSYMLINK, "dssd", RIG_ROOT, "t", target + 1, 0u), 0);
    CU_ASSERT_EQUAL(rig_walk(&rig, 6, "t"), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADLINK, "d", 6u), 0);
    CU_ASSERT_STRING_EQUAL(rig_get_string(&rig), target + 1);
    rig_begin(&rig, P9_MSIZE_MIN); /* in which its answer does not fit */
    CU_ASSERT_EQUAL(rig_walk(&rig, 6, "t"), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADLINK, "d", 6u), EMSGSIZE);
    rig_fini(&rig);
}

static void test_link_makes_another_name(void)
{
    struct p9_rig rig;
    names_init(&rig);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLINK, "dds", DIR_FID, FILE_FID, "h"), 0);
    CU_ASSERT_TRUE(rig_is_read(&rig));
    CU_ASSERT_EQUAL(rig_walk(&rig, 4, "d/h"), 0);
    struct attributes one = get_attributes(&rig, FILE_FID), other = get_attributes(&rig, 4);
    CU_ASSERT_TRUE(one.qid.path == other.qid.path && one.nlink == 2);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLINK, "dds", RIG_ROOT, DIR_FID, "x"), EPERM);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLINK, "dds", RIG_ROOT, FILE_FID, "f"), EEXIST);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLINK, "dds", FILE_FID, FILE_FID, "x"), ENOTDIR);
    rig_fini(&rig);
}

static void test_mknod_is_refused_for_each_kind(void)
{
    struct p9_rig rig;
    names_init(&rig);
    static const uint32_t modes[] = {0020644, 0060644, 0010644, 0140644, 0100644, 0};
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKNOD, "dsdddd", RIG_ROOT, "node", modes[i], 1u, 3u, 0u),
                        EPERM);
    }
    CU_ASSERT_FALSE(is_there(&rig, "node"));
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

/* ---- names move and go ----------------------------------------------------------------------- */

static void test_rename_by_fid(void)
{
    struct p9_rig rig;
    names_init(&rig);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAME, "dds", FILE_FID, DIR_FID, "moved"), 0);
    CU_ASSERT_TRUE(rig_is_read(&rig) && is_there(&rig, "d/moved") && !is_there(&rig, "f"));
    CU_ASSERT_EQUAL(get_attributes(&rig, FILE_FID).size, 5); /* the fid goes along */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAME, "dds", FILE_FID, DIR_FID, "g"), 0);
    CU_ASSERT_TRUE(is_there(&rig, "d/g") && !is_there(&rig, "d/moved"));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAME, "dds", DIR_FID, DIR_FID, "x"), EINVAL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAME, "dds", RIG_ROOT, DIR_FID, "x"), EBUSY);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAME, "dds", DIR_FID, FILE_FID, "x"), ENOTDIR);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAME, "dds", FILE_FID, RIG_ROOT, "d"), EISDIR);
    rig_fini(&rig);
}

static void test_renameat_by_names(void)
{
    struct p9_rig rig;
    names_init(&rig);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAMEAT, "dsds", RIG_ROOT, "f", DIR_FID, "x"), 0);
    CU_ASSERT_TRUE(rig_is_read(&rig) && is_there(&rig, "d/x") && !is_there(&rig, "f"));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAMEAT, "dsds", RIG_ROOT, "f", DIR_FID, "x"), ENOENT);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAMEAT, "dsds", DIR_FID, "x", RIG_ROOT, "d"), EISDIR);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAMEAT, "dsds", RIG_ROOT, "d", DIR_FID, "y"), EINVAL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TRENAMEAT, "dsds", RIG_ROOT, "l", RIG_ROOT, "k"), 0);
    CU_ASSERT_TRUE(is_there(&rig, "k"));
    rig_fini(&rig);
}

static void test_unlinkat_wants_the_right_flag(void)
{
    struct p9_rig rig;
    names_init(&rig);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "d", 0u), EISDIR);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "f", P9_AT_REMOVEDIR), ENOTDIR);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "d", P9_AT_REMOVEDIR), ENOTEMPTY);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "f", 1u), EINVAL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "none", 0u), ENOENT);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", DIR_FID, "g", 0u), 0);
    CU_ASSERT_TRUE(rig_is_read(&rig));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "d", P9_AT_REMOVEDIR), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "l", 0u), 0);
    CU_ASSERT_TRUE(is_there(&rig, "f") && !is_there(&rig, "d") && !is_there(&rig, "l"));
    /* The fid on the directory is one of nothing now. */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKDIR, "dsdd", DIR_FID, "new", 0u, 0u), ENOENT);
    rig_fini(&rig);
}

static void test_remove_clunks_in_any_case(void)
{
    struct p9_rig rig;
    names_init(&rig);
    unsigned fids = p9_server_fid_count(rig.server);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREMOVE, "d", FILE_FID), 0);
    CU_ASSERT_FALSE(is_there(&rig, "f"));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREMOVE, "d", DIR_FID), ENOTEMPTY);
    CU_ASSERT_TRUE(is_there(&rig, "d"));
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), fids - 2);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREMOVE, "d", RIG_ROOT), EBUSY);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 0);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

static void test_a_file_that_was_removed_is_still_read(void)
{
    struct p9_rig rig;
    names_init(&rig);
    CU_ASSERT_EQUAL(rig_open(&rig, 4, "f", P9_O_RDWR), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "f", 0u), 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TWRITE, "dqdr", 4u, UINT64_C(5), 1u, "!", (size_t)1), 0);
    const uint8_t *bytes;
    size_t got;
    CU_ASSERT_EQUAL(rig_read(&rig, 4, 0, 10, &bytes, &got), 0);
    CU_ASSERT_TRUE(got == 6 && memcmp(bytes, "hello!", 6) == 0);
    CU_ASSERT_EQUAL(get_attributes(&rig, 4).nlink, 0);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREMOVE, "d", FILE_FID), ENOENT);
    rig_fini(&rig);
}

/* `..`, `.` and what is too long, in each field that is a name. */
static void test_no_name_leads_up_in_any_field(void)
{
    struct p9_rig rig;
    names_init(&rig);
    char longest[P9_NAME_MAX + 2];
    memset(longest, 'n', sizeof(longest));
    longest[P9_NAME_MAX + 1] = '\0';
    const struct {
        const char *name;
        uint32_t error;
    } names[] = {{"..", EINVAL}, {".", EINVAL}, {longest, ENAMETOOLONG}};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *name = names[i].name;
        const uint32_t errors[] = {
            rig_call(&rig, P9_TWALK, "ddws", DIR_FID, 9u, 1, name),
            rig_call(&rig, P9_TLCREATE, "dsddd", DIR_FID, name, P9_O_RDWR, 0644u, 0u),
            rig_call(&rig, P9_TSYMLINK, "dssd", DIR_FID, name, "t", 0u),
            rig_call(&rig, P9_TRENAME, "dds", FILE_FID, DIR_FID, name),
            rig_call(&rig, P9_TLINK, "dds", DIR_FID, FILE_FID, name),
            rig_call(&rig, P9_TMKDIR, "dsdd", DIR_FID, name, 0755u, 0u),
            rig_call(&rig, P9_TRENAMEAT, "dsds", DIR_FID, name, RIG_ROOT, "x"),
            rig_call(&rig, P9_TRENAMEAT, "dsds", DIR_FID, "g", RIG_ROOT, name),
            rig_call(&rig, P9_TUNLINKAT, "dsd", DIR_FID, name, 0u),
            rig_call(&rig, P9_TUNLINKAT, "dsd", DIR_FID, name, P9_AT_REMOVEDIR),
        };
        for (size_t j = 0; j < G_N_ELEMENTS(errors); j++) {
            CU_ASSERT_EQUAL(errors[j], names[i].error);
        }
        CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKNOD, "dsdddd", DIR_FID, name, 0u, 0u, 0u, 0u), EPERM);
    }
    CU_ASSERT_TRUE(is_there(&rig, "f") && is_there(&rig, "d/g"));
    CU_ASSERT_EQUAL(p9_tree_usage(rig.tree).entries, 5);
    longest[P9_NAME_MAX] = '\0';
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TMKDIR, "dsdd", DIR_FID, longest, 0755u, 0u), 0);
    rig_fini(&rig);
}

/* ---- read-only ------------------------------------------------------------------------------- */

static void test_a_tree_that_is_only_read_is_not_changed(void)
{
    struct p9_rig rig;
    const struct p9_server_config config = {.read_only = true};
    const struct p9_tree_config tree_config = {0};
    struct p9_tree *tree = p9_tree_new_memory(&tree_config);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "f", "hello", 5), 0);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "d/g", "", 0), 0);
    rig_init_bare(&rig, tree, &config);
    rig_begin(&rig, RIG_MSIZE);
    CU_ASSERT_EQUAL(rig_walk(&rig, FILE_FID, "f"), 0);
    CU_ASSERT_EQUAL(rig_walk(&rig, DIR_FID, "d"), 0);
    uint64_t held = p9_tree_usage(tree).bytes;
    const uint32_t errors[] = {
        rig_call(&rig, P9_TLOPEN, "dd", FILE_FID, P9_O_WRONLY),
        rig_call(&rig, P9_TLOPEN, "dd", FILE_FID, P9_O_RDWR),
        rig_call(&rig, P9_TLOPEN, "dd", FILE_FID, P9_O_RDONLY | P9_O_TRUNC),
        rig_call(&rig, P9_TLCREATE, "dsddd", DIR_FID, "n", P9_O_RDONLY, 0644u, 0u),
        rig_call(&rig, P9_TSYMLINK, "dssd", DIR_FID, "n", "t", 0u),
        rig_call(&rig, P9_TMKNOD, "dsdddd", DIR_FID, "n", 0u, 0u, 0u, 0u),
        rig_call(&rig, P9_TRENAME, "dds", FILE_FID, DIR_FID, "n"),
        set_attributes(&rig, FILE_FID, P9_SETATTR_SIZE, 0, 0, 0, 0),
        rig_call(&rig, P9_TXATTRCREATE, "dsqd", FILE_FID, "n", UINT64_C(0), 0u),
        rig_call(&rig, P9_TLINK, "dds", DIR_FID, FILE_FID, "n"),
        rig_call(&rig, P9_TMKDIR, "dsdd", DIR_FID, "n", 0755u, 0u),
        rig_call(&rig, P9_TRENAMEAT, "dsds", RIG_ROOT, "f", DIR_FID, "n"),
        rig_call(&rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "f", 0u),
        rig_call(&rig, P9_TREMOVE, "d", DIR_FID),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
        CU_ASSERT_EQUAL(errors[i], EROFS);
    }
    CU_ASSERT_EQUAL(p9_tree_usage(tree).bytes, held);
    CU_ASSERT_EQUAL(p9_server_fid_count(rig.server), 2); /* Tremove took one along */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TLOPEN, "dd", FILE_FID, P9_O_RDONLY), 0);
    const uint8_t *bytes;
    size_t got;
    CU_ASSERT_EQUAL(rig_read(&rig, FILE_FID, 0, 9, &bytes, &got), 0);
    CU_ASSERT_EQUAL(got, 5);
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig_fini(&rig);
}

UNIT_SUITE("p9_server_names", UNIT_TEST(test_getattr_tells_what_stat_wants),
           UNIT_TEST(test_setattr_sets_what_is_valid_and_nothing_else),
           UNIT_TEST(test_setattr_is_refused_as_a_whole), UNIT_TEST(test_statfs_tells_the_limits),
           UNIT_TEST(test_mkdir_makes_a_directory), UNIT_TEST(test_symlink_and_readlink),
           UNIT_TEST(test_link_makes_another_name), UNIT_TEST(test_mknod_is_refused_for_each_kind),
           UNIT_TEST(test_rename_by_fid), UNIT_TEST(test_renameat_by_names),
           UNIT_TEST(test_unlinkat_wants_the_right_flag), UNIT_TEST(test_remove_clunks_in_any_case),
           UNIT_TEST(test_a_file_that_was_removed_is_still_read),
           UNIT_TEST(test_no_name_leads_up_in_any_field),
           UNIT_TEST(test_a_tree_that_is_only_read_is_not_changed))
