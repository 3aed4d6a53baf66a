/*
 * fault.c - occurrences of injected faults
 */
#include "emu/core/fault.h"

struct fault fault_arm(const struct fault_place *place, const char *name, struct fault_which which)
{
    trace_emit(place->trace, TRACE_FAULT_INJECTED, TS(place->object), TS(place->target), TS(name));
    return (struct fault){.name = name, .which = which};
}

bool fault_strikes(struct fault *fault, const struct fault_place *place)
{
    if (fault_is_used_up(fault)) {
        return false;
    }
    fault->seen++;
    if (fault->seen <= fault->which.skip) {
        return false;
    }
    trace_emit(place->trace, TRACE_FAULT_APPLIED, TS(place->object), TS(place->target),
               TS(fault->name), TN(fault->seen));
    return true;
}

void fault_restore(const struct fault_place *place)
{
    trace_emit(place->trace, TRACE_FAULT_RESTORED, TS(place->object), TS(place->target));
}
