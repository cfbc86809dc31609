#!/usr/bin/env bash
# Two workers over the table in every order that the memory model allows (loom), then the same over a compare-and-swap that is none.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}/interleavings
RUSTFLAGS="${RUSTFLAGS:-} --cfg caltrop_model" CARGO_TARGET_DIR=$target \
    cargo build --locked -q --release --manifest-path proofs/interleavings/Cargo.toml
"$target/release/caltrop-interleavings"
"$target/release/caltrop-interleavings" --planted
