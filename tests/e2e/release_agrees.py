#!/usr/bin/env python3
"""release_agrees.py - two builds of the bench give the same runs

Sanitizers and optimization of the bench change nothing, and both presets build the same guest, byte by byte.
"""

import sys
from pathlib import Path

from support import Bench, compare_folders, files_below


def record(bench, name, program):
    folder = bench.folder(name)
    words = [program, "run", "-j", "2", "--pcap", f"{folder}/", "--events", f"{folder}/", bench.scenarios]
    run = bench.execute(words)
    bench.check(run.status == 0, f"{name}: all scenarios pass", run)
    return folder, run


def check_guests(bench, other):
    ours, theirs = files_below(bench.build / "guests"), files_below(other / "guests")
    bench.check("reference.so" in ours and "reference.so" in theirs, f"both builds have guests/reference.so")
    for name in sorted(set(ours) & set(theirs)):
        same = ours[name].read_bytes() == theirs[name].read_bytes()
        bench.check(same, f"{ours[name]} and {theirs[name]} are the same bytes (cmp, then diffoscope or objdump -d)")


def main():
    bench = Bench(
        "release_agrees",
        __doc__.splitlines()[0],
        [("--other-build", "the other build"), ("--other-preset", "the preset that makes it")],
    )
    other = Path(bench.arguments.other_build)
    program = other / "bin" / "ringside"
    command = f"./dev build {bench.arguments.other_preset}"
    if not bench.check(program.is_file(), f"{program} is missing; make it with: {command}"):
        bench.done()
    bench.check(not program.samefile(bench.program), "a build is not compared with itself")

    check_guests(bench, other)
    ours, theirs = record(bench, "this-build", bench.program), record(bench, "other-build", program)
    differences = compare_folders(ours[0], theirs[0])
    bench.check(
        not differences,
        f"captures and event logs are the same bytes (after changes: {command})\n    " + "\n    ".join(differences),
    )
    bench.check(files_below(ours[0]), "there is something to compare")
    bench.check(ours[1].stdout == theirs[1].stdout, "the reports are the same", theirs[1])
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
