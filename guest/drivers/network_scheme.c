/* network_scheme.c - the scheme of a network card */
#include "drivers/network_scheme.h"

#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/string.h"

#define NETWORK_REQUESTS 16 /* that are taken at once */

void network_scheme_init(struct network_scheme *scheme, int root, const uint8_t mac[6],
                         const struct network_ops *ops, void *driver)
{
    *scheme = (struct network_scheme){.ops = ops, .driver = driver, .root = root};
    memcpy(scheme->mac, mac, sizeof scheme->mac);
    list_init(&scheme->free);
    list_init(&scheme->waiting);
    for (unsigned i = 0; i < NETWORK_OPERATIONS_MAX; i++) {
        list_init(&scheme->operations[i].link);
        list_add_tail(&scheme->free, &scheme->operations[i].link);
    }
}

/* NULL: -KEBADF. */
static struct network_handle *network_handle(struct network_scheme *scheme, uint64_t number)
{
    if (number == 0 || number > NETWORK_HANDLES_MAX)
        return NULL;
    struct network_handle *handle = &scheme->handles[number - 1];
    return handle->kind != NETWORK_FREE ? handle : NULL;
}

/* ---- open, close, events --------------------------------------------------------------------- */

static long network_open(struct network_scheme *scheme, const struct scheme_request *request)
{
    bool is_mac = request->size == 3 && memcmp(request->data, "mac", 3) == 0;
    if (!is_mac && request->size != 0)
        return -KENOENT;
    for (unsigned i = 0; i < NETWORK_HANDLES_MAX; i++) {
        struct network_handle *handle = &scheme->handles[i];
        if (handle->kind == NETWORK_FREE) {
            *handle = (struct network_handle){.kind = is_mac ? NETWORK_MAC : NETWORK_DATA};
            return i + 1;
        }
    }
    return -KENFILE;
}

/* Which of some events are true. */
static uint32_t network_ready(const struct network_scheme *scheme,
                              const struct network_handle *handle, uint32_t events)
{
    uint32_t ready = 0;
    if (handle->kind == NETWORK_MAC)
        return events & EVENT_READ;
    if ((events & EVENT_READ) != 0 && scheme->ops->can_read(scheme->driver))
        ready |= EVENT_READ;
    if ((events & EVENT_WRITE) != 0 && scheme->ops->can_write(scheme->driver))
        ready |= EVENT_WRITE;
    return ready;
}

static long network_watch(const struct network_scheme *scheme, struct network_handle *handle,
                          uint32_t events)
{
    handle->watched = events;
    handle->told = network_ready(scheme, handle, events);
    return handle->told;
}

static void network_tell(struct network_scheme *scheme)
{
    for (unsigned i = 0; i < NETWORK_HANDLES_MAX; i++) {
        struct network_handle *handle = &scheme->handles[i];
        if (handle->kind != NETWORK_DATA)
            continue;
        uint32_t ready = network_ready(scheme, handle, handle->watched & ~handle->told);
        handle->told |= ready;
        if (ready != 0)
            (void)sys_post_events(scheme->root, i + 1, ready);
    }
}

/* ---- read and write -------------------------------------------------------------------------- */

static long network_read_mac(const struct network_scheme *scheme, struct network_handle *handle,
                             const struct scheme_request *request)
{
    uint32_t left = (uint32_t)sizeof scheme->mac - handle->offset;
    uint32_t size = request->size < left ? request->size : left;
    memcpy(request->data, scheme->mac + handle->offset, size);
    handle->offset += size;
    return size;
}

static bool network_reads(const struct network_operation *operation)
{
    return operation->request.operation == SCHEME_READ;
}

/* -KEAGAIN: not yet, such as when an earlier one of its kind waits. */
static long network_try(struct network_scheme *scheme, struct network_operation *operation,
                        bool must_wait)
{
    const struct scheme_request *request = &operation->request;
    struct network_handle *handle = network_handle(scheme, request->handle);
    bool reads = network_reads(operation);
    if (handle == NULL)
        return -KEBADF;
    if (handle->kind == NETWORK_MAC)
        return reads ? network_read_mac(scheme, handle, request) : -KEINVAL;
    handle->told &= ~(uint32_t)(reads ? EVENT_READ : EVENT_WRITE);
    if (must_wait && !operation->is_sent)
        return -KEAGAIN;
    return reads ? scheme->ops->read(scheme->driver, request->data, request->size)
                 : scheme->ops->write(scheme->driver, operation);
}

/* How many of its kind wait for their turn. */
static unsigned *network_count(struct network_scheme *scheme,
                               const struct network_operation *operation)
{
    return network_reads(operation) ? &scheme->reads_waiting : &scheme->writes_waiting;
}

static void network_finish(struct network_scheme *scheme, struct network_operation *operation,
                           long result)
{
    scheme->ops->forget(scheme->driver, operation);
    (void)sys_answer(scheme->root, operation->request.tag, result);
    list_add_tail(&scheme->free, &operation->link);
}

static void network_begin(struct network_scheme *scheme, const struct scheme_request *request)
{
    struct list *link = list_pop(&scheme->free);
    if (link == NULL) {
        (void)sys_answer(scheme->root, request->tag, -KEAGAIN);
        return;
    }
    struct network_operation *operation = list_entry(link, struct network_operation, link);
    operation->request = *request;
    operation->is_sent = false;
    long result = network_try(scheme, operation, *network_count(scheme, operation) > 0);
    if (result != -KEAGAIN || (!operation->is_sent && (request->flags & O_NONBLOCK) != 0)) {
        network_finish(scheme, operation, result);
        return;
    }
    list_add_tail(&scheme->waiting, &operation->link);
    if (!operation->is_sent)
        ++*network_count(scheme, operation);
}

/* Out of the list: it is done, or will never be. */
static void network_end(struct network_scheme *scheme, struct network_operation *operation,
                        long result)
{
    list_remove(&operation->link);
    network_finish(scheme, operation, result);
}

/* The first of each kind that still has to wait holds up those behind it. */
static void network_retry(struct network_scheme *scheme)
{
    struct list *link, *following;
    bool read_waits = false, write_waits = false;
    list_foreach_safe (link, following, &scheme->waiting) {
        struct network_operation *operation = list_entry(link, struct network_operation, link);
        bool *waits = network_reads(operation) ? &read_waits : &write_waits;
        bool had_turn = operation->is_sent;
        long result = network_try(scheme, operation, *waits);
        if (!had_turn && (result != -KEAGAIN || operation->is_sent))
            --*network_count(scheme, operation);
        else if (!had_turn)
            *waits = true;
        if (result != -KEAGAIN)
            network_end(scheme, operation, result);
    }
}

/* Ends one of those that wait. What is sent cannot be called back. */
static void network_break_off(struct network_scheme *scheme, struct network_operation *operation,
                              long error)
{
    if (!operation->is_sent)
        --*network_count(scheme, operation);
    network_end(scheme, operation, operation->is_sent ? (long)operation->request.size : error);
}

/* One that is not here was answered meanwhile. */
static void network_cancel(struct network_scheme *scheme, uint64_t tag)
{
    struct list *link, *following;
    list_foreach_safe (link, following, &scheme->waiting) {
        struct network_operation *operation = list_entry(link, struct network_operation, link);
        if (operation->request.tag == tag)
            network_break_off(scheme, operation, -KEINTR);
    }
}

/* Whoever called by this handle is gone. */
static void network_abandon(struct network_scheme *scheme, uint64_t handle)
{
    struct list *link, *following;
    list_foreach_safe (link, following, &scheme->waiting) {
        struct network_operation *operation = list_entry(link, struct network_operation, link);
        if (operation->request.handle == handle)
            network_break_off(scheme, operation, -KEBADF);
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static long network_answer(struct network_scheme *scheme, const struct scheme_request *request)
{
    struct network_handle *handle = network_handle(scheme, request->handle);
    if (request->operation == SCHEME_OPEN)
        return network_open(scheme, request);
    if (request->operation != SCHEME_CLOSE && request->operation != SCHEME_EVENTS)
        return -KEOPNOTSUPP;
    if (handle == NULL)
        return -KEBADF;
    if (request->operation == SCHEME_EVENTS)
        return network_watch(scheme, handle, request->flags);
    network_abandon(scheme, request->handle);
    handle->kind = NETWORK_FREE;
    return 0;
}

static void network_handle_request(struct network_scheme *scheme,
                                   const struct scheme_request *request)
{
    switch (request->operation) {
    case SCHEME_READ:
    case SCHEME_WRITE:
        network_begin(scheme, request);
        break;
    case SCHEME_CANCEL:
        network_cancel(scheme, request->tag);
        break;
    default:
        (void)sys_answer(scheme->root, request->tag, network_answer(scheme, request));
        break;
    }
}

int network_scheme_tick(struct network_scheme *scheme)
{
    struct scheme_request requests[NETWORK_REQUESTS];
    long size;
    network_retry(scheme);
    while ((size = sys_read(scheme->root, requests, sizeof requests)) > 0) {
        for (size_t i = 0; i < (size_t)size / sizeof requests[0]; i++)
            network_handle_request(scheme, &requests[i]);
    }
    network_tell(scheme);
    return size == -KEAGAIN || size == -KEINTR ? 0 : (int)size;
}
