/*
 * p9_tree_priv.h - what the files of the tree share
 *
 *     p9_tree.c          trees: where they come from, and how they are looked through
 *     p9_tree_entry.c    entries: how names come, go and move
 *     p9_tree_node.c     nodes: attributes, extended attributes, how long they live
 *     p9_tree_content.c  the bytes of files
 */
#ifndef EMU_VIRTIO_9P_P9_TREE_PRIV_H
#define EMU_VIRTIO_9P_P9_TREE_PRIV_H

#include "emu/virtio-9p/p9_tree.h"

struct p9_tree {
    struct p9_tree_config config;
    const struct p9_source_ops *source_ops; /* NULL: nothing comes from elsewhere */
    void *source;
    struct p9_entry *root;
    struct p9_time made;
    uint64_t last_inode;
    uint64_t bytes, entries;
};

struct p9_entry {
    unsigned refs; /* one while it is linked, and one for each that holds it */
    struct p9_node *node;
    struct p9_node *parent; /* the directory; NULL: the root, or removed */
    char *name;
    uint64_t position;    /* in the directory */
    GSequenceIter *place; /* likewise */
};

/* `entries` is in the order of positions, and so is what a client lists. */
struct p9_directory {
    bool is_listed; /* what the source has is there */
    uint64_t last_position;
    GHashTable *by_name; /* name -> entry; both are the entry's */
    GSequence *entries;
    struct p9_entry *self; /* the one entry that a directory has */
};

/* A piece of a file that is in memory. */
struct p9_block {
    uint64_t index; /* in blocks, from the beginning of the file */
    uint8_t bytes[P9_BLOCK_SIZE];
};

/*
 * The bytes of a file: those of a block where there is one, else those of the source up to
 * `source_end`, else zero.
 */
struct p9_content {
    uint64_t size;
    uint64_t source_end;
    GSequence *blocks; /* in the order of their indices; NULL: none yet */
};

struct p9_node {
    struct p9_tree *tree;
    unsigned refs; /* entries */
    enum p9_kind kind;
    uint64_t inode;
    uint32_t version, mode, uid, gid;
    uint64_t nlink; /* of what is no directory */
    struct p9_time atime, mtime, ctime;
    char *source_path; /* NULL: it is not from the source */
    struct p9_stamp stamp;
    union {
        struct p9_directory directory;
        struct p9_content content;
        char *target;
    };
    GHashTable *xattrs; /* name -> GBytes; NULL: none */
    size_t xattr_names_size;
};

struct p9_time p9_tree_now(const struct p9_tree *tree);

/* A directory that is there, with all its entries: ENOTDIR, ENOENT, or what its source has. */
int p9_entry_look(const struct p9_entry *entry);
/*
 * A new entry of a node, which takes the caller's reference to it; in no directory (NULL) it is the
 * root. ENOSPC: the reference stays the caller's.
 */
int p9_entry_add(struct p9_node *directory, const char *name, struct p9_node *node,
                 struct p9_entry **added);
/* Takes an entry out of its directory; it is gone unless somebody holds it. */
void p9_entry_drop(struct p9_entry *entry);
/* Drops all that is below a directory. */
void p9_directory_clear(struct p9_node *directory);
/* Of directories above it; the root's is 0. */
unsigned p9_directory_depth(const struct p9_node *node);

/*
 * A node without an entry, with one reference. A symbolic link has a target, and always the same
 * mode. ENAMETOOLONG, ENOSPC: of the target.
 */
int p9_node_make(struct p9_tree *tree, enum p9_kind kind, uint32_t mode, const char *target,
                 struct p9_node **made);
void p9_node_unref(struct p9_node *node);
/* Its bytes, names or target changed; or something else about it. */
void p9_node_modified(struct p9_node *node);
void p9_node_changed(struct p9_node *node);

void p9_content_fini(struct p9_node *node);
/* EFBIG. */
int p9_content_resize(struct p9_node *node, uint64_t size);

#endif
