/*
 * smolnetd.c - the network daemon
 *
 * One task, one loop. It waits for events of the scheme roots, of the cards, of the time file and
 * of the names of schemes, and does what each is about. Then the stack works until nothing is left
 * to do, those who wait for something hear of it, and a timeout is set for what is due next.
 * Nothing else sets one.
 *
 * What came before the loop began made no event, or one that is already there: so all sources are
 * looked at once before the first wait. From then on an event is enough, since each look goes on
 * until there is nothing more.
 *
 * There is one stack in a machine, and its state is static: a second daemon ends when it finds the
 * names of the schemes taken.
 */
#include "netstack/schemes/smolnetd.h"

#include "kernel/clock.h"
#include "kernel/netif.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "netstack/netstack.h"
#include "netstack/schemes/icmp_scheme.h"
#include "netstack/schemes/ip_scheme.h"
#include "netstack/schemes/link.h"
#include "netstack/schemes/netcfg_scheme.h"
#include "netstack/schemes/socket_scheme.h"
#include "netstack/schemes/tcp_scheme.h"
#include "netstack/schemes/time_chain.h"
#include "netstack/schemes/udp_scheme.h"

#include "ringside/probe.h"

#define SMOLNETD_REQUESTS    16 /* that are taken at once */
#define SMOLNETD_EVENTS      16
#define SMOLNETD_EXIT_FAILED 1
#define SMOLNETD_EXIT_USAGE  2
#define SMOLNETD_NS_PER_S    UINT64_C(1000000000)

/* The word of a source in the event queue. */
enum smolnetd_source {
    SMOLNETD_IP,
    SMOLNETD_ICMP,
    SMOLNETD_UDP,
    SMOLNETD_TCP,
    SMOLNETD_NETCFG,
    SMOLNETD_TIME,
    SMOLNETD_NAMES,
    SMOLNETD_LINKS, /* and from here on the links, by number */
};
#define SMOLNETD_SCHEMES (SMOLNETD_NETCFG + 1)

struct smolnetd_root {
    struct provider_port port; /* first */
    int file;
    struct socket_scheme sockets; /* not of netcfg */
};

static struct {
    struct smolnetd_root roots[SMOLNETD_SCHEMES];
    struct netcfg_scheme netcfg;
    struct time_chain chain;
    int queue, time, names;
    bool restricted; /* no schemes are seen once there is a card */
} smolnetd;

static const char *const smolnetd_names[SMOLNETD_SCHEMES] = {"ip", "icmp", "udp", "tcp", "netcfg"};
static const struct socket_protocol *const smolnetd_protocols[] = {
    [SMOLNETD_IP] = &ip_scheme_protocol,
    [SMOLNETD_ICMP] = &icmp_scheme_protocol,
    [SMOLNETD_UDP] = &udp_scheme_protocol,
    [SMOLNETD_TCP] = &tcp_scheme_protocol,
};

/* ---- answers --------------------------------------------------------------------------------- */

static void smolnetd_answer(struct provider_port *port, uint64_t tag, int64_t result)
{
    (void)sys_answer(((struct smolnetd_root *)port)->file, tag, result);
}

static void smolnetd_post(struct provider_port *port, uint64_t handle, unsigned events)
{
    (void)sys_post_events(((struct smolnetd_root *)port)->file, handle, events);
}

static void smolnetd_say(const char *what)
{
    char line[80];
    size_t size = ksnprintf(line, sizeof line, "smolnetd: %s\n", what);
    (void)sys_write(1, line, size < sizeof line ? size : sizeof line - 1);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void smolnetd_request(enum smolnetd_source source, const struct scheme_request *request)
{
    netstack_lock();
    if (source == SMOLNETD_NETCFG)
        netcfg_scheme_request(&smolnetd.netcfg, request);
    else
        socket_scheme_request(&smolnetd.roots[source].sockets, request, clock_now_ns());
    netstack_unlock();
}

/* All that are there. An error: there will be none any more. */
static int smolnetd_take_requests(enum smolnetd_source source)
{
    struct scheme_request requests[SMOLNETD_REQUESTS];
    for (;;) {
        long size = sys_read(smolnetd.roots[source].file, requests, sizeof requests);
        if (size < 0)
            return size == -KEAGAIN || size == -KEINTR ? 0 : (int)size;
        for (long i = 0; i < size / (long)sizeof requests[0]; i++)
            smolnetd_request(source, &requests[i]);
    }
}

/* ---- cards ----------------------------------------------------------------------------------- */

/* One is enough for -r: then it need not see the names any more. */
static int smolnetd_look_for_cards(void)
{
    long count = links_detect(smolnetd.names, smolnetd.queue, SMOLNETD_LINKS);
    if (count <= 0 || !smolnetd.restricted)
        return count < 0 ? (int)count : 0;
    (void)sys_close(smolnetd.names);
    smolnetd.names = -KEBADF;
    smolnetd.restricted = false;
    long error = sys_scheme_namespace(NULL, 0);
    return error < 0 ? (int)error : 0;
}

/* ---- the work -------------------------------------------------------------------------------- */

/* Those who wait hear of what has changed; and when the next of them has waited long enough. */
static uint64_t smolnetd_notify(void)
{
    uint64_t deadline_ns = UINT64_MAX;
    netstack_lock();
    for (unsigned i = 0; i < SMOLNETD_NETCFG; i++) {
        struct socket_scheme *sockets = &smolnetd.roots[i].sockets;
        socket_scheme_notify(sockets, clock_now_ns());
        uint64_t due_ns = socket_scheme_deadline_ns(sockets);
        if (due_ns < deadline_ns)
            deadline_ns = due_ns;
    }
    netstack_unlock();
    return deadline_ns;
}

/* What the notified go on with may be more work, for packets to this host at once. */
static bool smolnetd_has_changes(void)
{
    for (unsigned i = 0; i < SMOLNETD_NETCFG; i++) {
        if (!list_is_empty(&smolnetd.roots[i].sockets.changed))
            return true;
    }
    return false;
}

static uint64_t smolnetd_poll_stack(uint64_t now_ns)
{
    probe_stack_polled(now_ns);
    return netif_poll(now_ns);
}

/* Until nothing can be done now. Returns when something is due again. */
static uint64_t smolnetd_poll(void)
{
    uint64_t stack_ns, waiters_ns;
    do {
        links_receive();
        stack_ns = smolnetd_poll_stack(clock_now_ns());
        waiters_ns = smolnetd_notify();
    } while (smolnetd_has_changes());
    return stack_ns < waiters_ns ? stack_ns : waiters_ns;
}

static void smolnetd_schedule(uint64_t deadline_ns)
{
    struct kernel_timespec time = {
        .tv_sec = (int64_t)(deadline_ns / SMOLNETD_NS_PER_S),
        .tv_nsec = (int64_t)(deadline_ns % SMOLNETD_NS_PER_S),
    };
    time_chain_expire(&smolnetd.chain, clock_now_ns());
    if (time_chain_needs(&smolnetd.chain, deadline_ns))
        (void)sys_write(smolnetd.time, &time, sizeof time);
}

/*
 * An error: the daemon cannot go on. Of time there is nothing to do but the usual work.
 */
static int smolnetd_handle(uint64_t source)
{
    if (source < SMOLNETD_SCHEMES)
        return smolnetd_take_requests((enum smolnetd_source)source);
    if (source == SMOLNETD_NAMES && smolnetd.names >= 0)
        return smolnetd_look_for_cards();
    if (source >= SMOLNETD_LINKS)
        link_has_frames((unsigned)(source - SMOLNETD_LINKS));
    return 0;
}

/* All sources, whether there was an event or not; the cards first, which requests may be about. */
static int smolnetd_handle_all(void)
{
    int error = smolnetd_look_for_cards();
    for (uint64_t source = 0; source < SMOLNETD_LINKS && error == 0; source++)
        error = smolnetd_handle(source);
    return error;
}

static int smolnetd_loop(void)
{
    struct event_entry events[SMOLNETD_EVENTS];
    int error = smolnetd_handle_all();
    while (error == 0) {
        smolnetd_schedule(smolnetd_poll());
        long size = sys_read(smolnetd.queue, events, sizeof events);
        if (size < 0 && size != -KEINTR)
            return (int)size;
        for (long i = 0; i < size / (long)sizeof events[0] && error == 0; i++)
            error = smolnetd_handle(events[i].data);
    }
    return error;
}

/* ---- the beginning --------------------------------------------------------------------------- */

/* What a daemon has opened, before it knows whether the state above is its own. */
struct smolnetd_files {
    int queue, time, names;
    int roots[SMOLNETD_SCHEMES];
};

/* NULL, or what is wrong. */
static const char *smolnetd_open_files(struct smolnetd_files *files)
{
    files->queue = (int)sys_open(SCHEME_ROOT "event", O_RDWR);
    files->time = (int)sys_open(SCHEME_ROOT "time/1", O_RDWR);
    files->names = (int)sys_open(SCHEME_ROOT, O_RDONLY);
    if (files->queue < 0 || files->time < 0 || files->names < 0)
        return "no events, no time, or no schemes";
    if (sys_watch(files->queue, files->time, EVENT_READ, SMOLNETD_TIME) != 0 ||
        sys_watch(files->queue, files->names, EVENT_READ, SMOLNETD_NAMES) != 0)
        return "time and names cannot be watched";
    return NULL;
}

static const char *smolnetd_register(struct smolnetd_files *files)
{
    for (unsigned i = 0; i < SMOLNETD_SCHEMES; i++) {
        files->roots[i] = (int)sys_scheme_create(smolnetd_names[i], O_NONBLOCK);
        if (files->roots[i] < 0)
            return files->roots[i] == -KEEXIST ? "there is one already" : "no scheme";
        if (sys_watch(files->queue, files->roots[i], EVENT_READ, i) != 0)
            return "requests cannot be watched";
    }
    return NULL;
}

static void smolnetd_take_files(const struct smolnetd_files *files)
{
    smolnetd.queue = files->queue;
    smolnetd.time = files->time;
    smolnetd.names = files->names;
    for (unsigned i = 0; i < SMOLNETD_SCHEMES; i++)
        smolnetd.roots[i].file = files->roots[i];
}

static void smolnetd_init_stack(void)
{
    netif_init();
    netstack_init();
    links_init();
    socket_schemes_init();
    ip_scheme_init();
    icmp_scheme_init();
    udp_scheme_init();
    tcp_scheme_init();
    time_chain_init(&smolnetd.chain);
    for (unsigned i = 0; i < SMOLNETD_SCHEMES; i++)
        smolnetd.roots[i].port =
            (struct provider_port){.answer = smolnetd_answer, .post = smolnetd_post};
    for (unsigned i = 0; i < SMOLNETD_NETCFG; i++)
        socket_scheme_init(&smolnetd.roots[i].sockets, smolnetd_protocols[i],
                           &smolnetd.roots[i].port);
    netcfg_scheme_init(&smolnetd.netcfg, &smolnetd.roots[SMOLNETD_NETCFG].port);
}

int smolnetd_main(int argc, char **argv)
{
    struct smolnetd_files files;
    bool restricted = argc == 2 && kstreq(argv[1], "-r");
    if (argc > 1 && !restricted) {
        smolnetd_say("usage: smolnetd [-r]");
        return SMOLNETD_EXIT_USAGE;
    }
    const char *why = smolnetd_open_files(&files);
    if (why == NULL)
        why = smolnetd_register(&files);
    if (why == NULL) {
        smolnetd_take_files(&files);
        smolnetd.restricted = restricted;
        smolnetd_init_stack();
        (void)smolnetd_loop();
        why = "its requests, or its events, have come to an end";
    }
    smolnetd_say(why);
    return SMOLNETD_EXIT_FAILED;
}
