#!/usr/bin/env python3
"""bugs.py - the patches that put bugs back into guests

    bugs.py apply --root DIR --into DIR [--failed FILE] PATCH copies what the patch changes, and patches the copies
    bugs.py check --failed FILE [--into FILE …] PATCH         whether it did apply, and whether a scenario guards it
    bugs.py reach --into FILE --headers DIR… --sources FILE… -- PATCH
                                                              which of the sources include a header that the patch changes
    bugs.py rebase [--root DIR] [PATCH…]                      renews patches after a change of the sources

`apply` is strict: lines may have moved, no context may have changed. A patch that does not apply does not end a build: the
copies are then the sources as they are, and FILE says why. Without FILE it is said on stderr, with exit status 1, which ends the
build. `rebase` is not strict: it lets context differ, a little at first, and writes the patch anew, with the text in front of its
first hunk: look at what it did. Patches that it cannot place are listed, left alone, and give exit status 1.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Where patches are kept: bugs that scenarios guard against, and defects that fuzz targets and the comparison with Linux find.
KEPT = (
    "scenarios/*/*.patch",
    "tests/long/*.patch",
    "tests/fuzz/planted/*.patch",
    "tests/differential/planted/*.patch",
)

# What a renewal may overlook, the least first: changed context at the edges of a hunk, then all of it and white space.
REBASE_OPTIONS = (["--fuzz=1"], ["--fuzz=3", "--ignore-whitespace"])


def touched(patch):
    """The files that a patch changes, below its root."""
    return re.findall(r"^\+\+\+ b/(\S+)", patch.read_text(), re.M)


def preamble(patch):
    """The text in front of the first hunk."""
    return re.split(r"^(?=diff |--- a/)", patch.read_text(), maxsplit=1, flags=re.M)[0]


def copy(files, source, target):
    for name in files:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, path)


def run_patch(patch, folder, *options):
    """What patch says, or None where it applied everything."""
    command = ["patch", "--batch", "--forward", "-p1", "--no-backup-if-mismatch", "--reject-file=-", *options]
    try:
        with patch.open("rb") as text:
            result = subprocess.run(
                command, cwd=folder, stdin=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
            )
    except OSError as error:
        return f"cannot run patch: {error.strerror}"
    return None if result.returncode == 0 else result.stdout.decode("utf-8", "replace")


def first_failure(said):
    """The line of patch's output that says what went wrong, with the file that it was about."""
    name = ""
    for line in said.splitlines():
        file = re.match(r"(?:patching|checking) file '?(.+?)'?$", line)
        name = file.group(1) if file else name
        if re.search(r"FAILED|malformed|Reversed|can't find|cannot", line):
            return f"{name}: {line}" if name else line
    return (said.splitlines() or ["patch failed"])[-1]


def apply(arguments):
    patch, into = arguments.patches[0].resolve(), arguments.into
    files = touched(patch)
    copy(files, arguments.root, into)
    said = run_patch(patch, into, "--fuzz=0")
    failure = ""
    if said is not None:
        failure = f"{patch.name}: does not apply: {first_failure(said)}; renew the patch with ./dev rebase-bugs\n"
    if arguments.failed is None:
        sys.stderr.write(failure)
        return 1 if failure else 0
    arguments.failed.parent.mkdir(parents=True, exist_ok=True)
    if not failure:
        arguments.failed.unlink(missing_ok=True)
    else:
        copy(files, arguments.root, into)
        arguments.failed.write_text(failure)
    return 0


def included(path):
    """The names, without folders, of what a file includes."""
    return set(re.findall(r'^\s*#\s*include\s*[<"](?:[^>"]*/)?([^/>"]+)[>"]', path.read_text("utf-8", "replace"), re.M))


def reached(patch, folders, sources):
    """The sources that include a patched header, at once or by way of others. Headers of one name are taken for one."""
    headers = {path: included(path) for folder in folders for path in folder.rglob("*.h")}
    names, known = {Path(file).name for file in touched(patch) if not file.endswith(".c")}, set()
    while names != known:
        known = set(names)
        names |= {path.name for path, its in headers.items() if its & known}
    return [path for path in sources if not path.is_file() or included(path) & names]


def reach(arguments):
    found = reached(arguments.patches[0], arguments.headers, arguments.sources)
    arguments.into.parent.mkdir(parents=True, exist_ok=True)
    arguments.into.write_text(";".join(map(str, found)))
    return 0


def is_guarded(patch):
    guards = re.compile(rf'^\s*guards\s+"?{re.escape(patch.name)}"?\s', re.M)
    return any(guards.search(path.read_text("utf-8", "replace")) for path in patch.parent.glob("*.scn"))


def check(arguments):
    patch, status = arguments.patches[0], 0
    if arguments.failed.exists():
        print(arguments.failed.read_text(), end="")
        status = 1
    if not is_guarded(patch):
        print(f'{patch.name}: no scenario beside it has a line: guards "{patch.name}" cause …')
        status = 1
    if arguments.into is not None:  # the same arguments as of `reach`, later
        found = ";".join(map(str, reached(patch, arguments.headers, arguments.sources)))
        if found != arguments.into.read_text():
            print(f"{patch.name}: other sources than before include what it changes; configure the build again")
            status = 1
    return status


def difference(files, before, after):
    """The patch from one tree to another, in the order of the files, without dates."""
    text = ""
    for name in files:
        labels = ["--label", f"a/{name}", "--label", f"b/{name}"]
        result = subprocess.run(
            ["diff", "-u", *labels, before / name, after / name], stdout=subprocess.PIPE, check=False
        )
        text += result.stdout.decode()
    return text


def rebase_one(patch, root):
    """What came of a patch: "fits", "renewed", or why it needs hands."""
    if not patch.is_file():
        return "there is no such patch"
    files = touched(patch)
    missing = [name for name in files if not (root / name).exists()]
    if not files or missing:
        return "no such file: " + ", ".join(missing) if missing else "changes no file"
    with tempfile.TemporaryDirectory(prefix="bugs-") as scratch:
        after = Path(scratch)
        for options in REBASE_OPTIONS:
            copy(files, root, after)
            said = run_patch(patch, after, *options)
            if said is None:
                break
        else:
            return first_failure(said)
        renewed = preamble(patch) + difference(files, root, after)
        if renewed == patch.read_text():
            return "fits"
        patch.write_text(renewed)
        return "renewed"


def rebase(arguments):
    root = arguments.root.resolve()
    kept = {path.resolve() for folder in KEPT for path in root.glob(folder)}  # a link is the patch that it leads to
    patches = [path.resolve() for path in arguments.patches] or sorted(kept)
    hands = 0
    for patch in patches:
        outcome = rebase_one(patch, root)
        hands += outcome not in ("fits", "renewed")
        label = outcome if outcome in ("fits", "renewed") else f"needs hands: {outcome}"
        print(f"{patch.relative_to(root) if patch.is_relative_to(root) else patch}: {label}")
    print(f"{len(patches)} patches, {hands} of them need hands")
    return 1 if hands else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["apply", "check", "reach", "rebase"])
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that the patches' paths are below")
    parser.add_argument("--into", type=Path, help="where the patched copies go")
    parser.add_argument("--failed", type=Path, help="the file that says why a patch does not apply")
    parser.add_argument("--headers", type=Path, nargs="+", default=[], help="folders with all headers of the guest")
    parser.add_argument("--sources", type=Path, nargs="+", default=[], help="what it is made of")
    parser.add_argument("patches", type=Path, nargs="*")
    arguments = parser.parse_intermixed_args()
    return {"apply": apply, "check": check, "reach": reach, "rebase": rebase}[arguments.command](arguments)


if __name__ == "__main__":
    sys.exit(main())
