/*
 * probe.c - probe.h: each probe is an event
 *
 * A probe fills a list of arguments on the guest's stack, with strings as the guest gave them; the
 * bench copies those and emits. The clock is brought to the guest's time, but not past an event
 * that is due: nothing runs in a probe but the trace's observers. A stop that they ask for takes
 * effect at once, which the guest cannot notice.
 */
#include "ringside/probe.h"
#include "emu/cpu-stub/cpu_priv.h"

struct probe_call {
    const char *function;
    enum trace_kind kind;
    struct trace_argument *arguments;
    size_t count;
};

static void cpu_do_probe(void *opaque)
{
    struct cpu *cpu = cpu_active;
    const struct probe_call *call = opaque;
    cpu_sync(cpu);
    for (size_t i = 0; i < call->count; i++) {
        struct trace_argument *argument = &call->arguments[i];
        if (argument->is_string) {
            argument->value.string = cpu_guest_string(cpu, call->function, argument->value.string);
        }
    }
    cpu_tasks_note(&cpu->tasks, call->kind, call->arguments, vclock_now_ns(cpu->clock));
    trace_emit_arguments(cpu->trace, call->kind, call->arguments, call->count);
}

static void probe_emit(const char *function, enum trace_kind kind, struct trace_argument *arguments,
                       size_t count)
{
    struct probe_call call = {
        .function = function, .kind = kind, .arguments = arguments, .count = count};
    cpu_bench_call(cpu_of_guest(), cpu_do_probe, &call);
}

#define PROBE_EMIT(kind, ...)                                                                      \
    probe_emit(__func__, (kind), (struct trace_argument[]){__VA_ARGS__},                           \
               sizeof((struct trace_argument[]){__VA_ARGS__}) / sizeof(struct trace_argument))

static void cpu_do_ready(void *opaque)
{
    struct cpu *cpu = opaque;
    cpu_sync(cpu);
    if (cpu->ready) {
        cpu_report(cpu, "probe_ready", "a guest becomes ready once", 0);
        return;
    }
    cpu->ready = true;
    cpu->deadline_stale = true; /* programs that were waiting may start now */
    trace_emit_plain(cpu->trace, TRACE_GUEST_READY);
}

void probe_ready(void)
{
    struct cpu *cpu = cpu_of_guest();
    cpu_bench_call(cpu, cpu_do_ready, cpu);
}

/* ---- tasks ----------------------------------------------------------------------------------- */

void probe_task_created(uint32_t task, const char *name, const void *context)
{
    PROBE_EMIT(TRACE_TASK_CREATED, TN(task), TS(name), TN((uintptr_t)context));
}

void probe_task_exited(uint32_t task)
{
    PROBE_EMIT(TRACE_TASK_EXITED, TN(task));
}

void probe_task_blocked(uint32_t task, const char *kind, uint64_t object, uint64_t deadline_ns)
{
    PROBE_EMIT(TRACE_TASK_BLOCKED, TN(task), TS(kind), TN(object), TN(deadline_ns));
}

void probe_task_woken(uint32_t task)
{
    PROBE_EMIT(TRACE_TASK_WOKEN, TN(task));
}

void probe_task_running(uint32_t task)
{
    cpu_of_guest()->core->task = task;
    PROBE_EMIT(TRACE_TASK_RUNNING, TN(task));
}

void probe_task_signalled(uint32_t task, uint32_t signal)
{
    PROBE_EMIT(TRACE_TASK_SIGNALLED, TN(task), TN(signal));
}

/* ---- locks and timeouts: the task is the one that runs --------------------------------------- */

void probe_lock_taken(uint64_t lock, const char *name)
{
    PROBE_EMIT(TRACE_LOCK_TAKEN, TN(cpu_of_guest()->core->task), TN(lock), TS(name));
}

void probe_lock_released(uint64_t lock)
{
    PROBE_EMIT(TRACE_LOCK_RELEASED, TN(cpu_of_guest()->core->task), TN(lock));
}

/*
 * Spinlocks are taken and released more often than anything else happens. Nothing comes of it but
 * what the listener notes: so they are written down, and told when the bench is called the next
 * time, before what it is called for. Where other cores are awake it is called at once, for them to
 * come in between.
 */
void cpu_tell_spins(struct cpu *cpu)
{
    const struct cpu_spin_listener *listener = cpu->spin_listener;
    for (unsigned i = 0; i < cpu->spin_count; i++) {
        const struct cpu_spin_note *note = &cpu->spins[i];
        if (!note->taken) {
            listener->released(cpu->spin_opaque, note->spin.lock);
        } else if (!listener->taken(cpu->spin_opaque, &note->spin)) {
            const char *text =
                cpu_guest_string(cpu, "probe_spin_taken", (const char *)(uintptr_t)note->spin.name);
            listener->named(cpu->spin_opaque, &note->spin, text);
            listener->taken(cpu->spin_opaque, &note->spin);
        }
    }
    cpu->spin_count = 0;
}

static void cpu_do_nothing(void *opaque)
{
    (void)opaque;
}

static struct cpu_spin_note *probe_note(struct cpu *cpu)
{
    if (__builtin_expect(cpu->awake > 1, 0)) {
        cpu_give_way(cpu);
    }
    return &cpu->spins[cpu->spin_count++];
}

static void probe_noted(struct cpu *cpu)
{
    if (__builtin_expect(cpu->awake > 1 || cpu->spin_count == CPU_SPINS_MAX, 0)) {
        cpu_bench_visit(cpu, cpu_do_nothing, NULL);
    }
}

void probe_spin_taken(uint64_t lock, const char *name)
{
    struct cpu *cpu = cpu_of_guest();
    cpu->core->clock_reads = 0;
    if (cpu->spin_listener != NULL) {
        struct cpu_spin_note *note = probe_note(cpu);
        note->taken = true;
        note->spin.lock = lock;
        note->spin.name = (uintptr_t)name;
        note->spin.time_ns = cpu_guest_time_ns(cpu);
        note->spin.cpu = cpu->core->index;
        note->spin.masked = (cpu->core->daif & HAL_DAIF_I) != 0;
        note->spin.released = false;
        probe_noted(cpu);
    }
}

/* Mostly that which was taken last, with nothing in between. */
void probe_spin_released(uint64_t lock)
{
    struct cpu *cpu = cpu_of_guest();
    cpu->core->clock_reads = 0;
    if (cpu->spin_count > 0 && cpu->spins[cpu->spin_count - 1].taken &&
        cpu->spins[cpu->spin_count - 1].spin.lock == lock) {
        cpu->spins[cpu->spin_count - 1].spin.released = true;
    } else if (cpu->spin_listener != NULL) {
        struct cpu_spin_note *note = probe_note(cpu);
        note->taken = false;
        note->spin.lock = lock;
        probe_noted(cpu);
    }
}

void probe_timeout_registered(uint64_t timeout, uint64_t deadline_ns)
{
    PROBE_EMIT(TRACE_TIMEOUT_REGISTERED, TN(timeout), TN(deadline_ns));
}

void probe_timeout_fired(uint64_t timeout)
{
    PROBE_EMIT(TRACE_TIMEOUT_FIRED, TN(timeout));
}

void probe_timeout_cancelled(uint64_t timeout)
{
    PROBE_EMIT(TRACE_TIMEOUT_CANCELLED, TN(timeout));
}

/* ---- schemes, requests, events --------------------------------------------------------------- */

void probe_file_opened(uint32_t task, const char *path, int result)
{
    PROBE_EMIT(TRACE_FILE_OPENED, TN(task), TS(path), TN((int64_t)result));
}

void probe_scheme_registered(uint32_t task, uint64_t scheme, const char *name)
{
    PROBE_EMIT(TRACE_SCHEME_REGISTERED, TN(task), TN(scheme), TS(name));
}

void probe_scheme_removed(uint64_t scheme, const char *name)
{
    PROBE_EMIT(TRACE_SCHEME_REMOVED, TN(scheme), TS(name));
}

void probe_request_sent(uint64_t tag, uint32_t task, uint64_t scheme, const char *operation,
                        uint64_t handle, uint64_t size)
{
    PROBE_EMIT(TRACE_REQUEST_SENT, TN(tag), TN(task), TN(scheme), TS(operation), TN(handle),
               TN(size));
}

void probe_request_delivered(uint64_t tag, uint32_t task)
{
    PROBE_EMIT(TRACE_REQUEST_DELIVERED, TN(tag), TN(task));
}

void probe_request_served(uint64_t tag, uint32_t task)
{
    PROBE_EMIT(TRACE_REQUEST_SERVED, TN(tag), TN(task));
}

void probe_request_answered(uint64_t tag, int64_t result)
{
    PROBE_EMIT(TRACE_REQUEST_ANSWERED, TN(tag), TN(result));
}

void probe_request_cancelled(uint64_t tag, const char *how)
{
    PROBE_EMIT(TRACE_REQUEST_CANCELLED, TN(tag), TS(how));
}

void probe_event_watched(uint32_t queue, const char *kind, uint64_t number, uint64_t handle,
                         uint32_t events)
{
    PROBE_EMIT(TRACE_EVENT_WATCHED, TN(queue), TS(kind), TN(number), TN(handle), TN(events));
}

void probe_event_posted(uint32_t queue, const char *kind, uint64_t number, uint64_t handle,
                        uint32_t events)
{
    PROBE_EMIT(TRACE_EVENT_POSTED, TN(queue), TS(kind), TN(number), TN(handle), TN(events));
}

void probe_event_read(uint32_t task, uint32_t queue, uint32_t count, uint32_t left)
{
    PROBE_EMIT(TRACE_EVENT_READ, TN(task), TN(queue), TN(count), TN(left));
}

void probe_file_ready(uint64_t scheme, uint64_t handle, uint32_t events)
{
    PROBE_EMIT(TRACE_FILE_READY, TN(scheme), TN(handle), TN(events));
}

void probe_time_set(uint32_t task, uint64_t file, uint64_t timeout, uint64_t deadline_ns)
{
    PROBE_EMIT(TRACE_TIME_SET, TN(task), TN(file), TN(timeout), TN(deadline_ns));
}

void probe_stack_polled(uint64_t stack_ns)
{
    PROBE_EMIT(TRACE_STACK_POLLED, TN(stack_ns));
}

void probe_irq_acknowledged(uint32_t task, uint32_t intid, uint64_t count, int result)
{
    PROBE_EMIT(TRACE_IRQ_ACKNOWLEDGED, TN(task), TN(intid), TN(count), TN((int64_t)result));
}

/* ---- system calls, counters, drops ----------------------------------------------------------- */

void probe_call_entered(uint32_t task, const char *call, uint64_t a0, uint64_t a1, uint64_t a2,
                        uint64_t a3)
{
    PROBE_EMIT(TRACE_CALL_ENTERED, TN(task), TS(call), TN(a0), TN(a1), TN(a2), TN(a3));
}

void probe_call_returned(uint32_t task, const char *call, int64_t result)
{
    PROBE_EMIT(TRACE_CALL_RETURNED, TN(task), TS(call), TN(result));
}

void probe_call_asked(uint32_t task, int descriptor, const char *what, uint64_t value)
{
    PROBE_EMIT(TRACE_CALL_ASKED, TN(task), TN((int64_t)descriptor), TS(what), TN(value));
}

void probe_call_told(uint32_t task, int descriptor, const char *what, uint64_t value)
{
    PROBE_EMIT(TRACE_CALL_TOLD, TN(task), TN((int64_t)descriptor), TS(what), TN(value));
}

void probe_socket_named(uint64_t object, uint32_t protocol, uint32_t address, uint16_t port,
                        uint32_t peer, uint16_t peer_port)
{
    PROBE_EMIT(TRACE_SOCKET_NAMED, TN(object), TN(protocol), TN(address), TN(port), TN(peer),
               TN(peer_port));
}

void probe_socket_timeouts(uint64_t object, uint64_t receive_ns, uint64_t send_ns)
{
    PROBE_EMIT(TRACE_SOCKET_TIMEOUTS, TN(object), TN(receive_ns), TN(send_ns));
}

void probe_socket_ready(uint64_t object, uint32_t task, uint32_t events)
{
    PROBE_EMIT(TRACE_SOCKET_READY, TN(object), TN(task), TN(events));
}

void probe_request_about(uint64_t tag, uint64_t object)
{
    PROBE_EMIT(TRACE_REQUEST_ABOUT, TN(tag), TN(object));
}

void probe_config_rejected(const char *path)
{
    PROBE_EMIT(TRACE_CONFIG_REJECTED, TS(path));
}

void probe_config_applied(const char *interface, uint32_t address, uint32_t mask)
{
    PROBE_EMIT(TRACE_CONFIG_APPLIED, TS(interface), TN(address), TN(mask));
}

void probe_route_disagreed(uint32_t address)
{
    PROBE_EMIT(TRACE_ROUTE_DISAGREED, TN(address));
}

void probe_counter(const char *name, uint64_t value)
{
    PROBE_EMIT(TRACE_COUNTER, TS(name), TN(value));
}

void probe_drop(const char *where, const char *why)
{
    PROBE_EMIT(TRACE_GUEST_DROP, TS(where), TS(why));
}

/* ---- programs -------------------------------------------------------------------------------- */

void probe_program_started(uint32_t program, uint32_t task)
{
    PROBE_EMIT(TRACE_PROGRAM_STARTED, TN(program), TN(task));
}

struct probe_output {
    const char *text;
    size_t size;
    uint32_t program;
};

static void cpu_do_output(void *opaque)
{
    struct cpu *cpu = cpu_active;
    const struct probe_output *output = opaque;
    cpu_sync(cpu);
    if (output->size > 0 && !cpu_in_ram(cpu, output->text, output->size)) {
        cpu_report(cpu, "probe_program_output", "text lies in guest RAM", (uintptr_t)output->text);
        return;
    }
    const char *copy = trace_copy(cpu->trace, output->text, output->size);
    trace_emit(cpu->trace, TRACE_PROGRAM_OUTPUT, TN(output->program), TS(copy));
}

void probe_program_output(uint32_t program, const char *text, size_t size)
{
    struct probe_output output = {.program = program, .text = text, .size = size};
    cpu_bench_call(cpu_of_guest(), cpu_do_output, &output);
}

void probe_program_exited(uint32_t program, int status)
{
    PROBE_EMIT(TRACE_PROGRAM_EXITED, TN(program), TN((int64_t)status));
}
