/*
 * scenario_test.c - what comes out of a file that is right, and that nothing comes of any other
 */
#include "emu/core/prng.h"
#include "emu/virtio/virtqueue.h"
#include "harness/language/language_rig.h"
#include "harness/language/scenario.h"

#define EVERYTHING                                                                                 \
    "# comment\n"                                                                                  \
    "version 1\n"                                                                                  \
    "title \"a title\"\n"                                                                          \
    "tags irq net\n"                                                                               \
    "machine virt gic=2 boot=acpi vhe=yes ram=32M step=2ns mmio=50ns cpus=1 pa-offset=0x1000\n"    \
    "limit 10s\n"                                                                                  \
    "guest mine face=posix tick=100\n"                                                             \
    "net eth0 transport=mmio queue-size=8 features=+mtu,-status latency=5us\n"                     \
    "net eth1 mac=02:00:00:00:00:09 backend=none\n"                                                \
    "file \"/etc/net/ip\" \"10.0.2.15\\n\"\n"                                                      \
    "wait ready within 5s\n"                                                                       \
    "start ping: \"ping -c 3\"\n"                                                                  \
    "10ms run dhcp: \"dhcp\" within 2s\n"                                                          \
    "+70ms kill ping 9\n"                                                                          \
    "expect exactly 3 frames in eth0 \"arp\" within 5s as q\n"                                     \
    "expect ping exits nonzero\n"                                                                  \
    "expect ping exits >= 2\n"                                                                     \
    "expect ping prints \"3 received\"\n"                                                          \
    "expect event vq.used queue=eth0.rx len=0x3c used=-1 within 20ms\n"                            \
    "expect counter eth0.rx.frames <= 3   # comment\n"                                             \
    "expect call ping recvfrom = EHOSTUNREACH\n"                                                   \
    "expect call ping recvfrom\n"                                                                  \
    "never frame dropped \"ip\" until event guest.ready\n"                                         \
    "never event cpu.wfi until +70ms\n"                                                            \
    "never call ping read != 0 until frame out \"tcp\"\n"                                          \
    "never frame \"udp\"\n"                                                                        \
    "finally vq eth0.rx in-flight == 0\n"                                                          \
    "finally counter tcp.retransmits < -1\n"

static const struct scenario_statement *statement(const struct scenario *scenario, guint index)
{
    CU_ASSERT_FATAL(index < scenario->statements->len);
    return scenario->statements->pdata[index];
}

static void test_the_set_up_arrives(void)
{
    GPtrArray *tests = rig_load(EVERYTHING);
    const struct scenario *scenario = tests->pdata[0];
    CU_ASSERT_EQUAL(tests->len, 1);
    CU_ASSERT_STRING_EQUAL(scenario->file, "x.scn");
    CU_ASSERT_STRING_EQUAL(scenario->name, "x");
    CU_ASSERT_STRING_EQUAL(scenario->title, "a title");
    CU_ASSERT_EQUAL(g_strv_length(scenario->tags), 2);
    CU_ASSERT_STRING_EQUAL(scenario->tags[1], "net");
    CU_ASSERT_EQUAL(scenario->limit_ns, UINT64_C(10000000000));
    CU_ASSERT_EQUAL(scenario->machine.gic, 2);
    CU_ASSERT_EQUAL(scenario->machine.cpus, 1);
    CU_ASSERT_EQUAL(scenario->machine.boot, SCENARIO_BOOT_ACPI);
    CU_ASSERT_TRUE(scenario->machine.vhe);
    CU_ASSERT_EQUAL(scenario->machine.ram_size, 32 << 20);
    CU_ASSERT_EQUAL(scenario->machine.step_ns, 2);
    CU_ASSERT_EQUAL(scenario->machine.mmio_ns, 50);
    CU_ASSERT_EQUAL(scenario->machine.pa_offset, 4096);
    CU_ASSERT_STRING_EQUAL(scenario->guest, "mine");
    CU_ASSERT_STRING_EQUAL(scenario->guest_options, "face=posix tick=100");
    CU_ASSERT_EQUAL(scenario->guest_place.line, 7);
    CU_ASSERT_EQUAL(scenario->guest_place.column, 7);
    CU_ASSERT_EQUAL_FATAL(scenario->files->len, 1);
    const struct scenario_file *file = scenario->files->pdata[0];
    CU_ASSERT_STRING_EQUAL(file->path, "/etc/net/ip");
    CU_ASSERT_STRING_EQUAL(file->content, "10.0.2.15\n");
    CU_ASSERT_EQUAL(file->size, 10);
    g_ptr_array_unref(tests);
}

static void test_cards_arrive(void)
{
    static const uint8_t first[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    static const uint8_t second[6] = {0x02, 0, 0, 0, 0, 0x09};
    GPtrArray *tests = rig_load(EVERYTHING);
    const struct scenario *scenario = tests->pdata[0];
    CU_ASSERT_EQUAL_FATAL(scenario->nets->len, 2);
    const struct scenario_net *net = scenario->nets->pdata[0], *other = scenario->nets->pdata[1];
    CU_ASSERT_STRING_EQUAL(net->device.name, "eth0");
    CU_ASSERT_EQUAL(memcmp(net->mac, first, sizeof(first)), 0);
    CU_ASSERT_EQUAL(memcmp(other->mac, second, sizeof(second)), 0);
    CU_ASSERT_EQUAL(net->device.queue_size, 8);
    CU_ASSERT_EQUAL(other->device.queue_size, 256);
    CU_ASSERT_EQUAL(net->device.latency_ns, 5000);
    CU_ASSERT_EQUAL(other->device.latency_ns, VIRTQUEUE_LATENCY_NS);
    CU_ASSERT_EQUAL(net->backend, SCENARIO_BACKEND_SLIRP);
    CU_ASSERT_EQUAL(other->backend, SCENARIO_BACKEND_NONE);
    CU_ASSERT_EQUAL_FATAL(net->features_on->len, 1);
    CU_ASSERT_EQUAL_FATAL(net->features_off->len, 1);
    CU_ASSERT_EQUAL(g_array_index(net->features_on, int, 0), 3);
    CU_ASSERT_EQUAL(g_array_index(net->features_off, int, 0), 16);
    g_ptr_array_unref(tests);
}

static void test_defaults(void)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x57};
    GPtrArray *tests = rig_load("version 1\nnet a\nnet b backend=none\nrun a: \"b\"\n");
    const struct scenario *scenario = tests->pdata[0];
    CU_ASSERT_PTR_NULL(scenario->title);
    CU_ASSERT_PTR_NULL(scenario->tags[0]);
    CU_ASSERT_EQUAL(scenario->limit_ns, SCENARIO_DEFAULT_LIMIT_NS);
    CU_ASSERT_STRING_EQUAL(scenario->guest, "reference");
    CU_ASSERT_STRING_EQUAL(scenario->guest_options, "");
    CU_ASSERT_EQUAL(scenario->guest_place.line, 0);
    CU_ASSERT_STRING_EQUAL(scenario->guest_place.file, "x.scn");
    CU_ASSERT_EQUAL(scenario->machine.ram_size, 64 << 20);
    CU_ASSERT_EQUAL(scenario->machine.step_ns, 1);
    CU_ASSERT_EQUAL(scenario->machine.timer_hz, 62500000);
    CU_ASSERT_EQUAL(scenario->machine.timer_delay_ns, 0);
    CU_ASSERT_EQUAL(scenario->machine.rtc_s, 1767000000);
    CU_ASSERT_EQUAL(scenario->machine.mmio_ns, 100);
    CU_ASSERT_EQUAL(scenario->machine.pa_offset, 0);
    CU_ASSERT_EQUAL(scenario->machine.boot, SCENARIO_BOOT_FDT);
    CU_ASSERT_FALSE(scenario->machine.vhe);
    const struct scenario_net *second = scenario->nets->pdata[1];
    CU_ASSERT_EQUAL(memcmp(second->mac, mac, sizeof(mac)), 0);
    CU_ASSERT_EQUAL(statement(scenario, 0)->within_ns, SCENARIO_NO_TIME);
    CU_ASSERT_EQUAL(statement(scenario, 0)->at.kind, SCENARIO_TIME_NONE);
    g_ptr_array_unref(tests);
}

static void test_actions_arrive(void)
{
    GPtrArray *tests = rig_load(EVERYTHING);
    const struct scenario *scenario = tests->pdata[0];
    CU_ASSERT_EQUAL(statement(scenario, 0)->verb, SCENARIO_WAIT_READY);
    CU_ASSERT_EQUAL(statement(scenario, 0)->within_ns, UINT64_C(5000000000));
    CU_ASSERT_EQUAL(statement(scenario, 1)->verb, SCENARIO_START);
    CU_ASSERT_STRING_EQUAL(statement(scenario, 1)->program, "ping");
    CU_ASSERT_STRING_EQUAL(statement(scenario, 1)->command, "ping -c 3");
    const struct scenario_statement *run = statement(scenario, 2);
    CU_ASSERT_EQUAL(run->verb, SCENARIO_RUN);
    CU_ASSERT_EQUAL(run->at.kind, SCENARIO_TIME_ABSOLUTE);
    CU_ASSERT_EQUAL(run->at.ns, 10000000);
    CU_ASSERT_STRING_EQUAL(run->text, "10ms run dhcp: \"dhcp\" within 2s");
    CU_ASSERT_EQUAL(run->place.line, 13);
    CU_ASSERT_EQUAL(run->place.column, 1);
    const struct scenario_statement *kill = statement(scenario, 3);
    CU_ASSERT_EQUAL(kill->verb, SCENARIO_KILL);
    CU_ASSERT_EQUAL(kill->at.kind, SCENARIO_TIME_RELATIVE);
    CU_ASSERT_EQUAL(kill->at.ns, 70000000);
    CU_ASSERT_EQUAL(kill->number, 9);
    g_ptr_array_unref(tests);
}

static void test_expectations_arrive(void)
{
    GPtrArray *tests = rig_load(EVERYTHING);
    const struct scenario *scenario = tests->pdata[0];
    const struct scenario_statement *frames = statement(scenario, 4);
    CU_ASSERT_EQUAL(frames->verb, SCENARIO_EXPECT_FRAMES);
    CU_ASSERT_TRUE(frames->frames.exactly);
    CU_ASSERT_EQUAL(frames->frames.count, 3);
    CU_ASSERT_EQUAL(frames->frames.where, SCENARIO_WHERE_IN);
    CU_ASSERT_STRING_EQUAL(frames->frames.net, "eth0");
    CU_ASSERT_STRING_EQUAL(frames->frames.filter_text, "arp");
    CU_ASSERT_PTR_NOT_NULL(frames->frames.filter);
    CU_ASSERT_STRING_EQUAL(frames->frames.label, "q");
    CU_ASSERT_EQUAL(statement(scenario, 5)->verb, SCENARIO_EXPECT_EXIT);
    CU_ASSERT_EQUAL(statement(scenario, 5)->comparison, SCENARIO_NE);
    CU_ASSERT_EQUAL(statement(scenario, 5)->number, 0);
    CU_ASSERT_EQUAL(statement(scenario, 6)->comparison, SCENARIO_GE);
    CU_ASSERT_EQUAL(statement(scenario, 6)->number, 2);
    CU_ASSERT_EQUAL(statement(scenario, 7)->verb, SCENARIO_EXPECT_PRINTS);
    CU_ASSERT_STRING_EQUAL(statement(scenario, 7)->pattern, "3 received");
    CU_ASSERT_STRING_EQUAL(statement(scenario, 7)->program, "ping");
    const struct scenario_statement *counter = statement(scenario, 9);
    CU_ASSERT_EQUAL(counter->verb, SCENARIO_EXPECT_COUNTER);
    CU_ASSERT_STRING_EQUAL(counter->object, "eth0.rx.frames");
    CU_ASSERT_EQUAL(counter->comparison, SCENARIO_LE);
    CU_ASSERT_EQUAL(counter->number, 3);
    CU_ASSERT_STRING_EQUAL(counter->text, "expect counter eth0.rx.frames <= 3");
    g_ptr_array_unref(tests);
}

static void test_events_and_calls_arrive(void)
{
    GPtrArray *tests = rig_load(EVERYTHING);
    const struct scenario *scenario = tests->pdata[0];
    const struct scenario_statement *event = statement(scenario, 8);
    CU_ASSERT_EQUAL(event->verb, SCENARIO_EXPECT_EVENT);
    CU_ASSERT_EQUAL(event->event.kind, TRACE_VQ_USED);
    CU_ASSERT_EQUAL_FATAL(event->event.fields->len, 3);
    const struct scenario_field *fields = (const struct scenario_field *)event->event.fields->data;
    CU_ASSERT_EQUAL(fields[0].index, 0);
    CU_ASSERT_STRING_EQUAL(fields[0].string, "eth0.rx");
    CU_ASSERT_EQUAL(fields[1].index, 2);
    CU_ASSERT_EQUAL(fields[1].number, 60);
    CU_ASSERT_PTR_NULL(fields[1].string);
    CU_ASSERT_EQUAL(fields[2].number, UINT64_MAX);
    const struct scenario_statement *call = statement(scenario, 10);
    CU_ASSERT_EQUAL(call->verb, SCENARIO_EXPECT_CALL);
    CU_ASSERT_STRING_EQUAL(call->call.program, "ping");
    CU_ASSERT_STRING_EQUAL(call->call.call, "recvfrom");
    CU_ASSERT_EQUAL(call->call.comparison, SCENARIO_EQ);
    CU_ASSERT_EQUAL(call->call.result, -113);
    const struct scenario_call *any = &statement(scenario, 11)->call;
    CU_ASSERT_TRUE(scenario_compare(any->comparison, INT64_MIN, any->result));
    CU_ASSERT_TRUE(scenario_compare(any->comparison, INT64_MAX, any->result));
    g_ptr_array_unref(tests);
}

static void test_watches_arrive(void)
{
    GPtrArray *tests = rig_load(EVERYTHING);
    const struct scenario *scenario = tests->pdata[0];
    const struct scenario_statement *frame = statement(scenario, 12);
    CU_ASSERT_EQUAL(frame->verb, SCENARIO_NEVER);
    CU_ASSERT_EQUAL(frame->never.kind, SCENARIO_MATCH_FRAMES);
    CU_ASSERT_EQUAL(frame->never.frames.where, SCENARIO_WHERE_DROPPED);
    CU_ASSERT_EQUAL(frame->until.kind, SCENARIO_MATCH_EVENT);
    CU_ASSERT_EQUAL(frame->until.event.kind, TRACE_GUEST_READY);
    const struct scenario_statement *event = statement(scenario, 13);
    CU_ASSERT_EQUAL(event->never.kind, SCENARIO_MATCH_EVENT);
    CU_ASSERT_EQUAL(event->until.kind, SCENARIO_MATCH_TIME);
    CU_ASSERT_EQUAL(event->until.time.kind, SCENARIO_TIME_RELATIVE);
    CU_ASSERT_EQUAL(event->until.time.ns, 70000000);
    const struct scenario_statement *call = statement(scenario, 14);
    CU_ASSERT_EQUAL(call->never.kind, SCENARIO_MATCH_CALL);
    CU_ASSERT_EQUAL(call->never.call.comparison, SCENARIO_NE);
    CU_ASSERT_EQUAL(call->until.kind, SCENARIO_MATCH_FRAMES);
    CU_ASSERT_PTR_NOT_NULL(call->until.frames.filter);
    const struct scenario_matcher *endless = &statement(scenario, 15)->until;
    CU_ASSERT_EQUAL(endless->kind, SCENARIO_MATCH_TIME);
    CU_ASSERT_EQUAL(endless->time.kind, SCENARIO_TIME_ABSOLUTE);
    CU_ASSERT_EQUAL(VCLOCK_POWER_ON_NS + endless->time.ns, VCLOCK_NEVER);
    g_ptr_array_unref(tests);
}

static void test_finals_stand_apart(void)
{
    GPtrArray *tests = rig_load(EVERYTHING);
    const struct scenario *scenario = tests->pdata[0];
    CU_ASSERT_EQUAL(scenario->statements->len, 16);
    CU_ASSERT_EQUAL_FATAL(scenario->finals->len, 2);
    const struct scenario_statement *queue = scenario->finals->pdata[0];
    CU_ASSERT_EQUAL(queue->verb, SCENARIO_FINALLY_QUEUE);
    CU_ASSERT_STRING_EQUAL(queue->object, "eth0.rx");
    CU_ASSERT_STRING_EQUAL(queue->property, "in-flight");
    CU_ASSERT_EQUAL(queue->number, 0);
    const struct scenario_statement *counter = scenario->finals->pdata[1];
    CU_ASSERT_EQUAL(counter->verb, SCENARIO_FINALLY_COUNTER);
    CU_ASSERT_EQUAL(counter->comparison, SCENARIO_LT);
    CU_ASSERT_EQUAL(counter->number, -1);
    g_ptr_array_unref(tests);
}

static void test_verbs_and_comparisons_have_names(void)
{
    for (unsigned i = 0; i < SCENARIO_VERB_COUNT; i++) {
        CU_ASSERT_PTR_NOT_NULL(scenario_verb_name((enum scenario_verb)i));
    }
    CU_ASSERT_STRING_EQUAL(scenario_verb_name(SCENARIO_EXPECT_FRAMES), "expect frames");
    static const struct {
        enum scenario_comparison comparison;
        const char *text;
        bool less, same, more;
    } rows[] = {
        {SCENARIO_EQ, "==", false, true, false}, {SCENARIO_NE, "!=", true, false, true},
        {SCENARIO_LT, "<", true, false, false},  {SCENARIO_LE, "<=", true, true, false},
        {SCENARIO_GT, ">", false, false, true},  {SCENARIO_GE, ">=", false, true, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CU_ASSERT_STRING_EQUAL(scenario_comparison_text(rows[i].comparison), rows[i].text);
        CU_ASSERT_EQUAL(scenario_compare(rows[i].comparison, -1, 0), rows[i].less);
        CU_ASSERT_EQUAL(scenario_compare(rows[i].comparison, 5, 5), rows[i].same);
        CU_ASSERT_EQUAL(scenario_compare(rows[i].comparison, 1, INT64_MIN), rows[i].more);
    }
}

static void test_nothing_is_freed_without_complaint(void)
{
    scenario_free(NULL);
    struct scenario *empty = g_new0(struct scenario, 1);
    scenario_init(empty);
    CU_ASSERT_EQUAL(empty->statements->len, 0);
    scenario_free(empty);
}

/* ---- texts that nobody wrote ----------------------------------------------------------------- */

/* Changes a few bytes, cuts, or puts a piece somewhere else. */
static void mutate(struct prng *prng, GString *text)
{
    static const char spice[] = "\"\\$#:=,{}<>!\n\r\t +-.09azE\x01\xff\xc3\xbc";
    for (uint64_t left = 1 + prng_below(prng, 4); left > 0 && text->len > 0; left--) {
        gsize at = (gsize)prng_below(prng, text->len);
        switch (prng_below(prng, 4)) {
        case 0:
            text->str[at] = spice[prng_below(prng, sizeof(spice))];
            break;
        case 1: {
            gsize size = (gsize)prng_below(prng, 20);
            g_string_erase(text, (gssize)at, (gssize)MIN(size, text->len - at));
            break;
        }
        case 2:
            g_string_insert_c(text, (gssize)at, spice[prng_below(prng, sizeof(spice))]);
            break;
        default: {
            gsize from = (gsize)prng_below(prng, text->len);
            g_autofree char *piece = g_strndup(text->str + from, MIN(30, text->len - from));
            g_string_insert(text, (gssize)at, piece);
            break;
        }
        }
    }
}

static void check_findings(const GPtrArray *tests, const GPtrArray *diagnostics, guint lines)
{
    CU_ASSERT_EQUAL(tests == NULL, diagnostics->len > 0);
    CU_ASSERT(diagnostics->len <= 20);
    for (guint i = 0; i < diagnostics->len; i++) {
        const struct scenario_diagnostic *diagnostic = diagnostics->pdata[i];
        g_autoptr(GString) shown = g_string_new(NULL);
        scenario_diagnostic_format(shown, diagnostic, false);
        CU_ASSERT(g_utf8_validate(shown->str, (gssize)shown->len, NULL));
        CU_ASSERT(diagnostic->place.line <= lines);
        CU_ASSERT(diagnostic->message[0] != '\0');
    }
}

static guint count_lines(const GString *text)
{
    guint lines = 1;
    for (gsize i = 0; i < text->len; i++) {
        lines += text->str[i] == '\n' ? 1 : 0;
    }
    return lines;
}

/* Whatever the bytes are: tests, or findings that can be shown, and never a crash. */
static void check_mutations(const char *seed_text, const char *stream, unsigned rounds)
{
    struct prng prng;
    prng_init(&prng, 1, stream);
    for (unsigned i = 0; i < rounds; i++) {
        g_autoptr(GString) text = g_string_new(seed_text);
        mutate(&prng, text);
        g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
        GPtrArray *tests = scenario_load_text(text->str, text->len, "x.scn", "x", diagnostics);
        check_findings(tests, diagnostics, count_lines(text));
        if (tests != NULL) {
            g_ptr_array_unref(tests);
        }
    }
}

static void test_damaged_files_are_loaded_or_explained(void)
{
    check_mutations(EVERYTHING, "everything", 40);
}

static void test_damaged_reserved_statements_are_explained(void)
{
    check_mutations("version 1\n"
                    "param n in 1, \"b c\", 3\n"
                    "share s memory {\n \"a\" = \"b\", \"c\" = \"d\"\n} msize=8K\n"
                    "host box ip=10.0.2.9/24 mac=02:00:00:00:00:09\n"
                    "serve dns \"a.test\" = 10.0.2.1\n"
                    "guards \"a.patch\" cause x.y task z when n=3\n"
                    "run a: \"x $n $$ $share\"\n"
                    "inject irq eth0.tx lose skip 2 3\n"
                    "inject link eth0 in delay 70ms all \"tcp\"\n"
                    "inject 9p s delay 5ms of Tread skip 2 3\n"
                    "send box tcp 10.0.2.9:80 > $syn.src flags S. ack $syn.seq+1\n"
                    "expect hang within 1s cause a.b task c\n"
                    "expect call a b = EPERM c=1 within 1s\n"
                    "explore irq eth0 runs=5 seed=1\n",
                    "reserved", 150);
}

/* The shortest way to most branches: statements that end too soon. */
static void test_every_beginning_of_a_file_is_loaded_or_explained(void)
{
    static const char text[] = EVERYTHING;
    for (size_t size = 700; size < sizeof(text); size += 23) {
        g_autoptr(GPtrArray) diagnostics = scenario_diagnostics_new();
        GPtrArray *tests = scenario_load_text(text, size, "x.scn", "x", diagnostics);
        check_findings(tests, diagnostics, 100);
        if (tests != NULL) {
            g_ptr_array_unref(tests);
        }
    }
}

static void test_tests_of_each_allocation_share_all_but_name_and_number(void)
{
    static const char text[] = "version 1\nparam b in 1, 2\nguest \"g$b\"\n"
                               "inject alloc fail each\nwait ready\n";
    GPtrArray *tests = rig_load(text);
    const struct scenario *base = tests->pdata[1];
    struct scenario *third = scenario_with_alloc(base, 3);
    CU_ASSERT_STRING_EQUAL(base->name, "x[b=2]");
    CU_ASSERT_STRING_EQUAL(third->name, "x[b=2,alloc=3]");
    CU_ASSERT_EQUAL(third->alloc, 3);
    CU_ASSERT_PTR_EQUAL(third->statements, base->statements);
    CU_ASSERT_STRING_EQUAL(third->guest, "g2");
    scenario_free(third);
    CU_ASSERT_EQUAL(base->statements->len, 2);
    g_ptr_array_unref(tests);

    tests = rig_load("version 1\ninject alloc fail each\nwait ready\n");
    g_ptr_array_add(tests, scenario_with_alloc(tests->pdata[0], 1));
    CU_ASSERT_STRING_EQUAL(((struct scenario *)tests->pdata[1])->name, "x[alloc=1]");
    g_ptr_array_unref(tests);
}

UNIT_SUITE("scenario", UNIT_TEST(test_the_set_up_arrives), UNIT_TEST(test_cards_arrive),
           UNIT_TEST(test_defaults), UNIT_TEST(test_actions_arrive),
           UNIT_TEST(test_expectations_arrive), UNIT_TEST(test_events_and_calls_arrive),
           UNIT_TEST(test_watches_arrive), UNIT_TEST(test_finals_stand_apart),
           UNIT_TEST(test_verbs_and_comparisons_have_names),
           UNIT_TEST(test_tests_of_each_allocation_share_all_but_name_and_number),
           UNIT_TEST(test_nothing_is_freed_without_complaint),
           UNIT_TEST(test_damaged_files_are_loaded_or_explained),
           UNIT_TEST(test_damaged_reserved_statements_are_explained),
           UNIT_TEST(test_every_beginning_of_a_file_is_loaded_or_explained))
