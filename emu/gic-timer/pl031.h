/*
 * pl031.h - the Arm PrimeCell real-time clock, PL031
 *
 * [PL031] 3: a counter of seconds that can be loaded, and an alarm. It runs from power-on, as one
 * with a battery does, and its time is the virtual clock's: it shows what the machine's setting
 * says at power-on, and never the host's time.
 */
#ifndef EMU_GIC_TIMER_PL031_H
#define EMU_GIC_TIMER_PL031_H

#include "emu/core/irqline.h"
#include "emu/core/mmio.h"

#define PL031_SIZE 0x1000

struct pl031;

/* `seconds` is the count at power-on of the clock, since 1970. Copies `output`. */
struct pl031 *pl031_new(struct vclock *clock, struct trace *trace, uint32_t seconds,
                        struct irqline output);
void pl031_free(struct pl031 *rtc);

void pl031_map(struct pl031 *rtc, struct mmio_bus *bus, uint64_t base);

/* What a guest would read from DR now. */
uint32_t pl031_seconds(const struct pl031 *rtc);

#endif
