/*
 * p9_lock.h - the locks of a session: ranges of bytes, as fcntl(2) has them
 *
 * An owner is a process as the client names it: a number, and the client's own name. One owner's
 * locks never overlap each other: what it locks anew has the new type, what it unlocks is cut out
 * of what it had. Locks of two owners may overlap where both are for reading; everything else is in
 * the way. A lock is on the node, whatever name it was opened by, and belongs to the fid by which
 * it was set last: it goes when that does.
 */
#ifndef EMU_VIRTIO_9P_P9_LOCK_H
#define EMU_VIRTIO_9P_P9_LOCK_H

#include "emu/virtio-9p/p9_message.h"

struct p9_node;

#define P9_LOCKS_MAX       1024u /* of a session; what would make one more is ENOLCK */
#define P9_LOCK_CLIENT_MAX 255u  /* bytes of a client's name; more: ENAMETOOLONG */

struct p9_lock {
    uint8_t type;         /* P9_LOCK_TYPE_…; UNLCK: there is none, or to be none */
    uint64_t first, last; /* bytes, both of them locked; P9_OFFSET_MAX: to the end of any file */
    uint32_t proc_id;
    uint8_t client_len;
    char client[P9_LOCK_CLIENT_MAX];
    uint32_t fid;
};

struct p9_locks;

struct p9_locks *p9_locks_new(void);
/* NULL is fine. */
void p9_locks_free(struct p9_locks *locks);
/* The session is over: there are none. */
void p9_locks_clear(struct p9_locks *locks);

/*
 * What Tlock or Tgetlock means. EINVAL: a type that is none, or a range that begins behind every
 * file; EOVERFLOW: one that ends there; ENAMETOOLONG.
 */
int p9_lock_from_request(struct p9_lock *lock, const struct p9_request *request);
/* Its length as messages have it: 0 is to the end of any file. */
uint64_t p9_lock_length(const struct p9_lock *lock);

/*
 * Sets a lock, or takes a range of its owner's back. EAGAIN: another owner's is in the way; ENOLCK.
 * Nothing has changed then. The node is borrowed until none of its locks is left.
 */
int p9_locks_set(struct p9_locks *locks, const struct p9_node *node, const struct p9_lock *wanted);
/*
 * The lock of another owner that is in the way of this one: that which begins first, and of several
 * that which was set first. NULL: none is. Valid until one is set or released.
 */
const struct p9_lock *p9_locks_conflict(const struct p9_locks *locks, const struct p9_node *node,
                                        const struct p9_lock *wanted);
/* The fid goes, and the locks of the node that belong to it. */
void p9_locks_release(struct p9_locks *locks, const struct p9_node *node, uint32_t fid);
unsigned p9_locks_count(const struct p9_locks *locks);

#endif
