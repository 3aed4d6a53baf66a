/*
 * p9_tree.h - the files of a share
 *
 * One tree of nodes in memory, whatever it was made from. A tree from a folder of the host takes
 * over a directory when it is first looked at and the bytes of a file as they are read; what is
 * written stays in memory, in blocks that stand in front of the host's. Nothing on the host is ever
 * changed, and whoever works on a tree does not know what it was made from.
 *
 *     entry     a name in a directory, or the root: what a fid stands for. Renamed, it is the same
 *               entry; removed, it is in no directory any more, but its node lives as long as it.
 *     node      a file, directory or symbolic link. A file may have several entries.
 *
 * All that a guest can see is a function of names and bytes, and of what the guest did: node
 * numbers count up in the order of discovery, times are those of the virtual clock when the tree
 * was made or the node written, owner and group are 0 until set, a mode has of the host's nothing
 * but whether a file can be executed, a directory lists what the host had by name and what came
 * later behind it. Permissions are kept and not enforced: a guest is root.
 *
 * What fails returns an errno, and has changed nothing unless it says so. Limits are errors of
 * their own: ENOSPC for what the tree holds, ENAMETOOLONG for names and depth, EFBIG for offsets.
 */
#ifndef EMU_VIRTIO_9P_P9_TREE_H
#define EMU_VIRTIO_9P_P9_TREE_H

#include "emu/virtio-9p/p9_message.h"
#include "emu/virtio-9p/p9_source.h"

#include <glib.h>

/* Limits, unless the configuration says otherwise. */
#define P9_TREE_BYTES_MAX   (UINT64_C(256) << 20) /* of content, names, targets and attributes */
#define P9_TREE_ENTRIES_MAX (UINT64_C(1) << 17)
#define P9_TREE_DEPTH_MAX   256 /* of directories below each other */

struct p9_tree_config {
    uint64_t (*now_ns)(void *opaque); /* NULL: it is always 0 */
    void *opaque;
    uint64_t bytes_max;   /* 0: P9_TREE_BYTES_MAX */
    uint64_t entries_max; /* 0: P9_TREE_ENTRIES_MAX */
};

struct p9_tree;
struct p9_node;
struct p9_entry;

/* An empty tree. The configuration is copied. */
struct p9_tree *p9_tree_new_memory(const struct p9_tree_config *config);
/* A tree from a folder, which is only read. NULL: see p9_source_folder_new(). */
struct p9_tree *p9_tree_new_folder(const struct p9_tree_config *config, const char *path,
                                   GError **error);
/* Entries that somebody still holds must have been let go before. NULL is fine. */
void p9_tree_free(struct p9_tree *tree);
/*
 * Adds a file of these bytes by a path of names with slashes between them, with the directories on
 * its way. Mode 0644. For whoever fills a tree before it is served. An errno: EINVAL for a path
 * that is none, EEXIST when it is taken.
 */
int p9_tree_add_file(struct p9_tree *tree, const char *path, const void *bytes, size_t size);

struct p9_tree_usage {
    uint64_t bytes, bytes_max;
    uint64_t entries, entries_max;
};
struct p9_tree_usage p9_tree_usage(const struct p9_tree *tree);
/*
 * Counts bytes as held by the tree, for what a guest can make others hold on its behalf. ENOSPC:
 * there would be too many, and they are not counted.
 */
int p9_tree_charge(struct p9_tree *tree, uint64_t bytes);
void p9_tree_discharge(struct p9_tree *tree, uint64_t bytes);

/* ---- entries --------------------------------------------------------------------------------- */

/* Borrowed, as all entries that these functions return: p9_entry_ref() keeps one. */
struct p9_entry *p9_tree_root(struct p9_tree *tree);
struct p9_entry *p9_entry_ref(struct p9_entry *entry);
void p9_entry_unref(struct p9_entry *entry);
struct p9_node *p9_entry_node(const struct p9_entry *entry);
/* "" is the root's. */
const char *p9_entry_name(const struct p9_entry *entry);
/* Is it the root, or in a directory that is? False: it was removed. */
bool p9_entry_is_linked(const struct p9_entry *entry);

/* Is it a name that an entry may have? 0, EINVAL for "", ".", ".." and slashes, or ENAMETOOLONG. */
int p9_name_check(const char *name);

/* ENOENT: there is none of that name, or the directory was removed. ENOTDIR: it is none. */
int p9_tree_lookup(struct p9_entry *directory, const char *name, struct p9_entry **found);

struct p9_creation {
    enum p9_kind kind;
    uint32_t mode; /* permissions only are taken */
    uint32_t uid, gid;
    const char *target; /* of a symbolic link */
};
/* EEXIST: the name is taken. */
int p9_tree_create(struct p9_entry *directory, const char *name, const struct p9_creation *how,
                   struct p9_entry **created);
/* Another name for a file or symbolic link. EPERM: it is a directory. */
int p9_tree_link(struct p9_entry *directory, const char *name, struct p9_entry *target);
/* EISDIR, ENOTDIR: it is not of that kind; ENOTEMPTY; EBUSY: the root; ENOENT: removed already. */
int p9_tree_remove(struct p9_entry *entry, bool is_directory);
/*
 * As rename(2): what had the name goes, in the same step. EINVAL: a directory into itself or below;
 * EISDIR, ENOTDIR, ENOTEMPTY: what has the name is not to be replaced by that.
 */
int p9_tree_rename(struct p9_entry *entry, struct p9_entry *directory, const char *name);

/*
 * Lists a directory from behind a position, 0 at first, until `found` returns false: its position
 * is then that from which to go on with the entry that it refused. "." and ".." come first, with
 * the nodes that they stand for. Positions of entries do not change while they are there.
 */
struct p9_listed {
    const char *name;
    const struct p9_node *node;
    uint64_t position;
};
typedef bool p9_listed_fn(void *opaque, const struct p9_listed *listed);
int p9_tree_list(struct p9_entry *directory, uint64_t position, p9_listed_fn *found, void *opaque);

/*
 * Goes through the whole tree, a directory before what is in it, names in the order of their bytes;
 * the path has no slash in front. For the harness: it takes over all that the host has. The
 * function returns 0, or an errno, which ends it and is returned.
 */
typedef int p9_visit_fn(void *opaque, const char *path, struct p9_node *node);
int p9_tree_visit(struct p9_tree *tree, p9_visit_fn *visit, void *opaque);

/* ---- nodes ----------------------------------------------------------------------------------- */

struct p9_time {
    uint64_t sec, nsec;
};

struct p9_attributes {
    struct p9_qid qid;
    uint32_t mode; /* with the kind */
    uint32_t uid, gid;
    uint64_t nlink; /* of a directory always 1: nobody counts */
    uint64_t size;
    struct p9_time atime, mtime, ctime;
};
enum p9_kind p9_node_kind(const struct p9_node *node);
struct p9_qid p9_node_qid(const struct p9_node *node);
void p9_node_get_attributes(const struct p9_node *node, struct p9_attributes *attributes);
/* Sets what P9_SETATTR_ bits name; sizes are those of files: EISDIR, EINVAL. */
int p9_node_set_attributes(struct p9_node *node, uint32_t valid,
                           const struct p9_attributes *attributes);

/* The target of a symbolic link, borrowed; NULL: it is none. */
const char *p9_node_target(const struct p9_node *node);

/* How many bytes a read of `count` would give; fewer than `count` only at the end. */
size_t p9_node_readable(const struct p9_node *node, uint64_t offset, size_t count);
/* Reads that many bytes of a file, all readable. EIO: the host's file is not what it was. */
int p9_node_read(struct p9_node *node, uint64_t offset, uint8_t *bytes, size_t count);
/*
 * Writes, and grows the file. Bytes between its end and `offset` read as zero and take no memory.
 * Fewer than `count` are written when the tree is full, and an error comes only when none was.
 */
int p9_node_write(struct p9_node *node, uint64_t offset, const uint8_t *bytes, size_t count,
                  size_t *written);

/* ---- extended attributes --------------------------------------------------------------------- */

/* A value, or with the name "" all names, each with a NUL behind it. Gives. ENODATA: none. */
int p9_node_get_xattr(const struct p9_node *node, const char *name, GBytes **value);
/* No bytes: it is removed. Flags: P9_XATTR_CREATE, EEXIST, and P9_XATTR_REPLACE, ENODATA. */
int p9_node_set_xattr(struct p9_node *node, const char *name, GBytes *value, uint32_t flags);

#endif
