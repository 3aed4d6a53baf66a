/* A guest that needs a function which neither it nor the hal has. */
#include "ringside/hal.h"

void greedy_needs_this(void);

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "greedy",
    .boot = greedy_needs_this,
};
