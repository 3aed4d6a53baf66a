/*
 * sha256sum.c - sha256sum [-rt] PATH…
 *
 * The SHA-256 digests of files [FIPS180-4] 6.2, in the format of coreutils, so that they can be
 * compared with those of the host. -r: of all files of a tree, directory by directory in the order
 * of names. -t: one digest of a tree, that of the lines "DIGEST  ./PATH" of its files in that
 * order, wherever it stands. Links are not followed, and left out.
 */
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/sha256.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user_names.h"

#define SHA256_TEXT (SHA256_WORDS * 8 + 1)

static long sha256_read(struct sha256 *sha, const char *path)
{
    uint8_t buffer[4096];
    long file = user_open(path, O_RDONLY), size;
    if (file < 0)
        return file;
    sha256_begin(sha);
    while ((size = user_read((int)file, buffer, sizeof buffer)) > 0)
        sha256_add(sha, buffer, (size_t)size);
    (void)user_close((int)file);
    sha256_end(sha);
    return size;
}

static void sha256_format(char text[SHA256_TEXT], const struct sha256 *sha)
{
    for (unsigned word = 0; word < SHA256_WORDS; word++)
        ksnprintf(text + (size_t)word * 8, 9, "%08x", (unsigned)sha->state[word]);
}

static void sha256_print(const struct sha256 *sha, const char *path)
{
    struct user_output output = {.used = 0};
    char text[SHA256_TEXT];
    sha256_format(text, sha);
    user_print(&output, "%s  ", text);
    user_print_text(&output, path);
    user_print(&output, "\n");
}

static int sha256_fail(const char *path, long error)
{
    user_error("sha256sum", "%s: %s", path, errno_text(error));
    return 1;
}

static int sha256_file(const char *path)
{
    struct sha256 sha;
    long error = sha256_read(&sha, path);
    if (error != 0)
        return sha256_fail(path, error);
    sha256_print(&sha, path);
    return 0;
}

/* ---- trees ----------------------------------------------------------------------------------- */

static void sha256_add_text(struct sha256 *sha, const char *text)
{
    sha256_add(sha, (const uint8_t *)text, kstrlen(text));
}

/* A line about a file of a tree: printed, or, for the digest of the tree, added to that. */
static void sha256_take_file(const struct user_tree *tree, const struct sha256 *sha,
                             struct sha256 *of_tree)
{
    char text[SHA256_TEXT];
    if (of_tree == NULL) {
        sha256_print(sha, tree->path);
        return;
    }
    sha256_format(text, sha);
    sha256_add_text(of_tree, text);
    sha256_add_text(of_tree, "  .");
    sha256_add_text(of_tree, tree->path + tree->root_length);
    sha256_add_text(of_tree, "\n");
}

static int sha256_tree(const char *path, struct sha256 *of_tree)
{
    struct user_tree tree;
    struct sha256 sha;
    int status = 0;
    user_tree_begin(&tree, path);
    while (user_tree_next(&tree) != USER_TREE_END) {
        struct kernel_stat stat;
        long error = tree.last == USER_TREE_ERROR ? tree.error : 0;
        bool is_file = tree.last == USER_TREE_FILE && (user_stat(tree.path, false, &stat) != 0 ||
                                                       (stat.st_mode & S_IFMT) == S_IFREG);
        if (is_file)
            error = sha256_read(&sha, tree.path);
        if (error != 0)
            status = sha256_fail(tree.path, error);
        else if (is_file)
            sha256_take_file(&tree, &sha, of_tree);
    }
    return status;
}

static int sha256_whole_tree(const char *path)
{
    struct sha256 sha;
    sha256_begin(&sha);
    int status = sha256_tree(path, &sha);
    sha256_end(&sha);
    sha256_print(&sha, path);
    return status;
}

int sha256sum_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "rt"};
    bool recursive = false, whole = false;
    int option, status = 0;
    while ((option = user_next_option(&options)) != 0) {
        if (option == '?')
            return USER_EXIT_USAGE;
        recursive = recursive || option == 'r';
        whole = whole || option == 't';
    }
    if (options.operand_count == 0) {
        user_error("sha256sum", "usage: sha256sum [-rt] PATH...");
        return USER_EXIT_USAGE;
    }
    for (int i = 0; i < options.operand_count; i++) {
        const char *path = options.operands[i];
        status |= whole       ? sha256_whole_tree(path)
                  : recursive ? sha256_tree(path, NULL)
                              : sha256_file(path);
    }
    return status;
}
