/* fake_calls.c - the system calls that daemons make, for their unit tests */
#include "drivers/fake_calls.h"

#include "drivers/fake_kernel.h"
#include "kernel/syscall.h"
#include "lib/kassert.h"

#include <stdio.h>
#include <string.h>

#define FAKE_NS_PER_S 1000000000

struct fake_calls fake_calls;
static uint64_t fake_tag;

void fake_calls_reset(void)
{
    fake_calls = (struct fake_calls){.request_count = 0};
    fake_tag = 0;
}

uint64_t fake_request(enum scheme_operation operation, uint64_t handle, uint32_t flags, void *data,
                      uint32_t size)
{
    kassert(fake_calls.request_count < FAKE_REQUESTS_MAX);
    fake_calls.requests[fake_calls.request_count++] = (struct scheme_request){
        .tag = ++fake_tag,
        .operation = operation,
        .handle = handle,
        .flags = flags,
        .size = size,
        .data = data,
    };
    return fake_tag;
}

int64_t fake_answer(uint64_t tag)
{
    int64_t result = FAKE_UNANSWERED;
    for (unsigned i = 0; i < fake_calls.answer_count; i++) {
        if (fake_calls.answers[i].tag == tag) {
            kassert(result == FAKE_UNANSWERED);
            result = fake_calls.answers[i].result;
        }
    }
    return result;
}

unsigned fake_events(uint64_t handle, unsigned events)
{
    unsigned count = 0;
    for (unsigned i = 0; i < fake_calls.answer_count; i++) {
        const struct scheme_answer *answer = &fake_calls.answers[i];
        if (answer->tag == 0 && answer->handle == handle && answer->result == events)
            count++;
    }
    return count;
}

void fake_event(uint64_t data)
{
    kassert(fake_calls.event_count < FAKE_WATCHES_MAX);
    fake_calls.events[fake_calls.event_count++] = (struct event_entry){.data = data};
}

void fake_raise_irq(unsigned index)
{
    fake_calls.irqs[index].count++;
    for (unsigned i = 0; i < fake_calls.watch_count; i++) {
        if (fake_calls.watches[i].descriptor == FAKE_IRQ + (int)index)
            fake_event(fake_calls.watches[i].data);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

static long fake_open(const char *path)
{
    if (strcmp(path, "/scheme/event") == 0)
        return FAKE_QUEUE;
    if (strcmp(path, "/scheme/time/1") == 0)
        return FAKE_TIMER;
    if (strcmp(path, "/etc/pcid.conf") == 0)
        return fake_calls.config != NULL ? FAKE_CONFIG : -KENOENT;
    if (strncmp(path, "/scheme/irq/", 12) != 0 || fake_calls.irq_count == FAKE_IRQS_MAX)
        return -KENOENT;
    snprintf(fake_calls.irqs[fake_calls.irq_count].path, sizeof fake_calls.irqs[0].path, "%s",
             path);
    return FAKE_IRQ + (long)fake_calls.irq_count++;
}

static long fake_read_requests(struct scheme_request *requests, size_t size)
{
    size_t count = 0;
    while (count < size / sizeof *requests && fake_calls.taken < fake_calls.request_count)
        requests[count++] = fake_calls.requests[fake_calls.taken++];
    return count > 0 ? (long)(count * sizeof *requests) : -KEAGAIN;
}

static long fake_read_events(struct event_entry *events)
{
    if (fake_calls.event_count == 0 && (fake_calls.wait == NULL || !fake_calls.wait()))
        return -KEBADF;
    size_t size = fake_calls.event_count * sizeof *events;
    memcpy(events, fake_calls.events, size);
    fake_calls.event_count = 0;
    return (long)size;
}

static long fake_read_irq(struct fake_irq *irq, void *buffer)
{
    if (irq->count == irq->acknowledged)
        return -KEAGAIN;
    memcpy(buffer, &irq->count, sizeof irq->count);
    irq->count += irq->again ? 1 : 0;
    irq->again = false;
    return sizeof irq->count;
}

static long fake_read(long descriptor, void *buffer, size_t size)
{
    if (descriptor == FAKE_ROOT)
        return fake_read_requests(buffer, size);
    if (descriptor == FAKE_QUEUE)
        return fake_read_events(buffer);
    if (descriptor >= FAKE_IRQ)
        return fake_read_irq(&fake_calls.irqs[descriptor - FAKE_IRQ], buffer);
    kassert(descriptor == FAKE_CONFIG);
    size_t length = strlen(fake_calls.config);
    size_t done = length < size ? length : size;
    memcpy(buffer, fake_calls.config, done);
    fake_calls.config += done;
    return (long)done;
}

static long fake_write_irq(struct fake_irq *irq, const void *buffer)
{
    uint64_t count;
    memcpy(&count, buffer, sizeof count);
    irq->writes++;
    if (count != irq->count)
        return -KESTALE;
    irq->acknowledged = count;
    return sizeof count;
}

static long fake_write_timer(const void *buffer)
{
    struct kernel_timespec time;
    memcpy(&time, buffer, sizeof time);
    fake_calls.timeouts++;
    fake_calls.last_timeout_ns = (uint64_t)time.tv_sec * FAKE_NS_PER_S + (uint64_t)time.tv_nsec;
    return sizeof time;
}

static long fake_write_text(const char *text, size_t size)
{
    kassert(fake_calls.output_size + size < FAKE_TEXT_MAX);
    memcpy(fake_calls.output + fake_calls.output_size, text, size);
    fake_calls.output_size += size;
    return (long)size;
}

static long fake_write(long descriptor, const void *buffer, size_t size)
{
    if (descriptor == 1 || descriptor == 2)
        return fake_write_text(buffer, size);
    if (descriptor == FAKE_TIMER)
        return fake_write_timer(buffer);
    if (descriptor >= FAKE_IRQ)
        return fake_write_irq(&fake_calls.irqs[descriptor - FAKE_IRQ], buffer);
    if (descriptor == FAKE_QUEUE) {
        kassert(fake_calls.watch_count < FAKE_WATCHES_MAX);
        memcpy(&fake_calls.watches[fake_calls.watch_count++], buffer, size);
        return (long)size;
    }
    kassert(descriptor == FAKE_ROOT && fake_calls.answer_count < FAKE_REQUESTS_MAX);
    memcpy(&fake_calls.answers[fake_calls.answer_count++], buffer, size);
    return (long)size;
}

static long fake_create(const char *name)
{
    if (fake_calls.scheme_error != 0)
        return fake_calls.scheme_error;
    snprintf(fake_calls.scheme, sizeof fake_calls.scheme, "%s", name);
    return FAKE_ROOT;
}

static long fake_spawn(const char *command_line)
{
    if (fake_calls.spawn_error != 0)
        return fake_calls.spawn_error;
    kassert(fake_calls.spawn_count < FAKE_SPAWNS_MAX);
    snprintf(fake_calls.spawned[fake_calls.spawn_count], sizeof fake_calls.spawned[0], "%s",
             command_line);
    return ++fake_calls.spawn_count;
}

static long fake_clock(struct kernel_timespec *time)
{
    uint64_t now_ns = clock_now_ns();
    time->tv_sec = (int64_t)(now_ns / FAKE_NS_PER_S);
    time->tv_nsec = (int64_t)(now_ns % FAKE_NS_PER_S);
    return 0;
}

/* A pointer from an argument. */
static void *fake_pointer(long argument)
{
    return (void *)argument; /* NOLINT(performance-no-int-to-ptr) */
}

long system_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    (void)a3;
    (void)a4;
    (void)a5;
    switch (number) {
    case SYS_OPENAT:
        return fake_open(fake_pointer(a1));
    case SYS_READ:
        return fake_read(a0, fake_pointer(a1), (size_t)a2);
    case SYS_WRITE:
        return fake_write(a0, fake_pointer(a1), (size_t)a2);
    case SYS_SCHEME_CREATE:
        return fake_create(fake_pointer(a0));
    case SYS_SPAWN:
        return fake_spawn(fake_pointer(a0));
    case SYS_READY:
        fake_calls.ready_count++;
        return 0;
    case SYS_WAIT:
        kassert(a0 == fake_calls.spawn_count && a2 == WREADY);
        fake_calls.waited_for++;
        return 0;
    case SYS_CLOCK_GETTIME:
        return fake_clock(fake_pointer(a1));
    case SYS_CLOSE:
        return 0;
    default:
        kpanic("a system call that the test does not expect");
    }
}
