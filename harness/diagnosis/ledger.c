/*
 * ledger.c - keeps what the trace tells
 *
 * Names in events are interned, so that a pointer is a name. Tasks are found by their number,
 * devices and queues among at most eight, held locks among the few that are held.
 */
#include "harness/diagnosis/ledger.h"

#include "emu/virtio/virtio_spec.h"

#include <string.h>

#define LEDGER_CLOCK_REALTIME 0
#define LEDGER_ENODEV         (-19)
#define LEDGER_ENETUNREACH    (-101)
#define LEDGER_EHOSTUNREACH   (-113)

struct ledger *ledger_new(struct trace *trace)
{
    struct ledger *ledger = g_new0(struct ledger, 1);
    ledger->trace = trace;
    ledger->tasks = g_ptr_array_new_with_free_func(g_free);
    ledger->programs = g_ptr_array_new_with_free_func(g_free);
    ledger->locks = g_array_new(FALSE, FALSE, sizeof(struct ledger_lock));
    ledger->counter_unhandled = trace_intern(trace, "irq.unhandled");
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    g_ptr_array_unref(ledger->tasks);
    g_ptr_array_unref(ledger->programs);
    g_array_unref(ledger->locks);
    g_free(ledger);
}

static const char *ledger_intern(struct ledger *ledger, const char *device, const char *rest)
{
    g_autofree char *name = g_strconcat(device, rest, NULL);
    return trace_intern(ledger->trace, name);
}

void ledger_add_device(struct ledger *ledger, const char *name, unsigned intid)
{
    g_assert(ledger->device_count < G_N_ELEMENTS(ledger->devices));
    ledger->devices[ledger->device_count++] = (struct ledger_device){
        .name = trace_intern(ledger->trace, name),
        .intid = intid,
        .rx.name = ledger_intern(ledger, name, ".rx"),
        .tx.name = ledger_intern(ledger, name, ".tx"),
        .counter_frames = ledger_intern(ledger, name, ".rx.frames"),
        .counter_dropped = ledger_intern(ledger, name, ".rx.dropped"),
        .counter_sent_dropped = ledger_intern(ledger, name, ".tx.dropped"),
    };
}

uint32_t ledger_find_address(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (!g_ascii_isdigit(*at) || (at > text && (g_ascii_isalnum(at[-1]) || at[-1] == '.'))) {
            continue;
        }
        uint32_t address = 0;
        unsigned parts = 0;
        const char *next = at;
        while (parts < 4 && g_ascii_isdigit(*next)) {
            unsigned value = 0;
            while (g_ascii_isdigit(*next) && value < 256) {
                value = value * 10 + (unsigned)(*next++ - '0');
            }
            if (value > 255) {
                break;
            }
            address = address << 8 | value;
            parts++;
            if (parts < 4 && *next++ != '.') {
                break;
            }
        }
        if (parts == 4 && !g_ascii_isalnum(*next) && *next != '.') {
            return address;
        }
    }
    return 0;
}

void ledger_add_program(struct ledger *ledger, const char *name, const char *command)
{
    struct ledger_program *program = g_new0(struct ledger_program, 1);
    program->number = ledger->programs->len + 1;
    program->name = name;
    program->command = command;
    program->peer = ledger_find_address(command);
    g_ptr_array_add(ledger->programs, program);
}

/* ---- looking up ------------------------------------------------------------------------------ */

static struct ledger_task *ledger_task_slot(const struct ledger *ledger, uint64_t number)
{
    return number < ledger->tasks->len ? g_ptr_array_index(ledger->tasks, number) : NULL;
}

const struct ledger_task *ledger_task(const struct ledger *ledger, uint32_t number)
{
    return ledger_task_slot(ledger, number);
}

/* A guest may tell of a task that it never created. */
static struct ledger_task *ledger_need_task(struct ledger *ledger, uint64_t number)
{
    if (number >= LEDGER_TASKS_MAX) {
        return NULL;
    }
    if (number >= ledger->tasks->len) {
        g_ptr_array_set_size(ledger->tasks, (gint)number + 1);
    }
    struct ledger_task *task = g_ptr_array_index(ledger->tasks, number);
    if (task == NULL) {
        task = g_new0(struct ledger_task, 1);
        task->number = (uint32_t)number;
        task->name = number == 0 ? "kernel" : "?";
        task->deadline_ns = LEDGER_NO_TIME;
        ledger->tasks->pdata[number] = task;
    }
    return task;
}

static struct ledger_program *ledger_program_slot(const struct ledger *ledger, uint64_t number)
{
    return number >= 1 && number <= ledger->programs->len
               ? g_ptr_array_index(ledger->programs, number - 1)
               : NULL;
}

const struct ledger_program *ledger_program(const struct ledger *ledger, uint32_t number)
{
    return ledger_program_slot(ledger, number);
}

static struct ledger_program *ledger_program_of_task(const struct ledger *ledger, uint64_t task)
{
    for (guint i = ledger->programs->len; i > 0; i--) {
        struct ledger_program *program = g_ptr_array_index(ledger->programs, i - 1);
        if (program->task == task && !program->exited) {
            return program;
        }
    }
    return NULL;
}

const struct ledger_lock *ledger_lock(const struct ledger *ledger, uint64_t lock)
{
    for (guint i = 0; i < ledger->locks->len; i++) {
        const struct ledger_lock *held = &g_array_index(ledger->locks, struct ledger_lock, i);
        if (held->lock == lock) {
            return held;
        }
    }
    return NULL;
}

static bool ledger_needs_address(const struct ledger *ledger, const struct ledger_program *program,
                                 uint32_t address)
{
    const struct ledger_peer *named = ledger_peer(ledger, program->peer);
    return program->peer == address ||
           (program->peer != 0 && (named == NULL || named->sent + named->arp_requests == 0));
}

const struct ledger_peer *ledger_asked_for_ever(const struct ledger *ledger,
                                                const struct ledger_program *program)
{
    const struct ledger_task *task = ledger_task(ledger, program->task);
    bool sleeps = !program->exited && program->task != 0 && task != NULL &&
                  task->state == LEDGER_TASK_BLOCKED;
    for (unsigned i = 0; i < ledger->peer_count && sleeps; i++) {
        const struct ledger_peer *peer = &ledger->peers[i];
        if (peer->arp_row >= LEDGER_LOOP_ASKS &&
            peer->arp_row_first.sequence > program->started_at.sequence &&
            task->since.time_ns < peer->arp_row_first.time_ns + LEDGER_SETTLE_NS &&
            ledger_needs_address(ledger, program, peer->address)) {
            return peer;
        }
    }
    return NULL;
}

static struct ledger_device *ledger_device(struct ledger *ledger, const char *name)
{
    for (unsigned i = 0; i < ledger->device_count; i++) {
        if (ledger->devices[i].name == name) {
            return &ledger->devices[i];
        }
    }
    return NULL;
}

static struct ledger_queue *ledger_queue(struct ledger *ledger, const char *name)
{
    for (unsigned i = 0; i < ledger->device_count; i++) {
        struct ledger_device *device = &ledger->devices[i];
        if (device->rx.name == name) {
            return &device->rx;
        }
        if (device->tx.name == name) {
            return &device->tx;
        }
    }
    return NULL;
}

/* ---- observing ------------------------------------------------------------------------------- */

static struct ledger_mark ledger_mark(const struct trace_event *event)
{
    return (struct ledger_mark){.sequence = event->sequence, .time_ns = event->time_ns};
}

static void ledger_progress(struct ledger *ledger)
{
    ledger->progress++;
    ledger->restless = 0;
}

/* Of the CPU on whose behalf the event is; one that is alone is not named. */
static unsigned ledger_cpu(const struct trace_event *event)
{
    return event->cpu == TRACE_NO_CPU ? 0 : (event->cpu - 1U) % CPU_CORES_MAX;
}

static void ledger_move(struct ledger *ledger, const struct trace_event *event)
{
    ledger_progress(ledger);
    ledger->moves++;
    ledger->moved = ledger_mark(event);
}

/* How long the other one had to wait for its end. */
static uint64_t ledger_kept_ns(const struct ledger_hold *hold)
{
    return hold->kept != 0 ? hold->to.time_ns - hold->kept_since.time_ns : 0;
}

/* What became pending while this CPU was in another interrupt, and is taken when that is over. */
static void ledger_take(struct ledger *ledger, unsigned cpu, unsigned intid)
{
    struct ledger_hold *last = &ledger->last_hold[cpu];
    const struct ledger_mark *since = &ledger->irqs[intid].pended;
    if (last->task != 0 && since->sequence > last->from.sequence &&
        since->sequence < last->to.sequence && intid != last->intid) {
        last->kept = intid;
        last->kept_since = *since;
        if (ledger_kept_ns(last) > ledger_kept_ns(&ledger->hold)) {
            ledger->hold = *last;
        }
    }
    ledger->last_taken[cpu] = intid;
}

static void ledger_end(struct ledger *ledger, unsigned cpu, unsigned intid)
{
    const struct ledger_irq *irq = &ledger->irqs[intid];
    bool left = ledger->switched[cpu].sequence > irq->taken.sequence;
    ledger->last_hold[cpu] = (struct ledger_hold){
        .intid = intid,
        .from = irq->taken,
        .to = irq->ended,
        .task = left ? ledger->running[cpu] : 0,
    };
}

/* The CPU that a controller's event is about. */
static unsigned ledger_irq_cpu(const struct trace_event *event)
{
    return (unsigned)(event->fields[1].number % CPU_CORES_MAX);
}

/* ---- work that lay about --------------------------------------------------------------------- */

static bool ledger_is_queue_word(const char *on)
{
    static const char *const words[] = {"queue", "completion", "tx", "vq", NULL};
    return g_strv_contains(words, on);
}

static bool ledger_sleeps_for_queue(const struct ledger_task *task)
{
    return task->state == LEDGER_TASK_BLOCKED && task->for_queue;
}

static bool ledger_is_own(const struct ledger_device *device, unsigned intid)
{
    return device->intid == intid || device->messages[intid];
}

/* An interrupt of the card: whoever has work in its rings is told. */
static void ledger_tell(struct ledger *ledger, unsigned intid)
{
    const struct ledger_irq *irq = &ledger->irqs[intid];
    for (unsigned i = 0; i < ledger->device_count; i++) {
        struct ledger_device *device = &ledger->devices[i];
        struct ledger_queue *queues[] = {&device->rx, &device->tx};
        for (size_t j = 0; j < G_N_ELEMENTS(queues) && ledger_is_own(device, intid); j++) {
            if (queues[j]->waits.sequence != 0 && queues[j]->told.sequence == 0) {
                queues[j]->told = irq->taken;
                queues[j]->told_pended = irq->pended;
                queues[j]->told_by = intid;
            }
        }
    }
}

/* Its last message, or else its line. */
static unsigned ledger_own_intid(const struct ledger_device *device)
{
    bool has_message = device->message.sequence != 0 && device->message_data < BOARD_IRQ_COUNT;
    return has_message ? (unsigned)device->message_data : device->intid;
}

/* The interrupt was there in time, and the finder slept on: it did not wake him. */
static bool ledger_slept_on(struct ledger_mark told, const struct ledger_task *finder)
{
    return finder != NULL && finder->woken.sequence > told.sequence &&
           finder->woken.time_ns - told.time_ns >= LEDGER_SETTLE_NS;
}

/* Whether the device gave its driver a reason to be told, for something else, right before then. */
static bool ledger_tells_of_other(const struct ledger_device *device, struct ledger_mark since,
                                  struct ledger_mark pended)
{
    const struct ledger_mark *uses[] = {&device->rx.used, &device->tx.used};
    for (size_t i = 0; i < G_N_ELEMENTS(uses); i++) {
        if (uses[i]->time_ns >= since.time_ns + LEDGER_SETTLE_NS &&
            uses[i]->time_ns <= pended.time_ns &&
            pended.time_ns - uses[i]->time_ns < LEDGER_SETTLE_NS) {
            return true;
        }
    }
    return false;
}

/* Somebody looks at a used ring: what lies in it since when, and who should have said so? */
static void ledger_look(struct ledger *ledger, const struct ledger_device *device,
                        struct ledger_queue *queue, uint32_t task, struct ledger_mark now)
{
    struct ledger_mark since = queue->waits, told = queue->told;
    queue->waits = queue->told = (struct ledger_mark){0};
    if (since.sequence == 0 || now.time_ns - since.time_ns < LEDGER_SETTLE_NS) {
        return;
    }
    bool came = told.sequence != 0;
    bool in_time = came && queue->told_pended.time_ns < since.time_ns + LEDGER_SETTLE_NS;
    if (in_time && !ledger_slept_on(told, ledger_task_slot(ledger, task))) {
        return;
    }
    if (came && !in_time && !ledger_tells_of_other(device, since, queue->told_pended)) {
        return; /* it came late, by itself */
    }
    bool fits = ledger->taken.sequence > since.sequence &&
                now.time_ns - ledger->taken.time_ns < LEDGER_SETTLE_NS;
    ledger->finds[ledger->find_count++ % LEDGER_FINDS] = (struct ledger_find){
        .queue = queue->name,
        .since = since,
        .at = now,
        .task = task,
        .own = came ? queue->told_by : ledger_own_intid(device),
        .told = in_time ? told : (struct ledger_mark){0},
        .by = fits ? ledger->taken_intid : 0,
        .by_at = ledger->taken,
    };
}

/* A task that slept for a completion was woken. */
static void ledger_look_at_sent(struct ledger *ledger, uint32_t task, struct ledger_mark now)
{
    for (unsigned i = 0; i < ledger->device_count; i++) {
        ledger_look(ledger, &ledger->devices[i], &ledger->devices[i].tx, task, now);
    }
}

/* What comes while the interrupt is being handled may wait for the end of that. */
static bool ledger_is_handled(const struct ledger *ledger, const struct ledger_queue *queue)
{
    for (unsigned i = 0; i < ledger->device_count; i++) {
        const struct ledger_device *device = &ledger->devices[i];
        const struct ledger_irq *irq = &ledger->irqs[ledger_own_intid(device)];
        if (queue == &device->rx || queue == &device->tx) {
            return irq->taken.sequence > irq->ended.sequence;
        }
    }
    return false;
}

static void ledger_wait_begins(struct ledger *ledger, struct ledger_queue *queue)
{
    bool is_rx = g_str_has_suffix(queue->name, ".rx");
    if (queue->waits.sequence == 0 && (is_rx || ledger->queue_sleepers > 0) &&
        !ledger_is_handled(ledger, queue)) {
        queue->waits = queue->used;
    }
}

static void ledger_observe_irq(struct ledger *ledger, const struct trace_event *event)
{
    uint64_t intid = event->fields[0].number;
    if (intid >= G_N_ELEMENTS(ledger->irqs)) {
        return;
    }
    struct ledger_irq *irq = &ledger->irqs[intid];
    bool on = event->fields[1].number != 0;
    struct ledger_mark mark = ledger_mark(event);
    switch (event->kind) {
    case TRACE_IRQ_LINE:
        *(on ? &irq->level_up : &irq->level_down) = mark;
        irq->taken_while_up = irq->unhandled_while_up = 0;
        break;
    case TRACE_IRQ_ENABLED:
        *(on ? &irq->enabled : &irq->disabled) = mark;
        break;
    case TRACE_IRQ_PENDING:
        irq->pended = on ? mark : irq->pended;
        break;
    case TRACE_IRQ_TAKEN:
        ledger->taken_intid = (unsigned)intid;
        ledger->taken = mark;
        irq->taken = mark;
        irq->taken_count++;
        irq->taken_while_up++;
        ledger_take(ledger, ledger_irq_cpu(event), (unsigned)intid);
        ledger_tell(ledger, (unsigned)intid);
        break;
    case TRACE_IRQ_EOI:
        irq->ended = mark;
        irq->ended_count++;
        ledger_end(ledger, ledger_irq_cpu(event), (unsigned)intid);
        break;
    default:
        g_assert_not_reached();
    }
}

static void ledger_observe_timer(struct ledger *ledger, const struct trace_event *event)
{
    static const char *const names[GTIMER_COUNT] = {
        [GTIMER_PHYSICAL] = "CNTP",
        [GTIMER_VIRTUAL] = "CNTV",
        [GTIMER_HYP_PHYSICAL] = "CNTHP",
        [GTIMER_HYP_VIRTUAL] = "CNTHV",
    };
    enum gtimer_id id = GTIMER_PHYSICAL;
    while (id + 1 < GTIMER_COUNT && strcmp(event->fields[0].string, names[id]) != 0) {
        id++;
    }
    const struct ledger_mark *last = &ledger->timer_fired[id];
    ledger->timer_period_ns = last->sequence != 0 ? event->time_ns - last->time_ns : 0;
    ledger->timer_fired[id] = ledger_mark(event);
}

static void ledger_observe_queue(struct ledger *ledger, const struct trace_event *event)
{
    struct ledger_queue *queue = ledger_queue(ledger, event->fields[0].string);
    /* A driver may repeat itself for ever: what says nothing new moves nothing. */
    bool repeats = event->kind == TRACE_VQ_KICK && queue != NULL && queue->kicks > 0 &&
                   queue->kick_avail == (uint16_t)event->fields[1].number;
    if (!repeats) {
        ledger_move(ledger, event);
    }
    if (queue == NULL) {
        return;
    }
    if (event->kind == TRACE_VQ_KICK) {
        queue->kick = ledger_mark(event);
        queue->kick_avail = (uint16_t)event->fields[1].number;
        queue->kicks++;
    } else if (event->kind == TRACE_VQ_POP) {
        queue->pop = ledger_mark(event);
        queue->pops++;
    } else {
        queue->used = ledger_mark(event);
        queue->used_head = (uint16_t)event->fields[1].number;
        queue->used_index = (uint16_t)event->fields[3].number;
        queue->used_count++;
        ledger_wait_begins(ledger, queue);
        if (event->fields[1].number >= queue->top_id) {
            queue->top_id = event->fields[1].number;
            queue->top = queue->used;
        }
    }
}

static void ledger_observe_device(struct ledger *ledger, const struct trace_event *event)
{
    struct ledger_device *device = ledger_device(ledger, event->fields[0].string);
    if (device == NULL) {
        return;
    }
    switch (event->kind) {
    case TRACE_ISR_SET:
        device->isr_set = ledger_mark(event);
        break;
    case TRACE_ISR_ACK:
        device->isr_ack = ledger_mark(event);
        break;
    case TRACE_PCI_MESSAGE:
        device->message = ledger_mark(event);
        device->message_data = event->fields[3].number;
        if (device->message_data < BOARD_IRQ_COUNT) {
            device->messages[device->message_data] = true;
        }
        break;
    case TRACE_FRAME_IN:
        device->frame_in = ledger_mark(event);
        device->frames_in++;
        ledger->received_by = device;
        break;
    case TRACE_FRAME_OUT:
        device->frame_out = ledger_mark(event);
        device->frames_out++;
        break;
    case TRACE_NET_DROPPED:
        device->dropped_by_device += event->fields[1].string[0] == 'i' ? 1 : 0;
        break;
    case TRACE_NET_LINK:
        device->link_down = event->fields[1].number == 0;
        device->link_changed = ledger_mark(event);
        break;
    case TRACE_VIRTIO_STATUS:
        device->is_claimed |= (event->fields[1].number & VIRTIO_STATUS_DRIVER) != 0;
        break;
    case TRACE_VIRTIO_RESET:
        /* The driver's counters go on, those of the device begin anew, with no frame in it. */
        device->rx = (struct ledger_queue){.name = device->rx.name};
        device->tx = (struct ledger_queue){.name = device->tx.name};
        device->frames_in = 0;
        device->dropped_by_device = 0;
        device->merged = 0;
        device->taken_before = device->taken_frames + device->taken_dropped;
        device->reset = ledger_mark(event);
        break;
    case TRACE_NET_MERGED:
        device->merged += event->fields[1].number - 1;
        break;
    default:
        g_assert_not_reached();
    }
}

/* Its counters say so, one by one or several at once. */
static void ledger_took(struct ledger *ledger, struct ledger_device *device,
                        const struct trace_event *event, uint64_t *counter)
{
    ledger_look(ledger, device, &device->rx, ledger->running[ledger_cpu(event)],
                ledger_mark(event));
    uint64_t before = device->taken_frames + device->taken_dropped;
    *counter = event->fields[1].number;
    uint64_t after = device->taken_frames + device->taken_dropped;
    for (uint64_t i = before; i < after && i - before < LEDGER_TAKEN; i++) {
        device->taken[(after - (i - before)) % LEDGER_TAKEN] = ledger_mark(event);
    }
}

struct ledger_mark ledger_taken(const struct ledger_device *device, uint64_t frame)
{
    uint64_t taken = device->taken_frames + device->taken_dropped;
    bool is_known = device->counts && frame <= taken && taken - frame < LEDGER_TAKEN;
    return is_known ? device->taken[frame % LEDGER_TAKEN] : (struct ledger_mark){0};
}

/* The guest tells of the one that it has acknowledged last, on the CPU that speaks. */
static void ledger_count_unhandled(struct ledger *ledger, const struct trace_event *event)
{
    ledger->irqs[ledger->last_taken[ledger_cpu(event)]].unhandled_while_up++;
}

static void ledger_observe_counter(struct ledger *ledger, const struct trace_event *event)
{
    const char *name = event->fields[0].string;
    if (name == ledger->counter_unhandled) {
        ledger_count_unhandled(ledger, event);
    }
    for (unsigned i = 0; i < ledger->device_count; i++) {
        struct ledger_device *device = &ledger->devices[i];
        if (device->counter_frames == name) {
            ledger_took(ledger, device, event, &device->taken_frames);
            device->counts = true;
        } else if (device->counter_dropped == name) {
            ledger_took(ledger, device, event, &device->taken_dropped);
        } else if (device->counter_sent_dropped == name) {
            device->sent_drop = ledger_mark(event);
            if (device->link_down && event->fields[1].number > device->sent_dropped) {
                device->unsent_last = ledger_mark(event);
            }
            device->sent_dropped = event->fields[1].number;
        }
    }
}

/* Woken in the same call as before, and nothing has moved meanwhile: for nothing, so far. */
static void ledger_count_wake(const struct ledger *ledger, struct ledger_task *task,
                              const struct trace_event *event)
{
    if (task->idle_wakes == 0 || task->idle_moves != ledger->moves) {
        task->idle_wakes = 0;
        task->idle_moves = ledger->moves;
        task->idle_since = ledger_mark(event);
    }
    task->idle_wakes++;
}

bool ledger_task_loops(const struct ledger *ledger, const struct ledger_task *task, uint64_t now_ns)
{
    return task->state != LEDGER_TASK_EXITED && task->idle_wakes >= LEDGER_LOOP_WAKES &&
           task->idle_moves == ledger->moves && now_ns - task->idle_since.time_ns >= LEDGER_LOOP_NS;
}

static void ledger_observe_task(struct ledger *ledger, const struct trace_event *event)
{
    struct ledger_task *task = ledger_need_task(ledger, event->fields[0].number);
    if (task == NULL) {
        return;
    }
    ledger->queue_sleepers -= ledger_sleeps_for_queue(task) ? 1 : 0;
    switch (event->kind) {
    case TRACE_TASK_CREATED:
        task->name = event->fields[1].string;
        task->context = event->fields[2].number;
        task->state = LEDGER_TASK_READY;
        break;
    case TRACE_TASK_EXITED:
        task->state = LEDGER_TASK_EXITED;
        break;
    case TRACE_TASK_RUNNING:
        task->state = LEDGER_TASK_RUNNING;
        ledger->running[ledger_cpu(event)] = task->number;
        ledger->switched[ledger_cpu(event)] = ledger_mark(event);
        break;
    case TRACE_TASK_BLOCKED:
        task->state = LEDGER_TASK_BLOCKED;
        task->on = event->fields[1].string;
        task->for_queue = ledger_is_queue_word(task->on);
        task->object = event->fields[2].number;
        task->deadline_ns = event->fields[3].number;
        break;
    case TRACE_TASK_WOKEN:
        ledger_count_wake(ledger, task, event);
        task->woken = ledger_mark(event);
        if (ledger_sleeps_for_queue(task)) {
            ledger_look_at_sent(ledger, task->number, ledger_mark(event));
        }
        task->state = LEDGER_TASK_READY;
        task->waits_left++;
        ledger->woken = ledger_mark(event);
        break;
    default:
        g_assert_not_reached();
    }
    task->since = ledger_mark(event);
    ledger->queue_sleepers += ledger_sleeps_for_queue(task) ? 1 : 0;
}

static void ledger_observe_return(struct ledger *ledger, struct ledger_task *task,
                                  const struct trace_event *event)
{
    int64_t result = (int64_t)event->fields[2].number;
    task->call = NULL;
    task->returned = event->fields[1].string;
    task->result = result;
    bool unreachable = result == LEDGER_ENETUNREACH || result == LEDGER_EHOSTUNREACH;
    if (unreachable || result == LEDGER_ENODEV) {
        struct ledger_program *program = ledger_program_of_task(ledger, task->number);
        if (program != NULL && !unreachable) {
            program->no_device = true;
        } else if (program != NULL) {
            program->unreachable = true;
            program->unreachable_call = task->returned;
            program->unreachable_result = result;
            program->unreachable_at = ledger_mark(event);
        }
    }
}

static void ledger_observe_call(struct ledger *ledger, const struct trace_event *event)
{
    struct ledger_task *task = ledger_need_task(ledger, event->fields[0].number);
    if (task == NULL) {
        return;
    }
    task->idle_wakes = 0;
    if (event->kind == TRACE_CALL_ENTERED) {
        task->call = event->fields[1].string;
        if (strcmp(task->call, "clock_gettime") == 0 &&
            event->fields[2].number == LEDGER_CLOCK_REALTIME) {
            ledger->realtime_asked = ledger_mark(event);
        }
    } else {
        ledger_observe_return(ledger, task, event);
    }
}

static void ledger_observe_lock(struct ledger *ledger, const struct trace_event *event)
{
    if (event->kind == TRACE_LOCK_TAKEN) {
        struct ledger_lock lock = {
            .task = (uint32_t)event->fields[0].number,
            .lock = event->fields[1].number,
            .name = event->fields[2].string,
            .since_ns = event->time_ns,
        };
        if (ledger->locks->len < LEDGER_LOCKS_MAX) {
            g_array_append_val(ledger->locks, lock);
        }
        return;
    }
    for (guint i = ledger->locks->len; i > 0; i--) {
        if (g_array_index(ledger->locks, struct ledger_lock, i - 1).lock ==
            event->fields[1].number) {
            g_array_remove_index_fast(ledger->locks, i - 1);
            return;
        }
    }
}

static void ledger_observe_program(struct ledger *ledger, const struct trace_event *event)
{
    struct ledger_program *program = ledger_program_slot(ledger, event->fields[0].number);
    if (program == NULL) {
        return;
    }
    if (event->kind == TRACE_PROGRAM_STARTED) {
        program->task = (uint32_t)event->fields[1].number;
        program->started_at = ledger_mark(event);
    } else if (event->kind == TRACE_PROGRAM_EXITED) {
        program->exited = true;
        program->exited_at = ledger_mark(event);
        program->status = (int64_t)event->fields[1].number;
    }
}

static void ledger_observe_drop(struct ledger *ledger, const struct trace_event *event)
{
    ledger->discarded.at = ledger_mark(event);
    ledger->discarded.received = ledger->received;
    ledger->discarded.from = ledger->received_from;
    ledger->discarded.where = event->fields[0].string;
    ledger->discarded.why = event->fields[1].string;
    if (strstr(event->fields[1].string, "no route") != NULL ||
        strstr(event->fields[1].string, "no way") != NULL) {
        ledger->no_route = ledger_mark(event);
        ledger->no_route_where = event->fields[0].string;
        ledger->no_route_why = event->fields[1].string;
    }
    struct ledger_queue *queue = ledger_queue(ledger, event->fields[0].string);
    if (queue != NULL) {
        queue->dropped = ledger_mark(event);
        queue->drops++;
        queue->dropped_why = event->fields[1].string;
    }
}

static void ledger_observe_fault(struct ledger *ledger, const struct trace_event *event)
{
    unsigned slot = ledger->fault_count++ % LEDGER_FAULTS_MAX;
    ledger->faults[slot] = (struct ledger_fault){
        .object = event->fields[0].string,
        .target = event->fields[1].string,
        .fault = event->fields[2].string,
        .at = ledger_mark(event),
    };
}

/* What the guest tells. */
static void ledger_observe_probe(struct ledger *ledger, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_TASK_CREATED:
    case TRACE_TASK_EXITED:
    case TRACE_TASK_BLOCKED:
    case TRACE_TASK_WOKEN:
        ledger_progress(ledger);
        ledger_observe_task(ledger, event);
        break;
    case TRACE_TASK_RUNNING:
        ledger_observe_task(ledger, event);
        break;
    case TRACE_CALL_ENTERED:
    case TRACE_CALL_RETURNED:
        ledger_observe_call(ledger, event);
        break;
    case TRACE_LOCK_TAKEN:
    case TRACE_LOCK_RELEASED:
        ledger_observe_lock(ledger, event);
        break;
    case TRACE_PROGRAM_STARTED:
    case TRACE_PROGRAM_EXITED:
        ledger_progress(ledger);
        ledger_observe_program(ledger, event);
        break;
    case TRACE_GUEST_READY:
    case TRACE_GUEST_CONSOLE:
    case TRACE_PROGRAM_OUTPUT:
        ledger_progress(ledger);
        break;
    case TRACE_GUEST_DROP:
        ledger_observe_drop(ledger, event);
        break;
    case TRACE_GUEST_PANIC:
        ledger->panicked = ledger_mark(event);
        ledger->panic_why = event->fields[0].string;
        break;
    default:
        break;
    }
}

void ledger_observe(struct ledger *ledger, const struct trace_event *event)
{
    ledger->restless++;
    switch (event->kind) {
    case TRACE_CPU_WFI:
        ledger->restless = 0;
        break;
    case TRACE_IRQ_LINE:
    case TRACE_IRQ_PENDING:
    case TRACE_IRQ_ENABLED:
    case TRACE_IRQ_TAKEN:
    case TRACE_IRQ_EOI:
        ledger_observe_irq(ledger, event);
        break;
    case TRACE_CPU_IRQ:
        ledger->spurious_count = 0;
        break;
    case TRACE_IRQ_BREACH:
        ledger->breach = ledger_mark(event);
        ledger->breach_intid = event->fields[2].number;
        break;
    case TRACE_IRQ_SPURIOUS:
        ledger->spurious_count++;
        ledger->spurious = ledger_mark(event);
        break;
    case TRACE_TIMER_FIRED:
        ledger_observe_timer(ledger, event);
        break;
    case TRACE_VQ_KICK:
    case TRACE_VQ_POP:
    case TRACE_VQ_USED:
        ledger_observe_queue(ledger, event);
        break;
    case TRACE_FRAME_IN:
    case TRACE_FRAME_OUT:
        ledger_move(ledger, event);
        ledger_observe_device(ledger, event);
        break;
    case TRACE_ISR_SET:
    case TRACE_ISR_ACK:
    case TRACE_PCI_MESSAGE:
    case TRACE_NET_DROPPED:
    case TRACE_NET_LINK:
    case TRACE_VIRTIO_RESET:
    case TRACE_NET_MERGED:
        ledger_observe_device(ledger, event);
        break;
    case TRACE_RTC_READ:
        ledger->rtc_read = ledger_mark(event);
        break;
    case TRACE_VIRTIO_STATUS:
        ledger_observe_device(ledger, event);
        ledger_move(ledger, event);
        break;
    case TRACE_VQ_READY:
    case TRACE_FRAME_DROPPED:
        ledger_move(ledger, event);
        break;
    case TRACE_COUNTER:
        ledger_observe_counter(ledger, event);
        break;
    case TRACE_FAULT_APPLIED:
        ledger_observe_fault(ledger, event);
        break;
    default:
        ledger_observe_probe(ledger, event);
        break;
    }
}
