/* scheme_rig.c - unit tests of a scheme: the kernel is played here */
#include "netstack/schemes/scheme_rig.h"

#include "kernel/clock.h"
#include "kernel/syscall.h"
#include "netstack/dialogue.h"
#include "netstack/netstack.h"
#include "netstack/schemes/icmp_scheme.h"
#include "netstack/schemes/ip_scheme.h"
#include "netstack/schemes/tcp_scheme.h"
#include "netstack/schemes/udp_scheme.h"
#include "tests/unit.h"

#include <string.h>

#define RIG_TAGS_MAX   256
#define RIG_EVENTS_MAX 64

struct rig_event {
    uint64_t handle;
    unsigned events;
};

static struct socket_scheme scheme;
static int64_t answers[RIG_TAGS_MAX]; /* by tag */
static uint64_t last_tag;
static struct rig_event posted[RIG_EVENTS_MAX];
static unsigned posted_count;

static void rig_take_answer(struct provider_port *port, uint64_t tag, int64_t result)
{
    (void)port;
    CU_ASSERT_TRUE_FATAL(tag > 0 && tag <= last_tag);
    CU_ASSERT_EQUAL(answers[tag], RIG_NOT_YET);
    answers[tag] = result;
}

static void rig_take_events(struct provider_port *port, uint64_t handle, unsigned events)
{
    (void)port;
    CU_ASSERT_TRUE_FATAL(posted_count < RIG_EVENTS_MAX);
    posted[posted_count++] = (struct rig_event){handle, events};
}

static struct provider_port port = {.answer = rig_take_answer, .post = rig_take_events};

void rig_begin(const struct socket_protocol *protocol)
{
    dialogue_begin();
    socket_schemes_init();
    ip_scheme_init();
    icmp_scheme_init();
    udp_scheme_init();
    tcp_scheme_init();
    socket_scheme_init(&scheme, protocol, &port);
    last_tag = 0;
    posted_count = 0;
}

void rig_end(void)
{
    for (uint64_t tag = 1; tag <= last_tag; tag++)
        CU_ASSERT_NOT_EQUAL(answers[tag], RIG_NOT_YET);
    dialogue_end();
}

/* What the stack has sent to itself is delivered with the lock, and then somebody may go on. */
void rig_work(void)
{
    do {
        netstack_lock();
        socket_scheme_notify(&scheme, clock_now_ns());
        netstack_unlock();
        dialogue_wait_until(clock_now_ns());
    } while (!list_is_empty(&scheme.changed));
}

void rig_wait_until(uint64_t time_ns)
{
    dialogue_wait_until(time_ns);
    rig_work();
}

static void rig_request(const struct scheme_request *request)
{
    netstack_lock();
    socket_scheme_request(&scheme, request, clock_now_ns());
    netstack_unlock();
    rig_work();
}

uint64_t rig_ask(enum scheme_operation operation, uint64_t handle, void *data, size_t size,
                 uint32_t flags)
{
    struct scheme_request request = {
        .tag = ++last_tag,
        .operation = operation,
        .handle = handle,
        .flags = flags,
        .size = (uint32_t)size,
        .data = data,
    };
    CU_ASSERT_TRUE_FATAL(last_tag < RIG_TAGS_MAX);
    answers[last_tag] = RIG_NOT_YET;
    rig_request(&request);
    return request.tag;
}

int64_t rig_answer(uint64_t tag)
{
    return answers[tag];
}

int64_t rig_call(enum scheme_operation operation, uint64_t handle, void *data, size_t size,
                 uint32_t flags)
{
    return rig_answer(rig_ask(operation, handle, data, size, flags));
}

static int64_t rig_path(enum scheme_operation operation, uint64_t handle, const char *path,
                        uint32_t flags)
{
    char copy[SCHEME_PATH_MAX];
    strcpy(copy, path);
    uint64_t tag = rig_ask(operation, handle, copy, strlen(copy), flags);
    return rig_answer(tag);
}

int64_t rig_open(const char *path)
{
    return rig_path(SCHEME_OPEN, 0, path, 0);
}

int64_t rig_dup(uint64_t handle, const char *path, uint32_t flags)
{
    return rig_path(SCHEME_DUP, handle, path, flags);
}

void rig_close(uint64_t handle)
{
    CU_ASSERT_EQUAL(rig_call(SCHEME_CLOSE, handle, NULL, 0, 0), 0);
}

int64_t rig_setting(enum scheme_operation operation, uint64_t handle, const char *setting,
                    void *value, size_t size)
{
    int64_t file = rig_dup(handle, setting, 0);
    if (file < 0)
        return file;
    int64_t result = rig_call(operation, (uint64_t)file, value, size, O_NONBLOCK);
    rig_close((uint64_t)file);
    return result;
}

int64_t rig_set(uint64_t handle, const char *setting, int32_t number)
{
    return rig_setting(SCHEME_WRITE, handle, setting, &number, sizeof number);
}

int64_t rig_get(uint64_t handle, const char *setting)
{
    int32_t number = 0;
    int64_t result = rig_setting(SCHEME_READ, handle, setting, &number, sizeof number);
    return result < 0 ? result : number;
}

int64_t rig_set_timeout(uint64_t handle, const char *setting, uint64_t timeout_ns)
{
    struct kernel_timespec time = {(int64_t)(timeout_ns / S), (int64_t)(timeout_ns % S)};
    return rig_setting(SCHEME_WRITE, handle, setting, &time, sizeof time);
}

void rig_cancel(uint64_t tag, uint64_t handle)
{
    struct scheme_request request = {.tag = tag, .operation = SCHEME_CANCEL, .handle = handle};
    rig_request(&request);
}

unsigned rig_events(uint64_t handle, unsigned *events)
{
    unsigned count = 0, kept = 0;
    *events = 0;
    for (unsigned i = 0; i < posted_count; i++) {
        if (posted[i].handle != handle) {
            posted[kept++] = posted[i];
            continue;
        }
        *events |= posted[i].events;
        count++;
    }
    posted_count = kept;
    return count;
}
