/*
 * hal_context.c - hal.h: contexts
 *
 * A hal_context is the guest's memory, so nothing in it is trusted: the first bench word is a mark
 * that only this file can have put there for this address, and the stack pointer is checked against
 * the stack before it is loaded. What the bench has to know of the running context, it keeps
 * itself.
 */
#include "emu/cpu-stub/cpu_priv.h"

#define HAL_CONTEXT_STACK_MIN 4096U

/* The words in hal_context.bench. */
enum hal_context_word {
    HAL_CONTEXT_MARK,
    HAL_CONTEXT_FAKE,     /* AddressSanitizer's note about the stack */
    HAL_CONTEXT_STACK_ID, /* Valgrind's number for it; 0 for the boot stack, which is not its own */
};

/* Only a suspended context can be switched to. */
enum hal_context_state {
    HAL_CONTEXT_SUSPENDED = 1,
    HAL_CONTEXT_RUNNING,
    HAL_CONTEXT_DEAD,
};

static void *hal_context_mark(const struct hal_context *context, enum hal_context_state state)
{
    return (void *)(((uintptr_t)context ^ (uintptr_t)0x52696e6773696400U) + (uintptr_t)state);
}

static bool hal_context_is(const struct hal_context *context, enum hal_context_state state)
{
    return context->bench[HAL_CONTEXT_MARK] == hal_context_mark(context, state);
}

static void hal_context_set(struct hal_context *context, enum hal_context_state state)
{
    context->bench[HAL_CONTEXT_MARK] = hal_context_mark(context, state);
}

static unsigned hal_context_stack_id(const struct hal_context *context)
{
    return (unsigned)(uintptr_t)context->bench[HAL_CONTEXT_STACK_ID];
}

/* On a context's stack, when it has just become the running one. */
cpu_inline void hal_context_arrived(struct cpu *cpu)
{
    if (cpu->core->dead_stack_id != 0) {
        stack_deregister(cpu->core->dead_stack_id);
        stack_forget(cpu->core->dead_stack);
        cpu->core->dead_stack_id = 0;
    }
    cpu_settle_if_due(cpu);
}

/*
 * context_prepare() has room for one argument; the entry and its own wait at the bottom of the
 * stack.
 */
struct hal_context_entry {
    void (*entry)(void *);
    void *arg;
};

static void hal_context_begin(void *opaque)
{
    struct hal_context_entry entry = *(const struct hal_context_entry *)opaque;
    struct cpu *cpu = cpu_of_guest();
    stack_arrive(NULL);
    hal_context_arrived(cpu);
    cpu_call_guest(cpu_guest_frame(), (void (*)(void))entry.entry, entry.arg, 0);
    cpu_fatal(cpu, "hal_context_init", "a context's entry must not return",
              (uintptr_t)cpu->core->context);
}

/* The rule that a new context would break, or NULL. */
static const char *hal_context_refuse(const struct cpu *cpu, const struct hal_context *context,
                                      void (*entry)(void *), const void *stack, size_t size)
{
    if (!cpu_in_ram(cpu, context, sizeof(*context))) {
        return "a context lies in guest RAM";
    }
    if (cpu_is_running_context(cpu, context)) {
        return "the running context cannot be prepared again";
    }
    if (entry == NULL) {
        return "a context has an entry";
    }
    if (size < HAL_CONTEXT_STACK_MIN) {
        return "a context's stack has at least 4 KiB";
    }
    if (!cpu_in_ram(cpu, stack, size)) {
        return "a context's stack lies in guest RAM";
    }
    return NULL;
}

cpu_inline void hal_context_make(const char *function, struct hal_context *context,
                                 void (*entry)(void *), void *arg, void *stack, size_t size,
                                 uint64_t daif)
{
    struct cpu *cpu = cpu_of_guest();
    const char *rule = hal_context_refuse(cpu, context, entry, stack, size);
    if (rule != NULL) {
        if (cpu_in_ram(cpu, context, sizeof(*context)) && !cpu_is_running_context(cpu, context)) {
            context->bench[HAL_CONTEXT_MARK] = NULL;
        }
        cpu_violation(cpu, function, rule, (uintptr_t)context);
        cpu_settle_if_due(cpu);
        return;
    }
    if (hal_context_is(context, HAL_CONTEXT_SUSPENDED) && hal_context_stack_id(context) != 0) {
        stack_deregister(hal_context_stack_id(context));
    }
    uintptr_t top = ((uintptr_t)stack + size) & ~(uintptr_t)15;
    struct hal_context_entry *start = (struct hal_context_entry *)top - 1;
    unsigned id = stack_register((struct stack_bounds){.low = stack, .size = size});
    *start = (struct hal_context_entry){.entry = entry, .arg = arg};
    *context = (struct hal_context){
        .sp = context_prepare(start, hal_context_begin, start),
        .stack = stack,
        .stack_size = size,
        .daif = daif,
        .bench[HAL_CONTEXT_STACK_ID] = (void *)(uintptr_t)id,
    };
    hal_context_set(context, HAL_CONTEXT_SUSPENDED);
    cpu_settle_if_due(cpu);
}

void hal_context_init(struct hal_context *context, void (*entry)(void *), void *arg, void *stack,
                      size_t size)
{
    hal_context_make(__func__, context, entry, arg, stack, size, 0);
}

void hal_context_init_masked(struct hal_context *context, void (*entry)(void *), void *arg,
                             void *stack, size_t size)
{
    hal_context_make(__func__, context, entry, arg, stack, size, HAL_DAIF_I);
}

/* Ends the guest when `to` cannot be resumed. */
static void hal_context_check_target(struct cpu *cpu, const char *function,
                                     const struct hal_context *to)
{
    if (!cpu_in_ram(cpu, to, sizeof(*to))) {
        cpu_fatal(cpu, function, "a context lies in guest RAM", (uintptr_t)to);
    }
    if (to == cpu->core->context || hal_context_is(to, HAL_CONTEXT_RUNNING)) {
        cpu_fatal(cpu, function, "the running context cannot be resumed", (uintptr_t)to);
    }
    if (hal_context_is(to, HAL_CONTEXT_DEAD)) {
        cpu_fatal(cpu, function, "a context that exited cannot be resumed", (uintptr_t)to);
    }
    if (!hal_context_is(to, HAL_CONTEXT_SUSPENDED)) {
        cpu_fatal(cpu, function, "the context was never initialised", (uintptr_t)to);
    }
    uintptr_t sp = (uintptr_t)to->sp;
    uintptr_t low = (uintptr_t)to->stack;
    if (!cpu_in_ram(cpu, to->stack, to->stack_size) || sp % sizeof(void *) != 0 || sp < low ||
        sp >= low + to->stack_size) {
        cpu_fatal(cpu, function, "the members of a context belong to the bench", (uintptr_t)to);
    }
}

/* From here on `to` is the running context, although the stack is still the old one. */
static void hal_context_make_current(struct cpu *cpu, struct hal_context *to)
{
    hal_context_set(to, HAL_CONTEXT_RUNNING);
    cpu->core->context = to;
    cpu->core->running = (struct stack_bounds){.low = to->stack, .size = to->stack_size};
    cpu->core->daif = to->daif & CPU_DAIF_MASK;
    cpu_mask_changed(cpu);
}

void hal_context_switch(struct hal_context *from, struct hal_context *to)
{
    struct cpu *cpu = cpu_of_guest();
    if (!cpu_in_ram(cpu, from, sizeof(*from))) {
        cpu_fatal(cpu, __func__, "a context lies in guest RAM", (uintptr_t)from);
    }
    if (from == to && from == cpu->core->context) {
        cpu_violation(cpu, __func__, "a context cannot be switched to itself", (uintptr_t)to);
        cpu_settle_if_due(cpu);
        return;
    }
    hal_context_check_target(cpu, __func__, to);
    if (from == to) {
        cpu_fatal(cpu, __func__, "a context cannot be switched to itself", (uintptr_t)to);
    }
    if (cpu->core->context == NULL) {
        from->bench[HAL_CONTEXT_STACK_ID] = NULL;
    } else if (from != cpu->core->context) {
        cpu_violation(cpu, __func__, "the context to suspend is the running one", (uintptr_t)from);
        from->bench[HAL_CONTEXT_STACK_ID] = cpu->core->context->bench[HAL_CONTEXT_STACK_ID];
    }
    from->stack = (void *)(uintptr_t)cpu->core->running.low;
    from->stack_size = cpu->core->running.size;
    from->daif = cpu->core->daif;
    hal_context_set(from, HAL_CONTEXT_SUSPENDED);
    hal_context_make_current(cpu, to);
    stack_switch(&from->sp, to->sp, &from->bench[HAL_CONTEXT_FAKE], cpu->core->running);
    hal_context_arrived(cpu);
}

_Noreturn void hal_context_exit(struct hal_context *from, struct hal_context *to)
{
    struct cpu *cpu = cpu_of_guest();
    hal_context_check_target(cpu, __func__, to);
    if (from == to) {
        cpu_fatal(cpu, __func__, "a context cannot exit to itself", (uintptr_t)to);
    }
    if (cpu->core->context != NULL) {
        if (from != cpu->core->context) {
            cpu_violation(cpu, __func__, "the context to end is the running one", (uintptr_t)from);
        }
        hal_context_set(cpu->core->context, HAL_CONTEXT_DEAD);
        cpu->core->dead_stack_id = hal_context_stack_id(cpu->core->context);
        cpu->core->dead_stack = cpu->core->running;
    }
    void *never_resumed;
    hal_context_make_current(cpu, to);
    stack_switch(&never_resumed, to->sp, NULL, cpu->core->running);
    g_assert_not_reached();
}
