/*
 * p9_server.c - the session: a table of operations, fids, and what begins and ends them
 *
 * A request passes, in this order: its tag, its size against msize, the table, whether there is a
 * session, room for the answer, its fid, whether the tree may be changed; then the operation. Each
 * of them is an error of its own, and nothing has been done when it comes.
 *
 * [9P2000.L], [9P2000] intro(5), version(5), attach(5), walk(5), clunk(5), flush(5).
 */
#include "emu/virtio-9p/p9_server_priv.h"

#include <errno.h>
#include <string.h>

void p9_server_breach(struct p9_server *server, const struct p9_request *request, const char *rule,
                      uint64_t value)
{
    if (server->config.breach != NULL) {
        server->config.breach(server->config.opaque, request, rule, value);
    }
}

/* ---- fids ------------------------------------------------------------------------------------ */

static void p9_fid_free(gpointer opaque)
{
    struct p9_fid *fid = opaque;
    if (fid->xattr != NULL) {
        p9_tree_discharge(fid->tree, fid->xattr->size);
        g_clear_pointer(&fid->xattr->value, g_bytes_unref);
        g_clear_pointer(&fid->xattr->written, g_byte_array_unref);
        g_free(fid->xattr->name);
        g_free(fid->xattr);
    }
    p9_entry_unref(fid->entry);
    g_free(fid);
}

struct p9_fid *p9_server_find_fid(struct p9_server *server, const struct p9_request *request,
                                  uint32_t number)
{
    struct p9_fid *fid = g_hash_table_lookup(server->fids, &number);
    if (fid == NULL) {
        p9_server_breach(server, request, P9_RULE_UNKNOWN_FID, number);
    }
    return fid;
}

int p9_server_find_file(struct p9_server *server, const struct p9_request *request, uint32_t number,
                        struct p9_fid **fid)
{
    *fid = p9_server_find_fid(server, request, number);
    if (*fid == NULL) {
        return EBADF;
    }
    bool names_file = (*fid)->state == P9_FID_PATH || (*fid)->state == P9_FID_OPEN;
    return names_file ? 0 : EINVAL;
}

int p9_server_add_fid(struct p9_server *server, const struct p9_request *request, uint32_t number,
                      struct p9_entry *entry, uint32_t uid, struct p9_fid **added)
{
    if (number == P9_NOFID) {
        p9_server_breach(server, request, P9_RULE_NOFID, number);
        return EINVAL;
    }
    if (g_hash_table_contains(server->fids, &number)) {
        p9_server_breach(server, request, P9_RULE_FID_IN_USE, number);
        return EINVAL;
    }
    if (g_hash_table_size(server->fids) >= P9_FIDS_MAX) {
        return EMFILE;
    }
    struct p9_fid *fid = g_new0(struct p9_fid, 1);
    fid->tree = server->tree;
    fid->number = number;
    fid->entry = p9_entry_ref(entry);
    fid->uid = uid;
    g_hash_table_insert(server->fids, &fid->number, fid);
    *added = fid;
    return 0;
}

int p9_fid_become_xattr(struct p9_fid *fid, enum p9_fid_state state, uint64_t size)
{
    int error = p9_tree_charge(fid->tree, size);
    if (error == 0) {
        fid->state = state;
        fid->xattr = g_new0(struct p9_fid_xattr, 1);
        fid->xattr->size = size;
    }
    return error;
}

/* [9P2000.L] xattrcreate: the value is set when its fid is clunked, if all of it is there. */
static int p9_fid_finish_xattr(const struct p9_fid *fid)
{
    const struct p9_fid_xattr *xattr = fid->xattr;
    if (xattr->written->len != xattr->size) {
        return EINVAL;
    }
    g_autoptr(GBytes) value = g_bytes_new(xattr->written->data, xattr->written->len);
    return p9_node_set_xattr(p9_entry_node(fid->entry), xattr->name, value, xattr->flags);
}

int p9_server_drop_fid(struct p9_server *server, struct p9_fid *fid)
{
    int error = fid->state == P9_FID_XATTR_WRITE ? p9_fid_finish_xattr(fid) : 0;
    p9_locks_release(server->locks, p9_entry_node(fid->entry), fid->number);
    g_hash_table_remove(server->fids, &fid->number);
    return error;
}

void p9_server_reset(struct p9_server *server)
{
    server->msize = 0;
    g_hash_table_remove_all(server->fids);
    p9_locks_clear(server->locks);
    memset(server->tags, 0, sizeof(server->tags));
}

unsigned p9_server_fid_count(const struct p9_server *server)
{
    return g_hash_table_size(server->fids);
}

/* ---- helpers --------------------------------------------------------------------------------- */

int p9_server_name(const struct p9_request *request, unsigned index, char name[P9_NAME_MAX + 1])
{
    g_assert(index < request->name_count);
    const struct p9_string *string = &request->names[index];
    if (string->len > P9_NAME_MAX) {
        return ENAMETOOLONG;
    }
    memcpy(name, string->bytes, string->len);
    name[string->len] = '\0';
    return p9_name_check(name);
}

int p9_server_check_change(const struct p9_server *server)
{
    return server->config.read_only ? EROFS : 0;
}

static bool p9_string_is(const struct p9_string *string, const char *text)
{
    return string->len == strlen(text) && memcmp(string->bytes, text, string->len) == 0;
}

/* ---- the session ----------------------------------------------------------------------------- */

static uint32_t p9_server_msize_max(const struct p9_server *server)
{
    return server->config.msize_max != 0 ? server->config.msize_max : P9_MSIZE_MAX;
}

/*
 * [9P2000] version(5): "A successful version request initializes the connection. All outstanding I/O
 * on the connection is aborted; all active fids are freed ('clunked') automatically."
 */
static int p9_serve_version(struct p9_server *server, const struct p9_request *request,
                            struct p9_fid *fid, struct p9_reply *reply)
{
    (void)fid;
    p9_server_reset(server);
    if (request->msize < P9_MSIZE_MIN) {
        p9_server_breach(server, request, P9_RULE_MSIZE_MIN, request->msize);
        return EMSGSIZE;
    }
    uint32_t msize = MIN(request->msize, p9_server_msize_max(server));
    bool known = p9_string_is(&request->text, P9_VERSION);
    const char *version = known ? P9_VERSION : P9_VERSION_UNKNOWN;
    p9_put_u32(reply, msize);
    p9_put_string(reply, version, strlen(version));
    server->msize = known ? msize : 0;
    return 0;
}

/* One tree is served, which has no name: "" or "/". */
static int p9_serve_attach(struct p9_server *server, const struct p9_request *request,
                           struct p9_fid *fid, struct p9_reply *reply)
{
    if (request->newfid != P9_NOFID) {
        p9_server_breach(server, request, P9_RULE_AUTH, request->newfid);
        return EINVAL;
    }
    if (!p9_string_is(&request->text, "") && !p9_string_is(&request->text, "/")) {
        return ENOENT;
    }
    struct p9_entry *root = p9_tree_root(server->tree);
    uint32_t uid = request->uid != P9_NONUNAME ? request->uid : 0;
    int error = p9_server_add_fid(server, request, request->fid, root, uid, &fid);
    if (error != 0) {
        return error;
    }
    struct p9_qid qid = p9_node_qid(p9_entry_node(root));
    p9_put_qid(reply, &qid);
    return 0;
}

/* [9P2000] flush(5): an answer in any case. Requests are served at once: there is none to end. */
static int p9_serve_flush(struct p9_server *server, const struct p9_request *request,
                          struct p9_fid *fid, struct p9_reply *reply)
{
    (void)server, (void)request, (void)fid, (void)reply;
    return 0;
}

static int p9_serve_clunk(struct p9_server *server, const struct p9_request *request,
                          struct p9_fid *fid, struct p9_reply *reply)
{
    (void)request, (void)reply;
    return p9_server_drop_fid(server, fid);
}

/* ---- walk ------------------------------------------------------------------------------------ */

/* Where the new fid may go; EINVAL after a breach. */
static int p9_walk_check(struct p9_server *server, const struct p9_request *request,
                         const struct p9_fid *fid)
{
    bool is_same = request->newfid == request->fid;
    /* [9P2000] walk(5): fid "must not have been opened for I/O by an open or create message". */
    if (fid->state == P9_FID_OPEN) {
        p9_server_breach(server, request, P9_RULE_WALK_OPEN, fid->number);
        if (is_same) {
            return EINVAL;
        }
    }
    if (!is_same && g_hash_table_contains(server->fids, &request->newfid)) {
        p9_server_breach(server, request, P9_RULE_FID_IN_USE, request->newfid);
        return EINVAL;
    }
    return 0;
}

/* Goes as far as names lead; *walked is how far. An error comes only when that is nowhere. */
static int p9_walk_names(const struct p9_request *request, struct p9_entry **at,
                         struct p9_qid qids[P9_WALK_MAX], unsigned *walked)
{
    int error = 0;
    for (*walked = 0; *walked < request->name_count; ++*walked) {
        char name[P9_NAME_MAX + 1];
        error = p9_server_name(request, *walked, name);
        if (error == 0) {
            error = p9_tree_lookup(*at, name, at);
        }
        if (error != 0) {
            break;
        }
        qids[*walked] = p9_node_qid(p9_entry_node(*at));
    }
    return *walked == 0 ? error : 0;
}

/*
 * [9P2000] walk(5): "If the first element cannot be walked for any reason, Rerror is returned.
 * Otherwise, the walk will return an Rwalk message containing nwqid qids … Only if it is equal,
 * however, will newfid be affected": nwqid to nwname.
 */
static int p9_serve_walk(struct p9_server *server, const struct p9_request *request,
                         struct p9_fid *fid, struct p9_reply *reply)
{
    int error = p9_walk_check(server, request, fid);
    if (error != 0) {
        return error;
    }
    struct p9_entry *at = fid->entry;
    struct p9_qid qids[P9_WALK_MAX];
    unsigned walked;
    error = p9_walk_names(request, &at, qids, &walked);
    if (error != 0) {
        return error;
    }
    if (walked == request->name_count) {
        if (request->newfid == request->fid) {
            p9_entry_ref(at);
            p9_entry_unref(fid->entry);
            fid->entry = at;
        } else {
            struct p9_fid *added;
            error = p9_server_add_fid(server, request, request->newfid, at, fid->uid, &added);
            if (error != 0) {
                return error;
            }
        }
    }
    p9_put_u16(reply, (uint16_t)walked);
    for (unsigned i = 0; i < walked; i++) {
        p9_put_qid(reply, &qids[i]);
    }
    return 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

/* The fid of a request, before the operation sees it. */
enum p9_fid_need {
    P9_NEEDS_NONE, /* it is not one of the session, or is new */
    P9_NEEDS_ANY,
    P9_NEEDS_FILE, /* one that names a file: no extended attribute */
};

struct p9_operation {
    p9_serve_fn *serve; /* NULL: EOPNOTSUPP */
    enum p9_fid_need need;
    bool changes;        /* on a tree that is only read, EROFS */
    uint8_t answer;      /* bytes of the answer behind its header, if that is known, */
    uint8_t answer_name; /* and for each name of the request */
};

#define P9_RVERSION_SIZE (4 + 2 + sizeof(P9_VERSION))
#define P9_OPENED_SIZE   (P9_QID_SIZE + 4)

/* A request, what serves it, its fid; and of the answer what is known. */
#define P9_SERVES(name, fid) .serve = p9_serve_##name, .need = P9_NEEDS_##fid

static const struct p9_operation p9_operations[P9_TYPE_COUNT] = {
    [P9_TVERSION] = {P9_SERVES(version, NONE), .answer = P9_RVERSION_SIZE},
    [P9_TATTACH] = {P9_SERVES(attach, NONE), .answer = P9_QID_SIZE},
    [P9_TFLUSH] = {P9_SERVES(flush, NONE)},
    [P9_TWALK] = {P9_SERVES(walk, FILE), .answer = 2, .answer_name = P9_QID_SIZE},
    [P9_TCLUNK] = {P9_SERVES(clunk, ANY)},
    [P9_TSTATFS] = {P9_SERVES(statfs, FILE), .answer = 60},
    [P9_TGETATTR] = {P9_SERVES(getattr, FILE), .answer = P9_RGETATTR_SIZE - P9_HEADER_SIZE},
    [P9_TSETATTR] = {P9_SERVES(setattr, FILE), .changes = true},
    [P9_TREADLINK] = {P9_SERVES(readlink, FILE)},
    [P9_TMKDIR] = {P9_SERVES(mkdir, FILE), .changes = true, .answer = P9_QID_SIZE},
    [P9_TSYMLINK] = {P9_SERVES(symlink, FILE), .changes = true, .answer = P9_QID_SIZE},
    [P9_TLINK] = {P9_SERVES(link, FILE), .changes = true},
    [P9_TMKNOD] = {P9_SERVES(mknod, FILE), .changes = true},
    [P9_TRENAME] = {P9_SERVES(rename, FILE), .changes = true},
    [P9_TRENAMEAT] = {P9_SERVES(renameat, FILE), .changes = true},
    [P9_TUNLINKAT] = {P9_SERVES(unlinkat, FILE), .changes = true},
    /* Of a tree that is only read, the fid goes all the same. */
    [P9_TREMOVE] = {P9_SERVES(remove, ANY)},
    [P9_TLOPEN] = {P9_SERVES(lopen, FILE), .answer = P9_OPENED_SIZE},
    [P9_TLCREATE] = {P9_SERVES(lcreate, FILE), .changes = true, .answer = P9_OPENED_SIZE},
    [P9_TREAD] = {P9_SERVES(read, ANY)},
    /* Whether it may be changed is asked when it is opened. */
    [P9_TWRITE] = {P9_SERVES(write, ANY), .answer = 4},
    [P9_TREADDIR] = {P9_SERVES(readdir, FILE)},
    [P9_TFSYNC] = {P9_SERVES(fsync, FILE)},
    [P9_TLOCK] = {P9_SERVES(lock, FILE), .answer = 1},
    [P9_TGETLOCK] = {P9_SERVES(getlock, FILE)},
    [P9_TXATTRWALK] = {P9_SERVES(xattrwalk, FILE), .answer = 8},
    [P9_TXATTRCREATE] = {P9_SERVES(xattrcreate, FILE), .changes = true},
};

/* What the tag has to be. Linux's servers do not look at it, so it is no reason to refuse. */
static void p9_server_check_tag(struct p9_server *server, const struct p9_request *request)
{
    if (request->type == P9_TVERSION && request->tag != P9_NOTAG) {
        p9_server_breach(server, request, P9_RULE_VERSION_TAG, request->tag);
    } else if (request->type != P9_TVERSION && request->tag == P9_NOTAG) {
        p9_server_breach(server, request, P9_RULE_NOTAG, request->tag);
    }
}

/* All that comes before the operation itself. */
static int p9_server_check(struct p9_server *server, const struct p9_request *request, size_t room,
                           struct p9_fid **fid)
{
    const struct p9_operation *operation = &p9_operations[request->type];
    uint32_t msize = server->msize != 0 ? server->msize : p9_server_msize_max(server);
    p9_server_check_tag(server, request);
    if (request->size > msize) {
        p9_server_breach(server, request, P9_RULE_MSIZE, request->size);
        return EMSGSIZE;
    }
    if (operation->serve == NULL) {
        if (p9_type_name(request->type) == NULL || p9_type_name(request->type)[0] != 'T') {
            p9_server_breach(server, request, P9_RULE_UNKNOWN_TYPE, request->type);
        }
        return EOPNOTSUPP;
    }
    if (server->msize == 0 && request->type != P9_TVERSION) {
        p9_server_breach(server, request, P9_RULE_NO_VERSION, request->type);
        return EPROTO;
    }
    size_t answer =
        P9_HEADER_SIZE + operation->answer + (size_t)operation->answer_name * request->name_count;
    if (answer > room) {
        p9_server_breach(server, request, P9_RULE_ROOM, room);
        return EMSGSIZE;
    }
    int error = 0;
    if (operation->need == P9_NEEDS_FILE) {
        error = p9_server_find_file(server, request, request->fid, fid);
    } else if (operation->need == P9_NEEDS_ANY) {
        *fid = p9_server_find_fid(server, request, request->fid);
        error = *fid != NULL ? 0 : EBADF;
    }
    return error == 0 && operation->changes ? p9_server_check_change(server) : error;
}

size_t p9_server_serve(struct p9_server *server, const struct p9_request *request, uint8_t *bytes,
                       size_t room)
{
    g_assert(room >= P9_RLERROR_SIZE);
    struct p9_fid *fid = NULL;
    int error = p9_server_check(server, request, room, &fid);
    if (error == 0) {
        /* Tversion ends a session, and its own answer is small. */
        size_t limit = request->type != P9_TVERSION ? server->msize : P9_MSIZE_MIN;
        struct p9_reply reply;
        p9_reply_begin(&reply, bytes, MIN(room, limit), (uint8_t)P9_REPLY(request->type),
                       request->tag);
        error = p9_operations[request->type].serve(server, request, fid, &reply);
        if (error == 0 && !reply.overflow) {
            return p9_reply_end(&reply);
        }
        if (error == 0) {
            p9_server_breach(server, request, P9_RULE_ROOM, room);
            error = EMSGSIZE;
        }
    }
    return p9_reply_error(bytes, room, request->tag, (uint32_t)error);
}

/* ---- tags ------------------------------------------------------------------------------------ */

static uint64_t p9_tag_bit(uint16_t tag)
{
    return UINT64_C(1) << tag % 64;
}

bool p9_server_take_tag(struct p9_server *server, const struct p9_request *request)
{
    uint64_t *word = &server->tags[request->tag / 64];
    if ((*word & p9_tag_bit(request->tag)) != 0) {
        p9_server_breach(server, request, P9_RULE_TAG_IN_USE, request->tag);
        return false;
    }
    *word |= p9_tag_bit(request->tag);
    return true;
}

void p9_server_release_tag(struct p9_server *server, uint16_t tag)
{
    server->tags[tag / 64] &= ~p9_tag_bit(tag);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct p9_server *p9_server_new(struct p9_tree *tree, const struct p9_server_config *config)
{
    g_assert(config->msize_max == 0 ||
             (config->msize_max >= P9_MSIZE_MIN && config->msize_max <= P9_MSIZE_MAX));
    struct p9_server *server = g_new0(struct p9_server, 1);
    server->tree = tree;
    server->config = *config;
    server->fids = g_hash_table_new_full(g_int_hash, g_int_equal, NULL, p9_fid_free);
    server->locks = p9_locks_new();
    return server;
}

void p9_server_free(struct p9_server *server)
{
    if (server != NULL) {
        g_hash_table_destroy(server->fids);
        p9_locks_free(server->locks);
        g_free(server);
    }
}

uint32_t p9_server_msize(const struct p9_server *server)
{
    return server->msize;
}
