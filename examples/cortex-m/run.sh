#!/usr/bin/env bash
# run.sh [--table] VECTORS_FILE: builds the firmware, shows it every request of a packed file of vectors, and prints what it decided.
#
# Standard output: how many cases were decided as the file says, and what that cost; with --table, a line a case instead:
# name, status, reason (empty if allowed), seconds to wait, separated by tabs. Standard error: the build, and every case decided otherwise.
# Status: 0 if all cases were decided as the file says, 1 if not, above 1 if the run did not come to its end.
# FIRMWARE_FEATURES (check.sh) is handed to cargo.
set -euo pipefail
show=score
if [ "${1:-}" = --table ]; then
    show=table
    shift
fi
file=$(realpath -e -- "${1:?usage: run.sh [--table] VECTORS_FILE}") || exit 2
elf=$("$(dirname "$0")/build.sh")
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
ln -s "$file" "$run/vectors.bin"
cd "$run"
# -icount: one nanosecond an instruction, so that SysTick counts the same on every machine. The limit is for a board that hangs.
status=0
timeout 300 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none -icount shift=0 \
    -semihosting-config enable=on,target=native,arg=board,arg=$show -kernel "$elf" </dev/null || status=$?
exit $status
