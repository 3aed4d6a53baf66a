/*
 * causes.c - the table of causes, and the texts that are made from it
 */
#include "harness/diagnosis/causes.h"
#include "harness/text/paragraph.h"

#include <stdbool.h>
#include <string.h>

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
        .near = "irq.masked, when it is enabled and priority or target keep it back.",
        .scenario =
            "start  ping: \"ping -c 1 10.0.2.2\"\n"
            "expect hang cause irq.not-enabled   # with a guest that enables another number",
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
    {
        .id = "route.missing",
        .meaning = "The guest found no route to the destination, and sent nothing.",
        .looks = "\"Network is unreachable\", or a request that never appears on the wire.",
        .evidence = "A call returned ENETUNREACH or EHOSTUNREACH without any ARP request, or a "
                    "packet was discarded for want of a route.",
        .mistakes = "The default route is entered into one of two tables; it was removed together "
                    "with an address; the prefix is parsed wrongly.",
        .mend = "Enter a route for the destination, or a default route, into the table that is "
                "asked when a packet is sent.",
        .near = "arp.unresolved, when there is a route and its next hop does not answer.",
        .scenario = "start  ping: \"ping -c 1 198.51.100.1\"\n"
                    "expect cause route.missing within 20s   # without a default route",
    },
    {
        .id = "link.down",
        .meaning = "The card's link was down, and a frame of the conversation was lost for that.",
        .looks = "No frame in the capture, or none for a while, with a driver that sends and a "
                 "device that takes what is sent.",
        .evidence = "frame.dropped events with the reason \"the link is down\" for packets to or "
                    "from the destination, or for ARP requests, that nothing made good.",
        .mistakes = "The cable's. A driver can know: VIRTIO_NET_S_LINK_UP of the device's status, "
                    "which changes with a configuration interrupt.",
        .mend = "Nothing, if the cable is out. A driver that negotiates VIRTIO_NET_F_STATUS can "
                "say so to those who send.",
        .near = "wire.dropped, when a frame was lost on a link that is up; arp.unresolved, when "
                "the request left and nobody answered.",
        .scenario = "inject link eth0 down\n"
                    "start  ping: \"ping -c 1 -W 2 10.0.2.2\"\n"
                    "expect cause link.down within 20s",
    },
    {
        .id = "call.missing",
        .meaning = "The kernel does not have a call, a kind of socket or an option that the "
                   "program needs, or refuses it with another error than programs know.",
        .looks =
            "The program ends at once with \"function not implemented\", \"protocol not "
            "supported\" or \"operation not permitted\"; or it falls back to something slower.",
        .evidence = "A call returned ENOSYS; socket() refused a family or protocol with an error "
                    "that no library takes for a refusal; an option that every kernel has is "
                    "ENOPROTOOPT; a file below /proc/net is not there.",
        .mistakes = "The table of calls has a hole; -1 is returned as it is, which is EPERM, where "
                    "-EAFNOSUPPORT is meant; ping sockets are left to raw ones.",
        .mend = "Give the call its place in the table, or refuse with the error that the manual"
                " page names: a program falls back from EAFNOSUPPORT to IPv4 and from nothing "
                "else.",
        .near = "call.wrong-result, when the call is there and does something else.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 1s         # with a guest without ping sockets",
    },
    {
        .id = "call.blocks",
        .meaning = "A call on a descriptor that the program made non-blocking waited.",
        .looks = "A program with an event loop stands still: its own timeouts do not fire, its "
                 "other connections wait as well.",
        .evidence = "The program asked for O_NONBLOCK, with fcntl(), SOCK_NONBLOCK or MSG_DONTWAIT,"
                    " and its task slept for a socket within the call that followed.",
        .mistakes = "F_SETFL is accepted and stored nowhere; SOCK_NONBLOCK is masked off; connect()"
                    " looks at the flag of reading only, or is not given it.",
        .mend = "Keep O_NONBLOCK with the open file, hand it to every call that may sleep, and "
                "return EAGAIN, or EINPROGRESS from connect(), once the segment is on its way.",
        .near = "timeout.ignored, when the descriptor may wait, but not for so long.",
        .scenario = "start  curl: \"curl --connect-timeout 0.05 http://10.0.2.9/\"\n"
                    "expect curl exits nonzero within 60ms # with a connect() that waits",
    },
    {
        .id = "timeout.ignored",
        .meaning = "The time that a program gave a call has passed, and the call goes on, or went "
                   "on for much longer.",
        .looks = "A program with a timeout of two seconds stands for half a minute, or for ever.",
        .evidence = "The timeout of ppoll(), pselect6() or epoll_pwait(), or SO_RCVTIMEO or "
                    "SO_SNDTIMEO of the descriptor, and how long the call took.",
        .mistakes = "setsockopt() stores nothing; the deadline is computed anew at each wake; the "
                    "time that has passed is taken from a clock that is read twice.",
        .mend = "Turn the timeout into a deadline when the call is entered, sleep until that, "
                "and look at it after each wake.",
        .near = "timer.irq-mismatch and irq.masked, when no timeout at all fires; call.blocks, "
                "when the call must not wait at all.",
        .scenario = "host   box ip=10.0.2.9\n"
                    "start  nc: \"nc -u -w 2 10.0.2.9 7\"\n"
                    "expect nc exits within 3s   # with a guest that never looks at the time",
    },
    {
        .id = "timeout.early",
        .meaning = "A call ended for want of time before the time that the program gave it: the "
                   "kernel has a limit of its own.",
        .looks = "A slow peer fails at exactly the same time, such as 30 seconds, with an error "
                 "or an end that nobody sent.",
        .evidence = "A call that may wait for ever, or for longer, returned 0, EAGAIN or ETIMEDOUT,"
                    " while the wire had brought neither data nor an end, and nothing that was sent"
                    " waited for its acknowledgement.",
        .mistakes = "A loop that waits has a safety limit, and its end is handed to the program.",
        .mend = "Let a call that may wait do so until something comes, a signal does, or the "
                "program's own time has passed.",
        .near = "peer.silent, when TCP itself has given up; reply.late, when the program has.",
        .scenario = "serve  tcp 10.0.2.9:80 script reply.txt # its first byte after 35 s\n"
                    "start  wget: \"wget http://10.0.2.9/\"\n"
                    "expect wget exits 0 within 40s        # with a guest that waits for 30 s",
    },
    {
        .id = "poll.false-ready",
        .meaning = "A wait said that a socket is ready, and on the wire it could not have been: "
                   "the handshake was not done, or nothing had come.",
        .looks = "A request is written into a half-open connection and lost: \"empty reply from "
                 "server\". Or a program reads, gets EAGAIN and waits again, as fast as it can.",
        .evidence = "What ppoll(), pselect6() or epoll_pwait() told of the descriptor, and the "
                    "segments of its connection until then: POLLOUT before the SYN-ACK, POLLIN "
                    "before any data or FIN.",
        .mistakes = "A TCP socket is writable as long as there is room in its buffer, whatever its "
                    "state; a socket that does not know says that it is ready.",
        .mend = "Say POLLOUT in ESTABLISHED and CLOSE-WAIT when there is room, or together with"
                " POLLERR and POLLHUP after a failure; POLLIN when data or a FIN is there, and "
                "for a listener when a connection is.",
        .near = "socket.data-dropped, when nobody had said that the socket was ready; "
                "poll.unready, the reverse.",
        .scenario = "start  curl: \"curl http://10.0.2.2:8080/\"\n"
                    "expect curl exits 0 within 1s   # with a ppoll() that always says POLLOUT",
    },
    {
        .id = "poll.unready",
        .meaning = "What a wait is for was on the wire and arrived, and the wait went on: a "
                   "SYN-ACK, data, a FIN, a reset.",
        .looks = "A refused connection ends by the program's own timeout instead of at once; a "
                 "download hangs behind its last byte.",
        .evidence = "The descriptor and the events that a task waits for, or waited for until its "
                    "time had passed, or the call that it sleeps in; the segment of its connection "
                    "that ends such a wait, and that the driver took it.",
        .mistakes = "Only data wakes readers, not the FIN; a reset makes a socket neither readable "
                    "nor writable; connect() waits for a state that a refused connection never "
                    "comes to; the wake-up is sent to another queue.",
        .mend = "Wake everybody who waits for a socket at each change of its state; let a reset"
                " say POLLOUT, POLLERR and POLLHUP, a FIN POLLIN, and let calls that sleep look"
                " for both.",
        .near = "vq.used-not-consumed and reply.discarded, when the segment never came to the "
                "socket; peer.silent, when there was none.",
        .scenario = "start  curl: \"curl http://10.0.2.2:9/\"\n"
                    "expect curl exits nonzero within 1s # with a ppoll() that knows no resets",
    },
    {
        .id = "socket.error-swallowed",
        .meaning = "A connection failed on the wire, and the program was told that all is well.",
        .looks = "A refused connection looks like a successful one; the next call fails, or the "
                 "program ends with nothing, and with status 0.",
        .evidence = "The reset or the ICMP error that arrived for the connection, and what the "
                    "program got afterwards: SO_ERROR 0, a connect() that returned 0, bytes "
                    "accepted, an end of file.",
        .mistakes = "SO_ERROR is always 0; the error is cleared by whoever looks first, such as the"
                    " kernel's own wait; a reset is treated like a FIN.",
        .mend = "Keep the error with the socket until it was told once: ECONNREFUSED after a "
                "reset to a SYN, ECONNRESET afterwards, ETIMEDOUT when nobody answered.",
        .near = "peer.refused, when the program was told.",
        .scenario = "start  curl: \"curl http://10.0.2.2:9/\"\n"
                    "expect curl exits 7 within 1s         # with an SO_ERROR that is always 0",
    },
    {
        .id = "socket.data-dropped",
        .meaning = "Bytes that a socket took from the program never left, or a datagram that "
                   "arrived for it was never given to the program.",
        .looks = "The peer never sees a request that the program has sent; or a reply is in the "
                 "capture and the program does not get it.",
        .evidence = "What send() and write() accepted against the segments of the connection: "
                    "nothing after the handshake, or a FIN in front of them; datagrams accepted and"
                    " received against those of the wire.",
        .mistakes = "Data that is sent before the connection is there is accepted and thrown away; "
                    "one packet at a time waits for a hardware address; the port or identifier on "
                    "the wire is not that of the socket.",
        .mend = "Keep what was accepted until it is acknowledged, or do not accept it: EAGAIN "
                "in SYN-SENT. Queue several packets for each neighbour.",
        .near = "poll.false-ready, when the program was told that it may send; wire.dropped, "
                "when the frames left; reply.discarded, when the guest says why.",
        .scenario = "start  nc: \"nc 10.0.2.2 8080\" input \"hello\\n\"\n"
                    "expect frame out \"tcp[13] & 8 != 0\"   # with a guest that drops the text",
    },
    {
        .id = "call.wrong-result",
        .meaning = "A call did not do what its manual page says, as can be seen in what it told "
                   "the program.",
        .looks = "A library does something strange: it rejects good answers, reads garbage, "
                 "tries again for ever.",
        .evidence = "What the call was given, what it returned and wrote back, and what was on the "
                    "wire.",
        .mistakes = "recvmsg() leaves msg_name or msg_controllen as they were; getsockopt() returns"
                    " 0 and writes nothing; write() returns 0 for a full buffer; read() and write()"
                    " know one kind of socket; connect() begins anew at each call; an option is "
                    "accepted and nothing comes of it.",
        .mend = "Do what the report names: each value that the program hands over to be written"
                " is written, and each state has its error.",
        .near = "call.missing, when the call is refused; socket.error-swallowed, when it hides "
                "a failure.",
        .scenario = "start  nslookup: \"nslookup example.test 10.0.2.3\"\n"
                    "expect nslookup exits 0 within 2s # with a recvmsg() without senders",
    },
    {
        .id = "program.gave-up",
        .meaning = "The program ended by itself before the answer came, which did come, or is "
                   "under way.",
        .looks = "A timeout of the program's own, and in the capture the SYN-ACK or the reply "
                 "behind it, answered with a reset.",
        .evidence = "The last call that told the program something, when the program ended, and the"
                    " segment of its connection that arrived afterwards, with both times.",
        .mistakes = "The program's timeout is shorter than the round trip; or a call had told it "
                    "something that is not so, and it drew its conclusion.",
        .mend = "Look at the call that the report names: whether what it returned was true when"
                " it returned. If it was, wait for longer.",
        .near = "reply.late, for echo requests and datagrams; call.blocks, when the program's "
                "time was spent in a call that should not have waited.",
        .scenario = "inject link eth0 in delay 3s \"tcp\"\n"
                    "start  curl: \"curl --connect-timeout 1 http://10.0.2.2:8080/\"\n"
                    "expect cause program.gave-up within 5s",
    },
    {
        .id = "reply.late",
        .meaning = "The answer came, or is on its way, and the program had stopped waiting.",
        .looks =
            "A loss is counted, and the reply is in the capture, behind the end of the program; "
            "or it is not in it yet.",
        .evidence =
            "The answer to one of the program's requests arrived, or is due, after the "
            "program's end; or it was at the card before, and the driver took it after. The "
            "report says by how much it was late.",
        .mistakes = "None of the guest's, unless its timeout is shorter than the network's round "
                    "trip; the trigger says whether wire, queue or interrupt was slow.",
        .mend = "Nothing, if the timeout is meant; otherwise wait for longer than the report "
                "says that the answer takes.",
        .near = "wire.dropped and peer.silent, when no answer comes at all; irq.lost and "
                "vq.not-completed, when one lies in the machine and has not been taken yet.",
        .scenario = "inject link eth0 in delay 3s \"icmp\"\n"
                    "start  ping: \"ping -c 1 -W 2 10.0.2.2\"\n"
                    "expect cause reply.late within 20s",
    },
    {
        .id = "loop.asks",
        .meaning = "The guest asks the same question again and again, has no answer, and gives up "
                   "never.",
        .looks = "A livelock after many seconds: an ARP request leaves once a second, and the "
                 "program that waits for the address is told nothing.",
        .evidence = "At least ten ARP requests for one address without a reply in between, and the "
                    "program's task asleep without a deadline since before the second of them.",
        .mistakes = "Requests are not counted; the count begins anew with each of them; there is a "
                    "limit, and whoever waits is not woken when it is reached.",
        .mend =
            "Count what was asked without an answer, from the first request to the last, give up "
            "at a limit, and wake everybody who waits with an error.",
        .near = "arp.unresolved, when there were fewer requests, or the program was told.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.77\"\n"
                    "expect ping exits nonzero within 30s   # with a guest that does not count",
    },
    {
        .id = "arp.unresolved",
        .meaning = "The next hop's hardware address is not known, so that the packet waits or is "
                   "thrown away.",
        .looks = "\"Host unreachable\" after seconds, or a request that never appears on the wire.",
        .evidence =
            "ARP requests for the address left and none was answered; or a request was lost "
            "and not repeated; or none was ever sent for this address while another one was "
            "being asked for.",
        .mistakes = "The repetition happens only when somebody polls the stack; one neighbour that "
                    "is silent keeps all others waiting; nobody has the address.",
        .mend = "Repeat ARP requests by a timer that runs without traffic, for each neighbour "
                "by itself. Where nobody has the address, ask for another.",
        .near = "wire.dropped and peer.silent, when the address was resolved.",
        .scenario = "inject link eth0 out drop all \"arp\"\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect cause arp.unresolved within 20s",
    },
    {
        .id = "wire.dropped",
        .meaning = "A frame of the conversation was dropped between the two ends.",
        .looks = "Fewer replies than requests, with both ends alive.",
        .evidence =
            "frame.dropped events for frames to or from the destination, with the reason: an "
            "injected fault, or the filter in front of the network.",
        .mistakes = "The network's, not the guest's; a protocol that promises delivery owes a "
                    "repetition.",
        .mend = "Nothing, if the loss is meant; a protocol that promises delivery repeats what "
                "was lost. The report says what dropped it.",
        .near = "peer.silent, when all requests arrived and no reply was ever sent.",
        .scenario = "inject link eth0 out drop 1 \"icmp\"\n"
                    "start  ping: \"ping -c 3 10.0.2.2\"\n"
                    "expect cause wire.dropped within 20s",
    },
    {
        .id = "peer.refused",
        .meaning = "The peer refused: it answered with a reset or an ICMP error, and the program "
                   "was told so. Nobody in the guest is to blame.",
        .looks = "\"Connection refused\" at once.",
        .evidence = "The RST that acknowledges the SYN, or the ICMP error that quotes the packet, "
                    "at the guest's card; the error that a call returned, or SO_ERROR.",
        .mistakes = "None of the guest's: nobody listens at that address and port, or somebody "
                    "closed the connection.",
        .mend = "Look at the port and at the service (`serve` in the scenario); in the capture "
                "(--pcap) whether the guest's SYN goes where it should.",
        .near = "peer.silent, when nothing came back; socket.error-swallowed and poll.unready, "
                "when the program was not told.",
        .scenario = "start  curl: \"curl http://10.0.2.2:9/\"\n"
                    "expect cause peer.refused within 1s",
    },
    {
        .id = "peer.silent",
        .meaning = "Requests arrived at the other end of the cable, and nothing came back.",
        .looks = "A timeout, with requests in the capture and no reply.",
        .evidence = "frame.out events to the destination, no frame.in from it, no drop.",
        .mistakes = "None of the guest's, as far as can be seen: the address belongs to nobody who "
                    "answers, or the service does not.",
        .mend = "Look at the capture (--pcap) whether the requests are what they should be; and "
                "whether anybody there is to answer.",
        .near = "wire.dropped, when frames were lost on the way; reply.late, when the reply is "
                "still under way; vq.rx-starved and vq.used-not-consumed, when it arrived at the "
                "card.",
        .scenario = "host   box ip=10.0.2.9\n"
                    "start  ping: \"ping -c 1 -W 1 10.0.2.9\"\n"
                    "expect cause peer.silent within 20s",
    },
    {
        .id = "rtc.not-read",
        .meaning = "A program asked what time of day it is, and the kernel never read the "
                   "real-time clock.",
        .looks = "It is 1970, or some other day at which the kernel begins to count.",
        .evidence = "clock_gettime() of CLOCK_REALTIME, and no rtc.read event before it.",
        .mistakes = "The driver is started on one of the paths only by which a machine can "
                    "describe itself: from the device tree, and not where there are ACPI tables.",
        .mend = "Start the driver of the clock on every path of the boot, and find it without a "
                "device tree, too: PL031 at 0x09010000 here.",
        .near = "The check mmio.unmapped, when it looked at another address.",
        .scenario = "machine virt boot=acpi rtc=1767000000\n"
                    "start  date: \"date +%F\"\n"
                    "expect date prints \"2025-12-29\"       # with a guest that knows trees only",
    },
    {
        .id = "alloc.unchecked",
        .meaning = "An allocation failed, and the guest crashed over it.",
        .looks = "A panic, or an access to an address near 0, at an allocation that a scenario "
                 "made fail.",
        .evidence = "The fault was applied, and the guest panicked or crashed behind it.",
        .mistakes = "A result is not looked at; an assertion stands where an error could be handed "
                    "back; what was got before is not given back, or is used nevertheless.",
        .mend = "Look at the result of each allocation on the way to the line that crashed; "
                "hand an error back, and free what was got before.",
        .near = "None: it is named for a guest that has crashed, and nothing else is.",
        .scenario = "inject alloc fail 3\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits nonzero               # with a guest that panics",
    },
    {
        .id = "reply.discarded",
        .meaning = "The answer arrived at the card, and the guest threw it away.",
        .looks = "A timeout, with request and reply in the capture.",
        .evidence = "Every packet was answered, and where an answer came in, the guest told of a "
                    "packet that it discarded, with the reason.",
        .mistakes =
            "When the frame was damaged, none: a checksum that is wrong is a reason. "
            "Otherwise the check is: a length or checksum is computed over the wrong bytes, "
            "a field is compared in the wrong byte order.",
        .mend = "If the frame is in order in the capture (--pcap), look at the check that the "
                "reason names. If it was damaged, nothing.",
        .near = "vq.used-not-consumed, when the driver never took the frame; reply.late, when it "
                "came after the end; wire.dropped, when it never arrived.",
        .scenario = "inject link eth0 in corrupt 50 \"icmp\"\n"
                    "start  ping: \"ping -c 1 -W 1 10.0.2.2\"\n"
                    "expect cause reply.discarded within 20s",
    },
    {
        .id = "wait.polled",
        .meaning = "What was waited for had come, its interrupt had not, and only somebody who "
                   "looked for another reason found it.",
        .looks =
            "Everything works and is slow: round trips take as long as a tick of the timer, or "
            "until the next frame. A guest without that tick would hang.",
        .evidence = "An entry lay in a used ring for more than a millisecond. The interrupt of the "
                    "device was not taken for it, or woke nobody; the report names the one that "
                    "was, or the task that looked by itself. The answer that the program got, or "
                    "the completion that its task slept for, was in it.",
        .mistakes = "The hardware's, when an interrupt was lost. The guest's, when it suppresses "
                    "interrupts and does not look once more before it sleeps, or when it serves "
                    "one of two queues at each interrupt.",
        .mend =
            "Where no fault of the scenario lost the interrupt: enable interrupts again and look "
            "once more before sleeping, and serve at each interrupt all queues that may have "
            "caused it.",
        .near = "irq.lost and vq.used-not-consumed, when nobody has found it yet; reply.late, when "
                "the program had given up before. An interrupt that is only late finds its work "
                "itself.",
        .scenario = "inject irq eth0 lose 1\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"   # with a guest that looks at each tick\n"
                    "expect cause wait.polled within 2s",
    },
    {
        .id = "loop.wakes",
        .meaning = "A task is woken again and again, finds nothing to do and sleeps again.",
        .looks = "A livelock after two seconds: tasks come and go, time passes, no ring moves and "
                 "no frame passes.",
        .evidence = "The program's task, or the owner of the lock that it waits for, left its wait "
                    "at least 100 times in two seconds, in one system call, while nothing moved.",
        .mistakes = "A full ring is tried again without looking at what has come back; a condition "
                    "is polled that nobody will make true; a wake-up is taken for the event.",
        .mend =
            "Before trying again, do what makes it succeed: reclaim what the device has returned, "
            "or sleep until somebody says that there is room. Look at who wakes the task, and "
            "why.",
        .near = "A stall, when the task sleeps all the time. Who polls for less than two seconds, "
                "or makes a system call for each look, is left alone.",
        .scenario = "net    eth0 queue-size=4\n"
                    "start  ping: \"ping -c 8 -i 0.01 10.0.2.2\"\n"
                    "expect ping exits 0 within 10s   # with a driver that only tries again",
    },
    {
        .id = "loop.spins",
        .meaning = "Code of the guest executes on and on: it neither sleeps nor moves anything.",
        .looks = "A livelock at once, with the line of the guest's sources in which it loops.",
        .evidence =
            "8 million basic blocks, or two seconds of a polled clock, without an event but "
            "interrupts. No missing link explains what it waits for.",
        .mistakes = "A lock that its owner does not give back; a bit of a register that is polled "
                    "without a limit; a list that has become a ring.",
        .mend = "Go to the line of the loop, and ask who should make its condition false. Give the "
                "loop a limit, or sleep where an interrupt can tell.",
        .near =
            "irq.storm, when all of the time goes into a handler; the causes of the rings, when "
            "it polls a queue.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 1s    # with a guest that never leaves a loop",
    },
};

const struct cause *causes_find(const char *id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(causes_table); i++) {
        if (strcmp(causes_table[i].id, id) == 0) {
            return &causes_table[i];
        }
    }
    return NULL;
}

const struct cause *causes_get(guint index)
{
    return index < G_N_ELEMENTS(causes_table) ? &causes_table[index] : NULL;
}

const char *const *causes_ids(void)
{
    static const char *ids[G_N_ELEMENTS(causes_table) + 1];
    for (size_t i = 0; i < G_N_ELEMENTS(causes_table); i++) {
        ids[i] = causes_table[i].id;
    }
    return ids;
}

void causes_write_list(GString *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(causes_table); i++) {
        g_string_append_printf(out, "%-24s%s\n", causes_table[i].id, causes_table[i].meaning);
    }
}

void causes_write_explanation(GString *out, const struct cause *cause)
{
    g_string_append_printf(out, "%s\n", cause->id);
    paragraph_append(out, "What it means", cause->meaning);
    paragraph_append(out, "How it looks", cause->looks);
    paragraph_append(out, "What the diagnosis looks at", cause->evidence);
    paragraph_append(out, "How it usually comes about", cause->mistakes);
    paragraph_append(out, "What to do", cause->mend);
    paragraph_append(out, "What looks the same", cause->near);
    g_auto(GStrv) lines = g_strsplit(cause->scenario, "\n", -1);
    g_string_append(out, "\nA scenario\n");
    for (char **line = lines; *line != NULL; line++) {
        g_string_append_printf(out, "  %s\n", *line);
    }
}

void causes_write_page(GString *out)
{
    g_string_append(
        out,
        "# Causes\n\n"
        "What the diagnosis can name, in the order in which it looks: along the chain from the\n"
        "device to the program, the first missing link. Made from the table in\n"
        "`harness/diagnosis/causes.c`; `ringside causes` and `ringside explain NAME` print the "
        "same.\n\n"
        "A cause has a grade. `cause`: proved, because with that one link repaired, from that\n"
        "moment on, the waiting task goes on. `derived`: it follows from the evidence, and there is "
        "no\nproof to be had. `suspect`: one explanation of several. In scenarios, `cause ID` "
        "accepts the\nfirst two.\n");
    for (size_t i = 0; i < G_N_ELEMENTS(causes_table); i++) {
        const struct cause *cause = &causes_table[i];
        g_string_append_printf(out, "\n## `%s`\n\n%s\n\n", cause->id, cause->meaning);
        g_string_append_printf(out, "- **How it looks.** %s\n", cause->looks);
        g_string_append_printf(out, "- **Evidence.** %s\n", cause->evidence);
        g_string_append_printf(out, "- **How it usually comes about.** %s\n", cause->mistakes);
        g_string_append_printf(out, "- **What to do.** %s\n", cause->mend);
        g_string_append_printf(out, "- **What looks the same.** %s\n\n```\n%s\n```\n", cause->near,
                               cause->scenario);
    }
}
