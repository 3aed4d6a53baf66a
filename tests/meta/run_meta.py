#!/usr/bin/env python3
"""run_meta.py - runs scenarios whose outcome is written beside them, most of them a failure

    run_meta.py --ringside PROGRAM --guests FOLDER SCENARIOS

Beside each NAME.scn stands NAME.expect. Its first line is the exit status, `exit 1`; each further line is a text that
the output must have, in this order, each in a line of its own; `…` stands for anything in between. A line `! TEXT` is a
text that the output must not have anywhere; a line `--OPTION VALUE` is an option of the run; lines that begin with #
are comments.

The scenarios are run from a copy, beside which `guests` are the guests of this folder: `guest ./guests/bare.so`.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIMEOUT_S = 60
CPU_S = 1  # of host time for a test; what never ends is ended by this

CRASH_SIGNS = re.compile(r"Sanitizer|runtime error:|ssertion|please report this")


def is_in(text, line):
    """Whether the parts of a text that … separates stand in a line, in their order."""
    position = 0
    for part in text.split("…"):
        found = line.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return True


class Expectation:
    """What a .expect file says."""

    def __init__(self, text):
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        match = re.fullmatch(r"exit (\d+)", lines[0] if lines else "")
        if not match:
            raise ValueError("the first line is 'exit STATUS'")
        self.status = int(match.group(1))
        self.options = [word for line in lines[1:] if line.startswith("--") for word in line.split()]
        self.absent = [line[2:] for line in lines[1:] if line.startswith("! ")]
        self.present = [line for line in lines[1:] if not line.startswith(("! ", "--"))]

    def findings(self, status, output):
        """What is not as expected; empty when all is."""
        found = [] if status == self.status else [f"exit status {status}, expected {self.status}"]
        lines = output.splitlines()
        position = 0
        for text in self.present:
            place = next((i for i in range(position, len(lines)) if is_in(text, lines[i])), None)
            if place is None:
                where = f" after line {position}" if any(is_in(text, line) for line in lines) else ""
                found.append(f"missing in the output{where}: {text}")
            else:
                position = place + 1
        found += [f"unexpected in the output: {text}" for text in self.absent if text in output]
        if CRASH_SIGNS.search(output):
            found.append("the output looks like a crash of ringside itself")
        return found


def limit_cpu():
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, hard))


def run(program, scenario, options):
    """Exit status and output of one run."""
    command = [program, "run", "--color=never", *options, scenario.name]
    try:
        result = subprocess.run(
            [str(word) for word in command],
            cwd=scenario.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S,
            check=False,
            preexec_fn=limit_cpu,
        )
    except subprocess.TimeoutExpired as expired:
        return "none: it did not end", (expired.stdout or b"").decode("utf-8", "replace")
    return result.returncode, result.stdout.decode("utf-8", "replace")


def check_scenario(program, scenario):
    """Runs it twice; gives the findings and the output to show with them."""
    expectation = Expectation(scenario.with_suffix(".expect").read_text())
    status, output = run(program, scenario, expectation.options)
    found = expectation.findings(status, output)
    again_status, again_output = run(program, scenario, expectation.options)
    if (again_status, again_output) != (status, output):
        found.append("a second run gave another output:\n" + again_output)
    return found, output


def check_the_checker():
    """An expectation that cannot fail proves nothing."""
    expectation = Expectation("exit 1\n# comment\n--seed 3\nfirst\nsecond\n! third\n")
    output = "a first line\nthe second\n"
    assert expectation.options == ["--seed", "3"]
    assert not expectation.findings(1, output)
    assert expectation.findings(0, output)
    assert expectation.findings(1, "the second\na first line\n")
    assert expectation.findings(1, "a first and second line\n")
    assert expectation.findings(1, output + "third\n")
    assert expectation.findings(1, output + "AddressSanitizer: x\n")
    assert is_in("a … c", "a b c") and not is_in("c…a", "a b c")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ringside", type=Path, required=True, help="the program under test")
    parser.add_argument("--guests", type=Path, required=True, help="the folder with the guests for these scenarios")
    parser.add_argument("scenarios", type=Path, help="a folder of NAME.scn and NAME.expect")
    arguments = parser.parse_args()
    check_the_checker()

    failures = 0
    with tempfile.TemporaryDirectory(prefix="meta-") as scratch:
        folder = Path(scratch) / arguments.scenarios.resolve().name
        shutil.copytree(arguments.scenarios, folder)
        (folder / "guests").symlink_to(arguments.guests.resolve())
        scenarios = sorted(folder.glob("*.scn"))
        for path in sorted(folder.glob("*.expect")):
            if path.with_suffix(".scn") not in scenarios:
                print(f"FAILED: {path.name} has no scenario")
                failures += 1
        program = arguments.ringside.resolve()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda scenario: check_scenario(program, scenario), scenarios))
    for scenario, (found, output) in zip(scenarios, results):
        if found:
            failures += 1
            print(f"FAILED: {arguments.scenarios / scenario.name}")
            for text in found:
                print(f"    {text}")
            print("  its output was:\n" + "".join(f"    {line}\n" for line in output.splitlines()), end="")
    print(f"{arguments.scenarios.name}: {len(scenarios)} scenarios, {failures} failures")
    return 1 if failures or not scenarios else 0


if __name__ == "__main__":
    sys.exit(main())
