/*
 * p9_message.c - requests are taken apart by a table, answers put together field by field
 *
 * A row has a type's name and its fields, a letter each; a letter stands for a member of struct
 * p9_request and for a number of bytes on the wire. A new message is a row, a new kind of number a
 * letter. [9P2000.L], and [9P2000] intro(5) for the types that it takes over.
 */
#include "emu/virtio-9p/p9_message.h"

#include <glib.h>
#include <string.h>

/*
 * Letters: those of p9_numbers[] below, and
 *   N  a component of a path, the next of `names`    W  a count[2] and as many of them
 *   T  any string, `text`                            S  a string that nobody reads
 *   D  `count` bytes of data
 */
struct p9_format {
    const char *request, *reply; /* names */
    const char *fields; /* of the request; NULL: not served, so its body is not looked at */
};
#define P9_ROW(name, fields)                                                                       \
    {                                                                                              \
        "T" name, "R" name, fields                                                                 \
    }

static const struct p9_format p9_formats[P9_TYPE_COUNT] = {
    /* Answers without a request of their own. */
    [P9_RLERROR - 1] = {NULL, "Rlerror", NULL},
    [P9_RERROR - 1] = {NULL, "Rerror", NULL},
    [P9_TSTATFS] = P9_ROW("statfs", "f"),
    [P9_TLOPEN] = P9_ROW("lopen", "fF"),
    [P9_TLCREATE] = P9_ROW("lcreate", "fNFmg"),
    [P9_TSYMLINK] = P9_ROW("symlink", "fNTg"),
    [P9_TMKNOD] = P9_ROW("mknod", "fNmjkg"),
    [P9_TRENAME] = P9_ROW("rename", "fnN"),
    [P9_TREADLINK] = P9_ROW("readlink", "f"),
    [P9_TGETATTR] = P9_ROW("getattr", "fV"),
    [P9_TSETATTR] = P9_ROW("setattr", "fvmuglaAbB"),
    [P9_TXATTRWALK] = P9_ROW("xattrwalk", "fnT"),
    [P9_TXATTRCREATE] = P9_ROW("xattrcreate", "fTlF"),
    [P9_TREADDIR] = P9_ROW("readdir", "foc"),
    [P9_TFSYNC] = P9_ROW("fsync", "fF"),
    [P9_TLOCK] = P9_ROW("lock", "fyFolpT"),
    [P9_TGETLOCK] = P9_ROW("getlock", "fyolpT"),
    [P9_TLINK] = P9_ROW("link", "fnN"),
    [P9_TMKDIR] = P9_ROW("mkdir", "fNmg"),
    [P9_TRENAMEAT] = P9_ROW("renameat", "fNnN"),
    [P9_TUNLINKAT] = P9_ROW("unlinkat", "fNF"),
    [P9_TVERSION] = P9_ROW("version", "sT"),
    [P9_TAUTH] = P9_ROW("auth", NULL),
    [P9_TATTACH] = P9_ROW("attach", "fnSTu"),
    [P9_TFLUSH] = P9_ROW("flush", "t"),
    [P9_TWALK] = P9_ROW("walk", "fnW"),
    [P9_TOPEN] = P9_ROW("open", NULL),
    [P9_TCREATE] = P9_ROW("create", NULL),
    [P9_TREAD] = P9_ROW("read", "foc"),
    [P9_TWRITE] = P9_ROW("write", "focD"),
    [P9_TCLUNK] = P9_ROW("clunk", "f"),
    [P9_TREMOVE] = P9_ROW("remove", "f"),
    [P9_TSTAT] = P9_ROW("stat", NULL),
    [P9_TWSTAT] = P9_ROW("wstat", NULL),
};

/* Bytes on the wire, 0 for a letter that is no number, and the member, which may be wider. */
struct p9_number {
    uint8_t wire_size, member_size;
    size_t member;
};
#define P9_NUMBER(bytes, field)                                                                    \
    {                                                                                              \
        (bytes), sizeof(((struct p9_request *)0)->field), offsetof(struct p9_request, field)       \
    }

static const struct p9_number p9_numbers[128] = {
    ['f'] = P9_NUMBER(4, fid),        ['n'] = P9_NUMBER(4, newfid),
    ['s'] = P9_NUMBER(4, msize),      ['t'] = P9_NUMBER(2, oldtag),
    ['F'] = P9_NUMBER(4, flags),      ['m'] = P9_NUMBER(4, mode),
    ['u'] = P9_NUMBER(4, uid),        ['g'] = P9_NUMBER(4, gid),
    ['o'] = P9_NUMBER(8, offset),     ['c'] = P9_NUMBER(4, count),
    ['l'] = P9_NUMBER(8, length),     ['v'] = P9_NUMBER(4, valid),
    ['V'] = P9_NUMBER(8, valid),      ['a'] = P9_NUMBER(8, atime_sec),
    ['A'] = P9_NUMBER(8, atime_nsec), ['b'] = P9_NUMBER(8, mtime_sec),
    ['B'] = P9_NUMBER(8, mtime_nsec), ['j'] = P9_NUMBER(4, major),
    ['k'] = P9_NUMBER(4, minor),      ['y'] = P9_NUMBER(1, lock_type),
    ['p'] = P9_NUMBER(4, proc_id),
};

/* ---- names of types -------------------------------------------------------------------------- */

const char *p9_type_name(unsigned type)
{
    if (type >= P9_TYPE_COUNT) {
        return NULL;
    }
    const char *request = p9_formats[type].request;
    return request != NULL || type == 0 ? request : p9_formats[type - 1].reply;
}

int p9_type_by_name(const char *name)
{
    for (int type = 0; type < P9_TYPE_COUNT; type++) {
        const char *known = p9_type_name((unsigned)type);
        if (known != NULL && strcmp(known, name) == 0) {
            return type;
        }
    }
    return -1;
}

/* ---- requests -------------------------------------------------------------------------------- */

struct p9_reader {
    const uint8_t *at;
    size_t left;
    const char *why; /* the first thing that was wrong, or NULL */
};

/* NULL, and a reason: there are not so many. */
static const uint8_t *p9_take(struct p9_reader *reader, size_t size)
{
    if (reader->why != NULL) {
        return NULL;
    }
    if (size > reader->left) {
        reader->why = "it ends inside a field";
        return NULL;
    }
    const uint8_t *bytes = reader->at;
    reader->at += size;
    reader->left -= size;
    return bytes;
}

static uint64_t p9_take_number(struct p9_reader *reader, size_t size)
{
    const uint8_t *bytes = p9_take(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; bytes != NULL && i < size; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

/* [9P2000] intro(5): "The NUL character is illegal in all text strings in the protocol". */
static struct p9_string p9_take_string(struct p9_reader *reader)
{
    struct p9_string string = {.len = (uint16_t)p9_take_number(reader, 2)};
    string.bytes = (const char *)p9_take(reader, string.len);
    if (string.bytes != NULL && memchr(string.bytes, '\0', string.len) != NULL) {
        reader->why = "a string has a NUL in it";
    }
    return string;
}

static void p9_take_name(struct p9_reader *reader, struct p9_request *request)
{
    struct p9_string name = p9_take_string(reader);
    if (reader->why != NULL) {
        return;
    }
    if (name.len == 0) {
        reader->why = "a name is empty";
    } else if (memchr(name.bytes, '/', name.len) != NULL) {
        reader->why = "a name has a slash in it";
    } else {
        request->names[request->name_count++] = name;
    }
}

static void p9_take_walk(struct p9_reader *reader, struct p9_request *request)
{
    unsigned count = (unsigned)p9_take_number(reader, 2);
    /* [9P2000] walk(5): "a maximum of sixteen name elements or qids may be packed in a
     * single message". */
    if (count > P9_WALK_MAX) {
        reader->why = "more than sixteen names";
    }
    for (unsigned i = 0; i < count && reader->why == NULL; i++) {
        p9_take_name(reader, request);
    }
}

/* Stores a number into a member of the width that the table has. */
static void p9_store(struct p9_request *request, const struct p9_number *number, uint64_t value)
{
    uint8_t *member = (uint8_t *)request + number->member;
    switch (number->member_size) {
    case 1:
        *member = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)(void *)member = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)(void *)member = (uint32_t)value;
        break;
    default:
        *(uint64_t *)(void *)member = value;
        break;
    }
}

static void p9_take_field(struct p9_reader *reader, char letter, struct p9_request *request)
{
    const struct p9_number *number = &p9_numbers[(unsigned char)letter];
    if (number->wire_size != 0) {
        p9_store(request, number, p9_take_number(reader, number->wire_size));
        return;
    }
    switch (letter) {
    case 'N':
        p9_take_name(reader, request);
        break;
    case 'W':
        p9_take_walk(reader, request);
        break;
    case 'T':
        request->text = p9_take_string(reader);
        break;
    case 'S':
        p9_take_string(reader);
        break;
    case 'D':
        request->data = p9_take(reader, request->count);
        break;
    default:
        g_assert_not_reached();
    }
}

bool p9_decode(const uint8_t *bytes, size_t size, struct p9_request *request, const char **why)
{
    struct p9_reader reader = {.at = bytes, .left = size};
    *request = (struct p9_request){0};
    request->size = (uint32_t)p9_take_number(&reader, 4);
    request->type = (uint8_t)p9_take_number(&reader, 1);
    request->tag = (uint16_t)p9_take_number(&reader, 2);
    if (reader.why != NULL) {
        reader.why = "it is shorter than a header";
    } else if (request->size != size) {
        reader.why = "it has another size than it says";
    }
    const char *fields = p9_formats[request->type].fields;
    for (; fields != NULL && *fields != '\0' && reader.why == NULL; fields++) {
        p9_take_field(&reader, *fields, request);
    }
    if (reader.why == NULL && fields != NULL && reader.left > 0) {
        reader.why = "there are bytes behind its last field";
    }
    *why = reader.why;
    return reader.why == NULL;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void p9_put(struct p9_reply *reply, const void *bytes, size_t size)
{
    if (reply->overflow || size > p9_reply_left(reply)) {
        reply->overflow = true;
        return;
    }
    if (size > 0) {
        memcpy(reply->bytes + reply->size, bytes, size);
    }
    reply->size += size;
}

static void p9_put_number(struct p9_reply *reply, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
    p9_put(reply, bytes, size);
}

void p9_put_u8(struct p9_reply *reply, uint8_t value)
{
    p9_put_number(reply, value, 1);
}

void p9_put_u16(struct p9_reply *reply, uint16_t value)
{
    p9_put_number(reply, value, 2);
}

void p9_put_u32(struct p9_reply *reply, uint32_t value)
{
    p9_put_number(reply, value, 4);
}

void p9_put_u64(struct p9_reply *reply, uint64_t value)
{
    p9_put_number(reply, value, 8);
}

void p9_put_qid(struct p9_reply *reply, const struct p9_qid *qid)
{
    p9_put_u8(reply, qid->type);
    p9_put_u32(reply, qid->version);
    p9_put_u64(reply, qid->path);
}

void p9_put_string(struct p9_reply *reply, const char *bytes, size_t len)
{
    g_assert(len <= UINT16_MAX);
    p9_put_u16(reply, (uint16_t)len);
    p9_put(reply, bytes, len);
}

void p9_reply_begin(struct p9_reply *reply, uint8_t *bytes, size_t room, uint8_t type, uint16_t tag)
{
    *reply = (struct p9_reply){.bytes = bytes, .room = room};
    p9_put_u32(reply, 0);
    p9_put_u8(reply, type);
    p9_put_u16(reply, tag);
}

size_t p9_reply_end(struct p9_reply *reply)
{
    g_assert(!reply->overflow && reply->size >= P9_HEADER_SIZE);
    struct p9_reply head = {.bytes = reply->bytes, .room = sizeof(uint32_t)};
    p9_put_u32(&head, (uint32_t)reply->size);
    return reply->size;
}

size_t p9_reply_error(uint8_t *bytes, size_t room, uint16_t tag, uint32_t error)
{
    struct p9_reply reply;
    p9_reply_begin(&reply, bytes, room, P9_RLERROR, tag);
    p9_put_u32(&reply, error);
    return p9_reply_end(&reply);
}
