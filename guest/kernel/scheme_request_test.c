/* scheme_request_test.c - requests that go wrong: answers, signals, deaths, limits */
#include "kernel/event.h"
#include "kernel/fake_programs.h"
#include "kernel/scheme.h"

static struct scheme_request take(int root, uint32_t operation)
{
    struct scheme_request request = {0};
    CU_ASSERT_EQUAL(sys_read(root, &request, sizeof request), sizeof request);
    CU_ASSERT_EQUAL(request.operation, operation);
    return request;
}

static struct scheme_request answer(int root, uint32_t operation, int64_t result)
{
    struct scheme_request request = take(root, operation);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, result), 0);
    return request;
}

static void expect_no_request(int root)
{
    struct scheme_request request;
    CU_ASSERT_EQUAL(system_call(SYS_FCNTL, root, F_SETFL, FILE_NONBLOCK, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(sys_read(root, &request, sizeof request), -KEAGAIN);
    CU_ASSERT_EQUAL(system_call(SYS_FCNTL, root, F_SETFL, 0, 0, 0, 0), 0);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void answers_wrongly(void)
{
    int root = create("wrong"), innocent = create("innocent");
    CU_ASSERT_EQUAL(sys_answer(root, 1, 0), -KEBADF); /* not asked yet */
    sleep_ms(1);
    CU_ASSERT_EQUAL(sys_answer(root, 1, 0), -KEBADF); /* asked, and not delivered */
    struct scheme_request request = take(root, SCHEME_OPEN);
    CU_ASSERT_EQUAL(request.tag, 1);
    CU_ASSERT_EQUAL(sys_answer(root, 2, 0), -KEBADF);
    CU_ASSERT_EQUAL(sys_answer(root, 1 + 1024, 0), -KEBADF);
    CU_ASSERT_EQUAL(sys_answer(innocent, 1, 0), -KEBADF); /* of another provider */
    struct scheme_answer both[2] = {{.tag = 1, .result = -KENOENT}, {.tag = 1, .result = 3}};
    CU_ASSERT_EQUAL(sys_write(root, both, sizeof both), sizeof both[0]);
    CU_ASSERT_EQUAL(sys_answer(root, 1, 0), -KEBADF); /* twice */
}

static void asks_wrong(void)
{
    CU_ASSERT_EQUAL(open_path("/scheme/wrong/x", O_RDWR), -KENOENT);
}

static void test_a_wrong_answer_is_counted_and_is_its_providers_error(void)
{
    boot();
    add(answers_wrongly);
    add(asks_wrong);
    finish();
    CU_ASSERT_EQUAL(fake_log_count("counter scheme.wrong-answers"), 7);
    CU_ASSERT_EQUAL(fake_log_count("answered"), 1);
}

static void answers_too_much(void)
{
    int root = create("much");
    (void)answer(root, SCHEME_OPEN, -KERRNO_MAX - 1);
    (void)answer(root, SCHEME_OPEN, INT64_MAX);
    (void)answer(root, SCHEME_READ, 9);
    (void)answer(root, SCHEME_READ, 8);
    (void)answer(root, SCHEME_WRITE, 9);
    (void)answer(root, SCHEME_EVENTS, 4);
    (void)answer(root, SCHEME_SYNC, 1);
    (void)answer(root, SCHEME_CLOSE, 7);
    sleep_ms(1);
}

static void asks_much(void)
{
    char text[8];
    int queue = (int)open_path("/scheme/event", O_RDWR);
    CU_ASSERT_EQUAL(open_path("/scheme/much", O_RDWR), -KEIO);
    int file = (int)open_path("/scheme/much", O_RDWR);
    CU_ASSERT_EQUAL(sys_read(file, text, 8), -KEIO);
    CU_ASSERT_EQUAL(sys_read(file, text, 8), 8);
    CU_ASSERT_EQUAL(sys_write(file, text, 8), -KEIO);
    CU_ASSERT_EQUAL(sys_watch(queue, file, EVENT_READ, 0), -KEIO);
    CU_ASSERT_EQUAL(sys_fsync(file), -KEIO);
}

static void test_a_result_longer_than_what_was_asked_for_is_an_error(void)
{
    boot();
    add(answers_too_much);
    add(asks_much);
    finish();
    CU_ASSERT_EQUAL(fake_log_count("counter scheme.bad-results"), 6);
}

static void writes_a_secret_and_leaves_it(void)
{
    int root = create("careless");
    (void)answer(root, SCHEME_OPEN, 1);
    (void)answer(root, SCHEME_WRITE, 24);
    (void)answer(root, SCHEME_READ, 24); /* and nothing was put there */
    (void)answer(root, SCHEME_CLOSE, 0);
}

static void reads_what_was_left(void)
{
    static const char nothing[24];
    char text[24] = "a secret that is longer";
    int file = (int)open_path("/scheme/careless", O_RDWR);
    CU_ASSERT_EQUAL(sys_write(file, text, sizeof text), sizeof text);
    CU_ASSERT_EQUAL(sys_read(file, text, sizeof text), sizeof text);
    CU_ASSERT_EQUAL(memcmp(text, nothing, sizeof text), 0);
}

static void test_bytes_that_the_provider_did_not_write_are_nobody_elses(void)
{
    boot();
    add(writes_a_secret_and_leaves_it);
    add(reads_what_was_left);
    finish();
}

static void serves_pieces(void)
{
    int root = create("pieces");
    (void)answer(root, SCHEME_OPEN, 1);
    struct scheme_request request = take(root, SCHEME_WRITE);
    CU_ASSERT_EQUAL(request.size, 7);
    CU_ASSERT_EQUAL(memcmp(request.data, "onethre", 7), 0);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, 7), 0);
    request = take(root, SCHEME_READ);
    CU_ASSERT_EQUAL(request.size, 7);
    memcpy(request.data, "ABCDE", 5);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, 5), 0);
    (void)answer(root, SCHEME_CLOSE, 0);
}

static void asks_in_pieces(void)
{
    char text[] = "one, three";
    struct iovec parts[] = {{text, 3}, {NULL, 0}, {text + 5, 4}};
    int file = (int)open_path("/scheme/pieces", O_RDWR);
    CU_ASSERT_EQUAL(system_call(SYS_WRITEV, file, (long)parts, 3, 0, 0, 0), 7);
    CU_ASSERT_EQUAL(system_call(SYS_READV, file, (long)parts, 3, 0, 0, 0), 5);
    CU_ASSERT_STRING_EQUAL(text, "ABC, DEree");
}

static void test_pieces_are_one_request(void)
{
    boot();
    add(serves_pieces);
    add(asks_in_pieces);
    finish();
}

/* ---- signals --------------------------------------------------------------------------------- */

static int handled;

static void handler(int number)
{
    (void)number;
    handled++;
}

static void handle_signals(void)
{
    struct kernel_sigaction action = {.sa_handler = handler};
    handled = 0;
    CU_ASSERT_EQUAL(system_call(SYS_RT_SIGACTION, SIGUSR1, (long)&action, 0, SIGSET_SIZE, 0, 0), 0);
}

static void never_reads(void)
{
    int root = create("slow");
    sleep_ms(10);
    expect_no_request(root);
}

static void asks_slow(void)
{
    handle_signals();
    CU_ASSERT_EQUAL(open_path("/scheme/slow", O_RDWR), -KEINTR);
    CU_ASSERT_EQUAL(handled, 1);
}

static void test_a_signal_takes_back_what_was_not_delivered(void)
{
    boot();
    add(never_reads);
    add(asks_slow);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGUSR1), 0);
    finish();
    CU_ASSERT_EQUAL(fake_log_count("cancelled-request 1 taken-back"), 1);
    CU_ASSERT_EQUAL(fake_log_count("delivered"), 0);
}

static void hears_of_it(void)
{
    int root = create("slow");
    struct scheme_request request = take(root, SCHEME_OPEN);
    struct scheme_request cancel = take(root, SCHEME_CANCEL);
    CU_ASSERT_EQUAL(cancel.tag, request.tag);
    CU_ASSERT_PTR_NULL(cancel.data);
    sleep_ms(10); /* there is a second signal now */
    expect_no_request(root);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, -KEINTR), 0);
}

static void test_a_provider_hears_of_a_signal_once_and_the_caller_waits(void)
{
    boot();
    add(hears_of_it);
    add(asks_slow);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGUSR1), 0);
    fake_run();
    CU_ASSERT_EQUAL(handled, 0);
    CU_ASSERT_EQUAL(program_kill(2, SIGUSR1), 0);
    finish();
    CU_ASSERT_EQUAL(fake_log_count("cancelled-request 1 told"), 1);
}

static void answers_before_it_reads(void)
{
    int root = create("slow");
    struct scheme_request request = take(root, SCHEME_OPEN);
    sleep_ms(10); /* there is a signal now, and a cancellation */
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, 4), 0);
    (void)answer(root, SCHEME_CLOSE, 0);
    expect_no_request(root);
}

static void opens_slow(void)
{
    handle_signals();
    CU_ASSERT_EQUAL(open_path("/scheme/slow", O_RDWR), 3);
    CU_ASSERT_EQUAL(handled, 1);
}

static void test_the_answer_counts_when_the_provider_had_it_already(void)
{
    boot();
    add(answers_before_it_reads);
    add(opens_slow);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGUSR1), 0);
    finish();
}

/* ---- killed callers -------------------------------------------------------------------------- */

static void asks_until_killed(void)
{
    CU_ASSERT_EQUAL(open_path("/scheme/slow", O_RDWR), 0);
}

static void test_a_killed_caller_leaves_nothing_that_was_not_delivered(void)
{
    boot();
    add(never_reads);
    add(asks_until_killed);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGKILL), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("program 2 exited 137"), 1);
    finish();
}

static void asks_later_until_killed(void)
{
    sleep_ms(12);
    asks_until_killed();
}

static void hears_of_both(void)
{
    int root = create("slow");
    struct scheme_request request = take(root, SCHEME_OPEN);
    struct scheme_request cancel = take(root, SCHEME_CANCEL);
    CU_ASSERT_TRUE(cancel.tag == request.tag && cancel.flags == 0);
    cancel = take(root, SCHEME_CANCEL);
    CU_ASSERT_TRUE(cancel.tag == request.tag && cancel.flags == SCHEME_CANCEL_KILLED);
    sleep_ms(10); /* there is another signal, which nobody gets any more */
    expect_no_request(root);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, -KEINTR), 0);
}

static void test_a_provider_hears_that_a_caller_was_killed_also_after_a_signal(void)
{
    boot();
    add(hears_of_both);
    add(asks_slow);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGUSR1), 0);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGKILL), 0);
    CU_ASSERT_EQUAL(program_kill(2, SIGKILL), 0);
    finish();
}

static void hears_of_the_kill_only(void)
{
    int root = create("slow");
    struct scheme_request request = take(root, SCHEME_OPEN);
    sleep_ms(10); /* there are two signals now, the second of which kills */
    struct scheme_request cancel = take(root, SCHEME_CANCEL);
    CU_ASSERT_TRUE(cancel.tag == request.tag && cancel.flags == SCHEME_CANCEL_KILLED);
    expect_no_request(root);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, -KEINTR), 0);
}

static void test_a_cancellation_that_was_not_read_says_what_is_true_now(void)
{
    boot();
    add(hears_of_the_kill_only);
    add(asks_slow);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGUSR1), 0);
    CU_ASSERT_EQUAL(program_kill(2, SIGKILL), 0);
    finish();
}

static void finds_an_orphan(void)
{
    int root = create("slow");
    struct scheme_request request = take(root, SCHEME_OPEN);
    struct scheme_request cancel = take(root, SCHEME_CANCEL);
    CU_ASSERT_TRUE(cancel.tag == request.tag && cancel.flags == SCHEME_CANCEL_KILLED);
    sleep_ms(10);
    CU_ASSERT_EQUAL(request.size, 0);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, 55), 0); /* it has opened it by now */
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, 55), -KEBADF);
    CU_ASSERT_EQUAL(answer(root, SCHEME_CLOSE, 0).handle, 55);
    request = take(root, SCHEME_OPEN);
    sleep_ms(10);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, -KENOENT), 0);
    expect_no_request(root); /* nothing to close: and no cancellation of what is over */
}

static void test_a_killed_caller_does_not_wait_and_what_it_opened_is_closed(void)
{
    boot();
    add(finds_an_orphan);
    add(asks_until_killed);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGKILL), 0);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("program 2 exited 137"), 1); /* the provider sleeps */
    add(asks_later_until_killed);
    fake_run_until(FAKE_START_NS + 15 * BODY_MS);
    CU_ASSERT_EQUAL(program_kill(3, SIGKILL), 0);
    finish();
    CU_ASSERT_EQUAL(fake_log_count("cancelled-request 1 abandoned"), 1);
    CU_ASSERT_EQUAL(fake_log_count("program 3 exited 137"), 1);
}

static void reads_until_killed(void)
{
    char text[3000];
    int file = (int)open_path("/scheme/slow", O_RDWR);
    CU_ASSERT_EQUAL(sys_read(file, text, sizeof text), 0);
}

static void writes_into_an_orphan(void)
{
    int root = create("slow");
    (void)answer(root, SCHEME_OPEN, 1);
    struct scheme_request request = take(root, SCHEME_READ);
    (void)take(root, SCHEME_CANCEL);
    (void)answer(root, SCHEME_CLOSE, 0); /* before the answer to the read */
    memset(request.data, 'x', request.size);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, request.size), 0);
}

static void test_the_bytes_of_a_killed_caller_last_until_the_answer(void)
{
    boot();
    add(writes_into_an_orphan);
    add(reads_until_killed);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGKILL), 0);
    finish();
}

/* ---- dying providers ------------------------------------------------------------------------- */

static void dies(void)
{
    int root = create("mortal");
    (void)answer(root, SCHEME_OPEN, 1);
    (void)answer(root, SCHEME_EVENTS, 0);
    (void)take(root, SCHEME_READ); /* delivered; that of the third is queued */
    sleep_ms(5);
    (void)sys_read(root, NULL, 0);
    sleep_ms(60000); /* killed */
}

static void survives(void)
{
    char text[8];
    struct event_entry entry = {0};
    int queue = (int)open_path("/scheme/event", O_RDWR);
    int file = (int)open_path("/scheme/mortal", O_RDWR);
    CU_ASSERT_EQUAL(sys_watch(queue, file, EVENT_READ | EVENT_WRITE, 0), 0);
    CU_ASSERT_EQUAL(sys_read(file, text, 8), -KENODEV);
    CU_ASSERT_EQUAL(sys_write(file, text, 8), -KENODEV);
    CU_ASSERT_EQUAL(sys_fsync(file), -KENODEV);
    CU_ASSERT_EQUAL(sys_dup_path(file, text, 0), -KENODEV);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(entry.events, EVENT_READ | EVENT_WRITE);
    CU_ASSERT_EQUAL(create("mortal"), 5); /* the name is free */
}

static void asks_late(void)
{
    sleep_ms(1);
    CU_ASSERT_EQUAL(open_path("/scheme/mortal", O_RDWR), -KENODEV);
}

static void test_with_a_provider_all_its_requests_and_files_end(void)
{
    boot();
    add(dies);
    add(survives);
    add(asks_late);
    fake_run_until(FAKE_START_NS + 10 * BODY_MS);
    CU_ASSERT_EQUAL(fake_log_count("removed mortal"), 0);
    CU_ASSERT_EQUAL(program_kill(1, SIGKILL), 0);
    finish();
    CU_ASSERT_EQUAL(fake_log_count("program 1 exited 137"), 1);
    CU_ASSERT_EQUAL(fake_log_count("removed mortal"), 2);
    CU_ASSERT_EQUAL(fake_log_count("cancelled-request 3 ended"), 1);
    CU_ASSERT_EQUAL(fake_log_count("cancelled-request 4 ended"), 1);
}

static void dies_with_orphans(void)
{
    int root = create("slow");
    (void)take(root, SCHEME_OPEN);
    (void)take(root, SCHEME_CANCEL);
    (void)answer(root, SCHEME_OPEN, 3);
    sleep_ms(10); /* with a CLOSE in the queue, and an OPEN of nobody */
}

static void opens_and_closes(void)
{
    sleep_ms(1);
    CU_ASSERT_EQUAL(open_path("/scheme/slow", O_RDWR), 3);
}

static void test_nothing_is_left_of_a_provider_and_its_orphans(void)
{
    boot();
    add(dies_with_orphans);
    add(asks_until_killed);
    add(opens_and_closes);
    fake_run();
    CU_ASSERT_EQUAL(program_kill(2, SIGKILL), 0);
    finish();
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void never_closes(void)
{
    struct scheme_request request;
    int root = create("hoard");
    for (int64_t handle = 1; handle <= SCHEME_HANDLES_MAX;) {
        CU_ASSERT_EQUAL(sys_read(root, &request, sizeof request), sizeof request);
        if (request.operation == SCHEME_OPEN)
            CU_ASSERT_EQUAL(sys_answer(root, request.tag, handle++), 0);
        fake_log_clear();
    }
    sleep_ms(1);
}

static void opens_often(void)
{
    for (int i = 0; i < SCHEME_HANDLES_MAX; i++) {
        int file = (int)open_path("/scheme/hoard", O_RDWR);
        CU_ASSERT_EQUAL(file, 3);
        CU_ASSERT_EQUAL(sys_close(file), 0);
    }
    CU_ASSERT_EQUAL(open_path("/scheme/hoard", O_RDWR), -KENFILE);
    sleep_ms(2); /* the provider is gone, and with it what it owed */
    CU_ASSERT_EQUAL(open_path("/scheme/hoard", O_RDWR), -KENOENT);
}

static void test_a_provider_that_does_not_answer_close_runs_out_of_handles(void)
{
    boot();
    add(never_closes);
    add(opens_often);
    finish();
}

UNIT_SUITE("scheme_request", UNIT_TEST(test_a_wrong_answer_is_counted_and_is_its_providers_error),
           UNIT_TEST(test_a_result_longer_than_what_was_asked_for_is_an_error),
           UNIT_TEST(test_bytes_that_the_provider_did_not_write_are_nobody_elses),
           UNIT_TEST(test_pieces_are_one_request),
           UNIT_TEST(test_a_signal_takes_back_what_was_not_delivered),
           UNIT_TEST(test_a_provider_hears_of_a_signal_once_and_the_caller_waits),
           UNIT_TEST(test_the_answer_counts_when_the_provider_had_it_already),
           UNIT_TEST(test_a_killed_caller_leaves_nothing_that_was_not_delivered),
           UNIT_TEST(test_a_provider_hears_that_a_caller_was_killed_also_after_a_signal),
           UNIT_TEST(test_a_cancellation_that_was_not_read_says_what_is_true_now),
           UNIT_TEST(test_a_killed_caller_does_not_wait_and_what_it_opened_is_closed),
           UNIT_TEST(test_the_bytes_of_a_killed_caller_last_until_the_answer),
           UNIT_TEST(test_with_a_provider_all_its_requests_and_files_end),
           UNIT_TEST(test_nothing_is_left_of_a_provider_and_its_orphans),
           UNIT_TEST(test_a_provider_that_does_not_answer_close_runs_out_of_handles))
