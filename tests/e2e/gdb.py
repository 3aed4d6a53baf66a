#!/usr/bin/env python3
"""gdb.py - a hang under the debugger

Drives gdb through stdin, as a person would: `run --gdb` stops at the verdict; the project's commands show tasks,
stacks, rings, interrupts, timers and events; what they say is compared with the event log and with the report of the
same run without a debugger, and, from a core file, with what they said of the process.
"""

import re
import shutil
import sys
from pathlib import Path

from support import Bench

HANGS = """version 1
guest reference face=posix
net eth0 backend=none
limit 500ms

wait ready
start ping: "ping -c 1 10.0.2.2"
expect ping exits 0
"""
PASSES = 'version 1\nguest reference face=posix\nrun ping: "ping -c 1 127.0.0.1" within 1s\n'
CRASHES = 'version 1\nguest GUESTS/misbehaves.so does=read-null\nrun nobody: "x"\n'
PANICS = 'version 1\nguest GUESTS/misbehaves.so does=panic\nrun nobody: "x"\n'

LOOKS = ["ringside tasks", "ringside rings", "ringside irqs", "ringside timers", "ringside events 40",
         "ringside task 2 bt", "ringside task 1 bt"]
MARK = "-- next --"


def debug(bench, words, commands, program=None, env=None):
    """Runs gdb behind `words` and gives the run, and what each command printed. The output up to the first command is
    piece 0."""
    lines = ["set width 0", "set height 0"]
    for command in commands:
        lines += [f"echo \\n{MARK}\\n", command]
    lines += [f"echo \\n{MARK}\\n", "kill", "quit"]
    script = bench.write("commands.gdb", "\n".join(lines) + "\n")
    with script.open() as stdin:
        if program is None:
            run = bench.run(*words, stdin=stdin, env=env)
        else:
            run = bench.execute([program, *words], stdin=stdin, env=env)
    text = re.sub(r"^(\(gdb\) )+", "", run.stdout, flags=re.M)
    pieces = [piece.strip() for piece in text.split(MARK)]
    bench.check(len(pieces) == len(commands) + 2, "gdb answers every command", run)
    return run, pieces + [""] * (len(commands) + 2 - len(pieces))


def contains(bench, run, piece, what, *texts):
    for text in texts:
        bench.check(re.search(text, piece, re.M), f"{what} shows {text!r}, and not only:\n{piece}", run)


def source_line(bench, file, number):
    lines = (bench.source / file).read_text().splitlines()
    return lines[number - 1].strip()


def check_waiting_stack(bench, run, piece, what):
    contains(bench, run, piece, what, r"^task 2 ping waits for socket .*, in recvfrom\(\), since 1\.\d{9}",
             r"^#1 .* context_switch \(\)", r" in sched_switch \(\) at guest/kernel/sched\.c:\d+",
             r" at guest/netstack/posix/\w+\.c:\d+", r"ping_receive \(.* at guest/programs/ping\.c:\d+",
             r"ping_main \(.* at guest/programs/ping\.c:\d+", r"context_first_frame \(\)")
    for symptom in ("corrupt stack", "previous frame", "??", "hang_detected"):
        bench.check(symptom not in piece, f"{what} is whole: {symptom}", run)


def record(bench, hangs, program, name):
    """The same run without a debugger, and its event log."""
    log = bench.scratch / name
    run = bench.execute([program, "run", "--events", log, hangs])
    bench.check(run.status == 3, "the scenario hangs without a debugger", run)
    return run, log.read_text().splitlines()


def check_looks(bench, run, pieces, log, what):
    """What LOOKS printed at the verdict of HANGS; pieces in their order."""
    tasks, rings, irqs, timers, events, waiting, netd = pieces
    contains(bench, run, tasks, f"{what}: tasks", r"^1\.500000000 s$", r"^1 +netd +waits for irq ",
             r"^2 +ping +waits for socket ", r"the CPU runs context 0x[0-9a-f]+ <task_idle")
    contains(bench, run, rings, f"{what}: rings", r"^eth0: status 0xf,",
             r"^eth0\.rx +ready +64 +64 +64 +0 +0 +0 +wanted", r"^eth0\.tx +ready +64 +\d+ +0 +0 +0 +\d+ ")
    contains(bench, run, irqs, f"{what}: irqs", r"PSTATE\.I set, nIRQ low, vector .*<irq_vector>",
             r"^GIC: distributor on for Group 0, CPU interface on for Group 0", r"^27 +CNTV +yes +- +- +low +level +yes",
             r"^30 +CNTP +- ", r"^48 +eth0 +yes ")
    contains(bench, run, timers, f"{what}: timers", r"^CNTP +off ", r"^CNTV +armed +2\.\d{9} +clear +low +27",
             r"^2\.\d{9} +machine +CNTV")
    check_waiting_stack(bench, run, waiting, f"{what}: task 2 bt")
    contains(bench, run, netd, f"{what}: task 1 bt", r"^task 1 netd waits for irq ",
             r" at guest/drivers/virtio_netif\.c:\d+")
    same = events.splitlines() == log[-40:]
    bench.check(same, f"{what}: events 40 are the last of the event log, and not:\n{events}", run)


def check_hang(bench, hangs):
    plain, log = record(bench, hangs, bench.program, "live.events")
    more = ["ringside task 2", "frame function ping_receive", "info locals", "ringside task off", "bt 2",
            "ringside task 2 frame function ping_receive", "ringside task 77 bt", "ringside events many", "ringside", "ringside ring-s"]
    run, pieces = debug(bench, ["run", "--gdb", hangs], LOOKS + more)
    contains(bench, run, pieces[0], "at the verdict", r"^stuck: limit: the scenario's limit is reached$",
             r"^ping waits in recvfrom on socket since 1\.\d{9} s$", r"^2 +ping +waits for socket ")
    check_waiting_stack(bench, run, pieces[0], "the stack at the verdict")
    got = re.search(r"got: +(.*)", plain.stdout)
    bench.check(got and got.group(1) in pieces[0], "the report says the same", run)
    check_looks(bench, run, pieces[1:8], log, "live")
    entered, located, _, _, back, once, unknown, many, summary, misspelt = pieces[8:18]
    contains(bench, run, entered, "task 2", r"^task 2 ping waits", r"^#1 .*context_switch")
    place = re.search(r"ping_receive .* at (guest/\S+\.c):(\d+)\n\d+\t(.*)", located)
    if bench.check(place, f"frame function ping_receive shows its line, and not:\n{located}", run):
        line = source_line(bench, place.group(1), int(place.group(2)))
        bench.check(place.group(3).strip() == line, f"the line is that of the source: {line}", run)
    contains(bench, run, back, "after task off",
             r"^#0 +hang_detected \(verdict=.*\"stuck\".* task=2, now_ns=1500000000\)")
    contains(bench, run, once, "task 2 frame function", r"ping_receive \(.* at guest/")
    contains(bench, run, unknown + run.stderr, "task 77", r"there is no task 77; there are: 1, 2")
    contains(bench, run, many + run.stderr, "events many", r"how many\? ringside events \[N\]")
    contains(bench, run, summary, "ringside", r"^1\.500000000 s, 2 tasks, event #\d+$")
    contains(bench, run, misspelt + run.stderr, "a misspelt word", r"there is no command 'ringside ring-s'; there are: .*rings")


def check_other_verdicts(bench, guests):
    crashes = bench.write("crash.scn", CRASHES.replace("GUESTS", str(guests)))
    run, pieces = debug(bench, ["run", "--gdb", crashes], ["bt"])
    contains(bench, run, pieces[0], "a crash", r"^guest crashed: the guest crashed: invalid memory access",
             r"announced no task")
    contains(bench, run, pieces[1], "the stack of a crash", r"^#0 +hang_detected", r"signal handler called",
             r"in read_null \(.*misbehaves\.c:\d+", r"misbehaves_boot")
    panics = bench.write("panic.scn", PANICS.replace("GUESTS", str(guests)))
    run, pieces = debug(bench, ["run", "--gdb", panics], ["ringside timers"])
    contains(bench, run, pieces[0], "a panic", r"^guest crashed: the guest panicked: told to")
    passes = bench.write("passes.scn", PASSES)
    run, pieces = debug(bench, ["run", "--gdb", passes], ["ringside tasks"])
    contains(bench, run, pieces[0], "a test that passes", r"^1 passed, 0 failed", r"exited normally")
    contains(bench, run, pieces[1] + run.stderr, "commands after the end", r"no process and no core file|no machine")


def check_until(bench, hangs):
    run = bench.run("run", "--until", "20ms", hangs)
    bench.check(run.status == 1, "--until: no verdict is no pass", run)
    contains(bench, run, run.stdout, "--until", r"hang\.scn:8:1: error: stopped by --until: no verdict yet",
             r"expected: +expect ping exits 0", r"got: +ping waits in recvfrom on socket", r"at: +1\.020000000 s")
    bench.check("hang:" not in run.stdout and "limit:" not in run.stdout, "--until gives no verdict", run)
    mutant = ["--filter", "*boot=acpi*!timer-wrong-gsiv", bench.scenarios / "timer"]
    run = bench.run("run", "--until", "500ms", *mutant)
    contains(bench, run, run.stdout, "--until of a mutant", r"\.scn:18:1: error: stopped by --until: no verdict yet",
             r"got: +ping waits in recvfrom on socket")
    later = bench.run("run", "--until", "1h", hangs)
    bench.check(later.status == 3 and "limit" in later.stdout, "a verdict before the time stands", later)
    run, pieces = debug(bench, ["run", "--gdb", "--until", "20ms", hangs], ["ringside", "continue", "bt 1"])
    contains(bench, run, pieces[0], "--until under gdb", r"Breakpoint 2, vtime_reached \(since_power_on_ns=20000000\)")
    contains(bench, run, pieces[1], "the time there", r"^1\.020000000 s,")
    contains(bench, run, pieces[2], "after it goes on", r"^stuck: limit: the scenario's limit is reached")
    contains(bench, run, pieces[3], "after it goes on", r"hang_detected")


def check_refusals(bench, hangs):
    run = bench.run("run", "--gdb", hangs, bench.write("passes.scn", PASSES))
    contains(bench, run, run.stderr, "two tests", r"--gdb takes one test, and these are 2; select one with --filter")
    bench.check(run.status == 2, "two tests: exit status 2", run)
    run = bench.run("run", "--gdb", hangs, env={"PATH": str(bench.folder("empty"))})
    contains(bench, run, run.stderr, "no gdb", r"--gdb needs gdb, which is not in PATH")
    bench.check(run.status == 2, "no gdb: exit status 2", run)
    run = bench.run("run", "--gdb", bench.write("wrong.scn", "version 1\nexpct\n"))
    bench.check(run.status == 2 and "wrong.scn:2:1" in run.output, "a file with errors is reported, not debugged", run)
    for time, message in (("20", "needs a unit"), ("soon", "expected a time"), ("0s", "at its power-on")):
        run = bench.run("run", "--until", time, hangs)
        contains(bench, run, run.stderr, f"--until {time}", rf"--until {time}: .*{message}")
        bench.check(run.status == 2, f"--until {time}: exit status 2", run)


def check_core(bench, hangs, builds):
    plain = [build for build in builds if (build / "bin/ringside").is_file()
             and b"__asan_init" not in (build / "bin/ringside").read_bytes()]
    if not bench.check(plain, f"a build without sanitizers, for a core file: ./dev build release ({builds})"):
        return
    program = plain[0] / "bin/ringside"
    core = bench.scratch / "core"
    run, live = debug(bench, ["run", "--gdb", hangs], LOOKS + [f"generate-core-file {core}"], program)
    if not bench.check(core.is_file(), "gdb writes a core file", run):
        return
    _, log = record(bench, hangs, program, "core.events")
    check_looks(bench, run, live[1:8], log, "live, without sanitizers")
    words = ["-q", "-nx", "-ex", f"source {plain[0]}/share/gdb/ringside.py", program, core]
    run, dead = debug(bench, words, LOOKS + ["ringside task 2 frame function ping_receive"], "gdb")
    check_looks(bench, run, dead[1:8], log, "from the core file")
    for command, one, other in zip(LOOKS, live[1:8], dead[1:8]):
        bench.check(one == other, f"{command} says of the core file what it said of the process:\n{one}\n{other}", run)
    contains(bench, run, dead[8], "the core file: task 2 frame function ping_receive",
             r"ping_receive .* at guest/\S+\.c:\d+\n\d+\t")


def main():
    bench = Bench("gdb", __doc__.splitlines()[0],
                  [("--guests", "folder of the misbehaving guests"), ("--other-build", "another build")])
    if not bench.check(shutil.which("gdb"), "gdb is missing; install it (Debian: apt-get install gdb)"):
        bench.done()
    hangs = bench.write("hang.scn", HANGS)
    check_hang(bench, hangs)
    check_other_verdicts(bench, Path(bench.arguments.guests).resolve())
    check_until(bench, hangs)
    check_refusals(bench, hangs)
    check_core(bench, hangs, [bench.build, Path(bench.arguments.other_build).resolve()])
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
