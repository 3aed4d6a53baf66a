/*
 * p9_tree.c - trees: where they come from, what they hold, and how they are looked through
 *
 * A directory that comes from a source is filled when it is first looked into, as a whole or not at
 * all; from then on it is the tree's own. Its path in the source is kept with it, so that it may be
 * renamed before.
 */
#include "emu/virtio-9p/p9_tree_priv.h"

#include "emu/virtio-9p/p9_source_folder.h"

#include <errno.h>
#include <string.h>

#define P9_POSITION_SELF   1
#define P9_POSITION_PARENT 2
#define P9_NS_PER_S        UINT64_C(1000000000)

#define P9_MODE_DIRECTORY  0755u
#define P9_MODE_EXECUTABLE 0755u
#define P9_MODE_FILE       0644u

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

struct p9_entry *p9_tree_root(struct p9_tree *tree)
{
    return tree->root;
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
        return 0; /* it has one of its own */
    }
    g_assert_not_reached();
}

static int p9_directory_found(void *opaque, const struct p9_source_entry *found)
{
    struct p9_node *directory = opaque, *node;
    struct p9_tree *tree = directory->tree;
    int error = p9_node_make(tree, found->kind, p9_source_mode(found), found->target, &node);
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

int p9_entry_look(const struct p9_entry *entry)
{
    if (entry->node->kind != P9_KIND_DIRECTORY) {
        return ENOTDIR;
    }
    return p9_entry_is_linked(entry) ? p9_directory_look(entry->node) : ENOENT;
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
    struct p9_node *node;
    int error = p9_node_make(tree, P9_KIND_DIRECTORY, P9_MODE_DIRECTORY, NULL, &node);
    g_assert(error == 0);
    error = p9_entry_add(NULL, "", node, &tree->root);
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
