/*
 * service_programs_test.c - init and the small programs of schemes, on the real kernel: above all,
 * what they say and how they end when something is wrong
 */
#include "kernel/fake_hal.h"
#include "kernel/fake_image.h"
#include "programs/programs.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE_NS UINT64_C(10000000000)
#define MS          UINT64_C(1000000)

#define PROGRAM(name, main) {name, main},
static const struct program_entry programs[] = {
#include "programs/programs.def"
};
#undef PROGRAM

/* A machine that has this as /etc/init; NULL: it has no such file. */
static void boot(const char *services)
{
    static struct hal_boot_file file;
    file = (struct hal_boot_file){"/etc/init", services, services != NULL ? strlen(services) : 0};
    fake_files = &file;
    fake_file_count = services != NULL;
    fake_boot_providers(programs, sizeof programs / sizeof programs[0]);
}

static void start(uint32_t number, const char *command_line)
{
    fake_start(number, command_line);
    fake_pass(MS);
}

/* init ends with status 1, and says this, without having started anything. */
static void refuses(const char *services, const char *text)
{
    boot(services);
    start(1, "init");
    CU_ASSERT_TRUE(fake_exited(1, 1));
    CU_ASSERT_TRUE(fake_says(text));
    CU_ASSERT_EQUAL(fake_log_count("created"), 1);
}

/* ---- init: its file -------------------------------------------------------------------------- */

static void test_init_refuses_lines_that_are_no_service(void)
{
    static const char *const wrong[] = {
        "service",
        "service a",
        "service a run",
        "service a run ",
        "servant a run sleep 1",
        "service a sometimes run sleep 1",
        "service a provides",
        "service a after",
        "service a oneshot sleep 1",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char services[128], said[128];
        snprintf(services, sizeof services, "# nothing\n\n%s\nservice z run sleep 1\n", wrong[i]);
        snprintf(said, sizeof said, "init: /etc/init:3: '%s' is no service\n", wrong[i]);
        refuses(services, said);
    }
}

static void test_init_refuses_a_name_twice(void)
{
    refuses("service a run sleep 1\nservice a run sleep 2\n",
            "/etc/init:2: 'service a run sleep 2' is no service");
}

static void test_init_refuses_words_and_commands_that_are_too_long(void)
{
    char services[512], word[300];
    memset(word, 'x', sizeof word);
    word[128] = '\0';
    snprintf(services, sizeof services, "service %s run sleep 1", word);
    refuses(services, "/etc/init:1: ");
    word[128] = 'x';
    word[256] = '\0';
    snprintf(services, sizeof services, "service a run %s", word);
    refuses(services, "/etc/init:1: ");
}

static void test_init_refuses_one_service_more_than_it_has_room_for(void)
{
    char services[1024] = "";
    for (int i = 0; i < 16; i++)
        snprintf(services + strlen(services), 64, "service s%d run sleep 1\n", i);
    boot(services);
    start(1, "init");
    CU_ASSERT_TRUE(fake_is_running(1));
    snprintf(services + strlen(services), 64, "service s16 run sleep 1\n");
    refuses(services, "/etc/init:17: 'service s16 run sleep 1' is no service");
}

static void test_init_refuses_an_order_that_cannot_be(void)
{
    refuses("service a after b run sleep 1\nservice b run sleep 1\n",
            "init: a comes after b, which does not stand before it\n");
    refuses("service a after a run sleep 1\n", "init: a comes after a, ");
    refuses("service a run sleep 1\nservice b after a,c run sleep 1\n", "init: b comes after c, ");
}

static void test_init_takes_no_arguments(void)
{
    boot("service a run sleep 1\n");
    start(1, "init now");
    CU_ASSERT_TRUE(fake_exited(1, 2));
    CU_ASSERT_TRUE(fake_says("init: usage: init\n"));
}

/* ---- init: services that do not come up ------------------------------------------------------ */

static void test_init_ends_with_a_command_that_cannot_be_started(void)
{
    boot("service a oneshot run sleep 0\nservice b after a run nobody -x\n");
    start(1, "init");
    CU_ASSERT_TRUE(fake_says("init: a: sleep 0\n"));
    CU_ASSERT_TRUE(fake_says("init: b cannot be started: "));
    CU_ASSERT_TRUE(fake_exited(1, 1));
}

static void test_init_ends_without_its_file_when_there_is_no_pcid(void)
{
    boot(NULL);
    start(1, "init");
    CU_ASSERT_TRUE(fake_says("init: pcid cannot be started: "));
    CU_ASSERT_TRUE(fake_exited(1, 1));
}

static void test_init_ends_with_a_oneshot_that_fails(void)
{
    boot("service a oneshot run cat /none\nservice b after a run sleep 1\n");
    start(1, "init");
    CU_ASSERT_TRUE(fake_says("init: a ended with status 1\n"));
    CU_ASSERT_TRUE(fake_exited(1, 1));
    CU_ASSERT_PTR_NULL(strstr(fake_output(), "init: b: "));
}

static void test_init_ends_with_a_service_that_ends_before_all_is_up(void)
{
    boot("service a run sleep 0\nservice b provides disk run sleep 60\n");
    start(1, "init");
    CU_ASSERT_TRUE(fake_says("init: a ended with status 0\n"));
    CU_ASSERT_TRUE(fake_exited(1, 1));
}

static void test_init_loses_patience_and_says_who_waits_for_what(void)
{
    boot("service disk provides disk,tape run schemetest provide disk well\n"
         "service once oneshot run sleep 60\n"
         "service last after disk,once run sleep 1\n");
    start(1, "init");
    fake_pass(PATIENCE_NS - 2 * MS);
    CU_ASSERT_TRUE(fake_is_running(1));
    fake_pass(2 * MS);
    CU_ASSERT_TRUE(fake_exited(1, 1));
    CU_ASSERT_TRUE(fake_says("init: after 10 s not all is up\n"));
    CU_ASSERT_TRUE(fake_says("init: disk has not registered tape\n"));
    CU_ASSERT_TRUE(fake_says("init: once has not ended\n"));
    CU_ASSERT_TRUE(fake_says("init: last waits for disk\n"));
}

static void test_init_stays_when_a_service_ends_after_all_was_up(void)
{
    boot("service disk provides d* run schemetest provide disk well\n"
         "service short after disk run sleep 20ms\n");
    start(1, "init");
    CU_ASSERT_TRUE(fake_says("init: short: sleep 20ms\n"));
    fake_pass(2 * PATIENCE_NS);
    CU_ASSERT_TRUE(fake_says("init: short ended with status 0\n"));
    CU_ASSERT_PTR_NULL(strstr(fake_output(), "not all is up"));
    CU_ASSERT_TRUE(fake_is_running(1));
}

/* ---- cat, echo, arping ----------------------------------------------------------------------- */

static void test_echo_writes_what_cat_reads(void)
{
    boot("");
    start(1, "echo -n -o /tmp/a one  two");
    start(2, "echo -o /tmp/b three");
    CU_ASSERT_STRING_EQUAL(fake_output(), "");
    start(3, "cat /tmp/a /tmp/b");
    CU_ASSERT_STRING_EQUAL(fake_output(), "one twothree\n");
    CU_ASSERT_TRUE(fake_exited(3, 0));
    start(4, "echo -n -o /tmp/a x");
    start(5, "cat /tmp/a");
    CU_ASSERT_STRING_EQUAL(fake_output(), "one twothree\nx");
}

static void test_cat_goes_on_after_a_file_that_is_not_there(void)
{
    boot("");
    start(1, "echo -o /tmp/a one");
    start(2, "cat /tmp/none /tmp/a");
    CU_ASSERT_TRUE(fake_says("cat: /tmp/none: No such file or directory\n"));
    CU_ASSERT_TRUE(fake_says("one\n"));
    CU_ASSERT_TRUE(fake_exited(2, 1));
    start(3, "cat");
    CU_ASSERT_TRUE(fake_says("cat: usage: "));
    CU_ASSERT_TRUE(fake_exited(3, 2));
}

static void test_echo_says_what_it_cannot_write(void)
{
    boot("");
    start(1, "echo -o /scheme/none/file x");
    CU_ASSERT_TRUE(fake_says("echo: /scheme/none/file: "));
    CU_ASSERT_TRUE(fake_exited(1, 1));
    start(2, "echo -x");
    CU_ASSERT_TRUE(fake_exited(2, 2));
}

static void test_cat_and_echo_see_what_a_provider_answers(void)
{
    boot("");
    start(1, "schemetest provide test well");
    start(2, "cat /scheme/test/none");
    CU_ASSERT_TRUE(fake_says("cat: /scheme/test/none: No such file or directory\n"));
    start(3, "cat /scheme/test/file");
    CU_ASSERT_TRUE(fake_says("0123456789"));
    CU_ASSERT_TRUE(fake_exited(3, 0));
}

static void test_arping_says_why_it_cannot_ask(void)
{
    boot("");
    start(1, "arping 10.0.2.2");
    CU_ASSERT_TRUE(fake_says("arping: no scheme of a network card\n"));
    CU_ASSERT_TRUE(fake_exited(1, 1));
    start(2, "arping -i network.none 10.0.2.2");
    CU_ASSERT_TRUE(fake_says("arping: network.none: ENOENT\n"));
    CU_ASSERT_TRUE(fake_exited(2, 1));
    /* Something else has the name: what it reads is no address of a card. */
    start(3, "schemetest provide network.disk dies");
    start(4, "arping 10.0.2.2");
    CU_ASSERT_TRUE(fake_says("arping: network.disk: EIO\n"));
    CU_ASSERT_TRUE(fake_exited(4, 1));
}

static void test_arping_refuses_command_lines(void)
{
    static const char *const wrong[] = {"arping", "arping 10.0.2", "arping a b",
                                        "arping -s x 10.0.2.2", "arping -w never 10.0.2.2"};
    boot("");
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        start(i + 1, wrong[i]);
        CU_ASSERT_TRUE(fake_exited(i + 1, 2));
    }
}

UNIT_SUITE("service programs", UNIT_TEST(test_init_refuses_lines_that_are_no_service),
           UNIT_TEST(test_init_refuses_a_name_twice),
           UNIT_TEST(test_init_refuses_words_and_commands_that_are_too_long),
           UNIT_TEST(test_init_refuses_one_service_more_than_it_has_room_for),
           UNIT_TEST(test_init_refuses_an_order_that_cannot_be),
           UNIT_TEST(test_init_takes_no_arguments),
           UNIT_TEST(test_init_ends_with_a_command_that_cannot_be_started),
           UNIT_TEST(test_init_ends_without_its_file_when_there_is_no_pcid),
           UNIT_TEST(test_init_ends_with_a_oneshot_that_fails),
           UNIT_TEST(test_init_ends_with_a_service_that_ends_before_all_is_up),
           UNIT_TEST(test_init_loses_patience_and_says_who_waits_for_what),
           UNIT_TEST(test_init_stays_when_a_service_ends_after_all_was_up),
           UNIT_TEST(test_echo_writes_what_cat_reads),
           UNIT_TEST(test_cat_goes_on_after_a_file_that_is_not_there),
           UNIT_TEST(test_echo_says_what_it_cannot_write),
           UNIT_TEST(test_cat_and_echo_see_what_a_provider_answers),
           UNIT_TEST(test_arping_says_why_it_cannot_ask),
           UNIT_TEST(test_arping_refuses_command_lines))
