/* copy.c - copying and removing files and whole trees */
#include "programs/copy.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "programs/user_buffer.h"
#include "programs/user_names.h"

#define COPY_CHUNK_SIZE 4096 /* where there is no memory for more */

struct copy {
    const char *program;
    struct user_buffer buffer;
};

/* ---- one file -------------------------------------------------------------------------------- */

/* *reading: the error is about the source. */
static long copy_bytes(const struct copy *copy, int from, int to, bool *reading)
{
    char *chunk = copy->buffer.bytes;
    for (;;) {
        long size = user_read(from, chunk, copy->buffer.size);
        *reading = size < 0;
        if (size <= 0)
            return size;
        long error = user_write_all(to, chunk, (size_t)size);
        if (error != 0)
            return error;
    }
}

static int copy_file(const struct copy *copy, const char *from, const char *to,
                     const struct kernel_stat *stat)
{
    struct kernel_stat there;
    bool reading = true;
    if (user_stat(to, true, &there) == 0 && there.st_dev == stat->st_dev &&
        there.st_ino == stat->st_ino) {
        user_error(copy->program, "%s and %s are the same file", from, to);
        return 1;
    }
    long source = user_open(from, O_RDONLY);
    if (source < 0)
        return user_fail(copy->program, from, source);
    long error = user_create(to, O_WRONLY | O_TRUNC, stat->st_mode & MODE_BITS);
    if (error >= 0) {
        int target = (int)error;
        error = copy_bytes(copy, (int)source, target, &reading);
        long close_error = user_close(target);
        error = error != 0 ? error : close_error;
    } else {
        reading = false;
    }
    (void)user_close((int)source);
    return error != 0 ? user_fail(copy->program, reading ? from : to, error) : 0;
}

static int copy_link(const struct copy *copy, const char *from, const char *to)
{
    char target[USER_PATH_MAX];
    long length = user_readlink(from, target, sizeof target);
    if (length < 0)
        return user_fail(copy->program, from, length);
    long error = user_symlink(target, to);
    return error != 0 ? user_fail(copy->program, to, error) : 0;
}

static int copy_one(const struct copy *copy, const char *from, const char *to, bool follow)
{
    struct kernel_stat stat;
    long error = user_stat(from, follow, &stat);
    if (error != 0)
        return user_fail(copy->program, from, error);
    switch (stat.st_mode & S_IFMT) {
    case S_IFREG:
        return copy_file(copy, from, to, &stat);
    case S_IFLNK:
        return copy_link(copy, from, to);
    case S_IFDIR:
        user_error(copy->program, "%s: is a directory, and -r was not given", from);
        return 1;
    default:
        user_error(copy->program, "%s: neither a file nor a directory nor a link", from);
        return 1;
    }
}

/* ---- trees ----------------------------------------------------------------------------------- */

/* It may be there already. */
static int copy_directory(const struct copy *copy, const char *from, const char *to)
{
    struct kernel_stat stat, there;
    long error = user_stat(from, false, &stat);
    if (error != 0)
        return user_fail(copy->program, from, error);
    error = user_mkdir(to, stat.st_mode & MODE_BITS);
    if (error == -KEEXIST && user_stat(to, true, &there) == 0 &&
        (there.st_mode & S_IFMT) == S_IFDIR)
        error = 0;
    return error != 0 ? user_fail(copy->program, to, error) : 0;
}

/* Whether one path leads to another, or below it, as far as their texts show. */
static bool copy_is_below(const char *path, const char *above)
{
    size_t length = kstrlen(above);
    while (length > 1 && above[length - 1] == '/')
        length--;
    return kstrncmp(path, above, length) == 0 &&
           (path[length] == '/' || path[length] == '\0' || above[length - 1] == '/');
}

/* What an event of the walk means for the copy, whose path is `to`. */
static int copy_step(const struct copy *copy, struct user_tree *tree, const char *to)
{
    int status;
    switch (tree->last) {
    case USER_TREE_ERROR:
        return user_fail(copy->program, tree->path, tree->error);
    case USER_TREE_ENTER:
        status = copy_directory(copy, tree->path, to);
        if (status != 0)
            user_tree_skip(tree); /* one complaint is enough */
        return status;
    case USER_TREE_FILE:
        return copy_one(copy, tree->path, to, false);
    case USER_TREE_LEAVE:
    case USER_TREE_END:
        break;
    }
    return 0;
}

static int copy_all(const struct copy *copy, const char *from, const char *to)
{
    struct user_tree tree;
    char path[USER_PATH_MAX];
    int status = 0;
    user_tree_begin(&tree, from);
    while (user_tree_next(&tree) != USER_TREE_END) {
        const char *rest = tree.path + tree.root_length;
        if (tree.last == USER_TREE_ENTER && rest[0] == '\0' && copy_is_below(to, from)) {
            user_error(copy->program, "%s: a directory cannot be copied into itself", from);
            return 1;
        }
        (void)kstrlcpy(path, to, sizeof path);
        if (kstrlcat(path, rest, sizeof path) >= sizeof path)
            status |= user_fail(copy->program, tree.path, -KENAMETOOLONG);
        else
            status |= copy_step(copy, &tree, path);
    }
    return status;
}

int copy_tree(const char *program, const char *from, const char *to, bool recursive)
{
    char chunk[COPY_CHUNK_SIZE];
    struct copy copy = {.program = program};
    user_buffer_take(&copy.buffer, USER_BUFFER_SIZE, chunk, sizeof chunk);
    int status = recursive ? copy_all(&copy, from, to) : copy_one(&copy, from, to, true);
    user_buffer_give_back(&copy.buffer);
    return status;
}

int copy_remove_tree(const char *program, const char *path)
{
    struct user_tree tree;
    int status = 0;
    user_tree_begin(&tree, path);
    for (enum user_tree_event event; (event = user_tree_next(&tree)) != USER_TREE_END;) {
        long error = 0;
        if (event == USER_TREE_ERROR)
            error = tree.error;
        else if (event != USER_TREE_ENTER)
            error = user_remove(tree.path, event == USER_TREE_LEAVE);
        if (error != 0)
            status |= user_fail(program, tree.path, error);
    }
    return status;
}
