#!/usr/bin/env python3
"""cli.py - the command: help, lists, selection, reports, exit statuses

What a user or a CI system relies on. Bad input has a test of its own.
"""

import os
import pty
import re
import select
import subprocess
import sys

from support import Bench

HEADER = 'version 1\nguest reference face=posix\n'
NETWORK = HEADER + "net eth0\n"
PASSES = HEADER + 'title "a ping inside"\nrun ping: "ping -c 1 127.0.0.1" within 1s\n'
FAILS = HEADER + 'run ping: "ping -c 1 127.0.0.1" within 1s\nexpect ping prints "no such text"\n'
STUCK = HEADER + 'limit 2s\nrun sleep: "sleep 1h"\n'
PANICS = 'version 1\nguest GUESTS/misbehaves.so does=panic\nrun nobody: "x"\n'
WRONG = HEADER + "expct\n"
PARAMS = NETWORK + 'param count in 3, 1, 2\nrun ping: "ping -c $count -i 0.01 10.0.2.2" within 1s\n'

ANSI = re.compile(r"\033\[[0-9;]*m")
TAP_TEST = re.compile(r"(not )?ok (\d+) - (.+?)(?: # SKIP (.*))?")


def check_help(bench):
    run = bench.run("--help")
    bench.check(run.status == 0 and run.stderr == "", "--help: exit status 0, nothing on stderr", run)
    for text in ("usage: ringside COMMAND", "run ", "check ", "list ", "Exit status", "77", "99"):
        bench.check(text in run.stdout, f"--help mentions {text!r}", run)
    for words in (["-h"], ["help"]):
        bench.check(bench.run(*words).stdout == run.stdout, f"{words[0]} is --help")
    options = {
        "run": "--filter --verbose --quiet --color --list --jobs --seed --pcap --events --wait-graph --tap --no-fork --json --junit --bundle --update --gdb --until",
        "check": "--filter --verbose --quiet --color",
        "list": "--filter --verbose --quiet --color",
    }
    for command, expected in options.items():
        run = bench.run(command, "--help")
        bench.check(run.status == 0 and run.stderr == "", f"{command} --help: exit status 0", run)
        for option in expected.split():
            bench.check(option in run.stdout, f"{command} --help mentions {option}", run)
        bench.check(("--tap" in run.stdout) == (command == "run"), f"{command} --help lists its own options", run)
        bench.check(f"ringside {command} [OPTION" in run.stdout, f"{command} --help shows the usage", run)
    run = bench.run("--version")
    bench.check(run.status == 0 and re.fullmatch(r"ringside \d+\.\d+\.\d+\n", run.stdout), "--version", run)


def check_lists(bench):
    folder = bench.folder("lists")
    bench.write("lists/zeta/passes.scn", PASSES)
    bench.write("lists/alpha/params.scn", PARAMS)
    bench.write("lists/alpha/.hidden.scn", WRONG)
    bench.write("lists/alpha/notes.txt", "no scenario")
    names = [f"alpha/params[count={n}]" for n in (3, 1, 2)] + ["zeta/passes"]
    run = bench.run("list", folder)
    bench.check(run.status == 0 and run.stdout.splitlines() == names, f"list prints {names}", run)
    bench.check(bench.run("run", "--list", folder).stdout == run.stdout, "run --list is list")
    verbose = bench.run("list", "-v", folder)
    bench.check("zeta/passes  a ping inside\n" in verbose.stdout, "list -v shows titles", verbose)
    for path in (folder / "zeta", folder / "zeta/passes.scn", f"{folder}//zeta/../zeta/passes.scn"):
        bench.check(bench.run("list", path).stdout == "zeta/passes\n", f"list {path}: the name is the same")
    twice = bench.run("list", folder / "zeta", folder / "zeta/passes.scn", folder / "zeta")
    bench.check(twice.stdout == "zeta/passes\n", "a file that is named twice is one test", twice)
    inside = bench.run("list", ".", cwd=folder / "zeta")
    bench.check(inside.stdout == "zeta/passes\n", "the name does not depend on the working directory", inside)
    for pattern, expected in (
        ("alpha/params*", names[:3]),
        ("*count=1]", names[1:2]),
        ("alpha/params[[]count=2]", []),
        ("alpha/params[count=2]", names[2:3]),
        ("zeta/p?sses", names[3:]),
        ("*", names),
    ):
        listed = bench.run("list", "--filter", pattern, folder)
        bench.check(listed.stdout.splitlines() == expected, f"--filter {pattern!r} selects {expected}", listed)
        bench.check(listed.status == (0 if expected else 2), f"--filter {pattern!r}: exit status", listed)
    run = bench.run("run", "--filter", "*count=[12]*", "--filter", "*count=2]", folder)
    bench.check(run.stdout == "PASS alpha/params[count=2]\n1 passed, 0 failed\n", "run --filter: the last one counts", run)
    run = bench.run("check", folder)
    bench.check(run.status == 0 and run.stdout == "4 tests, no errors\n", "check counts the tests", run)
    run = bench.run("check", "-q", folder)
    bench.check(run.status == 0 and run.output == "", "check -q is silent when all is well", run)
    shipped = bench.run("list", "--filter", "icmp/rings-wrap*", bench.scenarios)
    bench.check(len(shipped.stdout.splitlines()) > 1, "the project's own scenario with params is several tests", shipped)


def check_report(bench, folder):
    run = bench.run("run", folder, "-j1")
    lines = run.stdout.splitlines()
    verdicts = [line for line in lines if line.startswith(("PASS", "FAIL"))]
    expected = [
        "FAIL report/fails (failed)",
        "FAIL report/panics (guest crashed)",
        "PASS report/params[count=3]",
        "PASS report/params[count=1]",
        "PASS report/params[count=2]",
        "PASS report/passes",
        "FAIL report/stuck (stuck)",
        "FAIL report/wrong (error)",
    ]
    bench.check(verdicts == expected, f"the verdicts, in the order of the files: {verdicts}", run)
    bench.check(lines[-1] == "4 passed, 4 failed", "the last line counts", run)
    bench.check(run.stderr == "", "nothing on stderr, no progress in a pipe", run)
    block = run.stdout[run.stdout.index("FAIL report/fails") : run.stdout.index("FAIL report/panics")]
    for text in (
        f"{folder}/fails.scn:4:1: error: ",
        '  expected: "no such text"\n',
        "  got:      PING 127.0.0.1: 56 data bytes\n",
        "  at:       1.0",
        "  last events:\n",
        "  output:   ping: PING 127.0.0.1",
        f"  repro:    ringside run {folder}/fails.scn --seed 1\n",
    ):
        bench.check(text in block, f"the block of a failure has {text!r}", run)
    for jobs in ("-j4", "-j 3", "--jobs=64"):
        other = bench.run("run", folder, *jobs.split())
        bench.check(other.stdout == run.stdout and other.status == run.status, f"the report with {jobs} is that of -j1", other)
    quiet = bench.run("run", "-q", folder)
    bench.check("PASS" not in quiet.stdout and quiet.stdout.count("FAIL") == 4, "-q: only what failed", quiet)
    silent = bench.run("run", "-q", folder / "passes.scn")
    bench.check(silent.status == 0 and silent.output == "", "-q is silent when all is well", silent)
    verbose = bench.run("run", "-v", folder / "passes.scn")
    bench.check(
        "  output:   ping: PING 127.0.0.1" in verbose.stdout and re.search(r"ended at: +1\.\d{9} s after \d+ events", verbose.stdout),
        "-v: output, end and events of what passed too",
        verbose,
    )
    loud = bench.run("run", "-v", folder / "fails.scn")
    bench.check(len(loud.stdout.splitlines()) > len(block.splitlines()) + 10, "-v: more events before a failure", loud)
    # The repro line works as it stands.
    repro = next(line for line in lines if line.strip().startswith("repro:")).split("repro:")[1].split()
    again = bench.run(*repro[1:])
    bench.check(again.status == 1 and block.rstrip() in again.stdout, "the repro line gives the same block", again)
    seeded = bench.run("run", "--seed", "77", folder / "fails.scn")
    bench.check("--seed 77\n" in seeded.stdout, "the repro line names the seed", seeded)


def check_repro_of_param(bench):
    path = bench.write("it's a folder/param.scn", PARAMS.replace("within 1s", "within 5ms"))
    run = bench.run("run", path, "--filter", "*count=3]")
    line = next((line for line in run.stdout.splitlines() if "repro:" in line), "")
    bench.check("--filter 'it'\\''s a folder/param[count=3]'" in line, "the repro line selects the test, quoted", run)
    again = bench.execute(["sh", "-c", line.split("repro:")[-1].replace("ringside", str(bench.program), 1)])
    bench.check(again.stdout == run.stdout and again.status == 1, "the repro line works in a shell", again)


def check_no_fork(bench, folder):
    for name in ("passes", "fails", "stuck", "panics", "wrong"):
        path = folder / f"{name}.scn"
        forked = bench.run("run", path)
        here = bench.run("run", "--no-fork", path)
        bench.check(forked.status == here.status, f"--no-fork {name}: the same exit status", here)
        bench.check(forked.stdout == here.stdout, f"--no-fork {name}: the same report as\n{forked.describe()}", here)


def check_exit_status(bench, folder):
    files = {name: folder / f"{name}.scn" for name in ("passes", "fails", "wrong", "stuck", "panics")}
    alone = {"passes": 0, "fails": 1, "wrong": 2, "stuck": 3, "panics": 4}
    for name, status in alone.items():
        run = bench.run("run", files[name])
        bench.check(run.status == status, f"{name}: exit status {status}", run)
    # The worst of 2, 4, 3, 1, 0, wherever it stands.
    for order in (["passes", "fails", "stuck", "panics", "wrong"], ["wrong", "panics", "stuck", "fails", "passes"]):
        for first in range(5):
            chosen = order[: first + 1] if order[0] == "passes" else order[first:]
            rank = ["wrong", "panics", "stuck", "fails", "passes"]
            worst = min(chosen, key=rank.index)
            run = bench.run("run", "-j3", *(files[name] for name in chosen))
            bench.check(run.status == alone[worst], f"{chosen}: exit status {alone[worst]}", run)


def check_tap(bench, folder):
    run = bench.run("run", "--tap", folder)
    lines = run.stdout.splitlines()
    bench.check(lines[:2] == ["TAP version 14", "1..8"], "TAP: version and plan come first", run)
    numbers, inside, names = [], False, []
    for number, line in enumerate(lines[2:], 3):
        test = TAP_TEST.fullmatch(line)
        if inside:
            bench.check(line.startswith("  "), f"TAP: line {number} of a YAML block is indented by two", run)
            inside = line != "  ..."
        elif line == "  ---":
            bench.check(TAP_TEST.fullmatch(lines[number - 2]), f"TAP: the block in line {number} follows a test", run)
            bench.check(lines[number] == "  message: |", f"TAP: the block in line {number} is a literal", run)
            inside = True
        elif test:
            numbers.append(int(test.group(2)))
            names.append((test.group(1) is None, test.group(3)))
        else:
            bench.check(line.startswith("#"), f"TAP: line {number} is a comment: {line!r}", run)
    bench.check(not inside, "TAP: every block has its end", run)
    bench.check(numbers == list(range(1, 9)), f"TAP: tests are numbered as planned: {numbers}", run)
    bench.check([name for good, name in names if good] == [
        "report/params[count=3]", "report/params[count=1]", "report/params[count=2]", "report/passes",
    ], f"TAP: ok and not ok: {names}", run)
    bench.check(run.stdout.count("  ---\n") == 4, "TAP: each failure has a block", run)
    bench.check(f"    {folder}/fails.scn:4:1: error: " in run.stdout, "TAP: the block has the message", run)
    bench.check(run.status == bench.run("run", folder).status, "TAP: the exit status is that of the text report")
    bench.check("\033" not in bench.run("run", "--tap", "--color=always", folder).stdout, "TAP is never coloured")
    hashed = bench.write("tap/a # b.scn", PASSES)
    escaped = bench.run("run", "--tap", hashed)
    bench.check("ok 1 - tap/a \\# b\n" in escaped.stdout, "TAP: a # in a name is escaped", escaped)


def run_on_terminal(bench, *words, env=None):
    """What the program prints when stdout and stderr are a terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [str(bench.program), *map(str, words)], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=env
    )
    os.close(slave)
    text = b""
    while select.select([master], [], [], 60)[0]:
        try:
            chunk = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        text += chunk
    process.wait(60)
    os.close(master)
    return text.decode()


def check_color(bench, folder):
    plain = bench.run("run", "--color=never", folder)
    always = bench.run("run", "--color=always", folder)
    bench.check("\033" not in plain.stdout, "--color=never: no colour", plain)
    bench.check("\033[31mFAIL\033[0m" in always.stdout and "\033[32mPASS\033[0m" in always.stdout, "--color=always", always)
    bench.check(ANSI.sub("", always.stdout) == plain.stdout, "colours are all that differs", always)
    bench.check(bench.run("run", folder).stdout == plain.stdout, "in a pipe, auto is never")
    no_color = bench.run("run", "--color=always", folder, env={**os.environ, "NO_COLOR": "1"})
    bench.check(no_color.stdout == always.stdout, "--color=always beats NO_COLOR", no_color)

    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as error:  # a bare root without /dev/pts
        print(f"left out: what is printed on a terminal, for there is no pseudo terminal here ({error})")
        return
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    passes = folder / "passes.scn"
    shown = run_on_terminal(bench, "run", passes, env=environment)
    bench.check("\033[32mPASS" in shown, f"on a terminal, auto is always: {shown!r}")
    shown = run_on_terminal(bench, "run", passes, env={**environment, "NO_COLOR": "1"})
    bench.check("PASS" in shown and not ANSI.search(shown), f"NO_COLOR is honoured: {shown!r}")
    shown = run_on_terminal(bench, "run", passes, env={**environment, "NO_COLOR": ""})
    bench.check("\033[32mPASS" in shown, f"an empty NO_COLOR is none: {shown!r}")
    shown = run_on_terminal(bench, "run", "-j1", folder, env=environment)
    bench.check(re.search(r"\r\033\[K\[\d/8\]", shown), f"a terminal gets progress: {shown[:200]!r}")
    bench.check("[8/8]" not in shown, "and it is gone at the end")


def main():
    bench = Bench("cli", __doc__.splitlines()[0], [("--guests", "the folder with the guest that misbehaves")])
    folder = bench.folder("report")
    for name, content in {
        "passes": PASSES, "fails": FAILS, "stuck": STUCK, "panics": PANICS, "wrong": WRONG, "params": PARAMS,
    }.items():
        bench.write(f"report/{name}.scn", content.replace("GUESTS", bench.arguments.guests))
    check_help(bench)
    check_lists(bench)
    check_report(bench, folder)
    check_repro_of_param(bench)
    check_no_fork(bench, folder)
    check_exit_status(bench, folder)
    check_tap(bench, folder)
    check_color(bench, folder)
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
