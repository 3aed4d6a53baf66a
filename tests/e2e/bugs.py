#!/usr/bin/env python3
"""bugs.py - patches that fit, that have to be renewed, and that need hands

A small tree with one source stands for the guest. Whatever a patch is like, applying it must not end a build, unless that is asked for.
"""

import subprocess
import sys

from support import Bench

SOURCE = """\
first
second
third
fourth
fifth
sixth
seventh
"""

PATCH = """\
What this bug is about.

--- a/guest/x.c
+++ b/guest/x.c
@@ -2,5 +2,5 @@
 second
 third
-fourth
+the bug
 fifth
 sixth
"""


class Tree:
    """A root with guest/x.c and a scenario with its patch."""

    def __init__(self, bench, name, source, patch=PATCH):
        self.bench = bench
        self.root = bench.folder(name)
        self.source = bench.write(f"{name}/guest/x.c", source)
        self.patch = bench.write(f"{name}/scenarios/s/bug.patch", patch)
        self.scenario = bench.write(f"{name}/scenarios/s/x.scn", 'version 1\nguards  "bug.patch" cause irq.lost\n')
        self.copies = self.root / "copies"
        self.failed = self.root / "guests" / "g!bug.failed"

    def call(self, *words):
        tool = self.bench.source / "tools" / "bugs.py"
        return self.bench.execute([sys.executable, "-B", tool, *words])

    def apply(self):
        return self.call("apply", "--root", self.root, "--into", self.copies, "--failed", self.failed, self.patch)

    def check(self):
        return self.call("check", "--failed", self.failed, self.patch)

    def rebase(self):
        return self.call("rebase", "--root", self.root)

    def copy(self):
        return (self.copies / "guest" / "x.c").read_text()


def check_fits(bench):
    for name, source in (("fits", SOURCE), ("moved", "new\nlines\n" + SOURCE)):
        tree = Tree(bench, name, source)
        run = tree.apply()
        bench.check(run.status == 0 and not tree.failed.exists(), f"{name}: applies", run)
        bench.check(tree.copy() == source.replace("fourth", "the bug"), f"{name}: the copy has the bug")
        bench.check(tree.source.read_text() == source, f"{name}: the source is left alone")
        bench.check(tree.check().status == 0, f"{name}: the test passes")
        # Again over what is there, as a build does after a change.
        run = tree.apply()
        bench.check(run.status == 0 and not tree.failed.exists(), f"{name}: applies again", run)


def check_context_differs(bench):
    source = SOURCE.replace("second", "2nd")
    tree = Tree(bench, "differs", source)
    run = tree.apply()
    bench.check(run.status == 0, "differs: the build goes on", run)
    bench.check(tree.copy() == source, "differs: the copy is the source")
    run = tree.check()
    bench.check(run.status == 1 and "bug.patch: does not apply: guest/x.c: Hunk #1 FAILED" in run.stdout, "differs", run)
    bench.check("./dev rebase-bugs" in run.stdout, "differs: the message says what to do", run)

    run = tree.rebase()
    bench.check(run.status == 0 and "scenarios/s/bug.patch: renewed" in run.stdout, "rebase renews", run)
    text = tree.patch.read_text()
    bench.check(text.startswith("What this bug is about.\n\n--- a/guest/x.c\n"), "rebase keeps the text in front")
    bench.check(" 2nd\n" in text and "+the bug\n" in text, "rebase: new context, old change")
    run = tree.apply()
    bench.check(run.status == 0 and not tree.failed.exists(), "the renewed patch applies", run)
    bench.check(tree.check().status == 0, "the renewed patch's test passes")
    run = tree.rebase()
    bench.check(run.status == 0 and "bug.patch: fits" in run.stdout, "renewing again changes nothing", run)


def check_strict(bench):
    tree = Tree(bench, "strict", SOURCE.replace("second", "2nd"))
    words = ("apply", "--root", tree.root, "--into", tree.copies, tree.patch)
    run = tree.call(*words)
    bench.check(run.status == 1 and "bug.patch: does not apply: guest/x.c: Hunk #1 FAILED" in run.stderr, "strict", run)
    tree.source.write_text(SOURCE)
    run = tree.call(*words)
    bench.check(run.status == 0 and tree.copy() == SOURCE.replace("fourth", "the bug"), "strict: fits", run)


def check_needs_hands(bench):
    for name, source, patch, message in (
        ("rewritten", "nothing\nof\nthat\n", PATCH, "Hunk #1 FAILED"),
        ("already", SOURCE.replace("fourth", "the bug"), PATCH, "Reversed"),
        ("no-file", SOURCE, PATCH.replace("x.c", "y.c"), "no such file: guest/y.c"),
        ("empty", SOURCE, "just text\n", "changes no file"),
    ):
        tree = Tree(bench, name, source, patch)
        run = tree.rebase()
        bench.check(run.status == 1 and "needs hands: " in run.stdout and message in run.stdout, name, run)
        bench.check("1 patches, 1 of them need hands" in run.stdout, f"{name}: counted", run)
        bench.check(tree.patch.read_text() == patch, f"{name}: the patch is left alone")


def check_unguarded(bench):
    tree = Tree(bench, "unguarded", SOURCE)
    tree.scenario.write_text("version 1\n# guards \"bug.patch\" cause irq.lost\n")
    tree.apply()
    run = tree.check()
    bench.check(run.status == 1 and "no scenario beside it" in run.stdout, "a patch that nobody guards against", run)


def check_dev(bench):
    run = bench.execute([bench.source / "dev", "rebase-bugs", bench.scratch / "gone.patch"])
    bench.check(run.status != 0, "./dev rebase-bugs hands its arguments on", run)


def main():
    bench = Bench("bugs", __doc__.splitlines()[0])
    bench.check(subprocess.run(["patch", "--version"], stdout=subprocess.DEVNULL, check=False).returncode == 0, "patch")
    check_fits(bench)
    check_context_differs(bench)
    check_strict(bench)
    check_needs_hands(bench)
    check_unguarded(bench)
    check_dev(bench)
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
