#!/usr/bin/env bash
# Builds the firmware and prints where it lies. FIRMWARE_FEATURES is handed to cargo.
set -euo pipefail
# shellcheck source=compiler.sh
. "$(dirname "$0")/compiler.sh"
cd "$(dirname "$0")"
cargo build --locked -q --release --target thumbv7m-none-eabi --features "${FIRMWARE_FEATURES:-}" >&2
echo "$CARGO_TARGET_DIR/thumbv7m-none-eabi/release/board"
