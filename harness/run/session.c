/*
 * session.c - builds the machine for a test, runs it, comes to a verdict
 *
 * The trace drives everything: the model, the ledger and the checkers listen to the kinds of events
 * that they know, the event log takes each, and those that the timeline asked for arm its step.
 * Captures are written as frames arrive. The first verdict stands; what is found when the files are
 * closed (a full disk) can only make it worse.
 */
#include "harness/diagnosis/waits.h"
#include "harness/run/crash.h"
#include "harness/run/explain.h"
#include "harness/run/faults.h"
#include "harness/run/guest_check.h"
#include "harness/run/session_priv.h"
#include "harness/run/shares.h"
#include "harness/run/stops.h"
#include "harness/run/watchdog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FORGET_EVENTS 1024

uint64_t session_now_ns(const struct session *session)
{
    return vclock_now_ns(session->clock);
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static void session_collect_context(struct session *session)
{
    GPtrArray *lines = g_ptr_array_new();
    uint64_t last = trace_last(session->trace);
    uint64_t count = session->options->context_events;
    uint64_t first = MAX(trace_first(session->trace), last >= count ? last - count + 1 : 1);
    for (uint64_t sequence = first; sequence <= last; sequence++) {
        GString *line = g_string_new(NULL);
        trace_format_line(line, trace_get(session->trace, sequence));
        g_ptr_array_add(lines, g_string_free(line, FALSE));
    }
    g_ptr_array_add(lines, NULL);
    g_strfreev(session->result->context);
    session->result->context = (char **)g_ptr_array_free(lines, FALSE);
}

static void session_tell_debugger(const struct session *session)
{
    if (session->until_reached) {
        return; /* it was told, and there is no verdict */
    }
    const struct run_result *result = session->result;
    const struct session_program *program = model_unfinished_program(session);
    hang_detected(run_status_name(result->status), result->what, result->got,
                  program != NULL ? program->task : 0, session_now_ns(session));
}

/*
 * Whatever was expected and did not come has a reason, and so has a panic; what was excluded and
 * came may have one, where something is done too often.
 */
static void session_explain(struct session *session, enum run_status status,
                            const struct scenario_statement *statement)
{
    bool is_failure = status == RUN_STUCK || status == RUN_FAILED;
    session->crashed = status == RUN_CRASHED;
    bool counts_fids = statement != NULL && statement->verb == SCENARIO_FINALLY_FIDS;
    session->fids_of = counts_fids ? statement->object : NULL;
    session->excess = is_failure && statement != NULL && statement->verb == SCENARIO_NEVER;
    if ((is_failure || session->crashed) && !session->until_reached && !session->is_violation) {
        explain_ask(session, explain_program(session, statement));
    }
}

void session_finish(struct session *session, enum run_status status,
                    const struct scenario_statement *statement, char *what, char *expected,
                    char *got)
{
    if (session->finished) {
        g_free(what);
        g_free(expected);
        g_free(got);
        return;
    }
    session->finished = true;
    struct run_result *result = session->result;
    result->status = status;
    if (statement != NULL) {
        result->line = statement->place.line;
        result->column = statement->place.column;
    }
    g_free(result->what);
    result->what = what;
    result->expected = expected;
    result->got = got;
    violations_look(session);
    session_explain(session, status, statement);
    if (session->proving) {
        return;
    }
    violations_collect(session);
    session_collect_context(session);
    session_tell_debugger(session);
    board_stop(session->board);
}

void session_pass(struct session *session)
{
    g_assert(!session->finished);
    session->finished = true;
    explain_clear(session);
    violations_collect(session);
    session->result->status = RUN_PASSED;
    board_stop(session->board);
}

bool session_updates(const struct session *session)
{
    return session->options->update && session->scenario->guard == NULL;
}

void session_note_written(struct session *session, const char *path)
{
    if (session->written == NULL) {
        session->written = g_string_new("wrote ");
    } else {
        g_string_append(session->written, ", ");
    }
    g_string_append(session->written, path);
}

/* Before there is a machine, or after it has gone: an error of the environment. */
static void session_error(struct run_result *result, const GError *error)
{
    result->status = run_status_worse(result->status, RUN_ERROR);
    if (*result->what == '\0') {
        g_free(result->what);
        result->what = g_strdup(error->message);
    }
}

/* ---- observing ------------------------------------------------------------------------------- */

static void session_log_event(struct session *session, const struct trace_event *event)
{
    g_string_truncate(session->line, 0);
    trace_format_line(session->line, event);
    g_string_append_c(session->line, '\n');
    /* An error sticks to the stream and is found when it is closed. */
    (void)fwrite(session->line->str, 1, session->line->len, session->events);
}

static void session_observe(void *opaque, const struct trace_event *event)
{
    struct session *session = opaque;
    progress_observe(session, event);
    if (session->events != NULL) {
        session_log_event(session, event);
    }
    /* Now and then without a reason too: the step lets go of history. */
    bool look = violations_pend(session) || session->interest[event->kind] ||
                event->sequence % FORGET_EVENTS == 0;
    if (look && !session->finished) {
        vclock_arm(session->clock, &session->step, event->time_ns);
    }
}

/* Each knows what it wants to hear; what they say of one event does not depend on their order. */
static void session_listen(struct session *session)
{
    model_listen(session);
    ledger_listen(session->ledger);
    explain_listen(session);
    places_listen(session);
    survive_listen(session);
    trace_add_observer(session->trace, session_observe, session);
}

static void session_keep_frame(struct session *session, uint64_t sequence, const uint8_t *frame,
                               size_t len)
{
    if (session->keep_frames) {
        frame_store_add(session->frames, sequence, frame, len);
    }
}

/* Kept for the filters; a capture holds only what arrived. */
static void session_tap_dropped(void *opaque, enum wire_direction direction, uint64_t sequence,
                                const uint8_t *frame, size_t len)
{
    struct session *session = opaque;
    const struct trace_event *event = trace_get(session->trace, sequence);
    struct ledger_mark at = {.sequence = sequence, .time_ns = event->time_ns};
    /* At the other end's port the directions are the other way round. */
    bool is_guests = board_net(session->board, event->fields[0].string) != NULL;
    bool out = (direction == WIRE_OUT) == is_guests;
    ledger_frame(session->ledger, out ? LEDGER_OUT_DROPPED : LEDGER_IN_DROPPED, &at,
                 event->fields[2].string, frame, len);
    session_keep_frame(session, sequence, frame, len);
}

static void session_tap(void *opaque, enum wire_direction direction, uint64_t sequence,
                        const uint8_t *frame, size_t len)
{
    struct session *session = opaque;
    struct ledger_mark at = {.sequence = sequence, .time_ns = session_now_ns(session)};
    ledger_frame(session->ledger, direction == WIRE_OUT ? LEDGER_OUT : LEDGER_IN, &at, NULL, frame,
                 len);
    session_keep_frame(session, sequence, frame, len);
    final_capture_record(session, direction, frame, len);
    if (session->capture != NULL) {
        capture_writer_add(session->capture, session_now_ns(session), frame, len);
    }
}

static void session_quiescent(void *opaque)
{
    struct session *session = opaque;
    if (session->proving) {
        proof_fail();
    }
    if (!session->finished) {
        timeline_quiescent(session);
    }
}

/* ---- setting up ------------------------------------------------------------------------------ */

/*
 * Frames are kept only where the scenario looks at them: a long run would be all frames otherwise.
 */
static bool session_needs_frames(const struct scenario *scenario)
{
    for (guint i = 0; i < scenario->statements->len; i++) {
        const struct scenario_statement *statement = g_ptr_array_index(scenario->statements, i);
        if (statement->verb == SCENARIO_EXPECT_FRAMES || statement->verb == SCENARIO_NEVER) {
            return true;
        }
    }
    return false;
}

static uint64_t session_feature_bits(const GArray *features)
{
    uint64_t bits = 0;
    for (guint i = 0; i < features->len; i++) {
        bits |= UINT64_C(1) << g_array_index(features, int, i);
    }
    return bits;
}

static enum board_transport session_transport(enum scenario_transport transport)
{
    switch (transport) {
    case SCENARIO_TRANSPORT_MMIO:
        return BOARD_TRANSPORT_MMIO;
    case SCENARIO_TRANSPORT_PCI:
        return BOARD_TRANSPORT_PCI;
    case SCENARIO_TRANSPORT_MMIO_LEGACY:
        return BOARD_TRANSPORT_MMIO_LEGACY;
    }
    g_assert_not_reached();
}

static enum board_msix session_msix(enum scenario_msix msix)
{
    switch (msix) {
    case SCENARIO_MSIX_UNSAID:
    case SCENARIO_MSIX_ALL:
        return BOARD_MSIX_ALL;
    case SCENARIO_MSIX_ONE:
        return BOARD_MSIX_ONE;
    case SCENARIO_MSIX_NO:
        return BOARD_MSIX_NO;
    }
    g_assert_not_reached();
}

static struct board_seat session_seat(const struct scenario_device *device)
{
    return (struct board_seat){
        .transport = session_transport(device->transport),
        .slot = device->slot,
        .intid = device->intid,
        .msix = session_msix(device->msix),
    };
}

static void session_configure_net(const struct scenario_net *net, struct board_net_config *config)
{
    const struct scenario_device *device = &net->device;
    *config = (struct board_net_config){
        .device =
            {
                .name = device->name,
                .features_on = session_feature_bits(net->features_on),
                .features_off = session_feature_bits(net->features_off),
                .queue_size = device->queue_size,
                .latency_ns = device->latency_ns,
                .style = device->style,
                .reset_ns = device->reset_ns,
            },
        .backend =
            net->backend == SCENARIO_BACKEND_SLIRP ? BOARD_BACKEND_SLIRP : BOARD_BACKEND_NONE,
        .seat = session_seat(device),
    };
    memcpy(config->device.mac, net->mac, sizeof net->mac);
}

static struct board_share_config session_configure_share(const struct scenario_share *share,
                                                         struct p9_tree *tree)
{
    const struct scenario_device *device = &share->device;
    return (struct board_share_config){
        .device =
            {
                .name = device->name,
                .tree = tree,
                .queue_size = device->queue_size,
                .latency_ns = device->latency_ns,
                .style = device->style,
                .reset_ns = device->reset_ns,
                .msize_max = share->msize,
                .read_only = share->read_only,
            },
        .seat = session_seat(device),
    };
}

static void session_configure_machine(const struct scenario *scenario, struct board_config *config)
{
    board_config_init(config);
    config->cpus = scenario->machine.cpus;
    config->ram_size = scenario->machine.ram_size;
    config->pa_offset = scenario->machine.pa_offset;
    config->step_ns = scenario->machine.step_ns;
    config->mmio_ns = scenario->machine.mmio_ns;
    config->boot = scenario->machine.boot == SCENARIO_BOOT_ACPI ? BOARD_BOOT_ACPI : BOARD_BOOT_FDT;
    config->vhe = scenario->machine.vhe;
    config->timer_hz = scenario->machine.timer_hz;
    config->timer_delay_ns = scenario->machine.timer_delay_ns;
    config->rtc_s = scenario->machine.rtc_s;
    config->gic = scenario->machine.gic == 3 ? GIC_V3 : GIC_V2;
    config->secure = scenario->machine.secure;
    config->msi = scenario->machine.msi_none ? BOARD_MSI_NONE : BOARD_MSI_V2M;
    config->command_line = scenario->guest_options;
}

static struct board *session_build_board(const struct session *session, GError **error)
{
    const struct scenario *scenario = session->scenario;
    struct board_net_config nets[BOARD_NETS_MAX] = {0};
    struct board_share_config shares[BOARD_SHARES_MAX] = {0};
    struct board_file files[BOARD_FILES_MAX];
    g_assert(scenario->nets->len <= G_N_ELEMENTS(nets));
    g_assert(scenario->shares->len <= G_N_ELEMENTS(shares));
    g_assert(scenario->files->len <= G_N_ELEMENTS(files));
    for (guint i = 0; i < scenario->nets->len; i++) {
        session_configure_net(g_ptr_array_index(scenario->nets, i), &nets[i]);
    }
    for (guint i = 0; i < scenario->shares->len; i++) {
        shares[i] = session_configure_share(g_ptr_array_index(scenario->shares, i),
                                            shares_tree(session->shares, i));
    }
    for (guint i = 0; i < scenario->files->len; i++) {
        const struct scenario_file *file = g_ptr_array_index(scenario->files, i);
        files[i] = (struct board_file){file->path, file->content, file->size};
    }
    struct board_config config;
    session_configure_machine(scenario, &config);
    config.seed = session->options->seed;
    config.nets = nets;
    config.net_count = scenario->nets->len;
    config.shares = shares;
    config.share_count = scenario->shares->len;
    config.services = services_of_wire(session->services);
    config.files = files;
    config.file_count = scenario->files->len;
    return board_new(&config, session->image, error);
}

static bool session_open_files(struct session *session, GError **error)
{
    if (session->options->capture_path != NULL) {
        session->capture = capture_writer_open(session->options->capture_path, error);
        if (session->capture == NULL) {
            return false;
        }
    }
    if (session->options->events_path != NULL) {
        session->events = fopen(session->options->events_path, "we");
        if (session->events == NULL) {
            g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                        "cannot write %s: %s", session->options->events_path, g_strerror(errno));
            return false;
        }
    }
    return true;
}

/* As the machine stands at the verdict. */
static void session_write_waits(struct session *session)
{
    g_autoptr(GString) graph = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    if (session->options->wait_graph_path == NULL || session->ledger == NULL) {
        return;
    }
    waits_write_dot(graph, session->ledger);
    FILE *file = fopen(session->options->wait_graph_path, "we");
    bool failed = file == NULL || fputs(graph->str, file) == EOF;
    if ((file != NULL && fclose(file) != 0) || failed) {
        g_set_error(&error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "cannot write %s: %s", session->options->wait_graph_path, g_strerror(errno));
        session_error(session->result, error);
    }
}

static void session_close_files(struct session *session)
{
    g_autoptr(GError) error = NULL;
    session_write_waits(session);
    if (session->capture != NULL && !capture_writer_close(session->capture, &error)) {
        session_error(session->result, error);
    }
    if (session->events != NULL) {
        bool failed = ferror(session->events) != 0;
        if (fclose(session->events) != 0 || failed) {
            g_autoptr(GError) full =
                g_error_new(G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot write %s: %s",
                            session->options->events_path, g_strerror(errno));
            session_error(session->result, full);
        }
    }
}

static void session_attach(struct session *session)
{
    session->trace = board_trace(session->board);
    session->clock = board_clock(session->board);
    session->ledger = ledger_new(session->trace);
    ledger_set_memory(session->ledger, session->scenario->machine.ram_size);
    session->places = places_new();
    session_listen(session);
    for (guint i = 0; i < session->scenario->nets->len; i++) {
        const struct scenario_net *net = g_ptr_array_index(session->scenario->nets, i);
        struct virtio_net *device = board_net(session->board, net->device.name);
        wire_port_add_tap(virtio_net_port(device), session_tap, session);
    }
    for (unsigned i = 0; i < board_device_count(session->board); i++) {
        const char *name = board_device_at(session->board, i)->name;
        unsigned intid = board_device_intid(session->board, name);
        if (board_net(session->board, name) != NULL) {
            ledger_add_device(session->ledger, name, intid);
        } else {
            ledger_add_share(session->ledger, name, intid);
        }
    }
    shares_set_clock(session->shares, session->clock);
    for (guint i = 0; i < session->scenario->files->len; i++) {
        const struct scenario_file *file = g_ptr_array_index(session->scenario->files, i);
        ledger_add_file(session->ledger, file->path);
    }
    violations_start(session);
    faults_add_hosts(session->board, session->scenario);
    wire_set_drop_tap(board_wire(session->board), session_tap_dropped, session);
    board_set_quiescent(session->board, session_quiescent, session);
    /* A step may act on the machine, so that the machine is not quiescent while one is due. */
    vevent_init(&session->step, VEVENT_SCRIPT, "timeline step", timeline_step, session);
    vevent_init(&session->deadline, VEVENT_HOUSEKEEPING, "timeline deadline", timeline_step,
                session);
    vevent_init(&session->limit, VEVENT_HOUSEKEEPING, "scenario limit", timeline_limit, session);
    vclock_arm(session->clock, &session->limit, VCLOCK_POWER_ON_NS + session->scenario->limit_ns);
    if (session->options->until_ns != 0) {
        vevent_init(&session->until, VEVENT_HOUSEKEEPING, "--until", timeline_until, session);
        vclock_arm(session->clock, &session->until,
                   VCLOCK_POWER_ON_NS + session->options->until_ns);
    }
}

/* ---- running --------------------------------------------------------------------------------- */

/* The machine stopped by itself: the guest did it. */
static void session_judge_stop(struct session *session, enum cpu_stop stop)
{
    const struct cpu *cpu = board_cpu(session->board);
    switch (stop) {
    case CPU_STOP_PANIC:
        session_finish(session, RUN_CRASHED, NULL,
                       g_strdup_printf("the guest panicked: %s", cpu_panic_reason(cpu)), NULL,
                       NULL);
        break;
    case CPU_STOP_POWER_OFF:
        /* Perhaps that is what the scenario waits for. */
        timeline_step(session);
        session_finish(session, RUN_FAILED, NULL,
                       g_strdup_printf("the guest switched the machine off with status %d, before "
                                       "the scenario was over",
                                       cpu_power_off_status(cpu)),
                       NULL, NULL);
        break;
    case CPU_STOP_QUIESCENT:
    case CPU_STOP_REQUESTED:
        /* Both only ever follow a verdict. */
        g_assert(session->finished);
        break;
    }
}

static void session_collect_output(struct session *session)
{
    GString *output = g_string_new(session->console->str);
    for (guint i = 0; i < session->programs->len; i++) {
        const struct session_program *program = g_ptr_array_index(session->programs, i);
        g_auto(GStrv) lines = g_strsplit(program->output->str, "\n", -1);
        for (char **line = lines; *line != NULL; line++) {
            if (**line != '\0' || line[1] != NULL) {
                g_string_append_printf(output, "%s: %s\n", program->name, *line);
            }
        }
    }
    g_free(session->result->output);
    session->result->output = g_string_free(output, FALSE);
}

static void session_conclude(struct session *session)
{
    session->result->time_ns = session_now_ns(session);
    session->result->event_count = trace_last(session->trace);
    session->result->allocations = alloc_fault_count(board_alloc_fault(session->board));
    session_collect_output(session);
    survive_judge(session);
}

/* Called by the crash handler; does not return. */
static void session_guest_crashed(void *opaque, const char *what, uintptr_t pc)
{
    struct session *session = opaque;
    if (session->proving) {
        proof_fail();
    }
    g_autofree char *place = pc != 0 ? explain_line(session, pc) : NULL;
    g_autofree char *exception =
        g_strdup_printf("%s%s%s", what, place != NULL ? "; in " : "", place != NULL ? place : "");
    session->exception = exception;
    session_finish(session, RUN_CRASHED, NULL, g_strdup_printf("the guest crashed: %s", exception),
                   NULL, NULL);
    session_conclude(session);
    session_close_files(session);
    session->options->crashed(session->options->opaque, session->result);
    g_assert_not_reached();
}

/* Called by the watchdog; does not return. */
static void session_guest_frozen(void *opaque, uintptr_t pc)
{
    struct session *session = opaque;
    g_autofree char *place = explain_function(session, pc);
    session_finish(session, RUN_STUCK, NULL,
                   g_strdup_printf("code without ticks: the guest has been in %s, for %d ms of CPU "
                                   "time, and no virtual time passes",
                                   place, WATCHDOG_CPU_MS),
                   NULL, NULL);
    session_conclude(session);
    session_close_files(session);
    session->options->crashed(session->options->opaque, session->result);
    g_assert_not_reached();
}

/* A machine that is taken apart still has something to say, which belongs to no run. */
static void session_detach(struct session *session)
{
    trace_silence(session->trace);
}

static void session_run_board(struct session *session)
{
    session_attach(session);
    timeline_start(session);
    progress_start(session);
    crash_watch(session->image, session->options->guest_path, session_guest_crashed, session);
    watchdog_watch(session->image, session_guest_frozen, session);
    enum cpu_stop stop = board_run(session->board);
    if (session->proving) {
        proof_fail();
    }
    watchdog_unwatch();
    crash_unwatch();
    session_judge_stop(session, stop);
    session_conclude(session);
    session_detach(session);
}

void session_run(const struct scenario *scenario, const struct session_options *options,
                 struct run_result *result)
{
    g_autoptr(GError) error = NULL;
    struct session session = {
        .scenario = scenario,
        .options = options,
        .result = result,
        .line = g_string_new(NULL),
        .console = g_string_new(NULL),
        .programs = g_ptr_array_new_with_free_func(model_free_program),
        .watches = g_ptr_array_new_with_free_func(g_free),
        .counters = g_hash_table_new_full(NULL, NULL, NULL, g_free),
        .frames = frame_store_new(),
        .names = frame_names_new(),
        .keep_frames = session_needs_frames(scenario),
        .services = services_new(scenario, options->live),
    };
    struct scenario_place place = scenario->guest_place;
    session.image = guest_image_load(options->guest_path, &error);
    if (session.image == NULL ||
        !guest_check(scenario, guest_image_descriptor(session.image), &place, &error)) {
        result->line = place.line;
        result->column = place.column;
        session_error(result, error);
    } else if (!final_capture_prepare(&session, &place, &error) ||
               !final_share_prepare(&session, &place, &error)) {
        result->line = place.line;
        result->column = place.column;
        session_error(result, error);
    } else if (!session_open_files(&session, &error)) {
        session_error(result, error);
    } else {
        session.board = session_build_board(&session, &error);
        if (session.board == NULL) {
            session_error(result, error);
        } else {
            session_run_board(&session);
        }
    }
    session_close_files(&session);
    if (session.written != NULL && result->status == RUN_PASSED) {
        g_free(result->what);
        result->what = g_strdup(session.written->str);
    }
    final_capture_free(&session);
    violations_stop(&session);
    ledger_free(session.ledger);
    places_free(session.places);
    board_free(session.board);
    shares_free(session.shares);
    services_free(session.services);
    guest_image_free(session.image);
    frame_store_free(session.frames);
    frame_names_free(session.names);
    g_hash_table_unref(session.counters);
    g_ptr_array_unref(session.watches);
    g_ptr_array_unref(session.programs);
    g_string_free(session.console, TRUE);
    g_string_free(session.line, TRUE);
    g_free(session.spins_in);
}
