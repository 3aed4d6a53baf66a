/*
 * irqline.h - an interrupt line as a value
 *
 * A wire with a driving end and a listening end. Whoever drives it holds a copy of this value;
 * whoever listens made it. Because it is a value, a fault can stand in between: it listens to one
 * line and drives another.
 */
#ifndef EMU_CORE_IRQLINE_H
#define EMU_CORE_IRQLINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Runs in the driver's context; must not call back into the driver. Setting a level again is
 * harmless.
 */
typedef void irqline_set_fn(void *opaque, unsigned number, bool level);

/* An edge, in the same context: what it stands for is over when the call returns. */
typedef void irqline_pulse_fn(void *opaque, unsigned number);

struct irqline {
    irqline_set_fn *set;     /* NULL: not connected */
    irqline_pulse_fn *pulse; /* NULL: a pulse is high, then low */
    void *opaque;
    unsigned number;
};

static inline void irqline_set(const struct irqline *line, bool level)
{
    if (line->set != NULL) {
        line->set(line->opaque, line->number, level);
    }
}

/* An edge without a level behind it: an interrupt that is a message. The line is low before. */
static inline void irqline_pulse(const struct irqline *line)
{
    if (line->pulse != NULL) {
        line->pulse(line->opaque, line->number);
    } else {
        irqline_set(line, true);
        irqline_set(line, false);
    }
}

#endif
