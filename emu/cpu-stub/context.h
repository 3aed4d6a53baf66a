/*
 * context.h - the three things that only assembly can do with a stack
 *
 * One file an architecture, context_ARCH.S, implements them; nothing else in this folder knows
 * registers. A suspended stack holds the callee-saved registers and the address to go on at, just
 * above its stack pointer. Floating-point control words (x86: MXCSR, x87; Arm: FPCR) are not part
 * of a context. The call frame information of all three lets a debugger unwind: from a suspended
 * stack, through a call onto another stack (which must lie at lower addresses), and no further than
 * the first frame of a prepared one.
 */
#ifndef EMU_CPU_STUB_CONTEXT_H
#define EMU_CPU_STUB_CONTEXT_H

#include <stdint.h>

typedef void context_fn(void *arg);

/*
 * Prepares a stack, so that the first switch to the result calls entry(arg) on it. The entry must
 * not return.
 */
void *context_prepare(void *stack_top, context_fn *entry, void *arg);

/*
 * Suspends the running stack, stores its stack pointer in *save, and resumes the one that was
 * suspended at `load`.
 */
void context_switch(void **save, void *load);

/*
 * The instruction of context_switch() at which a suspended stack stands: unwinding from here, with
 * the saved stack pointer, finds every saved register. For debuggers; not to be called.
 */
extern const char context_suspended[];

/*
 * Calls fn(arg, second) on the stack that ends at `stack_top`, 16-byte aligned, comes back and
 * returns what it returned. A function that takes fewer arguments, or returns nothing, does not
 * mind: arguments and result travel in registers.
 */
uintptr_t context_call(void *stack_top, context_fn *fn, void *arg, uintptr_t second);

#endif
