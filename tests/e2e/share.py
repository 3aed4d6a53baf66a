#!/usr/bin/env python3
"""share.py - this project's sources, copied out of a share by the guest, and back: the same bytes, and none on the host

All of them with a build without sanitizers, some with this one. And a folder of ten thousand entries.
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

from support import Bench, files_below

PARTS = ("guest", "emu")
NOT_SOURCES = shutil.ignore_patterns("build", ".git", "__pycache__")
ENTRIES = 10000
THERE_AND_BACK = """version 1
title   "sources, there and back"
machine virt ram=256M
guest   reference face={face}
share   here "{tree}"
share   there memory {{ }}
limit   10min
wait    ready within 1s
run     out: "cp -r $here /tmp/tree" within 1min
run     back: "cp -r /tmp/tree $there/tree" within 1min
run     sums: "sha256sum -t $here $there/tree" within 1min
run     spoil: "rm -r $here/guest" within 1min
run     nap: "sleep 0.001" within 10ms
finally share there matches "{tree}.golden"
finally share here fids == 1
finally share there fids == 1
finally counter here.breaches == 0
finally counter there.breaches == 0
"""
MANY = """version 1
title   "a large folder"
guest   reference face={face}
share   here "many"
limit   10min
wait    ready within 1s
run     count: "filetest list 4096 $here" within 1min
run     list: "ls $here" within 1min
run     nap: "sleep 0.001" within 10ms
finally share here fids == 1
finally counter here.breaches == 0
"""


def sums_of(tree):
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files_below(tree).items()}


def digest_of(tree):
    """That of sha256sum -t: a folder's entries in the order of their names, what is in a folder where that stands."""
    sums = sums_of(tree)
    lines = [f"{sums[name]}  ./{name}\n" for name in sorted(sums, key=lambda name: name.encode().split(b"/"))]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def check_there_and_back(bench, program, tree, least):
    shutil.copytree(tree, tree.with_name(tree.name + ".golden") / "tree", copy_function=shutil.copy)
    before, digest = sums_of(tree), digest_of(tree)
    bench.check(len(before) > least, f"there is something to copy: {len(before)} files")
    for face in ("posix", "schemes"):
        scenario = bench.write(f"{tree.name}-{face}.scn", THERE_AND_BACK.format(face=face, tree=tree.name))
        run = bench.execute([program, "run", "-v", scenario])
        bench.check(run.status == 0, f"{tree.name}, face {face}: the copy is like the tree", run)
        printed = re.findall(r"([0-9a-f]{64})  /", run.stdout)
        bench.check(printed == [digest] * 2, f"{tree.name}, face {face}: the guest's sums are the host's", run)
        bench.check(sums_of(tree) == before, f"{tree.name}, face {face}: nothing has changed on the host")


def check_large_folder(bench, program):
    folder = bench.folder("many")
    names = [f"entry-{number:05}" for number in range(ENTRIES)]
    for name in reversed(names):
        (folder / name).touch()
    for face in ("posix", "schemes"):
        scenario = bench.write(f"many-{face}.scn", MANY.format(face=face))
        run = bench.execute([program, "run", "-v", scenario])
        bench.check(run.status == 0, f"many, face {face}: a large folder is read", run)
        bench.check(f"list: {ENTRIES + 2} names\n" in run.stdout, f"many, face {face}: each name once", run)
        bench.check(re.findall(r"entry-[0-9]{5}", run.stdout) == names, f"many, face {face}: ls prints them in order")


def main():
    bench = Bench("share", __doc__.splitlines()[0], [("--fast", "a build without sanitizers")])
    fast = Path(bench.arguments.fast).resolve() / "bin" / "ringside"
    part = bench.folder("part")
    for name in PARTS:
        shutil.copytree(bench.source / name, part / name)
    check_there_and_back(bench, bench.program, part, 300)
    shutil.copytree(bench.source, bench.scratch / "whole", ignore=NOT_SOURCES)
    check_there_and_back(bench, fast, bench.scratch / "whole", 2000)
    check_large_folder(bench, fast)
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
