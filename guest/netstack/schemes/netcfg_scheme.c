/*
 * netcfg_scheme.c - files of the scheme netcfg
 */
#include "netstack/schemes/netcfg_scheme.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "netstack/schemes/netcfg_tree.h"
#include "netstack/schemes/router.h"

#define NETCFG_PATH_MAX 64

struct netcfg_file {
    const struct netcfg_node *node; /* NULL: free */
    struct interface *interface;
    size_t size, offset; /* of what is read */
    size_t written;      /* bytes that do not count yet */
    char text[NETCFG_TEXT_MAX];
    char lines[NETCFG_LINES_MAX];
};

static struct netcfg_file netcfg_files[NETCFG_FILES_MAX];

void netcfg_scheme_init(struct netcfg_scheme *scheme, struct provider_port *port)
{
    scheme->port = port;
    for (unsigned i = 0; i < NETCFG_FILES_MAX; i++)
        netcfg_files[i].node = NULL;
    router_init();
    netcfg_read_nameserver(NETCFG_DNS_PATH);
}

static struct netcfg_file *netcfg_file_find(uint64_t number)
{
    if (number == 0 || number > NETCFG_FILES_MAX || netcfg_files[number - 1].node == NULL)
        return NULL;
    return &netcfg_files[number - 1];
}

static long netcfg_open(const char *path)
{
    struct interface *interface;
    const struct netcfg_node *node = netcfg_find(path, &interface);
    if (node == NULL)
        return -KENOENT;
    for (unsigned i = 0; i < NETCFG_FILES_MAX; i++) {
        struct netcfg_file *file = &netcfg_files[i];
        if (file->node != NULL)
            continue;
        file->node = node;
        file->interface = interface;
        file->size = file->offset = file->written = 0;
        if (netcfg_is_directory(node))
            file->size = netcfg_list(node, file->text, sizeof file->text);
        else if (node->show != NULL)
            file->size = node->show(interface, file->text, sizeof file->text);
        return i + 1;
    }
    return -KENFILE;
}

static long netcfg_open_request(const struct scheme_request *request)
{
    char path[NETCFG_PATH_MAX];
    size_t size = request->size;
    if (size >= sizeof path)
        return -KENAMETOOLONG;
    if (size > 0)
        memcpy(path, request->data, size);
    if (size > 0 && path[size - 1] == '/')
        size--; /* of a directory */
    path[size] = '\0';
    return netcfg_open(path);
}

static long netcfg_read(struct netcfg_file *file, const struct scheme_request *request)
{
    size_t left = file->size - file->offset;
    size_t size = request->size < left ? request->size : left;
    if (file->node->show == NULL && file->node->apply != NULL)
        return -KEACCES;
    if (size > 0)
        memcpy(request->data, file->text + file->offset, size);
    file->offset += size;
    return (long)size;
}

static long netcfg_write(struct netcfg_file *file, const struct scheme_request *request)
{
    if (netcfg_is_directory(file->node))
        return -KEISDIR;
    if (file->node->apply == NULL)
        return -KEACCES;
    if (request->size >= sizeof file->lines - file->written)
        return -KENOSPC;
    if (request->size > 0)
        memcpy(file->lines + file->written, request->data, request->size);
    file->written += request->size;
    return request->size;
}

/* Line by line; the first error ends it. */
static int netcfg_commit(struct netcfg_file *file)
{
    int error = 0;
    file->lines[file->written] = '\0';
    for (char *line = file->lines; error == 0 && *line != '\0';) {
        char *end = (char *)kstrchr(line, '\n');
        char *next = end != NULL ? end + 1 : line + kstrlen(line);
        if (end != NULL)
            *end = '\0';
        if (*line != '\0')
            error = file->node->apply(file->interface, line);
        line = next;
    }
    file->written = 0;
    return error;
}

static long netcfg_serve(struct netcfg_file *file, const struct scheme_request *request)
{
    switch (request->operation) {
    case SCHEME_READ:
        return netcfg_read(file, request);
    case SCHEME_WRITE:
        return netcfg_write(file, request);
    case SCHEME_EVENTS: /* nothing here ever waits */
        return request->flags & (EVENT_READ | EVENT_WRITE);
    case SCHEME_SYNC:
        return netcfg_commit(file);
    case SCHEME_CLOSE:
        (void)netcfg_commit(file);
        file->node = NULL;
        return 0;
    default:
        return -KEOPNOTSUPP;
    }
}

void netcfg_scheme_request(struct netcfg_scheme *scheme, const struct scheme_request *request)
{
    struct netcfg_file *file = netcfg_file_find(request->handle);
    if (request->operation == SCHEME_CANCEL)
        return; /* it has its answer */
    long result = -KEBADF;
    if (request->operation == SCHEME_OPEN)
        result = netcfg_open_request(request);
    else if (file != NULL)
        result = netcfg_serve(file, request);
    scheme->port->answer(scheme->port, request->tag, result);
}
