/*
 * scheme_path.c - "/scheme/NAME/REST": what is done with paths becomes requests
 *
 * A provider gets what follows its name, as the program wrote it. It answers -KELOOP where that
 * leads through a symbolic link, and path.c follows it.
 */
#include "kernel/scheme_priv.h"

#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "lib/string.h"

/* "NAME/REST" in two. */
static int scheme_split_path(const char *path, char *name, const char **rest)
{
    size_t length = 0;
    while (path[length] != '\0' && path[length] != '/')
        length++;
    if (length >= SCHEME_NAME_MAX)
        return -KENAMETOOLONG;
    memcpy(name, path, length);
    name[length] = '\0';
    *rest = path[length] == '/' ? path + length + 1 : path + length;
    return kstrlen(*rest) <= SCHEME_PATH_MAX ? 0 : -KENAMETOOLONG;
}

static struct file *scheme_path_open(void *mount, const char *path, int flags, unsigned mode,
                                     int *error)
{
    char name[SCHEME_NAME_MAX];
    const char *rest;
    (void)mount;
    if (path[0] == '\0')
        return scheme_names_open(flags, error);
    *error = scheme_split_path(path, name, &rest);
    if (*error != 0)
        return NULL;
    struct scheme *scheme = scheme_get(name);
    *error = -KENOENT;
    if (scheme == NULL)
        return NULL;
    return scheme->kernel != NULL ? scheme->kernel(rest, flags, error)
                                  : scheme_file_open(scheme, rest, flags, mode, error);
}

/* ---- changes of names ------------------------------------------------------------------------ */

/* Asks whoever provides the name. The schemes of the kernel have nothing that could be changed. */
static int scheme_path_ask(const char *name, struct scheme_call *call)
{
    struct scheme *scheme = scheme_get(name);
    if (scheme == NULL)
        return -KENOENT;
    if (scheme->kernel != NULL)
        return -KEROFS;
    call->scheme = scheme;
    long result = scheme_request_call(call);
    uint64_t daif = scheme_lock();
    scheme_release(scheme);
    scheme_unlock(daif);
    return (int)result;
}

static int scheme_path_change(const char *path, enum scheme_operation operation, unsigned flags,
                              unsigned mode)
{
    char name[SCHEME_NAME_MAX];
    const char *rest;
    int error = scheme_split_path(path, name, &rest);
    struct scheme_call call = {
        .operation = operation,
        .flags = flags,
        .mode = mode,
        .from = rest,
        .size = error == 0 ? kstrlen(rest) : 0,
    };
    return error == 0 ? scheme_path_ask(name, &call) : error;
}

/* With two texts: a NUL in between, none at the end. */
static int scheme_path_change_two(const char *name, enum scheme_operation operation, unsigned flags,
                                  const char *first, const char *second)
{
    char texts[2 * SCHEME_PATH_MAX + 2];
    size_t at = kstrlcpy(texts, first, SCHEME_PATH_MAX + 1) + 1;
    if (at > SCHEME_PATH_MAX + 1)
        return -KENAMETOOLONG;
    struct scheme_call call = {
        .operation = operation,
        .flags = flags,
        .from = texts,
        .size = at + kstrlcpy(texts + at, second, SCHEME_PATH_MAX + 1),
    };
    return scheme_path_ask(name, &call);
}

/* Both paths are of one scheme, or it is -KEXDEV. */
static int scheme_path_change_pair(const char *from, const char *to,
                                   enum scheme_operation operation, unsigned flags)
{
    char name[SCHEME_NAME_MAX], other[SCHEME_NAME_MAX];
    const char *first, *second;
    int error = scheme_split_path(from, name, &first);
    if (error == 0)
        error = scheme_split_path(to, other, &second);
    if (error != 0)
        return error;
    if (!kstreq(name, other))
        return -KEXDEV;
    return scheme_path_change_two(name, operation, flags, first, second);
}

static int scheme_path_remove(void *mount, const char *path, bool directory)
{
    (void)mount;
    return scheme_path_change(path, SCHEME_REMOVE, directory ? AT_REMOVEDIR : 0, 0);
}

static int scheme_path_mkdir(void *mount, const char *path, unsigned mode)
{
    (void)mount;
    return scheme_path_change(path, SCHEME_MKDIR, 0, mode);
}

static int scheme_path_rename(void *mount, const char *from, const char *to, unsigned flags)
{
    (void)mount;
    return scheme_path_change_pair(from, to, SCHEME_RENAME, flags);
}

static int scheme_path_link(void *mount, const char *from, const char *to)
{
    (void)mount;
    return scheme_path_change_pair(from, to, SCHEME_LINK, 0);
}

static int scheme_path_symlink(void *mount, const char *target, const char *path)
{
    char name[SCHEME_NAME_MAX];
    const char *rest;
    int error = scheme_split_path(path, name, &rest);
    (void)mount;
    return error == 0 ? scheme_path_change_two(name, SCHEME_SYMLINK, 0, target, rest) : error;
}

const struct path_ops scheme_path_ops = {
    .open = scheme_path_open,
    .remove = scheme_path_remove,
    .mkdir = scheme_path_mkdir,
    .rename = scheme_path_rename,
    .symlink = scheme_path_symlink,
    .link = scheme_path_link,
};
