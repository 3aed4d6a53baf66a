/*
 * p9_server_names.c - operations on names and attributes
 *
 * [9P2000.L] getattr, setattr, statfs, readlink, mkdir, symlink, link, mknod, rename, renameat,
 * unlinkat, xattrwalk, xattrcreate; [9P2000] remove(5).
 *
 * Owners: what is created belongs to the user who attached and to the group of the request.
 * Permissions are not enforced. Extended attributes have values of P9_XATTR_MAX bytes at most.
 */
#include "emu/virtio-9p/p9_server_priv.h"

#include <errno.h>
#include <string.h>

/* ---- attributes ------------------------------------------------------------------------------ */

static void p9_put_time(struct p9_reply *reply, const struct p9_time *time)
{
    p9_put_u64(reply, time->sec);
    p9_put_u64(reply, time->nsec);
}

/* [9P2000.L] getattr: more may be valid than was asked for, so it is always the same. */
int p9_serve_getattr(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                     struct p9_reply *reply)
{
    (void)server, (void)request;
    struct p9_attributes attributes;
    p9_node_get_attributes(p9_entry_node(fid->entry), &attributes);
    p9_put_u64(reply, P9_GETATTR_BASIC);
    p9_put_qid(reply, &attributes.qid);
    p9_put_u32(reply, attributes.mode);
    p9_put_u32(reply, attributes.uid);
    p9_put_u32(reply, attributes.gid);
    p9_put_u64(reply, attributes.nlink);
    p9_put_u64(reply, 0); /* rdev */
    p9_put_u64(reply, attributes.size);
    p9_put_u64(reply, P9_BLOCK_SIZE);
    p9_put_u64(reply, attributes.size / 512 + (attributes.size % 512 != 0));
    p9_put_time(reply, &attributes.atime);
    p9_put_time(reply, &attributes.mtime);
    p9_put_time(reply, &attributes.ctime);
    for (unsigned i = 0; i < 4; i++) {
        p9_put_u64(reply, 0); /* btime, gen, data_version: not among what is valid */
    }
    return 0;
}

int p9_serve_setattr(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                     struct p9_reply *reply)
{
    (void)server, (void)reply;
    const struct p9_attributes attributes = {
        .mode = request->mode,
        .uid = request->uid,
        .gid = request->gid,
        .size = request->length,
        .atime = {request->atime_sec, request->atime_nsec},
        .mtime = {request->mtime_sec, request->mtime_nsec},
    };
    return p9_node_set_attributes(p9_entry_node(fid->entry), (uint32_t)request->valid, &attributes);
}

int p9_serve_statfs(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                    struct p9_reply *reply)
{
    (void)request, (void)fid;
    struct p9_tree_usage usage = p9_tree_usage(server->tree);
    uint64_t free_blocks = (usage.bytes_max - usage.bytes) / P9_BLOCK_SIZE;
    p9_put_u32(reply, P9_STATFS_MAGIC);
    p9_put_u32(reply, P9_BLOCK_SIZE);
    p9_put_u64(reply, usage.bytes_max / P9_BLOCK_SIZE);
    p9_put_u64(reply, free_blocks);
    p9_put_u64(reply, free_blocks); /* to those who are not root */
    p9_put_u64(reply, usage.entries_max);
    p9_put_u64(reply, usage.entries_max - usage.entries);
    p9_put_u64(reply, 0); /* fsid */
    p9_put_u32(reply, P9_NAME_MAX);
    return 0;
}

int p9_serve_readlink(struct p9_server *server, const struct p9_request *request,
                      struct p9_fid *fid, struct p9_reply *reply)
{
    (void)server, (void)request;
    const char *target = p9_node_target(p9_entry_node(fid->entry));
    if (target == NULL) {
        return EINVAL;
    }
    p9_put_string(reply, target, strlen(target));
    return 0;
}

/* ---- names come ------------------------------------------------------------------------------ */

static int p9_names_create(const struct p9_request *request, struct p9_fid *fid,
                           const struct p9_creation *how, struct p9_reply *reply)
{
    char name[P9_NAME_MAX + 1];
    struct p9_entry *created;
    int error = p9_server_name(request, 0, name);
    if (error == 0) {
        error = p9_tree_create(fid->entry, name, how, &created);
    }
    if (error != 0) {
        return error;
    }
    struct p9_qid qid = p9_node_qid(p9_entry_node(created));
    p9_put_qid(reply, &qid);
    return 0;
}

int p9_serve_mkdir(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                   struct p9_reply *reply)
{
    (void)server;
    const struct p9_creation how = {
        .kind = P9_KIND_DIRECTORY, .mode = request->mode, .uid = fid->uid, .gid = request->gid};
    return p9_names_create(request, fid, &how, reply);
}

int p9_serve_symlink(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                     struct p9_reply *reply)
{
    (void)server;
    if (request->text.len == 0) {
        return ENOENT; /* as symlink(2) */
    }
    g_autofree char *target = g_strndup(request->text.bytes, request->text.len);
    const struct p9_creation how = {
        .kind = P9_KIND_SYMLINK, .uid = fid->uid, .gid = request->gid, .target = target};
    return p9_names_create(request, fid, &how, reply);
}

/* There are neither devices nor FIFOs in a share, and files are made by Tlcreate. */
int p9_serve_mknod(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                   struct p9_reply *reply)
{
    (void)server, (void)request, (void)fid, (void)reply;
    return EPERM;
}

int p9_serve_link(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                  struct p9_reply *reply)
{
    (void)reply;
    struct p9_fid *target;
    char name[P9_NAME_MAX + 1];
    int error = p9_server_find_file(server, request, request->newfid, &target);
    if (error == 0) {
        error = p9_server_name(request, 0, name);
    }
    return error != 0 ? error : p9_tree_link(fid->entry, name, target->entry);
}

/* ---- names go and move ----------------------------------------------------------------------- */

int p9_serve_rename(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                    struct p9_reply *reply)
{
    (void)reply;
    struct p9_fid *directory;
    char name[P9_NAME_MAX + 1];
    int error = p9_server_find_file(server, request, request->newfid, &directory);
    if (error == 0) {
        error = p9_server_name(request, 0, name);
    }
    return error != 0 ? error : p9_tree_rename(fid->entry, directory->entry, name);
}

int p9_serve_renameat(struct p9_server *server, const struct p9_request *request,
                      struct p9_fid *fid, struct p9_reply *reply)
{
    (void)reply;
    struct p9_fid *directory;
    struct p9_entry *entry;
    char from[P9_NAME_MAX + 1], to[P9_NAME_MAX + 1];
    int error = p9_server_find_file(server, request, request->newfid, &directory);
    if (error == 0) {
        error = p9_server_name(request, 0, from);
    }
    if (error == 0) {
        error = p9_server_name(request, 1, to);
    }
    if (error == 0) {
        error = p9_tree_lookup(fid->entry, from, &entry);
    }
    return error != 0 ? error : p9_tree_rename(entry, directory->entry, to);
}

int p9_serve_unlinkat(struct p9_server *server, const struct p9_request *request,
                      struct p9_fid *fid, struct p9_reply *reply)
{
    (void)server, (void)reply;
    struct p9_entry *entry;
    char name[P9_NAME_MAX + 1];
    if ((request->flags & ~P9_AT_REMOVEDIR) != 0) {
        return EINVAL;
    }
    int error = p9_server_name(request, 0, name);
    if (error == 0) {
        error = p9_tree_lookup(fid->entry, name, &entry);
    }
    return error != 0 ? error : p9_tree_remove(entry, (request->flags & P9_AT_REMOVEDIR) != 0);
}

/*
 * [9P2000] remove(5): "The remove request asks the file server both to remove the file represented
 * by fid and to clunk the fid, even if the remove fails."
 */
int p9_serve_remove(struct p9_server *server, const struct p9_request *request, struct p9_fid *fid,
                    struct p9_reply *reply)
{
    (void)request, (void)reply;
    int error = p9_server_check_change(server);
    if (fid->xattr != NULL) {
        error = EINVAL;
    }
    if (error == 0) {
        bool is_directory = p9_node_kind(p9_entry_node(fid->entry)) == P9_KIND_DIRECTORY;
        error = p9_tree_remove(fid->entry, is_directory);
    }
    int dropped = p9_server_drop_fid(server, fid);
    return error != 0 ? error : dropped;
}

/* ---- extended attributes --------------------------------------------------------------------- */

/* The name of an attribute, which may have slashes. Gives. */
static char *p9_xattr_name(const struct p9_request *request)
{
    return g_strndup(request->text.bytes, request->text.len);
}

/* The new fid reads the value, or with an empty name the list of names. */
int p9_serve_xattrwalk(struct p9_server *server, const struct p9_request *request,
                       struct p9_fid *fid, struct p9_reply *reply)
{
    g_autofree char *name = p9_xattr_name(request);
    g_autoptr(GBytes) value = NULL;
    struct p9_fid *added;
    int error = p9_node_get_xattr(p9_entry_node(fid->entry), name, &value);
    if (error == 0) {
        error = p9_server_add_fid(server, request, request->newfid, fid->entry, fid->uid, &added);
    }
    if (error != 0) {
        return error;
    }
    gsize size = g_bytes_get_size(value);
    error = p9_fid_become_xattr(added, P9_FID_XATTR_READ, size);
    if (error != 0) {
        p9_server_drop_fid(server, added);
        return error;
    }
    added->xattr->value = g_steal_pointer(&value);
    p9_put_u64(reply, size);
    return 0;
}

/* The fid itself becomes the attribute's, and is set by its clunk. */
int p9_serve_xattrcreate(struct p9_server *server, const struct p9_request *request,
                         struct p9_fid *fid, struct p9_reply *reply)
{
    (void)server, (void)reply;
    if (fid->state != P9_FID_PATH ||
        (request->flags & ~(P9_XATTR_CREATE | P9_XATTR_REPLACE)) != 0) {
        return EINVAL;
    }
    if (request->length > P9_XATTR_MAX) {
        return E2BIG;
    }
    if (request->text.len == 0 || request->text.len > P9_NAME_MAX) {
        return ERANGE;
    }
    int error = p9_fid_become_xattr(fid, P9_FID_XATTR_WRITE, request->length);
    if (error == 0) {
        fid->xattr->name = p9_xattr_name(request);
        fid->xattr->flags = request->flags;
        fid->xattr->written = g_byte_array_new();
    }
    return error;
}
