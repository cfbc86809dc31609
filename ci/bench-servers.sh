#!/usr/bin/env bash
# Requests a second of each example server, with its guard and without: ci/bench-servers.sh [SECONDS [ROUNDS]].
# wrk shows one valid key from one office address on two threads. Rounds alternate, so that a noisy moment hits both; the medians are compared.
# wrk itself takes a good part of a small machine, so the processor time that the server takes for a request is told too.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/servers.sh
seconds=${1:-3} rounds=${2:-3}
command -v wrk >/dev/null || { echo "bench-servers: no wrk: run ci/setup.sh" >&2; exit 1; }

cargo build --locked -q -p caltrop-control
"$python" -B examples/suite/prepare.py "$folder/project" --caltrop "$target/debug/caltrop" >/dev/null
# The same policy with limits that nobody reaches: a denial is cheaper than an answer.
sed -i -E 's/limit = "[0-9]+\/minute"(, in-zone[^}]*)?/limit = "1000000000\/minute"/' "$folder/project/policy.toml"
sed -i '/^\[\[expect\]\]/,$d' "$folder/project/policy.toml"
"$target/debug/caltrop" policy compile "$folder/project/policy.toml" >/dev/null
key=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["reader"])' "$folder/project/keys.json")

# Clock ticks of processor time that the server and its workers have taken.
ticks() { cat "/proc/$pid/stat" $(pgrep -P "$pid" | sed 's|.*|/proc/&/stat|') | awk '{ sub(/.*\) /, ""); sum += $12 + $13 } END { print sum }'; }

# measure NAME [--unguarded]: sets `found` to requests a second and microseconds a request; an answer that is no 2xx spoils the run.
measure() {
    local report before after
    start_server "$1" release "${@:2}"
    wrk -t2 -c32 -d1s -H "x-api-key: $key" -H "x-forwarded-for: 198.51.100.7" -H "x-forwarded-proto: https" "$url/v1/orders/17" >/dev/null
    before=$(ticks)
    report=$(wrk -t2 -c32 -d"${seconds}s" -H "x-api-key: $key" -H "x-forwarded-for: 198.51.100.7" -H "x-forwarded-proto: https" "$url/v1/orders/17")
    after=$(ticks)
    stop_server "$1"
    if grep -q 'Non-2xx\|Socket errors' <<<"$report"; then
        echo "$1: $report" >&2
        return 1
    fi
    found=$(awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" \
        '/ requests in / { all = $1 } /^Requests\/sec:/ { rate = $2 } END { print rate, ticks / hz * 1e6 / all }' <<<"$report")
}

# median COLUMN, of lines.
median() { awk -v at="$1" 'NF { print $at }' | sort -g | sed -n "$(((rounds + 1) / 2))p"; }

for name in rust c fastapi; do
    has_server "$name" || continue
    build_server "$name" release
    with="" without=""
    for _ in $(seq "$rounds"); do
        measure "$name" --unguarded
        without+=$found$'\n'
        measure "$name"
        with+=$found$'\n'
    done
    awk -v name="$name" -v with="$(median 1 <<<"$with")" -v without="$(median 1 <<<"$without")" \
        -v cost="$(median 2 <<<"$with")" -v base="$(median 2 <<<"$without")" \
        'BEGIN { printf "%s: %d requests/s with the guard, %d without: %.2f of it; %.1f and %.1f us of processor time a request\n", \
                 name, with, without, with / without, cost, base }'
done
