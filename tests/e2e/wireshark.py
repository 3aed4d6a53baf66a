#!/usr/bin/env python3
"""wireshark.py - Wireshark reads every capture, finds nothing wrong, and sees what the event log says

A second opinion on every frame of every scenario: checksums, lengths, times. Where a scenario spoils frames by a fault,
that must be seen. Of TCP more than errors counts: segments that are lost, sent again, out of order or reset are findings,
unless the scenario does such things on purpose (PURPOSES). Then captures are damaged on purpose, and each damage must be found.
"""

import os
import re
import shutil
import struct
import sys

from support import Bench

PROTOCOLS = ("ip", "icmp", "tcp", "udp")
BAD, GOOD = "0", "1"  # of Wireshark's PROTOCOL.checksum.status
EXPERT_WARNING, EXPERT_ERROR = 0x00600000, 0x00800000

# What Wireshark says of TCP that is no rule broken, but nothing that should come by itself: (its message, the pattern of a line
# of the event log or of the scenario which shows that it is meant).
EXACT_SEGMENTS = r"^(\+\S+ +)?send "  # they are as the scenario has them
PURPOSES = (
    (r"retransmission|Duplicate ACK|[Oo]ut-[Oo]f-[Oo]rder|Previous segment|ACKed segment|keep-alive|D-SACK",
     rf" fault\.applied object=link |\bsilent\b|\bslow\b|\bdelay\b|{EXACT_SEGMENTS}"),
    (r"Connection reset", rf"(?i)\breset|fault=duplicate|\brefused|\bkill|nobody listens|closed port|{EXACT_SEGMENTS}"),
    (r"Zero Window", rf"(?i)\bwindow|{EXACT_SEGMENTS}"),
    (r"port numbers reused", rf"(?i)\bport|{EXACT_SEGMENTS}"),
)
HARMLESS = r"completely full"  # a window is there to be used

COLUMNS = [
    "frame.time_epoch",
    "frame.len",
    "frame.cap_len",
    "_ws.malformed",
    "_ws.short",
    "_ws.expert.severity",
    "_ws.expert.message",
    *(f"{protocol}.checksum.status" for protocol in PROTOCOLS),
]

FILE_HEADER_SIZE, RECORD_HEADER_SIZE = 24, 16
MAGIC_NANOSECONDS = 0xA1B23C4D
MAGIC_MICROSECONDS = 0xA1B2C3D4
ETHERTYPE_AT, IP_CHECKSUM_AT, ICMP_CHECKSUM_AT, ICMP_DATA_AT = 12, 24, 36, 50


def tshark_rows(bench, capture):
    """What tshark says about each frame: a list of {column: text}, or None."""
    words = ["tshark", "-n", "-r", capture, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]
    for protocol in ("ip", "tcp", "udp"):  # ICMP is always checked
        words += ["-o", f"{protocol}.check_checksum:TRUE"]
    for column in COLUMNS:
        words += ["-e", column]
    home = {**os.environ, "HOME": str(bench.scratch), "XDG_CONFIG_HOME": str(bench.scratch)}
    run = bench.execute(words, env=home)
    if run.status != 0:
        return None, [f"tshark cannot read it: {run.stderr.strip()}"]
    return [dict(zip(COLUMNS, line.split("\t"))) for line in run.stdout.splitlines()], []


def tcp_findings(row, severities, context):
    """What is unusual about a segment, and not meant by the scenario or its faults."""
    message = row["_ws.expert.message"]
    known = [(unusual, purpose) for unusual, purpose in PURPOSES if re.search(unusual, message)]
    if not known and max(severities, default=0) >= EXPERT_WARNING and not re.search(HARMLESS, message):
        return [f"expert: {message}"]
    return [f"not on purpose: {message}" for _, purpose in known if not re.search(purpose, context, re.MULTILINE)]


def frame_findings(number, row, context=""):
    """Everything that is wrong with a frame. `context`: the scenario and the events of its faults."""
    found = []
    if row["_ws.malformed"] or row["_ws.short"]:
        found.append("malformed or short")
    if row["frame.len"] != row["frame.cap_len"]:
        found.append(f"cut to {row['frame.cap_len']} of {row['frame.len']} bytes")
    severities = [int(word, 0) for word in row["_ws.expert.severity"].split(",") if word]
    if any(severity >= EXPERT_ERROR for severity in severities):
        found.append(f"expert: {row['_ws.expert.message']}")
    elif row["tcp.checksum.status"]:
        found += tcp_findings(row, severities, context)
    for protocol in PROTOCOLS:
        states = row[f"{protocol}.checksum.status"].split(",")
        if BAD in states:
            found.append(f"bad {protocol} checksum")
        # Inside an ICMP error stands part of another packet: only the outer header's is known to be complete.
        elif protocol == "ip" and states[0] not in ("", GOOD):
            found.append("ip checksum was not verified")
    return [f"frame {number}: {text}" for text in found]


def told(events):
    """What an event log says of frames and of faults of the link: its lines. It may be long."""
    with events.open() as log:
        return [line for line in log if " frame." in line or " fault.applied object=link " in line]


def logged_frames(lines):
    """(time in ns, length) of each frame that arrived at either end."""
    frames = []
    for line in lines:
        match = re.match(r"(\d+)\.(\d{9}) #\d+ frame\.(?:in|out) .*\blen=(\d+)", line)
        if match:
            seconds, nanoseconds, length = map(int, match.groups())
            frames.append((seconds * 10**9 + nanoseconds, length))
    return frames


def is_spoilt(lines):
    """True when a fault of the scenario changed the bytes of a frame on its way."""
    return any(re.search(r" fault\.applied object=link .*fault=(corrupt|truncate) ", line) for line in lines)


def context_of(bench, events, lines):
    """What a scenario says and did to its link, for PURPOSES. The name of a test is that of its file, and parameters."""
    name = re.split(r"[\[!]", str(events.relative_to(bench.scratch / "out")))[0].removesuffix(".events")
    scenario = bench.scenarios / f"{name}.scn"
    said = scenario.read_text() if scenario.exists() else ""
    return said + "".join(line for line in lines if " fault.applied object=link " in line)


def time_ns(text):
    seconds, fraction = text.split(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))


def findings(bench, capture, lines, rows=None, context=""):
    """Everything that is wrong with a capture, and the number of its frames. `lines`: of its event log. `rows`: what is known."""
    magic = struct.unpack("<I", capture.read_bytes()[:4])[0]
    found = [] if magic == MAGIC_NANOSECONDS else [f"not a nanosecond pcap: magic 0x{magic:08x}"]
    errors = []
    if rows is None:
        rows, errors = tshark_rows(bench, capture)
    if rows is None:
        return found + errors, 0
    wrong = [text for number, row in enumerate(rows, 1) for text in frame_findings(number, row, context)]
    if not is_spoilt(lines):
        found += wrong
    elif not wrong:
        found.append("a frame was spoilt on purpose, and Wireshark does not see it")
    seen = [(time_ns(row["frame.time_epoch"]), int(row["frame.len"])) for row in rows]
    logged = logged_frames(lines)
    if len(seen) != len(logged):
        found.append(f"{len(seen)} frames, but {len(logged)} in the event log")
    for number, (ours, theirs) in enumerate(zip(seen, logged), 1):
        if ours != theirs:
            found.append(f"frame {number}: (time, length) is {ours}, in the event log {theirs}")
    return found, len(rows)


def records(data):
    """(offset of the record's header, offset of the frame, length) of each record."""
    offset = FILE_HEADER_SIZE
    while offset < len(data):
        length = struct.unpack_from("<I", data, offset + 8)[0]
        yield offset, offset + RECORD_HEADER_SIZE, length
        offset += RECORD_HEADER_SIZE + length


def rows_of_all(bench, captures):
    """Wireshark starts slowly, so it reads all frames as one capture: {capture: rows}, empty where it could not."""
    header = captures[0].read_bytes()[:FILE_HEADER_SIZE]
    plain = [path for path in captures if path.read_bytes()[:FILE_HEADER_SIZE] == header]
    path = bench.write("all.pcap", header + b"".join(path.read_bytes()[FILE_HEADER_SIZE:] for path in plain))
    rows, _ = tshark_rows(bench, path)
    counts = [sum(1 for _ in records(path.read_bytes())) for path in plain]
    if rows is None or len(rows) != sum(counts):
        return {}
    split, begin = {}, 0
    for path, count in zip(plain, counts):
        split[path] = rows[begin : begin + count]
        begin += count
    return split


def is_icmp(data, frame):
    return data[frame + ETHERTYPE_AT : frame + ETHERTYPE_AT + 2] == b"\x08\x00" and data[frame + 23] == 1


def has_ping(data):
    return any(is_icmp(data, frame) for _, frame, _ in records(data))


def proofs(bench, capture, lines):
    """Damages copies of a capture with pings in it; each damage must be found by its name."""
    original = capture.read_bytes()
    header, frame, _ = next(record for record in records(original) if is_icmp(original, record[1]))

    def flipped(offset):
        data = bytearray(original)
        data[offset] ^= 0x01
        return data

    cut = bytearray(original)
    del cut[frame + 20 :]
    struct.pack_into("<II", cut, header + 8, 20, 20)
    microseconds = bytearray(original)
    struct.pack_into("<I", microseconds, 0, MAGIC_MICROSECONDS)
    shifted = bytearray(original)
    struct.pack_into("<I", shifted, header + 4, struct.unpack_from("<I", original, header + 4)[0] + 1)
    for name, data, wanted in (
        ("icmp-checksum", flipped(frame + ICMP_CHECKSUM_AT), "bad icmp checksum"),
        ("icmp-data", flipped(frame + ICMP_DATA_AT), "bad icmp checksum"),
        ("ip-checksum", flipped(frame + IP_CHECKSUM_AT), "bad ip checksum"),
        ("cut-header", cut, "malformed or short"),
        ("microseconds", microseconds, "not a nanosecond pcap"),
        ("one-nanosecond-late", shifted, "in the event log"),
        ("last-frame-missing", original[: list(records(original))[-1][0]], "in the event log"),
    ):
        path = bench.write(f"proof/{name}.pcap", bytes(data))
        found, _ = findings(bench, path, lines)
        bench.check(any(wanted in text for text in found), f"proof {name}: '{wanted}' is found; found: {found}")


def tcp_frame(flags, sequence, acknowledged, data=b"", back=False):
    """A segment between two hosts, with right checksums."""

    def checksum(data):
        total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
        total = (total & 0xFFFF) + (total >> 16)
        return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF

    ends = [(bytes((10, 0, 2, 15)), 49152), (bytes((10, 0, 2, 2)), 80)]
    (source, source_port), (target, target_port) = reversed(ends) if back else ends
    segment = struct.pack(">HHIIBBHHH", source_port, target_port, sequence, acknowledged, 0x50, flags, 8192, 0, 0) + data
    pseudo = source + target + struct.pack(">BBH", 0, 6, len(segment))
    segment = segment[:16] + struct.pack(">H", checksum(pseudo + segment)) + segment[18:]
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, 6, 0, source, target)
    return b"\2" * 6 + b"\2\0\0\0\0\1" + b"\x08\x00" + header[:10] + struct.pack(">H", checksum(header)) + header[12:] + segment


def tcp_proofs(bench):
    """Conversations in which something happens that TCP can cope with: it is found, and excused where a fault did it."""
    begin = [tcp_frame(2, 99, 0), tcp_frame(0x12, 499, 100, back=True), tcp_frame(0x10, 100, 500)]
    first, second, third = (tcp_frame(0x18, 100 + 5 * i, 500, b"hello") for i in range(3))
    reset = tcp_frame(0x14, 500, 105, back=True)
    dropped = "1.000 #1 fault.applied object=link target=eth0 fault=drop occurrence=1\n"
    for name, frames, wanted, purpose in (
        ("clean", [first, second, third], None, ""),
        ("sent-again", [first, second, second], "etransmission", dropped),
        ("lost", [first, third], "Previous segment", dropped),
        ("out-of-order", [first, third, second], "segment", dropped),
        ("reset", [first, reset], "reset", 'title "the peer resets"'),
    ):
        data = b"".join(
            struct.pack("<IIII", 1, 1000000 * number, len(frame), len(frame)) + frame for number, frame in enumerate(begin + frames)
        )
        path = bench.write(f"proof/tcp-{name}.pcap", struct.pack("<IHHiIII", MAGIC_NANOSECONDS, 2, 4, 0, 0, 65535, 1) + data)
        rows, errors = tshark_rows(bench, path)
        found = errors + [text for number, row in enumerate(rows or [], 1) for text in frame_findings(number, row)]
        bench.check(any(wanted in text for text in found) if wanted else not found, f"proof tcp {name}: '{wanted}'; found: {found}")
        found = [text for number, row in enumerate(rows or [], 1) for text in frame_findings(number, row, purpose)]
        bench.check(not found, f"proof tcp {name}: excused where it is meant; found: {found}")


def main():
    bench = Bench("wireshark", __doc__.splitlines()[0])
    if not bench.check(shutil.which("tshark"), "tshark is missing; install it (Debian: apt-get install tshark)"):
        bench.done()
    folder = bench.folder("out")
    run = bench.run("run", "-j", "2", "--pcap", f"{folder}/", "--events", f"{folder}/", bench.scenarios)
    bench.check(run.status == 0, "all scenarios pass", run)
    captures = sorted(folder.rglob("*.pcap"))

    known = rows_of_all(bench, captures)

    def events_of(capture):
        return capture.with_name(capture.name[: -len("pcap")] + "events")

    def read(capture):
        events = events_of(capture)
        lines = told(events)
        context = context_of(bench, events, lines)
        found = findings(bench, capture, lines, known[capture], context) if capture in known else None
        # What stands before it in the one capture may have led Wireshark astray: then it is read alone.
        return found if found is not None and not found[0] else findings(bench, capture, lines, context=context)

    results = dict(zip(captures, bench.together(read, captures)))
    for capture, (found, _) in results.items():
        bench.check(not found, f"{capture.relative_to(folder)}:\n    " + "\n    ".join(found[:20]))
    frames = sum(count for _, count in results.values())
    bench.check(frames > 100, f"there is something to read: {frames} frames in {len(captures)} captures")

    # The shortest will do.
    by_size = sorted(captures, key=lambda path: path.stat().st_size)
    with_ping = next((path for path in by_size if has_ping(path.read_bytes())), None)
    if bench.check(with_ping, "some capture has a ping in it"):
        proofs(bench, with_ping, told(events_of(with_ping)))
    tcp_proofs(bench)
    print(f"{frames} frames in {len(captures)} captures")
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
