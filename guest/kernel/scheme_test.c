/* scheme_test.c - names, namespaces, and what is asked of providers: as it should go */
#include "kernel/scheme.h"

#include "kernel/event.h"
#include "kernel/fake_programs.h"

/* ---- a provider ------------------------------------------------------------------------------ */

/* The next request, which has to be this. */
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

/* A provider of nothing but its end: answers opens with 1, 2, … and closes, `count` in all. */
static void serve_opens(int root, int count)
{
    struct scheme_request request;
    for (int64_t handle = 1; count > 0; count--) {
        CU_ASSERT_EQUAL(sys_read(root, &request, sizeof request), sizeof request);
        CU_ASSERT_EQUAL(
            sys_answer(root, request.tag, request.operation == SCHEME_OPEN ? handle++ : 0), 0);
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static void disk(void)
{
    int root = create("disk");
    struct scheme_request request = take(root, SCHEME_OPEN);
    CU_ASSERT_EQUAL(request.tag, 1);
    CU_ASSERT_EQUAL(request.task, 2);
    CU_ASSERT_EQUAL(request.flags, O_RDWR | O_CREAT);
    CU_ASSERT_EQUAL(request.size, 5);
    CU_ASSERT_EQUAL(memcmp(request.data, "dir/a", 5), 0);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, 77), 0);
    request = take(root, SCHEME_WRITE);
    CU_ASSERT_EQUAL(request.handle, 77);
    CU_ASSERT_EQUAL(memcmp(request.data, "hello", 5), 0);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, 4), 0);
    request = take(root, SCHEME_READ);
    CU_ASSERT_EQUAL(request.size, 8);
    CU_ASSERT_EQUAL(request.flags, FILE_NONBLOCK);
    memcpy(request.data, "world", 5);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, 5), 0);
    (void)answer(root, SCHEME_SYNC, 0);
    request = take(root, SCHEME_DUP);
    CU_ASSERT_EQUAL(request.handle, 77);
    CU_ASSERT_EQUAL(memcmp(request.data, "ttl", 3), 0);
    CU_ASSERT_EQUAL(sys_answer(root, request.tag, 78), 0);
    CU_ASSERT_EQUAL(answer(root, SCHEME_SYNC, -KEIO).handle, 78);
    CU_ASSERT_EQUAL(answer(root, SCHEME_CLOSE, 0).handle, 77);
    CU_ASSERT_EQUAL(answer(root, SCHEME_CLOSE, 0).handle, 78);
    request = answer(root, SCHEME_OPEN, -KEACCES);
    CU_ASSERT_EQUAL(request.size, 0);
    CU_ASSERT_PTR_NULL(request.data);
}

static void user_of_disk(void)
{
    char text[8] = "hello";
    int file = (int)open_path("/scheme/disk/dir/a", O_RDWR | O_CREAT);
    CU_ASSERT_EQUAL(file, 3);
    CU_ASSERT_EQUAL(sys_write(file, text, 5), 4);
    CU_ASSERT_EQUAL(system_call(SYS_FCNTL, file, F_SETFL, FILE_NONBLOCK, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(sys_read(file, text, sizeof text), 5);
    CU_ASSERT_EQUAL(memcmp(text, "world", 5), 0);
    CU_ASSERT_EQUAL(sys_fsync(file), 0);
    memcpy(text, "ttl", 3);
    int dup = (int)sys_dup_path(file, text, 3);
    CU_ASSERT_EQUAL(dup, 4);
    CU_ASSERT_EQUAL(sys_fsync(dup), -KEIO);
    CU_ASSERT_EQUAL(sys_close(file), 0);
    CU_ASSERT_EQUAL(sys_close(dup), 0);
    CU_ASSERT_EQUAL(open_path("/scheme/disk", O_RDONLY), -KEACCES);
}

static void test_what_a_program_does_with_a_file_its_provider_is_asked_for(void)
{
    boot();
    add(disk);
    add(user_of_disk);
    finish();
    CU_ASSERT_EQUAL(fake_log_count("sent 1 2 open 0 5"), 1);
    CU_ASSERT_EQUAL(fake_log_count("delivered 1 1"), 1);
    CU_ASSERT_EQUAL(fake_log_count("answered 1 77"), 1);
    CU_ASSERT_EQUAL(fake_log_count("sent 2 2 write 77 5"), 1);
    CU_ASSERT_EQUAL(fake_log_count("sent"), 9);
    CU_ASSERT_EQUAL(fake_log_count("answered"), 9);
    CU_ASSERT_EQUAL(fake_log_count("removed disk"), 1);
}

static void batch(void)
{
    struct scheme_request requests[4];
    struct scheme_answer answers[2];
    int root = create("batch");
    CU_ASSERT_EQUAL(sys_read(root, requests, sizeof requests[0] - 1), -KEINVAL);
    sleep_ms(1);
    CU_ASSERT_EQUAL(sys_read(root, requests, sizeof requests), 2 * sizeof requests[0]);
    for (int i = 0; i < 2; i++)
        answers[i] = (struct scheme_answer){.tag = requests[i].tag, .result = -KENOENT};
    CU_ASSERT_EQUAL(sys_write(root, answers, sizeof answers - 1), -KEINVAL);
    CU_ASSERT_EQUAL(sys_write(root, answers, 0), -KEINVAL);
    CU_ASSERT_EQUAL(sys_write(root, answers, sizeof answers), sizeof answers);
    CU_ASSERT_EQUAL(system_call(SYS_FCNTL, root, F_SETFL, FILE_NONBLOCK, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(sys_read(root, requests, sizeof requests), -KEAGAIN);
    CU_ASSERT_EQUAL(open_path("/scheme/batch/x", O_RDWR), -KEDEADLK);
}

static void user_of_batch(void)
{
    CU_ASSERT_EQUAL(open_path("/scheme/batch/x", O_RDWR), -KENOENT);
}

static void test_several_requests_are_read_and_answered_at_once(void)
{
    boot();
    add(batch);
    add(user_of_batch);
    add(user_of_batch);
    finish();
}

static void big(void)
{
    int root = create("big");
    (void)answer(root, SCHEME_OPEN, 1);
    CU_ASSERT_EQUAL(answer(root, SCHEME_READ, SCHEME_DATA_MAX).size, SCHEME_DATA_MAX);
    CU_ASSERT_EQUAL(answer(root, SCHEME_READ, 0).size, 0);
    (void)answer(root, SCHEME_CLOSE, 0);
}

static void user_of_big(void)
{
    char *memory = fake_ram(SCHEME_DATA_MAX + 1);
    int file = (int)open_path("/scheme/big", O_RDONLY);
    CU_ASSERT_EQUAL(sys_read(file, memory, SCHEME_DATA_MAX + 1), SCHEME_DATA_MAX);
    CU_ASSERT_EQUAL(sys_read(file, memory, 0), 0);
}

static void test_of_more_than_a_request_holds_the_first_bytes_are_meant(void)
{
    boot();
    add(big);
    add(user_of_big);
    finish();
}

/* Reads are held until there are so many of them, and are answered in full then. */
static void crowd(void)
{
    struct scheme_request request;
    uint64_t held[BODIES_MAX - 1];
    int64_t sizes[BODIES_MAX - 1];
    uint32_t most = 0, least = 0, count = 0, closed = 0;
    int root = create("crowd");
    while (closed < BODIES_MAX - 1 && sys_read(root, &request, sizeof request) > 0) {
        if (request.operation != SCHEME_READ) {
            CU_ASSERT_EQUAL(sys_answer(root, request.tag, 0), 0);
            closed += request.operation == SCHEME_CLOSE;
            continue;
        }
        most += request.size == SCHEME_DATA_MAX;
        least += request.size == SCHEME_DATA_MIN;
        memset(request.data, 'x', request.size);
        held[count] = request.tag;
        sizes[count++] = request.size;
        for (uint32_t i = 0; count == BODIES_MAX - 1 && i < count; i++)
            CU_ASSERT_EQUAL(sys_answer(root, held[i], sizes[i]), 0);
    }
    CU_ASSERT_EQUAL(most, BODIES_MAX - 2);
    CU_ASSERT_EQUAL(least, 1);
}

static void user_of_crowd(void)
{
    char *memory = fake_ram(SCHEME_DATA_MAX + 1);
    int file = (int)open_path("/scheme/crowd", O_RDONLY);
    memset(memory, '.', SCHEME_DATA_MAX + 1);
    long got = sys_read(file, memory, SCHEME_DATA_MAX);
    CU_ASSERT_TRUE_FATAL(got == SCHEME_DATA_MAX || got == SCHEME_DATA_MIN);
    CU_ASSERT_EQUAL(memory[got - 1], 'x');
    CU_ASSERT_EQUAL(memory[got], '.');
}

static void test_of_many_large_requests_some_are_for_less(void)
{
    boot();
    add(crowd);
    for (unsigned i = 1; i < BODIES_MAX; i++)
        add(user_of_crowd);
    finish();
}

/* ---- events of files ------------------------------------------------------------------------- */

static void alarm_bell(void)
{
    int root = create("bell");
    (void)answer(root, SCHEME_OPEN, 5);
    CU_ASSERT_EQUAL(answer(root, SCHEME_EVENTS, EVENT_WRITE).flags, EVENT_READ | EVENT_WRITE);
    CU_ASSERT_EQUAL(sys_post_events(root, 6, EVENT_READ), 0); /* nobody's */
    CU_ASSERT_EQUAL(sys_post_events(root, 5, EVENT_READ), 0);
    CU_ASSERT_EQUAL(sys_post_events(root, 5, 8), -KEINVAL);
    (void)answer(root, SCHEME_EVENTS, -KEPERM);
    (void)answer(root, SCHEME_CLOSE, 0);
}

static void listener(void)
{
    struct event_entry entry = {0};
    unsigned told = 0;
    int queue = (int)open_path("/scheme/event", O_RDWR);
    int file = (int)open_path("/scheme/bell", O_RDWR);
    CU_ASSERT_EQUAL(sys_watch(queue, file, EVENT_READ | EVENT_WRITE, 9), 0);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
        CU_ASSERT_EQUAL(entry.data, 9);
        told |= entry.events << 2 * i;
    }
    /* What was posted meanwhile comes first: each of them is told by itself. */
    CU_ASSERT_EQUAL(told, EVENT_READ | EVENT_WRITE << 2);
    CU_ASSERT_EQUAL(sys_watch(queue, file, EVENT_READ, 9), -KEPERM);
}

static void test_a_provider_says_what_a_file_is_ready_for(void)
{
    boot();
    add(alarm_bell);
    add(listener);
    finish();
    CU_ASSERT_EQUAL(fake_log_count("posted 1 file"), 2);
}

static void watches_its_root(void)
{
    struct event_entry entry;
    int root = create("root");
    int queue = (int)open_path("/scheme/event", O_RDWR);
    CU_ASSERT_EQUAL(sys_watch(queue, root, EVENT_READ, 1), 0);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(entry.data, 1);
    CU_ASSERT_EQUAL(sys_watch(queue, root, EVENT_READ, 2), 0); /* it is there still */
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(entry.data, 2);
    (void)answer(root, SCHEME_OPEN, -KENOENT);
}

static void user_of_root(void)
{
    CU_ASSERT_EQUAL(open_path("/scheme/root", O_RDWR), -KENOENT);
}

static void test_each_request_is_an_event_of_the_root_file(void)
{
    boot();
    add(watches_its_root);
    add(user_of_root);
    finish();
}

/* ---- names ----------------------------------------------------------------------------------- */

static void names(void)
{
    char long_name[SCHEME_NAME_MAX + 1];
    memset(long_name, 'x', sizeof long_name);
    long_name[SCHEME_NAME_MAX] = '\0';
    CU_ASSERT_EQUAL(create(""), -KEINVAL);
    CU_ASSERT_EQUAL(create("a/b"), -KEINVAL);
    CU_ASSERT_EQUAL(create("a b"), -KEINVAL);
    CU_ASSERT_EQUAL(create("a\nb"), -KEINVAL);
    CU_ASSERT_EQUAL(create(long_name), -KENAMETOOLONG);
    long_name[SCHEME_NAME_MAX - 1] = '\0';
    CU_ASSERT_EQUAL(create(long_name), 3);
    CU_ASSERT_EQUAL(create("event"), -KEEXIST);
    CU_ASSERT_EQUAL(create("a"), 4);
    CU_ASSERT_EQUAL(create("a"), -KEEXIST);
    CU_ASSERT_EQUAL(sys_close(4), 0);
    CU_ASSERT_EQUAL(create("a"), 4);
    CU_ASSERT_EQUAL(sys_scheme_create((const char *)8, 0), -KEFAULT);
    char copy[] = "b";
    CU_ASSERT_EQUAL(sys_scheme_create(copy, O_APPEND), -KEINVAL);
}

static void test_a_name_has_one_provider(void)
{
    boot();
    add(names);
    finish();
    CU_ASSERT_EQUAL(fake_log_count("registered 1 a"), 2);
}

static void too_many(void)
{
    char name[16];
    int made = 0;
    do
        (void)snprintf(name, sizeof name, "n%d", made++);
    while (create(name) >= 0);
    CU_ASSERT_EQUAL(made - 1 + 4, SCHEMES_MAX); /* the kernel has four */
    CU_ASSERT_EQUAL(create("more"), -KENOSPC);
}

static void test_schemes_have_an_end(void)
{
    boot();
    add(too_many);
    finish();
}

static void paths(void)
{
    char path[BODY_TEXT];
    memset(path, 'x', sizeof path);
    memcpy(path, "/scheme/", 8);
    path[4096] = '\0';
    CU_ASSERT_EQUAL(open_path(path, O_RDWR), -KENAMETOOLONG);
    path[8 + SCHEME_NAME_MAX] = '\0';
    CU_ASSERT_EQUAL(open_path(path, O_RDWR), -KENAMETOOLONG);
    path[8 + SCHEME_NAME_MAX - 1] = '\0';
    CU_ASSERT_EQUAL(open_path(path, O_RDWR), -KENOENT);
    memset(path, 'y', sizeof path);
    memcpy(path, "/scheme/event/", 14);
    path[14 + SCHEME_PATH_MAX] = '\0';
    CU_ASSERT_EQUAL(open_path(path, O_RDWR), -KENOENT); /* says who has it */
    path[14 + SCHEME_PATH_MAX] = 'y';
    path[14 + SCHEME_PATH_MAX + 1] = '\0';
    CU_ASSERT_EQUAL(open_path(path, O_RDWR), -KENAMETOOLONG);
    memset(path, 'z', 1024);
    path[0] = '/';
    path[1024] = '\0';
    CU_ASSERT_EQUAL(open_path(path, O_RDWR), -KENAMETOOLONG); /* of no scheme: as ever */
    path[1022] = '\0';
    CU_ASSERT_EQUAL(open_path(path, O_RDWR), -KENOENT);
    CU_ASSERT_EQUAL(open_path("/schemes", O_RDWR), -KENOENT);
    CU_ASSERT_EQUAL(open_path("/scheme//x", O_RDWR), -KENOENT);
}

static void test_paths_are_too_long_where_it_is_said(void)
{
    boot();
    add(paths);
    finish();
}

/* ---- the directory --------------------------------------------------------------------------- */

static void directory(void)
{
    char text[64] = "";
    struct event_entry entry;
    int queue = (int)open_path("/scheme/event", O_RDWR | FILE_NONBLOCK);
    int list = (int)open_path("/scheme/", O_RDONLY);
    CU_ASSERT_EQUAL(open_path("/scheme", O_RDWR), -KEISDIR);
    CU_ASSERT_EQUAL(sys_watch(queue, list, EVENT_READ, 1), 0);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry); /* read it */
    CU_ASSERT_EQUAL(sys_read(list, text, sizeof text), 21);
    CU_ASSERT_STRING_EQUAL(text, "event\nirq\ntime\nchild\n");
    CU_ASSERT_EQUAL(sys_read(list, text, sizeof text), 0);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), -KEAGAIN);
    int root = create("new");
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(sys_read(list, text, 2), 2);
    CU_ASSERT_EQUAL(sys_read(list, text + 2, 9), 2);
    CU_ASSERT_EQUAL(memcmp(text, "new\n", 4), 0);
    CU_ASSERT_EQUAL(sys_close(root), 0);
    CU_ASSERT_EQUAL(sys_read(queue, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(sys_seek(list, 0, SEEK_SET), 0);
    CU_ASSERT_EQUAL(sys_read(list, text, 7), 7);
    CU_ASSERT_EQUAL(memcmp(text, "event\ni", 7), 0);
    CU_ASSERT_EQUAL(sys_seek(list, 0, SEEK_END), 21);
    CU_ASSERT_EQUAL(sys_write(list, text, 1), -KEINVAL);
}

static void test_the_directory_lists_the_names_and_says_when_they_change(void)
{
    boot();
    add(directory);
    finish();
}

/* ---- namespaces ------------------------------------------------------------------------------ */

static void two_names(void)
{
    int one = create("one"), two = create("two");
    serve_opens(one, 1);
    serve_opens(two, 1);
    serve_opens(one, 1);
    serve_opens(two, 2);
}

static void narrows(void)
{
    char text[64] = "", one[] = "one", none[] = "none";
    const char *names[2] = {one, none};
    int first = (int)open_path("/scheme/one", O_RDWR);
    int second = (int)open_path("/scheme/two", O_RDWR);
    CU_ASSERT_EQUAL(sys_scheme_namespace(names, 2), -KENOENT);
    CU_ASSERT_EQUAL(sys_scheme_namespace(names, NAMESPACE_NAMES_MAX + 1), -KEINVAL);
    CU_ASSERT_EQUAL(sys_scheme_namespace((const char *const *)8, 1), -KEFAULT);
    CU_ASSERT_EQUAL(sys_scheme_namespace(names, 1), 1);
    CU_ASSERT_EQUAL(open_path("/scheme/two", O_RDWR), -KENOENT);
    int list = (int)open_path("/scheme/", O_RDONLY);
    CU_ASSERT_EQUAL(sys_read(list, text, sizeof text), 25);
    CU_ASSERT_STRING_EQUAL(text, "event\nirq\ntime\nchild\none\n");
    CU_ASSERT_EQUAL(sys_close(list), 0);
    CU_ASSERT_EQUAL(create("two"), list); /* another one than that of the others */
    CU_ASSERT_EQUAL(sys_close(list), 0);
    CU_ASSERT_EQUAL(sys_close(first), 0);
    CU_ASSERT_EQUAL(sys_fsync(second), 0); /* what is open stays */
    CU_ASSERT_EQUAL(sys_scheme_namespace(NULL, 0), 2);
    CU_ASSERT_EQUAL(open_path("/scheme/one", O_RDWR), -KENOENT);
    CU_ASSERT_TRUE(open_path("/scheme/event", O_RDWR) >= 0); /* the kernel's are everywhere */
    CU_ASSERT_EQUAL(sys_scheme_namespace(names, 1), -KENOENT);
}

static void test_a_namespace_hides_names(void)
{
    boot();
    add(two_names);
    add(narrows);
    finish();
}

static void many_namespaces(void)
{
    for (int i = 0; i < 3 * SCHEME_NAMESPACES_MAX; i++)
        CU_ASSERT_EQUAL(sys_scheme_namespace(NULL, 0), 1 + i % 2); /* the last one is free */
    for (int i = 0; i < SCHEME_NAMESPACES_MAX - 2; i++) {
        CU_ASSERT_TRUE(open_path("/scheme/", O_RDONLY) >= 0);
        CU_ASSERT_TRUE(sys_scheme_namespace(NULL, 0) > 0);
    }
    CU_ASSERT_EQUAL(sys_scheme_namespace(NULL, 0), -KENOSPC);
    CU_ASSERT_TRUE(open_path("/scheme/event", O_RDWR) >= 0);
}

static void test_namespaces_end_with_who_is_in_them(void)
{
    boot();
    add(many_namespaces);
    finish();
}

UNIT_SUITE("scheme", UNIT_TEST(test_what_a_program_does_with_a_file_its_provider_is_asked_for),
           UNIT_TEST(test_several_requests_are_read_and_answered_at_once),
           UNIT_TEST(test_of_more_than_a_request_holds_the_first_bytes_are_meant),
           UNIT_TEST(test_of_many_large_requests_some_are_for_less),
           UNIT_TEST(test_a_provider_says_what_a_file_is_ready_for),
           UNIT_TEST(test_each_request_is_an_event_of_the_root_file),
           UNIT_TEST(test_a_name_has_one_provider), UNIT_TEST(test_schemes_have_an_end),
           UNIT_TEST(test_paths_are_too_long_where_it_is_said),
           UNIT_TEST(test_the_directory_lists_the_names_and_says_when_they_change),
           UNIT_TEST(test_a_namespace_hides_names),
           UNIT_TEST(test_namespaces_end_with_who_is_in_them))
