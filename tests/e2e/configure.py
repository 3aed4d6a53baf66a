#!/usr/bin/env python3
"""configure.py - what only tests need is not needed to configure

`./dev run` installs less than `./dev test`: whoever only runs scenarios has neither Wireshark nor Valgrind. Here the
build is configured where such programs cannot be found.
"""

import os
import re
import sys
from pathlib import Path

from support import Bench

# The programs of the packages that dev calls test_packages, style_packages and fuzz_packages.
ABSENT = re.compile(r"(tshark|valgrind.*|gdb.*|clang.*|llvm.*|qemu-.*|aarch64-linux-gnu-.*)$")


def programs():
    """Every program by its name, as the shell would find it."""
    found = {}
    for folder in os.environ["PATH"].split(os.pathsep):
        for path in Path(folder).glob("*") if folder else ():
            if os.access(path, os.X_OK) and path.is_file():
                found.setdefault(path.name, path)
    return found


def main():
    bench = Bench("configure", __doc__.splitlines()[0])
    found = programs()
    bench.check(any(ABSENT.match(name) for name in found), "this machine has one of the programs that are hidden here")
    folder = bench.folder("programs")
    for name, path in found.items():
        if not ABSENT.match(name):
            (folder / name).symlink_to(path)
    # CMake looks into the system's folders as well, unless it is told not to.
    ignored = sorted({str(path.parent) for path in found.values()} | {"/bin", "/sbin", "/usr/bin", "/usr/sbin"})
    run = bench.execute(
        ["cmake", "-S", bench.source, "-B", bench.folder("build"), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
         f"-DCMAKE_IGNORE_PATH={';'.join(ignored)}"],
        env={**os.environ, "PATH": str(folder)},
    )
    bench.check(run.status == 0, "the build is configured without the programs of the tests", run)
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
