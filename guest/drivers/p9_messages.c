/*
 * p9_messages.c - a client of 9P2000.L: what is asked about a fid
 *
 * Each function is one message. Those that carry bytes are cut to what the session allows: a file
 * is read and written in pieces, and who wants all of it asks again.
 */
#include "drivers/p9_call.h"
#include "drivers/p9_client.h"

#include "lib/errno.h"
#include "lib/string.h"

#define P9_NOBODY 0 /* the group of what is created */

/* Of a message about `fid` with no further fields, and without any in its reply. */
static int p9_finish(struct p9_call *call)
{
    p9_exchange(call);
    return p9_end(call);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Of the replies to Tlopen and Tlcreate: qid, and the size that is best, or 0. */
static int p9_finish_open(struct p9_call *call, uint32_t *io_max)
{
    const uint32_t limit = p9_io_max(call->client);
    struct p9_qid qid;
    p9_exchange(call);
    p9_get_qid(call, &qid);
    uint32_t io_unit = p9_get_u32(call);
    *io_max = io_unit > 0 && io_unit < limit ? io_unit : limit;
    return p9_end(call);
}

int p9_lopen(struct p9_client *client, uint32_t fid, uint32_t flags, uint32_t *io_max)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TLOPEN);
    p9_put_fid(&call, fid);
    p9_put_u32(&call, flags);
    return p9_finish_open(&call, io_max);
}

int p9_lcreate(struct p9_client *client, uint32_t directory, struct p9_name name, uint32_t flags,
               uint32_t mode, uint32_t *io_max)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TLCREATE);
    p9_put_fid(&call, directory);
    p9_put_name(&call, name);
    p9_put_u32(&call, flags);
    p9_put_u32(&call, mode);
    p9_put_u32(&call, P9_NOBODY);
    return p9_finish_open(&call, io_max);
}

/* Bytes that one message of this session carries. */
static uint32_t p9_clamp(const struct p9_client *client, size_t size)
{
    uint32_t limit = p9_io_max(client);
    return size < limit ? (uint32_t)size : limit;
}

/* The bytes of a reply that says how many they are: not more than were asked for. */
static const uint8_t *p9_get_data(struct p9_call *call, uint32_t asked, uint32_t *count)
{
    *count = p9_get_u32(call);
    if (call->error == 0 && *count > asked)
        p9_reject(call, "more bytes than were asked for");
    return p9_get_bytes(call, *count);
}

long p9_read(struct p9_client *client, uint32_t fid, uint64_t offset, void *buffer, size_t size)
{
    struct p9_call call;
    uint32_t count = p9_clamp(client, size), got;
    p9_begin(&call, client, P9_TREAD);
    p9_put_fid(&call, fid);
    p9_put_u64(&call, offset);
    p9_put_u32(&call, count);
    p9_exchange(&call);
    const uint8_t *bytes = p9_get_data(&call, count, &got);
    if (bytes != NULL)
        memcpy(buffer, bytes, got);
    int error = p9_end(&call);
    return error != 0 ? error : (long)got;
}

long p9_write(struct p9_client *client, uint32_t fid, uint64_t offset, const void *buffer,
              size_t size)
{
    struct p9_call call;
    uint32_t count = p9_clamp(client, size);
    p9_begin(&call, client, P9_TWRITE);
    p9_put_fid(&call, fid);
    p9_put_u64(&call, offset);
    p9_put_u32(&call, count);
    p9_put_bytes(&call, buffer, count);
    p9_exchange(&call);
    uint32_t taken = p9_get_u32(&call);
    if (call.error == 0 && taken > count)
        p9_reject(&call, "more bytes taken than were sent");
    int error = p9_end(&call);
    return error != 0 ? error : (long)taken;
}

int p9_fsync(struct p9_client *client, uint32_t fid)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TFSYNC);
    p9_put_fid(&call, fid);
    p9_put_u32(&call, 0); /* what belongs to the file beside its bytes, too */
    return p9_finish(&call);
}

/* Takes the entries that fill the bytes of an Rreaddir. */
static void p9_take_entries(struct p9_call *call, size_t end, p9_take_entry_fn *take, void *of)
{
    bool wanted = true;
    while (call->error == 0 && call->at < end) {
        struct p9_entry entry;
        p9_get_qid(call, &entry.qid);
        entry.next = p9_get_u64(call);
        entry.type = p9_get_u8(call);
        entry.name = p9_get_name(call);
        wanted = wanted && call->error == 0 && take(of, &entry);
    }
}

long p9_readdir(struct p9_client *client, uint32_t fid, uint64_t offset, size_t size,
                p9_take_entry_fn *take, void *of)
{
    struct p9_call call;
    uint32_t count = p9_clamp(client, size);
    p9_begin(&call, client, P9_TREADDIR);
    p9_put_fid(&call, fid);
    p9_put_u64(&call, offset);
    p9_put_u32(&call, count);
    p9_exchange(&call);
    uint32_t got = p9_get_u32(&call);
    if (call.error == 0 && got > count)
        p9_reject(&call, "more entries than were asked for");
    p9_take_entries(&call, call.at + got, take, of);
    int error = p9_end(&call);
    return error != 0 ? error : (long)got;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static void p9_get_time(struct p9_call *call, struct p9_time *time)
{
    time->sec = p9_get_u64(call);
    time->nsec = p9_get_u64(call);
}

int p9_getattr(struct p9_client *client, uint32_t fid, struct p9_attributes *attributes)
{
    struct p9_call call;
    struct p9_time born;
    p9_begin(&call, client, P9_TGETATTR);
    p9_put_fid(&call, fid);
    p9_put_u64(&call, P9_GETATTR_BASIC);
    p9_exchange(&call);
    attributes->valid = p9_get_u64(&call);
    p9_get_qid(&call, &attributes->qid);
    attributes->mode = p9_get_u32(&call);
    attributes->uid = p9_get_u32(&call);
    attributes->gid = p9_get_u32(&call);
    attributes->links = p9_get_u64(&call);
    attributes->device = p9_get_u64(&call);
    attributes->size = p9_get_u64(&call);
    attributes->block_size = p9_get_u64(&call);
    attributes->blocks = p9_get_u64(&call);
    p9_get_time(&call, &attributes->accessed);
    p9_get_time(&call, &attributes->modified);
    p9_get_time(&call, &attributes->changed);
    p9_get_time(&call, &born);
    (void)p9_get_u64(&call); /* generation and data version, which nobody here asks for */
    (void)p9_get_u64(&call);
    return p9_end(&call);
}

static void p9_put_time(struct p9_call *call, const struct p9_time *time)
{
    p9_put_u64(call, time->sec);
    p9_put_u64(call, time->nsec);
}

int p9_setattr(struct p9_client *client, uint32_t fid, const struct p9_changes *changes)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TSETATTR);
    p9_put_fid(&call, fid);
    p9_put_u32(&call, changes->valid);
    p9_put_u32(&call, changes->mode);
    p9_put_u32(&call, changes->uid);
    p9_put_u32(&call, changes->gid);
    p9_put_u64(&call, changes->size);
    p9_put_time(&call, &changes->accessed);
    p9_put_time(&call, &changes->modified);
    return p9_finish(&call);
}

int p9_statfs(struct p9_client *client, uint32_t fid, struct p9_filesystem *filesystem)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TSTATFS);
    p9_put_fid(&call, fid);
    p9_exchange(&call);
    filesystem->type = p9_get_u32(&call);
    filesystem->block_size = p9_get_u32(&call);
    filesystem->blocks = p9_get_u64(&call);
    filesystem->blocks_free = p9_get_u64(&call);
    filesystem->blocks_available = p9_get_u64(&call);
    filesystem->files = p9_get_u64(&call);
    filesystem->files_free = p9_get_u64(&call);
    filesystem->number = p9_get_u64(&call);
    filesystem->name_max = p9_get_u32(&call);
    return p9_end(&call);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Of the replies that say what was made, which nobody here asks for. */
static int p9_finish_make(struct p9_call *call)
{
    struct p9_qid qid;
    p9_exchange(call);
    p9_get_qid(call, &qid);
    return p9_end(call);
}

int p9_mkdir(struct p9_client *client, uint32_t directory, struct p9_name name, uint32_t mode)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TMKDIR);
    p9_put_fid(&call, directory);
    p9_put_name(&call, name);
    p9_put_u32(&call, mode);
    p9_put_u32(&call, P9_NOBODY);
    return p9_finish_make(&call);
}

int p9_symlink(struct p9_client *client, uint32_t directory, struct p9_name name,
               struct p9_name target)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TSYMLINK);
    p9_put_fid(&call, directory);
    p9_put_name(&call, name);
    p9_put_name(&call, target);
    p9_put_u32(&call, P9_NOBODY);
    return p9_finish_make(&call);
}

int p9_unlinkat(struct p9_client *client, uint32_t directory, struct p9_name name, uint32_t flags)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TUNLINKAT);
    p9_put_fid(&call, directory);
    p9_put_name(&call, name);
    p9_put_u32(&call, flags);
    return p9_finish(&call);
}

int p9_renameat(struct p9_client *client, uint32_t from, struct p9_name old, uint32_t to,
                struct p9_name new)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TRENAMEAT);
    p9_put_fid(&call, from);
    p9_put_name(&call, old);
    p9_put_fid(&call, to);
    p9_put_name(&call, new);
    return p9_finish(&call);
}

int p9_link(struct p9_client *client, uint32_t directory, uint32_t fid, struct p9_name name)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TLINK);
    p9_put_fid(&call, directory);
    p9_put_fid(&call, fid);
    p9_put_name(&call, name);
    return p9_finish(&call);
}

long p9_readlink(struct p9_client *client, uint32_t fid, char *buffer, size_t size)
{
    struct p9_call call;
    p9_begin(&call, client, P9_TREADLINK);
    p9_put_fid(&call, fid);
    p9_exchange(&call);
    struct p9_name target = p9_get_name(&call);
    size_t length = target.length < size ? target.length : size;
    if (target.text != NULL)
        memcpy(buffer, target.text, length);
    int error = p9_end(&call);
    return error != 0 ? error : (long)length;
}
