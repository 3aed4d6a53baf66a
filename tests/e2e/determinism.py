#!/usr/bin/env python3
"""determinism.py - a run is a function of guest build, scenario and seed, and of nothing else

Every scenario runs again with other surroundings, and by another build of the bench: captures, event logs and reports must be
the same bytes. A run is compared with one that differs from it in all that may not matter, so that a few are enough.
"""

import os
import re
import shutil
import sys
from pathlib import Path

from support import Bench, compare_folders, files_below

OTHER_ENVIRONMENT = {
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "tr_TR.UTF-8",
    "LANGUAGE": "de:tr",
    "TZ": "Pacific/Chatham",
    "HOME": "/nonexistent",
    "USER": "somebody-else",
    "TERM": "xterm-256color",
    "COLUMNS": "37",
    "G_SLICE": "always-malloc",
    "G_DEBUG": "gc-friendly",
    "G_MESSAGES_DEBUG": "all",
    "G_RANDOM_VERSION": "2.0",
    "SLIRP_DEBUG": "all",
    "MALLOC_PERTURB_": "170",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TOP_PAD_": "1234567",
    "POSIXLY_CORRECT": "1",
    "RINGSIDE_TEST_PADDING": "x" * 7001,  # moves everything on the process's stack
}


OTHER_SEED = 18446744073709551615


def record(bench, name, program=None, path=None, jobs=1, seed=None, cwd=None, env=None, before=()):
    """Runs all scenarios below a path; gives the folder with captures and event logs, and the report."""
    folder = bench.folder(name)
    words = ["run", "-j", jobs, "--pcap", f"{folder}/", "--events", f"{folder}/"]
    if seed is not None:
        words += ["--seed", seed]
    command = [*before, program or bench.program, *words, path or bench.scenarios]
    return folder, bench.execute(command, cwd=cwd, env=env)


def check_run(bench, name, run):
    bench.check(run.status == 0, f"{name}: all scenarios pass", run)
    bench.check(run.stderr == "", f"{name}: nothing on stderr", run)


def check_same(bench, name, reference, other):
    differences = compare_folders(reference[0], other[0])
    bench.check(not differences, f"{name}: captures and event logs are the same bytes\n    " + "\n    ".join(differences))
    bench.check(reference[1].stdout == other[1].stdout, f"{name}: the reports are the same", other[1])


def check_guests(bench, other_build):
    """Both builds make the same guests, so that what differs between their runs is the bench."""
    ours, theirs = files_below(bench.build / "guests"), files_below(other_build / "guests")
    bench.check("reference.so" in ours and "reference.so" in theirs, "both builds have guests/reference.so")
    for name in sorted(set(ours) & set(theirs)):
        same = ours[name].read_bytes() == theirs[name].read_bytes()
        bench.check(same, f"{ours[name]} and {theirs[name]} are the same bytes (cmp, then diffoscope or objdump -d)")


def check_can_run_without_randomized_addresses(bench):
    setarch = shutil.which("setarch")
    return setarch is not None and bench.execute([setarch, "-R", "true"]).status == 0


def record_all(bench, quick, slow):
    """All runs, side by side, by name. Each way to differ is in one of those that are compared, several in each.

    The build with sanitizers takes several times as long as the other one: it has one of the runs.
    """
    elsewhere = bench.folder("some/other folder/with a long name " + "x" * 150)
    shutil.copytree(bench.scenarios, elsewhere / "scenarios")
    fixed = ("setarch", "-R") if check_can_run_without_randomized_addresses(bench) else ()
    if not fixed:
        print("note: setarch -R is not permitted here; addresses were randomized in every run")
    ways = {
        "reference": {"program": quick, "jobs": 1},
        "surroundings": {"program": slow, "jobs": 4, "cwd": elsewhere, "env": {**os.environ, **OTHER_ENVIRONMENT}},
        "copy": {
            "program": quick,
            "path": "scenarios",
            "jobs": 3,
            "cwd": elsewhere,
            "env": {"PATH": "/usr/bin:/bin"},
            "before": fixed,
        },
        "seed": {"program": quick, "jobs": 2, "seed": OTHER_SEED},
        "seed-again": {"program": quick, "jobs": 4, "seed": OTHER_SEED},
    }
    runs = dict(zip(ways, bench.together(lambda name: record(bench, name, **ways[name]), ways)))
    for name, (_, run) in runs.items():
        check_run(bench, name, run)
    return runs


def check_complete(bench, reference):
    """A capture and an event log of each test that ran: their paths, and the tests."""
    # What needs services of the host does not run here.
    skipped = re.findall(r"^SKIP (\S+):", reference[1].stdout, re.M)
    listed = [test for test in bench.run("list", bench.scenarios).stdout.splitlines() if test not in skipped]
    recorded = files_below(reference[0])
    for test in listed:
        for suffix in (".pcap", ".events"):
            bench.check(f"{test}{suffix}" in recorded, f"{test}{suffix} is written")
    # How many tests `alloc fail each` makes is known by running only.
    made = [name for name in recorded if re.search(r"[\[,]alloc=\d+\]", str(name))]
    bench.check(len(made) % 2 == 0 and made, f"one capture and one event log for each allocation: {sorted(made)}")
    bench.check(len(recorded) - len(made) == 2 * len(listed), f"one capture and one event log a test: {sorted(recorded)}")
    return recorded, listed


def main():
    bench = Bench(
        "determinism",
        __doc__.splitlines()[0],
        [("--other-build", "the other build"), ("--other-preset", "the preset that makes it")],
    )
    other_build = Path(bench.arguments.other_build).resolve()
    other_program = other_build / "bin" / "ringside"
    command = f"./dev build {bench.arguments.other_preset}"
    if not bench.check(other_program.is_file(), f"{other_program} is missing; make it with: {command}"):
        bench.done()
    bench.check(not other_program.samefile(bench.program), "a build is not compared with itself")
    check_guests(bench, other_build)

    is_quick = bench.arguments.other_preset == "release"
    runs = record_all(bench, *((other_program, bench.program) if is_quick else (bench.program, other_program)))
    recorded, listed = check_complete(bench, runs["reference"])
    what = "another working directory and environment, four at once, and another build of the bench"
    check_same(bench, f"{what} (after changes: {command})", runs["reference"], runs["surroundings"])
    what = "a copy of the scenarios, an empty environment, and addresses that are not randomized"
    check_same(bench, what, runs["reference"], runs["copy"])
    # Another seed is another run, and the scenarios do not depend on luck.
    check_same(bench, "a seed repeats", runs["seed"], runs["seed-again"])

    # The comparison can fail: two tests differ, and so do two seeds, if only in the line that names them.
    a, b = (bench.folder(f"proof-{name}") for name in "ab")
    for folder, test in ((a, listed[0]), (b, listed[-1])):
        for suffix in (".pcap", ".events"):
            shutil.copy(recorded[f"{test}{suffix}"], folder / f"test{suffix}")
    bench.check(len(compare_folders(a, b)) == 2, f"proof: {listed[0]} and {listed[-1]} differ in both files")
    bench.check(compare_folders(runs["reference"][0], runs["seed"][0]), "proof: two seeds differ in their event logs")
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
