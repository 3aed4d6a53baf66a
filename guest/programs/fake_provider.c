/* fake_provider.c - the schemes of the network as a table of files */
#include "programs/fake_provider.h"

#include "kernel/fake_hal.h"
#include "kernel/fake_image.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define PROVIDER_FILES_MAX   32
#define PROVIDER_HANDLES_MAX 64
#define PROVIDER_SECOND_NS   UINT64_C(1000000000)
#define PROVIDER_END_NS      (10 * PROVIDER_SECOND_NS)
#define PROVIDER_BODY        9 /* the number of its program */

struct provider_file {
    char path[64];
    bool was_put;
    uint8_t value[FAKE_VALUE_MAX], written[FAKE_VALUE_MAX];
    size_t size, written_size;
    long error;
};

static struct {
    struct provider_file files[PROVIDER_FILES_MAX];
    unsigned count, requests;
    void (*body)(void);
    int32_t readiness;
    uint64_t ready_at_ns;
    int32_t readiness_then;
} provider;

/* ---- files ----------------------------------------------------------------------------------- */

static struct provider_file *provider_file(const char *path)
{
    for (unsigned i = 0; i < provider.count; i++) {
        if (strcmp(provider.files[i].path, path) == 0)
            return &provider.files[i];
    }
    CU_ASSERT_TRUE_FATAL(provider.count < PROVIDER_FILES_MAX);
    struct provider_file *file = &provider.files[provider.count++];
    snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

void fake_put(const char *path, const void *value, size_t size)
{
    struct provider_file *file = provider_file(path);
    CU_ASSERT_TRUE_FATAL(size <= sizeof file->value);
    if (size > 0)
        memcpy(file->value, value, size);
    file->size = size;
    file->was_put = true;
}

void fake_put_text(const char *path, const char *text)
{
    fake_put(path, text, strlen(text));
}

void fake_put_number(const char *path, int32_t number)
{
    fake_put(path, &number, sizeof number);
}

void fake_put_error(const char *path, long error)
{
    fake_put(path, NULL, 0);
    provider_file(path)->error = error;
}

size_t fake_written_size(const char *path)
{
    return provider_file(path)->written_size;
}

bool fake_was_written(const char *path, const void *value, size_t size)
{
    const struct provider_file *file = provider_file(path);
    return file->written_size == size && memcmp(file->written, value, size) == 0;
}

bool fake_was_written_text(const char *path, const char *text)
{
    return fake_was_written(path, text, strlen(text));
}

bool fake_was_written_number(const char *path, int32_t number)
{
    return fake_was_written(path, &number, sizeof number);
}

unsigned fake_requests(void)
{
    return provider.requests;
}

/* ---- readiness ------------------------------------------------------------------------------- */

void fake_become_ready(int32_t readiness)
{
    provider.readiness = readiness;
    fake_put_number("readiness", readiness);
}

void fake_become_ready_at(uint64_t time_ns, int32_t readiness)
{
    provider.ready_at_ns = time_ns;
    provider.readiness_then = readiness;
    (void)sys_close((int)sys_open(SCHEME_ROOT "tcp/", O_RDWR)); /* it looks when it is called */
}

static unsigned provider_events(void)
{
    return ((provider.readiness & POLLIN) != 0 ? EVENT_READ : 0u) |
           ((provider.readiness & POLLOUT) != 0 ? EVENT_WRITE : 0u);
}

/* ---- requests -------------------------------------------------------------------------------- */

struct provider_handles {
    const struct provider_file *files[PROVIDER_HANDLES_MAX];
    uint32_t watched[PROVIDER_HANDLES_MAX];
    unsigned count;
};

static int64_t provider_open(struct provider_handles *handles, const struct scheme_request *request)
{
    char path[64];
    snprintf(path, sizeof path, "%.*s", (int)request->size, (const char *)request->data);
    struct provider_file *file = provider_file(path);
    if (!file->was_put)
        return -KENOENT;
    CU_ASSERT_TRUE_FATAL(handles->count < PROVIDER_HANDLES_MAX);
    handles->files[handles->count] = file;
    handles->watched[handles->count] = 0;
    return ++handles->count;
}

static int64_t provider_read(const struct provider_file *file, const struct scheme_request *request)
{
    size_t size = file->size < request->size ? file->size : request->size;
    if (size > 0)
        memcpy(request->data, file->value, size);
    return (int64_t)size;
}

static int64_t provider_write(struct provider_file *file, const struct scheme_request *request)
{
    CU_ASSERT_TRUE_FATAL(request->size <= sizeof file->written);
    if (request->size > 0)
        memcpy(file->written, request->data, request->size);
    file->written_size = request->size;
    return request->size;
}

static int64_t provider_answer(struct provider_handles *handles,
                               const struct scheme_request *request)
{
    struct provider_file *file = NULL;
    if (request->operation == SCHEME_OPEN || request->operation == SCHEME_DUP)
        return provider_open(handles, request);
    CU_ASSERT_TRUE_FATAL(request->handle >= 1 && request->handle <= handles->count);
    file = provider_file(handles->files[request->handle - 1]->path);
    switch (request->operation) {
    case SCHEME_READ:
        return file->error != 0 ? file->error : provider_read(file, request);
    case SCHEME_WRITE:
        return file->error != 0 ? file->error : provider_write(file, request);
    case SCHEME_SYNC:
        return file->error;
    case SCHEME_EVENTS:
        handles->watched[request->handle - 1] = request->flags;
        return provider_events() & request->flags;
    default:
        return 0;
    }
}

/* Whoever watches is told. */
static void provider_tell(int root, const struct provider_handles *handles)
{
    provider.ready_at_ns = 0;
    fake_become_ready(provider.readiness_then);
    for (unsigned i = 0; i < handles->count; i++) {
        unsigned events = provider_events() & handles->watched[i];
        if (events != 0)
            CU_ASSERT_EQUAL(sys_post_events(root, i + 1, events), 0);
    }
}

static void provider_take_requests(int root, struct provider_handles *handles)
{
    struct scheme_request request;
    while (sys_read(root, &request, sizeof request) == sizeof request) {
        provider.requests += request.operation != SCHEME_CLOSE;
        (void)sys_answer(root, request.tag, provider_answer(handles, &request));
    }
}

/* An event of each, requests and time, in turn. */
static int provider_main(int argc, char **argv)
{
    struct provider_handles handles = {.count = 0};
    struct event_entry event;
    CU_ASSERT_EQUAL_FATAL(argc, 2);
    int root = (int)sys_scheme_create(argv[1], O_NONBLOCK);
    int queue = (int)sys_open(SCHEME_ROOT "event", O_RDWR);
    int timer = (int)sys_open(SCHEME_ROOT "time/1", O_RDWR);
    CU_ASSERT_EQUAL_FATAL(sys_watch(queue, root, EVENT_READ, 0), 0);
    CU_ASSERT_EQUAL_FATAL(sys_watch(queue, timer, EVENT_READ, 1), 0);
    while (sys_read(queue, &event, sizeof event) == sizeof event) {
        uint64_t at_ns = provider.ready_at_ns;
        provider_take_requests(root, &handles);
        if (event.data == 1)
            provider_tell(root, &handles);
        else if (at_ns != 0 && handles.count > 0) {
            const struct kernel_timespec time = {(int64_t)(at_ns / PROVIDER_SECOND_NS),
                                                 (int64_t)(at_ns % PROVIDER_SECOND_NS)};
            CU_ASSERT_EQUAL(sys_write(timer, &time, sizeof time), sizeof time);
        }
    }
    return 1;
}

static int body_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    provider.body();
    return 0;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static const struct program_entry programs[] = {{"provider", provider_main}, {"body", body_main}};

void fake_provide(void (*body)(void))
{
    static const char *const schemes[] = {"tcp", "udp", "netcfg"};
    char line[32];
    fake_files = NULL;
    fake_file_count = 0;
    fake_boot_providers(programs, sizeof programs / sizeof programs[0]);
    memset(&provider, 0, sizeof provider);
    provider.body = body;
    fake_put("", NULL, 0);
    fake_become_ready(0);
    for (uint32_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        snprintf(line, sizeof line, "provider %s", schemes[i]);
        fake_start(i + 1, line);
    }
    fake_start(PROVIDER_BODY, "body");
    fake_run_until(fake_now_ns + PROVIDER_END_NS);
    CU_ASSERT_TRUE(fake_exited(PROVIDER_BODY, 0));
}
