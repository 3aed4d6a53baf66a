/*
 * user_schemes_wait.c - poll and epoll over schemes: waiting for several descriptors
 *
 * Either waits in an event queue, of its own or the set itself, and then asks for what is so. A
 * timeout is a file of a clock in the same queue.
 */
#include "kernel/scheme_net.h"
#include "kernel/user_call.h"
#include "lib/string.h"
#include "programs/user.h"
#include "programs/user_schemes.h"

#define SCHEME_TIMER_WORD UINT64_MAX
#define SCHEME_TIMER_MARK (1u << EVENT_OWN_SHIFT) /* it is there */
#define SCHEME_EVENTS_MAX 64                      /* that epoll_wait() takes, and gives, at once */

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
    long error = sys_watch(queue, (int)timer, EVENT_READ | SCHEME_TIMER_MARK, SCHEME_TIMER_WORD);
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

/*
 * What is wanted of a member stands in the program's own bits of its registration: POLLIN and so
 * on, and whether it is told on edges, or once. An event says where to look; what is told is what
 * is so then, of what is wanted now. A member that is told by level is watched anew, so that there
 * is an event for the next wait if it is ready still. Never 0: that is who is no member any more.
 */
#define SCHEME_WANTED 0x3fffu
#define SCHEME_EDGE   0x4000u
#define SCHEME_ONCE   0x8000u

static uint32_t scheme_member(uint32_t events)
{
    return ((events | POLLERR | POLLHUP) & SCHEME_WANTED) |
           ((events & EPOLLET) != 0 ? SCHEME_EDGE : 0) |
           ((events & EPOLLONESHOT) != 0 ? SCHEME_ONCE : 0);
}

static long scheme_watch_member(int epoll, int descriptor, uint32_t member, uint64_t data)
{
    return sys_watch(epoll, descriptor,
                     scheme_wanted(member & SCHEME_WANTED) | member << EVENT_OWN_SHIFT, data);
}

long user_scheme_epoll_create(void)
{
    char path[] = SCHEME_ROOT "event";
    return sys_open(path, O_RDWR | O_CLOEXEC);
}

long user_scheme_epoll_ctl(int epoll, int operation, int descriptor, uint32_t events, uint64_t data)
{
    return operation == EPOLL_CTL_DEL
               ? sys_watch(epoll, descriptor, 0, data)
               : scheme_watch_member(epoll, descriptor, scheme_member(events), data);
}

/* A wait: where what is told goes, and of whom. */
struct scheme_harvest {
    int epoll, timer; /* timer negative: none */
    bool timed_out;
    struct epoll_event *events;
    long room, count;
    int descriptors[SCHEME_EVENTS_MAX];
};

static bool scheme_is_told(const struct scheme_harvest *harvest, int descriptor)
{
    for (long i = 0; i < harvest->count; i++) {
        if (harvest->descriptors[i] == descriptor)
            return true;
    }
    return false;
}

/* For whom there is no room, there is an event again. */
static void scheme_tell_member(struct scheme_harvest *harvest, const struct event_entry *entry)
{
    uint32_t member = entry->events >> EVENT_OWN_SHIFT;
    struct pollfd look = {.fd = entry->descriptor, .events = (int16_t)(member & SCHEME_WANTED)};
    bool has_room = harvest->count < harvest->room;
    uint16_t ready = has_room ? (uint16_t)scheme_ready(&look) : 0;
    if (ready != 0) {
        harvest->descriptors[harvest->count] = entry->descriptor;
        harvest->events[harvest->count++] = (struct epoll_event){ready, entry->data};
    }
    if (ready != 0 && (member & SCHEME_ONCE) != 0)
        (void)sys_watch(harvest->epoll, entry->descriptor, 0, 0);
    else if (!has_room || (ready != 0 && (member & SCHEME_EDGE) == 0))
        (void)scheme_watch_member(harvest->epoll, entry->descriptor, member, entry->data);
}

static void scheme_take_event(struct scheme_harvest *harvest, const struct event_entry *entry)
{
    if (entry->events >> EVENT_OWN_SHIFT == 0)
        return; /* no member any more; such as the timer of another wait */
    if (entry->descriptor == harvest->timer)
        harvest->timed_out = true;
    else if (!scheme_is_told(harvest, entry->descriptor))
        scheme_tell_member(harvest, entry);
}

/* All events that are there: several of one member are told once. */
static long scheme_wait_events(struct scheme_harvest *harvest)
{
    struct event_entry entries[SCHEME_EVENTS_MAX];
    do {
        long size = sys_read(harvest->epoll, entries, sizeof entries);
        if (size < 0)
            return size == -KEAGAIN ? 0 : size;
        for (long i = 0; i < size / (long)sizeof entries[0]; i++)
            scheme_take_event(harvest, &entries[i]);
    } while (harvest->count == 0 && !harvest->timed_out);
    return harvest->count;
}

long user_scheme_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms)
{
    struct scheme_harvest harvest = {.epoll = epoll, .timer = -1, .events = events};
    long result = 0;
    if (max <= 0)
        return -KEINVAL;
    harvest.room = max < SCHEME_EVENTS_MAX ? max : SCHEME_EVENTS_MAX;
    if (timeout_ms == 0)
        (void)system_call(SYS_FCNTL, epoll, F_SETFL, O_RDWR | O_NONBLOCK, 0, 0, 0);
    if (timeout_ms > 0)
        result = scheme_open_timer(epoll, (uint64_t)timeout_ms * USER_NS_PER_MS);
    harvest.timer = timeout_ms > 0 ? (int)result : -1;
    if (result >= 0)
        result = scheme_wait_events(&harvest);
    if (harvest.timer >= 0)
        (void)sys_close(harvest.timer);
    if (timeout_ms == 0)
        (void)system_call(SYS_FCNTL, epoll, F_SETFL, O_RDWR, 0, 0, 0);
    return result;
}
