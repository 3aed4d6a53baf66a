/*
 * p9_scheme.c - the scheme of a shared folder
 *
 * A handle is an open file. Where it stands is the kernel's to know, which says it with each
 * request. Files of a folder are always ready: who waits for one is answered at once.
 */
#include "drivers/p9_scheme.h"

#include "kernel/path.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

kstatic_assert(SCHEME_PATH_MAX + 2 <= PATH_SIZE_MAX, "a path with a slash in front");

void p9_scheme_init(struct p9_scheme *scheme, struct p9_client *client,
                    const struct p9_profile *profile)
{
    scheme->client = client;
    scheme->profile = *profile;
    scheme->free = 1;
    for (unsigned i = 1; i <= P9_SCHEME_HANDLES_MAX; i++) {
        scheme->handles[i].is_open = false;
        scheme->handles[i].next_free = (uint16_t)(i < P9_SCHEME_HANDLES_MAX ? i + 1 : 0);
    }
}

static void p9_scheme_give_handle(struct p9_scheme *scheme, unsigned handle)
{
    scheme->handles[handle].is_open = false;
    scheme->handles[handle].next_free = scheme->free;
    scheme->free = (uint16_t)handle;
}

/* ---- paths ----------------------------------------------------------------------------------- */

/* Paths reach a provider as they were written: makes one plain. NULL: it is too long. */
static const char *p9_scheme_path(const char *text, size_t size, char buffer[PATH_SIZE_MAX])
{
    if (size + 2 > PATH_SIZE_MAX)
        return NULL;
    buffer[0] = '/';
    memcpy(buffer + 1, text, size);
    buffer[1 + size] = '\0';
    path_clean(buffer);
    return buffer + 1;
}

/* The two parts of what has a NUL in between. False: it has none. */
static bool p9_scheme_split(const struct scheme_request *request, size_t *first,
                            const char **second, size_t *second_size)
{
    *first = kstrnlen(request->data, request->size);
    if (*first == request->size)
        return false;
    *second = (const char *)request->data + *first + 1;
    *second_size = request->size - *first - 1;
    return true;
}

static long p9_scheme_change_two(struct p9_scheme *scheme, const struct scheme_request *request)
{
    char from_buffer[PATH_SIZE_MAX], to_buffer[PATH_SIZE_MAX];
    size_t first, second_size;
    const char *second;
    if (!p9_scheme_split(request, &first, &second, &second_size))
        return -KEINVAL;
    const char *to = p9_scheme_path(second, second_size, to_buffer);
    const char *from = p9_scheme_path(request->data, first, from_buffer);
    if (to == NULL || from == NULL)
        return -KENAMETOOLONG;
    if (request->operation == SCHEME_SYMLINK) /* whose text is no path of ours */
        return p9_path_symlink(scheme->client, request->data, to);
    return request->operation == SCHEME_RENAME
               ? p9_path_rename(scheme->client, from, to, request->flags)
               : p9_path_link(scheme->client, from, to);
}

static long p9_scheme_open(struct p9_scheme *scheme, const char *path,
                           const struct scheme_request *request)
{
    unsigned handle = scheme->free;
    if (handle == 0)
        return -KENFILE;
    scheme->free = scheme->handles[handle].next_free; /* others open files meanwhile */
    int error = p9_file_open(scheme->client, &scheme->profile, path, (int)request->flags,
                             request->mode, &scheme->handles[handle].file);
    if (error != 0) {
        p9_scheme_give_handle(scheme, handle);
        return error;
    }
    scheme->handles[handle].is_open = true;
    return handle;
}

static long p9_scheme_change_one(struct p9_scheme *scheme, const struct scheme_request *request)
{
    char buffer[PATH_SIZE_MAX];
    const char *path = p9_scheme_path(request->data, request->size, buffer);
    if (path == NULL)
        return -KENAMETOOLONG;
    if (request->operation == SCHEME_OPEN)
        return p9_scheme_open(scheme, path, request);
    if (request->operation == SCHEME_MKDIR)
        return p9_path_mkdir(scheme->client, path, request->mode);
    return p9_path_remove(scheme->client, path, (request->flags & AT_REMOVEDIR) != 0);
}

/* ---- handles --------------------------------------------------------------------------------- */

static long p9_scheme_close(struct p9_scheme *scheme, unsigned handle)
{
    p9_file_close(&scheme->handles[handle].file);
    p9_scheme_give_handle(scheme, handle);
    return 0;
}

static long p9_scheme_use(const struct p9_file *file, const struct scheme_request *request)
{
    uint64_t offset = request->offset;
    int error;
    switch (request->operation) {
    case SCHEME_READ:
        return p9_file_read(file, offset, request->data, request->size);
    case SCHEME_WRITE:
        return p9_file_write(file, &offset, request->data, request->size);
    case SCHEME_LIST:
        return p9_file_list(file, &offset, request->data, request->size);
    case SCHEME_READLINK:
        return p9_file_readlink(file, request->data, request->size);
    case SCHEME_EVENTS:
        return request->flags & (EVENT_READ | EVENT_WRITE);
    case SCHEME_SYNC:
        return p9_file_sync(file);
    case SCHEME_SETATTR:
        return request->size >= sizeof(struct file_change) ? p9_file_setattr(file, request->data)
                                                           : -KEINVAL;
    case SCHEME_STAT:
        error = request->size >= sizeof(struct kernel_stat) ? p9_file_stat(file, request->data)
                                                            : -KEINVAL;
        return error != 0 ? error : (long)sizeof(struct kernel_stat);
    case SCHEME_STATFS:
        error = request->size >= sizeof(struct kernel_statfs) ? p9_file_statfs(file, request->data)
                                                              : -KEINVAL;
        return error != 0 ? error : (long)sizeof(struct kernel_statfs);
    default:
        return -KEOPNOTSUPP;
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static long p9_scheme_of_path(struct p9_scheme *scheme, const struct scheme_request *request,
                              long (*change)(struct p9_scheme *, const struct scheme_request *))
{
    int error = p9_connect(scheme->client);
    return error != 0 ? error : change(scheme, request);
}

long p9_scheme_serve(struct p9_scheme *scheme, const struct scheme_request *request)
{
    uint64_t handle = request->handle;
    switch (request->operation) {
    case SCHEME_OPEN:
    case SCHEME_MKDIR:
    case SCHEME_REMOVE:
        return p9_scheme_of_path(scheme, request, p9_scheme_change_one);
    case SCHEME_RENAME:
    case SCHEME_SYMLINK:
    case SCHEME_LINK:
        return p9_scheme_of_path(scheme, request, p9_scheme_change_two);
    default:
        break;
    }
    if (handle == 0 || handle > P9_SCHEME_HANDLES_MAX || !scheme->handles[handle].is_open)
        return -KEBADF;
    return request->operation == SCHEME_CLOSE
               ? p9_scheme_close(scheme, (unsigned)handle)
               : p9_scheme_use(&scheme->handles[handle].file, request);
}
