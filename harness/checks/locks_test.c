/* locks_test.c - the order of locks: every circle is found, and nothing that is none */
#include "harness/checks/checks_rig.h"

enum {
    A = 0x10,
    B = 0x20,
    C = 0x30,
    D = 0x40,
};

static const char *name_of(uint64_t lock)
{
    return lock == A ? "a" : lock == B ? "b" : lock == C ? "c" : "d";
}

static void run(const struct rig *rig, uint32_t task)
{
    trace_emit(rig->trace, TRACE_TASK_RUNNING, TN(task));
}

/* Of the task that was made to run last. */
static void take(const struct rig *rig, uint32_t task, uint64_t lock)
{
    trace_emit(rig->trace, TRACE_LOCK_TAKEN, TN(task), TN(lock),
               TS(trace_intern(rig->trace, name_of(lock))));
}

static void give(const struct rig *rig, uint32_t task, uint64_t lock)
{
    trace_emit(rig->trace, TRACE_LOCK_RELEASED, TN(task), TN(lock));
}

static void spin_named(const struct rig *rig, uint64_t lock, const char *name, bool masked)
{
    const struct cpu_spin spin = {.lock = lock,
                                  .name = (uint64_t)*name,
                                  .time_ns = vclock_now_ns(board_clock(rig->board)),
                                  .masked = masked};
    if (!checks_spin_listener.taken(rig->checks, &spin)) {
        checks_spin_listener.named(rig->checks, &spin, trace_intern(rig->trace, name));
        CU_ASSERT_TRUE(checks_spin_listener.taken(rig->checks, &spin));
    }
}

static void spin(const struct rig *rig, uint64_t lock)
{
    spin_named(rig, lock, name_of(lock), true);
}

static void unspin(const struct rig *rig, uint64_t lock)
{
    checks_spin_listener.released(rig->checks, lock);
}

static void take_two(const struct rig *rig, uint32_t task, uint64_t first, uint64_t then)
{
    run(rig, task);
    take(rig, task, first);
    take(rig, task, then);
    give(rig, task, then);
    give(rig, task, first);
}

static void block(const struct rig *rig, uint32_t task, const char *on, uint64_t object)
{
    trace_emit(rig->trace, TRACE_TASK_BLOCKED, TN(task), TS(on), TN(object), TN(UINT64_MAX));
}

static void irq(const struct rig *rig, bool begins)
{
    trace_emit(rig->trace, begins ? TRACE_IRQ_TAKEN : TRACE_IRQ_EOI, TN(48), TN(0));
}

/* ---- order ----------------------------------------------------------------------------------- */

static void test_one_order_is_no_violation(void)
{
    struct rig rig;
    rig_open(&rig);
    take_two(&rig, 1, A, B);
    take_two(&rig, 2, A, B);
    take_two(&rig, 2, B, C);
    take_two(&rig, 3, A, C);
    take_two(&rig, 1, D, C);
    rig_expect_none(&rig);
}

static void test_two_orders_are_found_without_a_deadlock(void)
{
    struct rig rig;
    rig_open(&rig);
    take_two(&rig, 1, A, B);
    take_two(&rig, 2, B, A);
    take_two(&rig, 2, B, A);
    CU_ASSERT_EQUAL(checks_get(rig.checks, 0)->count, 1);
    rig_expect(&rig, "lock.order", "b and a",
               "'a' was taken with 'b' held, by task 2 at 1.000000000 s\n"
               "'b' was taken with 'a' held, by task 1 at 1.000000000 s");
}

static void test_circle_of_three_is_found(void)
{
    struct rig rig;
    rig_open(&rig);
    take_two(&rig, 1, A, B);
    take_two(&rig, 2, B, C);
    CU_ASSERT_EQUAL(checks_count(rig.checks), 0);
    take_two(&rig, 3, C, A);
    rig_expect(&rig, "lock.order", "c and a",
               "'a' was taken with 'c' held, by task 3 at 1.000000000 s\n"
               "'c' was taken with 'b' held, by task 2 at 1.000000000 s\n"
               "'b' was taken with 'a' held, by task 1 at 1.000000000 s");
}

static void test_spinlocks_and_others_have_one_order(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    take(&rig, 1, A);
    spin(&rig, B);
    spin(&rig, C);
    unspin(&rig, C);
    unspin(&rig, B);
    give(&rig, 1, A);
    spin(&rig, C);
    spin(&rig, B);
    rig_expect(&rig, "lock.order", "c and b", "'c' was taken with 'b' held, by task 1");
}

static void test_locks_of_two_tasks_have_nothing_to_do_with_each_other(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    take(&rig, 1, A);
    run(&rig, 2);
    take(&rig, 2, B); /* while the other has A */
    give(&rig, 2, B);
    run(&rig, 1);
    give(&rig, 1, A);
    take_two(&rig, 1, B, A);
    rig_expect_none(&rig);
}

static void test_locks_may_be_released_in_any_order(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    take(&rig, 1, A);
    take(&rig, 1, B);
    give(&rig, 1, A);
    give(&rig, 1, B);
    take(&rig, 1, C); /* with none held */
    give(&rig, 1, C);
    take_two(&rig, 1, C, A);
    rig_expect_none(&rig);
}

static void test_two_locks_of_a_name_have_no_order(void)
{
    struct rig rig;
    rig_open(&rig);
    spin_named(&rig, A, "same", true);
    spin_named(&rig, B, "same", true);
    unspin(&rig, B);
    unspin(&rig, A);
    spin_named(&rig, B, "same", true);
    spin_named(&rig, A, "same", true);
    rig_expect_none(&rig);
}

static void test_order_holds_for_every_lock_of_a_name(void)
{
    struct rig rig;
    rig_open(&rig);
    spin_named(&rig, A, "x", true);
    spin_named(&rig, B, "y", true);
    unspin(&rig, B);
    unspin(&rig, A);
    spin_named(&rig, C, "y", true);
    spin_named(&rig, D, "x", true);
    rig_expect(&rig, "lock.order", "y and x", "'x' was taken with 'y' held");
}

static void test_what_an_interrupt_takes_is_no_order_of_the_task_below(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    take(&rig, 1, A);
    irq(&rig, true);
    spin(&rig, B);
    unspin(&rig, B);
    irq(&rig, false);
    give(&rig, 1, A);
    run(&rig, 2);
    take(&rig, 2, B);
    take(&rig, 2, A);
    rig_expect_none(&rig);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void test_lock_of_interrupts_is_held_masked(void)
{
    for (unsigned order = 0; order < 2; order++) {
        struct rig rig;
        rig_open(&rig);
        run(&rig, 1);
        for (unsigned i = 0; i < 2; i++) {
            bool in_irq = i == order;
            if (in_irq) {
                irq(&rig, true);
            }
            spin_named(&rig, A, "a", in_irq);
            unspin(&rig, A);
            if (in_irq) {
                irq(&rig, false);
            }
        }
        rig_expect(&rig, "lock.irq", "a", "taken by task 1, in an interrupt, at 1.0");
    }
}

static void test_masked_or_far_from_interrupts_all_is_well(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    irq(&rig, true);
    spin(&rig, A);
    unspin(&rig, A);
    irq(&rig, false);
    spin(&rig, A);
    unspin(&rig, A);
    spin_named(&rig, B, "b", false); /* no interrupt wants it */
    unspin(&rig, B);
    rig_expect_none(&rig);
}

static void test_interrupt_ends_where_another_task_runs(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    irq(&rig, true); /* its end is left to a task */
    run(&rig, 2);
    take(&rig, 2, A);
    give(&rig, 2, A);
    spin_named(&rig, B, "b", false);
    unspin(&rig, B);
    irq(&rig, false);
    rig_expect_none(&rig);
}

/* ---- self ------------------------------------------------------------------------------------ */

static void test_task_that_waits_for_its_own_lock_is_found(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    take(&rig, 1, A);
    block(&rig, 1, "lock", A);
    rig_expect(&rig, "lock.self", "a", "held by task 1 at 1.000000000 s\nwanted by task 1");
}

static void test_interrupt_that_wants_the_lock_below_it_is_found(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    spin_named(&rig, A, "a", false);
    irq(&rig, true);
    block(&rig, 1, "lock", A);
    rig_expect(&rig, "lock.self", "a", "wanted by task 1, in an interrupt, at");
}

static void test_waiting_for_the_lock_of_another_is_no_violation(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    take(&rig, 1, A);
    run(&rig, 2);
    block(&rig, 2, "lock", A);
    block(&rig, 1, "socket", A); /* the same number, of another kind */
    rig_expect_none(&rig);
}

/* ---- sleeping -------------------------------------------------------------------------------- */

static void test_lock_that_sleeps_is_not_taken_with_a_spinlock(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    spin(&rig, A);
    take(&rig, 1, B);
    rig_expect(&rig, "lock.sleep", "b", "'b', for which one sleeps, was taken with spinlock 'a'");
}

static void test_lock_that_sleeps_is_not_taken_in_an_interrupt(void)
{
    struct rig rig;
    rig_open(&rig);
    irq(&rig, true);
    take(&rig, 0, B);
    rig_expect(&rig, "lock.sleep", "b", "was taken by task 0, in an interrupt,");
}

static void test_task_that_sleeps_with_a_spinlock_is_found(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    spin(&rig, A);
    block(&rig, 1, "irq", 1);
    CU_ASSERT_EQUAL(checks_count(rig.checks), 0);
    run(&rig, 2);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    rig_expect(&rig, "lock.sleep", "a", "task 1 sleeps; it took the lock by task 1");
}

/*
 * Task 1 sleeps with the scheduler's lock, which its CPU gives back, and goes on on another one,
 * where it takes the lock `taken`, before its first CPU has come to anything else.
 */
static void sleep_and_go_on_elsewhere(struct rig *rig, bool gives_back, uint64_t taken)
{
    unsigned cpu = 1;
    rig_open(rig);
    trace_set_cpu(rig->trace, &cpu);
    run(rig, 1);
    spin(rig, A);
    block(rig, 1, "irq", 1);
    if (gives_back) {
        unspin(rig, A);
    }
    cpu = 2;
    run(rig, 1);
    const struct cpu_spin elsewhere = {.lock = taken, .name = 'b', .cpu = 1, .masked = true};
    if (!checks_spin_listener.taken(rig->checks, &elsewhere)) {
        checks_spin_listener.named(rig->checks, &elsewhere, trace_intern(rig->trace, "b"));
        CU_ASSERT_TRUE(checks_spin_listener.taken(rig->checks, &elsewhere));
    }
    cpu = 1;
    trace_emit_plain(rig->trace, TRACE_CPU_WFI);
    trace_set_cpu(rig->trace, NULL);
}

static void test_lock_that_is_taken_after_waking_elsewhere_was_not_slept_with(void)
{
    struct rig rig;
    sleep_and_go_on_elsewhere(&rig, true, B);
    rig_expect_none(&rig);
}

static void test_lock_that_was_slept_with_is_found_when_its_task_goes_on_elsewhere(void)
{
    struct rig rig;
    sleep_and_go_on_elsewhere(&rig, false, B);
    rig_expect(&rig, "lock.sleep", "a", "task 1 sleeps; it took the lock by task 1");
}

/* Between its two sleeps another task runs that does nothing but give the lock back, and end. */
static void test_a_task_that_sleeps_twice_does_not_sleep_with_what_it_takes_in_between(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    for (unsigned i = 0; i < 2; i++) {
        spin(&rig, A);
        block(&rig, 1, "irq", 1);
        run(&rig, 2);
        unspin(&rig, A);
        spin(&rig, A);
        run(&rig, 1);
        unspin(&rig, A);
    }
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    rig_expect_none(&rig);
}

static void test_lock_that_the_next_task_gives_back_is_the_schedulers(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    spin(&rig, A);
    block(&rig, 1, "irq", 1);
    run(&rig, 2);
    unspin(&rig, A);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    rig_expect_none(&rig);
}

static void test_spinning_is_no_sleep(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    spin(&rig, B);
    run(&rig, 2);
    spin(&rig, A);
    block(&rig, 2, "lock", B);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    rig_expect_none(&rig);
}

static void test_mutex_may_be_held_while_sleeping(void)
{
    struct rig rig;
    rig_open(&rig);
    run(&rig, 1);
    take(&rig, 1, A);
    block(&rig, 1, "socket", 1);
    trace_emit_plain(rig.trace, TRACE_CPU_WFI);
    rig_expect_none(&rig);
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void test_a_guest_may_have_any_number_of_locks(void)
{
    struct rig rig;
    rig_open(&rig);
    for (unsigned i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf("%u", i);
        const struct cpu_spin taken = {.lock = i, .name = i, .masked = true};
        if (!checks_spin_listener.taken(rig.checks, &taken)) {
            checks_spin_listener.named(rig.checks, &taken, trace_intern(rig.trace, name));
            checks_spin_listener.taken(rig.checks, &taken);
        }
    }
    unspin(&rig, 5000);
    rig_expect_none(&rig);
}

UNIT_SUITE("locks", UNIT_TEST(test_one_order_is_no_violation),
           UNIT_TEST(test_two_orders_are_found_without_a_deadlock),
           UNIT_TEST(test_circle_of_three_is_found),
           UNIT_TEST(test_spinlocks_and_others_have_one_order),
           UNIT_TEST(test_locks_of_two_tasks_have_nothing_to_do_with_each_other),
           UNIT_TEST(test_locks_may_be_released_in_any_order),
           UNIT_TEST(test_two_locks_of_a_name_have_no_order),
           UNIT_TEST(test_order_holds_for_every_lock_of_a_name),
           UNIT_TEST(test_what_an_interrupt_takes_is_no_order_of_the_task_below),
           UNIT_TEST(test_lock_of_interrupts_is_held_masked),
           UNIT_TEST(test_masked_or_far_from_interrupts_all_is_well),
           UNIT_TEST(test_interrupt_ends_where_another_task_runs),
           UNIT_TEST(test_task_that_waits_for_its_own_lock_is_found),
           UNIT_TEST(test_interrupt_that_wants_the_lock_below_it_is_found),
           UNIT_TEST(test_waiting_for_the_lock_of_another_is_no_violation),
           UNIT_TEST(test_lock_that_sleeps_is_not_taken_with_a_spinlock),
           UNIT_TEST(test_lock_that_sleeps_is_not_taken_in_an_interrupt),
           UNIT_TEST(test_task_that_sleeps_with_a_spinlock_is_found),
           UNIT_TEST(test_lock_that_is_taken_after_waking_elsewhere_was_not_slept_with),
           UNIT_TEST(test_lock_that_was_slept_with_is_found_when_its_task_goes_on_elsewhere),
           UNIT_TEST(test_a_task_that_sleeps_twice_does_not_sleep_with_what_it_takes_in_between),
           UNIT_TEST(test_lock_that_the_next_task_gives_back_is_the_schedulers),
           UNIT_TEST(test_spinning_is_no_sleep), UNIT_TEST(test_mutex_may_be_held_while_sleeping),
           UNIT_TEST(test_a_guest_may_have_any_number_of_locks))
