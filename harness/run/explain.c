/*
 * explain.c - from a verdict to its cause
 *
 * The diagnosis itself stands in harness/diagnosis. Here it meets the run: which program it is
 * about, in which lines of the guest's sources the waiting task stands, and the proof.
 */
#include "harness/run/explain.h"

#include "harness/diagnosis/source.h"

#include <string.h>

#define EXPLAIN_FRAMES_MAX  64
#define EXPLAIN_CALLERS_MAX 4 /* lines that a report shows of a stack */

/* ---- source lines ---------------------------------------------------------------------------- */

static char *explain_place(const struct source *source, uintptr_t address, bool with_start)
{
    struct source_place place = {0};
    if (source == NULL || !source_find(source, address, &place)) {
        return g_strdup_printf("0x%" G_GINTPTR_MODIFIER "x", address);
    }
    /* The line of the instruction, or of the function itself. */
    if (with_start) {
        uint64_t start = place.start;
        g_free(place.file);
        source_find(source, start, &place);
    }
    char *text =
        place.file != NULL
            ? g_strdup_printf("%s() at %s:%u", place.function, place.file, place.line)
            : g_strdup_printf("%s() at 0x%" G_GINT64_MODIFIER "x", place.function, place.start);
    g_free(place.file);
    return text;
}

static char *explain_pc(const struct session *session, uintptr_t pc, bool with_start)
{
    struct source *source = source_open(session->options->guest_path);
    char *text = explain_place(source, pc, with_start);
    source_free(source);
    return text;
}

char *explain_function(const struct session *session, uintptr_t pc)
{
    return explain_pc(session, pc, true);
}

char *explain_line(const struct session *session, uintptr_t pc)
{
    return explain_pc(session, pc, false);
}

/* Guest code among return addresses; the hook of the ticks is not the guest's own. */
static bool explain_is_guests(const struct session *session, const struct source *source,
                              uintptr_t address)
{
    struct source_place place = {0};
    bool is_guests = guest_image_contains(session->image, address) &&
                     !(source != NULL && source_find(source, address, &place) &&
                       g_str_has_prefix(place.function, "__sanitizer"));
    g_free(place.file);
    return is_guests;
}

/* The innermost frames of the guest, at most `most` of them. Gives them. */
static GPtrArray *explain_stack(const struct session *session, unsigned most)
{
    uintptr_t addresses[EXPLAIN_FRAMES_MAX];
    const struct cpu *cpu = board_cpu(session->board);
    const struct cpu_view view = cpu_view(cpu, cpu_running(cpu));
    unsigned count = source_unwind(cpu_call_frame(cpu), view.stack_low, view.stack_high, addresses,
                                   EXPLAIN_FRAMES_MAX);
    struct source *source = source_open(session->options->guest_path);
    GPtrArray *places = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < count && places->len < most; i++) {
        /* A return address belongs to the call before it. */
        if (explain_is_guests(session, source, addresses[i] - 1)) {
            g_ptr_array_add(places, explain_place(source, addresses[i] - 1, false));
        }
    }
    source_free(source);
    return places;
}

char *explain_running(const struct session *session)
{
    g_autoptr(GPtrArray) places = explain_stack(session, 1);
    return places->len > 0 ? g_strdup(g_ptr_array_index(places, 0)) : NULL;
}

static void explain_add_callers(const struct session *session, GPtrArray *evidence)
{
    g_autoptr(GPtrArray) places = explain_stack(session, EXPLAIN_CALLERS_MAX);
    for (guint i = 0; i < places->len; i++) {
        g_ptr_array_add(evidence, g_strdup_printf("%s %s", i == 0 ? "it is in" : "called from",
                                                  (const char *)g_ptr_array_index(places, i)));
    }
}

/* ---- who enabled an INTID -------------------------------------------------------------------- */

static void explain_enabled(void *opaque, const struct trace_event *event)
{
    struct session *session = opaque;
    uint64_t intid = event->fields[0].number;
    if (event->fields[1].number == 0 || intid >= BOARD_IRQ_COUNT) {
        return;
    }
    uintptr_t addresses[EXPLAIN_FRAMES_MAX];
    const struct cpu *cpu = board_cpu(session->board);
    const struct cpu_view view = cpu_view(cpu, cpu_running(cpu));
    unsigned count = source_unwind(cpu_call_frame(cpu), view.stack_low, view.stack_high, addresses,
                                   EXPLAIN_FRAMES_MAX);
    unsigned kept = 0;
    for (unsigned i = 0; i < count && kept < SESSION_ENABLERS; i++) {
        if (guest_image_contains(session->image, addresses[i])) {
            session->enablers[intid][kept++] = addresses[i];
        }
    }
    if (kept < SESSION_ENABLERS) {
        session->enablers[intid][kept] = 0;
    }
}

void explain_listen(struct session *session)
{
    static const struct trace_listener table[] = {{TRACE_IRQ_ENABLED, explain_enabled}};
    trace_listen(session->trace, table, G_N_ELEMENTS(table), session);
}

/*
 * "INTID 30: enabled by a() at x.c:1, from b() at y.c:2, …": the innermost callers. Who has
 * decided on the number is among them.
 */
static void explain_add_enabler(const struct session *session, unsigned intid, GPtrArray *evidence)
{
    if (intid >= BOARD_IRQ_COUNT || session->enablers[intid][0] == 0) {
        return;
    }
    struct source *source = source_open(session->options->guest_path);
    g_autoptr(GString) line = g_string_new(NULL);
    for (unsigned i = 0; i < SESSION_ENABLERS && session->enablers[intid][i] != 0; i++) {
        uintptr_t address = session->enablers[intid][i] - 1; /* of the call */
        if (explain_is_guests(session, source, address)) {
            g_autofree char *place = explain_place(source, address, false);
            if (line->len == 0) {
                g_string_append_printf(line, "INTID %u: enabled by %s", intid, place);
            } else {
                g_string_append_printf(line, ", from %s", place);
            }
        }
    }
    source_free(source);
    if (line->len > 0) {
        g_ptr_array_add(evidence, g_strdup(line->str));
    }
}

/* A pointer of the guest, as one of ours; NULL when it is none. */
static const void *explain_guest_memory(const struct session *session, uint64_t address,
                                        size_t size)
{
    const struct gmem *memory = board_memory(session->board);
    const char *base = gmem_host(memory, gpa(gmem_ram_base(memory)), 1);
    uint64_t offset = address - (uintptr_t)base;
    bool fits = address >= (uintptr_t)base && offset < gmem_ram_size(memory) &&
                size <= gmem_ram_size(memory) - offset;
    return fits ? base + offset : NULL;
}

/* The scheduler's own frames, and those of the ticks, say nothing about what is being done. */
static bool explain_is_plumbing(const char *place)
{
    return strstr(place, "/sched.c:") != NULL || strstr(place, "/wait.c:") != NULL;
}

void explain_add_stack(const struct session *session, const struct explain_stack *stack,
                       const char *who, const char *what, GPtrArray *evidence)
{
    struct source *source = source_open(session->options->guest_path);
    unsigned shown = 0;
    for (unsigned i = 0; i < stack->count && shown < stack->shown_max; i++) {
        /* A return address belongs to the call before it. */
        uintptr_t call = stack->addresses[i] - 1;
        if (!explain_is_guests(session, source, call)) {
            continue;
        }
        g_autofree char *place = explain_place(source, call, false);
        if (!explain_is_plumbing(place)) {
            g_ptr_array_add(evidence, g_strdup_printf("%s: %s %s", who,
                                                      shown++ == 0 ? what : "called from", place));
        }
    }
    source_free(source);
}

/* A suspended stack begins with six saved registers; the frame pointer is the last of them. */
#define EXPLAIN_SAVED_FP 5

static void explain_add_lines(const struct session *session, const struct ledger_task *task,
                              GPtrArray *evidence)
{
    const struct hal_context *context =
        task->context % sizeof(void *) == 0
            ? explain_guest_memory(session, task->context, sizeof *context)
            : NULL;
    if (task->state != LEDGER_TASK_BLOCKED || context == NULL) {
        return;
    }
    uintptr_t sp = (uintptr_t)context->sp, low = (uintptr_t)context->stack;
    size_t size = context->stack_size, saved = (EXPLAIN_SAVED_FP + 2) * sizeof(uintptr_t);
    bool is_sane = explain_guest_memory(session, low, size) != NULL && sp >= low &&
                   sp - low < size && size - (sp - low) >= saved && sp % sizeof(uintptr_t) == 0;
    if (!is_sane) {
        return;
    }
    uintptr_t addresses[EXPLAIN_FRAMES_MAX];
    uintptr_t fp = ((const uintptr_t *)sp)[EXPLAIN_SAVED_FP];
    unsigned count = source_unwind(fp, sp, low + size, addresses, EXPLAIN_FRAMES_MAX);
    const struct explain_stack stack = {addresses, count, EXPLAIN_CALLERS_MAX};
    explain_add_stack(session, &stack, task->name, "waits in", evidence);
}

/* The code on the guest's side of the link: handler, driver, or who else has to act. */
static void explain_add_places(const struct session *session, const struct diagnosis *diagnosis)
{
    GPtrArray *evidence = diagnosis->evidence;
    places_tell_irq(session, diagnosis->intid, evidence);
    if (diagnosis->device == NULL) {
        if (diagnosis->driver != NULL && diagnosis->driver != diagnosis->task) {
            explain_add_lines(session, diagnosis->driver, evidence);
        }
        return;
    }
    places_tell_received(session, diagnosis->device, evidence);
    const struct ledger_task *driver =
        diagnosis->driver != NULL ? diagnosis->driver : places_driver(session, diagnosis->device);
    if (driver != NULL && driver != diagnosis->task) {
        explain_add_lines(session, driver, evidence);
    }
}

/* Causes that are about a vector which is never left, or entered for ever. */
static void explain_add_running(const struct session *session, bool hangs,
                                const struct diagnosis *diagnosis)
{
    static const char *const ids[] = {"irq.spurious-served", "irq.unhandled", "irq.storm", NULL};
    g_autofree char *place =
        !hangs && g_strv_contains(ids, diagnosis->cause) ? explain_running(session) : NULL;
    if (place != NULL) {
        g_ptr_array_add(diagnosis->evidence, g_strdup_printf("the CPU is in %s", place));
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

const struct session_program *explain_program(const struct session *session,
                                              const struct scenario_statement *statement)
{
    const struct session_program *program = statement != NULL && statement->program != NULL
                                                ? model_program(session, statement->program)
                                                : NULL;
    for (guint i = session->programs->len; program == NULL && i > 0; i--) {
        const struct session_program *other = g_ptr_array_index(session->programs, i - 1);
        if (other->exited && other->status != 0) {
            program = other;
        }
    }
    return program != NULL ? program : model_unfinished_program(session);
}

static const struct ledger_program *explain_known_program(const struct session *session,
                                                          const struct session_program *program)
{
    for (guint i = 0; i < session->programs->len; i++) {
        if (g_ptr_array_index(session->programs, i) == program) {
            return ledger_program(session->ledger, i + 1);
        }
    }
    return NULL;
}

static void explain_try_proof(struct session *session, struct diagnosis *diagnosis, bool hangs)
{
    bool can_be_proved = hangs && diagnosis->repair != DIAGNOSIS_REPAIR_NONE &&
                         diagnosis->grade == DIAGNOSIS_DERIVED && diagnosis->task != NULL &&
                         diagnosis->task->state == LEDGER_TASK_BLOCKED;
    if (!can_be_proved) {
        return;
    }
    bool proved = proof_succeeds(session, diagnosis);
    diagnosis->grade = proved ? DIAGNOSIS_CAUSE : DIAGNOSIS_SUSPECT;
    g_ptr_array_add(diagnosis->evidence,
                    g_strdup_printf("proof: with this link repaired from here on, task %s %s",
                                    diagnosis->task->name,
                                    proved ? "goes on" : "still does not go on"));
}

void explain_clear(struct session *session)
{
    struct run_result *result = session->result;
    g_clear_pointer(&result->cause, g_free);
    g_clear_pointer(&result->grade, g_free);
    g_clear_pointer(&result->task, g_free);
    g_clear_pointer(&result->diagnosis, g_free);
}

void explain_ask(struct session *session, const struct session_program *program)
{
    bool hangs = session->quiescent || session->stalled;
    const struct diagnosis_question question = {
        .board = session->board,
        .hangs = hangs,
        .crashed = session->crashed,
        .excess = session->excess,
        .fids_of = session->fids_of,
        .exception = session->exception,
        .spins = session->spins,
        .spins_on = cpu_running(board_cpu(session->board)),
        .spins_in = session->spins_in,
        .steps = session->spin_steps,
        .program = explain_known_program(session, program),
    };
    struct run_result *result = session->result;
    explain_clear(session);
    struct diagnosis *diagnosis = diagnosis_ask(session->ledger, &question);
    if (diagnosis->cause != NULL) {
        explain_try_proof(session, diagnosis, hangs);
        explain_add_enabler(session, diagnosis->intid, diagnosis->evidence);
        explain_add_enabler(session, diagnosis->other_intid, diagnosis->evidence);
        explain_add_running(session, hangs, diagnosis);
        if (session->spins) {
            explain_add_callers(session, diagnosis->evidence);
        }
        explain_add_places(session, diagnosis);
        if (diagnosis->task != NULL) {
            explain_add_lines(session, diagnosis->task, diagnosis->evidence);
            result->task = g_strdup(diagnosis->task->name);
        }
        GString *text = g_string_new(NULL);
        diagnosis_format(text, diagnosis);
        result->cause = g_strdup(diagnosis->cause);
        result->grade = g_strdup(diagnosis_grade_name(diagnosis->grade));
        result->diagnosis = g_string_free(text, FALSE);
    }
    diagnosis_free(diagnosis);
}

bool explain_matches(const struct session *session, const char *cause, const char *task)
{
    const struct run_result *result = session->result;
    if (cause != NULL && (g_strcmp0(result->cause, cause) != 0 ||
                          g_strcmp0(result->grade, diagnosis_grade_name(DIAGNOSIS_SUSPECT)) == 0)) {
        return false;
    }
    return task == NULL || g_strcmp0(result->task, task) == 0;
}

char *explain_summary(const struct session *session)
{
    const struct run_result *result = session->result;
    if (result->cause == NULL) {
        return g_strdup("no cause is known");
    }
    return g_strdup_printf("%s %s%s%s", result->grade, result->cause,
                           result->task != NULL ? ", task " : "",
                           result->task != NULL ? result->task : "");
}
