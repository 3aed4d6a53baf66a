"""support.py - what the end-to-end tests share

A test program takes the paths of what it tests, checks many things, prints each that does not hold with what it saw,
and ends with status 1 if there was any. Nothing here knows a scenario.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIMEOUT_S = 300  # nothing may hang: a run that takes longer has failed

# What a crash looks like, whatever the exit status.
CRASH_SIGNS = re.compile(
    r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:|Assertion|assertion failed"
    r"|please report this|core dumped|Segmentation fault"
)


class Run:
    """One run of a program: exit status and output, as text that may hold any bytes."""

    def __init__(self, words, result):
        self.words = [str(word) for word in words]
        self.status = result.returncode
        self.stdout = result.stdout.decode("utf-8", "surrogateescape")
        self.stderr = result.stderr.decode("utf-8", "surrogateescape")

    @property
    def output(self):
        return self.stdout + self.stderr

    def describe(self):
        text = f"$ {' '.join(self.words)}\n[exit status {self.status}]\n{self.output}"
        lines = text.rstrip().splitlines()
        if len(lines) > 60:
            lines[40:-15] = ["…"]
        return "\n".join("    " + line[:400] for line in lines).encode("utf-8", "replace").decode()


class Bench:
    """The program under test, and a checklist."""

    def __init__(self, name, description, more_arguments=()):
        parser = argparse.ArgumentParser(prog=name, description=description)
        parser.add_argument("--ringside", type=Path, required=True, help="the program under test")
        parser.add_argument("--source", type=Path, required=True, help="the project's folder")
        parser.add_argument("--build", type=Path, required=True, help="the build's folder")
        for option, text in more_arguments:
            parser.add_argument(option, required=True, help=text)
        self.arguments = parser.parse_args()
        self.name = name
        self.program = self.arguments.ringside.resolve()
        self.source = self.arguments.source.resolve()
        self.build = self.arguments.build.resolve()
        self.scenarios = self.source / "scenarios"
        self.checked = 0
        self.failures = 0
        self.scratch = Path(tempfile.mkdtemp(prefix=f"{name}-"))

    def run(self, *words, cwd=None, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, before=()):
        """Runs ringside with these arguments; `before` are words in front, such as setarch."""
        command = [*before, self.program, *words]
        return self.execute(command, cwd=cwd, env=env, stdin=stdin, stdout=stdout)

    def execute(self, command, cwd=None, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE):
        try:
            result = subprocess.run(
                [str(word) for word in command],
                cwd=cwd or self.scratch,
                env=env,
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.PIPE,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            result = subprocess.CompletedProcess(command, "none: it did not end", expired.stdout, expired.stderr)
        result.stdout = result.stdout or b""
        result.stderr = result.stderr or b""
        return Run(command, result)

    @staticmethod
    def together(function, items):
        """The results for all items, in their order, computed side by side."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(function, items))

    def check(self, holds, what, run=None):
        """Notes a failure unless it holds; returns whether it does."""
        self.checked += 1
        if not holds:
            self.failures += 1
            print(f"FAILED: {what}")
            if run is not None:
                print(run.describe())
        return bool(holds)

    def check_no_crash(self, run, what):
        return self.check(
            run.status in (0, 1, 2, 3, 4, 77) and not CRASH_SIGNS.search(run.output),
            f"{what}: this must never look like a crash",
            run,
        )

    def write(self, name, content):
        """A file in the scratch folder, of text or bytes; gives its path."""
        path = self.scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    def folder(self, name):
        path = self.scratch / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def done(self):
        """Ends the program. The scratch folder stays when something failed."""
        if self.failures:
            print(f"{self.name}: {self.failures} of {self.checked} checks failed; files are in {self.scratch}")
            sys.exit(1)
        shutil.rmtree(self.scratch)
        if self.checked == 0:
            print(f"{self.name}: nothing was checked")
            sys.exit(1)
        print(f"{self.name}: {self.checked} checks")
        sys.exit(0)


def files_below(folder):
    """Relative path -> path, of all files below a folder, sorted."""
    found = {}
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in files:
            path = Path(root) / name
            found[path.relative_to(folder).as_posix()] = path
    return dict(sorted(found.items()))


def first_difference(a, b):
    """Where two files differ, for a message, or None when they are the same bytes."""
    left, right = a.read_bytes(), b.read_bytes()
    if left == right:
        return None
    offset = next((i for i, (x, y) in enumerate(zip(left, right)) if x != y), min(len(left), len(right)))
    text = f"first difference at byte {offset} (sizes {len(left)} and {len(right)})"
    if a.suffix == ".events":
        line = left[:offset].count(b"\n")
        rows = [data.split(b"\n") for data in (left, right)]
        shown = [row[line].decode("utf-8", "replace") if line < len(row) else "(end)" for row in rows]
        text += f", line {line + 1}:\n      {shown[0]}\n      {shown[1]}"
    return text


def compare_folders(a, b):
    """Differences between all files of two folders, as lines; empty when they are the same bytes."""
    left, right = files_below(a), files_below(b)
    differences = [f"{name} is missing in {b}" for name in left if name not in right]
    differences += [f"{name} is missing in {a}" for name in right if name not in left]
    for name in left:
        if name in right:
            difference = first_difference(left[name], right[name])
            if difference is not None:
                differences.append(f"{name}: {difference}")
    return differences
