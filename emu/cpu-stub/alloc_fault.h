/*
 * alloc_fault.h - failing allocations: what stands between hal_dma_alloc(), hal_stack_alloc() and
 * the memory
 *
 * An occurrence is a call of one of the two with arguments that they take. One that fails returns
 * NULL, as when the pool is exhausted.
 */
#ifndef EMU_CPU_STUB_ALLOC_FAULT_H
#define EMU_CPU_STUB_ALLOC_FAULT_H

#include "emu/core/fault.h"

#define ALLOC_FAULTS_MAX 16 /* at once */

struct alloc_fault;

struct alloc_fault *alloc_fault_new(struct trace *trace);
void alloc_fault_free(struct alloc_fault *stage);

/* The `number`th allocation from now on fails; 1 is the next one. */
void alloc_fault_fail(struct alloc_fault *stage, uint64_t number);
/* All that were to fail do not. */
void alloc_fault_restore(struct alloc_fault *stage);

/* How many allocations there were, since this was called last. */
void alloc_fault_count_from_here(struct alloc_fault *stage);
uint64_t alloc_fault_count(const struct alloc_fault *stage);

/* An allocation is about to be made. True: it fails. */
bool alloc_fault_strikes(struct alloc_fault *stage);

#endif
