/*
 * parser_share_test.c - shares, their faults, their paths, and what is said of them at the end
 */
#include "emu/virtio-9p/p9.h"
#include "harness/language/language_rig.h"

static const struct rig_row setup_rows[] = {
    {"share h \"data/\"", ""},
    {"share h memory { \"a\" = \"b\" }", ""},
    {"share h memory { }", ""},
    {"share h memory {\n \"a\" = \"b\",\n \"d/e\" = \"\"\n \"c\" = \"d\" }", ""},
    {"share h \"d\" transport=pci slot=4 msix=no queue-size=8 latency=0ns batch=2 "
     "completion=reverse suppress=yes reset=1ms msize=4K read-only=yes",
     ""},
    {"share h data", "2:9: expected a folder in quotes, or 'memory', not 'data'"},
    {"share h \"\"", "2:9: the path of the folder is empty"},
    {"share", "2:6: expected the name of the share, such as hostshare, not the end of the line"},
    {"share h", "2:8: expected a folder in quotes, or 'memory', not the end of the line"},
    {"share 5 \"d\"", "2:7: expected a name, which begins with a letter, not '5'"},
    {"share h memory", "2:15: expected '{', not the end of the line"},
    {"share h memory { \"a\" }", "2:22: expected '=', not '}'"},
    {"share h memory { \"a\" = }", "2:24: expected the file's content in quotes, not '}'"},
    {"share h memory { \"a\" = \"b\" } x", "2:30: unknown word 'x'"},
    {"share h memory {\n\"a\" = \"b\"\nx }",
     "4:1: expected the path of a file in quotes, or '}', not 'x' [a text stands in double "
     "quotes]"},
    {"share h \"a\"\nshare h \"b\"", "3:7: the share 'h' is on line 2 already"},
    {"net h\nshare h \"b\"", "3:7: a network card is called 'h' already"},
    {"share h \"b\"\nnet h", "3:5: a share is called 'h' already"},
    {"share drop \"b\"", "2:7: 'drop' has another meaning where a share is named"},
    {"share share \"b\"", "2:7: 'share' has another meaning where a share is named"},
    {"share a-b \"b\"",
     "2:7: the name of a share has letters, digits and '_': '$a-b' stands for its path"},
    {"share abcdefghijklmnopqrstuvwxyz123456 \"b\"",
     "2:7: the name of a share has at most 31 characters"},
    {"param h in 1\nshare h \"$h\"",
     "3:7: the parameter on line 2 is called 'h' too: '$h' would be either"},
    {"share h memory { \"/a\" = \"\" }",
     "2:18: the path of a file in a share is relative, without '.', '..' and '//': not \"/a\""},
    {"share h memory { \"a/../b\" = \"\" }",
     "2:18: the path of a file in a share is relative, without '.', '..' and '//': not "
     "\"a/../b\""},
    {"share h memory { \"a\" = \"\" \"a\" = \"\" }", "2:27: 'a' is in this share already"},
    {"share h memory { \"a\" = \"\" \"a/b\" = \"\" }", "2:27: 'a' cannot be a file and a folder"},
    {"share h memory { \"a/b\" = \"\" \"a\" = \"\" }", "2:29: 'a' cannot be a file and a folder"},
    {"share h memory { \"ab\" = \"\" \"a\" = \"\" }", ""},
    {"share h \"d\" msize=2K", "2:19: msize=2K is out of range: 4K to 1M"},
    {"share h \"d\" msize=2M", "2:19: msize=2M is out of range: 4K to 1M"},
    {"share h \"d\" msize=x", "2:19: expected a size such as 64M, not 'x'"},
    {"share h \"d\" mac=1", "2:13: unknown word 'mac'"},
    {"share h \"d\" slot=3", "2:18: a slot is a place on PCI [write transport=pci for it]"},
    {"share h \"d\" batch=2 queue-size=1",
     "2:7: batch=2 of 'h' can never be complete: its queues have 1 entries [make it no more than "
     "queue-size]"},
    {"net e transport=pci slot=3\nshare h \"d\" transport=pci slot=3",
     "3:32: slot 3 is taken: 'e' is in it"},
    {"net e intid=100\nshare h \"d\" intid=100", ""}, /* they share a line */
    {"net e\nshare h \"d\" intid=48", "3:19: INTID 48 is taken: the card 'e' has it"},
    {"net e intid=49\nshare h \"d\"", "2:13: INTID 49 is taken: the share 'h' has it"},
};

static void test_set_up(void)
{
    rig_check_rows(setup_rows, G_N_ELEMENTS(setup_rows), "version 1\n", "\nwait ready\n");
}

static const struct rig_row fault_rows[] = {
    {"inject 9p error Tlopen EACCES 1", ""},
    {"inject 9p h error Tlopen EACCES skip 1 2", ""},
    {"inject 9p delay 5ms", ""},
    {"inject 9p delay 5ms of Tread skip 1", ""},
    {"inject 9p short-read 10 1", ""},
    {"inject 9p drop of Twalk all", ""},
    {"inject 9p foreign-tag 1", ""},
    {"inject 9p duplicate 1", ""},
    {"inject 9p bad-size 7 of Tread 1", ""},
    {"inject 9p msize 4096", ""},
    {"inject 9p reset of Twrite 1", ""},
    {"inject vq h.requests latency 1ms", ""},
    {"inject irq h lose", ""},
    {"inject irq h.requests lose 1", ""},
    {"inject 9p drop\nrestore 9p", ""},
    {"inject 9p h drop\nrestore 9p h", ""},
    {"restore 9p", "3:9: no fault of '9p' was injected before: nothing to restore"},
    {"inject 9p",
     "3:10: expected 'error', 'delay', 'short-read', 'drop', 'foreign-tag', 'duplicate', "
     "'bad-size', 'msize' or 'reset', not the end of the line"},
    {"inject 9p g drop", "3:11: no share is called 'g'"},
    {"inject 9p h eror Tread EIO",
     "3:13: expected 'error', 'delay', 'short-read', 'drop', 'foreign-tag', 'duplicate', "
     "'bad-size', 'msize' or 'reset', not 'eror' [did you mean 'error'?]"},
    {"inject 9p error", "3:16: expected the type of a message, such as Tlopen, not the end of the "
                        "line"},
    {"inject 9p error Rlopen EIO",
     "3:17: no request of 9P is called 'Rlopen' [did you mean 'Tlopen'?]"},
    {"inject 9p error Tlopen EACES", "3:24: no error is called 'EACES' [did you mean 'EACCES'?]"},
    {"inject 9p delay 0ms", "3:17: delay 0ms is no fault"},
    {"inject 9p msize 100", "3:17: 100 is out of range: 4096 to 1048576"},
    {"inject 9p drop of", "3:18: expected the type of a message, such as Tlopen, not the end of "
                          "the line"},
    {"inject 9p short-read 1 of Tread",
     "3:24: expected a number, 'all', 'skip' or the end of the line, not 'of'"},
    {"inject vq h.rx hold", "3:11: no queue is called 'h.rx'"},
    {"inject vq h hold", "3:11: no queue is called 'h' [its queue is 'h.requests']"},
    {"expect event p9.request device=h type=Tlopen flags=0", ""},
    {"expect event p9.request device=x", "3:32: no device is called 'x'"},
    {"expect counter h.requests >= 1", ""},
    {"expect counter h.request >= 1",
     "3:16: no counter is called 'h.request' [did you mean 'h.requests'?]"},
};

static void test_faults_and_expectations(void)
{
    rig_check_rows(fault_rows, G_N_ELEMENTS(fault_rows), "version 1\nshare h \"d\"\n",
                   "\nwait ready\n");
}

static const struct rig_row several_rows[] = {
    {"inject 9p b drop", ""},
    {"inject 9p drop", "4:11: which of the shares? [name it behind '9p']"},
    {"run x: \"cat $share/x\"", "4:8: '$share' is the path of the share, and there are several "
                                "[write '$' and its name]"},
};

static void test_one_of_several_is_named(void)
{
    rig_check_rows(several_rows, G_N_ELEMENTS(several_rows),
                   "version 1\nshare a \"d\"\nshare b \"d\"\n", "\nwait ready\n");
}

static const struct rig_row no_share_rows[] = {
    {"inject 9p drop", "2:11: the scenario has no share [add 'share NAME …' to the set-up]"},
    {"finally share h fids == 1", "2:15: no share is called 'h'"},
};

static void test_without_a_share_there_is_none(void)
{
    rig_check_rows(no_share_rows, G_N_ELEMENTS(no_share_rows), "version 1\n", "\nwait ready\n");
}

static const struct rig_row final_rows[] = {
    {"finally share h fids == 1", ""},
    {"finally share h matches \"golden/\"", ""},
    {"finally share h", "3:16: expected 'matches' or 'fids', not the end of the line"},
    {"finally share h fids 1", "3:22: expected a comparison (== != < <= > >=), not '1'"},
    {"finally share h matches x",
     "3:25: expected a folder in quotes, not 'x' [a text stands in double quotes]"},
    {"finally share h matches \"../x\"",
     "3:25: the path of a golden folder is relative to the scenario's folder and below it: not "
     "\"../x\""},
    {"finally share h matches \"/\"",
     "3:25: the path of a golden folder is relative to the scenario's folder and below it: not "
     "\"/\""},
    {"finally share h matches \"d/\"",
     "3:25: \"d/\" is read by this scenario: --update would change what it begins with"},
};

static void test_what_is_said_at_the_end(void)
{
    rig_check_rows(final_rows, G_N_ELEMENTS(final_rows), "version 1\nshare h \"d\"\n",
                   "\nwait ready\n");
}

static void check_command(const char *guest, const char *command, const char *expected)
{
    g_autofree char *text =
        g_strdup_printf("version 1\n%s\nshare h \"d\"\nrun a: \"%s\"\n", guest, command);
    GPtrArray *tests = rig_load(text);
    const struct scenario *scenario = tests->pdata[0];
    const struct scenario_statement *statement = scenario->statements->pdata[0];
    CU_ASSERT_STRING_EQUAL(statement->command, expected);
    g_ptr_array_unref(tests);
}

static void test_a_share_stands_for_its_path_in_the_guest(void)
{
    check_command("", "cat $h/a $share/b $$h", "cat /mnt/h/a /mnt/h/b $h");
    check_command("guest reference face=posix", "cat $h/a", "cat /mnt/h/a");
    check_command("guest reference face=schemes", "cat $h/a", "cat /scheme/9p.h/a");
}

static void test_a_share_is_loaded_as_it_is_written(void)
{
    GPtrArray *tests = rig_load("version 1\nshare a \"d\"\nnet e\n"
                                "share h memory {\n\"x\" = \"12\"\n\"y/z\" = \"\" } msize=8K "
                                "read-only=yes latency=5ms queue-size=16\n"
                                "inject 9p h error Tread EIO skip 2 3\nwait ready\n");
    const struct scenario *scenario = tests->pdata[0];
    CU_ASSERT_EQUAL_FATAL(scenario->shares->len, 2);
    const struct scenario_share *share = scenario->shares->pdata[1];
    CU_ASSERT_PTR_NULL(share->folder);
    CU_ASSERT_EQUAL_FATAL(share->files->len, 2);
    const struct scenario_file *file = share->files->pdata[0];
    CU_ASSERT_STRING_EQUAL(file->path, "x");
    CU_ASSERT_STRING_EQUAL(file->content, "12");
    CU_ASSERT_EQUAL(file->place.line, 5);
    CU_ASSERT_EQUAL(share->msize, 8192);
    CU_ASSERT_TRUE(share->read_only);
    CU_ASSERT_EQUAL(share->device.latency_ns, 5000000);
    CU_ASSERT_EQUAL(share->device.queue_size, 16);
    const struct scenario_fault *fault =
        &((const struct scenario_statement *)scenario->statements->pdata[0])->fault;
    CU_ASSERT_EQUAL(fault->object, SCENARIO_FAULT_9P);
    CU_ASSERT_EQUAL(fault->kind, SCENARIO_9P_ERROR);
    CU_ASSERT_EQUAL(fault->message, P9_TREAD);
    CU_ASSERT_EQUAL(fault->number, 5);
    CU_ASSERT_EQUAL(fault->skip, 2);
    CU_ASSERT_EQUAL(fault->count, 3);
    /* Cards come before shares, wherever they stand. */
    CU_ASSERT_EQUAL(scenario_device_count(scenario), 3);
    CU_ASSERT_STRING_EQUAL(scenario_device(scenario, 0)->name, "e");
    CU_ASSERT_STRING_EQUAL(scenario_device(scenario, 2)->name, "h");
    share = scenario->shares->pdata[0];
    CU_ASSERT_STRING_EQUAL(share->folder, "d");
    g_ptr_array_unref(tests);
}

UNIT_SUITE("parser_share", UNIT_TEST(test_set_up), UNIT_TEST(test_faults_and_expectations),
           UNIT_TEST(test_one_of_several_is_named), UNIT_TEST(test_without_a_share_there_is_none),
           UNIT_TEST(test_what_is_said_at_the_end),
           UNIT_TEST(test_a_share_stands_for_its_path_in_the_guest),
           UNIT_TEST(test_a_share_is_loaded_as_it_is_written))
