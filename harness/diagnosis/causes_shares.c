/*
 * causes_shares.c - causes: shared folders, from the message to what a call returns
 */
#include "harness/diagnosis/causes_priv.h"

static const struct cause causes_table[] = {
    {
        .id = "p9.second-transaction",
        .meaning =
            "The answer to a message lies in the used ring, and whoever waits for it sleeps.",
        .looks = "The mount hangs, often at the second message: the first was answered before "
                 "anybody slept. With a device that answers at once it works.",
        .evidence = "The used index of the share's queue has moved for the last message of a task, "
                    "and the task still sleeps; no interrupt is under way that would wake it.",
        .mistakes = "The driver switched the queue's notifications off for the first transaction, "
                    "which it polled; an executor parks a future whose waker nobody calls; the "
                    "task looks at the ring, and sleeps without looking again.",
        .mend =
            "Switch notifications on, look at the used ring once more, and sleep only then; let "
            "the interrupt wake whoever waits.",
        .near = "irq.lost and its like, when an interrupt was asked for and did not come; "
                "p9.unanswered, when the ring has not moved.",
        .scenario = "share  host memory { \"a\" = \"1\" } latency=1ms\n"
                    "run    cat: \"cat $host/a\" within 1s",
    },
    {
        .id = "p9.wait-unbounded",
        .meaning = "A message has no answer, and the task that waits for it has no deadline.",
        .looks = "One lost answer, and the program can never be ended; a driver that spins takes "
                 "the CPU with it.",
        .evidence = "The last message of a task is not answered; the task sleeps without a "
                    "deadline, or runs and gets nowhere.",
        .mistakes = "A loop until the used index moves, as the device always answers; a sleep "
                    "without a timeout.",
        .mend = "Give every wait for a device an end: ETIMEDOUT, Tflush, and the buffer stays with "
                "the device until it comes back.",
        .near = "p9.unanswered, when the wait has an end: then the guest does what it can.",
        .scenario = "inject 9p drop of Tread 1\n"
                    "start  cat: \"cat $host/a\"\n"
                    "expect cat exits nonzero within 40s",
    },
    {
        .id = "p9.unanswered",
        .meaning = "The server of a share does not answer a message.",
        .looks = "A call about the share takes as long as the guest is patient, and fails with "
                 "ETIMEDOUT or EIO.",
        .evidence =
            "A message that was sent for the program has no answer; the wait for it has, or "
            "had, an end.",
        .mistakes = "None of the guest's: the server is dead, or the device. In a scenario it was "
                    "injected, which is the trigger.",
        .mend = "Nothing in the guest has to be mended. See to it that the program copes with the "
                "error.",
        .near =
            "p9.second-transaction, when the answer is there; p9.wait-unbounded, when the guest "
            "waits for ever.",
        .scenario = "inject 9p drop of Tread 1\n"
                    "start  cat: \"cat $host/a\"\n"
                    "expect cat exits nonzero within 40s",
    },
    {
        .id = "p9.msize-exceeded",
        .meaning =
            "A message, or the answer that it asks for, is longer than what was agreed upon.",
        .looks = "Small files are read and written, large ones fail, with EIO or EMSGSIZE; or only "
                 "with a server that agrees to less.",
        .evidence = "The server's p9.breach of its rules about msize: a message longer than it, or "
                    "a count that leaves no room for the header of the answer.",
        .mistakes =
            "count is as large as the program's buffer; it is cut to msize and not to msize "
            "less the header; the msize in Rversion is not looked at.",
        .mend = "Use the smaller of the two sizes of Tversion and Rversion, cut count to it less "
                "the header (11 bytes of Rread, 23 of Twrite), and go on with what is left.",
        .near = "p9.refused, when the server has another reason.",
        .scenario = "share  host memory { \"a\" = \"1\" } msize=4K\n"
                    "run    cp: \"cp $host/a $host/b\"",
    },
    {
        .id = "p9.open-after-create",
        .meaning = "A fid is opened that Tlcreate has opened already.",
        .looks = "Creating a file fails, often with EIO or EBUSY, and the file is there, empty.",
        .evidence = "The server's p9.breach about a Tlopen of an open fid, which was opened by "
                    "Tlcreate.",
        .mistakes = "Create is taken for mknod: Tlcreate turns the directory's fid into the open "
                    "file, and there is nothing left to open.",
        .mend = "Use the fid of Tlcreate as it is: Twalk to a copy of the directory's fid, "
                "Tlcreate, Twrite, Tclunk.",
        .near = "p9.fid-misused, when the fid was opened by Tlopen.",
        .scenario = "run    echo: \"echo -o $host/new text\"",
    },
    {
        .id = "p9.create-flags-in-open",
        .meaning = "Tlopen has flags that create.",
        .looks =
            "Opening an existing file with O_CREAT fails with EINVAL or EIO with some servers, "
            "and works with others.",
        .evidence = "The server's p9.breach about the flags of a Tlopen.",
        .mistakes = "The flags of open() are handed on as they are.",
        .mend = "Take O_CREAT and O_EXCL off the flags of Tlopen: they decide between Tlopen and "
                "Tlcreate.",
        .near = "p9.refused, when other flags are not to the server's liking.",
        .scenario = "run    touch: \"touch $host/a\"",
    },
    {
        .id = "p9.fid-misused",
        .meaning = "A message names a fid that is not what it has to be: unknown, in use, open or "
                   "not open.",
        .looks =
            "A call fails with EBADF or EINVAL that has nothing to do with its arguments, most "
            "often after another one failed.",
        .evidence = "The server's p9.breach about the fid.",
        .mistakes = "A fid that a partial walk never made is clunked; one is clunked twice; its "
                    "number is given to the next file before Tclunk was answered; a file is read "
                    "that was only walked to.",
        .mend =
            "Count a fid as made when the whole walk was answered, and as free when Tclunk was.",
        .near =
            "p9.open-after-create, for the one case that has a name; p9.fid-leak, when a fid is "
            "never clunked.",
        .scenario = "run    stat: \"stat $host/missing/a\"",
    },
    {
        .id = "p9.fid-leak",
        .meaning = "Fids are left that no open file needs.",
        .looks = "Nothing at first; after some thousand calls the server refuses more, with EMFILE "
                 "or ENOSPC.",
        .evidence = "At the end the server has more fids than it should: those that were walked to "
                    "or created, and never clunked.",
        .mistakes = "The path behind a failed open, create or rename returns without Tclunk.",
        .mend =
            "Clunk on each way out: who has walked to a fid clunks it, unless it became an open "
            "file.",
        .near = "p9.fid-misused, when Tclunk was sent for a fid that is none.",
        .scenario = "run    cat: \"cat $host/folder\"\n"
                    "finally share host fids == 1",
    },
    {
        .id = "p9.tag-mismatch",
        .meaning =
            "Tags are not used as they must be: an answer to another message is taken, a tag "
            "is used twice at a time, or NOTAG where it does not belong.",
        .looks = "Wrong bytes, or those of another file, after an answer was late or lost; or the "
                 "65535th message fails.",
        .evidence =
            "In the chain of a message of the program's an answer with another tag, and the "
            "call returned success; or the server's p9.breach about a tag.",
        .mistakes = "Only the type of an answer is compared; the counter of tags runs over 0xffff; "
                    "Tversion has a tag like any other.",
        .mend = "Compare the tag of each answer with that of the message in whose buffer it came, "
                "leave NOTAG out when counting, and give it to Tversion.",
        .near = "p9.unanswered, when the guest rejects such an answer and waits for its own.",
        .scenario = "inject 9p duplicate of Tread 1\n"
                    "run    cat: \"cat $host/a\"",
    },
    {
        .id = "p9.mode-lost",
        .meaning = "A file or folder is made with another mode than the program asked for.",
        .looks = "Files that a program has just written cannot be read by the next one.",
        .evidence = "The permissions in Tlcreate or Tmkdir differ from those in the call in which "
                    "it was sent.",
        .mistakes = "The mode is taken from the flags; the variable argument of open() is not "
                    "passed on; it is masked twice.",
        .mend = "Hand the mode of the call on: S_IFREG | mode for Tlcreate.",
        .near = "p9.refused, when the server does not allow the mode.",
        .scenario = "run    cp: \"cp /etc/hosts $host/b\"\n"
                    "expect event p9.request type=Tlcreate mode=0x81a4",
    },
    {
        .id = "p9.error-changed",
        .meaning = "The server said why not, and the call returned another error.",
        .looks =
            "\"I/O error\" or \"no such file\" for everything: who looks for EACCES never sees "
            "it.",
        .evidence = "The last message of a call was answered by Rlerror, and the call returned "
                    "another error number.",
        .mistakes =
            "Rlerror is type 7; 107 is Rerror of 9P2000, which no server of 9P2000.L sends. "
            "Or all errors are made one on the way through the layers.",
        .mend = "Take the error number of Rlerror, and hand it on as it is.",
        .near = "p9.refused, when the call returns the server's own number; p9.refused-by-guest, "
                "when the server had no objection.",
        .scenario = "inject 9p error Tlopen EACCES 1\n"
                    "expect call cat openat = EACCES",
    },
    {
        .id = "p9.refused",
        .meaning = "The server refused, and the call said so.",
        .looks = "A program fails with the server's error.",
        .evidence =
            "The last message of a call was answered by Rlerror, and the call returned that "
            "number; or its walk ended early.",
        .mistakes = "The program asks for what is not there or not allowed; the share is read-only "
                    "or full; a fault was injected, which is the trigger.",
        .mend = "Look at the message in the log of events: it has the names and flags that the "
                "server did not like.",
        .near = "p9.error-changed, when the call returns another number.",
        .scenario = "inject 9p error Tlopen EACCES 1\n"
                    "start  cat: \"cat $host/a\"\n"
                    "expect cat exits nonzero",
    },
    {
        .id = "p9.refused-by-guest",
        .meaning = "A call about a share failed, and the server had no objection.",
        .looks = "A program fails on the share with an error that it does not get elsewhere: "
                 "ENOTDIR from open, EINVAL from getdents.",
        .evidence =
            "All messages of the call were answered without an error, and the call returned "
            "one.",
        .mistakes = "A check of the client is stricter than the system call: O_DIRECTORY with "
                    "O_PATH is refused; a folder that does not fit into the caller's buffer is an "
                    "error instead of the part that fits.",
        .mend = "Return what fits and go on from there at the next call; leave to the server what "
                "only it knows.",
        .near = "p9.refused and p9.error-changed, when an Rlerror stands behind it.",
        .scenario = "run    ls: \"ls $host\"",
    },
};

const struct causes_part causes_shares = {causes_table,
                                          sizeof causes_table / sizeof causes_table[0]};
