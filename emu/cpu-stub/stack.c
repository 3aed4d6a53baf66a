/*
 * stack.c - see stack.h
 *
 * The sanitizers' functions are weak references: one object file serves builds with and without
 * them. This file is compiled without AddressSanitizer, because its functions are left on one stack
 * and come back on another.
 */
#include "emu/cpu-stub/stack.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(low, size) ((void)(low), (void)(size))
#define VALGRIND_STACK_REGISTER(low, high)     0U
#define VALGRIND_STACK_DEREGISTER(id)          ((void)(id))
#endif

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/*
 * <sanitizer/common_interface_defs.h>, <sanitizer/lsan_interface.h>, <sanitizer/asan_interface.h>
 */
void __sanitizer_start_switch_fiber(void **fake_stack_save, const void *bottom, size_t size)
    __attribute__((weak));
void __sanitizer_finish_switch_fiber(void *fake_stack_save, const void **bottom_old,
                                     size_t *size_old) __attribute__((weak));
void __lsan_register_root_region(const void *low, size_t size) __attribute__((weak));
void __lsan_unregister_root_region(const void *low, size_t size) __attribute__((weak));
void __asan_unpoison_memory_region(const volatile void *low, size_t size) __attribute__((weak));

struct stack_call {
    struct stack_bench *bench;
    context_fn *fn;
    void *arg;
};

/*
 * To AddressSanitizer, frames that were left for good still stand; to Valgrind, what lies below the
 * last stack pointer is gone.
 */
void stack_forget(struct stack_bounds stack)
{
    if (__asan_unpoison_memory_region != NULL) {
        __asan_unpoison_memory_region(stack.low, stack.size);
    }
    VALGRIND_MAKE_MEM_UNDEFINED(stack.low, stack.size);
}

unsigned stack_register(struct stack_bounds stack)
{
    stack_forget(stack);
    return VALGRIND_STACK_REGISTER(stack.low, (const char *)stack.low + stack.size);
}

void stack_deregister(unsigned id)
{
    VALGRIND_STACK_DEREGISTER(id);
}

static struct stack_bounds stack_bench_bounds(const struct stack_bench *bench)
{
    return (struct stack_bounds){.low = bench->low, .size = STACK_BENCH_SIZE};
}

bool stack_bench_map(struct stack_bench *bench, GError **error)
{
    char *wanted = (char *)(uintptr_t)(STACK_BENCH_BASE - STACK_BENCH_GUARD);
    size_t size = STACK_BENCH_GUARD + STACK_BENCH_SIZE;
    char *map = mmap(wanted, size, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    int reason = errno;
    if (map != MAP_FAILED && map != wanted) { /* a kernel, or Valgrind, that takes it as a hint */
        munmap(map, size);
        map = MAP_FAILED;
        reason = EEXIST;
    }
    if (map == MAP_FAILED) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(reason),
                    "cannot map the bench's stack at %p: %s", (void *)wanted, g_strerror(reason));
        return false;
    }
    char *low = map + STACK_BENCH_GUARD;
    if (mprotect(low, STACK_BENCH_SIZE, PROT_READ | PROT_WRITE) != 0) {
        reason = errno;
        munmap(map, size);
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(reason),
                    "cannot make the bench's stack accessible: %s", g_strerror(reason));
        return false;
    }
    *bench = (struct stack_bench){.low = low};
    bench->id = stack_register(stack_bench_bounds(bench));
    if (__lsan_register_root_region != NULL) {
        __lsan_register_root_region(low, STACK_BENCH_SIZE);
    }
    return true;
}

void stack_bench_unmap(struct stack_bench *bench)
{
    if (bench->low == NULL) {
        return;
    }
    if (__lsan_unregister_root_region != NULL) {
        __lsan_unregister_root_region(bench->low, STACK_BENCH_SIZE);
    }
    stack_deregister(bench->id);
    stack_forget(stack_bench_bounds(bench));
    munmap(bench->low - STACK_BENCH_GUARD, STACK_BENCH_GUARD + STACK_BENCH_SIZE);
    *bench = (struct stack_bench){.low = NULL};
}

static void stack_bench_run_annotated(void *opaque)
{
    struct stack_call *call = opaque;
    struct stack_bounds caller;
    __sanitizer_finish_switch_fiber(call->bench->fake, &caller.low, &caller.size);
    call->fn(call->arg);
    __sanitizer_start_switch_fiber(&call->bench->fake, caller.low, caller.size);
}

void stack_bench_call(struct stack_bench *bench, context_fn *fn, void *arg)
{
    char *top = bench->low + STACK_BENCH_SIZE;
    if (__sanitizer_start_switch_fiber == NULL) {
        context_call(top, fn, arg, 0);
        return;
    }
    struct stack_call call = {.bench = bench, .fn = fn, .arg = arg};
    void *fake = NULL;
    __sanitizer_start_switch_fiber(&fake, bench->low, STACK_BENCH_SIZE);
    context_call(top, stack_bench_run_annotated, &call, 0);
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
}

void stack_switch(void **save, void *load, void **fake, struct stack_bounds to)
{
    if (__sanitizer_start_switch_fiber == NULL) {
        context_switch(save, load);
        return;
    }
    __sanitizer_start_switch_fiber(fake, to.low, to.size);
    context_switch(save, load);
    __sanitizer_finish_switch_fiber(fake != NULL ? *fake : NULL, NULL, NULL);
}

void stack_arrive(struct stack_bounds *from)
{
    if (__sanitizer_finish_switch_fiber == NULL) {
        return;
    }
    struct stack_bounds left;
    __sanitizer_finish_switch_fiber(NULL, &left.low, &left.size);
    if (from != NULL) {
        *from = left;
    }
}
