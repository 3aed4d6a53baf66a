/* The scheme of a network card, over a card that is two numbers: frames that came, and room. */
#include "drivers/network_scheme.h"

#include "drivers/fake_calls.h"
#include "kernel/syscall.h"
#include "tests/unit.h"

#include <string.h>

static struct network_scheme scheme;
static const uint8_t card_mac[6] = {0x52, 0x54, 0, 1, 2, 3};
static unsigned card_frames; /* numbered from 1 on in the order in which they come */
static unsigned card_read;
static unsigned card_room;
static char card_sent[16]; /* the first byte of each frame */
static bool card_waits;    /* for completions */
static unsigned card_forgotten;

static bool card_can_read(void *driver)
{
    return card_read < card_frames && driver == &card_frames;
}

static long card_read_frame(void *driver, void *buffer, size_t size)
{
    if (!card_can_read(driver))
        return -KEAGAIN;
    memset(buffer, (int)++card_read, size < 4 ? size : 4);
    return 4;
}

static bool card_can_write(void *driver)
{
    (void)driver;
    return card_room > 0;
}

static long card_write(void *driver, struct network_operation *operation)
{
    if (operation->is_sent)
        return operation->pending.done ? (long)operation->request.size : -KEAGAIN;
    if (!card_can_write(driver))
        return -KEAGAIN;
    card_room--;
    strncat(card_sent, operation->request.data, 1);
    operation->pending.done = false;
    operation->is_sent = card_waits;
    return card_waits ? -KEAGAIN : (long)operation->request.size;
}

static void card_forget(void *driver, struct network_operation *operation)
{
    (void)driver;
    card_forgotten += operation->is_sent ? 1 : 0;
}

static const struct network_ops card_ops = {
    .can_read = card_can_read,
    .read = card_read_frame,
    .can_write = card_can_write,
    .write = card_write,
    .forget = card_forget,
};

static void tick(void)
{
    CU_ASSERT_EQUAL(network_scheme_tick(&scheme), 0);
}

static void reset(void)
{
    fake_calls_reset();
    card_frames = card_read = card_forgotten = 0;
    card_room = 1000;
    card_sent[0] = '\0';
    card_waits = false;
    network_scheme_init(&scheme, FAKE_ROOT, card_mac, &card_ops, &card_frames);
}

/* A request that is answered at once. */
static int64_t ask(enum scheme_operation operation, uint64_t handle, uint32_t flags, void *data,
                   uint32_t size)
{
    uint64_t tag = fake_request(operation, handle, flags, data, size);
    tick();
    return fake_answer(tag);
}

static uint64_t open_data(void)
{
    int64_t handle = ask(SCHEME_OPEN, 0, 0, "", 0);
    CU_ASSERT_TRUE_FATAL(handle > 0);
    return (uint64_t)handle;
}

/* ---- names ----------------------------------------------------------------------------------- */

static void test_there_are_frames_and_an_address_and_nothing_else(void)
{
    reset();
    CU_ASSERT_TRUE(ask(SCHEME_OPEN, 0, 0, "", 0) > 0);
    CU_ASSERT_TRUE(ask(SCHEME_OPEN, 0, 0, "mac", 3) > 0);
    CU_ASSERT_EQUAL(ask(SCHEME_OPEN, 0, 0, "macs", 4), -KENOENT);
    CU_ASSERT_EQUAL(ask(SCHEME_OPEN, 0, 0, "x", 1), -KENOENT);
}

static void test_the_address_has_an_end_and_is_not_written(void)
{
    uint8_t mac[8] = {0};
    reset();
    uint64_t handle = (uint64_t)ask(SCHEME_OPEN, 0, 0, "mac", 3);
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle, 0, mac, 4), 4);
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle, 0, mac + 4, 4), 2);
    CU_ASSERT_EQUAL(memcmp(mac, card_mac, 6), 0);
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle, 0, mac, 4), 0);
    CU_ASSERT_EQUAL(ask(SCHEME_WRITE, handle, 0, mac, 4), -KEINVAL);
}

static void test_what_is_not_known_is_refused(void)
{
    reset();
    uint64_t handle = open_data();
    CU_ASSERT_EQUAL(ask(SCHEME_DUP, handle, 0, "", 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(ask(SCHEME_SYNC, handle, 0, NULL, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(ask((enum scheme_operation)77, handle, 0, NULL, 0), -KEOPNOTSUPP);
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle + 1, 0, NULL, 0), -KEBADF);
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, 0, 0, NULL, 0), -KEBADF);
}

static void test_closed_handles_are_used_again_and_so_many_are_open_at_the_most(void)
{
    reset();
    for (unsigned i = 1; i <= NETWORK_HANDLES_MAX; i++)
        CU_ASSERT_EQUAL(open_data(), i);
    CU_ASSERT_EQUAL(ask(SCHEME_OPEN, 0, 0, "", 0), -KENFILE);
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, 7, 0, NULL, 0), 0);
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, 7, 0, NULL, 0), -KEBADF);
    CU_ASSERT_EQUAL(open_data(), 7);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void test_reads_wait_for_frames_and_get_them_in_their_order(void)
{
    char first[4], second[4], third[4];
    reset();
    uint64_t handle = open_data(), other = open_data();
    uint64_t a = fake_request(SCHEME_READ, handle, 0, first, 4);
    uint64_t b = fake_request(SCHEME_READ, other, 0, second, 4);
    tick();
    CU_ASSERT_EQUAL(fake_answer(a), FAKE_UNANSWERED);
    card_frames = 2;
    uint64_t c = fake_request(SCHEME_READ, handle, 0, third, 4);
    tick();
    CU_ASSERT_EQUAL(fake_answer(a), 4);
    CU_ASSERT_EQUAL(fake_answer(b), 4);
    CU_ASSERT_EQUAL(fake_answer(c), FAKE_UNANSWERED);
    CU_ASSERT_EQUAL(first[0], 1);
    CU_ASSERT_EQUAL(second[0], 2);
    card_frames = 3;
    tick();
    CU_ASSERT_EQUAL(fake_answer(c), 4);
    CU_ASSERT_EQUAL(third[0], 3);
}

static bool card_gets_a_frame_when_asked;

static bool card_can_read_late(void *driver)
{
    (void)driver;
    return false;
}

/* The frame comes between two looks. */
static long card_read_late(void *driver, void *buffer, size_t size)
{
    if (card_gets_a_frame_when_asked) {
        card_gets_a_frame_when_asked = false;
        card_frames++;
        return -KEAGAIN;
    }
    return card_read_frame(driver, buffer, size);
}

static void test_a_frame_between_two_looks_is_for_the_first_that_waits(void)
{
    static const struct network_ops late_ops = {
        .can_read = card_can_read_late,
        .read = card_read_late,
        .can_write = card_can_write,
        .write = card_write,
        .forget = card_forget,
    };
    char buffer[4];
    reset();
    scheme.ops = &late_ops;
    uint64_t handle = open_data();
    card_gets_a_frame_when_asked = true;
    uint64_t a = fake_request(SCHEME_READ, handle, 0, buffer, 4);
    uint64_t b = fake_request(SCHEME_READ, handle, 0, buffer, 4);
    tick();
    CU_ASSERT_EQUAL(fake_answer(a), FAKE_UNANSWERED);
    CU_ASSERT_EQUAL(fake_answer(b), FAKE_UNANSWERED);
    tick();
    CU_ASSERT_EQUAL(fake_answer(a), 4);
    CU_ASSERT_EQUAL(fake_answer(b), FAKE_UNANSWERED);
}

static void test_writes_wait_for_room_in_their_order_and_reads_do_not_wait_for_them(void)
{
    char buffer[4];
    reset();
    uint64_t handle = open_data();
    card_room = 0;
    uint64_t a = fake_request(SCHEME_WRITE, handle, 0, "a", 1);
    uint64_t b = fake_request(SCHEME_WRITE, handle, 0, "b", 1);
    tick();
    card_frames = 1;
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle, 0, buffer, 4), 4);
    card_room = 1;
    uint64_t c = fake_request(SCHEME_WRITE, handle, 0, "c", 1);
    tick();
    CU_ASSERT_STRING_EQUAL(card_sent, "a");
    CU_ASSERT_EQUAL(fake_answer(a), 1);
    card_room = 2;
    tick();
    CU_ASSERT_STRING_EQUAL(card_sent, "abc");
    CU_ASSERT_EQUAL(fake_answer(b), 1);
    CU_ASSERT_EQUAL(fake_answer(c), 1);
}

static void test_who_does_not_want_to_wait_does_not(void)
{
    char buffer[4];
    reset();
    uint64_t handle = open_data();
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle, O_NONBLOCK, buffer, 4), -KEAGAIN);
    card_room = 0;
    CU_ASSERT_EQUAL(ask(SCHEME_WRITE, handle, O_NONBLOCK, "a", 1), -KEAGAIN);
    card_room = 1;
    CU_ASSERT_EQUAL(ask(SCHEME_WRITE, handle, O_NONBLOCK, "b", 1), 1);
    CU_ASSERT_STRING_EQUAL(card_sent, "b");
}

static void test_cancelled_operations_are_interrupted_and_hold_up_nobody(void)
{
    char buffer[4] = {0};
    reset();
    uint64_t handle = open_data();
    uint64_t a = fake_request(SCHEME_READ, handle, 0, buffer, 4);
    uint64_t b = fake_request(SCHEME_READ, handle, 0, buffer, 4);
    tick();
    struct scheme_request *cancel = &fake_calls.requests[fake_calls.request_count];
    fake_request(SCHEME_CANCEL, handle, 0, NULL, 0);
    cancel->tag = a;
    tick();
    CU_ASSERT_EQUAL(fake_answer(a), -KEINTR);
    CU_ASSERT_EQUAL(fake_answer(b), FAKE_UNANSWERED);
    unsigned answers = fake_calls.answer_count;
    cancel = &fake_calls.requests[fake_calls.request_count];
    fake_request(SCHEME_CANCEL, handle, 0, NULL, 0);
    cancel->tag = a; /* again: it was answered */
    tick();
    CU_ASSERT_EQUAL(fake_calls.answer_count, answers);
    card_frames = 1;
    tick();
    CU_ASSERT_EQUAL(fake_answer(b), 4);
    CU_ASSERT_EQUAL(buffer[0], 1);
}

static void test_a_frame_that_is_sent_is_not_called_back(void)
{
    reset();
    uint64_t handle = open_data();
    card_waits = true;
    uint64_t a = fake_request(SCHEME_WRITE, handle, 0, "a", 1);
    uint64_t b = fake_request(SCHEME_WRITE, handle, 0, "b", 1);
    tick();
    CU_ASSERT_STRING_EQUAL(card_sent, "ab"); /* the one does not wait for the other */
    CU_ASSERT_EQUAL(fake_answer(a), FAKE_UNANSWERED);
    fake_request(SCHEME_CANCEL, handle, 0, NULL, 0);
    fake_calls.requests[fake_calls.request_count - 1].tag = a;
    tick();
    CU_ASSERT_EQUAL(fake_answer(a), 1);
    CU_ASSERT_EQUAL(card_forgotten, 1);
    for (unsigned i = 0; i < NETWORK_OPERATIONS_MAX; i++)
        scheme.operations[i].pending.done = true;
    tick();
    CU_ASSERT_EQUAL(fake_answer(b), 1);
    CU_ASSERT_STRING_EQUAL(card_sent, "ab");
}

static void test_what_waits_ends_with_its_handle(void)
{
    char buffer[4];
    reset();
    uint64_t handle = open_data(), other = open_data();
    uint64_t a = fake_request(SCHEME_READ, handle, 0, buffer, 4);
    uint64_t b = fake_request(SCHEME_READ, other, 0, buffer, 4);
    tick();
    CU_ASSERT_EQUAL(ask(SCHEME_CLOSE, handle, 0, NULL, 0), 0);
    CU_ASSERT_EQUAL(fake_answer(a), -KEBADF);
    card_frames = 1;
    tick();
    CU_ASSERT_EQUAL(fake_answer(b), 4);
}

static void test_more_than_can_wait_are_sent_away(void)
{
    char buffer[4];
    reset();
    uint64_t handle = open_data();
    for (unsigned i = 0; i < NETWORK_OPERATIONS_MAX; i++)
        fake_request(SCHEME_READ, handle, 0, buffer, 4);
    tick();
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle, 0, buffer, 4), -KEAGAIN);
    card_frames = 1;
    tick();
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle, 0, buffer, 4), FAKE_UNANSWERED);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void test_watchers_are_told_once_until_somebody_has_tried(void)
{
    char buffer[4];
    reset();
    uint64_t handle = open_data();
    CU_ASSERT_EQUAL(ask(SCHEME_EVENTS, handle, EVENT_READ, NULL, 0), 0);
    CU_ASSERT_EQUAL(fake_events(handle, EVENT_READ), 0);
    card_frames = 1;
    tick();
    tick();
    CU_ASSERT_EQUAL(fake_events(handle, EVENT_READ), 1);
    card_frames = 3;
    tick();
    CU_ASSERT_EQUAL(fake_events(handle, EVENT_READ), 1);
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle, O_NONBLOCK, buffer, 4), 4);
    CU_ASSERT_EQUAL(fake_events(handle, EVENT_READ), 2); /* two are left */
    card_read = card_frames;
    CU_ASSERT_EQUAL(ask(SCHEME_READ, handle, O_NONBLOCK, buffer, 4), -KEAGAIN);
    card_frames++;
    tick();
    CU_ASSERT_EQUAL(fake_events(handle, EVENT_READ), 3);
}

static void test_who_begins_to_watch_is_told_what_is_true_already(void)
{
    reset();
    uint64_t handle = open_data();
    card_frames = 1;
    CU_ASSERT_EQUAL(ask(SCHEME_EVENTS, handle, EVENT_READ | EVENT_WRITE, NULL, 0),
                    EVENT_READ | EVENT_WRITE);
    CU_ASSERT_EQUAL(fake_calls.answer_count, 2); /* to OPEN, and to that: no event as well */
    CU_ASSERT_EQUAL(ask(SCHEME_EVENTS, handle, 0, NULL, 0), 0);
    card_frames++;
    tick();
    CU_ASSERT_EQUAL(fake_events(handle, EVENT_READ), 0);
}

static void test_room_is_told_of_after_a_write_that_found_none(void)
{
    reset();
    uint64_t handle = open_data();
    CU_ASSERT_EQUAL(ask(SCHEME_EVENTS, handle, EVENT_WRITE, NULL, 0), EVENT_WRITE);
    card_room = 0;
    CU_ASSERT_EQUAL(ask(SCHEME_WRITE, handle, O_NONBLOCK, "a", 1), -KEAGAIN);
    CU_ASSERT_EQUAL(fake_events(handle, EVENT_WRITE), 0);
    card_room = 1;
    tick();
    CU_ASSERT_EQUAL(fake_events(handle, EVENT_WRITE), 1);
}

UNIT_SUITE("network_scheme", UNIT_TEST(test_there_are_frames_and_an_address_and_nothing_else),
           UNIT_TEST(test_the_address_has_an_end_and_is_not_written),
           UNIT_TEST(test_what_is_not_known_is_refused),
           UNIT_TEST(test_closed_handles_are_used_again_and_so_many_are_open_at_the_most),
           UNIT_TEST(test_reads_wait_for_frames_and_get_them_in_their_order),
           UNIT_TEST(test_a_frame_between_two_looks_is_for_the_first_that_waits),
           UNIT_TEST(test_writes_wait_for_room_in_their_order_and_reads_do_not_wait_for_them),
           UNIT_TEST(test_who_does_not_want_to_wait_does_not),
           UNIT_TEST(test_cancelled_operations_are_interrupted_and_hold_up_nobody),
           UNIT_TEST(test_a_frame_that_is_sent_is_not_called_back),
           UNIT_TEST(test_what_waits_ends_with_its_handle),
           UNIT_TEST(test_more_than_can_wait_are_sent_away),
           UNIT_TEST(test_watchers_are_told_once_until_somebody_has_tried),
           UNIT_TEST(test_who_begins_to_watch_is_told_what_is_true_already),
           UNIT_TEST(test_room_is_told_of_after_a_write_that_found_none))
