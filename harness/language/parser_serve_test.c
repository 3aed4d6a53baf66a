/*
 * parser_serve_test.c - services and their scripts: what they mean, and what is refused
 */
#include "harness/language/language_rig.h"

#include <glib/gstdio.h>

#define SETUP "version 1\nnet eth0\nhost box ip=10.0.2.9\n"

static GPtrArray *loaded_tests;

static const struct scenario *load(const char *lines)
{
    g_clear_pointer(&loaded_tests, g_ptr_array_unref);
    g_autofree char *text = g_strdup_printf(SETUP "%s\nwait ready\n", lines);
    loaded_tests = rig_load(text);
    return loaded_tests->pdata[0];
}

static void unload(void)
{
    g_clear_pointer(&loaded_tests, g_ptr_array_unref);
}

static void test_services_are_read(void)
{
    const struct scenario *scenario = load("serve tcp 10.0.2.100:80 http \"/\"\n"
                                           "serve udp 10.0.2.100:7 echo\n"
                                           "serve tcp 10.0.2.9:81 refused");
    static const enum serve_kind kinds[] = {SERVE_HTTP, SERVE_ECHO, SERVE_REFUSED};
    CU_ASSERT_EQUAL_FATAL(scenario->services->len, 3);
    for (guint i = 0; i < 3; i++) {
        const struct scenario_service *service = scenario->services->pdata[i];
        CU_ASSERT_EQUAL(service->endpoint.kind, kinds[i]);
        CU_ASSERT_EQUAL(service->endpoint.udp, i == 1);
    }
    const struct scenario_service *http = scenario->services->pdata[0];
    CU_ASSERT_EQUAL(http->endpoint.address, 0x0a000264);
    CU_ASSERT_EQUAL(http->endpoint.port, 80);
    CU_ASSERT_STRING_EQUAL(http->endpoint.folder, "/");
    CU_ASSERT_EQUAL(scenario->dns, 0);
    CU_ASSERT_FALSE(scenario->requires_live);
    CU_ASSERT_TRUE(load("requires live")->requires_live);
    unload();
}

static void test_names_are_read(void)
{
    const struct scenario *scenario =
        load("serve dns \"www.example.test\" = 10.0.2.100, \"fd00::1\", 10.0.2.101 delay 70ms\n"
             "serve dns a.test = alias www.example.test\nserve dns b.test = silent");
    static const enum serve_dns_kind kinds[] = {SERVE_DNS_A, SERVE_DNS_AAAA, SERVE_DNS_A,
                                                SERVE_DNS_CNAME, SERVE_DNS_SILENT};
    CU_ASSERT_EQUAL_FATAL(scenario->records->len, G_N_ELEMENTS(kinds));
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const struct scenario_record *record = scenario->records->pdata[i];
        CU_ASSERT_EQUAL(record->row.kind, kinds[i]);
        CU_ASSERT_EQUAL(record->row.delay_ns, i < 3 ? 70000000 : 0);
    }
    const struct scenario_record *six = scenario->records->pdata[1],
                                 *alias = scenario->records->pdata[3];
    CU_ASSERT_STRING_EQUAL(six->name, "www.example.test");
    CU_ASSERT_EQUAL(six->row.address[0], 0xfd);
    CU_ASSERT_EQUAL(six->row.address[15], 1);
    CU_ASSERT_STRING_EQUAL(alias->alias, "www.example.test");
    CU_ASSERT_EQUAL(scenario->dns, 0x0a000203);
    CU_ASSERT_EQUAL(load("serve dns a.test = 10.0.2.1 at 10.0.2.53")->dns, 0x0a000235);
    unload();
}

static const struct rig_row wrong_rows[] = {
    {"serve", "4:6: expected 'tcp', 'udp' or 'dns', not the end of the line"},
    {"serve icmp", "4:7: expected 'tcp', 'udp' or 'dns', not 'icmp'"},
    {"serve tcp",
     "4:10: expected an address and a port such as 10.0.2.100:80, not the end of the line"},
    {"serve tcp 10.0.2.100:0 echo",
     "4:11: expected an address and a port such as 10.0.2.100:80, not '10.0.2.100:0'"},
    {"serve tcp 10.0.2.100:80 htp \"x\"",
     "4:25: expected 'http', 'echo', 'discard', 'chargen', 'close', 'reset', 'silent', 'refused' or 'script', not 'htp' [did you mean 'http'?]"},
    {"serve udp 10.0.2.100:80 http \"x\"",
     "4:25: expected 'echo', 'discard', 'silent', 'refused' or 'script', not 'http'"},
    {"serve tcp 10.0.2.100:80 http", "4:29: expected a folder, not the end of the line"},
    {"serve tcp 10.0.2.100:80 http \"/none\"", "4:30: there is no folder /none"},
    {"serve tcp 10.0.2.100:80 echo x", "4:30: unexpected 'x': the statement is complete before it"},
    {"serve tcp 10.0.2.100:80 script \"/none\"",
     "4:32: /none: cannot be opened: No such file or directory"},
    {"serve tcp 10.0.3.100:80 echo",
     "4:11: services are at addresses of 10.0.2.0/24 [such as 10.0.2.100]"},
    {"serve tcp 10.0.2.255:80 echo", "4:11: nobody can be at this address [such as 10.0.2.100]"},
    {"serve udp 10.0.2.15:80 echo", "4:11: 10.0.2.15 is the guest's address [such as 10.0.2.100]"},
    {"serve tcp 10.0.2.2:80 echo",
     "4:11: libslirp has no TCP services at its own addresses [such as 10.0.2.100]"},
    {"serve tcp 10.0.2.9:80 echo",
     "4:11: 10.0.2.9 is the address of the host 'box', which sends what the scenario says [a scripted host can have ports that are 'refused']"},
    {"serve tcp 10.0.2.100:80 echo\nserve tcp 10.0.2.100:80 reset",
     "5:11: this service is on line 4 already"},
    {"serve dns a", "4:12: expected '=', not the end of the line"},
    {"serve dns a..b = 10.0.2.1",
     "4:11: 'a..b' is no name: it has labels of 1 to 63 characters, with dots between"},
    {"serve dns a = x",
     "4:15: expected an address, alias, nxdomain, servfail, truncated or silent, not 'x'"},
    {"serve dns a = nxdoman",
     "4:15: expected an address, alias, nxdomain, servfail, truncated or silent, not 'nxdoman' [did you mean 'nxdomain'?]"},
    {"serve dns a = 10.0.2.1,",
     "4:24: expected an address, alias, nxdomain, servfail, truncated or silent, not the end of the line"},
    {"serve dns a = 10.0.2.1 dely 5ms",
     "4:24: expected ',', 'delay', 'at' or the end of the line, not 'dely' [did you mean 'delay'?]"},
    {"serve dns a = 10.0.2.1 at 10.0.2.9", "4:27: a scripted host is no name server"},
    {"serve dns a = 10.0.2.1 at 10.0.9.9", "4:27: services are at addresses of 10.0.2.0/24"},
    {"serve dns a = silent at 10.0.2.53\nserve dns b = silent",
     "5:21: there is one name server: other names are at 10.0.2.53 [write the same 'at' in each line]"},
    {"requires host:tcp", "4:10: expected 'live', not 'host:tcp'"},
    {"requires", "4:9: expected 'live', not the end of the line"},
};

static void test_wrong_services_are_refused(void)
{
    rig_check_rows(wrong_rows, G_N_ELEMENTS(wrong_rows), SETUP, "\nwait ready\n");
}

static const struct rig_row lonely_rows[] = {
    {"serve tcp 10.0.2.100:80 echo",
     "3:11: services are on libslirp's network, and no card is on it [net eth0 backend=slirp]"},
    {"serve dns a = silent",
     "0:0: the name server is on libslirp's network, and no card is on it [net eth0 backend=slirp]"},
    {"host box ip=10.0.2.9\nserve tcp 10.0.2.9:80 refused", ""},
};

static void test_services_need_a_card_on_the_network(void)
{
    rig_check_rows(lonely_rows, G_N_ELEMENTS(lonely_rows), "version 1\nnet eth0 backend=none\n",
                   "\nwait ready\n");
}

/* ---- scripts --------------------------------------------------------------------------------- */

/* What is wrong with a scenario that has this script; "" when it loads. Gives. */
static char *script_complaint(const char *script, GPtrArray **tests)
{
    g_autofree char *folder = g_dir_make_tmp("script-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "x.script", NULL);
    g_autofree char *text =
        g_strdup_printf(SETUP "serve tcp 10.0.2.100:80 script \"%s\"\nwait ready\n", path);
    g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
    g_assert(g_file_set_contents(path, script, -1, NULL));
    *tests = scenario_load_text(text, strlen(text), "x.scn", "x", diagnostics);
    g_remove(path);
    g_rmdir(folder);
    return rig_describe(diagnostics);
}

static void test_script_is_read(void)
{
    GPtrArray *tests;
    g_autofree char *complaint =
        script_complaint("# a comment\nexpect \"a\\r\\n\"\n\nexpect until \"x\"\nexpect 7 bytes\n"
                         "send hex \"00 ff\"\nwait 70ms\nreset\nclose\nexpect hex \"61\"\n",
                         &tests);
    CU_ASSERT_STRING_EQUAL(complaint, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(tests);
    const struct scenario *scenario = tests->pdata[0];
    const struct scenario_service *service = scenario->services->pdata[0];
    static const enum serve_step_kind kinds[] = {
        SERVE_STEP_EXPECT, SERVE_STEP_UNTIL, SERVE_STEP_SKIP,  SERVE_STEP_SEND,
        SERVE_STEP_WAIT,   SERVE_STEP_RESET, SERVE_STEP_CLOSE, SERVE_STEP_EXPECT};
    CU_ASSERT_EQUAL_FATAL(service->endpoint.step_count, G_N_ELEMENTS(kinds));
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        CU_ASSERT_EQUAL(service->endpoint.steps[i].kind, kinds[i]);
    }
    CU_ASSERT_EQUAL(g_bytes_get_size(service->endpoint.steps[0].bytes), 3);
    CU_ASSERT_EQUAL(service->endpoint.steps[2].number, 7);
    CU_ASSERT_EQUAL(((const uint8_t *)g_bytes_get_data(service->endpoint.steps[3].bytes, NULL))[1],
                    0xff);
    CU_ASSERT_EQUAL(service->endpoint.steps[4].number, 70000000);
    g_ptr_array_unref(tests);
}

static void test_wrong_scripts_are_refused(void)
{
    static const struct rig_row rows[] = {
        {"snd \"x\"\n",
         "1:1: expected 'expect', 'send', 'wait', 'close' or 'reset', not 'snd' [did you mean 'send'?]"},
        {"send\n", "1:5: expected a text in quotes, or 'hex' and bytes, not the end of the line"},
        {"send hex \"0\"\n", "1:10: expected pairs of hexadecimal digits, not '0'"},
        {"send \"x\" y\n", "1:10: unexpected 'y': the statement is complete before it"},
        {"wait\n", "1:5: expected a time such as 10ms, not the end of the line"},
        {"close\nexpect 3\n", "2:9: expected 'bytes', not the end of the line"},
        {"expect until \"\"\n", "1:14: 1 to 4096 bytes can be waited for, not 0"},
        {"send \"x\n", "1:6: the string does not end: its closing '\"' is missing"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GPtrArray *tests;
        g_autofree char *complaint = script_complaint(rows[i].text, &tests);
        CU_ASSERT_PTR_NULL(tests);
        if (strcmp(complaint, rows[i].complaint) != 0) {
            printf("\n%s  expected %s\n  got      %s\n", rows[i].text, rows[i].complaint,
                   complaint);
        }
        CU_ASSERT_STRING_EQUAL(complaint, rows[i].complaint);
    }
    GPtrArray *tests;
    g_autofree char *complaint = script_complaint("# nothing\n", &tests);
    CU_ASSERT_PTR_NULL(tests);
    CU_ASSERT_TRUE(g_str_has_suffix(complaint, "x.script has no step"));
}

UNIT_SUITE("parser_serve", UNIT_TEST(test_services_are_read), UNIT_TEST(test_names_are_read),
           UNIT_TEST(test_wrong_services_are_refused),
           UNIT_TEST(test_services_need_a_card_on_the_network), UNIT_TEST(test_script_is_read),
           UNIT_TEST(test_wrong_scripts_are_refused))
