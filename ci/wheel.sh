#!/usr/bin/env bash
# Builds the wheel and installs it into .venv: what is tested is what is shipped.
set -euo pipefail
cd "$(dirname "$0")/.."
ci/venv.sh
out=${CARGO_TARGET_DIR:-target}/wheels
rm -rf "$out"
.venv/bin/maturin build -q --locked --release --manifest-path python/Cargo.toml --out "$out"
case $(echo "$out"/*.whl) in *abi3*) ;; *) echo "wheel: $(echo "$out"/*) is no abi3 wheel" >&2; exit 1 ;; esac
.venv/bin/pip install -q --disable-pip-version-check --no-deps --force-reinstall "$out"/*.whl
