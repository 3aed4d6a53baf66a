/*
 * faults.c - what `inject`, `restore` and `send` do to the machine
 *
 * The middle between the words of a scenario and the stages of the board; frames that are sent are
 * built in send.c.
 */
#include "harness/run/faults.h"

#include "harness/run/services.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert(SCENARIO_FAULTS_MAX <= P9_FAULTS_MAX && SCENARIO_FAULTS_MAX <= IRQ_FAULTS_MAX,
              "there is room for all, at one place");

static struct fault_which faults_which(const struct scenario_fault *fault)
{
    return (struct fault_which){.skip = fault->skip, .count = fault->count};
}

/* ---- interrupts and timers ------------------------------------------------------------------- */

/* "48", "eth0" (the device's share of it) or "eth0.tx" (the queue's). */
static struct irq_fault *faults_irq(struct board *board, unsigned cpu, const char *target)
{
    if (g_ascii_isdigit(target[0])) {
        return board_irq_fault_of(board, cpu, (unsigned)strtoul(target, NULL, 0));
    }
    return strchr(target, '.') != NULL ? board_queue_irq_fault(board, target)
                                       : board_line_fault(board, target);
}

/* On how many CPUs it stands: of a PPI, each has one. */
static unsigned faults_irq_cpus(struct board *board, const char *target)
{
    bool is_private =
        g_ascii_isdigit(target[0]) && strtoul(target, NULL, 0) < (unsigned long)BOARD_INTID_SPI;
    return is_private ? board_cpus(board) : 1;
}

static void faults_inject_irq(struct board *board, unsigned cpu, const struct scenario_fault *fault)
{
    struct irq_fault *stage = faults_irq(board, cpu, fault->target);
    if (fault->kind == SCENARIO_IRQ_LOSE) {
        irq_fault_lose(stage, "lose", faults_which(fault));
    } else if (fault->kind == SCENARIO_IRQ_DELAY) {
        irq_fault_delay(stage, "delay", fault->time_ns, faults_which(fault));
    } else if (fault->kind == SCENARIO_IRQ_SPURIOUS) {
        irq_fault_spurious(stage, (unsigned)fault->number);
    } else if (fault->kind == SCENARIO_IRQ_STORM) {
        irq_fault_storm(stage, faults_which(fault));
    } else if (fault->kind == SCENARIO_IRQ_ROUTE) {
        board_route_irq(board, cpu, stage, (unsigned)fault->number);
    } else if (fault->kind == SCENARIO_IRQ_EDGE) {
        irq_fault_edge(stage, faults_which(fault));
    } else {
        g_assert(fault->kind == SCENARIO_IRQ_STUCK);
        irq_fault_stick(stage);
    }
}

static enum gtimer_id faults_timer(const struct scenario_fault *fault)
{
    if (g_str_has_prefix(fault->target, "hyp-")) {
        return g_str_equal(fault->target, "hyp-virtual") ? GTIMER_HYP_VIRTUAL : GTIMER_HYP_PHYSICAL;
    }
    return g_str_equal(fault->target, "virtual") ? GTIMER_VIRTUAL : GTIMER_PHYSICAL;
}

static void faults_inject_timer(struct board *board, unsigned cpu,
                                const struct scenario_fault *fault)
{
    enum gtimer_id id = faults_timer(fault);
    struct irq_fault *stage = board_timer_fault(board, cpu, id);
    if (fault->kind == SCENARIO_TIMER_DEAD) {
        irq_fault_lose(stage, "dead", faults_which(fault));
    } else if (fault->kind == SCENARIO_TIMER_LATE) {
        irq_fault_delay(stage, "late", fault->time_ns, faults_which(fault));
    } else if (fault->kind == SCENARIO_TIMER_DRIFT) {
        struct gtimer *timer = board_timer(board, cpu);
        irq_fault_note(stage, "drift");
        gtimer_set_drift(timer, id, gtimer_drift(timer, id) + fault->ppm);
    } else {
        static const struct irqline nothing = {.set = NULL};
        g_assert(fault->kind == SCENARIO_TIMER_INTID);
        irq_fault_route(stage, "intid", board_timer_line(board, cpu, id, (unsigned)fault->number),
                        nothing);
    }
}

static void faults_restore_timer(struct board *board, unsigned cpu,
                                 const struct scenario_fault *fault)
{
    gtimer_set_drift(board_timer(board, cpu), faults_timer(fault), 0);
    irq_fault_restore(board_timer_fault(board, cpu, faults_timer(fault)));
}

/* ---- allocations ----------------------------------------------------------------------------- */

/* The Nth from now on; of `each`, the one that the test is for. */
static void faults_inject_alloc(struct board *board, const struct scenario *scenario,
                                const struct scenario_fault *fault)
{
    uint64_t number = fault->number != 0 ? fault->number : scenario->alloc;
    if (number != 0) {
        alloc_fault_fail(board_alloc_fault(board), number);
    } else {
        alloc_fault_count_from_here(board_alloc_fault(board));
    }
}

/* ---- queues ---------------------------------------------------------------------------------- */

static void faults_inject_queue(struct board *board, const struct scenario_fault *fault)
{
    struct virtqueue_fault *stage = board_queue_fault(board, fault->target);
    if (fault->kind == SCENARIO_VQ_LATENCY) {
        virtqueue_fault_latency(stage, fault->time_ns);
    } else if (fault->kind == SCENARIO_VQ_HOLD) {
        virtqueue_fault_hold(stage);
    } else if (fault->kind == SCENARIO_VQ_WITHHOLD) {
        virtqueue_fault_withhold(stage, (unsigned)fault->number);
    } else if (fault->kind == SCENARIO_VQ_OUT_OF_ORDER) {
        virtqueue_fault_out_of_order(stage, faults_which(fault));
    } else if (fault->kind == SCENARIO_VQ_USED_LEN) {
        virtqueue_fault_used_len(stage, (uint32_t)fault->number, faults_which(fault));
    } else if (fault->kind == SCENARIO_VQ_BAD_ID) {
        virtqueue_fault_bad_id(stage, faults_which(fault));
    } else if (fault->kind == SCENARIO_VQ_NO_IRQ) {
        virtqueue_fault_no_irq(stage, faults_which(fault));
    } else {
        g_assert(fault->kind == SCENARIO_VQ_NO_KICK);
        virtqueue_fault_no_kick(stage, faults_which(fault));
    }
}

/* ---- links ----------------------------------------------------------------------------------- */

static bool faults_filter_matches(const void *opaque, const uint8_t *frame, size_t len)
{
    return capture_filter_matches(opaque, frame, len);
}

static enum wire_fault_kind faults_wire_kind(enum scenario_fault_kind kind)
{
    static const struct {
        enum scenario_fault_kind from;
        enum wire_fault_kind to;
    } rows[] = {
        {SCENARIO_LINK_DROP, WIRE_FAULT_DROP},
        {SCENARIO_LINK_DELAY, WIRE_FAULT_DELAY},
        {SCENARIO_LINK_DUPLICATE, WIRE_FAULT_DUPLICATE},
        {SCENARIO_LINK_CORRUPT, WIRE_FAULT_CORRUPT},
        {SCENARIO_LINK_TRUNCATE, WIRE_FAULT_TRUNCATE},
        {SCENARIO_LINK_REORDER, WIRE_FAULT_REORDER},
        {SCENARIO_LINK_RATE, WIRE_FAULT_RATE},
        {SCENARIO_LINK_PARTITION, WIRE_FAULT_PARTITION},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].from == kind) {
            return rows[i].to;
        }
    }
    g_assert_not_reached();
}

static struct fault_place faults_link_place(struct board *board, const struct scenario_fault *fault)
{
    struct trace *trace = board_trace(board);
    return (struct fault_place){trace, "link", trace_intern(trace, fault->target)};
}

static void faults_inject_link(struct board *board, const struct scenario_statement *statement)
{
    const struct scenario_fault *fault = &statement->fault;
    const struct scenario_frames *frames = &statement->frames;
    if (fault->kind == SCENARIO_LINK_DOWN) {
        struct fault_place place = faults_link_place(board, fault);
        struct fault down = fault_arm(&place, "down", (struct fault_which){0, 1});
        fault_strikes(&down, &place);
        virtio_net_set_link(board_net(board, fault->target), false);
        return;
    }
    const struct wire_fault_spec spec = {
        .kind = faults_wire_kind(fault->kind),
        .in = frames->where != SCENARIO_WHERE_OUT,
        .out = frames->where != SCENARIO_WHERE_IN,
        .amount = fault->kind == SCENARIO_LINK_DELAY ? fault->time_ns : fault->number,
        .jitter_ns = fault->jitter_ns,
        .queue = fault->queue,
        .chance_ppm = fault->chance_ppm,
        .which = faults_which(fault),
        .matches = frames->filter == NULL ? NULL : faults_filter_matches,
        .opaque = frames->filter,
    };
    wire_fault_inject(board_link_fault(board, fault->target), &spec);
}

static void faults_restore_link(struct board *board, const struct scenario_fault *fault)
{
    wire_fault_restore(board_link_fault(board, fault->target));
    virtio_net_set_link(board_net(board, fault->target), true);
}

/* ---- shares ---------------------------------------------------------------------------------- */

static enum p9_fault_kind faults_p9_kind(enum scenario_fault_kind kind)
{
    static const struct {
        enum scenario_fault_kind from;
        enum p9_fault_kind to;
    } rows[] = {
        {SCENARIO_9P_ERROR, P9_FAULT_ERROR},
        {SCENARIO_9P_DELAY, P9_FAULT_DELAY},
        {SCENARIO_9P_SHORT_READ, P9_FAULT_SHORT_READ},
        {SCENARIO_9P_DROP, P9_FAULT_DROP},
        {SCENARIO_9P_FOREIGN_TAG, P9_FAULT_FOREIGN_TAG},
        {SCENARIO_9P_DUPLICATE, P9_FAULT_DUPLICATE},
        {SCENARIO_9P_BAD_SIZE, P9_FAULT_BAD_SIZE},
        {SCENARIO_9P_MSIZE, P9_FAULT_MSIZE},
        {SCENARIO_9P_RESET, P9_FAULT_RESET},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].from == kind) {
            return rows[i].to;
        }
    }
    g_assert_not_reached();
}

static void faults_inject_share(struct board *board, const struct scenario_fault *fault)
{
    const struct p9_fault_spec spec = {
        .kind = faults_p9_kind(fault->kind),
        .type = fault->message,
        .amount = fault->kind == SCENARIO_9P_DELAY ? fault->time_ns : fault->number,
        .which = faults_which(fault),
    };
    p9_fault_inject(virtio_9p_fault(board_share(board, fault->target)), &spec);
}

/* ---- statements ------------------------------------------------------------------------------ */

static void faults_inject(struct board *board, const struct scenario *scenario,
                          const struct scenario_statement *statement)
{
    switch (statement->fault.object) {
    case SCENARIO_FAULT_IRQ:
        for (unsigned cpu = 0; cpu < faults_irq_cpus(board, statement->fault.target); cpu++) {
            faults_inject_irq(board, cpu, &statement->fault);
        }
        return;
    case SCENARIO_FAULT_TIMER:
        for (unsigned cpu = 0; cpu < board_cpus(board); cpu++) {
            faults_inject_timer(board, cpu, &statement->fault); /* each CPU has its own */
        }
        return;
    case SCENARIO_FAULT_VQ:
        faults_inject_queue(board, &statement->fault);
        return;
    case SCENARIO_FAULT_LINK:
        faults_inject_link(board, statement);
        return;
    case SCENARIO_FAULT_ALLOC:
        faults_inject_alloc(board, scenario, &statement->fault);
        return;
    case SCENARIO_FAULT_9P:
        faults_inject_share(board, &statement->fault);
        return;
    case SCENARIO_FAULT_OBJECT_COUNT:
        break;
    }
    g_assert_not_reached();
}

static void faults_restore(struct board *board, const struct scenario_fault *fault)
{
    switch (fault->object) {
    case SCENARIO_FAULT_IRQ:
        for (unsigned cpu = 0; cpu < faults_irq_cpus(board, fault->target); cpu++) {
            irq_fault_restore(faults_irq(board, cpu, fault->target));
        }
        return;
    case SCENARIO_FAULT_TIMER:
        for (unsigned cpu = 0; cpu < board_cpus(board); cpu++) {
            faults_restore_timer(board, cpu, fault);
        }
        return;
    case SCENARIO_FAULT_VQ:
        virtqueue_fault_restore(board_queue_fault(board, fault->target));
        return;
    case SCENARIO_FAULT_LINK:
        faults_restore_link(board, fault);
        return;
    case SCENARIO_FAULT_ALLOC:
        alloc_fault_restore(board_alloc_fault(board));
        return;
    case SCENARIO_FAULT_9P:
        p9_fault_restore(virtio_9p_fault(board_share(board, fault->target)));
        return;
    case SCENARIO_FAULT_OBJECT_COUNT:
        break;
    }
    g_assert_not_reached();
}

/* To a card as if the switch had sent it, from a host as if it had. */
void faults_send(struct board *board, const struct scenario *scenario,
                 const struct scenario_send *send)
{
    struct wire_port *port = wire_port_by_name(board_wire(board), send->from);
    g_autoptr(GByteArray) frame = faults_build_frame(scenario, send);
    g_assert(port != NULL);
    if (board_net(board, send->from) != NULL) {
        wire_port_deliver(port, frame->data, frame->len);
    } else {
        wire_port_send(port, frame->data, frame->len);
    }
}

void faults_act(struct board *board, const struct scenario *scenario,
                const struct scenario_statement *statement)
{
    if (statement->verb == SCENARIO_INJECT) {
        faults_inject(board, scenario, statement);
    } else {
        g_assert(statement->verb == SCENARIO_RESTORE);
        faults_restore(board, &statement->fault);
    }
}

void faults_add_hosts(struct board *board, const struct scenario *scenario)
{
    for (guint i = 0; i < scenario->hosts->len; i++) {
        const struct scenario_host *host = g_ptr_array_index(scenario->hosts, i);
        board_add_host(board, host->name, host->mac, host->ip);
    }
    services_refuse(board, scenario);
}
