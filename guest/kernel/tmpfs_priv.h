/*
 * tmpfs_priv.h - what /tmp consists of: nodes, their bytes, and their names; for tmpfs*.c
 *
 * A node is a file, a directory or a symbolic link, and may have several names, each in a
 * directory. All of it is protected by one mutex, tmpfs.c's.
 */
#ifndef KERNEL_TMPFS_PRIV_H
#define KERNEL_TMPFS_PRIV_H

#include "kernel/stat.h"
#include "kernel/tmpfs.h"
#include "lib/list.h"

#include <stdbool.h>

#define TMPFS_FIRST_COOKIE 2 /* of a name in a directory: behind "." and ".." */

struct tmpfs_name;

struct tmpfs_node {
    uint64_t number; /* st_ino */
    uint32_t mode, uid, gid;
    unsigned names;    /* that it has */
    unsigned openings; /* files that are open of it; with neither it is gone */
    uint64_t atime_ns, mtime_ns, ctime_ns;
    union {
        struct {
            uint64_t size;
            uint8_t *direct[TMPFS_DIRECT];    /* blocks; NULL: zeros */
            uint8_t **indexes[TMPFS_INDEXES]; /* blocks of pointers to blocks */
        } bytes;                              /* of a file, or what a link says */
        struct {
            struct list names; /* struct tmpfs_name.link, by cookie */
            struct tmpfs_node *parent;
            unsigned directories;    /* among what it holds */
            uint64_t next_cookie;    /* of the next name in it */
            struct tmpfs_name *hint; /* where a list went on last, or NULL */
        } directory;
    };
};

struct tmpfs_name {
    struct list link;
    struct tmpfs_name *next_in_bucket;
    struct tmpfs_node *directory; /* where it stands */
    struct tmpfs_node *node;      /* what it names */
    uint64_t cookie;              /* where in the directory, for lists; only goes up */
    char text[NAME_MAX + 1];
};

static inline bool tmpfs_is(const struct tmpfs_node *node, uint32_t type)
{
    return (node->mode & S_IFMT) == type;
}

/* ---- tmpfs_memory.c -------------------------------------------------------------------------- */

/* Parts of blocks, all of one size, which are given and taken one by one. */
struct tmpfs_pieces {
    size_t size;
    struct list slabs; /* that have a free one */
};
extern struct tmpfs_pieces tmpfs_node_pieces, tmpfs_name_pieces;

void tmpfs_memory_init(void);
/* All zero. NULL: there is no room. */
void *tmpfs_block_make(void);
void tmpfs_block_free(void *block);
size_t tmpfs_count_blocks_in_all(void);
size_t tmpfs_count_free_blocks(void);
/* Not cleared. NULL: there is no room. */
void *tmpfs_piece_make(struct tmpfs_pieces *pieces);
void tmpfs_piece_free(struct tmpfs_pieces *pieces, void *piece);

/* ---- tmpfs_node.c ---------------------------------------------------------------------------- */

void tmpfs_node_init(void);
/* The directory that all paths begin at. It has a name that cannot be taken from it. */
struct tmpfs_node *tmpfs_root(void);
/* With type and mode, no name and no opening. NULL: there is no room. */
struct tmpfs_node *tmpfs_node_make(uint32_t mode);
/* To be asked when a name or an opening has gone: the last one takes it along. */
void tmpfs_node_free_if_unused(struct tmpfs_node *node);
/* Its bytes, or the others of the times, have changed. */
void tmpfs_node_touch(struct tmpfs_node *node);

/* Bytes of files and links: how many were read, or could be written. */
size_t tmpfs_read_at(const struct tmpfs_node *node, uint64_t offset, void *buffer, size_t size);
size_t tmpfs_write_at(struct tmpfs_node *node, uint64_t offset, const void *buffer, size_t size);
/* 0, or -KEFBIG. */
int tmpfs_resize(struct tmpfs_node *node, uint64_t size);
/* How many blocks hold something, with those of pointers. */
unsigned tmpfs_count_blocks(const struct tmpfs_node *node);
/* For statfs(2). */
void tmpfs_count_all(struct kernel_statfs *statfs);

/* ---- tmpfs_name.c ---------------------------------------------------------------------------- */

void tmpfs_name_init(void);
struct tmpfs_name *tmpfs_name_find(const struct tmpfs_node *directory, const char *text);
/* 0, or -KENOSPC. */
int tmpfs_name_add(struct tmpfs_node *directory, const char *text, struct tmpfs_node *node);
/* The node goes with its last name, if it is not open. */
void tmpfs_name_remove(struct tmpfs_name *name);
/* To another directory, under another text. */
void tmpfs_name_move(struct tmpfs_name *name, struct tmpfs_node *directory, const char *text);
/* The first name from a cookie on, or NULL; looked for from where the last list ended. */
struct tmpfs_name *tmpfs_name_from(struct tmpfs_node *directory, uint64_t cookie);

/*
 * The directory in which the last name of a path stands, and that name; "" is the root itself.
 * -KENOENT, -KENOTDIR, -KELOOP, -KENAMETOOLONG.
 */
int tmpfs_walk(const char *path, struct tmpfs_node **directory, const char **last);
/* The node of a path: 0, or an error. */
int tmpfs_look_up(const char *path, struct tmpfs_node **node);

#endif
