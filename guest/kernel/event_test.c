/* event_test.c - event queues: what is posted when, to whom, and what is not */
#include "kernel/event.h"

#include "kernel/fake_programs.h"
#include "kernel/path.h"

/* ---- things that become ready when the test says so ------------------------------------------ */

static struct thing {
    struct event_source source;
    unsigned ready;
    unsigned watched; /* for what, last */
    long refuses;
} things[4];

static struct event_source *thing_source(struct file *file)
{
    return &((struct thing *)file->object)->source;
}

static long thing_watch(struct file *file, unsigned events)
{
    struct thing *thing = file->object;
    thing->watched = events;
    return thing->refuses != 0 ? thing->refuses : (long)thing->ready;
}

static void thing_close(struct file *file)
{
    event_source_fini(thing_source(file));
}

static const struct file_ops thing_ops = {
    .kind = "thing",
    .source = thing_source,
    .watch = thing_watch,
    .close = thing_close,
};

static struct file *thing_open(void *mount, const char *path, int flags, unsigned mode, int *error)
{
    (void)mount;
    (void)mode;
    (void)flags;
    (void)error;
    struct thing *thing = &things[path[0] - '0'];
    *thing = (struct thing){.ready = 0};
    event_source_init(&thing->source, "thing", (uint64_t)(thing - things));
    return file_alloc(&thing_ops, thing);
}

static int queue, other;

/* Things 0 and 1 are descriptors 3 and 4, `queue` is 5, `other` 6. */
static void open_all(void)
{
    static const struct path_ops thing_paths = {.open = thing_open};
    path_mount("/thing", &thing_paths, NULL);
    CU_ASSERT_EQUAL(open_path("/thing/0", O_RDWR), 3);
    CU_ASSERT_EQUAL(open_path("/thing/1", O_RDWR), 4);
    queue = (int)open_path("/scheme/event", O_RDWR | FILE_NONBLOCK);
    other = (int)open_path("/scheme/event", O_RDWR | FILE_NONBLOCK);
    CU_ASSERT_EQUAL(queue, 5);
    CU_ASSERT_EQUAL(other, 6);
}

static void expect_event(int from, int descriptor, unsigned ready, uint64_t data)
{
    struct event_entry entry = {0};
    CU_ASSERT_EQUAL(sys_read(from, &entry, sizeof entry), sizeof entry);
    CU_ASSERT_EQUAL(entry.descriptor, descriptor);
    CU_ASSERT_EQUAL(entry.events, ready);
    CU_ASSERT_EQUAL(entry.data, data);
}

static void expect_none(int from)
{
    struct event_entry entry;
    CU_ASSERT_EQUAL(sys_read(from, &entry, sizeof entry), -KEAGAIN);
}

static void alone(void (*body)(void))
{
    boot();
    add(body);
    finish();
}

/* ---- events ---------------------------------------------------------------------------------- */

static void one_for_each_trigger(void)
{
    open_all();
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_READ, 30), 0);
    CU_ASSERT_EQUAL(sys_watch(queue, 4, EVENT_READ | EVENT_WRITE, 40), 0);
    expect_none(queue);
    event_trigger(&things[0].source, EVENT_READ);
    event_trigger(&things[1].source, EVENT_WRITE);
    event_trigger(&things[0].source, EVENT_READ | EVENT_WRITE);
    event_trigger(&things[0].source, EVENT_WRITE);
    expect_event(queue, 3, EVENT_READ, 30);
    expect_event(queue, 4, EVENT_WRITE, 40);
    expect_event(queue, 3, EVENT_READ, 30);
    expect_none(queue);
    expect_none(other);
}

static void test_each_trigger_is_one_event_of_what_is_wanted(void)
{
    alone(one_for_each_trigger);
    CU_ASSERT_EQUAL(fake_log_count("posted 1 thing 0 1"), 2);
    CU_ASSERT_EQUAL(fake_log_count("posted 1 thing 1 2"), 1);
    CU_ASSERT_EQUAL(fake_log_count("posted"), 3);
}

static void ready_before(void)
{
    open_all();
    things[0].ready = EVENT_READ | EVENT_WRITE;
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_READ, 1), 0);
    CU_ASSERT_EQUAL(sys_watch(other, 3, EVENT_WRITE, 2), 0);
    CU_ASSERT_EQUAL(things[0].watched, EVENT_READ | EVENT_WRITE);
    expect_event(queue, 3, EVENT_READ, 1);
    expect_none(queue); /* what another one asked for is told to that */
    expect_event(other, 3, EVENT_WRITE, 2);
    expect_none(other);
}

static void test_what_is_true_already_is_told_at_once_and_to_nobody_else(void)
{
    alone(ready_before);
}

static void changed_and_removed(void)
{
    open_all();
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_READ, 1), 0);
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_WRITE, 2), 0);
    event_trigger(&things[0].source, EVENT_READ);
    expect_none(queue);
    event_trigger(&things[0].source, EVENT_WRITE);
    CU_ASSERT_EQUAL(sys_watch(queue, 3, 0, 0), 0);
    CU_ASSERT_EQUAL(things[0].watched, 0);
    event_trigger(&things[0].source, EVENT_WRITE);
    expect_event(queue, 3, EVENT_WRITE, 2); /* from before */
    expect_none(queue);
    CU_ASSERT_EQUAL(sys_watch(queue, 3, 0, 0), -KENOENT);
}

static void test_another_wish_takes_the_place_of_the_first(void)
{
    alone(changed_and_removed);
}

/* Events keep what became true; what the program adds of its own is as of the last wish. */
static void own_words(void)
{
    const uint32_t first = 0x0001u << EVENT_OWN_SHIFT, second = 0xc000u << EVENT_OWN_SHIFT;
    open_all();
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_READ | first, 1), 0);
    CU_ASSERT_EQUAL(things[0].watched, EVENT_READ);
    event_trigger(&things[0].source, EVENT_READ);
    expect_event(queue, 3, EVENT_READ | first, 1);
    event_trigger(&things[0].source, EVENT_READ);
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_WRITE | second, 2), 0);
    expect_event(queue, 3, EVENT_READ | second, 2);
    event_trigger(&things[0].source, EVENT_WRITE);
    CU_ASSERT_EQUAL(sys_watch(queue, 3, second, 0), 0);             /* wants nothing */
    CU_ASSERT_EQUAL(sys_watch(queue, 4, EVENT_READ | first, 4), 0); /* in the old one's place */
    expect_event(queue, 3, EVENT_WRITE, 2);
    expect_none(queue);
    CU_ASSERT_EQUAL(sys_watch(queue, 3, 4, 0), -KEINVAL);
}

static void test_what_is_the_programs_own_is_that_of_the_last_wish(void)
{
    alone(own_words);
}

static void wrong_wishes(void)
{
    struct event_entry entries[2] = {{3, EVENT_READ, 0}, {99, EVENT_READ, 0}};
    open_all();
    CU_ASSERT_EQUAL(sys_watch(queue, 99, EVENT_READ, 0), -KEBADF);
    CU_ASSERT_EQUAL(sys_watch(queue, 1, EVENT_READ, 0), -KEPERM);
    CU_ASSERT_EQUAL(sys_watch(queue, 3, 4, 0), -KEINVAL);
    CU_ASSERT_EQUAL(sys_write(queue, entries, sizeof entries[0] - 1), -KEINVAL);
    CU_ASSERT_EQUAL(sys_read(queue, entries, sizeof entries[0] - 1), -KEINVAL);
    CU_ASSERT_EQUAL(sys_write(queue, entries, sizeof entries), sizeof entries[0]);
    things[1].refuses = -KENODEV;
    CU_ASSERT_EQUAL(sys_watch(queue, 4, EVENT_READ, 0), -KENODEV);
    event_trigger(&things[1].source, EVENT_READ);
    expect_none(queue);
    CU_ASSERT_EQUAL(open_path("/scheme/event/x", O_RDWR), -KENOENT);
}

static void test_wrong_wishes_have_their_errors(void)
{
    alone(wrong_wishes);
}

static void closed(void)
{
    open_all();
    CU_ASSERT_EQUAL(system_call(SYS_DUP, 3, 0, 0, 0, 0, 0), 7);
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_READ, 1), 0);
    CU_ASSERT_EQUAL(sys_watch(queue, 7, EVENT_READ, 2), 0);
    event_trigger(&things[0].source, EVENT_READ);
    CU_ASSERT_EQUAL(sys_close(3), 0);
    event_trigger(&things[0].source, EVENT_READ);
    CU_ASSERT_EQUAL(sys_close(7), 0);
    event_trigger(&things[0].source, EVENT_READ);
    for (int i = 0; i < 2; i++) {
        expect_event(queue, 3, EVENT_READ, 1);
        expect_event(queue, 7, EVENT_READ, 2);
    }
    expect_none(queue);
}

static void test_a_file_is_watched_until_its_last_descriptor_is_closed(void)
{
    alone(closed);
}

static void several_at_once(void)
{
    struct event_entry entries[4];
    open_all();
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_READ, 1), 0);
    for (int i = 0; i < 5; i++)
        event_trigger(&things[0].source, EVENT_READ);
    CU_ASSERT_EQUAL(sys_read(queue, entries, 2 * sizeof entries[0] + 1), 2 * sizeof entries[0]);
    CU_ASSERT_EQUAL(sys_read(queue, entries, sizeof entries), 3 * sizeof entries[0]);
}

static void test_a_read_takes_as_many_as_fit(void)
{
    alone(several_at_once);
    CU_ASSERT_EQUAL(fake_log_count("events 1 1 2 3"), 1);
    CU_ASSERT_EQUAL(fake_log_count("events 1 1 3 0"), 1);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void waits(void)
{
    open_all();
    int blocking = (int)open_path("/scheme/event", O_RDWR);
    CU_ASSERT_EQUAL(sys_watch(blocking, 3, EVENT_READ, 1), 0);
    expect_event(blocking, 3, EVENT_READ, 1);
    struct event_entry entry;
    CU_ASSERT_EQUAL(sys_read(blocking, &entry, sizeof entry), -KEINTR);
}

static void handler(int number)
{
    (void)number;
}

static void waits_with_handler(void)
{
    struct kernel_sigaction action = {.sa_handler = handler};
    CU_ASSERT_EQUAL(system_call(SYS_RT_SIGACTION, SIGUSR1, (long)&action, 0, SIGSET_SIZE, 0, 0), 0);
    waits();
}

static void test_a_reader_waits_for_an_event_or_a_signal(void)
{
    boot();
    add(waits_with_handler);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("blocked 1 event"), 1);
    event_trigger(&things[0].source, EVENT_READ);
    fake_run();
    CU_ASSERT_EQUAL(fake_log_count("blocked 1 event"), 2);
    CU_ASSERT_EQUAL(program_kill(1, SIGUSR1), 0);
    finish();
}

/* ---- queues of queues ------------------------------------------------------------------------ */

static void nested(void)
{
    open_all();
    int third = (int)open_path("/scheme/event", O_RDWR | FILE_NONBLOCK);
    CU_ASSERT_EQUAL(sys_watch(other, queue, EVENT_READ, 5), 0);
    CU_ASSERT_EQUAL(sys_watch(third, other, EVENT_READ, 6), 0);
    CU_ASSERT_EQUAL(sys_watch(third, queue, EVENT_READ, 7), 0);
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_READ, 1), 0);
    event_trigger(&things[0].source, EVENT_READ);
    event_trigger(&things[0].source, EVENT_READ);
    for (int i = 0; i < 2; i++) {
        expect_event(queue, 3, EVENT_READ, 1);
        expect_event(other, queue, EVENT_READ, 5);
        expect_event(third, queue, EVENT_READ, 7);
        expect_event(third, other, EVENT_READ, 6);
    }
    expect_none(queue);
    expect_none(other);
    expect_none(third);
    event_trigger(&things[0].source, EVENT_READ);
    int late = (int)open_path("/scheme/event", O_RDWR | FILE_NONBLOCK);
    CU_ASSERT_EQUAL(sys_watch(late, other, EVENT_READ, 8), 0);
    expect_event(late, other, EVENT_READ, 8);
}

static void test_queues_watch_queues(void)
{
    alone(nested);
}

static void circles(void)
{
    open_all();
    int third = (int)open_path("/scheme/event", O_RDWR | FILE_NONBLOCK);
    CU_ASSERT_EQUAL(sys_watch(queue, queue, EVENT_READ, 0), -KELOOP);
    CU_ASSERT_EQUAL(sys_watch(queue, other, EVENT_READ, 0), 0);
    CU_ASSERT_EQUAL(sys_watch(other, third, EVENT_READ, 0), 0);
    CU_ASSERT_EQUAL(sys_watch(third, queue, EVENT_READ, 0), -KELOOP);
    CU_ASSERT_EQUAL(sys_watch(third, other, EVENT_READ, 0), -KELOOP);
    CU_ASSERT_EQUAL(sys_watch(queue, third, EVENT_READ, 0), 0);
    CU_ASSERT_EQUAL(sys_watch(queue, other, 0, 0), 0);
    CU_ASSERT_EQUAL(sys_watch(queue, third, 0, 0), 0);
    CU_ASSERT_EQUAL(sys_watch(third, queue, EVENT_READ, 0), 0);
}

static void test_no_queue_watches_itself(void)
{
    alone(circles);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void overflow(void)
{
    open_all();
    CU_ASSERT_EQUAL(sys_watch(queue, 3, EVENT_READ, 1), 0);
    CU_ASSERT_EQUAL(sys_watch(other, queue, EVENT_READ, 2), 0);
    for (int i = 0; i < EVENTS_PER_QUEUE_MAX; i++) {
        event_trigger(&things[0].source, EVENT_READ);
        fake_log_clear();
    }
    CU_ASSERT_EQUAL(fake_log_count("counter events.dropped"), 0);
    event_trigger(&things[0].source, EVENT_READ);
    event_trigger(&things[0].source, EVENT_READ);
    CU_ASSERT_EQUAL(fake_log_count("posted"), 0);
    CU_ASSERT_EQUAL(fake_log_count("counter events.dropped 2"), 1);
    expect_event(queue, 3, EVENT_READ, 1);
    event_trigger(&things[0].source, EVENT_READ);
    CU_ASSERT_EQUAL(fake_log_count("posted 1 thing"), 1);
}

static void test_what_a_full_queue_drops_is_counted(void)
{
    alone(overflow);
}

static void no_more_queues(void)
{
    int opened = 0;
    while (open_path("/scheme/event", O_RDWR) >= 0)
        opened++;
    CU_ASSERT_EQUAL(opened, EVENT_QUEUES_MAX);
    CU_ASSERT_EQUAL(open_path("/scheme/event", O_RDWR), -KENFILE);
}

static void test_queues_have_an_end(void)
{
    alone(no_more_queues);
}

UNIT_SUITE("event", UNIT_TEST(test_each_trigger_is_one_event_of_what_is_wanted),
           UNIT_TEST(test_what_is_true_already_is_told_at_once_and_to_nobody_else),
           UNIT_TEST(test_another_wish_takes_the_place_of_the_first),
           UNIT_TEST(test_what_is_the_programs_own_is_that_of_the_last_wish),
           UNIT_TEST(test_wrong_wishes_have_their_errors),
           UNIT_TEST(test_a_file_is_watched_until_its_last_descriptor_is_closed),
           UNIT_TEST(test_a_read_takes_as_many_as_fit),
           UNIT_TEST(test_a_reader_waits_for_an_event_or_a_signal),
           UNIT_TEST(test_queues_watch_queues), UNIT_TEST(test_no_queue_watches_itself),
           UNIT_TEST(test_what_a_full_queue_drops_is_counted), UNIT_TEST(test_queues_have_an_end))
