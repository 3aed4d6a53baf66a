/*
 * hook.c - the instrumentation's hook, linked into every guest
 *
 * The compiler calls it at the start of each basic block of a guest. It is hidden, so that the
 * image calls its own copy; it is itself compiled without instrumentation, which would call it
 * without end.
 */
#include "ringside/hal.h"

__attribute__((visibility("hidden"))) void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
    if (__builtin_expect(--ringside_ticks.left < 0, 0)) {
        ringside_tick();
    }
}
