/*
 * rules.c - what rules share, and their table
 */
#include "harness/diagnosis/rules.h"

#include "harness/diagnosis/causes.h"

#include <string.h>

bool rules_is_settled(const struct rules_case *c, const struct ledger_mark *mark)
{
    return mark->sequence != 0 &&
           (c->question->hangs || c->now_ns - mark->time_ns >= RULES_SETTLE_NS);
}

void rules_evidence(struct rules_case *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_ptr_array_add(c->diagnosis->evidence, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

bool rules_found(struct rules_case *c, const char *cause, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    c->diagnosis->cause = cause;
    c->diagnosis->grade = DIAGNOSIS_DERIVED;
    c->diagnosis->link = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return true;
}

const char *rules_time(char buffer[static 32], uint64_t time_ns)
{
    g_snprintf(buffer, 32, "%" G_GUINT64_FORMAT ".%09" G_GUINT64_FORMAT " s", time_ns / 1000000000,
               time_ns % 1000000000);
    return buffer;
}

const struct ledger_task *rules_queue_waiter(const struct rules_case *c)
{
    for (guint i = 1; i < c->ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(c->ledger->tasks, i);
        if (task != NULL && task->state == LEDGER_TASK_BLOCKED && task->for_queue &&
            rules_is_settled(c, &task->since)) {
            return task;
        }
    }
    return NULL;
}

/* A time that has passed, or at a hang any: nothing else will happen. */
static bool rules_has_passed(const struct rules_case *c, uint64_t deadline_ns)
{
    bool has = deadline_ns <= c->now_ns && c->now_ns - deadline_ns >= RULES_SETTLE_NS;
    return deadline_ns != LEDGER_NO_TIME && (has || c->question->hangs);
}

static bool rules_sleeps(const struct ledger_task *task)
{
    return task != NULL && task->state == LEDGER_TASK_BLOCKED;
}

/* Who waits for the file of a clock has no deadline of its own. */
static bool rules_clock_is_overdue(const struct rules_case *c)
{
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, c->ledger->schemes->timeouts);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const struct ledger_timeout *timeout = value;
        if (timeout->clock != NULL && rules_has_passed(c, timeout->deadline_ns) &&
            rules_sleeps(ledger_task(c->ledger, timeout->clock->task))) {
            return true;
        }
    }
    return false;
}

bool rules_time_is_overdue(const struct rules_case *c)
{
    for (guint i = 1; i < c->ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(c->ledger->tasks, i);
        if (rules_sleeps(task) && rules_has_passed(c, task->deadline_ns)) {
            return true;
        }
    }
    return rules_clock_is_overdue(c);
}

bool rules_rx_unconsumed(const struct rules_case *c, const struct ledger_device *device)
{
    if (!rules_is_settled(c, &device->rx.used)) {
        return false;
    }
    if (device->counts) {
        return device->rx.used_count + device->taken_before >
               device->taken_frames + device->taken_dropped + device->merged;
    }
    return device->taken_dropped == 0 && device->rx.used.sequence > device->isr_ack.sequence;
}

bool rules_is_running(const struct rules_case *c, const struct ledger_device *device)
{
    const struct virtio_dev *dev = board_device(c->board, device->name);
    return dev != NULL && virtio_dev_is_running(dev);
}

bool rules_timers_were_hit(const struct rules_case *c)
{
    const struct ledger_fault *fault;
    for (unsigned i = 0; (fault = ledger_fault(c->ledger, i)) != NULL; i++) {
        if (strcmp(fault->object, "timer") == 0 || strcmp(fault->object, "irq") == 0) {
            return true;
        }
    }
    return false;
}

struct virtqueue *rules_queue(const struct rules_case *c, const struct ledger_queue *queue)
{
    return queue->name != NULL ? board_queue(c->board, queue->name) : NULL;
}

unsigned rules_cpu_of(const struct rules_case *c, unsigned intid)
{
    const struct gic *gic = board_gic(c->board);
    if (intid < BOARD_INTID_SPI) {
        return c->cpu;
    }
    for (unsigned cpu = 0; cpu < gic_cpu_count(gic); cpu++) {
        if (gic_irq_state(gic, cpu, intid).targeted) {
            return cpu;
        }
    }
    return 0;
}

void rules_evidence_irq(struct rules_case *c, unsigned intid)
{
    const struct gic *gic = board_gic(c->board);
    unsigned cpu = rules_cpu_of(c, intid);
    struct gic_irq_state state = gic_irq_state(gic, cpu, intid);
    const struct ledger_irq *irq = &c->ledger->irqs[intid];
    char taken[32], ended[32];
    rules_evidence(
        c, "INTID %u: line %s, %s, %s, %s, priority 0x%02x (mask 0x%02x, running 0x%02x)", intid,
        state.level ? "up" : "low", state.pending ? "pending" : "not pending",
        state.enabled ? "enabled" : "not enabled", state.active ? "active" : "not active",
        state.priority, gic_priority_mask(gic, cpu), gic_running_priority(gic, cpu));
    if (irq->taken_count > 0) {
        rules_evidence(c,
                       "INTID %u: taken %" G_GUINT64_FORMAT
                       " times, last at %s; ended %" G_GUINT64_FORMAT " times%s%s",
                       intid, irq->taken_count, rules_time(taken, irq->taken.time_ns),
                       irq->ended_count, irq->ended_count > 0 ? ", last at " : "",
                       irq->ended_count > 0 ? rules_time(ended, irq->ended.time_ns) : "");
    } else {
        rules_evidence(c, "INTID %u: never taken", intid);
    }
}

void rules_evidence_queue(struct rules_case *c, const struct ledger_queue *queue)
{
    struct virtqueue *vq = rules_queue(c, queue);
    char used[32];
    if (vq == NULL) {
        return;
    }
    rules_evidence(c, "%s: %u entries, %u available, %u in flight, used index %u%s%s", queue->name,
                   vq->size, virtqueue_avail_count(vq), virtqueue_in_flight(vq), vq->used_index,
                   queue->used_count > 0 ? ", last moved at " : "",
                   queue->used_count > 0 ? rules_time(used, queue->used.time_ns) : "");
}

/* ---- who pays, and what was injected --------------------------------------------------------- */

static const struct ledger_task *rules_payer(const struct rules_case *c)
{
    const struct ledger_task *task = NULL;
    if (c->question->program != NULL && c->question->program->task != 0) {
        task = ledger_task(c->ledger, c->question->program->task);
    }
    for (guint i = 1; task == NULL && i < c->ledger->tasks->len; i++) {
        const struct ledger_task *other = g_ptr_array_index(c->ledger->tasks, i);
        if (other != NULL && other->state == LEDGER_TASK_BLOCKED) {
            task = other;
        }
    }
    return task;
}

/* Where nobody serves anybody there is nothing to say that the wait itself does not say. */
static char *rules_chain_of(const struct rules_case *c)
{
    struct waits_chain chain;
    if (c->diagnosis->task == NULL || !ledger_has_schemes(c->ledger)) {
        return NULL;
    }
    waits_follow(c->ledger, c->diagnosis->task, &chain);
    if (chain.count < 2) {
        return NULL;
    }
    GString *text = g_string_new(NULL);
    waits_write_chain(text, c->ledger, &chain);
    return g_string_free(text, FALSE);
}

/* Faults that can stand behind a cause, by the first row whose cause begins so. */
static const struct rules_trigger {
    const char *cause, *objects;
    const char *faults; /* NULL: all of them */
} rules_triggers[] = {
    {"timer.", " timer irq ", NULL},
    {"irq.", " irq timer vq ", NULL},
    {"wait.", " irq timer vq ", NULL},
    {"vq.not-completed", " vq ", " hold withhold latency "},
    {"vq.used-wrong", " vq ", " bad-id "},
    {"vq.", " irq vq ", NULL},
    {"p9.second-transaction", " irq vq ", NULL},
    {"p9.wait-unbounded", " 9p vq ", " drop delay hold withhold latency "},
    {"p9.unanswered", " 9p vq ",
     " drop delay hold withhold latency reset bad-size foreign-tag duplicate "},
    {"p9.tag-mismatch", " 9p ", " foreign-tag duplicate delay "},
    {"p9.msize-exceeded", " 9p ", " msize "},
    {"p9.", " 9p ", " error "},
    {"guest.", " irq timer vq link ", NULL},
    {"alloc.", " alloc ", NULL},
    {"link.down", " link ", " down "},
    {"arp.unresolved", " link ", " drop down corrupt truncate "},
    {"wire.dropped", " link ", " drop down "},
    {"peer.silent", " link ", " corrupt truncate "},
    {"reply.discarded", " link ", " corrupt truncate "},
    {"program.gave-up", " link ", " delay drop reorder "},
};

static bool rules_is_listed(const char *list, const char *word)
{
    g_autofree char *between = g_strconcat(" ", word, " ", NULL);
    return list == NULL || strstr(list, between) != NULL;
}

/* It stands at a device, or at a queue of one, and the cause is about another device. */
static bool rules_is_of_another(const struct ledger_fault *fault, const struct diagnosis *diagnosis)
{
    if (diagnosis->device == NULL || !rules_is_listed(" irq vq ", fault->object) ||
        g_ascii_isdigit(fault->target[0])) {
        return false;
    }
    g_autofree char *device = g_strndup(fault->target, strcspn(fault->target, "."));
    return strcmp(device, diagnosis->device) != 0;
}

static bool rules_fault_fits(const struct ledger_fault *fault, const struct diagnosis *diagnosis)
{
    const char *cause = diagnosis->cause;
    if (rules_is_of_another(fault, diagnosis)) {
        return false;
    }
    if (strcmp(cause, "reply.late") == 0) {
        bool behind_card = diagnosis->queue != NULL;
        return behind_card
                   ? rules_is_listed(" irq vq ", fault->object)
                   : strcmp(fault->object, "link") == 0 && strcmp(fault->fault, "delay") == 0;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rules_triggers); i++) {
        const struct rules_trigger *trigger = &rules_triggers[i];
        if (g_str_has_prefix(cause, trigger->cause)) {
            bool elsewhere = strcmp(cause, "vq.not-completed") == 0 &&
                             strcmp(fault->target, diagnosis->queue) != 0;
            return !elsewhere && rules_is_listed(trigger->objects, fault->object) &&
                   rules_is_listed(trigger->faults, fault->fault);
        }
    }
    return false;
}

static void rules_name_trigger(struct rules_case *c)
{
    const struct ledger_fault *fault;
    for (unsigned i = 0; (fault = ledger_fault(c->ledger, i)) != NULL; i++) {
        if (rules_fault_fits(fault, c->diagnosis)) {
            char at[32];
            c->diagnosis->trigger =
                g_strdup_printf("inject %s %s %s, which took effect at %s", fault->object,
                                fault->target, fault->fault, rules_time(at, fault->at.time_ns));
            return;
        }
    }
}

/* ---- the table ------------------------------------------------------------------------------- */

typedef bool rule_fn(struct rules_case *c);

/*
 * From the hardware to the program; what the driver took or left comes before what it gave. That an
 * interrupt was taken and its event went astray comes before what follows from it: a line that
 * stays masked, a ring that nobody looks at. That a request has no answer comes behind all that the
 * answer may depend on outside of the guest, unless its caller does not want it any more.
 */
static rule_fn *const rules[] = {
    rule_guest_panic,
    rule_irq_spurious_served,
    rule_irq_unhandled,
    rule_irq_storm,
    rule_timer_irq_mismatch,
    rule_event_not_delivered,
    rule_event_lost_before_subscribe,
    rule_wait_set_incomplete,
    rule_irq_not_acknowledged,
    rule_irq_not_enabled,
    rule_irq_never_eoi,
    rule_irq_masked,
    rule_irq_lost,
    rule_irq_ended_late,
    rule_timeout_overdue,
    rule_vq_kick_missed,
    rule_vq_not_completed,
    rule_vq_used_wrong,
    rule_vq_used_not_consumed,
    rule_vq_rx_starved,
    rule_vq_tx_exhausted,
    rule_p9_fid_leak,
    rule_p9_breach,
    rule_p9_second_transaction,
    rule_p9_wait_unbounded,
    rule_p9_tag_mismatch,
    rule_p9_mode_lost,
    rule_p9_unanswered,
    rule_p9_error_changed,
    rule_netdev_missing,
    rule_netdev_unclaimed,
    rule_circle,
    rule_task_unkillable,
    rule_request_provider_dead,
    rule_request_undelivered,
    rule_request_uncancelled,
    rule_iface_missing,
    rule_config_unread,
    rule_config_guessed,
    rule_route_tables_disagree,
    rule_route_missing,
    rule_iface_unaddressed,
    rule_link_down,
    rule_time_chain_dead,
    rule_time_chain_multiplied,
    rule_time_frozen,
    rule_call_missing,
    rule_call_wrong_result,
    rule_request_ended_early,
    rule_poll_false_ready,
    rule_request_false_ready,
    rule_call_blocks,
    rule_socket_data_dropped,
    rule_request_data_dropped,
    rule_socket_error_swallowed,
    rule_poll_unready,
    rule_request_unready,
    rule_timeout_ignored,
    rule_request_overdue,
    rule_timeout_early,
    rule_program_gave_up,
    rule_peer_refused,
    rule_reply_late,
    rule_loop_asks,
    rule_arp_unresolved,
    rule_wire_dropped,
    rule_peer_silent,
    rule_reply_discarded,
    rule_packet_discarded,
    rule_p9_refused,
    rule_request_unanswered,
    rule_rtc_not_read,
    rule_wait_polled,
    rule_loop_wakes,
    rule_loop_spins,
    rule_time_chain_ended,
};

/* The first rule that holds, for whichever CPU. */
static bool rules_hold(struct rules_case *c)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
        for (c->cpu = 0; c->cpu < board_cpus(c->board); c->cpu++) {
            if (cpu_view(board_cpu(c->board), c->cpu).on && rules[i](c)) {
                c->diagnosis->cpu = rules_cpu_of(c, c->diagnosis->intid);
                return true;
            }
        }
    }
    return false;
}

/* Of a guest that has crashed: nothing that it waits for is a cause. */
static bool rules_hold_at_crash(struct rules_case *c)
{
    return rule_alloc_unchecked(c) || rule_guest_panic(c) || rule_guest_exception(c);
}

/* Of what happens too often: of what does not come nobody has asked. */
static bool rules_hold_for_excess(struct rules_case *c)
{
    return rule_time_chain_multiplied(c);
}

struct diagnosis *diagnosis_ask(const struct ledger *ledger,
                                const struct diagnosis_question *question)
{
    struct diagnosis *diagnosis = g_new0(struct diagnosis, 1);
    diagnosis->evidence = g_ptr_array_new_with_free_func(g_free);
    struct rules_case c = {
        .ledger = ledger,
        .board = question->board,
        .question = question,
        .now_ns = vclock_now_ns(board_clock(question->board)),
        .diagnosis = diagnosis,
    };
    diagnosis->task = rules_payer(&c);
    if (question->crashed  ? rules_hold_at_crash(&c)
        : question->excess ? rules_hold_for_excess(&c)
                           : rules_hold(&c)) {
        rules_name_trigger(&c);
    }
    diagnosis->chain = rules_chain_of(&c);
    /* Without what only the guest can tell, the hardware's side is all there is. */
    if (diagnosis->cause != NULL && ledger->tasks->len <= 1 && ledger->panicked.sequence == 0 &&
        !question->crashed) {
        diagnosis->grade = DIAGNOSIS_SUSPECT;
    }
    return diagnosis;
}

void diagnosis_free(struct diagnosis *diagnosis)
{
    if (diagnosis == NULL) {
        return;
    }
    g_free(diagnosis->link);
    g_free(diagnosis->trigger);
    g_free(diagnosis->chain);
    g_ptr_array_unref(diagnosis->evidence);
    g_free(diagnosis);
}

const char *diagnosis_grade_name(enum diagnosis_grade grade)
{
    switch (grade) {
    case DIAGNOSIS_SUSPECT:
        return "suspect";
    case DIAGNOSIS_DERIVED:
        return "derived";
    case DIAGNOSIS_CAUSE:
        return "cause";
    }
    g_assert_not_reached();
}

static void diagnosis_format_task(GString *out, const struct ledger_task *task)
{
    char since[32], deadline[32];
    g_string_append_printf(out, "pays: task %s (%u)", task->name, task->number);
    if (task->state == LEDGER_TASK_BLOCKED) {
        g_string_append_printf(out, ", waits%s%s on %s since %s", task->call != NULL ? " in " : "",
                               task->call != NULL ? task->call : "", task->on,
                               rules_time(since, task->since.time_ns));
        if (task->deadline_ns != LEDGER_NO_TIME) {
            g_string_append_printf(out, ", until %s", rules_time(deadline, task->deadline_ns));
        }
    } else if (task->state == LEDGER_TASK_EXITED) {
        g_string_append_printf(out, ", which has exited at %s",
                               rules_time(since, task->since.time_ns));
    }
    g_string_append_c(out, '\n');
}

void diagnosis_format(GString *out, const struct diagnosis *diagnosis)
{
    if (diagnosis->cause == NULL) {
        return;
    }
    g_string_append_printf(out, "%s (%s)\n", diagnosis->cause,
                           diagnosis_grade_name(diagnosis->grade));
    if (diagnosis->trigger != NULL) {
        g_string_append_printf(out, "trigger: %s\n", diagnosis->trigger);
    }
    g_string_append_printf(out, "missing: %s\n", diagnosis->link);
    g_string_append_printf(out, "mend: %s\n", causes_find(diagnosis->cause)->mend);
    if (diagnosis->task != NULL) {
        diagnosis_format_task(out, diagnosis->task);
    }
    if (diagnosis->chain != NULL) {
        g_string_append_printf(out, "waits: %s\n", diagnosis->chain);
    }
    for (guint i = 0; i < diagnosis->evidence->len; i++) {
        g_string_append_printf(out, "- %s\n",
                               (const char *)g_ptr_array_index(diagnosis->evidence, i));
    }
}
