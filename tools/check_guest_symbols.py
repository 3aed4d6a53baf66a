#!/usr/bin/env python3
"""Checks the fence around a guest's image.

usage: check_guest_symbols.py [--nm NM] [--readelf READELF] [--base ADDRESS] IMAGE.so

A guest needs nothing but hal.h and probe.h, exports nothing but ringside_guest, needs no other library and no
constructors, and is linked to its place in guest RAM. Prints what is wrong, a line a finding, and exits with 1;
exits with 2 when the image cannot be examined.
"""

import argparse
import re
import subprocess
import sys

ALLOWED = re.compile(r"(hal|probe)_[a-z0-9_]+|ringside_ticks?")
EXPORT = "ringside_guest"


def run(*command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except OSError as error:
        sys.exit(fail(f"cannot run {command[0]}: {error.strerror}"))
    except subprocess.CalledProcessError as error:
        sys.exit(fail(error.stderr.strip()))


def fail(message):
    print(f"check_guest_symbols: {message}", file=sys.stderr)
    return 2


def names(listing):
    """The symbol of each line of nm -P, without a version."""
    return [line.split()[0].split("@")[0] for line in listing.splitlines() if line.strip()]


def check_symbols(nm, image):
    for name in names(run(nm, "-P", "-D", "--undefined-only", image)):
        if not ALLOWED.fullmatch(name):
            yield f"needs {name}, which neither hal.h nor probe.h declares"
    defined = names(run(nm, "-P", "-D", "--defined-only", image))
    if EXPORT not in defined:
        yield f"does not export {EXPORT}"
    for name in defined:
        if name != EXPORT:
            yield f"exports {name}"


def check_segments(readelf, image, base):
    loads = [line.split() for line in run(readelf, "-lW", image).splitlines()]
    addresses = [int(words[2], 16) for words in loads if words and words[0] == "LOAD"]
    if not addresses or min(addresses) != base:
        found = f"{min(addresses):#x}" if addresses else "nowhere"
        yield f"is linked to {found}, not to {base:#x}"


def check_dynamic(readelf, image):
    dynamic = run(readelf, "-dW", image)
    for library in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        yield f"needs the library {library}"
    for tag in ("INIT", "INIT_ARRAY", "FINI", "FINI_ARRAY"):
        if f"({tag})" in dynamic:
            yield f"has constructors or destructors ({tag}), which nobody calls in time"
    if "(TEXTREL)" in dynamic:
        yield "has relocations in its code; compile it with -fPIC"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--base", type=lambda text: int(text, 0), default=0x40200000)
    parser.add_argument("image")
    arguments = parser.parse_args()
    findings = [
        *check_symbols(arguments.nm, arguments.image),
        *check_segments(arguments.readelf, arguments.image, arguments.base),
        *check_dynamic(arguments.readelf, arguments.image),
    ]
    for finding in findings:
        print(f"{arguments.image}: {finding}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
