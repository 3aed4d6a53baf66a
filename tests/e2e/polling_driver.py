#!/usr/bin/env python3
"""polling_driver.py - the example guest, built outside of the tree as its page says, on both versions of virtio-mmio"""

import difflib
import shutil
import struct
import sys

from support import Bench, compare_folders

ETHERTYPES = [0x0806, 0x0806, 0x0800, 0x0800]  # a question and an answer, twice
TESTS = 8  # three latencies and a silence, on two versions


def frames_of(path):
    """The frames of a pcap file, without the headers in front of each."""
    data, at, frames = path.read_bytes(), 24, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 8)
        frames.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return frames


def write_patch(folder, name, old, new):
    """A bug of the driver, as a patch that ringside_add_bug() puts in."""
    good = (folder / "polling-driver.c").read_text()
    lines = difflib.unified_diff(
        good.splitlines(True), good.replace(old, new).splitlines(True), "a/polling-driver.c", "b/polling-driver.c"
    )
    (folder / f"{name}.patch").write_text("".join(lines))
    with (folder / "CMakeLists.txt").open("a") as lists:
        lists.write(f"ringside_add_bug(GUEST polling-driver PATCH {name}.patch)\n")


def check_mistake(bench, folder, name, event):
    """The guest with this bug fails because of an event of this kind, on both versions."""
    guest = "build/guests/polling-driver"
    text = (folder / "ping.scn").read_text().replace(f"{guest}.so", f'"{guest}!{name}.so"')
    (folder / f"{name}.scn").write_text(text)
    for transport in ("mmio", "mmio-legacy"):
        run = bench.run("run", f"{name}.scn", "--filter", f"*transport={transport},latency=2us*", cwd=folder)
        bench.check(run.status == 1 and event in run.stdout, f"{name} on {transport} is a {event}", run)


def record(bench, folder, name):
    """Runs the scenarios of the example; gives the folder with captures and event logs."""
    out = bench.folder(name)
    run = bench.run("run", "-j", "2", "--pcap", f"{out}/", "--events", f"{out}/", ".", cwd=folder)
    bench.check(run.status == 0 and f"{TESTS} passed, 0 failed" in run.stdout, f"{name}: all pass", run)
    return out


def main():
    bench = Bench("polling_driver", __doc__.splitlines()[0])
    folder = bench.scratch / "polling-driver"
    shutil.copytree(bench.source / "examples" / "polling-driver", folder, ignore=shutil.ignore_patterns("build"))
    write_patch(folder, "no-window", "hal_dma_window(&card, sizeof(card), HAL_DMA_BOTH) != 0", "sizeof(card) == 0")
    write_patch(folder, "kick-first", "    REG(card, STATUS) = 0;\n", "    REG(card, STATUS) = 0;\n    REG(card, NOTIFY) = RX;\n")
    configure = ["cmake", "-S", ".", "-B", "build", "-G", "Ninja", f"-DRINGSIDE={bench.source}"]
    for words in (configure, ["ninja", "-C", "build"]):
        run = bench.execute(words, cwd=folder)
        bench.check(run.status == 0 and "warning" not in run.output, " ".join(words), run)
    run = bench.execute(["ctest", "--test-dir", "build", "-R", "guest.symbols"], cwd=folder)
    bench.check(run.status == 0 and "guest.symbols.polling-driver" in run.stdout, "its symbols", run)

    first = record(bench, folder, "first")
    differences = compare_folders(first, record(bench, folder, "second"))
    bench.check(not differences, "twice the same bytes\n    " + "\n    ".join(differences))
    captures = sorted(first.rglob("ping*.pcap"))
    bench.check(len(captures) == 6, f"a capture of each ping, not {[path.name for path in captures]}")
    for path in captures:
        frames = frames_of(path)
        types = [int.from_bytes(frame[12:14], "big") for frame in frames]
        bench.check(types == ETHERTYPES, f"{path.name}: a question and an answer, twice, not {types}")
        bench.check(frames[-1][34:36] == b"\0\0" and frames[-1][38:50] == frames[-2][38:50], f"{path.name}: the echo's data")
    check_mistake(bench, folder, "no-window", "dma.violation")
    check_mistake(bench, folder, "kick-first", "virtio.breach")
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
