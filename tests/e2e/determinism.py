#!/usr/bin/env python3
"""determinism.py - a run is a function of guest build, scenario and seed, and of nothing else

Every scenario runs again with other surroundings: captures, event logs and reports must be the same bytes.
"""

import os
import re
import shutil
import sys

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


def record(bench, name, path, jobs, cwd=None, env=None, before=(), seed=None):
    """Runs all scenarios below a path; gives the folder with captures and event logs, and the report."""
    folder = bench.folder(name)
    words = ["run", "-j", str(jobs), "--pcap", f"{folder}/", "--events", f"{folder}/"]
    if seed is not None:
        words += ["--seed", str(seed)]
    run = bench.run(*words, path, cwd=cwd, env=env, before=before)
    bench.check(run.status == 0, f"{name}: all scenarios pass", run)
    bench.check(run.stderr == "", f"{name}: nothing on stderr", run)
    return folder, run


def check_same(bench, name, reference, other):
    differences = compare_folders(reference[0], other[0])
    bench.check(not differences, f"{name}: captures and event logs are the same bytes\n    " + "\n    ".join(differences))
    bench.check(reference[1].stdout == other[1].stdout, f"{name}: the reports are the same", other[1])


def check_can_run_without_randomized_addresses(bench):
    setarch = shutil.which("setarch")
    return setarch is not None and bench.execute([setarch, "-R", "true"]).status == 0


def main():
    bench = Bench("determinism", __doc__.splitlines()[0])
    reference = record(bench, "reference", bench.scenarios, 1)
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

    # Each way to differ is in one of two runs, several in each: they are as long as all other tests together.
    environment = {**os.environ, **OTHER_ENVIRONMENT}
    elsewhere = bench.folder("some/other folder/with a long name " + "x" * 150)
    check_same(
        bench,
        "another working directory and environment, four at once",
        reference,
        record(bench, "environment", bench.scenarios, 4, cwd=elsewhere, env=environment),
    )

    copy = elsewhere / "scenarios"
    shutil.copytree(bench.scenarios, copy)
    bare = {"PATH": "/usr/bin:/bin"}
    fixed = ("setarch", "-R") if check_can_run_without_randomized_addresses(bench) else ()
    if not fixed:
        print("note: setarch -R is not permitted here; addresses were randomized in every run")
    check_same(
        bench,
        "a copy of the scenarios, an empty environment, and addresses that are not randomized",
        reference,
        record(bench, "copy", "scenarios", 3, cwd=elsewhere, env=bare, before=fixed),
    )

    # Another seed is another run, and the scenarios do not depend on luck.
    seed = 18446744073709551615
    seeded = record(bench, "seed", bench.scenarios, 2, seed=seed)
    check_same(bench, "a seed repeats", seeded, record(bench, "seed-again", bench.scenarios, 4, seed=seed))

    # The comparison can fail: two tests differ, and so do two seeds, if only in the line that names them.
    a, b = (bench.folder(f"proof-{name}") for name in "ab")
    for folder, test in ((a, listed[0]), (b, listed[-1])):
        for suffix in (".pcap", ".events"):
            shutil.copy(recorded[f"{test}{suffix}"], folder / f"test{suffix}")
    bench.check(len(compare_folders(a, b)) == 2, f"proof: {listed[0]} and {listed[-1]} differ in both files")
    bench.check(compare_folders(reference[0], seeded[0]), "proof: two seeds differ in their event logs")
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
