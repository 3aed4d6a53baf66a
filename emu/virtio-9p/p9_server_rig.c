/*
 * p9_server_rig.c - a client of a few lines for the tests of the server
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "tests/unit.h"

#include <stdarg.h>
#include <string.h>

static uint64_t rig_now(void *opaque)
{
    const struct p9_rig *rig = opaque;
    return rig->now_ns;
}

void rig_init_bare(struct p9_rig *rig, struct p9_tree *tree, const struct p9_server_config *config)
{
    *rig = (struct p9_rig){.room = P9_MSIZE_MAX, .now_ns = 1500000000};
    const struct p9_tree_config tree_config = {.now_ns = rig_now, .opaque = rig};
    rig->tree = tree != NULL ? tree : p9_tree_new_memory(&tree_config);
    rig_carrier_init(rig, config);
    rig->message = g_byte_array_new();
    rig->reply = g_malloc(P9_MSIZE_MAX);
}

void rig_begin(struct p9_rig *rig, uint32_t msize)
{
    rig->tag = P9_NOTAG;
    CU_ASSERT_EQUAL_FATAL(rig_call(rig, P9_TVERSION, "ds", msize, P9_VERSION), 0);
    rig->tag = 1;
    CU_ASSERT_EQUAL_FATAL(
        rig_call(rig, P9_TATTACH, "ddssd", RIG_ROOT, P9_NOFID, "", "", P9_NONUNAME), 0);
}

void rig_init(struct p9_rig *rig, struct p9_tree *tree)
{
    const struct p9_server_config config = {0};
    rig_init_bare(rig, tree, &config);
    rig_begin(rig, RIG_MSIZE);
}

void rig_fini(struct p9_rig *rig)
{
    rig_carrier_fini(rig);
    p9_tree_free(rig->tree);
    g_byte_array_unref(rig->message);
    g_free(rig->reply);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void rig_put(struct p9_rig *rig, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        g_byte_array_append(rig->message, &byte, 1);
    }
}

static void rig_put_field(struct p9_rig *rig, char letter, va_list *arguments)
{
    switch (letter) {
    case 'b':
        rig_put(rig, (uint64_t)va_arg(*arguments, int), 1);
        break;
    case 'w':
        rig_put(rig, (uint64_t)va_arg(*arguments, int), 2);
        break;
    case 'd':
        rig_put(rig, va_arg(*arguments, uint32_t), 4);
        break;
    case 'q':
        rig_put(rig, va_arg(*arguments, uint64_t), 8);
        break;
    case 's': {
        const char *text = va_arg(*arguments, const char *);
        rig_put(rig, strlen(text), 2);
        g_byte_array_append(rig->message, (const guint8 *)text, (guint)strlen(text));
        break;
    }
    case 'r': {
        const guint8 *bytes = va_arg(*arguments, const guint8 *);
        g_byte_array_append(rig->message, bytes, (guint)va_arg(*arguments, size_t));
        break;
    }
    default:
        CU_FAIL_FATAL("a letter that is none");
    }
}

/* Is the answer a message, and one to this request? */
static uint32_t rig_check_reply(struct p9_rig *rig, const struct p9_request *request)
{
    rig->at = 0;
    uint32_t msize = p9_server_msize(rig->server);
    CU_ASSERT_TRUE_FATAL(rig->reply_size >= P9_HEADER_SIZE && rig->reply_size <= rig->room);
    CU_ASSERT_TRUE(msize == 0 || rig->reply_size <= msize);
    CU_ASSERT_EQUAL_FATAL(rig_get(rig, 4), rig->reply_size);
    unsigned type = (unsigned)rig_get(rig, 1);
    CU_ASSERT_EQUAL_FATAL(rig_get(rig, 2), request->tag);
    if (type == P9_RLERROR) {
        uint32_t error = (uint32_t)rig_get(rig, 4);
        CU_ASSERT_TRUE_FATAL(rig_is_read(rig) && error != 0);
        return error;
    }
    CU_ASSERT_EQUAL_FATAL(type, P9_REPLY(request->type));
    return 0;
}

uint32_t rig_send(struct p9_rig *rig)
{
    struct p9_request request;
    const char *why;
    CU_ASSERT_TRUE_FATAL(p9_decode(rig->message->data, rig->message->len, &request, &why));
    rig_carry(rig);
    return rig_check_reply(rig, &request);
}

uint32_t rig_call(struct p9_rig *rig, unsigned type, const char *format, ...)
{
    g_byte_array_set_size(rig->message, 0);
    rig_put(rig, 0, 4);
    rig_put(rig, type, 1);
    rig_put(rig, rig->tag, 2);
    rig->tag = rig->tag == P9_NOTAG - 1 ? 1 : (uint16_t)(rig->tag + 1);
    va_list arguments;
    va_start(arguments, format);
    for (; *format != '\0'; format++) {
        rig_put_field(rig, *format, &arguments);
    }
    va_end(arguments);
    for (size_t i = 0; i < 4; i++) {
        rig->message->data[i] = (uint8_t)(rig->message->len >> 8 * i);
    }
    return rig_send(rig);
}

/* ---- answers --------------------------------------------------------------------------------- */

uint64_t rig_get(struct p9_rig *rig, size_t size)
{
    CU_ASSERT_TRUE_FATAL(size <= rig->reply_size - rig->at);
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value |= (uint64_t)rig->reply[rig->at + i] << 8 * i;
    }
    rig->at += size;
    return value;
}

struct p9_qid rig_get_qid(struct p9_rig *rig)
{
    struct p9_qid qid;
    qid.type = (uint8_t)rig_get(rig, 1);
    qid.version = (uint32_t)rig_get(rig, 4);
    qid.path = rig_get(rig, 8);
    return qid;
}

const char *rig_get_string(struct p9_rig *rig)
{
    static char text[UINT16_MAX + 1];
    size_t len = rig_get(rig, 2);
    CU_ASSERT_TRUE_FATAL(len <= rig->reply_size - rig->at);
    memcpy(text, rig->reply + rig->at, len);
    text[len] = '\0';
    rig->at += len;
    return text;
}

bool rig_is_read(const struct p9_rig *rig)
{
    return rig->at == rig->reply_size;
}

bool rig_broke(struct p9_rig *rig, const char *rule)
{
    bool as_expected =
        rule == NULL ? rig->breaches == 0 : rig->breaches == 1 && strcmp(rig->rule, rule) == 0;
    rig->breaches = 0;
    return as_expected;
}

/* ---- whole acts ------------------------------------------------------------------------------ */

uint32_t rig_walk(struct p9_rig *rig, uint32_t newfid, const char *path)
{
    uint32_t at = RIG_ROOT;
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    guint count = g_strv_length(names);
    for (guint first = 0; first == 0 || first < count; first += P9_WALK_MAX) {
        GByteArray *packed = g_byte_array_new();
        guint wanted = MIN(count - first, P9_WALK_MAX);
        for (guint i = 0; i < wanted; i++) {
            size_t len = strlen(names[first + i]);
            const uint8_t head[2] = {(uint8_t)len, (uint8_t)(len >> 8)};
            g_byte_array_append(packed, head, 2);
            g_byte_array_append(packed, (const guint8 *)names[first + i], (guint)len);
        }
        uint32_t error = rig_call(rig, P9_TWALK, "ddwr", at, newfid, (int)wanted, packed->data,
                                  (size_t)packed->len);
        g_byte_array_unref(packed);
        if (error != 0) {
            return error;
        }
        CU_ASSERT_EQUAL_FATAL(rig_get(rig, 2), wanted);
        at = newfid;
    }
    return 0;
}

uint32_t rig_open(struct p9_rig *rig, uint32_t newfid, const char *path, uint32_t flags)
{
    uint32_t error = rig_walk(rig, newfid, path);
    return error != 0 ? error : rig_call(rig, P9_TLOPEN, "dd", newfid, flags);
}

uint32_t rig_clunk(struct p9_rig *rig, uint32_t fid)
{
    return rig_call(rig, P9_TCLUNK, "d", fid);
}

void rig_make_file(struct p9_rig *rig, const char *name, const void *bytes, size_t size)
{
    const uint32_t fid = 0xf11e;
    CU_ASSERT_EQUAL_FATAL(rig_walk(rig, fid, ""), 0);
    CU_ASSERT_EQUAL_FATAL(
        rig_call(rig, P9_TLCREATE, "dsddd", fid, name, P9_O_WRONLY | P9_O_EXCL, 0644u, 0u), 0);
    CU_ASSERT_EQUAL_FATAL(
        rig_call(rig, P9_TWRITE, "dqdr", fid, UINT64_C(0), (uint32_t)size, bytes, size), 0);
    CU_ASSERT_EQUAL(rig_get(rig, 4), size);
    CU_ASSERT_EQUAL_FATAL(rig_clunk(rig, fid), 0);
}

uint32_t rig_read(struct p9_rig *rig, uint32_t fid, uint64_t offset, uint32_t count,
                  const uint8_t **bytes, size_t *got)
{
    uint32_t error = rig_call(rig, P9_TREAD, "dqd", fid, offset, count);
    if (error == 0) {
        *got = rig_get(rig, 4);
        *bytes = rig->reply + rig->at;
        CU_ASSERT_TRUE_FATAL(*got <= count && *got == rig->reply_size - rig->at);
        rig->at = rig->reply_size;
    }
    return error;
}
