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
rustup toolchain list 2>/dev/null | grep -q '^nightly' || { echo "fuzz: needs rustup and a nightly toolchain: rustup toolchain install nightly" >&2; exit 1; }
cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz

# The list is that of the folder, and the manifest must name as many.
all=()
for file in fuzz/fuzz_targets/*.rs; do all+=("$(basename "$file" .rs)"); done
[ "$(grep -c '^\[\[bin\]\]' fuzz/Cargo.toml)" = ${#all[@]} ] || { echo "fuzz: fuzz/Cargo.toml does not name every target" >&2; exit 1; }
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")

# Built once; then the programs are run by themselves.
built=${CARGO_TARGET_DIR:-$PWD/fuzz/target}/fuzz
features=
[ "$planted" = no ] || features=planted
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cargo +nightly fuzz build --fuzz-dir fuzz --target-dir "$built" --features "$features" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
programs=$built/$(rustc +nightly -vV | sed -n 's/^host: //p')/release
rm -f "$log"

report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
run() { # run TARGET SECONDS ARTIFACTS CORPUS…
    local target=$1 limit=$2 artifacts=$3 dictionary=() name
    shift 3
    case $target in
        path | admit | image_policy | image_keyring) name=http ;;
        forwarded | cidr | openapi) name=$target ;;
        policy_toml) name=policy ;;
        *) name= ;;
    esac
    [ -z "$name" ] || dictionary=(-dict="fuzz/dict/$name.dict")
    mkdir -p "$artifacts"
    "$programs/$target" "$@" -max_total_time="$limit" -timeout=20 -rss_limit_mb=4096 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="$artifacts/" "${dictionary[@]}" >"$report/$target.log" 2>&1
}

failed=0 total=0
for target in "${targets[@]}"; do
    seeds=()
    [ ! -d "fuzz/seeds/$target" ] || seeds+=("fuzz/seeds/$target")
    [ "$target" != policy_toml ] || seeds+=(control/tests/golden core/tests/vectors examples/acme)
    if [ "$planted" = yes ]; then
        # A corpus of its own, away from what honest runs have learnt.
        mkdir "$report/corpus-$target"
        if run "$target" 60 "$report/artifacts" "$report/corpus-$target" "${seeds[@]}"; then
            echo "fuzz $target, planted: not found in 60 s" >&2
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
