#!/usr/bin/env bash
# Runs the packed decision vectors on every host and fails unless all hosts decided all of them, and equally many.
set -euo pipefail
cd "$(dirname "$0")/.."
packed=${1:?usage: ci/vectors.sh FILE}
target=${CARGO_TARGET_DIR:-target}
counts=()
note() { # one line a host: "vectors <host>: N of M"
    local line
    line=$(grep -E '^vectors [a-z-]+: [0-9]+ of [0-9]+$' <<<"$1") || { echo "vectors: no count in: $1" >&2; exit 1; }
    echo "$line"
    counts+=("${line#*: }")
}
note "$(cargo run --locked -q -p caltrop-vectors -- run "$packed")"
cargo build --locked -q -p caltrop-ffi --profile ffi
mkdir -p "$target/tmp"
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -O1 -Iinclude ffi/tests/c/vectors.c "$target/ffi/libcaltrop.a" -lpthread -ldl -lm -o "$target/tmp/vectors-c"
note "$("$target/tmp/vectors-c" "$packed")"
if [ "$(printf '%s\n' "${counts[@]}" | sort -u | wc -l)" != 1 ]; then
    echo "vectors: the hosts' counts differ" >&2
    exit 1
fi
read -r passed _ all <<<"${counts[0]}"
[ "$passed" = "$all" ] && [ "$all" -ge 80 ] || { echo "vectors: $passed of $all; at least 80 are needed, all of them passed" >&2; exit 1; }
