#!/usr/bin/env bash
# fuzz.sh - runs the fuzz targets of a build
#
#   tools/fuzz.sh BUILD_DIR [TARGET [SECONDS]]
#
# All targets, or one, for SECONDS each (60). A target starts from its corpus in the tree, tests/fuzz/corpus/TARGET, and from what
# earlier runs found, which is kept in BUILD_DIR/fuzz-corpus/TARGET. One line a target says how it went. What broke something is
# kept in BUILD_DIR/fuzz-artifacts/TARGET; then the exit status is 1. Whatever is wrong with the command line gives 2.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
    printf 'fuzz: %s\n' "$*" >&2
    exit 2
}

if [ $# -lt 1 ] || [ $# -gt 3 ]; then
    die "usage: tools/fuzz.sh BUILD_DIR [TARGET [SECONDS]]"
fi
[ -d "$1" ] || die "there is no folder $1: ./dev build fuzz"
build=$(cd "$1" && pwd)
chosen=${2:-}
seconds=${3:-60}
[[ $seconds =~ ^[1-9][0-9]{0,5}$ ]] || die "'$seconds' is not a number of seconds"

targets=()
for program in "$build"/fuzz/fuzz_*; do
    [ -x "$program" ] && targets+=("${program##*/fuzz_}")
done
[ ${#targets[@]} -gt 0 ] || die "$build has no fuzz targets: ./dev build fuzz"
if [ -n "$chosen" ]; then
    [[ " ${targets[*]} " == *" $chosen "* ]] ||
        die "there is no target '$chosen': ${targets[*]}"
    targets=("$chosen")
fi
LC_ALL=C grep -qa LLVMFuzzerRunDriver "$build/fuzz/fuzz_${targets[0]}" ||
    die "$build is no build for fuzzing, its targets only replay files: ./dev build fuzz"

# GLib's own allocator would hide from the address sanitizer what its users do.
export G_SLICE=always-malloc

child=
stop() {
    [ -z "$child" ] || kill "$child" 2>/dev/null || true
    exit 130
}
trap stop INT TERM

# statistic LOG NAME: a line of libFuzzer's final statistics, 0 when it got nowhere.
statistic() {
    sed -n "s/^stat::$2: *//p" "$1" | tail -n 1 | grep . || echo 0
}

# coverage LOG: the edges that were reached, from the last line that tells.
coverage() {
    sed -n 's/^#[0-9]*.* cov: \([0-9]*\) .*/\1/p' "$1" | tail -n 1 | grep . || echo 0
}

# watch TARGET LOG: on a terminal, one line that is written again each second while the child runs.
watch() {
    local began=$SECONDS passed
    while kill -0 "$child" 2>/dev/null; do
        if [ -t 2 ]; then
            passed=$((SECONDS - began))
            printf '\r\033[K%-14s %3d of %d s   %s' "$1" \
                $((passed < seconds ? passed : seconds)) "$seconds" \
                "$(sed -n 's/^#\([0-9]*\)\t.* \(cov: [0-9]*\) .*/\1 runs   \2/p' "$2" | tail -n 1)" >&2
        fi
        sleep 1
    done
    if [ -t 2 ]; then
        printf '\r\033[K' >&2
    fi
}

# explain TARGET LOG ARTIFACTS: what broke, and how to see it again.
explain() {
    local target=$1 log=$2 artifacts=$3 artifact
    grep -aE -m 3 'broken: |^SUMMARY: |^==[0-9]+== ?ERROR: |: runtime error: |assertion failed|^ERROR:' \
        "$log" | sed 's/^/    /' || true
    artifact=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    if [ -n "$artifact" ]; then
        printf '    found:     %s\n' "$artifact"
        printf '    reproduce: %s %s\n' "$build/fuzz/fuzz_$target" "$artifact"
        printf '    keep:      cp %s tests/fuzz/corpus/%s/NAME\n' "$artifact" "$target"
    fi
    printf '    artifacts: %s\n    log:       %s\n' "$artifacts" "$log"
}

# run TARGET: false when it broke, or did not run at all.
run() {
    local target=$1 corpus=$build/fuzz-corpus/$1 artifacts=$build/fuzz-artifacts/$1 log status=0
    local seeds=$root/tests/fuzz/corpus/$1 dictionary=$root/tests/fuzz/$1.dict options=()
    [ -d "$seeds" ] || die "the target $target has no corpus: $seeds"
    mkdir -p "$corpus" "$artifacts"
    log=$artifacts/run.log
    if [ -f "$dictionary" ]; then
        options+=("-dict=$dictionary")
    fi
    "$build/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$artifacts/" "${options[@]}" \
        "$corpus" "$seeds" >"$log" 2>&1 &
    child=$!
    watch "$target" "$log"
    wait "$child" || status=$?
    child=

    local runs result=ok
    runs=$(statistic "$log" number_of_executed_units)
    if [ "$status" -ne 0 ] || [ "$runs" -eq 0 ]; then
        result=FAILED
    fi
    printf '%-14s %-6s %9d runs %7d/s   coverage %5d   corpus %5d\n' "$target" "$result" "$runs" \
        "$(statistic "$log" average_exec_per_sec)" "$(coverage "$log")" \
        "$(find "$corpus" -type f | wc -l)"
    [ "$result" = ok ] && return
    explain "$target" "$log" "$artifacts"
    return 1
}

failed=0
for target in "${targets[@]}"; do
    run "$target" || failed=1
done
exit "$failed"
