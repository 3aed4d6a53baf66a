/*
 * rules_machine.c - what a kernel has to know and to have before anything else works: what time
 * it is, memory
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

bool rule_rtc_not_read(struct rules_case *c)
{
    const struct ledger *ledger = c->ledger;
    if (ledger->realtime_asked.sequence == 0 || ledger->rtc_read.sequence != 0) {
        return false;
    }
    char at[32];
    rules_evidence(c, "clock_gettime(CLOCK_REALTIME) was called at %s, DR of the clock never read",
                   rules_time(at, ledger->realtime_asked.time_ns));
    rules_evidence(c, "the clock shows %u seconds since 1970",
                   (unsigned)pl031_seconds(board_rtc(c->board)));
    return rules_found(c, "rtc.not-read",
                       "a program asks for the time of day, and the kernel never read the "
                       "real-time clock at 0x%x",
                       (unsigned)BOARD_RTC_BASE);
}

/* Only asked of a guest that has crashed. */
bool rule_alloc_unchecked(struct rules_case *c)
{
    const struct ledger_fault *fault;
    for (unsigned i = 0; (fault = ledger_fault(c->ledger, i)) != NULL; i++) {
        if (strcmp(fault->object, "alloc") == 0) {
            char at[32];
            return rules_found(c, "alloc.unchecked",
                               "an allocation failed at %s, and the guest neither did without it "
                               "nor gave up what needed it: it crashed",
                               rules_time(at, fault->at.time_ns));
        }
    }
    return false;
}
