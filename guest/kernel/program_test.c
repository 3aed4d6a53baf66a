/* program_test.c - programs: start, output, exit, signals */
#include "kernel/program.h"

#include "kernel/boot_memory.h"
#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/pool.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <string.h>

static char seen[128];

/* Says its arguments, and returns how many there are. */
static int echo_main(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        strcat(seen, argv[i]);
        strcat(seen, "|");
    }
    return argc;
}

static long sleep_seconds(int64_t seconds)
{
    /* Programs have their data in RAM; the test's statics are not. */
    struct kernel_timespec *duration = fake_ram(sizeof *duration);
    duration->tv_sec = seconds;
    duration->tv_nsec = 0;
    return system_call(SYS_NANOSLEEP, (long)duration, 0, 0, 0, 0, 0);
}

static int sleep_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)sleep_seconds(3600);
    strcat(seen, "awake");
    return 0;
}

static int exit_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)system_call(SYS_EXIT, 0x1234, 0, 0, 0, 0, 0);
    strcat(seen, "undead");
    return 0;
}

static const struct program_entry entries[] = {
    {"echo", echo_main},
    {"sleep", sleep_main},
    {"exit", exit_main},
};

static void setup(void)
{
    fake_boot_with(entries, 3);
    seen[0] = '\0';
}

static void test_program_gets_its_arguments(void)
{
    setup();
    CU_ASSERT_EQUAL(program_start(7, "echo 'a b' c"), 0);
    CU_ASSERT_STRING_EQUAL(seen, "");
    fake_run();
    CU_ASSERT_STRING_EQUAL(seen, "echo|a b|c|");
    CU_ASSERT_STRING_EQUAL(fake_log(), "created 1 echo\nprogram 7 started 1\nrunning 1\n"
                                       "program 7 exited 3\nexited 1\nrunning 0\n");
}

static void test_exit_ends_with_its_status(void)
{
    setup();
    CU_ASSERT_EQUAL(program_start(7, "exit"), 0);
    fake_run();
    CU_ASSERT_STRING_EQUAL(seen, "");
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 52"), 1); /* 0x34 */
}

static void test_unknown_program(void)
{
    setup();
    CU_ASSERT_EQUAL(program_start(7, "bash -c true"), -KENOENT);
    CU_ASSERT_EQUAL(program_start(7, ""), -KENOENT);
    CU_ASSERT_STRING_EQUAL(fake_log(), "console cannot start \"bash\": no such program\n"
                                       "console cannot start \"\": no such program\n");
}

static void test_bad_command_line(void)
{
    setup();
    CU_ASSERT_EQUAL(program_start(7, "echo 'a"), -KEINVAL);
    CU_ASSERT_EQUAL(fake_log_count("console cannot start"), 1);
}

static void test_too_many_programs(void)
{
    setup();
    for (uint32_t i = 1; i <= PROGRAMS_MAX; i++)
        CU_ASSERT_EQUAL(program_start(i, "sleep"), 0);
    CU_ASSERT_EQUAL(program_start(PROGRAMS_MAX + 1, "sleep"), -KEAGAIN);
    CU_ASSERT_EQUAL(fake_log_count("console cannot start \"sleep\": too many programs"), 1);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(1, 9), 0);
    fake_run();
    CU_ASSERT_EQUAL(program_start(PROGRAMS_MAX + 1, "sleep"), 0);
}

static unsigned count_programs_at_once(void)
{
    unsigned count = 0;
    while (count < TASKS_MAX && program_start(count + 1, "sleep") == 0)
        count++;
    return count;
}

static void test_memory_of_the_machine_makes_room_for_more_programs(void)
{
    setup();
    boot_memory_init();
    program_reserve_memory();
    CU_ASSERT_EQUAL(count_programs_at_once(), PROGRAMS_MORE_MAX);
}

static void test_little_memory_leaves_the_programs_as_they_are(void)
{
    setup();
    boot_memory_init();
    (void)boot_memory_take(boot_memory_left() - 4096);
    size_t before = boot_memory_left();
    program_reserve_memory();
    CU_ASSERT_EQUAL(boot_memory_left(), before);
    CU_ASSERT_EQUAL(count_programs_at_once(), PROGRAMS_MAX);
}

static void test_no_memory_for_the_task(void)
{
    setup();
    fake_memory_is_exhausted = true;
    CU_ASSERT_EQUAL(program_start(7, "sleep"), -KEAGAIN);
    CU_ASSERT_EQUAL(fake_log_count("program 7"), 0);
    fake_memory_is_exhausted = false;
    for (uint32_t i = 1; i <= PROGRAMS_MAX; i++)
        CU_ASSERT_EQUAL(program_start(i, "sleep"), 0);
}

static void test_no_file_for_the_console(void)
{
    static const struct file_ops ops = {.kind = "test"};
    setup();
    while (file_alloc(&ops, NULL) != NULL)
        ;
    CU_ASSERT_EQUAL(program_start(7, "sleep"), -KENFILE);
    CU_ASSERT_EQUAL(fake_log_count("created"), 0);
}

static unsigned objects_in_use(void)
{
    unsigned used = 0;
    for (unsigned i = 0; pool_by_index(i) != NULL; i++)
        used += pool_by_index(i)->used;
    return used;
}

static void test_files_and_slots_come_back(void)
{
    setup();
    unsigned before = objects_in_use();
    for (uint32_t i = 0; i < 3 * PROGRAMS_MAX; i++) {
        CU_ASSERT_EQUAL(program_start(i + 1, "echo"), 0);
        fake_run();
        seen[0] = '\0';
    }
    CU_ASSERT_EQUAL(objects_in_use(), before);
    CU_ASSERT_EQUAL(fake_stacks_in_use(), 0);
}

static void test_signal_ends_a_sleeping_program(void)
{
    setup();
    CU_ASSERT_EQUAL(program_start(7, "sleep"), 0);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(7, 15), 0);
    fake_run();
    CU_ASSERT_STRING_EQUAL(seen, "");
    CU_ASSERT_EQUAL(fake_log_count("return 1 nanosleep -4"), 1);
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 143"), 1);
    CU_ASSERT_EQUAL(fake_deadline_ns(), UINT64_MAX);
}

static void test_signal_before_the_first_call(void)
{
    setup();
    CU_ASSERT_EQUAL(program_start(7, "sleep"), 0);
    CU_ASSERT_EQUAL(program_kill(7, 9), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited 137"), 1);
    CU_ASSERT_EQUAL(fake_log_count("call"), 0);
}

static void test_signals_are_checked(void)
{
    setup();
    CU_ASSERT_EQUAL(program_start(7, "sleep"), 0);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(8, 9), -KESRCH);
    CU_ASSERT_EQUAL(program_kill(7, 0), 0);
    CU_ASSERT_EQUAL(program_kill(7, -1), -KEINVAL);
    CU_ASSERT_EQUAL(program_kill(7, 65), -KEINVAL);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("program 7 exited"), 0);
}

static void test_program_that_has_ended_cannot_be_killed(void)
{
    setup();
    CU_ASSERT_EQUAL(program_start(7, "echo"), 0);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(7, 9), -KESRCH);
}

static void test_programs_run_side_by_side(void)
{
    setup();
    CU_ASSERT_EQUAL(program_start(1, "sleep"), 0);
    CU_ASSERT_EQUAL(program_start(2, "echo"), 0);
    fake_run_until(FAKE_START_NS + UINT64_C(3600000000000));
    CU_ASSERT_STRING_EQUAL(seen, "echo|awake");
    CU_ASSERT_EQUAL(fake_log_count("program 1 exited 0"), 1);
}

UNIT_SUITE("program", UNIT_TEST(test_program_gets_its_arguments),
           UNIT_TEST(test_exit_ends_with_its_status), UNIT_TEST(test_unknown_program),
           UNIT_TEST(test_bad_command_line), UNIT_TEST(test_too_many_programs),
           UNIT_TEST(test_memory_of_the_machine_makes_room_for_more_programs),
           UNIT_TEST(test_little_memory_leaves_the_programs_as_they_are),
           UNIT_TEST(test_no_memory_for_the_task), UNIT_TEST(test_no_file_for_the_console),
           UNIT_TEST(test_files_and_slots_come_back),
           UNIT_TEST(test_signal_ends_a_sleeping_program),
           UNIT_TEST(test_signal_before_the_first_call), UNIT_TEST(test_signals_are_checked),
           UNIT_TEST(test_program_that_has_ended_cannot_be_killed),
           UNIT_TEST(test_programs_run_side_by_side))
