/* user_schemes_wait_test.c - poll and epoll over a provider whose readiness is played */
#include "programs/fake_provider.h"
#include "programs/user.h"
#include "tests/unit.h"

#define MS UINT64_C(1000000)

static int tcp, set;

static void open_set(void)
{
    tcp = (int)user_socket(AF_INET, SOCK_STREAM, 0);
    set = (int)user_epoll_create();
    CU_ASSERT_TRUE(tcp >= 0 && set >= 0);
}

/* ---- poll ------------------------------------------------------------------------------------ */

static void polls(void)
{
    open_set();
    struct pollfd entries[] = {{tcp, POLLIN, 0}, {-1, POLLIN, 1}};
    uint64_t begin_ns = user_now_ns();
    CU_ASSERT_EQUAL(user_poll(entries, 2, 50 * MS), 0);
    CU_ASSERT_TRUE(user_now_ns() >= begin_ns + 50 * MS && user_now_ns() < begin_ns + 55 * MS);
    CU_ASSERT_EQUAL(entries[1].revents, 0);
    fake_become_ready_at(user_now_ns() + 20 * MS, POLLIN | POLLOUT);
    begin_ns = user_now_ns();
    CU_ASSERT_EQUAL(user_poll(entries, 2, UINT64_MAX), 1);
    CU_ASSERT_EQUAL(entries[0].revents, POLLIN); /* nobody asked for more */
    CU_ASSERT_TRUE(user_now_ns() >= begin_ns + 20 * MS && user_now_ns() < begin_ns + 30 * MS);
    CU_ASSERT_EQUAL(user_poll(entries, 2, 0), 1);
    fake_become_ready(POLLERR | POLLHUP);
    CU_ASSERT_EQUAL(user_poll(entries, 2, UINT64_MAX), 1);
    CU_ASSERT_EQUAL(entries[0].revents, POLLERR | POLLHUP);
}

static void test_poll_waits_for_what_is_wanted_or_for_its_time(void)
{
    fake_provide(polls);
}

/* ---- epoll ----------------------------------------------------------------------------------- */

/* What a wait says of its only member; 0: nothing. */
static uint32_t await(int timeout_ms, uint64_t data)
{
    struct epoll_event event = {0, 0};
    long count = user_epoll_wait(set, &event, 1, timeout_ms);
    CU_ASSERT_TRUE(count == 0 || (count == 1 && event.data == data));
    return event.events;
}

static void by_level(void)
{
    open_set();
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_ADD, tcp, POLLIN, 1), 0);
    CU_ASSERT_EQUAL(await(0, 1), 0);
    fake_become_ready_at(user_now_ns() + 20 * MS, POLLIN | POLLOUT);
    CU_ASSERT_EQUAL(await(-1, 1), POLLIN);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(await(10, 1), POLLIN);
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_MOD, tcp, POLLIN | POLLOUT, 2), 0);
    CU_ASSERT_EQUAL(await(0, 2), POLLIN | POLLOUT); /* with the word of now */
    fake_become_ready(0);
    CU_ASSERT_EQUAL(await(10, 2), 0);
}

static void test_by_level_a_member_is_told_as_long_as_it_is_ready(void)
{
    fake_provide(by_level);
}

static void by_edge(void)
{
    open_set();
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_ADD, tcp, POLLIN | EPOLLET, 1), 0);
    fake_become_ready_at(user_now_ns() + 20 * MS, POLLIN);
    CU_ASSERT_EQUAL(await(-1, 1), POLLIN);
    CU_ASSERT_EQUAL(await(10, 1), 0);
    fake_become_ready_at(user_now_ns() + 5 * MS, POLLIN);
    CU_ASSERT_EQUAL(await(10, 1), POLLIN); /* once more */
    CU_ASSERT_EQUAL(await(10, 1), 0);
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_MOD, tcp, POLLIN | EPOLLET, 2), 0);
    CU_ASSERT_EQUAL(await(10, 2), POLLIN); /* one that is wanted anew is new */
}

static void test_by_edge_it_is_told_once_for_all_edges_before(void)
{
    fake_provide(by_edge);
}

static void once_and_gone(void)
{
    open_set();
    fake_become_ready(POLLIN);
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_ADD, tcp, POLLIN | EPOLLONESHOT, 1), 0);
    CU_ASSERT_EQUAL(await(10, 1), POLLIN);
    CU_ASSERT_EQUAL(await(10, 1), 0);
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_MOD, tcp, POLLIN | EPOLLONESHOT, 2), 0);
    CU_ASSERT_EQUAL(await(10, 2), POLLIN);
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_ADD, tcp, POLLIN, 3), 0);
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_DEL, tcp, 0, 0), 0); /* its event is there */
    CU_ASSERT_EQUAL(await(10, 3), 0);
}

static void test_one_that_is_told_once_or_taken_out_is_silent(void)
{
    fake_provide(once_and_gone);
}

static void timers(void)
{
    open_set();
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_ADD, tcp, POLLIN, 1), 0);
    for (int i = 0; i < 3; i++) {
        uint64_t begin_ns = user_now_ns();
        CU_ASSERT_EQUAL(await(30, 1), 0); /* whatever the timer of the wait before has left */
        CU_ASSERT_TRUE(user_now_ns() >= begin_ns + 30 * MS && user_now_ns() < begin_ns + 35 * MS);
    }
    CU_ASSERT_EQUAL(user_epoll_wait(set, NULL, 0, 0), -KEINVAL);
}

static void test_a_wait_ends_by_its_own_timer_only(void)
{
    fake_provide(timers);
}

static void little_room(void)
{
    struct epoll_event events[4];
    open_set();
    int other = (int)user_socket(AF_INET, SOCK_STREAM, 0);
    fake_become_ready(POLLIN);
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_ADD, tcp, POLLIN | EPOLLET, 1), 0);
    CU_ASSERT_EQUAL(user_epoll_ctl(set, EPOLL_CTL_ADD, other, POLLIN | EPOLLET, 2), 0);
    CU_ASSERT_EQUAL(user_epoll_wait(set, events, 1, 0), 1);
    CU_ASSERT_EQUAL(events[0].data, 1);
    CU_ASSERT_EQUAL(user_epoll_wait(set, events, 4, 0), 1);
    CU_ASSERT_EQUAL(events[0].data, 2);
    CU_ASSERT_EQUAL(user_epoll_wait(set, events, 4, 0), 0);
}

static void test_for_whom_there_is_no_room_is_told_next(void)
{
    fake_provide(little_room);
}

UNIT_SUITE("user_schemes_wait", UNIT_TEST(test_poll_waits_for_what_is_wanted_or_for_its_time),
           UNIT_TEST(test_by_level_a_member_is_told_as_long_as_it_is_ready),
           UNIT_TEST(test_by_edge_it_is_told_once_for_all_edges_before),
           UNIT_TEST(test_one_that_is_told_once_or_taken_out_is_silent),
           UNIT_TEST(test_a_wait_ends_by_its_own_timer_only),
           UNIT_TEST(test_for_whom_there_is_no_room_is_told_next))
