/*
 * p9_server_readdir_test.c - directories that are read, in pieces of any size
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "tests/unit.h"

#include <errno.h>
#include <string.h>

/* Files "f" and "d/g", and a symbolic link "l". */
static void readdir_init(struct p9_rig *rig)
{
    rig_init(rig, NULL);
    rig_make_file(rig, "f", "hello", 5);
    CU_ASSERT_EQUAL_FATAL(p9_tree_add_file(rig->tree, "d/g", "", 0), 0);
    CU_ASSERT_EQUAL_FATAL(rig_call(rig, P9_TSYMLINK, "dssd", RIG_ROOT, "l", "f", 0u), 0);
}

/* Appends the names of one answer, and returns the last position; 0: there was no entry. */
static uint64_t read_directory(struct p9_rig *rig, uint32_t fid, uint64_t offset, uint32_t count,
                               GString *names)
{
    uint64_t position = 0;
    CU_ASSERT_EQUAL_FATAL(rig_call(rig, P9_TREADDIR, "dqd", fid, offset, count), 0);
    uint64_t size = rig_get(rig, 4);
    CU_ASSERT_TRUE_FATAL(size <= count && rig->at + size == rig->reply_size);
    while (!rig_is_read(rig)) {
        struct p9_qid qid = rig_get_qid(rig);
        position = rig_get(rig, 8);
        uint64_t type = rig_get(rig, 1);
        CU_ASSERT_EQUAL(type, qid.type == P9_QTDIR       ? P9_DT_DIR
                              : qid.type == P9_QTSYMLINK ? P9_DT_LNK
                                                         : P9_DT_REG);
        g_string_append_printf(names, " %s", rig_get_string(rig));
    }
    return position;
}

static void test_readdir_has_kinds_and_both_dots(void)
{
    struct p9_rig rig;
    readdir_init(&rig);
    g_autoptr(GString) names = g_string_new(NULL);
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "", P9_O_RDONLY | P9_O_DIRECTORY), 0);
    uint64_t last = read_directory(&rig, 2, 0, 4096, names);
    CU_ASSERT_STRING_EQUAL(names->str, " . .. f d l");
    CU_ASSERT_EQUAL(read_directory(&rig, 2, last, 4096, names), 0);
    CU_ASSERT_STRING_EQUAL(names->str, " . .. f d l");
    /* From the beginning again. */
    read_directory(&rig, 2, 0, 4096, g_string_truncate(names, 0));
    CU_ASSERT_STRING_EQUAL(names->str, " . .. f d l");
    rig_fini(&rig);
}

static void test_readdir_gives_whole_entries_only(void)
{
    struct p9_rig rig;
    readdir_init(&rig);
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "", P9_O_RDONLY), 0);
    g_autoptr(GString) names = g_string_new(NULL);
    uint32_t first = P9_DIRENT_SIZE + 1, second = first + P9_DIRENT_SIZE + 2;
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADDIR, "dqd", 2u, UINT64_C(0), first - 1), EINVAL);
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADDIR, "dqd", 2u, UINT64_C(0), 0u), EINVAL);
    read_directory(&rig, 2, 0, first, names);
    read_directory(&rig, 2, 0, second - 1, names);
    CU_ASSERT_STRING_EQUAL(names->str, " . .");
    read_directory(&rig, 2, 0, second, names);
    CU_ASSERT_STRING_EQUAL(names->str, " . . . ..");
    CU_ASSERT_TRUE(rig_broke(&rig, NULL));
    rig.room = P9_READ_HEADER_SIZE + first - 1; /* the count fits, the buffer does not */
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADDIR, "dqd", 2u, UINT64_C(0), 4096u), EMSGSIZE);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_ROOM));
    rig.room = P9_MSIZE_MAX;
    uint32_t most = RIG_MSIZE - P9_READ_HEADER_SIZE;
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADDIR, "dqd", 2u, UINT64_C(0), most + 1), EMSGSIZE);
    CU_ASSERT_TRUE(rig_broke(&rig, P9_RULE_COUNT));
    CU_ASSERT_EQUAL(rig_call(&rig, P9_TREADDIR, "dqd", 2u, UINT64_C(0), most), 0);
    rig_fini(&rig);
}

static void test_ten_thousand_entries_by_any_count(void)
{
    struct p9_rig rig;
    rig_init(&rig, NULL);
    rig_begin(&rig, 1 << 20);
    g_autoptr(GString) wanted = g_string_new(" . ..");
    for (unsigned i = 0; i < 10000; i++) {
        g_autofree char *name = g_strdup_printf("entry-%u", i);
        CU_ASSERT_EQUAL_FATAL(p9_tree_add_file(rig.tree, name, "", 0), 0);
        g_string_append_printf(wanted, " %s", name);
    }
    static const uint32_t counts[] = {280, 512, 4096, (1 << 20) - P9_READ_HEADER_SIZE};
    CU_ASSERT_EQUAL(rig_open(&rig, 2, "", P9_O_RDONLY), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autoptr(GString) names = g_string_new(NULL);
        uint64_t position = 0, last = 0;
        do {
            last = position;
            position = read_directory(&rig, 2, last, counts[i], names);
        } while (position != 0);
        CU_ASSERT_STRING_EQUAL(names->str, wanted->str);
    }
    rig_fini(&rig);
}

UNIT_SUITE("p9_server_readdir", UNIT_TEST(test_readdir_has_kinds_and_both_dots),
           UNIT_TEST(test_readdir_gives_whole_entries_only),
           UNIT_TEST(test_ten_thousand_entries_by_any_count))
