/*
 * datagram_channel_test.c - tests for datagram_channel.c: what is queued and what is dropped, what
 * is told once, halves, and the bounds of options
 */
#include "netstack/datagram_channel.h"

#include "kernel/fake_hal.h"
#include "kernel/nbuf.h"
#include "lib/errno.h"
#include "netstack/dialogue.h"
#include "netstack/netstack.h"
#include "tests/unit.h"

#include <string.h>

static struct {
    unsigned changed, named;
} told;

static void changed(void *owner)
{
    CU_ASSERT_PTR_EQUAL(owner, &told);
    told.changed++;
}

static void named(void *owner)
{
    CU_ASSERT_PTR_EQUAL(owner, &told);
    told.named++;
}

static struct datagram_kind kind;
static struct datagram_channel channel;

static void begin(void)
{
    dialogue_begin();
    told.changed = told.named = 0;
    kind = (struct datagram_kind){
        .name = "test", .dropped_counter = "test.dropped", .changed = changed, .named = named};
    datagram_channel_init(&channel, &kind, &told);
    netstack_lock();
}

static void end(void)
{
    datagram_channel_fini(&channel);
    netstack_unlock();
    dialogue_end();
}

/* One of `size` bytes of `fill`, from this port. */
static void deliver(uint8_t fill, size_t size, uint16_t port)
{
    struct datagram_draft draft;
    CU_ASSERT_EQUAL_FATAL(datagram_draft_alloc(&draft, size), 0);
    memset(draft.nbuf->data, fill, size);
    draft.nbuf->ttl = 61;
    datagram_channel_deliver(&channel, draft.nbuf, GATEWAY, port);
}

/* The first byte of the oldest, which is taken. */
static int take(void)
{
    const struct datagram *oldest;
    CU_ASSERT_EQUAL_FATAL(datagram_channel_look(&channel, &oldest), 1);
    int fill = oldest->nbuf->data[0];
    datagram_channel_discard(&channel);
    return fill;
}

/* ---- the queue ------------------------------------------------------------------------------- */

static void test_what_came_is_looked_at_until_it_is_discarded(void)
{
    const struct datagram *oldest = NULL;
    begin();
    CU_ASSERT_EQUAL(datagram_channel_look(&channel, &oldest), -KEAGAIN);
    deliver(1, 10, 53);
    deliver(2, 20, 54);
    CU_ASSERT_EQUAL(told.changed, 2);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(datagram_channel_look(&channel, &oldest), 1);
        CU_ASSERT_EQUAL(oldest->nbuf->len, 10);
        CU_ASSERT_EQUAL(oldest->source, GATEWAY);
        CU_ASSERT_EQUAL(oldest->port, 53);
        CU_ASSERT_EQUAL(oldest->ttl, 61);
    }
    CU_ASSERT_EQUAL(channel.queued_bytes, 30);
    datagram_channel_discard(&channel);
    CU_ASSERT_EQUAL(channel.queued_bytes, 20);
    CU_ASSERT_EQUAL(take(), 2);
    CU_ASSERT_EQUAL(datagram_channel_look(&channel, &oldest), -KEAGAIN);
    end();
}

static void test_order_holds_when_the_ring_goes_round(void)
{
    begin();
    for (unsigned i = 0; i < 3 * DATAGRAMS_MAX; i++) {
        deliver((uint8_t)(2 * i), 1, 0);
        deliver((uint8_t)(2 * i + 1), 1, 0);
        CU_ASSERT_EQUAL(take(), 2 * i);
        CU_ASSERT_EQUAL(take(), 2 * i + 1);
    }
    CU_ASSERT_EQUAL(channel.dropped, 0);
    end();
}

static void test_one_too_many_is_dropped_and_counted(void)
{
    begin();
    for (unsigned i = 0; i < DATAGRAMS_MAX + 2; i++)
        deliver((uint8_t)i, 8, 0);
    CU_ASSERT_EQUAL(told.changed, DATAGRAMS_MAX);
    CU_ASSERT_EQUAL(channel.dropped, 2);
    CU_ASSERT_EQUAL(dialogue_drops("test receive queue full"), 2);
    CU_ASSERT_EQUAL(fake_log_count("counter test.dropped 2\n"), 1);
    CU_ASSERT_EQUAL(take(), 0); /* the new ones went, not the old ones */
    deliver(99, 8, 0);
    CU_ASSERT_EQUAL(channel.dropped, 2);
    end();
}

static void test_bytes_have_a_limit_and_the_last_one_fits(void)
{
    begin();
    datagram_channel_set_receive_buffer(&channel, 2000);
    deliver(1, 1000, 0);
    deliver(2, 1001, 0);
    CU_ASSERT_EQUAL(channel.dropped, 1);
    deliver(3, 1000, 0);
    deliver(4, 0, 0); /* nothing more than nothing */
    CU_ASSERT_EQUAL(channel.dropped, 1);
    CU_ASSERT_EQUAL(take(), 1);
    CU_ASSERT_EQUAL(take(), 3);
    end();
}

static void test_drops_of_a_kind_are_counted_together(void)
{
    struct datagram_channel other;
    begin();
    datagram_channel_init(&other, &kind, &told);
    datagram_channel_drop(&channel, nbuf_alloc(), "one");
    datagram_channel_drop(&other, nbuf_alloc(), "another");
    CU_ASSERT_EQUAL(channel.dropped, 1);
    CU_ASSERT_EQUAL(other.dropped, 1);
    CU_ASSERT_EQUAL(fake_log_count("counter test.dropped 1\n"), 1);
    CU_ASSERT_EQUAL(fake_log_count("counter test.dropped 2\n"), 1);
    end();
}

/* ---- errors and halves ----------------------------------------------------------------------- */

static void test_an_error_is_told_once_and_before_datagrams(void)
{
    const struct datagram *oldest;
    begin();
    deliver(1, 1, 0);
    datagram_channel_fail(&channel, KECONNREFUSED);
    CU_ASSERT_EQUAL(told.changed, 2);
    CU_ASSERT_EQUAL(datagram_channel_look(&channel, &oldest), -KECONNREFUSED);
    CU_ASSERT_EQUAL(take(), 1);
    datagram_channel_fail(&channel, KEHOSTUNREACH);
    CU_ASSERT_EQUAL(datagram_channel_may_send(&channel, 1, 1), -KEHOSTUNREACH);
    CU_ASSERT_EQUAL(datagram_channel_may_send(&channel, 1, 1), 0);
    datagram_channel_fail(&channel, KEHOSTUNREACH);
    CU_ASSERT_EQUAL(datagram_channel_take_error(&channel), -KEHOSTUNREACH);
    CU_ASSERT_EQUAL(datagram_channel_take_error(&channel), 0);
    end();
}

static void test_a_read_half_that_is_shut_gives_what_it_has_and_takes_no_more(void)
{
    const struct datagram *oldest;
    begin();
    deliver(1, 1, 0);
    datagram_channel_shutdown(&channel, SHUT_RD);
    CU_ASSERT_EQUAL(told.changed, 2);
    deliver(2, 1, 0);
    CU_ASSERT_EQUAL(dialogue_drops("test reading is shut down"), 1);
    CU_ASSERT_EQUAL(channel.dropped, 1);
    CU_ASSERT_EQUAL(take(), 1);
    CU_ASSERT_EQUAL(datagram_channel_look(&channel, &oldest), 0);
    CU_ASSERT_EQUAL(datagram_channel_may_send(&channel, 1, 1), 0);
    end();
}

static void test_what_cannot_be_sent_says_why(void)
{
    begin();
    CU_ASSERT_EQUAL(datagram_channel_may_send(&channel, 100, 100), 0);
    CU_ASSERT_EQUAL(datagram_channel_may_send(&channel, 101, 100), -KEMSGSIZE);
    datagram_channel_shutdown(&channel, SHUT_WR);
    CU_ASSERT_EQUAL(datagram_channel_may_send(&channel, 101, 100), -KEPIPE);
    deliver(1, 1, 0);
    CU_ASSERT_EQUAL(take(), 1);
    end();
}

static void test_readiness_follows_what_there_is(void)
{
    const unsigned out = POLLOUT | POLLWRNORM, in = POLLIN | POLLRDNORM;
    begin();
    CU_ASSERT_EQUAL(datagram_channel_readiness(&channel), out);
    CU_ASSERT_FALSE(datagram_channel_is_readable(&channel));
    deliver(1, 1, 0);
    CU_ASSERT_EQUAL(datagram_channel_readiness(&channel), out | in);
    CU_ASSERT_TRUE(datagram_channel_is_readable(&channel));
    (void)take();
    datagram_channel_fail(&channel, KECONNREFUSED);
    CU_ASSERT_EQUAL(datagram_channel_readiness(&channel), out | POLLERR);
    CU_ASSERT_TRUE(datagram_channel_is_readable(&channel));
    (void)datagram_channel_take_error(&channel);
    datagram_channel_shutdown(&channel, SHUT_RD);
    CU_ASSERT_EQUAL(datagram_channel_readiness(&channel), out | in | POLLRDHUP);
    CU_ASSERT_TRUE(datagram_channel_is_readable(&channel));
    datagram_channel_shutdown(&channel, SHUT_WR);
    CU_ASSERT_EQUAL(datagram_channel_readiness(&channel), out | in | POLLRDHUP | POLLHUP);
    end();
}

/* ---- options and drafts ---------------------------------------------------------------------- */

static void test_ttl_has_bounds(void)
{
    begin();
    CU_ASSERT_EQUAL(datagram_channel_ttl(&channel), 64);
    CU_ASSERT_EQUAL(datagram_channel_set_ttl(&channel, 255), 0);
    CU_ASSERT_EQUAL(datagram_channel_ttl(&channel), 255);
    CU_ASSERT_EQUAL(datagram_channel_set_ttl(&channel, 0), -KEINVAL);
    CU_ASSERT_EQUAL(datagram_channel_set_ttl(&channel, 256), -KEINVAL);
    CU_ASSERT_EQUAL(datagram_channel_set_ttl(&channel, -2), -KEINVAL);
    CU_ASSERT_EQUAL(datagram_channel_ttl(&channel), 255);
    CU_ASSERT_EQUAL(datagram_channel_set_ttl(&channel, 1), 0);
    CU_ASSERT_EQUAL(datagram_channel_ttl(&channel), 1);
    CU_ASSERT_EQUAL(datagram_channel_set_ttl(&channel, -1), 0);
    CU_ASSERT_EQUAL(datagram_channel_ttl(&channel), 64);
    end();
}

static void test_buffers_have_bounds(void)
{
    static const struct {
        int32_t wanted;
        uint32_t receive, send;
    } cases[] = {
        {INT32_MIN, 1152, 2304},  {-1, 1152, 2304},         {0, 1152, 2304},
        {1152, 1152, 2304},       {2304, 2304, 2304},       {5000, 5000, 5000},
        {212992, 212992, 212992}, {212993, 212992, 212992}, {INT32_MAX, 212992, 212992},
    };
    begin();
    CU_ASSERT_EQUAL(datagram_buffer_size(channel.receive_buffer), 212992);
    CU_ASSERT_EQUAL(datagram_buffer_size(channel.send_buffer), 212992);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        datagram_channel_set_receive_buffer(&channel, cases[i].wanted);
        datagram_channel_set_send_buffer(&channel, cases[i].wanted);
        CU_ASSERT_EQUAL(channel.receive_buffer, cases[i].receive);
        CU_ASSERT_EQUAL(channel.send_buffer, cases[i].send);
    }
    end();
}

static void test_a_draft_is_as_large_as_a_packet_may_be(void)
{
    struct datagram_draft drafts[NBUF_LARGE_COUNT + 1];
    unsigned count = 0;
    begin();
    while (count < NBUF_LARGE_COUNT + 1 && datagram_draft_alloc(&drafts[count], 65507) == 0) {
        CU_ASSERT_EQUAL(drafts[count].nbuf->len, 65507);
        count++;
    }
    /* The large ones are few: the one too many is refused, and its small one is free again. */
    CU_ASSERT_TRUE(count > 0 && count <= NBUF_LARGE_COUNT);
    CU_ASSERT_EQUAL(datagram_draft_alloc(&drafts[count], 100), 0);
    for (unsigned i = 0; i <= count; i++)
        nbuf_free(drafts[i].nbuf);
    end();
}

static void test_who_does_not_ask_for_names_is_not_told(void)
{
    begin();
    datagram_channel_named(&channel);
    CU_ASSERT_EQUAL(told.named, 1);
    kind.named = NULL;
    datagram_channel_named(&channel);
    CU_ASSERT_EQUAL(told.named, 1);
    end();
}

UNIT_SUITE("datagram_channel", UNIT_TEST(test_what_came_is_looked_at_until_it_is_discarded),
           UNIT_TEST(test_order_holds_when_the_ring_goes_round),
           UNIT_TEST(test_one_too_many_is_dropped_and_counted),
           UNIT_TEST(test_bytes_have_a_limit_and_the_last_one_fits),
           UNIT_TEST(test_drops_of_a_kind_are_counted_together),
           UNIT_TEST(test_an_error_is_told_once_and_before_datagrams),
           UNIT_TEST(test_a_read_half_that_is_shut_gives_what_it_has_and_takes_no_more),
           UNIT_TEST(test_what_cannot_be_sent_says_why),
           UNIT_TEST(test_readiness_follows_what_there_is), UNIT_TEST(test_ttl_has_bounds),
           UNIT_TEST(test_buffers_have_bounds),
           UNIT_TEST(test_a_draft_is_as_large_as_a_packet_may_be),
           UNIT_TEST(test_who_does_not_ask_for_names_is_not_told))
