#!/usr/bin/env bash
# Installs what the checks need on a fresh Debian machine; does nothing where it is there already.
set -euo pipefail
want=()
need() { command -v "$1" >/dev/null || want+=("$2"); }
need gcc gcc
need g++ g++
need clang clang
need valgrind valgrind
need curl curl
need openssl openssl
need wrk wrk
need node nodejs
need npm npm
# bindgen, under proofs/, opens the library that clang comes with.
ldconfig -p | grep -q 'libclang[-.]' || want+=(libclang1)
echo '#include <microhttpd.h>' | cc -E - >/dev/null 2>&1 || want+=(libmicrohttpd-dev)
python3 -c 'import ensurepip, venv' 2>/dev/null || want+=(python3-venv)
[ ${#want[@]} -eq 0 ] && exit 0
echo "setup: installing ${want[*]}"
[ "$(id -u)" = 0 ] || { echo "setup: run as root once: apt-get install ${want[*]}" >&2; exit 1; }
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${want[@]}" >/dev/null
