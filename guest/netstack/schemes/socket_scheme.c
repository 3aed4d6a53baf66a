/*
 * socket_scheme.c - files of sockets, requests that wait, and readiness on edges
 */
#include "netstack/schemes/socket_scheme.h"

#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/probe.h"

#define SOCKET_PATH_MAX  64
#define SOCKET_NS_PER_S  UINT64_C(1000000000)
#define SOCKET_EVENT_ALL (EVENT_READ | EVENT_WRITE)

/* A request that has no answer yet. */
struct socket_waiter {
    struct list of_socket;
    struct list of_deadlines; /* in none without a deadline */
    struct scheme_request request;
    struct socket_file *file;
    uint64_t deadline_ns;
    size_t done; /* bytes that were written before there was no more room */
};

static struct socket_file socket_files[SOCKET_FILES_MAX];
static struct pool socket_file_pool;
static struct socket_waiter socket_waiters[SOCKET_WAITERS_MAX];
static struct pool socket_waiter_pool;

static const char *const socket_settings[] = NET_SETTING_PATHS;
kstatic_assert(sizeof socket_settings / sizeof socket_settings[0] == NET_SETTING_COUNT,
               "each has a path");

void socket_schemes_init(void)
{
    for (unsigned i = 0; i < SOCKET_FILES_MAX; i++)
        socket_files[i].socket = NULL;
    pool_init(&socket_file_pool, "socket-files", socket_files, sizeof socket_files[0],
              SOCKET_FILES_MAX);
    pool_init(&socket_waiter_pool, "socket-waiters", socket_waiters, sizeof socket_waiters[0],
              SOCKET_WAITERS_MAX);
}

void socket_scheme_init(struct socket_scheme *scheme, const struct socket_protocol *protocol,
                        struct provider_port *port)
{
    scheme->protocol = protocol;
    scheme->port = port;
    list_init(&scheme->changed);
    list_init(&scheme->deadlines);
}

void net_socket_changed(struct net_socket *socket)
{
    if (!list_is_linked(&socket->changed))
        list_add_tail(&socket->scheme->changed, &socket->changed);
}

/* ---- what the bench is told ------------------------------------------------------------------ */

static void socket_tell_timeouts(const struct net_socket *socket)
{
    probe_socket_timeouts((uintptr_t)socket, socket->read_timeout_ns, socket->write_timeout_ns);
}

/* ---- files and sockets ----------------------------------------------------------------------- */

static uint64_t socket_file_number(const struct socket_file *file)
{
    return (uint64_t)(file - socket_files) + 1;
}

/* NULL: no file of this scheme has the number. */
static struct socket_file *socket_file_find(const struct socket_scheme *scheme, uint64_t number)
{
    if (number == 0 || number > SOCKET_FILES_MAX)
        return NULL;
    struct socket_file *file = &socket_files[number - 1];
    return file->socket != NULL && file->socket->scheme == scheme ? file : NULL;
}

static struct socket_file *socket_file_make(struct net_socket *socket)
{
    struct socket_file *file = pool_alloc(&socket_file_pool);
    if (file == NULL)
        return NULL;
    *file = (struct socket_file){.socket = socket};
    list_add_tail(&socket->files, &file->of_socket);
    socket->file_count++;
    return file;
}

/* The socket goes with its last file. */
static void socket_file_free(struct socket_file *file, uint64_t now_ns)
{
    struct net_socket *socket = file->socket;
    list_remove(&file->of_socket);
    file->socket = NULL;
    pool_free(&socket_file_pool, file);
    if (--socket->file_count > 0)
        return;
    list_remove(&socket->changed);
    socket->scheme->protocol->close(socket, now_ns);
}

static void net_socket_init(struct net_socket *socket, struct socket_scheme *scheme)
{
    socket->scheme = scheme;
    socket->file_count = 0;
    list_init(&socket->files);
    list_init(&socket->waiters);
    list_init(&socket->changed);
    socket->read_timeout_ns = WAIT_FOREVER;
    socket->write_timeout_ns = WAIT_FOREVER;
    socket_tell_timeouts(socket);
}

/* A file of a socket that has none yet, and goes when it gets none. */
static long socket_adopt(struct socket_scheme *scheme, struct net_socket *socket, uint64_t now_ns,
                         struct socket_file **file)
{
    *file = socket_file_make(socket);
    if (*file != NULL)
        return (long)socket_file_number(*file);
    scheme->protocol->close(socket, now_ns);
    return -KENFILE;
}

/* ---- open and dup ---------------------------------------------------------------------------- */

/* The path of a request, with its end. */
static int socket_get_path(const struct scheme_request *request, char path[SOCKET_PATH_MAX])
{
    if (request->size >= SOCKET_PATH_MAX)
        return -KENAMETOOLONG;
    if (request->size > 0)
        memcpy(path, request->data, request->size);
    path[request->size] = '\0';
    return 0;
}

static long socket_open(struct socket_scheme *scheme, const struct scheme_request *request,
                        uint64_t now_ns)
{
    char path[SOCKET_PATH_MAX];
    struct socket_file *file;
    int error = socket_get_path(request, path);
    if (error != 0)
        return error;
    struct net_socket *socket = scheme->protocol->open();
    if (socket == NULL)
        return -KENOBUFS;
    net_socket_init(socket, scheme);
    long number = socket_adopt(scheme, socket, now_ns, &file);
    if (number < 0 || path[0] == '\0')
        return number;
    error = scheme->protocol->name(file, path, true, now_ns);
    if (error == 0)
        return number;
    socket_file_free(file, now_ns);
    return error;
}

/* A connection that came. -KEAGAIN: none has come yet. */
static long socket_accept(struct socket_scheme *scheme, struct net_socket *listener,
                          uint64_t now_ns)
{
    struct socket_file *file;
    int error = -KEOPNOTSUPP;
    struct net_socket *socket =
        scheme->protocol->accept != NULL ? scheme->protocol->accept(listener, &error) : NULL;
    if (socket == NULL)
        return error;
    net_socket_init(socket, scheme);
    if (scheme->protocol->tell_name != NULL)
        scheme->protocol->tell_name(socket);
    return socket_adopt(scheme, socket, now_ns, &file);
}

/* What the path makes of a new file. */
static int socket_file_become(struct socket_file *file, const char *path, uint64_t now_ns)
{
    for (unsigned i = 0; i < NET_SETTING_COUNT; i++) {
        if (kstreq(path, socket_settings[i])) {
            file->kind = SOCKET_FILE_SETTING;
            file->setting = (enum net_setting)i;
            return 0;
        }
    }
    if (kstreq(path, NET_PATH_PEEK)) {
        file->kind = SOCKET_FILE_PEEK;
        return 0;
    }
    return path[0] != '\0' ? file->socket->scheme->protocol->name(file, path, false, now_ns) : 0;
}

static long socket_dup(struct socket_scheme *scheme, struct socket_file *file,
                       const struct scheme_request *request, uint64_t now_ns)
{
    char path[SOCKET_PATH_MAX];
    int error = socket_get_path(request, path);
    if (error == 0 && file->kind == SOCKET_FILE_SETTING)
        error = -KEOPNOTSUPP;
    if (error != 0)
        return error;
    if (kstreq(path, NET_PATH_LISTEN))
        return socket_accept(scheme, file->socket, now_ns);
    struct socket_file *another = socket_file_make(file->socket);
    if (another == NULL)
        return -KENFILE;
    another->kind = file->kind;
    another->remote = file->remote;
    error = socket_file_become(another, path, now_ns);
    if (error == 0)
        return (long)socket_file_number(another);
    socket_file_free(another, now_ns);
    return error;
}

/* ---- settings -------------------------------------------------------------------------------- */

static long socket_put_timeout(void *value, size_t size, uint64_t timeout_ns)
{
    struct kernel_timespec time = {0};
    if (size < sizeof time)
        return -KEINVAL;
    if (timeout_ns != WAIT_FOREVER) {
        time.tv_sec = (int64_t)(timeout_ns / SOCKET_NS_PER_S);
        time.tv_nsec = (int64_t)(timeout_ns % SOCKET_NS_PER_S);
    }
    memcpy(value, &time, sizeof time);
    return sizeof time;
}

static long socket_get_timeout(const struct net_socket *socket, const void *value, size_t size,
                               uint64_t *timeout_ns)
{
    struct kernel_timespec time;
    if (size != sizeof time)
        return -KEINVAL;
    memcpy(&time, value, sizeof time);
    if (time.tv_sec < 0 || time.tv_sec > INT32_MAX || time.tv_nsec < 0 ||
        time.tv_nsec >= (int64_t)SOCKET_NS_PER_S)
        return -KEDOM;
    uint64_t ns = (uint64_t)time.tv_sec * SOCKET_NS_PER_S + (uint64_t)time.tv_nsec;
    *timeout_ns = ns != 0 ? ns : WAIT_FOREVER;
    socket_tell_timeouts(socket);
    return sizeof time;
}

static long socket_read_readiness(const struct net_socket *socket,
                                  const struct scheme_request *request)
{
    unsigned ready = socket->scheme->protocol->readiness(socket);
    probe_socket_ready((uintptr_t)socket, request->task, ready);
    return net_setting_put(request->data, request->size, (int32_t)ready);
}

static long socket_read_setting(const struct socket_file *file,
                                const struct scheme_request *request)
{
    struct net_socket *socket = file->socket;
    void *value = request->data;
    size_t size = request->size;
    switch (file->setting) {
    case NET_SETTING_READ_TIMEOUT:
        return socket_put_timeout(value, size, socket->read_timeout_ns);
    case NET_SETTING_WRITE_TIMEOUT:
        return socket_put_timeout(value, size, socket->write_timeout_ns);
    case NET_SETTING_READINESS:
        return socket_read_readiness(socket, request);
    default:
        return socket->scheme->protocol->get(socket, file->setting, value, size);
    }
}

static long socket_write_setting(const struct socket_file *file, const void *value, size_t size,
                                 uint64_t now_ns)
{
    struct net_socket *socket = file->socket;
    switch (file->setting) {
    case NET_SETTING_READ_TIMEOUT:
        return socket_get_timeout(socket, value, size, &socket->read_timeout_ns);
    case NET_SETTING_WRITE_TIMEOUT:
        return socket_get_timeout(socket, value, size, &socket->write_timeout_ns);
    default:
        return socket->scheme->protocol->set(socket, file->setting, value, size, now_ns);
    }
}

/* ---- operations that may have to wait -------------------------------------------------------- */

static long socket_write(struct socket_file *file, const struct scheme_request *request,
                         size_t *done, uint64_t now_ns)
{
    const char *data = request->data;
    long result = file->socket->scheme->protocol->write(file, data != NULL ? data + *done : NULL,
                                                        request->size - *done, now_ns);
    if (result >= 0) {
        *done += (size_t)result;
        bool all = *done == request->size || (request->flags & O_NONBLOCK) != 0;
        return all ? (long)*done : -KEAGAIN;
    }
    return result != -KEAGAIN && *done > 0 ? (long)*done : result;
}

/* -KEAGAIN: not now. */
static long socket_attempt(struct socket_file *file, const struct scheme_request *request,
                           size_t *done, uint64_t now_ns)
{
    struct socket_scheme *scheme = file->socket->scheme;
    bool setting = file->kind == SOCKET_FILE_SETTING;
    switch (request->operation) {
    case SCHEME_READ:
        return setting ? socket_read_setting(file, request)
                       : scheme->protocol->read(file, request->data, request->size, now_ns);
    case SCHEME_WRITE:
        return setting ? socket_write_setting(file, request->data, request->size, now_ns)
                       : socket_write(file, request, done, now_ns);
    case SCHEME_SYNC:
        return scheme->protocol->settle != NULL ? scheme->protocol->settle(file->socket) : 0;
    case SCHEME_DUP:
        return socket_dup(scheme, file, request, now_ns);
    default:
        return -KEOPNOTSUPP;
    }
}

static uint64_t socket_deadline_ns(const struct net_socket *socket,
                                   const struct scheme_request *request, uint64_t now_ns)
{
    bool reads = request->operation == SCHEME_READ || request->operation == SCHEME_DUP;
    uint64_t timeout_ns = reads ? socket->read_timeout_ns : socket->write_timeout_ns;
    return timeout_ns < WAIT_FOREVER - now_ns ? now_ns + timeout_ns : WAIT_FOREVER;
}

/* Timeouts are alike as a rule: the place is near the end. */
static void socket_waiter_sort_in(struct socket_scheme *scheme, struct socket_waiter *waiter)
{
    struct list *after = scheme->deadlines.prev;
    while (after != &scheme->deadlines &&
           list_entry(after, struct socket_waiter, of_deadlines)->deadline_ns > waiter->deadline_ns)
        after = after->prev;
    list_add_head(after, &waiter->of_deadlines);
}

static long socket_wait(struct socket_file *file, const struct scheme_request *request, size_t done,
                        uint64_t now_ns)
{
    struct net_socket *socket = file->socket;
    struct socket_waiter *waiter = pool_alloc(&socket_waiter_pool);
    if (waiter == NULL)
        return -KENOBUFS;
    *waiter = (struct socket_waiter){
        .request = *request,
        .file = file,
        .deadline_ns = socket_deadline_ns(socket, request, now_ns),
        .done = done,
    };
    list_init(&waiter->of_deadlines);
    list_add_tail(&socket->waiters, &waiter->of_socket);
    if (waiter->deadline_ns != WAIT_FOREVER)
        socket_waiter_sort_in(socket->scheme, waiter);
    return -KEAGAIN;
}

/* What was written counts more than why there was no more of it. */
static void socket_waiter_end(struct socket_waiter *waiter, long result)
{
    struct provider_port *port = waiter->file->socket->scheme->port;
    uint64_t tag = waiter->request.tag;
    if (result < 0 && waiter->done > 0)
        result = (long)waiter->done;
    list_remove(&waiter->of_socket);
    list_remove(&waiter->of_deadlines);
    pool_free(&socket_waiter_pool, waiter);
    port->answer(port, tag, result);
}

/* A connection was taken; any other path takes nothing. */
static bool socket_is_accept(const struct scheme_request *request)
{
    const size_t size = sizeof(NET_PATH_LISTEN) - 1;
    return request->operation == SCHEME_DUP && request->size == size &&
           memcmp(request->data, NET_PATH_LISTEN, size) == 0;
}

/*
 * After I/O that succeeded the next edge counts again, also one that has been there all the time.
 */
static void socket_arm(struct socket_file *file, const struct scheme_request *request)
{
    bool plain = file->kind == SOCKET_FILE_PLAIN;
    if (plain && (request->operation == SCHEME_READ || socket_is_accept(request)))
        file->told &= ~(unsigned)EVENT_READ;
    else if (plain && request->operation == SCHEME_WRITE)
        file->told &= ~(unsigned)EVENT_WRITE;
    net_socket_changed(file->socket);
}

/* ---- requests -------------------------------------------------------------------------------- */

static unsigned socket_events(const struct net_socket *socket)
{
    unsigned ready = socket->scheme->protocol->readiness(socket);
    return ((ready & (POLLIN | POLLRDHUP | POLLERR | POLLHUP)) != 0 ? EVENT_READ : 0u) |
           ((ready & (POLLOUT | POLLERR | POLLHUP)) != 0 ? EVENT_WRITE : 0u);
}

/* The answer tells of what is true already. */
static long socket_watch(struct socket_file *file, const struct scheme_request *request)
{
    probe_request_about(request->tag, (uintptr_t)file->socket);
    file->watched = request->flags & SOCKET_EVENT_ALL;
    file->told = socket_events(file->socket) & file->watched;
    return (long)file->told;
}

static long socket_close(struct socket_file *file, uint64_t now_ns)
{
    struct list *link, *following;
    list_foreach_safe (link, following, &file->socket->waiters) {
        struct socket_waiter *waiter = list_entry(link, struct socket_waiter, of_socket);
        if (waiter->file == file)
            socket_waiter_end(waiter, -KEBADF);
    }
    socket_file_free(file, now_ns);
    return 0;
}

/* The caller has a signal: it has waited long enough. */
static void socket_cancel(struct socket_scheme *scheme, const struct scheme_request *request)
{
    struct socket_file *file = socket_file_find(scheme, request->handle);
    struct list *link;
    if (file == NULL)
        return;
    list_foreach (link, &file->socket->waiters) {
        struct socket_waiter *waiter = list_entry(link, struct socket_waiter, of_socket);
        if (waiter->request.tag == request->tag) {
            socket_waiter_end(waiter, -KEINTR);
            return;
        }
    }
}

/* Others that wait for the same thing came first. */
static bool socket_is_queued_for(const struct socket_file *file,
                                 const struct scheme_request *request)
{
    struct list *link;
    list_foreach (link, &file->socket->waiters) {
        struct socket_waiter *waiter = list_entry(link, struct socket_waiter, of_socket);
        if (waiter->request.operation == request->operation)
            return waiter->file->kind != SOCKET_FILE_SETTING && file->kind != SOCKET_FILE_SETTING &&
                   request->operation != SCHEME_DUP;
    }
    return false;
}

/* Returns whether there is an answer already. */
static bool socket_serve(struct socket_file *file, const struct scheme_request *request,
                         uint64_t now_ns, long *result)
{
    size_t done = 0;
    if (file->kind != SOCKET_FILE_SETTING)
        probe_request_about(request->tag, (uintptr_t)file->socket);
    *result = socket_is_queued_for(file, request) ? -KEAGAIN
                                                  : socket_attempt(file, request, &done, now_ns);
    if (*result == -KEAGAIN && (request->flags & O_NONBLOCK) == 0)
        *result = socket_wait(file, request, done, now_ns);
    else if (*result >= 0)
        socket_arm(file, request);
    return *result != -KEAGAIN || (request->flags & O_NONBLOCK) != 0;
}

void socket_scheme_request(struct socket_scheme *scheme, const struct scheme_request *request,
                           uint64_t now_ns)
{
    struct socket_file *file = socket_file_find(scheme, request->handle);
    struct provider_port *port = scheme->port;
    long result = -KEOPNOTSUPP;
    switch (request->operation) {
    case SCHEME_CANCEL:
        socket_cancel(scheme, request);
        return;
    case SCHEME_OPEN:
        result = socket_open(scheme, request, now_ns);
        break;
    case SCHEME_EVENTS:
        result = file != NULL ? socket_watch(file, request) : -KEBADF;
        break;
    case SCHEME_CLOSE:
        result = file != NULL ? socket_close(file, now_ns) : -KEBADF;
        break;
    default: /* of a number that a later kernel may know as well */
        if (file == NULL)
            result = -KEBADF;
        else if (!socket_serve(file, request, now_ns, &result))
            return;
    }
    port->answer(port, request->tag, result);
}

/* ---- what has changed ------------------------------------------------------------------------ */

/* In their order; of those that do the same, only as far as the first that can do nothing. */
static void socket_retry(struct net_socket *socket, uint64_t now_ns)
{
    unsigned stuck = 0; /* a bit for each operation */
    struct list *link, *following;
    list_foreach_safe (link, following, &socket->waiters) {
        struct socket_waiter *waiter = list_entry(link, struct socket_waiter, of_socket);
        unsigned bit = 1u << waiter->request.operation;
        if ((stuck & bit) != 0)
            continue;
        long result = socket_attempt(waiter->file, &waiter->request, &waiter->done, now_ns);
        if (result == -KEAGAIN) {
            stuck |= bit;
            continue;
        }
        if (result >= 0)
            socket_arm(waiter->file, &waiter->request);
        socket_waiter_end(waiter, result);
    }
}

static void socket_post(struct net_socket *socket)
{
    unsigned ready = socket_events(socket);
    struct provider_port *port = socket->scheme->port;
    struct list *link;
    list_foreach (link, &socket->files) {
        struct socket_file *file = list_entry(link, struct socket_file, of_socket);
        unsigned events = ready & file->watched & ~file->told;
        file->told = ready & file->watched;
        if (events != 0)
            port->post(port, socket_file_number(file), events);
    }
}

static void socket_end_late(struct socket_scheme *scheme, uint64_t now_ns)
{
    struct list *link;
    while ((link = list_first(&scheme->deadlines)) != NULL) {
        struct socket_waiter *waiter = list_entry(link, struct socket_waiter, of_deadlines);
        if (waiter->deadline_ns > now_ns)
            return;
        socket_waiter_end(waiter, -KEAGAIN);
    }
}

/*
 * A waiter that goes on changes its own socket, whose turn it is, and perhaps others, whose comes.
 */
void socket_scheme_notify(struct socket_scheme *scheme, uint64_t now_ns)
{
    struct list *link;
    while ((link = list_pop(&scheme->changed)) != NULL) {
        struct net_socket *socket = list_entry(link, struct net_socket, changed);
        socket_retry(socket, now_ns);
        list_remove(&socket->changed);
        socket_post(socket);
    }
    socket_end_late(scheme, now_ns);
}

uint64_t socket_scheme_deadline_ns(const struct socket_scheme *scheme)
{
    struct list *link = list_first(&scheme->deadlines);
    return link != NULL ? list_entry(link, struct socket_waiter, of_deadlines)->deadline_ns
                        : WAIT_FOREVER;
}
