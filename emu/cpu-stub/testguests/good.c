/* A guest that copies memory, ticks, prints and powers off with the status 7. */
#include "ringside/hal.h"

struct block {
    char text[96];
};

static const struct block greeting = {"good: hello\n"};
static struct block copied;

static void good_boot(void)
{
    volatile unsigned spins = 0;
    copied = greeting;
    hal_console_write(copied.text, 12);
    while (spins < 100) {
        spins = spins + 1;
    }
    hal_power_off(7);
}

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "good",
    .boot = good_boot,
};
