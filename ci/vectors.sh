#!/usr/bin/env bash
# Runs the packed decision vectors on every host and fails unless all hosts decided all of them, and equally many.
set -euo pipefail
cd "$(dirname "$0")/.."
packed=${1:?usage: ci/vectors.sh FILE}
target=${CARGO_TARGET_DIR:-target}
hosts=(rust c python cortex-m)
counts=()
note() { # HOST OUTPUT: one line, "vectors HOST: N of M"
    local line
    line=$(grep -E "^vectors $1: [0-9]+ of [0-9]+\$" <<<"$2") || { echo "vectors: no count of $1 in: $2" >&2; exit 1; }
    echo "$line"
    counts+=("${line#*: }")
}
note rust "$(cargo run --locked -q -p caltrop-vectors -- run "$packed")"
cargo build --locked -q -p caltrop-ffi --profile ffi
mkdir -p "$target/tmp"
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -O1 -Iinclude ffi/tests/c/vectors.c "$target/ffi/libcaltrop.a" -lpthread -ldl -lm -o "$target/tmp/vectors-c"
note c "$("$target/tmp/vectors-c" "$packed")"
note python "$(.venv/bin/python python/tests/vectors.py "$packed")"
note cortex-m "$(examples/cortex-m/run.sh "$packed")"
if [ "${#counts[@]}" != "${#hosts[@]}" ] || [ "$(printf '%s\n' "${counts[@]}" | sort -u | wc -l)" != 1 ]; then
    echo "vectors: the hosts' counts differ" >&2
    exit 1
fi
read -r passed _ all <<<"${counts[0]}"
[ "$passed" = "$all" ] && [ "$all" -ge 80 ] || { echo "vectors: $passed of $all; at least 80 are needed, all of them passed" >&2; exit 1; }
