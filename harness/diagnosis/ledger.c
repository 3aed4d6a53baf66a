/*
 * ledger.c - keeps what the trace tells: life, and looking up
 *
 * Names in events are interned, so that a pointer is a name. Tasks are found by their number,
 * devices and queues among at most eight, held locks among the few that are held.
 */
#include "harness/diagnosis/ledger_priv.h"

#include "harness/diagnosis/ledger_schemes.h"
#include "harness/diagnosis/ledger_shares.h"

#include <string.h>

struct ledger *ledger_new(struct trace *trace)
{
    struct ledger *ledger = g_new0(struct ledger, 1);
    ledger->trace = trace;
    ledger->tasks = g_ptr_array_new_with_free_func(g_free);
    ledger->programs = g_ptr_array_new_with_free_func(g_free);
    ledger->schemes = ledger_schemes_new(trace);
    ledger->files = ledger_files_new(trace);
    ledger->memory_size = UINT64_MAX;
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
    ledger_schemes_free(ledger->schemes);
    ledger_shares_free(ledger->shares);
    ledger_files_free(ledger->files);
    g_free(ledger);
}

void ledger_set_memory(struct ledger *ledger, uint64_t size)
{
    ledger->memory_size = size;
}

static const char *ledger_intern(struct ledger *ledger, const char *device, const char *rest)
{
    g_autofree char *name = g_strconcat(device, rest, NULL);
    return trace_intern(ledger->trace, name);
}

void ledger_add_device(struct ledger *ledger, const char *name, unsigned intid)
{
    g_assert(ledger->device_count < G_N_ELEMENTS(ledger->devices));
    g_assert(ledger->card_count == ledger->device_count);
    ledger->card_count++;
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

void ledger_add_share(struct ledger *ledger, const char *name, unsigned intid)
{
    g_assert(ledger->device_count < G_N_ELEMENTS(ledger->devices));
    ledger->devices[ledger->device_count++] = (struct ledger_device){
        .name = trace_intern(ledger->trace, name),
        .is_share = true,
        .intid = intid,
        .tx.name = ledger_intern(ledger, name, ".requests"),
    };
    if (ledger->shares == NULL) {
        ledger->shares = ledger_shares_new();
        ledger_listen_to_shares(ledger);
    }
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

struct ledger_task *ledger_task_slot(const struct ledger *ledger, uint64_t number)
{
    return number < ledger->tasks->len ? g_ptr_array_index(ledger->tasks, number) : NULL;
}

const struct ledger_task *ledger_task(const struct ledger *ledger, uint32_t number)
{
    return ledger_task_slot(ledger, number);
}

/* A guest may tell of a task that it never created. */
struct ledger_task *ledger_need_task(struct ledger *ledger, uint64_t number)
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

struct ledger_program *ledger_program_slot(const struct ledger *ledger, uint64_t number)
{
    return number >= 1 && number <= ledger->programs->len
               ? g_ptr_array_index(ledger->programs, number - 1)
               : NULL;
}

const struct ledger_program *ledger_program(const struct ledger *ledger, uint32_t number)
{
    return ledger_program_slot(ledger, number);
}

struct ledger_program *ledger_program_of_task(const struct ledger *ledger, uint64_t task)
{
    for (guint i = ledger->programs->len; i > 0; i--) {
        struct ledger_program *program = g_ptr_array_index(ledger->programs, i - 1);
        if (program->task == task && !program->exited) {
            return program;
        }
    }
    return NULL;
}

const struct ledger_fault *ledger_fault(const struct ledger *ledger, unsigned age)
{
    return age < MIN(ledger->fault_count, LEDGER_FAULTS_MAX)
               ? &ledger->faults[(ledger->fault_count - 1 - age) % LEDGER_FAULTS_MAX]
               : NULL;
}

const struct ledger_lock *ledger_lock(const struct ledger *ledger, uint64_t lock)
{
    for (unsigned i = 0; i < ledger->lock_count; i++) {
        const struct ledger_lock *held = &ledger->locks[i];
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

struct ledger_device *ledger_device(struct ledger *ledger, const char *name)
{
    for (unsigned i = 0; i < ledger->device_count; i++) {
        if (ledger->devices[i].name == name) {
            return &ledger->devices[i];
        }
    }
    return NULL;
}

struct ledger_queue *ledger_queue(struct ledger *ledger, const char *name)
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

void ledger_progress(struct ledger *ledger)
{
    ledger->progress++;
    ledger->rested = trace_last(ledger->trace);
}

uint64_t ledger_restless(const struct ledger *ledger)
{
    return trace_last(ledger->trace) - ledger->rested;
}

void ledger_move(struct ledger *ledger, const struct trace_event *event)
{
    ledger_progress(ledger);
    ledger->moves++;
    ledger->moved = ledger_mark(event);
}

void ledger_listen(struct ledger *ledger)
{
    ledger_listen_to_hardware(ledger);
    ledger_listen_to_guest(ledger);
    ledger_listen_to_sockets(ledger);
    ledger_listen_to_schemes(ledger);
    ledger_listen_to_files(ledger);
}
