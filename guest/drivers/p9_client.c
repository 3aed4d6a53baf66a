/*
 * p9_client.c - a client of 9P2000.L: sessions, fids, walks
 *
 * A fid is a number of the session in the upper bits and a place in a table of bits in the lower
 * ones. So a file that was opened in a session that is over is never taken for one of the session
 * after it, and is found out without asking the server.
 *
 * A fid is taken before the server is told of it. When it answers that there is none, the place is
 * free again; when it does not answer, or with something that makes no sense, nobody knows, and the
 * place is not used again in this session.
 */
#include "drivers/p9_client.h"

#include "drivers/p9_call.h"
#include "kernel/lock.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "ringside/probe.h"

#define P9_FID_BITS     12
#define P9_SESSION_MASK 0x7ffffu /* so that no fid is P9_NOFID */
#define P9_WORD_BITS    32
kstatic_assert(P9_FIDS_MAX == 1 << P9_FID_BITS, "a fid is a place in the table, and a session");

/* ---- fids ------------------------------------------------------------------------------------ */

/* The lowest that is free. */
static int p9_fid_take(struct p9_client *client, uint32_t *fid)
{
    const unsigned words = P9_FIDS_MAX / P9_WORD_BITS;
    uint64_t daif = spin_lock(&client->lock);
    unsigned word = client->fids_from;
    while (word < words && client->fids[word] == UINT32_MAX)
        word++;
    client->fids_from = word;
    if (word < words) {
        unsigned bit = (unsigned)__builtin_ctz(~client->fids[word]);
        client->fids[word] |= UINT32_C(1) << bit;
        *fid = client->session << P9_FID_BITS | (word * P9_WORD_BITS + bit);
    }
    spin_unlock(&client->lock, daif);
    return word < words ? 0 : -KEMFILE;
}

static void p9_fid_give(struct p9_client *client, uint32_t fid)
{
    unsigned place = fid % P9_FIDS_MAX, word = place / P9_WORD_BITS;
    uint32_t bit = UINT32_C(1) << place % P9_WORD_BITS;
    uint64_t daif = spin_lock(&client->lock);
    if (fid >> P9_FID_BITS == client->session) {
        kassert((client->fids[word] & bit) != 0);
        client->fids[word] &= ~bit;
        if (word < client->fids_from)
            client->fids_from = word;
    }
    spin_unlock(&client->lock, daif);
}

/* Behind a message after which the fid is none: unless nobody knows whether it is. */
static void p9_fid_end(const struct p9_call *call, uint32_t fid)
{
    if (!call->in_doubt)
        p9_fid_give(call->client, fid);
}

void p9_put_fid(struct p9_call *call, uint32_t fid)
{
    if (fid >> P9_FID_BITS != call->client->session)
        p9_fail(call, -KESTALE);
    p9_put_u32(call, fid);
}

int p9_clunk(struct p9_client *client, uint32_t fid)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TCLUNK);
    call.in_doubt = true; /* the server has it until it answers, also when it is never asked */
    p9_put_fid(&call, fid);
    p9_exchange(&call);
    int error = p9_end(&call);
    p9_fid_end(&call, fid);
    return error;
}

/* The qids that the reply has, of `count` that were asked for. */
static unsigned p9_get_walked(struct p9_call *call, struct p9_qid *qids, unsigned count)
{
    unsigned walked = p9_get_u16(call);
    if (walked > count)
        p9_reject(call, "walk that goes too far");
    for (unsigned i = 0; i < walked && call->error == 0; i++)
        p9_get_qid(call, &qids[i]);
    return walked;
}

int p9_walk(struct p9_client *client, uint32_t fid, const struct p9_name *names, unsigned count,
            struct p9_qid *qids, unsigned *walked, uint32_t *newfid)
{
    struct p9_call call;
    kassert(count <= P9_WALK_MAX);
    int error = p9_fid_take(client, newfid);
    if (error != 0)
        return error;
    p9_begin(&call, client, P9_TWALK);
    p9_put_fid(&call, fid);
    p9_put_u32(&call, *newfid);
    p9_put_u16(&call, (uint16_t)count);
    for (unsigned i = 0; i < count; i++)
        p9_put_name(&call, names[i]);
    p9_exchange(&call);
    *walked = p9_get_walked(&call, qids, count);
    error = p9_end(&call);
    /* "newfid will be affected only if all the names walk", walk(5): there is nothing to clunk. */
    if (error != 0 || *walked < count)
        p9_fid_end(&call, *newfid);
    return error;
}

/* ---- sessions -------------------------------------------------------------------------------- */

static int p9_version(struct p9_client *client)
{
    const struct p9_name version = {P9_VERSION, sizeof P9_VERSION - 1};
    const uint32_t wanted = client->channel->options.msize;
    struct p9_call call;
    p9_begin(&call, client, P9_TVERSION);
    p9_put_u32(&call, wanted);
    p9_put_name(&call, version);
    p9_exchange(&call);
    uint32_t msize = p9_get_u32(&call);
    struct p9_name spoken = p9_get_name(&call);
    if (call.error == 0 &&
        (spoken.length != version.length || !kmemeq(spoken.text, version.text, version.length)))
        p9_fail(&call, -KEPROTONOSUPPORT);
    if (call.error == 0 && (msize > wanted || msize < P9_MSIZE_MIN))
        p9_reject(&call, "message size that was not offered");
    int error = p9_end(&call);
    if (error == 0)
        client->msize = msize;
    return error;
}

static int p9_attach(struct p9_client *client)
{
    const struct p9_name nobody = {"", 0};
    struct p9_call call;
    struct p9_qid qid;
    int error = p9_fid_take(client, &client->root);
    if (error != 0)
        return error;
    p9_begin(&call, client, P9_TATTACH);
    p9_put_fid(&call, client->root);
    p9_put_u32(&call, P9_NOFID);
    p9_put_name(&call, nobody);
    p9_put_name(&call, nobody);
    p9_put_u32(&call, 0); /* the user's number */
    p9_exchange(&call);
    p9_get_qid(&call, &qid);
    if (call.error == 0 && (qid.type & P9_QID_DIRECTORY) == 0)
        p9_fail(&call, -KENOTDIR);
    return p9_end(&call);
}

bool p9_is_connected(const struct p9_client *client)
{
    return client->is_connected && virtio_9p_works(client->channel);
}

int p9_connect(struct p9_client *client)
{
    if (p9_is_connected(client))
        return 0;
    client->is_connected = false;
    int error = virtio_9p_restart(client->channel);
    if (error != 0)
        return error == -KEBUSY ? -KEIO : error;
    uint64_t daif = spin_lock(&client->lock);
    client->session = (client->session + 1) & P9_SESSION_MASK;
    client->msize = client->channel->options.msize;
    memset(client->fids, 0, sizeof client->fids);
    client->fids_from = 0;
    spin_unlock(&client->lock, daif);
    error = p9_version(client);
    if (error == 0)
        error = p9_attach(client);
    client->is_connected = error == 0;
    return error;
}

uint32_t p9_root(const struct p9_client *client)
{
    return client->root;
}

uint32_t p9_io_max(const struct p9_client *client)
{
    return client->msize - P9_IO_HEADER;
}

void p9_client_init(struct p9_client *client, struct virtio_9p *channel, uint16_t first_tag)
{
    *client = (struct p9_client){
        .channel = channel,
        .lock = SPINLOCK_INIT("9p client"),
        .session = P9_SESSION_MASK,
        .next_tag = first_tag,
    };
    ksnprintf(client->rejected_counter, sizeof client->rejected_counter, "%s.rejected",
              channel->tag);
    probe_counter(client->rejected_counter, 0);
}
