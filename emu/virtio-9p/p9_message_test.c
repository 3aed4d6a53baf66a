/*
 * p9_message_test.c - requests as bytes: each type as it is written down, and each way to be wrong
 *
 * The bytes are written out by hand from the layouts of [9P2000.L] and [9P2000].
 */
#include "emu/virtio-9p/p9_message.h"

#include "tests/unit.h"

#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

/* A message: the header with its size, and a body. */
struct bytes {
    uint8_t data[256];
    size_t size;
};

#define MESSAGE(type, ...)                                                                         \
    message((type), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct bytes message(uint8_t type, const uint8_t *body, size_t size)
{
    struct bytes bytes = {.size = 7 + size};
    const uint8_t head[] = {(uint8_t)bytes.size, 0, 0, 0, type, 0x34, 0x12};
    memcpy(bytes.data, head, sizeof(head));
    memcpy(bytes.data + 7, body, size);
    return bytes;
}

/* Decodes, from memory of exactly that size: the address sanitizer sees what reads on. */
static bool decode(const struct bytes *bytes, size_t size, struct p9_request *request,
                   const char **why)
{
    g_autofree uint8_t *copy = g_memdup2(bytes->data, size);
    return p9_decode(copy, size, request, why);
}

static struct p9_request decoded(const struct bytes *bytes)
{
    struct p9_request request;
    const char *why;
    bool good = p9_decode(bytes->data, bytes->size, &request, &why);
    CU_ASSERT_TRUE_FATAL(good && why == NULL);
    CU_ASSERT_TRUE(request.tag == 0x1234 && request.size == bytes->size);
    return request;
}

static const char *refused(const struct bytes *bytes, size_t size)
{
    struct p9_request request;
    const char *why = NULL;
    CU_ASSERT_FALSE(decode(bytes, size, &request, &why));
    return why != NULL ? why : "";
}

static bool string_is(const struct p9_string *string, const char *text)
{
    return string->len == strlen(text) && memcmp(string->bytes, text, string->len) == 0;
}

#define U32(n) (uint8_t)(n), (uint8_t)((n) >> 8), (uint8_t)((n) >> 16), (uint8_t)((n) >> 24)
#define U64(n) U32((n)&0xffffffffu), U32((uint64_t)(n) >> 32)
#define A_B    3, 0, 'a', '.', 'b'
#define XY     2, 0, 'x', 'y'

/* ---- each type ------------------------------------------------------------------------------- */

static void test_session_requests(void)
{
    struct bytes bytes = MESSAGE(100, U32(8192), 3, 0, '9', 'P', '2');
    struct p9_request request = decoded(&bytes);
    CU_ASSERT_TRUE(request.type == P9_TVERSION && request.msize == 8192);
    CU_ASSERT_TRUE(string_is(&request.text, "9P2"));
    bytes = MESSAGE(104, U32(7), U32(0xffffffff), 4, 0, 'r', 'o', 'o', 't', 1, 0, '/', U32(1000));
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.fid == 7 && request.newfid == P9_NOFID && request.uid == 1000);
    CU_ASSERT_TRUE(string_is(&request.text, "/"));
    bytes = MESSAGE(108, 0x78, 0x56);
    request = decoded(&bytes);
    CU_ASSERT_EQUAL(request.oldtag, 0x5678);
    bytes = MESSAGE(110, U32(1), U32(2), 2, 0, A_B, XY);
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.fid == 1 && request.newfid == 2 && request.name_count == 2);
    CU_ASSERT_TRUE(string_is(&request.names[0], "a.b") && string_is(&request.names[1], "xy"));
    bytes = MESSAGE(120, U32(0x01020304));
    request = decoded(&bytes);
    CU_ASSERT_EQUAL(request.fid, 0x01020304);
}

static void test_requests_for_open_files(void)
{
    struct bytes bytes = MESSAGE(12, U32(1), U32(0x8002));
    struct p9_request request = decoded(&bytes);
    CU_ASSERT_TRUE(request.fid == 1 && request.flags == 0x8002);
    bytes = MESSAGE(14, U32(1), A_B, U32(0x41), U32(0644), U32(5));
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.flags == 0x41 && request.mode == 0644 && request.gid == 5);
    CU_ASSERT_TRUE(request.name_count == 1 && string_is(&request.names[0], "a.b"));
    bytes = MESSAGE(116, U32(1), U64(UINT64_C(0x123456789)), U32(4096));
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.offset == UINT64_C(0x123456789) && request.count == 4096);
    bytes = MESSAGE(118, U32(1), U64(9), U32(3), 'a', 0, 'c');
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.offset == 9 && request.count == 3);
    CU_ASSERT_PTR_EQUAL(request.data, bytes.data + 23);
    bytes = MESSAGE(40, U32(1), U64(UINT64_MAX), U32(512));
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.offset == UINT64_MAX && request.count == 512);
    bytes = MESSAGE(50, U32(1), U32(1));
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.fid == 1 && request.flags == 1);
    bytes = MESSAGE(52, U32(1), 1, U32(2), U64(3), U64(4), U32(5), XY);
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.lock_type == 1 && request.flags == 2 && request.offset == 3);
    CU_ASSERT_TRUE(request.length == 4 && request.proc_id == 5 && string_is(&request.text, "xy"));
    bytes = MESSAGE(54, U32(1), 2, U64(3), U64(4), U32(5), XY);
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.lock_type == 2 && request.offset == 3 && request.length == 4);
    CU_ASSERT_TRUE(request.proc_id == 5 && string_is(&request.text, "xy"));
}

static void test_requests_for_names(void)
{
    struct bytes bytes = MESSAGE(16, U32(1), A_B, 4, 0, '/', 'e', '/', 'x', U32(5));
    struct p9_request request = decoded(&bytes);
    CU_ASSERT_TRUE(string_is(&request.names[0], "a.b") && string_is(&request.text, "/e/x"));
    CU_ASSERT_EQUAL(request.gid, 5);
    bytes = MESSAGE(18, U32(1), A_B, U32(0060644), U32(8), U32(9), U32(5));
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.mode == 0060644 && request.major == 8 && request.minor == 9);
    bytes = MESSAGE(20, U32(1), U32(2), A_B);
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.fid == 1 && request.newfid == 2 && request.name_count == 1);
    bytes = MESSAGE(70, U32(1), U32(2), A_B);
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.fid == 1 && request.newfid == 2 && request.name_count == 1);
    bytes = MESSAGE(72, U32(1), A_B, U32(0755), U32(5));
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.mode == 0755 && request.gid == 5 && request.name_count == 1);
    bytes = MESSAGE(74, U32(1), A_B, U32(2), XY);
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.fid == 1 && request.newfid == 2 && request.name_count == 2);
    CU_ASSERT_TRUE(string_is(&request.names[0], "a.b") && string_is(&request.names[1], "xy"));
    bytes = MESSAGE(76, U32(1), A_B, U32(0x200));
    request = decoded(&bytes);
    CU_ASSERT_EQUAL(request.flags, P9_AT_REMOVEDIR);
}

static void test_requests_for_attributes(void)
{
    struct bytes bytes = MESSAGE(24, U32(1), U64(0x7ff));
    struct p9_request request = decoded(&bytes);
    CU_ASSERT_EQUAL(request.valid, P9_GETATTR_BASIC);
    bytes = MESSAGE(26, U32(1), U32(0x1ff), U32(2), U32(3), U32(4), U64(5), U64(6), U64(7), U64(8),
                    U64(9));
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.valid == P9_SETATTR_ALL && request.mode == 2 && request.uid == 3);
    CU_ASSERT_TRUE(request.gid == 4 && request.length == 5 && request.atime_sec == 6);
    CU_ASSERT_TRUE(request.atime_nsec == 7 && request.mtime_sec == 8 && request.mtime_nsec == 9);
    bytes = MESSAGE(30, U32(1), U32(2), 0, 0);
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.newfid == 2 && request.text.len == 0);
    bytes = MESSAGE(32, U32(1), XY, U64(3), U32(1));
    request = decoded(&bytes);
    CU_ASSERT_TRUE(request.length == 3 && request.flags == 1 && string_is(&request.text, "xy"));
    for (unsigned i = 0; i < 3; i++) { /* Tstatfs, Treadlink, Tremove */
        bytes = message((const uint8_t[]){8, 22, 122}[i], (const uint8_t[]){U32(9)}, 4);
        request = decoded(&bytes);
        CU_ASSERT_EQUAL(request.fid, 9);
    }
}

static void test_what_is_not_served_is_read_as_a_header(void)
{
    static const uint8_t types[] = {0, 6, 7, 13, 102, 106, 107, 112, 114, 124, 126, 200, 255};
    for (size_t i = 0; i < sizeof(types); i++) {
        struct bytes bytes = MESSAGE(types[i], 1, 2, 3);
        struct p9_request request = decoded(&bytes);
        CU_ASSERT_EQUAL(request.type, types[i]);
    }
}

/* ---- each way to be wrong -------------------------------------------------------------------- */

static void test_each_prefix_of_each_message_is_refused(void)
{
    const struct bytes all[] = {
        MESSAGE(110, U32(1), U32(2), 2, 0, A_B, XY),
        MESSAGE(118, U32(1), U64(9), U32(3), 'a', 'b', 'c'),
        MESSAGE(104, U32(7), U32(0xffffffff), XY, A_B, U32(0)),
        MESSAGE(74, U32(1), A_B, U32(2), XY),
        MESSAGE(52, U32(1), 1, U32(2), U64(3), U64(4), U32(5), XY),
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (size_t size = 0; size < all[i].size; size++) {
            CU_ASSERT_STRING_EQUAL(refused(&all[i], size),
                                   size < 7 ? "it is shorter than a header"
                                            : "it has another size than it says");
            /* And one that says so itself. */
            struct bytes cut = all[i];
            cut.data[0] = (uint8_t)size;
            if (size >= 7) {
                CU_ASSERT_STRING_EQUAL(refused(&cut, size), "it ends inside a field");
            }
        }
    }
}

static void test_bytes_behind_the_last_field_are_refused(void)
{
    struct bytes bytes = MESSAGE(120, U32(1), 0);
    CU_ASSERT_STRING_EQUAL(refused(&bytes, bytes.size), "there are bytes behind its last field");
    bytes = MESSAGE(118, U32(1), U64(9), U32(2), 'a', 'b', 'c');
    CU_ASSERT_STRING_EQUAL(refused(&bytes, bytes.size), "there are bytes behind its last field");
}

static void test_a_size_that_is_another_is_refused(void)
{
    struct bytes bytes = MESSAGE(120, U32(1));
    for (unsigned size = 0; size < 256; size++) {
        bytes.data[0] = (uint8_t)size;
        if (size != bytes.size) {
            CU_ASSERT_STRING_EQUAL(refused(&bytes, bytes.size), "it has another size than it says");
        }
    }
    bytes.data[0] = (uint8_t)bytes.size;
    bytes.data[3] = 0xff;
    CU_ASSERT_STRING_EQUAL(refused(&bytes, bytes.size), "it has another size than it says");
}

static void test_a_count_of_data_that_wraps_is_refused(void)
{
    struct bytes bytes = MESSAGE(118, U32(1), U64(9), U32(0xffffffff), 'a');
    CU_ASSERT_STRING_EQUAL(refused(&bytes, bytes.size), "it ends inside a field");
}

/* A body of numbers of 4 bytes, 'd', and names: the wrong one, 'n', and a good one, 's'. */
static struct bytes with_name(uint8_t type, const char *fields, const char *wrong, size_t len)
{
    GByteArray *body = g_byte_array_new();
    for (; *fields != '\0'; fields++) {
        const uint8_t one[] = {U32(1)}, count[] = {1, 0}, good[] = {XY};
        const uint8_t head[] = {(uint8_t)len, (uint8_t)(len >> 8)};
        switch (*fields) {
        case 'd':
            g_byte_array_append(body, one, sizeof(one));
            break;
        case 'w':
            g_byte_array_append(body, count, sizeof(count));
            break;
        case 's':
            g_byte_array_append(body, good, sizeof(good));
            break;
        default:
            g_byte_array_append(body, head, sizeof(head));
            g_byte_array_append(body, (const uint8_t *)wrong, (guint)len);
        }
    }
    struct bytes bytes = message(type, body->data, body->len);
    g_byte_array_unref(body);
    return bytes;
}

static void test_names_that_are_none_are_refused_in_every_field(void)
{
    static const struct {
        uint8_t type;
        const char *fields;
    } rows[] = {
        {14, "dnddd"}, {16, "dnsd"}, {18, "dndddd"}, {20, "ddn"}, {70, "ddn"},
        {72, "dndd"},  {74, "dnds"}, {74, "dsdn"},   {76, "dnd"}, {110, "ddwn"},
    };
    static const struct {
        const char *name;
        size_t len;
        const char *why;
    } names[] = {
        {"", 0, "a name is empty"},
        {"/", 1, "a name has a slash in it"},
        {"../x", 4, "a name has a slash in it"},
        {"a/", 2, "a name has a slash in it"},
        {"a\0b", 3, "a string has a NUL in it"},
        {"\0", 1, "a string has a NUL in it"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct bytes good = with_name(rows[i].type, rows[i].fields, "a", 1);
        decoded(&good);
        for (size_t j = 0; j < G_N_ELEMENTS(names); j++) {
            struct bytes bytes =
                with_name(rows[i].type, rows[i].fields, names[j].name, names[j].len);
            CU_ASSERT_STRING_EQUAL(refused(&bytes, bytes.size), names[j].why);
        }
    }
}

static void test_a_nul_is_refused_in_every_string(void)
{
    const struct bytes all[] = {
        MESSAGE(100, U32(8192), 2, 0, 'a', 0),
        MESSAGE(104, U32(7), U32(0), 1, 0, 0, XY, U32(0)),
        MESSAGE(104, U32(7), U32(0), XY, 1, 0, 0, U32(0)),
        MESSAGE(16, U32(1), XY, 2, 0, 0, 'a', U32(5)),
        MESSAGE(30, U32(1), U32(2), 1, 0, 0),
        MESSAGE(32, U32(1), 1, 0, 0, U64(3), U32(1)),
        MESSAGE(52, U32(1), 1, U32(2), U64(3), U64(4), U32(5), 1, 0, 0),
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CU_ASSERT_STRING_EQUAL(refused(&all[i], all[i].size), "a string has a NUL in it");
    }
}

static void test_sixteen_names_are_walked_and_not_one_more(void)
{
    uint8_t body[10 + 17 * 3] = {U32(1), U32(2), 16, 0};
    for (size_t i = 0; i < 17; i++) {
        memcpy(body + 10 + i * 3, (const uint8_t[]){1, 0, 'a'}, 3);
    }
    struct bytes bytes = message(110, body, 10 + 16 * 3);
    CU_ASSERT_EQUAL(decoded(&bytes).name_count, 16);
    body[8] = 17;
    bytes = message(110, body, sizeof(body));
    CU_ASSERT_STRING_EQUAL(refused(&bytes, bytes.size), "more than sixteen names");
}

static void test_a_refused_message_still_has_type_and_tag(void)
{
    struct bytes bytes = MESSAGE(110, U32(1), U32(2), 99, 0);
    struct p9_request request;
    const char *why;
    CU_ASSERT_FALSE(decode(&bytes, bytes.size, &request, &why));
    CU_ASSERT_TRUE(request.type == P9_TWALK && request.tag == 0x1234);
}

/* ---- answers, names, numbers ----------------------------------------------------------------- */

static void test_answers_are_written_little_endian(void)
{
    uint8_t bytes[64];
    struct p9_reply reply;
    p9_reply_begin(&reply, bytes, sizeof(bytes), 111, 0x1234);
    p9_put_u8(&reply, 1);
    p9_put_u16(&reply, 0x0203);
    p9_put_u32(&reply, 0x04050607);
    p9_put_u64(&reply, UINT64_C(0x08090a0b0c0d0e0f));
    p9_put_string(&reply, "ab", 2);
    p9_put_qid(&reply, &(struct p9_qid){0x80, 0x11121314, 0x15});
    const uint8_t wanted[] = {39,   0,    0,    0,    111,  0x34, 0x12, 1, 3, 2, 7, 6,   5,
                              4,    0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 9, 8, 2, 0, 'a', 'b',
                              0x80, 0x14, 0x13, 0x12, 0x11, 0x15, 0,    0, 0, 0, 0, 0,   0};
    CU_ASSERT_EQUAL(p9_reply_end(&reply), sizeof(wanted));
    CU_ASSERT_EQUAL(memcmp(bytes, wanted, sizeof(wanted)), 0);
    CU_ASSERT_EQUAL(p9_reply_error(bytes, 11, 1, 13), 11);
    CU_ASSERT_EQUAL(memcmp(bytes, (const uint8_t[]){11, 0, 0, 0, 7, 1, 0, 13, 0, 0, 0}, 11), 0);
}

static void test_an_answer_never_writes_behind_its_room(void)
{
    for (size_t room = 0; room < 24; room++) {
        uint8_t bytes[32];
        memset(bytes, 0xee, sizeof(bytes));
        struct p9_reply reply;
        p9_reply_begin(&reply, bytes, room, 117, 1);
        p9_put_u64(&reply, 0);
        p9_put_string(&reply, "abcdefg", 7);
        p9_put_u8(&reply, 0); /* would fit where the string did not */
        CU_ASSERT_TRUE(reply.overflow && reply.size <= room);
        for (size_t i = room; i < sizeof(bytes); i++) {
            CU_ASSERT_EQUAL_FATAL(bytes[i], 0xee);
        }
    }
}

static void test_types_have_names(void)
{
    CU_ASSERT_STRING_EQUAL(p9_type_name(12), "Tlopen");
    CU_ASSERT_STRING_EQUAL(p9_type_name(13), "Rlopen");
    CU_ASSERT_STRING_EQUAL(p9_type_name(7), "Rlerror");
    CU_ASSERT_STRING_EQUAL(p9_type_name(107), "Rerror");
    CU_ASSERT_STRING_EQUAL(p9_type_name(112), "Topen");
    static const unsigned none[] = {0, 1, 6, 10, 106, 128, 255, 256, 4711};
    for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
        CU_ASSERT_PTR_NULL(p9_type_name(none[i]));
    }
    unsigned known = 0;
    for (unsigned type = 0; type < P9_TYPE_COUNT; type++) {
        if (p9_type_name(type) != NULL) {
            CU_ASSERT_EQUAL(p9_type_by_name(p9_type_name(type)), (int)type);
            known++;
        }
    }
    CU_ASSERT_EQUAL(known, 2 * 32 + 2);
    CU_ASSERT_EQUAL(p9_type_by_name("Tlerror"), -1);
    CU_ASSERT_EQUAL(p9_type_by_name(""), -1);
}

/* The system's headers know the numbers that Linux gave to the protocol. */
static void test_numbers_are_those_of_linux(void)
{
    CU_ASSERT_TRUE(P9_O_WRONLY == O_WRONLY && P9_O_RDWR == O_RDWR && P9_O_ACCMODE == O_ACCMODE);
    CU_ASSERT_TRUE(P9_O_CREAT == O_CREAT && P9_O_EXCL == O_EXCL && P9_O_TRUNC == O_TRUNC);
    CU_ASSERT_TRUE(P9_O_APPEND == O_APPEND && P9_AT_REMOVEDIR == AT_REMOVEDIR);
#ifdef __x86_64__ /* which has these two as the generic ones */
    CU_ASSERT_TRUE(P9_O_DIRECTORY == O_DIRECTORY && P9_O_NOFOLLOW == O_NOFOLLOW);
#endif
    CU_ASSERT_TRUE(P9_S_IFMT == S_IFMT && P9_S_IFDIR == S_IFDIR && P9_S_IFREG == S_IFREG);
    CU_ASSERT_EQUAL(P9_S_IFLNK, S_IFLNK);
}

UNIT_SUITE("p9_message", UNIT_TEST(test_session_requests), UNIT_TEST(test_requests_for_open_files),
           UNIT_TEST(test_requests_for_names), UNIT_TEST(test_requests_for_attributes),
           UNIT_TEST(test_what_is_not_served_is_read_as_a_header),
           UNIT_TEST(test_each_prefix_of_each_message_is_refused),
           UNIT_TEST(test_bytes_behind_the_last_field_are_refused),
           UNIT_TEST(test_a_size_that_is_another_is_refused),
           UNIT_TEST(test_a_count_of_data_that_wraps_is_refused),
           UNIT_TEST(test_names_that_are_none_are_refused_in_every_field),
           UNIT_TEST(test_a_nul_is_refused_in_every_string),
           UNIT_TEST(test_sixteen_names_are_walked_and_not_one_more),
           UNIT_TEST(test_a_refused_message_still_has_type_and_tag),
           UNIT_TEST(test_answers_are_written_little_endian),
           UNIT_TEST(test_an_answer_never_writes_behind_its_room), UNIT_TEST(test_types_have_names),
           UNIT_TEST(test_numbers_are_those_of_linux))
