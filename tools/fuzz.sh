#!/usr/bin/env bash
# fuzz.sh - runs the fuzz targets of a build, or proves them
#
#   tools/fuzz.sh BUILD_DIR [TARGET [SECONDS]]
#   tools/fuzz.sh BUILD_DIR --same RUNS TARGET
#   tools/fuzz.sh BUILD_DIR --planted [TARGET]
#
# All targets, or one, for SECONDS each (60). A target starts from its corpus in the tree,
# tests/fuzz/corpus/TARGET, and from what earlier runs found, which is kept in
# BUILD_DIR/fuzz-corpus/TARGET. One line a target says how it went. What broke something is kept in
# BUILD_DIR/fuzz-artifacts/TARGET; then the exit status is 1. Whatever is wrong with the command
# line, or with the build, gives 2.
#
# Each run searches elsewhere, except with --same: so do the tests, which judge a change and must not
# blame it for what a lucky search found in code that it never touched. Such a search is so many
# executions from one seed and from nothing but the corpus of the tree, with what libFuzzer's choices
# depend on besides switched off: the time that an input took (entropic) and where the kernel put the
# program, whose addresses are keys of its tables.
#
# --planted runs the build's second programs, in which a defect was planted. From the corpus of the
# tree, and for two minutes at most, the fuzzer has to find an input that breaks the program. The same
# input must not break the target as it is: then something else than the defect was found.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
    cat <<'END'
usage: ./dev fuzz [TARGET [SECONDS]]
           all fuzz targets, or one, for 60 s each or so many
       ./dev fuzz --same RUNS TARGET
           so many executions of one of them, always the same search, as the tests do it
       ./dev fuzz --planted [TARGET]
           whether they find the defects that are planted in them
       tools/fuzz.sh BUILD_DIR …
           the same, with the targets of a build that there is
END
}

die() {
    printf 'fuzz: %s\n' "$*" >&2
    exit 2
}

readonly planted_seconds=120 # a bound, for busy machines: they take a second or two
readonly same_seconds=150    # likewise: they take a tenth of it
readonly artifact_shown_max=4096 # bytes, of an artifact that is printed

# ---- the command line ----------------------------------------------------------------------------

for argument in "$@"; do
    case $argument in
    -h | --help)
        usage
        exit 0
        ;;
    esac
done
if [ $# -eq 0 ]; then
    usage >&2
    exit 2
fi
[ -d "$1" ] || die "there is no folder $1: ./dev build fuzz"
build=$(cd "$1" && pwd)
shift
planted=false
same=
if [ "${1:-}" = --planted ]; then
    planted=true
    shift
    [ $# -le 1 ] || die "behind --planted stands a target at most"
elif [ "${1:-}" = --same ]; then
    same=${2:-}
    [[ $same =~ ^[1-9][0-9]{0,8}$ ]] || die "'$same' is not a number of executions"
    shift 2
    [ $# -eq 1 ] || die "behind --same RUNS stands a target"
fi
[ $# -le 2 ] || die "too many words: $*"
chosen=${1:-}
seconds=${2:-60}
[[ $seconds =~ ^[1-9][0-9]{0,5}$ ]] || die "'$seconds' is not a number of seconds"

targets=()
for program in "$build"/fuzz/fuzz_*; do
    if [ -x "$program" ]; then
        targets+=("${program##*/fuzz_}")
    fi
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

# Addresses that are the same each time, where the machine allows it.
in_place=()
if [ -n "$same" ] && setarch -R true 2>/dev/null; then
    in_place=(setarch -R)
fi

# ---- one run -------------------------------------------------------------------------------------

child=
scratch=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
clean_up() {
    rm -rf "$scratch"
    if [ -n "$child" ] && kill -0 "$child" 2>/dev/null; then
        kill "$child"
    fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# statistic LOG NAME: a line of libFuzzer's final statistics, 0 when it got nowhere.
statistic() {
    LC_ALL=C awk -v name="stat::$2:" '$1 == name { value = $2 } END { print value + 0 }' "$1"
}

# coverage LOG: the edges that were reached, from the last line that tells.
coverage() {
    LC_ALL=C awk '/^#[0-9]/ && match($0, / cov: [0-9]+ /) {
            value = substr($0, RSTART + 6, RLENGTH - 7)
        }
        END { print value + 0 }' "$1"
}

# artifact LOG: the file that was kept, empty where none was.
artifact() {
    LC_ALL=C sed -n 's/.*Test unit written to //p' "$1" | tail -n 1
}

# watch TARGET LOG LIMIT: on a terminal, one line that is written again each second while it runs.
watch() {
    local began=$SECONDS passed
    while kill -0 "$child" 2>/dev/null; do
        if [ -t 2 ]; then
            passed=$((SECONDS - began))
            printf '\r\033[K%-14s %3d of %d s   coverage %d' \
                "$1" $((passed < $3 ? passed : $3)) "$3" "$(coverage "$2")" >&2
        fi
        sleep 0.2
    done
    if [ -t 2 ]; then
        printf '\r\033[K' >&2
    fi
}

# fuzz PROGRAM TARGET LIMIT ARTIFACTS CORPUS… [OPTION…]: the status of libFuzzer; its log is
# ARTIFACTS/run.log.
fuzz() {
    local program=$1 target=$2 limit=$3 artifacts=$4 dictionary=$root/tests/fuzz/$2.dict status=0
    local options=(-max_total_time="$limit" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
        -artifact_prefix="$artifacts/")
    shift 4
    if [ -f "$dictionary" ]; then
        options+=("-dict=$dictionary")
    fi
    mkdir -p "$artifacts"
    "${in_place[@]}" "$program" "${options[@]}" "$@" >"$artifacts/run.log" 2>&1 &
    child=$!
    watch "$target" "$artifacts/run.log" "$limit"
    wait "$child" || status=$?
    child=
    return "$status"
}

# findings LOG: what it was, without the way there.
findings() {
    LC_ALL=C awk '/broken: |: runtime error: |assertion failed|^panic: |^ERROR:/ ||
            /^SUMMARY: |^==[0-9]+== ?ERROR: / {
            if (++count <= 4) print "    " $0
        }' "$1"
}

show_end() {
    printf '    the end of the log:\n'
    tail -n 20 "$1" | sed 's/^/    /'
}

# explain TARGET LOG: what broke, where, and how to see it again, also without the folder.
explain() {
    local target=$1 log=$2 found
    findings "$log"
    LC_ALL=C awk '/^ +#[0-9]+ 0x/ { if (++count <= 24) print "    " $0 }' "$log"
    found=$(artifact "$log")
    if [ -n "$found" ]; then
        printf '    found:     %s\n' "$found"
        printf '    reproduce: %s %s\n' "$build/fuzz/fuzz_$target" "$found"
        printf '    keep:      cp %s tests/fuzz/corpus/%s/NAME\n' "$found" "$target"
        if [ "$(stat -c %s "$found")" -le "$artifact_shown_max" ]; then
            printf '    its bytes: base64 -d >FILE <<END\n'
            base64 "$found" && printf 'END\n'
        fi
    elif ! LC_ALL=C grep -q '^SUMMARY: ' "$log"; then
        show_end "$log"
    fi
    printf '    log:       %s\n' "$log"
}

# ---- fuzzing -------------------------------------------------------------------------------------

# run TARGET: false when it broke, or did not run at all.
run() {
    local target=$1 corpus=$build/fuzz-corpus/$1 artifacts=$build/fuzz-artifacts/$1 log status=0
    local seeds=$root/tests/fuzz/corpus/$1 limit=$seconds options=() runs result=ok
    [ -d "$seeds" ] || die "the target $target has no corpus: $seeds"
    if [ -n "$same" ]; then
        corpus=$scratch/$target limit=$same_seconds
        options=(-seed=1 -entropic=0 -reload=0 "-runs=$same")
    fi
    mkdir -p "$corpus"
    log=$artifacts/run.log
    fuzz "$build/fuzz/fuzz_$target" "$target" "$limit" "$artifacts" "$corpus" "$seeds" \
        "${options[@]}" || status=$?

    runs=$(statistic "$log" number_of_executed_units)
    if [ "$status" -ne 0 ] || [ "$runs" -eq 0 ]; then
        result=FAILED
    fi
    printf '%-14s %-6s %9d runs %7d/s   coverage %5d   corpus %5d\n' "$target" "$result" "$runs" \
        "$(statistic "$log" average_exec_per_sec)" "$(coverage "$log")" \
        "$(find "$corpus" -type f | wc -l)"
    [ "$result" = ok ] && return
    explain "$target" "$log"
    return 1
}

# ---- the defects that were planted ---------------------------------------------------------------

# prove TARGET: false when the defect was not found, or what was found is none of the defect's.
prove() {
    local target=$1 corpus=$scratch/$1 artifacts=$build/fuzz-artifacts/planted/$1 log status=0 found
    local program=$build/fuzz/planted/fuzz_$1_planted began=$SECONDS
    [ -x "$program" ] || die "there is no $program: ./dev build fuzz"
    mkdir -p "$corpus"
    rm -rf "$artifacts"
    log=$artifacts/run.log
    # Always the same way: the proof is of the target, and no search for something new.
    fuzz "$program" "$target" "$planted_seconds" "$artifacts" "$corpus" \
        "$root/tests/fuzz/corpus/$target" -seed=1 || status=$?

    found=$(artifact "$log")
    if [ "$status" -eq 0 ] || [ -z "$found" ]; then
        printf '%-14s FAILED the planted defect was not found in %d s\n' "$target" \
            "$((SECONDS - began))"
        printf '    the defect: tests/fuzz/planted/%s.patch\n' "$target"
        show_end "$log"
        return 1
    fi
    if ! "$build/fuzz/fuzz_$target" -timeout=10 "$found" >"$artifacts/original.log" 2>&1; then
        printf '%-14s FAILED what was found breaks the target as it is\n' "$target"
        explain "$target" "$artifacts/original.log"
        return 1
    fi
    printf '%-14s found  in %d s, %d runs\n' "$target" "$((SECONDS - began))" \
        "$(statistic "$log" number_of_executed_units)"
    findings "$log"
}

failed=0
for target in "${targets[@]}"; do
    if $planted; then
        prove "$target" || failed=1
    else
        run "$target" || failed=1
    fi
done
exit "$failed"
