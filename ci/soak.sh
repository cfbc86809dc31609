#!/usr/bin/env bash
# The long form of host/tests/killed.rs: ci/soak.sh SECONDS. Eight processes on one state, killed at random; counts are printed.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in '' | *[!0-9]*) echo "usage: ci/soak.sh SECONDS" >&2; exit 2 ;; esac
CALTROP_SOAK_SECONDS=$1 cargo test --locked -q --release -p caltrop-host --test killed -- --nocapture limits_hold | grep '^killed:'
