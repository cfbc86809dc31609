#!/usr/bin/env bash
# Makes .venv with what the checks in Python need, and does nothing where it is so already.
set -euo pipefail
cd "$(dirname "$0")/.."
lists=(python/requirements.txt examples/suite/requirements.txt examples/peers/requirements.txt)
now=$(cat "${lists[@]}" | sha256sum)
[ -x .venv/bin/python ] || { echo "venv: making .venv"; python3 -m venv .venv; }
[ "$(cat .venv/requirements.sha256 2>/dev/null)" = "$now" ] && exit 0
echo "venv: installing ${lists[*]}"
.venv/bin/pip install -q --disable-pip-version-check $(printf -- '-r %s ' "${lists[@]}")
echo "$now" >.venv/requirements.sha256
