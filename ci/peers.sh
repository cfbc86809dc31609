#!/usr/bin/env bash
# Asks the guard about tokens that other people's authorization servers issued, on the loopback, and signs and verifies requests with other people's
# code: ci/peers.sh [pytest's arguments].
# Node's packages go to target/peers, by the lock file; Python's are those of .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(node --version 2>/dev/null || echo none)
if [ "${version%%.*}" != "${version}" ] && [ "$(tr -dc 0-9 <<<"${version%%.*}")" -ge 20 ]; then :; else
    echo "peers: SKIPPED: oidc-provider needs Node.js 20 or later, and there is $version" >&2
    [ "${CI:-}" != true ]
    exit
fi
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
peers=$target/peers
now=$(cat examples/peers/package-lock.json | sha256sum)
if [ "$(cat "$peers/lock.sha256" 2>/dev/null)" != "$now" ]; then
    echo "peers: installing examples/peers/package-lock.json"
    mkdir -p "$peers"
    cp examples/peers/package.json examples/peers/package-lock.json "$peers"
    (cd "$peers" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    echo "$now" >"$peers/lock.sha256"
fi
# Modules are looked for beside the script that asks for them.
cp examples/peers/*.mjs "$peers"
cargo build --locked -q -p caltrop-control
CALTROP=$target/debug/caltrop CALTROP_PEERS=$peers .venv/bin/python -B -m pytest -c examples/peers/pytest.ini examples/peers "$@"
