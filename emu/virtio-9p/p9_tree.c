/*
 * p9_tree.c - entries: the names of a tree, and how they come, go and move
 *
 * A directory has its entries twice: by name, to find one, and by position, to list them. Positions
 * count up and are never used again, so a client that lists a directory bit by bit sees each entry
 * that stays there once, whatever comes and goes meanwhile.
 *
 * A directory that comes from a source is filled when it is first looked into, as a whole or not at
 * all; from then on it is the tree's own. Its path in the source is kept with it, so that it may be
 * renamed before.
 *
 * Depth is limited, so that recursion is. A directory that is moved down takes those below along:
 * the height of what is known of it is counted then, which is the one thing here that takes longer
 * the more there is, up to the number of entries. What is not known of it yet is limited when it is
 * looked into.
 */
#include "emu/virtio-9p/p9_tree_priv.h"

#include "emu/virtio-9p/p9_source_folder.h"

#include <errno.h>
#include <string.h>

#define P9_POSITION_SELF   1
#define P9_POSITION_PARENT 2
#define P9_NS_PER_S        UINT64_C(1000000000)
/* What an entry holds, beside its name: itself, a node, and their places in containers. */
#define P9_ENTRY_COST (sizeof(struct p9_entry) + sizeof(struct p9_node) + 128)

#define P9_MODE_DIRECTORY  0755u
#define P9_MODE_EXECUTABLE 0755u
#define P9_MODE_FILE       0644u
#define P9_MODE_SYMLINK    0777u

/* ---- what is held ---------------------------------------------------------------------------- */

int p9_tree_charge(struct p9_tree *tree, uint64_t bytes)
{
    if (bytes > tree->config.bytes_max - tree->bytes) {
        return ENOSPC;
    }
    tree->bytes += bytes;
    return 0;
}

void p9_tree_discharge(struct p9_tree *tree, uint64_t bytes)
{
    g_assert(bytes <= tree->bytes);
    tree->bytes -= bytes;
}

struct p9_tree_usage p9_tree_usage(const struct p9_tree *tree)
{
    return (struct p9_tree_usage){.bytes = tree->bytes,
                                  .bytes_max = tree->config.bytes_max,
                                  .entries = tree->entries,
                                  .entries_max = tree->config.entries_max};
}

struct p9_time p9_tree_now(const struct p9_tree *tree)
{
    uint64_t now_ns = tree->config.now_ns != NULL ? tree->config.now_ns(tree->config.opaque) : 0;
    return (struct p9_time){.sec = now_ns / P9_NS_PER_S, .nsec = now_ns % P9_NS_PER_S};
}

/* ---- entries --------------------------------------------------------------------------------- */

struct p9_entry *p9_tree_root(struct p9_tree *tree)
{
    return tree->root;
}

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

/* Of directories above it; the root's is 0. */
static unsigned p9_directory_depth(const struct p9_node *node)
{
    unsigned depth = 0;
    for (; node->directory.self->parent != NULL; node = node->directory.self->parent) {
        depth++;
    }
    return depth;
}

/* Puts an entry into a directory, at its end unless it has a position there. */
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

/* A new entry of a node, which has the reference of the caller from now on. */
static int p9_entry_add(struct p9_node *directory, const char *name, struct p9_node *node,
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

/* Takes an entry out of its directory; it is gone unless somebody holds it. */
static void p9_entry_drop(struct p9_entry *entry)
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

/* Drops all that is below a directory. */
static void p9_directory_clear(struct p9_node *directory)
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

/* ---- what the source has --------------------------------------------------------------------- */

static uint32_t p9_source_mode(const struct p9_source_entry *found)
{
    switch (found->kind) {
    case P9_KIND_DIRECTORY:
        return P9_MODE_DIRECTORY;
    case P9_KIND_FILE:
        return found->is_executable ? P9_MODE_EXECUTABLE : P9_MODE_FILE;
    case P9_KIND_SYMLINK:
        return P9_MODE_SYMLINK;
    }
    g_assert_not_reached();
}

/* A node, with its target when it is a symbolic link. */
static int p9_tree_make_node(struct p9_tree *tree, enum p9_kind kind, uint32_t mode,
                             const char *target, struct p9_node **made)
{
    if (kind == P9_KIND_SYMLINK) {
        if (strlen(target) > P9_TARGET_MAX) {
            return ENAMETOOLONG;
        }
        int error = p9_tree_charge(tree, strlen(target));
        if (error != 0) {
            return error;
        }
    }
    *made = p9_node_new(tree, kind, mode);
    if (kind == P9_KIND_SYMLINK) {
        (*made)->target = g_strdup(target);
    }
    return 0;
}

static int p9_directory_found(void *opaque, const struct p9_source_entry *found)
{
    struct p9_node *directory = opaque, *node;
    struct p9_tree *tree = directory->tree;
    int error = p9_tree_make_node(tree, found->kind, p9_source_mode(found), found->target, &node);
    if (error != 0) {
        return error;
    }
    /* As old as the tree, whenever it is found. */
    node->atime = node->mtime = node->ctime = tree->made;
    node->stamp = found->stamp;
    node->source_path = strcmp(directory->source_path, ".") == 0
                            ? g_strdup(found->name)
                            : g_strconcat(directory->source_path, "/", found->name, NULL);
    if (found->kind == P9_KIND_FILE) {
        node->content.size = node->content.source_end = found->stamp.size;
    }
    struct p9_entry *entry;
    error = p9_entry_add(directory, found->name, node, &entry);
    if (error != 0) {
        p9_node_unref(node);
    }
    return error;
}

/* Before a directory is looked into: what the source has is taken over. */
static int p9_directory_look(struct p9_node *node)
{
    struct p9_tree *tree = node->tree;
    if (node->source_path == NULL || node->directory.is_listed) {
        return 0;
    }
    if (p9_directory_depth(node) >= P9_TREE_DEPTH_MAX) {
        return ENAMETOOLONG;
    }
    int error = tree->source_ops->list(tree->source, node->source_path, &node->stamp,
                                       p9_directory_found, node);
    if (error != 0) {
        p9_directory_clear(node);
        return error;
    }
    node->directory.is_listed = true;
    return 0;
}

/* A directory that is there, with its entries. */
static int p9_entry_look(const struct p9_entry *entry)
{
    if (entry->node->kind != P9_KIND_DIRECTORY) {
        return ENOTDIR;
    }
    return p9_entry_is_linked(entry) ? p9_directory_look(entry->node) : ENOENT;
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
    uint32_t mode = how->kind == P9_KIND_SYMLINK ? P9_MODE_SYMLINK : how->mode;
    struct p9_node *node;
    error = p9_tree_make_node(directory->node->tree, how->kind, mode, how->target, &node);
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
    /* [rename(2)]: "If oldpath and newpath are existing hard links referring to the same file, then
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

/* ---- looking through ------------------------------------------------------------------------- */

static gint p9_position_compare(gconstpointer left, gconstpointer right, gpointer unused)
{
    (void)unused;
    const struct p9_entry *a = left, *b = right;
    return a->position < b->position ? -1 : a->position > b->position;
}

int p9_tree_list(struct p9_entry *directory, uint64_t position, p9_listed_fn *found, void *opaque)
{
    struct p9_node *node = directory->node;
    if (node->kind != P9_KIND_DIRECTORY) {
        return ENOTDIR;
    }
    /* One that was removed is listed as empty, as Linux does it. */
    int error = p9_entry_is_linked(directory) ? p9_directory_look(node) : 0;
    if (error != 0 || !p9_entry_is_linked(directory)) {
        return error;
    }
    struct p9_listed self = {".", node, P9_POSITION_SELF};
    struct p9_listed parent = {"..", directory->parent != NULL ? directory->parent : node,
                               P9_POSITION_PARENT};
    if ((position < self.position && !found(opaque, &self)) ||
        (position < parent.position && !found(opaque, &parent))) {
        return 0;
    }
    /* GLib's place is behind an entry of an equal position. */
    struct p9_entry seen = {.position = position};
    GSequenceIter *i = g_sequence_search(node->directory.entries, &seen, p9_position_compare, NULL);
    for (; !g_sequence_iter_is_end(i); i = g_sequence_iter_next(i)) {
        const struct p9_entry *entry = g_sequence_get(i);
        struct p9_listed listed = {entry->name, entry->node, entry->position};
        if (!found(opaque, &listed)) {
            break;
        }
    }
    return 0;
}

struct p9_visit {
    p9_visit_fn *fn;
    void *opaque;
    GString *path;
};

static gint p9_entry_compare(gconstpointer left, gconstpointer right)
{
    const struct p9_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static int p9_visit_directory(struct p9_visit *visit, struct p9_node *directory)
{
    int error = p9_directory_look(directory);
    if (error != 0) {
        return error;
    }
    g_autoptr(GPtrArray) entries = g_ptr_array_new();
    for (GSequenceIter *i = g_sequence_get_begin_iter(directory->directory.entries);
         !g_sequence_iter_is_end(i); i = g_sequence_iter_next(i)) {
        g_ptr_array_add(entries, g_sequence_get(i));
    }
    g_ptr_array_sort(entries, p9_entry_compare);
    gsize len = visit->path->len;
    for (guint i = 0; i < entries->len && error == 0; i++) {
        const struct p9_entry *entry = g_ptr_array_index(entries, i);
        g_string_append_printf(visit->path, "%s%s", len > 0 ? "/" : "", entry->name);
        error = visit->fn(visit->opaque, visit->path->str, entry->node);
        if (error == 0 && entry->node->kind == P9_KIND_DIRECTORY) {
            error = p9_visit_directory(visit, entry->node);
        }
        g_string_truncate(visit->path, len);
    }
    return error;
}

int p9_tree_visit(struct p9_tree *tree, p9_visit_fn *fn, void *opaque)
{
    struct p9_visit visit = {.fn = fn, .opaque = opaque, .path = g_string_new(NULL)};
    int error = p9_visit_directory(&visit, tree->root->node);
    g_string_free(visit.path, TRUE);
    return error;
}

/* ---- trees ----------------------------------------------------------------------------------- */

struct p9_tree *p9_tree_new_memory(const struct p9_tree_config *config)
{
    struct p9_tree *tree = g_new0(struct p9_tree, 1);
    tree->config = *config;
    tree->made = p9_tree_now(tree);
    if (config->bytes_max == 0) {
        tree->config.bytes_max = P9_TREE_BYTES_MAX;
    }
    if (config->entries_max == 0) {
        tree->config.entries_max = P9_TREE_ENTRIES_MAX;
    }
    struct p9_node *node = p9_node_new(tree, P9_KIND_DIRECTORY, P9_MODE_DIRECTORY);
    int error = p9_entry_add(NULL, "", node, &tree->root);
    g_assert(error == 0);
    return tree;
}

struct p9_tree *p9_tree_new_folder(const struct p9_tree_config *config, const char *path,
                                   GError **error)
{
    struct p9_stamp stamp;
    void *source = p9_source_folder_new(path, &stamp, error);
    if (source == NULL) {
        return NULL;
    }
    struct p9_tree *tree = p9_tree_new_memory(config);
    tree->source_ops = &p9_source_folder_ops;
    tree->source = source;
    tree->root->node->source_path = g_strdup(".");
    tree->root->node->stamp = stamp;
    return tree;
}

void p9_tree_free(struct p9_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    p9_directory_clear(tree->root->node);
    g_assert(tree->root->refs == 1);
    p9_entry_drop(tree->root);
    g_assert(tree->bytes == 0 && tree->entries == 0);
    if (tree->source != NULL) {
        tree->source_ops->free(tree->source);
    }
    g_free(tree);
}

int p9_tree_add_file(struct p9_tree *tree, const char *path, const void *bytes, size_t size)
{
    struct p9_entry *at = tree->root;
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    guint count = g_strv_length(names);
    int error = count == 0 ? EINVAL : 0;
    for (guint i = 0; i < count && error == 0; i++) {
        bool is_last = i + 1 == count;
        struct p9_creation how = {.kind = is_last ? P9_KIND_FILE : P9_KIND_DIRECTORY,
                                  .mode = is_last ? P9_MODE_FILE : P9_MODE_DIRECTORY};
        error = p9_tree_create(at, names[i], &how, &at);
        if (error == EEXIST && !is_last) {
            error = p9_tree_lookup(at, names[i], &at);
        }
    }
    size_t written = 0;
    if (error == 0) {
        error = p9_node_write(at->node, 0, bytes, size, &written);
    }
    return error == 0 && written < size ? ENOSPC : error;
}
