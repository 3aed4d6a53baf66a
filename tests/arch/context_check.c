/*
 * context_check.c - emu/cpu-stub/context.h on another architecture
 *
 * A program of its own, without GLib and CUnit: it is cross-compiled together with the assembly of
 * one architecture and runs under an emulator of user programs (see context.py). What
 * context_test.c checks through the compiler is checked here register by register: a helper fills
 * all that a callee must preserve, calls, and stores what it finds afterwards; whoever is switched
 * to overwrites them all.
 */
#include "emu/cpu-stub/context.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unwind.h>

#define STACK_SIZE 65536
#define REGISTERS  18 /* x19 to x28, d8 to d15 */
#define ROUNDS     100
#define FRAMES_MAX 64

/*
 * In context_check_aarch64.S. registers_around() fills the registers that a callee preserves from
 * `in`, calls fn(a, b) and stores in `out` what they hold then. switch_away() overwrites them all
 * and calls context_switch(). Both keep what their own caller has in them, so that C can call them.
 */
void registers_around(const uint64_t in[REGISTERS], uint64_t out[REGISTERS], void *fn, void *a,
                      void *b);
void switch_away(void **save, void *load);

static int checks, failures;

static void check(bool holds, const char *what)
{
    checks++;
    if (!holds) {
        failures++;
        printf("FAILED: %s\n", what);
    }
}

static _Alignas(16) char stack_memory[2][STACK_SIZE];
static void *main_sp, *other_sp;
static void *other_arg;
static unsigned turns;
static uintptr_t other_local;

static void fill(uint64_t registers[REGISTERS], uint64_t seed)
{
    for (unsigned i = 0; i < REGISTERS; i++) {
        registers[i] = (seed + i) * UINT64_C(0x9e3779b97f4a7c15);
    }
}

static bool is_inside(uintptr_t address, unsigned stack)
{
    uintptr_t low = (uintptr_t)stack_memory[stack];
    return address >= low && address < low + STACK_SIZE;
}

/* ---- prepare and switch ---------------------------------------------------------------------- */

static void other_entry(void *arg)
{
    _Alignas(16) volatile char local = 0;
    other_local = (uintptr_t)&local;
    other_arg = arg;
    for (;;) {
        turns++;
        switch_away(&other_sp, main_sp);
    }
}

static void check_switch(void)
{
    other_sp = context_prepare(stack_memory[0] + STACK_SIZE - 8, other_entry, &turns);
    check((uintptr_t)other_sp % 16 == 0, "a prepared stack pointer is aligned");
    check(is_inside((uintptr_t)other_sp, 0), "a prepared stack pointer lies in the stack");
    check(turns == 0, "preparing runs nothing");
    for (unsigned round = 1; round <= ROUNDS; round++) {
        uint64_t in[REGISTERS], out[REGISTERS] = {0};
        fill(in, round);
        registers_around(in, out, (void *)context_switch, &main_sp, other_sp);
        check(turns == round, "each switch goes on where the other stack was left");
        check(memcmp(in, out, sizeof in) == 0, "a switch keeps the registers of the caller");
    }
    check(other_arg == &turns, "the entry gets its argument");
    check(other_local % 16 == 0 && is_inside(other_local, 0), "the entry runs on its own stack");
}

/* ---- call ------------------------------------------------------------------------------------ */

struct call_note {
    uintptr_t local, second;
};

static uintptr_t called(void *arg, uintptr_t second)
{
    _Alignas(16) volatile char local = 0;
    struct call_note *note = arg;
    *note = (struct call_note){.local = (uintptr_t)&local, .second = second};
    return second + 1;
}

static uintptr_t call_result;

static void call_on_stack(void *note, void *second)
{
    call_result = context_call(stack_memory[1] + STACK_SIZE, (context_fn *)(void *)called, note,
                               (uintptr_t)second);
}

static void check_call(void)
{
    for (uintptr_t round = 1; round <= ROUNDS; round++) {
        struct call_note note = {0};
        uint64_t in[REGISTERS], out[REGISTERS] = {0};
        fill(in, round);
        registers_around(in, out, (void *)call_on_stack, &note, (void *)round);
        check(note.second == round, "a call passes both arguments");
        check(call_result == round + 1, "a call returns the result");
        check(is_inside(note.local, 1) && note.local % 16 == 0, "a call runs on the stack named");
        check(memcmp(in, out, sizeof in) == 0, "a call keeps the registers of the caller");
    }
}

/* ---- unwinding ------------------------------------------------------------------------------- */

struct walk {
    unsigned count;
    uintptr_t functions[FRAMES_MAX];
};

static struct walk walk;

static _Unwind_Reason_Code walk_frame(struct _Unwind_Context *frame, void *opaque)
{
    struct walk *into = opaque;
    uintptr_t pc = (uintptr_t)_Unwind_GetIP(frame);
    if (into->count == FRAMES_MAX) {
        return _URC_END_OF_STACK;
    }
    into->functions[into->count++] = (uintptr_t)_Unwind_FindEnclosingFunction((void *)pc);
    return _URC_NO_REASON;
}

static bool walk_has(void *function)
{
    for (unsigned i = 0; i < walk.count; i++) {
        if (walk.functions[i] == (uintptr_t)function) {
            return true;
        }
    }
    return false;
}

static __attribute__((noinline)) uintptr_t walk_stack(void *arg, uintptr_t second)
{
    (void)arg;
    walk.count = 0;
    _Unwind_Backtrace(walk_frame, &walk);
    return second;
}

static __attribute__((noinline)) uintptr_t walk_through_call(void)
{
    uintptr_t result =
        context_call(stack_memory[1] + STACK_SIZE, (context_fn *)(void *)walk_stack, NULL, 1);
    __asm__ volatile("" ::: "memory");
    return result;
}

static void walking_entry(void *arg)
{
    (void)arg;
    walk_stack(NULL, 0);
    switch_away(&other_sp, main_sp);
}

static void check_unwinding(void)
{
    walk_through_call();
    check(walk_has((void *)walk_stack), "unwinding sees the function that was called");
    check(walk_has((void *)context_call), "unwinding passes the call onto another stack");
    check(walk_has((void *)walk_through_call), "unwinding finds the caller on the first stack");
    other_sp = context_prepare(stack_memory[0] + STACK_SIZE, walking_entry, NULL);
    uint64_t in[REGISTERS], out[REGISTERS];
    fill(in, 1);
    registers_around(in, out, (void *)context_switch, &main_sp, other_sp);
    check(walk_has((void *)walking_entry), "unwinding sees the entry of a prepared stack");
    check(!walk_has((void *)check_unwinding), "a prepared stack ends at its first frame");
    check(walk.count >= 2 && walk.count <= 4, "and nothing is made up below it");
}

int main(void)
{
    check_switch();
    check_call();
    check_unwinding();
    printf("%d checks, %d failed\n", checks, failures);
    return failures == 0 ? 0 : 1;
}
