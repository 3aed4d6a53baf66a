/*
 * places.c - where in the guest's code something happened last
 *
 * A rule says which link of the chain is missing; to mend it one wants to know which lines are on
 * either side of it. So the return addresses on the guest's stack are kept, of a few kinds of
 * events: for each INTID where it was acknowledged last, and where the handler woke a task, which
 * is in the handler; for each card where the driver counted its last frame. An address costs a
 * load when it is kept, and becomes a line only when a report needs it.
 */
#include "harness/diagnosis/source.h"
#include "harness/run/explain.h"

#include <string.h>

#define PLACES_DEPTH      4
#define PLACES_SHOWN      2  /* behind them is what was interrupted, or the task's beginning */
#define PLACES_FRAMES_MAX 10 /* of the boundary and the guest together */
#define PLACES_COUNTER    ".rx.frames"

struct places_stack {
    uintptr_t addresses[PLACES_DEPTH]; /* the innermost first */
    unsigned count;
};

struct places {
    /* The INTID whose interrupt a CPU is in and which has woken nobody yet; 0: none. */
    unsigned taking[CPU_CORES_MAX];
    struct places_stack taken[BOARD_IRQ_COUNT];
    struct places_stack woke[BOARD_IRQ_COUNT];
    uint32_t woken[BOARD_IRQ_COUNT]; /* which task, the first one; 0: none yet */
    struct places_stack received[BOARD_NETS_MAX];
    const char *counters[BOARD_NETS_MAX]; /* of what each card has received, interned */
};

struct places *places_new(void)
{
    return g_new0(struct places, 1);
}

void places_free(struct places *places)
{
    g_free(places);
}

/* The guest's frames above those of the bench. */
static void places_keep(const struct session *session, struct places_stack *stack)
{
    const struct cpu *cpu = board_cpu(session->board);
    const struct cpu_view view = cpu_view(cpu, cpu_running(cpu));
    uintptr_t addresses[PLACES_FRAMES_MAX];
    unsigned count = source_unwind(cpu_call_frame(cpu), view.stack_low, view.stack_high, addresses,
                                   PLACES_FRAMES_MAX);
    struct places_stack kept = {.count = 0};
    for (unsigned i = 0; i < count && kept.count < PLACES_DEPTH; i++) {
        if (guest_image_contains(session->image, addresses[i] - 1)) {
            kept.addresses[kept.count++] = addresses[i];
        }
    }
    if (kept.count > 0) {
        *stack = kept;
    }
}

static void places_received(const struct session *session, const char *counter)
{
    const GPtrArray *nets = session->scenario->nets;
    for (guint i = 0; i < nets->len && i < BOARD_NETS_MAX; i++) {
        if (session->places->counters[i] == counter) {
            places_keep(session, &session->places->received[i]);
        }
    }
}

static void places_irq_taken(void *opaque, const struct trace_event *event)
{
    const struct session *session = opaque;
    uint64_t intid = event->fields[0].number;
    if (intid < BOARD_IRQ_COUNT) {
        session->places->taking[event->fields[1].number % CPU_CORES_MAX] = (unsigned)intid;
        places_keep(session, &session->places->taken[intid]);
    }
}

static void places_irq_over(void *opaque, const struct trace_event *event)
{
    const struct session *session = opaque;
    session->places->taking[event->fields[1].number % CPU_CORES_MAX] = 0;
}

static void places_woken(void *opaque, const struct trace_event *event)
{
    const struct session *session = opaque;
    struct places *places = session->places;
    unsigned *taking = &places->taking[cpu_running(board_cpu(session->board)) % CPU_CORES_MAX];
    if (*taking != 0) {
        places->woken[*taking] = (uint32_t)event->fields[0].number;
        places_keep(session, &places->woke[*taking]);
        *taking = 0;
    }
}

static void places_counter(void *opaque, const struct trace_event *event)
{
    if (event->fields[1].number > 0) {
        places_received(opaque, event->fields[0].string);
    }
}

void places_listen(struct session *session)
{
    static const struct trace_listener table[] = {
        {TRACE_IRQ_TAKEN, places_irq_taken},   {TRACE_IRQ_EOI, places_irq_over},
        {TRACE_IRQ_SPURIOUS, places_irq_over}, {TRACE_TASK_WOKEN, places_woken},
        {TRACE_COUNTER, places_counter},
    };
    trace_listen(session->trace, table, G_N_ELEMENTS(table), session);
    for (guint i = 0; i < session->scenario->nets->len && i < BOARD_NETS_MAX; i++) {
        const struct scenario_net *net = g_ptr_array_index(session->scenario->nets, i);
        g_autofree char *counter = g_strconcat(net->device.name, PLACES_COUNTER, NULL);
        session->places->counters[i] = trace_intern(session->trace, counter);
    }
}

/* ---- telling --------------------------------------------------------------------------------- */

static void places_tell(const struct session *session, const struct places_stack *kept,
                        const char *who, const char *what, GPtrArray *evidence)
{
    const struct explain_stack stack = {kept->addresses, kept->count, PLACES_SHOWN};
    explain_add_stack(session, &stack, who, what, evidence);
}

void places_tell_irq(const struct session *session, unsigned intid, GPtrArray *evidence)
{
    const struct places *places = session->places;
    if (intid == 0 || intid >= BOARD_IRQ_COUNT) {
        return;
    }
    g_autofree char *who = g_strdup_printf("INTID %u", intid);
    places_tell(session, &places->taken[intid], who, "taken last in", evidence);
    const struct ledger_task *task = ledger_task(session->ledger, places->woken[intid]);
    if (task != NULL) {
        g_autofree char *what = g_strdup_printf("its handler woke %s in", task->name);
        places_tell(session, &places->woke[intid], who, what, evidence);
    }
}

void places_tell_received(const struct session *session, const char *device, GPtrArray *evidence)
{
    const GPtrArray *nets = session->scenario->nets;
    for (guint i = 0; i < nets->len && i < BOARD_NETS_MAX; i++) {
        const struct scenario_net *net = g_ptr_array_index(nets, i);
        if (strcmp(net->device.name, device) == 0) {
            places_tell(session, &session->places->received[i], device,
                        "the driver took the last frame in", evidence);
        }
    }
}

const struct ledger_task *places_driver(const struct session *session, const char *device)
{
    unsigned intid = board_device_intid(session->board, device);
    return intid < BOARD_IRQ_COUNT ? ledger_task(session->ledger, session->places->woken[intid])
                                   : NULL;
}
