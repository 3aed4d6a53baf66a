/*
 * tmpfs_name.c - names of /tmp
 *
 * Found by a table of buckets, however many others a directory holds. A directory has its own in
 * the order in which they came, each with a number that a list can go on from: what is there all
 * the time while a list is made stands in it once.
 */
#include "kernel/tmpfs_priv.h"

#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#define TMPFS_BUCKETS 1024

struct tmpfs_pieces tmpfs_name_pieces = {.size = sizeof(struct tmpfs_name)};

static struct tmpfs_name *tmpfs_buckets[TMPFS_BUCKETS];

void tmpfs_name_init(void)
{
    memset(tmpfs_buckets, 0, sizeof tmpfs_buckets);
}

/* Where the pointer to a name stands, or would. */
static struct tmpfs_name **tmpfs_name_place(const struct tmpfs_node *directory, const char *text)
{
    uint32_t hash = (uint32_t)directory->number * 2654435761u;
    for (const char *at = text; *at != '\0'; at++)
        hash = hash * 31 + (uint8_t)*at;
    struct tmpfs_name **place = &tmpfs_buckets[hash % TMPFS_BUCKETS];
    while (*place != NULL && ((*place)->directory != directory || !kstreq((*place)->text, text)))
        place = &(*place)->next_in_bucket;
    return place;
}

struct tmpfs_name *tmpfs_name_find(const struct tmpfs_node *directory, const char *text)
{
    return *tmpfs_name_place(directory, text);
}

/* ---- into directories and out of them -------------------------------------------------------- */

static void tmpfs_name_enter(struct tmpfs_name *name, struct tmpfs_node *directory,
                             const char *text)
{
    struct tmpfs_name **place = tmpfs_name_place(directory, text);
    kassert(*place == NULL);
    *place = name;
    name->next_in_bucket = NULL;
    name->directory = directory;
    (void)kstrlcpy(name->text, text, sizeof name->text);
    name->cookie = directory->directory.next_cookie++;
    list_init(&name->link);
    list_add_tail(&directory->directory.names, &name->link);
    if (tmpfs_is(name->node, S_IFDIR)) {
        directory->directory.directories++;
        name->node->directory.parent = directory;
    }
    tmpfs_node_touch(directory);
}

static void tmpfs_name_leave(struct tmpfs_name *name)
{
    struct tmpfs_node *directory = name->directory;
    *tmpfs_name_place(directory, name->text) = name->next_in_bucket;
    if (directory->directory.hint == name)
        directory->directory.hint = NULL;
    list_remove(&name->link);
    if (tmpfs_is(name->node, S_IFDIR))
        directory->directory.directories--;
    tmpfs_node_touch(directory);
}

int tmpfs_name_add(struct tmpfs_node *directory, const char *text, struct tmpfs_node *node)
{
    struct tmpfs_name *name = tmpfs_piece_make(&tmpfs_name_pieces);
    if (name == NULL)
        return -KENOSPC;
    name->node = node;
    node->names++;
    tmpfs_name_enter(name, directory, text);
    return 0;
}

void tmpfs_name_remove(struct tmpfs_name *name)
{
    struct tmpfs_node *node = name->node;
    tmpfs_name_leave(name);
    tmpfs_piece_free(&tmpfs_name_pieces, name);
    node->names--;
    tmpfs_node_free_if_unused(node);
}

void tmpfs_name_move(struct tmpfs_name *name, struct tmpfs_node *directory, const char *text)
{
    tmpfs_name_leave(name);
    tmpfs_name_enter(name, directory, text);
}

struct tmpfs_name *tmpfs_name_from(struct tmpfs_node *directory, uint64_t cookie)
{
    struct tmpfs_name *hint = directory->directory.hint;
    struct list *link = directory->directory.names.next;
    if (hint != NULL && hint->cookie <= cookie)
        link = &hint->link;
    while (link != &directory->directory.names) {
        struct tmpfs_name *name = list_entry(link, struct tmpfs_name, link);
        if (name->cookie >= cookie) {
            directory->directory.hint = name;
            return name;
        }
        link = link->next;
    }
    return NULL;
}

/* ---- paths ----------------------------------------------------------------------------------- */

/* What a path may go on below. */
static int tmpfs_expect_directory(const struct tmpfs_node *node)
{
    if (tmpfs_is(node, S_IFDIR))
        return 0;
    return tmpfs_is(node, S_IFLNK) ? -KELOOP : -KENOTDIR;
}

int tmpfs_walk(const char *path, struct tmpfs_node **directory, const char **last)
{
    char text[NAME_MAX + 1];
    const char *rest = path, *slash;
    *directory = tmpfs_root();
    while ((slash = kstrchr(rest, '/')) != NULL) {
        size_t length = (size_t)(slash - rest);
        if (length > NAME_MAX)
            return -KENAMETOOLONG;
        memcpy(text, rest, length);
        text[length] = '\0';
        const struct tmpfs_name *name = tmpfs_name_find(*directory, text);
        if (name == NULL)
            return -KENOENT;
        int error = tmpfs_expect_directory(name->node);
        if (error != 0)
            return error;
        *directory = name->node;
        rest = slash + 1;
    }
    *last = rest;
    return kstrlen(rest) <= NAME_MAX ? 0 : -KENAMETOOLONG;
}

int tmpfs_look_up(const char *path, struct tmpfs_node **node)
{
    const char *last;
    int error = tmpfs_walk(path, node, &last);
    if (error != 0 || last[0] == '\0')
        return error;
    const struct tmpfs_name *name = tmpfs_name_find(*node, last);
    if (name == NULL)
        return -KENOENT;
    *node = name->node;
    return 0;
}
