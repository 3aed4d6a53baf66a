/* fake_machine.c - what lib/ needs below it, for unit tests */
#include "lib/fake_machine.h"

#include "lib/kassert.h"
#include "ringside/hal.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t fake_charged_ticks;
jmp_buf *fake_panic_to;

void hal_charge(uint64_t ticks)
{
    fake_charged_ticks += ticks;
}

_Noreturn void kpanic_at(const char *reason, const char *file, int line)
{
    if (fake_panic_to == NULL) {
        fprintf(stderr, "%s:%d: %s\n", file, line, reason);
        abort();
    }
    longjmp(*fake_panic_to, 1);
}

_Noreturn void kassert_failed(const char *condition, const char *file, int line)
{
    kpanic_at(condition, file, line);
}
