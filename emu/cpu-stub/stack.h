/*
 * stack.h - stacks: the bench's own, and what the tools that watch stacks must be told
 *
 * AddressSanitizer, LeakSanitizer and Valgrind each keep a picture of where the stack is. These
 * functions wrap context.h and keep the picture right; where a tool is absent they cost a
 * comparison or nothing.
 *
 * The bench's stack lies at a fixed address below guest RAM: the guest's stacks can be small,
 * whatever a device model or an observer does, and a debugger, which expects callers at higher
 * addresses, unwinds from the bench into the guest.
 */
#ifndef EMU_CPU_STUB_STACK_H
#define EMU_CPU_STUB_STACK_H

#include "emu/cpu-stub/context.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Between QEMU virt's device windows (the last ends below 0x0f000000) and guest RAM. A guard page
 * lies below.
 */
#define STACK_BENCH_BASE  UINT64_C(0x3fb00000)
#define STACK_BENCH_SIZE  (UINT64_C(4) << 20)
#define STACK_BENCH_GUARD UINT64_C(4096)

struct stack_bounds {
    const void *low;
    size_t size;
};

/* The bench's stack. Members belong to stack.c. */
struct stack_bench {
    char *low;
    void *fake;
    unsigned id;
};

/* Maps the bench's stack. False with a GError (G_FILE_ERROR) when the addresses are taken. */
bool stack_bench_map(struct stack_bench *bench, GError **error);
void stack_bench_unmap(struct stack_bench *bench);

/* Calls fn(arg) on the bench's stack, which must be empty, from another stack. */
void stack_bench_call(struct stack_bench *bench, context_fn *fn, void *arg);

/*
 * context_switch() to a stack with bounds `to`. *fake is the sanitizer's note about the stack that
 * is left; keep it with the saved stack pointer. NULL: that stack is never resumed.
 */
void stack_switch(void **save, void *load, void **fake, struct stack_bounds to);

/*
 * The first thing to call on a prepared stack. Stores the bounds of the stack that was left, unless
 * `from` is NULL.
 */
void stack_arrive(struct stack_bounds *from);

/* A range is used as a stack from now on, under the returned number; and no longer. */
unsigned stack_register(struct stack_bounds stack);
void stack_deregister(unsigned id);

/* A range that was a stack is plain memory again: what the tools remember of its frames is void. */
void stack_forget(struct stack_bounds stack);

#endif
