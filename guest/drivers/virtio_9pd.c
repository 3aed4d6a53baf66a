/*
 * virtio_9pd.c - the daemon of a shared folder
 *
 * One task, which does one thing at a time: it takes a request, does what that asks for in as many
 * transactions as it takes, and answers. It waits in one place, the event queue, for one of two
 * reasons: idle, for a request; or in the middle of a transaction, for an interrupt or for the time
 * that ends the transaction. What it hears of there and does not wait for is not lost: interrupts
 * are taken whenever they come, and before it is idle it asks the scheme for requests.
 *
 * A timeout that was set on a clock's file cannot be taken back. So one is set only when none is
 * left that comes early enough, and one that comes too early is set anew: there is one at a time,
 * however many transactions there are.
 *
 * The scheme is registered before the device is touched: a second daemon for the same device ends
 * there, with nothing spoilt. A device that another daemon has left behind is first reset.
 */
#include "drivers/virtio_9pd.h"

#include "drivers/p9_options.h"
#include "drivers/p9_scheme.h"
#include "drivers/virtio_daemon.h"
#include "drivers/virtio_regs.h"
#include "kernel/boot_memory.h"
#include "kernel/clock.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define VIRTIO_9PD_EXIT_FAILED 1
#define VIRTIO_9PD_EXIT_USAGE  2
#define VIRTIO_9PD_EVENTS      16 /* that are read at once, and requests */
#define VIRTIO_9PD_NS_PER_S    UINT64_C(1000000000)

/* What the words of the event queue mean. */
enum virtio_9pd_event {
    VIRTIO_9PD_REQUESTS,
    VIRTIO_9PD_TIMER,
    VIRTIO_9PD_INTERRUPT, /* and those that follow: the device's, in turn */
};

/* One device, which outlives the daemon. */
struct virtio_9pd {
    struct virtio_daemon daemon;
    struct virtio_9p channel;
    struct p9_client client;
    struct p9_scheme scheme;
    int timer;
    uint64_t timer_ns; /* when the clock's file will tell, at the earliest; 0: not at all */
};

static struct virtio_9pd *virtio_9pds[V9P_DEVICES_MAX]; /* as many as were needed */

/* The place of a device, or one that is free. NULL: there is none. */
static struct virtio_9pd *virtio_9pd_place(const char *device)
{
    for (unsigned i = 0; i < V9P_DEVICES_MAX; i++) {
        if (virtio_9pds[i] == NULL)
            virtio_9pds[i] = boot_memory_take_clear(sizeof *virtio_9pds[i]);
        struct virtio_9pd *server = virtio_9pds[i];
        if (server == NULL || server->daemon.device_name[0] == '\0' ||
            kstreq(server->daemon.device_name, device))
            return server;
    }
    return NULL;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* 0, or the error with which the queue has come to an end. */
static int virtio_9pd_wait(struct virtio_9pd *server)
{
    struct event_entry events[VIRTIO_9PD_EVENTS];
    long size = sys_read(server->daemon.queue, events, sizeof events);
    for (long i = 0; i < size / (long)sizeof events[0]; i++) {
        uint64_t word = events[i].data;
        if (word == VIRTIO_9PD_TIMER)
            server->timer_ns = 0;
        else if (word >= VIRTIO_9PD_INTERRUPT)
            virtio_9p_interrupted(&server->channel,
                                  virtio_daemon_take_interrupt(
                                      &server->daemon, (unsigned)(word - VIRTIO_9PD_INTERRUPT)));
    }
    return size >= 0 || size == -KEINTR ? 0 : (int)size;
}

static void virtio_9pd_set_timer(struct virtio_9pd *server, uint64_t deadline_ns)
{
    const struct kernel_timespec time = {
        .tv_sec = (int64_t)(deadline_ns / VIRTIO_9PD_NS_PER_S),
        .tv_nsec = (int64_t)(deadline_ns % VIRTIO_9PD_NS_PER_S),
    };
    if (server->timer_ns != 0 && server->timer_ns <= deadline_ns)
        return;
    if (sys_write(server->timer, &time, sizeof time) == sizeof time)
        server->timer_ns = deadline_ns;
}

/* How a transaction sleeps. */
static void virtio_9pd_sleep(struct virtio_9p *p9, virtio_9p_condition_fn *is_over, void *of,
                             uint64_t deadline_ns)
{
    struct virtio_9pd *server = p9->options.front;
    while (!is_over(of) && clock_now_ns() < deadline_ns) {
        virtio_9pd_set_timer(server, deadline_ns);
        if (server->timer_ns == 0 || virtio_9pd_wait(server) != 0) {
            virtio_9p_break(p9, "nobody hears of its interrupts");
            return;
        }
    }
}

/* ---- serving --------------------------------------------------------------------------------- */

/* All requests that there are. 0, or an error of the root file, after which there are none. */
static int virtio_9pd_serve_requests(struct virtio_9pd *server)
{
    struct scheme_request requests[VIRTIO_9PD_EVENTS];
    const int root = server->daemon.root;
    long size;
    while ((size = sys_read(root, requests, sizeof requests)) > 0) {
        for (size_t i = 0; i < (size_t)size / sizeof requests[0]; i++) {
            const struct scheme_request *request = &requests[i];
            if (request->operation != SCHEME_CANCEL)
                (void)sys_answer(root, request->tag, p9_scheme_serve(&server->scheme, request));
        }
    }
    return size == -KEAGAIN || size == -KEINTR ? 0 : (int)size;
}

static void virtio_9pd_loop(struct virtio_9pd *server)
{
    while (virtio_9pd_serve_requests(server) == 0 && virtio_9pd_wait(server) == 0)
        continue;
}

/* ---- the beginning --------------------------------------------------------------------------- */

static const char *virtio_9pd_open_timer(struct virtio_9pd *server)
{
    server->timer_ns = 0;
    server->timer = (int)sys_open(SCHEME_ROOT "time/1", O_RDWR);
    if (server->timer < 0 ||
        sys_watch(server->daemon.queue, server->timer, EVENT_READ, VIRTIO_9PD_TIMER) != 0)
        return "no clock";
    return NULL;
}

/* The scheme has the name of the mount tag, which can be read before anything else. */
static const char *virtio_9pd_open_scheme(struct virtio_9pd *server)
{
    char name[SCHEME_NAME_MAX];
    if (virtio_9p_read_tag(&server->channel) != 0)
        return "no mount tag that could be a name";
    ksnprintf(name, sizeof name, "9p.%s", server->channel.tag);
    return virtio_daemon_open_scheme(&server->daemon, name, VIRTIO_9PD_REQUESTS);
}

/* From the device's reset to DRIVER_OK. NULL, or what is wrong, after giving up. */
static const char *virtio_9pd_bring_up(struct virtio_9pd *server)
{
    int error;
    const char *why = virtio_9p_open(&server->channel, &error);
    if (why == NULL)
        why = virtio_daemon_open_interrupts(&server->daemon, VIRTIO_9PD_INTERRUPT);
    if (why == NULL)
        why = virtio_9pd_open_timer(server);
    if (why != NULL) {
        virtio_give_up(server->daemon.device, "virtio-9pd", why);
        virtio_9p_close(&server->channel);
        return why;
    }
    virtio_9p_start(&server->channel);
    return NULL;
}

static const char *virtio_9pd_serve(struct virtio_9pd *server, struct p9_options *options,
                                    const struct virtio_daemon_place *place)
{
    struct virtio_daemon *daemon = &server->daemon;
    const bool is_left_behind = server->channel.queue.size != 0;
    ksnprintf(daemon->device_name, sizeof daemon->device_name, "%s", place->text);
    const char *why = virtio_daemon_find(daemon, place, VDEVICE_9P);
    if (daemon->device == NULL)
        daemon->device_name[0] = '\0'; /* for another one */
    if (why != NULL)
        return why;
    options->channel.sleep = virtio_9pd_sleep;
    options->channel.front = server;
    if (!is_left_behind)
        virtio_9p_prepare(&server->channel, daemon->device, &options->channel);
    why = virtio_9pd_open_scheme(server);
    if (why == NULL && is_left_behind) {
        (void)virtio_9p_switch_off(&server->channel);
        virtio_9p_prepare(&server->channel, daemon->device, &options->channel);
    }
    if (why == NULL)
        why = virtio_9pd_bring_up(server);
    if (why != NULL)
        return why;
    p9_client_init(&server->client, &server->channel, options->first_tag);
    p9_scheme_init(&server->scheme, &server->client, &options->profile);
    virtio_9pd_loop(server);
    return "its requests, or its events, have come to an end";
}

int virtio_9pd_main(int argc, char **argv)
{
    struct virtio_daemon_place place;
    struct p9_options options;
    if (argc != 3 || !virtio_daemon_parse(&place, argv[1], argv[2])) {
        virtio_daemon_say("virtio-9pd", "usage", "DEVICE INTERRUPT");
        return VIRTIO_9PD_EXIT_USAGE;
    }
    const char *wrong = p9_options_take(&options);
    if (wrong != NULL) {
        virtio_daemon_say("virtio-9pd", wrong, "the boot parameter makes no sense");
        return VIRTIO_9PD_EXIT_USAGE;
    }
    struct virtio_9pd *server = virtio_9pd_place(place.text);
    const char *why = server != NULL ? virtio_9pd_serve(server, &options, &place)
                                     : "there is no place for one more";
    virtio_daemon_say("virtio-9pd", place.text, why);
    return VIRTIO_9PD_EXIT_FAILED;
}
