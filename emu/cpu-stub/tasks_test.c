/*
 * tasks_test.c - the table of the guest's tasks
 */
#include "emu/cpu-stub/tasks.h"
#include "tests/unit.h"

#include <string.h>

static struct cpu_tasks tasks;

#define NOTE(kind, now_ns, ...)                                                                    \
    cpu_tasks_note(&tasks, (kind), (const struct trace_argument[]){__VA_ARGS__}, (now_ns))

static void tasks_clear(void)
{
    tasks = (struct cpu_tasks){0};
}

static void tasks_create(uint32_t number, const char *name)
{
    NOTE(TRACE_TASK_CREATED, 10, TN(number), TS(name), TN(0x1000 + number));
}

static void test_a_task_is_there_from_its_creation_to_its_end(void)
{
    tasks_clear();
    tasks_create(1, "netd");
    tasks_create(7, "ping");
    tasks_create(9, "sleep");
    CU_ASSERT_EQUAL_FATAL(tasks.count, 3);
    CU_ASSERT_EQUAL(tasks.entries[1].number, 7);
    CU_ASSERT_STRING_EQUAL(tasks.entries[1].name, "ping");
    CU_ASSERT_EQUAL(tasks.entries[1].context, 0x1007);
    CU_ASSERT_EQUAL(tasks.entries[1].since_ns, 10);
    CU_ASSERT_PTR_NULL(tasks.entries[1].blocked_on);
    CU_ASSERT_PTR_NULL(tasks.entries[1].call);
    NOTE(TRACE_TASK_EXITED, 11, TN(7));
    CU_ASSERT_EQUAL_FATAL(tasks.count, 2);
    CU_ASSERT_EQUAL(tasks.entries[0].number, 1);
    CU_ASSERT_EQUAL(tasks.entries[1].number, 9);
    NOTE(TRACE_TASK_EXITED, 12, TN(9));
    NOTE(TRACE_TASK_EXITED, 13, TN(1));
    CU_ASSERT_EQUAL(tasks.count, 0);
}

static void test_a_wait_has_a_thing_a_deadline_and_a_beginning(void)
{
    tasks_clear();
    tasks_create(2, "ping");
    NOTE(TRACE_CALL_ENTERED, 18, TN(2), TS("recvfrom"), TN(3), TN(0), TN(0), TN(0));
    NOTE(TRACE_TASK_BLOCKED, 20, TN(2), TS("socket"), TN(0x40), TN(UINT64_MAX));
    CU_ASSERT_STRING_EQUAL(tasks.entries[0].blocked_on, "socket");
    CU_ASSERT_STRING_EQUAL(tasks.entries[0].call, "recvfrom");
    CU_ASSERT_EQUAL(tasks.entries[0].object, 0x40);
    CU_ASSERT_EQUAL(tasks.entries[0].deadline_ns, UINT64_MAX);
    CU_ASSERT_EQUAL(tasks.entries[0].since_ns, 20);
    NOTE(TRACE_TASK_WOKEN, 30, TN(2));
    CU_ASSERT_PTR_NULL(tasks.entries[0].blocked_on);
    CU_ASSERT_EQUAL(tasks.entries[0].since_ns, 30);
    NOTE(TRACE_CALL_RETURNED, 31, TN(2), TS("recvfrom"), TN(1));
    CU_ASSERT_PTR_NULL(tasks.entries[0].call);
    CU_ASSERT_EQUAL(tasks.count, 1);
}

static void test_a_number_used_again_is_another_task(void)
{
    tasks_clear();
    tasks_create(3, "old");
    NOTE(TRACE_TASK_BLOCKED, 20, TN(3), TS("mutex"), TN(1), TN(2));
    tasks_create(3, "new");
    CU_ASSERT_EQUAL(tasks.count, 1);
    CU_ASSERT_STRING_EQUAL(tasks.entries[0].name, "new");
    CU_ASSERT_PTR_NULL(tasks.entries[0].blocked_on);
}

static void test_unknown_tasks_and_other_probes_change_nothing(void)
{
    tasks_clear();
    tasks_create(1, "netd");
    struct cpu_tasks before;
    memcpy(&before, &tasks, sizeof before);
    NOTE(TRACE_TASK_EXITED, 20, TN(5));
    NOTE(TRACE_TASK_BLOCKED, 20, TN(5), TS("mutex"), TN(1), TN(2));
    NOTE(TRACE_TASK_WOKEN, 20, TN(5));
    NOTE(TRACE_CALL_RETURNED, 20, TN(5), TS("read"), TN(1));
    NOTE(TRACE_COUNTER, 20, TS("frames"), TN(1));
    NOTE(TRACE_LOCK_TAKEN, 20, TN(1), TN(2), TS("net"));
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): a copy, with its padding */
    CU_ASSERT_EQUAL(memcmp(&tasks, &before, sizeof before), 0);
}

static void test_a_guest_with_too_many_tasks_loses_the_rest(void)
{
    tasks_clear();
    for (uint32_t number = 1; number <= CPU_TASKS_MAX + 2; number++) {
        tasks_create(number, "many");
    }
    CU_ASSERT_EQUAL(tasks.count, CPU_TASKS_MAX);
    CU_ASSERT_EQUAL(tasks.left_out, 2);
    NOTE(TRACE_TASK_EXITED, 20, TN(1));
    tasks_create(1000, "late");
    CU_ASSERT_EQUAL(tasks.count, CPU_TASKS_MAX);
    CU_ASSERT_EQUAL(tasks.entries[CPU_TASKS_MAX - 1].number, 1000);
    CU_ASSERT_EQUAL(tasks.left_out, 2);
}

UNIT_SUITE("tasks", UNIT_TEST(test_a_task_is_there_from_its_creation_to_its_end),
           UNIT_TEST(test_a_wait_has_a_thing_a_deadline_and_a_beginning),
           UNIT_TEST(test_a_number_used_again_is_another_task),
           UNIT_TEST(test_unknown_tasks_and_other_probes_change_nothing),
           UNIT_TEST(test_a_guest_with_too_many_tasks_loses_the_rest))
