/*
 * fuzz_p9_message.c - any bytes as a request of 9P2000.L
 *
 * The first byte says whether the size in front of a message is made right. What is accepted is a
 * request: strings and data lie inside of it, names are names, and it ends where its last field
 * does, so that neither a byte more nor a byte less would be one. What is refused has a reason.
 */
#include "emu/virtio-9p/p9_message.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_SIZE_RIGHT 1 /* of the first byte */

struct fuzz_message {
    uint8_t *bytes;
    size_t size;
};

/* A copy in memory of exactly its size; bytes behind the given ones are zero. */
static struct fuzz_message fuzz_copy(const uint8_t *bytes, size_t given, size_t size)
{
    struct fuzz_message message = {.bytes = calloc(size > 0 ? size : 1, 1), .size = size};
    FUZZ_CHECK(message.bytes != NULL);
    if (given > 0) {
        memcpy(message.bytes, bytes, given < size ? given : size);
    }
    return message;
}

static void fuzz_set_size(struct fuzz_message *message)
{
    for (size_t i = 0; i < 4 && i < message->size; i++) {
        message->bytes[i] = (uint8_t)(message->size >> 8 * i);
    }
}

static void fuzz_check_inside(const struct fuzz_message *message, const void *part, size_t size)
{
    const uint8_t *from = part, *end = message->bytes + message->size;
    FUZZ_CHECK(from >= message->bytes + P9_HEADER_SIZE && from <= end);
    FUZZ_CHECK(size <= (size_t)(end - from));
}

static void fuzz_check_request(const struct fuzz_message *message, const struct p9_request *request)
{
    FUZZ_CHECK(request->size == message->size && message->size >= P9_HEADER_SIZE);
    FUZZ_CHECK(request->type == message->bytes[4]);
    FUZZ_CHECK(request->name_count <= P9_WALK_MAX);
    for (unsigned i = 0; i < request->name_count; i++) {
        const struct p9_string *name = &request->names[i];
        fuzz_check_inside(message, name->bytes, name->len);
        FUZZ_CHECK(name->len > 0 && memchr(name->bytes, '/', name->len) == NULL);
        FUZZ_CHECK(memchr(name->bytes, '\0', name->len) == NULL);
    }
    if (request->text.bytes != NULL) {
        fuzz_check_inside(message, request->text.bytes, request->text.len);
        FUZZ_CHECK(memchr(request->text.bytes, '\0', request->text.len) == NULL);
    }
    FUZZ_CHECK((request->data != NULL) == (request->type == P9_TWRITE));
    if (request->data != NULL) {
        fuzz_check_inside(message, request->data, request->count);
    }
}

/* The same message with another size, which it states. */
static void fuzz_check_refused(const struct fuzz_message *message, size_t size)
{
    struct fuzz_message other = fuzz_copy(message->bytes, message->size, size);
    struct p9_request request;
    const char *why;
    fuzz_set_size(&other);
    FUZZ_CHECK(!p9_decode(other.bytes, other.size, &request, &why) && why != NULL);
    free(other.bytes);
}

/* Has it fields that are read? Those of other types end wherever the message does. */
static bool fuzz_is_served(uint8_t type)
{
    const char *name = p9_type_name(type);
    static const uint8_t named_only[] = {P9_TAUTH, P9_TOPEN, P9_TCREATE, P9_TSTAT, P9_TWSTAT};
    return name != NULL && name[0] == 'T' && memchr(named_only, type, sizeof(named_only)) == NULL;
}

void fuzz_run(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .size = size};
    uint8_t what = fuzz_u8(&input);
    struct fuzz_message message = fuzz_copy(input.data, input.size, input.size);
    if ((what & FUZZ_SIZE_RIGHT) != 0) {
        fuzz_set_size(&message);
    }
    struct p9_request request;
    const char *why;
    bool accepted = p9_decode(message.bytes, message.size, &request, &why);
    FUZZ_CHECK(accepted == (why == NULL));
    if (accepted) {
        fuzz_check_request(&message, &request);
        if (fuzz_is_served(request.type)) {
            fuzz_check_refused(&message, message.size - 1);
            fuzz_check_refused(&message, message.size + 1);
        }
    }
    free(message.bytes);
}
