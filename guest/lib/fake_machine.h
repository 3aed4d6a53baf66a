/*
 * fake_machine.h - what lib/ needs below it, for unit tests: ticks that are counted, and panics
 * that come back
 */
#ifndef LIB_FAKE_MACHINE_H
#define LIB_FAKE_MACHINE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern uint64_t fake_charged_ticks;
extern jmp_buf *fake_panic_to;

/* Whether a statement ends in a failed assertion. */
#define FAKE_PANICS(statement)                                                                     \
    ({                                                                                             \
        jmp_buf fake_place;                                                                        \
        volatile bool fake_panicked = true;                                                        \
        if (setjmp(fake_place) == 0) {                                                             \
            fake_panic_to = &fake_place;                                                           \
            statement;                                                                             \
            fake_panicked = false;                                                                 \
        }                                                                                          \
        fake_panic_to = NULL;                                                                      \
        fake_panicked;                                                                             \
    })

#endif
