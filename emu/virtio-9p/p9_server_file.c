/*
 * p9_server_file.c - operations on what is open
 *
 * [9P2000.L] lopen, lcreate, readdir, fsync, lock, getlock; [9P2000] read(5), write(5).
 *
 * How much fits. An answer is no longer than msize, so a count of Tread or Treaddir is at most
 * msize without the 11 bytes in front of the data; one that is larger is refused, not cut, since a
 * client that asks for it has not understood msize. Of Twrite the message's own size says the same.
 * The iounit of Rlopen leaves 24 bytes, as Linux has it, so that a client may take it for both.
 *
 * Locks are those of fcntl(2), kept in p9_lock.h. Nobody waits for one here: what is in the way is
 * answered by P9_LOCK_BLOCKED, with P9_LOCK_FLAGS_BLOCK as without, and Linux's client asks again
 * after a while when its program wants to wait.
 */
#include "emu/virtio-9p/p9_server_priv.h"

#include <errno.h>
#include <string.h>

/* ---- opening --------------------------------------------------------------------------------- */

static bool p9_flags_write(uint32_t flags)
{
    return (flags & P9_O_ACCMODE) != P9_O_RDONLY;
}

static bool p9_flags_read(uint32_t flags)
{
    return (flags & P9_O_ACCMODE) != P9_O_WRONLY;
}

/* May a file of this kind be opened like that? As open(2). */
static int p9_open_check(const struct p9_server *server, enum p9_kind kind, uint32_t flags)
{
    bool changes = p9_flags_write(flags) || (flags & P9_O_TRUNC) != 0;
    if ((flags & P9_O_ACCMODE) == P9_O_ACCMODE) {
        return EINVAL;
    }
    /* Whoever follows a symbolic link is the client. */
    if (kind == P9_KIND_SYMLINK) {
        return ELOOP;
    }
    if (kind == P9_KIND_DIRECTORY && changes) {
        return EISDIR;
    }
    if (kind != P9_KIND_DIRECTORY && (flags & P9_O_DIRECTORY) != 0) {
        return ENOTDIR;
    }
    return changes ? p9_server_check_change(server) : 0;
}

/* The fid is open on an entry from now on. */
static int p9_open(struct p9_server *server, struct p9_fid *fid, struct p9_entry *entry,
                   uint32_t flags, struct p9_reply *reply)
{
    struct p9_node *node = p9_entry_node(entry);
    int error = p9_open_check(server, p9_node_kind(node), flags);
    if (error == 0 && (flags & P9_O_TRUNC) != 0) {
        const struct p9_attributes empty = {.size = 0};
        error = p9_node_set_attributes(node, P9_SETATTR_SIZE, &empty);
    }
    if (error != 0) {
        return error;
    }
    p9_entry_ref(entry);
    p9_entry_unref(fid->entry);
    fid->entry = entry;
    fid->state = P9_FID_OPEN;
    fid->open_flags = flags;
    struct p9_qid qid = p9_node_qid(node);
    p9_put_qid(reply, &qid);
    p9_put_u32(reply, server->msize - P9_IO_HEADER_SIZE);
    return 0;
}

static int p9_open_check_fid(struct p9_server *server, const struct p9_request *request,
                             const struct p9_fid *fid)
{
    if (fid->state == P9_FID_OPEN) {
        p9_server_breach(server, request, P9_RULE_OPEN_TWICE, fid->number);
        return EINVAL;
    }
    return 0;
}

int p9_serve_lopen(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                   struct p9_reply *reply)
{
    int error = p9_open_check_fid(server, request, fid);
    if (error != 0) {
        return error;
    }
    if ((request->flags & (P9_O_CREAT | P9_O_EXCL)) != 0) {
        p9_server_breach(server, request, P9_RULE_CREATE_FLAGS, request->flags);
        return EINVAL;
    }
    return p9_open(server, fid, fid->entry, request->flags, reply);
}

/* As open(2) with O_CREAT: what is there is opened, unless O_EXCL is among the flags. */
int p9_serve_lcreate(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                     struct p9_reply *reply)
{
    char name[P9_NAME_MAX + 1];
    struct p9_entry *entry;
    int error = p9_open_check_fid(server, request, fid);
    if (error == 0) {
        error = p9_server_name(request, 0, name);
    }
    /* Before anything is created. */
    if (error == 0) {
        error = p9_open_check(server, P9_KIND_FILE, request->flags);
    }
    if (error == 0) {
        const struct p9_creation how = {
            .kind = P9_KIND_FILE, .mode = request->mode, .uid = fid->uid, .gid = request->gid};
        error = p9_tree_create(fid->entry, name, &how, &entry);
        if (error == EEXIST && (request->flags & P9_O_EXCL) == 0) {
            error = p9_tree_lookup(fid->entry, name, &entry);
        }
    }
    return error != 0 ? error : p9_open(server, fid, entry, request->flags, reply);
}

/* ---- reading and writing --------------------------------------------------------------------- */

/* Is the count of Tread or Treaddir one that fits? */
static int p9_read_check_count(struct p9_server *server, const struct p9_request *request)
{
    if (request->count > server->msize - P9_READ_HEADER_SIZE) {
        p9_server_breach(server, request, P9_RULE_COUNT, request->count);
        return EMSGSIZE;
    }
    return 0;
}

static int p9_check_open(struct p9_server *server, const struct p9_request *request,
                         const struct p9_fid *fid)
{
    if (fid->state != P9_FID_OPEN) {
        p9_server_breach(server, request, P9_RULE_NOT_OPEN, fid->number);
        return EBADF;
    }
    return 0;
}

/* Where data goes that is then put by p9_read_finish(); NULL: there is not so much room. */
static uint8_t *p9_read_space(const struct p9_reply *reply, size_t count)
{
    bool fits = sizeof(uint32_t) + count <= p9_reply_left(reply);
    return fits ? reply->bytes + reply->size + sizeof(uint32_t) : NULL;
}

static void p9_read_finish(struct p9_reply *reply, size_t count)
{
    p9_put_u32(reply, (uint32_t)count);
    reply->size += count;
}

/* Data that there is no room for. The answer has overflowed, and is an error. */
static int p9_read_no_room(struct p9_reply *reply)
{
    reply->overflow = true;
    return 0;
}

static int p9_read_xattr(const struct p9_request *request, const struct p9_fid *fid,
                         struct p9_reply *reply)
{
    gsize size;
    const uint8_t *value = g_bytes_get_data(fid->xattr->value, &size);
    size_t count = request->offset < size ? MIN(request->count, size - request->offset) : 0;
    uint8_t *space = p9_read_space(reply, count);
    if (space == NULL) {
        return p9_read_no_room(reply);
    }
    if (count > 0) {
        memcpy(space, value + request->offset, count);
    }
    p9_read_finish(reply, count);
    return 0;
}

int p9_serve_read(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                  struct p9_reply *reply)
{
    int error = p9_read_check_count(server, request);
    if (error == 0 && fid->state == P9_FID_XATTR_READ) {
        return p9_read_xattr(request, fid, reply);
    }
    if (error == 0) {
        error = p9_check_open(server, request, fid);
    }
    if (error != 0) {
        return error;
    }
    struct p9_node *node = p9_entry_node(fid->entry);
    if (p9_node_kind(node) == P9_KIND_DIRECTORY) {
        return EISDIR;
    }
    if (!p9_flags_read(fid->open_flags)) {
        return EBADF;
    }
    size_t count = p9_node_readable(node, request->offset, request->count);
    uint8_t *space = p9_read_space(reply, count);
    if (space == NULL) {
        return p9_read_no_room(reply);
    }
    error = p9_node_read(node, request->offset, space, count);
    if (error == 0) {
        p9_read_finish(reply, count);
    }
    return error;
}

/* The value comes in order. */
static int p9_write_xattr(const struct p9_request *request, const struct p9_fid *fid,
                          struct p9_reply *reply)
{
    GByteArray *written = fid->xattr->written;
    if (request->offset != written->len || request->count > fid->xattr->size - written->len) {
        return EINVAL;
    }
    g_byte_array_append(written, request->data, request->count);
    p9_put_u32(reply, request->count);
    return 0;
}

int p9_serve_write(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                   struct p9_reply *reply)
{
    if (fid->state == P9_FID_XATTR_WRITE) {
        return p9_write_xattr(request, fid, reply);
    }
    int error = p9_check_open(server, request, fid);
    if (error != 0) {
        return error;
    }
    /* A directory is never open for writing. */
    if (!p9_flags_write(fid->open_flags)) {
        return EBADF;
    }
    struct p9_node *node = p9_entry_node(fid->entry);
    uint64_t offset = request->offset;
    if ((fid->open_flags & P9_O_APPEND) != 0) {
        struct p9_attributes attributes;
        p9_node_get_attributes(node, &attributes);
        offset = attributes.size;
    }
    size_t written;
    error = p9_node_write(node, offset, request->data, request->count, &written);
    p9_put_u32(reply, (uint32_t)written);
    return error;
}

/* ---- directories ----------------------------------------------------------------------------- */

struct p9_listing {
    struct p9_reply *reply; /* with its header, and with the room that count leaves */
    bool is_short;          /* an entry did not fit */
};

static uint8_t p9_listed_type(const struct p9_node *node)
{
    switch (p9_node_kind(node)) {
    case P9_KIND_DIRECTORY:
        return P9_DT_DIR;
    case P9_KIND_FILE:
        return P9_DT_REG;
    case P9_KIND_SYMLINK:
        return P9_DT_LNK;
    }
    g_assert_not_reached();
}

/* [9P2000.L] readdir: qid[13] offset[8] type[1] name[s], whole ones only. */
static bool p9_listed(void *opaque, const struct p9_listed *listed)
{
    struct p9_listing *listing = opaque;
    struct p9_reply *reply = listing->reply;
    size_t len = strlen(listed->name);
    if (P9_DIRENT_SIZE + len > p9_reply_left(reply)) {
        listing->is_short = true;
        return false;
    }
    struct p9_qid qid = p9_node_qid(listed->node);
    p9_put_qid(reply, &qid);
    p9_put_u64(reply, listed->position);
    p9_put_u8(reply, p9_listed_type(listed->node));
    p9_put_string(reply, listed->name, len);
    return true;
}

int p9_serve_readdir(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                     struct p9_reply *reply)
{
    int error = p9_read_check_count(server, request);
    if (error == 0) {
        error = p9_check_open(server, request, fid);
    }
    if (error != 0) {
        return error;
    }
    uint8_t *space = p9_read_space(reply, 0);
    if (space == NULL) {
        return p9_read_no_room(reply);
    }
    size_t room = MIN(request->count, p9_reply_left(reply) - sizeof(uint32_t));
    struct p9_reply entries = {.bytes = space, .room = room};
    struct p9_listing listing = {.reply = &entries};
    error = p9_tree_list(fid->entry, request->offset, p9_listed, &listing);
    if (error != 0) {
        return error;
    }
    if (listing.is_short && entries.size == 0) {
        /* Nothing at all would be the end of the directory: it is the room or the count. */
        return room < request->count ? p9_read_no_room(reply) : EINVAL;
    }
    p9_read_finish(reply, entries.size);
    return 0;
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* What is written is in memory, and nowhere else it could be. */
int p9_serve_fsync(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                   struct p9_reply *reply)
{
    (void)reply;
    return p9_check_open(server, request, fid);
}

/* As fcntl(2): a lock for reading is for those who may read, one for writing for those who may. */
static bool p9_lock_may(const struct p9_fid *fid, uint8_t type)
{
    return type == P9_LOCK_TYPE_UNLCK ||
           (type == P9_LOCK_TYPE_RDLCK ? p9_flags_read(fid->open_flags)
                                       : p9_flags_write(fid->open_flags));
}

int p9_serve_lock(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                  struct p9_reply *reply)
{
    struct p9_lock lock;
    int error = p9_check_open(server, request, fid);
    if (error == 0 && (request->flags & ~(P9_LOCK_FLAGS_BLOCK | P9_LOCK_FLAGS_RECLAIM)) != 0) {
        error = EINVAL;
    }
    if (error == 0) {
        error = p9_lock_from_request(&lock, request);
    }
    if (error == 0 && !p9_lock_may(fid, lock.type)) {
        error = EBADF;
    }
    if (error != 0) {
        return error;
    }
    error = p9_locks_set(server->locks, p9_entry_node(fid->entry), &lock);
    p9_put_u8(reply, error == EAGAIN ? P9_LOCK_BLOCKED : P9_LOCK_SUCCESS);
    return error == EAGAIN ? 0 : error;
}

/* What is in the way, or with nothing there the question, of a type that says so. */
int p9_serve_getlock(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                     struct p9_reply *reply)
{
    struct p9_lock asked;
    int error = p9_check_open(server, request, fid);
    if (error == 0) {
        error = p9_lock_from_request(&asked, request);
    }
    if (error == 0 && asked.type == P9_LOCK_TYPE_UNLCK) {
        error = EINVAL;
    }
    if (error != 0) {
        return error;
    }
    const struct p9_lock *answer =
        p9_locks_conflict(server->locks, p9_entry_node(fid->entry), &asked);
    if (answer == NULL) {
        asked.type = P9_LOCK_TYPE_UNLCK;
        answer = &asked;
    }
    p9_put_u8(reply, answer->type);
    p9_put_u64(reply, answer->first);
    p9_put_u64(reply, p9_lock_length(answer));
    p9_put_u32(reply, answer->proc_id);
    p9_put_string(reply, answer->client, answer->client_len);
    return 0;
}
