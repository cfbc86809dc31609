# Sourced: sets RUSTC to the compiler for the board and CARGO_TARGET_DIR to a folder of its own, also where the caller names one.
here_=$(dirname "$(realpath -- "${BASH_SOURCE[0]}")")
CARGO_TARGET_DIR=$(realpath -m -- "${CARGO_TARGET_DIR:-$here_/target}")/cortex-m
RUSTC=$("$here_/toolchain.sh")
export RUSTC CARGO_TARGET_DIR
# Cargo knows a compiler by its version. One of the same version that was installed anew has another core, with which nothing old links.
if [ ! "$CARGO_TARGET_DIR/built-after" -nt "$RUSTC" ]; then
    rm -rf "$CARGO_TARGET_DIR"
    mkdir -p "$CARGO_TARGET_DIR"
    touch "$CARGO_TARGET_DIR/built-after"
fi
