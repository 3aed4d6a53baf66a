/* platform.c - the machine that the drivers run on */
#include "drivers/platform.h"

static const struct platform *platform_known;

void platform_set_current(const struct platform *platform)
{
    platform_known = platform;
}

const struct platform *platform_current(void)
{
    return platform_known;
}
