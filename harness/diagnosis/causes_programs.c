/*
 * causes_programs.c - causes: who serves whom, calls, sockets, and time as programs have it
 */
#include "harness/diagnosis/causes_priv.h"

static const struct cause causes_table[] = {
    {
        .id = "lock.order",
        .meaning = "Tasks wait for each other: each holds a lock that the next one needs.",
        .looks = "Two or more tasks stop at the same moment and for ever; soon everybody waits "
                 "who needs one of their locks.",
        .evidence = "The chain of owners and locks comes back to where it began. All of the circle "
                    "sleep.",
        .mistakes = "Two locks are taken in two orders: a callback is called with the lock of a "
                    "list, and takes one whose holders change that list.",
        .mend = "Decide on one order and take locks in it everywhere; or let go of the first "
                "before the second is taken. The check of the same name finds such pairs "
                "without a deadlock.",
        .near = "lock.self, when there is one task; request.circle, when a request is part of "
                "the circle.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 1s       # with locks the other way round",
    },
    {
        .id = "lock.self",
        .meaning = "A task waits for a lock that it holds itself.",
        .looks = "One task stops for ever, and after it everybody who needs that lock.",
        .evidence = "The task sleeps for the lock, and is its owner.",
        .mistakes = "A function that takes the lock is called from one that has it.",
        .mend = "Split the function in two: one that takes the lock, and one that is called "
                "with it held.",
        .near = "lock.order, when others take part. The check of the same name finds it for "
                "locks for which one spins as well.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 1s       # with a function that locks twice",
    },
    {
        .id = "request.circle",
        .meaning = "Programs that serve each other wait for each other: each has asked the next "
                   "one for something, or holds a lock that it needs.",
        .looks = "Two daemons stop at the same moment, and whoever asks one of them never "
                 "returns.",
        .evidence = "The chain of requests, locks and tasks comes back to where it began. All of "
                    "the circle sleep.",
        .mistakes = "A daemon calls another one from its loop and waits for the answer, and that "
                    "one, to answer, calls the first. Or it asks with a lock held.",
        .mend = "Let a daemon never wait for one that may ask it: send the request without "
                "waiting, and go on when the answer comes. Let go of locks before asking.",
        .near = "lock.order, when there are only locks in the circle; request.unanswered, when "
                "the last of the chain waits for nobody.",
        .scenario = "start  cat: \"cat /scheme/first/file\"\n"
                    "expect cat exits 0 within 1s        # with two providers that read each other",
    },
    {
        .id = "task.unkillable",
        .meaning = "A task was killed, and still waits for the answer to its request.",
        .looks = "kill has no effect; the terminal never comes back, and the name of the task "
                 "stays in the list.",
        .evidence = "SIGKILL was sent to the task, which sleeps in a request to a provider that "
                    "does not answer.",
        .mistakes = "A signal is passed on to the provider as a cancellation, and the caller waits "
                    "on for the answer, whatever signal it was.",
        .mend = "Let a killed task leave its request behind: the kernel keeps it, and throws "
                "the answer away when there is one.",
        .near = "request.unanswered, when nobody was killed; request.provider-dead, when the "
                "provider is gone.",
        .scenario = "start  cat: \"cat /scheme/test/file\"\n"
                    "kill   cat 9\n"
                    "expect cat exits within 10ms        # with a provider that never answers",
    },
    {
        .id = "request.provider-dead",
        .meaning = "The provider of a scheme has ended, and a request to it was not ended with it.",
        .looks = "After a daemon has crashed or was stopped its callers hang; those that come "
                 "later get an error, or hang too.",
        .evidence =
            "The task that registered the scheme has exited, or the scheme was removed, and "
            "the request of a sleeping task has no answer.",
        .mistakes = "At the end of a provider only the requests that it had not read are answered, "
                    "or only those that it had; the scheme is kept alive by its open files.",
        .mend = "When the root of a scheme is closed, answer all its requests with an error, "
                "delivered or not, and give its name back.",
        .near = "request.unanswered, when the provider is there; request.undelivered, when it "
                "never read the request.",
        .scenario = "start  cat: \"cat /scheme/test/file\"\n"
                    "expect cat exits within 1s          # with a provider that dies meanwhile",
    },
    {
        .id = "request.undelivered",
        .meaning = "A request stands in the queue of its provider, which sleeps on something else, "
                   "and never reads it.",
        .looks = "open, read or write of a file never returns; others, asked before or of "
                 "another scheme of the same daemon, work.",
        .evidence = "The request was sent and not delivered. Its provider waits for no other task; "
                    "its event queue does not watch the root of this scheme, or it has read the "
                    "event and not the request, or it sleeps for something else.",
        .mistakes =
            "One of several roots is left out of the event queue; the daemon reads one "
            "request for each event, though one event may stand for several; it waits for a "
            "device inside of a request.",
        .mend = "Watch the root of each scheme in the queue in which the daemon sleeps, and "
                "read it until there is nothing left before sleeping again.",
        .near = "event.not-delivered, when the kernel did not post; event.lost-before- "
                "subscribe, when the request was there first; request.unanswered, when it was "
                "read.",
        .scenario = "start  cat: \"cat /scheme/test/file\"\n"
                    "expect cat exits within 1s          # with a provider that is deaf",
    },
    {
        .id = "iface.missing",
        .meaning = "A driver has registered its card, and no daemon has made an interface of it.",
        .looks = "Card and driver are well, the network daemon runs, and there is no interface but "
                 "that of this host: \"network is unreachable\".",
        .evidence = "A scheme of a card is registered, and nobody has opened a file of it. The "
                    "program was told that nobody can be reached, or nothing was sent for it.",
        .mistakes = "The daemon looks for cards once, when it starts, and the driver comes later; "
                    "it looks for another name, or stops at the first card.",
        .mend = "Watch the names of schemes, and look for cards whenever one comes or goes.",
        .near = "netdev.unclaimed, when no driver took the card; config.unread and route.missing, "
                "when there is an interface without an address or a route.",
        .scenario = "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 1s       # with a daemon that starts too early",
    },
    {
        .id = "iface.unaddressed",
        .meaning = "No interface has an address, and a packet that needs one to be sent from waits "
                   "for it instead of being refused.",
        .looks = "A program hangs in its first request; nothing is on the wire, not even ARP, and "
                 "nothing says why.",
        .evidence = "The guest has read the files that configure its interfaces and told of no "
                    "address; no frame to anybody has left; the program waits.",
        .mistakes =
            "Whoever asks for hardware addresses returns early where there is no address to "
            "ask from, without an error, behind the point at which the packet was put into "
            "the queue of those that wait for the answer.",
        .mend = "Refuse with ENETUNREACH where the way of a packet is looked up, when its "
                "interface has no address; or send what waits when there is one.",
        .near = "config.unread, when the address was in a file that nobody has read; "
                "arp.unresolved, when somebody was asked; route.missing, when it was refused.",
        .scenario = "file   \"/etc/net/ip\" \"\"\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits nonzero within 1s # with a stack that keeps the packet",
    },
    {
        .id = "config.unread",
        .meaning = "The guest was given configuration, and none of its programs has read it.",
        .looks = "No address, no route, and no frame on the wire, as if nothing was configured; "
                 "no error either.",
        .evidence =
            "A `file` below /etc of the scenario was never opened, and the program was told "
            "that nobody can be reached, or nothing was sent for it.",
        .mistakes = "The daemon reads another path, or only some of the files; a default takes the "
                    "place of an error.",
        .mend = "Open the file that the report names when the daemon starts, and say so where "
                "that fails.",
        .near = "route.missing, when all was read and there is no route nevertheless; "
                "config.guessed, when it was read, and something else taken.",
        .scenario = "file   \"/etc/net/ip\" \"10.0.2.15\"\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 1s       # with a daemon that reads ip_router only",
    },
    {
        .id = "config.guessed",
        .meaning = "A file that configures an interface cannot be read as what it should be, and "
                   "the interface got an address all the same.",
        .looks = "Nothing fails at first. Some hosts are taken for neighbours that are none, or "
                 "the reverse, and nobody remembers to have configured that.",
        .evidence = "The guest rejected a file, and in the same reading of its configuration gave "
                    "an interface an address and a mask.",
        .mistakes = "A parser that fails leaves the default in place, such as /24; the default for "
                    "a file that is missing is taken for one that is wrong.",
        .mend = "Keep the interface without an address when a file is there and wrong, and say so "
                "on the console.",
        .near = "config.unread, when nobody has opened the file.",
        .scenario = "file   \"/etc/net/ip_subnet\" \"255.255.255\"\n"
                    "run    list: \"cat /scheme/netcfg/ifaces/eth0/addr/list\" within 10ms\n"
                    "expect list prints \"Not configured\" # with a daemon that takes /24",
    },
    {
        .id = "route.tables-disagree",
        .meaning = "The guest has two tables of routes: the one that says what can be reached has "
                   "a route, and the one by which packets are sent has none.",
        .looks = "Hosts of the subnet are reached and no others, though the default route is "
                 "listed.",
        .evidence = "The guest told of a packet for this destination on which its tables disagree, "
                    "and sent nothing there.",
        .mistakes = "The default route is entered into one of the tables; an error of one is "
                    "ignored after the other was changed.",
        .mend = "Change both tables in one place, both or neither.",
        .near = "route.missing, when no table has one.",
        .scenario = "start  ping: \"ping -c 1 198.51.100.1\"\n"
                    "expect cause route.tables-disagree within 20s   # with one of two tables",
    },
    {
        .id = "route.missing",
        .meaning = "The guest found no route to the destination, and sent nothing.",
        .looks = "\"Network is unreachable\", or a request that never appears on the wire.",
        .evidence = "A call returned ENETUNREACH or EHOSTUNREACH without any ARP request, or a "
                    "packet was discarded for want of a route.",
        .mistakes = "No default route is entered; it was removed together with an address; the "
                    "prefix is parsed wrongly.",
        .mend = "Enter a route for the destination, or a default route, into the table that is "
                "asked when a packet is sent.",
        .near = "route.tables-disagree, when a second table has one; arp.unresolved, when there "
                "is a route and its next hop does not answer.",
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
        .id = "time.chain-dead",
        .meaning = "A daemon that sets its clock anew whenever it fires has not done so the last "
                   "time: no time comes to it any more.",
        .looks = "Everything works for a while. Then nothing is sent again, nothing expires, and "
                 "requests with a time limit never end.",
        .evidence =
            "The clock fired and was set again at least twice, then fired once more and was "
            "not, and the daemon sleeps. After that one of its calls failed, or it has read a "
            "request whose socket has a timeout; with neither it is a suspicion: nothing may "
            "have been due.",
        .mistakes = "The next timeout is set at the end of the handler, which returns early on an "
                    "error.",
        .mend = "Set the next timeout before anything that may fail, or on every path out of "
                "the handler.",
        .near = "timeout.overdue, when a timeout is set and does not fire; time.frozen, when "
                "the clock goes on.",
        .scenario = "inject link eth0 out drop 1\n"
                    "start  ping: \"ping -c 1 10.0.2.2\"\n"
                    "expect ping exits 0 within 5s       # with a daemon that returns early",
    },
    {
        .id = "time.chain-multiplied",
        .meaning = "A daemon sets a new timeout for each that fires, and begins more of them at "
                   "other occasions: it has many chains instead of one.",
        .looks = "Everything works and becomes slower with each request: the daemon is woken "
                 "more and more often, also when nothing happens.",
        .evidence =
            "Three times in a row nearly all timeouts fired that were armed by the clock's file, "
            "and as many as before were armed again, eight or more; whoever waits, or nobody.",
        .mistakes = "The function that sets the next timeout is called from all handlers and not "
                    "from that of the clock alone.",
        .mend = "Set a timeout in the handler of the clock only, or remember for when one is "
                "set, and set another only if it is earlier.",
        .near = "loop.wakes, when a task is woken without any timeout.",
        .scenario = "run    ping: \"ping -c 50 -i 0.01 10.0.2.2\" within 5s\n"
                    "start  last: \"ping -c 1 10.0.2.2\"\n"
                    "expect last exits 0 within 100ms    # with a chain for each request",
    },
    {
        .id = "time.frozen",
        .meaning = "Clocks fire, and for the protocols of a stack no time passes: nothing is ever "
                   "due.",
        .looks = "All is well as long as nothing is lost. One lost frame is lost for ever: it is "
                 "not sent again.",
        .evidence =
            "An ARP request or a SYN without an answer was sent once, and a second later it "
            "has not been sent again; the time that the stack says it goes by went back "
            "several times, or has lost more than half of what has passed. Of a stack that "
            "does not say: three seconds later it has not been sent again, though the clock "
            "of a daemon has fired four times since.",
        .mistakes = "The origin of the protocols' time is set anew at each step, so that it is "
                    "always 0; or it is a constant.",
        .mend = "Count time from an origin that is taken once, and hand each step the time that "
                "has passed since.",
        .near = "time.chain-dead, when the clock is not set any more; arp.unresolved and "
                "wire.dropped, when it was sent again.",
        .scenario = "inject link eth0 out drop 1\n"
                    "start  ping: \"ping -c 1 -W 10 10.0.2.2\"\n"
                    "expect ping exits 0 within 5s       # with an origin that moves",
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
                    "SO_SNDTIMEO of the descriptor, and how long the call took; of a socket that a "
                    "program provides, those that it says it has, and since when it has the "
                    "request.",
        .mistakes =
            "setsockopt() stores nothing; reading takes the timeout of writing; the deadline is computed anew at each wake; the "
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
        .evidence =
            "The descriptor and the events that a task waits for, or waited for until its "
            "time had passed, or the call that it sleeps in; the segment of its connection "
            "that ends such a wait, and that the driver took it. Where a program is the stack: "
            "the file of the socket, which an event queue watched before, and that no event "
            "was posted.",
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
        .evidence = "What send() and write() accepted, or requests to write were answered with, "
                    "against the segments of the connection: nothing after the handshake, or a FIN "
                    "in front of them; datagrams accepted and received against those of the wire.",
        .mistakes =
            "A write says that all was taken where there was room for a part; data that is sent before the connection is there is accepted and thrown away; "
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
        .mistakes =
            "recvmsg() leaves msg_name or msg_controllen as they were; getsockopt() returns"
            " 0 and writes nothing; write() returns 0 for a full buffer; read() and write()"
            " know one kind of socket; connect() begins anew at each call; a read of a connection on its way returns 0; an option is "
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
};

const struct causes_part causes_programs = {causes_table,
                                            sizeof causes_table / sizeof causes_table[0]};
