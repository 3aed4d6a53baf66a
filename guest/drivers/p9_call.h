/*
 * p9_call.h - one transaction of 9P: fields out, fields in; for p9_*.c
 *
 *     struct p9_call call;
 *     p9_begin(&call, client, P9_TLOPEN);
 *     p9_put_fid(&call, fid);
 *     p9_put_u32(&call, flags);
 *     p9_exchange(&call);
 *     p9_get_qid(&call, &qid);
 *     uint32_t io_unit = p9_get_u32(&call);
 *     return p9_end(&call);
 *
 * The first error sticks: what comes behind it does nothing, and reads zeros. So it is asked for
 * once, at the end.
 */
#ifndef DRIVERS_P9_CALL_H
#define DRIVERS_P9_CALL_H

#include "drivers/p9_client.h"

struct p9_call {
    struct p9_client *client;
    struct virtio_9p_request *request; /* NULL: there is none, or it has gone */
    enum p9_type type;
    uint16_t tag;
    size_t at;     /* of the next field */
    size_t end;    /* of the message's room, then of the reply */
    int error;     /* 0: none so far */
    bool in_doubt; /* it was sent, and nobody knows whether the server has done what it says */
};

/* Waits for a free request. */
void p9_begin(struct p9_call *call, struct p9_client *client, enum p9_type type);
/* Sends the message and waits for its reply, of which the fields can be got then. */
void p9_exchange(struct p9_call *call);
/* Lets go of it. 0, or what went wrong: also -KEIO for a reply that lacks a field, or has more. */
int p9_end(struct p9_call *call);
/* What the caller finds wrong. */
void p9_fail(struct p9_call *call, int error);
/* The reply makes no sense: -KEIO, counted and told. Keeps `why`, a literal. */
void p9_reject(struct p9_call *call, const char *why);

void p9_put_u8(struct p9_call *call, uint8_t value);
void p9_put_u16(struct p9_call *call, uint16_t value);
void p9_put_u32(struct p9_call *call, uint32_t value);
void p9_put_u64(struct p9_call *call, uint64_t value);
/* -KESTALE: it is of a session that is over. */
void p9_put_fid(struct p9_call *call, uint32_t fid);
void p9_put_name(struct p9_call *call, struct p9_name name);
void p9_put_bytes(struct p9_call *call, const void *bytes, size_t size);

uint8_t p9_get_u8(struct p9_call *call);
uint16_t p9_get_u16(struct p9_call *call);
uint32_t p9_get_u32(struct p9_call *call);
uint64_t p9_get_u64(struct p9_call *call);
void p9_get_qid(struct p9_call *call, struct p9_qid *qid);
/* In the reply, until the end; NULL: they are not there. */
const uint8_t *p9_get_bytes(struct p9_call *call, size_t size);
struct p9_name p9_get_name(struct p9_call *call);

#endif
