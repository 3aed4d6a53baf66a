/*
 * p9_server_rig.h - a client of a few lines for the tests of the server
 *
 * Each test of it runs twice: messages are handed to the server as they are, by p9_direct_rig.c,
 * and through the ring of its device, by p9_ring_rig.c. They are written by a format of their own,
 * not by the table that reads them. Each answer is checked to be a message: its size, its tag, the
 * type that belongs to the request or Rlerror, no longer than msize or room.
 */
#ifndef EMU_VIRTIO_9P_P9_SERVER_RIG_H
#define EMU_VIRTIO_9P_P9_SERVER_RIG_H

#include "emu/virtio-9p/p9_server.h"

#define RIG_MSIZE 8192
#define RIG_ROOT  1u /* the fid that rig_init() attaches */

struct p9_rig {
    struct p9_tree *tree;
    struct p9_server *server;
    uint64_t now_ns;
    size_t room;  /* for the answer */
    uint16_t tag; /* of the next request; counts up */
    GByteArray *message;
    uint8_t *reply; /* room for P9_MSIZE_MAX bytes */
    size_t reply_size, at;
    unsigned breaches;
    const char *rule; /* of the last breach */
    uint64_t value;
    struct p9_rig_ring *ring; /* of p9_ring_rig.c */
};

/* How messages go; for p9_server_rig.c. */
void rig_carrier_init(struct p9_rig *rig, const struct p9_server_config *config);
void rig_carrier_fini(struct p9_rig *rig);
/* Serves the message, which can be decoded: the reply has its size, within the room. */
void rig_carry(struct p9_rig *rig);

/* Takes the tree, or makes an empty one; with a session of RIG_MSIZE, and its root as RIG_ROOT. */
void rig_init(struct p9_rig *rig, struct p9_tree *tree);
/* The same without a session. */
void rig_init_bare(struct p9_rig *rig, struct p9_tree *tree, const struct p9_server_config *config);
/* Lets all fids go; the tree must be empty of what they held. */
void rig_fini(struct p9_rig *rig);
void rig_begin(struct p9_rig *rig, uint32_t msize);

/*
 * Sends a request and returns 0, or the errno of Rlerror. Format: b, w, d, q are numbers of 1, 2, 4
 * and 8 bytes (int, int, uint32_t, uint64_t), s is a string, r raw bytes (pointer, size_t).
 */
uint32_t rig_call(struct p9_rig *rig, unsigned type, const char *format, ...);
/* The last request as it is, once more. */
uint32_t rig_send(struct p9_rig *rig);

/* The next field of the answer. */
uint64_t rig_get(struct p9_rig *rig, size_t size);
struct p9_qid rig_get_qid(struct p9_rig *rig);
/* Valid until the next call. */
const char *rig_get_string(struct p9_rig *rig);
/* Has all of the answer been read? */
bool rig_is_read(const struct p9_rig *rig);

/* Was there one breach since the last look, of this rule? NULL: none. */
bool rig_broke(struct p9_rig *rig, const char *rule);

/* Walks by a path with slashes from RIG_ROOT to a new fid. */
uint32_t rig_walk(struct p9_rig *rig, uint32_t newfid, const char *path);
/* Walks and opens. */
uint32_t rig_open(struct p9_rig *rig, uint32_t newfid, const char *path, uint32_t flags);
uint32_t rig_clunk(struct p9_rig *rig, uint32_t fid);
/* A new file of these bytes in the root, by Tlcreate and Twrite. */
void rig_make_file(struct p9_rig *rig, const char *name, const void *bytes, size_t size);
/* Reads up to `count`; the bytes are at *bytes until the next call. */
uint32_t rig_read(struct p9_rig *rig, uint32_t fid, uint64_t offset, uint32_t count,
                  const uint8_t **bytes, size_t *got);

#endif
