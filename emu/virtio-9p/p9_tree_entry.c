/*
 * p9_tree_entry.c - entries: the names of a tree, and how they come, go and move
 *
 * A directory has its entries twice: by name, to find one, and by position, to list them. Positions
 * count up and are never used again, so a client that lists a directory bit by bit sees each entry
 * that stays there once, whatever comes and goes meanwhile.
 *
 * Depth is limited, so that recursion is. A directory that is moved down takes those below along:
 * the height of what is known of it is counted then, which is the one thing here that takes longer
 * the more there is, up to the number of entries. What is not known of it yet is limited when it is
 * looked into.
 */
#include "emu/virtio-9p/p9_tree_priv.h"

#include <errno.h>
#include <string.h>

/* What an entry holds, beside its name: itself, a node, and their places in containers. */
#define P9_ENTRY_COST (sizeof(struct p9_entry) + sizeof(struct p9_node) + 128)

/* ---- entries --------------------------------------------------------------------------------- */

struct p9_entry *p9_entry_ref(struct p9_entry *entry)
{
    entry->refs++;
    return entry;
}

void p9_entry_unref(struct p9_entry *entry)
{
    g_assert(entry->refs > 0);
    if (--entry->refs == 0) {
        g_assert(entry->parent == NULL);
        p9_node_unref(entry->node);
        g_free(entry->name);
        g_free(entry);
    }
}

struct p9_node *p9_entry_node(const struct p9_entry *entry)
{
    return entry->node;
}

const char *p9_entry_name(const struct p9_entry *entry)
{
    return entry->name;
}

bool p9_entry_is_linked(const struct p9_entry *entry)
{
    return entry->parent != NULL || entry == entry->node->tree->root;
}

int p9_name_check(const char *name)
{
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        strchr(name, '/') != NULL) {
        return EINVAL;
    }
    return strlen(name) > P9_NAME_MAX ? ENAMETOOLONG : 0;
}

unsigned p9_directory_depth(const struct p9_node *node)
{
    unsigned depth = 0;
    for (; node->directory.self->parent != NULL; node = node->directory.self->parent) {
        depth++;
    }
    return depth;
}

/* Puts an entry into a directory, at its end. */
static void p9_entry_place(struct p9_entry *entry, struct p9_node *directory)
{
    entry->parent = directory;
    entry->position = ++directory->directory.last_position;
    entry->place = g_sequence_append(directory->directory.entries, entry);
    g_hash_table_insert(directory->directory.by_name, entry->name, entry);
}

static void p9_entry_displace(struct p9_entry *entry)
{
    g_hash_table_remove(entry->parent->directory.by_name, entry->name);
    g_sequence_remove(entry->place);
    entry->parent = NULL;
    entry->place = NULL;
}

int p9_entry_add(struct p9_node *directory, const char *name, struct p9_node *node,
                 struct p9_entry **added)
{
    struct p9_tree *tree = node->tree;
    if (tree->entries >= tree->config.entries_max) {
        return ENOSPC;
    }
    int error = p9_tree_charge(tree, P9_ENTRY_COST + strlen(name));
    if (error != 0) {
        return error;
    }
    struct p9_entry *entry = g_new0(struct p9_entry, 1);
    entry->refs = 1;
    entry->node = node;
    entry->name = g_strdup(name);
    tree->entries++;
    node->nlink++;
    if (node->kind == P9_KIND_DIRECTORY) {
        node->directory.self = entry;
    }
    if (directory != NULL) {
        p9_entry_place(entry, directory);
    }
    *added = entry;
    return 0;
}

void p9_entry_drop(struct p9_entry *entry)
{
    struct p9_tree *tree = entry->node->tree;
    if (entry->parent != NULL) {
        p9_entry_displace(entry);
    }
    p9_tree_discharge(tree, P9_ENTRY_COST + strlen(entry->name));
    tree->entries--;
    entry->node->nlink--;
    p9_node_changed(entry->node);
    p9_entry_unref(entry);
}

void p9_directory_clear(struct p9_node *directory)
{
    GSequence *entries = directory->directory.entries;
    while (!g_sequence_is_empty(entries)) {
        struct p9_entry *entry = g_sequence_get(g_sequence_get_begin_iter(entries));
        if (entry->node->kind == P9_KIND_DIRECTORY) {
            p9_directory_clear(entry->node);
        }
        p9_entry_drop(entry);
    }
}

/* ---- names come and go ----------------------------------------------------------------------- */

int p9_tree_lookup(struct p9_entry *directory, const char *name, struct p9_entry **found)
{
    int error = p9_entry_look(directory);
    if (error != 0) {
        return error;
    }
    *found = g_hash_table_lookup(directory->node->directory.by_name, name);
    return *found != NULL ? 0 : ENOENT;
}

/* May an entry of this name come into being? */
static int p9_tree_check_new(struct p9_entry *directory, const char *name)
{
    struct p9_entry *found;
    int error = p9_name_check(name);
    if (error != 0) {
        return error;
    }
    error = p9_tree_lookup(directory, name, &found);
    if (error == 0) {
        return EEXIST;
    }
    return error == ENOENT && p9_entry_is_linked(directory) ? 0 : error;
}

int p9_tree_create(struct p9_entry *directory, const char *name, const struct p9_creation *how,
                   struct p9_entry **created)
{
    int error = p9_tree_check_new(directory, name);
    if (error != 0) {
        return error;
    }
    if (how->kind == P9_KIND_DIRECTORY &&
        p9_directory_depth(directory->node) + 1 >= P9_TREE_DEPTH_MAX) {
        return ENAMETOOLONG;
    }
    struct p9_node *node;
    error = p9_node_make(directory->node->tree, how->kind, how->mode, how->target, &node);
    if (error != 0) {
        return error;
    }
    node->uid = how->uid;
    node->gid = how->gid;
    error = p9_entry_add(directory->node, name, node, created);
    if (error != 0) {
        p9_node_unref(node);
        return error;
    }
    p9_node_modified(directory->node);
    return 0;
}

int p9_tree_link(struct p9_entry *directory, const char *name, struct p9_entry *target)
{
    if (target->node->kind == P9_KIND_DIRECTORY) {
        return EPERM;
    }
    if (!p9_entry_is_linked(target)) {
        return ENOENT;
    }
    int error = p9_tree_check_new(directory, name);
    if (error != 0) {
        return error;
    }
    struct p9_entry *added;
    error = p9_entry_add(directory->node, name, target->node, &added);
    if (error != 0) {
        return error;
    }
    target->node->refs++;
    p9_node_changed(target->node);
    p9_node_modified(directory->node);
    return 0;
}

/* 0: it is a directory with nothing in it. */
static int p9_entry_check_empty(const struct p9_entry *entry)
{
    int error = p9_entry_look(entry);
    if (error != 0) {
        return error;
    }
    return g_sequence_is_empty(entry->node->directory.entries) ? 0 : ENOTEMPTY;
}

int p9_tree_remove(struct p9_entry *entry, bool is_directory)
{
    if (entry == entry->node->tree->root) {
        return EBUSY;
    }
    if (!p9_entry_is_linked(entry)) {
        return ENOENT;
    }
    if ((entry->node->kind == P9_KIND_DIRECTORY) != is_directory) {
        return is_directory ? ENOTDIR : EISDIR;
    }
    int error = is_directory ? p9_entry_check_empty(entry) : 0;
    if (error != 0) {
        return error;
    }
    p9_node_modified(entry->parent);
    p9_entry_drop(entry);
    return 0;
}

/* ---- names move ------------------------------------------------------------------------------ */

static bool p9_entry_is_below(const struct p9_entry *entry, const struct p9_node *top)
{
    const struct p9_node *node = entry->node;
    while (node != top && node->directory.self->parent != NULL) {
        node = node->directory.self->parent;
    }
    return node == top;
}

/* Levels of directories from this one on, itself included, of those that are known. */
static unsigned p9_directory_height(const struct p9_node *node)
{
    unsigned height = 0;
    for (GSequenceIter *i = g_sequence_get_begin_iter(node->directory.entries);
         !g_sequence_iter_is_end(i); i = g_sequence_iter_next(i)) {
        const struct p9_entry *entry = g_sequence_get(i);
        if (entry->node->kind == P9_KIND_DIRECTORY) {
            height = MAX(height, p9_directory_height(entry->node));
        }
    }
    return height + 1;
}

/* May this directory go there, in the place of what is there (NULL: nothing)? */
static int p9_tree_check_move(const struct p9_entry *entry, const struct p9_entry *directory,
                              const struct p9_entry *replaced)
{
    if (p9_entry_is_below(directory, entry->node)) {
        return EINVAL;
    }
    if (replaced != NULL) {
        int error = p9_entry_check_empty(replaced); /* ENOTDIR is one of them */
        if (error != 0) {
            return error;
        }
    }
    unsigned from = p9_directory_depth(entry->parent), to = p9_directory_depth(directory->node);
    bool is_deep = to > from && to + p9_directory_height(entry->node) >= P9_TREE_DEPTH_MAX;
    return is_deep ? ENAMETOOLONG : 0;
}

/* The entry itself goes; what had the name has gone. */
static void p9_entry_move(struct p9_entry *entry, struct p9_node *directory, const char *name)
{
    char *old_name = entry->name;
    p9_node_modified(entry->parent);
    if (directory == entry->parent) { /* it keeps its position */
        g_hash_table_remove(directory->directory.by_name, old_name);
        entry->name = g_strdup(name);
        g_hash_table_insert(directory->directory.by_name, entry->name, entry);
    } else {
        p9_entry_displace(entry);
        entry->name = g_strdup(name);
        p9_entry_place(entry, directory);
        p9_node_modified(directory);
    }
    g_free(old_name);
    p9_node_changed(entry->node);
}

int p9_tree_rename(struct p9_entry *entry, struct p9_entry *directory, const char *name)
{
    struct p9_tree *tree = entry->node->tree;
    struct p9_entry *replaced = NULL;
    if (entry == tree->root) {
        return EBUSY;
    }
    if (!p9_entry_is_linked(entry)) {
        return ENOENT;
    }
    int error = p9_tree_check_new(directory, name);
    if (error == EEXIST) {
        error = p9_tree_lookup(directory, name, &replaced);
    }
    if (error != 0) {
        return error;
    }
    /* rename(2): "If oldpath and newpath are existing hard links referring to the same file, then
     * rename() does nothing". */
    if (replaced != NULL && replaced->node == entry->node) {
        return 0;
    }
    if (entry->node->kind == P9_KIND_DIRECTORY) {
        error = p9_tree_check_move(entry, directory, replaced);
    } else if (replaced != NULL && replaced->node->kind == P9_KIND_DIRECTORY) {
        error = EISDIR;
    }
    if (error != 0) {
        return error;
    }
    error = p9_tree_charge(tree, strlen(name));
    if (error != 0) {
        return error;
    }
    p9_tree_discharge(tree, strlen(entry->name));
    if (replaced != NULL) {
        p9_entry_drop(replaced);
    }
    p9_entry_move(entry, directory->node, name);
    return 0;
}
