/*
 * parser_setup_test.c - what is said about each way to write the set-up
 */
#include "harness/language/language_rig.h"

static const struct rig_row title_tags_limit_and_order_rows[] = {
    {"title \"a\"", ""},
    {"title", "2:6: expected the title in quotes, not the end of the line"},
    {"title a", "2:7: expected the title in quotes, not 'a' [a text stands in double quotes]"},
    {"title \"a\" \"b\"", "2:11: unexpected \"b\": the statement is complete before it"},
    {"title \"a\\nb\"", "2:7: a title is one line"},
    {"title \"a\"\ntitle \"b\"", "3:1: the statement 'title' is on line 2 already"},
    {"tags a", ""},
    {"tags", "2:5: expected a tag, not the end of the line"},
    {"tags \"a\"", "2:6: expected a tag, not \"a\""},
    {"tags a 1b", "2:8: expected a name, which begins with a letter, not '1b'"},
    {"tags a b a", "2:10: the tag 'a' is on line 2 already"},
    {"tags a\ntags b", ""},
    {"tags a,b", "2:7: expected a tag, not ','"},
    {"limit 5s", ""},
    {"limit", "2:6: expected a time such as 10ms, not the end of the line"},
    {"limit 5", "2:7: '5' needs a unit: ns, us, ms, s, min or h"},
    {"limit 5x", "2:7: unknown unit 'x' of time: ns, us, ms, s, min or h"},
    {"limit 0s", "2:7: a limit of nothing: no scenario ends in it"},
    {"limit 5s 6s", "2:10: unexpected '6s': the statement is complete before it"},
    {"limit 20000h", "2:7: 20000h is too long: at most 10000h"},
    {"limit 5s\nlimit 6s", "3:1: the statement 'limit' is on line 2 already"},
    {"limit \"5s\"", "2:7: expected a time such as 10ms, not \"5s\""},
    {"version 1",
     "2:1: 'version' is the first statement of a scenario\n2:1: the statement 'version' is on line 1 already"},
    {"10ms net eth0", "2:1: 'net' belongs to the set-up and takes no time"},
    {"= 5", "2:1: expected a statement, not '='"},
    {"\"title\"", "2:1: expected a statement, not \"title\""},
    {"titel \"a\"", "2:1: unknown word 'titel' [did you mean 'title'?]"},
    {"xyzzy", "2:1: unknown word 'xyzzy'"},
};

static void test_title_tags_limit_and_order(void)
{
    rig_check_rows(title_tags_limit_and_order_rows, G_N_ELEMENTS(title_tags_limit_and_order_rows),
                   "version 1\n", "\nwait ready\n");
}

static const struct rig_row machine_rows[] = {
    {"machine virt", ""},
    {"machine", "2:8: expected 'virt', not the end of the line"},
    {"machine raspi", "2:9: expected 'virt', not 'raspi'"},
    {"machine virt gic=2 boot=fdt vhe=no ram=64M step=1ns mmio=100ns cpus=1 pa-offset=0x40000000",
     ""},
    {"machine virt vhe = yes", ""},
    {"machine virt gic", "2:17: expected '=', not the end of the line"},
    {"machine virt gic=", "2:18: expected a number, not the end of the line"},
    {"machine virt gic=1", "2:18: 1 is out of range: 2 to 3"},
    {"machine virt gic=two", "2:18: expected a number, not 'two'"},
    {"machine virt gic=3",
     "2:18: 'gic=3' is not available in this version: the GICv3 is still to come"},
    {"machine virt boot=acpi", ""},
    {"machine virt boot=uefi", "2:19: expected 'fdt' or 'acpi', not 'uefi'"},
    {"machine virt cpus=0", "2:19: 0 is out of range: 1 to 8"},
    {"machine virt cpus=2",
     "2:19: 'cpus=2' is not available in this version: more than one CPU is still to come"},
    {"machine virt cpus=9", "2:19: 9 is out of range: 1 to 8"},
    {"machine virt vhe=maybe", "2:18: expected 'yes' or 'no', not 'maybe'"},
    {"machine virt vhe=\"yes\"", "2:18: expected 'yes' or 'no', not \"yes\""},
    {"machine virt ram=64", "2:18: ram=64 is out of range: 16M to 256M"},
    {"machine virt ram=8M", "2:18: ram=8M is out of range: 16M to 256M"},
    {"machine virt ram=257M", "2:18: ram=257M is out of range: 16M to 256M"},
    {"machine virt ram=16385K", "2:18: ram=16385K is not a whole number of MiB"},
    {"machine virt ram=64X", "2:18: expected a size such as 64M, not '64X'"},
    {"machine virt ram=99999999999G", "2:18: expected a size such as 64M, not '99999999999G'"},
    {"machine virt ram=16M", ""},
    {"machine virt ram=256M", ""},
    {"machine virt step=0ns", "2:19: 0ns is out of range: 1ns to 1ms"},
    {"machine virt step=2ms", "2:19: 2ms is out of range: 1ns to 1ms"},
    {"machine virt step=1", "2:19: '1' needs a unit: ns, us, ms, s, min or h"},
    {"machine virt mmio=0ns", ""},
    {"machine virt mmio=2ms", "2:19: 2ms is out of range: 0ns to 1ms"},
    {"machine virt pa-offset=1", "2:24: the offset 1 is not a whole number of 4 KiB pages"},
    {"machine virt pa-offset=4096", ""},
    {"machine virt pa-offset=-1", "2:24: expected a number, not '-1'"},
    {"machine virt pa-offset=0x20000000000",
     "2:24: 0x20000000000 is out of range: 0 to 1099511627776"},
    {"machine virt rom=64M", "2:14: unknown word 'rom' [did you mean 'ram'?]"},
    {"machine virt ramm=64M", "2:14: unknown word 'ramm' [did you mean 'ram'?]"},
    {"machine virt gic=2 gic=2", "2:20: 'gic' is given twice"},
    {"machine virt 5", "2:14: unknown word '5'"},
    {"machine virt \"ram\"=5", "2:14: unknown word \"ram\""},
    {"machine virt\nmachine virt", "3:1: the statement 'machine' is on line 2 already"},
};

static void test_machine(void)
{
    rig_check_rows(machine_rows, G_N_ELEMENTS(machine_rows), "version 1\n", "\nwait ready\n");
}

static const struct rig_row guest_rows[] = {
    {"guest reference", ""},
    {"guest reference face=posix tick=100", ""},
    {"guest", "2:6: expected the name or the path of a guest, not the end of the line"},
    {"guest \"\"", "2:7: the name of the guest is empty"},
    {"guest \"/tmp/my guest.so\"", ""},
    {"guest ./mine.so color=red deep=\"a=b\"", ""},
    {"guest =", "2:7: expected the name or the path of a guest, not '='"},
    {"guest reference face", "2:21: expected '=', not the end of the line"},
    {"guest reference face=", "2:22: expected a value, not the end of the line"},
    {"guest reference face=\"a b\"", "2:22: the value of an option is one word"},
    {"guest mine x=\"\"", "2:14: the value of an option is one word"},
    {"guest reference face=schemes",
     "2:22: 'face=schemes' is not available in this version: the schemes face of the reference guest is still to come"},
    {"guest reference face=posx",
     "2:22: unknown face 'posx': 'posix' or 'schemes' [did you mean 'posix'?]"},
    {"guest reference tick=0", "2:22: tick (in Hz): 0 is out of range: 1 to 10000"},
    {"guest reference tick=10001", "2:22: tick (in Hz): 10001 is out of range: 1 to 10000"},
    {"guest reference tick=fast", "2:22: tick (in Hz): expected a number, not 'fast'"},
    {"guest reference tik=5",
     "2:17: the reference guest has no option 'tik' [did you mean 'tick'?]"},
    {"guest reference colour=5", "2:17: the reference guest has no option 'colour'"},
    {"guest reference face=posix face=posix", "2:28: the option 'face' is on line 2 already"},
    {"guest mine a=1 b=2 a=3", "2:20: the option 'a' is on line 2 already"},
    {"guest reference\nguest other", "3:1: the statement 'guest' is on line 2 already"},
    {"guest reference \"face\"=posix", "2:17: expected an option such as tick=100, not \"face\""},
};

static void test_guest(void)
{
    rig_check_rows(guest_rows, G_N_ELEMENTS(guest_rows), "version 1\n", "\nwait ready\n");
}

static const struct rig_row net_rows[] = {
    {"net eth0", ""},
    {"net eth0 transport=mmio queue-size=8 mac=52:54:00:12:34:56 features=+mtu,-status backend=none latency=5us",
     ""},
    {"net", "2:4: expected the name of the network card, such as eth0, not the end of the line"},
    {"net 0", "2:5: expected a name, which begins with a letter, not '0'"},
    {"net \"eth0\"", "2:5: expected the name of the network card, such as eth0, not \"eth0\""},
    {"net eth.0", "2:5: the name of a card has no '.': its queues are called CARD.rx and CARD.tx"},
    {"net in", "2:5: 'in' has another meaning where a card is named"},
    {"net eth0\nnet eth0 backend=none", "3:5: the network card 'eth0' is on line 2 already"},
    {"net eth0\nnet eth1",
     "3:5: two cards with backend=slirp, 'eth0' and 'eth1': there is one network [write backend=none for the other cards]"},
    {"net eth0\nnet eth1 backend=none", ""},
    {"net eth0 backend=none\nnet eth1 mac=52:54:00:12:34:56 backend=none",
     "3:5: 'eth0' and 'eth1' have the same MAC address [a card without mac= has 52:54:00:12:34:56 plus its number]"},
    {"net eth0 mac=02:00:00:00:00:0a\nnet eth1 mac=02:00:00:00:00:0A backend=none",
     "3:14: the MAC address '02:00:00:00:00:0a' is on line 2 already"},
    {"net eth0 backend=tap", "2:18: expected 'none' or 'slirp', not 'tap'"},
    {"net eth0 transport=pci",
     "2:20: 'transport=pci' is not available in this version: the PCI transport is still to come"},
    {"net eth0 transport=mmio-legacy features=+mtu,-status", ""},
    {"net eth0 transport=mmio-legacy features=+version-1",
     "2:5: 'eth0' is a legacy card and cannot offer feature bit 32: it has the bits 0 to 31 and no "
     "others"},
    {"net eth0 transport=usb", "2:20: expected 'mmio', 'pci' or 'mmio-legacy', not 'usb'"},
    {"net eth0 queue-size=0", "2:21: 0 is out of range: 1 to 1024"},
    {"net eth0 queue-size=3", "2:21: queue-size=3 is not a power of two"},
    {"net eth0 queue-size=1", ""},
    {"net eth0 queue-size=1024", ""},
    {"net eth0 queue-size=2048", "2:21: 2048 is out of range: 1 to 1024"},
    {"net eth0 queue-size=8x", "2:21: expected a number, not '8x'"},
    {"net eth0 mac=1", "2:14: expected a MAC address such as 52:54:00:12:34:56, not '1'"},
    {"net eth0 mac=01:00:5e:00:00:01",
     "2:14: 01:00:5e:00:00:01 is a multicast address: the first byte of a host's is even"},
    {"net eth0 mac=ff:ff:ff:ff:ff:ff",
     "2:14: ff:ff:ff:ff:ff:ff is a multicast address: the first byte of a host's is even"},
    {"net eth0 mac=00:00:00:00:00:00", "2:14: 00:00:00:00:00:00 is nobody's address"},
    {"net eth0 mac=52:54:00:12:34:5g",
     "2:14: expected a MAC address such as 52:54:00:12:34:56, not '52:54:00:12:34:5g'"},
    {"net eth0 mac=52-54-00-12-34-56",
     "2:14: expected a MAC address such as 52:54:00:12:34:56, not '52-54-00-12-34-56'"},
    {"net eth0 mac=\"52:54:00:12:34:56\"",
     "2:14: expected a MAC address, not \"52:54:00:12:34:56\""},
    {"net eth0 features=",
     "2:19: expected a feature such as +mtu or -status, not the end of the line"},
    {"net eth0 features=mtu",
     "2:19: a feature begins with '+' (offered) or '-' (not offered), not 'mtu'"},
    {"net eth0 features=+mtu,",
     "2:24: expected a feature such as +mtu or -status, not the end of the line"},
    {"net eth0 features=+mtu,-mtu", "2:24: the feature 'mtu' is given twice"},
    {"net eth0 features=+mtuu", "2:19: unknown feature '+mtuu' [did you mean '+mtu'?]"},
    {"net eth0 features=-evnt-idx",
     "2:19: unknown feature '-evnt-idx' [did you mean '-event-idx'?]"},
    {"net eth0 features=+xyzzy", "2:19: unknown feature '+xyzzy'"},
    {"net eth0 features=+csum",
     "2:19: '+csum' is not available in this version: the network device cannot offer it yet"},
    {"net eth0 features=-csum,-event-idx", ""},
    {"net eth0 features=-version-1",
     "2:19: a device without the feature 'version-1' is a legacy one [write transport=mmio-legacy]"},
    {"net eth0 latency=0us", ""},
    {"net eth0 latency=11s", "2:18: 11s is out of range: 0ns to 10000ms"},
    {"net eth0 latency=5", "2:18: '5' needs a unit: ns, us, ms, s, min or h"},
    {"net eth0 quue-size=8", "2:10: unknown word 'quue-size' [did you mean 'queue-size'?]"},
    {"net eth0 mac=02:00:00:00:00:01 mac=02:00:00:00:00:02", "2:32: 'mac' is given twice"},
    {"net abcdefghijklmnopqrstuvwxyz0123456789",
     "2:5: the name 'abcdefghijklmnopqrstuvwxyz0123456789' is too long: at most 32 characters"},
};

static void test_net(void)
{
    rig_check_rows(net_rows, G_N_ELEMENTS(net_rows), "version 1\n", "\nwait ready\n");
}

static const struct rig_row file_rows[] = {
    {"file \"/etc/net/ip\" \"10.0.2.15\\n\"", ""},
    {"file /etc/ip \"x\"", ""},
    {"file", "2:5: expected the path of the file in the guest, not the end of the line"},
    {"file \"/a\"", "2:10: expected the file's content in quotes, not the end of the line"},
    {"file \"/a\" b",
     "2:11: expected the file's content in quotes, not 'b' [a text stands in double quotes]"},
    {"file \"/a\" \"b\" c", "2:15: unexpected 'c': the statement is complete before it"},
    {"file \"a\" \"b\"",
     "2:6: the path of a file is absolute, without '.', '..' and '//': not \"a\""},
    {"file \"/\" \"b\"",
     "2:6: the path of a file is absolute, without '.', '..' and '//': not \"/\""},
    {"file \"\" \"b\"",
     "2:6: the path of a file is absolute, without '.', '..' and '//': not \"\""},
    {"file \"/a/../b\" \"c\"",
     "2:6: the path of a file is absolute, without '.', '..' and '//': not \"/a/../b\""},
    {"file \"/a/./b\" \"c\"",
     "2:6: the path of a file is absolute, without '.', '..' and '//': not \"/a/./b\""},
    {"file \"/a//b\" \"c\"",
     "2:6: the path of a file is absolute, without '.', '..' and '//': not \"/a//b\""},
    {"file \"/a/\" \"c\"",
     "2:6: the path of a file is absolute, without '.', '..' and '//': not \"/a/\""},
    {"file \"/a\" \"b\"\nfile \"/a\" \"c\"", "3:6: the file '/a' is on line 2 already"},
};

static void test_file(void)
{
    rig_check_rows(file_rows, G_N_ELEMENTS(file_rows), "version 1\n", "\nwait ready\n");
}

UNIT_SUITE("parser_setup", UNIT_TEST(test_title_tags_limit_and_order), UNIT_TEST(test_machine),
           UNIT_TEST(test_guest), UNIT_TEST(test_net), UNIT_TEST(test_file))
