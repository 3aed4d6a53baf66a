/*
 * watchdog.h - catches a guest that executes code without ticks for ever
 *
 * Virtual time stands still then, so no limit of the scenario ends it. The process's CPU time is
 * looked at, and the verdict does not depend on when exactly that happens: what is reported is the
 * function, not the instruction.
 */
#ifndef HARNESS_RUN_WATCHDOG_H
#define HARNESS_RUN_WATCHDOG_H

#include "emu/cpu-stub/image.h"

#include <stdint.h>

/*
 * Called when the guest has used WATCHDOG_CPU_MS of CPU time inside its image without a tick. Runs
 * in a signal handler, but as guest code was interrupted nothing of ours was. Must not return.
 */
typedef void watchdog_fn(void *opaque, uintptr_t pc);

#define WATCHDOG_CPU_MS 30

/* After crash_watch(), whose signal stack it uses. One at a time. */
void watchdog_watch(const struct guest_image *image, watchdog_fn *fn, void *opaque);
void watchdog_unwatch(void);

#endif
