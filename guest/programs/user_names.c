/*
 * user_names.c - windows of names, and walks through trees
 *
 * A window that has no room throws out its last names, since they are the first of the next one. It
 * is read anew for each directory, and again after each directory below it.
 */
#include "programs/user_names.h"

#include "kernel/dirent.h"
#include "lib/errno.h"
#include "lib/string.h"

#define USER_NAMES_BUFFER 2048 /* of records at once */

const char *user_name(const struct user_names *names, unsigned index)
{
    return names->text + names->starts[index];
}

/* ---- windows --------------------------------------------------------------------------------- */

/* Where the name stands, or would: the number of those before it. */
static unsigned user_names_place(const struct user_names *names, const char *name)
{
    unsigned low = 0, high = names->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (kstrcmp(user_name(names, middle), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Closes the gaps between the texts of the names that are left. */
static void user_names_compact(struct user_names *names)
{
    size_t to = 0;
    for (unsigned done = 0; done < names->count; done++) {
        unsigned first = 0; /* the text that comes next, of those not moved yet */
        size_t start = USER_NAMES_TEXT;
        for (unsigned i = 0; i < names->count; i++) {
            if (names->starts[i] >= to && names->starts[i] < start) {
                first = i;
                start = names->starts[i];
            }
        }
        size_t size = kstrlen(names->text + start) + 1;
        memmove(names->text + to, names->text + start, size);
        names->starts[first] = (uint16_t)to;
        to += size;
    }
    names->used = to;
}

/* Makes room for a name at this place. False: it is behind all that fit, or does not itself. */
static bool user_names_make_room(struct user_names *names, unsigned place, size_t size)
{
    bool is_full = names->count == USER_NAMES_MAX;
    bool is_long = size > USER_NAMES_TEXT - names->used;
    if (!is_full && !is_long)
        return true;
    if (place == names->count)
        return false;
    /* Half of them, so that it is not to be done for each name. */
    unsigned keep = names->count / 2 > place ? names->count / 2 : place;
    (void)kstrlcpy(names->end, user_name(names, keep), sizeof names->end);
    names->are_more = true;
    names->count = keep;
    user_names_compact(names);
    return size <= USER_NAMES_TEXT - names->used;
}

static void user_names_add(struct user_names *names, const char *name, uint8_t type)
{
    unsigned place = user_names_place(names, name);
    size_t size = kstrlen(name) + 1;
    if (names->are_more && kstrcmp(name, names->end) >= 0)
        return;
    if (!user_names_make_room(names, place, size)) {
        (void)kstrlcpy(names->end, name, sizeof names->end);
        names->are_more = true;
        return;
    }
    memmove(&names->starts[place + 1], &names->starts[place],
            (names->count - place) * sizeof names->starts[0]);
    memmove(&names->types[place + 1], &names->types[place], names->count - place);
    names->starts[place] = (uint16_t)names->used;
    names->types[place] = type;
    memcpy(names->text + names->used, name, size);
    names->used += size;
    names->count++;
}

static long user_names_gather(struct user_names *names, int descriptor, const char *after)
{
    char buffer[USER_NAMES_BUFFER];
    long size;
    while ((size = user_getdents(descriptor, buffer, sizeof buffer)) > 0) {
        struct kernel_dirent64 record;
        const char *name;
        size_t at = 0;
        while ((name = dirent_next(buffer, (size_t)size, &at, &record)) != NULL) {
            if (!kstreq(name, ".") && !kstreq(name, "..") && kstrcmp(name, after) > 0)
                user_names_add(names, name, record.d_type);
        }
    }
    return size;
}

long user_names_read(struct user_names *names, const char *directory, const char *after)
{
    names->count = 0;
    names->used = 0;
    names->are_more = false;
    long file = user_open(directory, O_RDONLY | O_DIRECTORY);
    if (file < 0)
        return file;
    long error = user_names_gather(names, (int)file, after);
    (void)user_close((int)file);
    return error;
}

/* ---- trees ----------------------------------------------------------------------------------- */

void user_tree_begin(struct user_tree *tree, const char *path)
{
    size_t length = kstrlcpy(tree->path, path, sizeof tree->path);
    tree->error = length < sizeof tree->path ? 0 : -KENAMETOOLONG;
    if (tree->error != 0)
        length = sizeof tree->path - 1;
    while (length > 1 && tree->path[length - 1] == '/')
        tree->path[--length] = '\0';
    tree->root_length = length;
    tree->is_new = true;
    tree->window_is_here = false;
}

static enum user_tree_event user_tree_fail(struct user_tree *tree, long error)
{
    tree->error = error;
    return USER_TREE_ERROR;
}

/* What the path is about. */
static enum user_tree_event user_tree_meet(struct user_tree *tree, uint8_t type)
{
    struct kernel_stat stat;
    if (type == DT_UNKNOWN) {
        long error = user_stat(tree->path, false, &stat);
        if (error != 0)
            return user_tree_fail(tree, error);
        type = (stat.st_mode & S_IFMT) == S_IFDIR ? DT_DIR : DT_REG;
    }
    if (type != DT_DIR)
        return USER_TREE_FILE;
    tree->window_is_here = false;
    return USER_TREE_ENTER;
}

/* What comes behind a name, or behind "", in the directory that the path is now. */
static enum user_tree_event user_tree_go_on(struct user_tree *tree, const char *after)
{
    if (!tree->window_is_here || (tree->next == tree->names.count && tree->names.are_more)) {
        long error = user_names_read(&tree->names, tree->path, after);
        tree->next = 0;
        tree->window_is_here = error == 0;
        if (error != 0)
            return user_tree_fail(tree, error);
    }
    if (tree->next == tree->names.count) {
        tree->window_is_here = false;
        return USER_TREE_LEAVE;
    }
    char directory[USER_PATH_MAX];
    (void)kstrlcpy(directory, tree->path, sizeof directory);
    uint8_t type = tree->names.types[tree->next];
    if (user_join(tree->path, directory, user_name(&tree->names, tree->next++)))
        return user_tree_meet(tree, type);
    tree->window_is_here = false;
    (void)kstrlcpy(tree->path, directory, sizeof tree->path);
    return user_tree_fail(tree, -KENAMETOOLONG);
}

/* Behind what the path was about. */
static enum user_tree_event user_tree_go_up(struct user_tree *tree)
{
    char after[NAME_MAX + 1];
    size_t length = kstrlen(tree->path);
    if (length <= tree->root_length)
        return USER_TREE_END;
    (void)kstrlcpy(after, user_last_name(tree->path), sizeof after);
    length -= kstrlen(after);
    tree->path[length > 1 ? length - 1 : 1] = '\0'; /* without the slash, if it is not the root */
    return user_tree_go_on(tree, after);
}

enum user_tree_event user_tree_next(struct user_tree *tree)
{
    if (tree->is_new)
        tree->last = tree->error != 0 ? USER_TREE_ERROR : user_tree_meet(tree, DT_UNKNOWN);
    else if (tree->last == USER_TREE_ENTER)
        tree->last = user_tree_go_on(tree, "");
    else if (tree->last != USER_TREE_END)
        tree->last = user_tree_go_up(tree);
    tree->is_new = false;
    return tree->last;
}

void user_tree_skip(struct user_tree *tree)
{
    tree->last = USER_TREE_LEAVE;
}
