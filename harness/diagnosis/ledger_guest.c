/*
 * ledger_guest.c - what the guest tells: tasks, calls, locks, programs, counters, drops
 */
#include "harness/diagnosis/ledger_priv.h"

#include <string.h>

#define LEDGER_CLOCK_REALTIME 0
#define LEDGER_EAGAIN         (-11)
#define LEDGER_ENODEV         (-19)
#define LEDGER_ENETUNREACH    (-101)
#define LEDGER_EHOSTUNREACH   (-113)

static bool ledger_is_queue_word(const char *on)
{
    static const char *const words[] = {"queue", "completion", "tx", "vq", NULL};
    return g_strv_contains(words, on);
}

static bool ledger_sleeps_for_queue(const struct ledger_task *task)
{
    return task->state == LEDGER_TASK_BLOCKED && task->for_queue;
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

static void ledger_observe_counter(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
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

static void ledger_observe_task(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
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
        if (task->on != event->fields[1].string) {
            task->on = event->fields[1].string;
            task->for_queue = ledger_is_queue_word(task->on);
        }
        task->object = event->fields[2].number;
        task->deadline_ns = event->fields[3].number;
        break;
    case TRACE_TASK_WOKEN:
        if (task->state == LEDGER_TASK_BLOCKED && task->socket != NULL &&
            strcmp(task->on, "lock") != 0) {
            task->slept_ns += event->time_ns - task->since.time_ns;
        }
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
    ledger_call_returned(ledger, task, event);
    task->call = NULL;
    task->returned = event->fields[1].string;
    task->result = result;
    if (result < 0 && result != LEDGER_EAGAIN) {
        task->failed = ledger_mark(event);
        task->failed_call = task->returned;
        task->failed_result = result;
    }
    bool unreachable = result == LEDGER_ENETUNREACH || result == LEDGER_EHOSTUNREACH;
    /* A file that cannot be mapped is ENODEV as well, and no card is missing then. */
    bool no_device = result == LEDGER_ENODEV && strcmp(task->returned, "mmap") != 0;
    if (unreachable || no_device) {
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

static void ledger_observe_call(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_task *task = ledger_need_task(ledger, event->fields[0].number);
    if (task == NULL) {
        return;
    }
    task->idle_wakes = 0;
    if (event->kind == TRACE_CALL_ENTERED) {
        task->call = event->fields[1].string;
        ledger_call_entered(ledger, task, event);
        if (strcmp(task->call, "clock_gettime") == 0 &&
            event->fields[2].number == LEDGER_CLOCK_REALTIME) {
            ledger->realtime_asked = ledger_mark(event);
        }
    } else {
        ledger_observe_return(ledger, task, event);
    }
}

static void ledger_observe_taken(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    if (ledger->lock_count < LEDGER_LOCKS_MAX) {
        ledger->locks[ledger->lock_count++] = (struct ledger_lock){
            .task = (uint32_t)event->fields[0].number,
            .lock = event->fields[1].number,
            .name = event->fields[2].string,
            .since_ns = event->time_ns,
        };
    }
}

static void ledger_observe_released(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    for (unsigned i = ledger->lock_count; i > 0; i--) {
        if (ledger->locks[i - 1].lock == event->fields[1].number) {
            ledger->locks[i - 1] = ledger->locks[--ledger->lock_count];
            return;
        }
    }
}

static void ledger_observe_program(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
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

static void ledger_observe_drop(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    ledger->discarded.at = ledger_mark(event);
    ledger->discarded.received = ledger->received;
    ledger->discarded.from = ledger->received_from;
    ledger->discarded.task = ledger->running[ledger_cpu(event)];
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

static void ledger_observe_disagreement(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    ledger->tables_disagree = ledger_mark(event);
    ledger->tables_disagree_about = (uint32_t)event->fields[0].number;
}

static void ledger_observe_panic(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    ledger->panicked = ledger_mark(event);
    ledger->panic_why = event->fields[0].string;
}

static void ledger_observe_progress(void *opaque, const struct trace_event *event)
{
    (void)event;
    ledger_progress(opaque);
}

/* Where an event says several things, they are noted in this order. */
static const struct trace_listener ledger_listeners[] = {
    {TRACE_COUNTER, ledger_observe_counter},
    {TRACE_TASK_CREATED, ledger_observe_progress},
    {TRACE_TASK_CREATED, ledger_observe_task},
    {TRACE_TASK_EXITED, ledger_observe_progress},
    {TRACE_TASK_EXITED, ledger_observe_task},
    {TRACE_TASK_BLOCKED, ledger_observe_progress},
    {TRACE_TASK_BLOCKED, ledger_observe_task},
    {TRACE_TASK_WOKEN, ledger_observe_progress},
    {TRACE_TASK_WOKEN, ledger_observe_task},
    {TRACE_TASK_RUNNING, ledger_observe_task},
    {TRACE_CALL_ENTERED, ledger_observe_call},
    {TRACE_CALL_RETURNED, ledger_observe_call},
    {TRACE_LOCK_TAKEN, ledger_observe_taken},
    {TRACE_LOCK_RELEASED, ledger_observe_released},
    {TRACE_PROGRAM_STARTED, ledger_observe_progress},
    {TRACE_PROGRAM_STARTED, ledger_observe_program},
    {TRACE_PROGRAM_EXITED, ledger_observe_progress},
    {TRACE_PROGRAM_EXITED, ledger_observe_program},
    {TRACE_PROGRAM_OUTPUT, ledger_observe_progress},
    {TRACE_GUEST_READY, ledger_observe_progress},
    {TRACE_GUEST_CONSOLE, ledger_observe_progress},
    {TRACE_GUEST_DROP, ledger_observe_drop},
    {TRACE_ROUTE_DISAGREED, ledger_observe_disagreement},
    {TRACE_GUEST_PANIC, ledger_observe_panic},
};

void ledger_listen_to_guest(struct ledger *ledger)
{
    trace_listen(ledger->trace, ledger_listeners, G_N_ELEMENTS(ledger_listeners), ledger);
}
