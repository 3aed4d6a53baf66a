/*
 * p9_server_priv.h - what the files of the server share
 *
 *     p9_server.c         the session: its table of operations, fids, version, attach, walk, clunk
 *     p9_server_names.c   operations on names and attributes
 *     p9_server_file.c    operations on what is open
 *     p9_lock.c           ranges that are locked
 */
#ifndef EMU_VIRTIO_9P_P9_SERVER_PRIV_H
#define EMU_VIRTIO_9P_P9_SERVER_PRIV_H

#include "emu/virtio-9p/p9_lock.h"
#include "emu/virtio-9p/p9_server.h"

/*
 * What a fid is:
 *   PATH         names an entry: walked from, asked about, opened
 *   OPEN         opened by Tlopen or Tlcreate: read, written, listed; asked about as before
 *   XATTR_READ   made by Txattrwalk: read, and nothing else
 *   XATTR_WRITE  made by Txattrcreate: written, until all of the value is there; set by its Tclunk
 * Each can be clunked.
 */
enum p9_fid_state {
    P9_FID_PATH,
    P9_FID_OPEN,
    P9_FID_XATTR_READ,
    P9_FID_XATTR_WRITE,
};

struct p9_fid {
    struct p9_tree *tree;
    uint32_t number;
    enum p9_fid_state state;
    struct p9_entry *entry;     /* a reference */
    uint32_t open_flags;        /* of OPEN */
    uint32_t uid;               /* of who attached */
    struct p9_fid_xattr *xattr; /* of the last two */
};

struct p9_fid_xattr {
    uint64_t size; /* of the value: bytes that the tree counts */
    GBytes *value; /* of XATTR_READ */
    /* Of XATTR_WRITE. */
    char *name;
    uint32_t flags;      /* P9_XATTR_CREATE, P9_XATTR_REPLACE */
    GByteArray *written; /* what there is so far */
};

struct p9_server {
    struct p9_tree *tree;
    struct p9_server_config config;
    uint32_t msize;   /* 0: no session */
    GHashTable *fids; /* number -> struct p9_fid, which has it */
    struct p9_locks *locks;
    uint64_t tags[1024]; /* a bit each: on their way */
};

/*
 * Serves one kind of request. The fid is that of the request, where the table says that there is
 * one. The answer has its header; returns 0, or an errno for Rlerror in its place.
 */
typedef int p9_serve_fn(struct p9_server *server, const struct p9_request *request,
                        struct p9_fid *fid, struct p9_reply *reply);

/* In the table of operations. */
p9_serve_fn p9_serve_getattr, p9_serve_setattr, p9_serve_statfs, p9_serve_readlink;
p9_serve_fn p9_serve_mkdir, p9_serve_symlink, p9_serve_link, p9_serve_mknod;
p9_serve_fn p9_serve_rename, p9_serve_renameat, p9_serve_unlinkat, p9_serve_remove;
p9_serve_fn p9_serve_lopen, p9_serve_lcreate, p9_serve_read, p9_serve_write, p9_serve_readdir;
p9_serve_fn p9_serve_fsync, p9_serve_lock, p9_serve_getlock;
p9_serve_fn p9_serve_xattrwalk, p9_serve_xattrcreate;

/* Tells the observer. */
void p9_server_breach(struct p9_server *server, const struct p9_request *request, const char *rule,
                      uint64_t value);
/* NULL, after a breach: it is none of the session's. */
struct p9_fid *p9_server_find_fid(struct p9_server *server, const struct p9_request *request,
                                  uint32_t number);
/* A new fid on an entry. EINVAL, after a breach: the number is taken; EMFILE. */
int p9_server_add_fid(struct p9_server *server, const struct p9_request *request, uint32_t number,
                      struct p9_entry *entry, uint32_t uid, struct p9_fid **added);
/* Makes a fid one of an attribute, of a value of that size. ENOSPC. */
int p9_fid_become_xattr(struct p9_fid *fid, enum p9_fid_state state, uint64_t size);
/* Forgets a fid. Returns what setting an attribute that it wrote came to. */
int p9_server_drop_fid(struct p9_server *server, struct p9_fid *fid);
/* Likewise, of one that names a file: EBADF after a breach; EINVAL: an extended attribute's. */
int p9_server_find_file(struct p9_server *server, const struct p9_request *request, uint32_t number,
                        struct p9_fid **fid);
/* The name at an index of the request, with a NUL. ENAMETOOLONG, EINVAL: as p9_name_check(). */
int p9_server_name(const struct p9_request *request, unsigned index, char name[P9_NAME_MAX + 1]);
/* EROFS for what changes something on a tree that is only read. */
int p9_server_check_change(const struct p9_server *server);

#endif
