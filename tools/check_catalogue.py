#!/usr/bin/env python3
"""check_catalogue.py - docs/catalogue.md says what the scenarios say

    check_catalogue.py [--root ROOT]
    check_catalogue.py --self-test      a small tree with wrong pages: each must be rejected

A row is `| `id` | what went wrong | [NAME](../scenarios/NAME.scn), … | how | named |`. Checked are
    ids              each once, or once for each name that its reports have
    scenarios        exist under their name; at least one a row
    how              patch: each scenario of the row has a line `guards "ID.patch" cause NAMED`
                     patch `BUG`: it has that line of another's patch
                     fault `TEXT` … or setting `TEXT` …: TEXT stands in each scenario of the row
                     scenario: the scenario itself
    named            a cause or a check; of rows without a patch one that the scenario states, or that docs/confusion.md has
                     for it; – for none
    guards           each `guards` line of scenarios/ has its row, with this scenario and this cause

Prints a line a finding, `page:line: what`, and exits with 1 when there is any. Standard library only.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

PAGE = "docs/catalogue.md"
NAMES = {"harness/diagnosis/causes_*.c": r'\.id = "([^"]+)"', "harness/checks/catalogue.c": r'\.name = "([^"]+)"'}
NOTHING = "–"
CELLS = 5

ROW = re.compile(r"^\|\s*`([a-z0-9-]+)`\s*\|")
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
GUARDS = re.compile(r'^\s*guards\s+"([^"]+)\.patch"\s+cause\s+(\S+)', re.M)
WAYS = ("fault", "setting")


def plain(text):
    """Without comments, and with single blanks, so that columns do not matter."""
    lines = [re.sub(r'#(?=(?:[^"]*"[^"]*")*[^"]*$).*', "", line) for line in text.splitlines()]
    return re.sub(r"[ \t]+", " ", "\n".join(lines))


class Scenario:
    def __init__(self, path):
        self.text = plain(path.read_text())
        self.guards = set(GUARDS.findall(self.text))

    def causes(self, bug):
        return sorted(cause for patch, cause in self.guards if patch == bug)

    def states(self, name):
        """An expectation of this cause or violation, not a guard."""
        expects = "\n".join(line for line in self.text.splitlines() if not line.lstrip().startswith("guards"))
        return re.search(rf"\b(?:cause|violation) {re.escape(name)}(?![\w.-])", expects) is not None


class Row:
    def __init__(self, number, ident, cells):
        self.number, self.id = number, ident
        self.links = LINK.findall(cells[2])
        self.how = cells[3]
        patch = re.fullmatch(r"patch(?: `([^`]+)`)?", self.how)
        self.bug = (patch.group(1) or self.id) if patch else None
        self.named = cells[4].strip("`")

    def scenarios(self):
        return [name for name, _ in self.links]


class Catalogue:
    def __init__(self, root):
        self.root = root
        self.scenarios = {
            path.relative_to(root / "scenarios").with_suffix("").as_posix(): Scenario(path)
            for path in sorted((root / "scenarios").rglob("*.scn"))
        }
        self.names = set()
        for path, pattern in NAMES.items():
            for file in sorted(root.glob(path)):
                self.names |= set(re.findall(pattern, file.read_text()))
        confusion = root / "docs/confusion.md"
        self.confusion = confusion.read_text() if confusion.exists() else ""
        self.rows, self.findings = [], []
        for number, line in enumerate((root / PAGE).read_text().splitlines(), 1):
            match = ROW.match(line)
            if not match:
                continue
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) != CELLS:
                self.find(number, f"{match.group(1)}: {len(cells)} cells, not {CELLS}")
                continue
            self.rows.append(Row(number, match.group(1), cells))

    def find(self, number, what):
        self.findings.append(f"{PAGE}:{number}: {what}")

    def check(self):
        seen = set()
        for row in self.rows:
            if (row.id, row.named) in seen:
                self.find(row.number, f"{row.id} has a row already")
            seen.add((row.id, row.named))
            self.check_scenarios(row)
            if row.named not in (*self.names, NOTHING):
                self.find(row.number, f"{row.id}: {row.named} is neither a cause nor a check")
            self.check_how(row)
        self.check_guards()
        return self.findings

    def check_scenarios(self, row):
        if not row.links:
            self.find(row.number, f"{row.id}: no scenario")
        for name, target in row.links:
            if name not in self.scenarios:
                self.find(row.number, f"{row.id}: there is no scenario {name}")
            elif target != f"../scenarios/{name}.scn":
                self.find(row.number, f"{row.id}: the link of {name} leads to {target}")

    def check_how(self, row):
        way = row.how.split(" ", 1)[0]
        texts = re.findall(r"`([^`]+)`", row.how)
        if row.bug:
            for name in row.scenarios():
                causes = self.scenarios[name].causes(row.bug) if name in self.scenarios else [row.named]
                if not causes:
                    self.find(row.number, f"{row.id}: {name} has no line guards \"{row.bug}.patch\"")
                elif row.named not in causes:
                    self.find(row.number, f"{row.id}: {row.named}, and {name} says {', '.join(causes)}")
            return
        if not (row.how == "scenario" or (way in WAYS and texts)):
            self.find(row.number, f"{row.id}: {row.how} is no way to make it: patch, fault `…`, setting `…` or scenario")
        for name in row.scenarios():
            if name not in self.scenarios:
                continue
            for text in texts:
                if plain(text) not in self.scenarios[name].text:
                    self.find(row.number, f"{row.id}: {name} has no {text}")
            if row.named != NOTHING and not self.is_named(name, row.named):
                self.find(row.number, f"{row.id}: neither {name} nor docs/confusion.md names {row.named}")

    def is_named(self, scenario, name):
        printed = re.search(rf"^\| {re.escape(scenario)}(?:\[[^\]]*\])? \|[^|]*\| {re.escape(name)} \|", self.confusion, re.M)
        return printed is not None or self.scenarios[scenario].states(name)

    def check_guards(self):
        for name, scenario in self.scenarios.items():
            for bug, cause in sorted(scenario.guards):
                rows = [row for row in self.rows if row.bug == bug and name in row.scenarios()]
                if not rows:
                    self.findings.append(f"scenarios/{name}.scn: {PAGE} has no row for {bug} with this scenario")
                elif all(row.named != cause for row in rows):
                    self.findings.append(f"scenarios/{name}.scn: {PAGE} has no row for {bug} with {cause}")


# ---- the proof ---------------------------------------------------------------------------------------

SELF_TEST_TREE = {
    "harness/diagnosis/causes_one.c": '.id = "irq.lost",\n',
    "harness/diagnosis/causes_two.c": '.id = "irq.storm",\n',
    "harness/checks/catalogue.c": '.name = "dma.leaked",\n',
    "scenarios/a/one.scn": 'guards  "bug.patch" cause irq.lost when x=1\nguards "leak.patch" cause dma.leaked when x=1\n'
    'guards "leak.patch" cause irq.storm when x=2\n',
    "scenarios/a/two.scn": 'inject  irq eth0 lose all\n# inject vq hold\nexpect hang cause irq.storm\n',
    "scenarios/a/three.scn": "wait ready\n",
    "docs/confusion.md": "| a/three[x=1] | irq.lost | irq.lost | derived |\n",
}
ONE, TWO, THREE = (f"[a/{name}](../scenarios/a/{name}.scn)" for name in ("one", "two", "three"))
BUG = f"| `bug` | w | {ONE} | patch | `irq.lost` |"
LEAK_ONE, LEAK_TWO = (f"| `leak` | w | {ONE} | patch | `{cause}` |" for cause in ("dma.leaked", "irq.storm"))
LEAK = f"{LEAK_ONE}\n{LEAK_TWO}"
SELF_TEST_GOOD = [
    [],
    [f"| `other` | w | {ONE} | patch `bug` | `irq.lost` |"],
    [f"| `fault` | w | {TWO} | fault `inject irq eth0 lose all` | `irq.storm` |"],
    [f"| `quiet` | w | {TWO}, {THREE} | scenario | – |", f"| `asked` | w | {THREE} | scenario | `irq.lost` |"],
]
SELF_TEST_BAD = [
    ([BUG, LEAK, BUG], "bug has a row already"),
    ([LEAK], "no row for bug with this scenario"),
    ([f"| `bug` | w | {ONE} | patch | `irq.storm` |", LEAK], "bug: irq.storm, and a/one says irq.lost"),
    ([f"| `bug` | w | {TWO} | patch | `irq.lost` |", LEAK], 'a/two has no line guards "bug.patch"'),
    ([BUG, LEAK_ONE], "no row for leak with irq.storm"),
    ([BUG, LEAK, LEAK_TWO.replace("irq.storm", "irq.lost")], "leak: irq.lost, and a/one says dma.leaked, irq.storm"),
    ([BUG, LEAK, f"| `other` | w | {ONE} | patch `bog` | `irq.lost` |"], 'a/one has no line guards "bog.patch"'),
    ([BUG, LEAK, "| `x` | w | [a/four](../scenarios/a/four.scn) | scenario | – |"], "there is no scenario a/four"),
    ([BUG, LEAK, "| `x` | w | [a/two](../scenarios/a/one.scn) | scenario | – |"], "the link of a/two leads to"),
    ([BUG, LEAK, "| `x` | w | a/two | scenario | – |"], "x: no scenario"),
    ([BUG, LEAK, f"| `x` | w | {TWO} | magic | – |"], "magic is no way to make it"),
    ([BUG, LEAK, f"| `x` | w | {TWO} | fault | – |"], "fault is no way to make it"),
    ([BUG, LEAK, f"| `x` | w | {TWO} | fault `inject vq hold` | – |"], "a/two has no inject vq hold"),
    ([BUG, LEAK, f"| `x` | w | {TWO} | scenario | `irq.lots` |"], "irq.lots is neither a cause nor a check"),
    ([BUG, LEAK, f"| `x` | w | {TWO} | scenario | `irq.lost` |"], "nor docs/confusion.md names irq.lost"),
    ([BUG, LEAK, f"| `x` | w | {ONE} | scenario | `irq.lost` |"], "nor docs/confusion.md names irq.lost"),
    ([BUG, LEAK, f"| `x` | {TWO} | scenario | – |"], "4 cells, not 5"),
]


def self_test():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="check_catalogue-") as folder:
        root = Path(folder)
        for name, text in SELF_TEST_TREE.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        for rows, expected in [*(([BUG, LEAK, *good], None) for good in SELF_TEST_GOOD), *SELF_TEST_BAD]:
            (root / PAGE).write_text("\n".join(["| id | what | scenario | how | named |", "|---|---|---|---|---|", *rows, ""]))
            found = Catalogue(root).check()
            right = not found if expected is None else any(expected in finding for finding in found)
            if not right:
                print(f"self-test: {rows}\n  expected: {expected}\n  found:    {found}")
                failed += 1
    print(f"{len(SELF_TEST_GOOD)} good and {len(SELF_TEST_BAD)} wrong pages, {failed} misjudged")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    findings = Catalogue(arguments.root).check()
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
