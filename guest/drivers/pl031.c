/*
 * pl031.c - driver of the Arm PL031 [PL031] 3.3
 *
 * The clock is read once, at boot: from then on the time of day is its seconds plus what the
 * kernel's own counter has counted. Within a second nobody knows where the PL031 was, so the time
 * of day is late by up to one.
 */
#include "drivers/pl031.h"

#include "kernel/clock.h"
#include "kernel/console.h"
#include "lib/errno.h"
#include "ringside/hal.h"

#define PL031_NS_PER_S UINT64_C(1000000000)

#define PL031_DR             0x000
#define PL031_PERIPH_ID0     0xfe0
#define PL031_PERIPH_ID1     0xfe4
#define PL031_PART(id0, id1) (((id1)&0xf) << 8 | ((id0)&0xff))
#define PL031_PART_RTC       0x031

int pl031_init(const struct platform *platform)
{
    uintptr_t base;
    if (!platform_find_rtc(platform, &base))
        return -KENODEV;
    uint32_t id0 = hal_mmio_read32(base + PL031_PERIPH_ID0);
    uint32_t id1 = hal_mmio_read32(base + PL031_PERIPH_ID1);
    if (PL031_PART(id0, id1) != PL031_PART_RTC) {
        console_printf("rtc: no PL031 is at 0x%lx\n", (unsigned long)base);
        return -KENODEV;
    }
    clock_set_realtime(hal_mmio_read32(base + PL031_DR) * PL031_NS_PER_S);
    return 0;
}
