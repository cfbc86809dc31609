#!/usr/bin/env bash
# Builds the example into target/examples/caltrop-example-c: libcaltrop.a as it is shipped, libmicrohttpd from the system.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
out=$target/examples/caltrop-example-c
cargo build --locked -q -p caltrop-ffi --profile ffi
mkdir -p "$target/examples"
${CC:-gcc} -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
    -Iinclude examples/c/*.c "$target/ffi/libcaltrop.a" -lmicrohttpd -lpthread -ldl -lm -o "$out"
echo "$out"
