#!/usr/bin/env python3
"""share_same.py - file operations of the guest on a share, and of this test on a folder: the same tree, or the byte that differs

A seed gives a sequence of operations, some of which have to fail. Each is a program of the guest, and here the system
calls that it stands for, so that the host's file system says what must come of it.
"""

import os
import random
import shutil
import sys
from pathlib import Path

from support import Bench

SEEDS = range(1, 9)
OPERATIONS = 70
# Around what fits into a message of 4096 bytes, a block of the server's, and a call of the guest's.
SIZES = (0, 1, 100, 4071, 4072, 4073, 4085, 4096, 4097, 8192, 16384, 16385, 40000)
NAMES = ("a", "b", "c", "d.txt", ".e", "ä", "f-" + "g" * 60)
COMMAND_MAX = 440  # the guest's is 511, and its paths are longer
SCENARIO = """version 1
title   "the operations of seed {seed}"
param   face in posix, schemes
param   msize in 4096, 1048576
guest   reference face=$face 9p-msize=$msize
share   host "before-{seed}" msize=1M
limit   1h
wait    ready within 1s
{operations}
run     nap: "sleep 0.001" within 10ms
finally share host matches "after-{seed}"
finally share host fids == 1
finally counter host.breaches == 0
"""


def pattern(size):
    """A block of dd's."""
    return bytes((i * 7 + i // 251) & 255 for i in range(size))


class Folder:
    """A folder, what is done to it, and the same as commands of the guest with whether they succeed."""

    def __init__(self, root, seed):
        self.root = root
        self.random = random.Random(seed)
        self.commands = []
        self.kinds = set()

    # ---- choices ----

    def below(self, wanted=lambda path: True):
        found = [Path(folder) / name for folder, folders, files in os.walk(self.root) for name in folders + files]
        return sorted(path for path in found if wanted(path))

    def pick(self, wanted):
        found = self.below(wanted)
        return self.random.choice(found) if found else None

    def file(self):
        return self.pick(lambda path: path.is_file() and not path.is_symlink())

    def directory(self):
        return self.random.choice([self.root, *self.below(lambda path: path.is_dir() and not path.is_symlink())])

    def place(self):
        """A name, of something or of nothing."""
        return self.directory() / self.random.choice(NAMES)

    def thing(self):
        """Mostly of something."""
        return self.pick(lambda path: True) if self.random.random() < 0.8 else self.place()

    def file_or_nothing(self):
        """What can be written to: no link that leads nowhere, and no directory."""
        path = self.place()
        return path if path.is_file() or not os.path.lexists(path) else None

    def blocks(self):
        size = self.random.choice(SIZES)
        block = self.random.choice([block for block in (1, 100, 4073, 4096, 16384) if size // block < 200])
        return block, size // block

    # ---- doing ----

    def guest(self, path):
        return "$host/" + path.relative_to(self.root).as_posix() if path != self.root else "$host"

    def do(self, words, action):
        """The command, and what it means here; it fails there if it does here."""
        text = " ".join(self.guest(word) if isinstance(word, Path) else word for word in words)
        if len(text.encode()) > COMMAND_MAX:
            return
        try:
            action()
            fails = False
        except (OSError, shutil.Error):
            fails = True
        self.commands.append((text, fails))
        self.kinds.add((words[0], fails))

    def write(self):
        path, (block, count) = self.file_or_nothing(), self.blocks()
        if path and count:
            self.do(["dd", "of=" + self.guest(path), f"bs={block}", f"count={count}"],
                    lambda: path.write_bytes(pattern(block) * count))

    def write_at(self):
        path, (block, count), seek = self.file(), self.blocks(), self.random.randrange(40)
        if path and count:
            def action():
                with path.open("r+b") as file:
                    file.seek(seek * block)
                    file.write(pattern(block) * count)
            self.do(["dd", "of=" + self.guest(path), f"bs={block}", f"count={count}", f"seek={seek}", "conv=notrunc"],
                    action)

    def copy_part(self):
        source, target, block = self.file(), self.file(), self.random.choice((1, 7, 512, 4072, 4073, 16384))
        count, skip, seek = (self.random.randrange(8) for _ in range(3))
        if source and target and not os.path.samefile(source, target):
            def action():
                data = source.read_bytes()[skip * block :][: count * block]
                with target.open("r+b") as file:
                    file.truncate(seek * block)
                    file.seek(seek * block)
                    file.write(data)
            self.do(["dd", "if=" + self.guest(source), "of=" + self.guest(target), f"bs={block}", f"count={count}",
                     f"skip={skip}", f"seek={seek}"], action)

    def append(self):
        path, text = self.file_or_nothing(), "x" * self.random.randrange(1, 60)
        if path:
            def action():
                with path.open("ab") as file:
                    file.write(text.encode() + b"\n")
            self.do(["echo", "-a", path, text], action)

    def truncate(self):
        path, size = self.file(), self.random.choice(SIZES)
        if path:
            self.do(["truncate", "-s", str(size), path], lambda: os.truncate(path, size))

    def touch(self):
        path = self.file_or_nothing()
        if path:
            self.do(["touch", path], path.touch)

    def mkdir(self):
        path = self.place()
        self.do(["mkdir", path], path.mkdir)

    def mkdir_deep(self):
        path = self.place() / "h" / "i"
        self.do(["mkdir", "-p", path], lambda: path.mkdir(parents=True, exist_ok=True))

    def remove(self):
        path = self.thing()
        self.do(["rm", path], path.unlink)

    def remove_directory(self):
        path = self.thing()
        self.do(["rmdir", path], path.rmdir)

    def remove_tree(self):
        path = self.pick(lambda path: True)
        if path and len(self.below()) > 20:
            self.do(["rm", "-r", path], lambda: path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path))

    def move(self):
        source, target = self.thing(), self.place()
        self.do(["mv", source, target], lambda: os.rename(source, target / source.name if target.is_dir() else target))

    def symbolic(self):
        path, target = self.place(), self.random.choice(("a", "b", "../c", "d.txt", "nowhere"))
        if not path.is_dir():
            self.do(["ln", "-s", target, path], lambda: path.symlink_to(target))

    def hard(self):
        path, target = self.place(), self.file()
        if target and not path.is_dir():
            self.do(["ln", target, path], lambda: os.link(target, path))

    def copy(self):
        source, target = self.thing(), self.file_or_nothing()
        if target and not source.is_dir():
            def action():
                if target.exists() and os.path.samefile(source, target):
                    raise OSError
                is_new = not target.exists()
                shutil.copyfile(source, target)
                if is_new:
                    shutil.copymode(source, target)
            self.do(["cp", source, target], action)

    def copy_tree(self):
        source, target = self.directory(), self.directory() / f"t{len(self.commands)}"
        if source not in (self.root, *target.parents) and len(self.below()) < 150:
            self.do(["cp", "-r", source, target], lambda: shutil.copytree(source, target, symlinks=True))

    def operate(self):
        choices = (self.write, self.write, self.write_at, self.write_at, self.copy_part, self.append, self.truncate,
                   self.touch, self.mkdir, self.mkdir, self.mkdir_deep, self.remove, self.remove_directory,
                   self.remove_tree, self.move, self.move, self.move, self.symbolic, self.hard, self.copy, self.copy,
                   self.copy_tree)
        while len(self.commands) < OPERATIONS:
            self.random.choice(choices)()
        # Folders in which nothing is do not count in what is compared.
        for path in [self.root, *self.below(lambda path: path.is_dir() and not path.is_symlink())]:
            self.do(["touch", path / "here"], (path / "here").touch)


def fill(folder):
    """What there is to begin with, all of which the guest has of the host's."""
    (folder / "a").write_bytes(pattern(5000))
    (folder / "b").write_bytes(b"#!/bin/sh\n")
    (folder / "b").chmod(0o755)
    (folder / "c" / "d.txt").mkdir(parents=True)
    (folder / "c" / "a").write_bytes(pattern(4096) * 20)
    (folder / "c" / "d.txt" / "b").write_bytes(b"")
    (folder / ".e").symlink_to("c/a")


def statements(commands):
    lines = []
    for number, (command, fails) in enumerate(commands):
        if fails:
            lines += [f'start   o{number}: "{command}"', f"expect  o{number} exits 1 within 10s"]
        else:
            lines += [f'run     o{number}: "{command}" within 10s']
    return "\n".join(lines)


def prepare(bench, seed):
    """Gives the scenario and what was done."""
    os.umask(0o022)
    fill(bench.folder(f"before-{seed}"))
    after = bench.scratch / f"after-{seed}"
    shutil.copytree(bench.scratch / f"before-{seed}", after, symlinks=True)
    folder = Folder(after, seed)
    folder.operate()
    text = SCENARIO.format(seed=seed, operations=statements(folder.commands))
    return bench.write(f"seed-{seed}.scn", text), folder


def check_difference(bench, scenario, folder):
    """One byte of one file differs: file, place and both values are told."""
    path = max(folder.below(lambda path: path.is_file() and not path.is_symlink()), key=lambda path: path.stat().st_size)
    data = bytearray(path.read_bytes())
    at = len(data) // 2
    data[at] ^= 1
    path.write_bytes(data)
    run = bench.run("run", scenario)
    told = f"{path.relative_to(folder.root).as_posix()}: byte {at} is 0x{data[at] ^ 1:02x}, not 0x{data[at]:02x}"
    lines = [line.strip() for line in run.stdout.splitlines() if f"byte {at} is " in line]
    bench.check(run.status == 1 and set(lines) == {f"got:      {told}"}, f"only this is told: {told}", run)


def main():
    bench = Bench("share_same", __doc__.splitlines()[0])
    prepared = [prepare(bench, seed) for seed in SEEDS]
    for run in bench.together(lambda item: bench.run("run", item[0]), prepared):
        bench.check(run.status == 0, "the guest's tree is the host's", run)
    kinds = set().union(*(folder.kinds for _, folder in prepared))
    done = {program for program, fails in kinds if not fails}
    failed = {program for program, fails in kinds if fails}
    every = {"dd", "echo", "truncate", "touch", "mkdir", "rm", "rmdir", "mv", "ln", "cp"}
    bench.check(done == every, f"each program has succeeded: {sorted(every - done)}")
    bench.check(failed >= {"mkdir", "rm", "rmdir", "mv", "ln", "cp"}, f"and those failed: {sorted(failed)}")
    check_difference(bench, *prepared[0])
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
