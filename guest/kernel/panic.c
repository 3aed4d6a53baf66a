/* panic.c - the end of the machine, with a reason that names file and line */
#include "lib/format.h"
#include "lib/kassert.h"

#include "ringside/hal.h"

/* Static: the stack may be what is wrong. */
static char panic_text[256];

static _Noreturn void panic_say(const char *file, int line, const char *what, const char *reason)
{
    (void)hal_irq_save();
    ksnprintf(panic_text, sizeof panic_text, "%s:%d: %s%s", file, line, what, reason);
    hal_panic(panic_text);
}

_Noreturn void kassert_failed(const char *condition, const char *file, int line)
{
    panic_say(file, line, "assertion failed: ", condition);
}

_Noreturn void kpanic_at(const char *reason, const char *file, int line)
{
    panic_say(file, line, "", reason);
}
