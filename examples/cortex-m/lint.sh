#!/usr/bin/env bash
# Formatting and clippy for the firmware: the workspace's own lint does not reach into it.
set -euo pipefail
# shellcheck source=compiler.sh
. "$(dirname "$0")/compiler.sh"
cd "$(dirname "$0")"
cargo fmt --check
# A folder of its own: the flag is part of what cargo compares.
export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/lint
if [ -x "$(dirname "$RUSTC")/clippy" ]; then
    RUSTC_WORKSPACE_WRAPPER=$(dirname "$RUSTC")/clippy
    export RUSTC_WORKSPACE_WRAPPER
    command=check # cargo's own clippy would call rustup's, which cannot read this core
else
    command=clippy
fi
for features in "" planted-heap,planted-wrong-answer; do
    RUSTFLAGS="-D warnings" cargo $command --locked -q --target thumbv7m-none-eabi --features "$features"
done
echo "cortex-m: formatted, no warning of clippy, with and without the planted faults"
