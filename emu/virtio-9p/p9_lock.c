/*
 * p9_lock.c - the locks of a session
 *
 * A node that has locks has an array of them, in the order in which they were set; the others have
 * none. Setting one writes the array anew: locks of other owners as they are, those of the same one
 * joined to the new range or cut by it. So one that fails has changed nothing, and each walk is
 * over P9_LOCKS_MAX at the most.
 *
 * [9P2000.L] lock, getlock: "semantics similar to Linux fcntl(F_SETLK)" and "F_GETLK". Nobody waits
 * in here: a client that wants to asks again.
 */
#include "emu/virtio-9p/p9_lock.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

struct p9_locks {
    GHashTable *nodes; /* const struct p9_node * -> GArray of struct p9_lock, never empty */
    unsigned count;    /* of all nodes */
};

struct p9_locks *p9_locks_new(void)
{
    struct p9_locks *locks = g_new0(struct p9_locks, 1);
    locks->nodes =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_array_unref);
    return locks;
}

void p9_locks_free(struct p9_locks *locks)
{
    if (locks != NULL) {
        g_hash_table_unref(locks->nodes);
        g_free(locks);
    }
}

void p9_locks_clear(struct p9_locks *locks)
{
    g_hash_table_remove_all(locks->nodes);
    locks->count = 0;
}

unsigned p9_locks_count(const struct p9_locks *locks)
{
    return locks->count;
}

/* ---- one lock -------------------------------------------------------------------------------- */

int p9_lock_from_request(struct p9_lock *lock, const struct p9_request *request)
{
    if (request->lock_type > P9_LOCK_TYPE_UNLCK || request->offset > P9_OFFSET_MAX) {
        return EINVAL;
    }
    if (request->length > P9_OFFSET_MAX - request->offset + 1) {
        return EOVERFLOW;
    }
    if (request->text.len > P9_LOCK_CLIENT_MAX) {
        return ENAMETOOLONG;
    }
    *lock = (struct p9_lock){
        .type = request->lock_type,
        .first = request->offset,
        .last = request->length > 0 ? request->offset + request->length - 1 : P9_OFFSET_MAX,
        .proc_id = request->proc_id,
        .client_len = (uint8_t)request->text.len,
        .fid = request->fid,
    };
    memcpy(lock->client, request->text.bytes, request->text.len);
    return 0;
}

uint64_t p9_lock_length(const struct p9_lock *lock)
{
    return lock->last < P9_OFFSET_MAX ? lock->last - lock->first + 1 : 0;
}

static bool p9_lock_is_of_owner(const struct p9_lock *lock, const struct p9_lock *other)
{
    return lock->proc_id == other->proc_id && lock->client_len == other->client_len &&
           memcmp(lock->client, other->client, lock->client_len) == 0;
}

static bool p9_lock_overlaps(const struct p9_lock *lock, const struct p9_lock *other)
{
    return lock->first <= other->last && other->first <= lock->last;
}

/* Whether two locks of an owner's are one: they overlap, or nothing is between them. */
static bool p9_lock_joins(const struct p9_lock *lock, const struct p9_lock *other)
{
    return lock->type == other->type && lock->fid == other->fid && lock->first <= other->last + 1 &&
           other->first <= lock->last + 1;
}

static bool p9_lock_is_in_the_way(const struct p9_lock *lock, const struct p9_lock *wanted)
{
    bool both_read = lock->type == P9_LOCK_TYPE_RDLCK && wanted->type == P9_LOCK_TYPE_RDLCK;
    return wanted->type != P9_LOCK_TYPE_UNLCK && !both_read && p9_lock_overlaps(lock, wanted) &&
           !p9_lock_is_of_owner(lock, wanted);
}

/* ---- those of a node ------------------------------------------------------------------------- */

static const GArray *p9_locks_of(const struct p9_locks *locks, const struct p9_node *node)
{
    return g_hash_table_lookup(locks->nodes, node);
}

/* Takes the array in place of the one that the node had. */
static void p9_locks_replace(struct p9_locks *locks, const struct p9_node *node, GArray *array)
{
    const GArray *before = p9_locks_of(locks, node);
    locks->count += array->len - (before != NULL ? before->len : 0);
    if (array->len > 0) {
        g_hash_table_replace(locks->nodes, (gpointer)node, array);
    } else {
        g_hash_table_remove(locks->nodes, node);
        g_array_unref(array);
    }
}

const struct p9_lock *p9_locks_conflict(const struct p9_locks *locks, const struct p9_node *node,
                                        const struct p9_lock *wanted)
{
    const GArray *array = p9_locks_of(locks, node);
    const struct p9_lock *first = NULL;
    for (guint i = 0; array != NULL && i < array->len; i++) {
        const struct p9_lock *lock = &g_array_index(array, struct p9_lock, i);
        if (p9_lock_is_in_the_way(lock, wanted) && (first == NULL || lock->first < first->first)) {
            first = lock;
        }
    }
    return first;
}

/* What is left of a lock of the same owner outside the new range: up to two pieces. */
static void p9_lock_cut(GArray *array, const struct p9_lock *lock, const struct p9_lock *by)
{
    struct p9_lock piece = *lock;
    if (lock->first < by->first) {
        piece.last = by->first - 1;
        g_array_append_val(array, piece);
    }
    if (lock->last > by->last) {
        piece.first = by->last + 1;
        piece.last = lock->last;
        g_array_append_val(array, piece);
    }
}

/*
 * The locks of a node with the new one among them. It grows by those that it joins, which changes
 * nothing for the others: no lock of the owner's overlaps these.
 */
static GArray *p9_locks_with(const GArray *before, struct p9_lock lock)
{
    GArray *after = g_array_new(FALSE, FALSE, sizeof(struct p9_lock));
    for (guint i = 0; before != NULL && i < before->len; i++) {
        const struct p9_lock *old = &g_array_index(before, struct p9_lock, i);
        bool is_own = p9_lock_is_of_owner(old, &lock);
        if (is_own && p9_lock_joins(old, &lock)) {
            lock.first = MIN(lock.first, old->first);
            lock.last = MAX(lock.last, old->last);
        } else if (is_own && p9_lock_overlaps(old, &lock)) {
            p9_lock_cut(after, old, &lock);
        } else {
            g_array_append_val(after, *old);
        }
    }
    if (lock.type != P9_LOCK_TYPE_UNLCK) {
        g_array_append_val(after, lock);
    }
    return after;
}

int p9_locks_set(struct p9_locks *locks, const struct p9_node *node, const struct p9_lock *wanted)
{
    if (p9_locks_conflict(locks, node, wanted) != NULL) {
        return EAGAIN;
    }
    const GArray *before = p9_locks_of(locks, node);
    GArray *after = p9_locks_with(before, *wanted);
    unsigned others = locks->count - (before != NULL ? before->len : 0);
    if (others + after->len > P9_LOCKS_MAX) {
        g_array_unref(after);
        return ENOLCK;
    }
    p9_locks_replace(locks, node, after);
    return 0;
}

void p9_locks_release(struct p9_locks *locks, const struct p9_node *node, uint32_t fid)
{
    const GArray *before = p9_locks_of(locks, node);
    if (before == NULL) {
        return;
    }
    GArray *after = g_array_new(FALSE, FALSE, sizeof(struct p9_lock));
    for (guint i = 0; i < before->len; i++) {
        const struct p9_lock *lock = &g_array_index(before, struct p9_lock, i);
        if (lock->fid != fid) {
            g_array_append_val(after, *lock);
        }
    }
    p9_locks_replace(locks, node, after);
}
