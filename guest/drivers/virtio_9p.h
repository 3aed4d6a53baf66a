/*
 * virtio_9p.h - the virtio device of a shared folder [VIRTIO1.2] 5, device type 9, without those
 * who drive it
 *
 * A mount tag, and one queue on which messages of 9P go out and their replies come back. What they
 * say is p9_client.h's. Two fronts bring the device up and say how one waits: p9_mount.c, in the
 * kernel, and virtio_9pd.c, a daemon:
 *   - virtio_9p_prepare(), virtio_9p_open(), virtio_9p_start();
 *   - virtio_9p_interrupted() for what an interrupt says.
 *
 * A transaction is: acquire a request, fill its message, transact, read its reply, release. So many
 * are under way at once as there are requests; each has an end, whatever the device does.
 */
#ifndef DRIVERS_VIRTIO_9P_H
#define DRIVERS_VIRTIO_9P_H

#include "drivers/virtio_transport.h"
#include "kernel/spinlock.h"
#include "kernel/wait.h"

#define V9P_DEVICES_MAX  8
#define V9P_REQUESTS_MAX 8
#define V9P_MEMORY_MAX   (2u << 20) /* of a device's requests; there is one in any case */
#define V9P_TAG_MAX      33         /* of a mount tag, with NUL */
#define V9P_NAME_MAX     48

struct virtio_9p;

/* What becomes of the time until a reply is there. */
enum virtio_9p_policy {
    V9P_INTERRUPT, /* asleep until there is an interrupt */
    V9P_POLL,      /* asleep for a period at the most, and then a look */
    V9P_SPIN,      /* awake, with interrupts of the queue switched off */
};

/*
 * How those who call sleep: until `is_over(of)`, which is asked again whenever there may have been
 * an interrupt, or until the deadline (clock_now_ns): 0. -KEINTR: whoever called does not want to
 * wait for it any more.
 */
typedef bool virtio_9p_condition_fn(void *of);
typedef int virtio_9p_sleep_fn(struct virtio_9p *p9, virtio_9p_condition_fn *is_over, void *of,
                               uint64_t deadline_ns);

struct virtio_9p_options {
    virtio_interrupt_fn *interrupt; /* NULL: it is not the kernel that takes them */
    virtio_9p_sleep_fn *sleep;      /* NULL: in `wake`, for tasks of the kernel */
    void *front;
    enum virtio_9p_policy policy;
    uint64_t period_ns;  /* of V9P_POLL */
    uint64_t timeout_ns; /* until somebody who waits goes on without what he waits for */
    uint32_t msize;      /* bytes of a message, and of a reply, at the most */
};

/* The first members are for whoever has acquired it, the others private. */
struct virtio_9p_request {
    uint8_t *message;     /* options.msize bytes */
    const uint8_t *reply; /* the same, of which transact says how many are there */
    uint16_t tag;         /* for the owner: by what the server calls it */

    uint64_t message_physical, reply_physical;
    enum {
        V9P_FREE,
        V9P_OWNED,
        V9P_LOST, /* nobody waits for it: free when the device returns it */
    } state;
    struct virtqueue_pending pending; /* while it is owned */
    uint32_t written;
};

/* Private, but for what comments say. */
struct virtio_9p {
    struct virtio_device *device;
    struct virtio_9p_options options;
    char tag[V9P_TAG_MAX]; /* since it was opened. Anybody may read it */
    struct spinlock lock;  /* of all that follows */
    struct virtqueue queue;
    struct wait_queue wake; /* to be woken by whoever hears of an interrupt */
    bool is_up;
    bool config_changed;
    unsigned request_count;
    struct virtio_9p_request requests[V9P_REQUESTS_MAX];
    uint64_t timeouts;
    char timeouts_counter[V9P_NAME_MAX];
};

/* ---- up and down ----------------------------------------------------------------------------- */

/* Keeps the device; leaves the hardware alone. */
void virtio_9p_prepare(struct virtio_9p *p9, struct virtio_device *device,
                       const struct virtio_9p_options *options);
/* Reads the mount tag of a device that is prepared. 0, -KENAMETOOLONG, -KEINVAL: no name. */
int virtio_9p_read_tag(struct virtio_9p *p9);
/*
 * From reset to everything but DRIVER_OK. NULL, or the step that failed, with the error: then
 * virtio_give_up(), and virtio_9p_close().
 */
const char *virtio_9p_open(struct virtio_9p *p9, int *error);
/* DRIVER_OK. */
void virtio_9p_start(struct virtio_9p *p9);
/* Takes interrupts, requests and rings back after the device was reset. */
void virtio_9p_close(struct virtio_9p *p9);
/*
 * Resets and closes it, which may take a while. False: it does not come out of reset, and may still
 * use its memory, which is lost then.
 */
bool virtio_9p_switch_off(struct virtio_9p *p9);
/*
 * One that does not work any more, since its ring is broken or it has asked for a reset, is begun
 * anew. 0; -KEBUSY: somebody still waits for a reply, and will soon hear that there is none; or why
 * it cannot.
 */
int virtio_9p_restart(struct virtio_9p *p9);
/* Breaks it by decision of its front: everybody who waits goes on. Keeps the reason, a literal. */
void virtio_9p_break(struct virtio_9p *p9, const char *why);
/* Replies may come. False: every transaction fails, until a restart. */
bool virtio_9p_works(struct virtio_9p *p9);

/* From an interrupt handler, or a task: `reasons` as virtio_interrupt_fn has them. */
void virtio_9p_interrupted(struct virtio_9p *p9, uint32_t reasons);

/* ---- transactions: of tasks ------------------------------------------------------------------ */

/* Waits until there is a free one. 0, -KETIMEDOUT, -KEINTR, -KEIO: the device does not work. */
int virtio_9p_acquire(struct virtio_9p *p9, struct virtio_9p_request **request);
/* NULL: there is none now. */
struct virtio_9p_request *virtio_9p_acquire_now(struct virtio_9p *p9);
/*
 * Sends `size` bytes of the message and waits. How many bytes of reply the device says that it
 * wrote, which is unchecked; it is to be released. Or an error, as acquire has them: the request
 * has gone then, as the device may still write to it.
 */
long virtio_9p_transact(struct virtio_9p *p9, struct virtio_9p_request *request, size_t size);
/* Sends it, and lets nobody wait for the reply. The request has gone. */
void virtio_9p_post(struct virtio_9p *p9, struct virtio_9p_request *request, size_t size);
void virtio_9p_release(struct virtio_9p *p9, struct virtio_9p_request *request);
/* Whether a request with this tag is on its way, or was lost there. */
bool virtio_9p_has_tag(struct virtio_9p *p9, uint16_t tag);

#endif
