/* checker_machine_test.c - contradictory machines are refused, with what would be right */
#include "harness/language/language_rig.h"

static const struct rig_row machine_rows[] = {
    {"machine virt secure=yes gic=2", ""},
    {"machine virt secure=yes gic=3",
     "2:21: secure=yes is for gic=2: a GICv3 has one security state here [write gic=2, or leave "
     "out secure=yes]"},
    {"machine virt gic=3 secure=no", ""},
    {"machine virt vhe=yes secure=yes",
     "2:29: a guest in the secure world is at EL1, and with vhe=yes it is at EL2 [leave out "
     "vhe=yes, or secure=yes]"},
    {"machine virt vhe=no secure=yes", ""},
    {"machine virt pa-offset=0x3fbc000000", ""},
    {"machine virt pa-offset=0x3fbc001000",
     "2:24: RAM would end at 0x4000001000, where PCI's configuration space is near: it has to end "
     "at 0x4000000000 [with this size of RAM pa-offset is at most 0x3fbc000000]"},
    {"machine virt pa-offset=0x3fbc001000 ram=16M", ""},
    {"machine virt pa-offset=0x3fbc000000 ram=256M",
     "2:24: RAM would end at 0x400c000000, where PCI's configuration space is near: it has to end "
     "at 0x4000000000 [with this size of RAM pa-offset is at most 0x3fb0000000]"},
    {"machine virt msi=none\nnet eth0 transport=pci", ""},
    {"net eth0 transport=pci msix=yes\nmachine virt msi=none", ""},
    {"machine virt msi=v2m",
     "2:18: msi= says who takes messages of devices on PCI, and there is none [write transport=pci "
     "for a card, or leave out msi=]"},
    {"machine virt msi=none\nnet eth0",
     "2:18: msi= says who takes messages of devices on PCI, and there is none [write transport=pci "
     "for a card, or leave out msi=]"},
    {"machine virt timer-delay=99us\nguest reference tick=10000", ""},
    {"machine virt timer-delay=100us\nguest reference tick=10000",
     "3:7: the timer's line would never fall: it follows no sooner than the next tick comes [make "
     "tick or timer-delay smaller]"},
    {"guest reference tick=1000\nmachine virt mmio=499us", ""},
    {"guest reference tick=1000\nmachine virt mmio=500us",
     "2:7: an interrupt would take longer than a tick: it is read from the controller and ended "
     "there [make tick or mmio smaller]"},
    {"guest reference tick=1000\nmachine virt mmio=500us gic=3", ""},
    {"guest mine tick=1000\nmachine virt mmio=500us", ""},
    {"net eth0\nhost box ip=10.0.2.9 mac=52:54:00:12:34:57", ""},
    {"net eth0\nhost box ip=10.0.2.9 mac=52:54:00:12:34:56",
     "3:6: the host 'box' has the MAC address of 'eth0' [a card without mac= has "
     "52:54:00:12:34:56 plus its number]"},
    {"net eth0 features=-mac", ""},
    {"net eth0 mac=02:00:00:00:00:01 features=-mac",
     "2:5: 'eth0' has an address and does not offer 'mac': its driver never learns it [leave out "
     "mac=, or -mac]"},
    {"net slirp", "2:5: 'slirp' has another meaning where a card is named"},
};

static void test_settings_that_contradict_each_other(void)
{
    rig_check_rows(machine_rows, G_N_ELEMENTS(machine_rows), "version 1\n", "\nwait ready\n");
}

static const struct rig_row event_rows[] = {
    {"never event irq.taken intid=287", ""},
    {"never event irq.taken intid=288",
     "3:29: no INTID is 288: there are 0 to 287, and 1020 to 1023"},
    {"expect event irq.spurious intid=1023", ""},
    {"never event irq.taken intid=1019",
     "3:29: no INTID is 1019: there are 0 to 287, and 1020 to 1023"},
    {"never event irq.taken intid=1024",
     "3:29: no INTID is 1024: there are 0 to 287, and 1020 to 1023"},
    {"never event irq.taken cpu=1", ""},
    {"never event irq.taken cpu=2",
     "3:27: there is no CPU 2: this machine has 2, counted from 0 [machine virt cpus=3 has more]"},
    {"inject timer virtual intid 30", ""},
    {"inject timer virtual intid 27",
     "3:1: the virtual timer has INTID 27 already: that is no fault"},
    {"inject timer physical intid 30",
     "3:1: the physical timer has INTID 30 already: that is no fault"},
};

static void test_numbers_that_the_machine_does_not_have(void)
{
    rig_check_rows(event_rows, G_N_ELEMENTS(event_rows), "version 1\nmachine virt cpus=2\n",
                   "\nwait ready\n");
}

UNIT_SUITE("checker_machine", UNIT_TEST(test_settings_that_contradict_each_other),
           UNIT_TEST(test_numbers_that_the_machine_does_not_have))
