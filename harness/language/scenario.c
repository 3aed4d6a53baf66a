/*
 * scenario.c - life of a scenario, and the loader
 */
#include "harness/language/scenario.h"
#include "emu/virtio/virtqueue.h"
#include "harness/language/diagnostic.h"
#include "harness/language/params.h"
#include "harness/language/parser.h"
#include "harness/language/source.h"

#include <string.h>

#define SCENARIO_NET_QUEUE_SIZE   256
#define SCENARIO_SHARE_QUEUE_SIZE 128
#define SCENARIO_SHARE_MSIZE      131072

/* ---- small things ---------------------------------------------------------------------------- */

const char *scenario_verb_name(enum scenario_verb verb)
{
    static const char *const names[SCENARIO_VERB_COUNT] = {
        [SCENARIO_WAIT_READY] = "wait ready",
        [SCENARIO_START] = "start",
        [SCENARIO_RUN] = "run",
        [SCENARIO_KILL] = "kill",
        [SCENARIO_INJECT] = "inject",
        [SCENARIO_RESTORE] = "restore",
        [SCENARIO_SEND] = "send",
        [SCENARIO_EXPECT_FRAMES] = "expect frames",
        [SCENARIO_EXPECT_EXIT] = "expect exits",
        [SCENARIO_EXPECT_PRINTS] = "expect prints",
        [SCENARIO_EXPECT_EVENT] = "expect event",
        [SCENARIO_EXPECT_COUNTER] = "expect counter",
        [SCENARIO_EXPECT_CALL] = "expect call",
        [SCENARIO_EXPECT_HANG] = "expect hang",
        [SCENARIO_EXPECT_STALL] = "expect stall",
        [SCENARIO_EXPECT_CAUSE] = "expect cause",
        [SCENARIO_NEVER] = "never",
        [SCENARIO_FINALLY_QUEUE] = "finally vq",
        [SCENARIO_FINALLY_COUNTER] = "finally counter",
        [SCENARIO_FINALLY_CAPTURE] = "finally capture",
        [SCENARIO_FINALLY_SHARE] = "finally share",
        [SCENARIO_FINALLY_FIDS] = "finally share",
    };
    g_assert((unsigned)verb < SCENARIO_VERB_COUNT);
    return names[verb];
}

bool scenario_compare(enum scenario_comparison comparison, int64_t left, int64_t right)
{
    switch (comparison) {
    case SCENARIO_EQ:
        return left == right;
    case SCENARIO_NE:
        return left != right;
    case SCENARIO_LT:
        return left < right;
    case SCENARIO_LE:
        return left <= right;
    case SCENARIO_GT:
        return left > right;
    case SCENARIO_GE:
        return left >= right;
    case SCENARIO_COMPARISON_COUNT:
        break;
    }
    g_assert_not_reached();
}

/* On the clock it is VCLOCK_NEVER. */
static const struct scenario_time scenario_end_of_time = {
    .kind = SCENARIO_TIME_ABSOLUTE,
    .ns = VCLOCK_NEVER - VCLOCK_POWER_ON_NS,
};

/* ---- life cycle ------------------------------------------------------------------------------ */

static void scenario_device_init(struct scenario_device *device, struct scenario_place place,
                                 const char *name, unsigned queue_size)
{
    device->place = place;
    device->name = g_strdup(name);
    device->queue_size = queue_size;
    device->latency_ns = VIRTQUEUE_LATENCY_NS;
}

struct scenario_net *scenario_net_new(struct scenario_place place, const char *name)
{
    struct scenario_net *net = g_new0(struct scenario_net, 1);
    scenario_device_init(&net->device, place, name, SCENARIO_NET_QUEUE_SIZE);
    net->features_on = g_array_new(FALSE, FALSE, sizeof(int));
    net->features_off = g_array_new(FALSE, FALSE, sizeof(int));
    net->backend = SCENARIO_BACKEND_SLIRP;
    return net;
}

static void scenario_net_free(gpointer data)
{
    struct scenario_net *net = data;
    g_free(net->device.name);
    g_array_free(net->features_on, TRUE);
    g_array_free(net->features_off, TRUE);
    g_free(net);
}

static void scenario_file_free(gpointer data)
{
    struct scenario_file *file = data;
    g_free(file->path);
    g_free(file->content);
    g_free(file);
}

struct scenario_share *scenario_share_new(struct scenario_place place, const char *name)
{
    struct scenario_share *share = g_new0(struct scenario_share, 1);
    scenario_device_init(&share->device, place, name, SCENARIO_SHARE_QUEUE_SIZE);
    share->msize = SCENARIO_SHARE_MSIZE;
    share->files = g_ptr_array_new_with_free_func(scenario_file_free);
    return share;
}

static void scenario_share_free(gpointer data)
{
    struct scenario_share *share = data;
    g_free(share->device.name);
    g_free(share->folder);
    g_ptr_array_free(share->files, TRUE);
    g_free(share);
}

unsigned scenario_device_count(const struct scenario *scenario)
{
    return scenario->nets->len + scenario->shares->len;
}

const struct scenario_device *scenario_device(const struct scenario *scenario, unsigned index)
{
    if (index < scenario->nets->len) {
        const struct scenario_net *net = g_ptr_array_index(scenario->nets, index);
        return &net->device;
    }
    const struct scenario_share *share =
        g_ptr_array_index(scenario->shares, index - scenario->nets->len);
    return &share->device;
}

static void scenario_host_free(gpointer data)
{
    struct scenario_host *host = data;
    g_free(host->name);
    g_free(host);
}

static void scenario_step_clear(gpointer data)
{
    struct serve_step *step = data;
    g_clear_pointer(&step->bytes, g_bytes_unref);
}

struct scenario_service *scenario_service_new(void)
{
    struct scenario_service *service = g_new0(struct scenario_service, 1);
    service->steps = g_array_new(FALSE, FALSE, sizeof(struct serve_step));
    g_array_set_clear_func(service->steps, scenario_step_clear);
    return service;
}

static void scenario_service_free(gpointer data)
{
    struct scenario_service *service = data;
    g_free(service->folder);
    g_array_free(service->steps, TRUE);
    g_free(service);
}

static void scenario_record_free(gpointer data)
{
    struct scenario_record *record = data;
    g_free(record->name);
    g_free(record->alias);
    g_free(record);
}

static void scenario_field_clear(gpointer data)
{
    struct scenario_field *field = data;
    g_free(field->string);
}

static void scenario_event_init(struct scenario_event *event)
{
    event->kind = TRACE_KIND_COUNT;
    event->fields = g_array_new(FALSE, FALSE, sizeof(struct scenario_field));
    g_array_set_clear_func(event->fields, scenario_field_clear);
}

static void scenario_frames_fini(struct scenario_frames *frames)
{
    g_free(frames->net);
    g_free(frames->filter_text);
    capture_filter_free(frames->filter);
    g_free(frames->label);
}

static void scenario_call_fini(struct scenario_call *call)
{
    g_free(call->program);
    g_free(call->call);
}

static void scenario_matcher_fini(struct scenario_matcher *matcher)
{
    scenario_frames_fini(&matcher->frames);
    g_array_free(matcher->event.fields, TRUE);
    scenario_call_fini(&matcher->call);
}

struct scenario_statement *scenario_statement_new(enum scenario_verb verb)
{
    struct scenario_statement *statement = g_new0(struct scenario_statement, 1);
    statement->verb = verb;
    statement->within_ns = SCENARIO_NO_TIME;
    scenario_event_init(&statement->event);
    scenario_event_init(&statement->never.event);
    scenario_event_init(&statement->until.event);
    statement->until.kind = SCENARIO_MATCH_TIME;
    statement->until.time = scenario_end_of_time;
    return statement;
}

static void scenario_segment_clear(struct scenario_segment *segment)
{
    g_free(segment->from.label);
    g_free(segment->to.label);
    g_free(segment->seq.label);
    g_free(segment->ack.label);
    g_free(segment->win.label);
    g_clear_pointer(&segment->data, g_bytes_unref);
}

static void scenario_statement_free(gpointer data)
{
    struct scenario_statement *statement = data;
    g_free(statement->text);
    g_free(statement->program);
    g_free(statement->command);
    g_free(statement->pattern);
    g_free(statement->object);
    g_free(statement->property);
    g_free(statement->fault.target);
    g_free(statement->send.from);
    g_clear_pointer(&statement->send.bytes, g_bytes_unref);
    scenario_segment_clear(&statement->send.segment);
    g_free(statement->cause);
    g_free(statement->task);
    g_free(statement->golden);
    scenario_frames_fini(&statement->frames);
    g_array_free(statement->event.fields, TRUE);
    scenario_call_fini(&statement->call);
    scenario_matcher_fini(&statement->never);
    scenario_matcher_fini(&statement->until);
    g_free(statement);
}

static void scenario_guard_free(gpointer data)
{
    struct scenario_guard *guard = data;
    g_free(guard->patch);
    g_free(guard->bug);
    g_free(guard->cause);
    g_free(guard->task);
    g_free(guard);
}

void scenario_init(struct scenario *scenario)
{
    *scenario = (struct scenario){
        .tags = g_new0(char *, 1),
        .limit_ns = SCENARIO_DEFAULT_LIMIT_NS,
        .machine =
            {
                .ram_size = UINT64_C(64) << 20,
                .step_ns = 1,
                .timer_hz = SCENARIO_DEFAULT_TIMER_HZ,
                .rtc_s = SCENARIO_DEFAULT_RTC_S,
                .mmio_ns = 100,
                .gic = 2,
                .cpus = 1,
                .boot = SCENARIO_BOOT_FDT,
            },
        .guest = g_strdup("reference"),
        .guest_options = g_strdup(""),
        .nets = g_ptr_array_new_with_free_func(scenario_net_free),
        .shares = g_ptr_array_new_with_free_func(scenario_share_free),
        .hosts = g_ptr_array_new_with_free_func(scenario_host_free),
        .services = g_ptr_array_new_with_free_func(scenario_service_free),
        .records = g_ptr_array_new_with_free_func(scenario_record_free),
        .inputs = g_ptr_array_new_with_free_func(g_free),
        .files = g_ptr_array_new_with_free_func(scenario_file_free),
        .statements = g_ptr_array_new_with_free_func(scenario_statement_free),
        .finals = g_ptr_array_new_with_free_func(scenario_statement_free),
        .guards = g_ptr_array_new_with_free_func(scenario_guard_free),
    };
}

void scenario_free(struct scenario *scenario)
{
    if (scenario == NULL) {
        return;
    }
    if (scenario->base != NULL) {
        g_free(scenario->name);
        g_free(scenario);
        return;
    }
    g_free(scenario->file);
    g_free(scenario->name);
    g_free(scenario->title);
    g_strfreev(scenario->tags);
    g_free(scenario->guest);
    g_free(scenario->guest_options);
    g_ptr_array_free(scenario->nets, TRUE);
    g_ptr_array_free(scenario->shares, TRUE);
    g_ptr_array_free(scenario->hosts, TRUE);
    g_ptr_array_free(scenario->services, TRUE);
    g_ptr_array_free(scenario->records, TRUE);
    g_ptr_array_free(scenario->inputs, TRUE);
    g_ptr_array_free(scenario->files, TRUE);
    g_ptr_array_free(scenario->statements, TRUE);
    g_ptr_array_free(scenario->finals, TRUE);
    g_ptr_array_free(scenario->guards, TRUE);
    g_free(scenario);
}

struct scenario *scenario_with_alloc(const struct scenario *scenario, unsigned number)
{
    g_assert(scenario->alloc_each && scenario->base == NULL && number > 0);
    struct scenario *copy = g_memdup2(scenario, sizeof *scenario);
    bool has_parameters = g_str_has_suffix(scenario->name, "]");
    int kept = (int)strlen(scenario->name) - (has_parameters ? 1 : 0);
    copy->name = g_strdup_printf("%.*s%salloc=%u]", kept, scenario->name,
                                 has_parameters ? "," : "[", number);
    copy->base = scenario;
    copy->alloc = number;
    return copy;
}

/* ---- loading --------------------------------------------------------------------------------- */

static void scenario_free_element(gpointer data)
{
    scenario_free(data);
}

static void scenario_move(GPtrArray *from, GPtrArray *to)
{
    while (from->len > 0) {
        g_ptr_array_add(to, g_ptr_array_steal_index(from, 0));
    }
}

/* Syntax errors, in the words and in the statements, and refusals only when there are none. */
static void scenario_report(GPtrArray *found, struct parser *parser, GPtrArray *diagnostics)
{
    scenario_move(parser->syntax, found);
    if (found->len == 0) {
        scenario_move(parser->refusals, found);
    }
    diagnostic_sort(found);
    if (found->len > DIAGNOSTIC_COUNT_MAX) {
        g_ptr_array_set_size(found, DIAGNOSTIC_COUNT_MAX);
    }
    scenario_move(found, diagnostics);
}

/* The test once more for each bug that it guards against: parsed again, as nothing else copies. */
static void scenario_load_mutants(struct parser *parser, const struct scenario *clean,
                                  GPtrArray *tests)
{
    for (guint i = 0; i < clean->guards->len; i++) {
        struct scenario *mutant = parser_run(parser);
        mutant->guard = g_ptr_array_index(mutant->guards, i);
        mutant->name = g_strdup_printf("%s!%s", clean->name, mutant->guard->bug);
        g_ptr_array_add(tests, mutant);
    }
}

/* Parses once for each combination of the parameters' values, until something is wrong. */
static bool scenario_load_tests(struct parser *parser, const char *name, GPtrArray *tests)
{
    do {
        struct scenario *scenario = parser_run(parser);
        scenario->name = params_test_name(parser, name);
        g_ptr_array_add(tests, scenario);
        if (parser->syntax->len > 0 || parser->refusals->len > 0) {
            return false;
        }
        scenario_load_mutants(parser, scenario, tests);
    } while (params_advance(parser));
    return true;
}

char *scenario_golden_path(const struct scenario *scenario,
                           const struct scenario_statement *statement)
{
    g_assert(statement->golden != NULL);
    g_autofree char *folder = g_path_get_dirname(scenario->file);
    return g_str_equal(folder, ".") ? g_strdup(statement->golden)
                                    : g_build_filename(folder, statement->golden, NULL);
}

GPtrArray *scenario_load_text(const char *text, size_t size, const char *path, const char *name,
                              GPtrArray *diagnostics)
{
    GPtrArray *tests = g_ptr_array_new_with_free_func(scenario_free_element);
    g_autoptr(GPtrArray) found = scenario_diagnostics_new();
    struct lexer_file *file = lexer_file_new(text, size, path, found);
    if (found->len == 0 && file->lines->len == 0) {
        struct scenario_place place = {.file = file->path};
        diagnostic_add(found, place, NULL, 0, g_strdup("a scenario begins with: version 1"),
                       "the file has no statement");
    }
    struct parser parser;
    parser_init(&parser, file);
    /* Lines that could not be split are missing: what the others mean is then not to be judged. */
    bool loaded = scenario_load_tests(&parser, name, tests) && found->len == 0;
    scenario_report(found, &parser, diagnostics);
    parser_fini(&parser);
    lexer_file_free(file);
    if (!loaded) {
        g_clear_pointer(&tests, g_ptr_array_unref);
    }
    return tests;
}

GPtrArray *scenario_load(const char *path, const char *name, GPtrArray *diagnostics)
{
    size_t size;
    g_autofree char *text = source_read(path, &size, diagnostics);
    return text == NULL ? NULL : scenario_load_text(text, size, path, name, diagnostics);
}
