/*
 * p9_source_folder_test.c - a folder of the host: nothing changed in it, nothing seen outside of it
 *
 * The folder is `share` in a folder of its own, beside a file that nobody may see and a folder that
 * nobody may enter. All goes through a server, as a guest would do it.
 */
#include "emu/virtio-9p/p9_source_folder.h"

#include "emu/virtio-9p/p9_server_rig.h"
#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECRET "nobody may see this"

struct folder {
    char *top, *share;
    struct p9_rig rig;
};

static char *in(const struct folder *folder, const char *name)
{
    return g_build_filename(folder->top, name, NULL);
}

static void put(const struct folder *folder, const char *name, const char *text)
{
    g_autofree char *path = in(folder, name);
    CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, text, -1, NULL));
}

static void put_folder(const struct folder *folder, const char *name)
{
    g_autofree char *path = in(folder, name);
    CU_ASSERT_EQUAL_FATAL(g_mkdir(path, 0700), 0);
}

static void put_link(const struct folder *folder, const char *name, const char *target)
{
    g_autofree char *path = in(folder, name);
    CU_ASSERT_EQUAL_FATAL(symlink(target, path), 0);
}

static void take(const struct folder *folder, const char *name)
{
    g_autofree char *path = in(folder, name);
    CU_ASSERT_EQUAL_FATAL(g_remove(path), 0);
}

static void move(const struct folder *folder, const char *from, const char *to)
{
    g_autofree char *a = in(folder, from), *b = in(folder, to);
    CU_ASSERT_EQUAL_FATAL(g_rename(a, b), 0);
}

static void folder_init(struct folder *folder)
{
    folder->top = g_dir_make_tmp("share-XXXXXX", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder->top);
    folder->share = in(folder, "share");
    put_folder(folder, "share");
    put_folder(folder, "outside");
    put(folder, "outside/secret", SECRET);
    put(folder, "secret", SECRET);
}

/* A session on the folder as it is now. */
static void serve(struct folder *folder)
{
    const struct p9_tree_config config = {0};
    g_autoptr(GError) error = NULL;
    struct p9_tree *tree = p9_tree_new_folder(&config, folder->share, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    rig_init(&folder->rig, tree);
}

static void remove_all(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name = dir != NULL ? g_dir_read_name(dir) : NULL; name != NULL;
         name = g_dir_read_name(dir)) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        if (g_file_test(below, G_FILE_TEST_IS_DIR) && !g_file_test(below, G_FILE_TEST_IS_SYMLINK)) {
            remove_all(below);
        } else {
            g_unlink(below);
        }
    }
    g_rmdir(path);
}

static void folder_fini(struct folder *folder)
{
    rig_fini(&folder->rig);
    remove_all(folder->top);
    g_free(folder->share);
    g_free(folder->top);
}

/* Of a file by its path: its bytes are these; or an error, which is returned. */
static uint32_t holds(struct folder *folder, const char *path, const char *wanted)
{
    const uint32_t fid = 100;
    const uint8_t *bytes = NULL;
    size_t got = 0;
    uint32_t error = rig_walk(&folder->rig, fid, path);
    if (error != 0) {
        return error;
    }
    error = rig_call(&folder->rig, P9_TLOPEN, "dd", fid, P9_O_RDONLY);
    if (error == 0) {
        error = rig_read(&folder->rig, fid, 0, 4000, &bytes, &got);
    }
    if (error == 0) {
        CU_ASSERT_TRUE(got == strlen(wanted) && memcmp(bytes, wanted, got) == 0);
    }
    CU_ASSERT_EQUAL(rig_clunk(&folder->rig, fid), 0);
    return error;
}

/* All paths that there are, with "/", "@target" or "*", which can be executed, behind them. */
static int append_path(void *opaque, const char *path, struct p9_node *node)
{
    struct p9_attributes attributes;
    p9_node_get_attributes(node, &attributes);
    const char *target = p9_node_target(node);
    g_string_append_printf(opaque, " %s%s%s%s", path,
                           p9_node_kind(node) == P9_KIND_DIRECTORY ? "/" : "",
                           target != NULL ? "@" : "", target != NULL ? target : "");
    if (p9_node_kind(node) == P9_KIND_FILE && (attributes.mode & 0111) != 0) {
        g_string_append_c(opaque, '*');
    }
    return 0;
}

static void shows(struct folder *folder, const char *wanted)
{
    GString *paths = g_string_new(NULL);
    CU_ASSERT_EQUAL(p9_tree_visit(folder->rig.tree, append_path, paths), 0);
    CU_ASSERT_STRING_EQUAL(paths->str, wanted);
    g_string_free(paths, TRUE);
}

/* ---- what is shown --------------------------------------------------------------------------- */

static void test_files_folders_and_links_are_shown_by_name(void)
{
    struct folder folder;
    folder_init(&folder);
    put(&folder, "share/z", "last");
    put(&folder, "share/B", "upper");
    put_folder(&folder, "share/dir");
    put(&folder, "share/dir/run", "#!");
    g_autofree char *run = in(&folder, "share/dir/run");
    CU_ASSERT_EQUAL(chmod(run, 0711), 0);
    put_link(&folder, "share/link", "dir/run");
    serve(&folder);
    shows(&folder, " B dir/ dir/run* link@dir/run z");
    CU_ASSERT_EQUAL(holds(&folder, "B", "upper"), 0);
    CU_ASSERT_EQUAL(holds(&folder, "dir/run", "#!"), 0);
    folder_fini(&folder);
}

static void test_the_same_names_and_bytes_are_the_same_to_a_guest(void)
{
    GByteArray *answers[2];
    for (unsigned i = 0; i < 2; i++) {
        struct folder folder;
        folder_init(&folder);
        /* Made in another order, with other times, modes and links. */
        put(&folder, i == 0 ? "share/a" : "share/b", "1");
        put(&folder, i == 0 ? "share/b" : "share/a", "1");
        g_autofree char *a = in(&folder, "share/a"), *c = in(&folder, "secret2");
        CU_ASSERT_EQUAL(chmod(a, i == 0 ? 0600 : 0664), 0);
        CU_ASSERT_TRUE(i == 0 || link(a, c) == 0);
        serve(&folder);
        answers[i] = g_byte_array_new();
        CU_ASSERT_EQUAL(rig_open(&folder.rig, 2, "", P9_O_RDONLY), 0);
        CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TREADDIR, "dqd", 2u, UINT64_C(0), 4000u), 0);
        g_byte_array_append(answers[i], folder.rig.reply, (guint)folder.rig.reply_size);
        static const char *const names[] = {"a", "b", ""};
        for (uint32_t j = 0; j < G_N_ELEMENTS(names); j++) {
            CU_ASSERT_EQUAL(rig_walk(&folder.rig, 3 + j, names[j]), 0);
            CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TGETATTR, "dq", 3 + j, UINT64_C(0x7ff)), 0);
            g_byte_array_append(answers[i], folder.rig.reply, (guint)folder.rig.reply_size);
        }
        folder_fini(&folder);
    }
    CU_ASSERT_EQUAL(answers[0]->len, answers[1]->len);
    CU_ASSERT_EQUAL(memcmp(answers[0]->data, answers[1]->data, answers[0]->len), 0);
    g_byte_array_unref(answers[0]);
    g_byte_array_unref(answers[1]);
}

/* Each name is behind the one before; "." and ".." come first of all. */
static bool listed_in_order(void *opaque, const struct p9_listed *listed)
{
    GString *last = opaque;
    CU_ASSERT_TRUE(listed->position <= 2 || strcmp(last->str, listed->name) < 0);
    g_string_assign(last, listed->position <= 2 ? "" : listed->name);
    return true;
}

static void test_a_folder_is_listed_in_the_order_of_bytes(void)
{
    struct folder folder;
    folder_init(&folder);
    for (unsigned i = 0; i < 64; i++) {
        g_autofree char *name = g_strdup_printf("share/%c%u", "aZ_\xc3"[i % 4], i * 7919 % 1000);
        put(&folder, name, "");
    }
    serve(&folder);
    g_autoptr(GString) last = g_string_new(NULL);
    CU_ASSERT_EQUAL(p9_tree_list(p9_tree_root(folder.rig.tree), 0, listed_in_order, last), 0);
    CU_ASSERT_EQUAL(p9_tree_usage(folder.rig.tree).entries, 65);
    folder_fini(&folder);
}

static uint64_t later(void *opaque)
{
    uint64_t *now_ns = opaque;
    return *now_ns += 1000000000;
}

static void test_what_the_host_has_is_as_old_as_the_tree(void)
{
    struct folder folder;
    folder_init(&folder);
    put_folder(&folder, "share/d");
    put(&folder, "share/d/f", "1");
    uint64_t now_ns = 0;
    const struct p9_tree_config config = {.now_ns = later, .opaque = &now_ns};
    struct p9_tree *tree = p9_tree_new_folder(&config, folder.share, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
    rig_init(&folder.rig, tree);
    now_ns = 50000000000;
    struct p9_entry *entry = p9_tree_root(tree);
    CU_ASSERT_EQUAL(p9_tree_lookup(entry, "d", &entry), 0);
    CU_ASSERT_EQUAL(p9_tree_lookup(entry, "f", &entry), 0);
    struct p9_attributes attributes;
    p9_node_get_attributes(p9_entry_node(entry), &attributes);
    CU_ASSERT_TRUE(attributes.atime.sec == 1 && attributes.mtime.sec == 1);
    CU_ASSERT_EQUAL(attributes.ctime.sec, 1);
    folder_fini(&folder);
}

static void test_what_is_no_file_is_not_shown(void)
{
    struct folder folder;
    folder_init(&folder);
    put(&folder, "share/a", "1");
    g_autofree char *fifo = in(&folder, "share/fifo"), *device = in(&folder, "share/null");
    CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
    (void)mknod(device, S_IFCHR | 0600, 0x103); /* where one may */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder.share);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    serve(&folder);
    shows(&folder, " a");
    CU_ASSERT_EQUAL(holds(&folder, "fifo", ""), ENOENT);
    CU_ASSERT_EQUAL(holds(&folder, "s", ""), ENOENT);
    close(fd);
    folder_fini(&folder);
}

static void test_a_folder_that_is_none_is_an_error(void)
{
    const struct p9_tree_config config = {0};
    struct folder folder;
    folder_init(&folder);
    g_autofree char *none = in(&folder, "none"), *file = in(&folder, "secret");
    const char *const paths[] = {none, file, ""};
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(p9_tree_new_folder(&config, paths[i], &error));
        CU_ASSERT_PTR_NOT_NULL_FATAL(error);
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "the folder cannot be opened"));
    }
    serve(&folder);
    folder_fini(&folder);
}

/* ---- nothing on the host is changed ---------------------------------------------------------- */

static void describe(GString *text, const char *path)
{
    struct stat status;
    CU_ASSERT_EQUAL_FATAL(lstat(path, &status), 0);
    g_autofree char *bytes = NULL;
    if (S_ISREG(status.st_mode)) {
        CU_ASSERT_TRUE(g_file_get_contents(path, &bytes, NULL, NULL));
    }
    g_string_append_printf(text, "%s %o %lu %ld.%ld %s\n", path, status.st_mode,
                           (unsigned long)status.st_nlink, (long)status.st_mtim.tv_sec,
                           status.st_mtim.tv_nsec, bytes != NULL ? bytes : "");
}

static void test_whatever_a_guest_does_the_host_stays(void)
{
    struct folder folder;
    folder_init(&folder);
    put(&folder, "share/a", "old");
    put(&folder, "share/cut", "0123456789");
    put_folder(&folder, "share/d");
    put(&folder, "share/d/x", "x");
    g_autofree char *secret = in(&folder, "secret"), *hard = in(&folder, "share/hard");
    CU_ASSERT_EQUAL(link(secret, hard), 0);
    static const char *const names[] = {"share",  "share/a",    "share/cut", "share/d",
                                        "secret", "share/hard", "share/d/x"};
    g_autoptr(GString) before = g_string_new(NULL), after = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = in(&folder, names[i]);
        describe(before, path);
    }
    serve(&folder);
    struct p9_rig *rig = &folder.rig;
    CU_ASSERT_EQUAL(rig_open(rig, 2, "a", P9_O_RDWR | P9_O_TRUNC), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TWRITE, "dqdr", 2u, UINT64_C(0), 3u, "new", (size_t)3), 0);
    CU_ASSERT_EQUAL(rig_open(rig, 3, "hard", P9_O_WRONLY), 0); /* the file outside has this name */
    CU_ASSERT_EQUAL(rig_call(rig, P9_TWRITE, "dqdr", 3u, UINT64_C(1), 1u, "!", (size_t)1), 0);
    CU_ASSERT_EQUAL(rig_walk(rig, 4, "cut"), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TSETATTR, "dddddqqqqq", 4u, P9_SETATTR_SIZE | P9_SETATTR_MODE,
                             0u, 0u, 0u, UINT64_C(4), UINT64_C(0), UINT64_C(0), UINT64_C(0),
                             UINT64_C(0)),
                    0);
    CU_ASSERT_EQUAL(rig_walk(rig, 5, "d/x"), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TREMOVE, "d", 5u), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TUNLINKAT, "dsd", RIG_ROOT, "d", P9_AT_REMOVEDIR), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TMKDIR, "dsdd", RIG_ROOT, "new", 0755u, 0u), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TRENAMEAT, "dsds", RIG_ROOT, "a", RIG_ROOT, "b"), 0);
    CU_ASSERT_EQUAL(rig_call(rig, P9_TSYMLINK, "dssd", RIG_ROOT, "s", "../secret", 0u), 0);
    shows(&folder, " b cut hard new/ s@../secret");
    CU_ASSERT_EQUAL(holds(&folder, "b", "new"), 0);
    CU_ASSERT_EQUAL(holds(&folder, "cut", "0123"), 0);
    CU_ASSERT_EQUAL(holds(&folder, "hard", "n!body may see this"), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = in(&folder, names[i]);
        describe(after, path);
    }
    CU_ASSERT_STRING_EQUAL(before->str, after->str);
    folder_fini(&folder);
}

static void test_a_byte_written_into_a_large_file_is_one_block(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autofree char *path = in(&folder, "share/large");
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(ftruncate(fileno(file), (off_t)5 << 30), 0); /* a hole, on the host */
    CU_ASSERT_TRUE(pwrite(fileno(file), "abcd", 4, ((off_t)4 << 30) + 10) == 4);
    fclose(file);
    serve(&folder);
    CU_ASSERT_EQUAL(rig_open(&folder.rig, 2, "large", P9_O_RDWR), 0);
    uint64_t held = p9_tree_usage(folder.rig.tree).bytes;
    uint64_t at = (UINT64_C(4) << 30) + 12;
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWRITE, "dqdr", 2u, at, 1u, "X", (size_t)1), 0);
    CU_ASSERT_TRUE(p9_tree_usage(folder.rig.tree).bytes - held < 2 * P9_BLOCK_SIZE);
    const uint8_t *bytes;
    size_t got;
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, at - 4, 8, &bytes, &got), 0);
    CU_ASSERT_TRUE(got == 8 && memcmp(bytes, "\0\0abXd\0\0", 8) == 0);
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, (UINT64_C(5) << 30) - 2, 8, &bytes, &got), 0);
    CU_ASSERT_EQUAL(got, 2);
    folder_fini(&folder);
}

/* Blocks in memory and bytes of the host in turns: a read of all of them is one read. */
static void test_written_and_unwritten_bytes_are_one_file(void)
{
    struct folder folder;
    folder_init(&folder);
    enum {
        SIZE = 10 * P9_BLOCK_SIZE + 100
    };
    g_autofree char *wanted = g_strnfill(SIZE, 'h');
    put(&folder, "share/f", wanted);
    serve(&folder);
    rig_begin(&folder.rig, 1 << 20);
    CU_ASSERT_EQUAL(rig_open(&folder.rig, 2, "f", P9_O_RDWR), 0);
    for (size_t at = P9_BLOCK_SIZE / 2; at < SIZE - 2; at += 2 * P9_BLOCK_SIZE + 1) {
        memcpy(wanted + at, "gg", 2);
        CU_ASSERT_EQUAL(
            rig_call(&folder.rig, P9_TWRITE, "dqdr", 2u, (uint64_t)at, 2u, "gg", (size_t)2), 0);
    }
    for (size_t from = 0; from < SIZE; from += 1717) {
        const uint8_t *bytes;
        size_t got;
        CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, from, SIZE, &bytes, &got), 0);
        CU_ASSERT_TRUE(got == SIZE - from && memcmp(bytes, wanted + from, got) == 0);
    }
    folder_fini(&folder);
}

/* ---- nothing outside is seen ----------------------------------------------------------------- */

static void test_symbolic_links_are_not_followed(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autofree char *absolute = in(&folder, "secret");
    put_link(&folder, "share/up", "../secret");
    put_link(&folder, "share/absolute", absolute);
    put_link(&folder, "share/dir", "../outside");
    put_link(&folder, "share/proc", "/proc/self/root");
    serve(&folder);
    static const char *const links[] = {"up", "absolute", "dir", "proc"};
    for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
        CU_ASSERT_EQUAL(holds(&folder, links[i], ""), ELOOP);
    }
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWALK, "ddwss", RIG_ROOT, 9u, 2, "dir", "secret"), 0);
    CU_ASSERT_EQUAL(rig_get(&folder.rig, 2), 1); /* the link, and no further */
    CU_ASSERT_EQUAL(rig_walk(&folder.rig, 9, "dir"), 0);
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWALK, "ddws", 9u, 10u, 1, "secret"), ENOTDIR);
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TREADLINK, "d", 9u), 0);
    CU_ASSERT_STRING_EQUAL(rig_get_string(&folder.rig), "../outside");
    folder_fini(&folder);
}

/* Between the moment in which a name is listed and that in which its bytes are read. */
static void test_what_takes_the_place_of_a_file_is_not_read(void)
{
    struct folder folder;
    folder_init(&folder);
    static const char *const names[] = {"link", "fifo", "dir", "other", "gone", "hard"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_build_filename("share", names[i], NULL);
        put(&folder, name, SECRET);
    }
    put_folder(&folder, "share/sub");
    put(&folder, "share/sub/secret", SECRET);
    put_folder(&folder, "share/late");
    put(&folder, "share/late/secret", SECRET);
    serve(&folder);
    CU_ASSERT_EQUAL(rig_walk(&folder.rig, 2, "sub/secret"), 0); /* both folders are listed */
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_build_filename("share", names[i], NULL);
        take(&folder, name);
    }
    g_autofree char *fifo = in(&folder, "share/fifo"), *secret = in(&folder, "secret");
    g_autofree char *hard = in(&folder, "share/hard");
    put_link(&folder, "share/link", "../secret");
    CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
    put_folder(&folder, "share/dir");
    put(&folder, "share/other", "of another size");
    CU_ASSERT_EQUAL(link(secret, hard), 0); /* of the same size, and outside */
    move(&folder, "share/sub", "sub");
    move(&folder, "share/late", "late");
    put_link(&folder, "share/sub", "../outside");
    put_link(&folder, "share/late", "../outside");
    CU_ASSERT_EQUAL(holds(&folder, "link", ""), EIO);
    CU_ASSERT_EQUAL(holds(&folder, "fifo", ""), EIO);
    CU_ASSERT_EQUAL(holds(&folder, "dir", ""), EIO);
    CU_ASSERT_EQUAL(holds(&folder, "other", ""), EIO);
    CU_ASSERT_EQUAL(holds(&folder, "gone", ""), ENOENT);
    CU_ASSERT_EQUAL(holds(&folder, "hard", ""), EIO);
    CU_ASSERT_EQUAL(holds(&folder, "sub/secret", ""), ELOOP);
    /* It was not looked into before, and cannot be now. */
    CU_ASSERT_EQUAL(rig_walk(&folder.rig, 3, "late"), 0);
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWALK, "ddws", 3u, 4u, 1, "secret"), ENOTDIR);
    folder_fini(&folder);
}

static void test_a_file_that_changes_while_it_is_open_gives_no_more_bytes(void)
{
    struct folder folder;
    folder_init(&folder);
    put(&folder, "share/shrinks", "0123456789");
    put(&folder, "share/grows", "0123456789");
    put(&folder, "share/vanishes", "0123456789");
    serve(&folder);
    static const char *const names[] = {"shrinks", "grows", "vanishes"};
    const uint8_t *bytes;
    size_t got;
    for (uint32_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(rig_open(&folder.rig, 2 + i, names[i], P9_O_RDONLY), 0);
        CU_ASSERT_EQUAL(rig_read(&folder.rig, 2 + i, 0, 5, &bytes, &got), 0);
    }
    g_autofree char *shrinks = in(&folder, "share/shrinks"), *grows = in(&folder, "share/grows");
    CU_ASSERT_EQUAL(truncate(shrinks, 3), 0);
    struct stat before; /* its time is set back: the size alone tells */
    CU_ASSERT_EQUAL(stat(grows, &before), 0);
    CU_ASSERT_EQUAL(truncate(grows, 30), 0);
    const struct timespec times[] = {before.st_atim, before.st_mtim};
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, grows, times, 0), 0);
    take(&folder, "share/vanishes");
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, 5, 5, &bytes, &got), EIO);
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 2, 0, 2, &bytes, &got), EIO); /* what is there as well */
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 3, 5, 5, &bytes, &got), EIO);
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 4, 5, 5, &bytes, &got), 0); /* it is still what it was */
    CU_ASSERT_TRUE(got == 5 && memcmp(bytes, "56789", 5) == 0);
    /* Names are there as they were listed; writing over all of a file does not ask the host. */
    shows(&folder, " grows shrinks vanishes");
    CU_ASSERT_EQUAL(rig_open(&folder.rig, 5, "shrinks", P9_O_RDWR | P9_O_TRUNC), 0);
    CU_ASSERT_EQUAL(rig_read(&folder.rig, 5, 0, 5, &bytes, &got), 0);
    CU_ASSERT_EQUAL(got, 0);
    CU_ASSERT_TRUE(rig_broke(&folder.rig, NULL));
    folder_fini(&folder);
}

/* Another process exchanges a folder with a symbolic link to one outside, as fast as it can. */
static void race(const struct folder *folder)
{
    g_autofree char *a = in(folder, "share/sub"), *b = in(folder, "share/out");
    for (;;) {
        renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
    }
}

static void test_no_race_of_renames_leads_outside(void)
{
    struct folder folder;
    folder_init(&folder);
    put_folder(&folder, "share/sub");
    put(&folder, "share/sub/secret", "inside");
    put_link(&folder, "share/out", "../outside");
    pid_t racer = fork();
    if (racer == 0) {
        race(&folder);
    }
    unsigned seen = 0;
    for (unsigned i = 0; i < 200; i++) {
        serve(&folder);
        const uint8_t *bytes;
        size_t got;
        if (rig_walk(&folder.rig, 2, "sub") == 0 &&
            rig_call(&folder.rig, P9_TWALK, "ddws", 2u, 3u, 1, "secret") == 0 &&
            rig_call(&folder.rig, P9_TLOPEN, "dd", 3u, P9_O_RDONLY) == 0 &&
            rig_read(&folder.rig, 3, 0, 100, &bytes, &got) == 0) {
            CU_ASSERT_TRUE_FATAL(got == 6 && memcmp(bytes, "inside", 6) == 0);
            seen++;
        }
        rig_fini(&folder.rig);
    }
    kill(racer, SIGKILL);
    waitpid(racer, NULL, 0);
    CU_ASSERT_TRUE(seen > 0);
    serve(&folder);
    folder_fini(&folder);
}

/* ---- how much -------------------------------------------------------------------------------- */

static void test_forty_levels_and_ten_thousand_names(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autoptr(GString) path = g_string_new("share");
    for (unsigned level = 0; level < 40; level++) {
        g_string_append(path, "/a-folder-with-a-name");
        put_folder(&folder, path->str);
    }
    g_autofree char *deep = g_strconcat(path->str, "/f", NULL);
    put(&folder, deep, "deep");
    for (unsigned i = 0; i < 10000; i++) {
        g_autofree char *name = g_strdup_printf("%s/share/n%u", folder.top, i);
        int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        CU_ASSERT_TRUE_FATAL(fd >= 0);
        close(fd);
    }
    serve(&folder);
    CU_ASSERT_EQUAL(holds(&folder, deep + strlen("share/"), "deep"), 0);
    CU_ASSERT_EQUAL(holds(&folder, "n9999", ""), 0);
    CU_ASSERT_EQUAL(p9_tree_usage(folder.rig.tree).entries, 1 + 10000 + 41);
    folder_fini(&folder);
}

static void test_folders_that_are_too_deep_are_not_looked_into(void)
{
    struct folder folder;
    folder_init(&folder);
    g_autoptr(GString) path = g_string_new("share");
    for (unsigned level = 0; level < P9_TREE_DEPTH_MAX + 2; level++) {
        g_string_append(path, "/d");
        put_folder(&folder, path->str);
    }
    serve(&folder);
    struct p9_entry *at = p9_tree_root(folder.rig.tree), *below;
    for (unsigned depth = 0; depth < P9_TREE_DEPTH_MAX; depth++) {
        CU_ASSERT_EQUAL_FATAL(p9_tree_lookup(at, "d", &at), 0);
    }
    CU_ASSERT_EQUAL(p9_tree_lookup(at, "d", &below), ENAMETOOLONG);
    g_autoptr(GString) seen = g_string_new(NULL);
    CU_ASSERT_EQUAL(p9_tree_visit(folder.rig.tree, append_path, seen), ENAMETOOLONG);
    /* Renamed to the top it can be. */
    CU_ASSERT_EQUAL(p9_tree_rename(at, p9_tree_root(folder.rig.tree), "top"), 0);
    CU_ASSERT_EQUAL(p9_tree_lookup(at, "d", &below), 0);
    folder_fini(&folder);
}

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    while (g_dir_read_name(dir) != NULL) {
        count++;
    }
    return count;
}

static void test_descriptors_of_the_host_are_few_and_given_back(void)
{
    struct folder folder;
    folder_init(&folder);
    for (unsigned i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("share/%u", i);
        g_autofree char *text = g_strdup_printf("file %u", i);
        put(&folder, name, text);
    }
    unsigned before = count_descriptors();
    serve(&folder);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 100; i++) {
            g_autofree char *name = g_strdup_printf("%u", i);
            g_autofree char *text = g_strdup_printf("file %u", i);
            CU_ASSERT_EQUAL(holds(&folder, name, text), 0);
        }
    }
    CU_ASSERT_TRUE(count_descriptors() <= before + 1 + P9_FOLDER_FILES_MAX);
    rig_fini(&folder.rig);
    CU_ASSERT_EQUAL(count_descriptors(), before);
    serve(&folder);
    folder_fini(&folder);
}

/* A listing that does not fit is an error, and leaves nothing behind. */
static void test_a_folder_with_too_many_names_is_not_listed(void)
{
    struct folder folder;
    folder_init(&folder);
    put_folder(&folder, "share/many");
    for (unsigned i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("share/many/%u", i);
        put(&folder, name, "");
    }
    const struct p9_tree_config config = {.entries_max = 12};
    rig_init(&folder.rig, p9_tree_new_folder(&config, folder.share, NULL));
    CU_ASSERT_EQUAL(rig_walk(&folder.rig, 2, "many"), 0);
    CU_ASSERT_EQUAL(rig_call(&folder.rig, P9_TWALK, "ddws", 2u, 3u, 1, "3"), ENOSPC);
    CU_ASSERT_EQUAL(p9_tree_usage(folder.rig.tree).entries, 2);
    folder_fini(&folder);
}

UNIT_SUITE("p9_source_folder", UNIT_TEST(test_files_folders_and_links_are_shown_by_name),
           UNIT_TEST(test_the_same_names_and_bytes_are_the_same_to_a_guest),
           UNIT_TEST(test_a_folder_is_listed_in_the_order_of_bytes),
           UNIT_TEST(test_what_the_host_has_is_as_old_as_the_tree),
           UNIT_TEST(test_what_is_no_file_is_not_shown),
           UNIT_TEST(test_a_folder_that_is_none_is_an_error),
           UNIT_TEST(test_whatever_a_guest_does_the_host_stays),
           UNIT_TEST(test_a_byte_written_into_a_large_file_is_one_block),
           UNIT_TEST(test_written_and_unwritten_bytes_are_one_file),
           UNIT_TEST(test_symbolic_links_are_not_followed),
           UNIT_TEST(test_what_takes_the_place_of_a_file_is_not_read),
           UNIT_TEST(test_a_file_that_changes_while_it_is_open_gives_no_more_bytes),
           UNIT_TEST(test_no_race_of_renames_leads_outside),
           UNIT_TEST(test_forty_levels_and_ten_thousand_names),
           UNIT_TEST(test_folders_that_are_too_deep_are_not_looked_into),
           UNIT_TEST(test_descriptors_of_the_host_are_few_and_given_back),
           UNIT_TEST(test_a_folder_with_too_many_names_is_not_listed))
