#!/usr/bin/env bash
# build.sh [board|rooms]: builds a firmware, the guard's where none is named, and prints where it lies. FIRMWARE_FEATURES is handed to cargo.
set -euo pipefail
# shellcheck source=compiler.sh
. "$(dirname "$0")/compiler.sh"
cd "$(dirname "$0")"
binary=${1:-board}
cargo build --locked -q --release --target thumbv7m-none-eabi --bin "$binary" --features "${FIRMWARE_FEATURES:-}" >&2
echo "$CARGO_TARGET_DIR/thumbv7m-none-eabi/release/$binary"
