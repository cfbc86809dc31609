#!/usr/bin/env bash
# rooms.sh: builds and runs the firmware of four rooms without the guard, and holds its figures to budgets.toml: over is a failure, and so is a figure
# without a budget or a budget without a figure. Each check is beside a fault that it finds. Status 1 at the first promise that does not hold.
set -euo pipefail
here=$(dirname "$(realpath -- "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "rooms: $*" >&2; exit 1; }
# As run.sh has it: one nanosecond an instruction.
run() {
    timeout 60 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none -icount shift=0 \
        -semihosting-config enable=on,target=native -kernel "$1" </dev/null
}

# 1. A wrong answer fails the run.
status=0
run "$(FIRMWARE_FEATURES=planted-wrong-answer "$here/build.sh" rooms)" >"$work/planted" || status=$?
[ "$status" = 1 ] && grep -q '^planted' "$work/planted" || fail "a planted wrong answer gave status $status: $(cat "$work/planted")"
elf=$("$here/build.sh" rooms)
run "$elf" >"$work/figures" || fail "status $?: $(cat "$work/figures")"

# 2. No Ed25519 in it; the guard's firmware, which has it, shows that it would be seen.
signature='(ed25519|curve25519|sha512)'
arm-none-eabi-nm -C "$elf" >"$work/symbols"
seen=$(grep -c 'caltrop\|sha2' "$work/symbols" || true)
[ "$seen" -gt 0 ] || fail "none of the rooms is among the symbols: which file was read?"
if grep -iE "$signature" "$work/symbols" >&2; then fail "the firmware of the rooms has a signature's code: the symbols above"; fi
found=$(arm-none-eabi-nm -C "$("$here/build.sh" board)" | grep -ciE "$signature" || true)
[ "$found" -gt 0 ] || fail "the guard's firmware shows no Ed25519: this check sees nothing"

# 3. Within the budgets; one figure more is over.
check() {
    awk -F ' = ' '
        NR == FNR { if (/^"/) { name = $1; gsub(/"/, "", name); budget[name] = $2 }; next }
        !($1 in budget) { printf "  %-45s %6d  no budget\n", $1, $2; bad = 1; next }
        { over = $2 > budget[$1]; printf "  %-45s %6d of %6d%s\n", $1, $2, budget[$1], over ? "  OVER" : ""; if (over) bad = 1; delete budget[$1] }
        END { for (name in budget) { printf "  %-45s budgeted, and not counted\n", name; bad = 1 }; exit bad }' "$1" "$2"
}
check "$here/budgets.toml" "$work/figures" || fail "over its budget: see above"
rows=$(wc -l <"$work/figures")
for row in $(seq "$rows"); do
    # 1 % over its budget, one row after the other.
    awk -F ' = ' -v row="$row" 'NR == FNR { if (/^"/) { name = $1; gsub(/"/, "", name); budget[name] = $2 }; next }
        { print FNR == row ? $1 " = " int(budget[$1] * 1.01 + 1) : $0 }' "$here/budgets.toml" "$work/figures" >"$work/over"
    if check "$here/budgets.toml" "$work/over" >"$work/said"; then fail "row $row over its budget was not noticed"; fi
    grep -q OVER "$work/said" || fail "row $row over its budget was not told"
done
echo "rooms: $rows figures within their budgets; $rows of $rows planted ones over them noticed; no Ed25519 ($found symbols of it in the guard's firmware)"
