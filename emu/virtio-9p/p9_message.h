/*
 * p9_message.h - one message of 9P2000.L: requests are taken apart, answers put together
 *
 * A request comes as one piece of memory. p9_decode() reads it by a table with a row for each type
 * and checks all that can be checked without knowing a file: the size it states, that each field
 * lies inside, that nothing is left behind the last one, that a name could be one. Strings and data
 * are not copied: they point into the message.
 */
#ifndef EMU_VIRTIO_9P_P9_MESSAGE_H
#define EMU_VIRTIO_9P_P9_MESSAGE_H

#include "emu/virtio-9p/p9.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a message, without a NUL behind them. */
struct p9_string {
    const char *bytes;
    uint16_t len;
};

struct p9_request {
    uint8_t type;
    uint16_t tag;
    uint32_t size;
    /*
     * The first fid of the message. Tlcreate, Tsymlink, Tmknod, Tlink, Tmkdir, Tunlinkat: the
     * directory; Trenameat: the one that the name is in.
     */
    uint32_t fid;
    /*
     * The second. Twalk, Txattrwalk: the new one; Tattach: that of Tauth; Tlink: the file; Trename,
     * Trenameat: the directory that it goes to.
     */
    uint32_t newfid;
    uint32_t msize;    /* Tversion */
    uint16_t oldtag;   /* Tflush */
    uint32_t flags;    /* Tlopen, Tlcreate, Tunlinkat, Tlock, Txattrcreate; Tfsync: datasync */
    uint32_t mode;     /* Tlcreate, Tmkdir, Tmknod, Tsetattr */
    uint32_t uid, gid; /* Tattach: uid; Tsetattr: both; those that create: gid */
    uint64_t offset;   /* Tread, Twrite, Treaddir; Tlock, Tgetlock: where the range starts */
    uint32_t count;    /* Tread, Twrite, Treaddir */
    uint64_t length;   /* Tsetattr, Txattrcreate: a size; Tlock, Tgetlock: of the range */
    uint64_t valid;    /* Tgetattr: what is asked for; Tsetattr: what is set */
    uint64_t atime_sec, atime_nsec, mtime_sec, mtime_nsec; /* Tsetattr */
    uint32_t major, minor;                                 /* Tmknod */
    uint8_t lock_type;
    uint32_t proc_id;
    /* Components of paths: a byte at least, neither '/' nor NUL. Trenameat: from, to. */
    unsigned name_count;
    struct p9_string names[P9_WALK_MAX];
    /* Tversion: version; Tattach: aname; Tsymlink: target; Tlock, Tgetlock: client_id; an xattr. */
    struct p9_string text;
    const uint8_t *data; /* Twrite: `count` bytes */
};

/*
 * Reads a request of `size` bytes, which the result borrows. False: it is malformed, and *why says
 * how, in a literal. *request then has type and tag when there were so many bytes. Of a type that
 * is not served, only the header is read.
 */
bool p9_decode(const uint8_t *bytes, size_t size, struct p9_request *request, const char **why);

/* "Tlopen", "Rlerror"; NULL: no type of 9P2000 or 9P2000.L. */
const char *p9_type_name(unsigned type);
/* The reverse; -1: there is none. */
int p9_type_by_name(const char *name);

/* A qid. */
struct p9_qid {
    uint8_t type;
    uint32_t version;
    uint64_t path;
};

/*
 * An answer in the making. Nothing is written behind `room`: what does not fit is left out, and
 * `overflow` stays set.
 */
struct p9_reply {
    uint8_t *bytes;
    size_t room, size;
    bool overflow;
};

/* Starts an answer with its header. */
void p9_reply_begin(struct p9_reply *reply, uint8_t *bytes, size_t room, uint8_t type,
                    uint16_t tag);
/* Writes the size into the header and returns it. The answer must not have overflowed. */
size_t p9_reply_end(struct p9_reply *reply);
/* A whole Rlerror; the room is P9_RLERROR_SIZE at least. Returns its size. */
size_t p9_reply_error(uint8_t *bytes, size_t room, uint16_t tag, uint32_t error);

void p9_put_u8(struct p9_reply *reply, uint8_t value);
void p9_put_u16(struct p9_reply *reply, uint16_t value);
void p9_put_u32(struct p9_reply *reply, uint32_t value);
void p9_put_u64(struct p9_reply *reply, uint64_t value);
void p9_put_qid(struct p9_reply *reply, const struct p9_qid *qid);
void p9_put_string(struct p9_reply *reply, const char *bytes, size_t len);
/* How many bytes still fit. */
static inline size_t p9_reply_left(const struct p9_reply *reply)
{
    return reply->room - reply->size;
}

#endif
