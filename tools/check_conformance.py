#!/usr/bin/env python3
"""check_conformance.py - docs/virtio-conformance.md says what the sources do

    check_conformance.py [--root ROOT]
    check_conformance.py --self-test         a small tree with wrong pages: each must be rejected

Checked are:
    each clause that a device reports as a breach stands in a row of the page
    each test that a row names exists
    each row says how the breach is noticed: one of the words of the page, with a test or a reason where it needs one
    a row that says `device` has a clause that some device reports

Prints a line a finding and exits with 1 when there is any. Standard library only.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

PAGE = "docs/virtio-conformance.md"
DEVICES = ["emu/virtio", "emu/virtio-net"]
TESTS = ["emu", "harness", "guest"]
REASON_MIN = 20  # characters: less is none

ROW = re.compile(r"^\| *([\d., ]+?) *\| *(.+?) *\| *(.+?) *\|$")
# The call, up to the end of its statement; the clause is the first string that is nothing but numbers and dots.
BREACH = re.compile(r"\w+_breach\w*\((?:[^;\"]|\"(?:\\.|[^\"\\])*\")*;")
CLAUSE = re.compile(r'"(\d+(?:\.\d+)*)"')
DEFINED = re.compile(r'^#define\s+(\w+)\s+"(\d+(?:\.\d+)*)"', re.M)
TEST = re.compile(r"`(test_\w+)`")
NAMED = re.compile(r"^static void (test_\w+)\(", re.M)
WITH_TEST = ("device", "checker", "driver")
WITH_REASON = ("unseen", "diagnosis")
ALONE = ("not offered",)


def sources(root, folders, are_tests):
    for folder in folders:
        for path in sorted((root / folder).rglob("*.[ch]")):
            if path.stem.endswith("_test") == are_tests and not path.stem.startswith("mock_"):
                yield path.read_text()


def reported_clauses(root):
    """The clauses that stand in calls of a function that reports a breach."""
    found = set()
    for text in sources(root, DEVICES, False):
        defined = dict(DEFINED.findall(text))
        for call in BREACH.findall(text):
            for name, clause in defined.items():
                call = re.sub(rf"\b{name}\b", f'"{clause}"', call)
            found |= set(CLAUSE.findall(call)[:1])
    return found


def check_row(number, clauses, noticed, reported, tests):
    names = TEST.findall(noticed)
    for name in names:
        if name not in tests:
            yield f"{PAGE}:{number}: there is no test {name}"
    words = [word for word in (*WITH_TEST, *WITH_REASON) if re.search(rf"(?:^|; ){word}: ", noticed)]
    if noticed in ALONE:
        return
    if not words:
        yield f"{PAGE}:{number}: does not say how it is noticed: {noticed}"
    if any(word in WITH_TEST for word in words) and not names:
        yield f"{PAGE}:{number}: names no test"
    if any(word in WITH_REASON for word in words) and len(noticed) < REASON_MIN:
        yield f"{PAGE}:{number}: gives no reason"
    if "device" in words and not set(clauses) & reported:
        yield f"{PAGE}:{number}: no device reports a breach of {', '.join(clauses)}"


def check(root):
    reported = reported_clauses(root)
    tests = {name for text in sources(root, TESTS, True) for name in NAMED.findall(text)}
    listed = set()
    for number, line in enumerate((root / PAGE).read_text().splitlines(), 1):
        match = ROW.match(line)
        if match:
            clauses = [clause.strip() for clause in match.group(1).split(",")]
            listed |= set(clauses)
            yield from check_row(number, clauses, match.group(3), reported, tests)
    for clause in sorted(reported - listed):
        yield f"{PAGE}: a device reports a breach of {clause}, which has no row"
    if not reported or not listed:
        yield f"{PAGE}: {len(reported)} clauses in the sources, {len(listed)} in the page"


SELF_SOURCE = 'x_breach(queue, "2.7.1",\n         "a rule; with a semicolon", 1);\n'
SELF_TEST = "static void test_a(void)\n"
SELF_ROWS = {
    "| 2.7.1 | aligns | device: `test_a` |": None,
    "| 2.7.1 | aligns | device: `test_b` |": "no test test_b",
    "| 2.7.1 | aligns | device: somehow |": "names no test",
    "| 2.7.1 | aligns | who knows |": "does not say how",
    "| 2.7.1 | aligns | unseen: no |": "gives no reason",
    "| 2.7.2 | other | device: `test_a` |": "which has no row",
    "| 2.7.1, 2.7.2 | aligns | device: `test_a` |": None,
    "| 2.7.1 | aligns | not offered |\n| 2.7.2 | x | device: `test_a` |": "no device reports",
    "| 2.7.1 | aligns | pci |": "does not say how",
}


def self_test():
    wrong = 0
    for rows, expected in SELF_ROWS.items():
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            for path, text in (("emu/virtio/a.c", SELF_SOURCE), ("emu/virtio/a_test.c", SELF_TEST), (PAGE, rows)):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            findings = list(check(root))
        if (expected is None) != (not findings) or (expected and not any(expected in text for text in findings)):
            print(f"{rows}\n  expected {expected}, got {findings}")
            wrong += 1
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return 1 if self_test() else 0
    findings = list(check(arguments.root))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
