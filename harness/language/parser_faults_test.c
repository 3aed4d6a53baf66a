/*
 * parser_faults_test.c - inject and restore: what they mean, and what is refused
 */
#include "emu/core/fault.h"
#include "harness/language/language_rig.h"

#define SETUP "version 1\nnet eth0\n"

/* The fault of a line behind the set-up. Its test is kept until the next call. */
static const struct scenario_statement *load(const char *line)
{
    static GPtrArray *tests;
    g_clear_pointer(&tests, g_ptr_array_unref);
    if (line == NULL) {
        return NULL;
    }
    g_autofree char *text = g_strdup_printf(SETUP "%s\nwait ready\n", line);
    tests = rig_load(text);
    const struct scenario *scenario = tests->pdata[0];
    return scenario->statements->pdata[0];
}

static void test_each_fault_is_read(void)
{
    static const struct {
        const char *line;
        enum scenario_fault_object object;
        const char *target;
        enum scenario_fault_kind kind;
        uint64_t time_ns, number;
    } rows[] = {
        {"inject irq eth0.tx lose", SCENARIO_FAULT_IRQ, "eth0.tx", SCENARIO_IRQ_LOSE, 0, 0},
        {"inject irq eth0 delay 2ms", SCENARIO_FAULT_IRQ, "eth0", SCENARIO_IRQ_DELAY, 2000000, 0},
        {"inject irq 0x26 spurious 3", SCENARIO_FAULT_IRQ, "38", SCENARIO_IRQ_SPURIOUS, 0, 3},
        {"inject irq 287 stuck", SCENARIO_FAULT_IRQ, "287", SCENARIO_IRQ_STUCK, 0, 0},
        {"inject timer virtual dead", SCENARIO_FAULT_TIMER, "virtual", SCENARIO_TIMER_DEAD, 0, 0},
        {"inject timer physical late 5ms", SCENARIO_FAULT_TIMER, "physical", SCENARIO_TIMER_LATE,
         5000000, 0},
        {"inject timer virtual intid 30", SCENARIO_FAULT_TIMER, "virtual", SCENARIO_TIMER_INTID, 0,
         30},
        {"inject irq eth0.rx storm", SCENARIO_FAULT_IRQ, "eth0.rx", SCENARIO_IRQ_STORM, 0, 0},
        {"inject irq eth0.tx route 40", SCENARIO_FAULT_IRQ, "eth0.tx", SCENARIO_IRQ_ROUTE, 0, 40},
        {"inject irq 48 route 0x10", SCENARIO_FAULT_IRQ, "48", SCENARIO_IRQ_ROUTE, 0, 16},
        {"inject irq eth0 edge", SCENARIO_FAULT_IRQ, "eth0", SCENARIO_IRQ_EDGE, 0, 0},
        {"inject timer virtual drift 100ppm", SCENARIO_FAULT_TIMER, "virtual", SCENARIO_TIMER_DRIFT,
         0, 0},
        {"inject alloc fail 7", SCENARIO_FAULT_ALLOC, "memory", SCENARIO_ALLOC_FAIL, 0, 7},
        {"inject alloc fail each", SCENARIO_FAULT_ALLOC, "memory", SCENARIO_ALLOC_FAIL, 0, 0},
        {"inject vq eth0.rx latency 0us", SCENARIO_FAULT_VQ, "eth0.rx", SCENARIO_VQ_LATENCY, 0, 0},
        {"inject vq eth0.tx hold", SCENARIO_FAULT_VQ, "eth0.tx", SCENARIO_VQ_HOLD, 0, 0},
        {"inject vq eth0.tx withhold 4", SCENARIO_FAULT_VQ, "eth0.tx", SCENARIO_VQ_WITHHOLD, 0, 4},
        {"inject vq eth0.tx out-of-order", SCENARIO_FAULT_VQ, "eth0.tx", SCENARIO_VQ_OUT_OF_ORDER,
         0, 0},
        {"inject vq eth0.rx used-len 8", SCENARIO_FAULT_VQ, "eth0.rx", SCENARIO_VQ_USED_LEN, 0, 8},
        {"inject vq eth0.tx bad-id", SCENARIO_FAULT_VQ, "eth0.tx", SCENARIO_VQ_BAD_ID, 0, 0},
        {"inject vq eth0.tx no-irq", SCENARIO_FAULT_VQ, "eth0.tx", SCENARIO_VQ_NO_IRQ, 0, 0},
        {"inject vq eth0.tx no-kick", SCENARIO_FAULT_VQ, "eth0.tx", SCENARIO_VQ_NO_KICK, 0, 0},
        {"inject link eth0 drop", SCENARIO_FAULT_LINK, "eth0", SCENARIO_LINK_DROP, 0, 0},
        {"inject link eth0 delay 70ms", SCENARIO_FAULT_LINK, "eth0", SCENARIO_LINK_DELAY, 70000000,
         0},
        {"inject link eth0 duplicate", SCENARIO_FAULT_LINK, "eth0", SCENARIO_LINK_DUPLICATE, 0, 0},
        {"inject link eth0 corrupt 0", SCENARIO_FAULT_LINK, "eth0", SCENARIO_LINK_CORRUPT, 0, 0},
        {"inject link eth0 truncate 20", SCENARIO_FAULT_LINK, "eth0", SCENARIO_LINK_TRUNCATE, 0,
         20},
        {"inject link eth0 down", SCENARIO_FAULT_LINK, "eth0", SCENARIO_LINK_DOWN, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct scenario_statement *statement = load(rows[i].line);
        const struct scenario_fault *fault = &statement->fault;
        CU_ASSERT_EQUAL(statement->verb, SCENARIO_INJECT);
        CU_ASSERT_STRING_EQUAL(statement->text, rows[i].line);
        CU_ASSERT_EQUAL(fault->object, rows[i].object);
        CU_ASSERT_STRING_EQUAL(fault->target, rows[i].target);
        CU_ASSERT_EQUAL(fault->kind, rows[i].kind);
        CU_ASSERT_EQUAL(fault->time_ns, rows[i].time_ns);
        CU_ASSERT_EQUAL(fault->number, rows[i].number);
        CU_ASSERT_EQUAL(fault->skip, 0);
        CU_ASSERT_EQUAL(fault->count, FAULT_ALL);
        CU_ASSERT_EQUAL(statement->frames.where, SCENARIO_WHERE_ANY);
        CU_ASSERT_PTR_NULL(statement->frames.filter);
    }
    load(NULL);
}

static void test_occurrences_are_all_some_or_those_behind_some(void)
{
    static const struct {
        const char *line;
        uint64_t skip, count;
    } rows[] = {
        {"inject irq 48 lose all", 0, FAULT_ALL},
        {"inject irq 48 lose 1", 0, 1},
        {"inject irq 48 delay 1ms 3", 0, 3},
        {"inject vq eth0.tx no-irq skip 2", 2, FAULT_ALL},
        {"inject irq eth0 storm 5", 0, 5},
        {"inject irq eth0 edge skip 1 2", 1, 2},
        {"inject link eth0 corrupt 14 skip 2 3 \"arp\"", 2, 3},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct scenario_statement *statement = load(rows[i].line);
        CU_ASSERT_EQUAL(statement->fault.skip, rows[i].skip);
        CU_ASSERT_EQUAL(statement->fault.count, rows[i].count);
    }
    load(NULL);
}

static void test_faults_of_a_link_have_chance_jitter_rate_and_queue(void)
{
    const struct scenario_fault *fault = &load("inject link eth0 in drop 0.5% 3 \"icmp\"")->fault;
    CU_ASSERT_EQUAL(fault->chance_ppm, 5000);
    CU_ASSERT_EQUAL(fault->count, 3);
    fault = &load("inject link eth0 delay 20ms jitter 5ms 100%")->fault;
    CU_ASSERT_EQUAL(fault->time_ns, 20000000);
    CU_ASSERT_EQUAL(fault->jitter_ns, 5000000);
    CU_ASSERT_EQUAL(fault->chance_ppm, 1000000);
    fault = &load("inject link eth0 out reorder 3 25% 1")->fault;
    CU_ASSERT_EQUAL(fault->kind, SCENARIO_LINK_REORDER);
    CU_ASSERT_EQUAL(fault->number, 3);
    CU_ASSERT_EQUAL(fault->chance_ppm, 250000);
    fault = &load("inject link eth0 rate 1.5Mbit/s queue 16K")->fault;
    CU_ASSERT_EQUAL(fault->kind, SCENARIO_LINK_RATE);
    CU_ASSERT_EQUAL(fault->number, 1500000);
    CU_ASSERT_EQUAL(fault->queue, 16384);
    fault = &load("inject link eth0 rate 9600bit/s \"tcp\"")->fault;
    CU_ASSERT_EQUAL(fault->number, 9600);
    CU_ASSERT_EQUAL(fault->queue, 262144);
    const struct scenario_statement *partition = load("inject link eth0 in partition");
    CU_ASSERT_EQUAL(partition->fault.kind, SCENARIO_LINK_PARTITION);
    CU_ASSERT_EQUAL(partition->frames.where, SCENARIO_WHERE_IN);
    CU_ASSERT_EQUAL(partition->fault.chance_ppm, 0);
}

static void test_faults_of_a_link_have_direction_and_filter(void)
{
    const struct scenario_statement *in = load("inject link eth0 in delay 70ms 1 \"icmp\"");
    CU_ASSERT_EQUAL(in->frames.where, SCENARIO_WHERE_IN);
    CU_ASSERT_STRING_EQUAL(in->frames.filter_text, "icmp");
    CU_ASSERT_PTR_NOT_NULL(in->frames.filter);
    CU_ASSERT_EQUAL(in->fault.count, 1);
    const struct scenario_statement *out = load("inject link eth0 out drop");
    CU_ASSERT_EQUAL(out->frames.where, SCENARIO_WHERE_OUT);
    CU_ASSERT_PTR_NULL(out->frames.filter);
    load(NULL);
}

static void test_restore_names_what_was_injected_however_it_was_written(void)
{
    GPtrArray *tests = rig_load(SETUP "inject irq 48 lose 1\n10ms restore irq 0x30\nwait ready\n");
    const struct scenario *scenario = tests->pdata[0];
    const struct scenario_statement *statement = scenario->statements->pdata[1];
    CU_ASSERT_EQUAL(statement->verb, SCENARIO_RESTORE);
    CU_ASSERT_EQUAL(statement->fault.object, SCENARIO_FAULT_IRQ);
    CU_ASSERT_STRING_EQUAL(statement->fault.target, "48");
    CU_ASSERT_EQUAL(statement->at.ns, 10000000);
    g_ptr_array_unref(tests);
}

static const struct rig_row refused_rows[] = {
    {"inject",
     "3:7: expected 'irq', 'timer', 'vq', 'link', 'alloc' or '9p', not the end of the line"},
    {"inject irqq 48 lose",
     "3:8: expected 'irq', 'timer', 'vq', 'link', 'alloc' or '9p', not 'irqq' [did you mean 'irq'?]"},
    {"inject irq",
     "3:11: expected an INTID, a network card or a queue such as eth0.tx, not the end of the line"},
    {"inject irq eth0.tx",
     "3:19: expected 'lose', 'delay', 'spurious', 'stuck', 'storm', 'route' or 'edge', not the end of the line"},
    {"inject irq eth0.tx loose 1",
     "3:20: expected 'lose', 'delay', 'spurious', 'stuck', 'storm', 'route' or 'edge', not 'loose' [did you mean 'lose'?]"},
    {"inject irq eth0.xt lose",
     "3:12: no queue, network card or share is called 'eth0.xt' [did you mean 'eth0.tx'?]"},
    {"inject irq eth1 lose",
     "3:12: no queue, network card or share is called 'eth1' [did you mean 'eth0'?]"},
    {"inject irq \"eth0\" lose",
     "3:12: expected an INTID, a network card or a queue such as eth0.tx, not \"eth0\""},
    {"inject irq 15 lose", "3:12: 15 is out of range: 16 to 287"},
    {"inject irq 288 lose", "3:12: 288 is out of range: 16 to 287"},
    {"inject irq 38x lose", "3:12: expected a number, not '38x'"},
    {"inject irq 48 lose none",
     "3:20: expected a number, 'all', 'skip' or the end of the line, not 'none'"},
    {"inject irq 48 lose 0", "3:20: 0 is out of range: 1 to 4294967295"},
    {"inject irq 48 lose skip", "3:24: expected a number, not the end of the line"},
    {"inject irq 48 lose skip 0", "3:25: 0 is out of range: 1 to 4294967295"},
    {"inject irq 48 lose skip 1 x", "3:27: expected a number, not 'x'"},
    {"inject irq 48 lose 1 2", "3:22: unexpected '2': the statement is complete before it"},
    {"inject irq 48 lose \"arp\"", "3:20: unexpected \"arp\": the statement is complete before it"},
    {"inject irq 48 delay", "3:20: expected a time such as 10ms, not the end of the line"},
    {"inject irq 48 delay 2", "3:21: '2' needs a unit: ns, us, ms, s, min or h"},
    {"inject irq 48 delay 0ms", "3:21: delay 0ms is no fault"},
    {"inject irq 48 delay 2h", "3:21: 2h is too long: at most 1h"},
    {"inject irq 48 spurious", "3:23: expected a number, not the end of the line"},
    {"inject irq 48 spurious 0", "3:24: 0 is out of range: 1 to 1000"},
    {"inject irq 48 spurious 1001", "3:24: 1001 is out of range: 1 to 1000"},
    {"inject irq eth0.tx spurious 1",
     "3:1: a queue has no interrupt of its own that could be spurious [did you mean 'inject irq eth0 spurious'?]"},
    {"inject irq 48 stuck 1", "3:21: unexpected '1': the statement is complete before it"},
    {"inject timer",
     "3:13: expected 'virtual', 'physical', 'hyp-virtual' or 'hyp-physical', not the end of the line"},
    {"inject timer hyp-virtual dead",
     "3:14: the timers of EL2 are there with vhe=yes [write 'machine virt vhe=yes']"},
    {"inject timer both dead",
     "3:14: expected 'virtual', 'physical', 'hyp-virtual' or 'hyp-physical', not 'both'"},
    {"inject timer virtual",
     "3:21: expected 'dead', 'late', 'intid' or 'drift', not the end of the line"},
    {"inject timer virtual dead 1", "3:27: unexpected '1': the statement is complete before it"},
    {"inject timer virtual late 5", "3:27: '5' needs a unit: ns, us, ms, s, min or h"},
    {"inject timer virtual intid x", "3:28: expected a number, not 'x'"},
    {"inject timer virtual intid 5", "3:28: 5 is out of range: 16 to 287"},
    {"inject vq", "3:10: expected a queue such as eth0.tx, not the end of the line"},
    {"inject vq 48 hold", "3:11: expected a name, which begins with a letter, not '48'"},
    {"inject vq eth0.xt hold", "3:11: no queue is called 'eth0.xt' [did you mean 'eth0.tx'?]"},
    {"inject vq eth0 hold",
     "3:11: no queue is called 'eth0' [its queues are 'eth0.rx' and 'eth0.tx']"},
    {"inject vq eth0.tx",
     "3:18: expected 'latency', 'hold', 'withhold', 'out-of-order', 'used-len', 'bad-id', 'no-irq' or 'no-kick', not the end of the line"},
    {"inject vq eth0.tx withold 4",
     "3:19: expected 'latency', 'hold', 'withhold', 'out-of-order', 'used-len', 'bad-id', 'no-irq' or 'no-kick', not 'withold' [did you mean 'withhold'?]"},
    {"inject vq eth0.tx bad-id none",
     "3:26: expected a number, 'all', 'skip' or the end of the line, not 'none'"},
    {"inject vq eth0.tx used-len", "3:27: expected a number, not the end of the line"},
    {"inject vq eth0.tx used-len 4294967296", "3:28: 4294967296 is out of range: 0 to 4294967295"},
    {"inject vq eth0.tx withhold", "3:27: expected a number, not the end of the line"},
    {"inject vq eth0.tx withhold 0", "3:28: 0 is out of range: 1 to 1024"},
    {"inject vq eth0.tx hold 1", "3:24: unexpected '1': the statement is complete before it"},
    {"inject vq eth0.tx latency 50", "3:27: '50' needs a unit: ns, us, ms, s, min or h"},
    {"inject link", "3:12: expected a network card, not the end of the line"},
    {"inject link eth1 drop", "3:13: no network card is called 'eth1' [did you mean 'eth0'?]"},
    {"inject link eth0",
     "3:17: expected 'in', 'out', 'drop', 'delay', 'duplicate', 'corrupt', 'truncate', 'reorder', 'rate', 'partition' or 'down', "
     "not the end of the line"},
    {"inject link eth0 in",
     "3:20: expected 'drop', 'delay', 'duplicate', 'corrupt', 'truncate', 'reorder', 'rate', 'partition' or 'down', not the end of the line"},
    {"inject link eth0 inn drop",
     "3:18: expected 'in', 'out', 'drop', 'delay', 'duplicate', 'corrupt', 'truncate', 'reorder', 'rate', 'partition' or 'down', "
     "not 'inn' [did you mean 'in'?]"},
    {"inject link eth0 in dorp",
     "3:21: expected 'drop', 'delay', 'duplicate', 'corrupt', 'truncate', 'reorder', 'rate', 'partition' or 'down', not 'dorp' "
     "[did you mean 'drop'?]"},
    {"inject link eth0.rx drop",
     "3:13: no network card is called 'eth0.rx' [did you mean 'eth0'?]"},
    {"inject link eth0 in down", "3:21: a link is down in both directions"},
    {"inject link eth0 drop arp",
     "3:23: expected a number, 'all', 'skip' or the end of the line, not 'arp'"},
    {"inject link eth0 drop \"arp\" 1",
     "3:29: unexpected '1': the statement is complete before it"},
    {"inject link eth0 drop 1 \"arp\" x",
     "3:31: unexpected 'x': the statement is complete before it"},
    {"inject link eth0 drop 1 \"arpp\"",
     "3:25: the filter is wrong: `arpp` is neither a word of pcap-filter(7) nor a number or address; names are not looked up [filters are libpcap's: see pcap-filter(7)]"},
    {"inject link eth0 drop 0%", "3:23: 0% is out of range: more than 0%, at most 100%"},
    {"inject link eth0 drop 101%", "3:23: 101% is out of range: more than 0%, at most 100%"},
    {"inject link eth0 drop x%", "3:23: expected a chance such as 5% or 0.5%, not 'x%'"},
    {"inject link eth0 drop 0.00001%",
     "3:23: expected a chance such as 5% or 0.5%, not '0.00001%'"},
    {"inject link eth0 delay 5ms jitter",
     "3:34: expected a time such as 10ms, not the end of the line"},
    {"inject link eth0 delay 5ms jitter 2h", "3:35: 2h is too long: at most 1h"},
    {"inject link eth0 reorder 0", "3:26: 0 is out of range: 1 to 1000"},
    {"inject link eth0 reorder", "3:25: expected a number, not the end of the line"},
    {"inject link eth0 rate", "3:22: expected a rate such as 10Mbit/s, not the end of the line"},
    {"inject link eth0 rate 10Mbps", "3:23: expected a rate such as 10Mbit/s, not '10Mbps'"},
    {"inject link eth0 rate 0Mbit/s", "3:23: expected a rate such as 10Mbit/s, not '0Mbit/s'"},
    {"inject link eth0 rate 0.5bit/s", "3:23: expected a rate such as 10Mbit/s, not '0.5bit/s'"},
    {"inject link eth0 rate 1Mbit/s queue x", "3:37: expected a size such as 64M, not 'x'"},
    {"inject link eth0 rate 1Mbit/s 5%",
     "3:31: unexpected '5%': the statement is complete before it"},
    {"inject link eth0 corrupt", "3:25: expected a number, not the end of the line"},
    {"inject link eth0 corrupt 65550", "3:26: 65550 is out of range: 0 to 65549"},
    {"inject link eth0 truncate 0", "3:27: 0 is out of range: 1 to 65549"},
    {"inject link eth0 down \"arp\"",
     "3:23: unexpected \"arp\": the statement is complete before it"},
    {"inject irq 48 route", "3:20: expected a number, not the end of the line"},
    {"inject irq 48 route 15", "3:21: 15 is out of range: 16 to 287"},
    {"inject irq 48 route 288", "3:21: 288 is out of range: 16 to 287"},
    {"inject irq 49 route 49", "3:1: '49' has INTID 49 already: that is no fault"},
    {"inject irq eth0 route 48", "3:1: 'eth0' has INTID 48 already: that is no fault"},
    {"inject irq eth0.rx route 48", "3:1: 'eth0.rx' has INTID 48 already: that is no fault"},
    {"inject irq 48 route 50 1", "3:24: unexpected '1': the statement is complete before it"},
    {"inject irq eth0.rx edge",
     "3:1: a queue has no interrupt of its own that could be an edge [did you mean 'inject irq eth0 edge'?]"},
    {"inject irq 48 storm none",
     "3:21: expected a number, 'all', 'skip' or the end of the line, not 'none'"},
    {"inject timer virtual drift", "3:27: expected a rate such as 100ppm, not the end of the line"},
    {"inject timer virtual drift 100",
     "3:28: expected a rate such as 100ppm or -100ppm, not '100'"},
    {"inject timer virtual drift 1.5ppm",
     "3:28: expected a rate such as 100ppm or -100ppm, not '1.5ppm'"},
    {"inject timer virtual drift 0ppm", "3:28: 0ppm is out of range: 1ppm to 50000ppm, either way"},
    {"inject timer virtual drift -50001ppm",
     "3:28: -50001ppm is out of range: 1ppm to 50000ppm, either way"},
    {"inject alloc", "3:13: expected 'fail', not the end of the line"},
    {"inject alloc fail", "3:18: expected a number or 'each', not the end of the line"},
    {"inject alloc fail some", "3:19: expected a number or 'each', not 'some'"},
    {"inject alloc fail 0", "3:19: 0 is out of range: 1 to 1000000"},
    {"inject alloc fail each 2", "3:24: unexpected '2': the statement is complete before it"},
    {"inject alloc fail each\ninject alloc fail each",
     "4:1: 'alloc fail each' stands in this scenario already"},
    {"restore alloc", "3:9: no fault of 'alloc' was injected before: nothing to restore"},
    {"restore",
     "3:8: expected 'irq', 'timer', 'vq', 'link', 'alloc' or '9p', not the end of the line"},
    {"restore irq",
     "3:12: expected an INTID, a network card or a queue such as eth0.tx, not the end of the line"},
    {"restore lnk eth0",
     "3:9: expected 'irq', 'timer', 'vq', 'link', 'alloc' or '9p', not 'lnk' [did you mean 'link'?]"},
    {"restore irq eth0.tx", "3:13: no fault of 'eth0.tx' was injected before: nothing to restore"},
    {"restore irq eth1",
     "3:13: no queue, network card or share is called 'eth1' [did you mean 'eth0'?]"},
    {"inject irq eth0.tx lose\nrestore irq eth0.rx",
     "4:13: no fault of 'eth0.rx' was injected before: nothing to restore "
     "[injected were: irq eth0.tx]"},
    {"inject irq eth0.tx lose\ninject vq eth0.rx hold\ninject irq eth0.tx stuck\nrestore irq eth0",
     "6:13: no fault of 'eth0' was injected before: nothing to restore "
     "[injected were: irq eth0.tx, vq eth0.rx]"},
    {"inject irq eth0.tx lose\nrestore vq eth0.tx",
     "4:12: no fault of 'eth0.tx' was injected before: nothing to restore "
     "[injected were: irq eth0.tx]"},
    {"restore timer",
     "3:14: expected 'virtual', 'physical', 'hyp-virtual' or 'hyp-physical', not the end of the line"},
    {"restore timer virtual",
     "3:15: no fault of 'virtual' was injected before: nothing to restore"},
    {"restore link eth0 in", "3:19: unexpected 'in': the statement is complete before it"},
};

static void test_mistakes_are_refused_with_the_reason(void)
{
    rig_check_rows(refused_rows, G_N_ELEMENTS(refused_rows), SETUP, "\nwait ready\n");
}

static void test_drifts_have_a_sign(void)
{
    CU_ASSERT_EQUAL(load("inject timer virtual drift 100ppm")->fault.ppm, 100);
    CU_ASSERT_EQUAL(load("inject timer physical drift -50000ppm")->fault.ppm, -50000);
    load(NULL);
}

static void test_failing_allocations_can_be_restored(void)
{
    static const char text[] = SETUP "inject alloc fail 2\nrestore alloc\nwait ready\n";
    g_autoptr(GPtrArray) tests = rig_load(text);
    const struct scenario *scenario = tests->pdata[0];
    const struct scenario_statement *restore = scenario->statements->pdata[1];
    CU_ASSERT_EQUAL(restore->verb, SCENARIO_RESTORE);
    CU_ASSERT_EQUAL(restore->fault.object, SCENARIO_FAULT_ALLOC);
    CU_ASSERT_FALSE(scenario->alloc_each);
}

static void test_each_allocation_is_known_to_the_test_and_not_for_mutants(void)
{
    static const char each[] = SETUP "inject alloc fail each\nwait ready\n";
    g_autoptr(GPtrArray) tests = rig_load(each);
    const struct scenario *scenario = tests->pdata[0];
    CU_ASSERT_TRUE(scenario->alloc_each);
    CU_ASSERT_EQUAL(scenario->alloc, 0);
    static const char guarded[] =
        SETUP "guards \"a.patch\" cause irq.lost\ninject alloc fail each\nwait ready\n";
    g_autofree char *complaint = rig_complaint(guarded, strlen(guarded));
    CU_ASSERT_PTR_NOT_NULL(strstr(complaint,
                                  "4:1: a scenario with guards cannot have 'alloc fail each' "
                                  "[name one allocation: inject alloc fail 3]"));
}

static void test_no_more_faults_than_there_is_room_for(void)
{
    g_autoptr(GString) text = g_string_new(SETUP);
    for (unsigned i = 0; i < SCENARIO_FAULTS_MAX; i++) {
        g_string_append(text, "inject irq 48 lose 1\n");
    }
    g_string_append(text, "inject vq eth0.tx hold\n");
    g_autofree char *full = g_strconcat(text->str, "wait ready\n", NULL);
    g_autofree char *nothing = rig_complaint(full, strlen(full));
    CU_ASSERT_STRING_EQUAL(nothing, "");
    g_string_append(text, "inject irq eth0.tx lose 1\nwait ready\n");
    g_autofree char *complaint = rig_complaint(text->str, text->len);
    CU_ASSERT_STRING_EQUAL(complaint, "20:1: too many faults of this kind: at most 16");
}

static const struct rig_row message_rows[] = {
    {"inject irq eth0 lose",
     "3:1: 'eth0' may send messages (MSI-X), and has no line then [name a queue (CARD.rx), an INTID of the frame (80 to 143), or give it msix=no]"},
    {"inject irq eth0.rx lose", ""},
    {"inject irq 81 delay 1ms", ""},
};

static void test_line_of_a_card_that_sends_messages_is_no_target(void)
{
    rig_check_rows(message_rows, G_N_ELEMENTS(message_rows), "version 1\nnet eth0 transport=pci\n",
                   "\nwait ready\n");
}

UNIT_SUITE("parser_faults", UNIT_TEST(test_each_fault_is_read),
           UNIT_TEST(test_occurrences_are_all_some_or_those_behind_some),
           UNIT_TEST(test_faults_of_a_link_have_direction_and_filter),
           UNIT_TEST(test_faults_of_a_link_have_chance_jitter_rate_and_queue),
           UNIT_TEST(test_restore_names_what_was_injected_however_it_was_written),
           UNIT_TEST(test_mistakes_are_refused_with_the_reason), UNIT_TEST(test_drifts_have_a_sign),
           UNIT_TEST(test_failing_allocations_can_be_restored),
           UNIT_TEST(test_each_allocation_is_known_to_the_test_and_not_for_mutants),
           UNIT_TEST(test_no_more_faults_than_there_is_room_for),
           UNIT_TEST(test_line_of_a_card_that_sends_messages_is_no_target))
