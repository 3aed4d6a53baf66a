/*
 * serve_names_test.c - questions by TCP, in pieces and several at once
 */
#include "emu/wire/serve.h"
#include "emu/wire/serve_dns.h"
#include "emu/wire/wire_bytes.h"
#include "tests/unit.h"

#include <string.h>

static const struct serve_dns_name names[] = {
    {.name = "a.test", .kind = SERVE_DNS_A, .address = {10, 0, 2, 100}},
    {.name = "slow.test", .kind = SERVE_DNS_A, .address = {10, 0, 2, 101}, .delay_ns = 700},
    {.name = "long.test", .kind = SERVE_DNS_TRUNCATED},
    {.name = "long.test", .kind = SERVE_DNS_A, .address = {10, 0, 2, 102}},
    {.name = "quiet.test", .kind = SERVE_DNS_SILENT},
};

static struct serve_app *app;
static struct serve_pipe conversation;

static void names_setup(void)
{
    const struct serve_endpoint endpoint = {
        .kind = SERVE_NAMES, .names = names, .name_count = G_N_ELEMENTS(names)};
    serve_pipe_init(&conversation);
    conversation.in_len = conversation.out_len = 0;
    app = serve_app_new(&endpoint);
}

static void names_teardown(void)
{
    serve_app_free(app);
}

/* A question of type A with its length in front, as if it had come. */
static void question_comes(const char *label, uint16_t id)
{
    uint8_t *at = conversation.in + conversation.in_len;
    size_t name = strlen(label), size = 12 + 1 + name + 1 + 4 + 1 + 4;
    memset(at, 0, 2 + size);
    wire_put16(at, (unsigned)size);
    wire_put16(at + 2, id);
    wire_put16(at + 6, 1);
    at[14] = (uint8_t)name;
    memcpy(at + 15, label, name);
    at[15 + name] = 4;
    memcpy(at + 16 + name, "test", 4);
    wire_put16(at + 21 + name, 1);
    wire_put16(at + 23 + name, 1);
    conversation.in_len += 2 + size;
}

static void go_on(uint64_t now_ns)
{
    conversation.now_ns = now_ns;
    serve_app_advance(app, &conversation);
}

/* The identifier of the first answer that was sent, which ends with this number; 0: none. */
static unsigned answer(uint8_t last)
{
    if (conversation.out_len == 0) {
        return 0;
    }
    size_t size = wire_get16(conversation.out);
    unsigned id = wire_get16(conversation.out + 2);
    CU_ASSERT_TRUE_FATAL(conversation.out_len >= 2 + size);
    CU_ASSERT_EQUAL(conversation.out[1 + size], last);
    CU_ASSERT_EQUAL(wire_get16(conversation.out + 4) & 0x0200, 0); /* not truncated */
    serve_pipe_take_out(&conversation, 2 + size);
    return id;
}

static void test_question_in_pieces_is_answered_when_it_is_whole(void)
{
    names_setup();
    question_comes("a", 7);
    size_t whole = conversation.in_len;
    for (size_t len = 0; len < whole; len++) {
        conversation.in_len = len;
        go_on(0);
        CU_ASSERT_EQUAL(conversation.out_len, 0);
    }
    conversation.in_len = whole;
    go_on(0);
    CU_ASSERT_EQUAL(answer(100), 7);
    CU_ASSERT_EQUAL(conversation.in_len, 0);
    CU_ASSERT_FALSE(conversation.finished);
    names_teardown();
}

static void test_questions_are_answered_in_turn_after_their_delays(void)
{
    names_setup();
    question_comes("slow", 1);
    question_comes("quiet", 2);
    question_comes("a", 3);
    conversation.in_ended = true;
    go_on(100);
    CU_ASSERT_EQUAL(conversation.out_len, 0);
    CU_ASSERT_EQUAL(conversation.wake_ns, 800);
    CU_ASSERT_FALSE(conversation.finished);
    go_on(799);
    CU_ASSERT_EQUAL(conversation.out_len, 0);
    go_on(800);
    CU_ASSERT_EQUAL(answer(101), 1);
    CU_ASSERT_EQUAL(answer(100), 3);
    CU_ASSERT_EQUAL(answer(0), 0);
    CU_ASSERT_TRUE(conversation.finished);
    names_teardown();
}

static void test_what_does_not_fit_into_a_datagram_fits_here(void)
{
    names_setup();
    question_comes("long", 9);
    go_on(0);
    CU_ASSERT_EQUAL(answer(102), 9);
    names_teardown();
}

static void test_answer_waits_for_room(void)
{
    names_setup();
    question_comes("a", 5);
    conversation.out_len = SERVE_OUT_SIZE - 10;
    go_on(0);
    CU_ASSERT_EQUAL(conversation.out_len, SERVE_OUT_SIZE - 10);
    conversation.out_len = 0;
    go_on(0);
    CU_ASSERT_EQUAL(answer(100), 5);
    names_teardown();
}

static void test_lengths_that_no_question_has_reset(void)
{
    names_setup();
    wire_put16(conversation.in, 0);
    conversation.in_len = 2;
    go_on(0);
    CU_ASSERT_TRUE(conversation.reset);
    CU_ASSERT_PTR_NOT_NULL(conversation.failure);
    names_teardown();
}

UNIT_SUITE("serve_names", UNIT_TEST(test_question_in_pieces_is_answered_when_it_is_whole),
           UNIT_TEST(test_questions_are_answered_in_turn_after_their_delays),
           UNIT_TEST(test_what_does_not_fit_into_a_datagram_fits_here),
           UNIT_TEST(test_answer_waits_for_room),
           UNIT_TEST(test_lengths_that_no_question_has_reset))
