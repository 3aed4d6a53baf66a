#!/usr/bin/env python3
"""context.py - the context switch of an architecture that is not this machine's

    context.py --source ROOT --scratch DIR ARCH

Cross-compiles emu/cpu-stub/context_ARCH.S with context_check.c and runs the program under QEMU's emulator of user
programs. Then once more for each line of the assembly that is dropped below: the program must notice, or its checks
would be worth nothing. What is missing on this machine is named.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ARCHITECTURES = {
    "aarch64": {
        "compiler": "aarch64-linux-gnu-gcc",
        "emulator": "qemu-aarch64",
        "packages": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user",
        "needed_lines": [
            "RESTORE_PAIR x19, x20, 0",
            "RESTORE_PAIR x27, x28, 64",
            "RESTORE_PAIR d8, d9, 96",
            "RESTORE_PAIR d14, d15, 144",
            "SAVE_PAIR d10, d11, 112",
            "mov\tx1, x3",
            "and\tx0, x0, #-16",
            ".cfi_def_cfa_register x29",
            ".cfi_undefined x30",
        ],
    },
}


def build_and_run(tools, source, scratch, assembly):
    """The exit status and the output of the check, or those of the compiler when it fails."""
    program = scratch / "context_check"
    here = Path(__file__).resolve().parent
    compile_words = [
        tools["compiler"], "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-static", "-funwind-tables", "-I", source,
        here / "context_check.c", here / f"context_check_{tools['name']}.S", assembly, "-o", program,
    ]
    for words in (compile_words, [tools["emulator"], program]):
        result = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, timeout=120, check=False)
        if result.returncode != 0:
            break
    return result.returncode, result.stdout, words is compile_words


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True, help="the project's folder")
    parser.add_argument("--scratch", type=Path, required=True, help="a folder for what is built")
    parser.add_argument("architecture", choices=sorted(ARCHITECTURES))
    arguments = parser.parse_args()
    tools = dict(ARCHITECTURES[arguments.architecture], name=arguments.architecture)
    for tool in (tools["compiler"], tools["emulator"]):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is missing; install it (Debian: apt-get install {tools['packages']})")
    arguments.scratch.mkdir(parents=True, exist_ok=True)

    assembly = arguments.source / "emu/cpu-stub" / f"context_{tools['name']}.S"
    status, output, _ = build_and_run(tools, arguments.source, arguments.scratch, assembly)
    print(output, end="")
    if status != 0:
        sys.exit(f"FAILED: {assembly} (status {status})")

    text = assembly.read_text()
    failures = 0
    for line in tools["needed_lines"]:
        if text.count(f"\t{line}\n") != 1:
            sys.exit(f"{assembly}: `{line}` should be there once; mend the list in {Path(__file__).name}")
        mutant = arguments.scratch / "mutant.S"
        mutant.write_text(text.replace(f"\t{line}\n", "", 1))
        status, output, uncompiled = build_and_run(tools, arguments.source, arguments.scratch, mutant)
        if status == 0 or uncompiled:
            print(f"FAILED: without `{line}` the check must fail, and it says:\n{output}")
            failures += 1
    if failures:
        sys.exit(1)
    print(f"{len(tools['needed_lines'])} mutants found")


if __name__ == "__main__":
    main()
