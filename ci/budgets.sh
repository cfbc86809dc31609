#!/usr/bin/env bash
# Instructions of one call, counted by callgrind and held to benches/budgets.toml: over by more than 3 % fails, and so does a row without a budget
# or a budget without a row. ci/budgets.sh --update writes the counts as the new budgets. At the end one budget is lowered by 10 %, and must fail.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}/proofs
budgets=benches/budgets.toml
# Portable code: what a machine has besides must not count.
RUSTFLAGS="-C target-cpu=x86-64" CARGO_PROFILE_RELEASE_OPT_LEVEL=3 CARGO_TARGET_DIR=$target \
    cargo build --locked -q --release --manifest-path proofs/Cargo.toml -p caltrop-budgets
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# memcpy and memcmp come from the C library, which chooses them by the processor: here it sees the least.
GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2_Usable,-AVX512F_Usable,-AVX2,-AVX512F,-ERMS \
    valgrind -q --tool=callgrind --collect-atstart=no --callgrind-out-file="$folder/out" "$target/release/caltrop-budgets" >"$folder/said" 2>&1 ||
    { cat "$folder/said" >&2; exit 1; }

# One file a row: its name is in the trigger, its count in the totals.
for file in "$folder"/out.*; do
    sed -n 's/^desc: Trigger: Client Request: //p; s/^totals: //p' "$file" | paste -sd '\t'
done | awk -F '\t' 'NF == 2' | sort >"$folder/counts"
[ -s "$folder/counts" ] || { echo "budgets: nothing was counted" >&2; exit 1; }

if [ "${1:-}" = --update ]; then
    {
        sed '/^"/,$d' "$budgets"
        awk -F '\t' '{ printf "\"%s\" = %d\n", $1, $2 }' "$folder/counts"
    } >"$folder/new"
    cp "$folder/new" "$budgets"
fi

# check BUDGETS: prints each row; fails if one is over.
check() {
    sed -nE 's/^"(.*)" = ([0-9]+)$/\1\t\2/p' "$1" >"$folder/budgets"
    awk -F '\t' '
        NR == FNR { budget[$1] = $2; next }
        !($1 in budget) { printf "  %-50s %9d  no budget: ci/budgets.sh --update\n", $1, $2; bad = 1; next }
        { over = $2 > budget[$1] * 1.03
          printf "  %-50s %9d of %9d  %+.1f %%%s\n", $1, $2, budget[$1], ($2 / budget[$1] - 1) * 100, over ? "  OVER" : ""
          if (over) bad = 1
          delete budget[$1] }
        END { for (name in budget) { printf "  %-50s budgeted, and not counted\n", name; bad = 1 }; exit bad }' "$folder/budgets" "$folder/counts"
}

code=0
check "$budgets" || code=$?
echo "budgets: $(wc -l <"$folder/counts") rows, $(rustc --version)"
# Which row is lowered does not matter: all are read alike.
awk '!done && /^"/ { at = match($0, /[0-9]+$/); $0 = substr($0, 1, at - 1) int(substr($0, at) * 0.9); done = 1 } 1' "$budgets" >"$folder/planted"
if check "$folder/planted" >"$folder/said"; then
    echo "budgets, planted: a budget lowered by 10 % was not noticed" >&2
    code=1
else
    echo "budgets, planted: a budget lowered by 10 % is noticed ($(grep -c OVER "$folder/said") row over)"
fi
exit "$code"
