/*
 * ls.c - ls [-alR] [PATH…]
 *
 * Names in order, a line each: of the root, of directories, or of files by themselves. -a those
 * that begin with a dot as well, -l what they are, -R also of all directories below.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user_names.h"

struct ls {
    bool all, long_lines, recursive;
    bool has_printed;
    struct user_output output;
    int status;
};

static void ls_fail(struct ls *ls, const char *path, long error)
{
    ls->status = user_fail("ls", path, error);
}

/* ---- one line -------------------------------------------------------------------------------- */

static char ls_type_letter(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return 'd';
    case S_IFLNK:
        return 'l';
    case S_IFSOCK:
        return 's';
    case S_IFIFO:
        return 'p';
    case S_IFCHR:
        return 'c';
    default:
        return '-';
    }
}

/* "drwxr-xr-x 2 0 0 4096 2026-11-22 07:30:00 " */
static void ls_print_stat(struct ls *ls, const struct kernel_stat *stat)
{
    static const char letters[] = "rwxrwxrwx";
    char mode[sizeof letters], time[USER_TIME_MAX];
    for (unsigned i = 0; i < sizeof letters - 1; i++)
        mode[i] = (stat->st_mode >> (8 - i) & 1) != 0 ? letters[i] : '-';
    mode[sizeof letters - 1] = '\0';
    user_format_time(time, &stat->st_mtim);
    user_print(&ls->output, "%c%s %u %u %u %ld %s ", ls_type_letter(stat->st_mode), mode,
               stat->st_nlink, stat->st_uid, stat->st_gid, (long)stat->st_size, time);
}

static void ls_print(struct ls *ls, const char *path, const char *name)
{
    char target[USER_PATH_MAX];
    struct kernel_stat stat;
    if (!ls->long_lines) {
        user_print_text(&ls->output, name);
        user_print(&ls->output, "\n");
        return;
    }
    long error = user_stat(path, false, &stat);
    if (error != 0) {
        ls_fail(ls, path, error);
        return;
    }
    ls_print_stat(ls, &stat);
    user_print_text(&ls->output, name);
    if ((stat.st_mode & S_IFMT) == S_IFLNK && user_readlink(path, target, sizeof target) >= 0) {
        user_print(&ls->output, " -> ");
        user_print_text(&ls->output, target);
    }
    user_print(&ls->output, "\n");
}

/* ---- directories ----------------------------------------------------------------------------- */

static bool ls_is_shown(const struct ls *ls, const char *name)
{
    return ls->all || name[0] != '.';
}

static void ls_print_names(struct ls *ls, const char *directory, const struct user_names *names)
{
    char path[USER_PATH_MAX];
    for (unsigned i = 0; i < names->count; i++) {
        const char *name = user_name(names, i);
        if (!ls_is_shown(ls, name))
            continue;
        if (user_join(path, directory, name))
            ls_print(ls, path, name);
        else
            ls_fail(ls, directory, -KENAMETOOLONG);
    }
}

static void ls_directory(struct ls *ls, const char *directory)
{
    struct user_names names;
    char after[NAME_MAX + 1] = "";
    do {
        long error = user_names_read(&names, directory, after);
        if (error != 0) {
            ls_fail(ls, directory, error);
            return;
        }
        ls_print_names(ls, directory, &names);
        if (names.count > 0)
            (void)kstrlcpy(after, user_name(&names, names.count - 1), sizeof after);
    } while (names.are_more);
}

static void ls_print_heading(struct ls *ls, const char *directory)
{
    user_print(&ls->output, "%s", ls->has_printed ? "\n" : "");
    user_print_text(&ls->output, directory);
    user_print(&ls->output, ":\n");
    ls->has_printed = true;
}

/* Whether a directory below one that is listed is, too: none of those above it is hidden. */
static bool ls_goes_into(const struct ls *ls, const struct user_tree *tree)
{
    for (const char *rest = tree->path + tree->root_length; *rest != '\0'; rest++) {
        if (rest[0] == '/' && !ls_is_shown(ls, rest + 1))
            return false;
    }
    return true;
}

static void ls_tree(struct ls *ls, const char *path)
{
    struct user_tree tree;
    user_tree_begin(&tree, path);
    while (user_tree_next(&tree) != USER_TREE_END) {
        if (tree.last == USER_TREE_ERROR)
            ls_fail(ls, tree.path, tree.error);
        if (tree.last != USER_TREE_ENTER || !ls_goes_into(ls, &tree))
            continue;
        ls_print_heading(ls, tree.path);
        ls_directory(ls, tree.path);
    }
}

static void ls_operand(struct ls *ls, const char *path, bool heading)
{
    struct kernel_stat stat;
    long error = user_stat(path, !ls->long_lines, &stat);
    if (error == -KENOENT && !ls->long_lines) /* a link to nowhere */
        error = user_stat(path, false, &stat);
    if (error != 0) {
        ls_fail(ls, path, error);
    } else if ((stat.st_mode & S_IFMT) != S_IFDIR) {
        ls_print(ls, path, path);
    } else if (ls->recursive) {
        ls_tree(ls, path);
    } else {
        if (heading)
            ls_print_heading(ls, path);
        ls_directory(ls, path);
    }
}

int ls_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "alR"};
    struct ls ls = {.status = 0};
    int option;
    while ((option = user_next_option(&options)) != 0) {
        if (option == '?')
            return USER_EXIT_USAGE;
        ls.all = ls.all || option == 'a';
        ls.long_lines = ls.long_lines || option == 'l';
        ls.recursive = ls.recursive || option == 'R';
    }
    if (options.operand_count == 0)
        ls_operand(&ls, "/", false);
    for (int i = 0; i < options.operand_count; i++)
        ls_operand(&ls, options.operands[i], options.operand_count > 1);
    return ls.status;
}
