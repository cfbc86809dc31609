#!/usr/bin/env bash
# check.sh VECTORS_FILE: holds the firmware to its promises, and each check to a fault that it must find.
#
# One line a check: what it looked at, and that the planted fault was found. Status 1 at the first promise that does not hold.
set -euo pipefail
file=$(realpath -e -- "${1:?usage: check.sh VECTORS_FILE}")
here=$(dirname "$(realpath -- "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "cortex-m: $*" >&2; exit 1; }

# 1. No allocator, and no user of one. rustc itself refuses a user without an allocator; this finds an allocator too.
heap='(__rust_(alloc|dealloc|realloc|no_alloc)|__rdl_|__rg_|[ <&]alloc::| _?(malloc|calloc|realloc|free|sbrk)(_r)?$)'
symbols() { arm-none-eabi-nm -C "$1" >"$2"; }
symbols "$("$here/build.sh")" "$work/symbols"
seen=$(wc -l <"$work/symbols")
# The list is that of a whole firmware: neither stripped nor of another file.
grep -q ' board::bench::admit$' "$work/symbols" || fail "bench::admit is not among the firmware's $seen symbols: which file was read?"
if grep -E "$heap" "$work/symbols" >&2; then fail "the firmware has an allocator, or a user of one: the symbols above"; fi
symbols "$(FIRMWARE_FEATURES=planted-heap "$here/build.sh")" "$work/planted"
found=$(grep -cE "$heap" "$work/planted" || true)
[ "$found" -gt 0 ] || fail "the planted heap was not found: this check sees nothing"
echo "no heap: $seen symbols looked at, none of an allocator; the planted heap shows in $found"

# 2. A wrong answer fails the run, and only that case. 401 becomes 403 where the first denial with 401 says its reason.
perl -0777 -pe 's/\x91\x01(?=[\x04-\x20][a-z]+-)/\x93\x01/' "$file" >"$work/flipped"
[ "$(cmp -l "$file" "$work/flipped" | wc -l)" = 1 ] || fail "no 401 in $file: nothing was flipped"
passed=$("$here/run.sh" "$file" | sed -n 's/^vectors cortex-m: //p')
status=0
"$here/run.sh" "$work/flipped" >"$work/out" 2>"$work/err" || status=$?
given=$(sed -n 's/^vectors cortex-m: //p' "$work/out")
all=${passed#* of }
[ "$passed" = "$all of $all" ] || fail "$passed vectors passed"
[ "$status" = 1 ] && [ "$given" = "$((all - 1)) of $all" ] && grep -q 'want 403 .* got 401 ' "$work/err" ||
    fail "a flipped vector gave status $status and $given: $(cat "$work/err")"
echo "vectors: $passed; one flipped status: $given, status $status"

# 3. A file that ends early is no success, and a table has a line a case.
head -c -1 "$file" >"$work/short"
status=0
"$here/run.sh" "$work/short" >/dev/null 2>&1 || status=$?
[ "$status" = 2 ] || fail "a file without its last byte gave status $status"
lines=$("$here/run.sh" --table "$file" | grep -cP '^[^\t]+\t\d{3}\t[a-z-]*\t\d+$')
[ "$lines" = "$all" ] || fail "$lines lines in a table of $all cases"
echo "table: $lines lines for $all cases; a file cut by one byte: status $status"

# 4. The same from C, over libcaltrop.a: its first answer is the file's, and a first answer of 201 is seen to be wrong.
perl -0777 -pe 's/\xc8(?=\x00\x00\x00[\x01-\x3f][a-z])/\xc9/' "$file" >"$work/first"
[ "$(cmp -l "$file" "$work/first" | wc -l)" = 1 ] || fail "no open route answers 200 in $file: nothing was flipped"
"$here/c/run.sh" "$file" >"$work/out" || fail "C: status $?: $(cat "$work/out")"
status=0
"$here/c/run.sh" "$work/first" >"$work/wrong" || status=$?
[ "$status" = 1 ] && grep -q 'the file says 201' "$work/wrong" || fail "C: a flipped first answer gave status $status: $(cat "$work/wrong")"
echo "$(grep '^c firmware' "$work/out"); with another: status $status"

# 5. Four rooms without the guard, and what they take.
"$here/rooms.sh"
