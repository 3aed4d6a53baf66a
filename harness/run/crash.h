/*
 * crash.h - whose fault was that fault?
 *
 * A fault (SIGSEGV, SIGBUS, SIGILL, SIGFPE) whose program counter lies in the guest's image is a
 * crash of the guest, a result. So are a jump to nowhere from a guest's stack, and a guest's stack
 * that is exhausted in a hal function. Any other fault is ours and goes to whoever handled it
 * before (a sanitizer, or the kernel's default).
 */
#ifndef HARNESS_RUN_CRASH_H
#define HARNESS_RUN_CRASH_H

#include "emu/cpu-stub/image.h"

/*
 * Runs in the signal handler, on a stack of its own; `what` says signal, address and program
 * counter. `pc` lies in the guest's instruction that crashed, or that called what did; 0: it cannot
 * be told. Must not return.
 */
typedef void crash_fn(void *opaque, const char *what, uintptr_t pc);

/* Borrows the image, and its path for messages, until crash_unwatch(). */
void crash_watch(const struct guest_image *image, const char *path, crash_fn *fn, void *opaque);
void crash_unwatch(void);

#endif
