#!/usr/bin/env bash
# Mutants of the rooms: each small change to their code must be seen by a test of the same room. ci/mutants.sh [SLICE …]; all slices without one.
# A change that no test sees must stand in docs/mutants.md with its reason, and a change that stands there must be one that no test sees.
# ci/mutants.sh --planted shows, without running any, that the comparison notices either. A campaign: about an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/mutants.md

# Slice, the crate and the tests that are asked, files. What reads a built table is asked by the crate that builds it.
slices() {
	cat <<-END
		key caltrop --test=key_* core/src/key/**
		mac caltrop --test=mac_* core/src/mac/**
		rate caltrop --lib,--test=rate_* core/src/rate/**
		replay caltrop --lib,--test=replay_* core/src/replay/**
		poptrie caltrop-control --test=net_* core/src/net/poptrie/** core/src/net/body.rs core/src/net/list.rs core/src/net/many.rs core/src/net/record.rs
		net caltrop --lib,--test=net_* core/src/net/cidr.rs core/src/net/client.rs core/src/net/f*.rs core/src/net/ranges.rs core/src/net/read.rs
	END
}

# The names of mutants without their lines and columns, which move: one a line, as often as it is there.
names() { sed -E 's/^([^:]+):[0-9]+:[0-9]+: /\1: /' | LC_ALL=C sort; }

# The bullets of the page that begin with one of these files: "- `file: change`: reason". A reason is part of a bullet.
explained() { sed -nE 's/^- `(core\/src\/[^`]+)`: .+/\1/p' "$1" | LC_ALL=C sort; }

# judge PAGE SURVIVORS MUTANTS: fails for a survivor without a reason, and for a reason, in a file that these mutants are of, without a survivor.
judge() {
	local survivors known told fault=0
	survivors=$(mktemp) known=$(mktemp) told=$(mktemp)
	names <"$2" >"$survivors"
	explained "$1" | awk -F': ' 'NR == FNR { files[$1]; next } $1 in files' <(names <"$3") - >"$known"
	LC_ALL=C comm -13 "$known" "$survivors" | sed "s|^|mutants: no test sees it, and $page has no reason for it: |" >"$told"
	LC_ALL=C comm -23 "$known" "$survivors" | sed "s|^|mutants: a test sees it, or it is none: take it out of $page: |" >>"$told"
	cat "$told" >&2
	[ ! -s "$told" ] || fault=1
	rm -f "$survivors" "$known" "$told"
	return "$fault"
}

planted() {
	local work told place fault
	work=$(mktemp -d)
	trap 'rm -rf "$work"' RETURN
	for place in '1:2: replace | with ^ in f' '9:2: replace | with ^ in f' '3:4: delete ! in g'; do echo "core/src/a.rs:$place"; done >"$work/mutants"
	sed -n 1p "$work/mutants" >"$work/survivors"
	echo '- `core/src/a.rs: replace | with ^ in f`: the bits do not meet.' >"$work/page"
	judge "$work/page" "$work/survivors" "$work/mutants" || { echo "mutants: an explained survivor is refused" >&2; return 1; }
	# 1. A second one of the same name; 2. another; 3. one that is caught by now; 4. a bullet without a reason; 5. one that is no mutant any more.
	sed -n 1,2p "$work/mutants" >"$work/1"
	sed -n 1p\;3p "$work/mutants" >"$work/2"
	: >"$work/3"
	cp "$work/survivors" "$work/4"
	cp "$work/survivors" "$work/5"
	for fault in 1 2 3 4 5; do
		[ "$fault" != 4 ] || sed -i 's/: the bits.*//' "$work/page"
		[ "$fault" != 5 ] || printf '%s\n' '- `core/src/a.rs: replace | with ^ in f`: a.' '- `core/src/a.rs: replace | with ^ in gone`: b.' >"$work/page"
		if told=$(judge "$work/page" "$work/$fault" "$work/mutants" 2>&1); then echo "mutants: planted fault $fault was not noticed" >&2; return 1; fi
		[ "$(wc -l <<<"$told")" = 1 ] || { echo "mutants: planted fault $fault: $told" >&2; return 1; }
	done
	echo "mutants: 5 of 5 planted faults noticed"
}

run() {
	local name=$1 crate=$2 tests=$3 test file out count row outcome arguments=()
	shift 3
	for file in "$@"; do arguments+=(--file "$file"); done
	for test in ${tests//,/ }; do arguments+=(--cargo-arg "$test"); done
	out=${CARGO_TARGET_DIR:-target}/mutants/$name
	mkdir -p "$out"
	echo "mutants: $name" >&2
	# 2: some are missed; 3: some took too long. Both are judged below; all else is a failure to run.
	CARGO_TARGET_DIR=$out/build CARGO_PROFILE_DEV_DEBUG=0 cargo mutants --package caltrop --test-package "$crate" --jobs 1 --no-shuffle \
		--cargo-arg --locked --output "$out" --timeout 30 --build-timeout 600 --colors never "${arguments[@]}" </dev/null >"$out/log" ||
		case $? in 2 | 3) ;; *) cat "$out/log" >&2; return 1 ;; esac
	out=$out/mutants.out
	cat "$out"/{caught,missed,timeout,unviable}.txt >"$out/all.txt"
	count=$(cargo mutants --list --package caltrop "${arguments[@]}" | wc -l)
	if [ "$count" = 0 ] || [ "$(wc -l <"$out/all.txt")" != "$count" ]; then echo "mutants: $name: $count mutants, and other outcomes" >&2; return 1; fi
	row="| \`$name\` | $count |"
	for outcome in caught timeout unviable missed; do row+=" $(wc -l <"$out/$outcome.txt") |"; done
	echo "$row"
	judge "$page" "$out/missed.txt" "$out/all.txt"
}

planted
[ "${1:-}" != --planted ] || exit 0
command -v cargo-mutants >/dev/null || { echo "mutants: cargo install --locked cargo-mutants" >&2; exit 1; }
wanted=" $* "
status=0
while read -r name crate tests files; do
	[ $# = 0 ] || [[ $wanted = *" $name "* ]] || continue
	set -f
	# shellcheck disable=SC2086 # the files are words, and their stars are for cargo-mutants
	run "$name" "$crate" "$tests" $files || status=1
	set +f
	wanted=${wanted/ $name / }
done < <(slices)
[ -z "${wanted// /}" ] || { echo "mutants: no slice${wanted% }: $(slices | cut -d' ' -f1 | tr '\n' ' ')" >&2; exit 2; }
exit "$status"
