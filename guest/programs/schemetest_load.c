/*
 * schemetest_load.c - schemetest load WHAT COUNT ROUNDS: many of something at once, so often
 *
 *     tasks     COUNT programs read, and none has an answer before all of them wait
 *     requests  COUNT files are closed, and none is before all of them have to be
 *     events    COUNT files of one queue become readable before it is read
 *     timeouts  COUNT are set, the last one first, before the first of them fires
 *
 * What one of them costs may not depend on how many there are: so COUNT * ROUNDS of a kind take as
 * long, whichever of the two is the larger. Requests are answered in reverse order.
 */
#include "programs/schemetest.h"

#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "programs/user.h"

#define LOAD_NAME         "load"
#define LOAD_ROOT         SCHEME_ROOT LOAD_NAME
#define LOAD_COUNT_MAX    1000 /* of files: a program may have few more */
#define LOAD_TASKS_MAX    200
#define LOAD_TIMEOUTS_MAX 10000
#define LOAD_ROUNDS_MAX   1000000
#define LOAD_LINE_MAX     64
#define LOAD_BATCH        32
#define LOAD_AFTER_NS     USER_NS_PER_S /* to the first timeout: longer than setting takes */
#define LOAD_APART_NS     (10 * USER_NS_PER_US)

struct load {
    uint32_t count, rounds;
    uint32_t provider;
    int file; /* the first one of the provider */
    int queue;
    int files[LOAD_COUNT_MAX];
};

/* ---- the provider ---------------------------------------------------------------------------- */

struct load_provider {
    int root;
    uint32_t count, kept_count;
    uint64_t kept[LOAD_COUNT_MAX]; /* tags */
    uint64_t last_handle;
};

static void load_keep(struct load_provider *provider, uint64_t tag)
{
    provider->kept[provider->kept_count++] = tag;
    if (provider->kept_count < provider->count)
        return;
    while (provider->kept_count > 0)
        (void)sys_answer(provider->root, provider->kept[--provider->kept_count], 0);
}

/* Of the files that were opened last. */
static void load_post_events(const struct load_provider *provider)
{
    struct scheme_answer events[LOAD_BATCH];
    uint32_t filled = 0;
    for (uint32_t i = 0; i < provider->count; i++) {
        events[filled++] =
            (struct scheme_answer){.handle = provider->last_handle - i, .result = EVENT_READ};
        if (filled == LOAD_BATCH || i == provider->count - 1) {
            (void)sys_write(provider->root, events, filled * sizeof events[0]);
            filled = 0;
        }
    }
}

static void load_serve(struct load_provider *provider, const struct scheme_request *request)
{
    int64_t result = 0;
    switch (request->operation) {
    case SCHEME_READ:
    case SCHEME_CLOSE:
        load_keep(provider, request->tag);
        return;
    case SCHEME_OPEN:
    case SCHEME_DUP:
        result = (int64_t)++provider->last_handle;
        break;
    case SCHEME_WRITE:
        load_post_events(provider);
        result = request->size;
        break;
    case SCHEME_EVENTS:
        break;
    default:
        result = -KEOPNOTSUPP;
    }
    (void)sys_answer(provider->root, request->tag, result);
}

static int load_provide(uint32_t count)
{
    struct load_provider provider = {.count = count};
    struct scheme_request request;
    provider.root = (int)sys_scheme_create(LOAD_NAME, 0);
    while (sys_read(provider.root, &request, sizeof request) == sizeof request)
        load_serve(&provider, &request);
    return 1;
}

static bool load_spawn_provider(struct load *load)
{
    char line[LOAD_LINE_MAX];
    (void)ksnprintf(line, sizeof line, "schemetest load provide %u 1", load->count);
    long task = sys_spawn(line);
    if (task < 0)
        return false;
    load->provider = (uint32_t)task;
    schemetest_await_name(LOAD_NAME, true);
    load->file = (int)user_open(LOAD_ROOT, O_RDWR);
    return load->file >= 0;
}

/* ---- the load -------------------------------------------------------------------------------- */

/* One of the programs of `tasks`. */
static bool load_read(const struct load *load)
{
    char byte;
    int file = (int)user_open(LOAD_ROOT, O_RDWR);
    long length = 0;
    for (uint32_t i = 0; i < load->rounds && length == 0; i++)
        length = user_read(file, &byte, sizeof byte);
    return length == 0;
}

static bool load_tasks(struct load *load)
{
    char line[LOAD_LINE_MAX];
    int status;
    bool is_well = load->count <= LOAD_TASKS_MAX && load_spawn_provider(load);
    (void)ksnprintf(line, sizeof line, "schemetest load read 1 %u", load->rounds);
    for (uint32_t i = 0; i < load->count && is_well; i++)
        is_well = sys_spawn(line) > 0;
    for (uint32_t i = 0; i < load->count && is_well; i++)
        is_well = sys_wait(0, &status, 0) > 0 && status == 0;
    return is_well;
}

static bool load_open_files(struct load *load)
{
    bool is_well = true;
    for (uint32_t i = 0; i < load->count && is_well; i++) {
        load->files[i] = (int)sys_dup_path(load->file, NULL, 0);
        is_well = load->files[i] >= 0;
    }
    return is_well;
}

static bool load_requests(struct load *load)
{
    bool is_well = load_spawn_provider(load);
    for (uint32_t round = 0; round < load->rounds && is_well; round++) {
        is_well = load_open_files(load);
        for (uint32_t i = 0; i < load->count && is_well; i++)
            is_well = user_close(load->files[i]) == 0;
    }
    return is_well;
}

/* Each event is as large as what is read. */
static bool load_read_events(const struct load *load)
{
    struct event_entry entries[LOAD_BATCH];
    for (uint32_t i = 0; i < load->count;) {
        long length = user_read(load->queue, entries, sizeof entries);
        if (length <= 0)
            return false;
        i += (uint32_t)((size_t)length / sizeof entries[0]);
    }
    return true;
}

static bool load_events(struct load *load)
{
    bool is_well = load_spawn_provider(load) && load_open_files(load);
    for (uint32_t i = 0; i < load->count && is_well; i++)
        is_well = sys_watch(load->queue, load->files[i], EVENT_READ, i) == 0;
    for (uint32_t round = 0; round < load->rounds && is_well; round++)
        is_well = user_write(load->file, "", 1) == 1 && load_read_events(load);
    return is_well;
}

static bool load_set_timeout(int clock, uint64_t when_ns)
{
    const struct kernel_timespec then = {.tv_sec = (int64_t)(when_ns / USER_NS_PER_S),
                                         .tv_nsec = (int64_t)(when_ns % USER_NS_PER_S)};
    return user_write(clock, &then, sizeof then) == sizeof then;
}

static bool load_timeouts(struct load *load)
{
    int clock = (int)user_open("/scheme/time/1", O_RDWR);
    bool is_well = sys_watch(load->queue, clock, EVENT_READ, 0) == 0;
    for (uint32_t round = 0; round < load->rounds && is_well; round++) {
        uint64_t first_ns = user_now_ns() + LOAD_AFTER_NS;
        for (uint32_t i = load->count; i > 0 && is_well; i--)
            is_well = load_set_timeout(clock, first_ns + i * LOAD_APART_NS);
        is_well = is_well && load_read_events(load);
    }
    return is_well;
}

static const struct load_kind {
    const char *name;
    bool (*run)(struct load *load);
    uint32_t count_max;
} load_kinds[] = {
    {"tasks", load_tasks, LOAD_TASKS_MAX},
    {"requests", load_requests, LOAD_COUNT_MAX},
    {"events", load_events, LOAD_COUNT_MAX},
    {"timeouts", load_timeouts, LOAD_TIMEOUTS_MAX},
};

static int load_run(const struct load_kind *kind, struct load *load)
{
    struct user_output output = {.used = 0};
    load->queue = (int)user_open("/scheme/event", O_RDWR);
    bool is_well = kind->run(load);
    if (load->provider != 0)
        (void)user_kill((int)load->provider, SIGKILL);
    if (!is_well) {
        user_error("schemetest", "load: %s: a call failed", kind->name);
        return 1;
    }
    user_print(&output, "schemetest: load: %s: ok\n", kind->name);
    return 0;
}

int schemetest_load(const char *what, const char *count, const char *rounds)
{
    struct load load = {.provider = 0};
    if (!kparse_u32(count, LOAD_TIMEOUTS_MAX, &load.count) ||
        !kparse_u32(rounds, LOAD_ROUNDS_MAX, &load.rounds) || load.count == 0)
        return USER_EXIT_USAGE;
    if (kstreq(what, "provide") && load.count <= LOAD_COUNT_MAX)
        return load_provide(load.count);
    if (kstreq(what, "read"))
        return load_read(&load) ? 0 : 1;
    for (size_t i = 0; i < sizeof load_kinds / sizeof load_kinds[0]; i++) {
        if (kstreq(what, load_kinds[i].name) && load.count <= load_kinds[i].count_max)
            return load_run(&load_kinds[i], &load);
    }
    return USER_EXIT_USAGE;
}
