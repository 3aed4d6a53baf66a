#!/usr/bin/env python3
"""own_guest.py - the guest of docs/guests.md, built outside of the tree as that page says, and a bug of it"""

import difflib
import re
import sys

from support import Bench

ADD_BUG = "ringside_add_bug(GUEST demo PATCH wrong-timer.patch)\n"
GUARDS = 'guards  "wrong-timer.patch" cause timer.irq-mismatch\n'


def blocks_of(bench, kind):
    """The contents of the page's blocks that begin with ```kind."""
    text = (bench.source / "docs" / "guests.md").read_text()
    return [body for word, body in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S) if word == kind]


def write_patch(bench, folder):
    """demo.c with the INTID of another timer."""
    good = (folder / "demo.c").read_text()
    bad = good.replace("#define TIMER 27u", "#define TIMER 30u")
    lines = difflib.unified_diff(good.splitlines(True), bad.splitlines(True), "a/demo.c", "b/demo.c")
    bench.write("demo/wrong-timer.patch", "".join(lines))


def main():
    bench = Bench("own_guest", __doc__.splitlines()[0])
    folder = bench.folder("demo")
    source, build = blocks_of(bench, "c")[0], blocks_of(bench, "cmake")[0]
    scenario = next(block for block in blocks_of(bench, "") if block.startswith("# nap.scn"))
    bench.check("/path/to/ringside" in build and ADD_BUG in blocks_of(bench, "cmake"), "the page shows both commands")
    bench.write("demo/demo.c", source)
    write_patch(bench, folder)
    bench.write("demo/CMakeLists.txt", build.replace("/path/to/ringside", str(bench.source)) + ADD_BUG)
    bench.write("demo/nap.scn", re.sub(r"^guest .*\n", lambda match: match.group(0) + GUARDS, scenario, flags=re.M))
    for words in (["cmake", "-S", ".", "-B", "build", "-G", "Ninja"], ["ninja", "-C", "build"]):
        run = bench.execute(words, cwd=folder)
        bench.check(run.status == 0 and "warning" not in run.output, " ".join(words), run)
    run = bench.execute(["ctest", "--test-dir", "build"], cwd=folder)
    bench.check(run.status == 0 and "guest.symbols.demo" in run.stdout and "bug.wrong-timer" in run.stdout, "its tests", run)
    run = bench.run("run", "-v", "nap.scn", cwd=folder)
    bench.check(run.status == 0, "its scenario passes", run)
    for shown in re.findall(r"^PASS demo/.*\n(?:  .*\n)*", "".join(blocks_of(bench, "")), re.M):
        bench.check(shown.split("…")[0] in run.stdout, f"the page shows what is printed, {shown!r}", run)
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
