/*
 * gicv2m.c - driver of a GICv2m frame
 *
 * Firmware may say which SPIs belong to the frame (ACPI does); otherwise its type register does.
 * They are given away in order and never come back: devices are not removed.
 */
#include "drivers/gicv2m.h"

#include "lib/errno.h"
#include "ringside/hal.h"

enum {
    GICV2M_TYPER = 0x008,
    GICV2M_SETSPI = 0x040,
};

#define GICV2M_COUNT_MASK  0x3ff /* of TYPER */
#define GICV2M_FIRST_SHIFT 16
#define GICV2M_FIRST_MASK  0x3ff

static struct platform_messages gicv2m; /* count 0: none are left */

int gicv2m_init(const struct platform *platform)
{
    struct platform_messages found;
    gicv2m = (struct platform_messages){.count = 0};
    if (!platform_find_messages(platform, &found))
        return -KENODEV;
    gicv2m = found;
    if (gicv2m.count == 0) {
        uint32_t type = hal_mmio_read32(gicv2m.base + GICV2M_TYPER);
        gicv2m.first_intid = type >> GICV2M_FIRST_SHIFT & GICV2M_FIRST_MASK;
        gicv2m.count = type & GICV2M_COUNT_MASK;
    }
    return 0;
}

int gicv2m_allocate(unsigned count, struct gicv2m_message *messages)
{
    if (gicv2m.base == 0)
        return -KENODEV;
    if (count > gicv2m.count)
        return -KENOSPC;
    for (unsigned i = 0; i < count; i++) {
        messages[i] = (struct gicv2m_message){
            .intid = gicv2m.first_intid,
            .address = gicv2m.base + GICV2M_SETSPI,
            .data = gicv2m.first_intid,
        };
        gicv2m.first_intid++;
        gicv2m.count--;
    }
    return 0;
}
