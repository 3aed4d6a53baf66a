/* A guest whose descriptor lacks the boot entry. */
#include "ringside/hal.h"

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "noboot",
};
