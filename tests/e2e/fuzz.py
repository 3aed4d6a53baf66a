#!/usr/bin/env python3
"""fuzz.py - what tools/fuzz.sh makes of targets that find something, find nothing, or do not run

Shell scripts stand for the fuzz targets, in a folder that stands for the build. They have the name
of a target that there is, since its corpus in the tree is read.
"""

import sys

from support import Bench

TARGET = "ring"

# What libFuzzer says at its end, and what it needs to be taken for libFuzzer.
STATISTICS = """\
# LLVMFuzzerRunDriver
echo '#2 INITED cov: 12 ft: 20 corp: 1/1b exec/s: 0 rss: 30Mb'
echo 'stat::number_of_executed_units: 34' >&2
echo 'stat::average_exec_per_sec:     5' >&2
"""
FINDS = """\
for word in "$@"; do
    case $word in
    -artifact_prefix=*) prefix=${word#*=} ;;
    esac
done
printf 'abc' >"${prefix}crash-1"
echo '==1== ERROR: libFuzzer: deadly signal'
echo '    #0 0x1 in the_place'
echo 'SUMMARY: libFuzzer: deadly signal'
echo "artifact_prefix='$prefix'; Test unit written to ${prefix}crash-1"
exit 77
"""
# Passes every file that it is given by name.
PASSES = "exit 0\n"
BREAKS_BY_ITSELF = "echo 'ring.c:1: broken: something'\necho 'SUMMARY: libFuzzer: deadly signal'\nexit 77\n"
DOES_NOT_RUN = "echo 'error while loading shared libraries' >&2\nexit 127\n"


def program(bench, path, body, statistics=STATISTICS):
    file = bench.write(path, "#!/bin/sh\n# LLVMFuzzerRunDriver\n" + statistics + body)
    file.chmod(0o755)


def fuzz(bench, build, *words):
    return bench.execute([bench.source / "tools" / "fuzz.sh", bench.scratch / build, *words])


def make(bench, build, body, planted=None, statistics=STATISTICS):
    program(bench, f"{build}/fuzz/fuzz_{TARGET}", body, statistics)
    if planted is not None:
        program(bench, f"{build}/fuzz/planted/fuzz_{TARGET}_planted", planted, statistics)


def check_runs(bench):
    make(bench, "good", PASSES)
    run = fuzz(bench, "good", TARGET, 1)
    bench.check(run.status == 0 and " ok " in run.stdout, "a run that finds nothing", run)
    bench.check("34 runs" in run.stdout and "coverage    12" in run.stdout, "its numbers are shown", run)

    make(bench, "breaks", FINDS)
    run = fuzz(bench, "breaks")
    bench.check(run.status == 1 and "FAILED" in run.stdout, "a run that finds something fails", run)
    for text in ("deadly signal", "#0 0x1 in the_place", "crash-1", "base64 -d >FILE", "YWJj"):
        bench.check(text in run.stdout, f"what was found is shown: {text}", run)

    make(bench, "dead", DOES_NOT_RUN, statistics="")
    run = fuzz(bench, "dead", TARGET, 1)
    bench.check(run.status == 1 and "shared libraries" in run.stdout, "a target that does not start fails", run)
    make(bench, "idle", PASSES, statistics="")
    run = fuzz(bench, "idle", TARGET, 1)
    bench.check(run.status == 1 and "FAILED" in run.stdout, "a target that runs nothing fails", run)


def check_planted(bench):
    for build, body, planted, status, message in (
        ("proved", PASSES, FINDS, 0, "found"),
        ("blind", PASSES, PASSES, 1, "the planted defect was not found"),
        ("other", BREAKS_BY_ITSELF, FINDS, 1, "what was found breaks the target as it is"),
        ("absent", PASSES, DOES_NOT_RUN, 1, "the planted defect was not found"),
        ("no-file", PASSES, BREAKS_BY_ITSELF, 1, "the planted defect was not found"),
    ):
        make(bench, build, body, planted)
        run = fuzz(bench, build, "--planted", TARGET)
        bench.check(run.status == status and message in run.stdout, f"planted: {build}", run)
    make(bench, "unplanted", PASSES)
    run = fuzz(bench, "unplanted", "--planted")
    bench.check(run.status == 2 and "fuzz_ring_planted" in run.stderr, "a build without the planted program", run)


def check_command_line(bench):
    run = fuzz(bench, "good", "--help")
    bench.check(run.status == 0 and run.stdout.startswith("usage: "), "--help", run)
    for words, message in (
        (("rings",), "there is no target 'rings': ring"),
        ((TARGET, "soon"), "'soon' is not a number of seconds"),
        ((TARGET, "0"), "'0' is not a number of seconds"),
        ((TARGET, "1", "2"), "too many words"),
        (("--planted", TARGET, "1"), "behind --planted stands a target at most"),
    ):
        run = fuzz(bench, "good", *words)
        bench.check(run.status == 2 and message in run.stderr, f"refused: {' '.join(words)}", run)
    bench.write("replays/fuzz/fuzz_ring", "#!/bin/sh\n").chmod(0o755)
    run = fuzz(bench, "replays")
    bench.check(run.status == 2 and "no build for fuzzing" in run.stderr, "a build that only replays", run)
    run = fuzz(bench, "gone")
    bench.check(run.status == 2 and "./dev build fuzz" in run.stderr, "no build at all", run)


def main():
    bench = Bench("fuzz", __doc__.splitlines()[0])
    check_runs(bench)
    check_planted(bench)
    check_command_line(bench)
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
