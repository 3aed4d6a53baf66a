/*
 * p9_tree_test.c - names come, go and move; positions, limits; a tree that is free is empty
 */
#include "emu/virtio-9p/p9_tree.h"

#include "tests/unit.h"

#include <errno.h>
#include <string.h>

static uint64_t now_ns;

static uint64_t now(void *opaque)
{
    (void)opaque;
    return now_ns;
}

static struct p9_tree *new_tree(uint64_t bytes_max, uint64_t entries_max)
{
    const struct p9_tree_config config = {
        .now_ns = now, .bytes_max = bytes_max, .entries_max = entries_max};
    now_ns = 1500000000;
    return p9_tree_new_memory(&config);
}

/* Names with a kind in front: "d" or "f". */
static struct p9_entry *make(struct p9_entry *directory, const char *name, enum p9_kind kind)
{
    const struct p9_creation how = {.kind = kind, .mode = 0640, .target = "t"};
    struct p9_entry *created = NULL;
    CU_ASSERT_EQUAL_FATAL(p9_tree_create(directory, name, &how, &created), 0);
    return created;
}

static struct p9_entry *make_directory(struct p9_entry *directory, const char *name)
{
    return make(directory, name, P9_KIND_DIRECTORY);
}

static struct p9_entry *make_file(struct p9_entry *directory, const char *name)
{
    return make(directory, name, P9_KIND_FILE);
}

static bool has(struct p9_entry *directory, const char *name, const struct p9_entry *wanted)
{
    struct p9_entry *found = NULL;
    return p9_tree_lookup(directory, name, &found) == 0 && found == wanted;
}

/* The names of a directory from behind a position, with spaces between. */
struct listing {
    GString *names;
    uint64_t position;
    unsigned most;
};

static bool listed(void *opaque, const struct p9_listed *entry)
{
    struct listing *listing = opaque;
    if (listing->most == 0) {
        return false;
    }
    listing->most--;
    g_string_append_printf(listing->names, " %s", entry->name);
    CU_ASSERT_TRUE(entry->position > listing->position);
    listing->position = entry->position;
    return true;
}

static uint64_t list(struct p9_entry *directory, uint64_t position, unsigned most,
                     const char *wanted)
{
    struct listing listing = {g_string_new(NULL), position, most};
    CU_ASSERT_EQUAL(p9_tree_list(directory, position, listed, &listing), 0);
    CU_ASSERT_STRING_EQUAL(listing.names->str, wanted);
    g_string_free(listing.names, TRUE);
    return listing.position;
}

/* ---- names ----------------------------------------------------------------------------------- */

static void test_names_that_cannot_be(void)
{
    char longest[P9_NAME_MAX + 2];
    memset(longest, 'a', sizeof(longest));
    longest[P9_NAME_MAX + 1] = '\0';
    CU_ASSERT_EQUAL(p9_name_check(longest), ENAMETOOLONG);
    longest[P9_NAME_MAX] = '\0';
    CU_ASSERT_EQUAL(p9_name_check(longest), 0);
    static const char *const none[] = {"", ".", "..", "/", "a/b", "../a", "a/.."};
    for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
        CU_ASSERT_EQUAL(p9_name_check(none[i]), EINVAL);
    }
    static const char *const odd[] = {"...", "..a", ".a", "a..", "\n", "\xff", " "};
    for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
        CU_ASSERT_EQUAL(p9_name_check(odd[i]), 0);
    }
}

static void test_created_names_are_found_and_taken(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree), *unused;
    struct p9_entry *directory = make_directory(root, "d"), *file = make_file(directory, "f");
    CU_ASSERT_TRUE(has(root, "d", directory) && has(directory, "f", file));
    CU_ASSERT_STRING_EQUAL(p9_entry_name(file), "f");
    CU_ASSERT_EQUAL(p9_tree_lookup(root, "f", &unused), ENOENT);
    CU_ASSERT_EQUAL(p9_tree_lookup(file, "x", &unused), ENOTDIR);
    const struct p9_creation how = {.kind = P9_KIND_FILE};
    CU_ASSERT_EQUAL(p9_tree_create(directory, "f", &how, &unused), EEXIST);
    CU_ASSERT_EQUAL(p9_tree_create(file, "x", &how, &unused), ENOTDIR);
    CU_ASSERT_EQUAL(p9_tree_create(root, "..", &how, &unused), EINVAL);
    CU_ASSERT_EQUAL(p9_tree_usage(tree).entries, 3);
    p9_tree_free(tree);
}

static void test_nodes_are_numbered_in_order_and_dated_by_the_clock(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree);
    now_ns = 2000000001;
    struct p9_node *file = p9_entry_node(make_file(root, "f"));
    struct p9_attributes attributes;
    p9_node_get_attributes(file, &attributes);
    CU_ASSERT_EQUAL(attributes.qid.path, 2);
    CU_ASSERT_EQUAL(attributes.qid.type, P9_QTFILE);
    CU_ASSERT_EQUAL(attributes.mode, P9_S_IFREG | 0640);
    CU_ASSERT_TRUE(attributes.nlink == 1 && attributes.uid == 0 && attributes.gid == 0);
    CU_ASSERT_TRUE(attributes.mtime.sec == 2 && attributes.mtime.nsec == 1);
    now_ns = 3000000000;
    size_t written;
    CU_ASSERT_EQUAL(p9_node_write(file, 0, (const uint8_t *)"x", 1, &written), 0);
    p9_node_get_attributes(file, &attributes);
    CU_ASSERT_TRUE(attributes.mtime.sec == 3 && attributes.ctime.sec == 3);
    CU_ASSERT_TRUE(attributes.atime.sec == 2 && attributes.size == 1);
    p9_node_get_attributes(p9_entry_node(root), &attributes);
    CU_ASSERT_TRUE(attributes.qid.path == 1 && attributes.mode == (P9_S_IFDIR | 0755));
    CU_ASSERT_TRUE(attributes.mtime.sec == 2 && attributes.atime.sec == 1);
    p9_tree_free(tree);
}

static void test_removed_names_live_as_long_as_they_are_held(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree), *unused;
    struct p9_entry *file = p9_entry_ref(make_file(root, "f"));
    size_t written;
    CU_ASSERT_EQUAL(p9_node_write(p9_entry_node(file), 0, (const uint8_t *)"abc", 3, &written), 0);
    CU_ASSERT_EQUAL(p9_tree_remove(file, true), ENOTDIR);
    CU_ASSERT_EQUAL(p9_tree_remove(file, false), 0);
    CU_ASSERT_FALSE(p9_entry_is_linked(file));
    CU_ASSERT_EQUAL(p9_tree_lookup(root, "f", &unused), ENOENT);
    uint8_t bytes[3];
    CU_ASSERT_EQUAL(p9_node_read(p9_entry_node(file), 0, bytes, 3), 0);
    CU_ASSERT_EQUAL(memcmp(bytes, "abc", 3), 0);
    struct p9_attributes attributes;
    p9_node_get_attributes(p9_entry_node(file), &attributes);
    CU_ASSERT_EQUAL(attributes.nlink, 0);
    CU_ASSERT_EQUAL(p9_tree_remove(file, false), ENOENT);
    CU_ASSERT_EQUAL(p9_tree_rename(file, root, "g"), ENOENT);
    CU_ASSERT_EQUAL(p9_tree_link(root, "g", file), ENOENT);
    uint64_t held = p9_tree_usage(tree).bytes;
    p9_entry_unref(file);
    CU_ASSERT_TRUE(p9_tree_usage(tree).bytes < held);
    p9_tree_free(tree);
}

static void test_directories_go_only_when_empty(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree), *unused;
    struct p9_entry *directory = p9_entry_ref(make_directory(root, "d"));
    struct p9_entry *file = make_file(directory, "f");
    CU_ASSERT_EQUAL(p9_tree_remove(directory, false), EISDIR);
    CU_ASSERT_EQUAL(p9_tree_remove(directory, true), ENOTEMPTY);
    CU_ASSERT_EQUAL(p9_tree_remove(root, true), EBUSY);
    CU_ASSERT_EQUAL(p9_tree_remove(file, false), 0);
    CU_ASSERT_EQUAL(p9_tree_remove(directory, true), 0);
    /* Nothing comes into a directory that is gone. */
    const struct p9_creation how = {.kind = P9_KIND_FILE};
    CU_ASSERT_EQUAL(p9_tree_create(directory, "f", &how, &unused), ENOENT);
    CU_ASSERT_EQUAL(p9_tree_lookup(directory, "f", &unused), ENOENT);
    struct p9_entry *other = make_file(root, "o");
    CU_ASSERT_EQUAL(p9_tree_rename(other, directory, "o"), ENOENT);
    CU_ASSERT_EQUAL(p9_tree_link(directory, "o", other), ENOENT);
    list(directory, 0, 9, "");
    p9_entry_unref(directory);
    p9_tree_free(tree);
}

static void test_links_share_a_node(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree), *link;
    struct p9_entry *file = make_file(root, "f"), *directory = make_directory(root, "d");
    CU_ASSERT_EQUAL(p9_tree_link(directory, "l", file), 0);
    CU_ASSERT_EQUAL(p9_tree_lookup(directory, "l", &link), 0);
    CU_ASSERT_PTR_EQUAL(p9_entry_node(link), p9_entry_node(file));
    CU_ASSERT_EQUAL(p9_tree_link(root, "d", file), EEXIST);
    CU_ASSERT_EQUAL(p9_tree_link(root, "x", directory), EPERM);
    struct p9_attributes attributes;
    p9_node_get_attributes(p9_entry_node(file), &attributes);
    CU_ASSERT_EQUAL(attributes.nlink, 2);
    CU_ASSERT_EQUAL(p9_tree_remove(file, false), 0);
    p9_node_get_attributes(p9_entry_node(link), &attributes);
    CU_ASSERT_EQUAL(attributes.nlink, 1);
    p9_tree_free(tree);
}

/* ---- moving ---------------------------------------------------------------------------------- */

static void test_a_renamed_entry_is_the_same_entry(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree), *unused;
    struct p9_entry *a = make_directory(root, "a"), *b = make_directory(root, "b");
    struct p9_entry *file = make_file(a, "f");
    CU_ASSERT_EQUAL(p9_tree_rename(file, b, "g"), 0);
    CU_ASSERT_TRUE(has(b, "g", file));
    CU_ASSERT_EQUAL(p9_tree_lookup(a, "f", &unused), ENOENT);
    CU_ASSERT_STRING_EQUAL(p9_entry_name(file), "g");
    CU_ASSERT_EQUAL(p9_tree_rename(a, b, "a"), 0);
    CU_ASSERT_TRUE(has(b, "a", a));
    CU_ASSERT_EQUAL(p9_tree_rename(file, b, "h"), 0);
    CU_ASSERT_TRUE(has(b, "h", file));
    CU_ASSERT_EQUAL(p9_tree_rename(file, b, "h"), 0);
    CU_ASSERT_EQUAL(p9_tree_usage(tree).entries, 4);
    p9_tree_free(tree);
}

static void test_a_rename_replaces_what_may_be_replaced(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree);
    struct p9_entry *file = make_file(root, "f"), *directory = make_directory(root, "d");
    struct p9_entry *full = make_directory(root, "full"), *empty = make_directory(root, "empty");
    struct p9_entry *old = p9_entry_ref(make_file(full, "old"));
    CU_ASSERT_EQUAL(p9_tree_rename(file, root, "d"), EISDIR);
    CU_ASSERT_EQUAL(p9_tree_rename(directory, root, "f"), ENOTDIR);
    CU_ASSERT_EQUAL(p9_tree_rename(directory, root, "full"), ENOTEMPTY);
    CU_ASSERT_TRUE(has(root, "d", directory) && has(root, "f", file) && has(root, "full", full));
    CU_ASSERT_TRUE(has(root, "empty", empty));
    CU_ASSERT_EQUAL(p9_tree_rename(directory, root, "empty"), 0);
    CU_ASSERT_TRUE(has(root, "empty", directory));
    CU_ASSERT_EQUAL(p9_tree_rename(file, full, "old"), 0);
    CU_ASSERT_TRUE(has(full, "old", file));
    CU_ASSERT_FALSE(p9_entry_is_linked(old));
    p9_entry_unref(old);
    /* Two names of one file: nothing happens. */
    CU_ASSERT_EQUAL(p9_tree_link(root, "twin", file), 0);
    CU_ASSERT_EQUAL(p9_tree_rename(file, root, "twin"), 0);
    CU_ASSERT_TRUE(has(full, "old", file));
    CU_ASSERT_EQUAL(p9_tree_usage(tree).entries, 5);
    p9_tree_free(tree);
}

static void test_a_directory_does_not_go_below_itself(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree);
    struct p9_entry *a = make_directory(root, "a"), *b = make_directory(a, "b");
    struct p9_entry *c = make_directory(b, "c");
    CU_ASSERT_EQUAL(p9_tree_rename(a, a, "x"), EINVAL);
    CU_ASSERT_EQUAL(p9_tree_rename(a, c, "x"), EINVAL);
    CU_ASSERT_EQUAL(p9_tree_rename(root, c, "x"), EBUSY);
    CU_ASSERT_EQUAL(p9_tree_rename(c, root, "a"), ENOTEMPTY); /* its own ancestor */
    CU_ASSERT_EQUAL(p9_tree_rename(c, root, "c"), 0);
    CU_ASSERT_EQUAL(p9_tree_rename(a, c, "a"), 0);
    p9_tree_free(tree);
}

/* ---- listing --------------------------------------------------------------------------------- */

static void test_a_listing_goes_on_where_it_stopped_whatever_happens(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree);
    struct p9_entry *names[6];
    for (unsigned i = 0; i < 6; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        names[i] = make_file(root, name);
    }
    list(root, 0, 99, " . .. a b c d e f");
    uint64_t position = list(root, 0, 4, " . .. a b");
    CU_ASSERT_EQUAL(p9_tree_remove(names[1], false), 0); /* the one that it stands on */
    CU_ASSERT_EQUAL(p9_tree_remove(names[3], false), 0);
    CU_ASSERT_EQUAL(p9_tree_rename(names[4], root, "E"), 0);
    make_file(root, "b");
    list(root, position, 99, " c E f b");
    list(root, 1, 1, " ..");
    list(root, UINT64_MAX, 9, "");
    CU_ASSERT_EQUAL(p9_tree_list(names[0], 0, listed, NULL), ENOTDIR);
    p9_tree_free(tree);
}

static void test_ten_thousand_entries_are_listed_once_each(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree);
    GString *wanted = g_string_new(" . ..");
    for (unsigned i = 0; i < 10000; i++) {
        char name[16];
        g_snprintf(name, sizeof(name), "n%u", i);
        make_file(root, name);
        g_string_append_printf(wanted, " %s", name);
    }
    struct listing listing = {g_string_new(NULL), 0, 0};
    for (unsigned i = 0; i < 10002; i += 37) {
        listing.most = 37;
        CU_ASSERT_EQUAL_FATAL(p9_tree_list(root, listing.position, listed, &listing), 0);
    }
    CU_ASSERT_STRING_EQUAL(listing.names->str, wanted->str);
    g_string_free(listing.names, TRUE);
    g_string_free(wanted, TRUE);
    p9_tree_free(tree);
}

static int visited(void *opaque, const char *path, struct p9_node *node)
{
    g_string_append_printf(opaque, " %s%s", path,
                           p9_node_kind(node) == P9_KIND_DIRECTORY ? "/" : "");
    return strcmp(path, "stop") == 0 ? ECANCELED : 0;
}

static void test_a_visit_sees_all_by_name(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "z/b", "1", 1), 0);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "z/a/q", "22", 2), 0);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "k", "", 0), 0);
    GString *seen = g_string_new(NULL);
    CU_ASSERT_EQUAL(p9_tree_visit(tree, visited, seen), 0);
    CU_ASSERT_STRING_EQUAL(seen->str, " k z/ z/a/ z/a/q z/b");
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "stop", "", 0), 0);
    CU_ASSERT_EQUAL(p9_tree_visit(tree, visited, seen), ECANCELED);
    g_string_free(seen, TRUE);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "k", "", 0), EEXIST);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "k/x", "", 0), ENOTDIR);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "", "", 0), EINVAL);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "/k", "", 0), EINVAL);
    CU_ASSERT_EQUAL(p9_tree_add_file(tree, "z/../x", "", 0), EINVAL);
    p9_tree_free(tree);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void test_entries_are_limited(void)
{
    struct p9_tree *tree = new_tree(0, 3);
    struct p9_entry *root = p9_tree_root(tree), *unused;
    struct p9_entry *file = make_file(root, "a");
    make_file(root, "b");
    const struct p9_creation how = {.kind = P9_KIND_FILE};
    CU_ASSERT_EQUAL(p9_tree_create(root, "c", &how, &unused), ENOSPC);
    CU_ASSERT_EQUAL(p9_tree_link(root, "c", file), ENOSPC);
    CU_ASSERT_EQUAL(p9_tree_rename(file, root, "c"), 0);
    CU_ASSERT_EQUAL(p9_tree_remove(file, false), 0);
    make_file(root, "a");
    p9_tree_free(tree);
}

static void test_bytes_are_limited_and_given_back(void)
{
    struct p9_tree *tree = new_tree(1 << 20, 0);
    struct p9_entry *root = p9_tree_root(tree);
    struct p9_node *file = p9_entry_node(make_file(root, "f"));
    uint64_t empty = p9_tree_usage(tree).bytes;
    g_autofree uint8_t *bytes = g_malloc0(1 << 20);
    size_t written;
    /* As much as fits, then nothing. */
    CU_ASSERT_EQUAL(p9_node_write(file, 0, bytes, 1 << 20, &written), 0);
    CU_ASSERT_TRUE(written > 900000 && written < 1 << 20 && written % P9_BLOCK_SIZE == 0);
    size_t more;
    CU_ASSERT_EQUAL(p9_node_write(file, written, bytes, 1, &more), ENOSPC);
    CU_ASSERT_EQUAL(p9_node_write(file, 100, bytes, 5000, &more), 0); /* where blocks are */
    CU_ASSERT_EQUAL(more, 5000);
    struct p9_attributes attributes = {.size = 0};
    CU_ASSERT_EQUAL(p9_node_set_attributes(file, P9_SETATTR_SIZE, &attributes), 0);
    CU_ASSERT_EQUAL(p9_tree_usage(tree).bytes, empty);
    p9_tree_free(tree);
}

static void test_names_of_attributes_are_limited_together(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_node *file = p9_entry_node(make_file(p9_tree_root(tree), "f"));
    g_autoptr(GBytes) value = g_bytes_new("v", 1), nothing = g_bytes_new("", 0);
    char name[P9_NAME_MAX + 1];
    unsigned count = 0;
    int error = 0;
    while (error == 0 && count < 1000) {
        g_snprintf(name, sizeof(name), "user.%0*u", (int)P9_NAME_MAX - 5, count);
        error = p9_node_set_xattr(file, name, value, 0);
        count += error == 0;
    }
    CU_ASSERT_TRUE(error == ENOSPC && count == P9_XATTR_MAX / (P9_NAME_MAX + 1));
    g_autoptr(GBytes) names = NULL;
    CU_ASSERT_EQUAL(p9_node_get_xattr(file, "", &names), 0);
    CU_ASSERT_EQUAL(g_bytes_get_size(names), P9_XATTR_MAX);
    /* One that is there can be set, and one that goes makes room. */
    g_snprintf(name, sizeof(name), "user.%0*u", (int)P9_NAME_MAX - 5, 7u);
    CU_ASSERT_EQUAL(p9_node_set_xattr(file, name, value, 0), 0);
    CU_ASSERT_EQUAL(p9_node_set_xattr(file, "x", value, 0), ENOSPC);
    CU_ASSERT_EQUAL(p9_node_set_xattr(file, name, nothing, 0), 0);
    CU_ASSERT_EQUAL(p9_node_set_xattr(file, "x", value, 0), 0);
    p9_tree_free(tree);
}

static void test_depth_is_limited_however_it_comes(void)
{
    struct p9_tree *tree = new_tree(0, 0);
    struct p9_entry *root = p9_tree_root(tree), *unused;
    const struct p9_creation how = {.kind = P9_KIND_DIRECTORY};
    struct p9_entry *at = root, *half = NULL;
    for (unsigned depth = 1; depth < P9_TREE_DEPTH_MAX; depth++) {
        at = make_directory(at, "d");
        half = depth == P9_TREE_DEPTH_MAX / 2 ? at : half;
    }
    CU_ASSERT_EQUAL(p9_tree_create(at, "d", &how, &unused), ENAMETOOLONG);
    make_file(at, "f");
    /* Two levels cannot go where one could. */
    struct p9_entry *two = make_directory(root, "two");
    make_directory(two, "below");
    struct p9_entry *parent = root;
    for (unsigned depth = 1; depth < P9_TREE_DEPTH_MAX - 1; depth++) {
        CU_ASSERT_EQUAL_FATAL(p9_tree_lookup(parent, "d", &parent), 0);
    }
    CU_ASSERT_EQUAL(p9_tree_rename(two, parent, "two"), ENAMETOOLONG);
    CU_ASSERT_TRUE(has(root, "two", two));
    CU_ASSERT_EQUAL(p9_tree_rename(two, half, "two"), 0);
    /* Up it goes, with all that is below. */
    CU_ASSERT_EQUAL(p9_tree_rename(half, root, "half"), 0);
    p9_tree_free(tree);
}

UNIT_SUITE("p9_tree", UNIT_TEST(test_names_that_cannot_be),
           UNIT_TEST(test_created_names_are_found_and_taken),
           UNIT_TEST(test_nodes_are_numbered_in_order_and_dated_by_the_clock),
           UNIT_TEST(test_removed_names_live_as_long_as_they_are_held),
           UNIT_TEST(test_directories_go_only_when_empty), UNIT_TEST(test_links_share_a_node),
           UNIT_TEST(test_a_renamed_entry_is_the_same_entry),
           UNIT_TEST(test_a_rename_replaces_what_may_be_replaced),
           UNIT_TEST(test_a_directory_does_not_go_below_itself),
           UNIT_TEST(test_a_listing_goes_on_where_it_stopped_whatever_happens),
           UNIT_TEST(test_ten_thousand_entries_are_listed_once_each),
           UNIT_TEST(test_a_visit_sees_all_by_name), UNIT_TEST(test_entries_are_limited),
           UNIT_TEST(test_bytes_are_limited_and_given_back),
           UNIT_TEST(test_names_of_attributes_are_limited_together),
           UNIT_TEST(test_depth_is_limited_however_it_comes))
