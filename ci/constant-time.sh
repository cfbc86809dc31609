#!/usr/bin/env bash
# Constant time, measured: proofs/constant-time under memcheck, at each level at which the core is shipped, since each level is another program.
# Exits with an error if a secret reaches a branch or an address, if a planted fault is not caught, or if something is declassified that no longer
# needs to be.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}/proofs
declassified=proofs/constant-time/declassified.supp
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for level in 3 s z; do
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$level CARGO_TARGET_DIR=$target \
        cargo build --locked -q --release --manifest-path proofs/Cargo.toml -p caltrop-constant-time
    code=0
    said=$(valgrind -v --log-file="$folder/$level" --suppressions=$declassified "$target/release/caltrop-constant-time") || code=$?
    echo "constant time, opt-level $level: $said"
    if [ "$code" != 0 ]; then
        grep -A 12 -E 'Conditional jump|Use of uninitialised' "$folder/$level" | head -n 60 >&2
        exit 1
    fi
done
names=$(awk '$0 == "{" { getline; print $1 }' $declassified)
for name in $names; do
    grep -qE "used_suppression: .* $name " "$folder"/* || { echo "constant time: $name is declassified, and nothing needs it" >&2; exit 1; }
done
echo "constant time: $(wc -w <<<"$names") declassifications, each needed ($declassified)"
