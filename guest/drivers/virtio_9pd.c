/*
 * virtio_9pd.c - the daemon of a shared folder
 *
 * One task, which waits in one place, the event queue: for requests, for interrupts, and for the
 * time at which the first of those that wait for the server does so no longer. Whatever it was, the
 * requests that are under way (p9_jobs.h) are asked whether they can go on, and new ones are begun.
 * What it hears of is not lost when nobody waits for it: interrupts are taken whenever they come.
 *
 * A timeout that was set on a clock's file cannot be taken back. So one is set only when none is
 * left that comes early enough, and one that comes too early is set anew: there is one at a time,
 * however many transactions there are.
 *
 * The scheme is registered before the device is touched: a second daemon for the same device ends
 * there, with nothing spoilt. A device that another daemon has left behind is first reset.
 */
#include "drivers/virtio_9pd.h"

#include "drivers/p9_jobs.h"
#include "drivers/p9_options.h"
#include "drivers/virtio_daemon.h"
#include "drivers/virtio_regs.h"
#include "kernel/clock.h"
#include "kernel/user_call.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define VIRTIO_9PD_EXIT_FAILED 1
#define VIRTIO_9PD_EXIT_USAGE  2
#define VIRTIO_9PD_EVENTS      16 /* that are read at once */
#define VIRTIO_9PD_NS_PER_S    UINT64_C(1000000000)

/* What the words of the event queue mean. */
enum virtio_9pd_event {
    VIRTIO_9PD_REQUESTS,
    VIRTIO_9PD_TIMER,
    VIRTIO_9PD_INTERRUPT, /* and those that follow: the device's, in turn */
};

/* One device, which outlives the daemon. */
struct virtio_9pd {
    struct virtio_daemon daemon; /* first */
    struct virtio_9p channel;
    struct p9_client client;
    struct p9_scheme scheme;
    struct p9_jobs jobs;
    int timer;
    uint64_t timer_ns; /* when the clock's file will tell, at the earliest; 0: not at all */
};

static struct virtio_daemon *virtio_9pds[V9P_DEVICES_MAX];

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

/* False: there is no clock any more. */
static bool virtio_9pd_set_timer(struct virtio_9pd *server, uint64_t deadline_ns)
{
    const struct kernel_timespec time = {
        .tv_sec = (int64_t)(deadline_ns / VIRTIO_9PD_NS_PER_S),
        .tv_nsec = (int64_t)(deadline_ns % VIRTIO_9PD_NS_PER_S),
    };
    if (deadline_ns == WAIT_FOREVER || (server->timer_ns != 0 && server->timer_ns <= deadline_ns))
        return true;
    if (sys_write(server->timer, &time, sizeof time) != sizeof time)
        return false;
    server->timer_ns = deadline_ns;
    return true;
}

/* How a transaction sleeps. */
static int virtio_9pd_sleep(struct virtio_9p *p9, virtio_9p_condition_fn *is_over, void *of,
                            uint64_t deadline_ns)
{
    struct virtio_9pd *server = p9->options.front;
    return p9_jobs_sleep(&server->jobs, is_over, of, deadline_ns);
}

/* ---- serving --------------------------------------------------------------------------------- */

static void virtio_9pd_answer(void *of, uint64_t tag, long result)
{
    const struct virtio_9pd *server = of;
    (void)sys_answer(server->daemon.root, tag, result);
}

/* As many as there is room for. 0, or an error of the root file, after which there are none. */
static int virtio_9pd_take_requests(struct virtio_9pd *server)
{
    struct scheme_request request;
    long size = 0;
    while (p9_jobs_has_room(&server->jobs) &&
           (size = sys_read(server->daemon.root, &request, sizeof request)) > 0)
        p9_jobs_add(&server->jobs, &request);
    return size >= 0 || size == -KEAGAIN || size == -KEINTR ? 0 : (int)size;
}

/* Until everything that was asked for is answered, or waits. 0, or the error, as above. */
static int virtio_9pd_serve_requests(struct virtio_9pd *server)
{
    bool was_full;
    int error;
    do {
        error = virtio_9pd_take_requests(server);
        was_full = !p9_jobs_has_room(&server->jobs);
        p9_jobs_run(&server->jobs);
    } while (error == 0 && was_full && p9_jobs_has_room(&server->jobs));
    return error;
}

static void virtio_9pd_loop(struct virtio_9pd *server)
{
    while (virtio_9pd_serve_requests(server) == 0) {
        if (!virtio_9pd_set_timer(server, p9_jobs_deadline_ns(&server->jobs)) ||
            virtio_9pd_wait(server) != 0)
            break;
    }
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
    if (p9_jobs_init(&server->jobs, &server->scheme, virtio_9pd_answer, server) != 0)
        return "no memory for requests";
    (void)sys_ready(); /* whoever started it need not wait */
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
    struct virtio_9pd *server =
        virtio_daemon_keep(virtio_9pds, V9P_DEVICES_MAX, sizeof *server, place.text);
    const char *why = server != NULL ? virtio_9pd_serve(server, &options, &place)
                                     : "there is no place for one more";
    virtio_daemon_say("virtio-9pd", place.text, why);
    return VIRTIO_9PD_EXIT_FAILED;
}
