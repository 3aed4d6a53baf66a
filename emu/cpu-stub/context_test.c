/*
 * context_test.c - switching stacks, calling on another one, and the bench's stack
 */
#include "emu/core/gmem.h"
#include "emu/cpu-stub/stack.h"
#include "tests/unit.h"

#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE 65536U
#define ROUNDS     1000U

static _Alignas(16) char stack_memory[2][STACK_SIZE];

static struct {
    void *main_sp, *main_fake;
    void *other_sp, *other_fake;
    struct stack_bounds main;
    unsigned turns;
    uintptr_t local_at;
    void *arg;
} pair;

static void pair_back(void)
{
    stack_switch(&pair.other_sp, pair.main_sp, &pair.other_fake, pair.main);
}

static void pair_go(void)
{
    struct stack_bounds other = {.low = stack_memory[0], .size = STACK_SIZE};
    stack_switch(&pair.main_sp, pair.other_sp, &pair.main_fake, other);
}

static void pair_entry(void *arg)
{
    _Alignas(16) volatile char local = 0;
    stack_arrive(&pair.main);
    pair.arg = arg;
    pair.local_at = (uintptr_t)&local;
    for (;;) {
        pair.turns++;
        pair_back();
    }
}

static void pair_start(void *arg)
{
    pair.turns = 0;
    pair.other_sp = context_prepare(stack_memory[0] + STACK_SIZE, pair_entry, arg);
}

static void test_a_prepared_stack_gets_its_argument_and_is_aligned(void)
{
    int thing;
    pair_start(&thing);
    CU_ASSERT_EQUAL(pair.turns, 0);
    pair_go();
    CU_ASSERT_EQUAL(pair.turns, 1);
    CU_ASSERT_PTR_EQUAL(pair.arg, &thing);
    CU_ASSERT_EQUAL(pair.local_at % 16, 0);
    CU_ASSERT_TRUE(pair.local_at > (uintptr_t)stack_memory[0]);
    CU_ASSERT_TRUE(pair.local_at < (uintptr_t)stack_memory[0] + STACK_SIZE);
}

static void test_switches_go_on_where_they_were(void)
{
    pair_start(NULL);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        pair_go();
        CU_ASSERT_EQUAL_FATAL(pair.turns, i);
    }
}

/* More live values than there are registers to keep them in across a call. */
static void test_switches_keep_the_values_of_the_caller(void)
{
    volatile uint64_t seed = 3;
    uint64_t a = seed * 3, b = seed * 5, c = seed * 7, d = seed * 11, e = seed * 13, f = seed * 17;
    pair_start(NULL);
    for (unsigned i = 0; i < 10; i++) {
        pair_go();
        a += b;
        b ^= c;
        c += d;
        d ^= e;
        e += f;
        f ^= a;
    }
    uint64_t with_switches = a ^ b ^ c ^ d ^ e ^ f;
    a = seed * 3, b = seed * 5, c = seed * 7, d = seed * 11, e = seed * 13, f = seed * 17;
    for (unsigned i = 0; i < 10; i++) {
        a += b;
        b ^= c;
        c += d;
        d ^= e;
        e += f;
        f ^= a;
    }
    CU_ASSERT_EQUAL(with_switches, a ^ b ^ c ^ d ^ e ^ f);
}

static void note_where(void *arg)
{
    volatile char local = 0;
    *(uintptr_t *)arg = (uintptr_t)&local;
}

static void test_a_call_runs_on_the_bench_stack_and_comes_back(void)
{
    struct stack_bench bench;
    CU_ASSERT_TRUE_FATAL(stack_bench_map(&bench, NULL));
    for (unsigned i = 0; i < 3; i++) {
        uintptr_t where = 0;
        stack_bench_call(&bench, note_where, &where);
        CU_ASSERT_TRUE(where > STACK_BENCH_BASE);
        CU_ASSERT_TRUE(where < STACK_BENCH_BASE + STACK_BENCH_SIZE);
    }
    stack_bench_unmap(&bench);
}

static void test_the_bench_stack_lies_between_devices_and_guest_ram(void)
{
    CU_ASSERT_TRUE(STACK_BENCH_BASE - STACK_BENCH_GUARD >= 0x0f000000U);
    CU_ASSERT_TRUE(STACK_BENCH_BASE + STACK_BENCH_SIZE <= GMEM_BASE);
    CU_ASSERT_TRUE(STACK_BENCH_SIZE >= (1U << 20));
}

static void test_taken_addresses_are_an_error(void)
{
    struct stack_bench bench, second;
    GError *error = NULL;
    CU_ASSERT_TRUE_FATAL(stack_bench_map(&bench, NULL));
    CU_ASSERT_FALSE_FATAL(stack_bench_map(&second, &error));
    CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_EXIST));
    g_clear_error(&error);
    stack_bench_unmap(&bench);
    CU_ASSERT_TRUE_FATAL(stack_bench_map(&bench, NULL));
    stack_bench_unmap(&bench);
    stack_bench_unmap(&bench);
    CU_ASSERT_PTR_NULL(bench.low);
}

static void test_a_guard_page_lies_below_the_bench_stack(void)
{
    struct stack_bench bench;
    CU_ASSERT_TRUE_FATAL(stack_bench_map(&bench, NULL));
    pid_t child = fork();
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL);
        *(volatile char *)bench.low = 1;
        *(volatile char *)(bench.low - 1) = 1;
        _exit(EXIT_SUCCESS);
    }
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    stack_bench_unmap(&bench);
}

UNIT_SUITE("context", UNIT_TEST(test_a_prepared_stack_gets_its_argument_and_is_aligned),
           UNIT_TEST(test_switches_go_on_where_they_were),
           UNIT_TEST(test_switches_keep_the_values_of_the_caller),
           UNIT_TEST(test_a_call_runs_on_the_bench_stack_and_comes_back),
           UNIT_TEST(test_the_bench_stack_lies_between_devices_and_guest_ram),
           UNIT_TEST(test_taken_addresses_are_an_error),
           UNIT_TEST(test_a_guard_page_lies_below_the_bench_stack))
