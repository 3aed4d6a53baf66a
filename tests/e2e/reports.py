#!/usr/bin/env python3
"""reports.py - JUnit XML, JSON lines, bundles and golden captures, as a CI system meets them"""

import json
import os
import shutil
import sys
import xml.etree.ElementTree as ET

from support import Bench

HEADER = "version 1\nguest reference face=posix\n"
NETWORK = HEADER + "net eth0\n"
PASSES = HEADER + 'run ping: "ping -c 1 127.0.0.1" within 1s\n'
FAILS = HEADER + 'run ping: "ping -c 1 127.0.0.1" within 1s\nexpect ping prints "<&\\"no such text"\n'
STUCK = HEADER + 'limit 2s\nrun sleep: "sleep 1h"\n'
PANICS = "version 1\nguest GUESTS/misbehaves.so does=panic\nrun nobody: \"x\"\n"
BYTES = "version 1\nguest GUESTS/misbehaves.so does=print-bytes\nexpect event irq.taken intid=99 within 1ms\n"
WRONG = HEADER + "expct\n"
SHARE = HEADER + 'share box "data"\nrun ls: "ls -lR $box" within 1s\nrun cat: "cat $box/link" within 1s\n'
SHARE += 'finally share box matches "golden"\n'
PARAMS = NETWORK + 'param count in 3, 1\nrun ping: "ping -c $count -i 0.01 10.0.2.2" within 1s\nexpect ping prints "1 received"\n'
GOLDEN = NETWORK + 'run ping: "ping -c COUNT 10.0.2.2" within 5s\nfinally capture matches "golden/a.pcap"\n'

KEYS = (
    "name file status verdict line column time_ns events what expected got caught live cause grade task diagnosis "
    "violations tolerated context "
    "output repro"
).split()


def write_tests(bench):
    folder = bench.folder("report")
    for name, content in {
        "bytes": BYTES, "fails": FAILS, "panics": PANICS, "params": PARAMS, "passes": PASSES, "stuck": STUCK,
        "wrong": WRONG,
    }.items():
        bench.write(f"report/{name}.scn", content.replace("GUESTS", bench.arguments.guests))
    return folder


def check_junit(bench, folder):
    path = bench.scratch / "junit.xml"
    plain = bench.run("run", folder)
    run = bench.run("run", "--junit", path, folder)
    bench.check(run.stdout == plain.stdout and run.status == plain.status, "--junit changes nothing else", run)
    root = ET.parse(path).getroot()
    bench.check(root.tag == "testsuites" and root.get("tests") == "8", f"JUnit: 8 tests: {root.attrib}")
    bench.check(
        (root.get("failures"), root.get("errors"), root.get("skipped")) == ("5", "1", "0"), f"JUnit: {root.attrib}"
    )
    cases = {case.get("name"): case for case in root.iter("testcase")}
    bench.check(
        list(cases) == ["bytes", "fails", "panics", "params[count=3]", "params[count=1]", "passes", "stuck", "wrong"],
        f"JUnit: cases in the order of the report: {list(cases)}",
    )
    bench.check(all(case.get("classname") == "report" for case in cases.values()), "JUnit: the class is the folder")
    bench.check(len(cases["passes"]) == 0 and 0 < float(cases["passes"].get("time")) < 1, "JUnit: passed, virtual time")
    failure = cases["fails"].find("failure")
    bench.check(failure is not None and failure.get("type") == "failed", "JUnit: a failure")
    bench.check(f"{folder}/fails.scn:4:1: error: " in failure.text, "JUnit: the block is the text")
    bench.check('"<&"no such text"' in failure.text, f"JUnit: text comes back as it was: {failure.text!r}")
    bench.check(cases["stuck"].find("failure").get("type") == "stuck", "JUnit: a hang is a failure of that type")
    bench.check(cases["panics"].find("failure").get("type") == "guest crashed", "JUnit: so is a crash")
    bench.check(cases["wrong"].find("error") is not None, "JUnit: a file with errors is an error")
    again = bench.scratch / "again.xml"
    bench.run("run", "-j4", "--junit", again, folder)
    bench.check(again.read_bytes() == path.read_bytes(), "JUnit: the same bytes, whatever -j")


def check_json(bench, folder):
    run = bench.run("run", "--json", "--color=always", "-q", folder)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    bench.check(run.stderr == "" and len(lines) == 9, "JSON: a line a test, and the summary", run)
    tests = {line["name"]: line for line in lines[:-1]}
    bench.check(
        lines[-1] == {"summary": {"tests": 8, "passed": 2, "failed": 6, "skipped": 0, "status": run.status, "verdict": "error"}},
        f"JSON: the summary: {lines[-1]}",
    )
    for name, test in tests.items():
        if name != "report/wrong":
            bench.check(list(test) == KEYS, f"JSON: the keys of {name}: {list(test)}")
    failed = tests["report/fails"]
    bench.check((failed["status"], failed["verdict"], failed["line"], failed["column"]) == (1, "failed", 4, 1), f"JSON: {failed}")
    bench.check(failed["expected"] == '"<&"no such text"' and failed["context"], f"JSON: texts as they are: {failed}")
    bench.check(failed["repro"] == f"ringside run {folder}/fails.scn --seed 1", f"JSON: repro: {failed['repro']}")
    bench.check(tests["report/passes"]["status"] == 0 and tests["report/passes"]["expected"] is None, "JSON: a pass")
    bench.check(tests["report/wrong"]["errors"][0]["hint"] == "did you mean 'expect'?", f"JSON: {tests['report/wrong']}")
    plain = bench.run("run", folder)
    bench.check(run.status == plain.status, "JSON: the exit status is that of the text report")
    bench.check(bench.run("run", "-j3", "--json", folder).stdout == run.stdout, "JSON: the same bytes, whatever -j")


def check_bundle(bench, folder):
    bundles = bench.scratch / "bundles"
    run = bench.run("run", "--bundle", bundles, folder)
    bench.check(run.stderr == "", "--bundle says nothing on stderr", run)
    found = sorted(path.parent.relative_to(bundles).as_posix() for path in bundles.rglob("run.txt"))
    expected = [f"report/{name}" for name in ("bytes", "fails", "panics", "params[count=3]", "stuck", "wrong")]
    bench.check(found == expected, f"a bundle for each failure: {found}", run)
    bench.check(f"  bundle:   {bundles}/report/fails\n" in run.stdout, "the block names the bundle", run)
    one = bundles / "report/params[count=3]"
    names = sorted(path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file())
    bench.check(
        names == ["capture.pcap", "events.txt", "report.txt", "report/params.scn", "repro.sh", "run.txt", "waits.dot"],
        f"files of a bundle: {names}",
    )
    bench.run("run", "--filter", "*count=3]", "--pcap", "p.pcap", "--events", "e.txt", "--wait-graph", "w.dot",
              folder / "params.scn")
    for mine, theirs in (("capture.pcap", "p.pcap"), ("events.txt", "e.txt"), ("waits.dot", "w.dot")):
        same = (one / mine).read_bytes() == (bench.scratch / theirs).read_bytes()
        bench.check(same, f"{mine} of a bundle is what --pcap, --events and --wait-graph write")
    block = (one / "report.txt").read_text()
    bench.check(block in run.stdout, "report.txt is the block of the report", run)
    environment = {**os.environ, "RINGSIDE": str(bench.program)}
    again = bench.execute([one / "repro.sh", "-q"], cwd="/", env=environment)
    bench.check(
        again.status == 1 and "FAIL report/params[count=3] (failed)\n" in again.stdout,
        "repro.sh runs the test again, from anywhere", again,
    )
    bench.check("expct" in (bundles / "report/wrong/report/wrong.scn").read_text(), "the bundle of a file with errors")
    good = bench.run("run", "--bundle", bench.scratch / "none", folder / "passes.scn")
    bench.check(good.status == 0 and not list((bench.scratch / "none").iterdir()), "nothing failed: no bundle", good)


def check_bundle_of_a_share(bench):
    """What is in the bundle is all that the test needs: it is moved, and the original is gone."""
    scenario = bench.write("box/share.scn", SHARE)
    bench.write("box/data/d/file", "hello")
    bench.write("box/golden/d/file", "other")
    (bench.scratch / "box/data/empty").mkdir()
    (bench.scratch / "box/data/link").symlink_to("d/file")
    bundles = bench.scratch / "of-a-share"
    run = bench.run("run", "--bundle", bundles, scenario)
    bench.check(run.status == 1 and "d/file: byte 0 is 0x68, not 0x6f" in run.stdout, "the share differs", run)
    about = (bundles / "box/share/run.txt").read_text()
    bench.check("not here" not in about, f"everything is in the bundle: {about}")
    moved = bench.scratch / "elsewhere"
    shutil.move(bundles / "box/share", moved)
    shutil.rmtree(bench.scratch / "box")
    environment = {**os.environ, "RINGSIDE": str(bench.program)}
    again = bench.execute([moved / "repro.sh", "--events", bench.scratch / "again.txt"], cwd="/", env=environment)
    bench.check(
        again.status == 1 and "d/file: byte 0 is 0x68, not 0x6f" in again.stdout, "it fails elsewhere as it did here", again
    )
    same = (moved / "events.txt").read_bytes() == (bench.scratch / "again.txt").read_bytes()
    bench.check(same, "down to the events", again)


def check_golden_folder(bench):
    text = 'version 1\nshare box memory { "a" = "CONTENT" "d/b" = "2" }\nwait ready\nfinally share box matches "kept/"\n'
    scenario = bench.write("shared/a.scn", text.replace("CONTENT", "1"))
    kept = bench.scratch / "shared/kept"
    missing = bench.run("run", scenario)
    bench.check(missing.status == 2 and "--update" in missing.stdout, "a missing golden folder names --update", missing)
    written = bench.run("run", "--update", scenario)
    bench.check(written.status == 0 and (kept / "d/b").read_text() == "2", "--update writes the folder", written)
    idle = bench.run("run", "--update", scenario)
    bench.check(idle.stdout == "PASS shared/a\n1 passed, 0 failed\n", "--update leaves alone what matches", idle)
    bench.write("shared/a.scn", text.replace("CONTENT", "other"))
    (kept / "more").write_text("")
    other = bench.run("run", scenario)
    bench.check(
        other.status == 1 and "a: byte 0 is 0x6f, not 0x31" in other.stdout and "more: is in the golden folder only" in other.stdout,
        "each file that differs is named", other,
    )
    bench.check(bench.run("run", "--update", scenario).status == 0 and not (kept / "more").exists(), "made like the share")
    bench.write("shared/b.scn", text.replace("CONTENT", "1"))
    both = bench.run("run", "--update", bench.scratch / "shared")
    bench.check(both.status == 2 and "written by both shared/a and shared/b" in both.stderr, "two writers are refused", both)


def check_golden(bench):
    scenario = bench.write("gold/a.scn", GOLDEN.replace("COUNT", "1"))
    capture = bench.scratch / "gold/golden/a.pcap"
    missing = bench.run("run", scenario)
    bench.check(missing.status == 2 and "--update" in missing.stdout, "a missing golden capture names --update", missing)
    bench.check(not capture.exists(), "and is not written by itself")
    written = bench.run("run", "--update", scenario)
    bench.check(written.stdout.startswith(f"PASS gold/a: wrote {capture}\n"), "--update says what it wrote", written)
    before = capture.stat().st_mtime_ns, capture.read_bytes()
    bench.check(bench.run("run", scenario).status == 0, "then it matches")
    bench.check(bench.run("run", "--seed", "7", scenario).status == 0, "with another seed too")
    idle = bench.run("run", "--update", scenario)
    bench.check(idle.stdout == "PASS gold/a\n1 passed, 0 failed\n", "--update leaves alone what matches", idle)
    bench.check((capture.stat().st_mtime_ns, capture.read_bytes()) == before, "down to its time")
    bench.write("gold/a.scn", GOLDEN.replace("COUNT", "2"))
    other = bench.run("run", scenario)
    bench.check(other.status == 1 and "0 different, 0 missing, 2 more than there" in other.stdout, "two more frames", other)
    bench.check(bench.run("run", "--update", scenario).status == 0 and capture.read_bytes() != before[1], "written anew")
    bench.check(bench.run("run", scenario, cwd="/").status == 0, "the path is relative to the scenario, not to the folder")
    bench.write("gold/fails.scn", GOLDEN.replace("COUNT", "1") + "finally counter eth0.rx.frames == 77\n")
    kept = capture.read_bytes()
    failed = bench.run("run", "--update", bench.scratch / "gold/fails.scn")
    bench.check(failed.status == 1 and capture.read_bytes() == kept, "a test that fails updates nothing", failed)
    both = bench.run("run", "--update", bench.scratch / "gold")
    bench.check(both.status == 2 and "written by both gold/a and gold/fails" in both.stderr, "two writers are refused", both)
    bench.write("gold/blocked.scn", GOLDEN.replace("COUNT", "1").replace("golden/a", "a.scn/x"))
    blocked = bench.run("run", "--update", bench.scratch / "gold/blocked.scn")
    bench.check(
        blocked.status == 2 and "blocked.scn:5:1: error: cannot make " in blocked.stdout,
        "a golden capture that cannot be written", blocked,
    )


def check_bad_input(bench, folder):
    passes, fails = folder / "passes.scn", folder / "fails.scn"
    for words, text in (
        (["--junit", "/nonexistent/j.xml", passes], "cannot write /nonexistent/j.xml"),
        (["--junit", "/dev/full", passes], "cannot write /dev/full: No space left on device"),
        (["--bundle", "/dev/null/x", passes], "cannot write bundles into /dev/null/x"),
        (["--bundle", fails, passes], "cannot write bundles into"),
        (["--bundle", "b", "--no-fork", passes], "--bundle runs a failed test twice"),
        (["--json", "--tap", passes], "--tap and --json exclude each other"),
        (["--junit", "x", "--pcap", "./x", passes], "--pcap and --junit both name x"),
        (["--junit", "x", "--events", "x", passes], "--events and --junit both name x"),
        (["--jnuit", "x", passes], "did you mean '--junit'?"),
    ):
        run = bench.run("run", *words)
        bench.check(run.status == 2 and text in run.stderr, f"run {words}: {text}", run)
        bench.check_no_crash(run, f"run {words}")
    blocked = bench.folder("blocked/report")
    (blocked / "fails").write_text("a file where the folder of a bundle would be\n")
    run = bench.run("run", "--bundle", bench.scratch / "blocked", fails)
    bench.check(run.status == 2 and "cannot make" in run.stderr, "a bundle that cannot be written is exit status 2", run)
    with open("/dev/full", "wb") as full:
        run = bench.run("run", "--json", passes, stdout=full)
    bench.check(run.status == 2 and "cannot write the report" in run.stderr, "JSON on a full disk is exit status 2", run)


def main():
    bench = Bench("reports", __doc__.splitlines()[0], [("--guests", "the folder with the guest that misbehaves")])
    folder = write_tests(bench)
    check_junit(bench, folder)
    check_json(bench, folder)
    check_bundle(bench, folder)
    check_bundle_of_a_share(bench)
    check_golden(bench)
    check_golden_folder(bench)
    check_bad_input(bench, folder)
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
