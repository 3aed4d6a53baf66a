#!/usr/bin/env python3
"""faces.py - the same scenarios on both faces of the reference guest: docs/faces.md

    faces.py --ringside PROGRAM [--check]

The scenarios of SUBJECTS and of tests/faces that say `face=posix` run as they are, and with `face=schemes` in its place. A row of
the table is a scenario: the verdicts of its tests on either face, and whether the wires agree. They do when the same frames pass
in the same order, whatever their times. What is drawn at random may differ: ports above 32767, the numbers that sequences begin
with, identifiers of IP, ICMP and DNS; and what depends on these, or on the time: checksums, bytes of datagrams and of echo
requests.

Each difference has its reason in REASONS. Without --check the page is written. With it, the exit status is 1 when the page differs.
In both cases it is 1 when a difference has no reason, or a reason no difference. Standard library only.
"""

import argparse
import shutil
import struct
import sys
import tempfile
from collections import Counter
from pathlib import Path

from runs import is_live, run, without_guards

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/faces.md"
# What is not here is about the boot and its memory, about rules that checkers hold, or of one face alone.
SUBJECTS = ("arp", "dhcp", "dns", "faults", "http", "icmp", "irq", "matrix", "pci", "route", "smp", "sockets", "tcp", "timer")
SUBJECTS += ("udp", "virtio-net", "wire")
FACES = ("posix", "schemes")
SAME, ORDER, OTHER = "same", "same frames, another order", "other frames"

REASONS = {
    "The scenario names system calls of sockets. On the other face connecting, and sending and receiving with an address, are"
    " reads and writes of files.": (
        "arp/gives-up",
        "matrix/nobody-answers",
        "smp/tick-in-call",
        "tcp/empty-reply",
        "tcp/syn-ack-after-70ms",
    ),
    "How much one segment carries or acknowledges depends on when a program reads and writes; through a daemon that is later.": (
        "dns/many-addresses",
        "dns/truncated",
        "http/ten-megabytes",
        "http/wget",
        "sockets/full-buffers",
        "sockets/messages",
        "tcp/bad-link",
        "tcp/bulk",
        "tcp/half-close",
        "tcp/loss-one-way",
        "tcp/lossy-link",
        "tcp/partition",
        "tcp/zero-window",
        "wire/segments-of-a-host",
    ),
    "`tx` and `ring-start` are options of the kernel's driver task. The daemon has its own, in /etc/pcid.conf, and waits for no"
    " transmission unless it is told so; where rings begin it cannot be told.": (
        "faults/irq-tx-lost",
        "matrix/indices-wrap",
    ),
    "`ifconfig eth0 down` switches off the kernel's card. On the other face it is the network daemon's interface, and the card goes on:"
    " it belongs to its driver's daemon, and is begun anew by the next one.": (
        "irq/released",
        "matrix/restart",
        "virtio-net/restart",
        "virtio-net/ring-broken",
    ),
    "A handler of the kernel takes an interrupt from the device, and then it is ended. A daemon takes it later: the kernel ends it"
    " before, and masks it until then.": ("irq/status-acknowledged",),
    "The scheme of a card has its frames and its address. That there is no cable is known to the daemon that serves it, and to nobody"
    " else.": ("virtio-net/link-status",),
    "Which of two frames is the first depends on how long a program, or a daemon, takes in between.": (
        "matrix/both-queues",
        "matrix/slow-card",
        "smp/senders-wait",
        "smp/two-at-once",
        "timer/tick-rearmed",
        "virtio-net/unhandled-el1-exception",
        "virtio-net/used-length-too-long",
        "virtio-net/used-length-too-short",
    ),
}

HEADER = """\
# The same scenarios on both faces

Made by `./dev faces` from runs; the test `e2e.faces` compares. Each scenario runs as it
is, with `face=posix`, and again with `face=schemes`: programs, what the scenario does to the machine, and what it expects are the
same. The wires agree when the same frames pass in the same order; times may differ, and so may what is drawn at random: ports,
first sequence numbers, identifiers.

"""


# ---- the wire ---------------------------------------------------------------------------------------


def frames(capture):
    data = capture.read_bytes()
    at = 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16 : at + 16 + length]
        at += 16 + length


def port(number):
    return number if number < 32768 else "any"


def tcp_shape(addresses, segment, firsts):
    source, destination, sequence, acknowledged, flags, window = struct.unpack_from(">HHIIHH", segment)
    here, there = (addresses, source, destination), (addresses[4:] + addresses[:4], destination, source)
    if flags & 2:  # each connection counts from its own SYN
        firsts[here] = sequence
    own = (sequence - firsts.setdefault(here, sequence)) & 0xFFFFFFFF
    others = (acknowledged - firsts.get(there, acknowledged)) & 0xFFFFFFFF if flags & 16 else 0
    return port(source), port(destination), flags, own, others, window, segment[(flags >> 12) * 4 :]


def shape(frame, firsts):
    """What two runs have to agree in. `firsts` are the first sequence numbers of the run."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00":
        return frame
    size, fragment = struct.unpack_from(">H", frame, 16)[0], struct.unpack_from(">H", frame, 20)[0]
    inner = frame[14 + (frame[14] & 15) * 4 : 14 + size]
    addresses, protocol = frame[26:34], frame[23]
    head = (frame[:18], fragment, frame[22:24], addresses)
    if fragment & 0x1FFF == 0:
        if protocol == 1:
            return (*head, inner[:2], len(inner))
        if protocol == 17 and len(inner) >= 8:
            return (*head, *map(port, struct.unpack_from(">HH", inner)), len(inner))
        if protocol == 6 and len(inner) >= 20:
            return (*head, *tcp_shape(addresses, inner, firsts))
    return (*head, len(inner))


def shapes(capture):
    firsts = {}
    return [shape(frame, firsts) for frame in frames(capture)]


def compare(one, other):
    if one == other:
        return SAME
    return ORDER if Counter(one) == Counter(other) else OTHER


# ---- runs -------------------------------------------------------------------------------------------


def prepare(folder, face):
    """All scenarios with this face, without their guards."""
    for path in [*(ROOT / "tests/faces").glob("*.scn"), *(ROOT / "scenarios").rglob("*")]:
        base = ROOT / ("tests" if path.is_relative_to(ROOT / "tests") else "scenarios")
        place = path.relative_to(base)
        if path.is_dir() or place.parts[0] not in (*SUBJECTS, "faces") or path.suffix == ".patch":
            continue
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".scn":
            shutil.copy(path, folder / place)
            continue
        text = path.read_text()
        if "face=posix" in text and not is_live(text):
            (folder / place).write_text("\n".join(without_guards(text)).replace("face=posix", f"face={face}") + "\n")


def run_face(program, scratch, face):
    """The tests of a face, by name."""
    prepare(scratch / face, face)
    return run(program, scratch / face, "--pcap", f"{scratch / face}.wire/", ".")


# ---- the page ---------------------------------------------------------------------------------------


class Row:
    """A scenario: its tests on both faces, and how their wires compare."""

    def __init__(self, name):
        self.name = name
        self.verdicts = {face: Counter() for face in FACES}
        self.wires = Counter()

    def add(self, tests, wire):
        for face, test in tests.items():
            cause = f": {test['cause']}" if test["cause"] else ""
            self.verdicts[face][f"{test['verdict']}{cause}"] += 1
        self.wires[wire] += 1

    @staticmethod
    def cell(counts):
        if sum(counts.values()) == 1:
            return next(iter(counts))
        return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))

    def differs(self):
        return self.verdicts[FACES[0]] != self.verdicts[FACES[1]] or set(self.wires) != {SAME}

    def line(self, notes):
        cells = [self.cell(self.verdicts[face]) for face in FACES] + [self.cell(self.wires)]
        return f"| {self.name} | " + " | ".join(cells) + f" | {notes.get(self.name, '')} |"


def rows_of(tests, scratch):
    rows = {}
    for name in sorted(tests[FACES[0]].keys() & tests[FACES[1]].keys()):
        captures = [shapes(scratch / f"{face}.wire" / f"{name}.pcap") for face in FACES]
        row = rows.setdefault(name.split("[")[0], Row(name.split("[")[0]))
        row.add({face: tests[face][name] for face in FACES}, compare(*captures))
    return list(rows.values())


def findings_of(rows, reasons):
    given = Counter(name for names in reasons.values() for name in names)
    differing = {row.name for row in rows if row.differs()}
    findings = [f"{name}: the faces differ, and tools/faces.py has no reason" for name in sorted(differing - set(given))]
    findings += [f"{name}: has a reason, but no difference" for name in sorted(set(given) - differing)]
    return findings + [f"{name}: has two reasons" for name, count in given.items() if count > 1]


def page(rows, reasons):
    notes = {name: f"[{i}]" for i, names in enumerate(reasons.values(), 1) for name in names}
    alike = sum(not row.differs() for row in rows)
    lines = [f"Of {len(rows)} scenarios {alike} are alike in verdict, cause and wire. The others differ for these reasons:", ""]
    lines += [f"{i}. {reason}" for i, reason in enumerate(reasons, 1)]
    lines += ["", "| scenario | face=posix | face=schemes | wire | reason |", "|---|---|---|---|---|"]
    return HEADER + "\n".join(lines + [row.line(notes) for row in rows]) + "\n"


def self_check():
    """A comparison that cannot fail proves nothing."""

    def segment(first, sent, flags, data=b""):
        ip = struct.pack(">BBHHHBBH8s", 0x45, 0, 40 + len(data), first & 0xFF, 0, 64, 6, 0, bytes(8))
        return bytes(12) + b"\x08\x00" + ip + struct.pack(">HHIIHHHH", 80, 90, first + sent, 0, flags, 9, 0, 0) + data

    def stream(first, data):
        firsts = {}
        return [shape(frame, firsts) for frame in (segment(first, 0, 0x5002), segment(first, 1, 0x5008, data))]

    assert compare(stream(5, b"x"), stream(99, b"x")) == SAME
    assert compare(stream(5, b"x"), stream(5, b"y")) == OTHER
    assert compare(stream(5, b"x"), stream(5, b"x")[::-1]) == ORDER
    passed, stuck = {"verdict": "passed", "cause": None}, {"verdict": "stuck", "cause": "irq.lost"}
    for schemes, wire, differs in ((passed, SAME, False), (stuck, SAME, True), (passed, ORDER, True)):
        row = Row("x")
        row.add({"posix": passed, "schemes": schemes}, wire)
        assert row.differs() == differs
        assert bool(findings_of([row], {})) == differs
        assert bool(findings_of([row], {"why": ("x",)})) != differs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ringside", type=Path, required=True, help="the program")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    arguments = parser.parse_args()
    self_check()
    with tempfile.TemporaryDirectory(prefix="faces-") as scratch:
        tests = {face: run_face(arguments.ringside.resolve(), Path(scratch), face) for face in FACES}
        rows = rows_of(tests, Path(scratch))
    findings = [f"{name}: ran on one face only" for name in sorted(tests[FACES[0]].keys() ^ tests[FACES[1]].keys())]
    findings += findings_of(rows, REASONS)
    text = page(rows, REASONS)
    if not arguments.check:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        findings.append(f"docs/faces.md is not what the runs say; {Path(__file__).name} writes it anew")
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ValueError, KeyError, OSError) as error:
        sys.exit(f"faces.py: {error}")
