/*
 * p9_lock_test.c - locks by themselves: what is in the way, what is cut, what is joined, the limit
 *
 * What is locked is written down as text: each lock as OWNER, r or w, and its range.
 */
#include "emu/virtio-9p/p9_lock.h"

#include "tests/unit.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#define END P9_OFFSET_MAX

static int node_a, node_b; /* as addresses only */
#define NODE_A ((const struct p9_node *)(const void *)&node_a)
#define NODE_B ((const struct p9_node *)(const void *)&node_b)

/* The owner is a number; odd and even ones are of two clients, so that 1 and 2 have one proc_id. */
static struct p9_lock make(unsigned owner, uint8_t type, uint64_t first, uint64_t last)
{
    const struct p9_request request = {
        .type = P9_TLOCK,
        .lock_type = type,
        .offset = first,
        .length = last < END ? last - first + 1 : 0,
        .proc_id = (owner + 1) / 2,
        .text = {.bytes = owner % 2 != 0 ? "odd" : "even", .len = owner % 2 != 0 ? 3 : 4},
        .fid = 10 + owner,
    };
    struct p9_lock lock;
    CU_ASSERT_EQUAL_FATAL(p9_lock_from_request(&lock, &request), 0);
    CU_ASSERT_EQUAL(p9_lock_length(&lock), request.length);
    return lock;
}

static int set(struct p9_locks *locks, unsigned owner, char type, uint64_t first, uint64_t last)
{
    uint8_t number = type == 'r'   ? P9_LOCK_TYPE_RDLCK
                     : type == 'w' ? P9_LOCK_TYPE_WRLCK
                                   : P9_LOCK_TYPE_UNLCK;
    const struct p9_lock lock = make(owner, number, first, last);
    return p9_locks_set(locks, NODE_A, &lock);
}

/* What keeps a stranger from writing each byte below `end`: the type, or '.'. */
static bool shows(const struct p9_locks *locks, const char *wanted)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (uint64_t byte = 0; byte < strlen(wanted); byte++) {
        const struct p9_lock asked = make(99, P9_LOCK_TYPE_WRLCK, byte, byte);
        const struct p9_lock *lock = p9_locks_conflict(locks, NODE_A, &asked);
        bool reads = lock != NULL && lock->type == P9_LOCK_TYPE_RDLCK;
        g_string_append_c(text, lock == NULL ? '.' : reads ? 'r' : 'w');
    }
    return strcmp(text->str, wanted) == 0;
}

/* ---- what is in the way ---------------------------------------------------------------------- */

static void test_readers_share_and_writers_do_not(void)
{
    static const struct {
        char held, wanted;
        int error;
    } rows[] = {
        {'r', 'r', 0}, {'r', 'w', EAGAIN}, {'w', 'r', EAGAIN}, {'w', 'w', EAGAIN}, {'w', 'u', 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct p9_locks *locks = p9_locks_new();
        CU_ASSERT_EQUAL(set(locks, 1, rows[i].held, 10, 19), 0);
        CU_ASSERT_EQUAL(set(locks, 2, rows[i].wanted, 19, 30), rows[i].error);
        CU_ASSERT_EQUAL(p9_locks_count(locks),
                        rows[i].held == 'r' && rows[i].wanted == 'r' ? 2 : 1);
        p9_locks_free(locks);
    }
}

static void test_ranges_meet_in_their_last_and_first_bytes(void)
{
    static const struct {
        uint64_t first, last;
        int error;
    } rows[] = {
        {0, 9, 0},        {0, 10, EAGAIN},  {19, 19, EAGAIN}, {20, 29, 0},
        {12, 13, EAGAIN}, {0, END, EAGAIN}, {20, END, 0},     {19, END, EAGAIN},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct p9_locks *locks = p9_locks_new();
        CU_ASSERT_EQUAL(set(locks, 1, 'w', 10, 19), 0);
        CU_ASSERT_EQUAL(set(locks, 3, 'w', rows[i].first, rows[i].last), rows[i].error);
        p9_locks_free(locks);
    }
}

static void test_an_owner_is_a_number_and_a_client(void)
{
    struct p9_locks *locks = p9_locks_new();
    CU_ASSERT_EQUAL(set(locks, 1, 'w', 0, END), 0);
    CU_ASSERT_EQUAL(set(locks, 1, 'w', 5, 6), 0);      /* its own is in nobody's way */
    CU_ASSERT_EQUAL(set(locks, 2, 'r', 5, 6), EAGAIN); /* the same number, of another client */
    CU_ASSERT_EQUAL(set(locks, 3, 'r', 5, 6), EAGAIN); /* another number, of the same client */
    CU_ASSERT_EQUAL(p9_locks_count(locks), 1);
    p9_locks_free(locks);
}

static void test_nodes_have_nothing_to_do_with_each_other(void)
{
    struct p9_locks *locks = p9_locks_new();
    const struct p9_lock other = make(2, P9_LOCK_TYPE_WRLCK, 0, END);
    CU_ASSERT_EQUAL(set(locks, 1, 'w', 0, END), 0);
    CU_ASSERT_PTR_NULL(p9_locks_conflict(locks, NODE_B, &other));
    CU_ASSERT_EQUAL(p9_locks_set(locks, NODE_B, &other), 0);
    CU_ASSERT_EQUAL(p9_locks_count(locks), 2);
    CU_ASSERT_EQUAL(set(locks, 1, 'u', 0, END), 0);
    CU_ASSERT_EQUAL(p9_locks_count(locks), 1);
    p9_locks_clear(locks);
    CU_ASSERT_EQUAL(p9_locks_count(locks), 0);
    CU_ASSERT_EQUAL(p9_locks_set(locks, NODE_B, &other), 0);
    p9_locks_free(locks);
}

static void test_of_several_in_the_way_the_first_is_told(void)
{
    struct p9_locks *locks = p9_locks_new();
    CU_ASSERT_EQUAL(set(locks, 1, 'r', 50, 59), 0);
    CU_ASSERT_EQUAL(set(locks, 3, 'r', 20, 29), 0);
    CU_ASSERT_EQUAL(set(locks, 5, 'r', 20, 25), 0);
    const struct p9_lock all = make(2, P9_LOCK_TYPE_WRLCK, 0, END);
    const struct p9_lock *first = p9_locks_conflict(locks, NODE_A, &all);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_TRUE(first->first == 20 && first->last == 29 && first->proc_id == 2);
    const struct p9_lock own = make(3, P9_LOCK_TYPE_WRLCK, 0, END);
    first = p9_locks_conflict(locks, NODE_A, &own);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_TRUE(first->last == 25 && first->proc_id == 3);
    p9_locks_free(locks);
}

/* ---- what becomes of an owner's -------------------------------------------------------------- */

static void test_a_new_lock_takes_the_place_of_the_owners_own(void)
{
    static const struct {
        const char *steps; /* of owner 1: type, first and last byte */
        const char *shown;
        unsigned count;
    } rows[] = {
        {"w29", "..wwwwwwww..", 1},         {"w29 u45", "..ww..wwww..", 2},
        {"w29 u29", "............", 0},     {"w29 u09", "............", 0},
        {"w29 u24", ".....wwwww..", 1},     {"w29 u79", "..wwwww.....", 1},
        {"w29 r45", "..wwrrwwww..", 3},     {"w29 r02", "rrrwwwwwww..", 2},
        {"w24 w79", "..www..www..", 2},     {"w24 w59", "..wwwwwwww..", 1},
        {"w59 w24", "..wwwwwwww..", 1},     {"w24 w79 w56", "..wwwwwwww..", 1},
        {"w24 w79 w38", "..wwwwwwww..", 1}, {"w24 r59", "..wwwrrrrr..", 2},
        {"w24 r59 w59", "..wwwwwwww..", 1}, {"r09 w35 u44", "rrrw.wrrrr..", 4},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct p9_locks *locks = p9_locks_new();
        for (const char *at = rows[i].steps; *at != '\0'; at += at[3] == ' ' ? 4 : 3) {
            CU_ASSERT_EQUAL(set(locks, 1, at[0], (uint64_t)(at[1] - '0'), (uint64_t)(at[2] - '0')),
                            0);
        }
        CU_ASSERT_TRUE(shows(locks, rows[i].shown));
        CU_ASSERT_EQUAL(p9_locks_count(locks), rows[i].count);
        p9_locks_free(locks);
    }
}

static void test_what_is_refused_changes_nothing(void)
{
    struct p9_locks *locks = p9_locks_new();
    CU_ASSERT_EQUAL(set(locks, 1, 'r', 0, 9), 0);
    CU_ASSERT_EQUAL(set(locks, 2, 'r', 4, 5), 0);
    CU_ASSERT_EQUAL(set(locks, 1, 'w', 0, 5), EAGAIN);
    const struct p9_lock asked = make(2, P9_LOCK_TYPE_RDLCK, 0, END);
    CU_ASSERT_PTR_NULL(p9_locks_conflict(locks, NODE_A, &asked)); /* all of it is for reading */
    CU_ASSERT_EQUAL(p9_locks_count(locks), 2);
    CU_ASSERT_EQUAL(set(locks, 2, 'u', 0, END), 0);
    CU_ASSERT_EQUAL(set(locks, 1, 'w', 0, 5), 0);
    CU_ASSERT_TRUE(shows(locks, "wwwwwwrrrr."));
    p9_locks_free(locks);
}

static void test_a_lock_to_the_end_is_to_any_end(void)
{
    struct p9_locks *locks = p9_locks_new();
    CU_ASSERT_EQUAL(set(locks, 1, 'w', 3, END), 0);
    CU_ASSERT_EQUAL(set(locks, 2, 'w', END - 1, END), EAGAIN);
    CU_ASSERT_EQUAL(set(locks, 1, 'u', 5, 5), 0);
    CU_ASSERT_TRUE(shows(locks, "...ww.ww"));
    CU_ASSERT_EQUAL(set(locks, 1, 'w', 5, END), 0); /* joined at both sides */
    CU_ASSERT_EQUAL(p9_locks_count(locks), 1);
    p9_locks_free(locks);
}

/* Those of one owner by two fids are not joined, so that each goes with its own. */
static void test_a_fid_takes_its_locks_along(void)
{
    struct p9_locks *locks = p9_locks_new();
    struct p9_lock second = make(1, P9_LOCK_TYPE_WRLCK, 4, 7);
    second.fid = 77;
    CU_ASSERT_EQUAL(set(locks, 1, 'w', 0, 5), 0);
    CU_ASSERT_EQUAL(p9_locks_set(locks, NODE_A, &second), 0);
    CU_ASSERT_EQUAL(set(locks, 2, 'w', 9, 9), 0);
    CU_ASSERT_TRUE(shows(locks, "wwwwwwww.w"));
    p9_locks_release(locks, NODE_A, 11);
    CU_ASSERT_TRUE(shows(locks, "....wwww.w"));
    p9_locks_release(locks, NODE_A, 11);
    p9_locks_release(locks, NODE_B, 77);
    CU_ASSERT_TRUE(shows(locks, "....wwww.w"));
    p9_locks_release(locks, NODE_A, 77);
    p9_locks_release(locks, NODE_A, 12);
    CU_ASSERT_EQUAL(p9_locks_count(locks), 0);
    p9_locks_free(locks);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void test_locks_are_limited_also_when_one_is_cut_in_two(void)
{
    struct p9_locks *locks = p9_locks_new();
    for (uint64_t i = 0; i < P9_LOCKS_MAX; i++) {
        CU_ASSERT_EQUAL_FATAL(set(locks, 1, 'w', 10 * i, 10 * i + 4), 0);
    }
    CU_ASSERT_EQUAL(p9_locks_count(locks), P9_LOCKS_MAX);
    CU_ASSERT_EQUAL(set(locks, 2, 'w', 7, 7), ENOLCK);
    const struct p9_lock other = make(2, P9_LOCK_TYPE_WRLCK, 0, 0);
    CU_ASSERT_EQUAL(p9_locks_set(locks, NODE_B, &other), ENOLCK);
    CU_ASSERT_EQUAL(set(locks, 1, 'u', 2, 2), ENOLCK);
    CU_ASSERT_TRUE(shows(locks, "wwwww.....wwwww"));
    CU_ASSERT_EQUAL(set(locks, 1, 'w', 5, 9), 0); /* one of two */
    CU_ASSERT_EQUAL(p9_locks_count(locks), P9_LOCKS_MAX - 1);
    CU_ASSERT_EQUAL(p9_locks_set(locks, NODE_B, &other), 0);
    p9_locks_free(locks);
}

static void test_ranges_and_names_that_are_none_are_refused(void)
{
    char name[P9_LOCK_CLIENT_MAX + 1] = {0};
    const struct {
        uint8_t type;
        uint64_t offset, length;
        uint16_t len;
        int error;
    } rows[] = {
        {0, 0, END, 0, 0},
        {0, 0, END + 1, 0, 0},
        {0, 0, END + 2, 0, EOVERFLOW},
        {0, 1, END + 1, 0, EOVERFLOW},
        {0, 1, UINT64_MAX, 0, EOVERFLOW},
        {0, END, 1, 0, 0},
        {0, END, 0, 0, 0},
        {0, END, 2, 0, EOVERFLOW},
        {0, END + 1, 0, 0, EINVAL},
        {0, UINT64_MAX, 1, 0, EINVAL},
        {P9_LOCK_TYPE_UNLCK, 0, 0, 0, 0},
        {P9_LOCK_TYPE_UNLCK + 1, 0, 0, 0, EINVAL},
        {UINT8_MAX, 0, 0, 0, EINVAL},
        {0, 0, 0, P9_LOCK_CLIENT_MAX, 0},
        {0, 0, 0, P9_LOCK_CLIENT_MAX + 1, ENAMETOOLONG},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct p9_request request = {.lock_type = rows[i].type,
                                           .offset = rows[i].offset,
                                           .length = rows[i].length,
                                           .text = {.bytes = name, .len = rows[i].len}};
        struct p9_lock lock;
        CU_ASSERT_EQUAL(p9_lock_from_request(&lock, &request), rows[i].error);
        CU_ASSERT_TRUE(rows[i].error != 0 || (lock.first <= lock.last && lock.last <= END));
    }
}

UNIT_SUITE("p9_lock", UNIT_TEST(test_readers_share_and_writers_do_not),
           UNIT_TEST(test_ranges_meet_in_their_last_and_first_bytes),
           UNIT_TEST(test_an_owner_is_a_number_and_a_client),
           UNIT_TEST(test_nodes_have_nothing_to_do_with_each_other),
           UNIT_TEST(test_of_several_in_the_way_the_first_is_told),
           UNIT_TEST(test_a_new_lock_takes_the_place_of_the_owners_own),
           UNIT_TEST(test_what_is_refused_changes_nothing),
           UNIT_TEST(test_a_lock_to_the_end_is_to_any_end),
           UNIT_TEST(test_a_fid_takes_its_locks_along),
           UNIT_TEST(test_locks_are_limited_also_when_one_is_cut_in_two),
           UNIT_TEST(test_ranges_and_names_that_are_none_are_refused))
