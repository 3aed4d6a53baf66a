#!/usr/bin/env python3
"""confusion.py - which causes the diagnosis names, and which it should have named: docs/confusion.md

    confusion.py --ringside PROGRAM [--guests FOLDER] [--check]

Rows of the table are
    mutants         of scenarios/ and tests/long/: the cause of the `guards` line
    verdicts, near misses
                    of tests/meta/scenarios: a line `cause: ID` of NAME.expect, or `cause ID` of a scenario that passes;
                    `! cause: ID` is a cause that must not be named, `! cause:` means that none may be
    outcomes        scenarios in which a program fails by design, with the diagnosis asked at the end
All other scenarios are clean: they pass without a cause, and with the diagnosis asked at the end they still have none.

Without --check the page is written. With it, the exit status is 1 when the page differs. In both cases it is 1 when a
cause is wrong or weaker than derived, or a clean scenario has one. --guests is the folder of the guests of tests/meta; it is
found beside the program. Standard library only.
"""

import argparse
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from runs import is_live, run, without_guards

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/confusion.md"
META = ("nearmiss", "verdicts")
GRADES = ("cause", "derived", "violation")  # the last: the name of a check
NONE = "none"

# Scenarios that want a program to fail, and why it does.
OUTCOMES = {
    "9p/asked-as-directory": "p9.refused-by-guest",
    "9p/create": "p9.refused-by-guest",
    "9p/deep-paths": "p9.refused",
    "9p/errors": "p9.refused",
    "9p/faults": "p9.unanswered",
    "9p/foreign-tag": "p9.unanswered",
    "9p/foreign-tag-of-several": "p9.unanswered",
    "9p/no-reply": "p9.unanswered",
    "9p/opened": "p9.refused",
    "9p/programs": "p9.refused",
    "9p/refused": "p9.refused",
    "9p/synced": "p9.refused",
    "alloc/no-ring": "route.missing",
    "arp/gives-up": "arp.unresolved",
    "arp/neighbours-are-independent": "arp.unresolved",
    "arp/nobody-answers": "arp.unresolved",
    "arp/slirp-arp-scope": "arp.unresolved",
    "boot/netdev-missing": "netdev.missing",
    "dhcp/before-the-lease": "route.missing",
    "dhcp/no-server": "peer.silent",
    "dhcp/question-before-the-lease": "route.missing",
    "dns/silent-server": "peer.silent",
    "faults/host-answers-arp": "peer.silent",
    "faults/irq-rx-found-later": "wait.polled",
    "faults/irq-rx-lost": "wait.polled",
    "faults/link-corrupted": "reply.discarded",
    "faults/link-down-and-up": "link.down",
    "faults/link-reply-too-late": "reply.late",
    "faults/link-truncated": "reply.discarded",
    "icmp/no-route": "route.missing",
    "icmp/outside-world": "wire.dropped",
    "matrix/default-route": "wire.dropped",
    "matrix/nobody-answers": "arp.unresolved",
    "pci/message-lost": "wait.polled",
    "route/default-route": "wire.dropped",
    "schemes/card-busy": "arp.unresolved",
    "schemes/dhcp": "wire.dropped",
    "schemes/driver-interrupted": "arp.unresolved",
    "schemes/driver-not-matched": "netdev.unclaimed",
    "schemes/driver-polls": "wait.polled",
    "schemes/driver-restarted": "arp.unresolved",
    "schemes/frame-cut": "reply.discarded",
    "schemes/request-cancelled": "peer.silent",
    "schemes/without-address": "route.missing",
    "story/04-default-route": "wire.dropped",
    "tcp/refused": "peer.refused",
    "tcp/silent-peer": "peer.silent",
    "udp/refused": "peer.refused",
    "virtio-net/link-status": "link.down",
    "virtio-net/link-status-unknown": "link.down",
    "virtio-net/polled-without-interrupts": "wait.polled",
    "wire/lossy-pings": "wire.dropped",
    "wire/partition-in": "wire.dropped",
}

# What is asked at the end. A test that then passes has the first of them.
ASKED, ASKED_INSTEAD = "irq.masked", "route.missing"

ID = r"([a-z0-9-]+\.[a-z-]+)"
GUARDS = re.compile(rf'^\s*guards\s+"?([^"\s]+)\.patch"?\s+cause\s+{ID}(?:\s+task\s+\S+)?(?:\s+when\s+(\w+=\S+))?', re.M)
LIVE = re.compile(r"^\s*requires\s+live\b", re.M)
STATED = re.compile(rf"^(\s*expect\b.*?\bcause\s+){ID}", re.M)

HEADER = """\
# Causes named, causes meant

Made by `./dev confusion` from runs; the test `docs.confusion` compares. Rows are guarded mutants, scenarios that expect a
cause, and near misses: other faults with similar symptoms, for which *not* says which names would be wrong. How to add a near
miss: two files in `tests/meta/scenarios/nearmiss`, the second with a line `! cause:    ID` for each wrong name.

A cause that nobody in the guest could have prevented, such as `p9.unanswered`, has no mutant: a fault stands for it, which the report
names as the trigger, or a scenario in which a program fails by design.

"""


class Row:
    """A test, what it should be called, and what it was called."""

    def __init__(self, name, expected, nots=()):
        self.name, self.expected, self.nots = name, expected, tuple(sorted(nots))
        self.printed, self.grade, self.ran = NONE, "", False

    def fill(self, test):
        self.ran = True
        self.printed = test.get("cause") or NONE
        self.grade = test.get("grade") or ""

    def finding(self):
        """What is wrong with the row, or None."""
        if not self.ran:
            return "did not run"
        if self.printed in self.nots:
            return f"is called {self.printed}, which it is not"
        if self.expected is not None and self.printed != self.expected:
            return f"is called {self.printed}, expected {self.expected}"
        if self.expected not in (None, NONE) and self.grade not in GRADES:
            return f"{self.printed} is only a {self.grade}"
        return None

    def meant(self):
        wrong = ", ".join(self.nots)
        if self.expected is None:
            return f"not {wrong}"
        return f"{self.expected}; not {wrong}" if wrong else self.expected


def stem(test):
    """The scenario of a test: its name without parameters and bug."""
    return re.split(r"[\[!]", test, maxsplit=1)[0]


# ---- mutants and clean scenarios --------------------------------------------------------------------


class Guard:
    """A line of a scenario; one that has a condition is of some tests of the file only."""

    def __init__(self, scenario, bug, cause, when):
        self.scenario, self.bug, self.cause, self.when = scenario, bug, cause, when

    def is_of(self, mutant):
        """Whether the test, `SUBJECT/NAME[a=1,b=2]!BUG`, is of this line."""
        test, bug = mutant.rsplit("!", 1)
        parameters = re.search(r"\[(.*)\]$", test)
        values = parameters.group(1).split(",") if parameters else []
        return (stem(mutant).rsplit("/", 1)[-1], bug) == (self.scenario, self.bug) and self.when in ("", *values)

    def name(self):
        return f"…{self.scenario}!{self.bug}" + (f" when {self.when}" if self.when else "")


def guards(paths):
    return [Guard(path.stem, *found) for path in paths for found in GUARDS.findall(path.read_text())]


def mutants(tests, lines):
    """A row for each mutant that ran, and one for each line of which none did."""
    rows, left = [], list(lines)
    for name, test in tests.items():
        if "!" in name:
            line = next((line for line in lines if line.is_of(name)), None)
            if line is None:
                raise ValueError(f"{name}: no line of a scenario makes it")
            left = [other for other in left if other is not line]
            rows.append(Row(name, line.cause))
            rows[-1].fill(test)
    return rows + [Row(line.name(), line.cause) for line in left]


def ask_at_the_end(text):
    """The scenario without its guards, with a question that no right run answers with yes."""
    lines = without_guards(text)
    finals = [line for line in lines if line.startswith("finally")]
    others = [line for line in lines if not line.startswith("finally")]
    return "\n".join([*others, f"expect cause {ASKED} within 1us", *finals, ""])


def asked(program, scratch):
    """The scenarios with the diagnosis asked at the end: rows of outcomes, findings of clean ones."""
    folder = scratch / "asked"
    shutil.copytree(ROOT / "scenarios", folder)
    for path in folder.rglob("*.scn"):
        text = path.read_text()
        if is_live(text):
            path.unlink()  # it runs with services of this host only, and nothing is proved of such a run
        else:
            path.write_text(ask_at_the_end(text))
    rows, findings, left = [], [], dict(OUTCOMES)
    for name, test in run(program, scratch, "asked").items():
        if test["status"] == 0:
            test = {"cause": ASKED, "grade": GRADES[0]}
        elif not test["what"].startswith("not met"):
            findings.append(f"{name}: could not be asked: {test['what']}")
        if stem(name) in OUTCOMES:
            left.pop(stem(name), None)
            rows.append(Row(name, OUTCOMES[stem(name)]))
            rows[-1].fill(test)
        elif test.get("cause"):
            findings.append(f"{name}: is clean, and asked at its end it is called {test['cause']}")
    return rows + [Row(name, cause) for name, cause in left.items()], findings


# ---- scenarios with an expectation beside them ------------------------------------------------------


def meta_row(path):
    """The row of a scenario of tests/meta, or None when it names no cause."""
    expect = path.with_suffix(".expect").read_text()
    nots = re.findall(rf"^! cause:\s+{ID}", expect, re.M)
    named = re.search(rf"^(?!!|#|\s*expected:).*\bcause:?\s+{ID}", expect, re.M)
    stated = STATED.search(path.read_text())
    expected = named.group(1) if named else None
    if re.search(r"^! cause:$", expect, re.M):
        expected = NONE
    elif expected is None and stated and expect.startswith("exit 0"):
        expected = stated.group(2)
    if expected is None and not nots:
        return None
    return Row(f"{path.parent.name}/{path.stem}", expected, nots)


def meta(program, guests, scratch):
    """The rows of tests/meta. Of a scenario that passes because of its cause another one is asked, so that it says which."""
    rows = []
    for subject in META:
        folder = scratch / subject
        shutil.copytree(ROOT / "tests/meta/scenarios" / subject, folder)
        (folder / "guests").symlink_to(guests.resolve())
        mine = [row for row in map(meta_row, sorted(folder.glob("*.scn"))) if row]
        for row in mine:
            path = scratch / f"{row.name}.scn"
            if path.with_suffix(".expect").read_text().startswith("exit 0"):
                other = ASKED_INSTEAD if row.expected == ASKED else ASKED
                path.write_text(STATED.sub(rf"\g<1>{other}", path.read_text()))
        tests = run(program, scratch, subject)
        for row in mine:
            if row.name in tests:
                row.fill(tests[row.name])
        rows += mine
    return rows


# ---- the page ---------------------------------------------------------------------------------------


def matrix(rows):
    """Expected causes down, printed ones across, with the number of rows in each place."""
    counts = Counter((row.expected, row.printed) for row in rows if row.expected)
    wrong = Counter((cause, row.printed == cause) for row in rows for cause in row.nots)
    across = sorted({printed for _, printed in counts} - {NONE}) + [NONE]
    down = sorted({expected for expected, _ in counts} - {NONE}) + [NONE]
    lines = ["| expected | " + " | ".join(across) + " |", "|---" * (len(across) + 1) + "|"]
    for expected in down:
        cells = [str(counts[expected, printed] or "·") for printed in across]
        lines.append(f"| **{expected}** | " + " | ".join(cells) + " |")
    lines += ["", "| near misses of | rightly called otherwise | wrongly called so |", "|---|---|---|"]
    for cause in sorted({cause for cause, _ in wrong}):
        lines.append(f"| {cause} | {wrong[cause, False]} | {wrong[cause, True]} |")
    return lines


def page(rows, clean_findings):
    lines = ["| scenario | expected cause | printed cause | grade |", "|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: row.name):
        lines.append(f"| {row.name} | {row.meant()} | {row.printed} | {row.grade or '–'} |")
    lines += ["", "## Matrix", "", "Rows of the table, by the cause that was meant and the one that was printed.", ""]
    lines += matrix(rows)
    clean = "No clean scenario prints a cause: each of the others in `scenarios` passes without one, and asked at its end\n"
    clean += "the diagnosis has none to name."
    lines += ["", "## Clean scenarios", ""]
    lines += [f"- {finding}" for finding in clean_findings] or [clean]
    return HEADER + "\n".join(lines) + "\n"


def self_check():
    """A check that cannot fail proves nothing."""
    row = Row("x", "irq.lost", ["irq.masked"])
    assert row.finding()
    for cause, grade, right in (
        ("irq.lost", "derived", True),
        ("irq.lost", "suspect", False),
        ("irq.masked", "cause", False),
        (None, None, False),
    ):
        row.fill({"cause": cause, "grade": grade})
        assert (row.finding() is None) == right
    lines = [Guard("s", "bug", "irq.lost", "a=1"), Guard("s", "bug", "irq.storm", "a=2"), Guard("s", "other", "irq.lost", "")]
    ran = mutants({"x/s[a=2,b=1]!bug": {"cause": "irq.storm", "grade": "derived"}}, lines)
    assert [row.expected for row in ran if not row.finding()] == ["irq.storm"]
    assert [row.expected for row in ran if row.finding()] == ["irq.lost", "irq.lost"]
    near = Row("y", None, ["irq.lost"])
    near.fill({"cause": "irq.lost", "grade": "suspect"})
    assert near.finding()
    row.fill({"cause": "irq.masked", "grade": "cause"})
    table = matrix([row, near])
    assert table[:3] == ["| expected | irq.masked | none |", "|---|---|---|", "| **irq.lost** | 1 | · |"]
    assert table[-2:] == ["| irq.lost | 0 | 1 |", "| irq.masked | 0 | 1 |"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ringside", type=Path, required=True, help="the program")
    parser.add_argument("--guests", type=Path, help="the folder with the guests of tests/meta")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    arguments = parser.parse_args()
    self_check()
    program = arguments.ringside.resolve()
    guests = arguments.guests or program.parent.parent / "tests/meta/guests"
    tests = run(program, ROOT, "scenarios")
    long = guards(ROOT.glob("tests/long/**/*.scn"))
    if long:
        tests.update(run(program, ROOT, "--filter", "*!*", "tests/long"))
    rows = mutants(tests, guards(ROOT.glob("scenarios/**/*.scn")) + long)
    clean = [
        f"{name}: is clean, and is called {test['cause']}"
        for name, test in tests.items()
        if "!" not in name and test["cause"]
    ]
    with tempfile.TemporaryDirectory(prefix="confusion-") as scratch:
        rows += meta(program, guests, Path(scratch))
        outcomes, asked_findings = asked(program, Path(scratch))
    clean += asked_findings
    text = page(rows + outcomes, clean)
    findings = [f"{row.name}: {row.finding()}" for row in rows + outcomes if row.finding()] + clean
    if not arguments.check:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        findings.append("docs/confusion.md is not what the runs say; ./dev confusion writes it anew")
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ValueError, KeyError, OSError) as error:
        sys.exit(f"confusion.py: {error}")
