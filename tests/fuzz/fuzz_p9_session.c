/*
 * fuzz_p9_session.c - any requests at a server of 9P2000.L, on a tree in memory or on a folder
 *
 *     options[1] room[1] (type[1] given[1] padding[2] body[given])...
 *
 * Options: the tree, whether it is only read, msize, whether a session has begun with the root as
 * fid 0. Room: what there is for an answer, 0 for msize. A type from 0xe0 on is that
 * at a place of a table, others are themselves; a body goes on with zeros.
 *
 * Whatever comes, each answer is a message to its request, no longer than the room or msize; the
 * server holds no more than its limits; of the folder nothing is seen that lies beside it; and when
 * all is over the tree has given everything back, which it asserts itself.
 */
#include "emu/virtio-9p/p9_server.h"
#include "tests/fuzz/fuzz.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUZZ_FOLDER         0x01
#define FUZZ_READ_ONLY      0x02
#define FUZZ_BARE           0x04
#define FUZZ_MSIZE(options) (4096u << ((options) >> 3 & 3))

#define FUZZ_SECRET    24 /* bytes of the file that nobody may see */
#define FUZZ_REQUESTS  64
#define FUZZ_PADDING   9000 /* more than the smallest msize */
#define FUZZ_BYTES_MAX (256 << 10)
#define FUZZ_ENTRIES   48
#define FUZZ_ERRNO_MAX 133

#define FUZZ_TABLE 0xe0
static const uint8_t fuzz_types[0x100 - FUZZ_TABLE] = {
    P9_TWALK,   P9_TLOPEN,   P9_TLCREATE, P9_TREAD,     P9_TWRITE,     P9_TREADDIR,
    P9_TCLUNK,  P9_TMKDIR,   P9_TRENAME,  P9_TRENAMEAT, P9_TUNLINKAT,  P9_TREMOVE,
    P9_TLINK,   P9_TSYMLINK, P9_TSETATTR, P9_TGETATTR,  P9_TXATTRWALK, P9_TXATTRCREATE,
    P9_TATTACH, P9_TVERSION, P9_TSTATFS,  P9_TREADLINK, P9_TMKNOD,     P9_TFSYNC,
    P9_TLOCK,   P9_TGETLOCK, P9_TFLUSH,   P9_TAUTH,
};

static char *fuzz_top, *fuzz_share;

/*
 * A byte of the secret. It is nowhere a string, and is compared byte by byte: a fuzzer that learns
 * the operands of comparisons would write it into a file of the share and read it back.
 */
static uint8_t fuzz_secret(unsigned at)
{
    return (uint8_t)(at * at * 37 + at * 11 + 0x91);
}

static bool fuzz_has_secret(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + FUZZ_SECRET <= size; at++) {
        uint8_t differs = 0;
        for (unsigned i = 0; i < FUZZ_SECRET; i++) {
            differs |= (uint8_t)(bytes[at + i] ^ fuzz_secret(i));
        }
        if (differs == 0) {
            return true;
        }
    }
    return false;
}

static const char *const fuzz_files[] = {"secret", "share/a", "share/d/b", "share/d/c"};
static const char *const fuzz_folders[] = {"share", "share/d"};

static void fuzz_remove(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fuzz_files); i++) {
        g_autofree char *path = g_build_filename(fuzz_top, fuzz_files[i], NULL);
        g_remove(path);
    }
    g_autofree char *link = g_build_filename(fuzz_share, "l", NULL);
    g_remove(link);
    for (size_t i = G_N_ELEMENTS(fuzz_folders); i > 0; i--) {
        g_autofree char *path = g_build_filename(fuzz_top, fuzz_folders[i - 1], NULL);
        g_remove(path);
    }
    g_remove(fuzz_top);
    g_free(fuzz_top);
    g_free(fuzz_share);
}

/* Before any input, while files may still be written. */
__attribute__((constructor)) static void fuzz_prepare(void)
{
    fuzz_top = g_dir_make_tmp("fuzz-XXXXXX", NULL);
    FUZZ_CHECK(fuzz_top != NULL);
    fuzz_share = g_build_filename(fuzz_top, "share", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(fuzz_folders); i++) {
        g_autofree char *path = g_build_filename(fuzz_top, fuzz_folders[i], NULL);
        FUZZ_CHECK(g_mkdir(path, 0700) == 0);
    }
    char secret[FUZZ_SECRET];
    for (unsigned i = 0; i < FUZZ_SECRET; i++) {
        secret[i] = (char)fuzz_secret(i);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(fuzz_files); i++) {
        g_autofree char *path = g_build_filename(fuzz_top, fuzz_files[i], NULL);
        FUZZ_CHECK(g_file_set_contents(path, i == 0 ? secret : "0123456789",
                                       i == 0 ? FUZZ_SECRET : -1, NULL));
    }
    g_autofree char *link = g_build_filename(fuzz_share, "l", NULL);
    FUZZ_CHECK(symlink("../secret", link) == 0);
    atexit(fuzz_remove);
}

/* ---- the server ------------------------------------------------------------------------------ */

struct fuzz_session {
    struct p9_tree *tree;
    struct p9_server *server;
    uint32_t msize_max;
    size_t room;
    uint16_t tag;
    unsigned breaches; /* that the present request was told to have */
};

static void fuzz_breach(void *opaque, const struct p9_request *request, const char *rule,
                        uint64_t value)
{
    struct fuzz_session *session = opaque;
    (void)value;
    FUZZ_CHECK(request != NULL && rule != NULL);
    session->breaches++;
}

static void fuzz_begin(struct fuzz_session *session, uint8_t options, uint8_t room)
{
    const struct p9_tree_config config = {.bytes_max = FUZZ_BYTES_MAX, .entries_max = FUZZ_ENTRIES};
    *session = (struct fuzz_session){.msize_max = FUZZ_MSIZE(options), .tag = 1};
    session->room = room == 0 ? session->msize_max : P9_RLERROR_SIZE + room;
    if ((options & FUZZ_FOLDER) != 0) {
        session->tree = p9_tree_new_folder(&config, fuzz_share, NULL);
        FUZZ_CHECK(session->tree != NULL);
    } else {
        session->tree = p9_tree_new_memory(&config);
        FUZZ_CHECK(p9_tree_add_file(session->tree, "a", "0123456789", 10) == 0);
        FUZZ_CHECK(p9_tree_add_file(session->tree, "d/b", "", 0) == 0);
    }
    const struct p9_server_config server = {.msize_max = session->msize_max,
                                            .read_only = (options & FUZZ_READ_ONLY) != 0,
                                            .breach = fuzz_breach,
                                            .opaque = session};
    session->server = p9_server_new(session->tree, &server);
}

static void fuzz_end(struct fuzz_session *session)
{
    p9_server_free(session->server);
    p9_tree_free(session->tree);
}

/* ---- requests and answers -------------------------------------------------------------------- */

static uint32_t fuzz_get32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* Entries one behind the other, and nothing behind the last. */
static void fuzz_check_directory(const uint8_t *bytes, size_t size)
{
    uint64_t last = 0;
    while (size > 0) {
        FUZZ_CHECK(size >= P9_DIRENT_SIZE);
        size_t len = (size_t)(bytes[22] | bytes[23] << 8);
        FUZZ_CHECK(len > 0 && len <= P9_NAME_MAX && len <= size - P9_DIRENT_SIZE);
        FUZZ_CHECK(memchr(bytes + P9_DIRENT_SIZE, '/', len) == NULL);
        uint64_t position = fuzz_get32(bytes + 13) | (uint64_t)fuzz_get32(bytes + 17) << 32;
        FUZZ_CHECK(position > last);
        last = position;
        bytes += P9_DIRENT_SIZE + len;
        size -= P9_DIRENT_SIZE + len;
    }
}

static void fuzz_check_reply(const struct fuzz_session *session, const struct p9_request *request,
                             const uint8_t *reply, size_t size)
{
    uint32_t msize = p9_server_msize(session->server);
    FUZZ_CHECK(size >= P9_HEADER_SIZE && size <= session->room);
    FUZZ_CHECK(msize == 0 || size <= msize);
    FUZZ_CHECK(fuzz_get32(reply) == size);
    FUZZ_CHECK((reply[5] | reply[6] << 8) == request->tag);
    FUZZ_CHECK(!fuzz_has_secret(reply, size));
    if (reply[4] == P9_RLERROR) {
        uint32_t error = size == P9_RLERROR_SIZE ? fuzz_get32(reply + P9_HEADER_SIZE) : 0;
        FUZZ_CHECK(error > 0 && error <= FUZZ_ERRNO_MAX);
        return;
    }
    FUZZ_CHECK(reply[4] == P9_REPLY(request->type));
    if (request->type == P9_TREAD || request->type == P9_TREADDIR) {
        uint32_t count = fuzz_get32(reply + P9_HEADER_SIZE);
        FUZZ_CHECK(count <= request->count && P9_READ_HEADER_SIZE + count == size);
        if (request->type == P9_TREADDIR) {
            fuzz_check_directory(reply + P9_READ_HEADER_SIZE, count);
        }
    }
}

static void fuzz_check_limits(const struct fuzz_session *session)
{
    struct p9_tree_usage usage = p9_tree_usage(session->tree);
    FUZZ_CHECK(usage.bytes <= FUZZ_BYTES_MAX && usage.entries <= FUZZ_ENTRIES);
    FUZZ_CHECK(p9_server_fid_count(session->server) <= P9_FIDS_MAX);
    FUZZ_CHECK(p9_server_msize(session->server) <= session->msize_max);
}

static void fuzz_request(struct fuzz_session *session, uint8_t type, const uint8_t *body,
                         size_t given, size_t padding)
{
    size_t size = P9_HEADER_SIZE + given + padding;
    uint8_t *message = calloc(size, 1), *reply = malloc(session->room);
    FUZZ_CHECK(message != NULL && reply != NULL);
    struct p9_request request;
    const char *why;
    uint16_t tag = type == P9_TVERSION ? (uint16_t)P9_NOTAG : session->tag++;
    const uint8_t header[] = {
        (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), (uint8_t)(size >> 24),
        type,          (uint8_t)tag,         (uint8_t)(tag >> 8)};
    memcpy(message, header, sizeof(header));
    if (given > 0) {
        memcpy(message + P9_HEADER_SIZE, body, given);
    }
    session->breaches = 0;
    if (p9_decode(message, size, &request, &why)) {
        size_t answer = p9_server_serve(session->server, &request, reply, session->room);
        fuzz_check_reply(session, &request, reply, answer);
        FUZZ_CHECK(session->breaches <= 2); /* of its fid, and of the session that is none */
    }
    fuzz_check_limits(session);
    free(message);
    free(reply);
}

static void fuzz_begin_session(struct fuzz_session *session)
{
    static const uint8_t version[] = {0, 0, 1, 0, 8, 0, '9', 'P', '2', '0', '0', '0', '.', 'L'};
    static const uint8_t attach[] = {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0};
    size_t room = session->room;
    session->room = session->msize_max;
    fuzz_request(session, P9_TVERSION, version, sizeof(version), 0);
    fuzz_request(session, P9_TATTACH, attach, sizeof(attach), 0);
    FUZZ_CHECK(p9_server_fid_count(session->server) == 1);
    session->room = room;
}

void fuzz_run(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .size = size};
    struct fuzz_session session;
    uint8_t options = fuzz_u8(&input), room = fuzz_u8(&input);
    fuzz_begin(&session, options, room);
    if ((options & FUZZ_BARE) == 0) {
        fuzz_begin_session(&session);
    }
    for (unsigned i = 0; i < FUZZ_REQUESTS && !fuzz_is_empty(&input); i++) {
        uint8_t type = fuzz_u8(&input), wanted = fuzz_u8(&input);
        uint16_t padding = fuzz_u16(&input);
        size_t given;
        const uint8_t *body = fuzz_take(&input, wanted, &given);
        type = type < FUZZ_TABLE ? type : fuzz_types[type - FUZZ_TABLE];
        fuzz_request(&session, type, body, given, padding % FUZZ_PADDING);
    }
    fuzz_end(&session);
}
