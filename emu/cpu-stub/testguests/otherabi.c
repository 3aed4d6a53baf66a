/* A guest of a later version of the boundary. */
#include "ringside/hal.h"

static void otherabi_boot(void)
{
    hal_power_off(0);
}

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION + 1,
    .name = "otherabi",
    .boot = otherabi_boot,
};
