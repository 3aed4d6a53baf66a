/*
 * causes_machine.c - causes: interrupts, timers, rings, cards, and how programs hear of them
 */
#include "harness/diagnosis/causes_priv.h"

static const struct cause causes_table[] = {
    {
        .id = "irq.unhandled",
        .meaning = "An interrupt is taken and ended again and again, and the guest has no handler "
                   "for it.",
        .looks = "A livelock: all of the CPU's time goes into the vector, which finds nothing to "
                 "do. It begins with the first interrupt of a device, or after its driver has let "
                 "it go.",
        .evidence = "The line of an enabled INTID did not fall while it was taken many times. "
                    "Either its device asks, and the guest counted as many interrupts in its "
                    "counter irq.unhandled; or its device was reset and not started again, and "
                    "the INTID has been enabled since before.",
        .mistakes = "The number is cut on its way from IAR to the table of handlers, to 8 bits or "
                    "to the size of a table; the handler was registered under another number; who "
                    "releases an interrupt enables it, or disables another one.",
        .mend = "Look at the number on its way from IAR to the table of handlers, and at its "
                "size. Who gives an interrupt back masks its line first: the INTID that was "
                "attached, and that one only.",
        .near = "irq.storm, when there is a handler and it does not quiet the device.",
        .scenario = "run    off: \"ifconfig eth0 down\"\n"
                    "inject irq 48 stuck\n"
                    "run    ping: \"ping -c 1 127.0.0.1\" within 1s # a guest that left 48 enabled",
    },
    {
        .id = "irq.storm",
        .meaning = "An interrupt is taken and ended again and again: its line stays up, because "
                   "the guest does not quiet the source.",
        .looks = "All of the CPU's time goes into one handler: a livelock from the first interrupt "
                 "of a device on. No task runs any more.",
        .evidence =
            "The line of an enabled INTID did not fall while it was taken many times, and its "
            "device's interrupt status is not 0, or its timer's condition is met.",
        .mistakes =
            "The handler looks at the rings and forgets the device's status: InterruptACK of "
            "virtio-mmio is not written, the ISR of virtio-pci not read; only one of the bits "
            "is acknowledged; a timer's handler neither moves the comparator nor masks it.",
        .mend = "Let the handler quiet its source before the interrupt is ended: write what "
                "InterruptStatus says to InterruptACK (virtio-mmio), read ISR (virtio-pci), "
                "move the comparator or set IMASK (a timer).",
        .near = "irq.unhandled, when the guest calls no handler; irq.never-eoi, when it comes once "
                "and never again. Where a fault holds the line "
                "up, the source is quiet, and no cause is named.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 1s       # with a guest that never acknowledges",
    },
    {
        .id = "irq.spurious-served",
        .meaning = "IAR answered that there is no interrupt, 1020 to 1023, and the guest took the "
                   "answer for the number of one.",
        .looks = "Everything stops at the first interrupt. The guest stays in its vector, counts "
                 "unexpected interrupts, or panics because of a number that it does not have.",
        .evidence = "IAR was read many times with nothing to deliver, since the CPU entered the "
                    "vector; the first such answer ends a vector.",
        .mistakes = "The INTID is masked with fewer bits than it has before it is compared: 1023 "
                    "becomes 511; 1022 is not known; the answer is compared with another number.",
        .mend = "Compare all bits of what IAR gave before it is used: 1020 to 1023 are no "
                "interrupts, and the vector is left then, without an end.",
        .near = "irq.masked, when IAR answers 1022 once and the vector is entered again and again.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect cause irq.spurious-served within 10ms  # with a mask of nine bits",
    },
    {
        .id = "guest.panic",
        .meaning = "The guest gave up by itself: an assertion of its own did not hold.",
        .looks = "The machine stops in the middle of something, with a sentence of the guest.",
        .evidence = "The guest's call of hal_panic, the task that ran, and what devices returned "
                    "last. The trigger is the fault that was injected, if there was one.",
        .mistakes = "A driver takes for granted what a device may do otherwise: a feature that is "
                    "not offered, a length that is shorter than a header or longer than a buffer, "
                    "an identifier that is not its own.",
        .mend = "Look at the line that panicked, and at what the device returned last: let it "
                "be refused with an error there, and what belongs to it given back.",
        .near = "guest.exception, when nobody gave up and the CPU could not go on.",
        .scenario = "inject vq eth0.rx used-len 0 1\n"
                    "run    ping: \"ping -c 1 10.0.2.2\"   # with a guest that trusts the length",
    },
    {
        .id = "guest.exception",
        .meaning = "The CPU took an exception in the guest's own code, which no kernel survives: "
                   "an access where nothing is, a trap, an illegal instruction, a division by 0.",
        .looks = "The guest crashed. Real hardware would end in the kernel's handler of "
                 "synchronous exceptions: a data abort (EC 0x25), BRK (EC 0x3c), an unknown "
                 "instruction (EC 0).",
        .evidence = "The signal that the host raised for the guest's instruction, the address, the "
                    "function and line, the task that ran, and what devices returned last. The "
                    "trigger is the fault that was injected, if there was one.",
        .mistakes = "A value of a device is used as an index or a length without being looked at; "
                    "memory is used that was freed or never mapped; an unreachable() or a trap of "
                    "the compiler is reached.",
        .mend = "Look at the line that crashed, and at what the device returned last: let such a "
                "value be refused with an error there, before anything is computed with it.",
        .near = "guest.panic, when the guest gave up by itself; alloc.unchecked, when an "
                "allocation had failed before.",
        .scenario = "inject vq eth0.rx used-len 8 1\n"
                    "run    ping: \"ping -c 1 10.0.2.2\"   # with a guest that traps at the length",
    },
    {
        .id = "timer.irq-mismatch",
        .meaning = "The guest's timer raises one INTID, and the guest listens on that of another "
                   "timer.",
        .looks =
            "Time stands still: timeouts are registered and none fires. Sleeps never end, ping "
            "sends one request and hangs, interrupts of devices work.",
        .evidence = "A timer's condition is met and its output is up; the INTID that it raises is "
                    "pending and not enabled, while the guest has enabled another one: that of "
                    "another timer, or this timer's while an SPI or PPI is raised in its place.",
        .mistakes =
            "The non-secure physical timer's number (30, CNTP) is taken from firmware, and "
            "the virtual timer (27, CNTV) is programmed: the wrong field of the GTDT, or the "
            "wrong index of the device tree's `interrupts` property.",
        .mend = "Enable, and attach the handler to, the INTID of the timer that is programmed: "
                "27 for CNTV (third entry of the device tree's interrupts, virtual_el1 of the "
                "GTDT), 30 for CNTP (second entry, non_secure_el1).",
        .near = "irq.not-enabled, when no timer's INTID is enabled at all; irq.lost, when the "
                "timer raises none.",
        .scenario = "inject timer virtual intid 30\n"
                    "start  ping: \"ping -c 2 10.0.2.2\"\n"
                    "expect hang cause timer.irq-mismatch task ping",
    },
    {
        .id = "event.not-delivered",
        .meaning = "Something became ready, an event queue watches it, and its reader sleeps and "
                   "was not told.",
        .looks = "A daemon, or a program with an event loop, sleeps although there is work for "
                 "it. Any other event of the same queue brings it on.",
        .evidence = "A request was sent, an interrupt taken and not acknowledged, a clock fired or "
                    "a file reported ready, after the queue began to watch it; no event was posted "
                    "since. Or an event stands in the queue, and its reader sleeps there since "
                    "before.",
        .mistakes =
            "The kernel forgets who watches: after a change of namespace, after a dup, when "
            "a queue was full. It puts the event into the queue and wakes nobody, or wakes "
            "before the event is in it.",
        .mend = "Post to the queue of each registration whenever its source becomes ready, "
                "whatever namespace reader and source are in, and wake the reader behind the "
                "event, under the same lock.",
        .near = "event.lost-before-subscribe, when it was ready before it was watched; wait- "
                "set.incomplete, when nobody watches it; request.undelivered, when the event "
                "was read and the request was not.",
        .scenario = "start  cat: \"cat /scheme/test/file\"\n"
                    "expect cat exits 0 within 1s        # with a kernel that posts no event",
    },
    {
        .id = "event.lost-before-subscribe",
        .meaning = "Something was ready before its reader began to watch it, and nobody looked "
                   "whether it was.",
        .looks = "The first request, interrupt or timeout after the start is not served; the "
                 "next one is, and often the first with it.",
        .evidence = "What is watched was ready already: a request in the queue of its provider, an "
                    "interrupt that was taken and not acknowledged, a clock that had fired. No "
                    "event came of it since, and the reader sleeps in the queue.",
        .mistakes = "An event queue registers the source and does not ask whether it is ready; or "
                    "it asks first and registers afterwards. A daemon watches its roots and does "
                    "not read them once before it sleeps.",
        .mend = "Register first, look at the source afterwards, and post an event if it is "
                "ready. A daemon looks once at all that it watches before it sleeps for the "
                "first time.",
        .near = "event.not-delivered, when it became ready later; request.undelivered, when the "
                "reader looked and did not take it.",
        .scenario = "start  cat: \"cat /scheme/test/file\"\n"
                    "expect cat exits 0 within 1s        # asked before it is watched",
    },
    {
        .id = "wait-set.incomplete",
        .meaning = "A daemon sleeps, and what has something for it is not among the things that it "
                   "sleeps for.",
        .looks = "Received frames lie in the ring until somebody sends one; a daemon works "
                 "whenever it is asked and never by itself.",
        .evidence =
            "The interrupt of a card was taken and nobody acknowledged it, or a clock "
            "fired; the task that drives the card, or has set the clock, sleeps in an event "
            "queue that does not watch it, or in a read of its requests.",
        .mistakes =
            "The loop watches the root of the scheme and not the file of the interrupt; one "
            "of several sources is forgotten when the list is written a second time.",
        .mend = "Let the daemon watch each of its sources in the queue in which it sleeps: its "
                "root, its interrupt, its clock, the files that it reads. The report lists "
                "those that it has.",
        .near = "event.not-delivered, when the source is watched; irq.not-enabled, when the "
                "interrupt never came; vq.used-not-consumed, when the daemon was woken and did "
                "not look.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 1s       # with a driver that forgets its line",
    },
    {
        .id = "irq.not-enabled",
        .meaning = "A line is up and its INTID pending, and the guest never enabled that INTID.",
        .looks = "The first thing that should be announced by this interrupt never is. Everything "
                 "before it worked.",
        .evidence = "ISENABLER of the INTID is 0 while its level is up and its source waits.",
        .mistakes =
            "The number of the interrupt comes from the wrong table; an SPI's number is used "
            "without adding 32; a PPI of a GICv3 is enabled in the distributor instead of the "
            "redistributor; enabling is left to somebody who never runs; it was disabled and "
            "not enabled again.",
        .mend = "Enable this INTID in the controller, GICD_ISENABLER or for the first 32 of a "
                "GICv3 GICR_ISENABLER, and look where the guest took its number from.",
        .near = "irq.masked, when it is enabled and priority or target keep it back; "
                "irq.not-acknowledged, when it waits for the program that has its file.",
        .scenario =
            "start  ping: \"ping -c 1 10.0.2.2\"\n"
            "expect hang cause irq.not-enabled   # with a guest that enables another number",
    },
    {
        .id = "irq.not-acknowledged",
        .meaning = "The kernel gives an interrupt to a program and masks its line until the "
                   "program has written that it is done, which it has not.",
        .looks = "The driver that is a program hears of exactly one interrupt. What comes later "
                 "lies in its card's rings, and its line is up and masked.",
        .evidence = "The INTID was taken, then disabled, and is disabled still while its source "
                    "waits; since then the task that watches its file, or wrote to it before, has "
                    "not written a count that the kernel took.",
        .mistakes = "The loop reads the count and goes on without writing it back; it leaves early "
                    "when there was no work; the count that it writes is an old one, the kernel "
                    "refuses it with ESTALE, and nobody looks at that.",
        .mend = "After each interrupt, once the device has been looked at, write the count that "
                "was read; when it is refused, read and look again.",
        .near = "irq.not-enabled, when no program has the file; event.not-delivered, when the "
                "program was not told of the interrupt; vq.used-not-consumed, when it was told and "
                "sleeps for something else; irq.never-eoi, when it was not ended.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect hang cause irq.not-acknowledged # with a driver that never writes",
    },
    {
        .id = "irq.never-eoi",
        .meaning =
            "An interrupt was acknowledged and never ended, and stays active: nothing of its "
            "priority or below is delivered any more.",
        .looks =
            "An interrupt arrives exactly once. What was received with it is there, everything "
            "afterwards is not.",
        .evidence = "The INTID was read from IAR, no write to EOIR followed, it is active in the "
                    "distributor; the running priority keeps others back.",
        .mistakes =
            "The end is left to a driver's task that forgets it, or that returns early when "
            "there is nothing to do; the number written is not the one that was read.",
        .mend = "Write what IAR gave to EOIR (GICC_EOIR, ICC_EOIR1_EL1) once for each "
                "interrupt, on every path out of the handler. Where a driver's task has to end "
                "it, mask the INTID and end it in the vector.",
        .near = "irq.lost, when nothing is active and the line is low.",
        .scenario = "start  ping: \"ping -c 2 10.0.2.2\"\n"
                    "expect hang cause irq.never-eoi     # with a guest that forgets the end",
    },
    {
        .id = "irq.masked",
        .meaning = "An interrupt is pending and enabled, and the guest keeps it from the CPU: "
                   "PSTATE.I, the priority mask, the target, the group, a controller or "
                   "redistributor that is switched off, or IMASK of the timer.",
        .looks = "Nothing is delivered, or nothing of one priority, although the controller shows "
                 "the INTID as pending.",
        .evidence =
            "Pending and enabled, not active; PMR, ITARGETSR or IROUTER, IGROUPR, GICD_CTLR, "
            "GICC_CTLR or ICC_IGRPEN1, GICR_WAKER, "
            "DAIF of the running context, CTL of the timer.",
        .mistakes = "A path leaves a critical section without restoring DAIF; the priority mask is "
                    "left at its reset value 0; the SPI is routed to no CPU; firmware left it in a "
                    "group that the kernel does not take; the redistributor was never woken.",
        .mend = "Undo what the report names: restore DAIF on every path, set the priority mask "
                "above the INTID's priority, route it to a CPU, choose its group, wake the "
                "redistributor, clear IMASK.",
        .near = "irq.never-eoi, when an active interrupt keeps it back.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect hang cause irq.masked        # with a guest that leaves PSTATE.I set",
    },
    {
        .id = "irq.lost",
        .meaning = "A device or timer wanted an interrupt, and it never reached the controller.",
        .looks =
            "The driver sleeps although its device has work for it, with the controller quiet. "
            "One lost interrupt of a level line is enough: the level does not change again.",
        .evidence =
            "The device's interrupt status is set, or the timer's condition is met, and the "
            "line at the controller is low.",
        .mistakes =
            "The hardware's: the guest owes nothing here. A driver that has to live with it "
            "looks at its ring at a timeout as well.",
        .mend = "Nothing, if hardware may be trusted. Otherwise let the driver's task wake up "
                "now and then, and look at its rings without having been told.",
        .near = "vq.used-not-consumed, when the driver sleeps for a completion that it could have "
                "looked for itself.",
        .scenario = "inject irq eth0.rx lose all\n"
                    "start  ping: \"ping -c 1 -W 2 10.0.2.2\"\n"
                    "expect cause irq.lost within 20s",
    },
    {
        .id = "irq.ended-late",
        .meaning = "An interrupt stayed active until a task had done its work, and its priority "
                   "kept others from the CPU meanwhile.",
        .looks = "Everything works, and whatever depends on time comes in steps: sleeps end late, "
                 "by as much as a driver takes to think, and the tick falters.",
        .evidence = "The CPU ran a task between the acknowledgement of an interrupt and its end; "
                    "another INTID became pending in between, and was taken only behind the end, "
                    "a millisecond or more later.",
        .mistakes = "The end is left to the driver's task. As long as EOIR has not been written, "
                    "the running priority stays: the vector has to quiet the device or mask its "
                    "INTID, and end the interrupt; or to split the end (EOImode), with the "
                    "priority dropped in the vector and DIR written by the task.",
        .mend =
            "End the interrupt in the vector: quiet the device there, or mask its INTID and let "
            "the driver's task unmask it. With EOImode 1, EOIR in the vector drops the priority, "
            "and the task writes DIR.",
        .near = "irq.never-eoi, when the end does not come at all.",
        .scenario = "start  sleep: \"sleep 0.01\"\n"
                    "expect sleep exits 0 within 15ms   # with a driver's task that writes EOIR",
    },
    {
        .id = "timeout.overdue",
        .meaning = "A timeout was registered, its time is over, and it has not fired, while timers "
                   "and their interrupts work.",
        .looks = "Sleeps and timeouts never end, or some of them; the list of timeouts grows.",
        .evidence =
            "The deadline of a registered timeout is over by 100 ms, some task sleeps until "
            "a time that has passed, no fault was injected into timers, and no link between "
            "timer and CPU is missing.",
        .mistakes = "The list is not kept in order, and only its head is looked at; a timeout that "
                    "is registered in the interrupt is forgotten; the timer is armed for the last "
                    "timeout instead of the first.",
        .mend = "At each tick let all fire whose time is over, and arm the timer for the "
                "earliest of the others, also when a new one becomes the earliest.",
        .near = "timer.irq-mismatch, irq.lost and irq.masked, when the timer is not heard. The "
                "check of the same name tells of single timeouts that are late.",
        .scenario = "start  sleep: \"sleep 0.1\"\n"
                    "expect sleep exits 0 within 1s      # with a list that is out of order",
    },
    {
        .id = "vq.kick-missed",
        .meaning = "The driver made buffers available and did not notify the device.",
        .looks = "A frame that the guest sent is not on the wire; or received frames stay in the "
                 "device although there are buffers for them.",
        .evidence = "The available index in memory is ahead of what the device has seen, and the "
                    "last notification is older.",
        .mistakes = "The notification is suppressed by an index that is compared without wrapping; "
                    "buffers are posted before DRIVER_OK and never announced; the barrier between "
                    "index and notification is missing.",
        .mend = "Notify the queue after the available index was written, unless flags or event "
                "index say that the device does not want it; between the two stands a full "
                "barrier, and indices are compared modulo 65536.",
        .near = "vq.rx-starved, when there are no buffers.",
        .scenario = "inject vq eth0.tx no-kick all\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect cause vq.kick-missed within 20s",
    },
    {
        .id = "vq.not-completed",
        .meaning = "The device took buffers and has not returned them: it owes them, not the "
                   "guest.",
        .looks = "Received frames that the capture shows never reach the driver; or sending ends "
                 "after as many frames as the queue has entries; or a driver sleeps for a "
                 "completion that does not come.",
        .evidence = "Entries of the queue are in flight: popped, and not in the used ring. What "
                    "the program waits for came as far as the card, or the driver cannot send "
                    "without them, or a task sleeps for one of them.",
        .mistakes = "The hardware's: the guest owes nothing here. A driver that has to live with "
                    "it resets a device that is silent for too long.",
        .mend = "Nothing in the driver. A timeout for a transmission, or a reset of a device "
                "that is silent for too long, keeps others from waiting with it.",
        .near = "vq.kick-missed, when the device never took them; vq.used-not-consumed and "
                "vq.rx-starved, when it gave them back.",
        .scenario = "inject vq eth0.rx hold\n"
                    "start  ping: \"ping -c 1 -W 2 10.0.2.2\"\n"
                    "expect cause vq.not-completed within 20s",
    },
    {
        .id = "vq.rx-starved",
        .meaning = "The device has frames for the guest and no receive buffer to put them into.",
        .looks = "The first frames arrive, as many as the queue has entries, and then none: "
                 "`queue-size=4` makes it a matter of five frames.",
        .evidence =
            "The receive queue has no entry available and none in flight; frames arrived at "
            "the card that were never written to memory.",
        .mistakes = "Buffers are consumed and not given back; the available index is computed from "
                    "something that wraps earlier than the index does.",
        .mend = "Give every receive buffer back once its frame was taken, or another in its "
                "place: descriptor into the available ring, index, notification; also on the "
                "paths on which a frame is dropped.",
        .near = "vq.kick-missed, when buffers were given back and the device was not told; "
                "vq.used-not-consumed, when full buffers were never looked at.",
        .scenario = "net    eth0 queue-size=4\n"
                    "start  ping: \"ping -c 8 -i 0.01 10.0.2.2\"\n"
                    "expect cause vq.rx-starved within 20s   # with a guest that keeps the buffers",
    },
    {
        .id = "vq.used-wrong",
        .meaning = "The device returned a buffer under an identifier that the queue does not have.",
        .looks = "One queue is dead from some moment on, and a careful driver says why on the "
                 "console; a careless one takes a wrong buffer, or crashes.",
        .evidence = "A used element whose id is not below the queue's size.",
        .mistakes = "The device's: a driver owes no more than to notice, and to start the device "
                    "again if it can.",
        .mend = "Nothing in the driver, which has to notice: break the queue, and reset the "
                "device to start again.",
        .near = "vq.used-not-consumed, when what the device returned made sense.",
        .scenario = "inject vq eth0.rx bad-id 1\n"
                    "start  ping: \"ping -c 1 -W 1 10.0.2.2\"\n"
                    "expect cause vq.used-wrong within 20s",
    },
    {
        .id = "vq.used-not-consumed",
        .meaning = "The device returned a buffer and said so, and the driver did not take it.",
        .looks = "A task sleeps for a completion that is in the ring; or the second of two frames "
                 "that came with one interrupt is missing.",
        .evidence =
            "The used index moved, the interrupt was taken or is not needed to see it, and "
            "the task that waits did not leave its wait; or fewer frames were counted by the "
            "driver than the device returned.",
        .mistakes =
            "A driver waits for its transmissions and relies on an interrupt that it shares "
            "or has suppressed; only the newest used entry is looked at; the handler wakes "
            "nobody; the index is not looked at once more before sleeping.",
        .mend = "Go through the used ring from where the driver stands up to the device's "
                "index, in every interrupt, for each queue that it may be for, and once more "
                "before sleeping. Who takes a completion that somebody else waits for has to "
                "tell him.",
        .near = "irq.lost, when the driver waits for received frames and could not know.",
        .scenario = "inject irq eth0.tx lose 1\n"
                    "start  ping: \"ping -c 2 10.0.2.2\"\n"
                    "expect hang cause vq.used-not-consumed  # with a driver that waits for it",
    },
    {
        .id = "netdev.missing",
        .meaning = "There is no virtio-net function on the bus: the machine has no network card.",
        .looks = "\"Network is unreachable\", \"no such device\": as if a driver had not found its "
                 "device or a route were missing.",
        .evidence = "The machine was built without a `net` statement, and the program speaks to "
                    "somebody outside of the guest.",
        .mistakes = "The machine's configuration: the card is added by one of several ways to "
                    "start it, and left out by another.",
        .mend = "Add a card to the machine: a line 'net eth0' in the scenario.",
        .near = "netdev.unclaimed, when there is a card and no driver took it; route.missing, when "
                "the guest has no route over one.",
        .scenario = "# without a line `net eth0`\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect cause netdev.missing within 20s",
    },
    {
        .id = "netdev.unclaimed",
        .meaning = "There is a network card, and no driver of the guest took it.",
        .looks =
            "\"Network is unreachable\", \"no such device\", no interface: as if there were no "
            "card. Everything else works.",
        .evidence = "The status of the card's virtio device never had DRIVER: nobody has said that "
                    "he knows how to drive it. The report says where the card is.",
        .mistakes = "The driver is not in the table, list or configuration by which devices are "
                    "matched with drivers; it is matched by another device ID (of PCI, 0x1000 is "
                    "an old card and 0x1041 a new one); the bus of the card is not looked at.",
        .mend = "Enter the driver where devices are matched with drivers, under the IDs that "
                "the report gives, and see that the card's bus is looked at.",
        .near = "netdev.missing, when there is no card; a driver that took the card and gave it up "
                "has set DRIVER, and says why on the console.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect cause netdev.unclaimed within 20s   # with a guest without its driver",
    },
    {
        .id = "vq.tx-exhausted",
        .meaning = "The driver has no transmit descriptor left, although the device has returned "
                   "every one.",
        .looks = "The first frames leave, as many as the queue has room for, and then none. "
                 "Received frames still arrive.",
        .evidence = "The driver discarded a packet for want of a descriptor, after the last chain "
                    "was returned; none is available to the device and none in flight.",
        .mistakes = "Nobody looks at the used ring of a queue for whose completions nobody waits: "
                    "it has to be gone through before the next frame is queued, or now and then.",
        .mend = "Take used transmit chains back before a frame is queued, or in the interrupt, "
                "and put each descriptor of a chain on the free list.",
        .near = "vq.used-not-consumed, when a task sleeps for a completion; a ring that is full "
                "because the device keeps its chains has no such cause.",
        .scenario = "net    eth0 queue-size=4\n"
                    "start  ping: \"ping -c 8 -i 0.01 10.0.2.2\"\n"
                    "expect cause vq.tx-exhausted within 20s   # with a guest that never looks",
    },
};

const struct causes_part causes_machine = {causes_table,
                                           sizeof causes_table / sizeof causes_table[0]};
