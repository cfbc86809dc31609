#!/usr/bin/env bash
# Runs the packed decision vectors on every host and fails unless all hosts decided all of them, and equally many.
# Then the same with one answer changed: every host must fail that one and no other.
set -euo pipefail
cd "$(dirname "$0")/.."
packed=${1:?usage: ci/vectors.sh FILE}
target=${CARGO_TARGET_DIR:-target}
hosts=(rust c python cortex-m)
cargo build --locked -q -p caltrop-ffi --profile ffi
mkdir -p "$target/tmp"
gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -O1 -Iinclude ffi/tests/c/vectors.c "$target/ffi/libcaltrop.a" -lpthread -ldl -lm -o "$target/tmp/vectors-c"
run() { # HOST FILE
    case $1 in
        rust) cargo run --locked -q -p caltrop-vectors -- run "$2" ;;
        c) "$target/tmp/vectors-c" "$2" ;;
        python) .venv/bin/python -B python/tests/vectors.py "$2" ;;
        cortex-m) examples/cortex-m/run.sh "$2" ;;
    esac
}
score() { # HOST: its line of what it said, "vectors HOST: N of M", on standard input
    grep -E "^vectors $1: [0-9]+ of [0-9]+\$" || { echo "vectors: no count of $1" >&2; exit 1; }
}
counts=()
for host in "${hosts[@]}"; do
    line=$(run "$host" "$packed" | score "$host")
    echo "$line"
    counts+=("${line#*: }")
done
if [ "$(printf '%s\n' "${counts[@]}" | sort -u | wc -l)" != 1 ]; then
    echo "vectors: the hosts' counts differ" >&2
    exit 1
fi
read -r passed _ all <<<"${counts[0]}"
[ "$passed" = "$all" ] && [ "$all" -ge 80 ] || { echo "vectors: $passed of $all; at least 80 are needed, all of them passed" >&2; exit 1; }

planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
cp -r core/tests/vectors "$planted/vectors"
file=$(grep -l '^status = 404' "$planted"/vectors/*.vectors.toml | head -1)
sed -i '0,/^status = 404/s//status = 405/' "$file"
cargo run --locked -q -p caltrop-vectors -- pack "$planted/vectors" "$planted/vectors.bin"
for host in "${hosts[@]}"; do
    if line=$(run "$host" "$planted/vectors.bin" 2>/dev/null); then
        echo "vectors: $host takes a wrong answer for right" >&2
        exit 1
    fi
    [ "$(score "$host" <<<"$line")" = "vectors $host: $((all - 1)) of $all" ] || { echo "vectors: $host, planted: $line" >&2; exit 1; }
done
echo "vectors: one answer changed: seen by all ${#hosts[@]} hosts"
