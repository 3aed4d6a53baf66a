/*
 * alloc_fault.c - failing allocations
 */
#include "emu/cpu-stub/alloc_fault.h"

struct alloc_fault {
    struct fault_place place;
    uint64_t allocations;
    unsigned count;
    struct fault faults[ALLOC_FAULTS_MAX];
};

struct alloc_fault *alloc_fault_new(struct trace *trace)
{
    struct alloc_fault *stage = g_new0(struct alloc_fault, 1);
    stage->place = (struct fault_place){trace, "alloc", "memory"};
    return stage;
}

void alloc_fault_free(struct alloc_fault *stage)
{
    g_free(stage);
}

void alloc_fault_fail(struct alloc_fault *stage, uint64_t number)
{
    g_assert(stage->count < ALLOC_FAULTS_MAX);
    g_assert(number > 0);
    struct fault_which which = {.skip = number - 1, .count = 1};
    stage->faults[stage->count++] = fault_arm(&stage->place, "fail", which);
}

void alloc_fault_restore(struct alloc_fault *stage)
{
    fault_restore(&stage->place);
    stage->count = 0;
}

void alloc_fault_count_from_here(struct alloc_fault *stage)
{
    stage->allocations = 0;
}

uint64_t alloc_fault_count(const struct alloc_fault *stage)
{
    return stage->allocations;
}

bool alloc_fault_strikes(struct alloc_fault *stage)
{
    bool strikes = false;
    unsigned kept = 0;
    stage->allocations++;
    for (unsigned i = 0; i < stage->count; i++) {
        struct fault *fault = &stage->faults[i];
        strikes = fault_strikes(fault, &stage->place) || strikes;
        if (!fault_is_used_up(fault)) {
            stage->faults[kept++] = *fault;
        }
    }
    stage->count = kept;
    return strikes;
}
