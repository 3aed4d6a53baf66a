/*
 * scheme_request.c - the life of a request: sent, delivered, answered; cancelled, orphaned, ended
 *
 * A request is found by its tag through a table of buckets, tags being counted up: how many others
 * are in flight does not matter. Its bytes are in memory of the kernel until it is over, in one of
 * three sizes. The largest is for bytes of files, which cost less the fewer requests they are:
 * there are few of that size, and who finds none asks for less. Who finds none of the others is
 * refused with -KENOMEM.
 *
 * Who waits is woken by the answer only. A signal takes back what was not delivered. What was
 * delivered is the provider's to end: it is told of the signal, once, and the caller waits on with
 * signals blocked. Those that cannot be blocked end the program, so it leaves its request behind:
 * orphaned, with its bytes, until there is an answer to throw away.
 *
 * CLOSE is orphaned from the beginning. Its request is a part of the handle, which is not free
 * again before the answer: however slow a provider is, it is never owed more of them than there are
 * handles.
 */
#include "kernel/scheme_priv.h"

#include "kernel/boot_memory.h"
#include "kernel/message.h"
#include "kernel/pool.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/probe.h"

#define REQUEST_BUCKETS     1024
#define REQUEST_SMALL_SIZE  2048 /* a frame of Ethernet, a path */
#define REQUEST_SMALL_COUNT 256
#define REQUEST_LARGE_COUNT 48
#define REQUEST_HUGE_COUNT  4

kstatic_assert(REQUEST_SMALL_SIZE > SCHEME_PATH_MAX, "what opens a file needs little memory");

static struct {
    struct request *buckets[REQUEST_BUCKETS]; /* by tag */
    uint64_t last_tag;
    uint64_t wrong_answers, bad_results;
} requests;

static struct request request_objects[SCHEME_REQUESTS_MAX];
static struct pool request_pool;
static struct pool request_small_pool, request_large_pool, request_huge_pool; /* of bytes */

static const char *const request_names[] = {
    [SCHEME_OPEN] = "open",       [SCHEME_DUP] = "dup",           [SCHEME_READ] = "read",
    [SCHEME_WRITE] = "write",     [SCHEME_EVENTS] = "events",     [SCHEME_SYNC] = "sync",
    [SCHEME_CLOSE] = "close",     [SCHEME_STAT] = "stat",         [SCHEME_SETATTR] = "setattr",
    [SCHEME_STATFS] = "statfs",   [SCHEME_READLINK] = "readlink", [SCHEME_LIST] = "list",
    [SCHEME_REMOVE] = "remove",   [SCHEME_MKDIR] = "mkdir",       [SCHEME_RENAME] = "rename",
    [SCHEME_SYMLINK] = "symlink", [SCHEME_LINK] = "link",
};

void scheme_request_init(void)
{
    memset(&requests, 0, sizeof requests);
    pool_init(&request_pool, "requests", request_objects, sizeof request_objects[0],
              SCHEME_REQUESTS_MAX);
    request_small_pool.capacity = 0;
    request_large_pool.capacity = 0;
    request_huge_pool.capacity = 0;
}

void scheme_reserve_memory(void)
{
    boot_memory_init_pool(&request_small_pool, "small-requests", REQUEST_SMALL_SIZE,
                          REQUEST_SMALL_COUNT);
    boot_memory_init_pool(&request_large_pool, "large-requests", SCHEME_DATA_MIN,
                          REQUEST_LARGE_COUNT);
    boot_memory_init_pool(&request_huge_pool, "huge-requests", SCHEME_DATA_MAX, REQUEST_HUGE_COUNT);
}

bool scheme_request_is_possible(void)
{
    return request_small_pool.capacity > 0;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static struct pool *request_data_pool(size_t size)
{
    return size <= REQUEST_SMALL_SIZE ? &request_small_pool
           : size <= SCHEME_DATA_MIN  ? &request_large_pool
                                      : &request_huge_pool;
}

static int request_take_memory(struct scheme_request *message)
{
    message->data = pool_alloc(request_data_pool(message->size));
    if (message->data == NULL && message->size > SCHEME_DATA_MIN) {
        message->size = SCHEME_DATA_MIN;
        message->data = pool_alloc(&request_large_pool);
    }
    return message->data != NULL ? 0 : -KENOMEM;
}

/* The request has no tag yet. */
static int request_fill(struct request *request, const struct scheme_call *call)
{
    *request = (struct request){
        .scheme = call->scheme,
        .handle = call->opened,
        .message = {.operation = call->operation,
                    .task = task_number(task_current()),
                    .handle = call->handle,
                    .flags = call->flags,
                    .size = (uint32_t)call->size,
                    .offset = call->offset,
                    .mode = call->mode},
    };
    list_init(&request->of_queue);
    list_init(&request->of_scheme);
    wait_queue_init(&request->answered);
    struct scheme_request *message = &request->message;
    int error = message->size > 0 ? request_take_memory(message) : 0;
    if (error != 0 || message->size == 0)
        return error;
    if (call->from != NULL)
        memcpy(message->data, call->from, message->size);
    else if (call->pieces != NULL && call->operation == SCHEME_WRITE)
        (void)message_get(call->pieces, 0, message->data, message->size);
    else
        memset(message->data, 0, message->size); /* it was somebody else's before */
    return 0;
}

static void request_free(struct request *request)
{
    if (request->message.data != NULL)
        pool_free(request_data_pool(request->message.size), request->message.data);
    pool_free(&request_pool, request);
}

/* ---- with the lock: tags and queues ---------------------------------------------------------- */

static struct request **request_place(uint64_t tag)
{
    struct request **place = &requests.buckets[tag % REQUEST_BUCKETS];
    while (*place != NULL && (*place)->message.tag != tag)
        place = &(*place)->next_of_tag;
    return place;
}

static void request_tell_provider(struct request *request)
{
    struct scheme *scheme = request->scheme;
    list_add_tail(&scheme->to_deliver, &request->of_queue);
    wait_wake_one(&scheme->reads);
    event_trigger(&scheme->source, EVENT_READ);
}

static void request_send(struct request *request)
{
    struct scheme_request *message = &request->message;
    message->tag = ++requests.last_tag;
    request->next_of_tag = NULL;
    *request_place(message->tag) = request;
    request->state = REQUEST_QUEUED;
    list_add_tail(&request->scheme->in_flight, &request->of_scheme);
    probe_request_sent(message->tag, message->task, request->scheme->number,
                       request_names[message->operation], message->handle, message->size);
    request_tell_provider(request);
}

/* Nobody will find it any more. */
static void request_forget(struct request *request)
{
    struct request **place = request_place(request->message.tag);
    kassert(*place == request);
    *place = request->next_of_tag;
    list_remove(&request->of_queue); /* a cancellation that was not read is pointless now */
    list_remove(&request->of_scheme);
}

/* ---- with the lock: the end ------------------------------------------------------------------ */

static bool request_opens(const struct request *request)
{
    return request->message.operation == SCHEME_OPEN || request->message.operation == SCHEME_DUP;
}

/* The end of one for which nobody waits. */
static void request_end_orphan(struct request *request, long result)
{
    struct scheme_handle *handle = request->handle;
    if (request->message.operation == SCHEME_CLOSE) {
        scheme_handle_free(handle); /* and the request with it */
        return;
    }
    if (request_opens(request) && result >= 0) {
        scheme_handle_opened(handle, (uint64_t)result);
        scheme_request_close(handle);
    } else if (request_opens(request)) {
        scheme_handle_free(handle);
    }
    request_free(request);
}

static void request_end(struct request *request, long result)
{
    probe_request_answered(request->message.tag, result);
    request_forget(request);
    if (request->state == REQUEST_ORPHANED) {
        request_end_orphan(request, result);
        return;
    }
    if (request_opens(request) && result >= 0)
        scheme_handle_opened(request->handle, (uint64_t)result);
    request->state = REQUEST_ANSWERED;
    request->result = result;
    wait_wake_all(&request->answered);
}

void scheme_request_end_all(struct scheme *scheme)
{
    struct list *link;
    while ((link = list_first(&scheme->in_flight)) != NULL) {
        struct request *request = list_entry(link, struct request, of_scheme);
        if (request->message.operation == SCHEME_CLOSE)
            request->state = REQUEST_ORPHANED; /* though it was not delivered */
        probe_request_cancelled(request->message.tag, "ended");
        request_end(request, -KENODEV);
    }
}

/* ---- with the lock: the provider's side ------------------------------------------------------ */

bool scheme_request_deliver(struct scheme *scheme, struct scheme_request *to)
{
    struct list *link = list_pop(&scheme->to_deliver);
    if (link == NULL)
        return false;
    struct request *request = list_entry(link, struct request, of_queue);
    *to = request->message;
    if (request->state == REQUEST_QUEUED) {
        request->state = to->operation == SCHEME_CLOSE ? REQUEST_ORPHANED : REQUEST_DELIVERED;
        probe_request_delivered(to->tag, task_number(task_current()));
    } else {
        to->operation = SCHEME_CANCEL;
        to->flags = request->state == REQUEST_ORPHANED ? SCHEME_CANCEL_KILLED : 0;
        to->size = 0;
        to->data = NULL;
    }
    return true;
}

/* The largest result that answers what was asked. */
static int64_t request_longest(const struct request *request)
{
    switch ((enum scheme_operation)request->message.operation) {
    case SCHEME_READ:
    case SCHEME_WRITE:
    case SCHEME_STAT:
    case SCHEME_STATFS:
    case SCHEME_READLINK:
    case SCHEME_LIST:
        return request->message.size;
    case SCHEME_EVENTS:
        return EVENT_READ | EVENT_WRITE;
    case SCHEME_OPEN:
    case SCHEME_DUP:
        return INT64_MAX;
    case SCHEME_SYNC:
    case SCHEME_CLOSE:
    case SCHEME_CANCEL:
    case SCHEME_SETATTR:
    case SCHEME_REMOVE:
    case SCHEME_MKDIR:
    case SCHEME_RENAME:
    case SCHEME_SYMLINK:
    case SCHEME_LINK:
        break;
    }
    return 0;
}

static long request_judge(const struct request *request, int64_t result)
{
    if (result >= -KERRNO_MAX && result <= request_longest(request))
        return (long)result;
    requests.bad_results++;
    probe_counter("scheme.bad-results", requests.bad_results);
    return -KEIO;
}

int scheme_request_answer(struct scheme *scheme, const struct scheme_answer *answer)
{
    uint64_t daif = scheme_lock();
    struct request *request = *request_place(answer->tag);
    bool is_due = request != NULL && request->scheme == scheme && request->state != REQUEST_QUEUED;
    if (is_due) {
        request_end(request, request_judge(request, answer->result));
    } else {
        requests.wrong_answers++;
        probe_counter("scheme.wrong-answers", requests.wrong_answers);
    }
    scheme_unlock(daif);
    return is_due ? 0 : -KEBADF;
}

/* ---- the caller's side ----------------------------------------------------------------------- */

void scheme_request_close(struct scheme_handle *handle)
{
    struct request *request = &handle->close;
    *request = (struct request){
        .scheme = handle->scheme,
        .handle = handle,
        .message = {.operation = SCHEME_CLOSE,
                    .task = task_number(task_current()),
                    .handle = handle->number},
    };
    list_init(&request->of_queue);
    list_init(&request->of_scheme);
    wait_queue_init(&request->answered);
    request_send(request);
}

static bool request_is_answered(const struct request *request)
{
    uint64_t daif = scheme_lock();
    bool is = request->state == REQUEST_ANSWERED;
    scheme_unlock(daif);
    return is;
}

/* Until there is an answer: 0. A signal that is not blocked: -KEINTR. */
static int request_sleep(struct request *request)
{
    struct waiter waiter;
    int error = 0;
    for (;;) {
        wait_prepare(&request->answered, &waiter, "scheme");
        if (request_is_answered(request))
            break;
        error = wait_commit(&waiter, WAIT_FOREVER);
        if (error != 0)
            break;
    }
    wait_finish(&waiter);
    return error;
}

/* Once for signals, and once more for the one that kills, unless the first was not read yet. */
static void request_send_cancel(struct request *request)
{
    bool is_news = request->state == REQUEST_ORPHANED && !list_is_linked(&request->of_queue);
    if (!request->cancel_sent || is_news)
        request_tell_provider(request);
    request->cancel_sent = true;
}

/* What a signal does to a request. True: it does not belong to the caller any more. */
static bool request_interrupt(struct request *request)
{
    bool abandoned = false;
    uint64_t daif = scheme_lock();
    if (request->state == REQUEST_QUEUED) {
        probe_request_cancelled(request->message.tag, "taken-back");
        request_forget(request);
        request->state = REQUEST_ANSWERED;
        request->result = -KEINTR;
    } else if (request->state == REQUEST_DELIVERED) {
        abandoned = task_is_dying();
        if (abandoned || !request->cancel_sent)
            probe_request_cancelled(request->message.tag, abandoned ? "abandoned" : "told");
        if (abandoned)
            request->state = REQUEST_ORPHANED;
        request_send_cancel(request);
    }
    scheme_unlock(daif);
    return abandoned;
}

/* True: it has an answer. False: it was abandoned. */
static bool request_await(struct request *request)
{
    bool abandoned = false;
    if (request_sleep(request) == 0)
        return true;
    uint64_t blocked = task_block_signals(UINT64_MAX);
    do
        abandoned = request_interrupt(request);
    while (!abandoned && request_sleep(request) != 0);
    (void)task_block_signals(blocked);
    return !abandoned;
}

long scheme_request_call(struct scheme_call *call)
{
    if (call->scheme->provider == task_number(task_current()))
        return -KEDEADLK; /* who would answer? */
    struct request *request = pool_alloc(&request_pool);
    if (request == NULL)
        return -KEAGAIN;
    long result = request_fill(request, call);
    uint64_t daif = scheme_lock();
    if (result == 0 && call->scheme->gone)
        result = -KENODEV;
    if (result == 0)
        request_send(request);
    scheme_unlock(daif);
    if (result == 0) {
        call->abandoned = !request_await(request);
        if (call->abandoned)
            return -KEINTR;
        result = request->result;
        if (call->to != NULL && result > 0)
            memcpy(call->to, request->message.data, (size_t)result);
        else if (call->pieces != NULL && call->operation == SCHEME_READ && result > 0)
            (void)message_put(call->pieces, 0, request->message.data, (size_t)result);
    }
    request_free(request);
    return result;
}
