#!/usr/bin/env bash
# Runs every fuzz target for so many seconds and counts the executions: ci/fuzz.sh SECONDS [TARGET …].
# ci/fuzz.sh --planted [TARGET …]: every target with a panic planted in it, which must be found; one that is not found fails the check.
# Each target compares with somebody else's answer, or holds a promise, so a run without a crash says more than "it survived".
# What is found stays in fuzz/artifacts; what was learnt stays in fuzz/corpus, and the next run begins with it.
set -euo pipefail
cd "$(dirname "$0")/.."

planted=no seconds=60
case ${1:-} in
    --planted) planted=yes; shift ;;
    '' | *[!0-9]*) echo "usage: ci/fuzz.sh SECONDS [TARGET …] | --planted [TARGET …]" >&2; exit 2 ;;
    *) seconds=$1; shift ;;
esac
# The list is that of the folder, and the manifest must name as many.
all=()
for file in fuzz/fuzz_targets/*.rs; do all+=("$(basename "$file" .rs)"); done
[ "$(grep -c '^\[\[bin\]\]' fuzz/Cargo.toml)" = ${#all[@]} ] || { echo "fuzz: fuzz/Cargo.toml does not name every target" >&2; exit 1; }
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")

# Built once, as `cargo fuzz` would without a sanitizer of memory, which code without `unsafe` does not need: so the stable toolchain will do.
# Debug assertions and overflow checks are on.
built=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
[ "$planted" = no ] || export CALTROP_PLANTED=1
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
coverage+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
RUSTFLAGS="$coverage -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1" \
    cargo build --locked -q --release --manifest-path fuzz/Cargo.toml --target "$host" --target-dir "$built"
programs=$built/$host/release

report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
run() { # run TARGET SECONDS ARTIFACTS CORPUS…
    local target=$1 limit=$2 artifacts=$3 dictionary=() name
    shift 3
    case $target in
        path | admit | image_policy | image_keyring) name=http ;;
        forwarded | cidr | openapi | json) name=$target ;;
        policy_toml) name=policy ;;
        *) name= ;;
    esac
    [ -z "$name" ] || [ "$planted" = yes ] || dictionary=(-dict="fuzz/dict/$name.dict")
    mkdir -p "$artifacts"
    "$programs/$target" -max_len=8192 "$@" -max_total_time="$limit" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="$artifacts/" "${dictionary[@]}" >"$report/$target.log" 2>&1
}

failed=0 total=0
for target in "${targets[@]}"; do
    seeds=()
    [ ! -d "fuzz/seeds/$target" ] || seeds+=("fuzz/seeds/$target")
    [ "$target" != policy_toml ] || seeds+=(control/tests/golden core/tests/vectors examples/acme)
    if [ "$planted" = yes ]; then
        # From nothing, with short inputs: the fault is in the first byte, and long seeds are seldom changed there.
        mkdir "$report/corpus-$target"
        if run "$target" 240 "$report/artifacts" "$report/corpus-$target" -max_len=64; then
            echo "fuzz $target, planted: not found in 240 s" >&2
            failed=1
        elif grep -q 'the planted panic' "$report/$target.log"; then
            echo "fuzz $target, planted: found"
            total=$((total + 1))
        else
            tail -n 40 "$report/$target.log" >&2
            echo "fuzz $target, planted: something else happened" >&2
            failed=1
        fi
    else
        mkdir -p "fuzz/corpus/$target"
        if run "$target" "$seconds" "fuzz/artifacts/$target" "fuzz/corpus/$target" "${seeds[@]}"; then
            count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$report/$target.log")
            [ "${count:-0}" -gt 0 ] || { echo "fuzz $target: nothing was executed" >&2; failed=1; }
            echo "fuzz $target: ${count:-0} executions in $seconds s, nothing found"
            total=$((total + ${count:-0}))
        else
            # What it said, the frames of this project, and where the input is.
            grep -aE -A3 'panicked at|ERROR: (Address|libFuzzer)' "$report/$target.log" | head -n 20 >&2
            grep -aE 'caltrop|Test unit written' "$report/$target.log" | cut -c1-200 | head -n 20 >&2
            echo "fuzz $target: found something: fuzz/artifacts/$target" >&2
            failed=1
        fi
    fi
done
if [ "$planted" = yes ]; then
    echo "fuzz, planted: $total of ${#targets[@]} targets found their panic"
else
    echo "fuzz: $total executions in all, ${#targets[@]} targets"
fi
exit "$failed"
