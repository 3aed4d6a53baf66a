/*
 * p9_client.h - a client of 9P2000.L, one function a message
 *
 * A session is one Tversion and one Tattach over a channel (virtio_9p.h); everything else is said
 * with fids, numbers by which the server knows what the client has reached. What is negotiated is
 * kept to: no message, and no reply that is asked for, is larger than what the server allows.
 *
 * Functions return 0 (or a count) or a negative error: the server's own number where it answered
 * with one, -KETIMEDOUT where it did not answer, -KEINTR where nobody wants to know any more, -KEIO
 * where the channel does not work or the reply is none to what was asked, -KESTALE for a fid of a
 * session that is over. Any task may call them, several at once; p9_connect() only one at a time.
 */
#ifndef DRIVERS_P9_CLIENT_H
#define DRIVERS_P9_CLIENT_H

#include "drivers/p9_proto.h"
#include "drivers/virtio_9p.h"

#define P9_FIDS_MAX 4096 /* in use at once */

/* Private. */
struct p9_client {
    struct virtio_9p *channel;
    struct spinlock lock; /* of the members below, while there is a session */
    bool is_connected;
    uint32_t session;   /* stands in the upper bits of each fid */
    uint32_t msize;     /* as it was negotiated */
    uint16_t next_tag;  /* that is tried first */
    uint32_t root;      /* the fid of what was attached to */
    unsigned fids_from; /* in words: no fid below is free */
    uint32_t fids[P9_FIDS_MAX / 32];
    uint64_t rejected;
    char rejected_counter[V9P_NAME_MAX];
};

/* A part of a path; no NUL behind it. Borrowed. */
struct p9_name {
    const char *text;
    size_t length;
};

/* An entry of a directory. */
struct p9_entry {
    struct p9_qid qid;
    uint64_t next; /* the offset of the entry that follows */
    uint8_t type;  /* DT_… of Linux */
    struct p9_name name;
};

/* ---- sessions -------------------------------------------------------------------------------- */

/* Keeps the channel, which was opened. Tags begin with `first_tag`, 0 but for tests of the end. */
void p9_client_init(struct p9_client *client, struct virtio_9p *channel, uint16_t first_tag);
/*
 * Begins a session where there is none, or none any more because the channel has failed, which is
 * restarted then. 0 also where there is one.
 */
int p9_connect(struct p9_client *client);
/* Whether p9_connect() has nothing to do. */
bool p9_is_connected(const struct p9_client *client);
/* The root, which is never clunked. */
uint32_t p9_root(const struct p9_client *client);
/* Bytes of a file, or of a directory, that one message carries at the most. */
uint32_t p9_io_max(const struct p9_client *client);

/* ---- fids ------------------------------------------------------------------------------------ */

/*
 * From `fid`, over up to P9_WALK_MAX names. All of them: *walked == count, and *newfid is a fid of
 * the caller's, to be clunked. Fewer: there is none, and the qids say how far it went. No name is
 * another fid for the same thing. `qids` has room for `count`.
 */
int p9_walk(struct p9_client *client, uint32_t fid, const struct p9_name *names, unsigned count,
            struct p9_qid *qids, unsigned *walked, uint32_t *newfid);
/* The fid is gone, whatever the server answers. */
int p9_clunk(struct p9_client *client, uint32_t fid);

/* ---- files ----------------------------------------------------------------------------------- */

/* `flags` are P9_OPEN_…. *io_max: of one message, as the server wants it, never 0. */
int p9_lopen(struct p9_client *client, uint32_t fid, uint32_t flags, uint32_t *io_max);
/* The fid of the directory becomes the open file, which is not opened again. */
int p9_lcreate(struct p9_client *client, uint32_t directory, struct p9_name name, uint32_t flags,
               uint32_t mode, uint32_t *io_max);
/* One message: as many bytes as there are, and fit; 0 is the end. */
long p9_read(struct p9_client *client, uint32_t fid, uint64_t offset, void *buffer, size_t size);
long p9_write(struct p9_client *client, uint32_t fid, uint64_t offset, const void *buffer,
              size_t size);
int p9_fsync(struct p9_client *client, uint32_t fid);

/*
 * One message: entries from `offset` on, up to `size` bytes of them as the server counts. Calls
 * `take` for each until it returns false. How many bytes there were; 0 is the end.
 */
typedef bool p9_take_entry_fn(void *of, const struct p9_entry *entry);
long p9_readdir(struct p9_client *client, uint32_t fid, uint64_t offset, size_t size,
                p9_take_entry_fn *take, void *of);

/* ---- attributes ------------------------------------------------------------------------------ */

int p9_getattr(struct p9_client *client, uint32_t fid, struct p9_attributes *attributes);
int p9_setattr(struct p9_client *client, uint32_t fid, const struct p9_changes *changes);
int p9_statfs(struct p9_client *client, uint32_t fid, struct p9_filesystem *filesystem);

/* ---- names ----------------------------------------------------------------------------------- */

int p9_mkdir(struct p9_client *client, uint32_t directory, struct p9_name name, uint32_t mode);
/* `flags`: P9_REMOVE_DIR for a directory, and nothing else. */
int p9_unlinkat(struct p9_client *client, uint32_t directory, struct p9_name name, uint32_t flags);
int p9_renameat(struct p9_client *client, uint32_t from, struct p9_name old, uint32_t to,
                struct p9_name new);
int p9_symlink(struct p9_client *client, uint32_t directory, struct p9_name name,
               struct p9_name target);
int p9_link(struct p9_client *client, uint32_t directory, uint32_t fid, struct p9_name name);
/* The target without a NUL, as much as fits: how long that is. */
long p9_readlink(struct p9_client *client, uint32_t fid, char *buffer, size_t size);

#endif
