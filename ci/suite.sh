#!/usr/bin/env bash
# Runs the black-box suite against example servers, of examples/acme, and the rows of examples/reference: ci/suite.sh [rust|c|fastapi …], all that are there if none is named.
# ci/suite.sh --live [rust|c|fastapi …]: only what a policy does that changes; CALTROP_REVOCATIONS and CALTROP_SWAPS say how often.
# ci/suite.sh --planted: the same against a server without a guard, and against one that does not look at its files, which the suite must notice.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/servers.sh

planted=no cases=examples/suite
if [ "${1:-}" = --planted ]; then planted=yes; shift; fi
if [ "${1:-}" = --live ]; then cases=examples/suite/test_live.py; shift; fi
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
[ "$planted $cases" != "no examples/suite" ] ||
    "$python" -B examples/suite/prepare.py "$folder/reference" --policy examples/reference/policy.toml --caltrop "$target/debug/caltrop" >/dev/null

# Runs the suite; its exit status is pytest's: 0 all passed, 1 some failed, anything else is no answer.
suite() {
    "$python" -B -m pytest -c examples/suite/pytest.ini "$cases" \
        --base-url "$url" --policy "$project" --log "$log" --errors "$errors" --pid "$pid" --workers "$(workers_of "$1")" \
        --caltrop "$target/debug/caltrop" --server "$1" "${@:2}" >"$folder/report" 2>&1
}

# planted NAME ARGUMENT CASES PART: with this argument no more than one in PART of the cases may pass; `all`: none.
planted() {
    local code=0 cases=$3 count passed all most slipped
    start_server "$1" dev "$2"
    CALTROP_REVOCATIONS=1 CALTROP_SWAPS=1 suite "$1" --tb=no --planted || code=$?
    stop_server "$1"
    count=$(sed -n "s/^suite $1: \([0-9]*\) of \([0-9]*\).*/\1 \2/p" "$folder/report")
    read -r passed all <<<"${count:-0 0}"
    if [ "$4" = all ]; then most=0; else most=$((all / $4)); fi
    # And none of what only a guard says.
    slipped=$(grep -c "^suite $1: passed: .*test_answers" "$folder/report" || true)
    if [ "$code" = 1 ] && [ "$all" -gt 0 ] && [ "$passed" -le "$most" ] && [ "$slipped" = 0 ]; then
        echo "suite $1, planted: caught, $((all - passed)) of $all fail with $2"
    else
        cat "$folder/report"
        echo "suite $1, planted: not caught: $passed of $all passed with $2, $slipped of them in test_answers" >&2
        return 1
    fi
}

# asked NAME: the cases, of the project.
asked() {
    local code=0
    start_server "$1" dev
    suite "$1" --tb=short || code=$?
    stop_server "$1" || failed=1
    if [ "$code" = 0 ]; then grep -E "^suite $1: ([0-9]|not asked|live)" "$folder/report"; else cat "$folder/report"; failed=1; fi
}

failed=0
for name in "${servers[@]}"; do
    build_server "$name" dev
    if [ "$planted" = yes ]; then
        # A server that lets everybody in still answers some things rightly, but not many.
        planted "$name" --unguarded examples/suite 4 || failed=1
        planted "$name" --frozen examples/suite/test_live.py all || failed=1
    else
        asked "$name"
        # The reference policy's rows, of the same server.
        [ "$cases" != examples/suite ] || project=$folder/reference cases=$cases/test_rows.py asked "$name"
    fi
done
exit "$failed"
