/*
 * p9_jobs_test.c - requests side by side: who begins, who waits, who is cancelled
 *
 * In the place of the scheme stands one that says what it does: a request of `size` n waits n
 * times, each until the test opens its gate or a deadline passes. What happens is written down: "+1"
 * request 1 begins, "-1" it ends, "!1" a wait of its was cut short, "?1" its time was over.
 */
#include "drivers/p9_jobs.h"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "kernel/clock.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE_NS 1000

static struct p9_jobs jobs;
static struct p9_scheme scheme;
static struct p9_client client;
static bool is_connected;
static bool gates[P9_JOBS_MAX + 2]; /* by tag */
static long results[P9_JOBS_MAX + 2];
static char order[1024];

#define UNANSWERED 12345

static void note(char what, uint64_t tag)
{
    size_t length = strlen(order);
    snprintf(order + length, sizeof order - length, "%c%u", what, (unsigned)tag);
}

static bool gate_is_open(void *of)
{
    return *(const bool *)of;
}

bool p9_is_connected(const struct p9_client *asked)
{
    CU_ASSERT_PTR_EQUAL(asked, &client);
    return is_connected;
}

long p9_scheme_serve(struct p9_scheme *of, const struct scheme_request *request)
{
    bool *gate = &gates[request->tag];
    long result = (long)request->tag;
    CU_ASSERT_PTR_EQUAL(of, &scheme);
    note('+', request->tag);
    for (uint32_t i = 0; i < request->size; i++) {
        uint64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
        int error = p9_jobs_sleep(&jobs, gate_is_open, gate, deadline_ns);
        if (error != 0) {
            note('!', request->tag);
            result = error;
        } else if (!*gate) {
            note('?', request->tag);
        }
        *gate = false;
    }
    is_connected = is_connected || request->handle == 0;
    note('-', request->tag);
    return result;
}

static void answer(void *of, uint64_t tag, long result)
{
    CU_ASSERT_PTR_EQUAL(of, &jobs);
    CU_ASSERT_EQUAL(results[tag], UNANSWERED);
    results[tag] = result;
}

static void setup(void)
{
    fake_hal_reset();
    fake_kernel_reset();
    memset(&jobs, 0, sizeof jobs);
    memset(gates, 0, sizeof gates);
    for (unsigned i = 0; i < sizeof results / sizeof results[0]; i++)
        results[i] = UNANSWERED;
    order[0] = '\0';
    is_connected = true;
    scheme.client = &client;
    CU_ASSERT_EQUAL_FATAL(p9_jobs_init(&jobs, &scheme, answer, &jobs), 0);
}

static void ask(uint64_t tag, uint64_t handle, uint32_t waits)
{
    const struct scheme_request request = {
        .tag = tag, .operation = SCHEME_READ, .handle = handle, .size = waits};
    p9_jobs_add(&jobs, &request);
}

static void cancel(uint64_t tag, uint32_t flags)
{
    const struct scheme_request request = {.tag = tag, .operation = SCHEME_CANCEL, .flags = flags};
    p9_jobs_add(&jobs, &request);
}

static void open_gate(uint64_t tag)
{
    gates[tag] = true;
    p9_jobs_run(&jobs);
}

/* Nobody is under way, and all that was taken is there again. */
static void check_idle(void)
{
    unsigned room = 0;
    CU_ASSERT_EQUAL(p9_jobs_deadline_ns(&jobs), WAIT_FOREVER);
    for (; p9_jobs_has_room(&jobs); room++)
        ask(0, 1, 0);
    CU_ASSERT_EQUAL(room, P9_JOBS_MAX);
}

static void test_what_waits_for_nothing_is_answered_at_once_in_order(void)
{
    setup();
    ask(1, 1, 0);
    ask(2, 0, 0);
    ask(3, 1, 0);
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1-1+2-2+3-3");
    CU_ASSERT_TRUE(results[1] == 1 && results[2] == 2 && results[3] == 3);
    check_idle();
}

static void test_one_that_waits_holds_up_no_other(void)
{
    setup();
    ask(1, 1, 2);
    ask(2, 2, 1);
    ask(3, 3, 0);
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1+2+3-3");
    CU_ASSERT_TRUE(results[1] == UNANSWERED && results[2] == UNANSWERED && results[3] == 3);
    open_gate(2);
    CU_ASSERT_STRING_EQUAL(order, "+1+2+3-3-2");
    open_gate(1);
    CU_ASSERT_EQUAL(results[1], UNANSWERED);
    open_gate(1);
    CU_ASSERT_STRING_EQUAL(order, "+1+2+3-3-2-1");
    check_idle();
}

static void test_requests_of_one_handle_are_served_in_turn(void)
{
    setup();
    ask(1, 7, 1);
    ask(2, 7, 1);
    ask(3, 8, 0);
    ask(4, 7, 0);
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1+3-3");
    open_gate(2); /* too early */
    CU_ASSERT_STRING_EQUAL(order, "+1+3-3");
    gates[2] = false;
    open_gate(1);
    CU_ASSERT_STRING_EQUAL(order, "+1+3-3-1+2");
    open_gate(2);
    CU_ASSERT_STRING_EQUAL(order, "+1+3-3-1+2-2+4-4");
    check_idle();
}

static void test_one_path_only_begins_a_session(void)
{
    setup();
    is_connected = false;
    ask(1, 0, 1);
    ask(2, 0, 1);
    ask(3, 5, 0);
    ask(4, 0, 0);
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1+3-3");
    open_gate(1);
    CU_ASSERT_STRING_EQUAL(order, "+1+3-3-1+2+4-4");
    open_gate(2);
    check_idle();
}

static void test_as_many_as_there_are_workers_wait_at_once(void)
{
    setup();
    for (uint64_t tag = 1; tag <= P9_JOBS_MAX; tag++) {
        CU_ASSERT_TRUE(p9_jobs_has_room(&jobs));
        ask(tag, tag, 1);
    }
    CU_ASSERT_FALSE(p9_jobs_has_room(&jobs));
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1+2+3+4+5+6+7");
    for (uint64_t tag = 1; tag <= P9_JOBS_MAX; tag++)
        open_gate(tag);
    for (uint64_t tag = 1; tag <= P9_JOBS_MAX; tag++)
        CU_ASSERT_EQUAL(results[tag], tag);
    check_idle();
}

static void test_a_wait_ends_with_its_time(void)
{
    setup();
    ask(1, 1, 1);
    p9_jobs_run(&jobs);
    uint64_t first_ns = clock_now_ns() + PATIENCE_NS;
    fake_kernel.now_ns += 10;
    ask(2, 2, 1);
    p9_jobs_run(&jobs);
    CU_ASSERT_EQUAL(p9_jobs_deadline_ns(&jobs), first_ns);
    fake_kernel.now_ns += PATIENCE_NS - 11;
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1+2");
    fake_kernel.now_ns += 1;
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1+2?1-1");
    CU_ASSERT_EQUAL(p9_jobs_deadline_ns(&jobs), first_ns + 10);
    fake_kernel.now_ns += 10;
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1+2?1-1?2-2");
    check_idle();
}

/* ---- cancellation ---------------------------------------------------------------------------- */

static void test_the_wait_of_a_killed_caller_ends_and_only_that_one(void)
{
    setup();
    ask(1, 1, 2);
    ask(2, 2, 1);
    p9_jobs_run(&jobs);
    cancel(1, SCHEME_CANCEL_KILLED);
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1+2!1"); /* the second wait is as any */
    open_gate(1);
    CU_ASSERT_STRING_EQUAL(order, "+1+2!1-1");
    CU_ASSERT_EQUAL(results[1], -KEINTR);
    CU_ASSERT_EQUAL(results[2], UNANSWERED);
    open_gate(2);
    check_idle();
}

static void test_other_signals_end_no_wait(void)
{
    setup();
    ask(1, 1, 1);
    p9_jobs_run(&jobs);
    cancel(1, 0);
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1");
    open_gate(1);
    CU_ASSERT_EQUAL(results[1], 1);
    check_idle();
}

static void test_what_was_not_begun_is_cancelled_without_a_trace(void)
{
    setup();
    ask(1, 1, 1);
    ask(2, 1, 0);
    ask(3, 1, 0);
    p9_jobs_run(&jobs);
    cancel(2, SCHEME_CANCEL_KILLED);
    CU_ASSERT_EQUAL(results[2], -KEINTR);
    cancel(2, SCHEME_CANCEL_KILLED);
    open_gate(1);
    CU_ASSERT_STRING_EQUAL(order, "+1-1+3-3");
    check_idle();
}

static void test_what_is_over_is_not_cancelled(void)
{
    setup();
    ask(1, 1, 1);
    p9_jobs_run(&jobs);
    cancel(1, SCHEME_CANCEL_KILLED);
    open_gate(1); /* the answer is there, too */
    CU_ASSERT_STRING_EQUAL(order, "+1-1");
    CU_ASSERT_EQUAL(results[1], 1);
    cancel(1, SCHEME_CANCEL_KILLED);
    ask(2, 1, 1); /* by the same worker, and nothing of that is left */
    p9_jobs_run(&jobs);
    open_gate(2);
    CU_ASSERT_EQUAL(results[2], 2);
    check_idle();
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void test_what_a_daemon_before_was_at_is_forgotten(void)
{
    setup();
    for (uint64_t tag = 1; tag <= P9_WORKERS_MAX + 1; tag++)
        ask(tag, tag, 1);
    p9_jobs_run(&jobs);
    CU_ASSERT_EQUAL(p9_jobs_init(&jobs, &scheme, answer, &jobs), 0);
    CU_ASSERT_TRUE(results[1] == UNANSWERED && results[P9_WORKERS_MAX + 1] == UNANSWERED);
    order[0] = '\0';
    ask(1, 1, 0);
    p9_jobs_run(&jobs);
    CU_ASSERT_STRING_EQUAL(order, "+1-1");
    check_idle();
}

UNIT_SUITE("p9_jobs", UNIT_TEST(test_what_waits_for_nothing_is_answered_at_once_in_order),
           UNIT_TEST(test_one_that_waits_holds_up_no_other),
           UNIT_TEST(test_requests_of_one_handle_are_served_in_turn),
           UNIT_TEST(test_one_path_only_begins_a_session),
           UNIT_TEST(test_as_many_as_there_are_workers_wait_at_once),
           UNIT_TEST(test_a_wait_ends_with_its_time),
           UNIT_TEST(test_the_wait_of_a_killed_caller_ends_and_only_that_one),
           UNIT_TEST(test_other_signals_end_no_wait),
           UNIT_TEST(test_what_was_not_begun_is_cancelled_without_a_trace),
           UNIT_TEST(test_what_is_over_is_not_cancelled),
           UNIT_TEST(test_what_a_daemon_before_was_at_is_forgotten))
