#!/usr/bin/env bash
# run.sh VECTORS_FILE: builds libcaltrop.a for the board and a firmware in C over it, and decides the file's first request.
#
# Status: 0 if the answer is the file's, 1 if not, above 1 if the run did not come to its end.
set -euo pipefail
file=$(realpath -e -- "${1:?usage: run.sh VECTORS_FILE}") || exit 2
here=$(dirname "$(realpath -- "$0")")
root=$(realpath -- "$here/../../..")
target=thumbv7m-none-eabi
# shellcheck source=../compiler.sh
. "$here/../compiler.sh"
# One core, no threads: 64-bit atomics are a few loads and stores with interrupts off. Small code rather than fast.
cd "$root"
RUSTFLAGS="--cfg portable_atomic_unsafe_assume_single_core" cargo rustc --locked -q -p caltrop-ffi --lib --crate-type staticlib \
    --no-default-features --features firmware --profile ffi --target $target --config 'profile.ffi.opt-level="s"' >&2
library=$CARGO_TARGET_DIR/$target/ffi/libcaltrop.a
elf=$CARGO_TARGET_DIR/board-c
# -nostdlib: there is no malloc to be had, so what asked for one would not link.
arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -std=c11 -Wall -Wextra -Wpedantic -Werror -Os -ffreestanding -ffunction-sections -fdata-sections \
    -nostdlib -nostartfiles -Wl,--gc-sections -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -T "$here/board.ld" -I"$root/include" \
    "$here/main.c" "$here/board.c" "$library" -lgcc -o "$elf"
arm-none-eabi-size "$elf" | awk 'NR == 2 { print "c board: flash " $1 + $2 " bytes" }'
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
ln -s "$file" "$run/vectors.bin"
cd "$run"
status=0
timeout 60 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none -semihosting-config enable=on,target=native \
    -kernel "$elf" </dev/null || status=$?
exit $status
