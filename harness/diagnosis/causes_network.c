/*
 * causes_network.c - causes: the wire and who is at its other end, and guests that are busy for
 * nothing
 */
#include "harness/diagnosis/causes_priv.h"

static const struct cause causes_table[] = {
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
            "and not repeated.",
        .mistakes = "The repetition happens only when somebody polls the stack; nobody has the "
                    "address.",
        .mend = "Repeat ARP requests by a timer that runs without traffic. Where nobody has the "
                "address, ask for another.",
        .near = "arp.head-of-line, when another address is asked for; wire.dropped and "
                "peer.silent, when the address was resolved.",
        .scenario = "inject link eth0 out drop all \"arp\"\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect cause arp.unresolved within 20s",
    },
    {
        .id = "arp.head-of-line",
        .meaning = "Packets wait while the guest asks for a hardware address that is not theirs.",
        .looks = "Nothing is sent to a host that is there, until the guest has given up another "
                 "one that is not; then all goes at once.",
        .evidence = "No frame for the destination left, nor an ARP request for it, while ARP "
                    "requests for another address have no answer.",
        .mistakes = "One neighbour is asked for at a time; packets stand in one queue behind the "
                    "first that has no address yet.",
        .mend = "Keep packets with the neighbour that they wait for, and ask for each by itself.",
        .near = "arp.unresolved, when the destination's own address is asked for; "
                "packet.discarded, when there was no room for the second packet.",
        .scenario = "start  silent: \"ping -c 1 10.0.2.99\"\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect cause arp.head-of-line within 20s   # with one neighbour at a time",
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
        .id = "request.unanswered",
        .meaning = "A provider has read a request, sleeps, and has not answered it.",
        .looks = "read, open or another call on a file of a scheme never returns.",
        .evidence = "The request was delivered and not answered; the provider waits for no other "
                    "task. It is a suspicion where the answer may depend on something that the "
                    "provider still waits for: a read or dup, and events of devices, clocks or "
                    "other files.",
        .mistakes = "An operation that is not known is skipped without an answer; a request that "
                    "has to wait is put into a list that nobody walks when what it waits for has "
                    "come; a cancellation is ignored.",
        .mend = "Answer every tag once, also that of an operation that is not known. Try all "
                "that wait again whenever something may have changed, and answer a cancelled "
                "one at once.",
        .near = "request.undelivered, when it was never read; request.provider-dead, when the "
                "provider is gone; peer.silent, when somebody outside owes the answer.",
        .scenario = "start  cat: \"cat /scheme/test/file\"\n"
                    "expect cat exits within 1s          # with a provider that never answers",
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
        .id = "ip.not-for-us",
        .meaning = "The answer arrived at the card, and the stack did not know the address in it "
                   "for its own, from which the guest had asked.",
        .looks = "ARP works and the address is listed, requests leave and replies come back, and "
                 "nobody is woken.",
        .evidence = "Every packet was answered, and where an answer came in, the guest told of a "
                    "packet that it discarded as not for it.",
        .mistakes = "The address is kept twice, and is missing in the list by which packets are "
                    "accepted: it was full, and the error was ignored; or the address was changed "
                    "in one of them.",
        .mend = "Keep the address once. Where it must be in two places, fail in both or in "
                "neither.",
        .near = "reply.discarded, when there was another reason; packet.discarded, for packets of "
                "the guest's own.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect cause ip.not-for-us within 20s      # without the address in the list",
    },
    {
        .id = "packet.discarded",
        .meaning = "The guest has thrown away a packet of its own.",
        .looks = "Some packets of a burst never appear on the wire, or none of those to this host "
                 "arrives; no call has failed.",
        .evidence =
            "The program, in a call, or a daemon that it asks says that it has discarded a packet, "
            "and nothing had come in right before.",
        .mistakes =
            "A queue is shorter than a burst; what is sent to this host is changed after it "
            "was summed, and refused where it arrives.",
        .mend =
            "The report says where it was discarded, and why. Keep the packet, or fail the call "
            "that sent it.",
        .near = "reply.discarded, when it had come from outside; route.missing and arp.unresolved, "
                "when there was no way for it.",
        .scenario = "start  ping: \"ping -c 20 -i 0.01 10.0.2.2\"\n"
                    "expect ping exits 0 within 2s       # with a queue of ten places",
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
            "interrupts and system calls that move nothing: bytes of a file count once. No missing "
            "link explains what it waits for.",
        .mistakes = "A lock that its owner does not give back; a bit of a register that is polled "
                    "without a limit; a list that has become a ring; a file whose end is not "
                    "seen.",
        .mend = "Go to the line of the loop, and ask who should make its condition false. Give the "
                "loop a limit, or sleep where an interrupt can tell.",
        .near =
            "irq.storm, when all of the time goes into a handler; the causes of the rings, when "
            "it polls a queue.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 1s    # with a guest that never leaves a loop",
    },
};

const struct causes_part causes_network = {causes_table,
                                           sizeof causes_table / sizeof causes_table[0]};
