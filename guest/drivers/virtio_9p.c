/*
 * virtio_9p.c - driver of the virtio device of a shared folder
 *
 * A request is two buffers of the negotiated size, one for the message and one for the reply, which
 * are allocated once; together they are one chain. Whoever acquires a request owns it until he
 * releases it.
 *
 * Several tasks wait at once, and the device may return chains in any order. Whoever looks takes
 * all that is used, and wakes the others when there was something for them. With the policy
 * `interrupt` the last thing before sleeping is to ask for an interrupt and to look once more: the
 * reply to a first message is often there before anybody sleeps, the next one need not be.
 *
 * No wait is without an end. When the time is over the request is lost to its owner, but the device
 * has it still, and may write to its buffer: it is free when, and only when, the device returns it,
 * or was reset. So a device that never answers costs requests, and then an error each time; the
 * machine goes on.
 */
#include "drivers/virtio_9p.h"

#include "drivers/virtio_regs.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/lock.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "ringside/hal.h"
#include "ringside/probe.h"

#define V9P_QUEUE      0
#define V9P_QUEUE_SIZE 32 /* entries; a request takes two, without indirect tables */
kstatic_assert(2 * V9P_REQUESTS_MAX <= V9P_QUEUE_SIZE, "all requests find room in the queue");

/* ---- the ring: with the lock ----------------------------------------------------------------- */

/* Takes what the device has returned. True: somebody may have waited for some of it. */
static bool virtio_9p_reclaim(struct virtio_9p *p9)
{
    bool any = false;
    uint32_t written;
    struct virtio_9p_request *request;
    while ((request = virtqueue_take_used(&p9->queue, &written)) != NULL) {
        request->written = written;
        if (request->state == V9P_LOST)
            request->state = V9P_FREE;
        any = true;
    }
    return any;
}

/* A change of the configuration is the cry of a device in trouble, 2.1.2: the tag never changes. */
static void virtio_9p_check_config(struct virtio_9p *p9)
{
    if (!p9->config_changed)
        return;
    p9->config_changed = false;
    if (virtio_needs_reset(p9->device))
        virtqueue_break(&p9->queue, "device needs reset");
}

static bool virtio_9p_works_locked(struct virtio_9p *p9)
{
    if (p9->is_up)
        virtio_9p_check_config(p9);
    return p9->is_up && p9->queue.broken == NULL;
}

/* Takes what is there; with the policy `interrupt` the device will tell of what comes next. */
static bool virtio_9p_look(struct virtio_9p *p9)
{
    bool any = false;
    if (!virtio_9p_works_locked(p9))
        return false;
    do
        any = virtio_9p_reclaim(p9) || any;
    while (p9->options.policy == V9P_INTERRUPT && virtqueue_enable_interrupts(&p9->queue));
    return any;
}

/* 0, or an error, with which the device has not seen it. */
static int virtio_9p_queue(struct virtio_9p *p9, struct virtio_9p_request *request, size_t size,
                           struct virtqueue_pending *pending)
{
    const struct virtqueue_segment segments[] = {
        {.physical = request->message_physical, .size = (uint32_t)size},
        {.physical = request->reply_physical, .size = p9->options.msize, .device_writes = true},
    };
    if (!virtio_9p_works_locked(p9))
        return -KEIO;
    int error = virtqueue_add_pending(&p9->queue, segments, 2, request, pending);
    if (error != 0)
        return error;
    virtqueue_publish(&p9->queue);
    if (virtqueue_wants_kick(&p9->queue))
        virtio_kick(p9->device, V9P_QUEUE);
    return 0;
}

static struct virtio_9p_request *virtio_9p_take_free(struct virtio_9p *p9)
{
    for (unsigned i = 0; i < p9->request_count; i++) {
        struct virtio_9p_request *request = &p9->requests[i];
        if (request->state == V9P_FREE) {
            request->state = V9P_OWNED;
            return request;
        }
    }
    return NULL;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* What somebody waits for: a request that is free, or the reply to one. */
struct virtio_9p_wait {
    struct virtio_9p *p9;
    struct virtio_9p_request *request;
    bool works;
};

/* Those others that wait are woken when there may be something for them. */
static bool virtio_9p_is_over(struct virtio_9p_wait *wait, bool is_for_reply)
{
    struct virtio_9p *p9 = wait->p9;
    uint64_t daif = spin_lock(&p9->lock);
    bool any = virtio_9p_look(p9);
    wait->works = virtio_9p_works_locked(p9);
    if (!is_for_reply && wait->request == NULL)
        wait->request = virtio_9p_take_free(p9);
    bool is_over = is_for_reply ? wait->request->pending.done : wait->request != NULL;
    spin_unlock(&p9->lock, daif);
    if (any || !wait->works)
        wait_wake_all(&p9->wake);
    return is_over || !wait->works;
}

static bool virtio_9p_has_reply(void *of)
{
    return virtio_9p_is_over(of, true);
}

static bool virtio_9p_has_free(void *of)
{
    return virtio_9p_is_over(of, false);
}

/* How tasks of the kernel sleep. Signals wait: a transaction has an end. */
static int virtio_9p_sleep(struct virtio_9p *p9, virtio_9p_condition_fn *is_over, void *of,
                           uint64_t deadline_ns)
{
    struct waiter waiter;
    do {
        wait_prepare(&p9->wake, &waiter, "9p");
        if (is_over(of))
            break;
    } while (wait_commit_uninterruptible(&waiter, deadline_ns) == 0);
    wait_finish(&waiter);
    return 0;
}

/* 0: it is over. -KETIMEDOUT, -KEINTR. */
static int virtio_9p_await_asleep(struct virtio_9p *p9, virtio_9p_condition_fn *is_over, void *of,
                                  uint64_t deadline_ns)
{
    virtio_9p_sleep_fn *sleep = p9->options.sleep != NULL ? p9->options.sleep : virtio_9p_sleep;
    uint64_t now_ns = clock_now_ns();
    int error = 0;
    while (error == 0 && !is_over(of)) {
        uint64_t until_ns = deadline_ns;
        if (now_ns >= deadline_ns)
            return -KETIMEDOUT;
        if (p9->options.policy != V9P_INTERRUPT && until_ns - now_ns > p9->options.period_ns)
            until_ns = now_ns + p9->options.period_ns;
        error = sleep(p9, is_over, of, until_ns);
        now_ns = clock_now_ns();
    }
    return error;
}

static int virtio_9p_await_spinning(virtio_9p_condition_fn *is_over, void *of, uint64_t deadline_ns)
{
    while (!is_over(of)) {
        if (clock_now_ns() >= deadline_ns)
            return -KETIMEDOUT;
        hal_relax();
    }
    return 0;
}

/* 0: there is the reply, or there will be none. */
static int virtio_9p_await_reply(struct virtio_9p *p9, struct virtio_9p_wait *wait)
{
    uint64_t deadline_ns = clock_now_ns() + p9->options.timeout_ns;
    if (p9->options.policy == V9P_SPIN)
        return virtio_9p_await_spinning(virtio_9p_has_reply, wait, deadline_ns);
    return virtio_9p_await_asleep(p9, virtio_9p_has_reply, wait, deadline_ns);
}

/* ---- transactions ---------------------------------------------------------------------------- */

int virtio_9p_acquire(struct virtio_9p *p9, struct virtio_9p_request **request)
{
    struct virtio_9p_wait wait = {.p9 = p9};
    uint64_t deadline_ns = clock_now_ns() + p9->options.timeout_ns;
    /* Never spinning: whoever has one may be a task that could not run then. */
    int error = virtio_9p_await_asleep(p9, virtio_9p_has_free, &wait, deadline_ns);
    if (error != 0)
        return error;
    if (!wait.works && wait.request != NULL)
        virtio_9p_release(p9, wait.request);
    if (!wait.works)
        return -KEIO;
    *request = wait.request;
    return 0;
}

struct virtio_9p_request *virtio_9p_acquire_now(struct virtio_9p *p9)
{
    uint64_t daif = spin_lock(&p9->lock);
    struct virtio_9p_request *request = virtio_9p_take_free(p9);
    spin_unlock(&p9->lock, daif);
    return request;
}

void virtio_9p_release(struct virtio_9p *p9, struct virtio_9p_request *request)
{
    uint64_t daif = spin_lock(&p9->lock);
    kassert(request->state == V9P_OWNED);
    request->state = V9P_FREE;
    spin_unlock(&p9->lock, daif);
    wait_wake_all(&p9->wake); /* not all of those that wait there wait for this */
}

/* The reply did not come while somebody waited for it. False: it came just now. */
static bool virtio_9p_give_up_waiting(struct virtio_9p *p9, struct virtio_9p_request *request,
                                      int error)
{
    uint64_t daif = spin_lock(&p9->lock);
    bool lost = !request->pending.done;
    if (lost) {
        virtqueue_forget(&p9->queue, &request->pending);
        request->state = V9P_LOST;
    }
    if (lost && error == -KETIMEDOUT)
        probe_counter(p9->timeouts_counter, ++p9->timeouts);
    p9->config_changed = true; /* so that the next one asks the device what is the matter */
    spin_unlock(&p9->lock, daif);
    return lost;
}

long virtio_9p_transact(struct virtio_9p *p9, struct virtio_9p_request *request, size_t size)
{
    struct virtio_9p_wait wait = {.p9 = p9, .request = request};
    kassert(request->state == V9P_OWNED && size <= p9->options.msize);
    uint64_t daif = spin_lock(&p9->lock);
    int error = virtio_9p_queue(p9, request, size, &request->pending);
    spin_unlock(&p9->lock, daif);
    if (error != 0) {
        virtio_9p_release(p9, request);
        return -KEIO;
    }
    error = virtio_9p_await_reply(p9, &wait);
    if (error == 0 && !request->pending.done)
        error = -KEIO; /* it does not work any more */
    if (error != 0 && virtio_9p_give_up_waiting(p9, request, error))
        return error;
    return request->written;
}

void virtio_9p_post(struct virtio_9p *p9, struct virtio_9p_request *request, size_t size)
{
    kassert(request->state == V9P_OWNED && size <= p9->options.msize);
    uint64_t daif = spin_lock(&p9->lock);
    request->state = virtio_9p_queue(p9, request, size, NULL) == 0 ? V9P_LOST : V9P_FREE;
    spin_unlock(&p9->lock, daif);
}

bool virtio_9p_has_tag(struct virtio_9p *p9, uint16_t tag)
{
    bool found = false;
    uint64_t daif = spin_lock(&p9->lock);
    for (unsigned i = 0; i < p9->request_count; i++)
        found = found || (p9->requests[i].state != V9P_FREE && p9->requests[i].tag == tag);
    spin_unlock(&p9->lock, daif);
    return found;
}

void virtio_9p_interrupted(struct virtio_9p *p9, uint32_t reasons)
{
    if ((reasons & VIRQ_CONFIG_CHANGE) != 0)
        p9->config_changed = true;
    wait_wake_all(&p9->wake);
}

void virtio_9p_break(struct virtio_9p *p9, const char *why)
{
    uint64_t daif = spin_lock(&p9->lock);
    virtqueue_break(&p9->queue, why);
    spin_unlock(&p9->lock, daif);
    wait_wake_all(&p9->wake);
}

bool virtio_9p_works(struct virtio_9p *p9)
{
    uint64_t daif = spin_lock(&p9->lock);
    bool works = virtio_9p_works_locked(p9);
    spin_unlock(&p9->lock, daif);
    return works;
}

/* ---- initialisation -------------------------------------------------------------------------- */

/* The tag names a folder and a scheme: one that could not is none. */
static bool virtio_9p_is_name(const char *tag, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (tag[i] <= ' ' || tag[i] == '/' || tag[i] == 0x7f)
            return false;
    }
    return length > 0 && tag[0] != '.';
}

int virtio_9p_read_tag(struct virtio_9p *p9)
{
    size_t length = virtio_read_config16(p9->device, V9P_CONFIG_TAG_LENGTH);
    if (length >= V9P_TAG_MAX)
        return -KENAMETOOLONG;
    virtio_read_config(p9->device, V9P_CONFIG_TAG, (uint8_t *)p9->tag, length);
    p9->tag[length] = '\0';
    return virtio_9p_is_name(p9->tag, length) ? 0 : -KEINVAL;
}

static int virtio_9p_alloc_request(struct virtio_9p *p9, struct virtio_9p_request *request)
{
    const size_t size = p9->options.msize;
    uint64_t physical;
    uint8_t *memory = hal_dma_alloc(2 * size, 1, &physical);
    if (memory == NULL)
        return -KENOMEM;
    *request = (struct virtio_9p_request){
        .message = memory,
        .message_physical = physical,
        .reply = memory + size,
        .reply_physical = physical + size,
    };
    return 0;
}

/* As many as its memory gives; one is bearable, none is not. */
static int virtio_9p_alloc_requests(struct virtio_9p *p9)
{
    uint32_t limit = V9P_MEMORY_MAX / (2 * p9->options.msize);
    unsigned pairs = p9->queue.size / 2;
    if (limit > V9P_REQUESTS_MAX)
        limit = V9P_REQUESTS_MAX;
    if (limit > pairs)
        limit = pairs;
    if (pairs == 0)
        return -KENOSPC;
    for (p9->request_count = 0; p9->request_count < (limit > 0 ? limit : 1); p9->request_count++) {
        if (virtio_9p_alloc_request(p9, &p9->requests[p9->request_count]) != 0)
            break;
    }
    return p9->request_count > 0 ? 0 : -KENOMEM;
}

const char *virtio_9p_open(struct virtio_9p *p9, int *error)
{
    const uint64_t version = virtio_is_legacy(p9->device) ? 0 : VFEATURE(VFEATURE_VERSION_1);
    const uint64_t required = version | VFEATURE(VFEATURE_9P_MOUNT_TAG);
    const uint64_t wanted = required | VFEATURE(VFEATURE_INDIRECT) | VFEATURE(VFEATURE_EVENT_INDEX);
    *error = virtio_negotiate(p9->device, wanted, required);
    if (*error != 0)
        return "the device refuses to work with this driver";
    *error = virtio_9p_read_tag(p9);
    if (*error != 0)
        return "no mount tag that could be a name";
    *error = virtio_setup_queue(p9->device, V9P_QUEUE, V9P_QUEUE_SIZE, &p9->queue);
    if (*error == 0)
        *error = virtqueue_configure(&p9->queue, p9->device->features, 0);
    if (*error != 0)
        return "no queue";
    *error = virtio_9p_alloc_requests(p9);
    if (*error != 0)
        return "no memory for a request";
    if (p9->options.interrupt != NULL)
        *error = virtio_attach(p9->device, p9->options.interrupt, p9, "virtio-9p");
    return *error != 0 ? "no interrupt" : NULL;
}

void virtio_9p_start(struct virtio_9p *p9)
{
    virtqueue_set_name(&p9->queue, p9->tag, "requests");
    ksnprintf(p9->timeouts_counter, sizeof p9->timeouts_counter, "%s.timeouts", p9->tag);
    probe_counter(p9->timeouts_counter, p9->timeouts); /* so that it is known to be counted */
    if (p9->options.policy != V9P_INTERRUPT)
        virtqueue_disable_interrupts(&p9->queue);
    if (p9->options.interrupt == NULL)
        virtio_unmask(p9->device);
    virtio_start(p9->device);
    p9->is_up = true;
}

void virtio_9p_close(struct virtio_9p *p9)
{
    if (p9->options.interrupt != NULL)
        virtio_detach(p9->device);
    uint64_t daif = spin_lock(&p9->lock);
    p9->is_up = false;
    while (virtqueue_detach(&p9->queue) != NULL)
        continue;
    virtqueue_fini(&p9->queue);
    for (unsigned i = 0; i < p9->request_count; i++)
        hal_dma_free(p9->requests[i].message, 2 * (size_t)p9->options.msize);
    p9->request_count = 0;
    spin_unlock(&p9->lock, daif);
}

bool virtio_9p_switch_off(struct virtio_9p *p9)
{
    uint64_t daif = spin_lock(&p9->lock);
    p9->is_up = false;
    spin_unlock(&p9->lock, daif);
    if (virtio_reset_asleep(p9->device)) {
        virtio_9p_close(p9);
        return true;
    }
    console_printf("%s: the device does not come out of reset\n", p9->tag);
    virtqueue_break(&p9->queue, "device does not come out of reset");
    return false;
}

/* Whether somebody owns a request, and looks at its buffers. */
static bool virtio_9p_is_busy(struct virtio_9p *p9)
{
    bool busy = false;
    uint64_t daif = spin_lock(&p9->lock);
    for (unsigned i = 0; i < p9->request_count; i++)
        busy = busy || p9->requests[i].state == V9P_OWNED;
    spin_unlock(&p9->lock, daif);
    return busy;
}

int virtio_9p_restart(struct virtio_9p *p9)
{
    int error = -KEIO;
    if (virtio_9p_works(p9))
        return 0;
    if (virtio_9p_is_busy(p9))
        return -KEBUSY;
    if (p9->queue.size != 0 && !virtio_9p_switch_off(p9))
        return -KEIO;
    const char *why = virtio_9p_open(p9, &error);
    if (why == NULL) {
        virtio_9p_start(p9);
        return 0;
    }
    virtio_give_up(p9->device, "virtio-9p", why);
    virtio_9p_close(p9);
    return error;
}

void virtio_9p_prepare(struct virtio_9p *p9, struct virtio_device *device,
                       const struct virtio_9p_options *options)
{
    *p9 = (struct virtio_9p){
        .device = device,
        .options = *options,
        .lock = SPINLOCK_INIT("virtio-9p"),
    };
    wait_queue_init(&p9->wake);
}
