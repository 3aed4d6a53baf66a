/*
 * serve_dns_test.c - queries in, replies out
 */
#include "emu/wire/serve_dns.h"

#include "tests/unit.h"

#include <glib.h>
#include <string.h>

static const struct serve_dns_name names[] = {
    {.name = "www.example.test", .kind = SERVE_DNS_A, .address = {10, 0, 2, 100}, .delay_ns = 5},
    {.name = "www.example.test", .kind = SERVE_DNS_A, .address = {10, 0, 2, 101}},
    {.name = "www.example.test", .kind = SERVE_DNS_AAAA, .address = {0xfd, [15] = 1}},
    {.name = "alias.test", .kind = SERVE_DNS_CNAME, .alias = "www.Example.test"},
    {.name = "loop.test", .kind = SERVE_DNS_CNAME, .alias = "loop.test"},
    {.name = "dangling.test", .kind = SERVE_DNS_CNAME, .alias = "nowhere.test"},
    {.name = "long.test", .kind = SERVE_DNS_TRUNCATED},
    {.name = "broken.test", .kind = SERVE_DNS_SERVFAIL},
    {.name = "none.test", .kind = SERVE_DNS_NXDOMAIN},
    {.name = "quiet.test", .kind = SERVE_DNS_SILENT},
};

static struct serve_dns_reply reply;

/* A query for a name; returns its length. */
static size_t query_build(uint8_t *query, const char *name, uint16_t type)
{
    static const uint8_t head[12] = {0x12, 0x34, 0x01, 0x00, 0, 1};
    memcpy(query, head, sizeof(head));
    size_t at = sizeof(head);
    g_auto(GStrv) labels = g_strsplit(name, ".", -1);
    for (char **label = labels; *label != NULL; label++) {
        query[at++] = (uint8_t)strlen(*label);
        memcpy(query + at, *label, strlen(*label));
        at += strlen(*label);
    }
    query[at++] = 0;
    const uint8_t tail[] = {(uint8_t)(type >> 8), (uint8_t)type, 0, 1};
    memcpy(query + at, tail, sizeof(tail));
    return at + sizeof(tail);
}

static void ask(const char *name, uint16_t type)
{
    uint8_t query[512];
    size_t len = query_build(query, name, type);
    serve_dns_answer(names, G_N_ELEMENTS(names), SERVE_DNS_UDP_REPLY_MAX, query, len, &reply);
    if (reply.len > 0) {
        CU_ASSERT_EQUAL(memcmp(reply.bytes, "\x12\x34", 2), 0);
        CU_ASSERT_TRUE(reply.len >= len);
        CU_ASSERT_EQUAL(memcmp(reply.bytes + 12, query + 12, len - 12), 0);
    }
}

static unsigned flags(void)
{
    return (unsigned)(reply.bytes[2] << 8 | reply.bytes[3]);
}

static unsigned answers(void)
{
    return (unsigned)(reply.bytes[6] << 8 | reply.bytes[7]);
}

static void test_addresses_of_a_name(void)
{
    static const uint8_t first[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 2, 100};
    ask("www.example.test", 1);
    CU_ASSERT_EQUAL(flags(), 0x8580);
    CU_ASSERT_EQUAL(answers(), 2);
    CU_ASSERT_EQUAL(reply.len, 34 + 32);
    CU_ASSERT_EQUAL(memcmp(reply.bytes + 34, first, sizeof(first)), 0);
    CU_ASSERT_EQUAL(reply.bytes[65], 101);
    CU_ASSERT_STRING_EQUAL(reply.name, "www.example.test");
    CU_ASSERT_STRING_EQUAL(reply.what, "an answer");
    CU_ASSERT_EQUAL(reply.delay_ns, 5);
    ask("WWW.example.TEST", 28);
    CU_ASSERT_EQUAL(answers(), 1);
    CU_ASSERT_EQUAL(reply.len, 34 + 28);
    CU_ASSERT_EQUAL(reply.bytes[46], 0xfd);
    CU_ASSERT_EQUAL(reply.bytes[61], 1);
}

static void test_name_without_the_type_has_no_data(void)
{
    ask("www.example.test", 16);
    CU_ASSERT_EQUAL(flags(), 0x8580);
    CU_ASSERT_EQUAL(answers(), 0);
    CU_ASSERT_STRING_EQUAL(reply.what, "no data");
}

static void test_names_that_do_not_exist(void)
{
    static const char *const none[] = {"none.test", "other.test", "test", "example.test"};
    for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
        ask(none[i], 1);
        CU_ASSERT_EQUAL(flags(), 0x8583);
        CU_ASSERT_EQUAL(answers(), 0);
        CU_ASSERT_STRING_EQUAL(reply.what, "NXDOMAIN");
    }
}

static void test_aliases_are_followed(void)
{
    static const uint8_t alias[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 18, 3, 'w', 'w', 'w'};
    ask("alias.test", 1);
    CU_ASSERT_EQUAL(flags(), 0x8580);
    CU_ASSERT_EQUAL(answers(), 3);
    CU_ASSERT_EQUAL(memcmp(reply.bytes + 28, alias, sizeof(alias)), 0);
    CU_ASSERT_EQUAL(reply.bytes[reply.len - 1], 101);
    ask("alias.test", 5);
    CU_ASSERT_EQUAL(answers(), 1);
    ask("dangling.test", 1);
    CU_ASSERT_EQUAL(flags(), 0x8583);
    CU_ASSERT_EQUAL(answers(), 1);
    ask("loop.test", 1);
    CU_ASSERT_EQUAL(answers(), 8);
    CU_ASSERT_STRING_EQUAL(reply.what, "SERVFAIL");
}

static void test_answers_that_are_none(void)
{
    ask("long.test", 1);
    CU_ASSERT_EQUAL(flags(), 0x8780);
    CU_ASSERT_EQUAL(answers(), 0);
    CU_ASSERT_STRING_EQUAL(reply.what, "truncated");
    ask("broken.test", 1);
    CU_ASSERT_EQUAL(flags(), 0x8582);
    ask("quiet.test", 1);
    CU_ASSERT_EQUAL(reply.len, 0);
    CU_ASSERT_STRING_EQUAL(reply.what, "nothing");
}

static void test_answer_that_does_not_fit_is_truncated(void)
{
    struct serve_dns_name many[40];
    uint8_t query[512];
    for (size_t i = 0; i < G_N_ELEMENTS(many); i++) {
        many[i] = (struct serve_dns_name){.name = "many.test", .kind = SERVE_DNS_A};
    }
    size_t len = query_build(query, "many.test", 1);
    serve_dns_answer(many, G_N_ELEMENTS(many), SERVE_DNS_UDP_REPLY_MAX, query, len, &reply);
    CU_ASSERT_EQUAL(flags(), 0x8780);
    CU_ASSERT_EQUAL(answers(), (512 - len) / 16);
    CU_ASSERT_TRUE(reply.len <= 512);
}

static void test_what_is_no_query(void)
{
    uint8_t query[512];
    size_t len = query_build(query, "www.example.test", 1);
    for (size_t cut = 0; cut < 12; cut++) {
        serve_dns_answer(names, G_N_ELEMENTS(names), SERVE_DNS_UDP_REPLY_MAX, query, cut, &reply);
        CU_ASSERT_EQUAL(reply.len, 0);
    }
    for (size_t cut = 12; cut < len; cut++) {
        serve_dns_answer(names, G_N_ELEMENTS(names), SERVE_DNS_UDP_REPLY_MAX, query, cut, &reply);
        CU_ASSERT_EQUAL(reply.len, 12);
        CU_ASSERT_EQUAL(flags(), 0x8581);
    }
    static const struct {
        size_t at;
        uint8_t value;
        size_t len;
        unsigned flags;
    } rows[] = {
        {2, 0x81, 0, 0},                                                    /* a response */
        {2, 0x10, 12, 0x9484},                                              /* opcode 2 */
        {5, 2, 12, 0x8581},                                                 /* two questions */
        {12, 0xc0, 12, 0x8581}, {12, 64, 12, 0x8581},  {12, 0, 12, 0x8581}, /* the root */
        {13, ' ', 12, 0x8581},  {13, '.', 12, 0x8581}, {33, 3, 12, 0x8581}, /* another class */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        query_build(query, "www.example.test", 1);
        query[rows[i].at] = rows[i].value;
        serve_dns_answer(names, G_N_ELEMENTS(names), SERVE_DNS_UDP_REPLY_MAX, query, len, &reply);
        CU_ASSERT_EQUAL(reply.len, rows[i].len);
        CU_ASSERT_TRUE(reply.len == 0 || flags() == rows[i].flags);
    }
}

static void test_what_is_a_name(void)
{
    g_autofree char *label = g_strnfill(63, 'a'), *long_label = g_strnfill(64, 'a');
    g_autofree char *longest = g_strdup_printf("%s.%s.%s.%.61s", label, label, label, label);
    g_autofree char *too_long = g_strdup_printf("%s.%s.%s.%.62s", label, label, label, label);
    CU_ASSERT_TRUE(serve_dns_is_name("a.b-c"));
    CU_ASSERT_TRUE(serve_dns_is_name(label));
    CU_ASSERT_TRUE(serve_dns_is_name(longest));
    static const char *const none[] = {"", ".", "a.", ".a", "a..b", "a b"};
    for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
        CU_ASSERT_FALSE(serve_dns_is_name(none[i]));
    }
    CU_ASSERT_FALSE(serve_dns_is_name(long_label));
    CU_ASSERT_FALSE(serve_dns_is_name(too_long));
    uint8_t query[512];
    serve_dns_answer(NULL, 0, SERVE_DNS_UDP_REPLY_MAX, query, query_build(query, longest, 1),
                     &reply);
    CU_ASSERT_STRING_EQUAL(reply.name, longest);
    serve_dns_answer(NULL, 0, SERVE_DNS_UDP_REPLY_MAX, query, query_build(query, too_long, 1),
                     &reply);
    CU_ASSERT_STRING_EQUAL(reply.name, "");
}

UNIT_SUITE("serve_dns", UNIT_TEST(test_addresses_of_a_name),
           UNIT_TEST(test_name_without_the_type_has_no_data),
           UNIT_TEST(test_names_that_do_not_exist), UNIT_TEST(test_aliases_are_followed),
           UNIT_TEST(test_answers_that_are_none),
           UNIT_TEST(test_answer_that_does_not_fit_is_truncated), UNIT_TEST(test_what_is_no_query),
           UNIT_TEST(test_what_is_a_name))
