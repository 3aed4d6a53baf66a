/*
 * fake_machine.h - what lib/ needs below it, for unit tests: ticks that are counted, and panics
 * that come back
 */
#ifndef LIB_FAKE_MACHINE_H
#define LIB_FAKE_MACHINE_H

#include "lib/fake_panics.h"

#include <stddef.h>
#include <stdint.h>

extern uint64_t fake_charged_ticks;

#endif
