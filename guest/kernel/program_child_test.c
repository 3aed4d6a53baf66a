/* program_child_test.c - programs that start programs, wait for their ends, and are first */
#include "kernel/boot.h"
#include "kernel/event.h"
#include "kernel/fake_programs.h"
#include "kernel/scheme.h"

static long spawn(int body)
{
    char line[16];
    (void)snprintf(line, sizeof line, "body %d", body);
    return sys_spawn(line);
}

static void exit_with_7(void)
{
    (void)system_call(SYS_EXIT, 7, 0, 0, 0, 0, 0);
}

static void sleep_long(void)
{
    sleep_ms(60000);
}

/* Bodies that are only spawned: after those that `add` starts. */
static void also(void (*body)(void))
{
    bodies[body_count++] = body;
}

/* Of one program of the bench; the others are its children. */
static void finish_parent(void)
{
    fake_run_until(BODY_END_NS);
    CU_ASSERT_EQUAL(fake_log_count("program 1 exited 0"), 1);
    CU_ASSERT_EQUAL(fake_log_count("program"), 2); /* the bench hears of that alone */
    CU_ASSERT_EQUAL(objects(), objects_before);
}

static void waits(void)
{
    int status = -1;
    CU_ASSERT_EQUAL(sys_wait(0, NULL, 0), -KECHILD);
    CU_ASSERT_EQUAL(spawn(2), 2);
    CU_ASSERT_EQUAL(spawn(3), 3);
    CU_ASSERT_EQUAL(sys_wait(0, &status, WNOHANG), 0);
    CU_ASSERT_EQUAL(sys_wait(2, &status, 0), 2);
    CU_ASSERT_EQUAL(status, 7);
    CU_ASSERT_EQUAL(sys_wait(2, &status, 0), -KECHILD);
    CU_ASSERT_EQUAL(system_call(SYS_KILL, 3, SIGKILL, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(sys_wait(0, &status, 0), 3);
    CU_ASSERT_EQUAL(status, 128 + SIGKILL);
    CU_ASSERT_EQUAL(sys_wait(0, &status, WNOHANG), -KECHILD);
    CU_ASSERT_EQUAL(sys_wait(0, &status, 4), -KEINVAL);
    CU_ASSERT_EQUAL(sys_wait(0, (int *)8, 0), -KEFAULT);
    CU_ASSERT_EQUAL(sys_spawn((const char *)8), -KEFAULT);
    char none[] = "nobody";
    CU_ASSERT_EQUAL(sys_spawn(none), -KENOENT);
    CU_ASSERT_EQUAL(sys_ready(), -KEPERM);
}

static void test_a_parent_is_told_how_its_children_end(void)
{
    boot();
    add(waits);
    also(exit_with_7);
    also(sleep_long);
    finish_parent();
}

static void is_ready_later(void)
{
    sleep_ms(5);
    CU_ASSERT_EQUAL(sys_ready(), 0);
    sleep_ms(5);
}

static void waits_for_readiness(void)
{
    int status = -1;
    uint64_t begin_ns = fake_now_ns;
    CU_ASSERT_EQUAL(spawn(2), 2);
    CU_ASSERT_EQUAL(spawn(3), 3);
    CU_ASSERT_EQUAL(sys_wait(2, &status, WREADY), 0);
    CU_ASSERT_TRUE(fake_now_ns >= begin_ns + 5 * BODY_MS && fake_now_ns < begin_ns + 10 * BODY_MS);
    CU_ASSERT_EQUAL(sys_wait(2, &status, WREADY), 0); /* and is still */
    CU_ASSERT_EQUAL(sys_wait(3, &status, WREADY), 3); /* it has ended instead */
    CU_ASSERT_EQUAL(status, 7);
    CU_ASSERT_EQUAL(sys_wait(2, &status, 0), 2);
    CU_ASSERT_TRUE(fake_now_ns >= begin_ns + 10 * BODY_MS);
}

static void test_a_parent_waits_until_a_child_is_ready(void)
{
    boot();
    add(waits_for_readiness);
    also(is_ready_later);
    also(exit_with_7);
    finish_parent();
}

static void watches(void)
{
    struct event_entry entry;
    struct child_end end = {0};
    int queue = (int)open_path("/scheme/event", O_RDWR);
    int children = (int)open_path("/scheme/child", O_RDONLY | FILE_NONBLOCK);
    CU_ASSERT_EQUAL(sys_read(children, &end, sizeof end), -KECHILD);
    CU_ASSERT_EQUAL(sys_watch(queue, children, EVENT_READ, 5), 0);
    CU_ASSERT_EQUAL(spawn(2), 2);
    CU_ASSERT_EQUAL(sys_read(children, &end, sizeof end), -KEAGAIN);
    CU_ASSERT_EQUAL(sys_read(children, &end, sizeof end - 1), -KEINVAL);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(sys_watch(queue, children, EVENT_READ, 6), 0); /* as it is still there */
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(entry.data, 6);
    CU_ASSERT_EQUAL(sys_read(children, &end, sizeof end), sizeof end);
    CU_ASSERT_EQUAL(end.task, 2);
    CU_ASSERT_EQUAL(end.status, 7);
    CU_ASSERT_EQUAL(open_path("/scheme/child/x", O_RDONLY), -KENOENT);
}

static void test_the_end_of_a_child_can_be_watched(void)
{
    boot();
    add(watches);
    also(exit_with_7);
    finish_parent();
}

static void leaves_them(void)
{
    CU_ASSERT_EQUAL(spawn(2), 2); /* has ended by then */
    CU_ASSERT_EQUAL(spawn(3), 3); /* has not */
    sleep_ms(1);
}

static void sleep_short(void)
{
    sleep_ms(5);
}

static void test_children_outlive_their_parent(void)
{
    boot();
    add(leaves_them);
    also(exit_with_7);
    also(sleep_short);
    finish_parent();
    CU_ASSERT_EQUAL(fake_log_count("exited 3"), 1);
}

static void hides(void)
{
    CU_ASSERT_EQUAL(create("secret"), 3);
    CU_ASSERT_EQUAL(sys_scheme_namespace(NULL, 0), 1);
    CU_ASSERT_EQUAL(spawn(2), 2);
    int status = -1;
    CU_ASSERT_EQUAL(sys_wait(2, &status, 0), 2);
    CU_ASSERT_EQUAL(status, 7);
}

static void sees_nothing(void)
{
    char text[] = "hello\n";
    CU_ASSERT_EQUAL(open_path("/scheme/secret", O_RDWR), -KENOENT);
    CU_ASSERT_EQUAL(sys_write(1, text, 6), 6);
    exit_with_7();
}

static void test_a_child_has_the_namespace_and_the_console_of_its_parent(void)
{
    boot();
    add(hides);
    also(sees_nothing);
    fake_run_until(BODY_END_NS);
    CU_ASSERT_EQUAL(fake_log_count("program 1 wrote 6"), 1);
    CU_ASSERT_EQUAL(objects(), objects_before);
}

/* ---- the first program ----------------------------------------------------------------------- */

static void says_ready(void)
{
    char text[] = "up\n";
    CU_ASSERT_EQUAL(sys_write(1, text, 3), 3);
    CU_ASSERT_EQUAL(sys_ready(), 0);
    CU_ASSERT_EQUAL(sys_ready(), -KEPERM);
}

static void test_the_first_program_writes_to_the_machines_console(void)
{
    boot();
    also(says_ready);
    CU_ASSERT_EQUAL(program_start_first("body 1"), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("console up"), 1);
    CU_ASSERT_EQUAL(fake_log_count("program"), 0);
    CU_ASSERT_EQUAL(objects(), objects_before);
}

static void test_the_machine_ends_with_a_first_program_that_was_not_ready(void)
{
    boot();
    also(exit_with_7);
    CU_ASSERT_EQUAL(program_start_first("body 1"), 0);
    CU_ASSERT_TRUE(FAKE_PANICS(fake_run()));
    CU_ASSERT_PTR_NOT_NULL(strstr(fake_panic_reason, "body ended with status 7 before all was up"));
}

UNIT_SUITE("program_child", UNIT_TEST(test_a_parent_is_told_how_its_children_end),
           UNIT_TEST(test_a_parent_waits_until_a_child_is_ready),
           UNIT_TEST(test_the_end_of_a_child_can_be_watched),
           UNIT_TEST(test_children_outlive_their_parent),
           UNIT_TEST(test_a_child_has_the_namespace_and_the_console_of_its_parent),
           UNIT_TEST(test_the_first_program_writes_to_the_machines_console),
           UNIT_TEST(test_the_machine_ends_with_a_first_program_that_was_not_ready))
