/*
 * parser_timeline_test.c - what is said about each way to write the timeline
 */
#include "harness/language/language_rig.h"

static const struct rig_row wait_rows[] = {
    {"", ""},
    {"wait ready\nwait ready",
     "5:1: the guest becomes ready only once\n6:1: the guest becomes ready only once"},
    {"wait", "4:5: expected 'ready', not the end of the line"},
    {"wait redy", "4:6: expected 'ready', not 'redy' [did you mean 'ready'?]"},
    {"wait ready within", "4:18: expected a time such as 10ms, not the end of the line"},
    {"wait \"ready\"", "4:6: expected 'ready', not \"ready\""},
};

static void test_wait(void)
{
    rig_check_rows(wait_rows, G_N_ELEMENTS(wait_rows),
                   "version 1\nnet eth0\nstart ping: \"ping\"\n", "\nwait ready\n");
}

static const struct rig_row start_run_and_kill_rows[] = {
    {"start a: \"b\"", ""},
    {"10ms start a: \"b\"", ""},
    {"+10ms start a: \"b\"", ""},
    {"start a : \"b\"", ""},
    {"start", "4:6: expected a name for the program, not the end of the line"},
    {"start a", "4:8: expected ':', not the end of the line"},
    {"start a:", "4:9: expected the program's command in quotes, not the end of the line"},
    {"start a: b",
     "4:10: expected the program's command in quotes, not 'b' [a text stands in double quotes]"},
    {"start a: \"\"", "4:10: the command is empty"},
    {"start a: \" \"", "4:10: the command is empty"},
    {"start a: \"b\" within 5s", "4:14: unexpected 'within': the statement is complete before it"},
    {"start \"ping -c 1\"",
     "4:7: expected a name for the program and ':' before its command [such as: start ping: \"ping -c 1 10.0.2.2\"]"},
    {"run \"ping -c 1\"",
     "4:5: expected a name for the program and ':' before its command [such as: run ping: \"ping -c 1 10.0.2.2\"]"},
    {"start 1: \"b\"", "4:7: expected a name, which begins with a letter, not '1'"},
    {"start a:b \"c\"", "4:7: a name has letters, digits, '-', '_' and '.', not ':' as 'a:b' has"},
    {"start ping: \"b\"", "4:7: the program 'ping' is on line 3 already"},
    {"start frame: \"b\"", "4:7: 'frame' has another meaning behind 'expect'"},
    {"run frames: \"b\"", "4:5: 'frames' has another meaning behind 'expect'"},
    {"run a: \"b\"", ""},
    {"run a: \"b\" within 5s", ""},
    {"run a: \"b\" within", "4:18: expected a time such as 10ms, not the end of the line"},
    {"run a: \"b\" within 5", "4:19: '5' needs a unit: ns, us, ms, s, min or h"},
    {"run a: \"b\" within 0s", "4:19: within 0s: nothing can happen in no time"},
    {"run a: \"b\" within 61s",
     "4:19: within 61s is longer than the scenario's limit [raise it with 'limit' in the set-up]"},
    {"run a: \"b\" withn 5s",
     "4:12: expected 'within' or the end of the line, not 'withn' [did you mean 'within'?]"},
    {"run a: \"b\" 5s", "4:12: unexpected '5s': the statement is complete before it"},
    {"run a: \"b\" within 5s x", "4:22: unexpected 'x': the statement is complete before it"},
    {"run a: b",
     "4:8: expected the program's command in quotes, not 'b' [a text stands in double quotes]"},
    {"kill ping 9", ""},
    {"kill", "4:5: expected the name of a program, not the end of the line"},
    {"kill ping", "4:10: expected a number, not the end of the line"},
    {"kill ping 0", "4:11: 0 is out of range: 1 to 64"},
    {"kill ping 65", "4:11: 65 is out of range: 1 to 64"},
    {"kill ping KILL", "4:11: expected a number, not 'KILL'"},
    {"kill png 9", "4:6: no program has been started under the name 'png' [did you mean 'ping'?]"},
    {"kill ping 9 9", "4:13: unexpected '9': the statement is complete before it"},
    {"kill \"ping\" 9", "4:6: expected the name of a program, not \"ping\""},
};

static void test_start_run_and_kill(void)
{
    rig_check_rows(start_run_and_kill_rows, G_N_ELEMENTS(start_run_and_kill_rows),
                   "version 1\nnet eth0\nstart ping: \"ping\"\n", "\nwait ready\n");
}

static const struct rig_row leading_times_rows[] = {
    {"10 wait ready", "4:1: '10' needs a unit: ns, us, ms, s, min or h"},
    {"10x wait ready", "4:1: unknown unit 'x' of time: ns, us, ms, s, min or h"},
    {"+10 wait ready", "4:1: '10' needs a unit: ns, us, ms, s, min or h"},
    {"+ wait ready", "4:1: unknown word '+'"},
    {"5ms", "4:4: expected a statement, not the end of the line"},
    {"60s kill ping 9", "4:1: 60s is not before the scenario's limit"},
    {"+60s kill ping 9", "4:1: +60s is not before the scenario's limit"},
    {"10ms kill ping 9\n10ms kill ping 9", ""},
    {"10ms kill ping 9\n9ms kill ping 9", "5:1: 9ms is before the time of line 4"},
    {"10ms kill ping 9\n+1ms kill ping 9\n12ms kill ping 9", ""},
    {"10ms net eth1", "4:1: 'net' belongs to the set-up and takes no time"},
    {"5ms finally counter eth0.rx.frames == 1",
     "4:1: 'finally' is judged at the end and takes no time"},
    {"0.5s kill ping 9", ""},
    {"0.0000000001s kill ping 9", "4:1: 0.0000000001s is not a whole number of nanoseconds"},
    {"-5ms kill ping 9", "4:1: unknown word '-5ms'"},
};

static void test_leading_times(void)
{
    rig_check_rows(leading_times_rows, G_N_ELEMENTS(leading_times_rows),
                   "version 1\nnet eth0\nstart ping: \"ping\"\n", "\nwait ready\n");
}

static const struct rig_row exits_and_prints_rows[] = {
    {"expect ping exits 0", ""},
    {"expect ping exits 0 within 5s", ""},
    {"expect ping exits == 0", ""},
    {"expect ping exits != 0", ""},
    {"expect ping exits > 1", ""},
    {"expect ping exits -1", ""},
    {"expect ping exits nonzero", ""},
    {"expect ping exits nonzero within 5s", ""},
    {"expect ping exits", "4:18: expected an exit status or 'nonzero', not the end of the line"},
    {"expect ping exits =",
     "4:19: expected a comparison (== != < <= > >=), not '=' [did you mean '=='?]"},
    {"expect ping exits = 0",
     "4:19: expected a comparison (== != < <= > >=), not '=' [did you mean '=='?]"},
    {"expect ping exits ==", "4:21: expected an exit status or 'nonzero', not the end of the line"},
    {"expect ping exits zero", "4:19: expected a number, not 'zero'"},
    {"expect ping exits \"0\"", "4:19: expected an exit status or 'nonzero', not \"0\""},
    {"expect ping exits 0 0", "4:21: unexpected '0': the statement is complete before it"},
    {"expect ping exit 0",
     "4:13: expected 'exits' or 'prints', not 'exit' [did you mean 'exits'?]"},
    {"expect ping", "4:12: expected 'exits' or 'prints', not the end of the line"},
    {"expect ping xyzzy", "4:13: expected 'exits' or 'prints', not 'xyzzy'"},
    {"expect png exits 0",
     "4:8: no program has been started under the name 'png' [did you mean 'ping'?]"},
    {"expect png exit 0", "4:12: expected 'exits' or 'prints', not 'exit' [did you mean 'exits'?]"},
    {"expect ping exits 0 within 61s",
     "4:28: within 61s is longer than the scenario's limit [raise it with 'limit' in the set-up]"},
    {"expect ping exits 9223372036854775808", "4:19: 9223372036854775808 is out of range"},
    {"expect ping prints \"x\"", ""},
    {"expect ping prints \"x\" within 5s", ""},
    {"expect ping prints", "4:19: expected a text in quotes, not the end of the line"},
    {"expect ping prints x",
     "4:20: expected a text in quotes, not 'x' [a text stands in double quotes]"},
    {"expect ping prints \"\"", "4:20: the text is empty: every line has it"},
    {"expect ping prints \"a\\nb\"", "4:20: the text is looked for in single lines"},
    {"expect ping prints \"x\" \"y\"",
     "4:24: unexpected \"y\": the statement is complete before it"},
    {"expect pong prints \"x\"",
     "4:8: no program has been started under the name 'pong' [did you mean 'ping'?]"},
    {"expect ping print \"x\"",
     "4:13: expected 'exits' or 'prints', not 'print' [did you mean 'prints'?]"},
    {"expect frame exits 0",
     "4:14: expected 'in', 'out', 'dropped', a network card or a filter in quotes, not 'exits'"},
};

static void test_exits_and_prints(void)
{
    rig_check_rows(exits_and_prints_rows, G_N_ELEMENTS(exits_and_prints_rows),
                   "version 1\nnet eth0\nstart ping: \"ping\"\n", "\nwait ready\n");
}

static const struct rig_row counters_and_queues_rows[] = {
    {"expect counter eth0.rx.frames == 3", ""},
    {"expect counter eth0.tx.dropped <= 3 within 5s", ""},
    {"expect counter arp.requests > -1", ""},
    {"expect counter eth0.rx.frames = 3",
     "4:31: expected a comparison (== != < <= > >=), not '=' [did you mean '=='?]"},
    {"expect counter eth0.rx.frames",
     "4:30: expected a comparison (== != < <= > >=), not the end of the line"},
    {"expect counter eth0.rx.frames 3", "4:31: expected a comparison (== != < <= > >=), not '3'"},
    {"expect counter eth0.rx.frames ==", "4:33: expected a number, not the end of the line"},
    {"expect counter eth0.rx.frames == x", "4:34: expected a number, not 'x'"},
    {"expect counter eth0.rx.frames == 3 4",
     "4:36: unexpected '4': the statement is complete before it"},
    {"expect counter",
     "4:15: expected the name of a counter, such as eth0.rx.frames, not the end of the line"},
    {"expect counter 5 == 5", "4:16: expected a name, which begins with a letter, not '5'"},
    {"expect counter eth0.rx.frame == 3",
     "4:16: no counter is called 'eth0.rx.frame' [did you mean 'eth0.rx.frames'?]"},
    {"expect counter eht0.rx.frames == 3",
     "4:16: no counter is called 'eht0.rx.frames' [did you mean 'eth0.rx.frames'?]"},
    {"expect counter eth0.xyzzy == 3",
     "4:16: no counter is called 'eth0.xyzzy' [a card has rx and tx, and of each frames, bytes and dropped]"},
    {"expect counter eth0 == 3", ""},
    {"expect counter \"eth0.rx.frames\" == 3",
     "4:16: expected the name of a counter, such as eth0.rx.frames, not \"eth0.rx.frames\""},
    {"finally counter eth0.rx.frames == 3", ""},
    {"finally counter eth0.rx.frames == 3 within 5s",
     "4:37: unexpected 'within': the statement is complete before it"},
    {"finally counter lo.rx.frames >= 0", ""},
    {"finally vq eth0.rx free == 8", ""},
    {"finally vq eth0.tx in-flight == 0", ""},
    {"finally vq eth0.tx avail != 0", ""},
    {"finally vq eth0.tx used < 8", ""},
    {"finally", "4:8: expected 'vq', 'counter' or 'capture', not the end of the line"},
    {"finally vq", "4:11: expected the name of a queue, such as eth0.rx, not the end of the line"},
    {"finally vq eth0",
     "4:16: expected 'free', 'avail', 'used' or 'in-flight', not the end of the line"},
    {"finally vq eth0.rx",
     "4:19: expected 'free', 'avail', 'used' or 'in-flight', not the end of the line"},
    {"finally vq eth0 free == 8", "4:12: no queue is called 'eth0'"},
    {"finally vq eth1.rx free == 8",
     "4:12: no queue is called 'eth1.rx' [did you mean 'eth0.rx'?]"},
    {"finally vq eth0.rx fre == 8",
     "4:20: expected 'free', 'avail', 'used' or 'in-flight', not 'fre' [did you mean 'free'?]"},
    {"finally vq eth0.rx free",
     "4:24: expected a comparison (== != < <= > >=), not the end of the line"},
    {"finally vq eth0.rx free = 8",
     "4:25: expected a comparison (== != < <= > >=), not '=' [did you mean '=='?]"},
    {"finally vq eth0.rx free == ", "4:27: expected a number, not the end of the line"},
    {"finally vq eth0.rx free == 8 9", "4:30: unexpected '9': the statement is complete before it"},
    {"finally queue eth0.rx free == 8", "4:9: expected 'vq', 'counter' or 'capture', not 'queue'"},
    {"finally vqq eth0.rx free == 8",
     "4:9: expected 'vq', 'counter' or 'capture', not 'vqq' [did you mean 'vq'?]"},
};

static void test_counters_and_queues(void)
{
    rig_check_rows(counters_and_queues_rows, G_N_ELEMENTS(counters_and_queues_rows),
                   "version 1\nnet eth0\nstart ping: \"ping\"\n", "\nwait ready\n");
}

static const struct rig_row never_rows[] = {
    {"never frame \"arp\"", ""},
    {"never frame out eth0 \"arp\" until +70ms", ""},
    {"never frame \"arp\" until 10ms", ""},
    {"never event irq.taken intid=27 until frame in \"arp\"", ""},
    {"never event irq.taken intid=27 until event guest.ready", ""},
    {"never call ping recvfrom = 0 until call ping recvfrom = 1", ""},
    {"never call ping recvfrom until +5ms", ""},
    {"never", "4:6: expected 'frame', 'event' or 'call', not the end of the line"},
    {"never frames \"arp\"",
     "4:7: expected 'frame', 'event' or 'call', not 'frames' [did you mean 'frame'?]"},
    {"never 3 frames \"arp\"", "4:7: expected 'frame', 'event' or 'call', not '3'"},
    {"never frame", "4:12: expected a filter in quotes, not the end of the line"},
    {"never frame \"arp\" within 5s",
     "4:19: expected 'until' or the end of the line, not 'within'"},
    {"never frame \"arp\" until",
     "4:24: expected a time, 'frame', 'event' or 'call', not the end of the line"},
    {"never frame \"arp\" until 5", "4:25: '5' needs a unit: ns, us, ms, s, min or h"},
    {"never frame \"arp\" until +5", "4:25: '5' needs a unit: ns, us, ms, s, min or h"},
    {"never frame \"arp\" until ever",
     "4:25: expected a time, 'frame', 'event' or 'call', not 'ever'"},
    {"never frame \"arp\" until fram \"x\"",
     "4:25: expected a time, 'frame', 'event' or 'call', not 'fram' [did you mean 'frame'?]"},
    {"never frame \"arp\" until +0ms", "4:25: +0ms: the watch would end before it begins"},
    {"never frame \"arp\" until 0ms", "4:25: 0ms: the watch would end before it begins"},
    {"never frame \"arp\" until 61s", "4:25: 61s is behind the scenario's limit"},
    {"never frame \"arp\" until +61s", "4:25: +61s is behind the scenario's limit"},
    {"10ms kill ping 9\nnever frame \"arp\" until 10ms",
     "5:25: 10ms is not behind the time of line 4"},
    {"never frame \"arp\" until 5ms x",
     "4:29: unexpected 'x': the statement is complete before it"},
    {"never frame \"arp\" until frame \"x x\"",
     "4:31: the filter is wrong: `x` is neither a word of pcap-filter(7) nor a number or address; names are not looked up [filters are libpcap's: see pcap-filter(7)]"},
    {"never event irq.taken untl +5ms",
     "4:23: expected a field such as intid=27, 'within', 'until' or the end of the line, not 'untl' [did you mean 'until'?]"},
    {"never event irq.takn", "4:13: unknown event 'irq.takn' [did you mean 'irq.taken'?]"},
    {"never frame \"arp\" as q", "4:19: expected 'until' or the end of the line, not 'as'"},
    {"never counter x == 5", "4:7: expected 'frame', 'event' or 'call', not 'counter'"},
    {"never \"arp\"", "4:7: expected 'frame', 'event' or 'call', not \"arp\""},
};

static void test_never(void)
{
    rig_check_rows(never_rows, G_N_ELEMENTS(never_rows),
                   "version 1\nnet eth0\nstart ping: \"ping\"\n", "\nwait ready\n");
}

UNIT_SUITE("parser_timeline", UNIT_TEST(test_wait), UNIT_TEST(test_start_run_and_kill),
           UNIT_TEST(test_leading_times), UNIT_TEST(test_exits_and_prints),
           UNIT_TEST(test_counters_and_queues), UNIT_TEST(test_never))
