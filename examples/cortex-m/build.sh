#!/usr/bin/env bash
# Builds the firmware and prints where it lies. FIRMWARE_FEATURES is handed to cargo.
set -euo pipefail
target=$(realpath -m -- "${CARGO_TARGET_DIR:-$(dirname "$0")/target}")/cortex-m
cd "$(dirname "$0")"
RUSTC=$(./toolchain.sh)
export RUSTC
# A folder of its own also where the caller names one: this rustc is not the one that filled it.
export CARGO_TARGET_DIR=$target
# Cargo knows a compiler by its version. One of the same version that was installed anew has another core, with which nothing old links.
if [ ! "$target/built-after" -nt "$RUSTC" ]; then
    rm -rf "$target"
    mkdir -p "$target"
    touch "$target/built-after"
fi
cargo build --locked -q --release --target thumbv7m-none-eabi --features "${FIRMWARE_FEATURES:-}" >&2
echo "$target/thumbv7m-none-eabi/release/board"
