/*
 * fake_context.c - contexts of hal.h by those of the host's C library, for unit tests
 *
 * makecontext() passes ints: a context is known by its number. The stack is that of the context;
 * whoever was never prepared has the host's. AddressSanitizer is told of each change of stacks.
 */
#include "kernel/fake_context.h"

#include "ringside/hal.h"

#include <stdlib.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define FAKE_HAS_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAKE_HAS_ASAN
#endif
#endif
#ifdef FAKE_HAS_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#define FAKE_CONTEXTS_MAX 512

static ucontext_t fake_contexts[FAKE_CONTEXTS_MAX];
static unsigned fake_context_count;

static struct {
    void (*entry)(void *);
    void *arg;
    void *asan_frames;
    const void *stack;
    size_t stack_size;
} fake_entries[FAKE_CONTEXTS_MAX];

/* Which context AddressSanitizer has to learn of when the next one begins to run. */
static int fake_previous;

static void fake_leave(int from, int to, bool for_good)
{
    fake_previous = from;
#ifdef FAKE_HAS_ASAN
    __sanitizer_start_switch_fiber(for_good ? NULL : &fake_entries[from].asan_frames,
                                   fake_entries[to].stack, fake_entries[to].stack_size);
#else
    (void)to;
    (void)for_good;
#endif
}

static void fake_arrive(int number)
{
#ifdef FAKE_HAS_ASAN
    __sanitizer_finish_switch_fiber(fake_entries[number].asan_frames,
                                    &fake_entries[fake_previous].stack,
                                    &fake_entries[fake_previous].stack_size);
#else
    (void)number;
#endif
}

static void fake_context_enter(int number)
{
    fake_arrive(number);
    fake_entries[number].entry(fake_entries[number].arg);
    abort(); /* the entry must not return */
}

static int fake_context_number(struct hal_context *context)
{
    if (context->bench[0] == NULL) {
        if (fake_context_count == FAKE_CONTEXTS_MAX)
            abort();
        fake_entries[fake_context_count].asan_frames = NULL;
        context->bench[0] = &fake_contexts[fake_context_count++];
    }
    return (int)((ucontext_t *)context->bench[0] - fake_contexts);
}

static void fake_context_prepare(struct hal_context *context, void (*entry)(void *), void *arg,
                                 void *stack, size_t size, uint64_t daif)
{
    int number = fake_context_number(context);
    ucontext_t *host = &fake_contexts[number];
    fake_entries[number].entry = entry;
    fake_entries[number].arg = arg;
    fake_entries[number].stack = stack;
    fake_entries[number].stack_size = size;
    context->daif = daif;
    getcontext(host);
    host->uc_stack.ss_sp = stack;
    host->uc_stack.ss_size = size;
    host->uc_link = NULL;
    makecontext(host, (void (*)(void))(void *)fake_context_enter, 1, number);
}

void hal_context_init(struct hal_context *context, void (*entry)(void *), void *arg, void *stack,
                      size_t size)
{
    fake_context_prepare(context, entry, arg, stack, size, 0);
}

void hal_context_init_masked(struct hal_context *context, void (*entry)(void *), void *arg,
                             void *stack, size_t size)
{
    fake_context_prepare(context, entry, arg, stack, size, HAL_DAIF_I);
}

void hal_context_switch(struct hal_context *from, struct hal_context *to)
{
    int here = fake_context_number(from), there = fake_context_number(to);
    from->daif = fake_context_mask();
    fake_context_set_mask(to->daif);
    fake_leave(here, there, false);
    swapcontext(&fake_contexts[here], &fake_contexts[there]);
    fake_arrive(here);
}

_Noreturn void hal_context_exit(struct hal_context *from, struct hal_context *to)
{
    int here = fake_context_number(from), there = fake_context_number(to);
    fake_context_set_mask(to->daif);
    fake_leave(here, there, true);
    setcontext(&fake_contexts[there]);
    abort();
}

void fake_context_reset(void)
{
    fake_context_count = 0;
}
