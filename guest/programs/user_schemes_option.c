/*
 * user_schemes_option.c - options of sockets, and waiting for several of them
 */
#include "kernel/scheme_net.h"
#include "kernel/user_call.h"
#include "lib/format.h"
#include "lib/string.h"
#include "programs/user.h"
#include "programs/user_schemes.h"

#define SCHEME_TIMER_WORD UINT64_MAX
#define SCHEME_EVENTS_MAX 16 /* that epoll_wait() gives at once */

enum scheme_option_kind {
    SCHEME_OPTION_INT,
    SCHEME_OPTION_TIME, /* struct kernel_timeval */
    SCHEME_OPTION_TEXT,
};

struct scheme_option {
    int level, name;
    enum scheme_option_kind kind;
    const char *setting;
};

static const struct scheme_option scheme_options[] = {
    {SOL_SOCKET, SO_RCVTIMEO, SCHEME_OPTION_TIME, "read_timeout"},
    {SOL_SOCKET, SO_SNDTIMEO, SCHEME_OPTION_TIME, "write_timeout"},
    {SOL_SOCKET, SO_BINDTODEVICE, SCHEME_OPTION_TEXT, "device"},
    {SOL_SOCKET, SO_ERROR, SCHEME_OPTION_INT, "error"},
    {SOL_SOCKET, SO_ACCEPTCONN, SCHEME_OPTION_INT, "backlog"},
    {SOL_SOCKET, SO_REUSEADDR, SCHEME_OPTION_INT, "reuse_address"},
    {SOL_SOCKET, SO_BROADCAST, SCHEME_OPTION_INT, "broadcast"},
    {SOL_SOCKET, SO_RCVBUF, SCHEME_OPTION_INT, "receive_buffer"},
    {SOL_SOCKET, SO_SNDBUF, SCHEME_OPTION_INT, "send_buffer"},
    {SOL_SOCKET, SO_KEEPALIVE, SCHEME_OPTION_INT, "keepalive"},
    {IPPROTO_IP, IP_TTL, SCHEME_OPTION_INT, "hop_limit"},
    {IPPROTO_IP, IP_RECVTTL, SCHEME_OPTION_INT, "receive_ttl"},
    {IPPROTO_TCP, TCP_NODELAY, SCHEME_OPTION_INT, "no_delay"},
};

/* NULL: there is no such option. */
static const struct scheme_option *scheme_option_find(int level, int name)
{
    for (size_t i = 0; i < sizeof scheme_options / sizeof scheme_options[0]; i++) {
        if (scheme_options[i].level == level && scheme_options[i].name == name)
            return &scheme_options[i];
    }
    return NULL;
}

/* ---- options --------------------------------------------------------------------------------- */

static long scheme_set_time(int descriptor, const char *setting, const void *value, size_t size)
{
    struct kernel_timeval time;
    if (size < sizeof time)
        return -KEINVAL;
    memcpy(&time, value, sizeof time);
    if (time.tv_usec < 0 || time.tv_usec >= 1000000)
        return -KEDOM;
    struct kernel_timespec to = {time.tv_sec, time.tv_usec * (int64_t)USER_NS_PER_US};
    return user_scheme_set(descriptor, setting, &to, sizeof to);
}

long user_scheme_setsockopt(int descriptor, int level, int name, const void *value, size_t size)
{
    const struct scheme_option *option = scheme_option_find(level, name);
    if (user_scheme_of(descriptor) == USER_SCHEME_NONE)
        return -KENOTSOCK;
    if (option == NULL)
        return -KENOPROTOOPT;
    if (option->kind == SCHEME_OPTION_TIME)
        return scheme_set_time(descriptor, option->setting, value, size);
    if (option->kind == SCHEME_OPTION_INT && size < sizeof(int32_t))
        return -KEINVAL;
    return user_scheme_set(descriptor, option->setting, value,
                           option->kind == SCHEME_OPTION_INT ? sizeof(int32_t) : size);
}

static long scheme_get_time(int descriptor, const char *setting, struct kernel_timeval *time)
{
    struct kernel_timespec from;
    long result = user_scheme_get(descriptor, setting, &from, sizeof from);
    if (result < 0)
        return result;
    *time = (struct kernel_timeval){from.tv_sec, from.tv_nsec / (int64_t)USER_NS_PER_US};
    return sizeof *time;
}

/* What follows from the scheme. False: nothing does. */
static bool scheme_get_constant(enum user_scheme scheme, int level, int name, int32_t *number)
{
    bool stream = scheme == USER_SCHEME_TCP;
    if (level != SOL_SOCKET)
        return false;
    if (name == SO_TYPE)
        *number = stream ? SOCK_STREAM : SOCK_DGRAM;
    else if (name == SO_PROTOCOL)
        *number = stream ? IPPROTO_TCP : scheme == USER_SCHEME_UDP ? IPPROTO_UDP : IPPROTO_ICMP;
    else if (name == SO_DOMAIN)
        *number = AF_INET;
    else if ((name == SO_ACCEPTCONN || name == SO_KEEPALIVE) && !stream)
        *number = 0;
    else
        return false;
    return true;
}

long user_scheme_getsockopt(int descriptor, int level, int name, void *value, uint32_t *size)
{
    const struct scheme_option *option = scheme_option_find(level, name);
    enum user_scheme scheme = user_scheme_of(descriptor);
    struct kernel_timeval time;
    int32_t number = 0;
    const void *from = &number;
    long result = sizeof number;
    if (scheme == USER_SCHEME_NONE)
        return -KENOTSOCK;
    if (!scheme_get_constant(scheme, level, name, &number)) {
        if (option == NULL || option->kind == SCHEME_OPTION_TEXT)
            return -KENOPROTOOPT;
        if (option->kind == SCHEME_OPTION_TIME) {
            result = scheme_get_time(descriptor, option->setting, &time);
            from = &time;
        } else {
            result = user_scheme_get(descriptor, option->setting, &number, sizeof number);
        }
    }
    if (result < 0)
        return result;
    *size = *size < (uint32_t)result ? *size : (uint32_t)result;
    memcpy(value, from, *size);
    return 0;
}

/* ---- poll ------------------------------------------------------------------------------------ */

/* Of one descriptor: what the kernel or the daemon says. */
static int16_t scheme_ready(const struct pollfd *entry)
{
    int32_t ready = 0;
    struct pollfd one = *entry;
    struct kernel_timespec now = {0};
    if (user_scheme_get(entry->fd, "readiness", &ready, sizeof ready) == sizeof ready)
        return (int16_t)(ready & (entry->events | POLLERR | POLLHUP));
    return system_call(SYS_PPOLL, (long)&one, 1, (long)&now, 0, SIGSET_SIZE, 0) > 0 ? one.revents
                                                                                    : 0;
}

static long scheme_look(struct pollfd *entries, size_t count)
{
    long ready = 0;
    for (size_t i = 0; i < count; i++) {
        entries[i].revents = entries[i].fd >= 0 ? scheme_ready(&entries[i]) : 0;
        ready += entries[i].revents != 0;
    }
    return ready;
}

/* Errors come with either event: whoever wants neither hears of them by both. */
static uint32_t scheme_wanted(uint32_t wanted)
{
    uint32_t events = 0;
    if ((wanted & (POLLIN | POLLRDNORM | POLLRDHUP)) != 0)
        events |= EVENT_READ;
    if ((wanted & (POLLOUT | POLLWRNORM)) != 0)
        events |= EVENT_WRITE;
    return events != 0 ? events : EVENT_READ | EVENT_WRITE;
}

/* A file in which the timeout is an event; it ends with the file. */
static long scheme_open_timer(int queue, uint64_t timeout_ns)
{
    char path[] = SCHEME_ROOT "time/1";
    uint64_t until_ns = user_now_ns() + timeout_ns;
    struct kernel_timespec time = {(int64_t)(until_ns / USER_NS_PER_S),
                                   (int64_t)(until_ns % USER_NS_PER_S)};
    long timer = sys_open(path, O_RDWR | O_CLOEXEC);
    if (timer < 0)
        return timer;
    long error = sys_watch(queue, (int)timer, EVENT_READ, SCHEME_TIMER_WORD);
    if (error == 0)
        error = sys_write((int)timer, &time, sizeof time);
    if (error >= 0)
        return timer;
    (void)sys_close((int)timer);
    return error;
}

/* Sleeps until something happens: 1; 0: the timeout is over. */
static long scheme_await_event(int queue)
{
    struct event_entry event;
    long size = sys_read(queue, &event, sizeof event);
    if (size < 0)
        return size;
    return event.data == SCHEME_TIMER_WORD ? 0 : 1;
}

static long scheme_poll_queue(int queue, struct pollfd *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (entries[i].fd >= 0)
            (void)sys_watch(queue, entries[i].fd, scheme_wanted((uint16_t)entries[i].events), i);
    }
    for (;;) {
        long ready = scheme_look(entries, count);
        if (ready != 0)
            return ready;
        long result = scheme_await_event(queue);
        if (result <= 0)
            return result == 0 ? scheme_look(entries, count) : result;
    }
}

long user_scheme_poll(struct pollfd *entries, size_t count, uint64_t timeout_ns)
{
    char path[] = SCHEME_ROOT "event";
    long ready = scheme_look(entries, count), timer = -1;
    if (ready != 0 || timeout_ns == 0)
        return ready;
    long queue = sys_open(path, O_RDWR | O_CLOEXEC);
    if (queue < 0)
        return queue;
    if (timeout_ns != UINT64_MAX)
        timer = scheme_open_timer((int)queue, timeout_ns);
    long result = timer >= 0 || timeout_ns == UINT64_MAX
                      ? scheme_poll_queue((int)queue, entries, count)
                      : timer;
    if (timer >= 0)
        (void)sys_close((int)timer);
    (void)sys_close((int)queue);
    return result;
}

/* ---- epoll ----------------------------------------------------------------------------------- */

long user_scheme_epoll_create(void)
{
    char path[] = SCHEME_ROOT "event";
    return sys_open(path, O_RDWR | O_CLOEXEC);
}

long user_scheme_epoll_ctl(int epoll, int operation, int descriptor, uint32_t events, uint64_t data)
{
    return sys_watch(epoll, descriptor,
                     operation == EPOLL_CTL_DEL ? 0 : scheme_wanted(events & UINT16_MAX), data);
}

/* The events of a queue as they are now: what is over already is left out. */
static long scheme_take_events(const struct event_entry *entries, long count,
                               struct epoll_event *events, bool *timer)
{
    const int16_t all = POLLIN | POLLOUT | POLLRDHUP;
    long taken = 0;
    for (long i = 0; i < count; i++) {
        struct pollfd entry = {.fd = entries[i].descriptor, .events = all};
        *timer |= entries[i].data == SCHEME_TIMER_WORD;
        uint16_t ready = entries[i].data != SCHEME_TIMER_WORD ? (uint16_t)scheme_ready(&entry) : 0;
        if ((entries[i].events & EVENT_READ) == 0)
            ready &= (uint16_t) ~(POLLIN | POLLRDHUP);
        if ((entries[i].events & EVENT_WRITE) == 0)
            ready &= (uint16_t)~POLLOUT;
        if (ready != 0)
            events[taken++] = (struct epoll_event){ready, entries[i].data};
    }
    return taken;
}

static long scheme_wait_events(int epoll, struct epoll_event *events, int max)
{
    struct event_entry entries[SCHEME_EVENTS_MAX];
    long room = max < SCHEME_EVENTS_MAX ? max : SCHEME_EVENTS_MAX;
    for (;;) {
        bool timer = false;
        long size = sys_read(epoll, entries, (size_t)room * sizeof entries[0]);
        if (size < 0)
            return size == -KEAGAIN ? 0 : size;
        long taken = scheme_take_events(entries, size / (long)sizeof entries[0], events, &timer);
        if (taken > 0 || timer)
            return taken;
    }
}

/*
 * A timer of this wait that has fired may stand in the queue still: the next one ends early then.
 */
long user_scheme_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms)
{
    long timer = -1;
    if (max <= 0)
        return -KEINVAL;
    if (timeout_ms == 0)
        (void)system_call(SYS_FCNTL, epoll, F_SETFL, O_RDWR | O_NONBLOCK, 0, 0, 0);
    if (timeout_ms > 0)
        timer = scheme_open_timer(epoll, (uint64_t)timeout_ms * USER_NS_PER_MS);
    long result = timeout_ms <= 0 || timer >= 0 ? scheme_wait_events(epoll, events, max) : timer;
    if (timer >= 0)
        (void)sys_close((int)timer);
    if (timeout_ms == 0)
        (void)system_call(SYS_FCNTL, epoll, F_SETFL, O_RDWR, 0, 0, 0);
    return result;
}
