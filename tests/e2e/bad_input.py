#!/usr/bin/env python3
"""bad_input.py - whatever is wrong with the command line or a file: a message that says so, and exit status 2

Each case names the texts that the message must have. Nothing may crash or hang, and what is right beside it still runs.
"""

import os
import re
import sys

from support import Bench

GOOD = """version 1
title   "a ping inside the guest"
guest   reference face=posix
run     ping: "ping -c 1 127.0.0.1" within 1s
"""
NETWORK = 'version 1\nguest reference face=posix\nnet eth0\nrun ping: "ping -c 1 10.0.2.2" within 1s\n'

# Command lines: arguments, and what stderr must say. GOOD and FOLDER are paths.
COMMAND_LINES = [
    ([], ["usage: ringside COMMAND"]),
    (["rnu", "GOOD"], ["unknown command 'rnu'", "did you mean 'run'"]),
    (["frobnicate"], ["unknown command 'frobnicate'", "--help"]),
    (["--vers"], ["unknown option '--vers'", "--help"]),
    (["explain"], ["usage: ringside explain NAME"]),
    (["explain", "irq.lots"], ["no cause and no check is called 'irq.lots'", "did you mean 'irq.lost'"]),
    (["explain", "nothing-like-it"], ["no cause and no check is called 'nothing-like-it'", "ringside causes"]),
    (["causes", "irq.lost"], ["usage: ringside causes"]),
    (["cause"], ["unknown command 'cause'", "did you mean 'causes'"]),
    (["explore", "GOOD"], ["'explore' is not available in this version"]),
    (["replay"], ["'replay' is not available in this version"]),
    (["shrink"], ["'shrink' is not available in this version"]),
    (["diff"], ["'diff' is not available in this version"]),
    (["format", "GOOD"], ["'format' is not available in this version"]),
    (["run"], ["which scenarios?", "ringside run scenarios"]),
    (["list"], ["which scenarios?", "ringside list scenarios"]),
    (["run", "--", ""], ["the name of a file is empty"]),
    (["run", "--sed", "3", "GOOD"], ["unknown option '--sed'", "did you mean '--seed'"]),
    (["run", "-x", "GOOD"], ["unknown option '-x'", "ringside run --help"]),
    (["check", "--pcap", "x", "GOOD"], ["unknown option '--pcap'", "ringside check --help"]),
    (["run", "--seed", "GOOD"], ["--seed takes a number", "good.scn"]),
    (["run", "--seed", "-1", "GOOD"], ["--seed takes a number from 0 to 18446744073709551615, not '-1'"]),
    (["run", "--seed", "18446744073709551616", "GOOD"], ["--seed takes a number"]),
    (["run", "--seed", "0x10", "GOOD"], ["--seed takes a number", "'0x10'"]),
    (["run", "--seed"], ["--seed"]),
    (["run", "-j", "0", "GOOD"], ["-j takes a number from 1 to 1024, not '0'"]),
    (["run", "-j0", "GOOD"], ["-j takes a number from 1 to 1024, not '0'"]),
    (["run", "-j", "-3", "GOOD"], ["-j takes a number", "'-3'"]),
    (["run", "-jx", "GOOD"], ["-j takes a number", "'x'"]),
    (["run", "--jobs=99999999999999999999", "GOOD"], ["-j takes a number"]),
    (["run", "GOOD", "-j"], ["-j"]),
    (["run", "--color=blue", "GOOD"], ["--color is auto, always or never, not 'blue'"]),
    (["run", "-v", "-q", "GOOD"], ["-v and -q exclude each other"]),
    (["run", "--filter", "no/such*", "GOOD"], ["nothing selected", "'no/such*'"]),
    (["list", "--filter", "no/such*", "GOOD"], ["nothing selected", "'no/such*'"]),
    (["run", "--filter", b"\xff\xfe", "GOOD"], ["--filter is not UTF-8"]),
    (["run", "--no-fork", "FOLDER"], ["--no-fork takes one test", "these are 2", "--filter"]),
    (["run", "--pcap", "x.pcap", "FOLDER"], ["--pcap x.pcap", "2 tests", "x.pcap/", "--filter"]),
    (["run", "--events", "x.events", "FOLDER"], ["--events x.events", "2 tests", "x.events/", "--filter"]),
    (["run", "--pcap", "same", "--events", "./same", "GOOD"], ["--pcap and --events both name same"]),
    (["run", "--events", "same", "--wait-graph", "./same", "GOOD"], ["--events and --wait-graph both name same"]),
]

# Scenario files: name, content, and what the message must say; `PLACE` stands for "FILE:LINE:COL: error:".
FILES = [
    ("empty", "", ["FILE: error:", "no statement", "version 1"]),
    ("comments", "# nothing\n\n   # but comments\n", ["FILE: error:", "no statement"]),
    ("syntax", 'version 1\nguest reference\nstart ping "ping"\n', ["FILE:3:12: error:", "expected ':'", "^"]),
    ("unclosed", 'version 1\ntitle "begun\nguest reference\n', ["FILE:2:7: error:", "^"]),
    ("unknown-word", 'version 1\nguest reference\nexpct frame "arp"\n', ["FILE:3:1: error:", "'expct'", "did you mean 'expect'"]),
    ("unknown-option", GOOD.replace("face=", "fase="), ["FILE:3:", "fase"]),
    ("unknown-event", GOOD + "expect event irq.takn\n", ["FILE:5:14: error:", "'irq.takn'", "did you mean 'irq.taken'"]),
    ("unknown-field", GOOD + "expect event irq.taken indit=3\n", ["FILE:5:24: error:", "'indit'", "it has: intid, cpu"]),
    ("missing-unit", GOOD.replace("within 1s", "within 10"), ["FILE:4:", "error:", "'10' needs a unit", "ms"]),
    ("unknown-unit", GOOD.replace("within 1s", "within 1sec"), ["FILE:4:", "error:", "1sec"]),
    ("invalid-filter", NETWORK + 'expect frame "arp and and"\n', ["FILE:5:14: error:", "filter", "^"]),
    ("duplicate-net", NETWORK.replace("net eth0", "net eth0\nnet eth0 backend=none"), ["FILE:4:5: error:", "'eth0'", "line 3"]),
    ("duplicate-program", GOOD + 'start ping: "sleep 1"\n', ["FILE:5:7: error:", "'ping'", "line 4"]),
    ("no-version", 'title "x"\n' + GOOD, ["FILE:1:1: error:", "version"]),
    ("later-version", GOOD.replace("version 1", "version 7"), ["FILE:1:9: error:", "7"]),
    ("share-missing", NETWORK + "inject 9p drop\n", ["FILE:5:11: error:", "has no share", "share NAME"]),
    ("later-statement", NETWORK + "explore irq eth0 runs=10 seed=1\n", ["FILE:5:", "not available in this version", "still to come"]),
    ("long-line", GOOD + "# " + "x" * 10_000_000 + "\n", ["FILE:5:1: error:", "too long", "10000002", "…"]),
    ("long-word", GOOD + "y" * 10_000_000, ["FILE:5:1: error:", "too long"]),
    ("nul", GOOD.replace("reference", "refe\0rence"), ["FILE:3:13: error:", "NUL"]),
    ("only-nul", "\0" * 100, ["FILE:1:1: error:", "NUL"]),
    ("cr-lf", GOOD.replace("\n", "\r\n"), ["FILE:1:10: error:", "CR LF"]),
    ("not-utf-8", GOOD.encode().replace(b"inside", b"in\xffside"), ["FILE:2:19: error:", "0xff", "UTF-8"]),
    ("utf-16", GOOD.encode("utf-16"), ["FILE:1:", "error:", "not a text file"]),
    ("byte-order-mark", b"\xef\xbb\xbf" + GOOD.encode(), ["FILE:1:1: error:"]),
    ("elf", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 4, ["FILE:1:", "error:"]),
    ("unknown-guest", GOOD.replace("reference", "refrence"), ["FILE:3:9: error:", "unknown guest 'refrence'", "did you mean 'reference'"]),
    ("missing-guest", GOOD.replace("reference", "./nowhere.so"), ["FILE:3:9: error:", "no guest at", "nowhere.so"]),
    ("text-guest", GOOD.replace("reference", "./good.scn"), ["FILE:3:9: error:", "not a guest", "ELF"]),
    ("empty-guest", GOOD.replace("reference", "./nothing.so"), ["FILE:3:9: error:", "not a guest", "ELF"]),
    ("folder-guest", GOOD.replace("reference", "./"), ["FILE:3:9: error:", "directory"]),
    ("device-guest", GOOD.replace("reference", "/dev/zero"), ["FILE:3:9: error:", "/dev/zero"]),
    ("fifo-guest", GOOD.replace("reference", "./fifo.so"), ["FILE:3:9: error:", "fifo.so"]),
    ("library-guest", GOOD.replace("reference", "TESTGUESTS/plain.so"), ["FILE:3:9: error:", "not a guest", "ringside_guest"]),
    ("other-abi", GOOD.replace("reference", "TESTGUESTS/otherabi.so"), ["FILE:3:9: error:", "ABI version 3", "speaks 2"]),
    ("no-boot", GOOD.replace("reference", "TESTGUESTS/noboot.so"), ["FILE:3:9: error:", "boot entry"]),
    ("elsewhere", GOOD.replace("reference", "TESTGUESTS/elsewhere.so"), ["FILE:3:9: error:", "0x40200000"]),
    ("secure-v3", NETWORK.replace("net", "machine virt gic=3 secure=yes\nnet"), ["FILE:3:27: error:", "GICv3 has one security state", "write gic=2"]),
    ("secure-el2", NETWORK.replace("net", "machine virt vhe=yes secure=yes\nnet"), ["FILE:3:29: error:", "EL2", "leave out"]),
    ("ram-too-high", NETWORK.replace("net", "machine virt pa-offset=0x4000000000\nnet"), ["FILE:3:24: error:", "RAM would end at", "at most 0x3fbc000000"]),
    ("messages-without-pci", NETWORK.replace("net", "machine virt msi=none\nnet"), ["FILE:3:18: error:", "none", "transport=pci"]),
    ("msix-without-pci", NETWORK.replace("eth0", "eth0 msix=yes"), ["FILE:3:15: error:", "MSI-X", "transport=pci"]),
    ("slot-without-pci", NETWORK.replace("eth0", "eth0 slot=3"), ["FILE:3:15: error:", "a slot is a place on PCI", "transport=pci"]),
    ("two-in-a-slot", NETWORK.replace("eth0", "eth0 transport=pci slot=3\nnet eth1 transport=pci slot=3 backend=none"), ["FILE:4:29: error:", "slot 3 is taken: 'eth0'"]),
    ("cpus-too-many", NETWORK.replace("net", "machine virt gic=2 cpus=9\nnet"), ["FILE:3:25: error:", "9 is out of range: 1 to 8"]),
    ("no-such-cpu", NETWORK + "never event irq.taken cpu=1\n", ["FILE:5:27: error:", "no CPU 1", "cpus=2"]),
    ("no-such-intid", NETWORK + "never event irq.taken intid=288\n", ["FILE:5:29: error:", "no INTID is 288", "0 to 287"]),
    ("fault-no-such-intid", NETWORK + "inject irq 288 lose\n", ["FILE:5:12: error:", "288 is out of range: 16 to 287"]),
    ("timer-at-its-own", NETWORK + "inject timer virtual intid 27\n", ["FILE:5:1: error:", "INTID 27 already"]),
    ("legacy-in-order", NETWORK.replace("eth0", "eth0 transport=mmio-legacy features=+in-order"), ["FILE:3:5: error:", "legacy card", "0 to 31"]),
    ("legacy-version-1", NETWORK.replace("eth0", "eth0 transport=mmio-legacy features=+version-1"), ["FILE:3:", "error:"]),
    ("in-order-out-of-order", NETWORK.replace("eth0", "eth0 features=+in-order completion=reverse batch=2"), ["FILE:3:5: error:", "promises the order", "leave out"]),
    ("batch-too-large", NETWORK.replace("eth0", "eth0 queue-size=4 batch=8"), ["FILE:3:5: error:", "batch=8", "queue-size"]),
    ("tick-too-fast", NETWORK.replace("reference", "reference tick=10000").replace("net", "machine virt mmio=1ms\nnet"), ["FILE:2:7: error:", "longer than a tick", "make tick or mmio smaller"]),
    ("missing-golden", NETWORK + 'finally capture matches "golden/none.pcap"\n', ["FILE:5:1: error:", "no golden capture golden/none.pcap", "--update"]),
    ("text-golden", NETWORK + 'finally capture matches "text.pcap"\n', ["FILE:5:1: error:", "text.pcap"]),
]


def wanted_in(text, wanted):
    """The first of the texts that is missing, in whatever order they stand."""
    return next((word for word in wanted if word not in text), None)


def check_command_lines(bench, good, folder):
    paths = {"GOOD": good, "FOLDER": folder}

    def run_case(case):
        return bench.run(*(paths.get(word, word) if isinstance(word, str) else os.fsdecode(word) for word in case[0]))

    for (words, wanted), run in zip(COMMAND_LINES, bench.together(run_case, COMMAND_LINES)):
        name = " ".join(str(word) for word in words) or "(no arguments)"
        bench.check(run.status == 2, f"ringside {name}: exit status 2", run)
        missing = wanted_in(run.stderr, wanted)
        bench.check(missing is None, f"ringside {name}: stderr says {missing!r}", run)
        bench.check(run.stdout == "", f"ringside {name}: stdout stays empty", run)
        bench.check_no_crash(run, f"ringside {name}")


def check_bad_file(bench, path, wanted, runs):
    """`run` says it in the report, `check` on stderr; both with the place."""
    wanted = [text.replace("FILE", path.name) for text in wanted]
    for command, run in runs.items():
        name = f"{command} {path.name}"
        text, other = (run.stdout, run.stderr) if command == "run" else (run.stderr, run.stdout)
        bench.check(run.status == 2, f"{name}: exit status 2", run)
        missing = wanted_in(text, wanted)
        bench.check(missing is None, f"{name}: the message says {missing!r}", run)
        bench.check(other == "", f"{name}: nothing on the other stream", run)
        bench.check(len(run.output) < 2000, f"{name}: the message is short ({len(run.output)} characters)")
        bench.check(re.search(r"[\0-\x08\x0b-\x1f\x7f]", run.output) is None, f"{name}: no control characters", run)
        bench.check_no_crash(run, name)


def check_files(bench):
    folder = bench.folder("files")
    bench.write("files/good.scn", GOOD)
    bench.write("files/nothing.so", b"")
    bench.write("files/text.pcap", "no capture")
    os.mkfifo(folder / "fifo.so")
    testguests = bench.build / "emu" / "cpu-stub" / "testguests"
    for name in ("plain.so", "otherabi.so", "noboot.so", "elsewhere.so"):
        bench.check((testguests / name).is_file(), f"{testguests / name} is built (ninja guest_{name[:-3]})")
    paths = []
    for name, content, _ in FILES:
        if isinstance(content, str):
            content = content.replace("TESTGUESTS", str(testguests))
        paths.append(bench.write(f"files/{name}.scn", content))

    def run_case(path):
        return {command: bench.run(command, path.name, cwd=folder) for command in ("run", "check")}

    for (_, _, wanted), path, runs in zip(FILES, paths, bench.together(run_case, paths)):
        check_bad_file(bench, path, wanted, runs)
    # One run over all of them: each is reported, and the good one among them passes.
    run = bench.run("run", folder, "-j", "2")
    bench.check(run.status == 2, "a folder of bad files: exit status 2", run)
    bench.check("PASS files/good\n" in run.stdout, "the good file among bad ones passes", run)
    for name, _, _ in FILES:
        bench.check(f"FAIL files/{name} (error)\n" in run.stdout, f"files/{name} is reported among others", run)
    bench.check(f"1 passed, {len(FILES)} failed" in run.stdout, "all bad files are counted", run)
    bench.check_no_crash(run, "a folder of bad files")


def check_special_files(bench, good):
    """What is no file, or not there: said, counted as an error, and no obstacle for the rest. Nothing hangs."""
    folder = bench.folder("special")
    os.mkfifo(folder / "fifo.scn")
    (folder / "dangling.scn").symlink_to("nowhere")
    bench.folder("special/folder.scn")
    bench.folder("special/empty")
    cases = [
        (folder / "fifo.scn", "pipe"),
        ("/dev/zero", "device"),
        ("/dev/null", "device"),
        ("/proc/self/mem", "cannot be read"),
        (folder / "dangling.scn", "no such file or folder"),
        (folder / "missing.scn", "no such file or folder"),
        (folder / "missing", "no such file or folder"),
        (f"{good}/below-a-file", "no such file or folder"),
        (folder / "folder.scn", "no scenario (*.scn)"),
        (folder / "empty", "no scenario (*.scn)"),
    ]
    for path, wanted in cases:
        run = bench.run("run", path, good)
        bench.check(run.status == 2, f"run {path}: exit status 2", run)
        bench.check(f"{path}: error: " in run.stdout and wanted in run.stdout, f"run {path}: says {wanted!r}", run)
        bench.check("PASS input/good\n1 passed, 1 failed" in run.stdout, f"run {path}: the other file still runs", run)
        bench.check_no_crash(run, f"run {path}")
        checked = bench.run("check", path)
        bench.check(checked.status == 2 and wanted in checked.stderr, f"check {path}: the same", checked)


def check_outputs(bench, good, folder):
    network = bench.write("input/network.scn", NETWORK)
    long_log = bench.write("input/long.scn", NETWORK.replace("-c 1 10", "-c 50 -i 0.001 10"))
    full, nowhere = "No space left on device", "No such file or directory"
    cases = [
        (["--pcap", "/nonexistent/x.pcap", network], ["/nonexistent/x.pcap", nowhere]),
        (["--events", "/nonexistent/x.events", network], ["/nonexistent/x.events", nowhere]),
        (["--wait-graph", "/nonexistent/x.dot", network], ["/nonexistent/x.dot", nowhere]),
        (["--pcap", f"{network}/x.pcap", network], ["Not a directory"]),
        (["--pcap", f"{network}/below/", network], ["cannot make", "Not a directory"]),
        (["--events", f"{network}/below/", network], ["cannot make", "Not a directory"]),
        (["--pcap", "/dev/full", network], ["/dev/full", full]),
        (["--pcap", "/dev/full", long_log], ["/dev/full", full]),
        (["--events", "/dev/full", network], ["/dev/full", full]),
        (["--events", "/dev/full", long_log], ["/dev/full", full]),
        (["--events", "/dev/full", "--no-fork", network], ["/dev/full", full]),
        (["--pcap", "/dev/full", "--no-fork", network], ["/dev/full", full]),
    ]
    for words, wanted in cases:
        run = bench.run("run", *words)
        name = " ".join(str(word) for word in words)
        bench.check(run.status == 2, f"run {name}: exit status 2", run)
        missing = wanted_in(run.stdout, wanted)
        bench.check(missing is None, f"run {name}: the report says {missing!r}", run)
        bench.check_no_crash(run, f"run {name}")
    # One test cannot write where a folder is in its way; the others can.
    bench.folder("half/input/network.pcap")
    run = bench.run("run", "--pcap", f"{bench.scratch}/half/", folder, network)
    bench.check(run.status == 2 and "Is a directory" in run.stdout, "a capture cannot replace a folder", run)
    bench.check("2 passed, 1 failed" in run.stdout, "the other tests still run", run)
    # The report itself cannot be written.
    for words in (["run", good], ["run", "--tap", good], ["list", good], ["check", good], ["run", "-v", folder]):
        with open("/dev/full", "wb") as device:
            run = bench.run(*words, stdout=device)
        name = f"{' '.join(str(word) for word in words)} > /dev/full"
        bench.check(run.status == 2, f"{name}: exit status 2", run)
        bench.check(full in run.stderr, f"{name}: says {full!r}", run)
        bench.check_no_crash(run, name)


def main():
    bench = Bench("bad_input", __doc__.splitlines()[0])
    good = bench.write("input/good.scn", GOOD)
    folder = bench.folder("two")
    bench.write("two/a.scn", GOOD)
    bench.write("two/b.scn", GOOD)
    for name, words in (("the good file", [good]), ("the folder", [folder])):
        run = bench.run("run", *words)
        bench.check(run.status == 0, f"{name} passes, so that the errors are those of the cases", run)
    check_command_lines(bench, good, folder)
    check_files(bench)
    check_special_files(bench, good)
    check_outputs(bench, good, folder)
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
