/*
 * program_test.c - programs: parsed, queued, run one after the other
 *
 * runtime_run() never returns: the test leaves it from where it sleeps.
 */
#include "runtime/fake_machine.h"
#include "tests/unit.h"

#include <setjmp.h>
#include <string.h>

static char arguments_seen[RUNTIME_LINE_MAX];
static unsigned runs;

static int echo(const char *arguments)
{
    runs++;
    strcpy(arguments_seen, arguments);
    runtime_print("said %s\n", arguments);
    return 3;
}

static int again(const char *arguments)
{
    (void)arguments;
    runs++;
    /* One more, while this one runs. */
    return runtime_start(8, "echo later");
}

static const struct runtime_program programs[] = {{"echo", echo}, {"again", again}, {NULL, NULL}};
static jmp_buf asleep;
static const char *line_when_asleep;
static int start_result;

static void sleep_once(void)
{
    if (line_when_asleep == NULL || fake_machine.sleeps > 1)
        longjmp(asleep, 1);
    start_result = runtime_start(7, line_when_asleep);
}

/* Runs until there is nothing left to do. */
static void run(const char *line)
{
    fake_machine_reset();
    fake_machine.on_sleep = sleep_once;
    runs = 0;
    line_when_asleep = line;
    if (setjmp(asleep) == 0)
        runtime_run(programs);
}

static void test_a_program_gets_its_arguments_and_its_status_is_told(void)
{
    run("echo  one two");
    CU_ASSERT_EQUAL(fake_machine.ready, 1);
    CU_ASSERT_EQUAL(start_result, 0);
    CU_ASSERT_EQUAL(runs, 1);
    CU_ASSERT_STRING_EQUAL(arguments_seen, "one two");
    CU_ASSERT_STRING_EQUAL(fake_machine.output, "said one two\n");
    CU_ASSERT_EQUAL(fake_machine.started, 1);
    CU_ASSERT_EQUAL(fake_machine.exited, 1);
    CU_ASSERT_EQUAL(fake_machine.status, 3);
    CU_ASSERT_EQUAL(fake_machine.running, 0);
    run("echo");
    CU_ASSERT_STRING_EQUAL(arguments_seen, "");
}

static void test_programs_run_one_after_the_other(void)
{
    run("again");
    CU_ASSERT_EQUAL(runs, 2);
    CU_ASSERT_EQUAL(fake_machine.exited, 2);
    CU_ASSERT_STRING_EQUAL(arguments_seen, "later");
}

static void test_what_cannot_be_started_is_refused(void)
{
    static char long_line[RUNTIME_LINE_MAX + 1];
    static const char *const unknown[] = {"", " ", "ech", "echoo", "Echo", " echo"};
    for (unsigned i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        run(unknown[i]);
        CU_ASSERT_EQUAL(start_result, -1);
        CU_ASSERT_EQUAL(runs, 0);
        CU_ASSERT_EQUAL(fake_machine.started, 0);
    }
    memset(long_line, 'x', RUNTIME_LINE_MAX);
    memcpy(long_line, "echo ", 5);
    run(long_line);
    CU_ASSERT_EQUAL(start_result, -1);
    long_line[RUNTIME_LINE_MAX - 1] = '\0';
    run(long_line);
    CU_ASSERT_EQUAL(start_result, 0);
}

static void test_the_queue_has_an_end(void)
{
    run(NULL);
    for (unsigned i = 0; i < RUNTIME_QUEUE; i++)
        CU_ASSERT_EQUAL(runtime_start(10 + i, "echo x"), 0);
    CU_ASSERT_EQUAL(runtime_start(20, "echo x"), -1);
    run(NULL);
    CU_ASSERT_EQUAL(runs, RUNTIME_QUEUE);
}

UNIT_SUITE("runtime_program", UNIT_TEST(test_a_program_gets_its_arguments_and_its_status_is_told),
           UNIT_TEST(test_programs_run_one_after_the_other),
           UNIT_TEST(test_what_cannot_be_started_is_refused), UNIT_TEST(test_the_queue_has_an_end))
