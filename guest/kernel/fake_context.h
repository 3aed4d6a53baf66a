/*
 * fake_context.h - contexts of hal.h by those of the host's C library, for unit tests
 */
#ifndef KERNEL_FAKE_CONTEXT_H
#define KERNEL_FAKE_CONTEXT_H

#include <stdint.h>

/* Forgets all contexts; those that are prepared afterwards have to be all zero before. */
void fake_context_reset(void);

/* What the hal around it has: the mask of interrupts, which a switch saves and restores. */
uint64_t fake_context_mask(void);
void fake_context_set_mask(uint64_t daif);

#endif
