#!/usr/bin/env python3
"""style.py - the rules of HACKING.md that a program can check

    style.py [--format] [--layers] [--sizes] [--words] [--tidy BUILD_DIR]

Without a choice all but clang-tidy are checked (with --tidy: all). Each finding is one line `file:line: what`;
the exit status is 1 when there is any.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE_DIRS = ["emu", "examples", "guest", "harness", "include", "pcap", "tests"]
LINES_MAX = 900
COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70

# Who may include whom: the first path component(s) of a file -> the prefixes that its includes may start with.
# System headers (<…>) are checked for the guest only. Tests (x_test.c and mocks) may also include tests/, and in the guest the
# kernel's fakes.
LAYERS = {
    "emu/core": ["emu/core/"],
    "emu/cpu-stub": ["emu/core/", "emu/cpu-stub/", "ringside/"],
    "emu/gic-timer": ["emu/core/", "emu/gic-timer/"],
    "emu/virtio": ["emu/core/", "emu/virtio/"],
    "emu/virtio-9p": ["emu/core/", "emu/virtio/", "emu/virtio-9p/"],
    "emu/virtio-net": ["emu/core/", "emu/virtio/", "emu/virtio-net/", "emu/wire/"],
    "emu/wire": ["emu/core/", "emu/wire/"],
    "emu/board": ["emu/", "ringside/"],
    "pcap": ["pcap/"],
    "harness": ["emu/", "pcap/", "harness/", "ringside/"],
    "include/ringside": ["ringside/"],
    "guest/lib": ["lib/", "ringside/hal.h", "ringside/probe.h"],
    "guest/runtime": ["ringside/hal.h", "ringside/probe.h", "runtime/"],
    "guest/kernel": ["lib/", "kernel/", "ringside/hal.h", "ringside/probe.h"],
    "guest/drivers": ["lib/", "kernel/", "drivers/", "ringside/hal.h", "ringside/probe.h"],
    "guest/netstack": ["lib/", "kernel/", "netstack/", "ringside/hal.h", "ringside/probe.h"],
    "guest/programs": ["lib/", "kernel/syscall.h", "kernel/sockios.h", "kernel/user_call.h", "kernel/scheme_abi.h", "programs/"]
    + ["kernel/scheme_net.h", "kernel/stat.h", "kernel/dirent.h"],
    # The one place that sees all of a guest: it puts it together.
    "guest": ["lib/", "kernel/", "drivers/", "netstack/", "programs/", "ringside/", "table.h"]
    + ["net_programs_cases.h"],
    # Guests as users have them: the boundary, the runtime, and their own headers beside them.
    "examples/polling-driver": ["ringside/hal.h", "ringside/probe.h", "runtime/runtime.h", "frames.h", "registers.h"],
    # Fuzz targets and the bench reach into everything.
    "tests": ["emu/", "pcap/", "harness/", "tests/", "ringside/"]
    + ["lib/", "kernel/", "drivers/", "netstack/", "programs/"],
}
# One file of the product may include libslirp; the bench measures it by itself.
ONLY_IN = {"libslirp.h": ["emu/wire/wire_slirp.c", "tests/bench/slirp_alone.c"]}
# Tests beside the code, and what only they use.
TEST_FILE = re.compile(r"(_test|_cases|_rig|_testbed|_setup|_dialogue)\.[ch]$|/(mock|fake)_|/dialogue(_tcp)?\.|/testguest")
FREESTANDING = {"stdbool.h", "stddef.h", "stdint.h", "stdarg.h"}
# Put together, so that this list is not found by those who look for such words in the tree.
WORDS = re.compile(r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK")) + r")\b")


def sources():
    for directory in SOURCE_DIRS:
        for path in sorted((ROOT / directory).rglob("*")):
            if path.suffix in (".c", ".h", ".S") and path.is_file() and "build" not in path.relative_to(ROOT).parts:
                yield path


def relative(path):
    return path.relative_to(ROOT).as_posix()


def is_test(name):
    return TEST_FILE.search(name) is not None


def layer_of(name):
    return max((l for l in LAYERS if name.startswith(l + "/")), key=len, default=None)


def check_layers():
    for path in sources():
        name = relative(path)
        layer = layer_of(name)
        if layer is None:
            yield f"{name}:1: belongs to no layer; add it to LAYERS in tools/style.py"
            continue
        allowed = LAYERS[layer] + (["tests/", "guest/runtime/"] if is_test(name) else [])
        if is_test(name) and name.startswith("guest/"):
            allowed.append("kernel/fake_")
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            quote, target = match.groups()
            if Path(target).name in ONLY_IN and name not in ONLY_IN[Path(target).name]:
                yield f"{name}:{number}: only {ONLY_IN[Path(target).name][0]} may include <{target}>"
            if quote == '"' and not any(target.startswith(prefix) for prefix in allowed):
                yield f'{name}:{number}: {layer} may not include "{target}"'
            if quote == "<" and name.startswith("guest/") and not is_test(name) and target not in FREESTANDING:
                yield f"{name}:{number}: the guest is freestanding and may not include <{target}>"


def check_sizes():
    for path in sources():
        name = relative(path)
        lines = path.read_text().splitlines()
        if len(lines) > LINES_MAX:
            yield f"{name}:1: {len(lines)} lines, at most {LINES_MAX}: split it by idea"
        if path.suffix != ".c":
            continue
        start = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                length = number - start - 1
                if length > FUNCTION_LINES_MAX:
                    yield f"{name}:{start}: a function of {length} lines, at most {FUNCTION_LINES_MAX}"
                start = None


def check_words():
    for path in sources():
        text = path.read_text()
        name = relative(path)
        if not text.lstrip().startswith("/*"):
            yield f"{name}:1: no header comment that says what the file is"
        for number, line in enumerate(text.splitlines(), 1):
            if WORDS.search(line):
                yield f"{name}:{number}: {WORDS.search(line).group(0)} does not belong in a commit"
            if len(line) > COLUMNS_MAX and '"' not in line and "http" not in line:
                yield f"{name}:{number}: {len(line)} columns, at most {COLUMNS_MAX}"
            if line != line.rstrip() or "\t" in line and path.suffix != ".S":
                yield f"{name}:{number}: trailing blank or tab"


def check_format():
    files = [str(p) for p in sources() if p.suffix in (".c", ".h")]
    result = subprocess.run(
        ["clang-format", "--dry-run", "--Werror", *files], capture_output=True, text=True, cwd=ROOT
    )
    for line in result.stderr.splitlines():
        match = re.match(r"(.*?):(\d+):\d+: error: ", line)
        if match:
            yield f"{relative(Path(match.group(1)))}:{match.group(2)}: not formatted; run clang-format -i"
    if result.returncode != 0 and "error:" not in result.stderr:
        yield f"clang-format:1: {result.stderr.strip() or 'failed'}"


def compile_commands(build):
    """Absolute path of a source -> its compiler's arguments, without the output, and the folder to run it in."""
    commands = {}
    for entry in json.loads((Path(build) / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        if Path(words[0]).name == "ccache":
            words = words[1:]
        output = words.index("-o")
        del words[output : output + 2]
        words.remove("-c")
        commands.setdefault(entry["file"], (words, entry["directory"]))
    return commands


def tidy_key(path, commands, rules):
    """What a result depends on: the rules, the arguments, and the file with its headers and all their comments."""
    if path not in commands:
        return None
    words, directory = commands[path]
    text = subprocess.run([*words, "-E", "-C"], capture_output=True, cwd=directory)
    if text.returncode != 0:
        return None
    return hashlib.sha256(b"\0".join((rules, " ".join(words).encode(), text.stdout))).hexdigest()


def tidy_file(path, build, commands, rules):
    """The findings of clang-tidy in one file and its headers; those of an unchanged file are remembered."""
    key = tidy_key(path, commands, rules)
    known = Path(build) / "tidy-results" / (key or "")
    if key is not None and known.is_file():
        return known.read_text().splitlines()
    result = subprocess.run(["clang-tidy", "-p", build, "--quiet", path], capture_output=True, text=True, cwd=ROOT)
    lines = result.stdout.splitlines()
    findings = [l.replace(f"{ROOT}/", "") for l in lines if re.match(r".*:\d+:\d+: (warning|error):", l)]
    if result.returncode != 0 and not findings:
        return [f"{relative(Path(path))}:1: clang-tidy failed: {result.stderr.strip()}"]
    if key is not None:
        known.parent.mkdir(exist_ok=True)
        unfinished = known.with_suffix(f".{os.getpid()}")
        unfinished.write_text("".join(f"{finding}\n" for finding in findings))
        unfinished.rename(known)
    return findings


def check_tidy(build):
    files = [str(p) for p in sources() if p.suffix == ".c" and not relative(p).startswith("tests/fuzz")]
    commands = compile_commands(build)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    rules = version + (ROOT / ".clang-tidy").read_bytes()
    seen = set()  # a header's findings come once for each file that includes it
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda path: tidy_file(path, build, commands, rules), files):
            yield from (finding for finding in findings if finding not in seen)
            seen.update(findings)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for check in ("format", "layers", "sizes", "words"):
        parser.add_argument(f"--{check}", action="store_true")
    parser.add_argument("--tidy", metavar="BUILD_DIR")
    arguments = parser.parse_args()
    chosen = {
        "layers": (arguments.layers, check_layers),
        "sizes": (arguments.sizes, check_sizes),
        "words": (arguments.words, check_words),
        "format": (arguments.format, check_format),
    }
    everything = not any(wanted for wanted, _ in chosen.values())
    findings = []
    for wanted, check in chosen.values():
        if wanted or everything:
            findings += list(check())
    if arguments.tidy:
        findings += list(check_tidy(arguments.tidy))
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings" if findings else "clean", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
