#!/usr/bin/env python3
"""share.py - sources of this project, copied out of a share by the guest, and back: the same bytes, and none on the host"""

import hashlib
import shutil
import sys

from support import Bench, files_below

PARTS = ("guest", "emu")
SCENARIO = """version 1
title   "sources, there and back"
guest   reference face={face}
share   here "tree"
share   there memory {{ }}
limit   60s
wait    ready within 1s
run     out: "cp -r $here/guest $here/emu /tmp" within 20s
run     back: "cp -r /tmp/guest /tmp/emu $there" within 20s
run     sums: "sha256sum -r $there" within 20s
run     spoil: "rm -r $here/guest" within 20s
finally share there matches "golden"
finally counter here.breaches == 0
finally counter there.breaches == 0
"""


def sums_of(tree):
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files_below(tree).items()}


def sums_printed(text):
    """The lines of sha256sum: relative path -> digest."""
    words = [line.split() for line in text.splitlines() if " sums: " in line or line.startswith("  output:")]
    pairs = [(line[-1], line[-2]) for line in words if len(line) >= 2 and len(line[-2]) == 64]
    return {path.split("there/", 1)[1]: digest for path, digest in pairs if "there/" in path}


def main():
    bench = Bench("share", __doc__.splitlines()[0])
    tree = bench.folder("tree")
    for part in PARTS:
        shutil.copytree(bench.source / part, tree / part)
    shutil.copytree(tree, bench.scratch / "golden")
    before = sums_of(tree)
    for face in ("posix", "schemes"):
        scenario = bench.write(f"{face}.scn", SCENARIO.format(face=face))
        run = bench.run("run", "-v", scenario)
        bench.check(run.status == 0, f"face {face}: the copy is like the tree", run)
        bench.check(sums_printed(run.stdout) == before, f"face {face}: the guest's sums are the host's")
        bench.check(sums_of(tree) == before, f"face {face}: nothing has changed on the host")
    bench.check(len(before) > 300, "there is something to copy")
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
