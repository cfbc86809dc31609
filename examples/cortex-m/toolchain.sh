#!/usr/bin/env bash
# Prints the rustc that builds for thumbv7m-none-eabi; installs what is missing first, and is done in a moment where nothing is.
#
# Where rustup holds the target (`rustup target add thumbv7m-none-eabi`), that is the stable rustc. Elsewhere, as on a machine that reaches
# only Debian and crates.io, the target's `core` is built once from Debian's sources with Debian's rustc, in a private prefix:
# $CALTROP_FIRMWARE, or ~/.cache/caltrop-firmware. Nothing else on the machine changes, but for the apt packages named below.
set -euo pipefail
target=thumbv7m-none-eabi
prefix=${CALTROP_FIRMWARE:-${XDG_CACHE_HOME:-$HOME/.cache}/caltrop-firmware}
say() { echo "toolchain: $*" >&2; }

want=()
need() { command -v "$1" >/dev/null || want+=("$2"); }
need qemu-system-arm qemu-system-arm
need arm-none-eabi-gcc gcc-arm-none-eabi
need arm-none-eabi-nm binutils-arm-none-eabi
if [ ${#want[@]} -gt 0 ]; then
    [ "$(id -u)" = 0 ] || { say "run as root once: apt-get install --no-install-recommends ${want[*]}"; exit 1; }
    say "installing ${want[*]} (about 20 s)"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${want[@]}" >/dev/null
fi

sysroot=$(rustc --print sysroot)
if compgen -G "$sysroot/lib/rustlib/$target/lib/libcore-*.rlib" >/dev/null; then
    command -v rustc
    exit
fi
if [ -x "$prefix/rustc" ]; then
    echo "$prefix/rustc"
    exit
fi

command -v apt-get >/dev/null || { say "no apt-get here: rustup target add $target"; exit 1; }
mkdir -p "$(dirname "$prefix")"
exec 9>"$prefix.lock" # Two runs at once build one prefix.
flock 9
if [ -x "$prefix/rustc" ]; then
    echo "$prefix/rustc"
    exit
fi
# What is there and is no half of ours is somebody's.
[ ! -e "$prefix" ] || [ -e "$prefix/rustc.part" ] || { say "$prefix holds something else: name another folder in CALTROP_FIRMWARE"; exit 1; }
part=$prefix.part
rm -rf "$part" "$prefix"
mkdir -p "$part/debs"

say "1 of 3: fetching Debian's rustc and its sources (about 150 MB)"
(
    cd "$part/debs"
    [ "$(id -u)" != 0 ] || apt-get update -qq >&2 # A fresh machine has no lists, an old one wrong ones.
    # apt would rather fetch as its own user, who may not write here, and says so.
    fetch() { apt-get download -qq -o APT::Sandbox::User=root "$@" >&2; }
    needs() { dpkg-deb -f "$1" Depends | grep -oE "$2" | head -n 1; }
    fetch rustc-web libstd-rust-web-dev rust-web-src rust-web-clippy
    # These two carry their version in their name, which Debian's updates change.
    std=$(needs libstd-rust-web-dev_*.deb 'libstd-rust-web-[0-9.]+')
    fetch "$std"
    fetch "$(needs "$std"_*.deb 'libllvm[0-9]+')"
)
say "2 of 3: unpacking into $prefix"
for deb in "$part"/debs/{rustc-web,rust-web-clippy,libstd-rust-web,libllvm}*.deb; do
    dpkg -x "$deb" "$part"
done
dpkg --fsys-tarfile "$part"/debs/rust-web-src_*.deb | tar -x -C "$part" --wildcards './usr/lib/rustlib/src*' './usr/src/rustc-*/library*'
rm -rf "$part/debs" "$part/usr/share"
# Debian's package holds no linker; rustup's rust-lld reads the same objects.
host=$(rustc -vV | sed -n 's/^host: //p')
ln -sfn "$sysroot/lib/rustlib/$host/bin" "$part/usr/lib/rustlib/$host/bin"
cat >"$part/rustc.part" <<'WRAPPER'
#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH=$(echo "$here"/usr/lib/*-linux-gnu) exec "$here/usr/bin/rustc" "$@"
WRAPPER
# lint.sh's: cargo hands a workspace's crates to this one, with the compiler's name first.
cat >"$part/clippy" <<'WRAPPER'
#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH=$(echo "$here"/usr/lib/*-linux-gnu) SYSROOT=$here/usr exec "$here/usr/bin/clippy-driver" "$@"
WRAPPER
chmod +x "$part/rustc.part" "$part/clippy"

say "3 of 3: building core and alloc for $target (about 30 s)"
work=$part/work
mkdir -p "$work/src"
echo '#![no_std]' >"$work/src/lib.rs"
cat >"$work/Cargo.toml" <<'MANIFEST'
[package]
name = "stub"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
panic = "abort"
opt-level = "s"
codegen-units = 1
MANIFEST
# `alloc` is there so that a planted heap user can be built and found; the firmware itself links none of it.
(
    cd "$work"
    sources=$part/usr/lib/rustlib/src/rust
    export CARGO_HOME=$work/home CARGO_TARGET_DIR=$work/target
    # Cargo knows build-std as unstable; the flag is for this one build of Debian's own sources.
    RUSTC=$part/rustc.part RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=$sources=/rust" \
        cargo build -q --offline --release -Z build-std=core,alloc --target "$target" \
        --config 'source.crates-io.replace-with="rust"' --config "source.rust.directory=\"$sources/library/vendor\"" >&2
)
lib=$part/usr/lib/rustlib/$target/lib
mkdir -p "$lib"
for crate in core alloc compiler_builtins; do
    cp "$work/target/$target/release/deps/lib$crate-"*.rlib "$lib/"
done
rm -rf "$work" "$part/usr/lib/rustlib/src" "$part"/usr/src
mv "$part" "$prefix"
mv "$prefix/rustc.part" "$prefix/rustc" # Its name comes last: it says that all of the prefix is there.
say "done: $(du -sh "$prefix" | cut -f1) in $prefix"
echo "$prefix/rustc"
