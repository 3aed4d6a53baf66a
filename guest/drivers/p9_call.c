/*
 * p9_call.c - one transaction of 9P
 *
 * The server is not trusted. A reply counts when it has the size that it says it has, the tag of
 * the message, and a type that answers it; what it then lacks, or has too much of, is found when
 * its fields are taken.
 *
 * Tags count up, and pass over P9_NOTAG and those that are still in use: by other tasks, or for
 * messages for which nobody waits any more, but which the server may answer yet. Of these the
 * server is told with a Tflush, for which nobody waits either.
 */
#include "drivers/p9_call.h"

#include "kernel/lock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "ringside/probe.h"

/* ---- fields ---------------------------------------------------------------------------------- */

void p9_fail(struct p9_call *call, int error)
{
    if (call->error == 0)
        call->error = error;
}

void p9_reject(struct p9_call *call, const char *why)
{
    struct p9_client *client = call->client;
    if (call->error != 0)
        return;
    probe_drop(client->channel->queue.name, why);
    probe_counter(client->rejected_counter, ++client->rejected);
    call->error = -KEIO;
}

/* Room for a field of the message, or NULL. */
static uint8_t *p9_room(struct p9_call *call, size_t size)
{
    if (call->error != 0)
        return NULL;
    if (size > call->end - call->at) {
        p9_fail(call, -KENAMETOOLONG);
        return NULL;
    }
    uint8_t *field = call->request->message + call->at;
    call->at += size;
    return field;
}

static void p9_put(struct p9_call *call, uint64_t value, size_t size)
{
    uint8_t *field = p9_room(call, size);
    for (size_t i = 0; field != NULL && i < size; i++)
        field[i] = (uint8_t)(value >> 8 * i);
}

void p9_put_u8(struct p9_call *call, uint8_t value)
{
    p9_put(call, value, 1);
}

void p9_put_u16(struct p9_call *call, uint16_t value)
{
    p9_put(call, value, 2);
}

void p9_put_u32(struct p9_call *call, uint32_t value)
{
    p9_put(call, value, 4);
}

void p9_put_u64(struct p9_call *call, uint64_t value)
{
    p9_put(call, value, 8);
}

void p9_put_bytes(struct p9_call *call, const void *bytes, size_t size)
{
    uint8_t *field = p9_room(call, size);
    if (field != NULL)
        memcpy(field, bytes, size);
}

void p9_put_name(struct p9_call *call, struct p9_name name)
{
    if (name.length > UINT16_MAX) {
        p9_fail(call, -KENAMETOOLONG);
        return;
    }
    p9_put_u16(call, (uint16_t)name.length);
    p9_put_bytes(call, name.text, name.length);
}

const uint8_t *p9_get_bytes(struct p9_call *call, size_t size)
{
    if (call->error == 0 && size > call->end - call->at)
        p9_reject(call, "reply without all of its fields");
    if (call->error != 0)
        return NULL;
    const uint8_t *field = call->request->reply + call->at;
    call->at += size;
    return field;
}

static uint64_t p9_get(struct p9_call *call, size_t size)
{
    const uint8_t *field = p9_get_bytes(call, size);
    uint64_t value = 0;
    for (size_t i = 0; field != NULL && i < size; i++)
        value |= (uint64_t)field[i] << 8 * i;
    return value;
}

uint8_t p9_get_u8(struct p9_call *call)
{
    return (uint8_t)p9_get(call, 1);
}

uint16_t p9_get_u16(struct p9_call *call)
{
    return (uint16_t)p9_get(call, 2);
}

uint32_t p9_get_u32(struct p9_call *call)
{
    return (uint32_t)p9_get(call, 4);
}

uint64_t p9_get_u64(struct p9_call *call)
{
    return p9_get(call, 8);
}

void p9_get_qid(struct p9_call *call, struct p9_qid *qid)
{
    qid->type = p9_get_u8(call);
    qid->version = p9_get_u32(call);
    qid->path = p9_get_u64(call);
}

struct p9_name p9_get_name(struct p9_call *call)
{
    size_t length = p9_get_u16(call);
    const uint8_t *text = p9_get_bytes(call, length);
    return (struct p9_name){.text = (const char *)text, .length = text != NULL ? length : 0};
}

/* ---- the message ----------------------------------------------------------------------------- */

/* As many are in use at the most as there are requests, so it ends. */
static uint16_t p9_take_tag(struct p9_client *client)
{
    uint16_t tag;
    uint64_t daif = spin_lock(&client->lock);
    do
        tag = client->next_tag++;
    while (tag == P9_NOTAG || virtio_9p_has_tag(client->channel, tag));
    spin_unlock(&client->lock, daif);
    return tag;
}

/* Begins the message of a request that is there. */
static void p9_begin_message(struct p9_call *call)
{
    call->tag = call->type == P9_TVERSION ? P9_NOTAG : p9_take_tag(call->client);
    call->request->tag = call->tag;
    call->at = 0;
    call->end = call->client->msize;
    p9_put_u32(call, 0); /* the size, when it is known */
    p9_put_u8(call, (uint8_t)call->type);
    p9_put_u16(call, call->tag);
}

/* How large it has become, which is written in front. */
static size_t p9_close_message(struct p9_call *call)
{
    size_t size = call->at;
    call->at = 0;
    p9_put_u32(call, (uint32_t)size);
    return size;
}

void p9_begin(struct p9_call *call, struct p9_client *client, enum p9_type type)
{
    *call = (struct p9_call){.client = client, .type = type};
    call->error = virtio_9p_acquire(client->channel, &call->request);
    if (call->error == 0)
        p9_begin_message(call);
}

/* Nobody waits for the reply to a message any more, which the server is told. */
static void p9_flush(struct p9_client *client, uint16_t tag)
{
    struct p9_call call = {.client = client, .type = P9_TFLUSH};
    call.request = virtio_9p_acquire_now(client->channel);
    if (call.request == NULL)
        return;
    p9_begin_message(&call);
    p9_put_u16(&call, tag);
    virtio_9p_post(client->channel, call.request, p9_close_message(&call));
}

/* ---- the reply ------------------------------------------------------------------------------- */

/* Rlerror: the number is the server's, as long as it is one. */
static void p9_take_error(struct p9_call *call)
{
    uint32_t number = p9_get_u32(call);
    if (number == 0 || number > KERRNO_MAX)
        p9_reject(call, "error without a number");
    if (call->at != call->end)
        p9_reject(call, "error with more than its number");
    p9_fail(call, -(int)number);
}

static void p9_take_header(struct p9_call *call, size_t written)
{
    call->at = 0;
    call->end = written <= call->client->msize ? written : 0;
    uint32_t size = p9_get_u32(call);
    uint8_t type = p9_get_u8(call);
    uint16_t tag = p9_get_u16(call);
    if (call->error == 0 && size != written)
        p9_reject(call, "reply of another size than it says");
    if (call->error == 0 && tag != call->tag)
        p9_reject(call, "reply with a foreign tag");
    if (call->error == 0 && type != P9_RLERROR && type != call->type + 1)
        p9_reject(call, "reply of another type");
    call->in_doubt = call->error != 0;
    if (call->error == 0 && type == P9_RLERROR)
        p9_take_error(call);
}

void p9_exchange(struct p9_call *call)
{
    if (call->error != 0)
        return;
    struct virtio_9p *channel = call->client->channel;
    call->in_doubt = true;
    long written = virtio_9p_transact(channel, call->request, p9_close_message(call));
    if (written >= 0) {
        p9_take_header(call, (size_t)written);
        return;
    }
    call->request = NULL;
    p9_fail(call, (int)written);
    if (written == -KETIMEDOUT || written == -KEINTR)
        p9_flush(call->client, call->tag);
}

int p9_end(struct p9_call *call)
{
    if (call->error == 0 && call->at != call->end)
        p9_reject(call, "reply with more than its fields");
    if (call->request != NULL)
        virtio_9p_release(call->client->channel, call->request);
    return call->error;
}
