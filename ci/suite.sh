#!/usr/bin/env bash
# Runs the black-box suite against example servers: ci/suite.sh [rust|c|fastapi …], all that are there if none is named.
# ci/suite.sh --planted: the same against a server without a guard, which the suite must notice.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/servers.sh

planted=no
if [ "${1:-}" = --planted ]; then planted=yes; shift; fi
servers=("$@")
if [ ${#servers[@]} -eq 0 ]; then
    for name in rust c fastapi; do
        if has_server "$name" && { [ "$planted" = no ] || [ "$name" = rust ]; }; then servers+=("$name"); fi
    done
fi
for name in "${servers[@]}"; do
    has_server "$name" || { echo "suite: no server $name" >&2; exit 2; }
done

[ -x .venv/bin/pytest ] || { echo "suite: no .venv/bin/pytest: run ci/setup.sh" >&2; exit 1; }
cargo build --locked -q -p caltrop-control
"$python" -B examples/suite/prepare.py "$folder/project" --caltrop "$target/debug/caltrop" >/dev/null

# Runs the suite; its exit status is pytest's: 0 all passed, 1 some failed, anything else is no answer.
suite() {
    "$python" -B -m pytest -c examples/suite/pytest.ini examples/suite \
        --base-url "$url" --policy "$folder/project" --log "$log" --server "$1" "${@:2}" >"$folder/report" 2>&1
}

failed=0
for name in "${servers[@]}"; do
    build_server "$name" dev
    code=0
    if [ "$planted" = yes ]; then
        start_server "$name" dev --unguarded
        suite "$name" --tb=no --planted || code=$?
        stop_server "$name"
        count=$(sed -n "s/^suite $name: \([0-9]*\) of \([0-9]*\).*/\1 \2/p" "$folder/report")
        read -r passed all <<<"${count:-0 0}"
        # A server that lets everybody in still answers some things rightly, but not many, and none that only a guard says.
        slipped=$(grep -c "^suite $name: passed: .*test_answers" "$folder/report" || true)
        if [ "$code" = 1 ] && [ "$all" -gt 0 ] && [ $((passed * 4)) -lt "$all" ] && [ "$slipped" = 0 ]; then
            echo "suite $name, planted: caught, $((all - passed)) of $all fail without the guard"
        else
            cat "$folder/report"
            echo "suite $name, planted: not caught: $passed of $all passed without the guard, $slipped of them in test_answers" >&2
            failed=1
        fi
    else
        start_server "$name" dev
        suite "$name" --tb=short || code=$?
        stop_server "$name" || failed=1
        if [ "$code" = 0 ]; then grep -E "^suite $name: ([0-9]|not asked)" "$folder/report"; else cat "$folder/report"; failed=1; fi
    fi
done
exit "$failed"
