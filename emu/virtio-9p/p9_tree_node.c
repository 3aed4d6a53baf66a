/*
 * p9_tree_node.c - nodes: how long they live, their attributes, extended attributes
 *
 * A node lives as long as an entry of it, linked or held by a fid. Extended attributes are a few
 * names with a value each, as those of a file system that keeps them with the node: all names
 * together are P9_XATTR_MAX bytes at most, and so is each value.
 */
#include "emu/virtio-9p/p9_tree_priv.h"

#include <errno.h>
#include <string.h>

#define P9_XATTR_COST     128 /* beside name and value */
#define P9_NS_PER_S       UINT64_C(1000000000)
#define P9_PERMISSIONS    07777u
#define P9_MODE_SYMLINK   0777u
#define P9_DIRECTORY_SIZE 4096 /* as a directory of a file system says that has few names */

/* ---- how long -------------------------------------------------------------------------------- */

int p9_node_make(struct p9_tree *tree, enum p9_kind kind, uint32_t mode, const char *target,
                 struct p9_node **made)
{
    bool is_link = kind == P9_KIND_SYMLINK;
    if (is_link && strlen(target) > P9_TARGET_MAX) {
        return ENAMETOOLONG;
    }
    int error = is_link ? p9_tree_charge(tree, strlen(target)) : 0;
    if (error != 0) {
        return error;
    }
    struct p9_node *node = g_new0(struct p9_node, 1);
    node->tree = tree;
    node->refs = 1;
    node->kind = kind;
    node->inode = ++tree->last_inode;
    node->mode = is_link ? P9_MODE_SYMLINK : mode & P9_PERMISSIONS;
    node->atime = node->mtime = node->ctime = p9_tree_now(tree);
    if (kind == P9_KIND_DIRECTORY) {
        node->directory.last_position = 2; /* "." and ".." */
        node->directory.by_name = g_hash_table_new(g_str_hash, g_str_equal);
        node->directory.entries = g_sequence_new(NULL);
    } else if (is_link) {
        node->target = g_strdup(target);
    }
    *made = node;
    return 0;
}

static void p9_node_free_xattrs(struct p9_node *node)
{
    if (node->xattrs == NULL) {
        return;
    }
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, node->xattrs);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        p9_tree_discharge(node->tree, P9_XATTR_COST + strlen(name) + g_bytes_get_size(value));
    }
    g_hash_table_destroy(node->xattrs);
}

void p9_node_unref(struct p9_node *node)
{
    g_assert(node->refs > 0);
    if (--node->refs > 0) {
        return;
    }
    switch (node->kind) {
    case P9_KIND_DIRECTORY:
        g_assert(g_hash_table_size(node->directory.by_name) == 0);
        g_hash_table_destroy(node->directory.by_name);
        g_sequence_free(node->directory.entries);
        break;
    case P9_KIND_FILE:
        p9_content_fini(node);
        break;
    case P9_KIND_SYMLINK:
        p9_tree_discharge(node->tree, strlen(node->target));
        g_free(node->target);
        break;
    }
    p9_node_free_xattrs(node);
    g_free(node->source_path);
    g_free(node);
}

void p9_node_changed(struct p9_node *node)
{
    node->ctime = p9_tree_now(node->tree);
}

void p9_node_modified(struct p9_node *node)
{
    node->version++;
    node->mtime = node->ctime = p9_tree_now(node->tree);
}

/* ---- attributes ------------------------------------------------------------------------------ */

enum p9_kind p9_node_kind(const struct p9_node *node)
{
    return node->kind;
}

static uint64_t p9_node_size(const struct p9_node *node)
{
    switch (node->kind) {
    case P9_KIND_DIRECTORY:
        return P9_DIRECTORY_SIZE;
    case P9_KIND_FILE:
        return node->content.size;
    case P9_KIND_SYMLINK:
        return strlen(node->target);
    }
    g_assert_not_reached();
}

struct p9_qid p9_node_qid(const struct p9_node *node)
{
    static const uint8_t types[] = {
        [P9_KIND_DIRECTORY] = P9_QTDIR,
        [P9_KIND_FILE] = P9_QTFILE,
        [P9_KIND_SYMLINK] = P9_QTSYMLINK,
    };
    return (struct p9_qid){
        .type = types[node->kind], .version = node->version, .path = node->inode};
}

void p9_node_get_attributes(const struct p9_node *node, struct p9_attributes *attributes)
{
    static const uint32_t kinds[] = {
        [P9_KIND_DIRECTORY] = P9_S_IFDIR,
        [P9_KIND_FILE] = P9_S_IFREG,
        [P9_KIND_SYMLINK] = P9_S_IFLNK,
    };
    *attributes = (struct p9_attributes){
        .qid = p9_node_qid(node),
        .mode = kinds[node->kind] | node->mode,
        .uid = node->uid,
        .gid = node->gid,
        .nlink = node->kind == P9_KIND_DIRECTORY ? 1 : node->nlink,
        .size = p9_node_size(node),
        .atime = node->atime,
        .mtime = node->mtime,
        .ctime = node->ctime,
    };
}

/* What does not go, before anything is set. */
static int p9_node_check_set(const struct p9_node *node, uint32_t valid,
                             const struct p9_attributes *attributes)
{
    bool sets_atime = (valid & P9_SETATTR_ATIME) != 0 && (valid & P9_SETATTR_ATIME_SET) != 0;
    bool sets_mtime = (valid & P9_SETATTR_MTIME) != 0 && (valid & P9_SETATTR_MTIME_SET) != 0;
    if ((valid & ~P9_SETATTR_ALL) != 0 || (sets_atime && attributes->atime.nsec >= P9_NS_PER_S) ||
        (sets_mtime && attributes->mtime.nsec >= P9_NS_PER_S)) {
        return EINVAL;
    }
    if ((valid & P9_SETATTR_SIZE) != 0 && node->kind != P9_KIND_FILE) {
        return node->kind == P9_KIND_DIRECTORY ? EISDIR : EINVAL;
    }
    /* As chmod(2) of a symbolic link: it has no permissions. */
    if ((valid & P9_SETATTR_MODE) != 0 && node->kind == P9_KIND_SYMLINK) {
        return EOPNOTSUPP;
    }
    return 0;
}

int p9_node_set_attributes(struct p9_node *node, uint32_t valid,
                           const struct p9_attributes *attributes)
{
    int error = p9_node_check_set(node, valid, attributes);
    if (error == 0 && (valid & P9_SETATTR_SIZE) != 0) {
        error = p9_content_resize(node, attributes->size);
    }
    if (error != 0) {
        return error;
    }
    struct p9_time now = p9_tree_now(node->tree);
    if ((valid & P9_SETATTR_MODE) != 0) {
        node->mode = attributes->mode & P9_PERMISSIONS;
    }
    if ((valid & P9_SETATTR_UID) != 0) {
        node->uid = attributes->uid;
    }
    if ((valid & P9_SETATTR_GID) != 0) {
        node->gid = attributes->gid;
    }
    if ((valid & P9_SETATTR_ATIME) != 0) {
        node->atime = (valid & P9_SETATTR_ATIME_SET) != 0 ? attributes->atime : now;
    }
    if ((valid & P9_SETATTR_MTIME) != 0) {
        node->mtime = (valid & P9_SETATTR_MTIME_SET) != 0 ? attributes->mtime : now;
    }
    node->ctime = now;
    return 0;
}

const char *p9_node_target(const struct p9_node *node)
{
    return node->kind == P9_KIND_SYMLINK ? node->target : NULL;
}

/* ---- extended attributes --------------------------------------------------------------------- */

static gint p9_xattr_compare(gconstpointer left, gconstpointer right)
{
    return strcmp(left, right);
}

static GBytes *p9_node_list_xattrs(const struct p9_node *node)
{
    GString *names = g_string_new(NULL);
    if (node->xattrs != NULL) {
        GList *sorted = g_list_sort(g_hash_table_get_keys(node->xattrs), p9_xattr_compare);
        for (const GList *name = sorted; name != NULL; name = name->next) {
            g_string_append_len(names, name->data, (gssize)strlen(name->data) + 1);
        }
        g_list_free(sorted);
    }
    return g_string_free_to_bytes(names);
}

int p9_node_get_xattr(const struct p9_node *node, const char *name, GBytes **value)
{
    if (name[0] == '\0') {
        *value = p9_node_list_xattrs(node);
        return 0;
    }
    GBytes *found = node->xattrs != NULL ? g_hash_table_lookup(node->xattrs, name) : NULL;
    if (found == NULL) {
        return ENODATA;
    }
    *value = g_bytes_ref(found);
    return 0;
}

int p9_node_set_xattr(struct p9_node *node, const char *name, GBytes *value, uint32_t flags)
{
    size_t len = strlen(name), size = g_bytes_get_size(value);
    GBytes *old = node->xattrs != NULL ? g_hash_table_lookup(node->xattrs, name) : NULL;
    size_t name_size = old == NULL ? len + 1 : 0;
    /* As setxattr(2). */
    if (len == 0 || len > P9_NAME_MAX) {
        return ERANGE;
    }
    if (size > P9_XATTR_MAX) {
        return E2BIG;
    }
    if ((flags & P9_XATTR_CREATE) != 0 && old != NULL) {
        return EEXIST;
    }
    if (((flags & P9_XATTR_REPLACE) != 0 || size == 0) && old == NULL) {
        return ENODATA;
    }
    if (node->xattr_names_size + name_size > P9_XATTR_MAX) {
        return ENOSPC;
    }
    if (size > 0) {
        int error = p9_tree_charge(node->tree, P9_XATTR_COST + len + size);
        if (error != 0) {
            return error;
        }
    }
    if (old != NULL) {
        p9_tree_discharge(node->tree, P9_XATTR_COST + len + g_bytes_get_size(old));
    }
    if (size == 0) {
        g_hash_table_remove(node->xattrs, name);
        node->xattr_names_size -= len + 1;
    } else {
        if (node->xattrs == NULL) {
            node->xattrs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                 (GDestroyNotify)g_bytes_unref);
        }
        g_hash_table_insert(node->xattrs, g_strdup(name), g_bytes_ref(value));
        node->xattr_names_size += name_size;
    }
    p9_node_changed(node);
    return 0;
}
