/*
 * fake_panics.h - panics that come back, for unit tests: the fake below the code under test jumps
 * to fake_panic_to
 */
#ifndef LIB_FAKE_PANICS_H
#define LIB_FAKE_PANICS_H

#include <setjmp.h>
#include <stdbool.h>

extern jmp_buf *fake_panic_to; /* NULL: the test does not expect a panic */

/* Whether a statement, executed by the test itself, ends in a panic. */
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
