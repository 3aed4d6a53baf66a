/* A guest that is up at once and offers neither programs nor signals. */
#include "ringside/hal.h"
#include "ringside/probe.h"

static void bare_boot(void)
{
    static const char greeting[] = "bare: nothing to do\n";
    hal_console_write(greeting, sizeof greeting - 1);
    probe_ready();
    for (;;) {
        hal_wfi();
    }
}

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "bare",
    .boot = bare_boot,
};
