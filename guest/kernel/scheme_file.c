/*
 * scheme_file.c - files of schemes: what programs do with them becomes requests
 *
 * A handle exists before the provider is asked to open it, so that an answer that comes when the
 * caller is dead finds what it is about: it is closed again at once. Providers choose the numbers
 * of their handles as they like, the same one for two files if they like; both get its events then.
 */
#include "kernel/scheme_priv.h"

#include "kernel/dirent.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/probe.h"

#define HANDLE_BUCKETS 1024
/* What a provider hears of the flags of open(2). */
#define HANDLE_FLAGS                                                                               \
    (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY | O_NOFOLLOW | O_PATH |       \
     FILE_NONBLOCK)

static struct scheme_handle *handle_buckets[HANDLE_BUCKETS]; /* of open ones, by number */
static struct scheme_handle handle_objects[SCHEME_HANDLES_MAX];
static struct pool handle_pool;

static const struct file_ops scheme_file_ops;

void scheme_file_init(void)
{
    memset(handle_buckets, 0, sizeof handle_buckets);
    pool_init(&handle_pool, "scheme-handles", handle_objects, sizeof handle_objects[0],
              SCHEME_HANDLES_MAX);
}

/* ---- with the lock: handles ------------------------------------------------------------------ */

/* Schemes count up, and so do the handles of most of them. */
static struct scheme_handle **handle_bucket(const struct scheme *scheme, uint64_t number)
{
    return &handle_buckets[(number + scheme->number * 131) % HANDLE_BUCKETS];
}

void scheme_handle_opened(struct scheme_handle *handle, uint64_t number)
{
    struct scheme_handle **bucket = handle_bucket(handle->scheme, number);
    handle->number = number;
    handle->source.handle = number;
    handle->is_open = true;
    handle->next_of_number = *bucket;
    *bucket = handle;
}

void scheme_handle_free(struct scheme_handle *handle)
{
    if (handle->is_open) {
        struct scheme_handle **place = handle_bucket(handle->scheme, handle->number);
        while (*place != handle)
            place = &(*place)->next_of_number;
        *place = handle->next_of_number;
    }
    list_remove(&handle->of_scheme);
    scheme_release(handle->scheme);
    pool_free(&handle_pool, handle);
}

void scheme_handle_trigger(const struct scheme *scheme, uint64_t number, unsigned events)
{
    probe_file_ready(scheme->number, number, events);
    for (struct scheme_handle *handle = *handle_bucket(scheme, number); handle != NULL;
         handle = handle->next_of_number) {
        if (handle->scheme == scheme && handle->number == number)
            event_trigger(&handle->source, events);
    }
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Takes a reference of the scheme's, which is given back when there is no handle. */
static struct scheme_handle *handle_alloc(struct scheme *scheme)
{
    struct scheme_handle *handle = pool_alloc(&handle_pool);
    uint64_t daif = scheme_lock();
    if (handle != NULL) {
        handle->scheme = scheme;
        handle->is_open = false;
        event_source_init(&handle->source, "file", scheme->number);
        list_init(&handle->of_scheme);
        list_add_tail(&scheme->handles, &handle->of_scheme);
    } else {
        scheme_release(scheme);
    }
    scheme_unlock(daif);
    return handle;
}

/* A file that the provider has still to be asked for. Takes a reference of the scheme's. */
static struct file *scheme_file_alloc(struct scheme *scheme)
{
    struct scheme_handle *handle = handle_alloc(scheme);
    struct file *file = handle != NULL ? file_alloc(&scheme_file_ops, handle) : NULL;
    if (file == NULL && handle != NULL) {
        uint64_t daif = scheme_lock();
        scheme_handle_free(handle);
        scheme_unlock(daif);
    }
    return file;
}

/* Asks for it. Takes the file; NULL: the provider, or a signal, is against it. */
static struct file *scheme_file_ask(struct file *file, struct scheme_call *call, int *error)
{
    call->opened = file->object;
    long result = scheme_request_call(call);
    if (result >= 0)
        return file;
    if (call->abandoned)
        file->object = NULL; /* the answer will find the handle */
    file_release(file);
    *error = (int)result;
    return NULL;
}

struct file *scheme_file_open(struct scheme *scheme, const char *path, int flags, unsigned mode,
                              int *error)
{
    struct scheme_call call = {
        .scheme = scheme,
        .operation = SCHEME_OPEN,
        .flags = (unsigned)flags & HANDLE_FLAGS,
        .mode = mode,
        .from = path,
        .size = kstrlen(path),
    };
    struct file *file = scheme_file_alloc(scheme);
    *error = -KENFILE;
    return file != NULL ? scheme_file_ask(file, &call, error) : NULL;
}

static struct file *scheme_file_dup(struct file *from, const void *bytes, size_t size, int *error)
{
    const struct scheme_handle *handle = from->object;
    struct scheme_call call = {
        .scheme = handle->scheme,
        .operation = SCHEME_DUP,
        .handle = handle->number,
        .flags = from->flags & HANDLE_FLAGS,
        .from = bytes,
        .size = size,
    };
    *error = -KENAMETOOLONG;
    if (size > SCHEME_PATH_MAX)
        return NULL;
    uint64_t daif = scheme_lock();
    handle->scheme->references++;
    scheme_unlock(daif);
    struct file *file = scheme_file_alloc(handle->scheme);
    *error = -KENFILE;
    return file != NULL ? scheme_file_ask(file, &call, error) : NULL;
}

/* ---- operations ------------------------------------------------------------------------------ */

/* What is asked of the provider of a file; the rest is the operation's. */
static struct scheme_call scheme_file_call(const struct file *file, enum scheme_operation operation)
{
    const struct scheme_handle *handle = file->object;
    return (struct scheme_call){
        .scheme = handle->scheme,
        .operation = operation,
        .handle = handle->number,
        .offset = file->offset,
    };
}

static long scheme_file_transfer(struct file *file, struct scheme_call *call, size_t size)
{
    call->flags = file->flags & FILE_NONBLOCK;
    call->size = size < SCHEME_DATA_MAX ? size : SCHEME_DATA_MAX;
    long result = scheme_request_call(call);
    if (result > 0)
        file->offset += (uint64_t)result;
    return result;
}

static long scheme_file_read(struct file *file, void *buffer, size_t size)
{
    struct scheme_call call = scheme_file_call(file, SCHEME_READ);
    call.to = buffer;
    return scheme_file_transfer(file, &call, size);
}

static long scheme_file_write(struct file *file, const void *buffer, size_t size)
{
    struct scheme_call call = scheme_file_call(file, SCHEME_WRITE);
    call.from = buffer;
    return scheme_file_transfer(file, &call, size);
}

/* One request, since for a provider of datagrams two of them would be two. */
static long scheme_file_readv(struct file *file, const struct message *message)
{
    struct scheme_call call = scheme_file_call(file, SCHEME_READ);
    call.pieces = message;
    return scheme_file_transfer(file, &call, message->size);
}

static long scheme_file_writev(struct file *file, const struct message *message)
{
    struct scheme_call call = scheme_file_call(file, SCHEME_WRITE);
    call.pieces = message;
    return scheme_file_transfer(file, &call, message->size);
}

static int scheme_file_sync(struct file *file)
{
    struct scheme_call call = scheme_file_call(file, SCHEME_SYNC);
    return (int)scheme_request_call(&call);
}

/* A structure that the provider fills: 0, or the error. A part of one is none. */
static int scheme_file_ask_for(struct file *file, enum scheme_operation operation, void *to,
                               size_t size)
{
    struct scheme_call call = scheme_file_call(file, operation);
    call.to = to;
    call.size = size;
    long result = scheme_request_call(&call);
    if (result < 0)
        return (int)result;
    return (size_t)result == size ? 0 : -KEIO;
}

static int scheme_file_stat(struct file *file, struct kernel_stat *stat)
{
    int error = scheme_file_ask_for(file, SCHEME_STAT, stat, sizeof *stat);
    if (error != -KEOPNOTSUPP)
        return error;
    stat->st_mode = S_IFCHR | 0600;
    stat->st_nlink = 1;
    return 0;
}

static int scheme_file_statfs(struct file *file, struct kernel_statfs *statfs)
{
    int error = scheme_file_ask_for(file, SCHEME_STATFS, statfs, sizeof *statfs);
    return error != -KEOPNOTSUPP ? error : -KENOSYS;
}

static long scheme_file_size(struct file *file)
{
    struct kernel_stat stat;
    int error = scheme_file_ask_for(file, SCHEME_STAT, &stat, sizeof stat);
    if (error != 0)
        return error != -KEOPNOTSUPP ? error : -KESPIPE;
    return stat.st_size >= 0 ? stat.st_size : -KEIO;
}

static int scheme_file_setattr(struct file *file, const struct file_change *change)
{
    struct scheme_call call = scheme_file_call(file, SCHEME_SETATTR);
    call.from = change;
    call.size = sizeof *change;
    return (int)scheme_request_call(&call);
}

static long scheme_file_readlink(struct file *file, char *target, size_t size)
{
    struct scheme_call call = scheme_file_call(file, SCHEME_READLINK);
    call.to = target;
    call.size = size < SCHEME_PATH_MAX ? size : SCHEME_PATH_MAX;
    long result = scheme_request_call(&call);
    return result != -KEOPNOTSUPP ? result : -KEINVAL;
}

/* The records are the provider's; that they can be read on is found here. */
static long scheme_file_list(struct file *file, void *buffer, size_t size)
{
    struct scheme_call call = scheme_file_call(file, SCHEME_LIST);
    struct kernel_dirent64 record;
    size_t at = 0;
    call.to = buffer;
    call.size = size < SCHEME_DATA_MAX ? size : SCHEME_DATA_MAX;
    long result = scheme_request_call(&call);
    if (result <= 0)
        return result != -KEOPNOTSUPP ? result : -KENOTDIR;
    while (dirent_next(buffer, (size_t)result, &at, &record) != NULL)
        continue;
    if (at != (size_t)result)
        return -KEIO;
    file->offset = (uint64_t)record.d_off;
    return result;
}

static struct event_source *scheme_file_source(struct file *file)
{
    return &((struct scheme_handle *)file->object)->source;
}

static long scheme_file_watch(struct file *file, unsigned events)
{
    struct scheme_call call = scheme_file_call(file, SCHEME_EVENTS);
    call.flags = events;
    return scheme_request_call(&call);
}

/* The kernel knows the scheme, and the provider the rest. */
static long scheme_file_path(struct file *file, char *text, size_t size)
{
    const struct scheme_handle *handle = file->object;
    size_t length = ksnprintf(text, size, SCHEME_ROOT "%s", handle->scheme->name);
    return length < size ? (long)length : -KENAMETOOLONG;
}

static void scheme_file_close(struct file *file)
{
    struct scheme_handle *handle = file->object;
    if (handle == NULL)
        return;
    event_source_fini(&handle->source);
    uint64_t daif = scheme_lock();
    if (handle->is_open && !handle->scheme->gone)
        scheme_request_close(handle);
    else
        scheme_handle_free(handle);
    scheme_unlock(daif);
}

static const struct file_ops scheme_file_ops = {
    .kind = "scheme",
    .read = scheme_file_read,
    .write = scheme_file_write,
    .readv = scheme_file_readv,
    .writev = scheme_file_writev,
    .size = scheme_file_size,
    .close = scheme_file_close,
    .source = scheme_file_source,
    .watch = scheme_file_watch,
    .dup = scheme_file_dup,
    .sync = scheme_file_sync,
    .stat = scheme_file_stat,
    .setattr = scheme_file_setattr,
    .statfs = scheme_file_statfs,
    .readlink = scheme_file_readlink,
    .list = scheme_file_list,
    .path = scheme_file_path,
};
